"""Whatever a scanner, a tag reader or a keyboard sends is understood, or told to be wrong; a wrong check digit never passes."""

import string
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ims_core import codes
from ims_core.codes import Scan, parse

GTIN = "9521101530018"


def said(text: str) -> dict[str, Any]:
    """What a scan says, without the text and what is empty."""
    return {name: value for name, value in vars(parse(text)).items() if value is not None and name not in ("text", "code")}


# The sections are those of the GS1 General Specifications.
SPECIFIED: dict[str, tuple[str, dict[str, Any]]] = {
    "3.2.1 SSCC": ("(00)106141412345678908", {"sscc": "106141412345678908"}),
    "3.2.2 GTIN-13 in fourteen digits": ("(01)09521101530018", {"gtin": GTIN}),
    "3.2.2 GTIN-14 of a pack": ("(01)95012345678903", {"gtin": "95012345678903"}),
    "3.2.3 and 3.6.5 contents and their count": ("(02)09521101530018(37)24", {"gtin": GTIN, "qty": Decimal(24)}),
    "3.4.1 lot": ("(01)09521101530018(10)AB-123", {"gtin": GTIN, "lot": "AB-123"}),
    "3.4.2 production date": ("(01)09521101530018(11)010203", {"gtin": GTIN, "produced": date(2001, 2, 3)}),
    "3.4.4 packaging date": ("(01)09521101530018(13)100312", {"gtin": GTIN, "produced": date(2010, 3, 12)}),
    "3.4.5 best before": ("(01)09521101530018(15)991231", {"gtin": GTIN, "expires": date(1999, 12, 31)}),
    "3.4.7 expiry, day 00 is the last of the month": ("(01)09521101530018(17)240200", {"gtin": GTIN, "expires": date(2024, 2, 29)}),
    "3.5.2 serial number": ("(01)09521101530018(21)12345678p901", {"gtin": GTIN, "serial": "12345678p901"}),
    "3.6.1 variable count": ("(01)90012345678908(30)17", {"gtin": "90012345678908", "qty": Decimal(17)}),
    "3.6.2 net weight in kg": ("(01)90012345678908(3103)001750", {"gtin": "90012345678908", "weight": Decimal("1.750")}),
    "3.6.2 net weight in pounds": ("(01)90012345678908(3202)000150", {"gtin": "90012345678908", "weight": Decimal("0.680389")}),
    "3.6.8 price of this piece": ("(01)90012345678908(3922)795", {"gtin": "90012345678908", "price": Decimal("7.95")}),
    "3.6.9 price with its currency": ("(01)90012345678908(3932)0401234", {"gtin": "90012345678908", "price": Decimal("12.34")}),
    "4.15.1 figure 2": (
        "(01)09504000059101(21)12345678p901(10)1234567p(17)141120(8200)http://www.gs1.org/demo/",
        {"gtin": "9504000059101", "serial": "12345678p901", "lot": "1234567p", "expires": date(2014, 11, 20)},
    ),
    "5.1.2 ]C1 before GS1-128": ("]C1010952110153001810AB-123\x1d17261231", {"gtin": GTIN, "lot": "AB-123", "expires": date(2026, 12, 31)}),
    "5.1.2 ]e0 before DataBar": ("]e001900123456789083103001750", {"gtin": "90012345678908", "weight": Decimal("1.750")}),
    "5.1.2 ]d2 before DataMatrix": ("]d2010952110153001821S1\x1d10L1", {"gtin": GTIN, "serial": "S1", "lot": "L1"}),
    "5.1.2 ]Q3 before QR": ("]Q3010952110153001821S1", {"gtin": GTIN, "serial": "S1"}),
    "7.8.5 predefined lengths need no separator": (
        "019501234567890317261231310300175010L1",
        {"gtin": "95012345678903", "expires": date(2026, 12, 31), "weight": Decimal("1.750"), "lot": "L1"},
    ),
    "7.8.6 the lot first, then a separator": (
        "10567\x1d019001234567890811010101",
        {"gtin": "90012345678908", "lot": "567", "produced": date(2001, 1, 1)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("section", SPECIFIED)
def test_examples_of_the_general_specifications_parse(section: str) -> None:
    text, meant = SPECIFIED[section]
    assert said(text) == meant


@pytest.mark.parametrize("text", [text for text, _ in SPECIFIED.values() if text.startswith("(")])
def test_the_bars_say_the_same_as_the_text_below_them(text: str) -> None:
    bars = text.replace(")", "").replace("(", "\x1d")
    assert said("]C1" + bars[1:]) == said(text)
    assert said(bars.replace("\x1d", "<GS>")) == said(text)


LINKS = {
    "https://id.gs1.org/01/09506000134352": {"gtin": "9506000134352"},
    "https://shop.example/some/path/01/09506000134352/10/ABC%2F1/21/12?17=261231&utm=x": {
        "gtin": "9506000134352", "lot": "ABC/1", "serial": "12", "expires": date(2026, 12, 31),
    },
    "HTTP://EXAMPLE.COM/01/09506000134352?3103=000189": {"gtin": "9506000134352", "weight": Decimal("0.189")},
    "https://example.com/00/106141412345678908?02=09521101530018&37=5": {"sscc": "106141412345678908", "gtin": GTIN, "qty": Decimal(5)},
    "https://shop.example/kettle?id=17": {},
}  # fmt: skip


@pytest.mark.parametrize(("link", "meant"), LINKS.items())
def test_a_digital_link_is_read_whoever_hosts_it(link: str, meant: dict[str, Any]) -> None:
    assert said(link) == meant


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        ("4006381333931", "4006381333931"), ("]E04006381333931", "4006381333931"), ("04006381333931", "4006381333931"),
        ("012345678905", "012345678905"), ("0012345678905", "012345678905"), ("04252614", "042100005264"), ("96385074", "96385074"),
        ("]E496385074", "96385074"), ("]E3978030640615751299", "9780306406157"), ("14006381333938", "14006381333938"),
    ],
)  # fmt: skip
def test_a_gtin_is_one_number_whatever_bars_it_stands_in(text: str, gtin: str) -> None:
    assert (parse(text).gtin, parse(text).code) == (gtin, gtin)


def test_the_code_is_what_the_shop_keeps_a_barcode_under() -> None:
    assert parse("]C10100012345678905").code == codes.canonical("12345678905")
    assert parse(" ab  1 ").code == codes.canonical("AB 1")


@pytest.mark.parametrize(
    "text", ["4006381333932", "012345678906", "96385075", "(01)09521101530017(10)A", "]C10109521101530017", "(00)106141412345678907"]
)
def test_a_wrong_check_digit_is_told_and_gives_no_number(text: str) -> None:
    scan = parse(text)
    assert (scan.gtin, scan.sscc) == (None, None)
    assert "check digit" in str(scan.problem)
    assert "scan it again" in str(scan.problem)


def test_without_separators_dates_and_weights_end_a_lot_and_that_is_told() -> None:
    scan = parse("010952110153001810LOT12317261231")
    assert (scan.lot, scan.expires) == ("LOT123", date(2026, 12, 31))
    assert "LOT123" in str(scan.note)
    assert parse("010952110153001810LOT123").note is None


@pytest.mark.parametrize("text", ["0209521101530018371210AB-1", "0209521101530018371217261231", "020952110153001837123103001750"])
def test_without_separators_a_count_ends_where_a_date_a_weight_or_a_lot_begins(text: str) -> None:
    assert parse(text).qty == 12
    assert "12 from what follows" in str(parse(text).note)


def test_a_separator_is_believed() -> None:
    assert parse("010952110153001810LOT17261231\x1d21S").lot == "LOT17261231"


def test_a_day_that_does_not_exist_is_told() -> None:
    scan = parse("(01)09521101530018(17)260230")
    assert (scan.gtin, scan.expires) == (GTIN, None)
    assert "no day 260230" in str(scan.note)


def test_a_code_of_the_shop_is_not_taken_for_gs1() -> None:
    for text in ("10ABC", "0109-blue", "37", "(new) kettle", "https://shop.example/01"):
        assert said(text) == {}


@pytest.mark.parametrize("place", ["Cellar", "Cellar 2", "Lager/Süd: A%1", "冷蔵庫", "ims:item:3"])
def test_our_own_labels_come_back(place: str) -> None:
    assert parse(codes.of_place(place)).place == place
    assert parse(codes.of_item(17)) == Scan("ims:item:17", "ims:item:17", item=17)


def test_our_own_labels_are_read_by_a_scanner_set_to_another_keyboard() -> None:
    assert parse("IMSÖITEMÖ17").item == 17


# Examples of the EPC Tag Data Standard (SGTIN, SSCC: introduction, appendix E) and of its encoder.
TAGS = {
    "3074257BF7194E4000001A85": ("80614141123458", "6789"),
    "0x3074257bf7194e4000001a85": ("80614141123458", "6789"),
    "30340242201d8840009efdf7": ("00037000302414", "10419703"),
    "3674257BF6B7A659B2C2BF1000000000000000000000000000": ("70614141123451", "32a/b"),
    "3674257BF6B7A659B2C2BF100000000000000000000000000000": ("70614141123451", "32a/b"),
    "urn:epc:id:sgtin:0614141.812345.6789": ("80614141123458", "6789"),
    "urn:epc:tag:sgtin-96:3.0614141.812345.6789": ("80614141123458", "6789"),
    "urn:epc:tag:sgtin-198:3.0614141.712345.32a%2Fb": ("70614141123451", "32a/b"),
}


@pytest.mark.parametrize(("text", "meant"), TAGS.items())
def test_a_tag_is_an_item_and_its_serial_number(text: str, meant: tuple[str, str]) -> None:
    scan = parse(text)
    assert (scan.gtin, scan.serial) == (codes.canonical(meant[0]), meant[1])


def test_a_tag_is_the_same_tag_in_each_of_its_forms() -> None:
    forms = ("3074257BF7194E4000001A85", "urn:epc:id:sgtin:0614141.812345.6789", "urn:epc:tag:sgtin-96:3.0614141.812345.6789")
    assert {parse(form).tag for form in forms} == {"urn:epc:id:sgtin:0614141.812345.6789"}


def test_a_tag_on_a_pallet_is_its_shipping_number() -> None:
    assert parse("3114257BF4499602D2000000").sscc == parse("urn:epc:id:sscc:0614141.1234567890").sscc == "106141412345678908"


@pytest.mark.parametrize(
    "text", ["E28011700000020000000000", "303DFFFFFFFFFFFFFFFFFFFF", "30", "urn:epc:id:sgtin:0614141.8123456.6789", "urn:epc:"]
)
def test_what_is_no_tag_of_an_item_is_a_plain_text(text: str) -> None:
    assert said(text) == {}


PIECES = st.sampled_from([
    "01", "02", "00", "10", "17", "21", "30", "36", "37", "3103", "3922", "(01)", "(10)", "]C1", "]d2", "\x1d", "http://a/01/", "?17=",
    "urn:epc:id:sgtin:", "ims:item:", GTIN,
])  # fmt: skip
ANY = st.one_of(
    st.text(max_size=40),
    st.text(string.digits, max_size=60),
    st.text(string.hexdigits, min_size=20, max_size=60),
    st.lists(st.one_of(PIECES, st.text(string.digits, max_size=14), st.text(max_size=4)), max_size=8).map("".join),
)


def fits(number: str) -> bool:
    """The check digit by its definition: from the right, threes and ones in turn."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number))) % 10 == 0


@settings(max_examples=5_000, deadline=None)
@given(ANY)
@example("(01)")
@example("]C1")
@example("\x1d")
@example("http://[")
@example("01²²²²²²²²²²²²²²")
def test_no_text_crashes_and_no_wrong_check_digit_passes(text: str) -> None:
    scan = parse(text)
    assert scan.gtin is None or (fits(scan.gtin) and len(scan.gtin) in codes.LENGTHS and scan.problem is None)
    assert scan.sscc is None or (fits(scan.sscc) and len(scan.sscc) == 18)
    assert scan.code == scan.code.strip()


@settings(max_examples=300, deadline=None)
@given(st.text(string.digits, min_size=13, max_size=13), st.integers(1, 9))
def test_one_wrong_digit_is_always_caught(digits: str, by: int) -> None:
    check = next(str(last) for last in range(10) if fits(digits + str(last)))
    wrong = digits + str((int(check) + by) % 10)
    assert parse("(01)" + wrong).gtin is None
    assert parse("]C101" + wrong + "10A").gtin is None
    assert parse(wrong).gtin is None
