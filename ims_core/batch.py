"""Changes that wait at the same time go to disk together: one flush of the disk, and few statements, serve them all.

Each still stands alone: it sees those before it as done, gets its answer when all are safely on disk, and where it
fails, it alone is left out.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

import duckdb
import pandas as pd
import pyarrow as pa

from ims_core import storage
from ims_core.errors import ImsError, StorageFailed
from ims_core.fitting import Form, fits

Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = pd.DataFrame | pa.Table | Sequence[Mapping[str, Any]]

VIA = ("screen", "api", "import", "automation", "command line")
"""The ways by which a change may come; the table knows them too."""
MOST = 64
"""Changes in one batch."""
LONGEST = 0.05
"""Seconds after which a batch takes no further change: the first in it is waiting for its answer."""
FEW = 8
"""Rows that are cheaper to write as values of a statement than as a table."""
SLICE = 200
"""Rows given as values of one statement; more of them take longer to plan than they save."""


@dataclass(eq=False)
class Part:
    """One change of a batch, or several that were told at once, with everything they wrote until that is safe."""

    number: int
    new: int = 0
    """How many changes it brings, numbered from `number` on; none where every key was known: then nothing is written."""
    rows: list[tuple[str, Rows]] = field(default_factory=list)
    """As they came, to write them again where another change fails."""
    inside: bool = False
    """Something of it stands in the transaction."""
    broken: bool = False
    """A statement failed: DuckDB takes nothing more in this transaction."""


class Batch:
    """One transaction and the changes in it. Used by one thread at a time: whose turn it is."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, forms: Mapping[str, Form], last: int) -> None:
        self._cursor = cursor
        self._forms = forms
        self._last = last
        self._until = time.monotonic() + LONGEST
        self._keys: dict[str, int] = {}
        self._waiting: list[tuple[Part, str, Row]] = []
        self._done = threading.Event()
        self.parts: list[Part] = []
        self._whole = True
        """False where writing again did not come to its end: such a batch must not reach the disk."""
        self.over = False
        self.failure: ImsError | None = None
        """Why nothing of it was written."""
        cursor.execute("begin")

    def start(self, lines: Sequence[Mapping[str, Any]]) -> tuple[Part, list[int]]:
        """Number changes: of each line its own number, or that of the change which brought its key.

        Numbers count up without gaps: there is one writer, and who fails gives his numbers back.
        """
        part = Part(self.last + 1)
        self.parts.append(part)
        try:
            known = self._first(part, [line["key"] for line in lines if line["key"] is not None])
            now, rows, numbers = datetime.now(UTC).replace(tzinfo=None), list[Row](), list[int]()
            for line in lines:
                number = known.get(line["key"])
                if number is None:
                    number = part.number + len(rows)
                    rows.append({"change_id": number, "done_at": now, **line})
                    if line["key"] is not None:
                        known[line["key"]] = number
                numbers.append(number)
            part.new = len(rows)
            self.append(part, "changes", rows)
        except BaseException:
            self.take_out(part)
            raise
        self._keys |= known
        return part, numbers

    def append(self, part: Part, table: str, rows: Rows) -> None:
        """Write rows of a change: those that are sure to fit with the next statement for all, others at once."""
        if isinstance(rows, pd.DataFrame | pa.Table):
            self._write(part, table, rows)
        else:
            rows = plain = [{name: sound(value) for name, value in row.items()} for row in rows]
            if table in self._forms and all(fits(self._forms[table], row) for row in plain):
                self._waiting += [(part, table, row) for row in plain]
            else:
                self._write(part, table, rows)
        part.rows.append((table, rows))

    def reader(self) -> duckdb.DuckDBPyConnection:
        """The cursor to ask on: it sees all that the changes of this batch wrote, and their audit lines."""
        self._write_waiting()
        return self._cursor

    def take_out(self, part: Part) -> None:
        """Leave the newest change out; where something of it stands already, the others are written again without it."""
        self.parts.remove(part)
        if part.new:
            self._keys = {key: number for key, number in self._keys.items() if not 0 <= number - part.number < part.new}
        self._waiting = [(other, table, row) for other, table, row in self._waiting if other is not part]
        if part.inside or part.broken:
            self._write_again()

    def _write_again(self) -> None:
        self._whole = False
        self._cursor.execute("rollback")
        self._cursor.execute("begin")
        self._waiting = []
        for part in self.parts:
            written, part.rows = part.rows, []
            for table, rows in written:
                self.append(part, table, rows)
        self._whole = True

    def takes_more(self) -> bool:
        """Whether another change may join before this batch goes to disk."""
        return not self.over and len(self.parts) < MOST and time.monotonic() < self._until

    def commit(self) -> None:
        """Make all of it durable."""
        if not self._whole:
            raise StorageFailed("The database gave way while several people wrote. Nothing of this was written; try again.")
        if self._waiting:
            self._write_waiting()
        else:  # some statement must be taken right before: where one failed unseen, a commit would roll back and say nothing
            self._cursor.execute("select 1")
        self._cursor.execute("commit")
        self._cursor.close()
        self.over = True

    def give_up(self) -> None:
        """Let go of the transaction; what is not committed is gone."""
        storage.roll_back(self._cursor)
        self._cursor.close()
        self.over = True

    def tell(self) -> None:
        """Answer everybody who waits for this batch."""
        self._done.set()

    def wait(self) -> None:
        """Return when my change is safe on disk, or raise why it is not."""
        self._done.wait()
        if self.failure is not None:
            raise type(self.failure)(str(self.failure)) from self.failure

    @property
    def last(self) -> int:
        """The number of the newest change when this batch is on disk."""
        return self._last + sum(part.new for part in self.parts)

    @property
    def tables(self) -> Counter[str]:
        """The tables that got rows."""
        return Counter(table for part in self.parts for table, _ in part.rows)

    def _first(self, part: Part, keys: Sequence[str]) -> dict[str, int]:
        """The numbers of the changes that brought these keys; a key that is new has none."""
        found = {key: self._keys[key] for key in keys if key in self._keys}
        wanted = [key for key in keys if key not in found]
        if not wanted:
            return found
        one = len(wanted) == 1  # the index answers one; many are found by one walk through all
        try:
            sql = f"select key, change_id from changes where {'key = ?' if one else 'list_contains(?, key)'}"
            return found | dict(self._cursor.execute(sql, wanted if one else [wanted]).fetchall())
        except BaseException:
            part.broken = True
            raise

    def _write(self, part: Part, table: str, rows: Rows) -> None:
        try:
            if isinstance(rows, pd.DataFrame | pa.Table):
                _write_table(self._cursor, table, rows, f"{part.number} as change_id, *")
            else:
                for names, alike in _alike({"change_id": part.number, **row} for row in rows).items():
                    _write_values(self._cursor, table, names, alike)
        except BaseException:
            part.broken = True
            raise
        part.inside = True

    def _write_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for part, _, _ in waiting:
            part.inside = True
        for table in dict.fromkeys(table for _, table, _ in waiting):
            rows = [{"change_id": part.number, **row} for part, wanted, row in waiting if wanted == table]
            for names, alike in _alike(rows).items():
                if len(alike) > FEW:
                    columns = dict(zip(names, map(list, zip(*alike, strict=True)), strict=True))
                    _write_table(self._cursor, table, pa.table(columns), "*")
                else:
                    _write_values(self._cursor, table, names, alike)


def _write_table(cursor: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame | pa.Table, columns: str) -> None:
    cursor.register("incoming", rows)
    try:
        cursor.execute(f"insert into {storage.named(table)} by name select {columns} from incoming")
    finally:
        cursor.unregister("incoming")


def _write_values(cursor: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    columns = ", ".join(storage.named(name) for name in names)
    one = f"({', '.join('?' * len(names))})"
    for start in range(0, len(rows), SLICE):
        some = rows[start : start + SLICE]
        values = [value for row in some for value in row]
        cursor.execute(f"insert into {storage.named(table)} ({columns}) values {', '.join([one] * len(some))}", values)


def _alike(rows: Iterable[Row]) -> dict[tuple[str, ...], list[tuple[Any, ...]]]:
    """Rows by the columns they name: what a row does not name gets the table's default."""
    found: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(tuple(row), []).append(tuple(row.values()))
    return found


def sound(value: Any) -> Any:
    """Text that can be stored: half a surrogate pair, as a broken client may send, becomes a question mark."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
