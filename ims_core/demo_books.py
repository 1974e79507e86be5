"""The made-up shop's workbooks and lists, as people make them: titles, headings, merged cells, totals and notes."""

import io
import re
import zipfile
from datetime import date, datetime
from random import Random
from typing import Any

from ims_core.demo_goods import SUPPLIERS, Item
from ims_core.demo_till import Counts, rows_as_text
from ims_core.demo_trade import LAST, Order, Trade

ITEMS, COUNT, PURCHASES, SUPPLIER_LIST = "items.xlsx", "stock count 2026-10-31.xlsx", "purchases.xlsx", "suppliers.csv"

COUNTED_WRONG = {"TE-301": -2, "CB-101": -3, "TG-602": 1, "HO-701": -2, "CT-226": 2, "PA-802": -1, "KI-407": -1}
"""What stands on the shelf against what should: theft, breakage, a miscount."""


def files(shop: Trade) -> tuple[dict[str, bytes], dict[str, Counts]]:
    """Every file by name, and what is in each, counted as it was made."""
    random = Random(78)  # noqa: S311 a made-up shop, not a secret
    items, item_counts = _items(shop, random)
    count, stock_counts = _stock_count(shop, random)
    purchases, purchase_counts = _purchases(shop, random)
    content = {ITEMS: items, COUNT: count, PURCHASES: purchases, SUPPLIER_LIST: _suppliers()}
    return content, {ITEMS: item_counts, COUNT: stock_counts, PURCHASES: purchase_counts, SUPPLIER_LIST: {"suppliers": len(SUPPLIERS)}}


def counted(shop: Trade) -> dict[str, int]:
    """What the two of them found on LAST, both places together."""
    return {code: max(0, stock + COUNTED_WRONG.get(code, 0)) for code, stock in shop.stock.items()}


def _suppliers() -> bytes:
    rows = [[s.name, s.contact, s.phone, s.email, str(s.promised), str(s.minimum)] for s in SUPPLIERS]
    return rows_as_text([["Supplier", "Contact person", "Phone", "E-mail", "Delivery days", "Minimum order value"], *rows], "\t").encode()


def _items(shop: Trade, random: Random) -> tuple[bytes, Counts]:
    """For people's eyes: titles, a heading for each category, prices with a sign, a total and a note below."""
    names = [item.code for item in shop.items]
    without = {what: set(random.sample(names, often)) for what, often in (("barcode", 5), ("cost", 2), ("lead_time", 6))}
    head = ["Item no.", "Description", "EAN", "Category", "Supplier", "Supplier's code", "Purchase price", "Sales price", "Pack size",
            "Lead time (days)", "Remarks"]  # fmt: skip
    rows: list[list[Any]] = [["Copper & Leaf – items and prices"], ["As of 31 October 2026. Sales prices with 20 % VAT."], [], head]
    headings, category = [1, 2], ""
    for item in shop.items:
        if item.category != category:
            category = item.category
            rows.append([category.upper()])
            headings.append(len(rows))
        rows.append(_item_row(item, without))
    rows += [["Total", f"{len(names)} items"], [], ["Discontinued items: sell what is left, do not order. Questions to Mara."]]
    counts = {"items": len(names), "headings": len(headings) - 2, **{f"without_{what}": len(codes) for what, codes in without.items()}}
    return _workbook({"Items": rows}, {"Items": [f"A{row}:K{row}" for row in headings]}), counts


def _item_row(item: Item, without: dict[str, set[str]]) -> list[Any]:
    gone = item.last is not None and item.last < LAST
    new = item.first is not None and item.first > date(2026, 1, 1)
    return [
        item.code, item.name, None if item.code in without["barcode"] else item.barcode, item.category, item.supplier.name,
        item.supplier_code, None if item.code in without["cost"] else item.cost, f"€ {item.price:,.2f}", item.pack,
        None if item.code in without["lead_time"] else item.supplier.promised, "discontinued" if gone else "new" if new else None,
    ]  # fmt: skip


def _stock_count(shop: Trade, random: Random) -> tuple[bytes, Counts]:
    """A sheet a place; in the shop what the shelf holds, the rest in the cellar."""
    found = counted(shop)
    shelf = {item.code: min(found[item.code], random.choice((2, 3, 4, 6, 8, 12))) for item in shop.items}
    places = {
        "Shop": [(item, shelf[item.code]) for item in shop.items],
        "Cellar": [(item, rest) for item in shop.items if (rest := found[item.code] - shelf[item.code])],
    }
    sheets: dict[str, list[list[Any]]] = {}
    counts: Counts = {}
    for place, rows in places.items():
        pieces = sum(qty for _, qty in rows)
        sheets[place] = [
            [f"Stock count {place}"], ["31.10.2026, after closing. Counted by Mara and Jonas."], [],
            ["Item no.", "Description", "Counted", "Remarks"],
            *([item.code, item.name, qty, "box damaged" if qty > 1 and random.random() < 0.02 else None] for item, qty in rows),
            ["Total", None, pieces],
        ]  # fmt: skip
        counts |= {f"{place.lower()}_lines": len(rows), f"{place.lower()}_pieces": pieces}
    return _workbook(sheets, {place: ["A1:D1", "A2:D2"] for place in places}), counts


def _purchases(shop: Trade, random: Random) -> tuple[bytes, Counts]:
    """One row a delivery: what came in parts stands in several rows, what is still to come has no day of receipt."""
    orders = sorted(shop.orders, key=lambda order: (order.number, order.item.code, order.due))
    odd = set(random.sample(range(len(orders)), 14))
    head = [
        "Order no.",
        "Supplier",
        "Item no.",
        "Supplier's code",
        "Description",
        "Ordered",
        "Expected",
        "Received",
        "Qty",
        "Qty received",
        "Unit cost",
    ]
    rows = [_purchase_row(order, place in odd) for place, order in enumerate(orders)]
    waiting = [order for order in orders if order.received is None]
    counts = {
        "lines": len(rows),
        "orders": len({order.number for order in orders}),
        "received_pieces": sum(order.coming for order in orders if order.received),
        "open_lines": len(waiting),
        "open_pieces": sum(order.qty for order in waiting),
        "short_lines": sum(order.coming < order.qty for order in orders if order.received),
        "split_lines": len(orders) - len({(order.number, order.item.code) for order in orders}),
        "supplier_in_capitals": len(odd),
    }
    return _workbook({"Orders": [["Purchase orders, Copper & Leaf"], [], head, *rows]}, {"Orders": ["A1:K1"]}), counts


def _purchase_row(order: Order, odd: bool) -> list[Any]:
    item, supplier = order.item, order.item.supplier.name
    came = order.coming if order.received else None
    return [
        order.number, supplier.upper() + " " if odd else supplier, item.code, item.supplier_code, item.name,
        order.ordered, order.expected, order.received, order.qty, came, order.cost,
    ]  # fmt: skip


def _workbook(sheets: dict[str, list[list[Any]]], merged: dict[str, list[str]]) -> bytes:
    """An xlsx as a person makes it, with the same bytes each time: no clock in it."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.active)
    book.properties.creator, book.properties.created = "Mara", datetime(2026, 10, 31, 19, 0)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
        for cells in merged[name]:
            page.merge_cells(cells)
            page[cells.split(":")[0]].font = Font(bold=True)
        page.column_dimensions["B"].width = page.column_dimensions["E"].width = 40
    out = io.BytesIO()
    book.save(out)
    return _without_clock(out.getvalue())


def _without_clock(book: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for part in sorted(made.namelist()):
            content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-10-31T19:00:00Z", made.read(part))
            fixed.writestr(zipfile.ZipInfo(part, (2026, 10, 31, 19, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
