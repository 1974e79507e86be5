"""Where days go and who is late, as the Analysis and the Suppliers pages show it."""

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import alerts, bottlenecks, labels, lead_times, orders, overviews, scorecards
from ims_core.charts import Picture
from ims_core.db import Database
from ims_core.web import tiles, ui

make = st.column_config

LATE: dict[str, Any] = {
    "number": make.TextColumn("Order"), "due": make.DateColumn("Due", format="D MMM YYYY"),
    "days": make.NumberColumn("Days late"), "pieces": make.NumberColumn("Still to come", format="localized"),
}  # fmt: skip
"""Columns of orders past due."""

REAL = "Of all deliveries. Proposals go by those of the item itself first, and not by orders that are known from their receipt alone."
RANKED: dict[str, Any] = {
    "supplier": make.TextColumn("Supplier", pinned=True), "on_time": make.NumberColumn("On time", format="percent"),
    "late_days": make.NumberColumn("Days late", help="Of all orders, added up", format="localized"),
    "late": make.NumberColumn("Orders late"),
    "orders_due": make.NumberColumn("Orders due"), "promised": make.NumberColumn("Days promised", format="%.0f"),
    "real": make.NumberColumn("Days real", format="%.0f", help=REAL), "spread": make.NumberColumn("± days", format="%.1f"),
    "deliveries": make.NumberColumn("Deliveries"), "short": make.NumberColumn("Came short", help="Orders of which a rest never came"),
    "open": make.NumberColumn("Open"), "took": make.NumberColumn("Days taken"), "state": make.TextColumn("Stands"),
    "ordered": make.DateColumn("Ordered on", format="D MMM YYYY"), "last_day": make.DateColumn("Last receipt", format="D MMM YYYY"),
    "available": make.NumberColumn("On hand", format="localized"), "cover_days": make.NumberColumn("Lasts (days)", format="%.0f"),
    "safety": make.NumberColumn("Safety stock", format="%.1f"), "steady": make.NumberColumn("If always on the mean day", format="%.1f"),
    "extra": make.NumberColumn("Extra pieces", format="localized"), "rate": make.NumberColumn("Sold a day", format="%.2f"),
}  # fmt: skip


def columns() -> dict[str, Any]:
    """RANKED and LATE, with what is in money."""
    sign = ui.shop().currency
    money = {"extra_value": "Extra stock", "carrying": "Carrying a year", "at_risk": "At risk in a week"}
    return RANKED | LATE | {name: make.NumberColumn(f"{label} ({sign})", format="%,.0f") for name, label in money.items()}


def picture(db: Database, view: tiles.View) -> Picture:
    """The stages that are known, one below the other."""
    return overviews.stages(bottlenecks.stages(db, view.first, view.last, view.by, view.group))


def spoken(found: pd.DataFrame) -> pd.DataFrame:
    """Suppliers with whole percents, and the number of orders due under a name of its own."""
    return found.assign(on_time=found["on_time"].round(2), orders_due=found["due"])


def parts(view: tiles.View, today: date) -> None:
    """The Bottlenecks part of the Analysis page."""
    if view.by == "place":
        st.caption("Of the whole shop: a place orders nothing by itself.")
    _stages(view)
    st.subheader("Suppliers by days late", anchor=False)
    found = ui.ask(bottlenecks.suppliers, view.first, view.last, view.by, view.group)
    if found.empty:
        st.info("No order was placed in this period: drop a purchases file with days of order and receipt.", icon=":material/info:")
    else:
        order = ["supplier", "on_time", "late_days", "late", "orders_due", "promised", "real", "spread", "deliveries"]
        ui.table(spoken(found), "late-suppliers", alt="Suppliers: promised against real", order=order, extra=columns(), opens=False,
                 save_as="Suppliers by days late", blank="–")  # fmt: skip
        st.caption(f"Up to {labels.day_text(view.last)}, against the first day promised, else the lead time agreed on; "
                   "those open and past due by then are late. What it costs stands with the suppliers.")  # fmt: skip
        ui.link("suppliers", "Scorecards", part="Scorecards")
    _late_and_waiting(today)


def _stages(view: tiles.View) -> None:
    st.subheader("Where the days go", anchor=False)
    found = ui.ask(bottlenecks.stages, view.first, view.last, view.by, view.group)
    known = found[found["waits"] > 0]
    if len(known):
        st.caption("Dark: half of them took no longer. Light: nine in ten. What is still open counts with its age.")
        ui.picture(ui.ask(picture, view))
        ui.excel(known[["label", "median", "p90", "waits", "of", "open"]], "Where the days go")
    missing = found[found["waits"] == 0]
    with st.expander(f"Not known yet · {len(missing)}", icon=":material/help:"):
        for label, lacks in missing[["label", "lacks"]].itertuples(index=False):
            st.markdown(f"**{ui.plain(label)}** :gray[{ui.plain(lacks)}]")


def _late_and_waiting(today: date) -> None:
    late = ui.ask(alerts.late, today)
    st.subheader(f"{labels.count(len(late), 'order')} past due today" if len(late) else "No order is past due today", anchor=False)
    if late.empty:
        return
    late_orders(late, today)
    low = ui.ask(bottlenecks.waiting, today)
    st.subheader(
        f"{labels.count(len(low), 'item')} wait for them and run low" if len(low) else "None of their items runs low", anchor=False
    )
    if len(low):
        st.caption("Below the reorder point: what is on hand may not last until the next order after this one.")
        order = ["name", "available", "cover_days", "pieces", "at_risk", "number", "days", "supplier", "sku"]
        extra = columns() | {"supplier": make.TextColumn("Supplier")}  # not pinned here
        ui.table(low, "waiting", alt="Items that wait for a late order", order=order, extra=extra, save_as="Items that wait", blank="–")


LONG = 180
"""Days after which a late order is hardly still on its way."""


def late_orders(late: pd.DataFrame, today: date) -> None:
    """Orders past due; those that will not come any more can be closed, else they count as on order for ever. late: alerts.late."""
    if not late["promised"].all():
        st.caption(due(late))
    long, closes = int((late["days"] > LONG).sum()), ui.who().may("manager")
    if long:
        them = "it still comes" if long == 1 else "they still come"
        st.caption(f":orange[{labels.many(long, 'order')} should have come over half a year ago. Proposals reckon that {them}: "
                   f"{'tick and close what will not.' if closes else 'a manager can close what will not.'}]")  # fmt: skip
    picked = ui.table(late, "late", alt="Orders that should have come", order=["number", "supplier", "due", "days", "pieces", "value"],
                      extra=LATE, save_as="Late orders", rows=5, picks="multi-row" if closes else None)  # fmt: skip
    if not closes:
        return
    chosen, what = (picked, "ticked") if len(picked) else (late[late["days"] > LONG], "over half a year late")
    if chosen.empty:
        st.caption("Tick orders of which nothing more will come to close them.")
    elif st.button(f"Close {labels.many(len(chosen), 'order')} {what}", key=ui.act("close-orders"), icon=":material/inventory:"):
        ui.do(orders.close, chosen["order_id"].tolist(), today,
              done=f"{labels.many(len(chosen), 'order')} closed: what was still to come is on order no more.")  # fmt: skip


def due(late: pd.DataFrame) -> str:
    """What the day is on which orders were due that nobody promised a day for. late: alerts.late."""
    unsaid = int((~late["promised"].astype(bool)).sum())
    return (f"Of {labels.many(unsaid, 'order')} no day was promised: due after the lead time that proposals reckon with, learned from "
            "deliveries where there were enough, else agreed on, else the shop's usual one.")  # fmt: skip


def scorecard(until: date) -> None:
    """Every supplier of a year, and one of them in full."""
    found = ui.ask(scorecards.suppliers, until)
    if found.empty:
        says = "How suppliers keep their word shows once their orders are known: drop a purchases file with days of order and receipt."
        ui.empty(says, "Drop your files", "upload")
        return
    costs = found["extra_value"].sum()
    sign = ui.shop().currency
    st.caption(ui.plain(f"Orders of the year to {labels.day_text(until)}. Lead times that stray take {labels.money(costs, sign)} of safety "
                        f"stock beyond what steady ones would, {labels.money(found['carrying'].sum(), sign)} a year."))  # fmt: skip
    order = ["supplier", "on_time", "late_days", "promised", "real", "spread", "extra_value", "carrying", "orders"]
    ui.table(
        spoken(found),
        "scorecards",
        alt="Scorecards of suppliers",
        order=order,
        extra=columns(),
        opens=False,
        save_as="Scorecards",
        blank="–",
    )
    named = [str(name) for name in found.loc[found["supplier_id"].notna(), "supplier"]]
    if chosen := st.selectbox("Supplier", named, key="card", width=320, bind="query-params"):
        _one(found[found["supplier"] == chosen].to_dict("records")[0], until)


def _one(card: dict[Any, Any], until: date) -> None:
    days, sign = "{:.0f} days".format, ui.shop().currency
    known = card["deliveries"] >= lead_times.ENOUGH and card["extra_value"] == card["extra_value"]
    with st.grid(4, min_column_width=165):
        ui.figure("On time", f"{card['on_time']:.0%}" if card["due"] else "–", f"{labels.many(card['due'], 'order')} due")
        ui.figure("Promised", days(card["promised"]) if card["promised"] == card["promised"] else "–")
        real, stray = (days(card["real"]), f"± {card['spread']:.1f}, ") if card["deliveries"] else ("–", "")
        ui.figure("Real", real, stray + labels.many(card["deliveries"], "delivery", "deliveries"))
        extra = f"{labels.money(card['carrying'], sign)} a year" if known else None
        ui.figure("Unreliability costs", labels.money(card["extra_value"], sign) if known else "–", extra)
    found = ui.ask(bottlenecks.orders, until - lead_times.YEAR, until, card["supplier"])
    ui.picture(overviews.deliveries(found, card["supplier"]))
    told = found.assign(
        state=["Open" if here else "Came short" if short else "Came" for here, short in zip(found["open"], found["short"], strict=True)],
        took=found["days"], days=found["late"],
    )  # fmt: skip
    order = ["number", "ordered", "due", "last_day", "took", "promised", "days", "state"]
    ui.table(
        told, "card-orders", alt="Orders of this supplier", order=order, extra=columns(), save_as="Orders of a supplier", rows=6, blank="–"
    )
    _extra(card, until)


def _extra(card: dict[Any, Any], until: date) -> None:
    st.subheader("What its unreliability costs", anchor=False)
    if card["deliveries"] < lead_times.ENOUGH:
        st.info(f"Known from {lead_times.ENOUGH} deliveries on; there are {card['deliveries']}.", icon=":material/info:")
        return
    each = ui.ask(scorecards.items, until)
    each = each[(each["supplier_id"] == card["supplier_id"]) & (each["extra"] != 0)]
    st.caption(f"{scorecards.FORMULA[0].upper()}{scorecards.FORMULA[1:]}. Of items that come from this supplier first.")
    if each.empty:
        st.info("No item of this supplier needs more safety stock for it, as far as its deliveries teach.", icon=":material/check_circle:")
        return
    order = ["name", "safety", "steady", "extra", "extra_value", "carrying", "unit_cost", "rate", "sku"]
    ui.table(each, "card-items", alt="Items and the safety stock that lead times which stray take", order=order, extra=columns(),
             save_as="Cost of unreliability", rows=8, blank="–")  # fmt: skip
