"""The catalogue: items and their barcodes, as versions; the newest counts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

import pandas as pd

from ims_core import alike as likeness
from ims_core import codes, labels, people, values, versions
from ims_core.db import Database
from ims_core.errors import Refused


def catalogue(db: Database) -> pd.DataFrame:
    """Every item: item_id sku name category unit cost price active, barcodes and suppliers as text."""
    return db.frame("""
        select i.item_id, i.sku, i.name, i.category, i.unit, i.cost, i.price, i.active, b.barcodes, s.suppliers
        from items i
        left join (select counts_as as item_id, string_agg(code, ', ' order by code) as barcodes
                   from barcodes join merged using (item_id) where active group by counts_as) b using (item_id)
        left join (select item_id, string_agg(name, ', ' order by name) as suppliers
                   from supplied join suppliers using (supplier_id) where supplied.active group by item_id) s using (item_id)
        where i.same_as is null
        order by lower(i.name), i.sku
    """)


def printed(db: Database) -> pd.DataFrame:
    """What the label of each item in use says: item_id name sku category barcode (of one piece; null where there is none) price."""
    return db.frame("""
        select i.item_id, i.name, i.sku, i.category, b.barcode, i.price::double as price
        from items i
        left join (select counts_as as item_id, min_by(code, (not regexp_full_match(code, '\\d{8}|\\d{12,13}'), code)) as barcode
                   from barcodes join merged using (item_id) where active and pack = 1 group by counts_as) b using (item_id)
        where i.same_as is null and i.active
        order by lower(i.name), i.sku
    """)


def any_yet(db: Database) -> bool:
    """True as soon as the shop knows one item; before, a screen says how to begin."""
    return bool(db.scalar("select count(*) > 0 from items"))


def categories(db: Database) -> list[str]:
    """The categories in use, in order."""
    return [name for (name,) in db.rows("select distinct category from items where category is not null and same_as is null order by 1")]


def one(db: Database, item_id: int) -> dict[str, Any]:
    """The item's fields by name; refused where there is no such item."""
    newest = "select * from item_versions where item_id = ? order by change_id desc limit 1"  # the view would look at every item first
    return db.row(f"select * exclude (gone) from ({newest}) where not gone", [item_id]) or _refuse_unknown(item_id)


def code(db: Database, item_id: int) -> str:
    """The item's code, from memory as long as no item changes: a scan does not wait for it. Refused where there is no such item."""
    return skus(db).get(item_id) or _refuse_unknown(item_id)


def skus(db: Database) -> Mapping[int, str]:
    """The code of every item by its number, from memory as long as no item changes."""
    return db.kept(_codes, "item_versions")


def in_whole_pieces(db: Database, item_id: int) -> bool:
    """True where the item is counted in pieces and no part of one ever moved; many files name no unit for what is weighed."""
    parts = "select count(*) > 0 from visible_movements where item_id = ? and qty % 1 <> 0"
    return one(db, item_id)["unit"] == "piece" and not db.scalar(parts, [item_id])


def whole_only(db: Database, item_ids: Collection[int]) -> frozenset[int]:
    """Those of the items that come `in_whole_pieces`."""
    if not item_ids:
        return frozenset()
    found = db.rows(
        """
        select item_id from items where unit = 'piece' and list_contains($items::bigint[], item_id) and item_id not in (
            select item_id from visible_movements where list_contains($items::bigint[], item_id) and qty % 1 <> 0)
        """,
        {"items": list(item_ids)},
    )
    return frozenset(item_id for (item_id,) in found)


def _codes(db: Database) -> dict[int, str]:
    return dict(db.rows("select item_id, sku from items"))


def _refuse_unknown(item_id: int) -> NoReturn:
    raise Refused(f"There is no item number {item_id}. Its import may have been undone; look for it on the Stock page.")


def barcodes(db: Database, item_id: int) -> pd.DataFrame:
    """The item's barcodes: code pack; pack in pieces."""
    return db.frame(
        """
        select code, pack from barcodes join merged using (item_id) where counts_as = ? and active order by pack, code
        """,
        [item_id],
    )


def alike(db: Database) -> pd.DataFrame:
    """Pairs that may be one item under two names or codes, the surest first; never one that somebody said to be two.

    score (0..100) why against likeness (of the names, 0..100), and of both, the other's with `other_` before it:
    item_id sku name price barcodes on_hand sold last_sale. The first is the one that sold more.
    """
    found = db.kept(_likely, "item_versions", "barcode_versions", "supply_versions")  # the dear part: not asked again after a sale
    apart = set(db.rows("select item_id, other_id from apart where active"))
    return _beside(db, found[[pair not in apart for pair in zip(found["item_id"], found["other_id"], strict=True)]])


def _likely(db: Database) -> pd.DataFrame:
    return likeness.pairs(**{name: db.arrow(sql) for name, sql in LIKENED.items()})


LIKENED = {
    "known": "select item_id, sku, name, category, price::double as price from items where same_as is null",
    "barcodes": "select counts_as as item_id, code from barcodes join merged using (item_id) where active",
    "supplied": "select item_id, supplier_id, code from supplied where code is not null",
    "said": "select 0::bigint as item_id, '' as code where false",
}
"""What items are compared by."""

TOGETHER = 3
"""Documents on which two items must have been sold side by side to be taken for two."""


def _beside(db: Database, found: pd.DataFrame) -> pd.DataFrame:
    """Each pair with what is known of both; pairs that are sold side by side are two items, however alike they look."""
    if found.empty:
        return found
    either = sorted(set(found["item_id"]) | set(found["other_id"]))
    told = db.frame(
        """
        with moved as (
            select counts_as as item_id, m.qty, m.kind, m.ref, m.day
            from visible_movements m join merged using (item_id) where list_contains($either::bigint[], counts_as)
        ),
        bars as (select counts_as as item_id, string_agg(code, ', ' order by code) as barcodes
                 from barcodes join merged using (item_id) where active group by counts_as)
        select item_id, any_value(i.sku) as sku, any_value(i.name) as name, any_value(i.price) as price, any_value(b.barcodes) as barcodes,
               coalesce(sum(m.qty), 0) as on_hand, coalesce(-sum(m.qty) filter (m.kind = 'sale'), 0) as sold,
               max(m.day) filter (m.kind = 'sale') as last_sale,
               coalesce(list(distinct m.ref) filter (m.kind = 'sale' and m.ref is not null), []) as refs
        from items i left join moved m using (item_id) left join bars b using (item_id)
        where list_contains($either::bigint[], item_id) group by item_id
        """,
        {"either": either},
    ).set_index("item_id", drop=False)
    refs = told["refs"].map(set)
    together = [len(refs[one] & refs[other]) for one, other in zip(found["item_id"], found["other_id"], strict=True)]
    found = found[[times < TOGETHER for times in together]]
    swapped = told["sold"].loc[found["other_id"]].to_numpy() > told["sold"].loc[found["item_id"]].to_numpy()
    ours, theirs = found["item_id"].where(~swapped, found["other_id"]), found["other_id"].where(~swapped, found["item_id"])
    told = told.drop(columns="refs")
    sides = [told.loc[ours].reset_index(drop=True), told.loc[theirs].reset_index(drop=True).add_prefix("other_")]
    says = found[["score", "why", "against", "likeness"]].reset_index(drop=True)
    return pd.concat([*sides, says], axis="columns").rename(columns={"other_item_id": "other_id"})


@people.needs("manager")
def save(db: Database, who: people.Person, edits: Sequence[Mapping[str, Any]], via: str = "screen") -> int:
    """Write new versions of items; an edit names `item_id` and the columns that change, a new item has no `item_id`.

    Refused: an empty code or name, a negative cost or price, a code that another item has (case does not count).
    """
    with db.change(who=who.name, what=_what(db, edits), via=via) as change_id:
        rows = versions.edited(db, "items", ("item_id",), edits)  # inside: what others just wrote is not undone by ours
        _refuse_bad(db, rows)
        _refuse_loops(db, rows)
        _number(rows, next_id(db))
        db.append("item_versions", rows)
    return change_id


@people.needs("manager")
def merge(db: Database, who: people.Person, item_id: int, into: int, via: str = "screen") -> int:
    """Let an item count as another from now on: its history, stock and codes follow; undoing this takes them apart again.

    Refused: into itself, into one that counts as it already, and where either is not there.
    """
    names = {each: one(db, each)["name"] for each in (item_id, into)}
    with db.change(who=who.name, what=f"{names[item_id]} merged into {names[into]}", via=via) as change_id:
        rows = versions.edited(db, "items", ("item_id",), [{"item_id": item_id, "same_as": into}])
        _refuse_loops(db, rows)
        db.append("item_versions", rows)
    return change_id


@people.needs("manager")
def keep_apart(db: Database, who: people.Person, item_id: int, other_id: int, via: str = "screen") -> int:
    """Say that two items that look alike are two; they are not suggested again until this is undone. Refused where one is not there."""
    names = [one(db, each)["name"] for each in (item_id, other_id)]
    with db.change(who=who.name, what=f"{names[0]} and {names[1]} are two items", via=via) as change_id:
        db.append("apart_versions", [{"item_id": min(item_id, other_id), "other_id": max(item_id, other_id)}])
    return change_id


@people.needs("staff")
def link_barcode(db: Database, who: people.Person, item_id: int, code: str, pack: float = 1) -> int:
    """Let `code` mean `pack` pieces of the item, however it is written. Refused where another item has the code."""
    if not versions.seen(code) or not (code := codes.canonical(code)):
        raise Refused("The barcode is empty. Scan or type one.")
    if not 0.0001 <= pack <= labels.MOST_PIECES:  # what is less is kept as 0
        raise Refused(f"A barcode stands for at least a part of a piece, not for {pack:g}. Type how many pieces it means.")
    sku = one(db, item_id)["sku"]
    with db.change(who=who.name, what=f"Barcode {code} for {sku}") as change_id:
        owner = db.row(
            f"""
            select code, item_id, counts_as, i.sku from barcodes join merged using (item_id) join items i on i.item_id = counts_as
            where (code = $code or {codes.in_sql("code")} = $code) and barcodes.active
            """,
            {"code": code},
        )
        if owner and owner["counts_as"] != item_id:
            raise Refused(f"The barcode {code} belongs to {owner['sku']}. Take it off there first.")
        db.append("barcode_versions", [{"code": owner.get("code", code), "item_id": owner.get("item_id", item_id), "pack": pack}])
    return change_id


def next_id(db: Database) -> int:
    """The next free item number; asked inside a change, where nobody else writes."""
    return int(db.scalar("select coalesce(max(item_id), 0) + 1 from item_versions"))


def _number(rows: list[versions.Row], first: int) -> None:
    for row in rows:
        if row.get("item_id") is None:
            row["item_id"], first = first, first + 1


def _refuse_bad(db: Database, rows: list[versions.Row]) -> None:
    edited = [row["item_id"] for row in rows if row.get("item_id") is not None]
    others = db.rows(f"select {values.key('trim(sku)')}, name from items where not list_contains(?::bigint[], item_id)", [edited])
    taken = dict(others)
    for row in rows:
        sku, name = row.get("sku"), row.get("name")
        if not sku:
            raise Refused(f"The item {name or 'without a name'} has no code. Give it one; a short number will do.")
        if not name:
            raise Refused(f"The item {sku} has no name. Type what it is called on the shelf.")
        versions.refuse_amounts(row, ("cost", "price"), f"{sku}: ")
        if (key := " ".join(str(sku).upper().split())) in taken:
            raise Refused(f"The code {sku} belongs to {taken[key]} already. Choose another code.")
        taken[key] = name


def _refuse_loops(db: Database, rows: list[versions.Row]) -> None:
    """Refuse where following what an item counts as does not end at an item that stands for itself."""
    if not any(row.get("same_as") is not None for row in rows):
        return
    leads: dict[int, int | None] = dict(db.rows("select item_id, same_as from items"))
    leads |= {row["item_id"]: row.get("same_as") for row in rows if row.get("item_id") is not None}
    for row in rows:
        passed, at = {row.get("item_id")}, row.get("same_as")
        while at is not None:
            if at in passed:
                raise Refused(f"{row['name']} cannot be merged into itself, nor into an item that counts as it already. Choose another.")
            if at not in leads:
                _refuse_unknown(at)
            passed.add(at)
            at = leads[at]


def _what(db: Database, edits: Sequence[Mapping[str, Any]]) -> str:
    if len(edits) != 1:
        return f"{len(edits)} items edited"
    return f"Item {edits[0].get('sku') or db.scalar('select sku from items where item_id = ?', [edits[0].get('item_id')])}"
