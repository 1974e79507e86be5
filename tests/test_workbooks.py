import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from ims_core import workbooks

DAY = date(2026, 5, 4)


def opened(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def written(frame: pd.DataFrame, **options: Any) -> Any:
    return opened(workbooks.sheet({"Sheet": frame}, **options)).active


def proposals(**values: Any) -> pd.DataFrame:
    line = {
        "sku": "KETTLE", "name": "Kettle", "supplier": "Nordlicht", "supplier_code": "N-1", "on_hand": 3.0, "on_order": 0.0,
        "expected_demand": 12.3, "safety": 4.7, "reorder_point": 17.0, "quantity": 24.0, "pack": 12.0, "unit_cost": 4.5,
        "value": 108.0, "reason": "Sells about 0.6 a day.",
    }  # fmt: skip
    return pd.DataFrame([{**line, **values}])


def test_numbers_days_and_text_come_out_as_they_went_in() -> None:
    frame = pd.DataFrame(
        {"sku": ["007"], "on_hand": [12], "unit_cost": [Decimal("4.5")], "day": [DAY], "done": [datetime(2026, 5, 4, 9, tzinfo=UTC)]}
    )
    cells = list(written(frame).iter_rows(min_row=2, values_only=True))
    assert cells == [("007", 12, 4.5, datetime(2026, 5, 4), datetime(2026, 5, 4, 9))]


def test_columns_are_called_what_the_shop_calls_them() -> None:
    frame = pd.DataFrame({"sku": ["A"], "on_order": [1], "Own words": [2]})
    assert next(written(frame).iter_rows(max_row=1, values_only=True)) == ("Item code", "On order", "Own words")


@pytest.mark.parametrize("nasty", ["=1+2", "+49 30 1234", "-5", "@SUM(A1)", "\tx", "=cmd|'/C calc'!A0", "#N/A"])
def test_text_never_becomes_a_formula(nasty: str) -> None:
    page = written(pd.DataFrame({"name": [nasty], nasty: ["x"]}), title=nasty)
    for cell in (page["A4"], page["B3"], page["A1"]):
        assert (cell.data_type, cell.value) == ("s", nasty)


def test_text_that_looks_like_a_formula_stays_text_when_somebody_edits_it() -> None:
    page = written(pd.DataFrame({"name": ["=1+2", "plain"]}))
    assert [page[f"A{line}"].quotePrefix for line in (2, 3)] == [True, False]


def test_control_characters_are_left_out() -> None:
    assert written(pd.DataFrame({"name": ["a\x00b\x1bc\ud800d\ufffee\nf"]}))["A2"].value == "abcde\nf"


def test_what_is_nothing_is_an_empty_cell() -> None:
    frame = pd.DataFrame({"a": [None, "x"], "b": [np.nan, 1.5], "c": [pd.NaT, pd.Timestamp(DAY)], "d": pd.array([pd.NA, True])})
    assert next(written(frame).iter_rows(min_row=2, max_row=2, values_only=True)) == (None, None, None, None)


def test_what_excel_cannot_count_is_written_as_text() -> None:
    frame = pd.DataFrame({"a": [float("inf")], "day": [date(1066, 10, 14)], "list": [["x", "y"]]})
    assert next(written(frame).iter_rows(min_row=2, values_only=True)) == ("inf", "1066-10-14", "x, y")


def test_a_text_longer_than_a_cell_is_cut() -> None:
    assert len(written(pd.DataFrame({"name": ["x" * 40_000]}))["A2"].value) == 32_767


def test_numbers_look_like_numbers() -> None:
    frame = pd.DataFrame({"qty": [1.0, 2.0], "weight": [1.25, 3.0], "value": [1.0, 2.0], "item_id": [1, 2], "day": [DAY, DAY]})
    assert [cell.number_format for cell in written(frame)[2]] == ["#,##0", "#,##0.00", "#,##0.00", "0", "yyyy-mm-dd"]


def test_the_head_stays_in_sight_and_filters() -> None:
    page = written(pd.DataFrame({"name": ["x"]}), title="Stock on 4 May")
    assert (page.freeze_panes, page.auto_filter.ref, page["A1"].value) == ("A4", "A3:A4", "Stock on 4 May")


def test_sheets_get_names_that_excel_takes() -> None:
    names = ["a/b:c*?[d]\\", "A B C D", "", "'quoted'", "x" * 40, "x" * 40, "History"]
    taken: set[str] = set()
    assert [workbooks.sheet_name(name, taken) for name in names] == [
        "a b c d", "A B C D (2)", "Sheet", "quoted", "x" * 31, f"{'x' * 27} (2)", "History (2)",
    ]  # fmt: skip


def test_no_rows_are_a_sheet_with_a_head() -> None:
    assert list(written(pd.DataFrame({"name": [], "qty": []})).values) == [("Name", "Quantity")]
    assert opened(workbooks.sheet({})).sheetnames == ["Sheet"]


def test_a_reorder_sheet_has_a_sheet_for_each_supplier() -> None:
    rows = pd.concat([proposals(), proposals(sku="CUP", supplier="Adler & Co"), proposals(sku="LAMP", supplier=None)])
    assert opened(workbooks.reorder_sheet(rows, "My shop", DAY)).sheetnames == [
        "Overview", "Adler & Co", "No supplier yet", "Nordlicht", "All items",
    ]  # fmt: skip


def test_only_what_is_ordered_is_sent_but_every_item_is_shown() -> None:
    rows = pd.concat([proposals(), proposals(sku="CUP", quantity=0.0)])
    book = opened(workbooks.reorder_sheet(rows, "My shop", DAY))
    assert [cell.value for cell in book["Nordlicht"]["A"][3:]] == ["KETTLE", "Total"]
    assert [cell.value for cell in book["All items"]["A"][1:]] == ["KETTLE", "CUP"]


def test_values_follow_the_quantity_by_formula() -> None:
    book = opened(workbooks.reorder_sheet(pd.concat([proposals(), proposals(sku="CUP")]), "My shop", DAY))
    page = book["Nordlicht"]
    assert (page["I4"].value, page["L4"].value, page["L6"].value) == (24, '=IF(K4="","",I4*K4)', "=SUM(L4:L5)")
    assert [row[2].value for row in book["Overview"].iter_rows(min_row=5)] == ["='Nordlicht'!L6", "=SUM(C5:C5)"]


def test_a_supplier_named_like_a_formula_breaks_nothing() -> None:
    book = opened(workbooks.reorder_sheet(proposals(supplier="=O'Brien's"), "My shop", DAY))
    assert (book["Overview"]["A5"].data_type, book["Overview"]["C5"].value) == ("s", "='=O''Brien''s'!L5")


def test_nothing_to_order_is_said() -> None:
    assert (
        opened(workbooks.reorder_sheet(proposals(quantity=0.0), "My shop", DAY))["Overview"]["A5"].value == "Nothing needs to be ordered."
    )
