"""Which item, supplier and place each cleaned line means: those the shop knows by code, barcode or name, and new ones."""

from ims_core import labels, scratch, values

NAMED_KINDS = ("items", "stock", "sales", "purchases")
"""Kinds of files whose lines name items; the first one that names an item knows it best."""


def name_items(pad: scratch.Pad, last: int) -> None:
    """Tables `named` (sku, barcode, name as written -> key) and `keyed` (key -> item_id): by code, else barcode, else name."""
    key = values.key("sku")
    mentions = " union all ".join(
        f"select sku, barcode, name, {rank} as rank, line from {kind}_rows" for rank, kind in enumerate(NAMED_KINDS)
    )
    pad.run(f"""
        create table mentions as select * from ({mentions});
        create table of_barcode as
            select barcode, min(key) as key from (
                select code as barcode, {key} as key from known_barcodes join known_items using (item_id)
                union all select barcode, {key} from items_rows where sku is not null and barcode is not null
            ) group by barcode;
        create table of_name as
            select called, min(key) as key from (
                select {values.key("name")} as called, {key} as key from known_items
                union all select {values.key("name")}, {key} from items_rows where sku is not null and name is not null
            ) group by called having count(distinct key) = 1;
        create table named as
            select m.sku, m.barcode, m.name, coalesce({values.key("m.sku")}, b.key, n.key, m.barcode, {values.key("m.name")}) as key
            from (select distinct sku, barcode, name from mentions) m
            left join of_barcode b on m.sku is null and b.barcode = m.barcode
            left join of_name n on m.sku is null and n.called = {values.key("m.name")};
        create table firsts as
            select key, arg_min(m.sku, (m.rank, m.line)) as sku, arg_min(m.barcode, (m.rank, m.line)) as barcode,
                   arg_min(m.name, (m.rank, m.line)) as name, min((m.rank, m.line)) as first
            from mentions m join named n
              on n.sku is not distinct from m.sku and n.barcode is not distinct from m.barcode and n.name is not distinct from m.name
            group by key;
        create table keyed as
            select f.*, k.item_id is null as is_new,
                   coalesce(k.item_id, {last} + row_number() over (partition by k.item_id is null order by f.first)) as item_id
            from firsts f left join known_items k on {values.key("k.sku")} = f.key
    """)
    for kind in NAMED_KINDS:
        pad.run(f"""
            create table {kind}_known as
            select r.*, k.item_id from {kind}_rows r
            join named n on n.sku is not distinct from r.sku and n.barcode is not distinct from r.barcode
                and n.name is not distinct from r.name
            join keyed k using (key) order by r.line
        """)


def name_suppliers(pad: scratch.Pad, last: int) -> None:
    """Table `sellers`: each supplier named anywhere, with its number and the terms the files give."""
    pad.run(f"""
        create table sellers as
        with said as (
            select supplier, email, phone, lead_days, min_order, (0, line) as line from suppliers_rows
            union all select supplier, null, null, null, null, (1, line) from items_rows
            union all select supplier, null, null, null, null, (2, line) from purchases_rows
        ),
        once as (
            select {values.key("supplier")} as key, arg_min(supplier, line) as name,
                   arg_max(email, line) filter (email is not null) as email, arg_max(phone, line) filter (phone is not null) as phone,
                   arg_max(lead_days, line) filter (lead_days is not null) as lead_days,
                   arg_max(min_order, line) filter (min_order is not null) as min_order, min(line) as line
            from said where supplier is not null group by 1
        )
        select o.*, k.supplier_id is null as is_new,
               coalesce(k.supplier_id, {last} + row_number() over (partition by k.supplier_id is null order by o.line)) as supplier_id
        from once o
        left join (select {values.key("name")} as key, min(supplier_id) as supplier_id from known_suppliers group by 1) k using (key)
    """)


def name_places(pad: scratch.Pad) -> None:
    """Tables `spots` (as written in lower case -> our place) and `usual` (where lines without a place belong)."""
    pad.run(f"""
        create table spots as
        with said as (
            select place from known_places union all select place from known_spots
            union all select place from items_rows union all select place from stock_rows
            union all select place from sales_rows union all select place from purchases_rows
        )
        select lower(place) as key, coalesce(min(place) filter (known), min(place)) as place
        from (select s.place, k.place is not null as known from said s left join known_places k using (place)) where place is not null
        group by 1;
        create table usual as
        select case when (select count(*) from spots) = 1 then (select any_value(place) from spots) else '{labels.MAIN_PLACE}' end as place
    """)


def spot(rows: str) -> str:
    """SQL: our place for a line of `rows`, the usual one where it names none; `p` is its row of `spots`."""
    return f"case when {rows}.place is null then (select place from usual) else p.place end"
