"""The server, started by `streamlit run app.py`: screens and /api in one process, because one process owns the shop's file."""

import asyncio.base_events
import importlib.util
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ims_core import api, automation, channels, gate, settings
from ims_core.db import Database
from ims_core.errors import Busy, ImsError
from ims_core.web import sign_in, ui

MENU = Path(__file__).resolve().parent / "ims_core" / "web" / "menu.py"
QUIET = 5.0
"""Seconds without a new page after which what is heavy is loaded."""
PATIENCE = channels.PATIENCE + 10
"""Seconds to wait for a server that is just stopping to let go of the file."""
LEAVE = channels.PATIENCE + 5
"""Seconds at a stop for a look or a message that was begun: the file is closed after it."""


def open_patiently() -> Database:
    """Open the shop; at a restart the old server may still hold the file for some seconds."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return ui.db()
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def warm_up() -> None:
    """In the first quiet moment: load what forecasts and pictures need, or the first visit to them would wait some seconds for it."""
    from ims_core import charts, forecasting

    ui.SERVED.wait()
    while (busy := ui.SERVED.newest + QUIET - time.monotonic()) > 0:  # loading would slow the first clicks
        time.sleep(busy)
    charts.warm_up()
    forecasting.warm_up()


def watch(shop: Database, stop: threading.Event) -> None:
    """What runs by itself, until the server stops; after the first page, or half a minute where nobody opens one."""
    ui.SERVED.wait(30)
    automation.run(shop, stop)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open the shop before the first page, and fold its log into the file at the end."""
    try:
        shop = await anyio.to_thread.run_sync(open_patiently)
    except ImsError as refusal:
        print(refusal, file=sys.stderr, flush=True)  # noqa: T201
        os._exit(1)  # raising here would bury the sentence under the server's traceback
    for note in shop.notes:
        logging.getLogger(__name__).warning(note)
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    stop = threading.Event()
    watcher = threading.Thread(target=watch, args=[shop, stop], name="automation", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        ui.SERVED.set()
        await anyio.to_thread.run_sync(watcher.join, LEAVE)  # what was begun is ended before the file is closed
        await anyio.to_thread.run_sync(ui.close)


def say_it_is_broken(failure: Exception) -> bool:
    """A refusal in a part of a page that runs by itself, where the menu does not catch it; else a calm sentence, the traceback logged."""
    if isinstance(failure, ImsError):
        ui.refuse(failure)
        if isinstance(failure, sign_in.SignedOut):
            sign_in.offer()
    else:
        ui.calm(failure)
    return True


def send_at_once(sock: socket.socket) -> None:
    """Without uvloop, asyncio leaves Nagle's algorithm on for sockets that Streamlit opens: 40 ms an answer."""
    if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.type == socket.SOCK_STREAM:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


if importlib.util.find_spec("uvloop") is None:
    asyncio.base_events._set_nodelay = send_at_once  # type: ignore[attr-defined]

BY_COMPANY = sign_in.is_set_up()

SCANNER = Mount("/scanner", StaticFiles(directory=settings.SCANNER, check_dir=False))
"""zxing for browsers; without `make camera` there is nothing in it, and the scan page does without."""


async def open_first_page(request: Request) -> RedirectResponse:
    """The first page stands at the root alone: its name as an address leads there, instead of to a box that says there is no such page."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")  # whatever a proxy calls this server


app = st.App(
    MENU,
    routes=[
        *api.routes(ui.db),
        *gate.routes(ui.db, sign_in.company_page if BY_COMPANY else None),
        SCANNER,
        Route("/today", open_first_page),
    ],
    middleware=[Middleware(gate.Gate, shop=ui.db, company=sign_in.company if BY_COMPANY else None)],
    lifespan=lifespan,
    on_script_error=say_it_is_broken,
)
