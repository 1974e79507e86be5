"""The shop's file: opened and locked down, mended where its log is damaged, brought to the newest form."""

import contextlib
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ims_core import fitting, settings
from ims_core.errors import Busy, ImsError, StorageFailed
from ims_core.witness import Witness

HERE = Path(__file__).resolve().parent
MIGRATIONS = ("schema.sql", *(f"schema_{number}.sql" for number in range(2, 11)))
"""In order; a released one is never edited, the next one is appended."""
DISK = (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException, duckdb.FatalException)
"""What the disk or the memory did not allow; other errors of DuckDB are mistakes of ours."""
REOPENING = 10.0
"""Seconds in which questions under way must have let go of a file that has to be opened anew."""

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def opened(path: str, also: Sequence[Path]) -> tuple[duckdb.DuckDBPyConnection, Witness, list[str]]:
    """The file, in the newest form; who remembers how far it had come; and what its owner must know about this start.

    A write-ahead log that is damaged is set aside; every change before the damage is kept.
    """
    log = Path(f"{path}.wal")
    notes: list[str] = []
    before = log.read_bytes() if path != ":memory:" and log.exists() else b""
    begun = Path(path).exists()
    while True:
        try:
            connection = _open(path, also)
            break
        except duckdb.Error as failure:
            notes.append(_rescue(Path(path), failure, again=bool(notes)))
    try:
        _refuse_others(connection)
        _migrate(connection)
    except duckdb.CatalogException as strange:
        connection.close()
        raise ImsError(
            f"The tables in {path} are not those of a shop: another program made them, or a trial version of this one. "
            "Let IMS_DATABASE name another file, and drop the shop's files there."
        ) from strange
    witness = Witness(None if path == ":memory:" else Path(f"{path}.newest"))
    newest = connection.execute("select coalesce(max(change_id), 0) from changes").fetchall()[0][0]
    if begun and not notes and (missing := witness.says() - newest) > 0:
        notes.append(_silent_loss(Path(path), before, missing))
    witness.write(newest)
    return connection, witness, notes


def opened_anew(path: str, also: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    """The file again after a fatal error, as soon as every question under way has let go of it."""
    until = time.monotonic() + REOPENING
    while True:
        try:
            return _open(path, also)
        except duckdb.Error as failure:
            if time.monotonic() > until or path == ":memory:":
                raise StorageFailed(disk_sentence(failure)) from failure
            time.sleep(0.05)


def _open(path: str, also: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    chosen = settings.load()
    try:
        connection = duckdb.connect(path)
    except duckdb.IOException as failure:
        if is_held(failure):
            raise Busy(held_sentence(path, failure)) from failure
        raise
    folders = [] if path == ":memory:" else [Path(path).resolve().parent, chosen.backups, *also]
    allowed = ", ".join(f"'{quoted(folder)}'" for folder in folders)
    try:
        for statement in (
            f"set allowed_directories = [{allowed}]",
            "set autoinstall_known_extensions = false",
            "set autoload_known_extensions = false",
            f"set memory_limit = '{chosen.memory}'",
            f"set threads = {chosen.threads}",
            "set enable_external_access = false",
            "set lock_configuration = true",
        ):
            connection.execute(statement)
    except duckdb.Error:
        connection.close()
        raise
    return connection


# -- the form of the tables


def _refuse_others(connection: duckdb.DuckDBPyConnection) -> None:
    """Refused: a file in which there are tables, but none that says how far ours have come."""
    if connection.execute("select count(*) > 0 and not bool_or(table_name = 'schema_steps') from duckdb_tables()").fetchall() == [(True,)]:
        raise duckdb.CatalogException("schema_steps is not among the tables")


def _migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the tables to the newest form, each step in one transaction; then the views."""
    connection.execute("create table if not exists schema_steps (number integer, name varchar, done_at timestamp)")
    done = connection.execute("select coalesce(max(number), 0) from schema_steps").fetchall()[0][0]
    if done > len(MIGRATIONS):
        connection.close()
        raise ImsError(
            f"This shop was last opened by a newer version of the program (its tables are at step {done}, "
            f"this program knows {len(MIGRATIONS)}). Install the newer version, or restore a backup made before."
        )
    for number, name in enumerate(MIGRATIONS[done:], start=done + 1):
        connection.execute("begin")
        connection.execute((HERE / name).read_text(encoding="utf-8"))
        connection.execute("insert into schema_steps values (?, ?, ?)", [number, name, datetime.now(UTC).replace(tzinfo=None)])
        connection.execute("commit")
    _lay_views(connection)
    _guard(connection)


def _lay_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay the views anew where others stand than this version of the program and of the tables has: it takes longer than opening."""
    wanted = ((HERE / "views.sql").read_text(encoding="utf-8"), len(MIGRATIONS))
    connection.execute("create table if not exists laid_views (text varchar, step integer)")
    if connection.execute("select text, step from laid_views").fetchall() == [wanted]:
        return
    connection.execute("begin")
    connection.execute(wanted[0])
    connection.execute("delete from laid_views")
    connection.execute("delete from positions_until")  # what was kept, the views before may have reckoned in another way
    connection.execute("insert into laid_views values (?, ?)", wanted)
    connection.execute("commit")


def fact_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every table that hangs on `changes`, and `changes` itself."""
    found = connection.execute(
        r"select table_name from duckdb_tables() where regexp_matches(sql, '[(,]\s*change_id ') order by table_name"
    ).fetchall()
    return [name for (name,) in found]


def forms(connection: duckdb.DuckDBPyConnection) -> Mapping[str, fitting.Form]:
    """What the columns of every table take."""
    found = connection.execute(
        "select table_name, column_name, data_type, is_nullable, column_default is not null from duckdb_columns() where not internal"
    ).fetchall()
    return fitting.forms(found)


def _guard(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the database itself refuse update and delete on facts; laid anew at each start, as copies drop it."""
    connection.execute("create table if not exists refused_writes (says varchar)")
    standing = {name for (name,) in connection.execute("select trigger_name from duckdb_triggers()").fetchall()}
    for table in fact_tables(connection):
        for verb in ("update", "delete"):
            if (name := f"{table}_no_{verb}") not in standing:
                connection.execute(
                    f"create trigger {name} before {verb} on {table} for each statement "
                    f"insert into refused_writes select error('Facts are never overwritten: {verb} on {table} was refused.')"
                )


# -- damage


def _rescue(path: Path, failure: duckdb.Error, again: bool) -> str:
    """Set a damaged write-ahead log aside and keep every change before the damage; `again`: cutting it did not help."""
    log = Path(f"{path}.wal")
    if is_full(failure):
        raise StorageFailed(disk_sentence(failure)) from failure
    if "WAL" not in str(failure) or not log.exists():
        raise StorageFailed(
            f"The database {path} cannot be opened: {first_line(failure)} "
            "Put the newest backup in its place: python -m ims_core restore BACKUP-FOLDER"
        ) from failure
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


def _silent_loss(path: Path, log: bytes, missing: int) -> str:
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
    for file in (path, Path(f"{path}.wal"), Path(f"{path}.newest")):
        if file.exists():
            (shutil.move if move else shutil.copy2)(file, aside / file.name)
    return aside


def folder_aside(path: Path) -> Path:
    """A new folder beside the shop's file, named by the moment."""
    aside = path.parent / "set-aside" / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    aside.mkdir(parents=True)
    return aside


# -- names and sentences


def named(name: str) -> str:
    """A table or column name of ours, never a user's text."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a table or column.")
    return name


def quoted(path: Path) -> str:
    """A path inside a quoted SQL text."""
    return str(path).replace("'", "''")


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """End a transaction that may have ended already."""
    with contextlib.suppress(duckdb.Error):  # a failed commit has rolled back already
        cursor.execute("rollback")


def is_held(failure: duckdb.Error) -> bool:
    """Whether another process has the file; Windows says it in other words."""
    return "lock on file" in str(failure) or "already open" in str(failure)


def is_full(failure: BaseException) -> bool:
    """Whether the disk has no room."""
    return "no space" in str(failure).lower() or "file too large" in str(failure).lower() or "quota" in str(failure).lower()


def first_line(failure: BaseException) -> str:
    """What the database says, without the pages it adds."""
    return str(failure).splitlines()[0]


def disk_sentence(failure: BaseException) -> str:
    """What a user reads when the disk did not take a change."""
    if is_full(failure):
        return "The disk is full: nothing of this was written. Free some space and do it again."
    return f"The database did not take this change, and nothing of it was written ({first_line(failure)}). Try again."


def held_sentence(path: str, failure: duckdb.Error) -> str:
    """What a user reads when another process has the file."""
    process = re.search(r"PID (\d+)", str(failure))
    by = f" (process {process.group(1)})" if process else ""
    return f"The shop at {path} is open in another program{by}, most likely the running app. Use its screens, or stop it first."
