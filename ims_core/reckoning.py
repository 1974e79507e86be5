"""What was counted holds: openings and differences are posted until every counted moment shows what stood there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ims_core.db import Database

APART = 31
"""Days after an item's first count from which a place that is counted first is new, not merely counted later."""


def settle(db: Database, disturbed_by: int, change_id: int, stays: bool = False) -> None:
    """Post in the open change what the counted moments lack, of the items that change `disturbed_by` counted or moved.

    The first count of an item in a place is its opening stock, on the day before anything of the item moved: what lies
    in the cellar was in the house all along. Later counts post their difference at their own moment, and so do first
    counts that find less than nothing in the house. What comes late, of days before a count, moves these; what was counted stays.
    """
    if not db.kept(any_counts, "counts"):
        return
    touched = "select item_id from movements where change_id = $by union select item_id from counts where change_id = $by"
    params = {"by": disturbed_by, "new": change_id}
    rows: pa.Table = db.arrow(
        f"""
        select (select coalesce(max(line), 0) from movements where change_id = $new) + row_number() over ()::integer as line,
               * exclude (due), due as qty, {stays} as stays
        from ({missing(touched)})
        """,
        params,
    )
    db.append("movements", rows)


def of_families(db: Database, counts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `counts` as they go into the books: of merged items the surviving one holds what was counted, the others nothing."""
    told = [row["item_id"] for row in counts]
    found = db.rows(
        """
        select item_id, counts_as from merged
        where counts_as in (select counts_as from merged where item_id in (select unnest(?::bigint[]))) order by item_id
        """,
        [told],
    )
    holds = dict(found)
    twins: dict[int, list[int]] = defaultdict(list)
    for item_id, held_by in found:
        twins[held_by] += [item_id] if item_id != held_by else []
    held = [{**row, "item_id": holds[row["item_id"]]} for row in counts]
    nothing = [{**row, "item_id": twin, "on_hand": 0, "unit_cost": None} for row in held for twin in twins[row["item_id"]]]
    return [*held, *nothing]


def any_counts(db: Database) -> bool:
    """Whether anything was ever counted.

    To be kept, as asking inside a change has all that waits written first: changes of days past would go to disk one by one.
    """
    return bool(db.scalar("select count(*) > 0 from counts"))


def missing(touched: str) -> str:
    """SQL: the movements that would make every counted moment of the `touched` items hold; no row where all do.

    Of one place, in the order of its counts: difference = counted - counted before - what moved in between.
    """
    return f"""
        with touched as (  -- with the items they are merged with: they are one family
            select item_id, counts_as as family from merged
            where counts_as in (select counts_as from merged where item_id in ({touched}))
        ),
        said as (from standing_counts join touched using (item_id)),
        moved as (from visible_movements join touched using (item_id)),
        flowed as (from moved where kind not in ('opening', 'count')),
        begins as (select family, min(day) as begun from flowed group by family),
        begins_here as (select family, place, min(day) as begun from flowed group by all),
        between_counts as (
            select f.item_id, f.place, s.counted_at, sum(f.qty) as qty
            from flowed f asof join said s on f.item_id = s.item_id and f.place = s.place and f.happened_at <= s.counted_at
            group by all
        ),
        steps as (
            select s.*, s.on_hand - lag(s.on_hand, 1, 0) over counted - coalesce(b.qty, 0) as difference,
                   row_number() over counted = 1 as first,
                   s.counted_at - min(s.counted_at) over (partition by family) > interval {APART} days as new_place
            from said s left join between_counts b using (item_id, place, counted_at)
            window counted as (partition by s.item_id, s.place order by s.counted_at)
        ),
        placed as (  -- goods carried to the cellar without a word: less than nothing here, but not in the house
            select s.*, s.first and sum(s.difference) over (partition by s.family, s.first, s.counted_at) >= 0 as opens,
                   case when s.new_place then h.begun else b.begun end as begun
            from steps s left join begins_here h using (family, place) left join begins b using (family)
        ),
        wanted as (
            select item_id, place, case when opens then 'opening' else 'count' end as kind, difference as qty,
                   unit_cost, file_id, source_row,
                   case when opens and begun <= day then (begun - 1)::timestamp else counted_at end as happened_at,
                   case when opens and begun <= day then begun - 1 else day end as day,
                   format('{{:g}} counted on {{}}', on_hand::double, day) as note
            from placed
        ),
        posted as (
            select item_id, place, kind, happened_at, day, sum(qty) as qty, max(unit_cost) as unit_cost, min(file_id) as file_id,
                   arg_min(source_row, file_id) as source_row, any_value(note) as note
            from moved where kind in ('opening', 'count') group by all
        )
        select coalesce(w.happened_at, p.happened_at) as happened_at, coalesce(w.day, p.day) as day, coalesce(w.kind, p.kind) as kind,
               coalesce(w.item_id, p.item_id) as item_id, coalesce(w.place, p.place) as place,
               coalesce(w.qty, 0) - coalesce(p.qty, 0) as due,
               coalesce(w.unit_cost, p.unit_cost) as unit_cost, coalesce(w.note, p.note) as note,
               coalesce(w.file_id, p.file_id) as file_id, coalesce(w.source_row, p.source_row) as source_row
        from wanted w full join posted p
          on w.item_id = p.item_id and w.place = p.place and w.kind = p.kind and w.happened_at = p.happened_at and w.day = p.day
        where coalesce(w.qty, 0) <> coalesce(p.qty, 0)
        order by item_id, place, happened_at
    """


WRONGLY_ESTIMATED = """
    with days as (
        select item_id, day, sum(sum(qty)) over (partition by item_id order by day) as on_hand, sum(estimated) as estimated
        from stock_moves group by item_id, day
    ),
    told as (select g.counts_as as item_id from standing_counts join merged g using (item_id))
    select item_id from days group by item_id
    having case when item_id in (from told) then sum(estimated) <> 0 else sum(estimated) < 0 or min(on_hand) < 0
                or sum(estimated) > 0 and min(on_hand) > 0 end
"""
"""SQL: items whose estimated opening (view `estimated_openings`) is too little, too much, or beside a count that says what there was.

Nothing is posted for it: it follows whatever is told later, and a count takes its place. The view looks at the whole house; what
lacks in one place and lies in another was carried there without a word.
"""
