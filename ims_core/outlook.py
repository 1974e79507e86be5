"""What a commit would do, in numbers, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from ims_core import booking, labels, policy, scratch
from ims_core.db import Database
from ims_core.plans import Plan


@dataclass(frozen=True)
class Outlook:
    """What a plan would add to the shop, as its screens show it.

    `amounts`: `pieces` by the unit that items are counted in; `value`: of them, at cost; `unpriced`: pieces (in and out) of items without
    one; `blind`: items that move or are new and nobody counted; `twice`: what an earlier list of the drop says of what a later one counts;
    `differs`: what becomes otherwise of items that the shop has, sku name what (name category unit cost price barcode on_hand) before now.
    """

    items: int
    suppliers: int
    places: int
    orders: int
    movements: int
    pieces: Decimal
    value: Decimal
    unpriced: Decimal
    blind: int = 0
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    twice: Decimal = Decimal(0)
    differs: pd.DataFrame = field(default_factory=pd.DataFrame)

    def says(self, currency: str) -> str:
        """One sentence, such as: Stock changes by +1,204 pieces, +€8,310; 129 new items, 402 movements."""
        new = (("items", "item"), ("suppliers", "supplier"), ("places", "place"), ("orders", "purchase order"))
        told = [labels.many(count, f"new {one}") for name, one in new if (count := getattr(self, name))]
        if not self.movements:
            return f"Stock does not change; {', '.join(told)}." if told else "Stock does not change."
        worth = f", {_signed(labels.money(abs(self.value), currency), self.value)}" if self.value else ""
        costless = f" ({labels.pieces(self.unpriced)} pieces have no cost)" if self.value and self.unpriced else ""
        stock = f"Stock changes by {_amounts(self.amounts or {'piece': self.pieces})}{worth}{costless}"
        said = "; ".join([stock, ", ".join([*told, labels.many(self.movements, "movement")])]) + "."
        shows = f" {labels.many(self.blind, 'item')} that nobody counted {'shows' if self.blind == 1 else 'show'} no quantity."
        twice = labels.amounts({"piece": self.twice}) if set(self.amounts) <= {"piece"} else labels.pieces(self.twice)
        again = f" Of what is counted, {twice} are of items that a later list of the same day and place tells too: the later one holds."
        return said + (shows if self.blind else "") + (again if self.twice else "")


def _signed(text: str, amount: Decimal) -> str:
    return f"{'+' if amount > 0 else '−' if amount < 0 else '±'}{text}"


def _amounts(by_unit: Mapping[str, Decimal]) -> str:
    """Each with its own sign: `+1,204 pieces, −3 kg`."""
    return ", ".join(_signed(labels.amounts({unit: abs(qty)}), qty) for unit, qty in by_unit.items() if qty) or "±0 pieces"


def foresee(db: Database, plan: Plan) -> Outlook:
    """The figures of a commit without the commit; takes as long as matching does, some 2 s for 300,000 lines."""
    groups = [group for group in plan.groups if group.cleaned]
    if not groups:
        return Outlook(0, 0, 0, 0, 0, Decimal(0), Decimal(0), Decimal(0))
    facts = NOTHING_BOUGHT | booking.book(db, groups, plan.day, policy.shop(db).timezone)
    first_count = pa.compute.min(facts["counts"]["counted_at"]).as_py() or datetime.max
    known = {name: db.arrow(sql) for name, sql in KNOWN.items()}
    known["known_days"] = db.arrow(DAYS, [facts["movements"]["item_id"].unique().to_pylist()])
    known["known_later"] = db.arrow("select item_id, place, happened_at, qty from visible_movements where happened_at > ?", [first_count])
    with scratch.pad(**facts, **known) as pad:
        pad.run(f"create table changed as {CHANGES}; create table shown as {SHOWN}")
        seen, differs = pad.row(SUMS), pad.table(DIFFERS).to_pandas()
    amounts = {unit: qty for unit, qty in seen.pop("amounts") or [] if qty}
    twice = sum(plan.moves.get("counted", {}).values(), Decimal(0)) - seen.pop("counted")
    return Outlook(**seen, amounts=amounts, twice=twice, differs=differs)


NOTHING_BOUGHT = {"orders": pa.table({"order_id": pa.array([], pa.int64())})}
"""What is booked of purchases where the files tell of none."""

KNOWN = {
    "known_items": """
        select i.item_id, i.sku, i.name, i.category, i.unit, i.price, i.cost as own_cost, c.cost
        from items i left join costs c using (item_id)""",
    "known_suppliers": "select supplier_id from suppliers",
    "known_orders": "select order_id from orders",
    "known_families": "select item_id, counts_as from merged",
    "known_shown": "select item_id from counted_by(date '9999-12-31')",
    "known_held": "select item_id, sum(on_hand) as qty, sum(on_hand - estimated) as booked from stock group by item_id",
    "known_stock": "select item_id, place, sum(qty) as qty from visible_movements group by all",
    "known_counts": "select item_id, place, max(counted_at) as counted_at from standing_counts group by all",
}

DAYS = """
    select coalesce(g.counts_as, m.item_id) as item_id, m.day, sum(m.qty) as qty from visible_movements m left join merged g using (item_id)
    where coalesce(g.counts_as, m.item_id) in (select counts_as from merged where item_id in (select unnest(?::bigint[]))) group by all
"""
"""SQL: how the items that the files move were moved before, day by day."""

CHANGES = """
    with last as (  -- of each place the newest count; `told` where it is in these files
        select item_id, place, max(counted_at) as counted_at, arg_max(on_hand, counted_at) as on_hand, arg_max(told, counted_at) as told
        from (select item_id, place, counted_at, on_hand, true as told from counts
              union all select item_id, place, counted_at, 0, false from known_counts)
        group by all
    ),
    flows as (select item_id, place, happened_at, qty, true as told from movements union all select *, false from known_later),
    since as (
        select item_id, place, sum(f.qty) filter (f.told) as new, sum(f.qty) as any_flow
        from flows f left join last l using (item_id, place)
        where l.counted_at is null or f.happened_at > l.counted_at group by all
    )
    select item_id, place,
           case when l.told then l.on_hand + coalesce(s.any_flow, 0) - coalesce(k.qty, 0) else coalesce(s.new, 0) end as change
    from last l full join since s using (item_id, place) left join known_stock k using (item_id, place)
"""
"""SQL: by how much stock changes in each place: what was counted last holds, only what comes after it moves it."""

SHOWN = """
    with family as (select item_id, counts_as from known_families),
    book as (select coalesce(g.counts_as, c.item_id) as item_id, sum(c.change) as change
             from changed c left join family g using (item_id) group by all),
    told as (select coalesce(g.counts_as, t.item_id) as item_id
             from (select item_id from counts union all select item_id from known_counts) t left join family g using (item_id)),
    seen as (select coalesce(g.counts_as, t.item_id) as item_id
             from (select item_id from counts union all select item_id from movements where kind = 'receipt') t
             left join family g using (item_id) union all select item_id from known_shown),
    flows as (
        select item_id, day, sum(qty) as qty
        from (select coalesce(g.counts_as, m.item_id) as item_id, m.day, m.qty from movements m left join family g using (item_id)
              union all select item_id, day, qty from known_days)
        group by all
    ),
    lowest as (select item_id, greatest(-min(total), 0) as least
               from (select item_id, sum(qty) over (partition by item_id order by day) as total from flows) group by all)
    select b.item_id,
           case when b.item_id not in (from seen) then 0 else coalesce(h.booked, 0) + b.change
                + case when b.item_id in (from told) then 0 else coalesce(l.least, 0) end end
           - case when b.item_id in (from known_shown) then coalesce(h.qty, 0) else 0 end as change,
           b.item_id not in (from seen) as blind
    from book b left join known_held h using (item_id) left join lowest l using (item_id)
"""
"""SQL: by how much the stock on the screens changes: without items of which nobody said what there was, and with estimated openings."""

SUMS = """
    with told as (select item_id, any_value(cost) as cost from item_versions where cost is not null group by item_id),
         units as (select item_id, any_value(unit) as unit from (
             select item_id, unit from item_versions union all
             select item_id, unit from known_items anti join item_versions using (item_id)
         ) group by item_id),
         bought as (select item_id, sum(qty * unit_cost) / sum(qty) as cost from movements
                    where kind = 'receipt' and unit_cost is not null and qty > 0 group by item_id),
         moved as (select c.change as qty, c.blind, coalesce(t.cost, k.cost, b.cost) as cost, coalesce(u.unit, 'piece') as unit
                   from shown c left join units u using (item_id) left join told t using (item_id)
                   left join known_items k using (item_id)
                   left join bought b using (item_id))
    select (select count(*) from item_versions anti join known_items using (item_id)) as items,
           (select count(*) from supplier_versions anti join known_suppliers using (supplier_id)) as suppliers,
           (select count(*) from place_versions) as places,
           (select count(*) from orders anti join known_orders using (order_id)) as orders,
           (select count(*) from movements) + (select count(*) from counts) as movements, coalesce(sum(qty), 0) as pieces,
           coalesce(sum(qty * cost), 0) as value, coalesce(sum(abs(qty)) filter (cost is null), 0) as unpriced,
           count(*) filter (blind) + (select count(distinct item_id) from item_versions anti join known_items using (item_id)
                                   anti join shown using (item_id)) as blind,
           (select list((unit, qty)) from (select unit, sum(qty) as qty from moved group by unit order by unit <> 'piece', unit))
               as amounts, (select coalesce(sum(on_hand), 0) from counts) as counted
    from moved
"""
"""SQL: the figures of an outlook."""


def _money(column: str) -> str:
    return f"regexp_replace(format('{{:,.4f}}', {column}::double), '0{{1,2}}$', '')"


def _pieces(column: str) -> str:
    return f"rtrim(rtrim(format('{{:,.4f}}', {column}::double), '0'), '.')"


DIFFERS = f"""
    with counted as (select distinct coalesce(f.counts_as, c.item_id) as item_id from counts c left join known_families f using (item_id)),
         each as (
             select k.sku, k.name, unnest([
                 {{'what': 'price', 'before': {_money("k.price")}, 'now': {_money("v.price")}}},
                 {{'what': 'cost', 'before': {_money("k.own_cost")}, 'now': {_money("v.cost")}}},
                 {{'what': 'name', 'before': nullif(k.name, k.sku), 'now': nullif(v.name, k.name)}},
                 {{'what': 'category', 'before': k.category, 'now': v.category}},
                 {{'what': 'unit', 'before': k.unit, 'now': v.unit}}
             ], recursive := true)
             from item_versions v join known_items k using (item_id)
             union all select k.sku, k.name, 'barcode', null, b.code from barcode_versions b join known_items k using (item_id)
             union all
             select k.sku, k.name, 'on_hand', case when s.item_id in (from known_shown) then {_pieces("coalesce(h.qty, 0)")} end,
                    {_pieces("case when s.item_id in (from known_shown) then coalesce(h.qty, 0) else 0 end + s.change")}
             from shown s semi join counted using (item_id) join known_items k using (item_id) left join known_held h using (item_id)
         )
    from each where now is not null and before is distinct from now
    order by before is null, list_position(['on_hand', 'price', 'cost', 'name', 'category', 'unit', 'barcode'], what), sku, now
"""
"""SQL: what a commit makes otherwise of items that the shop has; what it did not know of them comes last."""
