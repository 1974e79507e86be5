"""Alerts as cards, rule by rule, which a thumb can tick; and what can be done with those that are ticked."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import inbox, labels, limits
from ims_core.people import Person
from ims_core.web import fields
from ims_core.web.doing import PAGES, act, ask, do, plain, shop

LEADS = {"late": "suppliers", "target": "analysis"}
"""Where alerts lead that are not about one item: rule -> page."""
FEW = 3
"""Of a rule that are shown at first: a phone must reach the next rule."""


def show(found: pd.DataFrame, day: date, who: Person) -> list[int]:
    """The cards, the rule with the newest first; the alerts that are ticked."""
    chosen: list[int] = []
    for rule, rows in found.groupby("rule", sort=False):
        with st.container(border=True, gap="small", key=f"rule-{rule}"):
            for alert in _head(str(rule), rows).to_dict("records"):
                if _card(dict(alert), day, who):  # type: ignore[arg-type]
                    chosen.append(int(alert["alert_id"]))
    return chosen


def _head(rule: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rule with how many there are and what is at stake; the rows to show."""
    icon = limits.RULES[rule].icon if rule in limits.RULES else "notifications"
    money = f" · {labels.money(rows['money'].sum(), shop().currency)}" if rows["money"].sum() > 0 else ""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":material/{icon}: **{inbox.title(rule)}** :gray[{len(rows):,}{plain(money)}]", width="content")
        whole = len(rows) <= FEW or st.toggle("All", key=f"all-{rule}")
    return rows if whole else rows.head(FEW)


def _card(alert: dict[str, Any], day: date, who: Person) -> bool:
    """One alert: the way to what it is about, then its words, which can be ticked; True where they are. One column: it fits any phone."""
    money = f" :gray[{plain(labels.money(alert['money'], shop().currency))}]" if alert["money"] > 0 else ""
    small = plain(" · ".join(inbox.about(alert, day)))
    small = f"{small[:1].upper()}{small[1:]}"  # it follows a sentence
    with st.container(gap=None):
        title, words = _about(alert)
        says = f"{plain(words)} :small[:gray[{small}]]"
        if isinstance(alert["name"], str):
            query = {"item": str(int(alert["item_id"]))}
            st.page_link(PAGES / "item.py", label=f"**{plain(alert['name'])}**{money}", query_params=query)
        else:
            st.page_link(PAGES / f"{LEADS.get(alert['rule'], 'today')}.py", label=f"**{plain(title)}**{money}")
        if _acts(alert, who):
            return st.checkbox(says, key=act(f"alert-{alert['alert_id']}"))
        st.markdown(says)
    return False


def _about(alert: dict[str, Any]) -> tuple[str, str]:
    """What an alert is about, and its words: the item; else what stands before the colon, such as the order that is late."""
    what = str(alert["what"])
    if isinstance(alert["name"], str):
        return alert["name"], what
    title, _, words = what.partition(": ") if alert["rule"] == "target" else what.rpartition(": ")
    return title or inbox.title(str(alert["rule"])), words[:1].upper() + words[1:]


def _acts(alert: dict[str, Any], who: Person) -> bool:
    """Whether this person may act on it; nobody acts on what is over."""
    return pd.isna(alert["ended_at"]) and (who.may("manager") or (who.may("staff") and alert["person"] == who.name))


def acts(chosen: list[int], state: str, day: date, who: Person) -> None:
    """What can be done with what is ticked."""
    if not who.may("staff"):
        return
    if not chosen:
        st.caption("Tick what you have dealt with, or what can wait." if state == "open" else "Tick what is to be taken up again.")
        return
    st.markdown(f"**{labels.many(len(chosen), 'alert')}**", width="content")
    if state != "open":
        if st.button("Take up again", key=act("reopen"), icon=":material/undo:"):
            do(inbox.reopen, chosen, done="Taken up again.")
        return
    with st.popover("Resolve", icon=":material/check:"), st.form(act("resolve"), border=False):
        word = st.text_input("What was done", placeholder="ordered, counted, written off", max_chars=300)
        if st.form_submit_button("Resolve", type="primary"):
            do(inbox.resolve, chosen, word, done=f"{labels.many(len(chosen), 'alert')} resolved.")
    with st.popover("Snooze", icon=":material/snooze:"), st.form(act("snooze"), border=False):
        until = fields.day("Comes back on", day + timedelta(days=7), min_value=day + timedelta(days=1))
        if st.form_submit_button("Snooze", type="primary"):
            do(inbox.snooze, chosen, until, day, done=f"Snoozed until {labels.day_text(until, day)}.")
    if who.may("manager") and len(team := ask(inbox.team)) > 1:  # alone there is nobody to give it to
        _assign(chosen, team)


def _assign(chosen: list[int], team: list[str]) -> None:
    with st.popover("Assign", icon=":material/person_add:"), st.form(act("assign"), border=False):
        person = st.selectbox("To whom", team, None, placeholder="Nobody")
        if st.form_submit_button("Assign", type="primary"):
            do(inbox.assign, chosen, person, done=f"Assigned to {person or 'nobody'}.")
