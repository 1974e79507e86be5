"""Labels to print: items and places as bars or QR on common sheets and label printers, as a PDF."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ims_core import codes
from ims_core.errors import Refused

if TYPE_CHECKING:
    from fpdf import FPDF

MOST = 2_000
"""Labels of one PDF: more is a slip of the keyboard."""


@dataclass(frozen=True)
class Sheet:
    """What is printed on, in millimetres: the page, labels across and down, their size, the first one's corner, and the way to the next."""

    page: tuple[float, float]
    across: int
    down: int
    width: float
    height: float
    left: float = 0
    top: float = 0
    step: tuple[float, float] = (0, 0)
    edge: float = 1.5
    """Stays white inside a label: no printer feeds exactly, and none prints to the edge of a page."""

    @property
    def places(self) -> int:
        """Labels on one page."""
        return self.across * self.down


A4, LETTER = (210.0, 297.0), (215.9, 279.4)

SHEETS = {
    "A4, 3×8, 66 × 33.8 mm (Herma 4670)": Sheet(A4, 3, 8, 66, 33.8, 5.7, 13, (66, 33.8)),
    "A4, 3×8, 70 × 37 mm (Herma 4464, Avery 3474)": Sheet(A4, 3, 8, 70, 37, 0, 0.5, (70, 37), edge=5),
    "A4, 3×7, 63.5 × 38.1 mm (Avery L7160)": Sheet(A4, 3, 7, 63.5, 38.1, 7.5, 15.5, (66, 38.1)),
    "A4, 4×16, 48.3 × 16.9 mm (Herma 4271)": Sheet(A4, 4, 16, 48.3, 16.9, 8.5, 14, (48.3, 16.9)),
    "A4, 5×13, 38.1 × 21.2 mm (Avery L7651)": Sheet(A4, 5, 13, 38.1, 21.2, 4.7, 10.9, (40.6, 21.2)),
    "A4, 5×16, 35.6 × 16.9 mm (Avery L4732)": Sheet(A4, 5, 16, 35.6, 16.9, 11, 13, (38.1, 16.9)),
    "US letter, 3×10, 2⅝ × 1 in (Avery 5160)": Sheet(LETTER, 3, 10, 66.7, 25.4, 4.8, 12.7, (69.85, 25.4)),
    "US letter, 4×20, 1¾ × ½ in (Avery 5167)": Sheet(LETTER, 4, 20, 44.45, 12.7, 7.1, 12.7, (52.4, 12.7)),
    "Label printer, 57 × 32 mm": Sheet((57, 32), 1, 1, 57, 32),
    "Label printer, 62 × 29 mm": Sheet((62, 29), 1, 1, 62, 29),
    "Label printer, 50 × 25 mm": Sheet((50, 25), 1, 1, 50, 25),
}
"""What shops print on, by the name on the screen."""

FINEST = 0.2
"""Millimetres of the finest bar that a hand scanner and a phone still read; below it a QR code is printed."""

PRINTED = {8: "EAN8", 12: "UPCA", 13: "EAN13", 14: "ITF"}
"""Digits of a GTIN -> the bars it is printed in."""


@dataclass(frozen=True)
class Sticker:
    """One label: the code that a scan reads, what people read, and how many. `square`: a QR code rather than bars."""

    code: str
    name: str
    below: str = ""
    price: float | None = None
    copies: int = 1
    square: bool = False


def of_item(item_id: int, name: str, sku: str, barcode: str | None, price: float | None = None, copies: int = 1) -> Sticker:
    """The label of an item: its barcode in bars, or where it has none our own QR code."""
    code = barcode or codes.of_item(item_id)
    return Sticker(code, name, sku, price, copies, square=not barcode)


def of_place(place: str, copies: int = 1) -> Sticker:
    """The label of a place: our own QR code, which every scan page reads."""
    return Sticker(codes.of_place(place), place, copies=copies, square=True)


def pdf(stickers: Sequence[Sticker], sheet: Sheet, currency: str = "", first: int = 1) -> bytes:
    """The labels as a PDF, one after the other from the `first` free label of the first sheet. Refused: none at all, or too many."""
    return _printed(_every(stickers, sheet, first), sheet, currency, first)


def preview(stickers: Sequence[Sticker], sheet: Sheet, currency: str = "", first: int = 1, wide: int = 900) -> Any:
    """The first sheet as it will be printed, a picture (PIL) so many pixels wide. Refused: what `pdf` refuses."""
    import pypdfium2

    one_sheet = _every(stickers, sheet, first)[: sheet.places - first + 1]
    document = pypdfium2.PdfDocument(_printed(one_sheet, sheet, currency, first))
    page = document[0]
    picture = page.render(scale=wide / page.get_width()).to_pil()
    document.close()
    return picture


def sheets(stickers: Iterable[Sticker], sheet: Sheet, first: int = 1) -> int:
    """How many sheets it takes."""
    return -(-(sum(one.copies for one in stickers) + first - 1) // sheet.places)


def _every(stickers: Sequence[Sticker], sheet: Sheet, first: int) -> list[Sticker]:
    """Each label as often as it is wanted."""
    wanted = sum(one.copies for one in stickers)
    if not wanted:
        raise Refused("There is nothing to print. Choose items or places, and how many labels of each.")
    if wanted > MOST:
        raise Refused(f"These are {wanted:,} labels; {MOST:,} are the most at once. Choose fewer items or copies.")
    if not 1 <= first <= sheet.places:
        raise Refused(f"This sheet has {sheet.places} labels: the first one to print on is 1 to {sheet.places}.")
    return [one for one in stickers for _ in range(one.copies)]


def _printed(every: Sequence[Sticker], sheet: Sheet, currency: str, first: int) -> bytes:
    document = _document(sheet, {letter for one in every for letter in one.name + one.below + currency})
    for at, one in enumerate(every, start=first - 1):
        if at % sheet.places == 0 or at == first - 1:
            document.add_page()
        row, column = divmod(at % sheet.places, sheet.across)
        _draw(document, one, sheet.left + column * sheet.step[0], sheet.top + row * sheet.step[1], sheet, currency)
    return bytes(document.output())


# -- the code


def symbol(code: str, square: bool = False) -> Any:
    """The code in what fits it: EAN, UPC or ITF for a GTIN, Code 128 for other plain letters, QR for the rest. A zxingcpp Barcode."""
    import zxingcpp

    kind = "QRCode" if square or not (code.isascii() and code.isprintable()) else "Code128"
    gtin = codes.parse(code).gtin
    if kind == "Code128" and gtin and gtin == codes.canonical(code):
        kind, code = PRINTED[len(gtin)], gtin
    try:
        return zxingcpp.create_barcode(code, getattr(zxingcpp.BarcodeFormat, kind))
    except ValueError as failure:
        raise Refused(f"{code[:40]} is too long for a label. Give the item a shorter barcode.") from failure


def _dark(barcode: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """True where ink is, one cell a module, without the white around it."""
    dark = np.array(barcode.to_image(scale=1)) < 128
    rows, columns = np.nonzero(dark)
    return dark[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


# -- one label


def _draw(document: "FPDF", one: Sticker, left: float, top: float, sheet: Sheet, currency: str) -> None:
    """The name above, the bars, and what they say below; a square code stands left of the words."""
    width, height = sheet.width - 2 * sheet.edge, sheet.height - 2 * sheet.edge
    left, top = left + sheet.edge, top + sheet.edge
    letters = min(4.0, max(2.2, sheet.height / 8))
    price = f"{currency}\u202f{one.price:,.2f}".strip() if one.price is not None else ""
    cells = _dark(symbol(one.code, one.square))
    if not one.square and width / (cells.shape[1] + 20) < FINEST:
        cells = _dark(symbol(one.code, square=True))
    if cells.shape[0] == cells.shape[1]:
        side = min(height, width / 2)
        _cells(document, cells, left, top + (height - side) / 2, side, side)
        words = [
            *_lines(document, one.name, width - side - 2, letters, max(1, int(height / letters / 1.2) - bool(one.below) - bool(price)))
        ]
        _words(document, [*words, one.below, price], left + side + 2, top, width - side - 2, letters)
        return
    bars = width * cells.shape[1] / (cells.shape[1] + 20)
    small = letters * 0.75
    _words(document, [one.name], left, top, width, letters)
    _cells(
        document, cells[len(cells) // 2 :][:1], left + (width - bars) / 2, top + letters * 1.3, bars, height - letters * 1.4 - small * 1.3
    )
    document.set_font_size(small * 72 / 25.4)
    room = document.get_string_width(price) + 1 if price else 0
    below = "  ".join(text for text in (one.code, one.below if one.below != one.code else "") if text)
    _words(document, [below], left, top + height - small * 1.2, width - room, small)
    _words(document, [price], left + width - room + 1, top + height - small * 1.2, room, small)


def _cells(document: "FPDF", cells: Any, left: float, top: float, width: float, height: float) -> None:
    """Ink, one rectangle a run; a hair over the next row, so that no viewer shows a gap."""
    across, down = width / cells.shape[1], height / cells.shape[0]
    for row, line in enumerate(cells):
        at = 0
        for dark, run in groupby(line):
            length = len(list(run))
            if dark:
                document.rect(left + at * across, top + row * down, length * across, down * (1.02 if len(cells) > 1 else 1), style="F")
            at += length


def _words(document: "FPDF", lines: Iterable[str], left: float, top: float, width: float, letters: float) -> None:
    """Lines one below the other, each cut where it would leave the label."""
    for line in lines:
        if cut := _lines(document, line, width, letters, 1):
            document.set_xy(left, top)
            document.set_text_shaping(not cut[0].isascii())
            document.cell(width, letters * 1.2, cut[0])
            document.set_text_shaping(False)
            top += letters * 1.2


def _lines(document: "FPDF", text: str, width: float, letters: float, most: int) -> list[str]:
    """The text in at most so many lines, between words where there are any; three dots where the rest does not fit."""
    document.set_font_size(letters * 72 / 25.4)
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest and len(lines) < most:
        fit = _fitting(document, rest, width)
        if fit < len(rest) and len(lines) == most - 1:
            return [*lines, rest[: max(1, fit - 1)].rstrip() + "…"]
        if fit < len(rest) and " " in rest[: fit + 1]:
            fit = rest[: fit + 1].rindex(" ")
        lines.append(rest[:fit].strip())
        rest = rest[fit:].strip()
    return lines


def _fitting(document: "FPDF", text: str, width: float) -> int:
    """How many letters of a text fit, one at least; measured as they stand alone, which costs a hundredth of joining them first."""
    if document.get_string_width(text) <= width:
        return len(text)
    return max(1, bisect_right(range(len(text) + 1), width, key=lambda letters: float(document.get_string_width(text[:letters]))) - 1)


# -- letters of any script


def _document(sheet: Sheet, used: set[str]) -> "FPDF":
    """An empty document that has all letters used, where this machine has a font with them."""
    import fontpkg
    from fpdf import FPDF

    document = FPDF(unit="mm", format=sheet.page)
    document.set_auto_page_break(False)
    document.set_margin(0)
    document.c_margin = 0
    document.add_font("plain", fname=fontpkg.path("Noto Sans"))
    missing = {letter for letter in used if not letter.isspace()} - _letters(str(fontpkg.path("Noto Sans")))
    others: list[str] = []
    for file in _files() if missing else ():
        if missing & _letters(file) and _added(document, f"other{len(others)}", file):
            others.append(f"other{len(others)}")
            missing -= _letters(file)
    document.set_fallback_fonts(others, exact_match=False)
    document.set_font("plain")
    return document


def _added(document: "FPDF", name: str, file: str) -> bool:
    """False for a font of a kind that cannot be put into a PDF, as some of coloured pictures."""
    from fontTools.ttLib import TTLibError
    from fpdf.errors import FPDFException

    try:
        document.add_font(name, fname=file)
    except (TTLibError, FPDFException, OSError, LookupError, ValueError, NotImplementedError):
        return False
    return True


@cache
def _letters(file: str) -> frozenset[str]:
    """Those that a font file has; none where it cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(file, fontNumber=0, lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap() or ()))
    except (TTLibError, OSError, KeyError, ValueError):
        return frozenset()


@cache
def _files() -> tuple[str, ...]:
    """The fonts of this machine, those made for many scripts first."""
    home = Path.home()
    places = (
        "/usr/share/fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
        "C:/Windows/Fonts",
        home / ".fonts",
        home / ".local/share/fonts",
    )
    files = [str(file) for place in places for ending in ("ttf", "otf", "ttc") for file in sorted(Path(place).rglob(f"*.{ending}"))]
    many = ("noto", "droidsansfallback", "arialuni", "arial unicode", "msyh", "dejavusans.", "unifont")
    return tuple(sorted(files, key=lambda file: not any(name in file.lower() for name in many))[:100])
