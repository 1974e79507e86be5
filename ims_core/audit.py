"""The proof of the books: every rule that facts must keep, asked of all of them."""

import pandas as pd

from ims_core import labels, positions, reckoning, undoing, values, versions
from ims_core.db import Database

CHECKS = {
    "Every movement has its change": "select count(*) from movements where change_id not in (select change_id from changes)",
    "Every movement has its item": "select count(*) from movements where item_id not in (select item_id from item_versions)",
    "No movement is empty": "select count(*) from movements where qty = 0",
    "Every kind of movement is known": f"select count(*) from movements where kind not in {tuple(labels.MOVEMENT_KINDS)}",
    "Lines are numbered once": "select count(*) - count(distinct (change_id, line)) from movements",
    "Transfers net to nothing": """
        select count(*) from (select change_id, item_id from movements where kind = 'transfer' group by all having sum(qty) <> 0)""",
    "Every undo takes back exactly what it undoes": """
        select count(*) from (
            select u.change_id, m.item_id, m.place, m.day from changes u join movements m on m.change_id in (u.change_id, u.undoes)
            where u.undoes is not null and not m.stays group by all having sum(m.qty) <> 0)""",
    "Every version has its change": f"""
        select count(*) from ({" union all ".join(f"select change_id from {table}" for table in versions.KEYS)})
        where change_id not in (select change_id from changes)""",
    "Changes are numbered without gaps": "select coalesce(max(change_id), 0) - count(*) from changes",
    "No code is given to two items": f"""
        select count(*) from (select {values.key("trim(sku)")} from items where same_as is null group by all having count(*) > 1)""",
    "No supplier is listed twice": f"""
        select count(*) from (select {values.key("name")} from suppliers group by all having count(*) > 1)""",
    "Where there are accounts, somebody is owner": """
        select count(*) from (select bool_or(active and role = 'owner') as led from people) where not led""",
    "Merged items lead somewhere": "select count(*) from items where item_id not in (select item_id from merged)",
    "Stock is the sum of its movements": """
        select count(*) from (select sum(on_hand - estimated) as qty from stock) s, (select sum(qty) as qty from movements) m
        where coalesce(s.qty, 0) <> coalesce(m.qty, 0)""",
    "No alert stands twice": """
        select count(*) from (select rule, subject from standing_alerts group by all having count(*) > 1)""",
    "What was counted holds": f"select count(*) from ({reckoning.missing('select item_id from counts')})",
    "Estimated stock is the least that keeps every day at or above zero": f"select count(*) from ({reckoning.WRONGLY_ESTIMATED})",
    "Every line of a count has its sheet and its item": f"""
        select count(*) from ({" union all ".join(f"select sheet_id, change_id from {table}" for table in undoing.COUNTING)}) t
        where change_id not in (select change_id from hidden_changes)
          and sheet_id not in (select sheet_id from count_sheets where change_id not in (select change_id from hidden_changes))
           or (select count(*) from count_entries where item_id not in (select item_id from item_versions)) > 0""",
    "What a sheet has booked is what was counted": """
        select count(*) from count_results r where change_id not in (select change_id from hidden_changes)
          and (item_id, place, counted_at, counted) not in (select (item_id, place, counted_at, on_hand) from counts
                                                            where change_id not in (select change_id from hidden_changes))""",
    "No sheet is booked twice": """
        select count(*) from (select sheet_id from count_steps where step = 'booked'
                              and change_id not in (select change_id from hidden_changes) group by all having count(*) > 1)""",
    "Every imported line is accounted for": "select count(*) from import_files where lines <> used + joined + set_aside + refused",
    "Every line not used is kept": """
        select count(*) from import_files f where joined + set_aside + refused <>
        (select count(*) from import_lines l where l.change_id = f.change_id and l.file_id = f.file_id and l.outcome <> 'used')""",
}


def check(db: Database) -> pd.DataFrame:
    """Prove the ledger: rule ok found (how many facts break the rule)."""
    found = {rule: int(db.scalar(sql)) for rule, sql in CHECKS.items()}
    if positions.kept(db):
        found["What is kept beside the ledger says what the ledger says"] = positions.wrong(db)
    return pd.DataFrame([{"rule": rule, "ok": broken == 0, "found": broken} for rule, broken in found.items()])
