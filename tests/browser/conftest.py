"""A working shop behind a real server, and a real browser before it."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from ims_core import db as database
from tests.browser.visits import Server, served
from tests.builders import Shop

FLAGS = [
    "--no-sandbox",
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HOSTILE = '<img src=x onerror="document.title=1"> ![x](http://evil.example/x.png) :red[**bold**] $x$ =1+2'


def fill(path: Path) -> None:
    """A shop with some weeks behind it, and a name that tries everything."""
    db = database.connect(path)
    shop, today = Shop(db), datetime.now(UTC).date()
    cellar, supplier = shop.place("Cellar"), shop.supplier("Nordlicht", lead_days=14)
    kettle, mug = shop.item("KETTLE", cost=8, price=19, category="Kitchen"), shop.item("MUG", cost=2, price=6, category="Table")
    shop.item("EVIL", name=HOSTILE, category=HOSTILE)
    assert supplier
    for item, pieces in ((kettle, 40), (mug, 6)):
        shop.move("receipt", item, pieces, day=today - timedelta(days=40), unit_cost=3)
    for ago in range(35, 0, -5):
        shop.move("sale", kettle, 3, day=today - timedelta(days=ago), unit_price=19)
    shop.move("sale", mug, 6, day=today - timedelta(days=3), unit_price=6, note=HOSTILE)
    shop.move("transfer", kettle, 5, day=today, to=cellar)
    db.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app, serving a working shop."""
    path = tmp_path_factory.mktemp("served") / "shop.duckdb"
    fill(path)
    with served(path) as running:
        yield running


def found_chromium() -> str:
    """Where the browser is; a test that needs one is skipped without, but never in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found and not os.environ.get("CI"):
        pytest.skip("There is no Chromium here. On Debian: sudo apt-get install chromium")
    assert found, "CI must have a Chromium."
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser; tests that need one are skipped where there is none, but never in CI."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found_chromium(), args=FLAGS)
        yield browser
        browser.close()
