from datetime import timedelta

import pandas as pd
import pytest

from ims_core import alerts, headlines, items, people
from tests.builders import DAY, Shop


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "In stock"),
        ({"on_hand": 0}, "Sold out"),
        ({"on_hand": -1}, "Below zero"),
        ({"on_hand": -1, "counted": False}, "Never counted"),
        ({"days_since": alerts.IDLE}, "Not moving"),
        ({"days_since": None}, "In stock"),
        ({"on_hand": 0, "active": False}, "Not in use"),
    ],
)
def test_a_stock_figure_in_one_word(values: dict[str, object], word: str) -> None:
    item = {"active": True, "counted": True, "on_hand": 5, "days_since": 3, **values}
    assert list(alerts.status(pd.DataFrame([item]))) == [word]


def says(shop: Shop) -> dict[str, str]:
    found = alerts.attention(shop.db, DAY)
    return dict(zip(found["alert"], found["says"].str.replace("\u202f", " "), strict=True))


def test_a_quiet_shop_needs_a_forecast_and_nothing_else(shop: Shop) -> None:
    shop.move("receipt", shop.item("KETTLE", cost=3), 5)
    assert list(says(shop)) == ["forecast"]


def test_an_empty_shop_needs_nothing(shop: Shop) -> None:
    assert says(shop) == {}


def test_what_is_sold_out_is_told_with_what_it_loses_the_costliest_first(shop: Shop) -> None:
    for sku, price in (("MUG", 2), ("KETTLE", 14)):
        item = shop.item(sku, price=price, cost=1)
        shop.move("receipt", item, 28)
        shop.move("sale", item, 28)
    assert says(shop)["Sold out"] == "2 items that sell are sold out: Kettle, Mug, about € 16.00 of sales a day."


def test_what_nobody_asked_for_lately_is_not_called_sold_out(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 1, day=DAY - timedelta(days=90))
    shop.move("sale", kettle, 1, day=DAY - timedelta(days=60))
    assert "Sold out" not in says(shop)


def test_below_zero_never_counted_and_without_cost_are_told(shop: Shop) -> None:
    kettle, mug = shop.item("KETTLE"), shop.item("MUG")
    shop.item("JUG")
    shop.move("receipt", kettle, 1)
    shop.move("sale", kettle, 3)
    shop.move("receipt", mug, 2)
    found = says(shop)
    assert found["Below zero"] == "1 item is below zero: more left than ever came in. Kettle."
    assert found["Never counted"] == "1 item was never counted or received: how much there is, is not known."
    assert found["items"] == "1 item in stock has no cost: the stock value leaves that out."


def test_an_item_no_longer_in_use_needs_no_attention(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("sale", kettle, 1)
    items.save(shop.db, people.LOCAL, [{"item_id": kettle, "active": False}])
    assert set(says(shop)) <= {"forecast"}


def test_refused_lines_are_told_until_their_import_is_undone(shop: Shop) -> None:
    with shop.db.change(who="Owner", what="Import may.csv", via="import") as change_id:
        shop.db.append("import_files", [file_with(refused=7)])
    assert says(shop)["upload"] == "7 lines were refused: Import may.csv."
    from ims_core import ledger

    ledger.undo(shop.db, people.LOCAL, change_id)
    assert "upload" not in says(shop)


def file_with(refused: int) -> dict[str, object]:
    counts = {"lines": 10, "used": 10 - refused, "joined": 0, "set_aside": 0, "refused": refused}
    return {"file_id": 1, "name": "may.csv", "sha256": "a" * 64, "kind": "sales", "mapping": "{}", **counts}


# -- the item in view


def test_one_item_in_figures(shop: Shop) -> None:
    kettle = shop.item("KETTLE", cost=3)
    shop.move("receipt", kettle, 10, day=DAY - timedelta(days=60))
    shop.move("sale", kettle, 2, day=DAY - timedelta(days=28))
    shop.move("sale", kettle, 1, day=DAY)
    shop.move("sale", kettle, 5, day=DAY + timedelta(days=1))
    found = alerts.item(shop.db, kettle, DAY)
    assert {name: float(found[name]) for name in ("on_hand", "value", "sold", "sold_before", "on_order")} == {
        "on_hand": 7, "value": 21, "sold": 1, "sold_before": 2, "on_order": 0,
    }  # fmt: skip
    assert found["last_day"] == DAY


def test_an_item_that_never_moved_has_nothing(shop: Shop) -> None:
    found = alerts.item(shop.db, shop.item("KETTLE"), DAY)
    assert (found["on_hand"], found["value"], found["last_day"]) == (0, None, None)


# -- headlines


def test_the_headline_of_a_working_shop(shop: Shop) -> None:
    kettle = shop.item("KETTLE", cost=3, price=9)
    shop.item("MUG")
    shop.move("receipt", kettle, 10, day=DAY - timedelta(days=40))
    shop.move("sale", kettle, 2, day=DAY - timedelta(days=30))
    shop.move("sale", kettle, 4, day=DAY)
    found = headlines.today(shop.db, DAY)
    assert (found.items, found.in_stock, found.sold_out, found.places) == (2, 1, 0, 1)
    assert (found.value, found.value_before) == (12, 24)
    assert (found.sales, found.sales_before, found.sales_in_money) == (36, 18, True)
    assert found.sales_trend[-5:] == [18, 0, 0, 0, 36]
    assert found.in_stock_trend[-6:] == [1, 1, 1, 1, 1, 1]
    assert found.in_stock_trend[0] == 0


def test_sales_without_a_price_count_in_pieces(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("sale", kettle, 4)
    found = headlines.today(shop.db, DAY)
    assert (found.sales, found.sales_in_money) == (4, False)


def test_what_is_sold_out_at_the_end_of_each_week(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 2, day=DAY - timedelta(days=21))
    shop.move("sale", kettle, 2, day=DAY - timedelta(days=14))
    shop.move("receipt", kettle, 5, day=DAY)
    found = headlines.shelves(shop.db, DAY, 4)
    assert found[["week", "in_stock", "sold_out"]].to_numpy().tolist() == [[3, 1, 0], [2, 0, 1], [1, 0, 1], [0, 1, 0]]


def test_where_nothing_is_known_of_the_last_weeks_the_last_known_day_counts(shop: Shop) -> None:
    shop.move("receipt", shop.item("KETTLE"), 2)
    assert headlines.known_day(shop.db, DAY + timedelta(days=14)) == DAY + timedelta(days=14)
    assert headlines.known_day(shop.db, DAY + timedelta(days=15)) == DAY
    assert headlines.known_day(shop.db, DAY - timedelta(days=1)) == DAY - timedelta(days=1)


@pytest.mark.parametrize(("now", "before", "text"), [(112, 100, "+12 %"), (90, 100, "-10 %"), (100.2, 100, "0 %"), (5, 0, None)])
def test_a_change_in_percent(now: float, before: float, text: str | None) -> None:
    assert headlines.change(now, before) == text


def test_a_shop_that_knows_no_cost_still_has_its_day(shop: Shop) -> None:
    assert headlines.change(float("nan"), 5) is None
    assert headlines.change(5, float("nan")) is None
    assert headlines.change(6, 5) == "+20 %"
