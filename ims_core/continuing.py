"""Orders whose date, number and partner stand on their first line only: the lines under it are of the same order."""

from ims_core import scratch
from ims_core.recognising import Mapping

HEAD = ("ref", "day", "ordered", "expected", "promised", "customer", "supplier", "place", "status", "currency")
"""What is said once an order."""


def fill(pad: scratch.Pad, mapping: Mapping, off: frozenset[str]) -> None:
    """`typed` anew where a line names an item, but no day, no partner and no other order than the line above: it takes what that says.

    `continued`: whether it did. Only in files that number their orders, so that a day that somebody forgot is not made up.
    """
    dated = next((name for name in ("day", "ordered") if name in mapping.columns), None)
    told = [f"t.{name}" for name in ("sku", "barcode", "name") if name in mapping.columns]
    found = pad.columns("typed")
    if "continued" in off or dated is None or "ref" not in mapping.columns or not told or f"{dated}_text" not in found:
        return
    partners = "".join(f" and t.{name} is null" for name in ("customer", "supplier") if name in mapping.columns)
    bare = f"t.{dated}_text is null{partners} and coalesce({', '.join(told)}) is not null"
    if not pad.rows(f"select count(*) > 0 from typed t where {bare}")[0][0]:
        return
    said = [name for name in (*HEAD, f"{dated}_text") if name in found]
    head = ", ".join(f"{name} := t.{name}" for name in said)
    taken = ", ".join(f"case when continues then coalesce(t.{name}, head.{name}) else t.{name} end as {name}" for name in said)
    pad.lay(
        "typed",
        f"""
        with under as (
            select t.*, last_value(case when t.{dated}_text is not null then struct_pack({head}) end ignore nulls)
                        over (partition by t.source order by t.row) as head
            from typed t
        ),
        known as (select *, {bare} and head is not null and (ref is null or ref = head.ref) as continues from under t)
        select t.* exclude (head, continues) replace ({taken}, continues as continued) from known t
    """,
    )
