"""What every page shares: its head, what to do on an empty screen, and the way to another page."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ims_core import charts, ledger
from ims_core.web.doing import (
    PAGES,
    SERVED,
    Progress,
    act,
    ask,
    calm,
    close,
    db,
    do,
    go,
    local,
    memory,
    number,
    plain,
    refuse,
    shop,
    today,
    waiting,
    who,
    working,
)
from ims_core.web.grids import grid
from ims_core.web.tables import STATUS, columns, download, excel, filters, matching, money, on_phone, search, table

__all__ = [
    "SERVED",
    "STATUS",
    "Progress",
    "act",
    "ask",
    "calm",
    "close",
    "columns",
    "db",
    "do",
    "download",
    "empty",
    "excel",
    "figure",
    "filters",
    "go",
    "grid",
    "link",
    "local",
    "matching",
    "memory",
    "money",
    "number",
    "on_phone",
    "page",
    "picture",
    "plain",
    "refuse",
    "search",
    "shop",
    "table",
    "today",
    "waiting",
    "who",
    "working",
]  # the words that pages speak


def page(title: str, says: str = "", icon: str | None = None) -> None:
    """The head of a page: its title, one line that says in words what is shown, and the last change with *Undo*."""
    st.title(plain(title), icon=icon and f":material/{icon}:", anchor=False)
    if says:
        st.caption(plain(says))
    _say_notes()
    if memory()["at_work"]:
        _say_what_is_at_work()
    _say_last_change(title)


def empty(sentence: str, button: str, page: str, icon: str = "inbox", **query: Any) -> None:
    """Nothing to show: why, and one button to the page that changes that."""
    with st.container(border=True, horizontal_alignment="center", key=f"empty-{page}"):
        st.space("small")
        st.markdown(f":gray[:material/{icon}:]", width="content")
        st.markdown(plain(sentence), text_alignment="center")
        if st.button(plain(button), type="primary"):
            go(page, **query)
        st.space("small")


def figure(label: str, value: str, change: str | None = None, trend: Sequence[float] = (), **look: Any) -> None:
    """A headline figure in its frame: `change` against the period before (with its sign), `trend` as a small picture."""
    shown: dict[str, Any] = {"chart_data": list(trend), "chart_type": "area"} if len(trend) > 1 else {}
    shown |= {"delta_color": "blue", "delta_arrow": "auto" if change and change[0] in "+-" else "off"}
    st.metric(plain(label), plain(value), change, border=True, height="stretch", **shown | look)


def picture(drawn: charts.Picture) -> None:
    """A figure as wide as there is room."""
    st.plotly_chart(drawn.figure, config=charts.CONFIG, alt=drawn.alt, width="stretch")


def link(page: str, label: str, icon: str = "arrow_forward", **query: Any) -> None:
    """A link to `pages/<page>.py`, with filters or an item in its address."""
    st.page_link(
        PAGES / f"{page}.py",
        label=plain(label),
        icon=f":material/{icon}:",
        icon_position="left" if icon == "arrow_back" else "right",
        query_params={name: str(value) for name, value in query.items()},
    )


def _say_notes() -> None:
    """What the owner must know about the last start, until somebody has read it."""
    notes = db().notes
    for note in list(notes):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(plain(note), icon=":material/healing:")
            if st.button("I have read this", key=f"read-{note}"):
                notes.remove(note)
                st.rerun()


@st.fragment(run_every=1)
def _say_what_is_at_work() -> None:
    """Work that was begun on another page and goes on; when it is done, the page is drawn anew."""
    work = memory()["at_work"]
    if not work:
        st.rerun()
    st.progress(work[0], text=plain(work[1]))


def _say_last_change(title: str) -> None:
    """A slim line on the page where the change was made; elsewhere it would be about something out of sight."""
    last = memory()["last"]
    if not last:
        return
    if last.pop("fresh", False):
        st.toast(plain(last["says"]), icon=":material/check_circle:")
    if last.setdefault("on", title) != title:
        memory()["last"] = None
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="last-change"):
        st.markdown(f":green[:material/check_circle:]  {plain(last['says'])}", width="content")
        if last["change_id"] and st.button("Undo", key=act("undo"), icon=":material/undo:", type="tertiary"):
            do(ledger.undo, last["change_id"], done=f"Undone: {ledger.change(db(), last['change_id'])['what']}")
        if st.button("Close", key=act("close"), icon=":material/close:", type="tertiary"):
            memory()["last"] = None
            st.rerun()
