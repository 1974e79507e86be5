"""Who works here: accounts and devices for the owner, one's own password for everybody."""

import pandas as pd
import streamlit as st

from ims_core import accounts, devices, people
from ims_core.people import Person
from ims_core.web import doing, tables
from ims_core.web.doing import act, ask, do, memory, plain

MEANS = {"viewer": "looks at everything, changes nothing", "staff": "records and scans, undoes what they did themselves",
         "manager": "also imports, catalogue, settings, undo for all", "owner": "also people and devices"}  # fmt: skip


def show(who: Person) -> None:
    """What this person may see of it."""
    if not accounts.exist(doing.db()):
        _first()
    else:
        _own(who)
        if who.may("owner"):
            _others(who)
    if who.may("owner"):
        _devices(who)


def _first() -> None:
    st.info(
        "There are no accounts yet: the shop answers only the machine it runs on, and whoever sits here is its owner. "
        "With a first account everybody signs in, and the shop can be opened to phones and other machines.",
        icon=":material/lock_open:",
    )
    with st.form(act("first-account")):
        name, password = _name_and_password()
        if st.form_submit_button("Make the owner's account", type="primary", icon=":material/person_add:"):
            do(accounts.add, name, "owner", password, done=f"The account of {name} is made. Sign in to go on.")


def _name_and_password() -> tuple[str, str]:
    with st.grid(2, min_column_width=220):
        name = st.text_input("Name", max_chars=40, autocomplete="off")
        asks = f"At least {accounts.SHORTEST} characters; a few words in a row are good."
        password = st.text_input("Password", type="password", max_chars=accounts.LONGEST, help=asks, autocomplete="new-password")
    return name, password


def _own(who: Person) -> None:
    st.subheader("Your account", anchor=False)
    st.caption(plain(f"{who.name}, {who.role}: {MEANS[who.role]}."))
    with st.form(act("own-password")), st.grid(2, min_column_width=220):
        old = st.text_input("Old password", type="password", autocomplete="current-password")
        new = st.text_input("New password", type="password", max_chars=accounts.LONGEST, autocomplete="new-password")
        if st.form_submit_button("Change password", icon=":material/key:"):
            do(accounts.change_password, old, new, done="The password is changed. Sign in again everywhere.")
    if st.button("Sign out everywhere", key=act("own-end"), icon=":material/logout:"):
        do(accounts.sign_out_everywhere, who.name, done="Signed out everywhere.")


def _others(who: Person) -> None:
    st.subheader("People", anchor=False)
    found = ask(accounts.listed, who)
    tables.table(_told(found, ("since", "last_change")), "people", alt="Accounts with their roles",
                 order=["name", "role", "email", "active", "since", "last_change"], rows=8)  # fmt: skip
    with st.expander("Change an account", icon=":material/manage_accounts:"):
        _change(found)
    with st.expander("Add somebody", icon=":material/person_add:"), st.form(act("add-person")):
        name, password = _name_and_password()
        role, email = _role_and_email("staff", "")
        if st.form_submit_button("Add", type="primary"):
            do(accounts.add, name, role, password, email, done=f"{name} can sign in now.")


def _change(found: pd.DataFrame) -> None:
    name = st.selectbox("Whose", list(found["name"]), key="whose")
    row = found[found["name"] == name].iloc[0]
    with st.form(act(f"person-{name}")):
        role, email = _role_and_email(str(row["role"]), row["email"] or "")
        active = st.toggle("May sign in", bool(row["active"]))
        if st.form_submit_button("Save", type="primary"):
            do(accounts.save, name, role=role, email=email, active=active, done=f"The account of {name} is saved.")
    with st.form(act(f"reset-{name}")):
        password = st.text_input("New password", type="password", max_chars=accounts.LONGEST, autocomplete="new-password")
        if st.form_submit_button("Give this password", icon=":material/key:"):
            do(accounts.reset_password, name, password, done=f"{name} has a new password and is signed out everywhere.")
    if st.button("Sign out everywhere", key=act(f"end-{name}"), icon=":material/logout:"):
        do(accounts.sign_out_everywhere, name, done=f"{name} is signed out everywhere.")


def _role_and_email(role: str, email: str) -> tuple[str, str]:
    with st.grid(2, min_column_width=220):
        chosen = st.selectbox("Role", people.ROLES, people.ROLES.index(role), format_func=lambda role: f"{role}: {MEANS[role]}")
        known = st.text_input("E-mail", email, max_chars=120, help="Needed only where your company's own sign-in is used.")
    return chosen, known


def _devices(who: Person) -> None:
    st.subheader("Devices", anchor=False)
    st.caption("Handhelds, RFID readers and programs ask over /api, each with a token of its own.")
    found = ask(devices.listed, who)
    if not found.empty:
        shown = _told(found, ("since", "last_used"))
        tables.table(shown, "devices", alt="Devices and their tokens",
                     order=["name", "role", "active", "since", "made_by", "last_used"], rows=6)  # fmt: skip
    with st.form(act("add-device")):
        with st.grid(2, min_column_width=220):
            name = st.text_input("Name of the device", max_chars=40)
            role = st.selectbox("It may", devices.ROLES, 1, format_func=lambda role: f"{role}: {MEANS[role]}")
        if st.form_submit_button("Make a token", icon=":material/add_link:"):
            memory()["token"] = devices.new_token()
            do(devices.add, name, role, memory()["token"], done=f"{name} may ask now. Its token stands below.")
            memory().pop("token")  # refused: nobody shall copy a token that opens nothing
    if token := memory().pop("token", None):
        st.warning("Copy this token into the device now: it is shown once, the shop keeps only its fingerprint.", icon=":material/key:")
        st.code(token, language=None)
    in_use = found[found["active"]]
    if not in_use.empty:
        with st.form(act("revoke")):
            names = dict(zip(in_use["hash"], in_use["name"], strict=True))
            key = st.selectbox("Lost or no longer used", list(names), format_func=lambda key: names[key])
            if st.form_submit_button("Revoke its token", icon=":material/block:"):
                do(devices.revoke, key, done=f"{names[key]} is refused from now on.")


def _told(found: pd.DataFrame, moments: tuple[str, ...]) -> pd.DataFrame:
    return found.assign(**{name: doing.on_the_clock(pd.to_datetime(found[name])) for name in moments})
