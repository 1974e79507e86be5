"""Reads that 32 devices send over HTTP with drops, repeats and in disorder: each in the ledger exactly once, so many a second.

Peer in the same run: SQLite (write-ahead log, synchronous=FULL) that takes the same distinct reads by `insert or ignore` on their
key, a transaction each, from the same number of threads, without HTTP, items, or an audit line.
"""

import argparse
import http.client
import json
import random
import socket
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ims_core import audit, devices, items, people
from ims_core import db as database
from tests.browser.visits import Server, served

ITEMS = 200

Read = dict[str, Any]


def wanted(count: int) -> list[Read]:
    """Distinct reads of one piece each."""
    chance = random.Random(1)
    return [{"key": f"k{number}", "code": f"SKU{chance.randrange(ITEMS)}", "mode": "receive"} for number in range(count)]


def deliveries(reads: Sequence[Read], size: int) -> list[list[Read]]:
    """What the devices send: each read once to three times, shuffled, in batches."""
    chance = random.Random(2)
    sent = [read for read in reads for _ in range(chance.choice([1, 1, 1, 2, 3]))]
    chance.shuffle(sent)
    return [sent[at : at + size] for at in range(0, len(sent), size)]


class Device(threading.local):
    """One connection a thread; a line that drops now and then, before or after the server has heard."""

    def __init__(self, server: Server, token: str) -> None:
        self.server, self.chance = server, random.Random()
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)

    def send(self, batch: Sequence[Read]) -> int:
        """Send until it was answered; how many times it was sent."""
        path, body = ("/api/scan", json.dumps(batch[0])) if len(batch) == 1 else ("/api/reads", json.dumps({"reads": batch}))
        for times in range(1, 100):
            if self.chance.random() < 0.05:
                continue  # lost on the way there
            try:
                self.line.request("POST", path, body, self.headers)
                if self.chance.random() < 0.05:
                    self.line.close()  # the answer is lost
                    continue
                answer = self.line.getresponse()
                said = json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                self.line.close()
                continue
            assert answer.status == 200, said
            assert not said.get("refused"), said
            return times
        raise RuntimeError("A hundred tries, and no answer.")


def ours(folder: Path, reads: Sequence[Read], size: int, clients: int) -> float:
    """Reads a second, proven: what the ledger holds afterwards is the set of distinct reads."""
    path, token = folder / f"shop{size}.duckdb", devices.new_token()
    shop = database.connect(path)
    items.save(shop, people.LOCAL, [{"sku": f"SKU{number}", "name": f"Item {number}"} for number in range(ITEMS)])
    devices.add(shop, people.LOCAL, "Gate", "staff", token)
    shop.close()
    batches = deliveries(reads, size)
    with served(path) as server, ThreadPoolExecutor(clients) as pool:
        device, start = Device(server, token), time.perf_counter()
        sent = sum(pool.map(lambda batch: device.send(batch) * len(batch), batches))
        seconds = time.perf_counter() - start
    shop = database.connect(path)
    keys = [key for (key,) in shop.rows("select key from changes where key is not null")]
    stock = {sku: int(qty) for sku, qty in shop.rows("select sku, on_hand from stock join items using (item_id)")}
    assert sorted(keys) == sorted(f"scan Gate (device):{read['key']}" for read in reads), "a read is missing, or twice"
    assert stock == dict(Counter(read["code"] for read in reads)), "the balances are not those of the distinct reads"
    assert shop.scalar("select count(*) from movements") == len(reads)
    assert audit.check(shop)["ok"].all()
    shop.close()
    print(f"  batches of {size:>3}: {len(reads):,} distinct reads, sent {sent:,} times by {clients} devices, each in the ledger once; "
          f"{len(reads) / seconds:,.0f} distinct reads a second")  # fmt: skip
    return len(reads) / seconds


def peer(folder: Path, reads: Sequence[Read], clients: int) -> float:
    """Distinct reads a second into SQLite."""
    link = sqlite3.connect(folder / "peer.sqlite", check_same_thread=False, isolation_level=None)
    link.executescript("pragma journal_mode = wal; pragma synchronous = full; create table reads (key text primary key, code text)")
    lock = threading.Lock()

    def post(read: Read) -> None:
        with lock:
            link.execute("insert or ignore into reads values (?, ?)", [read["key"], read["code"]])

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(post, reads))
    return len(reads) / (time.perf_counter() - start)


def main() -> None:
    """Batches, and one by one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 1])
    options = parser.parse_args()
    reads = wanted(options.reads)
    with tempfile.TemporaryDirectory() as folder:
        base = peer(Path(folder), reads, options.clients)
        print(f"  SQLite, each a transaction, no HTTP: {base:,.0f} reads a second")
        for size in options.sizes:
            print(f"  ratio to SQLite: {ours(Path(folder), reads, size, options.clients) / base:.2f}")


if __name__ == "__main__":
    socket.setdefaulttimeout(120)
    main()
