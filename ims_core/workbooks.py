"""Frames as Excel workbooks: every download, and the reorder sheet. Text never becomes a formula by accident."""

import io
import re
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from ims_core import labels

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 32_767  # characters Excel keeps in a cell
_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
_LARGEST = 1e300

WHOLE, MONEY, NUMBER = "#,##0", "#,##0.00", "0"
DAY, MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_MONEY_WORDS = {"value", "revenue", "money", "amount", "margin", "min_order", "unit_cost", "unit_price"}

_HEAD = {"font": Font(bold=True, color="FFFFFF"), "fill": PatternFill("solid", fgColor="0F5257")}
_BOLD = {"font": Font(bold=True)}
_TITLE = {"font": Font(bold=True, size=14)}
_INPUT = {"fill": PatternFill("solid", fgColor="FFF6D6")}


@dataclass(frozen=True)
class Column:
    """One column of a sheet: what it is called, how its numbers look, how wide it is."""

    title: str
    format: str | None
    width: float


def sheet(frames: dict[str, pd.DataFrame], title: str | None = None) -> bytes:
    """An xlsx with one sheet a frame, its name the key; `title` stands above each header.

    Columns are named by labels.FIELDS where it knows them. Nothing that a cell holds can start a formula.
    """
    book = Workbook(write_only=True)
    taken: set[str] = set()
    for name, frame in (frames or {"Sheet": pd.DataFrame()}).items():
        _write(book, sheet_name(name, taken), frame, title)
    return _bytes(book, title)


def sheet_name(wanted: str, taken: set[str]) -> str:
    """A name Excel accepts that is not in `taken`, to which it is added: at most 31 characters and none that it forbids."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", _UNWRITABLE.sub("", str(wanted)))
    plain = " ".join(plain.split()).strip("'")[:31].strip("' ") or "Sheet"
    name, number = plain, 1
    while name.lower() in taken or name.lower() == "history":  # Excel keeps `History` for itself
        number += 1
        name = f"{plain[: 28 - len(str(number))]} ({number})"
    taken.add(name.lower())
    return name


def text(value: Any) -> str:
    """Text as a cell may hold it: no control characters, at most as long as Excel keeps."""
    return _UNWRITABLE.sub("", str(value))[:_LONGEST]


# -- the reorder sheet

ORDER = {
    "sku": ("Item code", 14),
    "name": ("Name", 36),
    "supplier_code": ("Supplier's code", 16),
    "on_hand": ("On hand", 10),
    "known_by": ("On hand is", 13),
    "on_order": ("On order", 10),
    "expected_demand": ("Expected demand", 17),
    "reorder_point": ("Reorder point", 14),
    "quantity": ("Order quantity", 15),
    "pack": ("Pack", 8),
    "unit_cost": ("Unit cost", 11),
}
"""What a supplier's sheet shows, title and width; the line value, a live formula, follows."""

INPUTS = (
    "sku", "name", "supplier", "supplier_code", "on_hand", "counted", "estimated", "on_order", "available", "expected_demand", "safety",
    "reorder_point", "order_up_to", "lead_days", "lead_spread", "lead_source", "review_days", "pack", "moq", "needed", "quantity",
    "unit_cost", "value", "reason",
)  # fmt: skip


def reorder_sheet(proposals: pd.DataFrame, shop: str, day: date, currency: str = "", known: str = "") -> bytes:
    """What to order, ready to send: an overview, one sheet a supplier with quantities to edit, and all items with their inputs.

    Line values and totals are formulas, so an edited quantity counts at once; quantities are taken as they stand in `proposals`.
    day: on which it is made; known: a sentence on how far the sales are known.
    """
    book = Workbook(write_only=True)
    taken = {"overview", "all items"}
    chosen = proposals[proposals["quantity"] > 0].assign(known_by=_known_by)
    named = chosen["supplier"].where(chosen["supplier"].notna(), "No supplier yet").astype(str)
    parts = [(supplier, sheet_name(supplier, taken), rows) for supplier, rows in chosen.groupby(named, sort=True)]
    _overview(book, f"Reorder sheet: {shop}, {labels.day_text(day)}", currency, [(s, name, len(rows)) for s, name, rows in parts], known)
    for supplier, name, rows in parts:
        _order(book, name, f"Order to {supplier}: {shop}, {labels.day_text(day)}", rows)
    _write(book, "All items", proposals[[column for column in INPUTS if column in proposals]], None)
    return _bytes(book, f"Reorder sheet, {shop}")


def _known_by(proposals: pd.DataFrame) -> pd.Series:
    """What the figure of stock rests on; empty where it was counted or received."""
    words = pd.Series("", index=proposals.index)
    if {"estimated", "counted"} <= set(proposals):
        words = words.mask(proposals["estimated"] > 0, "estimated").where(proposals["counted"].astype(bool), "never counted")
    return words


def _overview(book: Workbook, title: str, currency: str, parts: list[tuple[str, str, int]], known: str) -> None:
    columns = [Column("Supplier", None, 36), Column("Lines", WHOLE, 10), Column(f"Value {currency}".strip(), MONEY, 16)]
    page = _page(book, "Overview", columns, frozen=4)
    page.append([_cell(page, title, None, _TITLE)])
    page.append([_cell(page, f"Quantities on the suppliers' sheets may be changed; every value follows. {known}".strip(), None)])
    page.append([])
    page.append([_cell(page, column.title, None, _HEAD) for column in columns])
    for supplier, name, lines in parts:
        quoted = name.replace("'", "''")
        total = f"='{quoted}'!{_letter(len(ORDER))}{lines + 4}"
        page.append([_cell(page, supplier, None), _cell(page, lines, WHOLE), _formula(page, total, MONEY)])
    if not parts:
        page.append([_cell(page, "Nothing needs to be ordered.", None)])
        return
    last = 4 + len(parts)
    sums = [_formula(page, f"=SUM({letter}5:{letter}{last})", form, _BOLD) for letter, form in (("B", WHOLE), ("C", MONEY))]
    page.append([_cell(page, "Total", None, _BOLD), *sums])


def _order(book: Workbook, name: str, title: str, rows: pd.DataFrame) -> None:
    """Title in line 1, header in 3, lines from 4, their total after the last."""
    rows = rows.reindex(columns=list(ORDER))
    columns = [Column(title, _format(field, rows[field]), width) for field, (title, width) in ORDER.items()]
    page = _page(book, name, [*columns, Column("Line value", MONEY, 14)], frozen=3)
    page.append([_cell(page, title, None, _TITLE)])
    page.append([])
    page.append([_cell(page, title, None, _HEAD) for title in [*(column.title for column in columns), "Line value"]])
    qty, cost = (_letter(list(ORDER).index(field)) for field in ("quantity", "unit_cost"))
    value = _letter(len(ORDER))
    for line, row in enumerate(_rows(rows), start=4):
        cells = [
            _cell(page, content, column.format, _INPUT if field == "quantity" else None)
            for content, field, column in zip(row, ORDER, columns, strict=True)
        ]
        page.append([*cells, _formula(page, f'=IF({cost}{line}="","",{qty}{line}*{cost}{line})', MONEY)])
    total = _formula(page, f"=SUM({value}4:{value}{3 + len(rows)})", MONEY, _BOLD)
    page.append([_cell(page, "Total", None, _BOLD), *[None] * (len(ORDER) - 1), total])


# -- cells


def _write(book: Workbook, name: str, frame: pd.DataFrame, title: str | None) -> None:
    columns = [_column(str(label), frame.iloc[:, at]) for at, label in enumerate(frame.columns)]
    head = 1 if title is None else 3
    page = _page(book, name, columns, frozen=head)
    if title is not None:
        page.append([_cell(page, title, None, _TITLE)])
        page.append([])
    page.append([_cell(page, column.title, None, _HEAD) for column in columns])
    if columns:
        page.auto_filter.ref = f"A{head}:{_letter(len(columns) - 1)}{head + len(frame)}"
    styles = [_cell(page, 0, column.format)._style for column in columns]
    for row in _rows(frame):
        page.append([_styled(page, value, style) for value, style in zip(row, styles, strict=True)])


def _page(book: Workbook, name: str, columns: Sequence[Column], frozen: int) -> Any:
    """A new sheet; widths and the frozen head must be known before the first row in write-only mode."""
    page = book.create_sheet(name)
    page.freeze_panes = f"A{frozen + 1}"
    for at, column in enumerate(columns):
        page.column_dimensions[_letter(at)].width = column.width
    return page


def _rows(frame: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    return zip(*(frame.iloc[:, at].tolist() for at in range(frame.shape[1])), strict=True)


def _column(name: str, values: pd.Series) -> Column:
    form = _format(name, values)
    title = labels.FIELDS[name].label if name in labels.FIELDS else _title(name)
    shown = [len(text(value)) if form is None else len(f"{value:,.2f}") if isinstance(value, float) else 11 for value in values.head(500)]
    return Column(title, form, min(max([len(title) + 3, 8, *shown]), 60) + 1)


def _title(name: str) -> str:
    """`on_hand` -> `On hand`; what is written for people already stays as it is."""
    return name.replace("_", " ").capitalize() if re.fullmatch(r"[a-z][a-z0-9_]*", name) else text(name)


def _format(name: str, values: pd.Series) -> str | None:
    if pd.api.types.is_datetime64_any_dtype(values):
        return DAY if (values.dropna() == values.dropna().dt.normalize()).all() else MOMENT
    first = next((value for value in values if not _nothing(value)), None)
    if isinstance(first, datetime):
        return MOMENT
    if isinstance(first, date):
        return DAY
    if isinstance(first, bool) or not (isinstance(first, int | float | Decimal) or pd.api.types.is_numeric_dtype(values)):
        return None
    if name.endswith("_id") or name in ("line", "source_row"):
        return NUMBER
    if name in _MONEY_WORDS or (name in labels.FIELDS and labels.FIELDS[name].type == "money"):
        return MONEY
    numbers = pd.to_numeric(values, errors="coerce").dropna()
    return WHOLE if ((numbers % 1) == 0).all() else MONEY


def _cell(page: Any, value: Any, form: str | None, look: dict[str, Any] | None = None) -> Any:
    """A cell that is what its value is; text stays text whatever it begins with."""
    cell = _styled(page, value, None)
    if form and not isinstance(value, str):
        cell.number_format = form
    for attribute, style in (look or {}).items():
        setattr(cell, attribute, style)
    if look is _HEAD:
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _styled(page: Any, value: Any, style: Any) -> Any:
    """The fast road for many rows: the column's style is copied, not built again."""
    plain = _plain(value)
    cell = WriteOnlyCell(page, value=None if isinstance(plain, str) else plain)
    if style is not None and plain is not None:
        cell._style = copy(style)
    if isinstance(plain, str):
        cell._value, cell.data_type = plain, "s"
        if plain.startswith(_STARTS_A_FORMULA):
            cell.quotePrefix = True  # stays text when somebody edits the cell
    return cell


def _formula(page: Any, formula: str, form: str, look: dict[str, Any] | None = None) -> Any:
    """A live formula of ours; no user's text is ever part of it but a sheet's cleaned name."""
    cell = WriteOnlyCell(page, value=formula)
    cell.number_format = form
    for attribute, style in (look or {}).items():
        setattr(cell, attribute, style)
    return cell


def _plain(value: Any) -> Any:
    """What openpyxl may be given: text, number, day or nothing."""
    if isinstance(value, str):
        return text(value)
    if _nothing(value):
        return None
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime(warn=False)
    if isinstance(value, datetime):
        value = value.replace(tzinfo=None)
    if isinstance(value, date):
        return value if date(value.year, value.month, value.day) >= _FIRST_DAY else value.isoformat()
    if hasattr(value, "item") and not isinstance(value, list):
        value = value.item()
    if isinstance(value, bool | int | float | Decimal):
        return value if -_LARGEST < value < _LARGEST else text(value)
    if isinstance(value, list | tuple | set):
        return text(", ".join(map(str, value)))
    return text(value)


def _nothing(value: Any) -> bool:
    """None, NaN, NaT and pandas' NA alike."""
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float | Decimal) and value != value)


def _letter(at: int) -> str:
    return str(get_column_letter(at + 1))


def _bytes(book: Workbook, title: str | None) -> bytes:
    book.properties.title, book.properties.creator = text(title or ""), "Inventory"
    book.calculation.fullCalcOnLoad = True  # we write formulas without their results
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
