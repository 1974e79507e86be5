"""What of a drop is not used, on the screen: by reason, line for line, and as a workbook to mend."""

import json
from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from ims_core import labels, places, unused
from ims_core.plans import Group
from ims_core.web.doing import db, plain
from ims_core.web.tables import download, on_phone, room_for_tools

OUTCOMES = {"joined": "Joined", "set aside": "Set aside", "refused": "Refused"}
CORRECTED = {"changed": "yellow", "gone": "orange", "new": "gray"}
CHANGED = {"on_hand": ("stock", "in stock"), "price": ("price", "prices"), "cost": ("cost", "costs"), "name": ("name", "names"),
           "category": ("category", "categories"), "unit": ("unit", "units"), "barcode": ("barcode", "barcodes")}  # fmt: skip
"""What may become otherwise of an item, as one and as many."""
SHADES = {"Joined": "gray", "Set aside": "yellow", "Refused": "orange"}


def reasons(found: pd.DataFrame, key: str, alt: str) -> pd.DataFrame:
    """Why lines are not used, counted, with an example; the row that is ticked, or none."""
    shown = found.assign(outcome=found["outcome"].map(lambda word: [OUTCOMES[word]]), reason=found["reason"].map(_capital))
    make, small = st.column_config, on_phone()
    room_for_tools()
    event = st.dataframe(
        shown, key=key, hide_index=True, on_select="rerun", selection_mode="single-row", alt=alt, placeholder="",
        height="content" if len(shown) <= 12 else 35 * 12, width="stretch",
        column_order=["reason", "lines", "outcome", "codes"]
        if small
        else ["reason", "lines", "outcome", "codes", *_files(found), "example"],
        column_config={
            "reason": make.TextColumn("Why", width=150 if small else 250),
            "lines": make.NumberColumn("Lines", format="localized", width=60),
            "outcome": make.MultiselectColumn("Lines are", options=list(SHADES), color=list(SHADES.values()), width=90),
            "codes": make.TextColumn("Item codes", width=100 if small else 160),
            "file": make.TextColumn("File", width=180),
            "example": make.TextColumn("For example", width="large"),
        },
    )  # fmt: skip
    picked: Sequence[int] = event.selection.rows
    return found.iloc[list(picked)]


def _files(found: pd.DataFrame) -> list[str]:
    """The column of files, where there is more than one."""
    return ["file"] if "file" in found and found["file"].nunique() > 1 else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def corrections(found: pd.DataFrame) -> None:
    """Lines of documents in the shop that a corrected file has otherwise: what is changed, gone and new."""
    make, small, told = st.column_config, on_phone(), found["what"].value_counts()
    st.markdown(
        "**Corrected documents** · " + ", ".join(f"{told[what]:,} {what}" for what in CORRECTED if what in told)
        + "  \n:gray[Only what differs from what the shop has is booked.]"
    )  # fmt: skip
    shown = found.assign(what=found["what"].map(lambda word: [_capital(word)])).head(unused.SHOWN)
    st.dataframe(
        shown, hide_index=True, alt="Lines of corrected documents, before and now", placeholder="",
        height="content" if len(shown) <= 10 else 35 * 10,
        column_order=["ref", "sku", "before", "now", "what"] if small else ["what", "ref", "day", "sku", "before", "now", *_files(found)],
        column_config={
            "what": make.MultiselectColumn("Line is", options=[*map(_capital, CORRECTED)], color=list(CORRECTED.values()), width=80),
            "ref": make.TextColumn("Document", width=65 if small else 120), "sku": make.TextColumn("Item", width=60 if small else 140),
            "day": make.DateColumn("Day", format="D MMM YYYY", width=100), "file": make.TextColumn("File"),
            "before": make.TextColumn("Before", width=75 if small else 120), "now": make.TextColumn("Now", width=75 if small else 120),
        },
    )  # fmt: skip


def items_changed(found: pd.DataFrame) -> None:
    """What becomes otherwise of items that the shop has: as it stands, and as it will."""
    if found.empty:
        return
    make, small = st.column_config, on_phone()
    otherwise, told = found[found["before"].notna()]["what"].value_counts(), found[found["before"].isna()]["what"].value_counts()
    says = [
        f"{word} " + ", ".join(labels.many(int(counts[what]), one, many) for what, (one, many) in CHANGED.items() if what in counts)
        for word, counts in (("changed:", otherwise), ("new:", told)) if len(counts)
    ]  # fmt: skip
    st.markdown(f"**Items that the shop has** · {'; '.join(says)}")
    shown = found.head(unused.SHOWN).assign(what=lambda line: line["what"].map(lambda what: _capital(CHANGED[what][0])))
    room_for_tools()
    st.dataframe(
        shown, hide_index=True, alt="What changes of items that the shop has, before and now", placeholder="",
        height="content" if len(shown) <= 10 else 35 * 10, width="stretch",
        column_order=["sku", "what", "before", "now"] if small else ["name", "sku", "what", "before", "now"],
        column_config={
            "name": make.TextColumn("Name", width=260), "sku": make.TextColumn("Item", width=95 if small else 170),
            "what": make.TextColumn("What", width=65 if small else 110), "before": make.TextColumn("Before", width=75 if small else 140),
            "now": make.TextColumn("Now", width=75 if small else 140),
        },
    )  # fmt: skip


def placeless(groups: Sequence[Group]) -> None:
    """Which counts name no place, where the shop has several: the others then stay as they are."""
    if len(places.names(db())) < 2:
        return
    told = [(group.name, group.cleaned.rows) for group in groups if group.cleaned and "on_hand" in group.cleaned.rows.column_names]
    if names := [name for name, rows in told if rows["on_hand"].null_count < rows.num_rows and rows["place"].null_count]:
        says = f"No place is named in {', '.join(names)}: what is counted there is taken to stand in {labels.MAIN_PLACE}"
        st.markdown(f":material/info: {plain(says)}; other places stay as they are.")


def left(shown: Group, key: str) -> None:
    """The lines that are not used by reason; a tick shows them as they stand in the file."""
    if not len(shown.reasons):
        st.markdown(":gray[Every line is used.]")
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        total = int(shown.reasons["lines"].sum())
        st.markdown(f"{labels.many(total, 'line')} not used. Tick a reason to see its lines.", width="content")
        download("Excel", workbook_maker([shown]), "lines-not-used.xlsx", key=f"{key}-left-excel")
    picked = reasons(shown.reasons, f"{key}-reasons-{total}", "Why lines of this file are not used")
    for why in picked.itertuples():
        lines(shown, str(why.outcome), str(why.reason))


def lines(shown: Group, outcome: str, reason: str) -> None:
    """The lines themselves, the first thousand of them."""
    found = unused.lines(shown.left, shown.tables, outcome, reason)
    frame = unused.as_written(found.head(unused.SHOWN))
    row, file = labels.MARKS[1], labels.MARKS[0]
    order = [row, *shown.tables[0].header] + ([file] if found["file"].nunique() > 1 else [])
    if len(found) > unused.SHOWN:
        st.caption(f"The first {unused.SHOWN:,} of {len(found):,} lines; the Excel file holds all.")
    st.dataframe(frame, hide_index=True, column_order=order, height=min(38 + 35 * len(frame), 320), alt=f"Lines: {plain(reason)}",
                 placeholder="", column_config={row: st.column_config.NumberColumn("Row", format="%d", pinned=True, width=60)})  # fmt: skip


def wrong(shown: Group) -> None:
    """The group's cells that cannot be read."""
    if shown.cleaned is None or not len(shown.cleaned.problems):
        st.markdown(":gray[Every value could be read.]")
        return
    problems(shown.cleaned.problems)


def problems(found: pd.DataFrame) -> None:
    """Cells that cannot be read: where they stand, what is wrong with them, and what to do."""
    text, small = st.column_config.TextColumn, on_phone()
    names = ["row", "column", "value", "problem"] if small else ["file", "sheet", "row", "column", "value", "problem", "suggestion"]
    titles = {"file": "File", "sheet": "Sheet", "column": "Column", "value": "Value", "problem": "Problem", "suggestion": "What to do"}
    if len(found) > unused.SHOWN:
        st.caption(f"The first {unused.SHOWN:,} of {len(found):,} problems; the Excel file holds all.")
    st.dataframe(
        found.head(unused.SHOWN), hide_index=True, alt="Problems: file, row, column, value and what is wrong", placeholder="",
        height=min(38 + 35 * len(found), 320), column_order=[name for name in names if name != "sheet" or found["sheet"].notna().any()],
        column_config={name: text(title) for name, title in titles.items()} | {"row": st.column_config.NumberColumn("Row", format="%d")},
    )  # fmt: skip


def workbook_maker(groups: Sequence[Group], outcome: str | None = None, listed: pd.DataFrame | None = None) -> Callable[[], bytes]:
    """What a download button calls on the click: the lines not used as sheets to mend, `listed` problems as a sheet before them."""
    return partial(_workbook, tuple(groups), outcome, listed)


def _workbook(groups: Sequence[Group], outcome: str | None, listed: pd.DataFrame | None) -> bytes:
    from ims_core import workbooks  # heavy, and needed only here

    parts = [
        unused.lines(lines, group.tables, only).assign(kind=group.mapping.kind, mapping=json.dumps(group.mapping.columns))
        for group in groups
        for lines, only in ((group.left, outcome), (group.emptied, None))
        if lines is not None and lines.num_rows
    ]
    parts = [part for part in parts if len(part)]
    frames = unused.sheets(pd.concat(parts, ignore_index=True)) if parts else {}
    problem_list = {"Problems": listed[list(unused.PROBLEM_LIST)].rename(columns=unused.PROBLEM_LIST)} if listed is not None else {}
    return workbooks.sheet(problem_list | frames)


def kept_maker(found: pd.DataFrame) -> Callable[[], bytes]:
    """What a download button calls on the click: the lines that a past import left out, as sheets to mend."""
    return partial(_kept, found)


def _kept(found: pd.DataFrame) -> bytes:
    from ims_core import workbooks  # heavy, and needed only here

    return workbooks.sheet(unused.sheets(found))
