"""What needs attention, and what a stock figure means in one word."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ims_core import labels, ledger, policy
from ims_core.db import Database

WINDOW = 28
"""Days that say whether an item sells: four weeks hold every weekday equally often."""

IDLE = 180
"""Days without a movement after which stock counts as not moving."""

STALE = 14
"""Days after which a forecast knows too little of what has happened since."""


def stock(db: Database, day: date) -> pd.DataFrame:
    """ledger.overview with: sold (pieces in the last 28 days), loses (sales a day missed while sold out), status."""
    found = ledger.overview(db, day).merge(_sold(db, day), on="item_id", how="left")
    found[["sold", "loses"]] = found[["sold", "loses"]].fillna(0.0)
    found["status"] = status(found)
    found["loses"] = found["loses"].where(found["status"] == "Sold out", 0.0)
    return found


def item(db: Database, item_id: int, day: date) -> dict[str, Any]:
    """One item at the end of `day`: on_hand on_order cost value last_day, sold and sold_before (pieces, 28 days each)."""
    return db.row(
        """
        with mine as (
            select * from visible_movements
            where item_id in (select item_id from merged where counts_as = $item) and day <= $day::date
        ),
        seen as (
            select coalesce(sum(qty), 0) as on_hand, max(day) as last_day,
                   coalesce(-sum(qty) filter (kind = 'sale' and day > $day::date - $window), 0) as sold,
                   coalesce(-sum(qty) filter (kind = 'sale' and day <= $day::date - $window
                                              and day > $day::date - 2 * $window), 0) as sold_before
            from mine
        )
        select s.*, c.cost, s.on_hand * c.cost as value, (select coalesce(sum(open), 0) from on_order where item_id = $item) as on_order
        from seen s left join costs c on c.item_id = $item
        """,
        {"item": item_id, "day": day, "window": WINDOW},
    )


def status(items: pd.DataFrame) -> pd.Series:
    """One word an item. Columns needed: active counted on_hand days_since; the first that fits counts."""
    words = np.select(
        [~items["active"].astype(bool), ~items["counted"].astype(bool), items["on_hand"] < 0, items["on_hand"] == 0,
         items["days_since"].fillna(0) >= IDLE],
        ["Not in use", "Never counted", "Below zero", "Sold out", "Not moving"],
        default="In stock",
    )  # fmt: skip
    return pd.Series(words, index=items.index, dtype=object)


def attention(db: Database, day: date) -> pd.DataFrame:
    """What to look at, the costliest first: alert found says; `alert` is a status or the name of a page."""
    items = stock(db, day)
    rows = [*_of_items(items, policy.shop(db).currency), *_of_imports(db), *_of_forecast(db, day, len(items))]
    return pd.DataFrame(rows, columns=["alert", "found", "says"])


def _sold(db: Database, day: date) -> pd.DataFrame:
    return db.frame(
        """
        select coalesce(g.counts_as, m.item_id) as item_id, -sum(m.qty) as sold,
               -sum(m.qty::decimal(38, 4) * coalesce(m.unit_price, i.price)) / $window as loses
        from visible_movements m
        left join merged g on g.item_id = m.item_id
        left join items i on i.item_id = m.item_id
        where m.kind = 'sale' and m.day > $day::date - $window and m.day <= $day::date
        group by all
        """,
        {"day": day, "window": WINDOW},
    )


def _of_items(items: pd.DataFrame, currency: str) -> list[dict[str, Any]]:
    here = items[items["active"].astype(bool)]
    gone = here[(here["status"] == "Sold out") & (here["sold"] > 0)].sort_values("loses", ascending=False)
    below, unknown = here[here["status"] == "Below zero"], here[here["status"] == "Never counted"]
    free = here[(here["on_hand"] > 0) & here["cost"].isna()]
    loses = f", about {labels.money(gone['loses'].sum(), currency)} of sales a day" if gone["loses"].sum() > 0 else ""
    says = (
        ("Sold out", gone, f"{_count(gone, 'that sells is', 'that sell are')} sold out: {_names(gone)}{loses}."),
        ("Below zero", below, f"{_count(below, 'is', 'are')} below zero: more left than ever came in. {_names(below)}."),
        ("Never counted", unknown, f"{_count(unknown, 'was', 'were')} never counted or received: how much there is, is not known."),
        ("items", free, f"{_count(free, 'in stock has', 'in stock have')} no cost: the stock value leaves that out."),
    )
    return [{"alert": alert, "found": len(rows), "says": text} for alert, rows, text in says if len(rows)]


def _of_imports(db: Database) -> list[dict[str, Any]]:
    refused = db.rows("select what, refused from imports where refused > 0 and not undone order by change_id desc")
    if not refused:
        return []
    found = int(sum(count for _, count in refused))
    files = f"{refused[0][0]}{' and others' if len(refused) > 1 else ''}"
    return [{"alert": "upload", "found": found, "says": f"{found:,} {'line was' if found == 1 else 'lines were'} refused: {files}."}]


def _of_forecast(db: Database, day: date, items: int) -> list[dict[str, Any]]:
    last = db.scalar("select max(day) from forecast_runs where change_id in (select change_id from visible_changes)")
    if not items or (last and (day - last).days <= STALE):
        return []
    says = f"The forecast knows sales up to {labels.day_text(last, day)} only." if last else "There is no forecast yet."
    return [{"alert": "forecast", "found": 0, "says": f"{says} Run it, so that reorders follow what sells."}]


def _count(items: pd.DataFrame, one: str, many: str) -> str:
    return f"1 item {one}" if len(items) == 1 else f"{len(items):,} items {many}"


def _names(items: pd.DataFrame, most: int = 3) -> str:
    more = len(items) - most
    return ", ".join(items["name"].head(most)) + (f" and {more} more" if more > 0 else "")
