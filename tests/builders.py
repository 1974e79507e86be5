"""The words in which tests build a small world."""

import atexit
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ims_core import db as database
from ims_core import items, ledger, people, places, suppliers
from ims_core.db import Database
from ims_core.errors import Refused

DAY = date(2026, 5, 4)
WATER, CRATE = "4006381333931", "14006381333938"


def empty_shop() -> Database:
    """An empty shop in a file of its own, copied: laying the tables and views takes three times as long as opening them."""
    file = Path(tempfile.mkstemp(".duckdb", dir=_laid().parent)[1])
    db = database.connect(lay(file))
    with suppress(PermissionError):  # Windows keeps what is open
        file.unlink()
    return db


def lay(file: Path) -> Path:
    """An empty shop at `file`, not yet opened."""
    return Path(shutil.copyfile(_laid(), file))


@cache
def _laid() -> Path:
    folder = tempfile.mkdtemp(prefix="shops-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = Path(folder) / "laid.duckdb"
    database.connect(file).close()
    return file


@dataclass
class Shop:
    """A shop to fill with a few words."""

    db: Database

    def item(self, sku: str, **values: Any) -> int:
        """A new item; its number."""
        items.save(self.db, people.LOCAL, [{"sku": sku, "name": sku.title(), **values}])
        return int(self.db.scalar("select item_id from items where sku = ?", [sku]))

    def place(self, name: str) -> str:
        """A new place; its short name."""
        places.save(self.db, people.LOCAL, [{"place": name}])
        return name

    def supplier(self, name: str, **values: Any) -> int:
        """A new supplier; its number."""
        suppliers.save(self.db, people.LOCAL, [{"name": name, **values}])
        return int(self.db.scalar("select supplier_id from suppliers where name = ?", [name]))

    def move(self, kind: str, item_id: int, qty: float, day: date = DAY, place: str = "Shop", **values: Any) -> int:
        """A movement recorded by hand; the number of its change."""
        return ledger.record(self.db, people.LOCAL, ledger.Record(kind, item_id, qty, place, day, **values))

    def undo_any(self, first: int, number: int) -> None:
        """Take back one of the changes from `first` on, whichever `number` falls on; what cannot be is left."""
        if self.db.version >= first:
            with suppress(Refused):
                ledger.undo(self.db, people.LOCAL, first + number % (self.db.version - first + 1))

    def water(self, name: str) -> int:
        """Water in bottles (WATER) and in crates of twelve (CRATE), and a cellar to put it in."""
        water = self.item("WATER", name=name, price=0.5)
        items.link_barcode(self.db, people.LOCAL, water, WATER)
        items.link_barcode(self.db, people.LOCAL, water, CRATE, 12)
        self.place("Cellar")
        return water

    def on_hand(self, sku: str, day: date | None = None) -> float:
        """What stands in all places."""
        stock = ledger.on_hand(self.db, day)
        return float(stock.loc[stock.sku == sku, "on_hand"].sum())
