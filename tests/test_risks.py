import doctest
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_core import forecasting, headlines, importing, people, risks
from tests.builders import Shop
from tests.test_forecasting import SUNDAY, sell


def test_every_example_in_the_docstrings_holds() -> None:
    assert doctest.testmod(risks).failed == 0


@given(st.floats(0.1, 1000), st.lists(st.floats(0.1, 100), min_size=1, max_size=12), st.integers(0, 100))
def test_stock_lasts_until_what_is_asked_for_has_used_it_up(stock: float, weekly: list[float], elapsed: int) -> None:
    found = float(risks.lasts([stock], [weekly], elapsed)[0])
    days = np.repeat(np.array(weekly) / 7, 7)
    coming = np.concatenate([days[elapsed:], np.full(min(elapsed, len(days)), days[-1])])
    if np.isnan(found):
        assert coming.sum() < stock
    else:
        whole = int(found)
        used = coming[:whole].sum() + (found - whole) * (coming[whole] if whole < len(coming) else 0)
        assert used == pytest.approx(stock)


def test_without_a_run_nothing_is_listed(shop: Shop) -> None:
    assert len(risks.listed(shop.db, SUNDAY)) == 0


def test_what_may_run_out_comes_first_and_says_when(shop: Shop) -> None:
    short, plenty = shop.item("KETTLE", price=20, cost=8), shop.item("LAMP", price=20, cost=8)
    for item_id, stock in ((short, 20), (plenty, 4000)):
        sell(shop, item_id, [4] * 140)
        shop.move("receipt", item_id, 560 + stock, day=date(2025, 12, 1))
    forecasting.run(shop.db, people.LOCAL, SUNDAY)
    kettle, lamp = risks.listed(shop.db, SUNDAY).to_dict("records")
    assert (kettle["sku"], lamp["sku"]) == ("KETTLE", "LAMP")
    assert kettle["runs_out"].date() == SUNDAY + timedelta(days=5)
    assert kettle["stockout_chance"] > 0.99
    assert kettle["at_risk"] == pytest.approx(28 * 20, rel=0.05)
    assert kettle["surplus"] == 0
    assert np.isnan(lamp["lasts_days"])
    assert 4000 - 12 * 50 < lamp["surplus"] < 4000 - 12 * 28
    assert lamp["surplus_value"] == lamp["surplus"] * 8


def test_days_since_the_run_are_not_counted_twice(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sell(shop, kettle, [4] * 140)
    shop.move("receipt", kettle, 580, day=date(2025, 12, 1))
    forecasting.run(shop.db, people.LOCAL, SUNDAY)
    later = SUNDAY + timedelta(days=200)
    assert risks.listed(shop.db, later).runs_out[0].date() == later + timedelta(days=5)


def test_the_outlook_of_an_item_says_when_its_stock_is_gone_and_when_if_sales_are_strong(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sell(shop, kettle, np.random.default_rng(2).poisson(4, 210))
    shop.move("receipt", kettle, 2000, day=date(2025, 9, 1))
    seen = risks.outlook(shop.db, kettle, SUNDAY, weeks=52, service=0.95)
    assert seen.counted
    assert seen.known_until == SUNDAY
    assert len(seen.history) == 30
    assert len(seen.forecast) == 52
    assert seen.gone
    assert seen.early
    assert SUNDAY < seen.early < seen.gone


def test_gone_about_is_reckoned_from_the_day_of_the_fan_with_what_is_there_by_now(shop: Shop) -> None:
    text = "".join(f"{SUNDAY - timedelta(days=n)},KETTLE,4\n" for n in range(140))
    importing.commit(shop.db, people.LOCAL, importing.preview(shop.db, [("sales.csv", f"Date,Item code,Qty\n{text}".encode())]))
    shop.move("receipt", 1, 600, day=SUNDAY - timedelta(days=139))
    later = SUNDAY + timedelta(days=21)
    before = risks.outlook(shop.db, 1, headlines.known_day(shop.db, later), 26, 0.95, later)
    shop.move("receipt", 1, 28, day=later)
    after = risks.outlook(shop.db, 1, headlines.known_day(shop.db, later), 26, 0.95, later)
    assert (before.on_hand, after.on_hand) == (40, 68)
    assert before.gone == SUNDAY + timedelta(days=10)
    assert after.gone == SUNDAY + timedelta(days=17)


def test_the_outlook_of_what_nobody_counted_or_asked_for_says_so(shop: Shop) -> None:
    kettle, cup = shop.item("KETTLE"), shop.item("CUP")
    sell(shop, kettle, [4] * 70)
    seen = risks.outlook(shop.db, kettle, SUNDAY, weeks=12, service=0.95)
    assert (seen.on_hand, seen.counted, seen.gone, seen.early) == (0, False, None, None)
    assert risks.outlook(shop.db, cup, SUNDAY, weeks=12, service=0.95).forecast.empty


def test_what_nobody_counted_has_no_day_on_which_it_is_gone(shop: Shop) -> None:
    sell(shop, shop.item("KETTLE"), [4] * 140)
    forecasting.run(shop.db, people.LOCAL, SUNDAY)
    found = risks.listed(shop.db, SUNDAY)
    assert found.counted.tolist() == [False]
    assert found.runs_out.isna().all()


def test_the_outlook_is_the_run_s_until_sales_come_that_it_does_not_know(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sell(shop, kettle, np.random.default_rng(2).poisson(4, 210))
    forecasting.run(shop.db, people.LOCAL, SUNDAY)
    kept = risks.outlook(shop.db, kettle, SUNDAY, weeks=10, service=0.95).forecast
    assert list(kept.columns) == ["ds", "model", "mean", "q05", "q25", "q50", "q75", "q95"]
    assert kept["model"].tolist() == ["AutoETS"] * 10
    assert kept["ds"][0] == pd.Timestamp(SUNDAY) + pd.Timedelta(days=1)
    longer, other = (risks.outlook(shop.db, kettle, SUNDAY, weeks, service).forecast for weeks, service in ((13, 0.95), (12, 0.94)))
    shop.move("sale", kettle, 2, day=SUNDAY)
    newer = risks.outlook(shop.db, kettle, SUNDAY, weeks=10, service=0.95).forecast
    assert {model for found in (longer, other, newer) for model in found["model"]} == {"AutoARIMA"}
