import streamlit as st

from ims_core import alerts, labels, suppliers
from ims_core.web import ui

make = st.column_config
LATE = {
    "number": make.TextColumn("Order"), "due": make.DateColumn("Due", format="D MMM YYYY"),
    "days": make.NumberColumn("Days late"), "pieces": make.NumberColumn("Still to come", format="localized"),
}  # fmt: skip

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
    ui.table(
        late,
        "late",
        alt="Orders that should have come",
        order=["number", "supplier", "due", "days", "pieces", "value"],
        extra=LATE,
        save_as="Late orders",
        rows=5,
    )
order = ["name", "email", "phone", "lead_days", "min_order", "items", "active"]
with st.container(horizontal=True, vertical_alignment="center"):
    found = ui.matching(known, ui.search("supplier", "Name or e-mail"), ["name", "email"])
    ui.excel(found, "Suppliers", order)
ui.grid(found, "suppliers", suppliers.save, alt="Suppliers: contact, lead time and smallest order", number=["supplier_id"], order=order,
        fixed=["items"], done="Suppliers saved.")  # fmt: skip
