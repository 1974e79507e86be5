"""Units and packs in the shop's words: what `12er Karton`, `6x500 ml` or `2 boxes of 24 ct` say, and one in terms of another."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

PIECES = {
    word
    for line in (
        "piece pieces pc pcs pce ea each unit units uni u un st stk stck stuck stucke stueck stueckzahl pz pza pzas pezzo pezzi",
        "peca pecas pieza piezas unidad unidades unidade unita unite unites nos no ct count item items c62 h87 x qty bottle",
        "bottles flasche flaschen can cans jar jars tube tubes",
    )
    for word in line.split()
}
"""Words for one of what is sold, without accents."""

SIZES = {"dozen": 12, "dozens": 12, "doz": 12, "dz": 12, "dzn": 12, "dutzend": 12, "docena": 12, "docenas": 12, "douzaine": 12, "duzia": 12,
         "dozzina": 12, "gross": 144, "pair": 2, "pairs": 2, "pr": 2, "paar": 2, "par": 2, "paire": 2, "paio": 2}  # fmt: skip
"""Words for a number of pieces."""

PACKS = {
    word: name
    for name, words in {
        "box": "box boxes bx schachtel schachteln caja cajas boite boites scatola scatole caixa caixas",
        "case": "case cases cs",
        "carton": "carton cartons ctn ctns karton kartons cartone cartoni",
        "crate": "crate crates kiste kisten cassa casse",
        "pack": "pack packs pk pks pkt packet packets packung packungen pckg paket pakete paquete paquetes paquet paquets pacco pacchi"
                " pacote pacotes confezione confezioni ve gebinde",
        "bag": "bag bags sack sacks beutel tute tuten bolsa bolsas sac sacs sacco sacchi saco sacos",
        "tray": "tray trays", "bundle": "bundle bundles bund", "roll": "roll rolls rolle rollen rollo rouleau rotolo", "set": "set sets",
        "pallet": "pallet pallets palette paletten palet", "bucket": "bucket eimer", "drum": "drum drums fass",
    }.items() for word in words.split()
}  # fmt: skip
"""Words for what holds several pieces."""

MEASURES = {
    word: name
    for name, words in {
        "kilogram": "kg kgs kilo kilos kilogram kilogramm kgm kilogramo kilogramos kilogramme",
        "gram": "g gr grs gram grams gramm grm gramo gramos gramme grammes",
        "milligram": "mg", "metric_ton": "t ton tonne tonnes", "pound": "lb lbs pound pounds", "ounce": "oz ounce ounces",
        "liter": "l lt ltr ltrs liter liters litre litres litro litros litri", "milliliter": "ml milliliter millilitre mlt",
        "centiliter": "cl", "deciliter": "dl",
        "fluid_ounce": "floz", "gallon": "gal gallon gallons", "meter": "m mtr metre metres meter meters metro metros metri",
        "centimeter": "cm",
        "millimeter": "mm", "kilometer": "km", "inch": "in inch inches zoll", "foot": "ft foot feet", "yard": "yd yds yard yards",
    }.items() for word in words.split()
}  # fmt: skip
"""Words for weights, volumes and lengths: what pint calls them."""

PLAIN = PIECES - {"bottle", "bottles", "flasche", "flaschen", "can", "cans", "jar", "jars", "tube", "tubes"}
"""Words for a piece that say nothing of what it is."""

UNSAID = {"unit", "units", "uni", "u", "un", "unidad", "unidades", "unidade", "unita", "unite", "unites", "item", "items", "count",
          "x", "qty", "no", "nos", "in"}  # fmt: skip
"""Words that say over a column of quantities only that there are quantities in it."""

SHORT = {"kilogram": "kg", "gram": "g", "milligram": "mg", "metric_ton": "t", "pound": "lb", "ounce": "oz", "liter": "l",
         "milliliter": "ml", "centiliter": "cl", "deciliter": "dl", "fluid_ounce": "fl oz", "gallon": "gal", "meter": "m",
         "centimeter": "cm", "millimeter": "mm", "kilometer": "km", "inch": "in", "foot": "ft", "yard": "yd"}  # fmt: skip
"""How a measure is written where it is an item's unit."""

SORTS = dict.fromkeys(("kilogram", "gram", "milligram", "metric_ton", "pound", "ounce"), "weight") | dict.fromkeys(
    ("liter", "milliliter", "centiliter", "deciliter", "fluid_ounce", "gallon"), "volume"
)

NUMBER = r"\d+(?:[.,]\d+)?"
OF = r"(?:\s*(?:of|de|di|da|a|mit|with|con|com|zu|von|per|/|-|:|=)\s*|\s+|\s*\(\s*)"
PACK = "(" + "|".join(sorted(PACKS, key=len, reverse=True)) + r")\.?"


@dataclass(frozen=True)
class Quantity:
    """`amount` of `unit`. `pieces`: in one unit, None where it is a measure or a pack that does not say; `content`: its measure."""

    amount: Decimal
    unit: str
    pieces: Decimal | None = None
    content: tuple[Decimal, str] | None = None


@lru_cache(10_000)
def parse(text: str) -> Quantity | None:
    """What a unit, a pack or a quantity says; None where a word is not known.

    >>> parse("2 boxes of 24 ct")
    Quantity(amount=Decimal('2'), unit='box', pieces=Decimal('24'), content=None)
    """
    plain = _plain(text)
    return _pack_of_number(plain) or _times(plain) or _simple(plain) or _pack(plain) or _per(plain)


def _plain(text: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", plain.replace("×", "x").replace("fl oz", "floz").replace("fl. oz", "floz")).strip(" .)")


def _pack_of_number(plain: str) -> Quantity | None:
    """`12er Karton`, `6-pack`, `6 pk`, `24-count box`."""
    found = re.fullmatch(rf"({NUMBER})(?:er[ -]?|-|-?\s?(?:count|ct|stk|pcs)\.?[ -]){PACK}", plain) or re.fullmatch(
        r"(\d+) ?(pack|pk)", plain
    )
    return Quantity(Decimal(1), PACKS[found[2]], _number(found[1])) if found else None


def _times(plain: str) -> Quantity | None:
    """`6x500 ml`, `10 boxes x 20 bags`."""
    found = re.fullmatch(rf"({NUMBER})(?: ?([a-z]+)\.?)?(?: x |x| ?x )(\d.*)", plain)
    inner = parse(found[3]) if found and (found[2] is None or found[2] in PACKS or found[2] in PIECES) else None
    if found is None or (inner is None and not re.fullmatch(NUMBER, found[3])):
        return None
    count = _number(found[1])
    if inner is None:
        return Quantity(Decimal(1), "pack", count * _number(found[3]))
    if inner.unit in PACKS.values() and inner.pieces is None:
        return Quantity(Decimal(1), "pack", count * inner.amount)
    content = (count * inner.amount * inner.content[0], inner.content[1]) if inner.content else None
    return Quantity(Decimal(1), "pack", count * inner.amount * inner.pieces if inner.pieces else count, content)


def _simple(plain: str) -> Quantity | None:
    """`3 pcs`, `1.5 kg`, `dozen`, `box`."""
    found = re.fullmatch(rf"({NUMBER})?\s*([a-z]+[0-9]*)(?:\(s)?", plain)
    if not found:
        return None
    amount, word = _number(found[1] or "1"), found[2]
    if word in PIECES:
        return Quantity(amount, "piece", Decimal(1))
    if word in SIZES:
        return Quantity(amount, word, Decimal(SIZES[word]))
    if word in PACKS:
        return Quantity(amount, PACKS[word])
    return Quantity(amount, MEASURES[word], content=(Decimal(1), MEASURES[word])) if word in MEASURES else None


def _pack(plain: str) -> Quantity | None:
    """`case of 12`, `box (24 ct)`, `2 boxes of 24 ct`, `VE 10`, `bag 25 kg`."""
    found = re.fullmatch(rf"({NUMBER})?\s*{PACK}{OF}?({NUMBER}.*)", plain)
    inner = (parse(f"{found[3]} pcs") if re.fullmatch(NUMBER, found[3]) else parse(found[3])) if found else None
    if found is None or inner is None or (inner.pieces is None and inner.content is None):
        return None
    content = (inner.amount * inner.content[0], inner.content[1]) if inner.content else None
    return Quantity(_number(found[1] or "1"), PACKS[found[2]], inner.amount * inner.pieces if inner.pieces else None, content)


def _per(plain: str) -> Quantity | None:
    """`24/case`, `12 Stk pro Karton`, `24 ct box`."""
    found = re.fullmatch(rf"({NUMBER}(?:\s*[a-z]+\.?)??)\s*(?:/|\s(?:per|pro|par|por|a|je)\s|\s){PACK}", plain)
    return _pack(f"{found[2]} of {found[1]}") if found and not re.fullmatch(NUMBER + r"\s*", found[1] + "x" * (" " not in plain)) else None


def pieces(text: str) -> Decimal | None:
    """How many pieces a pack holds; None where it does not say."""
    told = parse(text)
    return told.amount * told.pieces if told and told.pieces else None


def usual(text: str) -> str:
    """An item's unit as it is kept: `Stk.` and `EA` are piece, `Kgs` is kg; what holds something else stays as it is written.

    >>> usual("Stück"), usual("KGS"), usual("Case of 12")
    ('piece', 'kg', 'Case of 12')
    """
    told = parse(text)
    if told and told.amount == 1 and told.content and told.content == (Decimal(1), told.unit):
        return SHORT[told.unit]
    bare = _plain(text)
    return "piece" if bare in PLAIN or bare.removesuffix("(s") in PLAIN else text.strip()


def sort(text: str) -> str:
    """What kind of unit it is: piece, pack (of a size it does not say), weight, volume, length, or other where the word is not known."""
    told = parse(text)
    if told is None:
        return "other"
    if told.pieces:
        return "piece"
    return SORTS.get(told.content[1], "length") if told.content else "pack"


def in_header(header: str) -> str | None:
    """The unit that the name of a column of quantities tells: `Qty (kg)`, `Menge in Stk.`, `Stock kg`."""
    bracketed = re.findall(r"[(\[]([^)\]]*)[)\]]", header)
    behind = re.search(r"\S\s+in\s+([^\s()]+)\s*$", header, re.IGNORECASE)
    last = re.search(r"\S[\s_]+([^\W\d_]{2,})\.?\s*$", header)
    for text in (*bracketed, *(found[1] for found in (behind, last) if found)):
        if _plain(text) not in UNSAID and parse(text) is not None:
            return str(text).strip()
    return None


def factor(told: str, base: str, pack: Decimal | None = None) -> Decimal | str:
    """How many of an item's unit one of the told unit is, `pack` being the pieces in its usual pack; else the sentence why not.

    >>> factor("box", "piece", Decimal(24))
    Decimal('24')
    """
    if told.strip().casefold() == base.strip().casefold():
        return Decimal(1)
    line, item = parse(told), parse(base)
    if line is None or item is None:
        return f"“{told if line is None else base}” is no unit we know"
    if line.pieces and item.pieces:
        return line.amount * line.pieces / (item.amount * item.pieces)
    if line.content and item.content:
        return _measured(line, item)
    if line.unit in PACKS.values() and line.unit != "pallet" and line.pieces is None and line.content is None and item.pieces:
        return line.amount * pack / (item.amount * item.pieces) if pack else f"how many pieces a {line.unit} holds is not known"
    if line.unit == item.unit and line.pieces is None and item.pieces is None:
        return line.amount / item.amount
    if line.pieces and item.unit in PACKS.values() and item.content is None:
        return line.amount * line.pieces / (item.amount * pack) if pack else f"how many pieces a {item.unit} holds is not known"
    return f"“{told}” cannot be counted in “{base}”"


def _measured(line: Quantity, item: Quantity) -> Decimal | str:
    from pint import DimensionalityError

    if line.content is None or item.content is None:
        raise ValueError("Both must be measures.")
    try:
        ratio = _registry().Quantity(1, line.content[1]).to(item.content[1]).magnitude
    except DimensionalityError:
        return f"“{line.content[1]}” cannot be counted in “{item.content[1]}”"
    return line.amount * line.content[0] * Decimal(str(round(ratio, 12))) / (item.amount * item.content[0])


@cache
def _registry() -> Any:  # pint is loaded when the first weight is converted
    from pint import UnitRegistry

    return UnitRegistry(cache_folder=None)


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
