"""Discounts told beside a list price: parts of it (0.15) or percent (15); what was taken is the price less these.

A column of amounts of money stays out: nobody tells whether it is of a piece, a line or the receipt.
"""

from collections.abc import Collection, Mapping, Sequence

from ims_core import scratch, vocabulary
from ims_core.kinds import SURE, Found

WORDS = frozenset({"discount", "percent", "rate", "line", "item"})
"""Of which the name of such a column is made; any other word makes it something else (an amount, a code, a reason)."""


def told(kind: str, found: Found, samples: Mapping[str, Sequence[str]]) -> Found:
    """The column of discounts, where sales have a price and no total of the line, which is less its discount already."""
    if kind != "sales" or "price" not in found or "total" in found:
        return found
    taken = {rivals[0][1] for rivals in found.values()}
    named = [column for column in samples if column not in taken and _named(column) and _parts(column, samples[column])]
    return found | {"discount": [(SURE, named[0])]} if len(named) == 1 else found


def take_off(pad: scratch.Pad, columns: Mapping[str, str], off: Collection[str]) -> None:
    """The price less its discount (`discounts`); the list price is kept as `listed`."""
    if not {"price", "discount"} <= set(columns) or "discounts" in off:
        return
    pad.lay("typed", """
        with scale as (select case when max(discount) <= 1 then 1 else 100 end as whole from typed)
        select * replace (
            case when discount > 0 and discount <= whole then price * (1 - discount / whole) else price end::decimal(18, 4) as price,
            case when discount > 0 and discount <= whole and price > 0 then format('{:g}', price::double) end as listed)
        from typed, scale
    """)  # fmt: skip


def _named(column: str) -> bool:
    name = vocabulary.heading(column)
    return "discount" in name.words and name.words <= WORDS and not name.strange


def _parts(column: str, cells: Sequence[str]) -> bool:
    """Parts of one, some of them less than one; or percent, where the name says so."""
    try:
        read = [float(cell.replace(",", ".")) for cell in cells if cell.strip()]
    except ValueError:
        return False
    most = 100 if "percent" in vocabulary.heading(column).words else 1
    return all(0 <= part <= most for part in read) and any(0 < part < most for part in read)
