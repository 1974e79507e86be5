"""What files say about purchases: orders, what of them came, and what is still to come."""

from ims_core import matching, scratch

KNOWN = {
    "known_orders": """
        select o.number, l.item_id, sum(l.qty) as qty from orders o join order_lines l using (order_id, change_id)
        where change_id in (select change_id from visible_changes) group by all""",
    "known_receipts": "select ref as number, item_id, day, qty from visible_movements where kind = 'receipt' and ref is not null",
}


def order(pad: scratch.Pad, last: int) -> None:
    """Tables `bought` and `purchase_orders`, and a receipt for what came; lines without a number are one order a day and supplier."""
    pad.run(f"""
        create table bought as
        select b.*, s.supplier_id, coalesce(b.ordered, b.received)::date as ordered_on, {matching.spot("b")} as at_place,
               coalesce(b.cost, abs(b.total / nullif(b.qty, 0)))::decimal(18, 4) as unit_cost,
               coalesce(b.ref, strftime(coalesce(b.ordered, b.received), 'PO %Y-%m-%d') || coalesce(' ' || b.supplier, '')) as number,
               case when b.received is not null then coalesce(b.received_qty, b.qty) else coalesce(b.received_qty, 0) end as came
        from purchases_known b left join sellers s on s.key = lower(b.supplier) left join spots p on p.key = lower(b.place);
        create table purchase_orders as
        select number, {last} + row_number() over (order by min(line)) as order_id, any_value(supplier_id) as supplier_id,
               min(ordered_on) as ordered, max(expected)::date as expected,
               max(coalesce(received, ordered, expected))::date as last_day,
               bool_and(came >= qty or received is not null) as complete, sum(came) > 0 as begun
        from bought where number not in (select number from known_orders) group by number;
    """)
    _received(pad)


def _received(pad: scratch.Pad) -> None:
    """A receipt for what came. Of an order that the shop knows only what is new: the file may tell what an earlier one told."""
    pad.run("""
        insert into moved
        with before as (select number, item_id, sum(qty) as qty from known_receipts group by all),
        arrived as (
            select b.*, coalesce(received, ordered, expected) as came_at,
                   case when k.qty is null or b.ref is null then came
                        when (b.number, b.item_id, came_at::date, came) in (select (number, item_id, day, qty) from known_receipts) then 0
                        when coalesce(r.qty, 0) + came > k.qty then greatest(came - coalesce(r.qty, 0), 0)
                        else came end as new
            from bought b left join known_orders k using (number, item_id) left join before r using (number, item_id)
        )
        select came_at, came_at::date, case when new < 0 then 'return_out' else 'receipt' end,
               item_id, at_place, new, unit_cost, null, number, null, null, file_id, row
        from arrived where new <> 0
    """)


FACTS = {
    "orders": "select order_id, number, supplier_id, ordered, expected from purchase_orders order by order_id",
    "order_lines": """
        select o.order_id, row_number() over (partition by o.order_id order by b.line)::integer as line, b.item_id, b.qty,
               case when b.received is not null then greatest(b.qty - b.came, 0) else 0 end as given_up, b.unit_cost
        from bought b join purchase_orders o using (number) order by o.order_id, 2""",
    "order_steps": """
        select order_id, case when complete then 'closed' when begun then 'received in part' else 'sent' end as step,
               case when complete or begun then last_day else ordered end as day
        from purchase_orders order by order_id""",
}
