"""The Upload screen: a drop is shown line for line before it is written, kept while somebody looks elsewhere, and mended."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from ims_core import alerts, audit, flaws, importing, imports, ledger, mappings, outlook, people, unused, workbooks
from ims_core.db import Database
from ims_core.plans import Plan
from ims_core.web import left, panels
from tests.builders import Shop, empty_shop
from tests.test_importing import ITEMS, ORDERS, SALES, file
from tests.test_pages import ROOT, button, field, grid, opened, said

TODAY = date(2026, 6, 1)

TILL = file(
    "till.csv",
    """
    Receipt | Date | Code | Name | Qty | Price
    1 | 2026-05-04 | A1 | Pan | 2 | 9.50
    1 | 2026-05-04 | A1 | Pan | 2 | 9.50
    2 | 2026-05-05 | POST | Postage | 1 | 3
    3 | 2026-05-05 | POST | Postage | 1 | 3
    4 | 2026-05-06 | A2 | Lid | two | 4
    5 | 2026-05-07 | A3 | Pot | 3 | 12
    6 | 2026-05-07 | A4 | Tea | 5 | 6
    7 | 2026-05-07 | A5 | Cup | 4 | 5
    """,
)
STOCK = file("what we have.csv", "Item code | Name | On hand\nA1 | Pan | 7\nA2 | Lid | 4")
DATELESS = file("sales.csv", "Receipt | Code | Qty | Price | When it was\n1 | A1 | 2 | 9.50 | 2026-05-04\n2 | A2 | 1 | 4 | 2026-05-05")


def dropped(*files: tuple[str, bytes]) -> AppTest:
    """The Upload screen after these files were dropped."""
    screen = opened("upload")
    uploader = screen.file_uploader[0]
    for name, content in files:
        uploader.upload(name, content, "text/csv")
    return screen.run()


def away(screen: AppTest) -> None:
    """Somebody looks at the stock, and comes back."""
    for page in ("stock", "upload"):
        screen.switch_page(str(ROOT / "pages" / f"{page}.py")).run()


def look(db: Database, *files: tuple[str, bytes]) -> Plan:
    return importing.preview(db, list(files), today=TODAY)


def reasons(plan: Plan) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in plan.groups[0].reasons[["outcome", "reason", "codes", "lines"]].itertuples(index=False)]


# -- before the commit


def test_what_is_not_used_is_listed_by_name_and_count_before_anything_is_written(db: Database) -> None:
    assert reasons(look(db, TILL)) == [
        ("refused", "Quantity cannot be read", "A2", 1),
        ("set aside", "no product: Postage", "POST", 2),
        ("joined", "the same line again", "A1", 1),
    ]


def test_a_copy_in_the_same_drop_counts_once_and_is_named(db: Database) -> None:
    plan = look(db, TILL, ("till (copy).csv", TILL[1]))
    assert plan.twins == ("till (copy).csv",)
    assert plan.counts == look(db, TILL).counts


def test_an_example_says_where_it_stands(db: Database) -> None:
    found = look(db, TILL).groups[0].reasons
    assert found["example"].tolist()[0] == "row 6: 4 · 2026-05-06 · A2 · Lid · two"


def test_a_commit_is_foreseen_to_the_piece(db: Database) -> None:
    plan = look(db, ITEMS, SALES, ORDERS)
    foreseen = outlook.foresee(db, plan)
    importing.commit(db, people.LOCAL, plan)
    assert foreseen.movements == db.scalar("select count(*) from movements")
    assert float(foreseen.pieces) == alerts.stock(db, date(2026, 6, 1))["on_hand"].sum() == 10  # six sold before they came: estimated
    assert (foreseen.items, foreseen.orders) == (db.scalar("select count(*) from items"), db.scalar("select count(*) from orders"))
    assert (foreseen.suppliers, foreseen.places) == (1, 1)
    assert foreseen.differs.empty, "what is new differs from nothing"


def test_a_changed_export_says_before_and_now_before_anything_is_written(db: Database) -> None:
    header = "Item code | Name | Cost | Price | Barcode | On hand\n"
    first = file("list 2026-05-04.csv", header + "A1 | Kettle | 8 | 20 | | 5\nA2 | Lid | 1 | 3 | | 0\nA3 | Mug | 2 | 6 | | 1200")
    readme = file("readme.csv", "Hello | There\nto | you")
    importing.commit(db, people.LOCAL, look(db, first, readme))
    assert imports.past(db)["what"].tolist() == ["Import of list 2026-05-04.csv (items)"], "what is not for us names no import"
    plan = look(db, file("list 2026-05-11.csv", header + "A1 | Kettle | 8 | 22.5 | 4006381333931 | 7\nA2 | Lid | 1 | 3 | | 0\n"
                         "A3 | Mug blue | 2.125 | 6 | | 1000\nA4 | New | 1 | 1 | | 1"))  # fmt: skip
    assert outlook.foresee(db, plan).differs.drop(columns="name").fillna("").values.tolist() == [
        ["A1", "on_hand", "5", "7"], ["A3", "on_hand", "1,200", "1,000"], ["A1", "price", "20.00", "22.50"],
        ["A3", "cost", "2.00", "2.125"], ["A3", "name", "Mug", "Mug blue"], ["A1", "barcode", "", "4006381333931"],
    ]  # fmt: skip


def test_an_import_taken_back_tells_no_day(db: Database) -> None:
    ledger.undo(db, people.LOCAL, importing.commit(db, people.LOCAL, look(db, SALES)))
    assert importing.preview(db, [("shelf.csv", b"Item code,On hand\nA1,4")], today=date(2026, 11, 23)).days == ()


def test_items_that_never_moved_are_foreseen_to_show_nothing_too(db: Database) -> None:
    more = (ITEMS[0], ITEMS[1] + b"\nZ9,Never moved")
    assert outlook.foresee(db, look(db, more, SALES)).blind == 3


def test_what_nobody_counted_is_foreseen_to_show_nothing(db: Database) -> None:
    foreseen = outlook.foresee(db, look(db, ITEMS, SALES))
    assert (float(foreseen.pieces), foreseen.blind) == (0, 2)
    assert foreseen.says("€").endswith("2 items that nobody counted show no quantity.")


LINES = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(["A1", "A2"]), st.integers(1, 9), st.sampled_from(["Shop", "Barn"])), max_size=5
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["sales", "purchases", "stock"]), LINES), min_size=1, max_size=3))
def test_preview_and_stock_page_say_the_same(drops: list[tuple[str, list[tuple[int, str, int, str]]]]) -> None:
    heads = {"sales": "Date | Item code | Qty | Place", "purchases": "Received on | Item code | Qty received | Place",
             "stock": "Date | Item code | On hand | Place"}  # fmt: skip
    db, shown = empty_shop(), 0.0
    for nth, (kind, lines) in enumerate(drops):
        text = [heads[kind], *(f"2026-05-0{day} | {code} | {qty} | {place}" for day, code, qty, place in lines)]
        plan = look(db, file(f"{kind} {nth}.csv", "\n".join(text)))
        if plan.writes and not plan.unanswered and not plan.lacking:
            foreseen = outlook.foresee(db, plan)
            importing.commit(db, people.LOCAL, plan)
            now = float(alerts.stock(db, date(2026, 6, 1))["on_hand"].sum())
            assert float(foreseen.pieces) == now - shown
            shown = now
    db.close()


def test_an_outlook_writes_nothing(db: Database) -> None:
    outlook.foresee(db, look(db, ITEMS, SALES))
    assert db.version == 0


def test_an_outlook_is_one_sentence() -> None:
    some = outlook.Outlook(2, 1, 0, 0, 3, Decimal(1204), Decimal(8310), Decimal(0))
    assert some.says("€") == "Stock changes by +1,204 pieces, +€\u202f8,310; 2 new items, 1 new supplier, 3 movements."
    assert outlook.Outlook(0, 0, 0, 0, 0, Decimal(0), Decimal(0), Decimal(0)).says("€") == "Stock does not change."


def test_stock_that_names_no_day_is_announced(db: Database) -> None:
    assert look(db, STOCK).counted == 2
    assert look(db, file("stock 2026-05-31.csv", STOCK[1].decode().replace(",", " | "))).counted == 0


# -- lines to mend


def book(plan: Plan) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(left.workbook_maker(plan.groups, None, plan.problems)()))


def test_a_mended_line_comes_in_once_and_the_others_are_joined(shop: Shop) -> None:
    db = shop.db
    plan = look(db, TILL)
    importing.commit(db, people.LOCAL, plan)
    mended = book(plan)
    page = mended["till.csv"]
    assert [cell.value for cell in page[1]][:6] == ["Receipt", "Date", "Code", "Name", "Qty", "Price"]
    row = next(line for line in page.iter_rows() if line[4].value == "two")
    row[4].value = 2
    out = io.BytesIO()
    mended.save(out)
    again = look(db, ("mended.xlsx", out.getvalue()))
    assert again.counts == {"used": 1, "joined": 1, "set aside": 2, "refused": 0}
    importing.commit(db, people.LOCAL, again)
    assert (shop.on_hand("A1"), shop.on_hand("A2")) == (-2, -2)


def test_the_list_of_problems_itself_is_passed_over_when_it_is_dropped_back(db: Database) -> None:
    plan = look(db, TILL)
    listed = left.workbook_maker([], None, plan.problems)()
    assert look(db, ("problems.xlsx", listed)).unreadable == (
        ("problems.xlsx", "problems.xlsx holds only our list of problems. Mend the lines on the other sheets of that workbook, "
                          "and drop it with them."),
    )  # fmt: skip


def test_a_line_that_was_used_without_a_cell_can_be_mended_too(shop: Shop) -> None:
    listed = file("items.csv", "Code | Name | Price | On hand\nA1 | Pan | cheap | 7\nA2 | Lid | 4 | 3")
    plan = look(shop.db, listed)
    change = importing.commit(shop.db, people.LOCAL, plan)
    for sheets in (unused.sheets(imports.not_used(shop.db, change)).values(), pages(left.workbook_maker(plan.groups, "refused")())):
        (frame,) = sheets
        assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == [
            ["A1", "Pan", "cheap", None, "items.csv", 2, "used, a cell left empty", "Price: cheap is no number, left empty",
             "Write a plain number such as 12 or 12.50."],
        ]  # fmt: skip
    assert imports.past(shop.db)["emptied"].tolist() == [1]
    again = look(shop.db, ("mended.xlsx", workbooks.sheet({"mended": frame.replace("cheap", "9.50")})))
    importing.commit(shop.db, people.LOCAL, again)
    assert (shop.db.scalar("select price from items where sku = 'A1'"), shop.on_hand("A1")) == (Decimal("9.50"), 7)
    assert audit.check(shop.db)["ok"].all()


def pages(content: bytes) -> list[pd.DataFrame]:
    """The sheets of a workbook."""
    return list(pd.read_excel(io.BytesIO(content), sheet_name=None).values())


def back(shop: Shop, change: int, mended: dict[str, str]) -> int:
    """The lines of an import to mend, some of them mended, dropped back and committed."""
    made = {name: frame.replace(mended) for name, frame in unused.sheets(imports.not_used(shop.db, change)).items()}
    return importing.commit(shop.db, people.LOCAL, look(shop.db, (f"mended {change}.xlsx", workbooks.sheet(made))))


def waiting(shop: Shop) -> dict[str, object]:
    """Lines that stand to be mended, as Quality, Today and the list of imports (the newest first) tell them."""
    found = alerts.attention(shop.db, TODAY, alerts.stock(shop.db, TODAY))
    told = found.loc[found["alert"] == "upload", "says"].tolist()
    return {"refused": int(flaws.refused(shop.db)["lines"].sum()), "emptied": int(flaws.emptied(shop.db)["lines"].sum()),
            "today": told, "imports": imports.past(shop.db)[["standing", "again"]].values.tolist()}  # fmt: skip


def test_of_lines_dropped_back_only_those_that_lack_a_cell_still_stand(shop: Shop) -> None:
    listed = file("items.csv", "Code | Name | Price\nA1 | Pan | cheap\nA2 | Lid | dear\nA3 | Pot | free\nA4 | Cup | 4")
    first = importing.commit(shop.db, people.LOCAL, look(shop.db, listed))
    assert waiting(shop) == {"refused": 0, "emptied": 3, "today": [], "imports": [[3, 0]]}
    second = back(shop, first, {"cheap": "9.50", "dear": "12"})
    assert waiting(shop) == {"refused": 0, "emptied": 1, "today": [], "imports": [[1, 0], [0, 3]]}
    assert imports.not_used(shop.db, first).empty
    back(shop, second, {"free": "0.50"})
    assert waiting(shop) == {"refused": 0, "emptied": 0, "today": [], "imports": [[0, 0], [0, 1], [0, 3]]}
    ledger.undo(shop.db, people.LOCAL, second + 1)
    assert waiting(shop)["emptied"] == 1, "the mended line is gone with its import, and the first waits again"


def test_a_line_refused_again_replaces_the_one_before(shop: Shop) -> None:
    till = file("till.csv", "Date | Code | Qty\n2026-05-04 | A1 | two\n2026-05-05 | A1 | six\n2026-05-06 | A1 | ten\n2026-05-07 | A1 | 1")
    first = importing.commit(shop.db, people.LOCAL, look(shop.db, till))
    back(shop, first, {"two": "2", "six": "six or so"})
    found = waiting(shop)
    assert (found["refused"], found["imports"]) == (2, [[2, 0], [0, 3]])
    assert found["today"] == ["2 lines were refused: Import of mended 1.xlsx (sales)."]
    assert shop.on_hand("A1") == -3


def test_what_was_sold_is_not_sent_out_to_be_told_twice(db: Database) -> None:
    plan = look(
        db, file("till.csv", "Date | Code | Qty | Price\n2026-05-04 | A1 | 2 | cheap\n2026-05-04 | A2 | 1 | 4\n2026-05-05 | A2 | 1 | 4")
    )
    assert len(plan.problems) == 1
    assert plan.groups[0].emptied is None


def test_a_line_mended_and_dropped_back_corrects_no_other_line_of_its_document(shop: Shop) -> None:
    lines = "1 | 2026-05-04 | A1 | 2 | 3\n1 | 2026-05-04 | A1 | five | 3\n1 | 2026-05-04 | A2 | 1 | 4"
    importing.commit(shop.db, people.LOCAL, plan := look(shop.db, file("till.csv", f"Receipt | Date | Code | Qty | Price\n{lines}")))
    (frame,) = pages(left.workbook_maker(plan.groups, "refused")())
    again = look(shop.db, ("mended.xlsx", workbooks.sheet({"mended": frame.replace("five", "5")})))
    assert again.difference == {}
    importing.commit(shop.db, people.LOCAL, again)
    assert (shop.on_hand("A1"), shop.on_hand("A2")) == (-7, -1)


def test_every_line_to_mend_says_what_to_do(db: Database) -> None:
    (frame,) = pages(left.workbook_maker(look(db, TILL).groups)())
    assert dict(zip(frame["Why it was not used"], frame["What to do"], strict=True)) == {
        "the same line again": "Nothing: it counts once already.",
        "no product: Postage": "Nothing, if it is right. If the line is goods, switch the rule off under Mended and commit anew.",
        "Quantity cannot be read": "Write a plain number such as 12 or 12.50.",
    }


def test_what_a_stock_list_told_by_its_name_goes_along_with_its_lines(db: Database) -> None:
    change = importing.commit(
        db, people.LOCAL, look(db, file("stock 2026-05-31.csv", "Code | Name | On hand\nA1 | Pan | 7\nA2 | Lid | some"))
    )
    (frame,) = unused.sheets(imports.not_used(db, change)).values()
    assert frame[["Code", "On hand", "Date"]].values.tolist() == [["A2", "some", date(2026, 5, 31)]]
    mended = workbooks.sheet({"mended": frame.replace("some", "4")})
    again = look(db, ("mended.xlsx", mended))
    assert (again.counts["used"], again.counted) == (1, 0)


def test_files_of_one_name_are_told_apart(db: Database) -> None:
    other = (TILL[0], TILL[1].replace(b"Receipt", b"Ticket"))
    assert [group.name for group in look(db, TILL, other).groups] == ["till.csv", "till.csv (2)"]


# -- what an undo takes back


def test_what_an_undo_takes_back_is_said_before(db: Database) -> None:
    change = importing.commit(db, people.LOCAL, look(db, ITEMS, SALES))
    assert imports.taking_back(db, change) == ("Takes back 3 movements (6 pieces that left), 2 items, 1 place, 1 supplier.", None)


def test_an_undo_that_something_stands_on_says_so_before(db: Database) -> None:
    first = importing.commit(db, people.LOCAL, look(db, ITEMS))
    importing.commit(db, people.LOCAL, look(db, SALES))
    assert "later changes stand on it: Import of sales.csv" in str(imports.taking_back(db, first).refusal)


# -- the screen


def test_a_drop_is_shown_and_written(on_disk: Shop) -> None:
    screen = dropped(TILL)
    assert "4 of 8 lines will be used, 1 joined, 2 set aside, 1 refused" in said(screen)
    assert "items that nobody counted show no quantity" in said(screen)
    assert sorted(grid(screen)["codes"]) == ["A1", "A2", "POST"]
    button(screen, "Commit").click().run()
    assert not screen.exception
    assert on_disk.on_hand("A1") == -2
    assert "Imports so far" in [heading.value for heading in screen.subheader]
    assert "Commit" not in [found.label for found in screen.button]


def test_a_drop_waits_while_another_page_is_open(on_disk: Shop) -> None:
    screen = dropped(TILL)
    away(screen)
    assert "4 of 8 lines will be used" in said(screen)
    button(screen, "Discard").click().run()
    assert "will be used" not in said(screen)
    assert on_disk.db.version == 0


def test_a_file_dropped_later_joins_those_that_wait(on_disk: Shop) -> None:
    screen = dropped(TILL)
    away(screen)
    screen.file_uploader[0].upload(*STOCK, "text/csv")
    screen.run()
    assert "6 of 10 lines will be used" in said(screen)


def test_an_open_panel_stays_open_when_a_switch_is_turned(on_disk: Shop) -> None:
    screen = dropped(TILL)
    mine, group = screen.session_state["_mine"], screen.session_state["drop"].plan.groups[0]
    screen.session_state[f"group-{mine['session']}-{mine['done']}-{panels.number(group)}-open"] = True
    screen.run()
    field(screen.segmented_control, "Show").set_value("Mended")
    screen.run()
    switch = next(found for found in screen.toggle if "Postage" in found.label)
    switch.set_value(False)
    screen.run()
    assert "6 of 8 lines will be used" in said(screen)
    assert not next(found for found in screen.toggle if "Postage" in found.label).value


def test_what_stands_above_a_table_and_how_it_was_read_is_said(on_disk: Shop) -> None:
    screen = dropped(file("needs.csv", "Caf\u00c3\u00a9 Reims\n\nReceipt | Code | Qty | Price | When it was\n1 | A1 | 2 | 9.50 | soon"))
    assert "Above it stands: Café Reims" in said(screen)
    assert "cells have letters that another program spoilt" in said(screen)


def test_a_file_that_lacks_a_column_opens_and_asks_which_it_is(on_disk: Shop) -> None:
    screen = dropped(DATELESS)
    assert "this file needs a column for **date**" in said(screen)
    asked = field(screen.selectbox, "Column with the date")
    asked.set_value("When it was")
    screen.run()
    assert "2 of 2 lines will be used" in said(screen)
    button(screen, "Commit").click().run()
    assert on_disk.on_hand("A1") == -2


def test_nothing_is_committed_past_a_file_that_lacks_a_column_unless_it_is_left_out(on_disk: Shop) -> None:
    screen = dropped(DATELESS, TILL)
    assert button(screen, "Commit").disabled
    button(screen, "Leave it out").click().run()
    button(screen, "Commit").click().run()
    assert [name for (name,) in on_disk.db.rows("select distinct name from import_files where kind <> 'ignore'")] == ["till.csv"]


def test_the_day_of_a_count_can_be_said_and_which_place_is_meant_is_told(on_disk: Shop) -> None:
    screen = dropped(STOCK)
    assert "No place is named" not in said(screen)
    for place in ("Shop", "Cellar"):
        on_disk.place(place)
    screen = dropped(STOCK)
    assert "No place is named in what we have.csv: what is counted there is taken to stand in Shop; other places" in said(screen)
    assert "Stock of 2 items** as counted on" in said(screen)
    field(screen.date_input, "These counts were made on").set_value(date(2026, 4, 30))
    screen.run()
    button(screen, "Commit").click().run()
    assert on_disk.db.rows("select distinct day from movements") == [(date(2026, 4, 30),)]


def test_a_count_long_after_the_last_sale_waits_for_its_day(on_disk: Shop) -> None:
    screen = dropped(("old sales.csv", b"Date,Item code,Qty\n2020-07-31,A1,1\n"), STOCK)
    assert "Nothing is known after 31 Jul 2020" in said(screen)
    assert button(screen, "Commit").disabled
    field(screen.segmented_control, "Which day was it?").set_value(date(2020, 7, 31))
    screen.run()
    button(screen, "Commit").click().run()
    assert on_disk.db.rows("select distinct day from counts") == [(date(2020, 7, 31),)]


def test_past_imports_are_undone_from_the_list(on_disk: Shop) -> None:
    number = importing.commit(on_disk.db, people.LOCAL, look(on_disk.db, TILL))
    screen = opened("upload")
    screen.session_state[f"undoing-{number}"] = True
    screen.run()
    assert "Takes back 4 movements" in said(screen)
    button(screen, "Undo import").click().run()
    assert on_disk.on_hand("A1") == 0


def test_more_than_ten_imports_can_be_reached(on_disk: Shop) -> None:
    for number in range(12):
        importing.commit(on_disk.db, people.LOCAL, look(on_disk.db, (f"till {number}.csv", TILL[1].replace(b"\n", f"\n{number}".encode()))))
    screen = opened("upload")
    assert "till 11.csv" in said(screen)
    screen.session_state["imports-page"] = 2
    screen.run()
    assert "till 0.csv" in said(screen)


def test_the_times_of_imports_are_those_of_the_shop(on_disk: Shop) -> None:
    importing.commit(on_disk.db, people.LOCAL, look(on_disk.db, TILL))
    assert "UTC" not in said(opened("upload"))


@pytest.mark.parametrize("about", ["again", "day"])
def test_a_choice_is_said_in_words(about: str) -> None:
    assert panels.said(about, "joined") == "The same again: count once"
    assert panels.said(about, "some_new_word") == "Some new word"
    assert panels.said("column qty", "Menge") == "“Menge”"


# -- files that come and go


def test_what_was_said_of_a_file_holds_when_another_is_dropped(db: Database) -> None:
    first = importing.revise(db, look(db, TILL), 0, off=frozenset({"no_product"}))
    both = importing.preview(db, [TILL, STOCK], today=TODAY, before=first)
    assert both.groups[0] is first.groups[0]
    assert [(group.name, group.off) for group in both.groups] == [
        ("till.csv", frozenset({"no_product"})),
        ("what we have.csv", frozenset()),
    ]


def test_a_further_file_of_the_same_form_is_understood_like_the_first(db: Database) -> None:
    plan = look(db, DATELESS)
    told = replace(
        plan.groups[0].mapping, columns=plan.groups[0].mapping.columns | {"day": "When it was"}, answers={"column day": "When it was"}
    )
    june = ("june.csv", DATELESS[1].replace(b"2026-05", b"2026-06").replace(b"\n1,", b"\n8,").replace(b"\n2,", b"\n9,"))
    both = importing.preview(db, [DATELESS, june], today=TODAY, before=importing.revise(db, plan, 0, told))
    assert (len(both.groups), both.counts["used"], both.lacking) == (1, 4, [])


def test_what_the_shop_learned_meanwhile_is_looked_at_anew(db: Database) -> None:
    first = look(db, TILL)
    importing.commit(db, people.LOCAL, look(db, (TILL[0], TILL[1] + b"\n8,2026-05-08,A5,Cup,1,5")))
    assert importing.preview(db, [TILL], today=TODAY, before=first).counts["joined"] > first.counts["joined"]


# -- corrected exports


def test_a_corrected_export_is_drawn_line_by_line(db: Database) -> None:
    importing.commit(db, people.LOCAL, look(db, TILL))
    mended = TILL[1].replace(b"A3,Pot,3,12", b"A3,Pot,4,12") + b"\n7,2026-05-07,A6,Jug,1,8\n9,2026-05-08,A1,Pan,1,9.50"
    (group,) = look(db, ("till again.csv", mended)).groups
    assert group.corrections[["what", "ref", "sku", "before", "now"]].values.tolist() == [
        ["changed", "5", "A3", "3 at 12.00", "4 at 12.00"],
        ["new", "7", "A6", "", "1 at 8.00"],
        ["new", "9", "A1", "", "1 at 9.50"],
    ]


def test_an_export_that_corrects_nothing_draws_no_such_table(db: Database) -> None:
    assert look(db, TILL).groups[0].corrections.empty


# -- as last time


def test_what_was_said_of_a_file_holds_for_the_next_of_its_form(db: Database) -> None:
    plan = look(db, DATELESS)
    mapping = plan.groups[0].mapping
    told = replace(mapping, columns=mapping.columns | {"day": "When it was"}, answers={"column day": "When it was"})
    importing.commit(db, people.LOCAL, importing.revise(db, plan, 0, told, frozenset({"returns"})))
    again = look(db, ("june.csv", DATELESS[1].replace(b"2026-05", b"2026-06").replace(b"\n1,", b"\n8,").replace(b"\n2,", b"\n9,")))
    (group,) = again.groups
    assert (group.mapping.columns["day"], group.off, again.counts["used"]) == ("When it was", frozenset({"returns"}), 2)
    assert group.as_on is not None


def test_how_a_file_was_understood_is_undone_with_its_import(db: Database) -> None:
    plan = importing.revise(db, look(db, TILL), 0, off=frozenset({"no_product"}))
    change = importing.commit(db, people.LOCAL, plan)
    assert [kept.off for kept in mappings.kept(db).values()] == [frozenset({"no_product"})]
    ledger.undo(db, people.LOCAL, change)
    assert mappings.kept(db) == {}
    assert look(db, TILL).groups[0].off == frozenset()


def test_what_nothing_was_asked_of_and_nobody_touched_is_not_kept(db: Database) -> None:
    sales = "Receipt | Date | SKU | Qty | Price\n1 | 2026-05-14 | A1 | 2 | 3.50\n2 | 2026-05-15 | A2 | 1 | 2.50"
    plan = look(db, file("sales.csv", sales))
    assert not plan.questions
    importing.commit(db, people.LOCAL, plan)
    assert mappings.kept(db) == {}


def test_what_is_not_counted_in_pieces_is_told_in_its_unit(shop: Shop) -> None:
    plan = look(shop.db, file("items.csv", "Code | Name | Unit | On hand | Cost\nA1 | Flour | kg | 114.75 | 2\nA2 | Cup | pcs | 7 | 1"))
    assert plan.says() == "2 of 2 lines will be used; 7 pieces, 114.75 kg counted."
    assert outlook.foresee(shop.db, plan).says("€").startswith("Stock changes by +7 pieces, +114.75 kg, +€")
    change = importing.commit(shop.db, people.LOCAL, plan)
    assert imports.taking_back(shop.db, change).says.startswith("Takes back 2 movements (7 pieces, 114.75 kg that came)")
    bare = look(shop.db, file("stock 2026-06-01.csv", "Code | On hand\nA1 | 100.5\nA2 | 9"))
    assert bare.says() == "2 of 2 lines will be used; in each item’s own unit: 109.5 counted."


def test_what_two_lists_count_of_one_item_is_said_where_the_stock_changes_by_less(db: Database) -> None:
    plan = look(
        db,
        file("a.csv", "Code | Name | Price | On hand\nB1 | Pan | 3 | 5"),
        file("b.csv", "Code | Name | Cost | On hand\nB1 | Pan | 3 | 4"),
    )
    foreseen = outlook.foresee(db, plan)
    assert (float(foreseen.pieces), float(foreseen.twice)) == (4, 5)
    assert "Of what is counted, 5 pieces are of items that a later list of the same day and place tells too" in foreseen.says("€")
