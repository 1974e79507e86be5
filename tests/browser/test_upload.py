"""A drop in a real browser: shown, kept while another page is open, answered, written and undone; at a desk and on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.test_pages_open import PHONE, WIDTHS, settled
from tests.browser.visits import ROOT, Server, served

LONG = 60_000  # ms: two cores, and others at work beside us
SAMPLE = sorted(file for file in (ROOT / "data" / "sample").iterdir() if file.suffix in (".csv", ".xlsx") and "2024" not in file.name)
"""The sample shop's files, with one of its two years of sales."""
MARKET = "market.csv", "Receipt,Date,Item code,Quantity,Price\nM1,03/04/2026,BOWL,two,4\nM2,05/04/2026,BOWL,2,4\nM3,06/05/2026,BOWL,3,4\n"
DATELESS = "fair.csv", "Receipt,Code,Qty,Price\nF1,BOWL,2,4\nF2,BOWL,1,4\n"


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An empty shop to drop files into."""
    with served(tmp_path_factory.mktemp("upload") / "shop.duckdb") as running:
        yield running


def on_upload(chromium: Browser, server: Server, width: str) -> Page:
    wide, high = WIDTHS[width]
    page = chromium.new_page(viewport={"width": wide, "height": high}, user_agent=PHONE if width == "phone" else None)
    page.set_default_timeout(LONG)
    page.goto(f"{server.address}/upload")
    expect(page.get_by_role("heading", name="Upload", level=1)).to_be_visible(timeout=LONG)
    settled(page)
    return page


def drop(page: Page, *files: tuple[str, str] | Path) -> None:
    made: list[FilePayload] = [
        {"name": file.name, "mimeType": "application/octet-stream", "buffer": file.read_bytes()}
        if isinstance(file, Path)
        else {"name": file[0], "mimeType": "text/csv", "buffer": file[1].encode()}
        for file in files
    ]
    page.set_input_files("input[type=file]", made)
    page.locator(".st-key-drop-finish").get_by_role("button", name="Discard").wait_for()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def undo_the_last(page: Page) -> None:
    page.locator("[class*=st-key-undoing]").get_by_role("button").first.click()
    page.get_by_role("button", name="Undo import").click()
    expect(page.locator(".st-key-last-change")).to_contain_text("Undone", timeout=LONG)


def test_the_sample_s_files_are_dropped_kept_written_and_undone(chromium: Browser, counter: Server) -> None:
    page = on_upload(chromium, counter, "desk")
    drop(page, *SAMPLE)
    says = re.compile("16,[0-9]{3} of 17,000 lines will be used")
    expect(page.get_by_text(says)).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stExpander")).to_have_count(len(SAMPLE))
    expect(page.get_by_text("Lines not used", exact=True)).to_be_visible()
    page.get_by_role("link", name="Items").click()
    expect(page.get_by_role("heading", name="Items", level=1)).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="Upload").click()
    expect(page.get_by_text(says)).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Commit").click()
    expect(page.locator(".st-key-last-change")).to_contain_text("Imported: 16,", timeout=LONG)
    expect(page.get_by_text(says)).to_have_count(0)
    undo_the_last(page)
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_question_is_answered_reasons_are_seen_and_the_import_is_undone(chromium: Browser, counter: Server, width: str) -> None:
    page = on_upload(chromium, counter, width)
    drop(page, MARKET)
    commit = page.get_by_role("button", name="Commit")
    expect(commit).to_be_disabled()
    expect(page.get_by_text("1 question above must be answered first")).to_be_visible()
    page.get_by_role("radio", name="Day first").click()
    expect(commit).to_be_enabled(timeout=LONG)
    settled(page)
    assert fits(page), "the page is wider than the screen"
    page.locator("summary").first.click()
    page.get_by_role("radio", name="Not used", exact=True).click()
    expect(page.get_by_text("1 line not used. Tick a reason to see its lines.")).to_be_visible(timeout=LONG)
    assert fits(page), "the open panel is wider than the screen"
    commit.click()
    expect(page.locator(".st-key-last-change")).to_contain_text("Imported: 2 lines", timeout=LONG)
    undo_the_last(page)
    page.close()


def test_a_file_that_lacks_a_column_waits_and_an_answer_survives_a_further_file(chromium: Browser, counter: Server) -> None:
    page = on_upload(chromium, counter, "phone")
    drop(page, MARKET)
    page.get_by_role("radio", name="Month first").click()
    commit = page.get_by_role("button", name="Commit")
    expect(commit).to_be_enabled(timeout=LONG)
    drop(page, DATELESS)
    expect(page.get_by_text("this file needs a column for date")).to_be_visible(timeout=LONG)
    expect(commit).to_be_disabled()
    page.get_by_role("button", name="Leave it out").click()
    expect(commit).to_be_enabled(timeout=LONG)
    page.close()
