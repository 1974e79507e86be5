"""All questions about the KPIs of a shop of 5,000 items, 3 places and 3 years, and how long they take once the positions are kept.

    python benchmarks/kpis.py [--millions 1 10 50] [--peers 10] [--runs 3]

Peers in the same run, at `--peers` million movements: pandas and polars make the sums of the summary (average inventory, cost of goods
sold, sales, days without stock, times sold out) for the same three periods from the same movements, already in memory. They do less than
ours: one list cost a piece instead of a moving average, no cycles, no idle days, no grouping. Each measurement has a process of its own;
seconds of the wall and of the processors, and the most memory it took.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ITEMS, DAYS, LAST = 5000, 1095, date(2026, 5, 20)
FIRST = LAST - timedelta(days=89)
PERIODS = [
    (FIRST, LAST),
    (FIRST - timedelta(days=90), FIRST - timedelta(days=1)),
    (FIRST - timedelta(days=364), LAST - timedelta(days=364)),
]


def fill(path: Path, movements: int) -> None:
    """A ledger of sales, receipts, returns, scrap, adjustments and count differences; few items sell often, many seldom."""
    from ims_core import db as database
    from ims_core import people, places, suppliers

    db = database.connect(path)
    places.save(db, people.LOCAL, [{"place": place} for place in ("Shop", "Cellar", "Van")])
    suppliers.save(db, people.LOCAL, [{"name": f"Supplier {number}", "lead_days": 7 * number} for number in range(1, 41)])
    start, change = LAST - timedelta(days=DAYS - 1), db.version
    cursor = db.connection.cursor()
    cursor.execute("begin")
    for number in range(1, 6):
        cursor.execute(
            "insert into changes (change_id, done_at, who, what, via) values (?, ?, 'Owner', 'Import', 'import')", [change + number, start]
        )
    cursor.execute(f"""
        insert into item_versions by name
        select {change + 1} as change_id, i as item_id, 'SKU-' || i as sku, 'Item ' || i as name, 'Category ' || (i % 24) as category,
               round(exp(1 + (hash(i) % 1000) / 400.0), 2) as cost, round(exp(1.6 + (hash(i) % 1000) / 400.0), 2) as price
        from range(1, {ITEMS + 1}) t(i)""")
    cursor.execute(f"""insert into supply_versions by name
        select {change + 1} as change_id, i as item_id, 1 + i % 40 as supplier_id from range(1, {ITEMS + 1}) t(i)""")
    cursor.execute(f"""
        insert into movements by name
        select {change + 2} as change_id, row_number() over ()::integer as line, date '{start}'::timestamp as happened_at,
               date '{start}' as day,
               'opening' as kind, i as item_id, p as place, {movements} // 100000 as qty
        from range(1, {ITEMS + 1}) t(i), (values ('Shop'), ('Cellar'), ('Van')) v(p)""")
    cursor.execute(f"""
        insert into movements by name
        with raw as (select k, hash(k) as h, hash(k + 1000000007) as g from range({movements - 3 * ITEMS}) t(k)),
        drawn as (
            select k, 1 + floor({ITEMS} * pow((h % 1000003) / 1000003.0, 2.2))::bigint as item_id,
                   (k * {DAYS} // {movements - 3 * ITEMS})::integer as ago, (g // 16) % 1000 as dice, (h // 7) % 1000 as wobble,
                   ['Shop', 'Cellar', 'Van'][1 + (g % 10 >= 6)::integer + (g % 10 >= 9)::integer] as place,
                   (1 + (g // 100000) % 3)::integer as pieces
            from raw
        ),
        said as (
            select *, case when dice < 900 then 'sale' when dice < 960 then 'receipt' when dice < 975 then 'return_in'
                           when dice < 985 then 'scrap' when dice < 995 then 'adjustment' else 'count' end as kind
            from drawn
        )
        select {change} + 3 + ago * 3 // {DAYS} as change_id, (k + 1)::integer as line,
               date '{start}' + ago + interval 10 hours as happened_at,
               date '{start}' + ago as day, kind, item_id, place,
               (case kind when 'sale' then -pieces when 'receipt' then 30 * pieces when 'return_in' then 1 when 'scrap' then -pieces
                          else pieces - 2.5 end)::decimal(18, 4) as qty,
               case when kind = 'receipt' and wobble > 50 then round(i.cost * (0.8 + wobble / 2500.0), 4) end as unit_cost,
               case when kind in ('sale', 'return_in') then i.price end as unit_price
        from said join items i using (item_id) order by k""")
    cursor.execute("commit")
    cursor.execute("checkpoint")
    cursor.close()
    db.connection.close()


def timed(work: Callable[[], Any]) -> list[float]:
    """Seconds of the wall and of the processors."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return [wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime]


def ours(path: Path, runs: int) -> dict[str, list[float]]:
    """Build, each question at its best of `runs`, and catching up after a change and after its undo."""
    from ims_core import classes, kpis, ledger, people, positions, reasons, valuation
    from ims_core import db as database

    db = database.connect(path)
    found = {"positions built": timed(lambda: positions.catch_up(db))}
    questions: dict[str, Callable[[], Any]] = {
        "summary, 3 periods": lambda: kpis.summary(db, FIRST, LAST),
        "by place": lambda: kpis.by_group(db, FIRST, LAST, "place"),
        "by category": lambda: kpis.by_group(db, FIRST, LAST, "category"),
        "by supplier": lambda: kpis.by_group(db, FIRST, LAST, "supplier"),
        "by class": lambda: kpis.by_group(db, FIRST, LAST, "class"),
        "by item": lambda: kpis.by_group(db, FIRST, LAST, "item"),
        "history, 12 months": lambda: kpis.history(db, LAST - timedelta(days=364), LAST),
        "why": lambda: reasons.why(db, "turnover", FIRST, LAST),
        "ABC, XYZ, demand classes": lambda: classes.of_items(db, LAST),
        "value, moving average": lambda: valuation.by_item(db, LAST),
        "value, first in first out": lambda: valuation.by_item(db, LAST, "fifo"),
        "value by reason": lambda: valuation.moved(db, FIRST, LAST),
    }
    for name, question in questions.items():
        found[name] = min(timed(question) for _ in range(runs))
    sale = ledger.record(db, people.LOCAL, ledger.Record("sale", 17, 1, "Shop", LAST - timedelta(days=400)))
    found["caught up after a change"] = timed(lambda: positions.catch_up(db))
    ledger.undo(db, people.LOCAL, sale)
    found["caught up after its undo"] = timed(lambda: positions.catch_up(db))
    db.connection.close()
    return found


def in_pandas(path: Path, runs: int) -> dict[str, list[float]]:
    """The sums of the summary in pandas."""
    import pandas as pd

    table = _exported(path).to_pandas()
    table["day"] = (pd.to_datetime(table["day"]) - pd.Timestamp("2020-01-01")).dt.days

    def summary() -> list[Any]:
        sales = table["kind"].isin(["sale", "return_in"])
        sold = (-table["qty"]).where(sales, 0.0)
        frame = table[["item_id", "day", "qty"]].assign(cogs=sold * table["cost"], revenue=sold * table["unit_price"].fillna(0))
        days = frame.groupby(["item_id", "day"], as_index=False).sum()
        days["on_hand"] = days.groupby("item_id")["qty"].cumsum()
        days["until"] = days.groupby("item_id")["day"].shift(-1, fill_value=99_999)
        days["before"] = days.groupby("item_id")["on_hand"].shift(1, fill_value=0)
        costs = table.groupby("item_id")["cost"].first()
        days["value"] = days["on_hand"] * days["item_id"].map(costs)
        return [_clip(days, *_numbers(period)) for period in PERIODS]

    return {"pandas": min(timed(summary) for _ in range(runs))}


def _clip(days: Any, first: int, last: int) -> list[float]:
    part = days[(days["day"] <= last) & (days["until"] >= first)]
    inside = part[part["day"] >= first]
    long = (part["until"].clip(upper=last + 1) - part["day"].clip(lower=first)).clip(lower=0)
    out = (part["on_hand"] <= 0) * long
    ran_out = ((inside["on_hand"] <= 0) & (inside["before"] > 0)).sum()
    return [(part["value"] * long).sum(), inside["cogs"].sum(), inside["revenue"].sum(), out.sum(), ran_out]


def in_polars(path: Path, runs: int) -> dict[str, list[float]]:
    """The sums of the summary in polars, lazily."""
    import polars as pl

    table = pl.from_arrow(_exported(path)).with_columns((pl.col("day") - date(2020, 1, 1)).dt.total_days().alias("day"))

    def summary() -> list[Any]:
        sold = pl.when(pl.col("kind").is_in(["sale", "return_in"])).then(-pl.col("qty")).otherwise(0.0)
        days = (
            table.lazy()
            .group_by("item_id", "day")
            .agg(pl.col("qty").sum(), (sold * pl.col("cost")).sum().alias("cogs"),
                 (sold * pl.col("unit_price").fill_null(0)).sum().alias("revenue"), pl.col("cost").first())
            .sort("item_id", "day")
            .with_columns(pl.col("qty").cum_sum().over("item_id").alias("on_hand"),
                          pl.col("day").shift(-1).over("item_id").fill_null(99_999).alias("until"))
            .with_columns(pl.col("on_hand").shift(1).over("item_id").fill_null(0).alias("before"))
            .collect()
        )  # fmt: skip
        return [_clipped(days, *_numbers(period)) for period in PERIODS]

    def _clipped(days: Any, first: int, last: int) -> Any:
        long = (pl.min_horizontal("until", pl.lit(last + 1)) - pl.max_horizontal("day", pl.lit(first))).clip(lower_bound=0)
        inside = pl.col("day") >= first
        return days.filter((pl.col("day") <= last) & (pl.col("until") >= first)).select(
            (pl.col("on_hand") * pl.col("cost") * long).sum(), pl.col("cogs").filter(inside).sum(), pl.col("revenue").filter(inside).sum(),
            ((pl.col("on_hand") <= 0).cast(pl.Int64) * long).sum().alias("out"),
            (inside & (pl.col("on_hand") <= 0) & (pl.col("before") > 0)).sum().alias("ran_out"),
        )  # fmt: skip

    return {"polars": min(timed(summary) for _ in range(runs))}


def _numbers(period: tuple[date, date]) -> tuple[int, int]:
    return (period[0] - date(2020, 1, 1)).days, (period[1] - date(2020, 1, 1)).days


def _exported(path: Path) -> Any:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as shop:
        return shop.sql("""
            select m.item_id, m.day, m.kind, m.qty::double as qty, m.unit_price::double as unit_price, i.cost::double as cost
            from movements m join items i using (item_id)
        """).to_arrow_table()


MEASURES: dict[str, Callable[[Path, int], dict[str, list[float]]]] = {"ours": ours, "pandas": in_pandas, "polars": in_polars}


def measured(name: str, path: Path, runs: int) -> dict[str, list[float]]:
    """One measure in a process of its own; with `most memory` in MB."""
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", name, "--path", str(path), "--runs", str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Fill, measure, print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--millions", type=float, nargs="+", default=[1, 10])
    asked.add_argument("--peers", type=float, default=10)
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--measure")
    asked.add_argument("--path", type=Path)
    said = asked.parse_args()
    if said.measure:
        found = MEASURES[said.measure](said.path, said.runs)
        found["most memory, MB"] = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000]
        print(json.dumps(found))
        return
    for millions in said.millions:
        with tempfile.TemporaryDirectory(dir=ROOT / "data") as folder:
            path = Path(folder) / "shop.duckdb"
            fill(path, int(millions * 1e6))
            names = list(MEASURES) if millions == said.peers else ["ours"]
            found = {name: measured(name, path, said.runs) for name in reversed(names)}  # peers first: ours adds to the file
            _print(millions, found)


def _print(millions: float, found: dict[str, dict[str, list[float]]]) -> None:
    print(f"\n{millions:g} million movements: seconds (of processors)")
    for name, figures in found["ours"].items():
        print(f"  {name:28} " + (f"{figures[0]:8.2f} ({figures[1]:.2f})" if len(figures) == 2 else f"{figures[0]:8,.0f}"))
    summary = found["ours"]["summary, 3 periods"]
    for peer in [name for name in found if name != "ours"]:
        wall, cpu = found[peer][peer]
        memory = found[peer]["most memory, MB"][0]
        ratio = f"{wall / summary[0]:.1f} x ours by the wall, {cpu / summary[1]:.1f} x by processors"
        print(f"  {peer:28} {wall:8.2f} ({cpu:.2f}), {memory:,.0f} MB: {ratio}")


if __name__ == "__main__":
    main()
