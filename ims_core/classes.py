"""What kind of item it is: A, B or C by what it brings, X, Y or Z by how evenly it sells, and the class of its demand.

`of_items(db, last)` tells all three; `abc(db, last)` the first alone.
"""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ims_core import demand, positions
from ims_core.db import Database

Numbers = NDArray[np.float64]

A_SHARE, B_SHARE, MARGIN = 0.80, 0.95, 0.03
"""Items that bring 80 % are A, those up to 95 % B; who is in a class leaves it only when its share lies this much beyond the border."""

X_LIMIT, Y_LIMIT, MONTHS = 0.5, 1.0, 6
"""Coefficients of variation; with fewer full months known nothing is said."""

YEAR = 12


# -- pure


def letters(usage: Numbers, before: NDArray[np.str_] | None = None) -> NDArray[np.str_]:
    """A, B and C by yearly usage value; an item's share is what the items above it bring. `before`: the class of a month earlier.

    >>> letters(np.array([70.0, 20, 6, 4])).tolist()
    ['A', 'A', 'B', 'C']
    """
    order = np.argsort(-usage, kind="stable")
    share = np.empty(len(usage))
    share[order] = (np.cumsum(usage[order]) - usage[order]) / max(usage.sum(), 1e-12)
    if before is None:
        a, b = np.full(len(usage), A_SHARE), np.full(len(usage), B_SHARE)
    else:  # a border lies further away for who is on this side of it
        a = np.select([before == "A", before == ""], [A_SHARE + MARGIN, A_SHARE], A_SHARE - MARGIN)
        b = np.select([before == "C", before == ""], [B_SHARE - MARGIN, B_SHARE], B_SHARE + MARGIN)
    return np.where(usage <= 0, "C", np.where(share < a, "A", np.where(share < b, "B", "C")))


def kept_letters(usage: Numbers) -> NDArray[np.str_]:
    """The class after the last month: reckoned month by month over a year each, so that it does not flip. usage: an item a row, months."""
    months = usage.shape[1]
    found: NDArray[np.str_] | None = None
    for end in range(min(YEAR, months), months + 1):
        year = usage[:, max(end - YEAR, 0) : end].sum(axis=1)
        if year.sum() > 0:
            found = letters(year, found)
    return np.full(len(usage), "C") if found is None else found


def evenness(demand: Numbers, category: NDArray[np.int64], month: NDArray[np.int64]) -> Numbers:
    """The coefficient of variation of what is asked for in full months, the season of its category taken out; NaN where too short.

    demand: an item a row, a full month a column, oldest first; month: 1 to 12 of each column. A season is taken out where two years are
    known. An item's months begin with its first demand.
    """
    if demand.shape[1] >= 2 * YEAR:
        demand = demand / np.maximum(_season(demand, category, month), 1e-9)
    seen = np.cumsum(demand != 0, axis=1) > 0
    count = seen.sum(axis=1)
    mean = demand.sum(axis=1) / np.maximum(count, 1)
    spread = np.where(seen, demand - mean[:, None], 0)
    sd = np.sqrt((spread**2).sum(axis=1) / np.maximum(count - 1, 1))
    return np.where((count >= MONTHS) & (mean > 0), sd / np.where(mean > 0, mean, 1), np.nan)


def _season(demand: Numbers, category: NDArray[np.int64], month: NDArray[np.int64]) -> Numbers:
    sums = np.zeros((category.max(initial=0) + 1, demand.shape[1]))
    np.add.at(sums, category, demand)
    found = np.ones_like(sums)
    for one in range(1, YEAR + 1):
        found[:, month == one] = sums[:, month == one].mean(axis=1, keepdims=True) if (month == one).any() else 1
    found = np.where(sums.mean(axis=1, keepdims=True) > 0, found / np.maximum(sums.mean(axis=1, keepdims=True), 1e-12), 1)
    return np.asarray(np.where(found > 0, found, 1)[category])


# -- questions


def abc(db: Database, last: date) -> pd.DataFrame:
    """Every item with its class after the last full month: item_id abc usage (cost of what it sold in the year before `last`)."""
    return _by_usage(db, last, _monthly(db, last))


def _by_usage(db: Database, last: date, monthly: pd.DataFrame) -> pd.DataFrame:
    usage = _table(monthly, "cogs")
    found = pd.DataFrame({"item_id": usage.index, "abc": kept_letters(usage.to_numpy(float))})
    year = db.frame(
        """
        select item_id, sum((sold - returned) * cost) as usage from positions
        where since > $last::date - 365 and since <= $last::date group by all
        """,
        {"last": last},
    )
    every = db.frame("select item_id from items where same_as is null order by item_id")
    return every.merge(found, how="left").merge(year, how="left").fillna({"abc": "C", "usage": 0.0})


def of_items(db: Database, last: date) -> pd.DataFrame:
    """Every item: item_id abc usage xyz cv kind adi cv2. `xyz` is empty where demand is intermittent, lumpy or known too shortly.

    kind as in demand.classes, over the last 52 weeks.
    """
    monthly = _monthly(db, last)
    found, pieces = _by_usage(db, last, monthly), _table(monthly, "pieces")
    categories = db.frame("select item_id, coalesce(category, '') as category from items").set_index("item_id")["category"]
    category = pd.factorize(categories.reindex(pieces.index))[0].astype(np.int64)
    month = (pieces.columns.to_numpy(np.int64) - 1) % YEAR + 1
    cv = pd.DataFrame({"item_id": pieces.index, "cv": evenness(pieces.to_numpy(float), category, month)})
    kinds = demand.classes(demand.weekly(_weekly(db, last), last)).rename(columns={"unique_id": "item_id"})
    found = found.merge(cv, how="left").merge(kinds, how="left").fillna({"kind": "new"})
    letter = np.select([found["cv"].isna() | found["kind"].isin(["intermittent", "lumpy", "new"]), found["cv"] <= X_LIMIT,
                        found["cv"] <= Y_LIMIT], ["", "X", "Y"], "Z")  # fmt: skip
    return found.assign(xyz=letter)


def _monthly(db: Database, last: date) -> pd.DataFrame:
    """Full months: item_id month (12 a year, counted through) cogs pieces. Where no month is full yet, what there is counts as one."""
    positions.catch_up(db)
    return db.frame(
        """
        with months as (
            select item_id, (year(since) * 12 + month(since))::integer as month, sum((sold - returned) * cost) as cogs,
                   sum(sold) as pieces
            from positions where since <= $last::date and (sold <> 0 or returned <> 0) group by all
        )
        select * from months
        where month < year($last::date + 1) * 12 + month($last::date + 1)
           or (select min(month) from months) = year($last::date + 1) * 12 + month($last::date + 1)
        order by item_id, month
        """,
        {"last": last},
    )


def _table(monthly: pd.DataFrame, column: str) -> pd.DataFrame:
    """An item a row and every month a column, none left out, at most the last three years."""
    wide = monthly.pivot(index="item_id", columns="month", values=column).astype(float).fillna(0.0)
    months = range(max(int(wide.columns.min()), int(wide.columns.max()) - 3 * YEAR + 1), int(wide.columns.max()) + 1) if len(wide) else []
    return wide.reindex(columns=list(months), fill_value=0.0)


def _weekly(db: Database, last: date) -> pd.DataFrame:
    """Demand of the last 52 weeks, summed by week: unique_id ds y."""
    return db.frame(
        """
        select item_id as unique_id, $last::date - 7 * ((($last::date - since)::integer) // 7) as ds, sum(sold) as y
        from positions where since > $last::date - 364 and since <= $last::date and sold <> 0 group by all
        """,
        {"last": last},
    )
