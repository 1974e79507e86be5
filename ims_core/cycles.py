"""What to count: a place, a class, a list, or today's plan, in which every line says why it is there."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ims_core import classes, forecasting, labels, ledger, places, policy, tallies
from ims_core.db import Database
from ims_core.tallies import Wanted

EVERY = {"A": 30, "B": 90, "C": 180}
"""Days after which an item is to be counted again, by class."""

CHANCE = 0.1
"""Part of a day's plan that is drawn at random: only such lines say how good the whole book is."""

STOPPED = 0.005
"""A pause in sales that chance alone makes this rarely is taken for a shelf that is empty though the book says otherwise."""

AGAIN = 7
"""Days after which what was off is looked at again."""

QUIET = 4
"""Days that a pause must last at least: weekends and holidays are no sign."""


def of_place(db: Database, place: str) -> list[Wanted]:
    """What stands in a place, and what moved there within a year and should be gone."""
    found = db.rows(
        """
        select item_id from stock join items using (item_id)
        where place = ? and (on_hand <> 0 or (active and last_day > (select max(day) from visible_movements) - 365)) order by lower(name)
        """,
        [place],
    )
    return [Wanted(item_id, place, "turn") for (item_id,) in found]


def of_class(db: Database, name: str, day: date, place: str | None = None) -> list[Wanted]:
    """All items of class A, B or C, wherever they stand or in one place."""
    found = classes.abc(db, day)
    return of_items(db, found.loc[found["abc"] == name, "item_id"].tolist(), place, "turn")


def of_items(db: Database, item_ids: Sequence[int], place: str | None = None, why: str = "picked") -> list[Wanted]:
    """The given items in each place where they stand; one that stands nowhere is looked for in `place`, else in the first place."""
    spots = db.rows(
        """
        select item_id, place from stock
        where list_contains($items::bigint[], item_id) and on_hand <> 0 and ($place is null or place = $place) order by place, item_id
        """,
        {"items": list(item_ids), "place": place},
    )
    held = {item_id for item_id, _ in spots}
    nowhere = [(item_id, place or places.names(db)[0]) for item_id in item_ids if item_id not in held]
    return [Wanted(item_id, spot, why) for item_id, spot in [*spots, *nowhere]]


def plan(db: Database, day: date, blind: bool = False) -> pd.DataFrame:
    """What to count on `day` and why, the most urgent first, as many lines as the shop counts a day less those counted and those that wait.

    item_id sku name category place class on_hand value counted_on why reason; `why`: suspicion, turn or chance; `reason`: in words.
    What stands on an open sheet is left out, and takes its part of the day.
    `blind`: without what the book says, on_hand and value or in words.
    """
    shown = ["counted_on"] if blind else ["on_hand", "value", "counted_on"]
    columns = ["item_id", "sku", "name", "category", "place", "class", *shown, "why", "reason"]
    found = _spots(db, day)
    if found.empty:
        return found.assign(**{"class": "", "why": "", "reason": ""})[columns]
    kinds = classes.abc(db, day).rename(columns={"abc": "class", "usage": "used"})
    found = found.merge(kinds, on="item_id", how="left").fillna({"class": "C", "used": 0.0})
    found = _suspected(found, day, forecasting.known_until(db, day) or day, blind)
    found = _due(found, day)
    most = max(0, policy.shop(db).count_a_day - _begun(db, day))
    urgent = found[found["weight"] > 0].sort_values(["weight", "used", "item_id"], ascending=[False, False, True])
    drawn = min(max(1, round(most * CHANCE)), most)
    first = urgent.head(most - drawn)
    rest = found.drop(first.index).sort_values(["item_id", "place"])  # in one order, or each look at the plan would draw others
    random = rest.sample(min(drawn, len(rest)), random_state=day.toordinal()).assign(
        why="chance", reason="Drawn at random: it shows how good the book is as a whole"
    )
    return pd.concat([first, random])[columns].reset_index(drop=True)


def _begun(db: Database, day: date) -> int:
    """Lines counted on a day, on sheets or at once, or waiting on open sheets; stock lists in files are no round of counting."""
    zone = ZoneInfo(policy.shop(db).timezone)
    begins, ends = ledger.moment(day, zone), ledger.moment(day + timedelta(days=1), zone)
    return int(db.scalar(
        f"""
        select count(*) from (
            select item_id, place from count_entries where counted_at >= $begins and counted_at < $ends and {tallies.HERE}
            union
            select item_id, place from standing_counts join changes using (change_id) where day = $day and via <> 'import'
            union
            select item_id, place from count_lines where {tallies.WAITS}
        )
        """,
        {"begins": begins.replace(tzinfo=None), "ends": ends.replace(tzinfo=None), "day": day},
    ))  # fmt: skip


def _spots(db: Database, day: date) -> pd.DataFrame:
    """Every item in every place where it stands or is below zero, with what speaks for counting it."""
    return db.frame(
        f"""
        with sold as (
            select item_id, sum(qty) filter (day > last - 90)::double as pieces, count(distinct day) filter (day > last - 90) as days,
                   any_value(last) - min(day) filter (day > last - 90) + 1 as span,
                   any_value(last) as last
            from (select *, max(day) over (partition by item_id) as last from demand where qty > 0 and day <= $day::date) group by item_id
        ),
        counted as (
            select coalesce(g.counts_as, k.item_id) as item_id, place, max(day) as day
            from standing_counts k left join merged g using (item_id) group by all
        ),
        results as (
            select g.counts_as as item_id, place, counted - book as difference, abs(counted - book) >
                   abs(book) * {tallies.allowed("class")} as off,
                   row_number() over (partition by g.counts_as, place order by counted_at desc) as nth
            from count_results join merged g using (item_id) where known and {tallies.HERE}
        ),
        missed as (
            select item_id, place, count(*) filter (off) as missed, count(*) as asked from results where nth <= 3 group by all
        ),
        waits as (
            select g.counts_as as item_id, l.place from count_lines l join merged g using (item_id)
            where {tallies.WAITS}
        )
        select s.item_id, i.sku, i.name, i.category, s.place, s.on_hand::double as on_hand, (s.on_hand * c.cost)::double as value,
               k.day as counted_on, d.days::double as sold, d.span::double as span, d.last as last_sale, coalesce(m.missed, 0) as missed,
               coalesce(m.asked, 0) as asked
        from stock_on($day::date) s join items i using (item_id) left join costs c using (item_id) left join sold d using (item_id)
        left join counted k using (item_id, place) left join missed m using (item_id, place)
        where i.active and s.on_hand <> 0 and (s.item_id, s.place) not in (from waits)
        """,
        {"day": day},
    )


def _suspected(found: pd.DataFrame, day: date, until: date, blind: bool) -> pd.DataFrame:
    """With `doubt` (0: none) and its `words`: below zero, sales that stopped though stock is there, large differences before."""
    pause = (pd.Timestamp(until) - pd.to_datetime(found["last_sale"])).dt.days
    rate = (found["sold"] / found["span"]).fillna(0.0)
    chance = np.exp(-rate * pause.fillna(0.0).clip(lower=0))
    total = found.groupby("item_id")["on_hand"].transform("sum")
    looked = pd.to_datetime(found["counted_on"]) > pd.to_datetime(found["last_sale"])  # a count since then has answered it
    stopped = (chance < STOPPED) & (pause >= QUIET) & (found["sold"] >= 5) & (found["on_hand"] > 0) & (total > 0) & ~looked
    rested = (pd.Timestamp(day) - pd.to_datetime(found["counted_on"])).dt.days >= AGAIN
    below, often = found["on_hand"] < 0, (found["missed"] >= 1) & (2 * found["missed"] >= found["asked"]) & rested
    found["doubt"] = np.select([below, stopped, often], [3.0, 2.0 + (1 - chance / STOPPED), 1.0], 0.0)
    found["words"] = [
        _doubt(row, kind, days, blind)
        for row, kind, days in zip(found.to_dict("records"), np.select([below, stopped, often], [1, 2, 3], 0), pause, strict=True)
    ]
    return found


def _doubt(row: dict[Any, Any], kind: int, pause: float, blind: bool) -> str:
    if kind == 1:
        return "Below zero in the book" if blind else f"Below zero: the book says {labels.pieces(row['on_hand'])}"
    if kind == 2:
        per = row["span"] / row["sold"]
        there = "some stand" if blind else f"{labels.pieces(row['on_hand'])} are"
        usual = "nearly every day" if per < 2 else f"every {per:.0f} days or so"
        return f"Sold {usual}, and not once in {pause:.0f} days, though the book says {there} there"
    if kind == 3:
        return (
            "Was off when it was last counted"
            if row["asked"] == 1
            else f"Was off in {row['missed']:.0f} of the last {row['asked']:.0f} counts"
        )
    return ""


def _due(found: pd.DataFrame, day: date) -> pd.DataFrame:
    """With `weight` (0: not today), `why` and `reason`: suspicion before turn, and of turns those that wait the longest for their class."""
    every = found["class"].map(EVERY).astype(float)
    since = (pd.Timestamp(day) - pd.to_datetime(found["counted_on"])).dt.days
    ratio = (since / every).fillna(4.0)
    suspected = found["doubt"] > 0
    found["weight"] = np.where(suspected, 100 + found["doubt"], np.where(ratio >= 1, np.minimum(ratio, 4.0) * 10 / np.sqrt(every), 0.0))
    found["why"] = np.where(suspected, "suspicion", "turn")
    turn = [
        f"Class {kind}, never counted yet"
        if pd.isna(days)
        else f"Class {kind}, counted {labels.many(int(days), 'day')} ago, due every {EVERY[kind]}"
        for kind, days in zip(found["class"], since, strict=True)
    ]
    found["reason"] = np.where(suspected, found["words"], turn)
    return found
