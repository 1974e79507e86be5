"""The sample shop: files of a made-up shop to try everything on, and the truth behind them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ims_core import demo_books, demo_till, people, settings
from ims_core.db import Database
from ims_core.demo_trade import FIRST, LAST, Trade, trade
from ims_core.errors import Refused

FOLDER = settings.ROOT / "data" / "sample"


def files() -> list[tuple[str, bytes]]:
    """The sample's files, name and content, as somebody would drop them."""
    found = [file for file in sorted(FOLDER.glob("*")) if file.suffix in (".csv", ".xlsx")]
    if not found:
        raise Refused(f"The sample files are not in {FOLDER}. Run: python -m ims_core.demo")
    return [(file.name, file.read_bytes()) for file in found]


def truth() -> dict[str, Any]:
    """What really happened in the made-up shop: `days`, `files` (what is wrong in each, counted) and `items` (pieces by code)."""
    told: dict[str, Any] = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
    return told


@people.needs("manager")
def open_sample(db: Database, who: people.Person, progress: Callable[[float, str], None] | None = None) -> int:
    """Import the sample the way any drop is imported. Refused where the shop holds something already."""
    from ims_core import importing

    tell = progress or _quiet
    if db.scalar("select count(*) from items") or db.scalar("select count(*) from visible_movements"):
        raise Refused(
            "This shop has items already, and the sample would mix with them. Undo what was imported first, or start an empty shop."
        )
    plan = importing.preview(db, files(), lambda fraction, sentence: tell(fraction * 0.7, sentence))
    change_id: int = importing.commit(db, who, plan, lambda fraction, sentence: tell(0.7 + fraction * 0.3, sentence))
    return change_id


def _quiet(fraction: float, sentence: str) -> None:
    return None


def write(folder: Path = FOLDER) -> None:
    """Make the files anew; the same content each time."""
    shop = trade()
    receipts, till_counts, given = demo_till.files(shop)
    books, book_counts = demo_books.files(shop)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (receipts | books).items():
        (folder / name).write_bytes(content)
    counts = till_counts | book_counts
    told = {"days": [FIRST.isoformat(), LAST.isoformat()], "files": counts, "items": _by_item(shop, given)}
    (folder / "truth.json").write_text(_readable(told), encoding="utf-8", newline="\n")
    (folder / "README.md").write_text(_readme(counts), encoding="utf-8", newline="\n")


def _by_item(shop: Trade, given: dict[str, int]) -> dict[str, dict[str, int]]:
    """Pieces by code; opening + received - sold - given away + returned + difference = counted."""
    found = demo_books.counted(shop)
    pieces = {code: {"opening": qty, "received": 0, "sold": 0, "returned": 0, "on_order": 0} for code, qty in shop.opening.items()}
    for sale in shop.sales:
        pieces[sale.item.code]["sold" if sale.qty > 0 else "returned"] += abs(sale.qty)
    for order in shop.orders:
        pieces[order.item.code]["received" if order.received else "on_order"] += order.coming if order.received else order.qty
    for code, row in pieces.items():
        row |= {"given_away": given.get(code, 0), "counted": found[code], "difference": found[code] - shop.stock[code]}
        row |= {"lost": shop.lost[code], "empty_days": shop.empty_days[code]}
        row["sold"] -= row["given_away"]
    return pieces


def _readable(told: dict[str, Any]) -> str:
    """JSON with a line an item."""
    items = ",\n".join(f"    {json.dumps(code)}: {json.dumps(row)}" for code, row in told["items"].items())
    rest = json.dumps({"days": told["days"], "files": told["files"]}, indent=2)
    return f'{rest[:-2]},\n  "items": {{\n{items}\n  }}\n}}\n'


def _readme(counts: dict[str, dict[str, int]]) -> str:
    old, new = counts[demo_till.OLD_TILL], counts[demo_till.NEW_TILL]
    items, stock, orders = counts[demo_books.ITEMS], counts[demo_books.COUNT], counts[demo_books.PURCHASES]
    faults = "\n".join(f"| {says} | {old[what]} | {new[what]} |" for what, says in MISTAKES.items())
    return README.format(
        faults=faults, unlisted=", ".join(demo_till.UNLISTED[:2]), old=demo_till.OLD_TILL, new=demo_till.NEW_TILL,
        differences=", ".join(f"{code} {qty:+d}" for code, qty in demo_books.COUNTED_WRONG.items()),
        items=items, stock=stock, orders=orders, suppliers=counts[demo_books.SUPPLIER_LIST],
    )  # fmt: skip


MISTAKES = {
    "lines": "lines in all",
    "duplicates": "lines exported twice (one afternoon)",
    "cancelled": "lines that cancel a receipt rung up wrongly (receipt C..., negative quantity); as many lines are cancelled",
    "returns": "lines of customers who brought something back (negative quantity)",
    "post": "lines of postage (POST)",
    "voucher": "lines of gift vouchers (VOUCHER)",
    "service": "lines of service charges (SERVICE)",
    "small_letters": "codes in small letters",
    "trailing_blank": "codes with a blank behind them",
    "nameless": "lines without a name",
    "free": "lines at price 0 (given away; the goods left)",
    "bad_quantity": "lines whose quantity is a word",
    "bad_date": "lines with a date that does not exist",
}

README = """\
# The sample shop: Copper & Leaf, coffee, tea and kitchen things

A made-up shop with two years of trade, from 1 November 2024 to 31 October 2026. Drop all its files at once on *Upload*,
or choose *Open the sample shop* on the first screen. Nobody in them exists. `python -m ims_core.demo` makes them anew,
always the same.

- `items.xlsx`: the price list, {items[items]} items. Titles above the header, {items[headings]} category headings between the items,
  prices like "€ 12.50", a total and a note at the end. {items[without_barcode]} items have no barcode,
  {items[without_cost]} no purchase price, {items[without_lead_time]} no lead time.
- `stock count 2026-10-31.xlsx`: what was counted after closing on the last day, a sheet a place: Shop with
  {stock[shop_lines]} lines and {stock[shop_pieces]} pieces, Cellar with {stock[cellar_lines]} lines and
  {stock[cellar_pieces]} pieces, a total under each.
- `{old}`: the old till. utf-8, commas, dates like 2025-10-31.
- `{new}`: the new till. Windows letters, semicolons, decimal commas, dates like 31.10.2026, other column names.
- `suppliers.csv`: {suppliers[suppliers]} suppliers, separated by tabs.
- `purchases.xlsx`: {orders[orders]} orders in {orders[lines]} lines.
  {orders[open_lines]} lines with {orders[open_pieces]} pieces are still to come.
  {orders[short_lines]} lines came short, and the rest never will; {orders[split_lines]} came in two parts and stand in two rows.
  {orders[supplier_in_capitals]} times the supplier is in capitals, with a blank behind.

What is wrong on purpose in the tills' files:

| | old till | new till |
| --- | --- | --- |
{faults}

No line has two of these mistakes. `{unlisted}` is sold on commission and stands in no list and no count.

The shop orders by fixed limits that nobody has looked at for years, so some things are sold out for weeks and others lie
for months. There is Christmas, iced tea in hot summers, twelve promotions, items launched or dropped on the way, cafés
that buy cups by the dozen, and spare parts nobody asks for.

Stock adds up, item by item: opening + received - sold - given away + returned = counted, but for seven differences:
{differences}.
`truth.json` has these figures, and what only a made-up shop can know: how much was asked for and not there (`lost`).
"""

if __name__ == "__main__":
    write()
