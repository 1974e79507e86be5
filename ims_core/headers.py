"""Which rows of a grid name its columns: one row or several, under titles, above lines that look otherwise."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

WITHIN = 40
"""Rows from the first filled one among which a table's header is looked for."""
BELOW = 12
"""Rows under a header that are compared with it."""
DEEPEST = 3
"""Rows a header may have: captions over captions over names."""

Row = Sequence[str]

NUMBER = re.compile(
    r"[-+(]?\W{0,3}((EUR|USD|GBP|CHF|Rs\.?|kr\.?|zł|R\$)\s?)?\d[\d.,:/\s'’_-]*\W{0,3}"
    r"(\s?(EUR|USD|GBP|CHF|kr\.?|zł|K[gG]|kg|g|l|ml|cl|pcs|pc|AM|PM|am|pm|Z|x|CR|DR))?\W?"
)
MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
DATE = re.compile(
    rf"(\d{{1,2}}(st|nd|rd|th)?[-./ ]+{MONTH}\.?[-./, ]+\d{{2,4}}|{MONTH}\.? \d{{1,2}},? \d{{4}}|\d{{4}}-\d\d-\d\d)([T ,].*)?", re.I
)
WORDLESS = re.compile(
    r"(true|false|yes|no|n/?a|nan|none|null|nil|unknown|tbd|tba|-+|\?+|\.+|#[A-Z/0]+[!?]?|\S+@\S+\.\w+|https?://.*)", re.I
)
"""What stands in place of a value, and what is never a column's name."""
PERIOD = re.compile(r"(19|20)\d\d([-/. ]\d\d?){0,2}( 00:00:00)?|\d\d?[-/.](19|20)\d\d", re.I)
"""Days, months and years, which head columns."""
DAY = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}( \d\d?:\d\d(:\d\d)?)?")
UNIT = re.compile(
    r"[\[(]?(pcs?\.?|pieces?|st(k|ü?ck|\.)?|ea\.?|each|units?|ud?s?|[kmµ]?g|mg|lbs?|oz|[cdm]?l|litres?|liters?|[cdmk]?m|mm|in|inch|ft|"
    r"cbm|m[²³23]|eur|usd|gbp|chf|[€$£¥%]|in ?%|days?|d|weeks?|months?|h(ours)?|hrs|min|[a-z]{1,4}/[a-z]{1,4}|yyyy-mm-dd|dd[./]mm[./]yyyy|"
    r"mm/dd/yyyy)[\])]?|[-–]",
    re.I,
)
"""What a row of units under a header is made of."""


@dataclass(frozen=True)
class Header:
    """The rows `top` to `end` (not counting it) of a grid, and the name of each of its columns, empty where it has none."""

    top: int
    end: int
    names: tuple[str, ...]


def first(rows: Sequence[Row]) -> Header | None:
    """The header of the widest table among the first rows; None where no row looks like one. Cells come without blanks around them."""
    start = next((index for index, row in enumerate(rows) if any(row)), 0)
    width = max((sum(map(bool, row)) for row in rows[start : start + WITHIN + BELOW]), default=0)
    best, best_score = None, 0.0
    for top in range(start, min(len(rows) - 1, start + WITHIN)):
        if not any(rows[top]):
            continue
        for depth in range(1, DEEPEST + 1):
            header = _stacked(rows, top, depth)
            score = _score(header, rows, width) - (top - start) * 0.004 - (depth - 1) * 0.01 if header else 0.0
            if header and score > best_score + (0.05 if best and best.top != top else 0.0):
                best, best_score = header, score
        if best_score > 0.9:  # nothing below can look more like a header
            break
    return _with_units(best, rows) if best else None


def _score(header: Header, rows: Sequence[Row], width: int) -> float:
    """From 0 to 1: names are words, differ, are as many as the cells of the lines, and are not found in the lines."""
    named = [name for name in header.names if name]
    below = [row for row in rows[header.end : header.end + BELOW - 1] if any(row)]
    if not named or not below:
        return 0.0
    wordy = _wordy(header.names, below)
    distinct = len(set(map(str.lower, named))) / len(named)
    as_wide = min(len(named) / Counter(sum(map(bool, row)) for row in below).most_common(1)[0][0], 1.0)
    unlike = 1 - sum(any(name in row for name in named) for row in below) / len(below)
    return wordy * distinct * as_wide * (len(named) / width) * (0.7 + 0.3 * unlike) if wordy >= 0.6 else 0.0


def _wordy(names: Row, below: Sequence[Row]) -> float:
    """The share of the names that are words, or the days, months or years that head a series of columns."""
    if not any(map(str.isalpha, "".join(names))):
        return 0.0
    values = [index for index, name in enumerate(names) if name and _stands_below(name, [row[index] for row in below])]
    if _is_series([names[index] for index in values]) and len(values) < sum(map(bool, names)):
        values = []
    return 1 - len(values) / sum(map(bool, names))


def _stands_below(name: str, cells: Sequence[str]) -> bool:
    """Whether it is what lines have rather than what names them: a value, or a code written like those of the lines."""
    numbered, filled = any(map(str.isdigit, name)), [cell for cell in cells if cell]
    if numbered and len(filled) > 1 and not any(any(map(str.isdigit, cell)) for cell in filled):
        return False
    shapes = [shape(cell) for cell in filled]
    return is_value(name) or (numbered and shapes.count(shape(name)) > len(shapes) / 2)


@lru_cache(20_000)
def is_value(cell: str) -> bool:
    """True for what stands under a header rather than in it: numbers, amounts, dates, marks for nothing, long text."""
    return len(cell) > 80 or bool(NUMBER.fullmatch(cell) or DATE.fullmatch(cell) or WORDLESS.fullmatch(cell))


@lru_cache(20_000)
def shape(cell: str) -> str:
    """How a cell is written, whatever it says: `SKU-001` is `A-9`."""
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", cell))


def _is_series(cells: Row) -> bool:
    """Whether they count on: days, months, years or plain numbers, each after the one before."""
    if len(cells) < 2 or len({shape(cell) for cell in cells}) > 2 or max(map(len, cells)) > 40:
        return False
    parts = [tuple(map(int, re.findall(r"\d+", cell)))[:3] for cell in cells]
    if not all(parts):
        return False
    if len(parts[0]) == 1:
        steps = {after[0] - before[0] for before, after in pairwise(parts)}
        return (len(cells) > 2 or all(map(PERIOD.fullmatch, cells))) and len(steps) == 1 and steps <= {1, -1, 7}
    if not all(PERIOD.fullmatch(cell) or DATE.fullmatch(cell) or DAY.fullmatch(cell) for cell in cells):
        return False
    if len(set(parts)) == len(parts) > 2:
        return True
    orders = [parts, [part[::-1] for part in parts], [(part[-1], *part[:-1]) for part in parts]]
    return any(order == sorted(order) and len(set(order)) == len(order) for order in (o[::way] for o in orders for way in (1, -1)))


# -- headers of several rows


def _stacked(rows: Sequence[Row], top: int, depth: int) -> Header | None:
    """The header made of `depth` rows; None where they do not belong together."""
    end = top + depth
    if depth == 1:
        return Header(top, end, tuple(map(_plain, rows[top])))
    if end >= len(rows) or not all(any(row) for row in rows[top:end]):
        return None
    lowest, below = rows[end - 1], [row for row in rows[end : end + BELOW] if any(row)]
    captions = [_spread(rows[row], rows[row + 1 : end]) for row in range(top, end - 1)]
    if not below or _wordy(lowest, below) < 1 or not _contrast(lowest, below):
        return None
    if any(is_value(cell) and not PERIOD.fullmatch(cell) for row in rows[top : end - 1] for cell in row if cell):
        return None
    if any(cell.endswith(":") for row in rows[top:end] for cell in row):
        return None
    if not (_repeats(lowest) or _completes(rows[end - 2], lowest)) or max(sum(map(bool, caption)) for caption in captions) < 2:
        return None
    stacked = zip(*captions, lowest, strict=True)
    return Header(top, end, tuple(" ".join(dict.fromkeys(_plain(part) for part in parts if part)) for parts in stacked))


def _spread(captions: Row, lower: Sequence[Row]) -> list[str]:
    """Each caption over the columns it stands above: to the right as far as there is none, and names are beneath."""
    spread, last = [], ""
    for index, caption in enumerate(captions):
        beneath = any(row[index] for row in lower)
        if caption:
            last = caption if beneath else ""
        spread.append(caption or (last if beneath else ""))
    return spread


def _repeats(names: Row) -> bool:
    """Whether names come again, as `Qty, Price, Qty, Price` do: then what stands above tells them apart."""
    named = [name.lower() for name in names if name]
    return len(set(named)) < len(named)


def _completes(upper: Row, lower: Row) -> bool:
    """Whether the rows fill each other's gaps, as cells merged downwards beside cells merged to the right do."""
    alone = any(above and not below for above, below in zip(upper, lower, strict=True))
    return alone and any(below and not above for above, below in zip(upper, lower, strict=True))


def _contrast(names: Row, below: Sequence[Row]) -> list[int]:
    """The columns in which a word stands over values."""
    return [index for index, name in enumerate(names) if name and _valued([row[index] for row in below])]


def stands_over_values(header: Header, rows: Sequence[Row]) -> bool:
    """Whether a word of it stands over values: the surest sign of a table."""
    return bool(_contrast(header.names, [row for row in rows[header.end : header.end + BELOW] if any(row)]))


def _valued(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(filled) * 2 >= len(cells) and sum(map(is_value, filled)) >= 0.8 * len(filled) > 0


def _with_units(header: Header, rows: Sequence[Row]) -> Header:
    """With the row of units beneath it, if there is one: `Weight` over `kg` is `Weight (kg)`."""
    if header.end + 1 >= len(rows) or not any(rows[header.end + 1]):
        return header
    units = rows[header.end]
    filled = [(name, unit) for name, unit in zip(header.names, units, strict=True) if unit]
    if not filled or not all(name and UNIT.fullmatch(unit) and unit.lower() != "n/a" for name, unit in filled):
        return header
    if not any(any(map(str.isalpha, unit)) or unit.strip("()[]") in "€$£¥%" for _, unit in filled) or not _contrast(
        units, rows[header.end + 1 :][:BELOW]
    ):
        return header
    names = tuple(f"{name} ({unit.strip('()[]')})" if unit.strip("-–") else name for name, unit in zip(header.names, units, strict=True))
    return Header(header.top, header.end + 1, names)


def _plain(cell: str) -> str:
    """A name on one line; of a day, the day alone."""
    return re.sub(r"\s+", " ", cell.removesuffix(" 00:00:00")).strip()


# -- a further header, below another table's lines


def further(rows: Sequence[Row], at: int, before: Row, valued: Sequence[int]) -> Header | None:
    """The header that begins a further table at row `at`; None where the row is one more line.

    `before`: the names of the table above; `valued`: its columns of values. A mistake would cut a table in two, so all of it must fit:
    every cell a word, no gap over a filled column, words over values - and either names known from above, or a gap or heading above it,
    or another layout beneath.
    """
    if sum(map(bool, rows[at])) < 2 and at + 1 < len(rows) and not _completes(rows[at], rows[at + 1]):
        return None
    stacked = (_stacked(rows, at, depth) for depth in range(1, DEEPEST + 1))
    header = next((header for header in stacked if header and _begins(header, rows, before, valued)), None)
    return _with_units(header, rows) if header else None


def _begins(header: Header, rows: Sequence[Row], before: Row, valued: Sequence[int]) -> bool:
    names, below = header.names, _until_blank(rows[header.end : header.end + BELOW])
    named = [name.lower() for name in names if name]
    if len(named) < 2 or not below or len(set(named)) < len(named) or max(map(len, named)) > 60:
        return False
    contrast = _contrast(names, below)
    if not contrast or _wordy(names, below) < 1 or any(cell and not name for cell, name in zip(below[0], names, strict=True)):
        return False
    above = sum(map(bool, rows[header.top - 1])) if header.top else 0
    known = [name.lower() for name in before if name]
    if named == known:  # the header of the next page, which cleaning sets aside; under a heading of its own, a further table
        return above == 1
    if sum(name in known for name in named) >= max(2, len(named) / 2):
        return True
    return above <= 1 or (len(named) > 2 and set(contrast) != set(valued))


def _until_blank(rows: Sequence[Row]) -> list[Row]:
    end = next((index for index, row in enumerate(rows) if not any(row)), len(rows))
    return list(rows[:end])


def is_list(header: Header, lines: Sequence[Row], apart: bool) -> bool:
    """Whether lines above a wider table are a table too, not remarks on it such as `Shop | Main street`, `Month | 5`.

    Each column has values in every line or in none; of two columns the first must be codes. `apart`: a blank row follows.
    """
    named = [index for index, name in enumerate(header.names) if name]
    even = all(len({is_value(cell) for cell in column if cell}) < 2 for column in zip(*lines, strict=True))
    codes = all(any(map(str.isdigit, line[named[0]])) for line in lines)
    return len(lines) > 1 and even and (len(named) > 2 or (apart and codes))
