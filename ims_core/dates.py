"""Text to days and hours: which number of a date is the day, every way of writing one, and the SQL that reads it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ims_core.scratch import Pad
from ims_core.values import MOST_CELLS, Style, cell, each, let, quoted

MONTHS = """
    january jan janvier janv januar janner jaenner enero ene gennaio gen janeiro
    february feb februar feber fevrier fevr fev febrero febbraio fevereiro
    march mar marz maerz mrz mars marzo marco
    april apr avril avr abril abr aprile
    may mai mayo maggio mag maio
    june jun juin juni junio giugno giu junho
    july jul juillet juil juli julio luglio lug julho
    august aug aout aou agosto ago
    september sep sept septembre septiembre setiembre settembre set setembro
    october oct oktober okt octobre octubre ottobre ott outubro out
    november nov novembre noviembre novembro
    december dec dezember dez decembre diciembre dic dicembre dezembro
"""
"""The names of the twelve months, without accents, in six languages: a line a month."""

NUMBER = {word: number for number, line in enumerate(MONTHS.strip().splitlines(), 1) for word in line.split()}

MONTH = "(" + "|".join(sorted(NUMBER, key=len, reverse=True)) + ")"
CLOCK = (
    r"(?:,?(?:\s+(?:at|um|a las|alle|as|a)\s+|[ t]+)(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?(?:[.,]\d+)?"
    r"\s*(am|pm|a\.\s?m\.?|p\.\s?m\.?)?\s*(?:uhr|h|hrs)?)?"
)
WEEKDAY = r"(?:\pL{2,13}\.?,?\s+)?"
LINK = r"(?:\s+|\s*[-./,]\s*)"
OF = r"(?:(?:of|de|del|di|do)\s+)?"

SHAPES = {
    "iso": r"^\d{4}[./-]\d{1,2}[./-]\d{1,2}(?:\D.*)?$",
    "parts": rf"^{WEEKDAY}(\d{{1,2}})[./-]\s?(\d{{1,2}})[./-]\s?(\d{{4}}|\d{{2}}){CLOCK}$",
    "serial": r"^[2-7]\d{4}(?:[.,]\d+)?$",
    "seconds": r"^1\d{9}$",
    "milliseconds": r"^1\d{12}$",
    "compact": rf"^((?:19|20)\d\d)(\d\d)(\d\d){CLOCK}$",
    "compact time": r"^(20\d\d)(\d\d)(\d\d)t?(\d\d)(\d\d)(\d\d)?()$",
    "month first": rf"^{WEEKDAY}{MONTH}\.?[\s-]+(\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]+(\d{{4}}|\d{{2}}){CLOCK}$",
    "written": rf"^{WEEKDAY}(?:(?:le|el|il|den|the)\s+)?(\d{{1,2}})(?:st|nd|rd|th|er|º|°|o)?\.?{LINK}?{OF}{MONTH}\.?{LINK}?{OF}"
    rf"(\d{{4}}|\d{{2}}){CLOCK}$",
    "year first": rf"^(\d{{4}}){LINK}{MONTH}\.?{LINK}(\d{{1,2}}){CLOCK}$",
    "program": rf"^\pL{{3}} {MONTH}\s+(\d{{1,2}})(?:[ ]+(\d{{1,2}}):(\d{{2}}):(\d{{2}}))()(?:\s+\pL{{2,5}})?\s+(\d{{4}})$",
    "month": rf"^(?:{MONTH}\.?{LINK}{OF}(\d{{4}})|(\d{{1,2}})[./-](\d{{4}})|(\d{{4}})[./-](\d{{1,2}})|(20\d\d)(0[1-9]|1[0-2]))$",
    "week": r"^(?:(\d{4})[-/ ]?(?:w|kw|wk|week|s|sem)[ .-]?(\d{1,2})"
    r"|(?:w|kw|wk|week|woche|kalenderwoche|semaine|sem|semana|settimana|s)\.?[ -]?(\d{1,2})[\s,/.-]+(\d{4}))$",
}
"""How dates look, in lower case and without accents; the first that fits is taken."""

SHORT_MONTH = r"^(0?[1-9]|1[0-2])\s?[./-]\s?([2-4]\d)$"
"""A month as packages tell to when they are good: 09/26."""

PARTS = {
    "compact": "y m d h min s half", "compact time": "y m d h min s half", "month first": "word d y h min s half",
    "written": "d word y h min s half", "year first": "y word d h min s half", "program": "word d h min s half y",
}  # fmt: skip
"""What the groups of a shape are."""

ORDERS = {"dmy": "d m y", "mdy": "m d y", "ymd": "y m d"}

SERIALS = "20000 and 80000"
"""Days as Excel counts them, from 1954 to 2119."""
ERAS = {"serial": "1899-12-30", "serial1904": "1904-01-01"}
"""Excel's day 0: on Windows, and on Macs of old."""

ZONED = r"\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?\s*(?:z|utc|gmt|[-+]\d{2}:?\d{2}|[-+]\d{2})(?:\s*utc)?$"
HALF = r"\s*[ap]\.?\s?m\.?$"
PLAIN = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
CHANGES = 5
"""So many steps from one day to another must speak before the order of lines decides."""


def moment(column: str, style: Style, timezone: str | None = None, blanks: bool = True) -> str:
    """SQL: the cell as a timestamp; null where it is no date as this column writes them.

    Dates of months and weeks are their first day. With `timezone`, what names an offset becomes the time on the shop's wall;
    without, it stays as written.
    """
    plain = f"try_cast({quoted(column)} as timestamp)"
    if style.name == "iso" and not style.also:
        dashed = rf"regexp_replace({quoted(column)}, '^(\d{{4}})[./](\d{{1,2}})[./](\d{{1,2}})\.?', '\1-\2-\3')"
        return f"coalesce({plain}, try_cast({dashed} as timestamp))"
    names = sorted((style.name, *style.also), key=lambda name: name != "zoned")
    return let("told", _lower(column, blanks), f"coalesce({', '.join(_way(name, timezone) for name in names)})")


def last_moment(column: str, style: Style, timezone: str | None = None, blanks: bool = True) -> str:
    """SQL: the day to which goods are good: the last one of a month where the cell tells no day, such as 09/2026 or 09/26."""
    short = rf"regexp_extract(told, '{SHORT_MONTH}', ['m', 'y'])"
    in_short = let("part", short, "case when part.m <> '' then make_timestamp(2000 + part.y::bigint, part.m::bigint, 1, 0, 0, 0) end")
    month = let("told", _lower(column, blanks), f"coalesce({_month()}, {in_short})")
    return let(
        "month", month, f"case when month is null then {moment(column, style, timezone, blanks)} else last_day(month)::timestamp end"
    )


def _lower(column: str, blanks: bool = True) -> str:
    """SQL: the cell in lower case and without accents."""
    return f"strip_accents(lower({cell(column, blanks)}))"


def _way(name: str, timezone: str | None) -> str:
    """SQL: what `told` says if it is written in this way, else null."""
    if name == "iso":
        return _iso("told")
    if name == "zoned":
        return _zoned(timezone)
    if name in ORDERS:
        return _stamp(SHAPES["parts"], f"{ORDERS[name]} h min s half")
    if name in ERAS:
        days = "try_cast(replace(told, ',', '.') as double)"
        return f"case when {days} between {SERIALS} then timestamp '{ERAS[name]}' + to_seconds(round({days} * 86400)) end"
    if name in ("seconds", "milliseconds"):
        at = f"epoch_ms(try_cast(told as bigint) * {1000 if name == 'seconds' else 1})"
        at = f"({at} at time zone 'UTC') at time zone '{timezone}'" if timezone else at
        return f"case when regexp_matches(told, '{SHAPES[name]}') then {at} end"
    if name == "month":
        return _month()
    if name == "week":
        return _week()
    return f"coalesce({', '.join(_stamp(SHAPES[shape], groups) for shape, groups in PARTS.items())})"


def _iso(told: str) -> str:
    dashed = rf"regexp_replace({told}, '^(\d{{4}})[./](\d{{1,2}})[./](\d{{1,2}})\.?', '\1-\2-\3')"
    clock = rf"try_cast(regexp_replace(dashed, '{HALF}', '') as timestamp)"
    noon = r"""case when regexp_matches(dashed, 'p\.?\s?m') and hour(clock) < 12 then 12
               when regexp_matches(dashed, 'a\.?\s?m') and hour(clock) = 12 then -12 else 0 end"""
    halved = let("clock", clock, f"clock + to_hours({noon})")
    return let("dashed", dashed, f"case when regexp_matches(dashed, '{HALF}') then {halved} else try_cast(dashed as timestamp) end")


def _zoned(timezone: str | None) -> str:
    """SQL: what names its offset from UTC, as the shop's wall clock showed it."""
    tight = r"regexp_replace(regexp_replace(replace(told, 'gmt', 'utc'), '\s+([-+]\d)', '\1'), '([-+]\d\d:?\d\d)\s*utc$', '\1')"
    wall = r"try_cast(regexp_replace(told, '\s*[-+]\d\d:?\d\d(\s*utc)?$', '') as timestamp)"
    at = (
        f"try_cast(upper({tight}) as timestamptz) at time zone '{timezone}'"
        if timezone
        else f"coalesce({wall}, try_cast(upper(told) as timestamp))"
    )
    return f"case when regexp_matches(told, '{ZONED}') then {at} end"


def _stamp(shape: str, groups: str) -> str:
    """SQL: a date from its parts."""
    names = ", ".join(f"'{name}'" for name in groups.split())
    month = f"map {NUMBER}[part.word]" if "word" in groups else "try_cast(part.m as bigint)"
    year = "try_cast(part.y as bigint) + case when length(part.y) > 2 then 0 when part.y < '70' then 2000 else 1900 end"
    half = (
        "case when part.half[1] = 'p' and part.h::bigint < 12 then 12 when part.half[1] = 'a' and part.h::bigint = 12 then -12 else 0 end"
    )
    hour, minute, second = (f"coalesce(try_cast(part.{name} as bigint), 0)" for name in ("h", "min", "s"))
    stamp = f"try(make_timestamp({year}, {month}, try_cast(part.d as bigint), {hour} + {half}, {minute}, {second}))"
    return let("part", f"regexp_extract(told, '{shape}', [{names}])", f"case when part.d <> '' then {stamp} end")


def _month() -> str:
    """SQL: the first day of a month."""
    parts = f"regexp_extract(told, '{SHAPES['month']}', ['word', 'y1', 'm2', 'y2', 'y3', 'm3', 'y4', 'm4'])"
    month = f"coalesce(map {NUMBER}[part.word], try_cast(part.m2 || part.m3 || part.m4 as bigint))"
    stamp = f"try(make_timestamp(try_cast(part.y1 || part.y2 || part.y3 || part.y4 as bigint), {month}, 1, 0, 0, 0))"
    return let("part", parts, stamp)


def _week() -> str:
    """SQL: the Monday of a week as ISO counts them; its first holds 4 January."""
    parts = f"regexp_extract(told, '{SHAPES['week']}', ['y1', 'w1', 'w2', 'y2'])"
    monday = "date_trunc('week', try(make_date(try_cast(part.y1 || part.y2 as bigint), 1, 4))) + to_days(7 * (number::integer - 1))"
    week = let("monday", monday, "case when week(monday) = number then monday::timestamp end")
    return let("part", parts, let("number", "try_cast(part.w1 || part.w2 as integer)", week))


def style(pad: Pad, source: str, column: str) -> Style:
    """Decide by the whole column how dates are written and which number is the day; where every date reads both ways, say so.

    Cells that can be read one way only are read whatever the rest looks like.
    """
    seen = _shapes(pad, source, column)
    found = {name: seen.get(name, 0) for name in ("iso", "parts", "month", "week", "seconds", "milliseconds", "serial")}
    found["written"] = sum(seen.get(name, 0) for name in PARTS)
    if found["serial"] * 20 < sum(seen.values()):  # among dates, a lonely number is a slip
        found["serial"] = 0
    order = _order(pad, source, column) if found["parts"] else Style("")
    share = found["parts"] / max(sum(seen.values()), 1)
    if not order.name or (not order.sure and share < 0.5):
        found["parts"] = 0  # few that read both ways among many that do not are problems, no question
    ways = sorted((name for name in found if found[name]), key=lambda name: -found[name]) or ["iso"]
    ways = [order.name if name == "parts" else name for name in ways]
    also = (*ways[1:], *(["zoned"] if seen.get("zoned") else []))
    return Style(ways[0], order.sure or not found["parts"], also)


def _shapes(pad: Pad, source: str, column: str) -> dict[str, int]:
    """How many different cells there are of each shape; of dates like 2026-05-04 also how many are `zoned`."""
    whole, told = _lower(column), f"with told as {each(source, column)}, filled as (from told where {cell(column)} is not null)"
    plain = pad.row(f"""
        {told} select count(*) as n, count(*) filter (regexp_full_match({quoted(column)}, '{PLAIN}')) as plain from filled
    """)
    if plain["n"] == plain["plain"]:  # as most programs write them
        return {"iso": plain["n"]}
    shape = " ".join(f"when regexp_matches(v, '{pattern}') then '{name}'" for name, pattern in SHAPES.items())
    seen = pad.rows(f"""
        {told} select case {shape} else 'none' end as shape, count(*), count(*) filter (regexp_matches(v, '{ZONED}|{HALF}'))
        from (select {whole} as v from filled) group by 1
    """)  # fmt: skip
    return {name: count for name, count, _ in seen} | {"zoned": sum(zoned for name, _, zoned in seen if name == "iso")}


def _order(pad: Pad, source: str, column: str) -> Style:
    """Which number of 04/05/26 is the day, by all cells written so."""
    whole = _lower(column)
    seen = pad.row(f"""
        with told as {each(source, column)},
             cells as (select {whole} as v, regexp_extract({whole}, '{SHAPES["parts"]}', ['a', 'b', 'c']) as p
                       from told where regexp_matches({whole}, '{SHAPES["parts"]}')),
             numbers as (select v, p.a::integer as a, p.b::integer as b, p.c::integer as c, length(p.c) as digits from cells)
        select count(*) filter (a between 13 and 31 and b <= 12) as dmy, count(*) filter (b between 13 and 31 and a <= 12) as mdy,
               count(*) filter (contains(v, '.')) as dotted, count(*) as n, min(a) as least, max(a) as most, max(c) as last,
               count(distinct a) as firsts, count(distinct c) as lasts, max(digits) as digits
        from numbers
    """)  # fmt: skip
    if (
        seen["digits"] == 2
        and seen["n"] > 3
        and seen["least"] >= 15
        and seen["most"] <= 40
        and seen["firsts"] * 2 < seen["lasts"]
        and seen["last"] <= 31
    ):
        return Style("ymd")
    sure = bool(seen["dotted"] if seen["dmy"] == seen["mdy"] == 0 else min(seen["dmy"], seen["mdy"]) == 0)
    return Style("mdy" if seen["mdy"] > seen["dmy"] else "dmy", sure)


def settle(pad: Pad, source: str, styles: dict[str, Style], others: Sequence[str] = ()) -> dict[str, Style]:
    """The styles by column; what one leaves open, the file's other dates say, or what comes before what, or the order of lines.

    `styles`: in the order in which their dates must follow each other (ordered, expected, received); `others`: further columns.
    """
    asked = [column for column, told in styles.items() if not told.sure]
    if not asked:
        return styles
    told = next((told.name for told in styles.values() if told.sure and told.name in ORDERS), None)
    told = told or _elsewhere(pad, source, others) or _by_sequence(pad, source, styles) or _by_lines(pad, source, asked)
    return {column: replace(style, name=told, sure=True) if told and not style.sure else style for column, style in styles.items()}


def _elsewhere(pad: Pad, source: str, others: Sequence[str]) -> str | None:
    """What a column that is nothing to us says about how the file writes dates."""
    for column in others:
        found = style(pad, source, column)
        if found.sure and found.name in ("dmy", "mdy"):
            return found.name
    return None


def _by_sequence(pad: Pad, source: str, styles: dict[str, Style]) -> str | None:
    """The reading in which nothing arrives before it was ordered, where in the other more than one line does."""
    early = {}
    for name in ("dmy", "mdy"):
        days = [moment(column, found if found.sure else replace(found, name=name)) for column, found in styles.items()]
        pairs = " or ".join(f"({later} < {earlier})" for earlier, later in pairwise(days)) or "false"
        together = f"with told as (select distinct {', '.join(map(quoted, styles))} from {source} limit {MOST_CELLS})"
        early[name] = pad.rows(f"{together} select count(*) from told where {pairs}")[0][0]
    return _one(early["dmy"], early["mdy"], least=2)


def _by_lines(pad: Pad, source: str, columns: Sequence[str]) -> str | None:
    """The reading in which the lines go from old to new, or from new to old, without a turn."""
    for column in columns:
        turns = {}
        for name in ("dmy", "mdy"):
            seen = pad.row(f"""
                select count(*) filter (day > before) as up, count(*) filter (day < before) as down
                from (select day, lag(day) over (order by n) as before
                      from (select row_number() over () as n, {moment(column, Style(name))} as day from {source}) where day is not null)
            """)
            turns[name] = min(seen.values()) if sum(seen.values()) >= CHANGES else 0
        if found := _one(turns["dmy"], turns["mdy"], least=1):
            return found
    return None


def _one(dmy: int, mdy: int, least: int) -> str | None:
    """The reading that nothing speaks against while at least so much speaks against the other."""
    if dmy == 0 and mdy >= least:
        return "dmy"
    return "mdy" if mdy == 0 and dmy >= least else None
