import streamlit as st

from ims_core import labels, suppliers
from ims_core.web import ui

known = ui.ask(suppliers.listed)
ui.page(
    "Suppliers",
    f"{labels.count(len(known), 'supplier')}. Days and money here count where an item has no terms of its own."
    if len(known)
    else "Who sells to you, how long it takes and from what value on. Type them here, or drop a file that names them.",
)
order = ["name", "email", "phone", "lead_days", "min_order", "items", "active"]
with st.container(horizontal=True, vertical_alignment="center"):
    found = ui.matching(known, ui.search("supplier", "Name or e-mail"), ["name", "email"])
    ui.excel(found, "Suppliers", order)
ui.grid(found, "suppliers", suppliers.save, alt="Suppliers: contact, lead time and smallest order", number=["supplier_id"], order=order,
        fixed=["items"], done="Suppliers saved.")  # fmt: skip
