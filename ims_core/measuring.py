"""Quantities of a file in each item's own unit: what was told as 3 boxes is 72 pieces, and what cannot be counted is said."""

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa

from ims_core import codes, scratch, units, values
from ims_core.labels import KIND_FIELDS
from ims_core.recognising import Mapping

Goods = Callable[[], pa.Table]
"""Asks in which unit each item is counted and how many pieces its pack holds: named rank unit pack per settled.

`named`: as `called` writes it; `rank`: the lowest knows best; `unit`: null where nobody said; `per`: pieces that the barcode
stands for; `settled`: movements or counts of the item hold its unit.
"""

COUNTED = ("qty", "on_hand", "received_qty", "shipped_qty", "moq")
"""Fields that are told in a unit, the one that prices are per first."""
PRICES = ("price", "cost")


def _same(one: str, other: str) -> str:
    return " and ".join(f"{one}.{name} is not distinct from {other}.{name}" for name in ("sku", "barcode", "name"))


LINES = f"typed t join meant m on {_same('t', 'm')} left join sorts su on su.unit = t.unit"
"""SQL: the lines, each with its item, and how its unit is usually written."""
NO_GOODS = "select '' as named, 0 as rank, '' as unit, 0::decimal(18, 4) as pack, 1::decimal(18, 4) as per, false as settled where false"
MOST_UNITS = 20_000
"""More different units, each with the item's own, than any file has."""


def called(sku: str = "sku", barcode: str = "barcode", name: str = "name") -> tuple[str, str, str]:
    """SQL: what an item is found by, the surest first; what stands as its code may be its barcode."""
    return (
        f"'c ' || {values.key(sku)}",
        f"'b ' || coalesce({codes.in_sql(sku)}, {codes.each(barcode)}[1])",
        f"'n ' || {values.key(name)}",
    )


def measure(pad: scratch.Pad, mapping: Mapping, goods: Goods | None, off: frozenset[str]) -> bool:
    """Turn the quantities of `typed`, and what a line says a unit costs, into each item's own unit; False where no unit is told.

    `packed`: what was told and what it counts as; `unfit`: the sentence why it cannot be counted, `unfit_field` and `unfit_value` where.
    """
    fields = [name for name in COUNTED if name in mapping.columns and name in KIND_FIELDS[mapping.kind]]
    told = {name: unit for name in fields if (unit := _told(pad, mapping, name))}
    if not told and "unit" not in mapping.columns:
        return False
    listing = mapping.kind == "items"
    line = "case when su.usual <> m.base then t.unit end" if listing else "t.unit"
    each = {name: f"coalesce({told[name]}, {line})" if name in told else line for name in fields}
    _find(pad, goods)
    _decide(pad, next((told[name] for name in fields if name in told), "null"), listing, off)
    _reckon(pad, {*each.values(), line}, listing)
    _convert(pad, mapping, each, line, off)
    return True


def _told(pad: scratch.Pad, mapping: Mapping, name: str) -> str | None:
    """SQL: the unit of a quantity, from behind it in its cell or from over the column."""
    in_header = units.in_header(mapping.columns[name])
    parts = [f"t.{name}_unit"] if f"{name}_unit" in pad.columns("typed") else []
    parts += [f"'{values.escaped(in_header)}'"] if in_header else []
    return f"coalesce({', '.join(parts)}, null)" if parts else None


# -- which item


def _find(pad: scratch.Pad, goods: Goods | None) -> None:
    """Table `ways`: each way of naming an item in `typed`, with what is known of it: its unit and the size of its pack."""
    if goods is not None:
        pad.put(told_goods=goods())
    code, barcode, name = called()
    pad.run(f"""
        create table goods as
        with said as (from {"told_goods" if goods is not None else f"({NO_GOODS})"} where named is not null),
             packs as (
                select named, rank, min(pack) as least, max(pack) as most from said where pack > 1 group by named, rank
                qualify row_number() over (partition by named order by rank) = 1
             )
        select s.named, arg_min(unit, s.rank) filter (unit is not null) as unit, bool_or(settled) as settled, min(per) as per,
               any_value(least) as least, any_value(most) as most
        from said s left join packs using (named) group by s.named having s.named[1] <> 'n' or count(distinct unit) <= 1;
        create table ways as
        with every as (
            select sku, barcode, name, {code} as code, {barcode} as bar, {name} as title
            from (select distinct sku, barcode, name from typed)
        )
        select w.sku, w.barcode, w.name, coalesce(code, bar, title) as item,
               coalesce(c.unit, b.unit, n.unit) as unit, coalesce(c.settled, b.settled, n.settled, false) as settled,
               case when c.named is null then coalesce(b.per, 1) else 1 end as per,
               coalesce(c.least, b.least, n.least) as least, coalesce(c.most, b.most, n.most) as most
        from every w left join goods c on c.named = w.code left join goods b on c.named is null and b.named = w.bar
        left join goods n on c.named is null and b.named is null and w.sku is null and n.named = w.title
    """)


def _decide(pad: scratch.Pad, told: str, listing: bool, off: frozenset[str]) -> None:
    """Table `bases`: of each item its own unit (`base`); what a list of items says holds, unless what moved is counted in another.

    An item of which nobody said it is counted in pieces, or in the weight or volume that its lines are told in (`own`).
    """
    _sort(pad, [told, "t.unit"])
    own = "null" if "own_unit" in off else "o.own"
    said = "l.listed" if listing else "null::varchar"
    pad.run(f"""
        create table bases as
        with spoken as (
            select m.item, s.sort, s.usual, count(*) as often
            from typed t join ways m on {_same("t", "m")} join sorts s on s.unit = coalesce({told}, t.unit)
            where m.unit is null and (s.sort <> 'other' or s.unit is not distinct from t.unit) group by all
        ),
        kinds as (
            select item, sort, arg_max(usual, (often, usual)) as usual from spoken group by item, sort
            qualify row_number() over (partition by item order by sum(often) desc, sort = 'piece' desc, sort) = 1
        ),
        own as (select item, usual as own from kinds where sort not in ('piece', 'pack')),
        listed as (
            select m.item, arg_max(s.usual, t.row) as listed, arg_max(s.sort, t.row) as sort
            from typed t join ways m on {_same("t", "m")} join sorts s on s.unit = t.unit where {listing} group by all
        ),
        known as (
            select item, any_value(unit) as unit, bool_or(settled) as settled, min(least) as least, max(most) as most
            from ways group by item
        )
        select k.item, k.least, k.most, l.sort in ('piece', 'pack') or k.unit <> 'piece' as holds,
               case when {said} is null then coalesce(k.unit, {own}, 'piece')
                    when k.settled and k.unit is not null and holds then k.unit else {said} end as base,
               k.unit is null and {said} is null and {own} is not null as own
        from known k left join own o using (item) left join listed l using (item)
    """)


def _sort(pad: scratch.Pad, told: list[str]) -> None:
    """Table `sorts`: each unit that is told, how it is usually written, and what kind of unit it is."""
    listed = " union ".join(f"select {unit} as unit from typed t" for unit in told)
    found = [unit for (unit,) in pad.rows(f"select distinct unit from ({listed}) where unit is not null order by 1 limit {MOST_UNITS}")]
    pad.put(read_sorts=pa.table({
        "unit": pa.array(found, pa.string()), "sort": pa.array(map(units.sort, found), pa.string()),
        "usual": pa.array(map(units.usual, found), pa.string()),
    }))  # fmt: skip
    pad.run("create table sorts as from read_sorts")


def unknown(pad: scratch.Pad) -> pa.Table:
    """Items told in packs of which nobody said how many pieces they hold: item name unit ("box, case") lines; the most lines first."""
    code, barcode, name = called()
    return pad.table(f"""
        select coalesce({code}, {barcode}, {name}) as item, coalesce(any_value(name), any_value(sku), any_value(barcode)) as name,
               string_agg(distinct regexp_extract(unfit, 'pieces a (\\w+) holds', 1), ', ' order by 1) as unit, count(*) as lines
        from judged where unfit like 'how many pieces a % holds is not known' group by 1 order by lines desc, item
    """)


# -- how many


def _reckon(pad: scratch.Pad, told: set[str], listing: bool) -> None:
    """Tables `meant` (each way of naming an item, with all that is known) and `factors`: unit, base, pack -> scale, or `why` not."""
    pack = "pack" if listing else "null::decimal(18, 4)"
    pad.run(f"""
        create table row_packs as
        select sku, barcode, name, min({pack}) as pack, max({pack}) as most from typed where {pack} > 1 group by all
    """)
    pad.run(f"""
        create table meant as
        select m.sku, m.barcode, m.name, m.per, b.base, b.own, coalesce(p.pack, b.least)::decimal(18, 4) as least,
               coalesce(p.most, b.most)::decimal(18, 4) as most
        from ways m join bases b on b.item is not distinct from m.item left join row_packs p on {_same("m", "p")}
    """)
    asked = " union ".join(f"select {unit} as unit, base, least, most from {LINES}" for unit in sorted(told))
    found = pad.rows(f"select distinct * from ({asked}) where unit is not null order by all limit {MOST_UNITS}")
    answers = [_factor(unit, base, least, most) for unit, base, least, most in found]
    pad.put(read_factors=pa.table({
        "unit": pa.array([row[0] for row in found], pa.string()), "base": pa.array([row[1] for row in found], pa.string()),
        "least": pa.array([row[2] for row in found], pa.decimal128(18, 4)),
        "most": pa.array([row[3] for row in found], pa.decimal128(18, 4)),
        "scale": pa.array([float(answer) if isinstance(answer, Decimal) else None for answer, _ in answers], pa.float64()),
        "why": pa.array([answer if isinstance(answer, str) else None for answer, _ in answers], pa.string()),
        "counted": pa.array([counted for _, counted in answers], pa.string()),
    }))  # fmt: skip
    pad.run("create table factors as from read_factors")


def _factor(unit: str, base: str, least: Decimal | None, most: Decimal | None) -> tuple[Decimal | str, str]:
    """How many of the base one unit is or why nobody can tell, and the base in words: `pieces (box of 24)`."""
    alone, word = units.factor(unit, base), "pieces" if base == "piece" else base
    if isinstance(alone, Decimal) or least is None:
        return alone, word
    if least != most:
        with_pack = units.factor(unit, base, least)
        told = f"{word}: it has packs of {least.normalize():f} and of {most or 0:f}".removesuffix("0000").removesuffix(".")
        return (f"how many it is, is not sure in {told}" if isinstance(with_pack, Decimal) else alone), word
    pack = units.parse(unit if units.sort(unit) == "pack" else base)
    return units.factor(unit, base, least), f"{word} ({pack.unit if pack else 'pack'} of {least.normalize():f})"


# -- turning


def _convert(pad: scratch.Pad, mapping: Mapping, each: dict[str, str], line: str, off: frozenset[str]) -> None:
    """`typed` anew, its quantities in each item's own unit; a price of a box is that of a piece."""
    main, listing = next(iter(each), None), mapping.kind == "items"
    soft = ("moq", "on_hand") if listing else ("moq",)
    joins, scales = "", {}
    for name, unit in ({"line": line} | each).items():
        joins += f"""
            left join factors f_{name} on f_{name}.unit = {unit} and f_{name}.base = m.base
                and f_{name}.least is not distinct from m.least and f_{name}.most is not distinct from m.most"""
        scales[name] = f"f_{name}.scale / m.per"
    of = "line" if listing or main is None else main
    whole = {name: f"round(t.{name} * coalesce({scales[name]}, 1), 4)::decimal(18, 4)" for name in each}
    replaced = [f"case when f_{name}.why is null then {whole[name]} end as {name}" if name in soft else f"{whole[name]} as {name}"
                for name in each]  # fmt: skip
    replaced += [f"{_per_unit(name, main, scales[of], mapping)} as {name}" for name in PRICES if name in mapping.columns]
    replaced.append(("case when su.usual = m.base or m.own then m.base end" if listing
                     else "nullif(m.base, 'piece')") + " as unit")  # fmt: skip
    if main is not None:
        replaced.append(f"{_said(main, each[main], whole[main], scales[main])} as packed")
    replaced.append("case when m.own then m.base end as own_unit")
    tight = [name for name in ("line", *each) if name not in soft and (listing or name != "line")]
    replaced += _unfit(tight, each, line, scales, off)
    pad.lay(
        "typed",
        f"""
        select t.* replace ({", ".join(replaced)}) from {LINES}{joins}
    """,
    )


def _per_unit(name: str, main: str | None, scale: str, mapping: Mapping) -> str:
    """SQL: what one of the item's unit costs; a price that fits the line's total only so already is one of it."""
    told = f"round(t.{name} / nullif(coalesce({scale}, 1), 0), 4)::decimal(18, 4)"
    if "total" not in mapping.columns or main is None or mapping.kind == "items":
        return told
    already = f"abs(abs(t.{main} * {scale} * t.{name}) - abs(t.total)) < abs(abs(t.{main} * t.{name}) - abs(t.total))"
    return f"case when coalesce({already}, false) then t.{name} else {told} end"


def _said(name: str, unit: str, whole: str, scale: str) -> str:
    """SQL: `3 boxes` and what it counts as, where that is another number."""
    figure = "rtrim(rtrim(({})::decimal(18, 4)::varchar, '0'), '.')"
    told = f"{figure.format(f't.{name}')} || ' ' || {unit}"
    counted = f"{figure.format(whole)} || ' ' || f_{name}.counted"
    return f"case when {scale} <> 1 then struct_pack(told := {told}, counted := {counted}, way := {unit} || f_{name}.counted) end"


def _unfit(tight: list[str], each: dict[str, str], line: str, scales: dict[str, str], off: frozenset[str]) -> list[str]:
    """SQL: why a line cannot be counted, and the field and the value that say so."""
    as_told = " || ' ' || ".join(("rtrim(rtrim(t.{0}::varchar, '0'), '.')", "{1}"))
    whens, values_, fields = [], [], []
    for name in tight:
        unit = line if name == "line" else each[name]
        why = f"f_{name}.why"
        if "packs" in off:
            why = f"coalesce({why}, case when {scales[name]} <> 1 then '“' || {unit} || '” is not counted in “' || m.base || '”' end)"
        there = "true" if name == "line" else f"t.{name} is not null"
        whens.append(f"when {there} and {why} is not null then {why}")
        values_.append(f"when {there} and {why} is not null then {unit if name == 'line' else as_told.format(name, unit)}")
        fields.append(f"when {there} and {why} is not null then '{'unit' if name == 'line' else name}'")
    named = zip((whens, values_, fields), ("unfit", "unfit_value", "unfit_field"), strict=True)
    return [f"case {' '.join(cases)} end as {name}" if cases else f"null::varchar as {name}" for cases, name in named]
