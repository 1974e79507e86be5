"""Codes on pictures that the server reads: photos, and a camera's stream where the browser cannot read by itself."""

import queue
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ims_core import decoding, labels, settings
from ims_core.errors import ImsError, Refused
from ims_core.web import desk, scanner
from ims_core.web.doing import refuse

EVERY = 0.15
"""Seconds between two looks at what the stream has read."""

SIZE = {"width": {"ideal": 1280}, "height": {"ideal": 720}, "frameRate": {"ideal": 15, "max": 15}}
"""More frames cost the server more than they find sooner."""


def photos(now: Mapping[str, Any], asks: str) -> None:
    """Photos taken or chosen; each code on each of them is one read."""
    found = st.file_uploader(
        "Photos with one or more codes", type=["jpg", "jpeg", "png", "webp"], accept_multiple_files=True, key="scan-photos"
    )
    taken = st.camera_input("Take one here", key="scan-shot", resolution="1080p") if st.toggle("Take a photo here") else None
    for photo in [*found, *([taken] if taken else [])]:
        _take(photo, now, asks)


def _take(photo: Any, now: Mapping[str, Any], asks: str) -> None:
    seen: dict[str, str] = st.session_state.setdefault("photos-taken", {})
    if photo.file_id not in seen:
        try:
            codes = decoding.decode(photo.getvalue())
        except Refused as refusal:
            refuse(refusal)
            return
        for number, code in enumerate(codes, 1):  # the picture's own name as the key: read again, it posts nothing again
            desk.take(scanner.as_read({"key": f"photo {photo.file_id} {number}", "code": code.text, **now}), asks)
        seen[photo.file_id] = labels.many(len(codes), "code")
    if seen[photo.file_id] == "0 codes":
        refuse(Refused(f"No code was found on {photo.name}. Go nearer, keep it sharp, and let no light shine on it."))
    else:
        st.caption(f"{seen[photo.file_id]} on {photo.name}")


# -- a stream


@dataclass
class Stream:
    """What a camera's pictures have said, from the thread that reads them to the page that takes it."""

    moment: float
    name: str = field(default_factory=lambda: secrets.token_hex(6))
    found: "queue.Queue[tuple[str, str]]" = field(default_factory=queue.Queue)
    steady: decoding.Steady = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        self.steady = decoding.Steady(self.moment)

    def look(self, picture: Any) -> None:
        """Read one picture; a code that stands still is told once, with a key of its own."""
        try:
            codes = decoding.decode(picture, several=False, budget=0.1)
        except ImsError:
            return
        now = time.monotonic()
        for text in dict.fromkeys(code.text for code in codes):
            if self.steady.accepts(text, now):
                self.number += 1
                self.found.put((f"stream {self.name}-{self.number}", text))


def stream(now: Mapping[str, Any], asks: str, moment: float) -> None:
    """The camera's pictures go to the server, which reads them; for browsers that read no codes themselves."""
    from streamlit_webrtc import WebRtcMode, component, webrtc_streamer

    # The library forgets a connection that was made while the page was drawn anew: it counts runs in two threads. 6 of 78 starts were lost.
    component.get_script_run_count = lambda _: 0  # type: ignore[attr-defined, assignment]
    mine: Stream = st.session_state.setdefault("stream", Stream(moment))
    mine.steady.moment = moment

    def on_frame(frame: Any) -> Any:
        mine.look(frame.to_ndarray(format="gray"))
        return frame

    context = webrtc_streamer(
        key="scan-stream", mode=WebRtcMode.SENDRECV, rtc_configuration={"iceServers": settings.ice_servers()},
        media_stream_constraints={"video": {"facingMode": {"ideal": "environment"}, **SIZE}, "audio": False},
        video_frame_callback=on_frame, async_processing=True, sendback_audio=False, desired_playing_state=True,
        video_html_attrs={"autoPlay": True, "muted": True, "playsInline": True, "style": {"width": "100%", "borderRadius": "8px"}},
    )  # fmt: skip

    @st.fragment(run_every=EVERY if context.state.playing else None)
    def listen() -> None:
        if mine.found.empty():
            return
        while not mine.found.empty():
            key, text = mine.found.get()
            desk.take(scanner.as_read({"key": key, "code": text, **now}), asks)
        st.rerun()

    listen()
