import streamlit as st

from ims_core import headlines, labels, valuation
from ims_core.web import books, fields, ui

today, shop = ui.today(), ui.shop()
begins = ui.ask(books.begun)
if begins is None:
    ui.page("Finance")
    says = (
        "Here stands what the stock is worth on any day, what sold goods had cost, and the journal for your books. Nothing has moved yet."
    )
    ui.empty(says, "Drop your files", "upload")
    st.stop()

head = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    period = books.choose(begins, max(begins, min(today, ui.ask(headlines.known_day, today))), today)
first, last = labels.day_text(period.first, today), labels.day_text(period.last, today)
with ui.waiting("Adding up"):
    sums = ui.ask(books.sums, period)
unvalued = not any(sums.values()) and ui.ask(valuation.side_by_side, period.last, "category")["uncosted"].sum() > 0


def money(amount: float) -> str:
    """Where no cost is known, nothing is known: 0 would say that it is worth nothing."""
    return "–" if unvalued else labels.money(amount, shop.currency)


with head:
    worth = labels.money(sums["after"], shop.currency)
    says = f"From {first} to {last}; the stock was worth {worth} at its end. All at moving average cost, without tax"
    if unvalued:
        says = f"From {first} to {last}: no cost is known of what came, went or lay there. Fill the costs in, or drop files with costs"
    ui.page("Finance", f"{says}." if unvalued else f"{says}; Today and Stock have it at today's cost.")

with st.grid(5, min_column_width=165):
    ui.figure("Stock, average cost", money(sums["after"]), help="At the end of the period, at moving average cost")
    ui.figure("Stock, first in first out", money(sums["fifo"]), help="What came first has left first")
    ui.figure("Cost of goods sold", money(-sums["cogs"]), help="At moving average, returns taken off")
    ui.figure("Received", money(sums["purchases"]), help="Goods that came in, at what they cost")
    lost = -(sums["scrap"] + sums["count"] + sums["adjustment"])
    ui.figure("Written off", money(lost), help="Scrapped, counted and adjusted away, less what was found")

proof = ui.ask(books.proof, period)
(st.error if not proof.holds else st.success if proof.known else st.info)(ui.plain(proof.says(shop.currency)), icon=":material/balance:")

with st.grid(2, min_column_width=330):
    with st.container(border=True, height="stretch"):
        st.markdown("**What changed the value of the stock**")
        if changes := ui.ask(books.changes_picture, period):
            ui.picture(changes)
        else:
            st.caption("Nothing: no stock whose cost is known came, went or lay there.")
    with st.container(border=True, height="stretch"):
        st.markdown("**What it was worth day by day**")
        if through := ui.ask(books.days_picture, period):
            ui.picture(through)
        else:
            st.caption("Nothing to draw: it takes more than one day, and stock whose cost is known.")

st.subheader("What lay there", anchor=False)
with st.container(horizontal=True, vertical_alignment="center"):
    day = fields.day("At the end of", period.last, min_value=begins, max_value=max(today, period.last), key=f"on-{period.last}",
                        label_visibility="collapsed", width=150)  # fmt: skip
    by = st.segmented_control("By", list(valuation.BY), default="category", format_func=str.capitalize, required=True, key="by",
                              label_visibility="collapsed", bind="query-params")  # fmt: skip
lying = ui.ask(valuation.side_by_side, day, by)
if lying.empty:
    st.info(ui.plain(f"Nothing lay there at the end of {labels.day_text(day)}."), icon=":material/info:")
else:
    column = "name" if by == "item" else by
    extra = {
        column: st.column_config.TextColumn(by.capitalize(), pinned=True),
        "average": ui.money("Average"),
        "fifo": ui.money("First in first out"),
    }
    order = [column, "sku" if by == "item" else "items", "pieces", "average", "fifo"]
    ui.table(lying.rename(columns={"grp": column}), f"lying-{by}", alt=f"Stock value by {by}", order=order, extra=extra,
             among=["name", "sku"] if by == "item" else (), save_as=f"Stock value {day} by {by}", blank="–")  # fmt: skip
    if doubts := books.doubts(lying):
        st.caption(doubts)

st.subheader("Journal", anchor=False)
st.caption("Double entries by day at moving average. What lay there before the first day opens the stock account; what was paid or earned "
           "is not in it: that stands in your invoices.")  # fmt: skip
sides = {"account": "Account", "debit": ui.money("Debit"), "credit": ui.money("Credit")}
accounts = ui.ask(books.accounts, period)
if accounts.empty:
    st.info("No entry yet: nothing whose cost is known came, went or lay there.", icon=":material/info:")
    st.stop()
ui.table(accounts, "accounts", alt="What is left on each account", order=list(sides), extra=sides, opens=False)
books.files(period)
