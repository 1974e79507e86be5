"""What somebody counted, before it is written down: which lines can be, and of the others what is wrong and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import NamedTuple

import pandas as pd

from ims_core import items, labels, places, tallies
from ims_core.db import Database

PROBLEMS = ["line", "problem", "to_do"]

EARLIER = timedelta(days=3653)
"""What was counted so long before its sheet was opened was counted by a clock that stands on 1970: its book would be empty."""


@dataclass(frozen=True)
class Entry:
    """What somebody counted; `adds`: to what was counted before (a beep), else it takes its place. `at` (UTC): when, else now."""

    item_id: int
    place: str
    qty: float
    adds: bool = False
    at: datetime | None = None


class Fault(NamedTuple):
    """Why a line cannot be written down, and what to do about it."""

    problem: str
    to_do: str


@dataclass(frozen=True)
class Judged:
    """Lines that can be written down, and of the others: line (as they were given, from 1) problem to_do."""

    good: tuple[Entry, ...]
    problems: pd.DataFrame


def judged(db: Database, sheet_id: int, entries: Sequence[Entry]) -> Judged:
    """The lines that a sheet takes now, apart from those it does not take; however many, the shop is asked a few questions."""
    found = faults(db, sheet_id, entries)
    rows = [(at, *fault) for at, fault in sorted((at + 1, fault) for at, fault in found.items())]
    return Judged(tuple(entry for at, entry in enumerate(entries) if at not in found), pd.DataFrame(rows, columns=PROBLEMS))


def faults(db: Database, sheet_id: int, entries: Sequence[Entry]) -> Mapping[int, Fault]:
    """What is wrong, by the position of the line."""
    skus, known, now = items.skus(db), places.names(db), datetime.now(UTC).replace(tzinfo=None)
    first = tallies.one(db, sheet_id)["opened_at"] - EARLIER
    whole = items.whole_only(db, {entry.item_id for entry in entries if isfinite(entry.qty) and entry.qty % 1 and entry.item_id in skus})
    found = {at: fault for at, entry in enumerate(entries) if (fault := _fault(entry, skus, known, whole, (first, now)))}
    good = [at for at in range(len(entries)) if at not in found]
    turns = tallies.rounds(db, sheet_id, [(entries[at].item_id, entries[at].place, entries[at].at or now) for at in good])
    late = [entries[at] for at, turn in zip(good, turns, strict=True) if turn is None]
    names = dict(db.rows("select item_id, name from items")) if late else {}
    return found | {at: _not_due(entries[at], names) for at, turn in zip(good, turns, strict=True) if turn is None}


def _not_due(entry: Entry, names: Mapping[int, str]) -> Fault:
    says = f"The first count is over, and no second one of {names[entry.item_id]} in {entry.place} is due."
    return Fault(says, "Count it on a new sheet.")


def _fault(
    entry: Entry, skus: Mapping[int, str], known: Sequence[str], whole: frozenset[int], between: tuple[datetime, datetime]
) -> Fault | None:
    sku = skus.get(entry.item_id)
    if sku is None:
        return Fault(f"There is no item number {entry.item_id}.", "Its import may have been undone; look for it on the Stock page.")
    if not isfinite(entry.qty) or not 0 <= entry.qty <= labels.MOST_PIECES:
        return Fault(f"{entry.qty:,g} of {sku} cannot stand there.", "Type how many there are, 0 where there is none.")
    if entry.qty % 1 and entry.item_id in whole:
        return Fault(f"{sku} comes in whole pieces, and {entry.qty:g} is none.", "Give it another unit on the Items page.")
    if entry.place not in known:
        return Fault(f"There is no place called {entry.place} in use.", f"Choose one of: {', '.join(known)}.")
    if entry.at and entry.at < between[0]:
        return Fault(f"The count would be of {labels.day_text(entry.at.date())}, long before its sheet was opened.", "Set the clock.")
    if entry.at and entry.at > between[1]:
        return Fault("The count is of a moment that is still to come.", "Set the clock, or the time you typed.")
    return None
