"""What a table is and which of its columns is which of our fields, by header words and by values."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, lru_cache
from pathlib import Path

from ims_core.labels import FIELDS, FILE_KINDS, KIND_FIELDS, KIND_NEEDS
from ims_core.reading import Table

SAMPLE = 400
SURE = 0.75
"""From this confidence on a column is taken without asking."""
LEAST = 0.5
PERHAPS = 0.6
"""How sure a word is that may mean other things too; words.toml marks it with a question mark."""
ENOUGH = 3.0
"""What speaks for a kind must weigh this much, or it is asked; below two thirds of it, the table is not for us."""
WITHOUT = 0.7
"""A table that lacks something needed may still be of the kind, with less weight: then the person is told what is missing."""

GENERIC = {
    "id",
    "code",
    "number",
    "reference",
    "ref",
    "type",
    "value",
    "count",
    "item",
    "product",
    "amount",
    "name",
    "description",
    "title",
}
"""Words that say something only when they stand alone: a category's id is no item's id."""

VAGUE = {"date", "day", "time", "stock"}
"""Words that are in many names: a start date is perhaps the day of the sale, perhaps not."""

OTHER = {"safety", "min", "minimum", "max", "maximum", "reorder", "reserved", "target", "damaged", "unsellable", "inbound", "shipping"}
"""Words that make a quantity or an amount another one, unless our own word has them too."""

FLAG = re.compile(r"\?$|\(0/1\)|\(y/n\)|^(is|has|can|use|allow|out)[ _]", re.I)
"""How a column of yes and no is named."""

ADDRESS = {"street", "city", "zip", "postcode", "postal", "address", "email", "phone"}
NOT_OURS = r"categor|location|customer|contact|manufacturer|alias|bill of material|\bbom\b|resource|operation|measure|\bstores?\b|parameter"
"""What a file may be about instead of items."""

WEIGHTS: dict[str, dict[str, float]] = {
    "sales": {"qty": 2, "day": 3, "customer": 3, "ref": 2, "price": 1.5, "total": 1.5},
    "purchases": {"qty": 2, "ordered": 3, "received": 4, "expected": 3, "supplier": 3, "received_qty": 4, "cost": 1.5, "ref": 1.5},
    "stock": {"on_hand": 4, "place": 2, "lot": 1, "expires": 1},
    "counts": {"on_hand": 3},
    "items": {"name": 2, "price": 2, "cost": 2, "category": 2, "barcode": 2, "pack": 1.5, "supplier": 1.5, "lead_days": 1.5, "moq": 1.5},
    "suppliers": {"supplier": 4, "email": 3, "phone": 3, "lead_days": 1, "min_order": 3},
}
"""How much a field speaks for a kind; 1 where none is given."""

HINTS = {
    "sales": r"sale|till|\bpos\b|invoice|receipts?\b|transaction|ventas|vente|verkauf|umsatz|kasse",
    "purchases": r"purchas|supply ?order|\bpo\b|deliver|goods in|achat|einkauf|bestell|compra",
    "stock": r"stock|inventory|on ?hand|bestand|lager|\bcount|warehouse",
    "items": r"\bitem|\bproducts?\b|catalog|\barticle|artikel|price ?list|\bsku|\bmaterials?\b",
    "suppliers": r"supplier|vendor|lieferant|fournisseur|proveedor",
}
"""Words in the name of a file or sheet that tell what it holds."""


@dataclass(frozen=True)
class Question:
    """Something the file leaves open: what is asked, the choices, and what is taken if nobody answers (empty: it must be answered)."""

    about: str
    text: str
    choices: tuple[str, ...]
    taken: str


@dataclass(frozen=True)
class Mapping:
    """What a table is: `kind`, `columns` (our field -> their column), `confidence` per field (and "kind"), open questions."""

    kind: str
    columns: dict[str, str]
    confidence: dict[str, float] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    """What the person said, by Question.about, e.g. {"day": "mdy"}."""


def recognise(table: Table, kind: str | None = None) -> Mapping:
    """Match the table's columns against every kind and take the one that explains them best, or against `kind` as told."""
    samples = {name: _sample(table, name) for name in table.header}
    if kind is not None:
        return _mapping(kind, {} if kind == "ignore" else _match(kind, samples), kind, 1.0)
    scored = {kind: _match(kind, samples) for kind in KIND_FIELDS if kind not in ("ignore", "counts")}
    ranked = sorted(((_speaks_for(kind, found, table), kind) for kind, found in scored.items()), reverse=True)
    (best, likeliest), (second, runner_up) = ranked[0], ranked[1]
    if best < ENOUGH * 2 / 3:
        return Mapping("ignore", {}, {"kind": 1.0})
    sure = min(1.0, 0.5 + (best - second) / best)
    if best < ENOUGH or _needs(likeliest, scored[likeliest]) < SURE:
        sure = min(sure, LEAST)
    return _mapping(likeliest, scored[likeliest], runner_up if second > 0 else "ignore", sure)


def hinted(table: Table) -> frozenset[str]:
    """The kinds that the names of the file and its sheet speak of."""
    named = _title(table)
    return frozenset(kind for kind, words in HINTS.items() if re.search(words, named))


def _mapping(kind: str, found: dict[str, tuple[str, float]], runner_up: str, sure: float) -> Mapping:
    confidence = {name: round(score, 2) for name, (_, score) in found.items()} | {"kind": round(sure, 2)}
    columns = {name: column for name, (column, _) in found.items()}
    return Mapping(kind, columns, confidence, tuple(_questions(kind, runner_up, confidence, found)))


def lacking(mapping: Mapping) -> list[str]:
    """What a file of this kind cannot do without and does not have, as labels."""
    needs = KIND_NEEDS[mapping.kind]
    return [" or ".join(FIELDS[name].label for name in group) for group in needs if not any(name in mapping.columns for name in group)]


# -- one kind


def _match(kind: str, samples: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, float]]:
    """The best column for each field of the kind: field -> (column, confidence); no column serves two fields."""
    scores = [
        (alike * _fits(FIELDS[field_name].type, cells), field_name, column)
        for field_name in KIND_FIELDS[kind]
        for column, cells in samples.items()
        if (alike := likeness(field_name, column)) >= LEAST
    ]
    found: dict[str, tuple[str, float]] = {}
    for score, field_name, column in sorted(scores, key=lambda scored: -scored[0]):
        if score >= LEAST and field_name not in found and column not in {taken for taken, _ in found.values()}:
            found[field_name] = (column, score)
    return found


def _speaks_for(kind: str, found: dict[str, tuple[str, float]], table: Table) -> float:
    """The weight of what was found, more where the file's name says so, less where something needed is missing or is a guess."""
    elsewhere = bool(re.search(NOT_OURS, _title(table)))
    named, needs = kind in hinted(table) and not (kind == "items" and elsewhere), _needs(kind, found)
    if len(found) < (3 if needs == 0 else 1 if named else 2):
        return 0
    if kind == "suppliers" and (_has_items(table) or (needs < SURE and not named)):
        return 0
    if kind == "items" and _has_addresses(table):
        return 0
    total = sum(WEIGHTS[kind].get(name, 1) * score for name, (_, score) in found.items()) + 2.5 * named
    if elsewhere and not named:
        total *= 0.35
    if kind == "items" and not {"sku", "barcode", "price"} & set(found):
        total *= PERHAPS
    return total * (WITHOUT if needs == 0 else 1)


def _needs(kind: str, found: dict[str, tuple[str, float]]) -> float:
    """How sure the least sure of the needed fields is; 0 where one is missing."""
    return min((max((found[name][1] for name in group if name in found), default=0) for group in KIND_NEEDS[kind]), default=1)


def _title(table: Table) -> str:
    return " ".join(plain_words(f"{table.name} {table.sheet or ''}"))


def _has_items(table: Table) -> bool:
    alone = [column for column in table.header if not (set(plain_words(column)) <= GENERIC)]
    return any(likeness(name, column) >= SURE for name in ("sku", "qty") for column in alone)


def _has_addresses(table: Table) -> bool:
    return sum(bool(ADDRESS & set(plain_words(column))) for column in table.header) >= 2


@cache
def _words() -> dict[str, tuple[tuple[tuple[str, ...], bool], ...]]:
    """Our field -> the words others put over it, and whether each is only a perhaps."""
    text = (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    return {
        name: tuple((tuple(word.removeprefix("? ").split()), word.startswith("? ")) for word in words)
        for name, words in tomllib.loads(text).items()
    }


@lru_cache(10_000)
def likeness(field_name: str, column: str) -> float:
    """How much a column's name sounds like the field: 1 the very word, less for parts, further words and misspellings."""
    tokens = plain_words(column)
    if not tokens or (FLAG.search(column.strip()) and FIELDS[field_name].type not in ("text", "id")):
        return 0
    joined, best = "".join(tokens), 0.0
    for rank, (words, perhaps) in enumerate(_words()[field_name]):
        first = PERHAPS if perhaps else 1 - min(rank, 20) * 0.005  # the list begins with the clearest words
        if tokens == words or joined == "".join(words):
            return max(best, first)
        if not perhaps and not OTHER & set(tokens) - set(words):
            best = max(best, _part(words, tokens, joined) * first)
    return best


def _part(words: tuple[str, ...], tokens: tuple[str, ...], joined: str) -> float:
    """How much of a column's name is our words."""
    further = len(tokens) - len(words)
    if len(words) > 1 and set(words) <= set(tokens):
        return 0.88 - 0.1 * further
    if len(words) == 1 and words[0] in tokens and words[0] not in GENERIC:
        at_an_end = words[0] in (tokens[0], tokens[-1])
        return (PERHAPS if words[0] in VAGUE else 0.8 if at_an_end else 0.6) - 0.1 * (further - 1)
    return 0.78 if len(joined) > 4 and _misspelt(joined, "".join(words)) else 0


def _misspelt(name: str, word: str) -> bool:
    letters = SequenceMatcher(None, name, word)
    return letters.real_quick_ratio() > 0.87 and letters.quick_ratio() > 0.87 and letters.ratio() > 0.87


def plain_words(name: str) -> tuple[str, ...]:
    """`InvoiceNo.` -> invoice no: words in lower case, without signs, currency and units in brackets."""
    name = re.sub(r"\((?:€|\$|£|eur|usd|gbp|pcs|days|kg|#)\)", " ", name, flags=re.I)
    name = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(re.sub(r"[^\w]+|_", " ", name.lower()).split())


# -- values


def _sample(table: Table, column: str) -> tuple[str, ...]:
    """Up to SAMPLE filled cells from the top, the middle and the end."""
    cells, step = table.rows.column(column), max(1, table.rows.num_rows // SAMPLE)
    picked = cells.take(list(range(0, len(cells), step))[:SAMPLE]).to_pylist()
    return tuple(text for cell in picked if cell and (text := cell.strip()))


@lru_cache(1000)
def _fits(type: str, cells: tuple[str, ...]) -> float:
    """How well values suit a field's type; an empty column says nothing against it, and some bad cells do not change what it is."""
    if not cells:
        return 0.9
    if type in ("number", "money", "days"):
        return _share(cells, r"[-+(]?\s*\W{0,4}\s*(?:[A-Z]{3}\s*)?[\d.,'\s]*\d[\d.,'\s]*\)?\s*(?:\W{0,4}|[A-Za-z]{1,6}\.?)-?")
    if type == "date":
        dates = _share(
            cells, r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}([ T].*)?|\d{1,2}\W+[A-Za-zäéû]{3,9}\.?\W+\d{2,4}.*|[A-Za-z]{3,9} \d{1,2},? \d{4}.*"
        )
        return max(dates, 0.8 * _share(cells, r"[34]\d{4}(\.\d+)?|20\d{6}"))
    if type == "id":
        return (
            0.3
            if _share(cells, r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}([ T].*)?") > 0.8
            else 1 - 0.5 * (sum(len(cell) > 60 for cell in cells) / len(cells))
        )
    return 1 - 0.4 * _share(cells, r"[-+]?\d+([.,]\d+)?")


def _share(cells: tuple[str, ...], pattern: str) -> float:
    fits = sum(bool(re.fullmatch(pattern, cell)) for cell in cells) / len(cells)
    return 1.0 if fits >= 0.9 else 0.4 + 0.6 * fits if fits >= 0.25 else fits


# -- what is left open


def _questions(kind: str, runner_up: str, confidence: dict[str, float], found: dict[str, tuple[str, float]]) -> Iterable[Question]:
    if confidence["kind"] < 0.6:
        other = f", but it could be {FILE_KINDS[runner_up].lower()}. Which is it" if runner_up != "ignore" else ". Is it"
        text = f"This looks like {FILE_KINDS[kind].lower()}{other}?"
        yield Question("kind", text, tuple(dict.fromkeys((kind, runner_up, "ignore"))), kind)
    for name, (column, score) in found.items():
        if score < SURE:
            text = f"Is the column “{column}” the {FIELDS[name].label.lower()}?"
            yield Question(f"column {name}", text, (column, ""), column)
