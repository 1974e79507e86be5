"""Barcodes as one number however they are written, and what a scan says."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import quote, unquote

from ims_core import epc, gs1, values

LENGTHS = (8, 12, 13, 14)
"""Digits of a GTIN as it is printed: EAN-8, UPC-A, EAN-13, GTIN-14."""

SHORT = {
    r"^([01])(\d\d)(\d{3})([012])(\d)$": r"\1\2\40000\3\5",
    r"^([01])(\d{3})(\d\d)3(\d)$": r"\1\200000\3\4",
    r"^([01])(\d{4})(\d)4(\d)$": r"\1\200000\3\4",
    r"^([01])(\d{5})([5-9])(\d)$": r"\1\20000\3\4",
}
"""UPC-E -> the UPC-A it stands for."""

# -- one number


def canonical(text: str) -> str:
    """The barcode as it is kept: a GTIN without the zeros before it, 8, 12, 13 or 14 digits long; others in capitals, one blank for many.

    >>> canonical("0012345678905"), canonical("12345678905"), canonical("4 006381 333931"), canonical("abc-1")
    ('012345678905', '012345678905', '4006381333931', 'ABC-1')
    """
    digits = re.sub(r"[\s-]", "", text)
    if digits.isascii() and digits.isdigit() and (printed := _printed(digits)):
        return printed
    return re.sub(r"\s+", " ", text.strip()).upper()


def _printed(digits: str) -> str | None:
    if len(digits) == 8 and digits[0] in "01" and digits[1:5] != "0000":
        for short, whole in SHORT.items():
            meant = re.sub(short, re.sub(r"\\(\d)", r"\\g<\1>", whole), digits)
            if len(meant) == 12 and _fits(meant):
                return meant
    if not (len(digits) == 8 or 10 <= len(digits) <= 14) or not _fits(digits):
        return None
    bare = digits.lstrip("0")
    return bare.zfill(next(length for length in LENGTHS if length >= len(bare))) if bare else None


def _fits(digits: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0


def in_sql(code: str) -> str:
    """SQL: `canonical` of an expression; null where it is null.

    A lambda names the expression once: written out at each of its thirty places it takes longer to plan than most questions to answer.
    """
    return f"""coalesce(
        list_transform([regexp_replace({code}, '[\\s-]', '', 'g')], lambda digits: coalesce(
            case when regexp_matches(digits, '^[01]\\d{{7}}$') and substr(digits, 2, 4) <> '0000' then {_meant("digits")} end,
            case when regexp_matches(digits, '^(\\d{{8}}|\\d{{10,14}})$') and {_fits_in_sql("digits")} then {_printed_in_sql("digits")} end
        ))[1],
        {values.key(f"trim({code})")})"""


def _meant(digits: str) -> str:
    """SQL: the UPC-A that eight digits stand for, null where they do not."""
    whole = " ".join(
        f"when regexp_matches({digits}, '{short}') then regexp_replace({digits}, '{short}', '{whole}')" for short, whole in SHORT.items()
    )
    return f"list_filter([case {whole} end], lambda upc: {_fits_in_sql('upc')})[1]"


def _fits_in_sql(digits: str) -> str:
    """SQL: true where the last of up to 14 digits proves the others; what stands before a digit counts tens, and tens do not count."""
    thrice, once = (" + ".join(f"number // {10**place}" for place in range(first, 14, 2)) for first in (1, 0))
    return f"list_transform([try_cast({digits} as bigint)], lambda number: ({once} + 3 * ({thrice})) % 10 = 0)[1]"


def _printed_in_sql(digits: str) -> str:
    bare = f"nullif(ltrim({digits}, '0'), '')"
    length = f"case when length({bare}) <= 8 then 8 when length({bare}) <= 12 then 12 else length({bare}) end"
    return f"lpad({bare}, ({length})::integer, '0')"


def is_gtin(code: str) -> str:
    """SQL: true where an expression is a GTIN as it is kept."""
    return f"(regexp_matches({code}, '^(\\d{{8}}|\\d{{12,14}})$') and {_fits_in_sql(code)})"


SEVERAL = r"^\d{6,14}(\s*[,;/|]\s*\d{6,14})+$|^\d{8,14}(\s+\d{8,14})+$"
"""Several barcodes in one cell; blanks inside one barcode never leave two long parts."""


def all_in_sql(cell: str) -> str:
    """SQL: the barcodes of a cell as they are kept, a comma between several."""
    parts = f"regexp_split_to_array({cell}, '\\s*[,;/|]\\s*|\\s+')"
    several = f"array_to_string(list_sort(list_distinct(list_transform({parts}, lambda part: {in_sql('part')}))), ', ')"
    return f"case when regexp_matches({cell}, '{SEVERAL}') then {several} else {in_sql(cell)} end"


def each(barcode: str) -> str:
    """SQL: the list of barcodes in what `all_in_sql` gives."""
    return f"case when regexp_matches({barcode}, '^\\d+(, \\d+)+$') then string_split({barcode}, ', ') else [{barcode}] end"


def claimed() -> str:
    """SQL: lines of `judged` whose barcode another item of the file or of the shop (`barred`: code key name) has: nobody gets it.

    source row field value problem refused, each barcode of an item once.
    """
    return f"""
        with told as (
            select key, any_value(coalesce(called, name)) as name, any_value(spelled) as sku, min((source, row)) as first, one
            from (select *, unnest({each("barcode")}) as one from judged where outcome = 'used' and barcode is not null and key is not null)
            group by key, one
        ),
        others as (
            select t.first, t.one, 'is the barcode of ' || coalesce(o.name || ' (' || o.sku || ')', o.sku)
                   || ' too; neither gets it' as problem
            from told t join told o on o.one = t.one and o.key <> t.key
            where t.one not in (select code from barred) qualify row_number() over (partition by t.key, t.one order by o.first) = 1
            union all
            select t.first, t.one, 'is the barcode of ' || b.name || ' in the shop; left there'
            from told t join barred b on b.code = t.one where not list_contains(b.keys, t.key)
        )
        select first[1], first[2], 'barcode', one, problem, false from others
    """


# -- what a scan says

OURS = re.compile(r"^ims(\D)(?:item\1(\d{1,15})|place\1(.+))$", re.IGNORECASE)
"""Our own labels. The sign between is any, the same twice: a hand scanner set to another keyboard types another."""

BEFORE = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
"""What a scanner set to tell the kind of code puts before it."""


@dataclass(frozen=True)
class Scan:
    """What one read says. `code` is what the shop keeps it under; `weight` is in kilograms.

    `problem`: the text cannot be what it seems to be, `gtin` and `sscc` stay empty. `note`: read, but look at it.
    """

    text: str
    code: str
    gtin: str | None = None
    lot: str | None = None
    expires: date | None = None
    produced: date | None = None
    serial: str | None = None
    qty: Decimal | None = None
    weight: Decimal | None = None
    price: Decimal | None = None
    sscc: str | None = None
    tag: str | None = None
    item: int | None = None
    place: str | None = None
    problem: str | None = None
    note: str | None = None


def of_item(item_id: int) -> str:
    """The text of our own label for an item."""
    return f"ims:item:{item_id}"


def of_place(place: str) -> str:
    """The text of our own label for a place.

    >>> of_place("Cellar 2"), parse(of_place("Cellar 2")).place
    ('ims:place:Cellar%202', 'Cellar 2')
    """
    return f"ims:place:{quote(place, safe='')}"


def parse(text: str) -> Scan:
    r"""What a scanner, a camera, a tag reader or a keyboard sent; never refused, never trusted with a wrong check digit.

    >>> parse("]C10109521101530018\x1d10AB-1\x1d17251200").lot, parse("04252614").gtin
    ('AB-1', '042100005264')
    """
    sent = gs1.SPOKEN.sub(gs1.SEPARATOR, text).strip(" \t\r\n")
    bare = BEFORE.sub("", sent)
    said = sent.startswith(gs1.SCANNED) or gs1.SEPARATOR in bare
    bare = bare.strip(gs1.SEPARATOR)[:13] if sent.startswith("]E3") else bare.strip(gs1.SEPARATOR)
    if ours := OURS.match(bare):
        return Scan(bare, bare, item=int(ours[2])) if ours[2] else Scan(bare, bare, place=unquote(ours[3]))
    if tag := epc.read(bare):
        return _of_tag(bare, tag)
    digits = re.sub(r"[\s-]", "", bare)
    if not said and re.fullmatch("[0-9]{1,14}", digits):
        return _of_number(bare, digits)
    if (message := gs1.read(bare)) and (said or bare[:1] == "(" or "://" in bare or message.text("00", "01", "02")):
        return _of_message(bare, message)
    return Scan(bare, canonical(bare))


def _of_number(text: str, digits: str) -> Scan:
    gtin = _printed(digits)
    wrong = None if gtin or len(digits) not in LENGTHS else gs1.WRONG.format(value=digits)
    return Scan(text, canonical(text), gtin=gtin, problem=wrong)


def _of_tag(text: str, tag: epc.Tag) -> Scan:
    gtin = canonical(tag.gtin) if tag.gtin else None
    return Scan(text, gtin or tag.sscc or tag.uri, gtin=gtin, serial=tag.serial, sscc=tag.sscc, tag=tag.uri)


def _of_message(text: str, message: gs1.Message) -> Scan:
    problem = message.problem
    number = None if problem else message.text("01", "02")
    gtin = _printed(number) if number else None
    sscc = None if problem else message.text("00")
    return Scan(
        text, gtin or sscc or canonical(text), gtin=gtin, lot=message.text("10"), expires=message.day("17", "15", "16", "7003"),
        produced=message.day("11", "13"), serial=message.text("21"), qty=message.number("37") or message.number("30"),
        weight=message.kilograms(), price=message.measure("392", "393"), sscc=sscc, problem=problem, note=message.note,
    )  # fmt: skip
