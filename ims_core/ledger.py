"""The writer of movements; `reckoning` adds what counts lack. Every balance is a sum of them; nothing is ever overwritten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from ims_core import approvals, items, labels, people, places, policy, reckoning, undoing, values
from ims_core.db import Database, Rows
from ims_core.errors import Refused

SIGNS = {"receipt": 1, "return_in": 1, "sale": -1, "return_out": -1, "scrap": -1, "adjustment": 1}
"""Which way a movement recorded by hand goes; an adjustment carries its own sign, a transfer goes both ways, a count says what is there."""

FOREVER = date(9999, 12, 31)
LEAST = timedelta(microseconds=1)
"""Before this much before midnight a day is not over."""

MOST = 2000
"""Movements a list shows; the filters reach the others."""


@dataclass(frozen=True)
class Record:
    """One movement recorded by hand; `qty` in pieces, positive but for an adjustment that takes away; of a count: what stands there."""

    kind: str
    item_id: int
    qty: float
    place: str
    day: date
    to: str | None = None
    unit_cost: float | None = None
    unit_price: float | None = None
    ref: str | None = None
    note: str | None = None
    order_id: int | None = None
    """The purchase order a receipt belongs to; without it, the one that `ref` names."""
    lot: str | None = None
    expires: date | None = None


# -- questions


def on_hand(db: Database, day: date | None = None) -> pd.DataFrame:
    """The book at the end of `day`, or with everything booked: item_id sku place on_hand value (at cost; None without one) estimated.

    `on_hand` is the sum of the movements. `estimated`: pieces that must have stood there before the first of them, where nobody counted:
    the least with which no day ends below zero. Every other question has them in its on_hand.
    """
    return db.frame(
        """
        select i.item_id, i.sku, s.place, s.on_hand - s.estimated as on_hand, (s.on_hand - s.estimated) * c.cost as value, s.estimated
        from stock_on(?::date) s join items i using (item_id) left join costs c using (item_id)
        order by i.sku, s.place
        """,
        [day or FOREVER],
    )


def overview(db: Database, day: date) -> pd.DataFrame:
    """Every item at the end of `day`.

    item_id sku name category unit on_hand on_order cost value last_day days_since last_sale active counted estimated
    `counted` is false where no count or receipt says what there was; `estimated`: pieces of the opening that nobody counted. Where it is
    above 0, there are at least `on_hand`, perhaps more.
    """
    return db.frame(
        """
        with held as (select item_id, sum(on_hand) as on_hand, sum(estimated) as estimated, max(last_day) as last_day,
                             max(last_sale) as last_sale
                      from stock_on($day::date) group by item_id),
             coming as (select item_id, sum(open) as on_order from on_order_on($day::date) group by item_id)
        select i.item_id, i.sku, i.name, i.category, i.unit, coalesce(h.on_hand, 0) as on_hand, coalesce(o.on_order, 0) as on_order,
               c.cost, coalesce(h.on_hand, 0) * c.cost as value, h.last_day, $day::date - h.last_day as days_since,
               h.last_sale, i.active, i.item_id in (select item_id from counted_by($day::date)) as counted,
               coalesce(h.estimated, 0) as estimated
        from items i
        left join held h using (item_id) left join coming o using (item_id) left join costs c using (item_id)
        where i.same_as is null
        order by lower(i.name), i.sku
        """,
        {"day": day},
    )


def by_place(db: Database, day: date) -> pd.DataFrame:
    """Every item and place at the end of `day`: item_id sku name category unit place on_hand value last_day estimated."""
    return db.frame(
        """
        select i.item_id, i.sku, i.name, i.category, i.unit, s.place, s.on_hand, s.on_hand * c.cost as value, s.last_day, s.estimated
        from stock_on(?::date) s join items i using (item_id) left join costs c using (item_id)
        order by lower(i.name), s.place
        """,
        [day],
    )


def history(db: Database, item_id: int, place: str | None = None) -> pd.DataFrame:
    """The item's days with movements: day net on_hand (at the end of the day, over all places unless one is named) estimated.

    Where nobody counted, the day before the first has the least that must have stood there (`estimated`).
    """
    return db.frame(
        """
        select day, sum(qty) as net, sum(sum(qty)) over (order by day) as on_hand, sum(estimated) as estimated
        from stock_moves
        where item_id = $item and ($place is null or place = $place)
        group by day order by day
        """,
        {"item": item_id, "place": place},
    )


def movements(
    db: Database,
    item_id: int | None = None,
    kind: str | None = None,
    place: str | None = None,
    first: date | None = None,
    last: date | None = None,
    search: str | None = None,
    most: int = MOST,
) -> pd.DataFrame:
    """The newest movements that fit, undone ones left out.

    change_id line happened_at day kind item_id sku name unit place qty unit_cost unit_price ref note lot expires who file sheet source_row
    """
    return db.frame(
        """
        with newest as (  -- found by their place in the table first: carrying whole rows through the sort takes four times as long
            select m.rowid as at from movements m
            where case when m.stays then 0 else m.change_id end not in (select change_id from hidden_changes)
              and ($item is null or m.item_id in (select item_id from merged where counts_as = $item))
              and ($kind is null or m.kind = $kind) and ($place is null or m.place = $place)
              and ($first is null or m.day >= $first::date) and ($last is null or m.day <= $last::date)
              and ($search is null or contains(lower(concat_ws(' ', m.ref, m.note)), lower($search))
                   or m.item_id in (select item_id from items where contains(lower(concat_ws(' ', sku, name)), lower($search))))
            order by m.happened_at desc, m.change_id desc, m.line desc
            limit $most
        )
        select m.change_id, m.line, m.happened_at, m.day, m.kind, m.item_id, i.sku, i.name, i.unit, m.place, m.qty,
               m.unit_cost, m.unit_price, m.ref, m.note, m.lot, m.expires, c.who, f.name as file, f.sheet, m.source_row
        from newest n
        join movements m on m.rowid = n.at
        join changes c using (change_id)
        left join items i on i.item_id = m.item_id
        left join (select distinct on (file_id) file_id, name, sheet from import_files) f on f.file_id = m.file_id
        order by m.happened_at desc, m.change_id desc, m.line desc
        """,
        {"item": item_id, "kind": kind, "place": place, "first": first, "last": last, "search": search or None, "most": most},
    )


def happened(db: Database, most: int = 20) -> pd.DataFrame:
    """The newest changes that somebody made: change_id done_at who what via undone movements (how many it holds)."""
    return db.frame(
        """
        with newest as (select * from changes anti join noticed_changes using (change_id) order by change_id desc limit ?)
        select n.change_id, n.done_at, n.who, n.what, n.via, n.undoes,
               n.change_id in (select undoes from changes where undoes is not null) as undone, count(m.line) as movements
        from newest n left join movements m using (change_id)
        group by all order by n.change_id desc
        """,
        [most],
    )


def change(db: Database, change_id: int) -> dict[str, Any]:
    """One change: change_id done_at who what, and movements (how many it holds)."""
    return db.row(
        """
        select c.change_id, c.done_at, c.who, c.what, (select count(*) from movements m where m.change_id = c.change_id) as movements
        from changes c where c.change_id = ?
        """,
        [change_id],
    )


# -- commands


@people.needs("staff")
def record(db: Database, who: people.Person, entry: Record, via: str = "screen", key: str | None = None, what: str = "") -> int:
    """Post one movement made by hand; a transfer posts two rows that net to nothing, a count what differs from it.

    What is recorded for a day before a count was in what was counted: the stock since then stays as it is. Refused: counts and
    adjustments that set the book right by more than staff may (`approvals`).
    """
    sku = refuse_bad(db, entry)
    what = what or f"{labels.MOVEMENT_KINDS[entry.kind]} of {labels.pieces(entry.qty)} {sku}"
    now = datetime.now(UTC)
    zone = ZoneInfo(policy.shop(db).timezone)
    is_now = entry.day == now.astimezone(zone).date()
    counted_at = now if is_now else moment(entry.day + timedelta(days=1), zone) - LEAST
    approvals.refuse_over(db, who, entry.kind, entry.item_id, entry.place, entry.qty, counted_at)
    with db.change(who=who.name, what=what, via=via, key=key) as change_id:
        if entry.kind == "count":
            db.append("counts", reckoning.of_families(db, [_count(entry, counted_at)]))
        else:
            found = _rows(entry, now if is_now else moment(entry.day, zone))
            post(db, [{**row, "order_id": _order(db, entry)} for row in found])
        if entry.kind == "count" or not is_now:
            reckoning.settle(db, change_id, change_id)
    return change_id


@people.needs("staff")
def record_each(db: Database, who: people.Person, told: Sequence[tuple[Record, str, str]], via: str) -> list[int]:
    """Movements of this moment (each with its key and what it says), each a change of its own, brought to the disk together.

    All or none. Counts and adjustments are not among them: each is held against the book, and `record` does that.
    """
    if wrong := {entry.kind for entry, _, _ in told if entry.kind not in SIGNS and entry.kind != "transfer"} | (
        {entry.kind for entry, _, _ in told} & {"adjustment"}
    ):
        raise Refused(f"A {wrong.pop()} is recorded by itself.")
    for entry, _, _ in told:
        refuse_bad(db, entry)
    now = datetime.now(UTC)
    day = now.astimezone(ZoneInfo(policy.shop(db).timezone)).date()
    acts = [{"who": who.name, "what": what, "via": via, "key": key} for _, key, what in told]
    with db.changes(acts) as numbers:
        post(db, [
            {"change_id": number, **row, "order_id": entry.order_id}
            for number, (entry, _, _) in zip(numbers, told, strict=True) if number > db.version
            for row in _rows(replace(entry, day=day), now)
        ])  # fmt: skip
    return numbers


@people.needs("staff")
def undo(db: Database, who: people.Person, change_id: int, via: str = "screen") -> int:
    """Take a change back by a new one with opposite rows; undoing an undo brings it into force again.

    Refused: who may not (staff undo their own, and no import), one that is undone already, and, with the list of
    what stands on it, a change that later ones build on.
    """
    change = undoing.undoable(db, change_id)
    undoing.refuse_not_theirs(db, change, who)
    restores = undoing.restored(db, change)
    with db.change(who=who.name, what=f"Undo: {change['what']}", via=via, undoes=change_id, restores=restores) as new_id:
        undoing.undoable(db, change_id, new_id)  # asked again: here nobody else can be undoing it
        undoing.refuse_what_stands(db, change)
        undoing.append_versions_before(db, change_id)
        undoing.append_documents(db, change, restores)
        undoing.refuse_doubles(db, change)
        db.append("movements", undoing.opposite_movements(db, change_id))
        reckoning.settle(db, change_id, new_id, stays=True)
    return new_id


def post(db: Database, rows: Rows) -> None:
    """Append movements inside the open change; nobody else writes them. Zero quantities are left out by the caller."""
    db.append("movements", rows)


def moment(day: date, zone: ZoneInfo) -> datetime:
    """When the shop's day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _rows(entry: Record, happened_at: datetime) -> list[dict[str, Any]]:
    row = {
        "line": 1, "happened_at": happened_at.replace(tzinfo=None), "day": entry.day, "kind": entry.kind, "item_id": entry.item_id,
        "place": entry.place, "qty": SIGNS.get(entry.kind, -1) * entry.qty, "unit_cost": entry.unit_cost,
        "unit_price": entry.unit_price, "ref": entry.ref, "note": entry.note, "lot": entry.lot, "expires": entry.expires,
    }  # fmt: skip
    if entry.kind != "transfer":
        return [row]
    return [row, {**row, "line": 2, "place": entry.to, "qty": entry.qty}]


def _count(entry: Record, counted_at: datetime) -> dict[str, Any]:
    return {
        "item_id": entry.item_id, "place": entry.place, "counted_at": counted_at.replace(tzinfo=None), "day": entry.day,
        "on_hand": entry.qty, "unit_cost": entry.unit_cost,
    }  # fmt: skip


def _order(db: Database, entry: Record) -> int | None:
    """The order a receipt is said to belong to, or the one its document names, where only one of that number waits for the item."""
    if entry.kind != "receipt" or entry.order_id or not entry.ref:
        return entry.order_id
    number, wanted = values.key("number"), values.key("?")
    sql = f"""
        select min(order_id) from on_order
        where {number} = {wanted} and item_id in (select counts_as from merged where item_id = ?) having count(*) = 1
    """
    found: int | None = db.scalar(sql, [entry.ref.strip(), entry.item_id])
    return found


def refuse_bad(db: Database, entry: Record) -> str:
    """The code of its item. Refused: what cannot be a movement at all."""
    sku = items.code(db, entry.item_id)
    if entry.kind not in SIGNS and entry.kind not in ("transfer", "count"):
        raise Refused(f"Movements of the kind {entry.kind} are not recorded by hand.")
    if not isfinite(entry.qty) or (round(entry.qty, 4) == 0 and entry.kind != "count"):
        raise Refused(f"How many pieces of {sku}? The quantity is empty or 0.")
    for money, called in ((entry.unit_cost, "cost"), (entry.unit_price, "price")):
        if money is not None and not 0 <= money < labels.MOST_PIECES:
            raise Refused(f"The {called} of {sku} is {money:g}. It is 0 or more; leave it empty where it is not known.")
    if entry.qty < 0 and entry.kind != "adjustment":
        raise Refused(
            f"A {labels.MOVEMENT_KINDS[entry.kind].lower()} has a positive quantity, not {entry.qty:g}; its kind says which way it goes."
        )
    if abs(entry.qty) > labels.MOST_PIECES:
        raise Refused(f"{entry.qty:,.0f} pieces of {sku} cannot be right. Check the quantity.")
    if entry.day < date(1970, 1, 1) or entry.day > date(2199, 12, 31):
        raise Refused(f"{entry.day} cannot be the day of a movement. Check the date.")
    if entry.qty % 1 and items.in_whole_pieces(db, entry.item_id):
        raise Refused(
            f"{sku} comes in whole pieces, and {entry.qty:g} is none. Where parts of it are sold, give it another unit on the Items page."
        )
    if entry.kind == "transfer" and not entry.to:
        raise Refused(f"Choose where {sku} goes: a transfer has a place it comes from and one it goes to.")
    known = places.names(db)
    for place in [entry.place, *([entry.to] if entry.kind == "transfer" else [])]:
        if place not in known:
            raise Refused(f"There is no place called {place or 'nothing'} in use. Choose one of: {', '.join(known)}.")
    if entry.kind == "transfer" and entry.place == entry.to:
        raise Refused(f"{sku} would be moved from {entry.place} to {entry.place}. Choose two different places.")
    return sku
