"""Devices that ask over the API, each with a token of its own. A token is shown once; the shop keeps only its hash."""

import hashlib
import secrets
import time
import unicodedata
from collections.abc import Mapping

import pandas as pd

from ims_core import people
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.people import Person

ROLES = ("viewer", "staff", "manager")
"""What a device may be; never owner: whoever finds it in a drawer must not be able to let others in."""
PREFIX = "ims_"

_LAST_USED: dict[str, float] = {}
"""Hash of a token -> when it last asked (Unix time). In memory: a change for each question would drown the ledger."""


@people.needs("owner")
def listed(db: Database, who: Person) -> pd.DataFrame:
    """Every token, newest first: hash name role active since made_by last_used.

    `last_used` (UTC) is the newest of what this server has seen since its start and the device's last change; None where neither is known.
    """
    found = db.frame("""
        with made as (
            select hash, min(done_at) as since, arg_min(who, change_id) as made_by
            from token_versions join changes using (change_id) group by hash
        ), did as (select who, max(done_at) as last_used from changes where via = 'api' group by who)
        select t.hash, t.name, t.role, t.active, m.since, m.made_by, d.last_used
        from tokens t join made m using (hash) left join did d on d.who = t.name || ' (device)' and d.last_used >= m.since
        order by t.active desc, m.since desc
    """)
    seen = pd.to_datetime(found["hash"].map(_LAST_USED), unit="s").astype("datetime64[us]")
    last = pd.concat([pd.to_datetime(found["last_used"]).astype("datetime64[us]"), seen], axis=1).max(axis=1)
    return found.assign(last_used=last)


def new_token() -> str:
    """A token of 256 random bits: too many to guess, so a plain hash keeps it as safely as a slow one."""
    return PREFIX + secrets.token_urlsafe(32)


def holder(db: Database, token: str) -> Person | None:
    """The device that this token belongs to; None where it is unknown or revoked."""
    key = _hash(token)
    found = db.kept(_active, "token_versions").get(key)
    if found:
        _LAST_USED[key] = time.time()
    return found


def _active(db: Database) -> Mapping[str, Person]:
    return {key: Person(f"{name} (device)", role) for key, name, role in db.rows("select hash, name, role from tokens where active")}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@people.needs("owner")
def add(db: Database, who: Person, name: str, role: str, token: str) -> int:
    """Let the device that holds `token` in. Refused: a name in use, or a role that no device has."""
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    if not 0 < len(name) <= 40 or "(" in name or not name.isprintable():
        raise Refused("A device has a name of 1 to 40 characters without brackets, such as Handheld 3.")
    if role not in ROLES:
        raise Refused(f"{role} is no role for a device. It is one of {', '.join(ROLES)}.")
    if len(token) < len(PREFIX) + 43:
        raise Refused("This token is too short to be safe. Let the program make one.")
    with db.change(who=who.name, what=f"Device {name}") as change_id:
        if db.scalar("select count(*) from tokens where active and lower(name) = lower(?)", [name]):
            raise Refused(f"A device called {name} is in use. Take another name, or revoke that one first.")
        db.append("token_versions", [{"hash": _hash(token), "name": name, "role": role}])
    return change_id


@people.needs("owner")
def revoke(db: Database, who: Person, key: str) -> int:
    """The device is refused from now on; `key` is the token's hash. It cannot be taken back: make a new token instead."""
    found = db.row("select * exclude (change_id) from tokens where hash = ? and active", [key])
    if not found:
        raise Refused("There is no such token in use.")
    with db.change(who=who.name, what=f"Revoke device {found['name']}") as change_id:
        db.append("token_versions", [{**found, "active": False}])
    return change_id
