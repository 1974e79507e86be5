"""Codes on pictures that the server reads: photos, and a camera's stream where the browser cannot read by itself."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ims_core import decoding, labels, settings
from ims_core.errors import ImsError, Refused, numbered
from ims_core.web import desk, scanner
from ims_core.web.doing import refuse

UNUSED = (
    "source_video_track", "source_audio_track", "sink_video_track", "sink_audio_track", "player_factory", "in_recorder_factory",
    "out_recorder_factory", "audio_frame_callback", "queued_video_frames_callback", "queued_audio_frames_callback", "on_video_ended",
    "on_audio_ended", "video_processor_factory", "audio_processor_factory",
)  # fmt: skip
"""What the library's worker could do besides."""

LOG = logging.getLogger(__name__)


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
    """A camera's pictures, one after another: `tell` hears each code that stands still, once for each time that it is shown."""

    moment: float
    tell: Callable[[str], object] = lambda _: None
    steady: decoding.Steady = field(init=False)

    def __post_init__(self) -> None:
        self.steady = decoding.Steady(self.moment)

    def look(self, picture: Any) -> None:
        """Read one picture."""
        try:
            codes = decoding.decode(picture, several=False, budget=0.1)
        except ImsError:
            return
        now = time.monotonic()
        for text in dict.fromkeys(code.text for code in codes):
            if self.steady.accepts(text, now):
                self.tell(text)


@dataclass
class Line:
    """One browser's connection, by the name that the browser gave it: pictures come on it, and what they say goes back."""

    name: str = ""
    stream: Stream | None = None
    worker: Any = None
    answer: dict[str, str] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, offer: Mapping[str, Any], moment: float) -> None:
        """Answer an offer, each once. Where that fails the log tells, and the browser soon makes another."""
        with self.lock:
            if offer.get("id") != self.name:
                self.hang_up()
                self.name = str(offer.get("id"))
                self.stream = Stream(moment)
                try:
                    self.worker = _worker(self.stream)
                    here = self.worker.process_offer(str(offer.get("sdp")), "offer", timeout=10)
                    self.answer = {"id": self.name, "sdp": here.sdp}
                except Exception as failure:  # whatever a browser may write into an offer
                    numbered(failure, LOG)
            if self.stream:
                self.stream.steady.moment = moment

    def hang_up(self) -> None:
        """Let go of the camera."""
        worker, self.worker, self.stream, self.answer = self.worker, None, None, None
        if worker:
            worker.stop()


def answered(offer: Mapping[str, Any] | None, moment: float) -> dict[str, str] | None:
    """What the browser must know to send its camera's pictures here; without an offer, nothing is taken any more."""
    line: Line = st.session_state.setdefault("line", Line())
    if offer:
        line.take(offer, moment)
    else:
        line.hang_up()
    return line.answer


def _worker(stream: Stream) -> Any:
    """The library's worker, which ends with the page and the session.

    Not the library's own component: whenever the page is drawn anew while that is loading, it begins one more connection, and the
    answer to the first then goes to the last. Half of all starts failed on a busy machine.
    """
    from streamlit_webrtc import WebRtcMode, WebRtcWorker
    from streamlit_webrtc.config import compile_rtc_configuration

    def on_frame(frame: Any) -> Any:
        stream.look(frame.to_ndarray(format="gray"))
        return frame

    worker = WebRtcWorker(
        WebRtcMode.SENDONLY, compile_rtc_configuration({"iceServers": settings.ice_servers()}),
        video_frame_callback=on_frame, async_processing=True, sendback_video=False, sendback_audio=False,
        video_receiver_size=1, audio_receiver_size=1, **dict.fromkeys(UNUSED),
    )  # fmt: skip

    @worker.pc.on("datachannel")
    def opened(channel: Any) -> None:
        loop = asyncio.get_running_loop()
        stream.tell = lambda text: loop.call_soon_threadsafe(channel.send, text)

    return worker
