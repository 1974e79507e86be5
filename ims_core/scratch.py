"""DuckDB in memory as a calculator: tables in, tables out, nothing kept. Facts live in `db`, never here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa


class Pad:
    """A scratch pad: put Arrow tables on it by name, ask it in SQL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def put(self, **tables: pa.Table) -> None:
        """Lay Arrow tables on the pad under the given names (no copy is made)."""
        for name, table in tables.items():
            self._connection.register(name, table)

    def run(self, sql: str, params: list[Any] | None = None) -> None:
        """Run statements for their effect on the pad, such as `create table`."""
        self._connection.execute(sql, params)

    def table(self, sql: str, params: list[Any] | None = None) -> pa.Table:
        """The answer as an Arrow table."""
        return self._connection.sql(sql, params=params).to_arrow_table()

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
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        connection.execute("set enable_external_access = false")
        connection.execute("set preserve_insertion_order = true")
        sheet = Pad(connection)
        sheet.put(**tables)
        yield sheet
    finally:
        connection.close()
