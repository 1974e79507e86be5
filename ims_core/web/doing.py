"""Ask and do: the two roads from a page to the shop, and who is here on which day."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from ims_core import db as database
from ims_core import labels, people, policy, settings
from ims_core.db import Database
from ims_core.errors import ImsError, Refused, numbered
from ims_core.web import sign_in
from ims_core.web.answers import Answers

P = ParamSpec("P")
T = TypeVar("T")
Progress = Callable[[float, str], None]
"""Called by long work with the fraction done, 0..1, and a sentence on what it does now."""

PAGES = settings.ROOT / "pages"

LOG = logging.getLogger(__name__)


class Served(threading.Event):
    """Set when the first page has been drawn; `newest` is when the last one was (monotonic seconds)."""

    newest = 0.0

    def set(self) -> None:
        """A page has been drawn."""
        self.newest = time.monotonic()
        super().set()


SERVED = Served()
"""What is heavy and not needed at once is loaded after it."""


# -- the shop

_OPEN: dict[Path, Database] = {}
_OPENING = threading.Lock()


def db() -> Database:
    """The open shop; opened on demand where no server has opened it, as in tests."""
    chosen = settings.load()
    if found := _OPEN.get(chosen.database):
        return found
    with _OPENING:
        if chosen.database not in _OPEN:
            _OPEN[chosen.database] = database.connect(chosen.database, also=[chosen.backups])
        return _OPEN[chosen.database]


def close() -> None:
    """Fold the log into the file and let go of it."""
    db().close()
    _OPEN.pop(settings.load().database)


def who() -> people.Person:
    """The person at the screen; the owner at the machine, as long as there are no accounts.

    Asked anew at each run, because an open page outlives its session. Refused: where the session is over.
    """
    return sign_in.person(db())


def shop() -> policy.Shop:
    """The shop's settings."""
    return db().kept(policy.shop, "policy_versions")


def today() -> date:
    """The shop's day."""
    return datetime.now(ZoneInfo(shop().timezone)).date()


def on_the_clock(moments: pd.Series) -> pd.Series:
    """Stored moments (UTC) as the shop's clock shows them; with `local` the only place where a time of day is turned."""
    here: pd.Series = moments.dt.tz_localize("UTC").dt.tz_convert(shop().timezone).dt.tz_localize(None)
    return here


def local(moment: datetime) -> str:
    """A stored moment (UTC) on the shop's clock: `22 Nov, 14:05`."""
    here = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(shop().timezone))
    return f"{labels.day_text(here.date(), today())}, {here:%H:%M}"


def number(name: str) -> int | None:
    """The number that stands in the address as `?name=`; None where there is none, or no number."""
    text = str(st.query_params.get(name, ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


# -- asking


def ask(question: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The question's answer, kept until the next change."""
    here = db()
    state, name = (id(here), here.path, here.version), (question, args, tuple(kwargs.items()))
    sentence = getattr(_WAITING, "sentence", None)
    with st.spinner(f"{plain(sentence)} …") if sentence and not _ANSWERS.known(state, name) else nullcontext():
        _WAITING.sentence = None  # a question that asks others says it once
        try:
            answer: T = _ANSWERS.get(state, name, lambda: question(here, *args, **kwargs))
        finally:
            _WAITING.sentence = sentence
    return answer


@contextmanager
def waiting(sentence: str) -> Iterator[None]:
    """Says what is being worked out, where an answer inside takes longer than half a second."""
    _WAITING.sentence = sentence
    try:
        yield
    finally:
        _WAITING.sentence = None


_ANSWERS = Answers(300_000_000)
_WAITING = threading.local()


# -- doing


def act(name: str) -> str:
    """A word for this very act, new after each success.

    As the key of its form or button, a second click on what was drawn before meets nothing; as the key of the
    change, the same act twice is one act.
    """
    mine = memory()
    return f"{name}-{mine['session']}-{mine['done']}"


def do(command: Callable[..., int | None], *args: Any, done: str, working: str | None = None, **kwargs: Any) -> None:
    """Write through a command, then redraw with `done` and *Undo*; a refusal is shown where this stands.

    With `working` as title, a bar shows what the command reports to its `progress`.
    """
    mine, here, person = memory(), db(), who()
    if working and mine["at_work"]:
        refuse(Refused(f"{mine['at_work'][1].partition(':')[0]} is still at work. Wait until it is done."))
        return

    def act_on(**more: Any) -> None:
        change_id = command(here, person, *args, **kwargs, **more)
        # no call of Streamlit's in between: a waiting click would break in before the change is remembered
        mine.update(done=mine["done"] + 1, last={"change_id": change_id, "says": done, "fresh": True})

    try:
        if working is None:
            act_on()
        else:
            with _working(working) as progress:
                act_on(progress=progress)
    except ImsError as refusal:
        refuse(refusal)
    else:
        st.rerun()


@contextmanager
def working(title: str) -> Iterator[Progress]:
    """Long work on the screen: a bar and what is being done now. It goes on when somebody opens another page meanwhile."""
    with _working(title) as progress:
        yield progress


@contextmanager
def _working(title: str) -> Iterator[Progress]:
    mine, waiting = memory(), list[RerunException | StopException]()

    def shown(draw: Callable[[], None]) -> None:
        if waiting:
            return  # nobody looks at this bar any more; the page that is open shows `at_work`
        try:
            draw()
        except (RerunException, StopException) as click:  # half an import is worth nothing: finish first
            waiting.append(click)

    def begin() -> None:
        status.append(st.status(plain(title), expanded=True))
        bar.append(status[0].progress(0.0, text=" "))

    def progress(fraction: float, sentence: str) -> None:
        done = min(max(float(fraction), 0.0), 1.0)
        mine["at_work"] = (done, f"{title}: {sentence}")
        shown(lambda: bar[0].progress(done, text=plain(sentence)))

    status, bar = list[Any](), list[Any]()
    mine["at_work"] = (0.0, title)  # from now on: a page that is opened before the first word comes must know
    shown(begin)
    try:
        yield progress
    except ImsError:
        shown(lambda: status[0].update(state="error"))
        raise
    finally:
        mine["at_work"] = None
    shown(lambda: status[0].update(state="complete"))
    if waiting:
        raise waiting[-1]


def memory() -> dict[str, Any]:
    """What this session remembers between two runs: which acts are done, the last change, what is at work."""
    if "_mine" not in st.session_state:
        st.session_state["_mine"] = {"session": secrets.token_hex(4), "done": 0, "last": None, "at_work": None}
    mine: dict[str, Any] = st.session_state["_mine"]
    return mine


# -- going and saying


def go(page: str, **query: Any) -> NoReturn:
    """Open the page `pages/<page>.py`, with filters or an item in its address."""
    st.switch_page(PAGES / f"{page}.py", query_params={name: str(value) for name, value in query.items()})


def refuse(refusal: ImsError) -> None:
    """Show a refusal's sentence."""
    st.error(plain(str(refusal)), icon=":material/block:")


def calm(failure: Exception) -> None:
    """Show that something failed which nobody foresaw; the number leads to the traceback in the log."""
    st.error(
        f"This page could not be shown. Nothing was changed by it. Reload the page; if it happens again, "
        f"tell whoever looks after the program the number {numbered(failure, LOG)}.",
        icon=":material/error:",
    )


def plain(text: object) -> str:
    """Text as it is: what Streamlit would read as markdown, colour or icon is escaped."""
    return str(text).translate(_ESCAPED)


_ESCAPED = {ord(sign): f"\\{sign}" for sign in "\\`*_{}[]()<>#+-.!|~$:"}
