"""The KPIs as a competent plain script would make them from the movements in memory: in pandas, and in polars.

Both lay a frame of item-days first (`days`: what moved, stock, moving average cost, idle days, cycles), then clip it to each period
(`sums`: a row a group), and share the formulas and the recursion of the moving average, which steps through the receipts of all items at
once. They know what this ledger has: nothing undone nor merged, no counted moments, one list cost an item, every sale with a price.
"""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

BEGIN, FAR = date(2020, 1, 1), 99_999


def number(day: date) -> int:
    """A day as a number."""
    return (day - BEGIN).days


def averages(item: Any, before: Any, bought: Any, spent: Any) -> Any:
    """What a piece costs after each day with goods coming in; rows by item and day. All items step to their next such day together."""
    starts = np.flatnonzero(np.r_[True, item[1:] != item[:-1]])
    counts = np.diff(np.r_[starts, len(item)])
    order = np.argsort(-counts, kind="stable")
    starts, counts = starts[order], counts[order]
    cost, old = spent / bought, np.maximum(before, 0)
    for step in range(1, counts[0]):
        rows = starts[: np.searchsorted(-counts, -step)] + step
        cost[rows] = (old[rows] * cost[rows - 1] + spent[rows]) / (old[rows] + bought[rows])
    return cost


def kpis(of: dict[str, Any], days: int, rate: float) -> dict[str, Any]:
    """The formulas of the book, over sums by group."""
    mean, year = of["value_days"] / days, 365 / days
    return {
        "stock_value": of["closing"], "average_inventory": mean, "turnover": of["known_cogs"] * year / mean,
        "days_of_inventory": mean / of["known_cogs"] * days, "gmroi": (of["known_revenue"] - of["known_cogs"]) * year / mean,
        "sell_through": (of["sold"] - of["returned"]) / (of["opening_pieces"] + of["received"] + of["opened"]),
        "dead_stock": of["dead"], "slow_stock": of["slow"], "carrying_cost": mean * rate, "revenue": of["revenue"], "cogs": of["cogs"],
        "gross_margin": 1 - of["cogs"] / of["revenue"], "purchases": of["paid"], "stockout_rate": of["out"] / of["item_days"],
        "stockout_events": of["ran_out"], "ready_rate": 1 - of["out"] / of["item_days"],
        "fill_rate": of["served"] / (of["served"] + of["missed"]), "cycle_service": 1 - of["short"] / of["cycles"],
        "shrinkage": of["lost_value"] / of["revenue"], "net_shrinkage": (of["lost_value"] - of["found_value"]) / of["revenue"],
        "write_offs": of["lost_value"],
    }  # fmt: skip


class Pandas:
    """From frames `moves` (item_id place day kind qty unit_price unit_cost) and `items` (item_id category cost)."""

    def __init__(self, moves: Any, items: Any) -> None:
        self.moves, self.items = moves.to_pandas(), items.to_pandas().set_index("item_id")

    def days(self) -> pd.DataFrame:
        """A row an item and day on which it moved."""
        moves = self.moves
        counts = moves[moves["kind"] == "count"].groupby(["item_id", "place", "day", "kind"], as_index=False, observed=True)["qty"].sum()
        moves = pd.concat([moves[moves["kind"] != "count"], counts])  # what was counted at one moment is one count
        kind, qty = moves["kind"], moves["qty"]
        sale, back, receipt, opening = (kind == name for name in ("sale", "return_in", "receipt", "opening"))
        loss = ~(sale | back | receipt | opening)
        cost = moves["unit_cost"].fillna(moves["item_id"].map(self.items["cost"]))
        each = {
            "item_id": moves["item_id"], "day": moves["day"], "net": qty, "sold": -qty.where(sale, 0), "returned": qty.where(back, 0),
            "received": qty.where(receipt, 0), "opened": qty.where(opening, 0), "lost": -qty.where(loss & (qty < 0), 0),
            "found": qty.where(loss & (qty > 0), 0), "revenue": -(qty * moves["unit_price"]).where(sale | back, 0),
            "paid": (qty * cost).where(receipt, 0), "bought": qty.where(receipt | opening, 0),
            "spent": (qty * cost).where(receipt | opening, 0),
        }  # fmt: skip
        days = pd.DataFrame(each).groupby(["item_id", "day"], as_index=False).sum()
        return self.followed(pd.concat([days, self.guessed(days)]).fillna(0).sort_values(["item_id", "day"], ignore_index=True))

    def guessed(self, days: pd.DataFrame) -> pd.DataFrame:
        """Of items that would fall below nothing, the least that stood there on the day before their first."""
        low = days.groupby("item_id")["net"].cumsum().groupby(days["item_id"]).min()
        lacks = -low[low < 0]
        first = days.groupby("item_id")["day"].first()[lacks.index] - 1
        spent = lacks * self.items["cost"].reindex(lacks.index)
        found = {"day": first, "net": lacks, "opened": lacks, "bought": lacks, "spent": spent}
        return pd.DataFrame(found).rename_axis("item_id").reset_index()

    def followed(self, days: pd.DataFrame) -> pd.DataFrame:
        """What follows for each day from those before."""
        by = days["item_id"]
        days["on_hand"] = days.groupby(by)["net"].cumsum()
        days["until"] = days.groupby(by)["day"].shift(-1, fill_value=FAR)
        days["eve"] = days.groupby(by)["on_hand"].shift(1, fill_value=0)
        held = days["on_hand"] > 0
        came = days[days["bought"] > 0]
        cost = averages(*(came[name].to_numpy() for name in ("item_id", "eve", "bought", "spent")))
        days["cost"] = pd.Series(cost, came.index).reindex(days.index)
        days["cost"] = days.groupby(by)["cost"].ffill().groupby(by).bfill()
        long = ((days["until"] - days["day"]) * held).where(days["until"] < FAR, 0)
        stocked = long.groupby(by).cumsum() - long
        days["idle"] = stocked - stocked.where(days["sold"] > 0).groupby(by).ffill().fillna(0)
        days["ran_out"] = ~held & (days["eve"] > 0)
        outs = (~held).groupby(by).cumsum() - ~held * 1
        then = outs.where(days["received"] > 0).groupby(by).ffill().groupby(by).shift(1)
        days["cycle"] = (days["received"] > 0) & then.notna()
        days["short"] = days["cycle"] & (outs > then)
        return days

    def sums(self, days: pd.DataFrame, first: int, last: int, by: str | None = None) -> pd.DataFrame:
        """A row a group: `by` a column of items, or the whole shop."""
        part = days[(days["day"] <= last) & (days["until"] >= first)]
        inside, final = part["day"] >= first, part["until"] > last
        worth = part["on_hand"] * part["cost"]
        long = part["until"].clip(upper=last + 1) - part["day"].clip(lower=first)
        idle = part["idle"] + (part["on_hand"] > 0) * (last - part["day"])
        closing = worth.where(final, 0)
        each = {
            "value_days": worth * long, "item_days": long, "out": long * (part["on_hand"] <= 0), "closing": closing,
            "dead": closing.where((part["on_hand"] > 0) & (idle >= 180), 0),
            "slow": closing.where((part["on_hand"] > 0) & idle.between(90, 179), 0),
            "opening_pieces": part["on_hand"].where(~inside, 0), "cogs": (part["sold"] - part["returned"]) * part["cost"] * inside,
            "lost_value": part["lost"] * part["cost"] * inside, "found_value": part["found"] * part["cost"] * inside,
            **{name: part[name] * inside for name in ("sold", "returned", "received", "opened", "revenue", "paid", "ran_out", "cycle",
                                                      "short")},
        }  # fmt: skip
        each = pd.DataFrame(each).rename(columns={"cycle": "cycles"}).groupby(part["item_id"]).sum()
        received = days[(days["received"] > 0) & (days["day"] <= last)]["item_id"].unique()
        known = each.index.isin(received)
        each["served"] = each["sold"].clip(lower=0)
        each["missed"] = (each["served"] / (each["item_days"] - each["out"]).replace(0, np.nan) * each["out"]).fillna(0)
        each["known_cogs"], each["known_revenue"] = each["cogs"], each["revenue"]
        each.loc[~known, KNOWN] = 0
        return each.groupby(self.items[by].reindex(each.index) if by else np.zeros(len(each), int)).sum()

    def monthly(self, days: pd.DataFrame, last: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Cost of what was sold, and pieces, by item and full month: for the classes."""
        when = pd.Timestamp(BEGIN) + pd.to_timedelta(days["day"], "D")
        month = when.dt.year * 12 + when.dt.month
        found = days.assign(month=month, cogs=(days["sold"] - days["returned"]) * days["cost"])
        end = pd.Timestamp(BEGIN) + pd.Timedelta(last + 1, "D")
        found = found[(found["month"] < end.year * 12 + end.month) & ((found["sold"] != 0) | (found["returned"] != 0))]
        wide = found.groupby(["item_id", "month"])[["cogs", "sold"]].sum().unstack(fill_value=0)
        return wide["cogs"], wide["sold"]

    def value(self, days: pd.DataFrame, day: int) -> pd.Series:
        """What each item is worth at the end of a day, at moving average."""
        here = days[(days["day"] <= day) & (days["until"] > day)]
        return pd.Series((here["on_hand"] * here["cost"]).to_numpy(), here["item_id"])


KNOWN = ["value_days", "item_days", "out", "closing", "dead", "slow", "opening_pieces", "received", "opened", "ran_out", "cycles", "short",
         "served", "missed", "known_cogs", "known_revenue"]  # fmt: skip
"""Nothing of these where nobody ever counted nor received an item."""


class Polars:
    """The same in polars, lazily."""

    def __init__(self, moves: Any, items: Any) -> None:
        self.moves, self.items = pl.from_arrow(moves), pl.from_arrow(items)

    def days(self) -> pl.DataFrame:
        """A row an item and day on which it moved."""
        kind, qty = pl.col("kind"), pl.col("qty")
        moves, is_count = self.moves.lazy(), kind == "count"
        counts = moves.filter(is_count).group_by("item_id", "place", "day", "kind").agg(qty.sum())
        moves = pl.concat([moves.filter(~is_count), counts], how="diagonal").join(self.items.lazy(), on="item_id")
        sale, back, receipt, opening = (kind == name for name in ("sale", "return_in", "receipt", "opening"))
        loss = kind.is_in(["scrap", "count", "adjustment"])
        cost = pl.col("unit_cost").fill_null(pl.col("cost"))
        sums = {
            "net": qty, "sold": -qty * sale, "returned": qty * back, "received": qty * receipt, "opened": qty * opening,
            "lost": -qty * (loss & (qty < 0)), "found": qty * (loss & (qty > 0)),
            "revenue": -qty * pl.col("unit_price").fill_null(0) * (sale | back), "paid": qty * cost * receipt,
            "bought": qty * (receipt | opening), "spent": qty * cost * (receipt | opening),
        }  # fmt: skip
        key = (pl.col("item_id").cast(pl.Int64) * FAR + pl.col("day")).alias("key")  # one number is grouped faster than two
        days = moves.select(key, *(value.alias(name) for name, value in sums.items())).group_by("key").sum().sort("key").collect()
        days = days.with_columns((pl.col("key") // FAR).cast(pl.Int32).alias("item_id"), (pl.col("key") % FAR).cast(pl.Int32).alias("day"))
        guessed = self.guessed(days)
        return self.followed(pl.concat([days, guessed], how="diagonal").fill_null(0).sort("item_id", "day") if len(guessed) else days)

    def guessed(self, days: pl.DataFrame) -> pl.DataFrame:
        """Of items that would fall below nothing, the least that stood there on the day before their first."""
        low = days.group_by("item_id").agg(pl.col("net").cum_sum().min().alias("low"), pl.col("day").first() - 1).filter(pl.col("low") < 0)
        lacks = -pl.col("low")
        return low.join(self.items, on="item_id").select(
            "item_id", "day", lacks.alias("net"), lacks.alias("opened"), lacks.alias("bought"), (lacks * pl.col("cost")).alias("spent")
        )

    def followed(self, days: pl.DataFrame) -> pl.DataFrame:
        """What follows for each day from those before."""
        by = "item_id"
        days = days.with_columns(pl.col("net").cum_sum().over(by).alias("on_hand"),
                                 pl.col("day").shift(-1).over(by).fill_null(FAR).alias("until"))  # fmt: skip
        days = days.with_columns(pl.col("on_hand").shift(1).over(by).fill_null(0).alias("eve"), (pl.col("on_hand") > 0).alias("held"))
        came = days.select("item_id", "day", "eve", "bought", "spent").filter(pl.col("bought") > 0)
        cost = averages(*(came[name].to_numpy() for name in ("item_id", "eve", "bought", "spent")))
        days = days.join(came.select("item_id", "day", pl.Series("cost", cost)), on=["item_id", "day"], how="left", maintain_order="left")
        long = pl.when("held", pl.col("until") < FAR).then(pl.col("until") - pl.col("day")).otherwise(0)
        days = days.with_columns(pl.col("cost").forward_fill().backward_fill().over(by), (long.cum_sum() - long).over(by).alias("stocked"),
                                 (~pl.col("held")).cast(pl.Int64).alias("is_out"))  # fmt: skip
        last_sale = pl.when(pl.col("sold") > 0).then("stocked").forward_fill().over(by).fill_null(0)
        days = days.with_columns((pl.col("stocked") - last_sale).alias("idle"), (~pl.col("held") & (pl.col("eve") > 0)).alias("ran_out"),
                                 (pl.col("is_out").cum_sum() - pl.col("is_out")).over(by).alias("outs"))  # fmt: skip
        then = pl.when(pl.col("received") > 0).then("outs").forward_fill().shift(1).over(by)
        cycle = (pl.col("received") > 0) & then.is_not_null()
        return days.with_columns(cycle.alias("cycle"), (cycle & (pl.col("outs") > then)).fill_null(False).alias("short"))

    def sums(self, days: pl.DataFrame, first: int, last: int, by: str | None = None) -> pd.DataFrame:
        """A row a group: `by` a column of items, or the whole shop."""
        inside, final = pl.col("day") >= first, pl.col("until") > last
        worth, held = pl.col("on_hand") * pl.col("cost"), pl.col("on_hand") > 0
        long = pl.min_horizontal("until", pl.lit(last + 1)) - pl.max_horizontal("day", pl.lit(first))
        idle = pl.col("idle") + held * (last - pl.col("day"))
        net = pl.col("sold") - pl.col("returned")
        flows = {name: pl.col(name) * inside for name in ("sold", "returned", "received", "opened", "revenue", "paid")}
        each = {
            "value_days": worth * long, "item_days": long, "out": long * ~held, "closing": worth * final,
            "dead": worth * (final & held & (idle >= 180)), "slow": worth * (final & held & idle.is_between(90, 179)),
            "opening_pieces": pl.col("on_hand") * ~inside, "cogs": net * pl.col("cost") * inside,
            "lost_value": pl.col("lost") * pl.col("cost") * inside, "found_value": pl.col("found") * pl.col("cost") * inside, **flows,
            "ran_out": pl.col("ran_out") & inside, "cycles": pl.col("cycle") & inside, "short": pl.col("short") & inside,
        }  # fmt: skip
        received = days.lazy().filter(pl.col("received") > 0, pl.col("day") <= last).select("item_id").unique().with_columns(known=True)
        served = pl.col("sold").clip(0)
        missed = pl.when(pl.col("item_days") > pl.col("out")).then(served / (pl.col("item_days") - pl.col("out")) * pl.col("out"))
        items = (
            days.lazy().filter(pl.col("day") <= last, pl.col("until") >= first).group_by("item_id")
            .agg(value.sum().alias(name) for name, value in each.items())
            .join(received, on="item_id", how="left").join(self.items.lazy(), on="item_id")
            .with_columns(served.alias("served"), missed.fill_null(0).alias("missed"), pl.col("cogs").alias("known_cogs"),
                          pl.col("revenue").alias("known_revenue"))
            .with_columns(pl.col(name) * pl.col("known").fill_null(False) for name in KNOWN)
        )  # fmt: skip
        told = [pl.col(name).sum() for name in [*each, "served", "missed", "known_cogs", "known_revenue"]]
        return items.group_by(by or pl.lit(0).alias("all")).agg(told).collect().to_pandas().set_index(by or "all")

    def monthly(self, days: pl.DataFrame, last: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Cost of what was sold, and pieces, by item and full month: for the classes."""
        when = pl.lit(BEGIN) + pl.duration(days="day")
        end = pd.Timestamp(BEGIN) + pd.Timedelta(last + 1, "D")
        found = (
            days.lazy().filter((pl.col("sold") != 0) | (pl.col("returned") != 0))
            .with_columns((when.dt.year() * 12 + when.dt.month()).alias("month"))
            .filter(pl.col("month") < end.year * 12 + end.month).group_by("item_id", "month")
            .agg(((pl.col("sold") - pl.col("returned")) * pl.col("cost")).sum().alias("cogs"), pl.col("sold").sum())
            .collect().to_pandas()
        )  # fmt: skip
        wide = found.pivot(index="item_id", columns="month", values=["cogs", "sold"]).fillna(0)
        return wide["cogs"], wide["sold"]

    def value(self, days: pl.DataFrame, day: int) -> pd.Series:
        """What each item is worth at the end of a day, at moving average."""
        here = days.lazy().filter(pl.col("day") <= day, pl.col("until") > day)
        found = here.select("item_id", (pl.col("on_hand") * pl.col("cost")).alias("value")).collect().to_pandas()
        return found.set_index("item_id")["value"]
