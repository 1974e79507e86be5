"""Everything of a shop out as one file, and into an empty shop again. Not carried: who did what when, and forecast runs."""

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from ims_core import archives, audit, ledger, people, policy, undoing, versions
from ims_core.archives import Archive
from ims_core.db import Database
from ims_core.errors import Refused

VISIBLE = "change_id in (select change_id from visible_changes)"

NAMES = {
    "items": "item_versions", "barcodes": "barcode_versions", "places": "place_versions", "suppliers": "supplier_versions",
    "supplies": "supply_versions", "settings": "policy_versions", "mappings": "mapping_versions", "apart": "apart_versions",
    "targets": "target_versions", "closed_days": "closed_versions", "combinations": "combination_versions",
    "movements": "movements", "counts": "counts", "orders": "orders", "order_lines": "order_lines", "order_steps": "order_steps",
    "customer_order_lines": "customer_order_lines",
    "import_files": "import_files", "import_lines": "import_lines", "lines_back": "lines_back",
    "count_sheets": "count_sheets", "count_lines": "count_lines", "count_entries": "count_entries",
    "count_steps": "count_steps", "count_results": "count_results",
}  # fmt: skip
"""Each file of the archive and the fact table it is of."""

DOCUMENTS = {
    "movements": "select * exclude (change_id, stays), false as stays from visible_movements order by change_id, line",
    "counts": "select * exclude (change_id) from standing_counts order by day, item_id, place",
    "orders": f"""
        select * exclude (change_id) from (select distinct on (order_id) * from orders where {VISIBLE} order by order_id, change_id desc)
        order by order_id""",
    "order_lines": f"select * exclude (change_id) from order_lines where {VISIBLE} order by order_id, line",
    "order_steps": f"""
        select order_id, arg_max(step, change_id) as step, day from order_steps where {VISIBLE} group by order_id, day order by all""",
    "customer_order_lines": "select * exclude (change_id, key) from told_customer_lines order by change_id, file_id, line",
    "import_files": f"select * exclude (change_id) from import_files where {VISIBLE} order by file_id",
    "import_lines": f"select * exclude (change_id) from import_lines where {VISIBLE} order by file_id, source_row",
    "lines_back": f"select * exclude (change_id) from lines_back where {VISIBLE} order by file_id, name, source_row",
} | {table: f"select * exclude (change_id) from {table} where {VISIBLE} order by change_id, sheet_id" for table in undoing.COUNTING}

NUMBERS = {"item_id": "item_versions", "same_as": "item_versions", "other_id": "item_versions", "supplier_id": "supplier_versions",
           "order_id": "orders", "file_id": "import_files",
           "sheet_id": "count_sheets"}  # fmt: skip
"""Columns that name something by its number, and where those numbers are given: a shop that had items before counts on."""


def everything(db: Database, day: date) -> bytes:
    """The archive of the shop as it stands; dropped into an empty shop it gives the same stock, demand, orders and figures."""
    for _ in range(5):
        before = db.version
        tables = {name: db.arrow(_named(name)) for name in NAMES}
        if db.version == before:  # else somebody wrote in between, and the tables may not fit together
            break
    return archives.pack(policy.shop(db).name, day.isoformat(), tables)


def unpacked(db: Database, name: str, content: bytes) -> Archive:
    """The archive as this shop's tables take it."""
    return archives.unpack(name, content, {part: db.arrow(f"{_facts(part)} limit 0").schema for part in NAMES})


def known(db: Database, archive: Archive) -> int | None:
    """The change that took in this very archive, where it was not undone."""
    found: int | None = db.scalar(
        f"select change_id from changes where starts_with(key, ?) and {VISIBLE}", [f"whole shop {archive.sha256} "]
    )
    return found


@people.needs("manager")
def take_in(db: Database, who: people.Person, archive: Archive, via: str = "import") -> int:
    """Fill an empty shop. Refused: where the shop has anything already, and where the archive does not add up."""
    key = _key(db, archive)
    with db.change(who=who.name, what=f"The whole shop {archive.shop} of {archive.taken_out}", via=via, key=key) as change_id:
        if change_id <= db.version:  # this very archive is in the shop already
            return change_id
        _refuse_full(db)
        add = {column: int(db.scalar(f"select coalesce(max({_own(column)}), 0) from {table}")) for column, table in NUMBERS.items()}
        for name, table in archive.tables.items():
            rows = _renumbered(table, add)
            if name == "movements":
                line = pa.array(range(1, rows.num_rows + 1), pa.int32())
                ledger.post(db, rows.set_column(rows.column_names.index("line"), "line", line))
            else:
                db.append(NAMES[name], rows)
        _refuse_broken(db, archive)
    return change_id


def _key(db: Database, archive: Archive) -> str:
    """The same archive is the same act, until something is undone."""
    return f"whole shop {archive.sha256} {db.scalar('select count(*) from changes where undoes is not null')}"


def _facts(name: str) -> str:
    """SQL: what counts of a table today."""
    table = NAMES[name]
    if table not in versions.KEYS:
        return DOCUMENTS[name]
    key = ", ".join(versions.KEYS[table])
    return f"""
        select * exclude (change_id, gone) from (select distinct on ({key}) * from {table} order by {key}, change_id desc)
        where not gone order by {key}"""


def _named(name: str) -> str:
    """SQL: the same, and where a line speaks of an item its code and name, for people."""
    facts = _facts(name)
    if name not in (
        "barcodes",
        "supplies",
        "movements",
        "counts",
        "order_lines",
        "customer_order_lines",
        "count_lines",
        "count_entries",
        "count_results",
    ):
        return facts
    return f"select i.sku, i.name as item, f.* from ({facts}) f left join items i using (item_id)"


def _own(column: str) -> str:
    return "item_id" if column in ("same_as", "other_id") else column


def _renumbered(rows: pa.Table, add: Mapping[str, int]) -> pa.Table:
    for at, column in enumerate(rows.column_names):
        if add.get(column):
            rows = rows.set_column(at, column, pc.add(rows.column(column), add[column]))
    return rows


def _refuse_full(db: Database) -> None:
    for view, what in (("items", "items"), ("visible_movements", "movements"), ("suppliers", "suppliers"), ("standing_counts", "counts")):
        if db.scalar(f"select count(*) > 0 from {view}"):
            raise Refused(
                f"This shop has {what} already, and a whole shop goes into an empty one only. Undo what is here, or start the program "
                "with IMS_DATABASE naming a new file."
            )


def _refuse_broken(db: Database, archive: Archive) -> None:
    """Whoever changed the files by hand is told what does not hold any more, and nothing is written."""
    proof = audit.check(db)
    broken = [str(rule) for rule in proof["rule"][~proof["ok"].astype(bool)]]
    lost = "select count(*) from {0} where item_id not in (select item_id from item_versions)"
    broken += [
        f"Every line of {name} has its item" for name in ("counts", "order_lines", "supply_versions") if db.scalar(lost.format(name))
    ]
    if broken:
        raise Refused(f"{archive.name} does not add up, so nothing of it was written: {'; '.join(broken)}. Take the shop out anew.")
