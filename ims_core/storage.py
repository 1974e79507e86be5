"""The shop's file: opened and locked down, brought to the newest form."""

import contextlib
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ims_core import disk, fitting, rescue, settings
from ims_core.errors import Busy, ImsError, StorageFailed
from ims_core.witness import Witness

HERE = Path(__file__).resolve().parent
MIGRATIONS = ("schema.sql", *(f"schema_{number}.sql" for number in range(2, 11)))
"""In order; a released one is never edited, the next one is appended."""
REOPENING = 10.0
"""Seconds in which questions under way must have let go of a file that has to be opened anew."""

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def opened(path: str, also: Sequence[Path]) -> tuple[duckdb.DuckDBPyConnection, Witness, list[str]]:
    """The file, in the newest form; who remembers how far it had come; and what its owner must know about this start.

    A write-ahead log that is damaged is set aside; every change before the damage is kept. A block that a checkpoint was writing
    when the program was killed is mended; nothing is lost by that.
    """
    begun = Path(path).exists()
    connection, log, notes, cut = rescue.opened(Path(path), lambda: _open(path, also))
    try:
        _refuse_others(connection)
        _migrate(connection)
        newest = connection.execute("select coalesce(max(change_id), 0) from changes").fetchall()[0][0]
    except duckdb.CatalogException as strange:
        connection.close()
        raise ImsError(
            f"The tables in {path} are not those of a shop: another program made them, or a trial version of this one. "
            "Let IMS_DATABASE name another file, and drop the shop's files there."
        ) from strange
    except duckdb.Error as failure:
        connection.close()
        if not disk.is_damaged(failure):
            raise
        raise StorageFailed(disk.damaged_sentence(Path(path), disk.first_line(failure))) from failure
    witness = Witness(None if path == ":memory:" else Path(f"{path}.newest"))
    if begun and not cut and (missing := witness.says() - newest) > 0:
        notes.append(rescue.silent_loss(Path(path), log, missing))
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
                raise StorageFailed(disk.sentence(failure)) from failure
            time.sleep(0.05)


def _open(path: str, also: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    chosen = settings.load()
    try:
        connection = duckdb.connect(path)
    except duckdb.IOException as failure:
        if disk.is_held(failure):
            raise Busy(disk.held_sentence(path, failure)) from failure
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


# -- names


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
