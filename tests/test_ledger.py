from datetime import date, timedelta

import pytest

from ims_core import audit, items, ledger, people
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from tests.builders import DAY, Shop


def test_stock_is_the_sum_of_what_came_and_went(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 10, unit_cost=4)
    shop.move("sale", kettle, 3)
    assert shop.on_hand("KETTLE") == 7
    assert ledger.on_hand(shop.db).value.tolist() == [28]


def test_stock_of_a_past_day_leaves_out_what_came_later(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 10, day=date(2026, 5, 1))
    shop.move("sale", kettle, 4, day=date(2026, 5, 3))
    assert [shop.on_hand("KETTLE", date(2026, 5, day)) for day in (1, 2, 3)] == [10, 10, 6]


def test_a_transfer_moves_and_nets_to_nothing(shop: Shop) -> None:
    kettle, cellar = shop.item("KETTLE"), shop.place("Cellar")
    shop.move("receipt", kettle, 10)
    shop.move("transfer", kettle, 6, to=cellar)
    stock = ledger.on_hand(shop.db)
    assert dict(zip(stock.place, stock.on_hand, strict=True)) == {"Cellar": 6, "Shop": 4}


def test_stock_below_zero_is_kept_because_the_shelf_is_right(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("sale", kettle, 2)
    assert shop.on_hand("KETTLE") == -2


def test_undo_takes_a_movement_back_and_undoing_that_brings_it_again(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sold = shop.move("sale", kettle, 2)
    undone = ledger.undo(shop.db, people.LOCAL, sold)
    assert shop.on_hand("KETTLE") == 0
    assert len(ledger.movements(shop.db)) == 0
    ledger.undo(shop.db, people.LOCAL, undone)
    assert shop.on_hand("KETTLE") == -2
    assert len(ledger.movements(shop.db)) == 1


def test_a_change_is_undone_once(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    sold = shop.move("sale", kettle, 2)
    ledger.undo(shop.db, people.LOCAL, sold)
    with pytest.raises(Refused, match="was undone already by Owner"):
        ledger.undo(shop.db, people.LOCAL, sold)


def test_undoing_an_edit_brings_the_version_before(shop: Shop) -> None:
    kettle = shop.item("KETTLE", name="Kettle")
    edit = items.save(shop.db, people.LOCAL, [{"item_id": kettle, "name": "Kettle 1.7 l"}])
    ledger.undo(shop.db, people.LOCAL, edit)
    assert items.one(shop.db, kettle)["name"] == "Kettle"


def test_what_later_changes_stand_on_is_not_undone(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    created = shop.db.version
    shop.move("sale", kettle, 2)
    with pytest.raises(Refused, match="later changes stand on it: Sale of 2 KETTLE"):
        ledger.undo(shop.db, people.LOCAL, created)


def test_after_the_later_change_is_undone_the_earlier_may_be_too(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    created = shop.db.version
    ledger.undo(shop.db, people.LOCAL, shop.move("sale", kettle, 2))
    ledger.undo(shop.db, people.LOCAL, created)
    assert len(items.catalogue(shop.db)) == 0
    assert len(ledger.on_hand(shop.db)) == 0


def test_the_same_key_posts_once(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    entry = ledger.Record("sale", kettle, 1, "Shop", DAY)
    first = ledger.record(shop.db, people.LOCAL, entry, key="scan-17")
    assert ledger.record(shop.db, people.LOCAL, entry, key="scan-17") == first
    assert shop.on_hand("KETTLE") == -1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"qty": 0}, "quantity is empty or 0"),
        ({"qty": -1}, "has a positive quantity"),
        ({"place": "Moon"}, "no place called Moon"),
        ({"kind": "transfer", "to": "Shop"}, "two different places"),
        ({"kind": "theft"}, "not recorded by hand"),
        ({"day": date(1, 1, 1)}, "cannot be the day"),
        ({"qty": 1e15}, "cannot be right"),
    ],
)
def test_a_bad_movement_is_refused_with_a_sentence(shop: Shop, values: dict[str, object], sentence: str) -> None:
    entry = {"kind": "sale", "item_id": shop.item("KETTLE"), "qty": 1, "place": "Shop", "day": DAY, **values}
    before = shop.db.version
    with pytest.raises(Refused, match=sentence):
        ledger.record(shop.db, people.LOCAL, ledger.Record(**entry))  # type: ignore[arg-type]
    assert shop.db.version == before


def test_a_viewer_records_nothing(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    with pytest.raises(NotAllowed, match="one must be staff"):
        ledger.record(shop.db, people.Person("Vera", "viewer"), ledger.Record("sale", kettle, 1, "Shop", DAY))


def test_an_honest_ledger_proves_itself(shop: Shop) -> None:
    kettle, cellar = shop.item("KETTLE"), shop.place("Cellar")
    shop.move("receipt", kettle, 10)
    ledger.undo(shop.db, people.LOCAL, shop.move("transfer", kettle, 6, to=cellar))
    proof = audit.check(shop.db)
    assert proof.ok.all(), proof[~proof.ok].to_string()


def test_a_broken_ledger_names_the_broken_rule(db: Database) -> None:
    with db.change(who="Mallory", what="Half a transfer"):
        db.append(
            "movements",
            [{"line": 1, "happened_at": "2026-05-04", "day": DAY, "kind": "transfer", "item_id": 99, "place": "Shop", "qty": 1}],
        )
    broken = audit.check(db)
    assert set(broken[~broken.ok].rule) == {"Every movement has its item", "Transfers net to nothing"}


def test_facts_refuse_to_be_overwritten(shop: Shop) -> None:
    shop.item("KETTLE")
    for statement in ("update item_versions set name = 'x'", "delete from changes"):
        with pytest.raises(Exception, match="Facts are never overwritten"):
            shop.db.connection.cursor().execute(statement)


def test_a_count_of_merged_items_is_what_stands_of_them_together(shop: Shop) -> None:
    old, new = shop.item("OLD"), shop.item("NEW")
    shop.move("receipt", old, 4)
    shop.move("receipt", new, 3)
    items.merge(shop.db, people.LOCAL, old, new)
    shop.move("count", new, 7, DAY + timedelta(days=2))
    assert shop.on_hand("NEW") == 7
    shop.move("count", old, 5, DAY + timedelta(days=3))  # by a barcode that the merged one had
    assert shop.on_hand("NEW") == 5
    assert audit.check(shop.db)["ok"].all()


def test_an_item_merged_into_another_brings_its_stock_cost_and_whether_it_was_counted(shop: Shop) -> None:
    kettle, twin = shop.item("KETTLE"), shop.item("KETTLE-2")
    shop.move("receipt", twin, 10, unit_cost=4)
    items.save(shop.db, people.LOCAL, [{"item_id": twin, "same_as": kettle}])
    seen = ledger.overview(shop.db, DAY)
    assert seen[["sku", "on_hand", "value", "counted"]].to_dict("records") == [
        {"sku": "KETTLE", "on_hand": 10, "value": 40, "counted": True}
    ]


def test_an_undone_receipt_leaves_no_cost_and_no_count_behind(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    ledger.undo(shop.db, people.LOCAL, shop.move("receipt", kettle, 10, unit_cost=4))
    seen = ledger.overview(shop.db, DAY).iloc[0]
    assert not seen.counted
    assert seen.cost != seen.cost


@pytest.mark.parametrize(
    "values", [{"qty": 0.00001}, {"qty": float("nan")}, {"qty": float("inf")}, {"unit_cost": -4.0}, {"unit_price": float("nan")}]
)
def test_figures_that_mean_nothing_are_refused(shop: Shop, values: dict[str, float]) -> None:
    entry = {"kind": "receipt", "item_id": shop.item("KETTLE"), "qty": 1, "place": "Shop", "day": DAY, **values}
    before = shop.db.version
    with pytest.raises(Refused):
        ledger.record(shop.db, people.LOCAL, ledger.Record(**entry))  # type: ignore[arg-type]
    assert shop.db.version == before


def test_what_happened_shows_an_undo_as_standing_until_it_is_undone_itself(shop: Shop) -> None:
    sold = shop.move("sale", shop.item("KETTLE"), 2)
    undo = ledger.undo(shop.db, people.LOCAL, sold)
    told = ledger.happened(shop.db).set_index("change_id").undone
    assert told[sold]
    assert not told[undo]
