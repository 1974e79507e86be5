"""What of the books cannot be right or is missing: one question a flaw that cannot be seen in the catalogue alone, over the whole shop.

Every question gives a row for each item (or file, or day) it is about: item_id (empty where it is about no item), lines, and money where
the flaw itself says what is in doubt.
"""

from datetime import date, timedelta

import pandas as pd

from ims_core import alerts, closing, codes, drift, headlines, items, labels, limits, policy
from ims_core.db import Database

WINDOW = 90
"""Days back that sales and movements are looked at."""
USUAL = 0.8
"""Part of a weekday's dates with sales from which on the shop is open on that weekday."""
OPEN = 8
"""Dates of a weekday that must be known before one without a sale stands out."""
APART = 3.0
"""Times by which two costs of a piece differ where one of them is most likely that of a pack."""
RHYTHM = {"sales": 7, "purchases": 31}
"""Days between two files of a kind where the shop's own rhythm is not known yet."""

COLUMNS = ["item_id", "lines", "money", "name"]


def alike(db: Database) -> pd.DataFrame:
    """Items that may be one with another, each pair told by the one that sold less."""
    found = items.alike(db)
    return pd.DataFrame({"item_id": found["other_id"].unique() if len(found) else [], "lines": 1})


def barcodes(db: Database) -> pd.DataFrame:
    """Barcodes of which a digit is wrong or lost, in a shop that keeps numbers of which most are right."""
    return db.frame(
        f"""
        with numbers as (
            select counts_as as item_id, {codes.is_gtin("code")} as fits
            from barcodes join merged using (item_id) where active and regexp_matches(code, '^\\d{{8,14}}$')
        )
        select item_id, count(*) as lines from numbers
        where not fits and (select avg(fits::integer) from numbers) >= 0.5 group by all
        """
    )


def claimed(db: Database) -> pd.DataFrame:
    """Items with a barcode that another one has too, written otherwise: the same code twice is refused when it comes."""
    return db.frame(
        f"""
        with each as (select distinct counts_as as item_id, {codes.in_sql("code")} as code
                      from barcodes join merged using (item_id) where active)
        select item_id, count(*) as lines from each
        where code in (select code from each group by code having count(*) > 1) group by all
        """
    )


def in_parts(db: Database, until: date) -> pd.DataFrame:
    """Items counted in pieces of which parts of one moved within a year: they are weighed or measured."""
    return db.frame(
        """
        select g.counts_as as item_id, count(*) as lines
        from visible_movements m join merged g using (item_id) join items i on i.item_id = g.counts_as
        where i.unit = 'piece' and m.qty % 1 <> 0 and m.day > $until::date - 365 group by all
        """,
        {"until": until},
    )


def costs_apart(db: Database, until: date) -> pd.DataFrame:
    """Items of which two costs of a piece differ so much that one is that of a pack: their own, the supplier's, the mean of receipts."""
    return db.frame(
        """
        with paid as (
            select g.counts_as as item_id, median(m.unit_cost)::double as cost from visible_movements m join merged g using (item_id)
            where m.kind = 'receipt' and m.unit_cost > 0 and m.day > $until::date - 365 group by all
        ),
        each as (
            select item_id, cost::double as cost from items where same_as is null and cost > 0
            union all select item_id, cost::double from supplied where active and cost > 0
            union all from paid
        )
        select item_id, count(*) as lines from each group by item_id having max(cost) >= $apart * min(cost)
        """,
        {"until": until, "apart": APART},
    )


def sold_below(db: Database, until: date) -> pd.DataFrame:
    """Sales that bring less than a piece costs, sales tax taken off. money: what they brought."""
    return db.frame(
        f"""
        select g.counts_as as item_id, count(*) as lines, sum(-m.qty * m.unit_price)::double as money
        from {SOLD} join costs c on c.item_id = g.counts_as
        where {LATELY} and m.unit_price > 0 and m.unit_price < c.cost * (1 + $tax) group by all
        """,
        {"until": until, "window": WINDOW, "tax": policy.shop(db).sales_tax},
    )


def sold_for_nothing(db: Database, until: date) -> pd.DataFrame:
    """Sales at price 0 of items that have a price or a cost. money: at the price, else at cost."""
    return db.frame(
        f"""
        select g.counts_as as item_id, count(*) as lines, sum(-m.qty * coalesce(i.price, c.cost))::double as money
        from {SOLD} join items i on i.item_id = g.counts_as left join costs c on c.item_id = g.counts_as
        where {LATELY} and m.unit_price = 0 and coalesce(i.price, c.cost) > 0 group by all
        """,
        {"until": until, "window": WINDOW},
    )


SOLD = "visible_movements m join merged g using (item_id)"
LATELY = "m.kind = 'sale' and m.day > $until::date - $window and m.day <= $until::date"


def far_too_large(db: Database, until: date) -> pd.DataFrame:
    """Movements many times as large as is usual of their item and kind, as the alerts look for them. money: at cost."""
    found = drift.unusual(db, until, limits.now(db)["unusual"].numbers["times"], WINDOW)
    return found.groupby("item_id", as_index=False).agg(lines=("qty", "size"), money=("money", "sum"))


def gaps(db: Database, until: date) -> pd.DataFrame:
    """Days without a sale on which the shop usually sells: name (the day), money (what such a weekday brings on average)."""
    found = days(db, until)
    missing = found[found["usual"] & ~found["told"]]
    return missing.assign(lines=1, name=[labels.day_text(day.date(), until) for day in missing["day"]])


def days(db: Database, until: date) -> pd.DataFrame:
    """The last 90 days: day told (something was sold) usual (a weekday on which it sells, not closed) and money: what such a one brings."""
    found = headlines.sales(db, until - timedelta(days=364), until)
    sold = found["revenue"].astype(float).set_axis(pd.DatetimeIndex(found["day"]))
    every = pd.DataFrame({"day": pd.date_range(sold.index.min() if len(sold) else until, until)})
    weekday = every["day"].dt.dayofweek
    every = every.assign(told=every["day"].isin(sold.index), money=weekday.map(sold.groupby(pd.DatetimeIndex(sold.index).dayofweek).mean()))
    shut = every["day"].isin(closing.days(db)["day"])
    known = every["told"].astype(float).mask(shut).groupby(weekday)
    usual = (known.transform("mean") >= USUAL) & (known.transform("count") >= OPEN) & ~shut
    return every.assign(usual=usual)[every["day"] > pd.Timestamp(until) - timedelta(days=WINDOW)]


def refused(db: Database) -> pd.DataFrame:
    """Lines of files that could not be used and did not come in mended since: name (the file), money (at the mean of the file's lines)."""
    return db.frame(
        """
        with open as (select * from standing_lines where outcome = 'refused'),
        mean as (
            select change_id, file_id, avg(abs(qty * coalesce(unit_price, unit_cost)))::double as money from visible_movements
            where file_id in (select file_id from open) and kind <> 'count' group by all
        )
        select o.file as name, count(*) as lines, sum(n.money) as money
        from open o left join mean n using (change_id, file_id) group by o.file order by money desc nulls last
        """
    )


def emptied(db: Database) -> pd.DataFrame:
    """Lines that were used though one of their cells could not be read, and did not come back since: name (the file)."""
    return db.frame("select file as name, count(*) as lines from standing_lines where outcome = 'used' group by all order by lines desc")


def late(db: Database, day: date) -> pd.DataFrame:
    """Kinds of file that should have come again: kind newest (the last day they tell of) days rhythm, and money.

    rhythm: the middle of the days between two imports of the kind. Late is what waits for more than twice as long. money: of sales what
    so many days bring, at most 90, of purchases what is still to come and may be there already.
    """
    told = newest(db, day)
    told = told[told["kind"].isin(list(RHYTHM)) & told["newest"].notna()]
    rhythm = told["rhythm"].fillna(told["kind"].map(RHYTHM)).clip(lower=told["kind"].map(RHYTHM) / 2)
    late = told.assign(rhythm=rhythm)[told["days"] > 2 * rhythm]
    return late.assign(money=[_waits(db, day, *row) for row in late[["kind", "newest", "days"]].itertuples(index=False)])


def _waits(db: Database, day: date, kind: str, newest: pd.Timestamp, days: float) -> float:
    if kind == "purchases":
        return float(db.scalar("select coalesce(sum(open * unit_cost), 0) from on_order_on(?::date)", [day]))
    until = newest.date()
    brought = headlines.sales(db, until - timedelta(days=alerts.WINDOW - 1), until)["revenue"].astype(float).sum()
    return float(brought) / alerts.WINDOW * min(days, WINDOW)


def newest(db: Database, day: date) -> pd.DataFrame:
    """Up to which day each kind of file tells: kind newest days (since, but for closed ones) rhythm (between two imports, empty before)."""
    return db.frame(
        """
        with told as (
            select 'sales' as kind, max(day) as newest from visible_movements where kind = 'sale' and day <= $day::date
            union all
            select 'purchases', greatest(max(day), (select max(ordered) from orders
                                                    where change_id in (select change_id from visible_changes) and ordered <= $day::date))
            from visible_movements where kind = 'receipt' and day <= $day::date
            union all
            select 'stock', max(day) from standing_counts where day <= $day::date
        ),
        came as (select distinct case f.kind when 'counts' then 'stock' else f.kind end as kind, shop_day(c.done_at, $zone) as day
                 from import_files f join visible_changes c using (change_id)),
        waits as (select kind, median(day - before) as rhythm
                  from (select kind, day, lag(day) over (partition by kind order by day) as before from came) group by kind)
        select t.kind, t.newest, $day::date - t.newest - (select count(*) from closed where day > t.newest and day <= $day::date) as days,
               w.rhythm::double as rhythm from told t left join waits w using (kind)
        """,
        {"day": day, "zone": policy.shop(db).timezone},
    )
