"""A drop is looked at, committed whole or not at all, counted once however often it comes, and taken back to the last trace."""

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_core import audit, importing, imports, kinds, labels, ledger, people, policy, recognising, vocabulary
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from ims_core.labels import KIND_FIELDS
from ims_core.plans import Plan
from tests.builders import Shop, empty_shop

TODAY = date(2026, 6, 1)


@pytest.fixture
def db() -> Iterator[Database]:
    """An empty shop whose ledger proves itself when the test is done."""
    shop = empty_shop()
    yield shop
    proof = audit.check(shop)
    shop.close()
    assert proof.ok.all(), proof[~proof.ok].to_string()


def file(name: str, text: str) -> tuple[str, bytes]:
    """A csv file from lines of cells between bars."""
    return name, "\n".join(",".join(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines()).encode()


def book(name: str, **sheets: str) -> tuple[str, bytes]:
    """A workbook with a sheet for each text."""
    packed, opened = io.BytesIO(), openpyxl.Workbook()
    opened.remove(opened.worksheets[0])
    for title, text in sheets.items():
        sheet = opened.create_sheet(title)
        for line in text.strip().splitlines():
            sheet.append([cell.strip() or None for cell in line.split("|")])
    opened.save(packed)
    return name, packed.getvalue()


def look(db: Database, *files: tuple[str, bytes]) -> Plan:
    """What the drop would do."""
    return importing.preview(db, list(files), today=TODAY)


def drop(db: Database, *files: tuple[str, bytes]) -> int:
    """Commit the files; the number of the change."""
    return importing.commit(db, people.LOCAL, look(db, *files))


VIEWS = {
    "items": "* exclude (change_id)", "barcodes": "* exclude (change_id)", "places": "* exclude (change_id)",
    "suppliers": "* exclude (change_id)", "supplies": "* exclude (change_id)", "stock": "*", "demand": "*", "on_order": "*",
    "visible_movements": "* exclude (change_id)", "imports": "* exclude (change_id, done_at, what)",
}  # fmt: skip


def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that the shop's questions are answered from; of imports those that stand."""
    standing = {"imports": "where not undone"}
    return {view: sorted(db.rows(f"select {columns} from {view} {standing.get(view, '')}"), key=str) for view, columns in VIEWS.items()}


def moved(db: Database, sku: str = "A1") -> list[tuple[Any, ...]]:
    """The item's movements that count: day, kind and pieces."""
    rows = db.rows("select day, kind, qty from visible_movements join items using (item_id) where sku = ? order by day, kind, qty", [sku])
    return [(f"{day:%m-%d}", kind, int(qty)) for day, kind, qty in rows]


ITEMS = file(
    "items.csv",
    """
    Code | Name | Barcode | Price | Supplier | Lead time
    A1 | Pan | 4006381333931 | 9.50 | Acme | 7
    A2 | Lid | | 4 | Acme | 7
    """,
)
SALES = file(
    "sales.csv",
    """
    Receipt no | Date | Item code | Qty | Price
    1 | 2026-05-04 | A1 | 2 | 9.50
    2 | 2026-05-06 | A1 | 3 | 9.50
    3 | 2026-05-06 | A2 | 1 | 4
    """,
)
COUNT = file("stock 2026-05-05.csv", "Item code | Counted\nA1 | 10\nA2 | 4")
ORDERS = file(
    "purchases.csv",
    """
    PO number | Supplier | Ordered on | Item code | Qty ordered | Unit cost | Expected | Received on | Qty received
    PO1 | Acme | 2026-05-01 | A1 | 6 | 4.20 | 2026-05-08 | 2026-05-08 | 6
    PO1 | Acme | 2026-05-01 | A2 | 6 | 1.10 | 2026-05-08 | 2026-05-09 | 4
    PO2 | Acme | 2026-05-10 | A1 | 12 | 4.20 | 2026-05-17 | |
    """,
)
SUPPLIERS = file("suppliers.csv", "Supplier | Email | Phone | Lead time | Minimum order value\nAcme | ann@acme.example | 555 | 9 | 100")
DROP = (ITEMS, SALES, COUNT, ORDERS, SUPPLIERS)


# -- looking


def test_looking_writes_nothing(db: Database) -> None:
    before, version = everything(db), db.version
    look(db, *DROP)
    assert (everything(db), db.version) == (before, version)


def test_what_an_item_list_says_is_there_is_counted(db: Database) -> None:
    listed = file("shelf.csv", "SKU | Name | Price | Stock\nA1 | Kettle | 9.90 | 4\nA2 | Mug | 5.00 | 10\nA3 | Jug | 7.00 |")
    plan = look(db, listed)
    assert plan.groups[0].mapping.kind == "items"
    assert plan.says() == "3 of 3 lines will be used; pieces: 14 counted."


def test_a_plan_says_what_each_file_is_and_what_becomes_of_every_line(db: Database) -> None:
    plan = look(db, *DROP, file("notes.csv", "a | b | c\nx | y | z"), ("photo.csv", b"\x89PNG\r\n"))
    assert [group.mapping.kind for group in plan.groups] == ["items", "sales", "stock", "purchases", "suppliers", "ignore"]
    assert (plan.lines, plan.counts) == (12, {"used": 11, "joined": 0, "set aside": 1, "refused": 0})
    assert plan.says() == "11 of 12 lines will be used, 1 set aside; pieces: 6 sold, 14 counted, 24 bought."
    assert plan.unreadable == (
        ("photo.csv", "photo.csv is a picture, whatever its name says. Drop the spreadsheet or csv file it was made from."),
    )


def test_a_file_that_lacks_something_needed_is_said_and_not_used(db: Database) -> None:
    plan = look(db, file("sales export.csv", "Order id | Item code | Qty | Unit price\n1 | A1 | 2 | 9.50"), ITEMS)
    assert [(group.name, group.lacking, group.cleaned is None) for group in plan.groups] == [
        ("sales export.csv", ["Date"], True), ("items.csv", [], False),
    ]  # fmt: skip
    importing.commit(db, people.LOCAL, plan)
    assert db.scalar("select count(*) from movements") == 0


def test_a_count_without_a_day_long_after_the_last_sale_is_asked_about_then_or_now(db: Database) -> None:
    plan = importing.preview(db, [SALES, file("shelf.csv", "Item code | On hand\nA1 | 4")], today=date(2026, 11, 23))
    assert plan.days == (plan.day, date(2026, 11, 23))
    assert plan.unanswered == [
        f"The files tell what there is, but not of which day, and nothing is known after {labels.day_text(plan.day)}. "
        "Is that the day of these counts, or were they made now?"
    ]
    with pytest.raises(Refused, match="Answer first"):
        importing.commit(db, people.LOCAL, plan)
    importing.commit(db, people.LOCAL, replace(plan, day=date(2026, 11, 23), days=()))
    assert db.scalar("select max(day) from counts") == date(2026, 11, 23)


@pytest.mark.parametrize(("name", "today"), [("shelf 2026-05-09.csv", date(2026, 11, 23)), ("shelf.csv", date(2026, 5, 19))])
def test_a_count_is_not_asked_about_where_its_name_tells_the_day_or_the_sales_are_fresh(db: Database, name: str, today: date) -> None:
    plan = importing.preview(db, [SALES, file(name, "Item code | On hand\nA1 | 4")], today=today)
    assert (plan.days, plan.unanswered) == ((), [])


def test_lines_of_files_that_are_not_for_us_are_accounted_for_and_kept(db: Database) -> None:
    plan = look(db, SALES, file("notes.csv", "a | b | c\nx | y | z"), file("sales export.csv", "Order id | Item code | Qty\n1 | A1 | 2"))
    change_id = importing.commit(db, people.LOCAL, plan)
    kept = imports.past(db).iloc[0]
    assert (kept.lines, {"used": kept.used, "joined": kept.joined, "set aside": kept.set_aside, "refused": kept.refused}) == (
        plan.lines, plan.counts,
    )  # fmt: skip
    unused = imports.not_used(db, change_id)
    assert unused[["file", "outcome", "reason", "content"]].to_numpy().tolist() == [
        ["notes.csv", "set aside", "the file is not for us", '{"a":"x","b":"y","c":"z"}'],
        ["sales export.csv", "set aside", "needed columns are missing", '{"Order id":"1","Item code":"A1","Qty":"2"}'],
    ]  # fmt: skip
    assert plan.groups[1].reasons[["reason", "lines"]].to_numpy().tolist() == [["the file is not for us", 1]]


def test_what_was_not_for_us_may_be_understood_another_way_the_next_time(db: Database) -> None:
    notes = file("notes.csv", "a | b | c\nx | y | z")
    drop(db, SALES, notes)
    again = look(db, notes)
    assert (again.known, len(again.groups)) == ((), 1)


def test_sales_and_purchases_with_the_same_columns_are_not_mixed(db: Database) -> None:
    text = "Date | Item code | Qty | Price\n2026-05-04 | A1 | 2 | 9.50"
    plan = look(db, file("sales may.csv", text), file("purchases may.csv", text.replace("Price", "Price") + "\n2026-05-05 | A1 | 9 | 4"))
    assert [(group.name, group.mapping.kind) for group in plan.groups] == [("sales may.csv", "sales"), ("purchases may.csv", "purchases")]


def test_tables_side_by_side_are_of_the_days_above_them(db: Database) -> None:
    sheet = b"Stock 31.08.2026,,,,Stock 30.09.2026,,\n,,,,,,\nSKU,Name,On hand,,SKU,Name,On hand\n"
    sheet += b"A1,Cup,3,,A1,Cup,4\nA2,Mug,5,,A2,Mug,6\n"
    importing.commit(db, people.LOCAL, importing.preview(db, [("stock.csv", sheet)]))
    found = db.rows("select day::varchar, sum(on_hand)::integer from counts group by day order by day")
    assert found == [("2026-08-31", 8), ("2026-09-30", 10)]


def test_what_was_suggested_and_let_stand_is_not_asked_again(db: Database) -> None:
    def listed(pieces: int) -> bytes:
        return f"Code,Label,Level\nA1,Cup,{pieces}\nA2,Mug,5\nA3,Jug,6\n".encode()

    first = importing.preview(db, [("list.csv", listed(4))])
    assert any(question.taken for question in first.questions)
    importing.commit(db, people.LOCAL, first)
    assert not importing.preview(db, [("list.csv", listed(3))]).questions


def test_a_suggestion_about_money_that_was_let_stand_is_asked_again(db: Database) -> None:
    first = importing.preview(db, [("stock.csv", b"SKU,Name,On hand,Price\nA1,Cup,3,2.10\nA2,Mug,5,3.20\n")])
    assert [question.about for question in first.questions] == ["column cost"]
    importing.commit(db, people.LOCAL, first)
    again = importing.preview(db, [("stock.csv", b"SKU,Name,On hand,Price\nA1,Cup,4,2.10\nA2,Mug,5,3.20\n")])
    assert [question.about for question in again.questions] == ["column cost"]


def test_whoever_says_otherwise_is_followed(db: Database) -> None:
    plan = look(db, file("list.csv", "Item code | Qty | Date\nA1 | 2 | 2026-05-04"))
    assert plan.groups[0].mapping.kind == "sales"
    told = importing.revise(db, plan, 0, recognising.recognise(plan.groups[0].tables[0], "stock"))
    importing.commit(db, people.LOCAL, told)
    assert moved(db) == [("05-04", "opening", 2)]


def test_a_rule_switched_off_changes_what_is_used(db: Database) -> None:
    plan = look(db, file("sales.csv", "Receipt no | Date | Item code | Qty\n1 | 2026-05-04 | A1 | 2\n1 | 2026-05-04 | A1 | 2"))
    assert plan.counts["joined"] == 1
    importing.commit(db, people.LOCAL, importing.revise(db, plan, 0, off=frozenset({"duplicates"})))
    assert moved(db) == [("05-04", "sale", -2), ("05-04", "sale", -2)]


def test_a_date_that_reads_both_ways_must_be_answered(db: Database) -> None:
    plan = look(db, file("sales.csv", "Date | Item code | Qty\n04/05/2026 | A1 | 2"))
    with pytest.raises(Refused, match="Answer first, because both answers make sense: In “Date” every date reads both ways"):
        importing.commit(db, people.LOCAL, plan)
    plan.groups[0].mapping.answers["day"] = "mdy"
    importing.commit(db, people.LOCAL, importing.revise(db, plan, 0))
    assert moved(db) == [("04-05", "sale", -2)]


# -- all or nothing


@pytest.mark.parametrize("table", ["supply_versions", "movements", "import_lines"])
def test_what_breaks_in_the_middle_leaves_nothing_behind(db: Database, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    plan, before, append = look(db, *DROP), everything(db), Database.append

    def break_off(self: Database, into: str, rows: Any) -> None:
        if into == table:
            raise RuntimeError("The power went")
        append(self, into, rows)

    monkeypatch.setattr(Database, "append", break_off)
    with pytest.raises(RuntimeError, match="The power went"):
        importing.commit(db, people.LOCAL, plan)
    monkeypatch.undo()
    assert (everything(db), db.version, db.scalar("select count(*) from item_versions")) == (before, 0, 0)
    importing.commit(db, people.LOCAL, plan)
    assert len(everything(db)["items"]) == 2


def test_progress_is_told_up_to_the_end(db: Database) -> None:
    told: list[tuple[float, str]] = []
    plan = importing.preview(db, list(DROP), lambda share, sentence: told.append((share, sentence)))
    importing.commit(db, people.LOCAL, plan, lambda share, sentence: told.append((1 + share, sentence)))
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert (told[-1], told[0][1]) == ((2, "Done"), "Reading 1 of 5: items.csv")


def test_nothing_to_use_is_refused(db: Database) -> None:
    with pytest.raises(Refused, match="Nothing in these files can be used"):
        drop(db, file("notes.csv", "a | b | c\nx | y | z"))


def test_a_viewer_may_not_commit(db: Database) -> None:
    with pytest.raises(NotAllowed, match="to commit one must be manager"):
        importing.commit(db, people.Person("Vera", "viewer"), look(db, SALES))


def test_what_was_written_between_looking_and_committing_is_taken_into_account(db: Database) -> None:
    plan = look(db, file("till 2.csv", "Date | Item code | Qty\n2026-05-04 | a1 | 1\n2026-05-04 | A9 | 1"))
    drop(db, SALES)
    importing.commit(db, people.LOCAL, plan)
    assert db.rows("select sku, count(*) from visible_movements join items using (item_id) group by 1 order by 1") == [
        ("A1", 3),
        ("A2", 1),
        ("A9", 1),
    ]


# -- once


def test_the_same_content_again_changes_nothing_and_says_so(db: Database) -> None:
    first, before = drop(db, *DROP), everything(db)
    again = look(db, *DROP[:2], ("renamed.csv", DROP[2][1]))
    assert again.known == (("items.csv", first), ("sales.csv", first), ("renamed.csv", first))
    assert again.says() == "Nothing of this drop is new."
    assert importing.commit(db, people.LOCAL, again) == first
    assert everything(db) == before


def test_a_plan_committed_twice_is_one_change(db: Database) -> None:
    plan = look(db, *DROP)
    assert importing.commit(db, people.LOCAL, plan) == importing.commit(db, people.LOCAL, plan)


def test_a_file_dropped_twice_at_once_counts_once(db: Database) -> None:
    drop(db, SALES, ("copy of sales.csv", SALES[1]))
    assert moved(db, "A2") == [("05-06", "sale", -1)]


def test_the_same_content_understood_another_way_is_refused(db: Database) -> None:
    plan = look(db, SALES)
    other = importing.revise(db, plan, 0, off=frozenset({"returns"}))
    first = importing.commit(db, people.LOCAL, plan)
    with pytest.raises(
        Refused, match=rf"sales.csv is in the shop already, by change {first}. To have it understood another way, undo that first"
    ):
        importing.commit(db, people.LOCAL, other)


def test_a_longer_export_brings_only_what_is_new(db: Database) -> None:
    drop(db, SALES)
    longer = ("sales to june.csv", SALES[1] + b"\n3,2026-05-06,A2,1,4\n4,2026-06-02,a1,7,9.50")
    plan = look(db, longer)
    assert plan.counts == {"used": 1, "joined": 4, "set aside": 0, "refused": 0}
    importing.commit(db, people.LOCAL, plan)
    assert moved(db) == [("05-04", "sale", -2), ("05-06", "sale", -3), ("06-02", "sale", -7)]
    with pytest.raises(Refused, match="Every line of these files that can be used is in the shop already"):
        drop(db, ("sales.csv", SALES[1] + b"\n"))


def test_orders_exported_again_receive_only_what_came_since(db: Database) -> None:
    drop(db, ORDERS)
    later = ORDERS[1].replace(b"2026-05-17,,", b"2026-05-17,2026-05-19,5")
    drop(db, ("purchases to may 20.csv", later))
    assert moved(db) == [("05-08", "receipt", 6), ("05-19", "receipt", 5)]
    assert db.rows("select number, open from on_order order by 1") == [("PO1", 2), ("PO2", 7)]
    drop(db, ("purchases to may 30.csv", later.replace(b"2026-05-19,5", b"2026-05-27,12")))
    assert moved(db) == [("05-08", "receipt", 6), ("05-19", "receipt", 5), ("05-27", "receipt", 7)]
    assert db.rows("select number, open from on_order") == [("PO1", 2)]


# -- undo


def test_undo_takes_all_of_it_back_and_undoing_that_brings_all_of_it_again(db: Database) -> None:
    empty = everything(db)
    first, full = drop(db, *DROP), everything(db)
    last = first
    for expected in (empty, full, empty, full):
        last = ledger.undo(db, people.LOCAL, last)
        assert everything(db) == expected


def test_what_was_undone_can_be_imported_again_as_if_for_the_first_time(db: Database) -> None:
    first, full = drop(db, *DROP), everything(db)
    ledger.undo(db, people.LOCAL, first)
    drop(db, *DROP)
    again = everything(db)
    for view in ("stock", "demand", "items"):
        assert [row[1:] for row in again[view]] == [row[1:] for row in full[view]]
    assert moved(db) == [("05-03", "opening", 12), ("05-04", "sale", -2), ("05-06", "sale", -3), ("05-08", "receipt", 6)]


def test_an_import_that_later_ones_stand_on_is_not_undone_and_they_are_named(db: Database) -> None:
    first = drop(db, ITEMS)
    second = drop(db, SALES)
    with pytest.raises(Refused, match=rf"later changes stand on it: Import of sales.csv \(sales\) \(change {second}\)"):
        ledger.undo(db, people.LOCAL, first)
    ledger.undo(db, people.LOCAL, second)
    ledger.undo(db, people.LOCAL, first)
    assert everything(db)["items"] == []


def test_what_was_imported_again_is_not_brought_back_a_second_time(db: Database) -> None:
    drop(db, ITEMS, COUNT)
    undone = ledger.undo(db, people.LOCAL, drop(db, SALES))
    again, once = drop(db, ("renamed.csv", SALES[1])), moved(db)
    with pytest.raises(Refused, match=rf"renamed.csv was imported again since, by change {again}. Undo that first"):
        ledger.undo(db, people.LOCAL, undone)
    assert moved(db) == once


def test_an_item_does_not_come_back_under_a_code_that_another_has_by_now(db: Database) -> None:
    Shop(db).item("A1")
    undone = ledger.undo(db, people.LOCAL, db.version)
    Shop(db).item("a1")
    with pytest.raises(Refused, match="another item has the code A1 by now"):
        ledger.undo(db, people.LOCAL, undone)


def test_eight_people_undoing_one_import_at_once_undo_it_once(db: Database) -> None:
    number, refused = drop(db, SALES), []

    def undo() -> None:
        try:
            ledger.undo(db, people.LOCAL, number)
        except Refused as refusal:
            refused.append(str(refusal))

    threads = [threading.Thread(target=undo) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), moved(db)) == (7, [])


code = st.sampled_from(["A1", "a1", "A2", "B 1", "b 1", "POST"])
day = st.dates(date(2026, 5, 1), date(2026, 5, 9)).map(str)
few = st.integers(0, 4).map(str)


def lines(*columns: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.tuples(*columns).map(" | ".join), min_size=1, max_size=6)


made = st.fixed_dictionaries(
    {},
    optional={
        "Code | Name | Barcode | Cost | Supplier | Pack size | Stock": lines(
            code, st.sampled_from(["Pan", "Lid", ""]), st.sampled_from(["4006381333931", ""]), few,
            st.sampled_from(["Acme", "Bolt", ""]), few, few
        ),
        "Invoice no | Date | Item code | Description | Qty | Price | Customer": lines(
            st.sampled_from(["501", "502", "503", "C504"]), day, code, st.sampled_from(["Pan", "", "Postage"]),
            st.sampled_from(["1", "3", "-1", "-3", "0", "x"]), few, st.sampled_from(["Ann", ""])
        ),
        "Item code | Counted | Location | Count date": lines(code, few, st.sampled_from(["Shop", "shop", "Cellar", ""]), day),
        "PO number | Vendor | Ordered on | Item code | Qty ordered | Received on | Qty received": lines(
            st.sampled_from(["PO1", "PO2", ""]), st.sampled_from(["Acme", "acme", ""]), day, code, few, day | st.just(""), few | st.just("")
        ),
        "Supplier | Email | Lead time": lines(st.sampled_from(["Acme", "Bolt"]), st.just("a@b.example"), few),
    },
).filter(bool)  # fmt: skip
"""Small drops: the header of each file, and its lines."""

KINDS = dict(
    zip(("Code", "Invoice no", "Item code", "PO number", "Supplier"), ("items", "sales", "stock", "purchases", "suppliers"), strict=True)
)


def made_plan(db: Database, files: dict[str, list[str]], tag: str = "") -> Plan:
    """The plan of a made drop, each file taken for what it was made as."""
    plan = look(db, *(file(f"{number}{tag}.csv", "\n".join([header, *rows])) for number, (header, rows) in enumerate(files.items())))
    for index, group in enumerate(plan.groups):
        kind = KINDS[group.tables[0].header[0]]
        if group.mapping.kind == kind and not group.lacking:
            continue
        plan = importing.revise(db, plan, index, recognising.Mapping(kind, columns(kind, group.tables[0].header)))
    return replace(plan, days=())  # asked for the day of counts, the person says: when the sales end


def columns(kind: str, header: tuple[str, ...]) -> dict[str, str]:
    """Each column as the field it sounds most like."""
    fields = {name: max(header, key=lambda column: vocabulary.likeness(name, column)) for name in KIND_FIELDS[kind]}
    return {name: column for name, column in fields.items() if vocabulary.likeness(name, column) > kinds.SURE}


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made)
def test_any_drop_taken_back_leaves_no_trace_and_the_same_drop_twice_is_once(db: Database, files: dict[str, list[str]]) -> None:
    """The shop has something already, so that codes, places and counts meet what is there."""
    if not db.version:
        drop(db, ITEMS, COUNT)
    before, plan = everything(db), made_plan(db, files)
    assert sum(plan.counts.values()) == plan.lines == sum(map(len, files.values()))
    if not plan.counts["used"]:
        return
    first = importing.commit(db, people.LOCAL, plan)
    full = everything(db)
    assert all(source is not None for (source,) in db.rows("select source_row from movements where change_id = ?", [first]))
    assert importing.commit(db, people.LOCAL, made_plan(db, files, " again")) == first
    assert everything(db) == full
    last = first
    for expected in (before, full, before):
        last = ledger.undo(db, people.LOCAL, last)
        assert everything(db) == expected


# -- what is booked


def test_every_movement_knows_its_file_and_row(db: Database) -> None:
    drop(db, *DROP)
    found = ledger.movements(db).sort_values(["file", "source_row", "kind"])
    assert found[["file", "source_row", "kind", "sku"]].values.tolist() == [
        ["purchases.csv", 2, "receipt", "A1"], ["purchases.csv", 3, "receipt", "A2"],
        ["sales.csv", 2, "sale", "A1"], ["sales.csv", 3, "sale", "A1"], ["sales.csv", 4, "sale", "A2"],
        ["stock 2026-05-05.csv", 2, "opening", "A1"], ["stock 2026-05-05.csv", 3, "opening", "A2"],
    ]  # fmt: skip


def test_lines_that_were_not_used_are_kept_with_the_reason(db: Database) -> None:
    number = drop(db, file("sales.csv", "Date | Item code | Qty\n2026-05-04 | A1 | 2\n2026-05-04 | A1 | 0\nTotal | | 2"))
    assert imports.not_used(db, number)[["file", "row", "outcome", "reason", "content"]].values.tolist() == [
        ["sales.csv", 3, "refused", "quantity 0", '{"Date":"2026-05-04","Item code":"A1","Qty":"0"}'],
        ["sales.csv", 4, "set aside", "a total", '{"Date":"Total","Item code":"","Qty":"2"}'],
    ]
    assert imports.past(db)[["what", "lines", "used", "set_aside", "refused", "undone"]].values.tolist() == [
        ["Import of sales.csv (sales)", 3, 1, 1, 1, False]
    ]


def test_the_stock_on_the_day_of_a_count_is_what_was_counted(db: Database) -> None:
    drop(db, SALES, COUNT)
    assert [Shop(db).on_hand("A1", date(2026, 5, number)) for number in (3, 4, 5, 6)] == [12, 10, 10, 7]
    assert moved(db)[0] == ("05-03", "opening", 12)


def test_a_second_count_posts_the_difference(db: Database) -> None:
    drop(db, SALES, COUNT)
    drop(db, file("stock 2026-05-20.csv", "Item code | Counted\nA1 | 5\nA2 | 3"))
    assert moved(db)[-1] == ("05-20", "count", -2)
    assert (Shop(db).on_hand("A1", date(2026, 5, 19)), Shop(db).on_hand("A1"), Shop(db).on_hand("A2")) == (7, 5, 3)


def test_two_counts_in_one_drop_are_of_the_days_their_files_name(db: Database) -> None:
    drop(db, SALES, COUNT, file("stock 2026-05-20.csv", "Item code | Counted\nA1 | 5"))
    assert [Shop(db).on_hand("A1", date(2026, 5, number)) for number in (5, 19, 20)] == [10, 7, 5]


def test_sales_told_after_the_count_they_came_before_do_not_change_what_was_counted(db: Database) -> None:
    drop(
        db, file("stock 2026-05-05.csv", COUNT[1].decode().replace(",", " | ")), file("stock 2026-05-20.csv", "Item code | Counted\nA1 | 6")
    )
    drop(db, SALES)
    assert [Shop(db).on_hand("A1", date(2026, 5, number)) for number in (3, 4, 5, 6, 19, 20)] == [12, 10, 10, 7, 7, 6]
    assert moved(db) == [
        ("05-03", "opening", 12), ("05-04", "sale", -2), ("05-05", "opening", -10), ("05-05", "opening", 10), ("05-06", "sale", -3),
        ("05-20", "count", -4), ("05-20", "count", 3),
    ]  # fmt: skip


def test_items_are_known_by_code_in_any_case_else_by_barcode_else_by_name(db: Database) -> None:
    drop(db, ITEMS)
    drop(db, file("by code.csv", "Date | Item code | Qty\n2026-05-04 | a1 | 1"))
    drop(db, file("by barcode.csv", "Date | EAN | Qty\n2026-05-05 | 4006381333931 | 2"))
    drop(db, file("by name.csv", "Date | Product name | Qty\n2026-05-06 | pan | 3"))
    assert moved(db) == [("05-04", "sale", -1), ("05-05", "sale", -2), ("05-06", "sale", -3)]
    assert db.scalar("select count(*) from items") == 2


def test_items_in_the_same_drop_are_known_the_same_way(db: Database) -> None:
    drop(
        db,
        ITEMS,
        file("by barcode.csv", "Date | EAN | Qty\n2026-05-05 | 4006381333931 | 2"),
        file("by name.csv", "Date | Product name | Qty\n2026-05-06 | pan | 3"),
    )
    assert moved(db) == [("05-05", "sale", -2), ("05-06", "sale", -3)]


def test_a_place_is_known_in_any_case(db: Database) -> None:
    Shop(db).place("cellar")
    drop(db, file("stock.csv", "Item code | Counted | Location\nA1 | 5 | Cellar\nA2 | 1 | Loft"))
    assert db.rows("select place, sum(on_hand) from stock group by 1 order by 1") == [("Loft", 1), ("cellar", 5)]


def test_two_sheets_of_a_count_are_two_places(db: Database) -> None:
    drop(db, book("stock.xlsx", Shop="Item code | Counted\nA1 | 5", Cellar="Item code | Counted\nA1 | 7"))
    assert db.rows("select place, on_hand from stock order by 1") == [("Cellar", 7), ("Shop", 5)]


def test_purchases_become_orders_and_receipts(db: Database) -> None:
    drop(db, ORDERS)
    assert db.rows("select number, step, ordered, expected from orders join order_steps using (order_id) order by 1") == [
        ("PO1", "received in part", date(2026, 5, 1), date(2026, 5, 8)), ("PO2", "sent", date(2026, 5, 10), date(2026, 5, 17)),
    ]  # fmt: skip
    assert db.rows("select day, ref, sku, qty, unit_cost from movements join items using (item_id) order by 1") == [
        (date(2026, 5, 8), "PO1", "A1", 6, Decimal("4.2")), (date(2026, 5, 9), "PO1", "A2", 4, Decimal("1.1")),
    ]  # fmt: skip


def test_what_has_not_come_is_on_order(db: Database) -> None:
    drop(db, ORDERS)
    assert db.rows("select number, sku, open, expected from on_order join items using (item_id) order by 1") == [
        ("PO1", "A2", 2, date(2026, 5, 8)), ("PO2", "A1", 12, date(2026, 5, 17)),
    ]  # fmt: skip


def test_suppliers_and_their_terms_are_kept(db: Database) -> None:
    drop(db, ITEMS, SUPPLIERS)
    assert db.rows("select name, email, phone, lead_days, min_order from suppliers") == [("Acme", "ann@acme.example", "555", 9, 100)]
    assert db.rows("select sku, s.lead_days, preferred from supplies s join items using (item_id) order by 1") == [
        ("A1", 7, True),
        ("A2", 7, True),
    ]


def test_an_item_has_one_supplier_that_is_asked_first(db: Database) -> None:
    drop(db, file("items.csv", "Code | Name | Price | Supplier\nA1 | Pan | 9 | Zeta\nA1 | Pan | 9 | Acme"))
    drop(db, file("items 2.csv", "Code | Name | Price | Supplier\nA1 | Pan | 9 | Bolt"))
    assert db.rows("select name, preferred from supplies join suppliers using (supplier_id) order by 2 desc, 1") == [
        ("Zeta", True), ("Acme", False), ("Bolt", False),
    ]  # fmt: skip


def test_the_shops_own_clock_decides_the_day(db: Database) -> None:
    policy.set_shop(db, people.LOCAL, timezone="Europe/Athens")
    drop(db, file("sales.csv", "Date | Item code | Qty\n2026-05-04 00:30:00 | A1 | 2\n2026-01-04 23:30:00 | A1 | 1"))
    assert db.rows("select day::varchar, happened_at::varchar from movements order by 1") == [
        ("2026-01-04", "2026-01-04 21:30:00"), ("2026-05-04", "2026-05-03 21:30:00"),
    ]  # fmt: skip


def test_two_equal_deliveries_without_a_number_are_two_deliveries(db: Database) -> None:
    lines = (
        b"Supplier,Item code,Qty,Unit cost,Ordered,Received\nAcme,A1,5,2.00,2026-05-01,2026-05-04\nAcme,A1,5,2.00,2026-05-01,2026-05-04\n"
    )
    importing.commit(db, people.LOCAL, importing.preview(db, [("purchases.csv", lines)]))
    assert float(ledger.on_hand(db).on_hand.sum()) == 10


def test_two_lists_of_the_same_day_say_the_same_stock_once(db: Database) -> None:
    items_list = b"Item code,Name,Price,Cost,On hand\nA1,Kettle,20,8,10\n"
    stock_list = b"Item code,On hand\nA1,10\n"
    importing.commit(db, people.LOCAL, importing.preview(db, [("items 2026-05-04.csv", items_list), ("stock 2026-05-04.csv", stock_list)]))
    assert float(ledger.on_hand(db).on_hand.sum()) == 10
