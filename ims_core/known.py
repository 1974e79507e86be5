"""What the shop knows that a drop is held against: its files, codes, barcodes, and the sales that earlier files brought."""

import pyarrow as pa

from ims_core import codes, documents, matching, policy, repeats, values
from ims_core.db import Database


def files(db: Database) -> dict[str, int]:
    """The content of every file that was imported and not taken back, by its hash: the change that brought it.

    One that was not for us may be understood another way the next time.
    """
    return dict(
        db.rows("""
            select sha256, max(change_id) from import_files
            where kind <> 'ignore' and change_id in (select change_id from visible_changes) group by 1
        """)
    )


def heads(db: Database) -> dict[str, int]:
    """The files of heads of documents whose lines are in the shop, by hash: the change that brought them."""
    return dict(
        db.rows(
            """
            select sha256, max(change_id) from import_files join import_lines using (change_id, file_id)
            where kind = 'ignore' and reason = ? and change_id in (select change_id from visible_changes) group by 1
            """,
            [documents.HEADS],
        )
    )


def spellings(db: Database) -> dict[str, str]:
    """How the shop writes each code, by what makes two writings the same."""
    return dict(db.rows(f"select {values.key('sku')}, sku from items"))


def barcodes(db: Database) -> pa.Table:
    """The barcodes in use: code, name (of the item it means) and keys (every code of that item)."""
    return db.arrow(f"""
        with codes as (select counts_as, list(code) as keys from ({matching.KNOWN["known_codes"]}) join merged using (item_id) group by all)
        select {codes.in_sql("b.code")} as code, i.name || ' (' || i.sku || ')' as name, c.keys
        from barcodes b join merged g using (item_id) join items i on i.item_id = g.counts_as join codes c on c.counts_as = g.counts_as
        where b.active
    """)


def combinations(db: Database) -> list[tuple[str, str, str | None, bool]]:
    """Items that are a combination: their product's number or code, their own code, their name where it is another, whether counted."""
    return db.rows("""
        select c.product, i.sku, nullif(i.name, i.sku), c.item_id in (select item_id from standing_counts)
        from combinations c join items i using (item_id)
    """)


def sales(db: Database) -> repeats.Earlier | None:
    """What asks for the sales that earlier files brought; none did: nothing is there to ask."""
    if not db.scalar("select count(*) > 0 from import_files"):
        return None
    zone = policy.shop(db).timezone
    clock = "m.happened_at" if zone == "UTC" else f"(m.happened_at at time zone 'UTC') at time zone '{zone}'"
    return lambda wanted: db.arrow(
        f"""
        with codes as (
            select counts_as as item_id, list(distinct code) as codes
            from (select item_id, code from barcodes union all select item_id, code from ({matching.KNOWN["known_codes"]}))
            join merged using (item_id) group by counts_as
        ),
        brought as (
            select m.*, {clock} as moment, i.sku, {values.key("k.sku")} as key, {values.key("i.name")} as called, codes,
                   (m.kind = 'return_in') = (m.qty < 0) as opposite,
                   case when m.kind <> 'sale' then m.takes_back end as taken
            from visible_movements m join items i using (item_id) join merged g using (item_id) join items k on k.item_id = g.counts_as
            left join codes on codes.item_id = g.counts_as
            where m.file_id is not null and m.kind in ('sale', 'return_in', 'adjustment')
              and (m.ref in (select unnest($refs::varchar[]))
                   or (m.day in (select unnest($days::date[])) and m.file_id in (
                       select file_id from visible_movements where ref in (select unnest($refs::varchar[]))))
                   or (m.day in (select unnest($days::date[])) and ($unnumbered or m.ref is null))
                   or (m.day >= $since::date and list_has_any(list_append(codes, {values.key("i.sku")}), $cancelled::varchar[])))
        ),
        told as (select file_id, any_value(contains(mapping, '"place": ')) as told_place from import_files group by file_id),
        counted as (
            select *, count(*) filter (opposite) over same as taken_times,
                   row_number() over (same order by opposite, change_id, line) as nth
            from brought window same as (partition by kind, item_id, ref, day, moment, abs(qty), unit_price, place, taken)
        )
        select row_number() over (order by change_id, line) as id, file_id, ref, key, sku, called, codes, day, moment, -qty as qty,
               unit_price as price, place, coalesce(told_place, false) as told_place, kind, taken as takes_back
        from counted left join told using (file_id)
        where not opposite and nth > taken_times
        """,
        vars(wanted),
    )
