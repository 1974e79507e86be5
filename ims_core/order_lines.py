"""What of each item an order asks for: lines that add up, and the rest that will not come. Tables of `purchasing`'s pad."""

from ims_core import scratch

SHORT_WAITS = 28
"""Days after which a rest that its delivery lacked is not waited for any more, where no status says how the order stands."""


def ask(pad: scratch.Pad, turn: int) -> None:
    """The lines of an item new to its order; of a known one, a further line with the difference to what is known."""
    pad.run("""
        create or replace table known as
        select order_id, item_id as item, sum(qty) as qty, sum(given_up) as given_up, bool_or(day is not null) as changed,
               max(max(line)) over (partition by order_id) as last
        from asks semi join told using (order_id) group by order_id, item_id
    """)
    if pad.rows("from known semi join told using (order_id, item) limit 1"):
        _tell(pad)
        _differ(pad, turn)
    pad.run(f"""
        insert into asks
        select t.order_id, coalesce(l.line, 0) + row_number() over (partition by t.order_id order by t.line),
               t.item, t.asked, 0, t.unit_cost,
               case when t.known_id is not null and t.ordered_on > b.ordered then t.ordered_on end, {turn}
        from told t left join known k using (order_id, item)
        left join (select order_id, max(line) as line from asks group by all) l using (order_id)
        left join newest b using (order_id)
        where t.asked <> 0 and k.order_id is null
    """)


def _tell(pad: scratch.Pad) -> None:
    """Table `again`: of each known item, what the file says was ordered; `same` where its lines are among the known ones, one by one."""
    pad.run("""
        create or replace table again as
        with lines as (
            select *, row_number() over (partition by order_id, item, asked order by line) as nth
            from told semi join known using (order_id, item) where key is not null and asked <> 0
        ),
        held as (select order_id, item_id as item, qty as asked, count(*) as often from asks group by all)
        select order_id, item, sum(asked) as said, coalesce(sum(asked) filter (came = 0), 0) as open, bool_or(came > 0) as came,
               bool_and(nth <= coalesce(often, 0)) as same, any_value(tells_receipts) as tells_receipts,
               any_value(tells_state) as state, max(known_to) as known_to
        from lines left join held using (order_id, item, asked) group by all
    """)


def _differ(pad: scratch.Pad, turn: int) -> None:
    """A further line with the difference.

    A file without deliveries tells all that was ordered; one with them may leave out what has come, and its open lines are the rest.
    """
    pad.run(f"""
        insert into asks
        with got as (
            select r.order_id, r.item, sum(c.qty) as qty from again r join came c on c.order_id = r.order_id and c.item_id = r.item
            where c.qty > 0 and c.day <= r.known_to group by all
        ),
        judged as (
            select r.*, k.qty as known, k.last, r.open + coalesce(c.qty, 0) as whole,
                   r.same and not k.changed or r.said = k.qty or r.open > 0 and whole = k.qty as unchanged
            from again r join known k using (order_id, item) left join got c using (order_id, item)
        ),
        differing as (
            select *, case when unchanged then 0 when not tells_receipts or state and came then said - known
                           when open = 0 then greatest(whole - known, 0) else whole - known end as more
            from judged
        )
        select order_id, last + row_number() over (partition by order_id order by item), item, more, 0, null, known_to, {turn}
        from differing where more <> 0
    """)


def give_up(pad: scratch.Pad, turn: int) -> None:
    """The rest of an item that will not come: its lines are closed or cancelled, or it came short and its file knows SHORT_WAITS days more.

    What comes after all, or is open again, is not given up any more.
    """
    if not pad.rows("from told where done or called_off or came > 0 limit 1") and not pad.rows("from known where given_up <> 0 limit 1"):
        return
    pad.run(f"""
        insert into asks
        with said as (
            select order_id, item, bool_and(done or called_off) as ended, bool_and(status is null) as silent, max(known_to) as known_to,
                   max(came_on) filter (came > 0) as came_on, bool_or(came = 0 and asked > 0) as open
            from told group by all
        ),
        sums as (
            select order_id, item_id as item, sum(qty) as qty, sum(given_up) as given_up,
                   max(max(line)) over (partition by order_id) as last
            from asks group by order_id, item_id
        ),
        got as (select order_id, item_id as item, sum(qty) as qty, max(turn) = {turn} as news from came where qty > 0 group by all),
        rests as (
            select s.*, a.given_up, a.last, greatest(a.qty - coalesce(g.qty, 0), 0) as rest, coalesce(g.news, false) as news,
                   ended or silent and not open and came_on is not null and known_to - came_on > {SHORT_WAITS} as ends
            from said s join sums a using (order_id, item) left join got g using (order_id, item)
        ),
        aims as (select *, case when ends then rest
                                when silent and not news then least(given_up, rest) else 0 end as aim from rests)
        select order_id, last + row_number() over (partition by order_id order by item),
               item, 0, aim - given_up, null, coalesce(came_on, known_to), {turn}
        from aims where aim <> given_up
    """)
