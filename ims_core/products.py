"""Products and their combinations: these are named after their product, whose own total is what they tell one by one."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ims_core import lookups, presets, recognising, vocabulary
from ims_core.kinds import SURE
from ims_core.reading import Table
from ims_core.recognising import Mapping

FOUND = 0.9
"""From this share of the different products of a list of combinations on that another list numbers, it is the list of them."""
NAME = "Product name"
NUMBERS = ({"id"}, {"item", "id"}, {"number"}, {"item", "number"}, {"code"}, {"item", "code"}, {"sku"})
"""What a column is called by which a list numbers its own products."""


Held = Sequence[tuple[str, str, str | None, bool]]
"""Combinations that the shop holds: their product's number or code, their own code, their name where it is another, whether counted."""


def join(tables: Sequence[Table], held: Held = ()) -> list[Table]:
    """The tables, combinations with the names of their products, and products with the rows whose total their combinations tell.

    Both may stand in one list, as WooCommerce has them, or in two, as PrestaShop does: then the number of the product joins them.
    So it does where the combinations came in an earlier drop and the shop holds them.
    """
    found = [table if not table.combined else replace(table, combined=()) for table in tables]
    for at, table in enumerate(found):
        told = _of_combinations(table)
        if told is None:
            continue
        if at_own := _products(table, told):
            found[at] = replace(table, combined=at_own)
            continue
        lists = [(index, key) for index, other in enumerate(found) if index != at and (key := _number(other, table, told))]
        if len(lists) == 1:
            ((index, key),) = lists
            found[at] = _named(table, told, found[index], key)
            lines = _rows(found[index], pc.is_in(_cells(found[index], key), value_set=_counted(table, told)))
            found[index] = replace(found[index], combined=tuple(sorted({*found[index].combined, *lines})))
    found = [_besides_held(table, held) for table in found] if any(counted for *_, counted in held) else found
    return [was if was.combined == now.combined and type(was) is type(now) else now for was, now in zip(tables, found, strict=True)]


def _besides_held(table: Table, held: Held) -> Table:
    """With the rows of products of which the shop holds counted combinations, told by number or code; another list's number 1 is another.

    That it is another is seen where most of the names differ: a combination is named after its product.
    """
    numbers = [column for column in table.header if vocabulary.heading(column).words in NUMBERS]
    if not numbers or (told := recognising.recognise(table)).kind != "items" or "on_hand" not in told.columns:
        return table
    own = {code for _, code, *_ in held}
    products = {product.removeprefix("id:").strip(): name for product, _, name, counted in held if counted and product not in own}
    alone = pc.equal(_cells(table, told.columns["parent"]), "") if "parent" in told.columns else pa.scalar(True)
    wanted, rows = pa.array(list(products), pa.string()), dict[int, str]()
    for column in numbers:
        cells = _cells(table, column)
        among = pc.and_(pc.is_in(cells, value_set=wanted), alone)
        rows |= dict(zip(_rows(table, among), cells.filter(among).to_pylist(), strict=True))
    if "name" in told.columns and rows:
        names = dict(zip(table.row_numbers().to_pylist(), _cells(table, told.columns["name"]).to_pylist(), strict=True))
        alike = [held_as.lower().startswith(names[row].lower()) for row, key in rows.items() if (held_as := products[key])]
        if alike and sum(alike) * 2 < len(alike):
            return table
    return replace(table, combined=tuple(sorted({*table.combined, *rows})))


def _of_combinations(table: Table) -> Mapping | None:
    """What the table says of items, where it tells the product of each line."""
    preset = presets.find(table.header)
    if not (
        (preset and "parent" in preset.columns) or any(vocabulary.likeness("parent", column, "items") >= SURE for column in table.header)
    ):
        return None
    told = recognising.recognise(table)
    return told if told.kind == "items" and "parent" in told.columns else None


def _cells(table: Table, column: str) -> pa.Array:
    return pc.utf8_trim_whitespace(pc.fill_null(table.rows.column(column), "")).combine_chunks()


def _counted(table: Table, told: Mapping, silent: bool = False) -> pa.Array:
    """The products of which some combination tells how many there are, or of which some does not."""
    if "on_hand" not in told.columns:
        return pa.array([], pa.string())
    tells = pc.match_substring_regex(_cells(table, told.columns["on_hand"]), r"\d")
    products = pc.unique(_cells(table, told.columns["parent"]).filter(pc.invert(tells) if silent else tells))
    return products.filter(pc.not_equal(products, ""))


def _rows(table: Table, wanted: pa.BooleanArray) -> tuple[int, ...]:
    return tuple(table.row_numbers().filter(wanted).to_pylist())


def _products(table: Table, told: Mapping) -> tuple[int, ...]:
    """The rows of products that stand in the list of their combinations, where each of these tells how many there are.

    In such a list one that tells nothing is taken from the product's own stock, so that this counts too.
    """
    counted, silent = _named_by(table, told, _counted(table, told)), _named_by(table, told, _counted(table, told, silent=True))
    return tuple(sorted(counted - silent))


def _named_by(table: Table, told: Mapping, parents: pa.Array) -> set[int]:
    """The rows of products that combinations name by code, or by number (`id:10`)."""
    alone = pc.equal(_cells(table, told.columns["parent"]), "")
    keys = {"sku": parents, "other_id": pc.replace_substring_regex(parents, "^(?i:id): *", "")}
    numbers = [(_cells(table, told.columns[name]), names) for name, names in keys.items() if name in told.columns]
    return {row for number, names in numbers for row in _rows(table, pc.and_(alone, pc.is_in(number, value_set=names)))}


def _number(other: Table, table: Table, told: Mapping) -> str | None:
    """The column by which a list of items numbers the products of the combinations in `table`: each of them once."""
    products = pc.unique(_cells(table, told.columns["parent"]))
    products = products.filter(pc.not_equal(products, ""))
    for column in other.header if len(products) else ():
        if vocabulary.heading(column).words in NUMBERS:
            numbers = _cells(other, column)
            numbers = numbers.filter(pc.not_equal(numbers, ""))
            among = pc.is_in(products, value_set=numbers).cast(pa.int8())
            if pc.count_distinct(numbers).as_py() == len(numbers) > 0 and pc.mean(among).as_py() >= FOUND:
                return column if recognising.recognise(other).kind == "items" else None
    return None


def _named(table: Table, told: Mapping, products: Table, key: str) -> Table:
    """The combinations with the name of their product beside it, where they do not tell it."""
    column = recognising.recognise(products).columns.get("name")
    if "name" in told.columns or column is None or NAME in table.header:
        return table
    at = pc.index_in(_cells(table, told.columns["parent"]), value_set=_cells(products, key))
    names = products.rows.column(column).combine_chunks().take(at)
    says = ", ".join(filter(None, [getattr(table, "says", ""), f"{told.columns['parent']} named from {products.name}"]))
    rows = table.rows.append_column(NAME, names)
    return lookups.Named(**lookups.bare(table) | {"header": tuple(rows.column_names), "rows": rows}, alone=table, says=says)
