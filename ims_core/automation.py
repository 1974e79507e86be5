"""What runs by itself while the server is up: a look at the shop after changes and at each new day, messages that are due.

It never keeps a scan waiting: looking is reading, which waits for nobody; it comes after the change, and rests twenty times as long as the
last look took, so that at most a twentieth of one core goes into it.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from ims_core import inbox, messages, policy, positions
from ims_core.db import Database
from ims_core.errors import ImsError, numbered
from ims_core.people import Person

AUTOMATION = Person("Automation", "manager")

BEAT = 2.0
"""Seconds between two beats; one without work compares two numbers."""
REST, SHARE = 10.0, 20
"""After a look at least so many seconds of rest, and so many times as long as it took."""
AFTER_FAILURE = 60.0
"""Where it failed at least so many."""
AT_LEAST = timedelta(minutes=10)
"""After so long it asks whether there is something to tell, whatever was written: an undo brings alerts back without a line of its own."""

LOG = logging.getLogger(__name__)


@dataclass
class Rhythm:
    """What was seen last, and until when to rest (time.monotonic)."""

    seen: int = -1
    day: date | None = None
    rest: float = 0.0
    told: float = 0.0
    mark: object = None
    due: datetime = datetime.min
    """What was written when it was told last, and when (UTC) something is due though nothing is written."""


def run(db: Database, stop: threading.Event) -> None:
    """Beat until `stop` is set."""
    rhythm = Rhythm()
    while not stop.wait(BEAT):
        beat(db, rhythm, datetime.now(UTC).replace(tzinfo=None), stop)


def beat(db: Database, rhythm: Rhythm, now: datetime, stop: threading.Event | None = None) -> None:
    """Look where something has changed since, or a day has begun; then tell what is due. What fails is logged, and stops nothing else."""
    for part in (_keep_up, _look, partial(_tell, stop=stop)):
        try:
            part(db, rhythm, now)
        except ImsError as refusal:
            LOG.warning("Alerts: %s", refusal)
        except Exception as failure:
            numbered(failure, LOG)


def _keep_up(db: Database, rhythm: Rhythm, now: datetime) -> None:
    """Reckon positions before each look, so that nobody waits for it at the first question after a large import."""
    if time.monotonic() >= rhythm.rest and rhythm.seen != db.version:
        positions.catch_up(db)


def _look(db: Database, rhythm: Rhythm, now: datetime) -> None:
    day = now.replace(tzinfo=UTC).astimezone(ZoneInfo(policy.shop(db).timezone)).date()
    begun, rest = time.monotonic(), AFTER_FAILURE
    if begun < rhythm.rest or (rhythm.seen, rhythm.day) == (db.version, day):
        return
    try:
        version = db.version
        changed = inbox.look(db, AUTOMATION, day)
        rhythm.seen, rhythm.day, rest = changed if changed == version + 1 else version, day, REST
    finally:
        took = time.monotonic() - begun
        rhythm.rest = begun + took + max(rest, SHARE * took)


def _tell(db: Database, rhythm: Rhythm, now: datetime, stop: threading.Event | None) -> None:
    begun = time.monotonic()
    if begun < rhythm.told or (rhythm.mark is _written(db) and now < rhythm.due):
        return
    mark, rhythm.told = _written(db), begun + AFTER_FAILURE
    rhythm.due = now + AT_LEAST
    if db.kept(_any_channel, "channel_versions"):
        messages.write(db, AUTOMATION, now)
        messages.deliver(db, AUTOMATION, now, stop)
        rhythm.due = min(rhythm.due, messages.due(db, now))
    rhythm.mark, rhythm.told = mark, begun + REST


def _written(db: Database) -> object:
    """Another one after each change of what messages rest on; asks the database nothing."""
    return db.kept(_stamp, *messages.RESTS_ON)


def _stamp(_: Database) -> object:
    return object()


def _any_channel(db: Database) -> bool:
    return bool(db.scalar("select count(*) > 0 from channels where active"))
