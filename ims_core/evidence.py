"""What the values under a column say: whether they can be what its name promises, and what they are where the name says nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from ims_core import dates, units, values
from ims_core.labels import FIELDS

Cells = tuple[str, ...]

NUMBER = re.compile(
    rf"[-+(]?\s*\W{{0,4}}\s*(?:{values.CURRENCY}\s*|[A-Za-z]{{3}}\s*)?-?[\d.,'\s]*\d[\d.,'\s]*\)?\s*(?:\W{{0,4}}|[A-Za-z]{{1,6}}\.?|{values.CURRENCY})-?",
    re.I,
)
CENTS = re.compile(r"\D*\d[\d.,' ]*[.,]\d{2}(?:\D*)")
EVEN = re.compile(r".*[.,]0+\D*")
WHOLE = re.compile(r"[-+]?\d+([.,]0+)?")
DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(,? .*|T.*)?|\d{1,2}\W+[A-Za-zäéû]{3,9}\.?\W+\d{2,4}.*|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}.*"
    r"|[A-Za-z]{3}-\d{1,2}-\d{2,4}|\d{4}-(W|M)?\d{2}|(0?[1-9]|1[0-2])[/-]20\d{2}"
)
SERIAL = re.compile(r"[34]\d{4}(\.\d+)?|20\d{6}")
FLAG = re.compile(r"true|false|yes|no|y|n|t|f|ja|nein|si|sí|oui|non|wahr|falsch|x|on|off", re.I)
LOST = re.compile(r"\d([.,]\d+)?E\+\d+|\d{8,14}\.0", re.I)
"""A long number as a spreadsheet spoils it."""
CODE = re.compile(r"(?=.*\d)[\w./#+-]{1,30}")
WORDY = re.compile(r"(?=(?:.*[^\W\d_]){3})(?:.* .*|\D+)", re.S)
TECHNICAL = re.compile(
    r"simple|variable|variation|configurable|grouped|bundle|virtual|downloadable.*|stockable.*|consumable|services?|storable.*"
    r"|drop_?down|swatch\w*|radio\w*|checkbox|(non-?)?inventory( part)?|standard|regular|default|physical|kit|single|product|goods"
    r"|simple, .*",
    re.I,
)
"""What a system calls its sorts of product: nobody's category."""
OPTION = re.compile(
    r"colou?rs?|farbe|couleur|colore?|cor|size|gr(ö|oe)(ß|ss)e|taille|tall?a|taglia|tamaño|tamanho|flavou?r|style|material|weight|title"
    r"|variant|scent|length|geschmack|sapor|sabor",
    re.I,
)
"""What a choice is called: the variant is what was chosen."""
LINK = re.compile(r"\s*(https?:|www\.|/|<)|.*\.(jpg|jpeg|png|gif|webp)$", re.I)
CURRENCY = re.compile(rf"{values.CURRENCY}|[A-Z]{{3}}", re.I)
UNITS = re.compile(r"[^\W\d_][^\W\d_ .²³³]{0,14}\.?|\d* ?(g|kg|ml|l|cl|m|cm|mm|oz|lb)", re.I)


@dataclass(frozen=True)
class Seen:
    """Shares of the cells that look like something, and the middle of their numbers."""

    number: float
    cents: float
    even: float
    whole: float
    date: float
    flag: float
    gtin: float
    long_number: float
    code: float
    wordy: float
    link: float
    distinct: float
    counter: bool
    constant: bool
    middle: float
    length: float


@lru_cache(5_000)
def look(cells: Cells) -> Seen:
    """Look at each cell once."""
    count = len(cells)

    def share(pattern: re.Pattern[str]) -> float:
        return sum(pattern.fullmatch(cell) is not None for cell in cells) / count

    digits = [re.sub(r"\D", "", cell) if re.fullmatch(r"[\d\s-]+", cell) else "" for cell in cells]
    long = [cell for cell in digits if len(cell) in (8, 12, 13, 14)]
    spoilt = sum(LOST.fullmatch(cell) is not None for cell in cells)
    numbers = [float(cell.replace(",", ".")) for cell in cells if WHOLE.fullmatch(cell)]
    dated, serial = share(DATE), share(SERIAL)
    return Seen(
        number=0.0 if dated > 0.8 else share(NUMBER), cents=share(CENTS), even=share(EVEN), whole=share(WHOLE),
        date=max(dated, 0.8 * serial),
        flag=share(FLAG), gtin=sum(map(_checks, long)) / count, long_number=(len(long) + spoilt) / count, code=share(CODE),
        wordy=share(WORDY), link=sum(LINK.match(cell) is not None for cell in cells) / count, distinct=len(set(cells)) / count,
        counter=len(numbers) == count and 0 < max(numbers) <= 4 * count + 20,
        constant=count >= 5 and len(set(cells)) == 1, middle=median(numbers) if numbers else 0.0, length=median(map(len, cells)),
    )  # fmt: skip


SHORT_MONTH = re.compile(dates.SHORT_MONTH)


def fits(field: str, cells: Cells) -> float:
    """How well values suit a field; an empty column says nothing against it, and some bad cells do not change what it is."""
    if not cells:
        return 0.95
    seen, type = look(cells), FIELDS[field].type
    if type in ("number", "money", "days"):
        return _number(field, seen, len(cells))
    if type == "date":
        months = sum(bool(SHORT_MONTH.match(cell)) for cell in cells) / len(cells) if field == "expires" else 0
        return _mostly(seen.date + months)
    if seen.flag > 0.9 and len(set(cells)) <= 2 and field != "variant":
        return 0.4
    if seen.link > 0.5:
        return 0.4
    return _id(field, seen) if type == "id" else _text(field, seen, cells)


def _number(field: str, seen: Seen, count: int) -> float:
    fit = _mostly(seen.number)
    if FIELDS[field].type == "number" and seen.cents > 0.8 and seen.even < 1:
        return fit * 0.7  # looks like money
    if field == "lead_days" and seen.middle > 400:
        return fit * 0.65  # hours or seconds perhaps
    if field in ("qty", "received_qty", "on_hand") and seen.long_number > 0.5:
        return fit * 0.4
    if (
        FIELDS[field].type == "money"
        and field != "min_order"
        and count >= 5
        and seen.whole == 1
        and seen.middle <= 1
        and seen.distinct <= 2 / count
    ):
        return fit * 0.65  # a flag
    return fit


def _id(field: str, seen: Seen) -> float:
    if field == "barcode":
        return 1.0 if seen.long_number >= 0.7 else 0.55 if seen.wordy < 0.5 else 0.4
    if seen.date > 0.8:
        return 0.3
    if field == "customer":
        return 1.0
    if seen.cents > 0.8:
        return 0.5
    if field == "supplier_code" and seen.constant:
        return 0.4  # the number that the supplier has
    if field == "sku" and seen.constant and seen.whole == 1:
        return 0.4  # a setting that all have
    if field == "sku" and seen.counter:
        return 0.92  # the number of the row more likely than the code of the goods
    if field == "sku" and seen.gtin > 0.9:
        return 0.88
    if field == "sku" and seen.wordy > 0.7 and seen.length > 8:
        return 0.85  # more a name than a code
    return 1.0 if seen.length <= 60 else 0.5


def _text(field: str, seen: Seen, cells: Cells) -> float:
    if seen.date > 0.8:
        return 0.3
    if field == "email":
        return _mostly(sum("@" in cell for cell in cells) / len(cells))
    if field == "phone":
        return _mostly(sum(len(re.sub(r"\D", "", cell)) >= 3 for cell in cells) / len(cells))
    if field == "name":
        return 0.55 if seen.number > 0.8 or seen.gtin > 0.8 else 0.82 if seen.code > 0.8 else 1.0
    if field == "currency":
        return _mostly(sum(CURRENCY.fullmatch(cell) is not None for cell in cells) / len(cells))
    if field == "unit":
        return _unit(seen, cells)
    if field == "category" and sum(TECHNICAL.fullmatch(cell) is not None for cell in cells) / len(cells) > 0.7:
        return 0.45
    if field == "parent":
        return 1.0
    if field == "variant" and sum(OPTION.fullmatch(cell) is not None for cell in cells) / len(cells) > 0.7:
        return 0.45
    return 0.55 if seen.number > 0.8 and field != "variant" else 1.0


def _unit(seen: Seen, cells: Cells) -> float:
    """Words that are units, or look like some; a column of numbers is none."""
    if seen.whole > 0.5:
        return 0.3
    known = sum(units.parse(cell) is not None for cell in cells) / len(cells)
    alike = sum(UNITS.fullmatch(cell) is not None for cell in cells) / len(cells)
    return 1.0 if known > 0.8 or alike > 0.8 else 0.65


def proves(field: str, cells: Cells) -> bool:
    """True where nearly all values are what nothing but this field holds: words for units."""
    return field == "unit" and len(cells) > 2 and sum(units.parse(cell) is not None for cell in cells) >= 0.9 * len(cells)


def bare_numbers(field: str, cells: Cells) -> bool:
    """True where a supplier, category or place would be called 7."""
    return field in ("supplier", "category", "place") and bool(cells) and look(cells).whole > 0.8


def guess(cells: Cells) -> dict[str, float]:
    """What values are where the name says nothing: field -> how sure. Only numbers with the check digit of a barcode are sure."""
    if len(cells) < 3:
        return {}
    seen = look(cells)
    if seen.gtin > 0.95:
        return {"barcode": 0.9}
    if seen.date > 0.9:
        return {"day": 0.62, "ordered": 0.55, "received": 0.6}
    if seen.cents > 0.9:
        return {"price": 0.62, "cost": 0.6, "total": 0.55}
    if seen.whole > 0.95:
        return {"qty": 0.6, "on_hand": 0.6} if seen.middle < 1000 else {}
    if seen.wordy > 0.8 and seen.distinct > 0.5 and 4 <= seen.length <= 80:
        return {"name": 0.65}
    if seen.code > 0.9 and seen.distinct > 0.5:
        return {"sku": 0.65}
    return {}


def adds_up(rows: tuple[tuple[str, str, str], ...]) -> bool:
    """True unless most totals are far from quantity times price; a discount or tax between them is none of it."""
    read = [tuple(map(_figure, row)) for row in rows]
    told = [(qty * each, total) for qty, each, total in read if qty is not None and each is not None and total is not None]
    near = sum(abs(abs(product) - abs(total)) <= 0.35 * abs(product) + 0.02 for product, total in told)
    return len(told) < 5 or near >= 0.5 * len(told)


def comes_to(rows: tuple[tuple[str, str, str], ...], of: Callable[[float, float], float]) -> bool:
    """True where on nearly all of several lines the third figure is what the first two make."""
    read = [tuple(map(_figure, row)) for row in rows]
    told = [(of(one, other), third) for one, other, third in read if one is not None and other is not None and third is not None]
    return len(told) > 1 and sum(abs(made - third) <= 0.01 * abs(made) + 0.01 for made, third in told) >= 0.9 * len(told)


def _figure(cell: str) -> float | None:
    bare = re.sub(r"[^\d,.-]", "", cell)
    decimal = max(bare.rfind(","), bare.rfind("."))
    bare = "".join("." if place == decimal else mark for place, mark in enumerate(bare) if place == decimal or mark not in ",.")
    try:
        return float(bare)
    except ValueError:
        return None


def _mostly(share: float) -> float:
    return 1.0 if share >= 0.9 else 0.4 + 0.6 * share if share >= 0.25 else share


def _checks(digits: str) -> bool:
    """The last digit is the one the others ask for; a number that counts on by one does so by chance only."""
    body = digits[:-1]
    asked = -sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))) % 10
    return int(digits[-1]) == asked and int(digits) > 0
