"""How often a period is called a change in shops where nothing ever changes (A/A): at most 5 % of comparisons may be.

    python benchmarks/unchanged.py [--shops 4] [--items 30] [--weeks 4 13] [--silent]

Each shop sells Poisson numbers with heavy-tailed demand over the items, more on Saturdays, orders up to a level when it runs low, waits a
random lead time, breaks and miscounts a little; its third to sixth half-years are compared, period against the period before. Prints the
share of comparisons that are called a change, by KPI and in all, and of a naive arrow, which calls every difference of 5 % or more.

Then how often "sales fell silent" is raised of items that never stop, by kind of demand, and how soon of those that do (--silent: only it).
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ims_core import db as database  # noqa: E402
from ims_core import drift, kpis, limits, movers, people, places  # noqa: E402
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


KINDS = ("smooth", "intermittent", "lumpy", "bunched")


def asked(rng: np.random.Generator, kind: str, days: int) -> np.ndarray:
    """Stationary demand of one item a day; bunched: customers who come several days in a row, then weeks not."""
    if kind == "smooth":
        return rng.poisson(rng.uniform(2, 8), days)
    if kind == "bunched":
        busy = np.zeros(days, bool)
        for day in range(1, days):
            busy[day] = rng.random() < (0.7 if busy[day - 1] else 0.05)
        return busy * (1 + rng.poisson(1, days))
    comes = rng.random(days) < 1 / rng.uniform(2, 14)
    size = 1 + rng.poisson(1, days) if kind == "intermittent" else np.ceil(np.exp(rng.normal(1, 1.1, days)))
    return comes * size


def silence(items: int, seed: int) -> pd.DataFrame:
    """What weekly looks say of items that never stop (item_weeks raised stood) and of as many that stop a year before the end.

    kind item_weeks raised (for the first time in a row) stood found stopped median (days from the last sale)
    """
    rng, db = np.random.default_rng(seed), database.connect(":memory:")
    numbers, limit = limits.now(db)["silent"].numbers, DAYS - 364
    rows, ends = list[pd.DataFrame](), dict[int, int]()
    for item in range(1, 2 * len(KINDS) * items + 1):
        qty = asked(rng, KINDS[item % len(KINDS)], DAYS)
        if item > len(KINDS) * items:  # the second half of them stops
            qty[limit:] = 0
            ends[item] = int(np.flatnonzero(qty)[-1])
        days = np.flatnonzero(qty)
        rows.append(pd.DataFrame({"item_id": item, "day": pd.to_datetime(START) + pd.to_timedelta(days, "D"), "qty": -qty[days]}))
    sales = pd.concat(rows).assign(happened_at=lambda each: each["day"], kind="sale", place="Shop", unit_price=1.0)
    names = pd.DataFrame({"item_id": range(1, 2 * len(KINDS) * items + 1)}).assign(sku=lambda each: each["item_id"].astype(str))
    with db.change(who="Owner", what="Three years"):
        db.append("item_versions", names.assign(name=names["sku"], cost=1))
        there: dict[str, Any] = {"day": START, "happened_at": pd.Timestamp(START), "kind": "receipt", "place": "Shop", "qty": 1e6}
        db.append("movements", pd.concat([names[["item_id"]].assign(**there), sales]).assign(line=range(1, len(names) + len(sales) + 1)))
    found = _looked(db, numbers, ends, items)
    db.close()
    return found


def _looked(db: Database, numbers: Mapping[str, float], ends: dict[int, int], items: int) -> pd.DataFrame:
    """A look each week of the last two years."""
    stood, before, after = Counter[str](), set[int](), dict[int, int]()
    raised, weeks = Counter[str](), 0
    for number in range(364, DAYS, 7):
        day = START + timedelta(days=number)
        now = set(drift.silent(db, day, day, numbers["missed"], int(numbers["days"]))["item_id"].tolist())
        alive = {item for item in now if item not in ends}
        stood.update(KINDS[item % len(KINDS)] for item in alive)
        raised.update(KINDS[item % len(KINDS)] for item in alive - before)
        after |= {item: number - ends[item] for item in now - alive if item not in after and number > ends[item]}
        before, weeks = alive, weeks + 1
    days = {kind: [after.get(item, np.inf) for item in ends if KINDS[item % len(KINDS)] == kind] for kind in KINDS}
    return pd.DataFrame([
        {"kind": kind, "item_weeks": weeks * items, "raised": raised[kind], "stood": stood[kind],
         "found": sum(np.isfinite(days[kind])), "stopped": len(days[kind]), "median": np.median(days[kind])} for kind in KINDS
    ])  # fmt: skip


def main() -> None:
    """Simulate, compare, print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--shops", type=int, default=4)
    words.add_argument("--items", type=int, default=30)
    words.add_argument("--weeks", type=int, nargs="+", default=[4, 13])
    words.add_argument("--step", type=int, default=5, help="weeks from one comparison to the next")
    words.add_argument("--silent", action="store_true", help="only the rule of sales that fell silent")
    said = words.parse_args()
    if not said.silent:
        compare(said)
    print("sales fell silent, of items that never stop: raised in so many item-weeks; of those that stop: found, after so many days")
    found = pd.concat([silence(said.items, seed) for seed in range(said.shops)])
    for kind, rows in found.groupby("kind", sort=False):
        weeks, (gone, stopped) = rows["item_weeks"].sum(), rows[["found", "stopped"]].sum()
        print(f"  {kind:14} {rows['raised'].sum() / weeks:8.3%} raised, {rows['stood'].sum() / weeks:7.3%} stood, of {weeks:6,}; "
              f"{gone} of {stopped} found, median {rows['median'].median():.0f} days")  # fmt: skip


def compare(said: argparse.Namespace) -> None:
    """Period against period, in shops that stay as they are."""
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
