"""Who sells to us, and on which terms each item comes from them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ims_core import people, values, versions
from ims_core.db import Database
from ims_core.errors import Refused


def listed(db: Database) -> pd.DataFrame:
    """Every supplier: supplier_id name email phone lead_days min_order active, items (supplied)."""
    return db.frame("""
        select s.supplier_id, s.name, s.email, s.phone, s.lead_days, s.min_order, s.active, coalesce(p.items, 0) as items
        from suppliers s
        left join (select supplier_id, count(*) as items from supplied where active group by supplier_id) p using (supplier_id)
        order by lower(s.name)
    """)


def of_item(db: Database, item_id: int) -> pd.DataFrame:
    """The item's suppliers, those in use: supplier_id name code cost pack moq lead_days preferred; empty terms are the supplier's own."""
    return db.frame(
        """
        select s.supplier_id, s.name, p.code, p.cost, p.pack, p.moq, p.lead_days, p.preferred
        from supplied p join suppliers s using (supplier_id)
        where p.item_id = ? and p.active order by p.preferred desc, s.name
        """,
        [item_id],
    )


@people.needs("manager")
def save(db: Database, who: people.Person, edits: Sequence[Mapping[str, Any]]) -> int:
    """Write new versions of suppliers. Refused: no name, a name another has, negative days or money."""
    with db.change(who=who.name, what=_what(edits)) as change_id:
        rows = versions.edited(db, "suppliers", ("supplier_id",), edits)
        number = next_id(db)
        for row in rows:
            _refuse_bad(row)
            if row.get("supplier_id") is None:
                row["supplier_id"], number = number, number + 1
        db.append("supplier_versions", rows)
        _refuse_doubles(db, rows)
    return change_id


@people.needs("manager")
def save_terms(db: Database, who: people.Person, edits: Sequence[Mapping[str, Any]]) -> int:
    """Write new versions of supplies: item_id supplier_id code cost pack moq lead_days preferred active."""
    rows = versions.edited(db, "supplied", ("item_id", "supplier_id"), edits)
    for row in rows:
        if row.get("supplier_id") is None:
            raise Refused("Which supplier? Choose one in the first column of the new line.")
        versions.refuse_amounts(row, ("cost", "pack", "moq", "lead_days"))
    with db.change(who=who.name, what=_what_terms(db, rows)) as change_id:
        db.append("supply_versions", rows)
    return change_id


def next_id(db: Database) -> int:
    """The next free supplier number; asked inside a change, where nobody else writes."""
    return int(db.scalar("select coalesce(max(supplier_id), 0) + 1 from supplier_versions"))


def _what(edits: Sequence[Mapping[str, Any]]) -> str:
    return f"Supplier {', '.join(str(edit.get('name') or edit.get('supplier_id')) for edit in edits)}"


def _what_terms(db: Database, rows: Sequence[versions.Row]) -> str:
    named = list({row["item_id"] for row in rows})
    if len(named) != 1:
        return f"Terms of {len(named)} items"
    return f"Terms of {db.scalar('select sku from items where item_id = ?', named)}"


def _refuse_bad(row: versions.Row) -> None:
    if not row.get("name"):
        raise Refused("A supplier needs a name.")
    versions.refuse_amounts(row, ("lead_days", "min_order"), f"{row['name']}: ")


def _refuse_doubles(db: Database, rows: Sequence[versions.Row]) -> None:
    """Asked when all is appended: two of the rows may have the same name too."""
    mine = [row["supplier_id"] for row in rows]
    doubles = db.rows(
        f"""
        select max(name) from suppliers group by {values.key("name")}
        having count(*) > 1 and bool_or(list_contains(?::bigint[], supplier_id))
        """,
        [mine],
    )
    if doubles:
        raise Refused(f"There is a supplier called {doubles[0][0]} already. Edit that one, or choose another name.")
