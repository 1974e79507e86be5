"""The company's own sign-in: whom its cookie stands for. The way through a real provider is not tested here."""

import json
from typing import Any

import pytest
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from ims_core import accounts
from ims_core.people import LOCAL, Person
from ims_core.web import sign_in
from tests.builders import Shop

ORIGIN = "https://shop.example"


def cookie(**said: Any) -> dict[str, str]:
    """What Streamlit keeps in the browser after the provider has said who it is."""
    body = {"origin": ORIGIN, "is_logged_in": True, "email": "olga@shop.example"} | said
    return {"_streamlit_user": create_signed_value(get_cookie_secret(), "_streamlit_user", json.dumps(body)).decode("latin-1")}


@pytest.fixture
def known(shop: Shop) -> Shop:
    accounts.add(shop.db, LOCAL, "Olga", "owner", "correct horse battery", "Olga@shop.example")
    return shop


def test_who_the_company_knows_is_the_account_with_this_address(known: Shop) -> None:
    assert sign_in.company(known.db, cookie(), ORIGIN) == Person("Olga", "owner")
    assert sign_in.company(known.db, cookie(email_verified=True), ORIGIN) == Person("Olga", "owner")


@pytest.mark.parametrize(
    "said",
    [
        {"email": "eve@shop.example"},
        {"email": None},
        {"email_verified": False},
        {"is_logged_in": False},
        {"origin": "https://evil.example"},
    ],
)
def test_an_unknown_unproven_or_foreign_one_is_nobody(known: Shop, said: dict[str, Any]) -> None:
    assert sign_in.company(known.db, cookie(**said), ORIGIN) is None


def test_a_forged_cookie_is_nobody(known: Shop) -> None:
    assert sign_in.company(known.db, {"_streamlit_user": "2|1:0|forged"}, ORIGIN) is None
    assert sign_in.company(known.db, {}, ORIGIN) is None


def test_a_closed_account_is_nobody_also_by_the_company_s_sign_in(known: Shop) -> None:
    accounts.save(known.db, LOCAL, "Olga", email="other@shop.example")
    assert sign_in.company(known.db, cookie(), ORIGIN) is None
