"""A company's own sign-in (OpenID Connect): the real server, and a small provider of our own beside it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from ims_core import accounts, people
from ims_core import db as database
from tests.browser.visits import Server, free_port, served, visit

pytest.importorskip("authlib", reason="pip install Authlib")
from joserfc import jwk, jwt

SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "shop"
client_secret = "secret"
server_metadata_url = "{company}/.well-known/openid-configuration"
"""


@dataclass
class Company:
    """A provider that takes everybody who comes for `email`."""

    address: str
    email: str = ""
    nonce: str = ""
    key: jwk.RSAKey = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"}))

    def app(self) -> Starlette:
        """Its four addresses."""
        return Starlette(routes=[
            Route("/.well-known/openid-configuration", self.about), Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]), Route("/keys", self.keys),
        ])  # fmt: skip

    def about(self, _: Request) -> JSONResponse:
        ends = {name: f"{self.address}/{path}" for name, path in (
            ("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("jwks_uri", "keys"))}  # fmt: skip
        return JSONResponse({"issuer": self.address, **ends, "response_types_supported": ["code"], "subject_types_supported": ["public"],
                             "id_token_signing_alg_values_supported": ["RS256"]})  # fmt: skip

    def authorize(self, request: Request) -> RedirectResponse:
        self.nonce = request.query_params["nonce"]
        said = urlencode({"code": "c1", "state": request.query_params["state"]})
        return RedirectResponse(f"{request.query_params['redirect_uri']}?{said}")

    def token(self, _: Request) -> JSONResponse:
        now = int(time.time())
        claims = {"iss": self.address, "aud": "shop", "sub": "1", "iat": now, "exp": now + 600, "nonce": self.nonce, "email": self.email}
        proof = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": proof})

    def keys(self, _: Request) -> JSONResponse:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@contextmanager
def opened(company: Company) -> Iterator[None]:
    """The provider, answering until the end."""
    server = uvicorn.Server(uvicorn.Config(company.app(), port=int(company.address.rpartition(":")[2]), log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


def comes(server: Server, page: str) -> tuple[httpx.Client, str]:
    """A browser that asks for a page, is sent to sign in, goes to the company, and the address where it is in the end."""
    browser = httpx.Client(base_url=server.address, headers={"accept": "text/html"}, follow_redirects=True, timeout=30)
    asked = browser.get(page)
    assert asked.url.path == "/sign-in"
    link = asked.text.partition('class="button" href="')[2].partition('"')[0]
    return browser, str(browser.get(link.replace("&amp;", "&")).url).removeprefix(server.address)


def named(server: Server, browser: httpx.Client) -> list[str]:
    """What the menu says about who is here."""
    browser.get("/_stcore/health")  # brings the cookie by which a tab proves that it is the browser's own
    with visit(server, dict(browser.cookies)) as tab:
        return tab.run("stock").texts("text")


def test_a_company_sign_in_gives_the_role_of_the_people_page_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, company = free_port(), Company(f"http://127.0.0.1:{free_port()}")
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(SECRETS.format(port=port, company=company.address))
    monkeypatch.setenv("HOME", str(tmp_path))
    shop = database.connect(tmp_path / "shop.duckdb")
    accounts.add(shop, people.LOCAL, "Olga", "owner", "correct horse battery", "olga@shop.example")
    accounts.add(shop, people.LOCAL, "Sam", "staff", "correct horse battery", "sam@shop.example")
    shop.close()
    with opened(company), served(tmp_path / "shop.duckdb", port=port) as server:
        assert [httpx.get(f"{server.address}/{path}").status_code for path in ("stock", "_stcore/stream", "api/stock")] == [401] * 3
        company.email = "sam@shop.example"
        browser, address = comes(server, "/stock?place=Cellar")
        assert address == "/stock?place=Cellar"
        assert any("Sam" in text and "staff" in text for text in named(server, browser))
        assert browser.get("/api/stock").status_code == 401  # of a device's token
        assert browser.get("/sign-out").url.path == "/sign-in"
        assert browser.get("/stock").url.path == "/sign-in"
        company.email = "stranger@else.example"
        browser, address = comes(server, "/stock")
        assert address.startswith("/sign-in")
        assert "names nobody who has an account here" in browser.get("/stock").text
