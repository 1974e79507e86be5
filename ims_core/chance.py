"""Whether what changed from one period to the next is more than chance would make of a shop in which nothing changed.

Weeks differ by themselves, and neighbouring weeks are alike: stock that is high stays high for a while. So the weeks say how far the means
of two periods stray, and the fewer weeks that are really apart, the further a change must go.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LEVEL = 0.03
"""Of periods in which nothing changed, at most so many are to be called a change (measured: tests/test_chance.py)."""
LEAST = 6
"""Weeks with a value, and of things that are counted with something to count, before anything is called."""
LIKE = 0.9
"""Neighbouring weeks are never taken for more alike than this."""


def beyond(weeks: Numbers, length: int, point: NDArray[np.bool_] | bool = False) -> NDArray[np.int_]:
    """1 or -1 where the last `length` weeks are beyond chance above or below as many before, else 0.

    weeks: a row a thing, a column a week, oldest first, empty (nan) where nothing can be said; at least 2 · length columns. Earlier weeks
    help to tell how far weeks stray. point: what is asked is the state at the end (such as stock), not the mean of the weeks.

    t = (mean now - mean before) ÷ s√(2k/n), k = (1 + r) ÷ (1 - r) for weeks alike by r; for a point t = (last - last before) ÷ s√2.

    >>> steady = np.array([[10.0, 12, 9, 11, 10, 12, 9, 11, 10, 11, 12, 10], [10, 12, 9, 11, 10, 12, 9, 11, 30, 31, 32, 30]])
    >>> beyond(steady, 4).tolist()
    [0, 1]
    """
    now, before = weeks[:, -length:], weeks[:, -2 * length : -length]
    known = [np.isfinite(part).sum(axis=1) for part in (now, before, weeks)]
    with np.errstate(all="ignore"):
        parts = [weeks[:, : -2 * length], before, now]
        rest = np.concatenate([part - _mean(part)[:, None] for part in parts], axis=1)
        alike = _alike(rest, known[2])
        spread = np.nansum(rest**2, axis=1) / np.maximum(known[2] - 3, 1)
        few = (1 + alike) / (1 - alike)
        free = np.maximum(known[2] / few - 3, 1)
        means = _mean(now) - _mean(before)
        t_of_means = means / np.sqrt(spread * few * (1 / known[0] + 1 / known[1]))
        whole = weeks - _mean(weeks)[:, None]
        steps = _last(now) - _last(before)
        t_of_points = steps / np.sqrt(2 * np.nansum(whole**2, axis=1) / known[2] * few)
        t = np.where(point, t_of_points, t_of_means)
        changed = np.where(point, steps, means)
    enough = (np.minimum(known[0], known[1]) >= min(length, 3)) & (known[2] >= LEAST)
    return np.where(enough & (np.abs(t) > _limit(free)) & np.isfinite(changed), np.sign(changed), 0).astype(int)


def _mean(part: Numbers) -> Numbers:
    return np.asarray(np.nansum(part, axis=1) / np.isfinite(part).sum(axis=1), float)


def _last(part: Numbers) -> Numbers:
    """The newest value of each row."""
    at = part.shape[1] - 1 - np.argmax(np.isfinite(part[:, ::-1]), axis=1)
    return np.asarray(part[np.arange(len(part)), at], float)


def _alike(rest: Numbers, known: NDArray[np.int_]) -> Numbers:
    """How alike neighbouring weeks are, 0 to LIKE; few weeks show less of it than there is, which is added (Kendall)."""
    pairs = np.nansum(rest[:, 1:] * rest[:, :-1], axis=1) / np.nansum(rest**2, axis=1)
    return np.asarray(np.clip(np.nan_to_num(pairs + 3 * (1 + 3 * pairs) / np.maximum(known, 8)), 0, LIKE), float)


def _limit(free: Numbers) -> Numbers:
    from scipy.special import stdtrit

    return np.asarray(stdtrit(free, 1 - LEVEL / 2))
