"""Past imports on the screen: who, when, which files, what they left out, and the way back."""

from typing import Any

import streamlit as st

from ims_core import imports, labels, ledger
from ims_core.web import left
from ims_core.web.doing import act, ask, do, local, plain, shop
from ims_core.web.tables import columns, download, on_phone

A_PAGE = 8


def show() -> None:
    """The list, the newest first, eight at a time."""
    past = ask(imports.past)
    st.subheader("Imports so far", anchor=False)
    if past.empty:
        st.markdown(":gray[None yet. What you commit is listed here, and can be undone whole.]")
        return
    pages = -(-len(past) // A_PAGE)
    at = st.session_state.get("imports-page", 1) if pages > 1 else 1
    first = (min(at, pages) - 1) * A_PAGE
    for done in past.iloc[first : first + A_PAGE].itertuples():
        _one(done)
    if pages > 1:
        st.pagination(pages, key="imports-page")


def _one(done: Any) -> None:
    number = int(done.change_id)
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        state = " :gray-badge[undone]" if done.undone else ""
        rest = (("joined", done.joined), ("set aside", done.set_aside), ("refused", done.refused), ("dropped again since", done.again))
        unused = [f"{int(count):,} {name}" for name, count in rest if count]
        told = ", ".join([f"{int(done.used):,} of {labels.many(int(done.lines), 'line')} used", *unused])
        files = labels.many(int(done.files), "file")
        st.markdown(f"**{plain(done.what)}**{state}  \n:gray[{plain(f'{local(done.done_at)} · {done.who} · {files} · {told}')}]")
        with st.container(horizontal=True, width="content"):
            with st.popover("Files", icon=":material/draft:", key=f"files-{number}", on_change="rerun") as box:
                if box.open:
                    _files(number)
            if done.joined + done.set_aside + done.standing:
                lines = ask(imports.not_used, number)
                download(
                    "Lines to mend" if done.emptied else "Lines not used",
                    left.kept_maker(lines),
                    f"lines-not-used-{number}.xlsx",
                    key=f"rest-{number}",
                )
            if not done.undone:
                with st.popover("Undo", icon=":material/undo:", key=f"undoing-{number}", on_change="rerun") as box:
                    if box.open:
                        _undo(number, str(done.what))


def _files(number: int) -> None:
    found = ask(imports.files, number)
    shown = ["file", "kind", "lines", "used"] + [name for name in ("sheet", "joined", "set_aside", "refused") if found[name].any()]
    st.dataframe(
        found, width=330 if on_phone() else 560, height="content" if len(found) < 9 else 320, hide_index=True, placeholder="",
        column_order=shown, column_config=columns(shown), alt="Files of this import",
    )  # fmt: skip
    _differences(number)


def _differences(number: int) -> None:
    """What was counted, beside what sales and purchases say; the dearest first."""
    found = ask(imports.differences, number)
    if found.empty:
        return
    worth = labels.money(found["value"].sum(), shop().currency)
    st.markdown(plain(f"{labels.many(len(found), 'count')} differ from what sales and purchases say, together by {worth}."))
    shown = ["name", "on_hand", "net", "value"] if on_phone() else ["name", "place", "day", "on_hand", "expected", "net", "value"]
    extra = {"expected": st.column_config.NumberColumn("By the books", format="localized"),
             "on_hand": st.column_config.NumberColumn("Counted", format="localized")}  # fmt: skip
    st.dataframe(
        found, width=330 if on_phone() else 720, height="content" if len(found) < 9 else 320, hide_index=True, placeholder="",
        column_order=shown, column_config=columns(shown, extra), alt="Counts that differ from sales and purchases",
    )  # fmt: skip


def _undo(number: int, what: str) -> None:
    """What it takes back, and the button; where it cannot be done, why."""
    taking = ask(imports.taking_back, number)
    if taking.refusal:
        st.markdown(f":orange[:material/block:] {plain(taking.refusal)}")
        return
    st.markdown(plain(taking.says))
    if st.button("Undo import", icon=":material/undo:", type="primary", key=act(f"undo-{number}")):
        do(ledger.undo, number, done=f"Undone: {what}")
