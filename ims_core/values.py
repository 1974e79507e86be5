"""Text to values: how cells are read, how a column writes its numbers, and the SQL that turns them into values."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ims_core.labels import MOST_DAYS
from ims_core.scratch import Pad

CURRENCY = (
    r"(?:[A-Z]{0,3}\$|€|£|¥|₹|₽|₺|₪|₩|₫|₦|₱|฿|EURO?S?|USD|GBP|CHF|JPY|CNY|RMB|INR|AUD|CAD|NZD|SGD|HKD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON"
    r"|BGN|TRY|ILS|ZAR|BRL|MXN|ARS|CLP|COP|PEN|AED|SAR|EGP|NGN|KES|MAD|THB|IDR|MYR|PHP|VND|KRW|TWD|PKR|LKR|BDT|RUB|UAH"
    r"|F\.?\s?CFA|FCFA|CFA|XOF|XAF|GHS|GH₵|₵|₡|₲|K[Ss]h|UGX|TZS|TND|DZD|DHS?|Rp\.?|S/\.?|UYU|BOB|PYG|GTQ|CRC|DOP|VES"
    r"|Rs\.?|Kč|zł|Ft|lei|kr\.?|Fr\.?|Sfr\.?)"
)
"""Signs and codes of money, before a number or behind it."""

SIGNS = {
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "EURS": "EUR", "£": "GBP", "₹": "INR", "RS": "INR", "RS.": "INR", "₽": "RUB", "₺": "TRY",
    "₪": "ILS", "₩": "KRW", "₫": "VND", "₦": "NGN", "₱": "PHP", "฿": "THB", "KČ": "CZK", "ZŁ": "PLN", "FT": "HUF", "LEI": "RON",
    "FR": "CHF", "FR.": "CHF", "SFR": "CHF", "SFR.": "CHF", "KR.": "KR", "US$": "USD", "CA$": "CAD", "C$": "CAD", "CAD$": "CAD",
    "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "S$": "SGD", "HK$": "HKD", "R$": "BRL", "MX$": "MXN", "NT$": "TWD", "RMB": "CNY",
    "FCFA": "XOF", "F CFA": "XOF", "F.CFA": "XOF", "CFA": "XOF", "GH₵": "GHS", "₵": "GHS", "₡": "CRC", "₲": "PYG", "KSH": "KES",
    "DH": "MAD", "DHS": "MAD", "RP": "IDR", "RP.": "IDR", "S/": "PEN", "S/.": "PEN", "RD$": "DOP",
}  # fmt: skip
"""One code for each way of writing a currency."""

SHARED = {"$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"}, "KR": {"SEK", "NOK", "DKK", "ISK"},
          "¥": {"JPY", "CNY"}, "INR": {"PKR", "LKR"}}  # fmt: skip
"""Signs that several currencies use."""

NOTHING = (":", ".", "-", "--", "---", "–", "—", "n/a", "n.a.", "n.a", "#n/a", "#nv", "none", "null", "nil", "nan",
           "k.a.", "k. a.", "k.a", "keine",
           "s/d", "s.o.", "n/d", "(none)", "(blank)", "(leer)", "(null)", "not available", "<na>")  # fmt: skip
"""What people and programs write where there is nothing."""

GAPS = r"\s\x{a0}\x{202f}\x{2009}''’"
"""What may stand between thousands in either style: blanks and apostrophes (doubled, for SQL)."""

WHOLE = {
    "comma": rf"(?:\d{{1,3}}(?:[.{GAPS}]\d{{3}})+|\d+)(?:,\d+)?|,\d+",
    "point": rf"(?:\d{{1,3}}(?:[,{GAPS}]\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}|\d+)(?:\.\d+)?|\.\d+",
}
"""A number without its sign; the second way of writing thousands is India's."""

POWER = r"(?:[eE][-+]?\d{1,2})?"
NO_CENTS = r"(?:/-|[.,][-–—]{1,2})$"
"""`12,-` in Europe, `1,000/-` in India: an amount without cents, no sign."""

WITH_UNIT = rf"^([-+]?\d[\d.,{GAPS}]*?)\s*(\pL.*)$"
"""A quantity and its unit in one cell: `1.5 kg`."""
AMOUNT = f"regexp_extract(told, '{WITH_UNIT}', 1)"


DAYS = dict.fromkeys(["d", "day", "days", "tag", "tage", "tagen", "jour", "jours", "dia", "dias", "giorno", "giorni"], 1) | dict.fromkeys(
    ["w", "wk", "wks", "week", "weeks", "woche", "wochen", "semaine", "semaines", "semana", "semanas", "settimana", "settimane"], 7
)
"""Words for one day and for seven."""


MOST_CELLS = 10**12
"""More different cells than any file has."""


@dataclass(frozen=True)
class Style:
    """How a column writes its values. `name`: plain, point or comma (numbers); of dates see `dates`."""

    name: str
    sure: bool = True
    """False where the column reads both ways and the person should be asked."""
    also: tuple[str, ...] = ()
    """Of dates: further ways that some cells are written in."""
    units: bool = False
    """Of quantities: some cells name their unit."""
    money: tuple[tuple[str, int], ...] = ()
    """Of money: the currencies that cells name, and how many do; the most frequent first."""
    decisive: bool = field(default=False, compare=False)
    """Of numbers: some cells read one way only."""
    only: tuple[str, ...] = ()
    """Of money: cells that name another currency than these are not taken."""
    header: str = ""
    """Of money: the currency that the column's name tells; cells that name none are in it."""
    beside: str = ""
    """Of money: the column that names each line's currency."""


def cell(column: str, blanks: bool = True, wide: bool = True) -> str:
    """SQL: a tidy cell (`cells`); null where (`blanks`) it says that there is nothing; `wide`: as in `nothing`."""
    return f"case when {nothing(column, wide)} is null then {quoted(column)} end" if blanks else quoted(column)


def nothing(column: str, wide: bool = True) -> str:
    """SQL: the cell where it says in words or with a dash that there is nothing; of names and codes not by every word."""
    return f"case when {_says_nothing(column, wide)} then {quoted(column)} end"


def with_nothing(pad: Pad, columns: Sequence[tuple[str, bool]]) -> set[tuple[str, bool]]:
    """The columns (and whether `wide`) of which some cell says that there is nothing; in the others nobody need look at each again."""
    if not columns:
        return set()
    found = pad.rows(f"select {', '.join(f'count(*) filter ({_says_nothing(*column)})' for column in columns)} from cells")[0]
    return {column for column, often in zip(columns, found, strict=True) if often}


def _says_nothing(column: str, wide: bool) -> str:
    cell = quoted(column)
    return unless_number(cell, f"lower({cell}) in ({_nothings(wide)})")


def unless_number(text: str, asked: str) -> str:
    """SQL: what is asked of a text, false where it begins with a digit: as most cells do, and no word that is looked for."""
    return f"case when {text} >= '0' and {text} < ':' then false else {asked} end"


def _nothings(wide: bool) -> str:
    return ", ".join(f"'{word}'" for word in NOTHING if wide or not word.isalpha())


def each(source: str, column: str) -> str:
    """SQL: a common table of a column's different cells. Its limit keeps what is asked of them from being asked of every line."""
    return f"(select distinct {quoted(column)} from {source} limit {MOST_CELLS})"


def let(name: str, value: str, body: str) -> str:
    """SQL: `body`, in which `name` stands for `value`, which is worked out once a row."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def number(column: str, style: Style, blanks: bool = True) -> str:
    """SQL: the cell as decimal(18, 4); null where it is no number as this column writes them, or one of another currency."""
    plain = f"try_cast({quoted(column)} as decimal(18, 4))"
    if style.only and (style.header or style.beside):
        listed = ", ".join(f"'{name}'" for name in ("", *style.only))
        taken = number(column, replace(style, header="", beside="", only=()), blanks)
        return f"case when {paid(cell(column), style, style.beside and quoted(style.beside))} in ({listed}) then {taken} end"
    if style.name == "plain":
        return plain
    read = _read("told" if style.units else _bare("told"), style.name)
    if style.units:
        read = f"coalesce({read}, {_read(AMOUNT, style.name)})"
    if style.only:
        listed = ", ".join(f"'{name}'" for name in ("", *style.only))
        read = f"case when {currency('told')} in ({listed}) then {read} end"
    read = let("told", cell(column, blanks), read)
    return f"coalesce({plain}, {read})" if style.name == "point" else read  # most cells need no second look


def unit(column: str, style: Style) -> str:
    """SQL: the unit that stands behind a quantity in its cell; null where none does."""
    behind = f"nullif(regexp_extract(told, '{WITH_UNIT}', 2), '')"
    return let("told", cell(column), f"case when {_read('told', style.name)} is null then {behind} end")


def days(column: str, style: Style, blanks: bool = True) -> str:
    """SQL: a number of days, also where the cell says `14 days` or `2 weeks`; null beyond ten years."""
    parts = (
        f"regexp_extract(strip_accents(lower({cell(column, blanks)})), '^(\\d{{1,3}}(?:[.,]\\d)?)\\s*(\\pL[\\pL ]*)\\.?$', ['n', 'word'])"
    )
    told = f"try_cast(replace(part.n, ',', '.') as decimal(18, 4)) * map {DAYS}[part.word]"
    read = f"coalesce({number(column, style, blanks)}, {let('part', parts, told)})"
    return let("wait", read, f"case when wait between 0 and {MOST_DAYS} then wait end")


def _read(told: str, name: str) -> str:
    """SQL: text without currency as a number."""
    whole, decimal = f"(?:{WHOLE[name]}){POWER}", "," if name == "comma" else "."
    fits = rf"^(?:[-+]?\s*(?:{whole})|\((?:{whole})\)|(?:{whole})\s*-)$"
    first = r"^[-+(]?\s*([^eE)]*?)[-)\s]*(?:[eE].*)?$"
    plain = f"replace(regexp_replace(regexp_extract(bare, '{first}', 1), '[^0-9{decimal}]', '', 'g'), ',', '.')"
    power = "regexp_extract(bare, '[eE][-+]?\\d+')"
    sign = "case when bare[1] in ('-', '(') or bare[-1] = '-' then -1 else 1 end"
    return let("bare", told, f"case when regexp_matches(bare, '{fits}') then {sign} * try_cast({plain} || {power} as decimal(18, 4)) end")


def currency(cell: str) -> str:
    """SQL: the currency that a cell names, by one code; empty where it names none."""
    fits = f"(?i)^[-+(−\\s]*({CURRENCY})[-+(−\\s]*[\\d.,]|[\\d)/–—-]\\s*({CURRENCY})[-)\\s]*$"
    sides = f"regexp_extract({cell}, '{fits}', ['before', 'behind'])"
    return let("side", sides, let("sign", "upper(side.before || side.behind)", f"coalesce(map {SIGNS}[sign], sign)"))


def paid(cell: str, style: Style, beside: str) -> str:
    """SQL: the currency of a cell: its own, else that of the column beside it, else the one that its column's name tells."""
    told = f"upper(trim({beside}))"
    named = f"case when regexp_matches({told}, '(?i)^(?:{CURRENCY}|[A-Z]{{3}})$') then coalesce(map {SIGNS}[{told}], {told}) end"
    return f"coalesce(nullif({currency(cell)}, ''), {named if style.beside else 'null'}, '{style.header}')"


def currency_of(header: str) -> str:
    """The currency that a column's name tells, by one code: `Price (USD)`, `Preis EUR`, `Cost in €`; empty where it tells none."""
    found = re.search(rf"[(\[]\s*({CURRENCY})\s*[)\]]|[\s_]({CURRENCY})\s*$|([€£¥₹$])", re.sub("(?i)euros?", "EUR", header))
    sign = next(filter(None, found.groups()), "").upper() if found else ""
    return SIGNS.get(sign, sign)


def same_currency(told: str, ours: str) -> bool:
    """Whether the sign or code in a cell may mean the shop's currency: `$` may be any dollar."""
    told, ours = (SIGNS.get(name.strip().upper(), name.strip().upper()) for name in (told, ours))
    return told == ours or ours in SHARED.get(told, ()) or told in SHARED.get(ours, ())


def number_style(pad: Pad, source: str, column: str, typed: bool = False, quantity: bool = False) -> Style:
    """Decide by the whole column whether 1,234 is one or a thousand: only values that read one way count."""
    whole, plain = cell(column), f"try_cast({quoted(column)} as decimal(18, 4)) is not null"
    told = f"told as {each(source, column)}"
    if pad.rows(f"with {told} select coalesce(bool_and({plain}), false) from told where {cell(column, blanks=False)} is not null")[0][0]:
        bare = whole  # nothing has to be taken off to read it
    else:
        bare = f"regexp_replace({whole}, '\\s*\\pL.*$', '')" if quantity else _bare(whole)
    bare = f"regexp_replace(regexp_replace({bare}, '[eE][-+]?\\d+$', ''), '[()+{GAPS}-]', '', 'g')"
    seen = pad.row(f"""
        with {told}, cells as (select {bare} as v, {whole} as c, {plain} as plain from told where {whole} is not null)
        select count(*) filter (not plain) as rest,
               count(*) filter (regexp_matches(v, '{_only("[.]", ",")}')) as comma,
               count(*) filter (regexp_matches(v, '{_only(",", "[.]")}')) as point,
               count(*) filter (regexp_matches(v, '^[1-9]\\d{{0,2}},\\d{{3}}$')) as thousand_comma,
               count(*) filter (regexp_matches(v, '^[1-9]\\d{{0,2}}\\.\\d{{3}}$')) as thousand_point,
               count(*) filter (not plain and regexp_matches(c, '{WITH_UNIT}')) as units
        from cells
    """)  # fmt: skip
    if typed:  # a workbook's own numbers have a point, whatever they look like
        seen["point"] += seen["thousand_point"]
    style = _decided(seen)
    if not seen["rest"]:
        return style
    return replace(style, units=quantity and bool(seen["units"]), money=() if quantity else _money(pad, source, column))


def settle(pad: Pad, source: str, styles: dict[str, Style], others: Sequence[str], typed: bool = False) -> dict[str, Style]:
    """The styles by column; what a column leaves open is as the file's other columns write it, where they agree."""
    if all(style.sure for style in styles.values()):
        return styles
    found = [*styles.values(), *(number_style(pad, source, column, typed) for column in others)]
    names = {"comma" if style.name == "comma" else "point" for style in found if style.sure and style.decisive}
    if len(names) != 1:
        return styles
    (name,) = names
    return {column: style if style.sure else replace(style, name=name, sure=True) for column, style in styles.items()}


def _decided(seen: dict[str, int]) -> Style:
    comma, point, open_ = seen["comma"], seen["point"], seen["thousand_comma"] + seen["thousand_point"]
    torn = bool(open_) and min(comma, point) * 20 > max(comma, point)
    if comma > point:
        return Style("comma", sure=not torn, decisive=True)
    if point or not seen["thousand_comma"]:
        sure = not torn if point else not seen["thousand_point"]
        return Style("point" if seen["rest"] else "plain", sure, decisive=bool(point))
    return Style("point", sure=False)


def in_money(pad: Pad, source: str, column: str, style: Style) -> Style:
    """The style of a column whose currency is told by its name (`header`) or by another column (`beside`), with what is told."""
    named = paid(cell(column), style, style.beside and quoted(style.beside))
    rows = pad.rows(
        f"select {named} as named, count(*)::integer from {source} where {cell(column)} is not null group by 1 order by 2 desc, 1"
    )
    return replace(style, money=tuple((name, count) for name, count in rows if name))


def _money(pad: Pad, source: str, column: str) -> tuple[tuple[str, int], ...]:
    """The currencies that cells name, and how many do."""
    named = f"select {currency(cell(column))} as named, count(*) as n from {source} group by {quoted(column)}"
    rows = pad.rows(f"select named, sum(n)::integer from ({named}) where named <> '' group by 1 order by 2 desc, 1")
    return tuple((name, count) for name, count in rows)


def usual_money(styles: Iterable[Style]) -> str:
    """The currency that most cells of a file name; empty where none does."""
    named: Counter[str] = Counter()
    for style in styles:
        named.update(dict(style.money))
    return named.most_common(1)[0][0] if named else ""


def _only(thousand: str, decimal: str) -> str:
    """What reads one way only: 1 or 2 decimals, more than 3, any after a 0, a thousands mark before a decimal or twice."""
    return (
        rf"^\d*{decimal}\d{{1,2}}$|^\d+{decimal}\d{{4,}}$|^0?{decimal}\d+$"
        rf"|^\d{{1,3}}({thousand}\d{{3}})+{decimal}\d+$|^\d{{1,3}}({thousand}\d{{3}}){{2,}}$"
        + (rf"|^\d{{1,2}}({thousand}\d{{2}})+{thousand}\d{{3}}$" if thousand == "," else "")
    )


def _bare(cell: str) -> str:
    """SQL: a cell without currency, blanks and dashes for cents, a real minus sign as a hyphen."""
    front = f"regexp_replace(replace({cell}, '−', '-'), '(?i)^([-+(]*)\\s*(?:{CURRENCY})([-+\\s(]*[\\d.,])', '\\1\\2')"
    both = f"regexp_replace({front}, '(?i)([\\d.,)/–—-])\\s*(?:{CURRENCY})([-)]*)$', '\\1\\2')"
    return f"trim(regexp_replace({both}, '{NO_CENTS}', ''), E' \\t\\r\\n\u00a0')"


def quoted(column: str) -> str:
    """SQL: a column of theirs by its name, whatever is in it."""
    return '"' + column.replace('"', '""') + '"'


def key(column: str) -> str:
    """SQL: what makes two writings of a code or name the same: case and the number of blanks do not count."""
    return f"upper(regexp_replace({column}, '\\s+', ' ', 'g'))"


def escaped(text: str) -> str:
    """Their text as it may stand between quotes in SQL."""
    return text.replace("'", "''")


def content(header: Sequence[str], blank: str | None = None) -> str:
    """SQL: a line of theirs (`r`) as JSON, each of its columns with what stands there, but for the one that is to be `blank`."""
    cells = ", ".join(f"'{escaped(name)}': {'null::varchar' if name == blank else 'r.' + quoted(name)}" for name in header)
    return f"to_json({{{cells}}})::varchar"
