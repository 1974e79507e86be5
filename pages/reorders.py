from functools import partial

import streamlit as st

from ims_core import charts, headlines, items, labels, reorder, workbooks
from ims_core.web import ui

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
with ui.waiting("Working out what to order"):
    proposed = ui.ask(reorder.suggest, today, service / 100)
mine = ui.memory()
typed, grid = mine.setdefault("typed", {}), mine.get("grid")  # item -> quantity, by item because rows move
for row, values in st.session_state.get(grid[0], {}).get("edited_rows", {}).items() if grid else ():
    typed[grid[1][int(row)]] = float(values.get("quantity") or 0)
found = reorder.ordered(proposed, typed)
lines = found.loc[found["quantity"] > 0, ["supplier", "counted", "estimated", "value", "min_order"]]
homeless, blind = int((lines["supplier"] == reorder.NOBODY).sum()), int((~lines["counted"]).sum())
guessed = int((lines["counted"] & (lines["estimated"] > 0)).sum())
firms = lines["supplier"].nunique() - bool(homeless)
with head:
    whose = f", from {labels.count(firms, 'supplier')}" if firms else ""
    worth = f", for {labels.money(lines['value'].sum(), shop.currency)}" if lines["value"].any() else ""
    alone = f" {homeless:,} {'has' if homeless == 1 else 'have'} no supplier yet." if homeless else ""
    known = ui.ask(headlines.sales_known, today)
    ui.page("Reorders", f"{len(lines):,} of {labels.count(len(found), 'item')} to order{whose}{worth}.{alone} {known}")
    if blind:
        said = "1 of them was never counted and is" if blind == 1 else f"{blind:,} of them were never counted and are"
        st.caption(f":orange[{said} taken as nothing on hand. Upload a stock list to mend that.]")
    if guessed:
        said = "1 of them rests" if guessed == 1 else f"{guessed:,} of them rest"
        st.caption(f":orange[{said} on estimated stock: more left than came in, and nobody counted. The line says so.]")
with right:
    name = f"Reorder {day:%Y-%m-%d}.xlsx"
    ui.download("Download sheet", partial(workbooks.reorder_sheet, found, shop.name, day, shop.currency), name, key="sheet")
if lines.empty and not everything:
    st.success("Nothing needs to be ordered: what is on hand and on order suffices until the next order could be here.",
               icon=":material/check_circle:")  # fmt: skip
    st.stop()

make = st.column_config
totals = reorder.by_supplier(lines if len(lines) else found)
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
                  order=["supplier", "value", "reached", "min_order", "lines"], extra=bars, rows=8, picks="single-row")  # fmt: skip
chosen = picked["supplier"].iloc[0] if len(picked) else None
order = ["name", "quantity", "on_hand", "on_order", "expected_demand", "reorder_point", "pack", "unit_cost", "value", "supplier"]
shown = found[["item_id", *order]]
if not everything:
    shown = shown[(found["quantity"] > 0) | (found["proposed"] > 0)]
shown = (shown[shown["supplier"] == chosen] if chosen else shown).reset_index(drop=True)
key = f"lines-{ui.db().version}-{service}-{everything}-{chosen}-{mine.get('round', 0)}"
mine["grid"] = (key, shown["item_id"].tolist())
st.subheader(ui.plain(chosen or "All suppliers"), anchor=False)
looks = {
    "quantity": make.NumberColumn("Order", min_value=0, format="localized", required=True, width="small"),
    "expected_demand": make.NumberColumn("Expected", format="%,.1f", help="Demand until the next but one order could be here."),
    "reorder_point": make.NumberColumn("Reorder point", format="localized"),
    "supplier": None if chosen else make.TextColumn("Supplier"),
}
st.data_editor(
    shown[order], key=key, column_order=order, column_config=ui.columns(order, looks), disabled=order[:1] + order[2:],
    hide_index=True, height="content" if len(shown) <= 12 else 35 * 13, width="stretch", num_rows="fixed",
    alt="Proposed orders; the quantity can be changed", placeholder="",
)  # fmt: skip
broken = shown[(shown["quantity"] % shown["pack"].where(shown["pack"] > 0, 1)) > 0]
with st.container(horizontal=True, vertical_alignment="center"):
    if len(typed) and st.button("Take the proposals again", icon=":material/restart_alt:", type="tertiary"):
        mine |= {"typed": {}, "grid": None, "round": mine.get("round", 0) + 1}
        st.rerun()
    changed = f"{len(typed)} changed by hand, kept while this window is open." if typed else "Quantities can be changed in the grid."
    st.caption(changed)
    for row in broken.head(3).itertuples():
        st.caption(f":orange[{ui.plain(row.name)}: packs hold {labels.pieces(row.pack)}.]")

if shown.empty:
    st.stop()
st.subheader("Why this number?", anchor=False)
names = shown["name"].tolist()
at = st.selectbox("Line", range(len(names)), format_func=names.__getitem__, label_visibility="collapsed", width=420)
line = proposed[proposed["item_id"] == shown["item_id"][at]].iloc[0]
parts = reorder.why(line)
st.markdown(ui.plain(line["reason"]))
st.plotly_chart(charts.waterfall(parts, "Order"), config=charts.CONFIG, alt=charts.waterfall_alt(parts, "Order"), width="stretch")
if shown["quantity"][at] != line["quantity"]:
    st.caption(f"You order {labels.pieces(shown['quantity'][at])} instead of {labels.pieces(line['quantity'])}.")
ui.link("item", "Open the item", item=int(line["item_id"]))
