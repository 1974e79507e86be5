"""Purchase orders as people settle them: one of which nothing more will come is closed.

close(db, who, order_ids, day): manager
"""

from collections.abc import Sequence
from datetime import date

from ims_core import labels, people
from ims_core.db import Database
from ims_core.errors import Refused


@people.needs("manager")
def close(db: Database, who: people.Person, order_ids: Sequence[int], day: date) -> int:
    """Give up what is still to come of these orders: from `day` on it is on order no more. What came stays received."""
    standing = db.frame(
        "select distinct on_order.order_id, number from on_order where order_id in (select unnest(?::bigint[]))", [list(order_ids)]
    )
    if standing.empty or len(standing) < len(set(order_ids)):
        raise Refused("Nothing is to come of some of these orders any more. Load the page again and choose anew.")
    named = f"order {standing['number'].iloc[0]}" if len(standing) == 1 else labels.many(len(standing), "order")
    with db.change(who=who.name, what=f"Closed {named}: nothing more will come") as change_id:
        db.append("order_steps", [{"order_id": int(order_id), "step": "closed", "day": day} for order_id in standing["order_id"]])
    return change_id
