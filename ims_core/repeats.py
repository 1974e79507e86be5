"""What a file of sales says again: lines, days and documents that an earlier file brought; only the difference is booked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from ims_core import labels, scratch, values
from ims_core.recognising import Mapping, Question
from ims_core.rules import TAKEN_BACK_WITHIN

CONTAINED = 0.9
"""From this share of an earlier file's lines on the same days on, a file without document numbers is that one over again."""

SAME_DOCUMENTS = 0.5
"""Below this share of their items found again, documents of the same numbers are other documents."""

RESTARTING = 0.1
"""Where more than this share of the numbers is met on several days, numbers begin anew: a document is a number on a day."""


@dataclass(frozen=True)
class Wanted:
    """Which booked sales matter to a file: of its documents, of its days, and of the items it cancels since a day."""

    refs: list[str]
    days: list[date]
    unnumbered: bool
    """Whether it has lines without a document number: then all that was sold on its days matters, else only what has none."""
    cancelled: list[str]
    since: date | None


Earlier = Callable[[Wanted], pa.Table]
"""Asks the shop for sales that earlier files brought, a row each, what was taken back as corrected left out:
id file_id ref key sku called codes day moment qty price place told_place kind takes_back.

`key`, `called`, `codes`: the item by the code it goes by now, by name, by barcodes and every code it has or had;
`moment`: by the shop's clock; `qty`: sold is positive; `told_place`: whether the file named it.
"""

NO_BOOKED = """
    select 0::bigint as id, 0::bigint as file_id, '' as ref, '' as item, '' as sku, date '1970-01-01' as day,
           timestamp '1970-01-01' as moment, 0::decimal(18, 4) as qty, 0::decimal(18, 4) as price, '' as place, '' as told, '' as kind,
           null::date as takes_back where false
"""


def find(pad: scratch.Pad, mapping: Mapping, earlier: Earlier | None, off: frozenset[str], part: bool = False) -> list[Question]:
    """Lines of `judged` that the shop has are joined; table `taken_back`: booked lines that a corrected document has no more.

    `part`: lines that were not used before, some of each document: they correct nothing.
    Tables `booked` and `taken_back` are there and empty where nothing was booked before.
    """
    wanted = _wanted(pad) if earlier is not None and mapping.kind == "sales" else None
    pad.run(f"""
        create table booked as {NO_BOOKED};
        create table taken_back as select 0::bigint as id, '' as what, 0 as source, 0::bigint as row, 0::bigint as line where false;
        create table lines as select 0::bigint as line, 0::decimal(18, 4) as qty, 0::decimal(18, 4) as price where false
    """)
    if earlier is None or wanted is None or not (found := earlier(wanted)).num_rows:
        return []
    _lay_out(pad, mapping, found)
    _pair(pad, "ref, ", "ref is not null", "ref is not null")
    asked = _overlap(pad, mapping, off)
    if "again" not in off and not part:
        _correct(pad)
        asked += _missing(pad, mapping)
    _judge_anew(pad, off)
    return asked


# -- laying out


def _wanted(pad: scratch.Pad) -> Wanted:
    seen = pad.row(f"""
        select list(distinct ref) filter (ref is not null) as refs, list(distinct day::date) filter (outcome = 'used') as days,
               bool_or(outcome = 'used' and ref is null) as unnumbered,
               list(distinct {_named()}) filter (cancelled and qty < 0) as cancelled, min(day::date) filter (cancelled and qty < 0) as since
        from judged
    """)
    since = seen["since"] and seen["since"] - timedelta(TAKEN_BACK_WITHIN)
    return Wanted(seen["refs"] or [], seen["days"] or [], bool(seen["unnumbered"]), seen["cancelled"] or [], since)


def _named() -> str:
    """SQL: what a line calls its item."""
    return f"coalesce(judged.key, judged.barcode, {values.key('judged.name')})"


def _lay_out(pad: scratch.Pad, mapping: Mapping, found: pa.Table) -> None:
    """Tables `booked` and `lines`, alike in their columns: what is booked, and what of the file would be used."""
    place = "lower(place)" if "place" in mapping.columns else "null::varchar"
    clock = "case when {0} > {0}::date then {0}::time end"
    pad.put(found=found)
    pad.run(f"""
        insert into booked
        select id, file_id, ref, key, sku, day, moment, qty, price, place, case when told_place then lower(place) end, kind, takes_back
        from found;
        create table called as
            select name, any_value(key) as key from (
                select key, unnest(list_prepend(called, coalesce(codes, []))) as name from (select distinct key, called, codes from found)
            ) where name is not null group by name having count(distinct key) = 1;
        create table coded as  -- lines by an earlier code, or that of a merged item, are of the item as it is called now
            select code, any_value(key) as key from (select distinct key, unnest(codes) as code from found)
            group by code having count(distinct key) = 1;
        update judged_told set key = coded.key from coded where judged_told.key = coded.code;
        create or replace table lines as
            select row_number() over (order by source, row) as line, source, row, ref, coalesce(c.key, {_named()}) as item,
                   day::date as day, {clock.format("day")} as clock, qty,
                   coalesce(price, abs(total / nullif(qty, 0)))::decimal(18, 4) as price, {place} as told, outcome
            from judged left join called c on judged.sku is null and c.name = coalesce(barcode, {values.key("judged.name")});
        create table kept as select *, {clock.format("moment")} as clock from booked;
        create table pairs as select 0::bigint as line, 0::bigint as id, false as by_day where false
    """)


# -- the same line


def _pair(pad: scratch.Pad, ref: str, lines: str, booked: str) -> None:
    """Pair what is in the file and in the shop, each line as often as it is on both sides.

    First by everything; then also where one side knows no place, price or time of day, by what both know.
    """
    known = ("told", "price", "clock")
    for exactly in (True, False):
        same = f"{ref}item, day, qty" + (f", {', '.join(known)}" if exactly else "")
        alike = "true" if exactly else " and ".join(f"coalesce(l.{name} = b.{name}, true)" for name in known)
        order = ", ".join(known)
        pad.run(f"""
            insert into pairs
            with l as (select *, row_number() over (partition by {same} order by {order}, line) as nth
                       from lines where outcome = 'used' and {lines} and line not in (select line from pairs)),
                 b as (select *, row_number() over (partition by {same} order by {order}, id) as nth
                       from kept where {booked} and id not in (select id from pairs))
            select l.line, b.id, {not ref} from l join b
              on {" and ".join(f"l.{name} is not distinct from b.{name}" for name in same.split(", "))} and l.nth = b.nth
            where {alike}
        """)


# -- the same days


def _overlap(pad: scratch.Pad, mapping: Mapping, off: frozenset[str]) -> list[Question]:
    """Where lines have no number on one side: an earlier file whose lines of these days are nearly all here is here again."""
    if "again" in off or mapping.answers.get("again") == "new":
        return []
    pad.run(f"create table over_again as {_contained()}")
    if not pad.rows("select count(*) > 0 from over_again")[0][0]:
        return []
    _pair(pad, "", "ref is null", "file_id in (select file_id from over_again)")
    _pair(pad, "", "ref is not null", "ref is null and file_id in (select file_id from over_again)")
    seen = pad.row("""
        with days as (select distinct day from kept where file_id in (select file_id from over_again))
        select count(*) filter (by_day) as known, count(*) as lines, min(day) as first, max(day) as last
        from lines semi join days using (day) left join pairs using (line) where outcome = 'used' and by_day is distinct from false
    """)
    text = (
        f"{seen['known']:,} of the {seen['lines']:,} lines on days that are in the shop already ({_span(seen['first'], seen['last'])}) "
        f"are there already. Do they count once?"
    )
    return [Question("again", text, ("joined", "new"), "joined")]


def _contained() -> str:
    """SQL: the earlier files of whose lines on the days of this one nearly all are found, by what both know of place, price and time."""
    same = "file_id, item, day, qty, " + ", ".join(f"case when {name}s then {name} end as {name}" for name in ("told", "price", "clock"))
    return f"""
        with l as (select * from lines where outcome = 'used' and line not in (select line from pairs)),
             b as (select * from kept where id not in (select id from pairs) and day in (select day from l)
                   and (ref is null or (select bool_or(ref is null) from l))),
             m as (select count(told) > 0 as tells, count(price) > 0 as prices, count(clock) > 0 as clocks from l),
             sides as (
                select file_id, any_value(m.tells) and count(b.told) > 0 as tolds, any_value(m.prices) and count(b.price) > 0 as prices,
                       any_value(m.clocks) and count(b.clock) > 0 as clocks
                from b, m group by file_id
             ),
             mine as (select {same}, count(*) as often from l join (select distinct file_id, day from b) using (day)
                      join sides using (file_id) group by all),
             theirs as (select {same}, count(*) as often from b join sides using (file_id) group by all)
        select b.file_id from theirs b left join mine l
          on (b.file_id, b.item, b.day, b.qty) = (l.file_id, l.item, l.day, l.qty) and b.told is not distinct from l.told
             and b.price is not distinct from l.price and b.clock is not distinct from l.clock
        group by b.file_id having sum(least(b.often, coalesce(l.often, 0))) >= {CONTAINED} * sum(b.often)
    """


def _span(first: date, last: date) -> str:
    """`1-30 May 2026`, as people say it."""
    if (first.year, first.month) == (last.year, last.month) and first != last:
        return f"{first.day}-{labels.day_text(last)}"
    return labels.day_text(first) if first == last else f"{labels.day_text(first)} - {labels.day_text(last)}"


# -- the same document


def _correct(pad: scratch.Pad) -> None:
    """Fill `taken_back` with the lines of documents in the file that the file has no more, or has otherwise.

    A line that cannot be read says nothing of what was booked.
    """
    pad.run(f"""
        create table documents as
        with seen as (select ref, day from lines union all select ref, day from kept where ref in (select ref from lines)),
             days as (select count(distinct day) as days from seen where ref is not null group by ref)
        select distinct ref, case when restarting then day end as day
        from lines, (select avg((days > 1)::int) > {RESTARTING} as restarting from days)
        where ref is not null and (day is not null or not restarting);
        create table mine as
            select l.*, l.ref || coalesce('/' || d.day, '') as document
            from lines l join documents d on d.ref = l.ref and coalesce(d.day = l.day, true);
        create table theirs as
            select k.*, k.ref || coalesce('/' || d.day, '') as document
            from kept k join documents d on d.ref = k.ref and coalesce(d.day = k.day, true)
            where exists (select 1 from lines l where l.ref = k.ref and coalesce(l.told = k.told, true));
        insert into taken_back
        with old as (
                select *, count(*) over (partition by document, item) as alone from theirs t
                where id not in (select id from pairs) and not exists (
                    select 1 from mine m where m.document = t.document and m.outcome = 'refused' and coalesce(m.item = t.item, true))
             ),
             new as (
                select *, count(*) over (partition by document, item) as alone
                from mine where outcome = 'used' and line not in (select line from pairs)
             ),
             firsts as (select document, min((source, row)) as first from mine group by document)
        select o.id, case when n.line is null then 'gone' else 'changed' end,
               coalesce(n.source, f.first[1]), coalesce(n.row, f.first[2]), n.line
        from old o join firsts f using (document)
        left join new n on n.document = o.document and n.item = o.item and n.alone = 1 and o.alone = 1
        where (select avg(((document, item) in (select (document, item) from mine))::int) from theirs) >= {SAME_DOCUMENTS}
    """)


def _missing(pad: scratch.Pad, mapping: Mapping) -> list[Question]:
    """Documents that this file lacks, though it has most of those that the same earlier file brought of the day: asked, never assumed."""
    pad.run(f"""
        create table missing as
        with here as (select distinct ref from lines where ref is not null),
             days as (select day, min((source, row)) as first from lines where day is not null group by day),
             told as (select distinct file_id, day, ref, ref in (select ref from here) as found from kept semi join days using (day)
                      where ref is not null),
             lacking as (select file_id, day from told group by all having avg(found::int) between {SAME_DOCUMENTS} and 0.9999)
        select k.id, k.ref, k.day, d.first[1] as source, d.first[2] as row
        from kept k join lacking using (file_id, day) join days d using (day)
        where k.ref is not null and k.ref not in (select ref from here)
    """)
    seen = pad.row("select count(distinct ref) as count, min(ref) as ref, min(day) as first, max(day) as last from missing")
    if not seen["count"]:
        return []
    if mapping.answers.get("missing") == "gone":
        pad.run("insert into taken_back select id, 'gone', source, row, null from missing")
    which = f"{seen['ref']} of {_span(seen['first'], seen['last'])} is" if seen["count"] == 1 else (
        f"{seen['count']:,} documents of {_span(seen['first'], seen['last'])}, such as {seen['ref']}, are")  # fmt: skip
    text = f"{which} in the shop from an earlier file and missing here, where the others of the day are. Do they stay, or are they gone?"
    return [Question("missing", text, ("stay", "gone"), "stay")]


def _judge_anew(pad: scratch.Pad, off: frozenset[str]) -> None:
    """Lines that are paired are met `again`, and joined unless the rule is off."""
    joined = ", outcome = 'joined', reason = 'in the shop from an earlier file'" if "again" not in off else ""
    pad.run(f"""
        create table again as select source, row from lines semi join pairs using (line);
        update judged_told set again = true{joined} where (source, row) in (select (source, row) from again)
    """)
