"""Count sheets as they stand: what is on them, what was counted, and how far that is from the book of the very moment of counting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from ims_core.db import Database
from ims_core.errors import Refused

TOLERANCE = {"A": 0.01, "B": 0.03, "C": 0.05}
"""How far a count may be from the book, as a share of the book, to count as accurate (APICS; see the README)."""

WHY = {
    "turn": "It is its turn",
    "chance": "Drawn at random",
    "suspicion": "Something looks wrong",
    "picked": "Picked by hand",
    "found": "Found while counting",
}
"""How a line came to be counted. Suspected and picked ones say nothing about the rest of the book."""

STATES = {"open": "Being counted", "again": "Second count", "counted": "To be booked", "booked": "Booked", "cancelled": "Given up"}


@dataclass(frozen=True)
class Wanted:
    """A line of a new sheet; `why`: one of WHY."""

    item_id: int
    place: str
    why: str = "picked"


HERE = "change_id not in (select change_id from hidden_changes)"
WAITS = f"{HERE} and sheet_id not in (select sheet_id from count_steps where step in ('booked', 'cancelled') and {HERE})"
"""SQL, of a line of a sheet: the sheet is neither booked nor given up."""


def listed(db: Database) -> pd.DataFrame:
    """Every sheet, the newest first: sheet_id title day blind who opened_at lines counted step (counted booked cancelled, else None)."""
    return db.frame(f"""
        with entered as (
            select sheet_id, count(distinct (item_id, place)) as counted from count_entries where {HERE} group by sheet_id
        ),
        chosen as (
            select sheet_id, count(distinct (item_id, place)) as lines from (
                select sheet_id, item_id, place, change_id from count_lines
                union all select sheet_id, item_id, place, change_id from count_entries
            ) where {HERE} group by sheet_id
        ),
        steps as (select sheet_id, arg_max(step, (change_id, step <> 'counted')) as step from count_steps where {HERE} group by sheet_id)
        select s.sheet_id, s.title, s.day, s.blind, c.who, c.done_at as opened_at, coalesce(h.lines, 0) as lines,
               coalesce(e.counted, 0) as counted, t.step
        from (select * from count_sheets where {HERE}) s join changes c using (change_id)
        left join chosen h using (sheet_id) left join entered e using (sheet_id) left join steps t using (sheet_id)
        order by s.sheet_id desc
    """)


def one(db: Database, sheet_id: int) -> dict[str, Any]:
    """The sheet: sheet_id title day blind who opened_at step (None while the first count goes on). Refused where there is none."""
    found = db.row(
        f"""
        select s.sheet_id, s.title, s.day, s.blind, c.who, c.done_at as opened_at,
               (select arg_max(step, (change_id, step <> 'counted')) from count_steps where sheet_id = s.sheet_id and {HERE}) as step
        from count_sheets s join changes c using (change_id) where sheet_id = ? and {HERE.replace("change_id", "s.change_id", 1)}
        """,
        [sheet_id],
    )
    if not found:
        raise Refused(f"There is no count sheet number {sheet_id}. It may have been undone; choose another on the Counts page.")
    return found


def lines(db: Database, sheet_id: int) -> pd.DataFrame:
    """What stands on a sheet, one row an item and place.

    item_id sku name category unit place class why book first second counted counted_at begun_at by entries
    known difference value again recounted unit_value
    `book` is that of the moment of the last count (of now, where nothing was counted), and of a booked sheet what it was when it was
    booked; `first`, `second`: what was counted; `known`: somebody had counted or received it before, so there was a book to be wrong;
    `difference` = counted - book, `value` in money (None without cost and price); `again`: a second count is due.
    """
    state = one(db, sheet_id)["step"]
    found = db.frame(LINES, {"sheet": sheet_id})
    numbers = ["book", "book_first", "first", "second", "unit_value"]
    found[numbers] = found[numbers].astype(float)
    if state == "booked":
        found = _as_booked(found, db.frame(BOOKED, {"sheet": sheet_id}))
    return _compared(found, asked=state == "counted")


def rounds(db: Database, sheet_id: int, told: Sequence[tuple[int, str, datetime]]) -> list[int | None]:
    """To which count each of these (item, place, counted at) belongs: before the first was over to the first, whenever it is told.

    What is told of later moments belongs to the second, where that is due or the first has nothing of it; else None.
    """
    over = db.scalar(
        f"select max(done_at) from count_steps join changes using (change_id) where sheet_id = ? and step = 'counted' and {HERE}",
        [sheet_id],
    )
    turns = [1 if over is None or at < over else 2 for _, _, at in told]
    if 2 not in turns:
        return list[int | None](turns)
    found, same = lines(db, sheet_id), dict(db.rows("select item_id, counts_as from merged"))
    done = found[found["first"].notna() & ~found["again"] & ~found["recounted"]]
    closed = set(zip(done["item_id"], done["place"], strict=True))
    return [None if turn == 2 and (same[item_id], place) in closed else turn for turn, (item_id, place, _) in zip(turns, told, strict=True)]


LINES = f"""
    with recursive joined as (  -- since which change an item counts as another
        select i.item_id, i.same_as, min(v.change_id) as at from items i join item_versions v using (item_id)
        where i.same_as is not null and v.change_id > coalesce(
            (select max(n.change_id) from item_versions n where n.item_id = i.item_id and n.same_as is null), 0)
        group by all
    ),
    family as (
        select item_id, item_id as counts_as, 0::bigint as since from items where same_as is null
        union all
        select j.item_id, f.counts_as, greatest(j.at, f.since) from joined j join family f on j.same_as = f.item_id
    ),
    told as (
        select g.counts_as as item_id, e.item_id as told_of, g.since, e.place, e.round, e.line, e.qty, e.adds, e.counted_at, c.who,
               e.change_id
        from count_entries e join family g using (item_id) join changes c using (change_id)
        where e.sheet_id = $sheet and e.{HERE}
    ),
    since as (
        select t.*, greatest(max(t.line) filter (not t.adds) over (partition by t.told_of, t.place, t.round),
                             (select max(s.line) from told s where not s.adds and s.told_of = t.item_id and s.place = t.place
                              and s.round = t.round and s.change_id > t.since)) as begins
        from told t
    ),
    rounds as (  -- what was typed takes the place of what came before it of the same item, since a merge of both; beeps add to it
        select item_id, place, round, sum(qty) as qty, min(counted_at) as begun_at, max(counted_at) as counted_at,
               string_agg(distinct who, ', ' order by who) as by, count(*) as entries
        from since where line >= coalesce(begins, 0) group by all
    ),
    chosen as (
        select distinct on (item_id, place) * from (
            select g.counts_as as item_id, l.place, l.class, l.why, l.change_id
            from count_lines l join merged g using (item_id) where l.sheet_id = $sheet and l.{HERE}
            union all select item_id, place, 'C', 'found', 9223372036854775807 from told
        ) order by item_id, place, change_id
    ),
    said as (
        select c.item_id, c.place, c.class, c.why, a.qty as first, b.qty as second, a.counted_at as first_at,
               coalesce(b.counted_at, a.counted_at) as counted_at, coalesce(b.begun_at, a.begun_at) as begun_at,
               coalesce(b.by, a.by) as by, coalesce(b.entries, a.entries) as entries
        from chosen c
        left join rounds a on a.item_id = c.item_id and a.place = c.place and a.round = 1
        left join rounds b on b.item_id = c.item_id and b.place = c.place and b.round = 2
    ),
    moved as (
        select g.counts_as as item_id, m.place, m.happened_at, m.qty
        from visible_movements m join merged g using (item_id) where g.counts_as in (select item_id from said)
    ),
    guessed as (
        select item_id, place, sum(qty) as qty from estimated_openings where item_id in (select item_id from said) group by all
    ),
    books as (
        select s.item_id, s.place,
               coalesce(sum(m.qty) filter (s.counted_at is null or m.happened_at <= s.counted_at), 0) as book,
               coalesce(sum(m.qty) filter (s.first_at is null or m.happened_at <= s.first_at), 0) as book_first
        from said s left join moved m on m.item_id = s.item_id and m.place = s.place group by all
    )
    select s.item_id, i.sku, i.name, i.category, i.unit, s.place, s.class, s.why, b.book + coalesce(h.qty, 0) as book,
           b.book_first + coalesce(h.qty, 0) as book_first, s.first, s.second, s.counted_at, s.begun_at, s.by, s.entries,
           s.item_id in (select item_id from counted_by(date '9999-12-31')) and h.qty is null as known,
           coalesce(c.cost, i.price) as unit_value
    from said s join books b using (item_id, place) join items i using (item_id)
    left join guessed h using (item_id, place) left join costs c using (item_id)
    order by s.place, lower(i.name), i.sku
"""
"""SQL: what stands on the sheet $sheet; items as they are merged."""

BOOKED = f"""
    select g.counts_as as item_id, place, book::double as book, unit_value::double as unit_value, known, counted::double as counted,
           counted_at, recounted, reason
    from count_results join merged g using (item_id) where sheet_id = $sheet and {HERE}
"""


def _as_booked(found: pd.DataFrame, booked: pd.DataFrame) -> pd.DataFrame:
    """The lines with what was booked, and nothing that came later; what was not booked was not counted."""
    found = found.drop(columns=["book", "unit_value", "known", "counted_at"])
    merged = found.merge(booked.drop(columns="recounted"), on=["item_id", "place"], how="left")
    merged["known"] = merged["known"].eq(True)
    return merged


def _compared(found: pd.DataFrame, asked: bool) -> pd.DataFrame:
    """With difference, value, again and recounted; `asked`: the first count is over, so second counts are due."""
    found["recounted"] = found["second"].notna() & found["first"].notna()  # what was first found in the second count was not
    if "counted" not in found:
        found["counted"], found["reason"] = found["second"].fillna(found["first"]), None
    found["difference"] = (found["counted"] - found["book"]).round(4)
    found["value"] = found["difference"] * found["unit_value"]
    beyond = ~within(found["first"] - found["book_first"], found["book_first"], found["class"])
    found["again"] = asked & beyond & found["first"].notna() & found["known"] & ~found["recounted"]
    return found.drop(columns="book_first")


def within(difference: pd.Series, book: pd.Series, classes: pd.Series) -> pd.Series:
    """True where a difference lies within the tolerance of its class.

    >>> within(pd.Series([-1.0, -1.0, 0.0]), pd.Series([100.0, 99.0, 0.0]), pd.Series(["A", "A", "C"])).tolist()
    [True, False, True]
    """
    allowed = classes.map(TOLERANCE).astype(float) * book.abs()
    return pd.Series(np.abs(difference.fillna(0.0)) <= allowed + 1e-9, index=difference.index)


def allowed(class_of: str) -> str:
    """SQL: the tolerance of a class, which the column `class_of` names."""
    *named, (_, last) = TOLERANCE.items()
    cases = " ".join(f"when '{letter}' then {share}" for letter, share in named)
    return f"case {class_of} {cases} else {last} end"


def state(step: str | None, found: pd.DataFrame) -> str:
    """One of STATES: `counted` where nothing stands in the way of booking any more."""
    if step in ("booked", "cancelled"):
        return str(step)
    if step is None:
        return "open"
    return "again" if found["again"].any() else "counted"
