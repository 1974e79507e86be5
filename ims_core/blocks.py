"""A grid of cells to the tables that stand in it: beside one another, below one another, each under its own header."""

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ims_core import headers
from ims_core.cells import initials
from ims_core.headers import Header

SAMPLE = 60
"""Lines by which the columns of values are known."""
FIRST = 4
"""Lines in which most columns are filled somewhere."""
MOST_LOOKS = 3_000
"""Lines without values that are looked at one by one; a table with more of them has no values to tell a header by."""
SAYING = r"[^\s=_+|:*.-]"
"""A sign that says something; a line drawn with other signs does not."""
SAID = re.compile(SAYING)
DIGITS, LETTERS = (np.isin(np.arange(256), list(signs.encode())) for signs in (string.digits, string.ascii_letters))
"""By the first byte of a cell: whether it begins with one."""
LOOKED_THROUGH = 50_000
"""Lines looked through at once for a further header."""


@dataclass(frozen=True)
class Block:
    """A table within a grid. `title`: the words above its header; `numbers`: the row of each line in the sheet."""

    title: str
    header: tuple[str, ...]
    rows: pa.Table
    numbers: np.ndarray
    remarks: tuple[str, ...] = ()


def find(grid: pa.Table, above: int = 0) -> list[Block]:
    """Every table of a grid of text columns. `above`: rows of the sheet before the grid's first.

    No cell is lost where there is a table at all: it is in the title, the header or a line of one of them.
    """
    parts = _side_by_side(grid)
    if len(parts) > 1:
        return [block for part in parts for block in find(part, above)]
    found = _headers(grid)
    if found and found[0].top and len(_side_by_side(grid.slice(0, end := _title_top(grid, 0, found[0].top)))) > 1:
        return find(grid.slice(0, end), above) + find(grid.slice(end), above + end)
    if len(found) < 2:
        return [block for header in found if (block := _block(grid, header, above))]
    ends = [*(_title_top(grid, before.end, after.top) for before, after in pairwise(found)), grid.num_rows]
    blocks, start = [], 0
    for header, end in zip(found, ends, strict=True):
        piece = grid.slice(start, end - start)
        apart = find(piece, above + start) if len(_side_by_side(piece)) > 1 else []
        alone = Header(header.top - start, header.end - start, header.names)
        blocks += apart or ([block] if (block := _block(piece, alone, above + start)) else [])
        start = end
    return blocks


# -- side by side


def _side_by_side(grid: pa.Table) -> list[pa.Table]:
    """The parts of a grid that blank columns keep apart and that are tables of their own; else the grid as it is."""
    filled = [_says_something(column) for column in grid.columns]
    runs = _runs(filled)
    if len(runs) < 2:
        return [grid]
    parts: list[list[int]] = []
    for start, end in runs:
        fresh = list(range(start, end))
        if parts and not _apart(grid.select(parts[-1]), grid.select(fresh)):
            parts[-1] = list(range(parts[-1][0], end))
        else:
            parts.append(fresh)
    return [grid.select(part) for part in parts]


def _apart(left: pa.Table, right: pa.Table) -> bool:
    """Whether two parts are two tables, not one with an empty column in between.

    Two tables have a header each, and either they say the same names, or they have values, and begin or end on different rows.
    """
    tops = [top(part) for part in (left, right)]
    heads = [headers.first(rows) for rows in tops]
    if min(left.num_columns, right.num_columns) < 2 or heads[0] is None or heads[1] is None:
        return False
    if {n.lower() for n in heads[0].names if n} & {n.lower() for n in heads[1].names if n}:
        return True
    if not all(headers.stands_over_values(head, rows) for head, rows in zip(heads, tops, strict=True) if head):
        return False
    if heads[0].end != heads[1].end:
        return True
    rows = [np.flatnonzero(~blank_rows(part.slice(head.end))) for part, head in zip((left, right), heads, strict=True) if head]
    whole = all(len(lines) and lines[-1] - lines[0] + 1 == len(lines) for lines in rows)
    return whole and rows[0][-1] != rows[1][-1]


def _runs(filled: Sequence[bool]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.array([False, *filled, False]).astype(int)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


# -- below one another


def _headers(grid: pa.Table) -> list[Header]:
    """The header of each table from the top down."""
    main = headers.first(top(grid))
    if main is None or main.end >= grid.num_rows:
        return []
    found = [*_above(grid, main), main]
    while (after := _next_header(grid, found[-1])) is not None:
        found.append(after)
    return found


def _above(grid: pa.Table, main: Header) -> list[Header]:
    """Small tables above the widest one: at least two lines under a header of its own, and a blank row behind them."""
    rows = cells(grid.slice(0, main.top))
    for at in range(len(rows)):
        header = headers.further(rows, at, (), ()) if any(rows[at]) else None
        if header is None:
            continue
        lines = rows[header.end :]
        end = next((index for index, row in enumerate(lines) if not any(row)), len(lines))
        if headers.is_list(header, lines[:end], end < len(lines)):
            after = Header(main.top - header.end - end, 0, ())
            rest = _above(grid.slice(header.end + end), after)
            return [header, *(Header(h.top + header.end + end, h.end + header.end + end, h.names) for h in rest)]
    return []


def _next_header(grid: pa.Table, last: Header) -> Header | None:
    """The first header below the last one; None where only lines follow."""
    body = grid.slice(last.end)
    valued, looked = _valued(body), 0
    for start in range(0, body.num_rows, LOOKED_THROUGH):
        for row in start + _without_values(body.slice(start, LOOKED_THROUGH), valued, last.names):
            near = max(0, row - 3)
            window = cells(body.slice(near, row - near + headers.DEEPEST + headers.BELOW + 2))
            header = headers.further(window, row - near, last.names, valued) if row else None
            if header is not None and last.end + near + header.end < grid.num_rows:
                return Header(last.end + near + header.top, last.end + near + header.end, header.names)
            looked += 1
        if looked > MOST_LOOKS:
            break
    return None


def _valued(body: pa.Table) -> list[int]:
    """The columns that hold a value in nearly every line."""
    rows = cells(body.slice(0, SAMPLE))
    end = next((index for index, row in enumerate(rows) if index > 1 and not any(row)), len(rows))
    lines = [row for row in rows[:end] if sum(map(bool, row)) > 1]
    return [
        index
        for index in range(body.num_columns)
        if lines and sum(headers.is_value(row[index]) for row in lines if row[index]) >= max(0.75 * len(lines), 1)
    ]


def _without_values(body: pa.Table, valued: Sequence[int], names: Sequence[str]) -> np.ndarray:
    """The lines without a digit where the others have values, or, where no column has, those that begin with a name from the header."""
    if not valued:
        known = pa.array([name for name in names if name], pa.string())
        named = [column for column, name in zip(body.columns, names, strict=True) if name][:2]
        hits = [pc.is_in(pc.utf8_trim_whitespace(column), value_set=known).to_numpy() for column in named]
        return np.flatnonzero(np.logical_or.reduce(hits))
    rows = np.arange(body.num_rows)
    for index in valued[:4]:
        if not len(rows):
            break
        rows = rows[~DIGITS[initials(body.column(index))[rows]]]
        holds = pc.fill_null(pc.match_substring_regex(body.column(index).take(pa.array(rows)), "[0-9]"), False)
        rows = rows[~holds.to_numpy()]
    return rows


def _title_top(grid: pa.Table, end: int, header: int) -> int:
    """Where the words above a header begin: lonely cells and blank rows, but not the notes right under the lines above."""
    near = max(end, header - headers.BELOW)
    rows = cells(grid.slice(near, header - near))
    start = len(rows)
    while start and (not any(rows[start - 1]) or _is_heading(rows[start - 1])):
        start -= 1
    if any(not any(row) for row in rows[start:]):
        while start < len(rows) and any(rows[start]):
            start += 1
    return near + start


def _is_heading(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    return len(filled) == 1 and not headers.is_value(filled[0])


# -- one table


def _block(grid: pa.Table, header: Header, above: int) -> Block | None:
    """The lines under a header, in the columns that have a name or say something."""
    body = grid.slice(header.end)
    kept = [index for index, column in enumerate(body.columns) if header.names[index] or _says_something(column)]
    lines = np.flatnonzero(~blank_rows(body))
    if not kept or not len(lines):
        return None
    body = body.select(kept)
    if len(lines) < body.num_rows:
        body = body.take(pa.array(lines))
    names = named_columns([header.names[index] for index in kept])
    title = "\n".join(" ".join(filter(None, row)) for row in cells(grid.slice(0, header.top)) if any(row))
    numbers = lines + (above + header.end + 1)
    remarks = _too_long(body, numbers, last=max(at for at, index in enumerate(kept) if header.names[index]))
    return Block(title, names, body.rename_columns(list(names)), numbers, remarks)


def _too_long(body: pa.Table, numbers: np.ndarray, last: int) -> tuple[str, ...]:
    """A remark on the few lines that go on beyond the last column with a name."""
    beyond = (
        np.flatnonzero(~blank_rows(body.select(range(last + 1, body.num_columns)))) if last + 1 < body.num_columns else np.array([], int)
    )
    if not len(beyond) or len(beyond) * 2 > len(numbers):
        return ()
    rows = ", ".join(f"{number}" for number in numbers[beyond[:5]]) + (f" and {len(beyond) - 5:,} more" if len(beyond) > 5 else "")
    if len(beyond) == 1:
        return (f"Row {rows} has more cells than there are column names: look whether its cells have moved.",)
    return (f"Rows {rows} have more cells than there are column names: look whether their cells have moved.",)


def named_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Column names that differ: unnamed ones get a number, repeated ones too."""
    names: list[str] = []
    taken = {"source row", "source table"}  # what cleaning calls its own two
    for index, cell in enumerate(cells, start=1):
        name = plain = cell or f"Column {index}"
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{plain} ({number})"
        names.append(name)
        taken.add(name.lower())
    return tuple(names)


# -- cells


def top(grid: pa.Table) -> list[list[str]]:
    """The rows among which the first header is looked for, blank ones above included."""
    rows = headers.WITHIN + headers.BELOW
    found = cells(grid.slice(0, 2 * rows))
    if any(any(row) for row in found[: headers.WITHIN]):
        return found
    filled = np.flatnonzero(~blank_rows(grid))
    return cells(grid.slice(0, int(filled[0]) + 2 * rows)) if len(filled) else []


def cells(grid: pa.Table) -> list[list[str]]:
    """The rows of a small grid, cells without blanks around them, empty where they say nothing."""
    columns = [[(cell or "").strip() for cell in column.to_pylist()] for column in grid.columns]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return [row if SAID.search("".join(row)) else [""] * len(row) for row in rows]


def blank_rows(grid: pa.Table) -> np.ndarray:
    """For each row, whether no cell says anything."""
    rows = np.arange(grid.num_rows)
    for column in grid.columns:
        if not len(rows):
            break
        rows = rows[~(DIGITS | LETTERS)[initials(column)[rows]]]
        rows = rows[pc.fill_null(pc.invert(pc.match_substring_regex(column.take(pa.array(rows)), SAYING)), True).to_numpy()]
    blank = np.zeros(grid.num_rows, bool)
    blank[rows] = True
    return blank


def _says_something(column: pa.ChunkedArray) -> bool:
    """Whether any cell of it is filled; most columns tell by their first lines."""
    if any(cell and cell.strip() for cell in column.slice(0, FIRST).to_pylist()):
        return True
    return bool(pc.any(pc.match_substring_regex(column.slice(FIRST), r"\S"), min_count=0).as_py())
