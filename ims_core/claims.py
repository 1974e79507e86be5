"""Barcodes that items of different files of one drop claim: nobody gets them, and each claim is told."""

from collections.abc import Sequence

import pandas as pd

from ims_core import codes, matching, scratch, values
from ims_core.db import Database
from ims_core.plans import PROBLEM_COLUMNS, Group

SUGGESTION = "See on the goods whose it is, and take it off the other. If both are one item, join them on the Items page."


def across(db: Database, groups: Sequence[Group]) -> pd.DataFrame:
    """A problem for each claim (PROBLEM_COLUMNS), where two groups give a barcode to different items; one file's own are told by cleaning.

    A barcode of the shop stays where it is, whoever claims it.
    """
    telling = [group for group in groups if group.cleaned and {"sku", "barcode"} <= set(group.mapping.columns)]
    if len(telling) < 2:
        return pd.DataFrame(columns=PROBLEM_COLUMNS)
    known = {"codes": db.arrow(f"select code, counts_as from ({matching.KNOWN['known_codes']}) join merged using (item_id)"),
             "barred": db.arrow(f"select {codes.in_sql('code')} as one from barcodes where active")}  # fmt: skip
    with scratch.pad(**known, **{f"rows_{at}": group.cleaned.rows for at, group in enumerate(telling) if group.cleaned}) as pad:
        said = " union all by name ".join(
            f"select {at} as grp, source, row, sku, barcode, {name} as name from rows_{at} where sku is not null and barcode is not null"
            for at, group in enumerate(telling) for name in ["name" if "name" in group.mapping.columns else "null::varchar"]
        )  # fmt: skip
        found = pad.rows(f"""
            with said as ({said}),
                 told as (
                    select grp, one, coalesce('#' || c.counts_as, '=' || {values.key("s.sku")}) as key, min(s.sku) as sku,
                           min(s.name) as name, min((source, row)) as first
                    from (select *, unnest({codes.each("barcode")}) as one from said) s left join codes c on c.code = {values.key("s.sku")}
                    where one not in (select one from barred) group by all
                 )
            select t.grp, t.first[1], t.first[2], t.one, coalesce(o.name || ' (' || o.sku || ')', o.sku), o.grp, o.first[1], o.first[2]
            from told t join told o on o.one = t.one and o.key <> t.key and o.grp <> t.grp
            qualify row_number() over (partition by t.grp, t.key, t.one order by o.grp, o.first) = 1
            order by t.grp, t.first, t.one
        """)
    return pd.DataFrame([_problem(telling, *claim) for claim in found], columns=PROBLEM_COLUMNS)


def _problem(groups: Sequence[Group], grp: int, source: int, row: int, code: str, other: str, of: int, its: int, at: int) -> list[object]:
    """One claim as a problem: where it stands, and who else has it, in which file."""
    table = groups[grp].tables[source]
    problem = f"is the barcode of {other} too, in {groups[of].tables[its].name} row {at}; neither gets it"
    return [table.name, table.sheet, row, groups[grp].mapping.columns["barcode"], code, problem, SUGGESTION, False]
