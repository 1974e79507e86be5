"""What files say about purchases: orders, their lines, and how they stand; what came of them is in `deliveries`.

An order is known by its supplier and number; lines without a number by all that they say. Files are taken one after the other,
the one that knows most days last, each against what the shop and the files before it tell: only what is new is booked.
"""

import pyarrow as pa

from ims_core import deliveries, matching, order_lines, scratch, values

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
    "known_steps": f"""
        select order_id, arg_max(step, (day, change_id)) as step, max(day) as day from order_steps where {VISIBLE} group by order_id""",
} | deliveries.KNOWN


def order(pad: scratch.Pad, last: int) -> dict[str, pa.Table]:
    """The rows to append, by fact table; receipts go into `moved`. Leaves `bought` (all lines) and `order_of` (the order of a line)."""
    pad.run("create table order_of (file_id bigint, source_row bigint, order_id bigint)")
    if not pad.rows("from purchases_known limit 1"):
        pad.run("create table bought (line bigint, item_id bigint, supplier_id bigint, supplier_code varchar, unit_cost decimal(18, 4))")
        return {}
    _read(pad)
    _recall(pad)
    for turn in range(1, pad.row("select max(turn) as turns from bought")["turns"] + 1):
        _name(pad, turn)
        _number(pad, turn, last)
        deliveries.receive(pad, turn)
        order_lines.ask(pad, turn)
        order_lines.give_up(pad, turn)
        _step(pad, turn)
    return {table: pad.table(sql) for table, sql in FACTS.items()}


def _read(pad: scratch.Pad) -> None:
    """Table `bought`; files take turns only where they tell of one order.

    `came`: pieces received, negative where they went back; `known_to`: the last day that the file knows of.
    """
    status = "lower(trim(b.status))"
    pad.run(f"""
        create table bought_lines as
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
        left join known_merges g on g.item_id = b.item_id;
        create table bought as
        select *, came_at::date as came_on,
               case when received is not null then coalesce(received_qty, qty)
                    when done and not tells_receipts then qty else coalesce(received_qty, 0) end as came,
               dense_rank() over (partition by supplier_id, key, case when key is null then ordered_on end
                                  order by known_to, file_id) as turn
        from bought_lines
    """)


def _recall(pad: scratch.Pad) -> None:
    """Tables `book` (orders), and of those that the lines may be of `asks` (lines), `came` and `steps`; `turn` 0: the shop knows it."""
    pad.run(f"""
        create macro papers(day, supplier_id, cost) as 'day ' || day || ' ' || coalesce(supplier_id, 0) || ' ' || coalesce(cost, -1);
        create table book as
            select order_id, {values.key("number")} as key, number, supplier_id, ordered, expected, invented, 0 as turn from known_orders;
        create table wanted as
            select order_id from book
            where key in (select key from bought) or invented and ordered in (select ordered_on from bought where key is null);
        create table asks as select *, 0 as turn from known_order_lines semi join wanted using (order_id);
        create table came as select *, 0 as turn from known_receipts semi join wanted using (order_id);
        create table steps as select *, 0 as turn from known_steps semi join wanted using (order_id)
    """)


def _name(pad: scratch.Pad, turn: int) -> None:
    """Table `told`: this turn's lines with the order they are of, where it is known, and whether their delivery is (`seen`)."""
    pad.run(f"""
        create or replace table newest as select distinct on (order_id) * from book order by order_id, turn desc;
        create or replace table told as
        select b.*, o.order_id as known_id, false as seen,
               case when b.key is null then papers(b.ordered_on, b.supplier_id, b.unit_cost) else 'order ' || o.order_id end as papers
        from bought b left join (select key, supplier_id, min(order_id) as order_id from newest group by all) o
          on o.key = b.key and o.supplier_id is not distinct from b.supplier_id
        where b.turn = {turn}
    """)
    deliveries.compare(pad)
    if pad.rows("from told where key is null limit 1"):
        _name_loose(pad)


def _name_loose(pad: scratch.Pad) -> None:
    """A line without a number is known where one like it is: same supplier, item, day, quantity and cost, each as often as it was told."""
    pad.run("""
        create or replace table told as
        with lined as (
            select papers(o.ordered, o.supplier_id, l.unit_cost) as papers, l.item_id as item, l.qty, l.order_id,
                   row_number() over (partition by papers, l.item_id, l.qty order by l.order_id, l.line) as nth
            from asks l join newest o using (order_id) where o.invented and l.qty > 0
        ),
        ranked as (select *, row_number() over (partition by papers, item, qty order by seen desc, line) as nth from told)
        select r.* exclude (nth) replace (coalesce(r.known_id, l.order_id) as known_id)
        from ranked r left join lined l on r.key is null and l.papers = r.papers and l.item = r.item and l.qty = r.qty and l.nth = r.nth
    """)


def _number(pad: scratch.Pad, turn: int, last: int) -> None:
    """The lines of `told` with their `order_id` and what each asks for (`asked`).

    Lines that repeat the quantity ordered for each delivery ask for it once; what went back, and what is known, asks for nothing.
    """
    pad.run(f"""
        create or replace table told as
        with papered as (
            select *, min(line) over (partition by known_id, supplier_id, key, case when key is null then ordered_on end) as first_line,
                   coalesce(came > 0 and came < qty and received_qty is not null, false) as part
            from told
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
        insert into order_of select file_id, row, order_id from told
    """)
    if pad.rows("from told where known_id is null limit 1"):
        _open(pad, turn)
    if pad.rows("from told where known_id is not null and expected is not null limit 1"):
        _expect(pad, turn)


def _open(pad: scratch.Pad, turn: int) -> None:
    """New orders into `book`; those without a number are called by their day and supplier."""
    pad.run(f"""
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
    """)


def _expect(pad: scratch.Pad, turn: int) -> None:
    """Known orders that are expected on another day by now."""
    pad.run(f"""
        insert into book
        select n.order_id, n.key, n.number, n.supplier_id, n.ordered, max(t.expected)::date, n.invented, {turn}
        from newest n join told t on t.known_id = n.order_id group by all
        having max(t.expected)::date <> coalesce(n.expected, date '1970-01-01')
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
