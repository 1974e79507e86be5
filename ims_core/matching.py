"""Which item, supplier and place each cleaned line means: those the shop knows by code, barcode or name, and new ones."""

from ims_core import codes, labels, scratch, values

NAMED_KINDS = ("items", "stock", "sales", "purchases", "customer_orders")
"""Kinds of files whose lines name items; the first one that names an item knows it best."""


KNOWN = {
    "known_items": "select item_id, sku, name, category, unit, cost, price, same_as, active from items",
    "known_barcodes": f"select {codes.in_sql('code')} as barcode, item_id, pack, active from barcodes",
    "known_merges": "select item_id, counts_as from merged",
    "known_codes": f"""
        with now as (select {values.key("sku")} as code, arg_min(item_id, (same_as is not null, item_id)) as item_id
                     from items group by all),
             once as (select {values.key("v.sku")} as code, min(v.item_id) as item_id from item_versions v semi join items using (item_id)
                      where v.change_id in (select change_id from visible_changes) group by all having count(distinct v.item_id) = 1)
        from now union all select * from once where code not in (select code from now)""",
}
"""What the shop knows of its items; `known_codes` also has each code that one item alone had earlier and none has now."""

PACKED = {"items": (), "stock": ("on_hand",), "sales": ("qty",), "purchases": ("qty", "received_qty"),
          "customer_orders": ("qty", "shipped_qty")}  # fmt: skip
PRICED = {"items": (), "stock": ("cost",), "sales": ("price",), "purchases": ("cost",), "customer_orders": ()}
"""What a line by the barcode of a pack says a pack; `PACKED` in packs."""


def name_items(pad: scratch.Pad, last: int) -> None:
    """Tables `naming` (sku, barcode, name as written -> key, pack), `keyed` (key -> item_id) and each kind's lines with their item.

    A line is found by its code, one that the item has or had; else by barcode; else by name. Keys: #17 is a known item, =A1 a new one.
    """
    _lay_out_mentions(pad)
    _adopt(pad)
    _own_barcodes(pad)
    _name(pad)
    pad.run(f"""
        create table keyed as
        with firsts as (
            select key, arg_min(m.sku, (m.rank, m.line)) filter (not n.scanned) as sku, arg_min(m.barcode, (m.rank, m.line)) as barcode,
                   arg_min(m.name, (m.rank, m.line)) as name, min((m.rank, m.line)) as first
            from mentions m join naming n
              on n.sku is not distinct from m.sku and n.barcode is not distinct from m.barcode and n.name is not distinct from m.name
            group by key
        )
        select f.* replace (coalesce(a.sku, f.sku) as sku), k.item_id is null as is_new, a.sku is not null as adopted,
               coalesce(k.item_id, {last} + row_number() over (partition by k.item_id is null order by f.first)) as item_id
        from firsts f left join known_items k on f.key = '#' || k.item_id
        left join (select '#' || item_id as key, sku from adopted) a using (key)
    """)
    packs = bool(pad.row("select coalesce(bool_or(pack <> 1), false) as some from naming")["some"])
    for kind in NAMED_KINDS:
        counted = [f"(r.{name} * n.pack)::decimal(18, 4) as {name}" for name in PACKED[kind]] if packs else []
        counted += [f"(r.{name} / n.pack)::decimal(18, 4) as {name}" for name in PRICED[kind]] if packs else []
        pad.run(f"""
            create {"view" if kind == "sales" else "table"} {kind}_known as
            select r.* {f"replace ({', '.join(counted)})" if counted else ""}, k.item_id from {kind}_rows r
            join naming n on n.sku is not distinct from r.sku and n.barcode is not distinct from r.barcode
                and n.name is not distinct from r.name
            join keyed k using (key) {"" if kind == "sales" else "order by r.line"}
        """)
    pad.run("""
        create table counted_in as
        select item_id, any_value(unit) as unit
        from (select item_id, unit from stock_known union all select item_id, unit from sales_known
              union all select item_id, unit from purchases_known
              union all select item_id, unit from customer_orders_known) where unit is not null group by item_id
    """)


def _lay_out_mentions(pad: scratch.Pad) -> None:
    """Tables `mentions`, `said` (each way of naming an item once) and `bars` (each barcode of it)."""
    mentions = " union all ".join(
        f"select sku, barcode, name, {rank} as rank, line from {kind}_rows" for rank, kind in enumerate(NAMED_KINDS)
    )
    pad.run(f"""
        create table mentions as select sku, barcode, name, rank, min(line) as line from ({mentions}) group by all;
        create table said as
        select sku, barcode, name, {values.key("sku")} as code, {_called("name")} as called,
               bool_or(rank = 0) as listed, bool_or(rank <= 1 and name is not null) as described, min((rank, line)) as first
        from mentions group by all;
        create table bars as
        select sku, barcode, name, code, called, first, unnest({codes.each("barcode")}) as one from said where barcode is not null
    """)


def _called(name: str) -> str:
    """SQL: what makes two names the same; a dash or a stroke between blanks is a blank."""
    return values.key(f"regexp_replace({name}, ' +[-–/] +', ' ', 'g')")


def _adopt(pad: scratch.Pad) -> None:
    """Table `adopted`: items known only by a barcode or a name whose code is told now; only where one item and one code fit."""
    pad.run(f"""
        create table adopted as
        with unnamed as (
            select k.item_id, {_called("k.sku")} as called, {_called("k.sku")} = {_called("k.name")} as by_name,
                   coalesce(bool_or(b.barcode = {codes.in_sql("k.sku")}), false) as by_barcode, count(b.barcode) as barcodes
            from known_items k left join known_barcodes b on b.item_id = k.item_id and b.active where k.same_as is null group by all
        ),
        offered as (
            select s.code, s.sku, s.first, u.item_id from bars s join known_barcodes b on b.barcode = s.one and b.active
            join unnamed u on u.item_id = b.item_id
            where by_barcode or (by_name and u.called not in (select code from said where code is not null))
            union all
            select s.code, s.sku, s.first, u.item_id from said s join unnamed u using (called)
            where by_name and barcodes = 0 and s.described and u.called not in (select code from said where code is not null)
        )
        select code, arg_min(sku, first) as sku, min(item_id) as item_id
        from offered where code not in (select code from known_codes)
        group by code having count(distinct item_id) = 1 qualify count(*) over (partition by min(item_id)) = 1;
        create table own_codes as
        select code, coalesce('#' || any_value(k.item_id), '#' || any_value(a.item_id), '=' || code) as key, bool_or(described) as described
        from said left join known_codes k using (code) left join adopted a using (code) where code is not null group by code
    """)


def _own_barcodes(pad: scratch.Pad) -> None:
    """Table `owners`: each barcode with the item it means: as the shop knows, as one code alone says, else the item it is the code of."""
    pad.run(f"""
        create table owners as
        with told as (
            select barcode, '#' || item_id as key, pack, 1 as rank from known_barcodes where active
            union all
            select one, min(key), 1, 2 from bars join own_codes using (code)
            where one <> {codes.in_sql("code")} group by one having count(distinct key) = 1
            union all
            select {codes.in_sql("code")}, min(key), 1, 3 from (
                select code, key from own_codes where described union select code, '#' || item_id from known_codes
            ) group by 1 having count(distinct key) = 1
        )
        select barcode, arg_min(key, rank) as key, arg_min(pack, rank)::decimal(18, 4) as pack from told group by barcode
    """)


def _name(pad: scratch.Pad) -> None:
    """Table `naming`; `scanned` where what stands as code is a barcode. Names count where one item alone has them."""
    pad.run(f"""
        create table by_code as
        select c.code, case when o.key is null then c.key else o.key end as key, coalesce(o.pack, 1) as pack, o.key is not null as scanned
        from own_codes c left join owners o
          on o.barcode = {codes.in_sql("c.code")} and c.key = '=' || c.code and not c.described and o.key <> c.key;
        create table by_barcode as
        select b.barcode, min(o.key) as key, min(o.pack) as pack
        from (select distinct barcode, one from bars) b join owners o on o.barcode = b.one
        group by b.barcode having count(distinct key) = 1;
        create table by_name as
        with known as (
            select {_called("name")} as called, '#' || coalesce(counts_as, item_id) as key,
                   item_id in (select item_id from known_barcodes where active) as barred
            from known_items left join known_merges using (item_id)
        ),
        told as (
            from known union all
            select s.called, coalesce(c.key, b.key, '=' || {codes.each("s.barcode")}[1]), s.barcode is not null
            from said s left join by_code c using (code) left join by_barcode b on s.code is null and b.barcode = s.barcode
            where s.listed and s.called is not null
              and (s.code is not null or s.barcode is not null)
              and (s.code is not null or s.called not in (select called from known))
        )
        select called, min(key) as key, bool_or(barred) as barred from told group by called having count(distinct key) = 1;
        create table naming as
        with lone as (select called from said where code is null group by called having count(distinct barcode) <= 1)
        select s.sku, s.barcode, s.name, coalesce(c.scanned, false) as scanned,
               coalesce(c.key, b.key, case when s.barcode is null or (not n.barred and l.called is not null) then n.key end,
                        '=' || {codes.each("s.barcode")}[1], '#' || k.item_id, '=' || s.called) as key,
               coalesce(c.pack, b.pack, 1) as pack
        from said s left join by_code c using (code)
        left join by_barcode b on s.code is null and b.barcode = s.barcode
        left join by_name n on s.code is null and n.called = s.called
        left join known_codes k on s.code is null and s.barcode is null and k.code = {values.key("s.name")}
        left join lone l on l.called = s.called
    """)


FACTS = {
    "item_versions": f"""
        with told as (
            select coalesce(m.counts_as, i.item_id) as item_id, i.* exclude (item_id),
                   m.counts_as is not distinct from i.item_id or m.counts_as is null as direct
            from items_known i left join known_merges m using (item_id)
        ),
        terms as (
            select item_id, arg_max(name, line) filter (name is not null and direct) as name,
                   arg_max(category, (direct, line)) filter (category is not null) as category,
                   arg_max(unit, (direct, line)) filter (unit is not null) as unit,
                   arg_max(cost, (direct, line)) filter (cost is not null) as cost,
                   arg_max(price, (direct, line)) filter (price is not null) as price
            from told group by item_id
        ),
        counted as (
            select coalesce(m.counts_as, c.item_id) as item_id, any_value(unit) as unit
            from counted_in c left join known_merges m using (item_id) group by 1
        ),
        met as (
            select coalesce(m.counts_as, i.item_id) as item_id, bool_or(i.is_new) as is_new, bool_or(i.adopted) as adopted,
                   any_value(i.sku) as sku, any_value({codes.each("i.barcode")}[1]) as barcode, any_value(i.name) as name
            from keyed i left join known_merges m using (item_id) group by 1
        ),
        meant as (
            select i.item_id, i.is_new, case when i.adopted then i.sku else coalesce(k.sku, i.sku, i.barcode, i.name) end as sku,
                   coalesce(t.name, case when k.name = k.sku then i.name end, k.name, i.name, i.sku, i.barcode) as name,
                   coalesce(t.category, k.category) as category, coalesce(t.unit, c.unit, k.unit, 'piece') as unit,
                   coalesce(t.cost, k.cost) as cost,
                   coalesce(t.price, k.price) as price, k.same_as, coalesce(k.active, true) as active
            from met i left join terms t using (item_id) left join known_items k using (item_id) left join counted c using (item_id)
        )
        select m.* exclude (is_new) from meant m left join known_items k using (item_id)
        where m.is_new or (m.sku, m.name, m.category, m.unit, m.cost, m.price)
              is distinct from (k.sku, k.name, k.category, k.unit, k.cost, k.price)
        order by m.item_id""",
    "barcode_versions": """
        with told as (
            select b.one as code, coalesce(m.counts_as, k.item_id) as item_id, b.first
            from bars b join naming n on n.sku is not distinct from b.sku and n.barcode is not distinct from b.barcode
                and n.name is not distinct from b.name
            join keyed k using (key) left join known_merges m using (item_id)
        )
        select code, min(item_id) as item_id from told
        where code not in (select barcode from known_barcodes where active)
          and (code, item_id) not in (select (barcode, item_id) from known_barcodes)
        group by code having count(distinct item_id) = 1 order by min(first)""",
}
"""What files tell of items: an item merged into another tells its terms to that one; a barcode that two items claim is nobody's."""


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
            union all select place from customer_orders_rows
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
