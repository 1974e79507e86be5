"""How far staff may set the book right by themselves: a single count or adjustment above the shop's limit is the manager's."""

from datetime import datetime
from typing import Any

from ims_core import labels, policy
from ims_core.db import Database
from ims_core.errors import NotAllowed
from ims_core.people import Person


def refuse_over(db: Database, by: Person, kind: str, item_id: int, place: str, qty: float, at: datetime) -> None:
    """Refused where what `by` is about to record sets the book right by more than the limit of a line; `at` in UTC.

    What nobody ever counted or received has no book to be wrong, so its first count has no limit.
    """
    if kind not in ("count", "adjustment") or by.may("manager"):
        return
    shop, found = policy.shop(db), _known(db, item_id, place, at)
    if kind == "count" and not (found["counted"] or (found["received"] and not _estimated(db, item_id, place))):
        return
    difference = abs(qty - found["book"] if kind == "count" else qty)
    if difference == 0:
        return
    if found["unit_value"] is None:
        raise NotAllowed(
            f"{found['name']} has neither cost nor price, so nobody can say what a difference of {labels.pieces(difference)} is worth. "
            "A manager books it; or put it on a count sheet."
        )
    if (worth := difference * found["unit_value"]) > shop.count_line:
        raise NotAllowed(
            f"{found['name']} would differ by {labels.pieces(difference)}, {labels.money(worth, shop.currency)}. Above "
            f"{labels.money(shop.count_line, shop.currency)} a manager books it. Count it again, or put it on a count sheet."
        )


def _known(db: Database, item_id: int, place: str, at: datetime) -> dict[str, Any]:
    """Of an item in a place: name book received counted unit_value."""
    return db.row(
        """
        with family as (select item_id from merged where counts_as = (select counts_as from merged where item_id = $item)),
        moved as (select * from visible_movements where item_id in (from family))
        select i.name, coalesce((select sum(qty) from moved where place = $place and happened_at <= $at), 0)::double as book,
               exists (select 1 from moved where kind = 'receipt') as received,
               exists (select 1 from standing_counts where item_id in (from family)) as counted,
               coalesce(c.cost, i.price)::double as unit_value
        from items i left join costs c using (item_id)
        where i.item_id = (select counts_as from merged where item_id = $item)
        """,
        {"item": item_id, "place": place, "at": at.replace(tzinfo=None)},
    )


def _estimated(db: Database, item_id: int, place: str) -> bool:
    """Whether more left than ever came in, so that what the book says of this place is a guess."""
    return bool(db.scalar(
        """
        select count(*) > 0 from estimated_openings
        where place = $place and item_id = (select counts_as from merged where item_id = $item)
        """,
        {"item": item_id, "place": place},
    ))  # fmt: skip
