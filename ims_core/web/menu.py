"""The menu, which every page runs inside: whoever asks for any address first, this script is what runs."""

from pathlib import Path

import streamlit as st

from ims_core.errors import ImsError
from ims_core.web import ui

PAGES = Path(__file__).resolve().parents[2] / "pages"

MENU = {
    "": [("today", "Today", "today")],
    "Stock": [
        ("stock", "Stock", "inventory_2"),
        ("movements", "Movements", "swap_vert"),
        ("items", "Items", "category"),
        ("places", "Places", "shelves"),
    ],
    "Insight": [("forecast", "Forecast", "query_stats")],
    "Buying": [("reorders", "Reorders", "shopping_cart"), ("suppliers", "Suppliers", "local_shipping")],
    "Data": [("upload", "Upload", "upload_file")],
    "Shop": [("settings", "Settings", "settings")],
}
"""Section -> file in pages/, its title and Material icon."""


def listed() -> dict[str, list[st.Page]]:
    """The pages by section; the item's page has no line, it is opened from everywhere by ?item=."""
    found = {
        section: [
            st.Page(PAGES / f"{name}.py", title=title, icon=f":material/{icon}:", url_path=name, default=name == "today")
            for name, title, icon in pages
        ]
        for section, pages in MENU.items()
    }
    found[""].append(st.Page(PAGES / "item.py", title="Item", icon=":material/package_2:", url_path="item", visibility="hidden"))
    return found


st.set_page_config(page_title="Inventory", page_icon=":material/inventory_2:", layout="wide")
page = st.navigation(listed(), expanded=True)
try:
    page.run()
except ImsError as refusal:
    ui.refuse(refusal)
except Exception as failure:  # the one place where whatever nobody foresaw ends as a sentence
    ui.calm(failure)
