import streamlit as st

from ims_core import charts, forecasting, headlines, labels, risks
from ims_core.web import fields, ui

shop, today = ui.shop(), ui.today()
day = ui.ask(headlines.known_day, today)
with ui.waiting("Looking up what sells"):
    sellers = ui.ask(forecasting.sellers, day)
if sellers.empty:
    ui.page("Forecast")
    says = "Here stands what will be asked for, with its range, and what may run out. Nothing was sold yet: drop your sales."
    ui.empty(says, "Drop your files", "upload")
    st.stop()

run = ui.ask(forecasting.latest)
kept = "The shop as a whole has no forecast yet: run it for all items."
if run:
    made = f"made {ui.local(run['done_at'])} by {run['who']}, from sales up to {labels.day_text(run['day'], today)}"
    kept = f"The forecast of {labels.count(run['items'], 'item')} for {run['horizon']} weeks was {made}."
ui.page("Forecast", kept)

wanted = ui.number("item")
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    item_id = fields.item(sellers, wanted, "item")
    asked = st.button("Run for all items", key=ui.act("run"), icon=":material/play_arrow:", type="secondary" if run else "primary")
if asked:  # below the row, where the bar has room
    ui.do(forecasting.run, day, working="Forecasting every item", done="Every item has a new forecast.")
if wanted is not None and wanted not in sellers["item_id"].to_numpy():
    st.info("The item you came from was never asked for, so nothing can be said about its demand.", icon=":material/info:")

if item_id is None:
    st.stop()
item = sellers[sellers["item_id"] == item_id].iloc[0]
unit = "" if item["unit"] == "piece" else item["unit"]
left, right = st.columns([1, 3], gap="large")
with left:
    words = st.container()
    weeks = st.slider("Weeks ahead", 4, 26, forecasting.HORIZON, key="weeks", bind="query-params")
    usual = min(max(round(shop.service * 100), 80), 99)
    service = st.slider("Enough in … of 100 weeks", 80, 99, usual, key="service", bind="query-params")
    back = st.segmented_control("Weeks of history", [26, 52, 104], default=52, required=True, key="back", bind="query-params")
with right, ui.waiting("Looking ahead" if run or forecasting.loaded() else "Loading the models, once after a start"):
    seen = ui.ask(risks.outlook, int(item_id), day, weeks, service / 100, today)
history = seen.history.tail(back)
with words:
    held = f"**{ui.plain(labels.pieces(seen.on_hand, unit))}** on hand{', estimated: at least that many' if seen.estimated else ''}"
    if not seen.counted:
        st.markdown(":orange[:material/help:] Never counted, so nobody knows how long it lasts.")
    elif seen.on_hand <= 0:
        st.markdown(f":red[:material/production_quantity_limits:] {held}: it is sold out.")
    elif seen.gone and seen.gone < today:
        known = labels.day_text(seen.known_until, today)
        st.markdown(f"{held}. By what sold up to {known} it would be gone by now: drop the newer sales to see how long it lasts.")
    elif seen.gone:
        lasts = labels.about_days((seen.gone - day).days)
        when = f"in {lasts}" if day == today else f"{lasts} after {labels.day_text(day, today)}, the last day known"
        soon = f" If every week is a strong one, on {labels.day_text(seen.early, day)}." if seen.early else ""
        st.markdown(f"{held}, gone about {labels.day_text(seen.gone, day)}, {when}.{soon}")
    else:
        st.markdown(f"{held}: enough for more than {weeks} weeks.")
    model = seen.forecast["model"].iloc[0]
    how = "Counted, because it sells too seldom for a model" if model == forecasting.COUNTS else f"By {model}, averaged with counts"
    st.caption(f"{ui.plain(how)}. Sales known up to {labels.day_text(seen.known_until, today)}.")
    ui.link("item", "Open the item", item=item_id)
with right:
    picture = charts.fan(history, seen.forecast, unit, seen.gone)
    st.plotly_chart(picture, config=charts.CONFIG, alt=charts.fan_alt(item["name"], history, seen.forecast, seen.gone), width="stretch")

st.subheader("What may go wrong", anchor=False)
if not run:
    st.caption("Run the forecast for all items to see which may run out, and which will stand for long.")
    st.stop()
with ui.waiting("Weighing what may go wrong"):
    known = ui.ask(risks.listed, day, today)
known = known.assign(chance=(known["stockout_chance"] * 100).round())
soon = known[known["counted"].astype(bool) & (known["stockout_chance"] >= 0.05)]
much = known[known["surplus"] > 0].sort_values("surplus_value", ascending=False)
if len(known) > known["counted"].sum():
    blind = len(known) - int(known["counted"].sum())
    them = "what it holds, so it is" if blind == 1 else "what they hold, so they are"
    st.caption(f":orange[{labels.count(blind, 'item was', 'items were')} never counted: nobody knows {them} left out here.]")
make = st.column_config
short, long = st.tabs([f"May run out · {len(soon):,}", f"Too much · {len(much):,}"])
with short:
    if not known["counted"].any():
        st.caption("Nobody can say: no item was ever counted. Drop a stock list, or count.")
    elif soon.empty:
        st.caption("Nothing that was counted: it suffices until the next order could be here.")
    else:
        st.caption(
            "The chance that what is on hand and on order does not suffice until the next order could be here, the most sales first."
        )
        chance = make.ProgressColumn("Chance to run out", min_value=0, max_value=100, format="%d %%")
        money = make.NumberColumn(f"Sales at risk a week ({shop.currency})", format="%,.0f")
        extra = {"chance": chance, "runs_out": make.DateColumn("Gone about", format="D MMM YYYY"), "at_risk": money,
                 "available": make.NumberColumn("On hand", format="localized")}  # fmt: skip
        order = ["name", "chance", "runs_out", "at_risk", "available", "on_order", "sku"]
        ui.table(soon, "soon", alt="Items that may run out", order=order, extra=extra, save_as="May run out")
with long:
    if much.empty:
        st.caption(f"Nothing: every item's stock would be used up in {run['horizon']} strong weeks.")
    else:
        worth = labels.money(much["surplus_value"].sum(), shop.currency)
        st.caption(ui.plain(f"Stock worth {worth} would be left after {run['horizon']} weeks, even if every one of them were strong."))
        extra = {"surplus": make.NumberColumn("Left over", format="%,.0f"), "available": make.NumberColumn("On hand", format="localized"),
                 "surplus_value": make.NumberColumn(f"Its value ({shop.currency})", format="%,.0f"),
                 "expected_weekly": make.NumberColumn("Expected a week", format="%,.1f")}  # fmt: skip
        order = ["name", "surplus", "surplus_value", "available", "expected_weekly", "sku"]
        ui.table(much, "much", alt="Items of which there is too much", order=order, extra=extra, save_as="Too much")
