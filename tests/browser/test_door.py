"""The real server with accounts, asked for everything before anybody has signed in; then signed in, in a real browser."""

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from websockets.exceptions import InvalidStatus

from ims_core import accounts, people
from ims_core import db as database
from tests.browser.visits import ROOT, Server, served, visit

GOOD = "correct horse battery"
PAGES = sorted(file.stem for file in (ROOT / "pages").glob("*.py"))
REST = [
    "", "static/js/index.js", "index.html", "favicon.png", "media/x.png", "component/x/index.html", "_stcore/health", "_stcore/host-config",
    "_stcore/metrics", "_stcore/upload_file/1/2", "_stcore/stream", "_stcore/script-health-check", "api/scan", "api/reads", "api/stock",
    "api/items/KETTLE", "auth/login", "oauth2callback", "API/health", "/api/health", "api/health/", "api/health/../stock", "./stock",
    "%2e%2e/stock", "sign-in/../stock", "sign-in%2f..%2fstock", "SIGN-IN", "sign-in;x", "_stcore%2fhealth", "//_stcore/health",
]  # fmt: skip


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh server of a shop with accounts, that nobody has asked for anything yet."""
    path = tmp_path_factory.mktemp("door") / "shop.duckdb"
    db = database.connect(path)
    accounts.add(db, people.LOCAL, "Olga", "owner", GOOD)
    db.close()
    with served(path) as running:
        yield running


def asked(server: Server, path: str) -> int:
    """The status for an address exactly as it is written."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("GET", f"/{path}", skip_accept_encoding=True)
    connection.endheaders()
    return connection.getresponse().status


def test_a_fresh_server_refuses_every_page_and_every_address_but_health(closed: Server) -> None:
    assert {path: asked(closed, path) for path in PAGES + REST} == dict.fromkeys(PAGES + REST, 401)
    assert asked(closed, "api/health") == 200
    assert asked(closed, "sign-in") == 200


def test_a_fresh_server_refuses_the_websocket(closed: Server) -> None:
    with pytest.raises(InvalidStatus, match="403"), visit(closed):
        pass


def test_until_there_are_accounts_the_network_is_told_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # what `python -m ims_core serve` makes of IMS_ADDRESS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
        except OSError:
            pytest.skip("This machine is in no network.")
        address = probe.getsockname()[0]
    with served(tmp_path / "shop.duckdb") as open_shop:
        assert (asked(open_shop, "stock"), asked(open_shop, "today")) == (200, 307)
        connection = http.client.HTTPConnection(address, open_shop.port, timeout=30)
        connection.request("GET", "/today")
        answer = connection.getresponse()
        assert answer.status == 403
        assert b"Make an owner account there first" in answer.read()


@pytest.mark.parametrize("dark", [False, True])
def test_somebody_signs_in_on_a_phone_works_and_signs_out(closed: Server, chromium: Browser, dark: bool, tmp_path: Path) -> None:
    with chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark" if dark else "light") as phone:
        page = phone.new_page()
        page.goto(f"{closed.address}/settings")
        page.get_by_label("Name").fill("Olga")
        page.get_by_label("Password").fill("wrong wrong wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("Name or password is not right.")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=tmp_path / "sign-in.png")
        page.get_by_label("Password").fill(GOOD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Settings")).to_be_visible(timeout=60_000)
        assert page.url.endswith("/settings")
        assert page.evaluate("document.cookie").find("ims_session") == -1
        page.goto(f"{closed.address}/sign-out")
        page.goto(f"{closed.address}/settings")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
