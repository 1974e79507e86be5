"""Filling a count sheet: line by line with a thumb, in a grid, or as a filled Excel sheet."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from ims_core import counting, items, labels, places, slips
from ims_core.db import Database
from ims_core.entries import Entry, judged
from ims_core.errors import ImsError, Refused
from ims_core.people import Person
from ims_core.web import fields, grids
from ims_core.web.doing import PAGES, act, ask, db, do, memory, plain, refuse, shop
from ims_core.web.tables import download

WAYS = {
    "one": ":material/touch_app: One by one",
    "grid": ":material/grid_on: Grid",
    "paper": ":material/print: Excel",
}

FAULTS = {"row": "Row", "column": "Column", "value": "What it says", "code": "Code", "place": "Place", "counted": "Counted",
          "problem": "What is wrong", "to_do": "What to do"}  # fmt: skip


def fill(sheet: Mapping[str, Any], found: pd.DataFrame, due: pd.DataFrame, blind: bool) -> None:
    """The ways to enter what was counted. `due`: the lines that still wait for a count; `blind`: the book is not shown."""
    sheet_id = int(sheet["sheet_id"])
    way = st.segmented_control("Enter", list(WAYS), default="one", required=True, format_func=WAYS.__getitem__, key=f"way-{sheet_id}",
                               label_visibility="collapsed", width="stretch")  # fmt: skip
    if way == "one":
        _one_by_one(sheet_id, due, blind)
    elif way == "grid":
        _grid(sheet_id, found, blind)
    else:
        _paper(sheet, found, blind)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(PAGES / "scan.py", label="Scan onto this sheet", icon=":material/barcode_scanner:",
                     query_params={"mode": "count", "sheet": str(sheet_id)})  # fmt: skip
        _something_else(sheet_id, found)


def _one_by_one(sheet_id: int, due: pd.DataFrame, blind: bool) -> None:
    passed: list[tuple[int, str]] = memory().setdefault(f"passed-{sheet_id}", [])
    lines = [row for row in due.to_dict("records") if (row["item_id"], row["place"]) not in passed] or due.to_dict("records")
    if not lines:
        st.success("Everything on this sheet is counted.", icon=":material/check_circle:")
        return
    line = lines[0]
    with st.form(act(f"one-{sheet_id}-{line['item_id']}-{line['place']}"), border=True):
        st.markdown(f"### {plain(line['name'])}")
        book = "" if blind else f" · {labels.pieces(line['book'])} in the book"
        st.caption(plain(f"{line['place']} · {line['sku']}{book}"))
        qty = st.number_input("How many stand there?", min_value=0.0, value=None, step=1.0, format="%g", placeholder="Count, then type")
        left, right = st.columns([3, 1])
        counted = left.form_submit_button("Next", type="primary", icon=":material/arrow_forward:", width="stretch")
        later = right.form_submit_button("Later", width="stretch")
    if later:
        passed.append((line["item_id"], line["place"]))
        st.rerun()
    if not counted:
        return
    if qty is None:
        refuse(Refused("How many? Type a number, 0 where there is none."))
    else:
        do(
            counting.enter,
            sheet_id,
            [Entry(line["item_id"], line["place"], float(qty))],
            done=f"{labels.pieces(qty)} {line['name']} counted.",
        )


def _grid(sheet_id: int, found: pd.DataFrame, blind: bool) -> None:
    order = ["name", "place", "sku"] + ([] if blind else ["book"]) + ["now"]
    number = st.column_config.NumberColumn
    extra = {"now": number("Counted", min_value=0, format="localized"), "book": number("Book", format="localized", disabled=True)}
    _not_taken(sheet_id)
    shown = found.assign(now=found["counted"])
    grids.grid(shown, f"sheet-{sheet_id}", partial(_save, sheet_id=sheet_id), alt="What stands on the sheet, and what was counted",
               number=["item_id", "place"], order=order, fixed=["name", "sku", "book", "place"], extra=extra,
               needs="staff", done="Written on the sheet.")  # fmt: skip


def _save(here: Database, who: Person, edits: Sequence[Mapping[str, Any]], sheet_id: int) -> int:
    if any("item_id" not in edit for edit in edits):
        raise Refused("A new line needs an item: choose it under Found something else.")
    typed = [Entry(int(edit["item_id"]), str(edit["place"]), float(edit["now"])) for edit in edits if edit.get("now") is not None]
    found = judged(here, sheet_id, typed)
    if not found.good:
        return counting.enter(here, who, sheet_id, typed)
    change_id = counting.enter(here, who, sheet_id, found.good)
    told = [typed[line - 1] for line in found.problems["line"].tolist()]
    memory()[f"not-taken-{sheet_id}"] = found.problems.assign(
        code=[items.skus(here).get(entry.item_id, "") for entry in told], place=[entry.place for entry in told],
        counted=[entry.qty for entry in told],
    )  # fmt: skip
    return change_id


def _not_taken(sheet_id: int) -> None:
    """The lines of the grid that could not be written down when it was last saved."""
    left = memory().get(f"not-taken-{sheet_id}")
    if left is None or left.empty:
        return
    st.warning(f"{labels.many(len(left), 'line')} could not be taken, all others are on the sheet.", icon=":material/rule:")
    st.dataframe(left[["code", "place", "counted", "problem", "to_do"]], column_config=FAULTS, hide_index=True, width="stretch",
                 alt="Lines that were not taken, with the reason and what to do")  # fmt: skip
    if st.button("Done with them", key=act(f"done-{sheet_id}"), icon=":material/check:"):
        del memory()[f"not-taken-{sheet_id}"]
        st.rerun()


def _paper(sheet: Mapping[str, Any], found: pd.DataFrame, blind: bool) -> None:
    sheet_id, title = int(sheet["sheet_id"]), str(sheet["title"])
    st.caption("Download the sheet, print it or fill in its last column, and drop it here. Empty cells stay uncounted.")
    download("Sheet to fill in", partial(slips.workbook, found, title, blind), f"Count {title}.xlsx", key=f"slip-{sheet_id}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        zone = ZoneInfo(shop().timezone)
        here = datetime.now(zone)  # the browser and this machine may be in another
        day = fields.day("Counted on", here.date(), key=f"on-{sheet_id}", width=150)
        hour = st.time_input("at", here.time(), step=300, key=f"at-{sheet_id}", width=130)
    file = st.file_uploader("Filled sheet", type=labels.FILE_ENDINGS, key=act(f"filled-{sheet_id}"), label_visibility="collapsed")
    if file is None:
        return
    at = min(datetime.combine(day, hour, zone).astimezone(UTC), datetime.now(UTC)).replace(tzinfo=None)
    try:
        filled = slips.read(db(), sheet_id, file.name, file.getvalue(), at)
    except ImsError as refusal:
        refuse(refusal)
        return
    empty = f", {filled.blank:,} left empty" if filled.blank else ""
    st.markdown(f"**{labels.many(len(filled.entries), 'line')} counted**{empty}.")
    if len(filled.problems):
        lines = labels.many(len(filled.problems), "line")
        st.warning(f"{lines} cannot be used. Mend them in the file and drop it again, or go on without.",
                   icon=":material/rule:")  # fmt: skip
        st.dataframe(filled.problems, column_config=FAULTS, hide_index=True, width="stretch",
                     alt="Lines of the file that cannot be used, with the reason and what to do")  # fmt: skip
    if filled.entries and st.button("Take them onto the sheet", type="primary", icon=":material/check:", key=act("take")):
        do(counting.enter, sheet_id, filled.entries, done=f"{labels.many(len(filled.entries), 'line')} counted.")


def _something_else(sheet_id: int, found: pd.DataFrame) -> None:
    """What stands there and is not on the list."""
    with st.popover("Found something else", icon=":material/add:"), st.form(act(f"else-{sheet_id}"), border=False):
        known = ask(items.catalogue)
        names = dict(zip(known["item_id"], known["name"] + " · " + known["sku"], strict=True))
        spots = ask(places.names)
        usual = found["place"].mode().iloc[0] if len(found) else spots[0]
        item = st.selectbox("Item", list(names), index=None, format_func=names.__getitem__, placeholder="Name or code")
        place = st.selectbox("Place", spots, index=spots.index(usual) if usual in spots else 0)
        qty = st.number_input("How many", min_value=0.0, value=1.0, step=1.0, format="%g")
        if st.form_submit_button("Write it down", type="primary", width="stretch"):
            if item is None:
                refuse(Refused("Which item? Choose one first."))
            else:
                do(counting.enter, sheet_id, [Entry(item, place, float(qty))], done=f"{labels.pieces(qty)} {names[item]} counted.")
