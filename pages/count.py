from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from ims_core import accuracy, counting, cycles, items, labels, tallies
from ims_core.web import choosing, differences, filling, ui


def overview() -> None:
    blind = ui.shop().count_blind and not ui.who().may("manager")
    sheets, planned = ui.ask(tallies.listed), ui.ask(cycles.plan, ui.today(), blind)
    going = sheets[sheets["step"].isna() | (sheets["step"] == "counted")]
    results = ui.ask(accuracy.results)
    fair = results[results["fair"]]
    says = f" The book was right in {fair['right'].mean():.0%} of {labels.many(len(fair), 'line')} counted by turn or chance."
    right = says if len(fair) else ""
    open_says = f"{labels.many(len(going), 'sheet')} open, " if len(going) else ""
    ui.page("Counts", f"{open_says}{labels.many(len(planned), 'line')} to count today.{right}")
    for sheet in going.to_dict("records"):
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            says = f"{sheet['counted']:,} of {labels.many(int(sheet['lines']), 'line')} · {sheet['who']}, {ui.local(sheet['opened_at'])}"
            st.markdown(f"**{ui.plain(sheet['title'])}**  \n:small[:gray[{ui.plain(says)}]]", width="stretch")
            label = "Go on" if sheet["step"] is None else "Differences"
            if st.button(label, key=f"go-{sheet['sheet_id']}", type="primary", icon=":material/arrow_forward:"):
                ui.go("count", sheet=int(sheet["sheet_id"]))
    choosing.todays(planned, main=going.empty)
    choosing.new_sheet()
    if len(results):
        differences.history(results)
    over = sheets[sheets["step"].isin(["booked", "cancelled"])]
    if len(over):
        st.subheader("Sheets before", anchor=False)
        for sheet in over.head(8).to_dict("records"):
            ui.link("count", f"{sheet['title']}, {labels.day_text(sheet['day'].date(), ui.today())}: "
                    f"{tallies.STATES[sheet['step']].lower()}, {labels.many(int(sheet['counted']), 'line')}",
                    sheet=sheet["sheet_id"])  # fmt: skip


def one_sheet(sheet_id: int) -> None:
    sheet, found = ui.ask(tallies.one, sheet_id), ui.ask(tallies.lines, sheet_id)
    state, done = tallies.state(sheet["step"], found), int(found["counted"].notna().sum())
    ui.page(sheet["title"], f"{tallies.STATES[state]}: {done:,} of {labels.many(len(found), 'line')}, opened by {sheet['who']}.")
    ui.link("count", "All counts", icon="arrow_back")
    blind = bool(sheet["blind"])  # until the last count is in, also for whoever may book it: a second count that saw the first is none
    if state == "open":
        st.progress(done / max(len(found), 1))
        filling.fill(sheet, found, found[found["counted"].isna()], blind)
        finish(sheet_id, found, done)
    elif state == "again":
        due = found[found["again"]]
        st.subheader(f"{labels.many(len(due), 'line')} to count again", anchor=False)
        st.caption("They are further from the book than their class allows. A second pair of eyes is best.")
        filling.fill(sheet, due, due, blind)
        if ui.who().may("manager"):
            so_far(sheet, found, blind)
    elif state == "cancelled":
        st.info("This sheet was given up; nothing of it was booked.", icon=":material/block:")
    else:
        differences.show(sheet, found)
    if state in ("open", "again", "counted"):
        with st.popover("Give this sheet up", icon=":material/delete:"):
            st.markdown("Nothing of it is booked, and it can be undone.")
            if st.button("Give it up", key=ui.act("give-up")):
                ui.do(counting.give_up, sheet_id, done=f"Given up: {sheet['title']}")


def so_far(sheet: Mapping[str, Any], found: pd.DataFrame, blind: bool) -> None:
    """What the first count found; on a blind sheet only by a click, because it shows the book."""
    says = "Differences so far" + (", and what the book says" if blind else "")
    with st.expander(says, expanded=not blind, icon=":material/visibility:", key=f"so-far-{sheet['sheet_id']}", on_change="rerun") as box:
        if box.open:
            differences.show(sheet, found)


def finish(sheet_id: int, found: pd.DataFrame, done: int) -> None:
    rest = len(found) - done
    st.divider()
    gone = False
    if rest and done:
        keep, none = "They stay as they are", "Nothing stands there"
        lacks = f"{labels.many(rest, 'line')} without a count"
        says = st.segmented_control(lacks, [keep, none], default=keep, required=True, key=f"rest-{sheet_id}")
        gone = says == none
    if st.button("Counting is finished", type="primary" if not rest else "secondary", icon=":material/done_all:", disabled=not done,
                 width="stretch", key=ui.act("finish")):  # fmt: skip
        ui.do(counting.finish, sheet_id, gone, done="Finished. Now it is compared with the book.")


if not ui.ask(items.any_yet):
    ui.page("Counts")
    says = "Here you count what stands on the shelves, and see where the book is wrong and why. There is no item yet."
    ui.empty(says, "Drop your files", "upload")
elif number := ui.number("sheet"):
    one_sheet(number)
else:
    overview()
