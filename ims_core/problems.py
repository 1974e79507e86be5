"""What of a file cannot be read, cell by cell: what is wrong, where, and what to do about it."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from ims_core import codes, columns, scratch, totals, values, widening
from ims_core.labels import FIELDS
from ims_core.reading import Table
from ims_core.recognising import Mapping

UNFIT = {
    "holds is not known": "Write how many it holds, such as “box of 24”, or fill in the pack size in a file of items, and drop both.",
    "is not sure": "Write which one it is, such as “box of 24”.",
    "is no unit we know": "Write a unit such as pcs, kg or box of 24; or say under Columns that this column is no unit.",
    "cannot be counted in": "Write the quantity in the item's own unit, or set the item's unit on the Items page if that one is wrong.",
    "is not counted in": "Switch the rule on again under Mended, or write the quantity in the item's own unit.",
    "of this item": "Write it in the item's own unit, such as 72, or say how many a pack holds, such as “3 boxes of 24”.",
}
"""What to do about a quantity that cannot be counted, by what is said of it."""

SAID = {
    "says no item": "Write the item's code, barcode or name.",
    "says no supplier": "Write the supplier's name.",
    "no date": "Write the day, such as 2026-05-31.",
    "is no day of trade": "Write the day, such as 2026-05-31.",
    "is no date": "Write a date such as 2026-05-31.",
    "quantity 0": "Write how many, or leave the line out.",
    "no quantity": "Write how many.",
    "cannot be right": "Write the number that was meant.",
    "another currency": "Write the amount in the shop's currency.",
    "is no number": "Write a plain number such as 12 or 12.50.",
    "uantity cannot be read": "Write a plain number such as 12 or 12.50.",
    "On hand cannot be read": "Write a plain number such as 12 or 12.50.",
    "ate cannot be read": "Write a date such as 2026-05-31.",
    "": "Mend what is wrong, and drop the workbook back.",
}
"""What to do about a line, by what is said of it."""


def find(pad: scratch.Pad, mapping: Mapping, styles: dict[str, values.Style], tables: Sequence[Table]) -> pd.DataFrame:
    """What cannot be read: refused lines with the cell that is wrong, and cells left empty on lines that are used."""
    parts = [
        "select source, row, null as field, null as value, lacking || '; the line is not used' as problem, true as refused"
        " from judged where outcome = 'refused' and lacking not like '%cannot be read' and lacking is distinct from unfit",
        "select source, row, unfit_field, unfit_value, unfit || '; the line is not used', true from judged"
        " where outcome = 'refused' and lacking = unfit",
    ]
    there = pad.columns("typed")
    for name in mapping.columns:
        if f"{name}_problem" in there:
            parts.append(_spoilt(name))
        if FIELDS[name].type in ("text", "id"):
            continue
        parts.append(
            f"select source, row, '{name}', {name}_text, {_wrong(name, styles[name])} || case when outcome = 'refused'"
            f" then '; the line is not used' else '; left empty' end, outcome = 'refused' from judged"
            f" where {name}_text is not null and {name} is null and outcome in ('used', 'refused')"
        )
    parts.append(totals.differing())
    if set(columns.CODES) <= set(mapping.columns):
        parts.append(f"from ({codes.claimed()})")
    found = pad.table(f"select * from ({' union all '.join(parts)}) order by source, row")
    found = widening.in_sheet(found, tables).to_pandas()
    names, sheets = [table.name for table in tables], [table.sheet for table in tables]
    return pd.DataFrame(
        {
            "source": found.source, "file": [names[i] for i in found.source], "sheet": [sheets[i] for i in found.source],
            "row": found.row, "column": [mapping.columns.get(name) for name in found.field], "value": found.value,
            "problem": found.problem, "suggestion": list(map(_suggestion, found.field, found.problem)),
            "refused": found.refused,
        }
    )  # fmt: skip


def _wrong(name: str, style: values.Style) -> str:
    """SQL: what is wrong with a cell that is not what its field must be."""
    what = "'is no date'" if FIELDS[name].type == "date" else "'is no number'"
    if style.units:
        united = f"regexp_matches({name}_text, '{values.WITH_UNIT}')"
        what = f"case when {united} then 'names a unit that is not known in pieces of this item' else {what} end"
    if style.only:
        listed = ", ".join(f"'{code}'" for code in ("", *style.only))
        paid = values.paid(f"{name}_text", style, "currency")
        what = f"case when {paid} in ({listed}) then {what} else 'is in another currency' end"
    return what


def emptied(pad: scratch.Pad, mapping: Mapping, styles: dict[str, values.Style], header: Sequence[str]) -> pa.Table:
    """Lines that are used though a cell cannot be read: source row outcome reason content; mended and dropped back they fill it in.

    Only of items and suppliers: what was counted, sold or bought is not told twice. What is on hand was true on its day, and stays out.
    """
    there = pad.columns("typed")
    cells = [(name, f"{name}_problem is not null", f"{name}_problem") for name in mapping.columns if f"{name}_problem" in there]
    typed = [name for name in mapping.columns if f"{name}_text" in there and name in styles]
    cells += [(name, f"{name}_text is not null and {name} is null", f"{_wrong(name, styles[name])} || ', left empty'") for name in typed]
    if not cells or mapping.kind not in ("items", "suppliers"):
        cells = [("sku", "false", "''")]
    said = ", ".join(
        f"case when {wrong} then '{values.escaped(mapping.columns.get(name, ''))}: ' || coalesce({name}_text || ' ', '') || {why} end"
        if wrong != "false" else "null" for name, wrong, why in cells
    )  # fmt: skip
    blank = mapping.columns.get("on_hand") if mapping.kind == "items" else None
    return pad.table(f"""
        with wrong as (
            select source, row, concat_ws('; ', {said}) as reason from judged
            where outcome = 'used' and ({" or ".join(wrong for _, wrong, _ in cells)})
        )
        select w.source, w.row, 'used' as outcome, w.reason, {values.content(header, blank)} as content
        from wrong w join raw r on r."source  table" = w.source and r."source  row" = w.row order by w.source, w.row
    """)


def _spoilt(name: str) -> str:
    """SQL: what is wrong with codes, each said once."""
    return f"""
        select (min((source, row)))[1] as source, (min((source, row)))[2] as row, '{name}', {name}_text,
               {name}_problem || case when count(*) > 1 then ' (on ' || count(*) || ' lines)' else '' end, bool_and(outcome = 'refused')
        from judged where {name}_problem is not null and outcome in ('used', 'refused') group by {name}_text, {name}_problem
    """


def advice(outcome: str, reason: str) -> str:
    """What to do about a line that is not used, or is used without one of its cells."""
    if outcome == "joined":
        return "Nothing: it counts once already."
    if "needed columns are missing" in reason:
        return "Say on the Upload page which column it is, or what else the file is; then drop it again."
    if outcome == "set aside":
        return "Nothing, if it is right. If the line is goods, switch the rule off under Mended and commit anew."
    for part, told in (UNFIT | SAID).items():
        if part in reason:
            return told
    return ""


def _suggestion(name: str | None, problem: str) -> str:
    for part, advice in UNFIT.items():
        if part in problem:
            return advice
    if problem.startswith(totals.APART):
        return "A line may be missing, or was changed by hand. Look at it where the file comes from."
    if name == "barcode" and problem.startswith("is the barcode of"):
        return "See on the goods whose it is, and take it off the other. If both are one item, join them on the Items page."
    if name is None or name not in FIELDS:
        return "Fill it in in the file and drop it again, or leave the line out."
    if name in columns.CODES:
        return "Make the column text where the file comes from, type the code as it is printed, and drop it again."
    if FIELDS[name].type == "date":
        return "Write a date such as 2026-05-31."
    return "Write a plain number such as 12 or 12.50."
