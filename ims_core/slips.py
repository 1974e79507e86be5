"""Count sheets on paper: an Excel sheet with an empty column to fill in, and what somebody filled in, read back."""

import re
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from ims_core import entries, meanings, reading, tallies, workbooks
from ims_core.db import Database
from ims_core.entries import Entry, Fault
from ims_core.errors import Refused

CODE, NAME, PLACE, BOOK, COUNTED = "Item code", "Name", "Place", "Book", "Counted"

PROBLEMS = ["row", "column", "value", "problem", "to_do"]


@dataclass(frozen=True)
class Filled:
    """What a filled sheet says. `entries`: what was counted; `blank`: lines without a count; `problems`: row column value problem to_do."""

    entries: tuple[Entry, ...]
    blank: int
    problems: pd.DataFrame


def workbook(found: pd.DataFrame, title: str, blind: bool) -> bytes:
    """The sheet to print or fill in: code, name, place, the book unless `blind`, and an empty column to fill in. found: tallies.lines.

    What was counted already is left out: it would come back as counted anew, and a second count would see the first.
    """
    shown = {CODE: found["sku"], NAME: found["name"], PLACE: found["place"], BOOK: found["book"]}
    frame = pd.DataFrame(shown).drop(columns=[BOOK] if blind else [])
    return workbooks.sheet({title: frame.assign(**{COUNTED: None})}, f"Count sheet: {title}")


def read(db: Database, sheet_id: int, name: str, content: bytes, at: datetime | None = None) -> Filled:
    """What a filled sheet says, counted at `at` (UTC); writes nothing. Refused where it has no columns for the code and the count."""
    table = next((table for table in reading.read(name, content) if _column(table, COUNTED)), None)
    if table is None or not (codes := _column(table, CODE)):
        raise Refused(f"{name} has no columns called {CODE} and {COUNTED}. Download the sheet here, fill it in, and drop that one.")
    counted, spots = str(_column(table, COUNTED)), _column(table, PLACE)
    known = tallies.lines(db, sheet_id)
    usual = known["place"].mode().iloc[0] if len(known) else None
    told: dict[tuple[int, str], tuple[Entry, int, str]] = {}
    problems: list[dict[str, object]] = []
    blank = 0
    columns = [table.rows.column(column).to_pylist() if column else [None] * table.rows.num_rows for column in (codes, spots, counted)]
    for row, *cells in zip(table.row_numbers().to_pylist(), *columns, strict=True):
        code, spot, pieces = ((cell or "").strip() for cell in cells)
        if not pieces:
            blank += 1
            continue
        entry = _entry(db, code, spot or usual or "", pieces, at)
        if isinstance(entry, Fault):
            column, value = (COUNTED, pieces) if entry is NO_NUMBER else (codes, code)
            problems.append({"row": row, "column": column, "value": value, **entry._asdict()})
        elif (entry.item_id, entry.place) in told:
            problems.append({"row": row, "column": codes, "value": code, **TWICE._asdict()})
        else:
            told[entry.item_id, entry.place] = (entry, row, code)
    lines = list(told.values())
    found = entries.faults(db, sheet_id, [entry for entry, _, _ in lines])
    problems += [{"row": lines[at][1], "column": codes, "value": lines[at][2], **fault._asdict()} for at, fault in found.items()]
    good = tuple(entry for at, (entry, _, _) in enumerate(lines) if at not in found)
    return Filled(good, blank, pd.DataFrame(problems, columns=PROBLEMS).sort_values("row", kind="stable", ignore_index=True))


NO_CODE = Fault("There is no item code in this line.", "Write the code of the item, or leave out how many there are.")
UNKNOWN = Fault("No item has this code.", "Mend the code, or make the item first.")
NO_NUMBER = Fault("This is no number of pieces.", "Type a number, 0 where there is none, or leave it empty where nobody looked.")
TWICE = Fault("It stands twice in the file; the first line counts.", "Leave one of the two.")


def _column(table: reading.Table, wanted: str) -> str | None:
    return next((name for name in table.header if name.strip().lower() == wanted.lower()), None)


def _entry(db: Database, code: str, place: str, pieces: str, at: datetime | None) -> Entry | Fault:
    """What a line says, or why nobody can tell."""
    if not code.strip():
        return NO_CODE
    found = meanings.look(db, code)
    number = _number(pieces)
    if found.item_id is None:
        return UNKNOWN
    return NO_NUMBER if number is None else Entry(found.item_id, place, number, at=at)


def _number(told: str) -> float | None:
    """A count as people write it: 12, 1,5 or 1 200."""
    plain = re.sub(r"[\s\u00a0\u202f'’]", "", told)
    if re.fullmatch(r"[0-9]+,([0-9]{1,2}|[0-9]{4,})", plain):
        plain = plain.replace(",", ".")
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", plain):
        plain = plain.replace(",", "")
    return float(plain) if re.fullmatch(r"[0-9]{1,30}(\.[0-9]+)?", plain) else None
