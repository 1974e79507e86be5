"""Quantities in packs, weights and other units are counted in each item's own, money stays what it was, and no line is guessed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ims_core import audit, importing, ledger, people, recognising
from ims_core.db import Database
from ims_core.plans import Plan
from tests.builders import empty_shop

FILE = tuple[str, bytes]


@pytest.fixture
def db() -> Iterator[Database]:
    """An empty shop whose ledger proves itself when the test is done."""
    shop = empty_shop()
    yield shop
    assert audit.check(shop).ok.all()
    shop.close()


def file(name: str, text: str) -> FILE:
    """A csv file from lines of cells between bars."""
    return name, "\n".join(",".join(f'"{cell.strip()}"' for cell in line.split("|")) for line in text.strip().splitlines()).encode()


def look(db: Database, *files: FILE) -> Plan:
    """What the drop would do; every line is accounted for."""
    plan = importing.preview(db, list(files), today=date(2026, 6, 1))
    assert sum(plan.counts.values()) == plan.lines
    return plan


def drop(db: Database, *files: FILE) -> int:
    """Commit the files; the number of the change."""
    return importing.commit(db, people.LOCAL, look(db, *files))


def sales(*lines: str, header: str = "Receipt no | Date | Item code | Qty | Unit | Price") -> FILE:
    """A file of sales, each on a day of its own."""
    return file("sales.csv", "\n".join([header, *(f"{n} | 2026-05-0{n} | {line}" for n, line in enumerate(lines, 1))]))


def sold(db: Database) -> list[tuple[Any, ...]]:
    """What left stock: code, quantity in the item's unit, price of one."""
    return db.rows("select sku, -qty, unit_price from visible_movements join items using (item_id) where kind = 'sale' order by day")


def wrong(plan: Plan) -> list[tuple[Any, ...]]:
    """Row, value and reason of each problem."""
    return [tuple(row) for row in plan.problems[["row", "value", "problem"]].to_numpy()]


def test_how_many_a_pack_holds_is_asked_once_an_item_and_remembered_for_the_next_file(db: Database) -> None:
    till = sales("TEA | 3 | box | 48", "TEA | 1 | case | 48", "MILK | 2 | pcs | 1")
    plan = look(db, till)
    packs = plan.groups[0].cleaned.packs  # type: ignore[union-attr]
    assert packs is not None
    assert packs.to_pylist() == [{"item": "c TEA", "name": "TEA", "unit": "box, case", "lines": 2}]
    said = recognising.answered(plan.groups[0].mapping, f"{recognising.HOLDS}c TEA", "24")
    importing.commit(db, people.LOCAL, importing.revise(db, plan, 0, said))
    assert sold(db) == [("TEA", 72, 2), ("TEA", 24, 2), ("MILK", 2, 1)]
    later = sales("TEA | 5 | box | 48")
    assert look(db, (later[0], later[1].replace(b"2026-05-01", b"2026-05-09"))).counts["used"] == 1


def fixes(plan: Plan) -> dict[str, tuple[Any, ...]]:
    """What was mended in any file: how often, and an example before and after."""
    rows = [row for group in plan.groups if group.cleaned for row in group.cleaned.fixes.to_dict("records")]
    return {row["rule"]: (row["count"], row["before"], row["after"]) for row in rows}


ITEMS = file(
    "items.csv",
    """
    Code | Name | Unit | Pack size | Price | Supplier
    A1 | Pan | pcs | 24 | 9.50 | Acme
    A2 | Flour | kg | | 2 | Acme
    A3 | Egg | EA | case of 30 | 0.40 | Acme
    A4 | Wine | box | 6 | 60 | Acme
    """,
)


@pytest.mark.parametrize("at_once", [True, False])
def test_lines_are_counted_in_the_items_own_unit_and_money_stays_the_same(db: Database, at_once: bool) -> None:
    told = sales("A1 | 3 | box | 228", "A2 | 500 | g | 0.002", "A3 | 2 | case | 12", "A4 | 3 | pcs | 10", "A1 | 5 | | 9.50")
    if not at_once:
        drop(db, ITEMS)
    plan = look(db, *([told, ITEMS] if at_once else [told]))
    assert fixes(plan)["packs"][:2] == (4, "3 box")
    assert fixes(plan)["packs"][2] == "72 pieces (box of 24) · 500 g → 0.5 kg · 2 case → 60 pieces (case of 30)"
    importing.commit(db, people.LOCAL, plan)
    assert sold(db) == [("A1", 72, Decimal("9.5")), ("A2", Decimal("0.5"), 2), ("A3", 60, Decimal("0.4")), ("A4", Decimal("0.5"), 60),
                        ("A1", 5, Decimal("9.5"))]  # fmt: skip
    money = [3 * 228, 1, 24, 30, Decimal("47.5")]
    assert [qty * price for _, qty, price in sold(db)] == money


def test_what_cannot_be_counted_is_refused_with_the_reason_and_what_to_do(db: Database) -> None:
    plan = look(db, ITEMS, sales("A1 | 2 | kg | 9", "A2 | 3 | box | 9", "A9 | 3 | box | 10", "A1 | 1 | Schütte | 9", "A1 | 1 | pcs | 9"))
    assert wrong(plan) == [
        (2, "2 kg", "“kg” cannot be counted in “piece”; the line is not used"),
        (3, "3 box", "“box” cannot be counted in “kg”; the line is not used"),
        (4, "3 box", "how many pieces a box holds is not known; the line is not used"),
        (5, "1 Schütte", "“Schütte” is no unit we know; the line is not used"),
    ]
    assert all(plan.problems.suggestion.str.startswith("Write"))
    assert plan.counts == {"used": 5, "joined": 0, "set aside": 0, "refused": 4}


def test_two_pack_sizes_of_one_item_are_a_conflict(db: Database) -> None:
    listed = "Code | Name | Unit | Pack size | Supplier\nA1 | Pan | pcs | 24 | Acme\nA1 | Pan | pcs | 12 | Best"
    plan = look(db, file("items.csv", listed), sales("A1 | 3 | box | 228", "A1 | 2 | box of 24 | 228"))
    assert wrong(plan) == [(2, "3 box", "how many it is, is not sure in pieces: it has packs of 12 and of 24; the line is not used")]


def test_a_unit_over_the_column_counts(db: Database) -> None:
    drop(db, ITEMS)
    told = file("stock.csv", "Item code | Stock (boxes)\nA1 | 2\nA3 | 1")
    assert look(db, told).groups[0].mapping.columns["on_hand"] == "Stock (boxes)"
    drop(db, told)
    assert [float(found) for found in ledger.on_hand(db).sort_values("sku").on_hand] == [48, 30]


def test_a_total_tells_whether_a_price_is_of_the_box_or_of_the_piece(db: Database) -> None:
    header = "Receipt no | Date | Item code | Qty | Unit | Price | Line total"
    drop(db, ITEMS, sales("A1 | 3 | box | 228 | 684", "A1 | 3 | box | 9.50 | 684", header=header))
    assert [price for _, _, price in sold(db)] == [Decimal("9.5"), Decimal("9.5")]


def test_orders_by_the_box_are_received_by_the_piece(db: Database) -> None:
    header = "PO number | Supplier | Ordered on | Item code | Qty ordered | UOM | Unit cost | Received on | Qty received"
    drop(db, ITEMS, file("purchases.csv", f"{header}\nP1 | Acme | 2026-05-01 | A1 | 4 | ctn | 120 | 2026-05-08 | 3"))
    assert db.rows("select qty, unit_cost from visible_movements") == [(72, 5)]
    assert db.rows("select qty, open from on_order") == [(96, 24)]


def test_the_units_of_the_shop_hold_and_a_file_that_says_otherwise_is_turned(db: Database) -> None:
    drop(db, ITEMS, sales("A2 | 2 | kg | 2"))
    plan = importing.preview(db, [file("items 2.csv", "Code | Name | Unit | Price | On hand\nA2 | Flour | g | 0.003 | 500")])
    importing.commit(db, people.LOCAL, replace(plan, days=()))  # counted when the sales end
    assert db.rows("select unit, price from items where sku = 'A2'") == [("kg", Decimal("3"))]
    assert db.rows("select on_hand from counts") == [(Decimal("0.5"),)]


def test_the_barcode_of_a_box_and_the_word_box_are_not_counted_twice(db: Database) -> None:
    from ims_core import items

    drop(db, ITEMS)
    items.link_barcode(db, people.LOCAL, db.scalar("select item_id from items where sku = 'A1'"), "4006381333931", 24)
    header = "Receipt no | Date | Barcode | Qty | Unit | Price"
    drop(db, sales("4006381333931 | 3 | box | 228", "4006381333931 | 24 | pcs | 9.50", header=header))
    assert sold(db) == [("A1", 72, Decimal("9.5")), ("A1", 24, Decimal("9.5"))]


def test_an_import_with_units_is_taken_back_whole(db: Database) -> None:
    change = drop(db, ITEMS, sales("A1 | 3 | box | 228", "A8 | 2.5 | kg | 3"))
    assert db.scalar("select unit from items where sku = 'A8'") == "kg"
    ledger.undo(db, people.LOCAL, change)
    assert [db.scalar(f"select count(*) from {view}") for view in ("items", "stock", "visible_movements")] == [0, 0, 0]


def test_a_rule_switched_off_refuses_what_it_would_have_turned(db: Database) -> None:
    plan = look(db, sales("A1 | 3 | dozen | 12", "A1 | 3 | pcs | 1"))
    off = importing.revise(db, plan, 0, off=frozenset({"packs"}))
    assert wrong(off) == [(2, "3 dozen", "“dozen” is not counted in “piece”; the line is not used")]


# -- currencies told by a column


def test_a_currency_over_the_column_is_the_currency_of_its_prices(db: Database) -> None:
    lines = ("1 | 2026-05-04 | A1 | 1 | 9.50 | 8", "2 | 2026-05-04 | A2 | 1 | | 8")
    text = "\n".join(["Receipt no | Date | Item code | Qty | Price (USD) | Line total EUR", *lines])
    (group,) = look(db, file("sales.csv", text)).groups
    assert [question.text for question in group.questions] == ["“Price (USD)” has 1 in USD; the others are in EUR. What of them?"]
    assert group.cleaned is not None
    assert [row["price"] for row in group.cleaned.rows.to_pylist()] == [8, 8]


def test_a_currency_column_is_the_currency_of_its_line(db: Database) -> None:
    lines = ("1 | 2026-05-04 | A1 | 1 | 9.50 | EUR", "2 | 2026-05-04 | A1 | 1 | 8 | EUR", "3 | 2026-05-04 | A1 | 1 | 7 | USD")
    plan = look(db, file("sales.csv", "\n".join(["Receipt no | Date | Item code | Qty | Price | Currency", *lines])))
    (group,) = plan.groups
    assert group.cleaned is not None
    assert [row["price"] for row in group.cleaned.rows.to_pylist()] == [Decimal("9.5"), 8, None]
    assert wrong(plan) == [(4, "7", "is in another currency; left empty")]
    assert group.questions[0].taken == "left out"
