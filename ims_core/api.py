"""What programs and devices may ask and do over HTTP. Starlette only: no screen, no session; the door (`gate`) says whose token it is."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ims_core import VERSION, ledger, meanings, people, scanning
from ims_core.db import Database
from ims_core.errors import Busy, Doubtful, ImsError, NotAllowed, Refused, StorageFailed, UnknownCode, numbered
from ims_core.people import Person
from ims_core.scanning import Posted, Read

LOG = logging.getLogger(__name__)

LARGEST = 1_000_000
"""Bytes of a request."""
MOST = 2_000
"""Reads of one request."""
STATUS: tuple[tuple[type[ImsError], int], ...] = (
    (NotAllowed, 403), (UnknownCode, 404), (Doubtful, 409), (Busy, 503), (StorageFailed, 503), (ImsError, 422),
)  # fmt: skip
"""503 is worth another try with the same key, the others are not."""
TEXTS = {"key": 120, "code": 500, "mode": 20, "place": 100, "to": 100, "device": 100, "lot": 60}

_POSTING = ThreadPoolExecutor(16, "reads")
"""Reads of a batch are posted side by side: changes that wait together go to disk together."""

Answer = Mapping[str, Any]


def routes(shop: Callable[[], Database]) -> list[Route]:
    """Every address under /api; `shop` gives the open database."""

    def health(_: Request) -> JSONResponse:
        """`state` is ok only where the database answers; `changes` counts up with every change."""
        try:
            changes = int(shop().scalar("select count(*) from changes"))
        except Exception:  # whatever it is, this is the place that reports it instead of failing
            LOG.exception("The database does not answer.")
            return JSONResponse({"state": "failed", "version": VERSION}, status_code=503)
        return JSONResponse({"state": "ok", "version": VERSION, "changes": changes})

    async def post_scan(request: Request) -> JSONResponse:
        """One read."""
        return await _answered(request, lambda who, said: scan(shop(), who, said))

    async def post_reads(request: Request) -> JSONResponse:
        """Many reads, or the tags of one round of an RFID reader."""
        return await _answered(request, lambda who, said: post_many(shop(), who, said))

    async def post_undo(request: Request) -> JSONResponse:
        """Take a change back."""
        return await _answered(request, lambda who, said: undo(shop(), who, said))

    async def get_stock(request: Request) -> JSONResponse:
        """What is there, now or at the end of ?day=."""
        return await _answered(request, lambda who, said: stock(shop(), request.query_params.get("day")))

    async def get_item(request: Request) -> JSONResponse:
        """One item by its code or a barcode."""
        return await _answered(request, lambda who, said: item(shop(), request.path_params["sku"]))

    return [
        Route("/api/health", health, methods=["GET"]),
        Route("/api/scan", post_scan, methods=["POST"]),
        Route("/api/reads", post_reads, methods=["POST"]),
        Route("/api/undo", post_undo, methods=["POST"]),
        Route("/api/stock", get_stock, methods=["GET"]),
        Route("/api/items/{sku:path}", get_item, methods=["GET"]),
    ]


# -- what is asked and done


@people.needs("staff")
def scan(db: Database, who: Person, said: Any) -> Answer:
    """Post one read: change_id (None where it was only looked up) says repeated sku pieces place."""
    return _told(scanning.post(db, who, read(who, said), via="api"))


@people.needs("staff")
def post_many(db: Database, who: Person, said: Any) -> Answer:
    """Post many, each for itself: posted repeated refused, and results in the order sent, each with key and either change_id or error."""
    if not isinstance(said, dict):
        raise Refused('Send an object: {"reads": [...]}, or {"key": ..., "mode": ..., "tags": [...]} for one round of an RFID reader.')
    each = [*_by_key(said)]
    if len(each) > MOST:
        raise Refused(f"{len(each):,} reads at once are too many. Send at most {MOST:,}.")
    names = [_key(one, at) for at, one in enumerate(each)]
    first = {name: at for at, name in reversed([*enumerate(names)])}
    together = _together(db, who, {at: each[at] for at in first.values()})
    done = dict(zip(first, _POSTING.map(lambda at: together.get(at) or _tried(db, who, each[at]), first.values()), strict=True))
    results = [done[name] if first[name] == at else {**done[name], "repeated": True} for at, name in enumerate(names)]
    refused = sum("error" in result for result in results)
    repeated = sum("error" not in result and bool(result["repeated"]) for result in results)
    return {"posted": len(results) - refused - repeated, "repeated": repeated, "refused": refused, "results": results}


@people.needs("staff")
def undo(db: Database, who: Person, said: Any) -> Answer:
    """Take back the change of `change_id`: its own change_id, and what it says. Refused as on the screen: to staff, what others did."""
    change_id = said.get("change_id") if isinstance(said, dict) else None
    if isinstance(change_id, bool) or not isinstance(change_id, int) or not 0 < change_id < 2**62:
        raise Refused('Send {"change_id": 17}: the number that was told when it was posted.')
    undone = ledger.undo(db, who, change_id, via="api")
    return {"change_id": undone, "says": f"Undone: {ledger.change(db, change_id)['what']}"}


def stock(db: Database, day: str | None) -> Answer:
    """Balances: sku place on_hand."""
    try:
        found = ledger.on_hand(db, date.fromisoformat(day) if day else None)
    except ValueError:
        raise Refused(f"{str(day)[:40]} is no day. Write it like 2026-05-04.") from None
    return {"stock": found[["sku", "place", "on_hand"]].astype({"on_hand": float}).to_dict("records")}


def item(db: Database, sku: str) -> Answer:
    """One item: sku name unit pack (pieces the code stands for) stock (place -> pieces)."""
    found = meanings.look(db, sku[:500])
    if found.kind != "item":
        raise UnknownCode(f"There is no item with the code {sku[:80]}.")
    balances = ledger.on_hand(db)
    here = balances[balances["sku"] == found.sku]
    held = {str(place): float(qty) for place, qty in zip(here["place"], here["on_hand"], strict=True)}
    return {"sku": found.sku, "name": found.name, "unit": found.unit, "pack": float(found.pack), "stock": held}


def _by_key(said: Mapping[str, Any]) -> Iterator[Any]:
    """The reads of a request. A reader's antenna sees a tag many times a second: each tag of a round is one read."""
    listed, tags = said.get("reads", []), said.get("tags", [])
    if not isinstance(listed, list) or not isinstance(tags, list):
        raise Refused('"reads" and "tags" are lists.')
    yield from listed
    shared = {name: value for name, value in said.items() if name not in ("reads", "tags", "key")}
    for tag in dict.fromkeys(str(tag).strip() for tag in tags):
        yield {**shared, "code": tag, "key": f"{said.get('key') or ''}:{tag}" if said.get("key") else ""}


def _key(said: Any, at: int) -> Any:
    """What two reads of a batch have in common that are one; a read without a key is like no other."""
    key = said.get("key") if isinstance(said, dict) else None
    return key.strip() if isinstance(key, str) else at


def _together(db: Database, who: Person, each: Mapping[int, Any]) -> dict[int, Answer]:
    """The answers to those that could be posted together; each of the others is tried by itself, and told why not."""
    sound = dict[int, Read]()
    for at, said in each.items():
        with suppress(ImsError):
            sound[at] = read(who, said)
    order = list(sound)
    try:
        posted = scanning.post_together(db, who, list(sound.values()), via="api")
    except (Busy, StorageFailed) as refusal:
        return {at: {"key": each[at]["key"], "error": str(refusal), "again": True} for at in order}
    except Exception as failure:  # one that nobody foresaw must not take the others with it
        _logged(failure)
        return {}
    return {order[at]: {"key": each[order[at]]["key"], **_told(one)} for at, one in posted.items()}


def _tried(db: Database, who: Person, said: Any) -> Answer:
    key = said.get("key") if isinstance(said, dict) else None
    key = key if isinstance(key, str | int) else None  # 1e999 or a list of lists could be read and not be said
    try:
        return {"key": key, **_told(scanning.post(db, who, read(who, said), via="api"))}
    except ImsError as refusal:
        return {"key": key, "error": str(refusal), "again": isinstance(refusal, Busy | StorageFailed)}
    except Exception as failure:  # one read that nobody foresaw must not take the others with it
        return {"key": key, "error": _logged(failure), "again": False}


def _told(posted: Posted) -> dict[str, Any]:
    return {"change_id": posted.change_id, "says": posted.sentence, "repeated": posted.repeated,
            "sku": posted.found.sku or None, "pieces": float(posted.pieces), "place": posted.place}  # fmt: skip


# -- a read as it was sent


def read(who: Person, said: Any) -> Read:
    """A read from what a device sent; its key counts for this device alone, so that two devices that count alike lose nothing."""
    if not isinstance(said, dict):
        raise Refused('A read is an object such as {"key": "h3-000017", "code": "4006381333931", "mode": "receive"}.')
    texts = {name: _text(said, name, longest) for name, longest in TEXTS.items()}
    for name in ("key", "code", "mode"):
        if not texts[name]:
            raise Refused(f'This read has no "{name}". Each has a key of its own, the code that was read, and a mode.')
    order, sheet, sure = said.get("order_id"), said.get("sheet"), said.get("sure", False)
    if not isinstance(sure, bool) or not all(number is None or (type(number) is int and 0 < number < 2**62) for number in (order, sheet)):
        raise Refused('"sure" is true or false, "order_id" the number of an order, and "sheet" that of a count sheet.')
    sent = Read(str(texts["key"]), str(texts["code"]), str(texts["mode"]), _qty(said), texts["place"], texts["to"], _moment(said))
    lot, expires = texts["lot"], _expiry(said)
    return replace(
        sent, key=f"{who.name}:{sent.key}", device=texts["device"], order_id=order, sure=sure, lot=lot, expires=expires, sheet=sheet
    )


def _text(said: Mapping[str, Any], name: str, longest: int) -> str | None:
    text = said.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > longest or "\0" in text:
        raise Refused(f'"{name}" is a text of at most {longest} characters.')
    if name in ("key", "lot") and not text.strip().isprintable():
        raise Refused(f'"{name}" holds characters that cannot be printed.')
    return text.strip() or None


def _qty(said: Mapping[str, Any]) -> float | None:
    qty = said.get("qty")
    if qty is None:
        return None
    if isinstance(qty, bool) or not isinstance(qty, int | float) or not abs(qty) <= 1e12:  # what is no number is not below it either
        raise Refused('"qty" is a number.')
    return float(qty)


def _moment(said: Mapping[str, Any]) -> datetime | None:
    text = said.get("at")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Refused(f'"at" is a moment such as 2026-05-04T14:05:00Z, not {str(text)[:40]}.') from None


def _expiry(said: Mapping[str, Any]) -> date | None:
    text = said.get("expires")
    try:
        return None if text is None else date.fromisoformat(str(text))
    except ValueError:
        raise Refused(f'"expires" is a day such as 2026-05-04, not {str(text)[:40]}.') from None


# -- answering


async def _answered(request: Request, act: Callable[[Person, Any], Answer]) -> JSONResponse:
    """The answer as JSON; every refusal a sentence with the status that fits."""
    who = getattr(request.state, "person", None)
    if who is None:  # the door has let nobody in: it is not there, or somebody changed it
        return JSONResponse({"error": "This needs a device's token."}, 401)
    try:
        said = await _body(request) if request.method == "POST" else None
        return JSONResponse(await run_in_threadpool(act, who, said))
    except ImsError as refusal:
        return JSONResponse({"error": str(refusal)}, next(status for kind, status in STATUS if isinstance(refusal, kind)))
    except Exception as failure:
        return JSONResponse({"error": _logged(failure)}, 500)


async def _body(request: Request) -> Any:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise Refused(f"This request is larger than {LARGEST // 1000:,} kB. Send fewer reads at once.")
    try:
        said = json.loads(bytes(body), parse_constant=_no_number)
        if b"\\u" in body:  # half a character can be escaped and then be said by nobody: not stored, not answered
            json.dumps(said, ensure_ascii=False).encode()
        return said
    except (ValueError, RecursionError):
        raise Refused("This is not JSON. Send an object in UTF-8.") from None


def _no_number(word: str) -> float:
    raise ValueError(word)  # NaN and Infinity are not JSON


def _logged(failure: Exception) -> str:
    number = numbered(failure, LOG)
    return f"This failed in a way nobody foresaw. Tell whoever looks after the program the number {number}."
