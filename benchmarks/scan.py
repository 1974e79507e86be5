"""A code under the camera, until its movement is in the ledger: read in the browser, beside read by the server. Needs Chromium.

Prints p50 and p95 of both (from the camera's first frame of a code), their ratio, and the share of a core that the server takes.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from ims_core import db as database
from ims_core.web import scanner
from tests.browser import film
from tests.browser.conftest import FLAGS, found_chromium
from tests.browser.test_scan import ean, stocked
from tests.browser.visits import Server, served

CODES = 12


def cpu(server: Server) -> float:
    """Seconds of a core that the server has taken so far."""
    user, system = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / 100


def watched(page: Page, server: Server, shown: dict[int, int]) -> float:
    """Wait until every code was shown; the share of a core that the server took meanwhile."""
    before, begin = cpu(server), time.monotonic()
    while len(shown) < CODES and time.monotonic() - begin < 90:
        page.wait_for_timeout(200)
    page.wait_for_timeout(3000)
    return (cpu(server) - before) / (time.monotonic() - begin)


def measured(way: str, folder: Path) -> list[float]:
    """Milliseconds from shown to written, of each code that was booked."""
    path, shown = stocked(folder / f"{way}.duckdb", CODES), dict[int, int]()
    pictures = film.made(folder / f"{way}.mjpeg", [ean(number) for number in range(CODES)], before=8)
    with served(path) as server, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found_chromium(), args=[*FLAGS, *film.flags(pictures)])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.add_init_script(film.WATCH)
        page.on("console", lambda said: shown.update([tuple(map(int, said.text.split()[1:]))]) if said.text.startswith("SHOWN") else None)
        if way == "server":
            page.route("**/scanner/**", lambda route: route.abort())
        page.goto(f"{server.address}/scan?mode=receive")
        page.get_by_text("Camera", exact=True).wait_for(timeout=60_000)
        page.wait_for_timeout(3000)
        page.get_by_text("Camera", exact=True).click()
        share = watched(page, server, shown)
        browser.close()
    booked = database.connect(path)
    rows = booked.rows("select item_id - 1, epoch_ms(done_at) from movements join changes using (change_id)")
    booked.close()
    late = sorted(at - shown[number] for number, at in rows if number in shown)
    p50, p95 = statistics.median(late), late[round(0.95 * (len(late) - 1))]
    said = f"{len(rows)} movements of {len(shown)} codes, p50 {p50:4.0f} ms, p95 {p95:4.0f} ms, server {share:.0%} of a core"
    print(f"read in the {way:8} {said}")
    return late


if not scanner.decoder():
    sys.exit("make camera first: without it there is no reader for the browser to compare with.")
with tempfile.TemporaryDirectory() as made:
    ours, peer = measured("browser", Path(made)), measured("server", Path(made))
print(f"browser / server, p50: {statistics.median(ours) / statistics.median(peer):.2f}")
