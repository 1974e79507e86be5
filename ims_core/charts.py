"""Frames as figures, in one house style. Plotly is loaded when the first figure is drawn.

Colours are middle tones that read on light and on dark; text and grid follow the screen's theme.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ims_core import labels

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ACCENT, NEUTRAL, AMBER, RED = "#1A8F87", "#7C8C8A", "#C77700", "#CF4A40"
_FAINT = "rgba(124, 140, 138, 0.18)"

CONFIG = {"displayModeBar": False, "scrollZoom": False}
"""How a screen shows a figure: no tools that nobody in a shop asks for."""


def stock_history(history: pd.DataFrame, until: date, unit: str = "") -> "Figure":
    """What stood on the shelf, as steps, up to `until`. history: day net on_hand, as ledger.history gives it."""
    figure = _figure(height=300)
    days, levels = _steps(history, until)
    below = np.minimum(levels, 0.0)
    figure.add_scatter(
        x=days, y=levels, mode="lines", line={"shape": "hv", "width": 2, "color": ACCENT}, fill="tozeroy",
        fillcolor="rgba(26, 143, 135, 0.12)", name="On hand", hovertemplate=f"%{{x|%-d %b %Y}}: <b>%{{y:,.6~r}}</b> {unit}<extra></extra>",
    )  # fmt: skip
    if (below < 0).any():
        figure.add_scatter(
            x=days, y=below, mode="none", line={"shape": "hv"}, fill="tozeroy", fillcolor="rgba(207, 74, 64, 0.30)", hoverinfo="skip",
        )  # fmt: skip
    if len(levels):
        figure.update_xaxes(range=[days[0], days[-1]])  # else the words at the end would stretch the axis
        _say(figure, days[-1], levels[-1], f"<b>{labels.pieces(levels[-1])}</b> now")
    return figure


def fan(history: pd.DataFrame, forecast: pd.DataFrame, unit: str = "", gone: date | None = None) -> "Figure":
    """What was asked for, and what may come: bands between the quantiles, the expected as a line, the day the stock is gone as a mark.

    history: ds y; forecast: ds mean and columns q05 .. q975, of one item.
    """
    figure = _figure(height=360)
    figure.add_scatter(
        x=history["ds"], y=history["y"], mode="lines", line={"width": 1.8, "color": NEUTRAL}, name="Asked for",
        hovertemplate=f"week of %{{x|%-d %b %Y}}: <b>%{{y:,.6~r}}</b> {unit}<extra></extra>",
    )  # fmt: skip
    quantiles = sorted((name for name in forecast.columns if _share(name) is not None), key=lambda name: _share(name) or 0)
    for low, high in zip(quantiles[: len(quantiles) // 2], reversed(quantiles), strict=False):
        _band(figure, forecast["ds"], forecast[low], forecast[high], low + high)
    figure.add_scatter(
        x=forecast["ds"], y=forecast["mean"], mode="lines", line={"width": 2.4, "color": ACCENT}, name="Expected",
        hovertemplate=f"week of %{{x|%-d %b %Y}}: <b>%{{y:,.1f}}</b> {unit} expected<extra></extra>",
    )  # fmt: skip
    if len(forecast):
        last, top = forecast.iloc[-1], quantiles[-1]
        _say(figure, last["ds"], last["mean"], f"<b>{labels.pieces(round(float(last['mean']), 1))}</b> expected")
        if float(last[top]) > 1.15 * max(float(last["mean"]), 1):
            _say(figure, last["ds"], last[top], f"<b>{labels.pieces(last[top])}</b> or less<br>in {_share(top):.3g} %")
        mark(figure, forecast["ds"].iloc[0], "forecast")
    if gone:
        mark(figure, gone, f"stock gone {labels.day_text(gone)}", RED, row=1)
    figure.update_layout(margin={"r": 104, "t": 44})
    figure.update_yaxes(rangemode="tozero")
    if days := [*history["ds"], *forecast["ds"]]:  # else the words at the right edge would widen the axis
        figure.update_xaxes(range=[days[0], days[-1]])
    return figure


def fan_alt(name: str, history: pd.DataFrame, forecast: pd.DataFrame, gone: date | None) -> str:
    """The picture in words."""
    lately = labels.pieces(round(float(history["y"].tail(12).mean()), 1)) if len(history) else "0"
    coming = labels.pieces(round(float(forecast["mean"].mean()), 1))
    ends = f" The stock of today is gone about {labels.day_text(gone)}." if gone else ""
    return f"Demand for {name} by week: lately about {lately}, expected about {coming} for {len(forecast)} weeks, with a range.{ends}"


def waterfall(parts: pd.DataFrame, total: str, unit: str = "") -> "Figure":
    """How parts add up to a number, read from the top. parts: part pieces."""
    figure = _figure(height=44 * (len(parts) + 1) + 40)
    names, sizes = [*parts["part"], f"<b>{total}</b>"], [*parts["pieces"].astype(float), float(parts["pieces"].sum())]
    figure.add_waterfall(
        orientation="h", y=names, x=sizes, measure=["relative"] * len(parts) + ["total"], textposition="outside", cliponaxis=False,
        text=[f"{'+' if size > 0 else ''}{labels.pieces(round(size, 1))}" for size in sizes[:-1]] + [f"<b>{labels.pieces(sizes[-1])}</b>"],
        increasing={"marker": {"color": ACCENT}}, decreasing={"marker": {"color": NEUTRAL}}, totals={"marker": {"color": AMBER}},
        connector={"line": {"width": 1, "color": _FAINT}}, hovertemplate=f"%{{y}}: <b>%{{delta:,.6~r}}</b> {unit}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(hovermode="closest", margin={"r": 48, "t": 8})
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False)
    figure.update_xaxes(showgrid=True, gridcolor=_FAINT, nticks=5)
    return figure


def waterfall_alt(parts: pd.DataFrame, total: str) -> str:
    """The picture in words."""
    said = ", ".join(f"{part.lower()} {pieces:+,.1f}" for part, pieces in parts.itertuples(index=False))
    return f"{said}: {total.lower()} {labels.pieces(round(float(parts['pieces'].sum()), 1))}."


def mark(figure: "Figure", at: Any, words: str, color: str = NEUTRAL, row: int = 0) -> None:
    """A thin upright line with a word, for a day on which something changes; `row` lifts the word above another's."""
    figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"width": 1, "dash": "dot", "color": color})
    figure.add_annotation(
        x=at,
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=16 * row,
        xanchor="left",
        text=words,
        showarrow=False,
        font={"size": 12, "color": color},
    )


def stock_history_alt(name: str, history: pd.DataFrame, until: date) -> str:
    """The picture in words, for those who hear it."""
    if history.empty:
        return f"Stock of {name}: no movement yet."
    lowest = history.nsmallest(1, "on_hand").iloc[0]
    now = labels.pieces(history["on_hand"].iloc[-1])
    low = f"lowest {labels.pieces(lowest['on_hand'])} on {labels.day_text(_day(lowest['day']))}"
    return f"Stock of {name} since {labels.day_text(_day(history['day'].iloc[0]))}: {now} on {labels.day_text(until)}, {low}."


def _figure(height: int) -> "Figure":
    from plotly.graph_objects import Figure

    figure = Figure()
    figure.update_layout(
        height=height, margin={"l": 0, "r": 64, "t": 24, "b": 0}, showlegend=False, hovermode="x", dragmode=False,
        xaxis={"showgrid": False, "fixedrange": True, "automargin": True},
        yaxis={"gridcolor": _FAINT, "zerolinecolor": "rgba(124, 140, 138, 0.6)", "fixedrange": True, "nticks": 6, "automargin": True},
    )  # fmt: skip
    return figure


def _share(column: str) -> float | None:
    """Percent below a quantile column: q05 -> 5, q975 -> 97.5; None for other columns."""
    return 100 * float(f"0.{column[1:]}") if column[:1] == "q" and column[1:].isdigit() else None


def _band(figure: "Figure", days: pd.Series, low: pd.Series, high: pd.Series, name: str) -> None:
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(x=days, y=high, name=name, **edge)
    figure.add_scatter(x=days, y=low, fill="tonexty", fillcolor="rgba(26, 143, 135, 0.14)", name=name, **edge)


def _steps(history: pd.DataFrame, until: date) -> tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]:
    """The days and levels with the last level drawn on to `until`; arrays, because plotly looks at each member of a list."""
    days, levels = pd.to_datetime(history["day"]).to_numpy("datetime64[s]"), history["on_hand"].to_numpy(float)
    if len(days) and days[-1] < np.datetime64(until):
        return np.append(days, np.datetime64(until, "s")), np.append(levels, levels[-1])
    return days, levels


def _say(figure: "Figure", x: Any, y: float, words: str) -> None:
    figure.add_annotation(x=x, y=y, text=words, showarrow=False, xanchor="left", align="left", xshift=8, font={"size": 13, "color": ACCENT})


def _day(moment: Any) -> date:
    return pd.Timestamp(moment).date()
