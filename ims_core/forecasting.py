"""What will be asked for: forecasts with a range, for one item in view or for the whole shop as a run that is kept."""

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import date, timedelta
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ims_core import demand, people, series
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.series import Series

Progress: TypeAlias = Callable[[float, str], None]
Numbers = NDArray[np.float64]

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99)
HORIZON = 12
"""Weeks that a run looks ahead."""

MODELS = {"auto": "AutoETS", "arima": "AutoARIMA"}
COUNTS = "counts"
"""The model of whatever sells too seldom, or is known too shortly, for a time-series model."""

TREND_PERIODS = 52
"""Below it a time-series model may follow a level only: a trend seen in half a year misleads."""

CHUNK = 100
Z_80 = 1.2815515655446004  # half the width of a normal 80 % interval, in standard deviations


# -- pure


def forecast(
    history: pd.DataFrame,
    freq: str | int,
    horizon: int,
    levels: Sequence[float],
    season: int | None = None,
    models: str = "auto",
    engine: Executor | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """The next `horizon` periods of every item: unique_id ds model mean and a column a level (0.05 -> q05, 0.975 -> q975).

    history: unique_id ds y in steps of `freq`; a period left out between an item's first and last counts as 0, as does less than 0.
    Items sold in most periods: AutoETS (models="arima": AutoARIMA), averaged with counts. Seldom sold or new ones: counts, that is a
    negative binomial on the weighted mean and variance. Quantiles are never below 0 and never cross. Where two of `season` (in periods)
    are known, the model alone speaks. `engine`: an executor for the models' chunks; by default they run here, one after the other.
    """
    _refuse_bad(history, horizon, levels, models)
    known = series.aligned(history, freq)
    often = series.often(known)
    mean, sd = series.counts(known, freq)
    steps = demand.steps(known.table)[:, None]
    wide = np.asarray(levels, float)
    spread = demand.quantile(wide, mean[:, None], sd[:, None], steps)
    means, quantiles = np.repeat(mean[:, None], horizon, 1), np.repeat(spread[:, None, :], horizon, 1)
    model_mean, model_sd = _modelled(known, often, horizon, season, models, engine, progress)
    found = np.isfinite(model_mean + model_sd).all(axis=1)
    rows = np.flatnonzero(often)[found]
    modelled = demand.quantile(wide, model_mean[found][..., None], model_sd[found][..., None], steps[rows][:, None, :])
    counted = np.where(_seasonal(known.periods[rows], season), 0, 0.5)[:, None]  # counts know no season
    means[rows] = counted * means[rows] + (1 - counted) * model_mean[found]
    quantiles[rows] = counted[..., None] * quantiles[rows] + (1 - counted[..., None]) * modelled
    names = np.full(len(known.names), COUNTS, dtype=object)
    names[rows] = MODELS[models]
    return _long(known, freq, names, means, quantiles, [column(level) for level in levels])


def column(level: float) -> str:
    """The column of a level: 0.05 -> q05, 0.975 -> q975."""
    return f"q{round(level * 100):02d}" if round(level * 1000) % 10 == 0 else f"q{round(level * 1000):03d}"


def _refuse_bad(history: pd.DataFrame, horizon: int, levels: Sequence[float], models: str) -> None:
    missing = [name for name in ("unique_id", "ds", "y") if name not in history]
    if missing:
        raise Refused(f"A history needs the columns unique_id, ds and y; missing: {', '.join(missing)}.")
    if not 1 <= horizon <= 400:
        raise Refused(f"A forecast looks 1 to 400 periods ahead, not {horizon}.")
    if not levels or not all(0 < level < 1 for level in levels):
        raise Refused(f"Levels are shares between 0 and 1, such as 0.95; these are not: {list(levels)}.")
    if models not in MODELS:
        raise Refused(f"There are no models called {models}. Choose one of: {', '.join(MODELS)}.")


def _modelled(
    known: Series,
    often: NDArray[np.bool_],
    horizon: int,
    season: int | None,
    models: str,
    engine: Executor | None,
    progress: Progress | None,
) -> tuple[Numbers, Numbers]:
    """Mean and sd of the time-series model for the items sold often, in their order; NaN where it failed."""
    rows = np.flatnonzero(often)
    if len(rows) == 0:
        return np.empty((0, horizon)), np.empty((0, horizon))
    say = progress or (lambda fraction, sentence: None)
    chunks = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
    tasks = [([known.table[row, -known.periods[row] :] for row in chunk], horizon, season, models) for chunk in chunks]
    parts = []
    for done, part in enumerate(map(_fit, tasks) if engine is None else engine.map(_fit, tasks), start=1):
        parts.append(part)
        say(done / len(chunks), f"{min(done * CHUNK, len(rows)):,} of {len(rows):,} items that sell often")
    mean, sd = (np.concatenate(found) for found in zip(*parts, strict=True))
    return mean, sd


def _fit(task: tuple[list[Numbers], int, int | None, str]) -> tuple[Numbers, Numbers]:
    """One chunk through statsforecast; it takes some 4 ms an item."""
    from statsforecast import StatsForecast
    from statsforecast.models import HistoricAverage

    rows, horizon, season, models = task
    mean, sd = np.full((len(rows), horizon), np.nan), np.full((len(rows), horizon), np.nan)
    lengths = np.array([len(row) for row in rows])
    kinds = np.where(_seasonal(lengths, season), "ZZZ", np.where(lengths >= TREND_PERIODS, "ZZN", "ZNN"))
    for kind in np.unique(kinds):
        some = np.flatnonzero(kinds == kind)
        frame = pd.DataFrame({
            "unique_id": np.repeat(some, lengths[some]),
            "ds": np.concatenate([np.arange(length) for length in lengths[some]]),  # counted, not dated: spares it the calendar
            "y": np.concatenate([rows[row] for row in some]),
        })  # fmt: skip
        engine = StatsForecast([_model(kind, season, models)], freq=1, n_jobs=1, fallback_model=HistoricAverage())
        found = cast(pd.DataFrame, engine.forecast(df=frame, h=horizon, level=[80]))
        mean[some] = np.maximum(found["model"].to_numpy(float).reshape(-1, horizon), 0)
        upper = found["model-hi-80"].to_numpy(float).reshape(-1, horizon)
        sd[some] = (upper - found["model"].to_numpy(float).reshape(-1, horizon)) / Z_80
    return mean, sd


def _seasonal(periods: NDArray[np.int64], season: int | None) -> NDArray[np.bool_]:
    """Two seasons must be known before one is believed."""
    return np.asarray((periods >= 2 * season) if season and season > 1 else np.zeros(len(periods), bool))


def _model(kind: str, season: int | None, models: str) -> Any:
    """`kind` as ETS spells it: error, trend, season; Z = whatever fits best, N = none."""
    from statsforecast.models import AutoARIMA, AutoETS

    length = season if kind == "ZZZ" and season else 1
    if models == "arima":
        return AutoARIMA(season_length=length, alias="model")
    return AutoETS(season_length=length, model=kind, alias="model")


def _long(known: Series, freq: str | int, models: NDArray[Any], means: Numbers, quantiles: Numbers, columns: Sequence[str]) -> pd.DataFrame:
    """A row an item and period, in the contract's columns."""
    items, horizon = means.shape
    frame = pd.DataFrame({
        "unique_id": np.repeat(known.names, horizon),
        "ds": series.coming(known.last, freq, horizon),
        "model": np.repeat(models, horizon),
        "mean": means.ravel(),
    })  # fmt: skip
    frame[list(columns)] = quantiles.reshape(items * horizon, len(columns))
    return frame


def warm_up() -> None:
    """Load what a first forecast needs: some seconds of imports."""
    weeks = pd.DataFrame({"unique_id": 1, "ds": np.arange(20), "y": np.arange(20) % 3 + 1.0})
    forecast(weeks, 1, 1, [0.5], models="arima")


def loaded() -> bool:
    """Whether what a first forecast needs is there already."""
    return "statsforecast.models" in sys.modules


# -- questions


def known_until(db: Database, day: date) -> date | None:
    """The last day with a sale up to `day`: of the days after it nobody told us anything, so they are not days without demand."""
    sales = "visible_movements where kind = 'sale' and day <= ?"  # a sale typed by hand does not tell that the till was read so far
    found: date | None = db.scalar(
        f"select coalesce((select max(day) from {sales} and file_id is not null), (select max(day) from {sales}))", [day, day]
    )
    return found


def daily(db: Database, day: date, item_id: int | None = None, days: int | None = None, only: Sequence[int] | None = None) -> pd.DataFrame:
    """Demand of items in use up to `day`, of the last `days` and of `only` some where that is said: unique_id ds y.

    Days without demand are left out.
    """
    items = [item_id] if item_id is not None else None if only is None else [int(item) for item in only]
    return db.frame(
        """
        select item_id as unique_id, day as ds, qty::double as y
        from demand
        where day <= $day::date and ($first is null or day >= $first::date)
          and ($items is null or item_id in (select unnest($items::bigint[])))
          and item_id in (select item_id from items where active)
        """,
        {"day": day, "items": items, "first": day - timedelta(days=days) if days else None},
    )


def weekly(db: Database, day: date, item_id: int | None = None) -> pd.DataFrame:
    """Weekly demand of items in use, in weeks that end on the last day known: unique_id ds y."""
    until = known_until(db, day)
    return demand.weekly(daily(db, until, item_id), until) if until else pd.DataFrame(columns=["unique_id", "ds", "y"])


def of_one(history: pd.DataFrame, horizon: int = HORIZON, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """One item's coming weeks, computed now (some 0.15 s): the columns of `forecast`; empty where nothing was asked for yet."""
    return forecast(history, "7D", horizon, levels, models="arima") if len(history) else pd.DataFrame()


def sellers(db: Database, day: date) -> pd.DataFrame:
    """Items in use that were ever asked for, the best sellers of the last 13 weeks known first: item_id sku name unit pieces."""
    return db.frame(
        """
        with asked as (select item_id, sum(qty) filter (day > $until::date - 91) as pieces
                       from demand where day <= $until::date group by item_id)
        select i.item_id, i.sku, i.name, i.unit, coalesce(a.pieces, 0)::double as pieces
        from asked a join items i using (item_id)
        where i.active
        order by a.pieces desc nulls last, i.name
        """,
        {"until": known_until(db, day) or day},
    )


def latest(db: Database) -> dict[str, Any]:
    """The newest run in force: run_id day freq horizon levels items seconds done_at who; empty where there is none."""
    return db.row("""
        select r.run_id, r.day, r.freq, r.horizon, r.levels, r.items, r.seconds, c.done_at, c.who
        from forecast_runs r join visible_changes c using (change_id)
        order by r.run_id desc, r.change_id desc limit 1
    """)


def points(db: Database, run_id: int) -> pd.DataFrame:
    """What a run said: item_id ds model mean quantiles (a list in the order of the run's levels)."""
    return db.frame(
        """
        select item_id, ds, model, mean, quantiles from forecast_points
        where run_id = ? and change_id in (select change_id from visible_changes)
        order by item_id, ds
        """,
        [run_id],
    )


# -- commands


@people.needs("staff")
def run(db: Database, who: people.Person, day: date, horizon: int = HORIZON, progress: Progress | None = None, via: str = "screen") -> int:
    """Forecast every item in use that was ever asked for, week by week, and keep what was said, so that it can be scored."""
    say, started = progress or (lambda fraction, sentence: None), time.perf_counter()
    until = known_until(db, day)
    if until is None:
        raise Refused("Nothing was sold yet, so there is nothing to go by. Upload your sales first.")
    say(0.02, "Reading what was asked for")
    history = demand.weekly(daily(db, until), until)
    found = forecast(history, "7D", horizon, LEVELS, progress=lambda fraction, says: say(0.05 + 0.9 * fraction, says))
    items = int(found["unique_id"].nunique())
    say(0.97, f"Keeping the forecast of {items:,} items")
    about = {
        "day": until, "freq": "7D", "horizon": horizon, "levels": list(LEVELS), "items": items, "seconds": time.perf_counter() - started,
    }  # fmt: skip
    with db.change(who=who.name, what=f"Forecast of {items:,} items for {horizon} weeks", via=via) as change_id:
        run_id = int(db.scalar("select coalesce(max(run_id), 0) + 1 from forecast_runs"))
        db.append("forecast_runs", [{"run_id": run_id, **about}])
        db.append("forecast_points", _kept(found, run_id))
    return change_id


def _kept(found: pd.DataFrame, run_id: int) -> pa.Table:
    quantiles = np.ascontiguousarray(found[[column(level) for level in LEVELS]].to_numpy(float))
    return pa.table({
        "run_id": np.full(len(found), run_id),
        "item_id": found["unique_id"].to_numpy(np.int64),
        "ds": pa.array(found["ds"].dt.date),
        "model": pa.array(found["model"]),
        "mean": found["mean"].to_numpy(float),
        "quantiles": pa.FixedSizeListArray.from_arrays(quantiles.ravel(), len(LEVELS)).cast(pa.list_(pa.float64())),
    })  # fmt: skip
