"""The shop's facts: asked by anyone at any time, written by one at a time, never overwritten."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa

from ims_core import backups, disk, storage
from ims_core.batch import VIA, Batch, Part, sound
from ims_core.batch import Rows as Rows
from ims_core.errors import Busy, ImsError, StorageFailed
from ims_core.fitting import Form
from ims_core.scratch import Pad
from ims_core.turns import Turns
from ims_core.witness import Witness

T = TypeVar("T")


@dataclass
class Database:
    """An open shop. Reads may come from any thread; each call has a cursor of its own."""

    path: str
    connection: duckdb.DuckDBPyConnection
    forms: Mapping[str, Form] = field(repr=False)
    """What the columns of each table take."""
    witness: Witness
    also: tuple[Path, ...] = ()
    notes: list[str] = field(default_factory=list)
    """What the owner must know about the last start, such as a rescued log."""
    patience: float = 60.0
    """Seconds a change waits for its turn."""
    kept_until: int = -1
    """Up to which change `positions` were brought since the start."""
    looked: bool = False
    """Whether `inbox` has looked at goods since the start; before, no alert does not mean that all is well."""
    _turns: Turns = field(default_factory=Turns)
    _batch: Batch | None = None
    _mine: threading.local = field(default_factory=threading.local)
    _mending: threading.Lock = field(default_factory=threading.Lock)
    _keeping: threading.Lock = field(default_factory=threading.Lock)
    _version: int = 0
    _closed: bool = False
    _written: Counter[str] = field(default_factory=Counter)
    _kept: dict[Any, tuple[tuple[int, ...], Any]] = field(default_factory=dict)

    # -- reading

    def frame(self, sql: str, params: Any = None) -> pd.DataFrame:
        """The answer as a frame; decimals come as float64, for display and figures."""
        return self._ask(lambda cursor: cursor.execute(sql, params).df())

    def arrow(self, sql: str, params: Any = None) -> pa.Table:
        """The answer as an Arrow table; decimals stay exact."""
        return self._ask(lambda cursor: cursor.sql(sql, params=params).to_arrow_table())

    def rows(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        """The answer as tuples; decimals stay exact."""
        return self._ask(lambda cursor: cursor.execute(sql, params).fetchall())

    def row(self, sql: str, params: Any = None) -> dict[str, Any]:
        """The first row of the answer by column name; empty where there is none."""
        columns, found = self._ask(lambda cursor: (cursor.execute(sql, params).description, cursor.fetchall()))
        return {column[0]: value for column, value in zip(columns, found[0], strict=True)} if found else {}

    def scalar(self, sql: str, params: Any = None) -> Any:
        """The one value of the answer; None where there is none."""
        found = self.rows(sql, params)  # fetchall: fetchone would leave the result open
        return found[0][0] if found else None

    def kept(self, question: Callable[["Database"], T], *tables: str) -> T:
        """The question's answer, asked again only after something was written to one of `tables`. Not to be altered."""
        if self._open is not None and any(self._open[0].tables[table] for table in tables):
            return question(self)  # what is being written counts for those who write alone
        written = tuple(self._written[table] for table in tables)
        found = self._kept.get(question)
        if found is None or found[0] != written:
            found = self._kept[question] = (written, question(self))
        answer: T = found[1]
        return answer

    @contextmanager
    def keeping(self) -> Iterator[Pad]:
        """A pad over the shop's tables, for what is kept only to answer faster: one at a time, all of it or nothing. Never for facts."""
        with self._keeping:
            cursor = self._cursor()
            try:
                cursor.execute("begin")
                yield Pad(cursor)
                cursor.execute("commit")
            except disk.FAILURES as failure:
                raise StorageFailed(disk.sentence(failure)) from failure
            finally:
                cursor.close()  # rolls back what was not committed

    @property
    def version(self) -> int:
        """How many changes there have been; what was computed at one version holds until the next.

        Inside a change: how many before it, also those that go to disk together with it.
        """
        if self._open is None:
            return self._version
        batch, part = self._open
        return batch.last - part.new

    @property
    def _open(self) -> tuple[Batch, Part] | None:
        """The change that this thread is writing."""
        return getattr(self._mine, "open", None)

    def _ask(self, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        if self._open is not None:
            return self._ask_inside(*self._open, question)
        connection = self.connection
        cursor = self._cursor()
        try:
            return question(cursor)
        except duckdb.FatalException:
            cursor.close()
        self._mend(connection)  # outside the handler: a traceback would hold on to the cursor, and the cursor to the file
        return question(self._cursor())

    def _ask_inside(self, batch: Batch, part: Part, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        try:
            return question(batch.reader())
        except BaseException:
            part.broken = True
            raise

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        connection = self.connection
        try:
            return connection.cursor()
        except duckdb.ConnectionException:  # let go of after a fatal error, and the file could not be opened again then
            self._mend(connection)
        return self.connection.cursor()

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
        """One act, one audit line, one unit of undo: all of it is written, or nothing.

        Yields the change's number. Where `key` is known already, what is appended inside is dropped
        and the number of the first change is yielded: the same act twice is one act.
        It is on disk when the block has been left; changes that wait at the same time may go there together.
        """
        with self.changes([{"who": who, "what": what, "via": via, "key": key, "undoes": undoes, "restores": restores}]) as numbers:
            yield numbers[0]

    @contextmanager
    def changes(self, acts: Sequence[Mapping[str, Any]]) -> Iterator[list[int]]:
        """Several acts told at once, each a change of its own that can be undone alone; all of them are written, or none.

        acts: who what via key, as `change` takes them. Yields their numbers; one that is not above `version` was known by its key, and
        its rows are left out by the caller. Rows that are appended name the change they belong to.
        """
        if self._open is not None:
            raise RuntimeError("A change inside a change: one command makes exactly one.")
        if wrong := {act["via"] for act in acts} - set(VIA):
            raise ValueError(f"{wrong.pop()!r} is no way for a change to come; it is one of {', '.join(VIA)}.")
        batch, part, numbers = self._begin([{"undoes": None, "restores": None} | {name: sound(act[name]) for name in act} for act in acts])
        self._mine.open = (batch, part)
        try:
            yield numbers
            if part.broken:
                raise RuntimeError("A statement of this change failed and was passed over; nothing of the change was written.")
        except BaseException as failure:
            with suppress(duckdb.Error):  # where that fails too, the commit finds out, and everybody in the batch is told
                batch.take_out(part)
            if isinstance(failure, disk.FAILURES):
                raise StorageFailed(disk.sentence(failure)) from failure
            raise
        finally:
            self._mine.open = None
            self._pass_on()
        batch.wait()

    def append(self, table: str, rows: Rows) -> None:
        """Add rows to a fact table inside the open change; columns by name, `change_id` is added.

        A frame must not be altered before the change is over.
        """
        if self._open is None:
            raise RuntimeError("Rows are appended inside a change only.")
        batch, part = self._open
        if part.new and len(rows) > 0:
            batch.append(part, table, rows)

    def _begin(self, lines: Sequence[Mapping[str, Any]]) -> tuple[Batch, Part, list[int]]:
        """Wait for my turn; then join the batch that was passed on to me, or begin one."""
        if not self._turns.acquire(self.patience):
            raise Busy("Somebody else is writing for a long time. Nothing was changed; try again in a minute.")
        try:
            self._batch = self._batch or self._new_batch()
            return self._batch, *self._batch.start(lines)
        except duckdb.Error as failure:
            self._pass_on()
            raise StorageFailed(disk.sentence(failure)) from failure
        except BaseException:
            self._pass_on()
            raise

    def _new_batch(self) -> Batch:
        connection = self.connection
        try:
            return Batch(self._cursor(), self.forms, self._version)
        except duckdb.FatalException:
            pass
        self._mend(connection)
        return Batch(self._cursor(), self.forms, self._version)

    def _pass_on(self) -> None:
        """Let the next in line join the batch, or bring it to disk and answer everybody in it."""
        batch = self._batch
        if batch is not None and batch.takes_more() and self._turns.pass_on():
            return
        try:
            self._settle()
        finally:
            self._turns.release()

    def _settle(self) -> None:
        """Bring the batch that was passed on to whoever has the turn to disk, and answer everybody in it."""
        batch = self._batch
        if batch is None:
            return
        try:
            if not batch.over:
                self._commit(batch)
        finally:
            self._batch = None
            batch.tell()

    def _commit(self, batch: Batch) -> None:
        try:
            batch.commit()
            self._count(batch)
        except BaseException as failure:
            self._fail(failure)
            if not isinstance(failure, duckdb.Error | ImsError):
                raise

    def _count(self, batch: Batch) -> None:
        self._version = batch.last
        self.witness.write(batch.last)
        self._written.update(batch.tables)

    def _fail(self, failure: BaseException) -> None:
        """Something gave way below: find out whether the batch stands, and have everybody in it told if not."""
        batch, connection = self._batch, self.connection
        if batch is None or batch.over:
            return
        batch.give_up()
        try:
            if isinstance(failure, duckdb.FatalException):  # may come after a commit that is durable: only the checkpoint failed
                self._mend(connection)
            newest = self._cursor().execute("select coalesce(max(change_id), 0) from changes").fetchall()[0][0]
        except (duckdb.Error, ImsError) as trouble:
            batch.failure = StorageFailed(str(trouble))
            return
        if newest == batch.last:
            self._count(batch)
        else:
            batch.failure = failure if isinstance(failure, ImsError) else StorageFailed(disk.sentence(failure))

    # -- housekeeping

    def backup(self, directory: Path) -> Path:
        """Copy everything, as of now, into a new file in `directory`; opened and counted before it counts."""
        return backups.backed_up(self._cursor(), directory, standing=self._version)

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file, so that the next start is quick."""
        if not self._turns.acquire(self.patience):
            raise Busy("Somebody else is writing for a long time.")
        try:
            self._settle()
            self._cursor().execute("checkpoint")
        except duckdb.Error as failure:
            raise StorageFailed(f"The log could not be folded into the file; nothing is lost ({disk.first_line(failure)}).") from failure
        finally:
            self._turns.release()

    def close(self) -> None:
        """Checkpoint and let go of the file."""
        try:
            if self.path != ":memory:":
                self.checkpoint()
        finally:
            self._closed = True
            self.connection.close()
            self.witness.close()

    def _mend(self, dead: duckdb.DuckDBPyConnection) -> None:
        """After a fatal error DuckDB serves nothing until the file is opened anew."""
        with self._mending:
            if self.connection is not dead or self._closed:
                return
            dead.close()
            if self.path == ":memory:":
                raise StorageFailed("The database in memory is lost. Start the program anew.")
            self.connection = storage.opened_anew(self.path, self.also)
            self._version = self.connection.cursor().execute("select count(*) from changes").fetchall()[0][0]


def connect(path: str | Path, also: Sequence[Path] = ()) -> Database:
    """Open or create the shop at `path` (":memory:" for tests); `also`: further folders backups may go to.

    A write-ahead log that is damaged is set aside, what stands before the damage is kept, and `notes` says so.
    """
    if str(path) != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    folders = tuple(Path(folder).resolve() for folder in also)
    connection, witness, notes = storage.opened(str(path), folders)
    db = Database(str(path), connection, storage.forms(connection), witness, folders, notes)
    db._version = db.scalar("select count(*) from changes")
    return db
