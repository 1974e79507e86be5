"""Where nobody counted: the least that must have stood there, marked as estimated wherever it is used, until a count says better."""

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from ims_core import alerts, audit, doubts, headlines, items, ledger, people, places, reorder, risks, workbooks
from ims_core.db import Database
from tests.builders import DAY, Shop, empty_shop
from tests.test_counts import drop, may

BOUGHT = ("purchases.csv", "Order no,Ordered on,Received on,Item code,Quantity,Supplier,Cost\nP1,2026-05-03,2026-05-06,A1,10,Nord,2\n")
SOLD = ("sales.csv", "Date,Item code,Qty\n2026-05-04,A1,3\n2026-05-05,A1,2\n2026-05-08,A1,4\n")


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop that bought ten kettles and had sold five before they came."""
    drop(shop, BOUGHT, SOLD)
    return shop


def days(db: Database) -> list[list[float]]:
    """Of the kettle: day of May, on hand at its end, pieces of it that are estimated since."""
    found = ledger.history(db, int(db.scalar("select item_id from items where sku = 'A1'")))
    return found.assign(day=found["day"].dt.day)[["day", "on_hand", "estimated"]].values.tolist()


def proves(db: Database) -> bool:
    proof = audit.check(db)
    return bool(proof.ok.all())


def test_the_least_that_keeps_every_day_at_or_above_zero_stood_there_before_the_first(shop: Shop) -> None:
    assert days(shop.db) == [[3, 5, 5], [4, 2, 0], [5, 0, 0], [6, 10, 0], [8, 6, 0]]
    assert proves(shop.db)


def test_nothing_is_posted_for_it_so_that_the_books_are_those_of_the_files(shop: Shop) -> None:
    assert shop.db.rows("select sum(qty), count(*) filter (file_id is null) from movements") == [(Decimal(1), 0)]
    book = ledger.on_hand(shop.db).iloc[0]
    assert (book["on_hand"], book["estimated"]) == (1, 5)


def test_it_follows_what_is_told_later_and_undo_is_as_if_it_never_was(shop: Shop) -> None:
    before = days(shop.db)
    late = drop(shop, ("late.csv", "Date,Item code,Qty\n2026-05-02,A1,4\n"))
    assert days(shop.db)[:2] == [[1, 9, 9], [2, 5, 0]]
    ledger.undo(shop.db, people.LOCAL, late)
    assert days(shop.db) == before


@pytest.mark.parametrize("day", [2, 7, 20])
def test_a_count_takes_its_place_also_on_the_days_before(shop: Shop, day: int) -> None:
    count = drop(shop, (f"stock 2026-05-{day:02}.csv", "Item code,On hand\nA1,20\n"))
    found = alerts.stock(shop.db, may(day)).iloc[0]
    assert (found["on_hand"], found["estimated"], found["status"]) == (20, 0, "In stock")
    assert ledger.history(shop.db, int(found["item_id"])).estimated.sum() == 0
    assert proves(shop.db)
    ledger.undo(shop.db, people.LOCAL, count)
    assert days(shop.db)[0] == [3, 5, 5]


def test_goods_that_were_carried_elsewhere_without_a_word_are_in_the_house_once(shop: Shop) -> None:
    drop(shop, ("van.csv", "Date,Item code,Qty,Location\n2026-05-09,A1,5,Van\n"))
    found = ledger.by_place(shop.db, may(9))
    assert dict(zip(found["place"], found["on_hand"], strict=True)) == {"Shop": 6, "Van": -5}
    assert ledger.overview(shop.db, may(9)).iloc[0][["on_hand", "estimated"]].tolist() == [1, 5]


def test_what_lacks_in_two_places_stood_in_both() -> None:
    shop = Shop(empty_shop())
    drop(shop, ("sales.csv", "Date,Item code,Qty,Location\n2026-05-04,A1,3,Van\n2026-05-05,A1,2,Shop\n"))
    assert shop.db.rows("select place, day, qty from estimated_openings order by place") == [("Shop", may(3), 2), ("Van", may(3), 3)]
    assert ledger.by_place(shop.db, may(4)).on_hand.tolist() == [2, 0]


def test_of_merged_items_both_together_must_not_fall_below_zero(shop: Shop) -> None:
    twin = shop.item("A2")
    shop.move("receipt", twin, 3, may(4))
    kettle = int(shop.db.scalar("select item_id from items where sku = 'A1'"))
    merged = items.merge(shop.db, people.LOCAL, kettle, twin)
    assert shop.db.rows("select item_id, qty from estimated_openings") == [(twin, 2)]
    assert proves(shop.db)
    ledger.undo(shop.db, people.LOCAL, merged)
    assert shop.db.rows("select item_id, qty from estimated_openings") == [(kettle, 5)]


# -- marked wherever it is used


def test_stock_says_that_it_is_estimated_and_totals_how_much_of_them(shop: Shop) -> None:
    found = alerts.stock(shop.db, may(8)).iloc[0]
    assert (found["on_hand"], found["value"], found["estimated"], found["status"]) == (6, 12, 5, "Estimated")
    assert alerts.by_place(shop.db, may(8)).iloc[0][["on_hand", "estimated", "status"]].tolist() == [6, 5, "Estimated"]
    now = headlines.today(shop.db, may(8))
    assert (now.value, now.value_estimated) == (12, 12)
    assert now.value_trend[-1] == now.value
    assert places.listed(shop.db)[["place", "pieces", "estimated"]].values.tolist() == [["Shop", 6, 5]]


def test_what_only_ever_left_shows_no_quantity_and_lowers_no_total() -> None:
    shop = Shop(empty_shop())
    drop(shop, SOLD, ("items.csv", "Item code,Name,Cost,Price\nA1,Kettle,2,9\n"))
    found = alerts.stock(shop.db, may(4)).iloc[0]
    assert (found["status"], found["on_hand"] != found["on_hand"], found["estimated"]) == ("Never counted", True, 9)
    now = headlines.today(shop.db, may(8))
    assert (now.value, now.value_estimated) == (0, 0)
    assert days(shop.db) == [[3, 9, 9], [4, 6, 0], [5, 4, 0], [8, 0, 0]]


def test_a_reorder_counts_with_it_and_says_so(shop: Shop) -> None:
    line = reorder.suggest(shop.db, may(8)).iloc[0]
    assert (line["available"], line["estimated"]) == (6, 5)
    assert "On hand is estimated, at least that many: never counted." in line["reason"]
    assert reorder.why(line).pieces.sum() == line["quantity"]


def test_the_sheet_for_the_supplier_says_so_on_the_line(shop: Shop) -> None:
    lines = reorder.suggest(shop.db, may(8))
    book = load_workbook(io.BytesIO(workbooks.reorder_sheet(lines.assign(quantity=5.0, supplier="Nord"), "My shop", may(8))))
    head, line = ([cell.value for cell in row] for row in book["Nord"].iter_rows(min_row=3, max_row=4))
    assert dict(zip(head, line, strict=True))["On hand is"] == "estimated"
    assert "Estimated" in [cell.value for cell in book["All items"][1]]


def test_how_long_it_lasts_rests_on_it(shop: Shop) -> None:
    item = int(shop.db.scalar("select item_id from items"))
    seen = risks.outlook(shop.db, item, may(8), weeks=8, service=0.95)
    assert (seen.on_hand, seen.counted, seen.estimated) == (6, True, True)


def test_a_sale_that_an_estimate_would_give_way_to_is_no_slip(shop: Shop) -> None:
    kettle = int(shop.db.scalar("select item_id from items"))
    assert doubts.of_movement(shop.db, ledger.Record("sale", kettle, 8, "Shop", DAY)) == []


# -- whatever happens

ACTS = st.one_of(
    st.tuples(st.sampled_from(["sale", "receipt", "return_in", "transfer"]), st.integers(1, 9), st.integers(1, 9),
              st.sampled_from(["Shop", "Cellar"]), st.sampled_from(["A1", "A2"])),
    st.tuples(st.just("count"), st.integers(0, 9), st.integers(1, 9), st.sampled_from(["Shop", "Cellar"]), st.just("A1")),
    st.tuples(st.just("undo"), st.integers(0, 30), st.just(0), st.just(""), st.just("")),
)  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(st.lists(ACTS, max_size=10), st.booleans())
def test_it_is_enough_and_not_a_piece_too_much(acts: list[tuple[str, int, int, str, str]], merged: bool) -> None:
    db = empty_shop()
    shop = Shop(db)
    numbers = {"A1": shop.item("A1"), "A2": shop.item("A2")}
    shop.place("Cellar")
    if merged:
        items.merge(db, people.LOCAL, numbers["A2"], numbers["A1"])
    first = db.version + 1
    for kind, number, day, place, sku in acts:
        if kind == "undo":
            shop.undo_any(first, number)
        else:
            shop.move(kind, numbers[sku], number, may(day), place, to="Cellar" if place == "Shop" else "Shop")
        for item in [numbers["A1"]] if merged else numbers.values():
            _least(db, item)
    assert proves(db)
    db.close()


def _least(db: Database, item: int) -> None:
    """Reckoned once more the plain way, day by day."""
    family = [number for (number,) in db.rows("select item_id from merged where counts_as = ?", [item])]
    told = db.scalar("select count(*) from standing_counts where list_contains(?::bigint[], item_id)", [family])
    moved: dict[date, Decimal] = {}
    for day, qty in db.rows("select day, qty from visible_movements where list_contains(?::bigint[], item_id)", [family]):
        moved[day] = moved.get(day, Decimal(0)) + qty
    lowest = balance = Decimal(0)
    for day in sorted(moved):
        balance += moved[day]
        lowest = min(lowest, balance)
    found = db.rows("select coalesce(sum(qty), 0), min(qty), min(day) from estimated_openings where item_id = ?", [item])[0]
    assert found[0] == (0 if told else -lowest)
    if found[0]:
        assert found[1] > 0
        assert found[2] < min(moved)
