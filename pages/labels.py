from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import alerts, items, labels, places, stickers
from ims_core.errors import Refused
from ims_core.web import ui

OF = {"items": ":material/category: Items", "places": ":material/shelves: Places"}
CODES = {"bars": "Barcode, where there is one", "square": "QR code of the shop"}
EACH = {"copies": "So many of each", "on_hand": "As many as are on hand"}


def choose() -> tuple[pd.DataFrame, bool]:
    """What gets a label, and whether it was ticked: nothing ticked means all that is shown."""
    of = st.segmented_control("Labels for", list(OF), default="items", required=True, format_func=OF.get, key="of", bind="query-params",
                              label_visibility="collapsed")  # fmt: skip
    if of == "places":
        known = pd.DataFrame({"place": ui.ask(places.names)})
        ticked = ui.table(known.assign(code=known["place"]), "label-places", alt="Places in use", order=["place"], picks="multi-row")
        return (ticked, True) if len(ticked) else (known, False)
    known = ui.ask(items.printed)
    if known.empty:
        ui.empty(
            "Labels for items and places are printed here. There is no item yet: drop the files you have.", "Drop your files", "upload"
        )
        st.stop()
    found = ui.matching(known, ui.search("find", "Name, code, category or barcode"), ["name", "sku", "category", "barcode"])
    if found.empty:
        st.info("Nothing fits these words. Take one away.", icon=":material/filter_alt_off:")
        st.stop()
    ticked = ui.table(found, "label-items", alt="Items in use: name, code and barcode", order=["name", "sku", "barcode", "price"],
                      picks="multi-row", opens=False, rows=8)  # fmt: skip
    return (ticked, True) if len(ticked) else (found, False)


def settings(goods: bool) -> dict[str, Any]:
    """How it is printed: sheet, code, copies, price, first. A place has no barcode, nothing on hand of itself and no price."""
    code, each, price = "square", "copies", False
    with st.container(border=True):
        sheet = st.selectbox("Printed on", list(stickers.SHEETS), key="label-sheet", persist_state="session")
        if goods:
            code = st.selectbox("Code", list(CODES), format_func=CODES.get, key="label-code", persist_state="session")
            each = st.selectbox("How many", list(EACH), format_func=EACH.get, key="label-each", persist_state="session")
        copies = st.number_input("Labels of each", 1, 500, 1, key="label-copies") if each == "copies" else 0
        places_on = stickers.SHEETS[sheet].places
        first = st.number_input("First free label of the sheet", 1, places_on, 1, key=f"label-first-{places_on}") if places_on > 1 else 1
        if goods:
            price = st.toggle("Price", key="label-price", persist_state="session")
    return {"sheet": stickers.SHEETS[sheet], "square": code == "square", "copies": copies, "first": first, "price": price}


def made(chosen: pd.DataFrame, how: dict[str, Any]) -> list[stickers.Sticker]:
    """The labels of what was chosen."""
    if "item_id" not in chosen:
        return [stickers.of_place(place, how["copies"]) for place in chosen["place"]]
    stock = {} if how["copies"] else ui.ask(alerts.stock, ui.today()).set_index("item_id")["on_hand"].fillna(0).to_dict()
    return [
        stickers.of_item(
            row.item_id, row.name, row.sku, None if how["square"] or pd.isna(row.barcode) else row.barcode,
            row.price if how["price"] and pd.notna(row.price) else None, how["copies"] or max(0, int(stock.get(row.item_id, 0))),
        )
        for row in chosen[["item_id", "name", "sku", "barcode", "price"]].itertuples(index=False)
    ]  # fmt: skip


ui.page("Labels", "For shelves, boxes and goods without a barcode: on sheets, or on a label printer.")
left, right = st.columns([3, 2], gap="medium")
with left:
    chosen, ticked = choose()
    how = settings("item_id" in chosen)
every = made(chosen, how)
printed = (every, how["sheet"], ui.shop().currency, how["first"])
with right:
    wanted = labels.count(sum(one.copies for one in every), "label")
    on = f" on {labels.count(stickers.sheets(every, how['sheet'], how['first']), 'sheet')}" if how["sheet"].places > 1 else ""
    st.markdown(f"**{wanted}{on}**" + ("" if ticked else ", for all that are shown. Tick rows to choose among them."))
    try:
        picture = stickers.preview(*printed)
    except Refused as refusal:
        ui.refuse(refusal)
        st.stop()
    ui.download("Download PDF", partial(stickers.pdf, *printed), "Labels.pdf")
    with st.container(border=True):
        st.image(picture, width="stretch", alt=f"{wanted}{on} as they will be printed; the first is for {every[0].name}")
