"""How long things take where some still wait: their days so far count, too. Kaplan and Meier (1958), as SQL.

The mean of what is over flatters: what takes longest is not over yet.
"""

SHARES = {"median": 0.5, "p90": 0.9}
"""Days within which that share is over; empty where so few are over that nobody can say."""


def quantiles(table: str, by: str) -> str:
    """SQL: one row a `by` of a table with columns days (so far), over (whether it is), weight: by median p90 waits open (rows)."""
    found = ", ".join(f"min(days) filter (still <= {1 - share} + 1e-9) as {name}" for name, share in SHARES.items())
    return f"""
        select {by}, {found}, sum(rows)::bigint as waits, sum(open)::bigint as open
        from (select *, exp(sum(ln(greatest(1 - ended / nullif(at_risk, 0), 1e-300))) over (partition by {by} order by days)) as still
              from (select {by}, days, coalesce(sum(weight) filter (over), 0)::double as ended, count(*) as rows,
                           count(*) filter (not over) as open,
                           sum(sum(weight)::double) over (partition by {by} order by days desc) as at_risk
                    from {table} where weight > 0 group by {by}, days))
        group by {by}"""
