"""Where the days go between order and sale, who is late, and what waits for it. Orders that are open count with their age (waits).

stages(db, first, last, within="shop", part=None) -> a row a stage, in their order
suppliers(db, first, last, within="shop", part=None) -> a row a supplier, the most late days first
overdue(db, day), waiting(db, day) -> orders past due, and items that wait for them while stock runs low
`within` and `part`: only of a part of the shop, a supplier's orders or those of some items, as in kpis.measured.
"""

from datetime import date
from typing import Any

import pandas as pd

from ims_core import alerts, fulfilment, kpis, lead_times, positions, reorder, waits
from ims_core.db import Database

STAGES = {
    "approval": ("Order to approval", "No order was approved here: files of purchases do not say when."),
    "sending": ("Approval to sending", "No order was sent from here: files of purchases do not say when an order left the house."),
    "supplier": ("Sending to first receipt",
                 "No order was placed in this period: drop a purchases file with days of order and receipt."),
    "rest": ("First to last receipt", "No order of this period came: drop a purchases file with days of receipt."),
    "shelf": ("Receipt to shelf", "Nobody moves goods from where they arrive to where they are sold: move them on the Scan page."),
    "sale": ("Shelf to sale", "No delivery of this period is known: drop a purchases file with days of receipt, and a sales file."),
    "shipment": ("Order to shipment",
                 "No customer orders are known: drop a file of customer orders with the days ordered and shipped."),
}  # fmt: skip
"""Every stage: what it is called, and what would tell it."""

ORDERS = """
    told as (select * from orders where change_id in (select change_id from visible_changes)),
    standing as (
        select distinct on (t.order_id) t.order_id, t.number, t.supplier_id, t.ordered, p.promised
        from told t
        left join (select order_id, arg_min(expected, change_id) as promised from told where expected is not null group by all) p
          using (order_id)
        where t.ordered <= $last and ($supplier is null or t.supplier_id = (select supplier_id from suppliers where name = $supplier))
        order by t.order_id, t.change_id desc
    ),
    steps as (
        select order_id, arg_max(step, (day, change_id)) as step, min(day) filter (step = 'approved') as approved,
               min(day) filter (step = 'sent') as sent
        from order_steps where change_id in (select change_id from visible_changes) and day <= $last group by all
    ),
    asked as (
        select l.order_id, coalesce(g.counts_as, l.item_id) as item_id, sum(l.qty) as qty, sum(l.given_up) as given_up,
               max(l.unit_cost) as unit_cost
        from order_lines l join standing o using (order_id) left join merged g using (item_id)
        where l.change_id in (select change_id from visible_changes) and coalesce(l.day, o.ordered) <= $last
          and ($items::varchar[] is null or list_contains($items::varchar[], coalesce(g.counts_as, l.item_id)::varchar))
        group by all
    ),
    come as (
        select m.order_id, coalesce(g.counts_as, m.item_id) as item_id, sum(m.qty) as qty, min(m.day) as first_day, max(m.day) as last_day
        from visible_movements m left join merged g using (item_id)
        where m.kind = 'receipt' and m.order_id is not null and m.day <= $last group by all
    ),
    bought as (
        select o.*, coalesce(s.step, 'sent') as step, s.approved, coalesce(s.sent, o.ordered) as sent, s.sent is not null as was_sent,
               coalesce(o.promised, o.ordered + ceil(max(coalesce(t.lead_days, f.lead_days)))::integer) as due,
               min(c.first_day) as first_day, max(c.last_day) as last_day, sum(a.given_up) > 0 as short,
               coalesce(s.step, 'sent') not in ('draft', 'approved', 'closed', 'cancelled')
                   and bool_or(a.qty - a.given_up > coalesce(c.qty, 0)) as open
        from standing o join asked a using (order_id) left join steps s using (order_id)
        left join come c on c.order_id = a.order_id and c.item_id = a.item_id
        left join supplied t on t.item_id = a.item_id and t.supplier_id = o.supplier_id
        left join suppliers f on f.supplier_id = o.supplier_id
        where o.ordered >= $first
        group by o.order_id, o.number, o.supplier_id, o.ordered, o.promised, s.step, s.approved, s.sent
    )"""
"""SQL: the orders placed from $first to $last as they stood on $last. due: the first day promised, else the lead time agreed on."""

PASSED = """
    handed as (  -- deliveries to places from which that item is moved on
        select g.counts_as as item_id, m.place, m.day, m.qty from visible_movements m join merged g using (item_id)
        where m.kind = 'receipt' and m.qty > 0 and m.day between $first and $last
          and ($goods::varchar[] is null or list_contains($goods::varchar[], g.counts_as::varchar))
    ),
    moved_on as (
        select distinct g.counts_as as item_id, m.place, m.day from visible_movements m join merged g using (item_id)
        where m.kind = 'transfer' and m.qty < 0 and m.day <= $last
    ),
    shelved as (
        select h.day, h.qty, t.day as moved from handed h semi join moved_on using (item_id, place)
        asof left join moved_on t on t.item_id = h.item_id and t.place = h.place and t.day >= h.day
    ),
    flows as (  -- first in, first out: which piece came in when, and how many were gone by then
        select item_id, since, received, sum(received + opened + returned + found) over w as come, come - p.on_hand as gone
        from positions p where since <= $last and ($goods::varchar[] is null or list_contains($goods::varchar[], item_id::varchar))
        window w as (partition by item_id order by since)
    ),
    left_on as (select item_id, gone, min(since) as day from flows group by all),
    sold as (
        select f.since as day, f.received as qty, l.day as gone_on
        from (select *, come - received / 2 as middle from flows where received > 0 and since >= $first) f
        asof left join left_on l on l.item_id = f.item_id and l.gone >= f.middle
    )"""
"""SQL: what became of deliveries: `shelved` and `sold`, the day on which the middle piece of each was gone."""

CLIENTS = """
    select 0 as period, '' as grp, $first as first, $last as last, * from customer_orders
    where $goods::varchar[] is null or list_contains($goods::varchar[], item_id::varchar)"""
"""SQL: the lines of customer orders as they stood on $last."""


# -- questions


def stages(db: Database, first: date, last: date, within: str = "shop", part: str | None = None) -> pd.DataFrame:
    """Every stage: stage label median p90 (days) waits (how many) of (orders, deliveries) open (still in it) lacks.

    Orders placed, and deliveries received, from `first` to `last`. A stage that nobody tells of is empty, and `lacks` says what would.
    """
    positions.catch_up(db)
    found = db.frame(
        f"""
        with {ORDERS}, {PASSED}, {fulfilment.orders(CLIENTS)},
        waits as (
            select 'approval' as stage, coalesce(approved, $last) - ordered as days, approved is not null as over, 1 as weight
            from bought where approved is not null or step = 'draft' and (select count(approved) from bought) > 0
            union all
            select 'sending', if(was_sent, sent, $last) - approved, was_sent, 1
            from bought where approved is not null and (was_sent or step = 'approved')
            union all
            select 'supplier', coalesce(first_day, $last) - sent, first_day is not null, 1
            from bought where open or first_day is not null
            union all
            select 'rest', if(open, $last, last_day) - first_day, not open, 1 from bought where first_day is not null
            union all
            select 'shelf', coalesce(moved, $last) - day, moved is not null, qty from shelved
            union all
            select 'shipment', days, over, weight from ({fulfilment.days()})
            union all
            select 'sale', coalesce(gone_on, $last) - day, gone_on is not null, qty from sold
        )
        {waits.quantiles("(from waits where days >= 0)", "stage")}
        """,
        _params(db, first, last, within, part),
    )
    frame = pd.DataFrame({"stage": list(STAGES), "label": [label for label, _ in STAGES.values()]}).merge(found, on="stage", how="left")
    frame = frame.fillna({"waits": 0, "open": 0}).astype({"waits": int, "open": int, "median": float, "p90": float})
    lacks = [STAGES[stage][1] if number == 0 else "" for stage, number in zip(frame["stage"], frame["waits"], strict=True)]
    return frame.assign(of=["deliveries" if stage in ("shelf", "sale") else "orders" for stage in frame["stage"]], lacks=lacks)


def suppliers(db: Database, first: date, last: date, within: str = "shop", part: str | None = None) -> pd.DataFrame:
    """Who keeps their word, of the orders placed from `first` to `last`; the most late days first.

    supplier_id supplier orders open due (promised to be there by now) late late_days (added up; an open order's so far) on_time (share of
    those due) short (orders of which a rest never came) promised (days, on average), and of the deliveries of that time, as the KPIs
    have them: real (days) spread deliveries. Without a supplier, days promised or deliveries: empty.
    """
    return db.frame(
        f"""
        with {ORDERS},
        judged as (
            select *, due - ordered as promised_days, open and due < $last or not open and due is not null as is_due,
                   greatest(if(open, $last, last_day) - due, 0) as late_days
            from bought where open or first_day is not null
        ),
        {lead_times.LED}
        select j.supplier_id, coalesce(max(s.name), 'No supplier') as supplier, count(*) as orders, count(*) filter (open) as open,
               count(*) filter (is_due) as due, count(*) filter (is_due and late_days > 0) as late,
               coalesce(sum(late_days) filter (is_due), 0)::bigint as late_days,
               count(*) filter (is_due and late_days = 0) / nullif(count(*) filter (is_due), 0) as on_time,
               count(*) filter (short) as short, avg(promised_days) as promised, any_value(l.real) as real, any_value(l.spread) as spread,
               coalesce(any_value(l.deliveries), 0) as deliveries
        from judged j left join suppliers s using (supplier_id) left join led l on l.supplier is not distinct from s.name
        group by j.supplier_id order by late_days desc, spread desc nulls last, supplier
        """,
        {name: value for name, value in _params(db, first, last, within, part).items() if name != "goods"},
    )


def orders(db: Database, first: date, last: date, supplier: str) -> pd.DataFrame:
    """A supplier's orders placed from `first` to `last`, the newest first.

    order_id number ordered due first_day (of receipt) last_day days (from sending to the last receipt, so far where it is open) promised
    (days) late (days) open short; an order of which nothing came and nothing will is left out.
    """
    return db.frame(
        f"""
        with {ORDERS}
        select order_id, number, ordered, due, first_day, last_day, if(open, $last, last_day) - sent as days, due - ordered as promised,
               greatest(if(open, $last, last_day) - due, 0) as late, open, short
        from bought where open or first_day is not null order by ordered desc, order_id desc
        """,
        {"first": first, "last": last, "items": None, "supplier": supplier},
    )


def waiting(db: Database, day: date) -> pd.DataFrame:
    """Items below their reorder point while an order of theirs is past due, the most money at risk first.

    item_id sku name number (of the order) supplier due days (late) pieces (to come) available cover_days rate at_risk: what of the sales
    of the coming week the stock cannot serve, at today's price; empty without a price.
    """
    late = alerts.late(db, day)[["order_id", "number", "supplier", "due", "days"]]
    coming = db.frame(
        """
        select o.order_id, coalesce(g.counts_as, o.item_id) as item_id, sum(o.open)::double as pieces, max(i.price)::double as price
        from on_order_on($day::date) o left join merged g using (item_id) join items i on i.item_id = coalesce(g.counts_as, o.item_id)
        group by all
        """,
        {"day": day},
    )
    found = late.merge(coming, on="order_id").sort_values("days", ascending=False)
    each = found.groupby("item_id", as_index=False).agg(
        number=("number", ", ".join), supplier=("supplier", "first"), due=("due", "min"), days=("days", "max"), pieces=("pieces", "sum"),
        price=("price", "first"),
    )  # fmt: skip
    stock = reorder.suggest(db, day, only=each["item_id"].tolist())[
        ["item_id", "sku", "name", "available", "reorder_point", "rate", "cover_days"]
    ]
    low = each.merge(stock[stock["available"] < stock["reorder_point"]], on="item_id")
    at_risk = (low["rate"] * 7 - low["available"].clip(lower=0)).clip(lower=0) * low["price"]
    low = low.assign(at_risk=at_risk).sort_values(["at_risk", "days"], ascending=False, ignore_index=True)
    return low[["item_id", "sku", "name", "number", "supplier", "due", "days", "pieces", "available", "cover_days", "rate", "at_risk"]]


def _params(db: Database, first: date, last: date, within: str, part: str | None) -> dict[str, Any]:
    """A supplier's part is its orders, of every other part its items; a place orders nothing by itself."""
    whole = within in ("shop", "place")
    goods = None if whole else kpis.items_of(db, first, last, within, part)
    firm = within == "supplier"
    return {"first": first, "last": last, "items": None if firm else goods, "supplier": part if firm else None, "goods": goods}
