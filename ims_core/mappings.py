"""How a file was understood, kept by its header: the next export of the same form needs no click."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ims_core import kinds, recognising
from ims_core.db import Database
from ims_core.labels import FIELDS
from ims_core.plans import Group
from ims_core.recognising import HOLDS, Mapping, Question


@dataclass(frozen=True)
class Kept:
    """What the person said of files of this form, and when."""

    mapping: Mapping
    off: frozenset[str]
    day: date


def signature(header: Sequence[str]) -> str:
    """What tells a form of file: its column names in their order, whatever the case."""
    return hashlib.sha256(json.dumps([name.strip().lower() for name in header]).encode()).hexdigest()


def kept(db: Database) -> dict[str, Kept]:
    """Every mapping in force by signature."""
    found = db.rows("""
        select m.signature, m.kind, m.columns, m.answers, m.off, c.done_at
        from mappings m join changes c using (change_id) where m.active
    """)
    return {
        form: Kept(Mapping(kind, json.loads(columns), {}, (), json.loads(answers)), frozenset(json.loads(off)), done_at.date())
        for form, kind, columns, answers, off, done_at in found
    }


def understood(group: Group, known: dict[str, Kept]) -> Group:
    """The group as files of its form were understood last time; as it is where none was kept, or its name speaks of another kind."""
    found, hints = known.get(signature(group.tables[0].header)), kinds.hinted(group.tables[0])
    spelled = {name.strip().lower(): name for name in group.tables[0].header}
    if found is None or (hints and found.mapping.kind not in (*hints, "counts", "ignore")):
        return group
    columns = {name: spelled[column.strip().lower()] for name, column in found.mapping.columns.items()}
    mapping = recognising.dated(group.tables[0], replace(found.mapping, columns=columns, confidence=dict.fromkeys(columns, 1.0)))
    return replace(group, mapping=mapping, off=found.off, as_on=found.day)


def to_keep(groups: Sequence[Group], known: dict[str, Kept]) -> list[dict[str, Any]]:
    """Rows of mapping_versions for what the person changed or let stand: kind, columns, answers, suggestions, rules switched off.

    A suggestion about money or days is asked again unless it was chosen: to let it stand is no answer.
    """
    rows = {}
    for group in groups:
        form, said = signature(group.tables[0].header), group.mapping
        before = known.get(form)
        accepted = lasting({question.about: question.taken for question in group.questions if question.taken and _is_light(question)})
        answers = accepted | lasting(said.answers)
        touched = said.answers or accepted or group.off or group.as_on
        now = (said.kind, said.columns, answers, group.off)
        same = before and (before.mapping.kind, before.mapping.columns, before.mapping.answers, before.off) == now
        if touched and not same:
            rows[form] = {
                "signature": form, "kind": said.kind, "columns": json.dumps(said.columns),
                "answers": json.dumps(answers), "off": json.dumps(sorted(group.off)),
            }  # fmt: skip
    return list(rows.values())


def _is_light(question: Question) -> bool:
    """What would be seen at once if it were wrong, unlike a price that is a cost."""
    about = question.about.removeprefix("column ")
    return about not in FIELDS or FIELDS[about].type not in ("money", "date")


def lasting(answers: dict[str, str]) -> dict[str, str]:
    """Answers that hold for the next file of this form too: how it is written and what its columns are, not what was in it."""
    return {
        about: answer for about, answer in answers.items() if about.startswith(("column ", HOLDS)) or about == "kind" or _is_style(answer)
    }


def _is_style(answer: str) -> bool:
    return answer in ("dmy", "mdy", "point", "comma")
