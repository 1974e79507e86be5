"""The KPIs of a period, for the whole shop or by place, category, supplier, ABC class or item; all of them from one query.

    summary(db, first, last, by="shop", group=None) -> a row a KPI: value before year_ago target status note ...
    by_group(db, first, last, by) -> a row a group: grp, every input and every KPI; the widest answer
    called(db, first, last, by="shop", group=None) -> which of them changed by more than chance makes
    history(db, first, last, step="month", by="shop", group=None) -> a row a month or week: since until grp, every KPI
    off_since(history, kpi, target, threshold) -> since when it is off; marks(db, first, last) -> what was changed that may have moved it
    `by` is one of BY; `group` a value of it: a place, a category, a supplier's name, A B C, an item_id as text

What cannot be said is empty; `note` says why, and which file would tell. `measures` is the book of what each KPI means.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from ims_core import chance, classes, intervals, labels, objectives, policy, positions, reckoning, sums, versions
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

    kpi label value before year_ago unit better target threshold owner status note; a value is empty where it cannot be said, and then
    `note` says why. status: on target, near or off, where there is an objective (objectives).
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
    return _against_targets(db, pd.DataFrame(rows).astype({"value": float, "before": float, "year_ago": float}), by, group)


def _against_targets(db: Database, found: pd.DataFrame, by: str, group: str | None) -> pd.DataFrame:
    targets = objectives.in_force(db)
    mine = targets[targets["scope"] == objectives.scope(by, group)][["kpi", "target", "threshold", "owner"]]
    found = found.merge(mine, on="kpi", how="left")
    terms = found[["value", "target", "threshold"]].itertuples(index=False)
    order = [name for name in found if name != "note"]
    return found[order].assign(status=[objectives.status(*term) for term in terms], note=found["note"])


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
        without = (
            inputs["known_items"] - inputs["known_costed"] if "stock" in kpi.needs else items - inputs["costed"]
        )  # each item is told once
        yield _left_out(without, "without a cost and left out")
    if "prices" in kpi.needs:
        yield f"{labels.count(inputs['unpriced'], 'piece')} sold without a price left out." if inputs["unpriced"] else ""
        yield taxed(inputs["sales_tax"])
    if kpi.name == "fill_rate":
        lost, asked = labels.pieces(inputs["lost_demand"]), labels.pieces(inputs["demand"])
        yield f"What was not there to be sold is estimated: {lost} of {asked} pieces."
    if kpi.name == "carrying_cost":
        yield f"At {inputs['carrying_rate']:.0%} a year, as the settings say."
    if kpi.name in ("lead_time", "lead_time_spread"):
        yield f"From {labels.many(inputs['lead_receipts'], 'delivery', 'deliveries')}."
    if kpi.name in ("fulfilment_time", "fulfilment_most"):
        yield f"From {labels.many(int(inputs['fulfilment_orders']), 'order')}, {int(inputs['fulfilment_open']):,} of them still open."
    if kpi.name == "otif":
        yield "By the day of shipment: when it was delivered, nobody tells."
    if kpi.name in ("record_accuracy", "value_accuracy"):
        yield f"From {labels.many(inputs['counted_records'], 'record')}; what was counted for the first time or on suspicion is left out."
    if kpi.name in ("stockout_rate", "ready_rate", "fill_rate") and inputs["by_place"]:
        yield f"An item is missed in a place until {intervals.MISSED} days after it last lay or was sold there."


def taxed(tax: float) -> str:
    """What is assumed of the sales tax in prices; `tax` as in policy.Shop."""
    if tax:
        return f"Sales are told without the {100 * tax:.4g}% sales tax that prices hold, as the settings say."
    return "Prices are taken to hold no sales tax; where they do, Settings takes its rate."


def _left_out(number: int, why: str) -> str:
    return f"{labels.many(number, 'item')} {'is' if number == 1 else 'are'} {why}." if number else ""


def called(db: Database, first: date, last: date, by: str = "shop", group: str | None = None) -> dict[str, int]:
    """Which KPIs changed against the period before by more than chance makes of a shop in which nothing changed: 1 up, -1 down, else 0.

    Whole weeks are looked at; see `chance`.
    """
    length = max(((last - first).days + 1) // 7, 1)
    periods = [Period(last - timedelta(days=7 * back + 6), last - timedelta(days=7 * back)) for back in range(max(2 * length, LOOKED_BACK))]
    found = measured(db, periods[::-1], by, group).set_index("period").reindex(range(len(periods)))
    begun = db.scalar("select min(since) from positions") or last
    known = np.array([period.first >= begun for period in periods[::-1]])
    weeks = np.where(known, found[[kpi.name for kpi in KPIS]].to_numpy(float).T, np.nan)
    signs = chance.beyond(weeks, length, np.array([kpi.name in POINTS for kpi in KPIS]))
    return {kpi.name: int(sign) for kpi, sign in zip(KPIS, signs, strict=True)}


LOOKED_BACK = 26
"""Weeks that are looked at at least, to tell how far weeks stray by themselves."""
POINTS = ("stock_value", "days_of_cover", "dead_stock", "slow_stock")
"""KPIs that tell how it stands on the last day, not how it was through the period."""


def by_group(db: Database, first: date, last: date, by: str, within: str = "shop", part: str | None = None) -> pd.DataFrame:
    """One row a group: grp, the inputs, the KPIs, and `<kpi>_lacks`, a sentence where one is empty. within, part: as in `measured`."""
    return measured(db, [Period(first, last)], by, within=within, part=part).drop(columns="period")


def history(db: Database, first: date, last: date, step: str = "month", by: str = "shop", group: str | None = None) -> pd.DataFrame:
    """Every KPI by month, or by week ("week"), oldest first: since until and a column a KPI; empty where it cannot be said."""
    periods = cut(first, last, step)
    found = measured(db, periods, by, group)
    found = found.assign(since=[periods[at].first for at in found["period"]], until=[periods[at].last for at in found["period"]])
    return found[["since", "until", "grp", *(kpi.name for kpi in KPIS)]].sort_values(["grp", "since"], ignore_index=True)


MONTHS = {"month": 1, "quarter": 3, "year": 12}


def cut(first: date, last: date, step: str = "month") -> list[Period]:
    """The months, quarters or years, or the weeks from `first` on, that cover a time; the first and the last may be cut short.

    >>> [(str(period.first), str(period.last)) for period in cut(date(2026, 1, 20), date(2026, 2, 3))]
    [('2026-01-20', '2026-01-31'), ('2026-02-01', '2026-02-03')]
    >>> [str(period.last) for period in cut(date(2026, 11, 20), date(2027, 7, 1), "quarter")]
    ['2026-12-31', '2027-03-31', '2027-06-30', '2027-07-01']
    """
    if step != "week" and step not in MONTHS:
        raise Refused(f"A history goes by week, {', '.join(MONTHS)}, not by {step}.")
    found = []
    while first <= last:
        end = first + timedelta(days=6) if step == "week" else _end(first, MONTHS[step])
        found.append(Period(first, min(end, last)))
        first = end + timedelta(days=1)
    return found


def _end(day: date, months: int) -> date:
    """The last day of the month, quarter or year that a day is in."""
    over = (day.month - 1) // months * months + months
    return date(day.year + over // 12, over % 12 + 1, 1) - timedelta(days=1)


def off_since(history: pd.DataFrame, kpi: str, target: float, threshold: float) -> date | None:
    """Since when a KPI is off without a break; None where it is not off in the newest period. history: of one group, oldest first."""
    since: date | None = None
    for day, value in history.dropna(subset=[kpi])[["since", kpi]].itertuples(index=False):
        off = objectives.status(float(value), target, threshold) == "off"
        since = (since or day) if off else None
    return since


def marks(db: Database, first: date, last: date) -> pd.DataFrame:
    """What was changed that may have moved a KPI, a row a day, kind and change: day kind (policy, price, supplier) what who."""
    return db.frame(
        """
        with priced as (
            select change_id, price is distinct from lag(price) over w and lag(change_id) over w is not null as moved
            from item_versions window w as (partition by item_id order by change_id)
        ),
        touched as (
            select change_id, 'policy' as kind from policy_versions
            union select change_id, 'price' from priced where moved
            union select change_id, 'supplier' from supply_versions
        )
        select shop_day(c.done_at, $zone) as day, t.kind, c.what, c.who
        from touched t join visible_changes c using (change_id)
        where day between $first::date and $last::date order by c.change_id, t.kind
        """,
        {"first": first, "last": last, "zone": policy.shop(db).timezone},
    )


def items_of(db: Database, first: date, last: date, within: str, part: str | None) -> list[int]:
    """The items of a part of the shop, as it was in a period; of all of it where `within` is shop."""
    return [int(item) for item in measured(db, [Period(first, last)], "item", within=within, part=part)["grp"]]


def measured(
    db: Database, periods: Sequence[Period], by: str = "shop", group: str | None = None, within: str = "shop", part: str | None = None
) -> pd.DataFrame:
    """One row a period (by its place in `periods`) and group: the widest answer. Where `group` is named, of that alone.

    `within` and `part`: only of a part of the shop, such as the items of one category.
    """
    for seen in (by, within):
        if seen not in BY:
            raise Refused(f"The shop is not looked at by {seen}. Choose one of: {', '.join(BY)}.")
    positions.catch_up(db)
    known = (
        classes.abc(db, max(period.last for period in periods))
        if "class" in (by, within) or db.kept(reckoning.any_counts, "counts")
        else None
    )
    params = {
        "items": [] if known is None else known["item_id"].tolist(),
        "letters": [] if known is None else known["abc"].tolist(),
        "rate": policy.shop(db).carrying_rate,
        "tax": policy.shop(db).sales_tax,
        "zone": policy.shop(db).timezone,
        "group": group,
        "part": part,
    }
    return db.frame(sums.sql([(period.first, period.last) for period in periods], by, within), params)
