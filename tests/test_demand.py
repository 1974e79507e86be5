import doctest
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ims_core import demand

SUNDAY = date(2026, 5, 3)


def days(sold: Sequence[float], last: date = SUNDAY, item: str = "KETTLE") -> pd.DataFrame:
    """Daily history that ends on `last`; days without a sale have no row."""
    rows = [(item, last - timedelta(days=back), qty) for back, qty in enumerate(reversed(sold)) if qty]
    return pd.DataFrame(rows, columns=["unique_id", "ds", "y"])


def periods(sold: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"unique_id": "KETTLE", "ds": pd.date_range("2026-01-05", periods=len(sold), freq="7D"), "y": sold})


def test_every_example_in_the_docstrings_holds() -> None:
    assert doctest.testmod(demand).failed == 0


def test_weeks_end_on_the_day_asked_for_and_none_is_left_out() -> None:
    weeks = demand.weekly(days([1, *[0] * 6, *[0] * 7, 2, 3, *[0] * 5]), SUNDAY)
    assert weeks.ds.dt.date.tolist() == [date(2026, 4, 13), date(2026, 4, 20), date(2026, 4, 27)]
    assert weeks.y.tolist() == [1, 0, 5]


def test_days_before_the_first_whole_week_are_dropped() -> None:
    assert demand.weekly(days([9, *[1] * 7]), SUNDAY).y.tolist() == [7]


def test_an_item_starts_with_its_first_demand() -> None:
    both = pd.concat([days([1] * 14), days([5], item="CUP")])
    weeks = demand.weekly(both, SUNDAY)
    assert weeks.groupby("unique_id").size().to_dict() == {"CUP": 1, "KETTLE": 2}


def test_a_shop_that_opened_yesterday_has_a_week() -> None:
    assert demand.weekly(days([2, 3]), SUNDAY).y.tolist() == [5]


def test_no_history_is_no_weeks() -> None:
    assert len(demand.weekly(days([]), SUNDAY)) == 0
    assert len(demand.protection(days([]), 21, SUNDAY).mean) == 0


def test_a_day_on_which_more_was_taken_back_than_sold_counts_as_nothing() -> None:
    assert demand.weekly(days([1, -5, 1, 0, 0, 0, 1]), SUNDAY).y.tolist() == [3]


def test_the_golden_series() -> None:
    found = demand.classes(periods([0, 0, 5, 0, 0, 0, 3, 0, 4, 0, 0, 6]))
    assert found.adi.tolist() == [3]
    assert found.cv2.tolist() == [pytest.approx(0.0823, abs=1e-4)]


@pytest.mark.parametrize(
    ("sold", "kind"),
    [
        ([5, 4, 6, 5, 5, 4], "smooth"),
        ([1, 9, 1, 12, 1, 1], "erratic"),
        ([5, 0, 4, 0, 5, 0, 5, 0], "intermittent"),
        ([1, 0, 20, 0, 1, 0, 1, 0], "lumpy"),
        ([5, 0, 0, 0, 4, 0], "new"),
    ],
)
def test_demand_has_a_class(sold: list[float], kind: str) -> None:
    assert demand.classes(periods(sold)).kind.tolist() == [kind]


def test_poisson_quantiles_of_slow_movers_are_the_golden_ones() -> None:
    assert demand.quantile(0.95, [0.5, 2, 5], 0).tolist() == [2, 5, 9]


def test_a_model_that_has_died_out_expects_nothing_most_of_the_time() -> None:
    assert demand.quantile([0.05, 0.5, 0.9], 1e-8, 14.6).tolist() == [0, 0, 0]


@given(
    st.floats(min_value=1e-17, max_value=1e5),
    st.floats(min_value=0, max_value=1e4),
    st.floats(min_value=0.01, max_value=0.998),
    st.sampled_from([1.0, 0.01]),
)
def test_a_quantile_is_whole_suffices_and_is_no_larger_than_needed(mean: float, sd: float, level: float, step: float) -> None:
    enough = float(demand.quantile(level, mean, sd, step))
    assert enough >= 0
    assert enough / step == pytest.approx(round(enough / step))
    assert demand.above(enough, mean, sd, step) <= 1 - level + 1e-6
    if enough > step:
        assert demand.above(enough - step, mean, sd, step) >= 1 - level - 1e-6
    assert demand.quantile(level + 0.001, mean, sd, step) >= enough


def test_quantiles_have_the_mean_and_spread_asked_for() -> None:
    levels = (np.arange(20_000) + 0.5) / 20_000
    for mean, sd in [(3, 4), (50, 20), (500, 5), (2000, 300)]:
        drawn = demand.quantile(levels, mean, sd)
        assert drawn.mean() == pytest.approx(mean, rel=0.01, abs=0.5)
        assert drawn.std() == pytest.approx(sd, rel=0.05)


def test_steady_demand_is_expected_to_go_on() -> None:
    found = demand.protection(days([4] * 200), 21, SUNDAY)
    assert found.mean.tolist() == [pytest.approx(84)]
    assert found.sd.tolist() == [pytest.approx(0, abs=1e-4)]


def test_what_sold_lately_counts_more() -> None:
    found = demand.protection(days([2] * 100 + [6] * 100), 1, SUNDAY)
    assert 4.5 < found.mean[0] < 6


def test_the_variance_is_what_such_stretches_really_did() -> None:
    sold = np.repeat(np.random.default_rng(3).poisson(5, 60), 10).astype(float)  # ten good days, ten bad days: days in a row are alike
    found = demand.protection(days(sold.tolist()), 10, SUNDAY)
    as_if_independent = float(np.sqrt(10) * sold.std())
    assert found.sd[0] > 1.5 * as_if_independent


def test_a_lead_time_that_varies_adds_its_share() -> None:
    steady = days([20] * 300)
    assert demand.protection(steady, 9, SUNDAY, days_sd=2).sd[0] == pytest.approx(40)


def test_each_item_has_its_own_days() -> None:
    both = pd.concat([days([1] * 60), days([1] * 60, item="CUP")])
    found = demand.protection(both, {"CUP": 10, "KETTLE": 30.5}, SUNDAY)
    assert dict(zip(found.unique_id, found.mean, strict=True)) == {"CUP": pytest.approx(10), "KETTLE": pytest.approx(30.5)}


def test_one_sale_yesterday_is_not_one_a_day() -> None:
    found = demand.protection(days([1]), 28, SUNDAY)
    assert found.known_days.tolist() == [1]
    assert found.mean[0] < 1.2


def test_parts_of_a_piece_are_counted_in_hundredths() -> None:
    found = demand.protection(days([0.25, 0.5, 0.75] * 30), 10, SUNDAY)
    assert 5 < found.quantile(0.95)[0] < 9
    assert found.quantile(0.95)[0] % 1 != 0


def test_what_happens_later_is_not_known() -> None:
    assert demand.protection(days([1] * 50 + [100]), 1, SUNDAY - timedelta(days=1)).mean == pytest.approx(1)


def test_the_promise_holds_for_demand_that_is_as_it_was() -> None:
    """Twenty thousand stretches of unseen days: about the promised share is covered, and not by hoarding."""
    rng = np.random.default_rng(7)
    rates = rng.gamma(1, 1, 2000)
    past = rng.poisson(rates[:, None], (2000, 400))
    item, day = np.nonzero(past)
    history = pd.DataFrame({"unique_id": item, "ds": pd.Timestamp("2025-01-01") + pd.to_timedelta(day, "D"), "y": past[item, day]})
    found = demand.protection(history, 14, date(2026, 2, 4))
    unseen = stats.poisson.rvs(14 * rates[found.unique_id], size=(10, len(found.unique_id)), random_state=rng)
    assert 0.945 < (unseen <= found.quantile(0.95)).mean() < 0.98
    assert found.quantile(0.95).sum() < 1.12 * stats.poisson.ppf(0.95, 14 * rates[found.unique_id]).sum()
