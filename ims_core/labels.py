"""Every name, unit and format that is used twice: what the shop calls things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

MOVEMENT_KINDS = {
    "opening": "Opening stock",
    "receipt": "Receipt",
    "sale": "Sale",
    "transfer": "Transfer",
    "return_in": "Return from customer",
    "return_out": "Return to supplier",
    "count": "Count difference",
    "adjustment": "Adjustment",
    "scrap": "Scrap",
}

FILE_ENDINGS = ["csv", "tsv", "txt", "xlsx", "xls", "xlsm", "ods", "zip"]
"""What a file that may hold a table is called: what the drop area takes, and what is taken of a folder."""

FILE_KINDS = {
    "items": "Items",
    "stock": "Stock on hand",
    "sales": "Sales",
    "purchases": "Purchases",
    "customer_orders": "Customer orders",
    "suppliers": "Suppliers",
    "counts": "Stock count",
    "ignore": "Not for us",
}

MOST_PIECES = 1_000_000_000
"""More than this of one item in one line is a slip of the keyboard."""

MOST_DAYS = 3650
"""Nobody waits longer for a delivery."""

MARKS = ("From file", "From row", "What became of it", "Why it was not used", "What to do")
"""Columns of ours in a workbook of lines to mend; they are passed over when it is dropped back."""

MAIN_PLACE = "Shop"
"""Where goods are when a file names no place."""


@dataclass(frozen=True)
class Field:
    """One of our fields: what it is called on screens and what its values are."""

    name: str
    label: str
    type: Literal["text", "id", "number", "money", "date", "days"]


FIELDS = {
    field.name: field
    for field in (
        Field("sku", "Item code", "id"),
        Field("barcode", "Barcode", "id"),
        Field("name", "Name", "text"),
        Field("variant", "Variant", "text"),
        Field("parent", "Product group", "id"),
        Field("other_id", "Number in its program", "id"),
        Field("category", "Category", "text"),
        Field("unit", "Unit", "text"),
        Field("qty", "Quantity", "number"),
        Field("on_hand", "On hand", "number"),
        Field("cost", "Unit cost", "money"),
        Field("price", "Sales price", "money"),
        Field("total", "Line total", "money"),
        Field("discount", "Discount", "number"),
        Field("currency", "Currency", "text"),
        Field("day", "Date", "date"),
        Field("ref", "Document number", "id"),
        Field("customer", "Customer", "id"),
        Field("status", "Status", "text"),
        Field("place", "Place", "text"),
        Field("supplier", "Supplier", "text"),
        Field("supplier_code", "Supplier's code", "id"),
        Field("lead_days", "Lead time (days)", "days"),
        Field("pack", "Pack size", "number"),
        Field("moq", "Smallest order", "number"),
        Field("min_order", "Smallest order value", "money"),
        Field("ordered", "Ordered on", "date"),
        Field("expected", "Expected on", "date"),
        Field("received", "Received on", "date"),
        Field("received_qty", "Quantity received", "number"),
        Field("promised", "Promised for", "date"),
        Field("shipped", "Shipped on", "date"),
        Field("shipped_qty", "Quantity shipped", "number"),
        Field("email", "E-mail", "text"),
        Field("phone", "Phone", "text"),
        Field("expires", "Expires on", "date"),
        Field("lot", "Lot", "id"),
    )
}
"""Listed once: recognising looks for these (what others call them is in words.toml), cleaning types them, screens label them."""

KIND_FIELDS = {
    "items": (
        "sku",
        "name",
        "barcode",
        "variant",
        "parent",
        "other_id",
        "category",
        "unit",
        "cost",
        "price",
        "currency",
        "on_hand",
        "place",
        "supplier",
        "supplier_code",
        "lead_days",
        "pack",
        "moq",
    ),
    "stock": ("sku", "name", "barcode", "variant", "parent", "on_hand", "unit", "place", "cost", "currency", "day", "lot", "expires"),
    "counts": ("sku", "name", "barcode", "on_hand", "unit", "place", "day"),
    "sales": (
        *("sku", "name", "barcode", "variant", "parent", "qty", "unit", "day", "price", "total", "discount", "currency", "ref", "customer"),
        *("status", "place"),
    ),
    "purchases": (
        "sku",
        "name",
        "barcode",
        "qty",
        "unit",
        "cost",
        "total",
        "currency",
        "supplier",
        "supplier_code",
        "ref",
        "ordered",
        "expected",
        "received",
        "received_qty",
        "status",
        "place",
    ),
    "customer_orders": (
        *("sku", "name", "barcode", "qty", "unit", "ref", "customer", "ordered", "promised", "shipped", "shipped_qty"),
        *("status", "place"),
    ),
    "suppliers": ("supplier", "email", "phone", "lead_days", "min_order", "currency"),
    "ignore": (),
}
"""What each kind of file can tell us; the first ones are what it is recognised by."""

KIND_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "items": (("sku", "barcode", "name"),),
    "stock": (("sku", "barcode", "name"), ("on_hand",)),
    "counts": (("sku", "barcode", "name"), ("on_hand",)),
    "sales": (("sku", "barcode", "name"), ("qty",), ("day",)),
    "purchases": (("sku", "barcode", "name"), ("qty",), ("ordered", "received")),
    "customer_orders": (("sku", "barcode", "name"), ("qty",), ("ref",), ("ordered",), ("shipped", "shipped_qty", "promised")),
    "suppliers": (("supplier",),),
    "ignore": (),
}
"""Without one field of each group a file of this kind cannot be used."""


def pieces(qty: Any, unit: str = "") -> str:
    """A quantity as people write it: no decimals where there are none."""
    if qty is None or (qty := float(qty)) != qty:
        return "–"
    text = f"{qty:,.0f}" if qty == round(qty) else f"{qty:,.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".strip()


def amounts(by_unit: Mapping[str, Any]) -> str:
    """Quantities of several units, which never add up: `1,204 pieces, 114.75 kg`; of many units only how many more there are."""
    told = {unit: qty for unit, qty in sorted(by_unit.items(), key=lambda each: each[0] != "piece") if qty}
    said = [pieces(qty, unit if unit != "piece" else "piece" if qty == 1 else "pieces") for unit, qty in list(told.items())[:3]]
    more = [f"more in {len(told) - 3} other units"] if len(told) > 3 else []
    return ", ".join([*said, *more]) or "0 pieces"


def count(number: float, one: str, many: str = "") -> str:
    """How many there are: `1 item`, `1,204 items`, `2 deliveries`."""
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def money(amount: Any, currency: str = "") -> str:
    """An amount with the shop's sign; cents only where they matter (below 1,000)."""
    if amount is None or (amount := float(amount)) != amount:
        return "–"
    text = f"{abs(amount):,.0f}" if abs(amount) >= 1000 else f"{abs(amount):,.2f}"
    sign = "-" if amount < 0 and text != "0.00" else ""  # before the currency, as people write it
    return f"{sign}{currency}\u202f{text}" if currency else f"{sign}{text}"


def day_text(day: date | None, today: date | None = None) -> str:
    """`22 Nov`, with the year where it is not this one."""
    if day is None or day != day:
        return "–"
    return f"{day.day} {day:%b}" if today and day.year == today.year else f"{day.day} {day:%b} {day.year}"


def ago(day: date | None, today: date) -> str:
    """`3 days ago`, as people say it; a day to come is `in 3 days`."""
    if day is None or day != day:
        return "never"
    days = (today - day).days
    if abs(days) <= 1:
        return {0: "today", 1: "yesterday", -1: "tomorrow"}[days]
    if days >= 730:
        return f"{days // 365:,} years ago"
    return f"{days:,} days ago" if days > 0 else f"in {-days:,} days"


def many(count: int, one: str, more: str = "") -> str:
    """`1 line`, `2 lines`; `more` where the plural is no mere s."""
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def about_days(days: float | None) -> str:
    """`about 9 days`: nobody trusts 8.73."""
    if days is None or days != days:
        return "–"
    if days < 1:
        return "less than a day"
    if days >= 730:
        return "over two years"
    whole = round(days) if days < 60 else round(days / 7) * 7
    return "about 1 day" if whole == 1 else f"about {whole:,} days"
