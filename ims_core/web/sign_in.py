"""Who is at the screen: by a session of ours, or by the company's own sign-in (OpenID Connect) where .streamlit/secrets.toml has it."""

import json
import logging
from collections.abc import Mapping

import streamlit as st
from streamlit import auth_util
from streamlit.web.server.starlette import starlette_websocket

from ims_core import accounts, gate, people, sessions
from ims_core.db import Database
from ims_core.errors import ImsError
from ims_core.people import Person

LOG = logging.getLogger(__name__)


class SignedOut(ImsError):
    """The session is over; the message says so."""


def person(db: Database) -> Person:
    """The person whose page this is; refused where nobody is signed in any more."""
    if not accounts.exist(db):
        return people.LOCAL
    found = sessions.person(db, st.context.cookies)
    if found is None and is_set_up():
        account = accounts.by_email(db, _proven_email(dict(st.user)))
        found = account.person if account else None
    if found is None:
        raise SignedOut("You are signed out, or your account was closed or changed. Sign in again to go on.")
    return found


def say_who_is_here(who: Person) -> None:
    """Under the menu: the name, and the way out. Nothing as long as there are no accounts."""
    if who is people.LOCAL:
        return
    with st.sidebar, st.container(key="who-is-here"):
        st.text(f"{who.name} · {who.role}")
        st.html(f'<a href="{gate.SIGN_OUT}" target="_self" style="color: inherit">Sign out</a>')


def offer() -> None:
    """The way to the sign-in page: a real address, because only the server can begin a session."""
    st.html(f'<a href="{gate.SIGN_IN}" target="_self" style="color: inherit">Sign in</a>')


# -- the company's own sign-in


def is_set_up() -> bool:
    """Whether the company's sign-in replaces ours: .streamlit/secrets.toml has [auth], and Authlib is there to speak to it."""
    wanted = bool(auth_util.get_secrets_auth_section())
    if wanted and not auth_util.is_authlib_installed():
        LOG.warning(
            '.streamlit/secrets.toml has [auth], but Authlib is missing: pip install "streamlit[auth]". Until then passwords count.'
        )
        return False
    return wanted


def company_page() -> str:
    """Where the company's sign-in begins; a new address each time, because it is good for some minutes only."""
    return f"/auth/login?provider={auth_util.encode_provider_token('default')}"


def company(db: Database, cookies: Mapping[str, str], origin: str) -> Person | None:
    """The account that the company's sign-in has proven by its e-mail address; an unknown address is nobody."""
    signed = starlette_websocket._get_signed_cookie_with_chunks(dict(cookies), "_streamlit_user")
    found = json.loads(signed) if signed else {}
    if found.pop("origin", None) != origin or not found.get("is_logged_in"):
        return None
    account = accounts.by_email(db, _proven_email(found))
    return account.person if account else None


def _proven_email(user: Mapping[str, object]) -> str:
    """The address, unless the company says itself that nobody has proven it."""
    return str(user.get("email") or "") if user.get("email_verified", True) in (True, "true") and user.get("is_logged_in") else ""
