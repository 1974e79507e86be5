"""Grids that are edited and saved: what was typed becomes edits for a command, nothing is written before *Save*."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import labels, people
from ims_core.web.doing import act, do, memory, who
from ims_core.web.tables import columns, room_for_tools, table


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
    needs: str = "manager",
    locked: str = "The short name of a row stays as it is, because movements carry it. Change the name beside it.",
) -> None:
    """Edit a frame and save it through the command `save(db, who, edits)`.

    Whoever lacks the role `needs` reads it. `number`: the columns that name a row and travel with each edit; `fixed`: columns that
    are only read; `locked`: what is said where somebody types over a row's name. What was typed stays, by row, when a search shows
    other rows or somebody else writes meanwhile.
    """
    if not who().may(needs):
        table(frame, f"{key}-read", alt=alt, order=order, extra=extra, rows=rows)
        st.caption(f"{people.A[needs].capitalize()} can change this.")
        return
    name = act(f"grid-{key}")
    sheet = _sheet(name, frame, number)
    token, base = sheet["token"], _laid_over(frame.reset_index(drop=True), sheet["edits"], number)
    config = {column: _editable(made, column, fixed) for column, made in columns(order, extra).items()}
    room_for_tools()
    st.data_editor(
        base[list(order)], key=token, column_config=config, num_rows="add", hide_index=True, placeholder="",
        height="content" if len(base) < rows else 35 * (rows + 1), width="stretch", alt=alt,
    )  # fmt: skip
    now = st.session_state.get(token, {})
    found = merged(sheet["edits"] + edits(base, now, number), number)
    if any(set(number) & set(values) for values in now.get("edited_rows", {}).values()):
        st.warning(locked, icon=":material/lock:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Save", type="primary", icon=":material/check:", disabled=not found, key=f"{token}-save"):
            do(save, found, done=done)
        if found and st.button("Discard", type="tertiary", key=f"{token}-discard"):
            memory()["done"] += 1
            st.rerun()
        typed = f"{labels.count(len(found), 'row')} changed, not saved yet."
        st.caption(typed if found else "Type into the grid; the last, empty line adds a row.")


def edits(base: pd.DataFrame, typed: Mapping[str, Any], number: Sequence[str]) -> list[dict[str, Any]]:
    """What was typed, one dictionary a row: for a known row its number and the changed columns, for a new one all of them."""
    numbers = base[list(number)].astype(object)  # the database takes a plain number, and none of numpy's
    changed = [
        dict(values) | {name: numbers.iloc[int(at)][name] for name in number}
        for at, values in typed.get("edited_rows", {}).items()
        if set(values) - set(number)
    ]
    added = [{name: value for name, value in row.items() if value not in (None, "")} for row in typed.get("added_rows", [])]
    return changed + [row for row in added if set(row) - {"active"}]


def merged(found: Sequence[Mapping[str, Any]], number: Sequence[str]) -> list[dict[str, Any]]:
    """Edits of the same row as one, what was typed last counts; new rows, which have no number yet, as they are."""
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    for edit in found:
        if all(name in edit for name in number):
            row = tuple(edit[name] for name in number)
            known[row] = known.get(row, {}) | dict(edit)
    return [*known.values(), *(dict(edit) for edit in found if not all(name in edit for name in number))]


def _sheet(name: str, frame: pd.DataFrame, number: Sequence[str]) -> dict[str, Any]:
    """What is typed and not saved. A grid remembers by position, so other rows need another grid; what was typed moves along."""
    sheets: dict[str, dict[str, Any]] = memory().setdefault("sheets", {})
    rows = frame[list(number)].reset_index(drop=True)
    token = f"{name}-{zlib.crc32(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes())}"
    if name not in sheets:
        sheets.clear()
        sheets[name] = {"token": token, "rows": rows, "edits": []}
    sheet = sheets[name]
    if sheet["token"] != token:
        typed = edits(sheet["rows"], st.session_state.get(sheet["token"], {}), number)
        sheet |= {"token": token, "rows": rows, "edits": merged(sheet["edits"] + typed, number)}
    return sheet


def _laid_over(frame: pd.DataFrame, typed: Sequence[Mapping[str, Any]], number: Sequence[str]) -> pd.DataFrame:
    """The frame with what was typed before other rows were shown."""
    if not typed:
        return frame
    frame = frame.astype(object)
    at = {row: position for position, row in enumerate(frame[list(number)].itertuples(index=False, name=None))}
    for edit in typed:
        position = at.get(tuple(edit.get(name) for name in number))
        for name, value in edit.items() if position is not None else ():
            if name in frame:
                frame.loc[position, name] = value
    return frame.infer_objects()


def _editable(column: Any, name: str, fixed: Sequence[str]) -> Any:
    return column | {"disabled": name in fixed, "pinned": False} | ({"default": True} if name == "active" else {}) if column else column
