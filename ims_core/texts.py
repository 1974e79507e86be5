"""Text files to grids: what keeps the cells apart, and every cell as it stands."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ims_core.errors import Unreadable

MOST_COLUMNS = 1_000
MOST_LETTERS = 5_000_000
"""In one cell; Excel's own end at 32,767."""
SEPARATORS = ",;\t|"
MOST_IRREGULAR = 20_000
"""Lines of another width than the others that the quick road carries along."""


def grid(name: str, text: str) -> pa.Table:
    """All lines of the file as rows of text cells."""
    text, told = _told_separator(text)
    spoken = dialect(text, told)
    if spoken is None:
        return as_table(_aligned(text))
    widths = spoken.widths(sample(text))
    refuse_wide(name, max(widths, default=0))
    cells = regular_rows(text, spoken, widths)
    if cells is None:
        rows = patient_rows(name, text, spoken)
        refuse_wide(name, max(map(len, rows), default=0))
        cells = as_table(rows)
    refuse_wide(name, cells.num_columns)
    if spoken.quote is None:
        cells = _without_open_quotes(cells)
    return _without_formulas(cells) if '"' in text and '="' in text else cells  # one sign alone is looked for much faster


def _without_open_quotes(cells: pa.Table) -> pa.Table:
    """Where somewhere a quotation mark was never closed, none kept cells together: one before a cell, or around it, is no part of it."""
    plain = [pa.compute.replace_substring_regex(column, r'^"([^"]+)"?$', r"\1") for column in cells.columns]
    return pa.table(plain, names=cells.column_names)


def _without_formulas(cells: pa.Table) -> pa.Table:
    """`="0012"`, which keeps Excel from taking the zeros, is 0012."""
    plain = [pa.compute.replace_substring_regex(column, r'^="([^"]*)"$', r"\1") for column in cells.columns]
    return pa.table(plain, names=cells.column_names)


def refuse_wide(name: str, width: int) -> None:
    """No table of a shop has so many columns."""
    if width > MOST_COLUMNS:
        raise Unreadable(
            f"{name} has {width:,} columns; at most {MOST_COLUMNS:,} are read. Is it turned on its side? Export it with a line an item."
        )


def refuse_long(name: str, cells: pa.Table) -> None:
    """No cell of a shop says so much; every rule would read it anew."""
    for column in cells.columns:
        if column.nbytes > MOST_LETTERS and (longest := pa.compute.max(pa.compute.binary_length(column)).as_py() or 0) > MOST_LETTERS:
            raise Unreadable(
                f"{name} has a cell of {longest:,} letters; at most {MOST_LETTERS:,} are read. Shorten it, or leave its column out, "
                "and drop it again."
            )


# -- how cells are kept apart


@dataclass(frozen=True)
class Dialect:
    """What stands between cells, and around those that hold it; `quote` is None where no sign does that."""

    separator: str
    quote: str | None = '"'

    def reader(self, text: str) -> Iterator[list[str]]:
        """The rows, by Python's own csv."""
        csv.field_size_limit(10_000_000)
        quoting = {"quoting": csv.QUOTE_NONE} if self.quote is None else {"quotechar": self.quote}
        return csv.reader(io.StringIO(text, newline=""), delimiter=self.separator, **quoting)

    def widths(self, text: str) -> Counter[int]:
        """How many lines have how many cells; nothing where they cannot be read so."""
        try:
            return Counter(len(row) for row in self.reader(text) if any(row))
        except csv.Error:
            return Counter()


def _told_separator(text: str) -> tuple[str, str | None]:
    """Excel's own first line `sep=;`, which says what keeps the cells apart. The line stays, blank, so that rows are counted truly."""
    found = re.match(r'"?sep=(.)"?[;,\t]*\r?\n', text[:40], re.I)
    return ("\n" + text[found.end() :], found[1]) if found else (text, None)


def dialect(text: str, separator: str | None = None) -> Dialect | None:
    """The separator that cuts the first lines into the most columns, the same number in most of them; None where blanks align them."""
    first = sample(text)
    evenness = {sign: _evenness(Dialect(sign).widths(first)) if sign in first else 0.0 for sign in SEPARATORS}
    best = separator or max(SEPARATORS, key=lambda sign: evenness[sign])
    if separator is None and evenness[best] < 0.5 and len(_cuts(first.splitlines())) > 1:
        return None
    if text.count('"') % 2 and _most(Dialect(best, None).widths(text)) > _most(Dialect(best).widths(text)):
        return Dialect(best, None)  # the sign for inches, for example: taken as quotes it would swallow lines
    cells = [cell for row in Dialect(best, None).reader(first) for cell in row if cell]
    single = sum(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells)
    return Dialect(best, "'" if single > len(cells) / 2 else '"')


def sample(text: str) -> str:
    """The first whole lines, by which is seen how the file is written."""
    lines = text[:20_000].splitlines()[:60]
    return "\n".join(lines[:-1] if len(lines) == 60 or len(text) > 20_000 else lines)


def _evenness(widths: Counter[int]) -> float:
    width, often = widths.most_common(1)[0] if widths else (0, 0)
    return (width - 1) * (often / widths.total()) ** 2 if width > 1 else 0.0


def _most(widths: Counter[int]) -> int:
    return max(widths.values(), default=0)


# -- cells


def patient_rows(name: str, text: str, dialect: Dialect) -> list[list[str]]:
    """Any text in rows of cells, however ragged."""
    try:
        return list(dialect.reader(text))
    except csv.Error as failure:
        raise Unreadable(f"{name} cannot be read as a table: {failure}. A quotation mark may be open; export it again.") from failure


def as_table(rows: Sequence[Sequence[str | None]], width: int | None = None) -> pa.Table:
    """Rows as columns of text, short ones filled up."""
    width = width or max(map(len, rows), default=0)
    if any(len(row) != width for row in rows):
        rows = [row if len(row) == width else [*row, *[""] * (width - len(row))] for row in rows]
    return pa.table([pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)], names=[str(index) for index in range(width)])


def regular_rows(text: str, dialect: Dialect, widths: Counter[int]) -> pa.Table | None:
    """All lines, by Arrow's reader, which is some five times as fast; the few of another width are read with patience and put back.

    widths: of the first lines. None where most are of another width, or where lines end in more than one way.
    """
    width = widths.most_common(1)[0][0] if widths else 0
    if width < 2 or dialect.quote is None or ("\r" in text and text.count("\r") != text.count("\r\n")):
        return None
    odd: list[tuple[int, list[str]]] = []
    try:
        return _by_arrow(text, dialect, width)
    except (pa.ArrowInvalid, UnicodeEncodeError):  # only one processor alone can tell which lines are of another width
        pass
    try:
        table = _by_arrow(text, dialect, width, odd)
    except (pa.ArrowInvalid, UnicodeEncodeError, csv.Error):
        return None
    return _put_back(table, odd) if odd else table


def _by_arrow(text: str, dialect: Dialect, width: int, odd: list[tuple[int, list[str]]] | None = None) -> pa.Table:
    """The cells. Lines of another width go into `odd` with their number; without it the first one is an error."""
    from pyarrow import csv as arrow_csv

    def keep(row: arrow_csv.InvalidRow) -> str:
        if odd is None:
            return "error"
        odd.append((row.number - 1, next(dialect.reader(row.text), [])))
        left_open = row.text.count(dialect.quote or "") % 2
        return "error" if left_open or len(odd) > MOST_IRREGULAR else "skip"

    names = [str(index) for index in range(width)]
    parse = arrow_csv.ParseOptions(
        delimiter=dialect.separator, quote_char=dialect.quote, newlines_in_values=(dialect.quote or "") in text,
        ignore_empty_lines=False, invalid_row_handler=keep,
    )  # fmt: skip
    return arrow_csv.read_csv(
        pa.BufferReader(text.encode()),
        read_options=arrow_csv.ReadOptions(column_names=names, use_threads=odd is None),
        parse_options=parse,
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )


def _put_back(table: pa.Table, odd: list[tuple[int, list[str]]]) -> pa.Table:
    """The lines of another width at the places they came from."""
    width = max(table.num_columns, *(len(cells) for _, cells in odd))
    for index in range(table.num_columns, width):
        table = table.append_column(str(index), pa.repeat("", table.num_rows))
    places = np.full(table.num_rows + len(odd), -1)
    places[[row for row, _ in odd]] = np.arange(table.num_rows, len(places))
    places[places < 0] = np.arange(table.num_rows)
    return pa.concat_tables([table, as_table([cells for _, cells in odd], width)]).take(pa.array(places))


# -- columns aligned by blanks


def _cuts(lines: Sequence[str]) -> list[int]:
    """Where columns begin that blanks keep apart: the places after two blanks or more that nearly every line of some width has."""
    lines = [line.expandtabs() for line in lines if "  " in line.strip()]
    if len(lines) < 3:
        return []
    width = max(map(len, lines))
    inked = np.zeros(width + 1, int)
    for line in lines:
        inked[: len(line)] += np.frombuffer(line.encode("utf-32-le"), np.uint32) > 32
    blank = inked <= len(lines) // 50
    starts = [at for at in range(width) if not blank[at] and (at == 0 or blank[at - 1])]
    return [at for at in starts if at < 2 or blank[at - 2 : at].all() or at == starts[0]]


def _aligned(text: str) -> list[list[str]]:
    """The rows of a text whose columns are aligned by blanks; a line that does not keep to them is one cell."""
    lines = [line.expandtabs() for line in text.splitlines()]
    cuts = [0, *_cuts(lines)[1:]]
    ends = [*cuts[1:], None]
    return [
        [line[start:end].strip() for start, end in zip(cuts, ends, strict=True)]
        if all(line[cut - 1 : cut].strip() == "" for cut in cuts[1:])
        else [line.strip()]
        for line in lines
    ]
