"""Each difference is explained by what would make just that difference, with its evidence; one missing piece is explained by nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from ims_core import accuracy, audit, counting, cycles, explaining, items, policy, slips, tallies, workbooks
from ims_core.counting import Entry
from ims_core.errors import Refused
from ims_core.people import LOCAL
from ims_core.tallies import Wanted
from tests.builders import Shop, empty_shop
from tests.test_counting import STAFF, TODAY
from tests.test_counts import drop

OLD = TODAY - timedelta(days=30)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop with ten kinds of tea, 60 of each counted a month ago, and some of each sold since."""
    shop = Shop(empty_shop())
    shop.place("Shop")
    shop.place("Cellar")
    for number in range(1, 11):
        item = shop.item(f"T{number}", name=f"Tea {NAMES[number - 1]} 100 g", category="Tea", cost=4)
        shop.move("count", item, 60, OLD)
        shop.move("sale", item, number, TODAY - timedelta(days=5))
    yield shop
    proof = audit.check(shop.db)
    shop.db.close()
    assert proof.ok.all(), proof[~proof.ok].to_string()


NAMES = ("Assam", "Darjeeling", "Ceylon", "Sencha", "Oolong", "Matcha", "Rooibos", "Mint", "Chai", "Earl Grey")


def counted(shop: Shop, **off: float) -> int:
    """Everything in the shop counted as the book says, but for some; the sheet's number."""
    counting.open_sheet(shop.db, LOCAL, "Shelf", cycles.of_place(shop.db, "Shop"))
    number = int(tallies.listed(shop.db)["sheet_id"].iloc[0])
    lines = tallies.lines(shop.db, number).to_dict("records")
    counting.enter(shop.db, LOCAL, number, [Entry(row["item_id"], "Shop", row["book"] + off.get(row["sku"], 0)) for row in lines])
    counting.finish(shop.db, LOCAL, number)
    return number


def first(shop: Shop, number: int) -> dict[Any, Any]:
    """The likeliest explanation of all."""
    told = explaining.explain(shop.db, number).sort_values("likely", ascending=False)
    return told.to_dict("records")[0] if len(told) else {}


def test_three_crates_booked_as_three_bottles(shop: Shop) -> None:
    items.link_barcode(shop.db, LOCAL, 1, "4006381333931", 12)
    receipt = shop.move("receipt", 1, 3, TODAY - timedelta(days=2), ref="PO-77")
    found = first(shop, counted(shop, T1=33))
    assert (found["kind"], found["change_id"]) == ("pack", receipt)
    assert "Receipt PO-77" in found["says"]
    assert "as packs of 12 that is 36 pieces" in found["says"]
    assert found["likely"] > explaining.LIKELY


def test_the_same_beep_twice(shop: Shop) -> None:
    shop.move("scrap", 2, 4, TODAY)
    second = shop.move("scrap", 2, 4, TODAY)
    found = first(shop, counted(shop, T2=4))
    assert (found["kind"], found["change_id"]) == ("twice", second)


def test_a_delivery_that_nobody_booked(shop: Shop) -> None:
    day = TODAY - timedelta(days=20)
    drop(shop, ("purchases.csv", f"Order no,Ordered on,Expected,Item code,Quantity,Supplier\nP9,{day},{TODAY},T3,24,Nord\n"))
    found = first(shop, counted(shop, T3=24))
    assert found["kind"] == "receipt"
    assert found["says"].startswith("Order P9 of Nord still waits for 24")


def test_two_that_look_alike_with_opposite_differences(shop: Shop) -> None:
    items.save(shop.db, LOCAL, [{"item_id": 5, "name": "Tea Earl Grey 200 g"}])
    told = explaining.explain(shop.db, counted(shop, T10=-6, T5=6))
    assert told.kind.tolist() == ["mix-up", "mix-up"]
    assert "Tea Earl Grey 200 g (T5) is off by +6" in " ".join(told.says)


def test_of_several_with_the_opposite_difference_the_most_alike_is_named_first_and_nobody_is_taken_twice(shop: Shop) -> None:
    items.save(shop.db, LOCAL, [{"item_id": 5, "name": "Tea Earl Grey 200 g"}, {"item_id": 7, "name": "Grey towel"}])
    told = explaining.explain(shop.db, counted(shop, T10=-6, T5=6, T7=6))
    said, likely = dict(zip(told["item_id"], told["says"], strict=True)), dict(zip(told["item_id"], told["likely"], strict=True))
    assert said[10].startswith("Tea Earl Grey 200 g (T5) is off by +6: taken for each other? Or is it Grey towel (T7), off by")
    assert likely[5] > explaining.LIKELY > likely.get(7, 0)


def test_what_was_carried_to_the_cellar_without_a_word(shop: Shop) -> None:
    shop.move("count", 4, 5, OLD, "Cellar")
    counting.open_sheet(shop.db, LOCAL, "Sencha", [Wanted(4, "Shop"), Wanted(4, "Cellar")])
    counting.enter(shop.db, LOCAL, 1, [Entry(4, "Shop", 49), Entry(4, "Cellar", 12)])
    counting.finish(shop.db, LOCAL, 1)
    assert set(explaining.explain(shop.db, 1).kind) == {"place"}


def test_digits_swapped_on_the_sheet_and_in_a_receipt(shop: Shop) -> None:
    found = first(shop, counted(shop, T3=18))  # 57 in the book, 75 counted
    assert (found["kind"], found["reason"]) == ("count digits", "slip")
    shop.move("receipt", 6, 81, TODAY - timedelta(days=2))
    found = first(shop, counted(shop, T6=-63))
    assert found["kind"] == "digits"
    assert "was it 18?" in found["says"]


def test_goods_found_that_were_booked_as_lost(shop: Shop) -> None:
    shop.move("adjustment", 7, -8, TODAY - timedelta(days=3))
    found = first(shop, counted(shop, T7=16))
    assert found["kind"] == "sign"


def test_a_piece_that_is_missing_is_explained_by_nothing(shop: Shop) -> None:
    assert first(shop, counted(shop, T8=-1)).get("likely", 0) < explaining.LIKELY


def test_explaining_posts_nothing(shop: Shop) -> None:
    number = counted(shop, T1=3, T2=-3)
    before = shop.db.version
    explaining.explain(shop.db, number)
    assert shop.db.version == before


def test_what_was_booked_is_still_explained_by_what_came_before_it(shop: Shop) -> None:
    shop.move("scrap", 2, 4, TODAY)
    shop.move("scrap", 2, 4, TODAY)
    number = counted(shop, T2=4)
    counting.approve(shop.db, LOCAL, number)
    assert first(shop, number)["kind"] == "twice"


# -- accuracy and the plan


def test_accuracy_never_nets_and_keeps_what_was_suspected_apart(shop: Shop) -> None:
    counting.approve(shop.db, LOCAL, counted(shop, T1=5, T2=-5))
    counting.open_sheet(shop.db, LOCAL, "Doubt", [Wanted(3, "Shop", "suspicion")])
    counting.enter(shop.db, LOCAL, 2, [Entry(3, "Shop", 50)])
    counting.finish(shop.db, LOCAL, 2)
    counting.approve(shop.db, LOCAL, 2)
    summed = accuracy.summary(accuracy.results(shop.db))
    whole = summed[summed["class"] == "All"]
    assert whole[["fair", "lines", "right", "off", "net"]].values.tolist() == [[True, 10, 8, 40, 0], [False, 1, 0, 28, -28]]


def test_golden_vector_nine_of_the_kpis(shop: Shop) -> None:
    """Book 100 and 100, counted 95 and 105: net 100 %, absolute 95 %, records within 3 % 0 %."""
    one, other = shop.item("V1", cost=1), shop.item("V2", cost=1)
    for item in (one, other):
        shop.move("count", item, 100, OLD)
    counting.open_sheet(shop.db, LOCAL, "Vector", [Wanted(one, "Shop", "turn"), Wanted(other, "Shop", "turn")])
    counting.enter(shop.db, LOCAL, 1, [Entry(one, "Shop", 95), Entry(other, "Shop", 105)])
    counting.finish(shop.db, LOCAL, 1)
    counting.approve(shop.db, LOCAL, 1)
    found = accuracy.results(shop.db).assign(**{"class": "B"})
    found["right"] = tallies.within(found["difference"], found["book"], found["class"])
    whole = accuracy.summary(found).iloc[0]
    assert (whole["net"], whole["value_accuracy"], whole["accuracy"]) == (0, 0.95, 0)


def test_sales_told_after_the_count_mend_its_accuracy(shop: Shop) -> None:
    counting.approve(shop.db, LOCAL, counted(shop, T1=-4))
    assert accuracy.results(shop.db).set_index("sku").difference["T1"] == -4
    shop.move("sale", 1, 4, TODAY - timedelta(days=1))
    assert accuracy.results(shop.db).set_index("sku").difference["T1"] == 0


def test_what_is_below_zero_is_counted_first(shop: Shop) -> None:
    shop.move("sale", 9, 80, TODAY)
    plan = cycles.plan(shop.db, TODAY)
    assert plan.iloc[0][["sku", "why", "reason"]].tolist() == ["T9", "suspicion", "Below zero: the book says -29"]


def test_what_sold_daily_and_stopped_though_stock_is_there_is_suspected(shop: Shop) -> None:
    item = shop.item("N1", name="Tea New 100 g")
    shop.move("count", item, 60, OLD)
    for back in range(10, 30):
        shop.move("sale", item, 1, TODAY - timedelta(days=back))
    assert "N1" not in suspected(shop)["sku"].tolist()  # sales of the others are known for five days more only: too few to tell
    shop.move("sale", 1, 1, TODAY)
    doubt = suspected(shop).iloc[0]
    assert doubt["sku"] == "N1"
    assert doubt["reason"] == "Sold nearly every day, and not once in 10 days, though the book says 40 are there"
    shop.move("count", item, 40, TODAY)
    assert "N1" not in suspected(shop)["sku"].tolist()


def suspected(shop: Shop) -> pd.DataFrame:
    plan = cycles.plan(shop.db, TODAY)
    return plan[plan["why"] == "suspicion"]


def test_a_line_on_an_open_sheet_is_not_planned_again(shop: Shop) -> None:
    shop.move("sale", 9, 80, TODAY)
    counting.open_sheet(shop.db, STAFF, "Doubt", [Wanted(9, "Shop", "suspicion")])
    assert "T9" not in cycles.plan(shop.db, TODAY)["sku"].tolist()


def test_who_counts_without_seeing_the_book_does_not_see_it_in_the_plan_either(shop: Shop) -> None:
    shop.move("sale", 9, 80, TODAY)
    plan = cycles.plan(shop.db, TODAY, blind=True)
    assert not {"on_hand", "value"} & set(plan)
    assert plan.iloc[0][["sku", "reason"]].tolist() == ["T9", "Below zero in the book"]


def test_what_was_counted_today_is_no_longer_to_be_done_today(shop: Shop) -> None:
    policy.set_shop(shop.db, LOCAL, count_a_day=1)
    shop.move("sale", 9, 80, TODAY)
    assert len(cycles.plan(shop.db, TODAY)) == 1
    shop.move("count", 1, 50, TODAY)
    assert cycles.plan(shop.db, TODAY).empty
    assert len(cycles.plan(shop.db, TODAY + timedelta(days=200))) == 1


def test_the_plan_of_a_day_ends_when_its_lines_stand_on_a_sheet_and_is_opened_once(shop: Shop) -> None:
    policy.set_shop(shop.db, LOCAL, count_a_day=2)
    lines = [Wanted(*line) for line in cycles.plan(shop.db, TODAY)[["item_id", "place", "why"]].itertuples(index=False)]
    assert len(lines) == 2
    counting.open_sheet(shop.db, STAFF, "Plan", lines)
    assert cycles.plan(shop.db, TODAY).empty
    with pytest.raises(Refused, match="These lines stand on the open sheet Plan already"):
        counting.open_sheet(shop.db, STAFF, "Plan", lines)
    counting.give_up(shop.db, LOCAL, 1)
    assert len(cycles.plan(shop.db, TODAY)) == 2


def test_by_its_turn_comes_what_was_not_counted_for_as_long_as_its_class_allows(shop: Shop) -> None:
    assert set(cycles.plan(shop.db, TODAY + timedelta(days=200))["why"]) == {"turn"}
    assert set(cycles.plan(shop.db, TODAY - timedelta(days=25))["why"]) == {"chance"}


# -- on paper


def paper(shop: Shop, *rows: tuple[str, str, object]) -> slips.Filled:
    frame = pd.DataFrame(rows, columns=["Item code", "Place", "Counted"])
    return slips.read(shop.db, 1, "filled.xlsx", workbooks.sheet({"Shelf": frame}, "Count sheet: Shelf"))


def test_a_sheet_goes_out_and_comes_back_filled(shop: Shop) -> None:
    counting.open_sheet(shop.db, STAFF, "Shelf", cycles.of_place(shop.db, "Shop"))
    found = tallies.lines(shop.db, 1)
    blank = slips.read(shop.db, 1, "Count Shelf.xlsx", slips.workbook(found, "Shelf", blind=True))
    assert (blank.entries, blank.blank, len(blank.problems)) == ((), 10, 0)
    filled = paper(shop, *found[["sku", "place", "book"]].itertuples(index=False, name=None))
    counting.enter(shop.db, STAFF, 1, filled.entries)
    found = tallies.lines(shop.db, 1)
    assert found["difference"].tolist() == [0.0] * 10
    again = slips.read(shop.db, 1, "Count Shelf.xlsx", slips.workbook(found, "Shelf", blind=False))
    assert (again.entries, again.blank) == ((), 10)  # what is on the sheet already does not come back as counted anew


def test_what_cannot_be_used_is_told_with_its_row(shop: Shop) -> None:
    counting.open_sheet(shop.db, STAFF, "Shelf", cycles.of_place(shop.db, "Shop"))
    filled = paper(
        shop, ("T1", "Shop", 5), ("X9", "Shop", 4), ("T2", "Shop", "some"), ("T3", "", "1 200"), ("T1", "Shop", 6), ("T4", "Shop", ""),
        ("T5", "Attic", 2), ("T6", "Shop", 2.5),
    )  # fmt: skip
    assert [(entry.item_id, entry.qty) for entry in filled.entries] == [(1, 5), (3, 1200)]
    assert filled.problems[["row", "column", "value"]].values.tolist() == [
        [5, "Item code", "X9"],
        [6, "Counted", "some"],
        [8, "Item code", "T1"],
        [10, "Item code", "T5"],
        [11, "Item code", "T6"],
    ]
    assert filled.problems["to_do"].tolist()[3:] == ["Choose one of: Cellar, Shop.", "Give it another unit on the Items page."]


def test_another_file_is_refused_with_what_to_do(shop: Shop) -> None:
    counting.open_sheet(shop.db, STAFF, "Shelf", cycles.of_place(shop.db, "Shop"))
    with pytest.raises(Refused, match="Download the sheet here"):
        slips.read(shop.db, 1, "sales.csv", b"Date,Item code,Qty\n2026-05-02,T1,3\n")
