"""How right the book was where it was counted: records within tolerance, and in money; what was suspected apart from what was not."""

from datetime import date

import pandas as pd

from ims_core import tallies
from ims_core.db import Database

FAIR = ("turn", "chance")
"""Lines that were not counted because something looked wrong: they speak for the whole book, unless nothing was counted there before."""


def fair(why: str) -> str:
    """SQL: whether a line speaks for the whole book, by the column `why`."""
    return f"{why} in {FAIR}"


def results(db: Database, first: date | None = None, last: date | None = None) -> pd.DataFrame:
    """Every line that was booked from a sheet and had a book to be wrong.

    item_id sku name place sheet_id day class why fair counted book difference value book_value reason right
    `book` is what the ledger knows today of that moment: sales that were told after the count and happened before it are in it.
    `value` and `book_value` in money (None without cost and price); `right`: within the tolerance of its class.
    """
    found = db.frame(
        f"""
        with booked as (
            select g.counts_as as item_id, r.* exclude (change_id, item_id)
            from count_results r join merged g using (item_id) where known and r.{tallies.HERE}
        ),
        counted as (
            select g.counts_as as item_id, k.place, k.counted_at, sum(k.on_hand) as on_hand
            from standing_counts k join merged g using (item_id) group by all
        ),
        before as (  -- the count before this one pins the book; what moved since is added
            select b.item_id, b.place, b.counted_at, max_by(k.on_hand, k.counted_at) as on_hand, max(k.counted_at) as since
            from booked b left join counted k on k.item_id = b.item_id and k.place = b.place and k.counted_at < b.counted_at group by all
        ),
        flowed as (
            select g.counts_as as item_id, m.place, m.happened_at, m.qty
            from visible_movements m join merged g using (item_id)
            where m.kind not in ('opening', 'count') and g.counts_as in (select item_id from booked)
        ),
        books as (
            select b.item_id, b.place, b.counted_at,
                   any_value(b.since) is not null as again, coalesce(any_value(b.on_hand), 0) + coalesce(sum(f.qty) filter (
                       f.happened_at <= b.counted_at and (b.since is null or f.happened_at > b.since)), 0) as now
            from before b left join flowed f on f.item_id = b.item_id and f.place = b.place group by all
        )
        select b.item_id, i.sku, i.name, b.place, b.sheet_id, k.day, b.class, b.why, b.counted::double as counted, n.now::double as book,
               b.unit_value::double as unit_value, b.reason, n.again
        from booked b join books n using (item_id, place, counted_at) join items i using (item_id)
        join (select sheet_id, any_value(day) as day from count_sheets where {tallies.HERE} group by sheet_id) k using (sheet_id)
        where ($first is null or k.day >= $first::date) and ($last is null or k.day <= $last::date)
        order by b.counted_at, i.name
        """,
        {"first": first, "last": last},
    )
    found["difference"] = (found["counted"] - found["book"]).round(4)
    found["value"], found["book_value"] = found["difference"] * found["unit_value"], found["book"].abs() * found["unit_value"]
    found["fair"] = found["why"].isin(FAIR) & found["again"]
    found["right"] = tallies.within(found["difference"], found["book"], found["class"])
    return found.drop(columns=["unit_value", "again"])


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """Of `results`, by fair and not, and within them by class and in all: fair class lines right accuracy value_accuracy off net.

    `accuracy`: lines within tolerance, as a share; `value_accuracy` = 1 - sum |difference| / sum of the book, in money; `off`: the sum of
    the differences without their signs, in money; `net`: with them. Nothing is ever netted to look right.
    """
    both = pd.concat([found, found.assign(**{"class": "All"})])
    rows = [
        {"fair": fair, "class": name, "lines": len(rows), "right": int(rows["right"].sum()), "accuracy": float(rows["right"].mean()),
         "value_accuracy": _of_value(rows), "off": float(rows["value"].abs().sum()), "net": float(rows["value"].sum())}
        for (fair, name), rows in both.groupby(["fair", "class"])
    ]  # fmt: skip
    columns = ["fair", "class", "lines", "right", "accuracy", "value_accuracy", "off", "net"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["fair", "class"],
        ascending=[False, True],
        key=lambda part: part.replace("All", "") if part.name == "class" else part,
        ignore_index=True,
    )


def history(found: pd.DataFrame) -> pd.DataFrame:
    """Of `results`, the fair ones by month: month lines accuracy value_accuracy off."""
    fair = found[found["fair"]].assign(month=lambda rows: pd.to_datetime(rows["day"]).dt.to_period("M").dt.to_timestamp())
    rows = [
        {"month": month, "lines": len(rows), "accuracy": float(rows["right"].mean()), "value_accuracy": _of_value(rows),
         "off": float(rows["value"].abs().sum())}
        for month, rows in fair.groupby("month")
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["month", "lines", "accuracy", "value_accuracy", "off"])


def _of_value(rows: pd.DataFrame) -> float | None:
    valued = rows[rows["value"].notna()]
    book = float(valued["book_value"].sum())
    return max(0.0, 1 - float(valued["value"].abs().sum()) / book) if book > 0 else None
