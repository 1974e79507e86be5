"""Every line of a file is used, joined, set aside or refused, by rules that are said and can be switched off one by one."""

import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import cleaning, reading, recognising
from ims_core.cleaning import Cleaned
from ims_core.reading import Table
from ims_core.rules import RULES

TILL = "Invoice | Code | Name | Qty | Date | Price | Customer"


def table(text: str, name: str = "till.csv", sheet: str | None = None) -> Table:
    """A table from lines of cells between bars, the header first; an empty cell says nothing."""
    header, *rows = [[cell.strip() or None for cell in line.split("|")] for line in text.strip().splitlines()]
    columns = {str(column): pa.array([row[index] for row in rows], pa.string()) for index, column in enumerate(header)}
    return Table(name, sheet, tuple(map(str, header)), pa.table(columns), 2)


def clean(
    *tables: Table | str,
    kind: str = "sales",
    off: str = "",
    places: tuple[str, ...] | None = None,
    said: dict[str, str] | None = None,
    **answers: str,
) -> Cleaned:
    """Clean tables as one, without the rules in `off`; `places`: what their sheets name; `said`: answers by what they are about."""
    read = [table(each) if isinstance(each, str) else each for each in tables]
    mapping = recognising.recognise(read[0], kind)
    mapping.answers.update(answers | (said or {}))
    return cleaning.clean(read, mapping, off=frozenset(off.split()), places=places)


def till(*lines: str, off: str = "", known: dict[str, str] | None = None) -> Cleaned:
    """Clean lines of a till whose columns are known."""
    return cleaning.clean(table("\n".join([TILL, *lines])), TILL_COLUMNS, known, frozenset(off.split()))


def rows(cleaned: Cleaned, *columns: str) -> list[tuple[Any, ...]]:
    """What is used, by these columns."""
    return [tuple(row[column] for column in columns) for row in cleaned.rows.to_pylist()]


def left(cleaned: Cleaned) -> list[tuple[Any, ...]]:
    """What is not used: row, outcome and reason."""
    return [(row["row"], row["outcome"], row["reason"]) for row in cleaned.left.to_pylist()]


def fixes(cleaned: Cleaned) -> dict[str, tuple[Any, ...]]:
    """What each rule met: how often, an example before and after, and whether it is on."""
    return {fix["rule"]: (fix["count"], fix["before"], fix["after"], fix["on"]) for fix in cleaned.fixes.to_dict("records")}


TILL_COLUMNS = recognising.recognise(table(f"{TILL}\n1 | A1 | Pan | 2 | 2026-05-04 | 9 | Ann"), "sales")


# -- what is used


def test_a_sale_leaves_stock_and_a_negative_one_comes_back() -> None:
    cleaned = till("1 | A1 | Pan | 2 | 2026-05-04 10:15:00 | 9.50 | Ann", "2 | A1 | Pan | -1 | 2026-05-05 | 9.50 | Ann")
    assert rows(cleaned, "row", "kind", "sku", "qty", "price", "day", "happened_at", "ref") == [
        (2, "sale", "A1", -2, Decimal("9.5"), date(2026, 5, 4), datetime(2026, 5, 4, 10, 15), "1"),
        (3, "return_in", "A1", 1, Decimal("9.5"), date(2026, 5, 5), datetime(2026, 5, 5), "2"),
    ]
    assert fixes(cleaned) == {"returns": (1, "-1.0000", "return", True)}


def test_what_the_type_of_a_receipt_calls_a_refund_comes_back() -> None:
    lines = "Invoice | Invoice date | Transaction Type | SKU | Qty\n1 | 2026-05-04 | Shipment | A1 | 2\n2 | 2026-05-05 | Refund | A1 | 1"
    sold = table(lines)
    cleaned = cleaning.clean(sold, recognising.recognise(sold, "sales"))
    assert rows(cleaned, "kind", "qty") == [("sale", -2), ("return_in", 1)]
    assert fixes(cleaned)["refunds"] == (1, "Refund", "return", True)
    taken = cleaning.clean(sold, recognising.recognise(sold, "sales"), off=frozenset({"refunds"}))
    assert rows(taken, "kind", "qty") == [("sale", -2), ("sale", -1)]


@pytest.mark.parametrize("heading", ["Sale type", "Payment type", "Product type"])
def test_what_was_sold_on_credit_or_is_of_a_type_of_goods_is_sold(heading: str) -> None:
    said = "Return" if heading == "Product type" else "Credit"
    sold = table(f"Date | SKU | Qty | Unit price | {heading}\n2026-05-04 | A1 | 4 | 3.50 | {said}\n2026-05-04 | A2 | 1 | 3.50 | Cash")
    assert rows(cleaning.clean(sold, recognising.recognise(sold, "sales")), "kind", "qty") == [("sale", -4), ("sale", -1)]


def test_a_price_is_taken_from_the_lines_total_where_none_is_given() -> None:
    cleaned = clean("Date | Item | Qty | Line total\n2026-05-04 | A1 | 4 | 10.00\n2026-05-04 | A2 | -2 | -5.00")
    assert rows(cleaned, "price") == [(Decimal("2.5"),), (Decimal("2.5"),)]


DISCOUNTED = "Order | Code | Quantity | Date | Unit price | {} \n"


@pytest.mark.parametrize(("heading", "told"), [("Discount", "0.15"), ("discount", "0,15"), ("Rabatt %", "15"), ("Remise (%)", "15.0")])
def test_a_discount_beside_the_price_is_taken_off_it(heading: str, told: str) -> None:
    sold = DISCOUNTED.format(heading) + f"1 | A1 | 2 | 2026-05-04 | 9.00 | 0\n2 | B2 | 1 | 2026-05-05 | 10.00 | {told}"
    cleaned = clean(sold)
    assert rows(cleaned, "sku", "price") == [("A1", Decimal(9)), ("B2", Decimal("8.5"))]
    assert fixes(cleaned)["discounts"] == (1, "10", "8.5", True)
    assert rows(clean(sold, off="discounts"), "price") == [(Decimal(9),), (Decimal(10),)]


@pytest.mark.parametrize("heading", ["Discount amount", "Discount code", "Loyalty discount", "Discount"])
def test_what_may_be_an_amount_of_money_is_not_taken_off(heading: str) -> None:
    cleaned = clean(DISCOUNTED.format(heading) + "1 | A1 | 2 | 2026-05-04 | 9.00 | 0.5\n2 | B2 | 1 | 2026-05-05 | 10.00 | 3")
    assert rows(cleaned, "price") == [(Decimal(9),), (Decimal(10),)]


def test_a_total_of_the_line_is_less_its_discount_already() -> None:
    head = "Order | Code | Quantity | Date | Line total | Discount\n"
    assert rows(clean(head + "1 | A1 | 2 | 2026-05-04 | 17.00 | 0.15"), "price") == [(Decimal("8.5"),)]


def test_the_same_columns_in_a_csv_and_a_workbook_are_cleaned_as_one() -> None:
    book = openpyxl.Workbook()
    for cells in (["Date", "Item", "Qty"], [date(2026, 5, 4), "A1", 1]):
        book.worksheets[0].append(cells)
    packed = io.BytesIO()
    book.save(packed)
    (typed,) = reading.read("till.xlsx", packed.getvalue())
    cleaned = clean("Date | Item | Qty\n2026-05-04 | A1 | 1", typed)
    assert rows(cleaned, "source", "row", "day", "sku") == [(0, 2, date(2026, 5, 4), "A1"), (1, 2, date(2026, 5, 4), "A1")]


def test_columns_may_be_called_anything() -> None:
    header = """Date | Item | Qty | source row | Source Table | O'Brien "x" | row"""
    cleaned = clean(f"{header}\n2026-05-04 | A1 | 1 | a | b | c | d\n | A1 | 1 | a | b | c | d")
    assert json.loads(cleaned.left["content"][0].as_py())["""O'Brien "x\""""] == "c"


# -- the rules, each on and off


def test_totals_headings_and_repeated_headers_are_set_aside() -> None:
    lines = (
        "Tuesday | | | | | |",
        "1 | A1 | Pan | 2 | 2026-05-04 | 9 | Ann",
        TILL,
        "Grand total: | | | 2 | | 18 |",
        "Summe Mai | | | 2 | | |",
    )
    assert left(till(*lines)) == [
        (2, "set aside", "a heading or note"), (4, "set aside", "a repeated header"), (5, "set aside", "a total"),
        (6, "set aside", "a total"),
    ]  # fmt: skip
    assert till(*lines, off="totals").counts == {"used": 1, "joined": 0, "set aside": 0, "refused": 4}


def test_an_item_whose_name_begins_with_total_is_an_item() -> None:
    lines = ("Name | Code | Qty | Date", "Total Repair shampoo | A1 | 1 | 2026-05-04", "Sum 41 CD | A2 | 1 | 2026-05-04", "Total | | 2 |")
    cleaned = clean("\n".join(lines))
    assert rows(cleaned, "sku") == [("A1",), ("A2",)]
    assert left(cleaned) == [(4, "set aside", "a total")]


TWICE = ("1 | A1 | Pan | 2 | 2026-05-04 | 9 | Ann", "1 | A1 | Pan | 2 | 2026-05-04 | 9 | Ann", "1 | A1 | Pan | 3 | 2026-05-04 | 9 | Ann")


def test_a_line_that_repeats_another_to_the_letter_counts_once() -> None:
    cleaned = till(*TWICE)
    assert left(cleaned) == [(3, "joined", "the same line again")]
    assert fixes(cleaned) == {"duplicates": (1, "twice", "once", True)}
    assert cleaned.units == {"used": 5, "joined": 2, "set aside": 0, "refused": 0}
    assert till(*TWICE, off="duplicates").counts["used"] == 3


def test_a_line_again_in_another_file_of_the_drop_counts_once() -> None:
    text = "\n".join([TILL, TWICE[0]])
    assert clean(table(text, "may.csv"), table(text, "may and june.csv")).counts["joined"] == 1


def test_without_a_document_number_two_equal_lines_are_two_sales() -> None:
    cleaned = clean("Date | Item | Qty\n2026-05-04 | A1 | 1\n2026-05-04 | A1 | 1")
    assert cleaned.counts["used"] == 2
    assert fixes(cleaned) == {"duplicates": (1, "twice", "once", False)}


def test_codes_that_differ_in_case_or_blanks_are_spelled_as_they_mostly_are() -> None:
    lines = ["ab 1", "AB 1", "AB  1", "AB 1"]
    lines = [f"{number} | {code} | Pan | 1 | 2026-05-04 | 9 | Ann" for number, code in enumerate(lines)]
    assert rows(till(*lines), "sku") == [("AB 1",)] * 4
    assert fixes(till(*lines))["codes"] == (2, "AB  1", "AB 1", True)
    (fix,) = till(*lines, off="codes").fixes.to_dict("records")
    assert (fix["rule"], fix["on"], fix["always"]) == ("codes", True, True)


def test_a_code_is_spelled_as_the_shop_spells_it() -> None:
    assert rows(till("1 | AB 1 | Pan | 1 | 2026-05-04 | 9 | Ann", known={"AB 1": "Ab 1"}), "sku") == [("Ab 1",)]


GOODS = [f"1 | {number}A | Pan {number} | 1 | 2026-05-04 | 9 | Ann" for number in range(20)]
NO_GOODS = [
    "POST | POSTAGE", "C2 | CARRIAGE", "M1 | Manual", "S1 | SAMPLES", "DCG1 | Dotcom Gift Voucher £20.00", "X9 | Bank Charges",
    "B | Adjust bad debt", "GC1 | Gift card", "V1 | Versandkosten", "PADS | Pads to match all cushions", "D1 | UPS delivery charge",
]  # fmt: skip
GOODS_AFTER_ALL = [
    "POSTER01 | Poster of Paris", "POST-IT-76 | Sticky notes", "FEEDER1 | Bird feeder", "GC2 | Gift card holder", "BC1 | Baby carriage",
    "S2 | Sampler cross stitch", "T1 | Tip top cleaner", "A9 | Adjustable wrench",
]  # fmt: skip


def named(pairs: list[str]) -> list[str]:
    """A line for each pair of code and name."""
    return [f"1 | {pair} | 1 | 2026-05-04 | 9 | Ann" for pair in pairs]


def test_postage_fees_vouchers_and_samples_are_no_stock() -> None:
    cleaned = till(*GOODS, *named(NO_GOODS))
    assert [reason for _, _, reason in left(cleaned)] == [f"no product: {pair.split(' | ')[1]}" for pair in NO_GOODS]
    assert fixes(cleaned)["no_product"][0] == len(NO_GOODS)
    assert till(*GOODS, *named(NO_GOODS), off="no_product").counts["set aside"] == 0


def test_goods_that_sound_like_fees_are_goods() -> None:
    assert left(till(*GOODS, *named(GOODS_AFTER_ALL))) == []


def test_what_the_shop_knows_as_an_item_is_one() -> None:
    assert left(till(*GOODS, *named(["PADS | Pads to match all cushions"]), known={"PADS": "PADS"})) == []


CANCELLED = (
    "501 | A1 | Pan | 2 | 2026-05-01 | 9 | Ann",
    "502 | A1 | Pan | 2 | 2026-05-04 | 9 | Ann",
    "C503 | A1 | Pan | -2 | 2026-05-06 | 9 | Ann",
)


def test_a_cancelled_sale_takes_its_demand_back_on_its_own_day() -> None:
    cleaned = till(*CANCELLED)
    assert rows(cleaned, "kind", "qty", "takes_back") == [("sale", -2, None), ("sale", -2, None), ("return_in", 2, date(2026, 5, 4))]
    assert fixes(cleaned) == {"cancelled": (1, "C503", "back into stock", True)}
    assert rows(till(*CANCELLED, off="cancelled"), "kind", "takes_back")[2] == ("return_in", None)


def test_a_cancelling_receipt_finds_the_one_it_names() -> None:
    assert rows(till(*CANCELLED[:2], "C501 | A1 | Pan | -2 | 2026-05-06 | 9 | "), "takes_back")[2] == (date(2026, 5, 1),)


def test_a_sale_cancelled_late_was_wanted_all_the_same() -> None:
    assert rows(till(*CANCELLED[:2], "C503 | A1 | Pan | -2 | 2026-05-30 | 9 | Ann"), "kind", "takes_back")[2] == ("return_in", None)


def test_one_sale_is_taken_back_once() -> None:
    again = till(*GOODS, CANCELLED[1], CANCELLED[2], CANCELLED[2].replace("C503", "C504"))
    assert rows(again, "takes_back")[-2:] == [(date(2026, 5, 4),), (None,)]


def test_lines_called_off_are_set_aside() -> None:
    text = "Date | Item | Qty | Status\n2026-05-04 | A1 | 1 | paid\n2026-05-04 | A2 | 1 | Cancelled\n2026-05-04 | A3 | 1 | storniert"
    assert left(clean(text)) == [(3, "set aside", "cancelled"), (4, "set aside", "cancelled")]
    assert clean(text, off="called_off").counts["used"] == 3


def test_who_says_a_negative_quantity_is_no_return_has_it_set_aside() -> None:
    cleaned = till("1 | A1 | Pan | -1 | 2026-05-04 | 9 | Ann", off="returns")
    assert left(cleaned) == [(2, "set aside", "a negative quantity")]
    assert fixes(cleaned)["returns"][3] is False


def test_what_costs_nothing_was_given_away_or_is_no_sale() -> None:
    lines = (
        "1 | A1 | Pan | 2 | 2026-05-04 | 9 | Ann", "2 | A1 | Pan | 1 | 2026-05-04 | 0 | Ann", "3 | A1 | damaged | 5 | 2026-05-04 | 0 | ",
        "4 | A1 | | -3 | 2026-05-04 | 0 | ", "5 | A1 | Pan | 1 | 2026-05-04 | -4 | ",
    )  # fmt: skip
    cleaned = till(*lines)
    assert rows(cleaned, "row", "kind", "qty", "note") == [
        (2, "sale", -2, None),
        (3, "adjustment", -1, "given away"),
        (6, "adjustment", -1, "given away"),
    ]
    assert left(cleaned) == [(4, "set aside", "price at 0 or below"), (5, "set aside", "price at 0 or below")]
    assert fixes(cleaned)["free"][0] == 4
    assert [kind for (kind,) in rows(till(*lines, off="free"), "kind")] == ["sale", "sale", "sale", "return_in", "sale"]


def test_a_missing_description_is_taken_from_the_codes_other_lines() -> None:
    lines = ("1 | A1 | Pan | 1 | 2026-05-04 | 9 | Ann", "2 | a1 | | 1 | 2026-05-04 | 9 | Ann", "3 | A2 | | 1 | 2026-05-04 | 9 | Ann")
    assert rows(till(*lines), "name") == [("Pan",), ("Pan",), (None,)]
    assert fixes(till(*lines))["names"][0] == 2
    assert rows(till(*lines, off="names"), "name") == [("Pan",), (None,), (None,)]


def test_what_says_that_there_is_nothing_is_empty() -> None:
    text = "Date | Item | Qty | Price\n2026-05-04 | A1 | 1 | n/a\n2026-05-04 | A2 | 2 | -\n2026-05-04 | A3 | 3 | 9.50"
    cleaned = clean(text)
    assert (rows(cleaned, "price"), len(cleaned.problems)) == ([(None,), (None,), (Decimal("9.5"),)], 0)
    assert fixes(cleaned) == {"nothing": (2, "-", "empty", True)}
    assert clean(text, off="nothing").problems.value.tolist() == ["n/a", "-"]


def test_packs_are_counted_in_pieces_and_what_cannot_be_is_a_problem() -> None:
    lines = ["3 pcs", "2 dozen", "2 boxes of 24 ct", "3 boxes", "7"]
    text = "\n".join(["Date | Item | Qty", *(f"2026-05-04 | A{n} | {cell}" for n, cell in enumerate(lines))])
    cleaned = clean(text)
    assert rows(cleaned, "qty") == [(-3,), (-24,), (-48,), (-7,)]
    assert cleaned.problems.value.tolist() == ["3 boxes"]
    assert fixes(cleaned)["packs"] == (2, "2 dozen", "24 pieces · 2 boxes of 24 ct → 48 pieces", True)
    assert rows(clean(text, off="packs"), "qty") == [(-3,), (-7,)]


def test_a_new_item_told_by_weight_is_counted_by_weight() -> None:
    text = "Date | Item | Qty\n2026-05-04 | Flour | 1.5 kg\n2026-05-05 | Flour | 500 g\n2026-05-05 | Flour | 2 kg"
    cleaned = clean(text)
    assert rows(cleaned, "qty", "unit") == [(Decimal("-1.5"), "kg"), (Decimal("-0.5"), "kg"), (-2, "kg")]
    assert fixes(cleaned)["own_unit"] == (3, "Flour", "kg", True)
    assert clean(text, off="own_unit").counts["refused"] == 3


HELD = "Item code | Counted\nA1 | 5"


def test_sheets_that_name_places_are_places() -> None:
    sheets = (table(HELD, "stock.xlsx", "Shop"), table(HELD, "stock.xlsx", "Cellar"))
    cleaned = clean(*sheets, kind="stock", places=("Shop", "Cellar"))
    assert rows(cleaned, "place", "on_hand") == [("Shop", 5), ("Cellar", 5)]
    assert fixes(cleaned) == {"sheets": (2, "Cellar", "a place", True)}
    assert rows(clean(*sheets, kind="stock", places=("Shop", "Cellar"), off="sheets"), "place") == [(None,), (None,)]


def test_a_count_without_a_date_is_of_the_day_its_file_names() -> None:
    first, second = table(HELD, "stock 2026-05-01.csv"), table(HELD, "Bestand 08.05.2026.csv")
    assert rows(clean(first, second, kind="stock"), "day") == [(datetime(2026, 5, 1),), (datetime(2026, 5, 8),)]


ORDER = "Order Date | Order Reference | Vendor | Product code | Quantity | Unit Price"


def test_lines_under_the_first_of_an_order_are_of_that_order() -> None:
    found = clean(f"""{ORDER}
        2026-05-04 | P1 | Nord | A1 | 20 | 13
                   |    |      | A2 | 30 | 8
                   | P1 |      | A2 | 30 | 8
                   | P2 |      | A3 |  5 | 1
        2026-05-06 | P3 | Süd  | A2 | 30 | 8
                   |    |      | A2 | 30 | 8
    """, kind="purchases")  # fmt: skip
    nord, sued = ("P1", datetime(2026, 5, 4), "Nord"), ("P3", datetime(2026, 5, 6), "Süd")
    told = [(row["ref"], row["ordered"], row["supplier"]) for row in found.rows.to_pylist()]
    assert told == [nord, nord, nord, sued, sued]
    assert left(found) == [(5, "refused", "no date")]  # of an order of its own, whose day somebody forgot
    assert fixes(found)["continued"][0] == 3


def test_a_day_is_not_made_up_where_the_rule_is_off_or_no_order_is_numbered() -> None:
    order = "2026-05-04 | P1 | Nord | A1 | 20 | 13\n | | | A2 | 30 | 8"
    assert clean(f"{ORDER}\n{order}", kind="purchases", off="continued").counts["refused"] == 1
    assert clean("Date | Code | Qty\n2026-05-04 | A1 | 2\n | A2 | 3").counts["refused"] == 1


def test_every_rule_that_is_shown_is_tested_here() -> None:
    """A new rule gets its test on and off above, and its name here; two are tested with the shop they speak of, in test_again."""
    tested = {"totals", "duplicates", "codes", "no_product", "cancelled", "called_off", "returns", "refunds", "free", "names", "sheets"}
    tested |= {"nothing", "packs", "own_unit", "sections", "other_ids", "continued", "discounts"}
    tested |= {"mended", "combined"}  # in test_codes, test_products
    assert {rule.name for rule in RULES} == tested | {"again", "corrected"}


# -- what cannot be read


def test_a_problem_says_where_what_and_what_would_be_right() -> None:
    bad = table(
        "Date | Item | Qty | Price\n2026-05-04 | A1 | two | 3\n2026-02-31 | A2 | 1 | 3\n2026-05-04 | A3 | 1 | cheap", "till.xlsx", "May"
    )
    cleaned = clean(bad)
    assert cleaned.problems.drop(columns="source").values.tolist() == [
        ["till.xlsx", "May", 2, "Qty", "two", "is no number; the line is not used", "Write a plain number such as 12 or 12.50.", True],
        ["till.xlsx", "May", 3, "Date", "2026-02-31", "is no date; the line is not used", "Write a date such as 2026-05-31.", True],
        ["till.xlsx", "May", 4, "Price", "cheap", "is no number; left empty", "Write a plain number such as 12 or 12.50.", False],
    ]
    assert cleaned.counts == {"used": 1, "joined": 0, "set aside": 0, "refused": 2}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1 | | | 2 | 2026-05-04 | 9 | Ann", "says no item"),
        ("1 | A1 | Pan | | 2026-05-04 | 9 | Ann", "no quantity"),
        ("1 | A1 | Pan | 0 | 2026-05-04 | 9 | Ann", "quantity 0"),
        ("1 | A1 | Pan | two | 2026-05-04 | 9 | Ann", "Quantity cannot be read"),
        ("1 | A1 | Pan | 2 | | 9 | Ann", "no date"),
        ("1 | A1 | Pan | 2 | soon | 9 | Ann", "Date cannot be read"),
        ("1 | A1 | Pan | 2 | 0026-05-04 | 9 | Ann", "Date is no day of trade"),
        ("1 | A1 | Pan | 2 | 2926-05-04 | 9 | Ann", "Date is no day of trade"),
    ],
)
def test_a_line_that_lacks_something_is_refused_with_the_reason_and_kept(line: str, reason: str) -> None:
    cleaned = till("1 | A1 | Pan | 2 | 2026-05-04 | 9 | Ann", line)
    assert left(cleaned) == [(3, "refused", reason)]
    assert list(json.loads(cleaned.left["content"][0].as_py()).values()) == [cell.strip() or None for cell in line.split("|")]
    assert cleaned.problems.row.tolist() == [3]


def test_an_order_without_any_date_is_refused_and_one_with_either_is_used() -> None:
    text = "PO | Item code | Qty | Ordered on | Received on\n1 | A1 | 5 | 2026-05-01 |\n2 | A1 | 5 | | 2026-05-04\n3 | A1 | 5 | |"
    cleaned = clean(text, kind="purchases")
    assert (cleaned.counts["used"], left(cleaned)) == (2, [(4, "refused", "no date")])


def test_a_date_that_reads_both_ways_is_asked_and_the_answer_counts() -> None:
    text = "Date | Item | Qty\n04/05/2026 | A1 | 1"
    (question,) = clean(text).questions
    assert (question.about, question.choices, question.taken) == ("day", ("dmy", "mdy"), "")
    answered = clean(text, day="mdy")
    assert (answered.questions, rows(answered, "day")) == ((), [(date(2026, 4, 5),)])


def test_dates_of_two_columns_are_asked_once_and_answered_once() -> None:
    text = "PO | Item code | Qty | Ordered on | Received on\n1 | A1 | 5 | 04/05/2026 | 06/05/2026"
    (question,) = clean(text, kind="purchases").questions
    answered = clean(text, kind="purchases", said={question.about: "dmy"})
    assert (answered.questions, rows(answered, "ordered", "received")) == ((), [(datetime(2026, 5, 4), datetime(2026, 5, 6))])


def test_one_date_column_says_how_the_file_writes_the_others() -> None:
    text = "PO | Item code | Qty | Ordered on | Received on\n1 | A1 | 5 | 04/05/2026 | 16/05/2026\n2 | A1 | 5 | 06/05/2026 | 17/05/2026"
    assert rows(clean(text, kind="purchases"), "ordered") == [(datetime(2026, 5, 4),), (datetime(2026, 5, 6),)]
    text = "Date | Item | Qty | Paid at\n04/05/2026 | A1 | 1 | 05/16/2026"
    assert rows(clean(text), "day") == [(date(2026, 4, 5),)]


def test_goods_do_not_arrive_before_they_are_ordered() -> None:
    lines = ["1 | A1 | 5 | 08/05/2026 | 03/06/2026", "2 | A1 | 5 | 09/05/2026 | 04/06/2026", "3 | A1 | 5 | 10/06/2026 | 01/07/2026"]
    cleaned = clean("\n".join(["PO | Item code | Qty | Ordered on | Received on", *lines]), kind="purchases")
    assert (cleaned.questions, rows(cleaned, "ordered")[0]) == ((), (datetime(2026, 5, 8),))


def test_a_till_that_goes_from_old_to_new_says_which_number_is_the_day() -> None:
    days = ["10/05/2026", "11/05/2026", "12/05/2026", "01/06/2026", "02/06/2026", "03/06/2026"]
    cleaned = clean("\n".join(["Date | Item | Qty", *(f"{day} | A1 | 1" for day in days)]))
    assert (cleaned.questions, rows(cleaned, "day")[0]) == ((), (date(2026, 5, 10),))


def test_one_column_of_numbers_says_how_the_file_writes_the_others() -> None:
    text = "Date | Item | Qty | Price\n2026-05-04 | A1 | 1,234 | 3.50\n2026-05-04 | A1 | 7 | 3.50"
    assert (clean(text).questions, rows(clean(text), "qty")) == ((), [(-1234,), (-7,)])


def test_numbers_that_read_both_ways_everywhere_are_asked_once() -> None:
    text = "Date | Item | Qty | Price\n2026-05-04 | A1 | 1,234 | 2,500\n2026-05-04 | A1 | 7 | 3"
    (question,) = clean(text).questions
    answered = clean(text, said={question.about: "comma"})
    assert (answered.questions, rows(answered, "qty", "price")[0]) == ((), (Decimal("-1.234"), Decimal("2.5")))


PRICES = "Date | Item | Qty | Price\n2026-05-04 | A1 | 1 | 9.50 EUR\n2026-05-04 | A2 | 1 | 8.00 EUR\n2026-05-04 | A3 | 1 | USD 3.00"


def test_prices_in_another_currency_are_never_mixed_in_silence() -> None:
    cleaned = clean(PRICES)
    assert rows(cleaned, "price") == [(Decimal("9.5"),), (Decimal(8),), (None,)]
    assert cleaned.problems[["value", "problem"]].values.tolist() == [["USD 3.00", "is in another currency; left empty"]]
    (question,) = cleaned.questions
    assert (question.text, question.taken) == ("“Price” has 1 in USD; the others are in EUR. What of them?", "left out")
    assert rows(clean(PRICES, said={question.about: "as written"}), "price")[2] == (Decimal(3),)


def test_prices_that_are_not_in_the_shops_currency_are_asked() -> None:
    mapping = recognising.recognise(table(PRICES), "sales")
    cleaned = cleaning.clean(table(PRICES), mapping, currency="USD")
    assert rows(cleaned, "price") == [(None,), (None,), (Decimal(3),)]
    assert cleaned.questions[0].text == "“Price” has 2 in EUR; the shop's currency is USD. What of them?"


def test_a_time_that_names_its_offset_is_of_the_shops_day() -> None:
    text = "Date | Item | Qty\n2026-05-31T23:30:00Z | A1 | 1"
    mapping = recognising.recognise(table(text), "sales")
    assert rows(cleaning.clean(table(text), mapping), "day") == [(date(2026, 5, 31),)]
    assert rows(cleaning.clean(table(text), mapping, timezone="Europe/Athens"), "day") == [(date(2026, 6, 1),)]


def test_goods_told_by_month_are_good_to_its_last_day() -> None:
    text = (
        "Item code | Lot | On hand | Expiry date\nA1 | L1 | 1 | 09/26\nA2 | L2 | 2 | 02/2028\nA3 | L3 | 3 | 2026-05-04\nA4 | L4 | 4 | 2.27"
    )
    cleaned = clean(text, kind="stock")
    assert rows(cleaned, "expires") == [
        (datetime(2026, 9, 30),), (datetime(2028, 2, 29),), (datetime(2026, 5, 4),), (datetime(2027, 2, 28),)
    ]  # fmt: skip
    alone = recognising.recognise(table(text.replace("02/2028", "11/26").replace("2026-05-04", "1/27")))
    assert (alone.columns["expires"], alone.questions) == ("Expiry date", ())


def test_a_year_that_cannot_be_is_a_problem() -> None:
    text = "Item code | On hand | Expiry date\nA1 | 1 | 2026-05-04\nA2 | 2 | 0026-05-04\nA3 | 3 | 2206-05-04"
    cleaned = clean(text, kind="stock")
    assert (rows(cleaned, "expires")[1:], cleaned.problems.value.tolist()) == ([(None,), (None,)], ["0026-05-04", "2206-05-04"])


# -- accounts

cell = st.sampled_from(["A1", "a1 ", "A2", "POST", "", "7"])
line = st.tuples(
    st.sampled_from(["501", "502", "C501", "", "Total"]), cell, st.sampled_from(["Pan", "", "postage", "damaged"]),
    st.sampled_from(["1", "2", "-1", "-2", "0", "", "x", "1,5"]), st.sampled_from(["2026-05-01", "2026-05-02", "", "31.02.2026"]),
    st.sampled_from(["9", "0", "-1", ""]), st.sampled_from(["Ann", ""]),
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.lists(line, min_size=1, max_size=25), st.sets(st.sampled_from([rule.name for rule in RULES])))
def test_every_line_is_accounted_for_whatever_stands_in_it_and_whatever_is_switched_off(
    lines: list[tuple[str, ...]], off: set[str]
) -> None:
    cleaned = till(*(" | ".join(cells) for cells in lines), off=" ".join(off))
    assert sum(cleaned.counts.values()) == len(lines)
    assert (cleaned.rows.num_rows, cleaned.left.num_rows) == (cleaned.counts["used"], len(lines) - cleaned.counts["used"])
    assert sorted(cleaned.rows["row"].to_pylist() + cleaned.left["row"].to_pylist()) == list(range(2, len(lines) + 2))
    assert -sum(cleaned.rows["qty"].to_pylist()) == cleaned.units["used"]
    written = sum(Decimal(cells[3]) for cells in lines if cells[3] in ("1", "2", "-1", "-2"))
    assert sum(cleaned.units.values()) - written in (0, sum(Decimal("1.5") for cells in lines if cells[3] == "1,5"))


def test_a_program_s_number_is_one_more_code_of_the_item() -> None:
    text = "Product id | SKU | Name\n17 | A1 | Pan\n18 | A2 | Lid"
    assert rows(clean(text, kind="items"), "sku", "barcode") == [("A1", "17"), ("A2", "18")]
    assert rows(clean(text, kind="items", off="other_ids"), "sku", "barcode") == [("A1", None), ("A2", None)]


SECTIONED = """
Code | Name | Price
Drinks |  |
W1 | Water | 1.20
W2 | Cola | 1.80
Snacks |  |
S1 | Crisps | 2.50
Prices hold until May |  |
"""


def test_headings_between_items_are_their_category() -> None:
    found = clean(SECTIONED, kind="items")
    assert rows(found, "sku", "category") == [("W1", "Drinks"), ("W2", "Drinks"), ("S1", "Snacks")]
    assert found.fixes.set_index("rule")["count"]["sections"] == 3
    assert found.counts["set aside"] == 3, "a note at the end is no heading"


def test_headings_are_no_category_where_the_list_has_one_or_the_rule_is_off() -> None:
    assert rows(clean(SECTIONED, kind="items", off="sections"), "category") == [(None,)] * 3
    told = clean("Code | Name | Category\nDrinks | |\nW1 | Water | Cold\nSnacks | |\nS1 | Crisps |", kind="items")
    assert rows(told, "category") == [("Cold",), (None,)]
