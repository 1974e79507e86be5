"""Where messages go, by addresses as apprise spells them: e-mail, Slack, Teams, Telegram, ntfy, webhooks. Addresses are secrets.

They are kept in the shop's file and nowhere else: not in what is taken out, not in the log, not in what happened; screens show the
service and the name that the owner gave. Only an owner sets them, since an address makes this machine speak to any server.
"""

import ipaddress
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from ims_core import people
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.people import Person

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

PATIENCE = 20.0
"""Seconds that a server may take to answer. Short, and what it took late would be sent again."""
LONGEST = 2000
HERE = ("dbus", "kde", "glib", "qt", "gnome", "macosx", "windows", "syslog", "x11")
"""Services that speak to nobody but this machine."""

logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # below, it writes down what is asked of whom


# -- questions


@people.needs("owner")
def listed(db: Database, who: Person) -> pd.DataFrame:
    """Every address in use: channel_id name since made_by. The address itself is told to nobody."""
    return db.frame("""
        select c.channel_id, c.name, min(n.done_at) as since, arg_min(n.who, n.change_id) as made_by
        from channels c join channel_versions v using (channel_id) join changes n on n.change_id = v.change_id
        where c.active group by c.channel_id, c.name order by lower(c.name)
    """)


@people.needs("owner")
def try_out(db: Database, who: Person, channel_id: int, title: str) -> None:
    """Send a test message at once. Refused: where it does not get through, with what can be said about why."""
    url = db.scalar("select url from channels where channel_id = ? and active", [channel_id])
    if url is None:
        raise Refused("There is no such address in use.")
    if failure := send(url, title, "This is a test message. Alerts of your shop will come like this."):
        raise Refused(f"The test message did not get through: {failure}")


def send(url: str, title: str, body: str) -> str | None:
    """Hand a message over; None where it was taken, else why not, without anything of the address."""
    service = _service(url)
    if service is None:
        return "The address is not understood any more. Add it anew."
    from apprise import Apprise, NotifyFormat

    said: list[str] = []
    outbox = Apprise(asset=_asset())
    outbox.add(service)
    line = " ".join(plain(title).split())
    taken = outbox.notify(
        plain(body), title=line, body_format=NotifyFormat.TEXT, interpret_escapes=False, log_level=logging.WARNING,
        log_callback=lambda entry, _: said.append(str(getattr(entry, "message", ""))),
    )  # fmt: skip
    return None if taken else _why(said)


def _why(said: list[str]) -> str:
    answered = next(iter(re.findall(r"error=(\d{3})", " ".join(said))), None)
    return f"The server answered {answered}." if answered else "The server could not be reached, or did not take it."


def plain(text: str) -> str:
    r"""Text that means nothing but itself: what a name out of some file could make of it is taken away.

    Nobody is called (@everyone), no link hides behind a word, no tag is read, no line of a header is added.

    >>> plain("Mug <!channel> @here [x](http://e.vil)")
    'Mug ‹!channel› @\u200bhere [x] (http://e.vil)'
    """
    text = re.sub(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", " ", text)
    return text.replace("<", "‹").replace(">", "›").replace("@", "@\u200b").replace("](", "] (")


# -- commands


@people.needs("owner")
def add(db: Database, who: Person, name: str, url: str) -> int:
    """Send messages to one more address. Refused: what no service understands, and what names several receivers."""
    name, url = " ".join(name.split()), url.strip()
    if not 0 < len(name) <= 40:
        raise Refused("Give the address a name of 1 to 40 characters, such as Anna's phone.")
    _refuse_unsound(url)
    with db.change(who=who.name, what=f"Messages to {name}") as change_id:
        if db.scalar("select count(*) from channels where active and lower(name) = lower(?)", [name]):
            raise Refused(f"Messages go to {name} already. Take another name, or remove that one first.")
        channel_id = int(db.scalar("select coalesce(max(channel_id), 0) + 1 from channel_versions"))
        db.append("channel_versions", [{"channel_id": channel_id, "name": name, "url": url}])
    return change_id


@people.needs("owner")
def remove(db: Database, who: Person, channel_id: int) -> int:
    """Nothing is sent there any more, also not what is waiting. The address itself is forgotten, as far as a ledger forgets."""
    found = db.row("select channel_id, name from channels where channel_id = ? and active", [channel_id])
    if not found:
        raise Refused("There is no such address in use.")
    with db.change(who=who.name, what=f"No more messages to {found['name']}") as change_id:
        db.append("channel_versions", [{**found, "url": "", "active": False}])
    return change_id


def _refuse_unsound(url: str) -> None:
    service = _service(url) if len(url) <= LONGEST and "\n" not in url else None
    if service is None:
        raise Refused(
            "This address is not understood. It looks like mailto://user:password@example.com, ntfys://topic, "
            "tgram://token/chat or a webhook of Slack or Teams; the list of all stands at github.com/caronc/apprise/wiki."
        )
    if url.partition(":")[0].lower() in HERE:
        raise Refused("This address speaks to nobody but the machine that the shop runs on. Take one that reaches a person.")
    if max(len(service), *(len(getattr(service, many, None) or ()) for many in ("targets", "channels"))) > 1:
        raise Refused(
            "This address names several receivers. Add each by itself: else one who cannot be reached makes all others hear twice."
        )
    for host in _hosts(service):
        if host.is_link_local or host.is_multicast or host.is_unspecified:
            raise Refused(f"{host} is no server that takes messages. Check the address.")


def _hosts(service: "NotifyBase") -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    for name in (getattr(service, "host", None), getattr(service, "smtp_host", None)):
        try:
            yield ipaddress.ip_address(str(name or "").strip("[]"))
        except ValueError:  # a name, or nothing
            continue


def _service(url: str) -> "NotifyBase | None":
    """What apprise makes of an address; None where it makes nothing of it."""
    from apprise import Apprise, OverflowMode

    service: Any = Apprise.instantiate(url, asset=_asset())
    if service is not None:
        service.overflow_mode = OverflowMode.TRUNCATE  # a text in several parts could get through by halves
        service.socket_read_timeout = service.socket_connect_timeout = PATIENCE
    return service  # type: ignore[no-any-return]


def _asset() -> "AppriseAsset":
    """Nothing of ours is read as a template, nothing is stored beside the shop, no answer sends us elsewhere."""
    from apprise import AppriseAsset

    log = logging.getLogger("apprise")
    log.setLevel(logging.WARNING)  # below, it writes down whole addresses
    log.propagate = False
    return AppriseAsset(
        app_id="Inventory", app_desc="Inventory", storage_mode="memory", allow_templates=False, http_redirects=False, service_timeout=0
    )
