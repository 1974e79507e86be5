"""The screens Forecast and Reorders, run as Streamlit runs them."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from streamlit.testing.v1 import AppTest

from ims_core import db as database
from ims_core import forecasting, people, settings, suppliers
from ims_core.web import shown, ui
from tests.builders import Shop
from tests.test_forecasting import sell

TODAY = datetime.now(UTC).date()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the server finds its shop."""
    monkeypatch.setenv("IMS_DATABASE", str(tmp_path / "shop.duckdb"))
    yield tmp_path / "shop.duckdb"
    ui.close()


@pytest.fixture
def working(path: Path) -> Path:
    """A shop whose kettles run out, with lamps for years; the kettle comes in boxes of 6."""
    db = database.connect(path)
    shop = Shop(db)
    kettle, lamp = shop.item("KETTLE", cost=8, price=19), shop.item("LAMP", cost=30, price=60)
    nordlicht = shop.supplier("Nordlicht", lead_days=14, min_order=5000)
    terms = {"item_id": kettle, "supplier_id": nordlicht, "code": "N-1", "cost": 8, "pack": 6, "preferred": True}
    suppliers.save_terms(db, people.LOCAL, [terms])
    for item_id, sold, left in ((kettle, 4, 20), (lamp, 1, 900)):
        sell(shop, item_id, [sold] * 140, last=TODAY - timedelta(days=1))
        shop.move("receipt", item_id, 140 * sold + left, day=TODAY - timedelta(days=150))
    db.close()
    return path


def opened(page: str) -> AppTest:
    """The page in its menu, as the browser gets it."""
    app = AppTest.from_file(str(settings.ROOT / "ims_core" / "web" / "menu.py"), default_timeout=60).run()
    app.switch_page(str(settings.ROOT / "pages" / f"{page}.py")).run()
    assert not app.exception
    assert not app.error
    return app


def said(app: AppTest) -> str:
    """All words of the page, without the escapes."""
    kinds: tuple[Any, ...] = (app.title, app.caption, app.markdown, app.info, app.success, app.subheader, app.warning)
    return " ".join(str(part.value) for kind in kinds for part in kind).replace("\\", "")


def proposal(sku: str) -> dict[str, Any]:
    from ims_core import reorder

    found = reorder.suggest(ui.db(), TODAY)
    return dict(found.loc[found.sku == sku].iloc[0])


# -- Forecast


def test_an_empty_shop_is_told_what_forecast_will_show(path: Path) -> None:
    assert "Nothing was sold yet" in said(opened("forecast"))


def test_the_best_seller_is_shown_with_the_day_its_stock_is_gone(working: Path) -> None:
    app = opened("forecast")
    assert app.selectbox[0].options[0] == "Kettle · KETTLE"
    assert "**20** on hand, gone about" in said(app)
    assert len(app.get("plotly_chart")) == 1


def test_another_item_may_be_chosen(working: Path) -> None:
    app = opened("forecast")
    app.selectbox[0].set_value(2).run()
    assert "**900** on hand: enough for more than 12 weeks." in said(app)


def test_a_link_opens_its_item(working: Path) -> None:
    app = opened("forecast")
    app.query_params["item"] = "2"
    assert "**900** on hand" in said(app.run())


def test_the_sliders_change_what_is_asked(working: Path) -> None:
    app = opened("forecast")
    app.slider(key="weeks").set_value(26)
    app.slider(key="service").set_value(99).run()
    assert not app.exception


def test_the_whole_shop_is_forecast_at_a_click_and_the_risks_are_listed(working: Path) -> None:
    app = opened("forecast")
    assert "has no forecast yet" in said(app)
    next(button for button in app.button if button.label == "Run for all items").click().run()
    assert not app.exception
    assert "The forecast of 2 items for 12 weeks was made" in said(app)
    assert [tab.label for tab in app.tabs] == ["May run out · 1", "Too much · 1"]
    assert forecasting.latest(ui.db())["items"] == 2


def test_what_was_never_counted_does_not_pretend_to_last(path: Path) -> None:
    db = database.connect(path)
    shop = Shop(db)
    sell(shop, shop.item("KETTLE"), [4] * 100, last=TODAY)
    db.close()
    assert "Never counted, so nobody knows how long it lasts." in said(opened("forecast"))
    forecasting.run(ui.db(), people.LOCAL, TODAY)
    app = opened("forecast")
    assert app.tabs[0].label == "May run out · 0"
    assert "Nobody can say: no item was ever counted." in said(app)


# -- Reorders


def test_an_empty_shop_is_told_what_reorders_will_show(path: Path) -> None:
    assert "what to order, from whom, and why" in said(opened("reorders"))


def test_the_headline_says_how_much_from_how_many(working: Path) -> None:
    app = opened("reorders")
    found = proposal("KETTLE")
    assert f"1 of 2 items to order, from 1 supplier, for €\u202f{found['value']:,.2f}" in said(app)
    assert "Nordlicht stays below the smallest order, by" in said(app)


def test_the_line_says_why(working: Path) -> None:
    app = opened("reorders")
    assert proposal("KETTLE")["reason"] in said(app)
    assert len(app.get("plotly_chart")) == 1


def type_quantity(app: AppTest, row: int, quantity: float) -> AppTest:
    grid, _ = app.session_state["_mine"]["grid"]
    app.session_state[grid] = {"edited_rows": {row: {"quantity": quantity}}, "added_rows": [], "deleted_rows": []}
    return app.run()


def test_a_quantity_changed_by_hand_counts_at_once(working: Path) -> None:
    app = type_quantity(opened("reorders"), 0, 13)
    assert "1 changed by hand" in said(app)
    assert "for €\u202f104.00" in said(app)
    assert "You order 13 instead of" in said(app)
    assert "Kettle: packs hold 6." in said(app)


def test_a_quantity_changed_by_hand_is_kept_while_one_looks_elsewhere(working: Path) -> None:
    app = type_quantity(opened("reorders"), 0, 12)
    app.toggle(key="everything").set_value(True).run()
    app.switch_page(str(settings.ROOT / "pages" / "stock.py")).run()
    app.switch_page(str(settings.ROOT / "pages" / "reorders.py")).run()
    assert "for €\u202f96.00" in said(app)


def test_what_was_typed_may_be_taken_back(working: Path) -> None:
    app = opened("reorders")
    before = app.caption[0].value
    type_quantity(app, 0, 12)
    next(button for button in app.button if button.label == "Take the proposals again").click().run()
    assert app.caption[0].value == before


def test_more_service_orders_more(working: Path) -> None:
    app = opened("reorders")
    before = said(app)
    app.slider(key="service").set_value(99).run()
    assert said(app) != before


def test_what_has_enough_may_be_shown_too(working: Path) -> None:
    app = opened("reorders")
    app.toggle(key="everything").set_value(True).run()
    assert app.selectbox[0].options == ["Kettle", "Lamp"]


def test_a_shop_with_enough_is_told_so(path: Path) -> None:
    db = database.connect(path)
    shop = Shop(db)
    shop.move("receipt", shop.item("KETTLE"), 10, day=TODAY)
    db.close()
    assert "Nothing needs to be ordered" in said(opened("reorders"))


def test_the_sheet_holds_what_the_screen_shows_and_why_it_was_proposed(working: Path) -> None:
    app = type_quantity(opened("reorders"), 0, 13)
    typed = frozenset(app.session_state["_mine"]["typed"].items())
    book = load_workbook(
        io.BytesIO(shown.sheet(ui.ask(shown.orders, TODAY, 0.95, typed), "My shop", TODAY, "€", "Sales are known up to 20 May."))
    )
    page = book["Nordlicht"]
    assert book["Overview"]["A2"].value.endswith("every value follows. Sales are known up to 20 May.")
    assert [page[cell].value for cell in ("A4", "C4", "I4", "K4")] == ["KETTLE", "N-1", 13, 8]
    assert proposal("KETTLE")["reason"] in [cell.value for row in book["All items"] for cell in row]
