"""Items that are one under two names are suggested with the evidence; variants never are."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ims_core import items, ledger, people, suppliers, versions
from ims_core.errors import NotAllowed, Refused
from tests.builders import Shop
from tests.test_importing import drop, file
from tests.test_pages import button, opened, said

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def pairs(shop: Shop) -> list[tuple[str, str]]:
    """The pairs that are suggested, by code."""
    found = items.alike(shop.db)
    return [] if found.empty else list(zip(found["sku"], found["other_sku"], strict=True))


def named(shop: Shop, *names: str, **values: Any) -> list[int]:
    """Items of these names, with codes that say nothing."""
    return [shop.item(f"{letter}{len(name)}Q", name=name, **values) for letter, name in zip("KHTWZ", names, strict=False)]


ONE = [
    ("Kettle electric 1.7 l", "Electric kettle 1,7l"), ("Pink polka dot mug", "Pink polkadot mug"), ("Water 0.5 l", "Water 500 ml"),
    ("Tea towel, blue", "TEA TOWELS BLUE"), ("Crème brûlée dish", "Creme Brulee Dish"), ("The set of bowls", "Set bowls"),
    ("Filter coffee machine", "Filter cofee machine"), ("T-shirt white", "Tshirt white"), ("Blk marker", "Black marker"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ONE)
def test_a_name_written_otherwise_is_suggested(shop: Shop, one: str, other: str) -> None:
    named(shop, one, other, price=9.5)
    assert len(pairs(shop)) == 1


TWO = [
    ("Water 500 ml", "Water 1 l"), ("T-shirt white M", "T-shirt white L"), ("Mug red", "Mug blue"), ("Screw 2 mm", "Screw 3 mm"),
    ("Napkins pink 20 pcs", "Napkins pink 50 pcs"), ("Christmas bell", "Christmas ball"), ("Kettle", "Electric kettle"),
    ("Letter E key ring", "Letter Y key ring"), ("Frame 10x15 cm", "Frame 13x18 cm"), ("Pen case", "Pencil case"),
    ("Candle holder", "Handle holder"), ("Milk", "Milk 1 l"), ("Hoodie XS black", "Hoodie XL black"), ("Cable USB A", "Cable USB C"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), TWO)
def test_variants_and_other_things_are_not(shop: Shop, one: str, other: str) -> None:
    named(shop, one, other, price=9.5)
    assert pairs(shop) == []


def test_one_letter_between_two_words_in_use_is_no_slip(shop: Shop) -> None:
    named(shop, "Garden candle large", "Garden candie large", price=9.5)
    assert len(pairs(shop)) == 1
    shop.item("P1", name="Candie stick")
    shop.item("P2", name="Candle stick of wax")
    assert pairs(shop) == []


@pytest.mark.parametrize(
    ("one", "other"), [("123", "00123"), ("AB-123", "AB123"), ("ab 0012", "AB-12"), ("4006381333931", "04006381333931")]
)
def test_codes_that_differ_in_zeros_or_signs_are_suggested(shop: Shop, one: str, other: str) -> None:
    shop.item(one, name="Kettle electric")
    shop.item(other, name="Kettle, electric")
    assert len(pairs(shop)) == 1


@pytest.mark.parametrize(("one", "other"), [("1-23", "12-3"), ("123", "1230"), ("A10", "A1")])
def test_other_codes_are_other_codes(shop: Shop, one: str, other: str) -> None:
    shop.item(one, name=one)
    shop.item(other, name=other)
    assert pairs(shop) == []


def test_zeros_before_a_code_say_nothing_where_the_names_are_others(shop: Shop) -> None:
    shop.item("7", name="Kettle")
    shop.item("007", name="James Bond poster")
    assert pairs(shop) == []


def test_variants_that_share_a_name_are_known_by_their_codes(shop: Shop) -> None:
    for letter in "ABC":
        shop.item(f"82613{letter}", name="Metal sign, cupcake hook", price=1.25)
    assert pairs(shop) == []


def test_a_barcode_as_the_code_of_one_and_the_barcode_of_another_says_that_they_are_one(shop: Shop) -> None:
    kettle = shop.item("K1", name="Kettle electric")
    items.link_barcode(shop.db, people.LOCAL, kettle, "4006381333931")
    shop.item("4006381333931", name="Wasserkocher")
    found = items.alike(shop.db)
    assert list(found["why"]) == ["Both have the barcode 4006381333931"]


def test_what_one_supplier_calls_the_same_is_suggested_with_every_reason(shop: Shop) -> None:
    firm = shop.supplier("Nordlicht")
    pan, pfanne = (
        shop.item("P1", name="Pan iron", price=10, category="Kitchen"),
        shop.item("X9", name="Pan, iron", price=10, category="kitchen"),
    )
    for item_id in (pan, pfanne):
        suppliers.save_terms(shop.db, people.LOCAL, [{"item_id": item_id, "supplier_id": firm, "code": "N-77"}])
    found = items.alike(shop.db).iloc[0]
    assert found["why"] == "The same words. One supplier calls both N-77. The same category. The same price"
    assert (found["score"], found["against"]) == (100, "")


def test_what_is_sold_side_by_side_is_two_things(shop: Shop) -> None:
    drop(shop.db, file("items.csv", "Item code | Name | Price\nA1 | Blue round clock | 5\nQ7 | Round blue clock | 5"))
    assert pairs(shop) == [("A1", "Q7")]
    lines = "\n".join(f"R{n} | 2026-05-04 | {sku} | 1 | 5" for n in range(3) for sku in ("A1", "Q7"))
    drop(shop.db, file("till.csv", f"Receipt no | Date | Item code | Qty | Price\n{lines}"))
    assert pairs(shop) == []


def test_the_one_that_sold_more_comes_first_with_what_is_known_of_both(shop: Shop) -> None:
    old, new = shop.item("A1", name="Iron pan", price=9), shop.item("Q7", name="Pan iron", price=9)
    shop.move("receipt", new, 10)
    shop.move("sale", new, 4)
    shop.move("receipt", old, 3)
    found = items.alike(shop.db).iloc[0]
    assert (found["item_id"], found["sold"], found["on_hand"]) == (new, 4, 6)
    assert (found["other_id"], found["other_sold"], found["other_on_hand"]) == (old, 0, 3)


def test_what_somebody_said_to_be_two_is_not_suggested_again_until_that_is_undone(shop: Shop) -> None:
    pan, lid = named(shop, "Iron pan", "Pan iron")
    said = items.keep_apart(shop.db, people.LOCAL, lid, pan)
    assert pairs(shop) == []
    ledger.undo(shop.db, people.LOCAL, said)
    assert len(pairs(shop)) == 1
    with pytest.raises(NotAllowed):
        items.keep_apart(shop.db, people.Person("Sam", "staff"), pan, lid)
    with pytest.raises(Refused, match="There is no item number 99"):
        items.keep_apart(shop.db, people.LOCAL, pan, 99)


def test_what_was_joined_is_not_suggested_and_comes_back_with_the_undo(shop: Shop) -> None:
    pan, other = named(shop, "Iron pan", "Pan iron")
    joined = items.merge(shop.db, people.LOCAL, other, pan)
    assert pairs(shop) == []
    ledger.undo(shop.db, people.LOCAL, joined)
    assert len(pairs(shop)) == 1


def test_barcodes_and_terms_of_a_joined_item_are_those_of_the_one_that_stays(shop: Shop) -> None:
    pan, other = named(shop, "Iron pan", "Pan iron")
    firm, second = shop.supplier("Nordlicht", lead_days=9), shop.supplier("Acme")
    suppliers.save_terms(shop.db, people.LOCAL, [{"item_id": other, "supplier_id": firm, "code": "N-7", "cost": 4, "pack": 6}])
    suppliers.save_terms(shop.db, people.LOCAL, [{"item_id": pan, "supplier_id": second, "cost": 5}])
    items.link_barcode(shop.db, people.LOCAL, other, "4006381333931")
    joined = items.merge(shop.db, people.LOCAL, other, pan)
    assert list(items.barcodes(shop.db, pan)["code"]) == ["4006381333931"]
    terms = suppliers.of_item(shop.db, pan)
    assert list(zip(terms["name"], terms["code"], terms["preferred"], strict=True)) == [("Acme", None, True), ("Nordlicht", "N-7", False)]
    suppliers.save_terms(shop.db, people.LOCAL, [{"item_id": pan, "supplier_id": firm, "cost": 3}])
    assert list(suppliers.of_item(shop.db, pan)["pack"].dropna()) == [6]
    assert items.catalogue(shop.db)["suppliers"].tolist() == ["Acme, Nordlicht"]
    with pytest.raises(Refused, match="later changes stand on it"):
        ledger.undo(shop.db, people.LOCAL, 1)
    ledger.undo(shop.db, people.LOCAL, joined)
    assert items.barcodes(shop.db, pan).empty
    assert list(suppliers.of_item(shop.db, other)["pack"]) == [6]


def test_terms_that_a_list_tells_of_a_joined_item_go_to_the_one_that_stays(shop: Shop) -> None:
    pan, lid = shop.item("A1", name="Pan"), shop.item("A2", name="Lid")
    items.merge(shop.db, people.LOCAL, lid, pan)
    drop(
        shop.db, file("list.csv", "Item code | Name | Supplier | Supplier code | Unit cost | Pack size\nA2 | Lid | Nordlicht | N-7 | 3 | 6")
    )
    assert shop.db.rows("select item_id, code, pack from supplies") == [(pan, "N-7", 6)]
    assert list(suppliers.of_item(shop.db, pan)["code"]) == ["N-7"]


@pytest.mark.skipif(not DATA.exists(), reason="the real files are not here")
def test_real_variants_are_left_apart(shop: Shop) -> None:
    listed = pd.read_csv(DATA / "D7_magento" / "products.csv", dtype=str)[["sku", "name"]].dropna()
    bikes = pd.read_csv(DATA / "C6_adventureworks" / "Production Product.csv", dtype=str)[["ProductNumber", "Name"]].set_axis(
        ["sku", "name"], axis=1
    )
    food = pd.read_csv(DATA / "C7_northwind" / "products.csv", dtype=str)[["productID", "productName"]].set_axis(["sku", "name"], axis=1)
    every = pd.concat([listed, bikes, food], ignore_index=True).drop_duplicates("sku")
    items.save(shop.db, people.LOCAL, versions.plain(every))
    assert pairs(shop) == []


# -- on the screen


def test_two_that_are_one_are_joined_by_a_click_and_taken_apart_by_undo(on_disk: Shop) -> None:
    named(on_disk, "Iron pan", "Pan iron", price=9)
    screen = opened("items")
    assert "Perhaps the same" in screen.expander[0].label
    screen.session_state["alike-open"] = True
    screen.run()
    button(screen, "Join, H8Q stays").click().run()
    assert "Iron pan (K8Q) counts as Pan iron (H8Q) now." in said(screen)
    assert not screen.expander
    button(screen, "Undo").click().run()
    assert "1 pair" in screen.expander[0].label


def test_two_that_are_said_to_be_two_are_gone_from_the_panel(on_disk: Shop) -> None:
    named(on_disk, "Iron pan", "Pan iron", price=9)
    screen = opened("items")
    screen.session_state["alike-open"] = True
    screen.run()
    button(screen, "Not the same").click().run()
    assert "are two items" in said(screen)
    assert not screen.expander
