"""A file of any dialect becomes tables of text: every cell as written, every line with its number in the sheet."""

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from ims_core import reading
from ims_core.errors import Unreadable
from ims_core.reading import Table


def read(text: str, encoding: str = "utf-8") -> Table:
    """The one table of a text file."""
    (table,) = reading.read("sales.csv", text.encode(encoding))
    return table


def lines(table: Table) -> list[tuple[Any, ...]]:
    """The table's lines, cell by cell."""
    return [tuple(row.values()) for row in table.rows.to_pylist()]


def numbered(table: Table) -> list[tuple[Any, ...]]:
    """The table's lines, each with its row in the sheet before it."""
    return [(row, *line) for row, line in zip(table.row_numbers().to_pylist(), lines(table), strict=True)]


def workbook(**sheets: list[list[Any]]) -> bytes:
    """An Excel file with these rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


# -- text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_separator_and_the_end_of_line_are_found(separator: str, end: str) -> None:
    table = read(end.join(separator.join(row) for row in [("Code", "Name", "Qty"), ("A1", "Pan", "3"), ("A2", "Lid", "4")]))
    assert table.header == ("Code", "Name", "Qty")
    assert lines(table) == [("A1", "Pan", "3"), ("A2", "Lid", "4")]


def test_commas_inside_amounts_do_not_cut_a_file_of_semicolons() -> None:
    assert lines(read("Code;Price;Total\nA1;1,50;3,00\nA2;2,50;5,00\n")) == [("A1", "1,50", "3,00"), ("A2", "2,50", "5,00")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    table = read("Größe,Preis\nfünf – „groß“,3 €\n", encoding)
    assert (table.header, lines(table)) == (("Größe", "Preis"), [("fünf – „groß“", "3 €")])


def test_a_quoted_cell_keeps_its_line_break_its_separator_and_its_quotes() -> None:
    assert lines(read('Code,Name,Qty\nA1,"Pan, 5"" wide\nround",1\nA2,Lid,2\n')) == [("A1", 'Pan, 5" wide\nround', "1"), ("A2", "Lid", "2")]


def test_a_quotation_mark_that_nobody_closes_swallows_nothing() -> None:
    assert lines(read('Code\tName\tQty\n"A1\tPan\t1\nA2\tLid\t2\nA3\tPot\t3\n')) == [
        ('"A1', "Pan", "1"),
        ("A2", "Lid", "2"),
        ("A3", "Pot", "3"),
    ]


def test_the_header_is_found_under_titles_and_blanks_and_lines_keep_their_row() -> None:
    table = read("My shop,,\n\nSales of May,,\n,,\nDate,Code,Qty\n2026-05-01,A,1\n,,\n\n2026-05-02,B,2\n")
    assert (table.header, table.first_row) == (("Date", "Code", "Qty"), 6)
    assert numbered(table) == [(6, "2026-05-01", "A", "1"), (9, "2026-05-02", "B", "2")]


def test_blank_lines_in_a_regular_file_keep_the_rows_true() -> None:
    assert numbered(read("Code,Qty\nA,1\n\n \t,\nB,2\n")) == [(2, "A", "1"), (5, "B", "2")]


def test_lines_too_short_are_filled_and_lines_too_long_are_kept_whole() -> None:
    table = read("Code,Qty\nA\nB,2\nC,3,late,again\n")
    assert table.header == ("Code", "Qty", "Column 3", "Column 4")
    assert lines(table) == [("A", "", "", ""), ("B", "2", "", ""), ("C", "3", "late", "again")]


def test_columns_without_a_name_get_a_number_and_repeated_names_too() -> None:
    assert read("Code,,Qty,qty, Qty \nA,x,1,2,3\n").header == ("Code", "Column 2", "Qty", "qty (2)", "Qty (3)")


def test_control_characters_are_left_out() -> None:
    assert lines(read("Code,Name\nA\x00\x071,Pan\x1b\n")) == [("A1", "Pan")]


# -- workbooks


def test_a_workbooks_cells_become_text_as_a_person_would_write_them() -> None:
    cells = ["0012", 3, 2.5, 1.1 + 2.2, date(2026, 5, 4), datetime(2026, 5, 4, 13, 5), 4006381333931, None, True, " spaced "]
    (table,) = reading.read("stock.xlsx", workbook(Stock=[[f"Name {index}" for index in range(len(cells))], cells]))
    assert lines(table) == [
        ("0012", "3", "2.5", "3.3", "2026-05-04 00:00:00", "2026-05-04 13:05:00", "4006381333931", None, "true", " spaced ")
    ]
    assert table.typed


def test_each_sheet_with_a_table_is_one_and_the_others_are_left_out() -> None:
    rows: list[list[Any]] = [["Code", "Qty"], ["A", 1]]
    tables = reading.read("stock.xlsx", workbook(Shop=rows, Empty=[], Notes=[["Ask Ann"]], Cellar=rows))
    assert [(table.name, table.sheet) for table in tables] == [("stock.xlsx", "Shop"), ("stock.xlsx", "Cellar")]


def test_a_workbooks_rows_are_counted_from_the_top_of_the_sheet() -> None:
    (table,) = reading.read(
        "stock.xlsx", workbook(Stock=[[], [None, "Stock of May"], [], [None, "Code", "Qty"], [None, "A", 1], [], [None, "B", 2]])
    )
    assert (table.header[-2:], table.first_row, table.row_numbers().to_pylist()) == (("Code", "Qty"), 5, [5, 7])


# -- refusals


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("sales.csv", b"", "sales.csv is empty"),
        ("sales.csv", b" \n\r\n ", "sales.csv is empty"),
        ("sales.csv", b"Code,Qty\n", "sales.csv holds no table: there must be a row of column names with lines below it"),
        ("sales.csv", b"1,2\n3,4\n", "sales.csv holds no table"),
        ("stock.xlsx", workbook(Notes=[["Ask Ann"]]), "stock.xlsx holds no table: no sheet has a header row with lines below it"),
        ("wide.csv", b",".join(b"c%d" % n for n in range(1001)) + b"\n1,2\n", "wide.csv has 1,001 columns; at most 1,000 are read"),
    ],
)
def test_what_holds_no_table_is_refused_with_a_sentence(name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        reading.read(name, content)


def test_a_file_above_the_limit_is_refused_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMS_MAX_FILE_MB", "1")
    with pytest.raises(Unreadable, match=r"till.csv has 2 MB; at most 1 MB are read at once. Export it in parts"):
        reading.read("till.csv", b"Code,Qty\n" + b"A,1\n" * 500_000)


def test_a_name_is_only_a_name() -> None:
    assert reading.safe_name("../../etc/x") == "x"
    assert reading.safe_name("C:\\Users\\Ann\\sales.csv") == "sales.csv"
    assert reading.safe_name("a\r\nb\x00.csv") == "ab.csv"
    assert reading.safe_name("..") == "file"
    assert len(reading.safe_name("x" * 5000)) == 200
