"""A shop of its own for every test; nothing of ours is mocked."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

from ims_core.db import Database
from tests.builders import Shop, empty_shop, lay

TODAY = date(2026, 5, 20)

# A server looks through what is installed once, as it starts; AppTest does so for every screen, which takes longer than our pages do.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


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
