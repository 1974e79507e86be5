"""What is done to a shop in a process of its own, which is then killed, or whose disk fills up."""

import json
import os
import random
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ims_core import db as database
from ims_core.db import Database
from ims_core.errors import StorageFailed
from tests.builders import DAY


def post(shop: Database, ref: str, note: str | None = None) -> int:
    """A transfer: two rows that belong together, under a reference of their own."""
    row = {"happened_at": datetime(2026, 5, 4), "day": DAY, "kind": "transfer", "item_id": 1, "ref": ref, "note": note}
    with shop.change(who="Storm", what=ref) as change_id:
        shop.append("movements", [{**row, "line": 1, "place": "Shop", "qty": -1}, {**row, "line": 2, "place": "Cellar", "qty": 1}])
    return change_id


def standing(shop: Database) -> list[str]:
    """The references in the shop; stops where one is there in part or twice, or an audit line has no rows."""
    found = shop.rows("select ref, count(*), sum(qty), count(distinct change_id) from movements group by ref")
    broken = [row for row in found if row[1:] != (2, 0, 1)]
    lines = {what for (what,) in shop.rows("select what from changes where who = 'Storm'")}
    if broken or lines != {row[0] for row in found}:
        raise SystemExit(f"Written in part: {broken[:5]}, {len(lines)} changes, {len(found)} with rows")
    return [row[0] for row in found]


# -- kill -9


def write_until_killed(path: Path, says: int, number: int) -> None:
    """Eight people post and print each acknowledgement; one folds the log into the file again and again."""
    shop = database.connect(path)
    standing(shop)

    def person(name: int) -> None:
        for turn in range(1_000_000):
            ref = f"{number}-{name}-{turn}"
            post(shop, ref)
            os.write(says, f"{ref}\n".encode())

    people = [threading.Thread(target=person, args=[name], daemon=True) for name in range(8)]
    for one in people:
        one.start()
    while True:
        time.sleep(0.05)
        shop.checkpoint()


def kills(path: str, times: int) -> None:
    """Start and kill a writer `times` times at random moments; print every acknowledgement there was."""
    acknowledged: list[str] = []
    for number in range(times):
        reads, says = os.pipe()
        if (child := os.fork()) == 0:
            os.close(reads)
            try:
                write_until_killed(Path(path), says, number)
            except BaseException:
                traceback.print_exc()  # to the parent's stderr, or nobody learns why it stopped
            finally:
                os._exit(1)
        os.close(says)
        with os.fdopen(reads, "rb") as handle:
            first = handle.readline()
            time.sleep(random.uniform(0, 0.4))
            os.kill(child, signal.SIGKILL)
            heard = first + handle.read()
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            raise SystemExit(f"The writer of round {number} stopped by itself")
        acknowledged += heard.decode().split()
    json.dump(acknowledged, sys.stdout)


# -- a disk that fills up


def fill(shop: Database, free: Callable[[], None]) -> None:
    """Post until the disk takes no more; what can be read then; free some room; post again. Prints what happened."""
    acknowledged: list[str] = []
    sentence, reads, turn = "", 0, 0
    while not sentence and turn < 2000:
        turn += 1
        try:
            post(shop, f"fill-{turn}", note=random.randbytes(10_000).hex())
            acknowledged.append(f"fill-{turn}")
        except StorageFailed as refusal:
            sentence = str(refusal)
    reads = len(standing(shop))
    free()
    post(shop, "after")
    acknowledged.append("after")
    found = standing(shop)
    shop.close()
    again = database.connect(shop.path)
    kept = standing(again)
    again.close()
    json.dump({"sentence": sentence, "acknowledged": acknowledged, "read while full": reads, "found": found, "kept": kept}, sys.stdout)


def small_disk(folder: str, ballast: int) -> None:
    """On a disk of 40 MB with `ballast` MB taken by something else."""
    other = Path(folder) / "ballast"
    other.write_bytes(bytes(ballast * 2**20))
    fill(database.connect(Path(folder) / "shop.duckdb"), free=other.unlink)


def small_files(folder: str, most: int) -> None:
    """Where no file may grow beyond `most` MB."""
    shop = database.connect(Path(folder) / "shop.duckdb")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most * 2**20, hard))
    fill(shop, free=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)))
