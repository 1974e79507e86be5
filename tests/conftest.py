"""A shop of its own for every test; nothing of ours is mocked."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ims_core.db import Database
from tests.builders import Shop, empty_shop, lay

TODAY = date(2026, 5, 20)


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
