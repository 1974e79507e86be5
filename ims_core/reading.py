"""Bytes of a file to its tables: every rectangular block of every sheet, its header found, all cells as text."""

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa

from ims_core import blocks, letters, markup, settings, sheets, texts
from ims_core.errors import Unreadable
from ims_core.sheets import Sheet

MOST_UNPACKED = 1_500_000_000
"""Bytes a workbook may unpack to; honest ones stay far below."""
MOST_FILES = 2_000
"""Files in an archive."""

MOST_MENDED = 300_000_000
"""Bytes of an unpacked .ods that is looked through for rows without end."""
MOST_ROWS = 1_048_576
"""What a sheet has room for."""
ENDLESS = re.compile(rb'<table:table-row\b[^>]*?\btable:number-rows-repeated="(?P<times>\d{7,40})"[^>]*>')

ZIP, OLE, GZIP = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b"
OLD_EXCEL = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
PICTURES = {b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"%PDF": "a PDF", b"7z\xbc\xaf": "a 7z archive"}
WEB_PAGE = re.compile(r"\s*<(!doctype|html|\?xml|table|head|body|meta|style|div|workbook|!--)\b|\s*<!--", re.I)


@dataclass(frozen=True)
class Table:
    """One table of a file. `rows`: Arrow, a text column per name of `header`; `first_row`: where in the sheet its first line is, from 1."""

    name: str
    sheet: str | None
    header: tuple[str, ...]
    rows: pa.Table
    first_row: int
    numbers: pa.Array | None = None
    """The sheet row of each line where others lie between them; else they count on from `first_row`."""
    typed: bool = False
    """True where cells were numbers and dates in a workbook, not text that must be interpreted."""
    title: str = ""
    """What stands above the header, a line a row: often the place, the day or the supplier."""
    remarks: tuple[str, ...] = ()
    """What the person should know about how it was read: letters mended, sheets left out, lines that are too long."""

    part: bool = False
    """True for lines that were left out of a file of the shop, mended: what of its documents is not among them is not gone."""
    back: tuple[tuple[str, int], ...] = ()
    """Of such lines, the file each was first in and its row there."""
    combined: tuple[int, ...] = ()
    """Rows of products whose combinations stand in the drop and tell how many there are."""

    def row_numbers(self) -> pa.Array:
        """The sheet row of each line."""
        if self.numbers is not None:
            return self.numbers
        return pa.array(np.arange(self.first_row, self.first_row + self.rows.num_rows))


def read(name: str, content: bytes) -> list[Table]:
    """Every table in the file, sheet by sheet, from the top. Raises Unreadable with a sentence where there is none."""
    name = safe_name(name)
    limit = settings.load().max_file_mb
    if len(content) > limit * 1_000_000:
        raise Unreadable(
            f"{name} has {len(content) / 1e6:,.0f} MB; at most {limit} MB are read at once. Export it in parts, by month for example."
        )
    if content.startswith(GZIP):
        return _read_plain(name.removesuffix(".gz"), _unzipped(name, content, limit * 1_000_000))
    if content.startswith(ZIP) and not _is_workbook(name, content):
        return _read_archive(name, content, limit * 1_000_000)
    return _read_plain(name, content)


def safe_name(name: str) -> str:
    """The file's own name without folders and control characters, at most 200 characters."""
    base = PurePosixPath(name.replace("\\", "/")).name
    safe = re.sub(r"[\x00-\x1f\x7f]", "", base)[:200]
    return safe if safe.strip(". ") else "file"


def _read_plain(name: str, content: bytes) -> list[Table]:
    """The tables of a file that is no archive."""
    if not content or content.isspace():
        raise Unreadable(f"{name} is empty. Export it again, or leave it out.")
    _refuse_others(name, content)
    remarks: tuple[str, ...] = ()
    if content.startswith((ZIP, OLE)):
        content, remarks = _without_endless_rows(content)
        found = sheets.read(name, content)
    else:
        text, remarks = letters.decode(name, content)
        found = list(_sheets_of_text(name, text))
    tables, hidden = _tables(name, found)
    if not tables:
        raise Unreadable(_why_none(name, found))
    remarks += (f"Left out because hidden: {', '.join(hidden)}. Show them in the workbook if they are needed.",) if hidden else ()
    return [replace(tables[0], remarks=remarks + tables[0].remarks), *tables[1:]]


def _without_endless_rows(content: bytes) -> tuple[bytes, tuple[str, ...]]:
    """An .ods in which a row claims to stand there more often than a sheet has rows: as if it stood there once, and what is left out."""
    try:
        parts = _parts_with_endless_rows(content) if content.startswith(ZIP) else {}
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, OSError, EOFError):
        return content, ()  # the reader says so in its own words
    if not parts:
        return content, ()
    told: list[str] = []

    def once(row: re.Match[bytes]) -> bytes:
        times, end = int(row["times"]), row.string.find(b"</table:table-row>", row.end())
        if times <= MOST_ROWS:
            return row[0]
        if not row[0].endswith(b"/>") and row.string.find(b"<text:", row.end(), end) >= 0:
            told.append(f"A row says that it stands there {times:,} times, which no sheet has room for. It was read once.")
        return row[0].replace(row["times"], b"1")

    parts["content.xml"] = ENDLESS.sub(once, parts["content.xml"])
    mended = io.BytesIO()
    with zipfile.ZipFile(mended, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return mended.getvalue(), tuple(dict.fromkeys(told))[:3]


def _parts_with_endless_rows(content: bytes) -> dict[str, bytes]:
    """The files in an .ods that has such a row; else none."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        names = packed.namelist()
        if "content.xml" not in names or sum(part.file_size for part in packed.infolist()) > MOST_MENDED:
            return {}
        if not any(int(row["times"]) > MOST_ROWS for row in ENDLESS.finditer(packed.read("content.xml"))):
            return {}
        return {name: packed.read(name) for name in names}


def _refuse_others(name: str, content: bytes) -> None:
    if content.startswith(OLE) and "EncryptedPackage".encode("utf-16-le") in content:
        raise Unreadable(f"{name} is protected by a password. Open it, save it without the password, and drop it again.")
    if content[:2] in OLD_EXCEL:
        raise Unreadable(f"{name} was written by an Excel older than 1997. Open it, save it as .xlsx, and drop it again.")
    if content.startswith(OLE.decode(errors="replace").encode()):
        raise Unreadable(f"{name} was damaged on its way: a workbook was copied as if it were text. Take it again where it comes from.")
    for magic, what in PICTURES.items():
        if content.startswith(magic):
            raise Unreadable(f"{name} is {what}, whatever its name says. Drop the spreadsheet or csv file it was made from.")


def _sheets_of_text(name: str, text: str) -> Iterator[Sheet]:
    if not WEB_PAGE.match(text[:1000]):
        yield Sheet(None, texts.grid(name, text))
        return
    for sheet, rows in markup.grids(name, text):
        texts.refuse_wide(name, max(map(len, rows), default=0))
        yield Sheet(sheet, texts.as_table(rows), typed=sheet is not None)


def _tables(name: str, found: list[Sheet]) -> tuple[list[Table], list[str]]:
    """The tables of the sheets that are shown, or where these have none, of the hidden ones; and the hidden sheets left out.

    What is hidden are mostly lists for choosing from and sums over what is shown: counted as well, they would count twice.
    """
    shown = [table for sheet in found if sheet.shown for table in _tables_of(name, sheet)]
    if shown or all(sheet.shown for sheet in found):
        return shown, [sheet.name or "" for sheet in found if not sheet.shown]
    return [table for sheet in found for table in _tables_of(name, sheet)], []


def _tables_of(name: str, sheet: Sheet) -> list[Table]:
    texts.refuse_wide(name, sum(column.null_count < len(column) for column in sheet.cells.columns))
    texts.refuse_long(name, sheet.cells)
    cells, remarks = letters.mend(sheet.cells)
    tables = []
    for block in blocks.find(cells):
        texts.refuse_wide(name, len(block.header))
        first, last = int(block.numbers[0]), int(block.numbers[-1])
        numbers = None if last - first + 1 == len(block.numbers) else pa.array(block.numbers, pa.int64())
        tables.append(Table(name, sheet.name, block.header, block.rows, first, numbers, sheet.typed, block.title, remarks + block.remarks))
        remarks = ()
    return tables


def _why_none(name: str, found: list[Sheet]) -> str:
    if any(sheet.name for sheet in found):
        return f"{name} holds no table: no sheet has a header row with lines below it. Add a row of column names, and drop it again."
    return f"{name} holds no table: there must be a row of column names with lines below it. Add what is missing, and drop it again."


# -- archives


def _is_workbook(name: str, content: bytes) -> bool:
    """Whether a zip is a workbook; an archive of files else. Refuses what would unpack to more than honest ones do."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except zipfile.BadZipFile as failure:
        raise Unreadable(f"{name} is damaged: it breaks off or was changed on its way. Copy or export it again.") from failure
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED:
        raise Unreadable(f"{name} would unpack to {unpacked / 1e6:,.0f} MB, which no honest workbook does. It was not opened.")
    return any(part.filename in ("[Content_Types].xml", "content.xml", "mimetype") for part in parts)


def _read_archive(name: str, content: bytes, most: int) -> list[Table]:
    """The tables of the files in a zip, as if they had been dropped themselves; archives in it are not opened."""
    tables: list[Table] = []
    refused: list[str] = []
    read: dict[bytes, str] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = [part for part in packed.infolist() if not part.is_dir() and not re.search(r"(^|/)(\.|__MACOSX/)", part.filename)]
        if len(parts) > MOST_FILES or sum(part.file_size for part in parts) > most:
            raise Unreadable(f"{name} is an archive of more than fits in one drop. Unpack it and drop the files inside in parts.")
        for part in parts:
            inside = safe_name(part.filename)
            same = sum(other == inside or other.startswith(f"{inside} (") for other in read.values())
            inside = f"{inside} ({same + 1})" if same else inside  # two folders may hold files of one name
            try:
                held = _part(packed, part)
                if first := read.get(hashlib.sha256(held).digest()):
                    refused.append(f"{inside} holds the same as {first} and was read once.")
                    continue
                read[hashlib.sha256(held).digest()] = inside
                tables += _read_plain(inside, held)
            except Unreadable as refusal:
                refused.append(str(refusal))
    if not tables:
        raise Unreadable(f"{name} is an archive without a table. {refused[0] if refused else 'There is no file in it.'}")
    return [replace(tables[0], remarks=(*tables[0].remarks, *refused)), *tables[1:]]


def _part(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    inside = safe_name(part.filename)
    try:
        content = packed.read(part)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, OSError, EOFError) as failure:
        raise Unreadable(f"{inside} cannot be unpacked ({str(failure)[:80]}). Unpack the archive and drop the files inside.") from failure
    if content.startswith(GZIP) or (content.startswith(ZIP) and not _is_workbook(inside, content)):
        raise Unreadable(f"{inside} is an archive in an archive. Unpack it and drop the files inside.")
    return content


def _unzipped(name: str, content: bytes, most: int) -> bytes:
    """The one file in a gzip."""
    unzip = zlib.decompressobj(31)
    try:
        inside = unzip.decompress(content, most)
    except zlib.error as failure:
        raise Unreadable(f"{name} is damaged: it breaks off or was changed on its way. Copy or export it again.") from failure
    if unzip.unconsumed_tail:
        raise Unreadable(f"{name} unpacks to more than {most / 1e6:,.0f} MB, which is more than is read at once.")
    if inside[257:262] == b"ustar" or inside.startswith(GZIP) or (inside.startswith(ZIP) and not _is_workbook(name, inside)):
        raise Unreadable(f"{name} is an archive in an archive. Unpack it and drop the files inside.")
    return inside
