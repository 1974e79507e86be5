"""What holds now, rule by rule: each finder asks the whole shop at once and gives a row for every case in which its rule is met.

A finder is f(look, numbers) -> subject item_id place since what money sure. `sure` is false where the case is near the limit only: that is
enough for an alert to stand on, not to be raised, or it would come and go with every sale.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from ims_core import alerts, drift, forecasting, kpis, labels, limits, lots, measures, objectives, policy, reorder
from ims_core.db import Database
from ims_core.errors import numbered

COLUMNS = ["rule", "subject", "item_id", "place", "since", "what", "money", "sure"]

Numbers = Mapping[str, float]

LOG = logging.getLogger(__name__)
_FAILING: set[tuple[str, str]] = set()
"""Shop and rule that failed when last asked."""


@dataclass
class Look:
    """One look at the shop on a day; what several finders need is asked once."""

    db: Database
    day: date

    @cached_property
    def until(self) -> date:
        """The last day whose sales are known."""
        return forecasting.known_until(self.db, self.day) or self.day

    @cached_property
    def proposals(self) -> pd.DataFrame:
        """reorder.suggest of the items whose stock is known, with price (else cost) and the last day on which anything moved."""
        more = self.db.frame(
            """
            select i.item_id, coalesce(i.price, c.cost)::double as price, h.last_day
            from items i left join costs c using (item_id)
            left join (select item_id, max(last_day) as last_day from stock_on($day::date) group by item_id) h using (item_id)
            """,
            {"day": self.day},
        )
        found = reorder.suggest(self.db, self.day)
        return found[found["counted"].astype(bool) & (found["estimated"] == 0)].merge(more, on="item_id", how="left")

    @cached_property
    def arrivals(self) -> pd.Series:
        """Days until the next order of an item is due, by item_id; what is overdue already is not counted on."""
        found = self.db.frame(
            "select item_id, min(expected) - $day::date as days from on_order_on($day::date) where expected >= $day::date group by item_id",
            {"day": self.day},
        )
        return found.set_index("item_id")["days"].astype(float)

    def sold_last_year(self, days: int, items: pd.Series) -> pd.Series:
        """Pieces asked for a day of each of these items, in the days that lie a year before those to come; 0 where nothing was."""
        since = self.until - timedelta(days=364)
        sql = """select item_id, sum(qty)::double as qty from demand
                 where day > ? and day <= ? and item_id in (select unnest(?::bigint[])) group by item_id"""
        asked = [int(item) for item in items]
        sold = self.db.frame(sql, [since, since + timedelta(days=days), asked]).set_index("item_id")["qty"] if asked else pd.Series()
        return items.map(sold).astype(float).fillna(0) / days


Finder = Callable[[Look, Numbers], pd.DataFrame]


def now(db: Database, day: date) -> pd.DataFrame:
    """Every case in which a rule that is switched on is met on `day`: the columns are COLUMNS."""
    return asked(db, day)[0]


def asked(db: Database, day: date) -> tuple[pd.DataFrame, list[str]]:
    """What `now` says, and the rules that could not be asked: of their cases nobody knows."""
    look, found, failed = Look(db, day), list[pd.DataFrame](), list[str]()
    for rule, setting in limits.now(db).items():
        if setting.tell != "off":
            try:
                rows = FINDERS[rule](look, setting.numbers)
                if len(rows):
                    found.append(_shaped(rows.assign(rule=rule)))
                _FAILING.discard((db.path, rule))
            except Exception as failure:
                failed.append(rule)
                _say_once(db.path, rule, failure)
    return pd.concat(found, ignore_index=True) if found else _shaped(pd.DataFrame(columns=COLUMNS)), failed


def _say_once(path: str, rule: str, failure: Exception) -> None:
    """A rule that fails fails at every look; its traceback is logged once."""
    if (path, rule) not in _FAILING:
        LOG.error("The rule %s cannot be asked: failure %s", limits.RULES[rule].title, numbered(failure, LOG))
        _FAILING.add((path, rule))


def _shaped(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.reindex(columns=COLUMNS)
    money = rows["money"].astype(float).replace([np.inf, -np.inf], np.nan).round(2)
    return rows.assign(item_id=rows["item_id"].astype("Int64"), since=pd.to_datetime(rows["since"]), money=money)


# -- the finders


def _stockout(look: Look, numbers: Numbers) -> pd.DataFrame:
    """Money: the sales lost between the day it is gone and the day on which more can be here."""
    found = look.proposals[(look.proposals["rate"] > 0) & (look.proposals["reorder_point"] > 0)]
    coming = found["item_id"].map(look.arrivals)
    lasts = (found["available"] / found["rate"]).clip(lower=0)
    wait = coming.fillna(found["lead_days"]).clip(lower=1)
    near = (lasts < 1.1 * wait) & (lasts <= 1.2 * numbers["days"])
    found = found.assign(lasts=lasts, wait=wait, coming=coming, sure=(lasts < wait) & (lasts <= numbers["days"]))[near]
    what = [_runs_out(row, look.day) for row in _each(found)]
    return _of_items(look, found, what, found["rate"] * found["price"] * (found["wait"] - found["lasts"]).clip(lower=0))


def _runs_out(row: Any, day: date) -> str:
    left = "Sold out" if row.available <= 0 else f"{labels.pieces(row.available)} left, {labels.about_days(row.lasts)}"
    if row.coming == row.coming:
        return f"{left}; more comes {labels.ago(_later(day, row.coming), day)}."
    if row.on_order > 0:
        return f"{left}; {labels.pieces(row.on_order)} on order should be here by now or have no day."
    return f"{left}; nothing is on its way, and an order takes {labels.about_days(row.lead_days)}."


def _reorder(look: Look, _: Numbers) -> pd.DataFrame:
    """Money: the sales that would be missing by the next order after this one, as likely as they are."""
    found = look.proposals[look.proposals["quantity"] > 0]
    what = [
        f"{labels.pieces(row.available)} on hand, {labels.pieces(row.on_order)} on order, "
        f"reorder point {labels.pieces(row.reorder_point)}: order {labels.pieces(row.quantity)}."
        for row in _each(found)
    ]
    return _of_items(look, found, what, found["stockout_chance"] * found["expected_demand"] * found["price"])


def _overstock(look: Look, numbers: Numbers) -> pd.DataFrame:
    """Money: what is there beyond the days, at cost. What nobody asks for is too much after as many days without a movement.

    What sold more in the same days of last year will do so again: before Advent, calendars are not too many.
    """
    found = look.proposals[look.proposals["available"] > 0]
    found = found[found["available"] > 0.9 * numbers["days"] * found["rate"]]  # whatever was sold last year, all others are not too many
    found = found.assign(rate=np.maximum(found["rate"], look.sold_last_year(int(numbers["days"]), found["item_id"])))
    idle = (pd.Timestamp(look.until) - pd.to_datetime(found["last_day"])).dt.days.to_numpy(float)
    stands = (found["rate"].to_numpy() <= 0) & (idle >= numbers["days"])
    lasts = np.where(stands, np.inf, (found["available"] / found["rate"].where(found["rate"] > 0)).fillna(0))
    known = stands | (found["known_days"].to_numpy() >= alerts.WINDOW)
    money = (found["available"] - found["rate"] * numbers["days"]).clip(lower=0) * found["unit_cost"].fillna(0)
    sure = (lasts > numbers["days"]) & (money >= numbers["money"])
    near = known & (lasts > 0.9 * numbers["days"]) & (money >= 0.9 * numbers["money"])
    rests = [f"nothing moved for {labels.about_days(days)}" for days in idle.tolist()]
    enough = [f"enough for {labels.about_days(days)}" for days in lasts.tolist()]
    words = [
        f"{labels.pieces(pieces)} there; {rest if moves else cover}."
        for pieces, moves, rest, cover in zip(found["available"], stands, rests, enough, strict=True)
    ]
    return _of_items(look, found.assign(sure=sure)[near], np.array(words, dtype=object)[near], money[near])


def _negative(look: Look, _: Numbers) -> pd.DataFrame:
    """A place is below zero since the day after it last was not. Money: what is missing, at cost."""
    found = look.db.frame(
        """
        select s.item_id, s.place, s.on_hand::double as on_hand, (-s.on_hand * c.cost)::double as money
        from stock_on($day::date) s left join costs c using (item_id)
        where s.on_hand < 0 and s.item_id in (select item_id from counted_by($day::date))
        """,
        {"day": look.day},
    )
    if found.empty:
        return found
    found = found.merge(_since(look, found["item_id"]), on=["item_id", "place"])
    what = [f"{labels.pieces(row.on_hand)} in {row.place}: count it." for row in _each(found)]
    return found.assign(subject=found["item_id"].astype(str) + " " + found["place"], what=what, sure=True)


def _since(look: Look, items: pd.Series) -> pd.DataFrame:
    """The first day after the last on which a place was not below zero: item_id place since."""
    return look.db.frame(
        """
        with days as (select item_id, place, day, sum(sum(qty)) over (partition by item_id, place order by day) as total
                      from stock_moves where list_contains($items::bigint[], item_id) and day <= $day::date group by item_id, place, day),
             fine as (select item_id, place, max(day) filter (total >= 0) as last from days group by all)
        select item_id, place, min(day) as since from days join fine using (item_id, place)
        where day > coalesce(last, date '0001-01-01') group by all
        """,
        {"items": [int(item) for item in items.unique()], "day": look.day},
    )


def _expires(look: Look, numbers: Numbers) -> pd.DataFrame:
    found = lots.expiring(look.db, look.day, int(numbers["days"]))
    what = [
        f"{labels.pieces(row.on_hand)} of {f'lot {row.lot}' if isinstance(row.lot, str) else 'a lot without number'} in {row.place} "
        f"{'expired' if row.left < 0 else 'expire'} {labels.ago(row.expires.date(), look.day)}."
        for row in _each(found)
    ]
    subject = [f"{row.item_id} {row.place} {row.lot} {row.expires:%Y-%m-%d}" for row in _each(found)]
    return found.assign(subject=subject, since=look.day, what=what, money=found["value"], sure=True)


def _late(look: Look, numbers: Numbers) -> pd.DataFrame:
    found = alerts.late(look.db, look.day)
    found = found[found["days"] >= numbers["days"]]
    what = [
        f"{alerts.order_title(row.number, row.supplier)}: {labels.many(int(row.days), 'day')} late"
        f"{'' if row.promised else ' by its usual lead time, as no day was promised'}, {labels.count(row.pieces, 'piece')}."
        for row in _each(found)
    ]
    return found.assign(subject=found["order_id"].astype(str), since=found["due"], what=what, money=found["value"], sure=True)


def _unusual(look: Look, numbers: Numbers) -> pd.DataFrame:
    found = drift.unusual(look.db, look.day, numbers["times"], int(numbers["days"]))
    what = [
        f"{labels.MOVEMENT_KINDS[row.kind]} of {labels.pieces(row.qty)} on {labels.day_text(row.since, look.day)}: "
        f"19 of 20 before were at most {labels.pieces(row.usual)}."
        for row in _each(found)
    ]
    return found.assign(subject=found["change_id"].astype(str) + " " + found["line"].astype(str), what=what, sure=True)


def _silent(look: Look, numbers: Numbers) -> pd.DataFrame:
    found = drift.silent(look.db, look.day, look.until, numbers["missed"], int(numbers["days"]))
    what = [
        f"{labels.pieces(row.on_hand)} there, last sold on {labels.day_text(row.since, look.day)}; "
        f"about {row.missed:.0f} sales should have come since."
        for row in _each(found)
    ]
    return found.assign(subject=found["item_id"].astype(str), what=what, sure=True)


def _forecast(look: Look, numbers: Numbers) -> pd.DataFrame:
    found = drift.off(look.db, look.until, int(numbers["weeks"]))
    near = found["signal"].abs() >= 0.8 * numbers["signal"]
    found = found.assign(sure=found["signal"].abs() >= numbers["signal"])[near]
    what = [
        f"{labels.pieces(round(row.asked))} asked for in {row.weeks} weeks, {labels.pieces(round(row.expected))} forecast: too "
        f"{'high' if row.signal > 0 else 'low'} (tracking signal {row.signal:+.1f})."
        for row in _each(found)
    ]
    return found.assign(subject=found["item_id"].astype(str), what=what)


def _target(look: Look, numbers: Numbers) -> pd.DataFrame:
    """A KPI that is off its objective over the last days; where it is near again the alert still stands."""
    wanted = objectives.in_force(look.db)
    scopes = wanted["scope"].str.partition(":")
    wanted = wanted.assign(by=scopes[0], grp=scopes[2]) if len(wanted) else wanted.assign(by=[], grp=[])
    period = kpis.Period(look.until - timedelta(days=int(numbers["days"]) - 1), look.until)
    measured = {by: kpis.measured(look.db, [period], by) for by in wanted["by"].unique()}
    rows = [
        {
            "subject": f"{row.kpi} {row.scope}",
            "since": look.day,
            "what": _off(row, value, numbers["days"], policy.shop(look.db).currency),
            "sure": objectives.status(value, row.target, row.threshold) == "off",
        }
        for row in _each(wanted)
        for value in _values(measured[row.by], row)
        if objectives.status(value, row.target, row.threshold) in ("off", "near")
    ]
    return pd.DataFrame(rows)


def _values(measured: pd.DataFrame, objective: Any) -> list[float]:
    here = measured if objective.by == objectives.SHOP else measured[measured["grp"].astype(str) == objective.grp]
    return [float(value) for value in here[objective.kpi].dropna()]


def _off(objective: Any, value: float, days: float, currency: str) -> str:
    kpi = measures.BOOK[objective.kpi]
    words: dict[str, Callable[[float], str]] = {"share": "{:.1%}".format, "money": partial(labels.money, currency=currency)}
    told = words.get(kpi.unit, "{:,.1f}".format)
    of = "" if objective.by == objectives.SHOP else f" of {objective.by} {objective.grp}"
    return f"{kpi.label}{of}: {told(value)} in {days:.0f} days, wanted is {told(objective.target)}. {objective.owner} answers for it."


FINDERS: dict[str, Finder] = {
    "stockout": _stockout,
    "reorder": _reorder,
    "negative": _negative,
    "expires": _expires,
    "late": _late,
    "unusual": _unusual,
    "silent": _silent,
    "overstock": _overstock,
    "forecast": _forecast,
    "target": _target,
}
"""By rule; each rule of `limits` has one."""


def _each(found: pd.DataFrame) -> Iterator[Any]:
    """The rows, few as they are, to be put into words."""
    yield from found.itertuples(index=False)


def _of_items(look: Look, found: pd.DataFrame, what: object, money: pd.Series) -> pd.DataFrame:
    """A row an item, known since today: what is computed from today's figures has no day of its own."""
    rows = pd.DataFrame({"subject": found["item_id"].astype(str), "item_id": found["item_id"], "what": what, "money": money})
    return rows.assign(since=look.day, sure=found.get("sure", True))


def _later(day: date, days: float) -> date:
    return (pd.Timestamp(day) + pd.Timedelta(days=int(days))).date()
