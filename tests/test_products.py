"""Products and their combinations, in one list or in two: what is on hand counts once, and each combination has a name."""

from pathlib import Path

import pytest

from ims_core import importing, ledger, outlook, people
from ims_core.db import Database
from tests.builders import empty_shop

PRODUCTS = b"""Product ID,Active (0/1),Name *,Wholesale price,Reference #,Supplier reference #,EAN13,Quantity
1,1,Shirt,9,SH,S-1,,160
2,1,Cap,4,CAP,S-2,,7
3,1,Scarf,5,SC,S-3,,30
"""
COMBINATIONS = b"""Product ID*,Value (Value:Position)*,Supplier reference,Reference,EAN13,Wholesale price,Quantity
1,Blue:0; L:1,S-1-BL,SH-BL,,9,90
1,Red:0; L:1,S-1-RL,SH-RL,,9,70
3,Wool:0,S-3-W,SC-W,,5,
"""
SHOP = b"""ID,Type,SKU,Name,Published,Is featured?,Stock,Regular price,Parent,Attribute 1 value(s)
10,variable,MUG,Mug,1,0,12,5,,"Blue, Red"
11,variation,MUG-B,Mug,1,0,8,5,MUG,Blue
12,variation,MUG-R,Mug,1,0,4,5,id:10,Red
13,variable,BOWL,Bowl,1,0,20,5,,Large
14,variation,BOWL-L,Bowl,1,0,,5,id:13,Large
15,simple,CUP,Cup,1,0,3,2,,
"""


def on_hand(db: Database) -> dict[str, float]:
    found = ledger.on_hand(db)
    return dict(zip(found["sku"], found["on_hand"], strict=True))


def test_a_products_own_total_is_not_counted_besides_its_combinations(db: Database) -> None:
    plan = importing.preview(db, [("products.csv", PRODUCTS), ("combinations.csv", COMBINATIONS)])
    (fix,) = [fix for group in plan.groups if group.cleaned for fix in group.cleaned.fixes.to_dict("records") if fix["rule"] == "combined"]
    assert (fix["count"], fix["before"], fix["on"]) == (1, "Shirt: 160", True)
    at = next(index for index, group in enumerate(plan.groups) if group.name == "products.csv")
    both = importing.revise(db, plan, at, off=frozenset({"combined"}))
    assert both.moves["counted"]["piece"] == plan.moves["counted"]["piece"] + 160
    importing.commit(db, people.LOCAL, plan)
    assert on_hand(db) == {"SH-BL": 90, "SH-RL": 70, "CAP": 7, "SC": 30}  # nobody told how many woollen scarves there are
    assert dict(db.rows("select sku, name from items where sku like 'SH-%'")) == {"SH-BL": "Shirt Blue / L", "SH-RL": "Shirt Red / L"}


def test_a_list_that_holds_both_counts_them_once_too(db: Database) -> None:
    importing.commit(db, people.LOCAL, importing.preview(db, [("products.csv", SHOP)]))
    assert on_hand(db) == {"MUG-B": 8, "MUG-R": 4, "BOWL": 20, "CUP": 3}


def test_combinations_that_tell_nothing_are_taken_from_the_products_own_stock(db: Database) -> None:
    importing.commit(db, people.LOCAL, importing.preview(db, [("products.csv", SHOP.replace(b"Mug,1,0,4,5", b"Mug,1,0,,5"))]))
    assert on_hand(db) == {"MUG": 12, "MUG-B": 8, "BOWL": 20, "CUP": 3}


def test_a_colon_is_part_of_a_variant_where_the_header_does_not_say_otherwise(db: Database) -> None:
    models = b"Product,Variant,On hand\nBeetle,1:18,4\nBeetle,1:43,9\nBeetle,Scale 1:87,2\n"
    importing.commit(db, people.LOCAL, importing.preview(db, [("stock.csv", models)]))
    assert on_hand(db) == {"Beetle 1:18": 4, "Beetle 1:43": 9, "Beetle Scale 1:87": 2}


def test_combinations_come_and_go_with_their_file(db: Database) -> None:
    both = [("products.csv", PRODUCTS), ("combinations.csv", COMBINATIONS)]
    first = importing.preview(db, both[:1])
    joined = importing.preview(db, both, before=first)
    alone = importing.preview(db, both[:1], before=joined)
    assert [plan.moves["counted"]["piece"] for plan in (first, joined, alone)] == [197, 197, 197]
    assert [len(plan.groups[0].tables[0].combined) for plan in (first, joined, alone)] == [0, 1, 0]


REAL = Path(__file__).parents[2] / "shared/data/D6_prestashop/thirtybees"
ORDERS = ("b", "p c", "c p", "b P", "b C", "p b", "c b", "p B", "b P C", "p c P", "c p C", "p P c P", "b B P")
"""Drops one after another of products (p), combinations (c) or both (b); large letters: exported anew."""


def dropped(db: Database, order: str, products: bytes, combinations: bytes) -> dict[str, float]:
    """What is on hand of each item that is there, after these drops."""
    for nth, drop in enumerate(order.split()):
        anew = b"\n" * (nth + 1) if drop.isupper() else b""  # other bytes, the same lines
        files = [("products.csv", products + anew)] if drop in "pPbB" else []
        files += [("combinations.csv", combinations + anew)] if drop in "cCbB" else []
        importing.commit(db, people.LOCAL, importing.preview(db, files))
    return {sku: qty for sku, qty in on_hand(db).items() if qty}


@pytest.mark.parametrize("order", ORDERS)
def test_products_and_combinations_are_one_stock_in_whatever_order_they_come(db: Database, order: str) -> None:
    assert dropped(db, order, PRODUCTS, COMBINATIONS) == {"SH-BL": 90, "SH-RL": 70, "CAP": 7, "SC": 30}


@pytest.mark.skipif(not REAL.exists(), reason="the real files lie beside the checkout")
@pytest.mark.parametrize("order", ORDERS[1:])
def test_so_are_those_of_a_real_shop(db: Database, order: str) -> None:
    real = [(REAL / f"{name}_import.csv").read_bytes() for name in ("products", "combinations")]
    importing.commit(db, people.LOCAL, importing.preview(db, [("products.csv", real[0]), ("combinations.csv", real[1])]))
    together = {sku: qty for sku, qty in on_hand(db).items() if qty}
    other = empty_shop()
    assert dropped(other, order, *real) == together
    other.close()


def test_a_total_left_aside_later_is_told_and_can_be_counted(db: Database) -> None:
    dropped(db, "b", PRODUCTS, COMBINATIONS)
    plan = importing.preview(db, [("products.csv", PRODUCTS.replace(b",160", b",155"))])
    cleaned = plan.groups[0].cleaned
    assert cleaned is not None
    (fix,) = [fix for fix in cleaned.fixes.to_dict("records") if fix["rule"] == "combined"]
    assert (fix["count"], fix["before"], fix["on"]) == (1, "Shirt: 155", True)
    importing.commit(db, people.LOCAL, importing.revise(db, plan, 0, off=frozenset({"combined"})))
    assert on_hand(db)["SH"] == 155


def test_combinations_that_come_later_take_the_place_of_their_products_total_until_they_are_undone(db: Database) -> None:
    dropped(db, "p", PRODUCTS, COMBINATIONS)
    plan = importing.preview(db, [("combinations.csv", COMBINATIONS)])
    seen = outlook.foresee(db, plan)
    assert seen.pieces == 0
    assert seen.differs[["sku", "what", "before", "now"]].to_numpy().tolist() == [["SH", "on_hand", "160", "0"]]
    change = importing.commit(db, people.LOCAL, plan)
    assert on_hand(db)["SH"] == 0
    ledger.undo(db, people.LOCAL, change)
    assert on_hand(db) == {"SH": 160, "CAP": 7, "SC": 30}
    assert not db.scalar("select count(*) from combinations")
    dropped(db, "P", PRODUCTS, COMBINATIONS)
    assert on_hand(db)["SH"] == 160


def test_the_same_numbers_in_another_list_are_other_products(db: Database) -> None:
    dropped(db, "b", PRODUCTS, COMBINATIONS)
    other = b"ID,SKU,Name,Stock on hand,Price\n1,NAIL,Nails 40 mm,500,2\n2,SCREW,Screws,300,2\n3,HOOK,Hooks,40,1\n"
    importing.commit(db, people.LOCAL, importing.preview(db, [("ironware.csv", other)]))
    assert on_hand(db)["NAIL"] == 500


def test_variable_products_exported_without_their_variations_are_not_counted_besides_them(db: Database) -> None:
    head, *lines = SHOP.splitlines(keepends=True)
    kinds = {kind: head + b"".join(line for line in lines if kind in line) for kind in (b"variation", b"variable", b"simple")}
    for kind in (b"variable", b"variation", b"simple", b"variable"):
        content = kinds[kind].replace(b"Mug", b"Mug ") if kind == b"variable" and on_hand(db) else kinds[kind]
        importing.commit(db, people.LOCAL, importing.preview(db, [(f"{kind.decode()}.csv", content)]))
    assert {sku: qty for sku, qty in on_hand(db).items() if qty} == {"MUG-B": 8, "MUG-R": 4, "BOWL": 20, "CUP": 3}
