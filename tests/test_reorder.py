from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_core import ledger, people, policy, reorder, suppliers
from ims_core.errors import Refused
from tests.builders import Shop
from tests.test_forecasting import SUNDAY, sell


def proposal(shop: Shop, sku: str = "KETTLE", **options: Any) -> dict[str, Any]:
    found = reorder.suggest(shop.db, SUNDAY, **options)
    return dict(found.loc[found.sku == sku].iloc[0])


def terms(shop: Shop, item_id: int, name: str = "Nordlicht", of_supplier: dict[str, Any] | None = None, **values: Any) -> int:
    supplier_id = shop.supplier(name, **(of_supplier or {}))
    suppliers.save_terms(shop.db, people.LOCAL, [{"item_id": item_id, "supplier_id": supplier_id, "preferred": True, **values}])
    return supplier_id


def order(shop: Shop, item_id: int, qty: float, number: str = "PO-1") -> None:
    with shop.db.change(who="Owner", what="Order"):
        shop.db.append("orders", [{"order_id": 1, "number": number, "ordered": SUNDAY}])
        shop.db.append("order_lines", [{"order_id": 1, "line": 1, "item_id": item_id, "qty": qty}])
        shop.db.append("order_steps", [{"order_id": 1, "step": "sent", "day": SUNDAY}])


@pytest.fixture
def kettle(shop: Shop) -> int:
    """An item that sells 4 a day, with 30 on the shelf."""
    item_id = shop.item("KETTLE", cost=5)
    sell(shop, item_id, [4] * 200)
    shop.move("receipt", item_id, 830, day=date(2025, 10, 1))
    return item_id


# -- pure


def supply(**values: Any) -> pd.DataFrame:
    return pd.DataFrame([{"unique_id": "KETTLE", "lead_days": 14.0, "review_days": 7.0, **values}])


def daily(sold: Any, item: str = "KETTLE") -> pd.DataFrame:
    days = [SUNDAY - timedelta(days=back) for back in range(len(sold))][::-1]
    return pd.DataFrame({"unique_id": item, "ds": days, "y": np.asarray(sold, float)})


def test_the_reorder_point_covers_lead_time_and_review() -> None:
    found = reorder.levels(daily(np.random.default_rng(1).poisson(4, 400)), supply(), 0.95, SUNDAY).iloc[0]
    assert 84 < found.reorder_point < 115
    assert found.order_up_to == found.reorder_point


def test_more_service_needs_more_stock() -> None:
    history = daily(np.random.default_rng(1).poisson(4, 400))
    points = [reorder.levels(history, supply(), service, SUNDAY).reorder_point[0] for service in (0.5, 0.9, 0.95, 0.99)]
    assert points == sorted(set(points))


def test_a_lead_time_that_strays_needs_more_stock() -> None:
    history = daily(np.random.default_rng(1).poisson(4, 400))
    steady, straying = (reorder.levels(history, supply(lead_sd=sd), 0.95, SUNDAY).reorder_point[0] for sd in (None, 7))
    assert straying > steady + 20


def test_what_nobody_asked_for_needs_nothing_and_is_still_listed() -> None:
    found = reorder.levels(daily([]), supply(), 0.95, SUNDAY)
    assert found[["unique_id", "reorder_point", "order_up_to"]].to_numpy().tolist() == [["KETTLE", 0, 0]]


@pytest.mark.parametrize(("service", "lead", "sentence"), [(95, 14, "between 0 and 1"), (0.95, None, "Some items have no lead time")])
def test_levels_without_sense_are_refused(service: float, lead: float | None, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        reorder.levels(daily([1]), supply(lead_days=lead), service, SUNDAY)


@pytest.mark.parametrize(
    ("needed", "pack", "moq", "ordered"),
    [(5, 1, 0, 5), (5, 12, 0, 12), (12, 12, 0, 12), (13, 12, 0, 24), (5, 1, 20, 20), (5, 12, 20, 24), (0, 12, 20, 0), (2.5, 1, 0, 3),
     (5, 0, 0, 5)],
)  # fmt: skip
def test_orders_are_whole_packs_and_at_least_the_smallest_order(needed: float, pack: float, moq: float, ordered: float) -> None:
    assert reorder.rounded(pd.Series([needed]), pd.Series([pack]), pd.Series([moq])).tolist() == [ordered]


@given(st.floats(0.01, 1e6), st.integers(1, 500), st.integers(0, 1000))
def test_rounding_never_orders_less_than_is_needed_nor_a_pack_too_many(needed: float, pack: int, moq: int) -> None:
    ordered = reorder.rounded(pd.Series([needed]), pd.Series([float(pack)]), pd.Series([float(moq)]))[0]
    assert ordered >= needed * (1 - 1e-9)
    assert ordered - pack < max(needed, moq)
    assert ordered % pack == 0


# -- the shop


def test_what_is_below_its_reorder_point_is_filled_up(shop: Shop, kettle: int) -> None:
    found = proposal(shop)
    assert (found["on_hand"], found["available"], found["on_order"]) == (30, 30, 0)
    assert found["expected_demand"] == pytest.approx(84)
    assert found["quantity"] == found["reorder_point"] - 30 == found["needed"]
    assert found["value"] == 5 * found["quantity"]


def test_what_has_enough_is_listed_with_nothing_to_order(shop: Shop, kettle: int) -> None:
    shop.move("receipt", kettle, 500, day=SUNDAY)
    found = proposal(shop)
    assert found["quantity"] == 0
    assert found["reason"].endswith("On hand 530, on order 0: enough. No lead time of its own: the shop's usual one, taken as steady.")


def test_what_is_ordered_already_is_not_ordered_twice(shop: Shop, kettle: int) -> None:
    order(shop, kettle, proposal(shop)["quantity"])
    assert proposal(shop)["quantity"] == 0


def test_what_arrived_of_an_order_counts_once(shop: Shop, kettle: int) -> None:
    order(shop, kettle, 40)
    shop.move("receipt", kettle, 25, day=SUNDAY, ref="PO-1")
    found = proposal(shop)
    assert (found["on_hand"], found["on_order"]) == (55, 15)


def test_stock_that_was_never_counted_counts_as_nothing_and_that_is_said(shop: Shop) -> None:
    sell(shop, shop.item("KETTLE"), [4] * 200)
    found = proposal(shop)
    assert (found["on_hand"], found["counted"], found["available"]) == (0, False, 0)
    assert found["quantity"] == found["reorder_point"]
    assert "Never counted: taken as nothing on hand." in found["reason"]


def test_a_count_that_was_undone_was_never_made(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sell(shop, kettle, [4] * 30)
    ledger.undo(shop.db, people.LOCAL, shop.move("receipt", kettle, 100, day=SUNDAY))
    assert not proposal(shop)["counted"]


def test_a_book_below_zero_counts_as_it_is(shop: Shop, kettle: int) -> None:
    shop.move("count", kettle, 30, day=SUNDAY)
    shop.move("sale", kettle, 50, day=SUNDAY + timedelta(days=1))
    found = reorder.suggest(shop.db, SUNDAY + timedelta(days=1)).iloc[0]
    assert found["available"] == -20
    assert "The book is below zero: count it." in found["reason"]


def test_stock_in_all_places_counts(shop: Shop, kettle: int) -> None:
    shop.move("transfer", kettle, 20, to=shop.place("Cellar"), day=SUNDAY)
    assert proposal(shop)["on_hand"] == 30


@pytest.mark.parametrize(
    ("of_item", "of_supplier", "days", "source"), [(5, 9, 5, "item"), (None, 9, 9, "supplier"), (None, None, 14, "shop"), (0, 9, 0, "item")]
)
def test_the_lead_time_is_the_items_else_the_suppliers_else_the_shops(
    shop: Shop, kettle: int, of_item: float | None, of_supplier: float | None, days: float, source: str
) -> None:
    terms(shop, kettle, lead_days=of_item, of_supplier={"lead_days": of_supplier})
    found = proposal(shop)
    assert (found["lead_days"], found["lead_source"]) == (days, source)
    assert found["expected_demand"] == pytest.approx(4 * (days + 7))


def test_the_preferred_suppliers_terms_count(shop: Shop, kettle: int) -> None:
    terms(shop, kettle, "Adler", preferred=False, pack=5, cost=1)
    terms(shop, kettle, "Zeller", pack=12, moq=24, cost=4, code="Z-9")
    found = proposal(shop)
    assert (found["supplier"], found["supplier_code"], found["pack"], found["moq"], found["unit_cost"]) == ("Zeller", "Z-9", 12, 24, 4)
    assert found["quantity"] % 12 == 0


def test_the_shops_own_service_and_review_count(shop: Shop, kettle: int) -> None:
    usual = proposal(shop)["reorder_point"]
    policy.set_shop(shop.db, people.LOCAL, service=0.99, review_days=28)
    found = proposal(shop)
    assert found["review_days"] == 28
    assert found["reorder_point"] > usual + 60
    assert proposal(shop, service=0.5)["reorder_point"] < found["reorder_point"]


def test_a_merged_item_brings_its_demand_and_stock_along(shop: Shop, kettle: int) -> None:
    from ims_core import items

    old = shop.item("OLD KETTLE")
    shop.move("receipt", old, 7, day=SUNDAY)
    items.save(shop.db, people.LOCAL, [{"item_id": old, "same_as": kettle}])
    found = reorder.suggest(shop.db, SUNDAY)
    assert found.sku.tolist() == ["KETTLE"]
    assert found.on_hand.tolist() == [37]


def test_items_out_of_use_are_not_ordered(shop: Shop, kettle: int) -> None:
    from ims_core import items

    items.save(shop.db, people.LOCAL, [{"item_id": kettle, "active": False}])
    assert len(reorder.suggest(shop.db, SUNDAY)) == 0


def test_days_after_the_last_sale_known_are_not_days_without_sales(shop: Shop, kettle: int) -> None:
    found = reorder.suggest(shop.db, SUNDAY + timedelta(days=90)).iloc[0]
    assert found["expected_demand"] == pytest.approx(84)


def test_what_is_sold_out_and_long_unsold_asks_whether_it_is_wanted(shop: Shop) -> None:
    kettle, cup = shop.item("KETTLE"), shop.item("CUP")
    sell(shop, kettle, [4] * 140, last=SUNDAY - timedelta(days=70))
    sell(shop, cup, [4] * 140)
    shop.move("receipt", kettle, 560, day=SUNDAY - timedelta(days=230))
    shop.move("receipt", cup, 560, day=SUNDAY - timedelta(days=230))
    found = reorder.suggest(shop.db, SUNDAY).set_index("sku")
    day = f"{SUNDAY - timedelta(days=70):%-d %b %Y}"
    assert (found["quantity"] > 0).all()
    assert f"Sold out, and last sold on {day}: is it still wanted?" in str(found.loc["KETTLE", "reason"])
    assert "Sold out" not in str(found.loc["CUP", "reason"])
    assert reorder.added_up(reorder.ordered(reorder.proposed(reorder.position(shop.db, SUNDAY), 0.95), {})).quiet == 1


def test_a_new_item_is_said_to_be_new(shop: Shop) -> None:
    sell(shop, shop.item("KETTLE"), [4] * 9)
    assert "Known for 9 days only." in proposal(shop)["reason"]


def test_one_day_is_no_days(shop: Shop) -> None:
    sell(shop, shop.item("KETTLE"), [4])
    assert "Known for 1 day only." in proposal(shop)["reason"]


def test_the_reason_holds_the_numbers(shop: Shop, kettle: int) -> None:
    terms(shop, kettle, pack=12, lead_days=14)
    found = proposal(shop)
    point, needed, ordered = (f"{found[name]:.0f}" for name in ("reorder_point", "needed", "quantity"))
    assert found["reason"] == (
        f"Sells about 4 a day: 84 in 21 days (14 to arrive, 7 to the next order), {point} with safety. "
        f"On hand 30, on order 0: {needed} needed, {ordered} ordered. "
        "The lead time is taken as steady: fewer than 5 deliveries came in a year."
    )


@pytest.mark.parametrize("change", ["nothing", "packs", "plenty", "never counted", "ordered", "unsold"])
def test_why_adds_up_to_the_quantity(shop: Shop, kettle: int, change: str) -> None:
    match change:
        case "packs":
            terms(shop, kettle, pack=50, moq=75)
        case "plenty":
            shop.move("receipt", kettle, 500, day=SUNDAY)
        case "ordered":
            order(shop, kettle, 20)
        case "never counted":
            sell(shop, shop.item("LAMP"), [1] * 50)
        case "unsold":
            shop.item("CUP")
    for _, row in reorder.suggest(shop.db, SUNDAY).iterrows():
        assert reorder.why(row).pieces.sum() == pytest.approx(row["quantity"])
        assert len(reorder.why(row)) == 5


def test_an_empty_shop_orders_nothing(shop: Shop) -> None:
    assert reorder.suggest(shop.db, SUNDAY).columns.tolist() == reorder.COLUMNS
    shop.item("CUP")
    assert reorder.suggest(shop.db, SUNDAY).reason.tolist() == ["No demand is known."]


# -- what is done with proposals


def test_a_quantity_changed_by_hand_replaces_the_proposal_and_its_value(shop: Shop, kettle: int) -> None:
    found = reorder.ordered(reorder.suggest(shop.db, SUNDAY), {kettle: 7.0}).iloc[0]
    assert (found["quantity"], found["value"], found["supplier"]) == (7, 35, reorder.NOBODY)
    assert found["proposed"] > 7


def test_suppliers_are_totalled_against_their_smallest_order() -> None:
    rows = [("Adler", 1, 30.0, 100.0), ("Adler", 2, 20.0, 100.0), ("Zeller", 3, 70.0, 60.0), ("Nobody", 4, None, None)]
    found = reorder.by_supplier(pd.DataFrame(rows, columns=["supplier", "item_id", "value", "min_order"]))
    assert found.supplier.tolist() == ["Zeller", "Adler", "Nobody"]
    assert found.lines.tolist() == [1, 2, 1]
    assert found.reached.tolist()[:2] == [100, 50]
    assert np.isnan(found.reached[2])
    assert np.isnan(found.value[2])  # no cost is known, which is not nothing
