import streamlit as st

from ims_core import alerts, headlines, labels, suppliers
from ims_core.web import delays, ui

known = ui.ask(suppliers.listed)
ui.page(
    "Suppliers",
    f"{labels.count(len(known), 'supplier')}. Days and money here count where an item has no terms of its own."
    if len(known)
    else "Who sells to you, how long it takes and from what value on. Type them here, or drop a file that names them.",
)
late = ui.ask(alerts.late, ui.today())
if len(late):
    st.subheader(f"{labels.count(len(late), 'order')} late", anchor=False)
    delays.late_orders(late, ui.today())


def terms() -> None:
    order = ["name", "email", "phone", "lead_days", "min_order", "items", "active"]
    with st.container(horizontal=True, vertical_alignment="center"):
        found = ui.matching(known, ui.search("supplier", "Name or e-mail"), ["name", "email"])
        ui.excel(found, "Suppliers", order)
    ui.grid(found, "suppliers", suppliers.save, alt="Suppliers: contact, lead time and smallest order", number=["supplier_id"],
            order=order, fixed=["items"], done="Suppliers saved.")  # fmt: skip


PARTS = {"Terms": terms, "Scorecards": lambda: delays.scorecard(ui.ask(headlines.known_day, ui.today()))}
for tab, draw in zip(st.tabs(list(PARTS), key="part", bind="query-params"), PARTS.values(), strict=True):
    if tab.open:
        with tab, ui.waiting("Adding up"):
            draw()
