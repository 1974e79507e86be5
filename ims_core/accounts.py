"""Accounts: who may sign in and as what. Passwords are kept as Argon2 hashes; a stamp ends every session when it changes."""

import re
import secrets
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from ims_core import people, versions
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from ims_core.people import Person

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 10, 200
"""Characters of a password. Length is what counts: no rules on digits and signs."""
TAKEN = ("owner", "automation", "command line")
"""Names with which changes are signed that no account made."""

_NAME = re.compile(r"[^\W_][\w .'’‘-]{0,39}")
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")
"""Alphabets with letters that look alike: of two in one name, one is there to pass for somebody else."""
_HASHING = threading.Semaphore(2)
"""Each hash takes 64 MB for a moment, and somebody who knocks a thousand times at once must not get a thousand of them."""


@dataclass(frozen=True)
class Account:
    """One account, with what proves who it is."""

    name: str
    role: str
    email: str | None
    active: bool
    hash: str
    stamp: str

    @property
    def person(self) -> Person:
        """Who acts where this account is signed in."""
        return Person(self.name, self.role)


# -- questions


def exist(db: Database) -> bool:
    """Whether there are accounts: until then the shop answers only the machine it runs on."""
    return bool(_all(db))


@people.needs("owner")
def listed(db: Database, who: Person) -> pd.DataFrame:
    """Every account: name role email active since (UTC) last_change (UTC, None where there is none)."""
    return db.frame("""
        with made as (select name, min(done_at) as since from people_versions join changes using (change_id) group by name),
             did as (select who as name, max(done_at) as last_change from changes group by who)
        select p.name, p.role, p.email, p.active, m.since, d.last_change
        from people p join made m using (name) left join did d using (name) order by p.active desc, lower(p.name)
    """)


def proven(db: Database, name: str, password: str) -> Account | None:
    """The account, where the password is right and it is active; an unknown name takes as long as a wrong password."""
    account = _known(db, name)
    right = _matches(account.hash if account and account.hash else _nobody(), password)
    return account if account and right and account.active and account.hash else None


def holder(db: Database, name: str, stamp: str) -> Person | None:
    """Whose session it is; None where the account is closed, or was signed out everywhere since."""
    account = _known(db, name)
    alive = account is not None and account.active and secrets.compare_digest(account.stamp.encode(), stamp.encode())
    return account.person if account and alive else None


def by_email(db: Database, email: str) -> Account | None:
    """The active account with this address, which a company's own sign-in has proven."""
    found = _all(db).values()
    return next((one for one in found if one.active and one.email and one.email.casefold() == email.strip().casefold()), None)


def known(db: Database, name: str) -> bool:
    """Whether an account has this name, however it is written."""
    return _known(db, name) is not None


def _known(db: Database, name: str) -> Account | None:
    return _all(db).get(_key(name))


def _all(db: Database) -> Mapping[str, Account]:
    """Every account by its name however it is written; read again only when one was touched."""
    return db.kept(_accounts, "people_versions", "secret_versions")


def _accounts(db: Database) -> Mapping[str, Account]:
    found = db.rows("select name, role, email, active, coalesce(hash, ''), coalesce(stamp, '') from people left join secrets using (name)")
    return {_key(row[0]): Account(*row) for row in found}


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


# -- commands


@people.needs("owner")
def add(db: Database, who: Person, name: str, role: str, password: str, email: str | None = None, via: str = "screen") -> int:
    """A new account. Refused: a name in use, a weak password, a first account that is no owner's."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not _is_name(name) or _key(name) in TAKEN:
        raise Refused(f"{name or 'Nothing'} cannot be the name of an account. Take a person's name, such as Anna or Anna B.")
    _refuse_weak(name, password)
    row, secret = _row(name, role, email, active=True), _secret(name, hashed(password))
    with db.change(who=who.name, what=f"Account {name}", via=via) as change_id:
        if known := _known(db, name):
            raise Refused(f"There is an account called {known.name} already. Add something to the name that tells the two apart.")
        if role != "owner" and not exist(db):
            raise Refused("The first account is the owner's: whoever makes it must be able to make the others.")
        _refuse_known_email(db, name, row["email"])
        db.append("people_versions", [row])
        db.append("secret_versions", [secret])
    return change_id


@people.needs("owner")
def save(db: Database, who: Person, /, name: str, **values: Any) -> int:
    """Change `role`, `email` or `active` of an account; closing it ends its sessions. Refused: to be without an owner."""
    with db.change(who=who.name, what=f"Account {name}") as change_id:
        standing = _must_know(db, name)
        row = _row(standing.name, **{"role": standing.role, "email": standing.email, "active": standing.active, **values})
        _refuse_known_email(db, standing.name, row["email"])
        db.append("people_versions", [row])
        if standing.active and not row["active"]:
            db.append("secret_versions", [_secret(standing.name, standing.hash)])
        refuse_without_owner(db)
    return change_id


@people.needs("owner")
def reset_password(db: Database, who: Person, name: str, password: str, via: str = "screen") -> int:
    """Give an account a password, for somebody who forgot it; all its sessions end."""
    _refuse_weak(name, password)
    return _keep(db, who, name, hashed(password), "Password of {}", via)


@people.needs("viewer")
def change_password(db: Database, who: Person, old: str, new: str) -> int:
    """Change one's own password; all sessions end, also this one. Refused: where the old one is not right."""
    _refuse_weak(who.name, new)
    if not proven(db, who.name, old):
        raise Refused("The old password is not right. Nothing was changed.")
    return _keep(db, who, who.name, hashed(new), "Password of {}")


@people.needs("viewer")
def sign_out_everywhere(db: Database, who: Person, name: str) -> int:
    """End every session of an account, on all devices: one's own, or as the owner anybody's."""
    if name != who.name and not who.may("owner"):
        raise NotAllowed(f"{who.name} is {who.role}, but to sign somebody else out one must be owner. Ask an owner to do it.")
    return _keep(db, who, name, None, "Sign {} out everywhere")


def refuse_without_owner(db: Database) -> None:
    """Asked inside a change that touched accounts: somebody must be left who can let others in."""
    if not db.scalar("select count(*) from people where role = 'owner' and active"):
        raise Refused("Then nobody would be owner any more, and nobody could change that. Make another account owner first.")


def _keep(db: Database, who: Person, name: str, new: str | None, what: str, via: str = "screen") -> int:
    """A new stamp, and the hash `new`; None keeps the one in force, read inside the change, where no other is being made."""
    with db.change(who=who.name, what=what.format(_must_know(db, name).name), via=via) as change_id:
        standing = _must_know(db, name)
        db.append("secret_versions", [_secret(standing.name, new or standing.hash)])
    return change_id


def _must_know(db: Database, name: str) -> Account:
    if found := _known(db, name):
        return found
    raise Refused(f"There is no account called {name or 'nothing'}.")


def _row(name: str, role: str, email: str | None, active: bool) -> versions.Row:
    if role not in people.ROLES:
        raise Refused(f"{role} is no role. It is one of {', '.join(people.ROLES)}.")
    email = (email or "").strip() or None
    if email and not (re.fullmatch(r"[^@\s]+@[^@\s]+", email) and email.isprintable()):
        raise Refused(f"{email} is no e-mail address. Leave it empty where none is needed.")
    return {"name": name, "role": role, "email": email, "active": bool(active)}


def _refuse_known_email(db: Database, name: str, email: str | None) -> None:
    others = _all(db).values()
    same = [one.name for one in others if email and one.email and one.name != name and one.email.casefold() == email.casefold()]
    if same:
        raise Refused(f"{email} is the address of {same[0]}. Each account has an address of its own, or none.")


# -- passwords


def hashed(password: str) -> str:
    """Argon2id, with its parameters and salt in the text."""
    with _HASHING:
        return _hasher().hash(unicodedata.normalize("NFKC", password))


def _matches(known: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    with _HASHING:
        try:
            return _hasher().verify(known, unicodedata.normalize("NFKC", password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password fits."""
    return hashed(secrets.token_hex(32))


def _is_name(name: str) -> bool:
    bare = "".join(sign for sign in name if not unicodedata.category(sign).startswith("M"))  # vowels of Hindi or Thai are marks
    used = {word for sign in bare if (word := unicodedata.name(sign, "").partition(" ")[0]) in _ALPHABETS}
    return _NAME.fullmatch(bare) is not None and len(name) <= 40 and len(used) <= 1


def _secret(name: str, known: str) -> dict[str, str]:
    return {"name": name, "hash": known, "stamp": secrets.token_hex(16)}


def _refuse_weak(name: str, password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"A password has {SHORTEST} to {LONGEST} characters, this one has {len(password)}. A few words in a row are good.")
    if len(set(password)) < 5 or _key(password).replace(" ", "") in (_key(name) * 10).replace(" ", ""):
        raise Refused("This password would be guessed at once. Take a few words that do not belong together.")
