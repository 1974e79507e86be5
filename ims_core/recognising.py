"""What a table is and which of its columns is which of our fields, by header words and by values; what is not sure is asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ims_core import discounts, evidence, kinds, presets, proofs, vocabulary, widening
from ims_core.kinds import LEAST, SURE, Found
from ims_core.labels import FIELDS, FILE_KINDS, KIND_FIELDS, KIND_NEEDS
from ims_core.proofs import Samples
from ims_core.reading import Table

SAMPLE = 80
"""Cells of a column that are looked at."""
ASKED = 0.6
"""Below this confidence the kind is asked."""
NEAR = 0.035
"""A second column that fits a field this nearly as well is offered as an answer."""
NO = "no  column"
"""The answer that leaves a column alone (two blanks: no column of theirs has them)."""


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
    source: str = ""
    """The system whose export it is, where its headers name one."""


def recognise(table: Table, kind: str | None = None) -> Mapping:
    """Match the table's columns against every kind and take the one that explains them best, or against `kind` as told."""
    if kind == "ignore":
        return Mapping("ignore", {}, {"kind": 1.0})
    samples = {name: _sample(table, name) for name in table.header}
    if (preset := presets.find(table.header)) is not None and kind in (None, preset.kind):
        return _as_known(preset, samples)
    if kind is not None:
        told = _understood(kind, _match(kind, samples, kinds.title(table)), table, samples)
        return dated(table, _mapping(kind, told, [], 1.0, samples))
    scored = {kind: _match(kind, samples, kinds.title(table)) for kind in KIND_FIELDS if kind not in ("ignore", "counts")}
    ranked = sorted(((kinds.speaks_for(kind, found, table), kind) for kind, found in scored.items()), reverse=True)
    (best, likeliest), (second, runner_up) = ranked[0], ranked[1]
    if best < kinds.ENOUGH * 2 / 3:
        return Mapping("ignore", {}, {"kind": 1.0})
    against = ranked[2][0] if kinds.says_more(likeliest, runner_up, scored, table) else second
    sure = min(1.0, 0.5 + (best - against) / best)
    if best < kinds.ENOUGH or kinds.doubtful(likeliest, scored[likeliest], table):
        sure = min(sure, LEAST)
    if sure < ASKED and kinds.agrees(likeliest, scored[likeliest], table):
        sure = ASKED
    understood = _understood(likeliest, scored[likeliest], table, samples)
    return dated(table, _mapping(likeliest, understood, [other for score, other in ranked[1:] if score > 0], sure, samples))


def answered(mapping: Mapping, about: str, answer: str) -> Mapping:
    """The mapping with what the person said; an answer about a column takes it, or leaves it alone."""
    answers = {**mapping.answers, about: answer}
    if not about.startswith("column "):
        return replace(mapping, answers=answers)
    name = about.removeprefix("column ")
    columns = {ours: column for ours, column in mapping.columns.items() if ours != name and column != answer}
    return replace(mapping, columns=columns | ({} if answer == NO else {name: answer}), answers=answers)


HOLDS = "holds "
"""How an answer begins that tells how many pieces the pack of an item holds; behind it stands the item, as measuring.called has it."""


def told_packs(mapping: Mapping) -> dict[str, int]:
    """What the person said how many pieces the pack of an item holds."""
    return {about.removeprefix(HOLDS): int(answer) for about, answer in mapping.answers.items() if about.startswith(HOLDS)}


def lacking(mapping: Mapping) -> list[str]:
    """What a file of this kind cannot do without and does not have, as labels."""
    needs = KIND_NEEDS[mapping.kind]
    return [" or ".join(FIELDS[name].label for name in group) for group in needs if not any(name in mapping.columns for name in group)]


# -- a known system


def _as_known(preset: presets.Preset, samples: Samples) -> Mapping:
    """The columns as the system names them; one whose values contradict is asked all the same."""
    told = {name: column for name, column in presets.columns(preset, samples).items() if name in KIND_FIELDS[preset.kind]}
    found: Found = {name: [(1.0 if evidence.fits(name, samples[column]) > 0.5 else 0.6, column)] for name, column in told.items()}
    return replace(_mapping(preset.kind, found, [], 1.0, samples), source=preset.name)


# -- one kind


def _match(kind: str, samples: Samples, title: frozenset[str]) -> Found:
    """The best columns for each field of the kind; no column serves two fields."""
    scores, words = [], _sort_of(kind, samples, title)
    for name in KIND_FIELDS[kind]:
        for column, cells in samples.items():
            said = _said(name, column, cells, words)
            if said >= LEAST and (score := said * evidence.fits(name, cells)) >= LEAST - 0.15:
                scores.append((score - (0 if cells else 0.15), name, column))
    scores.sort(key=lambda scored: -scored[0])
    taken: dict[str, str] = {}
    for score, name, column in scores:
        if name not in taken and column not in taken.values() and (score >= LEAST or _only_by_values(name, column, samples)):
            taken[name] = column
    found: Found = {}
    for score, name, column in scores:
        if taken.get(name) == column:
            found.setdefault(name, []).insert(0, (score, column))
        elif name in taken and column not in taken.values():
            found.setdefault(name, []).append((score, column))
    if kind == "purchases" and "qty" not in found and "received_qty" in found:
        found["qty"] = found.pop("received_qty")  # a list of deliveries
    return {
        name: [rivals[0], *(rival for rival in rivals[1:] if _rivals(name, rivals[0], rival, samples))] for name, rivals in found.items()
    }


def _understood(kind: str, found: Found, table: Table, samples: Samples) -> Found:
    """What was found, with what the values of several columns say together."""
    found = discounts.told(kind, proofs.proved(proofs.told_apart(kind, found, samples), table), samples)
    if "on_hand" in found:
        found = proofs.on_hand(kind, found, table)
    if "barcode" in found and "sku" in found and vocabulary.heading(found["sku"][0][1]).words == {"item", "id"}:
        score, column = found["sku"][0]  # a number that a program gave itself perhaps
        found = found | {"sku": [(min(score, vocabulary.PERHAPS), column), *found["sku"][1:]]}
    if "place" in KIND_FIELDS[kind] and ("place" not in found or _is_bin(found["place"][0][1])):
        several = [column for column, cells in samples.items() if len(set(cells)) > 1]
        if named := next((column for column in several if vocabulary.heading(column).words == {"place", "name"}), None):
            found = found | {"place": [(1.0, named)]}
        elif store := next((column for column in several if vocabulary.heading(column).words == {"place", "id"}), None):
            found = found | {"place": [(vocabulary.PERHAPS, store), *found.get("place", [])[:1]]}
    if kind == "items" and "sku" in found and (number := _other_id(found, samples)):
        found = found | {"other_id": [(kinds.SURE, number)]}
    return found | _by_values(kind, found, samples)


def _is_bin(column: str) -> bool:
    """A shelf or bin stands in a place: where the file numbers places too, they come first."""
    return "bin" in vocabulary.heading(column).words


def _other_id(found: Found, samples: Samples) -> str | None:
    """The column with the number that a program gave each item beside its code: other files of that program may know it by that only."""
    taken = {rivals[0][1] for rivals in found.values()}
    named = (column for column in samples if column not in taken and vocabulary.heading(column).words in ({"item", "id"}, {"id"}))
    return next((column for column in named if len({*samples[column]}) == len(samples[column]) > 0), None)


def _by_values(kind: str, found: Found, samples: Samples) -> Found:
    """What the kind needs and no name promised: the one column of a name nobody knows whose values look like it, as a guess."""
    guesses: Found = {}
    for group in KIND_NEEDS[kind]:
        taken = {rivals[0][1] for rivals in (found | guesses).values()}
        if any(name in found for name in group):
            continue
        for name in group:
            unknown = [(evidence.guess(cells).get(name, 0.0), column) for column, cells in samples.items()
                       if column not in taken and vocabulary.heading(column).strange]  # fmt: skip
            if len(likely := [rival for rival in unknown if rival[0] >= LEAST]) == 1:
                guesses[name] = likely
                break
    return guesses


def _sort_of(kind: str, samples: Samples, title: frozenset[str]) -> str:
    """Which words hold: a list named after suppliers holds their names, and what they ask for goods is a cost."""
    if "supplier" not in title:
        return kind
    return {"suppliers": "suppliers named", "items": "items of suppliers"}.get(kind, kind)


def _said(name: str, column: str, cells: evidence.Cells, kind: str) -> float:
    """What the header says, or the values where it says nothing."""
    said = vocabulary.likeness(name, column, kind)
    if LEAST <= said < SURE and evidence.proves(name, cells):
        return SURE
    if name == "barcode" and said < LEAST and not vocabulary.heading(column).words - {"code", "number", "id"}:
        return evidence.guess(cells).get("barcode", 0.0) if not vocabulary.heading(column).strange else 0.0
    return evidence.guess(cells).get(name, 0.0) if vocabulary.wordless(column) else said


def _only_by_values(name: str, column: str, samples: Samples) -> bool:
    """A supplier called 7: offered, not taken."""
    return evidence.bare_numbers(name, samples[column])


def _rivals(name: str, best: tuple[float, str], other: tuple[float, str], samples: Samples) -> bool:
    """True where a second column is nearly as good and says something else."""
    return name != "customer" and best[0] - other[0] <= NEAR and bool(samples[other[1]]) and samples[best[1]] != samples[other[1]]


def _mapping(kind: str, found: Found, others: list[str], sure: float, samples: Samples) -> Mapping:
    questions, columns, confidence = [], {}, {}
    for name, rivals in found.items():
        score, column = rivals[0]
        offered = evidence.bare_numbers(name, samples[column])
        if not offered:
            columns[name] = column
            confidence[name] = round(min(1.0, score), 2)
        if offered or score < SURE or len(rivals) > 1:
            questions.append(_question(name, rivals, samples, NO if offered else column))
    confidence["kind"] = round(sure, 2)
    return Mapping(kind, columns, confidence, (*_about_kind(kind, others, sure), *questions))


def _sample(table: Table, column: str) -> evidence.Cells:
    """Up to SAMPLE filled cells from the top, the middle and the end."""
    cells, step = table.rows.column(column), max(1, table.rows.num_rows // SAMPLE)
    picked = cells.take(list(range(0, len(cells), step))[: SAMPLE * 2]).to_pylist()
    return tuple(text for cell in picked if cell and (text := cell.strip()))[:SAMPLE] or _first_filled(table, column)


def _first_filled(table: Table, column: str) -> evidence.Cells:
    """Where the picked cells are empty, the others may not be."""
    filled = [text for cell in table.rows.column(column).unique().slice(0, SAMPLE).to_pylist() if cell and (text := cell.strip())]
    return tuple(filled)


# -- what is left open


def dated(table: Table, mapping: Mapping) -> Mapping:
    """The mapping with the question in which year weeks or months are that name none."""
    if not isinstance(table, widening.Turned) or not table.years or widening.PERIOD not in mapping.columns.values():
        return mapping
    question = Question(
        "year", f"Its columns are {table.says.split(' turned')[0]} of one year. Which year?", tuple(sorted(table.years)), ""
    )
    return replace(mapping, questions=(*mapping.questions, question))


def _about_kind(kind: str, others: list[str], sure: float) -> Iterator[Question]:
    if sure < ASKED:
        other = f", but it could be {FILE_KINDS[others[0]].lower()}. Which is it" if others else ". Is it"
        text = f"This looks like {FILE_KINDS[kind].lower()}{other}?"
        yield Question("kind", text, (kind, *others, "ignore"), kind)


def _question(name: str, rivals: list[tuple[float, str]], samples: Samples, taken: str) -> Question:
    label = "item's name" if name == "name" else FIELDS[name].label.lower()  # “Name” may be a customer's
    columns = [column for _, column in rivals]
    if len(columns) > 1:
        shown = " or ".join(f"“{column}”{_such_as(samples[column], 2)}" for column in columns)
        text = f"Which column is the {label}: {shown}?"
    else:
        text = f"Does the column “{columns[0]}”{_such_as(samples[columns[0]])} hold the {label}?"
    return Question(f"column {name}", text, (*columns, NO), taken)


def _such_as(cells: evidence.Cells, most: int = 3) -> str:
    shown = ", ".join(cell[:30] for cell in list(dict.fromkeys(cells))[:most])
    return f" ({shown})" if shown else ""
