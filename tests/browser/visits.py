"""A server of our own, and visits to it as a browser makes them: over the websocket, without a browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> float:
        """What the server holds now, in MB."""
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def served(database: Path, patience: float = 60, port: int = 0) -> Iterator[Server]:
    """The app on `database` and a free port, stopped as a service manager stops it."""
    port, log = port or free_port(), database.with_suffix(f".{time.monotonic_ns()}.log")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = os.environ | {"IMS_DATABASE": str(database)}
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as process:
        server = Server(port, process, log)
        try:
            _wait(server, patience)
            yield server
        finally:
            process.terminate()
            process.wait(30)


@dataclass
class Run:
    """What one run of a page sent."""

    messages: list[ForwardMsg]
    seconds: float
    size: int

    def kinds(self) -> list[str]:
        """The messages by name: navigation, logo, delta, script_finished ..."""
        return [str(message.WhichOneof("type")) for message in self.messages]

    def texts(self, kind: str) -> list[str]:
        """The bodies of all elements of a kind: heading, alert, exception ..."""
        found = [message.delta.new_element for message in self.messages if message.delta.HasField("new_element")]
        return [str(getattr(element, kind)) for element in found if element.WhichOneof("type") == kind]


@dataclass
class Visit:
    """One tab of one browser."""

    socket: ClientConnection
    pages: dict[str, str] = field(default_factory=dict)
    """Address of a page -> its hash, once the menu has told it."""
    known: dict[str, ForwardMsg] = field(default_factory=dict)
    """Large messages by their hash: a browser keeps them too, and the server then sends the hash alone."""

    def run(self, page: str = "", query: str = "", widgets: dict[str, str] | None = None) -> Run:
        """Ask for a page and wait until it is drawn; `widgets`: id -> text typed into it."""
        ask = BackMsg()
        ask.rerun_script.query_string = query
        if page in self.pages:
            ask.rerun_script.page_script_hash = self.pages[page]
        else:
            ask.rerun_script.page_name = page
        typed = [WidgetState(id=name, string_value=text) for name, text in (widgets or {}).items()]
        ask.rerun_script.widget_states.widgets.extend(typed)
        ask.rerun_script.cached_message_hashes.extend(self.known)
        messages: list[ForwardMsg] = []
        start, size = time.perf_counter(), 0
        self.socket.send(ask.SerializeToString())
        while not messages or messages[-1].WhichOneof("type") != "script_finished":
            raw = self.socket.recv(120)
            assert isinstance(raw, bytes)
            size += len(raw)
            messages.append(self._whole(ForwardMsg.FromString(raw)))
        self.known = {message.hash: message for message in messages if message.metadata.cacheable}
        self.pages |= {known.url_pathname: known.page_script_hash for sent in messages for known in sent.navigation.app_pages}
        return Run(messages, time.perf_counter() - start, size)

    def _whole(self, message: ForwardMsg) -> ForwardMsg:
        return self.known[message.ref_hash] if message.WhichOneof("type") == "ref_hash" else message


@contextmanager
def visit(server: Server, cookies: Mapping[str, str] | None = None) -> Iterator[Visit]:
    """Open a tab, close it at the end; `cookies`: those of the browser, which proves with one of them that the tab is its own."""
    address, said = f"ws://127.0.0.1:{server.port}/_stcore/stream", cookies or {}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in said.items())} if said else None
    mine = ["streamlit", *([said["_streamlit_xsrf"]] if "_streamlit_xsrf" in said else [])]
    origin = Origin(server.address) if said else None
    with connect(
        address, subprotocols=[Subprotocol(one) for one in mine], additional_headers=headers, origin=origin, max_size=None
    ) as channel:
        yield Visit(channel)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.address}/api/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The server did not start: {server.log.read_text()}")
