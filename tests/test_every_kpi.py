"""Every KPI against the books kept the slow way, day by day and item by item, for the shop, its places and its items."""

from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import classes, items, kpis, policy
from ims_core.measures import KPIS
from ims_core.people import LOCAL
from tests import clientbook, daybook
from tests.builders import Shop, empty_shop
from tests.test_positions import ACTS, Act, act

Sums = dict[str, float]

TOLERANCE = {"A": 0.01, "B": 0.03, "C": 0.05}


def slow(shop: Shop, kept: pd.DataFrame, first: date, last: date, by: str) -> dict[str, Sums]:
    """The KPIs of each group, from every day of every item: what one would do by hand. kept: daybook.kept up to `last`."""
    if kept.empty:
        return {}
    begins = kept["day"].min()
    days = max((pd.Timestamp(last) - max(pd.Timestamp(first), begins)).days + 1, 0)
    if by != "place":
        flows = dict.fromkeys(("on_hand", *daybook.FLOWS), "sum")
        kept = kept.groupby(["item_id", "day"], as_index=False).agg({**flows, "cost": "first"}).assign(place="")
    kept = kept.assign(revenue=kept["revenue"] / (1 + policy.shop(shop.db).sales_tax))
    moved, known = daybook.moves(shop.db), _known(shop, last)
    letters = classes.abc(shop.db, last).set_index("item_id")["abc"].to_dict()
    found: dict[str, Sums] = {}
    for (item, place), one in kept.groupby(["item_id", "place"]):
        group = {"shop": "Whole shop", "place": str(place), "item": str(item)}[by]
        mine = moved[(moved["item_id"] == item) & ((moved["place"] == place) | (by != "place"))]
        told = _of_item(one.set_index("day").sort_index(), pd.Timestamp(first), pd.Timestamp(last), item in known, by == "place")
        told |= _counted(shop, mine, one, first, last, letters.get(item, "C")) | _led(shop, mine, first, last)
        told["expected"] = _expected(shop, int(item)) * told["last_cost"] if item in known and by != "place" else 0.0
        sums = found.setdefault(group, dict.fromkeys(told, 0.0))
        for name, value in told.items():
            sums[name] += value
    return {group: _kpis(sums, days, policy.shop(shop.db).carrying_rate) for group, sums in found.items()}


def _known(shop: Shop, last: date) -> set[int]:
    """Counted or received at least once."""
    moved = daybook.moves(shop.db)
    told = moved[(moved["kind"] == "receipt")].groupby("item_id")["day"].min()
    counted = "select distinct g.counts_as from standing_counts join merged g using (item_id) where day <= ?"
    return {*told[told <= pd.Timestamp(last)].index, *(item for (item,) in shop.db.rows(counted, [last]))}


def _of_item(one: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, known: bool, by_place: bool) -> Sums:
    """One item (in one place), day by day. one: a row a day up to `last`."""
    inside = one[one.index >= first]
    cost, costed = inside["cost"].fillna(0), bool(inside["cost"].notna().any())
    pieces, revenue = inside["sold"] - inside["returned"], float(inside["revenue"].sum())
    cogs, priced_cogs = float((pieces * cost).sum()), float(((pieces - inside["unpriced"]) * cost).sum())
    lost, found = float((inside["lost"] * cost).sum()), float((inside["found"] * cost).sum())
    even = costed and abs(inside["unpriced"].sum()) < 1e-9
    told = {
        "cogs": cogs, "priced_cogs": priced_cogs, "revenue": revenue, "lost": lost, "paid": float(inside["paid"].sum()),
        "costed_revenue": revenue if costed else 0.0, "pieces": float(pieces.sum()) if known else np.nan,
        "even_lost": lost if even else 0.0,
        "even_found": found if even else 0.0, "even_sales": revenue if even else 0.0,
    }  # fmt: skip
    stock = _stock(one, inside, cost, first, last, by_place)
    stock |= {"known_cogs": cogs, "known_priced_cogs": priced_cogs, "known_costed_revenue": told["costed_revenue"]}
    return told | (stock if known else dict.fromkeys(stock, 0.0))


def _stock(one: pd.DataFrame, inside: pd.DataFrame, cost: pd.Series, first: pd.Timestamp, last: pd.Timestamp, by_place: bool) -> Sums:
    """What there was, of an item of which that is known."""
    held, sold = one["on_hand"] > 0, one["sold"] > 0
    used = _missed(held | sold)[inside.index] if by_place else pd.Series(True, inside.index)
    out = int(((inside["on_hand"] <= 0) & used).sum())
    eve, asked = one[one.index < first], max(float(inside["sold"].sum()), 0.0)
    closing = float(inside["on_hand"].iloc[-1] * cost.iloc[-1]) if len(inside) else 0.0
    since = one.index[sold].max() if sold.any() else one.index.min()
    idle = int(held[(one.index >= since) & (one.index < last)].sum()) if len(inside) and inside["on_hand"].iloc[-1] > 0 else 0
    ended = ~held & held.shift(1, fill_value=False)
    cycles = [(before, this) for before, this in pairwise(one.index[one["received"] > 0]) if first <= this <= last]
    return {
        "value_days": float((inside["on_hand"] * cost).sum()), "closing": closing, "dead": closing if idle >= 180 else 0.0,
        "slow": closing if 90 <= idle < 180 else 0.0, "last_cost": float(cost.iloc[-1]) if len(inside) else 0.0,
        "opening_pieces": float(eve["on_hand"].iloc[-1]) if len(eve) else 0.0,
        "came": float(inside["received"].sum() + inside["opened"].sum()), "out": out, "item_days": int(used.sum()), "served": asked,
        "not_there": asked / (int(used.sum()) - out) * out if used.sum() > out else 0.0, "ran_out": int(ended[inside.index].sum()),
        "cycles": len(cycles), "short": sum(bool((~held[before : this - timedelta(days=1)]).any()) for before, this in cycles),
    }  # fmt: skip


def _missed(here: pd.Series) -> pd.Series:
    """Days on which an item lay or was sold in a place within the last 90 days."""
    days = pd.Series(here.index, here.index).where(here).ffill()
    return (here.index.to_series() - days).dt.days <= 90


def _counted(shop: Shop, mine: pd.DataFrame, one: pd.DataFrame, first: date, last: date, letter: str) -> Sums:
    """Second counts: the book is what the day ended with less what the count had to correct."""
    told = dict.fromkeys(("records", "right", "off", "book"), 0.0)
    moments = """
        select distinct day from standing_counts k join merged g using (item_id) where g.counts_as = ? and place = ? order by day
    """
    for place in mine["place"].unique().tolist():
        days = [day for (day,) in shop.db.rows(moments, [int(mine["item_id"].iloc[0]), place])]
        here = mine[mine["place"] == place]
        for day in [day for day in days[1:] if first <= day <= last]:
            moment = pd.Timestamp(day)
            off = float(here.loc[(here["kind"] == "count") & (here["day"] == moment), "qty"].sum())
            book = float(here.loc[here["day"] <= moment, "qty"].sum()) - off
            cost = one.loc[one["day"] == moment, "cost"].iloc[0]
            told["records"] += 1
            told["right"] += abs(off) <= TOLERANCE[letter] * abs(book)
            told["off"] += abs(off) * cost if cost == cost else 0
            told["book"] += abs(book) * cost if cost == cost else 0
    return told


def _led(shop: Shop, mine: pd.DataFrame, first: date, last: date) -> Sums:
    """Pieces of known orders by their days from order to receipt."""
    told = dict.fromkeys(("lead_pieces", "lead_days", "lead_squares"), 0.0)
    ordered = dict(shop.db.rows("select order_id, ordered from orders"))
    for row in mine[(mine["kind"] == "receipt") & mine["order_id"].notna()].to_dict("records"):
        days = (row["day"].date() - ordered[int(row["order_id"])]).days
        if first <= row["day"].date() <= last and days >= 0:
            told["lead_pieces"] += row["qty"]
            told["lead_days"] += row["qty"] * days
            told["lead_squares"] += row["qty"] * days**2
    return told


def _expected(shop: Shop, item: int) -> float:
    """Pieces a day, as the one run has it."""
    points = shop.db.rows("select mean from forecast_points where item_id = ?", [item])
    return sum(mean for (mean,) in points) / (7 * len(points)) if points else 0.0


def _kpis(of: Sums, days: int, rate: float) -> Sums:
    """The formulas of kpis.md, written again."""

    def ratio(top: float, bottom: float) -> float:
        return top / bottom if bottom else np.nan

    mean = ratio(of["value_days"], days)
    lead = ratio(of["lead_days"], of["lead_pieces"])
    return {
        "stock_value": of["closing"], "average_inventory": mean, "turnover": ratio(of["known_cogs"] * 365 / max(days, 1), mean),
        "days_of_inventory": ratio(mean, of["known_cogs"] / max(days, 1)), "days_of_cover": ratio(of["closing"], of["expected"]),
        "gmroi": ratio((of["known_costed_revenue"] - of["known_priced_cogs"]) * 365 / max(days, 1), mean),
        "sell_through": ratio(of["pieces"], of["opening_pieces"] + of["came"]), "dead_stock": of["dead"], "slow_stock": of["slow"],
        "carrying_cost": mean * rate, "revenue": of["revenue"], "cogs": of["cogs"],
        "gross_margin": ratio(of["costed_revenue"] - of["priced_cogs"], of["costed_revenue"]), "purchases": of["paid"],
        "stockout_rate": ratio(of["out"], of["item_days"]), "stockout_events": of["ran_out"],
        "ready_rate": ratio(of["item_days"] - of["out"], of["item_days"]),
        "fill_rate": ratio(of["served"], of["served"] + of["not_there"]), "cycle_service": ratio(of["cycles"] - of["short"], of["cycles"]),
        "lead_time": lead,
        "lead_time_spread": float(np.sqrt(max(ratio(of["lead_squares"], of["lead_pieces"]) - lead**2, 0))) if of["lead_pieces"] else np.nan,
        "record_accuracy": ratio(of["right"], of["records"]), "value_accuracy": 1 - ratio(of["off"], of["book"]),
        "shrinkage": ratio(of["even_lost"], of["even_sales"]), "net_shrinkage": ratio(of["even_lost"] - of["even_found"], of["even_sales"]),
        "write_offs": of["lost"],
    }  # fmt: skip


def from_customers(shop: Shop, first: date, last: date, by: str) -> dict[str, Sums]:
    """The KPIs of customer orders by group, NaN where there are none."""
    lines = shop.db.frame("select l.* replace (g.counts_as as item_id) from customer_order_lines l join merged g using (item_id)")
    for day in ("ordered", "promised", "shipped"):
        lines[day] = lines[day].dt.date
    lines = lines.astype(object).where(lines.notna(), None)
    groups = lines["item_id" if by == "item" else "place"].astype(str) if by != "shop" else pd.Series("Whole shop", lines.index)
    told = {str(name): clientbook.by_hand(mine, first, last) for name, mine in lines.groupby(groups)}
    return {name: {kpi: np.nan if value is None else value for kpi, value in found.items()} for name, found in told.items()}


def same(shop: Shop, first: date, last: date) -> set[str]:
    """Both ways agree wherever ours says something; the KPIs that were said."""
    said, kept = set(), daybook.kept(shop.db, last)
    for by in ("shop", "place", "item"):
        fast = kpis.by_group(shop.db, first, last, by).set_index("grp")
        clients = from_customers(shop, first, last, by)
        for name, wanted in slow(shop, kept, first, last, by).items():
            for kpi, expected in (wanted | clients.get(name, {})).items():
                if name in fast.index and not fast[f"{kpi}_lacks"][name] and not np.isnan(expected):
                    assert fast[kpi][name] == pytest.approx(expected, abs=0.005, rel=1e-9), (by, name, kpi)
                    said.add(kpi)
    return said


@settings(max_examples=4, deadline=None)
@given(st.lists(ACTS, min_size=3, max_size=10), st.integers(0, 999))
def test_every_kpi_is_what_the_slow_books_say_to_the_cent(acts: list[Act], seed: int) -> None:
    shop = Shop(empty_shop())
    numbers = {"A1": shop.item("A1", price=9, cost=1), "A2": shop.item("A2", price=5)}
    shop.place("Cellar")
    first = shop.db.version + 1
    for one in acts:
        act(shop, first, numbers, one)
    rows = clientbook.drawn(Random(seed), list(numbers.values()), date(2026, 5, 1), 16, 8, ("Shop", "Cellar"))
    alone = {row["number"]: row for row in rows}.values()  # two lines of items that are merged are one
    clientbook.told(shop.db, *alone, known_to=date(2026, 5, 17))
    same(shop, date(2026, 5, 6), date(2026, 5, 17))
    shop.db.close()


def test_half_a_year_of_trade_has_every_kpi_and_each_is_what_the_slow_books_say(shop: Shop) -> None:
    begin, first, last = date(2025, 8, 20), date(2025, 12, 1), date(2026, 2, 28)
    traded(shop, np.random.default_rng(1), begin, last)
    policy.set_shop(shop.db, LOCAL, sales_tax=0.19)
    assert same(shop, first, last) == {kpi.name for kpi in KPIS}


def traded(shop: Shop, rng: np.random.Generator, begin: date, last: date) -> None:
    """Four items in two places: sold, received on orders, returned, broken, counted, merged; one lies, one has no cost, one no price."""
    shop.place("Cellar")
    numbers = [shop.item("A", cost=2, price=5), shop.item("B", price=3), shop.item("C", cost=4), shop.item("D", cost=1, price=2)]
    twin = shop.item("E", cost=2)
    span = (last - begin).days
    rows: list[dict[str, Any]] = []
    for at, item in enumerate(numbers[:3]):
        for _ in range(26):
            kind = str(rng.choice(["sale", "sale", "sale", "receipt", "return_in", "scrap", "adjustment"]))
            qty = float(rng.integers(1, 9)) * (1 if kind in ("receipt", "return_in") else -1) * (4 if kind == "receipt" else 1)
            priced = kind in ("sale", "return_in") and (at == 1 or rng.random() < 0.5)
            of = twin if at == 0 and rng.random() < 0.3 else item
            rows.append({"kind": kind, "item_id": of, "qty": qty, "day": int(rng.integers(1, span)),
                         "place": str(rng.choice(["Shop", "Cellar"])), "unit_price": float(rng.integers(4, 9)) if priced else None,
                         "unit_cost": float(rng.integers(1, 6)) if kind == "receipt" and at != 1 else None,
                         "order_id": int(rng.integers(1, 4)) if kind == "receipt" else None})  # fmt: skip
    first = ((numbers[3], 30.0, 1, 1.5), (numbers[2], 6.0, span - 100, 4.0), (numbers[0], 50.0, 5, 2.0))
    rows += [{"kind": "receipt", "item_id": item, "qty": qty, "day": day, "place": "Shop", "unit_cost": cost, "order_id": 1}
             for item, qty, day, cost in first]  # fmt: skip
    days = [begin + timedelta(days=row["day"]) for row in rows]
    with shop.db.change(who="Owner", what="Half a year"):
        shop.db.append(
            "orders", [{"order_id": number, "number": str(number), "ordered": begin - timedelta(days=7 * number)} for number in (1, 2, 3)]
        )
        columns = ["kind", "item_id", "qty", "place", "unit_price", "unit_cost", "order_id"]
        frame = pd.DataFrame(rows, columns=columns).assign(
            day=days, happened_at=pd.to_datetime(pd.Series(days)), line=range(1, len(rows) + 1)
        )
        shop.db.append("movements", frame.astype({"order_id": "Int64", "unit_price": float, "unit_cost": float}))
        shop.db.append(
            "forecast_runs", [{"run_id": 1, "day": last, "freq": "W", "horizon": 2, "levels": [0.5], "items": 4, "seconds": 0.1}]
        )
        points = [(item, last + timedelta(days=7 * week)) for item in numbers for week in (0, 1)]
        shop.db.append("forecast_points", [{"run_id": 1, "item_id": item, "ds": week, "model": "naive", "mean": 2.0 + item,
                                            "quantiles": [1.0]} for item, week in points])  # fmt: skip
    ordered = clientbook.drawn(Random(3), [twin, *numbers[1:]], begin, span, 60, ("Shop", "Cellar"))
    clientbook.told(shop.db, *ordered, known_to=last)
    items.merge(shop.db, LOCAL, twin, numbers[0])
    for at, place in ((0, "Shop"), (0, "Cellar"), (2, "Shop"), (3, "Shop")):
        for ago in (150, 60, 20):
            there = 30 if at == 3 else int(rng.integers(5, 40))
            shop.move("count", numbers[at], there, last - timedelta(days=ago + at), place)
