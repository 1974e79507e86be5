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

TAUGHT = """
    sum(day_pieces) / sum(pieces) as real, sum(receipts)::bigint as deliveries,
    sqrt(greatest(sum(square_pieces) / sum(pieces) - (sum(day_pieces) / sum(pieces)) ** 2, 0)) as spread"""
"""SQL: what a group of sums.LEADS teaches."""

LED = f"""
    led as (select supplier, {TAUGHT} from leads
            where $items::varchar[] is null or list_contains($items::varchar[], item_id::varchar) group by all)"""
"""SQL: over sums.LEADS, each supplier by name, of all items or of some."""


def delivered(db: Database, first: date, last: date) -> pd.DataFrame:
    """What deliveries of a period took: supplier_id item_id (empty: of all its items) real (mean) spread (days) deliveries."""
    return db.frame(
        f"""
        with span as (select 0 as period, $first::date as first, $last::date as last), {sums.LEADS}
        select s.supplier_id, l.item_id, {TAUGHT} from leads l join suppliers s on s.name = l.supplier
        group by grouping sets ((s.supplier_id), (s.supplier_id, l.item_id)) order by s.supplier_id, l.item_id nulls first
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
