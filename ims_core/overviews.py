"""Pictures of the whole shop: a number through the months, who brings the sales, when in the year it sells, what lies where."""

import numpy as np
import pandas as pd

from ims_core import charts, labels
from ims_core.charts import ACCENT, AMBER, NEUTRAL, Picture, Spec

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST = 12
"""Bars that can be read at once; the rest is in the table."""


def through_time(values: pd.DataFrame, label: str, unit: str, target: float | None, marks: pd.DataFrame, said: str) -> Picture:
    """A number month by month, its target, and the days on which something was changed that may have moved it.

    values: until value, empty where it cannot be said; marks: day what; `said`: the last value in words.
    """
    times = 100 if unit == "share" else 1
    sign = {"share": " %", "days": " days", "times": " ×"}.get(unit, "")
    line = {
        "type": "scatter", "x": values["until"], "y": values["value"] * times, "mode": "lines+markers",
        "line": {"width": 2, "color": ACCENT}, "marker": {"size": 5},
        "hovertemplate": f"until %{{x|%-d %b %Y}}: <b>%{{y:,.4~r}}</b>{sign}<extra></extra>",
    }  # fmt: skip
    upright = {"type": "line", "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 1, "dash": "dot", "color": NEUTRAL}}
    shapes: list[Spec] = [upright | {"x0": day, "x1": day} for day in marks["day"]]
    notes: list[Spec] = [
        {"x": day, "y": 1, "yref": "paper", "yanchor": "bottom", "text": what if len(what) < 24 else f"{what[:23]}…", "showarrow": False,
         "xanchor": "right", "font": {"size": 11, "color": NEUTRAL}, "hovertext": what}
        for day, what in marks[["day", "what"]].itertuples(index=False)
    ]  # fmt: skip
    if target is not None and target == target:
        shapes.append({"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": target * times, "y1": target * times,
                       "line": {"width": 1.5, "dash": "dash", "color": AMBER}})  # fmt: skip
        notes.append({"x": 0, "xref": "paper", "y": target * times, "text": "target", "showarrow": False, "xanchor": "left",
                      "yanchor": "bottom", "font": {"size": 12, "color": AMBER}, "yref": "y"})  # fmt: skip
    y = {"rangemode": "tozero", "ticksuffix": sign if unit == "share" else ""}
    return Picture(charts.figure(280, [line], notes, shapes, y=y), f"{label} by month: {said or 'nothing is known yet'}.")


def pareto(items: pd.DataFrame) -> Picture:
    """How few items bring most of the sales. items: share (added up, the dearest item first)."""
    at = np.unique(np.linspace(0, max(len(items) - 1, 0), 400).astype(int)) if len(items) else np.array([], dtype=int)
    shares = items["share"].to_numpy(float)[at] * 100
    of_items = (at + 1) / max(len(items), 1) * 100
    line = {"type": "scatter", "x": of_items, "y": shares, "mode": "lines", "line": {"width": 2.4, "color": ACCENT}, "fill": "tozeroy",
            "fillcolor": "rgba(26, 143, 135, 0.12)",
            "hovertemplate": "%{x:.0f} % of items bring <b>%{y:.0f} %</b><extra></extra>"}  # fmt: skip
    few = float(of_items[np.argmax(shares >= 80)]) if len(shares) and shares[-1] >= 80 else None
    marks = [{"type": "line", "x0": few, "x1": few, "y0": 0, "y1": 80, "line": {"width": 1, "dash": "dot", "color": AMBER}}] if few else []
    words = f"<b>{few:.0f} %</b> of items<br>bring 80 % of sales" if few else ""
    note = {"x": few, "y": 80, "text": words, "showarrow": False, "xanchor": "left", "xshift": 10, "yanchor": "top", "align": "left",
            "font": {"size": 13, "color": AMBER}, "yref": "y"}  # fmt: skip
    percent = {"range": [0, 100], "ticksuffix": " %"}
    alt = f"{few:.0f} % of {labels.count(len(items), 'item')} bring 80 % of sales." if few else "Nothing was sold."
    return Picture(charts.figure(300, [line], [note] if few else [], marks, x=percent, y=percent, right=24), alt)


def seasons(months: pd.DataFrame, dark: bool = False) -> Picture:
    """When in the year a category sells more than in its mean month, for a light or a dark screen. months: category month index."""
    low, mean = ("#39484A", "#1A2526") if dark else ("#C8CFCE", "#F3F1EA")
    wide = months.pivot(index="category", columns="month", values="index").reindex(columns=range(1, 13))
    wide = wide.loc[(wide.max(axis=1) - wide.min(axis=1)).sort_values().index].tail(MOST)
    heat = {
        "type": "heatmap", "x": list(MONTHS), "y": list(wide.index), "z": (wide.to_numpy(float) * 100).round(), "zmid": 100,
        "colorscale": [[0, low], [0.5, mean], [1, ACCENT]], "showscale": False, "xgap": 2, "ygap": 2,
        "texttemplate": "%{z:.0f}", "textfont": {"size": 11},
        "hovertemplate": "%{y}, %{x}: <b>%{z:.0f} %</b> of its mean month<extra></extra>",
    }  # fmt: skip
    best = months.sort_values("index").iloc[-1]
    top = f"most {best['category']} in {MONTHS[int(best['month']) - 1]}, {best['index']:.0%}"
    x = {"nticks": 12, "side": "top"}
    y = {"showgrid": False, "nticks": len(wide)}
    figure = charts.figure(34 * len(wide) + 40, [heat], x=x, y=y, right=8, hovermode="closest")
    return Picture(figure, f"Sales by month of the year and category, in percent of the category's mean month: {top}.")


def bars(found: pd.DataFrame, name: str, value: str, label: str, currency: str) -> Picture:
    """What is largest, in money. found: a name and a value a row, the largest first; values of both signs are told apart by colour."""
    top = found.head(MOST)
    words = [text if len(text) <= 26 else f"{text[:25]}…" for text in top[name].astype(str)]  # longer ones leave a phone no room for bars
    bar = {
        "type": "bar", "orientation": "h", "y": list(range(len(top))), "x": top[value].astype(float), "cliponaxis": False,
        "text": [f"{labels.money(amount, currency)}" for amount in top[value]], "textposition": "outside",
        "marker": {"color": [ACCENT if amount >= 0 else NEUTRAL for amount in top[value]]}, "customdata": top[name],
        "hovertemplate": f"%{{customdata}}: <b>%{{x:,.2f}}</b> {currency}<extra></extra>",
    }  # fmt: skip
    y = {
        "autorange": "reversed",
        "showgrid": False,
        "zeroline": False,
        "tickmode": "array",
        "tickvals": list(range(len(top))),
        "ticktext": words,
    }
    said = ", ".join(f"{text} {labels.money(amount, currency)}" for text, amount in zip(top[name].head(3), top[value], strict=False))
    least, most = min(float(top[value].min()), 0.0), max(float(top[value].max()), 0.0)
    room = 0.4 * (most - least)  # for the words beyond the bars, where there are bars
    low, high = least - (room if least else 0), most + (room if most else 0)
    x = {"showgrid": True, "gridcolor": charts.FAINT, "nticks": 4, "range": [low, high]}
    return Picture(charts.figure(30 * len(top) + 40, [bar], x=x, y=y, top=4, right=8, hovermode="closest"), f"{label}: {said}.")


def worth(days: pd.DataFrame, currency: str) -> Picture:
    """What the stock was worth day by day. days: day value."""
    line = {
        "type": "scatter", "x": days["day"], "y": days["value"], "mode": "lines", "line": {"width": 2, "color": ACCENT, "shape": "hv"},
        "fill": "tozeroy", "fillcolor": "rgba(26, 143, 135, 0.12)",
        "hovertemplate": f"%{{x|%-d %b %Y}}: <b>%{{y:,.2f}}</b> {currency}<extra></extra>",
    }  # fmt: skip
    first, last = (labels.money(days["value"].iloc[at], currency) for at in (0, -1))
    return Picture(
        charts.figure(300, [line], y={"rangemode": "tozero"}, right=8), f"Stock value day by day: {first} at first, {last} at last."
    )


def stages(found: pd.DataFrame) -> Picture:
    """Where the days go: each stage begins where half of the one before was over, dark to its median, light to where nine in ten were.

    found: bottlenecks.stages.
    """
    known = found[found["waits"] > 0].reset_index(drop=True)
    median, p90 = known["median"].fillna(0.0), known["p90"]
    begins = median.cumsum() - median
    at = list(range(len(known)))
    words = [_took(half, most) for half, most in zip(known["median"].astype(float), p90.astype(float), strict=True)]
    names = [
        f"<b>{label}</b><br>{labels.count(number, of[:-1] if of == 'orders' else 'delivery', of)}" + (f", {still:,} open" if still else "")
        for label, number, of, still in known[["label", "waits", "of", "open"]].itertuples(index=False)
    ]
    beyond = (p90 - median).fillna(0.0)
    dark = {"type": "bar", "orientation": "h", "y": at, "x": median, "base": begins, "marker": {"color": ACCENT}, "width": 0.5,
            "customdata": words, "hovertemplate": "%{customdata}<extra></extra>"}  # fmt: skip
    light = {"type": "bar", "orientation": "h", "y": at, "x": beyond, "base": begins + median, "width": 0.5, "customdata": words,
             "marker": {"color": "rgba(26, 143, 135, 0.28)"}, "hovertemplate": "%{customdata}<extra></extra>"}  # fmt: skip
    notes = [
        {"x": float(end), "y": row, "yref": "y", "text": said.replace(", ", ",<br>"), "showarrow": False, "xanchor": "left",
         "align": "left", "xshift": 6, "font": {"size": 12}}
        for row, (end, said) in enumerate(zip(begins + median + beyond, words, strict=True))
    ]  # fmt: skip
    far = float((begins + median + beyond).max()) * 1.45 + 1  # room for the words
    x = {"showgrid": True, "gridcolor": charts.FAINT, "nticks": 4, "range": [0, far], "ticksuffix": " d", "zeroline": False}
    y = {"autorange": "reversed", "showgrid": False, "zeroline": False, "tickmode": "array", "tickvals": at, "ticktext": names}
    drawn = charts.figure(64 * len(known) + 40, [dark, light], notes, x=x, y=y, top=4, right=8, hovermode="closest")
    drawn.update_layout(barmode="overlay")
    said = "; ".join(f"{label.lower()} {word}" for label, word in zip(known["label"], words, strict=True))
    return Picture(drawn, f"Where the days go: {said}.")


def _took(median: float, p90: float) -> str:
    if median != median:
        return "over half open"
    half = labels.many(round(median), "day")
    return f"{half}, some open" if p90 != p90 else half if p90 == median else f"{half}, up to {p90:.0f}"


def deliveries(orders: pd.DataFrame, supplier: str) -> Picture:
    """The days each order of a supplier took, beside those promised. orders: bottlenecks.orders."""
    came, late = ~orders["open"], orders["late"] > 0
    kinds = (("In time", came & ~late, ACCENT, "circle"), ("Late", came & late, AMBER, "circle"),
             ("Open", orders["open"], NEUTRAL, "circle-open"))  # fmt: skip
    dots = [
        {"type": "scatter", "mode": "markers", "x": orders.loc[some, "ordered"], "y": orders.loc[some, "days"], "name": name,
         "marker": {"color": color, "size": 9, "symbol": symbol}, "customdata": orders.loc[some, "number"],
         "hovertemplate": f"%{{customdata}}, ordered on %{{x|%-d %b %Y}}: <b>%{{y}}</b> days, {name.lower()}<extra></extra>"}
        for name, some, color, symbol in kinds if some.any()
    ]  # fmt: skip
    told = orders.dropna(subset=["promised"])
    promised = {"type": "scatter", "mode": "markers", "x": told["ordered"], "y": told["promised"], "name": "Promised",
                "marker": {"symbol": "line-ew-open", "size": 12, "color": NEUTRAL, "line": {"width": 2}},
                "hovertemplate": "promised: <b>%{y}</b> days<extra></extra>"}  # fmt: skip
    drawn = charts.figure(280, [promised, *dots], y={"rangemode": "tozero", "ticksuffix": " d"}, hovermode="closest", top=32)
    drawn.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    said = f"Days from order to last receipt of {labels.count(len(orders), 'order')} of {supplier}: {int(late.sum())} late."
    return Picture(drawn, said)


def margins(items: pd.DataFrame, currency: str) -> Picture:
    """Each item by what it brings and what is left of it. items: name revenue gross_margin, the most money left first."""
    top = items.head(CROWD)
    low = top["gross_margin"] < 0
    dots = {
        "type": "scatter", "mode": "markers", "x": top["revenue"].astype(float), "y": 100 * top["gross_margin"].astype(float),
        "customdata": top["name"], "marker": {"size": 9, "opacity": 0.7, "color": [AMBER if below else ACCENT for below in low]},
        "hovertemplate": f"%{{customdata}}: <b>%{{y:.0f}} %</b> of %{{x:,.0f}} {currency}<extra></extra>",
    }  # fmt: skip
    whole = float((items["revenue"] * items["gross_margin"]).sum() / items["revenue"].sum())
    mark = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 100 * whole, "y1": 100 * whole,
            "line": {"width": 1, "dash": "dot", "color": NEUTRAL}}  # fmt: skip
    note = {"x": 1, "xref": "paper", "y": 100 * whole, "yref": "y", "text": f"all: {whole:.0%}", "showarrow": False, "xanchor": "right",
            "yanchor": "bottom", "font": {"size": 12, "color": NEUTRAL}}  # fmt: skip
    x = {
        "type": "log",
        "title": {"text": f"Sales ({currency})"},
        "tickformat": "~s",
        "showgrid": True,
        "gridcolor": charts.FAINT,
        "dtick": 1,
    }
    y = {"ticksuffix": " %", "title": {"text": "Margin"}}
    said = ", ".join(f"{name} {share:.0%}" for name, share in top[["name", "gross_margin"]].head(3).itertuples(index=False))
    figure = charts.figure(320, [dots], [note], [mark], x=x, y=y, right=8, hovermode="closest")
    return Picture(figure, f"Margin by sales, {labels.count(len(items), 'item')}, {whole:.0%} in all; most is left by: {said}.")


CROWD = 400
"""Dots that can still be told apart."""


def weeks_and_prices(weeks: pd.DataFrame, changes: pd.DataFrame, name: str) -> Picture:
    """Pieces a week, with each change of the price. weeks: week pieces; changes: day price_before price, the newest first."""
    bars = {"type": "bar", "x": weeks["week"], "y": weeks["pieces"], "marker": {"color": ACCENT, "opacity": 0.75},
            "hovertemplate": "week of %{x|%-d %b %Y}: <b>%{y:,.4~r}</b><extra></extra>"}  # fmt: skip
    marks: list[Spec] = []
    notes: list[Spec] = []
    for at, (day, before, after) in enumerate(changes[["day", "price_before", "price"]].head(LABELLED).itertuples(index=False)):
        marks.append(
            {"type": "line", "x0": day, "x1": day, "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 1, "dash": "dot", "color": AMBER}}
        )
        notes.append({"x": day, "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 15 * (at % 2),
                      "xanchor": "right", "showarrow": False, "text": f"{before:,.2f} → {after:,.2f}",
                      "font": {"size": 11, "color": AMBER}})  # fmt: skip
    said = ", ".join(f"{before:,.2f} to {after:,.2f} on {labels.day_text(day.date())}"
                     for day, before, after in changes[["day", "price_before", "price"]].head(3).itertuples(index=False))  # fmt: skip
    picture = charts.figure(260, [bars], notes, marks, y={"rangemode": "tozero"}, top=44, right=12)
    return Picture(picture, f"Pieces of {name} by week; its price went from {said or 'nothing to nothing'}.")


LABELLED = 6
"""Changes of a price that have room over a picture."""
