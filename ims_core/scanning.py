"""One beep, one movement: what a read would do, and doing it exactly once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pandas as pd

from ims_core import counting, doubts, entries, labels, ledger, lots, people, policy, tallies
from ims_core.db import Database
from ims_core.errors import Doubtful, ImsError, NotAllowed, Refused, UnknownCode
from ims_core.meanings import Found, look, stands

T = TypeVar("T")

MODES = {
    "look": "Look up", "receive": "Receive", "sell": "Sell", "move": "Move", "return": "Return", "count": "Count", "scrap": "Scrap",
}  # fmt: skip

KINDS = {"receive": "receipt", "sell": "sale", "return": "return_in", "move": "transfer", "count": "count", "scrap": "scrap"}
"""What a mode posts; looking something up posts nothing."""

TOGETHER = 250
"""Reads that go to disk together; nobody else writes meanwhile."""

EARLY = timedelta(minutes=10)
"""A device's clock may be so much ahead of ours."""


@dataclass(frozen=True)
class Read:
    """One read as a device sends it. `key` is the device's word for this very read: the same key again posts nothing.

    `qty`: how many of what the code stands for, three crates rather than 36 bottles; of a count, how many stand there.
    `at` (UTC): when it was read, where that is not now. `lot`, `expires`: where the code does not say them.
    `sure`: post it though it looks like a slip.
    """

    key: str
    code: str
    mode: str
    qty: float | None = None
    place: str | None = None
    to: str | None = None
    at: datetime | None = None
    device: str | None = None
    order_id: int | None = None
    lot: str | None = None
    expires: date | None = None
    sure: bool = False
    sheet: int | None = None
    """Of a count: the sheet it is written on, where each read is one more; without it the read is a whole count, booked at once."""


@dataclass(frozen=True)
class Foreseen:
    """What a read would do: the movement (none where it is only looked up), the sentence, and what speaks against it."""

    found: Found
    sentence: str
    entry: ledger.Record | None = None
    doubts: tuple[str, ...] = ()
    needs: str = "staff"
    """The role that may say it is right all the same."""
    asks_lot: bool = False
    """Comes without a lot, though the item is kept by lots."""


@dataclass(frozen=True)
class Posted:
    """What a read did. `change_id`: None where it was only looked up; `repeated`: this very read was posted before."""

    change_id: int | None
    sentence: str
    found: Found
    pieces: float = 0
    place: str | None = None
    repeated: bool = False


# -- questions


def foresee(db: Database, read: Read) -> Foreseen:
    """What the read would do, in a sentence. Refused: what could not be posted either."""
    found = look(db, read.code)
    _refuse_bad(db, read, found)
    if read.mode == "look" or found.kind == "place":
        return Foreseen(found, stands(db, found))
    entry = _entry(db, read, found)
    slips = [f"{doubt} Is it right?" for doubt in doubts.far_too_large(db, entry)]
    over = _expired(entry)
    needs = "manager" if over and entry.kind == "sale" else "staff"
    comes = entry.kind in ("receipt", "return_in") and not entry.lot and not entry.expires
    asks_lot = comes and lots.kept_of(db, entry.item_id)
    which = (f"Which lot? {found.name} is kept by lots.",) if asks_lot else ()
    sentence = _sentence(read, found, entry) + _first(db, read, found, entry)
    return Foreseen(found, sentence, entry, (*which, *over, *slips), needs, asks_lot)


def orders_waiting(db: Database) -> pd.DataFrame:
    """Purchase orders of which something is still to come, the next first: order_id number supplier open (pieces)."""
    return db.frame("""
        select o.order_id, o.number, s.name as supplier, sum(o.open)::double as open
        from on_order o left join suppliers s using (supplier_id)
        group by o.order_id, o.number, s.name, o.expected, o.ordered order by coalesce(o.expected, o.ordered), o.order_id
    """)


def last(db: Database, most: int = 12) -> pd.DataFrame:
    """The newest scans of everybody: change_id done_at who what undone."""
    return db.frame(
        """
        with newest as (select * from changes where starts_with(key, 'scan ') order by change_id desc limit ?)
        select n.change_id, n.done_at, n.who, n.what, n.change_id in (select change_id from hidden_changes) as undone
        from newest n order by n.change_id desc
        """,
        [most],
    )


# -- command


@people.needs("staff")
def post(db: Database, who: people.Person, read: Read, via: str = "screen") -> Posted:
    """Post what the read means, once. Refused: an unknown code (UnknownCode) and what looks like a slip (Doubtful) unless `read.sure`."""
    if before := _posted(db, read):
        return before
    if read.mode == "count" and read.sheet is not None:
        return _on_sheet(db, who, read, via)
    seen = foresee(db, read)
    if seen.entry is None:
        return Posted(None, seen.sentence, seen.found, place=seen.found.place)
    if seen.doubts and not (read.sure and who.may(seen.needs)):
        failure = NotAllowed if read.sure else Doubtful
        raise failure(" ".join(seen.doubts) + (f" Only a {seen.needs} may post it." if not who.may(seen.needs) else ""))
    change_id = ledger.record(db, who, seen.entry, via, _kept_as(read), seen.sentence)
    return Posted(change_id, seen.sentence, seen.found, seen.entry.qty, seen.entry.to or seen.entry.place)


@people.needs("staff")
def post_together(db: Database, who: people.Person, reads: Sequence[Read], via: str) -> dict[int, Posted]:
    """Of many reads, by their position, those that few trips to the disk post, and those that were posted before.

    These are movements of this moment and beeps onto count sheets; whole counts and whatever somebody must be asked about are for `post`.
    """
    done = _posted_before(db, reads)
    done |= _beeped(db, who, {at: read for at, read in enumerate(reads) if at not in done}, via)
    plain = {at: seen for at, read in enumerate(reads) if at not in done and (seen := _plain(db, read))}
    told = [(seen.entry, _kept_as(reads[at]), seen.sentence) for at, seen in plain.items() if seen.entry]
    numbers = [number for few in _few(told) for number in ledger.record_each(db, who, few, via)]
    return done | {
        at: Posted(number, seen.sentence, seen.found, entry.qty, entry.to or entry.place)
        for (at, seen), number, (entry, _, _) in zip(plain.items(), numbers, told, strict=True)
    }


def _few(told: Iterable[T]) -> Iterator[list[T]]:
    """As many at a time as go to disk together."""
    every = [*told]
    yield from (every[begin : begin + TOGETHER] for begin in range(0, len(every), TOGETHER))


def _plain(db: Database, read: Read) -> Foreseen | None:
    """What a read would do, where that is a movement of today that nobody needs to be asked about; lots look at what is left of them."""
    if not _has_key(read) or read.mode not in ("receive", "sell", "return", "move", "scrap"):
        return None
    try:
        seen = foresee(db, read)
        if seen.entry is None or seen.doubts or seen.entry.lot or seen.entry.expires or seen.entry.day != _day(db, replace(read, at=None)):
            return None
        ledger.refuse_bad(db, seen.entry)
    except ImsError:
        return None
    return seen


# -- what a read does


def _entry(db: Database, read: Read, found: Found) -> ledger.Record:
    """The movement a read stands for; without a lot of its own, what leaves is taken from the lot that expires first."""
    kind, place, scan = KINDS[read.mode], read.place or labels.MAIN_PLACE, found.scan
    entry = ledger.Record(
        kind,
        found.item_id or 0,
        _pieces(read, found),
        place,
        _day(db, read),
        read.to,
        lot=scan.lot or read.lot,
        expires=scan.expires or read.expires,
    )
    if kind == "receipt" and read.order_id:
        entry = _of_order(db, entry, read.order_id)
    if entry.lot and not entry.expires:
        return replace(entry, expires=lots.day_of(db, entry.item_id, entry.lot))
    if entry.lot or entry.expires or kind not in ("sale", "transfer", "scrap"):
        return entry
    return _first_out(db, entry)


def _pieces(read: Read, found: Found) -> float:
    """Pieces: typed, else said by the code, else one; each as often as its pack says. What is weighed goes by its weight."""
    scan = found.scan
    if read.qty is None and scan.weight is not None and found.unit in ("kg", "g"):
        return float(scan.weight) * (1000 if found.unit == "g" else 1)
    times = read.qty if read.qty is not None else float(scan.qty or 1)
    return round(times * found.pack, 4)


def _day(db: Database, read: Read) -> date:
    zone = ZoneInfo(policy.shop(db).timezone)
    return (read.at or datetime.now(UTC).replace(tzinfo=None)).replace(tzinfo=UTC).astimezone(zone).date()


def _of_order(db: Database, entry: ledger.Record, order_id: int) -> ledger.Record:
    found = db.row(
        "select number, open::double as open, unit_cost::double as cost from on_order where order_id = ? and item_id = ?",
        [order_id, entry.item_id],
    )
    if not found:
        raise Refused("This order does not wait for this item. Choose another order, or receive it without one.")
    return replace(entry, order_id=order_id, ref=found["number"], unit_cost=found["cost"])


def _first_out(db: Database, entry: ledger.Record) -> ledger.Record:
    """What expires first leaves first, among the lots that still may and have enough; scrapped is first what is over."""
    here = [lot for lot in lots.here(db, entry.item_id, entry.place) if lot.on_hand >= entry.qty]
    fresh = [lot for lot in here if entry.kind == "scrap" or not lot.expires or lot.expires >= entry.day]
    first = next(iter(fresh or here), None)
    return replace(entry, lot=first.lot, expires=first.expires) if first else entry


def _expired(entry: ledger.Record) -> tuple[str, ...]:
    """What is over is not sold; it may be received, if somebody says so."""
    if entry.kind not in ("sale", "receipt") or not entry.expires or entry.expires >= entry.day:
        return ()
    what = f"{f'Lot {entry.lot}' if entry.lot else 'It'} expired on {labels.day_text(entry.expires)}"
    return (f"{what} and is not to be sold. Scrap it." if entry.kind == "sale" else f"{what}. Receive it all the same?",)


def _first(db: Database, read: Read, found: Found, entry: ledger.Record) -> str:
    """Said where another lot in the same place expires before the one that was picked."""
    if read.mode != "sell" or not found.scan.expires:
        return ""
    before = [lot for lot in lots.here(db, entry.item_id, entry.place) if lot.expires and entry.day <= lot.expires < found.scan.expires]
    return f". Better first: {before[0]}" if before else ""


def _sentence(read: Read, found: Found, entry: ledger.Record) -> str:
    qty = labels.pieces(entry.qty, "" if found.unit == "piece" else found.unit)
    times = entry.qty / found.pack
    packs = f", {labels.pieces(times)} × {labels.pieces(found.pack)}" if found.pack != 1 else ""
    lot = lots.said(entry.lot, entry.expires)
    says = {
        "receive": f"+{qty} {found.name} to {entry.place}",
        "sell": f"−{qty} {found.name} from {entry.place}",
        "return": f"+{qty} {found.name} back to {entry.place}",
        "move": f"{qty} {found.name} from {entry.place} to {entry.to}",
        "count": f"{qty} {found.name} stand in {entry.place}",
        "scrap": f"−{qty} {found.name} from {entry.place}, scrapped",
    }[read.mode]
    order = f", order {entry.ref}" if entry.order_id else ""
    return f"{says}{packs}{order}{f', {lot}' if lot else ''}"


def _beeped(db: Database, who: people.Person, reads: Mapping[int, Read], via: str) -> dict[int, Posted]:
    """Of these reads those that count an item on a sheet; none of a sheet where one of them is refused: alone each is told why."""
    done, sheets = dict[int, Posted](), dict[int, dict[int, tuple[counting.Entry, Found]]]()
    for at, read in reads.items():
        if read.mode == "count" and read.sheet is not None and _has_key(read):
            with suppress(ImsError):
                found, entry = _beep(db, read, read.sheet)
                if entry:
                    sheets.setdefault(read.sheet, {})[at] = (entry, found)
    for sheet_id, every in sheets.items():
        for few in _few(every.items()):
            told = [(entry, _kept_as(reads[at])) for at, (entry, _) in few]
            with suppress(Refused, NotAllowed):
                numbers = counting.enter_each(db, who, sheet_id, told, via)
                done |= {at: _counted(number, entry, found) for (at, (entry, found)), number in zip(few, numbers, strict=True)}
    return done


def _beep(db: Database, read: Read, sheet_id: int) -> tuple[Found, counting.Entry | None]:
    """What a read adds to a count sheet; nothing where its code is that of a place."""
    found = look(db, read.code)
    _refuse_bad(db, read, found)
    if found.kind != "item":
        return found, None
    now, place = datetime.now(UTC).replace(tzinfo=None), read.place or _place_of(db, sheet_id)
    return found, counting.Entry(found.item_id or 0, place, _pieces(read, found), adds=True, at=min(read.at or now, now))


def _counted(change_id: int, entry: counting.Entry, found: Found) -> Posted:
    return Posted(change_id, f"+{labels.pieces(entry.qty)} {found.name} counted in {entry.place}", found, entry.qty, entry.place)


def _on_sheet(db: Database, who: people.Person, read: Read, via: str) -> Posted:
    """A read on a count sheet adds to what was counted there; nothing moves before the sheet is booked."""
    found, entry = _beep(db, read, read.sheet or 0)
    if entry is None:
        return Posted(None, stands(db, found), found, place=found.place)
    return _counted(counting.enter(db, who, read.sheet or 0, [entry], via, _kept_as(read)), entry, found)


def _place_of(db: Database, sheet_id: int) -> str:
    """The place that a sheet is of. Refused where it is of several."""
    spots = db.rows(
        f"select distinct place from count_lines where sheet_id = ? and why <> 'found' and {tallies.HERE} order by place", [sheet_id]
    )
    if len(spots) > 1:
        raise Refused(
            f"Where does it stand? This sheet is of {', '.join(place for (place,) in spots)}: scan the place first, or choose it."
        )
    return str(spots[0][0]) if spots else labels.MAIN_PLACE


# -- once


def _kept_as(read: Read) -> str:
    return f"scan {read.key}"


def _posted(db: Database, read: Read) -> Posted | None:
    """What this very read did the first time."""
    if not _has_key(read):
        raise Refused("This read has no key of its own, 1 to 200 characters, by which a retry is known. Update the device.")
    return _posted_before(db, [read]).get(0)


def _has_key(read: Read) -> bool:
    return 0 < len(read.key.strip()) <= 200


def _posted_before(db: Database, reads: Sequence[Read]) -> dict[int, Posted]:
    """What those of the reads did the first time that were posted before, by their position."""
    keys = [_kept_as(read) for read in reads]
    these = "key = ?" if len(keys) == 1 else "list_contains(?, key)"  # the index answers one; many are found by one walk through all
    found = db.rows(
        f"select key, change_id, what, change_id in (select change_id from hidden_changes) from changes where {these}",
        keys if len(keys) == 1 else [keys],
    )
    known = {key: (change_id, f"Posted before{' and undone since' if undone else ''}: {what}") for key, change_id, what, undone in found}
    return {
        at: Posted(*known[_kept_as(read)], look(db, read.code), repeated=True) for at, read in enumerate(reads) if _kept_as(read) in known
    }


def _refuse_bad(db: Database, read: Read, found: Found) -> None:
    if read.mode not in MODES:
        raise Refused(f"There is no way to scan called {read.mode or 'nothing'}. It is one of: {', '.join(MODES)}.")
    if read.mode == "look" or found.kind == "place":
        return
    if found.kind == "unknown":
        advice = "" if found.scan.problem else " Link it to an item, or make a new one."
        raise UnknownCode(f"{found.says}{advice}")
    if read.mode == "count" and read.qty is None and read.sheet is None:
        raise Refused(f"How many {found.name} stand there? A count needs a number.")
    if read.qty is not None and not (read.qty > 0 or (read.mode == "count" and read.qty == 0)):
        raise Refused(f"How many {found.name}? {read.qty:g} is no quantity; the way it goes follows from the mode.")
    if read.mode == "move" and not read.to:
        raise Refused(f"Where to? Scan the place that {found.name} goes to first, or choose it.")
    now = datetime.now(UTC).replace(tzinfo=None)
    if read.at and read.at > now + EARLY:
        raise Refused(f"The device says it is {read.at:%d.%m.%Y %H:%M} UTC, which is still to come. Set its clock.")
    if read.at and read.at < now - entries.EARLIER:
        raise Refused(f"The device says it is {read.at:%d.%m.%Y %H:%M} UTC: its clock stands wrong, and so would the day. Set it.")
