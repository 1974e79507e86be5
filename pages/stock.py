import streamlit as st

from ims_core import alerts, headlines, items, labels, lots, places
from ims_core.web import fields, ui

TOGETHER, EACH = "All places", "Place by place"

if not ui.ask(items.any_yet):
    ui.page("Stock")
    says = "Here stands what you have, where it is and what it is worth. Nothing is known yet: drop the files you have."
    ui.empty(says, "Drop your files", "upload")
    st.stop()

head = st.container()
row = st.container(horizontal=True, vertical_alignment="center")
with row:
    words = ui.search("find", "Name, code or category")
    place = st.selectbox(
        "Place", [TOGETHER, EACH, *ui.ask(places.names)], key="place", bind="query-params", label_visibility="collapsed", width=135
    )
    with ui.filters("category", "status", "on"):
        category = st.selectbox("Category", ui.ask(items.categories), index=None, key="category", placeholder="Any", bind="query-params")
        status = st.selectbox("Status", list(ui.STATUS), index=None, key="status", placeholder="Any", bind="query-params")
        on = fields.day("As of", key="on", max_value=ui.today(), bind="query-params")

day = on or ui.today()
with ui.waiting("Adding up the stock"):
    found = ui.ask(alerts.stock if place == TOGETHER else alerts.by_place, day)
order = ["name", "on_hand", "status", "on_order", "value", "last_day", "days_since", "category", "sku"]
if place != TOGETHER:
    order = ["name", "place", "on_hand", "status", "value", "last_day", "category", "sku"]
    found = found[(found["place"] == place) | (place == EACH)]
if status:
    found = found[found["status"] == status]
elif place == TOGETHER:
    found = found[found["active"] | (found["on_hand"].fillna(0) != 0)]
found = ui.matching(found[found["category"] == category] if category else found, words, ["name", "sku", "category"])

with head:
    held = found[found["on_hand"].fillna(0) > 0]
    costed, held = (each["item_id"].nunique() for each in (held[held["value"].notna()], held))
    worth = headlines.worth_said(found["value"].sum(), costed, held, ui.shop().currency)
    amounts = labels.amounts(found.groupby("unit")["on_hand"].sum())
    unknown = found[~found["counted"].astype(bool)]["item_id"].nunique()
    but = f" {labels.count(unknown, 'item was', 'items were')} never counted and {'is' if unknown == 1 else 'are'} not in these figures."
    guess = found[found["counted"].astype(bool) & (found["estimated"] > 0)]
    if len(guess):
        says = f"{labels.amounts(guess.groupby('unit')['on_hand'].sum())}, worth {labels.money(guess['value'].sum(), ui.shop().currency)},"
        says = f"Of it {says} are" if guess["on_hand"].sum() else f"{labels.count(guess['item_id'].nunique(), 'item is', 'items are')} at"
        rest = "estimated: never counted, at least so many." if guess["on_hand"].sum() else "nothing by the books and never counted."
        but = f" {says} {rest}{but if unknown else ''}"
    stands = f"{amounts}, {worth}.{but if unknown or len(guess) else ''}"
    if len(found) and not found["counted"].any():
        stands = "never counted, so nobody knows what is there: count, or drop a stock list."
    ui.page("Stock", f"{labels.count(found['item_id'].nunique(), 'item')} on {labels.day_text(day, ui.today())}: {stands} "
            f"{ui.ask(headlines.sales_known, day)}")  # fmt: skip
with row:
    order += ["unit"] if set(found["unit"]) - {"piece"} else []
    ui.excel(found, "Stock", order)
if found.empty:
    st.info("Nothing fits these filters. Take one away.", icon=":material/filter_alt_off:")
    st.stop()
ui.table(found, "stock", alt="Stock by item: on hand, status, value and last movement", order=order, rows=18, blank="–")

soon = ui.ask(lots.expiring, day)
if len(soon):
    st.subheader("Expires soon", anchor=False)
    soon["expires"] = soon["expires"].dt.date
    ui.table(soon, "lots", alt="Lots that expire within 30 days, the first to expire first", save_as="Lots",
             order=["name", "lot", "expires", "left", "on_hand", "place", "value"])  # fmt: skip
