"""A file of any dialect becomes tables of text: every cell as written, every line with its number in the sheet."""

import gzip
import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from ims_core import importing, imports, people, reading
from ims_core.errors import Unreadable
from ims_core.reading import Table
from tests.builders import empty_shop


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac-roman"])
def test_the_encoding_is_found(encoding: str) -> None:
    table = read("Größe,Preis\nfünf – „groß“,3 €\n", encoding)
    assert (table.header, lines(table)) == (("Größe", "Preis"), [("fünf – „groß“", "3 €")])


def test_a_quoted_cell_keeps_its_line_break_its_separator_and_its_quotes() -> None:
    assert lines(read('Code,Name,Qty\nA1,"Pan, 5"" wide\nround",1\nA2,Lid,2\n')) == [("A1", 'Pan, 5" wide\nround', "1"), ("A2", "Lid", "2")]


def test_a_quotation_mark_that_nobody_closes_swallows_nothing() -> None:
    assert lines(read('Code\tName\tQty\n"A1\tPan\t1\nA2\tLid\t2\nA3\tPot\t3\n')) == [
        ("A1", "Pan", "1"),
        ("A2", "Lid", "2"),
        ("A3", "Pot", "3"),
    ]


def test_a_quotation_mark_that_nobody_closes_is_no_part_of_a_code() -> None:
    found = read('Code\tName\n"K-7\tKettle\nL-1\tPan\nL-2\tPan "small"\nL-3\t"Lid"\n')
    assert lines(found) == [("K-7", "Kettle"), ("L-1", "Pan"), ("L-2", 'Pan "small"'), ("L-3", "Lid")]


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


def test_letters_of_dos_and_of_another_script_are_read_and_told() -> None:
    dos = read("Código,Nombre\nA1,Piñón de cañón añejo\nB2,Jamón\n", "cp850")
    assert (dos.header, lines(dos)[0]) == (("Código", "Nombre"), ("A1", "Piñón de cañón añejo"))
    assert dos.remarks == ("Its letters are most likely written as cp850 and were read so.",)
    script = read("Артикул,Название,Количество\nA1,Чайник электрический красный,3\nB2,Кастрюля большая,4\n", "cp1251")
    assert script.header == ("Артикул", "Название", "Количество")


def test_letters_spoilt_by_another_program_are_mended_and_that_is_said() -> None:
    table = read("CÃ³digo,Nombre,Precio\nA1,CafÃ© â€œextraâ€\u009d,3 â‚¬\nB2,Année à Älvsjö,«CAFÉ» 4 €\n")
    assert table.header == ("Código", "Nombre", "Precio")
    assert lines(table) == [("A1", "Café “extra”", "3 €"), ("B2", "Année à Älvsjö", "«CAFÉ» 4 €")]
    (remark,) = table.remarks
    assert remark == "3 cells have letters that another program spoilt; they were mended: “CÃ³digo” was read as “Código”."


def test_lost_letters_are_told() -> None:
    assert read("Code,Name\nA1,Caf\ufffd\n").remarks == ("1 letters are lost (\ufffd). Export it again as UTF-8 to have them.",)


def test_the_separator_that_excel_tells_is_taken_and_the_rows_stay_true() -> None:
    assert numbered(read("sep=|\nCode|Name\nA1|Pan, red; large\n")) == [(3, "A1", "Pan, red; large")]


def test_cells_in_single_quotes_are_read_and_apostrophes_stay() -> None:
    assert lines(read("'Code';'Name'\n'A1';'Pan; red'\n'B2';'Lid'\n")) == [("A1", "Pan; red"), ("B2", "Lid")]
    assert lines(read("Code,Name\nA1,Ann's pan\nB2,'t Hoen\n")) == [("A1", "Ann's pan"), ("B2", "'t Hoen")]


def test_codes_written_as_formulas_to_keep_their_zeros_are_the_codes() -> None:
    assert lines(read('Code,Name\n="0012",Pan\n="0013",Lid\n')) == [("0012", "Pan"), ("0013", "Lid")]


def test_columns_aligned_by_blanks_are_cut_where_they_begin() -> None:
    text = (
        "Stock of May\n\nCode    Name of item      Qty   Price\n------  ----------------  ---  ------\n"
        "A1      Pan, large          3    1.50\nB2      Lid for the pan    14   12.50\nC3      Pot                 5    9.00\n"
    )
    table = read(text)
    assert (table.title, table.header) == ("Stock of May", ("Code", "Name of item", "Qty", "Price"))
    assert numbered(table)[:2] == [(5, "A1", "Pan, large", "3", "1.50"), (6, "B2", "Lid for the pan", "14", "12.50")]


def test_separators_at_the_ends_of_lines_make_no_column() -> None:
    assert read("Code,Qty,\nA1,3,\nB2,4,\n").header == ("Code", "Qty")
    assert read("Code,Qty\nA1,3,\nB2,4,\n").header == ("Code", "Qty")
    table = read("| Code | Qty |\n|------|-----|\n| A1 | 3 |\n| B2 | 4 |\n")
    assert [cell.strip() for cell in table.header] == ["Code", "Qty"]


def test_lines_that_are_too_long_are_told() -> None:
    table = read("Code,Qty\nA1,3\nB2,4,5\nC3,5\nD4,1\n")
    assert table.remarks == ("Row 3 has more cells than there are column names: look whether its cells have moved.",)


# -- other ways to save a table


def test_a_web_page_saved_as_xls_is_read() -> None:
    page = """<html><head><style>td {color: red}</style></head><body><table><tr><td>menu</td></tr></table>
    <table><tr><th>Code</th><th colspan=2>Stock</th></tr><tr><td></td><td>Shop</td><td>Cellar</td></tr>
    <tr><td>A1</td><td>3</td><td>1&nbsp;000<tr><td>B&amp;2<td>4<td>5</table></body></html>"""
    (table,) = reading.read("export.xls", page.encode())
    assert (table.header, lines(table)) == (("Code", "Stock Shop", "Stock Cellar"), [("A1", "3", "1 000"), ("B&2", "4", "5")])


def test_excels_xml_of_2003_is_read() -> None:
    cell = '<Cell{1}><Data ss:Type="{2}">{0}</Data></Cell>'
    head = "".join(cell.format(name, "", "String") for name in ("Code", "Day", "Qty"))
    line = cell.format("A1", "", "String") + cell.format("2026-05-04T00:00:00.000", "", "DateTime") + cell.format("3", "", "Number")
    book = f"""<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
    xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Till"><Table><Row ss:Index="3">{head}</Row><Row>{line}</Row>
    <Row ss:Index="7">{cell.format("B2", "", "String")}{cell.format("4", ' ss:Index="3"', "Number")}</Row></Table></Worksheet></Workbook>"""
    (table,) = reading.read("till.xls", book.encode())
    assert (table.sheet, table.typed, table.header) == ("Till", True, ("Code", "Day", "Qty"))
    assert numbered(table) == [(4, "A1", "2026-05-04 00:00:00", "3"), (7, "B2", "", "4")]


def test_an_archive_is_as_good_as_the_files_in_it() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("exports/may.csv", "Code,Qty\nA1,3\n")
        archive.writestr("exports/stock.xlsx", workbook(Shop=[["Code", "Qty"], ["B2", 4]]))
        archive.writestr("exports/read me.pdf", "%PDF-1.7")
        archive.writestr("__MACOSX/._may.csv", "rubbish")
    tables = reading.read("all.zip", packed.getvalue())
    assert [(table.name, lines(table)) for table in tables] == [("may.csv", [("A1", "3")]), ("stock.xlsx", [("B2", "4")])]
    assert tables[0].remarks == ("read me.pdf is a PDF, whatever its name says. Drop the spreadsheet or csv file it was made from.",)
    (unzipped,) = reading.read("may.csv.gz", gzip.compress(b"Code,Qty\nA1,3\n"))
    assert (unzipped.name, lines(unzipped)) == ("may.csv", [("A1", "3")])


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


def test_hidden_sheets_are_read_only_where_no_other_holds_a_table() -> None:
    rows: list[list[Any]] = [["Code", "Qty"], ["A", 1]]
    book = openpyxl.load_workbook(io.BytesIO(workbook(Shop=rows, Lists=rows, Notes=[["Ask Ann"]])))
    book["Lists"].sheet_state = "veryHidden"
    book.save(packed := io.BytesIO())
    (table,) = reading.read("stock.xlsx", packed.getvalue())
    assert (table.sheet, table.remarks) == ("Shop", ("Left out because hidden: Lists. Show them in the workbook if they are needed.",))
    del book["Shop"]
    book.save(packed := io.BytesIO())
    (table,) = reading.read("stock.xlsx", packed.getvalue())
    assert table.sheet == "Lists"


def test_captions_over_merged_cells_are_told_for_each_column() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["Stock of May"],
        [],
        ["Code", "Shop", None, "Cellar"],
        [None, "Qty", "Price\nnet", "Qty", "Price\nnet"],
        ["A1", 1, 2.5, 3, 4.5],
    ):
        sheet.append(row)
    for merged in ("A1:E1", "B3:C3", "D3:E3", "A3:A4"):
        sheet.merge_cells(merged)
    book.save(packed := io.BytesIO())
    (table,) = reading.read("stock.xlsx", packed.getvalue())
    assert (table.title, table.header) == ("Stock of May", ("Code", "Shop Qty", "Shop Price net", "Cellar Qty", "Cellar Price net"))


def test_tables_beside_and_below_one_another_on_a_sheet_are_tables_of_their_own() -> None:
    shop: list[list[Any]] = [
        [], [None, None, "Code", "Qty", None, "Supplier", "Days", "Pack"], [None, None, "A1", 3, None, "North", 7, 12],
        [None, None, "B2", 4, None, None, None, None], [], [None, None, "Qty", "Shelf", "Code"], [None, None, 5, "Cellar", "C3"],
    ]  # fmt: skip
    tables = reading.read("stock.xlsx", workbook(Stock=shop))
    assert [(table.sheet, table.header, table.row_numbers().to_pylist()) for table in tables] == [
        ("Stock", ("Code", "Qty"), [3, 4]), ("Stock", ("Supplier", "Days", "Pack"), [3]), ("Stock", ("Qty", "Shelf", "Code"), [7]),
    ]  # fmt: skip


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


def test_a_zip_is_read_like_its_files() -> None:
    """The same content once, two files of one name told apart, and the figures of the import those of the files."""
    files = {"a/till.csv": b"Date,Code,Qty\n2026-05-04,A1,2\n", "b/till.csv": b"Date,Code,Qty\n2026-05-05,A1,3\n",
             "copy.csv": b"Date,Code,Qty\n2026-05-04,A1,2\n"}  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    tables = reading.read("all.zip", packed.getvalue())
    assert [table.name for table in tables] == ["till.csv", "till.csv (2)"]
    assert tables[0].remarks == ("copy.csv holds the same as till.csv and was read once.",)
    figures = []
    for drop in ([("all.zip", packed.getvalue())], [*files.items()]):
        shop = empty_shop()
        importing.commit(shop, people.LOCAL, importing.preview(shop, drop))
        figures.append(imports.past(shop)[["files", "lines", "used", "joined", "set_aside", "refused"]].values.tolist())
        shop.close()
    assert figures == [[[2, 2, 2, 0, 0, 0]]] * 2


def ods(rows: str) -> bytes:
    """A workbook of one sheet as LibreOffice writes it."""
    names = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    table = f'<office:spreadsheet><table:table table:name="Stock">{rows}</table:table></office:spreadsheet>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("content.xml", f"<office:document-content {names}><office:body>{table}</office:body></office:document-content>")
        parts.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
    return packed.getvalue()


def ods_row(*cells: str, times: int = 1) -> str:
    told = "".join(f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells)
    return f'<table:table-row table:number-rows-repeated="{times}">{told or "<table:table-cell/>"}</table:table-row>'


def test_a_row_that_stands_in_a_workbook_a_billion_times_is_read_once_and_told() -> None:
    endless = 1_000_000_000
    (found,) = reading.read("stock.ods", ods(ods_row("SKU", "Qty") + ods_row("A1", "5") + ods_row("A2", "6", times=endless)))
    assert found.rows.column("SKU").to_pylist() == ["A1", "A2"]
    assert found.remarks == ("A row says that it stands there 1,000,000,000 times, which no sheet has room for. It was read once.",)
    (blank,) = reading.read("stock.ods", ods(ods_row("SKU", "Qty") + ods_row("A1", "5") + ods_row(times=endless) + ods_row("A3", "7")))
    assert (blank.rows.num_rows, blank.remarks) == (2, ())
    (honest,) = reading.read("stock.ods", ods(ods_row("SKU", "Qty") + ods_row("A1", "5", times=3)))
    assert (honest.rows.num_rows, honest.remarks) == (3, ())
