"""How a column writes its numbers and dates is decided by the whole column; what does not fit is never bent until it does."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import scratch, values
from ims_core.values import Style


def numbers(*cells: str, typed: bool = False) -> tuple[Style, list[Decimal | None]]:
    """How the column writes numbers, and the number in each cell."""
    with scratch.pad(sheet=pa.table({"n": pa.array(cells, pa.string())})) as pad:
        style = values.number_style(pad, "sheet", "n", typed)
        return style, [value for (value,) in pad.rows(f"select {values.number('n', style)} from sheet")]


def dates(*cells: str, told: str | None = None) -> tuple[Style, list[datetime | None]]:
    """How the column writes dates, and the moment in each cell."""
    with scratch.pad(sheet=pa.table({"d": pa.array(cells, pa.string())})) as pad:
        style = Style(told) if told else values.date_style(pad, "sheet", "d")
        return style, [value for (value,) in pad.rows(f"select {values.moment('d', style)} from sheet")]


# -- numbers


def test_a_column_with_decimal_points_reads() -> None:
    cells = {
        "0.25": "0.25", "1,234.56": "1234.56", "(5)": "-5", "7-": "-7", "-7": "-7", "−7": "-7", "+7": "7", "USD 12.50": "12.50",
        "€ 3": "3", "-€5.00": "-5", "€-5.00": "-5", "($1,200.00)": "-1200", "Fr. 5.50": "5.50", "1'234.50": "1234.50", "007": "7",
        "1 234.50": "1234.50", "1\u00a0234\u00a0567": "1234567", "12,34,567.00": "1234567", ".5": "0.5",
    }  # fmt: skip
    assert numbers(*cells) == (Style("point"), [Decimal(value) for value in cells.values()])


def test_a_column_with_decimal_commas_reads() -> None:
    cells = {
        "0,25": "0.25", "1.234,56": "1234.56", "1.234": "1234", "12.345.678": "12345678", "(5,5)": "-5.5", "3,50 €": "3.5", ",5": "0.5",
        "1 234,5": "1234.5", "EUR 7,00-": "-7",
    }  # fmt: skip
    assert numbers(*cells) == (Style("comma"), [Decimal(value) for value in cells.values()])


def test_what_is_no_number_is_not_bent_into_one() -> None:
    cells = [
        "2026-05-04", "5+3", "1-2", "12 50", "(5", "5)", "--5", "5.-", "1,5", "1.234.567", "12 pcs", "10%", "-", "()", "three", "nan",
        "inf", "1e300", "99999999999999999",
    ]  # fmt: skip
    assert numbers("12.50", "0.75", "3.25", *cells)[1][1:] == [Decimal("0.75"), Decimal("3.25")] + [None] * len(cells)


def test_plain_numbers_are_read_plainly() -> None:
    assert numbers("5", "-3", "2.50") == (Style("plain"), [5, -3, Decimal("2.5")])


def test_one_decisive_cell_settles_what_the_others_mean() -> None:
    assert numbers("1,234", "2,500", "3.5")[1] == [1234, 2500, Decimal("3.5")]
    assert numbers("1,234", "2,500", "3,5")[1] == [Decimal("1.234"), Decimal("2.5"), Decimal("3.5")]
    assert numbers("1.234", "0,125")[1] == [1234, Decimal("0.125")]


def test_1_234_alone_is_asked() -> None:
    assert not numbers("1,234", "2,500", "7")[0].sure
    assert not numbers("1.234", "2.500", "7")[0].sure


def test_a_workbooks_own_number_is_not_asked() -> None:
    assert numbers("1.234", "2.5", typed=True) == (Style("plain"), [Decimal("1.234"), Decimal("2.5")])


POINT: Callable[[Decimal], str] = "{:,f}".format
WAYS: dict[str, tuple[str, Callable[[Decimal], str]]] = {
    "English": ("0.25", POINT),
    "English, in brackets when negative": ("0.25", lambda n: f"({POINT(-n)})" if n < 0 else POINT(n)),
    "German": ("0,25", lambda n: POINT(n).translate(str.maketrans(",.", ".,"))),
    "German, sign behind": ("0,25", lambda n: POINT(abs(n)).translate(str.maketrans(",.", ".,")) + "-" * (n < 0)),
    "French": ("0,25", lambda n: POINT(n).replace(",", "\u202f").replace(".", ",") + " €"),
    "Swiss": ("0.25", lambda n: "CHF " + POINT(n).replace(",", "’")),
    "bare": ("0.25", "{:f}".format),
}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.decimals(-(10**9), 10**9, places=3) | st.integers(-(10**9), 10**9).map(Decimal), min_size=1), st.sampled_from(list(WAYS))
)
def test_numbers_written_in_any_way_come_back_the_same(amounts: list[Decimal], way: str) -> None:
    decisive, write = WAYS[way]
    style, read = numbers(decisive, *map(write, amounts))
    assert (style.sure, read[1:]) == (True, amounts)


# -- dates


def test_a_column_of_dates_beginning_with_the_year_reads() -> None:
    cells = {
        "2026-05-01": datetime(2026, 5, 1), "2026-05-04 14:05:30": datetime(2026, 5, 4, 14, 5, 30), "2026/5/4": datetime(2026, 5, 4),
        "2026.05.04": datetime(2026, 5, 4), "2026-05-04T00:30:00+02:00": datetime(2026, 5, 4, 0, 30), "2026-02-31": None,
        "04/05/2026": None,
    }  # fmt: skip
    assert dates(*cells) == (Style("iso"), list(cells.values()))


def test_a_column_of_dates_beginning_with_the_day_reads() -> None:
    cells = {
        "13/05/2026": datetime(2026, 5, 13), "04.05.2026": datetime(2026, 5, 4), "4/5/26": datetime(2026, 5, 4), "31.02.2026": None,
        "4-5-2026 14:05": datetime(2026, 5, 4, 14, 5), "5/32/2026": None, "2026-05-04": None, "soon": None,
    }  # fmt: skip
    assert dates(*cells) == (Style("dmy"), list(cells.values()))


def test_a_column_of_dates_beginning_with_the_month_reads() -> None:
    cells = {
        "05/13/2026": datetime(2026, 5, 13), "05/04/2026": datetime(2026, 5, 4), "5/4/26 12:15 AM": datetime(2026, 5, 4, 0, 15),
        "5/4/26 1:15 pm": datetime(2026, 5, 4, 13, 15), "5/4/26 12:15 PM": datetime(2026, 5, 4, 12, 15),
        "5/4/26 13:15 PM": datetime(2026, 5, 4, 13, 15), "2/30/2026": None,
    }  # fmt: skip
    assert dates(*cells) == (Style("mdy"), list(cells.values()))


def test_dates_that_all_read_both_ways_are_asked() -> None:
    assert not dates("04/05/2026", "01/12/2026")[0].sure


def test_dates_of_which_some_read_one_way_and_some_the_other_are_asked() -> None:
    assert not dates("13/05/2026", "05/13/2026", "04/05/2026")[0].sure


def test_a_date_that_exists_in_no_calendar_decides_nothing() -> None:
    assert dates("13/05/2026", "31/13/2026") == (Style("dmy"), [datetime(2026, 5, 13), None])


def test_dates_with_dots_begin_with_the_day() -> None:
    assert dates("04.05.2026") == (Style("dmy"), [datetime(2026, 5, 4)])


def test_an_answer_decides() -> None:
    assert dates("04/05/2026", told="mdy")[1] == [datetime(2026, 4, 5)]
    assert dates("04/05/2026", told="dmy")[1] == [datetime(2026, 5, 4)]


def test_written_dates_read() -> None:
    cells = ["4 May 2026", "4-May-26", "4 may 26", "May 4, 2026", "4. May 2026", "Mon 4 May 2026", "20260504"]
    assert dates(*cells, "31 Feb 2026")[1] == [datetime(2026, 5, 4)] * len(cells) + [None]


def test_days_as_excel_counts_them_read_to_the_second() -> None:
    read = dates("46146", "46146.5", "46146.999988426", "46147", "1e300", "nan", "12")[1]
    assert read == [
        datetime(2026, 5, 4),
        datetime(2026, 5, 4, 12),
        datetime(2026, 5, 4, 23, 59, 59),
        datetime(2026, 5, 5),
        None,
        None,
        None,
    ]


DATE_WAYS = {"%Y-%m-%d": date(2026, 5, 31), "%d/%m/%Y": date(2026, 5, 31), "%m/%d/%Y": date(2026, 5, 31), "%d.%m.%y": date(2026, 5, 31)}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.dates(date(2000, 1, 1), date(2068, 12, 31)), min_size=1), st.sampled_from(list(DATE_WAYS)))
def test_dates_written_in_any_way_come_back_the_same(days: list[date], way: str) -> None:
    style, read = dates(*(day.strftime(way) for day in [DATE_WAYS[way], *days]))
    assert (style.sure, [moment.date() if moment else None for moment in read[1:]]) == (True, days)
