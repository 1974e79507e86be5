"""Every KPI against the numbers of kpis.md, what it means, and what is said where it cannot be known."""

import doctest
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from ims_core import accuracy, classes, costing, counting, flaws, headlines, items, kpis, ledger, movers, objectives, people, policy, prices
from ims_core.counting import Entry
from ims_core.measures import BOOK, INPUTS, KPIS, NEEDS, Kpi
from ims_core.tallies import Wanted
from tests.builders import Shop

FIRST, LAST = date(2026, 5, 6), date(2026, 5, 17)


def value(shop: Shop, kpi: str, first: date = FIRST, last: date = LAST, by: str = "shop", group: str | None = None) -> float:
    """One KPI of a period."""
    found = kpis.summary(shop.db, first, last, by, group).set_index("kpi")["value"]
    return float(found[kpi])


def note(shop: Shop, kpi: str, first: date = FIRST, last: date = LAST) -> str:
    """What is said of it."""
    return str(kpis.summary(shop.db, first, last).set_index("kpi").loc[kpi, "note"])


# -- the book


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.golden], ids=lambda kpi: kpi.name)
def test_each_formula_gives_its_golden_number(kpi: Kpi) -> None:
    assert kpi.golden
    inputs, wanted = kpi.golden
    values = ", ".join(f"{number!r}::double as {name}" for name, number in inputs.items())
    found = duckdb.execute(f"select ({kpi.sql})::double from (select {values})").fetchall()[0][0]
    assert found == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("module", [costing, classes, objectives, kpis], ids=lambda module: module.__name__)
def test_what_the_docstrings_show_is_so(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert (found.failed, found.attempted > 0) == (0, True)


def test_every_kpi_has_a_golden_number_or_says_which_file_it_takes() -> None:
    assert [kpi.name for kpi in KPIS if not kpi.golden and kpi.needs != ("customer_orders",)] == []
    assert {need for kpi in KPIS for need in kpi.needs} <= set(NEEDS)
    assert len(BOOK) == len(KPIS)
    assert {name for kpi in KPIS if kpi.golden for name in kpi.golden[0]} <= set(INPUTS)


# -- what they mean


def test_deliveries_are_not_hidden_by_opening_and_closing_stock(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    first = date(2026, 4, 1)
    shop.move("receipt", kettle, 100, first, unit_cost=1)
    shop.move("receipt", kettle, 300, first + timedelta(days=14), unit_cost=1)
    for day in range(15, 30):
        shop.move("sale", kettle, 20, first + timedelta(days=day))
    found = value(shop, "average_inventory", first, first + timedelta(days=29))
    assert found == pytest.approx((14 * 100 + 400 + sum(400 - 20 * day for day in range(1, 16))) / 30)


def test_days_without_stock_do_not_lower_what_is_asked_for(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    first = date(2026, 4, 1)
    shop.move("receipt", kettle, 150, first, unit_cost=1)
    for day in range(15):
        shop.move("sale", kettle, 10, first + timedelta(days=day))
    last = first + timedelta(days=28)  # the fifteenth day ends at zero too
    assert value(shop, "stockout_rate", first, last) == pytest.approx(15 / 29)
    assert value(shop, "stockout_events", first, last) == 1
    assert value(shop, "fill_rate", first, last) < 0.5
    assert "is estimated" in note(shop, "fill_rate", first, last)


def test_an_empty_shop_prints_no_number_at_all(shop: Shop) -> None:
    found = kpis.summary(shop.db, FIRST, LAST)
    assert found["value"].isna().all()
    assert (found["note"] != "").all()


def test_sales_without_stock_are_no_fill_rate_of_a_hundred_percent(shop: Shop) -> None:
    shop.move("sale", shop.item("KETTLE"), 3, FIRST, unit_price=9)
    found = kpis.summary(shop.db, FIRST, LAST).set_index("kpi")
    assert found.loc["revenue", "value"] == 27
    assert found.loc[["fill_rate", "ready_rate", "stock_value", "turnover", "record_accuracy", "otif"], "value"].isna().all()
    assert "drop a stock list" in note(shop, "fill_rate")
    assert "customer orders" in note(shop, "otif")


def test_nothing_is_made_a_year_of_in_less_than_sixty_days(shop: Shop) -> None:
    kettle = shop.item("KETTLE", price=9)
    shop.move("receipt", kettle, 10, date(2026, 3, 1), unit_cost=4)
    shop.move("sale", kettle, 2, date(2026, 4, 20))
    assert "less than 60 days" in note(shop, "turnover", date(2026, 3, 1), date(2026, 4, 28))
    assert value(shop, "turnover", date(2026, 3, 1), date(2026, 4, 30)) == pytest.approx(8 * 365 / (40 * 50 + 32 * 11))


def test_books_that_begin_within_the_period_say_so(shop: Shop) -> None:
    shop.move("receipt", shop.item("KETTLE"), 10, date(2026, 5, 12), unit_cost=4)
    assert value(shop, "average_inventory") == 40
    assert "Since the first count, 12 May 2026" in note(shop, "average_inventory")


def test_what_lies_is_dead_only_while_it_lies(shop: Shop) -> None:
    kettle, mug = shop.item("KETTLE"), shop.item("MUG")
    shop.move("receipt", kettle, 10, date(2025, 5, 1), unit_cost=4)
    shop.move("receipt", mug, 10, date(2025, 5, 1), unit_cost=1)
    shop.move("sale", mug, 10, date(2025, 5, 2))
    shop.move("receipt", mug, 10, date(2026, 4, 1), unit_cost=1)
    assert value(shop, "dead_stock") == 40
    assert value(shop, "slow_stock") == 0
    assert value(shop, "dead_stock", date(2025, 9, 1), date(2025, 10, 28)) == 40  # the 180th day
    assert value(shop, "slow_stock", date(2025, 9, 1), date(2025, 10, 27)) == 40


def test_a_margin_is_that_of_goods_with_a_cost_and_a_price(shop: Shop) -> None:
    tea, cup, gift = shop.item("TEA", cost=7, price=10), shop.item("CUP"), shop.item("GIFT", cost=5)
    for item in (tea, cup, gift):
        shop.move("count", item, 200, date(2026, 1, 1))
    shop.move("sale", tea, 100, FIRST)
    shop.move("sale", cup, 100, FIRST, unit_price=10)
    shop.move("sale", gift, 100, FIRST)
    assert value(shop, "revenue") == 2000
    assert value(shop, "gross_margin") == pytest.approx(0.3)
    assert "1 item is without a cost and left out. 100 pieces sold without a price left out." in note(shop, "gross_margin")
    days = (date(2026, 1, 1), FIRST)
    assert value(shop, "gmroi", *days) == pytest.approx(300 * 365 / (125 * 2400 + 1200))


def test_an_item_that_is_left_out_is_told_once(shop: Shop) -> None:
    tea, cup = shop.item("TEA", cost=2, price=5), shop.item("CUP", price=3)
    shop.move("count", tea, 10, date(2026, 5, 1))
    for item in (tea, cup):
        shop.move("sale", item, 2, FIRST)
    assert note(shop, "stock_value").count("1 item") == 1, "the cup has no cost either, but it is left out already"


def test_what_is_not_known_by_place_says_so(shop: Shop) -> None:
    tea = shop.item("TEA", cost=2, price=5)
    shop.move("receipt", tea, 10, FIRST)
    shop.move("sale", tea, 4, LAST)
    found = kpis.summary(shop.db, FIRST, LAST, "place", "Shop").set_index("kpi")
    assert found.loc[["days_of_cover", "sell_through"], "value"].isna().all()
    assert found["note"].str.startswith("Not by place").sum() == 2
    assert value(shop, "sell_through") == 0.4


def test_a_delisted_item_is_not_missed(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 1, date(2026, 5, 1), unit_cost=4)
    shop.move("sale", kettle, 1, date(2026, 5, 10))
    missed = value(shop, "stockout_rate", last=date(2099, 1, 1))
    items.save(shop.db, people.LOCAL, [{"item_id": kettle, "active": False}])
    assert value(shop, "stockout_rate", last=date(2099, 1, 1)) < missed


def test_a_count_that_was_off_both_ways_is_not_right(shop: Shop) -> None:
    for sku, counted in (("A1", 90), ("A2", 110)):
        item = shop.item(sku, cost=1)
        shop.move("count", item, 100, date(2026, 5, 1))
        shop.move("count", item, counted, date(2026, 5, 10))
    assert value(shop, "record_accuracy") == 0
    assert value(shop, "value_accuracy") == pytest.approx(0.9)
    assert value(shop, "write_offs") == 10


def test_a_first_count_is_no_test_of_the_book(shop: Shop) -> None:
    shop.move("count", shop.item("A1", cost=1), 100, date(2026, 5, 10))
    assert "counted a second time" in note(shop, "record_accuracy")


def test_carrying_cost_follows_the_rate_of_the_settings(shop: Shop) -> None:
    shop.move("receipt", shop.item("KETTLE"), 10, FIRST, unit_cost=4)
    assert value(shop, "carrying_cost") == 10
    policy.set_shop(shop.db, people.LOCAL, carrying_rate=0.2)
    assert value(shop, "carrying_cost") == 8
    assert "At 20%" in note(shop, "carrying_cost")


def test_what_sold_goods_had_cost_is_not_0_where_nothing_has_a_cost(shop: Shop) -> None:
    shop.move("sale", shop.item("KETTLE"), 2, FIRST)
    unknown = kpis.summary(shop.db, FIRST, LAST).set_index("kpi")["value"][["cogs", "revenue"]]
    assert unknown.isna().all()


def test_the_sales_tax_that_prices_hold_is_neither_sales_nor_margin(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 10, FIRST, unit_cost=4)
    shop.move("sale", kettle, 2, FIRST, unit_price=6)
    assert [value(shop, "revenue"), value(shop, "gross_margin")] == pytest.approx([12, 1 / 3])
    assert "hold no sales tax; where they do, Settings takes its rate" in note(shop, "gross_margin")
    policy.set_shop(shop.db, people.LOCAL, sales_tax=0.2)
    assert [value(shop, "revenue"), value(shop, "gross_margin")] == pytest.approx([10, 0.2])
    assert "without the 20% sales tax" in note(shop, "gross_margin")
    policy.set_shop(shop.db, people.LOCAL, sales_tax=0.5)
    assert headlines.sales(shop.db, FIRST, LAST)["revenue"].tolist() == [8]
    policy.set_shop(shop.db, people.LOCAL, sales_tax=0.0)
    assert prices.given_away(shop.db, FIRST, LAST).empty
    shop.move("sale", kettle, 1, FIRST, unit_price=4.5)
    assert flaws.sold_below(shop.db, LAST).empty
    policy.set_shop(shop.db, people.LOCAL, sales_tax=0.25)
    assert prices.given_away(shop.db, FIRST, LAST)["lost"].tolist() == [pytest.approx(0.4)]
    assert flaws.sold_below(shop.db, LAST)["lines"].tolist() == [1]


def test_an_undone_sale_is_in_no_kpi(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 10, FIRST, unit_cost=4)
    before = kpis.summary(shop.db, FIRST, LAST)
    ledger.undo(shop.db, people.LOCAL, shop.move("sale", kettle, 3, FIRST, unit_price=9))
    pd.testing.assert_frame_equal(kpis.summary(shop.db, FIRST, LAST), before)


def test_a_price_that_is_changed_moves_no_figure_of_the_past(shop: Shop) -> None:
    tea, cup = shop.item("TEA", cost=2, price=5), shop.item("CUP", cost=1)
    for item in (tea, cup):
        shop.move("receipt", item, 100, date(2026, 5, 1))
        shop.move("sale", item, 10, FIRST)
    shop.move("sale", cup, 1, FIRST, unit_price=3)
    margin = value(shop, "gross_margin")
    assert value(shop, "revenue") == 53, "tea at what its list said first, of the cups the one whose price is known"
    assert "10 pieces sold without a price left out" in note(shop, "revenue")
    items.save(shop.db, people.LOCAL, [{"item_id": tea, "price": 50}, {"item_id": cup, "price": 9}])
    items.save(shop.db, people.LOCAL, [{"item_id": tea, "price": 60}])
    assert value(shop, "revenue") == 53 + 10 * 9, "only what had no price at all has one now"
    assert value(shop, "gross_margin") != margin


def test_shrinkage_holds_losses_against_the_sales_of_the_same_items(shop: Shop) -> None:
    tea, cup, gift = shop.item("TEA", cost=2, price=10), shop.item("CUP", price=10), shop.item("GIFT", cost=5)
    for item in (tea, cup, gift):
        shop.move("receipt", item, 100, date(2026, 5, 1))
        shop.move("sale", item, 10, FIRST)
        shop.move("scrap", item, 5, LAST)
    assert value(shop, "write_offs") == 35
    assert value(shop, "shrinkage") == pytest.approx(10 / 100), "neither the cups without a cost nor the gifts without a price"
    assert value(shop, "net_shrinkage") == pytest.approx(10 / 100)


def test_twins_that_were_counted_together_lost_nothing(shop: Shop) -> None:
    one, twin = shop.item("TEA", cost=2, price=5), shop.item("TEA2", cost=2)
    shop.move("count", one, 1, date(2026, 5, 1))
    shop.move("count", twin, 9, date(2026, 5, 1))
    items.merge(shop.db, people.LOCAL, twin, one)
    shop.move("sale", one, 1, date(2026, 5, 7), unit_price=5)
    counted(shop, "Together", Wanted(one, "Shop", "turn"), 9)
    found = kpis.summary(shop.db, FIRST, today()).set_index("kpi")["value"]
    assert found[["write_offs", "record_accuracy", "value_accuracy"]].tolist() == [0, 1, 1]
    assert movers.lost(shop.db, FIRST, today()).empty


def test_an_accuracy_is_one_wherever_it_is_shown(shop: Shop) -> None:
    numbers = {sku: shop.item(sku, cost=1) for sku in ("A1", "A2", "A3", "A4", "A5")}
    for item in numbers.values():
        shop.move("receipt" if item == numbers["A5"] else "count", item, 100, date(2026, 5, 1), unit_cost=1)
    counted(shop, "Turn", Wanted(numbers["A1"], "Shop", "turn"), 100)
    counted(shop, "Chance", Wanted(numbers["A2"], "Shop", "chance"), 90)
    counted(shop, "Doubt", Wanted(numbers["A3"], "Shop", "suspicion"), 20)
    counted(shop, "First", Wanted(numbers["A5"], "Shop", "turn"), 70)
    fair = accuracy.summary(accuracy.results(shop.db)).query("fair and `class` == 'All'").iloc[0]
    found = kpis.summary(shop.db, FIRST, today()).set_index("kpi")["value"]
    assert (fair["lines"], fair["accuracy"], fair["value_accuracy"]) == (2, 0.5, 0.95)
    assert (found["record_accuracy"], found["value_accuracy"]) == (0.5, 0.95)
    shop.move("count", numbers["A4"], 100, today())
    assert value(shop, "record_accuracy", last=today()) == pytest.approx(2 / 3), "a list without a sheet was nobody's suspicion"


def today() -> date:
    return datetime.now(UTC).date()


def counted(shop: Shop, title: str, line: Wanted, pieces: float) -> None:
    """A sheet of one line, counted and booked."""
    sheet = counting.open_sheet(shop.db, people.LOCAL, title, [line])
    number = int(shop.db.scalar("select max(sheet_id) from count_sheets"))
    assert sheet
    counting.enter(shop.db, people.LOCAL, number, [Entry(line.item_id, line.place, pieces)])
    counting.finish(shop.db, people.LOCAL, number)
    counting.approve(shop.db, people.LOCAL, number)


def days(found: pd.DataFrame, place: str) -> list[float]:
    """Of a place: days of items in use, and of these without stock."""
    return [float(found[name][place]) for name in ("item_days", "out_days")]


def test_a_place_misses_an_item_for_ninety_days_and_no_longer(shop: Shop) -> None:
    tea = shop.item("TEA", cost=2, price=5)
    shop.place("Cellar")
    first = date(2025, 1, 1)
    shop.move("receipt", tea, 10, first, "Cellar")
    shop.move("transfer", tea, 10, first + timedelta(days=10), "Cellar", to="Shop")
    last = first + timedelta(days=399)
    found = kpis.by_group(shop.db, first, last, "place").set_index("grp")
    assert days(found, "Cellar") == [100, 90]
    assert days(found, "Shop") == [390, 0]
    later = kpis.by_group(shop.db, first + timedelta(days=200), last, "place").set_index("grp")
    assert later.loc["Cellar", "item_days"] == 0
    told = kpis.summary(shop.db, first, last, "place", "Cellar").set_index("kpi")["note"]
    assert "90 days after it last lay or was sold there" in told["stockout_rate"]
    shop.move("receipt", tea, 5, last - timedelta(days=9), "Cellar")
    again = kpis.by_group(shop.db, first + timedelta(days=200), last, "place").set_index("grp")
    assert days(again, "Cellar") == [10, 0]


def test_an_item_ends_on_the_shop_s_day(shop: Shop) -> None:
    zone = "Pacific/Kiritimati" if datetime.now(UTC).hour >= 10 else "Pacific/Pago_Pago"  # where it is another day than in Greenwich
    policy.set_shop(shop.db, people.LOCAL, timezone=zone)
    day, tea = datetime.now(ZoneInfo(zone)).date(), shop.item("TEA", cost=2)
    shop.move("receipt", tea, 1, day - timedelta(days=40))
    items.save(shop.db, people.LOCAL, [{"item_id": tea, "active": False}])
    assert kpis.by_group(shop.db, day - timedelta(days=40), day + timedelta(days=40), "item")["item_days"].tolist() == [40]
