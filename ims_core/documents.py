"""Heads and lines of documents in two tables: the lines get the day, customer or supplier of the head that has their number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from ims_core import lookups, recognising, vocabulary
from ims_core.labels import FIELDS
from ims_core.reading import Table
from ims_core.recognising import Mapping

FOUND = 0.5
"""From this share of the lines' numbers on that the heads have, they are their heads."""
HEADS = "their lines stand in another file, which says what they say"
"""Why the lines of heads are not used themselves."""
OF_LINES = {"sku", "barcode", "qty", "price", "cost", "total", "received_qty"}
"""What a line says for itself, whatever the head says."""

DAYS = {"sales": ("day",), "purchases": ("ordered", "received", "expected"), "customer_orders": ("ordered", "promised", "shipped")}
"""Of the kinds whose lines may stand apart from their heads: the days that a head tells."""


@dataclass(frozen=True)
class Joined(Table):
    """Lines with what their heads say of them."""

    alone: Table | None = None
    says: str = ""


@dataclass(frozen=True)
class Heads(Table):
    """Heads whose lines stand in another table: nothing else is to be read from them."""

    alone: Table | None = None
    says: str = ""


PLAIN = (Table, lookups.Named)


def join(tables: Sequence[Table]) -> list[Table]:
    """The tables, those of lines without a day joined to the heads that have it; nothing changes where no two fit."""
    found = lookups.name([alone(table) for table in tables])
    plain = [(index, table) for index, table in enumerate(found) if type(table) in PLAIN]  # of a wide one each line has its day
    if len({table.header for _, table in plain}) < 2:
        return found
    one_each = {table.header: table for _, table in plain}  # months of daily files have one form
    forms = {header: recognising.recognise(table) for header, table in one_each.items()}
    of_heads: dict[tuple[str, tuple[str, ...]], Mapping | None] = {
        (kind, header): _as_heads(table, kind)
        for kind in {told.kind for told in forms.values() if _lacks_only_days(told)}
        for header, table in one_each.items()
    }
    for index, told in [(index, forms[table.header]) for index, table in plain if _lacks_only_days(forms[table.header])]:
        for other, heads in plain:
            head = of_heads[told.kind, heads.header]
            if other != index and type(found[other]) in PLAIN and head and _are_heads_of(found[index], told, heads, head):
                joined = _joined(found[index], told, heads, head)
                says = f"Its lines stand in {joined.name}, which takes the days from here."
                found[index], found[other] = joined, Heads(**lookups.bare(heads), alone=heads, says=says)
                break
    return found


def alone(table: Table) -> Table:
    """The table as it was read."""
    while isinstance(table, Joined | Heads | lookups.Named) and table.alone is not None:
        table = table.alone
    return table


def understood(table: Table) -> Mapping | None:
    """What heads are: nothing to import by themselves."""
    return Mapping("ignore", {}, {"kind": 1.0}, source=table.says) if isinstance(table, Heads) else None


def _lacks_only_days(told: Mapping) -> bool:
    if told.kind not in DAYS or "ref" not in told.columns:
        return False
    needed = {"sales": ("day",), "purchases": ("ordered", "received"), "customer_orders": ("ordered",)}[told.kind]
    return recognising.lacking(told) == [" or ".join(FIELDS[name].label for name in needed)]


def _as_heads(table: Table, kind: str) -> Mapping | None:
    """What a table of this form says of documents, if it has their number and a day, and no quantity."""
    head = recognising.recognise(table, kind)
    return head if "ref" in head.columns and "qty" not in head.columns and any(day in head.columns for day in DAYS[kind]) else None


def _are_heads_of(lines: Table, told: Mapping, heads: Table, head: Mapping) -> bool:
    """Whether each number stands once among the heads, and those of the lines are among them."""
    numbers = heads.rows.column(_number(told, heads, head))
    if heads.rows.num_rows > lines.rows.num_rows or len(pc.unique(pc.drop_null(numbers))) < len(numbers):
        return False
    among = pc.is_in(lines.rows.column(told.columns["ref"]), value_set=numbers.combine_chunks())
    return bool(pc.mean(among.cast(pa.int8())).as_py() >= FOUND)


def _number(told: Mapping, heads: Table, head: Mapping) -> str:
    """The heads' column of document numbers: the one that the lines call theirs, where there are several."""
    same = (column for column in heads.header if vocabulary.plain_words(column) == vocabulary.plain_words(told.columns["ref"]))
    return next(same, head.columns["ref"])


def _joined(lines: Table, told: Mapping, heads: Table, head: Mapping) -> Joined:
    """The lines with the columns of the heads that say what the lines do not."""
    at = pc.index_in(lines.rows.column(told.columns["ref"]), value_set=heads.rows.column(_number(told, heads, head)).combine_chunks())
    new = {column for name, column in head.columns.items() if name not in {*told.columns} | OF_LINES}
    if told.kind == "sales":  # without a day nothing tells sales from orders: what was promised does
        ordered = recognising.recognise(heads, "customer_orders").columns
        new |= {ordered[name] for name in ("promised", "shipped") if name in ordered}
    taken = [column for column in heads.header if column in new]
    rows, here = lines.rows, {column.lower() for column in lines.header}
    for column in taken:
        name = column if column.lower() not in here else f"{column} ({heads.name})"
        rows = rows.append_column(name, heads.rows.column(column).take(at))
    says = f"Each line with {', '.join(taken)} of its document in {heads.name}"
    return Joined(**lookups.bare(replace(lines, header=tuple(rows.column_names), rows=rows)), alone=lines, says=says)
