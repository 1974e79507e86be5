"""Grids that are edited and saved: what was typed becomes edits for a command, nothing is written before *Save*."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ims_core.web.doing import act, do, memory
from ims_core.web.tables import columns, room_for_tools


def grid(
    frame: pd.DataFrame,
    key: str,
    save: Callable[..., int],
    *,
    alt: str,
    number: Sequence[str],
    order: Sequence[str],
    fixed: Sequence[str] = (),
    extra: Mapping[str, Any] | None = None,
    done: str = "Saved.",
    rows: int = 16,
) -> None:
    """Edit a frame and save it through the command `save(db, who, edits)`.

    `number`: the columns that name a row and travel with each edit; `fixed`: columns that are only read;
    while something is typed, the rows stay as they were when typing began, whoever else writes meanwhile.
    """
    token = act(f"grid-{key}")
    typed = st.session_state.get(token, {})
    base = _held(token, frame.reset_index(drop=True), bool(typed.get("edited_rows") or typed.get("added_rows")))
    config = {name: _editable(column, name, fixed) for name, column in columns(order, extra).items()}
    room_for_tools()
    st.data_editor(
        base[list(order)], key=token, column_config=config, num_rows="add", hide_index=True, placeholder="",
        height="content" if len(base) < rows else 35 * (rows + 1), width="stretch", alt=alt,
    )  # fmt: skip
    now = st.session_state.get(token, {})
    found = edits(base, now, number)
    if any(set(number) & set(values) for values in now.get("edited_rows", {}).values()):
        st.warning("The short name of a row stays as it is, because movements carry it. Change the name beside it.", icon=":material/lock:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Save", type="primary", icon=":material/check:", disabled=not found, key=f"{token}-save"):
            do(save, found, done=done)
        if found and st.button("Discard", type="tertiary", key=f"{token}-discard"):
            memory()["done"] += 1
            st.rerun()
        st.caption(
            f"{len(found)} {'row' if len(found) == 1 else 'rows'} changed, not saved yet."
            if found
            else "Type into the grid; the last, empty line adds a row."
        )


def edits(base: pd.DataFrame, typed: Mapping[str, Any], number: Sequence[str]) -> list[dict[str, Any]]:
    """What was typed, one dictionary a row: for a known row its number and the changed columns, for a new one all of them."""
    changed = [
        dict(values) | {name: base.iloc[int(at)][name] for name in number}
        for at, values in typed.get("edited_rows", {}).items()
        if set(values) - set(number)
    ]
    added = [{name: value for name, value in row.items() if value not in (None, "")} for row in typed.get("added_rows", [])]
    return changed + [row for row in added if set(row) - {"active"}]


def _held(token: str, frame: pd.DataFrame, typing: bool) -> pd.DataFrame:
    """Edits are remembered by position, so the rows beneath them must not move."""
    held: dict[str, pd.DataFrame] = memory().setdefault("held", {})
    if not typing or token not in held:
        held.clear()
        held[token] = frame
    return held[token]


def _editable(column: Any, name: str, fixed: Sequence[str]) -> Any:
    return column | {"disabled": name in fixed, "pinned": False} | ({"default": True} if name == "active" else {}) if column else column
