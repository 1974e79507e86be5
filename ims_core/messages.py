"""What is told to people who do not look: a digest at most once an interval, urgent ones sooner.

A message is a fact before it is sent, so neither a restart nor a server that is down loses it. While one waits for an address, nothing
new is written for it: who comes back after three days gets that one and then one digest. Only a crash between the server's yes and the
note of it sends a message twice.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from ims_core import channels, inbox, labels, limits, people, policy
from ims_core.db import Database
from ims_core.errors import ImsError, numbered
from ims_core.people import Person

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=6)
"""The pause after a first failure, which doubles, and where it stays."""
APART = timedelta(minutes=10)
"""Between two urgent messages: what comes meanwhile is told together."""
FAILS = 3
"""Tries after which managers are told: before, it was a hiccup."""
SHOWN = 5
"""Alerts of a rule that a message names; the others stand in the inbox."""

LOG = logging.getLogger(__name__)

_SENDING = threading.Lock()
_TAKEN: set[tuple[str, int]] = set()
"""What a server took while the disk did not take the note of it, or after we had stopped waiting: noted later, never sent again."""
_UNDERWAY: set[tuple[str, int]] = set()
"""What a slow server has in hand; it is not sent beside itself."""
RESTS_ON = ("alerts", "alert_ends", "alert_steps", "channel_versions", "messages", "message_tries", "policy_versions")
"""The tables that decide what is to be told."""


@dataclass(frozen=True)
class Waiting:
    """A message that has not got through: to whom, how often it was tried, and when it is tried next."""

    message_id: int
    channel: str
    url: str
    title: str
    body: str
    tries: int
    says: str | None
    since: datetime
    next: datetime


# -- pure


def slot(now: datetime, digest: limits.Digest) -> datetime:
    """When the interval began in which `now` lies; both on the shop's clock. Weeks begin on Monday.

    >>> slot(datetime(2026, 5, 4, 6, 59), limits.Digest(24, 7)).isoformat()
    '2026-05-03T07:00:00'
    """
    first, length = datetime(2024, 1, 1, digest.at), timedelta(hours=digest.hours)
    return first + (now - first) // length * length


def pause(tries: int) -> timedelta:
    """How long to wait after so many failures."""
    doubled: int = 2 ** min(tries - 1, 20)
    return min(SHORTEST * doubled, LONGEST)


def text(found: pd.DataFrame, currency: str) -> str:
    """The alerts of a message, by rule in the order of `limits.RULES`, the most money first. Columns needed: rule name what money."""
    parts = []
    for rule in limits.RULES:
        rows = found[found["rule"] == rule].sort_values("money", ascending=False)
        if len(rows):
            money = rows["money"].sum()
            stake = f", {labels.money(money, currency)} at stake" if money > 0 else ""
            told = zip(rows["name"].head(SHOWN), rows["what"].head(SHOWN), strict=True)
            lines = [" ".join(f"- {f'{name}: ' if isinstance(name, str) else ''}{what}".split()) for name, what in told]
            more = [f"and {len(rows) - SHOWN:,} more"] if len(rows) > SHOWN else []
            parts.append("\n".join([f"{inbox.title(rule)}: {len(rows):,}{stake}", *lines, *more]))
    return "\n\n".join(parts)


# -- questions


def waiting(db: Database) -> list[Waiting]:
    """What has not got through yet, the oldest first; nothing for addresses that are no longer in use."""
    found = db.rows("""
        select m.message_id, any_value(c.name), any_value(c.url), any_value(m.title), any_value(m.body), count(t.tried_at),
               arg_max(t.says, t.tried_at), any_value(m.written_at), max(t.tried_at)
        from messages m join channels c using (channel_id) left join message_tries t using (message_id)
        where c.active group by m.message_id having not coalesce(bool_or(t.ok), false) order by m.message_id
    """)
    return [
        Waiting(number, name, url, title, body, tries, says, since, tried + pause(tries) if tries else since)
        for number, name, url, title, body, tries, says, since, tried in found
    ]


def state(db: Database) -> pd.DataFrame:
    """How each address in use fares: channel_id name sent (messages) last_sent (UTC) waits tries says since."""
    return db.frame("""
        with each as (
            select m.channel_id, m.message_id, m.written_at, coalesce(bool_or(t.ok), false) as ok, count(t.tried_at) as tries,
                   arg_max(t.says, t.tried_at) as says, max(t.tried_at) as tried_at
            from messages m left join message_tries t using (message_id) group by all
        )
        select c.channel_id, c.name, count(*) filter (e.ok) as sent, max(e.tried_at) filter (e.ok) as last_sent,
               count(*) filter (not e.ok) as waits, coalesce(max(e.tries) filter (not e.ok), 0) as tries,
               any_value(e.says) filter (not e.ok) as says, min(e.written_at) filter (not e.ok) as since
        from channels c left join each e using (channel_id) where c.active group by c.channel_id, c.name order by lower(c.name)
    """)


def failing(db: Database) -> list[str]:
    """Addresses that could not be reached three times in a row."""
    found = state(db)
    return [str(name) for name in found["name"][found["tries"] >= FAILS]]


def _untold(db: Database, day: date) -> pd.DataFrame:
    """Open alerts that an address has not been told of, of which nothing waits: channel_id alert_id rule name what money tell.

    What comes back from a snooze is told once more.
    """
    found = db.frame(
        f"""
        with told as (select channel_id, alert_id, max(day) as day
                      from (select channel_id, day, unnest(alerts) as alert_id from messages) group by all),
             waits as (select channel_id from messages
                       where message_id not in (select message_id from message_tries where ok))
        select c.channel_id, a.alert_id, a.rule, i.name, a.what, coalesce(a.money, 0)::double as money
        from channels c cross join ({inbox.STATED}) a left join items i using (item_id)
        left join told t on t.channel_id = c.channel_id and t.alert_id = a.alert_id
        where c.active and a.state = 'open' and c.channel_id not in (from waits)
          and (t.day is null or (a.step = 'snoozed' and t.day < a.until))
        """,
        {"day": day, "kept": inbox.KEPT, "zone": policy.shop(db).timezone},
    )
    rules = limits.now(db)
    tell = found["rule"].map({rule: setting.tell for rule, setting in rules.items()})
    return found.assign(tell=tell)[tell.isin(["digest", "at once"])]


def _last(db: Database) -> dict[tuple[int, bool], datetime]:
    """When each address got its last message written, urgent ones apart: (channel_id, urgent) -> UTC."""
    found = db.rows("select channel_id, urgent, max(written_at) from messages group by all")
    return {(channel, urgent): moment for channel, urgent, moment in found}


def due(db: Database, now: datetime) -> datetime:
    """When there may be something to tell or to try again, where nothing that it RESTS_ON changes before; `now` and the answer in UTC."""
    zone, digest = ZoneInfo(policy.shop(db).timezone), limits.digest(db)
    next_digest = (slot(_here(now, zone), digest) + timedelta(hours=digest.hours)).replace(tzinfo=zone)
    urgent = [moment + APART for (_, hurried), moment in _last(db).items() if hurried and moment + APART > now]
    retries = [message.next for message in waiting(db)]
    return min([next_digest.astimezone(UTC).replace(tzinfo=None), *urgent, *retries])


# -- commands


@people.needs("manager")
def write(db: Database, who: Person, now: datetime) -> int | None:
    """Write down what is due to be told at `now` (UTC): digests whose interval has begun, and what is urgent. None where nothing is."""
    shop = policy.shop(db)
    zone = ZoneInfo(shop.timezone)
    day = _here(now, zone).date()
    last, digest, rows = _last(db), limits.digest(db), []
    untold = _untold(db, day)
    for channel_id in map(int, untold["channel_id"].unique()):
        found = untold[untold["channel_id"] == channel_id]
        before = last.get((channel_id, False))
        due = before is None or _here(before, zone) < slot(_here(now, zone), digest)
        hurry = now - last.get((channel_id, True), datetime.min) >= APART
        chosen = found if due else found[(found["tell"] == "at once") & hurry]
        if len(chosen):
            rows.append({"channel_id": channel_id, "urgent": not due, "written_at": now, "day": day, **_message(chosen, shop)})
    if not rows:
        return None
    with db.change(who=who.name, what=f"{labels.many(len(rows), 'message')} about alerts", via="automation") as change_id:
        first = int(db.scalar("select coalesce(max(message_id), 0) + 1 from messages"))
        db.append("messages", [{"message_id": first + at, **row} for at, row in enumerate(rows)])
    return change_id


@people.needs("manager")
def deliver(db: Database, who: Person, now: datetime, stop: threading.Event | None = None) -> list[str]:
    """Send what waits and is due at `now` (UTC), each try a fact of its own; who could not be reached, a sentence each.

    Once `stop` is set no further message is begun.
    """
    with _SENDING:
        return list(_delivered(db, who, now, stop or threading.Event()))


def _delivered(db: Database, who: Person, now: datetime, stop: threading.Event) -> Iterator[str]:
    for message in waiting(db):
        if stop.is_set():
            return
        mark = (db.path, message.message_id)
        if message.next > now or mark in _UNDERWAY:
            continue
        failure = None if mark in _TAKEN else _handed_over(message, mark)
        try:
            _note(db, who, message, now, failure)
        except ImsError as refusal:
            yield str(refusal)
            continue
        if failure is None:
            _TAKEN.discard(mark)
        if failure:
            yield f"{message.channel}: {failure}"


def _handed_over(message: Waiting, mark: tuple[str, int]) -> str | None:
    """Why a server did not take it. All its answers together get the patience for one: a service may ask several times."""
    said: list[str | None] = []

    def send() -> None:
        try:
            said.append(channels.send(message.url, message.title, message.body))
            if said == [None]:
                _TAKEN.add(mark)
        except Exception as failure:
            said.append(f"It failed in a way nobody foresaw, number {numbered(failure, LOG)}.")
        finally:
            _UNDERWAY.discard(mark)

    _UNDERWAY.add(mark)
    thread = threading.Thread(target=send, name="message", daemon=True)  # a stop of the program waits for no server
    thread.start()
    thread.join(channels.PATIENCE)
    return said[0] if said else f"The server did not answer within {channels.PATIENCE:.0f} seconds."


def _note(db: Database, who: Person, message: Waiting, now: datetime, failure: str | None) -> None:
    what = f"Message to {message.channel} {'did not get through' if failure else 'sent'}"
    with db.change(who=who.name, what=what, via="automation"):
        db.append("message_tries", [{"message_id": message.message_id, "tried_at": now, "ok": failure is None, "says": failure}])


def _message(found: pd.DataFrame, shop: policy.Shop) -> dict[str, Any]:
    return {
        "title": f"{shop.name}: {labels.many(len(found), 'new alert')}",
        "body": text(found, shop.currency),
        "alerts": [int(alert) for alert in found["alert_id"]],
    }


def _here(moment: datetime, zone: ZoneInfo) -> datetime:
    """A stored moment (UTC) on the shop's clock."""
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
