"""The menu, which every page runs inside: whoever asks for any address first, this script is what runs."""

import html
from pathlib import Path

import streamlit as st

from ims_core.errors import ImsError
from ims_core.web import sign_in, ui, watching
from ims_core.web.doing import PAGES

MARK = (Path(__file__).resolve().parent / "mark.svg").read_text(encoding="utf-8")
"""Drawn here, because Material icons for browser tabs would be fetched from outside."""

MENU = {
    "": [("today", "Today", "today"), ("inbox", "Inbox", "inbox")],
    "Stock": [
        ("stock", "Stock", "inventory_2"),
        ("scan", "Scan", "barcode_scanner"),
        ("count", "Counts", "fact_check"),
        ("movements", "Movements", "swap_vert"),
        ("items", "Items", "category"),
        ("places", "Places", "shelves"),
        ("labels", "Labels", "label"),
    ],
    "Insight": [
        ("analysis", "Analysis", "monitoring"),
        ("forecast", "Forecast", "query_stats"),
        ("finance", "Finance", "account_balance"),
        ("quality", "Quality", "verified"),
    ],
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


def name_plate(shop: str) -> str:
    """The mark with the shop's name, as a picture; its grey-teal reads on light and on dark."""
    shop = shop if len(shop) <= 24 else f"{shop[:23]}…"
    name, wide = html.escape(shop), 90 + 21 * len(shop)
    inner = MARK.partition(">")[2].rpartition("</svg>")[0]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" height="64" width="{wide}" viewBox="0 0 {wide} 64">{inner}'
        f'<text x="82" y="43" font-family="Arial, sans-serif" font-size="33" font-weight="600" fill="#4F8783">{name}</text></svg>'
    )


st.set_page_config(page_icon=MARK, layout="wide")  # before the menu: else the browser tab takes a page's icon, from outside
mine = ui.memory()
if "menu" not in mine:  # kept for the session: each page's file is looked for on the disk
    mine["menu"] = listed()
page = st.navigation(mine["menu"], expanded=True)
try:
    st.set_page_config(page_title=f"{page.title} · {ui.shop().name}")
    st.logo(name_plate(ui.shop().name), icon_image=MARK, size="large")
    sign_in.say_who_is_here(ui.who())  # refuses, and then nothing of the page runs
    if page.url_path in watching.WATCHED or page.url_path == "":
        watching.watch()
    page.run()
except sign_in.SignedOut as refusal:
    ui.refuse(refusal)
    sign_in.offer()
except ImsError as refusal:
    ui.refuse(refusal)
except Exception as failure:  # the one place where whatever nobody foresaw ends as a sentence
    ui.calm(failure)
finally:
    ui.SERVED.set()
