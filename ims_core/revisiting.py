"""A drop looked at again because files came or went: what was read, understood and cleaned before holds for the others."""

from dataclasses import replace

from ims_core import documents
from ims_core.plans import Group, Plan
from ims_core.reading import Table


def tables_of(plan: Plan | None) -> dict[tuple[str, str], list[Table]]:
    """The tables of a plan by name and hash of their file."""
    found: dict[tuple[str, str], list[Table]] = {}
    for group in plan.groups if plan else ():
        for table, sha in zip(group.tables, group.hashes, strict=True):
            found.setdefault((table.name, sha), []).append(documents.alone(table))
    return found


def as_before(group: Group, before: Plan | None) -> Group | None:
    """The group as the person had it understood, where some of its files lay in the drop already; None where nothing was said of it."""
    for old in before.groups if before else ():
        said = old.mapping.answers or old.off or old.as_on
        if said and old.tables[0].header == group.tables[0].header and {*old.hashes} & {*group.hashes}:
            return replace(group, mapping=old.mapping, off=old.off, as_on=old.as_on)
    return None


def unchanged(group: Group, before: Plan | None, seen: int) -> Group | None:
    """The very group that was cleaned before, where neither its files nor the shop are others by now; units may hang on other files."""
    if before is None or before.seen != seen:
        return None
    for old in before.groups:
        same_tables = [id(table) for table in old.tables] == [id(table) for table in group.tables]
        measured = old.cleaned is not None and old.cleaned.measured
        if same_tables and not measured and (old.mapping, old.off, old.places) == (group.mapping, group.off, group.places):
            return old
    return None
