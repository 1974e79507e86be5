"""The words in which tests build a small world."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from ims_core import items, ledger, people, places, suppliers
from ims_core.db import Database

DAY = date(2026, 5, 4)


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

    def on_hand(self, sku: str, day: date | None = None) -> float:
        """What stands in all places."""
        stock = ledger.on_hand(self.db, day)
        return float(stock.loc[stock.sku == sku, "on_hand"].sum())
