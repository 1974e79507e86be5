import streamlit as st

from ims_core import inbox, items, labels, messages
from ims_core.web import alert_cards, ui

NOTHING = {"open": "Nothing needs attention.", "snoozed": "Nothing is snoozed.", "resolved": "Nothing was resolved in the last 90 days."}

shop, day, who = ui.shop(), ui.today(), ui.who()
counts, team = ui.ask(inbox.counted, day), ui.ask(inbox.team)

head = st.container()
with st.container(horizontal=True, vertical_alignment="center"):
    state = st.segmented_control(
        "State", list(inbox.STATES), default="open", required=True, key="state", label_visibility="collapsed", bind="query-params",
        format_func=inbox.STATES.__getitem__,
    )  # fmt: skip
    whose = None
    if len(team) > 1:
        whose = st.selectbox("Assigned to", team, None, key="whose", placeholder="Anybody's", label_visibility="collapsed", width=170,
                             bind="query-params")  # fmt: skip
    found = ui.ask(inbox.listed, day, state, None, whose)
    if len(found):
        ui.excel(found, "Inbox", ["rule", "sku", "name", "place", "since", "what", "money", "raised_at", "person", "note"])
with head:
    money = found["money"].sum() if state == "open" else 0
    stake = f", {labels.money(money, shop.currency)} at stake" if money > 0 else ""
    mine = ui.ask(inbox.counted, day, who.name)["open"]
    others = ", ".join(f"{many:,} {name}" for name, many in counts.items() if many and name != state)
    yours = f" {mine:,} open ones are yours." if mine else ""
    waits = state == "open" and found.empty and not ui.db().looked
    ui.page(
        "Inbox",
        "The first look is still to come."
        if waits
        else f"{labels.many(len(found), 'alert')} {state}{stake}{f'; {others}' if others else ''}.{yours}",
    )
for name in ui.ask(messages.failing) if who.may("manager") else ():
    st.warning(ui.plain(f"Messages to {name} do not get through. Settings, Alerts says more."), icon=":material/outgoing_mail:")

if found.empty and not ui.ask(items.any_yet):
    ui.empty(
        "Here stands what needs attention, as soon as there is a shop to look at. Drop the files you have.", "Drop your files", "upload"
    )
elif waits:
    with st.container(border=True):
        st.markdown(":gray[:material/hourglass_empty:]  The program has not looked at the shop yet since it was started: "
                    "it takes some seconds, and this page changes by itself.")  # fmt: skip
elif found.empty:
    with st.container(border=True):
        st.markdown(f":green[:material/check_circle:]  {NOTHING[state]}")
        ui.link("settings", "What is looked for", icon="tune", settings="Alerts")
else:
    bar = st.container(horizontal=True, vertical_alignment="center", key="acts")
    chosen = alert_cards.show(found, day, who)
    with bar:
        alert_cards.acts(chosen, state, day, who)
