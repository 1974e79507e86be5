from datetime import timedelta

import pandas as pd
import streamlit as st

from ims_core import headlines, kpis, labels, measures, movers, objectives, overviews
from ims_core.web import analysed, delays, priced, tiles, ui

PERIODS = {"4": "4 weeks", "13": "13 weeks", "26": "26 weeks", "52": "52 weeks"}
SIDES = {"shop": "Whole shop", "place": "Place", "category": "Category", "supplier": "Supplier", "class": "ABC class"}
MONEY = ["stock_value", "average_inventory", "turnover", "days_of_inventory", "days_of_cover", "gmroi", "dead_stock", "slow_stock",
         "carrying_cost", "revenue", "gross_margin", "cogs", "purchases", "sell_through"]  # fmt: skip
SERVICE = ["ready_rate", "fill_rate", "cycle_service", "stockout_rate", "stockout_events", "lead_time", "lead_time_spread", "line_fill",
           "order_fill", "otif", "fulfilment_time", "fulfilment_most"]  # fmt: skip
LOSSES = ["write_offs", "shrinkage", "net_shrinkage", "record_accuracy", "value_accuracy"]
LINES = ["stock_value", "turnover", "revenue", "gross_margin", "ready_rate", "fill_rate", "dead_stock", "days_of_inventory"]

today, shop = ui.today(), ui.shop()
until = ui.ask(headlines.known_day, today)
if not ui.ask(analysed.anything):
    ui.page("Analysis")
    says = "Here stands how the stock does: what moves, what does not, where money is stuck. Nothing has moved yet: drop your files."
    ui.empty(says, "Drop your files", "upload")
    st.stop()

head = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    weeks = st.segmented_control("Period", list(PERIODS), default="13", format_func=PERIODS.get, required=True, key="weeks",
                                 label_visibility="collapsed", bind="query-params")  # fmt: skip
    by = st.selectbox("Look at", list(SIDES), format_func=SIDES.get, key="by", label_visibility="collapsed", width=150, bind="query-params")
    group = None
    if by != "shop":
        group = st.selectbox(SIDES[by], ui.ask(analysed.groups, by), key=f"group-{by}", label_visibility="collapsed", width=210)
view = tiles.View(until - timedelta(days=7 * int(weeks) - 1), until, by, group)
with head:
    period = f"{labels.day_text(view.first, today)} to {labels.day_text(view.last, today)}"
    ui.page(
        "Analysis", f"{group or 'The whole shop'}, {period}, beside the {PERIODS[weeks]} before. {ui.ask(headlines.sales_known, today)}"
    )


def overview() -> None:
    tiles.tiles(view, MONEY)
    known = ui.ask(tiles.summary, view)
    drawn = [name for name in LINES if known[name]["value"] == known[name]["value"]]  # an empty picture says nothing
    if drawn:
        chosen = st.selectbox("Month by month", drawn, format_func=lambda name: measures.BOOK[name].label, key="line", width=300,
                              bind="query-params")  # fmt: skip
        with ui.waiting("Going back through the months"):
            ui.picture(ui.ask(analysed.months_picture, view, chosen))
    if by != "shop":
        return
    st.subheader("Side by side", anchor=False)
    side = st.segmented_control("Side by side", [name for name in SIDES if name != "shop"], default="category", format_func=SIDES.get,
                                required=True, key="side", label_visibility="collapsed")  # fmt: skip
    found = ui.ask(kpis.by_group, view.first, view.last, side).sort_values("revenue", ascending=False)
    order = ["grp", "revenue", "gross_margin", "stock_value", "turnover", "days_of_inventory", "ready_rate", "dead_stock", "write_offs"]
    ui.table(found, f"side-{side}", alt=f"KPIs by {SIDES[side].lower()}", order=order, extra=analysed.columns(order, SIDES[side]),
             save_as=f"KPIs by {SIDES[side].lower()}", opens=False, blank="–")  # fmt: skip


def classes() -> None:
    found = ui.ask(movers.classed, view.first, view.last, by, group)
    if (found["abc"] == "C").all():
        st.info("Nothing tells A from B and C: they go by what the goods sold had cost, and no cost is known of what was sold in a year. "
                "Fill the costs in, or drop a file with costs.", icon=":material/payments:")  # fmt: skip
        ui.link("items", "Fill in costs")
    else:
        found = chosen_class(found)
    order = ["name", "abc", "evenness", "demand", "revenue", "stock_value", "turnover", "category", "sku"]
    order = order if (found["abc"] != "C").any() else [name for name in order if name != "abc"]
    said = found.assign(evenness=found["xyz"].map(analysed.EVENNESS), demand=found["kind"].str.capitalize())
    ui.table(said, "classed", alt="Items with their classes", order=order, extra=analysed.columns(order), save_as="Classes", blank="–")
    if found["revenue"].gt(0).any():
        with st.container(border=True):
            st.markdown("**How many items bring most of the sales**")
            ui.picture(overviews.pareto(found))


def chosen_class(found: pd.DataFrame) -> pd.DataFrame:
    st.caption("A: the items that bring the first 80 % of what is sold, at cost. B: up to 95 %. C: the rest. Beside it how evenly they "
               "sell (others say X, Y, Z); what sells too seldom for that stands apart. Click a field to see its items.")  # fmt: skip
    grid = analysed.grid(found)
    shown = st.dataframe(grid, key="grid", on_select="rerun", selection_mode="single-cell", alt="Items by ABC class and evenness of demand",
                         width="stretch", column_config={"class": st.column_config.TextColumn("", width=50)}, hide_index=True)  # fmt: skip
    cells = shown.selection.cells
    if cells and cells[0][1] != "class":
        found = found[(found["abc"] == grid["class"].iloc[cells[0][0]]) & (found["xyz"].map(analysed.EVENNESS) == cells[0][1])]
        st.subheader(f"{grid['class'].iloc[cells[0][0]]}, {cells[0][1].lower()}: {labels.many(len(found), 'item')}", anchor=False)
    return found


def moving() -> None:
    found = ui.ask(movers.compared, view.first, view.last, by, group)
    shapes = {"Changed most": "change", "Fast": "revenue", "Slow and dead": "idle_value"}
    shape = st.segmented_control("Show", list(shapes), default="Changed most", required=True, key="shape", label_visibility="collapsed")
    column = shapes[shape]
    found = found[found[column].abs() > 0].sort_values(column, ascending=False, key=abs if column == "change" else None)
    if found.empty:
        st.info("Nothing of that kind in this period.", icon=":material/info:")
        return
    words = {
        "change": f"Sales against the {PERIODS[weeks]} before: {_signed(found['change'].sum())} in all.",
        "revenue": f"{labels.many(len(found), 'item')} brought {labels.money(found['revenue'].sum(), shop.currency)}.",
        "idle_value": f"{labels.money(found['idle_value'].sum(), shop.currency)} lies in {labels.many(len(found), 'item')} "
        f"that nobody asked for in 90 days or more, of it {labels.money(found['dead_value'].sum(), shop.currency)} in 180.",
    }
    st.markdown(ui.plain(words[column]))
    ui.picture(overviews.bars(found, "name", column, shape, shop.currency))
    if column == "change":
        signs = ui.ask(movers.called, view.first, view.last, group if by == "place" else None).set_index("item_id")["called"]
        found = found.assign(beyond=found["item_id"].map(signs).map(analysed.BEYOND).fillna(""))
        st.caption("“More” and “Less” stand where the change is beyond what weeks stray by themselves; the rest may be chance.")
    sold, lies = ["revenue", "before", "change"], ["stock_value", "idle_value"]
    told = [*sold, *(["beyond"] if column == "change" else []), *lies] if column != "idle_value" else [*lies[::-1], *sold]
    order = ["name", *told, "gross_margin", "category", "sku"]  # first what it is about: a phone shows three
    ui.table(found, f"movers-{column}", alt=f"Items: {shape.lower()}", order=order, extra=analysed.columns(order), save_as=shape)


def _signed(amount: float) -> str:
    return f"{'+' if amount > 0 else ''}{labels.money(amount, shop.currency)}"


def service() -> None:
    tiles.tiles(view, SERVICE)
    st.subheader("Where it is missing", anchor=False)
    found = ui.ask(kpis.by_group, view.first, view.last, "category", by, group).sort_values("ready_rate")
    order = ["grp", "ready_rate", "fill_rate", "cycle_service", "stockout_events", "lost_demand"]
    ui.table(found, "service", alt="Service by category", order=order, extra=analysed.columns(order, "Category"), save_as="Service",
             opens=False, blank="–")  # fmt: skip


def seasonal() -> None:
    found = ui.ask(movers.seasons, until)
    found = found[found["category"] == group] if by == "category" else found
    if found.empty:
        st.info("A season shows after twelve full months of sales.", icon=":material/calendar_month:")
        return
    where = "" if by in ("shop", "category") else f" Of the whole shop, not of {group} alone."
    st.caption(ui.plain(f"Pieces sold in a month of the year, in percent of the category's mean month.{where}"))
    ui.picture(overviews.seasons(found, st.context.theme.type == "dark"))
    wide = found.pivot(index="category", columns="month", values="index").reset_index()
    ui.excel(wide.set_axis(["Category", *[overviews.MONTHS[int(month) - 1] for month in wide.columns[1:]]], axis=1), "Seasons")


def losses() -> None:
    tiles.tiles(view, LOSSES)
    found = ui.ask(movers.lost, view.first, view.last, by, group)
    if found.empty:
        st.info("Nothing was counted, adjusted or scrapped away in this period.", icon=":material/check_circle:")
        return
    reasons = found.groupby("reason", as_index=False)["value"].sum().sort_values("value", ascending=False)
    if (reasons["value"] != 0).sum() > 1:  # one bar alone says nothing that the tile does not
        ui.picture(overviews.bars(reasons, "reason", "value", "Losses by reason", shop.currency))
    order = ["name", "reason", "pieces", "value", "category", "sku"]
    ui.table(found, "lost", alt="What was lost, by item", order=order, extra={"reason": "Reason"}, save_as="Losses", blank="–")


def targets() -> None:
    st.caption("What the shop wants its numbers to be, from where on they are off, and who answers for it.")
    found = ui.ask(analysed.aims, view)
    if len(found):
        order = list(analysed.AIMS)
        ui.table(found, "aims", alt="Targets: value, target, since when off", order=order, extra=analysed.AIMS, opens=False, blank="–")
    else:
        st.info(f"There is no target for {group or 'the whole shop'} yet.", icon=":material/flag:")
    if not ui.who().may("manager"):
        return
    with st.form(ui.act("aim")), st.grid(4, min_column_width=165):
        name = st.selectbox("KPI", [kpi.name for kpi in measures.KPIS if kpi.better], format_func=lambda each: measures.BOOK[each].label)
        target = st.number_input("Target", value=None, help="Shares as 95 for 95 %")
        threshold = st.number_input("Off from", value=None, help="The value from where on somebody must look")
        owner = st.text_input("Who answers for it", value=ui.who().name, max_chars=60)
        sets = st.form_submit_button("Set target", type="primary", icon=":material/flag:")
    if sets:
        analysed.set_aim(view, name, target, threshold, owner)
    if len(found):
        with st.form(ui.act("no-aim")), st.container(horizontal=True, vertical_alignment="bottom"):
            gone = st.selectbox("Target of", found["kpi"].tolist(), format_func=lambda each: measures.BOOK[each].label, width=260)
            if st.form_submit_button("Give it up", icon=":material/flag_check:"):
                ui.do(objectives.give_up, gone, view.scope, done=f"No target any more: {measures.BOOK[gone].label}")


PARTS = {"Overview": overview, "Classes": classes, "Movers": moving, "Service": service, "Bottlenecks": lambda: delays.parts(view, today),
         "Prices": lambda: priced.parts(view), "Seasons": seasonal, "Losses": losses, "Targets": targets}  # fmt: skip
for tab, draw in zip(st.tabs(list(PARTS), key="part", bind="query-params"), PARTS.values(), strict=True):
    if tab.open:
        with tab, ui.waiting("Adding up"):
            draw()
