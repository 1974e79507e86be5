"""Stocktakes: a sheet is opened, filled entry by entry, compared with the book, and booked; over the limit by a manager only."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ims_core import classes, items, labels, people, places, policy, reckoning, tallies
from ims_core.db import Database
from ims_core.entries import Entry as Entry
from ims_core.entries import Fault, faults
from ims_core.errors import NotAllowed, Refused
from ims_core.tallies import Wanted

REASONS = {
    "shrinkage": "Lost or stolen",
    "damage": "Damaged or spoilt",
    "receipt": "Receipt missed",
    "twice": "Booked twice",
    "sale": "Sale or issue missed",
    "unit": "Packs taken for pieces",
    "mix-up": "Mixed up with another item",
    "place": "Stands in another place",
    "slip": "Typing or scanning slip",
    "unknown": "Not known",
}
"""Why a count differs from the book, as somebody says it."""


TITLE = 80
"""Characters of a sheet's name; it stands on buttons and in file names."""


# -- questions


def over_limit(db: Database, found: pd.DataFrame) -> list[str]:
    """Why a manager must book these lines: a sentence for each limit that is passed. found: tallies.lines that were counted."""
    shop = policy.shop(db)
    off = found[found["known"] & (found["difference"].fillna(0) != 0)]
    total, largest = float(off["value"].abs().sum()), off["value"].abs().max()
    says = []
    if total > shop.count_sheet:
        says.append(f"The differences come to {_money(total, shop)}, and above {_money(shop.count_sheet, shop)} a manager books them.")
    elif len(off) and largest > shop.count_line:
        name = off.sort_values("value", key=np.abs)["name"].iloc[-1]
        says.append(f"{name} differs by {_money(largest, shop)}, and above {_money(shop.count_line, shop)} a manager books it.")
    blank = off[off["value"].isna()]
    if len(blank):
        one = blank.iloc[0]["name"]
        more = f" and {len(blank) - 1} more have" if len(blank) > 1 else " has"
        says.append(f"{one}{more} neither cost nor price: what the difference is worth is not known, so a manager books it.")
    return says


# -- commands


@people.needs("staff")
def open_sheet(
    db: Database, who: people.Person, title: str, wanted: Sequence[Wanted], blind: bool | None = None, via: str = "screen"
) -> int:
    """Open a sheet with these lines and the book of this moment; `blind`: None is as the shop's settings say.

    Refused: no lines, lines that all stand on open sheets nobody began, places and items not there, staff who would see the book
    where the shop counts blind.
    """
    shop = policy.shop(db)
    blind = shop.count_blind if blind is None else blind
    if shop.count_blind and not blind and not who.may("manager"):
        raise NotAllowed("This shop counts without seeing the book. A manager may open a sheet that shows it.")
    title = " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())[:TITLE]
    if not title:
        raise Refused("Give the sheet a name, such as Cellar or Top shelf.")
    rows = _chosen(db, wanted, _today(shop))
    with db.change(who=who.name, what=f"Count sheet {title}, {labels.many(len(rows), 'line')}", via=via) as change_id:
        _refuse_opened(db, rows, blind)  # inside the change: another window may have opened it while this waited
        sheet_id = int(db.scalar("select coalesce(max(sheet_id), 0) + 1 from count_sheets"))
        db.append("count_sheets", [{"sheet_id": sheet_id, "title": title, "day": _today(shop), "blind": blind}])
        db.append("count_lines", [{"sheet_id": sheet_id, **row} for row in rows])
    return change_id


@people.needs("staff")
def enter(db: Database, who: people.Person, sheet_id: int, entries: Sequence[Entry], via: str = "screen", key: str | None = None) -> int:
    """Write down what was counted; what was counted after the first count was over belongs to the second. What is new comes onto the sheet.

    Refused: a sheet that is booked or given up, quantities that cannot be, and second counts that are not due.
    """
    sheet = tallies.one(db, sheet_id)
    _refuse_closed(sheet)
    if not entries:
        raise Refused("Nothing was counted yet. Type how many stand there, also where it is 0.")
    _refuse_bad(entries, faults(db, sheet_id, entries))
    besides = _found_besides(db, sheet_id, entries)
    with db.change(who=who.name, what=_said(sheet, entries, _name(db, entries)), via=via, key=key) as change_id:
        db.append("count_lines", besides)
        db.append("count_entries", _entered(db, sheet_id, entries))
    return change_id


@people.needs("staff")
def enter_each(db: Database, who: people.Person, sheet_id: int, told: Sequence[tuple[Entry, str]], via: str) -> list[int]:
    """Beeps (each with its key) onto a sheet, each a change of its own, brought to disk together. All or none, refused as by `enter`."""
    sheet, entries = tallies.one(db, sheet_id), [entry for entry, _ in told]
    _refuse_closed(sheet)
    _refuse_bad(entries, faults(db, sheet_id, entries))
    besides, names = _found_besides(db, sheet_id, entries), dict(db.rows("select item_id, name from items"))
    acts = [{"who": who.name, "what": _said(sheet, [entry], names[entry.item_id]), "via": via, "key": key} for entry, key in told]
    with db.changes(acts) as numbers:
        new = [(number, entry) for number, entry in zip(numbers, entries, strict=True) if number > db.version]
        first = {(entry.item_id, entry.place): number for number, entry in reversed(new)}
        rows = _entered(db, sheet_id, [entry for _, entry in new])
        db.append(
            "count_lines", [{"change_id": first[spot], **row} for row in besides if (spot := (row["item_id"], row["place"])) in first]
        )
        db.append("count_entries", [{"change_id": number, **row} for (number, _), row in zip(new, rows, strict=True)])
    return numbers


@people.needs("staff")
def finish(db: Database, who: people.Person, sheet_id: int, rest_is_gone: bool = False) -> int:
    """End the first count: now it is compared with the book, and what is too far from it is counted again.

    Lines without a count stay uncounted, or with `rest_is_gone` count as 0. Refused where nothing was counted.
    """
    title, now = tallies.one(db, sheet_id)["title"], datetime.now(UTC).replace(tzinfo=None)
    with db.change(who=who.name, what=f"Counted: {title}") as change_id:
        sheet, found = tallies.one(db, sheet_id), tallies.lines(db, sheet_id)  # as they are now: a beep may have come while this waited
        _refuse_closed(sheet)
        if sheet["step"] is not None:
            raise Refused(f"The first count of {title} is over already.")
        rest = found[found["first"].isna()]
        if len(rest) == len(found) and not rest_is_gone:
            raise Refused(f"Nothing of {title} was counted yet. Count something first, or give the sheet up.")
        if rest_is_gone and len(rest):
            first = int(db.scalar("select coalesce(max(line), 0) from count_entries where sheet_id = ?", [sheet_id]))
            gone = zip(range(first + 1, first + 1 + len(rest)), rest["item_id"].tolist(), rest["place"].tolist(), strict=True)
            db.append("count_entries", [
                {"sheet_id": sheet_id, "line": line, "item_id": item_id, "place": place, "round": 1, "qty": 0, "adds": False,
                 "counted_at": now} for line, item_id, place in gone
            ])  # fmt: skip
        db.append("count_steps", [{"sheet_id": sheet_id, "step": "counted"}])
    return change_id


@people.needs("staff")
def book(db: Database, who: people.Person, sheet_id: int, reasons: Mapping[tuple[int, str], str] | None = None) -> int:
    """Let the book say what was counted, within the limits. Refused: second counts still due, and differences that a manager must see."""
    found = tallies.lines(db, sheet_id)
    if (due := int(found["again"].sum())) and not who.may("manager"):
        raise Refused(f"{labels.many(due, 'line')} must be counted a second time first.")
    if not who.may("manager") and (says := over_limit(db, found)):
        raise NotAllowed(" ".join(says))
    return _booked(db, who, sheet_id, found, reasons or {})


@people.needs("manager")
def approve(db: Database, who: people.Person, sheet_id: int, reasons: Mapping[tuple[int, str], str] | None = None) -> int:
    """Book a sheet whatever its differences come to, also without second counts."""
    return _booked(db, who, sheet_id, tallies.lines(db, sheet_id), reasons or {})


@people.needs("staff")
def give_up(db: Database, who: people.Person, sheet_id: int) -> int:
    """Close a sheet without booking anything; staff only what they opened themselves."""
    sheet = tallies.one(db, sheet_id)
    _refuse_closed(sheet)
    if sheet["who"] != who.name and not who.may("manager"):
        raise NotAllowed(f"{sheet['title']} was opened by {sheet['who']}. Ask them, or a manager, to give it up.")
    with db.change(who=who.name, what=f"Count given up: {sheet['title']}") as change_id:
        _refuse_closed(tallies.one(db, sheet_id))  # somebody may have booked it while this waited
        db.append("count_steps", [{"sheet_id": sheet_id, "step": "cancelled"}])
    return change_id


def _booked(db: Database, who: people.Person, sheet_id: int, found: pd.DataFrame, reasons: Mapping[tuple[int, str], str]) -> int:
    """One change: what was counted as counts, what they lack as movements, and the sheet's results with book and reason."""
    sheet = tallies.one(db, sheet_id)
    _refuse_closed(sheet)
    if sheet["step"] != "counted":
        raise Refused(f"{sheet['title']} is still being counted. Say that the count is finished, then book it.")
    if wrong := set(reasons.values()) - set(REASONS) - {""}:
        raise Refused(f"{sorted(wrong)[0]} is no reason. Choose one of: {', '.join(REASONS)}.")
    done = found[found["counted"].notna()]
    zone, told = ZoneInfo(policy.shop(db).timezone), done.to_dict("records")
    with db.change(who=who.name, what=_sums(db, sheet, done), via="screen") as change_id:
        _refuse_closed(tallies.one(db, sheet_id))
        if not tallies.lines(db, sheet_id)["counted"].equals(found["counted"]):
            raise Refused("Somebody has counted more in the meantime. Look at the differences again, then book.")
        db.append("counts", reckoning.of_families(db, _counts(told, zone)))
        db.append("count_results", [{"sheet_id": sheet_id, **_result(row, reasons)} for row in told])
        db.append("count_steps", [{"sheet_id": sheet_id, "step": "booked"}])
        reckoning.settle(db, change_id, change_id)
    return change_id


# -- rows


def _chosen(db: Database, wanted: Sequence[Wanted], day: date) -> list[dict[str, Any]]:
    if not wanted:
        raise Refused("There is nothing to count here: no item was chosen. Choose another place, class or list.")
    known, spots = places.names(db), {(line.item_id, line.place): line.why for line in reversed(wanted)}
    for item_id, place in spots:
        items.code(db, item_id)
        if place not in known:
            raise Refused(f"There is no place called {place} in use. Choose one of: {', '.join(known)}.")
    kinds = classes.abc(db, day).set_index("item_id")["abc"].to_dict()
    held = {(item_id, place): qty for item_id, place, qty in db.rows("select item_id, place, on_hand from stock")}
    return [
        {"item_id": item_id, "place": place, "book": held.get((item_id, place), 0), "class": kinds.get(item_id, "C"), "why": why}
        for (item_id, place), why in spots.items()
    ]


def _refuse_opened(db: Database, rows: Sequence[Mapping[str, Any]], blind: bool) -> None:
    """One click too many, or two people at once; where somebody began to count, this is another count of the same."""
    wanted = {(row["item_id"], row["place"]) for row in rows}
    open_ = db.rows(
        f"""
        select l.item_id, l.place, s.title from count_lines l join (select sheet_id, title, blind from count_sheets) s using (sheet_id)
        where {tallies.WAITS} and s.blind = $blind and sheet_id not in (select sheet_id from count_entries where {tallies.HERE})
        order by sheet_id
        """,
        {"blind": blind},
    )
    if wanted <= {(item_id, place) for item_id, place, _ in open_}:
        title = next(title for item_id, place, title in reversed(open_) if (item_id, place) in wanted)
        raise Refused(f"These lines stand on the open sheet {title} already. Go on with that one, or give it up first.")


def _found_besides(db: Database, sheet_id: int, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Lines for what was counted and does not stand on the sheet yet."""
    there = set(db.rows(f"select item_id, place from count_lines where sheet_id = ? and {tallies.HERE}", [sheet_id]))
    new = {(entry.item_id, entry.place): "found" for entry in entries if (entry.item_id, entry.place) not in there}
    if not new:
        return []
    wanted = [Wanted(item_id, place, why) for (item_id, place), why in new.items()]
    return [{"sheet_id": sheet_id, **row} for row in _chosen(db, wanted, _today(policy.shop(db)))]


def _entered(db: Database, sheet_id: int, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Rows of count_entries, told inside the change: nobody else can be closing the sheet, or ending its first count, meanwhile."""
    sheet, now = tallies.one(db, sheet_id), datetime.now(UTC).replace(tzinfo=None)
    _refuse_closed(sheet)
    turns = tallies.rounds(db, sheet_id, [(entry.item_id, entry.place, entry.at or now) for entry in entries])
    if None in turns:
        raise Refused(f"{sheet['title']} has gone on in the meantime. Look at it again, and count what is still due.")
    first = int(db.scalar("select coalesce(max(line), 0) from count_entries where sheet_id = ?", [sheet_id]))
    return [
        {"sheet_id": sheet_id, "line": first + at, "item_id": entry.item_id, "place": entry.place, "round": turn,
         "qty": round(entry.qty, 4), "adds": entry.adds, "counted_at": entry.at or now}
        for at, (entry, turn) in enumerate(zip(entries, turns, strict=True), 1)
    ]  # fmt: skip


def _counts(told: Sequence[Mapping[Any, Any]], zone: ZoneInfo) -> list[dict[str, Any]]:
    return [
        {"item_id": row["item_id"], "place": row["place"], "counted_at": row["counted_at"].to_pydatetime(),
         "day": row["counted_at"].to_pydatetime().replace(tzinfo=UTC).astimezone(zone).date(), "on_hand": row["counted"],
         "unit_cost": None}
        for row in told
    ]  # fmt: skip


def _result(row: Mapping[Any, Any], reasons: Mapping[tuple[int, str], str]) -> dict[str, Any]:
    value = row["unit_value"]
    return {
        "item_id": row["item_id"], "place": row["place"], "counted_at": row["counted_at"].to_pydatetime(), "counted": row["counted"],
        "book": row["book"], "unit_value": None if value != value else value, "class": row["class"], "why": row["why"],
        "known": row["known"], "recounted": row["recounted"], "reason": reasons.get((row["item_id"], row["place"])) or None,
    }  # fmt: skip


# -- words and refusals


def _said(sheet: Mapping[str, Any], entries: Sequence[Entry], name: str) -> str:
    """`name`: of the item, where there is but one entry."""
    if len(entries) > 1:
        return f"{len(entries):,} lines counted: {sheet['title']}"
    return f"{'+' if entries[0].adds else ''}{labels.pieces(entries[0].qty)} {name} counted: {sheet['title']}"


def _name(db: Database, entries: Sequence[Entry]) -> str:
    return str(items.one(db, entries[0].item_id)["name"])


def _sums(db: Database, sheet: Mapping[str, Any], done: pd.DataFrame) -> str:
    off = done[done["known"] & (done["difference"] != 0)]
    worth = f", {_money(float(off['value'].sum()), policy.shop(db))}" if off["value"].notna().any() else ""
    return f"Count booked: {sheet['title']}, {labels.many(len(done), 'line')}, {labels.many(len(off), 'difference')}{worth}"


def _money(amount: float, shop: policy.Shop) -> str:
    return labels.money(amount, shop.currency)


def _today(shop: policy.Shop) -> date:
    return datetime.now(ZoneInfo(shop.timezone)).date()


def _refuse_closed(sheet: Mapping[str, Any]) -> None:
    if sheet["step"] in ("booked", "cancelled"):
        says = "booked already" if sheet["step"] == "booked" else "given up"
        raise Refused(f"{sheet['title']} is {says}. Undo that, or open a new sheet.")


def _refuse_bad(entries: Sequence[Entry], found: Mapping[int, Fault]) -> None:
    """Refused as a whole: a caller with many lines asks `entries.judged` first, and hands over the good ones."""
    if found:
        first = " ".join(found[min(found)])
        raise Refused(first if len(entries) == 1 else f"{labels.many(len(found), 'line')} of {len(entries):,} cannot be taken. {first}")
