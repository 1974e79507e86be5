"""The whole first path through the screens: the sample shop, its forecast, its reorder sheet, and everything taken back."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from tests.browser.visits import Server, served

LONG = 180_000  # ms: two cores, and others at work beside us


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An empty shop, in which the tests below open the sample."""
    with served(tmp_path_factory.mktemp("sample") / "shop.duckdb") as running:
        yield running


@pytest.fixture(scope="module")
def tab(chromium: Browser, sample: Server) -> Iterator[Page]:
    """One tab, in which one thing follows another."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.goto(sample.address)
    yield page
    page.close()


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def test_the_sample_is_opened_whole_even_when_somebody_clicks_elsewhere_meanwhile(tab: Page) -> None:
    tab.get_by_role("button", name="Open the sample shop").click()
    tab.get_by_text("Opening the sample shop").wait_for()
    tab.get_by_role("link", name="Stock").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Stock")
    # the bar goes on here; on a quick machine it is gone before it can be looked for, so what counts is that all of it came in
    expect(tab.get_by_test_id("stCaptionContainer").first).to_contain_text("items on", timeout=LONG)
    tab.get_by_role("link", name="Today").click()
    expect(tab.get_by_text("What happened last")).to_be_visible(timeout=LONG)
    expect(tab.get_by_role("button", name="Undo")).to_have_count(1)


def test_all_items_are_forecast(tab: Page) -> None:
    tab.get_by_role("link", name="Forecast").first.click()
    tab.get_by_role("button", name="Run for all items").click(timeout=LONG)
    expect(tab.locator(".st-key-last-change")).to_contain_text("Every item has a new forecast", timeout=LONG)


def test_the_reorder_sheet_is_downloaded_and_adds_up(tab: Page) -> None:
    tab.get_by_role("link", name="Reorders").click()
    button = tab.get_by_role("button", name="Download sheet")
    button.wait_for(timeout=LONG)
    with tab.expect_download(timeout=LONG) as download:
        button.click()
    book = load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert {"Overview", "All items"} < set(book.sheetnames)
    supplier = book[book.sheetnames[1]]
    names = [cell.value for cell in supplier[3]]
    lines = [
        dict(zip(names, (cell.value for cell in row), strict=True)) for row in supplier.iter_rows(min_row=4, max_row=supplier.max_row - 1)
    ]
    assert lines
    assert all(line["Order quantity"] > 0 for line in lines)


def test_one_click_takes_the_sample_away_again(tab: Page) -> None:
    tab.get_by_role("link", name="Today").click()
    tab.get_by_role("button", name="Undo").first.click(timeout=LONG)  # the forecast stands on the import
    expect(tab.locator(".st-key-last-change")).to_contain_text("Undone", timeout=LONG)
    tab.get_by_role("button", name="Undo").last.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Welcome", timeout=LONG)
