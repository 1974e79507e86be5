"""A shop of its own for every test; nothing of ours is mocked."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path

import argon2
import pytest
from streamlit.components.v2 import manifest_scanner

from ims_core.db import Database
from tests.builders import Shop, empty_shop, lay

TODAY = date(2026, 5, 20)

# A server looks through what is installed once, as it starts; AppTest does so for every screen, which takes longer than our pages do.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

# A password is slow to prove on purpose; the tests prove a thousand. How slow it is in the shop, test_accounts.py says.
argon2.PasswordHasher = partial(argon2.PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)  # type: ignore[misc,assignment]

LONG = (
    "test_again",
    "test_alike",
    "test_counting",
    "test_demo",
    "test_every_kpi",
    "test_hostile_files",
    "test_importing",
    "test_matching",
    "test_purchasing",
    "test_real_files",
    "test_upload",
)
"""Files whose tests take more than a second each, as do those before a browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, then those with the most tests: what comes last is short, so that no worker waits for another's last file."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.stem not in LONG and item.path.parent.name != "browser", -tests[item.path]))


@pytest.fixture
def db() -> Iterator[Database]:
    """An empty shop."""
    shop = empty_shop()
    yield shop
    shop.close()


@pytest.fixture
def shop(db: Database) -> Shop:
    """An empty shop with words to fill it."""
    return Shop(db)


@pytest.fixture
def on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """An empty shop in a file, the one that the screens open."""
    from ims_core.web import doing

    monkeypatch.setenv("IMS_DATABASE", str(lay(tmp_path / "shop.duckdb")))
    yield Shop(doing.db())
    doing.close()
