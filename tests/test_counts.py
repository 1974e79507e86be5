"""What was counted holds: whatever is told later, of whatever day, every counted moment shows what stood there."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_core import alerts, audit, importing, items, ledger, outlook, people
from ims_core.db import Database
from ims_core.errors import Refused
from tests.builders import DAY, Shop, empty_shop

SOLD_LATE = "Date,Item code,Qty\n2026-05-02,A1,3\n2026-05-08,A1,2\n"


@pytest.fixture
def shop() -> Iterator[Shop]:
    """An empty shop whose ledger proves itself when the test is done."""
    db = empty_shop()
    yield Shop(db)
    proof = audit.check(db)
    db.close()
    assert proof.ok.all(), proof[~proof.ok].to_string()


def may(number: int) -> date:
    return date(2026, 5, number)


def drop(shop: Shop, *files: tuple[str, str]) -> int:
    """Commit csv files given as name and text; the number of the change."""
    plan = importing.preview(shop.db, [(name, text.encode()) for name, text in files], today=date(2026, 6, 1))
    return importing.commit(shop.db, people.LOCAL, plan)


def counted(shop: Shop, day: int, **pieces: int) -> int:
    """A stock list of a day in May."""
    return drop(shop, (f"stock 2026-05-{day:02}.csv", "Item code,On hand\n" + "".join(f"{sku},{qty}\n" for sku, qty in pieces.items())))


def on(shop: Shop, *days: int, sku: str = "A1") -> list[float]:
    """On hand at the end of days in May."""
    return [shop.on_hand(sku, may(day)) for day in days]


def test_a_count_that_agrees_leaves_a_trace(shop: Shop) -> None:
    kettle = shop.item("A1")
    shop.move("receipt", kettle, 5, may(1))
    counted(shop, 4, A1=5)
    assert shop.db.rows("select day, on_hand from standing_counts") == [(may(4), 5)]


def test_a_count_of_nothing_says_that_there_is_nothing(shop: Shop) -> None:
    counted(shop, 4, A1=0)
    assert ledger.overview(shop.db, may(5))[["sku", "on_hand", "counted"]].values.tolist() == [["A1", 0, True]]
    assert not ledger.overview(shop.db, may(3)).counted.any()


def test_an_item_list_that_says_0_in_stock_is_a_count(shop: Shop) -> None:
    drop(shop, ("items 2026-05-04.csv", "Item code,Name,Price,Cost,On hand\nA1,Kettle,20,8,0\n"))
    drop(shop, ("sales.csv", SOLD_LATE))
    assert on(shop, 1, 2, 4, 8) == [3, 0, 0, -2]


def test_an_older_count_that_comes_after_a_newer_one_changes_the_days_between_only(shop: Shop) -> None:
    drop(shop, ("sales.csv", SOLD_LATE))
    counted(shop, 20, A1=4)
    assert on(shop, 5, 8, 20) == [6, 4, 4]
    counted(shop, 5, A1=10)
    assert on(shop, 1, 5, 8, 19, 20) == [13, 10, 8, 8, 4]


def test_sales_told_late_do_not_change_what_was_counted_after_them(shop: Shop) -> None:
    counted(shop, 5, A1=10)
    counted(shop, 20, A1=6)
    drop(shop, ("sales.csv", SOLD_LATE))
    assert on(shop, 1, 2, 5, 8, 19, 20) == [13, 10, 10, 8, 8, 6]


def test_a_movement_by_hand_of_a_day_before_the_count_was_in_what_was_counted(shop: Shop) -> None:
    counted(shop, 5, A1=10)
    kettle = int(shop.db.scalar("select item_id from items"))
    shop.move("sale", kettle, 4, may(3))
    assert on(shop, 2, 3, 5) == [14, 10, 10]
    shop.move("sale", kettle, 1, may(7))
    assert on(shop, 5, 7) == [10, 9]


def test_what_is_sold_after_a_count_of_today_leaves_the_shelf(shop: Shop) -> None:
    kettle, today = shop.item("A1"), date.today()
    shop.move("count", kettle, 10, today)
    shop.move("sale", kettle, 3, today)
    shop.move("count", kettle, 6, today)
    shop.move("receipt", kettle, 2, today)
    assert shop.on_hand("A1", today) == 8
    assert ledger.movements(shop.db).sort_values(["happened_at", "line"]).kind.tolist()[-3:] == ["sale", "count", "receipt"]


def test_a_count_that_finds_less_than_came_in_is_a_difference_on_its_own_day(shop: Shop) -> None:
    kettle = shop.item("A1")
    shop.move("receipt", kettle, 10, may(2))
    counted(shop, 5, A1=7)
    assert on(shop, 1, 2, 4, 5) == [0, 10, 10, 7]
    assert shop.db.rows("select kind, qty from visible_movements where kind <> 'receipt'") == [("count", -3)]


def test_what_was_never_there_cannot_be_counted(shop: Shop) -> None:
    with pytest.raises(Refused, match="positive quantity"):
        shop.move("count", shop.item("A1"), -1)


def test_undoing_a_count_takes_its_opening_back_also_where_late_sales_moved_it(shop: Shop) -> None:
    shop.item("A1")
    shop.place("Shop")
    count = counted(shop, 5, A1=10)
    drop(shop, ("sales.csv", SOLD_LATE))
    undone = ledger.undo(shop.db, people.LOCAL, count)
    assert on(shop, 1, 2, 5, 8) == [0, -3, -3, -5]
    assert not ledger.overview(shop.db, may(9)).counted.any()
    ledger.undo(shop.db, people.LOCAL, undone)
    assert on(shop, 1, 2, 5, 8) == [13, 10, 10, 8]


def test_undoing_late_sales_leaves_no_trace_but_the_count(shop: Shop) -> None:
    counted(shop, 5, A1=10)
    before = shop.db.rows("from visible_movements")
    ledger.undo(shop.db, people.LOCAL, drop(shop, ("sales.csv", SOLD_LATE)))
    assert shop.db.rows("from visible_movements") == before


def test_an_item_in_the_cellar_was_in_the_house_all_along(shop: Shop) -> None:
    drop(shop, ("sales.csv", "Date,Item code,Qty,Location\n2026-05-02,A1,3,Shop\n"))
    drop(shop, ("stock 2026-05-05.csv", "Item code,On hand,Location\nA1,2,Shop\nA1,20,Cellar\n"))
    assert on(shop, 1, 2, 5) == [25, 22, 22]


def test_goods_carried_to_the_cellar_without_a_word_were_in_the_house_once(shop: Shop) -> None:
    shop.move("receipt", shop.item("A1"), 12, may(2))
    shop.place("Cellar")
    drop(shop, ("stock 2026-05-05.csv", "Item code,On hand,Location\nA1,2,Shop\nA1,10,Cellar\n"))
    assert on(shop, 1, 2, 5) == [0, 12, 12]


def test_a_place_counted_first_long_after_the_others_holds_nothing_before(shop: Shop) -> None:
    drop(shop, ("sales.csv", "Date,Item code,Qty,Location\n2026-01-02,A1,3,Shop\n"))
    drop(shop, ("stock 2026-01-05.csv", "Item code,On hand,Location\nA1,2,Shop\n"))
    drop(shop, ("stock 2026-05-05.csv", "Item code,On hand,Location\nA1,20,Van\n"))
    assert [shop.on_hand("A1", date(2026, 1, 1)), *on(shop, 4, 5)] == [5, 2, 22]


def test_of_merged_items_the_surviving_one_holds_what_is_counted(shop: Shop) -> None:
    kettle, twin = shop.item("A1"), shop.item("A2")
    shop.move("receipt", kettle, 3, may(1))
    shop.move("receipt", twin, 4, may(1))
    items.save(shop.db, people.LOCAL, [{"item_id": twin, "same_as": kettle}])
    counted(shop, 5, A1=6)
    assert on(shop, 1, 5) == [7, 6]


def test_of_merged_items_the_first_count_opens_both_together(shop: Shop) -> None:
    kettle, twin = shop.item("A1"), shop.item("A2")
    shop.move("receipt", kettle, 3, may(2))
    shop.move("receipt", twin, 4, may(2))
    items.save(shop.db, people.LOCAL, [{"item_id": twin, "same_as": kettle}])
    counted(shop, 5, A1=12)
    assert on(shop, 1, 2, 5) == [5, 12, 12]


def test_two_lists_of_one_day_that_differ_are_asked_about(shop: Shop) -> None:
    lists = [(f"aisle {name} 2026-05-05.csv", f"Item code,On hand\nA1,{qty}\nA2,1\n".encode()) for name, qty in (("1", 5), ("2", 7))]
    plan = importing.preview(shop.db, lists)
    assert [question.about for question in plan.questions] == ["lists"]
    with pytest.raises(Refused, match="Answer first"):
        importing.commit(shop.db, people.LOCAL, plan)
    for answer, pieces in (("add", (12, 2)), ("last", (7, 1))):
        mapping = plan.groups[0].mapping
        told = importing.revise(shop.db, plan, 0, mapping=type(mapping)(**{**vars(mapping), "answers": {"lists": answer}}))
        done = importing.commit(shop.db, people.LOCAL, told)
        assert (shop.on_hand("A1"), shop.on_hand("A2")) == pieces
        ledger.undo(shop.db, people.LOCAL, done)


def test_two_lists_of_one_day_that_agree_say_the_same_once(shop: Shop) -> None:
    plan = importing.preview(shop.db, [(f"stock {name} 2026-05-05.csv", f"Item code,On hand\nA1,5\n{name},1\n".encode()) for name in "BC"])
    assert not plan.questions
    importing.commit(shop.db, people.LOCAL, plan)
    assert shop.on_hand("A1") == 5


@pytest.mark.parametrize(
    "files",
    [
        [("sales.csv", SOLD_LATE)],
        [("stock 2026-05-05.csv", "Item code,On hand\nA1,10\nB2,3\n")],
        [("stock 2026-05-25.csv", "Item code,On hand\nA1,1\n"), ("more sales.csv", "Date,Item code,Qty\n2026-05-26,A1,3\n")],
        [("items 2026-05-04.csv", "Item code,Name,Price,Cost,On hand\nA1,Kettle,20,8,0\n")],
    ],
)
def test_what_a_commit_would_change_is_what_it_changes(shop: Shop, files: list[tuple[str, str]]) -> None:
    drop(shop, ("old sales.csv", "Date,Item code,Qty\n2026-05-07,A1,5\n2026-05-21,A1,1\n"))
    counted(shop, 20, A1=6)
    before = alerts.stock(shop.db, date(2026, 6, 1)).on_hand.sum()
    plan = importing.preview(shop.db, [(name, text.encode()) for name, text in files], today=date(2026, 6, 1))
    foreseen = outlook.foresee(shop.db, plan)
    importing.commit(shop.db, people.LOCAL, plan)
    assert float(foreseen.pieces) == alerts.stock(shop.db, date(2026, 6, 1)).on_hand.sum() - before


MOVES = st.tuples(
    st.sampled_from(["sale", "receipt", "transfer"]), st.integers(1, 9), st.integers(1, 28), st.sampled_from(["Shop", "Cellar"])
)
COUNTS = st.tuples(st.just("count"), st.integers(0, 20), st.integers(1, 28), st.sampled_from(["Shop", "Cellar"]))
UNDOS = st.tuples(st.just("undo"), st.integers(0, 30), st.just(0), st.just(""))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(MOVES, COUNTS, UNDOS), max_size=12))
def test_every_counted_day_holds_whatever_happens_in_whatever_order(acts: list[tuple[str, int, int, str]]) -> None:
    db = empty_shop()
    shop = Shop(db)
    kettle, _ = shop.item("A1"), shop.place("Cellar")
    first = db.version + 1
    for kind, number, day, place in acts:
        if kind == "undo":
            shop.undo_any(first, number)
        else:
            shop.move(kind, kettle, number, may(day), place, to="Cellar" if place == "Shop" else "Shop")
        for spot, when, pieces in db.rows("select place, day, on_hand from standing_counts"):
            held = ledger.on_hand(db, when)
            assert held.loc[held.place == spot, "on_hand"].sum() == pieces
    proof = audit.check(db)
    assert proof.ok.all(), proof[~proof.ok].to_string()
    _same_as_told_in_order(db, shop, kettle)
    db.close()


def _same_as_told_in_order(db: Database, shop: Shop, kettle: int) -> None:
    """Whatever the order in which it was told, the stock of each day is that of a shop that was told in the order of days."""
    told = empty_shop()
    other = Shop(told)
    twin, _ = other.item("A1"), other.place("Cellar")
    for row in db.rows("select place, day, kind, qty from visible_movements where kind not in ('opening', 'count') order by day, kind"):
        kind = "adjustment" if row[2] == "transfer" else row[2]
        other.move(kind, twin, float(row[3] if kind == "adjustment" else abs(row[3])), row[1], row[0])
    for place, day, pieces in db.rows("select place, day, on_hand from standing_counts order by day"):
        other.move("count", twin, float(pieces), day, place)
    for day in (DAY + timedelta(days=step) for step in range(-5, 28)):
        assert shop.on_hand("A1", day) == other.on_hand("A1", day)
    told.close()
