"""The shop in a few figures, each with where it comes from."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite

import pandas as pd

from ims_core import alerts, forecasting, labels, policy
from ims_core.db import Database

WEEKS = 12
"""How far a small trend looks back."""


@dataclass(frozen=True)
class Headline:
    """The shop in a few figures; *before* is four weeks earlier, a trend is oldest first."""

    items: int
    in_stock: int
    in_stock_trend: list[int]
    sold_out: int
    sold_out_trend: list[int]
    places: int
    costed: int
    """Of `in_stock`, items whose cost is known: `value` is of these alone."""
    value: float
    value_estimated: float
    """Of `value`, of items that nobody counted and of which more left than came in."""
    value_before: float
    value_trend: list[float]
    sales: float
    sales_before: float
    sales_trend: list[float]
    """The last twelve weeks; money, or pieces where nothing has a price."""
    sales_in_money: bool
    todo: pd.DataFrame
    """alerts.attention"""


def today(db: Database, day: date) -> Headline:
    """What Today shows: stock at the end of `day`, sales up to the last day whose sales are known."""
    until = forecasting.known_until(db, day) or day
    found = alerts.stock(db, day)
    here = found[found["active"].astype(bool)]
    changed = moved(db, until - timedelta(days=7 * WEEKS), day)
    values = worth(changed, found.set_index("item_id")["cost"])
    before = values[values.index <= pd.Timestamp(until - timedelta(days=alerts.WINDOW))]
    levels = shelves(changed, until, WEEKS)
    weeks, in_money = _weeks(sales(db, until - timedelta(days=7 * WEEKS - 1), until), until)
    return Headline(
        items=len(here),
        in_stock=int((here["on_hand"] > 0).sum()),
        in_stock_trend=[int(found) for found in levels["in_stock"]],
        sold_out=int((here["status"] == "Sold out").sum()),
        sold_out_trend=[int(found) for found in levels["sold_out"]],
        places=int(db.scalar(STANDING, [day, day])),
        costed=int(((here["on_hand"] > 0) & here["cost"].notna()).sum()),
        value=float(found["value"].sum()),
        value_estimated=float(found["value"][found["estimated"] > 0].sum()),
        value_before=float(before.iloc[-1]) if len(before) else 0.0,
        value_trend=[float(value) for value in values],
        sales=sum(weeks[-4:]),
        sales_before=sum(weeks[-8:-4]),
        sales_trend=weeks,
        sales_in_money=in_money,
        todo=alerts.attention(db, day, found),
    )


STANDING = """
    select count(distinct place) from stock_on(?::date)
    where on_hand <> 0 and item_id in (select item_id from counted_by(?::date))
"""


def worth_said(value: float, costed: int, held: int, currency: str) -> str:
    """What stock is worth in words, and of how many of the items that are `held` a cost is known where it is not of all.

    >>> worth_said(12.5, 5, 77, "")
    "worth 12.50 at today's cost, known of 5 of 77 items"
    """
    if held and not costed:
        return "of unknown worth, as no cost is known"
    of = "" if costed >= held else f", known of {costed:,} of {labels.count(held, 'item')}"
    return f"worth {labels.money(value, currency)} at today's cost{of}"


def change(now: float, before: float) -> str | None:
    """`+12 %` or `-12 %` against the period before, `0 %` without a sign; None where there was nothing to compare with."""
    if not before or not isfinite(before) or not isfinite(now):  # no cost is known, so no value is
        return None
    percent = round((now - before) / abs(before) * 100)
    return f"{percent:+,d} %" if percent else "0 %"


def known_day(db: Database, today: date) -> date:
    """Today, or the last day whose sales are known where that is over two weeks ago; without sales, the last day with a movement.

    It is the day on which the forecast begins: a movement typed by hand changes the stock, never the day.
    """
    last = forecasting.known_until(db, today) or db.scalar("select max(day) from visible_movements where day <= ?", [today])
    return last if last and (today - last).days > 14 else today


def sales_known(db: Database, today: date) -> str:
    """What must be said where the sales of the last days are not there yet; a movement typed by hand does not change that."""
    until = forecasting.known_until(db, today)
    return f"Sales are known up to {labels.day_text(until, today)}." if until and (today - until).days > 1 else ""


def moved(db: Database, first: date, last: date) -> pd.DataFrame:
    """What each counted item's stock changed by, a row a day: item_id day qty; all that was before `first` stands on the day before it.

    Summed apart, as the days before need no day: one sum by item and day over everything takes four times as long.
    """
    return db.frame(
        """
        with each as (
            select item_id, $first::date - 1 as day, sum(qty) as qty from visible_movements where day < $first::date group by item_id
            union all
            select item_id, day, sum(qty) as qty from visible_movements where day between $first::date and $last::date group by all
            union all
            select item_id, greatest(day, $first::date - 1), qty from estimated_openings where day <= $last::date
        )
        select coalesce(g.counts_as, e.item_id) as item_id, e.day, sum(e.qty) as qty
        from each e left join merged g using (item_id)
        where coalesce(g.counts_as, e.item_id) in (select item_id from counted_by($last::date))  -- of others nobody knows what they hold
        group by all
        """,
        {"first": first, "last": last},
    )


def worth(moved: pd.DataFrame, costs: pd.Series) -> pd.Series:
    """What the stock was worth at the end of each day in `moved`, oldest first; costs: of a piece, by item_id."""
    each = moved["qty"] * moved["item_id"].map(costs).astype(float)
    value: pd.Series = each.groupby(moved["day"]).sum().cumsum()
    return value


def shelves(moved: pd.DataFrame, until: date, weeks: int) -> pd.DataFrame:
    """At the end of each of the last weeks, oldest first: week (weeks ago) in_stock sold_out (items above and at zero).

    The weeks end on `until`; what moved after it counts with the newest, what moved before them is what they begin with.
    """
    ago = ((pd.Timestamp(until) - moved["day"]).dt.days // 7).clip(0, weeks)
    net = moved.groupby([moved["item_id"], ago])["qty"].sum().unstack().reindex(columns=range(weeks, -1, -1))
    levels = net.cumsum(axis=1).ffill(axis=1).round(4)[list(range(weeks - 1, -1, -1))]  # an item not known yet is neither in nor out
    return pd.DataFrame({"week": levels.columns, "in_stock": (levels > 0).sum().to_numpy(), "sold_out": (levels == 0).sum().to_numpy()})


def sales(db: Database, first: date, last: date) -> pd.DataFrame:
    """What was sold each day less what came back, cancelled sales taken off their own: day pieces revenue.

    Revenue without sales tax, at the price of the sale, else the item's, else that of its twin that was sold; None without one.
    """
    return db.frame(
        """
        select coalesce(m.takes_back, m.day) as day, -sum(m.qty) as pieces,
               -sum(m.qty::double * coalesce(m.unit_price, i.price, own.price)) / (1 + $tax) as revenue
        from visible_movements m left join items own using (item_id)
        left join merged g using (item_id) left join items i on i.item_id = g.counts_as
        where m.kind in ('sale', 'return_in') and coalesce(m.takes_back, m.day) between $first::date and $last::date
        group by all order by 1
        """,
        {"first": first, "last": last, "tax": policy.shop(db).sales_tax},
    )


def _weeks(sales: pd.DataFrame, day: date) -> tuple[list[float], bool]:
    """Sales in weeks that end on `day`, oldest first, and whether they are money."""
    in_money = bool(sales["revenue"].notna().any())
    ago = (pd.Timestamp(day) - pd.to_datetime(sales["day"])).dt.days // 7
    sums = sales["revenue" if in_money else "pieces"].astype(float).groupby(ago).sum()
    return [float(sums.get(week, 0.0)) for week in reversed(range(WEEKS))], in_money
