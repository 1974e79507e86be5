"""What the made-up shop sells and who delivers it."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

BOUGHT = {
    "one": (1, 1, 1, 1, 1, 1, 2),
    "few": (1, 1, 1, 1, 2, 2, 3),
    "pairs": (1, 2, 2, 2, 4, 4, 6),
    "bulk": (1, 2, 4, 5, 5, 10, 10, 20, 40),
}
"""Pieces on one receipt line; cafés buy their cups in bulk."""


@dataclass(frozen=True)
class Supplier:
    """Who delivers; `promised` days stand in the price list, `mean` days is what it really takes."""

    name: str
    contact: str
    phone: str
    email: str
    promised: int
    mean: float
    spread: float
    """Coefficient of variation of the lead time."""
    late: float
    """Share of orders that get stuck on the way."""
    weekday: int
    every: int
    """Weeks between orders."""
    minimum: int
    letters: str


SUPPLIERS = (
    Supplier("Nordlicht Küchenbedarf GmbH", "Jens Petersen", "+49 40 555 0142", "bestellung@nordlicht.example",
             8, 9, 0.25, 0.06, 0, 1, 250, "NK"),
    Supplier("Bruma Roasters", "Inês Carvalho", "+351 22 555 0177", "orders@brumaroasters.example",
             4, 4.5, 0.2, 0.04, 1, 1, 150, "BR"),
    Supplier("Lindqvist Tea Trading AB", "Maja Lindqvist", "+46 31 555 0119", "order@lindqvist-tea.example",
             14, 16, 0.25, 0.10, 2, 2, 300, "LT"),
    Supplier("Casa Ferrante S.r.l.", "Paolo Ferrante", "+39 030 555 0163", "ordini@casaferrante.example",
             14, 18, 0.35, 0.15, 2, 2, 400, "CF"),
    Supplier("Kiyomizu Trading", "Naoko Hayashi", "+81 75 555 0108", "export@kiyomizu.example",
             42, 45, 0.18, 0.12, 0, 4, 1000, "KY"),
    Supplier("Oldfield & Marsh Ltd", "Harriet Marsh", "+44 1865 555 0155", "sales@oldfieldmarsh.example",
             18, 21, 0.4, 0.18, 3, 3, 350, "OM"),
    Supplier("Atelier Vauclair", "Benoît Vauclair", "+33 4 55 55 01 31", "commandes@vauclair.example",
             28, 30, 0.25, 0.10, 1, 4, 500, "AV"),
    Supplier("PackRight Gastro", "Selma Yildiz", "+43 316 555 0124", "office@packright.example",
             3, 3, 0.3, 0.03, 4, 1, 60, "PG"),
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """What the shop sells, how it is wanted, and between which limits the shop keeps it."""

    code: str
    name: str
    category: str
    supplier: Supplier
    supplier_code: str
    barcode: str
    price: float
    cost: float
    pack: int
    weekly: float
    season: str
    bought: str
    first: date | None
    last: date | None
    growth: float
    low: int
    high: int

    def sold_on(self, day: date) -> bool:
        """True between launch and end."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)

    def ordered_on(self, day: date) -> bool:
        """True while the shop still orders it: ahead of the launch, no more towards the end, Advent goods in autumn only."""
        lead = timedelta(days=self.supplier.promised + 14)
        if self.season == "advent" and not (9, 10) <= (day.month, day.day) <= (11, 14):
            return False
        return (self.first is None or day >= self.first - lead) and (self.last is None or day <= self.last - 2 * lead)


def items(random: Random) -> tuple[Item, ...]:
    """The list in demo_items.csv, with the limits the owner once set, more or less wisely."""
    suppliers = {supplier.name: supplier for supplier in SUPPLIERS}
    text = Path(__file__).with_name("demo_items.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter=";", quoting=csv.QUOTE_NONE)
    return tuple(_item(row, number, suppliers[row["supplier"]], random) for number, row in enumerate(rows, start=1))


def _item(row: dict[str, str], number: int, supplier: Supplier, random: Random) -> Item:
    weekly, pack, sizes = float(row["weekly"]), int(row["pack"]), BOUGHT[row["bought"]]
    pieces = weekly * sum(sizes) / len(sizes)
    if row["season"] == "advent":
        high = pieces * 8 * random.uniform(0.7, 1.2)
        low = high * 0.35
    else:
        low = pieces * (supplier.promised / 7 + supplier.every) * random.choice((0.6, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0))
        high = low + pieces * random.choice((3, 4, 5, 6, 8, 13, 26))
    return Item(
        row["code"], row["name"], row["category"], supplier, f"{supplier.letters}{random.randint(1000, 9899)}-{number:03d}",
        _ean(f"9520{SUPPLIERS.index(supplier) + 11:03d}{number * 37 % 99999:05d}"), float(row["price"]), float(row["cost"]),
        pack, weekly, row["season"], row["bought"], _day(row["from"]), _day(row["to"]), random.uniform(-0.12, 0.22),
        max(1, round(low)), max(2, round(low) + 1, round(high)),
    )  # fmt: skip


def _ean(digits: str) -> str:
    """The prefix 952 is the one GS1 keeps for examples; the last digit checks the rest."""
    return digits + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
