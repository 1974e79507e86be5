"""What is kept beside the ledger is what the ledger says, whatever comes late or is taken back."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import audit, costing, items, ledger, people, positions
from ims_core import db as database
from tests import daybook
from tests.builders import DAY, Shop, empty_shop

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 20)


def daily(shop: Shop, table: str) -> pd.DataFrame:
    """What is kept, a row a day."""
    positions.catch_up(shop.db)
    found = shop.db.frame(
        f"""
        select p.* replace (case when p.since = d.day then 1 else 0 end as since, p.on_hand::double as on_hand), d.day
        from {table} p join (select unnest(generate_series(date '2026-01-01', ?::date, interval 1 day))::date as day) d
          on d.day >= p.since and d.day < p.until
        """,
        [LAST],
    )
    flows = list(daybook.FLOWS)
    found[flows] = found[flows].mul(found["since"], axis=0)
    return found


def same(shop: Shop) -> None:
    """Every day of every item and place is as the slow books have it, and so is the house."""
    slow = daybook.kept(shop.db, LAST)
    key, values = ["item_id", "place", "day"], ["on_hand", "cost", *daybook.FLOWS]
    fast = daily(shop, "place_positions")
    both = slow.merge(fast, on=key, how="outer", suffixes=("", "_fast"))
    for name in values:
        pd.testing.assert_series_equal(both[name], both[f"{name}_fast"], check_names=False, check_dtype=False, atol=1e-6, rtol=1e-9)
    sums = {name: (name, "sum") for name in values if name != "cost"}
    house = slow.groupby(["item_id", "day"], as_index=False).agg(**sums, cost=("cost", "first"))
    both = house.merge(daily(shop, "positions"), on=["item_id", "day"], how="outer", suffixes=("", "_fast"))
    for name in values:
        pd.testing.assert_series_equal(both[name], both[f"{name}_fast"], check_names=False, check_dtype=False, atol=1e-6, rtol=1e-9)


KINDS = ["sale", "receipt", "return_in", "return_out", "transfer", "scrap", "count", "adjustment"]
ACTS = st.one_of(
    st.tuples(st.sampled_from(KINDS), st.integers(1, 9), st.integers(2, 19), st.sampled_from(["Shop", "Cellar"]),
              st.sampled_from(["A1", "A2"]), st.sampled_from([None, 2.0, 3.5])),
    st.tuples(st.just("undo"), st.integers(0, 30), st.just(0), st.just(""), st.just(""), st.none()),
    st.tuples(st.just("cost"), st.integers(1, 5), st.just(0), st.just(""), st.sampled_from(["A1", "A2"]), st.none()),
    st.tuples(st.just("merge"), st.just(0), st.just(0), st.just(""), st.just(""), st.none()),
)  # fmt: skip
Act = tuple[str, int, int, str, str, float | None]


def act(shop: Shop, first: int, numbers: dict[str, int], one: Act) -> None:
    """One thing that happens in a shop, in any order of days."""
    kind, number, day, place, sku, money = one
    if kind == "undo":
        shop.undo_any(first, number)
    elif kind == "cost":
        items.save(shop.db, people.LOCAL, [{"item_id": numbers[sku], "cost": number}])
    elif kind == "merge":
        if shop.db.scalar("select count(*) from items where same_as is not null") == 0:
            items.merge(shop.db, people.LOCAL, numbers["A2"], numbers["A1"])
    else:
        price = money if kind in ("sale", "return_in") else None
        cost = money if kind == "receipt" else None
        shop.move(kind, numbers[sku], number, date(2026, 5, day), place, to="Cellar" if place == "Shop" else "Shop",
                  unit_price=price, unit_cost=cost)  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(st.lists(ACTS, min_size=1, max_size=9))
def test_late_merged_and_undone_changes_change_exactly_their_days(acts: list[Act]) -> None:
    shop = Shop(empty_shop())
    numbers = {"A1": shop.item("A1", price=9), "A2": shop.item("A2")}
    shop.place("Cellar")
    first = shop.db.version + 1
    for at, one in enumerate(acts):
        act(shop, first, numbers, one)
        if at % 3 == 2:
            positions.catch_up(shop.db)
        estimated = shop.db.rows("from estimated_openings order by all")  # some of them kept, some touched since
        assert estimated == shop.db.rows("from estimated_from('visible_movements') order by all")
    same(shop)
    assert positions.wrong(shop.db) == 0
    shop.db.close()


def test_a_sale_told_late_changes_the_days_since_and_undoing_it_brings_them_back(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 10, date(2026, 5, 2), unit_cost=4)
    shop.move("sale", kettle, 1, date(2026, 5, 10))
    before = daily(shop, "positions").set_index("day")["on_hand"]
    late = shop.move("sale", kettle, 3, date(2026, 5, 6))
    changed = daily(shop, "positions").set_index("day")["on_hand"] - before
    assert changed[changed != 0].index.min() == pd.Timestamp("2026-05-06")
    assert set(changed[changed != 0]) == {-3.0}
    ledger.undo(shop.db, people.LOCAL, late)
    assert daily(shop, "positions").set_index("day")["on_hand"].equals(before)


def test_only_what_was_touched_is_reckoned_anew(shop: Shop) -> None:
    kettle, mug = shop.item("KETTLE"), shop.item("MUG")
    shop.move("receipt", kettle, 10, unit_cost=4)
    shop.move("receipt", mug, 5, unit_cost=1)
    positions.catch_up(shop.db)
    with shop.db.keeping() as pad:
        pad.run("update positions set on_hand = 99 where item_id = ?", [mug])
    shop.move("sale", kettle, 1)
    positions.catch_up(shop.db)
    assert positions.wrong(shop.db) == 2
    proof = audit.check(shop.db)
    assert set(proof[~proof.ok].rule) == {"What is kept beside the ledger says what the ledger says"}
    positions.drop(shop.db)
    assert positions.wrong(shop.db) == 0


def test_idle_days_are_those_with_stock_since_the_last_sale(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 2, date(2026, 5, 1), unit_cost=4)
    shop.move("sale", kettle, 2, date(2026, 5, 3))
    shop.move("receipt", kettle, 5, date(2026, 5, 8), unit_cost=4)
    shop.move("scrap", kettle, 1, date(2026, 5, 12))
    positions.catch_up(shop.db)
    told = shop.db.rows("select day(since), idle, ran_out, cycle from positions order by since")
    assert told == [(1, 0, False, None), (3, 0, True, None), (8, 0, False, 1), (12, 4, False, None)]


def test_what_is_kept_survives_a_restart_and_goes_with_its_form(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(database.connect(f"{tmp_path}/shop.duckdb"))
    shop.move("receipt", shop.item("KETTLE"), 10, DAY, unit_cost=4)
    positions.catch_up(shop.db)
    shop.db.close()
    again = database.connect(f"{tmp_path}/shop.duckdb")
    assert again.scalar("select count(*) from positions") == 1
    monkeypatch.setattr(positions, "FORM", positions.FORM + 1)
    assert positions.wrong(again) == 0
    again.close()


@given(st.lists(st.tuples(st.integers(1, 3), st.floats(-5, 9), st.integers(1, 9), st.floats(0, 9)), max_size=20))
def test_moving_averages_are_those_of_a_loop(rows: list[tuple[int, float, int, float]]) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    found, last = [], dict[int, float]()
    for item, before, qty, paid in rows:
        old = max(before, 0) if item in last else 0
        last[item] = (old * last.get(item, 0) + paid) / (old + qty)
        found.append(last[item])
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    assert costing.averages(*columns).tolist() == pytest.approx(found)
