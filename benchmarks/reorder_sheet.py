"""From sales in the ledger to a reorder sheet for every item, and to a forecast of every item.

    python benchmarks/reorder_sheet.py [--runs 3]

Peers, on the same demand in the same run: for the reorder points a plain pandas loop over items (mean + z * sd of daily demand, times the
root of the days); for the forecast statsforecast's own AutoETS over all series, in one call on one core. Each measurement has a process
of its own. The forecasts are scored on eight weeks that neither saw (pinball loss over nine quantiles, scaled by each item's mean step
from week to week; the peer's quantiles cut off at 0). Needs the real files in ../shared/data; else the sample shop is measured.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "A1_uci_online_retail"
UNSEEN, LEAD_AND_REVIEW = 8, 21
sys.path.insert(0, str(ROOT))


def fill(database: Path) -> dict[str, float]:
    """The shop that is measured: real sales through the importer, or the sample shop."""
    from ims_core import db, demo, importing, people

    shop, packed = db.connect(database), next(REAL.glob("*.zip"), None)
    if packed is None:
        print("The real files are absent: the sample shop is measured instead.", file=sys.stderr)
        demo.open_sample(shop, people.LOCAL)
    else:
        with zipfile.ZipFile(packed) as archive:
            dropped = [(Path(name).name, archive.read(name)) for name in archive.namelist() if name.endswith(".csv")]
        importing.commit(shop, people.LOCAL, importing.preview(shop, dropped))
    shop.close()
    return {}


def sheet(database: Path) -> dict[str, float]:
    """Proposals for every item, and their workbook, from a cold start."""
    from ims_core import reorder, workbooks

    shop, today = _opened(database)
    start = time.perf_counter()
    proposals = reorder.suggest(shop, today)
    proposed = time.perf_counter()
    size = len(workbooks.reorder_sheet(proposals, "Shop", today))
    done = time.perf_counter()
    again = _timed(lambda: reorder.suggest(shop, today))
    return {
        "items": len(proposals),
        "suggest": proposed - start,
        "warm": again,
        "sheet": done - proposed,
        "total": done - start,
        "size": size,
    }


def points(database: Path) -> dict[str, float]:
    """The reorder points alone, from daily demand, warm: what the loop is compared with."""
    import pandas as pd

    from ims_core import forecasting, reorder

    shop, today = _opened(database)
    until = forecasting.known_until(shop, today) or today
    history = forecasting.daily(shop, until)
    supply = pd.DataFrame({"unique_id": history["unique_id"].unique(), "lead_days": LEAD_AND_REVIEW - 7.0, "review_days": 7.0})
    reorder.levels(history, supply, 0.95, until)
    return {"ours": _timed(lambda: reorder.levels(history, supply, 0.95, until)), "loop": _timed(lambda: _loop(history, until))}


def ours(database: Path) -> dict[str, float]:
    """Our forecast of every item: the call alone, and the run as a command, rows kept."""
    from ims_core import forecasting, people

    shop, today = _opened(database)
    history = forecasting.weekly(shop, today)
    forecasting.forecast(history.head(200), "7D", 12, forecasting.LEVELS)
    call = _timed(lambda: forecasting.forecast(history, "7D", 12, forecasting.LEVELS))
    run = _timed(lambda: forecasting.run(shop, people.LOCAL, today))
    known, unseen = _split(history)
    return {"call": call, "run": run, "loss": _loss(forecasting.forecast(known, "7D", UNSEEN, forecasting.LEVELS), known, unseen)}


def autoets(database: Path) -> dict[str, float]:
    """AutoETS of statsforecast over every series that it accepts, in one call."""
    from ims_core import forecasting

    shop, today = _opened(database)
    history = forecasting.weekly(shop, today)
    _autoets(history.head(200), 12)
    known, unseen = _split(history)
    return {"call": _timed(lambda: _autoets(history, 12)), "loss": _loss(_autoets(known, UNSEEN), known, unseen)}


def _loop(history: Any, until: date) -> dict[Any, float]:
    import pandas as pd

    days, found = pd.date_range(history["ds"].min(), until), {}
    for item, rows in history.groupby("unique_id"):
        sold = rows.set_index("ds")["y"].reindex(days, fill_value=0)
        found[item] = sold.mean() * LEAD_AND_REVIEW + 1.645 * sold.std() * LEAD_AND_REVIEW**0.5
    return found


def _autoets(history: Any, horizon: int) -> Any:
    """In our columns, so that both are scored alike."""
    from scipy.special import ndtri
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS, HistoricAverage

    from ims_core import forecasting

    engine = StatsForecast([AutoETS(season_length=1, alias="mean")], freq="7D", n_jobs=1, fallback_model=HistoricAverage())
    found = engine.forecast(df=history[["unique_id", "ds", "y"]], h=horizon, level=[80])
    sd = (found["mean-hi-80"] - found["mean"]) / ndtri(0.9)
    quantiles = {forecasting.column(level): (found["mean"] + ndtri(level) * sd).clip(lower=0) for level in forecasting.LEVELS}
    return found[["unique_id", "ds", "mean"]].assign(**quantiles)


def _split(history: Any) -> tuple[Any, Any]:
    """What is known, and the unseen weeks of items known for ten weeks at least."""
    border = sorted(history["ds"].unique())[-UNSEEN]
    known = history[history["ds"] < border]
    known = known[known.groupby("unique_id")["y"].transform("size") >= 10]
    return known, history[(history["ds"] >= border) & history["unique_id"].isin(known["unique_id"])]


def _loss(forecast: Any, known: Any, unseen: Any) -> float:
    """Mean scaled pinball loss; lower is better."""
    from ims_core import forecasting

    scale = known.groupby("unique_id")["y"].apply(lambda sold: max(sold.diff().abs().mean(), 0.5)).rename("scale")
    both = unseen.merge(forecast, on=["unique_id", "ds"]).merge(scale, on="unique_id")
    assert len(both) == len(unseen)
    losses = []
    for level in forecasting.LEVELS:
        over = both["y"] - both[forecasting.column(level)]
        losses.append(((over * level).where(over > 0, over * (level - 1)) / both["scale"]).mean())
    return float(sum(losses) / len(losses))


def _opened(database: Path) -> tuple[Any, date]:
    from ims_core import db

    return db.connect(database), datetime.now(UTC).date()


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alone(what: str, database: Path) -> dict[str, float]:
    """One measurement in a process of its own, with its peak memory in MB."""
    command = [sys.executable, __file__, "--one", what, "--database", str(database)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure in turn and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one")
    parser.add_argument("--database", type=Path)
    chosen = parser.parse_args()
    if chosen.one:
        measure = {"fill": fill, "sheet": sheet, "points": points, "ours": ours, "autoets": autoets}[chosen.one]
        print(json.dumps(measure(chosen.database) | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}))
        return
    with tempfile.TemporaryDirectory() as place:
        shop = Path(place) / "shop.duckdb"
        alone("fill", shop)
        rounds = [{what: alone(what, shop) for what in ("sheet", "points", "ours", "autoets")} for _ in range(chosen.runs)]

    def middle(figure: Callable[[dict[str, dict[str, float]]], float]) -> float:
        return median(figure(one) for one in rounds)

    print(f"{rounds[0]['sheet']['items']:,.0f} items, {chosen.runs} runs in turn, medians")
    print(f"ledger to reorder sheet   {middle(lambda r: r['sheet']['total']):6.2f} s from a cold start (aim: below 60), "
          f"{middle(lambda r: r['sheet']['memory']):.0f} MB; proposals {middle(lambda r: r['sheet']['suggest']):.2f} s, "
          f"warm {middle(lambda r: r['sheet']['warm']):.2f} s; workbook {middle(lambda r: r['sheet']['sheet']):.2f} s")  # fmt: skip
    print(f"reorder points            {middle(lambda r: r['points']['ours']):6.2f} s   "
          f"{middle(lambda r: r['points']['ours'] / r['points']['loop']):.3f} times a pandas loop of mean + z * sd")  # fmt: skip
    print(f"forecast of every item    {middle(lambda r: r['ours']['call']):6.2f} s   "
          f"{middle(lambda r: r['ours']['call'] / r['autoets']['call']):.3f} times AutoETS for all; as a command, kept: "
          f"{middle(lambda r: r['ours']['run']):.2f} s, {middle(lambda r: r['ours']['memory']):.0f} MB")  # fmt: skip
    print(f"its scaled pinball loss   {middle(lambda r: r['ours']['loss']):6.3f}     "
          f"{middle(lambda r: r['ours']['loss'] / r['autoets']['loss']):.3f} times AutoETS for all (lower is better)")  # fmt: skip


if __name__ == "__main__":
    main()
