"""The door: nothing answers without a session, whatever the address looks like; and what a session is worth."""

import asyncio
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from ims_core import accounts, api, devices, gate, sessions
from ims_core.db import Database
from ims_core.people import LOCAL, Person
from ims_core.slowing import Failures
from tests.builders import Shop, empty_shop

GOOD = "correct horse battery"
OWNER = Person("Olga", "owner")
HERE, ELSEWHERE = ("127.0.0.1", 50000), ("192.168.1.7", 50000)


def house(shop: Shop) -> Starlette:
    """A server like the real one: behind the door, every address there is answers with what it holds."""

    async def anything(request: Request) -> PlainTextResponse:
        return PlainTextResponse("the shop's secrets")

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("the shop's secrets")
        await socket.close()

    routes = [*api.routes(lambda: shop.db), *gate.routes(lambda: shop.db), WebSocketRoute("/{path:path}", stream),
              Route("/{path:path}", anything, methods=["GET", "POST", "PUT", "DELETE"])]  # fmt: skip
    return Starlette(routes=routes, middleware=[Middleware(gate.Gate, shop=lambda: shop.db)])


def browser(shop: Shop, client: tuple[str, int] = ELSEWHERE, host: str = "http://shop.lan:8501") -> TestClient:
    return TestClient(house(shop), base_url=host, client=client, follow_redirects=False)


def sign_in(visitor: TestClient, name: str = "Olga", password: str = GOOD, **headers: str) -> int:
    return int(visitor.post("/sign-in", data={"name": name, "password": password}, headers=headers).status_code)


def opens_stream(visitor: TestClient, path: str = "/_stcore/stream") -> bool:
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    headers = {"host": str(visitor.base_url).partition("//")[2].strip("/"), "cookie": cookies}
    try:
        with visitor.websocket_connect(path, headers=headers) as socket:
            return socket.receive_text() == "the shop's secrets"
    except WebSocketDisconnect:
        return False


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins without failures."""
    monkeypatch.setattr(gate, "FAILURES", Failures())


@pytest.fixture
def closed(shop: Shop) -> Shop:
    """A shop with accounts."""
    accounts.add(shop.db, LOCAL, "Olga", "owner", GOOD)
    accounts.add(shop.db, OWNER, "Stefan", "staff", GOOD)
    return shop


PLACES = [
    "/", "/today", "/stock", "/settings", "/item?item=1", "/static/js/index.js", "/media/abc.png", "/_stcore/health", "/_stcore/metrics",
    "/_stcore/host-config", "/_stcore/upload_file/1/2", "/_stcore/bidi-components/x/index.js", "/component/x/index.html", "/favicon.png",
    "/sign-out", "/auth/login", "/oauth2callback", "/api", "/api/", "/api/scan", "/api/stock", "/api/reads", "/api/items/KETTLE",
]  # fmt: skip
TRICKS = [
    "//", "//api/health", "/api/health/", "/api/health/../stock", "/api/health%2f..%2fstock", "/API/HEALTH", "/Api/health", "/api//health",
    "/./api/health", "/sign-in/", "/sign-in/..", "/sign-in/../stock", "/sign-in%2f..%2fstock", "/sign-in;x", "/SIGN-IN", "/%2e%2e/sign-in",
    "/sign-in%00", "/sign-in%20", "/sign-in\\..\\stock", "/stock/..%2fsign-in", "/api/health%00", "/_stcore/../sign-in", "/sign-in%3fx",
]  # fmt: skip


# -- without a session


def answered(shop: Shop, method: str, path: str, kind: str = "http") -> tuple[int, bytes]:
    """Status and body for an address exactly as it was sent; a client would tidy it up first."""
    sent: list[Message] = []
    scope = {"type": kind, "method": method, "path": unquote(path), "raw_path": path.encode(), "query_string": b"", "scheme": "http",
             "root_path": "", "headers": [(b"host", b"shop.lan")], "client": ELSEWHERE, "server": ("shop.lan", 80)}  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as apart:  # a browser that another test left open has a loop running here
        apart.submit(asyncio.run, house(shop)(scope, receive, send)).result()
    return int(sent[0]["status"]), b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD"])
def test_without_a_session_nothing_answers(method: str) -> None:
    for path in PLACES + TRICKS:
        status, body = answered(_KEPT[0], method, path)
        assert status in (401, 404, 405), path
        assert b"secrets" not in body, path


@given(path=st.text(st.sampled_from("/.%2eEaApPiIhHltsgn-_5c\\;#"), max_size=24))
def test_no_address_that_somebody_makes_up_passes(path: str) -> None:
    assert b"secrets" not in answered(_KEPT[0], "GET", f"/{path}")[1]


_KEPT: list[Shop] = []


@pytest.fixture(autouse=True, scope="module")
def _one_for_all() -> Iterator[None]:

    shop = Shop(empty_shop())
    accounts.add(shop.db, LOCAL, "Olga", "owner", GOOD)
    _KEPT.append(shop)
    yield
    _KEPT.pop().db.close()


@pytest.mark.parametrize("path", ["/_stcore/stream", "/", "/api/health", "/sign-in", "//_stcore/stream", "/_STCORE/stream", "/api/scan"])
def test_without_a_session_no_websocket_is_opened(path: str) -> None:
    assert not opens_stream(browser(_KEPT[0]), path)


def test_a_page_leads_to_the_sign_in_and_back_to_where_it_was(closed: Shop) -> None:
    visitor = browser(closed)
    asked = visitor.get("/stock?find=mug", headers={"accept": "text/html"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=%2Fstock%3Ffind%3Dmug")
    signed = visitor.post(asked.headers["location"], data={"name": "olga", "password": GOOD})
    assert (signed.status_code, signed.headers["location"]) == (303, "/stock?find=mug")


def test_health_tells_everybody_that_it_lives_and_nothing_else(closed: Shop) -> None:
    assert set(browser(closed).get("/api/health").json()) == {"state", "version", "changes"}


def test_a_door_that_cannot_tell_who_is_there_stays_shut() -> None:
    def gone() -> Database:
        raise OSError("disk on fire")

    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("secrets"))], middleware=[Middleware(gate.Gate, shop=gone)])
    answer = TestClient(app, client=HERE).get("/")
    assert (answer.status_code, "secrets" in answer.text, "fire" in answer.text) == (503, False, False)


# -- no accounts yet


def test_until_there_are_accounts_only_the_machine_itself_is_answered(shop: Shop) -> None:
    assert browser(shop, HERE, "http://localhost:8501").get("/stock").text == "the shop's secrets"
    assert opens_stream(browser(shop, HERE, "http://127.0.0.1:8501"))
    for client, host in ((ELSEWHERE, "http://shop.lan"), (ELSEWHERE, "http://127.0.0.1"), (HERE, "http://evil.example")):
        answer = browser(shop, client, host).get("/stock")
        assert answer.status_code == 403
        assert "Make an owner account there first" in answer.text
        assert not opens_stream(browser(shop, client, host))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_a_proxy_on_the_machine_passes_on_comes_from_elsewhere(shop: Shop, header: str) -> None:
    visitor = browser(shop, HERE, "http://127.0.0.1:8501")
    assert visitor.get("/stock", headers={header: "127.0.0.1"}).status_code == 403
    assert visitor.get("/api/stock", headers={header: "127.0.0.1"}).status_code == 403


def test_also_on_the_machine_the_api_needs_a_token(shop: Shop) -> None:
    visitor = browser(shop, HERE, "http://127.0.0.1:8501")
    assert visitor.get("/api/stock").status_code == 401
    devices.add(shop.db, LOCAL, "Handheld", "viewer", token := devices.new_token())
    assert visitor.get("/api/stock", headers={"Authorization": f"Bearer {token}"}).status_code == 200


# -- signing in


def test_a_session_opens_pages_and_the_websocket_and_its_cookie_is_kept_from_scripts(closed: Shop) -> None:
    visitor = browser(closed)
    answer = visitor.post("/sign-in", data={"name": "Olga", "password": GOOD})
    flags = answer.headers["set-cookie"].lower()
    assert all(flag in flags for flag in ("httponly", "samesite=lax", "path=/", "max-age="))
    assert "secure" not in flags
    assert visitor.get("/stock").text == "the shop's secrets"
    assert opens_stream(visitor)


@pytest.mark.parametrize(("base", "headers"), [("https://shop.lan", {}), ("http://shop.lan", {"X-Forwarded-Proto": "https"})])
def test_under_https_the_cookie_travels_encrypted_only(closed: Shop, base: str, headers: dict[str, str]) -> None:
    answer = browser(closed, host=base).post("/sign-in", data={"name": "Olga", "password": GOOD}, headers=headers)
    assert "; secure" in answer.headers["set-cookie"].lower()


def test_wrong_name_and_wrong_password_sound_alike_and_nothing_of_theirs_is_run(closed: Shop) -> None:
    visitor = browser(closed)
    answers = [visitor.post("/sign-in", data={"name": name, "password": "x"}) for name in ("Olga", "Nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].text.replace("Olga", "") == answers[1].text.replace("Nobody", "")
    hostile = visitor.post("/sign-in", data={"name": '"><script>alert(1)</script>', "password": "x"})
    assert "<script>" not in hostile.text
    assert "default-src 'none'" in hostile.headers["content-security-policy"]


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-out", "/a\nb"]
)
def test_signing_in_never_leads_to_another_site(closed: Shop, onward: str) -> None:
    answer = browser(closed).post("/sign-in", params={"next": onward}, data={"name": "Olga", "password": GOOD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_another_site_can_neither_sign_in_nor_out(closed: Shop, headers: dict[str, str]) -> None:
    visitor = browser(closed)
    assert sign_in(visitor, **headers) == 403
    sign_in(visitor)
    visitor.get("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert visitor.get("/stock").status_code == 200


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"name=" + b"x" * 20_000, b"&" * 9_000, b'{"name": "Olga"}'])
def test_a_sign_in_that_is_nonsense_is_refused(closed: Shop, body: bytes) -> None:
    answer = browser(closed).post("/sign-in", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 401


# -- slow-down


def test_who_guesses_waits_longer_and_longer_and_the_right_password_waits_too(closed: Shop) -> None:
    visitor = browser(closed)
    codes = [sign_in(visitor, password=f"guess {number}") for number in range(8)]
    assert codes[:5] == [401] * 5
    assert 429 in codes[5:]
    assert sign_in(visitor) == 429
    assert sign_in(browser(closed, ("192.168.1.8", 1))) == 303  # its owner, from elsewhere


def test_waiting_doubles_up_to_a_quarter_of_an_hour_and_is_forgotten_after_an_hour() -> None:
    failures, now, waits = Failures(), 0.0, []
    for _ in range(40):
        wait = failures.knock("Olga", "10.0.0.1", now)
        waits.append(wait)
        now += wait
    assert waits[:5] == [0] * 5
    assert max(waits) == 900
    assert failures.knock("Olga", "10.0.0.1", now + 4000) == 0


def test_many_addresses_for_one_name_and_many_names_from_one_address_are_slowed_too() -> None:
    failures = Failures()
    assert any(failures.knock("Olga", f"10.0.0.{number}", 0) for number in range(30))
    assert any(failures.knock(f"name {number}", "10.1.1.1", 0) for number in range(30))
    assert failures.knock("Olga", "10.9.9.9", 61) == 0  # nobody can keep her out for longer than a minute


def test_signing_in_right_between_two_guesses_does_not_reset_the_guessing() -> None:
    failures = Failures()
    waits = []
    for number in range(40):
        waits.append(failures.knock(f"victim {number}", "10.0.0.1", 0))
        if failures.knock("Mallory", "10.0.0.1", 0) == 0:
            failures.succeeded("Mallory", "10.0.0.1")
    assert any(waits)


# -- the end of a session


def test_a_stolen_cookie_is_dead_after_signing_out_everywhere(closed: Shop) -> None:
    visitor, thief = browser(closed), browser(closed)
    sign_in(visitor)
    thief.cookies.set(sessions.COOKIE, visitor.cookies[sessions.COOKIE])
    assert thief.get("/stock").status_code == 200
    accounts.sign_out_everywhere(closed.db, OWNER, "Olga")
    assert thief.get("/stock").status_code == 401
    assert not opens_stream(thief)
    assert not opens_stream(visitor)


def test_signing_out_ends_this_session_also_where_its_cookie_was_copied(closed: Shop) -> None:
    visitor, copy, phone = browser(closed), browser(closed), browser(closed)
    sign_in(visitor)
    sign_in(phone)
    copy.cookies.set(sessions.COOKIE, visitor.cookies[sessions.COOKIE])
    assert visitor.get("/sign-out").headers["location"] == "/sign-in"
    assert copy.get("/stock").status_code == 401
    assert phone.get("/stock").status_code == 200


def test_a_closed_account_is_out_at_once_and_opening_it_again_revives_no_session(closed: Shop) -> None:
    visitor = browser(closed)
    sign_in(visitor, "Stefan")
    accounts.save(closed.db, OWNER, "Stefan", active=False)
    assert visitor.get("/stock").status_code == 401
    assert sign_in(browser(closed, ("10.0.0.3", 1)), "Stefan") == 401
    accounts.save(closed.db, OWNER, "Stefan", active=True)
    assert visitor.get("/stock").status_code == 401


def other_letter(text: str, place: int) -> str:
    """The text with another letter at a place. Not the last one: two of its bits are not part of the signature."""
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place:][1:]


@pytest.mark.parametrize(
    "change", [lambda text: other_letter(text, 0), lambda text: other_letter(text, -2), lambda text: "", lambda text: "x" * 5000]
)
def test_a_forged_session_is_none(closed: Shop, change: object) -> None:
    visitor = browser(closed)
    sign_in(visitor)
    forged = change(visitor.cookies[sessions.COOKIE])  # type: ignore[operator]
    visitor.cookies.clear()
    visitor.cookies.set(sessions.COOKIE, forged)
    assert visitor.get("/stock").status_code == 401


def test_a_session_of_another_shop_is_none_here(closed: Shop, tmp_path: Path) -> None:
    from ims_core import db as database

    there = Shop(database.connect(tmp_path / "other.duckdb"))
    there.db.rows("select 1")
    account = accounts.Account("Olga", "owner", None, True, "", str(closed.db.scalar("select stamp from secrets where name = 'Olga'")))
    visitor = browser(closed)
    visitor.cookies.set(sessions.COOKIE, sessions.begin(there.db, account))
    assert visitor.get("/stock").status_code == 401
    there.db.close()


def test_what_sessions_are_signed_with_is_kept_beside_the_shop_for_its_owner_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.duckdb")
    first = sessions.secret(path)
    assert sessions.secret(path) == first
    if os.name == "posix":
        assert stat.S_IMODE(Path(f"{path}.secret").stat().st_mode) == 0o600
    assert first != sessions.secret(str(tmp_path / "other.duckdb"))


def test_a_token_opens_the_api_and_no_page_and_a_session_no_api(closed: Shop) -> None:
    devices.add(closed.db, OWNER, "Handheld", "staff", token := devices.new_token())
    device = browser(closed)
    device.headers["Authorization"] = f"Bearer {token}"
    assert device.get("/api/stock").status_code == 200
    assert device.get("/stock").status_code == 401
    assert not opens_stream(device)
    visitor = browser(closed)
    sign_in(visitor)
    assert visitor.get("/api/stock").status_code == 401
    devices.revoke(closed.db, OWNER, str(closed.db.scalar("select hash from tokens")))
    assert device.get("/api/stock").status_code == 401


def test_whom_the_company_knows_and_the_shop_does_not_is_told_what_to_do(shop: Shop) -> None:
    accounts.add(shop.db, LOCAL, "Olga", "owner", "correct horse battery")
    door = TestClient(Starlette(routes=gate.routes(lambda: shop.db, lambda: "/auth/login?provider=x")))
    assert "Sign in to go on." in door.get("/sign-in").text
    door.cookies.set("_streamlit_user", "somebody")
    assert "names nobody who has an account here" in door.get("/sign-in").text
