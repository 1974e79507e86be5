"""What the Analysis page makes of answers: groups to choose from, the grid of classes, a number through the months."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import kpis, measures, objectives, overviews
from ims_core.charts import Picture
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.web import tiles
from ims_core.web.doing import ask, do, refuse, shop

EVENNESS = {"X": "Even", "Y": "With swings", "Z": "Wild", "": "Seldom or new"}
"""XYZ in words; empty where an item sells too seldom, or is known too shortly."""

BEYOND = {1: "More", -1: "Less", 0: ""}
"""What a change beyond chance is called (movers.called)."""

NAMES = {"abc": "ABC", "evenness": "Sells", "demand": "Demand", "before": "Before", "change": "Change", "idle_value": "Not moving",
         "dead_value": "Dead", "slow_value": "Slow", "lost_demand": "Pieces not there (estimated)", "revenue": "Sales",
         "stock_value": "Stock", "beyond": "Beyond chance"}  # fmt: skip


def anything(db: Database) -> bool:
    """Whether something ever moved."""
    return bool(db.scalar("select exists (select 1 from visible_movements)"))


def groups(db: Database, by: str) -> list[str]:
    """What there is to choose from, the most stock first; nothing that never held or sold a thing."""
    last = db.scalar("select max(day) from visible_movements")
    return [str(name) for name in kpis.by_group(db, last, last, by).sort_values("closing_value", ascending=False)["grp"]]


def months_picture(db: Database, view: tiles.View, name: str) -> Picture:
    """One KPI over two years by month, with its target and what was changed meanwhile."""
    found, kpi, line = ask(history, view), measures.BOOK[name], ask(tiles.summary, view)[name]
    values = found[["until", name]].set_axis(["until", "value"], axis=1)
    known = values["value"].dropna()
    changed = ask(kpis.marks, values["until"].min(), view.last).drop_duplicates("day", keep="last").tail(MARKS) if len(values) else _NONE
    words = f"{tiles.said(known.iloc[-1], kpi.unit)} in the last one" if len(known) else ""
    return overviews.through_time(values, kpi.label, kpi.unit, line["target"], changed, words)


MARKS = 4
"""Changes that have room beside a line."""

_NONE = pd.DataFrame({"day": [], "what": []})


def history(db: Database, view: tiles.View) -> pd.DataFrame:
    """kpis.history of the two years before the end of a view."""
    return kpis.history(db, (view.last - timedelta(days=730)).replace(day=1), view.last, "month", view.by, view.group)


def grid(found: pd.DataFrame) -> pd.DataFrame:
    """ABC by evenness: in each field how many items, and which share of the sales they bring. found: movers.classed."""
    everything = found["revenue"].clip(lower=0).sum() or 1.0
    cells = {
        says: [
            f"{len(here):,} · {here['revenue'].clip(lower=0).sum() / everything:.0%}" if len(here) else "–"
            for letter in "ABC"
            for here in [found[(found["abc"] == letter) & (found["xyz"] == xyz)]]
        ]
        for xyz, says in EVENNESS.items()
    }
    return pd.DataFrame({"class": list("ABC"), **cells})


AIMS = {
    "label": "KPI",
    "is": "Now",
    "aim": "Target",
    "off": "Off from",
    "stands": "Stands",
    "off_since": "Off since",
    "owner": "Who answers",
}
"""The columns of the objectives, and what they are called."""


def aims(db: Database, view: tiles.View) -> pd.DataFrame:
    """The objectives of a view: kpi and AIMS, values as people say them."""
    lines = [line for line in ask(tiles.summary, view).values() if line["status"] or line["target"] == line["target"]]
    past = ask(history, view)
    rows = [
        {
            "kpi": line["kpi"], "label": line["label"], "is": tiles.said(line["value"], line["unit"]),
            "aim": tiles.said(line["target"], line["unit"]), "off": tiles.said(line["threshold"], line["unit"]),
            "stands": line["status"].capitalize() or "Not known",
            "off_since": kpis.off_since(past, line["kpi"], line["target"], line["threshold"]), "owner": line["owner"],
        }
        for line in lines
    ]  # fmt: skip
    return pd.DataFrame(rows)


def set_aim(view: tiles.View, name: str, target: float | None, threshold: float | None, owner: str) -> None:
    """Set a target from what was typed: shares were typed in percent."""
    if target is None or threshold is None:
        refuse(Refused("A target needs its value, and the value from where on it is off."))
        return
    part = 100 if measures.BOOK[name].unit == "share" else 1
    do(objectives.save, name, target / part, threshold / part, owner, view.scope, done=f"Target set: {measures.BOOK[name].label}")


def columns(names: Sequence[str], group: str = "") -> dict[str, Any]:
    """How the columns of the page are shown: KPIs by their unit."""
    sign, make = shop().currency, st.column_config
    shown: dict[str, Any] = {"grp": make.TextColumn(group, pinned=True)}
    for name in names:
        kpi = measures.BOOK.get(name)
        label = NAMES.get(name) or (kpi.label if kpi else name)
        if kpi and kpi.unit == "share":
            shown[name] = make.NumberColumn(label, format="percent")
        elif (kpi and kpi.unit == "money") or name in ("before", "change", "idle_value", "dead_value", "slow_value"):
            shown[name] = make.NumberColumn(f"{label} ({sign})", format="%,.0f")
        elif kpi and kpi.unit == "count":
            shown[name] = make.NumberColumn(label, format="localized")
        elif kpi or name == "lost_demand":
            shown[name] = make.NumberColumn(label, format="%,.1f")
        elif name in NAMES:
            shown[name] = make.TextColumn(label)
    return shown
