"""Series of equal periods, side by side: how often something is sold, and the counts that follow from it."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ims_core import demand

Numbers = NDArray[np.float64]

FADING_OFTEN, FADING_SELDOM = 0.1, 0.05
"""A week counts that much less than the week after it; seldom sold items need a longer look back."""

ENOUGH_PERIODS = 10
"""Below it a time-series model is not tried."""


class Series(NamedTuple):
    """Equal periods side by side: a row an item, the last column its newest period."""

    names: NDArray[Any]
    table: Numbers
    periods: NDArray[np.int64]
    last: pd.Series
    """The newest period of each item."""


def aligned(history: pd.DataFrame, freq: str | int) -> Series:
    """A history (unique_id ds y) as a table; periods left out, and less than nothing, count as 0."""
    grid = _grid(history["ds"], freq)
    item, names = pd.factorize(history["unique_id"], sort=True)
    position = np.searchsorted(grid, history["ds"].to_numpy())
    first, last = np.full(len(names), len(grid)), np.full(len(names), -1)
    np.minimum.at(first, item, position)
    np.maximum.at(last, item, position)
    width = int((last - first).max()) + 1 if len(names) else 1
    cells = item * width + width - 1 - (last[item] - position)
    sums = np.bincount(cells, history["y"].fillna(0).to_numpy(float), minlength=len(names) * width)
    table = np.maximum(sums.reshape(len(names), width), 0.0)
    return Series(np.asarray(names), table, last - first + 1, pd.Series(grid[last]))


def _grid(days: pd.Series, freq: str | int) -> NDArray[Any]:
    """All periods there are; also those in which nobody asked for anything, where the days follow `freq`."""
    known = np.sort(days.unique())
    if len(known) == 0:
        return np.asarray(known)
    whole = np.arange(known[0], known[-1] + 1, freq) if isinstance(freq, int) else pd.date_range(known[0], known[-1], freq=freq).to_numpy()
    return np.asarray(whole if np.isin(known, whole).all() else known)


def _fading(freq: str | int, weekly: float) -> float:
    """The weekly fading for periods of another length; longer periods fade no faster."""
    if isinstance(freq, int):
        return weekly
    start = pd.Timestamp("2024-01-01")
    days = ((start + pd.tseries.frequencies.to_offset(freq)) - start).days
    return float(1 - (1 - weekly) ** min(days / 7, 1))


def often(series: Series) -> NDArray[np.bool_]:
    """Sold in most periods and known long enough for a time-series model."""
    sold = (series.table > 0).sum(axis=1)
    adi = series.periods / np.maximum(sold, 1)
    return np.asarray((adi < demand.ADI_LIMIT) & (sold >= demand.ENOUGH) & (series.periods >= ENOUGH_PERIODS))


def counts(series: Series, freq: str | int) -> tuple[Numbers, Numbers]:
    """Weighted mean and sd of a period; the sd holds what we do not know about the mean. New items lean towards less."""
    fading = np.where(often(series), _fading(freq, FADING_OFTEN), _fading(freq, FADING_SELDOM))
    age = np.arange(series.table.shape[1])[::-1]
    known = np.maximum(series.periods, demand.ENOUGH)
    weights = (1 - fading[:, None]) ** age * (age < known[:, None])
    missing = (1 - fading[:, None]) ** np.arange(demand.ENOUGH) * (np.arange(demand.ENOUGH) >= series.table.shape[1])
    total = weights.sum(axis=1) + missing.sum(axis=1)
    mean = (weights * series.table).sum(axis=1) / total
    variance = (weights * (series.table - mean[:, None]) ** 2).sum(axis=1) / total
    effective = total**2 / ((weights**2).sum(axis=1) + (missing**2).sum(axis=1))
    return mean, np.sqrt(variance * (effective / np.maximum(effective - 1, 1) + 1 / effective))


def coming(last: pd.Series, freq: str | int, horizon: int) -> NDArray[Any]:
    """The periods that follow each item's newest one."""
    if isinstance(freq, int):
        return np.asarray(last.to_numpy()[:, None] + freq * np.arange(1, horizon + 1)).ravel()
    offset = pd.tseries.frequencies.to_offset(freq)
    follow = {day: [day + step * offset for step in range(1, horizon + 1)] for day in last.unique()}
    return np.array([day for newest in last for day in follow[newest]], dtype="datetime64[ns]")
