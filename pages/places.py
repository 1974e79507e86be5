import streamlit as st

from ims_core import places
from ims_core.web import ui

known = ui.ask(places.listed)
says = (
    "Where goods stand: shop floor, cellar, van. A place with goods in it cannot be closed."
    if len(known)
    else "No place yet: until there is one, everything stands in Shop."
)
ui.page("Places", says)
order = ["place", "name", "active", "items", "pieces"] + (["estimated"] if len(known) and known["estimated"].any() else [])
if len(known):
    with st.container(horizontal=True, vertical_alignment="center"):
        ui.excel(known, "Places", order)
        ui.link("labels", "Labels", "label", of="places")
ui.grid(known, "places", places.save, alt="Places: short name, name and what stands there", number=["place"], order=order,
        fixed=["items", "pieces", "estimated"], done="Places saved.")  # fmt: skip
