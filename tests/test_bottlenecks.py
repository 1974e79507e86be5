"""Where the days go: what still waits counts with its age, a promise broken is broken, and unreliability has a price."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_core import bottlenecks, demand, formulas, kpis, ledger, people, policy, scorecards, suppliers, waits
from ims_core.db import Database
from tests.builders import Shop
from tests.clientbook import kaplan_meier

FIRST, LAST = date(2026, 3, 1), date(2026, 5, 30)


def days(number: int) -> timedelta:
    return timedelta(days=number)


def order(shop: Shop, supplier: int, lines: dict[int, float], ordered: date, expected: date | None = None, **steps: date) -> int:
    """An order, written down in the app; its number."""
    number = int(shop.db.scalar("select coalesce(max(order_id), 0) + 1 from orders"))
    with shop.db.change(who="Owner", what=f"Order {number}"):
        placed = {"order_id": number, "number": f"PO {number}", "supplier_id": supplier, "ordered": ordered, "expected": expected}
        shop.db.append("orders", [placed])
        asked = [{"line": line, "item_id": item, "qty": qty, "unit_cost": 2} for line, (item, qty) in enumerate(lines.items(), 1)]
        shop.db.append("order_lines", [{"order_id": number} | each for each in asked])
        shop.db.append("order_steps", [{"order_id": number, "step": step, "day": day} for step, day in steps.items()])
    return number


def comes(shop: Shop, number: int, item: int, qty: float, day: date) -> None:
    shop.move("receipt", item, qty, day, order_id=number, unit_cost=2)


@pytest.fixture
def kiosk(shop: Shop) -> Shop:
    """North brings tea: in time, three days late in two parts, and two orders are still open; South brings cups, always after 5 days."""
    tea, cup = shop.item("TEA", cost=2, price=10, category="Hot"), shop.item("CUP", cost=4, price=8, category="Cups")
    north, south = shop.supplier("North", lead_days=6), shop.supplier("South", lead_days=5)
    edits = [{"item_id": tea, "supplier_id": north}, {"item_id": cup, "supplier_id": south}]
    suppliers.save_terms(shop.db, people.LOCAL, [{**edit, "preferred": True, "active": True} for edit in edits])
    comes(shop, order(shop, north, {tea: 10}, FIRST, FIRST + days(6)), tea, 10, FIRST + days(3))
    parts = order(shop, north, {tea: 10}, FIRST + days(10), FIRST + days(16))
    comes(shop, parts, tea, 4, FIRST + days(15))
    comes(shop, parts, tea, 6, FIRST + days(19))
    order(shop, north, {tea: 7}, LAST - days(20), LAST - days(12))
    order(shop, north, {tea: 5}, LAST - days(10), LAST + days(4))
    for at in range(5):
        comes(shop, order(shop, south, {cup: 2}, FIRST + days(7 * at)), cup, 2, FIRST + days(7 * at + 5))
    for at in range(12):
        shop.move("sale", tea, 1 + at % 3, FIRST + days(4 + 7 * at), unit_price=10)
    return shop


def named(found: pd.DataFrame, by: str) -> dict[str, dict[str, Any]]:
    """The rows of a frame by the name in a column."""
    return {str(row[by]): {str(name): value for name, value in row.items()} for row in found.to_dict("records")}


def staged(shop: Shop, within: str = "shop", part: str | None = None) -> dict[str, dict[str, Any]]:
    return named(bottlenecks.stages(shop.db, FIRST, LAST, within, part), "stage")


def test_open_orders_count_with_their_age(kiosk: Shop) -> None:
    north = staged(kiosk, "supplier", "North")
    assert (north["supplier"]["waits"], north["supplier"]["open"]) == (4, 2)
    assert north["supplier"]["median"] == 5, "of those that came alone it would be 3 or 4"
    assert pd.isna(north["supplier"]["p90"]), "half of them are still open: nobody can say"
    assert (north["rest"]["waits"], north["rest"]["median"], north["rest"]["p90"]) == (2, 0, 4)
    everybody = staged(kiosk)["supplier"]
    assert (everybody["waits"], everybody["median"]) == (9, 5)
    assert staged(kiosk, "category", "Cups")["supplier"]["open"] == 0


def test_a_stage_that_nobody_tells_of_is_empty_and_says_what_would(kiosk: Shop) -> None:
    found = staged(kiosk)
    for stage in ("approval", "sending", "shelf", "shipment"):
        assert pd.isna(found[stage]["median"])
        assert found[stage]["lacks"]
    assert "file of customer orders" in str(found["shipment"]["lacks"])
    assert not found["supplier"]["lacks"]


def test_approval_and_sending_show_once_somebody_does_them_here(kiosk: Shop) -> None:
    north = int(kiosk.db.scalar("select supplier_id from suppliers where name = 'North'"))
    at = LAST - days(9)
    order(kiosk, north, {1: 1}, at, None, approved=at + days(2), sent=at + days(5))
    order(kiosk, north, {1: 1}, at, None, draft=at)
    order(kiosk, north, {1: 1}, at, None, approved=at + days(4))
    found = staged(kiosk)
    assert [found["approval"][name] for name in ("waits", "open", "median")] == [3, 1, 4]
    assert [found["sending"][name] for name in ("waits", "open", "median")] == [2, 1, 3]
    assert found["supplier"]["waits"] == 10, "what was not sent does not wait for its supplier"


def test_what_lies_on_the_shelf_is_first_in_first_out(kiosk: Shop) -> None:
    tea = staged(kiosk, "category", "Hot")["sale"]
    assert (tea["waits"], tea["open"]) == (3, 0)
    # 24 were sold and 20 came, so 4 stood there before. 10 came on day 3: the ninth piece leaves with the fifth sale, on day 32: after 29.
    # 4 came on day 15: the 16th piece leaves on day 60, after 45. 6 came on day 19: the 21st leaves on day 74, after 55.
    assert (tea["median"], tea["p90"]) == (29, 55)


def test_goods_moved_on_tell_how_long_they_took_to_the_shelf(kiosk: Shop) -> None:
    kiosk.place("Cellar")
    kiosk.move("receipt", 2, 6, LAST - days(9), place="Cellar")
    kiosk.move("transfer", 2, 3, LAST - days(5), place="Cellar", to="Shop")
    found = staged(kiosk)["shelf"]
    assert (found["waits"], found["median"], found["of"]) == (1, 4, "deliveries")


def test_suppliers_are_ranked_by_late_days_promised_against_real(kiosk: Shop) -> None:
    found = named(bottlenecks.suppliers(kiosk.db, FIRST, LAST), "supplier")
    assert list(found) == ["North", "South"]
    north, south = found["North"], found["South"]
    told = [north[name] for name in ("orders", "open", "due", "late", "late_days")]
    assert told == [4, 2, 3, 2, 3 + 12], "an open order past due is late"
    assert north["on_time"] == pytest.approx(1 / 3)
    assert north["promised"] == pytest.approx((6 + 6 + 8 + 14) / 4)
    kept = [south[name] for name in ("late_days", "on_time", "promised", "real", "spread")]
    assert kept == [0, 1, 5, 5, 0], "the lead time agreed on is a promise"
    by_kpi = named(kpis.by_group(kiosk.db, FIRST, LAST, "supplier"), "grp")["North"]
    assert (north["real"], north["spread"]) == (pytest.approx(by_kpi["lead_time"]), pytest.approx(by_kpi["lead_time_spread"]))
    hot = bottlenecks.suppliers(kiosk.db, FIRST, LAST, "category", "Hot")
    assert hot["supplier"].tolist() == ["North"]
    each = bottlenecks.orders(kiosk.db, FIRST, LAST, "North")
    assert each[["number", "late", "open"]].to_numpy().tolist()[0] == ["PO 4", 0, True]
    assert each["late"].sum() == north["late_days"]


def test_a_promise_that_was_moved_is_still_the_promise(kiosk: Shop) -> None:
    with kiosk.db.change(who="Owner", what="Later") as later:
        told = kiosk.db.frame("select order_id, number, supplier_id, ordered from orders where order_id = 3").to_dict("records")
        kiosk.db.append("orders", [{**told[0], "expected": LAST + days(30)}])
    assert bottlenecks.suppliers(kiosk.db, FIRST, LAST)["late_days"].max() == 15
    ledger.undo(kiosk.db, people.LOCAL, later)


def test_items_wait_where_their_order_is_late_and_stock_is_low(kiosk: Shop) -> None:
    assert bottlenecks.waiting(kiosk.db, LAST - days(13)).empty, "nothing is late yet"
    (row,) = bottlenecks.waiting(kiosk.db, LAST).to_dict("records")
    assert (row["sku"], row["number"], row["days"], row["pieces"], row["available"]) == ("TEA", "PO 3", 12, 7, 0)
    assert row["at_risk"] == pytest.approx(7 * row["rate"] * 10), "a week's sales, as nothing is there"
    comes(kiosk, 3, 1, 60, LAST)
    assert bottlenecks.waiting(kiosk.db, LAST).empty


def test_unreliability_costs_the_safety_stock_that_it_takes(kiosk: Shop) -> None:
    assert scorecards.items(kiosk.db, LAST)["sku"].tolist() == ["CUP"], "three deliveries are too few to know how far North strays"
    north = int(kiosk.db.scalar("select supplier_id from suppliers where name = 'North'"))
    for at, took in enumerate((2, 20)):
        comes(kiosk, order(kiosk, north, {1: 10}, FIRST + days(20 + at)), 1, 10, FIRST + days(20 + at + took))
    (tea,) = scorecards.items(kiosk.db, LAST).query("sku == 'TEA'").to_dict("records")
    history = pd.DataFrame({"unique_id": 1, "ds": [FIRST + days(4 + 7 * at) for at in range(12)], "y": [1.0 + at % 3 for at in range(12)]})
    sold_until = FIRST + days(4 + 7 * 11)
    shop = policy.shop(kiosk.db)
    covers = tea["lead_days"] + shop.review_days
    steady, real = (demand.protection(history, covers, sold_until, sd) for sd in (0.0, tea["spread"]))
    strays = float(formulas.lead_time_demand(real.rate[0], 0, covers, tea["spread"]).sd)
    assert float(real.sd[0]) ** 2 == pytest.approx(float(steady.sd[0]) ** 2 + strays**2)
    assert tea["extra"] == float((real.quantile(shop.service) - steady.quantile(shop.service))[0]) > 0
    assert tea["extra_value"] == tea["extra"] * 2
    assert tea["carrying"] == pytest.approx(tea["extra_value"] * shop.carrying_rate)
    board = named(scorecards.suppliers(kiosk.db, LAST), "supplier")
    assert next(iter(board)) == "North"
    assert [board["South"][name] for name in ("spread", "extra", "extra_value")] == [0, 0, 0], "who always takes five days costs nothing"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=12))
def test_days_are_those_that_kaplan_and_meier_reckon_by_hand(db: Database, rows: list[tuple[int, bool]]) -> None:
    told = ", ".join(f"('x', {day}, {over}, 1)" for day, over in rows)
    found = db.frame(waits.quantiles(f"(values {told}) told(stage, days, over, weight)", "stage"))
    expected = [kaplan_meier(rows, share) for share in waits.SHARES.values()]
    assert [None if pd.isna(value) else int(value) for value in found[["median", "p90"]].iloc[0]] == expected
    assert found[["waits", "open"]].iloc[0].tolist() == [len(rows), sum(not over for _, over in rows)]
