"""What is kept as versions: which columns make the key, and how a row of edits becomes a new version."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

import pandas as pd

from ims_core import labels
from ims_core.db import Database
from ims_core.errors import Refused

KEYS = {
    "item_versions": ("item_id",),
    "barcode_versions": ("code",),
    "place_versions": ("place",),
    "supplier_versions": ("supplier_id",),
    "supply_versions": ("item_id", "supplier_id"),
    "policy_versions": ("scope", "name"),
    "mapping_versions": ("signature",),
    "apart_versions": ("item_id", "other_id"),
    "people_versions": ("name",),
    "target_versions": ("kpi", "scope"),
    "closed_versions": ("day",),
    "combination_versions": ("item_id",),
}

Row = dict[str, Any]


def edited(db: Database, view: str, key: Sequence[str], edits: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows in force with `edits` laid over them; an edit without a known key is a row of its own."""
    standing = {tuple(row[name] for name in key): row for row in plain(db.frame(f"select * exclude (change_id) from {view}"))}
    return [{**standing.get(tuple(edit.get(name) for name in key), {}), **plain_row(edit)} for edit in edits]


def refuse_amounts(row: Mapping[str, Any], columns: Sequence[str], whose: str = "") -> None:
    """Refuse what is no amount: words, less than nothing, more than anybody has. An empty cell is fine."""
    for column in columns:
        value, called = row.get(column), f"{whose}{column.replace('_', ' ')}".strip()
        called = called[:1].upper() + called[1:]
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not isfinite(value):
            raise Refused(f"{called} is {str(value)[:40]!r}; it must be a number.")
        if value < 0:
            raise Refused(f"{called} is {value:g}; it cannot be negative.")
        most, much = (labels.MOST_DAYS, "waits that long") if column == "lead_days" else (labels.MOST_PIECES, "has that much")
        if value > most:
            raise Refused(f"{called} is {value:.3g}; nobody {much}. Is it a slip of the keyboard?")


def plain(frame: pd.DataFrame) -> list[Row]:
    """A frame as dictionaries with None where pandas has its various kinds of nothing."""
    return [plain_row({str(name): value for name, value in row.items()}) for row in frame.to_dict("records")]


def plain_row(row: Mapping[str, Any]) -> Row:
    """One row with None for NaN, NaT and blank text, and text without blanks around it."""
    return {name: _plain(value) for name, value in row.items()}


def seen(text: str) -> str | None:
    """Text without blanks around it; None where nobody would see any of it, as of zero-width signs: it names nothing."""
    text = text.replace("\x00", "").strip()
    return text if any(sign.isprintable() and not sign.isspace() for sign in text) else None


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return seen(value)
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
