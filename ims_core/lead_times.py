"""How long suppliers really take, learned from what was received on their orders: the days from sending to receipt, weighted by pieces.

of_suppliers(db, first, last) -> supplier_id real spread (days) deliveries
learned(terms, led) -> the terms of items with what deliveries taught
"""

from datetime import date, timedelta

import pandas as pd

from ims_core import sums
from ims_core.db import Database

YEAR = timedelta(days=364)
"""How far back deliveries count."""
ENOUGH = 5
"""Deliveries from which on their mean and spread are believed."""

LED = """
    led as (
        select supplier, sum(day_pieces) / sum(pieces) as real, sum(receipts)::bigint as deliveries,
               sqrt(greatest(sum(square_pieces) / sum(pieces) - (sum(day_pieces) / sum(pieces)) ** 2, 0)) as spread
        from leads where $items::varchar[] is null or list_contains($items::varchar[], item_id::varchar) group by all
    )"""
"""SQL: over sums.LEADS, each supplier by name, of all items or of some."""


def of_suppliers(db: Database, first: date, last: date) -> pd.DataFrame:
    """Each supplier of which anything came in a period: supplier_id real (mean) spread (days) deliveries."""
    return db.frame(
        f"""
        with span as (select 0 as period, $first::date as first, $last::date as last), {sums.LEADS}, {LED}
        select s.supplier_id, l.real, l.spread, l.deliveries from led l join suppliers s on s.name = l.supplier order by s.supplier_id
        """,
        {"first": first, "last": last, "items": None},
    )


def learned(terms: pd.DataFrame, led: pd.DataFrame) -> pd.DataFrame:
    """Terms (supplier_id lead_days lead_source) with lead_spread and deliveries; lead_days are the mean of these where they suffice.

    An item's own lead time stands, and strays as its supplier does. Too few deliveries: the lead time agreed on, taken as steady.
    """
    found = terms.merge(led.astype({"supplier_id": "Int64"}), on="supplier_id", how="left")
    enough = found["deliveries"].fillna(0) >= ENOUGH
    taught = enough & (found["lead_source"] != "item")
    return found.assign(
        lead_days=found["real"].astype(float).where(taught, found["lead_days"]),
        lead_source=found["lead_source"].mask(taught, "learned"),
        lead_spread=found["spread"].astype(float).where(enough, 0.0),
        deliveries=found["deliveries"].fillna(0).astype(int),
    ).drop(columns=["real", "spread"])
