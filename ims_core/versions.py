"""What is kept as versions: which columns make the key, and how a row of edits becomes a new version."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ims_core.db import Database

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
}

Row = dict[str, Any]


def edited(db: Database, view: str, key: Sequence[str], edits: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows in force with `edits` laid over them; an edit without a known key is a row of its own."""
    standing = {tuple(row[name] for name in key): row for row in plain(db.frame(f"select * exclude (change_id) from {view}"))}
    return [{**standing.get(tuple(edit.get(name) for name in key), {}), **plain_row(edit)} for edit in edits]


def plain(frame: pd.DataFrame) -> list[Row]:
    """A frame as dictionaries with None where pandas has its various kinds of nothing."""
    return [plain_row({str(name): value for name, value in row.items()}) for row in frame.to_dict("records")]


def plain_row(row: Mapping[str, Any]) -> Row:
    """One row with None for NaN, NaT and blank text, and text without blanks around it."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
