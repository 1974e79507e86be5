"""Prices: when the price of an item changed and what that did to the pieces sold, and what was sold below cost or below its usual price.

A price is what tills took, not what a list says: it changed where a new one held on STEADY days with a
sale; shorter ones are slips.
"""

from datetime import date

import numpy as np
import pandas as pd

from ims_core import kpis, policy, positions
from ims_core.db import Database

STEADY = 5
WEEKS = 8
"""Before and after a change that are compared; fewer where another change or the end of what is known is nearer."""
LEAST_WEEKS, ENOUGH = 2, 6
"""Weeks that must be known on each side, and on both together."""
LEAST = 0.01
"""Smallest change of a price that is one; below it is rounding."""
CLEAR = 2.4
"""Standard errors beyond which a change in pieces is called one: with so few weeks chance alone does that one time in twenty or less."""
OUT = 2
"""Days of a week at zero beyond which the week says nothing of the price; weeks of items that nobody counted all speak."""
OFF = 0.9
"""Part of the usual price below which a sale is told."""
AROUND = 6
"""Weeks before and after whose middle price is the usual one."""
KNOWN = 5
"""Sales with a price before which no price is usual."""


# -- pure


def judged(steps: pd.DataFrame) -> pd.DataFrame:
    """What each change of a price did, beside what the whole shop did in the same weeks.

    steps: price_before price; of both sides pieces (a week), spread (variance of the weeks) and weeks, with `_before` and `_after` behind;
    shop_before shop_after (pieces a week of the whole shop). Adds change (of the price), expected (pieces a week, had they gone with the
    shop), effect (part of them), gained (money of sales a week) and says: more, fewer, within chance, or too short.
    """
    before, after = (steps[f"weeks_{side}"].astype(float) for side in ("before", "after"))
    trend = steps["shop_after"] / steps["shop_before"].where(steps["shop_before"] > 0)
    expected = steps["pieces_before"] * trend
    same = (steps["pieces_before"] * before + steps["pieces_after"] * after) / (
        before + trend * after
    )  # a week before, had nothing changed
    error = np.sqrt(_unrest(steps) * trend * same * (1 / after + trend / before))
    apart = steps["pieces_after"] - expected
    known = (before >= LEAST_WEEKS) & (after >= LEAST_WEEKS) & (before + after >= ENOUGH) & expected.notna()
    says = np.select([~known, apart > CLEAR * error, apart < -CLEAR * error], ["too short", "more", "fewer"], "within chance")
    return steps.assign(
        change=steps["price"] / steps["price_before"] - 1,
        expected=expected.where(known),
        effect=(apart / expected.where(expected > 0)).where(known),
        gained=(steps["pieces_after"] * steps["price"] - expected * steps["price_before"]).where(known),
        says=says,
    )


def _unrest(steps: pd.DataFrame) -> pd.Series:
    """Variance of the weeks over their mean, of both sides together; at least 1, which is chance alone."""
    total, freedom = pd.Series(0.0, steps.index), pd.Series(0.0, steps.index)
    for side in ("before", "after"):
        mean, spread, free = steps[f"pieces_{side}"], steps[f"spread_{side}"], (steps[f"weeks_{side}"] - 1).clip(lower=0)
        known = (mean > 0) & (free > 0)
        total, freedom = total + (free * spread / mean.where(known)).fillna(0), freedom + free.where(known, 0)
    return (total / freedom.where(freedom > 0)).fillna(1.0).clip(lower=1.0)


# -- questions


STEPS = """
    days as (
        select g.counts_as as item_id, m.day, max(m.unit_price) as price  -- the dearest of a day: the others are offers
        from visible_movements m join merged g using (item_id)
        where m.kind = 'sale' and m.unit_price > 0 and m.day > $last::date - 730 and m.day <= $last::date group by all
    ),
    marked as (select *, price is distinct from lag(price) over (partition by item_id order by day) as starts from days),
    numbered as (select *, sum(starts::integer) over (partition by item_id order by day) as run from marked),
    runs as (select item_id, run, price, min(day) as since from numbered group by all having count(*) >= $steady),
    steps as (
        select item_id, since as day, price, lag(price) over w as price_before, lag(since) over w as begun, lead(since) over w as next
        from runs window w as (partition by item_id order by since)
    ),
    span as (
        select *, least($weeks, (day - begun) // 7)::integer as before,
               least($weeks, (coalesce(next, $last::date + 1) - day) // 7)::integer as after,
               day - 7 * before as begins, day + 7 * after as ends
        from steps where abs(price / price_before - 1) >= $least
    )"""
"""SQL: `span`, each change of a price with the weeks on both sides that can be compared, from `begins` to before `ends`."""

ASKED = """
    asked as (select item_id, day, qty::double as qty from demand where day > $last::date - 800 and day <= $last::date),
    weeks as (select item_id, day, week, day + 7 * week as first
              from (select *, unnest(range(-before, after))::integer as week from span)),
    weekly as (
        select s.item_id, s.day, floor((a.day - s.day) / 7)::integer as week, sum(a.qty) as pieces
        from span s join asked a on a.item_id = s.item_id and a.day >= s.begins and a.day < s.ends group by all
    )"""
"""SQL: over `span`, the `weeks` of each change (numbered from it, before it below 0) and, where there were any, their pieces (`weekly`)."""

SOLD_OUT = """
    known as (select item_id from counted_by($last::date) where item_id not in (select item_id from estimates)),
    sold_out as (
        select w.item_id, w.day, w.week
        from weeks w join positions p on p.item_id = w.item_id and p.since < w.first + 7 and p.until > w.first
        where p.on_hand <= 0 and w.item_id in (from known)
        group by all having sum(least(p.until, w.first + 7) - greatest(p.since, w.first)) > $out
    )"""
"""SQL: of `weeks`, those that say nothing of the price."""

SIDES = """
    sums as (
        select item_id, day, count(*) filter (week < 0) as weeks_before, count(*) filter (week >= 0) as weeks_after,
               sum(pieces) filter (week < 0) as before, sum(pieces) filter (week >= 0) as after,
               sum(pieces ** 2) filter (week < 0) as squares_before, sum(pieces ** 2) filter (week >= 0) as squares_after
        from weeks left join weekly using (item_id, day, week) anti join sold_out using (item_id, day, week) group by all
    ),
    shop as (select day, sum(qty) as qty from asked group by day),
    around as (
        select s.item_id, s.day, sum(h.qty) filter (h.day < s.day) / nullif(any_value(s.before), 0) as shop_before,
               sum(h.qty) filter (h.day >= s.day) / nullif(any_value(s.after), 0) as shop_after
        from span s join shop h on h.day >= s.begins and h.day < s.ends group by all
    )"""
"""SQL: what each side of a change sums up to (`sums`), and the whole shop's pieces a week meanwhile (`around`)."""


def changes(db: Database, last: date, within: str = "shop", part: str | None = None) -> pd.DataFrame:
    """Every change of a price in the two years up to `last`, the newest first.

    item_id name sku category day price_before price change pieces_before pieces_after (a week) weeks_before weeks_after expected effect
    gained says; `judged` says what they mean. Weeks in which the item was sold out are left out. `within` and `part` as in kpis.measured;
    pieces are of the whole shop.
    """
    positions.catch_up(db)
    found = db.frame(
        f"""
        with {STEPS}, {ASKED}, {SOLD_OUT}, {SIDES}
        select s.item_id, i.name, i.sku, coalesce(i.category, 'No category') as category, s.day, s.price_before::double as price_before,
               s.price::double as price, coalesce(w.weeks_before, 0) as weeks_before, coalesce(w.weeks_after, 0) as weeks_after,
               r.shop_before, r.shop_after, coalesce(w.before, 0) / nullif(w.weeks_before, 0) as pieces_before,
               coalesce(w.after, 0) / nullif(w.weeks_after, 0) as pieces_after,
               (coalesce(w.squares_before, 0) - w.weeks_before * pieces_before ** 2) / nullif(w.weeks_before - 1, 0) as spread_before,
               (coalesce(w.squares_after, 0) - w.weeks_after * pieces_after ** 2) / nullif(w.weeks_after - 1, 0) as spread_after
        from span s join items i using (item_id) left join sums w using (item_id, day) left join around r using (item_id, day)
        order by s.day desc, i.name
        """,
        {"last": last, "steady": STEADY, "weeks": WEEKS, "least": LEAST, "out": OUT},
    )
    here = _items(db, last, within, part)
    return judged(found if here is None else found[found["item_id"].isin(here)])


def _items(db: Database, last: date, within: str, part: str | None) -> list[int] | None:
    """The items of a part of the shop; None for all of it."""
    return None if within == "shop" else kpis.items_of(db, last, last, within, part)


def given_away(db: Database, first: date, last: date, within: str = "shop", part: str | None = None) -> pd.DataFrame:
    """What was sold below its cost of the day, or a tenth below its usual price, the dearest first.

    item_id name sku category pieces_below_cost lost (money, against the cost) pieces_below_usual usual given (money, against the usual
    price). The usual price is the middle one of the weeks around: it follows a change that lasts, and an offer does not move it.
    """
    positions.catch_up(db)
    return db.frame(
        """
        with lines as (
            select g.counts_as as item_id, m.day, ($last::date - m.day) // 7 as week, m.unit_price, -m.qty as qty, m.place
            from visible_movements m join merged g using (item_id)
            where m.kind = 'sale' and m.unit_price is not null and m.day > $first::date - 7 * ($around + 1) and m.day <= $last::date
        ),
        -- the middle price of a week from how often each was taken: median() keeps every sale of every week at once
        asked as (select item_id, week, unit_price::double as price, count(*) as times from lines where unit_price > 0 group by all),
        ranked as (
            select item_id, week, price, sum(times) over (partition by item_id, week) as sales,
                   2 * sum(times) over (partition by item_id, week order by price) as twice
            from asked
        ),
        weeks as (
            select item_id, week, sales, (min(price) filter (twice >= sales) + min(price) filter (twice > sales)) / 2 as price
            from ranked group by all
        ),
        usual as (
            select item_id, week, case when sum(sales) over w >= $known then median(price) over w end as usual
            from weeks window w as (partition by item_id order by week range between $around preceding and $around following)
        ),
        held as (select item_id, since, cost from positions where since <= $last::date and until > $first::date),
        told as (
            select l.item_id, l.qty::double as qty, l.unit_price::double as price, price / (1 + $tax) as net, p.cost::double as cost,
                   u.usual::double as usual
            from lines l left join usual u using (item_id, week)
            asof left join held p on p.item_id = l.item_id and p.since <= l.day
            where l.day >= $first::date and ($place::varchar is null or l.place = $place)
        )
        select t.item_id, i.name, i.sku, coalesce(i.category, 'No category') as category,
               coalesce(sum(qty) filter (t.net < t.cost), 0) as pieces_below_cost,
               coalesce(sum(qty * (t.cost - t.net)) filter (t.net < t.cost), 0) as lost,
               coalesce(sum(qty) filter (t.price < $off * usual), 0) as pieces_below_usual, median(usual) as usual,
               coalesce(sum(qty * (usual - t.price)) filter (t.price < $off * usual), 0) as given
        from told t join items i using (item_id)
        where ($items::bigint[] is null or list_contains($items::bigint[], t.item_id))
        group by all having pieces_below_cost > 0 or pieces_below_usual > 0 order by greatest(lost, given) desc, i.name
        """,
        {"first": first, "last": last, "known": KNOWN, "around": AROUND, "off": OFF, "tax": policy.shop(db).sales_tax,
         "place": part if within == "place" else None, "items": _items(db, last, within, part)},
    )  # fmt: skip


def weekly(db: Database, item_id: int, last: date) -> pd.DataFrame:
    """Pieces of an item in each of the 104 weeks up to `last`, from its first sale on, 0 in weeks without one: week (first day) pieces."""
    return db.frame(
        """
        with sold as (select day, qty from demand where item_id = $item and day > $last::date - 728 and day <= $last::date),
             weeks as (select unnest(range($last::date - 727, $last::date + 1, interval 7 day))::date as week)
        select w.week, coalesce(sum(s.qty), 0)::double as pieces
        from weeks w left join sold s on s.day >= w.week and s.day < w.week + 7
        where w.week + 6 >= (select min(day) from sold) group by all order by w.week
        """,
        {"item": item_id, "last": last},
    )
