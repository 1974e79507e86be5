"""What to buy, how much of it, and why: every proposal carries the inputs of its number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ims_core import closing, demand, forecasting, labels, lead_times, policy
from ims_core.db import Database
from ims_core.errors import Refused

NOBODY = "No supplier yet"

COLUMNS = [
    "item_id", "sku", "name", "supplier_id", "supplier", "supplier_code", "on_hand", "counted", "estimated", "on_order", "available",
    "expected_demand", "safety", "reorder_point", "order_up_to", "lead_days", "lead_spread", "deliveries", "lead_source", "review_days",
    "pack", "moq", "needed", "quantity", "unit_cost", "value", "min_order", "rate", "cover_days", "stockout_chance", "known_days",
    "reason",
]  # fmt: skip

REASONED = (
    "rate", "expected_demand", "lead_days", "review_days", "reorder_point", "available", "on_order", "quantity", "needed", "counted",
    "estimated", "on_hand", "known_days", "lead_source", "lead_spread", "deliveries", "closed_days", "last_sold", "quiet",
)  # fmt: skip
"""What a reason is told from."""


LONG = 60
"""Days without a sale after which a sold-out item may not be wanted any more."""


# -- pure


def levels(history: pd.DataFrame, supply: pd.DataFrame, service: float, on: date) -> pd.DataFrame:
    """When to order, and up to what: unique_id reorder_point order_up_to, and what they come from: expected_demand rate known_days.

    history: unique_id ds y by day; supply: unique_id lead_days review_days, and lead_sd where it is known. The reorder point is what
    suffices over lead time and review with the chance `service`. No claim is made yet about the share of demand that this serves:
    that takes a replay of the past. Both levels are the same: each review fills up what was asked for since the last.
    """
    return _levels(to_cover(history, supply, on), service)


def to_cover(history: pd.DataFrame, supply: pd.DataFrame, on: date) -> pd.DataFrame:
    """Demand over lead time and review at any service: unique_id expected_demand sd rate known_days step closed_days; as for `levels`.

    Of the days to cover those on which the shop is closed (`closed_days` of supply: `in_open_days`) ask for nothing.
    """
    if supply["lead_days"].isna().any() or supply["review_days"].isna().any():
        raise Refused("Some items have no lead time or no review period. Give the shop a usual lead time in the settings.")
    terms = supply.set_index("unique_id")
    strays = terms["lead_sd"].astype(float).fillna(0) if "lead_sd" in terms else 0.0
    closed = terms["closed_days"] if "closed_days" in terms else pd.Series(0, terms.index)
    days = terms["lead_days"] + terms["review_days"] - closed
    known = demand.protection(history[history["unique_id"].isin(terms.index)], days, on, strays)
    found = pd.DataFrame({
        "unique_id": known.unique_id, "expected_demand": known.mean, "sd": known.sd, "rate": known.rate,
        "known_days": known.known_days, "step": known.step,
    })  # fmt: skip
    of_each = supply[["unique_id"]].assign(closed_days=closed.to_numpy())
    return of_each.merge(found, on="unique_id", how="left").fillna({"step": 1.0}).fillna(0)


def in_open_days(supply: pd.DataFrame, closed: Sequence[date], on: date) -> pd.DataFrame:
    """The terms with `closed_days`: on how many of the days of lead time and review after `on` the shop is closed."""
    days = (supply["lead_days"] + supply["review_days"]).fillna(0).to_numpy(float)
    shut = [(day - on).days for day in closing.ahead(closed, on, int(days.max(initial=0)))]
    return supply.assign(closed_days=np.searchsorted(shut, days, side="right"))


def _levels(found: pd.DataFrame, service: float) -> pd.DataFrame:
    """What `to_cover` gives, or more of the same items, with reorder_point and order_up_to."""
    if not 0 < service < 1:
        raise Refused(f"A service level lies between 0 and 1, such as 0.95, not at {service:g}.")
    enough = demand.quantile(service, found["expected_demand"], found["sd"], found["step"])
    return found.assign(reorder_point=enough, order_up_to=enough)


def rounded(needed: pd.Series, pack: pd.Series, moq: pd.Series) -> pd.Series:
    """What to order where `needed` pieces are: whole packs, at least the smallest order; nothing where nothing is needed."""
    packs = pack.where(pack > 0, 1.0)
    least = np.maximum(needed, moq.fillna(0))
    whole: pd.Series = np.ceil(least / packs - 1e-9) * packs
    return whole.where(needed > 0, 0.0)


def proposed(terms: pd.DataFrame, service: float) -> pd.DataFrame:
    """What to order at a service: what `position` gives, with the columns of `suggest`, but for those that `explained` adds."""
    found = _levels(terms, service)
    position = found["on_hand"] + found["on_order"]
    below = (position < found["reorder_point"]) & (found["reorder_point"] > 0)
    needed = (found["order_up_to"] - position).where(below, 0.0)
    quantity = rounded(needed, found["pack"], found["moq"])
    return found.assign(
        available=found["on_hand"],
        safety=found["reorder_point"] - found["expected_demand"],
        needed=needed,
        quantity=quantity,
        value=quantity * found["unit_cost"],
    )


def explained(proposals: pd.DataFrame) -> pd.DataFrame:
    """Proposals with what is said about them: cover_days stockout_chance reason; the columns are COLUMNS."""
    some = proposals["rate"] > 0
    short = demand.above(proposals["available"] + proposals["on_order"], proposals["expected_demand"], proposals["sd"], proposals["step"])
    return proposals.assign(
        cover_days=(proposals["available"] / proposals["rate"]).where(some),
        stockout_chance=np.where(some, short, 0.0),
        reason=[_reason(row) for row in proposals[list(REASONED)].to_dict("records")],
    )[COLUMNS]


def why(proposal: Mapping[str, Any] | pd.Series) -> pd.DataFrame:
    """The parts that the proposed quantity is the sum of: part pieces."""
    strays = f", deliveries {_days(proposal['lead_spread'])} days astray" if proposal["lead_spread"] >= 0.05 else ""
    parts = [
        (f"Expected in {_days(proposal['lead_days'] + proposal['review_days'])} days", float(proposal["expected_demand"])),
        (f"Safety{strays}", float(proposal["safety"])),
        ("On hand", 0.0 - float(proposal["available"])),
        ("On order", 0.0 - float(proposal["on_order"])),
    ]
    rest = float(proposal["quantity"]) - sum(pieces for _, pieces in parts)
    parts.append(("Enough already" if proposal["quantity"] == 0 else "Whole packs, smallest order", rest))
    return pd.DataFrame(parts, columns=["part", "pieces"])


def ordered(proposals: pd.DataFrame, typed: Mapping[int, float]) -> pd.DataFrame:
    """The proposals with quantities changed by hand (item_id -> pieces), values after them; `proposed` keeps what was proposed."""
    proposed = proposals["quantity"]
    quantity = proposals["item_id"].map(typed).astype(float).fillna(proposed) if typed else proposed
    return proposals.assign(
        proposed=proposed, quantity=quantity, value=quantity * proposals["unit_cost"],
        supplier=proposals["supplier"].fillna(NOBODY),
    )  # fmt: skip


@dataclass(frozen=True)
class Orders:
    """Proposals as they are ordered, added up."""

    lines: pd.DataFrame
    """`ordered`: every item, also those of which nothing is ordered."""
    suppliers: pd.DataFrame
    """`by_supplier`, of what is ordered; of everything where nothing is."""
    count: int
    """Lines with a quantity; the next four speak of them alone."""
    firms: int
    worth: float
    homeless: int
    """Of items that have no supplier."""
    blind: int
    """Of items that nobody ever counted."""
    guessed: int
    """Of items with estimated stock."""
    quiet: int
    """Of items that are sold out and were not sold for LONG days before the last day known."""


def added_up(lines: pd.DataFrame) -> Orders:
    """What `ordered` gives, added up."""
    some = lines.loc[lines["quantity"] > 0, ["supplier", "counted", "estimated", "value", "min_order", "on_hand", "quiet"]]
    homeless = int((some["supplier"] == NOBODY).sum())
    return Orders(
        lines=lines, suppliers=by_supplier(some if len(some) else lines), count=len(some),
        firms=some["supplier"].nunique() - bool(homeless), worth=float(some["value"].sum()), homeless=homeless,
        blind=int((~some["counted"]).sum()), guessed=int((some["counted"] & (some["estimated"] > 0)).sum()),
        quiet=int((some["counted"] & (some["on_hand"] <= 0) & (some["quiet"] >= LONG)).sum()),
    )  # fmt: skip


def in_broken_packs(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines whose quantity is not a number of whole packs."""
    packs = lines["quantity"] / lines["pack"].where(lines["pack"] > 0, 1.0)
    return lines[(packs - packs.round()).abs() > 1e-9]


def by_supplier(lines: pd.DataFrame) -> pd.DataFrame:
    """What each supplier would get, the most money first: supplier lines value min_order reached (percent of min_order; empty without).

    `value` is empty where no cost is known of any line.
    """
    groups = lines.groupby("supplier", sort=False)
    found = pd.DataFrame({"lines": groups.size(), "value": groups["value"].sum(min_count=1), "min_order": groups["min_order"].max()})
    found = found.reset_index()
    least = found["min_order"].where(found["min_order"] > 0)
    found["reached"] = np.floor(found["value"] / least * 100).clip(upper=100)
    return found.sort_values("value", ascending=False, ignore_index=True)


# -- questions


def suggest(db: Database, day: date, service: float | None = None, only: Sequence[int] | None = None) -> pd.DataFrame:
    """What to order on `day`: every item in use, or `only` some, with its proposal and each input of it; the columns are COLUMNS.

    Position = available + on order; below the reorder point `quantity` fills it up, rounded to packs and the smallest order.
    `available` is on_hand; where nobody ever counted, that is the least that can be there, and `estimated` says what nobody told of it.
    Service is the shop's own unless another is given.
    """
    return explained(proposed(position(db, day, only), service or policy.shop(db).service))


def position(db: Database, day: date, only: Sequence[int] | None = None) -> pd.DataFrame:
    """What proposals for `day` come from at any service: every item in use, or `only` some, with stock, terms and the demand to cover."""
    found = lead_times.learned(terms(db, day, policy.shop(db)), lead_times.delivered(db, day - lead_times.YEAR, day))
    found = found if only is None else found[found["item_id"].isin(only)]
    until = forecasting.known_until(db, day)
    supply = found.rename(columns={"item_id": "unique_id", "lead_spread": "lead_sd"})[["unique_id", "lead_days", "lead_sd", "review_days"]]
    history, closed = asked(db, until, only)
    covered = to_cover(history, in_open_days(supply, closed, until or day), until or day)
    last = found["item_id"].map(history[history["y"] > 0].groupby("unique_id")["ds"].max())
    found = found.assign(last_sold=last, quiet=(pd.Timestamp(until or day) - pd.to_datetime(last)).dt.days)
    return found.merge(covered.rename(columns={"unique_id": "item_id"}), on="item_id")


def asked(db: Database, until: date | None, only: Sequence[int] | None = None) -> tuple[pd.DataFrame, list[date]]:
    """The demand that levels come from, of `only` some items where these are named, and the days on which the shop is closed.

    unique_id ds y up to the last day known, as if days on which it was closed and nothing was sold had never been; where days are said
    to be closed, of all items, as a sale of any says that it was open.
    """
    if until is None:
        return pd.DataFrame(columns=["unique_id", "ds", "y"]), []
    said = [day.date() for day in closing.days(db)["day"]]
    history = forecasting.daily(db, until, days=demand.WEIGHED_DAYS + len(said), only=None if said else only)
    closed = closing.believed(said, {*pd.to_datetime(history.loc[history["y"] != 0, "ds"]).dt.date}, until) if said else []
    return closing.without(history, closed, until), closed


def _reason(row: dict[Any, Any]) -> str:
    """The number in a sentence or two, and what makes it doubtful."""
    if row["rate"] == 0:
        return "No demand is known."
    pieces = labels.pieces
    said = (
        f"Sells about {_rate(row['rate'])}: {pieces(round(row['expected_demand'], 1))} in {_days(row['lead_days'] + row['review_days'])} "
        f"days ({_days(row['lead_days'])} to arrive{_strays(row)}, {pieces(row['review_days'])} to the next order{_shut(row)}), "
        f"{pieces(row['reorder_point'])} with safety. On hand {pieces(row['available'])}, on order {pieces(row['on_order'])}: "
    )
    if row["quantity"] == 0:
        said += "enough."
    else:
        said += f"{pieces(row['needed'])} needed" + (f", {pieces(row['quantity'])} ordered." if row["quantity"] != row["needed"] else ".")
    doubts = (
        (not row["counted"] and row["available"] == 0, "Never counted: taken as nothing on hand."),
        (row["estimated"] > 0 and (row["counted"] or row["available"] > 0), "On hand is estimated, at least that many: never counted."),
        (row["counted"] and row["on_hand"] < 0, "The book is below zero: count it."),
        (
            row["counted"] and row["on_hand"] <= 0 and row["quantity"] > 0 and row["quiet"] >= LONG,
            f"Sold out, and last sold on {labels.day_text(row['last_sold'])}: is it still wanted?",
        ),
        (row["known_days"] < demand.SHORTEST, f"Known for {labels.many(int(row['known_days']), 'day')} only."),
        (row["lead_source"] == "shop", "No lead time of its own: the shop's usual one, taken as steady."),
        (
            row["lead_source"] in ("item", "supplier") and row["deliveries"] < lead_times.ENOUGH,
            f"The lead time is taken as steady: fewer than {lead_times.ENOUGH} deliveries came in a year.",
        ),
    )
    return " ".join([said, *(doubt for holds, doubt in doubts if holds)])


def _strays(row: dict[Any, Any]) -> str:
    """What the deliveries taught, where they did."""
    if row["deliveries"] < lead_times.ENOUGH:
        return ""
    gives = f"give or take {_days(row['lead_spread'])} days" if row["lead_spread"] >= 0.05 else "never straying"
    return f", {gives} as {row['deliveries']:,} deliveries showed"


def _shut(row: dict[Any, Any]) -> str:
    return f"; closed on {labels.many(int(row['closed_days']), 'day')} of them" if row["closed_days"] else ""


def _days(days: float) -> str:
    return labels.pieces(round(days, 1))


def _rate(rate: float) -> str:
    days, word = next(((days, word) for days, word in ((1, "day"), (7, "week"), (30, "month")) if rate * days >= 1), (365, "year"))
    return f"{labels.pieces(round(rate * days, 1))} a {word}"


def terms(db: Database, day: date, shop: policy.Shop) -> pd.DataFrame:
    """Every item in use with its stock, what is to come, and the terms of its preferred supplier or the shop's usual ones.

    lead_source says whose lead time it is: item, supplier or shop. What deliveries taught is not in it: lead_times.learned.
    """
    return db.frame(
        """
        with held as (select item_id, sum(on_hand) as on_hand, sum(estimated) as estimated from stock_on($day::date) group by item_id),
             counted as (from counted_by($day::date)),
             coming as (select coalesce(g.counts_as, o.item_id) as item_id, sum(o.open) as on_order
                        from on_order_on($day::date) o left join merged g using (item_id) group by all),
             terms as (select distinct on (p.item_id) p.*, s.name as supplier, s.lead_days as usual, s.min_order
                       from supplied p join suppliers s using (supplier_id)
                       where p.active and s.active order by p.item_id, p.preferred desc, p.cost, s.name)
        select i.item_id, i.sku, i.name, t.supplier_id, t.supplier, t.code as supplier_code, t.min_order::double as min_order,
               coalesce(h.on_hand, 0)::double as on_hand, c.item_id is not null as counted, coalesce(h.estimated, 0)::double as estimated,
               coalesce(o.on_order, 0)::double as on_order,
               coalesce(t.lead_days, t.usual, $lead)::double as lead_days,
               case when t.lead_days is not null then 'item' when t.usual is not null then 'supplier' else 'shop' end as lead_source,
               $review::double as review_days, coalesce(t.pack, 1)::double as pack, coalesce(t.moq, 0)::double as moq,
               coalesce(t.cost, k.cost)::double as unit_cost
        from items i
        left join held h using (item_id) left join counted c using (item_id) left join coming o using (item_id)
        left join terms t using (item_id) left join costs k using (item_id)
        where i.same_as is null and i.active
        order by lower(t.supplier) nulls last, lower(i.name), i.sku
        """,
        {"day": day, "lead": shop.lead_days, "review": shop.review_days},
    )
