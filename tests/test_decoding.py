"""What stands on a picture is read whatever bars it stands in, and nothing that is not there."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from ims_core import codes, decoding
from ims_core.decoding import Code, Steady, decode, steady
from ims_core.errors import Refused

ROOT = Path(__file__).resolve().parent.parent
Kind = zxingcpp.BarcodeFormat


def symbol(text: str, kind: Kind = Kind.EAN13, scale: int = 3) -> Image.Image:
    """A printed code."""
    return Image.fromarray(np.array(zxingcpp.create_barcode(text, kind).to_image(scale=scale)))


def photo(*symbols: Image.Image, apart: int = 60, size: tuple[int, int] = (640, 480)) -> np.ndarray:
    """A grey table with printed codes one below the other."""
    table, top = Image.new("L", size, 190), 20
    for one in symbols:
        table.paste(one, (20, top))
        top += one.height + apart
    return np.asarray(table)


def texts(codes: list[Code]) -> list[str]:
    return [code.text for code in codes]


SHOWN = {
    Kind.EAN13: ("4006381333931", "4006381333931"), Kind.EAN8: ("96385074", "96385074"), Kind.UPCA: ("012345678905", "012345678905"),
    Kind.UPCE: ("04252614", "042100005264"), Kind.ITF14: ("14006381333938", "14006381333938"), Kind.Code128: ("AB-12 x", "AB-12 x"),
    Kind.Code39: ("ABC-1", "ABC-1"), Kind.QRCode: ("ims:place:Kälte", "ims:place:Kälte"), Kind.DataMatrix: ("ims:item:17", "ims:item:17"),
}  # fmt: skip


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.name)
def test_each_kind_that_shops_use_is_read(kind: Kind, several: bool) -> None:
    printed, read = SHOWN[kind]
    assert texts(decode(photo(symbol(printed, kind)), several)) == [read]


@pytest.mark.parametrize("kind", [Kind.Code128, Kind.DataMatrix, Kind.DataBarExp])
def test_gs1_comes_with_its_separators(kind: Kind) -> None:
    printed = zxingcpp.create_barcode("(01)09521101530018(10)AB-1(17)261231", kind, gs1=True).to_image(scale=2)
    (code,) = decode(photo(Image.fromarray(np.array(printed)), size=(1280, 480)))
    assert code.text == "010952110153001810AB-1\x1d17261231"
    assert codes.parse(code.text).lot == "AB-1"


@pytest.mark.parametrize("kind", [Kind.Codabar, Kind.Aztec, Kind.PDF417, Kind.ITF])
def test_kinds_that_read_what_is_not_there_are_left_out(kind: Kind) -> None:
    assert decode(photo(symbol("A1234567A" if kind == Kind.Codabar else "1234567890", kind))) == []


def test_itf_of_fourteen_digits_needs_its_check_digit() -> None:
    assert decode(photo(symbol("14006381333939", Kind.ITF))) == []


def test_several_codes_on_one_photo_are_several_each_with_its_place() -> None:
    first, second = decode(photo(symbol("4006381333931"), symbol("96385074", Kind.EAN8)))
    top, below = sorted((first, second), key=lambda code: code.points[0][1])
    assert texts([top, below]) == ["4006381333931", "96385074"]
    assert max(y for _, y in top.points) < min(y for _, y in below.points)
    assert all(0 <= x <= 640 and 0 <= y <= 480 for code in (top, below) for x, y in code.points)


def test_two_of_the_same_code_side_by_side_are_two() -> None:
    shelf = Image.new("L", (900, 400), 190)
    for place in ((20, 50), (520, 180)):
        shelf.paste(symbol("4006381333931", scale=2), place)
    assert texts(decode(np.asarray(shelf))) == ["4006381333931"] * 2


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_code_is_read_whichever_way_it_lies(turn: int) -> None:
    assert texts(decode(np.rot90(photo(symbol("4006381333931")), turn // 90))) == ["4006381333931"]


def test_bars_too_fine_for_the_picture_are_read_at_twice_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_pyzbar", lambda: None)
    fine = symbol("4006381333931", scale=4)
    small = photo(fine.resize((fine.width * 15 // 40, fine.height * 15 // 40), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.3)))
    assert texts(decode(small)) == ["4006381333931"]
    assert decode(small, budget=0) == []


def test_without_libzbar_codes_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_pyzbar", lambda: None)
    assert texts(decode(photo(symbol("4006381333931")), several=False)) == ["4006381333931"]


def test_the_core_is_loaded_without_any_decoder() -> None:
    script = "import sys; sys.modules.update(pyzbar=None, zxingcpp=None, PIL=None); import ims_core.decoding"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0


REAL = ROOT.parent / "shared" / "data"


@pytest.mark.skipif(not REAL.exists(), reason="the real photos are not here")
@pytest.mark.parametrize("folder", ["E1_barcodes_zxing/ean8-1", "E1_barcodes_zxing/upce-1", "E2_barcodes_zxing_cpp/upca-3"])
@pytest.mark.parametrize("several", [True, False])
def test_real_photos_say_what_is_on_them(folder: str, several: bool) -> None:
    photos = [file for file in sorted((REAL / folder).iterdir()) if file.suffix in (".png", ".jpg", ".webp")]
    assert photos
    for file in photos:
        true = codes.canonical(file.with_suffix(".txt").read_text().strip())
        assert texts(decode(file.read_bytes(), several)) == [true], file.name


# -- pictures of strangers


def file(image: Image.Image, kind: str, **how: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **how)
    return held.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_from_a_phone_is_read_as_a_file(kind: str) -> None:
    assert texts(decode(file(Image.fromarray(photo(symbol("4006381333931"))).convert("RGB"), kind))) == ["4006381333931"]


def test_a_photo_that_says_it_is_turned_tells_places_as_it_is_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter
    (code,) = decode(file(Image.fromarray(np.rot90(photo(symbol("4006381333931")))), "JPEG", exif=exif))
    assert max(x for x, _ in code.points) < 400
    assert max(y for _, y in code.points) < 240


def test_ink_on_a_transparent_ground_is_read() -> None:
    bars = symbol("4006381333931")
    ink = Image.new("LA", bars.size, (0, 0))
    ink.putalpha(bars.point(lambda grey: 255 - grey))
    assert texts(decode(file(ink, "PNG"))) == ["4006381333931"]


def test_a_large_photo_tells_places_in_its_own_pixels() -> None:
    large = Image.new("L", (8_000, 1_000), 200)
    large.paste(symbol("4006381333931", scale=8), (6_800, 100))
    for picture in (np.asarray(large), file(large, "JPEG")):
        (code,) = decode(picture)
        assert min(x for x, _ in code.points) > 6_700


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"GIF89a" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(40), b"\xff\xd8\xff\xe0" + bytes(40)]
)
def test_what_is_no_picture_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(Refused, match="JPG, PNG or WebP"):
        decode(content)


def test_a_photo_cut_off_is_refused() -> None:
    with pytest.raises(Refused, match="not a picture"):
        decode(file(Image.fromarray(photo(symbol("4006381333931"))), "JPEG")[:800])


def test_a_small_file_that_unfolds_to_a_huge_picture_is_refused() -> None:
    with pytest.raises(Refused, match="64 million pixels; 25 million"):
        decode(file(Image.new("1", (8_000, 8_000)), "PNG"))


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4), float), np.zeros(9, np.uint8), np.zeros((0, 9), np.uint8), np.zeros((4, 4, 7), np.uint8)]
)
def test_numbers_that_are_no_picture_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(Refused):
        decode(pixels)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(40, 60), (90, 90, 3), (64, 200, 4)]))
def test_noise_says_nothing(seed: int, shape: tuple[int, ...]) -> None:
    assert decode(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)) == []


# -- a stream


def frames(*shown: tuple[str, float, float], rate: float = 10) -> list[tuple[str, float]]:
    """Reads of a camera: each code is in view from one second to another."""
    return [(text, begin + n / rate) for text, begin, end in shown for n in range(int((end - begin) * rate) + 1)]


def test_two_equal_reads_make_a_read_and_one_makes_none() -> None:
    assert list(steady([("A", 0.0), ("A", 0.1)])) == [("A", 0.1)]
    assert list(steady([("A", 0.0)])) == []
    assert list(steady([("A", 0.0), ("A", 0.0)])) == [], "two decoders on one picture are one read"


def test_a_misread_between_two_reads_changes_nothing() -> None:
    assert list(steady([("A", 0.0), ("B", 0.1), ("A", 0.2)])) == [("A", 0.2)]


def test_an_item_held_for_long_is_one_read() -> None:
    assert len(list(steady(frames(("A", 0, 30))))) == 1


def test_an_item_taken_away_and_shown_again_is_two() -> None:
    assert len(list(steady(frames(("A", 0, 1), ("A", 4, 5)), moment=2))) == 2
    assert len(list(steady(frames(("A", 0, 1), ("A", 2, 3)), moment=2))) == 1


def test_items_held_one_after_another_are_read_in_their_order() -> None:
    assert [text for text, _ in steady(frames(("A", 0, 1), ("B", 1.5, 2.5), ("A", 5, 6)))] == ["A", "B", "A"]


def test_two_reads_far_apart_are_two_chances() -> None:
    assert list(steady([("A", 0.0), ("A", 1.5)], moment=5, together=1)) == []


def test_a_long_day_of_misreads_is_forgotten() -> None:
    judge = Steady()
    assert not any(judge.accepts(str(n), n) for n in range(5_000))
    assert len(judge._seen) < 10
