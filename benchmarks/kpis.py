"""All questions of the Home and Analysis pages on a shop of 5,000 items, 3 places and 3 years, once the positions are kept.

    python benchmarks/kpis.py [--millions 1 10 50] [--peers 10] [--runs 3]

Peers in the same run, at `--peers` million movements: pandas and polars (`plain_kpis.py`) give the same answers from the same movements,
already in memory: every KPI of the summary of which this ledger has data, for the three periods; by category; the classes (ABC, and how
evenly it sells, from monthly sums of their own and our pure functions); the value of each item at moving average. Where an answer differs
from ours beyond rounding, the script stops. They are told twice: from the movements, and from the item-days they made once and kept.
Without a peer: by place, supplier, class and item, history, what is called a change, movers, seasons, losses, prices, waits, first in
first out, and Home. Each measurement has a process of its own; seconds of the wall and of the processors, and the most memory it took.
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
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

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
    for number in range(1, 7):
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
    order(cursor, change + 6)
    cursor.execute("commit")
    cursor.execute("checkpoint")
    cursor.close()
    db.connection.close()


def order(cursor: Any, change: int) -> None:
    """Five orders a supplier that nobody delivered; half of them are past due."""
    cursor.execute(f"""
        insert into orders by name
        select {change} as change_id, o as order_id, 'PO ' || o as number, 1 + o % 40 as supplier_id, date '{LAST}' - 60 as ordered,
               date '{LAST}' + (case when o % 2 = 0 then -1 else 1 end * (1 + o % 30))::integer as expected
        from range(1, 201) t(o)""")
    cursor.execute(f"""
        insert into order_lines by name
        select {change} as change_id, o as order_id, n::integer as line, 1 + (hash(o * 100 + n) % {ITEMS})::bigint as item_id,
               1 + hash(n) % 50 as qty, 2.5 as unit_cost
        from range(1, 201) t(o), range(1, 13) s(n)""")


def timed(work: Callable[[], Any]) -> list[float]:
    """Seconds of the wall and of the processors."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return [wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime]


def asked(db: Any) -> dict[str, Callable[[], Any]]:
    """What the pages ask; the names that peers have come first."""
    from ims_core import alerts, bottlenecks, classes, headlines, inbox, kpis, ledger, movers, prices, reasons, valuation

    groups = {f"by {by}": lambda by=by: kpis.by_group(db, FIRST, LAST, by) for by in ("category", "place", "supplier", "class", "item")}
    return {
        SUMMARY: lambda: kpis.summary(db, FIRST, LAST),
        **groups,
        "classes": lambda: classes.of_items(db, LAST),
        "value, moving average": lambda: valuation.by_item(db, LAST),
        "history, 24 months": lambda: kpis.history(db, (LAST - timedelta(days=730)).replace(day=1), LAST),
        "what changed beyond chance": lambda: kpis.called(db, FIRST, LAST),
        "what was changed (marks)": lambda: kpis.marks(db, LAST - timedelta(days=730), LAST),
        "why": lambda: reasons.why(db, "turnover", FIRST, LAST),
        "movers": lambda: movers.compared(db, FIRST, LAST),
        "movers, with classes": lambda: movers.classed(db, FIRST, LAST),
        "movers beyond chance": lambda: movers.called(db, FIRST, LAST),
        "seasons": lambda: movers.seasons(db, LAST),
        "losses": lambda: movers.lost(db, FIRST, LAST),
        "prices given away": lambda: prices.given_away(db, FIRST, LAST),
        "changes of prices": lambda: prices.changes(db, LAST),
        "stages of orders": lambda: bottlenecks.stages(db, FIRST, LAST),
        "late suppliers": lambda: bottlenecks.suppliers(db, FIRST, LAST),
        "late orders": lambda: alerts.late(db, LAST),
        "items that wait": lambda: bottlenecks.waiting(db, LAST),
        "value, first in first out": lambda: valuation.by_item(db, LAST, "fifo"),
        "value by reason": lambda: valuation.moved(db, FIRST, LAST),
        "Home": lambda: headlines.today(db, LAST),
        "Home, sales known until": lambda: headlines.sales_known(db, LAST),
        "Home, inbox": lambda: inbox.counted(db, LAST),
        "Home, what happened last": lambda: ledger.happened(db, 8),
    }


SUMMARY, DAYS_KEPT = "summary, 3 periods", ", item-days kept"


def ours(path: Path, runs: int) -> dict[str, list[float]]:
    """Build, each question at its best of `runs`, and catching up after a change and after its undo."""
    from ims_core import classes, kpis, ledger, people, positions, valuation
    from ims_core import db as database

    db = database.connect(path)
    found = {"positions built": timed(lambda: positions.catch_up(db))}
    for name, question in asked(db).items():
        found[name] = min(timed(question) for _ in range(runs))
    told = kpis.summary(db, FIRST, LAST).set_index("kpi")[["value", "before", "year_ago"]].T
    groups = kpis.by_group(db, FIRST, LAST, "category").set_index("grp").sort_index()
    names = [name for name in told if told[name].notna().any()]
    classed = classes.of_items(db, LAST).set_index("item_id").sort_index()
    value = valuation.by_item(db, LAST).set_index("item_id")["value"].sort_index()
    _keep(path, "ours", told[names].to_dict("list"), groups[names].to_dict("list"), classed["abc"], classed["cv"], value)
    sale = ledger.record(db, people.LOCAL, ledger.Record("sale", 17, 1, "Shop", LAST - timedelta(days=400)))
    found["caught up after a change"] = timed(lambda: positions.catch_up(db))
    ledger.undo(db, people.LOCAL, sale)
    found["caught up after its undo"] = timed(lambda: positions.catch_up(db))
    db.connection.close()
    return found


def _keep(path: Path, name: str, summary: Any, groups: Any, abc: Any, cv: Any, value: Any) -> None:
    answers = {
        "summary": summary,
        "by category": groups,
        "ABC": {"abc": list(abc)},
        "evenness": {"cv": list(cv)},
        "value": {"v": list(value)},
    }
    path.with_suffix(f".{name}.json").write_text(json.dumps(answers))


def peer(path: Path, runs: int, make: Callable[[Any, Any], Any], name: str) -> dict[str, list[float]]:
    """The same questions of one of plain_kpis, from the movements and from item-days that are kept."""
    import plain_kpis as plain

    one = make(*_exported(path))
    last = plain.number(LAST)
    begun = plain.number(LAST) - DAYS + 1

    def summary(days: Any) -> list[dict[str, Any]]:
        return [_kpis(plain, one.sums(days, plain.number(a), plain.number(b)), a, b, begun) for a, b in PERIODS]

    def groups(days: Any) -> dict[str, Any]:
        return _kpis(plain, one.sums(days, plain.number(FIRST), last, "category").sort_index(), FIRST, LAST, begun)

    questions = {SUMMARY: summary, "by category": groups, "classes": lambda days: _classes(one, days, last),
                 "value, moving average": lambda days: one.value(days, last)}  # fmt: skip
    made = min(timed(one.days) for _ in range(runs))
    days, found = one.days(), {"item-days made": made}
    for key, question in questions.items():
        clipped = min(timed(lambda asked=question: asked(days)) for _ in range(runs))
        found |= {key: [made[0] + clipped[0], made[1] + clipped[1]], f"{key}{DAYS_KEPT}": clipped}
    told = summary(days)
    together = {kpi: [float(period[kpi].iloc[0]) for period in told] for kpi in told[0]}
    abc, cv = _classes(one, days, last)
    _keep(path, name, together, {kpi: values.tolist() for kpi, values in groups(days).items()}, abc, cv, one.value(days, last).sort_index())
    return found


def _kpis(plain: Any, sums: Any, first: date, last: date, begun: int) -> dict[str, Any]:
    return dict(plain.kpis(sums, plain.number(last) - max(plain.number(first), begun) + 1, 0.25))


def _classes(one: Any, days: Any, last: int) -> tuple[Any, Any]:
    """ABC and the spread of demand of each item, by our pure functions over the peer's monthly sums."""
    from ims_core import classes

    cogs, pieces = one.monthly(days, last)
    cogs, pieces = cogs.iloc[:, -36:], pieces.iloc[:, -36:]
    category = one.items["category"]
    codes, _ = (category.sort_index() if hasattr(category, "sort_index") else one.items.sort("item_id")["category"].to_pandas()).factorize()
    month = (pieces.columns.to_numpy(int) - 1) % 12 + 1
    return classes.kept_letters(cogs.to_numpy(float)), classes.evenness(pieces.to_numpy(float), codes.astype("int64"), month)


def in_pandas(path: Path, runs: int) -> dict[str, list[float]]:
    """All of it in pandas."""
    import plain_kpis

    return peer(path, runs, plain_kpis.Pandas, "pandas")


def in_polars(path: Path, runs: int) -> dict[str, list[float]]:
    """All of it in polars."""
    import plain_kpis

    return peer(path, runs, plain_kpis.Polars, "polars")


def _exported(path: Path) -> tuple[Any, Any]:
    """The movements and items as Arrow tables; days as numbers, kinds and places as categories."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as shop:
        moves = shop.sql("""
            select item_id::integer as item_id, place, (day - date '2020-01-01')::integer as day, kind, qty::double as qty,
                   unit_price::double as unit_price, unit_cost::double as unit_cost from movements
        """).to_arrow_table()
        items = shop.sql("select item_id::integer as item_id, category, cost::double as cost from items").to_arrow_table()
    for name in ("kind", "place"):
        moves = moves.set_column(moves.column_names.index(name), name, moves[name].dictionary_encode())
    return moves, items


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What a peer answers otherwise than we do: money beyond a hundredth of a cent (sums are kept to a millionth), else a millionth."""
    import numpy as np

    from ims_core.measures import BOOK

    found = []
    for answer, columns in one.items():
        for name in sorted({*columns, *other[answer]}):
            rounding = 1e-4 if name == "v" or (name in BOOK and BOOK[name].unit == "money") else 1e-6
            mine, theirs = columns.get(name), other[answer].get(name)
            same = mine is not None and theirs is not None and len(mine) == len(theirs)
            if same and isinstance(mine[0], str):
                same = mine == theirs
            elif same:
                same = bool(np.allclose(np.array(mine, float), np.array(theirs, float), rtol=1e-9, atol=rounding, equal_nan=True))
            found += [] if same else [f"{answer}, {name}: {str(mine)[:90]} is not {str(theirs)[:90]}"]
    return found


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
            answers = {name: json.loads(path.with_suffix(f".{name}.json").read_text()) for name in names}
            for name in names[1:]:
                if apart := differing(answers["ours"], answers[name]):
                    sys.exit(f"{name} answers otherwise than we do:\n" + "\n".join(apart))
            print(f"{path.stat().st_size / 1e6:,.0f} MB on disk")
            _print(millions, found)


def _print(millions: float, found: dict[str, dict[str, list[float]]]) -> None:
    mine = found.pop("ours")
    print(f"\n{millions:g} million movements: seconds (of processors)")
    for name, figures in mine.items():
        print(f"  {name:28} " + (f"{figures[0]:8.2f} ({figures[1]:.2f})" if len(figures) == 2 else f"{figures[0]:8,.0f}"))
    for peer_name, figures in found.items():
        print(f"  {peer_name}, most memory, MB {figures.pop('most memory, MB')[0]:,.0f}; gives the same answers")
        for name, (wall, cpu) in figures.items():
            us = mine.get(name.removesuffix(DAYS_KEPT))
            ratio = f": {wall / us[0]:.1f} x ours by the wall, {cpu / us[1]:.1f} x by processors" if us else ""
            print(f"    {name:38} {wall:8.2f} ({cpu:.2f}){ratio}")


if __name__ == "__main__":
    main()
