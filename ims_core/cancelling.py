"""Which sale a cancellation takes back: one for each, by its number, else the latest like it."""

from ims_core import scratch, values
from ims_core.rules import TAKEN_BACK_WITHIN


def takes_back(pad: scratch.Pad, off: frozenset[str]) -> bool:
    """Whether a line of `judged` that is used takes a sale back."""
    asked = "select count(*) > 0 from judged where outcome = 'used' and cancelled and qty < 0"
    return "cancelled" not in off and bool(pad.rows(asked)[0][0])


def find(pad: scratch.Pad, off: frozenset[str]) -> None:
    """Table `met`: each cancellation of `rows` (its id) that takes demand back, and the day of its sale.

    The sale may stand in the same file or, from an earlier file, in `booked`, of which the customer is not known.
    """
    pad.run("create table met as select 0::bigint as id, 0::bigint as sale, null::date as takes_back where false")
    _lay_out(pad, off)
    _meet(pad, "number, item, qty", "number is not null")
    _meet(pad, "customer, item, qty", "customer is not null and not booked")
    _meet(pad, "told, price, item, qty", "price is not null and (booked or side < 0)")


def _lay_out(pad: scratch.Pad, off: frozenset[str]) -> None:
    """Table `acts`: cancellations (side -1) and the sales that could be theirs (side 1), those left out that were taken back before."""
    corrected = "false" if "corrected" in off else "id in (select id from taken_back)"
    item, number = f"coalesce(key, barcode, {values.key('name')})", "regexp_replace(ref, '^[Cc]-?', '')"
    price = "coalesce(price, abs(total / qty))::decimal(18, 4)"
    pad.run(f"""
        create table standing as
        with takers as (
            select item, -qty as qty, takes_back as day, count(*) as often, list({number}) as numbers
            from booked where qty < 0 and takes_back is not null group by all
        )
        select s.* from booked s left join takers t using (item, qty, day) where s.kind = 'sale' and s.qty > 0 and not {corrected}
        qualify row_number() over (partition by item, qty, day order by coalesce(list_contains(numbers, s.ref), false) desc, s.id desc)
            > coalesce(often, 0);
        create table acts as
        with back as (
            select id, -1 as side, {number} as number, customer, {item} as item, -qty as qty, lower(place) as told,
                   {price} as price, day as moment, false as booked
            from rows where qty < 0 and cancelled
        ),
        likely as (
            select id, 1 as side, ref as number, customer, {item} as item, qty, lower(place) as told, {price} as price, day as moment,
                   false as booked
            from rows where qty > 0 and not given
            union all
            select -id - 1, 1, ref, null, item, qty, told, price, moment, true from standing
        ),
        placed as (select bool_and(told is not null) as all_told
                   from (select told from back union all select told from likely where booked))
        select a.* replace (case when all_told then told end as told)
        from (from back union all from likely where (item, qty) in (select (item, qty) from back)) a, placed
    """)


def _meet(pad: scratch.Pad, same: str, where: str) -> None:
    """Each cancellation meets the latest sale before it that no other has met, as closing brackets meet opening ones."""
    pad.run(f"""
        insert into met
        with open as (
            select *, sum(side) over (partition by {same} order by moment, side desc, id rows unbounded preceding)
                      + (side < 0)::int as depth
            from acts where {where} and id not in (select id from met union all select sale from met)
        ),
        nexts as (
            select *, lead(struct_pack(id, side, moment)) over (partition by {same}, depth order by moment, side desc, id) as next from open
        )
        select next.id, id, case when next.moment::date - moment::date <= {TAKEN_BACK_WITHIN} then moment::date end
        from nexts where side = 1 and next.side = -1
    """)
