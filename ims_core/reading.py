"""Bytes of a file to tables of text: encoding, separator and header found, every cell kept as written."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePosixPath
from typing import Literal

import pyarrow as pa

from ims_core import settings, sheets
from ims_core.errors import Unreadable

MOST_UNPACKED = 1_500_000_000
"""Bytes a workbook may unpack to; honest ones stay far below."""
MOST_COLUMNS = 1_000
HEADER_WITHIN = 40
"""Rows from the top among which the header is looked for."""

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n\r")
OLD_EXCEL = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
PICTURES = {b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"%PDF": "a PDF", b"\x1f\x8b": "a gzip archive"}
WEB_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|table|head|meta)\b", re.I)

Grid = Sequence[Sequence[str | None]]
Quoting = Literal[0, 3]
"""What csv calls QUOTE_MINIMAL and QUOTE_NONE."""


@dataclass(frozen=True)
class Table:
    """One table of a file. `rows`: Arrow, a text column per name of `header`; `first_row`: its row in the sheet, from 1."""

    name: str
    sheet: str | None
    header: tuple[str, ...]
    rows: pa.Table
    first_row: int
    numbers: pa.Array | None = None
    """The sheet row of each line where blank rows lie between them; else they count on from `first_row`."""
    typed: bool = False
    """True where cells were numbers and dates in a workbook, not text that must be interpreted."""

    def row_numbers(self) -> pa.Array:
        """The sheet row of each line."""
        if self.numbers is not None:
            return self.numbers
        return pa.array(range(self.first_row, self.first_row + self.rows.num_rows), pa.int64())


def read(name: str, content: bytes) -> list[Table]:
    """Every table in the file, a sheet each. Raises Unreadable with a sentence where there is none."""
    name = safe_name(name)
    limit = settings.load().max_file_mb
    if len(content) > limit * 1_000_000:
        raise Unreadable(
            f"{name} has {len(content) / 1e6:,.0f} MB; at most {limit} MB are read at once. Export it in parts, by month for example."
        )
    if not content.strip():
        raise Unreadable(f"{name} is empty. Export it again, or leave it out.")
    if content.startswith(ZIP):
        return _read_workbook(name, content)
    if content.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Unreadable(f"{name} is protected by a password. Open it, save it without the password, and drop it again.")
        return _read_workbook(name, content)
    if content[:2] in OLD_EXCEL:
        raise Unreadable(f"{name} was written by an Excel older than 1997. Open it, save it as .xlsx, and drop it again.")
    for magic, what in PICTURES.items():
        if content.startswith(magic):
            raise Unreadable(f"{name} is {what}, whatever its name says. Drop the spreadsheet or csv file it was made from.")
    if WEB_PAGE.match(content):
        raise Unreadable(f"{name} is a web page or XML, whatever its name says. Open it in Excel, save it as .xlsx, and drop that.")
    return _read_text(name, content)


def safe_name(name: str) -> str:
    """The file's own name without folders and control characters, at most 200 characters."""
    base = PurePosixPath(name.replace("\\", "/")).name
    safe = re.sub(r"[\x00-\x1f\x7f]", "", base)[:200]
    return safe if safe.strip(". ") else "file"


# -- workbooks


def _read_workbook(name: str, content: bytes) -> list[Table]:
    if content.startswith(ZIP):
        _refuse_bomb(name, content)
    found = [_sheet_table(name, sheet, rows) for sheet, rows in sheets.read(name, content)]
    tables = [table for table in found if table is not None]
    if not tables:
        raise Unreadable(f"{name} holds no table: no sheet has a header row with lines below it.")
    return tables


def _refuse_bomb(name: str, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except zipfile.BadZipFile as failure:
        raise Unreadable(f"{name} is damaged: it breaks off or was changed on its way. Copy or export it again.") from failure
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED:
        raise Unreadable(f"{name} would unpack to {unpacked / 1e6:,.0f} MB, which no honest workbook does. It was not opened.")
    if not any(part.filename in ("[Content_Types].xml", "content.xml") for part in parts):
        raise Unreadable(f"{name} is an archive, not a workbook. Unpack it and drop the files inside.")


def _sheet_table(name: str, sheet: str, batch: pa.RecordBatch) -> Table | None:
    _refuse_wide(name, batch.num_columns)
    top = [list(cells) for cells in zip(*(batch.column(i)[: HEADER_WITHIN * 2].to_pylist() for i in range(batch.num_columns)), strict=True)]
    head = header_row(top)
    if head is None or head + 1 >= batch.num_rows:
        return None
    header, width = _named_columns(top[head]), len(top[head])
    body = pa.Table.from_batches([batch]).slice(head + 1).rename_columns(list(header[:width]))
    return _without_blank_rows(Table(name, sheet, header, body, head + 2, typed=True))


# -- text


def _read_text(name: str, content: bytes) -> list[Table]:
    text = _decode(name, content)
    separator = _separator(text)
    quoting: Quoting = csv.QUOTE_NONE if _mark_stays_open(text, separator) else csv.QUOTE_MINIMAL
    top = _grid(name, text, separator, HEADER_WITHIN * 2, quoting)
    _refuse_wide(name, max(map(len, top), default=0))
    head = header_row(top)
    if head is None or head + 1 >= len(top):
        raise Unreadable(f"{name} holds no table: there must be a row of column names with lines below it.")
    if head == 0 and quoting == csv.QUOTE_MINIMAL and (rows := regular_rows(text, separator, _named_columns(top[0]))) is not None:
        return [_without_blank_rows(Table(name, None, tuple(rows.column_names), rows, 2))]
    return [_without_blank_rows(_text_table(name, _grid(name, text, separator, None, quoting), head))]


def _grid(name: str, text: str, separator: str, most: int | None = None, quoting: Quoting = csv.QUOTE_MINIMAL) -> list[list[str]]:
    csv.field_size_limit(10_000_000)
    try:
        return list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting), most))
    except csv.Error as failure:
        raise Unreadable(f"{name} cannot be read as a table: {failure}. A quotation mark may be open; export it again.") from failure


def _mark_stays_open(text: str, separator: str) -> bool:
    """Whether a quotation mark is nothing but a character, such as the sign for inches: taken as one it would swallow lines."""
    return bool(text.count('"') % 2) and _even_rows(text, separator, csv.QUOTE_NONE) > _even_rows(text, separator, csv.QUOTE_MINIMAL)


def _even_rows(text: str, separator: str, quoting: Quoting) -> int:
    csv.field_size_limit(10_000_000)
    try:
        return max(Counter(map(len, csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting))).values())
    except csv.Error:
        return 0


def regular_rows(text: str, separator: str, header: tuple[str, ...]) -> pa.Table | None:
    """The lines below a header on the first line, by Arrow's reader, which is some five times as fast.

    None where a line is ragged or blank or the header has a line break: those are read with more patience.
    """
    from pyarrow import csv as arrow_csv

    head, _, body = text.partition("\n")
    if not body or head.count('"') % 2 or "\r" in head.rstrip("\r") or body[0] in "\r\n" or "\n\n" in body or "\n\r\n" in body:
        return None
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(body.encode()),
            read_options=arrow_csv.ReadOptions(column_names=list(header), use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values='"' in body, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False),
        )
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return None


def _text_table(name: str, grid: list[list[str]], head: int) -> Table:
    body = grid[head + 1 :]
    width = max(map(len, grid[head:]))
    _refuse_wide(name, width)
    header = _named_columns([*grid[head], *[""] * (width - len(grid[head]))])
    if any(len(row) != width for row in body):
        body = [row if len(row) == width else [*row, *[""] * (width - len(row))] for row in body]
    columns = [pa.array(cells, pa.string()) for cells in zip(*body, strict=True)]
    return Table(name, None, header, pa.table(columns, names=list(header)), head + 2)


def _decode(name: str, content: bytes) -> str:
    """The text, by byte-order mark, else utf-8, else the older Windows code page that exports still use."""
    head = content[:4000]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", errors="replace").encode()
    elif head[1::2].count(0) > len(head) // 3:
        content = content.decode("utf-16-le", errors="replace").encode()
    elif len(head) - len(head.translate(None, CONTROLS)) > len(head) // 20 + 8:
        raise Unreadable(f"{name} is no text and no workbook. Drop .csv, .tsv, .xlsx or .xls files.")
    content = content.translate(None, CONTROLS)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """The separator that cuts the first lines into the most columns, the same number in most of them."""
    sample = text[:20_000]
    lines = sample.splitlines()[:60]
    sample = "\n".join(lines[:-1] if len(lines) == 60 or len(text) > 20_000 else lines)

    def evenness(separator: str) -> float:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator) if any(row)]
        except csv.Error:
            return 0
        width, often = Counter(widths).most_common(1)[0] if widths else (0, 0)
        return (width - 1) * (often / len(widths)) ** 2 if width > 1 else 0

    best = max(",;\t|", key=evenness)
    return best if evenness(best) > 0 else ","


# -- the header


def header_row(rows: Grid) -> int | None:
    """The index of the row of column names under titles and blanks; None where there is none."""
    filled = [[cell.strip() for cell in row if cell and cell.strip()] for row in rows[: HEADER_WITHIN + 12]]
    width = max(map(len, filled), default=0)
    best, best_score = None, 0.0
    for index, cells in enumerate(filled[:HEADER_WITHIN]):
        below = [row for row in filled[index + 1 : index + 12] if row]
        if not cells or not below:
            continue
        wordy = 1.0 if _names_periods(cells) else sum(not _is_value(cell) for cell in cells) / len(cells)
        distinct = len(set(map(str.lower, cells))) / len(cells)
        as_wide = min(len(cells) / max(1, Counter(map(len, below)).most_common(1)[0][0]), 1.0)
        unlike = 1 - sum(any(cell in row for cell in cells) for row in below) / len(below)
        score = wordy * distinct * as_wide * (len(cells) / width) * (0.7 + 0.3 * unlike) - index * 0.004
        if wordy >= 0.6 and score > best_score + 0.05:
            best, best_score = index, score
        if best_score > 0.9:  # nothing below can look more like a header
            break
    return best


def _names_periods(cells: Sequence[str]) -> bool:
    """True for a header of a column a day or month: words first, then dates, none of them twice."""
    dates = [
        cell for cell in cells if re.fullmatch(r"20\d\d[-/.]\d{1,2}([-/.]\d{1,2})?( 00:00:00)?|\d{1,2}[-/.]\d{1,2}[-/.](20)?\d\d", cell)
    ]
    return len(dates) >= 3 and len(set(dates)) == len(dates) > len(cells) / 2 and not _is_value(cells[0])


def _is_value(cell: str) -> bool:
    """True for what stands under a header rather than in it: numbers, amounts, dates, long text."""
    return bool(re.fullmatch(r"[-+(]?\W{0,3}\d[\d.,:/\s-]*\W{0,3}", cell)) or len(cell) > 80


def _named_columns(cells: Sequence[str | None]) -> tuple[str, ...]:
    """Column names without blanks around them; unnamed ones get a number, repeated ones too."""
    names: list[str] = []
    taken = {"source row", "source table"}  # what cleaning calls its own two
    for index, cell in enumerate(cells, start=1):
        name = plain = re.sub(r"\s+", " ", (cell or "").strip()) or f"Column {index}"
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{plain} ({number})"
        names.append(name)
        taken.add(name.lower())
    return tuple(names)


def _without_blank_rows(table: Table) -> Table:
    """Leave out rows in which no cell says anything, keeping each line's number in the sheet."""
    blank = _blank_rows(table.rows)
    if not blank.true_count:
        return table
    keep = pa.compute.invert(blank)
    return replace(table, rows=table.rows.filter(keep), numbers=table.row_numbers().filter(keep))


def _blank_rows(rows: pa.Table) -> pa.Array:
    import pyarrow.compute as pc

    blank = None
    for column in rows.columns:
        empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            break
    return pa.array([], pa.bool_()) if blank is None else blank.combine_chunks()


def _refuse_wide(name: str, width: int) -> None:
    if width > MOST_COLUMNS:
        raise Unreadable(
            f"{name} has {width:,} columns; at most {MOST_COLUMNS:,} are read. Is it turned on its side? Export it with a line an item."
        )
