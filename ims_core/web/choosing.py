"""Choosing what to count: today's plan with its reasons, a place, a class, or chosen items."""

from functools import partial

import pandas as pd
import streamlit as st

from ims_core import counting, cycles, items, labels, places, tallies
from ims_core.tallies import Wanted
from ims_core.web.doing import act, ask, db, do, shop, today, who
from ims_core.web.tables import on_phone, table

CLASSES = {"A": "A, the first 80 % of what is sold", "B": "B, up to 95 %", "C": "C, the rest"}


def todays(planned: pd.DataFrame, main: bool) -> None:
    """What to count today and why, and a sheet of it by one click; `main`: no sheet is open, so that this is what to do."""
    st.subheader("Today's plan", anchor=False)
    if planned.empty:
        st.markdown(":green[:material/check_circle:]  Nothing more to count today.")
        return
    lines = [Wanted(*line) for line in zip(*(planned[name].tolist() for name in ("item_id", "place", "why")), strict=True)]
    book = [name for name in ("on_hand",) if name in planned]  # not where one counts without seeing it
    why = st.column_config.TextColumn("Why", width=150 if on_phone() else "large")
    table(planned, "plan", alt="What to count today and why, the most urgent first", order=["name", "reason", "place", "class", *book],
             extra={"reason": why, "class": st.column_config.TextColumn("Class")},
             rows=8)  # fmt: skip
    label = "Count this line" if len(lines) == 1 else f"Count these {len(lines):,} lines"
    if st.button(label, type="primary" if main else "secondary", icon=":material/fact_check:", key=act("today")):
        _begin(f"Plan of {labels.day_text(today(), today())}", lines)


def new_sheet() -> None:
    """A sheet of a place, a class or chosen items."""
    with st.expander("Count something else", icon=":material/add:", expanded=False):
        what = st.segmented_control("What", ["A place", "A class", "Chosen items"], default="A place", required=True, key="what",
                                    label_visibility="collapsed")  # fmt: skip
        spots = ask(places.names)
        if what == "A place":
            place = st.selectbox("Place", spots, key="of-place")
            title, make = place, partial(cycles.of_place, db(), place)
        elif what == "A class":
            kind = str(st.selectbox("Class", list(tallies.TOLERANCE), format_func=CLASSES.__getitem__, key="of-class"))
            title, make = f"Class {kind}", partial(cycles.of_class, db(), kind, today())
        else:
            known = ask(items.catalogue)
            names = dict(zip(known["item_id"], known["name"] + " · " + known["sku"], strict=True))
            chosen = st.multiselect("Items", list(names), format_func=names.__getitem__, key="of-items", placeholder="Name or code")
            title, make = "Chosen items", partial(cycles.of_items, db(), chosen)
        blind = shop().count_blind
        if who().may("manager"):
            blind = st.toggle("Without seeing the book", value=blind, key="blind", help="Whoever counts sees no figure to agree with.")
        if st.button("Open the sheet", type="primary", icon=":material/fact_check:", key=act("open")):
            _begin(title, make(), blind)


def _begin(title: str, lines: list[Wanted], blind: bool | None = None) -> None:
    do(counting.open_sheet, title, lines, blind, done=f"Sheet opened: {title}. It stands on top of this page.")
