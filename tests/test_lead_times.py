"""What deliveries teach about lead times, and what proposals make of it."""

from datetime import timedelta

import pandas as pd
import pytest

from ims_core import alerts, lead_times, people, reorder, scorecards, suppliers
from tests.builders import Shop
from tests.test_bottlenecks import comes, order
from tests.test_forecasting import SUNDAY, sell
from tests.test_importing import drop

TOOK = (4, 10, 7, 7, 12)


def proposal(shop: Shop) -> pd.Series:
    return reorder.suggest(shop.db, SUNDAY).iloc[0]


@pytest.fixture
def kettle(shop: Shop) -> int:
    """Sells 4 a day, comes from Nordlicht, who promises five days."""
    item = shop.item("KETTLE", cost=5)
    sell(shop, item, [4] * 200)
    supplier = shop.supplier("Nordlicht", lead_days=5)
    suppliers.save_terms(shop.db, people.LOCAL, [{"item_id": item, "supplier_id": supplier}])
    return item


def deliver(shop: Shop, item: int, *took: int) -> None:
    """Orders a fortnight apart, each delivered whole after so many days."""
    for number, days in enumerate(took):
        ordered = SUNDAY - timedelta(days=150 - 14 * number)
        comes(shop, order(shop, 1, {item: 10}, ordered), item, 10, ordered + timedelta(days=days))


def test_until_enough_was_delivered_the_promise_counts_and_is_said_to_be_taken_as_steady(shop: Shop, kettle: int) -> None:
    deliver(shop, kettle, *TOOK[:4])
    found = proposal(shop)
    assert (found["lead_days"], found["lead_spread"], found["lead_source"]) == (5, 0, "supplier")
    assert found["reason"].endswith("The lead time is taken as steady: fewer than 5 deliveries came in a year.")


def test_five_deliveries_teach_how_long_it_takes_and_how_far_it_strays(shop: Shop, kettle: int) -> None:
    deliver(shop, kettle, *TOOK)
    found = proposal(shop)
    spread = pd.Series(TOOK).std(ddof=0)
    assert (found["lead_days"], found["lead_spread"], found["lead_source"]) == (8, pytest.approx(spread), "learned")
    assert "60 in 15 days (8 to arrive, give or take 2.8 days as 5 deliveries showed, 7 to the next order)" in found["reason"]
    assert "steady" not in found["reason"]
    assert 1.645 * 4 * spread <= found["safety"] < 1.645 * 4 * spread + 1  # z·d·σ_L of steady demand, up to a whole piece
    parts = reorder.why(found)
    assert parts["part"].tolist()[:2] == ["Expected in 15 days", "Safety, deliveries 2.8 days astray"]
    assert parts["pieces"].sum() == pytest.approx(found["quantity"])


def test_the_safety_of_a_proposal_is_that_of_the_supplier_s_scorecard(shop: Shop, kettle: int) -> None:
    deliver(shop, kettle, *TOOK)
    assert scorecards.items(shop.db, SUNDAY)["safety"].tolist() == [proposal(shop)["safety"]]


def test_an_item_s_own_deliveries_come_before_what_was_said_of_it_and_that_before_its_supplier_s(shop: Shop, kettle: int) -> None:
    mug = shop.item("MUG", cost=2)
    said = [{"item_id": item, "supplier_id": 1, "lead_days": 20} for item in (kettle, mug)]
    suppliers.save_terms(shop.db, people.LOCAL, said)
    deliver(shop, kettle, *TOOK)
    found = reorder.suggest(shop.db, SUNDAY).set_index("sku")
    assert found["lead_days"].to_dict() == {"KETTLE": 8, "MUG": 20}
    assert found["lead_source"].to_dict() == {"KETTLE": "learned", "MUG": "item"}
    assert found["lead_spread"].tolist() == [pytest.approx(pd.Series(TOOK).std(ddof=0))] * 2


def test_an_order_without_a_promised_day_is_late_after_what_deliveries_taught(shop: Shop, kettle: int) -> None:
    deliver(shop, kettle, *TOOK)
    with shop.db.change(who="Owner", what="Order"):
        order, supplier = shop.db.rows("select max(order_id) + 1, any_value(supplier_id) from orders")[0]
        ordered = SUNDAY - timedelta(days=9)
        shop.db.append("orders", [{"order_id": order, "number": "N", "supplier_id": supplier, "ordered": ordered}])
        shop.db.append("order_lines", [{"order_id": order, "line": 1, "item_id": kettle, "qty": 5}])
    late = alerts.late(shop.db, SUNDAY)
    assert late[["number", "days", "promised"]].to_numpy().tolist() == [["N", 1, False]], "the promise was 5 days, deliveries took 8"


def test_one_lorry_with_many_goods_is_one_delivery(shop: Shop, kettle: int) -> None:
    goods = [kettle, *(shop.item(f"MUG-{number}", cost=2) for number in range(5))]
    ordered = SUNDAY - timedelta(days=60)
    lorry = order(shop, 1, dict.fromkeys(goods, 10), ordered)
    for item in goods:
        comes(shop, lorry, item, 5, ordered + timedelta(days=4))
        comes(shop, lorry, item, 5, ordered + timedelta(days=4))
    found = lead_times.delivered(shop.db, SUNDAY - lead_times.YEAR, SUNDAY)
    assert found["deliveries"].tolist() == [1] * 7  # of the supplier, and of each item
    assert found["real"].tolist() == [4] * 7
    assert proposal(shop)["lead_source"] == "supplier"


def test_an_order_that_begins_with_its_receipt_teaches_nothing(shop: Shop, kettle: int) -> None:
    lines = "".join(f"{SUNDAY - timedelta(days=100 - 9 * n)},PO{n},Nordlicht,KETTLE,10\n" for n in range(6))
    drop(shop.db, ("received.csv", f"Received,PO number,Supplier,Code,Qty\n{lines}".encode()))
    assert shop.db.scalar("select count(*) from movements where kind = 'receipt' and order_id is not null") == 6
    assert lead_times.delivered(shop.db, SUNDAY - lead_times.YEAR, SUNDAY).empty
    assert proposal(shop)["lead_days"] == 5


def test_what_was_delivered_more_than_a_year_ago_teaches_nothing(shop: Shop, kettle: int) -> None:
    deliver(shop, kettle, *TOOK)
    last = SUNDAY - timedelta(days=150 - 14 * 4) + timedelta(days=TOOK[4])  # the youngest of the five
    assert reorder.suggest(shop.db, SUNDAY + timedelta(days=60)).iloc[0]["lead_source"] == "learned"
    assert reorder.suggest(shop.db, last + lead_times.YEAR + timedelta(days=1)).iloc[0]["lead_source"] == "supplier"
