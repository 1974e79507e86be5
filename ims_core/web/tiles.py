"""KPIs as tiles: the value, against the period before and whether that is more than chance, and *Why?*, which opens how it came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import kpis, labels, measures, objectives, reasons
from ims_core.db import Database
from ims_core.web.doing import ask, plain, shop

SHARE = "share"


@dataclass(frozen=True)
class View:
    """What is looked at: a period, and the whole shop or one group of it."""

    first: date
    last: date
    by: str = "shop"
    group: str | None = None

    @property
    def scope(self) -> str:
        """As objectives name it."""
        return objectives.scope(self.by, self.group)


def summary(db: Database, view: View) -> dict[str, dict[str, Any]]:
    """kpis.summary of a view: its lines by the KPI's name."""
    found = kpis.summary(db, view.first, view.last, view.by, view.group)
    return {str(line["kpi"]): {str(name): value for name, value in line.items()} for line in found.to_dict("records")}


def called(db: Database, view: View) -> dict[str, int]:
    """kpis.called of a view."""
    return kpis.called(db, view.first, view.last, view.by, view.group)


def told(db: Database, view: View, name: str) -> reasons.Why:
    """reasons.why of a view."""
    return reasons.why(db, name, view.first, view.last, view.by, view.group)


def said(value: float | None, unit: str) -> str:
    """A value as people say it."""
    if value is None or value != value:
        return "–"
    if unit == "money":
        return labels.money(value, shop().currency)
    if unit == SHARE:
        return f"{value * 100:.1f} %"
    if unit == "days":
        return f"{value:,.0f} days" if value >= 10 else f"{value:.1f} days"
    return f"{value:.1f} ×" if unit == "times" else labels.pieces(round(value, 2))


def against(value: float, before: float, unit: str) -> str | None:
    """The change to the period before: `+3.2 %`, of a share in points; None where there is nothing to compare with."""
    if value != value or before != before or not (before or unit == SHARE):
        return None
    change, sign = ((value - before) * 100, "pts") if unit == SHARE else ((value / before - 1) * 100, "%")
    return f"{change:+.1f} {sign}" if abs(change) >= 0.05 else f"0 {sign}"


def tiles(view: View, names: Sequence[str]) -> None:
    """A tile for each KPI that can be said; the others in one list, with what would tell them."""
    found, beyond = ask(summary, view), ask(called, view)
    known = [name for name in names if not isnan(found[name]["value"])]
    with st.grid(4, min_column_width=165):
        for name in known:
            _tile(view, name, found[name], bool(beyond[name]))
    if missing := [found[name] for name in names if name not in known]:
        with st.expander(f"Not known yet · {len(missing)}", icon=":material/help:"):
            for line in missing:
                st.markdown(f"**{plain(line['label'])}** :gray[{plain(line['note'])}]")


TONES = {"on target": "green", "near": "gray", "off": "orange"}
"""How an objective stands, as a colour: amber says look."""

LIES = ("dead_stock", "slow_stock")
"""What lies there unsold is so, be it one machine: no chance of weeks makes it come or go."""

GOOD = {"up": "normal", "down": "inverse", "": "off"}


def _tile(view: View, name: str, line: Mapping[str, Any], beyond: bool) -> None:
    """`beyond`: the change is more than weeks stray by themselves; only then it is coloured and has an arrow."""
    kpi = measures.BOOK[name]
    value, before, ago = line["value"], line["before"], line["year_ago"]
    year = "" if isnan(ago) else f"A year ago {said(ago, kpi.unit)}"
    aim = f":{TONES[line['status']]}-badge[Target {plain(said(line['target'], kpi.unit))}]" if line["status"] else ""
    change = against(value, before, kpi.unit)
    moved = beyond and change is not None and change[0] in "+-"
    color: Any = GOOD[kpi.better] if moved else "gray"
    by_chance = "" if moved or change is None or change[0] == "0" or name in LIES else "may be chance"
    with st.container(border=True, height="stretch", gap=None):
        st.markdown(f":small[{plain(kpi.label)}]", help=kpi.says)  # a label of the figure itself would be cut on a phone
        st.metric(plain(kpi.label), plain(said(value, kpi.unit)), change, delta_color=color, label_visibility="collapsed",
                  delta_arrow="auto" if moved else "off")  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall"):
            st.caption("  \n".join(filter(None, (by_chance, aim or plain(year)))), width="content")
            if st.button("Why?", key=f"why-{name}", type="tertiary", help=f"How “{kpi.label}” came about"):
                why(view, name)


@st.dialog("Why this number?", width="large", icon=":material/account_tree:")
def why(view: View, name: str) -> None:
    """The formula with its inputs filled in, what is assumed, and the items behind it."""
    story = ask(told, view, name)
    kpi = story.kpi
    st.markdown(f"**{plain(kpi.label)}: {plain(said(story.value, kpi.unit))}**  \n{plain(kpi.says)}")
    st.caption(plain(f"{view.group or 'Whole shop'}, {labels.day_text(view.first)} to {labels.day_text(view.last)}."))
    st.markdown(plain(kpi.formula[0].upper() + kpi.formula[1:]) + (f"  \n= {plain(story.filled)}" if story.filled else ""))
    if len(story.inputs):
        filled = pd.DataFrame({"What goes in": story.inputs["label"], "Here": story.inputs["value"].map(_amount)})
        st.table(filled.set_index("What goes in"))
    if story.note:
        st.markdown(f":gray[:material/info: {plain(story.note)}]")
    _behind(story)


WHOLE = ("days", "known_days", "carrying_rate", "sales_tax", "sales_days", "looked_at")
"""Inputs that are the same for every item."""


def _behind(story: reasons.Why) -> None:
    used = [each for each in story.inputs["input"] if each not in WHOLE] if len(story.inputs) else []
    if not used:
        return
    top = story.rows[story.rows[used[0]].fillna(0) != 0].sort_values(used[0], ascending=False, key=abs).head(20)
    st.markdown(plain(f"The items behind it, by: {measures.INPUTS[used[0]]}."))
    config: dict[str, Any] = {each: st.column_config.NumberColumn(measures.INPUTS[each], format="%,.2f") for each in used}
    st.dataframe(top[["name", *used]], hide_index=True, height=320 if len(top) > 8 else "content", alt=f"Items behind {story.kpi.label}",
                 column_config=config | {"name": "Item"})  # fmt: skip


def _amount(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return ("yes" if value else "no") if isinstance(value, bool) else f"{float(value):,.2f}".rstrip("0").rstrip(".")
