"""DuckDB in memory as a calculator: tables in, tables out, nothing kept. Facts live in `db`, never here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count, pairwise
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

MANY = 50_000
"""Lines from which on all processors work on a pad."""

FAR = (50, 1)
"""Lines left out between two that may still follow each other, the first that will do; where more are, they may come later."""

_numbers = count()


class Pad:
    """A scratch pad: put Arrow tables on it by name, ask it in SQL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._laid: dict[str, pa.Table] = {}

    def put(self, **tables: pa.Table) -> None:
        """Lay Arrow tables on the pad under the given names (no copy is made)."""
        for name, table in tables.items():
            self._connection.register(name, table)
            self._laid[name] = table

    def filled(self, name: str) -> set[str]:
        """The columns, of a table that was put down, in which no cell is empty."""
        table = self._laid[name]
        return {column for column, cells in zip(table.column_names, table.columns, strict=True) if not cells.null_count}

    def fill(self, table: str, rows: pa.Table) -> None:
        """Add rows to a table, columns in its order, and let go of them: what `put` lays down is kept in memory until the end."""
        self._connection.from_arrow(rows).insert_into(table)

    def run(self, sql: str, params: list[Any] | None = None) -> None:
        """Run statements for their effect on the pad, such as `create table`."""
        self._connection.execute(sql, params)

    def lay(self, name: str, sql: str, empty: Mapping[str, str] | None = None) -> None:
        """`name` anew, from what it holds now if need be; columns in which nothing stands (`empty`: name -> type) take no room."""
        nothing = "".join(f", null::{type} as {column}" for column, type in (empty or {}).items())
        self.run(f"create table {name}_anew as {sql}")
        self.run(f"drop view if exists {name}; drop table if exists {name}_told; alter table {name}_anew rename to {name}_told")
        self.run(f"create view {name} as select *{nothing} from {name}_told")

    def columns(self, name: str) -> dict[str, str]:
        """The columns of a table or view, and their types."""
        return dict(self.rows(f"select column_name, column_type from (describe {name})"))

    def table(self, sql: str, params: list[Any] | None = None) -> pa.Table:
        """The answer as an Arrow table."""
        return self._connection.sql(sql, params=params).to_arrow_table()

    def in_order(self, sql: str, *by: str) -> pa.Table:
        """The answer by whole numbers, the first counting most. Joined lines come in long runs: those are sorted, lines only if need be."""
        found = self.table(sql)
        keys = [found.column(name).to_numpy() for name in by]
        for far in FAR:
            runs = _runs(keys, far)
            if all(tuple(key[end - 1] for key in keys) <= after[:-2] for (*_, end), after in pairwise(runs)):
                return pa.concat_tables([found.slice(first, end - first) for *_, first, end in runs]) if runs else found
        return self.table(f"from ({sql}) order by {', '.join(by)}")

    def rows(self, sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """The answer as tuples."""
        return self._connection.execute(sql, params).fetchall()

    def row(self, sql: str, params: list[Any] | None = None) -> dict[str, Any]:
        """The one row of the answer by column name."""
        result = self._connection.execute(sql, params)
        names = [column[0] for column in result.description]
        return dict(zip(names, result.fetchall()[0], strict=True))


@contextmanager
def pad(**tables: pa.Table) -> Iterator[Pad]:
    """An empty scratch pad with `tables` on it, closed to the outside and gone at the end."""
    name = f"pad_{next(_numbers)}"
    cursor = _calculator(many=sum(table.num_rows for table in tables.values()) > MANY).cursor()
    try:
        cursor.execute(f"create schema {name}; use {name}")
        sheet = Pad(cursor)
        sheet.put(**tables)
        yield sheet
        cursor.execute(f"use main; drop schema {name} cascade")
    except BaseException:
        _calculator.cache_clear()  # whatever broke on it, the next pad is on a fresh one
        raise
    finally:
        cursor.close()


@cache
def _calculator(many: bool) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory, kept because opening one takes longer than most sums; for few lines, sharing them out costs more than it saves."""
    config: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    connection = duckdb.connect(config=config | ({} if many else {"threads": 1}))
    connection.execute("set enable_external_access = false")
    connection.execute("set preserve_insertion_order = true")
    return connection


def _runs(keys: Sequence[np.ndarray], far: int) -> list[tuple[int, ...]]:
    """Where lines follow each other by `keys`: the keys of the first line of each run, its place and the place behind the last; sorted."""
    steps = [np.diff(key) for key in keys]
    apart = (steps[-1] < 0) | (steps[-1] > far)
    for step in steps[:-1]:
        apart |= step != 0
    bounds = [0, *map(int, np.flatnonzero(apart) + 1), len(keys[0])]
    return sorted((*(int(key[first]) for key in keys), first, end) for first, end in pairwise(bounds) if first < end)
