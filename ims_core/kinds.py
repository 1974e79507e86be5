"""Which kind of file a table is: the weight of the fields that were found in it, and what its name speaks of."""

import re
from collections.abc import Iterator, Mapping

import pyarrow.compute as pc

from ims_core import vocabulary, widening
from ims_core.labels import KIND_NEEDS
from ims_core.reading import Table

SURE = 0.75
"""From this confidence on a column is taken without asking."""
LEAST = 0.5
ENOUGH = 3.0
"""What speaks for a kind must weigh this much, or it is asked; below two thirds of it, the table is not for us."""
WITHOUT = 0.7
"""A table that lacks something needed may still be of the kind, with less weight: then the person is told what is missing."""

WEIGHTS: dict[str, dict[str, float]] = {
    "sales": {"qty": 2, "day": 3, "customer": 3, "ref": 2, "price": 1.5, "total": 1.5},
    "purchases": {"qty": 2, "ordered": 3, "received": 4, "expected": 3, "supplier": 3, "received_qty": 4, "cost": 1.5, "ref": 1.5},
    "customer_orders": {"qty": 2, "ordered": 3, "promised": 3, "shipped": 4, "shipped_qty": 4, "customer": 3, "ref": 2},
    "stock": {"on_hand": 3, "place": 2, "lot": 1, "expires": 1},
    "counts": {"on_hand": 3},
    "items": {
        "name": 2,
        "price": 2,
        "cost": 2,
        "category": 2,
        "barcode": 2,
        "on_hand": 1.5,
        "pack": 1.5,
        "supplier": 1.5,
        "lead_days": 1.5,
        "moq": 1.5,
    },
    "suppliers": {"supplier": 4, "email": 3, "phone": 3, "lead_days": 1, "min_order": 3},
}
"""How much a field speaks for a kind; 1 where none is given."""

SILENT = {"items": {"currency"}}
"""Fields that tell no kind, as any may have them; of kinds that are not listed also the unit."""

OWN = {"sales": {"qty", "ref", "customer", "day"}, "purchases": {"ordered", "received", "expected", "received_qty"}}
"""Two of these tell the kind also where something needed is missing."""

PAID = frozenset({"price", "total", "amount", "payment", "invoice", "revenue"})
"""A list of orders that says what they brought is one of sales."""

HINTS: dict[str, tuple[frozenset[str], ...]] = {
    "purchases": tuple(map(frozenset, ({"purchase"}, {"supplier", "order"}, {"delivery"}, {"received"}))),
    "sales": tuple(map(frozenset, ({"sale"}, {"register"}, {"invoice"}, {"receipt"}, {"transaction"}, {"sold"}, {"order"}, {"demand"}))),
    "stock": tuple(map(frozenset, ({"stock"}, {"hand"}, {"counted"}, {"balance"}))),
    "items": tuple(map(frozenset, ({"item"}, {"catalog"}, {"price", "list"}, {"sku"}, {"material"}))),
    "suppliers": (frozenset({"supplier"}),),
}
"""Words in the name of a file or sheet that tell what it holds."""

ELSEWISE = re.compile(
    r"transf|trasfer|umlager|adjust|ajust|anpass|rettific|korrektur|movement|moviment|mouvement|beweg|open\b|offen|abert|abiert|en cours"
    r"|apert[io]|outstanding|pending|backorder|quot|angebot|devis|offert|oferta|or[cç]amento|presupuesto|preventiv|forecast|prognos"
    r"|pr[eé]vision|previs|budget|return|retour|reso\b|resi\b|devol|issue|salida|entrada|sortie|entr[eé]e|uscit|entrat|sa[ií]da|entnahm|zug[aä]ng|abg[aä]ng|reorder|nachbestell|required|bedarf|transit|ranking|dead|slow|ordered|bestellt|sold\b",
    re.I,
)
"""Above a table: what has not happened, or what is neither a list nor a sale though it speaks of one."""

NOT_OURS = frozenset((
    "category", "customer", "person", "manufacturer", "alias", "component", "resource", "operation", "measure", "parameter", "attribute",
    "account", "user", "employee", "forecast", "distribution", "manufacturing", "campaign", "ledger_account", "budget",
))  # fmt: skip
"""What a file may be about instead of items."""
UNREAL = frozenset({"forecast", "budget", "parameter"})
"""A file named after one of these tells what is thought or set, whatever else its name says: nothing of it has happened."""
GOODS = frozenset(
    ("item", "sku", "barcode", "stock", "material", "variant", "code", "number", "reference", "line", "order", "catalog", "supplier")
)
"""Of these a list of goods may have a number; where it has one of something else, that is what it lists."""
BOUGHT = frozenset({"order", "invoice", "receipt", "sale"})
"""What customers did is ours, though they are not."""
ABOUT = re.compile(r"locations?\b|\bstores\b|\bshops\b|\bwarehouses\b|filialen|magasins|tiendas|lojas|gift[ _-]?cards?|gutscheine", re.I)
"""A file may be about these too; the word for one of them is in the name of many."""
ACCOUNTS = tuple(
    map(frozenset, ({"debit", "credit"}, {"account", "credit"}, {"balance", "amount"}, {"employee", "hour"}, {"security"}, {"coordinate"}))
)
"""Over the columns of a book of accounts, a bank statement, hours worked, a list of securities, a map; over those of no goods."""
ITEMS = frozenset({"item", "sku", "barcode", "variant", "material", "stock"})
"""Over a column of goods, their codes and how many there are."""
ADDRESS = frozenset({"address", "city", "email", "phone", "fax"})

BOTH = frozenset({"inflow", "outflow"})
LOOKED_AT, FEW = 500, 12
"""Lines that are looked at for words that recur, and how many different ones there may be."""

BUYING = frozenset({"supplier", "supplier_code", "ordered", "expected", "received", "received_qty"})
"""One of these tells that something was bought: a day, a quantity and what it cost may be what was used."""

Found = dict[str, list[tuple[float, str]]]
"""Our field -> the column that fits best, then those that fit nearly as well: (how sure, column)."""


def hinted(table: Table) -> frozenset[str]:
    """The kinds that the names of the file and its sheet speak of."""
    return _spoken_of(title(table))


def captioned(table: Table) -> str | None:
    """The one kind that the lines above the header speak of; none where they speak of what is to come, or of how stock moved."""
    words = vocabulary.heading(table.title).words
    if ELSEWISE.search(table.title) or ("order" in words and not words & {"purchase", "supplier"}):
        return None
    said = _spoken_of(words)
    said -= {"items"} if len(said) > 1 else set()  # sales by item are sales
    return next(iter(said)) if len(said) == 1 else None


def _spoken_of(words: frozenset[str]) -> frozenset[str]:
    if words & UNREAL:
        return frozenset()
    if _others(words):
        words -= {"order", "item"}  # a distribution order is no sale, an item location no item
    found = {kind for kind, hints in HINTS.items() if any(hint <= words for hint in hints)}
    if "purchases" in found:
        found -= ({"suppliers"} if words & {"order", "received", "delivery"} else set()) | (
            set() if words & {"sale", "sold"} else {"sales"}
        )
    return frozenset(found)


def speaks_for(kind: str, found: Found, table: Table) -> float:
    """The weight of what was found, more where the file's name says so, less where something needed is missing or is a guess."""
    words = title(table)
    if _keeps_accounts(found, table):
        return 0
    if kind == "customer_orders" and not _keeps_promises(found, table):
        return 0
    elsewhere = bool(_others(words) or ABOUT.search(table.sheet or table.name) or (kind == "items" and _numbers_others(table, found)))
    named, needs = kind in hinted(table) and not (kind == "items" and elsewhere), _needs(kind, found)
    found = {name: rivals for name, rivals in found.items() if name not in SILENT.get(kind, {"currency", "unit"})}
    if len(found) < (3 if needs == 0 else 1 if named else 2):
        return 0
    if kind == "suppliers" and (_has_items(table) or needs < SURE):
        return 0
    if kind == "items" and _addresses(table) >= 2 and not {"barcode", "price", "cost"} & set(found):
        return 0
    total = sum(WEIGHTS[kind].get(name, 1) * rivals[0][0] for name, rivals in found.items()) + 2.5 * named
    if kind == "stock" and any({"theoretical", "difference"} & _words(column) for column in table.header):
        total += 1.5  # the book beside the shelf: somebody counted
    if elsewhere and not named:
        total *= 0.2
    told = {name for name in ("sku", "barcode", "price", "cost") if name in found and (name != "sku" or found[name][0][0] >= SURE)}
    if kind == "items" and not named and not told:
        total *= 0.6
    return total * (1 if needs else WITHOUT if named or len(OWN.get(kind, frozenset()) & set(found)) > 1 else WITHOUT / 2)


def _keeps_accounts(found: Found, table: Table) -> bool:
    """What was paid, or who worked when: not a code or quantity of goods among it, nor who supplies them."""
    alone = {word for column in table.header if len(words := _words(column)) == 1 for word in words}
    goods = {"barcode", "qty", "supplier"} & _sure(found) or any(ITEMS & _words(column) for column in table.header)
    return any(each <= alone for each in ACCOUNTS) and (not goods or "security" in alone)


def _keeps_promises(found: Found, table: Table) -> bool:
    """Orders of customers tell what was promised beside what was shipped; with less than that, a list of orders is one of sales.

    So is one that says what they brought, unless it is named so; without a customer or a word of shipping it may be what was bought.
    """
    sure = {name for name, rivals in found.items() if rivals[0][0] >= SURE}
    words = [_words(column) for column in table.header]
    if _needs("customer_orders", found) < SURE or "promised" not in sure or any({"supplier", "purchase"} & each for each in words):
        return False
    if any({"customer", "order"} <= vocabulary.heading(name or "").words for name in (table.sheet, table.name)):
        return bool({"shipped", "shipped_qty"} & sure)
    told = "customer" in sure or any({"shipping", "fulfillment"} & each for each in words)
    return "shipped_qty" in sure and told and not any(PAID & each for each in words)


def says_more(kind: str, other: str, scored: Mapping[str, Found], table: Table) -> bool:
    """A list of items that a name calls stock tells all that one of stock would: nothing is lost, so nobody is asked."""
    told = {name: {rivals[0][1] for rivals in scored[name].values()} for name in (kind, other)}
    return (kind, other) == ("items", "stock") and "stock" in hinted(table) and told[other] <= told[kind]


def agrees(kind: str, found: Found, table: Table) -> bool:
    """Whether what stands above the table calls it what its columns say: none needed is missing, nothing but its name was open."""
    return captioned(table) == kind and _needs(kind, found) >= LEAST and not doubtful(kind, found, table, named=True)


def doubtful(kind: str, found: Found, table: Table, named: bool = False) -> bool:
    """True where a needed column is missing, only the table's name could tell what its quantities are, or it may list anything."""
    plain = (
        _needs(kind, found) < LEAST
        or (_by_period(table) and not _stock_beside(kind, table))
        or (kind == "stock" and found["on_hand"][0][0] < 0.85)
    )
    if kind == "items" and (_lists_anything(found, table) or _tells_of_lines(table)):
        return True
    if kind == "sales" and "customer" not in found and any(vocabulary.likeness("supplier", column) >= SURE for column in table.header):
        return True
    if kind == "sales" and not _needs(kind, found) and len(OWN[kind] & _sure(found)) < 2:
        return True  # its name says so, and hardly more
    if (kind == "items" and _lists_parts(found, table)) or _goes_both_ways(table):
        return True
    return (plain or (kind == "purchases" and not BUYING & _sure(found))) and not (named or kind in hinted(table))


def _sure(found: Found) -> set[str]:
    return {name for name, rivals in found.items() if rivals[0][0] >= SURE}


def _tells_of_lines(table: Table) -> bool:
    """Lots that expire stand on shelves; a document's number and its day, or a quantity with what it came to, are those of a line."""

    def told(field: str, least: float = SURE, kind: str = "") -> bool:
        return any(vocabulary.likeness(field, column, kind) >= least for column in table.header)

    dated = told("ref", 0.9) and told("day", 0.9)
    return dated or (told("lot") and told("expires")) or (told("qty", 0.9) and told("total", 0.9))


def _goes_both_ways(table: Table) -> bool:
    """A journal or card of movements: its columns, or the words of one of them, tell what came and what went."""
    told = {word for column in table.header for word in _words(column)}
    if {"inflow", "outflow"} <= told or "movement" in told:
        return True
    return any({word for cell in few for word in _words(cell)} >= BOTH for few in _few_words(table))


def _few_words(table: Table) -> Iterator[list[str]]:
    """What stands in columns that say one of few things on every line."""
    for name in table.header:
        cells = table.rows.column(name).slice(0, LOOKED_AT).unique().drop_null()
        if 1 < len(cells) <= FEW:
            yield cells.to_pylist()


def _lists_parts(found: Found, table: Table) -> bool:
    """Parts named beside what they are of, or a quantity that nothing calls stock beside a level, or beside no price or sort of goods."""
    if any("component" in _words(column) and max(map(len, _first(table, column)), default=0) > 5 for column in table.header):
        return True
    if "on_hand" not in found or _words(found["on_hand"][0][1]) != {"quantity"}:
        return False
    return any(_words(column) == {"level"} for column in table.header) or not {"price", "cost", "category", "barcode", "place"} & set(found)


def _first(table: Table, column: str) -> list[str]:
    return [cell for cell in table.rows.column(column).slice(0, 20).to_pylist() if cell]


def _lists_anything(found: Found, table: Table) -> bool:
    """Codes and names that neither a header nor the title calls an item's, and nothing else of ours: of goods, of places, of anything.

    A catalogue may be one of catalogues.
    """
    goods, called = {"item", "sku", "variant"}, title(table)
    named = any(_words(column) & goods for column in table.header) or (called & goods and "catalog" not in called)
    return _sure(found) <= {"sku", "name", "other_id"} and not named


def _needs(kind: str, found: Found) -> float:
    """How sure the least sure of the needed fields is; 0 where one is missing."""
    return min((max((found[name][0][0] for name in group if name in found), default=0) for group in KIND_NEEDS[kind]), default=1)


def _others(words: frozenset[str]) -> frozenset[str]:
    """The words of a title that speak of something that is none of ours."""
    return words & NOT_OURS - ({"customer"} if words & BOUGHT else set())


def _numbers_others(table: Table, found: Found) -> bool:
    """Whether the table's own number, another in each line, is of something else: `SpecialOfferID` lists offers."""
    if any(found[name][0][0] >= SURE for name in ("sku", "barcode") if name in found):
        return False
    keys = [column for column in table.header[:2] if _words(column) & {"id", "code"} and _words(column) - {"id", "code"}]
    return any(not _words(column) & GOODS and not table.rows.column(column).null_count and _all_differ(table, column) for column in keys)


def _all_differ(table: Table, column: str) -> bool:
    return bool(pc.count_distinct(table.rows.column(column)).as_py() == table.rows.num_rows)


def title(table: Table) -> frozenset[str]:
    """What the table is called, in words of ours: its sheet says it better than its file."""
    sheet, file = (vocabulary.heading(name or "").words for name in (table.sheet, table.name))
    if sheet & NOT_OURS or any(hint <= sheet for hints in HINTS.values() for hint in hints):
        return sheet
    return file - NOT_OURS if sheet - vocabulary.light() else file


def _has_items(table: Table) -> bool:
    named = any("item" in words and words <= {"item", "name", "number", "code"} for words in map(_words, table.header))
    return named or any(vocabulary.likeness(name, column) > 0.85 for name in ("sku", "qty", "barcode") for column in table.header)


def _words(column: str) -> frozenset[str]:
    return vocabulary.heading(column).words


def _addresses(table: Table) -> int:
    return sum(bool(ADDRESS & _words(column)) for column in table.header)


def _stock_beside(kind: str, table: Table) -> bool:
    """Where a column of the sheet tells what there is, those of its months tell what was sold."""
    beside = table.beside if isinstance(table, widening.Turned) and kind == "sales" and not title(table) & UNREAL else ()
    return any(vocabulary.likeness("on_hand", column) >= SURE for column in beside)


def _by_period(table: Table) -> bool:
    return isinstance(table, widening.Turned) and widening.PERIOD in table.header
