"""What the stock is worth on any day, by moving average or first in, first out, and what changed it.

    by_item(db, day, method="average") -> item_id on_hand value, at the end of a day; method: "average" or "fifo"
    layers(db, day) -> item_id day qty cost value: what lies there, by the day it came in (first in, first out)
    moved(db, first, last) -> a row a reason: what the value of the stock changed by in a period, at moving average
    uncosted(db, day) -> item_id on_hand: in stock, and nobody ever said what it costs: its value is empty, never 0
    side_by_side(db, day, by) -> a row a place, category or item: what lies there by both methods
    through_days(db, first, last) -> day value: the stock at the end of each day, at moving average

What came in costs what its movement says, else its order, else the item's list on that day, else the list's first word. On a day what
comes in counts before what leaves. Goods returned and found come at the average; first in, first out puts them back where they left.
"""

from datetime import date, timedelta

import pandas as pd

from ims_core import positions
from ims_core.db import Database
from ims_core.errors import Refused

METHODS = ("average", "fifo")

LAYERS = """
    levels as (select item_id, on_hand::double as on_hand, cost from positions where since <= $day::date and until > $day::date),
    received as (
        select item_id, since as day, costed as qty, (paid + opened_paid) / costed as cost,
               sum(costed) over (partition by item_id order by since) as upto,
               row_number() over (partition by item_id order by since) = 1 as oldest,
               row_number() over (partition by item_id order by since desc) = 1 as newest
        from positions where costed > 0 and since <= $day::date
    ),
    gone as (select item_id, sum(qty) - any_value(on_hand) as gone from received join levels using (item_id) group by all),
    lying as (  -- more than ever came lies at the first cost, what is owed stands at the newest
        select r.item_id, r.day, r.cost,
               least(r.qty, greatest(r.upto - g.gone, 0)) + case when r.oldest then greatest(-g.gone, 0) else 0 end
               - case when r.newest then greatest(g.gone - r.upto, 0) else 0 end as qty
        from received r join gone g using (item_id)
        union all
        select l.item_id, f.day, l.cost, l.on_hand  -- nothing came of which a cost is told: what its list says
        from levels l join (select item_id, min(since) as day from positions group by all) f using (item_id)
        anti join received r using (item_id)
    ),
    fifo as (select item_id, sum(qty * cost) as value from lying group by all)"""
"""SQL: `lying`, the receipts that are still there when those that came first have left first, and `fifo`, what they are worth by item."""


def by_item(db: Database, day: date, method: str = "average") -> pd.DataFrame:
    """Every item that ever moved: item_id on_hand value at the end of `day`; value is empty where nobody said what it costs."""
    if method not in METHODS:
        raise Refused(f"Stock is valued by {' or '.join(METHODS)}, not by {method}.")
    positions.catch_up(db)
    worth = "l.on_hand * l.cost" if method == "average" else "f.value"
    return db.frame(
        f"""
        with {LAYERS}
        select l.item_id, l.on_hand, {worth} as value from levels l left join fifo f using (item_id) order by l.item_id
        """,
        {"day": day},
    )


def layers(db: Database, day: date) -> pd.DataFrame:
    """What lies there by the day it came in: item_id day qty cost value, oldest first; pieces owed are a negative layer."""
    positions.catch_up(db)
    return db.frame(
        f"""
        with {LAYERS}
        select item_id, day, qty, cost, qty * cost as value from lying where abs(qty) > 1e-9 order by item_id, day
        """,
        {"day": day},
    )


def uncosted(db: Database, day: date) -> pd.DataFrame:
    """In stock on `day`, and nobody ever said what it costs: item_id on_hand."""
    positions.catch_up(db)
    return db.frame(
        """
        select item_id, on_hand::double as on_hand from positions
        where since <= $day::date and until > $day::date and on_hand <> 0 and cost is null order by item_id
        """,
        {"day": day},
    )


BY = {"place": "h.place", "category": "coalesce(i.category, 'No category')", "item": "i.name"}
"""What the stock can be split by, and the SQL of it."""


def side_by_side(db: Database, day: date, by: str = "category") -> pd.DataFrame:
    """What lies there by both methods, the dearest first: grp item_id sku items pieces average fifo estimated uncosted.

    `item_id` and `sku` are empty but by item; `pieces` of items in stock; `estimated`: of `average`, of items that nobody counted;
    `uncosted`: items in stock without a cost, whose value is in none; a value is empty where no item has a cost. First in, first out
    knows no places: a piece costs there what the item's pieces cost on average.
    """
    if by not in BY:
        raise Refused(f"The stock is not split by {by}. Choose one of: {', '.join(BY)}.")
    positions.catch_up(db)
    each = "i.item_id, i.sku" if by == "item" else "null::bigint as item_id, null::varchar as sku"
    return db.frame(
        f"""
        with {LAYERS},
        here as (select item_id, place, on_hand::double as on_hand from place_positions
                 where since <= $day::date and until > $day::date and on_hand <> 0)
        select {BY[by]} as grp, {each}, count(distinct h.item_id) as items, sum(h.on_hand) as pieces,
               sum(h.on_hand * l.cost) as average, sum(h.on_hand * coalesce(f.value / nullif(l.on_hand, 0), l.cost)) as fifo,
               coalesce(sum(h.on_hand * l.cost) filter (h.item_id in (select item_id from estimates)), 0) as estimated,
               count(distinct h.item_id) filter (l.cost is null) as uncosted
        from here h join levels l using (item_id) join items i using (item_id) left join fifo f using (item_id)
        group by all order by average desc nulls last, grp
        """,
        {"day": day},
    )


def through_days(db: Database, first: date, last: date) -> pd.DataFrame:
    """The stock at the end of each day from `first` to `last`, at moving average: day value; nothing before the books begin."""
    found = daily(db, last)
    if found.empty:
        return pd.DataFrame({"day": pd.Series(dtype="datetime64[ns]"), "value": pd.Series(dtype=float)})
    values = found.set_index("day")["change"].cumsum().reindex(pd.date_range(found["day"].min(), last), method="ffill")
    return values[values.index >= pd.Timestamp(first)].rename_axis("day").rename("value").reset_index()


REASONS = {
    "before": "Stock at first",
    "opened": "Opening stock told of in the period",
    "purchases": "Received",
    "cogs": "Sold, less returns",
    "sent_back": "Sent back to suppliers",
    "scrap": "Scrapped",
    "count": "Count differences",
    "adjustment": "Adjustments",
    "corrected": "Sold before its cost was known",
    "after": "Stock at last",
}
"""Why the value of the stock changes; in this order they add up: all but the last sum to it."""


def moved(db: Database, first: date, last: date) -> pd.DataFrame:
    """What the value of the stock changed by, at moving average: reason label value (into stock positive), in the order of REASONS."""
    found = daily(db, last)
    inside = found[found["day"] >= pd.Timestamp(first)]
    before = float(found.loc[found["day"] < pd.Timestamp(first), "change"].sum())
    sums = {name: float(inside[name].sum()) for name in REASONS if name in inside}
    sums |= {"before": before, "after": before + float(inside["change"].sum())}
    return pd.DataFrame([{"reason": name, "label": label, "value": sums[name]} for name, label in REASONS.items()])


def daily(db: Database, last: date) -> pd.DataFrame:
    """The value of the whole stock day by day: day change, and the parts that make it up (into stock positive), up to `last`.

    `corrected` is what remains: pieces sold before they were received, at a cost that proved another.
    """
    positions.catch_up(db)
    found = db.frame(
        """
        with each as (
            select item_id, since as day, on_hand::double * cost as value, lag(on_hand::double * cost, 1, 0) over w as value_before,
                   cost, paid, opened_paid, sold, returned, sent_back
            from positions where since <= $last::date and cost is not null window w as (partition by item_id order by since)
        ),
        lost as (
            select g.counts_as as item_id, m.day, m.kind, sum(m.qty::double) as qty
            from visible_movements m join merged g using (item_id)
            where m.kind in ('scrap', 'count', 'adjustment') and m.day <= $last::date group by all
        ),
        losses as (
            select l.day, sum(l.qty * e.cost) filter (l.kind = 'scrap') as scrap, sum(l.qty * e.cost) filter (l.kind = 'count') as count,
                   sum(l.qty * e.cost) filter (l.kind = 'adjustment') as adjustment
            from lost l join each e using (item_id, day) group by all
        ),
        days as (
            select day, sum(value - value_before) as change, sum(opened_paid) as opened, sum(paid) as purchases,
                   -sum((sold - returned) * cost) as cogs, -sum(sent_back * cost) as sent_back
            from each group by all
        )
        select d.*, coalesce(l.scrap, 0) as scrap, coalesce(l.count, 0) as count, coalesce(l.adjustment, 0) as adjustment
        from days d left join losses l using (day) order by d.day
        """,
        {"last": last},
    )
    parts = ["opened", "purchases", "cogs", "sent_back", "scrap", "count", "adjustment"]
    return found.assign(corrected=found["change"] - found[parts].sum(axis=1))


def cost_of_what_left(db: Database, first: date, last: date, method: str = "average") -> float:
    """At cost, all that left in a period for whatever reason, less what came back: value before + what came in - value after."""
    values = [float(by_item(db, day, method)["value"].sum()) for day in (first - timedelta(days=1), last)]
    came = db.scalar(
        "select coalesce(sum(paid + opened_paid), 0) from positions where cost is not null and since between ?::date and ?::date",
        [first, last],
    )
    return values[0] + float(came) - values[1]
