"""What is printed is read again: the codes by a decoder, the words by a reader of PDF."""

import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import codes, decoding, stickers
from ims_core.errors import Refused
from ims_core.stickers import SHEETS, Sticker, of_item, of_place, pdf

PRINTER = SHEETS["Label printer, 57 × 32 mm"]
SMALL = SHEETS["A4, 4×16, 48.3 × 16.9 mm (Herma 4271)"]
KETTLE = of_item(17, "Kettle", "K-17", "4006381333931", 24.9)


def pages(content: bytes) -> list[str]:
    """The words of each page."""
    return [" ".join(page.get_textpage().get_text_range().split(None)) for page in pypdfium2.PdfDocument(content)]


def scanned(content: bytes) -> list[str]:
    """The codes that a camera reads from each page, printed with 200 dots an inch."""
    sheets = [page.render(scale=200 / 72, grayscale=True).to_numpy() for page in pypdfium2.PdfDocument(content)]
    return [code.text for sheet in sheets for code in decoding.decode(np.ascontiguousarray(sheet), budget=60)]


@pytest.mark.parametrize("name", SHEETS)
def test_each_sheet_is_read_again(name: str) -> None:
    every = [
        KETTLE,
        of_item(18, "Tea", "T-1", "TEA-0815"),
        of_place("Cellar 2"),
        of_item(19, "Salt", "S", None),
        of_item(20, "Sugar", "Z", "96385074"),
    ]
    assert sorted(scanned(pdf(every, SHEETS[name], "€"))) == sorted(
        ["4006381333931", "TEA-0815", "ims:place:Cellar%202", "ims:item:19", "96385074"]
    )


@pytest.mark.parametrize(
    ("barcode", "read"),
    [
        ("4006381333931", "4006381333931"),
        ("012345678905", "012345678905"),
        ("96385074", "96385074"),
        ("14006381333938", "14006381333938"),
        ("SALT", "SALT"),
    ],
)
def test_a_barcode_is_printed_in_the_bars_it_is_made_for(barcode: str, read: str) -> None:
    assert scanned(pdf([of_item(1, "Salt", "S", barcode)], PRINTER)) == [read]


def test_a_code_with_a_wrong_check_digit_is_printed_as_it_is_known() -> None:
    assert scanned(pdf([of_item(1, "Salt", "S", "4006381333932")], PRINTER)) == ["4006381333932"]


def test_a_code_too_long_for_fine_bars_is_printed_as_a_square() -> None:
    long = "A-VERY-LONG-CODE-OF-A-SUPPLIER-12345"
    (code,) = decoding.decode(np.array(stickers.symbol(long, square=True).to_image(scale=4)))
    assert scanned(pdf([of_item(1, "Salt", "S", long)], SMALL)) == [code.text] == [long]


def test_a_label_says_name_code_and_price_with_cents_and_currency() -> None:
    (page,) = pages(pdf([of_item(17, "Kettle", "K-17", "4006381333931", 1234.5)], PRINTER, "€"))
    for word in ("Kettle", "K-17", "4006381333931", "€ 1,234.50"):
        assert word in page


@pytest.mark.parametrize("name", ["Zażółć gęślą", "Чайник", "Ελληνικά", "Crème brûlée"])
def test_names_in_the_scripts_that_come_along_are_printed(name: str) -> None:
    assert name in pages(pdf([of_place(name)], PRINTER))[0]


@pytest.mark.parametrize("name", ["漢字ケトル", "غلاية شاي", "किताब", "🫖 tea", "\U000e0041"])
def test_a_script_that_no_font_has_stops_no_label(name: str) -> None:
    assert codes.parse(scanned(pdf([of_place(name)], PRINTER))[0]).place == name


def test_a_long_name_is_cut_and_stays_on_its_label() -> None:
    (page,) = pages(pdf([of_item(1, "Kettle of enamelled steel " * 20, "K", "4006381333931")], PRINTER))
    assert "…" in page
    assert len(page) < 120


def test_copies_fill_the_sheet_and_go_on_on_the_next() -> None:
    assert len(pages(pdf([Sticker("A", "Salt", copies=64)], SMALL))) == 1
    assert len(pages(pdf([Sticker("A", "Salt", copies=65)], SMALL))) == 2
    assert pages(pdf([Sticker("A", "Salt", copies=3), Sticker("B", "Tea", copies=2)], SMALL))[0].count("Salt") == 3


def test_a_sheet_that_was_begun_is_finished() -> None:
    two = [Sticker("A", "Salt", copies=2)]
    assert len(pages(pdf(two, SMALL, first=64))) == 2
    top = [code.points[0][1] for code in _codes(pdf([KETTLE], SMALL, first=61))]
    assert min(top) > 2_000


def _codes(content: bytes) -> list[decoding.Code]:
    page = pypdfium2.PdfDocument(content)[0].render(scale=200 / 72, grayscale=True).to_numpy()
    return decoding.decode(np.ascontiguousarray(page))


def test_what_cannot_be_printed_is_refused_with_what_to_do() -> None:
    with pytest.raises(Refused, match="Choose items or places"):
        pdf([], SMALL)
    with pytest.raises(Refused, match="2,001 labels"):
        pdf([Sticker("A", "Salt", copies=2_001)], SMALL)
    with pytest.raises(Refused, match="1 to 64"):
        pdf([KETTLE], SMALL, first=65)
    with pytest.raises(Refused, match="shorter barcode"):
        pdf([Sticker("A" * 9_000, "Salt", square=True)], SMALL)


def test_labels_stay_on_their_page() -> None:
    for sheet in SHEETS.values():
        assert sheet.left + (sheet.across - 1) * sheet.step[0] + sheet.width <= sheet.page[0] + 0.1
        assert sheet.top + (sheet.down - 1) * sheet.step[1] + sheet.height <= sheet.page[1] + 0.1
        assert sheet.places == 1 or (sheet.step[0] >= sheet.width and sheet.step[1] >= sheet.height)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.text(max_size=30), st.text(min_size=1, max_size=60), st.floats(0, 1e9), st.booleans())
def test_no_text_stops_the_printer(name: str, below: str, code: str, price: float, square: bool) -> None:
    assert pdf([Sticker(code, name, below, price, square=square)], SMALL, "€").startswith(b"%PDF")
