from typing import Any

import pandas as pd
import streamlit as st

from ims_core import items, labels
from ims_core.web import ui

AT_ONCE = 5
"""Pairs that are shown at once."""


def perhaps_the_same() -> None:
    """Pairs that may be one item, each with what speaks for it; nothing is joined without a click."""
    with ui.waiting("Looking for items that are there twice"):
        pairs = ui.ask(items.alike)
    if pairs.empty:
        return
    opened = "alike-open"  # the count changes with each answer, and with it Streamlit would forget that it was open
    st.session_state[opened] = bool(st.session_state.get(opened, False))
    with st.expander(f"**Perhaps the same** · {labels.many(len(pairs), 'pair')}", icon=":material/join_inner:", key=opened,
                     on_change="rerun") as box:  # fmt: skip
        if not box.open:
            return
        st.caption("Items that look like one under two names or codes. Joined, the history of both is one; it can be undone at any time.")
        for pair in pairs.head(AT_ONCE).to_dict("records"):
            side_by_side(pair)
        if len(pairs) > AT_ONCE:
            st.caption(f"{labels.many(len(pairs) - AT_ONCE, 'more pair')} after these.")


def side_by_side(pair: dict[Any, Any]) -> None:
    """Both items, what speaks for and against them being one, and the three answers."""
    one, other = ({name: pair[f"{side}{name}"] for name in SHOWN} for side in ("", "other_"))
    ours, theirs = pair["item_id"], pair["other_id"]
    against = f" :orange[But: {ui.plain(pair['against'].lower())}.]" if pair["against"] else ""
    with st.container():  # no frame: on a phone two long barcodes just fit beside each other
        st.divider()
        st.markdown(f"{ui.plain(pair['why'])}.{against}")
        lines = [f"| {label} | {ui.plain(told(name, one[name]))} | {ui.plain(told(name, other[name]))} |" for name, label in SHOWN.items()]
        st.markdown("\n".join([f"| | {ui.plain(one['name'])} | {ui.plain(other['name'])} |", "|---|---|---|", *lines[1:]]))
        if not ui.who().may("manager"):
            return
        with st.container(horizontal=True):
            for stays, goes, kept, gone in ((ours, theirs, one, other), (theirs, ours, other, one)):
                if st.button(ui.plain(f"Join, {kept['sku']} stays"), key=ui.act(f"join-{goes}-{stays}"), icon=":material/join_inner:"):
                    ui.do(items.merge, goes, stays, done=f"{gone['name']} ({gone['sku']}) counts as {kept['name']} ({kept['sku']}) now.")
            if st.button("Not the same", key=ui.act(f"apart-{ours}-{theirs}")):
                ui.do(items.keep_apart, ours, theirs, done=f"{one['sku']} and {other['sku']} are two items.")


SHOWN = {
    "name": "Name",
    "sku": "Code",
    "barcodes": "Barcode",
    "price": "Price",
    "on_hand": "On hand",
    "sold": "Sold",
    "last_sale": "Last sale",
}


def told(name: str, value: Any) -> str:
    """What is known of an item, in short."""
    if pd.isna(value):
        return "–"
    if name == "last_sale":
        return labels.day_text(pd.Timestamp(value).date(), ui.today())
    if name == "price":
        return labels.money(value, ui.shop().currency)
    return labels.pieces(value) if name in ("on_hand", "sold") else str(value)


known = ui.ask(items.catalogue)
used = int(known["active"].sum())
ui.page("Items", f"{labels.count(used, 'item')} in use" + (f", {len(known) - used:,} not any more." if used < len(known) else "."))
if known.empty:
    st.caption("Type your items below, or drop a file that lists them on the Upload page.")
else:
    perhaps_the_same()

row = st.container(horizontal=True, vertical_alignment="center")
with row:
    words = ui.search("find", "Name, code, category or barcode")
    unused = st.toggle("Also those not in use", key="unused", bind="query-params")
found = known if unused else known[known["active"]]
found = ui.matching(found, words, ["name", "sku", "category", "barcodes"])
order = ["name", "sku", "category", "unit", "cost", "price", "active", "barcodes", "suppliers"]
with row:
    ui.excel(found, "Items", order)
    ui.link("labels", "Labels", "label", **({"find": words} if words else {}))
ui.grid(found, "items", items.save, alt="Items: name, code, category, cost and price", number=["item_id"], order=order,
        fixed=["barcodes", "suppliers"], rows=16, done="Items saved.")  # fmt: skip
