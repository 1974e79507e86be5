"""What GS1 barcodes say: element strings with and without separators, in parentheses, and Digital Links. biip holds the rules."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biip import ParseConfig
    from biip.gs1_element_strings import GS1ElementString

SEPARATOR = "\x1d"
"""FNC1 as scanners send it."""

SPOKEN = re.compile("<GS>|\\{GS\\}|␝|<FNC1>|\\{FNC1\\}", re.IGNORECASE)
"""FNC1 as keyboards and forms show it."""

SCANNED = ("]C1", "]e0", "]d2", "]Q3", "]J1")
"""What a scanner puts before GS1-128, DataBar, GS1 DataMatrix, GS1 QR and GS1 DotCode."""

POUND = Decimal("0.45359237")
OUNCE = POUND / 16
TROY_OUNCE = Decimal("0.0311034768")

FIXED = r"(?:1[1-7]\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|3[1-6]\d[0-5]\d{6})"
"""A date or a measure, whose length is known."""

TAIL = re.compile(rf"^(.{{1,20}}?){FIXED}+$")
"""A text of free length that runs into dates and measures, because nothing separates them."""

COUNT_TAIL = re.compile(rf"^(\d{{1,8}}?){FIXED}*(?:10[A-Za-z].*)?$")
"""A count that runs into dates, measures and a lot that begins with a letter."""

DAYS = ("11", "13", "15", "16", "17", "7003")
"""Identifiers of the dates a shop asks for."""

ENDLESS = ("10", "21", "22", "240", "241", "250", "251", "400")
"""Texts of free length: lot, serial number and what suppliers call things."""

NO_DAY = "There is no day {value}: the date on this code is left out."
READ_ON = "Nothing separates the {name} {value} from what follows: see whether it is right."
WRONG = "The check digit of {value} is wrong: scan it again, or type the number printed below the bars."


@dataclass(frozen=True)
class Message:
    """The elements of one barcode by their application identifier."""

    elements: dict[str, "GS1ElementString"]
    note: str | None = None

    @property
    def problem(self) -> str | None:
        """What proves it wrong: a check digit; None where all is well."""
        wrong = [found for found in self.elements.values() if found.gtin_error or found.sscc_error]
        return WRONG.format(value=wrong[0].value) if wrong else None

    def text(self, *ais: str) -> str | None:
        """The first of these that is there."""
        return next((self.elements[ai].value for ai in ais if ai in self.elements), None)

    def day(self, *ais: str) -> date | None:
        """The first of these dates that is there; day 00 is the last of its month."""
        return next((self.elements[ai].date for ai in ais if ai in self.elements), None)

    def measure(self, *starts: str) -> Decimal | None:
        """The first number whose identifier starts so: the last digit of it says where the point stands."""
        return next((found.decimal for start in starts for ai, found in self.elements.items() if ai[:3] == start), None)

    def number(self, ai: str) -> Decimal | None:
        """A count."""
        value = self.text(ai)
        return Decimal(value) if value and int(value) else None

    def kilograms(self) -> Decimal | None:
        """The net weight, whatever unit it is given in."""
        if (weight := self.measure("310")) is not None:
            return weight
        units = (("320", POUND), ("356", TROY_OUNCE), ("357", OUNCE))
        return next((round(found * unit, 6) for start, unit in units if (found := self.measure(start)) is not None), None)


def read(text: str) -> Message | None:
    """What a text says as GS1 data, None if it is not: element strings, the form in parentheses, or a link."""
    from biip import ParseError

    try:
        if text[:8].lower().startswith(("http://", "https://")):
            return _link(text)
        if text.startswith("("):
            return _printed(text)
        return _strings(text)
    except (ParseError, ValueError, ArithmeticError):
        return None


def _config() -> "ParseConfig":
    from biip import ParseConfig

    return ParseConfig(separator_chars=(SEPARATOR,), gs1_element_strings_verify_date=False)


def _link(text: str) -> Message:
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    return _message(GS1DigitalLinkURI.parse(text, config=_config()).element_strings)


def _printed(text: str) -> Message:
    """The form with each identifier in parentheses, which may stand inside a lot too."""
    from biip.gs1_element_strings import GS1ElementString

    parts = re.split(r"\((\d{2,4})\)", text)
    if parts[0].strip() or len(parts) < 3:
        raise ValueError(text)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return _message([GS1ElementString.parse(ai + value.strip().strip(SEPARATOR), config=_config()) for ai, value in pairs])


def _strings(text: str) -> Message:
    """Element strings one after the other; where no separator is left, what is sure to be one ends a text of free length."""
    from biip.gs1_element_strings import GS1ElementString

    found, note, rest = [], None, text.strip(SEPARATOR + " ")
    separated = SEPARATOR in rest
    while rest:
        one = GS1ElementString.extract(rest, config=_config())
        free = rest[len(one.ai.ai) :].split(SEPARATOR)[0]
        ends = COUNT_TAIL if one.ai.ai in ("30", "37") else TAIL if one.ai.ai in ENDLESS else None
        if not separated and ends and (tail := ends.match(free)) and tail[1] != free:
            one = GS1ElementString.parse(one.ai.ai + tail[1], config=_config())
            note = READ_ON.format(name=one.ai.description.lower(), value=one.value)
        found.append(one)
        rest = rest[len(one) :].lstrip(SEPARATOR)
    return _message(found, note)


def _message(found: "list[GS1ElementString]", note: str | None = None) -> Message:
    """Refused where one identifier is said twice with two values."""
    elements = {one.ai.ai: one for one in found}
    if any(elements[one.ai.ai].value != one.value for one in found):
        raise ValueError("one identifier, two values")
    lost = [one.value for ai, one in elements.items() if ai in DAYS and one.date is None and one.value.strip("0")]
    return Message(elements, note or (NO_DAY.format(value=lost[0]) if lost else None))
