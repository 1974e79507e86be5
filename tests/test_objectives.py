from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ims_core import items, kpis, ledger, objectives, people
from ims_core.errors import NotAllowed, Refused
from tests.builders import Shop

FIRST, LAST = date(2026, 4, 1), date(2026, 6, 30)


def test_a_target_stands_beside_its_kpi_and_says_how_it_stands(shop: Shop) -> None:
    shop.move("receipt", shop.item("KETTLE", category="Tea"), 10, FIRST, unit_cost=4)
    objectives.save(shop.db, people.LOCAL, "stock_value", 30, 50, "Ann")
    objectives.save(shop.db, people.LOCAL, "stock_value", 50, 60, "Ben", scope="category:Tea")
    whole = kpis.summary(shop.db, FIRST, LAST).set_index("kpi").loc["stock_value"]
    assert list(whole[["value", "target", "threshold", "owner", "status"]]) == [40, 30, 50, "Ann", "near"]
    tea = kpis.summary(shop.db, FIRST, LAST, "category", "Tea").set_index("kpi").loc["stock_value"]
    assert list(tea[["owner", "status"]]) == ["Ben", "on target"]


def test_the_newest_objective_counts_and_undo_brings_the_one_before(shop: Shop) -> None:
    objectives.save(shop.db, people.LOCAL, "ready_rate", 0.95, 0.9, "Ann")
    second = objectives.save(shop.db, people.LOCAL, "ready_rate", 0.99, 0.95, "Ben")
    assert objectives.in_force(shop.db)[["target", "owner"]].values.tolist() == [[0.99, "Ben"]]
    ledger.undo(shop.db, people.LOCAL, second)
    assert objectives.in_force(shop.db)[["target", "owner"]].values.tolist() == [[0.95, "Ann"]]
    objectives.give_up(shop.db, people.LOCAL, "ready_rate")
    assert objectives.in_force(shop.db).empty


def test_since_when_it_is_off_is_told_from_its_months(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 5, FIRST, unit_cost=4)
    shop.move("sale", kettle, 5, date(2026, 5, 1))
    months = kpis.history(shop.db, FIRST, LAST)
    assert months["ready_rate"].tolist() == [1, 0, 0]
    assert kpis.off_since(months, "ready_rate", 0.95, 0.9) == date(2026, 5, 1)
    shop.move("receipt", kettle, 5, date(2026, 6, 1), unit_cost=4)
    assert kpis.off_since(kpis.history(shop.db, FIRST, LAST), "ready_rate", 0.95, 0.9) is None


def test_what_may_have_moved_a_kpi_is_marked_on_its_day(shop: Shop) -> None:
    kettle = shop.item("KETTLE", price=9)
    items.save(shop.db, people.LOCAL, [{"item_id": kettle, "name": "Kettle 1.7 l"}])
    items.save(shop.db, people.LOCAL, [{"item_id": kettle, "price": 10}])
    today = shop.db.scalar("select max(done_at)::date from changes")
    assert kpis.marks(shop.db, today, today)["kind"].tolist() == ["price"]


def test_what_was_done_near_midnight_is_of_the_shops_day(shop: Shop) -> None:
    kettle = shop.item("KETTLE", price=9)
    items.save(shop.db, people.LOCAL, [{"item_id": kettle, "price": 10}])
    objectives.save(shop.db, people.LOCAL, "ready_rate", 0.95, 0.9, "Ann")
    since = []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # a day apart and an hour, whatever time it is
        with shop.db.change(who="Owner", what="Moved"):
            shop.db.append("policy_versions", [{"scope": "shop", "name": "timezone", "value": zone}])
        day = datetime.now(ZoneInfo(zone)).date()
        assert kpis.marks(shop.db, day, day)["kind"].tolist()[:1] == ["price"]
        since.append(objectives.in_force(shop.db)["since"].dt.date.item() == day)
    assert since == [True, True]


@pytest.mark.parametrize(
    ("kpi", "target", "threshold", "owner", "scope", "sentence"),
    [
        ("luck", 1, 0, "Ann", "shop", "no KPI called luck"),
        ("ready_rate", 0.95, 0.97, "Ann", "shop", "must lie below the target"),
        ("dead_stock", 100, 50, "Ann", "shop", "must lie above the target"),
        ("ready_rate", 0.95, 0.9, " ", "shop", "Who answers for Days with stock"),
        ("ready_rate", 0.95, 0.9, "Ann", "moon:full", "nothing a target can be for"),
    ],
)
def test_what_is_no_objective_is_refused(
    shop: Shop, kpi: str, target: float, threshold: float, owner: str, scope: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        objectives.save(shop.db, people.LOCAL, kpi, target, threshold, owner, scope)


def test_staff_set_no_objectives(shop: Shop) -> None:
    with pytest.raises(NotAllowed, match="one must be manager"):
        objectives.save(shop.db, people.Person("Sam", "staff"), "ready_rate", 0.95, 0.9, "Sam")
