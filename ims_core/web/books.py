"""What the Finance page makes of answers: the periods to choose from, pictures of what changed the value, files for bookkeeping."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import charts, journal, kpis, labels, overviews, programs, valuation
from ims_core.charts import Picture
from ims_core.db import Database
from ims_core.kpis import Period
from ims_core.web import fields
from ims_core.web.doing import act, ask, db, do, plain, shop, who
from ims_core.web.tables import download

STEPS = {"month": "Month", "quarter": "Quarter", "year": "Year", "days": "Other days"}


def begun(db: Database) -> date | None:
    """The first day of the books; None where nothing ever moved."""
    found: date | None = db.scalar("select min(day) from stock_moves")
    return found


def choose(begins: date, until: date, today: date) -> Period:
    """Ask for a month, quarter or year of the books, or for any two days."""
    step = st.segmented_control("Period", list(STEPS), default="month", format_func=STEPS.__getitem__, required=True, key="step",
                                label_visibility="collapsed", bind="query-params")  # fmt: skip
    if step == "days":
        picked: Any = fields.day(
            "From and to", (until.replace(day=1), until), max_value=today, key="days", label_visibility="collapsed", width=250
        )
        return Period(picked[0], picked[-1]) if picked else Period(until.replace(day=1), until)  # a cleared range is ()
    found = kpis.cut(begins.replace(month=1, day=1), until, step)[::-1]
    known = {name(each, step, until): each for each in found if each.last >= begins}
    return known[st.selectbox(STEPS[step], list(known), key=f"which-{step}", label_visibility="collapsed", width=210)]


def name(period: Period, step: str, until: date) -> str:
    """`October 2026`, `Q4 2026, so far`, `2026`: what a period is called, and whether it is over.

    >>> name(Period(date(2026, 10, 1), date(2026, 11, 22)), "quarter", date(2026, 11, 22))
    'Q4 2026, so far'
    """
    first = period.first
    called = {"month": f"{first:%B %Y}", "quarter": f"Q{(first.month + 2) // 3} {first.year}", "year": f"{first.year}"}[step]
    over = (period.last + timedelta(days=1)).day == 1 or period.last < until
    return called if over and (step != "year" or period.last.month == 12) else f"{called}, so far"


def sums(db: Database, period: Period) -> dict[str, float]:
    """What the value changed by in a period, by valuation.REASONS, with `fifo` and what `left` by that method."""
    found = valuation.moved(db, period.first, period.last).set_index("reason")["value"]
    parts = {str(reason): float(value) for reason, value in found.items()}
    return parts | {"fifo": float(valuation.by_item(db, period.last, "fifo")["value"].sum())}


def proof(db: Database, period: Period) -> journal.Proof:
    """journal.proof of a period."""
    return journal.proof(db, period.first, period.last)


def accounts(db: Database, period: Period) -> pd.DataFrame:
    """journal.totals of a period."""
    return journal.totals(journal.entries(db, period.first, period.last))


def changes_picture(_: Database, period: Period) -> Picture | None:
    """What changed the value, from the first day to the last; None where nothing did."""
    found = ask(sums, period)
    moved = [(label, found[reason]) for reason, label in valuation.REASONS.items() if reason != "after" and abs(found[reason]) >= 0.005]
    if not moved:
        return None
    parts = pd.DataFrame(moved, columns=["part", "pieces"])
    last = valuation.REASONS["after"]
    return Picture(charts.waterfall(parts, last, shop().currency), charts.waterfall_alt(parts, last))


def days_picture(db: Database, period: Period) -> Picture | None:
    """The value day by day; None for a single day."""
    found = valuation.through_days(db, period.first, period.last)
    return overviews.worth(found, shop().currency) if len(found) > 1 else None


def files(period: Period) -> None:
    """The journal as the shop's bookkeeping program takes it, for those whose role it is."""
    me = who()
    if not me.may("manager"):
        st.caption("A manager can download the journal.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("For", list(programs.FORMS), format_func=_called, key="form", width=230, bind="query-params")
        form = programs.FORMS[chosen]
        by = st.segmented_control("An entry a", journal.BY, default=form.by, required=True, key=f"by-{chosen}")
        opening = st.toggle("Begin with the stock before", form.opening, key=f"opening-{chosen}",
                            help="Off where your program has the days before: it has that stock, too.")  # fmt: skip
        maker = partial(_file, db(), me, period, chosen, by, opening)
        download("Download", maker, form.name(period.first, period.last), key=f"journal-{chosen}")
    st.caption(plain(f"{form.says} {_stands(period, opening)}"))
    with st.expander(plain(f"Accounts in {form.called}"), icon=":material/account_tree:"):
        _accounts(chosen, form)


def _called(form: str) -> str:
    return programs.FORMS[form].called


def _stands(period: Period, opening: bool) -> str:
    """What the program's stock account should show before a file and after it; programs add what they take in."""
    before, after = (journal.to_the_cent(amount, shop().currency) for amount in ask(_around, period))
    if opening:
        return f"It begins with {before} of stock and ends with {after}: take it in only where the stock account stands at nothing yet."
    return (
        f"Its stock account should stand at {before} before this file and at {after} after it. Where it does not, something of earlier "
        "days was told late: delete the entries of those days there first, then take their files in anew, else they count twice."
    )


def _around(db: Database, period: Period) -> tuple[float, float]:
    lines = journal.entries(db, period.first, period.last)
    return journal.stock(lines) - journal.stock(journal.changes(lines)), journal.stock(lines)


def _accounts(chosen: str, form: programs.Form) -> None:
    """Ask which accounts the program has."""
    said = ask(journal.accounts, chosen)
    asked = {**programs.CALLED, **{name: each.label for name, each in form.asks.items()}}
    with st.form(act(f"accounts-{chosen}"), border=False):
        with st.grid(4, min_column_width=200):
            values = {name: st.text_input(label, said[name]) for name, label in asked.items()}
        if st.form_submit_button("Save", icon=":material/check:"):
            do(journal.set_accounts, chosen, values, done=f"The accounts of {form.called} are set.")


def _file(*words: Any) -> bytes:
    shop, me, period, form, by, opening = words
    return journal.file(shop, me, period.first, period.last, form, by, opening)


def doubts(found: pd.DataFrame) -> str:
    """What a value leaves out or guesses. found: valuation.side_by_side."""
    estimated, uncosted = found["estimated"].sum(), int(found["uncosted"].sum())
    guess = f"{labels.money(estimated, shop().currency)} of it is of items that nobody counted: the least that can lie there. "
    without = f"{labels.many(uncosted, 'item')} in stock without a cost {'is' if uncosted == 1 else 'are'} in no value."
    return plain(f"{guess if estimated else ''}{without if uncosted else ''}".strip())
