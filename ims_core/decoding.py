"""A picture in, the codes on it out: pyzbar, then zxing-cpp, then zxing-cpp at twice the size. They fail on different pictures."""

import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from math import dist
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ims_core import codes
from ims_core.errors import Refused

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = npt.NDArray[np.uint8]
Point = tuple[int, int]

MOST_PIXELS = 50_000_000
"""What a JPG may have, others half: a file of some kilobytes can unfold to gigabytes, and a JPG need not be unfolded whole."""

LONGEST = 4_096
"""Pixels of the longer side that are looked at; a phone's photo has about these."""

WORTH_DOUBLING = 2_000_000
"""Pixels of a picture up to which bars can be too fine for it: larger ones cost time and gain nothing."""

CLEAR = 2_560
"""Pixels of the longer side that pyzbar looks at: its time grows with them, and zxing-cpp reads what is finer."""

FAINT = 12
"""Lines of a picture on which pyzbar must find the same: right reads nearly always have more, chance reads fewer."""

NOT_A_PICTURE = "This is not a picture that can be read. Take or choose a photo as JPG, PNG or WebP."
TOO_LARGE = "This picture has {millions} million pixels; {most} million are the most. Take it smaller, or nearer to the code."

NAMES = {"EAN13": "EAN-13", "EAN8": "EAN-8", "UPCA": "UPC-A", "UPCE": "UPC-E", "CODE128": "Code 128", "Code128": "Code 128",
         "CODE39": "Code 39", "CODE93": "Code 93", "I25": "ITF-14", "ITF": "ITF-14", "ITF14": "ITF-14", "QRCode": "QR",
         "MicroQRCode": "QR", "QRCodeModel1": "QR", "QRCodeModel2": "QR"}  # fmt: skip
"""What the libraries call a kind -> what a shop calls it."""

NUMBERS = ("EAN-13", "EAN-8", "UPC-A", "UPC-E", "ITF-14")
"""Kinds whose text is a GTIN, whatever bars it stands in."""

SQUARES = {"QR", "DataMatrix"}

TRUST = ("pyzbar, enlarged", "zxing, enlarged", "pyzbar", "zxing")
"""Who is believed, the last most, where as many reads say one as the other."""


@dataclass(frozen=True)
class Code:
    """A code on a picture: what it says, its kind, and its corners in pixels of the picture as it is shown."""

    text: str
    symbology: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class _Read:
    """What one library read. `faint`: few lines of the picture agree, or no check digit proves it; another read must."""

    code: Code
    by: str
    faint: bool = False

    @property
    def middle(self) -> Point:
        across, down = zip(*self.code.points, strict=True)
        return (min(across) + max(across)) // 2, (min(down) + max(down)) // 2

    @property
    def length(self) -> float:
        return max(dist(self.code.points[0], point) for point in self.code.points)


def decode(picture: Pixels | bytes, several: bool = True, budget: float = 2.0) -> list[Code]:
    """The codes on a picture: grey or RGB pixels, or a JPG, PNG or WebP file.

    `several`: every way is tried and all codes are told, for a photo. Without, the first way that reads something ends it, for a live
    camera. `budget`: seconds after which no further way is begun; 0.05 keeps a live picture without codes cheap.
    Refused: what is no picture, or too large.
    """
    until = time.monotonic() + budget
    image, scale = _grey(picture)
    reads: list[_Read] = []
    for way in (_by_pyzbar, _by_zxing, _at_twice_the_size):
        reads += way(image, reads)
        if time.monotonic() > until or (not several and _agreed(reads)):
            break
    return [_scaled(code, scale) for code in _agreed(reads)]


# -- the picture


def _grey(picture: Pixels | bytes) -> "tuple[Image, float]":
    """The picture in grey, turned as it is shown, and how many pixels of the one given make one of it."""
    from PIL import Image, ImageOps

    try:
        image = _opened(picture) if isinstance(picture, bytes) else Image.fromarray(_checked(picture))
        longest = max(image.size)
        image.draft("L", (LONGEST // 2, LONGEST // 2))
        turned = image.getexif()
        image = _on_white(image)
        image.getexif().update(turned)
        ImageOps.exif_transpose(image, in_place=True)
    except (OSError, ValueError, TypeError, SyntaxError, EOFError, Image.DecompressionBombError) as failure:
        raise Refused(NOT_A_PICTURE) from failure
    return image, longest / max(image.size)


def _opened(content: bytes) -> "Image":
    from PIL import Image

    image = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    _not_too_large(image.width * image.height, MOST_PIXELS if image.format == "JPEG" else MOST_PIXELS // 2)
    return image


def _checked(pixels: Pixels) -> Pixels:
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or not pixels.size:
        raise ValueError(pixels.shape)
    _not_too_large(pixels.shape[0] * pixels.shape[1], MOST_PIXELS)
    return pixels


def _not_too_large(pixels: int, most: int) -> None:
    if pixels > most:
        raise Refused(TOO_LARGE.format(millions=round(pixels / 1e6), most=most // 1_000_000))


def _on_white(image: "Image") -> "Image":
    """Without colour, not larger than is looked at; what shines through becomes paper, not ink."""
    from PIL import Image

    wanted = "RGBA" if image.has_transparency_data else "L"
    ink = image if image.mode == wanted else image.convert(wanted)
    ink.thumbnail((LONGEST, LONGEST))
    if ink.mode == "RGBA":
        ink = Image.alpha_composite(Image.new("RGBA", ink.size, "white"), ink).convert("L")
    return ink


# -- three ways to read it


def _by_pyzbar(image: "Image", _: list[_Read]) -> list[_Read]:
    """Bars only: of QR it guesses the letters, and DataBar and DataMatrix it reads less well or not at all. Nothing without libzbar."""
    pyzbar = _pyzbar()
    if pyzbar is None:
        return []
    less = -(-max(image.size) // CLEAR)
    smaller = image.reduce(less) if less > 1 else image
    kinds = [pyzbar.ZBarSymbol[name] for name in ("EAN13", "EAN8", "UPCA", "UPCE", "CODE128", "CODE39", "CODE93", "I25")]
    reads = []
    for found in pyzbar.decode((smaller.tobytes(), *smaller.size), symbols=kinds):
        try:
            text = found.data.decode()
        except UnicodeDecodeError:
            continue
        points = [(point.x * less, point.y * less) for point in found.polygon]
        reads += [_Read(code, "pyzbar", found.quality < FAINT or code.symbology not in NUMBERS) for code in _code(text, found.type, points)]
    return reads


@cache
def _pyzbar() -> Any:
    """The library, None where this machine has no libzbar."""
    try:
        from pyzbar import pyzbar
    except (ImportError, OSError):
        return None
    return pyzbar


def _by_zxing(image: "Image", _: list[_Read]) -> list[_Read]:
    import zxingcpp

    reads = []
    for found in zxingcpp.read_barcodes(np.asarray(image), formats=_kinds(), text_mode=zxingcpp.TextMode.Plain):
        place = found.position
        corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
        points = [(point.x, point.y) for point in corners]
        reads += [_Read(code, "zxing") for code in _code(found.text, found.format.name, points)]
    return reads


@cache
def _kinds() -> Any:
    from zxingcpp import BarcodeFormat as Kind

    return Kind.EANUPC, Kind.Code128, Kind.Code39, Kind.Code93, Kind.ITF, Kind.DataBar, Kind.DataMatrix, Kind.QRCode


def _at_twice_the_size(image: "Image", before: list[_Read]) -> list[_Read]:
    """Bars of less than two pixels, which zxing-cpp misses; pyzbar only where what it read before must be confirmed."""
    if image.width * image.height > WORTH_DOUBLING:
        return []
    larger = image.resize((image.width * 2, image.height * 2))
    reads = [replace(read, by="zxing, enlarged") for read in _by_zxing(larger, [])]
    if any(read.faint for read in before):
        reads += [replace(read, by="pyzbar, enlarged", faint=True) for read in _by_pyzbar(larger, [])]
    return [replace(read, code=_scaled(read.code, 0.5)) for read in reads]


def _code(text: str, kind: str, points: list[Point]) -> list[Code]:
    """The code as the shop keeps it; none where its check digit is wrong, or where ITF, which reads parts of itself, has not 14 digits."""
    name = "DataBar" if kind.startswith("DataBar") else NAMES.get(kind, kind)
    if not text.strip() or not points or (name == "ITF-14" and len(text) != 14):
        return []
    if name in NUMBERS:
        gtin = codes.parse(text).gtin
        return [Code(gtin, name, tuple(points))] if gtin else []
    return [Code(text, name, tuple(points))]


# -- what they agree on


def _agreed(reads: list[_Read]) -> list[Code]:
    """One code a place: the text most reads of it give, of two the more trusted. A faint one counts when another says the same."""
    places: list[list[_Read]] = []
    for read in reads:
        same = next((place for place in places if _belongs(read, place)), None)
        places.append([read]) if same is None else same.append(read)
    return [code for place in places if (code := _elected(place))]


def _elected(place: list[_Read]) -> Code | None:
    said: dict[str, list[_Read]] = {}
    for read in place:
        said.setdefault(read.code.text, []).append(read)
    sure = [told for told in said.values() if len(told) > 1 or not told[0].faint]
    best = [max(told, key=_trust) for told in sure if len(told) == max(map(len, sure))]
    return max(best, key=_trust).code if best else None


def _trust(read: _Read) -> int:
    return TRUST.index(read.by)


def _belongs(read: _Read, place: list[_Read]) -> bool:
    """Of the same bars; what one library reads twice stands twice on the picture."""
    twice = any(other.by == read.by and other.code.text == read.code.text for other in place)
    return not twice and any(_same_place(other, read) for other in place)


def _same_place(one: _Read, other: _Read) -> bool:
    """Two reads of the same bars: libraries tell other corners of them, but nearly the same middle. A QR code may hold another."""
    far = dist(one.middle, other.middle) / max(one.length, other.length, 1)
    return far <= 0.6 if one.code.text == other.code.text else far <= 0.3 and not {one.code.symbology, other.code.symbology} & SQUARES


def _scaled(code: Code, scale: float) -> Code:
    return code if scale == 1 else replace(code, points=tuple((round(x * scale), round(y * scale)) for x, y in code.points))


# -- a stream of pictures


@dataclass
class Steady:
    """Which reads of a camera are reads: two equal ones make one, and as long as a code stays in view it is the same one.

    `moment`: seconds out of view after which it is shown again on purpose. `together`: within which two equal reads must fall.
    """

    moment: float = 2.0
    together: float = 1.0
    _seen: dict[str, tuple[float, bool]] = field(default_factory=dict)

    def accepts(self, text: str, at: float) -> bool:
        """True once for each time a code is shown; `at`: seconds of any clock that does not go back, one for all codes of a picture."""
        before, counted = self._seen.get(text, (float("-inf"), False))
        away = at - before
        if away > self.moment or (not counted and away > self.together):
            self._seen = {seen: last for seen, last in self._seen.items() if at - last[0] <= self.moment} | {text: (at, False)}
            return False
        self._seen[text] = (at, counted or away > 0)
        return away > 0 and not counted


def steady(reads: Iterable[tuple[str, float]], moment: float = 2.0, together: float = 1.0) -> Iterator[tuple[str, float]]:
    """The reads (text, time) of a stream to accept, by `Steady`."""
    judge = Steady(moment, together)
    return (read for read in reads if judge.accepts(*read))
