"""Demand as it comes: weeks, classes, and how much is asked for over the days that an order must cover."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

FADING = 0.01
"""A day counts (1 - FADING) times the day after it: half of the weight lies on the last 69 days."""

SHORTEST = 28
"""Days an item is taken to have been on sale at least: one sale yesterday is not one a day."""

WEIGHED_DAYS, KEPT_DAYS = 1_100, 1_830
"""How far back we look: what is older weighs nothing, and a date typed wrongly would cost memory."""

LARGE = 100.0
"""Where demand strays less than chance would have it (Poisson), counts above this are taken as normal."""

ADI_LIMIT, CV2_LIMIT, ENOUGH = 1.32, 0.49, 4
"""Borders of Syntetos, Boylan and Croston (2005); with demand in fewer periods than ENOUGH no sizes are judged."""


# -- weeks and classes


def weekly(daily: pd.DataFrame, last: date) -> pd.DataFrame:
    """Seven-day weeks that end on `last`: unique_id ds y; ds is the first day of the week.

    An item's weeks begin with its first demand and none is left out. Days before the first whole week are dropped.
    """
    names, table = _table(daily, last, KEPT_DAYS)
    weeks = table.shape[1] // 7
    if weeks == 0:  # less than a week is known: one short week
        weeks, table = 1, np.pad(table, ((0, 0), (7 - table.shape[1], 0)))
    sums = table[:, -7 * weeks :].reshape(len(names), weeks, 7).sum(axis=2)
    item, week = np.nonzero(np.cumsum(sums, axis=1) > 0)
    first = np.datetime64(last, "D") - (7 * weeks - 1)
    days = (first + 7 * week).astype("datetime64[ns]")
    return pd.DataFrame({"unique_id": names[item], "ds": days, "y": sums[item, week]})


def classes(history: pd.DataFrame) -> pd.DataFrame:
    """Demand classes from equal periods without gaps: unique_id adi cv2 kind.

    adi = periods per period with demand; cv2 = (s/mean)² of the sizes above 0, s with n - 1. kind: smooth, erratic, intermittent,
    lumpy, or new where fewer than 4 periods had demand (then cv2 is empty).
    """
    sizes = history.assign(y=history["y"].where(history["y"] > 0)).groupby("unique_id", sort=True)["y"]
    periods, with_demand = sizes.size(), sizes.count()
    enough = with_demand >= ENOUGH
    found = pd.DataFrame({"adi": periods / with_demand, "cv2": ((sizes.std() / sizes.mean()) ** 2).where(enough)})
    seldom, uneven = found["adi"] >= ADI_LIMIT, found["cv2"] >= CV2_LIMIT
    found["kind"] = np.select([~enough, seldom & uneven, seldom, uneven], ["new", "lumpy", "intermittent", "erratic"], "smooth")
    return found.reset_index()


# -- demand over the days that an order must cover


@dataclass(frozen=True)
class Protection:
    """Demand over a protection time, an entry an item: mean and sd in pieces, and its distribution."""

    unique_id: NDArray[Any]
    mean: Numbers
    sd: Numbers
    rate: Numbers
    """Pieces a day."""
    known_days: Whole
    """Days since the first demand; below SHORTEST the item is new, and taken as if it had been there that long."""
    step: Numbers
    """The smallest quantity that is asked for: 1, or a hundredth where parts of a piece are sold."""

    def quantile(self, level: ArrayLike) -> Numbers:
        """Pieces that suffice with the chance `level`."""
        return quantile(level, self.mean, self.sd, self.step)

    def short(self, stock: ArrayLike) -> Numbers:
        """The chance that more than `stock` is asked for."""
        return above(stock, self.mean, self.sd, self.step)


Days = ArrayLike | Mapping[Any, float] | pd.Series


def protection(history: pd.DataFrame, days: Days, on: date, days_sd: Days = 0.0) -> Protection:
    """Demand over `days` after `on`, from daily history (unique_id ds y; a day without a row had no demand).

    `days` and `days_sd` (how far a lead time strays) are one number, or one an item by unique_id. The mean is weighted (FADING).
    The variance is what sums over that many days in a row really showed, weighted alike, and never below that of independent days;
    to it come the uncertainty of the mean and rate² * days_sd². Days without stock are not corrected for yet.
    """
    names, table = _table(history, on, WEIGHED_DAYS)
    length = table.shape[1]
    covered, strays = _per_item(days, names), _per_item(days_sd, names)
    known = length - (table > 0).argmax(axis=1)
    since = np.minimum(length - known, length - SHORTEST)  # may lie before the first column: those days had no demand
    weights = (1 - FADING) ** np.arange(length - 1, -1, -1.0)
    total, squares = _weight(FADING, length - since), _weight(1 - (1 - FADING) ** 2, length - since)
    rate = table @ weights / total
    independent = np.maximum((table**2) @ weights / total - rate**2, 0) * covered
    variance = np.fmax(_window_variance(table, weights, since, covered), independent)
    variance *= 1 + covered * squares / total**2
    return Protection(names, rate * covered, np.sqrt(variance + (rate * strays) ** 2), rate, known, steps(table))


def steps(table: Numbers) -> Numbers:
    """The smallest quantity that each row asks for: whole pieces, else hundredths."""
    return np.where((table % 1 == 0).all(axis=1), 1.0, 0.01)


def _weight(fading: float, days: Whole) -> Numbers:
    """Sum of (1 - fading)^age over the last `days` days."""
    return np.asarray((1 - (1 - fading) ** days.astype(float)) / fading)


def _window_variance(table: Numbers, weights: Numbers, since: Whole, days: Numbers) -> Numbers:
    """Weighted variance of sums over `days` days in a row; NaN where fewer than three such stretches are known."""
    length = table.shape[1]
    found = np.full(len(table), np.nan)
    windows = np.maximum(np.rint(days), 1).astype(int)
    for window in np.unique(windows):
        rows = np.flatnonzero((windows == window) & (length - np.maximum(since, 0) >= 3 * window))
        for some in np.array_split(rows, len(rows) // 1000 + 1):
            sums = np.cumsum(np.pad(table[some], ((0, 0), (1, 0))), axis=1)
            sums = sums[:, window:] - sums[:, :-window]
            known = np.arange(sums.shape[1]) >= since[some, None]
            weigh = known @ weights[window - 1 :]
            mean = (sums * known) @ weights[window - 1 :] / weigh
            spread = ((sums - mean[:, None]) ** 2 * known) @ weights[window - 1 :] / weigh
            found[some] = spread * days[some] / window
    return found


def _per_item(value: Days, names: NDArray[Any]) -> Numbers:
    if isinstance(value, Mapping | pd.Series):
        return np.asarray(pd.Series(value).reindex(names), float)
    return np.asarray(np.broadcast_to(np.asarray(value, float), len(names)))


def _table(history: pd.DataFrame, last: date, most: int) -> tuple[NDArray[Any], Numbers]:
    """The items with demand, and their demand by day: a row an item, the last column `last`, none older than `most` days.

    A day on which more was taken back than asked for counts as 0.
    """
    age = (pd.Timestamp(last) - pd.to_datetime(history["ds"])).dt.days.to_numpy()
    seen = (age >= 0) & (age < most) & (history["y"].to_numpy(float) != 0)
    codes, names = pd.factorize(history["unique_id"].to_numpy()[seen], sort=True)
    length = int(age[seen].max()) + 1 if seen.any() else 1
    cells = codes * length + (length - 1 - age[seen])
    table = np.bincount(cells, history["y"].to_numpy(float)[seen], minlength=len(names) * length).reshape(len(names), length)
    table = np.maximum(table, 0.0)
    some = (table > 0).any(axis=1)
    return np.asarray(names)[some], np.asarray(table[some], float)


# -- counts


def quantile(level: ArrayLike, mean: ArrayLike, sd: ArrayLike, step: ArrayLike = 1.0) -> Numbers:
    """The smallest whole number of steps that suffices with the chance `level`.

    Negative binomial; Poisson where the sd is no larger than chance makes it, and for large counts of that sort the normal.

    >>> quantile(0.95, [0.5, 2, 5], [0, 0, 0]).tolist()
    [2.0, 5.0, 9.0]
    """
    from scipy import special  # and not scipy.stats, which takes some seconds to load

    level, mean, variance, step = _in_steps(level, mean, sd, step)
    over, large = _shape(mean, variance)
    size, share = _negative_binomial(mean, variance, over)
    normal = np.ceil(np.maximum(mean + special.ndtri(level) * np.sqrt(variance), 0))
    found = np.where(large | (mean <= 0), normal, 0.0)
    some = ~over & ~large & (mean > 0)
    found[some] = _least(special.pdtrik(level[some], mean[some]), level[some], lambda at: special.pdtr(at, mean[some]))
    size, share = size[over], share[over]
    found[over] = _least(special.nbdtrik(level[over], size, share), level[over], lambda at: special.betainc(size, at + 1, share))
    return np.asarray(np.where(np.isfinite(found), np.maximum(found, 0), normal) * step)


def _least(near: Numbers, level: Numbers, until: Callable[[Numbers], Numbers]) -> Numbers:
    """The smallest count with a chance `until` of at least `level`, from where that function crosses it between two counts."""
    count = np.where(until(np.zeros_like(near)) >= level, 0.0, np.ceil(near))  # scipy looks for a crossing below 0 and answers 1e100
    less = np.maximum(count - 1, 0)
    return np.asarray(np.where(until(less) >= level, less, count))


def above(stock: ArrayLike, mean: ArrayLike, sd: ArrayLike, step: ArrayLike = 1.0) -> Numbers:
    """The chance that more than `stock` is asked for, by the same distribution as `quantile`.

    >>> above([9, 8], 5, 0).round(3).tolist()
    [0.032, 0.068]
    """
    from scipy import special

    stock, mean, variance, step = _in_steps(stock, mean, sd, step)
    stock = np.floor(stock / step + 1e-9)
    over, large = _shape(mean, variance)
    size, share = _negative_binomial(mean, variance, over)
    normal = special.ndtr((mean - stock - 1e-6) / np.sqrt(np.maximum(variance, 1e-16)))  # exactly the mean suffices where nothing strays
    some = np.maximum(stock, 0)
    found = np.where(over, special.betaincc(size, some + 1, share), np.where(large, normal, special.pdtrc(some, mean)))
    return np.asarray(np.where(stock < 0, 1.0, found))


def _in_steps(other: ArrayLike, mean: ArrayLike, sd: ArrayLike, step: ArrayLike) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    other, mean, sd, step = np.broadcast_arrays(*(np.asarray(value, float) for value in (other, mean, sd, step)))
    return other, mean / step, (sd / step) ** 2, step


def _shape(mean: Numbers, variance: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return (variance > 1.001 * mean) & (mean > 0), mean > LARGE


def _negative_binomial(mean: Numbers, variance: Numbers, over: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """The r and p of scipy's nbinom that have this mean and variance."""
    beyond = np.where(over, variance - mean, 1.0)
    return np.where(over, mean**2 / beyond, 1.0), np.where(over, mean / np.where(over, variance, 1.0), 0.5)
