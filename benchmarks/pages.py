"""How long each page takes on a shop of 5,000 items and a million movements, beside a bare Streamlit page on the same machine.

python benchmarks/pages.py [--items 5000] [--movements 1000000] [--reruns 30] [--pages stock,item]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ims_core import db as database
from ims_core import ledger, people, places, reckoning, suppliers
from ims_core.db import Database
from tests.browser.visits import Server, served, visit

PAGES = {"": "", "stock": "", "item": "item=17", "movements": "", "items": "", "places": "", "suppliers": "", "settings": "",
         "forecast": "", "reorders": "", "upload": "", "analysis": "", "inbox": "", "count": "", "scan": "", "labels": "",
         "finance": "", "quality": ""}  # fmt: skip
BARE = 'import streamlit as st\nst.title("Bare")\nfor line in range(12):\n    st.write(f"line {line}")\n'
DAYS = 730


def fill(db: Database, items: int, movements: int, last: date) -> None:
    """A shop with two years of sales: few items sell often, many seldom; deliveries keep most of them on the shelf."""
    rng = np.random.default_rng(7)
    places.save(db, people.LOCAL, [{"place": place} for place in ("Shop", "Cellar", "Van")])
    suppliers.save(db, people.LOCAL, [{"name": f"Supplier {number}", "lead_days": 7 * number} for number in range(1, 41)])
    cost = np.round(np.exp(rng.normal(1.8, 0.8, items)), 2)
    number = np.arange(1, items + 1)
    sold, received = int(movements * 0.93), movements - int(movements * 0.93)
    weight = rng.gamma(0.7, 1, items)
    which = rng.choice(items, sold, p=weight / weight.sum())
    pieces = 1 + rng.poisson(0.6, sold)
    came = np.concatenate([np.arange(items), rng.choice(items, received - items, p=weight / weight.sum())])
    batch = np.maximum(1, np.bincount(which, weights=pieces, minlength=items)[came] / np.bincount(came, minlength=items)[came])
    with db.change(who="Owner", what="A catalogue"):
        names = [f"Item {at} {'in oak' if at % 3 else 'in steel'}" for at in number]
        db.append("item_versions", pd.DataFrame({"item_id": number, "sku": [f"SKU-{at}" for at in number], "name": names,
                  "category": [f"Category {at % 24}" for at in number], "cost": cost, "price": cost * 2}))  # fmt: skip
        db.append("supply_versions", pd.DataFrame({"item_id": number, "supplier_id": 1 + number % 40, "pack": 6.0}))
    for kind, item, qty in (("sale", which, -pieces), ("receipt", came, np.round(batch))):
        _post(db, kind, item, qty, cost, np.sort(rng.integers(1, DAYS, len(item))), last)
    counted = pd.Timestamp(last) - pd.Timedelta(days=30)
    with db.change(who="Owner", what="Stocktake") as change_id:
        db.append("counts", pd.DataFrame({"item_id": number, "place": "Shop", "counted_at": counted, "day": counted.date(),
                  "on_hand": rng.integers(0, 80, items).astype(float), "unit_cost": cost}))  # fmt: skip
        reckoning.settle(db, change_id, change_id)


def _post(db: Database, kind: str, item: np.ndarray, qty: np.ndarray, cost: np.ndarray, ago: np.ndarray, last: date) -> None:
    day = pd.Timestamp(last) - pd.to_timedelta(DAYS - ago, unit="D")
    price = {"unit_price": cost[item] * 2} if kind == "sale" else {"unit_cost": cost[item]}
    with db.change(who="Owner", what=f"Import {kind}.csv", via="import"):
        ledger.post(db, pd.DataFrame({"line": np.arange(1, len(item) + 1), "happened_at": day, "day": day.date, "kind": kind,
                    "item_id": item + 1, "place": "Shop", "qty": qty.astype(float), "ref": [f"{kind} {at}" for at in range(len(item))],
                    **price}))  # fmt: skip


def reruns(server: Server, page: str, query: str, times: int) -> tuple[float, list[float], int]:
    """Seconds of the first run (nothing cached), of each rerun, and bytes a rerun."""
    with visit(server) as tab:
        tab.run()  # the menu must tell the pages' names first
        first = tab.run(page, query)
        again = [tab.run(page, query) for _ in range(times)]
    assert not [said for run in again for said in run.texts("alert") if "could not be shown" in said], page
    return first.seconds, [run.seconds for run in again], again[-1].size


def crowd(server: Server, sessions: int, page: str) -> tuple[float, float]:
    """Seconds until `sessions` tabs that open a page at the same moment are all drawn, and MB a tab."""
    before = server.memory()
    with ThreadPoolExecutor(sessions) as people_at_once:
        tabs = [visit(server) for _ in range(sessions)]
        opened = [tab.__enter__() for tab in tabs]
        start = time.perf_counter()
        list(people_at_once.map(lambda tab: tab.run(page), opened))
        seconds, held = time.perf_counter() - start, (server.memory() - before) / sessions
        for tab in tabs:
            tab.__exit__(None, None, None)
    return seconds, held


def paints(server: Server, pages: dict[str, str]) -> dict[str, tuple[float, float]]:
    """In Chromium with an empty cache: seconds to the first paint, and until the page is drawn whole."""
    from playwright.sync_api import sync_playwright

    found: dict[str, tuple[float, float]] = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--headless=new"])
        for page, query in pages.items():
            tab = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            start = time.perf_counter()
            tab.goto(f"{server.address}/{page}?{query}")
            tab.get_by_role("heading", level=1).wait_for()
            tab.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
            whole = time.perf_counter() - start
            paint = tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
            found[page] = (paint, whole)
            tab.context.close()
        browser.close()
    return found


def bare(folder: Path, times: int) -> tuple[float, float]:
    """Seconds of a rerun of a bare page, and until its first paint: what Streamlit itself takes."""
    root, script = Path(__file__).resolve().parents[1], folder / "bare.py"
    script.write_text(BARE)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text((root / ".streamlit" / "config.toml").read_text())
    port = 9290
    with subprocess.Popen([sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)], cwd=folder) as process:
        try:
            server = Server(port, process, folder / "bare.log")
            for _ in range(100):
                time.sleep(0.1)
                try:
                    with visit(server) as tab:
                        rerun = statistics.median(tab.run().seconds for _ in range(times))
                    return rerun, paints(server, {"": ""})[""][0]
                except OSError:
                    continue
            raise RuntimeError("The bare page did not start.")
        finally:
            process.terminate()


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--items", type=int, default=5_000)
    asked.add_argument("--movements", type=int, default=1_000_000)
    asked.add_argument("--reruns", type=int, default=30)
    asked.add_argument("--pages", default=",".join(PAGES), help="such as today,stock")
    given = asked.parse_args()
    pages = {page: PAGES[page] for page in given.pages.replace("today", "").split(",")}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        floor, blank = bare(folder, given.reruns)
        db = database.connect(folder / "shop.duckdb")
        fill(db, given.items, given.movements, datetime.now(UTC).date() - timedelta(days=1))
        db.close()
        start = time.perf_counter()
        with served(folder / "shop.duckdb") as server:
            print(f"start to first answer {time.perf_counter() - start:.1f} s; load {os.getloadavg()[0]:.1f}")
            print(f"bare page: rerun {floor * 1000:.1f} ms, paint {blank:.2f} s\n")
            print(f"{'page':12} {'first':>8} {'p50':>8} {'p95':>8} {'p50/bare':>9} {'KB':>7}")
            for page, query in pages.items():
                first, again, size = reruns(server, page, query, given.reruns)
                p50, p95 = statistics.median(again), sorted(again)[int(0.95 * len(again))]
                times = f"{first * 1000:6.0f}ms {p50 * 1000:6.1f}ms {p95 * 1000:6.1f}ms {p50 / floor:8.1f}x"
                print(f"{page or 'today':12} {times} {size / 1024:7.0f}")
            for page in ("", "stock"):
                seconds, held = crowd(server, 20, page)
                print(f"\n20 tabs open {page or 'today'} at once: all drawn after {seconds:.2f} s, {held:.1f} MB a tab", end=", ")
                print(f"the server holds {server.memory():.0f} MB")
            print(f"\n{'page':12} {'paint':>8} {'drawn':>8}   (Chromium, nothing cached)")
            for page, (paint, whole) in paints(server, pages).items():
                print(f"{page or 'today':12} {paint:6.2f} s {whole:6.2f} s")


if __name__ == "__main__":
    main()
