"""A drop of files becomes a plan that can be looked at, and a plan becomes one change: all of it or nothing."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import partial

import pyarrow as pa

from ims_core import booking, cleaning, labels, ledger, mappings, people, policy, reading, reckoning, recognising, unused, values
from ims_core.db import Database
from ims_core.errors import Refused, Unreadable
from ims_core.plans import Group, Plan
from ims_core.progress import Note, Progress, meanwhile, quiet
from ims_core.reading import Table
from ims_core.recognising import Mapping

LARGE = 3_000_000
"""Bytes from which the size of a file is said while it is read."""


# -- looking


def preview(db: Database, files: list[tuple[str, bytes]], progress: Progress | None = None, today: date | None = None) -> Plan:
    """Read, recognise and clean the files; writes nothing. `today`: for a count without any day anywhere."""
    tell = progress or quiet
    tables, hashes, known, unreadable = _read_all(db, files, tell)
    named = [found for table in tables if (found := values.day_in(table.name))]
    groups, kept = [], mappings.kept(db)
    alike = _alike(tables)
    for done, indexes in enumerate(alike):
        members = tuple(tables[i] for i in indexes)
        group = Group(members, tuple(hashes[i] for i in indexes), recognising.recognise(_largest(members)), None)
        group = mappings.understood(group, kept)
        part = (0.4 + 0.6 * done / len(alike), 0.4 + 0.6 * (done + 1) / len(alike))
        says = f"Cleaning {labels.many(group.lines, 'line')} of {group.name.partition(',')[0]}"
        groups.append(meanwhile(tell, part, says, partial(_cleaned, db, group)))
    tell(1.0, "Ready")
    return Plan(tuple(groups), tuple(known), tuple(unreadable), _count_day(db, groups, named, today))


def _alike(tables: list[Table]) -> list[list[int]]:
    """Which tables go together: those with the same columns, unless the names of their files speak of different things."""
    by_header: dict[tuple[str, ...], dict[frozenset[str], list[int]]] = {}
    for index, table in enumerate(tables):
        by_header.setdefault(table.header, {}).setdefault(recognising.hinted(table), []).append(index)
    groups: list[list[int]] = []
    for hints in by_header.values():
        apart = sum(bool(hint) for hint in hints) > 1
        groups += hints.values() if apart else [sorted(index for indexes in hints.values() for index in indexes)]
    return groups


def revise(db: Database, plan: Plan, index: int, mapping: Mapping | None = None, off: frozenset[str] | None = None) -> Plan:
    """The plan with another mapping, or other rules switched off, for one group."""
    group = plan.groups[index]
    changed = replace(group, mapping=mapping or group.mapping, off=group.off if off is None else off)
    groups = [*plan.groups[:index], _cleaned(db, changed), *plan.groups[index + 1 :]]
    return replace(plan, groups=tuple(groups), day=_count_day(db, groups, [], plan.day))


def _read_all(
    db: Database, files: list[tuple[str, bytes]], tell: Progress
) -> tuple[list[Table], list[str], list[tuple[str, int]], list[tuple[str, str]]]:
    """Read each file that is new: its tables, the hash of each table's file, what is known, what cannot be read."""
    before = _in_the_shop(db)
    tables: list[Table] = []
    hashes: list[str] = []
    known, unreadable = [], []
    seen: Counter[str] = Counter()
    for done, (given, content) in enumerate(files):
        sha, name = hashlib.sha256(content).hexdigest(), reading.safe_name(given)
        if sha in before:
            known.append((name, before[sha]))
        elif sha not in hashes:
            seen[name] += 1
            name = f"{name} ({seen[name]})" if seen[name] > 1 else name  # two folders may hold files of one name
            part, many = (0.4 * done / len(files), 0.4 * (done + 1) / len(files)), f"{done + 1:,} of {len(files):,}: "
            try:
                found = meanwhile(tell, part, f"Reading {many if len(files) > 1 else ''}{name}", partial(_read, name, content))
            except Unreadable as refusal:
                unreadable.append((name, str(refusal)))
                continue
            tables += found
            hashes += [sha] * len(found)
    return tables, hashes, known, unreadable


def _read(name: str, content: bytes, note: Note) -> list[Table]:
    if len(content) > LARGE:
        note(f"{len(content) / 1e6:,.0f} MB")
    found = unused.dropped_back(reading.read(name, content))
    if not found:
        raise Unreadable(
            f"{name} holds only our list of problems. Mend the lines on the other sheets of that workbook, and drop it with them."
        )
    return found


def _cleaned(db: Database, group: Group, note: Note | None = None) -> Group:
    if group.mapping.kind == "ignore" or group.lacking:
        return replace(group, cleaned=None)
    spelled = dict(db.rows("select upper(sku), sku from items"))
    return replace(group, cleaned=cleaning.clean(group.tables, group.mapping, spelled, group.off, _booked(db, group), note))


def _booked(db: Database, group: Group) -> pa.Table | None:
    """The lines that earlier files brought of the documents in this one: ref key (of the item) day qty often."""
    column = group.mapping.columns.get("ref")
    if group.mapping.kind != "sales" or column is None or not db.scalar("select count(*) > 0 from import_files"):
        return None
    numbers = {cell.strip() for table in group.tables for cell in pa.compute.unique(table.rows.column(column)).to_pylist() if cell}
    return db.arrow(
        """
        select m.ref, upper(i.sku) as key, m.day, -m.qty as qty, count(*) as often
        from visible_movements m join items i using (item_id)
        where m.file_id is not null and m.kind in ('sale', 'return_in', 'adjustment') and m.ref in (select unnest(?::varchar[]))
        group by all
        """,
        [list(numbers)],
    )


def _in_the_shop(db: Database) -> dict[str, int]:
    """The content of every file that was imported and not taken back, by its hash: the change that brought it."""
    return dict(
        db.rows("select sha256, max(change_id) from import_files where change_id in (select change_id from visible_changes) group by 1")
    )


def _largest(tables: tuple[Table, ...]) -> Table:
    return max(tables, key=lambda table: table.rows.num_rows)


def _count_day(db: Database, groups: list[Group], named: list[date], today: date | None) -> date:
    counts = [group for group in groups if group.mapping.kind in ("stock", "counts")]
    in_names = [found for group in counts for table in group.tables if (found := values.day_in(table.name))]
    if in_names:
        return max(in_names)
    seen = [pa.compute.max(group.cleaned.rows["day"]).as_py() for group in groups if group.cleaned and group.mapping.kind == "sales"]
    last = db.scalar("select max(day) from movements")
    return max([day for day in (*seen, last, *named) if day], default=today or date.today())


# -- committing


@people.needs("manager")
def commit(db: Database, who: people.Person, plan: Plan, progress: Progress | None = None, via: str = "import") -> int:
    """Write the plan as one change; the same plan again writes nothing and gives the first change back.

    Refused: a plan with nothing to use or nothing new, and one in which a question is still open that has no safe answer.
    """
    tell = progress or quiet
    groups = [group for group in plan.groups if group.cleaned]  # also where no line is used: its lines are kept, and it is known
    if not any(group.cleaned and group.cleaned.counts["used"] for group in groups):
        if plan.known:
            return plan.known[0][1]
        if plan.counts["joined"]:
            raise Refused("Every line of these files that can be used is in the shop already. Nothing was changed.")
        raise Refused("Nothing in these files can be used. Look at what was understood, and choose the kind and columns by hand.")
    if open_questions := [question.text for question in plan.questions if not question.taken]:
        raise Refused(f"Answer first, because both answers make sense: {open_questions[0]}")
    key, version, zone = _key(db, plan), db.version, policy.shop(db).timezone
    facts = meanwhile(tell, (0.0, 0.5), "Matching items, suppliers and places", lambda _: booking.book(db, groups, plan.day, zone))
    to_keep = mappings.to_keep(plan.groups, mappings.kept(db))
    with db.change(who=who.name, what=_what(groups), via=via, key=key) as change_id:
        _refuse_twice(db, groups, change_id)
        if db.version != version:  # somebody wrote since: numbers and balances are taken anew
            facts = booking.book(db, groups, plan.day, zone)
        for done, (table, rows) in enumerate(facts.items()):
            tell(0.5 + 0.5 * done / len(facts), f"Writing {rows.num_rows:,} {table.replace('_', ' ')}")
            ledger.post(db, rows) if table == "movements" else db.append(table, rows)
        db.append("mapping_versions", to_keep)
        reckoning.settle(db, change_id, change_id)
    tell(1.0, "Done")
    return change_id


def _refuse_twice(db: Database, groups: list[Group], change_id: int) -> None:
    """Asked inside the change: the same content, understood another way, would count twice."""
    before = _in_the_shop(db)
    for group in groups:
        for table, sha in zip(group.tables, group.hashes, strict=True):
            if before.get(sha, change_id) != change_id:
                raise Refused(
                    f"{table.name} is in the shop already, by change {before[sha]}. To have it understood another way, undo that first."
                )


def _what(groups: list[Group]) -> str:
    names = list(dict.fromkeys(table.name for group in groups for table in group.tables))
    kinds = list(dict.fromkeys(labels.FILE_KINDS[group.mapping.kind].lower() for group in groups))
    return f"Import of {names[0] if len(names) == 1 else f'{len(names)} files'} ({', '.join(kinds)})"


def _key(db: Database, plan: Plan) -> str:
    """The same content understood the same way is the same act, until it is undone."""
    hashes = sorted(sha for group in plan.groups for sha in group.hashes)
    ways = [
        [group.mapping.kind, sorted(group.mapping.columns.items()), sorted(group.off), sorted(group.mapping.answers.items())]
        for group in plan.groups
    ]
    undone = db.scalar("select count(*) from imports where undone")
    return "import " + hashlib.sha256(json.dumps([hashes, ways, undone]).encode()).hexdigest()
