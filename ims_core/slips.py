"""Count sheets on paper: an Excel sheet with an empty column to fill in, and what somebody filled in, read back."""

import re
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from ims_core import meanings, reading, tallies, workbooks
from ims_core.counting import Entry
from ims_core.db import Database
from ims_core.errors import ImsError, Refused

CODE, NAME, PLACE, BOOK, COUNTED = "Item code", "Name", "Place", "Book", "Counted"

PROBLEMS = ["row", "column", "value", "problem"]


@dataclass(frozen=True)
class Filled:
    """What a filled sheet says. `entries`: what was counted; `blank`: lines without a count; `problems`: row column value problem."""

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
    entries: dict[tuple[int, str], Entry] = {}
    problems: list[dict[str, object]] = []
    blank = 0
    columns = [table.rows.column(column).to_pylist() if column else [None] * table.rows.num_rows for column in (codes, spots, counted)]
    for row, *cells in zip(table.row_numbers().to_pylist(), *columns, strict=True):
        code, spot, told = ((cell or "").strip() for cell in cells)
        place = spot or usual or ""
        if not told:
            blank += 1
            continue
        try:
            entry = Entry(_item(db, code), place, _number(told), at=at)
        except ImsError as refusal:
            column, value = (COUNTED, told) if isinstance(refusal, _NoNumber) else (codes, code)
            problems.append({"row": row, "column": column, "value": value, "problem": str(refusal)})
            continue
        if (entry.item_id, place) in entries:
            problems.append({"row": row, "column": codes, "value": code, "problem": "It stands twice in the file; the first line counts."})
        entries.setdefault((entry.item_id, place), entry)
    return Filled(tuple(entries.values()), blank, pd.DataFrame(problems, columns=PROBLEMS))


class _NoNumber(Refused):
    """What was filled in is no number of pieces."""


def _column(table: reading.Table, wanted: str) -> str | None:
    return next((name for name in table.header if name.strip().lower() == wanted.lower()), None)


def _item(db: Database, code: str) -> int:
    if not code:
        raise Refused("There is no item code in this line.")
    found = meanings.look(db, code)
    if found.kind != "item" or found.item_id is None:
        raise Refused("No item has this code. Mend the code, or make the item first.")
    return found.item_id


def _number(told: str) -> float:
    """A count as people write it: 12, 1,5 or 1 200."""
    plain = re.sub(r"[\s\u00a0\u202f'’]", "", told)
    if re.fullmatch(r"\d+,\d{1,2}", plain) or re.fullmatch(r"\d+,\d{4,}", plain):
        plain = plain.replace(",", ".")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"\d+(\.\d+)?", plain):
        raise _NoNumber("This is no number of pieces. Type a number, 0 where there is none, or leave it empty where nobody looked.")
    return float(plain)
