"""What moves and what does not: every item beside its period before, what is lost and why, and when in the year it sells."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ims_core import chance, classes, kpis, positions
from ims_core.db import Database
from ims_core.kpis import Period

REASONS = {"count": "Counted away", "adjustment": "Adjusted away", "scrap": "Scrapped"}
"""How stock is lost: a kind of movement -> what it is called."""


def compared(db: Database, first: date, last: date, within: str = "shop", part: str | None = None) -> pd.DataFrame:
    """Every item that was sold or lay in stock, the most sales first.

    item_id name sku category revenue before change (money) share (of all sales, added up) sold stock_value turnover gross_margin
    idle_value (dead and slow) dead_value slow_value; before: the sales of as many days right before. `within` and `part`: only of a part
    of the shop, as in kpis.measured.
    """
    now = Period(first, last)
    found = kpis.measured(db, [now, now.before()], "item", within=within, part=part)
    found = found.assign(item_id=found["grp"].astype("int64"), revenue=found["revenue"].fillna(0.0))
    before = found[found["period"] == 1].set_index("item_id")["revenue"]
    here = found[found["period"] == 0]
    names = db.frame("select item_id, name, sku, coalesce(category, 'No category') as category from items")
    here = here.merge(names, on="item_id")
    here = here.assign(
        before=here["item_id"].map(before).fillna(0.0),
        dead_value=here["dead_value"].fillna(0.0),
        slow_value=here["slow_value"].fillna(0.0),
    )
    here = here.assign(change=here["revenue"] - here["before"], idle_value=here["dead_value"] + here["slow_value"])
    here = here.sort_values(["revenue", "item_id"], ascending=[False, True], ignore_index=True)
    everything = here["revenue"].clip(lower=0).sum()
    here["share"] = here["revenue"].clip(lower=0).cumsum() / everything if everything else 0.0
    return here[["item_id", "name", "sku", "category", "revenue", "before", "change", "share", "sold", "stock_value", "turnover",
                 "gross_margin", "idle_value", "dead_value", "slow_value"]]  # fmt: skip


def called(db: Database, first: date, last: date, place: str | None = None) -> pd.DataFrame:
    """Whose sales changed by more than chance: item_id called (1 up, -1 down, else 0); of one place, or the house.

    Of few sales nothing is said: it takes chance.LEAST weeks with sales.
    """
    positions.catch_up(db)
    length = max(((last - first).days + 1) // 7, 1)
    many = max(2 * length, kpis.LOOKED_BACK)
    table, here = ("positions", "$place::varchar is null") if place is None else ("place_positions", "place = $place")
    found = db.frame(
        f"""
        select item_id, ({many} - 1 - ($last::date - since) // 7)::integer as week, sum(revenue) as revenue
        from {table}
        where since > $last::date - 7 * {many} and since <= $last::date and {here} and (sold <> 0 or returned <> 0)
        group by all
        """,
        {"last": last, "place": place},
    )
    begun = db.frame("select item_id, min(since) as since from positions group by all").set_index("item_id")["since"]
    weeks = found.pivot(index="item_id", columns="week", values="revenue").reindex(columns=range(many)).fillna(0.0)
    starts = np.array([np.datetime64(last - timedelta(days=7 * (many - at) - 1)) for at in range(many)])
    lives = starts[None, :] >= begun.reindex(weeks.index).to_numpy("datetime64[D]")[:, None]
    values = np.where(lives, weeks.to_numpy(float), np.nan)
    selling = (values[:, -2 * length :] != 0).sum(axis=1) >= chance.LEAST
    return pd.DataFrame({"item_id": weeks.index, "called": np.where(selling, chance.beyond(values, length), 0)})


def classed(db: Database, first: date, last: date, within: str = "shop", part: str | None = None) -> pd.DataFrame:
    """`compared` with the class of each item in the whole shop: abc xyz kind (of its demand)."""
    return compared(db, first, last, within, part).merge(
        classes.of_items(db, last)[["item_id", "abc", "xyz", "kind", "adi", "cv2"]], on="item_id"
    )


def lost(db: Database, first: date, last: date, within: str = "shop", part: str | None = None) -> pd.DataFrame:
    """What was lost, an item and reason a row, the dearest first: item_id name sku category reason pieces value (at average cost)."""
    positions.catch_up(db)
    here = None if within == "shop" else kpis.items_of(db, first, last, within, part)
    found = db.frame(
        """
        with each as (  -- what merged items lost and gained at one moment of counting is one count
            select g.counts_as as item_id, m.place, m.day, m.kind, sum(m.qty) as qty
            from visible_movements m join merged g using (item_id)
            where m.kind in ('count', 'adjustment', 'scrap') and m.day between $first and $last
            group by g.counts_as, m.place, m.day, m.kind, m.happened_at, case when m.kind <> 'count' then (m.change_id, m.line) end
        )
        select i.item_id, i.name, i.sku, coalesce(i.category, 'No category') as category, m.kind as reason, -sum(m.qty)::double as pieces,
               -sum(m.qty * p.cost)::double as value
        from each m
        join items i using (item_id)
        left join positions p on p.item_id = m.item_id and p.since <= m.day and p.until > m.day
        where m.qty < 0 and ($place::varchar is null or m.place = $place)
            and ($items::varchar[] is null or list_contains($items::varchar[], m.item_id::varchar))
        group by i.item_id, i.name, i.sku, i.category, m.kind order by value desc nulls last, 1
        """,
        {"first": first, "last": last, "items": here, "place": part if within == "place" else None},
    )
    return found.assign(reason=found["reason"].map(REASONS))


def seasons(db: Database, last: date) -> pd.DataFrame:
    """Sales of a category in a month of the year against its mean month, over the full months of three years: category month index.

    Empty with less than one full year. A category has a row for each month that was full at least once.
    """
    positions.catch_up(db)
    return db.frame(
        """
        with monthly as (
            select coalesce(i.category, 'No category') as category, date_trunc('month', since) as month, sum(p.sold - p.returned) as pieces
            from positions p join items i using (item_id)
            where (p.sold <> 0 or p.returned <> 0) and since < date_trunc('month', $last::date + 1)
              and since >= date_trunc('month', $last::date + 1) - interval 36 month
            group by all
        ),
        span as (select unnest(generate_series(min(month) + case when (select count(distinct month) from monthly) > 12
                                                                 then interval 1 month else interval 0 month end,
                                               max(month), interval 1 month)) as month from monthly),
        every as (select category, s.month, coalesce(m.pieces, 0)::double as pieces
                  from span s cross join (select distinct category from monthly) left join monthly m using (category, month)),
        meant as (select category, avg(pieces) as mean, count(*) as months from every group by all)
        select category, month(e.month)::integer as month, avg(e.pieces) / mean as index
        from every e join meant using (category) where mean > 0 and months >= 12
        group by category, month(e.month), mean order by category, 2
        """,
        {"last": last},
    )
