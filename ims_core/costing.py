"""What a piece costs as goods come in at changing prices."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


def averages(item: ArrayLike, before: ArrayLike, qty: ArrayLike, paid: ArrayLike) -> Numbers:
    """The moving average cost of a piece after each receipt: a = (Q·a' + paid) / (Q + qty), with Q the stock before it.

    A row a receipt, those of an item side by side and oldest first; qty > 0. Where nothing was left (Q ≤ 0) the receipt alone counts. All
    items step to their next receipt together, so it takes as many steps as the item with the most receipts has.

    >>> averages([1, 1, 2], [0, 10, -3], [10, 10, 5], [20, 60, 5]).tolist()
    [2.0, 4.0, 1.0]
    """
    before, qty, paid = (np.asarray(value, float) for value in (before, qty, paid))
    names = np.asarray(item)
    if not len(names):
        return np.zeros(0)
    starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
    counts = np.diff(np.r_[starts, len(names)])
    longest_first = np.argsort(-counts, kind="stable")
    starts, counts = starts[longest_first], counts[longest_first]
    found = paid / qty
    old = np.maximum(before, 0.0)
    for step in range(1, int(counts[0])):
        rows = starts[: np.searchsorted(-counts, -step)] + step
        found[rows] = (old[rows] * found[rows - 1] + paid[rows]) / (old[rows] + qty[rows])
    return np.asarray(found)


def on_days(item: ArrayLike, day: ArrayLike, told: tuple[ArrayLike, ArrayLike, ArrayLike]) -> Numbers:
    """What a piece costs on each day: the newest word up to it, else the item's first; NaN where there is none.

    told: item, day and cost, those of an item side by side and oldest first.

    >>> on_days([1, 1, 1, 2], [1, 5, 9, 1], ([1, 1], [5, 7], [2.0, 3.0])).tolist()
    [2.0, 2.0, 3.0, nan]
    """
    names, days, costs = np.asarray(told[0], np.int64), np.asarray(told[1], np.int64), np.asarray(told[2], float)
    if not len(names):
        return np.full(len(np.asarray(item)), np.nan)
    asked = np.asarray(item, np.int64)
    at = np.searchsorted(names * SPAN + days, asked * SPAN + np.asarray(day, np.int64), side="right") - 1
    at = np.where((at >= 0) & (names[at] == asked), at, np.minimum(at + 1, len(names) - 1))
    return np.asarray(np.where(names[at] == asked, costs[at], np.nan))


SPAN = 2**23
"""More than the days from the year 1 to 9999, counted from 1970 to either side."""
