"""What the disk did not allow, in words for the person who waits."""

import re
from pathlib import Path

import duckdb

FAILURES = (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException, duckdb.FatalException)
"""What the disk or the memory did not allow; other errors of DuckDB are mistakes of ours."""


def is_held(failure: duckdb.Error) -> bool:
    """Whether another process has the file; Windows says it in other words."""
    return "lock on file" in str(failure) or "already open" in str(failure)


def is_full(failure: BaseException) -> bool:
    """Whether the disk has no room."""
    return "no space" in str(failure).lower() or "file too large" in str(failure).lower() or "quota" in str(failure).lower()


def is_damaged(failure: BaseException) -> bool:
    """Whether a part of the file is not what was written there."""
    return "Corrupt database file" in str(failure)


def first_line(failure: BaseException) -> str:
    """What the database says, without the pages it adds."""
    return str(failure).splitlines()[0]


def sentence(failure: BaseException) -> str:
    """What a user reads when the disk did not take a change."""
    if is_full(failure):
        return "The disk is full: nothing of this was written. Free some space and do it again."
    return f"The database did not take this change, and nothing of it was written ({first_line(failure)}). Try again."


def damaged_sentence(path: Path, why: str) -> str:
    """What the owner reads when the file is past mending."""
    advice = "Put the newest backup in its place: python -m ims_core restore BACKUP-FOLDER"
    return f"The database {path} cannot be opened: {why.removesuffix('.')}. {advice}"


def held_sentence(path: str, failure: duckdb.Error) -> str:
    """What a user reads when another process has the file."""
    process = re.search(r"PID (\d+)", str(failure))
    by = f" (process {process.group(1)})" if process else ""
    return f"The shop at {path} is open in another program{by}, most likely the running app. Use its screens, or stop it first."
