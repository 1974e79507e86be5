"""The settings of alerts: from when on each rule speaks, how loudly, and who is told."""

from typing import Any

import pandas as pd
import streamlit as st

from ims_core import channels, labels, limits, messages
from ims_core.errors import ImsError
from ims_core.people import Person
from ims_core.web.doing import act, ask, db, do, local, plain, refuse, shop


def show(who: Person) -> None:
    """What this person may see of it."""
    st.caption("The shop is looked at after changes and at each new day. What is found stands in the inbox until it is over.")
    for name, rule in limits.RULES.items():
        _rule(name, rule, limits.now(db())[name], who)
    st.subheader("Digest", anchor=False)
    _digest(who)
    st.subheader("Who is told", anchor=False)
    if who.may("owner"):
        _addresses(who)
    else:
        st.caption("The owner says to which addresses messages go.")


def _rule(name: str, rule: limits.Rule, setting: limits.Setting, who: Person) -> None:
    with st.expander(f"{rule.title} :small[:gray[· {limits.TELLS[setting.tell].lower()}]]", icon=f":material/{rule.icon}:"):
        st.markdown(rule.says)
        with st.form(act(f"rule-{name}"), border=False):
            with st.grid(3, min_column_width=200):
                tells = list(limits.TELLS)
                tell = st.selectbox(
                    "How loudly", tells, tells.index(setting.tell), format_func=limits.TELLS.__getitem__, key=f"tell-{name}"
                )
                numbers = {limit.name: _number(name, limit, setting.numbers[limit.name]) for limit in rule.limits}
            if st.form_submit_button("Save", icon=":material/check:", disabled=not who.may("manager")):
                do(limits.save, name, tell, numbers, done=f"{rule.title} is set.")


def _number(rule: str, limit: limits.Limit, value: float) -> float:
    shown = "%.0f" if limit.standard == int(limit.standard) else "%.1f"
    bounds = float(limit.least), float(limit.most), float(value)
    return float(
        st.number_input(limit.says, *bounds, step=1.0, format=shown, key=f"{rule}-{limit.name}", help=f"Usually {limit.standard:g}.")
    )


def _digest(who: Person) -> None:
    digest = limits.digest(db())
    with st.form(act("digest"), border=False):
        with st.grid(3, min_column_width=200):
            every = list(limits.EVERY)
            hours = st.selectbox("At most", every, every.index(digest.hours), format_func=limits.EVERY.__getitem__)
            at = st.number_input("Counted from this hour of the day", 0, 23, digest.at)
        if st.form_submit_button("Save", icon=":material/check:", disabled=not who.may("manager")):
            do(limits.set_digest, int(hours), int(at), done="The digest is set.")


def _addresses(who: Person) -> None:
    for row in ask(messages.state).to_dict("records"):
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**{plain(row['name'])}**  \n:small[:gray[{plain(_fares(dict(row)))}]]")
            with st.container(horizontal=True):
                if st.button("Send a test message", key=f"test-{row['channel_id']}", icon=":material/send:"):
                    _try_out(who, int(row["channel_id"]))
                if st.button("Remove", key=act(f"remove-{row['channel_id']}"), icon=":material/delete:", type="tertiary"):
                    do(channels.remove, int(row["channel_id"]), done=f"Nothing goes to {row['name']} any more.")
    with st.expander("Add an address", icon=":material/add:"), st.form(act("add-address"), border=False):
        st.markdown(
            "E-mail `mailto://user:password@example.com` · ntfy `ntfys://topic` · Telegram `tgram://token/chat` · the webhook address that "
            "Slack, Teams or Discord give you · and [all others](https://github.com/caronc/apprise/wiki)."
        )
        name = st.text_input("Whom it reaches", max_chars=40, placeholder="Anna's phone")
        url = st.text_input("Address", type="password", max_chars=channels.LONGEST, autocomplete="off",
                            help="Kept in the shop's file, shown to nobody again, in no export.")  # fmt: skip
        if st.form_submit_button("Add", type="primary"):
            do(channels.add, name, url, done=f"Messages go to {name} from now on.")


def _try_out(who: Person, channel_id: int) -> None:
    try:
        with st.spinner("Sending …"):
            channels.try_out(db(), who, channel_id, f"{shop().name}: test message")
    except ImsError as refusal:
        refuse(refusal)
    else:
        st.success("The message was taken. Look whether it has arrived.", icon=":material/check_circle:")


def _fares(row: dict[Any, Any]) -> str:
    """How this address fares, in a sentence or two."""
    last = row["last_sent"]
    said = f"{labels.count(row['sent'], 'message')} sent"
    if isinstance(last, pd.Timestamp):
        said += f", the last on {local(last.to_pydatetime())}"
    if row["waits"]:
        since = row["since"]
        moment = local(since.to_pydatetime()) if isinstance(since, pd.Timestamp) else ""
        said += f". One waits since {moment}, tried {labels.many(int(row['tries']), 'time')}: {row['says'] or 'not tried yet.'}"
    return said
