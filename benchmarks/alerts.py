"""Whether 50,000 movements raise each condition once, end it once and repeat nothing; and what looking costs those who post meanwhile.

The peer is a plain loop in Python that keeps every balance; then the same postings in the same run without anybody looking, in turns.
"""

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from datetime import date, datetime
from pathlib import Path

from ims_core import automation, inbox, ledger, people
from ims_core import db as database
from ims_core.db import Database

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 5, 4)


def shop(folder: Path, items: int) -> Database:
    """A shop whose items were all counted at nothing."""
    db = database.connect(folder / "shop.duckdb")
    count = {"place": "Shop", "counted_at": datetime(2026, 1, 1), "day": date(2026, 1, 1), "on_hand": 0}
    with db.change(who="Owner", what="Items"):
        db.append(
            "item_versions", [{"item_id": n, "sku": f"S{n}", "name": f"Item {n}", "cost": 2, "price": 5} for n in range(1, items + 1)]
        )
        db.append("counts", [count | {"item_id": n} for n in range(1, items + 1)])
    return db


def exact(db: Database, items: int, movements: int, looks: int) -> None:
    """Stop where the alerts differ from what a loop that keeps every balance says."""
    rng, stock, below, begun, ended = random.Random(5), Counter[int](), set[int](), Counter[int](), 0
    took = []
    for _ in range(looks):
        moves = [(rng.randint(1, items), rng.choice([-3, -2, -1, 1, 2, 3])) for _ in range(movements // looks)]
        with db.change(who="Owner", what="Movements"):
            db.append("movements", [
                {"line": line, "happened_at": datetime(2026, 5, 4, 12), "day": DAY, "kind": "sale" if qty < 0 else "receipt",
                 "item_id": item, "place": "Shop", "qty": qty} for line, (item, qty) in enumerate(moves, 1)
            ])  # fmt: skip
        for item, qty in moves:
            stock[item] += qty
        start = time.perf_counter()
        inbox.look(db, automation.AUTOMATION, DAY)
        took.append(time.perf_counter() - start)
        now = {item for item, on_hand in stock.items() if on_hand < 0}
        begun.update(now - below)
        ended += len(below - now)
        below = now
    mine = "alert_id in (select alert_id from alerts where rule = 'negative')"
    raised = dict(db.rows("select item_id, count(distinct alert_id) from alerts where rule = 'negative' group by item_id"))
    over = db.scalar(f"select count(*) from alert_ends where {mine}")
    standing = {item for (item,) in db.rows("select item_id from standing_alerts where rule = 'negative'")}
    if raised != dict(begun) or over != ended or standing != below:
        raise SystemExit(f"Alerts {sum(raised.values())} raised, {over} over; the loop says {sum(begun.values())} and {ended}.")
    alone(db)
    rules, alerts = db.rows("select count(distinct rule), count(distinct alert_id) from alerts")[0]
    print(f"{movements:,} movements, {looks} looks at all rules, {alerts:,} alerts of {rules} rules")
    print(f"below zero: {sum(begun.values()):,} raised once each, {ended:,} over, {len(below):,} stand, as the loop says")
    print(f"a look: median {statistics.median(took):.2f} s, longest {max(took):.2f} s")


def alone(db: Database) -> None:
    """Stop where a condition stood twice at once: between two raises of a subject there must be an end."""
    twice = db.scalar("""
        with raised as (select alert_id, rule, subject, min(change_id) as begun from alerts group by all),
             spans as (select rule, subject, begun, e.change_id as ended,
                              lead(begun) over (partition by rule, subject order by begun) as next
                       from raised left join alert_ends e using (alert_id))
        select count(*) from spans where next is not null and (ended is null or ended > next)
    """)
    ends = db.scalar("select count(*) - count(distinct alert_id) from alert_ends")
    if twice or ends:
        raise SystemExit(f"{twice} conditions stood twice, {ends} ended twice.")


def posted(db: Database, items: int, seconds: float, looking: bool) -> tuple[float, float, float, int]:
    """Post one after the other: milliseconds and CPU milliseconds a posting, the 99th percentile, and how many looks there were."""
    stop, waits, rng = threading.Event(), list[float](), random.Random(6)
    watcher = threading.Thread(target=automation.run, args=[db, stop])
    before = db.scalar("select count(*) from changes where what like 'Alerts: %'")
    if looking:
        watcher.start()
    begun, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        ledger.record(db, people.LOCAL, ledger.Record("receipt", rng.randint(1, items), 1, "Shop", DAY))
        waits.append(time.perf_counter() - start)
    used = time.process_time() - cpu
    stop.set()
    if looking:
        watcher.join()
    looks = db.scalar("select count(*) from changes where what like 'Alerts: %'") - before
    return statistics.mean(waits) * 1000, used / len(waits) * 1000, statistics.quantiles(waits, n=100)[98] * 1000, looks


def main() -> None:
    """Prove, then measure in turns."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--movements", type=int, default=50_000)
    options.add_argument("--items", type=int, default=1_000)
    options.add_argument("--looks", type=int, default=100)
    options.add_argument("--seconds", type=float, default=30)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--folder", type=Path, default=ROOT / "data", help="on the disk to measure")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        db = shop(Path(folder), chosen.items)
        exact(db, chosen.items, chosen.movements, chosen.looks)
        found = {looking: list[tuple[float, float, float, int]]() for looking in (False, True)}
        for _ in range(chosen.runs):
            for looking, runs in found.items():
                runs.append(posted(db, chosen.items, chosen.seconds, looking))
        alone(db)
        for looking, runs in found.items():
            mean, cpu, worst, looks = (statistics.median(column) for column in zip(*runs, strict=True))
            name = "with looking" if looking else "without"
            print(f"{name:13} {mean:6.1f} ms, {cpu:6.1f} ms of CPU a posting, p99 {worst:5.0f} ms, {looks:.0f} looks that found something")
        ratios = [statistics.median(a[at] / b[at] for a, b in zip(found[True], found[False], strict=True)) for at in (0, 1)]
        print(f"with/without: {ratios[0]:.2f} in time, {ratios[1]:.2f} in CPU a posting")
        db.close()


if __name__ == "__main__":
    main()
