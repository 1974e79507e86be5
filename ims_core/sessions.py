"""Sessions of people at screens: a signed cookie that says who and with which stamp; the shop itself keeps no list of them."""

import os
import secrets
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from ims_core import accounts
from ims_core.db import Database
from ims_core.people import Person

COOKIE = "ims_session"
LASTS = 7 * 24 * 3600
"""Seconds after which a session must be begun anew."""

_ENDED: dict[str, float] = {}
"""Sessions that were signed out, until they would have ended anyhow. In memory; *sign out everywhere* is a fact and stays."""


@cache
def _signer(path: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret(path), salt="session")


def secret(path: str) -> str:
    """What sessions of the shop at `path` are signed with: in a file beside it that only its owner may read; not in backups."""
    if path == ":memory:":
        return secrets.token_hex(32)
    file = Path(f"{path}.secret")
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        file.chmod(0o600)
        if found := file.read_text(encoding="ascii").strip():
            return found
        handle = os.open(file, os.O_WRONLY)  # a crash left it empty
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(made := secrets.token_hex(32))
    return made


def begin(db: Database, account: accounts.Account) -> str:
    """A new session: the name, the account's stamp and a number of its own, signed."""
    text: str = _signer(db.path).dumps([account.name, account.stamp, secrets.token_hex(8)])
    return text


def person(db: Database, cookies: Mapping[str, str]) -> Person | None:
    """Whose session came with a request; None where it is forged, too old, or ended."""
    try:
        name, stamp, number = _signer(db.path).loads(cookies.get(COOKIE, ""), max_age=LASTS)
    except (BadData, ValueError, TypeError):
        return None
    return None if number in _ENDED else accounts.holder(db, name, stamp)


def end(db: Database, cookies: Mapping[str, str]) -> None:
    """End this session, also where its cookie was copied."""
    now = time.time()
    for number in [number for number, until in _ENDED.items() if until < now]:
        del _ENDED[number]
    if person(db, cookies):
        _ENDED[_signer(db.path).loads(cookies[COOKIE])[2]] = now + LASTS
