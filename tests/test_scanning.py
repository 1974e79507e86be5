"""Every beep becomes the right movement once, and can be taken back."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from ims_core import alerts, items, ledger, lots, meanings, people, scanning
from ims_core.errors import Doubtful, NotAllowed, Refused, UnknownCode
from ims_core.scanning import Posted, Read
from tests.builders import CRATE, DAY, WATER, Shop

STAFF, MANAGER, VIEWER = (people.Person(role.title(), role) for role in ("staff", "manager", "viewer"))
KEYS = count()


@pytest.fixture
def bar(shop: Shop) -> Shop:
    """Water in bottles and in crates of twelve, in a shop with a cellar."""
    shop.water("Water 0.5 l")
    return shop


def beep(shop: Shop, code: str, mode: str, who: people.Person = STAFF, key: str | None = None, **values: object) -> Posted:
    return scanning.post(shop.db, who, Read(key or f"key {next(KEYS)}", code, mode, **values))  # type: ignore[arg-type]


def stands(shop: Shop, place: str = "Shop") -> float:
    stock = ledger.on_hand(shop.db)
    return float(stock.loc[stock["place"] == place, "on_hand"].sum())


def today() -> date:
    return datetime.now(UTC).date()


def gs1(lot: str, expires: date) -> str:
    return f"]d2010{WATER}17{expires:%y%m%d}10{lot}"


# -- what a code means


@pytest.mark.parametrize("code", [WATER, "0" + WATER, " 4 006381 333931 ", "WATER", "water", "(01)04006381333931(10)B1", "ims:item:1"])
def test_an_item_is_found_by_its_barcode_however_it_is_written_by_its_code_and_by_our_label(bar: Shop, code: str) -> None:
    found = meanings.look(bar.db, code)
    assert (found.kind, found.name, found.pack) == ("item", "Water 0.5 l", 1)


def test_a_place_is_found_by_our_label(bar: Shop) -> None:
    assert meanings.look(bar.db, "ims:place:cellar").place == "Cellar"
    gone = meanings.look(bar.db, "ims:place:Attic")
    assert gone.kind == "unknown"
    assert "no place called Attic" in gone.says


@pytest.mark.parametrize("pack", [0, 0.00001, 1e308, float("nan")])
def test_a_barcode_stands_for_pieces_that_can_be(bar: Shop, pack: float) -> None:
    with pytest.raises(Refused, match="stands for"):
        items.link_barcode(bar.db, people.LOCAL, 1, "NEW", pack)


def test_an_unknown_code_says_what_it_may_be(bar: Shop) -> None:
    six = meanings.look(bar.db, "24006381333935")
    assert (six.kind, six.maybe[0].name, six.maybe[0].why) == ("unknown", "Water 0.5 l", f"a packing of {WATER}")
    assert meanings.look(bar.db, "96385074").maybe == ()


def test_a_wrong_check_digit_is_never_an_item(bar: Shop) -> None:
    found = meanings.look(bar.db, "4006381333913")
    assert found.kind == "unknown"
    assert "check digit" in found.says
    assert found.maybe[0].why == f"nearly {WATER}"
    with pytest.raises(UnknownCode, match="check digit"):
        beep(bar, "4006381333913", "sell")


def test_what_a_merged_item_was_called_means_the_item_it_counts_as(bar: Shop) -> None:
    old = bar.item("OLD")
    items.merge(bar.db, people.LOCAL, old, 1)
    assert meanings.look(bar.db, "OLD").item_id == 1
    assert meanings.look(bar.db, f"ims:item:{old}").item_id == 1


# -- modes


def test_three_crates_are_36_bottles_and_the_sentence_says_so_before(bar: Shop) -> None:
    read = Read("k", CRATE, "receive", qty=3, place="Cellar")
    assert scanning.foresee(bar.db, read).sentence == "+36 Water 0.5 l to Cellar, 3 × 12"
    assert stands(bar, "Cellar") == 0
    scanning.post(bar.db, STAFF, read)
    assert stands(bar, "Cellar") == 36


def test_each_mode_moves_what_it_says(bar: Shop) -> None:
    beep(bar, CRATE, "receive", qty=2)
    assert stands(bar) == 24
    beep(bar, WATER, "sell")
    assert stands(bar) == 23
    beep(bar, WATER, "return")
    assert stands(bar) == 24
    beep(bar, WATER, "scrap", qty=2)
    assert stands(bar) == 22
    beep(bar, CRATE, "move", place="Shop", to="Cellar")
    assert (stands(bar), stands(bar, "Cellar")) == (10, 12)
    beep(bar, WATER, "count", qty=9)
    assert stands(bar) == 9
    assert beep(bar, WATER, "look").sentence == "Water 0.5 l: 12 in Cellar, 9 in Shop"


def test_looking_up_and_places_post_nothing(bar: Shop) -> None:
    before = bar.db.version
    assert beep(bar, WATER, "look").change_id is None
    assert beep(bar, "ims:place:Cellar", "receive").place == "Cellar"
    assert bar.db.version == before


def test_each_beep_is_undone_alone(bar: Shop) -> None:
    first, second = beep(bar, CRATE, "receive"), beep(bar, WATER, "receive")
    assert first.change_id
    assert second.change_id
    ledger.undo(bar.db, STAFF, first.change_id)
    assert stands(bar) == 1


def test_a_delivery_is_received_against_its_order(bar: Shop) -> None:
    bar.supplier("Quelle")
    with bar.db.change(who="Owner", what="Order") as _:
        order = {"order_id": 1, "number": "118", "supplier_id": 1, "ordered": today()}
        bar.db.append("orders", [order])
        bar.db.append("order_lines", [{"order_id": 1, "line": 1, "item_id": 1, "qty": 48, "unit_cost": 0.4}])
    assert scanning.orders_waiting(bar.db)[["number", "supplier", "open"]].to_numpy().tolist() == [["118", "Quelle", 48]]
    posted = beep(bar, CRATE, "receive", qty=3, order_id=1)
    assert posted.sentence == "+36 Water 0.5 l to Shop, 3 × 12, order 118"
    assert scanning.orders_waiting(bar.db)["open"].tolist() == [12]
    assert float(bar.db.scalar("select unit_cost from movements")) == pytest.approx(0.4)
    mug = bar.item("MUG")
    assert mug
    with pytest.raises(Refused, match="does not wait for this item"):
        beep(bar, "MUG", "receive", order_id=1)


def test_the_weight_in_a_label_is_what_moves(shop: Shop) -> None:
    ham = shop.item("HAM", unit="kg")
    items.link_barcode(shop.db, people.LOCAL, ham, WATER)
    shop.move("receipt", ham, 5)
    posted = beep(shop, f"(01)0{WATER}(3103)001250", "sell")
    assert posted.sentence.startswith("−1.25 kg Ham from Shop")
    assert shop.on_hand("HAM") == pytest.approx(3.75)


def test_a_read_that_was_kept_overnight_is_of_its_own_day(bar: Shop) -> None:
    at = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=3)
    beep(bar, WATER, "receive", at=at)
    assert bar.db.scalar("select day from movements") == at.date()
    with pytest.raises(Refused, match="still to come"):
        beep(bar, WATER, "receive", at=at + timedelta(days=5))
    with pytest.raises(Refused, match="its clock stands wrong"):
        beep(bar, WATER, "receive", at=datetime(1970, 1, 1, 0, 5))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"mode": "move"}, "Where to"),
        ({"mode": "count"}, "How many Water 0.5 l stand there"),
        ({"mode": "sell", "qty": 0}, "0 is no quantity"),
        ({"mode": "sell", "qty": -2}, "-2 is no quantity"),
        ({"mode": "steal"}, "no way to scan called steal"),
        ({"mode": "sell", "place": "Attic"}, "no place called Attic"),
        ({"mode": "sell", "key": " "}, "no key of its own"),
        ({"mode": "sell", "code": " "}, "Nothing was read"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(bar: Shop, values: dict[str, object], says: str) -> None:
    before = bar.db.version
    with pytest.raises(Refused, match=says):
        scanning.post(bar.db, STAFF, Read(**{"key": "k", "code": WATER, **values}))  # type: ignore[arg-type]
    assert bar.db.version == before


def test_ten_times_the_largest_ever_is_posted_only_by_somebody_who_is_sure(bar: Shop) -> None:
    beep(bar, WATER, "receive", qty=4)
    with pytest.raises(Doubtful, match=r"largest receipt so far was 4; this one is 48\. Is it right\?"):
        beep(bar, CRATE, "receive", qty=4)
    beep(bar, CRATE, "receive", qty=4, sure=True)
    assert stands(bar) == 52


def test_a_viewer_does_not_scan(bar: Shop) -> None:
    with pytest.raises(NotAllowed, match="Viewer is viewer"):
        beep(bar, WATER, "receive", who=VIEWER)


# -- once


def test_the_same_key_posts_once_however_often_it_comes(bar: Shop) -> None:
    first, again = beep(bar, CRATE, "receive", key="7"), beep(bar, CRATE, "receive", key="7")
    assert (again.change_id, again.repeated, first.repeated) == (first.change_id, True, False)
    assert stands(bar) == 12
    assert first.change_id
    ledger.undo(bar.db, STAFF, first.change_id)
    assert "undone since" in beep(bar, CRATE, "receive", key="7").sentence
    assert stands(bar) == 0


# -- lots


def test_lots_are_kept_and_the_first_to_expire_leaves_first(bar: Shop) -> None:
    late, soon = today() + timedelta(days=90), today() + timedelta(days=9)
    beep(bar, gs1("LATE", late), "receive", qty=10)
    beep(bar, gs1("SOON", soon), "receive", qty=10)
    assert "lot SOON, expires" in beep(bar, WATER, "sell", qty=3).sentence
    assert "Better first: lot SOON" in scanning.foresee(bar.db, Read("k", gs1("LATE", late), "sell")).sentence
    left = lots.held(bar.db)
    assert left[["lot", "on_hand"]].to_numpy().tolist() == [["SOON", 7], ["LATE", 10]]
    assert [lot.lot for lot in lots.here(bar.db, 1, "Shop")] == ["SOON", "LATE"]


def test_what_expired_is_not_sold_unless_a_manager_says_so(bar: Shop) -> None:
    over = gs1("OLD", today() - timedelta(days=1))
    with pytest.raises(Doubtful, match="Receive it all the same"):
        beep(bar, over, "receive", qty=5)
    beep(bar, over, "receive", qty=5, sure=True)
    for sold in (over, WATER):
        with pytest.raises(Doubtful, match=r"Lot OLD expired on .* Scrap it"):
            beep(bar, sold, "sell")
    with pytest.raises(NotAllowed, match="Only a manager"):
        beep(bar, over, "sell", sure=True)
    beep(bar, over, "sell", sure=True, who=MANAGER)
    assert "scrapped, lot OLD" in beep(bar, WATER, "scrap", qty=4).sentence
    assert lots.held(bar.db).empty


def test_what_comes_without_a_lot_is_asked_for_it_once_the_item_is_kept_by_lots(bar: Shop) -> None:
    beep(bar, WATER, "receive", qty=5)
    beep(bar, gs1("B1", today() + timedelta(days=50)), "receive", qty=5)
    with pytest.raises(Doubtful, match=r"Which lot\? Water 0.5 l is kept by lots"):
        beep(bar, WATER, "receive", qty=5)
    beep(bar, WATER, "receive", qty=7, lot="B2", expires=today() + timedelta(days=20))
    beep(bar, WATER, "receive", qty=1, sure=True)
    assert lots.held(bar.db)[["lot", "on_hand"]].to_numpy().tolist() == [["B2", 7], ["B1", 5]]
    assert {"B1", "B2"} <= set(ledger.movements(bar.db)["lot"].dropna())


def test_no_lot_holds_more_than_stands_in_its_place_and_what_nobody_named_left_the_first_to_expire(bar: Shop) -> None:
    over, soon, late = (today() + timedelta(days=days) for days in (-1, 9, 90))
    for lot, day in (("OVER", over), ("SOON", soon), ("LATE", late)):
        bar.move("receipt", 1, 10, lot=lot, expires=day)
    bar.move("receipt", 1, 4, lot="ELSE", expires=soon, place="Cellar")
    bar.move("sale", 1, 14)
    assert lots.held(bar.db)[["place", "lot", "on_hand"]].to_numpy().tolist() == [
        ["Cellar", "ELSE", 4], ["Shop", "SOON", 6], ["Shop", "LATE", 10],
    ]  # fmt: skip
    assert [(lot.lot, lot.on_hand) for lot in lots.here(bar.db, 1, "Shop")] == [("SOON", 6), ("LATE", 10)]
    bar.move("count", 1, 10)
    assert lots.held(bar.db)["lot"].tolist() == ["ELSE", "LATE"]
    bar.move("sale", 1, 12, day=DAY + timedelta(days=1))
    assert lots.held(bar.db)["lot"].tolist() == ["ELSE"]


def test_today_tells_what_expires(bar: Shop) -> None:
    beep(bar, gs1("B1", today() + timedelta(days=5)), "receive", qty=5)
    beep(bar, gs1("B2", today() + timedelta(days=50)), "receive", qty=5)
    assert lots.expiring(bar.db, today())["lot"].tolist() == ["B1"]
    told = alerts.attention(bar.db, today(), alerts.stock(bar.db, today())).set_index("alert")
    assert str(told.loc["expires", "says"]).startswith("1 lot expires within 30 days: Water 0.5 l (5, in 5 days)")


def test_a_count_is_held_against_counts_and_not_against_what_they_differed_by(bar: Shop) -> None:
    beep(bar, WATER, "receive", qty=36)
    beep(bar, WATER, "count", qty=35)
    assert scanning.foresee(bar.db, Read("k", WATER, "count", qty=34)).doubts == ()
    assert scanning.foresee(bar.db, Read("k", WATER, "count", qty=350)).doubts


def test_the_last_scans_are_listed_with_what_became_of_them(bar: Shop) -> None:
    first = beep(bar, CRATE, "receive")
    beep(bar, WATER, "sell")
    bar.move("receipt", 1, 5)
    assert first.change_id
    ledger.undo(bar.db, STAFF, first.change_id)
    seen = scanning.last(bar.db)[["who", "what", "undone"]].to_numpy().tolist()
    assert seen == [["Staff", "−1 Water 0.5 l from Shop", False], ["Staff", "+12 Water 0.5 l to Shop, 1 × 12", True]]
