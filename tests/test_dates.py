"""Which number of a date is the day is decided by the whole column and the file; what exists in no calendar is no date."""

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import captions, dates, scratch
from ims_core.cells import tidy
from ims_core.values import Style


def read(*cells: str, told: str | None = None, timezone: str | None = None) -> tuple[Style, list[datetime | None]]:
    """How the column writes dates, and the moment in each cell."""
    with scratch.pad(sheet=tidy(pa.table({"d": pa.array(cells, pa.string())}))) as pad:
        style = Style(told) if told else dates.style(pad, "sheet", "d")
        return style, [value for (value,) in pad.rows(f"select {dates.moment('d', style, timezone)} from sheet")]


# -- dates


def days(*cells: str, told: str | None = None, timezone: str | None = None) -> dict[str, datetime | None]:
    """Each cell and its moment."""
    return dict(zip(cells, read(*cells, told=told, timezone=timezone)[1], strict=True))


def test_a_column_of_dates_beginning_with_the_year_reads() -> None:
    cells = {
        "2026-05-01": datetime(2026, 5, 1), "2026-05-04 14:05:30": datetime(2026, 5, 4, 14, 5, 30), "2026/5/4": datetime(2026, 5, 4),
        "2026.05.04": datetime(2026, 5, 4), "2026-05-04T00:30:00+02:00": datetime(2026, 5, 4, 0, 30), "2026-02-31": None,
        "04/05/2026": None, "2026-05-04 02:30 PM": datetime(2026, 5, 4, 14, 30), "2026-05-04 12:15 am": datetime(2026, 5, 4, 0, 15),
    }  # fmt: skip
    assert days(*cells) == cells


def test_a_column_of_dates_beginning_with_the_day_reads() -> None:
    cells = {
        "13/05/2026": datetime(2026, 5, 13), "04.05.2026": datetime(2026, 5, 4), "4/5/26": datetime(2026, 5, 4), "31.02.2026": None,
        "4-5-2026 14:05": datetime(2026, 5, 4, 14, 5), "5/32/2026": None, "soon": None, "4/5/99": datetime(1999, 5, 4),
        "Mon 04/05/2026": datetime(2026, 5, 4), "Mo., 04.05.2026": datetime(2026, 5, 4),
        "04.05.2026 10.30 Uhr": datetime(2026, 5, 4, 10, 30),
        "04/05/2026 14h05": datetime(2026, 5, 4, 14, 5), "04/05/2026, 14:05:59": datetime(2026, 5, 4, 14, 5, 59), "4/5/226": None,
    }  # fmt: skip
    assert (read(*cells)[0].name, days(*cells)) == ("dmy", cells)


def test_a_column_of_dates_beginning_with_the_month_reads() -> None:
    cells = {
        "05/13/2026": datetime(2026, 5, 13), "05/04/2026": datetime(2026, 5, 4), "5/4/26 12:15 AM": datetime(2026, 5, 4, 0, 15),
        "5/4/26 1:15 pm": datetime(2026, 5, 4, 13, 15), "5/4/26 12:15 PM": datetime(2026, 5, 4, 12, 15),
        "5/4/26 13:15 PM": datetime(2026, 5, 4, 13, 15), "2/30/2026": None, "5/4/2026, 1:15:20 p.m.": datetime(2026, 5, 4, 13, 15, 20),
    }  # fmt: skip
    assert (read(*cells)[0].name, days(*cells)) == ("mdy", cells)


def test_two_digits_first_are_the_year_where_they_hardly_change() -> None:
    cells = {
        "26/05/29": datetime(2026, 5, 29),
        "26/05/30": datetime(2026, 5, 30),
        "26/06/01": datetime(2026, 6, 1),
        "26/06/13": datetime(2026, 6, 13),
    }
    assert (read(*cells)[0], days(*cells)) == (Style("ymd"), cells)


def test_what_reads_one_way_only_is_read_beside_other_ways() -> None:
    cells = {
        "13/05/2026": datetime(2026, 5, 13), "04/05/2026": datetime(2026, 5, 4), "2026-05-06": datetime(2026, 5, 6),
        "4 May 2026": datetime(2026, 5, 4), "46146": datetime(2026, 5, 4),
    }  # fmt: skip
    assert (read(*cells)[0].name, days(*cells)) == ("dmy", cells)


def test_a_lonely_number_among_dates_is_no_date() -> None:
    cells = [f"{day}/05/2026" for day in range(1, 31)]
    assert read(*cells, "46146")[1][-1] is None


def test_a_few_dates_that_read_both_ways_are_problems_and_no_question() -> None:
    style, told = read("2026-05-04", "2026-05-05", "2026-05-06", "04/05/2026")
    assert (style.sure, told[-1]) == (True, None)


def test_dates_that_all_read_both_ways_are_asked() -> None:
    assert not read("04/05/2026", "01/12/2026")[0].sure


def test_dates_of_which_some_read_one_way_and_some_the_other_are_asked() -> None:
    assert not read("13/05/2026", "05/13/2026", "04/05/2026")[0].sure


def test_a_date_that_exists_in_no_calendar_decides_nothing() -> None:
    assert read("13/05/2026", "31/13/2026") == (Style("dmy"), [datetime(2026, 5, 13), None])


def test_dates_with_dots_begin_with_the_day() -> None:
    assert read("04.05.2026") == (Style("dmy"), [datetime(2026, 5, 4)])


def test_an_answer_decides() -> None:
    assert read("04/05/2026", told="mdy")[1] == [datetime(2026, 4, 5)]
    assert read("04/05/2026", told="dmy")[1] == [datetime(2026, 5, 4)]


MAY_4 = datetime(2026, 5, 4)


@pytest.mark.parametrize("cell", [
    "4 May 2026", "4-May-26", "4 may 26", "May 4, 2026", "4. May 2026", "Mon 4 May 2026", "20260504", "4th of May 2026", "May 4th, 2026",
    "4 de mayo de 2026", "4 mayo 2026", "lunes, 4 de mayo de 2026", "4 mai 2026", "le 4 mai 2026", "lundi 4 mai 2026", "4. Mai 2026",
    "Montag, 4. Mai 2026", "4 maggio 2026", "lunedì 4 maggio 2026", "4 mag 2026", "4 de maio de 2026", "04/mai/2026", "4-mai-26",
    "2026-May-04", "04MAY2026", "20260504 00:00", "Monday, May 4, 2026", "Mon May  4 00:00:00 2026", "Mon May 4 00:00:00 UTC 2026",
])  # fmt: skip
def test_written_dates_read_in_six_languages(cell: str) -> None:
    assert read(cell)[1] == [MAY_4]


@pytest.mark.parametrize(("number", "names"), [
    (1, "January Jan enero ene janvier janv. Januar Jänner gennaio gen janeiro"),
    (2, "Feb febrero février févr. Februar febbraio fevereiro"),
    (3, "March Mar marzo mars März Mrz março"), (4, "April abril abr avril avr. aprile"), (6, "June junio juin Juni giugno junho"),
    (7, "July julio juillet juil. Juli luglio lug julho"), (8, "August agosto août Aug ago"),
    (9, "September Sept septiembre septembre settembre setembro set"), (10, "October octubre octobre Oktober Okt ottobre outubro out"),
    (11, "November noviembre novembre novembro"), (12, "December diciembre décembre Dezember Dez dicembre dezembro dic"),
])  # fmt: skip
def test_the_months_have_their_names_in_six_languages(number: int, names: str) -> None:
    cells = [f"4 {name} 2026" for name in names.split()]
    assert read(*cells)[1] == [datetime(2026, number, 4)] * len(cells)


def test_written_dates_have_hours() -> None:
    cells = {
        "4 May 2026 14:05": datetime(2026, 5, 4, 14, 5), "May 4, 2026 2:05 PM": datetime(2026, 5, 4, 14, 5),
        "May 4, 2026 at 12:05 a.m.": datetime(2026, 5, 4, 0, 5), "31 Feb 2026": None, "20260504 14:05": datetime(2026, 5, 4, 14, 5),
        "202605041405": datetime(2026, 5, 4, 14, 5), "20260504T140530": datetime(2026, 5, 4, 14, 5, 30), "4 May": None, "20261345": None,
    }  # fmt: skip
    assert days(*cells) == cells


def test_weeks_are_their_monday_and_months_their_first_day() -> None:
    cells = {
        "2026-W12": datetime(2026, 3, 16), "Week 12 2026": datetime(2026, 3, 16), "KW 12/2026": datetime(2026, 3, 16),
        "W53 2026": datetime(2026, 12, 28),
        "W53 2025": None, "Week 1, 2027": datetime(2027, 1, 4), "Semana 2 2026": datetime(2026, 1, 5), "Week 12": None,
    }  # fmt: skip
    assert days(*cells) == cells
    months = {
        "2026-05": datetime(2026, 5, 1),
        "May 2026": datetime(2026, 5, 1),
        "06/2026": datetime(2026, 6, 1),
        "mai 2026": datetime(2026, 5, 1),
        "13/2026": None,
    }
    assert days(*months) == months
    assert days("202605", "202606") == {"202605": datetime(2026, 5, 1), "202606": datetime(2026, 6, 1)}


def test_seconds_and_milliseconds_since_1970_read() -> None:
    assert days("1780000000") == {"1780000000": datetime(2026, 5, 28, 20, 26, 40)}
    assert days("1780000000000") == {"1780000000000": datetime(2026, 5, 28, 20, 26, 40)}
    assert days("1780000000", timezone="Europe/Athens") == {"1780000000": datetime(2026, 5, 28, 23, 26, 40)}


def test_times_that_name_their_offset_become_the_shops_wall_time() -> None:
    cells = {
        "2026-05-31T10:00:00+02:00": datetime(2026, 5, 31, 10), "2026-05-31T23:30:00Z": datetime(2026, 6, 1, 1, 30),
        "2026-05-31 10:00:00 -0400": datetime(2026, 5, 31, 16), "2026-05-31 10:00:00 UTC": datetime(2026, 5, 31, 12),
        "2026-05-31 10:00:00 +0000 UTC": datetime(2026, 5, 31, 12), "2026-12-31T10:00:00.500Z": datetime(2026, 12, 31, 11, 0, 0, 500000),
        "2026-05-31 10:00:00": datetime(2026, 5, 31, 10),
    }  # fmt: skip
    assert days(*cells, timezone="Europe/Berlin") == cells


def test_without_a_time_zone_they_stay_as_written() -> None:
    cells = ("2026-05-31T10:00:00+02:00", "2026-05-31T10:00:00Z", "2026-05-31 10:00:00 -0400", "2026-05-31 10:00:00 +0000 UTC")
    assert set(days(*cells).values()) == {datetime(2026, 5, 31, 10)}


def test_days_as_excel_counts_them_read_to_the_second() -> None:
    told = read("46146", "46146.5", "46146.999988426", "46147", "1e300", "nan", "12")[1]
    assert told == [MAY_4, datetime(2026, 5, 4, 12), datetime(2026, 5, 4, 23, 59, 59), datetime(2026, 5, 5), None, None, None]
    assert read("44684", told="serial1904")[1] == [MAY_4]


DATE_WAYS = {"%Y-%m-%d": date(2026, 5, 31), "%d/%m/%Y": date(2026, 5, 31), "%m/%d/%Y": date(2026, 5, 31), "%d.%m.%y": date(2026, 5, 31),
             "%d %b %Y": date(2026, 5, 31), "%B %d, %Y": date(2026, 5, 31), "%Y%m%d": date(2026, 5, 31), "%a %d/%m/%Y": date(2026, 5, 31)}  # fmt: skip  # noqa: E501


@settings(max_examples=15, deadline=None)
@given(st.lists(st.dates(date(2000, 1, 1), date(2068, 12, 31)), min_size=1), st.sampled_from(list(DATE_WAYS)))
def test_dates_written_in_any_way_come_back_the_same(days: list[date], way: str) -> None:
    style, told = read(*(day.strftime(way) for day in [DATE_WAYS[way], *days]))
    assert (style.sure, [moment.date() if moment else None for moment in told[1:]]) == (True, days)


@pytest.mark.parametrize(
    ("caption", "told"),
    [
        ("Stock 30.09.2026", date(2026, 9, 30)),
        ("Our shop | Bestand per 30.09.2026", date(2026, 9, 30)),
        ("Inventory as of 2026-09-30", date(2026, 9, 30)),
        ("Last inventory: 31.12.2025", date(2026, 10, 31)),
        ("Price list valid from 01.01.2026", date(2026, 10, 31)),
        ("Inventory of 31/10/2026 printed 2026-11-20", date(2026, 10, 31)),
        ("Stock 2026-09-01 - 2026-09-30", date(2026, 10, 31)),
    ],
)
def test_the_day_above_a_table_is_that_of_its_count_where_it_says_so(caption: str, told: date) -> None:
    assert captions.day_told(caption, None, "stock 2026-10-31.csv") == told
