"""Everything out as one file, and into an empty shop again: the same stock, demand, orders and figures."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_core import __main__ as cli
from ims_core import alerts, archives, audit, demo, exporting, headlines, importing, items, ledger, people, policy, reorder, suppliers
from ims_core.db import Database
from ims_core.errors import Refused
from tests.builders import DAY, Shop, empty_shop
from tests.test_counts import drop

SOLD = ("till.csv", "Receipt no,Date,Item code,Qty,Price\n1,2026-05-02,A1,3,9.5\n2,2026-05-03,A2,1,4\n2,2026-05-03,A2,1,4\n3,soon,A1,1,9\n")
BOUGHT = ("purchases.csv", "Order no,Ordered on,Received on,Item code,Quantity,Supplier,Cost\nP1,2026-05-01,,A1,10,Nord,2\n")
ASKED = ("orders.csv", "Order no,Customer,Item code,Qty ordered,Qty shipped,Order date,Promised date,Ship date\n"
         "7,Ann,A1,4,4,2026-05-01,2026-05-05,2026-05-03\n7,Ann,A2,2,,2026-05-01,2026-05-05,\n")  # fmt: skip
STOCK = ("stock 2026-05-02.csv", "Item code,On hand,Location\nA1,8,Shop\nA1,2,Cellar\n")


@pytest.fixture
def empty() -> Iterator[Database]:
    """A shop that knows nothing; what is in it when the test is done proves itself."""
    db = empty_shop()
    yield db
    proof = audit.check(db)
    db.close()
    assert proof.ok.all(), proof[~proof.ok].to_string()


@pytest.fixture
def full(shop: Shop) -> Shop:
    """A shop with a bit of everything."""
    drop(shop, BOUGHT, SOLD)
    drop(shop, STOCK, ASKED)
    policy.set_shop(shop.db, people.LOCAL, name="Bean & Pan", currency="$", service=0.9)
    kettle, cup = (int(shop.db.scalar("select item_id from items where sku = ?", [sku])) for sku in ("A1", "A2"))
    items.link_barcode(shop.db, people.LOCAL, kettle, "4006381333931", 12)
    shop.move("transfer", kettle, 1, DAY, "Shop", to="Cellar")
    shop.move("scrap", cup, 1, DAY, note='Broken, "twice";\nor so')
    ledger.undo(shop.db, people.LOCAL, shop.move("sale", kettle, 5, DAY))
    return shop


def figures(db: Database) -> dict[str, Any]:
    """What a shop says of itself, by names instead of numbers."""
    asked = {
        "items": "select sku, name, category, unit, cost, price, active from items order by sku",
        "barcodes": "select code, sku, pack from barcodes join items using (item_id) order by all",
        "suppliers": "select name, email, lead_days, min_order from suppliers order by name",
        "terms": "select sku, s.name, code, p.cost, pack, moq, p.lead_days, preferred from supplies p join items using (item_id) "
                 "join suppliers s using (supplier_id) order by all",
        "moves": "select happened_at, day, kind, sku, place, qty, unit_cost, unit_price, ref, note, takes_back "
                 "from visible_movements join items using (item_id) order by all",
        "stock": "select sku, place, on_hand, estimated from stock join items using (item_id) order by all",
        "demand": "select sku, day, qty, revenue from demand join items using (item_id) order by all",
        "counts": "select sku, place, counted_at, on_hand from standing_counts join items using (item_id) order by all",
        "coming": "select number, name, ordered, expected, open, unit_cost "
                  "from on_order left join suppliers using (supplier_id) order by all",
        "clients": "select sku, c.* exclude (item_id) from customer_orders c join items using (item_id) order by all",
        "files": "select name, sheet, sha256, kind, lines, used, joined, set_aside, refused from import_files "
                 "where change_id in (select change_id from visible_changes) order by all",
    }  # fmt: skip
    told: dict[str, Any] = {name: db.rows(sql) for name, sql in asked.items()}
    day = db.scalar("select max(day) from visible_movements") or DAY
    told["shop"] = policy.shop(db)
    told["today"] = alerts.stock(db, day).drop(columns="item_id").fillna(-1).to_dict("records")
    told["value"] = [f"{value:.2f}" for value in headlines.today(db, day).value_trend]
    told["orders"] = reorder.suggest(db, day).drop(columns=["item_id", "supplier_id"]).fillna(-1).to_dict("records")
    return told


def moved_house(db: Database, into: Database) -> int:
    """Take everything out of one shop and drop it into the other; the number of the change."""
    plan = importing.preview(into, [("whole.zip", exporting.everything(db, DAY))], today=DAY)
    assert plan.unreadable == ()
    return importing.commit(into, people.LOCAL, plan)


def test_an_empty_shop_that_takes_it_in_says_the_same_of_itself(full: Shop, empty: Database) -> None:
    moved_house(full.db, empty)
    assert figures(empty) == figures(full.db)


def test_the_sample_shop_comes_out_as_it_went_in(shop: Shop, empty: Database) -> None:
    demo.open_sample(shop.db, people.LOCAL)
    moved_house(shop.db, empty)
    assert figures(empty) == figures(shop.db)


def test_it_is_told_before_it_is_written(full: Shop, empty: Database) -> None:
    plan = importing.preview(empty, [("whole.zip", exporting.everything(full.db, DAY)), ("till.csv", b"x")], today=DAY)
    assert plan.says() == (
        "The whole shop “Bean & Pan” as taken out on 2026-05-04: 2 items, 1 supplier, 7 movements, 2 counts, 1 order. "
        "It goes into an empty shop, and can be undone whole."
    )
    assert plan.unreadable == (("till.csv", "till.csv was left out: a whole shop is dropped alone. Drop it afterwards."),)


def test_taken_in_twice_is_once_and_undone_is_nothing(full: Shop, empty: Database) -> None:
    first = moved_house(full.db, empty)
    again = importing.preview(empty, [("whole again.zip", exporting.everything(full.db, DAY))], today=DAY)
    assert (again.known, again.writes, importing.commit(empty, people.LOCAL, again)) == ((("whole again.zip", first),), False, first)
    ledger.undo(empty, people.LOCAL, first)
    for view in ("items", "suppliers", "stock", "demand", "on_order", "standing_counts", "visible_movements", "policies"):
        assert empty.scalar(f"select count(*) from {view}") == 0, view
    assert moved_house(full.db, empty) > first
    assert figures(empty) == figures(full.db)


def test_a_file_that_was_imported_before_the_move_is_known_after_it(full: Shop, empty: Database) -> None:
    moved_house(full.db, empty)
    plan = importing.preview(empty, [(SOLD[0], SOLD[1].encode())])
    assert [name for name, _ in plan.known] == ["till.csv"]
    more = importing.preview(empty, [("till more.csv", (SOLD[1] + "4,2026-05-04,A1,1,9.5\n").encode())])
    assert (more.counts["used"], more.counts["joined"]) == (1, 3)


def test_life_goes_on_after_the_move(full: Shop, empty: Database) -> None:
    moved_house(full.db, empty)
    for shop in (full, Shop(empty)):
        drop(shop, ("more.csv", "Date,Item code,Qty\n2026-05-01,A1,2\n"), ("new.csv", "Item code,Name,Supplier\nA9,Lamp,Nord\n"))
    assert figures(empty)["stock"] == figures(full.db)["stock"]
    assert suppliers.listed(empty)["name"].tolist() == ["Nord"]


def test_a_shop_that_has_anything_does_not_take_it_in(full: Shop, empty: Database) -> None:
    Shop(empty).item("A1")
    with pytest.raises(Refused, match="has items already, and a whole shop goes into an empty one only"):
        moved_house(full.db, empty)


@pytest.mark.parametrize("name", ["movements.csv", "counts.csv", "order_lines.csv"])
def test_a_part_of_it_dropped_alone_is_refused_with_what_to_do(full: Shop, empty: Database, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(exporting.everything(full.db, DAY))) as packed:
        plan = importing.preview(empty, [(name, packed.read(name))], today=DAY)
    assert plan.unreadable == ((name, f"{name} is a part of a whole shop and means nothing alone. Drop the zip it came in, as it is."),)


def changed(content: bytes, name: str, old: str, new: str) -> bytes:
    """The archive with a text in one of its files replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(out, "w") as other:
        for part in packed.namelist():
            text = packed.read(part).decode()
            assert part != name or old in text
            other.writestr(part, text.replace(old, new) if part == name else text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "old", "new"), [("movements.csv", "2026-05-02", "soon"), ("items.csv", "true", "perhaps"), ("shop.json", "rows", "r")]
)
def test_what_was_changed_by_hand_and_reads_no_more_is_refused_with_a_sentence(
    full: Shop, empty: Database, name: str, old: str, new: str
) -> None:
    plan = importing.preview(empty, [("whole.zip", changed(exporting.everything(full.db, DAY), name, old, new))], today=DAY)
    ((_, sentence),) = plan.unreadable
    assert sentence.startswith("whole.zip")
    assert not plan.writes


def test_what_was_changed_by_hand_and_does_not_add_up_is_refused_whole(full: Shop, empty: Database) -> None:
    content = changed(exporting.everything(full.db, DAY), "counts.csv", "8.0000", "80.0000")
    with pytest.raises(Refused, match="does not add up, so nothing of it was written: What was counted holds"):
        importing.commit(empty, people.LOCAL, importing.preview(empty, [("whole.zip", content)], today=DAY))
    assert empty.version == 0


NASTY = ["=cmd|'/C calc'!A0", "+49 30", "-5", "@SUM(A1)", "\tx", "'quoted", "a,b", 'say "hi"', "two\nlines", "NA", "null", "0012"]


def test_no_cell_starts_a_formula_and_every_text_comes_back_as_it_was(shop: Shop, empty: Database) -> None:
    for number, text in enumerate(NASTY):
        with shop.db.change(who="x", what="x"):
            shop.db.append("item_versions", [{"item_id": number + 1, "sku": f"S{number}", "name": text, "category": text}])
    content = exporting.everything(shop.db, DAY)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        cells = [cell.strip('"') for line in packed.read("items.csv").decode().splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    importing.commit(empty, people.LOCAL, importing.preview(empty, [("whole.zip", content)], today=DAY))
    assert [name for (name,) in empty.rows("select name from items order by item_id")] == NASTY


MOVES = st.tuples(st.sampled_from(["sale", "receipt", "return_in", "scrap", "transfer", "count"]), st.integers(1, 9), st.integers(1, 9),
                  st.sampled_from(["A1", "A2"]), st.text(max_size=6))  # fmt: skip
UNDOS = st.tuples(st.just("undo"), st.integers(0, 30), st.just(0), st.just(""), st.just(""))


@settings(max_examples=5, deadline=None)
@given(st.lists(st.one_of(MOVES, UNDOS), max_size=9), st.booleans())
def test_whatever_happened_comes_out_as_it_stands(acts: list[tuple[str, int, int, str, str]], merged: bool) -> None:
    db, other = empty_shop(), empty_shop()
    shop = Shop(db)
    numbers = {"A1": shop.item("A1", cost=2), "A2": shop.item("A2")}
    shop.place("Cellar")
    if merged:
        items.merge(db, people.LOCAL, numbers["A2"], numbers["A1"])
    first = db.version + 1
    for kind, number, day, sku, note in acts:
        if kind == "undo":
            if db.version >= first:
                try:
                    ledger.undo(db, people.LOCAL, first + number % (db.version - first + 1))
                except Refused:
                    continue
        else:
            shop.move(kind, numbers[sku], number, DAY.replace(day=day), to="Cellar", note=note)
    moved_house(db, other)
    assert figures(other) == figures(db)
    assert audit.check(other).ok.all()
    db.close()
    other.close()


def test_the_command_line_writes_it_and_takes_it_in(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    till = tmp_path / "till.csv"
    till.write_text(SOLD[1])
    monkeypatch.setenv("IMS_DATABASE", str(tmp_path / "old.duckdb"))
    assert cli.main(["import", str(till)]) == 0
    assert cli.main(["export", str(tmp_path / "out")]) == 0
    (made,) = (tmp_path / "out").iterdir()
    assert archives.is_one(made.read_bytes())
    monkeypatch.setenv("IMS_DATABASE", str(tmp_path / "new.duckdb"))
    assert cli.main(["import", str(made)]) == 0
    capsys.readouterr()
    assert cli.main(["stock", "--day", "2026-05-04"]) == 0
    assert "A1" in capsys.readouterr().out
