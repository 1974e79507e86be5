"""What may go wrong with the stock of today: what runs out before more can come, and what will stand for long."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ims_core import forecasting, reorder
from ims_core.db import Database

Numbers = NDArray[np.float64]

COLUMNS = [
    "item_id", "sku", "name", "counted", "estimated", "available", "on_order", "expected_weekly", "lasts_days", "runs_out",
    "stockout_chance", "at_risk", "surplus", "surplus_value",
]  # fmt: skip


# -- pure


def lasts(stock: ArrayLike, weekly: ArrayLike, elapsed: int = 0) -> Numbers:
    """Days until `stock` is gone, where `weekly` (a row an item) is asked for; NaN where it lasts longer than those weeks.

    `elapsed`: days of the first week that are over; after the last week its rate goes on for as many days.

    >>> lasts([10, 0, 99], [[7, 14], [7, 7], [7, 7]]).tolist()
    [8.5, 0.0, nan]
    """
    stock, weekly = np.asarray(stock, float), np.atleast_2d(np.asarray(weekly, float))
    days = np.repeat(weekly / 7, 7, axis=1)
    elapsed = max(elapsed, 0)  # a run may know sales that were undone since
    days = np.concatenate([days[:, elapsed:], np.repeat(days[:, -1:], min(elapsed, days.shape[1]), axis=1)], axis=1)
    gone = np.cumsum(days, axis=1)
    enough = gone < stock[:, None] - 1e-9
    whole = enough.sum(axis=1)
    at = np.minimum(whole, days.shape[1] - 1)
    rows = np.arange(len(stock))
    part = np.clip((stock - gone[rows, at] + days[rows, at]) / np.maximum(days[rows, at], 1e-12), 0, 1)
    return np.where(stock <= 0, 0.0, np.where(whole == days.shape[1], np.nan, whole + part))


# -- questions


@dataclass(frozen=True)
class Outlook:
    """One item ahead: what was asked for by week, what may come, and how long the stock of `day` lasts."""

    history: pd.DataFrame
    forecast: pd.DataFrame
    known_until: date | None
    on_hand: float
    counted: bool
    estimated: bool
    """Whether nobody counted and more left than came in: on_hand is the least there may be."""
    gone: date | None
    """The day on which the stock is used up if it goes as expected; None beyond the weeks looked at."""
    early: date | None
    """The same if every week is strong."""


def outlook(db: Database, item_id: int, day: date, weeks: int, service: float, today: date | None = None) -> Outlook:
    """The item's next `weeks`, with the range that `service` spans, and what it means for its stock.

    As the newest run has it, where that knows all sales and holds these weeks and this range, so that no model need be loaded; else by
    AutoARIMA or counts, now. Reckoned from `day` on (`headlines.known_day`), with what stands there by `today`: also what was booked since.
    """
    until = forecasting.known_until(db, day)
    levels = sorted({round(1 - service, 3), 0.25, 0.5, 0.75, round(service, 3)})
    history = forecasting.weekly(db, day, item_id)
    ahead = _kept(db, item_id, until, weeks, levels)
    ahead = forecasting.of_one(history, weeks, levels) if ahead.empty else ahead
    on_hand, counted, estimated = _standing(db, item_id, today or day)
    gone, early = (
        (_day(day, ahead[path], on_hand, until) for path in ("mean", forecasting.column(levels[-1])))
        if len(ahead) and counted
        else (None, None)
    )
    return Outlook(history, ahead, until, on_hand, counted, estimated, gone, early)


def _kept(db: Database, item_id: int, until: date | None, weeks: int, levels: list[float]) -> pd.DataFrame:
    """The item in the newest run, as forecasting.forecast has it; empty where that holds less, or sales came since."""
    run = forecasting.latest(db)
    if not run or run["day"] != until or run["horizon"] < weeks or not set(levels) <= set(run["levels"]):
        return pd.DataFrame()
    found = db.frame(
        """
        select p.ds::timestamp as ds, p.model, p.mean, p.quantiles from forecast_points p
        where p.run_id = $run and p.item_id = $item and p.change_id in (select change_id from visible_changes)
          and not exists (from visible_movements m left join merged g using (item_id)
                          where coalesce(g.counts_as, m.item_id) = $item and m.kind in ('sale', 'return_in') and m.change_id > p.change_id)
        order by p.ds limit $weeks
        """,
        {"run": run["run_id"], "item": item_id, "weeks": weeks},
    )
    at = {forecasting.column(level): list(run["levels"]).index(level) for level in levels}
    return found.assign(**{name: [each[place] for each in found["quantiles"]] for name, place in at.items()}).drop(columns="quantiles")


def _standing(db: Database, item_id: int, day: date) -> tuple[float, bool, bool]:
    """On hand over all places, whether anybody ever said what there was, and whether some of it is estimated."""
    found = db.row(
        """
        select coalesce(sum(qty), 0)::double as on_hand, $item in (select item_id from counted_by($day::date)) as counted,
               coalesce(sum(estimated), 0) > 0 as estimated
        from stock_moves where item_id = $item and day <= $day::date
        """,
        {"item": item_id, "day": day},
    )
    return found["on_hand"], found["counted"], found["estimated"]


def _day(day: date, weekly: pd.Series, stock: float, until: date | None) -> date | None:
    days = float(lasts([stock], [weekly], (day - (until or day)).days)[0])
    return None if np.isnan(days) else day + timedelta(days=int(days))


def listed(db: Database, day: date, today: date | None = None) -> pd.DataFrame:
    """The risk of every item in the newest run, the most money first; the columns are COLUMNS, empty without a run. Days as in `outlook`.

    stockout_chance: that what is on hand and on order does not suffice until the next order could be here; at_risk: that chance times a
    week's sales in money; runs_out: empty beyond the run's weeks, and where nobody ever counted; surplus: what would be left on hand after
    the run's weeks even if every one of them were strong (its 95 %).
    """
    run = forecasting.latest(db)
    if not run:
        return pd.DataFrame(columns=COLUMNS)
    found = reorder.suggest(db, today or day).merge(_expected(db, run), on="item_id")
    prices = db.frame("select item_id, price::double as price from items")
    found = found.merge(prices, on="item_id", how="left")
    weeks = np.array(found["weeks"].tolist(), float).reshape(len(found), run["horizon"])
    found["lasts_days"] = np.where(found["counted"], lasts(found["available"], weeks, elapsed=(day - run["day"]).days), np.nan)
    found["runs_out"] = pd.Timestamp(day) + pd.to_timedelta(np.floor(found["lasts_days"]), unit="D")
    found["at_risk"] = found["stockout_chance"] * found["expected_weekly"] * found["price"].fillna(found["unit_cost"])
    found["surplus"] = np.maximum(found["available"] - found["strong"], 0)
    found["surplus_value"] = found["surplus"] * found["unit_cost"]
    return found.sort_values(["at_risk", "stockout_chance"], ascending=False)[COLUMNS].reset_index(drop=True)


def _expected(db: Database, run: dict[str, Any]) -> pd.DataFrame:
    """What the run expects: item_id weeks (a list) expected_weekly strong (the sum of each week's 95 %)."""
    return db.frame(
        """
        select item_id, array_agg(mean order by ds) as weeks, avg(mean) as expected_weekly, sum(quantiles[$strong]) as strong
        from forecast_points
        where run_id = $run and change_id in (select change_id from visible_changes)
        group by item_id
        """,
        {"run": run["run_id"], "strong": run["levels"].index(0.95) + 1},
    )
