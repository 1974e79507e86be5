from dataclasses import replace

import pytest

from ims_core import copies, doubts, ledger, people
from ims_core.errors import NotAllowed, Refused
from tests.builders import DAY, Shop


@pytest.fixture
def kettle(shop: Shop) -> ledger.Record:
    """40 kettles came, 4 of them are in the cellar; a record of one to vary."""
    item = shop.item("KETTLE")
    shop.place("Cellar")
    shop.move("receipt", item, 40)
    shop.move("transfer", item, 4, to="Cellar")
    shop.move("sale", item, 2)
    return ledger.Record("sale", item, 1, "Cellar", DAY)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, []),
        ({"qty": 5}, ["Only 4 are in Cellar: after this -1."]),
        ({"kind": "transfer", "qty": 6, "to": "Shop"}, ["Only 4 are in Cellar: after this -2."]),
        ({"kind": "adjustment", "qty": -5}, ["Only 4 are in Cellar: after this -1."]),
        ({"kind": "adjustment", "qty": 5}, []),
        ({"kind": "receipt", "qty": 400}, ["The largest receipt so far was 40; this one is 400."]),
        ({"kind": "receipt", "qty": 399}, []),
        ({"kind": "return_in", "qty": 400}, []),
        ({"qty": 20, "place": "Shop"}, ["The largest sale so far was 2; this one is 20."]),
        ({"qty": float("nan")}, []),
    ],
)
def test_what_looks_like_a_slip_is_told(shop: Shop, kettle: ledger.Record, values: dict[str, object], says: list[str]) -> None:
    assert doubts.of_movement(shop.db, replace(kettle, **values)) == says  # type: ignore[arg-type]


def test_what_was_never_counted_cannot_fall_below_zero(shop: Shop) -> None:
    assert doubts.of_movement(shop.db, ledger.Record("sale", shop.item("MUG"), 5, "Shop", DAY)) == []


def test_half_a_kettle_is_refused_and_half_a_cheese_is_not(shop: Shop, kettle: ledger.Record) -> None:
    with pytest.raises(Refused, match=r"KETTLE comes in whole pieces, and 3\.5 is none"):
        ledger.record(shop.db, people.LOCAL, replace(kettle, qty=3.5))
    shop.move("receipt", shop.item("CHEESE", unit="kg"), 3.5)
    assert shop.on_hand("CHEESE") == 3.5


def test_an_adjustment_keeps_its_sign_in_the_log(shop: Shop, kettle: ledger.Record) -> None:
    change = shop.move("adjustment", kettle.item_id, -3)
    assert ledger.change(shop.db, change)["what"] == "Adjustment of -3 KETTLE"


def test_not_everybody_may_take_a_copy_of_the_shop(shop: Shop, tmp_path: object) -> None:
    with pytest.raises(NotAllowed, match="to backup one must be manager"):
        copies.backup(shop.db, people.Person("Kim", "staff"), tmp_path)  # type: ignore[arg-type]
