"""What leaves its own track: a movement far above the usual, sales that fall silent, demand to one side of its forecast."""

from datetime import date

import pandas as pd

from ims_core.db import Database

YEAR = 365
ENOUGH = 8
"""Movements or sales before which nothing is usual yet."""
BEYOND = 3.0
"""Standard deviations of the forecast's own range: three items in a thousand lie further out by chance."""


def unusual(db: Database, day: date, times: float, days: int) -> pd.DataFrame:
    """Movements of the last `days` above `times` what 19 of 20 of the year before stayed below, of the same item and kind.

    change_id line item_id place since (its day) kind qty usual money (qty at cost)
    """
    return db.frame(
        """
        with each as (
            select m.change_id, m.line, coalesce(g.counts_as, m.item_id) as item_id, m.place, m.day, m.kind, abs(m.qty) as qty
            from visible_movements m left join merged g using (item_id)
            where m.day > $day::date - $days - $year and m.day <= $day::date and m.takes_back is null
              and m.kind not in ('opening', 'count') and (m.kind <> 'transfer' or m.qty < 0)
        ),
        usual as (
            select item_id, kind, quantile_cont(qty, 0.95)::double as usual
            from each where day <= $day::date - $days group by all having count(*) >= $enough
        )
        select e.change_id, e.line, e.item_id, e.place, e.day as since, e.kind, e.qty::double as qty, u.usual,
               (e.qty * c.cost)::double as money
        from each e join usual u using (item_id, kind) left join costs c using (item_id)
        where e.day > $day::date - $days and e.qty > $times * u.usual
        """,
        {"day": day, "days": days, "times": times, "year": YEAR, "enough": ENOUGH},
    )


def silent(db: Database, day: date, until: date, missed: float, days: int) -> pd.DataFrame:
    """Items in stock of which `missed` sales should have come since the last one.

    item_id on_hand since (the last sale) missed money (what the missed sales would have brought). Only days count on which the shop sold
    anything and was not closed, and stock must have been there all the time. The gap must be half as long again as any before it: who buys
    once a month has not stopped after three weeks.
    """
    return db.frame(
        """
        with asked as (select item_id, day, sum(coalesce(d.revenue, 0) + coalesce(d.unpriced * i.price, 0)) as revenue
                       from demand d join items i using (item_id)
                       where d.qty > 0 and i.active and d.day > $until::date - $year and d.day <= $until::date group by all),
             open as (select day, count(*) filter (day not in (select day from closed)) over (order by day) as number
                      from (select distinct day from asked)),
             steps as (select item_id, day, revenue, number, number - lag(number) over (partition by item_id order by number) as gap
                       from asked join open using (day)),
             each as (select item_id, max(day) as last, max(number) as number, max(gap) as longest, avg(revenue) as revenue,
                             (count(*) - 1) / nullif(max(number) - min(number), 0) as rate
                      from steps group by item_id having count(*) >= $enough),
             still as (select *, (select max(number) from open) - number as gap from each),
             since as (select coalesce(g.counts_as, m.item_id) as item_id, sum(m.qty) as came
                       from visible_movements m left join merged g using (item_id)
                       join still s on s.item_id = coalesce(g.counts_as, m.item_id)
                       where m.kind in ('receipt', 'return_in') and m.day > s.last and m.day <= $day::date
                       group by all)
        select s.item_id, sum(h.on_hand)::double as on_hand, s.last as since, (s.gap * s.rate)::double as missed,
               (s.gap * s.rate * s.revenue)::double as money
        from still s join stock_on($day::date) h using (item_id) left join since n using (item_id)
        where s.gap >= $days and s.gap * s.rate >= $missed and s.gap > 1.5 * s.longest
          and s.item_id in (select item_id from counted_by($day::date))
        group by s.item_id, s.last, s.gap, s.rate, s.revenue, n.came
        having sum(h.on_hand) - coalesce(n.came, 0) > 0 and sum(h.estimated) = 0
        """,
        {"day": day, "until": until, "missed": missed, "days": days, "year": YEAR, "enough": ENOUGH},
    )


def off(db: Database, until: date, weeks: int) -> pd.DataFrame:
    """Items whose demand left the forecast's own range to one side over at least `weeks`, at most twice as many whole weeks up to `until`.

    item_id since (first week) weeks asked expected signal money. Each week is judged by the newest run before it. signal: the sum of the
    errors (forecast - asked) over their mean size; it grows with bias. Money: what was too much at cost, what was missing at its price.
    """
    found = db.frame(
        """
        with runs as (select run_id, day, levels, lead(day) over (order by day, run_id) as next
                      from forecast_runs where change_id in (select change_id from visible_changes)),
             told as (select p.item_id, p.ds, p.mean,
                             (p.quantiles[list_position(r.levels, 0.95)] - p.quantiles[list_position(r.levels, 0.05)]) / 3.29 as sd
                      from forecast_points p join runs r using (run_id)
                      where p.change_id in (select change_id from visible_changes)
                        and p.ds > r.day and p.ds + 6 <= least(coalesce(r.next, $until::date), $until::date)
                        and p.ds > $until::date - 14 * $weeks),
             sold as (select t.item_id, t.ds, coalesce(sum(d.qty), 0)::double as asked
                      from told t left join demand d on d.item_id = t.item_id and d.day between t.ds and t.ds + 6 group by all),
             sums as (select item_id, min(ds) as since, count(*) as weeks, sum(asked) as asked, sum(mean) as expected,
                             sum(mean - asked) as error, avg(abs(mean - asked)) as size,
                             sqrt(sum(greatest(sd * sd, mean))) as sd  -- never less than if single pieces came by chance
                      from told join sold using (item_id, ds) group by item_id having count(*) >= $weeks)
        select s.item_id, s.since, s.weeks::integer as weeks, s.asked, s.expected, s.error / s.size as signal,
               (abs(s.error) * case when s.error > 0 then c.cost else coalesce(i.price, c.cost) end)::double as money
        from sums s join items i using (item_id) left join costs c using (item_id)
        where i.active and s.size > 0 and abs(s.error) > $beyond * s.sd
        """,
        {"until": until, "weeks": weeks, "beyond": BEYOND},
    )
    return found[~((found["signal"] > 0) & found["item_id"].isin(_sold_out(db, found, until)))] if len(found) else found


def _sold_out(db: Database, found: pd.DataFrame, until: date) -> list[int]:
    """Those of them that stood at zero on some day since: what is not there cannot be asked for, and the forecast may have been right."""
    return [
        item
        for (item,) in db.rows(
            """
            with days as (select item_id, day, sum(sum(qty)) over (partition by item_id order by day) as total
                          from stock_moves where list_contains($items::bigint[], item_id) and day <= $until::date group by item_id, day)
            select item_id from days group by item_id
            having min(total) filter (day >= $since::date) <= 0 or arg_max(total, day) filter (day < $since::date) <= 0
            """,
            {"items": [int(item) for item in found["item_id"]], "until": until, "since": found["since"].min().date()},
        )
    ]
