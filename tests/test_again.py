"""Sales that come again: the same lines, the same days, the same documents mended, and what cancels a sale of an earlier drop."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ims_core import audit, importing, imports, items, ledger, people, policy, recognising
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.plans import Plan
from tests.builders import Shop, empty_shop
from tests.test_importing import ITEMS, book, drop, everything, file, look, moved

TILL = "Receipt no | Date | Item code | Qty | Price"
NO_NUMBER = "Date | Item code | Qty | Price"


@pytest.fixture
def db() -> Iterator[Database]:
    """An empty shop whose ledger proves itself when the test is done."""
    shop = empty_shop()
    yield shop
    proof = audit.check(shop)
    shop.close()
    assert proof.ok.all(), proof[~proof.ok].to_string()


def till(name: str, *lines: str, header: str = TILL) -> tuple[str, bytes]:
    """A till's export."""
    return file(f"till {name}.csv", "\n".join([header, *lines]))


def counts(plan: Plan) -> tuple[int, int]:
    """Lines used and joined."""
    return plan.counts["used"], plan.counts["joined"]


def sold(db: Database) -> list[tuple[Any, ...]]:
    """What the shop's figures are made of: stock at the end of each day, demand, revenue by item and day."""
    balances = db.rows("""
        select day, sku, place, sum(qty) over (partition by sku, place order by day)
        from (select day, sku, place, sum(m.qty) as qty from visible_movements m join items using (item_id) group by all)
        where qty <> 0 order by all
    """)
    demand = db.rows("select sku, day, qty from demand join items using (item_id) where qty <> 0 order by all")
    revenue = db.rows("""
        select sku, day, sum(-qty * unit_price) as money from visible_movements join items using (item_id)
        where kind in ('sale', 'return_in') group by all having money <> 0 order by all
    """)
    return [balances, demand, revenue]  # type: ignore[list-item]


def only(*files: tuple[str, bytes]) -> list[tuple[Any, ...]]:
    """What the figures would be in a shop that had these files only."""
    shop = empty_shop()
    try:
        drop(shop, *files)
        return sold(shop)
    finally:
        shop.close()


# -- the same line


MAY = ("1 | 2026-05-04 | A1 | 2 | 9.50", "1 | 2026-05-04 | A1 | 2 | 9.50", "2 | 2026-05-06 | A1 | 3 | 9.50", "3 | 2026-05-06 | A2 | 1 | 4")


def test_a_line_that_an_earlier_file_brought_counts_once_and_as_often_as_it_did(db: Database) -> None:
    plan = importing.revise(db, look(db, till("may", *MAY)), 0, off=frozenset({"duplicates"}))
    importing.commit(db, people.LOCAL, plan)
    again = importing.revise(db, look(db, till("may again", *MAY, MAY[0])), 0, off=frozenset({"duplicates"}))
    assert counts(again) == (1, 4)
    (fix,) = again.groups[0].cleaned.fixes.query("rule == 'again'").to_dict("records")  # type: ignore[union-attr]
    assert (fix["count"], fix["before"], fix["after"], fix["on"]) == (4, "1 A1", "known", True)
    assert counts(importing.revise(db, again, 0, off=frozenset({"duplicates", "again"}))) == (5, 0)


def test_the_rule_switched_off_books_the_lines_a_second_time(db: Database) -> None:
    drop(db, till("may", MAY[2]))
    plan = importing.revise(db, look(db, till("may again", MAY[2], MAY[3])), 0, off=frozenset({"again"}))
    importing.commit(db, people.LOCAL, plan)
    assert moved(db) == [("05-06", "sale", -3), ("05-06", "sale", -3)]


@pytest.mark.parametrize(
    ("header", "before", "after"),
    [
        ("Receipt no | Date | Item code | Qty | Store", "1 | 2026-05-04 | A1 | 2 | North", "1 | 2026-05-04 | A1 | 2 | South"),
        ("Receipt no | Date | Item code | Qty", "1 | 2026-05-04 10:15 | A1 | 2", "1 | 2026-05-04 16:40 | A1 | 2"),
        ("Receipt no | Date | Item code | Qty | Price", "1 | 2026-05-04 | A1 | 2 | 9", "1 | 2026-05-04 | A1 | 2 | 8"),
    ],
)
def test_the_same_number_in_another_place_at_another_time_or_price_is_another_line(
    db: Database, header: str, before: str, after: str
) -> None:
    drop(db, till("one", before, header=header))
    plan = importing.revise(db, look(db, till("two", before, after, header=header)), 0, off=frozenset({"corrected"}))
    assert counts(plan) == (1, 1)


@pytest.mark.parametrize(
    ("header", "again"),
    [
        ("Receipt no | Date | Item code | Qty", "1 | 2026-05-04 | a1 | 2"),
        ("Receipt no | Date | Item code | Qty | Price | Store", "1 | 2026-05-04 | A1 | 2 | 9 | North"),
        ("Receipt no | Date | Item code | Qty | Line total", "1 | 2026-05-04 16:40 | A1 | 2 | 18"),
        ("Receipt no | Date | EAN | Qty", "1 | 2026-05-04 | 4006381333931 | 2"),
        ("Receipt no | Date | Product name | Qty", "1 | 2026-05-04 | pan | 2"),
    ],
)
def test_what_only_one_side_knows_does_not_make_another_line(db: Database, header: str, again: str) -> None:
    drop(db, ITEMS, till("one", "1 | 2026-05-04 | A1 | 2 | 9"))
    assert counts(look(db, till("two", again, header=header))) == (0, 1)


def test_the_clock_is_compared_as_the_shop_reads_it(db: Database) -> None:
    policy.set_shop(db, people.LOCAL, timezone="Europe/Athens")
    line = "1 | 2026-05-04 00:15 | A1 | 2 | 9"
    drop(db, till("one", line))
    assert counts(look(db, till("two", line, line.replace("00:15", "00:45"), "2 | 2026-05-05 | A1 | 2 | 9")))[1] == 1


# -- the same days


def days(first: int, last: int, *items: str) -> list[str]:
    """Lines without a number: each of the items sold once on each of the days of May."""
    return [f"2026-05-{day:02} | {item} | 1 | 9" for day in range(first, last + 1) for item in items]


def test_an_export_without_numbers_that_holds_what_the_shop_has_is_asked_about_and_counts_once(db: Database) -> None:
    drop(db, till("to may 10", *days(1, 10, "A1", "A2"), header=NO_NUMBER))
    plan = look(db, till("to may 12", *days(3, 12, "A1", "A2"), *days(10, 10, "A3"), header=NO_NUMBER))
    (question,) = plan.questions
    assert (question.about, question.choices, question.taken) == ("again", ("joined", "new"), "joined")
    assert question.text == (
        "16 of the 17 lines on days that are in the shop already (3-10 May 2026) are there already. Do they count once?"
    )
    assert counts(plan) == (5, 16)
    number = importing.commit(db, people.LOCAL, plan)
    assert imports.not_used(db, number).reason.unique().tolist() == ["in the shop from an earlier file"]
    assert sold(db) == only(till("all", *days(1, 12, "A1", "A2"), *days(10, 10, "A3"), header=NO_NUMBER))


def test_whoever_says_they_are_other_sales_has_them_all(db: Database) -> None:
    drop(db, till("one", *days(1, 10, "A1"), header=NO_NUMBER))
    plan = look(db, till("two", *days(1, 11, "A1"), header=NO_NUMBER))
    plan.groups[0].mapping.answers["again"] = "new"
    told = importing.revise(db, plan, 0)
    assert (counts(told), told.questions) == ((11, 0), [])


def test_a_few_equal_lines_are_what_shops_sell_and_nothing_is_asked(db: Database) -> None:
    drop(db, till("north", *days(1, 10, "A1", "A2"), header=NO_NUMBER))
    plan = look(db, till("south", *days(1, 10, "A1", "A3", "A4"), header=NO_NUMBER))
    assert (counts(plan), plan.questions) == ((30, 0), [])


def test_one_of_two_tills_again_is_found_beside_the_other(db: Database) -> None:
    drop(db, till("north", *days(1, 10, "A1", "A2"), header=NO_NUMBER))
    drop(db, till("south", *days(1, 10, "A1", "A3", "A4"), header=NO_NUMBER))
    plan = look(db, till("north to 11", *days(1, 11, "A1", "A2"), header=NO_NUMBER))
    assert (counts(plan), len(plan.questions)) == ((2, 20), 1)


def test_equal_lines_of_a_day_count_as_often_as_they_were_there(db: Database) -> None:
    drop(db, till("one", *days(1, 1, "A1", "A1", "A2"), header=NO_NUMBER))
    assert counts(look(db, till("two", *days(1, 1, "A1", "A1", "A1", "A2"), header=NO_NUMBER))) == (1, 3)


def test_an_export_that_lost_its_numbers_is_known_again(db: Database) -> None:
    drop(db, till("may", *MAY[1:]))
    plan = look(db, till("no numbers", *(line.partition(" | ")[2] for line in MAY[1:]), header=NO_NUMBER))
    assert (counts(plan), len(plan.questions)) == ((0, 3), 1)


def test_what_was_undone_is_not_there_already(db: Database) -> None:
    ledger.undo(db, people.LOCAL, drop(db, till("one", *days(1, 10, "A1"), header=NO_NUMBER)))
    assert look(db, till("two", *days(1, 11, "A1"), header=NO_NUMBER)).questions == []


# -- the same documents, mended

FIRST = (
    "501 | 2026-05-01 | A1 | 2 | 9", "501 | 2026-05-01 | A2 | 1 | 4", "502 | 2026-05-03 | A1 | 5 | 9", "503 | 2026-05-04 | A3 | 1 | 7",
    "504 | 2026-05-04 | A1 | 1 | 9",
)  # fmt: skip
MENDED = (
    "501 | 2026-05-01 | A1 | 3 | 9", "502 | 2026-05-03 | A1 | 5 | 8.50", "502 | 2026-05-03 | A4 | 1 | 2", "503 | 2026-05-04 | A3 | 1 | 7",
    "505 | 2026-05-06 | A1 | 1 | 9",
)  # fmt: skip


def test_a_corrected_export_shows_what_is_new_changed_and_gone_and_books_only_that(db: Database) -> None:
    drop(db, till("may", *FIRST))
    plan = look(db, till("may corrected", *MENDED))
    cleaned = plan.groups[0].cleaned
    assert cleaned is not None
    shown = cleaned.difference.astype({"qty_before": float, "price_before": float, "qty": float, "price": float})
    assert shown.drop(columns="source").fillna(0).values.tolist() == [
        ["changed", "501", "A1", date(2026, 5, 1), 2, 9, 3, 9, 2],
        ["gone", "501", "A2", date(2026, 5, 1), 1, 4, 0, 0, 2],
        ["changed", "502", "A1", date(2026, 5, 3), 5, 9, 5, 8.5, 3],
    ]
    (fix,) = cleaned.fixes.query("rule == 'corrected'").to_dict("records")
    assert (fix["count"], fix["on"], fix["before"], fix["after"]) == (3, True, "501 A1 × 2 at 9", "× 3 at 9")
    assert fix["title"].endswith("only the difference: 2 new lines, 2 changed, 1 gone")
    assert counts(plan) == (4, 1)
    assert plan.says() == ("4 of 5 lines will be used, 1 joined; in documents that are in the shop: 2 changed and 1 gone; pieces: 2 sold.")


def test_after_a_corrected_export_the_figures_are_those_of_the_corrected_file(db: Database) -> None:
    drop(db, till("may", *FIRST))
    drop(db, till("may corrected", *MENDED))
    assert sold(db) == only(till("may corrected", *MENDED, FIRST[4]))  # 504 is in no file of today: it stays


def test_what_is_taken_back_says_by_which_file_and_row(db: Database) -> None:
    drop(db, till("may", *FIRST))
    number = drop(db, till("may corrected", *MENDED))
    assert db.rows(
        "select ref, sku, kind, qty, day, takes_back, note, source_row from movements m join items using (item_id) "
        "where m.change_id = ? and note is not null order by ref, sku",
        [number],
    ) == [
        ("501", "A1", "sale", 2, date(2026, 5, 1), date(2026, 5, 1), "corrected by till may corrected.csv", 2),
        ("501", "A2", "sale", 1, date(2026, 5, 1), date(2026, 5, 1), "corrected by till may corrected.csv", 2),
        ("502", "A1", "sale", 5, date(2026, 5, 3), date(2026, 5, 3), "corrected by till may corrected.csv", 3),
    ]


def test_undo_of_the_corrected_export_brings_the_first_back(db: Database) -> None:
    drop(db, till("may", *FIRST))
    before, figures = everything(db), sold(db)
    ledger.undo(db, people.LOCAL, drop(db, till("may corrected", *MENDED)))
    assert (everything(db), sold(db)) == (before, figures)
    drop(db, till("may corrected", *MENDED))
    assert sold(db) == only(till("may corrected", *MENDED, FIRST[4]))


def test_a_second_correction_starts_from_the_first(db: Database) -> None:
    drop(db, till("may", *FIRST))
    drop(db, till("may corrected", *MENDED))
    assert counts(look(db, till("may corrected again", *MENDED[::-1]))) == (0, 5)
    drop(db, till("may as it was", *FIRST[::-1]))
    assert sold(db) == only(till("all", *FIRST, MENDED[4]))


def test_a_line_that_is_gone_is_all_there_is_to_book(db: Database) -> None:
    drop(db, till("may", *FIRST))
    plan = look(db, till("may short", *FIRST[1:]))
    assert (counts(plan), plan.writes) == ((0, 4), True)
    importing.commit(db, people.LOCAL, plan)
    assert sold(db) == only(till("may short", *FIRST[1:]))


def test_an_order_that_was_called_off_meanwhile_is_taken_back(db: Database) -> None:
    header, lines = "Order id | Date | Item code | Qty | Price | Status", [f"{line} | paid" for line in FIRST]
    drop(db, till("orders", *lines, header=header))
    drop(db, till("orders again", *lines[:2], lines[2].replace("paid", "cancelled"), *lines[3:], header=header))
    assert sold(db) == only(till("may", *FIRST[:2], *FIRST[3:]))


def test_a_return_in_a_mended_document_is_taken_back_too(db: Database) -> None:
    lines = [*FIRST, "506 | 2026-05-05 | A1 | -2 | 9"]
    drop(db, till("may", *lines))
    drop(db, till("may again", *lines[:5], "506 | 2026-05-05 | A1 | -1 | 9"))
    assert sold(db) == only(till("may again", *lines[:5], "506 | 2026-05-05 | A1 | -1 | 9"))


def test_the_rule_switched_off_lets_both_stand(db: Database) -> None:
    drop(db, till("may", *FIRST))
    plan = importing.revise(db, look(db, till("may corrected", *MENDED)), 0, off=frozenset({"corrected"}))
    importing.commit(db, people.LOCAL, plan)
    assert [row for row in moved(db) if row[0] == "05-01"] == [("05-01", "sale", -3), ("05-01", "sale", -2)]
    assert plan.difference == {}


def test_a_line_that_cannot_be_read_takes_nothing_back(db: Database) -> None:
    drop(db, till("may", *FIRST))
    plan = look(db, till("may again", FIRST[0].replace(" 2 ", " two "), *FIRST[1:]))
    assert (counts(plan), plan.writes) == ((0, 4), False)


def test_receipts_that_are_numbered_anew_every_day_are_other_documents(db: Database) -> None:
    drop(db, till("monday", "1 | 2026-05-04 | A1 | 2 | 9", "2 | 2026-05-04 | A2 | 1 | 4"))
    plan = look(db, till("tuesday", "1 | 2026-05-05 | A1 | 1 | 9", "2 | 2026-05-05 | A3 | 1 | 4"))
    assert (counts(plan), plan.difference) == ((2, 0), {})


def test_the_same_numbers_at_another_till_are_other_documents(db: Database) -> None:
    drop(db, till("north", *(f"{number} | 2026-05-04 | A{number} | 1 | 9" for number in range(1, 8))))
    plan = look(db, till("south", *(f"{number} | 2026-05-04 | B{number} | 1 | 9" for number in range(1, 8))))
    assert (counts(plan), plan.difference) == ((7, 0), {})


def test_the_same_numbers_in_another_place_are_other_documents(db: Database) -> None:
    header = f"{TILL} | Store"
    drop(db, till("north", *(f"{line} | North" for line in FIRST), header=header))
    plan = look(db, till("south", *(f"{line} | South" for line in MENDED), header=header))
    assert (counts(plan), plan.difference) == ((5, 0), {})


def test_sales_typed_by_hand_are_never_taken_back(db: Database) -> None:
    shop = Shop(db)
    shop.move("sale", shop.item("A1"), 2, date(2026, 5, 1), ref="501")
    drop(db, till("may", *FIRST[1:]))
    assert look(db, till("may again", *FIRST[1:], "501 | 2026-05-01 | A5 | 1 | 2")).difference == {}


# -- cancellations

SOLD = "Invoice no | Date | Item code | Qty | Price | Customer"


def taken_back(db: Database) -> list[tuple[Any, ...]]:
    """What came back, and the day whose demand it takes back."""
    rows = db.rows("select ref, takes_back from visible_movements where kind = 'return_in' order by happened_at, ref")
    return [(ref, day and f"{day:%m-%d}") for ref, day in rows]


def test_each_cancellation_takes_back_one_sale_and_each_sale_is_taken_back_once(db: Database) -> None:
    """By its number first: C501 leaves the later sale to the other."""
    lines = ("501 | 2026-05-01 | A1 | 2 | 9 | Ann", "502 | 2026-05-02 | A1 | 2 | 9 | Ann", "503 | 2026-05-03 | A9 | 1 | 9 | Ann")
    drop(db, till("one", *lines, "C501 | 2026-05-04 | A1 | -2 | 9 | Ann", "C777 | 2026-05-05 | A1 | -2 | 9 | Ann", header=SOLD))
    assert taken_back(db) == [("C501", "05-01"), ("C777", "05-02")]


def test_the_cancellation_of_a_sale_in_an_earlier_drop_takes_its_demand_back(db: Database) -> None:
    drop(db, till("may", "501 | 2026-05-01 | A1 | 2 | 9 | Ann", "502 | 2026-05-02 | A1 | 2 | 9 | Bob", header=SOLD))
    drop(db, till("later", "C501 | 2026-05-06 | A1 | -2 | 9 | Ann", "503 | 2026-05-06 | A2 | 1 | 9 | Ann", header=SOLD))
    drop(db, till("later still", "C900 | 2026-05-07 | A1 | -2 | 9 | Bob", "C901 | 2026-05-08 | A1 | -2 | 9 | Bob", header=SOLD))
    assert taken_back(db) == [("C501", "05-01"), ("C900", "05-02"), ("C901", None)]
    assert db.rows("select day, qty from demand join items using (item_id) where sku = 'A1' and qty <> 0") == []


def test_a_sale_at_another_price_or_too_long_ago_is_not_the_cancelled_one(db: Database) -> None:
    drop(db, till("may", "501 | 2026-05-01 | A1 | 2 | 9 | Ann", "502 | 2026-05-20 | A1 | 2 | 8 | Ann", header=SOLD))
    drop(db, till("later", "C900 | 2026-05-21 | A1 | -2 | 9 | Ann", header=SOLD))
    assert taken_back(db) == [("C900", None)]


def test_an_overlapping_export_with_the_cancellation_finds_the_sale_in_the_shop(db: Database) -> None:
    first = "501 | 2026-05-01 | A1 | 2 | 9 | Ann"
    drop(db, till("to may 1", first, header=SOLD))
    drop(db, till("to may 6", first, "C501 | 2026-05-06 | A1 | -2 | 9 | Ann", header=SOLD))
    assert (moved(db), taken_back(db)) == ([("05-01", "sale", -2), ("05-06", "return_in", 2)], [("C501", "05-01")])


def test_cancellations_are_known_where_they_are_half_of_the_file_or_all_of_it(db: Database) -> None:
    drop(db, till("half", "501 | 2026-05-01 | A1 | 2 | 9 | ", "C501 | 2026-05-02 | A1 | -2 | 9 | ", header=SOLD))
    drop(db, till("sale", "502 | 2026-05-03 | A1 | 4 | 9 | ", header=SOLD))
    drop(db, till("all", "C502 | 2026-05-04 | A1 | -4 | 9 | ", header=SOLD))
    assert taken_back(db) == [("C501", "05-01"), ("C502", "05-03")]


def test_invoices_that_begin_with_c_are_no_cancellations(db: Database) -> None:
    plan = look(db, till("may", "C501 | 2026-05-01 | A1 | 2 | 9 | Ann", "C502 | 2026-05-02 | A1 | -2 | 9 | Ann", header=SOLD))
    importing.commit(db, people.LOCAL, plan)
    assert taken_back(db) == [("C502", None)]


# -- two at once


def test_two_people_who_looked_at_overlapping_exports_do_not_book_them_twice(db: Database) -> None:
    first, second = till("to 10", *MAY[1:]), till("to 12", *MAY[1:], "4 | 2026-05-12 | A1 | 1 | 9")
    mine, theirs = look(db, first), look(db, second)
    importing.commit(db, people.LOCAL, mine)
    with pytest.raises(Refused, match=r"Another import came in between: 3 lines of till to 12.csv are in the shop already by now, 0 were"):
        importing.commit(db, people.LOCAL, theirs)
    importing.commit(db, people.LOCAL, look(db, second))
    assert sold(db) == only(second)


def test_what_was_joined_to_an_import_that_was_undone_since_is_not_lost(db: Database) -> None:
    number = drop(db, till("to 10", *MAY[1:]))
    plan = look(db, till("to 12", *MAY[1:], "4 | 2026-05-12 | A1 | 1 | 9"))
    ledger.undo(db, people.LOCAL, number)
    with pytest.raises(Refused, match=r"0 lines of till to 12.csv are in the shop already by now, 3 were when you looked"):
        importing.commit(db, people.LOCAL, plan)


def test_an_import_of_other_sales_in_between_is_no_hindrance(db: Database) -> None:
    plan = look(db, till("to 10", *MAY[1:]))
    drop(db, till("june", "9 | 2026-06-01 | A1 | 1 | 9"))
    importing.commit(db, people.LOCAL, plan)
    assert len(moved(db)) == 3


# -- sheets and places


def held(db: Database) -> list[tuple[Any, ...]]:
    """What lies where."""
    return db.rows("select place, sku, on_hand from stock join items using (item_id) order by all")


def test_sheets_of_a_count_are_places_also_where_their_columns_differ(db: Database) -> None:
    drop(db, book("stock.xlsx", Shop="Item code | Counted\nA1 | 5", Cellar="Item code | Counted | Note\nA1 | 7 | dusty"))
    assert held(db) == [("Cellar", "A1", 7), ("Shop", "A1", 5)]


def test_two_workbooks_of_one_name_are_no_two_places(db: Database) -> None:
    drop(db, book("stock.xlsx", Sheet1="Item code | Counted\nA1 | 5"), book("stock.xlsx", Sheet1="Item code | Counted\nA2 | 7"))
    assert held(db) == [("Shop", "A1", 5), ("Shop", "A2", 7)]


def test_a_sheet_of_stock_beside_one_of_something_else_is_no_place(db: Database) -> None:
    workbook = book("stock.xlsx", Stock="Item code | Counted\nA1 | 5", Suppliers="Supplier | Email | Phone\nAcme | a@b.example | 5")
    plan = look(db, workbook)
    importing.commit(db, people.LOCAL, plan)
    assert held(db) == [("Shop", "A1", 5)]


def test_what_one_sheet_is_told_to_be_decides_about_the_others(db: Database) -> None:
    plan = look(db, book("stock.xlsx", Shop="Item code | Counted\nA1 | 5", Cellar="Item code | Counted | Note\nA1 | 7 | dusty"))
    told = importing.revise(db, plan, 1, recognising.recognise(plan.groups[1].tables[0], "ignore"))
    assert [group.places for group in plan.groups] == [("Shop",), ("Cellar",)]
    importing.commit(db, people.LOCAL, told)
    assert held(db) == [("Shop", "A1", 5)]


def test_the_sheets_of_a_till_are_no_places(db: Database) -> None:
    text = "Date | Item code | Qty\n2026-05-04 | A1 | 1"
    drop(db, book("till.xlsx", January=text, February=text.replace("05", "06")))
    assert db.rows("select distinct place from stock") == [("Shop",)]


# -- under another code


def test_an_export_after_a_code_was_changed_is_the_same_export(db: Database) -> None:
    drop(db, till("may", "R1 | 2026-05-04 | A1 | 3 | 9", "R2 | 2026-05-05 | A1 | 1 | 9"))
    items.save(db, people.LOCAL, [{"item_id": 1, "sku": "X9"}])
    corrected = look(db, till("may again", "R1 | 2026-05-04 | A1 | 2 | 9", "R2 | 2026-05-05 | A1 | 1 | 9", "R3 | 2026-05-06 | X9 | 5 | 9"))
    assert (corrected.counts["joined"], corrected.difference) == (1, {"changed": 1})
    importing.commit(db, people.LOCAL, corrected)
    assert db.rows("select sku, sum(-qty)::integer from visible_movements join items using (item_id) group by 1") == [("X9", 8)]


def test_an_export_after_two_items_were_joined_is_the_same_export(db: Database) -> None:
    drop(db, till("may", "R1 | 2026-05-04 | A1 | 3 | 9", "R1 | 2026-05-04 | B2 | 4 | 9", "R2 | 2026-05-05 | B2 | 1 | 9"))
    items.merge(db, people.LOCAL, 2, 1)
    again = look(db, till("may again", "R1 | 2026-05-04 | A1 | 3 | 9", "R1 | 2026-05-04 | A1 | 4 | 9", "R2 | 2026-05-05 | B2 | 1 | 9"))
    assert (again.counts["joined"], again.counts["used"], again.difference) == (3, 0, {})


def test_a_code_that_another_item_has_now_is_not_the_item_that_had_it(db: Database) -> None:
    drop(db, till("may", "R1 | 2026-05-04 | A1 | 3 | 9"))
    items.save(db, people.LOCAL, [{"item_id": 1, "sku": "X9"}])
    items.save(db, people.LOCAL, [{"sku": "A1", "name": "Another"}])
    other = look(db, till("june", "R1 | 2026-05-04 | A1 | 3 | 9", "R2 | 2026-05-05 | A1 | 3 | 9"))
    assert other.counts["joined"] == 0


# -- documents that are missing


FOUR = ("501 | 2026-05-01 | A1 | 2 | 9", "502 | 2026-05-01 | A1 | 1 | 9", "503 | 2026-05-01 | A2 | 1 | 4", "504 | 2026-05-02 | A2 | 3 | 4")
WITHOUT_503 = (FOUR[0], "502 | 2026-05-01 | A1 | 4 | 9", FOUR[3])


def test_a_document_missing_among_the_others_of_its_day_is_asked_and_stays_until_somebody_says_so(db: Database) -> None:
    drop(db, till("may", *FOUR))
    plan = look(db, till("may corrected", *WITHOUT_503))
    (question,) = plan.questions
    assert question.text.startswith("503 of 1 May 2026 is in the shop from an earlier file and missing here")
    assert (question.about, question.choices, question.taken) == ("missing", ("stay", "gone"), "stay")
    importing.commit(db, people.LOCAL, plan)
    assert db.rows("select sku, sum(qty) from demand join items using (item_id) group by 1 order by 1") == [("A1", 6), ("A2", 4)]


def test_a_document_said_to_be_gone_is_taken_back_and_the_undo_brings_it_again(db: Database) -> None:
    drop(db, till("may", *FOUR))
    before, plan = sold(db), look(db, till("may corrected", *WITHOUT_503))
    told = importing.revise(db, plan, 0, recognising.answered(plan.groups[0].mapping, "missing", "gone"))
    assert told.groups[0].corrections[["what", "ref"]].values.tolist() == [["gone", "503"], ["changed", "502"]]
    change = importing.commit(db, people.LOCAL, told)
    assert sold(db) == only(till("may corrected", *WITHOUT_503))
    assert not look(db, till("may corrected again", *WITHOUT_503)).questions
    ledger.undo(db, people.LOCAL, change)
    assert sold(db) == before


def test_days_and_documents_that_a_part_of_an_export_does_not_speak_of_are_not_missing(db: Database) -> None:
    drop(db, till("may", *FOUR))
    assert not look(db, till("the second", "504 | 2026-05-02 | A2 | 3 | 4", "505 | 2026-05-02 | A1 | 1 | 9")).questions
    assert not look(db, till("one of three", FOUR[0], "510 | 2026-05-01 | A1 | 1 | 9")).questions
