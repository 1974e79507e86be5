"""What in the ledger could have made each difference: every trace with its share among all that could have happened to the item.

Each function lays a table of one kind of trace on the pad, which holds `off` (the differences) and what is known of their items.
A trace: n (the difference) kind share (0..1: how likely, if this kind of slip happened to the item, it made just this difference)
rate (how often the circumstances are met where nothing is wrong; 1 where that says nothing) and what it shows:
change_id line moment moved qty pack other ref; m: the other difference it explains; paired: it must show in two places, and does.
"""

import pyarrow as pa

from ims_core import scratch, tallies
from ims_core.db import Database

CLOSE = 60
"""Seconds within which two equal movements may be one that was scanned twice."""

RARE = 0.02
"""No circumstance is taken to be rarer than this: a sheet is too short to tell."""

TAKEN_FOR = {"kind": 0.55, "words": 0.30, "code": 0.10, "any": 0.05}
"""Why one item was taken for another: it is of its category and so lies near; their names are alike; their codes are; nothing."""

KNOWN = {
    "moves": """
        select g.counts_as as item_id, m.place, m.happened_at, m.day, m.kind, m.qty::double as qty, m.ref, m.change_id, m.line,
               m.file_id is null as by_hand
        from visible_movements m join merged g using (item_id)
        where m.kind not in ('opening', 'count') and list_contains($items::bigint[], g.counts_as)""",
    "packs": """
        select distinct item_id, pack::double as pack from (
            select g.counts_as as item_id, b.pack from barcodes b join merged g using (item_id) where b.active
            union all select item_id, pack from supplied where active
        ) where pack > 1 and list_contains($items::bigint[], item_id)""",
    "coming": """
        select o.item_id, o.number, s.name as supplier, o.open::double as open, coalesce(o.expected, o.ordered + 14) as expected, o.ordered
        from on_order o left join suppliers s using (supplier_id) where list_contains($items::bigint[], o.item_id)""",
    "pinned": f"""
        select g.counts_as as item_id, k.place, k.counted_at
        from standing_counts k join merged g using (item_id) where list_contains($items::bigint[], g.counts_as)
          and k.change_id not in (select change_id from count_results where sheet_id = $sheet and {tallies.HERE})""",
    "others": f"""
        select item_id, place, counted_at, (counted - book)::double as difference
        from (select g.counts_as as item_id, r.* exclude (item_id) from count_results r join merged g using (item_id))
        where sheet_id <> $sheet and known and {tallies.HERE}""",
}
"""What is known of the items that were counted, by its table on the pad; $items and $sheet are those of the sheet."""


def laid_out(db: Database, sheet_id: int, items: list[int]) -> dict[str, pa.Table]:
    """The tables of KNOWN."""
    given = {"items": items, "sheet": sheet_id}
    return {name: db.arrow(sql, {word: given[word] for word in given if f"${word}" in sql}) for name, sql in KNOWN.items()}


def lay(pad: scratch.Pad) -> None:
    """Tables `off`, `seen` and `lines`: differences, the movements between their last count and this one, and how many lines there are.

    The pad has `counted`: n item_id place name sku category counted book difference counted_at, a row a counted line.
    """
    pad.run(f"""
        create table window_of as
        select c.n, max(p.counted_at) as since from counted c
        left join pinned p on p.item_id = c.item_id and p.place = c.place and p.counted_at < c.counted_at group by c.n;
        create table seen as
        select c.n, m.* from counted c join window_of w using (n)
        join moves m on m.item_id = c.item_id and m.place = c.place and m.happened_at <= c.counted_at
         and (w.since is null or m.happened_at > w.since);
        create table off as select * from counted where difference <> 0;
        create table traces (n integer, kind varchar, share double, rate double, change_id bigint, line integer, moment timestamp,
                             moved varchar, qty double, pack double, other varchar, ref varchar, m integer, paired boolean);
        create macro rate_of(found) as greatest(found::double / (select count(*) from counted), {RARE});
    """)


def packs(pad: scratch.Pad) -> None:
    """A movement booked in packs that were pieces, or the other way round; and a count of packs."""
    pad.run("""
        create table packed as
        select s.n, s.change_id, s.line, s.happened_at, s.kind, s.qty, s.ref, p.pack,
               unnest([s.qty * (p.pack - 1), s.qty / p.pack - s.qty]) as makes,
               unnest([true, s.qty % p.pack = 0]) as whole,
               case when s.kind = 'receipt' then 5 when s.kind <> 'sale' then 2 when s.by_hand then 1 else 0.05 end as weight
        from seen s join packs p using (item_id);
        insert into traces by name
        select p.n, 'pack' as kind, weight / sum(weight) over (partition by p.n) as share, 1 as rate, change_id, line,
               happened_at as moment, kind as moved, qty, pack, ref
        from packed p join off o using (n) where whole qualify p.makes = o.difference;
        insert into traces by name
        select o.n, 'count pack' as kind, 0.5 / count(*) over (partition by o.n) as share, 1 as rate, p.pack, o.counted as qty
        from off o join packs p using (item_id) where o.counted > 0 and (o.counted * p.pack = o.book or o.counted = o.book * p.pack)
    """)


def twice(pad: scratch.Pad) -> None:
    """Two equal movements within a minute, or two equal receipts by one paper."""
    pad.run(f"""
        create table doubled as
        select b.n, b.change_id, b.line, b.happened_at, b.kind, b.qty, b.ref, b.by_hand
        from seen a join seen b on a.n = b.n and a.kind = b.kind and a.qty = b.qty and (a.change_id, a.line) < (b.change_id, b.line)
        where abs(epoch(b.happened_at) - epoch(a.happened_at)) <= {CLOSE}
           or (a.kind = 'receipt' and a.ref = b.ref and abs(b.day - a.day) <= 30)
        qualify row_number() over (partition by b.n, b.change_id, b.line order by a.happened_at desc) = 1;
        insert into traces by name
        select d.n, 'twice' as kind, 1.0 / count(*) over (partition by d.n, by_hand) as share, rate_of(r.items) as rate, d.change_id,
               d.line, d.happened_at as moment, d.kind as moved, d.qty, d.ref
        from doubled d join off o using (n)
        join (select by_hand, count(distinct n) as items from doubled group by by_hand) r using (by_hand)
        qualify -d.qty = o.difference
    """)


def unbooked(pad: scratch.Pad) -> None:
    """Goods that stand there while their order still waits for them."""
    pad.run("""
        create table waiting as
        select c.n, w.*, case when w.expected <= c.counted_at::date + 2 then 1 else 0.25 end as weight
        from counted c join coming w using (item_id) where w.ordered < c.counted_at::date;
        insert into traces by name
        select w.n, 'receipt' as kind, weight / greatest(sum(weight) over (partition by w.n), 1) as share,
               rate_of((select count(distinct n) from waiting)) as rate, w.expected::timestamp as moment, w.open as qty,
               w.supplier as other, w.number as ref
        from waiting w join off o using (n) qualify w.open = o.difference
    """)


def opposite(pad: scratch.Pad) -> None:
    """An item that is easily taken for this one, or this one in another place, with the opposite difference."""
    _likeness(pad)
    pad.run(f"""
        create table beside as
        select o.n, c.n as m, c.name, c.sku, c.place, c.difference as theirs, c.counted_at, c.item_id = o.item_id as same_item,
               case when c.item_id = o.item_id then 1 / greatest(1, a.places) else (
                   coalesce({TAKEN_FOR["kind"]} * (c.category is not distinct from o.category)::int / a.kin, 0)
                   + coalesce({TAKEN_FOR["words"]} * l.alike ** 3 / a.alike, 0)
                   + coalesce({TAKEN_FOR["code"]} * (x.m is not null)::int / a.codes, 0)
                   + {TAKEN_FOR["any"]} / a.lines
               ) / a.reasons end as share
        from off o join around a using (n)
        join counted c on c.difference = -o.difference and (c.item_id = o.item_id) <> (c.place = o.place)
        left join likeness l on l.n = o.n and l.m = c.n left join next_codes x on x.n = o.n and x.m = c.n;
        insert into traces by name  -- seen from both sides: whichever of the two was taken for the other
        select s.n, s.m, case when s.same_item then 'place' else 'mix-up' end as kind, (s.share + b.share) / 2 as share,
               rate_of((select count(*) from off)) as rate, s.counted_at as moment, s.theirs as qty,
               case when s.same_item then s.place else s.name || ' (' || s.sku || ')' end as other
        from beside s join beside b on b.n = s.m and b.m = s.n;
        insert into traces by name
        select o.n, 'place' as kind, 0.5 as share, 0.1 as rate, t.counted_at as moment, t.difference as qty, t.place as other
        from off o join others t on t.item_id = o.item_id and t.place <> o.place and t.difference = -o.difference
         and abs(epoch(o.counted_at) - epoch(t.counted_at)) < 14 * 86400
    """)


def _likeness(pad: scratch.Pad) -> None:
    """How like each difference's item its neighbours in the place are (by words and codes), and among how many it could be taken, `around`.

    Each reason is shared out among those it holds for: of twelve of its category each is as likely, of two alike names the more alike is.
    A name is the more alike, the rarer the words are that it shares: among teas "tea" says little.
    So a code one sign off says little where codes count on, and many alike names take nothing from what lies beside them.
    `reasons`: the weight of those that there are at all.
    """
    pad.run(rf"""
        create table spelt as
        select n, place, word, ln(1 + lines / count(*) over (partition by place, word)) as rare
        from (select n, place, unnest(list_distinct(regexp_split_to_array(lower(name), '[^\pL\d.]+'))) as word,
                     count(*) over (partition by place) as lines from counted) where word <> '';
        create table named as select n, sum(rare) as whole from spelt group by n;
        create table likeness as
        select o.n, c.n as m, sum(o.rare) / (any_value(p.whole) + any_value(q.whole) - sum(o.rare)) as alike
        from spelt o semi join off using (n) join spelt c on c.word = o.word and c.place = o.place and c.n <> o.n
        join named p on p.n = o.n join named q on q.n = c.n group by all;
        create table next_codes as
        select o.n, c.n as m from off o join counted c on c.place = o.place and c.n <> o.n
        where abs(len(c.sku) - len(o.sku)) < 2 and levenshtein(c.sku, o.sku) = 1;
        create table around as
        with near as (select n, sum(alike ** 3) as alike from likeness group by n),
        codes as (select n, count(*) as codes from next_codes group by n),
        lines as (select place, count(*) as lines from counted group by place),
        kinds as (select place, category, count(*) as lines from counted group by all),
        items as (select item_id, count(*) as places from counted group by item_id)
        select o.n, i.places - 1 as places, x.codes, near.alike, nullif(k.lines - 1, 0) as kin, nullif(p.lines - 1, 0) as lines,
               {TAKEN_FOR["any"]} + case when kin is null then 0 else {TAKEN_FOR["kind"]} end
               + case when alike is null then 0 else {TAKEN_FOR["words"]} end
               + case when codes is null then 0 else {TAKEN_FOR["code"]} end as reasons
        from off o join lines p using (place) join kinds k on k.place = o.place and k.category is not distinct from o.category
        join items i on i.item_id = o.item_id left join near on near.n = o.n left join codes x on x.n = o.n
    """)


def digits(pad: scratch.Pad) -> None:
    """Two digits that changed places in what was typed: in the count, or in a movement by hand."""
    pad.run("""
        create macro swapped(told, i) as (left(told, i - 1) || substr(told, i + 1, 1) || substr(told, i, 1) || substr(told, i + 2))::double;
        create macro swaps(number) as (  -- 163 -> [613, 136]
            list_filter(list_transform(range(1, length(number::bigint::varchar)), lambda i: swapped(number::bigint::varchar, i::integer)),
                        lambda other: length(other::bigint::varchar) = length(number::bigint::varchar)));
        insert into traces by name
        select n, 'count digits' as kind, 1.0 / len(swaps(book)) as share, 1 as rate, counted as qty
        from off where book >= 10 and book % 1 = 0 and counted % 1 = 0 and list_contains(swaps(book), counted);
        create table typed as
        select s.*, unnest(swaps(abs(qty))) as meant,
               case when s.kind = 'sale' then case when by_hand then 1 else 0.1 end when by_hand then 5 else 2 end as weight
        from seen s where abs(qty) >= 10 and qty % 1 = 0;
        insert into traces by name
        select t.n, 'digits' as kind, weight / sum(weight) over (partition by t.n) as share, 1 as rate, change_id, line,
               happened_at as moment, kind as moved, qty, printf('%g', meant) as other, ref
        from typed t join off o using (n) where meant <> abs(qty)
        qualify sign(qty) * (meant - abs(qty)) = o.difference
    """)


def signs(pad: scratch.Pad) -> None:
    """A movement that went the other way."""
    pad.run("""
        create table turned as
        select *, case kind when 'adjustment' then 5 when 'return_in' then 5 when 'return_out' then 5 when 'transfer' then 3
                            when 'receipt' then 1 when 'scrap' then 0.5 else case when by_hand then 0.2 else 0.05 end end as weight
        from seen;
        insert into traces by name
        select t.n, 'sign' as kind, weight / sum(weight) over (partition by t.n) as share, 1 as rate, change_id, line,
               happened_at as moment, kind as moved, qty, ref
        from turned t join off o using (n) qualify -2 * t.qty = o.difference
    """)


def moved_meanwhile(pad: scratch.Pad) -> None:
    """What left or came between the first piece that was counted and the last."""
    pad.run("""
        insert into traces by name
        select o.n, 'meanwhile' as kind, 1.0 as share, 0.1 as rate, max(s.happened_at) as moment, sum(s.qty) as qty
        from off o join seen s using (n) where s.happened_at > o.begun_at
        group by o.n, o.difference having -sum(s.qty) = o.difference
    """)


def carried(pad: scratch.Pad) -> None:
    """A slip in a move shows in both places: where the other one was counted and is not off the other way, it was no such slip."""
    pad.run("""
        create or replace table traces as
        with two as (
            select o.n, bool_or(c.difference = -o.difference) as opposite, rate_of((select count(*) from off)) as off
            from off o join counted c on c.item_id = o.item_id and c.place <> o.place group by o.n
        )
        select t.* replace (coalesce(t.moved = 'transfer' and opposite, false) as paired,
                            case when t.moved = 'transfer' and opposite then rate * off else rate end as rate)
        from traces t left join two using (n) where t.moved is distinct from 'transfer' or opposite is distinct from false
    """)


EVERY = (packs, twice, unbooked, opposite, digits, signs, moved_meanwhile, carried)
