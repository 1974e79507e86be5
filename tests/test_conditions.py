"""When each rule speaks, and when it is silent."""

from datetime import date, timedelta

import pandas as pd
import pytest

from ims_core import conditions, ledger, limits, objectives, people, reckoning
from ims_core.errors import Refused
from tests.builders import DAY, Shop

WEEK = timedelta(days=7)


def cases(shop: Shop, rule: str, day: date = DAY) -> pd.DataFrame:
    """What one rule finds; all of them at once are asked where they are switched."""
    found = conditions.FINDERS[rule](conditions.Look(shop.db, day), limits.now(shop.db)[rule].numbers)
    return found[found["sure"].astype(bool)].reset_index(drop=True) if len(found) else found


def sold_daily(shop: Shop, item: int, days: int, pieces: float = 1, until: date = DAY) -> None:
    """Sales of every day up to `until`, as an import brings them: in one change."""
    rows = [
        {"line": line, "happened_at": pd.Timestamp(day), "day": day, "kind": "sale", "item_id": item, "place": "Shop", "qty": -pieces,
         "unit_price": 5, "file_id": 1, "source_row": line}
        for line, day in enumerate((until - timedelta(days=back) for back in range(days)), 1)
    ]  # fmt: skip
    with shop.db.change(who="Owner", what="Import sales.csv", via="import") as change:
        shop.db.append("movements", pd.DataFrame(rows))
        reckoning.settle(shop.db, change, change)


def counted(shop: Shop, sku: str, on_hand: float, **values: object) -> int:
    item = shop.item(sku, **{"cost": 2, "price": 5, **values})
    shop.move("count", item, on_hand, day=DAY)
    return item


def test_every_rule_has_its_finder() -> None:
    assert set(conditions.FINDERS) == set(limits.RULES)


def test_a_shop_where_all_is_well_has_no_case(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 100)
    sold_daily(shop, kettle, 60)
    assert conditions.now(shop.db, DAY).empty


def test_an_empty_shop_has_no_case(shop: Shop) -> None:
    assert conditions.now(shop.db, DAY).empty


def test_what_runs_out_before_more_can_come_is_told_with_the_sales_it_loses(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 5)
    sold_daily(shop, kettle, 60)
    found = cases(shop, "stockout")
    assert list(found["what"]) == ["5 left, about 5 days; nothing is on its way, and an order takes about 14 days."]
    assert found["money"][0] == pytest.approx(9 * 5, rel=0.05)  # nine days without, a piece a day at 5


def test_what_comes_in_time_is_not_running_out(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 5)
    sold_daily(shop, kettle, 60)
    order(shop, kettle, 50, expected=DAY + timedelta(days=3))
    assert cases(shop, "stockout").empty


def test_what_is_sold_out_says_when_more_comes(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 0)
    sold_daily(shop, kettle, 60)
    order(shop, kettle, 50, expected=DAY + timedelta(days=3))
    assert list(cases(shop, "stockout")["what"]) == ["Sold out; more comes in 3 days."]


def test_what_nobody_counted_raises_nothing(shop: Shop) -> None:
    sold_daily(shop, shop.item("KETTLE", price=5), 60)
    assert conditions.now(shop.db, DAY).empty


def test_below_the_reorder_point_says_what_the_reorders_page_says(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 18)
    sold_daily(shop, kettle, 60)
    assert cases(shop, "reorder")["what"][0].startswith("18 on hand, 0 on order, reorder point 2")
    order(shop, kettle, 50, expected=DAY + timedelta(days=3))
    assert cases(shop, "reorder").empty


def test_too_much_is_what_lasts_longer_than_the_shop_wants_and_is_worth_something(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 300)
    sold_daily(shop, kettle, 60)
    assert cases(shop, "overstock")["money"][0] == pytest.approx((300 - 180) * 2, rel=0.02)
    limits.save(shop.db, people.LOCAL, "overstock", "inbox", {"money": 1000})
    assert cases(shop, "overstock").empty


def test_what_sold_in_these_days_of_last_year_is_not_too_much(shop: Shop) -> None:
    calendars, kettles = counted(shop, "ADVENT", 90), counted(shop, "KETTLE", 200)
    for item, until in ((calendars, DAY - timedelta(days=364 - 60)), (kettles, DAY - timedelta(days=100))):
        sold_daily(shop, item, 30, pieces=3, until=until)
    sold_daily(shop, counted(shop, "MUG", 50), 60)  # the sales are known up to today
    assert list(cases(shop, "overstock")["item_id"]) == [kettles]


def test_an_order_that_should_be_here_is_not_called_nothing(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 5)
    sold_daily(shop, kettle, 60)
    order(shop, kettle, 50, expected=DAY - timedelta(days=3))
    assert list(cases(shop, "stockout")["what"]) == ["5 left, about 5 days; 50 on order should be here by now or have no day."]


def test_what_does_not_move_is_too_much_after_as_many_days(shop: Shop) -> None:
    item = shop.item("VASE", cost=80)
    shop.move("receipt", item, 3, day=DAY - timedelta(days=200))
    assert list(cases(shop, "overstock")["what"]) == ["3 there; nothing moved for about 203 days."]
    assert cases(shop, "overstock", DAY - timedelta(days=30)).empty


def test_a_place_below_zero_is_told_since_the_day_it_went_there(shop: Shop) -> None:
    kettle = shop.item("KETTLE", cost=4)
    shop.move("count", kettle, 3, day=DAY - timedelta(days=9))
    for days in (6, 4, 2):
        shop.move("sale", kettle, 2, day=DAY - timedelta(days=days))
    found = cases(shop, "negative")
    assert list(found["what"]) == ["-3 in Shop: count it."]
    assert found["since"][0] == pd.Timestamp(DAY - timedelta(days=4))
    assert found["money"][0] == 12


def test_a_lot_expires_within_the_days_that_are_set(shop: Shop) -> None:
    milk = shop.item("MILK", cost=1)
    shop.move("receipt", milk, 10, lot="B1", expires=DAY + timedelta(days=20))
    assert list(cases(shop, "expires")["what"]) == ["10 of lot B1 in Shop expire in 20 days."]
    limits.save(shop.db, people.LOCAL, "expires", "digest", {"days": 10})
    assert cases(shop, "expires").empty


def test_an_order_that_should_have_come_is_late(shop: Shop) -> None:
    kettle = shop.item("KETTLE", cost=4)
    order(shop, kettle, 50, expected=DAY - timedelta(days=4))
    found = cases(shop, "late")
    assert list(found["what"]) == ["PO 118 of Nordlicht: 4 days late, 50 pieces."]
    assert found["money"][0] == 200


def order(shop: Shop, item: int, qty: float, expected: date) -> None:
    supplier = shop.supplier("Nordlicht")
    with shop.db.change(who="Owner", what="Order"):
        shop.db.append("orders", [{"order_id": 1, "number": "118", "supplier_id": supplier, "ordered": DAY - WEEK, "expected": expected}])
        shop.db.append("order_lines", [{"order_id": 1, "line": 1, "item_id": item, "qty": qty, "unit_cost": 4}])


def test_a_missed_target_is_told_and_stands_while_it_is_only_near(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 100)
    sold_daily(shop, kettle, 60)
    assert cases(shop, "target").empty
    objectives.save(shop.db, people.LOCAL, "stock_value", 100, 150, "Anna")
    assert [text.replace("\u202f", " ") for text in cases(shop, "target")["what"]] == [
        "Stock value: € 200.00 in 28 days, wanted is € 100.00. Anna answers for it."
    ]
    objectives.save(shop.db, people.LOCAL, "stock_value", 150, 250, "Anna")
    found = conditions.FINDERS["target"](conditions.Look(shop.db, DAY), {"days": 28})
    assert list(found["sure"]) == [False]
    objectives.save(shop.db, people.LOCAL, "stock_value", 250, 300, "Anna")
    assert conditions.FINDERS["target"](conditions.Look(shop.db, DAY), {"days": 28}).empty


# -- drift


def test_a_movement_many_times_the_usual_is_told_and_only_that_one(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 500)
    sold_daily(shop, kettle, 40, until=DAY - timedelta(days=15))
    shop.move("sale", kettle, 5, day=DAY - timedelta(days=2))
    change = shop.move("sale", kettle, 160, day=DAY - timedelta(days=1))
    found = cases(shop, "unusual")
    assert list(found["what"]) == ["Sale of 160 on 3 May: 19 of 20 before were at most 1."]
    assert list(found["subject"]) == [f"{change} 1"]
    ledger.undo(shop.db, people.LOCAL, change)
    assert cases(shop, "unusual").empty


def test_of_a_new_item_nothing_is_unusual_yet(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 500)
    sold_daily(shop, kettle, 7, until=DAY - timedelta(days=20))
    shop.move("sale", kettle, 160, day=DAY)
    assert cases(shop, "unusual").empty


def test_what_used_to_sell_and_stopped_while_it_is_there_has_gone_silent(shop: Shop) -> None:
    kettle, mug = counted(shop, "KETTLE", 8), counted(shop, "MUG", 500)
    sold_daily(shop, mug, 90)
    sold_daily(shop, kettle, 40, until=DAY - timedelta(days=20))
    found = cases(shop, "silent")
    assert list(found["what"]) == ["8 there, last sold on 14 Apr; about 20 sales should have come since."]
    assert found["money"][0] == pytest.approx(100)
    shop.move("sale", kettle, 1, day=DAY)
    assert cases(shop, "silent").empty


def test_what_was_sold_out_meanwhile_has_not_gone_silent(shop: Shop) -> None:
    kettle, mug = shop.item("KETTLE", price=5), counted(shop, "MUG", 500)
    sold_daily(shop, mug, 90)
    sold_daily(shop, kettle, 40, until=DAY - timedelta(days=20))
    shop.move("count", kettle, 0, day=DAY - timedelta(days=20))
    shop.move("receipt", kettle, 30, day=DAY - timedelta(days=1))
    assert cases(shop, "silent").empty


def test_days_on_which_the_whole_shop_sold_nothing_are_no_silence(shop: Shop) -> None:
    kettle, mug = counted(shop, "KETTLE", 8), counted(shop, "MUG", 500)
    sold_daily(shop, kettle, 40, until=DAY - timedelta(days=20))
    sold_daily(shop, mug, 40, until=DAY - timedelta(days=20))
    shop.move("sale", mug, 1, day=DAY)
    assert cases(shop, "silent").empty


def test_a_forecast_that_is_too_high_week_after_week_is_off_and_one_that_was_sold_out_is_not(shop: Shop) -> None:
    start = DAY - 8 * WEEK
    kettle, mug, pan = (counted(shop, sku, 100) for sku in ("KETTLE", "MUG", "PAN"))
    for item in (kettle, mug, pan):
        sold_daily(shop, item, 90, pieces=4, until=start)
    forecast(shop, start, {kettle: 28, mug: 28, pan: 28})
    sold_daily(shop, mug, 56, pieces=4)
    sold_daily(shop, kettle, 56, pieces=1)
    sold_daily(shop, pan, 8, pieces=1)
    shop.move("count", pan, 0, day=start + WEEK)
    found = cases(shop, "forecast")
    assert list(found["item_id"]) == [kettle]
    assert found["what"][0] == "56 asked for in 8 weeks, 224 forecast: too high (tracking signal +8.0)."
    assert found["money"][0] == 168 * 2  # three pieces too many a day, at cost


def forecast(shop: Shop, day: date, weekly: dict[int, float]) -> None:
    """A run that expects as much of each item every week, give or take six."""
    with shop.db.change(who="Owner", what="Forecast"):
        about = {"run_id": 1, "day": day, "freq": "7D", "horizon": 12, "levels": [0.05, 0.5, 0.95], "items": 3, "seconds": 1.0}
        shop.db.append("forecast_runs", [about])
        shop.db.append("forecast_points", [
            {"run_id": 1, "item_id": item, "ds": day + timedelta(days=1) + week * WEEK, "model": "x", "mean": mean,
             "quantiles": [mean - 6, mean, mean + 6]} for item, mean in weekly.items() for week in range(12)
        ])  # fmt: skip


# -- switches


def test_a_rule_that_is_off_is_not_looked_for(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 5)
    sold_daily(shop, kettle, 60)
    limits.save(shop.db, people.LOCAL, "stockout", "off", {})
    assert list(conditions.now(shop.db, DAY)["rule"]) == ["reorder"]
    ledger.undo(shop.db, people.LOCAL, shop.db.version)
    assert list(conditions.now(shop.db, DAY)["rule"]) == ["stockout", "reorder"]


@pytest.mark.parametrize(
    ("rule", "tell", "numbers", "says"),
    [
        ("nonsense", "off", {}, "no rule called nonsense"),
        ("silent", "loud", {}, "one of these ways"),
        ("silent", "off", {"height": 3}, "no number called height"),
        ("silent", "off", {"missed": 1}, "between 2 and 50, not 1"),
        ("silent", "off", {"missed": float("nan")}, "between 2 and 50"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(shop: Shop, rule: str, tell: str, numbers: dict[str, float], says: str) -> None:
    with pytest.raises(Refused, match=says):
        limits.save(shop.db, people.LOCAL, rule, tell, numbers)


def test_what_is_set_is_kept_and_the_rest_stays_as_it_was(shop: Shop) -> None:
    limits.save(shop.db, people.LOCAL, "silent", "at once", {"missed": 12})
    limits.set_digest(shop.db, people.LOCAL, 4, 9)
    assert limits.now(shop.db)["silent"] == limits.Setting("at once", {"missed": 12, "days": 10})
    assert limits.digest(shop.db) == limits.Digest(4, 9)
    assert limits.now(shop.db)["stockout"] == limits.Setting("digest", {"days": 14})
