-- Questions that every page asks; replaced at each start, so they may change without a migration.

create or replace view visible_changes as    -- neither undone nor the undoing of another
select c.*
from changes c
where c.change_id not in (select undoes from changes where undoes is not null)
  and (c.undoes is null or c.restores is not null);

create or replace macro shop_day(moment, zone) as   -- the shop's day of a stored moment (UTC): shortly after midnight UTC has another
(moment at time zone 'UTC' at time zone zone)::date;

create or replace view items as
select * exclude (gone)
from (select distinct on (item_id) * from item_versions order by item_id, change_id desc)
where not gone;

create or replace view barcodes as
select * exclude (gone)
from (select distinct on (code) * from barcode_versions order by code, change_id desc)
where not gone;

create or replace view places as
select * exclude (gone)
from (select distinct on (place) * from place_versions order by place, change_id desc)
where not gone;

create or replace view suppliers as
select * exclude (gone)
from (select distinct on (supplier_id) * from supplier_versions order by supplier_id, change_id desc)
where not gone;

create or replace view supplies as
select * exclude (gone)
from (select distinct on (item_id, supplier_id) * from supply_versions order by item_id, supplier_id, change_id desc)
where not gone;

create or replace view policies as
select * exclude (gone)
from (select distinct on (scope, name) * from policy_versions order by scope, name, change_id desc)
where not gone;

create or replace view mappings as
select * exclude (gone)
from (select distinct on (signature) * from mapping_versions order by signature, change_id desc)
where not gone;

create or replace view targets as
select * exclude (gone)
from (select distinct on (kpi, scope) * from target_versions order by kpi, scope, change_id desc)
where not gone and active;

create or replace view closed as             -- days on which the shop was or will be closed
select * exclude (gone)
from (select distinct on (day) * from closed_versions order by day, change_id desc)
where not gone and active;

create or replace view apart as              -- pairs that look alike and are two
select * exclude (gone)
from (select distinct on (item_id, other_id) * from apart_versions order by item_id, other_id, change_id desc)
where not gone;

create or replace view combinations as       -- items that are a combination of a product
select * exclude (gone)
from (select distinct on (item_id) * from combination_versions order by item_id, change_id desc)
where not gone and active;

create or replace view people as             -- accounts, without what proves who they are
select * exclude (gone)
from (select distinct on (name) * from people_versions order by name, change_id desc)
where not gone;

create or replace view secrets as
select distinct on (name) * from secret_versions order by name, change_id desc;

create or replace view tokens as
select distinct on (hash) * from token_versions order by hash, change_id desc;

create or replace view merged as             -- every item and the item its history counts for
with recursive chain as (
    select item_id, item_id as counts_as from items where same_as is null
    union all
    select i.item_id, c.counts_as from items i join chain c on i.same_as = c.item_id
)
select item_id, counts_as from chain;

create or replace view supplied as           -- the terms of each item; of merged ones those of the item they count as come first
select * exclude (own) replace (preferred and (own or not bool_or(own and preferred) over (partition by item_id)) as preferred)
from (
    select distinct on (g.counts_as, p.supplier_id) p.* replace (g.counts_as as item_id), p.item_id = g.counts_as as own
    from supplies p
    join merged g on g.item_id = p.item_id
    order by g.counts_as, p.supplier_id, p.item_id = g.counts_as desc, p.change_id desc
);

create or replace view hidden_changes as     -- what was undone, and its undoing: together they are nothing
select undoes as change_id from changes where undoes is not null
union all
select change_id from changes where undoes is not null and restores is null;

create or replace view visible_movements as
select m.* from movements m
where case when m.stays then 0 else m.change_id end not in (select change_id from hidden_changes);

create or replace view standing_counts as    -- the newest word on each counted moment
select * from (
    select distinct on (item_id, place, counted_at) * from counts
    where change_id in (select change_id from visible_changes) order by item_id, place, counted_at, change_id desc
);

create or replace macro last_counted(until) as table   -- the day on which each item was last counted, in whatever place
select g.counts_as as item_id, max(k.day) as day from standing_counts k join merged g using (item_id) where k.day <= until group by all;

create or replace macro counted_by(until) as table   -- items of which a count, also one reckoned back, or a receipt says what there was
select distinct coalesce(g.counts_as, k.item_id) as item_id
from (
    select item_id from standing_counts where day <= until
    union all select item_id from visible_movements where kind = 'receipt' and day <= until
    union all select item_id from visible_movements semi join standing_counts using (item_id) where kind = 'opening' and day <= until
) k
left join merged g on g.item_id = k.item_id;

create or replace macro estimated_from(moves) as table   -- of items that no count speaks of: the least that stood there before their first day
with told as materialized (select item_id, counts_as from merged),
counted as (                                 -- and what they are merged with: a count speaks of the whole house
    select item_id from told where counts_as in (select g.counts_as from standing_counts join told g using (item_id))
),
sums as (
    select item_id, place, sum(qty) as qty, min(day) as day, count(*) filter (qty > 0) > 0 as came
    from query_table(moves) where item_id not in (select item_id from counted) group by all
),
families as (
    select coalesce(g.counts_as, s.item_id) as family, s.item_id, s.place, s.qty,
           min(s.day) over (partition by coalesce(g.counts_as, s.item_id)) - 1 as day,
           bool_or(s.came) over (partition by coalesce(g.counts_as, s.item_id)) as came
    from sums s left join told g using (item_id)
),
daily as (                                   -- only where something ever came in; of all others the last day is the lowest
    select f.family, m.place, m.day, sum(m.qty) as qty
    from query_table(moves) m join (select distinct family, item_id from families where came) f using (item_id) group by all
),
spots as (
    select family, place, min(total) as lowest
    from (select family, place, sum(qty) over (partition by family, place order by day) as total from daily) group by all
    union all
    select family, place, sum(qty) from families where not came group by all
),
spread as (                                  -- what lacks in one place may have stood in another: the whole house counts
    select family, min(total) as lowest from (
        select family, sum(sum(qty)) over (partition by family order by day) as total
        from daily where family in (select family from spots group by family having count(*) > 1) group by family, day
    ) group by family
),
lacks as (
    select s.family, s.place, -s.lowest as here, -coalesce(h.lowest, sum(s.lowest) over (partition by s.family)) as in_all,
           coalesce(sum(-s.lowest) over (partition by s.family order by s.lowest, s.place
                                         rows between unbounded preceding and 1 preceding), 0) as elsewhere
    from spots s left join spread h using (family) where s.lowest < 0
)
select l.family as item_id, l.place, f.day, least(l.here, l.in_all - l.elsewhere)::decimal(38, 4) as qty
from lacks l join (select distinct family, day from families) f using (family)
where l.elsewhere < l.in_all;

-- What `positions` keeps of the next; without it, or before it is brought up, the next is reckoned from the movements.
create table if not exists estimates (item_id bigint, place varchar, day date, qty decimal(38, 4));
create table if not exists positions_until (form varchar, newest bigint);

create or replace macro touched_since(reached) as table   -- of which items changes since, or what these took back, say something
with fresh as materialized (
    select change_id from changes where change_id > reached
    union all select undoes from changes where change_id > reached and undoes is not null
),
named as materialized (
    select item_id from movements where change_id in (from fresh)
    union select item_id from counts where change_id in (from fresh)
    union select item_id from order_lines where change_id in (from fresh)
    union select item_id from item_versions where change_id in (from fresh)
)
select item_id from named
union select same_as from item_versions where same_as is not null and item_id in (from named);

create or replace view estimated_openings as
with unsettled as materialized (             -- items touched since, and their families
    with touched as materialized (from touched_since((select coalesce(max(newest), 0) from positions_until))),
         family as materialized (select item_id, counts_as from merged)
    select item_id from touched
    union select item_id from family where counts_as in (select counts_as from family where item_id in (from touched))
),
unsettled_movements as (select item_id, place, day, qty from visible_movements where item_id in (from unsettled))
select item_id, place, day, qty from estimates where item_id not in (from unsettled)
union all
select item_id, place, day, qty from estimated_from('unsettled_movements');

create or replace view stock_moves as        -- every change of a balance, estimated openings among them; items as they are merged
select coalesce(g.counts_as, m.item_id) as item_id, m.place, m.day, m.qty, 0::decimal(38, 4) as estimated
from visible_movements m left join merged g using (item_id)
union all
select item_id, place, day, qty, qty from estimated_openings;

create or replace macro stock_on(until) as table   -- balances at the end of a day; `estimated`: pieces of them that nobody counted
with each as (                               -- summed before merging: joining every movement takes five times as long
    select item_id, place, sum(qty) as on_hand, max(day) as last_day, max(day) filter (kind = 'sale') as last_sale
    from visible_movements
    where day <= until
    group by all
),
held as (
    select coalesce(g.counts_as, e.item_id) as item_id, e.place, e.on_hand, 0 as estimated, e.last_day, e.last_sale
    from each e
    left join merged g on g.item_id = e.item_id
    union all
    select item_id, place, qty, qty, null, null from estimated_openings where day <= until
)
select item_id, place, sum(on_hand) as on_hand, sum(estimated) as estimated, max(last_day) as last_day, max(last_sale) as last_sale
from held
group by all;

create or replace view stock as              -- balances with everything booked, also for days to come
select item_id, place, on_hand, estimated, last_day, last_sale from stock_on(date '9999-12-31');

create or replace view costs as              -- what one piece cost: the item's own cost, else the mean of its receipts
select i.item_id, coalesce(i.cost, r.cost) as cost
from items i
left join (
    select g.counts_as as item_id, sum(m.qty::decimal(38, 4) * m.unit_cost) / nullif(sum(m.qty), 0) as cost
    from visible_movements m
    join merged g on g.item_id = m.item_id
    where m.kind in ('receipt', 'opening') and m.unit_cost is not null
    group by all
) r using (item_id);

create or replace view demand as             -- pieces asked for a day and what they brought, cancelled sales taken back from their own day
select item_id, day, sum(qty) as qty, sum(qty::decimal(38, 4) * unit_price) as revenue,
       sum(qty) filter (unit_price is null) as unpriced   -- pieces of which nobody said what they sold for
from (
    select coalesce(g.counts_as, m.item_id) as item_id, coalesce(m.takes_back, m.day) as day, -m.qty as qty, m.unit_price
    from visible_movements m
    left join merged g on g.item_id = m.item_id
    where m.kind = 'sale' or m.takes_back is not null
)
group by all;

create or replace macro on_order_on(until) as table   -- what is still to come at the end of a day, per order and item
with standing as (
    select distinct on (order_id) * from orders
    where change_id in (select change_id from visible_changes) and ordered <= until
    order by order_id, change_id desc
),
state as (                                   -- placed and no step yet: sent
    select order_id, arg_max(step, (day, change_id)) as step
    from order_steps where change_id in (select change_id from visible_changes) and day <= until
    group by order_id
),
asked as (
    select o.order_id, o.number, o.supplier_id, o.ordered, o.expected, coalesce(g.counts_as, l.item_id) as item_id,
           sum(l.qty - l.given_up) as qty, max(l.unit_cost) as unit_cost
    from standing o
    join order_lines l using (order_id)
    left join state s using (order_id)
    left join merged g on g.item_id = l.item_id
    where coalesce(s.step, 'sent') not in ('draft', 'closed', 'cancelled')
      and l.change_id in (select change_id from visible_changes) and coalesce(l.day, o.ordered) <= until
    group by all
),
come as (
    select m.order_id, coalesce(g.counts_as, m.item_id) as item_id, sum(m.qty) as qty
    from visible_movements m
    left join merged g on g.item_id = m.item_id
    where m.kind = 'receipt' and m.order_id is not null and m.day <= until
    group by all
)
select a.*, a.qty - coalesce(c.qty, 0) as open
from asked a
left join come c on c.order_id = a.order_id and c.item_id = a.item_id
where a.qty > coalesce(c.qty, 0);

create or replace view on_order as           -- with everything booked, also for days to come
select * from on_order_on(date '9999-12-31');

create or replace view told_customer_lines as    -- of each customer order the lines of the file that knows most days
select *, upper(regexp_replace(number, '\s+', ' ', 'g')) as key from customer_order_lines
where change_id in (select change_id from visible_changes)
qualify rank() over (partition by key order by known_to desc, change_id desc, file_id desc) = 1;

create or replace view customer_orders as    -- one row an order and item; items as they are merged
select n.key, any_value(n.number) as number, coalesce(g.counts_as, n.item_id) as item_id, any_value(n.place) as place,
       min(n.ordered) as ordered, max(n.promised) as promised, max(n.shipped) as shipped,
       count(distinct n.shipped) as shipments, sum(n.shipped_qty) as shipped_qty,   -- parts that repeat what was ordered ask for it once
       case when bool_and(n.shipped_qty between 0.0001 and n.qty - 0.0001) and min(n.qty) = max(n.qty) and sum(n.shipped_qty) <= max(n.qty)
            then max(n.qty) else sum(n.qty) end as qty,
       bool_or(n.shipped_qty > 0 and n.shipped is null) as untimed, bool_and(n.closed) as closed
from told_customer_lines n left join merged g using (item_id)
group by n.key, coalesce(g.counts_as, n.item_id);

create or replace view imports as            -- one row an import
select f.change_id, c.done_at, c.who, c.what, count(distinct (f.sha256, f.name)) as files,
       sum(f.lines) as lines, sum(f.used) as used, sum(f.joined) as joined,
       sum(f.set_aside) as set_aside, sum(f.refused) as refused,
       f.change_id not in (select change_id from visible_changes) as undone
from import_files f
join changes c using (change_id)
group by all;

create or replace view channels as
select distinct on (channel_id) * from channel_versions order by channel_id, change_id desc;

create or replace view standing_alerts as    -- conditions that hold, in their newest words
select distinct on (a.alert_id) a.*
from alerts a anti join alert_ends e using (alert_id)
order by a.alert_id, a.change_id desc;

create or replace view alert_states as       -- every alert with what people did about it
with steps as (select s.*, c.who from alert_steps s join visible_changes c using (change_id)),
     word as (select distinct on (alert_id) * from steps where step <> 'assigned' order by alert_id, change_id desc),
     given as (select distinct on (alert_id) * from steps where step = 'assigned' order by alert_id, change_id desc),
     raised as (select alert_id, min(change_id) as change_id from alerts group by alert_id),
     newest as (select distinct on (alert_id) * from alerts order by alert_id, change_id desc)
select n.* exclude (change_id), rc.done_at as raised_at, ec.done_at as ended_at, w.step, w.until, w.note,
       case when w.step = 'resolved' then w.who end as resolved_by, g.person
from newest n
join raised r using (alert_id) join changes rc on rc.change_id = r.change_id
left join alert_ends e using (alert_id) left join changes ec on ec.change_id = e.change_id
left join word w using (alert_id) left join given g using (alert_id);

create or replace view noticed_changes as    -- what the program wrote down by itself: nobody did it, nobody takes it back
select change_id from alerts union select change_id from alert_ends
union select change_id from messages union select change_id from message_tries;

create or replace macro cell_said(content, mapping, field) as   -- what a line of a file says of one of our fields, in capitals
upper(trim(json_extract_string(content,
    '/' || replace(replace(json_extract_string(mapping, '$.' || field), '~', '~0'), '/', '~1'))));

create or replace view mended_lines as       -- lines refused or lacking a cell that came again since, mended or not: they stand no more
with open as (
    select l.*, f.name as file, f.mapping from import_lines l join import_files f using (change_id, file_id)
    where l.outcome in ('refused', 'used')
),
back as (                                    -- in a workbook of such lines
    select *, row_number() over (partition by change_id, name, source_row order by file_id) as nth
    from (select b.change_id, b.file_id, b.name, b.source_row, max(o.change_id) as first_in
          from lines_back b join open o on o.file = b.name and o.source_row = b.source_row and o.file_id < b.file_id
          where b.change_id in (select change_id from visible_changes) group by all)
),
places as (                                  -- sheets of one file may have the same row
    select distinct change_id, file, file_id, source_row,
           dense_rank() over (partition by change_id, file, source_row order by file_id) as nth
    from open
),
told as (                                    -- in another file that has the whole document
    select change_id, file_id, source_row, cell_said(content, mapping, 'ref') as ref, cell_said(content, mapping, 'sku') as sku,
           cell_said(content, mapping, 'name') as name
    from open where outcome = 'refused'
),
came as (
    select upper(m.ref) as ref, upper(i.sku) as sku, upper(i.name) as name, max(m.change_id) as change_id
    from visible_movements m join items i using (item_id)
    where m.file_id is not null and upper(m.ref) in (select ref from told) group by all
)
select p.change_id, p.file_id, p.source_row
from places p join back b on b.first_in = p.change_id and b.name = p.file and b.source_row = p.source_row and b.nth = p.nth
union
select change_id, file_id, source_row from open where change_id in (select change_id from visible_changes)
qualify max(file_id) over (partition by outcome, content) > file_id
union
select t.change_id, t.file_id, t.source_row
from told t join came c on c.ref = t.ref and (c.sku = t.sku or c.name = t.name) and c.change_id > t.change_id;

create or replace view standing_lines as     -- lines of imports that still wait to be mended: refused, or used without one of their cells
select l.*, f.name as file, f.mapping
from import_lines l join import_files f using (change_id, file_id) anti join mended_lines m using (change_id, file_id, source_row)
where l.outcome in ('refused', 'used') and l.change_id in (select change_id from visible_changes);
