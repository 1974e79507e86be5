"""Moving average and first in, first out against goods carried piece by piece; the journal against both."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import db as database
from ims_core import journal, programs, valuation
from ims_core.versions import plain
from tests import daybook
from tests.builders import Shop, empty_shop
from tests.test_positions import ACTS, Act, act

FIRST, LAST = date(2026, 5, 8), date(2026, 5, 20)


class Shelf:
    """Goods in the order in which they came; what leaves is taken from the front, what comes back is put there again."""

    def __init__(self) -> None:
        self.lying: list[list[float]] = []
        self.left: list[list[float]] = []
        self.owed = self.surplus = 0.0
        self.costs: list[float] = []

    def receive(self, qty: float, cost: float) -> None:
        self.costs.append(cost)
        self.lying.append([qty, cost])
        owed, self.owed = self.owed, 0.0
        self.take(owed)

    def take(self, qty: float) -> None:
        found = min(self.surplus, qty)
        self.surplus, qty = self.surplus - found, qty - found
        while qty > 1e-9 and self.lying:
            part = min(self.lying[0][0], qty)
            self.left.append([part, self.lying[0][1]])
            self.lying[0][0], qty = self.lying[0][0] - part, qty - part
            if self.lying[0][0] <= 1e-9:
                self.lying.pop(0)
        self.owed += qty

    def put_back(self, qty: float) -> None:
        paid = min(self.owed, qty)
        self.owed, qty = self.owed - paid, qty - paid
        while qty > 1e-9 and self.left:
            part = min(self.left[-1][0], qty)
            self.lying.insert(0, [part, self.left[-1][1]])
            self.left[-1][0], qty = self.left[-1][0] - part, qty - part
            if self.left[-1][0] <= 1e-9:
                self.left.pop()
        self.surplus += qty

    def worth(self) -> float:
        return sum(qty * cost for qty, cost in self.lying) + self.surplus * self.costs[0] - self.owed * self.costs[-1]


def carried(db: database.Database) -> dict[int, float]:
    """What the stock of LAST is worth when each piece is carried by hand."""
    kept = daybook.kept(db, LAST)
    flows = dict.fromkeys(("on_hand", *daybook.FLOWS), "sum")
    found: dict[int, float] = {}
    house = kept.groupby(["item_id", "day"], as_index=False).agg({**flows, "cost": "first"})
    for item in house["item_id"].unique().tolist():
        shelf, before, cost = Shelf(), 0.0, 0.0
        for day in plain(house[house["item_id"] == item]):
            came = day["received"] + day["opened"]
            if came > 0:
                shelf.receive(came, (day["paid"] + day["opened_paid"]) / came)
            rest = day["on_hand"] - before - max(came, 0)
            (shelf.put_back if rest > 0 else shelf.take)(abs(rest))
            before, cost = day["on_hand"], day["cost"]
        found[item] = shelf.worth() if shelf.costs else before * cost
    return found


@settings(max_examples=8, deadline=None)
@given(st.lists(ACTS, min_size=3, max_size=10))
def test_stock_is_worth_what_its_pieces_cost_and_the_journal_says_so(acts: list[Act]) -> None:
    shop = Shop(empty_shop())
    numbers = {"A1": shop.item("A1", cost=1), "A2": shop.item("A2", cost=2)}
    shop.place("Cellar")
    first = shop.db.version + 1
    for one in acts:
        act(shop, first, numbers, one)
    fifo = valuation.by_item(shop.db, LAST, "fifo").set_index("item_id")["value"]
    assert fifo.to_dict() == pytest.approx(carried(shop.db), abs=0.005)
    assert valuation.layers(shop.db, LAST)["value"].sum() == pytest.approx(fifo.sum(), abs=0.005)
    kept = daybook.kept(shop.db, LAST)
    at_last = kept[kept["day"] == pd.Timestamp(LAST)]
    average = valuation.by_item(shop.db, LAST)["value"].sum()
    assert average == pytest.approx((at_last["on_hand"] * at_last["cost"]).sum(), abs=0.005)
    _balances(shop, average)
    for by in valuation.BY:
        split = valuation.side_by_side(shop.db, LAST, by)
        assert split[["average", "fifo"]].sum().tolist() == pytest.approx([average, fifo.sum()], abs=0.005)
    shop.db.close()


def _balances(shop: Shop, worth: float) -> None:
    parts = valuation.moved(shop.db, FIRST, LAST).set_index("reason")["value"]
    assert parts.drop("after").sum() == pytest.approx(parts["after"], abs=1e-6)
    lines = journal.entries(shop.db, FIRST, LAST)
    assert (lines.groupby("entry")["debit"].sum() - lines.groupby("entry")["credit"].sum()).abs().max() == 0 or lines.empty
    mine = lines[lines["account"] == programs.STOCK]
    assert round(mine["debit"].sum() - mine["credit"].sum(), 2) == pytest.approx(round(worth, 2), abs=0.0051)
    assert journal.proof(shop.db, FIRST, LAST).holds
    left = journal.totals(lines)
    assert left["debit"].sum() == pytest.approx(left["credit"].sum())


@pytest.fixture
def traded(shop: Shop) -> Shop:
    """Ten kettles at 4 and ten at 6; twelve sold, one broken."""
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 10, date(2026, 5, 1), unit_cost=4)
    shop.move("receipt", kettle, 10, date(2026, 5, 9), unit_cost=6)
    shop.move("sale", kettle, 12, date(2026, 5, 10))
    shop.move("scrap", kettle, 1, date(2026, 5, 12))
    return shop


def test_first_in_first_out_leaves_the_newest(traded: Shop) -> None:
    assert valuation.by_item(traded.db, LAST)["value"].tolist() == [35]
    assert valuation.by_item(traded.db, LAST, "fifo")["value"].tolist() == [42]
    assert valuation.layers(traded.db, date(2026, 5, 9))[["qty", "cost"]].values.tolist() == [[10, 4], [10, 6]]
    assert valuation.cost_of_what_left(traded.db, FIRST, LAST, "fifo") == 40 + 3 * 6
    assert valuation.cost_of_what_left(traded.db, FIRST, LAST) == 65


def test_what_changed_the_value_is_told_by_reason(traded: Shop) -> None:
    parts = valuation.moved(traded.db, FIRST, LAST).set_index("reason")["value"].to_dict()
    assert {name: value for name, value in parts.items() if value} == {"before": 40, "purchases": 60, "cogs": -60, "scrap": -5, "after": 35}


def test_the_stock_of_a_past_day_is_split_by_place_and_both_methods(traded: Shop) -> None:
    traded.place("Cellar")
    traded.move("transfer", 1, 5, date(2026, 5, 11), "Shop", to="Cellar")
    cup = traded.item("CUP")
    traded.move("receipt", cup, 3, date(2026, 5, 11))
    split = valuation.side_by_side(traded.db, date(2026, 5, 11), "place").set_index("grp")
    assert split[["items", "pieces", "average", "fifo", "uncosted"]].to_dict("index") == {
        "Cellar": {"items": 1, "pieces": 5, "average": 25, "fifo": 30, "uncosted": 0},
        "Shop": {"items": 2, "pieces": 6, "average": 15, "fifo": 18, "uncosted": 1},
    }
    assert valuation.side_by_side(traded.db, date(2026, 5, 8))[["average", "fifo"]].values.tolist() == [[40, 40]]
    days = valuation.through_days(traded.db, date(2026, 5, 8), date(2026, 5, 10))
    assert days["value"].tolist() == [40, 100, 40]


def test_what_is_guessed_of_a_value_is_told(shop: Shop) -> None:
    shop.move("sale", shop.item("KETTLE", cost=4), 3, date(2026, 5, 9))
    assert valuation.side_by_side(shop.db, date(2026, 5, 8))[["average", "estimated"]].values.tolist() == [[12, 12]]


def test_what_nobody_gave_a_cost_is_worth_nothing_known(shop: Shop) -> None:
    kettle = shop.item("KETTLE")
    shop.move("receipt", kettle, 3, FIRST)
    assert valuation.by_item(shop.db, LAST)["value"].isna().all()
    assert valuation.uncosted(shop.db, LAST).values.tolist() == [[kettle, 3]]
    assert valuation.side_by_side(shop.db, LAST)[["average", "fifo"]].isna().all(axis=None)  # not 0


def test_goods_sold_before_they_came_are_corrected_when_their_cost_is_known(shop: Shop) -> None:
    kettle = shop.item("KETTLE", cost=4)
    shop.move("count", kettle, 1, date(2026, 5, 2))
    shop.move("sale", kettle, 3, date(2026, 5, 9))
    shop.move("receipt", kettle, 5, date(2026, 5, 10), unit_cost=6)
    parts = valuation.moved(shop.db, FIRST, LAST).set_index("reason")["value"]
    assert parts[["before", "cogs", "purchases", "corrected", "after"]].tolist() == [4, -12, 30, -4, 18]
