"""What needs attention, and what a stock figure means in one word."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ims_core import forecasting, labels, lead_times, ledger, lots, policy
from ims_core.db import Database

WINDOW = 28
"""Days that say whether an item sells: four weeks hold every weekday equally often."""

IDLE = 180
"""Days without a movement after which stock counts as not moving."""

STALE = 14
"""Days after which a forecast knows too little of what has happened since."""


def stock(db: Database, day: date) -> pd.DataFrame:
    """ledger.overview with: sold and sold_before (pieces, 28 days each), loses (sales a day missed while sold out), status.

    The 28 days end on the last day whose sales are known; cancelled sales are taken back. What was never counted nor received has no
    on_hand and no value: the least that may be there is nothing. Of what was received and never counted it is the least (`estimated`).
    """
    until = forecasting.known_until(db, day) or day
    found = ledger.overview(db, day).merge(_sold(db, until), on="item_id", how="left")
    figures = ["sold", "sold_before", "loses"]
    found[figures] = found[figures].astype(float).fillna(0.0)
    found["status"] = status(found, (day - until).days)
    found["loses"] = found["loses"].where(found["status"] == "Sold out", 0.0)
    found[["on_hand", "value"]] = found[["on_hand", "value"]].astype(float).where(found["counted"].astype(bool))
    return found


def by_place(db: Database, day: date) -> pd.DataFrame:
    """ledger.by_place with the item's status; what was never counted has no on_hand and no value here either."""
    found = ledger.by_place(db, day).merge(stock(db, day)[["item_id", "counted", "status"]], on="item_id")
    found[["on_hand", "value"]] = found[["on_hand", "value"]].astype(float).where(found["counted"].astype(bool))
    return found


def sold_ever(db: Database, item_id: int, day: date) -> dict[str, Any]:
    """What is known of an item that nobody ever counted: pieces sold up to `day`, and the first day of a sale (None without any)."""
    return db.row(
        "select coalesce(sum(qty), 0)::double as pieces, min(day) as first from demand where item_id = ? and day <= ?", [item_id, day]
    )


def status(items: pd.DataFrame, quiet: int = 0) -> pd.Series:
    """One word an item. Columns needed: active counted on_hand days_since estimated; the first that fits counts.

    `quiet`: days at the end of which no sales are known, so that nothing could have moved.
    """
    words = np.select(
        [~items["active"].astype(bool), ~items["counted"].astype(bool), items["estimated"] > 0, items["on_hand"] < 0, items["on_hand"] == 0,
         items["days_since"].astype(float).fillna(0) - quiet >= IDLE],
        ["Not in use", "Never counted", "Estimated", "Below zero", "Sold out", "Not moving"],
        default="In stock",
    )  # fmt: skip
    return pd.Series(words, index=items.index, dtype=object)


def attention(db: Database, day: date, items: pd.DataFrame) -> pd.DataFrame:
    """What to look at, the costliest first: alert found says; `alert` is a status or the name of a page. items: of `stock`."""
    rows = [
        *_of_items(items, policy.shop(db).currency),
        *_of_lots(lots.expiring(db, day)),
        *_of_orders(late(db, day)),
        *_of_imports(db),
        *_of_forecast(db, forecasting.known_until(db, day) or day, len(items)),
    ]
    return pd.DataFrame(rows, columns=["alert", "found", "says"])


def late(db: Database, day: date) -> pd.DataFrame:
    """Orders that should have come before `day`, the most money first: order_id number supplier due promised days pieces value.

    Where no day was promised (`promised` is false), the slowest lead time of what is to come counts, the same that proposals reckon
    with: what deliveries taught, else the item's, the supplier's, the shop's usual one.
    """
    coming = db.frame(
        """
        select o.order_id, o.number, s.name as supplier, o.ordered, o.expected, o.item_id, o.supplier_id, o.open::double as pieces,
               (o.open * o.unit_cost)::double as value, coalesce(p.lead_days, s.lead_days, $lead)::double as lead_days,
               case when p.lead_days is not null then 'item' when s.lead_days is not null then 'supplier' else 'shop' end as lead_source
        from on_order_on($day::date) o left join suppliers s using (supplier_id) left join supplied p using (item_id, supplier_id)
        """,
        {"day": day, "lead": policy.shop(db).lead_days},
    )
    promised = coming["expected"].notna()
    if not promised.all():
        coming = lead_times.learned(coming, lead_times.delivered(db, day - lead_times.YEAR, day))
    usual = coming["ordered"] + pd.to_timedelta(np.ceil(coming["lead_days"].astype(float)), unit="D")
    orders = coming.assign(due=coming["expected"].where(promised, usual), promised=promised).groupby("order_id", as_index=False)
    found = orders.agg(
        number=("number", "first"), supplier=("supplier", "first"), due=("due", "max"), promised=("promised", "first"),
        pieces=("pieces", "sum"), value=("value", lambda each: each.sum(min_count=1)),
    )  # fmt: skip
    found = found[pd.to_datetime(found["due"]) < pd.Timestamp(day)]
    found = found.assign(
        days=(pd.Timestamp(day) - pd.to_datetime(found["due"])).dt.days, supplier=found["supplier"].replace({np.nan: None})
    )
    found = found.sort_values(["value", "days", "order_id"], ascending=[False, False, True], na_position="last", ignore_index=True)
    return found[["order_id", "number", "supplier", "due", "promised", "days", "pieces", "value"]]


def _sold(db: Database, until: date) -> pd.DataFrame:
    return db.frame(
        """
        select d.item_id, sum(d.qty) filter (d.day > $until::date - $window)::double as sold,
               sum(d.qty) filter (d.day <= $until::date - $window)::double as sold_before,
               sum(coalesce(d.revenue, 0) + coalesce(d.unpriced * i.price, 0)) filter (d.day > $until::date - $window)::double
                   / $window as loses
        from demand d join items i using (item_id)
        where d.day > $until::date - 2 * $window and d.day <= $until::date
        group by all
        """,
        {"until": until, "window": WINDOW},
    )


def _of_items(items: pd.DataFrame, currency: str) -> list[dict[str, Any]]:
    here = items[items["active"].astype(bool)]
    gone = here[(here["status"] == "Sold out") & (here["sold"] > 0)].sort_values("loses", ascending=False)
    below, unknown = here[here["status"] == "Below zero"], here[here["status"] == "Never counted"]
    least = here[here["status"] == "Estimated"]
    free = here[(here["on_hand"] > 0) & here["cost"].isna()]
    loses = f", about {labels.money(gone['loses'].sum(), currency)} of sales a day" if gone["loses"].sum() > 0 else ""
    says = (
        ("Sold out", gone, f"{_count(gone, 'that sells is', 'that sell are')} sold out: {_names(gone)}{loses}."),
        ("Below zero", below, f"{_count(below, 'is', 'are')} below zero: more left than ever came in. {_names(below)}."),
        (
            "Estimated",
            least,
            f"{_count(least, 'sold more than came in and was', 'sold more than came in and were')} never counted: stock is "
            f"estimated, at least {labels.count(least['on_hand'].sum(), 'piece')}. {_names(least)}.",
        ),
        ("Never counted", unknown, f"{_count(unknown, 'was', 'were')} never counted or received: how much there is, is not known."),
        ("items", free, f"{_count(free, 'in stock has', 'in stock have')} no cost: the stock value leaves that out."),
    )
    return [{"alert": alert, "found": len(rows), "says": text} for alert, rows, text in says if len(rows)]


def _of_orders(late: pd.DataFrame) -> list[dict[str, Any]]:
    if late.empty:
        return []
    first = late.iloc[0]
    title = order_title(first["number"], first["supplier"])
    by = "" if first["promised"] else " by its usual lead time"
    says = f"Late: {title}, {labels.many(int(first['days']), 'day')}{by}, {labels.count(first['pieces'], 'piece')}"
    more = f"; and {labels.many(len(late) - 1, 'other order')}" if len(late) > 1 else ""
    return [{"alert": "late", "found": len(late), "says": f"{says}{more}."}]


def order_title(number: str, supplier: str | None) -> str:
    """A purchase order as people say it: `PO 118 of Nordlicht`."""
    title = f"PO {number}" if number[:1].isdigit() else number
    return f"{title} of {supplier}" if supplier and not title.endswith(supplier) else title


def _of_lots(soon: pd.DataFrame) -> list[dict[str, Any]]:
    """What has expired comes first, because the frame is sorted by the day."""
    if soon.empty:
        return []
    first = soon.iloc[0]
    over, left = int((soon["left"] < 0).sum()), int(first["left"])
    when = f"in {labels.many(left, 'day')}" if left > 0 else "today" if left == 0 else f"{labels.many(-left, 'day')} ago"
    one, more = f"{first['name']} ({labels.pieces(first['on_hand'])}, {when})", len(soon) - 1
    counted = f"{labels.many(len(soon), 'lot')} {'expires' if len(soon) == 1 else 'expire'} within {lots.SOON} days"
    says = f"{counted}{f', {over:,} of them did already' if over else ''}: {one}{f' and {more:,} more' if more else ''}."
    return [{"alert": "expires", "found": len(soon), "says": says}]


def _of_imports(db: Database) -> list[dict[str, Any]]:
    refused = db.rows("""
        select c.what, count(*) from standing_lines l join changes c using (change_id)
        where l.outcome = 'refused' group by c.change_id, c.what order by c.change_id desc
    """)
    if not refused:
        return []
    found = int(sum(count for _, count in refused))
    files = f"{refused[0][0]}{' and others' if len(refused) > 1 else ''}"
    return [{"alert": "upload", "found": found, "says": f"{found:,} {'line was' if found == 1 else 'lines were'} refused: {files}."}]


def _of_forecast(db: Database, until: date, items: int) -> list[dict[str, Any]]:
    last = db.scalar("select max(day) from forecast_runs where change_id in (select change_id from visible_changes)")
    if not items or (last and (until - last).days <= STALE):
        return []
    says = f"The forecast knows sales up to {labels.day_text(last, until)} only." if last else "There is no forecast yet."
    return [{"alert": "forecast", "found": 0, "says": f"{says} Run it, so that reorders follow what sells."}]


def _count(items: pd.DataFrame, one: str, many: str) -> str:
    return f"1 item {one}" if len(items) == 1 else f"{len(items):,} items {many}"


def _names(items: pd.DataFrame, most: int = 3) -> str:
    more = len(items) - most
    return ", ".join(items["name"].head(most)) + (f" and {more} more" if more > 0 else "")
