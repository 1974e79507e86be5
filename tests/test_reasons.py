import doctest
from datetime import date

import pytest

from ims_core import reasons
from ims_core.errors import Refused
from ims_core.measures import KPIS
from tests.builders import Shop

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 10)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Ten kettles at 4 and twenty mugs at 1, of which five were sold."""
    shop.move("receipt", shop.item("KETTLE", category="Kitchen"), 10, FIRST, unit_cost=4)
    mug = shop.item("MUG", category="Table")
    shop.move("receipt", mug, 20, FIRST, unit_cost=1)
    shop.move("sale", mug, 5, date(2026, 5, 6), unit_price=3)
    return shop


def test_a_number_is_told_with_its_inputs_and_its_items(shop: Shop) -> None:
    told = reasons.why(shop.db, "average_inventory", FIRST, LAST)
    assert told.filled == "575 ÷ 10"
    assert told.value == 57.5
    assert told.rows[["sku", "value_days"]].values.tolist() == [["KETTLE", 400], ["MUG", 175]]
    assert told.rows["value_days"].sum() == told.inputs.set_index("input").loc["value_days", "value"]


@pytest.mark.parametrize(("by", "group"), [("category", "Table"), ("place", "Shop")])
def test_the_rows_are_those_of_the_group_alone(shop: Shop, by: str, group: str) -> None:
    told = reasons.why(shop.db, "revenue", FIRST, LAST, by, group)
    assert told.value == told.rows["revenue"].sum() == 15
    assert ("KETTLE" in told.rows["sku"].tolist()) == (by == "place")


def test_what_cannot_be_said_says_why_and_shows_no_formula(shop: Shop) -> None:
    told = reasons.why(shop.db, "otif", FIRST, LAST)
    assert (told.value, told.filled) == (None, "")
    assert "customer orders" in told.note


@pytest.mark.parametrize("kpi", [kpi.name for kpi in KPIS])
def test_every_kpi_has_its_reasons_also_in_an_empty_shop(shop: Shop, kpi: str) -> None:
    reasons.why(shop.db, kpi, FIRST, LAST)
    assert reasons.why(shop.db, kpi, date(2020, 1, 1), date(2020, 1, 2)).value is None


def test_a_kpi_that_is_none_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused, match="no KPI called luck"):
        reasons.why(shop.db, "luck", FIRST, LAST)


def test_what_the_docstrings_show_is_so() -> None:
    assert doctest.testmod(reasons).failed == 0
