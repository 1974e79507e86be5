"""Customer orders: a line is filled where all of it left at once, an open order past due has failed, and days count open orders too."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
import pytest

from ims_core import bottlenecks, kpis, ledger, people
from ims_core.db import Database
from ims_core.measures import BOOK
from tests import clientbook
from tests.builders import Shop

FIRST, LAST = date(2026, 4, 1), date(2026, 4, 30)
NAMES = ("line_fill", "order_fill", "otif", "fulfilment_time", "fulfilment_most")


def on(number: int | None) -> date | None:
    return None if number is None else FIRST + timedelta(days=number - 1)


def ask(db: Database, first: date = FIRST, last: date = LAST, by: str = "shop", group: str = "Whole shop") -> dict[str, Any]:
    found = kpis.by_group(db, first, last, by)
    return {str(name): value for name, value in found[found["grp"] == group].to_dict("records")[0].items()}


def told(db: Database, *lines: dict[str, Any], known_to: date = LAST) -> int:
    return clientbook.told(db, *lines, known_to=known_to)


@pytest.fixture
def kiosk(shop: Shop) -> Shop:
    """Four orders: one in time and at once, one in two parts, one shipped late, one open past its day; and one promised for May."""
    tea, cup = shop.item("TEA", cost=2, category="Hot"), shop.item("CUP", cost=1, category="Cups")
    shop.move("receipt", tea, 100, FIRST - timedelta(days=90))
    shop.move("receipt", cup, 100, FIRST - timedelta(days=90))
    told(
        shop.db,
        {"number": "A", "item_id": tea, "qty": 2, "ordered": on(1), "promised": on(5), "shipped": on(3), "shipped_qty": 2},
        {"number": "A", "item_id": cup, "qty": 1, "ordered": on(1), "promised": on(5), "shipped": on(3), "shipped_qty": 1},
        {"number": "B", "item_id": tea, "qty": 10, "ordered": on(2), "promised": on(9), "shipped": on(4), "shipped_qty": 4},
        {"number": "B", "item_id": tea, "qty": 10, "ordered": on(2), "promised": on(9), "shipped": on(8), "shipped_qty": 6},
        {"number": "B", "item_id": cup, "qty": 5, "ordered": on(2), "promised": on(9), "shipped": on(4), "shipped_qty": 5},
        {"number": "C", "item_id": cup, "qty": 3, "ordered": on(10), "promised": on(12), "shipped": on(20), "shipped_qty": 3},
        {"number": "D", "item_id": tea, "qty": 7, "ordered": on(10), "promised": on(15)},
        {"number": "E", "item_id": tea, "qty": 7, "ordered": on(28), "promised": on(40)},
        {"number": "F", "item_id": tea, "qty": 7, "ordered": on(5), "promised": on(9), "closed": True},
    )
    return shop


def test_lines_and_orders_are_filled_where_all_left_at_once(kiosk: Shop) -> None:
    found = ask(kiosk.db)
    assert (found["lines_judged"], found["lines_filled"]) == (6, 4), "D is past due; E may still come, F was called off"
    assert (found["orders_judged"], found["orders_filled"]) == (4, 2)
    assert found["order_fill"] <= found["line_fill"]
    assert found["otif"] == pytest.approx(2 / 4), "B came in parts but in time and in full; C late, D never"
    assert found["fulfilment_time"] == 10, "2, 6, 10, and two that wait for 20 and 2 days"
    assert pd.isna(found["fulfilment_most"])
    assert found["fulfilment_most_lacks"].startswith("Over a tenth")
    note = kpis.summary(kiosk.db, FIRST, LAST).set_index("kpi")["note"]
    assert note["fulfilment_time"] == "From 5 orders, 2 of them still open."


def test_every_part_of_the_shop_has_its_own_orders(kiosk: Shop) -> None:
    cups = ask(kiosk.db, by="category", group="Cups")
    assert (cups["line_fill"], cups["otif"], cups["fulfilment_time"]) == (1, pytest.approx(2 / 3), 2)
    assert ask(kiosk.db, by="place", group="Shop")["otif"] == 0.5


def test_the_state_of_a_past_day_is_what_was_so_then(kiosk: Shop) -> None:
    then = ask(kiosk.db, last=on(9) or LAST)
    assert then["otif"] == 1, "A and B were due and there"
    before = ask(kiosk.db, last=on(7) or LAST)
    assert (before["orders_judged"], before["orders_filled"], before["fulfilment_open"]) == (2, 1, 1)


def test_the_newest_word_on_an_order_counts_and_undo_brings_the_old_one_back(kiosk: Shop) -> None:
    late = {"number": "d", "item_id": 1, "qty": 7, "ordered": on(10), "promised": on(15), "shipped": on(15), "shipped_qty": 7}
    change = told(kiosk.db, late, known_to=LAST + timedelta(days=1))
    assert ask(kiosk.db)["otif"] == 0.75
    told(kiosk.db, {**late, "shipped": None, "shipped_qty": 0}, known_to=LAST - timedelta(days=3))
    assert ask(kiosk.db)["otif"] == 0.75, "an older export, dropped later, brings nothing back"
    ledger.undo(kiosk.db, people.LOCAL, change)
    assert ask(kiosk.db)["otif"] == 0.5


def test_where_none_are_known_it_says_which_file_would_tell(shop: Shop) -> None:
    tea = shop.item("TEA", cost=2)
    shop.move("receipt", tea, 1, FIRST)
    notes = kpis.summary(shop.db, FIRST, LAST).set_index("kpi")
    for name in NAMES:
        assert notes["value"].isna()[name]
        assert "file of customer orders" in str(notes.loc[name, "note"])
    told(shop.db, {"number": "A", "item_id": tea, "qty": 1, "ordered": FIRST - timedelta(days=60)})
    assert ask(shop.db)["otif_lacks"].startswith("No customer order was promised for this period")


def test_the_stage_to_shipment_is_theirs(kiosk: Shop) -> None:
    found = bottlenecks.stages(kiosk.db, FIRST, LAST)
    assert found.loc[found["stage"] == "shipment", ["median", "waits", "open"]].to_numpy().tolist() == [[10, 5, 2]]


# -- the slow books


@pytest.fixture
def random_shop(shop: Shop) -> tuple[Database, pd.DataFrame]:
    """Sixty orders of four items."""
    random = Random(7)
    items = [shop.item(f"I{at}", cost=1, category=random.choice(["Hot", "Cold"])) for at in range(4)]
    for item in items:
        shop.move("receipt", item, 100, FIRST - timedelta(days=90))
    rows = clientbook.drawn(random, items, FIRST - timedelta(days=20), 49, 60)
    told(shop.db, *rows)
    return shop.db, pd.DataFrame(rows)


def test_every_kpi_is_what_one_works_out_by_hand(random_shop: tuple[Database, pd.DataFrame]) -> None:
    db, lines = random_shop
    lines = lines.astype(object).where(lines.notna(), None)
    hot = [item for (item,) in db.rows("select item_id from items where category = 'Hot'")]
    for first, last in ((FIRST, LAST), (FIRST - timedelta(days=20), FIRST + timedelta(days=5)), (FIRST + timedelta(days=7), LAST)):
        for part, by, group in ((lines, "shop", "Whole shop"), (lines[lines["item_id"].isin(hot)], "category", "Hot")):
            found, wanted = ask(db, first, last, by, group), clientbook.by_hand(part, first, last)
            for name in NAMES:
                assert (None if pd.isna(found[name]) else found[name]) == pytest.approx(wanted[name]), (name, first, last, by)
    assert all(BOOK[name].golden for name in NAMES)
