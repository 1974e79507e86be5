"""Suppliers, categories and places that a file knows by number only: named from the list of the drop that numbers them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ims_core import kinds, vocabulary
from ims_core.reading import Table

SUBJECTS = {"supplier": "Supplier name", "category": "Category name", "place": "Place name"}
"""What is known by number, and how the column with its names is called."""
FOUND = 0.9
"""From this share of the different numbers on that a list has, it is the list of them."""
NUMBERS = ({"id"}, {"number"}, {"code"})


@dataclass(frozen=True)
class Named(Table):
    """A table with the names of what it knows by number."""

    alone: Table | None = None
    says: str = ""


@dataclass(frozen=True)
class Listing:
    """Which name each number of a subject stands for, and the file that says so."""

    file: str
    column: str
    numbers: pa.Array
    names: pa.Array


def name(tables: Sequence[Table]) -> list[Table]:
    """The tables, those that know something by number with a column of its names."""
    listed = {subject: [found for table in tables if (found := _listing(table, subject))] for subject in SUBJECTS}
    return [_named(table, listed) if type(table) is Table and any(listed.values()) else table for table in tables]


def bare(table: Table) -> dict[str, Any]:
    """The fields of a table as it was read, to make another of it."""
    return {part.name: getattr(table, part.name) for part in fields(Table)}


def _listing(table: Table, subject: str) -> Listing | None:
    """The names that a list gives to its numbers, each of which stands there once."""
    called = next((column for column in table.header if _calls(column, subject)), None)
    if called is None or not table.rows.num_rows:
        return None
    title = kinds.title(table)
    number = next((column for column in table.header if _numbers(column, subject, title)), None)
    if number is None or number == called:
        return None
    numbers = pc.utf8_trim_whitespace(table.rows.column(number)).combine_chunks()
    if numbers.null_count or pc.count_distinct(numbers).as_py() < len(numbers):
        return None
    return Listing(table.name, number, numbers, table.rows.column(called).combine_chunks())


def _numbers(column: str, subject: str, title: frozenset[str]) -> bool:
    """Whether it is the list's own number: `SupplierID`, or in a list named after suppliers `ID`."""
    words = vocabulary.heading(column).words
    return words - {subject} in NUMBERS and (subject in words or subject in title)


def _calls(column: str, subject: str) -> bool:
    words = vocabulary.heading(column).words
    told = vocabulary.likeness(subject, column, "suppliers" if subject == "supplier" else "")  # a company, where the number is a supplier's
    return words == {"name"} or (subject != "place" and told >= kinds.SURE and "name" in words)


def _named(table: Table, listed: dict[str, list[Listing]]) -> Table:
    """With the names beside the numbers, where they are bare numbers and the table does not name them itself."""
    rows, told = table.rows, []
    for column, subject, listing in _known(table, listed):
        if (title := SUBJECTS[subject]) not in rows.column_names:
            at = pc.index_in(pc.utf8_trim_whitespace(table.rows.column(column)), value_set=listing.numbers)
            rows = rows.append_column(title, listing.names.take(at.combine_chunks()))
            told.append(f"{column} named from {listing.file}")
    if not told:
        return table
    return Named(**bare(table) | {"header": tuple(rows.column_names), "rows": rows}, alone=table, says=", ".join(told))


def _known(table: Table, listed: dict[str, list[Listing]]) -> Iterator[tuple[str, str, Listing]]:
    """Each column of numbers, of what, and the list that has them."""
    for column in table.header:
        words = vocabulary.heading(column).words
        for subject in SUBJECTS:
            if subject not in words or words - {subject} not in NUMBERS or any(_calls_it(name, subject) for name in table.header):
                continue
            numbers = pc.drop_null(pc.unique(pc.utf8_trim_whitespace(table.rows.column(column))))
            for listing in listed[subject]:
                if listing.file != table.name and _fits(column, subject, numbers, listing):
                    yield column, subject, listing
                    break


def _fits(column: str, subject: str, numbers: pa.Array, listing: Listing) -> bool:
    """Whether the list has nearly all numbers, and calls them the same or just its own: a store's are not those of a location."""
    if subject in vocabulary.heading(listing.column).words and vocabulary.plain_words(listing.column) != vocabulary.plain_words(column):
        return False
    among = pc.is_in(numbers, value_set=listing.numbers).cast(pa.int8())
    return len(numbers) > 0 and bool(pc.mean(among).as_py() >= FOUND)


def _calls_it(column: str, subject: str) -> bool:
    """Whether the table names it itself."""
    words = vocabulary.heading(column).words
    return words in ({subject}, {subject, "name"})
