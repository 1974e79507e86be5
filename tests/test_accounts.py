"""Who may sign in, what each role may do, and that neither an old password nor an old session comes alive again."""

import ast
import importlib
import inspect
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import argon2
import pytest

from ims_core import accounts, audit, devices, importing, ledger
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from ims_core.people import LOCAL, Person
from tests.builders import Shop
from tests.test_layers import modules

GOOD, OTHER = "correct horse battery", "three ships and a whale"
OWNER, STAFF = Person("Olga", "owner"), Person("Stefan", "staff")


@pytest.fixture
def staffed(shop: Shop) -> Shop:
    """A shop whose owner is Olga, with Stefan at the shelves and Martha as manager."""
    accounts.add(shop.db, LOCAL, "Olga", "owner", GOOD)
    accounts.add(shop.db, OWNER, "Stefan", "staff", GOOD)
    accounts.add(shop.db, OWNER, "Martha", "manager", GOOD)
    return shop


# -- signing in


def test_a_right_password_signs_in_and_nothing_else_does(staffed: Shop) -> None:
    assert accounts.proven(staffed.db, " stefan ", GOOD).person == STAFF  # type: ignore[union-attr]
    for name, password in (("Stefan", GOOD.upper()), ("Stefan", ""), ("Nobody", GOOD), ("", ""), ("Stefan", GOOD + " ")):
        assert accounts.proven(staffed.db, name, password) is None


def test_passwords_are_not_in_the_file(staffed: Shop) -> None:
    kept = str(staffed.db.rows("select * from secret_versions"))
    assert "$argon2id$" in kept
    assert GOOD not in kept


def test_a_password_is_as_slow_to_guess_as_its_library_advises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(argon2, "PasswordHasher", argon2.PasswordHasher.func)  # type: ignore[attr-defined]
    hasher = accounts._hasher.__wrapped__()
    assert (hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (65536, 3, 4)
    assert hasher.hash(GOOD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_equal_passwords_look_different(staffed: Shop) -> None:
    assert len(set(staffed.db.rows("select hash from secrets"))) == 3


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "StefanStefan", "x" * 201])
def test_a_weak_password_is_refused(staffed: Shop, password: str) -> None:
    with pytest.raises(Refused, match="password"):
        accounts.reset_password(staffed.db, OWNER, "Stefan", password)


def test_letters_typed_on_another_keyboard_are_the_same_password(staffed: Shop) -> None:
    accounts.reset_password(staffed.db, OWNER, "Stefan", "caf\u00e9 und kuchen")
    assert accounts.proven(staffed.db, "Stefan", "cafe\u0301 und kuchen")


# -- accounts


def test_until_somebody_makes_an_account_there_is_none_and_the_first_is_the_owner_s(shop: Shop) -> None:
    assert not accounts.exist(shop.db)
    with pytest.raises(Refused, match="first account is the owner's"):
        accounts.add(shop.db, LOCAL, "Stefan", "staff", GOOD)
    accounts.add(shop.db, LOCAL, "Olga", "owner", GOOD)
    assert accounts.exist(shop.db)


@pytest.mark.parametrize("name", ["", "Owner", "Handheld (device)", "olga", "a" * 41, "<b>", "\u041elga"])
def test_a_name_that_is_taken_or_misleads_is_refused(staffed: Shop, name: str) -> None:
    with pytest.raises(Refused):
        accounts.add(staffed.db, OWNER, name, "owner", GOOD)


def test_a_name_may_have_vowels_that_are_marks_and_is_one_however_its_accents_are_typed(staffed: Shop) -> None:
    accounts.add(staffed.db, OWNER, "\u0905\u0928\u093f\u0924\u093e", "staff", GOOD)
    accounts.add(staffed.db, OWNER, "Jose\u0301", "staff", GOOD)
    assert accounts.proven(staffed.db, "jos\u00e9", GOOD)


def test_signing_out_everywhere_keeps_a_password_that_is_made_at_the_same_moment(staffed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    change = staffed.db.change

    def after_another(**said: Any) -> Any:
        monkeypatch.undo()
        accounts.reset_password(staffed.db, OWNER, "Stefan", OTHER)
        return change(**said)

    monkeypatch.setattr(staffed.db, "change", after_another)
    accounts.sign_out_everywhere(staffed.db, STAFF, "Stefan")
    assert accounts.proven(staffed.db, "Stefan", OTHER)


def test_the_last_owner_stays_owner(staffed: Shop) -> None:
    for values in ({"role": "staff"}, {"active": False}):
        with pytest.raises(Refused, match="nobody would be owner"):
            accounts.save(staffed.db, OWNER, "Olga", **values)
    with pytest.raises(Refused, match="nobody would be owner"):
        ledger.undo(staffed.db, OWNER, 1)
    accounts.save(staffed.db, OWNER, "Martha", role="owner")
    accounts.save(staffed.db, OWNER, "Olga", role="staff")
    assert audit.check(staffed.db)["ok"].all()


def test_every_change_carries_the_person(staffed: Shop) -> None:
    item = staffed.item("KETTLE")
    change = ledger.record(staffed.db, STAFF, ledger.Record("receipt", item, 5, "Shop", date(2026, 5, 4)))
    assert ledger.change(staffed.db, change)["who"] == "Stefan"


def test_two_accounts_never_share_an_address(staffed: Shop) -> None:
    accounts.save(staffed.db, OWNER, "Stefan", email="s@shop.example")
    assert accounts.by_email(staffed.db, "S@shop.example").name == "Stefan"  # type: ignore[union-attr]
    with pytest.raises(Refused, match="address of Stefan"):
        accounts.save(staffed.db, OWNER, "Martha", email="S@SHOP.example")


# -- sessions


def stamp(db: Database, name: str) -> str:
    return str(db.scalar("select stamp from secrets where name = ?", [name]))


ENDINGS: dict[str, Callable[[Database], int]] = {
    "signed out everywhere": lambda db: accounts.sign_out_everywhere(db, STAFF, "Stefan"),
    "signed out by the owner": lambda db: accounts.sign_out_everywhere(db, OWNER, "Stefan"),
    "a new password": lambda db: accounts.change_password(db, STAFF, GOOD, OTHER),
    "a password given by the owner": lambda db: accounts.reset_password(db, OWNER, "Stefan", OTHER),
    "closed": lambda db: accounts.save(db, OWNER, "Stefan", active=False),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_session_is_over_once_the_account_was(staffed: Shop, ending: str) -> None:
    session = stamp(staffed.db, "Stefan")
    assert accounts.holder(staffed.db, "Stefan", session) == STAFF
    change = ENDINGS[ending](staffed.db)
    assert accounts.holder(staffed.db, "Stefan", session) is None
    with suppress(Refused):
        ledger.undo(staffed.db, OWNER, change)
    assert accounts.holder(staffed.db, "Stefan", session) is None


def test_a_new_role_counts_from_the_next_click(staffed: Shop) -> None:
    accounts.save(staffed.db, OWNER, "Stefan", role="viewer")
    assert accounts.holder(staffed.db, "Stefan", stamp(staffed.db, "Stefan")) == Person("Stefan", "viewer")


def test_one_s_own_password_needs_the_old_one(staffed: Shop) -> None:
    with pytest.raises(Refused, match="old password is not right"):
        accounts.change_password(staffed.db, STAFF, OTHER, "a whole new password")
    with pytest.raises(NotAllowed):
        accounts.sign_out_everywhere(staffed.db, STAFF, "Olga")


# -- devices


def test_a_device_is_known_by_its_token_until_it_is_revoked(staffed: Shop) -> None:
    token = devices.new_token()
    devices.add(staffed.db, OWNER, "Handheld 3", "staff", token)
    assert devices.holder(staffed.db, token) == Person("Handheld 3 (device)", "staff")
    assert devices.holder(staffed.db, token[:-1]) is None
    assert token not in str(staffed.db.rows("select * from token_versions"))
    listed = devices.listed(staffed.db, OWNER).iloc[0]
    assert listed["last_used"] == listed["last_used"]  # a moment, not nothing
    assert listed["made_by"] == "Olga"
    change = devices.revoke(staffed.db, OWNER, listed["hash"])
    assert devices.holder(staffed.db, token) is None
    with pytest.raises(Refused, match="must not come alive again"):
        ledger.undo(staffed.db, OWNER, change)


@pytest.mark.parametrize(
    ("name", "role", "token"),
    [("X", "owner", None), ("", "staff", None), ("X (device)", "staff", None), ("X\u202e", "staff", None), ("X", "staff", "1234")],
)
def test_a_device_is_never_owner_nor_without_name_nor_with_a_short_token(staffed: Shop, name: str, role: str, token: str | None) -> None:
    with pytest.raises(Refused):
        devices.add(staffed.db, OWNER, name, role, token or devices.new_token())


# -- roles

ROLES = {
    "accounts.add": "owner",
    "accounts.change_password": "viewer",
    "accounts.listed": "owner",
    "accounts.reset_password": "owner",
    "accounts.save": "owner",
    "accounts.sign_out_everywhere": "viewer",
    "api.post_many": "staff",
    "api.scan": "staff",
    "api.undo": "staff",
    "channels.add": "owner",
    "channels.listed": "owner",
    "channels.remove": "owner",
    "channels.try_out": "owner",
    "closing.close": "manager",
    "closing.reopen": "manager",
    "copies.backup": "manager",
    "counting.approve": "manager",
    "counting.book": "staff",
    "counting.enter": "staff",
    "counting.enter_each": "staff",
    "counting.finish": "staff",
    "counting.give_up": "staff",
    "counting.open_sheet": "staff",
    "demo.open_sample": "manager",
    "devices.add": "owner",
    "devices.listed": "owner",
    "devices.revoke": "owner",
    "exporting.take_in": "manager",
    "forecasting.run": "staff",
    "importing.commit": "manager",
    "inbox.assign": "manager",
    "inbox.look": "manager",
    "inbox.reopen": "staff",
    "inbox.resolve": "staff",
    "inbox.snooze": "staff",
    "items.keep_apart": "manager",
    "items.link_barcode": "staff",
    "items.merge": "manager",
    "items.save": "manager",
    "journal.file": "manager",
    "journal.set_accounts": "manager",
    "ledger.record": "staff",
    "ledger.record_each": "staff",
    "ledger.undo": "staff",
    "limits.save": "manager",
    "limits.set_digest": "manager",
    "messages.deliver": "manager",
    "messages.write": "manager",
    "objectives.give_up": "manager",
    "objectives.save": "manager",
    "orders.close": "manager",
    "places.save": "manager",
    "policy.set_shop": "manager",
    "scanning.post": "staff",
    "scanning.post_together": "staff",
    "suppliers.save": "manager",
    "suppliers.save_terms": "manager",
}
"""Every command and the role it needs; a new one is entered here."""


def commands() -> Iterator[tuple[str, Any]]:
    """Every public function of the core that acts for somebody: f(db, who, ...)."""
    for name in sorted(set(modules()) - {"people"}):
        if not name.startswith("web."):
            module = importlib.import_module(f"ims_core.{name}")
            for word, found in vars(module).items():
                if word.startswith("_"):
                    continue  # a part of a command that has stated its role
                if (
                    inspect.isfunction(found)
                    and found.__module__ == module.__name__
                    and list(inspect.signature(found).parameters)[1:2] == ["who"]
                ):
                    yield f"{name}.{word}", found


def writers(file: Path) -> Iterator[str]:
    """Functions in which a change is begun."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            calls = [call for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)]
            if any(call.func.attr == "change" and any(word.arg == "who" for word in call.keywords) for call in calls):  # type: ignore[attr-defined]
                yield node.name


def test_every_command_states_its_role() -> None:
    assert {name: getattr(command, "role", "states no role") for name, command in commands()} == ROLES


def test_nothing_else_begins_a_change() -> None:
    for name, file in modules().items():
        for function in writers(file):
            assert f"{name}.{function}" in ROLES or function.startswith("_"), f"{name}.{function} writes without a role"


@pytest.mark.parametrize("name", [name for name, role in ROLES.items() if role in ("manager", "owner")])
def test_staff_are_refused_before_anything_is_looked_at(shop: Shop, name: str) -> None:
    module, _, word = name.partition(".")
    with pytest.raises(NotAllowed, match="Stefan is staff, but to"):
        getattr(importlib.import_module(f"ims_core.{module}"), word)(shop.db, STAFF)


@pytest.mark.parametrize("name", [name for name, role in ROLES.items() if role == "staff"])
def test_who_may_only_look_is_refused_every_command(shop: Shop, name: str) -> None:
    module, _, word = name.partition(".")
    with pytest.raises(NotAllowed, match="Vera is viewer"):
        getattr(importlib.import_module(f"ims_core.{module}"), word)(shop.db, Person("Vera", "viewer"))


def test_staff_undo_what_they_did_and_nothing_else(staffed: Shop) -> None:
    item = staffed.item("KETTLE")
    entry = ledger.Record("receipt", item, 5, "Shop", date(2026, 5, 4))
    own, other = ledger.record(staffed.db, STAFF, entry), ledger.record(staffed.db, Person("Sonja", "staff"), entry)
    with pytest.raises(NotAllowed, match="was done by Sonja"):
        ledger.undo(staffed.db, STAFF, other)
    again = ledger.undo(staffed.db, STAFF, own)
    ledger.undo(staffed.db, STAFF, again)
    ledger.undo(staffed.db, Person("Martha", "manager"), other)
    assert staffed.on_hand("KETTLE") == 5


def test_an_import_is_undone_by_the_manager_and_not_by_staff(staffed: Shop) -> None:
    plan = importing.preview(staffed.db, [("stock.csv", b"SKU;Name;On hand\nK1;Kettle;5\nM1;Mug;7\n")], today=date(2026, 5, 4))
    change = importing.commit(staffed.db, Person("Martha", "manager"), plan)
    for who in (STAFF, Person("Martha", "staff")):  # also not who did it as a manager
        with pytest.raises(NotAllowed, match="one must be manager"):
            ledger.undo(staffed.db, who, change)
    ledger.undo(staffed.db, Person("Martha", "manager"), change)


def test_accounts_are_undone_by_the_owner_alone(staffed: Shop) -> None:
    change = accounts.save(staffed.db, OWNER, "Stefan", role="manager")
    for who in (STAFF, Person("Martha", "manager")):
        with pytest.raises(NotAllowed, match="one must be owner"):
            ledger.undo(staffed.db, who, change)
    ledger.undo(staffed.db, OWNER, change)
    assert accounts.holder(staffed.db, "Stefan", stamp(staffed.db, "Stefan")) == STAFF


def test_on_the_machine_itself_an_account_is_made_and_a_forgotten_password_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ims_core import db as database
    from ims_core.__main__ import main

    monkeypatch.setenv("IMS_DATABASE", str(tmp_path / "shop.duckdb"))
    for password, fits in (("short", False), (GOOD, True), (OTHER, True)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        assert main(["account", "Olga"]) == (0 if fits else 1)
    shop = database.connect(tmp_path / "shop.duckdb")
    assert [bool(accounts.proven(shop, "Olga", password)) for password in (GOOD, OTHER)] == [False, True]
    shop.close()
