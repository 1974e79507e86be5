"""Real time: a page is drawn anew when another device has written something, within two seconds and without a click."""

import streamlit as st

from ims_core.web.doing import db, memory

EVERY = 1.0
"""Seconds between two looks; each compares one number that is in memory."""

WATCHED = ("today", "inbox", "stock", "item")
"""Pages that show what others scan."""


def watch() -> None:
    """To be called before the page is drawn: what is written while it is drawn is seen by the next look."""
    memory()["drawn"] = _state()
    _look()


@st.fragment(run_every=EVERY)
def _look() -> None:
    """Never while a table holds unsaved edits, or work goes on. What somebody is typing stays: it has not left the browser yet."""
    mine = memory()
    if _state() != mine["drawn"] and not mine["at_work"] and not _unsaved():
        st.rerun()


def _state() -> tuple[int, bool]:
    """What a page is drawn of: the first look for alerts may find nothing, and write nothing."""
    return db().version, db().looked


def _unsaved() -> bool:
    """True while a grid of this session holds edits that were not saved."""
    states = (state for state in st.session_state.values() if isinstance(state, dict))
    return any(state.get(part) for state in states for part in ("edited_rows", "added_rows", "deleted_rows"))
