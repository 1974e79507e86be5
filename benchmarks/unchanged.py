"""How often a period is called a change in shops where nothing ever changes (A/A): at most 5 % of comparisons may be.

    python benchmarks/unchanged.py [--shops 4] [--items 30] [--weeks 4 13]

Each shop sells Poisson numbers with heavy-tailed demand over the items, more on Saturdays, orders up to a level when it runs low, waits a
random lead time, breaks and miscounts a little; its third to sixth half-years are compared, period against the period before. Prints the
share of comparisons that are called a change, by KPI and in all, and of a naive arrow, which calls every difference of 5 % or more.
"""

import argparse
import sys
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ims_core import db as database  # noqa: E402
from ims_core import kpis, movers, people, places  # noqa: E402
from ims_core.db import Database  # noqa: E402

START, DAYS = date(2023, 1, 2), 3 * 364


def steady(db: Database, items: int, seed: int) -> None:
    """Three years of a shop in which nothing changes but by chance."""
    rng = np.random.default_rng(seed)
    places.save(db, people.LOCAL, [{"place": "Shop"}])
    rates = rng.gamma(0.6, 1.5, items) + 0.03
    cost = np.round(np.exp(rng.normal(1.5, 0.7, items)), 2)
    numbers = np.arange(1, items + 1)
    rows: list[tuple[int, str, int, float]] = []
    for item, rate in zip(numbers, rates, strict=True):
        stock = float(np.ceil(40 * rate) + 4)
        rows += [(0, "receipt", int(item), stock), *_lived(rng, int(item), float(rate), stock)]
    frame = pd.DataFrame(rows, columns=["day", "kind", "item_id", "qty"])
    frame["day"] = pd.to_datetime(START) + pd.to_timedelta(frame["day"], unit="D")
    frame = frame.sort_values("day", kind="stable").assign(happened_at=lambda each: each["day"] + pd.Timedelta(hours=10), place="Shop")
    frame["unit_cost"] = np.where(frame["kind"].isin(["receipt"]), cost[frame["item_id"] - 1], np.nan)
    frame["unit_price"] = np.where(frame["kind"] == "sale", 2 * cost[frame["item_id"] - 1], np.nan)
    with db.change(who="Owner", what="Three years"):
        names = [f"Item {at}" for at in numbers]
        db.append("item_versions", pd.DataFrame({"item_id": numbers, "sku": names, "name": names,
                  "category": [f"Category {at % 3}" for at in numbers], "cost": cost, "price": 2 * cost}))  # fmt: skip
        db.append("movements", frame.assign(line=range(1, len(frame) + 1)))


def _lived(rng: np.random.Generator, item: int, rate: float, stock: float) -> list[tuple[int, str, int, float]]:
    """The days of one item: sold, ordered when low, received, now and then broken or found."""
    rows: list[tuple[int, str, int, float]] = []
    coming: dict[int, float] = {}
    for day in range(DAYS):
        if came := coming.pop(day, 0.0):
            stock += came
            rows.append((day, "receipt", item, came))
        sold = min(float(rng.poisson(rate * (1.8 if (day % 7) == 5 else 0.87))), stock)
        if sold:
            stock -= sold
            rows.append((day, "sale", item, -sold))
        if stock and rng.random() < 0.004:
            stock -= 1
            rows.append((day, "scrap", item, -1.0))
        if stock <= 14 * rate + 2 and not coming:
            coming[day + 5 + int(rng.gamma(2, 2))] = float(np.ceil(30 * rate) + 2)
    return rows


def shares(db: Database, lengths: list[int], step: int) -> tuple[dict[str, list[int]], list[int], dict[str, list[int]]]:
    """Of each KPI, of the items' sales and of the naive arrow: which comparisons were called (1) or not (0)."""
    found: dict[str, list[int]] = defaultdict(list)
    naive: dict[str, list[int]] = defaultdict(list)
    moved: list[int] = []
    for length in lengths:
        for back in range(0, 78, step):
            last = START + timedelta(days=DAYS - 1 - 7 * back)
            first = last - timedelta(days=7 * length - 1)
            signs, said = kpis.called(db, first, last), kpis.summary(db, first, last)
            for name, now, before in zip(said["kpi"].tolist(), said["value"].tolist(), said["before"].tolist(), strict=True):
                if now == now and before == before:
                    found[name].append(abs(signs[name]))
                    naive[name].append(int(bool(before) and abs(now / before - 1) >= 0.05))
            moved += movers.called(db, first, last)["called"].abs().tolist()
    return found, moved, naive


def main() -> None:
    """Simulate, compare, print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--shops", type=int, default=4)
    asked.add_argument("--items", type=int, default=30)
    asked.add_argument("--weeks", type=int, nargs="+", default=[4, 13])
    asked.add_argument("--step", type=int, default=5, help="weeks from one comparison to the next")
    said = asked.parse_args()
    every: dict[str, list[int]] = defaultdict(list)
    naive: dict[str, list[int]] = defaultdict(list)
    moved: list[int] = []
    for seed in range(said.shops):
        db = database.connect(":memory:")
        steady(db, said.items, seed)
        found, items, arrows = shares(db, said.weeks, said.step)
        moved += items
        for name in found:
            every[name] += found[name]
            naive[name] += arrows[name]
        db.close()
    for name, called in every.items():
        print(f"  {name:20} {np.mean(called):6.1%} of {len(called):4}   naive {np.mean(naive[name]):6.1%}")
    print(f"sales of items       {np.mean(moved):6.1%} of {len(moved)}")
    print(f"all KPIs             {np.mean([one for called in every.values() for one in called]):6.1%}, "
          f"naive {np.mean([one for called in naive.values() for one in called]):.1%}")  # fmt: skip


if __name__ == "__main__":
    main()
