from typing import Any

import pandas as pd
import streamlit as st

from ims_core import alerts, headlines, items, labels, ledger, lots, people, suppliers
from ims_core.db import Database
from ims_core.web import fields, shown, ui

item_id, today, shop = ui.number("item"), ui.today(), ui.shop()
if item_id is None:
    ui.page("Item", "Choose an item, or click one in any table.")
    known = ui.ask(items.catalogue)
    if known.empty:
        ui.empty("There is no item yet. Drop the files you have.", "Drop your files", "upload")
        st.stop()
    if chosen := fields.item(known, None, "item", preset=False):
        ui.go("item", item=chosen)
    st.stop()

item = ui.ask(items.one, item_id)
if item["same_as"]:
    ui.page(item["name"], f"{item['sku']} was merged into another item, which has its history.")
    ui.link("item", "Open that item", item=item["same_as"])
    st.stop()
with ui.waiting("Looking up the item"):
    now = ui.ask(shown.standing, item_id, today)
    history = ui.ask(ledger.history, item_id)
unit = "" if item["unit"] == "piece" else item["unit"]

parts = [item["sku"], item["category"], None if item["active"] else "not in use any more"]
ui.page(item["name"], " · ".join(part for part in parts if part))
if not now["counted"]:
    ever = ui.ask(alerts.sold_ever, item_id, today)
    sold = f"{labels.pieces(ever['pieces'], unit)} sold since {labels.day_text(ever['first'], today)}, never" if ever["first"] else "Never"
    says = f"{sold} counted: how many there are, nobody knows. Count it once, and the stock is right from then on."
    st.warning(ui.plain(says), icon=":material/help:")
elif now["estimated"] > 0:
    least, first = labels.pieces(now["estimated"], unit), labels.day_text(history["day"].iloc[0].date(), today)
    says = f"Estimated: more left than came in, and nobody counted. At least {least} must have been there on {first}; a count says it."
    st.warning(ui.plain(says), icon=":material/calculate:")
until = ui.ask(headlines.sales_known, today)
with st.grid(4, min_column_width=160):
    held = "On hand, at least" if now["counted"] and now["estimated"] > 0 else "On hand"
    ui.figure(held, labels.pieces(now["on_hand"], unit), f"{labels.pieces(now['on_order'])} on order", delta_color="gray",
              help=None if now["counted"] else "Never counted")  # fmt: skip
    ui.figure("Value", labels.money(now["value"], shop.currency), f"{labels.money(now['cost'], shop.currency)} each", delta_color="gray")
    ui.figure("Sold in 4 weeks", labels.pieces(now["sold"], unit), f"{labels.pieces(now['sold_before'])} in the 4 before",
              delta_color="gray", help=until or None)  # fmt: skip
    last = None if pd.isna(now["last_day"]) else now["last_day"].date()
    ui.figure("Last movement", labels.day_text(last, today), labels.ago(last, today), delta_color="gray")

if history.empty:
    st.info("Nothing has moved yet. Record a receipt or a count on the Movements page, or upload a stock list.", icon=":material/info:")
elif now["counted"]:  # else the line would end at a nought that nobody saw
    ui.picture(ui.ask(shown.stock_picture, item_id, item["name"], today, unit))

with st.container(horizontal=True):
    ui.link("forecast", "Forecast", item=item_id)
    ui.link("movements", "Record a movement", record=item_id)
    ui.link("items", "Edit", find=item["sku"])
    ui.link("labels", "Labels", "label", find=item["sku"])

moved, codes, terms = st.tabs(["Movements", "Barcodes", "Suppliers and terms"], key="part", on_change="rerun", bind="query-params")
if moved.open:
    with moved:
        lines = ui.ask(ledger.movements, item_id=item_id)
        lot = ["lot"] if lines["lot"].notna().any() else []
        order = ["day", "kind", "qty", "place", *lot, "unit_cost", "unit_price", "ref", "note", "who", "file", "source_row"]
        ui.table(lines, "moved", alt=f"Movements of {item['name']}", order=order, opens=False, save_as=f"Movements of {item['sku']}")
        left = ui.ask(lots.held, item_id)
        if len(left):
            st.subheader("What is left of each lot", anchor=False)
            ui.table(left, "lots", alt=f"Lots of {item['name']}, the first to expire first", opens=False,
                     order=["expires", "lot", "on_hand", "place"])  # fmt: skip
if codes.open:
    with codes:
        known = ui.ask(items.barcodes, item_id)
        if known.empty:
            st.caption("No barcode yet. With one, scanning finds this item.")
        else:
            ui.table(known, "codes", alt=f"Barcodes of {item['name']}", opens=False)
        with st.form(ui.act("barcode"), border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            code = st.text_input("Add a barcode", placeholder="Scan or type", width=260)
            pack = st.number_input("Pieces it stands for", min_value=0.0, value=1.0, step=1.0, width=170)
            if st.form_submit_button("Add"):
                ui.do(items.link_barcode, item_id, code, pack, done=f"{code} now means {labels.pieces(pack)} {item['name']}.")
if terms.open:
    with terms:
        known = ui.ask(suppliers.of_item, item_id)
        firms = ui.ask(suppliers.listed)
        firms = dict(zip(firms["supplier_id"], firms["name"], strict=True))
        make = st.column_config
        looks = {
            "supplier_id": make.SelectboxColumn("Supplier", options=list(firms), format_func=firms.get, required=True, width="medium"),
            "lead_days": make.NumberColumn("Lead time (days)", help="Empty: the supplier's own.", min_value=0),
            "pack": make.NumberColumn("Pack size", help="Orders are whole packs.", min_value=0),
        }
        order = ["supplier_id", "code", "cost", "pack", "moq", "lead_days", "preferred"]
        if not firms:
            ui.empty("There is no supplier yet. Type the first one, or drop a file that names them.", "Suppliers", "suppliers")
        elif ui.who().may("manager"):

            def save(db: Database, who: people.Person, edits: list[dict[str, Any]]) -> int:
                return suppliers.save_terms(db, who, [{"item_id": item_id, **edit} for edit in edits])

            ui.grid(known, "terms", save, alt=f"Suppliers of {item['name']} and their terms", number=["supplier_id"], order=order,
                    extra=looks, rows=8, done="Terms saved.",
                    locked="A line keeps its supplier. Add another line for another supplier.")  # fmt: skip
        else:
            ui.table(known, "terms", alt=f"Suppliers of {item['name']}", opens=False)
