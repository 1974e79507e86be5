"""How customers' orders were kept, as SQL: complete at once, in time, and how long they took; open ones count with their age (waits).

A line is filled where all of it left in one shipment, an order where all its lines left filled on one day. Judged is what something
was shipped of, or what is past its promised day (without one, a day old). What was called off is left out.
"""

from ims_core import waits


def orders(lines: str) -> str:
    """SQL: the CTE client_orders, one row a period, group and order.

    `lines`: a query over customer_orders with period grp first last beside its columns, as they are known on `last`.
    """
    return f"""
    client_lines as (
        select *, went and shipped_qty >= qty as complete, went and shipped_qty >= qty and shipments <= 1 as filled
        from (select *, shipped_qty > 0 and coalesce(shipped, ordered) <= last as went from ({lines}) where ordered <= last and qty > 0)
    ),
    client_orders as (
        select period, grp, key, first, last, min(ordered) as ordered, max(promised) as promised, count(*) as lines,
               count(*) filter (filled) as filled, bool_and(filled) and count(distinct shipped) <= 1 as at_once,
               bool_and(complete) and bool_and(shipped <= coalesce(promised, ordered)) as in_time, bool_or(went and untimed) as untimed,
               bool_and(complete or closed) as over, max(shipped) filter (went) as shipped,
               bool_or(went) or coalesce(max(promised), min(ordered) + 1) <= last as judged
        from client_lines group by period, grp, key, first, last having not bool_and(closed and not went)
    )"""


def days(weighed: str = "1") -> str:
    """SQL: the days of each order placed in its period, for waits.quantiles: period grp days over weight."""
    return f"""
        select period, grp, if(over, shipped, last) - ordered as days, over, {weighed} as weight
        from client_orders where ordered >= first and not untimed and if(over, shipped, last) >= ordered"""


def fulfilled(lines: str) -> str:
    """SQL: CTEs down to `fulfilled`, one row a period and group: INPUTS of the KPIs of customer orders."""
    placed, due = "ordered >= first", "promised between first and last and not untimed"
    return f"""{orders(lines)},
    client_waits as ({waits.quantiles(f"({days()})", "period, grp")}),
    fulfilled as (
        select o.*, w.median as fulfilment_median, w.p90 as fulfilment_p90, w.waits as fulfilment_orders, w.open as fulfilment_open
        from (
            select period, grp, count(*) filter ({placed}) as orders_placed, count(*) filter ({placed} and judged) as orders_judged,
                   count(*) filter ({placed} and judged and at_once) as orders_filled,
                   coalesce(sum(lines) filter ({placed} and judged), 0)::bigint as lines_judged,
                   coalesce(sum(filled) filter ({placed} and judged), 0)::bigint as lines_filled,
                   count(*) filter ({due}) as orders_due, count(*) filter ({due} and in_time) as orders_in_time
            from client_orders group by period, grp
        ) o left join client_waits w using (period, grp)
    )"""


INPUTS = ("orders_placed", "orders_judged", "orders_filled", "lines_judged", "lines_filled", "orders_due", "orders_in_time",
          "fulfilment_orders", "fulfilment_open", "fulfilment_median", "fulfilment_p90")  # fmt: skip
"""What `fulfilled` tells of a group."""
