"""How long suppliers really take, learned from what was received on their orders: the days from sending to receipt, weighted by pieces.

delivered(db, first, last) -> supplier_id item_id real spread (days) deliveries
learned(terms, found) -> the terms of items with what deliveries taught
"""

from datetime import date, timedelta

import pandas as pd

from ims_core import sums
from ims_core.db import Database

YEAR = timedelta(days=364)
"""How far back deliveries count."""
ENOUGH = 5
"""Deliveries from which on their mean and spread are believed."""

ARRIVED = f"""{sums.PLACED},
    arrived as (
        select o.supplier_id, o.supplier, g.counts_as as item_id, m.order_id, m.day, m.qty::double as pieces, m.day - o.day as days,
               o.sent or o.day < min(m.day) over (partition by m.order_id) as taught
        from visible_movements m join placed o using (order_id) join merged g using (item_id) where m.kind = 'receipt'
    )"""
"""SQL: what came of orders, and how many `days` after they were sent. An order of which something came on its own day teaches nothing,
unless it is known when it was sent: files that tell no day of the order have it from the first receipt."""

TOOK = """
    sum(days * pieces) / sum(pieces) as real,
    sqrt(greatest(sum(days ** 2 * pieces) / sum(pieces) - (sum(days * pieces) / sum(pieces)) ** 2, 0)) as spread,
    count(distinct (order_id, day)) as deliveries"""
"""SQL: what some of `arrived` took; all that came of an order on one day is one delivery."""

LED = f"""{ARRIVED},
    led as (
        select supplier, {TOOK} from arrived
        where days >= 0 and day between $first and $last
            and ($items::varchar[] is null or list_contains($items::varchar[], item_id::varchar)) group by all
    )"""
"""SQL: each supplier by name, of all items or of some; as the KPIs have it, taught or not."""


def delivered(db: Database, first: date, last: date) -> pd.DataFrame:
    """What deliveries of a period taught: supplier_id item_id (empty: of all its items) real (mean) spread (days) deliveries."""
    return db.frame(
        f"""
        with {ARRIVED}
        select supplier_id, item_id, {TOOK} from arrived
        where taught and days >= 0 and supplier_id is not null and day between $first::date and $last::date
        group by grouping sets ((supplier_id), (supplier_id, item_id)) order by supplier_id, item_id nulls first
        """,
        {"first": first, "last": last},
    )


def learned(terms: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Terms (item_id supplier_id lead_days lead_source) with lead_spread and deliveries; where these suffice lead_days are what they took.

    The item's own deliveries come first, then what was said of the item, then all deliveries of its supplier, then the promise. Where
    neither suffices it is taken as steady. found: `delivered`.
    """
    enough = found[found["deliveries"] >= ENOUGH].astype({"supplier_id": "Int64", "item_id": "Int64"})
    of_firms = enough[enough["item_id"].isna()].drop(columns="item_id").set_index("supplier_id")
    own = terms[["item_id", "supplier_id"]].astype("Int64").merge(enough, on=["item_id", "supplier_id"], how="left").set_index(terms.index)
    firm = of_firms.reindex(terms["supplier_id"].astype("Int64")).set_index(terms.index)
    told = own.fillna(firm)
    taught = own["real"].notna() | firm["real"].notna() & (terms["lead_source"] != "item")
    return terms.assign(
        lead_days=told["real"].astype(float).where(taught, terms["lead_days"]),
        lead_source=terms["lead_source"].mask(taught, "learned"),
        lead_spread=told["spread"].astype(float).fillna(0.0),
        deliveries=told["deliveries"].astype(float).fillna(0).astype(int),
    )
