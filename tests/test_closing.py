"""Days on which the shop was closed: nothing is missing then, nothing is late, and nobody wanted nothing."""

from datetime import date, timedelta

import pandas as pd
import pytest

from ims_core import closing, exporting, flaws, importing, ledger, people, reorder, scores
from ims_core.errors import NotAllowed, Refused
from tests.builders import DAY, Shop, empty_shop
from tests.test_conditions import cases, counted, sold_daily

MAY_DAY, FORTNIGHT = date(2026, 5, 1), closing.between(DAY - timedelta(days=20), DAY - timedelta(days=7))


def sold_but_on(shop: Shop, item: int, shut: list[date], days: int = 120) -> None:
    """Two pieces on each of the last days but those."""
    with shop.db.change(who="Owner", what="Sales"):
        shop.db.append("movements", [
            {"line": line, "happened_at": day, "day": day, "kind": "sale", "item_id": item, "place": "Shop", "qty": -2, "unit_price": 5}
            for line, day in enumerate([each for each in closing.between(DAY - timedelta(days=days - 1), DAY) if each not in shut], 1)
        ])  # fmt: skip


def test_a_day_said_to_be_closed_is_no_gap_until_it_is_taken_back(shop: Shop) -> None:
    sold_but_on(shop, shop.item("KETTLE"), [MAY_DAY])
    assert (flaws.gaps(shop.db, DAY)["name"].tolist(), of(shop)) == (["1 May"], (89, 90))
    change = closing.close(shop.db, people.LOCAL, [MAY_DAY], " Public   holiday ")
    assert closing.stretches(shop.db)[["reason", "days"]].values.tolist() == [["Public holiday", 1]]
    assert flaws.gaps(shop.db, DAY).empty
    assert of(shop) == (89, 89)
    ledger.undo(shop.db, people.LOCAL, change)
    assert len(flaws.gaps(shop.db, DAY)) == 1


def of(shop: Shop) -> tuple[float, float]:
    """Days with sales, of the days on which some were to be expected."""
    found = scores.scores(shop.db, DAY)
    told = found[(found["source"] == "sales") & (found["dimension"] == "completeness")]
    return float(told["right"].sum()), float(told["of"].sum())


def test_a_fortnight_away_leaves_what_sells_and_what_is_to_be_ordered_as_they_were(shop: Shop) -> None:
    kettle = counted(shop, "KETTLE", 1000)
    sold_but_on(shop, kettle, FORTNIGHT)
    before = reorder.suggest(shop.db, DAY).iloc[0]
    assert before["rate"] < 1.9
    closing.close(shop.db, people.LOCAL, FORTNIGHT, "Holidays")
    found = reorder.suggest(shop.db, DAY).iloc[0]
    assert (found["rate"], found["known_days"]) == (pytest.approx(2), 120 - 14)
    assert found["safety"] < before["safety"]
    assert flaws.gaps(shop.db, DAY).empty
    assert closing.stretches(shop.db)["days"].tolist() == [14]


def test_what_sells_by_post_on_closed_days_is_no_other_demand(shop: Shop) -> None:
    sold_daily(shop, counted(shop, "MUG", 500), 120)
    before = reorder.suggest(shop.db, DAY).iloc[0]
    closing.close(shop.db, people.LOCAL, [*FORTNIGHT, DAY + timedelta(days=2)], "Holidays")
    found = reorder.suggest(shop.db, DAY).iloc[0]
    assert found[["rate", "safety", "reorder_point"]].tolist() == before[["rate", "safety", "reorder_point"]].tolist()


def test_days_on_which_the_shop_will_be_closed_are_not_bought_for(shop: Shop) -> None:
    sundays = [day for day in closing.between(DAY - timedelta(days=119), DAY) if day.weekday() == 6]
    sold_but_on(shop, counted(shop, "KETTLE", 1000), sundays)
    closing.close(shop.db, people.LOCAL, sundays, "Sunday")
    found = reorder.suggest(shop.db, DAY).iloc[0]
    days = int(found["lead_days"] + found["review_days"])
    ahead = [day for day in closing.between(DAY + timedelta(days=1), DAY + timedelta(days=days)) if day.weekday() == 6]
    assert found["expected_demand"] == pytest.approx(2 * (days - len(ahead)))
    assert f"closed on {len(ahead)} days of them" in found["reason"]
    closing.close(shop.db, people.LOCAL, closing.between(DAY + timedelta(days=1), DAY + timedelta(days=days)), "Holidays")
    assert reorder.suggest(shop.db, DAY).iloc[0]["expected_demand"] == 0


def test_what_nobody_could_buy_has_not_fallen_silent_nor_is_the_till_s_file_late(shop: Shop) -> None:
    kettle, mug = counted(shop, "KETTLE", 8), counted(shop, "MUG", 500)
    sold_daily(shop, mug, 90)  # by post, also while the shop is closed
    sold_daily(shop, kettle, 40, until=DAY - timedelta(days=20))
    assert len(cases(shop, "silent")) == 1
    closing.close(shop.db, people.LOCAL, FORTNIGHT, "Holidays")
    assert cases(shop, "silent").empty
    later = DAY + timedelta(days=20)
    assert flaws.late(shop.db, later)["kind"].tolist() == ["sales"]
    closing.close(shop.db, people.LOCAL, closing.between(DAY + timedelta(days=1), later), "Holidays")
    assert flaws.late(shop.db, later).empty


def test_demand_without_closed_days_moves_up_to_today() -> None:
    history = pd.DataFrame({"unique_id": "KETTLE", "ds": pd.to_datetime(["2026-04-29", "2026-05-01", "2026-05-02"]), "y": [1.0, 2.0, 3.0]})
    found = closing.without(history, [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 9)], date(2026, 5, 4))
    assert found["ds"].dt.day.tolist() == [1, 1, 2]


def test_closed_days_are_part_of_the_whole_shop(shop: Shop) -> None:
    closing.close(shop.db, people.LOCAL, [MAY_DAY, DAY], "Public holiday")
    closing.reopen(shop.db, people.LOCAL, [DAY])
    assert closing.days(shop.db)["day"].dt.date.tolist() == [MAY_DAY]
    counted(shop, "KETTLE", 8)
    into = empty_shop()
    importing.commit(into, people.LOCAL, importing.preview(into, [("whole.zip", exporting.everything(shop.db, DAY))], today=DAY))
    assert closing.days(into).values.tolist() == [[pd.Timestamp(MAY_DAY), "Public holiday"]]


@pytest.mark.parametrize(
    ("days", "reason", "sentence"),
    [
        ([], "Holidays", "Choose the days"),
        (closing.between(DAY, DAY + timedelta(days=366)), "Holidays", "These are 367 days"),
        ([DAY], "  ", "Say why the shop was closed"),
    ],
)
def test_closing_without_a_day_or_a_reason_is_refused(shop: Shop, days: list[date], reason: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        closing.close(shop.db, people.LOCAL, days, reason)


def test_what_was_never_closed_cannot_be_opened_and_staff_close_nothing(shop: Shop) -> None:
    with pytest.raises(Refused, match="Nobody said that the shop was closed on 4 May 2026"):
        closing.reopen(shop.db, people.LOCAL, [DAY])
    with pytest.raises(NotAllowed):
        closing.close(shop.db, people.Person("Stefan", "staff"), [DAY], "Holidays")
