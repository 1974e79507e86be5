from functools import partial

import streamlit as st

from ims_core import headlines, items, labels, reorder
from ims_core.web import shown, ui

shop, today = ui.shop(), ui.today()
if not ui.ask(items.any_yet):
    ui.page("Reorders")
    ui.empty("Here stands what to order, from whom, and why. Nothing is known yet: drop the files you have.", "Drop your files", "upload")
    st.stop()

head = st.container()
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    usual = min(max(round(shop.service * 100), 80), 99)
    service = st.slider("Enough in … of 100 cases", 80, 99, usual, key="service", width=280, bind="query-params")
    everything = st.toggle("Also what has enough", key="everything", bind="query-params")
    right = st.container(width="content")

day = ui.ask(headlines.known_day, today)
mine = ui.memory()
typed, grid = mine.setdefault("typed", {}), mine.get("grid")  # item -> quantity, by item because rows move
for row, values in st.session_state.get(grid[0], {}).get("edited_rows", {}).items() if grid else ():
    typed[grid[1][int(row)]] = float(values.get("quantity") or 0)
asked = (today, service / 100, frozenset(typed.items()))
with ui.waiting("Working out what to order"):
    orders = ui.ask(shown.orders, *asked)
with head:
    whose = f", from {labels.count(orders.firms, 'supplier')}" if orders.firms else ""
    worth = f", for {labels.money(orders.worth, shop.currency)}" if orders.worth else ""
    alone = f" {orders.homeless:,} {'has' if orders.homeless == 1 else 'have'} no supplier yet." if orders.homeless else ""
    known = ui.ask(headlines.sales_known, today)
    ui.page("Reorders", f"{orders.count:,} of {labels.count(len(orders.lines), 'item')} to order{whose}{worth}.{alone} {known}")
    if orders.blind:
        said = "1 of them was never counted and is" if orders.blind == 1 else f"{orders.blind:,} of them were never counted and are"
        st.caption(f":orange[{said} taken as nothing on hand. Upload a stock list to mend that.]")
    if orders.guessed:
        said = "1 of them rests" if orders.guessed == 1 else f"{orders.guessed:,} of them rest"
        st.caption(f":orange[{said} on estimated stock: more left than came in, and nobody counted. The line says so.]")
    if orders.quiet:
        said = "1 of them is sold out and was" if orders.quiet == 1 else f"{orders.quiet:,} of them are sold out and were"
        st.caption(f":orange[{said} not sold for {reorder.LONG} days or more: is that still wanted? The line says when it was sold last.]")
with right:
    made = partial(shown.sheet, orders, shop.name, today, shop.currency, known)
    ui.download("Download sheet", made, f"Reorder {today:%Y-%m-%d}.xlsx", key="sheet")
if not orders.count and not everything:
    st.success("Nothing needs to be ordered: what is on hand and on order suffices until the next order could be here.",
               icon=":material/check_circle:")  # fmt: skip
    st.stop()

make = st.column_config
totals = orders.suppliers
bars = {
    "supplier": make.TextColumn("Supplier", pinned=True, width=230),
    "lines": make.NumberColumn("Lines", format="localized"),
    "reached": make.ProgressColumn("Of the smallest order", min_value=0, max_value=100, format="%d %%"),
}
under = totals[totals["reached"] < 100]
lacks = labels.money((under["min_order"] - under["value"]).sum(), shop.currency)
firms = f"{len(under)} suppliers stay" if len(under) > 1 else f"{under['supplier'].iloc[0]} stays" if len(under) else ""
st.caption(ui.plain((f"{firms} below the smallest order, by {lacks} in all. " if firms else "") + "Tick a supplier to see its lines only."))
picked = ui.table(totals, "suppliers", alt="Suppliers: lines, value and how much of the smallest order is reached", opens=False,
                  order=["supplier", "value", "reached", "min_order", "lines"], extra=bars, rows=9, picks="single-row")  # fmt: skip
chosen = picked["supplier"].iloc[0] if len(picked) else None
lines, order = ui.ask(shown.lines, *asked, everything, chosen), shown.GRID
key = f"lines-{ui.db().version}-{service}-{everything}-{chosen}-{mine.get('round', 0)}"
mine["grid"] = (key, lines["item_id"].tolist())
st.subheader(ui.plain(chosen or "All suppliers"), anchor=False)
looks = {
    "quantity": make.NumberColumn("Order", min_value=0, format="localized", required=True, width="small"),
    "expected_demand": make.NumberColumn("Expected", format="%,.1f", help="Demand until the next but one order could be here."),
    "reorder_point": make.NumberColumn("Reorder point", format="localized"),
    "supplier": None if chosen else make.TextColumn("Supplier"),
}
st.data_editor(
    lines[order], key=key, column_order=order, column_config=ui.columns(order, looks), disabled=order[:1] + order[2:],
    hide_index=True, height="content" if len(lines) <= 12 else 35 * 13, width="stretch", num_rows="fixed",
    alt="Proposed orders; the quantity can be changed", placeholder="",
)  # fmt: skip
with st.container(horizontal=True, vertical_alignment="center"):
    if len(typed) and st.button("Take the proposals again", icon=":material/restart_alt:", type="tertiary"):
        mine |= {"typed": {}, "grid": None, "round": mine.get("round", 0) + 1}
        st.rerun()
    changed = f"{len(typed)} changed by hand, kept until this page is loaded anew." if typed else "Quantities can be changed in the grid."
    st.caption(changed)
    for row in reorder.in_broken_packs(lines[lines["item_id"].isin(typed)]).head(3).itertuples() if typed else ():
        st.caption(f":orange[{ui.plain(row.name)}: packs hold {labels.pieces(row.pack)}.]")

if lines.empty:
    st.stop()
st.subheader("Why this number?", anchor=False)
names = lines["name"].tolist()
at = st.selectbox("Line", range(len(names)), format_func=names.__getitem__, label_visibility="collapsed", width=420)
line = ui.ask(shown.explained, *asked[:2], int(lines["item_id"][at]))
st.markdown(ui.plain(line["reason"]))
ui.picture(ui.ask(shown.why_picture, *asked[:2], line["item_id"]))
if lines["quantity"][at] != line["quantity"]:
    st.caption(f"You order {labels.pieces(lines['quantity'][at])} instead of {labels.pieces(line['quantity'])}.")
ui.link("item", "Open the item", item=line["item_id"])
