"""What a change of a price did is told from what chance does, and what was sold too cheaply is found."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ims_core import overviews, prices
from tests.builders import Shop

LAST = date(2026, 5, 31)
CHANGED = LAST - timedelta(days=55)


@pytest.fixture
def priced(shop: Shop) -> Shop:
    """Eight weeks at a price, eight at another: tea is cheaper and goes better, cups are dearer and go as before; a vase is on offer."""
    for name, cost in (("TEA", 4), ("CUP", 3), ("VASE", 9)):
        shop.move("count", shop.item(name, cost=cost, category="Drinks" if name == "TEA" else "Table"), 2000, CHANGED - timedelta(days=60))
    with shop.db.change(who="Owner", what="Sales") as change_id:
        days = [CHANGED + timedelta(days=at) for at in range(-56, 56)]
        lines = [
            (day, item, qty, price)
            for day in days
            for item, qty, price in (
                (1, 4 if day < CHANGED else 9, 10 if day < CHANGED else 8),
                (2, 3 + day.day % 2, 6 if day < CHANGED else 7),
                (3, 1, 8 if LAST - timedelta(days=3) < day else 12),
            )
        ]
        shop.db.append("movements", [
            {"change_id": change_id, "line": line, "happened_at": day, "day": day, "kind": "sale", "item_id": item, "place": "Shop",
             "qty": -qty, "unit_price": price}
            for line, (day, item, qty, price) in enumerate(lines, 1)
        ])  # fmt: skip
    return shop


def test_what_a_change_did_is_told_beside_the_shop(priced: Shop) -> None:
    found: Any = prices.changes(priced.db, LAST).set_index("sku")
    assert found.index.tolist() == ["CUP", "TEA"], "three days are an offer, no change of the price"
    assert (found["day"].dt.date == CHANGED).all()
    assert found["says"].to_dict() == {"TEA": "more", "CUP": "fewer"}, "the shop sold more, and cups did not"
    tea = found.loc["TEA"]
    assert tea[["price_before", "price", "weeks_before", "weeks_after", "pieces_before", "pieces_after"]].tolist() == [10, 8, 8, 8, 28, 63]
    grown = (9 + 3.5 + 1) / (4 + 3.5 + 1)
    assert tea["expected"] == pytest.approx(28 * grown, rel=0.01)
    assert tea["gained"] == pytest.approx(63 * 8 - 28 * grown * 10, rel=0.05)
    assert prices.changes(priced.db, LAST, "category", "Drinks")["sku"].tolist() == ["TEA"]
    drawn = overviews.weeks_and_prices(prices.weekly(priced.db, 1, LAST), found[found["item_id"] == 1], "Tea")
    assert "10.00 to 8.00 on 6 Apr 2026" in drawn.alt


def test_weeks_without_stock_say_nothing_of_a_price(priced: Shop) -> None:
    priced.move("count", 1, 0, CHANGED - timedelta(days=29))
    priced.move("receipt", 1, 2000, CHANGED - timedelta(days=14))
    found = prices.changes(priced.db, LAST).set_index("sku")
    assert found.loc["TEA", "weeks_before"] == 6


def test_what_was_sold_below_cost_or_its_usual_price_is_found(priced: Shop) -> None:
    found: Any = prices.given_away(priced.db, LAST - timedelta(days=9), LAST).set_index("sku")
    assert found.index.tolist() == ["VASE"]
    assert found.loc["VASE", ["pieces_below_cost", "lost", "usual", "given"]].tolist() == [3, 3 * (9 - 8), 12, 3 * (12 - 8)]
    assert prices.given_away(priced.db, LAST - timedelta(days=9), LAST, "category", "Drinks").empty
    assert prices.given_away(priced.db, LAST - timedelta(days=9), LAST - timedelta(days=3)).empty


@pytest.mark.parametrize(("mean", "unrest"), [(1, 1), (6, 3), (40, 1.5)])
def test_where_nothing_changed_chance_is_seldom_called_a_change(mean: float, unrest: float) -> None:
    rng, called = np.random.default_rng(7), []
    for before, after in ((8, 8), (4, 8), (8, 3)):
        sizes = [(1000, before), (1000, after)]
        few = mean / max(unrest - 1, 1e-6)
        weeks = [rng.poisson(mean, size) if unrest == 1 else rng.negative_binomial(few, 1 / unrest, size) for size in sizes]
        sides = {
            f"{name}_{side}": values
            for side, each in zip(("before", "after"), weeks, strict=True)
            for name, values in (("pieces", each.mean(axis=1)), ("spread", each.var(axis=1, ddof=1)), ("weeks", each.shape[1]))
        }
        told = prices.judged(pd.DataFrame(sides).assign(price_before=10.0, price=9.0, shop_before=900.0, shop_after=900.0))
        called += told["says"].isin(["more", "fewer"]).tolist()
    assert np.mean(called) <= 0.05
