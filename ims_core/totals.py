"""Totals that a file prints under its lines, held against the lines."""

import pyarrow as pa

from ims_core import scratch
from ims_core.labels import KIND_FIELDS
from ims_core.recognising import Mapping

SUMMED = ("qty", "received_qty", "on_hand", "total")
"""Fields whose sum means something; that of prices does not."""
ROUNDED = "0.011"
"""What rounding may take from a sum of money."""

APART = "is not the sum of its lines"

NONE = """
    select null::integer as source, null::bigint as row, '' as field, 0::double as printed, 0::double as lines, 0::double as apart
    where false
"""


def check(pad: scratch.Pad, mapping: Mapping, wide: bool) -> pa.Table:
    """Table `printed`: each figure of a line that is a total: source row field printed lines (their sum) apart (0 where they agree).

    It may be of all lines before it, or of those since the total before it: the nearer of the two counts. Lines that are not used count
    too, as they do in the file. Of a `wide` table, turned into lines of its own, none is checked.
    """
    summed = [name for name in SUMMED if name in mapping.columns and name in KIND_FIELDS[mapping.kind]]
    figures = " union all ".join(f"select source, row, aside, '{name}' as field, {name} as figure from judged" for name in summed) or NONE
    pad.run(f"create or replace table printed as {NONE}")
    if summed and not wide and pad.rows("select count(*) from judged where aside = 'a total'")[0][0]:
        pad.run(f"""
            create or replace table printed as
            with figures as (from ({figures})),
                 running as (
                    select *, sum(figure) filter (aside is null) over before as whole,
                           count(*) filter (aside = 'a total' and figure is not null) over before as part
                    from figures
                    window before as (partition by source, field order by row rows between unbounded preceding and 1 preceding)
                 ),
                 parts as (select source, field, part, sum(figure) filter (aside is null) as sum from running group by all),
                 held as (
                    select r.*, case when abs(r.figure - p.sum) < abs(r.figure - r.whole) then p.sum else r.whole end as lines
                    from running r join parts p using (source, field, part)
                    where r.aside = 'a total' and r.figure is not null and r.whole is not null
                 )
            select source, row, field, figure::double as printed, lines::double as lines,
                   case when abs(figure - lines) > {ROUNDED} then (figure - lines)::double else 0 end as apart
            from held order by source, row, field
        """)
    return pad.table("from printed")


def differing() -> str:
    """SQL: totals that are not the sum of their lines, as problems: source row field value problem refused."""
    return f"""
        select source, row, field, format('{{:g}}', printed), '{APART}, ' || format('{{:g}}', lines), false
        from printed where apart <> 0
    """
