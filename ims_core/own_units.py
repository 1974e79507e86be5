"""In which unit each item is counted and how many pieces its pack holds: as the shop knows, and as the files of a drop say."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pyarrow as pa

from ims_core import codes, matching, measuring, scratch, values
from ims_core.db import Database
from ims_core.plans import Group

PERSON, FILES, LINES, SHOP = -1, 0, 1, 2
"""Who knows best: the person who drops, a file of items, then what lines were counted in, then the shop."""


def known(db: Database, groups: Sequence[Group], told: Mapping[str, int]) -> pa.Table:
    """What `measuring.Goods` asks for. Where nothing moved yet, pieces are what nobody said. told: packs, as recognising.told_packs."""
    files = [_in_file(group) for group in groups if _tells(group)]
    return pa.concat_tables([_in_shop(db), *files, _told(told)], promote_options="permissive")


def _told(packs: Mapping[str, int]) -> pa.Table:
    return pa.table({
        "named": pa.array(list(packs), pa.string()), "rank": pa.array([PERSON] * len(packs), pa.int32()),
        "pack": pa.array(map(Decimal, packs.values()), pa.decimal128(18, 4)),
    })  # fmt: skip


def _tells(group: Group) -> bool:
    return group.cleaned is not None and (group.mapping.kind == "items" or group.cleaned.measured)


def _in_shop(db: Database) -> pa.Table:
    return db.arrow(f"""
        with settled as (
            select coalesce(g.counts_as, m.item_id) as item_id from
            (select distinct item_id from visible_movements union select distinct item_id from standing_counts) m
            left join merged g on g.item_id = m.item_id
        ),
        packs as (
            select item_id, pack from supplies where active and pack > 1
            union all
            select item_id, pack from barcodes
            where active and pack > 1 and item_id not in (select item_id from supplies where active and pack > 1)
        ),
        terms as (
            select m.item_id, m.counts_as in (select item_id from settled) as settled, i.name,
                   case when i.unit <> 'piece' or m.counts_as in (select item_id from settled) then i.unit end as unit, p.pack
            from merged m join items i on i.item_id = m.counts_as left join packs p on p.item_id = m.counts_as
        ),
        named as (
            select 'c ' || code as named, item_id, 1 as per from ({matching.KNOWN["known_codes"]})
            union all select 'b ' || {codes.in_sql("code")}, item_id, pack from barcodes where active
            union all select 'n ' || {values.key("name")}, item_id, 1 from items
        )
        select named, {SHOP} as rank, unit, pack, per::decimal(18, 4) as per, settled from named join terms using (item_id)
    """)


def _in_file(group: Group) -> pa.Table:
    """A file of items tells units and packs; of another file, what its lines were counted in holds for the rest of the drop."""
    listing = group.mapping.kind == "items"
    code, _, name = measuring.called()
    with scratch.pad(lines=group.cleaned.rows if group.cleaned else None) as pad:
        return pad.table(f"""
            with said as (select distinct sku, barcode, name, unit, {"pack" if listing else "null::decimal(18, 4)"} as pack from lines),
                 named as (
                    select {code} as named, unit, pack from said
                    union all select 'b ' || unnest({codes.each("barcode")}), unit, pack from said where barcode is not null
                    union all select {name}, unit, pack from said
                 )
            select named, {FILES if listing else LINES} as rank, unit, pack, 1::decimal(18, 4) as per, false as settled
            from named where named is not null and (unit is not null or pack is not null)
        """)
