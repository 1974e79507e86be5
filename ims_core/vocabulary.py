"""What the words over a column mean: six languages, abbreviations, compounds and misspellings to words of ours, and these to fields."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ims_core import units
from ims_core.labels import FIELDS

PERHAPS = 0.6
"""How sure a phrase is that may mean other things too; words.toml marks it with a question mark."""
TIER = 0.07
"""How much less a phrase says than one on the line above it."""
LIGHT, STRANGE, MISSPELT = 0.05, 0.3, 0.12
"""What a word beside the phrase takes away: one that changes nothing, one nobody knows, one that is misspelt."""
OTHER_LETTER = 0.3
"""What one takes away whose other letter no finger slipped to: `Placa` may be a misspelt place or a word of its own, so it is asked."""
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qsdfghjklm")
"""The rows of keyboards: fingers slip to the key beside."""

STOP = frozenset((
    *("of", "the", "a", "an", "and", "or", "y", "et", "e", "und", "o", "ou", "for", "für"),
    *("de", "du", "des", "la", "le", "les", "l", "d", "s"),
    *("el", "los", "las", "del", "al", "della", "dello", "di", "do", "da", "dos"), *("der", "die", "das", "den", "dem", "am", "im", "en"),
))  # fmt: skip
NUMBERED = re.compile(r"[n№]\s*[°º]|№|#", re.I)
WORDLESS = re.compile(r"(column|spalte|colonne|columna|coluna|colonna|field|feld|campo|champ|col|var|unnamed|f|x|c)?[\s:_]*\d*", re.I)
"""A name that names nothing."""
TWICE = re.compile(r"(?<=\S) \([2-9]\)$")
"""How a column is told from another of its name: it says what that one says, so that somebody must choose."""
FLAG = re.compile(r"\?$|0/1|0 ?= ?no|\(y/n\)|^(is|has|can|use|allow|out)[ _]", re.I)
"""How a column of yes and no is named."""
SLASHED = {"s": " excluded ", "c": " included ", "p": " per "}
"""Without, with and for, as Spanish and Portuguese shorten them."""
SHORT = frozenset(
    ("qty", "sku", "ean", "art", "ek", "vk", "pos", "no", "nr", "id", "on", "oh", "cd", "dt", "ref", "kd", "lot", "tag", "net")
)
"""Words of two or three letters that may be part of another."""
JOINTS = ("", "s", "n", "en", "es")
"""What German puts between the parts of a word."""


@dataclass(frozen=True)
class Phrase:
    """Words of ours that stand for a field; `says`: how much."""

    words: frozenset[str]
    text: str
    says: float


@dataclass(frozen=True)
class Heading:
    """A column's name in words of ours; `strange`: words nobody knows; `misspelt`: what nearly known ones take away."""

    words: frozenset[str]
    strange: int = 0
    misspelt: float = 0.0


# -- the list


@cache
def _list() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


@cache
def _meanings() -> Mapping[str, tuple[str, ...]]:
    """Each word of theirs -> the words of ours that it stands for."""
    found: dict[str, tuple[str, ...]] = {}
    for ours, theirs in _list()["words"].items():
        for word in (*theirs.split(), *([ours] if " " not in ours else [])):
            found.setdefault(folded(word), tuple(ours.split()))
    return found


@cache
def _nearly() -> Mapping[str, tuple[str, ...]]:
    """Each word with one letter left out -> the words it may have been; short words are not guessed."""
    found: dict[str, list[str]] = {}
    for word in _meanings():
        if len(word) >= 4:
            for shorter in _shorter(word):
                found.setdefault(shorter, []).append(word)
    return {shorter: tuple(words) for shorter, words in found.items()}


@cache
def phrases(kind: str = "") -> Mapping[str, tuple[Phrase, ...]]:
    """The phrases of each field, those that hold in this kind of file only before the others."""
    listed = _list()
    own = listed["in"].get(kind, {})
    return {
        field: (*_phrases(own.get(field, [])), *_phrases(listed["fields"].get(field, [])))
        for field in dict.fromkeys((*listed["fields"], *own))
    }


def _phrases(tiers: list[list[str]]) -> tuple[Phrase, ...]:
    found = []
    for tier, texts in enumerate(tiers):
        for text in texts:
            plain = text.removeprefix("? ")
            words = frozenset(plain.split()) - STOP
            found.append(Phrase(words, plain, PERHAPS if text.startswith("? ") else 1 - tier * TIER))
    return tuple(found)


@cache
def light() -> frozenset[str]:
    """Words that change nothing."""
    return frozenset(_list()["light"]["words"].split()) | {"1"}


# -- a column's name


@lru_cache(20_000)
def heading(name: str) -> Heading:
    """`Art.-Nr.` and `ITEM_NO` are both item number."""
    words: set[str] = set()
    strange, misspelt = 0, 0.0
    name = TWICE.sub("", name)
    tokens = [token for token in plain_words(_last_part(name)) if token not in STOP]
    bracketed = set(plain_words(" ".join(re.findall(r"[(\[]([^)\]]*)[)\]]", name)))) - set(plain_words(re.sub(r"[(\[].*?[)\]]", " ", name)))
    for token in tokens:
        alone = _list()["alone"].get(token) if len(tokens) == 1 else None
        found, wrong = ((alone,), 0.0) if alone else _meant(token, len(tokens) == 1)
        words |= set(found)
        misspelt = max(misspelt, wrong)
        strange += not found and token not in bracketed
    return Heading(frozenset(words), strange, misspelt)


def plain_words(name: str) -> tuple[str, ...]:
    """`InvoiceNo.` -> invoice no: words in lower case without accents and signs, letters and figures apart."""
    name = NUMBERED.sub(" number ", name).replace("%", " percent ")
    name = re.sub(r"\b(\w)\.(?=\w)", r"\1", name)  # Q.tà, U.M.
    name = re.sub(r"\b([UuOo])/([MmHh])\b", r"\1\2", name)  # U/M, O/H
    name = re.sub(r"\b(prz|prezzo)\W+vend\b", "prezzo vendita", name, flags=re.I)  # alone it is a vendor
    name = re.sub(r"\b([SsCcPp])/ ?(?=[^\W\d_]{3})", lambda short: SLASHED[short[1].lower()], name)  # Precio s/IVA, Itens p/ caixa
    name = re.sub(r"(?<=[a-zß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    name = re.sub(r"\b(ean|gtin|upc|isbn)[ -]?\d+\b", r"\1", folded(name))
    return tuple(re.sub(r"[^\w€£$]+|_|(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", name).split())


def wordless(name: str) -> bool:
    """True where a column's name says nothing: `Column 3`, `F1`, `Spalte2`."""
    return bool(WORDLESS.fullmatch(name.strip()))


def folded(word: str) -> str:
    """In lower case, without accents."""
    apart = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _last_part(name: str) -> str:
    """`Order Lines/Unit Price` -> Unit Price: the path to a field of a line is no part of its name."""
    return re.sub(r"^\s*[\w ]*\b(lines?|lineitems?)\s*/\s*", "", name, flags=re.I)


@lru_cache(20_000)
def _meant(token: str, single: bool = False) -> tuple[tuple[str, ...], float]:
    """The words of ours a word stands for, and what it takes away if it is misspelt; nothing where nobody knows it."""
    known = _meanings()
    if token.isdigit():
        return (token.lstrip("0") or "0",), 0.0
    if found := known.get(token) or (known.get(token[:-1]) if token.endswith("s") else None):
        return found, 0.0
    if len(token) >= 5 and (parts := _compound(token)):
        return parts, 0.0
    if len(token) >= 4:
        near = {word for shorter in (token, *_shorter(token)) for word in _nearly().get(shorter, ())}
        near |= {word for word in _shorter(token) if word in known and len(word) >= 4}
        alike = [word for word in near if word[0] == token[0] and _one_slip(token, word)]
        if alike:
            nearest = min(alike, key=lambda word: (sorted(word) != sorted(token), len(word) == len(token), word))
            short = single and len(token) == 4 < len(nearest)  # one short word alone may be any: Dept is no depot
            return known[nearest], MISSPELT if _slipped(nearest, token) and not short else OTHER_LETTER
    return (), 0.0


@lru_cache(20_000)
def _compound(token: str) -> tuple[str, ...]:
    """`artikelnummer`, `qtyonhand`: a word made of known ones, the longest first."""
    known = _meanings()
    for size in range(len(token) - 2, 2, -1):
        if (first := known.get(token[:size])) is None or (size < 4 and token[:size] not in SHORT):
            continue
        for joint in JOINTS:
            rest = token[size:].removeprefix(joint) if token[size:].startswith(joint) else ""
            if len(rest) < 4 and rest not in SHORT:
                continue
            if (last := known.get(rest)) is not None:
                return (*first, *last)
            if len(rest) >= 5 and (more := _compound(rest)):
                return (*first, *more)
    return ()


def _one_slip(one: str, other: str) -> bool:
    """One letter too many, too few or wrong, or two that changed places."""
    if len(one) != len(other):
        return True  # they share a spelling with one letter left out
    unlike = [place for place in range(len(one)) if one[place] != other[place]]
    if len(unlike) == 1:
        return True
    return len(unlike) == 2 and unlike[1] == unlike[0] + 1 and one[unlike[0]] == other[unlike[1]] and one[unlike[1]] == other[unlike[0]]


def _slipped(word: str, typed: str) -> bool:
    """A letter left out, doubled or in another's place; another letter only where its key is beside the right one's."""
    unlike = [pair for pair in zip(word, typed, strict=False) if pair[0] != pair[1]]
    beside = any("".join(pair) in row or "".join(reversed(pair)) in row for pair in unlike for row in KEYS)
    return len(word) != len(typed) or len(unlike) > 1 or beside


def _shorter(word: str) -> set[str]:
    return {word[:place] + word[place + 1 :] for place in range(len(word))}


# -- a name and a field


@lru_cache(50_000)
def likeness(field: str, column: str, kind: str = "") -> float:
    """How much a column's name sounds like the field: 1 the very words, less beside others, 0 where a word makes it another thing."""
    if FLAG.search(column.strip()) and FIELDS[field].type not in ("text", "id"):
        return 0.0
    bare = _without_unit(column) if FIELDS[field].type == "number" and field != "pack" else column
    if bare != column:
        return max(_likeness(field, column, kind), _likeness(field, bare, kind) - LIGHT, 0.0)
    return _likeness(field, column, kind)


def _without_unit(column: str) -> str:
    """`Qty (kg)` and `Menge in Stk.` -> the quantity alone; a unit over a column is what its figures are told in."""
    unit = units.in_header(column)
    return (
        re.sub(rf"\s*(?:[(\[]\s*{re.escape(unit)}\s*[)\]]|(?:\s|_)(?:in\s+)?{re.escape(unit)}\s*\.?\s*$)", "", column) if unit else column
    )


def _likeness(field: str, column: str, kind: str) -> float:
    """`likeness` of a name without a unit."""
    read = heading(column)
    best, covered = 0.0, frozenset[str]()
    nothing = light() - ({"day"} if FIELDS[field].type == "number" else set())  # days in stock are no stock
    for phrase in phrases(kind).get(field, ()):
        if phrase.words == read.words:  # what holds in this kind of file comes before what holds everywhere
            best = phrase.says
            break
        if phrase.words <= read.words:
            covered |= phrase.words if phrase.says > PERHAPS else frozenset()
            further = read.words - phrase.words
            if further <= nothing:
                best = max(best, phrase.says - LIGHT * len(further))
    if not best and covered and read.words - covered <= nothing:  # Item code (SKU) says it twice
        best = 1 - 2 * LIGHT
    return max(0.0, best - STRANGE * read.strange - read.misspelt) if best else 0.0
