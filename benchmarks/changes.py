"""How many changes a second 32 people can post, how long each waits, and whether all of them are there afterwards.

Peers in the same run, in turns: SQLite (write-ahead log, synchronous=FULL, the same two inserts a transaction, behind a
lock) and DuckDB alone (one insert of the movement, each on its own, nothing checked, no audit line).
"""

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ims_core import audit, ledger, people
from ims_core import db as database

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 5, 4)
ITEMS = 5000
INSERT = "insert into movements (change_id, line, happened_at, day, kind, item_id, place, qty, ref) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"

Post = Callable[[int, str], None]
"""Write one sale of an item under a reference of its own; on disk when it returns."""


def storm(post: Post, threads: int, seconds: float) -> tuple[float, list[float], set[str]]:
    """Post from many threads at once: changes a second, the wait of each, the references acknowledged."""
    waits: list[float] = []
    done: set[str] = set()
    until = time.perf_counter() + seconds

    def person(number: int) -> None:
        turn = 0
        while (start := time.perf_counter()) < until:
            turn += 1
            ref = f"{number}-{turn}"
            post(1 + (number * 157 + turn) % ITEMS, ref)
            waits.append(time.perf_counter() - start)
            done.add(ref)

    people_here = [threading.Thread(target=person, args=[number]) for number in range(threads)]
    began = time.perf_counter()
    for one in people_here:
        one.start()
    for one in people_here:
        one.join()
    return len(done) / (time.perf_counter() - began), waits, done


def prove(name: str, found: list[str], done: set[str]) -> None:
    """Stop where an acknowledged change is missing, or one is there twice."""
    if len(found) != len(done) or set(found) != done:
        raise SystemExit(f"{name}: {len(done)} acknowledged, {len(found)} rows, {len(done - set(found))} lost")


def ours(folder: Path, threads: int, seconds: float) -> tuple[float, list[float]]:
    """`ledger.record`, with its role, item and place checks and its audit line."""
    shop = database.connect(folder / "shop.duckdb")
    with shop.change(who="Owner", what="Items"):
        shop.append("item_versions", [{"item_id": n, "sku": f"S{n:05}", "name": f"Item {n}"} for n in range(1, ITEMS + 1)])

    def post(item: int, ref: str) -> None:
        ledger.record(shop, people.LOCAL, ledger.Record("sale", item, 1, "Shop", DAY, ref=ref))

    rate, waits, done = storm(post, threads, seconds)
    prove("ours", [ref for (ref,) in shop.rows("select ref from movements")], done)
    proof = audit.check(shop)
    if not proof.ok.all() or shop.version != len(done) + 1:
        raise SystemExit(f"The ledger does not prove itself: {proof[~proof.ok].to_string()}")
    shop.close()
    return rate, waits


def sqlite(folder: Path, threads: int, seconds: float) -> tuple[float, list[float]]:
    """SQLite behind a lock: an audit line and a movement a transaction."""
    with sqlite3.connect(folder / "shop.sqlite", isolation_level=None, check_same_thread=False) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute(
            "create table changes (change_id integer primary key, done_at text, who text, what text, via text, key text unique)"
        )
        connection.execute("create table movements (change_id, line, happened_at, day, kind, item_id, place, qty, ref)")
        lock = threading.Lock()

        def post(item: int, ref: str) -> None:
            now = datetime.now(UTC).isoformat()
            with lock:
                connection.execute("begin immediate")
                row = connection.execute(
                    "insert into changes (done_at, who, what, via) values (?, ?, ?, ?)", [now, "Owner", f"Sale of {item}", "screen"]
                )
                connection.execute(INSERT, [row.lastrowid, 1, now, str(DAY), "sale", item, "Shop", -1, ref])
                connection.execute("commit")

        rate, waits, done = storm(post, threads, seconds)
        prove("sqlite", [ref for (ref,) in connection.execute("select ref from movements")], done)
    return rate, waits


def alone(folder: Path, threads: int, seconds: float) -> tuple[float, list[float]]:
    """DuckDB alone: one autocommitted insert, each thread on its own cursor."""
    with duckdb.connect(str(folder / "alone.duckdb")) as connection:
        connection.execute(
            "create table movements (change_id bigint, line integer, happened_at timestamp, day date, kind varchar, "
            "item_id bigint, place varchar, qty decimal(18, 4), ref varchar)"
        )

        def post(item: int, ref: str) -> None:
            connection.cursor().execute(INSERT, [1, 1, datetime.now(), DAY, "sale", item, "Shop", -1, ref])

        rate, waits, done = storm(post, threads, seconds)
        prove("duckdb", [ref for (ref,) in connection.execute("select ref from movements").fetchall()], done)
    return rate, waits


def flush(folder: Path) -> float:
    """What one flush of this disk costs, in milliseconds."""
    with (folder / "flush").open("wb", buffering=0) as handle:
        costs = []
        for _ in range(50):
            handle.write(b"x" * 4096)
            start = time.perf_counter()
            os.fsync(handle.fileno())
            costs.append(time.perf_counter() - start)
    return statistics.median(costs) * 1000


def main() -> None:
    """Run the three in turns and print medians as ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=32)
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--folder", type=Path, default=ROOT / "data", help="on the disk to measure")
    chosen = options.parse_args()
    ways = {"ours": ours, "sqlite": sqlite, "duckdb alone": alone}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    middle: dict[str, list[float]] = {name: [] for name in ways}
    worst: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(chosen.runs):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
                rate, waits = way(Path(folder), chosen.threads, chosen.seconds)
            cuts = statistics.quantiles(waits, n=100)
            rates[name].append(rate)
            middle[name].append(cuts[49] * 1000)
            worst[name].append(cuts[98] * 1000)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        print(f"{chosen.threads} threads, {chosen.runs} runs in turns, medians; one flush of this disk {flush(Path(folder)):.2f} ms")
    for name in ways:
        rate, p50, p99 = (statistics.median(figures[name]) for figures in (rates, middle, worst))
        ratio = statistics.median(mine / theirs for mine, theirs in zip(rates["ours"], rates[name], strict=True))
        against = "" if name == "ours" else f"   ours/{name} {ratio:.2f}"
        print(f"{name:13} {rate:6.0f} changes/s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms{against}")
    print("Nothing lost, nothing doubled: every acknowledged change was counted afterwards.")


if __name__ == "__main__":
    main()
