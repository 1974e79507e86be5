"""An item is one item, whatever a file calls it; what could be another is left apart."""

from collections.abc import Iterator
from typing import Any

import pytest

from ims_core import audit, importing, items, ledger, people
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from tests.builders import empty_shop
from tests.test_importing import drop, file, look


@pytest.fixture
def db() -> Iterator[Database]:
    """An empty shop whose ledger proves itself when the test is done."""
    shop = empty_shop()
    yield shop
    proof = audit.check(shop)
    shop.close()
    assert proof.ok.all(), proof[~proof.ok].to_string()


PAN = "4006381333931"
CRATE = "14006381333938"
LIST = file("items.csv", f"Item code | Name | Barcode | Price\nA1 | Pan | {PAN} | 9.50\nA2 | Lid | | 4")


def sold(name: str, header: str, *lines: str) -> tuple[str, bytes]:
    """A sales file of 4 May."""
    return file(
        name,
        "\n".join(
            [f"Receipt no | Date | Qty | Price | {header}", *(f"{name[:-4]}{n} | 2026-05-04 | {line}" for n, line in enumerate(lines))]
        ),
    )


def known(db: Database) -> list[tuple[Any, ...]]:
    """Every item by code: its name, its barcodes and what was sold of it."""
    return db.rows("""
        select i.sku, i.name, (select string_agg(code, ' ' order by code) from barcodes b where b.item_id = i.item_id and b.active),
               (select -sum(qty)::integer from visible_movements m where m.item_id = i.item_id and kind = 'sale')
        from items i order by sku
    """)


def test_an_item_is_found_by_code_barcode_or_name_however_they_are_written(db: Database) -> None:
    drop(db, LIST)
    drop(db, sold("a.csv", "Item code", "1 | 9 | a1 "), sold("b.csv", "Barcode", f"2 | 9 | 0{PAN}"), sold("c.csv", "Name", "4 | 9 | pan"))
    assert known(db) == [("A1", "Pan", PAN, 7), ("A2", "Lid", None, None)]


def test_a_till_that_prints_barcodes_as_item_codes_means_the_items(db: Database) -> None:
    drop(db, LIST)
    drop(db, sold("till.csv", "Item code", f"2 | 9 | {PAN}", "1 | 4 | A2"))
    assert known(db) == [("A1", "Pan", PAN, 2), ("A2", "Lid", None, 1)]


def test_in_one_drop_too(db: Database) -> None:
    drop(db, LIST, sold("till.csv", "Item code", f"2 | 9 | {PAN}", "1 | 4 | A2"))
    assert known(db) == [("A1", "Pan", PAN, 2), ("A2", "Lid", None, 1)]


def test_an_item_is_found_by_the_code_it_had_earlier(db: Database) -> None:
    drop(db, LIST)
    items.save(db, people.LOCAL, [{"item_id": 1, "sku": "X9"}])
    drop(db, sold("till.csv", "Item code", "2 | 9 | A1"))
    assert known(db) == [("A2", "Lid", None, None), ("X9", "Pan", PAN, 2)]


def test_a_code_that_another_item_has_now_is_that_ones(db: Database) -> None:
    drop(db, LIST)
    items.save(db, people.LOCAL, [{"item_id": 1, "sku": "X9"}])
    items.save(db, people.LOCAL, [{"item_id": 2, "sku": "A1"}])
    drop(db, sold("till.csv", "Item code", "2 | 9 | A1"))
    assert known(db) == [("A1", "Lid", None, 2), ("X9", "Pan", PAN, None)]


def test_a_code_given_by_mistake_and_taken_back_is_not_the_items(db: Database) -> None:
    drop(db, LIST)
    ledger.undo(db, people.LOCAL, items.save(db, people.LOCAL, [{"item_id": 1, "sku": "X9"}]))
    drop(db, sold("till.csv", "Item code", "2 | 9 | X9"))
    assert [sku for sku, *_ in known(db)] == ["A1", "A2", "X9"]


def test_an_item_first_seen_by_its_barcode_takes_the_code_and_name_told_later(db: Database) -> None:
    drop(db, sold("till.csv", "Barcode", f"2 | 9 | {PAN}"))
    assert known(db) == [(PAN, PAN, PAN, 2)]
    listed = drop(db, LIST)
    assert known(db) == [("A1", "Pan", PAN, 2), ("A2", "Lid", None, None)]
    ledger.undo(db, people.LOCAL, listed)
    assert known(db) == [(PAN, PAN, PAN, 2)]


def test_an_item_first_seen_by_its_name_takes_the_code_told_later_and_is_still_found_by_name(db: Database) -> None:
    drop(db, sold("till.csv", "Name", "2 | 9 | Pan"))
    drop(db, LIST)
    drop(db, sold("till 2.csv", "Name", "3 | 9 | PAN"))
    assert known(db) == [("A1", "Pan", PAN, 5), ("A2", "Lid", None, None)]


def test_two_codes_that_fit_one_name_are_left_apart(db: Database) -> None:
    drop(db, sold("till.csv", "Name", "2 | 9 | Pan"))
    drop(db, file("items.csv", "Item code | Name | Price\nA1 | Pan | 9\nA2 | Pan | 12"))
    assert known(db) == [("A1", "Pan", None, None), ("A2", "Pan", None, None), ("Pan", "Pan", None, 2)]


@pytest.mark.parametrize(
    "learnt_from",
    [
        sold("sales.csv", "Item code | Barcode", f"1 | 9 | A1 | {PAN}"),
        file("stock 2026-05-01.csv", f"Item code | Barcode | On hand\nA1 | {PAN} | 5"),
        file(
            "purchases.csv",
            f"PO number | Supplier | Item code | Barcode | Qty ordered | Ordered on\nP1 | Acme | A1 | {PAN} | 5 | 2026-05-01",
        ),
    ],
    ids=["sales", "stock", "purchases"],
)
def test_barcodes_are_learnt_from_every_kind_of_file(db: Database, learnt_from: tuple[str, bytes]) -> None:
    drop(db, learnt_from)
    drop(db, sold("till.csv", "Barcode", f"2 | 9 | {PAN}"))
    assert [(sku, barcodes) for sku, _, barcodes, _ in known(db)] == [("A1", PAN)]


PRODUCTS = file("products.csv", f"Product id | SKU | Name | Barcode | Price\n17 | A1 | Pan | {PAN} | 9.50\n18 | A2 | Lid | | 4")
BY_NUMBER = sold("shop orders.csv", "Product id", "3 | 9 | 17", "1 | 4 | 18")
BY_CODE = file("stock 2026-05-05.csv", "SKU | On hand\nA1 | 10\nA2 | 20")


@pytest.mark.parametrize(
    "drops", [[(PRODUCTS, BY_NUMBER, BY_CODE)], [(PRODUCTS,), (BY_CODE,), (BY_NUMBER,)], [(BY_CODE,), (PRODUCTS, BY_NUMBER)]]
)
def test_a_program_s_number_in_one_file_and_the_code_in_another_are_joined_through_a_third(db: Database, drops: list[Any]) -> None:
    for files in drops:
        drop(db, *files)
    assert known(db) == [("A1", "Pan", f"17 {PAN}", 3), ("A2", "Lid", "18", 1)]
    assert ledger.on_hand(db).on_hand.tolist() == [10, 20]


def test_lists_without_names_may_know_items_by_the_program_s_number_too(db: Database) -> None:
    shelves, by_supplier = "Product id | Location | On hand\n17 | Cellar | 5\n18 | Shop | 2", "Product id | Supplier | Cost\n17 | Acme | 4"
    drop(db, PRODUCTS, file("stock 2026-05-05.csv", shelves), file("terms.csv", by_supplier))
    assert [sku for sku, *_ in known(db)] == ["A1", "A2"]
    assert ledger.on_hand(db)[["sku", "on_hand"]].values.tolist() == [["A1", 5], ["A2", 2]]


def test_a_program_s_number_is_no_code_where_an_item_has_that_code_(db: Database) -> None:
    drop(db, file("stock.csv", "SKU | On hand\n17 | 5"))
    drop(db, PRODUCTS)
    drop(db, BY_NUMBER)
    assert [(sku, pieces) for sku, _, _, pieces in known(db)] == [("17", 3), ("A1", None), ("A2", 1)]


def test_several_barcodes_in_a_cell_all_mean_the_item(db: Database) -> None:
    drop(db, file("items.csv", f"Item code | Name | Barcode\nA1 | Pan | {PAN}; 96385074"))
    drop(db, sold("till.csv", "Barcode", f"2 | 9 | {PAN}", "3 | 9 | 96385074"))
    assert known(db) == [("A1", "Pan", f"{PAN} 96385074", 5)]


def test_a_barcode_that_two_codes_claim_is_nobodys_and_a_known_one_stays_where_it_is(db: Database) -> None:
    drop(db, file("items.csv", f"Item code | Name | Barcode\nA1 | Pan | {PAN}\nA2 | Lid | {PAN}\nA3 | Pot | 96385074"))
    assert [barcodes for _, _, barcodes, _ in known(db)] == [None, None, "96385074"]
    drop(db, file("items 2.csv", "Item code | Name | Barcode\nA2 | Lid | 96385074"))
    assert [barcodes for _, _, barcodes, _ in known(db)] == [None, None, "96385074"]


def test_three_crates_of_twelve_are_thirty_six_pieces(db: Database) -> None:
    drop(db, LIST)
    items.link_barcode(db, people.LOCAL, 1, CRATE, 12)
    drop(db, sold("till.csv", "Barcode", f"3 | 96 | {CRATE}"), sold("shop.csv", "Item code | Barcode", f"1 | 9 | A1 | {CRATE}"))
    assert db.rows("select qty, unit_price from visible_movements order by qty") == [(-36, 8), (-1, 9)]


def test_lines_without_code_and_barcode_are_one_item_with_the_list_that_has_no_codes(db: Database) -> None:
    drop(
        db,
        file("items.csv", f"Name | Barcode | Price\nPan - Red | {PAN} | 9\nLid | | 4"),
        sold("till.csv", "Name", "2 | 9 | pan red", "1 | 4 | Lid"),
    )
    assert known(db) == [(PAN, "Pan - Red", PAN, 2), ("Lid", "Lid", None, 1)]


def test_items_of_one_name_and_two_barcodes_stay_two(db: Database) -> None:
    drop(db, file("items.csv", f"Name | Barcode | Price\nPan | {PAN} | 9"))
    drop(db, file("items 2.csv", "Name | Barcode | Price\nPan | 96385074 | 12"))
    assert [sku for sku, *_ in known(db)] == [PAN, "96385074"]


# -- items that are one


def test_a_merged_items_list_terms_go_to_the_one_it_counts_as(db: Database) -> None:
    drop(db, LIST)
    items.merge(db, people.LOCAL, 2, 1)
    drop(db, file("list.csv", "Item code | Name | Barcode | Price | Unit cost\nA2 | Old lid | 96385074 | 5 | 3"))
    assert db.rows("select sku, name, price, cost, same_as from items order by sku") == [
        ("A1", "Pan", 5, 3, None),
        ("A2", "Lid", 4, None, 1),
    ]
    assert [barcodes for _, _, barcodes, _ in known(db)] == [f"{PAN} 96385074", None]


def test_a_merge_is_undone_and_never_leads_in_a_circle(db: Database) -> None:
    drop(db, LIST)
    merged = items.merge(db, people.LOCAL, 2, 1)
    for item_id, into in ((1, 1), (1, 2)):
        with pytest.raises(Refused, match="Pan cannot be merged into itself, nor into an item that counts as it already"):
            items.merge(db, people.LOCAL, item_id, into)
    with pytest.raises(Refused, match="There is no item number 9"):
        items.save(db, people.LOCAL, [{"item_id": 1, "same_as": 9}])
    ledger.undo(db, people.LOCAL, merged)
    items.merge(db, people.LOCAL, 1, 2)
    with pytest.raises(NotAllowed):
        items.merge(db, people.Person("Sam", "staff"), 1, 2)


def test_what_brought_an_item_is_not_undone_while_another_counts_as_it(db: Database) -> None:
    drop(db, sold("till.csv", "Item code", "1 | 9 | B7"))
    listed = drop(db, LIST)
    merged = items.merge(db, people.LOCAL, 1, 2)
    with pytest.raises(Refused, match="later changes stand on it: B7 merged into Pan"):
        ledger.undo(db, people.LOCAL, listed)
    ledger.undo(db, people.LOCAL, merged)
    ledger.undo(db, people.LOCAL, listed)
    assert [sku for sku, *_ in known(db)] == ["B7"]


def test_a_code_and_a_barcode_are_taken_however_they_are_written(db: Database) -> None:
    drop(db, LIST)
    items.save(db, people.LOCAL, [{"item_id": 1, "sku": "A  1"}])
    with pytest.raises(Refused, match="The code a 1 belongs to Pan already"):
        items.save(db, people.LOCAL, [{"item_id": 2, "sku": "a 1"}])
    with pytest.raises(Refused, match=f"The barcode {PAN} belongs to A  1"):
        items.link_barcode(db, people.LOCAL, 2, f"0{PAN}")


def test_a_barcode_of_two_items_is_told_with_both_names(db: Database) -> None:
    plan = look(db, file("items.csv", f"Item code | Name | Barcode\nA1 | Pan | {PAN}\nA2 | Lid | {PAN}\nA3 | Pot | 96385074"))
    assert plan.problems[["row", "value", "problem"]].to_numpy().tolist() == [
        [2, PAN, "is the barcode of Lid (A2) too; neither gets it"],
        [3, PAN, "is the barcode of Pan (A1) too; neither gets it"],
    ]


def test_a_barcode_that_another_item_of_the_shop_has_is_told_but_not_of_one_that_counts_as_it(db: Database) -> None:
    drop(db, LIST)
    again = file("list.csv", f"Item code | Name | Barcode | Price\nA2 | Lid | {PAN} | 4")
    assert list(look(db, again).problems["problem"]) == ["is the barcode of Pan (A1) in the shop; left there"]
    items.merge(db, people.LOCAL, 2, 1)
    assert look(db, again).problems.empty


def test_a_code_without_its_zeros_stays_an_item_of_its_own(db: Database) -> None:
    drop(db, file("items.csv", "Item code | Name | Price\n00123 | Pan | 9\n00777 | Lid | 4"))
    plan = look(db, sold("till.csv", "Item code", "2 | 9 | 123"))
    assert plan.problems[["row", "value"]].to_numpy().tolist() == [[2, "123"]]
    assert "00123 is another code but for the zeros" in plan.problems["problem"].iloc[0]
    importing.commit(db, people.LOCAL, plan)
    assert [sku for sku, *_ in known(db)] == ["00123", "00777", "123"]


def test_a_barcode_that_items_of_two_files_claim_is_nobody_s_and_both_are_named(db: Database) -> None:
    ours = file("ours.csv", f"Code | Name | Barcode | Price\nA1 | Pan | {PAN} | 9.50")
    theirs = file("theirs.csv", f"Code | Name | Barcode | Cost\nA1 | Pan | {PAN} | 4\nB7 | Lid | {PAN} | 2")
    plan = look(db, ours, theirs)
    assert plan.claims is not None
    assert plan.claims[["file", "row", "column", "value", "problem"]].to_numpy().tolist() == [
        ["ours.csv", 2, "Barcode", PAN, "is the barcode of Lid (B7) too, in theirs.csv row 3; neither gets it"],
        ["theirs.csv", 3, "Barcode", PAN, "is the barcode of Pan (A1) too, in ours.csv row 2; neither gets it"],
    ]
    assert set(plan.claims["problem"]) <= set(plan.problems["problem"])
    importing.commit(db, people.LOCAL, plan)
    assert db.scalar("select count(*) from barcodes") == 0
    alone = look(db, ours, file("more.csv", f"Code | Name | Barcode | Cost\nA1 | Pan | {PAN} | 4"))
    assert alone.problems.empty
