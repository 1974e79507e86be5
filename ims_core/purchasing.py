"""What files say about purchases: orders, what of them came, and what is still to come.

An order is known by its supplier and number; lines without a number by all that they say. Files are taken one after the other,
the one that knows most days last, each against what the shop and the files before it tell: only what is new is booked.
"""

from ims_core import matching, scratch, values

SHORT_WAITS = 28
"""Days after which a rest that its delivery lacked is not waited for any more, where no status says how the order stands."""

DONE = (
    r"^(closed?|complete|done|finished|fulfilled|(fully )?(received|delivered)|arrived"
    r"|abgeschl|erledigt|geliefert|livr|re[cç]|entreg|ricev|chius)"
)
"""How a status begins that says: nothing more will come."""
PART = r"part|teil"
"""What it says then is not all of it."""
CANCELLED = r"^(cancel|storn|void|annul|anul|reject|declin)"
DRAFT = r"^(draft|quot|rfq|planned|entwurf|brouillon|borrador|bozza|rascunho)"

VISIBLE = "change_id in (select change_id from visible_changes)"

KNOWN = {
    "known_orders": f"""
        select distinct on (order_id) order_id, number, supplier_id, ordered, expected, invented
        from orders where {VISIBLE} order by order_id, change_id desc""",
    "known_order_lines": f"""
        select l.order_id, l.line, coalesce(g.counts_as, l.item_id) as item_id, l.qty, l.given_up, l.unit_cost, l.day
        from order_lines l left join merged g using (item_id) where {VISIBLE}""",
    "known_receipts": """
        select m.order_id, coalesce(g.counts_as, m.item_id) as item_id, m.place, m.day, m.qty, m.unit_cost
        from visible_movements m left join merged g using (item_id)
        where m.order_id is not null and m.kind in ('receipt', 'return_out')""",
    "known_steps": f"""
        select order_id, arg_max(step, (day, change_id)) as step, max(day) as day from order_steps where {VISIBLE} group by order_id""",
}


def order(pad: scratch.Pad, last: int) -> None:
    """Tables `bought` and, with `turn` 0 for what the shop knows, `book`, `asks`, `came` and `steps`; receipts go into `moved`."""
    _lay_out(pad)
    for turn in range(1, pad.row("select coalesce(max(turn), 0) as turns from bought")["turns"] + 1):
        _name(pad, turn)
        _number(pad, turn, last)
        _receive(pad, turn)
        _ask(pad, turn)
        _give_up(pad, turn)
        _step(pad, turn)


def _lay_out(pad: scratch.Pad) -> None:
    """`came`: pieces received, negative where they went back; `known_to`: the last day that the file knows of."""
    status = "lower(trim(b.status))"
    pad.run(f"""
        create macro papers(day, supplier_id, cost) as 'day ' || day || ' ' || coalesce(supplier_id, 0) || ' ' || coalesce(cost, -1);
        create table bought as
        with said as (
            select b.*, s.supplier_id, coalesce(g.counts_as, b.item_id) as item, {matching.spot("b")} as at_place,
                   {values.key("b.ref")} as key, coalesce(b.ordered, b.received)::date as ordered_on,
                   coalesce(b.cost, abs(b.total / nullif(b.qty, 0)))::decimal(18, 4) as unit_cost,
                   coalesce(regexp_matches({status}, '{DONE}') and not regexp_matches({status}, '{PART}'), false) as done,
                   coalesce(regexp_matches({status}, '{CANCELLED}'), false) as called_off,
                   coalesce(regexp_matches({status}, '{DRAFT}'), false) as draft,
                   bool_or(b.received is not null or b.received_qty is not null) over (partition by f.grp) as tells_receipts,
                   bool_or(b.received_qty is not null) over (partition by f.grp) as tells_state,
                   (max(greatest(b.ordered, b.received)) over (partition by b.file_id))::date as known_to,
                   (min(b.received) over (partition by b.file_id))::date as first_receipt,
                   coalesce(b.received, b.ordered, b.expected) as came_at
            from purchases_known b join files f using (file_id)
            left join sellers s on s.key = {values.key("b.supplier")} left join spots p on p.key = lower(b.place)
            left join known_merges g on g.item_id = b.item_id
        )
        select *, came_at::date as came_on,
               case when received is not null then coalesce(received_qty, qty)
                    when done and not tells_receipts then qty else coalesce(received_qty, 0) end as came,
               dense_rank() over (partition by supplier_id, key, case when key is null then ordered_on end
                                  order by known_to, file_id) as turn
        from said;
        create table book as
            select order_id, {values.key("number")} as key, number, supplier_id, ordered, expected, invented, 0 as turn from known_orders;
        create table asks as select *, 0 as turn from known_order_lines;
        create table came as select *, 0 as turn from known_receipts;
        create table steps as select *, 0 as turn from known_steps;
        create table order_of (file_id bigint, source_row bigint, order_id bigint);
    """)


def _name(pad: scratch.Pad, turn: int) -> None:
    """Table `named`: this turn's lines with the order they are of, where it is known, and whether their delivery is (`seen`).

    A line without a number is known where one like it is: same supplier, item, days, quantity and cost, each as often as it was told.
    """
    pad.run(f"""
        create or replace table newest as select distinct on (order_id) * from book order by order_id, turn desc;
        create or replace table held as
            select 'order ' || order_id as papers, item_id as item, day, qty, place from came
            union all
            select papers(o.ordered, o.supplier_id, c.unit_cost), c.item_id, c.day, c.qty, c.place
            from came c join newest o using (order_id) where o.invented;
        create or replace table named as
        with lined as (
            select papers(o.ordered, o.supplier_id, l.unit_cost) as papers, l.item_id as item, l.qty, l.order_id,
                   row_number() over (partition by papers, l.item_id, l.qty order by l.order_id, l.line) as nth
            from asks l join newest o using (order_id) where o.invented and l.qty > 0
        ),
        told as (
            select b.*, o.order_id as numbered,
                   case when b.key is null then papers(b.ordered_on, b.supplier_id, b.unit_cost) else 'order ' || o.order_id end as papers
            from bought b left join (select key, supplier_id, min(order_id) as order_id from newest group by all) o
              on o.key = b.key and o.supplier_id is not distinct from b.supplier_id
            where b.turn = {turn}
        ),
        met as (
            select t.*, coalesce(h.often, 0) >= row_number() over (
                       partition by t.papers, t.item, t.came_on, t.came
                       order by (t.papers, t.item, t.came_on, t.came, t.at_place) in (
                                    select (papers, item, day, qty, place) from held) desc, t.line) as seen
            from told t left join (select papers, item, day, qty, count(*) as often from held group by all) h
              on h.papers = t.papers and h.item = t.item and h.day = t.came_on and h.qty = t.came
        ),
        ranked as (select *, row_number() over (partition by papers, item, qty order by seen desc, line) as nth from met)
        select r.* exclude (numbered, nth), coalesce(r.numbered, l.order_id) as known_id
        from ranked r left join lined l on r.key is null and l.papers = r.papers and l.item = r.item and l.qty = r.qty and l.nth = r.nth
    """)


def _number(pad: scratch.Pad, turn: int, last: int) -> None:
    """Table `told`: the lines with their `order_id` and what each asks for; orders that are new, or expected on another day, into `book`.

    Lines that repeat the quantity ordered for each delivery ask for it once; what went back, and what is known, asks for nothing.
    """
    pad.run(f"""
        create or replace table told as
        with papered as (
            select *, min(line) over (partition by known_id, supplier_id, key, case when key is null then ordered_on end) as first_line,
                   coalesce(came > 0 and came < qty and received_qty is not null, false) as part
            from named
        ),
        numbered as (
            select *, coalesce(known_id, greatest({last}, (select coalesce(max(order_id), 0) from book))
                                         + dense_rank() over (partition by known_id is null order by first_line)) as order_id
            from papered
        )
        select *, case when qty <= 0 and came <> 0 or key is null and known_id is not null then 0
                       when part and sum(came) over parts <= qty and row_number() over (parts order by line) > 1 then 0
                       else qty end as asked
        from numbered
        window parts as (partition by order_id, item, qty, ordered_on, unit_cost, at_place, part);
        insert into order_of select file_id, row, order_id from told;
        insert into book
        with fresh as (
            select order_id, any_value(ref) as ref, any_value(supplier_id) as supplier_id, any_value(supplier) as supplier,
                   min(ordered_on) as ordered, max(expected)::date as expected, bool_or(key is null) as invented
            from told where known_id is null group by order_id
        ),
        called as (
            select *, coalesce(ref, strftime(ordered, 'PO %Y-%m-%d') || coalesce(' ' || supplier, '')) as title,
                   (select count(*) from newest n where fresh.invented and starts_with(n.key, {values.key("title")})) as taken
            from fresh
        )
        select order_id, {values.key("number")}, number, supplier_id, ordered, expected, invented, {turn}
        from (select *, title || case when taken > 0 then ' (' || taken + 1 || ')' else '' end as number from called)
        union all
        select n.order_id, n.key, n.number, n.supplier_id, n.ordered, max(t.expected)::date, n.invented, {turn}
        from newest n join told t on t.known_id = n.order_id group by all
        having max(t.expected)::date <> coalesce(n.expected, date '1970-01-01')
    """)


def _receive(pad: scratch.Pad, turn: int) -> None:
    """A receipt for what came and is new, latest delivery first; `arrived` says how much that is of each item of an order.

    Where deliveries that the shop knows are missing from the file, a quantity received that is as large or larger, and later, is the
    whole of what came so far; one that is smaller and later is a further delivery. Fewer than known takes nothing back.
    """
    pad.run(f"""
        create or replace table missing as
        select h.item, h.order_id, h.day, h.qty * (h.often - coalesce(t.often, 0)) as qty
        from (select order_id, item_id as item, day, qty, count(*) as often from came where qty > 0 group by all) h
        left join (select order_id, item, came_on as day, came as qty, count(*) as often from told where seen group by all) t
          using (order_id, item, day, qty)
        where h.often > coalesce(t.often, 0);
        create or replace table arrived as
        with news as (
            select order_id, item, sum(came) as fresh, min(came_on) as first_day, max(came_on) as last_day, any_value(tells_state) as state,
                   any_value(first_receipt) as first_receipt, any_value(known_to) as known_to, any_value(key) is null as loose
            from told where came > 0 and not seen group by all
        ),
        gaps as (
            select n.*, sum(m.qty) as gone, max(m.day) as gone_day,
                   coalesce(sum(m.qty) filter (m.day between first_day and last_day), 0) as restated,
                   sum(m.qty) filter (m.day between first_receipt and known_to) as spanned
            from news n left join missing m using (order_id, item) group by all
        )
        select order_id, item,
               case when gone is null or loose then fresh
                    when state and fresh >= gone and last_day >= gone_day then fresh - gone
                    when state and fresh <= gone and last_day <= gone_day then 0
                    when state then case when fresh + before <= asked then fresh else 0 end
                    when fresh = spanned then 0
                    else greatest(fresh - restated, 0) end as qty
        from gaps
        left join (select order_id, item_id as item, sum(qty) as before from came where qty > 0 group by all) using (order_id, item)
        left join (select order_id, item, greatest(sum(asked), any_value(known)) as asked from told
                   left join (select order_id, item_id as item, sum(qty) as known from asks group by all) using (order_id, item)
                   group by all)
          using (order_id, item);
        create or replace table landed as
        with running as (
            select t.*, a.qty - coalesce(sum(t.came) over (partition by t.order_id, t.item order by t.came_on desc, t.line desc
                                                           rows between unbounded preceding and 1 preceding), 0) as still
            from told t join arrived a using (order_id, item) where t.came > 0 and not t.seen
        )
        select *, least(came, still) as news from running where still > 0
        union all by name select *, came as news from told where came < 0 and not seen;
        insert into moved by name
        select came_at as happened_at, came_on as day, case when news < 0 then 'return_out' else 'receipt' end as kind, item_id,
               at_place as place, news as qty, unit_cost, b.number as ref, file_id, row as source_row
        from landed l join (select order_id, any_value(number) as number from book group by order_id) b using (order_id) order by line;
        insert into came select order_id, item, at_place, came_on, news, unit_cost, {turn} from landed
    """)


def _ask(pad: scratch.Pad, turn: int) -> None:
    """What was ordered: the lines of an item new to its order, else one further line with the difference to what is known.

    A file without deliveries tells all that was ordered; one with them may leave out what has come, and its open lines are the rest.
    """
    pad.run(f"""
        create or replace table known as
            select order_id, item_id as item, sum(qty) as qty, sum(given_up) as given_up,
                   coalesce(bool_or(day is not null), false) as changed
            from asks group by all;
        insert into asks
        with rest as (
            select order_id, item, sum(asked) as said, coalesce(sum(asked) filter (came = 0), 0) as open, bool_or(came > 0) as came,
                   any_value(tells_receipts) as tells_receipts, any_value(tells_state) as state, max(known_to) as known_to
            from told where key is not null and asked <> 0 group by all
        ),
        got as (
            select r.order_id, r.item, sum(c.qty) as qty from rest r join came c on c.order_id = r.order_id and c.item_id = r.item
            where c.qty > 0 and c.day <= r.known_to group by all
        ),
        repeated as (
            select order_id, item, bool_and(nth <= coalesce(often, 0)) as same from (
                select order_id, item, asked as qty, row_number() over (partition by order_id, item, asked order by line) as nth
                from told where key is not null and asked <> 0)
            left join (select order_id, item_id as item, qty, count(*) as often from asks group by all) using (order_id, item, qty)
            group by all
        ),
        judged as (
            select r.*, k.qty as known, r.open + coalesce(c.qty, 0) as whole,
                   p.same and not k.changed or r.said = k.qty or r.open > 0 and r.open + coalesce(c.qty, 0) = k.qty as unchanged
            from rest r join known k using (order_id, item) join repeated p using (order_id, item) left join got c using (order_id, item)
        ),
        differing as (
            select *, case when unchanged then 0 when not tells_receipts or state and came then said - known
                           when open = 0 then greatest(whole - known, 0) else whole - known end as more
            from judged
        )
        select order_id, (select max(line) from asks a where a.order_id = d.order_id)
                         + row_number() over (partition by order_id order by item), item, more, 0, null, known_to, {turn}
        from differing d where more <> 0;
        insert into asks
        select t.order_id, coalesce(l.line, 0) + row_number() over (partition by t.order_id order by t.line),
               t.item, t.asked, 0, t.unit_cost,
               case when t.known_id is not null and t.ordered_on > b.ordered then t.ordered_on end, {turn}
        from told t left join known k using (order_id, item)
        left join (select order_id, max(line) as line from asks group by all) l using (order_id)
        left join newest b using (order_id)
        where t.asked <> 0 and k.order_id is null
    """)


def _give_up(pad: scratch.Pad, turn: int) -> None:
    """The rest of an item that will not come: its lines are closed or cancelled, or it came short and its file knows SHORT_WAITS days more.

    What comes after all, or is open again, is not given up any more.
    """
    pad.run(f"""
        insert into asks
        with said as (
            select order_id, item, bool_and(done or called_off) as ended, bool_and(status is null) as silent, max(known_to) as known_to,
                   max(came_on) filter (came > 0) as came_on, bool_or(came = 0 and asked > 0) as open
            from told group by all
        ),
        sums as (select order_id, item_id as item, sum(qty) as qty, sum(given_up) as given_up from asks group by all),
        got as (select order_id, item_id as item, sum(qty) as qty from came where qty > 0 group by all),
        rests as (
            select s.*, a.given_up, greatest(a.qty - coalesce(g.qty, 0), 0) as rest,
                   coalesce(n.news, false) as news,
                   ended or silent and not open and came_on is not null and known_to - came_on > {SHORT_WAITS} as ends
            from said s join sums a using (order_id, item) left join got g using (order_id, item)
            left join (select distinct order_id, item_id as item, true as news from came where turn = {turn} and qty > 0) n
              using (order_id, item)
        ),
        aims as (select *, case when ends then rest
                                when silent and not news then least(given_up, rest) else 0 end as aim from rests)
        select order_id, (select max(line) from asks a where a.order_id = m.order_id)
                         + row_number() over (partition by order_id order by item),
               item, 0, aim - given_up, null, coalesce(came_on, known_to), {turn}
        from aims m where aim <> given_up
    """)


def _step(pad: scratch.Pad, turn: int) -> None:
    """How each order of this turn stands now, where that is another way than before."""
    pad.run(f"""
        insert into steps
        with sums as (select order_id, item_id, sum(qty - given_up) as qty from asks group by all),
        got as (select order_id, item_id, sum(qty) as qty from came where qty > 0 group by all),
        stands as (
            select order_id, coalesce(bool_or(s.qty > coalesce(g.qty, 0)), false) as open, coalesce(sum(g.qty), 0) > 0 as begun
            from sums s full join got g using (order_id, item_id) group by order_id
        ),
        said as (
            select order_id, bool_and(draft) as draft, bool_and(called_off) as called_off, max(known_to) as known_to,
                   min(ordered_on) as ordered, max(came_on) filter (came > 0) as came_on, max(ordered_on) as last_ordered
            from told group by order_id
        ),
        now as (
            select order_id, case when coalesce(open, false) and not begun then if(draft, 'draft', 'sent') when open then 'received in part'
                                  when called_off and not coalesce(begun, false) then 'cancelled' else 'closed' end as step,
                   case step when 'cancelled' then known_to when 'closed' then coalesce(came_on, known_to)
                             when 'received in part' then coalesce(came_on, last_ordered) else ordered end as day
            from said left join stands using (order_id)
        ),
        before as (select distinct on (order_id) order_id, step, day from steps order by order_id, turn desc)
        select n.order_id, n.step, greatest(n.day, b.day), {turn} from now n left join before b using (order_id)
        where n.step is distinct from b.step
    """)


FACTS = {
    "orders": """
        select distinct on (order_id) order_id, number, supplier_id, ordered, expected, invented
        from book where turn > 0 order by order_id, turn desc""",
    "order_lines": """
        select order_id, line::integer as line, item_id, qty, given_up, unit_cost, day from asks where turn > 0 order by order_id, line""",
    "order_steps": "select distinct on (order_id) order_id, step, day from steps where turn > 0 order by order_id, turn desc",
}
