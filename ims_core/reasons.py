"""Why a KPI is what it is: its formula with the numbers in it, the items behind it, and what is assumed.

why(db, kpi, first, last, by="shop", group=None) -> Why
"""

import re
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ims_core import kpis, labels
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.measures import BOOK, INPUTS, Kpi


@dataclass(frozen=True)
class Why:
    """The story of one number."""

    kpi: Kpi
    value: float | None
    filled: str
    """The formula with its inputs filled in; empty where the number cannot be said."""
    inputs: pd.DataFrame
    """input label value: what the formula is made of."""
    rows: pd.DataFrame
    """The items behind it, the largest part first: item_id sku name, the inputs of each, and its own value."""
    note: str
    """What is lacking, or what is assumed and left out."""


def why(db: Database, kpi: str, first: date, last: date, by: str = "shop", group: str | None = None) -> Why:
    """The number of a period and group, and where it comes from."""
    if kpi not in BOOK:
        raise Refused(f"There is no KPI called {kpi}. Choose one of: {', '.join(BOOK)}.")
    told, period = BOOK[kpi], kpis.Period(first, last)
    whole = kpis.measured(db, [period], by, group).head(1).to_dict("records")
    names = used(told)
    row = {str(name): value for name, value in whole[0].items()} if whole else {}
    value = row.get(kpi)
    known = value is not None and value == value
    inputs = pd.DataFrame([{"input": name, "label": INPUTS[name], "value": row.get(name)} for name in names])
    rows = kpis.measured(db, [period], "item", within=by, part=group if by != "shop" else None)
    return Why(
        told, float(value) if known and value is not None else None, filled(told, row) if known else "", inputs,
        _named(db, rows, [*names, kpi], names), kpis.note(told, row or None, period),
    )  # fmt: skip


def used(kpi: Kpi) -> list[str]:
    """The inputs of a formula, in its order.

    >>> used(BOOK["turnover"])
    ['known_cogs', 'value_days']
    """
    return list(dict.fromkeys(name for name in re.findall(r"\w+", kpi.sql) if name in INPUTS))


def filled(kpi: Kpi, inputs: dict[str, float]) -> str:
    """The formula as people write it.

    >>> filled(BOOK["turnover"], {"known_cogs": 120_000.0, "value_days": 7_300_000.0})
    '120,000 × 365 ÷ 7,300,000'
    """
    text = re.sub(r"nullif\(([^(),]+), 0\)", r"\1", kpi.sql)
    text = re.sub(r"\w+", lambda found: labels.pieces(inputs[found[0]]) if found[0] in INPUTS else found[0], text)
    return text.replace(" / ", " ÷ ").replace("**", "^").replace(" * ", " × ").replace(" - ", " − ")


def _named(db: Database, rows: pd.DataFrame, columns: list[str], order: list[str]) -> pd.DataFrame:
    names = db.frame("select item_id::varchar as grp, item_id, sku, name from items")
    found = names.merge(rows[["grp", *dict.fromkeys(columns)]], on="grp").drop(columns="grp")
    return found.sort_values(order[0], ascending=False, ignore_index=True, key=lambda part: part.abs()) if order else found
