"""Cleaned rows to facts: which item, supplier and place each line means, and what it moves. Set by set, never row by row."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

from ims_core import client_orders, labels, matching, purchasing, scratch, values
from ims_core.db import Database
from ims_core.plans import Group

KNOWN = {
    "known_places": "select place from places",
    "known_spots": "select distinct place from movements union select distinct place from counts",
    "known_suppliers": "select supplier_id, name, email, phone, lead_days, min_order, active from suppliers",
    "known_supplies": "select item_id, supplier_id, code, cost, pack, moq, lead_days, preferred, active from supplied",
}

COMBINED = {
    "known_combinations": "select item_id, product from combinations",
    "known_stock": """
        select g.counts_as as item_id, m.place, sum(m.qty) as qty from visible_movements m join merged g using (item_id) group by all""",
}
"""What matters where lines name the product that they are a combination of."""
FOUND = 0.9
"""From this share of the products they name on that the shop has, the numbers are those of its items."""

KINDS = ("items", "stock", "sales", "purchases", "customer_orders", "suppliers")


def book(db: Database, groups: Sequence[Group], day: date, timezone: str) -> dict[str, pa.Table]:
    """The rows to append, by fact table. `day`: of counts that name none."""
    buys = any(group.mapping.kind == "purchases" for group in groups)
    known = KNOWN | matching.KNOWN | (purchasing.KNOWN if buys else {})
    told = _told(groups)
    combined = any("parent" in group.mapping.columns and "combined" not in group.off for group in groups)
    known |= COMBINED if combined else {}
    rows = {f"{kind}_{grp}": rows for kind, alike in told.items() for grp, rows in alike.items()}
    with scratch.pad(files=_files(db, groups), **{name: db.arrow(sql) for name, sql in known.items()}, **rows) as pad:
        for kind, alike in told.items():
            _lay_out(pad, kind, alike)
        first = {
            "item": db.scalar("select coalesce(max(item_id), 0) from item_versions"),
            "supplier": db.scalar("select coalesce(max(supplier_id), 0) from supplier_versions"),
            "order": db.scalar("select coalesce(max(order_id), 0) from orders"),
        }
        matching.name_items(pad, first["item"])
        matching.name_suppliers(pad, first["supplier"])
        matching.name_places(pad)
        _sold(pad, buys)
        facts = purchasing.order(pad, first["order"])
        _counted(pad, groups, day)
        utc = "" if timezone == "UTC" else f"at time zone '{timezone}' at time zone 'UTC'"  # times in files are the shop's
        if combined:
            _empty_products(pad)
        _end_of_day(pad, utc)
        facts["movements"] = _movements(pad, utc, buys)
        pad.put(movements=facts["movements"])
        also = KEPT if combined else {}
        facts |= {table: pad.table(sql) for table, sql in (matching.FACTS | client_orders.FACTS | FACTS | also).items()}
        facts["import_files"] = _import_files(pad, groups)
        facts["import_lines"] = _import_lines(pad, groups)
        facts["lines_back"] = _lines_back(pad, groups)
        return facts


# -- laying out


def _files(db: Database, groups: Sequence[Group]) -> pa.Table:
    """A number for every table of every file: grp source file_id."""
    first = db.scalar("select coalesce(max(file_id), 0) + 1 from import_files")
    pairs = [(grp, source) for grp, group in enumerate(groups) for source in range(len(group.tables))]
    return pa.table({
        "grp": pa.array([grp for grp, _ in pairs], pa.int32()), "source": pa.array([source for _, source in pairs], pa.int32()),
        "file_id": pa.array(range(first, first + len(pairs)), pa.int64()),
    })  # fmt: skip


def _told(groups: Sequence[Group]) -> dict[str, dict[int, pa.Table]]:
    """The rows of each group by kind, with `line` as their order among all of the kind; what was counted comes after what a list says."""
    told: dict[str, dict[int, pa.Table]] = {kind: {} for kind in KINDS}
    for grp, group in sorted(enumerate(groups), key=lambda each: each[1].mapping.kind == "counts"):
        if group.cleaned is None:
            continue
        alike = told["stock" if group.mapping.kind == "counts" else group.mapping.kind]
        first = 1 + sum(rows.num_rows for rows in alike.values())
        alike[grp] = group.cleaned.rows.append_column("line", pa.array(np.arange(first, first + group.cleaned.rows.num_rows)))
    return told


def _lay_out(pad: scratch.Pad, kind: str, grps: Iterable[int]) -> None:
    """View of the kind's rows from all groups, with the file each came from."""
    parts = [f"select {grp}::integer as grp, * from {kind}_{grp}" for grp in grps]
    pad.run(f"""
        create view {kind}_rows as
        select f.file_id, r.* exclude (grp, source)
        from ({" union all by name ".join([*parts, _no_rows(kind)])}) r join files f using (grp, source)
    """)


def _no_rows(kind: str) -> str:
    """SQL: the kind's columns without a row, so that what no file has is null."""
    types = {"number": "decimal(18, 4)", "money": "decimal(18, 4)", "days": "decimal(18, 4)", "date": "timestamp"}
    columns = [f"null::{types.get(labels.FIELDS[name].type, 'varchar')} as {name}" for name in labels.KIND_FIELDS[kind]]
    if kind == "sales":
        columns += ["null::timestamp as happened_at", "null::varchar as kind", "null::varchar as note", "null::date as takes_back"]
    return (
        f"select null::integer as grp, null::integer as source, null::bigint as row, null::bigint as line, {', '.join(columns)} where false"
    )


# -- moving


def _sold(pad: scratch.Pad, buys: bool) -> None:
    """Table `moved`, to which what was bought comes (`buys`), else a view of it."""
    pad.run(f"""
        create {"table" if buys else "view"} moved as
        select s.line, s.happened_at, s.day::date as day, s.kind, s.item_id, {matching.spot("s")} as place, s.qty,
               null::decimal(18, 4) as unit_cost, s.price as unit_price, s.ref, s.note, s.takes_back, s.file_id, s.row as source_row
        from sales_known s left join spots p on p.key = lower(s.place)
    """)


def _counted(pad: scratch.Pad, groups: Sequence[Group], day: date) -> None:
    """Table `counted`: what stands in each place, lots of one list added up; of merged items the others hold nothing.

    What stands in two lists of one place and day adds up where the person says so (aisle by aisle), else the later list counts.
    """
    adding = [grp for grp, group in enumerate(groups) if group.mapping.answers.get("lists") == "add"]
    pad.run(f"""
        create table counted as
        with said as (
            select s.item_id, {matching.spot("s")} as place, coalesce(s.day, timestamp '{day}') as seen_at, s.on_hand, s.cost,
                   s.file_id, s.row
            from stock_known s left join spots p on p.key = lower(s.place)
            union all
            select s.item_id, {matching.spot("s")}, timestamp '{day}', s.on_hand, s.cost, s.file_id, s.row
            from items_known s left join spots p on p.key = lower(s.place) where s.on_hand is not null
        ),
        listed as (
            select item_id, place, seen_at::date as day,
                   case when grp in (select unnest({adding}::integer[])) then 0 else file_id end as list,
                   max(seen_at) as seen_at, sum(on_hand) as on_hand, max(cost) as cost, min((file_id, row)) as origin
            from said join files using (file_id) group by all
        ),
        once as (from listed qualify row_number() over (partition by item_id, place, day order by list desc) = 1),
        others as (
            select g.item_id, o.* exclude (item_id) replace (0 as on_hand) from once o
            join known_merges g on g.counts_as = o.item_id and g.item_id <> o.item_id
            anti join once l on l.item_id = g.item_id and l.place = o.place and l.day = o.day
        )
        from once union all by name from others
    """)


def _empty_products(pad: scratch.Pad) -> None:
    """A product of which the shop holds a stock of its own holds nothing where its combinations are counted now: it is the same stock.

    Only where nearly all products that the lines name are items of the shop: else the numbers are those of something else.
    """
    pad.run(f"""
        create table parents as
        with codes as (select code, item_id from known_codes union all select {values.key("barcode")}, item_id from known_barcodes
                       where active),
             named as (select item_id, {values.key("regexp_replace(parent, '^(?i:id): *', '')")} as code from items_known
                       where parent is not null),
             found as (select n.item_id, g.counts_as as product from named n left join codes c using (code)
                       left join known_merges g on g.item_id = c.item_id)
        select item_id, product from found
        where product not in (select item_id from named) and product not in (select item_id from known_combinations)
            and (select count(product) >= {FOUND} * count(*) from found);
        insert into counted by name
        select p.product as item_id, c.place, c.day, any_value(c.list) as list, max(c.seen_at) as seen_at, 0 as on_hand,
               min(c.origin) as origin
        from parents p join counted c using (item_id) join known_stock k on k.item_id = p.product and k.place = c.place
        anti join counted own on own.item_id = p.product and own.place = c.place and own.day = c.day
        where k.qty <> 0 group by p.product, c.place, c.day
    """)


def _end_of_day(pad: scratch.Pad, utc: str) -> None:
    """Table `counts`: a count without a time is of the end of its day, or of this moment where that is to come."""
    now = datetime.now(UTC).replace(tzinfo=None)
    pad.run(f"""
        create table counts as
        select item_id, place, day, on_hand, cost as unit_cost, origin[1] as file_id, origin[2] as source_row,
               least(case when seen_at > day then seen_at else day + interval 1 day - interval 1 microsecond end {utc},
                     timestamp '{now}') as counted_at
        from counted order by origin
    """)


def _movements(pad: scratch.Pad, utc: str, buys: bool) -> pa.Table:
    """What `moved`, numbered as it was told: what was sold, then what was bought, some of it of an order."""
    order = "order_of o on o.file_id = m.file_id and o.source_row = m.source_row and m.kind in ('receipt', 'return_out')"
    sql = f"""
        select m.* replace (happened_at {utc} as happened_at), {"o.order_id" if buys else "null::bigint as order_id"}
        from moved m {f"left join {order}" if buys else ""} where m.qty <> 0
    """
    rows = pad.table(f"{sql} order by m.line nulls last, m.rowid") if buys else pad.in_order(sql, "line")
    return rows.drop_columns("line").append_column("line", pa.array(np.arange(1, rows.num_rows + 1), pa.int32()))


FACTS = {
    "place_versions": """
        select distinct place, place as name from (select place from movements union select place from counts)
        where place not in (select place from known_places) order by 1""",
    "supplier_versions": """
        select s.supplier_id, coalesce(k.name, s.name) as name, coalesce(s.email, k.email) as email, coalesce(s.phone, k.phone) as phone,
               coalesce(s.lead_days, k.lead_days) as lead_days, coalesce(s.min_order, k.min_order) as min_order, coalesce(k.active,
               true) as active
        from sellers s left join known_suppliers k using (supplier_id)
        where s.is_new or (coalesce(s.email, k.email), coalesce(s.phone, k.phone), coalesce(s.lead_days, k.lead_days),
            coalesce(s.min_order, k.min_order))
              is distinct from (k.email, k.phone, k.lead_days, k.min_order)
        order by s.supplier_id""",
    "supply_versions": f"""
        with told as (
            select coalesce(g.counts_as, i.item_id) as item_id, s.supplier_id, i.supplier_code as code, i.cost, i.pack, i.moq, i.lead_days,
                   case when g.counts_as is distinct from i.item_id and g.counts_as is not null then 0 else i.line end as line
            from items_known i left join known_merges g using (item_id) join sellers s on s.key = {values.key("i.supplier")}
            union all
            select coalesce(g.counts_as, b.item_id), b.supplier_id, b.supplier_code, b.unit_cost, null, null, null, -1 - 1 / b.line
                from bought b left join known_merges g using (item_id) where b.supplier_id is not null
        ),
        once as (
            select item_id, supplier_id, arg_max(code, line) filter (code is not null) as code, arg_max(cost,
                line) filter (cost is not null) as cost,
                   arg_max(pack, line) filter (pack is not null) as pack, arg_max(moq, line) filter (moq is not null) as moq,
                   arg_max(lead_days, line) filter (lead_days is not null) as lead_days, max(line) >= 0 as listed, min(line) as line
            from told group by item_id, supplier_id
        )
        select o.item_id, o.supplier_id, coalesce(o.code, k.code) as code, coalesce(o.cost, k.cost) as cost, coalesce(o.pack,
            k.pack) as pack,
               coalesce(o.moq, k.moq) as moq, coalesce(o.lead_days, k.lead_days) as lead_days,
               coalesce(k.preferred, row_number() over (partition by o.item_id order by o.listed desc, o.line) = 1
                        and o.item_id not in (select item_id from known_supplies where preferred and active)) as preferred,
               coalesce(k.active, true) as active
        from once o left join known_supplies k using (item_id, supplier_id)
        where (coalesce(o.code, k.code), coalesce(o.cost, k.cost), coalesce(o.pack, k.pack), coalesce(o.moq, k.moq),
            coalesce(o.lead_days, k.lead_days))
              is distinct from (k.code, k.cost, k.pack, k.moq, k.lead_days) or k.item_id is null
        order by o.item_id, o.supplier_id""",
    "counts": "from counts",
}
"""How each fact table's rows come from what was laid out."""

KEPT = {
    "combination_versions": """
        select item_id, arg_min(parent, line) as product, true as active from items_known i where parent is not null group by item_id
        having product is distinct from (select any_value(k.product) from known_combinations k where k.item_id = i.item_id)
        order by item_id"""
}
"""Which product each item is a combination of."""


# -- accounts


def _import_files(pad: scratch.Pad, groups: Sequence[Group]) -> pa.Table:
    """One row a table of a file with its lines by outcome."""
    import json

    said = [
        (grp, source, table, sha, group)
        for grp, group in enumerate(groups)
        for source, (table, sha) in enumerate(zip(group.tables, group.hashes, strict=True))
    ]
    pad.put(tables=pa.table({
        "grp": pa.array([row[0] for row in said], pa.int32()), "source": pa.array([row[1] for row in said], pa.int32()),
        "name": [row[2].name for row in said], "sheet": pa.array([row[2].sheet for row in said], pa.string()),
        "sha256": [row[3] for row in said],
        "kind": [row[4].mapping.kind if row[4].cleaned else "ignore" for row in said],
        "mapping": [json.dumps(row[4].mapping.columns) for row in said],
        "lines": pa.array([row[2].rows.num_rows for row in said], pa.int64()),
    }))  # fmt: skip
    _lay_out_left(pad, groups)
    return pad.table("""
        with counted as (
            select grp, source, count(*) filter (outcome = 'joined') as joined, count(*) filter (outcome = 'set aside') as set_aside,
                   count(*) filter (outcome = 'refused') as refused
            from lines_left group by all
        )
        select f.file_id, t.* exclude (grp, source), t.lines - coalesce(joined + set_aside + refused, 0) as used,
               coalesce(joined, 0) as joined, coalesce(set_aside, 0) as set_aside, coalesce(refused, 0) as refused
        from tables t join files f using (grp, source) left join counted using (grp, source) order by f.file_id
    """)


def _lay_out_left(pad: scratch.Pad, groups: Sequence[Group]) -> None:
    left = {f"left_{grp}": group.to_mend for grp, group in enumerate(groups)}
    pad.put(**left)
    pad.run(
        "create table lines_left as " + " union all by name ".join(f"select {name[5:]}::integer as grp, * from {name}" for name in left)
    )


def _import_lines(pad: scratch.Pad, groups: Sequence[Group]) -> pa.Table:
    return pad.table("""
        select f.file_id, l.row as source_row, l.outcome, l.reason, l.content
        from lines_left l join files f using (grp, source) order by f.file_id, l.row
    """)


def _lines_back(pad: scratch.Pad, groups: Sequence[Group]) -> pa.Table:
    """The lines of earlier files that came back, mended or not; of a table that is passed over none did."""
    back = [
        (grp, source, name, row)
        for grp, group in enumerate(groups) if group.cleaned
        for source, table in enumerate(group.tables) for name, row in table.back
    ]  # fmt: skip
    kinds = (pa.int32(), pa.int32(), pa.string(), pa.int64())
    columns = zip(*back, strict=True) if back else [()] * len(kinds)
    told = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    pad.put(came_back=pa.table(told, names=["grp", "source", "name", "source_row"]))
    return pad.table("select distinct file_id, name, source_row from came_back join files using (grp, source) order by all")
