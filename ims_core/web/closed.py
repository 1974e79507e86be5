"""Days on which the shop was or will be closed: beside a gap in the sales, and in the settings."""

from datetime import date
from typing import Any

import streamlit as st

from ims_core import closing, flaws, forecasting, labels
from ims_core.db import Database
from ims_core.web import fields
from ims_core.web.doing import act, ask, do, plain, today, who

USUAL = "Public holiday"
"""The reason that is offered."""


def beside_gaps() -> None:
    """One click for days that are told as a gap: the shop was closed."""
    missing, day = ask(_missing, today()), today()
    if not missing or not who().may("manager"):
        return
    with st.popover("Closed then", icon=":material/event_busy:"), st.form(act("closed-gaps"), border=False):
        names = {labels.day_text(each, day): each for each in missing}
        picked = st.pills("On which of these days was the shop closed?", list(names), selection_mode="multi", key="closed-then")
        reason = st.text_input("Why", USUAL, max_chars=60, key="closed-why")
        if st.form_submit_button("It was closed", type="primary", icon=":material/check:"):
            do(closing.close, [names[each] for each in picked], reason, done="Nothing is missing on those days any more.")


def _missing(db: Database, day: date) -> list[date]:
    found = flaws.days(db, forecasting.known_until(db, day) or day)
    return [each.date() for each in found["day"][found["usual"] & ~found["told"]]]


def show() -> None:
    """What was said so far, and a form to say more, also of days to come."""
    st.caption("On days on which the shop is closed no sale is missing, nothing falls silent, and demand is not taken to be nothing.")
    may, day = who().may("manager"), today()
    for row in ask(closing.stretches).to_dict("records"):
        first, last = row["first"].date(), row["last"].date()
        when = labels.day_text(first, day) + (f" to {labels.day_text(last, day)}" if last > first else "")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{when}** {plain(row['reason'])}", width="stretch")
            if may and st.button("Open after all", key=act(f"open-{first}-{last}"), icon=":material/undo:", type="tertiary"):
                do(closing.reopen, closing.between(first, last), done=f"The shop was open {when}.")
    if not may:
        return
    with st.form(act("closed-days"), border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        picked: Any = fields.day("First and last day", (day, day), width=250, key="closed-range")
        reason = st.text_input("Why", USUAL, max_chars=60, width=230)
        if st.form_submit_button("Add", icon=":material/event_busy:"):
            days = closing.between(picked[0], picked[-1]) if picked else []  # a cleared range is ()
            do(closing.close, days, reason, done="The shop is closed on those days.")
