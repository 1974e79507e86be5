"""The one query behind all KPIs: what ran up in the periods of each item, summed by group, and the formulas over the sums.

Parameters: $items and $letters (their ABC classes), $rate (yearly cost of holding stock), $tax (held by
prices of sale), $zone, $group and $part (null: all).
"""

from collections.abc import Sequence
from datetime import date

from ims_core import accuracy, fulfilment, intervals, laying, tallies
from ims_core.measures import INPUTS, KPIS, NEEDS

BY = {
    "shop": "'Whole shop'",
    "place": "p.place",
    "category": "coalesce(i.category, 'No category')",
    "supplier": "coalesce(i.supplier, 'No supplier')",
    "class": "i.abc",
    "item": "i.item_id::varchar",
}
"""What the shop can be looked at by, and the SQL of it."""

DEAD, SLOW = 180, 90
"""Days in stock without a sale."""


def sql(periods: Sequence[tuple[date, date]], by: str, within: str = "shop") -> str:
    """One row a period and group: period grp, INPUTS, every KPI, and what it lacks. `within`: what $part is a value of."""
    spans = ", ".join(f"({at}, date '{first}', date '{last}')" for at, (first, last) in enumerate(periods))
    by_place = "place" in (by, within)
    table, place = ("place_positions", "p.place") if by_place else ("positions", "''")
    part = f"where $part::varchar is null or {BY[within]} = $part"
    lead_group = "coalesce(p.supplier, 'No supplier')" if by == "supplier" else BY[by]
    return f"""
        with periods(period, first, last) as (values {spans}),
        span as (select *, greatest(last - greatest(first, (select min(since) from positions)) + 1, 0) as days from periods),
        {ITEMS},
        {_held(table, place)},
        {LEADS},
        {_checked(min(first for first, _ in periods), max(last for _, last in periods))},
        {EXPECTED},
        {fulfilment.fulfilled(_client_lines(BY[by], part))},
        shop as (select period, sum(sales)::integer as sales_days, max(looked_at) as looked_at from held group by all),
        by_group as ({_by_group(BY[by], not by_place, part)}),
        leads_by_group as (
            select p.period, {lead_group} as grp, sum(pieces) as lead_pieces, sum(day_pieces) as lead_days_pieces,
                   sum(square_pieces) as lead_squares, sum(receipts) as lead_receipts
            from leads p join listed i using (item_id) {part} group by all
        ),
        checked_by_group as (
            select p.period, {BY[by]} as grp, count(*) as counted_records, count(*) filter (right_enough) as accurate_records,
                   sum(off * cost) as counted_off, sum(book * cost) as counted_book
            from checked p join listed i using (item_id) {part} group by all
        ),
        inputs as (
            select s.period, s.days, g.* exclude (period), o.sales_days, coalesce(o.looked_at, false) as looked_at,
                   coalesce(l.lead_pieces, 0) as lead_pieces, l.lead_days_pieces, l.lead_squares,
                   coalesce(l.lead_receipts, 0) as lead_receipts,
                   {", ".join(f"f.{name}" for name in fulfilment.INPUTS)}, exists (from customer_order_lines) as any_clients,
                   coalesce(c.counted_records, 0) as counted_records, c.accurate_records, c.counted_off, c.counted_book,
                   $rate::double as carrying_rate, $tax::double as sales_tax, {by_place} as by_place
            from span s
            join by_group g using (period)
            left join shop o using (period)
            left join leads_by_group l on l.period = s.period and l.grp = g.grp
            left join checked_by_group c on c.period = s.period and c.grp = g.grp
            left join fulfilled f on f.period = s.period and f.grp = g.grp
        )
        select * exclude ({", ".join(BOTH)}), {", ".join(_measure(kpi.name, kpi.sql, kpi.needs, by_place) for kpi in KPIS)}
        from inputs where $group::varchar is null or grp = $group order by period, grp
    """


BOTH = [kpi.name for kpi in KPIS if kpi.name in INPUTS]
"""KPIs that are called like what they are made of: as an answer they are the KPI, which may be unknown where the sum is 0."""

NOT_BY_PLACE = {
    "days_of_cover": "Not by place: forecasts are for the whole shop.",
    "sell_through": "Not by place: what came from another place was received elsewhere.",
}
"""What no file and no run can tell of a place."""


def _measure(name: str, formula: str, needs: Sequence[str], by_place: bool) -> str:
    lacks = " ".join(f"when not coalesce({NEEDS[need][0]}, false) then '{NEEDS[need][1]}'" for need in needs)
    if by_place and name in NOT_BY_PLACE:
        lacks = f"when true then '{NOT_BY_PLACE[name]}'"
    return f"case {lacks} else '' end as {name}_lacks, case when {name}_lacks = '' then ({formula})::double end as {name}"


ITEMS = f"""
    arrived as (
        select item_id, min(since) as first_day, min(since) filter (received <> 0) as receipt_day,
               min(since) filter (lost <> 0 or found <> 0) as looked_day
        from positions group by all
    ),
    counted as (  -- what was counted at one moment of merged items is one record
        select *, row_number() over (partition by item_id, place order by counted_at) as nth
        from (select g.counts_as as item_id, k.place, k.counted_at, any_value(k.day) as day, sum(k.on_hand) as on_hand
              from standing_counts k join merged g using (item_id) group by all)
    ),
    told as (select item_id, min(day) as day, min(day) filter (nth > 1) as again from counted group by all),
    ended as ({laying.ended("$zone")}),
    guessed as (select item_id, sum(qty) as qty from estimates group by all),
    preferred as (
        select p.item_id, arg_min(s.name, (not p.preferred, p.supplier_id)) as supplier
        from supplied p join suppliers s using (supplier_id) where p.active group by all
    ),
    lettered as (select unnest($items::bigint[]) as item_id, unnest($letters::varchar[]) as abc),
    listed as materialized (
        select i.item_id, i.category, s.supplier, coalesce(l.abc, 'C') as abc, a.first_day, least(a.looked_day, t.again) as looked_day,
               least(a.receipt_day, t.day) as known_from, g.qty is not null as estimated,
               coalesce(e.ended, date '9999-12-31') as ended
        from items i
        left join arrived a using (item_id) left join told t using (item_id) left join guessed g using (item_id)
        left join preferred s using (item_id) left join lettered l using (item_id) left join ended e using (item_id)
        where i.same_as is null
    )"""
"""SQL: each item and what it is grouped by, from when its stock is known, and until when it was in use."""


def _held(table: str, place: str) -> str:
    """SQL: what a period holds of an item (and place): what ran up until its last day, less what had until its eve."""
    limits = "d.day + 1, i.ended" + (f", greatest(p.since, p.held_until + {intervals.MISSED})" if table == "place_positions" else "")
    used = f"greatest(least({limits}) - p.since, 0)"
    return f"""
    edges as (select last as day from span union select first - 1 from span),
    standing as materialized (  -- at the end of those days
        select d.day, p.item_id, {place} as place, i.first_day, i.known_from, i.looked_day, p.cost, p.on_hand::double as pieces,
               p.on_hand::double * p.cost as worth, p.idle + case when p.on_hand > 0 then d.day - p.since else 0 end as idle,
               p.total_value_days + coalesce(worth, 0) * (d.day - p.since + 1) as value_days,
               p.total_used + {used} as item_days, p.total_out + case when p.on_hand > 0 then 0 else {used} end as out_days,
               {", ".join(f"p.total_{name} as {name}" for name in (*COUNTED, *MOVED))}
        from (select p.rowid as row, d.day from {table} p join edges d on p.since <= d.day and p.until > d.day) d  -- narrow: it is sorted
        join {table} p on p.rowid = d.row
        join listed i on i.item_id = p.item_id
    ),
    held as (
        select s.period, b.item_id, b.place, s.last - b.first_day + 1 as known_days, coalesce(b.known_from <= s.last, false) as known,
               coalesce(b.looked_day <= s.last, false) as looked_at, b.cost is not null as costed, b.cost, b.idle,
               a.worth as opening_value, b.worth as closing_value, coalesce(a.pieces, 0) as opening_pieces, b.pieces as closing_pieces,
               {", ".join(f"b.{name} - coalesce(a.{name}, 0) as {name}" for name in ("item_days", "out_days", *COUNTED))},
               {", ".join(f"round(b.{name} - coalesce(a.{name}, 0), 6){NET.get(name, '')} as {name}" for name in ("value_days", *MOVED))}
        from span s
        join standing b on b.day = s.last
        left join standing a on a.day = s.first - 1 and a.item_id = b.item_id and a.place = b.place
    )"""


COUNTED = ("sales", "ran_out", "cycles", "short_cycles")
MOVED = (*intervals.MOVED, "cogs", "priced_cogs", "lost_value", "found_value")
"""What runs up in positions."""

NET = {"revenue": " / (1 + $tax)"}
"""What customers paid is told without the sales tax in it, as cost is."""

PRICED = {"priced_sales": "revenue", "priced_lost": "lost_value", "priced_found": "found_value"}
"""Sums over items with a cost of which every sale has a price."""


def _by_group(group: str, with_forecast: bool, part: str) -> str:
    """SQL: the items of a group summed. Where nobody knows what there was, an item counts for sales alone."""
    known = ("value_days", "opening_value", "closing_value", "opening_pieces", "closing_pieces", "item_days", "out_days", "ran_out",
             "received", "opened", "cycles", "short_cycles")  # fmt: skip
    every = ("cogs", "priced_cogs", "revenue", "unpriced", "sold", "returned", "paid", "lost_value", "found_value")
    rate = "greatest(p.sold, 0) / nullif(p.item_days - p.out_days, 0)"
    expected = "e.daily" if with_forecast else "null::double"
    return f"""
        select p.period, {group} as grp, count(*) as items, count(*) filter (known) as known_items,
               count(*) filter (known and i.estimated) as estimated_items, count(*) filter (costed) as costed,
               count(*) filter (known and costed) as known_costed,
               max(p.known_days) filter (known) as known_days,
               {", ".join(f"coalesce(sum(p.{name}) filter (known), 0) as {name}" for name in known)},
               {", ".join(f"coalesce(sum(p.{name}), 0) as {name}" for name in every)},
               coalesce(sum(p.cogs) filter (known), 0) as known_cogs, coalesce(sum(p.priced_cogs) filter (known), 0) as known_priced_cogs,
               coalesce(sum(p.revenue) filter (costed), 0) as costed_revenue,
               coalesce(sum(p.revenue) filter (costed and known), 0) as known_costed_revenue,
               {", ".join(f"coalesce(sum(p.{of}) filter (costed and p.unpriced = 0), 0) as {name}" for name, of in PRICED.items())},
               coalesce(sum(p.closing_value) filter (known and p.closing_pieces > 0 and p.idle >= {DEAD}), 0) as dead_value,
               coalesce(sum(p.closing_value) filter (known and p.closing_pieces > 0 and p.idle between {SLOW} and {DEAD - 1}), 0)
                   as slow_value,
               coalesce(sum(greatest(p.sold, 0)) filter (known), 0) as served,
               coalesce(sum({rate} * p.out_days) filter (known), 0) as lost_demand, served + lost_demand as demand,
               count({expected}) as forecast_items, sum({expected} * p.cost) filter (known) as expected_daily_value
        from held p
        join listed i using (item_id)
        left join expected e on e.period = p.period and e.item_id = p.item_id
        {part}
        group by all
    """


def _client_lines(group: str, part: str) -> str:
    """SQL: the lines of customer orders, by group and period."""
    return f"""
        select s.period, {group} as grp, s.first, s.last, p.*
        from customer_orders p join listed i using (item_id) cross join span s {part}"""


PLACED = """
    placed as (
        select o.order_id, o.supplier_id, s.name as supplier, coalesce(t.day, o.ordered) as day, t.day is not null as sent
        from (select distinct on (order_id) * from orders where change_id in (select change_id from visible_changes)
              order by order_id, change_id desc) o
        left join suppliers s using (supplier_id)
        left join (select order_id, min(day) as day from order_steps
                   where step = 'sent' and change_id in (select change_id from visible_changes) group by all) t using (order_id)
    )"""
"""SQL: when each order was sent, else of which day it is."""

LEADS = f"""{PLACED},
    leads as (
        select s.period, g.counts_as as item_id, m.place, o.supplier, sum(m.qty::double) as pieces, count(*) as receipts,
               sum(m.qty::double * (m.day - o.day)) as day_pieces, sum(m.qty::double * (m.day - o.day) ** 2) as square_pieces
        from visible_movements m join placed o using (order_id) join merged g using (item_id)
        join span s on m.day between s.first and s.last
        where m.kind = 'receipt' and m.day >= o.day
        group by all
    )"""
"""SQL: days from the sending of an order, else its date, to each receipt."""


def _checked(first: date, last: date) -> str:
    """SQL: what was counted against what the book had, of all that accuracy.fair says: no first counts, nothing counted on suspicion."""
    return f"""
    differed as (
        select g.counts_as as item_id, m.place, m.happened_at as counted_at, sum(m.qty) as qty
        from visible_movements m join merged g using (item_id)
        where m.kind = 'count' and m.day between date '{first}' and date '{last}' group by all
    ),
    sheets as (
        select g.counts_as as item_id, r.place, r.counted_at, any_value(r.class) as class, bool_and({accuracy.fair("r.why")}) as fair
        from count_results r join merged g using (item_id) where r.{tallies.HERE} group by all
    ),
    again as (select distinct item_id, day from counted where nth > 1 and day between date '{first}' and date '{last}'),
    worth as (
        select c.item_id, c.day, any_value(q.cost) as cost
        from again c
        join positions q on q.item_id = c.item_id and q.since <= c.day and q.until > c.day
        where q.since <= date '{last}' and q.until > date '{first}'
            and q.item_id between (select min(item_id) from again) and (select max(item_id) from again)  -- nothing is read for nothing
        group by all
    ),
    checked as (
        select s.period, c.item_id, c.place, abs(coalesce(d.qty, 0)::double) as off, w.cost,
               abs((c.on_hand - coalesce(d.qty, 0))::double) as book,
               abs(coalesce(d.qty, 0)) <= abs(c.on_hand - coalesce(d.qty, 0))
                   * {tallies.allowed("coalesce(h.class, i.abc)")} as right_enough
        from counted c
        join listed i using (item_id)
        join span s on c.day between s.first and s.last
        left join differed d using (item_id, place, counted_at)
        left join sheets h using (item_id, place, counted_at)
        left join worth w on w.item_id = c.item_id and w.day = c.day
        where c.nth > 1 and coalesce(h.fair, true)
    )"""


EXPECTED = """
    runs as (
        select s.period, arg_max(r.run_id, (r.day, r.run_id)) as run_id
        from span s join forecast_runs r on r.day <= s.last where r.change_id in (select change_id from visible_changes) group by all
    ),
    expected as (
        select r.period, coalesce(g.counts_as, f.item_id) as item_id, sum(f.mean) / (count(distinct f.ds) * 7) as daily
        from forecast_points f join runs r using (run_id) left join merged g using (item_id)
        where f.change_id in (select change_id from visible_changes) group by all
    )"""
"""SQL: what the newest forecast run of the time expects of an item a day; runs go by weeks."""
