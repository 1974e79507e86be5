"""A drop of files becomes a plan that can be looked at, and a plan becomes one change: all of it or nothing."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import pyarrow as pa

from ims_core import (
    archives,
    booking,
    captions,
    claims,
    cleaning,
    columns,
    documents,
    exporting,
    known,
    labels,
    ledger,
    mappings,
    own_units,
    people,
    plans,
    policy,
    products,
    reading,
    reckoning,
    recognising,
    revisiting,
    unused,
    widening,
)
from ims_core.db import Database
from ims_core.errors import Refused, Unreadable
from ims_core.plans import Group, Plan
from ims_core.progress import Note, Progress, meanwhile, quiet
from ims_core.reading import Table
from ims_core.recognising import Mapping

LONG_AGO = 14
"""Days without anything known, after which a count that names no day may be of then or of now."""
LARGE = 3_000_000
"""Bytes from which the size of a file is said while it is read."""


# -- looking


def preview(
    db: Database, files: list[tuple[str, bytes]], progress: Progress | None = None, today: date | None = None, before: Plan | None = None
) -> Plan:
    """Read, recognise and clean the files; writes nothing. `today`: for a count without any day anywhere.

    `before`: what was looked at until files came or went; of groups that are still there, what the person said holds.
    """
    tell, seen = progress or quiet, db.version
    if any(archives.is_one(content) for _, content in files):
        return _whole(db, files, today or date.today())
    tables, hashes, again, unreadable = _read_all(db, files, tell, today or date.today(), before)
    named = [found for table in tables if (found := captions.day_in(table.name))]
    groups, kept, tables = [], mappings.kept(db), products.join(documents.join(tables), known.combinations(db))
    tables, hashes = _without_known_heads(db, tables, hashes, again)
    for indexes in plans.alike(tables):
        members = tuple(tables[i] for i in indexes)
        mapping = documents.understood(members[0]) or recognising.recognise(_largest(members))
        group = Group(members, tuple(hashes[i] for i in indexes), mapping, None)
        groups.append(revisiting.as_before(group, before) or mappings.understood(group, kept))
    groups = _placed(groups)
    for done, at in enumerate(_in_turn(groups)):
        group = groups[at]
        if (same := revisiting.unchanged(group, before, seen)) is not None:
            groups[at] = same
            continue
        part = (0.4 + 0.6 * done / len(groups), 0.4 + 0.6 * (done + 1) / len(groups))
        says = f"Cleaning {labels.many(group.lines, 'line')} of {group.name.partition(',')[0]}"
        groups[at] = meanwhile(tell, part, says, partial(_cleaned, db, group, groups))
    tell(1.0, "Ready")
    day, days = _count_day(db, groups, named, today)
    claimed, twins = claims.across(db, groups), plans.twins(files)
    return Plan(tuple(groups), tuple(again), tuple(unreadable), day, days, today, seen, claims=claimed, twins=twins)


def _whole(db: Database, files: list[tuple[str, bytes]], today: date) -> Plan:
    """The plan of a whole shop; other files beside it wait for the next drop."""
    whole, unreadable = None, []
    for given, content in files:
        name = reading.safe_name(given)
        if whole or not archives.is_one(content):
            unreadable.append((name, f"{name} was left out: a whole shop is dropped alone. Drop it afterwards."))
            continue
        try:
            whole = exporting.unpacked(db, name, content)
        except Unreadable as refusal:
            unreadable.append((name, str(refusal)))
    if whole and (before := exporting.known(db, whole)):
        return Plan((), ((whole.name, before),), tuple(unreadable), today, seen=db.version)
    return Plan((), (), tuple(unreadable), today, seen=db.version, whole=whole)


def revise(db: Database, plan: Plan, index: int, mapping: Mapping | None = None, off: frozenset[str] | None = None) -> Plan:
    """The plan with another mapping, or other rules switched off, for one group."""
    group = plan.groups[index]
    changed = replace(group, mapping=mapping or group.mapping, off=group.off if off is None else off)
    groups = _placed([*plan.groups[:index], changed, *plan.groups[index + 1 :]])  # what one is may tell what the sheets of another are
    anew = {nth for nth, (now, before) in enumerate(zip(groups, plan.groups, strict=True)) if nth == index or now.places != before.places}
    anew |= {nth for nth, group in enumerate(groups) if group.cleaned and group.cleaned.measured}  # one may tell the units of another
    groups = [replace(now, cleaned=None) if nth in anew else plan.groups[nth] for nth, now in enumerate(groups)]
    for nth in (nth for nth in _in_turn(groups) if nth in anew):
        groups[nth] = _cleaned(db, groups[nth], groups)
    day, days = _count_day(db, groups, [], plan.today)
    return replace(plan, groups=tuple(groups), day=day, days=days, claims=claims.across(db, groups))


def _in_turn(groups: list[Group]) -> list[int]:
    """The order in which they are cleaned: what items are and are counted in comes before what happened to them."""
    return sorted(range(len(groups)), key=lambda index: groups[index].mapping.kind != "items")


def _placed(groups: list[Group]) -> list[Group]:
    """Where several sheets of one file tell stock, each is a place, also where their columns differ."""
    told = {
        (sha, table.name, table.sheet) for group in groups if _holds(group) for table, sha in zip(group.tables, group.hashes, strict=True)
    }
    sheets = Counter((sha, name) for sha, name, _ in told)  # a zip holds several files
    return [
        replace(group, places=tuple(
            table.sheet if _holds(group) and sheets[sha, table.name] > 1 else None
            for table, sha in zip(group.tables, group.hashes, strict=True)
        ))
        for group in groups
    ]  # fmt: skip


def _holds(group: Group) -> bool:
    return group.mapping.kind in ("stock", "counts") and not group.lacking


def _read_all(
    db: Database, files: list[tuple[str, bytes]], tell: Progress, today: date, looked_at: Plan | None
) -> tuple[list[Table], list[str], list[tuple[str, int]], list[tuple[str, str]]]:
    """Read each file that is new: its tables, the hash of each table's file, what is known, what cannot be read."""
    before, here = known.files(db), revisiting.tables_of(looked_at)
    tables: list[Table] = []
    hashes: list[str] = []
    again, unreadable = [], []
    seen: Counter[str] = Counter()
    for done, (given, content) in enumerate(files):
        sha, name = hashlib.sha256(content).hexdigest(), reading.safe_name(given)
        if sha in before:
            again.append((name, before[sha]))
        elif sha not in hashes:
            seen[name] += 1
            name = f"{name} ({seen[name]})" if seen[name] > 1 else name  # two folders may hold files of one name
            if (name, sha) in here:
                tables += here[name, sha]
                hashes += [sha] * len(here[name, sha])
                continue
            part, many = (0.4 * done / len(files), 0.4 * (done + 1) / len(files)), f"{done + 1:,} of {len(files):,}: "
            try:
                says, work = f"Reading {many if len(files) > 1 else ''}{name}", partial(_read, name, content, today)
                if len(content) > LARGE or content.startswith((reading.ZIP, reading.OLE)):
                    found = meanwhile(tell, part, says, work)
                else:  # done before anybody could wonder
                    tell(part[0], says)
                    found = work(lambda step: None)
            except Unreadable as refusal:
                unreadable.append((name, str(refusal)))
                continue
            tables += found
            hashes += [sha] * len(found)
    return tables, hashes, again, unreadable


def _read(name: str, content: bytes, today: date, note: Note) -> list[Table]:
    if len(content) > LARGE:
        note(f"{len(content) / 1e6:,.0f} MB")
    read = reading.read(name, content)
    if any("item_id" in table.header and {"happened_at", "counted_at", "given_up"} & set(table.header) for table in read):
        raise Unreadable(f"{name} is a part of a whole shop and means nothing alone. Drop the zip it came in, as it is.")
    found = unused.dropped_back(read)
    if not found:
        raise Unreadable(
            f"{name} holds only our list of problems. Mend the lines on the other sheets of that workbook, and drop it with them."
        )
    return [part for table in found for part in widening.widen(table, today)]


def _cleaned(db: Database, group: Group, groups: Sequence[Group], note: Note | None = None) -> Group:
    """The group cleaned; `groups`: all of the drop, of which those cleaned before tell units and packs."""
    if group.mapping.kind == "ignore" or group.lacking:
        return replace(group, cleaned=None)
    group = replace(group, tables=tuple(widening.in_year(table, group.mapping.answers.get("year")) for table in group.tables))
    shop, standard = policy.shop(db), policy.Shop()  # what the shop has not said yet is no ground to bend a file
    timezone = shop.timezone if shop.timezone != standard.timezone else None
    currency = shop.currency if shop.currency != standard.currency else None
    others = [other for other in groups if other.tables is not group.tables]
    barred = known.barcodes(db) if set(columns.CODES) <= set(group.mapping.columns) else None  # else nothing is held against them
    cleaned = cleaning.clean(
        group.tables, group.mapping, known.spellings(db), group.off, known.sales(db), group.places, note, timezone, currency,
        barred, lambda: own_units.known(db, others, recognising.told_packs(group.mapping)),
    )  # fmt: skip
    return replace(group, cleaned=cleaned)


def _without_known_heads(
    db: Database, tables: list[Table], hashes: list[str], again: list[tuple[str, int]]
) -> tuple[list[Table], list[str]]:
    """The tables and their hashes but the heads of documents whose lines are in the shop; those are told as known.

    Only where nothing in the drop needs them: corrected lines come with the same heads.
    """
    before = known.heads(db)
    old = [sha in before and not isinstance(table, documents.Heads) for table, sha in zip(tables, hashes, strict=True)]
    again += [(table.name, before[sha]) for table, sha, is_old in zip(tables, hashes, old, strict=True) if is_old]
    kept = [(table, sha) for table, sha, is_old in zip(tables, hashes, old, strict=True) if not is_old]
    return [table for table, _ in kept], [sha for _, sha in kept]


def _largest(tables: tuple[Table, ...]) -> Table:
    return max(tables, key=lambda table: table.rows.num_rows)


def _count_day(db: Database, groups: list[Group], named: list[date], today: date | None) -> tuple[date, tuple[date, ...]]:
    """The day of counts that name none; and where the last day known is long before `today`, the two between which somebody must choose.

    Who tries old files means the day on which their sales end, who counted the shelves means today: a guess would be years off.
    """
    in_names = [
        found
        for group in groups
        if group.mapping.kind in ("stock", "counts") or group.counted
        for table in group.tables
        if (found := captions.day_told(table.title, None, table.name))
    ]
    if in_names:
        return max(in_names), ()
    seen = [pa.compute.max(group.cleaned.rows["day"]).as_py() for group in groups if group.cleaned and group.mapping.kind == "sales"]
    last = db.scalar("select max(day) from visible_movements")
    day = max([day for day in (*seen, last, *named) if day], default=today or date.today())
    return day, ((day, today) if today and (today - day).days > LONG_AGO else ())


# -- committing


@people.needs("manager")
def commit(db: Database, who: people.Person, plan: Plan, progress: Progress | None = None, via: str = "import") -> int:
    """Write the plan as one change; the same plan again writes nothing and gives the first change back.

    Refused: a plan with nothing to use or nothing new, one in which a question is still open that has no safe answer, and
    one whose lines another import brought since it was looked at.
    """
    tell = progress or quiet
    if plan.whole:
        tell(0.1, f"Taking in {labels.many(plan.lines, 'line')}")
        return exporting.take_in(db, who, plan.whole, via)
    groups = list(plan.groups)  # also where no line is used, or the file is not for us: its lines are kept
    if not plan.writes:
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
        if change_id <= db.version:  # this very plan is written already: what follows is dropped
            return change_id
        if sold := _sold_since(db, groups, plan.seen):
            groups = sold
        if sold or db.version != version:  # somebody wrote since: numbers and balances are taken anew
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
    before = known.files(db)
    for group in groups:
        for table, sha in zip(group.tables, group.hashes, strict=True):
            if before.get(sha, change_id) != change_id:
                raise Refused(
                    f"{table.name} is in the shop already, by change {before[sha]}. To have it understood another way, undo that first."
                )


def _sold_since(db: Database, groups: list[Group], seen: int) -> list[Group]:
    """The groups cleaned anew where sales were imported or taken back since `seen`, so that none counts twice; else nothing.

    Refused where lines count otherwise by now: the person has seen other figures.
    """
    imports = "(select change_id from import_files where kind = 'sales')"
    since = f"select count(*) > 0 from changes where change_id > ? and (change_id in {imports} or undoes in {imports})"
    if not any(group.mapping.kind == "sales" for group in groups) or not db.scalar(since, [seen]):
        return []
    anew = [_cleaned(db, group, groups) if group.mapping.kind == "sales" else group for group in groups]
    for before, now in zip(groups, anew, strict=True):
        if before.cleaned and now.cleaned and not now.cleaned.books_like(before.cleaned):
            raise Refused(
                f"Another import came in between: {now.cleaned.counts['joined']:,} lines of {now.name} are in the shop already by now, "
                f"{before.cleaned.counts['joined']:,} were when you looked. Look at the preview again."
            )
    return anew


def _what(groups: list[Group]) -> str:
    used = [group for group in groups if group.cleaned] or groups  # what is not for us lies beside it, and brought nothing
    names = list(dict.fromkeys(table.name for group in used for table in group.tables))
    kinds = list(dict.fromkeys(labels.FILE_KINDS[group.mapping.kind].lower() for group in groups if group.cleaned))
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
