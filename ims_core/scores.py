"""How good the data of each source is, in five ways: so many of so many. What cannot be said has no score, and what is 100 % was looked at.

scores(db, day) -> source dimension score (0..1) right of says; empty score where there was nothing to look at
"""

from datetime import date

import pandas as pd

from ims_core import alerts, closing, codes, cycles, flaws, forecasting, kpis
from ims_core.classes import abc
from ims_core.db import Database

SOURCES = {
    "items": "Items",
    "suppliers": "Suppliers",
    "stock": "Stock counts",
    "sales": "Sales",
    "purchases": "Purchases",
    "scans": "Scans",
}
DIMENSIONS = {
    "completeness": "Complete", "uniqueness": "Unique", "validity": "Valid", "consistency": "Consistent", "timeliness": "Timely",
}  # fmt: skip

MONTH, YEAR = 28, 365

SAYS = {
    ("items", "completeness"): "cells of price, cost, category, barcode and supplier are filled",
    ("items", "uniqueness"): "items look like no other",
    ("items", "validity"): "numeric barcodes have a right check digit",
    ("items", "consistency"): "items with cost and price cost less than they sell for",
    ("suppliers", "completeness"): "cells of contact, lead time and cost of what they sell are filled",
    ("suppliers", "uniqueness"): "suppliers have a name of their own",
    ("suppliers", "validity"): "costs, packs, smallest orders and lead times can be right",
    ("suppliers", "consistency"): "items with a supplier's cost have no other cost far from it",
    ("suppliers", "timeliness"): "terms were told or bought at within a year",
    ("stock", "completeness"): "items that ever moved were counted or received",
    ("stock", "uniqueness"): "counted moments were told with one number",
    ("stock", "validity"): "counts are a number of pieces that can stand there",
    ("stock", "consistency"): "counts of a year agreed with the book, within the class's tolerance",
    ("stock", "timeliness"): "items in stock were counted when their class asks for it",
    ("sales", "completeness"): "days on which the shop usually sells have sales, in 90 days",
    ("sales", "uniqueness"): "lines with a document stand on it once",
    ("sales", "validity"): "lines of files could be read",
    ("sales", "consistency"): "lines of items with a cost sold at or above it",
    ("sales", "timeliness"): "days up to today are known",
    ("purchases", "completeness"): "receipts of a year say what a piece cost",
    ("purchases", "uniqueness"): "receipts with a document stand on it once",
    ("purchases", "validity"): "lines of files could be read",
    ("purchases", "consistency"): "receipts cost about what the item usually costs",
    ("purchases", "timeliness"): "open orders are not past their day",
    ("scans", "validity"): "scans of 90 days were not taken back",
    ("scans", "timeliness"): "scans came on the day they speak of",
}
"""What is counted: so many of so many ... What stands not here has no measure, as a list of items has no day."""

Counted = dict[str, tuple[float, float]]
"""By dimension: right, of."""


def scores(db: Database, day: date) -> pd.DataFrame:
    """A row a source and dimension, also where nothing can be said: source dimension score right of says."""
    until = forecasting.known_until(db, day) or day
    told: dict[str, Counted] = {
        "items": _items(db), "suppliers": _suppliers(db, day, until), "stock": _stock(db, day, until), "sales": _sales(db, day, until),
        "purchases": _purchases(db, day), "scans": _scans(db, day),
    }  # fmt: skip
    rows = [
        (source, dimension, right / of if of else None, right if of else None, of or None, SAYS.get((source, dimension), ""))
        for source in SOURCES
        for dimension in DIMENSIONS
        for right, of in [told[source].get(dimension, (0, 0))]
    ]
    found = pd.DataFrame(rows, columns=["source", "dimension", "score", "right", "of", "says"])
    return found.astype({"score": float, "right": float, "of": float})


def _pairs(db: Database, sql: str, **params: object) -> Counted:
    """One row of columns such as validity and validity_of."""
    row = db.row(sql, params or None)
    return {name: (float(row[name] or 0), float(row[f"{name}_of"] or 0)) for name in DIMENSIONS if name in row}


def _items(db: Database) -> Counted:
    found = _pairs(
        db,
        f"""
        with bars as (select counts_as as item_id, code from barcodes join merged using (item_id) where active),
             every as (
                select i.item_id, i.price, c.cost, i.category, exists (from bars b where b.item_id = i.item_id) as barred,
                       exists (from supplied s where s.item_id = i.item_id and s.active) as homed
                from items i left join costs c using (item_id) where i.active and i.same_as is null
             )
        select count(price) + count(cost) + count(category) + count(*) filter (barred) + count(*) filter (homed) as completeness,
               5 * count(*) as completeness_of, count(*) as uniqueness_of,
               count(*) filter (price >= cost) as consistency, count(price + cost) as consistency_of,
               (select count(*) filter ({codes.is_gtin("code")}) from bars) as validity,
               (select count(*) filter (regexp_matches(code, '^\\d{{8,14}}$')) from bars) as validity_of, 0 as uniqueness
        from every
        """,
    )
    items = found["uniqueness"][1]
    return found | {"uniqueness": (items - len(flaws.alike(db)), items)}


def _suppliers(db: Database, day: date, until: date) -> Counted:
    found = _pairs(
        db,
        """
        with firms as (select *, regexp_replace(lower(name), '[^\\p{L}\\p{N}]', '', 'g') as plain from suppliers where active),
             terms as (select s.*, c.done_at from supplied s join changes c using (change_id) where s.active),
             told as (select supplier_id, bool_and(lead_days is not null) as leads from terms group by all),
             bought as (select distinct g.counts_as as item_id from visible_movements m join merged g using (item_id)
                        where m.kind = 'receipt' and m.day > $day::date - $year)
        select (select count(coalesce(email, phone)) + count(*) filter (lead_days is not null or t.leads) from firms left join told t
                using (supplier_id)) + (select count(cost) from terms) as completeness,
               (select 2 * count(*) from firms) + (select count(*) from terms) as completeness_of,
               (select count(distinct plain) from firms) as uniqueness, (select count(*) from firms) as uniqueness_of,
               (select count(*) filter (cost > 0) + count(*) filter (pack > 0) + count(*) filter (moq > 0)
                       + count(*) filter (lead_days between 0 and 365) from terms)
               + (select count(*) filter (lead_days between 0 and 365) from firms) as validity,
               (select count(cost) + count(pack) + count(moq) + count(lead_days) from terms) + (select count(lead_days) from firms)
                   as validity_of,
               (select count(*) filter (done_at >= $day::date - $year or item_id in (from bought)) from terms) as timeliness,
               (select count(*) from terms) as timeliness_of
        """,
        day=day,
        year=YEAR,
    )
    priced = {item for (item,) in db.rows("select distinct item_id from supplied where active and cost > 0")}
    return found | {"consistency": (len(priced - set(flaws.costs_apart(db, until)["item_id"])), len(priced))}


def _stock(db: Database, day: date, until: date) -> Counted:
    found = _pairs(
        db,
        """
        with moved as (select distinct g.counts_as as item_id from visible_movements m join merged g using (item_id)
                       join items i on i.item_id = g.counts_as where i.active and m.day <= $day::date),
             told as (select item_id, place, counted_at, count(distinct on_hand) as numbers from counts
                      where change_id in (select change_id from visible_changes) group by all),
             standing as (select k.*, i.unit from standing_counts k join items i using (item_id) where k.day <= $day::date)
        select (select count(*) filter (item_id in (from counted_by($day::date))) from moved) as completeness,
               (select count(*) from moved) as completeness_of,
               (select count(*) filter (numbers = 1) from told) as uniqueness, (select count(*) from told) as uniqueness_of,
               (select count(*) filter (on_hand >= 0 and (unit <> 'piece' or on_hand % 1 = 0)) from standing) as validity,
               (select count(*) from standing) as validity_of
        """,
        day=day,
    )
    book = kpis.measured(db, [kpis.Period(date.fromordinal(day.toordinal() - YEAR + 1), day)])
    counted = book[["accurate_records", "counted_records"]].fillna(0).sum()
    return found | {"consistency": (float(counted.iloc[0]), float(counted.iloc[1])), "timeliness": _counted_in_time(db, day, until)}


def _counted_in_time(db: Database, day: date, until: date) -> tuple[float, float]:
    held = db.frame(
        """
        select s.item_id, $day::date - any_value(c.day) as days from stock_on($day::date) s join items i using (item_id)
        left join last_counted($day::date) c using (item_id) where i.active group by s.item_id having sum(s.on_hand) <> 0
        """,
        {"day": day},
    ).merge(abc(db, until))
    return float((held["days"] <= held["abc"].map(cycles.EVERY)).sum()), float(len(held))


def _sales(db: Database, day: date, until: date) -> Counted:
    found = _pairs(
        db,
        f"""
        with lines as (select m.*, c.cost, count(*) over (partition by m.ref, m.item_id, m.day, m.qty, m.unit_price, m.place) as times
                       from {flaws.SOLD} left join costs c on c.item_id = g.counts_as where {flaws.LATELY})
        select count(*) filter (ref is not null and times = 1) as uniqueness, count(ref) as uniqueness_of,
               count(*) filter (unit_price >= cost) as consistency, count(unit_price + cost) as consistency_of
        from lines
        """,
        until=until,
        window=flaws.WINDOW,
    )
    days = flaws.days(db, until)
    usual = days[days["usual"]] if len(days) else days
    known = forecasting.known_until(db, day)
    lag = (day - known).days - closing.many(db, known, day) if known else 0
    return found | {
        "validity": _read(db, "sales"),
        "completeness": (float(usual["told"].sum()), float(len(usual))) if len(usual) else (0.0, 0.0),
        "timeliness": (float(max(MONTH - lag, 0)), float(MONTH if known else 0)),
    }


def _purchases(db: Database, day: date) -> Counted:
    found = _pairs(
        db,
        """
        with lines as (
            select m.*, count(*) over (partition by coalesce(m.ref, m.order_id::varchar), m.item_id, m.day, m.qty, m.place, m.lot) as times,
                   median(m.unit_cost) over (partition by g.counts_as) as usual
            from visible_movements m join merged g using (item_id)
            where m.kind = 'receipt' and m.day between $day::date - $year + 1 and $day::date
        )
        select count(unit_cost) as completeness, count(*) as completeness_of,
               count(*) filter (times = 1 and coalesce(ref, order_id::varchar) is not null) as uniqueness,
               count(coalesce(ref, order_id::varchar)) as uniqueness_of,
               count(*) filter (unit_cost > 0 and unit_cost between usual / $apart and usual * $apart) as consistency,
               count(unit_cost) as consistency_of,
               (select count(distinct order_id) from on_order_on($day::date)) as timeliness_of, 0 as timeliness
        from lines
        """,
        day=day,
        year=YEAR,
        apart=flaws.APART,
    )
    coming = found["timeliness"][1]
    return found | {"validity": _read(db, "purchases"), "timeliness": (coming - len(alerts.late(db, day)), coming)}


def _read(db: Database, kind: str) -> tuple[float, float]:
    """Of the lines of files of a kind those that were not refused."""
    sql = """
        select coalesce(sum(lines - refused), 0), coalesce(sum(lines), 0) from import_files
        where kind = ? and change_id in (select change_id from visible_changes)
    """
    right, of = db.rows(sql, [kind])[0]
    return float(right), float(of)


def _scans(db: Database, day: date) -> Counted:
    return _pairs(
        db,
        """
        with scans as (select change_id, done_at from changes
                       where starts_with(key, 'scan ') and done_at > $day::date - $window and undoes is null),
             posted as (select distinct change_id, day, happened_at from movements where change_id in (select change_id from scans))
        select count(*) filter (change_id in (select change_id from visible_changes)) as validity, count(*) as validity_of,
               (select count(*) filter (abs(date_diff('hour', p.happened_at, s.done_at)) < 24) from posted p join scans s using (change_id))
                   as timeliness,
               (select count(*) from posted) as timeliness_of
        from scans
        """,
        day=day,
        window=flaws.WINDOW,
    )
