"""Every table of a sheet is found, wherever it stands, and nothing that is written on the sheet gets lost."""

import random
import re
from itertools import count, pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import blocks
from ims_core.blocks import Block

Rows = list[list[str]]


def grid(rows: Rows) -> pa.Table:
    """Rows as a grid of text."""
    width = max(map(len, rows))
    return pa.table(
        {str(index): pa.array([row[index] if index < len(row) else None for row in rows], pa.string()) for index in range(width)}
    )


def sheet(picture: str) -> pa.Table:
    """A grid drawn with bars; a line of nothing is a blank row."""
    return grid([[cell.strip() for cell in line.split("|")] for line in picture.strip("\n").splitlines()])


def seen(found: list[Block]) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Each table's header and lines."""
    return [(block.header, [tuple(cell or "" for cell in row.values()) for row in block.rows.to_pylist()]) for block in found]


SALES = (("Code", "Qty"), [("A1", "3"), ("B2", "4")])
STOCK = (("Code", "Name", "Qty", "Price"), [("A1", "Pan", "3", "1.50"), ("B2", "Lid", "4", "2.50")])
LEAD = (("Supplier", "Days", "Pack"), [("North", "7", "12"), ("South", "9", "6")])


# -- below one another


@pytest.mark.parametrize("between", ["", "\n", "\n\n", "Suppliers\n", "\nSuppliers\n", "\nSuppliers\n\n"])
def test_tables_below_one_another_are_two(between: str) -> None:
    found = blocks.find(
        sheet("Code|Name|Qty|Price\nA1|Pan|3|1.50\nB2|Lid|4|2.50\n" + between + "Supplier|Days|Pack\nNorth|7|12\nSouth|9|6")
    )
    assert seen(found) == [STOCK, LEAD]
    lines = 4 + between.count("\n")
    assert [list(block.numbers) for block in found] == [[2, 3], [lines + 1, lines + 2]]
    assert found[1].title == between.strip()


def test_a_second_header_in_another_order_begins_a_table_of_its_own() -> None:
    found = blocks.find(sheet("Code|Name|Qty|Price\nA|Pan|3|1.50\nB|Lid|4|2.50\nQty|Code|Price|Name\n5|C|3.50|Pot\n6|D|4.50|Jug"))
    assert seen(found) == [
        (("Code", "Name", "Qty", "Price"), [("A", "Pan", "3", "1.50"), ("B", "Lid", "4", "2.50")]),
        (("Qty", "Code", "Price", "Name"), [("5", "C", "3.50", "Pot"), ("6", "D", "4.50", "Jug")]),
    ]


def test_the_same_header_on_the_next_page_cuts_nothing_but_under_a_heading_it_is_another_table() -> None:
    (one,) = blocks.find(sheet("Code|Qty\nA1|3\nB2|4\n\nCode|Qty\nC3|5"))
    assert one.rows.num_rows == 4
    found = blocks.find(sheet("Cellar\nCode|Qty\nA1|3\nB2|4\n\nVan\nCode|Qty\nA1|5"))
    assert [(block.title, block.rows.num_rows) for block in found] == [("Cellar", 2), ("Van", 1)]


@pytest.mark.parametrize("line", ["C3|n/a", "Total|", "Ask Ann|", "Kettle|unknown", "|sold out", "C3|", "Drinks|"])
def test_a_line_without_a_number_is_a_line(line: str) -> None:
    found = blocks.find(sheet(f"Code|Qty\nA1|3\nB2|4\n{line}\nC3|5\nD4|6"))
    assert [block.rows.num_rows for block in found] == [5]


def test_notes_and_totals_at_the_end_are_lines_and_no_columns() -> None:
    (table,) = blocks.find(sheet("Code|Qty|Price\nA1|3|1.50\nB2|4|2.50\nTotal|7|\n\nPrices without tax\nSigned: Ann"))
    assert (table.header, table.rows.num_rows) == (("Code", "Qty", "Price"), 5)


# -- side by side


@pytest.mark.parametrize("names", ["Supplier|Days|Pack", "Code|Days|Pack"])
@pytest.mark.parametrize("gap", ["|", "||"])
def test_tables_side_by_side_are_two(names: str, gap: str) -> None:
    picture = f"Code|Qty|{gap}{names}\nA1|3|{gap}North|7|12\nB2|4|{gap}South|9|6\nC3|5|{gap}||"
    found = blocks.find(sheet(picture))
    assert seen(found) == [(SALES[0], [*SALES[1], ("C3", "5")]), (tuple(names.split("|")), LEAD[1])]


def test_an_empty_column_within_a_table_makes_it_no_two() -> None:
    (table,) = blocks.find(sheet("Code|Name||Qty|Price\nA1|Pan||3|1.50\nB2|Lid||4|2.50"))
    assert table.header == ("Code", "Name", "Qty", "Price")


def test_tables_beside_and_below_one_another_are_all_found() -> None:
    found = blocks.find(
        sheet("""
Code|Qty||Code|Qty
A1|3||C3|5
B2|4||D4|6

Supplier|Days|Pack|Minimum|Note
North|7|12|100|slow
South|9|6|50|dear
""")
    )
    assert [block.header for block in found] == [("Code", "Qty"), ("Code", "Qty"), ("Supplier", "Days", "Pack", "Minimum", "Note")]
    assert [list(block.numbers) for block in found] == [[2, 3], [2, 3], [6, 7]]


def test_a_table_may_begin_anywhere() -> None:
    (table,) = blocks.find(grid([[], [], [], [], ["", "", "Code", "Qty"], ["", "", "A1", "3"], ["", "", "B2", "4"]]))
    assert seen([table]) == [SALES]
    assert list(table.numbers) == [6, 7]
    (far,) = blocks.find(grid([[""]] * 300 + [["Code", "Qty"], ["A1", "3"], ["B2", "4"]]))
    assert list(far.numbers) == [302, 303]


# -- headers


@pytest.mark.parametrize(
    ("picture", "names"),
    [
        ("||2025||2026|\nCode|Name|Qty|Price|Qty|Price\nA1|Pan|1|2.50|3|4.50", "Code|Name|2025 Qty|2025 Price|2026 Qty|2026 Price"),
        ("Code|Name|Stock||\n||Shop|Cellar|Van\nA1|Pan|1|2|3\nB2|Lid|4|5|6", "Code|Name|Stock Shop|Stock Cellar|Stock Van"),
        ("Code|January||February|\n|Sold|Left|Sold|Left\nA1|1|2|3|4", "Code|January Sold|January Left|February Sold|February Left"),
        ("Sales of May||\nCode|Qty|Price\nA1|1|2.50", "Code|Qty|Price"),
        ("Shop|Main street|\nCode|Qty|Price\nA1|1|2.50", "Code|Qty|Price"),
        ("Code|Weight|Price|Stock\n|kg|EUR|pcs\nA1|1.5|2.50|3\nB2|2.5|3.50|4", "Code|Weight (kg)|Price (EUR)|Stock (pcs)"),
        ("Code|2026-01-05|2026-01-12|2026-01-19\nA1|1|2|3\nB2|4|5|6", "Code|2026-01-05|2026-01-12|2026-01-19"),
        ("Code|Name|1|2|3|4\nA1|Pan|7|8|9|6\nB2|Lid|4|5|6|1", "Code|Name|1|2|3|4"),
        ("Code|2024|2025|2026\nA1|7|8|9\nB2|4|5|6", "Code|2024|2025|2026"),
        ("Code||Qty\nA1|x|3\nB2|y|4", "Code|Column 2|Qty"),
    ],
)
def test_names_are_found_however_they_are_laid_out(picture: str, names: str) -> None:
    found = blocks.find(sheet(picture))
    assert ["|".join(block.header) for block in found] == [names]


def test_a_list_without_names_has_no_header() -> None:
    assert blocks.find(sheet("A1|Pan|3\nB2|Lid|4\nC3|Pot|5")) == []


# -- any sheet at all

WORDS = ("Code", "Name", "Colour", "Price", "Stock", "Supplier", "Remarks", "Qty", "Shelf", "Cost")
TITLES = ("Sales of May", "Main street", "Cellar", "All prices with tax")


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    """A table as shops have them: a code, then texts and numbers; some cells empty, perhaps a total."""
    names = draw(st.permutations(WORDS).map(lambda words: list(words[: draw(st.integers(3, 6))])))
    numeric = [index for index in range(1, len(names)) if draw(st.booleans())] or [len(names) - 1]
    chance = random.Random(draw(st.integers(0, 999)))
    serial = count(draw(st.integers(1, 50)))

    def cell(index: int) -> str:
        if index in numeric:
            return f"{chance.randint(1, 900)}.{chance.randint(10, 99)}" if chance.random() > 0.03 else ""
        return f"SKU-{next(serial)}" if index == 0 else chance.choice(["red", "steel", "large pan", "Kettle", "a, b; c"])

    lines = [[cell(index) for index in range(len(names))] for _ in range(draw(st.integers(2, 12)))]
    total = [["Total", *["" if index not in numeric else "99" for index in range(1, len(names))]]] if draw(st.booleans()) else []
    return [names, *lines, *total]


@st.composite
def sheets(draw: st.DrawFn) -> tuple[Rows, list[Rows]]:
    """A sheet with margins, titles, one to three tables below one another, and the tables that are on it."""
    made = draw(st.lists(tables(), min_size=1, max_size=3))
    left = [""] * draw(st.integers(0, 3))
    rows: Rows = [[] for _ in range(draw(st.integers(0, 4)))]
    for index, table in enumerate(made):
        if index:
            rows += [[]] * draw(st.integers(1, 3))
        if draw(st.booleans()):
            rows += [[*left, draw(st.sampled_from(TITLES))]] + [[]] * draw(st.integers(0, 2))
        rows += [[*left, *cells] for cells in table]
    return [row or [""] for row in rows], made


@settings(max_examples=150, deadline=None)
@given(sheets())
def test_every_table_of_a_sheet_is_found_with_all_its_lines(drawn: tuple[Rows, list[Rows]]) -> None:
    rows, made = drawn
    found = blocks.find(grid(rows))
    if any(before[0] == after[0] for before, after in pairwise(made)):
        return
    assert [block.header for block in found] == [tuple(table[0]) for table in made]
    assert [block.rows.num_rows for block in found] == [len(table) - 1 for table in made]
    for block in found:
        for number, line in zip(block.numbers, block.rows.to_pylist(), strict=True):
            assert [cell for cell in line.values() if cell] == [cell for cell in rows[number - 1] if cell], "a line keeps its row"


anything = st.lists(
    st.lists(st.sampled_from(["", "", "Code", "Qty", "Pan", "3", "4.50", "A1", "2026-05-01", "n/a"]), max_size=7), max_size=25
)


@settings(max_examples=300, deadline=None)
@given(anything)
def test_nothing_gets_lost_on_a_sheet_that_has_a_table(rows: Rows) -> None:
    if not any(rows):
        return
    found = blocks.find(grid(rows))
    written = sorted(word for row in rows for cell in row for word in cell.split())
    kept = sorted(
        word
        for block in found
        for cell in [block.title, *_named(block), *(cell or "" for line in block.rows.to_pylist() for cell in line.values())]
        for word in cell.split()
    )
    if found:
        assert set(kept) == set(written), "a word said twice in one column's captions is kept once"
        assert [word for word in kept if word.isdigit()] == [word for word in written if word.isdigit()]


def _named(block: Block) -> list[str]:
    """The names that stand on the sheet: not the numbers given to columns without one."""
    return [re.sub(r" \(\d+\)$", "", name) for name in block.header if not name.startswith("Column ")]
