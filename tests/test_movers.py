"""What moves and what does not, in a shop small enough to reckon by hand."""

from datetime import date, timedelta

import pytest

from ims_core import kpis, movers, overviews
from ims_core.web import analysed
from tests.builders import Shop

LAST = date(2026, 5, 31)
FIRST = LAST - timedelta(days=27)


@pytest.fixture
def kiosk(shop: Shop) -> Shop:
    """Tea sells more than before, cups less; a vase stands there since last year."""
    tea = shop.item("TEA", cost=2, price=5, category="Drinks")
    cup = shop.item("CUP", cost=3, price=4, category="Table")
    vase = shop.item("VASE", cost=10, price=20, category="Table")
    for item in (tea, cup, vase):
        shop.move("receipt", item, 100, date(2025, 6, 1), unit_cost=None)
    shop.move("sale", tea, 10, LAST - timedelta(days=40), unit_price=5)
    shop.move("sale", cup, 20, LAST - timedelta(days=40), unit_price=4)
    shop.move("sale", tea, 30, LAST - timedelta(days=3), unit_price=5)
    shop.move("sale", cup, 5, LAST - timedelta(days=2), unit_price=4)
    shop.move("scrap", cup, 4, LAST - timedelta(days=1))
    return shop


def test_items_stand_beside_their_period_before(kiosk: Shop) -> None:
    found = movers.compared(kiosk.db, FIRST, LAST).set_index("sku")
    assert list(found.index) == ["TEA", "CUP", "VASE"], "the most sales first"
    assert found[["revenue", "before", "change"]].to_dict("index") == {
        "TEA": {"revenue": 150, "before": 50, "change": 100},
        "CUP": {"revenue": 20, "before": 80, "change": -60},
        "VASE": {"revenue": 0, "before": 0, "change": 0},
    }
    assert found["share"].round(4).tolist() == [round(150 / 170, 4), 1, 1]
    assert found["idle_value"].to_dict() == {"TEA": 0, "CUP": 0, "VASE": 1000}
    assert found["stock_value"].to_dict() == {"TEA": 120, "CUP": 213, "VASE": 1000}


def test_what_was_lost_has_a_reason_and_a_worth(kiosk: Shop) -> None:
    lost = movers.lost(kiosk.db, FIRST, LAST)
    assert lost[["sku", "reason", "pieces", "value"]].to_numpy().tolist() == [["CUP", "Scrapped", 4.0, 12.0]]
    assert movers.lost(kiosk.db, FIRST - timedelta(days=60), FIRST).empty


@pytest.mark.parametrize(("within", "part", "sold", "lost"), [
    ("place", "Cellar", {"TEA": 35}, {}), ("place", "Shop", {"TEA": 150, "CUP": 20, "VASE": 0}, {"CUP": 12}),
    ("category", "Table", {"CUP": 20, "VASE": 0}, {"CUP": 12}), ("class", "A", {"TEA": 185, "CUP": 20}, {"CUP": 12}),
])  # fmt: skip
def test_a_part_of_the_shop_shows_its_own_numbers(
    kiosk: Shop, within: str, part: str, sold: dict[str, float], lost: dict[str, float]
) -> None:
    tea = int(kiosk.db.scalar("select item_id from items where sku = 'TEA'"))
    kiosk.move("receipt", tea, 10, FIRST, place=kiosk.place("Cellar"))
    kiosk.move("sale", tea, 7, LAST, place="Cellar", unit_price=5)
    assert movers.compared(kiosk.db, FIRST, LAST, within, part).set_index("sku")["revenue"].to_dict() == sold
    assert movers.lost(kiosk.db, FIRST, LAST, within, part).set_index("sku")["value"].to_dict() == lost
    found = kpis.by_group(kiosk.db, FIRST, LAST, "category", within, part)
    assert found["revenue"].sum() == sum(sold.values())


def test_a_season_needs_a_year(kiosk: Shop) -> None:
    assert movers.seasons(kiosk.db, LAST).empty


def test_december_sells_four_times_its_mean_month(shop: Shop) -> None:
    tea = shop.item("TEA", category="Drinks")
    for month in range(24):
        day = date(2024 + month // 12, month % 12 + 1, 10)
        shop.move("sale", tea, 15 if day.month == 12 else 1 if day.month < 12 else 0, day)
    found = movers.seasons(shop.db, date(2026, 1, 15)).set_index("month")["index"]
    assert found[12] == pytest.approx(15 / (26 / 12), rel=0.05)
    assert found.mean() == pytest.approx(1, rel=0.05)


def test_the_grid_holds_every_item_once(kiosk: Shop) -> None:
    found = movers.classed(kiosk.db, FIRST, LAST)
    grid = analysed.grid(found).set_index("class")
    held = [int(cell.split(" ")[0]) for cell in grid.to_numpy().ravel() if cell != "–"]
    assert sum(held) == len(found) == 3


def test_few_items_that_bring_most_are_said(kiosk: Shop) -> None:
    assert overviews.pareto(movers.compared(kiosk.db, FIRST, LAST)).alt == "33 % of 3 items bring 80 % of sales."
