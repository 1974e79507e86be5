"""What undoing means for each kind of fact: the version before, the opposite movement, the document taken back."""

from typing import Any

import pyarrow as pa

from ims_core import accounts, people, values, versions
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from ims_core.people import Person

COUNTING = ("count_sheets", "count_lines", "count_entries", "count_steps", "count_results")
DOCUMENTS = (
    *("counts", "orders", "order_lines", "order_steps", "import_files", "import_lines", "forecast_runs", "forecast_points", "alert_steps"),
    *("customer_order_lines", "lines_back", *COUNTING),
)
"""Not repeated by an undo: their views count visible changes only."""

STANDS_ON = {
    ("item_versions", "item_id"): (
        *("movements", "counts", "order_lines", "barcode_versions", "supply_versions", "combination_versions", "item_versions.same_as"),
        *("count_lines", "count_entries", "customer_order_lines"),
    ),
    ("place_versions", "place"): ("movements", "counts", "count_lines"),
    ("supplier_versions", "supplier_id"): ("orders", "supply_versions"),
    ("orders", "order_id"): ("orders", "order_lines", "order_steps", "movements"),
    ("count_sheets", "sheet_id"): COUNTING,
}
"""What one change created, and which facts of later changes stand on it; after a point the column, where it has another name."""

STAFF_WRITES = ("movements", "counts", "barcode_versions", "forecast_runs", "forecast_points", "alert_steps", *COUNTING)
OWNER_WRITES = ("people_versions", "secret_versions", "token_versions", "channel_versions")
"""What it takes to undo a change follows from what it wrote; all other facts are the manager's."""
NOTICED = ("alerts", "alert_ends", "messages", "message_tries")
"""What the program wrote down by itself: taken back, it would be noticed and told once more."""


def undoable(db: Database, change_id: int, new_id: int | None = None) -> dict[str, Any]:
    """The change, if it exists and is not undone yet by another than `new_id`."""
    change = db.row("select * from changes where change_id = ?", [change_id])
    if not change:
        raise Refused(f"There is no change number {change_id}.")
    by = db.row("select change_id, who from changes where undoes = ? and change_id is distinct from ?", [change_id, new_id])
    if by:
        raise Refused(f"'{change['what']}' was undone already by {by['who']}. To have it back, undo that undoing.")
    return change


def restored(db: Database, change: dict[str, Any]) -> int | None:
    """Undoing an undo brings a change back: its number; None where `change` is no undo, or itself brings one back."""
    if change["undoes"] is None or change["restores"] is not None:
        return None
    first: int = change["undoes"]
    before = db.row("select restores from changes where change_id = ?", [first])
    return int(before["restores"] or first)


def refuse_not_theirs(db: Database, change: dict[str, Any], who: Person) -> None:
    """Staff take back what they did themselves, managers what anybody did; accounts are the owner's, and no secret comes back."""
    wrote = _wrote(db, change["change_id"])
    if wrote & set(NOTICED):
        raise Refused(f"'{change['what']}' is what the program noticed, and cannot be undone. Snooze or resolve it in the inbox.")
    if wrote & set(OWNER_WRITES) and "people_versions" not in wrote:
        raise Refused(f"'{change['what']}' cannot be undone: an old password, token or address must not come alive again. Make a new one.")
    needed = "owner" if wrote & set(OWNER_WRITES) else "staff" if wrote <= set(STAFF_WRITES) and change["via"] != "import" else "manager"
    if not who.may(needed):
        raise NotAllowed(f"{who.name} is {who.role}, but to undo '{change['what']}' one must be {needed}. Ask {people.A[needed]} to do it.")
    if change["who"] != who.name and not who.may("manager"):
        raise NotAllowed(
            f"'{change['what']}' was done by {change['who']}. {who.name} is {who.role} and may undo only what they did themselves."
        )


def refuse_what_stands(db: Database, change: dict[str, Any]) -> None:
    """Refuse where later, standing changes build on this one, and name them."""
    later = sorted(_newer_versions(db, change["change_id"]) | _builds_on(db, change["change_id"]))
    if later:
        names = db.rows(
            "select change_id, what from changes where list_contains(?::bigint[], change_id) order by change_id desc limit 8", [later]
        )
        listed = "; ".join(f"{what} (change {number})" for number, what in names)
        more = f", and {len(later) - len(names)} more" if len(later) > len(names) else ""
        raise Refused(f"'{change['what']}' cannot be undone, because later changes stand on it: {listed}{more}. Undo those first.")


def append_versions_before(db: Database, change_id: int) -> None:
    """For each version the change wrote, the one before it comes into force again; a first version is taken back."""
    for table, key in versions.KEYS.items():
        keys = ", ".join(key)
        db.append(table, db.arrow(f"""
            with mine as (select distinct on ({keys}) * from {table} where change_id = $change order by {keys}),
                 before as (select distinct on ({keys}) * from {table} where change_id < $change order by {keys}, change_id desc)
            select b.* exclude (change_id) from before b semi join mine using ({keys})
            union all by name
            select m.* exclude (change_id, gone), true as gone from mine m anti join before using ({keys})
        """, {"change": change_id}))  # fmt: skip


def append_documents(db: Database, change: dict[str, Any], restores: int | None) -> None:
    """Undoing an undo writes the documents once more, under the new change; a plain undo only hides them."""
    if restores is None:
        return
    for table in DOCUMENTS:
        db.append(table, db.arrow(f"select * exclude (change_id) from {table} where change_id = ?", [change["undoes"]]))


def refuse_doubles(db: Database, change: dict[str, Any]) -> None:
    """Asked when all is appended: what comes back may have been given away or brought in again meanwhile."""
    if "people_versions" in _wrote(db, change["change_id"]):
        accounts.refuse_without_owner(db)
    params = {"change": change["change_id"], "undoes": change["undoes"]}
    files = db.rows(
        """
        select arg_min(name, change_id), min(change_id) from import_files
        where kind <> 'ignore' and change_id in (select change_id from visible_changes)
          and sha256 in (select sha256 from import_files where change_id in ($change, $undoes))
        group by sha256 having count(distinct change_id) > 1
        """,
        params,
    )
    if files:
        name, again = files[0]
        raise Refused(f"'{change['what']}' cannot be undone: {name} was imported again since, by change {again}. Undo that first.")
    suppliers = db.rows(f"select min(name) from suppliers group by {values.key('name')} having count(*) > 1")
    if suppliers:
        raise Refused(f"'{change['what']}' cannot be undone: another supplier is called {suppliers[0][0]} by now. Rename that one first.")
    orders = db.rows(f"""
        select min(number), min(change_id) from orders where not invented and change_id in (select change_id from visible_changes)
        group by {values.key("number")}, supplier_id having count(distinct order_id) > 1
    """)
    if orders:
        number, again = orders[0]
        raise Refused(
            f"'{change['what']}' cannot be undone: order {number} was brought in again since, by change {again}. Undo that first."
        )
    codes = db.rows(
        f"""
        with keyed as (select item_id, sku, {values.key("trim(sku)")} as key from items where same_as is null)
        select min(sku) from keyed
        where key in (select key from keyed where item_id in (select item_id from item_versions where change_id = $change))
        group by key having count(*) > 1
        """,
        {"change": change["change_id"]},
    )
    if codes:
        raise Refused(f"'{change['what']}' cannot be undone: another item has the code {codes[0][0]} by now. Give that one another first.")


def opposite_movements(db: Database, change_id: int) -> pa.Table:
    """The change's movements with the other sign, but for what stays."""
    return db.arrow("select * exclude (change_id) replace (-qty as qty) from movements where change_id = ? and not stays", [change_id])


def _wrote(db: Database, change_id: int) -> set[str]:
    """The tables that a change wrote to."""
    tables = sorted({*versions.KEYS, *DOCUMENTS, "movements", *OWNER_WRITES, *NOTICED})
    each = [f"select '{table}' where exists (select 1 from {table} where change_id = $change)" for table in tables]
    return {table for (table,) in db.rows(" union all ".join(each), {"change": change_id})}


def _newer_versions(db: Database, change_id: int) -> set[int]:
    found: set[int] = set()
    for table, key in versions.KEYS.items():
        keys = ", ".join(key)
        found |= _numbers(db, f"""
            select distinct v.change_id from {table} v
            semi join (select {keys} from {table} where change_id = $change) m using ({keys})
            where v.change_id > $change and v.change_id in (select change_id from visible_changes)
        """, change_id)  # fmt: skip
    return found


def _builds_on(db: Database, change_id: int) -> set[int]:
    found: set[int] = set()
    for (table, key), users in STANDS_ON.items():
        created = (
            f"select {key} from {table} where change_id = $change and {key} not in (select {key} from {table} where change_id < $change)"
        )
        for name in users:
            user, _, column = name.partition(".")
            found |= _numbers(db, f"""
                select distinct u.change_id from {user} u
                where u.change_id > $change and u.{column or key} in ({created}) and u.change_id in (select change_id from visible_changes)
            """, change_id)  # fmt: skip
    return found


def _numbers(db: Database, sql: str, change_id: int) -> set[int]:
    return {number for (number,) in db.rows(sql, {"change": change_id})}
