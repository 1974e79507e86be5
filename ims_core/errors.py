"""Refusals. Each carries the sentence that the person at the screen reads."""

import secrets
from logging import Logger


class ImsError(Exception):
    """Something was refused: the message says what is wrong, where, and what to do next."""


class Refused(ImsError):
    """The shop's rules forbid this; the message names the rule."""


class UnknownCode(Refused):
    """No item and no place of the shop has the code that was read; the message says what can be done about it."""


class Doubtful(Refused):
    """More often a slip than the truth: posted once somebody says that it is right."""


class NotAllowed(ImsError):
    """The person's role does not reach this far."""


class Unreadable(ImsError):
    """A file that cannot be read as a table; the message names the file and the reason."""


class Busy(ImsError):
    """Another process holds the database, or writes for longer than we wait."""


class StorageFailed(ImsError):
    """The disk did not take the change; nothing of it was written."""


def numbered(failure: Exception, log: Logger) -> str:
    """Log what nobody foresaw; the number that leads to its traceback."""
    number = secrets.token_hex(3).upper()
    log.error("Failure %s", number, exc_info=failure)
    return number
