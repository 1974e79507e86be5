import streamlit as st

from ims_core import alerts, charts, headlines, items, labels, ledger, suppliers
from ims_core.web import ui

number = st.query_params.get("item", "")
if not number.isdigit():
    ui.page("Item", "Choose an item, or click one in any table.")
    known = ui.ask(items.catalogue)
    if known.empty:
        ui.empty("There is no item yet. Drop the files you have.", "Drop your files", "upload")
        st.stop()
    names = dict(zip(known["item_id"], known["name"] + " · " + known["sku"], strict=True))
    if chosen := st.selectbox("Item", list(names), index=None, format_func=names.get, placeholder="Name or code"):
        ui.go("item", item=chosen)
    st.stop()

item_id, today, shop = int(number), ui.today(), ui.shop()
day = ui.ask(headlines.known_day, today)
item = ui.ask(items.one, item_id)
now = ui.ask(alerts.item, item_id, day)
history = ui.ask(ledger.history, item_id)
unit = "" if item["unit"] == "piece" else item["unit"]

parts = [item["sku"], item["category"], None if item["active"] else "not in use any more"]
ui.page(item["name"], " · ".join(part for part in parts if part))
with st.grid(4, min_column_width=160):
    ui.figure("On hand", labels.pieces(now["on_hand"], unit), f"{labels.pieces(now['on_order'])} on order", delta_color="gray")
    ui.figure("Value", labels.money(now["value"], shop.currency), f"{labels.money(now['cost'], shop.currency)} each", delta_color="gray")
    ui.figure(
        "Sold in 4 weeks", labels.pieces(now["sold"], unit), f"{labels.pieces(now['sold_before'])} in the 4 before", delta_color="gray"
    )
    ui.figure("Last movement", labels.day_text(now["last_day"], today), labels.ago(now["last_day"], today), delta_color="gray")

if history.empty:
    st.info("Nothing has moved yet. Record a receipt or a count on the Movements page, or upload a stock list.", icon=":material/info:")
else:
    alt = charts.stock_history_alt(item["name"], history, day)
    st.plotly_chart(charts.stock_history(history, day, unit), config=charts.CONFIG, alt=alt, width="stretch")

with st.container(horizontal=True):
    ui.link("forecast", "Forecast", item=item_id)
    ui.link("movements", "Record a movement", record=item_id)
    ui.link("items", "Edit", find=item["sku"])

moved, codes, terms = st.tabs(["Movements", "Barcodes", "Suppliers"], key="part", on_change="rerun", bind="query-params")
if moved.open:
    with moved:
        lines = ui.ask(ledger.movements, item_id=item_id)
        order = ["day", "kind", "qty", "place", "unit_cost", "unit_price", "ref", "note", "who", "file", "source_row"]
        ui.table(lines, "moved", alt=f"Movements of {item['name']}", order=order, opens=False, save_as=f"Movements of {item['sku']}")
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
        if known.empty:
            st.caption("No supplier yet. Upload a purchase or supplier file that names this item.")
        else:
            ui.table(known, "terms", alt=f"Suppliers of {item['name']}", opens=False)
