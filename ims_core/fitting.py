"""Whether a row is sure to fit its table, known before the database is asked.

Rows that are sure may be written later and together; one that is not is tried at once, so that it fails alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Column:
    """What a column takes, in DuckDB's words; `needed`: a row that leaves it out is refused."""

    type: str
    nullable: bool
    needed: bool


Form = Mapping[str, Column]
"""A table's columns by name."""

SURE: dict[str, Callable[[Any], bool]] = {
    "VARCHAR": lambda value: type(value) is str,
    "BIGINT": lambda value: type(value) is int and -(2**63) <= value < 2**63,
    "INTEGER": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "DECIMAL(18,4)": lambda value: type(value) in (int, float) and -1e13 < value < 1e13,
    "DOUBLE": lambda value: type(value) in (int, float) and -1e300 < value < 1e300,
    "BOOLEAN": lambda value: type(value) is bool,
    "DATE": lambda value: type(value) is date,
    "TIMESTAMP": lambda value: type(value) is datetime and value.tzinfo is None,
}
"""Exactly these types of Python: a kind of number from elsewhere may be fine, but it is not sure."""


def forms(columns: Iterable[tuple[str, str, str, bool, bool]]) -> Mapping[str, Form]:
    """The forms of tables from rows of: table, column, type, nullable, has a default."""
    found: dict[str, dict[str, Column]] = {}
    for table, name, kind, nullable, default in columns:
        found.setdefault(table, {})[name] = Column(kind, nullable, not (nullable or default))
    return found


def fits(form: Form, row: Mapping[str, Any]) -> bool:
    """Whether the database is sure to take this row."""
    if any(name not in row for name, column in form.items() if column.needed and name != "change_id"):
        return False
    return all(_sure(form.get(name), value) for name, value in row.items())


def _sure(column: Column | None, value: Any) -> bool:
    if column is None or column.type not in SURE:
        return False
    return column.nullable if value is None else SURE[column.type](value)
