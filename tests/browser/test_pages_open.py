"""Every page in a real browser, at a desk and on a phone: nothing fails, nothing is fetched from outside, nobody's text runs."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visits import Server, served, visit

PAGES = [
    "",
    "inbox",
    "stock",
    "count",
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
    "item?item=1",
]
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
AT_HOME = {"settings": "settings?settings=Proof+of+the+ledger", "movements": "movements?record=1"}


class Watch:
    """What a page complains about, and what it fetches from elsewhere."""

    def __init__(self, page: Page, server: Server) -> None:
        self.complaints: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda said: self.complaints.append(f"{said.text} {said.location}") if said.type == "error" else None)
        page.on("pageerror", lambda failure: self.complaints.append(str(failure)))
        page.on("request", lambda asked: self.outside.append(asked.url) if self._foreign(asked.url, server) else None)

    @staticmethod
    def _foreign(url: str, server: Server) -> bool:
        return url.startswith(("http", "ws")) and urlparse(url).port != server.port

    def real(self) -> list[str]:
        """Complaints but those of Streamlit itself, which looks for its own addresses below a page's address first."""
        return [said for said in self.complaints if "/_stcore/" not in said]


def settled(page: Page) -> None:
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")


@pytest.fixture(scope="module")
def tabs(chromium: Browser) -> Iterator[dict[str, Page]]:
    """A tab of each width: it loads every address anew, but keeps what it has compiled of Streamlit's own script."""
    opened = {
        name: chromium.new_page(viewport={"width": wide, "height": high}, user_agent=PHONE if name == "phone" else None)
        for name, (wide, high) in WIDTHS.items()
    }
    yield opened
    for page in opened.values():
        page.close()


@pytest.fixture
def desk(tabs: dict[str, Page]) -> Page:
    """A tab at a desk that has left the page before."""
    return left(tabs["desk"])


@pytest.fixture(params=WIDTHS)
def tab(request: pytest.FixtureRequest, tabs: dict[str, Page]) -> Page:
    """A tab at a desk and on a phone that has left the page before."""
    return left(tabs[request.param])


def left(page: Page) -> Page:
    page.goto("about:blank")
    return page


@pytest.mark.parametrize("address", PAGES)
def test_a_page_opens(tab: Page, server: Server, address: str) -> None:
    page, watch = tab, Watch(tab, server)
    page.goto(f"{server.address}/{AT_HOME.get(address, address)}")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=20_000)
    settled(page)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("could not be shown").count() == 0
    assert watch.real() == []
    assert watch.outside == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page is wider than the screen"


def test_the_menu_of_a_phone_closes_when_a_page_was_chosen(chromium: Browser, server: Server) -> None:
    page = chromium.new_context(viewport={"width": 390, "height": 844}, user_agent=PHONE, is_mobile=True, has_touch=True).new_page()
    page.goto(f"{server.address}/stock")
    settled(page)
    page.get_by_test_id("stExpandSidebarButton").tap()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Places").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Places")
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    page.context.close()


def test_a_name_is_only_ever_text(desk: Page, server: Server) -> None:
    page, watch = desk, Watch(desk, server)
    page.goto(f"{server.address}/item?item=3")
    expect(page.get_by_role("heading", level=1)).to_contain_text(":red[**bold**]")
    settled(page)
    assert page.title() != "1"
    assert watch.outside == []


def test_a_click_on_a_name_opens_the_item_and_back_leads_back(desk: Page, server: Server) -> None:
    page = desk
    page.goto(f"{server.address}/stock?find=kettle")
    grid = page.get_by_test_id("stDataFrame")
    grid.wait_for()
    settled(page)
    box = grid.bounding_box()
    assert box
    page.mouse.click(box["x"] + 40, box["y"] + 50)
    expect(page.get_by_role("heading", level=1)).to_have_text("Kettle")
    assert re.search(r"/item\?item=1$", page.url)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stock")


def test_a_movement_is_recorded_and_undone(chromium: Browser, server: Server) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{server.address}/movements?record=1")
    page.get_by_label("Pieces", exact=True).fill("7")
    page.get_by_role("button", name="Record", exact=True).click()
    line = page.locator(".st-key-last-change")
    expect(line).to_contain_text("Receipt of 7 Kettle")
    line.get_by_role("button", name="Undo").click()
    expect(line).to_contain_text("Undone: Receipt of 7 KETTLE")
    page.close()


def test_a_table_is_downloaded_as_excel(desk: Page, server: Server) -> None:
    page = desk
    page.goto(f"{server.address}/stock")
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel").click()
    assert download.value.suggested_filename == "Stock.xlsx"
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"


def test_whatever_is_asked_first_runs_inside_the_menu(tmp_path: Path) -> None:
    """A fresh server must not run a page by itself: sign-in and error handling stand in the menu."""

    def first_answer(address: str) -> list[str]:
        page, _, query = address.partition("?")
        with served(tmp_path / f"{page}.duckdb") as fresh, visit(fresh) as tab:
            return tab.run(page, query).kinds()

    some = PAGES if os.environ.get("CI") else PAGES[1::4]  # a server for each: some seconds a page
    with ThreadPoolExecutor(2) as two:
        for address, kinds in zip(some, two.map(first_answer, some), strict=True):
            assert {"navigation", "logo", "delta"} <= set(kinds), address
            assert kinds.index("navigation") < kinds.index("delta"), address


def test_a_stranger_s_host_name_is_turned_away(server: Server) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example", "Origin": "http://evil.example"}):
        with pytest.raises(InvalidStatus, match="403"), connect(f"ws://127.0.0.1:{server.port}/_stcore/stream", additional_headers=headers):
            pass
