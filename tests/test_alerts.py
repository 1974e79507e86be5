from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from ims_core import alerts, forecasting, headlines, importing, items, ledger, people
from tests.builders import DAY, Shop


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "In stock"),
        ({"on_hand": 0}, "Sold out"),
        ({"on_hand": -1}, "Below zero"),
        ({"on_hand": -1, "counted": False}, "Never counted"),
        ({"on_hand": 0, "estimated": 2}, "Estimated"),
        ({"on_hand": 0, "estimated": 2, "counted": False}, "Never counted"),
        ({"days_since": alerts.IDLE}, "Not moving"),
        ({"days_since": None}, "In stock"),
        ({"on_hand": 0, "active": False}, "Not in use"),
    ],
)
def test_a_stock_figure_in_one_word(values: dict[str, object], word: str) -> None:
    item = {"active": True, "counted": True, "on_hand": 5, "days_since": 3, "estimated": 0, **values}
    assert list(alerts.status(pd.DataFrame([item]))) == [word]


def says(shop: Shop) -> dict[str, str]:
    found = alerts.attention(shop.db, DAY, alerts.stock(shop.db, DAY))
    return dict(zip(found["alert"], found["says"].str.replace("\u202f", " "), strict=True))


def test_a_quiet_shop_needs_a_forecast_and_nothing_else(shop: Shop) -> None:
    shop.move("receipt", shop.item("KETTLE", cost=3), 5)
    assert list(says(shop)) == ["forecast"]


def test_a_forecast_that_knows_all_sales_there_are_is_new_enough(shop: Shop) -> None:
    kettle = shop.item("KETTLE", cost=3)
    shop.move("receipt", kettle, 50, day=DAY - timedelta(days=60))
    till(shop, kettle, 1, DAY - timedelta(days=40))
    forecasting.run(shop.db, people.LOCAL, DAY)
    assert says(shop) == {}


def test_an_empty_shop_needs_nothing(shop: Shop) -> None:
    assert says(shop) == {}


def test_what_is_sold_out_is_told_with_what_it_loses_the_costliest_first(shop: Shop) -> None:
    for sku, price in (("MUG", 2), ("KETTLE", 14)):
        item = shop.item(sku, price=price, cost=1)
        shop.move("receipt", item, 28)
        shop.move("sale", item, 28)
    assert says(shop)["Sold out"] == "2 items that sell are sold out: Kettle, Mug, about € 16.00 of sales a day."


def test_what_nobody_asked_for_lately_is_not_called_sold_out(shop: Shop) -> None:
    kettle, mug = shop.item("KETTLE"), shop.item("MUG")
    shop.move("receipt", kettle, 1, day=DAY - timedelta(days=90))
    shop.move("sale", kettle, 1, day=DAY - timedelta(days=60))
    shop.move("sale", mug, 1)
    assert "Sold out" not in says(shop)


def test_below_zero_never_counted_and_without_cost_are_told(shop: Shop) -> None:
    kettle, mug, pan = shop.item("KETTLE"), shop.item("MUG"), shop.item("PAN", cost=2)
    shop.item("JUG")
    shop.move("count", kettle, 1, day=DAY - timedelta(days=1))
    shop.move("sale", kettle, 3)
    shop.move("receipt", pan, 2)
    shop.move("sale", pan, 3)
    shop.move("receipt", mug, 2)
    found = says(shop)
    assert found["Below zero"] == "1 item is below zero: more left than ever came in. Kettle."
    assert found["Estimated"] == "1 item sold more than came in and was never counted: stock is estimated, at least 0 pieces. Pan."
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
        shop.db.append("import_lines", [refused(row) for row in range(7)])
    assert says(shop)["upload"] == "7 lines were refused: Import may.csv."
    ledger.undo(shop.db, people.LOCAL, change_id)
    assert "upload" not in says(shop)


def asked(shop: Shop, number: str, item_id: int, qty: float, ordered: date, **values: object) -> None:
    order = int(shop.db.scalar("select coalesce(max(order_id), 0) + 1 from orders"))
    with shop.db.change(who="Owner", what=f"Order {number}"):
        shop.db.append("orders", [{"order_id": order, "number": number, "ordered": ordered, **values}])
        shop.db.append("order_lines", [{"order_id": order, "line": 1, "item_id": item_id, "qty": qty, "unit_cost": 3}])


def test_an_order_that_should_have_come_is_told_until_it_is_here(shop: Shop) -> None:
    kettle, nordlicht = shop.item("KETTLE", cost=3), shop.supplier("Nordlicht")
    asked(shop, "118", kettle, 12, DAY - timedelta(days=20), supplier_id=nordlicht, expected=DAY - timedelta(days=4))
    asked(shop, "119", kettle, 50, DAY - timedelta(days=20), supplier_id=nordlicht, expected=DAY)
    assert says(shop)["late"] == "Late: PO 118 of Nordlicht, 4 days, 12 pieces."
    shop.move("receipt", kettle, 11, ref="118")
    assert says(shop)["late"] == "Late: PO 118 of Nordlicht, 4 days, 1 piece."
    shop.move("receipt", kettle, 1, ref="118")
    assert "late" not in says(shop)


def test_an_order_without_a_promised_day_is_late_after_its_supplier_s_lead_time(shop: Shop) -> None:
    kettle, slow = shop.item("KETTLE", cost=3), shop.supplier("Slow", lead_days=30)
    asked(shop, "PO 2026-04-03 Slow", kettle, 5, DAY - timedelta(days=31), supplier_id=slow)
    asked(shop, "7", kettle, 5, DAY - timedelta(days=30), supplier_id=slow)
    asked(shop, "8", kettle, 1, DAY - timedelta(days=15))
    asked(shop, "9", kettle, 1, DAY - timedelta(days=14))
    assert says(shop)["late"] == "Late: PO 2026-04-03 Slow, 1 day by its usual lead time, 5 pieces; and 1 other order."
    assert alerts.late(shop.db, DAY)[["number", "days"]].to_numpy().tolist() == [["PO 2026-04-03 Slow", 1], ["8", 1]]


def file_with(refused: int) -> dict[str, object]:
    counts = {"lines": 10, "used": 10 - refused, "joined": 0, "set_aside": 0, "refused": refused}
    return {"file_id": 1, "name": "may.csv", "sha256": "a" * 64, "kind": "sales", "mapping": "{}", **counts}


# -- stock


def one(shop: Shop, sku: str = "KETTLE") -> pd.Series:
    found = alerts.stock(shop.db, DAY)
    return found[found["sku"] == sku].iloc[0]


def test_one_item_in_figures(shop: Shop) -> None:
    kettle = shop.item("KETTLE", cost=3)
    shop.move("receipt", kettle, 10, day=DAY - timedelta(days=60))
    shop.move("sale", kettle, 2, day=DAY - timedelta(days=28))
    shop.move("sale", kettle, 1, day=DAY)
    shop.move("sale", kettle, 5, day=DAY + timedelta(days=1))
    found = one(shop)
    assert {name: float(found[name]) for name in ("on_hand", "value", "sold", "sold_before", "on_order", "days_since")} == {
        "on_hand": 7, "value": 21, "sold": 1, "sold_before": 2, "on_order": 0, "days_since": 0,
    }  # fmt: skip
    assert found["last_day"].date() == DAY


def test_what_was_never_counted_lowers_no_total_and_says_what_left(shop: Shop) -> None:
    kettle, mug = shop.item("KETTLE", cost=3), shop.item("MUG", cost=5)
    shop.move("receipt", kettle, 10)
    shop.move("sale", mug, 4, day=DAY - timedelta(days=9))
    shop.move("sale", mug, 3)
    found = alerts.stock(shop.db, DAY)
    assert (found["on_hand"].sum(), found["value"].sum()) == (10, 30)
    assert pd.isna(one(shop, "MUG")["on_hand"])
    assert one(shop, "MUG")["sold"] == 7
    assert alerts.sold_ever(shop.db, mug, DAY) == {"pieces": 7, "first": DAY - timedelta(days=9)}
    head = headlines.today(shop.db, DAY)
    assert (head.value, head.value_trend[-1], head.in_stock, head.sold_out) == (30, 30, 1, 0)
    assert alerts.by_place(shop.db, DAY)["value"].sum() == 30
    assert list(alerts.by_place(shop.db, DAY)["status"]) == ["In stock", "Never counted"]


def test_a_cancelled_sale_was_never_sold_wherever_one_looks(shop: Shop) -> None:
    kettle = shop.item("KETTLE", price=9)
    shop.move("receipt", kettle, 10, day=DAY - timedelta(days=9))
    shop.move("sale", kettle, 4, day=DAY - timedelta(days=2))
    with shop.db.change(who="Owner", what="Import till.csv", via="import"):
        ledger.post(shop.db, [{"line": 1, "happened_at": datetime(2026, 5, 4), "day": DAY, "kind": "return_in", "item_id": kettle,
                               "place": "Shop", "qty": 1, "takes_back": DAY - timedelta(days=2)}])  # fmt: skip
    assert one(shop)["sold"] == 3
    assert headlines.today(shop.db, DAY).sales == 27
    assert forecasting.sellers(shop.db, DAY)["pieces"].tolist() == [3]


def test_a_sale_typed_by_hand_does_not_say_that_the_till_was_read(shop: Shop) -> None:
    kettle = shop.item("KETTLE", price=9)
    shop.move("receipt", kettle, 100, day=DAY - timedelta(days=300))
    till(shop, kettle, 6, DAY - timedelta(days=40))
    shop.move("sale", kettle, 1)
    found = headlines.today(shop.db, DAY)
    assert (found.sales, one(shop)["sold"], one(shop)["on_hand"]) == (54, 6, 93)
    assert headlines.sales_known(shop.db, DAY) == "Sales are known up to 25 Mar."
    assert headlines.sales_known(shop.db, DAY - timedelta(days=39)) == ""


def test_what_a_twin_was_sold_for_is_not_lost_when_the_other_has_no_price(shop: Shop) -> None:
    kept, twin = shop.item("A"), shop.item("B", price=5)
    shop.move("sale", twin, 3, day=DAY)
    items.merge(shop.db, people.LOCAL, twin, kept)
    assert headlines.sales(shop.db, DAY, DAY)["revenue"].tolist() == [15]


def test_days_of_which_nothing_is_known_make_nothing_stand_still(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 100, day=DAY - timedelta(days=alerts.IDLE + 20))
    till(shop, kettle, 1, DAY - timedelta(days=alerts.IDLE + 1))
    assert one(shop)["status"] == "In stock"
    assert one(shop)["days_since"] == alerts.IDLE + 1


def till(shop: Shop, item_id: int, qty: float, day: date) -> None:
    """A sale from a file of the till."""
    with shop.db.change(who="Owner", what="Import till.csv", via="import"):
        ledger.post(shop.db, [{"line": 1, "happened_at": datetime(day.year, day.month, day.day), "day": day, "kind": "sale",
                               "item_id": item_id, "place": "Shop", "qty": -qty, "file_id": 1}])  # fmt: skip


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
    shop.move("return_in", kettle, 1, day=DAY)
    assert headlines.today(shop.db, DAY).sales == 27  # as the KPIs have it


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
    found = headlines.shelves(headlines.moved(shop.db, DAY - timedelta(days=28), DAY), DAY, 4)
    assert found[["week", "in_stock", "sold_out"]].to_numpy().tolist() == [[3, 1, 0], [2, 0, 1], [1, 0, 1], [0, 1, 0]]


def test_where_nothing_is_known_of_the_last_weeks_the_last_known_day_counts(shop: Shop) -> None:
    shop.move("receipt", shop.item("KETTLE"), 2)
    assert headlines.known_day(shop.db, DAY + timedelta(days=14)) == DAY + timedelta(days=14)
    assert headlines.known_day(shop.db, DAY + timedelta(days=15)) == DAY
    assert headlines.known_day(shop.db, DAY - timedelta(days=1)) == DAY - timedelta(days=1)


def test_what_is_typed_by_hand_does_not_move_the_day_that_is_known(shop: Shop) -> None:
    text = f"Date,Item code,Qty\n{DAY},KETTLE,2\n"
    importing.commit(shop.db, people.LOCAL, importing.preview(shop.db, [("sales.csv", text.encode())]))
    later = DAY + timedelta(days=21)
    shop.move("receipt", 1, 50, day=later)
    shop.move("sale", 1, 1, day=later)
    assert headlines.known_day(shop.db, later) == DAY


@pytest.mark.parametrize(("now", "before", "text"), [(112, 100, "+12 %"), (90, 100, "-10 %"), (100.2, 100, "0 %"), (5, 0, None)])
def test_a_change_in_percent(now: float, before: float, text: str | None) -> None:
    assert headlines.change(now, before) == text


def test_a_shop_that_knows_no_cost_still_has_its_day(shop: Shop) -> None:
    assert headlines.change(float("nan"), 5) is None
    assert headlines.change(5, float("nan")) is None
    assert headlines.change(6, 5) == "+20 %"


def refused(row: int) -> dict[str, object]:
    return {"file_id": 1, "source_row": row, "outcome": "refused", "reason": "no date", "content": f'{{"Qty": "{row}"}}'}
