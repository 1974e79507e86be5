"""What a count says beyond the ledger: opening stock, differences, and what is told late about days before the opening."""

from datetime import date

from ims_core import scratch
from ims_core.matching import spot


def move_openings_back(pad: scratch.Pad) -> None:
    """Movements told late, of days up to a count the shop has, are in what was counted: its stock from that day on stays as it is.

    An opening moves to the day before them and grows by them; a later count's difference takes them up.
    """
    pad.run("""
        create table late as
        with days as (select item_id, place, day, opened, day = min(day) over (partition by item_id, place) as first
                      from balances where counted)
        select m.item_id, m.place, d.day, d.opened, d.first, m.day as late_day, m.qty, m.file_id, m.source_row
        from moved m asof join days d on m.item_id = d.item_id and m.place = d.place and m.day <= d.day;
        insert into moved
        with summed as (
            select item_id, place, day, opened, first, min(late_day) as late_day, sum(qty) as qty,
                   min((file_id, source_row)) as origin
            from late group by all
        ),
        posted as (
            select *, day as on_day, case when first then -opened else -qty end as change from summed
            union all select *, late_day - 1, opened - qty from summed where first
        )
        select on_day, on_day, case when first then 'opening' else 'count' end, item_id, place, change, null, null, null, null, null,
               origin[1], origin[2]
        from posted where change <> 0
    """)


def count(pad: scratch.Pad, day: date) -> None:
    """Post what a count says beyond the ledger: the first count of an item in a place is its opening stock.

    It is reckoned back to the day before anything of the item moved: what lies in the cellar was in the house all along.
    """
    pad.run(f"""
        create table counts as
        with said as (
            select s.item_id, {spot("s")} as place, coalesce(s.day::date, date '{day}') as day, s.on_hand, s.cost, s.file_id, s.row
            from stock_known s left join spots p on p.key = lower(s.place)
            union all
            select s.item_id, {spot("s")}, date '{day}', s.on_hand, s.cost, s.file_id, s.row
            from items_known s left join spots p on p.key = lower(s.place) where s.on_hand is not null
        )
        select item_id, place, day, arg_max(on_hand, file_id) as on_hand, max(cost) as cost, min(origin) as origin
        from (select item_id, place, day, file_id, sum(on_hand) as on_hand, max(cost) as cost, min((file_id, row)) as origin
              from said group by all)  -- lots of one list add up; two lists of the same day say the same thing twice
        group by item_id, place, day;
        create table flows as
        select item_id, place, day, qty, counted from balances
        union all select item_id, place, day, qty, false from moved;
        create table begins as select item_id, min(day) as first_day, bool_or(counted) as begun from flows group by item_id;
        insert into moved
        with summed as (
            select c.*, coalesce(sum(f.qty) filter (f.day <= c.day), 0) as booked,
                   coalesce(bool_or(f.counted and f.day <= c.day), false) as begun,
                   case when any_value(b.begun) then min(f.day) else any_value(b.first_day) end as first_day
            from counts c left join flows f using (item_id, place) left join begins b using (item_id) group by all
        ),
        balanced as (
            select *, row_number() over w as nth, lag(on_hand) over w as before_count, lag(booked) over w as before_booked
            from summed window w as (partition by item_id, place order by day)
        ),
        differing as (
            select *, case when nth > 1 then (on_hand - before_count) - (booked - before_booked) else on_hand - booked end as qty,
                   not begun and nth = 1 as opens, case when opens and first_day <= day then first_day - 1 else day end as on_day
            from balanced
        )
        select on_day, on_day, case when opens then 'opening' else 'count' end, item_id, place, qty, cost, null, null, null, null,
               origin[1], origin[2]
        from differing where qty <> 0
    """)
