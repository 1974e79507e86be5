"""Where goods stand: shop floor, cellar, van. A place is known by its short name, which movements carry."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ims_core import labels, people, versions
from ims_core.db import Database
from ims_core.errors import Refused


def listed(db: Database) -> pd.DataFrame:
    """Every place, also one that only movements name: place name active, items (with stock there), pieces, estimated (of them).

    What was never counted is left out: what left of it says nothing about what is there.
    """
    return db.frame("""
        with held as (
            select place, count(*) filter (on_hand <> 0) as items, sum(on_hand) as pieces, sum(estimated) as estimated
            from stock where item_id in (select item_id from counted_by(date '9999-12-31')) group by place
        )
        select place, coalesce(p.name, place) as name, coalesce(p.active, true) as active,
               coalesce(h.items, 0) as items, coalesce(h.pieces, 0) as pieces, coalesce(h.estimated, 0) as estimated
        from places p full join held h using (place)
        order by place
    """)


def names(db: Database) -> list[str]:
    """The short names of places in use; the main place is one of them until somebody closes it."""
    return list(db.kept(_in_use, "place_versions")) or [labels.MAIN_PLACE]


def _in_use(db: Database) -> tuple[str, ...]:
    found = db.rows(
        """
        select place from places where active
        union select $main where not exists (select 1 from places where place = $main)
        order by place
        """,
        {"main": labels.MAIN_PLACE},
    )
    return tuple(place for (place,) in found)


@people.needs("manager")
def save(db: Database, who: people.Person, edits: Sequence[Mapping[str, Any]]) -> int:
    """Write new versions of places. Refused: no short name, another's but for its capitals, and closing one where goods still stand."""
    with db.change(who=who.name, what=f"Place {', '.join(str(edit.get('place')) for edit in edits)}") as change_id:
        rows = versions.edited(db, "places", ("place",), edits)
        standing = [place for (place,) in db.rows("select place from places")]
        known = {_key(place): place for place in [labels.MAIN_PLACE, *standing]}
        for row in rows:
            _refuse_bad(db, row)
            if row["place"] not in standing and (other := known.setdefault(_key(row["place"]), row["place"])) != row["place"]:
                raise Refused(f"There is a place called {other} already. Edit that one, or choose another name.")
            row["name"] = row.get("name") or row["place"]
        db.append("place_versions", rows)
    return change_id


def _key(place: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", place).split()).casefold()


def _refuse_bad(db: Database, row: versions.Row) -> None:
    if not row.get("place"):
        raise Refused("A place needs a short name, such as Cellar.")
    if row.get("active") is False:
        pieces = db.scalar("select sum(abs(on_hand)) from stock where place = ?", [row["place"]])
        if pieces:
            raise Refused(f"{row['place']} still holds {labels.pieces(pieces)} pieces. Move or count them out first, then close it.")
