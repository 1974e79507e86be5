"""Workbooks made by hand, mostly such as no honest program would write."""

import io
import zipfile
from copy import copy

import openpyxl

from ims_core import reading

CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
RELATION = '<Relationship Id="{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{1}" Target="{2}"/>'
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{0}</Relationships>'
BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Sales" sheetId="1" r:id="r1"/></sheets></workbook>'
)


def packed(rows: str, texts: str = "", hole: bool = False) -> bytes:
    """The smallest xlsx around the given rows and shared texts, so that it may say what no program would.

    `hole`: its directory is whole, but there are zeros where its sheet was.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", CONTENT_TYPES)
        book.writestr("_rels/.rels", RELATIONS.format(RELATION.format("r1", "officeDocument", "xl/workbook.xml")))
        parts = RELATION.format("r1", "worksheet", "worksheets/sheet1.xml") + RELATION.format("r2", "sharedStrings", "sharedStrings.xml")
        book.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(parts))
        book.writestr("xl/workbook.xml", BOOK)
        book.writestr("xl/sharedStrings.xml", texts or '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>')
        sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    content = bytearray(out.getvalue())
    if hole:
        at = content.index(b"xl/worksheets/sheet1.xml") + 24
        content[at : at + 120] = bytes(120)
    return bytes(content)


def row(number: int, **cells: str) -> str:
    """A row of texts by column letter."""
    return f'<row r="{number}">{"".join(cell(f"{letter}{number}", text) for letter, text in cells.items())}</row>'


def cell(place: str, text: str) -> str:
    """A cell with its text inside."""
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


SALE = row(1, A="Date", B="Code", C="Qty") + row(2, A="2026-05-04", B="KETTLE", C="3")


def workbook(*rows: list[object]) -> bytes:
    """An honest xlsx."""
    book = openpyxl.Workbook()
    for cells in rows:
        book.worksheets[0].append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    """A workbook of 100 kB that says it unpacks to 3 GB: thirty sheets that are the same 100 MB of blanks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        book.writestr("[Content_Types].xml", CONTENT_TYPES)
        book.writestr("xl/worksheets/sheet1.xml", b" " * 100_000_000)
        for number in range(2, 31):
            again = copy(book.filelist[1])
            again.filename = f"xl/worksheets/sheet{number}.xml"
            book.filelist.append(again)
    return out.getvalue()


def protected() -> bytes:
    """What Excel writes with a password: an OLE file whose directory names an EncryptedPackage."""
    free, end = (0xFFFFFFFF).to_bytes(4, "little"), (0xFFFFFFFE).to_bytes(4, "little")
    head = reading.OLE + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00" + bytes(10)
    head += (
        (1).to_bytes(4, "little") + (1).to_bytes(4, "little") + bytes(4) + (4096).to_bytes(4, "little") + end + bytes(4) + end + bytes(4)
    )
    head += bytes(4) + free * 108
    table = (0xFFFFFFFD).to_bytes(4, "little") + end + free * 126

    def entry(name: str, kind: int, child: bytes) -> bytes:
        text = name.encode("utf-16-le").ljust(64, b"\0")
        return text + (2 * len(name) + 2).to_bytes(2, "little") + bytes([kind, 1]) + free * 2 + child + bytes(36) + end + bytes(8)

    directory = entry("Root Entry", 5, (1).to_bytes(4, "little")) + entry("EncryptedPackage", 2, free)
    return head.ljust(512, b"\0") + table + directory.ljust(512, b"\0")


def archive(name: str, content: bytes) -> bytes:
    """A zip of something else."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        pack.writestr(name, content)
    return out.getvalue()


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + ']><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&a9;</t></si></sst>'
)
