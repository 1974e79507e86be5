"""Every page on an empty shop and on a working one, its main acts and its refusals."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ims_core import accounts, audit, closing, counting, devices, journal, labels, ledger, people, policy, sessions, suppliers
from ims_core.tallies import Wanted
from ims_core.web import doing
from tests.builders import Shop

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    "today",
    "inbox",
    "stock",
    "scan",
    "count",
    "item",
    "movements",
    "items",
    "places",
    "labels",
    "analysis",
    "forecast",
    "finance",
    "quality",
    "reorders",
    "suppliers",
    "upload",
    "settings",
]


@pytest.fixture
def working(on_disk: Shop) -> Shop:
    """A shop with a kettle that sells, a mug that is sold out, and a cellar."""
    shop, today = on_disk, doing.today()
    kettle, mug = shop.item("KETTLE", cost=8, price=19, category="Kitchen"), shop.item("MUG", price=6, category="Table")
    shop.place("Cellar")
    shop.supplier("Nordlicht", lead_days=14)
    shop.move("receipt", kettle, 40, day=today - timedelta(days=20), unit_cost=8)
    shop.move("receipt", mug, 3, day=today - timedelta(days=20))
    shop.move("sale", kettle, 4, day=today - timedelta(days=2), unit_price=19)
    shop.move("sale", mug, 3, day=today - timedelta(days=3), unit_price=6)
    return shop


def opened(page: str, **query: str) -> AppTest:
    """The page as somebody sees it who opens it by its address."""
    screen = AppTest.from_file(str(ROOT / "ims_core" / "web" / "menu.py"), default_timeout=30)
    for name, value in query.items():
        screen.query_params[name] = value
    return screen.switch_page(str(ROOT / "pages" / f"{page}.py")).run()


def button(screen: AppTest, label: str) -> Any:
    """The first button with this label."""
    return next(found for found in screen.button if found.label == label)


def field(widgets: Any, label: str) -> Any:
    """The first widget with this label."""
    return next(found for found in widgets if found.label == label)


def said(screen: AppTest) -> str:
    """Everything the screen says in words."""
    return " ".join(str(element.value).replace("\\", "") for kind in ("title", "caption", "markdown", "error", "info", "success", "warning")
                    for element in getattr(screen, kind))  # fmt: skip


def grid(screen: AppTest, at: int = 0) -> pd.DataFrame:
    """What a table shows."""
    return screen.dataframe[at].value


# -- opening


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_empty_shop_says_what_to_do_next(on_disk: Shop, page: str) -> None:
    screen = opened(page)
    assert not screen.exception
    assert not screen.error
    assert screen.title[0].value


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_working_shop_opens(working: Shop, page: str) -> None:
    screen = opened(page, item="1")
    assert not screen.exception
    assert not screen.error


def test_an_empty_shop_offers_two_roads(on_disk: Shop) -> None:
    assert [found.label for found in opened("today").button] == ["Drop your files", "Open the sample shop"]


def test_every_file_in_pages_is_on_the_menu() -> None:
    assert {file.stem for file in (ROOT / "pages").glob("*.py")} == set(PAGES)


def test_what_the_last_start_had_to_mend_is_said_until_somebody_has_read_it(working: Shop) -> None:
    working.db.notes.append("A damaged log was set aside.")
    screen = opened("stock")
    assert "A damaged log was set aside." in said(screen)
    button(screen, "I have read this").click().run()
    assert "damaged" not in said(screen)


def test_what_nobody_foresaw_becomes_a_sentence_with_a_number(working: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with working.db.change(who="Mallory", what="Nonsense"):
        working.db.append("policy_versions", [{"scope": "shop", "name": "review_days", "value": "seven"}])
    words = said(opened("stock"))
    assert "This page could not be shown" in words
    assert words.partition("the number ")[2][:6] in caplog.text
    assert "ValueError" in caplog.text
    assert "ValueError" not in words


# -- today


def test_today_names_what_is_sold_out_and_leads_to_it(working: Shop) -> None:
    assert "1 item that sells is sold out: Mug, about € 0.64 of sales a day." in said(opened("today")).replace("\u202f", " ")


def test_a_change_is_undone_from_today(working: Shop) -> None:
    screen = opened("today")
    button(screen, "Undo").click().run()
    assert working.on_hand("MUG") == 3
    assert "Undone: Sale of 3 MUG" in said(screen)


def test_an_undo_is_itself_undone(working: Shop) -> None:
    screen = opened("today")
    button(screen, "Undo").click().run()
    button(screen, "Undo").click().run()  # the line at the top of the page comes first
    assert working.on_hand("MUG") == 0


# -- stock and item


def test_stock_shows_every_item_with_its_status(working: Shop) -> None:
    shown = grid(opened("stock"))
    assert dict(zip(shown["name"], shown["status"].map(list), strict=True)) == {"Kettle": ["In stock"], "Mug": ["Sold out"]}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"find": "ket"}, ["Kettle"]),
        ({"category": "Table"}, ["Mug"]),
        ({"status": "Sold out"}, ["Mug"]),
        ({"place": "Shop"}, ["Kettle", "Mug"]),
    ],
)
def test_a_filter_lives_in_the_address(working: Shop, query: dict[str, str], names: list[str]) -> None:
    assert list(grid(opened("stock", **query))["name"]) == names


def test_stock_as_of_a_past_day(working: Shop) -> None:
    day = (doing.today() - timedelta(days=10)).isoformat()
    shown = grid(opened("stock", on=day))
    assert list(shown["on_hand"]) == [40, 3]


def test_filters_that_leave_nothing_say_so(working: Shop) -> None:
    assert "Nothing fits these filters" in said(opened("stock", find="no such thing"))


def test_an_item_shows_its_movements_and_their_source(working: Shop) -> None:
    screen = opened("item", item="1")
    assert screen.title[0].value == "Kettle"
    assert list(grid(screen)["kind"]) == ["Sale", "Receipt"]


def test_an_item_that_was_never_counted_says_what_left_and_not_that_there_are_minus_seven(working: Shop) -> None:
    jug = working.item("JUG", cost=5)
    working.move("sale", jug, 7, day=doing.today() - timedelta(days=9))
    screen = opened("item", item=str(jug))
    assert "7 sold since" in said(screen)
    assert "never counted: how many there are, nobody knows" in said(screen)
    assert [found.value for found in screen.metric[:2]] == ["–", "–"]
    assert "1 item was never counted and is not in these figures" in said(opened("stock"))
    shown = grid(opened("stock", place="Place by place"))
    assert dict(zip(shown["name"], shown["status"].map(list), strict=True))["Jug"] == ["Never counted"]


@pytest.mark.parametrize("number", ["²", "1e3", "-1", "9" * 30, "kettle"])
def test_an_address_that_names_no_item_offers_a_choice(working: Shop, number: str) -> None:
    screen = opened("item", item=number)
    assert "Choose an item" in said(screen)
    assert not screen.error


def test_times_are_those_of_the_shop_s_clock(working: Shop) -> None:
    policy.set_shop(working.db, people.LOCAL, timezone="Pacific/Kiritimati")
    assert doing.on_the_clock(pd.Series(pd.to_datetime(["2026-05-04 12:00"]))).astype(str).tolist() == ["2026-05-05 02:00:00"]


def test_an_item_that_does_not_exist_is_refused(working: Shop) -> None:
    assert "There is no item number 99" in said(opened("item", item="99"))


def test_a_barcode_is_added_and_a_taken_one_refused(working: Shop) -> None:
    for item, says in (("1", "4006381333931 now means 1 Kettle."), ("2", "belongs to KETTLE")):
        screen = opened("item", item=item, part="Barcodes")
        field(screen.text_input, "Add a barcode").set_value("4006381333931")
        button(screen, "Add").click().run()
        assert says in said(screen)


# -- movements


def test_a_receipt_is_recorded_by_hand_and_undone(working: Shop) -> None:
    screen = record(opened("movements", record="1"), 12)
    assert working.on_hand("KETTLE") == 48
    assert "Receipt of 12 Kettle" in said(screen)
    button(screen, "Undo").click().run()
    assert working.on_hand("KETTLE") == 36


def test_a_transfer_goes_from_place_to_place(working: Shop) -> None:
    screen = opened("movements", record="1")
    screen.button_group[0].set_value("transfer").run()
    field(screen.selectbox, "From").set_value("Shop")
    field(screen.selectbox, "To").set_value("Cellar")
    record(screen, 6)
    stock = ledger.on_hand(working.db)
    assert dict(zip(stock[stock.sku == "KETTLE"].place, stock[stock.sku == "KETTLE"].on_hand, strict=True)) == {"Cellar": 6, "Shop": 30}


def test_a_movement_without_quantity_is_refused(working: Shop) -> None:
    screen = record(opened("movements", record="1"), None)
    assert "How many pieces of KETTLE?" in said(screen)


def test_a_movement_that_empties_a_shelf_twice_is_doubted_and_posted_only_when_that_is_said_again(working: Shop) -> None:
    screen = opened("movements", record="1")
    screen.button_group[0].set_value("sale").run()
    record(screen, 39)
    assert "Only 36 are in Shop: after this -3. Post it anyway?" in said(screen)
    assert working.on_hand("KETTLE") == 36
    button(screen, "Do not post").click().run()
    assert "Post it anyway?" not in said(screen)
    record(screen, 39)
    button(screen, "Post anyway").click().run()
    assert working.on_hand("KETTLE") == -3
    assert "Sale of 39 Kettle · KETTLE recorded." in said(screen)


def test_a_count_by_hand_says_what_stands_there(working: Shop) -> None:
    screen = opened("movements", record="1")
    screen.button_group[0].set_value("count").run()
    field(screen.number_input, "Pieces on the shelf").set_value(30)
    assert "Count of 30 Kettle · KETTLE recorded." in said(button(screen, "Record").click().run())
    assert working.on_hand("KETTLE") == 30


def test_a_filled_sheet_was_counted_at_the_shop_s_time_and_not_at_this_machine_s(working: Shop) -> None:
    policy.set_shop(working.db, people.LOCAL, timezone="Pacific/Kiritimati")
    counting.open_sheet(working.db, people.LOCAL, "Shelf", [Wanted(1, "Shop")])
    screen = opened("count", sheet="1")
    screen.button_group[0].set_value("paper").run()
    day: Any = screen.date_input[0].value
    hour: Any = screen.time_input[0].value
    assert abs(datetime.combine(day, hour, ZoneInfo("Pacific/Kiritimati")) - datetime.now(UTC)) < timedelta(hours=1)


def test_a_transfer_says_where_it_wants_to_go(working: Shop) -> None:
    screen = opened("movements", record="1")
    screen.button_group[0].set_value("transfer").run()
    assert "Choose where KETTLE goes" in said(record(screen, 6))


def test_a_ticked_movement_is_undone_and_nothing_else_is_ticked_then(working: Shop) -> None:
    screen = opened("movements")
    screen.session_state[str(screen.dataframe[0].key)] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    screen.run()
    assert "Sale of 4 KETTLE, by Owner" in said(screen)
    button(screen, "Undo").click().run()
    assert working.on_hand("KETTLE") == 40
    assert "Tick a line" in said(screen)


def record(screen: AppTest, pieces: float | None) -> Any:
    """Type a number of pieces and press Record."""
    field(screen.number_input, "Pieces").set_value(pieces)
    return button(screen, "Record").click().run()


# -- items, places, suppliers


def grid_key(screen: AppTest) -> str:
    """The key of the grid that is shown."""
    return next(found.key for found in screen.button if found.key and found.key.endswith("-save")).removesuffix("-save")


def typed(screen: AppTest, page: str, **state: Any) -> Any:
    """Type into the grid of a page and save."""
    key = grid_key(screen)
    screen.session_state[key] = {"edited_rows": {}, "added_rows": [], "deleted_rows": [], **state}
    screen.run()
    return button(screen, "Save").click().run()


def test_an_item_is_edited_and_another_added_in_one_save(working: Shop) -> None:
    screen = typed(
        opened("items"), "items", edited_rows={0: {"name": "Kettle 1.7 l"}}, added_rows=[{"sku": "JUG", "name": "Jug", "active": True}]
    )
    assert "Items saved." in said(screen)
    assert list(grid_names(working)) == ["Jug", "Kettle 1.7 l", "Mug"]


def test_a_code_that_is_taken_is_refused_and_what_was_typed_stays(working: Shop) -> None:
    screen = typed(opened("items"), "items", edited_rows={0: {"sku": "mug"}})
    assert "The code mug belongs to Mug already" in said(screen)
    assert "1 row changed, not saved yet" in said(screen)


def test_a_search_looks_through_a_grid_with_unsaved_edits_and_loses_none(working: Shop) -> None:
    screen = opened("items")
    key = grid_key(screen)
    screen.session_state[key] = {"edited_rows": {0: {"name": "Kettle 1.7 l"}}, "added_rows": [], "deleted_rows": []}
    screen.run()
    field(screen.text_input, "Search").set_value("mug").run()
    assert grid_key(screen) != key
    assert "1 row changed, not saved yet" in said(screen)
    screen.session_state[grid_key(screen)] = {"edited_rows": {0: {"price": 7}}, "added_rows": [], "deleted_rows": []}
    screen.run()
    assert "2 rows changed, not saved yet" in said(screen)
    button(screen, "Save").click().run()
    assert working.db.rows("select name, price::int from items order by item_id") == [("Kettle 1.7 l", 19), ("Mug", 7)]


def test_the_terms_of_a_supplier_are_typed_on_the_item(working: Shop) -> None:
    row = {"supplier_id": 1, "cost": 7.5, "pack": 6, "moq": 12}
    screen = typed(opened("item", item="1", part="Suppliers and terms"), "item", added_rows=[row])
    assert "Terms saved." in said(screen)
    assert suppliers.of_item(working.db, 1)[["name", "cost", "pack", "moq"]].values.tolist() == [["Nordlicht", 7.5, 6, 12]]
    typed(screen, "item", edited_rows={0: {"pack": 8}})
    assert suppliers.of_item(working.db, 1)[["cost", "pack"]].values.tolist() == [[7.5, 8]]


def test_terms_without_a_supplier_are_refused(working: Shop) -> None:
    screen = typed(opened("item", item="1", part="Suppliers and terms"), "item", added_rows=[{"cost": 7.5}])
    assert "Which supplier?" in said(screen)


def test_a_place_is_added_and_one_with_goods_not_closed(working: Shop) -> None:
    working.place("Shop")
    assert "Places saved." in said(typed(opened("places"), "places", added_rows=[{"place": "Van"}]))
    screen = typed(opened("places"), "places", edited_rows={1: {"active": False}})
    assert "Shop still holds 36 pieces" in said(screen)


def test_a_supplier_is_edited(working: Shop) -> None:
    typed(opened("suppliers"), "suppliers", edited_rows={0: {"lead_days": 21}})
    assert working.db.scalar("select lead_days from suppliers") == 21


def test_a_late_order_is_told_on_today_and_stands_among_the_suppliers(working: Shop) -> None:
    ordered, due = doing.today() - timedelta(days=20), doing.today() - timedelta(days=4)
    with working.db.change(who="Owner", what="Order 118"):
        working.db.append("orders", [{"order_id": 1, "number": "118", "supplier_id": 1, "ordered": ordered, "expected": due}])
        working.db.append("order_lines", [{"order_id": 1, "line": 1, "item_id": 1, "qty": 12}])
    assert "Late: PO 118 of Nordlicht, 4 days, 12 pieces." in said(opened("today"))
    screen = opened("suppliers")
    assert not screen.exception
    assert grid(screen)[["number", "supplier", "days", "pieces"]].values.tolist() == [["118", "Nordlicht", 4, 12]]


def test_what_expires_is_told_on_today_and_listed_under_the_stock(working: Shop) -> None:
    working.move("receipt", 1, 6, day=doing.today(), lot="B7", expires=doing.today() + timedelta(days=4))
    assert "1 lot expires within 30 days: Kettle (6, in 4 days)" in said(opened("today"))
    assert grid(opened("stock"), 1)[["lot", "left"]].to_numpy().tolist() == [["B7", 4]]


def grid_names(shop: Shop) -> list[str]:
    return [name for (name,) in shop.db.rows("select name from items order by lower(name)")]


# -- settings


def test_a_setting_is_changed_and_holds_at_once(working: Shop) -> None:
    screen = opened("settings")
    field(screen.text_input, "Name of the shop").set_value("Corner shop")
    button(screen, "Save").click().run()
    assert policy.shop(working.db).name == "Corner shop"


def test_an_empty_name_is_refused(working: Shop) -> None:
    screen = opened("settings")
    field(screen.text_input, "Name of the shop").set_value(" ")
    button(screen, "Save").click().run()
    assert "The name is empty." in said(screen)


def test_the_ledger_proves_itself_on_screen(working: Shop) -> None:
    screen = opened("settings", settings="Proof")
    assert f"All {len(audit.CHECKS)} rules hold" in said(screen)


def test_a_backup_is_written_and_said(working: Shop, tmp_path: Path) -> None:
    screen = opened("settings", settings="Backup")
    button(screen, "Back up now").click().run()
    assert len(list((tmp_path / "backups").glob("shop-*.duckdb"))) == 1
    assert "is written and was opened to check it" in said(screen)


def test_work_begun_on_another_page_is_seen_on_every_page_until_it_is_done(working: Shop) -> None:
    screen = opened("stock")
    screen.session_state["_mine"]["at_work"] = (0.4, "Forecasting every item: Kettle")
    assert "Forecasting every item: Kettle" in screen.run().get("progress")[0].proto.text.replace("\\", "")
    screen.session_state["_mine"]["at_work"] = None
    assert not screen.run().get("progress")


def test_what_holding_stock_costs_and_prices_hold_is_typed_in_percent(working: Shop) -> None:
    screen = opened("settings")
    rate = field(screen.number_input, "Holding stock costs … % of its value a year")
    assert rate.value == 25
    rate.set_value(18.5)
    field(screen.number_input, "Prices of sale hold … % sales tax").set_value(7.7)
    button(screen, "Save").click().run()
    assert (policy.shop(working.db).carrying_rate, policy.shop(working.db).sales_tax) == (0.185, 0.077)


# -- finance


def test_finance_says_what_the_stock_was_worth_and_that_the_journal_agrees(working: Shop) -> None:
    screen = opened("finance", step="Other days")
    assert not screen.exception
    screen.date_input(key="days").set_value((doing.today() - timedelta(days=30), doing.today())).run()
    assert "The journal ends with €\u202f288.00 of stock, and the stock of that day is worth €\u202f288.00" in said(screen)
    shown = {metric.label: metric.value.replace("\\", "") for metric in screen.metric}
    assert shown["Cost of goods sold"] == "€\u202f32.00"
    assert shown["Received"] == "€\u202f320.00"
    assert grid(screen, 1).set_index("account").loc["Expenses:Cost-Of-Goods-Sold", "debit"] == 32
    screen.button_group(key="by").set_value("item").run()
    assert grid(screen)[["name", "average", "fifo"]].values.tolist() == [["Kettle", 288, 288]]
    screen.date_input(key="days").set_value(()).run()
    assert not screen.exception


def test_finance_says_no_value_where_no_cost_is_known(on_disk: Shop) -> None:
    on_disk.move("receipt", on_disk.item("KETTLE"), 40, day=doing.today())
    screen = opened("finance")
    assert "No cost is known of what lay there" in said(screen)
    assert not screen.success
    assert grid(screen)[["average", "fifo"]].isna().all(axis=None)
    assert "No entry yet" in said(screen)
    assert "Download" not in [found.proto.label for found in screen.get("download_button")]


def test_whoever_is_no_manager_downloads_no_journal(staffed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, may in (("Stefan", False), ("Olga", True)):
        signed_in(staffed, name, monkeypatch)
        screen = opened("finance")
        assert not screen.exception
        assert ("A manager can download the journal" not in said(screen)) == may
        assert [found.proto.label for found in screen.get("download_button") if found.proto.label != "Excel"] == (
            ["Download"] if may else []
        )


def test_the_shop_says_which_program_takes_its_journal_and_which_accounts_it_has(working: Shop) -> None:
    screen = opened("finance", form="DATEV (SKR04)")
    assert "The name of the file must begin with EXTF" in said(screen)
    assert "delete the entries of those days there first" in said(screen)
    screen.toggle(key="opening-datev-skr04").set_value(True).run()
    assert "take it in only where the stock account stands at nothing yet" in said(screen)
    field(screen.text_input, "Stock").set_value("11400")
    button(screen, "Save").click().run()
    assert "all accounts of one length" in said(screen)
    field(screen.text_input, "Stock").set_value("1141")
    button(screen, "Save").click().run()
    assert journal.accounts(working.db, "datev-skr04")["Assets:Stock"] == "1141"


# -- closed days


def test_a_gap_in_the_sales_is_closed_with_a_click_and_opened_again_in_the_settings(working: Shop) -> None:
    gap = doing.today() - timedelta(days=5)
    with working.db.change(who="Owner", what="Sales"):
        working.db.append("movements", [
            {"line": 100 + back, "happened_at": day, "day": day, "kind": "sale", "item_id": 1, "place": "Shop", "qty": -1, "unit_price": 5}
            for back in range(100) if (day := doing.today() - timedelta(days=back)) != gap
        ])  # fmt: skip
    screen = opened("quality")
    screen.button_group(key="closed-then").set_value([labels.day_text(gap, doing.today())])
    button(screen, "It was closed").click().run()
    assert closing.days(working.db)["reason"].tolist() == ["Public holiday"]
    assert "day without any sale" not in said(screen)
    screen = opened("settings")
    assert "Public holiday" in said(screen)
    button(screen, "Open after all").click().run()
    assert closing.days(working.db).empty
    screen.date_input(key="closed-range").set_value(())
    button(screen, "Add").click().run()
    assert "Choose the days" in said(screen)
    screen.date_input(key="closed-range").set_value((doing.today(), doing.today()))
    button(screen, "Add").click().run()
    assert closing.days(working.db)["day"].dt.date.tolist() == [doing.today()]


# -- people


def signed_in(shop: Shop, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen's browser carries a session of this person."""
    from streamlit.runtime.context import ContextProxy

    stamp = str(shop.db.scalar("select stamp from secrets where name = ?", [name]))
    cookie = sessions.begin(shop.db, accounts.Account(name, "", None, True, "", stamp))
    monkeypatch.setattr(ContextProxy, "cookies", {sessions.COOKIE: cookie})


@pytest.fixture
def staffed(working: Shop) -> Shop:
    """Olga owns the shop, Stefan works in it."""
    accounts.add(working.db, people.LOCAL, "Olga", "owner", "correct horse battery")
    accounts.add(working.db, people.LOCAL, "Stefan", "staff", "correct horse battery")
    return working


def test_the_first_account_is_made_on_settings_and_then_one_has_to_sign_in(working: Shop) -> None:
    screen = opened("settings", settings="People")
    assert "answers only the machine it runs on" in said(screen)
    field(screen.text_input, "Name").set_value("Olga")
    field(screen.text_input, "Password").set_value("correct horse battery")
    button(screen, "Make the owner's account").click().run()
    assert accounts.exist(working.db)
    assert "You are signed out" in said(screen)


@pytest.mark.parametrize("page", PAGES)
def test_without_a_session_no_page_shows_anything(staffed: Shop, page: str) -> None:
    screen = opened(page, item="1")
    assert "You are signed out" in said(screen)
    assert not screen.title
    assert not screen.dataframe


def test_staff_see_no_people_and_their_changes_carry_their_name(staffed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(staffed, "Stefan", monkeypatch)
    screen = opened("settings", settings="People")
    assert not screen.exception
    assert "Olga" not in said(screen)
    assert not screen.dataframe
    assert "Make a token" not in [found.label for found in screen.button]
    record(opened("movements", record="1"), 2)
    assert staffed.db.scalar("select who from changes order by change_id desc limit 1") == "Stefan"


def test_staff_cannot_undo_on_a_screen_what_somebody_else_did(staffed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    staffed.move("receipt", 1, 5)
    signed_in(staffed, "Stefan", monkeypatch)
    screen = opened("today")
    button(screen, "Undo").click().run()
    assert "was done by Owner" in said(screen)
    assert staffed.on_hand("KETTLE") == 41


def test_a_page_that_is_open_ends_with_its_session(staffed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(staffed, "Stefan", monkeypatch)
    screen = opened("stock")
    assert screen.dataframe
    accounts.sign_out_everywhere(staffed.db, people.Person("Olga", "owner"), "Stefan")
    assert "You are signed out" in said(screen.run())


def test_the_owner_adds_people_and_devices_and_a_token_is_shown_once(staffed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(staffed, "Olga", monkeypatch)
    screen = opened("settings", settings="People")
    assert not screen.exception
    assert sorted(grid(screen)["name"]) == ["Olga", "Stefan"]
    field(screen.text_input, "Name of the device").set_value("Handheld 3")
    button(screen, "Make a token").click().run()
    assert devices.holder(staffed.db, screen.code[0].value) == people.Person("Handheld 3 (device)", "staff")
    assert not screen.run().code


# -- quality


def test_quality_says_what_rests_on_doubtful_data_and_shows_the_items_behind_it(working: Shop) -> None:
    screen = opened("quality")
    words = said(screen).replace("\u202f", " ")
    assert "of stock at today's cost rests on doubtful data." in words
    assert "1 item to be ordered has no supplier: nobody can send the order. Mug." in words
    screen = screen.button(key="items-homeless").click().run()
    assert grid(screen, -1)["name"].tolist() == ["Mug"]
    assert grid(opened("quality", part="Sources"), -1)["of"].gt(0).all()
