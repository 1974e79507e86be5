"""Who acts, and what each role may do. Every command states the role it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from ims_core.db import Database
from ims_core.errors import NotAllowed

ROLES = ("viewer", "staff", "manager", "owner")

P = ParamSpec("P")
R = TypeVar("R")
Command = Callable[Concatenate[Database, "Person", P], R]
"""A command: `f(db, who, ...)`."""


@dataclass(frozen=True)
class Person:
    """Somebody who acts; `role` is one of ROLES and each role includes those before it."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """True where this person's role reaches `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)


A = {role: f"{'an' if role == 'owner' else 'a'} {role}" for role in ROLES}
"""A role with its article."""

LOCAL = Person("Owner", "owner")
"""The person at the machine itself, as long as no accounts exist."""


def needs(role: str) -> Callable[[Command[P, R]], Command[P, R]]:
    """Guard a command `f(db, who, ...)`, or a question not for everybody: whoever lacks `role` is refused before anything happens."""

    def guard(command: Command[P, R]) -> Command[P, R]:
        @wraps(command)
        def guarded(db: Database, who: Person, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not who.may(role):
                doing = command.__name__.replace("_", " ")
                raise NotAllowed(f"{who.name} is {who.role}, but to {doing} one must be {role}. Ask {A[role]} to do it.")
            return command(db, who, *args, **kwargs)

        guarded.__dict__["role"] = role  # so that a test can list every command with its role
        return guarded

    return guard
