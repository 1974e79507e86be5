"""The scanner on the screen: a field that never loses what a hand scanner types, each read with a key made in the browser."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from ims_core import settings
from ims_core.scanning import Read

HERE = Path(__file__).resolve().parent / "scanner_component"
NAME = "scanner"
MOST = 300
"""Signs of a read that are taken; a longer text is no code."""

TIMES = re.compile(r"^(\d{1,4})\s*\*\s*(\S.*)$")
"""`3*4006381333931`: three of them, as on a till."""


def _part(ending: str) -> str:
    return (HERE / f"scanner.{ending}").read_text(encoding="utf-8")


_MOUNT = st.components.v2.component("ims_scanner", html=_part("html"), css=_part("css"), js=_part("js"))


def mount(now: Mapping[str, Any], done: tuple[str, int], verdict: Mapping[str, str] | None, **look: Any) -> None:
    """Draw it. `now`: mode, place and order of the reads to come; `done`: the last read that was taken, by its page and number.

    `verdict`: the key and tone of the newest outcome, for sound and colour; `look`: hint silent camera moment answer (to its offer).
    """
    known = {"opened": done[0], "done": done[1], "verdict": verdict, "decoder": decoder(), "ice": settings.ice_servers()}
    _MOUNT(
        key=NAME,
        data={"now": dict(now), **known, **look},
        on_reads_change=lambda: None,
        on_camera_change=lambda: None,
        on_offer_change=lambda: None,
    )


def camera() -> str:
    """How the browser's camera stands: open, server (which reads it), lost (on the way there), insecure, denied, missing."""
    return str(_state().get("camera") or "")


def offer() -> Mapping[str, Any] | None:
    """The connection that a browser which reads no codes itself offers for its camera's pictures: id type sdp."""
    found = _state().get("offer")
    return found if isinstance(found, Mapping) else None


def decoder() -> str:
    """Where the browser finds zxing, for browsers that read no codes themselves; empty where `make camera` has not put it there."""
    return "/scanner" if (settings.SCANNER / "zxing_reader.wasm").is_file() else ""


def sent() -> list[dict[str, Any]]:
    """What the browser has sent and may send again: the list grows until the server has said what it took."""
    reads = _state().get("reads") or []
    return [read for read in reads if isinstance(read, dict)]


def _state() -> Any:
    return st.session_state.get(NAME) or {}


def as_read(line: Mapping[str, Any]) -> Read:
    """A line of the list as the core takes it; whatever a browser may send that is no text or number is left out."""
    code, qty = str(line.get("code", ""))[:MOST], line.get("qty")
    if many := TIMES.match(code):
        qty, code = int(many[1]), many[2]
    order = line.get("order_id")
    return Read(
        key=str(line.get("key", ""))[:80],
        code=code,
        mode=str(line.get("mode", "look")),
        qty=float(qty) if isinstance(qty, int | float) else None,
        place=_text(line.get("place")),
        to=_text(line.get("to")),
        order_id=order if isinstance(order, int) else None,
        device="screen",
    )


def _text(value: object) -> str | None:
    return str(value) if value else None
