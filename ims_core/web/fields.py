"""Fields that look alike wherever something is typed: a day, and one item out of many."""

from typing import Any

import pandas as pd
import streamlit as st

from ims_core import labels
from ims_core.web.doing import plain
from ims_core.web.tables import matching

MOST = 1_000
"""Names that a list sends to the browser; of more the first, and a field that looks through all."""


def day(label: str, value: Any = None, **look: Any) -> Any:
    """A day, or with a pair as value the first and last; written as 22.11.2026, which nobody reads as another month."""
    return st.date_input(plain(label), value, format="DD.MM.YYYY", **look)


def item(found: pd.DataFrame, wanted: int | None, key: str, preset: bool = True) -> int | None:
    """One of the items of `found` (item_id name sku, the likely ones first), at first `wanted`, else with `preset` the first.

    None where no name fits what was typed, or none is chosen yet.
    """
    listed, at = found, found[found["item_id"] == wanted]
    if len(found) > MOST:
        words = st.text_input("Look for", key=f"{key}-words", type="search", placeholder=f"Among {labels.count(len(found), 'item')}",
                              live=True, width=220)  # fmt: skip
        listed = matching(found, words, ["name", "sku"])
        listed = pd.concat([at if not words else at.head(0), listed.head(MOST)]).drop_duplicates("item_id")
    names = dict(zip(listed["item_id"].tolist(), (listed["name"] + " · " + listed["sku"]).tolist(), strict=True))
    first = list(names).index(wanted) if wanted in names else 0 if preset and names else None
    chosen: int | None = st.selectbox("Item", list(names), index=first, format_func=names.__getitem__, key=f"{key}-{wanted}", width=420,
                                      placeholder="Choose an item" if names else "No name or code like that")  # fmt: skip
    return chosen
