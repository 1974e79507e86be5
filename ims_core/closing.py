"""Days on which the shop was or will be closed, as somebody said: nothing is missing then, and nothing has fallen silent.

days(db) -> day reason, the latest first; stretches(db) -> first last reason days: the same, days in a row together
close(db, who, days, reason), reopen(db, who, days): manager
believed(said, sold, until) -> those of the days said on which nothing was sold; ahead(closed, on, days) -> closed days to come
without(history, closed, on) -> the history as if those days had never been
"""

from collections import Counter
from collections.abc import Container, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from ims_core import labels, people
from ims_core.db import Database
from ims_core.errors import Refused

LONGEST = 366
"""Days that can be said at once."""
WEEKS, MOST = 13, 10
"""A weekday that was closed in most of the last weeks is closed in the next ones too."""


def believed(said: Sequence[date], sold: Container[date], until: date) -> list[date]:
    """The days said to be closed but those on which something was sold, by post perhaps; where that was usual, those to come neither."""
    past = [day for day in said if day <= until]
    shut = [day for day in past if day not in sold]
    return shut + ([day for day in said if day > until] if 2 * len(shut) >= len(past) else [])


def ahead(closed: Sequence[date], on: date, days: int) -> list[date]:
    """Which of so many days after one the shop is closed: those said, and the weekdays on which it mostly was."""
    often = Counter(day.weekday() for day in closed if 0 <= (on - day).days < 7 * WEEKS)
    usual = {weekday for weekday, times in often.items() if times >= MOST}
    if len(usual) == 7:  # a season that ends when it was said to end
        usual = set()
    told = {*closed}
    return [day for day in between(on + timedelta(days=1), on + timedelta(days=days)) if day in told or day.weekday() in usual]


def without(history: pd.DataFrame, closed: Sequence[date], on: date) -> pd.DataFrame:
    """Demand by day (ds) as if closed days had never been: what lies before one moves a day nearer to `on`.

    A rate over it is one of days on which the shop was open. Weekdays shift, so this is for sums over days, not for seasons.
    """
    gone = np.sort(pd.DatetimeIndex([day for day in closed if day <= on]).to_numpy())
    ds = pd.to_datetime(history["ds"])
    after = len(gone) - np.searchsorted(gone, ds.to_numpy(), side="right")
    return history.assign(ds=ds + pd.to_timedelta(after, unit="D"))


# -- questions


def days(db: Database) -> pd.DataFrame:
    """Every day said to be closed, the latest first: day reason."""
    return db.frame("select day, reason from closed order by day desc")


def many(db: Database, after: date, until: date) -> int:
    """How many days after one and up to another were closed."""
    return int(db.scalar("select count(*) from closed where day > ? and day <= ?", [after, until]))


def stretches(db: Database) -> pd.DataFrame:
    """Days in a row with one reason as one, the latest first: first last reason days (how many)."""
    return db.frame(
        """
        select min(day) as first, max(day) as last, reason, count(*)::integer as days
        from (select *, day - row_number() over (partition by reason order by day)::integer as run from closed)
        group by reason, run order by first desc
        """
    )


# -- commands


@people.needs("manager")
def close(db: Database, who: people.Person, days: Sequence[date], reason: str) -> int:
    """Say that the shop was or will be closed on these days. Refused: no day, more than a year of them, no reason."""
    told, wanted = " ".join(reason.split()), sorted(set(days))
    if not wanted:
        raise Refused("Choose the days on which the shop was closed.")
    if len(wanted) > LONGEST:
        raise Refused(f"These are {len(wanted):,} days. At most {LONGEST} can be closed at once: say the years one by one.")
    if not 0 < len(told) <= 60:
        raise Refused("Say why the shop was closed in 1 to 60 letters, such as: Public holiday.")
    with db.change(who=who.name, what=f"Closed {_named(wanted)}: {told}") as change_id:
        db.append("closed_versions", [{"day": day, "reason": told} for day in wanted])
    return change_id


@people.needs("manager")
def reopen(db: Database, who: people.Person, days: Sequence[date]) -> int:
    """Say that the shop was open on these days after all. Refused: days that nobody said were closed."""
    known = {day.date(): reason for day, reason in db.frame("select day, reason from closed").itertuples(index=False)}
    wanted = sorted(set(days))
    if not wanted or (unknown := [day for day in wanted if day not in known]):
        raise Refused(f"Nobody said that the shop was closed on {labels.day_text(unknown[0]) if wanted else 'no day'}.")
    with db.change(who=who.name, what=f"Open {_named(wanted)}") as change_id:
        db.append("closed_versions", [{"day": day, "reason": known[day], "active": False} for day in wanted])
    return change_id


def between(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _named(days: Sequence[date]) -> str:
    """`on 1 May 2026`, `1 May 2026 to 9 May 2026`, `on 3 days from 1 May 2026`."""
    first, last = labels.day_text(days[0]), labels.day_text(days[-1])
    if len(days) == 1:
        return f"on {first}"
    return f"{first} to {last}" if (days[-1] - days[0]).days == len(days) - 1 else f"on {len(days)} days from {first}"
