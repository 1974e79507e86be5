"""The books kept the slow way, day by day and movement by movement: what the fast answers are held against."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pandas as pd

from ims_core.db import Database
from ims_core.versions import plain

FLOWS = ("sold", "returned", "received", "opened", "sent_back", "lost", "found", "unpriced", "revenue", "paid", "opened_paid")


def moves(db: Database) -> pd.DataFrame:
    """Every movement that counts, items as merged, estimated openings among them."""
    return db.frame("""
        select coalesce(g.counts_as, m.item_id) as item_id, place, day, kind, qty::double as qty, unit_cost::double as unit_cost,
               unit_price::double as unit_price, order_id, takes_back, happened_at
        from visible_movements m left join merged g using (item_id)
        union all by name select item_id, place, day, 'opening' as kind, qty::double as qty from estimated_openings
    """)


def counted(found: pd.DataFrame) -> pd.DataFrame:
    """The movements with what was counted at one moment of merged items as one."""
    key = ["item_id", "place", "day", "happened_at", "kind"]
    counts = found[found["kind"] == "count"].groupby(key, as_index=False).agg({"qty": "sum"})
    return pd.concat([found[found["kind"] != "count"], counts], ignore_index=True)


def asked(db: Database) -> dict[int, tuple[float, list[tuple[date, float]]]]:
    """What the list asked for each item: its first word, and the word of each day, oldest first."""
    days: dict[int, dict[date, tuple[bool, int, float]]] = defaultdict(dict)
    first: dict[int, float] = {}
    for item, own, change, day, price in db.rows("""
        select g.counts_as, v.item_id = g.counts_as, v.change_id, c.done_at::date, v.price::double
        from item_versions v join visible_changes c using (change_id) join merged g using (item_id)
        where v.price is not null and not v.gone order by v.change_id
    """):
        first.setdefault(item, price)
        if day not in days[item] or (own, change) > days[item][day][:2]:
            days[item][day] = (own, change, price)
    return {item: (first[item], [(day, said[2]) for day, said in sorted(told.items())]) for item, told in days.items()}


def list_price(said: tuple[float, list[tuple[date, float]]] | None, day: date) -> float | None:
    """What the list asked on a day, else its first word."""
    if said is None:
        return None
    before = [price for when, price in said[1] if when <= day]
    return before[-1] if before else said[0]


def told(db: Database) -> dict[int, list[tuple[date, float]]]:
    """What the list said each item costs, oldest first; the item's own word before that of one merged into it."""
    found: dict[int, dict[date, tuple[bool, int, float]]] = defaultdict(dict)
    for item, own, change, day, cost in db.rows("""
        select g.counts_as, v.item_id = g.counts_as, v.change_id, c.done_at::date, v.cost::double
        from item_versions v join visible_changes c using (change_id) join merged g using (item_id)
        where v.cost is not null and not v.gone order by v.change_id
    """):
        if day not in found[item] or (own, change) > found[item][day][:2]:
            found[item][day] = (own, change, cost)
    return {item: [(day, said[2]) for day, said in sorted(days.items())] for item, days in found.items()}


def list_cost(said: list[tuple[date, float]], day: date) -> float | None:
    """What the list said on a day, else what it said first."""
    before = [cost for when, cost in said if when <= day]
    return before[-1] if before else said[0][1] if said else None


def kept(db: Database, last: date) -> pd.DataFrame:
    """A row for every item, place and day from the item's first until `last`: on_hand, house (all places), cost, and the day's flows."""
    found, said, prices = counted(moves(db)), told(db), asked(db)
    rows: list[dict[str, Any]] = []
    for item in sorted(found["item_id"].unique().tolist()):
        mine = found[found["item_id"] == item]
        places = sorted(mine["place"].unique())
        held, cost, first_cost = dict.fromkeys(places, 0.0), None, None
        day = pd.Timestamp(mine["day"].min()).date()
        while day <= last:
            today = mine[pd.to_datetime(mine["day"]).dt.date == day]
            before = sum(held.values())
            flows = {place: dict.fromkeys(FLOWS, 0.0) for place in places}
            pieces = money = 0.0
            for move in plain(today):
                came, paid = _post(flows[move["place"]], move, list_price(prices.get(item), day), list_cost(said.get(item, []), day))
                pieces, money = pieces + came, money + paid
                held[move["place"]] += move["qty"]
            if pieces > 0:
                cost = (max(before, 0) * (cost or 0) + money) / (max(before, 0) + pieces) if cost is not None else money / pieces
                first_cost = first_cost if first_cost is not None else cost
            rows += [
                {"item_id": item, "place": place, "day": pd.Timestamp(day), "on_hand": round(held[place], 4), "cost": cost, **flows[place]}
                for place in places
                if day >= pd.Timestamp(mine.loc[mine["place"] == place, "day"].min()).date()
            ]
            day += timedelta(days=1)
        fallback = first_cost if first_cost is not None else list_cost(said.get(item, []), date.min)
        for row in rows:
            if row["item_id"] == item and row["cost"] is None:
                row["cost"] = fallback
    return pd.DataFrame(rows, columns=["item_id", "place", "day", "on_hand", "cost", *FLOWS]).astype(
        {"cost": float, "day": "datetime64[us]"}
    )


def _post(flows: dict[str, float], move: dict[str, Any], price: float | None, listed: float | None) -> tuple[float, float]:
    """One movement in its day's flows; the pieces that came with a cost, and that cost."""
    kind, qty = move["kind"], move["qty"]
    if kind == "sale" or pd.notna(move["takes_back"]):
        flows["sold"] -= qty
    elif kind == "return_in":
        flows["returned"] += qty
    elif kind == "return_out":
        flows["sent_back"] -= qty
    elif kind in ("scrap", "count", "adjustment"):
        flows["lost" if qty < 0 else "found"] += abs(qty)
    if kind in ("sale", "return_in"):
        asked = move["unit_price"] if pd.notna(move["unit_price"]) else price
        flows["unpriced" if asked is None else "revenue"] -= qty * (asked if asked is not None else 1)
    if kind not in ("receipt", "opening"):
        return 0.0, 0.0
    flows["received" if kind == "receipt" else "opened"] += qty
    cost = move["unit_cost"] if pd.notna(move["unit_cost"]) else listed
    if cost is None:
        return 0.0, 0.0
    flows["paid" if kind == "receipt" else "opened_paid"] += qty * cost
    return qty, qty * cost
