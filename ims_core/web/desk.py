"""The desk where reads come in: posted at once, kept until somebody says yes, or told why not. One a session."""

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from ims_core import codes, labels, ledger, meanings, scanning
from ims_core.errors import Doubtful, ImsError, UnknownCode
from ims_core.meanings import Found
from ims_core.scanning import Read
from ims_core.web import scanner
from ims_core.web.doing import db, who

ASKS = {"packs": "Packs", "all": "Everything", "none": "Only slips"}
"""What is shown before it is posted; a quantity that looks like a slip always is."""

WAITING = 20
"""Reads that may wait for an answer; the oldest gives way, unposted."""


@dataclass(frozen=True)
class Outcome:
    """What became of the newest read. `tone`: ok look ask unknown refused."""

    key: str
    tone: str
    says: str
    found: Found | None = None
    read: Read | None = None
    change_id: int | None = None


@dataclass
class Count:
    """An item counted at one place by beep after beep, booked by one click."""

    key: str
    found: Found
    place: str
    pieces: float = 0


@dataclass
class Desk:
    """What this session's scan page remembers."""

    done: tuple[str, int] = ("", 0)
    seen: set[str] = field(default_factory=set)
    turn: int = 0
    """How often a scanned place has changed where reads go."""
    newest: Outcome | None = None
    waiting: dict[str, Read] = field(default_factory=dict)
    """Reads that somebody must say yes to, or whose code is not known."""
    counts: dict[tuple[int, str], Count] = field(default_factory=dict)


def desk() -> Desk:
    """The desk of this session."""
    if "desk" not in st.session_state:
        st.session_state["desk"] = Desk()
    found: Desk = st.session_state["desk"]
    return found


def take_new(asks: str) -> None:
    """Take every read that has come since. No call of Streamlit's in between: a waiting click would break in."""
    mine = desk()
    for line in scanner.sent():
        read, turn = scanner.as_read(line), line.get("turn")
        if not read.key or read.key in mine.seen:
            continue
        mine.seen.add(read.key)
        opened, _, number = read.key.rpartition("-")
        mine.done = (opened, int(number)) if number.isdigit() else mine.done
        if turn != mine.turn:  # read before the browser had heard of the place that was scanned just before
            read = replace(read, place=st.session_state.get("scan-place", read.place), to=st.session_state.get("scan-to", read.to))
        take(read, asks)


def take(read: Read, asks: str = "none", counted: bool = False) -> None:
    """Post a read, or keep it where it needs a word: a pack, a slip, an unknown code. `counted`: a count that is finished."""
    try:
        desk().newest = _posted(read) if counted else _taken(read, asks)
    except UnknownCode as refusal:
        _keep(read)
        desk().newest = Outcome(read.key, "unknown", str(refusal), None, read)
    except Doubtful as refusal:
        _keep(read)
        desk().newest = Outcome(read.key, "ask", str(refusal), None, read)
    except ImsError as refusal:
        desk().newest = Outcome(read.key, "refused", str(refusal), None, read)


def _taken(read: Read, asks: str) -> Outcome:
    found = meanings.look(db(), read.code)
    if found.kind == "place" and read.mode != "look":
        return _go_to(read, found)
    if read.mode == "count" and found.kind == "item":
        return _counted(read, found)
    if read.mode == "look" and found.kind == "unknown":
        _keep(read)
        return Outcome(read.key, "unknown", found.says, found, read)
    seen = scanning.foresee(db(), read)
    if seen.entry is None:
        return Outcome(read.key, "look", seen.sentence, seen.found, read)
    if not read.sure and (seen.doubts or asks == "all" or (asks == "packs" and seen.found.pack != 1)):
        _keep(read)
        return Outcome(read.key, "ask", seen.sentence, seen.found, read)
    return _posted(read)


def _posted(read: Read) -> Outcome:
    """Done. A count of what stands there is not done once more by one touch."""
    posted = scanning.post(db(), who(), read)
    return Outcome(read.key, "ok", posted.sentence, posted.found, None if read.mode == "count" else read, posted.change_id)


def answer(key: str, **values: Any) -> None:
    """Post a read that waited, with what was said of it."""
    read = desk().waiting.pop(key, None)
    if read:
        take(replace(read, sure=True, **values))


def drop(key: str) -> None:
    """Let go of a read that waited; nothing was posted."""
    mine = desk()
    mine.waiting.pop(key, None)
    if mine.newest and mine.newest.key == key:
        mine.newest = None


def one_more() -> None:
    """The newest read once more, as a deliberate act: a read of its own."""
    newest = desk().newest
    if newest and newest.read:
        take(replace(newest.read, key=f"{newest.read.key}+"), "none")


def verdict() -> dict[str, str] | None:
    """What the scanner tells by sound and colour."""
    newest = desk().newest
    return {"key": newest.key, "tone": newest.tone} if newest else None


def undo(change_id: int) -> None:
    """Take a scan back."""
    mine, key = desk(), f"undo {change_id}"
    try:
        what = ledger.change(db(), change_id)["what"]
        ledger.undo(db(), who(), change_id)
    except ImsError as refusal:
        mine.newest = Outcome(key, "refused", str(refusal))
    else:
        mine.newest = Outcome(key, "look", f"Undone: {what}")


def book_counts() -> None:
    """Book what was counted, each item as one count of what stands there; one that is refused stays, and its refusal is what is told."""
    mine, refused = desk(), None
    for at, count in list(mine.counts.items()):
        take(Read(count.key, codes.of_item(at[0]), "count", qty=count.pieces, place=count.place, sure=True), counted=True)
        if mine.newest and mine.newest.tone == "ok":
            del mine.counts[at]
        else:
            refused = mine.newest
    mine.newest = refused or mine.newest


def _counted(read: Read, found: Found) -> Outcome:
    """One more of an item at its place: on the count sheet that is open here, else booked when everything was counted."""
    if sheet := st.session_state.get("scan-sheet"):
        posted = scanning.post(db(), who(), replace(read, sheet=int(sheet)))
        return Outcome(read.key, "ok", posted.sentence, posted.found, read, posted.change_id)
    place, item = read.place or labels.MAIN_PLACE, found.item_id or 0
    count = desk().counts.setdefault((item, place), Count(f"count {read.key}", found, place))
    count.pieces += (1 if read.qty is None else read.qty) * found.pack
    return Outcome(read.key, "look", f"{labels.pieces(count.pieces)} {found.name} counted in {place}", found, read)


def _keep(read: Read) -> None:
    waiting = desk().waiting
    waiting[read.key] = read
    for oldest in list(waiting)[:-WAITING]:
        del waiting[oldest]


def _go_to(read: Read, found: Found) -> Outcome:
    """A place that was read is where the next items go; in a move it is where they are brought."""
    st.session_state["scan-to" if read.mode == "move" else "scan-place"] = found.place
    desk().turn += 1
    return Outcome(read.key, "look", f"{'To' if read.mode == 'move' else 'In'} {found.place} from now on", found, read)
