"""Text to values: how numbers and dates are written in a column, and the SQL that turns them into values."""

import re
from dataclasses import dataclass
from datetime import date

from ims_core.scratch import Pad

CURRENCIES = r"(€|\$|£|¥|₹|EUR|USD|GBP|CHF|JPY|INR|AUD|CAD|SEK|NOK|DKK|PLN|Kč|zł|kr\.?|Fr\.?)"

GAPS = r"\s\x{a0}\x{202f}''’"
"""What may stand between thousands in either style: blanks and apostrophes (doubled, for SQL)."""

WHOLE = {
    "comma": rf"(?:\d{{1,3}}(?:[.{GAPS}]\d{{3}})+|\d+)(?:,\d+)?|,\d+",
    "point": rf"(?:\d{{1,3}}(?:[,{GAPS}]\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}|\d+)(?:\.\d+)?|\.\d+",
}
"""A number without its sign; the second way of writing thousands is India's."""

DATE_PARTS = r"^(\d{1,4})[./-](\d{1,2})[./-](\d{2,4})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*([AaPp][Mm])?)?$"

WRITTEN_DATES = [
    f"{day}{clock}"
    for day in (
        "%d %b %y",
        "%d-%b-%y",
        "%d %b %Y",
        "%d-%b-%Y",
        "%d %B %Y",
        "%d. %B %Y",
        "%b %d, %Y",
        "%B %d, %Y",
        "%b %d %Y",
        "%a %d %b %Y",
        "%Y%m%d",
    )
    for clock in ("", " %H:%M", " %H:%M:%S")
]

SERIALS = "20000 and 80000"
"""Days as Excel counts them, from 1954 to 2119."""


@dataclass(frozen=True)
class Style:
    """How a column writes its values. `name`: plain, point or comma (numbers); iso, dmy, mdy, written or serial (dates)."""

    name: str
    sure: bool = True
    """False where the column reads both ways and the person should be asked."""


def cell(column: str) -> str:
    """SQL: the cell as it stands without blanks around it; null where nothing is left."""
    return f"nullif(trim({quoted(column)}, E' \\t\\r\\n\u00a0'), '')"


def text(column: str) -> str:
    """SQL: the cell on one line without blanks around it; null where nothing is left."""
    return f"nullif(trim(replace(replace({quoted(column)}, chr(10), ' '), chr(160), ' '), E' \\t\\r'), '')"


def number(column: str, style: Style) -> str:
    """SQL: the cell as decimal(18, 4); null where it is no number as this column writes them."""
    if style.name == "plain":
        return f"try_cast(trim({quoted(column)}) as decimal(18, 4))"
    bare, whole = _bare(column), WHOLE[style.name]
    fits = rf"^(?:[-+]?\s*(?:{whole})|\((?:{whole})\)|(?:{whole})\s*-)$"
    decimal = "," if style.name == "comma" else "."
    plain = f"replace(regexp_replace({bare}, '[^0-9{decimal}]', '', 'g'), ',', '.')"
    sign = f"case when regexp_matches({bare}, '^[-(]|-$') then -1 else 1 end"
    return f"case when regexp_matches({bare}, '{fits}') then {sign} * try_cast({plain} as decimal(18, 4)) end"


def moment(column: str, style: Style) -> str:
    """SQL: the cell as a timestamp; null where it is no date as this column writes them."""
    cell = f"trim({quoted(column)})"
    if style.name == "iso":
        dotted = rf"regexp_replace({cell}, '^(\d{{4}})\.(\d{{1,2}})\.(\d{{1,2}})\.?', '\1-\2-\3')"
        return f"coalesce(try_cast({cell} as timestamp), try_cast({dotted} as timestamp))"
    if style.name == "serial":
        days = f"try_cast({cell} as double)"
        return f"case when {days} between {SERIALS} then timestamp '1899-12-30' + to_seconds(round({days} * 86400)) end"
    if style.name == "written":
        formats = ", ".join(f"'{form}'" for form in WRITTEN_DATES)
        return f"try_strptime({cell}, [{formats}])"
    parts = f"regexp_extract({cell}, '{DATE_PARTS}', ['a', 'b', 'c', 'clock', 'half'])"
    year = "case when length({0}.c) = 2 then '20' || {0}.c else {0}.c end".format(f"({parts})")
    day, month = ("a", "b") if style.name == "dmy" else ("b", "a")
    stamp = f"{year} || '-' || ({parts}).{month} || '-' || ({parts}).{day} || ' ' || coalesce(nullif(({parts}).clock, ''), '00:00')"
    hour = f"try_cast(split_part(({parts}).clock, ':', 1) as integer)"
    half = f"lower(({parts}).half)"
    noon = f"to_hours(case when {half} = 'pm' and {hour} < 12 then 12 when {half} = 'am' and {hour} = 12 then -12 else 0 end)"
    return f"case when regexp_matches({cell}, '{DATE_PARTS}') then try_cast({stamp} as timestamp) + {noon} end"


def number_style(pad: Pad, source: str, column: str, typed: bool = False) -> Style:
    """Decide by the whole column whether 1,234 is one or a thousand: only values that read one way count."""
    bare = f"regexp_replace({_bare(column)}, '[()+{GAPS}-]', '', 'g')"
    seen = pad.row(f"""
        with cells as (select {bare} as v, try_cast(trim({quoted(column)}) as decimal(18, 4)) is not null as plain
                       from (select distinct {quoted(column)} from {source}) where {text(column)} is not null)
        select count(*) filter (not plain) as rest,
               count(*) filter (regexp_matches(v, '{_only("[.]", ",")}')) as comma,
               count(*) filter (regexp_matches(v, '{_only(",", "[.]")}')) as point,
               count(*) filter (regexp_matches(v, '^[1-9]\\d{{0,2}},\\d{{3}}$')) as thousand_comma,
               count(*) filter (regexp_matches(v, '^[1-9]\\d{{0,2}}\\.\\d{{3}}$')) as thousand_point
        from cells
    """)  # fmt: skip
    if typed:  # a workbook's own numbers have a point, whatever they look like
        seen["point"] += seen["thousand_point"]
    if seen["comma"] > seen["point"]:
        return Style("comma")
    if seen["point"] or not seen["thousand_comma"]:
        sure = bool(seen["point"]) or not seen["thousand_point"]
        return Style("point" if seen["rest"] else "plain", sure)
    return Style("point", sure=False)


def date_style(pad: Pad, source: str, column: str) -> Style:
    """Decide by the whole column which number is the day; where every date reads both ways, or some one way and some the other, say so."""
    cell = f"trim({quoted(column)})"
    parts = f"regexp_extract({cell}, '{DATE_PARTS}', ['a', 'b', 'c'])"
    seen = pad.row(f"""
        with cells as (select {cell} as v, {parts} as p
                       from (select distinct {quoted(column)} from {source}) where {text(column)} is not null)
        select count(*) as n, count(*) filter (regexp_matches(v, '^\\d{{4}}[./-]\\d')) as iso,
               count(*) filter (p.a <> '' and length(p.a) <= 2) as parts,
               count(*) filter (try_cast(p.a as integer) between 13 and 31 and try_cast(p.b as integer) <= 12) as dmy,
               count(*) filter (try_cast(p.b as integer) between 13 and 31 and try_cast(p.a as integer) <= 12) as mdy,
               count(*) filter (contains(v, '.') and p.a <> '') as dotted,
               count(*) filter (try_cast(v as double) between {SERIALS}) as serial
        from cells
    """)  # fmt: skip
    if seen["iso"] * 2 >= seen["n"]:
        return Style("iso")
    if seen["parts"] * 2 >= seen["n"]:
        sure = bool(seen["dotted"] if seen["dmy"] == seen["mdy"] == 0 else min(seen["dmy"], seen["mdy"]) == 0)
        return Style("mdy" if seen["mdy"] > seen["dmy"] else "dmy", sure)
    return Style("serial" if seen["serial"] * 2 >= seen["n"] else "written")


def day_in(name: str) -> date | None:
    """The day that the name of a file or sheet tells: `stock 2026-05-31.xlsx`."""
    found = re.search(r"(?<!\d)(?P<y>20\d\d)([-_.]?)(?P<m>\d\d)\2(?P<d>\d\d)(?!\d)", name)
    found = found or re.search(r"(?<!\d)(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>20\d\d)(?!\d)", name)
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])) if found else None
    except ValueError:
        return None


def _only(thousand: str, decimal: str) -> str:
    """What reads one way only: 1 or 2 decimals, more than 3, any after a 0, a thousands mark before a decimal or twice."""
    return (
        rf"^\d*{decimal}\d{{1,2}}$|^\d+{decimal}\d{{4,}}$|^0?{decimal}\d+$"
        rf"|^\d{{1,3}}({thousand}\d{{3}})+{decimal}\d+$|^\d{{1,3}}({thousand}\d{{3}}){{2,}}$"
    )


def _bare(column: str) -> str:
    """SQL: the cell without currency and blanks around it, a real minus sign as a hyphen."""
    return f"trim(regexp_replace(replace({quoted(column)}, '−', '-'), '{CURRENCIES}', '', 'gi'), E' \\t\\r\\n\u00a0')"


def quoted(column: str) -> str:
    """SQL: a column of theirs by its name, whatever is in it."""
    return '"' + column.replace('"', '""') + '"'


def key(column: str) -> str:
    """SQL: what makes two writings of a code or name the same: case and the number of blanks do not count."""
    return f"upper(regexp_replace({column}, '\\s+', ' ', 'g'))"


def escaped(text: str) -> str:
    """Their text as it may stand between quotes in SQL."""
    return text.replace("'", "''")
