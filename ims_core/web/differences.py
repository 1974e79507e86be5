"""What a count found: each difference in pieces and money, what explains it with the evidence, its reason, and booking it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import accuracy, charts, counting, explaining, headlines, labels, tallies
from ims_core.web.doing import PAGES, act, ask, db, do, plain, shop, today, waiting, who
from ims_core.web.tables import excel, table

AT_ONCE = 12
"""Differences that are shown one by one; the table has them all."""

SURE = {True: ":orange-badge[likely]", False: ":gray-badge[perhaps]"}


def show(sheet: Mapping[str, Any], found: pd.DataFrame) -> None:
    """Differences with their explanations; while the sheet is open also their reasons, and booking."""
    sheet_id, booked = int(sheet["sheet_id"]), sheet["step"] == "booked"
    done = found[found["counted"].notna()]
    off = done[done["known"] & (done["difference"] != 0)].sort_values("value", key=lambda value: value.abs(), ascending=False)
    _figures(done, off)
    if off.empty:
        st.success("Every line agrees with the book.", icon=":material/check_circle:")
        if not booked:
            _book(sheet, found, {})
        return
    if known := ask(headlines.sales_known, today()):
        st.caption(f":orange[{plain(known)} What was sold since and is not told yet looks like a loss: drop those files first.]")
    with waiting("Searching the ledger for what explains it"):
        told = ask(explaining.explain, sheet_id)
    by_line = {spot: rows.to_dict("records") for spot, rows in told.groupby(["item_id", "place"])} if len(told) else {}
    reasons = {}
    for line in off.head(AT_ONCE).to_dict("records"):
        spot = (int(line["item_id"]), str(line["place"]))
        reasons[spot] = _card(sheet_id, line, by_line.get(spot, []), booked)
    _all(sheet, off)
    if not booked:
        _book(sheet, found, {spot: reason for spot, reason in reasons.items() if reason})


def history(results: pd.DataFrame) -> None:
    """How right the book was: a line of months, and the classes, what was suspected apart."""
    st.subheader("How right the book is", anchor=False)
    months, summed = accuracy.history(results), accuracy.summary(results)
    if len(months) > 1:
        drawn = charts.accuracy(months)
        st.plotly_chart(drawn.figure, config=charts.CONFIG, alt=drawn.alt, width="stretch")
    shown = summed.assign(chosen=summed["fair"].map({True: "By turn or chance", False: "Suspected or picked"}))
    shown["accuracy"], shown["value_accuracy"] = 100 * shown["accuracy"], 100 * shown["value_accuracy"].astype(float)
    make = st.column_config
    extra = {"chosen": make.TextColumn("Counted"), "class": make.TextColumn("Class"),
             "accuracy": make.ProgressColumn("Right", min_value=0, max_value=100, format="%.0f %%"),
             "value_accuracy": make.NumberColumn("Right in money", format="%.1f %%"),
             "off": make.NumberColumn(f"Off, without signs ({shop().currency})", format="%,.2f"),
             "net": make.NumberColumn(f"Net ({shop().currency})", format="%+,.2f")}  # fmt: skip
    table(shown, "right", alt="Lines within tolerance by class; what was suspected apart", extra=extra,
             order=["chosen", "class", "accuracy", "lines", "value_accuracy", "off", "net"])  # fmt: skip
    st.caption(
        "Right is within 1 % of the book in class A, 3 % in B, 5 % in C. What looked wrong stands apart: it says nothing of the rest."
    )


def _figures(done: pd.DataFrame, off: pd.DataFrame) -> None:
    known = done[done["known"]]
    right = tallies.within(known["difference"], known["book"], known["class"])
    sign = shop().currency
    with st.grid(3, min_column_width=150):
        part = f"{int(right.sum()):,} of {labels.count(len(known), 'line')}"
        st.metric("Within tolerance", f"{right.mean():.0%}" if len(known) else "–", part,
                  delta_color="gray", delta_arrow="off", border=True, height="stretch")  # fmt: skip
        st.metric("Off, without signs", labels.money(off["value"].abs().sum(), sign), labels.many(len(off), "difference"),
                  delta_color="gray",
                  delta_arrow="off", border=True, height="stretch")  # fmt: skip
        net = float(off["value"].sum())
        st.metric("Stock value changes by", f"{'+' if net > 0 else '−' if net < 0 else ''}{labels.money(abs(net), sign)}", border=True,
                  height="stretch")  # fmt: skip
    first = int((~done["known"]).sum())
    if first:
        st.caption(f"{labels.many(first, 'line')} had never been counted: that count becomes the opening stock, and is no difference.")


def _card(sheet_id: int, line: Mapping[Any, Any], shown: list[dict[Any, Any]], booked: bool) -> str | None:
    """One difference, what explains it, and the reason somebody gives."""
    sign = "+" if line["difference"] > 0 else "−"
    worth = f" · {sign}{labels.money(abs(line['value']), shop().currency)}" if line["value"] == line["value"] else ""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{plain(line['name'])}** :gray[{plain(line['place'])}]", width="content")
            st.markdown(f"**{plain(sign)}{labels.pieces(abs(line['difference']))}**{plain(worth)}", width="content")
        first = labels.pieces(line["first"])
        again = line["recounted"] and line["first"] == line["first"]
        twice = "" if not again else " twice" if line["first"] == line["counted"] else f", {first} the first time"
        none = "" if shown else " Nothing in the ledger explains it."
        st.caption(
            plain(
                f"{labels.pieces(line['counted'])} counted{twice}, {labels.pieces(line['book'])} in the book. Class {line['class']}.{none}"
            )
        )
        for cause in shown:
            end = "" if cause["says"].endswith("?") else "."
            says = f"{SURE[bool(cause['likely'] >= explaining.LIKELY)]} {plain(cause['says'])}{end} :gray[{plain(cause['to_do'])}.]"
            st.markdown(says)
        if any(pd.notna(cause["change_id"]) for cause in shown):
            st.page_link(PAGES / "item.py", label="Its movements", icon=":material/arrow_forward:", icon_position="right",
                         query_params={"item": str(int(line["item_id"]))})  # fmt: skip
        if booked:
            st.caption(f"Reason: {counting.REASONS.get(line['reason'], 'none given')}")
            return None
        likely = next((cause["reason"] for cause in shown if cause["likely"] >= explaining.LIKELY), None)
        names = list(counting.REASONS)
        chosen: str | None = st.selectbox(
            "Reason", names, index=names.index(likely) if likely else None, format_func=counting.REASONS.__getitem__, placeholder="Reason",
            label_visibility="collapsed", key=f"reason-{sheet_id}-{line['item_id']}-{line['place']}", width=320,
        )  # fmt: skip
        return chosen


def _all(sheet: Mapping[str, Any], off: pd.DataFrame) -> None:
    order = ["name", "place", "now", "book", "difference", "worth", "class"]
    shown = off.rename(columns={"counted": "now", "value": "worth"})
    make = st.column_config.NumberColumn
    extra = {
        "now": make("Counted", format="localized"), "book": make("Book", format="localized"),
        "difference": make("Difference", format="%+g"),
        "worth": make(f"Worth ({shop().currency})", format="%+,.2f"), "class": st.column_config.TextColumn("Class"),
    }  # fmt: skip
    if len(off) > AT_ONCE:
        st.caption(f"The {AT_ONCE} largest stand above; all {labels.many(len(off), 'difference')}:")
    with st.container(horizontal=True):
        excel(shown, f"Differences {sheet['title']}", order)
    if len(off) > AT_ONCE:
        table(shown, f"off-{sheet['sheet_id']}", alt="Differences: counted, book, pieces and money", order=order, extra=extra)


def _book(sheet: Mapping[str, Any], found: pd.DataFrame, reasons: Mapping[tuple[int, str], str]) -> None:
    """The last step; who may not take it is told who may."""
    sheet_id, due = int(sheet["sheet_id"]), int(found["again"].sum())
    says, manager = counting.over_limit(db(), found[found["counted"].notna()]), who().may("manager")
    if due and not manager:
        st.info(f"{labels.many(due, 'line')} must be counted a second time before this can be booked.", icon=":material/replay:")
        return
    for sentence in says:
        st.warning(plain(sentence), icon=":material/approval:")
    if says and not manager:
        st.info("Nothing is lost: the sheet waits here until a manager has looked at it.", icon=":material/hourglass_top:")
        return
    lines = labels.many(int(found["counted"].notna().sum()), "line")
    over = bool(says or due)
    if st.button(
        f"{'Approve and book' if over else 'Book'} {lines}", type="primary", icon=":material/check:", width="stretch", key=act("book")
    ):
        do(counting.approve if over else counting.book, sheet_id, dict(reasons), done=f"Booked: {sheet['title']}")
    if due:
        st.caption(f"{labels.many(due, 'line')} without a second count; you may book without it.")
