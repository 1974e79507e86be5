"""What `positions` keeps, reckoned from the ledger: days on which something moved, what came in and what it cost, laid out as intervals.

reckon(pad, zone, into, few): of the items in the table `members`; it leaves tables of its own behind, for `clear`
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ims_core import costing, intervals
from ims_core.scratch import Pad

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
MOVES = """
    select g.counts_as as item_id, m.place, m.day, m.kind, m.qty, m.unit_price, m.unit_cost, m.takes_back, m.happened_at, m.order_id
    from visible_movements m join members g using (item_id)
"""
NOTHING = ", ".join(f"0 as {name}" for name in FLOWS)
BOUGHT = ("paid", "opened_paid", "costed")
KINDS = {
    "item_id": "bigint", "since": "date", "until": "date", "on_hand": "decimal(18, 4)", "cost": "double", "idle": "integer",
    "ran_out": "boolean", "held_until": "date", "cycle": "tinyint", **dict.fromkeys((*FLOWS, *BOUGHT), "double"),
    **{f"total_{name}": "integer" if name in intervals.WHOLE else "double" for name in intervals.TOTALS},
}  # fmt: skip


def reckon(pad: Pad, zone: str, into: str, few: bool = False) -> None:
    """Fill positions, place_positions and estimates; `into`: what their names begin with, fresh_ where they are not kept.

    What moved of `few` items is looked for once and laid aside; of all it may be more than the memory holds.
    """
    if few:
        pad.run(f"create temp table looked_up as {MOVES}")
    pad.run(f"create temp view moves as {'from looked_up' if few else MOVES}")
    flows = ", ".join(f"coalesce({sql}, 0) as {name}" for name, sql in FLOWS.items())
    pad.run(f"""
        create temp table days as
        with counted as (  -- of items that were merged, what the survivor gained and its twins lost at one moment is nothing
            select item_id, place, day, kind, sum(qty) as qty from moves where kind = 'count'
            group by item_id, place, day, kind, happened_at
        ),
        each as (
            select item_id, place, day, kind, qty, unit_price, takes_back from moves where kind <> 'count'
            union all by name from counted
        )
        select m.item_id, m.place, m.day, sum(m.qty)::decimal(18, 4) as net, {flows} from each m group by all
    """)
    _estimate(pad, into)
    pad.run(_said("told", "cost", zone))
    pad.run(_said("asked", "price", zone))
    pad.run(PRICED)
    pad.run(CAME)
    told = _average(pad)
    pad.run(f"create temp table ended as {ended(repr(zone))}")
    _lay(pad, told, f"{into}positions", False)
    _lay(pad, told, f"{into}place_positions", True)


def _estimate(pad: Pad, into: str) -> None:
    """Estimated openings are days of their own: nothing else of the item is as early."""
    pad.run("create temp view day_moves as select item_id, place, day, net as qty from days")
    pad.run("create temp table guessed as select item_id, place, day, qty from estimated_from('day_moves')")
    pad.run(f"create or replace {_kind(into)} {into}estimates as from guessed")
    nothing = NOTHING.replace("0 as opened", "qty as opened")
    pad.run(f"insert into days by name select item_id, place, day, qty as net, {nothing} from guessed")


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
        select item_id, place, day, qty, unit_cost, order_id, kind = 'opening' as opening
        from moves where kind = 'receipt' or kind = 'opening'
        union all
        select item_id, place, day, qty, null, null, true from guessed
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


def _average(pad: Pad) -> pa.Table:
    """Fill `averages`, item_id day cost of a piece: from each day on which it changed; of what was never bought, as its list said first."""
    found = pad.table("""
        with moved as (select item_id, day, sum(net) as net from days group by all),
             held as (select item_id, day, sum(net) over (partition by item_id order by day) - net as before from moved),
             bought as (select item_id, day, sum(qty) as qty, sum(paid + opened_paid) as paid from came group by all having sum(qty) > 0)
        select b.item_id, b.day, h.before::double as before, b.qty::double as qty, b.paid::double as paid
        from bought b join held h using (item_id, day) order by b.item_id, b.day
    """)
    cost = costing.averages(*(found[name].to_numpy() for name in ("item_id", "before", "qty", "paid")))
    pad.run("create temp table averaged (item_id bigint, day date, cost double)")
    pad.fill("averaged", found.select(["item_id", "day"]).append_column("cost", [cost]))
    pad.run("""
        create temp table averages as
        select * from averaged qualify cost is distinct from lag(cost) over (partition by item_id order by day)
        union all
        select item_id, date '0001-01-01', arg_min(cost, day) from told
        where item_id not in (select item_id from averaged) group by item_id
    """)
    return pad.table(f"select item_id, {DAY} as day, cost::double as cost from averages order by item_id, day")


DAY = "(day - date '1970-01-01')::bigint"


def ended(zone: str) -> str:
    """SQL: since when each item that is delisted is: item_id ended."""
    return f"""
        select item_id, max(shop_day(c.done_at, {zone})) as ended
        from (select item_id, change_id, active, lag(active) over (partition by item_id order by change_id) as before from item_versions)
        join changes c using (change_id)
        where not active and coalesce(before, true) and item_id in (select item_id from items where not active)
        group by all
    """


def _house(items: str) -> str:
    """SQL: a row an item and day on which anything of it moved anywhere, with what came in."""
    return f"""
        select d.*, c.* exclude (item_id, day)
        from (select item_id, day, sum(net) as net, {SUMS} from days where {items} group by all) d
        left join (
            select item_id, day, sum(paid) as paid, sum(opened_paid) as opened_paid, sum(qty) as costed from came where {items} group by all
        ) c using (item_id, day)
    """


def _places(items: str) -> str:
    """SQL: a row an item, place and day on which it moved there, or on which what it costs changed."""
    return f"""
        with here as (from days where {items}),
        moves as (
            from here
            union all by name
            select f.item_id, f.place, a.day, 0 as net, {NOTHING}
            from (select item_id, place, min(day) as first from here group by all) f
            join averages a on a.item_id = f.item_id and a.day > f.first
            anti join here d on d.item_id = f.item_id and d.place = f.place and d.day = a.day
        )
        select d.*, c.paid, c.opened_paid, c.qty as costed
        from moves d left join (from came where {items}) c using (item_id, place, day)
    """


def _lay(pad: Pad, told: pa.Table, table: str, by_place: bool) -> None:
    """Fill a table in parts, as all its days at once may be more than the memory holds. told: what `_average` found."""
    key, columns = ("place, ", "place varchar, ") if by_place else ("", "")
    columns += ", ".join(f"{name} {kind}" for name, kind in KINDS.items())
    pad.run(f"create or replace {_kind(table)} {table} ({columns})")
    bought = ", ".join(f"coalesce({name}, 0)::double as {name}" for name in BOUGHT)
    for items in _parts(pad):
        rows = pad.table(f"""
            select item_id, {key} {DAY} as day, (net::decimal(38, 4) * 10000)::bigint as net, {", ".join(FLOWS)}, {bought},
                   coalesce(ended, date '9999-12-31') - date '1970-01-01' as ended
            from ({_places(items) if by_place else _house(items)}) left join ended using (item_id) order by item_id, {key} day
        """)
        pad.fill(table, _laid(rows, told, by_place))


PART = 500_000
"""Days of items in places that are laid at once."""


def _parts(pad: Pad) -> Iterator[str]:
    """SQL: which items each part has."""
    rows = pad.table("select item_id, count(*) as days from days group by all order by item_id")
    items, part = rows["item_id"].to_numpy(), np.cumsum(rows["days"].to_numpy()) // PART
    for number in np.unique(part):
        here = items[part == number]
        yield f"item_id between {here[0]} and {here[-1]}"


def _laid(rows: pa.Table, told: pa.Table, by_place: bool) -> pa.Table:
    """Rows of HOUSE or PLACES as rows of the table."""
    of = {name: rows[name].to_numpy() for name in rows.column_names if name != "place"}
    of["cost"] = costing.on_days(of["item_id"], of["day"], (told["item_id"].to_numpy(), told["day"].to_numpy(), told["cost"].to_numpy()))
    starts = np.r_[True, of["item_id"][1:] != of["item_id"][:-1]]
    if by_place:
        places = pc.rank(rows["place"], tiebreaker="dense").to_numpy()
        starts |= np.r_[True, places[1:] != places[:-1]]
    found = intervals.intervals(intervals.Days(starts, of), by_place)
    columns = {
        "item_id": of["item_id"], "since": _days(of["day"]), "until": _days(found["until"]), "on_hand": _exact(found["on_hand"]),
        "cost": pa.array(of["cost"], from_pandas=True), "held_until": _days(found["held_until"], found["held_until"] == intervals.NEVER),
        "cycle": pa.array(found["cycle"], mask=found["cycle"] < 0), **{name: np.round(of[name], 6) for name in (*FLOWS, *BOUGHT)},
        **{name: value for name, value in found.items() if name not in ("until", "on_hand", "held_until", "cycle")},
    }  # fmt: skip
    table = pa.table({name: columns[name] for name in KINDS})
    return table.add_column(0, "place", rows["place"]) if by_place else table


def _days(numbers: intervals.Column, empty: intervals.Column | None = None) -> pa.Array:
    return pa.array(numbers.astype(np.int32), pa.int32(), mask=empty).cast(pa.date32())


def _exact(cents: intervals.Column) -> pa.Array:
    """Ten-thousandths as decimals."""
    halves = np.column_stack([cents, cents >> 63])
    return pa.Array.from_buffers(pa.decimal128(18, 4), len(cents), [None, pa.py_buffer(halves.tobytes())])


def _kind(table: str) -> str:
    """What is not kept is laid aside."""
    return "temp table" if table.startswith("fresh_") else "table"


def clear(pad: Pad) -> None:
    """Take away what `reckon` left on the pad."""
    pad.run("drop view day_moves; drop view moves")
    left = ("looked_up", "members", "days", "told", "asked", "came", "averaged", "averages", "ended", "guessed")
    for table in (*left, "fresh_positions", "fresh_place_positions", "fresh_estimates"):
        pad.run(f"drop table if exists {table}")
