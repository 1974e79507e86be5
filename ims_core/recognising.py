"""What a table is and which of its columns is which of our fields, by header words and by values."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from ims_core.labels import FIELDS, FILE_KINDS, KIND_FIELDS, KIND_NEEDS
from ims_core.reading import Table

SAMPLE = 400
SURE = 0.75
"""From this confidence on a column is taken without asking."""
LEAST = 0.5

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

WEIGHTS: dict[str, dict[str, float]] = {
    "sales": {"qty": 2, "day": 3, "customer": 3, "ref": 2, "price": 1.5, "total": 1.5},
    "purchases": {"qty": 2, "ordered": 3, "received": 4, "expected": 3, "supplier": 3, "received_qty": 4, "cost": 1.5, "ref": 1.5},
    "stock": {"on_hand": 5, "place": 2, "lot": 1, "expires": 1},
    "counts": {"on_hand": 3},
    "items": {"name": 2, "price": 2, "cost": 2, "category": 2, "barcode": 2, "pack": 1.5, "supplier": 1.5, "lead_days": 1.5, "moq": 1.5},
    "suppliers": {"supplier": 4, "email": 3, "phone": 3, "lead_days": 1, "min_order": 3},
}
"""How much a field speaks for a kind; 1 where none is given."""

HINTS = {
    "sales": r"sale|till|pos\b|invoice|receipts?\b|transaction|ventas|vente|verkauf|umsatz|kasse",
    "purchases": r"purchas|supply.?order|\bpo\b|deliver|goods.?in|achat|einkauf|bestell|compra",
    "stock": r"stock|inventory|on.?hand|bestand|lager|count|warehouse",
    "items": r"item|product|catalog|article|artikel|price.?list|sku|material",
    "suppliers": r"supplier|vendor|lieferant|fournisseur|proveedor",
}


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
    if best <= 0:
        return Mapping("ignore", {}, {"kind": 1.0})
    return _mapping(likeliest, scored[likeliest], runner_up, min(1.0, 0.5 + (best - max(second, 0)) / best))


def _mapping(kind: str, found: dict[str, tuple[str, float]], runner_up: str, sure: float) -> Mapping:
    confidence = {name: round(score, 2) for name, (_, score) in found.items()} | {"kind": round(sure, 2)}
    columns = {name: column for name, (column, _) in found.items()}
    return Mapping(kind, columns, confidence, tuple(_questions(kind, runner_up, confidence, found)))


def lacking(mapping: Mapping) -> list[str]:
    """What a file of this kind cannot do without and does not have, as labels."""
    needs = KIND_NEEDS[mapping.kind]
    return [" or ".join(FIELDS[name].label for name in group) for group in needs if not any(name in mapping.columns for name in group)]


# -- one kind


def _match(kind: str, samples: dict[str, list[str]]) -> dict[str, tuple[str, float]]:
    """The best column for each field of the kind: field -> (column, confidence); no column serves two fields."""
    scores = [
        (likeness(field_name, column) * _fits(FIELDS[field_name].type, cells), field_name, column)
        for field_name in KIND_FIELDS[kind]
        for column, cells in samples.items()
    ]
    found: dict[str, tuple[str, float]] = {}
    for score, field_name, column in sorted(scores, key=lambda scored: -scored[0]):
        if score >= LEAST and field_name not in found and column not in {taken for taken, _ in found.values()}:
            found[field_name] = (column, score)
    return found


def _speaks_for(kind: str, found: dict[str, tuple[str, float]], table: Table) -> float:
    if any(not any(name in found for name in group) for group in KIND_NEEDS[kind]):
        return 0
    if kind == "items" and len(found) < 2:
        return 0
    if kind == "suppliers" and ({"sku", "qty"} & _any_match(table) or len(found) < 2):
        return 0
    weights = WEIGHTS[kind]
    total = sum(weights.get(name, 1) * score for name, (_, score) in found.items())
    hinted = bool(re.search(HINTS[kind], f"{table.name} {table.sheet or ''}".lower()))
    return total + 2.5 * hinted


@cache
def _words() -> dict[str, tuple[tuple[str, ...], ...]]:
    text = (Path(__file__).parent / "words.toml").read_text(encoding="utf-8")
    return {name: tuple(tuple(word.split()) for word in words) for name, words in tomllib.loads(text).items()}


def _any_match(table: Table) -> set[str]:
    return {name for name in ("sku", "qty") for column in table.header if likeness(name, column) >= SURE}


@cache
def likeness(field_name: str, column: str) -> float:
    """How much a column's name sounds like the field: 1 the very word, less for parts and misspellings."""
    tokens = plain_words(column)
    if not tokens:
        return 0
    joined = "".join(tokens)
    best = 0.0
    for rank, words in enumerate(_words()[field_name]):
        first = 1 - min(rank, 20) * 0.005  # the list begins with the clearest words
        if tokens == words or joined == "".join(words):
            return first
        if len(words) > 1 and set(words) <= set(tokens):
            best = max(best, 0.85 * first)
        elif len(words) == 1 and words[0] in tokens and words[0] not in GENERIC:
            best = max(best, (0.8 if tokens[-1] == words[0] or tokens[0] == words[0] else 0.6) * first - 0.1 * (len(tokens) - 2))
        elif len(joined) > 4 and SequenceMatcher(None, joined, "".join(words)).ratio() > 0.87:
            best = max(best, 0.78 * first)
    return best


def plain_words(name: str) -> tuple[str, ...]:
    """`InvoiceNo.` -> invoice no: words in lower case, without signs, currency and units in brackets."""
    name = re.sub(r"\((?:€|\$|£|eur|usd|gbp|pcs|days|kg|#)\)", " ", name, flags=re.I)
    name = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(re.sub(r"[^\w]+|_", " ", name.lower()).split())


# -- values


def _sample(table: Table, column: str) -> list[str]:
    """Up to SAMPLE filled cells from the top, the middle and the end."""
    cells, step = table.rows.column(column), max(1, table.rows.num_rows // SAMPLE)
    picked = cells.take(list(range(0, len(cells), step))[:SAMPLE]).to_pylist()
    return [text for cell in picked if cell and (text := cell.strip())]


def _fits(type: str, cells: list[str]) -> float:
    """How well values suit a field's type; an empty column says nothing against it."""
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


def _share(cells: list[str], pattern: str) -> float:
    fits = sum(bool(re.fullmatch(pattern, cell)) for cell in cells) / len(cells)
    return 1.0 if fits >= 0.9 else fits


# -- what is left open


def _questions(kind: str, runner_up: str, confidence: dict[str, float], found: dict[str, tuple[str, float]]) -> Iterable[Question]:
    if confidence["kind"] < 0.6:
        text = f"This looks like {FILE_KINDS[kind].lower()}, but it could be {FILE_KINDS[runner_up].lower()}. Which is it?"
        yield Question("kind", text, (kind, runner_up, "ignore"), kind)
    for name, (column, score) in found.items():
        if score < SURE:
            text = f"Is the column “{column}” the {FIELDS[name].label.lower()}?"
            yield Question(f"column {name}", text, (column, ""), column)
