"""The golden numbers of kpis.md 5.5, computed independently of our code."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_core import formulas


def test_every_example_in_the_docstrings_holds() -> None:
    assert doctest.testmod(formulas).failed == 0
    assert doctest.testmod(formulas).attempted > 10


def test_economic_order_quantity() -> None:
    assert formulas.eoq(1300, 8, 0.225) == pytest.approx(304.0467800264)
    assert formulas.eoq_cost(1300, 8, 0.225) == pytest.approx(68.4105255059)


def test_newsvendor_with_normal_and_with_poisson_demand() -> None:
    best = formulas.newsvendor(50, 8, over=0.18, under=0.70)
    assert best == pytest.approx(56.6039559274)
    assert formulas.newsvendor_cost(best, 50, 8, over=0.18, under=0.70) == pytest.approx(1.9976051932)
    assert formulas.newsvendor_poisson(50, over=1, under=4) == 56
    assert formulas.newsvendor_poisson_cost(56, 50, over=1, under=4) == pytest.approx(10.0752000681)


def test_lead_times_that_vary_need_more_than_twice_the_safety() -> None:
    varying, fixed = formulas.lead_time_demand(20, 6, 9, 2), formulas.lead_time_demand(20, 6, 9)
    assert varying.sd == pytest.approx(43.8634244)
    safety = formulas.safety_stock(varying.sd, 0.95)
    assert safety == pytest.approx(72.1489127)
    assert formulas.reorder_point(varying.mean, safety) == pytest.approx(252.1489127)
    assert formulas.safety_stock(fixed.sd, 0.95) == pytest.approx(29.6073653)


def test_looking_once_a_week_adds_the_week_to_what_must_be_covered() -> None:
    assert formulas.lead_time_demand(20, 6, 9, review=7).mean == 320
    assert formulas.lead_time_demand(20, 6, 9, review=7).sd == pytest.approx(24)


def test_the_same_reorder_point_fills_more_with_larger_orders() -> None:
    quantities = np.array([50, 100, 250, 500])
    promised = formulas.fill_rate(252.1489127, quantities, 180, 43.8634244, exact=False)
    assert promised.round(4).tolist() == [0.9817, 0.9908, 0.9963, 0.9982]
    assert formulas.fill_rate(252.1489127, 50, 180, 43.8634244) == pytest.approx(0.9824, abs=5e-5)


def test_a_fill_rate_needs_less_safety_than_the_same_cycle_service() -> None:
    assert formulas.loss_inverse(0.05 * 250 / 43.8634244) == pytest.approx(0.2534177, abs=1e-7)
    assert formulas.safety_stock_for_fill(43.8634244, 0.95, 250) == pytest.approx(11.1158, abs=1e-4)


@given(st.floats(min_value=-8, max_value=8))
def test_the_loss_and_its_inverse_undo_each_other(z: float) -> None:
    assert formulas.loss_inverse(formulas.loss(z)) == pytest.approx(z, abs=1e-6)


@given(st.floats(min_value=0.5, max_value=0.999), st.floats(min_value=1, max_value=1e4), st.floats(min_value=0.1, max_value=1e3))
def test_safety_for_a_fill_rate_gives_that_fill_rate(fill: float, quantity: float, sd: float) -> None:
    safety = formulas.safety_stock_for_fill(sd, fill, quantity)
    assert formulas.fill_rate(safety, quantity, 0, sd, exact=False) == pytest.approx(fill, abs=1e-6)


def test_formulas_answer_for_a_whole_shop_at_once() -> None:
    many = formulas.lead_time_demand(np.array([20, 5]), np.array([6, 1]), np.array([9, 4]), np.array([2, 0]))
    assert many.mean.tolist() == [180, 20]
    assert many.sd == pytest.approx([43.8634244, 2])
