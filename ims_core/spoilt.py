"""Codes that a spreadsheet spoilt on their way here: what can be undressed is, what cannot be known is said."""

from collections.abc import Collection

import pyarrow as pa

from ims_core import codes, values
from ims_core.scratch import Pad

MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
AS_DATE = (
    rf"^(?:\d{{1,2}}-(?:{MONTHS})(?:-\d{{2,4}})?|(?:{MONTHS})-\d{{1,4}}|\d{{1,2}}\. ?(?:{MONTHS}|Mrz|Mai|Okt|Dez)"
    r"|\d{1,2}-(?:janv|févr|mars|avr|mai|juin|juil|août|sept|oct|nov|déc)"
    r"|\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}[/.]\d{1,2}[/.](?:19|20)\d{2})$"
)
"""What spreadsheets make of codes such as 5-3 and MAR5; capitals as they write them."""

LOST = "the spreadsheet it came from has lost digits of this code; left empty"
DATED = "the spreadsheet it came from made a date of this code; left empty"
FORMULA = "is a formula, not a code; left empty"
AS_FORMULA = r'^=[^"].*[-+*/&(!<>]|^=\$?[A-Z]{1,3}\$?[0-9]+$'
"""What a program wrote down instead of reckoning it: `=1+1`, `=B2`."""
ZEROS = "is another code but for the zeros before it; kept as two items"
MISTYPED = "the check digit is wrong: a digit is mistyped or missing; kept as it is"


def read(pad: Pad, field: str, column: str, known: Collection[str], off: Collection[str] = ()) -> bool:
    """Table `read_sku` or `read_barcode`: each cell of the column once, its value, what was mended and what is wrong; False if nothing is.

    A point and zeros are mended where no other cell of the column has decimals. `known`: codes of the shop (keys), never spoilt.
    """
    pad.put(shop_codes=pa.table({"key": pa.array(list(known), pa.string())}))
    barcode, mend = field == "barcode", "mended" not in off
    right = codes.is_gtin("code") if barcode else "true"
    thousands = r"regexp_matches(bare, '^\d{1,3}(,\d{3}){2,4}$')" if barcode else "false"
    pad.run(rf"""
        create table read_{field} as
        with told as {values.each("cells", column)},
        written as (select distinct {values.cell(column, wide=False)} as cell from told),
        shelled as (
            select cell, regexp_replace(regexp_replace(cell, '^="?([^"]*)"?$', '\1'), '^''(.+)$', '\1') as bare,
                   {values.key("cell")} in (select key from shop_codes) as ours, regexp_matches(cell, '{AS_DATE}') as dated,
                   regexp_matches(cell, '{AS_FORMULA}') as formula
            from written where cell is not null
        ),
        seen as (select {barcode} or not bool_or(regexp_matches(bare, '^\d+\.\d*[1-9]\d*$')) as whole,
                        count(*) filter (dated) * 2 <= count(*) as coded from shelled),
        mended as (
            select cell, ours, dated and coded and not ours as dated, formula and not ours as formula, case
                when ours or not {mend} then cell
                when whole and regexp_matches(bare, '^\d+\.0+$') then split_part(bare, '.', 1)
                when regexp_matches(bare, '^\d\.\d+[eE]\+?\d+$')
                     and length(split_part(upper(bare), 'E', 1)) - 2 = try_cast(regexp_extract(bare, '(\d+)$', 1) as integer)
                     then replace(split_part(upper(bare), 'E', 1), '.', '')
                when {thousands} then replace(bare, ',', '') else bare end as value
            from shelled, seen
        ),
        kept as (select *, {codes.all_in_sql("value") if barcode else "value"} as code from mended),
        standing as (
            select key, true as ours from shop_codes union all select {values.key("code")}, false from kept where not {barcode} and not ours
        ),
        figured as (  -- 123 and 00123
            select ltrim(key, '0') as bare, list(distinct key) as keys, list(distinct key) filter (ours) as known
            from standing where not {barcode} and regexp_matches(key, '^0*[1-9]\d*$') group by 1 having count(distinct key) > 1
        ),
        meant as (
            select k.*, case when not ours then list_filter(list_sort(f.keys, 'desc'), lambda key: key <> k.code
                            and (list_contains(f.known, key) or (f.known is null and length(key) > length(k.code))))[1] end as other
            from kept k left join figured f on f.bare = ltrim(k.code, '0')
        ),
        judged as (
            select *, not ours and regexp_matches(value, '^\d([.,]\d+)?[eE]\+\d+$') as short,
                   {barcode} and regexp_matches(code, '^\d{{6,9}}00000+$') as round,
                   short or (round and bool_or(short or (round and not {right})) over ()) as lost,
                   {barcode} and regexp_matches(code, '^\d{{12,14}}$') as long,
                   not {right} as wrong
            from meant
        )
        select cell, case when not (lost or dated or formula) then code end as value,
               case when value <> cell and not formula then cell end as was,
               case when lost then '{LOST}' when dated then '{DATED}' when formula then '{FORMULA}'
                    when other is not null then other || ' {ZEROS}'
                    when long and wrong and (select count(*) filter (wrong) * 10 <= count(*) from judged where long) then '{MISTYPED}'
                    end as problem
        from judged
    """)
    return barcode or bool(pad.row(f"select count(was) + count(problem) as found from read_{field}")["found"])
