import streamlit as st

from ims_core import items, labels, places, scanning, tallies
from ims_core.web import cards, desk, pictures, scanner, ui

ICONS = {
    "look": "search", "receive": "move_to_inbox", "sell": "shopping_bag", "return": "undo", "move": "swap_horiz", "count": "pin",
    "scrap": "delete",
}  # fmt: skip
HINTS = {"move": "Scan the place it goes to, then the items"}

WAYS = {
    "field": ":material/barcode_reader: Scanner",
    "camera": ":material/videocam: Camera",
    "photo": ":material/photo_camera: Photo",
}
SILENT = {
    "insecure": "Browsers open a camera only over https, and this page came over http. Take a photo instead, or let whoever "
    "looks after the program run `make cert` once, and open the address with https.",
    "denied": "This browser was told not to open the camera here. Allow it in the browser's settings for this address, and reload.",
    "missing": "No camera was found here, or another program has it. Take a photo instead.",
    "lost": "The camera's pictures do not reach the server, which would read them: they need UDP from this device to it. It is tried "
    "again and again. Let whoever looks after the program run `make camera` once, so that this browser reads the codes itself.",
}

if not ui.ask(items.any_yet):
    ui.page("Scan")
    ui.empty("Scan codes with a hand scanner or a phone. There is no item yet: drop the files you have.", "Drop your files", "upload")
    st.stop()
ui.page("Scan", "Every beep is booked once and can be undone.")


@st.fragment
def counter() -> None:
    st.session_state.setdefault("scan-place", labels.MAIN_PLACE)
    asks = st.session_state.get("scan-asks", "packs")
    desk.take_new(asks)
    now = {"mode": choose_mode(), "turn": desk.desk().turn} | choose_places() | choose_order()
    choose_sheet()
    way = st.segmented_control("Read with", list(WAYS), default="field", required=True, format_func=WAYS.get, key="scan-way",
                               width="stretch", label_visibility="collapsed", persist_state="session")  # fmt: skip
    moment = st.session_state.get("scan-moment", 2.0)
    scanner.mount(now, desk.desk().done, desk.verdict(), hint=HINTS.get(now["mode"], "Scan, or type 3*code for three"),
                  silent=not st.session_state.get("scan-sound", True), camera=way == "camera", moment=moment,
                  answer=pictures.answered(scanner.offer() if way == "camera" else None, moment))  # fmt: skip
    if way == "photo":
        pictures.photos(now, asks)
    elif way == "camera" and scanner.camera() in SILENT:
        st.warning(SILENT[scanner.camera()], icon=":material/no_photography:")
    cards.newest()
    cards.waiting()
    cards.counts()
    cards.last()
    with st.popover("How scanning works here", icon=":material/tune:"):
        st.selectbox("Ask before posting", list(desk.ASKS), format_func=desk.ASKS.get, key="scan-asks", persist_state="session")
        st.slider(
            "Camera: the same code again after … seconds out of view", 0.5, 10.0, 2.0, 0.5, key="scan-moment", persist_state="session"
        )
        st.toggle("Sound", value=True, key="scan-sound", persist_state="session")


def choose_mode() -> str:
    named = st.query_params.get("mode")
    mode: str = st.pills(  # not segments: where those take two rows, the first is a pixel too wide
        "Mode", list(scanning.MODES), default=named if named in scanning.MODES else "look", required=True, key="scan-mode",
        format_func=lambda each: f":material/{ICONS[each]}: {scanning.MODES[each]}", label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    if mode != named:
        st.query_params["mode"] = mode  # so that a reload, or a link on the phone's home screen, comes back to it
    return mode


def choose_places() -> dict[str, str | None]:
    mode, stands = st.session_state["scan-mode"], ui.ask(places.names)
    if mode == "look":
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        place = st.selectbox("From" if mode == "move" else "Place", stands, key="scan-place", persist_state="session")
        if mode != "move":
            return {"place": place}
        return {"place": place, "to": st.selectbox("To", stands, index=None, key="scan-to", placeholder="Scan or choose",
                                                   persist_state="session")}  # fmt: skip


def choose_order() -> dict[str, int | None]:
    if st.session_state["scan-mode"] != "receive":
        return {}
    waits = ui.ask(scanning.orders_waiting)
    if waits.empty:
        return {}
    says = {row.order_id: f"{row.number} · {row.supplier or '–'} · {labels.pieces(row.open)} to come" for row in waits.itertuples()}
    return {"order_id": st.selectbox("Purchase order", list(says), index=None, format_func=says.get, placeholder="Without an order")}


def choose_sheet() -> None:
    found = ui.ask(tallies.listed)
    found = found[found["step"].isna() | (found["step"] == "counted")]
    if st.session_state["scan-mode"] != "count" or found.empty:
        st.session_state["scan-sheet"] = None
        return
    titles = dict(zip(found["sheet_id"], found["title"], strict=True))
    asked = ui.number("sheet")
    st.selectbox("Count sheet", list(titles), index=list(titles).index(asked) if asked in titles else None, format_func=titles.get,
                 key="scan-sheet", placeholder="None: each count is booked by itself")  # fmt: skip


counter()
