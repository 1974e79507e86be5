"""What files say about the orders of customers: what was asked for, promised and shipped. It moves no stock; sales do."""

from ims_core import matching
from ims_core.purchasing import CANCELLED, DONE, PART

SHIPPED = r"^(shipped|sent|fulfilled|versandt|versendet|verschickt|ausgeliefert|exp[eé]di|envi|enviad|spedit)"
"""How a status begins that says: it left."""

STATUS = "lower(trim(c.status))"

FACTS = {
    "customer_order_lines": f"""
        with told as (
            select c.*, {matching.spot("c")} as at_place,
                   (max(greatest(c.ordered, c.shipped)) over (partition by c.file_id))::date as known_to,
                   coalesce(regexp_matches({STATUS}, '{DONE}') or regexp_matches({STATUS}, '{SHIPPED}'), false)
                       and not coalesce(regexp_matches({STATUS}, '{PART}'), false) as done,
                   coalesce(regexp_matches({STATUS}, '{CANCELLED}'), false) as called_off
            from customer_orders_known c left join spots p on p.key = lower(c.place)
        )
        select ref as number, (row_number() over (order by line))::integer as line, item_id, at_place as place, ordered::date as ordered,
               promised::date as promised, shipped::date as shipped, qty,
               greatest(coalesce(shipped_qty, case when shipped is not null or done then qty else 0 end), 0)::decimal(18, 4) as shipped_qty,
               done or called_off as closed, known_to, file_id, row as source_row
        from told order by line""",
}
"""A row a line, as it is told; which file's word on an order counts says the view customer_orders."""
