import streamlit as st

from ims_core import doubts, items, labels, ledger, places
from ims_core.web import fields, ui

BY_HAND = ["receipt", "sale", "count", "return_in", "return_out", "transfer", "adjustment", "scrap"]
CALLED = labels.MOVEMENT_KINDS | {"count": "Count"}
GOES = {"adjustment": "Pieces (minus takes away)", "count": "Pieces on the shelf"}
LOTS = ("receipt", "return_in")
"""What comes may say its lot; the shop then keeps the item by lots."""

today = ui.today()
if not ui.ask(items.any_yet):
    ui.page("Movements")
    says = "Every piece that comes or goes is listed here. There is no item yet: drop the files you have, or type your first items."
    ui.empty(says, "Drop your files", "upload")
    st.stop()

ui.page("Movements", "What came, what left and why. Nothing is ever overwritten: a mistake is undone by its opposite.")

wanted, mine = ui.number("record"), ui.memory()
with st.expander("Record a movement", icon=":material/edit_note:", expanded=wanted is not None, key="recording", on_change="rerun") as form:
    if form.open:
        stands = ui.ask(places.names)
        main = stands.index(labels.MAIN_PLACE) if labels.MAIN_PLACE in stands else 0
        known, sign = ui.ask(items.catalogue), ui.plain(ui.shop().currency)
        usable = known[known["active"]]
        kind = st.pills("Kind", BY_HAND, default="receipt", required=True, format_func=CALLED.get, key="record-kind",
                        label_visibility="collapsed")  # fmt: skip
        item_id = fields.item(usable, wanted, ui.act("record-item"), preset=False)
        with st.form(ui.act("record"), border=False):
            with st.grid(4, min_column_width=150):
                qty = st.number_input(GOES.get(kind, "Pieces"), value=None, step=1.0, format="%g", placeholder="0")
                place = st.selectbox("From" if kind == "transfer" else "Place", stands, index=main)
                to = st.selectbox("To", stands, index=None, placeholder="Where to") if kind == "transfer" else None
                day = fields.day("Day", today)
                cost = st.number_input(f"Cost of a piece ({sign})", value=None, min_value=0.0) if kind == "receipt" else None
                price = st.number_input(f"Price of a piece ({sign})", value=None, min_value=0.0) if kind == "sale" else None
                lot = st.text_input("Lot", placeholder="As printed on it", max_chars=60) if kind in LOTS else ""
                expires = fields.day("Expires") if kind in LOTS else None
            with st.grid(2, min_column_width=220):
                ref = st.text_input("Document", placeholder="Delivery note, receipt …")
                note = st.text_input("Note", placeholder="Why")
            if st.form_submit_button("Record", type="primary", icon=":material/check:"):
                if item_id is None:
                    st.error("Which item? Choose one first.", icon=":material/block:")
                elif qty is None and kind == "count":
                    st.error("How many stand there? Type 0 where there is nothing.", icon=":material/block:")
                else:
                    entry = ledger.Record(kind, item_id, qty or 0, place, day, to, cost, price, ref.strip() or None, note.strip() or None,
                                          lot=lot.strip() or None, expires=expires)  # fmt: skip
                    name, sku = usable.loc[usable["item_id"] == item_id, ["name", "sku"]].iloc[0]
                    said = f"{CALLED[kind]} of {labels.pieces(qty)} {name} · {sku} recorded."
                    mine["doubted"] = (entry, said) if ui.ask(doubts.of_movement, entry) else None
                    if not mine["doubted"]:
                        ui.do(ledger.record, entry, key=ui.act("record"), done=said)
        if doubted := mine.get("doubted"):
            entry, said = doubted
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning(ui.plain(" ".join([*ui.ask(doubts.of_movement, entry), "Post it anyway?"])), icon=":material/help:")
                if st.button("Post anyway", key=ui.act("sure"), icon=":material/check:"):
                    mine["doubted"] = None
                    ui.do(ledger.record, entry, key=ui.act("record"), done=said)
                if st.button("Do not post", key=ui.act("unsure"), type="tertiary"):
                    mine["doubted"] = None
                    st.rerun()

row = st.container(horizontal=True, vertical_alignment="center")
with row:
    words = ui.search("words", "Item, document or note")
    kind = st.selectbox("Kind", list(labels.MOVEMENT_KINDS), index=None, format_func=labels.MOVEMENT_KINDS.get, key="kind",
                        placeholder="Any kind", bind="query-params", label_visibility="collapsed", width=135)  # fmt: skip
    with ui.filters("at", "since", "until"):
        place = st.selectbox("Place", ui.ask(places.names), index=None, key="at", placeholder="Any", bind="query-params")
        since = fields.day("From", key="since", bind="query-params")
        until = fields.day("To", key="until", bind="query-params")

found = ui.ask(ledger.movements, kind=kind, place=place, first=since, last=until, search=words.strip() or None)
order = ["name", "qty", "kind", "day", "place", "ref", "note", "who", "file", "source_row"]
order[2:2] = ["unit"] if set(found["unit"].dropna()) - {"piece"} else []
order[-5:-5] = ["lot"] if found["lot"].notna().any() else []
with row:
    ui.excel(found, "Movements", order)
if found.empty:
    st.info("No movement fits. Take a filter away, or record the first one above.", icon=":material/filter_alt_off:")
    st.stop()
about = st.container()
picked = ui.table(found, "movements", alt="Movements, newest first, with their source", order=order, rows=16, picks="single-row")
if len(found) == ledger.MOST:
    st.caption(f"The newest {ledger.MOST:,} that fit. Filter to see older ones.")
with about:
    if picked.empty:
        st.caption("Tick a line to see the change it came with, and to undo it.")
    for line in picked.itertuples() if len(picked) else ():
        change = ui.ask(ledger.change, int(line.change_id))
        with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            others = f" It holds {change['movements']:,} movements; undoing takes all of them back." if change["movements"] > 2 else ""
            st.markdown(ui.plain(f"{change['what']}, by {change['who']}, {ui.local(change['done_at'])}.{others}"), width="stretch")
            if st.button("Undo", key=ui.act("undo-picked"), icon=":material/undo:"):
                ui.do(ledger.undo, int(line.change_id), done=f"Undone: {change['what']}")
