"""The door. Pages, files, uploads, the websocket and /api are shut to whoever has no session or token; what is open is listed here."""

import html
import ipaddress
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, quote, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ims_core import accounts, devices, policy, sessions
from ims_core.db import Database
from ims_core.people import Person
from ims_core.slowing import Failures

HEALTH, SIGN_IN, SIGN_OUT = "/api/health", "/sign-in", "/sign-out"
COMPANY = ("/auth/login", "/auth/logout", "/oauth2callback")
"""Streamlit's own addresses for a company's sign-in; open only where one is set up."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""What a proxy adds: the request came from elsewhere, though the proxy is on this machine."""
NO_ACCOUNT = (
    "This shop has no accounts yet, so it answers only the machine it runs on. Make an owner account there first: "
    "Settings, People - or in a terminal: python -m ims_core account NAME"
)
PAGE = Template((Path(__file__).resolve().parent / "sign_in.html").read_text(encoding="utf-8"))
SAFE = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",  # with no-referrer browsers send the form with the origin "null"
}
MOST = 10_000
"""Bytes of a sign-in."""

LOG = logging.getLogger(__name__)
FAILURES = Failures()

Shop = Callable[[], Database]
Company = Callable[[Database, Mapping[str, str], str], Person | None]
"""Who a company's sign-in says it is: from the cookies, and the origin that was asked."""


# -- the door


class Gate:
    """Every request and every websocket passes here first. What is not known to be allowed is refused."""

    def __init__(self, app: ASGIApp, shop: Shop, company: Company | None = None) -> None:
        self.app, self.shop, self.company = app, shop, company

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or answer with the refusal; a websocket is closed before it is opened."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        try:
            refusal = self._refusal(scope)
        except Exception:  # a door that breaks stays shut
            LOG.exception("The door could not tell who is there.")
            refusal = PlainTextResponse("The shop does not answer just now. Try again in a minute.", 503)
        if refusal is None:
            answered = _onward_bound(scope, send) if self.company and scope["path"] == COMPANY[2] else send
            await self.app(scope, receive, _not_framed(answered))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Sign in first."})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        asked, path = HTTPConnection(scope), scope["path"]
        if path == HEALTH and scope["type"] == "http":
            return None
        db = self.shop()
        open_shop = not accounts.exist(db)
        if open_shop and not is_here(asked):
            return _stranger(path)
        if path.startswith("/api/"):
            return _admit_device(scope, db, asked)
        if open_shop:
            return RedirectResponse("/", 303) if path == SIGN_IN else None
        if scope["type"] == "http" and (path == SIGN_IN or (self.company and path in COMPANY)):
            return None
        if sessions.person(db, asked.cookies) or (self.company and self.company(db, asked.cookies, origin(asked))):
            return None
        return _to_sign_in(asked)


def is_here(asked: HTTPConnection) -> bool:
    """Whether a request comes from the machine itself, by no proxy, and asks for it by one of its own names."""
    if any(name in asked.headers for name in FORWARDED) or asked.client is None:
        return False
    return _is_loop(asked.client.host) and _is_loop(urlsplit(f"//{asked.headers.get('host', '')}").hostname or "")


def _is_loop(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False


def origin(asked: HTTPConnection) -> str:
    """The address that the browser shows, without its path."""
    return f"{'https' if _is_https(asked) else 'http'}://{asked.headers.get('host', '')}"


def _is_https(asked: HTTPConnection) -> bool:
    return asked.url.scheme in ("https", "wss") or asked.headers.get("x-forwarded-proto", "").startswith("https")


def _admit_device(scope: Scope, db: Database, asked: HTTPConnection) -> Response | None:
    """/api knows tokens only: a browser sends cookies also where another site made it ask."""
    kind, _, token = asked.headers.get("authorization", "").partition(" ")
    found = devices.holder(db, token.strip()) if kind.lower() == "bearer" and len(token) < 200 else None
    if found is None:
        says = "This needs a device's token: Authorization: Bearer ims_... The owner makes one in Settings, People."
        return JSONResponse({"error": says}, 401, {"www-authenticate": "Bearer"})
    scope.setdefault("state", {})["person"] = found
    return None


def _stranger(path: str) -> Response:
    if path.startswith("/api/"):
        return JSONResponse({"error": NO_ACCOUNT}, 403)
    return _page("Not open yet", f"<p>{html.escape(NO_ACCOUNT)}</p>", 403)


def _to_sign_in(asked: HTTPConnection) -> Response:
    if asked.scope["type"] == "http" and asked.scope["method"] == "GET" and "text/html" in asked.headers.get("accept", ""):
        query = f"?{asked.url.query}" if asked.url.query else ""
        return RedirectResponse(f"{SIGN_IN}?next={quote(asked.scope['path'] + query, safe='')}", 303, SAFE)
    return PlainTextResponse("Sign in first.", 401, SAFE)


def _not_framed(send: Send) -> Send:
    """No other site may show a page of ours inside its own and lead clicks astray."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"x-frame-options", b"SAMEORIGIN"), (b"x-content-type-options", b"nosniff")]
        await send(message)

    return sent


def _onward_bound(scope: Scope, send: Send) -> Send:
    """Streamlit sends whoever comes back from the company to the first page; they go to the one they asked for before."""
    wanted = _onward(unquote(HTTPConnection(scope).cookies.get(ONWARD_COOKIE, "/")))

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and 300 <= message["status"] < 400 and wanted != "/":
            headers = [(name, value) for name, value in message["headers"] if name.lower() != b"location"]
            message["headers"] = [*headers, (b"location", quote(wanted, safe="/?&=%").encode())]
        await send(message)

    return sent


# -- the sign-in page


COMPANY_COOKIE = "_streamlit_user"
ONWARD_COOKIE, WAITS = "ims_onward", 600
"""Which page was asked for, while somebody is away at the company's sign-in; seconds for which it is kept."""
NOBODY = (
    "Your company's sign-in names nobody who has an account here, or it is over. Ask the owner to write your e-mail address on "
    "your account (Settings, People), or sign in again."
)


def routes(shop: Shop, company: Callable[[], str] | None = None) -> list[Route]:
    """The addresses for signing in and out; `company`: where a company's own sign-in begins, which then is the only one."""

    async def sign_in(request: Request) -> Response:
        db, onward = shop(), _onward(request.query_params.get("next", "/"))
        if request.method != "POST":
            if sessions.person(db, request.cookies):
                return RedirectResponse(onward, 303)
            came_back = NOBODY if company and any(name.startswith(COMPANY_COOKIE) for name in request.cookies) else ""
            form = _form(db, onward, says=came_back, company=company and company())
            if company:
                form.set_cookie(ONWARD_COOKIE, quote(onward, safe=""), WAITS, path=COMPANY[2], httponly=True, samesite="lax",
                                secure=_is_https(request))  # fmt: skip
            return form
        if company or not _is_own(request):
            return _page("Not from here", "<p>This sign-in was sent by another site. Open the shop's own page.</p>", 403)
        return await run_in_threadpool(_signed_in, db, request, await _typed(request), onward)

    def sign_out(request: Request) -> Response:
        """Only where our own page asks: another site's picture must not sign people out."""
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _page("Sign out", f'<p>Do you want to sign out?</p><a class="button" href="{SIGN_OUT}">Sign out</a>')
        sessions.end(shop(), request.cookies)
        leave = RedirectResponse(COMPANY[1] if company else SIGN_IN, 303, SAFE)
        leave.delete_cookie(sessions.COOKIE, path="/", httponly=True, samesite="lax", secure=_is_https(request))
        return leave

    return [Route(SIGN_IN, sign_in, methods=["GET", "POST"]), Route(SIGN_OUT, sign_out, methods=["GET"])]


def _signed_in(db: Database, request: Request, typed: Mapping[str, str], onward: str) -> Response:
    name, password = typed.get("name", "")[:80], typed.get("password", "")
    address, now = request.client.host if request.client else "", time.monotonic()
    if wait := FAILURES.knock(name, address, now):
        soon = f"{wait / 60:.0f} minutes" if wait > 90 else f"{max(wait, 1):.0f} seconds"
        says = f"Too many wrong passwords. Wait {soon}, then try again."
        return _form(db, onward, name, says, 429, {"retry-after": f"{wait:.0f}"})
    account = accounts.proven(db, name, password)
    if account is None:
        LOG.warning("A wrong password for %r from %s.", name, address)
        return _form(db, onward, name, "Name or password is not right.", 401)
    FAILURES.succeeded(name, address)
    answer = RedirectResponse(onward, 303, SAFE)
    answer.set_cookie(
        sessions.COOKIE, sessions.begin(db, account), sessions.LASTS, path="/", httponly=True, samesite="lax", secure=_is_https(request)
    )
    return answer


def _is_own(request: Request) -> bool:
    """Whether a form was sent by our own page; browsers always name the origin of a form they send."""
    origin_said = request.headers.get("origin")
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin" and (
        origin_said is None or urlsplit(origin_said).netloc == request.headers.get("host")
    )


async def _typed(request: Request) -> dict[str, str]:
    """The fields of the form; none of what is too large or no form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST:
            return {}
    try:
        return {name: found[0] for name, found in parse_qs(body.decode("utf-8", "replace"), max_num_fields=5).items()}
    except ValueError:
        return {}


def _onward(path: str) -> str:
    """Where to go after signing in: a page of ours, whatever the address says."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\", SIGN_IN, SIGN_OUT)) and path.isprintable() and "\\" not in path
    return path if fine else "/"


def _form(
    db: Database,
    onward: str,
    name: str = "",
    says: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    company: str | None = None,
) -> Response:
    told = f'<p role="alert">{html.escape(says)}</p>' if says else "<p>Sign in to go on.</p>"
    if company:
        link = f'<a class="button" href="{html.escape(company)}">Sign in with your company account</a>'
        return _page(policy.shop(db).name, told + link)
    fields = (
        '<label for="name">Name</label>'
        f'<input id="name" name="name" value="{html.escape(name)}" autocomplete="username" required autofocus>'
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
    )
    action = html.escape(f"{SIGN_IN}?next={quote(onward, safe='')}")
    form = f'<form method="post" action="{action}">{fields}<button>Sign in</button></form>'
    return _page(policy.shop(db).name, told + form, status, headers)


def _page(title: str, body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return HTMLResponse(PAGE.substitute(title=html.escape(title), body=body), status, {**SAFE, **(headers or {})})
