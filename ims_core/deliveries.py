"""What came of the orders that files tell of, each delivery once however many files repeat it. Tables of `purchasing`'s pad."""

from ims_core import scratch

KNOWN = {
    "known_receipts": """
        select m.order_id, coalesce(g.counts_as, m.item_id) as item_id, m.place, m.day, m.qty, m.unit_cost
        from visible_movements m left join merged g using (item_id)
        where m.order_id is not null and m.kind in ('receipt', 'return_out')""",
}


def compare(pad: scratch.Pad) -> None:
    """Mark the lines of `told` whose delivery is known (`seen`): same order, item, day and pieces, each as often as it is known.

    Without a number, the same order is the same supplier, day and cost.
    """
    if not pad.rows("from came limit 1"):
        return
    pad.run("""
        create or replace table held as
            select 'order ' || order_id as papers, item_id as item, day, qty, place from came
            union all
            select papers(o.ordered, o.supplier_id, c.unit_cost), c.item_id, c.day, c.qty, c.place
            from came c join newest o using (order_id) where o.invented;
        create or replace table told as
        select t.* replace (coalesce(h.often, 0) >= row_number() over (
                   partition by t.papers, t.item, t.came_on, t.came
                   order by (t.papers, t.item, t.came_on, t.came, t.at_place) in (
                                select (papers, item, day, qty, place) from held) desc, t.line) as seen)
        from told t left join (select papers, item, day, qty, count(*) as often from held group by all) h
          on h.papers = t.papers and h.item = t.item and h.day = t.came_on and h.qty = t.came
    """)


def receive(pad: scratch.Pad, turn: int) -> None:
    """A movement for what came or went back and is new; `landed` holds those lines, `news` how many pieces are new."""
    if not pad.rows("from told where came <> 0 and not seen limit 1"):
        return
    pad.run("create or replace table landed as select *, came as news from told where came <> 0 and not seen")
    if pad.rows("select 1 from landed l join came c on c.order_id = l.order_id and c.item_id = l.item where c.qty > 0 limit 1"):
        _miss(pad)
        _take_off(pad)
        _land(pad)
    pad.run(f"""
        insert into moved by name
        select came_at as happened_at, came_on as day, case when news < 0 then 'return_out' else 'receipt' end as kind, item_id,
               at_place as place, news as qty, unit_cost, b.number as ref, file_id, row as source_row
        from landed l join (select order_id, any_value(number) as number from book group by order_id) b using (order_id) order by line;
        insert into came select order_id, item, at_place, came_on, news, unit_cost, {turn} from landed
    """)


def _miss(pad: scratch.Pad) -> None:
    """Table `missing`: deliveries of these orders that are known and that the file does not have."""
    pad.run("""
        create or replace table missing as
        select h.item, h.order_id, h.day, h.qty * (h.often - coalesce(t.often, 0)) as qty
        from (select order_id, item_id as item, day, qty, count(*) as often from came where qty > 0 group by all) h
        left join (select order_id, item, came_on as day, came as qty, count(*) as often from told where seen group by all) t
          using (order_id, item, day, qty)
        where h.often > coalesce(t.often, 0)
    """)


def _take_off(pad: scratch.Pad) -> None:
    """Table `arrived`: how many pieces of an item of an order are new, once known deliveries that the file tells otherwise are taken off.

    Where some are missing from the file, a quantity received that is as large or larger, and later, is the whole of what came so far;
    one that is smaller and later is a further delivery. Fewer than known takes nothing back.
    """
    pad.run("""
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
        ),
        before as (select order_id, item_id as item, sum(qty) as before from came where qty > 0 group by all),
        said as (select order_id, item, sum(asked) as said from told group by all),
        known as (select order_id, item_id as item, sum(qty) as known from asks group by all)
        select order_id, item,
               case when gone is null or loose then fresh
                    when state and fresh >= gone and last_day >= gone_day then fresh - gone
                    when state and fresh <= gone and last_day <= gone_day then 0
                    when state then case when fresh + before <= greatest(said, known) then fresh else 0 end
                    when fresh = spanned then 0
                    else greatest(fresh - restated, 0) end as qty
        from gaps left join before using (order_id, item) left join said using (order_id, item) left join known using (order_id, item)
    """)


def _land(pad: scratch.Pad) -> None:
    """`landed` anew: of what `arrived`, the latest deliveries; what went back is not cut."""
    pad.run("""
        create or replace table landed as
        with running as (
            select l.*, a.qty - coalesce(sum(l.came) over (partition by l.order_id, l.item order by l.came_on desc, l.line desc
                                                           rows between unbounded preceding and 1 preceding), 0) as still
            from landed l join arrived a using (order_id, item) where l.came > 0
        )
        select * exclude (still) replace (least(came, still) as news) from running where still > 0
        union all by name select * from landed where came < 0
    """)
