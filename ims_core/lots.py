"""Lots and expiry: what of each lot is left, which leaves first, and what expires soon. A lot is known from its first movement on."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from ims_core import labels
from ims_core.db import Database

SOON = 30
"""Days before the end of a lot at which Today tells of it."""


@dataclass(frozen=True)
class Lot:
    """So many pieces of a lot stand in one place; either its number or its day may not be known."""

    lot: str | None
    expires: date | None
    on_hand: float

    def __str__(self) -> str:
        return said(self.lot, self.expires)


def said(lot: str | None, expires: date | None) -> str:
    """A lot as people say it: `lot B12, expires 3 Dec 2026`."""
    return ", ".join(part for part in (lot and f"lot {lot}", expires and f"expires {labels.day_text(expires)}") if part)


def held(db: Database, item_id: int | None = None) -> pd.DataFrame:
    """What is left of each lot, the first to expire first: item_id sku name place lot expires on_hand.

    The lots of an item in a place are never more than what stands there: what left without a word of its lot is taken off the first to
    expire. So whoever sells by the plain barcode, or counts, ends a lot too.
    """
    return db.frame(
        """
        with named as (
            select distinct g.counts_as as item_id from visible_movements m join merged g using (item_id)
            where (m.lot is not null or m.expires is not null) and ($item is null or g.counts_as = $item)
        ),
        moves as (
            select g.counts_as as item_id, m.place, m.day, m.lot, m.expires, m.qty
            from visible_movements m join merged g using (item_id) where g.counts_as in (from named)
        ),
        stands as (
            select item_id, place, sum(qty) as on_hand
            from (select item_id, place, qty from moves union all select item_id, place, qty from estimated_from('moves')) group by all
        ),
        dated as (  -- whoever sold from a lot may not have said its day: any movement that knows it speaks for the lot
            select * replace (coalesce(expires, max(expires) over (partition by item_id, lot)) as expires)
            from moves where lot is not null or expires is not null
        ),
        told as (select item_id, place, lot, expires, sum(qty) as qty from dated group by all having sum(qty) > 0),
        later as (  -- of the lots that leave after this one
            select *, coalesce(sum(qty) over (partition by item_id, place order by expires desc nulls first, lot desc nulls first
                                              rows between unbounded preceding and 1 preceding), 0) as behind from told
        )
        select item_id, i.sku, i.name, place, l.lot, l.expires, least(l.qty, s.on_hand - l.behind)::double as on_hand
        from later l join stands s using (item_id, place) join items i using (item_id)
        where s.on_hand > l.behind order by l.expires nulls last, i.name, place, l.lot
        """,
        {"item": item_id},
    )


def here(db: Database, item_id: int, place: str) -> list[Lot]:
    """The lots of an item that stand in a place, the first to expire first."""
    if not db.kept(_any_yet, "movements"):
        return []
    found = held(db, item_id)
    rows = found[found["place"] == place]
    days = [None if pd.isna(day) else day.date() for day in rows["expires"]]
    lots = [None if pd.isna(lot) else lot for lot in rows["lot"]]
    return [Lot(lot, day, float(pieces)) for lot, day, pieces in zip(lots, days, rows["on_hand"], strict=True)]


def day_of(db: Database, item_id: int, lot: str) -> date | None:
    """When a lot expires, where any movement of it said so."""
    found: date | None = db.scalar(
        "select max(expires) from movements where lot = ? and item_id in (select item_id from merged where counts_as = ?)", [lot, item_id]
    )
    return found


def expiring(db: Database, day: date, days: int = SOON) -> pd.DataFrame:
    """What is left of lots that expire within `days`, or have expired: the columns of `held`, left (days; below 0: over) and value."""
    found = held(db)
    found = found[found["expires"].notna()]
    found = found.assign(left=(found["expires"] - pd.Timestamp(day)).dt.days if len(found) else pd.Series(dtype="int64"))
    costs = db.frame("select item_id, cost::double as cost from costs")
    found = found[found["left"] <= days].merge(costs, on="item_id", how="left")
    return found.assign(value=found["on_hand"] * found["cost"]).drop(columns="cost")


def kept_of(db: Database, item_id: int) -> bool:
    """True from the first movement on that names a lot or a day of the item: what comes is then asked for its lot."""
    said = "lot is not null or expires is not null"
    here = f"select count(*) > 0 from visible_movements where ({said}) and item_id in (select item_id from merged where counts_as = ?)"
    return db.kept(_any_yet, "movements") and bool(db.scalar(here, [item_id]))


def _any_yet(db: Database) -> bool:
    """Asked before every scan: most shops know no lots, and then nothing else is asked."""
    return bool(db.scalar("select count(*) > 0 from movements where lot is not null or expires is not null"))
