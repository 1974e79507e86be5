"""The KPIs of a period, for the whole shop or by place, category, supplier, ABC class or item; all of them from one query.

    summary(db, first, last, by="shop", group=None) -> a row a KPI: kpi label value before year_ago change unit better target status note
    by_group(db, first, last, by) -> a row a group: grp, every input and every KPI; the widest answer
    history(db, first, last, step="month", by="shop", group=None) -> a row a month or week: since until, every KPI
    `by` is one of BY; `group` a value of it: a place, a category, a supplier's name, A B C, an item_id as text

What cannot be said is empty; `note` says why, and which file would tell. `measures` is the book of what each KPI means.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from ims_core import classes, labels, policy, positions, sums, versions
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.measures import KPIS, Kpi
from ims_core.sums import BY


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both counted."""

    first: date
    last: date

    def before(self) -> "Period":
        """As many days right before."""
        days = (self.last - self.first).days + 1
        return Period(self.first - timedelta(days=days), self.first - timedelta(days=1))

    def year_ago(self) -> "Period":
        """The same weekdays, 52 weeks earlier."""
        return Period(self.first - timedelta(days=364), self.last - timedelta(days=364))


# -- questions


def summary(db: Database, first: date, last: date, by: str = "shop", group: str | None = None) -> pd.DataFrame:
    """One row a KPI, beside the period before and the same weekdays a year ago.

    kpi label value before year_ago unit better note; the values are empty where they cannot be said, and then `note` says why.
    """
    now = Period(first, last)
    found = measured(db, [now, now.before(), now.year_ago()], by, group)
    inputs = {int(row["period"]): row for row in versions.plain(found)}
    rows = [
        {
            "kpi": kpi.name, "label": kpi.label, "value": _value(inputs, 0, kpi), "before": _value(inputs, 1, kpi),
            "year_ago": _value(inputs, 2, kpi), "unit": kpi.unit, "better": kpi.better, "note": note(kpi, inputs.get(0), now),
        }
        for kpi in KPIS
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"value": float, "before": float, "year_ago": float})


def _value(inputs: Mapping[int, Mapping[str, Any]], period: int, kpi: Kpi) -> float | None:
    value: float | None = inputs.get(period, {}).get(kpi.name)
    return value


def note(kpi: Kpi, inputs: Mapping[str, Any] | None, period: Period) -> str:
    """Why a KPI cannot be said, else what is assumed or left out. inputs: a row of `measured`."""
    if inputs is None:
        return "Nothing is known of this period."
    lacks: str | None = inputs[f"{kpi.name}_lacks"]
    return lacks or " ".join(says for says in _assumed(kpi, inputs, period) if says)


def _assumed(kpi: Kpi, inputs: Mapping[str, Any], period: Period) -> Iterator[str]:
    items = inputs["items"]
    if "stock" in kpi.needs:
        since = period.last - timedelta(days=int(inputs["days"]) - 1)
        yield f"Since the first count, {labels.day_text(since)}." if since > period.first else ""
        yield _left_out(items - inputs["known_items"], "never counted nor received and left out")
        yield _left_out(inputs["estimated_items"], "reckoned from the least opening stock there can have been, as nobody counted")
    if "cost" in kpi.needs:
        yield _left_out(items - inputs["costed"], "without a cost and left out")
    if "prices" in kpi.needs and inputs["unpriced"]:
        yield f"{labels.count(inputs['unpriced'], 'piece')} sold without a price left out."
    if kpi.name == "fill_rate":
        lost, asked = labels.pieces(inputs["lost_demand"]), labels.pieces(inputs["demand"])
        yield f"What was not there to be sold is estimated: {lost} of {asked} pieces."
    if kpi.name == "carrying_cost":
        yield f"At {inputs['carrying_rate']:.0%} a year, as the settings say."
    if kpi.name in ("lead_time", "lead_time_spread"):
        yield f"From {labels.many(inputs['lead_receipts'], 'delivery', 'deliveries')}."
    if kpi.name in ("record_accuracy", "value_accuracy"):
        yield f"From {labels.many(inputs['counted_records'], 'record')}."


def _left_out(number: int, why: str) -> str:
    return f"{labels.many(number, 'item')} {'is' if number == 1 else 'are'} {why}." if number else ""


def by_group(db: Database, first: date, last: date, by: str) -> pd.DataFrame:
    """One row a group: grp, the inputs, the KPIs, and `<kpi>_lacks`, a sentence where one is empty."""
    return measured(db, [Period(first, last)], by).drop(columns="period")


def measured(db: Database, periods: Sequence[Period], by: str = "shop", group: str | None = None) -> pd.DataFrame:
    """One row a period (by its place in `periods`) and group: the widest answer. Where `group` is named, of that alone."""
    if by not in BY:
        raise Refused(f"The shop is not looked at by {by}. Choose one of: {', '.join(BY)}.")
    positions.catch_up(db)
    known = classes.abc(db, max(period.last for period in periods)) if by == "class" or _counts(db) else None
    params = {
        "items": [] if known is None else known["item_id"].tolist(),
        "letters": [] if known is None else known["abc"].tolist(),
        "rate": policy.shop(db).carrying_rate,
        "group": group,
    }
    return db.frame(sums.sql([(period.first, period.last) for period in periods], by), params)


def _counts(db: Database) -> bool:
    return bool(db.scalar("select count(*) > 0 from counts"))
