"""Copies of the whole shop in another folder: who may make them, and which there are."""

from pathlib import Path

from ims_core import people
from ims_core.db import Database


@people.needs("manager")
def backup(db: Database, who: people.Person, folder: Path) -> Path:
    """Write a copy, opened once to check it; it holds what everybody sold and paid, so not everybody may take one."""
    return db.backup(folder)


def kept(folder: Path) -> list[Path]:
    """The copies in a folder, the newest first."""
    return sorted(folder.glob("shop-*.duckdb"), reverse=True)
