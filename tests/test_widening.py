"""A column per week, month or place becomes a line each, and every line knows the row it comes from."""

from datetime import date
from decimal import Decimal

import pytest

from ims_core import audit, importing, people, reading, recognising, widening
from ims_core.db import Database
from ims_core.reading import Table

TODAY = date(2026, 6, 1)


def wide(text: str, name: str = "sales.csv") -> list[Table]:
    """The file, laid out long."""
    return [part for table in reading.read(name, text.encode()) for part in widening.widen(table, TODAY)]


def lines(table: Table) -> list[tuple[str, ...]]:
    """The cells of each line."""
    return [tuple(line.values()) for line in table.rows.to_pylist()]


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("2026-01,2026-02,2026-03", "2026-01-01", "2026-03-01"),
        ("Jan 2026,Feb 2026,Mar 2026", "2026-01-01", "2026-03-01"),
        ("janv. 2026,févr. 2026,mars 2026", "2026-01-01", "2026-03-01"),
        ("ene-26,feb-26,mar-26", "2026-01-01", "2026-03-01"),
        ("Mai 2026,Juni 2026,Juli 2026", "2026-05-01", "2026-07-01"),
        ("2026-W01,2026-W02,2026-W03", "2025-12-29", "2026-01-12"),
        ("KW 12 2026,KW 13 2026,KW 14 2026", "2026-03-16", "2026-03-30"),
        ("2026-05-30,2026-05-31,2026-06-01", "2026-05-30", "2026-06-01"),
        ("30.05.2026,31.05.2026,01.06.2026", "2026-05-30", "2026-06-01"),
        ("5/30/2026,5/31/2026,6/1/2026", "2026-05-30", "2026-06-01"),
        ("Qty Jan 2026,Qty Feb 2026,Qty Mar 2026", "2026-01-01", "2026-03-01"),
    ],
)
def test_a_column_a_period_is_a_line_on_its_first_day(header: str, first: str, last: str) -> None:
    (table,) = wide(f"Item code,{header}\nA1,3,0,5\nA2,,2,1\n")
    assert lines(table) == [("A1", first, "3"), ("A1", last, "5"), ("A2", lines(table)[2][1], "2"), ("A2", last, "1")]
    assert isinstance(table, widening.Turned)
    assert (table.header, table.origin.to_pylist(), table.years) == (("Item code", "Period", "Quantity"), [2, 2, 3, 3], ())  # type: ignore[union-attr]


def test_weeks_without_a_year_are_asked_and_the_answer_moves_them() -> None:
    (table,) = wide("Product_Code,W0,W1,W2,MIN,Normalized 0\nP1,11,12,10,10,0.4\n", "Sales_Weekly.csv")
    mapping = recognising.recognise(table)
    (question,) = mapping.questions
    assert (mapping.kind, mapping.columns) == ("sales", {"sku": "Product_Code", "day": "Period", "qty": "Quantity"})
    assert (question.about, question.choices, question.taken) == ("year", ("2023", "2024", "2025", "2026"), "")
    assert [day for _, day, _ in lines(table)] == ["2024-12-30", "2025-01-06", "2025-01-13"]
    assert [day for _, day, _ in lines(widening.in_year(table, "2026"))] == ["2025-12-29", "2026-01-05", "2026-01-12"]


def test_a_year_in_the_files_name_is_no_question() -> None:
    (table,) = wide("sku,jan,feb,mar\nA1,1,2,3\n", "sales 2024.csv")
    assert [day for _, day, _ in lines(table)] == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert recognising.recognise(table).questions == ()


def test_terms_beside_the_months_are_a_table_of_items_of_their_own() -> None:
    items, sold = wide("Sku,jan,feb,mar,unit cost,lead-time,quantity_on_hand\nA1,1,2,3,10,4,7\n", "demand 2025.csv")
    assert (recognising.recognise(items).kind, items.header) == ("items", ("Sku", "unit cost", "lead-time", "quantity_on_hand"))
    assert (recognising.recognise(sold).kind, sold.header) == ("sales", ("Sku", "Period", "Quantity"))


@pytest.mark.parametrize(
    "header", ["inventory_Main Store,inventory_Harbour", "In stock [Main Store],In stock [Harbour]", "Stock Main Store,Stock Harbour"]
)
def test_stock_a_column_a_place_is_a_line_a_place(header: str) -> None:
    (table,) = wide(f"sku,name,{header}\nA1,Pan,3,0\nA2,Pot,,\n", "stock.csv")
    assert lines(table) == [("A1", "Pan", "Main Store", "3"), ("A1", "Pan", "Harbour", "0"), ("A2", "Pot", "", "")]
    assert {"place": "Place", "on_hand": "On hand"}.items() <= recognising.recognise(table).columns.items()


@pytest.mark.parametrize(
    "header", ["sku,stock,stock value,stock min", "sku,Q1,Q2,Q3", "size,s,m,l", "sku,Price 1,Price 2,Price 3", "date,sku,qty"]
)
def test_a_table_that_is_not_wide_stays_as_it_is(header: str) -> None:
    (table,) = wide(f"{header}\nA1,1,2,3\n")
    assert type(table) is Table


def test_every_line_of_a_wide_file_is_accounted_for_and_knows_its_row(db: Database) -> None:
    content = b"Item code,Jan 2026,Feb 2026,Mar 2026\nA1,3,0,5\nA2,x,2,1\nTotal,3,2,6\n"
    plan = importing.preview(db, [("sales by month.csv", content)], today=TODAY)
    assert (plan.lines, sum(plan.counts.values()), plan.counts["used"]) == (8, 8, 4)
    assert plan.groups[0].said.startswith("3 months turned into lines")
    assert plan.problems.row.tolist() == [3]
    importing.commit(db, people.LOCAL, plan)
    assert db.rows("select source_row, day, -qty from movements order by source_row, day") == [
        (2, date(2026, 1, 1), Decimal(3)), (2, date(2026, 3, 1), Decimal(5)),
        (3, date(2026, 2, 1), Decimal(2)), (3, date(2026, 3, 1), Decimal(1)),
    ]  # fmt: skip
    assert audit.check(db).ok.all()
