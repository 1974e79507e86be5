"""What is doubtful is found, priced by what rests on it, and gone when it is mended."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ims_core import flaws, headlines, importing, items, ledger, people, quality, reorder, scanning, scores, suppliers
from tests.builders import DAY, WATER, Shop, empty_shop

SHUT = date(2026, 4, 29)


def sells(shop: Shop, item: int, pieces: float = 2, price: float | None = 10, days: int = 60) -> None:
    """Sold on each of the last days, but for Sundays and Wednesday, 29 April, in one change."""
    with shop.db.change(who="Owner", what="Sales") as change_id:
        dates = [DAY - timedelta(days=back) for back in range(days)]
        lines = [day for day in dates if day.isoweekday() != 7 and day != SHUT]
        shop.db.append("movements", [
            {"change_id": change_id, "line": line, "happened_at": day, "day": day, "kind": "sale", "item_id": item, "place": "Shop",
             "qty": -pieces, "unit_price": price}
            for line, day in enumerate(lines, 1)
        ])  # fmt: skip


@pytest.fixture(scope="module")
def doubtful() -> Shop:
    """A shop with each flaw once."""
    shop = Shop(empty_shop())
    nord, sued = shop.supplier("Nordlicht"), shop.supplier("Suedwind", lead_days=5)
    old = DAY - timedelta(days=120)
    kettle = shop.item("KETTLE", cost=5, price=10)  # no lead time, counted long ago
    shop.move("count", kettle, 110, day=old)
    sells(shop, kettle)
    mug = shop.item("MUG", cost=4, price=8)  # sells, never counted, no supplier
    sells(shop, mug, 1, 8)
    jug = shop.item("JUG", cost=7, price=6)  # a price below cost; its supplier sells others in packs
    shop.move("count", jug, 1, day=DAY - timedelta(days=70))
    sells(shop, jug, 1, 6)
    tea = shop.item("TEA", cost=2, price=3)  # of a supplier in sixes, who bills it by the box
    shop.move("count", tea, 500)
    sells(shop, tea, 0.5, 0, days=1)  # half a piece, for nothing
    plate = shop.item("PLATE", price=20)  # in stock without a cost
    shop.move("count", plate, 3)
    shop.move("receipt", shop.item("FORK", cost=1, price=2), 1)
    shop.move("sale", 6, 3, unit_price=2)
    cup = shop.item("CUP", cost=3, price=9)  # nothing is wrong with it
    shop.move("count", cup, 60, day=DAY - timedelta(days=61))
    sells(shop, cup, 1, 9)
    suppliers.save_terms(shop.db, people.LOCAL, [
        {"item_id": kettle, "supplier_id": nord}, {"item_id": jug, "supplier_id": sued},
        {"item_id": tea, "supplier_id": sued, "pack": 6, "cost": 12}, {"item_id": cup, "supplier_id": sued, "pack": 6},
    ])  # fmt: skip
    items.link_barcode(shop.db, people.LOCAL, kettle, WATER)
    with shop.db.change(who="Owner", what="By hand"):
        shop.db.append("barcode_versions", [{"code": "4006381333932", "item_id": jug}])
    return shop


@pytest.fixture(scope="module")
def seen(doubtful: Shop) -> quality.Quality:
    return quality.of_shop(doubtful.db, DAY)


def of(seen: quality.Quality, rule: str) -> set[str]:
    return set(seen.found.loc[seen.found["rule"] == rule, "sku"].dropna())


def test_each_flaw_is_found_where_it_is_and_nowhere_else(seen: quality.Quality) -> None:
    assert {rule: of(seen, rule) for rule in seen.fix["rule"]} == {
        "lead": {"KETTLE"}, "stale": {"KETTLE"}, "uncounted": {"MUG"}, "homeless": {"MUG", "FORK"}, "below_list": {"JUG"},
        "below_sold": {"JUG"}, "negative": {"JUG"}, "pack": {"JUG"}, "costs_apart": {"TEA"}, "for_nothing": {"TEA"}, "in_parts": {"TEA"},
        "cost": {"PLATE"}, "estimated": {"FORK"}, "barcodes": {"JUG"}, "gaps": set(),
    }  # fmt: skip


def test_a_finding_says_what_is_wrong_what_rests_on_it_and_where_it_is_fixed(doubtful: Shop, seen: quality.Quality) -> None:
    fix: Any = seen.fix.set_index("rule")
    orders = reorder.suggest(doubtful.db, DAY).set_index("sku")["value"]
    lead = fix.loc["lead"]
    assert lead["what"] == "1 item to be ordered has no lead time: the shop's usual one is taken. Kettle."
    assert (lead["money"], lead["of"], lead["page"]) == (orders["KETTLE"], "of proposed orders", "suppliers")
    assert fix.loc["homeless", "money"] == orders["MUG"] + orders["FORK"]
    assert fix.loc["stale", ["money", "of"]].tolist() == [doubtful.on_hand("KETTLE") * 5, "of stock at today's cost"]
    assert fix.loc["cost", ["money", "of", "page"]].tolist() == [3 * 20, "of stock at sales prices", "items"]
    assert fix.loc["barcodes", ["page", "query"]].tolist() == ["item", {"item": "3", "part": "Barcodes"}]
    assert fix.loc["for_nothing", "money"] == 0.5 * 3
    assert str(fix.loc["gaps", "what"]).endswith("Is a file of the till missing? 29 Apr.")
    assert fix.loc["gaps", "money"] == pytest.approx(2 * 10 + 8 + 6 + 9)
    assert seen.fix["money"].dropna().is_monotonic_decreasing


def test_an_item_with_many_flaws_is_in_doubt_once(doubtful: Shop, seen: quality.Quality) -> None:
    orders = reorder.suggest(doubtful.db, DAY).set_index("sku")["value"]
    assert seen.whole["orders"] == pytest.approx(orders.sum())
    assert orders["CUP"] > 0
    assert seen.doubted["orders"] == pytest.approx(orders.sum() - orders["CUP"])
    assert seen.whole["stock"] - seen.doubted["stock"] == pytest.approx(10 * 3)


def test_files_that_should_have_come_again_are_late(doubtful: Shop) -> None:
    assert flaws.late(doubtful.db, DAY + timedelta(days=14)).empty
    late = flaws.late(doubtful.db, DAY + timedelta(days=15)).set_index("kind")
    lacks = ", but all of it lacks the sales that should have come by now."
    assert quality.of_shop(doubtful.db, DAY + timedelta(days=15)).says("€").endswith(lacks)
    assert lacks not in quality.of_shop(doubtful.db, DAY + timedelta(days=14)).says("€")
    assert late.index.tolist() == ["sales"]
    assert late.loc["sales", "money"] == pytest.approx(
        headlines.sales(doubtful.db, DAY - timedelta(days=27), DAY)["revenue"].sum() / 28 * 15
    )


def test_a_stock_list_alone_is_not_told_that_all_is_well(shop: Shop) -> None:
    shop.move("count", shop.item("KETTLE", cost=5), 4)
    seen = quality.of_shop(shop.db, DAY)
    first: Any = seen.fix.iloc[0]
    assert (first["rule"], first["money"], first["of"]) == ("no_sales", 20, "of stock at today's cost")
    assert first["what"].startswith("No sales are known: what sells,")
    unseen = "No sales are known yet, so most of what could be wrong cannot be seen."
    assert seen.says("€") == f"{unseen} Nothing of €\u202f20.00 of stock at today's cost rests on doubtful data."


def test_an_empty_shop_has_nothing_to_fix(shop: Shop) -> None:
    seen = quality.of_shop(shop.db, DAY)
    assert (len(seen.fix), dict(seen.whole)) == (0, {"orders": 0, "stock": 0})


SALES = "Item,Name,Date,Qty,Price,Receipt\nKETTLE,Kettle,2026-05-02,1,10,R1\nKETTLE,Kettle,2026-05-04,{},10,R2\nMUG,Mug,2026-05-04,2,5,R3\n"


def drop(shop: Shop, name: str, text: str) -> None:
    importing.commit(shop.db, people.LOCAL, importing.preview(shop.db, [(name, text.encode())]))


def test_a_refused_line_is_open_until_it_comes_mended(shop: Shop) -> None:
    drop(shop, "till.csv", SALES.format("two or so"))
    assert flaws.refused(shop.db)[["name", "lines", "money"]].values.tolist() == [["till.csv", 1, 10]]
    drop(shop, "till mended.csv", SALES.format(2))
    assert flaws.refused(shop.db).empty


def test_the_scores_say_how_many_of_how_many(doubtful: Shop) -> None:
    found = scores.scores(doubtful.db, DAY + timedelta(days=7)).set_index(["source", "dimension"])
    told = {key: (row["right"], row["of"]) for key, row in found.iterrows() if row["of"] == row["of"]}
    days = sum((DAY - timedelta(days=back)).isoweekday() != 7 for back in range(60))
    assert told["items", "completeness"] == (7 + 6 + 0 + 2 + 4, 7 * 5)
    assert told["items", "validity"] == (1, 2)
    assert told["items", "consistency"] == (5, 6)
    assert told["suppliers", "completeness"] == (0 + 1 + 1, 2 + 2 + 4)
    assert told["suppliers", "consistency"] == (0, 1)
    assert told["stock", "completeness"] == (6, 7)
    assert told["sales", "completeness"] == (days - 1, days)
    assert told["sales", "timeliness"] == (21, 28)
    assert (found["score"].dropna() == (found["right"] / found["of"]).dropna()).all()


def test_what_cannot_be_said_has_no_score(shop: Shop) -> None:
    assert scores.scores(shop.db, DAY)["score"].isna().all()
    drop(shop, "till.csv", SALES.format("two or so"))
    found = scores.scores(shop.db, DAY).set_index(["source", "dimension"])["score"]
    assert found["sales", "validity"] == pytest.approx(2 / 3)
    assert found["sales"].drop("validity").dropna().to_dict() == {"uniqueness": 1, "timeliness": 1}  # no cost, and too few days
    assert found["purchases"].isna().all()


# -- the flaws that take files, names and documents

LATER = DAY + timedelta(days=20)


@pytest.fixture(scope="module")
def marred() -> Shop:
    """A shop with each of the other flaws once, as it is seen three weeks after the last sale that is known."""
    shop = Shop(empty_shop())
    cups, cup = (shop.item(sku, name=name, cost=2, price=5) for sku, name in (("C1", "Espresso cups blue"), ("C2", "Espresso cup blue")))
    pan, mug = shop.item("PAN", cost=3), shop.item("MUG", cost=4, price=8)
    for item, price in ((cups, 5), (cup, 5), (pan, None), (mug, 8)):
        shop.move("count", item, 400, day=DAY - timedelta(days=70))
        sells(shop, item, 1 if item == cup else 2, price, days=140)
    shop.move("sale", mug, 60, day=DAY - timedelta(days=25), unit_price=8)  # a slip of the keyboard
    items.link_barcode(shop.db, people.LOCAL, pan, "036000291452")
    ordered = DAY - timedelta(days=80)
    with shop.db.change(who="Owner", what="By hand"):
        shop.db.append("barcode_versions", [{"code": "0036000291452", "item_id": mug}])
        shop.db.append("orders", [{"order_id": 1, "number": "PO-1", "ordered": ordered}])
        shop.db.append("order_lines", [{"order_id": 1, "line": 1, "item_id": mug, "qty": 30, "unit_cost": 4}])
    shop.move("receipt", mug, 10, day=DAY - timedelta(days=72), ref="PO-1", order_id=1, unit_cost=4)
    shop.move("receipt", mug, 5, day=DAY - timedelta(days=71), ref="PO-1", order_id=1, unit_cost=40)  # a box at the cost of ten
    drop(shop, "till.csv", SALES.format("two or so"))
    drop(
        shop, "items.csv", "Item code,Name,Category,Selling price,Cost price\nPOT,Pot,Table,cheap,6\nLID,Lid,Table,3,1\nJAR,Jar,Table,9,4\n"
    )
    return shop


def test_flaws_of_files_names_and_documents_are_found_and_priced(marred: Shop) -> None:
    seen = quality.of_shop(marred.db, LATER)
    fix: Any = seen.fix.set_index("rule")
    every: Any = seen.found.set_index(["rule", "sku"])
    assert of(seen, "claimed") == {"PAN", "MUG"}
    assert (of(seen, "alike"), of(seen, "too_large")) == ({"C2"}, {"MUG"})
    assert of(seen, "price") == {"PAN"}
    assert every.loc[("too_large", "MUG"), "goods"] == pytest.approx(60 * 4)
    assert fix.loc["alike", "money"] == every.loc[("alike", "C2"), "sales"] > 0
    assert fix.loc["late_purchases", ["found", "money", "of"]].tolist() == [1, 15 * 4, "of goods on order"]
    assert fix.loc["late_sales", "found"] == 1
    assert "Known up to 4 May" in str(fix.loc["late_sales", "what"])
    assert str(fix.loc["emptied", "what"]).startswith("1 line lacks a cell that could not be read")
    assert str(fix.loc["refused", "what"]).startswith("1 line of a file was refused")
    assert set(fix["page"][["late_sales", "late_purchases", "emptied", "refused"]]) == {"upload"}
    assert set(quality.RULES) - set(fix.index) - set(of_doubtful()) == set(quality.MISSING), "every other rule is found once"


def of_doubtful() -> list[str]:
    """What the first shop has."""
    return ["lead", "stale", "uncounted", "homeless", "below_list", "below_sold", "negative", "pack", "costs_apart", "for_nothing",
            "in_parts", "cost", "estimated", "barcodes", "gaps"]  # fmt: skip


def test_purchases_and_scans_are_scored(marred: Shop) -> None:
    found = scores.scores(marred.db, LATER)
    known = found[(found["source"] == "purchases") & found["of"].notna()]
    assert known[["dimension", "right", "of"]].set_index("dimension").T.to_dict("list") == {
        "completeness": [2, 2], "uniqueness": [2, 2], "consistency": [1, 2], "timeliness": [0, 1]
    }  # fmt: skip


def test_scans_that_were_taken_back_were_not_right(shop: Shop) -> None:
    shop.water("Water")
    first, _ = (scanning.post(shop.db, people.LOCAL, scanning.Read(key, WATER, "receive", place="Cellar")) for key in ("a", "b"))
    ledger.undo(shop.db, people.LOCAL, int(first.change_id or 0))
    found: Any = scores.scores(shop.db, datetime.now(UTC).date()).set_index(["source", "dimension"])
    assert found.loc[("scans", "validity"), ["right", "of"]].tolist() == [1, 2]
    assert found.loc[("scans", "timeliness"), ["right", "of"]].tolist() == [2, 2]
