"""What several columns say together: a code that numbers the sale, a total that adds up, what is left beside what is reserved."""

import operator
from collections.abc import Mapping

from ims_core import evidence, vocabulary
from ims_core.kinds import Found
from ims_core.reading import Table

Samples = Mapping[str, evidence.Cells]
"""Some filled cells of each column."""


def told_apart(kind: str, found: Found, samples: Samples) -> Found:
    """A bare code, another on every line, may number the sale and not what was sold: it is asked where nothing else numbers it."""
    if kind == "purchases" and "ref" in found and not {"sku", "barcode", "supplier", "ordered", "expected", "status"} & set(found):
        column = found["ref"][0][1]
        if vocabulary.heading(column).words == {"reference"} and 1 < len(samples[column]) == len(set(samples[column])):
            return {name: rivals for name, rivals in found.items() if name != "ref"} | {"sku": [(vocabulary.PERHAPS, column)]}
    beside = {"sales": "name", "purchases": "name", "stock": "day"}.get(kind)
    if "sku" not in found or "ref" in found or beside not in found:
        return found
    score, column = found["sku"][0]
    bare, codes = vocabulary.heading(column).words <= {"code", "number", "id", "reference"}, samples[column]
    if not bare or len(set(codes)) < len(codes):
        return found
    return found | {"sku": [(min(score, vocabulary.PERHAPS), column), *found["sku"][1:]]}


def proved(found: Found, table: Table) -> Found:
    """A total that is not quantity times price is that of the whole receipt perhaps: it is asked."""
    price = found.get("price") or found.get("cost")
    if price is None or not {"qty", "total"} <= set(found):
        return found
    columns = (found["qty"][0][1], price[0][1], found["total"][0][1])
    score, adds_up = found["total"][0][0], evidence.adds_up(_lines(table, *columns))
    return found if adds_up else found | {"total": [(min(score, vocabulary.PERHAPS), columns[2]), *found["total"][1:]]}


def on_hand(kind: str, found: Found, table: Table) -> Found:
    """What is left beside the reserved gives way to the whole; what comes to an amount on each line was bought or sold perhaps."""
    score, column = found["on_hand"][0]
    words = {name: vocabulary.heading(name).words for name in table.header}
    plain, price = next((name for name in words if words[name] == {"quantity"}), None), found.get("price") or found.get("cost")
    if plain and "available" in words[column]:
        reserved = (name for name in words if "reserved" in words[name])
        if any(evidence.comes_to(_lines(table, plain, name, column), operator.sub) for name in reserved):
            return found | {"on_hand": [(score, plain)]}
    if plain == column and price and kind == "items":
        amounts = (name for name in words if "amount" in words[name])
        if any(evidence.comes_to(_lines(table, column, price[0][1], name), operator.mul) for name in amounts):
            return found | {"on_hand": [(vocabulary.PERHAPS, column)]}
    return found


def _lines(table: Table, *columns: str) -> tuple[tuple[str, str, str], ...]:
    """The first lines of three columns."""
    cells = (table.rows.column(name).slice(0, 200).to_pylist() for name in columns)
    return tuple((one or "", other or "", third or "") for one, other, third in zip(*cells, strict=True))
