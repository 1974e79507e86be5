"""Rows of text to rows of facts: what each line becomes, what was mended by which rule, and what cannot be used."""

from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from ims_core import (
    cancelling,
    captions,
    cells,
    columns,
    continuing,
    discounts,
    judging,
    measuring,
    problems,
    repeats,
    scratch,
    spoilt,
    totals,
    values,
    variants,
    widening,
)
from ims_core.labels import KIND_FIELDS
from ims_core.progress import Note
from ims_core.reading import Table
from ims_core.recognising import Mapping, Question
from ims_core.rules import RULES

NOTHING_BARRED = pa.table(
    {"code": pa.array([], pa.string()), "name": pa.array([], pa.string()), "keys": pa.array([], pa.list_(pa.string()))}
)
OUTCOMES = ("used", "joined", "set aside", "refused")


@dataclass(frozen=True)
class Cleaned:
    """What became of every line. Frames share `source` (index of the table) and `row` (row in the sheet).

    rows: the lines that are used, typed, a column per field of the kind (sales also kind, takes_back);
    problems: source file sheet row column value problem suggestion refused;
    fixes: rule title count before after on always; left: source row outcome reason content (JSON);
    counts: lines by outcome; units: their quantities by outcome; questions: what the values leave open;
    difference: of documents that an earlier file brought, what is otherwise here (what: changed or gone):
    what ref sku day qty_before price_before qty price source row;
    totals: figures of lines that are totals: source row field printed lines (their sum) apart (0 where they agree).
    """

    kind: str
    rows: pa.Table
    problems: pd.DataFrame
    fixes: pd.DataFrame
    left: pa.Table
    counts: dict[str, int]
    units: dict[str, Decimal]
    questions: tuple[Question, ...]
    difference: pd.DataFrame
    totals: pd.DataFrame
    measured: bool = False
    """Whether it tells units, so that what is known of its items matters."""
    packs: pa.Table | None = None
    """Items told in packs of which nobody said how many pieces they hold: item (as measuring.called has it) name unit lines."""
    emptied: pa.Table | None = None
    """Lines that are used though a cell of them cannot be read, to be mended: as `left`, their reason says which cell."""

    def books_like(self, other: "Cleaned") -> bool:
        """Whether the same lines are used, and the same taken back."""
        return self.counts == other.counts and self.units == other.units and self.rows.num_rows == other.rows.num_rows


def clean(
    tables: Table | Sequence[Table],
    mapping: Mapping,
    known: AbstractMapping[str, str] | None = None,
    off: frozenset[str] = frozenset(),
    earlier: repeats.Earlier | None = None,
    places: Sequence[str | None] | None = None,
    note: Note | None = None,
    timezone: str | None = None,
    currency: str | None = None,
    barred: pa.Table | None = None,
    goods: measuring.Goods | None = None,
) -> Cleaned:
    """Clean one table, or several with the same header, as one.

    `known`: how the shop spells its codes (upper case -> as written); `off`: names of rules not to apply;
    `earlier`: asks for the sales that earlier files brought; `places`: of each table, the place that its sheet names;
    `note` is told each step; `timezone`: of the shop, for times that name their offset; `currency`: of the shop, where it has said so;
    `barred`: the shop's barcodes: code, the name of their item, the keys of all codes that mean it.
    `goods`: asks for the units and packs that are known.
    """
    at = note or (lambda step: None)
    tables = [tables] if isinstance(tables, Table) else list(tables)
    raw = _stacked(tables)
    with scratch.pad(raw=raw, cells=cells.tidy(raw), places=_places(tables, places)) as pad:
        at("reading numbers and dates")
        styles = columns.styles(pad, mapping, typed=all(table.typed for table in tables))
        read = {
            name for name in columns.CODES if name in mapping.columns and spoilt.read(pad, name, mapping.columns[name], known or {}, off)
        }
        styles = columns.paid_in(pad, mapping, styles, currency)
        columns.type_cells(pad, mapping, styles, read, timezone, off)
        discounts.take_off(pad, mapping.columns, off)
        measured = measuring.measure(pad, mapping, goods, off)
        variants.name(pad, mapping, tables[0].header)
        variants.leave_totals(pad, mapping, tables, off)
        continuing.fill(pad, mapping, off)
        at("looking for lines that repeat")
        judging.find_doubles(pad, mapping, tables[0].header)
        at("looking for totals and notes")
        judging.find_asides(pad, mapping, tables[0].header)
        judging.find_sections(pad, mapping)
        variants.set_pictures_aside(pad, mapping)
        judging.spell_codes(pad, known or {})
        at("judging every line")
        judging.judge(pad, mapping, off)
        printed = totals.check(pad, mapping, wide=any(isinstance(table, widening.Turned) for table in tables))
        pad.put(barred=NOTHING_BARRED if barred is None else barred)
        at("comparing with what earlier files brought")
        again = repeats.find(pad, mapping, earlier, off, part=any(table.part for table in tables))
        at("putting together what was found")
        found = _rows(pad, mapping, off), _left(pad, tables[0].header), problems.emptied(pad, mapping, styles, tables[0].header)
        rows, left, emptied = (widening.in_sheet(lines, tables) for lines in found)
        asked = (*columns.questions(mapping, styles, currency), *again, *_two_lists(pad, mapping))
        return Cleaned(
            mapping.kind, rows, problems.find(pad, mapping, styles, tables), _fixes(pad, mapping, off, measured), left,
            *_accounts(pad, mapping), asked, _difference(pad), printed.to_pandas(), measured,
            measuring.unknown(pad) if measured else None, emptied,
        )  # fmt: skip


# -- laying out


def _stacked(tables: Sequence[Table]) -> pa.Table:
    """All lines under one another, with the table they come from and their row in its sheet (two blanks: no column of theirs has them)."""
    parts = []
    for index, table in enumerate(tables):
        source = pa.repeat(pa.scalar(index, pa.int32()), table.rows.num_rows)
        parts.append(table.rows.append_column("source  row", table.row_numbers()).append_column("source  table", source))
    return pa.concat_tables(parts, promote_options="permissive")  # some sheets have empty cells, some none


def _places(tables: Sequence[Table], places: Sequence[str | None] | None) -> pa.Table:
    """Of each table: its file, the place that its sheet names, and the day that stands above it or that its sheet or file tells."""
    days = [captions.day_told(table.title, table.sheet, table.name) for table in tables]
    return pa.table({
        "source": pa.array(range(len(tables)), pa.int32()), "file": pa.array([table.name for table in tables], pa.string()),
        "sheet": pa.array(places or [None] * len(tables), pa.string()), "told_day": pa.array(days, pa.date32()),
    })  # fmt: skip


# -- results


def _rows(pad: scratch.Pad, mapping: Mapping, off: frozenset[str]) -> pa.Table:
    found = pad.columns("typed")
    sales = mapping.kind == "sales"
    named = "name" if "names" in off else "coalesce(called, name)"
    replaced = ["coalesce(spelled, sku) as sku"] if "sku" in found else []
    if sales:
        replaced.append(f"{named} as name")
    if mapping.kind == "items" and "sections" not in off:
        replaced.append("coalesce(category, section) as category")
    if mapping.kind == "items" and "other_ids" not in off:
        replaced.append(
            "case when barcode is null then other_id when regexp_full_match(barcode, '[\\d, ]+') and other_id is not null"
            " then barcode || ', ' || other_id else barcode end as barcode"
        )
    if mapping.kind in ("stock", "counts"):
        replaced.append("coalesce(day, told_day) as day")
        replaced += ["coalesce(place, sheet) as place"] if "sheets" not in off else []
    listed = ", ".join(KIND_FIELDS[mapping.kind])
    back = sales and cancelling.takes_back(pad, off)  # else nobody looks at the rows of a large file twice
    pad.run(f"""
        create {"table" if back or not sales else "view"} rows as
        select {"row_number() over ()" if back else "null::bigint"} as id, source, row, {listed}{", key, cancelled, given" if sales else ""}
        from (select * {f"replace ({', '.join(replaced)})" if replaced else ""} from judged) where outcome = 'used'
    """)  # fmt: skip
    if back:
        cancelling.find(pad, off)
    return pad.in_order(_sold(off, back) if sales else "select * exclude (id) from rows", "source", "row")


def _sold(off: frozenset[str], back: bool) -> str:
    """SQL: sales as movements out of stock, what came back as a return; and the opposite of what a corrected document has no more.

    `back`: some take a sale of another day back, as `met` has it.
    """
    return f"""
        select n.source, n.row, n.day as happened_at, n.day::date as day, n.sku, n.barcode, n.name, n.unit, -n.qty as qty,
               case when n.qty < 0 then 'return_in' when n.given and {"free" not in off} then 'adjustment' else 'sale' end as kind,
               case when n.given and {"free" not in off} then 'given away' end as note,
               coalesce(n.price, abs(n.total / nullif(n.qty, 0)))::decimal(18, 4) as price, n.ref, n.place,
               {"m.takes_back" if back else "null::date as takes_back"}
        from rows n {"left join met m using (id)" if back else ""}
        union all
        select t.source, t.row, b.moment, b.day, b.sku, null, null, null, b.qty, b.kind, 'corrected by ' || p.file, b.price, b.ref, b.place,
               case when b.kind = 'sale' then b.day else b.takes_back end
        from taken_back t join booked b using (id) join places p using (source) where {"corrected" not in off and "again" not in off}
    """


def _fixes(pad: scratch.Pad, mapping: Mapping, off: frozenset[str], measured: bool) -> pd.DataFrame:
    """Each rule that met something: rule title count before after on always (it cannot be switched off)."""
    rows = []
    for rule in RULES:
        if mapping.kind not in rule.kinds or not rule.columns <= set(mapping.columns):
            continue
        if rule.name in ("packs", "own_unit") and not measured:
            continue
        seen = pad.row(rule.counted)
        if seen["count"]:
            on = rule.always or (rule.name not in off and (rule.name != "duplicates" or judging.tells_lines_apart(mapping)))
            shown = {name: seen[name] for name in ("count", "before", "after")}
            rows.append({"rule": rule.name, "title": rule.title.format(**seen), **shown, "on": on, "always": rule.always})
    return pd.DataFrame(rows, columns=["rule", "title", "count", "before", "after", "on", "always"])


def _left(pad: scratch.Pad, header: Sequence[str]) -> pa.Table:
    return pad.table(f"""
        select j.source, j.row, j.outcome, j.reason, {values.content(header)} as content
        from judged j join raw r on r."source  table" = j.source and r."source  row" = j.row
        where j.outcome <> 'used' order by j.source, j.row
    """)  # fmt: skip


def _difference(pad: scratch.Pad) -> pd.DataFrame:
    found: pd.DataFrame = pad.table("""
        select t.what, b.ref, b.sku, b.day, b.qty as qty_before, b.price as price_before, l.qty, l.price, t.source, t.row
        from taken_back t join booked b using (id) left join lines l using (line) order by t.source, t.row, b.id
    """).to_pandas()  # fmt: skip
    return found


def _accounts(pad: scratch.Pad, mapping: Mapping) -> tuple[dict[str, int], dict[str, Decimal]]:
    qty = next((name for name in ("qty", "on_hand") if name in mapping.columns and name in KIND_FIELDS[mapping.kind]), None)
    summed = f"coalesce(sum({qty}), 0)" if qty else "0::decimal(18, 4)"
    seen = pad.rows(f"select outcome, count(*), {summed} from judged group by outcome")
    counts = dict.fromkeys(OUTCOMES, 0) | {outcome: count for outcome, count, _ in seen}
    return counts, dict.fromkeys(OUTCOMES, Decimal(0)) | {outcome: units for outcome, _, units in seen}


def _two_lists(pad: scratch.Pad, mapping: Mapping) -> list[Question]:
    """Whether two lists of one place and day, say of two aisles, add up; asked where they differ."""
    if mapping.kind not in ("stock", "counts"):
        return []
    differ = pad.rows("""
        with listed as (select coalesce(sku, barcode, name) as item, place, day::date as day, source, sum(on_hand) as on_hand
                        from rows group by all)
        select min(item) from listed group by item, place, day having count(distinct on_hand) > 1
    """)
    if not differ:
        return []
    which = f"{len(differ):,} items, such as {differ[0][0]}, stand" if len(differ) > 1 else f"{differ[0][0]} stands"
    text = f"{which} in two lists of the same day and place with different figures. Do the lists add up, or does the later one count?"
    return [Question("lists", text, ("add", "last"), taken="")]
