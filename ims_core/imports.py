"""What came in by files: past imports, their files, the lines they left out, and what undoing one would take back."""

from typing import NamedTuple

import pandas as pd

from ims_core import labels, undoing
from ims_core.db import Database
from ims_core.errors import Refused

NEW = {"item_versions": ("item_id", "item"), "place_versions": ("place", "place"), "supplier_versions": ("supplier_id", "supplier"),
       "orders": ("order_id", "purchase order")}  # fmt: skip


class Taking(NamedTuple):
    """What undoing takes back, said in words, and why it is refused now (None where it is not)."""

    says: str
    refusal: str | None


def past(db: Database) -> pd.DataFrame:
    """Every import: change_id done_at who what files lines used joined set_aside refused undone emptied standing again; the newest first.

    emptied: lines that were used though one of their cells could not be read and still stand; standing: these and the refused that do;
    again: those that came again since.
    """
    return db.frame("""
        with told as (
            select l.change_id, count(*) filter (l.outcome = 'used' and m.file_id is null) as emptied,
                   count(*) filter (m.file_id is null) as standing, count(m.file_id) as again
            from import_lines l left join mended_lines m using (change_id, file_id, source_row)
            where l.outcome in ('used', 'refused') group by all
        )
        select i.*, coalesce(t.emptied, 0) as emptied, coalesce(t.standing, 0) as standing, coalesce(t.again, 0) as again
        from imports i left join told t using (change_id)
        order by change_id desc
    """)


def files(db: Database, change_id: int) -> pd.DataFrame:
    """The tables of an import: file sheet kind (as people say it) lines used joined set_aside refused."""
    found = db.frame(
        """
        select name as file, sheet, kind, lines, used, joined, set_aside, refused
        from import_files where change_id = ? order by file_id
        """,
        [change_id],
    )
    return found.assign(kind=found["kind"].map(labels.FILE_KINDS))


def not_used(db: Database, change_id: int) -> pd.DataFrame:
    """The lines of an import to mend: file sheet row outcome reason content (the line as it was) kind mapping (JSON).

    Those that were not used, and with the outcome `used` those of which a cell could not be read; none that came again since.
    """
    return db.frame(
        """
        select f.name as file, f.sheet, l.source_row as row, l.outcome, l.reason, l.content, f.kind, f.mapping
        from import_lines l join import_files f on f.file_id = l.file_id and f.change_id = l.change_id
        anti join mended_lines m on m.change_id = l.change_id and m.file_id = l.file_id and m.source_row = l.source_row
        where l.change_id = ? order by l.file_id, l.source_row
        """,
        [change_id],
    )


def differences(db: Database, change_id: int) -> pd.DataFrame:
    """What the import counted otherwise than sales and purchases say: item_id sku name place day on_hand expected net value.

    The dearest first. expected: by the books; net: on_hand - expected, pieces; value: of net, at cost, empty where no cost is known.
    First counts open the stock: they differ from nothing.
    """
    return db.frame(
        """
        with posted as (
            select item_id, place, happened_at as counted_at, sum(qty) as net
            from movements where change_id = ? and kind = 'count' group by all
        )
        select i.item_id, i.sku, i.name, c.place, c.day, c.on_hand, c.on_hand - p.net as expected, p.net, (p.net * k.cost)::double as value
        from counts c join posted p using (item_id, place, counted_at) join items i using (item_id) left join costs k using (item_id)
        where c.change_id = ? and p.net <> 0
        order by abs(value) desc nulls last, abs(p.net) desc, i.sku
        """,
        [change_id, change_id],
    )


def taking_back(db: Database, change_id: int) -> Taking:
    """What undoing the import would take back, and whether something stands on it; writes nothing."""
    by_unit = db.rows(
        """
        select i.unit, count(*), sum(m.qty) filter (m.qty > 0), -sum(m.qty) filter (m.qty < 0)
        from movements m join items i using (item_id) where m.change_id = ? group by all
        """,
        [change_id],
    )
    came, left = ({unit: each[at] for unit, *each in by_unit if each[at]} for at in (1, 2))
    ways = [f"{labels.amounts(some)} that {way}" for some, way in ((came, "came"), (left, "left")) if some]
    told = [f"{labels.many(sum(count for _, count, *_ in by_unit), 'movement')} ({', '.join(ways)})"] if by_unit else []
    counted = db.scalar("select count(*) from counts where change_id = ?", [change_id])
    told += [labels.many(counted, "count")] if counted else []
    for table, (key, one) in NEW.items():
        new = db.scalar(f"select count(*) from (select {key} from {table} group by 1 having min(change_id) = ?)", [change_id])
        told += [labels.many(new, one)] if new else []
    says = f"Takes back {', '.join(told)}." if told else "Takes back what it changed of items and suppliers."
    try:
        undoing.refuse_what_stands(db, undoing.undoable(db, change_id))
    except Refused as refusal:
        return Taking(says, str(refusal))
    return Taking(says, None)
