"""The labelled truth: what real files (beside the project) and made ones are, and which of their columns is which field."""

import random
import tomllib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from ims_core import reading, widening
from ims_core.errors import Unreadable
from ims_core.labels import KIND_FIELDS
from ims_core.reading import Table
from ims_core.settings import ROOT

DATA = ROOT.parent / "shared" / "data"
FOLDERS = ("B5_*", "C3_*", "C6_*", "C7_*", "C8_*", "D*")
LEFT_OUT = (".md", ".py", ".php", ".pickle")
HERE = Path(__file__).parent
LINES = 40


@dataclass(frozen=True)
class Labelled:
    """A table and what is true of it. `columns`: every field that may be named -> the columns that are right for it."""

    name: str
    group: str
    table: Table
    kinds: tuple[str, ...]
    ours: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """What must be found: any of these fields in any of these columns."""
    may: frozenset[tuple[str, str]]
    """(field, column) that is right, needed or not."""

    @property
    def half(self) -> str:
        """The half that was tuned on, or the one that was looked at only in the end: by the hash of the file's name."""
        return "tuned" if zlib.crc32(self.name.encode()) % 2 else "held back"


def labelled(name: str, group: str, table: Table, kinds: list[str], said: dict[str, Any]) -> Labelled:
    """The table with what is said of it; what has no value in the file need not be found."""
    ours, may = [], set()
    known = {field for kind in kinds for field in KIND_FIELDS[kind]}
    for fields, named in said.items():
        columns = [named] if isinstance(named, str) else named
        wanted = tuple(field for field in fields.removesuffix("?").split("|") if field in known)
        may |= {(field, column) for field in wanted for column in columns}
        filled = [column for column in columns if column in table.header and any(filter(None, table.rows.column(column).to_pylist()))]
        if wanted and filled and not fields.endswith("?"):
            ours.append((wanted, tuple(columns)))
    return Labelled(name, group, table, tuple(kinds), tuple(ours), frozenset(may))


# -- real files


def real(turn: Callable[[Table], list[Table]]) -> Iterator[Labelled]:
    """Every table of the real files, wide ones as `turn` lays them out."""
    truth = tomllib.loads((HERE / "corpus.toml").read_text(encoding="utf-8"))
    for path in sorted(path for folder in FOLDERS for path in DATA.glob(f"{folder}/**/*")):
        if not path.is_file() or path.suffix in LEFT_OUT or path.name == ".htaccess":
            continue
        try:
            tables = reading.read(path.name, path.read_bytes())
        except Unreadable:
            continue
        name = str(path.relative_to(DATA))
        for table in (part for whole in tables for part in turn(whole)):
            key = name + (f"#{table.sheet}" if table.sheet else "")
            if "Period" not in table.header and f"{key}#items" in truth:
                key += "#items"
            said = truth.get(key, {"kind": ["ignore"], "columns": {}})
            yield labelled(name, name.split("_")[0], table, said["kind"], said["columns"])


# -- made files


def made(turn: Callable[[Table], list[Table]]) -> Iterator[Labelled]:
    """Every layout of corpus_made.toml, filled with goods; seeded by its name."""
    for group, files in tomllib.loads((HERE / "corpus_made.toml").read_text(encoding="utf-8")).items():
        for name, layout in files.items():
            table, said = _filled(name, layout)
            for part in turn(table):
                kinds = [layout["kind"]] if isinstance(layout["kind"], str) else layout["kind"]
                turned = dict(layout.get("long", {}))
                told = {field: columns for field, columns in said.items() if set(columns) & set(part.header)}
                yield labelled(name, group, part, kinds, told | turned)


def _filled(name: str, layout: dict[str, Any]) -> tuple[Table, dict[str, list[str]]]:
    chance, lang = random.Random(name), layout.get("lang", "en")
    goods = [_good(chance, number) for number in range(LINES)]
    said: dict[str, list[str]] = {}
    cells: dict[str, list[str]] = {}
    for spec in layout["columns"].split(" | "):
        header, _, what = spec.partition(" = ")
        if what:
            said[what] = [header, *said.get(what, [])]
        else:
            header, _, what = spec.rpartition(" : ")
        maker = what.rstrip("?").split("|")[0]
        cells[header] = [_value(maker, good, chance, lang, number) for number, good in enumerate(goods)]
    for header in _across(layout.get("across")):
        cells[header] = [str(chance.randint(0, 30)) for _ in goods]
    columns = {header: pa.array(column, pa.string()) for header, column in cells.items()}
    return Table(name, None, tuple(columns), pa.table(columns), 2, title=layout.get("above", "")), said


def _across(across: list[Any] | None) -> list[str]:
    if across is None:
        return []
    if across[0] in ("months", "places"):
        return across[1:]
    pattern, first, last = across
    return [pattern % number for number in range(first, last + 1)]


THINGS = ["Teapot", "Mug", "Lamp", "Soap", "Candle", "Notebook", "Scarf", "Basket", "Tray", "Clock", "Vase", "Cushion"]
LOOKS = ["blue", "green", "oak", "linen", "small", "large", "striped", "brass"]
GROUPS = ["Kitchen", "Living", "Bath", "Stationery", "Garden"]
SELLERS = ["Hill & Sons", "Nordlicht GmbH", "Casa Blanca SL", "Atelier Brun", "Fratelli Rossi"]
PLACES = ["Main Street", "Harbour", "Mill Lane"]
PEOPLE = ["Ann Hill", "Bo Lund", "Cara Diaz", "Dan Roth", "Eve Marsh", "Finn Moe"]
WORDS = ["standard", "default", "manual", "regular", "online", "open"]
FILLERS: dict[str, list[str]] = {
    "flag": ["true", "false", "true"], "yes": ["1", "1", "0"], "zero": ["0"], "yesno": ["yes", "no"], "yn": ["Y", "N"],
    "word": WORDS, "words": ["new, gift", "sale", "home, gift, small"], "country": ["US", "DE", "FR"], "currency": ["EUR"],
    "weightunit": ["kg", "g", "lb"], "city": ["Reims", "Graz", "Leeds", "Porto"], "zip": ["51100", "8010", "LS1 4DY", "4000"],
    "addr": ["12 High St", "Am Markt 3", "Rue du Lac 8"], "person": PEOPLE, "pct": ["19", "7", "0"], "empty": [""],
    "clock": ["09:12", "14:05", "18:40"], "wootype": ["simple", "variable", "variation"], "json": ['{"size":"M"}', "a=1,b=2"],
    "category": GROUPS, "unit": ["pcs", "pcs", "box", "kg"], "place": PLACES, "supplier": SELLERS, "customer": PEOPLE,
    "status": ["completed", "completed", "cancelled", "processing"], "variant": ["S", "M", "L", "Blue", "Red"],
    "lead_days": ["7", "14", "21", "5"], "pack": ["6", "12", "24", "1"], "moq": ["1", "6", "12", "48"], "min_order": ["150", "250", "500"],
    "html": ["<p>Made by hand from local clay, glazed twice and fired slowly.</p>"], "url": ["https://img.example.com/a/1.jpg"],
    "text": ["Made by hand in a small workshop near the sea", "A gift that lasts, washable at thirty degrees"],
}  # fmt: skip
"""What stands in columns whose values are few."""


@dataclass(frozen=True)
class Good:
    """One line's item."""

    number: int
    name: str
    cost: float
    price: float
    qty: int
    barcode: str


def _good(chance: random.Random, number: int) -> Good:
    cost = round(chance.uniform(1, 40), 2)
    body = f"40{chance.randint(10**9, 10**10 - 1)}"
    name = f"{chance.choice(THINGS)} {chance.choice(LOOKS)} {chance.choice(LOOKS)}"
    return Good(number, name.capitalize(), cost, round(cost * 2.2, 2), chance.randint(1, 9), body + _check(body))


def _check(body: str) -> str:
    return str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def _value(what: str, good: Good, chance: random.Random, lang: str, number: int) -> str:
    """What stands in a cell of this field, or of this filler."""
    if what in FILLERS:
        return chance.choice(FILLERS[what])
    day = date(2026, 5, 4) + timedelta(days=chance.randint(0, 60))
    match what:
        case "sku" | "sku2":
            return f"{'ABC'[good.number % 3]}{1000 + good.number * 7}{'-P' if what == 'sku2' else ''}"
        case "supplier_code":
            return f"HS-{5000 + good.number}"
        case "barcode":
            return good.barcode
        case "asin":
            return f"B0{chance.randint(10**7, 10**8 - 1)}"
        case "name":
            return good.name
        case "parent" | "slug":
            return good.name.lower().replace(" ", "-")
        case "id":
            return str(number + 1)
        case "bigid":
            return str(4_600_000_000_000 + chance.randint(1, 10**9))
        case "guid":
            return f"{chance.getrandbits(64):016x}"
        case "qty" | "received_qty":
            return str(good.qty)
        case "on_hand" | "int":
            return str(chance.randint(0, 120))
        case "cost" | "price" | "total" | "money" | "weight":
            return _amount({"cost": good.cost, "price": good.price, "total": good.price * good.qty}.get(what, chance.uniform(0, 90)), lang)
        case "email":
            return f"{chance.choice(PEOPLE).split()[0].lower()}{number}@example.com"
        case "phone":
            return f"+44 113 {chance.randint(100, 999)} {chance.randint(1000, 9999)}"
        case "ref":
            return f"10{200 + number // 2}"
        case "lot":
            return f"L{chance.randint(2300, 2699)}"
        case "dt":
            return f"{day.isoformat()} {chance.randint(8, 19):02d}:{chance.randint(0, 59):02d}:00"
        case "day" | "date" | "ordered" | "expected" | "received" | "expires":
            return day.isoformat() if lang == "en" else day.strftime("%d.%m.%Y" if lang == "de" else "%d/%m/%Y")
    raise KeyError(what)


def _amount(value: float, lang: str) -> str:
    return f"{value:.2f}" if lang == "en" else f"{value:.2f}".replace(".", ",")


def files() -> list[Labelled]:
    """Everything, wide tables turned long."""

    def turn(table: Table) -> list[Table]:
        return widening.widen(table, date(2026, 6, 1))

    return [*real(turn), *made(turn)]
