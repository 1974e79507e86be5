"""What looks like a slip in a movement that somebody is about to record: told before it is posted, never a reason to refuse."""

from math import isfinite

from ims_core import labels, ledger
from ims_core.db import Database

TIMES = 10
"""A movement this many times as large as any of its kind before is more often a slip than the truth."""


def of_movement(db: Database, entry: ledger.Record) -> list[str]:
    """Sentences, none where nothing looks wrong: stock that falls below zero, a quantity far beyond what is usual."""
    if not isfinite(entry.qty) or entry.qty == 0:
        return []
    return [*_below_zero(db, entry), *far_too_large(db, entry)]


def _below_zero(db: Database, entry: ledger.Record) -> list[str]:
    sign = -1 if entry.kind == "transfer" else ledger.SIGNS.get(entry.kind, 0)
    leaves = -sign * entry.qty
    if leaves <= 0:
        return []
    held, estimated, counted = db.rows(
        """
        select coalesce(sum(on_hand) filter (place = $place), 0)::double, coalesce(sum(estimated), 0) > 0,
               $item in (select item_id from counted_by($day::date))
        from stock_on($day::date) where item_id = $item
        """,
        {"day": ledger.FOREVER, "item": entry.item_id, "place": entry.place},
    )[0]
    if not counted or estimated or held >= leaves:  # an estimate gives way to whatever left
        return []
    pieces = labels.pieces
    is_there = f"Only {pieces(held)} {'is' if held == 1 else 'are'}" if held > 0 else "Nothing is"
    return [f"{is_there} in {entry.place}: after this {pieces(held - leaves)}."]


def far_too_large(db: Database, entry: ledger.Record) -> list[str]:
    """A sentence where it is TIMES as large as any of its kind before; a count is held against earlier counts, not differences."""
    if abs(entry.qty) <= 1:
        return []  # one is no slip, and a beep does not wait until all earlier ones have been looked at
    said = (
        "qty from visible_movements where kind = $kind and"
        if entry.kind != "count"
        else "on_hand from standing_counts where $kind = 'count' and"
    )
    largest = db.scalar(
        f"select max(abs(qty))::double from (select {said} item_id in (select item_id from merged where counts_as = $item)) as said(qty)",
        {"kind": entry.kind, "item": entry.item_id},
    )
    if not largest or abs(entry.qty) < TIMES * largest:
        return []
    kind = "count" if entry.kind == "count" else labels.MOVEMENT_KINDS[entry.kind].lower()
    return [f"The largest {kind} so far was {labels.pieces(largest)}; this one is {labels.pieces(abs(entry.qty))}."]
