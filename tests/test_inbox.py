"""Conditions are raised once and end when they end, whatever people do about them meanwhile."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from unittest.mock import Mock

import pandas as pd
import pytest

from ims_core import audit, channels, conditions, exporting, inbox, ledger, limits, people, policy
from ims_core.automation import AUTOMATION, Rhythm, beat
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused, StorageFailed
from ims_core.people import Person
from tests.builders import DAY, Shop

STEFAN, MARTHA, VERA = Person("Stefan", "staff"), Person("Martha", "manager"), Person("Vera", "viewer")


@pytest.fixture
def short(shop: Shop) -> Shop:
    """A shop that looks for nothing but stock below zero, with a kettle that is."""
    with shop.db.change(who="Owner", what="Alerts"):
        shop.db.append("policy_versions", [{"scope": limits.SCOPE, "name": f"{rule} tell", "value": "off"}
                                           for rule in limits.RULES if rule != "negative"])  # fmt: skip
    kettle = shop.item("KETTLE", cost=4)
    shop.move("count", kettle, 1, day=DAY - timedelta(days=9))
    shop.move("sale", kettle, 3)
    inbox.look(shop.db, AUTOMATION, DAY)
    return shop


def raised(shop: Shop) -> int:
    return int(shop.db.scalar("select count(distinct alert_id) from alerts"))


def states(shop: Shop, day: date = DAY) -> list[int]:
    return list(inbox.counted(shop.db, day).values())


def test_a_condition_is_raised_once_however_often_somebody_looks(short: Shop) -> None:
    before = short.db.version
    assert [inbox.look(short.db, AUTOMATION, DAY) for _ in range(3)] == [None] * 3
    assert raised(short) == 1
    assert short.db.version == before  # nothing new is no change


def test_it_ends_when_the_condition_ends_and_comes_anew_when_it_comes_anew(short: Shop) -> None:
    short.move("receipt", 1, 10)
    inbox.look(short.db, AUTOMATION, DAY)
    assert states(short) == [0, 0, 1]
    short.move("sale", 1, 20)
    inbox.look(short.db, AUTOMATION, DAY)
    assert states(short) == [1, 0, 1]
    assert list(inbox.listed(short.db, DAY)["alert_id"]) == [2]


def test_what_is_resolved_stands_silently_until_its_condition_ends(short: Shop) -> None:
    inbox.resolve(short.db, people.LOCAL, [1], " counted,  book was wrong ")
    inbox.look(short.db, AUTOMATION, DAY)
    assert states(short) == [0, 0, 1]
    done = inbox.listed(short.db, DAY, "resolved").iloc[0]
    assert (done["note"], done["resolved_by"]) == ("counted, book was wrong", "Owner")
    short.move("receipt", 1, 10)
    inbox.look(short.db, AUTOMATION, DAY)
    short.move("sale", 1, 20)
    inbox.look(short.db, AUTOMATION, DAY)
    assert states(short) == [1, 0, 1]


def test_a_snoozed_alert_comes_back_on_its_day(short: Shop) -> None:
    inbox.snooze(short.db, people.LOCAL, [1], DAY + timedelta(days=3), DAY)
    assert [states(short, DAY + timedelta(days=days))[:2] for days in (0, 2, 3)] == [[0, 1], [0, 1], [1, 0]]
    inbox.reopen(short.db, people.LOCAL, [1])
    assert states(short) == [1, 0, 0]


@pytest.mark.parametrize("days", [0, -1, 400])
def test_nobody_snoozes_until_yesterday_or_for_ever(short: Shop, days: int) -> None:
    with pytest.raises(Refused, match="between tomorrow and a year from now"):
        inbox.snooze(short.db, people.LOCAL, [1], DAY + timedelta(days=days), DAY)


def test_what_people_did_is_undone_and_what_was_noticed_is_not(short: Shop) -> None:
    change = inbox.resolve(short.db, people.LOCAL, [1], "counted")
    undone = ledger.undo(short.db, people.LOCAL, change)
    assert states(short) == [1, 0, 0]
    ledger.undo(short.db, people.LOCAL, undone)
    assert states(short) == [0, 0, 1]
    with pytest.raises(Refused, match="is what the program noticed"):
        ledger.undo(short.db, people.LOCAL, int(short.db.scalar("select min(change_id) from alerts")))


def test_what_the_program_noticed_is_not_among_what_happened(short: Shop) -> None:
    assert not ledger.happened(short.db, 50)["what"].str.startswith("Alerts: 1 new").any()


def test_the_words_of_a_standing_alert_are_renewed_with_the_day_and_not_with_every_sale(short: Shop) -> None:
    short.move("sale", 1, 5)
    assert inbox.look(short.db, AUTOMATION, DAY) is None
    tomorrow = pd.Timestamp.now().date() + timedelta(days=1)  # the day on which the words were last renewed is that of the clock
    inbox.look(short.db, AUTOMATION, tomorrow)
    found = inbox.listed(short.db, DAY)
    assert list(found["what"]) == ["-7 in Shop: count it."]
    assert raised(short) == 1


def test_words_are_not_renewed_because_another_alert_is_new(short: Shop) -> None:
    short.move("sale", 1, 5)
    cup = short.item("CUP")
    short.move("count", cup, 1, day=DAY - timedelta(days=9))
    short.move("sale", cup, 3)
    inbox.look(short.db, AUTOMATION, DAY)
    assert short.db.rows("select alert_id, count(*) from alerts group by all order by all") == [(1, 1), (2, 1)]


def test_words_are_renewed_with_the_day_of_the_shop(short: Shop) -> None:
    now = pd.Timestamp.now("UTC")
    zone = "Pacific/Kiritimati" if now.hour >= 12 else "Etc/GMT+12"  # whichever has another day now than UTC
    policy.set_shop(short.db, people.LOCAL, timezone=zone)
    short.move("sale", 1, 5)
    here = now.tz_convert(zone).date()
    assert inbox.look(short.db, AUTOMATION, here) is None
    assert inbox.look(short.db, AUTOMATION, here + timedelta(days=1)) is not None


def test_near_the_limit_is_enough_to_stand_and_not_to_be_raised() -> None:
    row = {"rule": "overstock", "subject": "1", "item_id": 1, "place": None, "since": pd.Timestamp(DAY), "what": "a", "money": 1.0}
    near = pd.DataFrame([row | {"sure": False}])
    nothing, standing = pd.DataFrame([row | {"alert_id": 7}]).head(0), pd.DataFrame([row | {"alert_id": 7}])
    assert [len(part) for part in inbox.compared(near, nothing)] == [0, 0, 0]
    assert [len(part) for part in inbox.compared(near, standing)] == [0, 0, 0]
    assert [len(part) for part in inbox.compared(near.head(0), standing)] == [0, 1, 0]


# -- people


@pytest.fixture
def staffed(short: Shop) -> Shop:
    """The same with accounts for a few people."""
    here = (("Olga", "owner"), ("Martha", "manager"), ("Stefan", "staff"), ("Vera", "viewer"))
    with short.db.change(who="Olga", what="Accounts"):
        short.db.append("people_versions", [{"name": name, "role": role} for name, role in here])
    return short


def test_staff_act_on_what_is_assigned_to_them_and_managers_on_all(staffed: Shop) -> None:
    with pytest.raises(NotAllowed, match="assigned to them"):
        inbox.resolve(staffed.db, STEFAN, [1], "counted")
    inbox.assign(staffed.db, MARTHA, [1], "Stefan")
    assert inbox.counted(staffed.db, DAY, "Stefan")["open"] == 1
    change = inbox.resolve(staffed.db, STEFAN, [1], "counted")
    assert inbox.listed(staffed.db, DAY, "resolved")["person"][0] == "Stefan"
    ledger.undo(staffed.db, STEFAN, change)
    inbox.assign(staffed.db, MARTHA, [1], None)
    assert inbox.counted(staffed.db, DAY, "Stefan")["open"] == 0


@pytest.mark.parametrize("name", ["Vera", "Nobody"])
def test_alerts_go_to_people_who_can_act(staffed: Shop, name: str) -> None:
    assert inbox.team(staffed.db) == ["Martha", "Olga", "Stefan"]
    with pytest.raises(Refused, match=f"{name} cannot take alerts"):
        inbox.assign(staffed.db, MARTHA, [1], name)


def test_what_is_over_or_was_never_there_is_not_acted_on(short: Shop) -> None:
    for chosen, says in (([], "Choose an alert"), ([1, 99], "is over by now")):
        with pytest.raises(Refused, match=says):
            inbox.resolve(short.db, people.LOCAL, chosen, "counted")
    with pytest.raises(Refused, match="Say in a word"):
        inbox.resolve(short.db, people.LOCAL, [1], "  ")


# -- many movements


def test_through_many_movements_each_condition_is_raised_once_ended_once_and_nothing_is_repeated(short: Shop) -> None:
    rng, stock = random.Random(7), Counter[int]()
    numbers = [short.item(f"S{at}", cost=1) for at in range(6)]
    for item in numbers:
        short.move("count", item, 0, day=DAY - timedelta(days=1))
    begun, ended, below = Counter[int](), Counter[int](), set[int]()
    for _ in range(20):
        moves = [(item, 2 * rng.randint(-2, 2) + 1 - stock[item]) for item in rng.sample(numbers, 5)]  # to either side of zero
        with short.db.change(who="Owner", what="Movements"):
            short.db.append("movements", [
                {"line": line, "happened_at": datetime(2026, 5, 4, 12), "day": DAY, "kind": "adjustment", "item_id": item, "place": "Shop",
                 "qty": qty} for line, (item, qty) in enumerate(moves, 1) if qty
            ])  # fmt: skip
        for item, qty in moves:
            stock[item] += qty
        inbox.look(short.db, AUTOMATION, DAY)
        now = {item for item in numbers if stock[item] < 0}
        begun.update(now - below)
        ended.update(below - now)
        below = now
    rows = short.db.rows("select item_id, count(distinct alert_id), count(*) filter (alert_id in (select alert_id from alert_ends)) "
                         "from alerts where item_id <> 1 group by item_id")  # fmt: skip
    assert sum(begun.values()) > 20
    assert {item: raised for item, raised, _ in rows} == dict(begun)
    assert short.db.scalar("select count(*) from alert_ends") == sum(ended.values())
    assert set(inbox.listed(short.db, DAY)["item_id"]) - {1} == below
    assert audit.check(short.db)["ok"].all()


def test_undoing_the_movement_ends_what_it_caused(short: Shop) -> None:
    ledger.undo(short.db, people.LOCAL, int(short.db.scalar("select change_id from movements where kind = 'sale'")))
    inbox.look(short.db, AUTOMATION, DAY)
    assert states(short) == [0, 0, 1]


# -- by itself


def test_the_program_looks_after_a_change_and_at_a_new_day_and_not_in_between(short: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[date] = []

    def seen(db: Database, day: date) -> tuple[pd.DataFrame, list[str]]:
        looks.append(day)
        return ASKED(db, day)

    monkeypatch.setattr(conditions, "asked", seen)
    rhythm, noon = Rhythm(), pd.Timestamp(DAY) + pd.Timedelta(hours=12)

    def pulse(days: int = 0) -> int:
        rhythm.rest = 0
        beat(short.db, rhythm, (noon + pd.Timedelta(days=days)).to_pydatetime())
        return len(looks)

    assert [pulse(), pulse()] == [1, 1]
    short.move("sale", 1, 1)
    assert [pulse(), pulse()] == [2, 2]
    assert [pulse(days=1), pulse(days=1)] == [3, 3]


ASKED = conditions.asked


def test_after_a_look_it_rests(short: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    rhythm, noon = Rhythm(), (pd.Timestamp(DAY) + pd.Timedelta(hours=12)).to_pydatetime()
    beat(short.db, rhythm, noon)
    seen = rhythm.seen
    short.move("sale", 1, 1)
    beat(short.db, rhythm, noon)
    assert rhythm.seen == seen  # the sale is not looked at yet
    assert rhythm.rest > 0


def test_a_look_that_fails_rests_and_does_not_keep_messages_back(short: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    channels.add(short.db, people.LOCAL, "Nobody there", "json://127.0.0.1:9/")
    rhythm, noon = Rhythm(), (pd.Timestamp(DAY) + pd.Timedelta(hours=12)).to_pydatetime()
    for failure in (StorageFailed("The disk is full."), ZeroDivisionError()):
        asked = Mock(side_effect=failure)
        monkeypatch.setattr(conditions, "asked", asked)
        rhythm.rest = 0
        beat(short.db, rhythm, noon)
        beat(short.db, rhythm, noon)
        assert asked.call_count == 1
    assert short.db.scalar("select count(*) from message_tries") == 1


def test_a_rule_that_fails_keeps_its_alerts_and_stops_no_other(
    short: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limits.save(short.db, people.LOCAL, "late", "inbox", {})
    supplier = short.supplier("Acme")
    with short.db.change(who="Owner", what="Order"):
        ordered = {"order_id": 1, "number": "118", "supplier_id": supplier, "ordered": DAY - timedelta(days=9)}
        short.db.append("orders", [{**ordered, "expected": DAY - timedelta(days=5)}])
        short.db.append("order_lines", [{"order_id": 1, "line": 1, "item_id": 1, "qty": 5, "unit_cost": 4}])
    monkeypatch.setitem(conditions.FINDERS, "negative", Mock(side_effect=ZeroDivisionError()))
    for _ in range(3):
        inbox.look(short.db, AUTOMATION, DAY)
    assert sorted(inbox.listed(short.db, DAY)["rule"]) == ["late", "negative"]
    assert len([said for said in caplog.messages if "Below zero cannot be asked" in said]) == 1


def test_alerts_and_addresses_are_not_taken_out_with_the_shop(short: Shop) -> None:
    assert not {"alerts", "channel_versions", "messages"} & set(exporting.NAMES.values())
