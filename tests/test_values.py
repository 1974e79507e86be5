"""How a column writes its numbers is decided by the whole column; what does not fit is never bent until it does."""

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import scratch, values
from ims_core.cells import tidy
from ims_core.values import Style


def numbers(*cells: str, typed: bool = False, quantity: bool = False) -> tuple[Style, list[Decimal | None]]:
    """How the column writes numbers, and the number in each cell."""
    with scratch.pad(sheet=tidy(pa.table({"n": pa.array(cells, pa.string())}))) as pad:
        style = values.number_style(pad, "sheet", "n", typed, quantity)
        return style, [value for (value,) in pad.rows(f"select {values.number('n', style)} from sheet")]


def units(*cells: str) -> list[tuple[Decimal | None, str | None]]:
    """The number and the unit in each cell of a column of quantities."""
    with scratch.pad(sheet=tidy(pa.table({"n": pa.array(cells, pa.string())}))) as pad:
        style = values.number_style(pad, "sheet", "n", quantity=True)
        return pad.rows(f"select {values.number('n', style)}, {values.unit('n', style)} from sheet")


def test_a_column_with_decimal_points_reads() -> None:
    cells = {
        "0.25": "0.25", "1,234.56": "1234.56", "(5)": "-5", "7-": "-7", "-7": "-7", "−7": "-7", "+7": "7", "USD 12.50": "12.50",
        "€ 3": "3", "-€5.00": "-5", "€-5.00": "-5", "($1,200.00)": "-1200", "Fr. 5.50": "5.50", "1'234.50": "1234.50", "007": "7",
        "1 234.50": "1234.50", "1\u00a0234\u00a0567": "1234567", "12,34,567.00": "1234567", ".5": "0.5", "US$5": "5", "$(5.00)": "-5",
        "Rs. 1,00,000.00/-": "100000", "₹1,500/-": "1500", "CHF 1'234.50": "1234.50", "12.50USD": "12.50", "A$ 3.10": "3.10",
        "1.2E+3": "1200", "5e-1": "0.5", "-1.5E2": "-150", "£1,000,000.00": "1000000", "5.-": "5", "CHF 12.–": "12", "inr 3": "3",
        "\u00a012.5\u00a0": "12.5", "USD -12.50": "-12.50", "12.50 kr": "12.50", "1\u202f234.5": "1234.5", "1’234’567.25": "1234567.25",
    }  # fmt: skip
    style, read = numbers(*cells)
    assert (style.name, style.sure) == ("point", True)
    assert dict(zip(cells, read, strict=True)) == {cell: Decimal(value) for cell, value in cells.items()}


def test_a_column_with_decimal_commas_reads() -> None:
    cells = {
        "0,25": "0.25", "1.234,56": "1234.56", "1.234": "1234", "12.345.678": "12345678", "(5,5)": "-5.5", "3,50 €": "3.5", ",5": "0.5",
        "1 234,5": "1234.5", "EUR 7,00-": "-7", "1.234,56 EUR": "1234.56", "12,50 €": "12.5", "R$ 1.234,56": "1234.56", "kr 12,50": "12.5",
        "1'234,50": "1234.5", "12,50 zł": "12.5", "249,90 Kč": "249.9", "5,- €": "5", "12,--": "12", "1\u202f234,56 €": "1234.56",
        "-5,5": "-5.5", "−5,5": "-5.5", "1,5E+2": "150", "12,50 kr.": "12.5", "1.000 Ft": "1000", "99,00 TL": None, "€12,50-": "-12.5",
    }  # fmt: skip
    style, read = numbers(*cells)
    assert (style.name, style.sure) == ("comma", True)
    assert dict(zip(cells, read, strict=True)) == {cell: Decimal(value) if value else None for cell, value in cells.items()}


def test_what_is_no_number_is_not_bent_into_one() -> None:
    cells = [
        "2026-05-04", "5+3", "1-2", "12 50", "(5", "5)", "--5", "1,5", "1.234.567", "12 pcs", "10%", "12 %", "-", "()", "three", "nan",
        "inf", "1e300", "99999999999999999", "5 CR", "5 Dr", "EUR", "$", "1 234 56", "12:30", "#REF!", "1.2.3", "ab12", "12USD34", "€/kg",
        "5,5E", "E5", "1,2345.6",
    ]  # fmt: skip
    read = numbers("12.50", "0.75", "3.25", *cells)[1][3:]
    assert dict(zip(cells, read, strict=True)) == dict.fromkeys(cells)


def test_plain_numbers_are_read_plainly() -> None:
    assert numbers("5", "-3", "2.50", "1.2E+3") == (Style("plain"), [5, -3, Decimal("2.5"), 1200])


def test_one_decisive_cell_settles_what_the_others_mean() -> None:
    assert numbers("1,234", "2,500", "3.5")[1] == [1234, 2500, Decimal("3.5")]
    assert numbers("1,234", "2,500", "3,5")[1] == [Decimal("1.234"), Decimal("2.5"), Decimal("3.5")]
    assert numbers("1.234", "0,125")[1] == [1234, Decimal("0.125")]
    assert numbers("1,234", "USD 3.50")[1] == [1234, Decimal("3.5")]
    assert numbers("1,234", "1,00,000")[1] == [1234, 100000]


def test_1_234_alone_is_asked() -> None:
    assert not numbers("1,234", "2,500", "7")[0].sure
    assert not numbers("1.234", "2.500", "7")[0].sure
    assert not numbers("EUR 1,234", "7")[0].sure


def test_1_234_among_points_and_commas_is_asked() -> None:
    assert not numbers("1,234", "2.50", "3,50")[0].sure


def test_one_slip_of_the_keyboard_makes_no_question() -> None:
    style, read = numbers("1,234", *(f"{n}.50" for n in range(40)), "3,50")
    assert style.sure
    assert [read[0], read[-1]] == [1234, None]


def test_a_workbooks_own_number_is_not_asked() -> None:
    assert numbers("1.234", "2.5", typed=True) == (Style("plain"), [Decimal("1.234"), Decimal("2.5")])


@pytest.mark.parametrize("nothing", ["-", "–", "n/a", "N/A", "none", "k.A.", "#N/A", "null", " - "])
def test_what_says_that_there_is_nothing_is_no_number_and_no_slip(nothing: str) -> None:
    assert numbers("5", nothing, "7.5") == (Style("plain"), [5, None, Decimal("7.5")])
    with scratch.pad(sheet=tidy(pa.table({"n": [nothing, "12"]}))) as pad:
        assert pad.rows(f"select {values.cell('n')}, {values.cell('n', blanks=False)} from sheet") == [
            (None, nothing.strip()),
            ("12", "12"),
        ]


# -- money


def test_the_currencies_of_a_column_are_counted_whatever_they_are_written_as() -> None:
    assert numbers("12,50 €", "EUR 3", "4,00 euros", "USD 5", "7")[0].money == (("EUR", 3), ("USD", 1))


def test_prices_of_another_currency_are_not_taken() -> None:
    cells = ("12.50", "€ 3.10", "USD 5.00", "$4.20")
    with scratch.pad(sheet=tidy(pa.table({"n": cells}))) as pad:
        told = pad.rows(f"select {values.number('n', Style('point', only=('EUR',)))} from sheet")
    assert [value for (value,) in told] == [Decimal("12.5"), Decimal("3.1"), None, None]


@pytest.mark.parametrize(("told", "ours", "same"), [
    ("EUR", "€", True), ("$", "USD", True), ("$", "CAD", True), ("US$", "CAD", False), ("KR", "SEK", True), ("GBP", "€", False),
    ("Rs", "INR", True), ("$", "€", False), ("CHF", "Fr.", True),
])  # fmt: skip
def test_a_sign_may_be_the_shops_currency(told: str, ours: str, same: bool) -> None:
    assert values.same_currency(told, ours) == same


# -- quantities with their unit


def test_a_unit_behind_a_quantity_is_kept() -> None:
    cells = {
        "3 pcs": ("3", "pcs"), "2 Stk.": ("2", "Stk."), "1.5 kg": ("1.5", "kg"), "12": ("12", None), "1,200 g": ("1200", "g"),
        "500ml": ("500", "ml"), "-2 box": ("-2", "box"), "10 fl oz": ("10", "fl oz"), "2 boxes of 24 ct": ("2", "boxes of 24 ct"),
        "1e3": ("1000", None), "3 ft": ("3", "ft"), "6x500 ml": ("6", "x500 ml"),
    }  # fmt: skip
    assert dict(zip(cells, units(*cells), strict=True)) == {cell: (Decimal(n), unit) for cell, (n, unit) in cells.items()}


def test_a_unit_with_a_decimal_comma_is_kept() -> None:
    assert units("1,5 kg", "0,25 kg") == [(Decimal("1.5"), "kg"), (Decimal("0.25"), "kg")]


def test_money_is_no_quantity() -> None:
    assert [number for number, _ in units("3 pcs", "$5")] == [3, None]


def test_days_may_say_that_they_are_days() -> None:
    cells = {
        "7": 7,
        "7 days": 7,
        "14 Tage": 14,
        "2 weeks": 14,
        "1,5 Wochen": Decimal("10.5"),
        "3 días": 3,
        "10d": 10,
        "2-3 days": None,
        "soon": None,
        "1000000000": None,
        "-3": None,
    }
    with scratch.pad(sheet=tidy(pa.table({"n": list(cells)}))) as pad:
        style = values.number_style(pad, "sheet", "n")
        told = [value for (value,) in pad.rows(f"select {values.days('n', style)} from sheet")]
    assert dict(zip(cells, told, strict=True)) == cells


# -- any way of writing comes back the same

POINT: Callable[[Decimal], str] = "{:,f}".format


def lakhs(n: Decimal) -> str:
    """Thousands as India marks them: the last three, then two by two."""
    whole, _, cents = f"{abs(n):.3f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return ("-" if n < 0 else "") + ",".join([*pairs, tail]) + "." + cents


WAYS: dict[str, tuple[str, Callable[[Decimal], str]]] = {
    "English": ("0.25", POINT),
    "English, in brackets when negative": ("0.25", lambda n: f"({POINT(-n)})" if n < 0 else POINT(n)),
    "American dollars": ("$0.25", lambda n: f"(${POINT(-n)})" if n < 0 else f"${POINT(n)}"),
    "German": ("0,25", lambda n: POINT(n).translate(str.maketrans(",.", ".,"))),
    "German, sign behind": ("0,25", lambda n: POINT(abs(n)).translate(str.maketrans(",.", ".,")) + "-" * (n < 0)),
    "German euros": ("0,25 EUR", lambda n: POINT(n).translate(str.maketrans(",.", ".,")) + " EUR"),
    "French": ("0,25", lambda n: POINT(n).replace(",", "\u202f").replace(".", ",") + " €"),
    "Swiss": ("0.25", lambda n: "CHF " + POINT(n).replace(",", "’")),
    "Brazilian": ("R$ 0,25", lambda n: "R$ " + POINT(n).translate(str.maketrans(",.", ".,"))),
    "Indian": ("0.25", lambda n: "Rs. " + lakhs(n)),
    "bare": ("0.25", "{:f}".format),
}


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.decimals(-(10**9), 10**9, places=3) | st.integers(-(10**9), 10**9).map(Decimal), min_size=1), st.sampled_from(list(WAYS))
)
def test_numbers_written_in_any_way_come_back_the_same(amounts: list[Decimal], way: str) -> None:
    decisive, write = WAYS[way]
    style, read = numbers(decisive, *map(write, amounts))
    assert (style.sure, read[1:]) == (True, amounts)
