from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ims_core import forecasting, ledger, people
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from tests.builders import Shop

SUNDAY = date(2026, 5, 3)
LEVELS = (0.05, 0.5, 0.95)


def weeks(sold: Any, item: str = "KETTLE") -> pd.DataFrame:
    return pd.DataFrame({"unique_id": item, "ds": pd.date_range("2024-01-01", periods=len(sold), freq="7D"), "y": np.asarray(sold, float)})


def steady(periods: int = 40, mean: float = 50, seed: int = 1) -> Any:
    return np.random.default_rng(seed).poisson(mean, periods)


def forecast(history: pd.DataFrame, horizon: int = 4, **options: Any) -> pd.DataFrame:
    return forecasting.forecast(history, options.pop("freq", "7D"), horizon, options.pop("levels", LEVELS), **options)


def sell(shop: Shop, item_id: int, sold: Any, last: date = SUNDAY) -> None:
    """A sale a day that ends on `last`; 0 is no sale."""
    with shop.db.change(who="Till", what="Sales"):
        rows = [
            {"line": back, "happened_at": last, "day": last - timedelta(days=back), "kind": "sale", "item_id": item_id, "place": "Shop",
             "qty": -float(qty)}
            for back, qty in enumerate(reversed(list(sold))) if qty
        ]  # fmt: skip
        ledger.post(shop.db, rows)


# -- pure


def test_the_columns_are_those_of_the_contract() -> None:
    found = forecast(weeks(steady()), horizon=2, levels=(0.05, 0.5, 0.975))
    assert found.columns.tolist() == ["unique_id", "ds", "model", "mean", "q05", "q50", "q975"]
    assert found.ds.dt.date.tolist() == [date(2024, 10, 7), date(2024, 10, 14)]


@pytest.mark.parametrize(
    ("level", "name"), [(0.01, "q01"), (0.05, "q05"), (0.5, "q50"), (0.9, "q90"), (0.975, "q975"), (0.025, "q025"), (0.999, "q999")]
)
def test_a_level_has_two_or_three_digits(level: float, name: str) -> None:
    assert forecasting.column(level) == name


def test_what_sells_every_week_is_modelled_and_what_sells_seldom_is_counted() -> None:
    seldom = np.zeros(40)
    seldom[::5] = 3
    both = pd.concat([weeks(steady()), weeks(seldom, "LAMP"), weeks([4, 5], "NEW")])
    assert forecast(both).groupby("unique_id").model.first().to_dict() == {"KETTLE": "AutoETS", "LAMP": "counts", "NEW": "counts"}


def test_a_steady_seller_is_expected_to_go_on() -> None:
    found = forecast(weeks(steady(mean=50)))
    assert found["mean"].between(45, 55).all()
    assert (found.q05 < 45).all()
    assert (found.q95 > 55).all()


def test_the_item_in_view_may_have_autoarima() -> None:
    found = forecast(weeks(steady()), models="arima")
    assert set(found.model) == {"AutoARIMA"}
    assert found["mean"].between(45, 55).all()


def test_a_season_is_followed_once_two_of_it_are_known() -> None:
    months = np.arange(36)
    sold = (100 + 60 * np.sin(months * 2 * np.pi / 12)).round()
    history = pd.DataFrame({"unique_id": "ICE", "ds": pd.date_range("2023-01-01", periods=36, freq="MS"), "y": sold})
    found = forecast(history, 12, freq="MS", season=12)
    assert found["mean"].to_numpy() == pytest.approx(sold[:12], abs=15)
    blind = forecast(history[:20], 12, freq="MS", season=12)
    assert blind["mean"].nunique() == 1


@pytest.mark.parametrize("kind", ["steady", "rare", "huge", "one", "parts", "constant", "falling"])
def test_quantiles_never_cross_and_are_never_below_nothing(kind: str) -> None:
    rng = np.random.default_rng(5)
    sold = {
        "steady": rng.poisson(2, 60), "rare": rng.poisson(0.05, 60), "huge": rng.lognormal(10, 2, 60), "one": [7], "parts": rng.random(60),
        "constant": np.full(60, 5), "falling": np.maximum(60 - np.arange(60) * 1.2, 0),
    }[kind]  # fmt: skip
    levels = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    found = forecast(weeks(sold), 12, levels=levels)
    quantiles = found[[forecasting.column(level) for level in levels]].to_numpy()
    assert np.isfinite(quantiles).all()
    assert np.isfinite(found["mean"]).all()
    assert quantiles.min() >= 0
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_the_range_holds_what_it_promises_where_demand_is_as_it_was() -> None:
    rng = np.random.default_rng(11)
    rates = rng.gamma(0.7, 4, 300)
    sold = rng.poisson(rates[:, None], (300, 60))
    history = pd.concat([weeks(row, str(item)) for item, row in enumerate(sold)])
    found = forecast(history, 1, levels=(0.05, 0.95)).set_index("unique_id")
    known = found.loc[[str(item) for item in range(300) if str(item) in found.index]]
    unseen = rng.poisson(rates[known.index.astype(int)], (50, len(known)))
    assert 0.94 < (unseen <= known.q95.to_numpy()).mean() < 0.99
    assert (unseen < known.q05.to_numpy()).mean() < 0.06


def test_weeks_left_out_are_weeks_without_demand() -> None:
    whole = weeks([3, 0, 0, 4, 0, 5, 0, 0, 3, 4])
    assert forecast(whole[whole.y > 0]).equals(forecast(whole))


def test_items_end_where_their_history_ends() -> None:
    both = pd.concat([weeks(steady(30)), weeks(steady(20), "OLD")])
    assert forecast(both, 1).set_index("unique_id").ds.dt.date.to_dict() == {"KETTLE": date(2024, 7, 29), "OLD": date(2024, 5, 20)}


def test_months_and_plain_numbers_are_periods_too() -> None:
    monthly = pd.DataFrame({"unique_id": 7, "ds": pd.date_range("2024-01-31", periods=20, freq="ME"), "y": steady(20)})
    assert forecast(monthly, 2, freq="ME").ds.dt.date.tolist() == [date(2025, 9, 30), date(2025, 10, 31)]
    counted = pd.DataFrame({"unique_id": 7, "ds": range(20), "y": steady(20)})
    assert forecast(counted, 2, freq=1).ds.tolist() == [20, 21]


def test_no_history_is_no_forecast() -> None:
    assert len(forecast(weeks([]))) == 0


def test_progress_moves_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "CHUNK", 2)
    said: list[tuple[float, str]] = []
    forecast(pd.concat([weeks(steady(), str(item)) for item in range(5)]), progress=lambda done, says: said.append((done, says)))
    assert [says for _, says in said] == [f"{done} of 5 items that sell often" for done in (2, 4, 5)]
    assert said[-1][0] == 1


def test_chunks_may_go_to_helpers_and_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    history = pd.concat([weeks(steady(seed=item), str(item)) for item in range(5)])
    alone = forecast(history)
    monkeypatch.setattr(forecasting, "CHUNK", 2)
    with ThreadPoolExecutor(2) as helpers:
        assert forecast(history, engine=helpers).equals(alone)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: forecast(weeks([1]).drop(columns="y")), "missing: y"),
        (lambda: forecast(weeks([1]), horizon=0), "1 to 400 periods"),
        (lambda: forecast(weeks([1]), levels=(5, 95)), "between 0 and 1"),
        (lambda: forecast(weeks([1]), models="magic"), "no models called magic"),
    ],
)
def test_what_cannot_be_forecast_is_refused_with_a_sentence(wrong: Callable[[], pd.DataFrame], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        wrong()


# -- the shop


def test_a_run_keeps_what_it_said_for_every_item_that_was_asked_for(shop: Shop) -> None:
    kettle, lamp, _unsold, closed = (shop.item(sku) for sku in ("KETTLE", "LAMP", "UNSOLD", "CLOSED"))
    sell(shop, kettle, steady(140, 5))
    sell(shop, lamp, [2] + [0] * 60)
    sell(shop, closed, [1] * 20)
    from ims_core import items

    items.save(shop.db, people.LOCAL, [{"item_id": closed, "active": False}])
    forecasting.run(shop.db, people.LOCAL, date(2026, 5, 4), horizon=3)
    latest = forecasting.latest(shop.db)
    assert {name: latest[name] for name in ("run_id", "day", "horizon", "items", "who")} == {
        "run_id": 1, "day": SUNDAY, "horizon": 3, "items": 2, "who": "Owner",
    }  # fmt: skip
    points = forecasting.points(shop.db, 1)
    assert points.groupby("item_id").model.first().to_dict() == {kettle: "AutoETS", lamp: "counts"}
    assert points[points.item_id == kettle].ds.dt.date.tolist() == [SUNDAY + timedelta(days=ahead) for ahead in (1, 8, 15)]
    assert all(len(kept) == len(forecasting.LEVELS) for kept in points.quantiles)


def test_a_run_says_what_the_pure_forecast_says(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sell(shop, kettle, steady(140, 5))
    forecasting.run(shop.db, people.LOCAL, SUNDAY, horizon=2)
    said = forecasting.points(shop.db, 1)
    pure = forecasting.forecast(forecasting.weekly(shop.db, SUNDAY), "7D", 2, forecasting.LEVELS)
    assert said["mean"].tolist() == pure["mean"].tolist()
    assert said.quantiles.iloc[0].tolist() == pure.iloc[0][[forecasting.column(level) for level in forecasting.LEVELS]].tolist()


def test_days_of_which_nobody_told_us_are_not_days_without_demand(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sell(shop, kettle, [5] * 70)
    shop.move("receipt", kettle, 10, day=date(2026, 8, 1))
    assert forecasting.known_until(shop.db, date(2026, 8, 2)) == SUNDAY
    assert forecasting.weekly(shop.db, date(2026, 8, 2)).y.tolist() == [35] * 10


def test_demand_after_the_day_is_not_known(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sell(shop, kettle, [5] * 70 + [1000])
    assert forecasting.weekly(shop.db, SUNDAY - timedelta(days=1)).y.max() == 35


def test_an_item_is_forecast_at_once(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    assert len(forecasting.of_one(forecasting.weekly(shop.db, SUNDAY, kettle))) == 0
    sell(shop, kettle, steady(140, 5))
    found = forecasting.of_one(forecasting.weekly(shop.db, SUNDAY, kettle), horizon=5, levels=(0.9,))
    assert found.columns.tolist() == ["unique_id", "ds", "model", "mean", "q90"]
    assert set(found.model) == {"AutoARIMA"}


def test_the_newest_run_that_stands_is_the_latest(shop: Shop) -> None:
    sell(shop, shop.item("KETTLE"), [5] * 70)
    assert forecasting.latest(shop.db) == {}
    forecasting.run(shop.db, people.LOCAL, SUNDAY)
    second = forecasting.run(shop.db, people.LOCAL, SUNDAY)
    ledger.undo(shop.db, people.LOCAL, second)
    assert forecasting.latest(shop.db)["run_id"] == 1
    assert len(forecasting.points(shop.db, 2)) == 0


def test_an_undone_run_that_is_brought_back_counts_again(shop: Shop) -> None:
    sell(shop, shop.item("KETTLE"), [5] * 70)
    first = forecasting.run(shop.db, people.LOCAL, SUNDAY, horizon=3)
    ledger.undo(shop.db, people.LOCAL, ledger.undo(shop.db, people.LOCAL, first))
    assert forecasting.latest(shop.db)["run_id"] == 1
    assert len(forecasting.points(shop.db, 1)) == 3


def test_nothing_sold_is_refused(db: Database) -> None:
    with pytest.raises(Refused, match="Upload your sales first"):
        forecasting.run(db, people.LOCAL, SUNDAY)
    assert db.version == 0


def test_a_viewer_runs_no_forecast(db: Database) -> None:
    with pytest.raises(NotAllowed, match="must be staff"):
        forecasting.run(db, people.Person("Vera", "viewer"), SUNDAY)
