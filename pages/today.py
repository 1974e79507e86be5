import streamlit as st

from ims_core import headlines, inbox, items, labels, ledger
from ims_core.web import ui

LEADS = {  # alert -> colour (red loses sales now), icon, page, its filter, what the link says
    "Sold out": ("red", "production_quantity_limits", "stock", {"status": "Sold out"}, "Show them"),
    "Below zero": ("orange", "exposure_neg_1", "stock", {"status": "Below zero"}, "Show them"),
    "Estimated": ("orange", "calculate", "stock", {"status": "Estimated"}, "Show them"),
    "Never counted": ("orange", "help", "stock", {"status": "Never counted"}, "Show them"),
    "items": ("orange", "payments", "items", {}, "Fill them in"),
    "expires": ("orange", "event_busy", "stock", {}, "Show them"),
    "late": ("orange", "local_shipping", "suppliers", {}, "Show them"),
    "upload": ("orange", "rule", "upload", {}, "See the lines"),
    "forecast": ("gray", "query_stats", "forecast", {}, "Forecast"),
}

shop = ui.shop()
if not ui.ask(items.any_yet):
    ui.page("Welcome", "Two ways to begin. Everything stays on this machine, and every step can be undone.")
    drop, sample = st.columns(2)
    with drop.container(border=True, height="stretch"):
        st.subheader("Drop your files", anchor=False)
        st.write("Exports, price lists, stock lists, sales: as they are. You see what was understood before anything is stored.")
        st.space("stretch")
        if st.button("Drop your files", type="primary", icon=":material/upload_file:", width="stretch"):
            ui.go("upload")
    with sample.container(border=True, height="stretch"):
        st.subheader("Open the sample shop", anchor=False)
        st.write("A made-up shop with two years of sales, so that every screen has something to show. One click takes it away again.")
        st.space("stretch")
        opens = st.button("Open the sample shop", icon=":material/storefront:", width="stretch")
    if opens:  # below both roads, which stay where they are
        from ims_core import demo

        ui.do(demo.open_sample, working="Opening the sample shop", done="The sample shop is open.")
    st.stop()

day = ui.today()
with ui.waiting("Adding up the shop"):
    now = ui.ask(headlines.today, day)
counted = now.in_stock + now.sold_out > 0 or now.value != 0  # else nobody knows what there is, and 0 would say that it is gone
guessed = f", of which {labels.money(now.value_estimated, shop.currency)} is estimated" if now.value_estimated else ""
worth = f"{headlines.worth_said(now.value, now.costed, now.in_stock, shop.currency)}{guessed}"
stands = f"{labels.count(now.in_stock, 'item')} in {labels.count(now.places, 'place')}, {worth}."
if not counted:
    stands = f"Nothing of {labels.count(now.items, 'item')} was counted yet, so nobody knows what is there: count, or drop a stock list."
ui.page("Today", f"{stands} {ui.ask(headlines.sales_known, day)}")

with st.grid(4, min_column_width=160):
    sold = labels.money(now.sales, shop.currency) if now.sales_in_money else labels.count(now.sales, "piece")
    unknown = {"help": "Nothing was counted yet."}
    if counted and now.in_stock and not now.costed:
        ui.figure(
            "Stock value",
            "–",
            "no cost is known",
            delta_color="gray",
            help="Fill the costs in on the Items page, or drop a file with costs.",
        )
    elif counted and now.costed < now.in_stock:  # a change of a part says nothing of the whole
        ui.figure("Stock value", labels.money(now.value, shop.currency), f"of {now.costed:,} of {now.in_stock:,} items", delta_color="gray",
                  help="The others have no cost: fill it in on the Items page.")  # fmt: skip
    elif counted:
        worth, changed = labels.money(now.value, shop.currency), headlines.change(now.value, now.value_before)
        price = "At what a piece costs today. Analysis and Finance have it at what was paid for it on average (moving average)."
        weeks = {"delta_description": "in 4 weeks"} if changed else {}
        ui.figure("Stock value", worth, changed, now.value_trend, **weeks, help=price)
    else:
        ui.figure("Stock value", "–", **unknown)
    changed = headlines.change(now.sales, now.sales_before)
    before = {"delta_description": "on the 4 before"} if changed else {}
    ui.figure("Sold in 4 weeks", sold, changed, now.sales_trend, chart_type="bar", **before)
    if counted:
        ui.figure("In stock", f"{now.in_stock:,}", f"of {labels.count(now.items, 'item')}", now.in_stock_trend, delta_color="gray")
        ui.figure("Sold out", f"{now.sold_out:,}", "at zero", now.sold_out_trend, delta_color="gray")
    else:
        ui.figure("In stock", "–", f"of {labels.count(now.items, 'item')}", delta_color="gray", **unknown)
        ui.figure("Sold out", "–", **unknown)

st.subheader("What needs attention", anchor=False)
with st.container(border=True, gap="small"):
    for alert, _, says in now.todo.itertuples(index=False):
        color, icon, page, query, does = LEADS[alert]
        sentence, way = st.columns([5, 1], vertical_alignment="center")
        sentence.markdown(f":{color}[:material/{icon}:]  {ui.plain(says)}")
        with way.container(horizontal_alignment="right"):
            ui.link(page, does, **query)
    if waits := ui.ask(inbox.counted, day)["open"]:
        mine = ui.ask(inbox.counted, day, ui.who().name)["open"]
        sentence, way = st.columns([5, 1], vertical_alignment="center")
        sentence.markdown(
            f":gray[:material/inbox:]  {labels.many(waits, 'alert')} in the inbox{f', {mine:,} of them yours' if mine else ''}."
        )
        with way.container(horizontal_alignment="right"):
            ui.link("inbox", "Inbox")
    elif now.todo.empty:
        st.markdown(":green[:material/check_circle:]  Nothing. The shelves, the imports and the forecast are as they should be.")

st.subheader("What happened last", anchor=False)
with st.container(border=True, gap="small"):
    for change in ui.ask(ledger.happened, 8).itertuples():
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall"):
            by = ui.plain(f"{change.who}, {ui.local(change.done_at)}")
            st.markdown(f"{ui.plain(change.what)} :small[:gray[{by}]]", width="stretch")
            if change.undone:
                st.caption("undone", width="content")
            elif st.button("Undo", key=ui.act(f"undo-{change.change_id}"), icon=":material/undo:", type="tertiary"):
                ui.do(ledger.undo, int(change.change_id), done=f"Undone: {change.what}")
