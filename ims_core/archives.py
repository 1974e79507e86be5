"""A whole shop as one zip of csv files, for people and programs; what was packed is unpacked to the bit, and no cell starts a formula."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ims_core import labels
from ims_core.errors import Unreadable

FORM = "inventory, whole shop, 1"
ABOUT = "shop.json"
MOST = 8_000_000_000
"""Bytes that an archive may unpack to."""

_FORMULA = r"^(?:[=+\-@\t\r\n']|$)"
"""Text that a spreadsheet might take for a formula, or that would come back otherwise: a ' stands before it."""


@dataclass(frozen=True)
class Archive:
    """A shop as it was taken out: its tables, and what the front page says of them."""

    name: str
    sha256: str
    shop: str
    taken_out: str
    tables: Mapping[str, pa.Table]

    @property
    def lines(self) -> int:
        """Rows of all tables."""
        return sum(table.num_rows for table in self.tables.values())

    def says(self) -> str:
        """What it holds, in one sentence."""
        told = [
            (name, self.tables[name].num_rows) for name in ("items", "suppliers", "movements", "counts", "orders") if name in self.tables
        ]
        held = ", ".join(labels.many(rows, name.removesuffix("s")) for name, rows in told if rows)
        return f"The whole shop “{self.shop}” as taken out on {self.taken_out}: {held or 'nothing yet'}."


def pack(shop: str, taken_out: str, tables: Mapping[str, pa.Table]) -> bytes:
    """The zip: a csv a table, and a front page with how many rows each has."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        rows = {name: table.num_rows for name, table in tables.items()}
        about = {"form": FORM, "shop": shop, "taken_out": taken_out, "rows": rows}
        packed.writestr(_part(ABOUT), json.dumps(about, indent=2, ensure_ascii=False))
        for name, table in tables.items():
            content = io.BytesIO()
            csv.write_csv(_harmless(table), content)
            packed.writestr(_part(f"{name}.csv"), content.getvalue())
    return out.getvalue()


def _part(name: str) -> zipfile.ZipInfo:
    """Without the hour: the same shop packs to the same bytes."""
    part = zipfile.ZipInfo(name)
    part.compress_type = zipfile.ZIP_DEFLATED
    return part


def is_one(content: bytes) -> bool:
    """Whether a file is a whole shop; other zips are exports of whatever kind."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return ABOUT in packed.namelist() and FORM.encode() in packed.read(ABOUT)[:10_000]
    except (zipfile.BadZipFile, RuntimeError, OSError, NotImplementedError):
        return False


def unpack(name: str, content: bytes, forms: Mapping[str, pa.Schema]) -> Archive:
    """The tables as `forms` says they are; refused with a sentence where the zip lacks rows or a cell is not what it should be."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > MOST:
            raise Unreadable(f"{name} would unpack to more than a shop can hold. Take the shop out anew.")
        try:
            about = json.loads(packed.read(ABOUT))
            shop, taken_out, rows = str(about["shop"]), str(about["taken_out"]), dict(about["rows"])
            tables = {table: _table(packed.read(f"{table}.csv"), form) for table, form in forms.items() if table in rows}
        except (pa.ArrowException, zipfile.BadZipFile, ValueError, KeyError, TypeError, OSError, RuntimeError) as failure:
            why = re.sub(r"\s+", " ", str(failure))[:160]
            raise Unreadable(f"{name} was changed since it was taken out and does not read as a shop any more ({why}).") from failure
    short = [table for table, found in tables.items() if found.num_rows != rows[table]]
    if short:
        raise Unreadable(
            f"{name}: {short[0]}.csv has {tables[short[0]].num_rows:,} rows and had {rows[short[0]]:,}. Take the shop out anew."
        )
    return Archive(name, hashlib.sha256(content).hexdigest(), shop, taken_out, tables)


def _harmless(table: pa.Table) -> pa.Table:
    for at, column in enumerate(table.column_names):
        if pa.types.is_string(table.schema.field(column).type):
            words = table.column(column)
            marked = pc.binary_join_element_wise("'", words, "")
            table = table.set_column(at, column, pc.if_else(pc.match_substring_regex(words, _FORMULA), marked, words))
    return table


def _table(content: bytes, form: pa.Schema) -> pa.Table:
    found = csv.read_csv(
        io.BytesIO(content),
        read_options=csv.ReadOptions(block_size=max(1 << 20, min(len(content), 1 << 28))),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=form, include_columns=form.names, strings_can_be_null=True, null_values=[""], check_utf8=True,
        ),
    )  # fmt: skip
    for at, column in enumerate(found.column_names):
        if pa.types.is_string(found.schema.field(column).type):
            words = found.column(column)
            found = found.set_column(at, column, pc.if_else(pc.starts_with(words, "'"), pc.utf8_slice_codeunits(words, 1), words))
    return found
