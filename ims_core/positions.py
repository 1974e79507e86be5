"""What stood where, from when until when: kept beside the ledger, so that a question about a period reads intervals, not movements.

`positions` has an item over all places, `place_positions` an item in one place (there a transfer shows). A row holds from the day `since`
until the day before `until`; what moved on `since` is in its flows. Call `catch_up(db)` before reading them. Columns:

    item_id (place) since until on_hand
    cost      what one piece costs on average (costing.averages), the same in every place; empty where nobody ever said
    idle      days with stock after the last sale, or after the first piece came, up to `since`
    ran_out   whether stock came to an end on `since`
    held_until  up to when it lay or was sold there, as far as `since` knows: `until` where there is stock, else the last such day and one
    cycle     on days of a receipt 0, or 1 where stock was at an end at any time since the receipt before; else empty
    sold returned received opened sent_back lost found unpriced
              pieces of that day, each counted positive. lost, found: by counts, adjustments and scrap, what was counted of merged items at
              one moment as one count; unpriced: of sold, without any price
    costed    pieces of those received and opened of which a cost is known
    revenue paid opened_paid
              money: what was sold for, less returns (where the sale has no price at what the item's list said that day, else first: a price
              that is changed moves no day before); what came in at its cost, by receipts and as opening stock
    total_...  what ran up since the item's first day, so that a period is the difference of two rows: of sold returned received opened
              unpriced revenue paid up to and with `since`; so cogs priced_cogs lost_value found_value (at cost) and the counts of sales
              ran_out cycles short_cycles; up to the day before `since`: value_days (stock at cost, summed over the days), used (days
              in use: until it is delisted, in a place until it is no longer missed there) and out (of these, days without stock)

`estimates` keeps what the view estimated_openings says, which reckons only items that a change has touched since. Items are as they are
merged. On a day, what comes in counts before what leaves: the hour is seldom known. Nothing of it is a fact: `drop` forgets all, and
`wrong` proves it against the ledger.
"""

from ims_core import laying, policy
from ims_core.db import Database
from ims_core.scratch import Pad

FORM = 5
"""Raised when a column or its meaning changes: what is kept in another form is built anew."""

COLUMNS = ", ".join(laying.KINDS)
TABLES = {"positions": COLUMNS, "place_positions": f"place, {COLUMNS}", "estimates": "item_id, place, day, qty"}


def catch_up(db: Database) -> None:
    """Bring the tables to the newest change: only items touched since are reckoned anew."""
    if db.kept_until == db.version:
        return
    zone = policy.shop(db).timezone
    form = f"{FORM} {zone}"  # in another zone what was said was said on other days
    with db.keeping() as pad:
        newest = pad.rows("select coalesce(max(change_id), 0) from changes")[0][0]
        reached = pad.rows("select max(newest) from positions_until where form::varchar = ?", [form])[0][0]
        if reached is None or reached > newest:
            _keep_all(pad, zone)
        elif reached < newest:
            _keep_touched(pad, reached, zone)
        if reached != newest:
            pad.run(f"create or replace table positions_until as select '{form}' as form, {newest}::bigint as newest")
    db.kept_until = newest


def drop(db: Database) -> None:
    """Forget what is kept; the next question builds it anew."""
    with db.keeping() as pad:
        pad.run("drop table if exists positions; drop table if exists place_positions; delete from estimates; delete from positions_until")
    db.kept_until = -1


def kept(db: Database) -> bool:
    """Whether anything was ever asked of them."""
    return bool(db.scalar("select count(*) from duckdb_tables() where table_name = 'positions'"))


def wrong(db: Database) -> int:
    """How many rows of what is kept differ from the ledger reckoned anew."""
    catch_up(db)
    zone = policy.shop(db).timezone
    with db.keeping() as pad:
        pad.run(f"create temp table members as {MEMBERS}")
        laying.reckon(pad, zone, "fresh_")
        found = 0
        for table, columns in TABLES.items():
            same = columns.replace(" cost,", " round(cost, 6) as cost,")
            for one, other in ((table, f"fresh_{table}"), (f"fresh_{table}", table)):
                found += pad.rows(f"select count(*) from (select {same} from {one} except all select {same} from {other})")[0][0]
        laying.clear(pad)
    return int(found)


# -- which items

FEW = 200
"""Touched items of which what moved is laid aside, instead of being looked for in the ledger three times."""
MEMBERS = "select g.item_id, g.counts_as from merged g"


def _keep_all(pad: Pad, zone: str) -> None:
    pad.run(f"create temp table members as {MEMBERS}")
    laying.reckon(pad, zone, "")
    laying.clear(pad)


def _keep_touched(pad: Pad, reached: int, zone: str) -> None:
    """Whatever a change says of an item: its movements, counts, cost, order lines, merging, and what of these an undo takes back."""
    pad.run("create temp table touched as from touched_since(?::bigint)", [reached])
    pad.run(f"create temp table members as {MEMBERS} where g.counts_as in (select counts_as from merged semi join touched using (item_id))")
    items = pad.rows("select count(*) from members")[0][0]
    laying.reckon(pad, zone, "fresh_", few=items <= FEW)
    pad.run("delete from positions where item_id in (select item_id from touched union select item_id from members)")
    pad.run("delete from place_positions where item_id in (select item_id from touched union select item_id from members)")
    pad.run("delete from estimates where item_id in (select item_id from touched union select item_id from members)")
    for table, columns in TABLES.items():
        pad.run(f"insert into {table} by name select {columns} from fresh_{table}")
    pad.run("drop table touched")
    laying.clear(pad)
