"""A barcode is one number however it is written, and a code that a spreadsheet spoilt is never taken for another."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import cleaning, codes, recognising, scratch, spoilt
from ims_core.cells import tidy
from ims_core.reading import Table


def columns(*cells: str, field: str = "barcode", known: tuple[str, ...] = (), off: tuple[str, ...] = ()) -> dict[str, list[str | None]]:
    """What the cells of a column mean: cell -> value, was, problem."""
    with scratch.pad(cells=tidy(pa.table({"Code": pa.array(cells, pa.string())}))) as pad:
        spoilt.read(pad, field, "Code", known, off)
        return {cell: rest for cell, *rest in pad.rows(f"select cell, value, was, problem from read_{field}")}


def values(*cells: str, field: str = "barcode") -> list[str | None]:
    """The value of each cell."""
    found = columns(*cells, field=field)
    return [found[cell][0] for cell in cells]


WRITTEN = {
    "4006381333931": "4006381333931", "4 006381 333931": "4006381333931", "978-0-306-40615-7": "9780306406157", "96385074": "96385074",
    "012345678905": "012345678905", "12345678905": "012345678905", "0012345678905": "012345678905", "00012345678905": "012345678905",
    "00000096385074": "96385074", "04252614": "042100005264", "042100005264": "042100005264", "01234565": "012345000065",
    "14006381333938": "14006381333938", "4006381333932": "4006381333932", "1234": "1234", "00000000": "00000000", "abc  1": "ABC 1",
    "12-345": "12-345",
}  # fmt: skip


@pytest.mark.parametrize(("written", "kept"), WRITTEN.items())
def test_a_barcode_is_one_number_however_it_is_written(written: str, kept: str) -> None:
    assert codes.canonical(written) == kept


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.from_regex(r"0{0,3}[0-9]{1,14}", fullmatch=True), st.text("0149 -aB", min_size=1)), min_size=1, max_size=40))
def test_a_column_is_read_as_each_of_its_cells(cells: list[str]) -> None:
    cells = [cell.strip() or "1" for cell in cells] + list(WRITTEN)
    with scratch.pad(raw=pa.table({"code": pa.array(cells, pa.string())})) as pad:
        assert [kept for (kept,) in pad.rows(f"select {codes.in_sql('code')} from raw")] == [codes.canonical(cell) for cell in cells]


def test_what_is_kept_stays_as_it_is() -> None:
    for kept in WRITTEN.values():
        assert codes.canonical(kept) == kept


def test_several_barcodes_in_one_cell_are_several() -> None:
    cells = ("4006381333931, 5012345678900", "96385074;012345678905", "4006381333931/5012345678900", "4006381333931 5012345678900")
    both = "4006381333931, 5012345678900"
    assert values(*cells) == [both, "012345678905, 96385074", both, both]
    assert values("4006381333931|04006381333931", "4 006381 333931", "AB/12") == ["4006381333931", "4006381333931", "AB/12"]


def test_what_a_spreadsheet_only_dressed_is_mended() -> None:
    cells = ("4006381333931.0", '="012345678905"', "'96385074", "4,006,381,333,931", "4.006381333931E+12")
    found = columns(*cells)
    assert [found[cell][0] for cell in cells] == ["4006381333931", "012345678905", "96385074", "4006381333931", "4006381333931"]
    assert [found[cell][1] for cell in cells] == list(cells)
    assert columns("4006381333931.0", off=("mended",))["4006381333931.0"][:2] == ["4006381333931.0", None]


def test_a_code_that_lost_digits_is_left_empty() -> None:
    for field in ("sku", "barcode"):
        found = columns("2.1E+11", "4.00638E+12", "2,1E+11", "12E5", field=field)
        assert [found[cell][0] for cell in ("2.1E+11", "4.00638E+12", "2,1E+11", "12E5")] == [None, None, None, "12E5"]
        assert found["2.1E+11"][2] == spoilt.LOST
    assert columns("365275000000.0")["365275000000.0"] == [None, "365275000000.0", spoilt.LOST]


def test_a_code_that_became_a_date_is_left_empty_among_codes() -> None:
    dated = ("Mar-5", "5-Mar", "2026-03-05 00:00:00", "05. Mrz", "05/03/2026")
    good = ("A-1", "A-2", "A-3", "DEC-10", "1.12.20", "MAR-50")
    found = columns(*dated, *good, field="sku")
    assert [found[cell][0] for cell in dated + good] == [None] * 5 + list(good)
    assert found["Mar-5"][2] == spoilt.DATED
    assert values(*dated, field="sku") == list(dated)  # where all are dates, they are the shop's codes
    assert columns(*dated, *good, field="sku", known=("MAR-5",))["Mar-5"] == ["Mar-5", None, None]


def test_a_formula_that_nobody_reckoned_is_no_code() -> None:
    found = columns("=1+1", "=B2&1", "=A7", '="007"', "A-1", field="sku")
    assert found["=1+1"] == found["=B2&1"] == found["=A7"] == [None, None, spoilt.FORMULA]
    assert (found['="007"'][0], found["A-1"][0]) == ("007", "A-1")


def test_item_codes_with_decimals_of_their_own_are_left_alone() -> None:
    assert values("1001.0", "1002.0", "A", field="sku") == ["1001", "1002", "A"]
    assert values("10.0", "10.5", field="sku") == ["10.0", "10.5"]


def test_a_wrong_check_digit_is_said_where_the_others_are_right() -> None:
    right = [code for number in range(4006381333900, 4006381334100) if len(code := codes.canonical(f"{number:014}")) == 13]
    assert columns(*right, "5012345678901")["5012345678901"] == ["5012345678901", None, spoilt.MISTYPED]
    assert columns("5012345678901", "5012345678902")["5012345678901"][2] is None


# -- on the lines of a file


def clean(*lines: str, kind: str = "items", off: str = "") -> cleaning.Cleaned:
    """Clean a table of cells between bars."""
    header, *rows = [[cell.strip() or None for cell in line.split("|")] for line in lines]
    columns = {str(name): pa.array([row[index] for row in rows], pa.string()) for index, name in enumerate(header)}
    read = Table("items.csv", None, tuple(map(str, header)), pa.table(columns), 2)
    return cleaning.clean(read, recognising.recognise(read, kind), None, frozenset(off.split()))


def test_a_spoilt_code_is_a_problem_said_once_and_the_line_is_used_by_its_name() -> None:
    cleaned = clean("Code | Name | Price", "2.1E+11 | Pan | 9", "2.1E+11 | Lid | 4", "A1 | Pot | 4", "4.1E+11 | | 4")
    assert [(row["sku"], row["name"]) for row in cleaned.rows.to_pylist()] == [(None, "Pan"), (None, "Lid"), ("A1", "Pot")]
    assert cleaned.problems[["row", "column", "value", "problem", "refused"]].to_numpy().tolist() == [
        [2, "Code", "2.1E+11", f"{spoilt.LOST} (on 2 lines)", False], [5, None, None, "says no item; the line is not used", True],
        [5, "Code", "4.1E+11", spoilt.LOST, True],
    ]  # fmt: skip


def test_the_mending_of_codes_has_a_switch() -> None:
    lines = ("Barcode | Name | Price", "4006381333931.0 | Pan | 9", "96385074 | Lid | 4")
    assert clean(*lines).rows["barcode"].to_pylist() == ["4006381333931", "96385074"]
    assert clean(*lines).fixes[["rule", "before", "after"]].to_numpy().tolist() == [["mended", "4006381333931.0", "4006381333931"]]
    assert clean(*lines, off="mended").rows["barcode"].to_pylist() == ["4006381333931.0", "96385074"]


def test_variants_are_items_named_after_their_product() -> None:
    cleaned = clean(
        "Handle | Title | Type | Option1 Value | Option2 Value | Variant SKU | Variant Price | Image Src",
        "shirt | Shirt | Tops | Red | S | S1 | 9 | a.jpg", "shirt | | | Red | M | | 9 | b.jpg", "shirt | | | | | | | c.jpg",
        "mug | Mug | Cups | Default Title | | | 4 | d.jpg",
    )  # fmt: skip
    assert [(row["sku"], row["name"], row["category"]) for row in cleaned.rows.to_pylist()] == [
        ("S1", "Shirt Red / S", "Tops"), (None, "Shirt Red / M", "Tops"), (None, "Mug", "Cups"),
    ]  # fmt: skip
    assert cleaned.left["reason"].to_pylist() == ["one more picture of a product"]


def test_codes_that_lost_the_zeros_before_them_are_told_and_never_joined() -> None:
    found = columns("123", "00123", "55", "A-7", "0", "00", field="sku")
    assert found["123"] == ["123", None, f"00123 {spoilt.ZEROS}"]
    assert [cell for cell, (_, _, problem) in found.items() if problem] == ["123"]
    assert columns("00123", "456", field="sku", known=("123",))["00123"] == ["00123", None, f"123 {spoilt.ZEROS}"]
    assert columns("00123", "123", field="sku", known=("123", "00123"))["123"][2] is None
