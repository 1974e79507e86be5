"""A shop's file that was left in pieces is opened again: what was half written is mended, what is damaged is set aside."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from ims_core import disk, torn
from ims_core.errors import StorageFailed


class Opened(NamedTuple):
    """A file that opened, and what had to be done before it did."""

    connection: duckdb.DuckDBPyConnection
    log: bytes
    """The write-ahead log as it was found."""
    notes: list[str]
    """What was done, a sentence each."""
    cut: bool
    """Whether a part of the log had to go."""


def opened(path: Path, connect: Callable[[], duckdb.DuckDBPyConnection]) -> Opened:
    """The file, opened by `connect` as soon as it can be: half a block mended, then the log cut where it is damaged."""
    log = _log(path).read_bytes() if _log(path).exists() else b""
    cuts: list[str] = []
    mended: set[int] = set()
    aside = path
    while True:
        try:
            connection = connect()
            break
        except duckdb.Error as failure:
            at = torn.place(failure, log)
            if at is None or at in mended:
                cuts.append(_cut(path, failure, again=bool(cuts)))
                continue
            aside = aside if mended else set_aside(path, move=False)
            torn.mend(path, at)
            mended.add(at)
    _refuse_unless_contents(connection, path, mended, aside)
    mending = (
        f"The program was killed while it folded its log into the shop's file. The block it was writing was mended, and nothing is lost "
        f"by that. The files as they were are in {aside}."
    )
    return Opened(connection, log, ([mending] if mended else []) + cuts, bool(cuts))


def _refuse_unless_contents(connection: duckdb.DuckDBPyConnection, path: Path, mended: set[int], aside: Path) -> None:
    """Put all back where another block than one of contents did not fit its sum: no checkpoint half writes those, the disk is ill."""
    if not mended:
        return
    contents = {number for (number,) in connection.execute("select block_id from pragma_metadata_info()").fetchall()}
    if strange := {at for at in mended if torn.number(at) not in contents}:
        connection.close()
        for file in aside.iterdir():
            shutil.copy2(file, path.parent / file.name)
        raise StorageFailed(disk.damaged_sentence(path, f"its block at byte {strange.pop()} is damaged."))


def _cut(path: Path, failure: duckdb.Error, again: bool) -> str:
    """Set a damaged write-ahead log aside and keep every change before the damage; `again`: cutting it did not help."""
    log = _log(path)
    if disk.is_full(failure):
        raise StorageFailed(disk.sentence(failure)) from failure
    if "WAL" not in str(failure) or not log.exists():
        raise StorageFailed(disk.damaged_sentence(path, disk.first_line(failure))) from failure
    aside = set_aside(path, move=False)
    damaged = None if again else re.search(r"byte position (\d+)", str(failure))
    if damaged:
        with log.open("r+b") as handle:
            handle.truncate(int(damaged.group(1)))
    else:
        log.unlink()
    kept = "everything before the damage was kept" if damaged else "the last saved state was kept"
    return (
        f"The last shut-down left a damaged log. It was set aside in {aside} and {kept}; "
        f"the last moments before may be missing. Look at the newest movements, and record again what is not there."
    )


def silent_loss(path: Path, log: bytes, missing: int) -> str:
    """The file opened, but changes that were acknowledged are not in it."""
    changes = f"{missing:,} {'change' if missing == 1 else 'changes'}"
    if not log:
        return (
            f"The shop's file is older than it was at the last start: {changes} made since are not in it. "
            f"If you have put an older copy there, all is well. Otherwise look for the newer file, or record again what is not there."
        )
    aside = folder_aside(path)
    (aside / f"{path.name}.wal").write_bytes(log)
    return (
        f"The last shut-down left a damaged log. It was set aside in {aside} and everything before the damage was kept; "
        f"{changes} after it cannot be read any more. Look at the newest movements, and record again what is not there."
    )


def set_aside(path: Path, move: bool) -> Path:
    """Keep the shop's files in a folder of their own; nothing is ever deleted."""
    aside = folder_aside(path)
    for end in ("", ".wal", ".wal.checkpoint", ".wal.recovery", ".newest"):
        if (file := Path(f"{path}{end}")).exists():
            (shutil.move if move else shutil.copy2)(file, aside / file.name)
    return aside


def folder_aside(path: Path) -> Path:
    """A new folder beside the shop's file, named by the moment."""
    aside = path.parent / "set-aside" / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    aside.mkdir(parents=True)
    return aside


def _log(path: Path) -> Path:
    return Path(f"{path}.wal")
