"""The Analysis page: every part opens, what is missing says what would tell it, objectives are set where one looks at them."""

from datetime import timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ims_core import labels, people
from ims_core.web import doing
from tests.builders import Shop
from tests.test_pages import button, field, opened, said
from tests.test_pages import working as working


def part(name: str) -> AppTest:
    screen = opened("analysis", part=name)
    assert not screen.exception, screen.exception
    assert "could not be shown" not in said(screen)
    return screen


@pytest.mark.parametrize(("name", "speaks"), [
    ("Overview", "Stock value"), ("Classes", "How many items bring most"), ("Movers", "Sales against"), ("Service", "Days with stock"),
    ("Bottlenecks", "No order was placed"),
    ("Prices", "is left after what the goods cost"), ("Seasons", "twelve full months"), ("Losses", "Nothing was counted"),
    ("Targets", "no target"),
])  # fmt: skip
def test_every_part_opens(working: Shop, name: str, speaks: str) -> None:
    screen = part(name)
    assert speaks in said(screen) + "".join(metric.label for metric in screen.metric)


@pytest.mark.parametrize("name", ["Classes", "Movers", "Service", "Losses"])
def test_every_part_is_of_what_the_head_says(working: Shop, name: str) -> None:
    tea = working.item("TEA", cost=2, price=5)
    day = working.db.scalar("select max(day) from visible_movements")
    working.move("receipt", tea, 1000, day, place=working.place("Attic"))
    working.move("sale", tea, 7, day, place="Attic")
    working.move("scrap", tea, 3, day, place="Attic")
    screen = field(part(name).selectbox, "Look at").set_value("place").run()
    assert not screen.exception, screen.exception
    assert "Attic" in said(screen)
    shown: pd.DataFrame = screen.dataframe[-1].value
    assert shown["grp"].tolist() == ["No category"] if name == "Service" else shown["name"].tolist() == ["Tea"]


def test_shares_are_shown_to_a_tenth_of_a_percent(working: Shop) -> None:
    shown = part("Movers").dataframe[-1].value["gross_margin"].dropna().tolist()
    assert shown == [0.579]


def test_slow_and_dead_begins_with_the_money_that_lies_there(working: Shop) -> None:
    tea = working.item("TEA", cost=2, price=5)
    working.move("receipt", tea, 10, working.db.scalar("select min(day) from visible_movements") - timedelta(days=200))
    screen = part("Movers")
    screen = screen.button_group(key="shape").set_value("Slow and dead").run()
    assert screen.dataframe[-1].value.columns[:3].tolist() == ["name", "idle_value", "stock_value"]


def test_losses_of_one_reason_are_no_picture(working: Shop) -> None:
    day, kettle = working.db.scalar("select max(day) from visible_movements"), 1
    working.move("scrap", kettle, 3, day)
    assert not part("Losses").get("plotly_chart")
    working.move("count", kettle, 3, day)
    assert part("Losses").get("plotly_chart")


def test_what_cannot_be_said_is_no_zero_and_says_which_file_would_tell(working: Shop) -> None:
    screen = part("Service")
    assert "On time, in full" not in [metric.label for metric in screen.metric]
    assert "it takes a file of customer orders" in said(screen)


def test_an_objective_is_set_where_one_looks_and_given_up_again(working: Shop) -> None:
    screen = part("Targets")
    field(screen.selectbox, "KPI").set_value("ready_rate")
    field(screen.number_input, "Target").set_value(95.0)
    field(screen.number_input, "Off from").set_value(90.0)
    screen = button(screen, "Set target").click().run()
    assert working.db.rows("select kpi, target, threshold, owner from targets") == [("ready_rate", 0.95, 0.9, "Owner")]
    assert "Target set: Days with stock" in said(screen)
    shown: pd.DataFrame = screen.dataframe[0].value
    assert shown["label"].tolist() == ["Days with stock"]
    assert shown["aim"].tolist() == ["95.0 %"]
    button(screen, "Give it up").click().run()
    assert working.db.rows("select kpi from targets where active") == []


def test_a_threshold_on_the_wrong_side_is_refused(working: Shop) -> None:
    screen = part("Targets")
    field(screen.selectbox, "KPI").set_value("ready_rate")
    field(screen.number_input, "Target").set_value(90.0)
    field(screen.number_input, "Off from").set_value(95.0)
    screen = button(screen, "Set target").click().run()
    assert "must lie below the target" in said(screen)
    assert working.db.rows("select kpi from targets") == []


def test_a_viewer_sees_objectives_and_sets_none(working: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doing, "who", lambda: people.Person("Vera", "viewer"))
    monkeypatch.setattr("ims_core.web.ui.who", lambda: people.Person("Vera", "viewer"))
    assert "Set target" not in [each.label for each in part("Targets").button]


@pytest.mark.parametrize(("look", "sold"), [({}, 129), ({"by": "Category"}, 35), ({"by": "Place"}, 35)])
def test_why_tells_the_formula_with_its_numbers_and_the_items_behind(working: Shop, look: dict[str, str], sold: float) -> None:
    day = working.db.scalar("select max(day) from visible_movements")
    tea = working.item("TEA", category="Drinks", cost=2, price=5)
    working.move("receipt", tea, 1000, day, place=working.place("Attic"))
    working.move("sale", tea, 7, day, place="Attic")
    screen = opened("analysis", part="Overview", **look)
    screen.button(key="why-revenue").click().run()
    assert not screen.exception
    assert f"Sales: {labels.money(sold, '€')}" in said(screen)
    assert f"Pieces × price without sales tax, less returns  \n= {sold}" in said(screen)
    behind: pd.DataFrame = next(table.value for table in screen.dataframe if "revenue" in table.value and "grp" not in table.value)
    assert behind["revenue"].sum() == sold


def test_who_is_late_shows_on_both_pages_with_what_it_costs(working: Shop) -> None:
    today = doing.today()
    nordlicht = int(working.db.scalar("select supplier_id from suppliers"))
    for number in range(1, 7):
        ordered = today - timedelta(days=20 + number)
        order = {
            "order_id": number,
            "number": f"PO {number}",
            "supplier_id": nordlicht,
            "ordered": ordered,
            "expected": ordered + timedelta(7),
        }
        with working.db.change(who="Owner", what="Order"):
            working.db.append("orders", [order])
            working.db.append("order_lines", [{"order_id": number, "line": 1, "item_id": 1, "qty": 5, "unit_cost": 2}])
        if number < 6:
            working.move("receipt", 1, 5, ordered + timedelta(days=6 + number), order_id=number)
    found = part("Bottlenecks")
    ranked: pd.DataFrame = found.dataframe[0].value
    assert ranked[["supplier", "late", "orders_due"]].to_numpy().tolist() == [["Nordlicht", 5, 6]]
    assert "1 order past due today" in [head.value for head in found.subheader]
    card = opened("suppliers", part="Scorecards")
    assert not card.exception, card.exception
    assert [metric.value for metric in card.metric][:2] == ["17%", "7 days"]
    assert "What its unreliability costs" in [head.value for head in card.subheader]
