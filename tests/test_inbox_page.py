"""The inbox and the settings of alerts on the screen."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ims_core import accounts, channels, inbox, limits, people
from ims_core.automation import AUTOMATION
from ims_core.web import doing, sign_in
from tests.builders import Shop
from tests.test_pages import button, field, opened, said


@pytest.fixture
def alarmed(on_disk: Shop) -> Shop:
    """A shop with a kettle and a mug that are below zero."""
    for sku, sold in (("KETTLE", 3), ("MUG", 5)):
        item = on_disk.item(sku, cost=4)
        on_disk.move("count", item, 1, day=doing.today() - timedelta(days=9))
        on_disk.move("sale", item, sold, day=doing.today())
    with on_disk.db.change(who="Owner", what="Alerts"):
        on_disk.db.append("policy_versions", [{"scope": limits.SCOPE, "name": f"{rule} tell", "value": "off"}
                                              for rule in limits.RULES if rule != "negative"])  # fmt: skip
    inbox.look(on_disk.db, AUTOMATION, doing.today())
    return on_disk


def counted(shop: Shop) -> list[int]:
    return list(inbox.counted(shop.db, doing.today()).values())


def test_alerts_stand_by_rule_with_what_is_at_stake_and_today_counts_them(alarmed: Shop) -> None:
    screen = opened("inbox")
    words = said(screen).replace("\u202f", " ")
    assert "2 alerts open, € 24.00 at stake." in words
    assert "Below zero" in words
    assert ". :small[:gray[Since " in screen.checkbox[0].label
    assert "2 alerts in the inbox." in said(opened("today"))


def test_nothing_needs_attention_only_after_a_look(on_disk: Shop) -> None:
    on_disk.move("count", on_disk.item("KETTLE", cost=4), 1, day=doing.today())
    screen = opened("inbox")
    assert "has not looked at the shop yet" in said(screen)
    assert "Nothing needs attention" not in said(screen)
    assert inbox.look(on_disk.db, AUTOMATION, doing.today()) is None
    assert "Nothing needs attention" in said(screen.run())


def test_a_look_at_an_empty_shop_says_nothing_of_what_comes(on_disk: Shop) -> None:
    inbox.look(on_disk.db, AUTOMATION, doing.today())
    on_disk.move("count", on_disk.item("KETTLE", cost=4), 1, day=doing.today())
    assert "has not looked at the shop yet" in said(opened("inbox"))


def test_what_is_ticked_is_resolved_with_a_word_and_undone(alarmed: Shop) -> None:
    screen = opened("inbox")
    screen.checkbox[0].check().run()
    assert "To whom" not in [found.label for found in screen.selectbox]  # alone there is nobody to give it to
    field(screen.text_input, "What was done").set_value("counted")
    screen.button(key=submit(screen, "Resolve")).click().run()
    assert counted(alarmed) == [1, 0, 1]
    assert "1 alert resolved." in said(screen)
    button(screen, "Undo").click().run()
    assert counted(alarmed) == [2, 0, 0]


def test_resolving_without_a_word_is_refused(alarmed: Shop) -> None:
    screen = opened("inbox")
    screen.checkbox[0].check().run()
    screen.button(key=submit(screen, "Resolve")).click().run()
    assert "Say in a word what was done" in screen.error[0].value.replace("\\", "")


def test_what_is_snoozed_is_found_there_and_taken_up_again(alarmed: Shop) -> None:
    screen = opened("inbox")
    screen.checkbox[0].check().run()
    screen.button(key=submit(screen, "Snooze")).click().run()
    assert counted(alarmed) == [1, 1, 0]
    screen = opened("inbox", state="Snoozed")
    assert "1 alert snoozed; 1 open." in said(screen)
    screen.checkbox[0].check().run()
    button(screen, "Take up again").click().run()
    assert counted(alarmed) == [2, 0, 0]


def submit(screen: Any, label: str) -> str:
    """The key of a form's button: the popover that it is in has the same words."""
    return str(next(found.key for found in screen.button if found.label == label))


@pytest.mark.parametrize(("role", "boxes"), [("viewer", 0), ("staff", 1), ("manager", 2)])
def test_viewers_look_staff_act_on_theirs_and_managers_on_all(
    alarmed: Shop, monkeypatch: pytest.MonkeyPatch, role: str, boxes: int
) -> None:
    with alarmed.db.change(who="Owner", what="Accounts"):
        alarmed.db.append("people_versions", [{"name": "Olga", "role": "owner"}, {"name": "Stefan", "role": "staff"}])
    inbox.assign(alarmed.db, people.LOCAL, [1], "Stefan")
    monkeypatch.setattr(sign_in, "person", lambda db: people.Person("Stefan", role))
    screen = opened("inbox")
    assert not screen.exception
    assert len(screen.checkbox) == boxes
    assert "2 alerts open" in said(screen)


def test_a_rule_is_set_on_the_settings(alarmed: Shop) -> None:
    screen = opened("settings", settings="Alerts")
    assert not screen.exception
    screen.selectbox(key="tell-silent").set_value("at once")
    screen.number_input(key="silent-missed").set_value(12.0)
    save = [found for found in screen.button if found.label == "Save"]
    save[list(limits.RULES).index("silent")].click().run()
    assert limits.now(alarmed.db)["silent"] == limits.Setting("at once", {"missed": 12, "days": 10})
    assert "Gone silent is set." in said(screen)


def test_an_address_is_added_tried_out_and_never_shown(alarmed: Shop) -> None:
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    screen = opened("settings", settings="Alerts")
    field(screen.text_input, "Whom it reaches").set_value("Anna's phone")
    field(screen.text_input, "Address").set_value(f"json://127.0.0.1:{server.server_address[1]}/HushHush")
    button(screen, "Add").click().run()
    assert "Messages go to Anna's phone from now on." in said(screen)
    button(screen, "Send a test message").click().run()
    assert [message["title"] for message in got] == ["My shop: test message"]
    assert "HushHush" not in said(screen) + str(screen.text_input)
    server.shutdown()
    button(screen, "Remove").click().run()
    assert channels.listed(alarmed.db, people.LOCAL).empty


def test_only_the_owner_sees_who_is_told(alarmed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not accounts.exist(alarmed.db)
    monkeypatch.setattr(sign_in, "person", lambda db: people.Person("Martha", "manager"))
    screen = opened("settings", settings="Alerts")
    assert "Address" not in [found.label for found in screen.text_input]
    assert "The owner says to which addresses messages go." in said(screen)
