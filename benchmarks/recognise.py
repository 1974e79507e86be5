"""How many columns are understood: ours beside a plain list of synonyms, exact and with rapidfuzz.

    python benchmarks/recognise.py [--plain] [--show] [--half tuned|"held back"]

The truth is in tests/ (corpus.toml, corpus_made.toml): real files, where they lie beside the project, and made ones. A column is
right when the field is mapped to it without a question, asked when a question offers it, missed when it is left alone, and wrong
when it is taken for something that it is not. Files are split in two by the hash of their name: one half was tuned on.
"""

import argparse
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ims_core import evidence, presets, recognising
from ims_core.labels import KIND_FIELDS
from ims_core.reading import Table
from ims_core.recognising import Mapping
from tests import corpus

Recognise = Callable[..., Mapping]
OUTCOMES = ("right", "asked", "missed", "wrong")


def score(file: corpus.Labelled, recognise: Recognise) -> tuple[str, Counter[str], list[str]]:
    """How the kind came out, the columns by outcome, and what went wrong in words."""
    mapping = recognise(file.table)
    offered = {question.about: question.choices for question in mapping.questions}
    if "kind" in offered:
        kind = "asked" if set(file.kinds) & set(offered["kind"]) else "wrong"
    else:
        kind = "right" if mapping.kind in file.kinds else "wrong"
    if kind == "asked" and mapping.kind not in file.kinds:
        mapping = recognise(file.table, next(kind for kind in file.kinds if kind in offered["kind"]))
    told = [f"{file.name}: kind {kind}: {mapping.kind}, not {file.kinds[0]}"] if kind != "right" else []
    seen: Counter[str] = Counter()
    if mapping.kind in file.kinds:
        seen, words = columns(file, mapping)
        told += words
    elif kind == "wrong":
        seen["wrong"] += max(len(file.ours), len(mapping.columns))
    return kind, seen, told


def columns(file: corpus.Labelled, mapping: Mapping) -> tuple[Counter[str], list[str]]:
    """The columns of one table by outcome."""
    asked = {q.about.removeprefix("column "): q.choices for q in mapping.questions if q.about.startswith("column ")}
    seen: Counter[str] = Counter()
    told = []
    for named, rights in file.ours:
        fields = tuple(field for field in named if field in KIND_FIELDS[mapping.kind])
        if not fields:
            continue
        if any(set(asked.get(field, ())) & set(rights) for field in fields):
            seen["asked"] += 1
            told.append(f"  {file.name}: asked {fields[0]}? {rights[0]}")
        elif any(mapping.columns.get(field) in rights for field in fields):
            seen["right"] += 1
        elif not any(field in mapping.columns or field in asked for field in fields):
            seen["missed"] += 1
            told.append(f"  {file.name}: MISSED {fields[0]} = {rights[0]}")
        elif any(field in asked for field in fields):
            seen["missed"] += 1
            told.append(f"  {file.name}: MISSED {fields[0]} = {rights[0]}, asked {[asked.get(field) for field in fields]}")
    others = {column for named, rights in file.ours if "sku" not in named for column in rights}
    for field, column in mapping.columns.items():
        if field == "other_id" and column not in others:
            continue  # one more way to find an item; the corpus does not label a program's own numbers
        if field not in asked and (field, column) not in file.may and any(filter(None, file.table.rows.column(column).to_pylist())):
            seen["wrong"] += 1
            told.append(f"  {file.name}: WRONG {field} <- {column}")
    for field, choices in asked.items():
        if not any((field, choice) in file.may for choice in choices):
            seen["asked in vain"] += 1
            told.append(f"  {file.name}: asked in vain {field}? {choices}")
    return seen, told


# -- peers: a list of synonyms


def exact(table: Table, kind: str | None = None) -> Mapping:
    """The kind whose fields are met most, each column by its name in the list of synonyms."""
    return _by_words(table, kind, lambda column, words: column.lower().replace("_", " ").strip(" *") in words)


def fuzzy(table: Table, kind: str | None = None) -> Mapping:
    """The same, names that are nearly the same counted too."""
    from rapidfuzz import fuzz, process

    def alike(column: str, words: set[str]) -> bool:
        return process.extractOne(column.lower().replace("_", " "), words, scorer=fuzz.WRatio, score_cutoff=88) is not None

    return _by_words(table, kind, alike)


def _by_words(table: Table, kind: str | None, alike: Callable[[str, set[str]], bool]) -> Mapping:
    best: dict[str, dict[str, str]] = {}
    for name in [kind] if kind else [name for name in KIND_FIELDS if name not in ("ignore", "counts")]:
        found: dict[str, str] = {}
        for field in KIND_FIELDS[name]:
            words = SYNONYMS.get(field, set())
            column = next((column for column in table.header if column not in found.values() and alike(column, words)), None)
            if column is not None:
                found[field] = column
        best[name] = found
    winner = max(best, key=lambda name: len(best[name]))
    return Mapping(winner, best[winner]) if len(best[winner]) >= 2 else Mapping("ignore", {})


def _synonyms() -> dict[str, set[str]]:
    listed = tomllib.loads((Path(__file__).parent / "synonyms.toml").read_text(encoding="utf-8"))
    return {field: {word.removeprefix("? ") for word in words} for field, words in listed.items()}


SYNONYMS: dict[str, set[str]] = {}


# -- the report


def report(files: list[corpus.Labelled], name: str, recognise: Recognise, show: bool) -> None:
    """A line a group: the kinds, then the columns."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for file in files:
        kind, seen, told = score(file, recognise)
        for group in (f"{file.group}", f"all, {file.half}", "all"):
            groups[group] += seen
            kinds[group][kind] += 1
        if show and told:
            print("\n".join(told))
    print(f"\n{name}: {len(files)} tables")
    print(
        f"{'':18}{'kind right':>12}{'asked':>8}{'wrong':>8}   {'columns':>8}{'right':>9}{'asked':>9}{'missed':>9}{'wrong':>9}{'in vain':>9}"
    )
    for group in sorted(groups, key=lambda group: (group.startswith("all"), group)):
        seen, kind = groups[group], kinds[group]
        total, tables = max(1, sum(seen[outcome] for outcome in OUTCOMES)), sum(kind.values())
        shares = "".join(f"{seen[outcome] / total:9.1%}" for outcome in OUTCOMES)
        named = f"{kind['right'] / tables:12.1%}{kind['asked'] / tables:8.1%}{kind['wrong'] / tables:8.1%}"
        print(f"{group:18}{named}   {total:8}{shares}{seen['asked in vain']:9}")


def speed(files: list[corpus.Labelled]) -> None:
    """Processor time of one table once its words were met, its values new."""
    times = []
    for file in files:
        recognising.recognise(file.table)
        evidence.look.cache_clear()
        start = time.process_time()
        recognising.recognise(file.table)
        times.append((time.process_time() - start, len(file.table.header)))
    wide = [took for took, width in times if 25 <= width <= 45]
    print(f"\nA table of 25 to 45 columns: median {sorted(wide)[len(wide) // 2] * 1000:.1f} ms, slowest {max(wide) * 1000:.1f} ms")


def main() -> None:
    """What the command line asks for."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--half", choices=("tuned", "held back"))
    asked.add_argument("--show", action="store_true", help="every column that is not simply right")
    asked.add_argument("--alone", action="store_true", help="without the peers")
    asked.add_argument("--plain", action="store_true", help="without the presets of known systems")
    chosen = asked.parse_args()
    if chosen.plain:
        presets.known = lambda: ()  # type: ignore[assignment]
    files = corpus.files()
    files = [file for file in files if chosen.half in (None, file.half)]
    report(files, "ours", recognising.recognise, chosen.show)
    SYNONYMS.update(_synonyms())
    for name, peer in (("a list of synonyms, exact", exact), ("a list of synonyms, rapidfuzz", fuzzy)):
        if chosen.alone:
            break
        report(files, name, peer, False)
    speed(files)


if __name__ == "__main__":
    main()
