"""Stocktakes: sheets are opened, filled, compared with the book of the moment, and booked by whoever may."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ims_core import accuracy, api, audit, counting, entries, exporting, importing, items, ledger, policy, tallies
from ims_core.db import Database
from ims_core.entries import Entry
from ims_core.errors import NotAllowed, Refused
from ims_core.people import LOCAL, Person
from ims_core.tallies import Wanted
from tests.builders import Shop, empty_shop

STAFF, OTHER, BOSS = Person("Stefan", "staff"), Person("Sonja", "staff"), Person("Martha", "manager")
NOW = datetime.now(UTC).replace(tzinfo=None)
TODAY = NOW.date()


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop with a kettle (40 at 8), a mug (10 at 2) and a cellar, whose ledger proves itself when the test is done."""
    shop = Shop(empty_shop())
    kettle, mug = shop.item("KETTLE", cost=8, price=19), shop.item("MUG", cost=2, price=6)
    shop.place("Shop")
    shop.place("Cellar")
    for item, pieces in ((kettle, 40), (mug, 10)):
        shop.move("receipt", item, pieces, TODAY - timedelta(days=20))
    yield shop
    proof = audit.check(shop.db)
    shop.db.close()
    assert proof.ok.all(), proof[~proof.ok].to_string()


KETTLE, MUG = 1, 2


def sheet(shop: Shop, *wanted: Wanted, who: Person = STAFF, blind: bool | None = None) -> int:
    """A new sheet; its number."""
    counting.open_sheet(shop.db, who, "Shelf", wanted or [Wanted(KETTLE, "Shop"), Wanted(MUG, "Shop")], blind)
    return int(tallies.listed(shop.db)["sheet_id"].iloc[0])


def counted(shop: Shop, number: int, who: Person = STAFF, **pieces: float) -> None:
    """What somebody counted, typed all at once."""
    known = dict(shop.db.rows("select lower(sku), item_id from items"))
    counting.enter(shop.db, who, number, [Entry(known[sku], "Shop", qty) for sku, qty in pieces.items()])


def of(shop: Shop, number: int, item: int) -> dict[Any, Any]:
    found = tallies.lines(shop.db, number)
    return found[found["item_id"] == item].to_dict("records")[0]


def test_what_was_counted_is_compared_with_the_book(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=38, mug=10)
    kettle = of(shop, number, KETTLE)
    assert [kettle[name] for name in ("book", "counted", "difference", "value")] == [40, 38, -2, -16]
    assert of(shop, number, MUG)["difference"] == 0


def test_what_is_sold_after_an_item_was_counted_makes_no_difference(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=40)
    shop.move("sale", KETTLE, 3, datetime.now(UTC).date())
    counted(shop, number, mug=10)
    counting.finish(shop.db, STAFF, number)
    assert tallies.lines(shop.db, number)["difference"].tolist() == [0, 0]
    counting.book(shop.db, STAFF, number)
    assert shop.on_hand("KETTLE") == 37


def test_what_was_sold_before_it_was_counted_is_off_the_book(shop: Shop) -> None:
    number = sheet(shop)
    shop.move("sale", KETTLE, 3, TODAY)
    counted(shop, number, kettle=37)
    assert of(shop, number, KETTLE)["difference"] == 0


def test_a_count_of_this_morning_entered_tonight_is_of_this_morning(shop: Shop) -> None:
    number = sheet(shop)
    morning = datetime.now(UTC).replace(tzinfo=None)
    shop.move("sale", KETTLE, 3, datetime.now(UTC).date())
    counting.enter(shop.db, STAFF, number, [Entry(KETTLE, "Shop", 40, at=morning)])
    assert of(shop, number, KETTLE)["difference"] == 0


def test_beeps_add_up_and_a_typed_number_takes_their_place(shop: Shop) -> None:
    number = sheet(shop)
    for _ in range(3):
        counting.enter(shop.db, STAFF, number, [Entry(MUG, "Shop", 1, adds=True)])
    assert of(shop, number, MUG)["counted"] == 3
    counted(shop, number, mug=9)
    counting.enter(shop.db, OTHER, number, [Entry(MUG, "Shop", 1, adds=True)])
    assert of(shop, number, MUG)["counted"] == 10
    assert of(shop, number, MUG)["by"] == "Sonja, Stefan"


def test_an_entry_can_be_taken_back_alone(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, mug=10)
    ledger.undo(shop.db, STAFF, counting.enter(shop.db, STAFF, number, [Entry(MUG, "Shop", 1, adds=True)]))
    assert of(shop, number, MUG)["counted"] == 10


def test_what_is_found_besides_comes_onto_the_sheet(shop: Shop) -> None:
    number = sheet(shop, Wanted(KETTLE, "Shop"))
    counting.enter(shop.db, STAFF, number, [Entry(MUG, "Cellar", 2)])
    mug = of(shop, number, MUG)
    assert [mug[name] for name in ("place", "why", "book", "counted")] == ["Cellar", "found", 0, 2]


def test_only_what_is_off_by_more_than_its_class_allows_is_counted_again(shop: Shop) -> None:
    shop.move("sale", KETTLE, 1, TODAY - timedelta(days=3), unit_price=19)
    shop.move("receipt", MUG, 90, TODAY - timedelta(days=10))
    number = sheet(shop)
    counted(shop, number, kettle=38, mug=99)
    assert not tallies.lines(shop.db, number)["again"].any()
    counting.finish(shop.db, STAFF, number)
    found = tallies.lines(shop.db, number).set_index("sku")
    assert found["class"].to_dict() == {"KETTLE": "A", "MUG": "C"}
    assert found["again"].to_dict() == {"KETTLE": True, "MUG": False}
    assert tallies.state("counted", found) == "again"
    with pytest.raises(Refused, match="1 line must be counted a second time"):
        counting.book(shop.db, STAFF, number)
    counted(shop, number, kettle=39)
    found, kettle = tallies.lines(shop.db, number), of(shop, number, KETTLE)
    assert [kettle[name] for name in ("first", "second", "counted", "difference")] == [38, 39, 39, 0]
    assert tallies.state("counted", found) == "counted"


def test_a_beep_that_arrives_late_is_of_the_count_in_which_it_was_made(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, mug=4)
    before = datetime.now(UTC).replace(tzinfo=None)
    counting.finish(shop.db, STAFF, number)
    counting.enter(shop.db, STAFF, number, [Entry(MUG, "Shop", 1, adds=True, at=before)])
    mug = of(shop, number, MUG)
    assert [mug[name] for name in ("first", "counted", "recounted", "again")] == [5, 5, False, True]


def test_what_is_first_found_in_the_second_count_comes_onto_the_sheet_too(shop: Shop) -> None:
    pot = shop.item("POT", cost=3)
    number = sheet(shop)
    counted(shop, number, mug=4)
    counting.finish(shop.db, STAFF, number)
    for item, place in ((pot, "Cellar"), (pot, "Cellar"), (KETTLE, "Shop")):  # never on the sheet, and on it but not counted
        counting.enter(shop.db, STAFF, number, [Entry(item, place, 1, adds=True)])
    assert of(shop, number, pot)["counted"] == 2
    found = tallies.lines(shop.db, number).set_index("sku")
    assert found["why"].to_dict() == {"POT": "found", "KETTLE": "picked", "MUG": "picked"}
    assert found["again"].to_dict() == {"POT": False, "KETTLE": False, "MUG": True}
    assert not found["recounted"].any()
    counted(shop, number, mug=9)
    counting.approve(shop.db, BOSS, number)
    assert [shop.on_hand(sku) for sku in ("POT", "KETTLE", "MUG")] == [2, 1, 9]


def test_a_second_count_is_taken_only_where_one_is_due(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=40, mug=4)
    counting.finish(shop.db, STAFF, number)
    with pytest.raises(Refused, match="no second one of Kettle in Shop is due"):
        counting.enter(shop.db, STAFF, number, [Entry(KETTLE, "Shop", 1, adds=True)])
    counted(shop, number, mug=9)
    counting.enter(shop.db, STAFF, number, [Entry(MUG, "Shop", 1, adds=True)])
    assert tallies.lines(shop.db, number)["counted"].tolist() == [40, 10]


def while_waiting(shop: Shop, table: str, row: dict[str, Any], then: Callable[[], object]) -> Exception | None:
    """What a command is refused with that began before `row` was written, and could write only after it."""
    with ThreadPoolExecutor() as beside:
        with shop.db.change(who="Sonja", what="Meanwhile"):
            command = beside.submit(then)
            wait([command], timeout=1)
            shop.db.append(table, [row])
        failure = command.exception()
    return failure if isinstance(failure, Exception) else None


def test_a_beep_that_comes_while_the_count_is_being_finished_is_not_gone(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=40)
    row = {"sheet_id": number, "line": 2, "item_id": MUG, "place": "Shop", "round": 1, "qty": 10, "adds": True, "counted_at": NOW}
    assert not while_waiting(shop, "count_entries", row, lambda: counting.finish(shop.db, STAFF, number, rest_is_gone=True))
    assert of(shop, number, MUG)["counted"] == 10


@pytest.mark.parametrize("act", [counting.finish, counting.give_up])
def test_what_was_booked_meanwhile_is_neither_finished_nor_given_up(shop: Shop, act: Callable[..., int]) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=40)
    row = {"sheet_id": number, "step": "booked"}
    assert "booked already" in str(while_waiting(shop, "count_steps", row, lambda: act(shop.db, STAFF, number)))


def test_booking_posts_the_difference_once_and_undo_brings_the_book_back(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=38, mug=10)
    counting.finish(shop.db, STAFF, number)
    before = shop.db.rows("from visible_movements order by all")
    change = counting.book(shop.db, STAFF, number, {(KETTLE, "Shop"): "damage"})
    assert shop.on_hand("KETTLE") == 38
    assert shop.db.rows("select kind, qty from visible_movements where change_id = ?", [change]) == [("count", -2)]
    assert of(shop, number, KETTLE)["reason"] == "damage"
    with pytest.raises(Refused, match="booked already"):
        counting.book(shop.db, STAFF, number)
    undone = ledger.undo(shop.db, STAFF, change)
    assert shop.db.rows("from visible_movements order by all") == before
    assert tallies.state(tallies.one(shop.db, number)["step"], tallies.lines(shop.db, number)) == "counted"
    ledger.undo(shop.db, STAFF, undone)
    assert shop.on_hand("KETTLE") == 38
    assert tallies.one(shop.db, number)["step"] == "booked"


def test_above_the_limit_a_manager_books(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=30, mug=10)
    counting.finish(shop.db, STAFF, number)
    counted(shop, number, kettle=30)
    with pytest.raises(NotAllowed, match=r"Kettle differs by €\u202f80.00, and above €\u202f50.00 a manager books it"):
        counting.book(shop.db, STAFF, number)
    with pytest.raises(NotAllowed, match="one must be manager"):
        counting.approve(shop.db, STAFF, number)
    change = counting.approve(shop.db, BOSS, number)
    assert shop.on_hand("KETTLE") == 30
    with pytest.raises(NotAllowed, match="was done by Martha"):
        ledger.undo(shop.db, STAFF, change)


def test_small_differences_that_add_up_need_a_manager_too(shop: Shop) -> None:
    policy.set_shop(shop.db, LOCAL, count_sheet=20.0)
    number = sheet(shop)
    counted(shop, number, kettle=38, mug=7)
    counting.finish(shop.db, STAFF, number)
    counted(shop, number, mug=7)
    with pytest.raises(NotAllowed, match=r"differences come to €\u202f22.00"):
        counting.book(shop.db, STAFF, number)


def test_plus_and_minus_do_not_make_good_for_each_other(shop: Shop) -> None:
    policy.set_shop(shop.db, LOCAL, count_sheet=20.0)
    number = sheet(shop)
    counted(shop, number, kettle=38, mug=18)
    counting.finish(shop.db, STAFF, number)
    counted(shop, number, mug=18)
    with pytest.raises(NotAllowed, match="a manager books them"):
        counting.book(shop.db, STAFF, number)


def test_what_has_no_value_is_a_manager_s(shop: Shop) -> None:
    bag = shop.item("BAG")
    shop.move("receipt", bag, 5, TODAY - timedelta(days=3))
    number = sheet(shop, Wanted(bag, "Shop"))
    counted(shop, number, bag=4)
    assert counting.over_limit(shop.db, tallies.lines(shop.db, number)) == [
        "Bag has neither cost nor price: what the difference is worth is not known, so a manager books it."
    ]


def test_the_first_count_of_an_item_is_no_difference(shop: Shop) -> None:
    vase = shop.item("VASE", cost=100)
    number = sheet(shop, Wanted(vase, "Shop"))
    counted(shop, number, vase=12)
    counting.finish(shop.db, STAFF, number)
    assert not of(shop, number, vase)["again"]
    counting.book(shop.db, STAFF, number)
    assert shop.on_hand("VASE") == 12


@pytest.mark.parametrize("kind", ["count", "adjustment"])
def test_the_limit_holds_for_a_single_count_or_adjustment_too(shop: Shop, kind: str) -> None:
    small, large = (38, 30) if kind == "count" else (-2, -10)
    ledger.record(shop.db, STAFF, ledger.Record(kind, KETTLE, small, "Shop", TODAY))
    with pytest.raises(NotAllowed, match="a manager books it"):
        ledger.record(shop.db, STAFF, ledger.Record(kind, KETTLE, large, "Shop", TODAY))
    ledger.record(shop.db, BOSS, ledger.Record(kind, KETTLE, large, "Shop", TODAY))


def test_a_book_that_is_only_estimated_is_none_to_be_wrong(shop: Shop) -> None:
    cup = shop.item("CUP", cost=9)
    shop.move("receipt", cup, 10, TODAY - timedelta(days=9))
    shop.move("sale", cup, 50, TODAY - timedelta(days=3))
    ledger.record(shop.db, STAFF, ledger.Record("count", cup, 20, "Shop", TODAY))
    assert shop.on_hand("CUP") == 20


def test_staff_count_blind_unless_the_shop_says_otherwise(shop: Shop) -> None:
    with pytest.raises(NotAllowed, match="without seeing the book"):
        sheet(shop, blind=False)
    assert tallies.one(shop.db, sheet(shop))["blind"]
    assert not tallies.one(shop.db, sheet(shop, who=BOSS, blind=False))["blind"]
    counting.give_up(shop.db, BOSS, 2)
    policy.set_shop(shop.db, BOSS, count_blind=False)
    assert not tallies.one(shop.db, sheet(shop))["blind"]


def test_lines_left_out_stay_as_they_are_or_are_gone_as_somebody_says(shop: Shop) -> None:
    for gone, left in ((False, 10), (True, 0)):
        number = sheet(shop)
        counted(shop, number, kettle=40)
        counting.finish(shop.db, STAFF, number, rest_is_gone=gone)
        counting.approve(shop.db, BOSS, number)
        assert shop.on_hand("MUG") == left


def test_a_sheet_is_given_up_by_who_opened_it_or_a_manager(shop: Shop) -> None:
    number = sheet(shop)
    with pytest.raises(NotAllowed, match="opened by Stefan"):
        counting.give_up(shop.db, OTHER, number)
    counting.give_up(shop.db, BOSS, number)
    with pytest.raises(Refused, match="given up"):
        counted(shop, number, mug=3)


def test_a_sheet_is_undone_only_while_nothing_was_counted_on_it(shop: Shop) -> None:
    number = sheet(shop)
    opened = shop.db.scalar("select change_id from count_sheets where sheet_id = ?", [number])
    counted(shop, number, mug=3)
    with pytest.raises(Refused, match="3 Mug counted: Shelf"):
        ledger.undo(shop.db, STAFF, opened)
    ledger.undo(shop.db, STAFF, shop.db.version)
    ledger.undo(shop.db, STAFF, opened)
    assert tallies.listed(shop.db).empty
    with pytest.raises(Refused, match="no count sheet"):
        tallies.lines(shop.db, number)


def test_of_merged_items_the_surviving_one_holds_what_was_counted(shop: Shop) -> None:
    number = sheet(shop)
    items.merge(shop.db, LOCAL, MUG, KETTLE)
    counted(shop, number, kettle=50)
    assert of(shop, number, KETTLE)["difference"] == 0
    counting.finish(shop.db, STAFF, number)
    counting.book(shop.db, STAFF, number)
    assert ledger.on_hand(shop.db)["on_hand"].sum() == 50


def test_what_was_counted_of_two_items_stands_together_once_they_are_merged(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=5)
    counted(shop, number, mug=4)
    counted(shop, number, mug=3)
    items.merge(shop.db, LOCAL, MUG, KETTLE)
    assert of(shop, number, KETTLE)["counted"] == 8
    counting.enter(shop.db, STAFF, number, [Entry(KETTLE, "Shop", 1, adds=True)])
    assert of(shop, number, KETTLE)["counted"] == 9
    counted(shop, number, kettle=7)  # whoever types it now means both
    assert of(shop, number, KETTLE)["counted"] == 7


@pytest.mark.parametrize("qty", [-1, float("nan"), float("inf"), 1.5, 1e12])
def test_quantities_that_cannot_be_are_refused(shop: Shop, qty: float) -> None:
    number = sheet(shop)
    with pytest.raises(Refused, match="KETTLE"):
        counting.enter(shop.db, STAFF, number, [Entry(KETTLE, "Shop", qty)])


def test_of_many_lines_the_good_ones_are_taken_and_the_others_told_with_what_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    number = sheet(shop)
    typed = [Entry(KETTLE, "Shop", 40), Entry(MUG, "Shop", 1.5), Entry(99, "Shop", 1), Entry(MUG, "Attic", 1), Entry(MUG, "Shop", 10)]
    found = entries.judged(shop.db, number, typed)
    assert found.good == (typed[0], typed[4])
    assert found.problems["line"].tolist() == [2, 3, 4]
    assert found.problems.iloc[0][["problem", "to_do"]].tolist() == [
        "MUG comes in whole pieces, and 1.5 is none.", "Give it another unit on the Items page.",
    ]  # fmt: skip
    assert (
        "long before its sheet" in entries.judged(shop.db, number, [Entry(MUG, "Shop", 1, at=datetime(1970, 1, 1))]).problems["problem"][0]
    )
    with pytest.raises(Refused, match=r"3 lines of 5 cannot be taken\. MUG comes in whole pieces"):
        counting.enter(shop.db, STAFF, number, typed)
    asked, ask = Counter[int](), Database._ask
    for times in (1, 50):
        monkeypatch.setattr(Database, "_ask", lambda db, question, times=times: asked.update([times]) or ask(db, question))
        counting.enter(shop.db, STAFF, number, [Entry(KETTLE, "Shop", 0.5 + 0.5)] * times)
        entries.judged(shop.db, number, [Entry(KETTLE, "Shop", 0.5)] * times)
    assert asked[50] <= asked[1] + 1  # one more for what is said of many lines


def test_an_empty_sheet_and_an_unknown_place_are_refused(shop: Shop) -> None:
    counting.open_sheet(shop.db, STAFF, "Top\x00\nshelf\ud800" + "x" * 999, [Wanted(MUG, "Shop")])
    assert tallies.one(shop.db, 1)["title"] == ("Top shelf " + "x" * 999)[:80]
    with pytest.raises(Refused, match="nothing to count"):
        counting.open_sheet(shop.db, STAFF, "Shelf", [])
    with pytest.raises(Refused, match="no place called Attic"):
        sheet(shop, Wanted(KETTLE, "Attic"))
    with pytest.raises(Refused, match="Nothing of Shelf was counted"):
        counting.finish(shop.db, STAFF, sheet(shop))


def test_what_is_told_late_of_before_the_count_was_in_what_was_counted(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=37)
    shop.move("sale", KETTLE, 3, TODAY - timedelta(days=1))
    assert of(shop, number, KETTLE)["difference"] == 0
    counting.finish(shop.db, STAFF, number)
    counting.book(shop.db, STAFF, number)
    assert shop.on_hand("KETTLE") == 37


def test_sheets_and_their_results_move_house(shop: Shop) -> None:
    number = sheet(shop)
    counted(shop, number, kettle=38, mug=10)
    counting.finish(shop.db, STAFF, number)
    counting.approve(shop.db, BOSS, number, {(KETTLE, "Shop"): "damage"})
    counted(shop, sheet(shop), mug=9)
    into = empty_shop()
    importing.commit(into, LOCAL, importing.preview(into, [("whole.zip", exporting.everything(shop.db, TODAY))], today=TODAY))
    for told in (lambda db: tallies.lines(db, 1), lambda db: tallies.lines(db, 2), accuracy.results):
        there = told(into).drop(columns="by", errors="ignore").astype(str).values.tolist()
        assert there == told(shop.db).drop(columns="by", errors="ignore").astype(str).values.tolist()
    assert audit.check(into)["ok"].all()
    into.close()


# -- devices


def test_a_device_cannot_pass_the_limit_either(shop: Shop) -> None:
    with pytest.raises(NotAllowed, match="a manager books it"):
        api.scan(shop.db, STAFF, {"key": "1", "code": "KETTLE", "mode": "count", "qty": 10, "place": "Shop"})
    assert shop.on_hand("KETTLE") == 40


def test_a_beep_without_a_place_is_of_the_place_of_its_sheet(shop: Shop) -> None:
    number = sheet(shop, Wanted(MUG, "Cellar"))
    api.scan(shop.db, STAFF, {"key": "1", "code": "MUG", "mode": "count", "sheet": number})
    assert tallies.lines(shop.db, number)[["place", "counted"]].values.tolist() == [["Cellar", 1]]
    both = sheet(shop, Wanted(MUG, "Cellar"), Wanted(MUG, "Shop"))
    with pytest.raises(Refused, match=r"Where does it stand.*Cellar, Shop"):
        api.scan(shop.db, STAFF, {"key": "2", "code": "MUG", "mode": "count", "sheet": both})


def test_a_beep_goes_onto_the_sheet_once_however_often_it_is_sent(shop: Shop) -> None:
    number = sheet(shop)
    for key in ("a", "a", "b"):
        api.scan(shop.db, STAFF, {"key": key, "code": "MUG", "mode": "count", "place": "Shop", "sheet": number})
    assert of(shop, number, MUG)["counted"] == 2
    assert shop.on_hand("MUG") == 10
