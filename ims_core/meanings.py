"""What a code means to this shop: one of its items, a place, or nothing known yet; and what stands there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ims_core import codes, guesses, labels, lots, places
from ims_core.db import Database
from ims_core.errors import Refused


@dataclass(frozen=True)
class Found:
    """What a code means: `kind` is item, place or unknown. `pack`: pieces it stands for. `maybe`: items it may be, with the reason."""

    kind: str
    scan: codes.Scan
    item_id: int | None = None
    sku: str = ""
    name: str = ""
    unit: str = "piece"
    pack: float = 1
    place: str | None = None
    maybe: tuple[guesses.Guess, ...] = ()

    @property
    def says(self) -> str:
        """What was understood, in words."""
        if self.kind == "place":
            return f"Place {self.place}"
        if self.kind == "unknown":
            return self.scan.problem or f"{self.scan.code} is not known here."
        pack = f" · {labels.pieces(self.pack)} in one" if self.pack != 1 else ""
        lot = lots.said(self.scan.lot, self.scan.expires)
        return f"{self.name} · {self.sku}{pack}{f' · {lot}' if lot else ''}"


def look(db: Database, code: str) -> Found:
    """The item or place that a code means, by any of its barcodes, its item code, or our own label; refused where nothing was read."""
    if not code.strip():
        raise Refused("Nothing was read. Scan again, or type the number printed below the bars.")
    scan = codes.parse(code)
    if scan.place is not None:
        return _place(db, scan, scan.place)
    known = db.kept(_known, "item_versions", "barcode_versions")
    item_id, pack = known.codes.get(scan.code) or known.codes.get(codes.canonical(code)) or (None, 1.0)
    item_id = item_id or known.items.get(_key(code)) or (known.counts_as.get(scan.item) if scan.item else None)
    if item_id is None:
        return Found("unknown", scan, maybe=guesses.close(scan.code, known.codes, known.names))
    sku, name, unit = known.names[item_id]
    return Found("item", scan, item_id, sku, name, unit, pack)


def stands(db: Database, found: Found) -> str:
    """What stands where, of an item or in a place."""
    if found.kind == "unknown":
        return found.says
    if found.kind == "place":
        pieces, kinds = db.rows(
            """
            select coalesce(sum(qty), 0), count(*) filter (qty <> 0)
            from (select sum(qty) as qty from visible_movements join merged using (item_id) where place = ? group by counts_as)
            """,
            [found.place],
        )[0]
        return f"{found.place}: {labels.count(pieces, 'piece')} of {labels.count(kinds, 'item')}"
    rows = db.rows(  # the movements of one item: the view of all stock would look at every item for each beep
        """
        select place, sum(qty) from visible_movements where item_id in (select item_id from merged where counts_as = ?)
        group by place having sum(qty) <> 0 order by sum(qty) desc, place
        """,
        [found.item_id],
    )
    where = ", ".join(f"{labels.pieces(qty)} in {place}" for place, qty in rows)
    return f"{found.name}: {where or 'nothing on hand'}"


@dataclass(frozen=True)
class _Known:
    """The shop's codes in memory: a scan does not wait for the catalogue."""

    codes: Mapping[str, tuple[int, float]]
    items: Mapping[str, int]
    counts_as: Mapping[int, int]
    names: Mapping[int, tuple[str, str, str]]


def _known(db: Database) -> _Known:
    barcodes = db.rows("select code, counts_as, pack::double from barcodes join merged using (item_id) where active")
    rows = db.rows(
        "select item_id, counts_as, sku, name, unit from items join merged using (item_id) order by counts_as <> item_id, item_id"
    )
    items: dict[str, int] = {}
    for _, counts_as, sku, *_ in rows:
        items.setdefault(_key(sku), counts_as)
    names = {item_id: (sku, name, unit) for item_id, counts_as, sku, name, unit in rows if item_id == counts_as}
    return _Known({code: (item_id, pack) for code, item_id, pack in barcodes}, items, {row[0]: row[1] for row in rows}, names)


def _key(text: str) -> str:
    return " ".join(text.upper().split())


def _place(db: Database, scan: codes.Scan, name: str) -> Found:
    known = {place.casefold(): place for place in places.names(db)}
    if name.casefold() not in known:
        says = f"There is no place called {name} in use. Choose one of: {', '.join(known.values())}."
        return Found("unknown", replace(scan, problem=says))
    return Found("place", scan, place=known[name.casefold()])
