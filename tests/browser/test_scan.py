"""The scan page in a real browser: a hand scanner loses nothing however fast it is, and keeps the field to itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ims_core import db as database
from ims_core import items, people
from ims_core.web import scanner
from tests.browser import film
from tests.browser.conftest import FLAGS, found_chromium
from tests.browser.test_pages_open import PHONE, WIDTHS
from tests.browser.test_upload import LONG, fits
from tests.browser.visits import Server, served
from tests.builders import Shop

ARTICLES = 50


def ean(number: int) -> str:
    """An EAN-13 of its own for each number."""
    code = f"40063813{number:04}"
    return code + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(code)) % 10)


@pytest.fixture(scope="module")
def stall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """Fifty articles with a barcode each, nothing in stock."""
    path = stocked(tmp_path_factory.mktemp("scan") / "shop.duckdb", ARTICLES)
    with served(path) as running:
        yield running, path


def stocked(path: Path, articles: int) -> Path:
    """A shop with so many articles, each with a barcode, and a cellar."""
    shop = Shop(database.connect(path))
    items.save(shop.db, people.LOCAL, [{"sku": f"A{number}", "name": f"Article {number}"} for number in range(articles)])
    for number in range(articles):
        items.link_barcode(shop.db, people.LOCAL, number + 1, ean(number))
    shop.place("Cellar")
    shop.db.close()
    return path


def on_scan(chromium: Browser, server: Server, width: str, mode: str) -> Page:
    wide, high = WIDTHS[width]
    page = chromium.new_page(viewport={"width": wide, "height": high}, user_agent=PHONE if width == "phone" else None)
    page.set_default_timeout(LONG)
    page.goto(f"{server.address}/scan?mode={mode}")
    expect(page.get_by_label("Scan or type a code")).to_be_focused(timeout=LONG)
    expect(page.get_by_label("Place")).to_be_visible()
    return page


def beep(page: Page, code: str) -> None:
    page.keyboard.type(code, delay=3)
    page.keyboard.press("Enter")


def test_fifty_codes_at_the_speed_of_a_scanner_are_fifty_movements(chromium: Browser, stall: tuple[Server, Path]) -> None:
    page = on_scan(chromium, stall[0], "phone", "receive")
    for number in range(ARTICLES):
        beep(page, ean(number))
    expect(page.get_by_text(f"+1 Article {ARTICLES - 1} to Shop").first).to_be_visible(timeout=LONG)
    page.goto(f"{stall[0].address}/movements")
    expect(page.get_by_role("heading", name="Movements", level=1)).to_be_visible()
    page.goto(f"{stall[0].address}/stock")
    expect(page.get_by_text(f"{ARTICLES} items on")).to_contain_text(f"{ARTICLES} pieces", timeout=LONG)
    page.close()


def test_what_is_scanned_while_a_button_has_the_focus_is_not_lost(chromium: Browser, stall: tuple[Server, Path]) -> None:
    page = on_scan(chromium, stall[0], "phone", "receive")
    beep(page, ean(0))
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Undone: ").first).to_be_visible()
    beep(page, ean(1))
    expect(page.get_by_text("+1 Article 1 to Shop").first).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Undone: +1 Article 1").first).to_be_visible()
    assert fits(page), "the page is wider than the screen"
    page.close()


# -- the camera

SHOWN = 6
BY_BROWSER = pytest.param("browser", marks=pytest.mark.skipif(not scanner.decoder(), reason="make camera was not run"))


BEYOND = """Math.max(...[...document.querySelectorAll('[data-testid=stButtonGroup]')].flatMap(group => [...group.querySelectorAll('button')]
    .map(each => Math.floor(each.getBoundingClientRect().right - group.getBoundingClientRect().right))))"""
"""Pixels by which a segment stands out of its row."""


def open_camera(browser: Browser, server: Server, reads: str) -> Page:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(LONG)
    if reads == "server":
        page.route("**/scanner/**", lambda route: route.abort())  # a browser that reads nothing itself
    page.goto(f"{server.address}/scan?mode=receive")
    expect(page.get_by_label("Scan or type a code")).to_be_focused(timeout=LONG)
    assert page.evaluate(BEYOND) <= 0, "the ways to scan do not fit a phone's width"
    page.get_by_text("Camera", exact=True).click()
    return page


def camera_runs(page: Page) -> None:
    expect(page.locator(".camera:not(.waits) video")).to_be_visible(timeout=LONG)


@pytest.mark.parametrize("reads", ["server", BY_BROWSER])
def test_the_camera_starts_at_once_on_a_fresh_server_and_again_whenever_it_is_wanted(chromium: Browser, reads: str, tmp_path: Path) -> None:
    with served(stocked(tmp_path / "shop.duckdb", 1)) as server, filmed(chromium) as browser:
        page = open_camera(browser, server, reads)
        camera_runs(page)
        for _ in range(3):
            page.get_by_text("Scanner", exact=True).click()
            expect(page.locator(".camera")).to_be_hidden()
            page.get_by_text("Camera", exact=True).click()
            page.get_by_text("Sell", exact=True).click()  # the page is drawn anew while the connection is made
            page.get_by_text("Receive", exact=True).click()
            camera_runs(page)


@pytest.mark.parametrize("reads", ["server", BY_BROWSER])
def test_each_code_held_under_the_camera_is_exactly_one_movement(chromium: Browser, reads: str, tmp_path: Path) -> None:
    path = stocked(tmp_path / "shop.duckdb", SHOWN)
    shown = film.made(tmp_path / "film.mjpeg", [ean(number) for number in range(SHOWN)], before=10, shown=2)
    with served(path) as server, filmed(chromium) as other, filmed(chromium, shown) as browser:
        camera_runs(open_camera(other, server, reads))  # the film does not wait until a fresh server has loaded what it reads with
        page = open_camera(browser, server, reads)
        expect(page.get_by_text(f"+1 Article {SHOWN - 1} to Shop").first).to_be_visible(timeout=LONG)
        page.wait_for_timeout(1500)  # a second read of the last code would come now
    booked = database.connect(path)
    assert booked.rows("select item_id, sum(qty) from movements group by item_id order by 1") == [(item + 1, 1) for item in range(SHOWN)]
    booked.close()


@contextmanager
def filmed(chromium: Browser, shown: Path | None = None) -> Iterator[Browser]:
    """A browser of its own, whose camera sees the film, or what the browser makes up."""
    browser = chromium.browser_type.launch(executable_path=found_chromium(), args=[*FLAGS, *film.flags(shown)])
    yield browser
    browser.close()


# -- other devices


def test_an_open_page_shows_another_device_s_scan_and_leaves_alone_what_is_being_typed(chromium: Browser, tmp_path: Path) -> None:
    with served(stocked(tmp_path / "shop.duckdb", 3)) as server:
        desk = chromium.new_page()
        desk.set_default_timeout(LONG)
        desk.goto(f"{server.address}/stock")
        expect(desk.get_by_text("nobody knows what is there")).to_be_visible(timeout=LONG)
        item = chromium.new_page()
        item.goto(f"{server.address}/item?item=1&part=Barcodes")
        barcode = item.get_by_label("Add a barcode")
        barcode.fill("half a co", timeout=LONG)
        phone = on_scan(chromium, server, "phone", "receive")
        beep(phone, ean(0))
        expect(desk.get_by_text("1 piece,")).to_be_visible(timeout=LONG)
        expect(item.get_by_text("Nothing has moved yet")).to_have_count(0, timeout=LONG)
        expect(barcode).to_have_value("half a co")
        for page in (desk, item, phone):
            page.close()
