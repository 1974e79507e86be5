"""The shop's facts on disk: one connection a process, one writer at a time, nothing ever overwritten."""

import contextlib
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pandas as pd
import pyarrow as pa

from ims_core import settings
from ims_core.errors import Busy, ImsError, StorageFailed

HERE = Path(__file__).resolve().parent
MIGRATIONS = ("schema.sql",)
"""In order; a released one is never edited, the next one is appended."""

Rows: TypeAlias = pd.DataFrame | pa.Table | Sequence[Mapping[str, Any]]

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class FairLock:
    """First come, first served: a plain lock lets one busy thread starve the others."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def acquire(self, timeout: float) -> bool:
        """Take the lock, or give up after `timeout` seconds."""
        with self._guard:
            if not self._held:
                self._held = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=timeout):
            return True
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True  # our turn came in the very moment we gave up

    def release(self) -> None:
        """Hand the lock to whoever waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


@dataclass
class _Open:
    """The change that this thread is writing."""

    cursor: duckdb.DuckDBPyConnection
    change_id: int
    known: bool


@dataclass
class Database:
    """An open shop. Reads may come from any thread; each call has a cursor of its own."""

    path: str
    connection: duckdb.DuckDBPyConnection
    also: tuple[Path, ...] = ()
    notes: list[str] = field(default_factory=list)
    """What the owner must know about the last start, such as a rescued log."""
    patience: float = 60.0
    """Seconds a change waits for its turn."""
    _lock: FairLock = field(default_factory=FairLock)
    _mine: threading.local = field(default_factory=threading.local)
    _version: int = 0

    # -- reading

    def frame(self, sql: str, params: Any = None) -> pd.DataFrame:
        """The answer as a frame; decimals come as float64, for display and figures."""
        return self._ask(sql, params).df()

    def arrow(self, sql: str, params: Any = None) -> pa.Table:
        """The answer as an Arrow table; decimals stay exact."""
        return self._cursor().sql(sql, params=params).to_arrow_table()

    def rows(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        """The answer as tuples; decimals stay exact."""
        return self._ask(sql, params).fetchall()

    def row(self, sql: str, params: Any = None) -> dict[str, Any]:
        """The first row of the answer by column name; empty where there is none."""
        cursor = self._ask(sql, params)
        names = [column[0] for column in cursor.description]
        found = cursor.fetchall()
        return dict(zip(names, found[0], strict=True)) if found else {}

    def scalar(self, sql: str, params: Any = None) -> Any:
        """The one value of the answer; None where there is none."""
        found = self.rows(sql, params)  # fetchall: fetchone would leave the result open
        return found[0][0] if found else None

    @property
    def version(self) -> int:
        """How many changes there have been; what was computed at one version holds until the next."""
        return self._version

    def _ask(self, sql: str, params: Any) -> duckdb.DuckDBPyConnection:
        return self._cursor().execute(sql, params)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        mine: _Open | None = getattr(self._mine, "open", None)
        return mine.cursor if mine else self.connection.cursor()

    # -- writing

    @contextmanager
    def change(
        self,
        *,
        who: str,
        what: str,
        via: str = "screen",
        key: str | None = None,
        undoes: int | None = None,
        restores: int | None = None,
    ) -> Iterator[int]:
        """One transaction, one audit line, one unit of undo: all of it is written, or nothing.

        Yields the change's number. Where `key` is known already, what is appended inside is dropped
        and the number of the first change is yielded: the same act twice is one act.
        """
        if getattr(self._mine, "open", None):
            raise RuntimeError("A change inside a change: one command makes exactly one.")
        if not self._lock.acquire(self.patience):
            raise Busy("Somebody else is writing for a long time. Nothing was changed; try again in a minute.")
        try:
            with self._transaction([who, what, via, key, undoes, restores]) as mine:
                yield mine.change_id
        finally:
            self._lock.release()

    @contextmanager
    def _transaction(self, change: list[Any]) -> Iterator[_Open]:
        cursor = self.connection.cursor()
        try:
            cursor.execute("begin")
            mine = _start(cursor, self._version + 1, change)
            self._mine.open = mine
            yield mine
            cursor.execute("commit")
            self._version += not mine.known
        except duckdb.FatalException as failure:
            self._mine.open = None
            self._reopen()
            if self.scalar("select count(*) from changes where change_id = ?", [mine.change_id]) == 0:
                raise StorageFailed(_disk_sentence(failure)) from failure
            # the commit was durable, only the checkpoint after it failed
        except (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException) as failure:
            _roll_back(cursor)
            raise StorageFailed(_disk_sentence(failure)) from failure
        except BaseException:
            _roll_back(cursor)
            raise
        finally:
            self._mine.open = None
            cursor.close()

    def append(self, table: str, rows: Rows) -> None:
        """Add rows to a fact table inside the open change; columns by name, `change_id` is added."""
        mine: _Open | None = getattr(self._mine, "open", None)
        if mine is None:
            raise RuntimeError("Rows are appended inside a change only.")
        if mine.known or len(rows) == 0:
            return
        if isinstance(rows, pd.DataFrame | pa.Table):
            _append_frame(mine, table, rows)
        else:
            _append_rows(mine, table, rows)

    # -- housekeeping

    def backup(self, directory: Path) -> Path:
        """Copy everything, as of now, into a new file in `directory`; opened and counted before it counts."""
        directory.mkdir(parents=True, exist_ok=True)
        name = f"shop-{datetime.now(UTC):%Y%m%d-%H%M%S}.duckdb"
        target, part = directory / name, directory / f"{name}.part"
        part.unlink(missing_ok=True)
        cursor = self.connection.cursor()
        try:
            cursor.execute(f"attach '{_quoted(part)}' as copy_of_shop")
            try:
                here = cursor.execute("select current_database()").fetchall()[0][0]
                cursor.execute(f'copy from database "{here}" to copy_of_shop')
                copied = cursor.execute("select count(*) from copy_of_shop.changes").fetchall()[0][0]
            finally:
                cursor.execute("detach copy_of_shop")
        except duckdb.Error as failure:
            part.unlink(missing_ok=True)
            raise StorageFailed(f"The backup could not be written to {directory}: {failure}") from failure
        if copied < self._version:
            raise StorageFailed(f"The backup in {part} holds {copied} of {self._version} changes: keep the last good one.")
        part.rename(target)
        return target

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file, so that the next start is quick."""
        self.connection.cursor().execute("checkpoint")

    def close(self) -> None:
        """Checkpoint and let go of the file."""
        try:
            if self.path != ":memory:":
                self.checkpoint()
        finally:
            self.connection.close()

    def _reopen(self) -> None:
        """After a fatal error DuckDB serves nothing until the file is opened anew."""
        self.connection.close()
        self.connection = _open(self.path, self.also)
        self._version = self.scalar("select count(*) from changes")


def connect(path: str | Path, also: Sequence[Path] = ()) -> Database:
    """Open or create the shop at `path` (":memory:" for tests); `also`: further folders backups may go to.

    A write-ahead log that is damaged is set aside, what stands before the damage is kept, and `notes` says so.
    """
    path, notes = str(path), []
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    folders = tuple(Path(folder).resolve() for folder in also)
    try:
        connection = _open(path, folders)
    except duckdb.Error as failure:
        notes.append(_rescue(Path(path), failure))
        connection = _open(path, folders)
    _migrate(connection)
    db = Database(path, connection, folders, notes)
    db._version = db.scalar("select count(*) from changes")
    return db


def _open(path: str, also: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    chosen = settings.load()
    try:
        connection = duckdb.connect(path)
    except duckdb.IOException as failure:
        if "lock" in str(failure).lower():
            raise Busy(_held_sentence(path, str(failure))) from failure
        raise
    folders = [] if path == ":memory:" else [Path(path).resolve().parent, chosen.backups, *also]
    allowed = ", ".join(f"'{_quoted(folder)}'" for folder in folders)
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
    return connection


def _migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the tables to the newest form, each step in one transaction; then lay the views anew."""
    connection.execute("create table if not exists schema_steps (number integer, name varchar, done_at timestamp)")
    done = connection.execute("select coalesce(max(number), 0) from schema_steps").fetchall()[0][0]
    if done > len(MIGRATIONS):
        raise ImsError(
            f"This shop was last opened by a newer version of the program (its tables are at step {done}, "
            f"this program knows {len(MIGRATIONS)}). Install the newer version, or restore a backup made before."
        )
    for number, name in enumerate(MIGRATIONS[done:], start=done + 1):
        connection.execute("begin")
        connection.execute((HERE / name).read_text(encoding="utf-8"))
        connection.execute("insert into schema_steps values (?, ?, ?)", [number, name, datetime.now(UTC).replace(tzinfo=None)])
        connection.execute("commit")
    connection.execute((HERE / "views.sql").read_text(encoding="utf-8"))
    _guard(connection)


def fact_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every table that hangs on `changes`, and `changes` itself."""
    found = connection.execute(
        "select table_name from duckdb_columns() where column_name = 'change_id' and not internal "
        "and table_name in (select table_name from duckdb_tables()) order by table_name"
    ).fetchall()
    return [name for (name,) in found]


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


def _rescue(path: Path, failure: duckdb.Error) -> str:
    """Set a damaged write-ahead log aside and keep every change before the damage."""
    log = Path(f"{path}.wal")
    if "WAL" not in str(failure) or not log.exists():
        raise StorageFailed(
            f"The database {path} cannot be opened: {failure}. Put the newest backup in its place: python -m ims_core restore BACKUP-FOLDER"
        ) from failure
    aside = path.parent / "set-aside" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside.mkdir(parents=True, exist_ok=True)
    for file in (path, log):
        if file.exists():
            (aside / file.name).write_bytes(file.read_bytes())
    damaged = re.search(r"byte position (\d+)", str(failure))
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


def _start(cursor: duckdb.DuckDBPyConnection, number: int, change: list[Any]) -> _Open:
    """Write the audit line. Numbers count up without gaps: there is one writer, and a rollback gives its number back."""
    key = change[3]
    first = cursor.execute("select change_id from changes where key = ?", [key]).fetchall() if key is not None else []
    if first:
        return _Open(cursor, first[0][0], known=True)
    values = [number, datetime.now(UTC).replace(tzinfo=None), *change]
    cursor.execute("insert into changes values (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return _Open(cursor, number, known=False)


def _append_frame(mine: _Open, table: str, rows: pd.DataFrame | pa.Table) -> None:
    mine.cursor.register("incoming", rows)
    try:
        mine.cursor.execute(f"insert into {_named(table)} by name select {mine.change_id} as change_id, * from incoming")
    finally:
        mine.cursor.unregister("incoming")


def _append_rows(mine: _Open, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    names = ["change_id", *(_named(name) for name in rows[0])]
    one = f"({', '.join('?' * len(names))})"
    values = [value for row in rows for value in (mine.change_id, *row.values())]
    mine.cursor.execute(f"insert into {_named(table)} ({', '.join(names)}) values {', '.join([one] * len(rows))}", values)


def _named(name: str) -> str:
    """A table or column name of ours, never a user's text."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a table or column.")
    return name


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    with contextlib.suppress(duckdb.Error):  # a failed commit has rolled back already
        cursor.execute("rollback")


def _disk_sentence(failure: duckdb.Error) -> str:
    if "space" in str(failure).lower():
        return "The disk is full: nothing of this was written. Free some space and do it again."
    return f"The database did not take this change, and nothing of it was written ({str(failure).splitlines()[0]}). Try again."


def _held_sentence(path: str, failure: str) -> str:
    process = re.search(r"PID (\d+)", failure)
    by = f" (process {process.group(1)})" if process else ""
    return f"The shop at {path} is open in another program{by}, most likely the running app. Use its screens, or stop it first."
