"""What prices do, as the Analysis page shows it: margin beside sales, what was given away, and what changes of a price did."""

from datetime import date

import pandas as pd
import streamlit as st

from ims_core import kpis, labels, movers, overviews, prices
from ims_core.charts import Picture
from ims_core.db import Database
from ims_core.web import tiles, ui

make = st.column_config

SAYS = {"more": "More than chance", "fewer": "Fewer than chance", "within chance": "Within chance", "too short": "Too short to say"}


def parts(view: tiles.View) -> None:
    """All of it, of the view."""
    margins(view)
    given_away(view)
    changed(view)


def margins(view: tiles.View) -> None:
    """Each item by what it brings and what is left of it."""
    found = ui.ask(movers.compared, view.first, view.last, view.by, view.group)
    found = found[found["gross_margin"].notna() & (found["revenue"] > 0)]
    if found.empty:
        st.info("A margin takes sales with a price, and a cost. Drop files that tell both.", icon=":material/payments:")
        return
    found = found.assign(left=found["revenue"] * found["gross_margin"]).sort_values("left", ascending=False)
    sign, left, sales = ui.shop().currency, float(found["left"].sum()), float(found["revenue"].sum())
    says = f"{labels.money(left, sign)} of {labels.money(sales, sign)} is left after what the goods cost ({left / sales:.0%})."
    few = found[found["gross_margin"] < left / sales / 2]
    if len(few):
        says += f" {labels.many(len(few), 'item')} with {few['revenue'].sum() / sales:.0%} of the sales leave less than half of that share."
    st.markdown(ui.plain(says))
    st.caption(kpis.taxed(ui.shop().sales_tax))
    ui.picture(overviews.margins(found, sign))
    extra = {"revenue": ui.money("Sales"), "left": ui.money("Margin"), "gross_margin": make.NumberColumn("Of sales", format="percent"),
             "sold": make.NumberColumn("Pieces", format="localized")}  # fmt: skip
    ui.table(found, "margins", alt="Margin by item", order=["name", "revenue", "left", "gross_margin", "sold", "category", "sku"],
             extra=extra, save_as="Margins", rows=6)  # fmt: skip


def given_away(view: tiles.View) -> None:
    """What was sold below cost or below its usual price."""
    st.subheader("Below cost, or below the usual price", anchor=False)
    found = ui.ask(prices.given_away, view.first, view.last, view.by, view.group)
    if found.empty:
        st.caption("Nothing was: every sale was at its usual price, and above cost.")
        return
    sign, under, cheap = ui.shop().currency, found[found["lost"] > 0], found[found["given"] > 0]
    says = [
        f"{labels.many(len(rows), 'item')} {what}: {labels.money(rows[column].sum(), sign)} {so}."
        for rows, column, what, so in (
            (under, "lost", "sold below cost", "lost on them"),
            (cheap, "given", "sold at least a tenth below the usual price", "less than at it"),
        )
        if len(rows)
    ]
    st.markdown(ui.plain(" ".join(says)))
    extra = {"lost": ui.money("Lost against cost"), "given": ui.money("Against usual price"), "usual": ui.money("Usual price"),
             "pieces_below_cost": make.NumberColumn("Pieces below cost", format="localized"),
             "pieces_below_usual": make.NumberColumn("Pieces below usual", format="localized")}  # fmt: skip
    told = [*(["lost", "pieces_below_cost"] if len(under) else []), *(["given", "usual", "pieces_below_usual"] if len(cheap) else [])]
    order = ["name", *told, "category", "sku"]
    ui.table(found, "given", alt="Sold below cost or usual price, by item", order=order, extra=extra, save_as="Below price", rows=6)


def changed(view: tiles.View) -> None:
    """What each change of a price did to the pieces sold."""
    st.subheader("What changes of a price did", anchor=False)
    found = ui.ask(prices.changes, view.last, view.by, view.group)
    if found.empty:
        st.caption(f"No price changed in two years: one counts once it has held on {prices.STEADY} days with a sale.")
        return
    st.markdown(ui.plain(f"{_told(found[found['change'] < 0], 'lowered', 'more')} {_told(found[found['change'] > 0], 'raised', 'fewer')}"))
    st.caption(f"Up to {prices.WEEKS} weeks before and after each change, weeks without stock left out, beside what the whole shop did "
               f"meanwhile. What is within chance says nothing of the price.")  # fmt: skip
    clear = st.toggle("Only those beyond chance", value=True, key="clear")
    shown = found[found["says"].isin(["more", "fewer"])] if clear else found
    extra = {
        "day": make.DateColumn("Since", format="D MMM YYYY"), "price_before": ui.money("Before"), "price": ui.money("After"),
        "change": make.NumberColumn("Price", format="percent"),
        "pieces_before": make.NumberColumn("Pieces a week before", format="%.1f"),
        "expected": make.NumberColumn("Then, as the shop went", format="%.1f"),
        "pieces_after": make.NumberColumn("Pieces a week after", format="%.1f"), "effect": make.TextColumn("Pieces"),
        "gained": ui.money("Sales a week", help="Against what would have been sold at the price before"),
    }  # fmt: skip
    order = ["name", "day", "price_before", "price", "change", "pieces_before", "expected", "pieces_after", "gained", "effect", "sku"]
    shown = shown.assign(effect=shown["says"].map(SAYS))
    ui.table(
        shown, "changes", alt="Changes of a price and the pieces sold", order=order, extra=extra, save_as="Price changes", rows=8, blank="–"
    )
    names: dict[int, str] = dict(zip(shown["item_id"].astype(int), shown["name"], strict=True))
    if names:
        item = st.selectbox("Week by week", list(names), format_func=names.__getitem__, key="priced", width=420)
        ui.picture(ui.ask(weeks_picture, item, names[item], view.last))


def _told(found: pd.DataFrame, did: str, then: str) -> str:
    """Such as: 45 prices were lowered; in 8 cases more pieces went than chance explains, in the middle +20%."""
    if found.empty:
        return f"No price was {did}."
    clear = found[found["says"] == then]
    middle = f", in the middle {clear['effect'].median():+,.0%}" if clear["effect"].notna().any() else ""
    cases = f"in {labels.many(len(clear), 'case')} {then} pieces went than chance explains{middle}" if len(clear) else "no clear case"
    return f"{labels.many(len(found), 'price was', 'prices were')} {did}; {cases}."


def weeks_picture(db: Database, item_id: int, name: str, last: date) -> Picture:
    """Two years of an item by week, with its prices."""
    found = prices.changes(db, last)
    return overviews.weeks_and_prices(prices.weekly(db, item_id, last), found[found["item_id"] == item_id], name)
