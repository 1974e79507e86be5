"""What units and packs say in the shop's words, and what cannot be said is never guessed."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import units


@pytest.mark.parametrize(("text", "pieces"), [
    ("3 pcs", 3), ("2 Stk.", 2), ("dozen", 12), ("2 dozen", 24), ("case of 12", 12), ("box 24 ct", 24), ("12er Karton", 12),
    ("pack de 6", 6),
    ("2 boxes of 24 ct", 48), ("VE 10", 10), ("6x500 ml", 6), ("6 x 1 kg", 6), ("6-pack", 6), ("6 pk", 6), ("pair", 2), ("24/case", 24),
    ("Caja de 12 unidades", 12), ("scatola da 12", 12), ("boîte de 24", 24), ("Karton à 12", 12), ("box (24)", 24), ("24 ct box", 24),
    ("EA", 1), ("Stück", 1), ("10 boxes x 20 bags", 200), ("Unit(s)", 1), ("12 Stk pro Karton", 12), ("gross", 144), ("1x12", 12),
])  # fmt: skip
def test_a_pack_says_how_many_pieces_it_holds(text: str, pieces: int) -> None:
    assert units.pieces(text) == pieces


@pytest.mark.parametrize("text", ["box", "2 boxes", "kg", "1.5 kg", "Schütte", "", "blue", "12", "bag 25 kg"])
def test_what_does_not_say_it_is_not_guessed(text: str) -> None:
    assert units.pieces(text) is None


@pytest.mark.parametrize(("told", "base", "pack", "factor"), [
    ("box", "piece", 24, "24"), ("piece", "dozen", None, "0.08333"), ("g", "kg", None, "0.001"), ("500 g", "kg", None, "0.5"),
    ("6x500 ml", "l", None, "3"), ("m", "cm", None, "100"), ("lb", "kg", None, "0.45359"), ("case of 12", "Stk", 24, "12"),
    ("Schütte", "schütte", None, "1"), ("bag 25 kg", "kg", None, "25"), ("box", "box", None, "1"),
])  # fmt: skip
def test_one_unit_is_counted_in_another(told: str, base: str, pack: int | None, factor: str) -> None:
    found = units.factor(told, base, Decimal(pack) if pack else None)
    assert isinstance(found, Decimal)
    assert abs(found - Decimal(factor)) < Decimal("0.00001")


@pytest.mark.parametrize(("told", "base", "why"), [
    ("kg", "piece", "“kg” cannot be counted in “piece”"), ("box", "piece", "how many pieces a box holds is not known"),
    ("Schütte", "piece", "“Schütte” is no unit we know"), ("l", "kg", "“liter” cannot be counted in “kilogram”"),
    ("pallet", "piece", "“pallet” cannot be counted in “piece”"),
])  # fmt: skip
def test_what_cannot_be_counted_in_another_is_said(told: str, base: str, why: str) -> None:
    assert units.factor(told, base) == why


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 500),
    st.integers(1, 500),
    st.sampled_from(["{} boxes of {} ct", "{} x {} pcs", "{} cartons de {}", "{} Kartons mit {} Stk."]),
)
def test_packs_written_in_any_way_come_back_the_same(packs: int, size: int, way: str) -> None:
    assert units.pieces(way.format(packs, size)) == packs * size
