import streamlit as st

from ims_core import items, labels
from ims_core.web import ui

known = ui.ask(items.catalogue)
used = int(known["active"].sum())
ui.page("Items", f"{labels.count(used, 'item')} in use" + (f", {len(known) - used:,} not any more." if used < len(known) else "."))
if known.empty:
    st.caption("Type your items below, or drop a file that lists them on the Upload page.")

row = st.container(horizontal=True, vertical_alignment="center")
with row:
    words = ui.search("item", "Name, code, category or barcode")
    unused = st.toggle("Also those not in use", key="unused", bind="query-params")
found = known if unused else known[known["active"]]
found = ui.matching(found, words, ["name", "sku", "category", "barcodes"])
order = ["name", "sku", "category", "unit", "cost", "price", "active", "barcodes", "suppliers"]
with row:
    ui.excel(found, "Items", order)
ui.grid(found, "items", items.save, alt="Items: name, code, category, cost and price", number=["item_id"], order=order,
        fixed=["barcodes", "suppliers"], rows=16, done="Items saved.")  # fmt: skip
