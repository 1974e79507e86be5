"""A total that a file prints is held against its lines."""

from ims_core import imports
from ims_core.db import Database
from tests.test_importing import drop, file, look


def printed(db: Database, text: str) -> list[tuple[int, str, float, float]]:
    """Each figure of a total: its row, the field, what is printed and by how much its lines are apart from it."""
    cleaned = look(db, file("stock 2026-05-01.csv", text)).groups[0].cleaned
    assert cleaned
    return list(cleaned.totals[["row", "field", "printed", "apart"]].itertuples(index=False, name=None))


STOCK = "Item code | Name | On hand | Unit cost\nA1 | Pan | 3 | 9\nA2 | Lid | 4 | 5\n"


def test_a_total_that_is_the_sum_of_its_lines_agrees(db: Database) -> None:
    assert printed(db, f"{STOCK}Total | | 7 |") == [(4, "on_hand", 7, 0)]


def test_one_that_is_not_is_a_problem_with_its_row(db: Database) -> None:
    text = f"{STOCK}Total | | 9 |"
    assert printed(db, text) == [(4, "on_hand", 9, 2)]
    problems = look(db, file("stock 2026-05-01.csv", text)).problems
    assert problems[["row", "value", "problem", "refused"]].to_numpy().tolist() == [[4, "9", "is not the sum of its lines, 7", False]]


def test_totals_of_parts_are_those_of_their_lines_and_the_last_of_all(db: Database) -> None:
    text = f"{STOCK}Subtotal | | 7 |\nA3 | Pot | 5 | 2\nSubtotal | | 5 |\nGrand total | | 12 |"
    assert printed(db, text) == [(4, "on_hand", 7, 0), (6, "on_hand", 5, 0), (7, "on_hand", 12, 0)]


def test_a_line_that_counts_once_is_in_the_printed_total_twice(db: Database) -> None:
    text = "Receipt no | Date | Item code | Qty | Price\nR1 | 2026-05-04 | A1 | 2 | 9\nR1 | 2026-05-04 | A1 | 2 | 9\nTotal | | | 4 |"
    assert printed(db, text) == [(4, "qty", 4, 0)]


def test_a_file_without_totals_tells_none(db: Database) -> None:
    assert printed(db, STOCK) == []


def test_a_count_beside_what_sales_and_purchases_say_the_dearest_first(db: Database) -> None:
    drop(db, file("stock 2026-05-01.csv", f"{STOCK}A3 | Pot | 8 | 1"))
    drop(db, file("till.csv", "Receipt no | Date | Item code | Qty | Price\nR1 | 2026-05-03 | A1 | 1 | 19\nR2 | 2026-05-03 | A3 | 2 | 3"))
    counted = drop(db, file("stock 2026-05-06.csv", "Item code | Name | On hand\nA1 | Pan | 1\nA2 | Lid | 5\nA3 | Pot | 6"))
    found = imports.differences(db, counted)
    assert found[["sku", "on_hand", "expected", "net", "value"]].to_numpy().tolist() == [["A1", 1, 2, -1, -9], ["A2", 5, 4, 1, 5]]
    assert imports.differences(db, 1).empty
