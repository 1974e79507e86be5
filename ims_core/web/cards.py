"""What the scan page shows of its reads: the newest one large, those that wait for a word, what is being counted, the last ones."""

from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from ims_core import items, labels, meanings, scanning
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.people import Person
from ims_core.scanning import Read
from ims_core.web import desk, fields
from ims_core.web.doing import ask, db, local, plain, refuse, who
from ims_core.web.doing import today as shop_day

TONES = {
    "ok": (st.success, "check_circle"),
    "look": (st.info, "info"),
    "ask": (st.warning, "help"),
    "unknown": (st.error, "question_mark"),
    "refused": (st.error, "block"),
}


def newest() -> None:
    """The newest read, large: what was done, what stands there now, one more of it, undo."""
    found = desk.desk().newest
    if found is None or found.key in desk.desk().waiting:
        return
    say, icon = TONES[found.tone]
    with st.container(gap="small", key="newest"):
        say(f"### :material/{icon}: {plain(found.says)}")
        if found.tone == "ok" and found.found:
            st.caption(plain(meanings.stands(db(), found.found)))
        if found.change_id or (found.tone == "look" and found.read and found.read.mode == "count"):
            with st.container(horizontal=True):
                if found.read:
                    st.button("One more", key=f"more-{found.key}", icon=":material/add:", on_click=desk.one_more, width="stretch")
                if found.change_id:
                    st.button("Undo", key=f"undo-{found.key}", icon=":material/undo:", on_click=desk.undo, args=(found.change_id,),
                              width="stretch")  # fmt: skip


def waiting() -> None:
    """Reads that were not posted yet, the newest first."""
    for read in reversed(list(desk.desk().waiting.values())):
        found = meanings.look(db(), read.code)
        with st.container(key=f"waits-{read.key}", gap="small"):
            if found.kind == "unknown":
                _unknown(read, found)
            else:
                _doubtful(read)


def _doubtful(read: Read) -> None:
    """What would be posted, its quantity to be changed, its lot where one is asked for, and yes or no."""
    typed = st.session_state.get(f"qty-{read.key}")
    try:
        asked = scanning.foresee(db(), read).asks_lot
        lot, expires = _lot(read) if asked else (read.lot, read.expires)
        seen = scanning.foresee(db(), replace(read, qty=typed or read.qty, lot=lot, expires=expires))
    except Refused as refusal:
        refuse(refusal)
        st.button("Do not post", key=f"no-{read.key}", on_click=desk.drop, args=(read.key,), width="stretch")
        return
    st.warning(f"### :material/help: {plain(' '.join([seen.sentence, *seen.doubts]))}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = "How many" if seen.found.pack == 1 else f"How many times {labels.pieces(seen.found.pack)}"
        times = seen.entry.qty / seen.found.pack if seen.entry else 1
        qty = st.number_input(label, min_value=0.0, value=float(times), step=1.0, format="%g", key=f"qty-{read.key}", width=150)
        st.button("Post", key=f"yes-{read.key}", type="primary", icon=":material/check:", on_click=desk.answer, args=(read.key,),
                  kwargs={"qty": qty, "lot": lot, "expires": expires}, width="stretch")  # fmt: skip
        st.button("Drop", key=f"no-{read.key}", icon=":material/close:", on_click=desk.drop, args=(read.key,))


def _lot(read: Read) -> tuple[str | None, date | None]:
    """What is printed on it; both may stay empty."""
    with st.container(horizontal=True):
        lot = st.text_input("Lot", key=f"lot-{read.key}", placeholder="As printed on it", max_chars=60)
        expires = fields.day("Expires", key=f"expires-{read.key}")
    return lot.strip() or None, expires


def _unknown(read: Read, found: meanings.Found) -> None:
    """A code nobody knows: a slip, a further code of an item, or a new item."""
    st.error(f"### :material/question_mark: {plain(found.says)}")
    known = ask(items.catalogue)
    names: dict[int, str] = dict(zip(known["item_id"], known["name"] + " · " + known["sku"], strict=True))
    likely = [guess.item_id for guess in found.maybe]
    for guess in found.maybe:
        st.caption(plain(f"Perhaps {guess.name}: {guess.why}"))
    first: Any = 0 if likely else None
    order = [*likely, *(item for item in names if item not in likely)]
    if found.scan.problem is None:
        with st.form(f"link-{read.key}", border=False):
            with st.container(horizontal=True, vertical_alignment="bottom"):
                item = st.selectbox("It is a code of", order, index=first, format_func=lambda each: names[each], placeholder="Name or code")
                pack = st.number_input("Pieces it stands for", min_value=0.0, value=1.0, step=1.0, format="%g", width=150)
            if st.form_submit_button("Link and go on", type="primary", icon=":material/link:", width="stretch"):
                _link(read, found, item, pack)
        if who().may("manager"):
            _new_item(read, found)
    st.button("Drop", key=f"no-{read.key}", icon=":material/close:", on_click=desk.drop, args=(read.key,))


def _link(read: Read, found: meanings.Found, item: int | None, pack: float) -> None:
    if item is None:
        refuse(Refused("Which item? Choose one first."))
        return
    _then(read, lambda here, person: items.link_barcode(here, person, item, found.scan.code, pack))


def _new_item(read: Read, found: meanings.Found) -> None:
    with st.expander("It is a new item", icon=":material/add:"), st.form(f"new-{read.key}", border=False):
        name = st.text_input("Name", placeholder="As it stands on the shelf")
        sku = st.text_input("Item code", value=found.scan.code)
        if st.form_submit_button("Make it and go on", icon=":material/add:"):

            def make(here: Database, person: Person) -> None:
                change_id = items.save(here, person, [{"sku": sku.strip(), "name": name.strip()}])
                item_id = here.scalar("select item_id from item_versions where change_id = ?", [change_id])
                items.link_barcode(here, person, item_id, found.scan.code)

            _then(read, make)


def _then(read: Read, command: Any) -> None:
    """Do it, then take the read as if the code had been known from the first."""
    try:
        command(db(), who())
    except Refused as refusal:
        refuse(refusal)
        return
    desk.desk().waiting.pop(read.key, None)
    desk.take(read)
    st.rerun()


def counts() -> None:
    """What is being counted; nothing of it is booked yet."""
    mine = desk.desk()
    if not mine.counts:
        return
    with st.container(border=True, key="counts", gap="small"):
        for count in mine.counts.values():
            st.markdown(f"**{labels.pieces(count.pieces)}** {plain(f'{count.found.name} in {count.place}')}")
        with st.container(horizontal=True):
            says = f"Book {labels.many(len(mine.counts), 'count')}"
            st.button(says, type="primary", icon=":material/check:", on_click=desk.book_counts, width="stretch", key="book-counts")
            st.button("Drop", icon=":material/close:", on_click=mine.counts.clear, key="drop-counts")


def last() -> None:
    """The last scans of everybody, each with undo."""
    found = ask(scanning.last)
    if found.empty:
        return
    st.subheader("Last scans", anchor=False)
    with st.container(border=True, gap="xsmall"):
        for scan in found.to_dict("records"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="xsmall"):
                says = plain(scan["what"])
                by = plain(f"{scan['who']}, {local(scan['done_at'])}".replace(f"{labels.day_text(shop_day(), shop_day())}, ", ""))
                st.markdown(f"{f':gray[~~{says}~~]' if scan['undone'] else says}  \n:small[:gray[{by}]]", width="stretch")
                if not scan["undone"]:
                    st.button("Undo", key=f"undo-{scan['change_id']}", icon=":material/undo:", type="tertiary", on_click=desk.undo,
                              args=(int(scan['change_id']),))  # fmt: skip
