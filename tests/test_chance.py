"""Where nothing changes, next to nothing is called a change; where something does, it is."""

import doctest
from datetime import timedelta

import numpy as np
import pytest

from benchmarks import unchanged
from ims_core import chance, kpis
from tests.builders import Shop


def alike(likeness: float, many: int = 2000, weeks: int = 26) -> np.ndarray:
    """Weeks around 50 that take after the week before by `likeness`."""
    rng = np.random.default_rng(3)
    found = rng.normal(size=(many, weeks))
    found[:, 0] /= np.sqrt(1 - likeness**2)
    for at in range(1, weeks):
        found[:, at] += likeness * found[:, at - 1]
    return found + 50


@pytest.mark.parametrize("likeness", [0.0, 0.5, 0.8])
def test_of_weeks_that_only_stray_at_most_five_percent_are_called(likeness: float) -> None:
    weeks = alike(likeness)
    for length in (4, 13):
        for point in (False, True):
            assert (chance.beyond(weeks, length, point) != 0).mean() <= 0.05


def test_what_rises_by_a_third_of_a_quiet_shop_is_called() -> None:
    weeks = np.random.default_rng(5).poisson(200, (500, 26)).astype(float)
    weeks[:, -13:] *= 1.3
    assert (chance.beyond(weeks, 13) == 1).mean() > 0.95
    assert (chance.beyond(-weeks, 13) == -1).mean() > 0.95


def test_of_few_weeks_and_of_none_nothing_is_said() -> None:
    weeks = np.full((3, 26), np.nan)
    weeks[1, -2:] = (1, 900)
    weeks[2, :] = 7.0
    assert chance.beyond(weeks, 13).tolist() == [0, 0, 0]


def test_a_steady_shop_has_no_changes_and_one_that_sells_half_as_much_again_has(shop: Shop) -> None:
    unchanged.steady(shop.db, 12, seed=2)
    found, items, naive = unchanged.shares(shop.db, [13], 26)
    called = [one for each in found.values() for one in each]
    assert len(called) >= 40
    assert np.mean(called) <= 0.05 < 0.2 < np.mean([one for each in naive.values() for one in each])
    assert np.mean(items) <= 0.05
    last = unchanged.START + timedelta(days=unchanged.DAYS - 1)
    for back in range(0, 91, 1):
        shop.move("sale", 1 + back % 12, 40, last - timedelta(days=back), unit_price=20)
    signs = kpis.called(shop.db, last - timedelta(days=90), last)
    assert (signs["revenue"], signs["cogs"]) == (1, 1)


def test_what_the_docstrings_show_is_so() -> None:
    assert doctest.testmod(chance).failed == 0
