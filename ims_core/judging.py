"""What each line of a drop is: a repeat, a total, no product, refused or used; said with the reason."""

from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence

import pyarrow as pa

from ims_core import scratch, values, vocabulary
from ims_core.labels import FIELDS, KIND_FIELDS, MOST_PIECES
from ims_core.recognising import Mapping
from ims_core.rules import CODE_WORDS, DATED, NAME_WORDS, TOTAL_WORDS

CALLED_OFF = "^(cancel|storn|void|ann?ul|estorn|failed|declined|rejected|rechaz|recus|abgelehnt)"
"""How a status begins that says nothing came of it."""

# -- finding


def find_doubles(pad: scratch.Pad, mapping: Mapping, header: Sequence[str]) -> None:
    """Table `doubles`: lines that repeat an earlier one to the letter, and lines of a code listed before."""
    every = ", ".join(values.quoted(name) for name in header)
    if mapping.kind in (
        "stock",
        "counts",
        "purchases",
        "customer_orders",
    ):  # two sheets may be two places that hold the same, or how orders stood at two times
        every += ', "source  table"'
    told = pad.table(f"select hash({every}) as told from raw").column("told").to_numpy().copy()
    told.sort()
    again = told[1:][told[1:] == told[:-1]]
    if not len(again):  # nothing has to be compared to the letter
        pad.run("create table doubles as select 0 as source, 0::bigint as row where false")
        return
    pad.put(told_again=pa.table({"told": again}))
    pad.run(f"""
        create table doubles as
        select source, row from (
            select "source  table" as source, "source  row" as row,
                   row_number() over (partition by {every} order by "source  table", "source  row") as nth
            from raw where hash({every}) in (select told from told_again)
        ) where nth > 1
    """)


def find_asides(pad: scratch.Pad, mapping: Mapping, header: Sequence[str]) -> None:
    """Table `asides`: totals, headings between the lines, and repeated headers."""
    cells = {name: values.quoted(name) for name in header}
    full = pad.filled("cells") & set(header)
    filled = " + ".join([f"{len(full)}", *(f"({cell} is not null)::int" for name, cell in cells.items() if name not in full)])
    first = next((at for at, name in enumerate(header, start=1) if name in full), len(header))  # behind it nothing is the first cell
    told = f"coalesce({', '.join(list(cells.values())[:first])})"
    repeated = " and ".join(f"{cell} = '{values.escaped(title)}'" for cell, title in _named(list(cells.values()), header)[:3])
    usual = f"(select mode({filled}) from cells)" if len(full) < len(header) else f"{len(header)}"
    lonely = "filled = 1" if len(header) > 2 and len(full) < 2 else "false"
    pad.run(f"""
        create table asides as
        with lines as not materialized (
                select "source  table" as source, "source  row" as row, {filled} as filled, coalesce({repeated}, false) as repeated,
                       {told} as told, {values.unless_number("told", f"regexp_matches(lower(told), '{TOTAL_WORDS}')")} as begins
                from cells
             ),
             likely as (from lines where begins or {lonely} or repeated),
             judged as (
                select *, begins and (regexp_matches(lower(told), '{TOTAL_WORDS}[^\\pL]*$') or filled < {usual}) as total from likely
             )
        select source, row, told,
               case when repeated then 'a repeated header' when total then 'a total' else 'a heading or note' end as reason
        from judged where total or {lonely} or repeated
    """)  # fmt: skip


def _named(cells: Sequence[str], header: Sequence[str]) -> list[tuple[str, str]]:
    """Columns with their names, but for those that have none: a header that is repeated has none there either."""
    pairs = list(zip(cells, header, strict=True))
    return [pair for pair in pairs if not vocabulary.wordless(pair[1])] or pairs


def find_sections(pad: scratch.Pad, mapping: Mapping) -> None:
    """Table `sections`: headings with lines right below them, in a list of items that has no category of its own; two at least."""
    wanted = mapping.kind == "items" and "category" not in mapping.columns
    pad.run(f"""
        create table sections as
        select a.source, a.row, a.told as section from asides a anti join asides n on n.source = a.source and n.row = a.row + 1
        where {wanted} and a.reason = 'a heading or note' and (a.source, a.row + 1) in (select (source, row) from typed)
        qualify count(*) over (partition by a.source) > 1
    """)


def spell_codes(pad: scratch.Pad, known: AbstractMapping[str, str]) -> None:
    """Table `codes`: each way a code is written; its key, its usual spelling, its usual name, whether it is no product."""
    pad.put(known=pa.table({"key": pa.array(list(known), pa.string()), "spelled": pa.array(list(known.values()), pa.string())}))
    found = pad.columns("typed")
    if "sku" not in found:
        nothing = ", ".join(f"null::varchar as {name}" for name in ("written", "key", "sku", "name"))
        pad.run(f"create table codes as select {nothing}, false as no_product")
        return
    priced = "price > 0" if "price" in found else "true"
    pad.run(f"""
        create table codes as
        with written as (
            select {values.key("sku")} as key, * from (
                select sku, name, count(*) as often, count(*) filter ({priced}) as priced from typed where sku is not null group by all)
        ),
        spelled as (select key, sku from written group by key, sku
                    qualify row_number() over (partition by key order by sum(often) desc, sku desc) = 1),
        called as (select key, name from written where name is not null group by key, name
                   qualify row_number() over (partition by key order by sum(priced) desc, sum(often) desc, name) = 1),
        digits as (select avg(regexp_matches(key, '\\d')::int) > 0.9 as mostly from spelled)
        select w.sku as written, s.key, coalesce(k.spelled, s.sku) as sku, c.name,
               k.key is null and (regexp_matches(lower(coalesce(c.name, '')), '{NAME_WORDS}') or regexp_matches(s.key, '{CODE_WORDS}')
               or (d.mostly and not regexp_matches(s.key, '\\d') and length(s.key) <= 4)) as no_product
        from (select distinct key, sku from written) w join spelled s using (key) left join called c using (key)
        left join known k using (key), digits d
    """)  # fmt: skip


# -- judging


def judge(pad: scratch.Pad, mapping: Mapping, off: frozenset[str]) -> None:
    """Table `judged`: every line with its outcome and the reason."""
    found = pad.columns("typed")
    cancelled = "regexp_matches(coalesce(t.ref, ''), '^[Cc]-?\\d+$') and numbered" if "ref" in found else "false"
    called_off = (
        f"regexp_matches(lower(coalesce(t.status, '')), '{CALLED_OFF}')" if "status" in found and mapping.kind == "sales" else "false"
    )
    free = "coalesce(t.price <= 0, false)" if mapping.kind == "sales" and "price" in mapping.columns else "false"
    lacking = _lacking(mapping)
    negative = "t.qty < 0 and not cancelled" if mapping.kind == "sales" and "returns" in off else "false"
    known_as = "lower(t.name) = lower(c.name)" if "name" in found else "true"
    given = f"coalesce({free} and t.qty > 0 and {known_as}, false)" if mapping.kind == "sales" else "false"
    shown = "coalesce(c.name, t.sku)" if "sku" in found else "''"
    numbered = _numbered() if "ref" in found else "false"
    doubles_count = "duplicates" not in off and tells_lines_apart(mapping)
    sections = pad.rows("select count(*) > 0 from sections")[0][0]
    named, placed = "name" in mapping.columns, mapping.kind in ("stock", "counts")
    held = pad.columns("typed_told")
    empty = {name: type for name, type in found.items() if name not in held}
    empty |= ({} if sections else {"section": "varchar"}) | ({} if named else {"called": "varchar"})
    empty |= {} if placed else {"sheet": "varchar", "told_day": "date"}
    pad.lay(
        "judged",
        f"""
        select {", ".join(f"t.{name}" for name in held)}, {"p.sheet, p.told_day, " if placed else ""}
               c.key, c.sku as spelled, {"c.name as called, " if named else ""}coalesce(c.no_product, false) as no_product,
               d.row is not null and t.continued is not true as double, false as again, a.reason as aside, {cancelled} as cancelled,
               {"h.section, " if sections else ""}{called_off} as called_off, {free} as free, {given} as given, {lacking} as lacking,
               case when a.reason is not null and {"totals" not in off} then 'set aside'
                    when {lacking} is not null then 'refused'
                    when double and {doubles_count} then 'joined'
                    when no_product and {"no_product" not in off} then 'set aside'
                    when called_off and {"called_off" not in off} then 'set aside'
                    when {negative} or (free and not given and {"free" not in off}) then 'set aside'
                    else 'used' end as outcome,
               case when a.reason is not null and {"totals" not in off} then a.reason
                    when {lacking} is not null then {lacking}
                    when double and {doubles_count} then 'the same line again'
                    when no_product and {"no_product" not in off} then 'no product: ' || {shown}
                    when called_off and {"called_off" not in off} then 'cancelled'
                    when {negative} then 'a negative quantity'
                    when free and not given and {"free" not in off} then 'price at 0 or below'
                    end as reason
        from (select typed.*, {numbered} as numbered from typed) t
        left join codes c on c.written = {"t.sku" if "sku" in found else "null"}
        {"left join places p using (source)" if placed else ""}
        left join doubles d using (source, row) left join asides a using (source, row)
        {"asof left join sections h on h.source = t.source and h.row < t.row" if sections else ""}
    """,
        empty=empty,
    )
    pad.run("create or replace table typed_told as from typed_told limit 0")  # all of it stands in `judged` now


def _numbered() -> str:
    """SQL: whether document numbers are digits but for the cancellations; where all look like those: whether nothing is sold."""
    others = "ref is not null and not regexp_matches(ref, '^[Cc]-?\\d+$')"
    return f"(select coalesce(avg(regexp_matches(ref, '^\\d+$')::int) filter ({others}) > 0.5, count(*) filter (qty > 0) = 0) from typed)"


def tells_lines_apart(mapping: Mapping) -> bool:
    """Two equal lines are one line twice only where each sale has a number of its own; else two people bought the same."""
    return mapping.kind not in ("sales", "purchases") or "ref" in mapping.columns


def _lacking(mapping: Mapping) -> str:
    """SQL: the sentence for what a line cannot do without, null where it has all."""
    told = [name for name in ("sku", "barcode", "name") if name in mapping.columns]
    needed = {
        "sales": ["qty", "day"],
        "purchases": ["qty"],
        "customer_orders": ["qty", "ordered"],
        "stock": ["on_hand"],
        "counts": ["on_hand"],
    }.get(mapping.kind, [])
    cases = [f"when coalesce({', '.join(f't.{name}' for name in told)}) is null then 'says no item'"] if told else []
    if mapping.kind == "suppliers":
        cases = ["when t.supplier is null then 'says no supplier'"]
    cases += ["when t.unfit is not null then t.unfit"] if mapping.kind != "suppliers" else []
    for name in needed:
        what = "no date" if FIELDS[name].type == "date" else "no quantity"
        cases.append(f"when t.{name}_text is null then '{what}'")
        cases.append(f"when t.{name} is null then '{FIELDS[name].label} cannot be read'")
    for name in needed:
        if FIELDS[name].type == "number":
            cases.append(f"when abs(t.{name}) > {MOST_PIECES} then '{FIELDS[name].label} cannot be right'")
    if mapping.kind in ("sales", "purchases"):
        cases.append("when t.qty = 0 then 'quantity 0'")
    if mapping.kind == "customer_orders":
        cases += ["when t.ref is null then 'says no order'", "when t.qty <= 0 then 'quantity 0 or below'"]
    for name in DATED:
        if name in mapping.columns and name in KIND_FIELDS[mapping.kind]:
            cases.append(f"when year(t.{name}) not between 1970 and 2199 then '{FIELDS[name].label} is no day of trade'")
    if mapping.kind == "purchases":
        dates = ", ".join(f"t.{name}" for name in ("ordered", "received") if name in mapping.columns)
        cases.append(f"when coalesce({dates}) is null then 'no date'")
    return f"case {' '.join(cases)} end"
