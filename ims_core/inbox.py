"""What was noticed and what people did about it: conditions raised once, ended when they end, snoozed, assigned, resolved with a word."""

import threading
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from ims_core import conditions, items, labels, limits, people, policy, versions
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from ims_core.people import Person

STATES = {"open": "Open", "snoozed": "Snoozed", "resolved": "Resolved"}
LONGEST_NAP = 366
KEPT = 90
"""Days for which resolved alerts are listed."""

_LOOKING = threading.Lock()
"""One look at a time: two at once would both raise what neither has written yet."""


# -- noticing


@people.needs("manager")
def look(db: Database, who: Person, day: date) -> int | None:
    """Compare what holds on `day` with what stands: raise what is new, end what is over. None where nothing is new or over.

    Alerts of a rule that could not be asked stay as they are. What somebody resolved stands silently until its condition ends, so it is
    not raised again the next minute.
    """
    with _LOOKING:
        held, failed = conditions.asked(db, day)
        standing = db.frame("""
            select alert_id, rule, subject, item_id, place, since, a.what, money::double as money, done_at
            from standing_alerts a join changes using (change_id)
        """)
        standing = standing[~standing["rule"].isin(failed)]
        new, over, told = compared(held, standing)
        told = told[told["alert_id"].isin(_of_earlier_days(standing, policy.shop(db).timezone, day))]
        if new.empty and over.empty and told.empty:
            db.looked = db.looked or items.any_yet(db)
            return None
        with db.change(who=who.name, what=_says(new, over), via="automation") as change_id:
            first = int(db.scalar("select coalesce(max(alert_id), 0) + 1 from alerts"))
            for rows in (new.assign(alert_id=range(first, first + len(new))), told):
                db.append("alerts", versions.plain(rows[["alert_id", *_KEPT]].assign(since=rows["since"].dt.date)))
            db.append("alert_ends", versions.plain(over[["alert_id"]]))
        db.looked = True
        return change_id


_KEPT = ["rule", "subject", "item_id", "place", "since", "what", "money"]


def compared(held: pd.DataFrame, standing: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """What to raise (rows of `held`), what is over and what has other words now (rows of `standing`, in its new words)."""
    held = held.drop_duplicates(["rule", "subject"])
    both = held.merge(standing, on=["rule", "subject"], how="outer", suffixes=("", "_before"), indicator=True)
    new = both[(both["_merge"] == "left_only") & both["sure"].eq(True)]
    over = both[both["_merge"] == "right_only"]
    other = both[(both["_merge"] == "both") & (both["what"] != both["what_before"])].assign(since=lambda rows: rows["since_before"])
    return new[_KEPT], over[["alert_id"]].astype("int64"), other[["alert_id", *_KEPT]].astype({"alert_id": "int64"})


def _of_earlier_days(standing: pd.DataFrame, timezone: str, day: date) -> pd.Series:
    """Alerts whose words are of an earlier day of the shop: they get newer words once a day, since each line is kept for ever."""
    said = pd.to_datetime(standing["done_at"]).dt.tz_localize("UTC").dt.tz_convert(timezone)
    return standing["alert_id"][said.dt.date < day]


def _says(new: pd.DataFrame, over: pd.DataFrame) -> str:
    return f"Alerts: {len(new):,} new, {len(over):,} over"


# -- questions


def listed(db: Database, day: date, state: str = "open", rule: str | None = None, person: str | None = None) -> pd.DataFrame:
    """Alerts in a state of STATES, the newest first.

    alert_id rule item_id sku name place since what money raised_at ended_at until person note resolved_by
    Resolved are those that ended by themselves, too, for 90 days.
    """
    return db.frame(
        f"""
        select a.alert_id, a.rule, a.item_id, i.sku, i.name, a.place, a.since, a.what, a.money::double as money, a.raised_at, a.ended_at,
               a.until, a.person, a.note, a.resolved_by
        from ({STATED}) a left join items i using (item_id)
        where a.state = $state and ($rule is null or a.rule = $rule) and ($person is null or a.person = $person)
        order by coalesce(case when $state = 'resolved' then a.ended_at end, a.raised_at) desc, list_position($rules::varchar[], a.rule),
                 a.money desc nulls last, a.alert_id
        """,
        {
            "rules": list(limits.RULES),
            "state": state,
            "rule": rule,
            "person": person,
            "day": day,
            "kept": KEPT,
            "zone": policy.shop(db).timezone,
        },
    )


def counted(db: Database, day: date, person: str | None = None) -> dict[str, int]:
    """How many alerts are in each state; with `person` those assigned to them."""
    found = db.rows(
        f"select state, count(*) from ({STATED}) where $person is null or person = $person group by state",
        {"day": day, "kept": KEPT, "zone": policy.shop(db).timezone, "person": person},
    )
    return dict.fromkeys(STATES, 0) | dict(found)


STATED = """
    select *, case when ended_at is not null or step = 'resolved' then 'resolved'
                   when step = 'snoozed' and until > $day::date then 'snoozed' else 'open' end as state
    from alert_states where ended_at is null or shop_day(ended_at, $zone) >= $day::date - $kept
"""
"""SQL: every alert with its state on a day; asks for $day, $kept and $zone."""


def team(db: Database) -> list[str]:
    """Who may be given an alert."""
    found = [name for (name,) in db.rows("select name from people where active and role <> 'viewer' order by lower(name)")]
    return found or [people.LOCAL.name]


# -- commands


@people.needs("staff")
def snooze(db: Database, who: Person, alerts: Sequence[int], until: date, day: date) -> int:
    """Hide alerts until a day; they come back if their condition still holds."""
    if not 0 < (until - day).days <= LONGEST_NAP:
        raise Refused(f"An alert sleeps until a day between tomorrow and a year from now, not until {labels.day_text(until)}.")
    return _step(db, who, alerts, "snoozed", f"until {labels.day_text(until, day)}", until=until)


@people.needs("staff")
def resolve(db: Database, who: Person, alerts: Sequence[int], note: str) -> int:
    """Close alerts with a word on what was done. The same condition is raised again once it has ended and comes back."""
    return _step(db, who, alerts, "resolved", "", note=_word(note))


@people.needs("staff")
def reopen(db: Database, who: Person, alerts: Sequence[int]) -> int:
    """Take alerts up again that were snoozed or resolved too early."""
    return _step(db, who, alerts, "reopened", "")


@people.needs("manager")
def assign(db: Database, who: Person, alerts: Sequence[int], person: str | None) -> int:
    """Give alerts to somebody, or to nobody. Refused: somebody who cannot act."""
    if person is not None and person not in team(db):
        raise Refused(f"{person} cannot take alerts. They go to one of: {', '.join(team(db))}.")
    return _step(db, who, alerts, "assigned", f"to {person or 'nobody'}", person=person)


def _word(note: str) -> str:
    word = " ".join(note.split())
    if not word:
        raise Refused("Say in a word what was done, such as: ordered, counted, written off.")
    return word[:300]


def _step(db: Database, who: Person, alerts: Sequence[int], step: str, more: str, **values: object) -> int:
    with db.change(who=who.name, what=" ".join([f"{labels.many(len(set(alerts)), 'alert')} {step}", more]).strip()) as change_id:
        _refuse_not_there(db, who, alerts)
        db.append("alert_steps", [{"alert_id": int(alert), "step": step, **values} for alert in dict.fromkeys(alerts)])
    return change_id


def _refuse_not_there(db: Database, who: Person, alerts: Sequence[int]) -> None:
    """Staff act on what was given to them; nobody acts on what is over."""
    if not alerts:
        raise Refused("Choose an alert first.")
    found = dict(db.rows("select alert_id, person from alert_states where list_contains($1::bigint[], alert_id) and ended_at is null",
                         [[int(alert) for alert in alerts]]))  # fmt: skip
    if set(map(int, alerts)) - set(found):
        raise Refused("One of these alerts is over by now. Look at the list again.")
    if not who.may("manager") and any(person != who.name for person in found.values()):
        raise NotAllowed(f"{who.name} is {who.role} and may act on alerts that are assigned to them. A manager assigns them.")


def about(alert: Mapping[str, Any], day: date) -> list[str]:
    """The small print of one row of `listed`: since when, whose, and what became of it."""
    return [
        said
        for said, holds in (
            (f"since {labels.day_text(alert['since'], day)}", True),
            (f"for {alert['person']}", isinstance(alert["person"], str)),
            (f"until {labels.day_text(alert['until'], day)}", not pd.isna(alert["until"])),
            (f"{alert['resolved_by']}: {alert['note']}", isinstance(alert["resolved_by"], str)),
            ("over", not pd.isna(alert["ended_at"])),
        )
        if holds
    ]


def title(rule: str) -> str:
    """The rule as people call it; one that is no longer known keeps its name."""
    return limits.RULES[rule].title if rule in limits.RULES else rule
