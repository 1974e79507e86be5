"""What is told: quietly, once, in plain text, to a mail server and a webhook that go down and come back."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from ims_core import automation, channels, exporting, inbox, ledger, limits, messages, people
from ims_core import db as database
from ims_core.automation import AUTOMATION
from ims_core.db import Database
from ims_core.errors import NotAllowed, Refused
from ims_core.people import Person
from tests.builders import DAY, Shop

NOON = datetime(2026, 5, 4, 12)
HOUR = timedelta(hours=1)
SECRET = "T0pSecretToken"


class Hook:
    """A webhook on this machine that can go down, answer with a failure, and come back."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers = 200
        self.ready = threading.Event()
        self.ready.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.ready.wait(20)
                if hook.answers == 200:
                    hook.got.append(said)
                self.send_response(hook.answers)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return None

        self.handler, self.server = Handler, ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.run()

    def run(self) -> None:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def down(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def up(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.run()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/{SECRET}"


class Post:
    """What a mail server took."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.full = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.full:
            return "452 No room"
        self.got.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()
    yield found
    found.down()


class MailServer:
    """A mail server on this machine that goes down and comes back at the same place."""

    def __init__(self) -> None:
        self.post = Post()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"mailto://127.0.0.1:{self.port}?smtp=127.0.0.1&mode=insecure&from=shop@shop.example&to=olga@shop.example"
        self.up()

    def up(self) -> None:
        self.controller = Controller(self.post, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def down(self) -> None:
        self.controller.stop()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    found = MailServer()
    yield found
    found.down()


def alert(db: Database, number: int, rule: str = "negative", what: str = "-2 in Shop: count it.", item_id: int | None = None) -> None:
    """A condition that was noticed."""
    with db.change(who="Automation", what="Alerts: 1 new, 0 over", via="automation"):
        db.append("alerts", [{"alert_id": number, "rule": rule, "subject": str(number), "item_id": item_id, "since": DAY,
                              "what": what, "money": 10.0 * number}])  # fmt: skip


def tell(db: Database, now: datetime) -> list[str]:
    """What the program does by itself at a moment."""
    messages.write(db, AUTOMATION, now)
    return messages.deliver(db, AUTOMATION, now)


# -- when


@pytest.mark.parametrize(
    ("hours", "begun"),
    [(1, "2026-05-06T12:00"), (4, "2026-05-06T11:00"), (12, "2026-05-06T07:00"), (24, "2026-05-06T07:00"), (168, "2026-05-04T07:00")],
)
def test_an_interval_begins_at_its_hour_and_a_week_on_monday(hours: int, begun: str) -> None:
    assert messages.slot(datetime(2026, 5, 6, 12, 30), limits.Digest(hours, 7)) == datetime.fromisoformat(begun)


def test_pauses_grow_and_then_stay() -> None:
    assert [messages.pause(tries) / timedelta(minutes=1) for tries in (1, 2, 3, 9, 10, 500)] == [1, 2, 4, 256, 360, 360]


def test_a_digest_comes_once_an_interval_and_tells_each_alert_once(shop: Shop, hook: Hook) -> None:
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    alert(shop.db, 1, item_id=shop.item("MUG"))
    tell(shop.db, NOON)
    alert(shop.db, 2)
    for hours in range(1, 19):  # until 6 in the morning
        tell(shop.db, NOON + hours * HOUR)
    assert len(hook.got) == 1
    tell(shop.db, NOON + 20 * HOUR)
    tell(shop.db, NOON + 21 * HOUR)
    assert [said["title"] for said in hook.got] == ["My shop: 1 new alert"] * 2
    assert hook.got[0]["message"].replace("\u202f", " ") == "Below zero: 1, € 10.00 at stake\n- Mug: -2 in Shop: count it."
    assert shop.db.rows("select alerts, urgent from messages order by message_id") == [([1], False), ([2], False)]


def test_once_the_server_stops_no_further_message_is_begun(shop: Shop, hook: Hook) -> None:
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    alert(shop.db, 1)
    messages.write(shop.db, AUTOMATION, NOON)
    stop = threading.Event()
    stop.set()
    messages.deliver(shop.db, AUTOMATION, NOON, stop)
    assert hook.got == []
    messages.deliver(shop.db, AUTOMATION, NOON, threading.Event())
    assert len(hook.got) == 1


def test_a_stop_waits_for_no_slow_server_and_what_that_takes_late_is_not_sent_twice(
    shop: Shop, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "PATIENCE", 0.2)
    send = channels.send  # a service that asks a second time after the first was not answered, as some do
    monkeypatch.setattr(channels, "send", lambda *message: hook.ready.wait(20) and send(*message))
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    alert(shop.db, 1)
    hook.ready.clear()
    assert tell(shop.db, NOON) == ["Hook: The server did not answer within 0 seconds."]
    assert tell(shop.db, NOON + HOUR) == []  # it has it in hand
    hook.ready.set()
    for thread in threading.enumerate():
        if thread.name == "message":
            thread.join(20)
    tell(shop.db, NOON + 2 * HOUR)
    assert (len(hook.got), messages.waiting(shop.db)) == (1, [])


def test_the_program_asks_about_messages_only_when_something_is_due(shop: Shop, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, write, rhythm = [], messages.write, automation.Rhythm(rest=float("inf"))
    monkeypatch.setattr(messages, "write", lambda db, who, now: asked.append(now) or write(db, who, now))  # type: ignore[func-returns-value]

    def pulse(after: timedelta) -> int:
        rhythm.told = 0
        automation.beat(shop.db, rhythm, NOON + after)
        return len(asked)

    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    minute = timedelta(minutes=1)
    assert [pulse(0 * minute), pulse(minute), pulse(9 * minute)] == [1, 1, 1]
    shop.item("MUG")
    assert pulse(9 * minute) == 1  # none of its business
    alert(shop.db, 1)
    assert pulse(9 * minute) == 2
    assert len(hook.got) == 1
    assert [pulse(9 * minute), pulse(10 * minute), pulse(20 * minute)] == [3, 3, 4]  # after what it wrote itself, and now and then


def test_an_hour_without_news_sends_nothing(shop: Shop, hook: Hook) -> None:
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    before = shop.db.version
    tell(shop.db, NOON)
    assert (hook.got, shop.db.version) == ([], before)


def test_what_is_urgent_comes_at_once_and_together(shop: Shop, hook: Hook) -> None:
    limits.save(shop.db, people.LOCAL, "stockout", "at once", {})
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    alert(shop.db, 1)
    tell(shop.db, NOON)
    for minutes, number in ((30, 2), (31, 3), (32, 4)):
        alert(shop.db, number, rule="stockout")
        tell(shop.db, NOON + timedelta(minutes=minutes))
    alert(shop.db, 5)
    tell(shop.db, NOON + timedelta(minutes=41))
    assert shop.db.rows("select alerts, urgent from messages order by message_id") == [([1], False), ([2], True), ([3, 4], True)]


def test_what_is_resolved_snoozed_over_or_meant_for_the_inbox_is_not_told(shop: Shop, hook: Hook) -> None:
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    for number, rule in ((1, "negative"), (2, "negative"), (3, "negative"), (4, "overstock")):
        alert(shop.db, number, rule=rule)
    inbox.resolve(shop.db, people.LOCAL, [1], "counted")
    inbox.snooze(shop.db, people.LOCAL, [2], DAY + timedelta(days=2), DAY)
    with shop.db.change(who="Automation", what="Alerts", via="automation"):
        shop.db.append("alert_ends", [{"alert_id": 3}])
    tell(shop.db, NOON)
    assert hook.got == []
    tell(shop.db, NOON + timedelta(days=2))
    tell(shop.db, NOON + timedelta(days=3))
    assert shop.db.rows("select alerts from messages") == [([2],)]  # back from its snooze


def test_a_flood_is_told_in_a_few_lines(shop: Shop, hook: Hook) -> None:
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    for number in range(1, 41):
        alert(shop.db, number)
    tell(shop.db, NOON)
    assert [said["title"] for said in hook.got] == ["My shop: 40 new alerts"]
    assert hook.got[0]["message"].count("\n") == 6
    assert hook.got[0]["message"].endswith("and 35 more")


# -- down and up again


def test_a_webhook_that_is_down_gets_everything_once_when_it_is_back(shop: Shop, hook: Hook) -> None:
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    limits.set_digest(shop.db, people.LOCAL, 1, 7)
    told = 0
    for hours in range(12):
        alert(shop.db, hours + 1)
        if hours == 3:
            hook.down()
        if hours == 5:
            hook.up()
            hook.answers = 503
        if hours == 7:
            hook.answers = 200
        told += len(tell(shop.db, NOON + hours * HOUR))
    tell(shop.db, NOON + 20 * HOUR)
    found = [number for (alerts,) in shop.db.rows("select alerts from messages order by message_id") for number in alerts]
    assert sorted(found) == list(range(1, 13))
    assert sum(int(said["title"].split()[2]) for said in hook.got) == 12
    assert told == 4
    assert messages.waiting(shop.db) == []


def test_a_mail_server_that_is_down_gets_everything_once_when_it_is_back(shop: Shop, mail: MailServer) -> None:
    channels.add(shop.db, people.LOCAL, "Olga", mail.url)
    limits.set_digest(shop.db, people.LOCAL, 1, 7)
    for hours in range(8):
        alert(shop.db, hours + 1)
        if hours == 2:
            mail.down()
        if hours == 4:
            mail.up()
            mail.post.full = True
        if hours == 6:
            mail.post.full = False
        tell(shop.db, NOON + hours * HOUR)
    tell(shop.db, NOON + 12 * HOUR)
    subjects = [str(make_header(decode_header(said["Subject"]))) for said in mail.post.got]
    assert sum(int(subject.split()[2]) for subject in subjects) == 8
    assert mail.post.got[0]["To"] == "olga@shop.example"
    assert messages.waiting(shop.db) == []


def test_a_failed_message_is_kept_and_tried_with_growing_pauses(shop: Shop, hook: Hook) -> None:
    hook.answers = 500
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    alert(shop.db, 1)
    assert tell(shop.db, NOON) == ["Hook: The server answered 500."]
    tried = [minute for minute in range(1, 35) if tell(shop.db, NOON + timedelta(minutes=minute))]
    assert tried == [1, 3, 7, 15, 31]
    state = messages.state(shop.db).iloc[0]
    assert (state["waits"], state["tries"], state["says"]) == (1, 6, "The server answered 500.")


def test_what_waits_outlives_a_restart_and_what_was_sent_is_not_sent_again(tmp_path: Path, hook: Hook) -> None:
    hook.answers = 500
    db = database.connect(tmp_path / "shop.duckdb")
    channels.add(db, people.LOCAL, "Hook", hook.url)
    alert(db, 1)
    tell(db, NOON)
    db.close()
    hook.answers = 200
    for hours in (1, 2):
        db = database.connect(tmp_path / "shop.duckdb")
        tell(db, NOON + hours * HOUR)
        db.close()
    assert len(hook.got) == 1


def test_a_message_that_was_taken_while_the_disk_was_full_is_not_sent_twice(
    shop: Shop, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    alert(shop.db, 1)

    def full(*_: object) -> None:
        raise Refused("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "_note", full)
        assert tell(shop.db, NOON) == ["The disk is full."]
    tell(shop.db, NOON + HOUR)
    assert len(hook.got) == 1
    assert messages.waiting(shop.db) == []


def test_nothing_goes_to_an_address_that_was_removed(shop: Shop, hook: Hook) -> None:
    hook.answers = 500
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    alert(shop.db, 1)
    tell(shop.db, NOON)
    change = channels.remove(shop.db, people.LOCAL, 1)
    hook.answers = 200
    tell(shop.db, NOON + HOUR)
    assert hook.got == []
    with pytest.raises(Refused, match="must not come alive again"):
        ledger.undo(shop.db, people.LOCAL, change)


# -- addresses


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "not understood"),
        ("http://169.254.169.254/latest/meta-data", "not understood"),
        ("json://169.254.169.254/latest", "no server that takes messages"),
        ("jsons://[fe80::1]/x", "no server that takes messages"),
        ("file:///etc/passwd", "not understood"),
        ("syslog://", "nobody but the machine"),
        ("json://shop.example/" + "x" * 3000, "not understood"),
        ("mailto://u:p@shop.example?to=a@b.example,c@d.example", "several receivers"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#a/#b", "several receivers"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused(shop: Shop, url: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        channels.add(shop.db, people.LOCAL, "X", url)
    assert "passwd" not in str(refusal.value)


def test_only_an_owner_sets_addresses_and_a_name_is_given_once(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        channels.add(shop.db, Person("Martha", "manager"), "X", "json://shop.example")
    channels.add(shop.db, people.LOCAL, "Hook", "json://shop.example")
    for name, says in (("hook", "go to Hook|go to hook"), ("", "a name"), ("x" * 41, "a name")):
        with pytest.raises(Refused, match=says):
            channels.add(shop.db, people.LOCAL, name, "json://shop.example")


def test_the_address_is_nowhere_but_in_its_table(shop: Shop, hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hook.answers = 401
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    alert(shop.db, 1)
    said = tell(shop.db, NOON)
    with pytest.raises(Refused, match="did not get through: The server answered 401") as refusal:
        channels.try_out(shop.db, people.LOCAL, 1, "Test")
    told = [said, str(refusal.value), channels.listed(shop.db, people.LOCAL).to_string(), messages.state(shop.db).to_string(),
            str(shop.db.rows("select * from changes")), str(shop.db.rows("select * from message_tries")), caplog.text]  # fmt: skip
    assert SECRET not in str(told)
    assert SECRET.encode() not in exporting.everything(shop.db, DAY)
    assert not any(table in exporting.NAMES.values() for table in ("channel_versions", "messages"))


def test_a_test_message_goes_out_at_once(shop: Shop, hook: Hook) -> None:
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    channels.try_out(shop.db, people.LOCAL, 1, "My shop: test")
    assert [said["title"] for said in hook.got] == ["My shop: test"]
    with pytest.raises(Refused, match="no such address"):
        channels.try_out(shop.db, people.LOCAL, 2, "Test")


# -- what names out of files could do


EVIL = "Mug <b>\r\nBcc: all@evil.example <!channel> @everyone [open](https://evil.example) {{ secret }} \\n \u202eevil"


def test_a_name_out_of_a_file_is_nothing_but_text(shop: Shop, hook: Hook, mail: MailServer) -> None:
    item = shop.item("MUG")
    with shop.db.change(who="Owner", what="Import"):
        shop.db.append("item_versions", [{"item_id": item, "sku": "MUG", "name": EVIL}])
        shop.db.append("policy_versions", [{"scope": "shop", "name": "name", "value": EVIL}])
    channels.add(shop.db, people.LOCAL, "Hook", hook.url)
    channels.add(shop.db, people.LOCAL, "Olga", mail.url)
    alert(shop.db, 1, item_id=item)
    assert tell(shop.db, NOON) == []
    said, letter = hook.got[0], mail.post.got[0]
    for text in (said["title"], said["message"]):
        for sign in ("<", ">", "@everyone", "](", "\r", "\u202e"):
            assert sign not in text
        assert "{{ secret }} \\n" in text
    assert "\n" not in said["title"]
    assert letter["Bcc"] is None
    assert letter.get_all("To") == ["olga@shop.example"]
