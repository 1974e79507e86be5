"""What stood where, from when until when: kept beside the ledger, so that a question about a period reads intervals, not movements.

`positions` has an item over all places, `place_positions` an item in one place (there a transfer shows). A row holds from the day `since`
until the day before `until`; what moved on `since` is in its flows. Call `catch_up(db)` before reading them. Columns:

    item_id (place) since until on_hand
    cost      what one piece costs on average (costing.averages), the same in every place; empty where nobody ever said
    idle      days with stock after the last sale, or after the first piece came, up to `since`
    ran_out   whether stock came to an end on `since`
    held_until  up to when it lay or was sold there, as far as `since` knows: `until` where there is stock, else the last such day and one
    cycle     on days of a receipt 0, or 1 where stock was at an end at any time since the receipt before; else empty
    sold returned received opened sent_back lost found unpriced
              pieces of that day, each counted positive. lost, found: by counts, adjustments and scrap, what was counted of merged items at
              one moment as one count; unpriced: of sold, without any price
    costed    pieces of those received and opened of which a cost is known
    revenue paid opened_paid
              money: what was sold for, less returns (where the sale has no price at what the item's list said that day, else first: a price
              that is changed moves no day before); what came in at its cost, by receipts and as opening stock

`estimates` keeps the view estimated_openings. Items are as they are merged. On a day, what comes in counts before what leaves: the hour is
seldom known. Nothing of it is a fact: `drop` forgets all, and `wrong` proves it against the ledger.
"""

from ims_core import costing, policy
from ims_core.db import Database
from ims_core.scratch import Pad

FORM = 4
"""Raised when a column or its meaning changes: what is kept in another form is built anew."""

FLOWS = {
    "sold": "-sum(m.qty::double) filter (m.kind = 'sale' or m.takes_back is not null)",
    "returned": "sum(m.qty::double) filter (m.kind = 'return_in' and m.takes_back is null)",
    "received": "sum(m.qty::double) filter (m.kind = 'receipt')",
    "opened": "sum(m.qty::double) filter (m.kind = 'opening')",
    "sent_back": "-sum(m.qty::double) filter (m.kind = 'return_out')",
    "lost": "-sum(m.qty::double) filter (m.kind in ('scrap', 'count', 'adjustment') and m.qty < 0)",
    "found": "sum(m.qty::double) filter (m.kind in ('scrap', 'count', 'adjustment') and m.qty > 0)",
    "unpriced": "-sum(m.qty::double) filter (m.kind in ('sale', 'return_in') and m.unit_price is null)",
    "revenue": "-sum(m.qty::double * m.unit_price) filter (m.kind in ('sale', 'return_in'))",
}
"""SQL: what moved on a day, by why. Sums of doubles, for these are never asked whether they are exactly 0."""

SUMS = ", ".join(f"sum({name}) as {name}" for name in FLOWS)
NOTHING = ", ".join(f"0 as {name}" for name in FLOWS)
COLUMNS = f"item_id, since, until, on_hand, cost, idle, ran_out, held_until, cycle, {', '.join(FLOWS)}, paid, opened_paid, costed"
TABLES = {"positions": COLUMNS, "place_positions": f"place, {COLUMNS}", "estimates": "item_id, place, day, qty"}


def catch_up(db: Database) -> None:
    """Bring the tables to the newest change: only items touched since are reckoned anew."""
    if db.kept_until == db.version:
        return
    zone = policy.shop(db).timezone
    form = f"{FORM} {zone}"  # in another zone what was said was said on other days
    with db.keeping() as pad:
        pad.run("create table if not exists positions_until (form varchar, newest bigint)")
        newest = pad.rows("select coalesce(max(change_id), 0) from changes")[0][0]
        reached = pad.rows("select max(newest) from positions_until where form::varchar = ?", [form])[0][0]
        if reached is None or reached > newest:
            _keep_all(pad, zone)
        elif reached < newest:
            _keep_touched(pad, reached, zone)
        if reached != newest:
            pad.run(f"create or replace table positions_until as select '{form}' as form, {newest}::bigint as newest")
    db.kept_until = newest


def drop(db: Database) -> None:
    """Forget what is kept; the next question builds it anew."""
    with db.keeping() as pad:
        for table in (*TABLES, "positions_until"):
            pad.run(f"drop table if exists {table}")
    db.kept_until = -1


def kept(db: Database) -> bool:
    """Whether anything was ever asked of them."""
    return bool(db.scalar("select count(*) from duckdb_tables() where table_name = 'positions'"))


def wrong(db: Database) -> int:
    """How many rows of what is kept differ from the ledger reckoned anew."""
    catch_up(db)
    zone = policy.shop(db).timezone
    with db.keeping() as pad:
        pad.run(f"create temp table members as {MEMBERS}")
        _reckon(pad, zone)
        found = 0
        for table, columns in TABLES.items():
            same = columns.replace(" cost,", " round(cost, 6) as cost,")
            for one, other in ((table, f"fresh_{table}"), (f"fresh_{table}", table)):
                found += pad.rows(f"select count(*) from (select {same} from {one} except all select {same} from {other})")[0][0]
        _clear(pad)
    return int(found)


# -- which items

MEMBERS = "select g.item_id, g.counts_as from merged g"


def _keep_all(pad: Pad, zone: str) -> None:
    pad.run(f"create temp table members as {MEMBERS}")
    _reckon(pad, zone)
    for table in TABLES:
        pad.run(f"create or replace table {table} as select * from fresh_{table}")
    _clear(pad)


def _keep_touched(pad: Pad, reached: int, zone: str) -> None:
    """Whatever a change says of an item: its movements, counts, cost, order lines, merging, and what of these an undo takes back."""
    pad.run(
        """
        create temp table touched as
        with fresh as (select change_id from changes where change_id > ?
                       union select undoes from changes where change_id > ? and undoes is not null),
             named as (select item_id from movements semi join fresh using (change_id)
                       union select item_id from counts semi join fresh using (change_id)
                       union select item_id from order_lines semi join fresh using (change_id)
                       union select item_id from item_versions semi join fresh using (change_id))
        select item_id from named
        union select same_as from item_versions semi join named using (item_id) where same_as is not null
        """,
        [reached, reached],
    )
    pad.run(f"create temp table members as {MEMBERS} where g.counts_as in (select counts_as from merged semi join touched using (item_id))")
    _reckon(pad, zone)
    pad.run("delete from positions where item_id in (select item_id from touched union select item_id from members)")
    pad.run("delete from place_positions where item_id in (select item_id from touched union select item_id from members)")
    pad.run("delete from estimates where item_id in (select item_id from touched union select item_id from members)")
    for table, columns in TABLES.items():
        pad.run(f"insert into {table} by name select {columns} from fresh_{table}")
    pad.run("drop table touched")
    _clear(pad)


def _clear(pad: Pad) -> None:
    pad.run("drop view day_moves")
    for table in ("members", "days", "told", "asked", "came", "averages", *(f"fresh_{table}" for table in TABLES)):
        pad.run(f"drop table if exists {table}")


# -- the reckoning, of the items in `members`


def _reckon(pad: Pad, zone: str) -> None:
    flows = ", ".join(f"coalesce({sql}, 0) as {name}" for name, sql in FLOWS.items())
    pad.run(f"""
        create temp table days as
        with counted as (  -- of items that were merged, what the survivor gained and its twins lost at one moment is nothing
            select g.counts_as as item_id, m.place, m.day, 'count' as kind, sum(m.qty) as qty
            from visible_movements m join members g using (item_id)
            where m.kind = 'count' group by g.counts_as, m.place, m.day, m.happened_at
        ),
        each as (
            select g.counts_as as item_id, m.place, m.day, m.kind, m.qty, m.unit_price, m.takes_back
            from visible_movements m join members g using (item_id) where m.kind <> 'count'
            union all by name from counted
        )
        select m.item_id, m.place, m.day, sum(m.qty)::decimal(18, 4) as net, {flows} from each m group by all
    """)
    _estimate(pad)
    pad.run(_said("told", "cost", zone))
    pad.run(_said("asked", "price", zone))
    pad.run(PRICED)
    pad.run(CAME)
    _average(pad)
    pad.run(f"create temp table fresh_positions as {_intervals('item_id', _house())}")
    pad.run(f"create temp table fresh_place_positions as {_intervals('item_id, place', _places())}")


def _estimate(pad: Pad) -> None:
    """Estimated openings are days of their own: nothing else of the item is as early."""
    pad.run("create temp view day_moves as select item_id, place, day, net as qty from days")
    pad.run("create temp table fresh_estimates as select item_id, place, day, qty from estimated_from('day_moves')")
    nothing = NOTHING.replace("0 as opened", "qty as opened")
    pad.run(f"insert into days by name select item_id, place, day, qty as net, {nothing} from fresh_estimates")


def _said(table: str, name: str, zone: str) -> str:
    """SQL: the table of what an item's list said its cost or price is, from the day on which it was said."""
    return f"""
        create temp table {table} as
        select g.counts_as as item_id, shop_day(c.done_at, '{zone}') as day, min(v.change_id) as first_said,
               arg_max(v.{name}, (v.item_id = g.counts_as, v.change_id)) as {name}, arg_min(v.{name}, v.change_id) as first_{name}
        from item_versions v join visible_changes c using (change_id) join members g using (item_id)
        where v.{name} is not null and not v.gone
        group by all
    """


PRICED = """
    update days set revenue = revenue + priced.unpriced * priced.price, unpriced = 0
    from (
        with first_asked as (select item_id, arg_min(first_price, first_said) as price from asked group by item_id)
        select d.item_id, d.place, d.day, d.unpriced, coalesce(a.price, f.price)::double as price
        from (select item_id, place, day, unpriced from days where unpriced <> 0) d
        asof left join asked a on a.item_id = d.item_id and a.day <= d.day
        join first_asked f on f.item_id = d.item_id
    ) priced
    where days.item_id = priced.item_id and days.place = priced.place and days.day = priced.day
"""
"""SQL: pieces sold without a price at what the list said on that day, else at its first word: never at what it says today."""

CAME = """
    create temp table came as
    with first_told as (select item_id, arg_min(cost, day) as cost from told group by item_id),
    asked as (  -- what the order said
        select l.order_id, g.counts_as as item_id, arg_max(l.unit_cost, l.change_id) as cost
        from order_lines l join members g using (item_id)
        where l.unit_cost is not null and l.change_id in (select change_id from visible_changes)
        group by all
    ),
    each as (
        select g.counts_as as item_id, m.place, m.day, m.qty, m.unit_cost, m.order_id, m.kind = 'opening' as opening
        from visible_movements m join members g using (item_id) where m.kind = 'receipt' or m.kind = 'opening'
        union all
        select item_id, place, day, qty, null, null, true from fresh_estimates
    ),
    priced as (
        select e.item_id, e.place, e.day, e.opening, e.qty, coalesce(e.unit_cost, a.cost, t.cost, f.cost) as cost
        from each e
        left join asked a on a.order_id = e.order_id and a.item_id = e.item_id
        asof left join told t on t.item_id = e.item_id and t.day <= e.day
        left join first_told f on f.item_id = e.item_id
    )
    select item_id, place, day, sum(qty) as qty, coalesce(sum(qty * cost::decimal(38, 4)) filter (not opening), 0)::double as paid,
           coalesce(sum(qty * cost::decimal(38, 4)) filter (opening), 0)::double as opened_paid
    from priced where cost is not null group by all
"""
"""SQL: what came in on a day and what it cost: as the movement says, else its order, else the item's list on that day, else its first."""


def _average(pad: Pad) -> None:
    """`averages`: the cost of a piece from each day on which goods came in; of items that never bought, what their list says."""
    found = pad.table("""
        with moved as (select item_id, day, sum(net) as net from days group by all),
             held as (select item_id, day, sum(net) over (partition by item_id order by day) - net as before from moved),
             bought as (select item_id, day, sum(qty) as qty, sum(paid + opened_paid) as paid from came group by all having sum(qty) > 0)
        select b.item_id, b.day, h.before::double as before, b.qty::double as qty, b.paid::double as paid
        from bought b join held h using (item_id, day) order by b.item_id, b.day
    """)
    cost = costing.averages(*(found[name].to_numpy() for name in ("item_id", "before", "qty", "paid")))
    pad.put(averaged=found.select(["item_id", "day"]).append_column("cost", [cost]))
    pad.run("""
        create temp table averages as
        select * from averaged
        union all
        select item_id, date '0001-01-01', arg_min(cost, day) from told
        where item_id not in (select item_id from averaged) group by item_id
    """)


def _house() -> str:
    """SQL: a row an item and day on which anything of it moved anywhere, with what came in."""
    return f"""
        select d.*, c.paid, c.opened_paid, c.qty as costed
        from (select item_id, day, sum(net)::decimal(18, 4) as net, {SUMS} from days group by all) d
        left join (
            select item_id, day, sum(paid) as paid, sum(opened_paid) as opened_paid, sum(qty) as qty from came group by all
        ) c using (item_id, day)
    """


def _places() -> str:
    """SQL: a row an item, place and day on which it moved there, or on which what it costs changed."""
    return f"""
        select d.*, c.paid, c.opened_paid, c.qty as costed
        from (
            from days
            union all by name
            select f.item_id, f.place, a.day, 0 as net, {NOTHING}
            from (select item_id, place, min(day) as first from days group by all) f
            join (
                select item_id, day from averages
                qualify cost is distinct from lag(cost) over (partition by item_id order by day)
            ) a on a.item_id = f.item_id and a.day > f.first
            anti join days d on d.item_id = f.item_id and d.place = f.place and d.day = a.day
        ) d
        left join came c using (item_id, place, day)
    """


def _intervals(key: str, days: str) -> str:
    """SQL: days of change as intervals, with what follows from all days before; flows stay out of the sorting, which they would slow."""
    return f"""
        with days_of_change as materialized ({days}),
        levels as (
            select {key}, day, sold > 0 as sells, received > 0 as receives, sum(net) over w as on_hand,
                   coalesce(lead(day) over w, date '9999-12-31') as until
            from days_of_change window w as (partition by {key} order by day)
        ),
        runs as (
            select *, on_hand <= 0 and coalesce(lag(on_hand) over w, 0) > 0 as ran_out,
                   coalesce(sum(case when on_hand > 0 then until - day else 0 end) over before, 0) as stocked,
                   coalesce(sum((on_hand <= 0)::integer) over before, 0) as outs
            from levels
            window w as (partition by {key} order by day),
                   before as (partition by {key} order by day rows between unbounded preceding and 1 preceding)
        ),
        marks as (
            select *, stocked - coalesce(max(case when sells then stocked end) over w, 0) as idle,
                   max(case when on_hand > 0 then until when sells then day + 1 end) over w as held_until,
                   max(case when receives then outs end) over (w rows between unbounded preceding and 1 preceding) as outs_then
            from runs window w as (partition by {key} order by day)
        ),
        first_cost as (select item_id, arg_min(cost, day) as cost from averages group by item_id)
        select {key}, m.day as since, m.until, m.on_hand::decimal(18, 4) as on_hand, coalesce(a.cost, f.cost) as cost,
               m.idle::integer as idle, m.ran_out, m.held_until,
               case when m.receives and m.outs_then is not null then (m.outs > m.outs_then)::tinyint end as cycle,
               {", ".join(f"d.{name}" for name in FLOWS)}, coalesce(d.paid, 0) as paid, coalesce(d.opened_paid, 0) as opened_paid,
               coalesce(d.costed, 0)::double as costed
        from marks m
        join days_of_change d using ({key}, day)
        asof left join averages a using (item_id, day)
        left join first_cost f using (item_id)
    """
