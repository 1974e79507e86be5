"""Frames as figures, in one house style. Plotly is loaded when the first figure is drawn.

Colours are middle tones that read on light and on dark; text and grid follow the screen's theme.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from ims_core import labels

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Spec: TypeAlias = dict[str, Any]
"""A part of a figure, as plotly writes it."""

ACCENT, NEUTRAL, AMBER, RED = "#1A8F87", "#7C8C8A", "#C77700", "#CF4A40"
FAINT = "rgba(124, 140, 138, 0.18)"

DAYS = [
    {"dtickrange": [None, 27 * 86_400_000], "value": "%-d %b"},
    {"dtickrange": [27 * 86_400_000, "M11"], "value": "%b<br>%Y"},
    {"dtickrange": ["M11", None], "value": "%Y"},
]
"""Days below an axis as they are written everywhere else: 22 Nov, Nov 2026, 2026; a range's unit is milliseconds or months."""

CONFIG = {"displayModeBar": False, "scrollZoom": False}
"""How a screen shows a figure: no tools that nobody in a shop asks for."""


@dataclass(frozen=True)
class Picture:
    """A figure, and what it says for those who hear it."""

    figure: "Figure"
    alt: str


def warm_up() -> None:
    """Load what a first picture needs."""
    waterfall(pd.DataFrame({"part": ["Nothing"], "pieces": [0.0]}), "Nothing")


def stock_history(history: pd.DataFrame, until: date, unit: str = "") -> "Figure":
    """What stood on the shelf, as steps, up to `until`. history: day net on_hand, as ledger.history gives it."""
    days, levels = _steps(history, until)
    below = np.minimum(levels, 0.0)
    lines = [{
        "type": "scatter", "x": days, "y": levels, "mode": "lines", "line": {"shape": "hv", "width": 2, "color": ACCENT},
        "fill": "tozeroy", "fillcolor": "rgba(26, 143, 135, 0.12)", "name": "On hand",
        "hovertemplate": f"%{{x|%-d %b %Y}}: <b>%{{y:,.6~r}}</b> {unit}<extra></extra>",
    }]  # fmt: skip
    if (below < 0).any():
        lines.append({"type": "scatter", "x": days, "y": below, "mode": "none", "line": {"shape": "hv"}, "fill": "tozeroy",
                      "fillcolor": "rgba(207, 74, 64, 0.30)", "hoverinfo": "skip"})  # fmt: skip
    if not len(levels):
        return figure(300, lines)
    end = _said(days[-1], levels[-1], f"<b>{labels.pieces(levels[-1])}</b> now")
    return figure(300, lines, [end], x={"range": [days[0], days[-1]]})  # else the words at the end would stretch the axis


def fan(history: pd.DataFrame, forecast: pd.DataFrame, unit: str = "", gone: date | None = None) -> "Figure":
    """What was asked for, and what may come: bands between the quantiles, the expected as a line, the day the stock is gone as a mark.

    history: ds y; forecast: ds mean and columns q05 .. q975, of one item.
    """
    week = "week of %{x|%-d %b %Y}: "
    quantiles = sorted((name for name in forecast.columns if _share(name) is not None), key=lambda name: _share(name) or 0)
    lines = [{"type": "scatter", "x": history["ds"], "y": history["y"], "mode": "lines", "line": {"width": 1.8, "color": NEUTRAL},
              "name": "Asked for", "hovertemplate": f"{week}<b>%{{y:,.6~r}}</b> {unit}<extra></extra>"}]  # fmt: skip
    for low, high in zip(quantiles[: len(quantiles) // 2], reversed(quantiles), strict=False):
        lines += _band(forecast["ds"], forecast[low], forecast[high])
    lines.append({"type": "scatter", "x": forecast["ds"], "y": forecast["mean"], "mode": "lines", "line": {"width": 2.4, "color": ACCENT},
                  "name": "Expected", "hovertemplate": f"{week}<b>%{{y:,.1f}}</b> {unit} expected<extra></extra>"})  # fmt: skip
    notes = _ends(forecast, quantiles)
    marks: list[Spec] = []
    days = [*history["ds"], *forecast["ds"]]
    for at, words, color in ([(forecast["ds"].iloc[0], "forecast", NEUTRAL)] if len(forecast) else []) + (
        [(pd.Timestamp(gone), f"stock gone {labels.day_text(gone)}", RED)] if gone else []
    ):
        line, word = _mark(at, words, color, row=len(marks), late=2 * (at - days[0]) > days[-1] - days[0])
        marks.append(line)
        notes.append(word)
    x = {"range": [days[0], days[-1]]} if days else {}  # else the words at the right edge would widen the axis
    return figure(360, lines, notes, marks, x=x, y={"rangemode": "tozero"}, top=44)


def fan_alt(name: str, history: pd.DataFrame, forecast: pd.DataFrame, gone: date | None) -> str:
    """The picture in words."""
    lately = labels.pieces(round(float(history["y"].tail(12).mean()), 1)) if len(history) else "0"
    coming = labels.pieces(round(float(forecast["mean"].mean()), 1))
    ends = f" The stock of today is gone about {labels.day_text(gone)}." if gone else ""
    return f"Demand for {name} by week: lately about {lately}, expected about {coming} for {len(forecast)} weeks, with a range.{ends}"


def waterfall(parts: pd.DataFrame, total: str, unit: str = "") -> "Figure":
    """How parts add up to a number, read from the top. parts: part pieces."""
    names, sizes = [*parts["part"], f"<b>{total}</b>"], [*parts["pieces"].astype(float), float(parts["pieces"].sum())]
    bars = {
        "type": "waterfall", "orientation": "h", "y": names, "x": sizes, "measure": ["relative"] * len(parts) + ["total"],
        "text": [f"{'+' if size > 0 else ''}{labels.pieces(round(size, 1 if abs(size) < 1000 else 0))}" for size in sizes[:-1]]
        + [f"<b>{labels.pieces(round(sizes[-1], 2 if abs(sizes[-1]) < 1000 else 0))}</b>"],
        "textposition": "outside", "cliponaxis": False, "hovertemplate": f"%{{y}}: <b>%{{delta:,.6~r}}</b> {unit}<extra></extra>",
        "increasing": {"marker": {"color": ACCENT}}, "decreasing": {"marker": {"color": NEUTRAL}}, "totals": {"marker": {"color": AMBER}},
        "connector": {"line": {"width": 1, "color": FAINT}},
    }  # fmt: skip
    x = {"showgrid": True, "gridcolor": FAINT, "nticks": 5}
    y = {"autorange": "reversed", "showgrid": False, "zeroline": False}
    return figure(44 * (len(parts) + 1) + 40, [bars], x=x, y=y, top=8, right=64, hovermode="closest")


def waterfall_alt(parts: pd.DataFrame, total: str) -> str:
    """The picture in words."""
    said = ", ".join(f"{part.lower()} {pieces:+,.1f}" for part, pieces in parts.itertuples(index=False))
    return f"{said}: {total.lower()} {labels.pieces(round(float(parts['pieces'].sum()), 1))}."


def accuracy(months: pd.DataFrame) -> Picture:
    """Of what was counted, the part that was right, month by month. months: month lines accuracy (0..1)."""
    share, last = 100 * months["accuracy"], months.iloc[-1]
    line = {"type": "scatter", "x": months["month"], "y": share, "mode": "lines+markers", "line": {"width": 2.4, "color": ACCENT},
            "customdata": months["lines"],
            "hovertemplate": "%{x|%b %Y}: <b>%{y:.0f} %</b> of %{customdata} lines<extra></extra>"}  # fmt: skip
    end = _said(last["month"], float(share.iloc[-1]), f"<b>{share.iloc[-1]:.0f} %</b><br>right")
    low = max(0.0, 10 * ((float(share.min()) - 5) // 10))
    said = ", ".join(f"{month:%b %Y} {part:.0f} %" for month, part in zip(months["month"].tail(6), share.tail(6), strict=True))
    return Picture(figure(220, [line], [end], y={"range": [low, 102], "ticksuffix": " %"}), f"Lines within tolerance by month: {said}.")


def stock_history_alt(name: str, history: pd.DataFrame, until: date) -> str:
    """The picture in words, for those who hear it."""
    if history.empty:
        return f"Stock of {name}: no movement yet."
    lowest = history.iloc[int(history["on_hand"].to_numpy(float).argmin())]
    now = labels.pieces(history["on_hand"].iloc[-1])
    low = f"lowest {labels.pieces(lowest['on_hand'])} on {labels.day_text(_day(lowest['day']))}"
    return f"Stock of {name} since {labels.day_text(_day(history['day'].iloc[0]))}: {now} on {labels.day_text(until)}, {low}."


def figure(
    height: int,
    lines: list[Spec],
    notes: Sequence[Spec] = (),
    marks: Sequence[Spec] = (),
    *,
    x: Spec | None = None,
    y: Spec | None = None,
    top: int = 24,
    right: int | None = None,
    hovermode: str = "x",
) -> "Figure":
    """The figure, told whole in one go: each later change of a figure costs as much as the figure itself.

    The room at the right is what the words at the end of the lines need.
    """
    from plotly.graph_objects import Figure

    ends = [len(part) for note in notes if note["xanchor"] == "left" and "yref" not in note for part in _words(note)]
    room = max(24, 12 + 8 * max(ends, default=0)) if right is None else right
    days = {"tickformatstops": DAYS, "tickangle": 0} if lines and _of_days(lines[0].get("x")) else {}
    layout = {
        "height": height, "margin": {"l": 0, "r": room, "t": top, "b": 0}, "showlegend": False, "hovermode": hovermode, "dragmode": False,
        "annotations": list(notes), "shapes": list(marks),
        "xaxis": {"showgrid": False, "fixedrange": True, "automargin": True, "nticks": 6} | days | (x or {}),
        "yaxis": {"gridcolor": FAINT, "zerolinecolor": "rgba(124, 140, 138, 0.6)", "fixedrange": True, "nticks": 6, "automargin": True}
        | (y or {}),
    }  # fmt: skip
    return Figure({"data": lines, "layout": layout})


def _words(note: Spec) -> list[str]:
    """The lines of a note as they are seen."""
    return str(note["text"]).replace("<b>", "").replace("</b>", "").split("<br>")


def _of_days(values: Any) -> bool:
    return values is not None and len(values) > 0 and pd.api.types.is_datetime64_any_dtype(pd.Series(values).infer_objects())


def _share(column: str) -> float | None:
    """Percent below a quantile column: q05 -> 5, q975 -> 97.5; None for other columns."""
    return 100 * float(f"0.{column[1:]}") if column[:1] == "q" and column[1:].isdigit() else None


def _band(days: pd.Series, low: pd.Series, high: pd.Series) -> list[Spec]:
    edge: Spec = {"type": "scatter", "x": days, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    return [edge | {"y": high}, edge | {"y": low, "fill": "tonexty", "fillcolor": "rgba(26, 143, 135, 0.14)"}]


def _steps(history: pd.DataFrame, until: date) -> tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]:
    """The days and levels with the last level drawn on to `until`; arrays, because plotly looks at each member of a list."""
    days, levels = pd.to_datetime(history["day"]).to_numpy("datetime64[s]"), history["on_hand"].to_numpy(float)
    if len(days) and days[-1] < np.datetime64(until):
        return np.append(days, np.datetime64(until, "s")), np.append(levels, levels[-1])
    return days, levels


def _said(x: Any, y: float, words: str) -> Spec:
    """Words at the end of a line."""
    return {"x": x, "y": y, "text": words, "showarrow": False, "xanchor": "left", "align": "left", "xshift": 8,
            "font": {"size": 13, "color": ACCENT}}  # fmt: skip


def _ends(forecast: pd.DataFrame, quantiles: Sequence[str]) -> list[Spec]:
    """What the fan's lines say at their end."""
    if forecast.empty:
        return []
    last, top = forecast.iloc[-1], quantiles[-1]
    said = [_said(last["ds"], last["mean"], f"<b>{labels.pieces(round(float(last['mean']), 1))}</b><br>expected")]
    if float(last[top]) > 1.15 * max(float(last["mean"]), 1):
        words = f"<b>{labels.pieces(last[top])}</b> or less<br>in {_share(top):.3g} %"
        said.append(_said(last["ds"], last[top], words) | {"yanchor": "bottom"})
    return said


def _mark(at: Any, words: str, color: str, row: int, late: bool) -> tuple[Spec, Spec]:
    """A thin upright line with a word, for a day on which something changes.

    `row` lifts the word above another's; of a `late` day it stands at the left, or it would leave the picture.
    """
    line = {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 1, "dash": "dot", "color": color}}
    word = {"x": at, "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 16 * row, "xanchor": "right" if late else "left",
            "text": words, "showarrow": False, "font": {"size": 12, "color": color}}  # fmt: skip
    return line, word


def _day(moment: Any) -> date:
    return pd.Timestamp(moment).date()
