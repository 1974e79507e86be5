"""Backups: the whole shop in one file, taken while people work, and put back in its place."""

import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ims_core.disk import first_line, held_sentence, is_held
from ims_core.errors import Busy, Refused, StorageFailed
from ims_core.rescue import set_aside
from ims_core.storage import quoted

PATIENCE = 30.0
"""Seconds to wait for a copy to be free, so that it can be opened again and counted."""
ONE_AT_A_TIME = threading.Lock()
"""The name under which the copy is attached exists once."""


def backed_up(cursor: duckdb.DuckDBPyConnection, directory: Path, standing: int) -> Path:
    """Everything, as of now, in a new file in `directory`; it counts when it opens and holds the `standing` changes."""
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"shop-{datetime.now(UTC):%Y%m%d-%H%M%S}.duckdb"
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    try:
        with ONE_AT_A_TIME:
            here = cursor.execute("select current_database()").fetchall()[0][0]
            _attached(cursor, part, f'copy from database "{here}" to copy_of_shop')
            copied = _attached(cursor, part, "select count(*) from copy_of_shop.changes", "(read_only)")[0][0]
    except duckdb.Error as failure:
        part.unlink(missing_ok=True)
        raise StorageFailed(f"The backup could not be written to {directory}: {first_line(failure)}") from failure
    if copied < standing:
        raise StorageFailed(f"The backup in {part} holds {copied} of {standing} changes: keep the last good one.")
    part.rename(target)
    return target


def _attached(cursor: duckdb.DuckDBPyConnection, file: Path, statement: str, how: str = "") -> list[tuple[int, ...]]:
    _attach(cursor, f"attach '{quoted(file)}' as copy_of_shop {how}")
    try:
        return cursor.execute(statement).fetchall()
    finally:
        cursor.execute("detach copy_of_shop")


def _attach(cursor: duckdb.DuckDBPyConnection, statement: str) -> None:
    """A detached file stays in use until every question that began before has its answer."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute(statement)
            return
        except duckdb.ResourceInUseException:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def restored(path: Path, folder: Path) -> tuple[Path, Path | None]:
    """Put the newest backup that opens in the shop's place: that backup, and where the file before was set aside."""
    backup = _newest(folder)
    _refuse_held(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.restored")
    shutil.copyfile(backup, fresh)
    aside = set_aside(path, move=True) if path.exists() or Path(f"{path}.wal").exists() else None
    fresh.rename(path)
    return backup, aside


def _newest(folder: Path) -> Path:
    for backup in sorted(folder.glob("shop-*.duckdb"), reverse=True):
        try:
            with duckdb.connect(str(backup), read_only=True) as connection:
                connection.execute("select count(*) from changes")
            return backup
        except duckdb.Error:
            continue
    raise Refused(f"There is no backup in {folder} that opens. Backups are called shop-DATE-TIME.duckdb; name the folder that holds them.")


def _refuse_held(path: Path) -> None:
    if not path.exists():
        return
    try:
        duckdb.connect(str(path)).close()
    except duckdb.Error as failure:  # damaged: a reason to restore, none to refuse
        if is_held(failure):
            raise Busy(held_sentence(str(path), failure)) from failure
