"""Tables as every page shows them: our column names with label, unit and format; search, download, a click to the item."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from ims_core import labels
from ims_core.web.doing import go, on_the_clock, plain, shop

Config: TypeAlias = dict[str, Any]

pa.set_cpu_count(1)  # of a table for the screen: threads would wait for each other longer than the work takes

KINDS = {
    "sku": "text", "name": "name", "category": "text", "unit": "text", "barcodes": "text", "suppliers": "text", "supplier": "text",
    "code": "text", "place": "text", "ref": "text", "note": "text", "who": "text", "what": "text", "via": "text", "file": "text",
    "barcode": "text", "sheet": "text", "email": "text", "phone": "text", "status": "status", "kind": "text",
    "on_hand": "number", "on_order": "number", "qty": "number", "net": "number", "pack": "number", "moq": "number", "items": "number",
    "pieces": "number", "movements": "number", "source_row": "number", "lines": "number", "used": "number", "joined": "number",
    "set_aside": "number", "estimated": "number", "refused": "number", "files": "number", "found": "number",
    "value": "money", "cost": "money", "price": "money", "unit_cost": "money", "unit_price": "money", "min_order": "money",
    "revenue": "money", "day": "day", "last_day": "day", "last_sale": "day", "ordered": "day", "expected": "day",
    "happened_at": "moment", "done_at": "moment", "since": "moment",
    "last_change": "moment", "last_used": "moment", "days_since": "days", "lead_days": "days",
    "lot": "text", "expires": "day", "left": "days", "active": "yes", "counted": "yes", "preferred": "yes", "ok": "yes", "undone": "yes",
}  # fmt: skip
"""How each of our columns is shown; what is not listed here is hidden, such as item_id."""

NAMES = {
    "on_order": "On order", "value": "Value", "last_day": "Last movement", "days_since": "Days since", "last_sale": "Last sale",
    "active": "In use", "counted": "Counted", "barcodes": "Barcodes", "suppliers": "Suppliers", "code": "Code", "note": "Note",
    "who": "Who", "what": "What", "via": "Through", "file": "File", "sheet": "Sheet", "source_row": "Row", "kind": "Kind",
    "happened_at": "When", "done_at": "When", "unit_cost": "Unit cost", "unit_price": "Unit price", "items": "Items",
    "pieces": "Pieces", "movements": "Movements", "lead_days": "Lead time", "pack": "Pack", "preferred": "Preferred",
    "ok": "Holds", "found": "Facts against it", "undone": "Undone", "net": "Change", "status": "Status", "revenue": "Sales",
    "estimated": "Of it estimated", "left": "Days left",
}  # fmt: skip

STATUS = {
    "In stock": "gray", "Sold out": "red", "Below zero": "orange", "Estimated": "orange", "Never counted": "orange",
    "Not moving": "yellow", "Not in use": "gray",
}  # fmt: skip
"""What a stock figure means, in words; colour says look (amber) or losing sales (red), else nothing."""
STATUS_WIDTH = 132
"""Pixels in which the longest of them can be read whole."""


def columns(names: Iterable[str], extra: Mapping[str, Any] | None = None) -> Config:
    """Column configuration for our column names; `extra` adds or replaces, None hides."""
    return {name: _column(name) for name in names} | dict(extra or {})


def table(
    frame: pd.DataFrame,
    key: str,
    *,
    alt: str,
    order: Sequence[str] | None = None,
    extra: Mapping[str, Any] | None = None,
    among: Sequence[str] = (),
    opens: bool = True,
    save_as: str | None = None,
    rows: int = 10,
    picks: str | None = None,
    blank: str = "",
) -> pd.DataFrame:
    """Show a frame; where it has `item_id` and `name`, a click on the name opens the item.

    Returns the rows that are shown; with `picks` ("single-row", "multi-row") those that are ticked.
    A row that can be ticked is named by the frame's first two columns.

    `order`: the columns to show; `among`: columns that a search box looks through; `save_as`: a name for the Excel download;
    `rows`: how many are seen before one scrolls; `blank`: what stands where nothing is known.
    """
    shown = list(order or [name for name in frame.columns if name in KINDS or name in (extra or {})])
    if among or save_as:
        frame = _tools(frame, key, shown, among, save_as)
    if picks:  # ticks are remembered by position: other rows need another table
        key = f"{key}-{zlib.crc32(repr([frame[name].tolist() for name in frame.columns[:2]]).encode())}"
    config = columns(shown, extra)
    if opens := opens and "item_id" in frame and "name" in shown:
        frame = frame.assign(name=frame["name"].str.replace(":material/", ":material\u200b/", regex=False))  # a button would draw the icon
        config["name"] = st.column_config.ButtonColumn(labels.FIELDS["name"].label, key=f"{key}_open", type="tertiary", alignment="left",
                                                       pinned=True, width=150 if on_phone() else 250)  # fmt: skip
    look: Config = {
        "hide_index": True,
        "placeholder": blank,
        "height": "content" if len(frame) <= rows else 35 * (rows + 1),
        "width": "stretch",
        "alt": alt,
    }
    if picks:
        look |= {"on_select": "rerun", "selection_mode": picks}
    room_for_tools()
    event: Any = st.dataframe(_sent(_rounded(frame, config), shown), key=key, column_config=config, **look)
    if opens and (click := st.session_state.get(f"{key}_open")):
        go("item", item=int(frame.iloc[click["row"]]["item_id"]))
    return frame.iloc[list(event.selection.rows)] if picks else frame


def excel(frame: pd.DataFrame, name: str, order: Sequence[str] | None = None) -> None:
    """The Excel download of a frame, in the columns `order`."""
    download("Excel", partial(_workbook, frame, name, order), f"{name}.xlsx", key=f"excel-{name}")


def download(label: str, maker: Callable[[], bytes], name: str, key: str | None = None) -> None:
    """A button that makes the file when it is clicked. The maker runs outside the session: it must bring its data along."""
    st.download_button(plain(label), maker, file_name=name, mime=media_type(name), key=key, on_click="ignore", icon=":material/download:")


def media_type(name: str) -> str:
    """The media type a file name stands for."""
    return {
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "csv": "text/csv",
        "pdf": "application/pdf",
    }.get(name.rpartition(".")[2], "application/octet-stream")


def search(key: str, placeholder: str = "Search") -> str:
    """A search box whose words stay in the address."""
    return st.text_input("Search", key=key, type="search", placeholder=placeholder, label_visibility="collapsed", live=True, width=300,
                         bind="query-params")  # fmt: skip


def filters(*keys: str) -> Any:
    """A drawer for further filters; its label says how many of them are set."""
    chosen = sum(st.session_state.get(key, st.query_params.get(key)) not in (None, "", [], ()) for key in keys)
    return st.popover(f"Filters · {chosen}" if chosen else "Filters", icon=":material/tune:", key="filters")


def matching(frame: pd.DataFrame, words: str | None, among: Sequence[str]) -> pd.DataFrame:
    """The rows that hold every word somewhere in the columns `among`; case does not count."""
    text = None
    for word in (words or "").lower().split():
        if text is None:
            text = frame[among[0]].fillna("").astype(str).str.lower()
            for name in among[1:]:
                text = text + " " + frame[name].fillna("").astype(str).str.lower()
        hit = text.str.contains(word, regex=False)
        frame, text = frame[hit], text[hit]
    return frame


def _tools(frame: pd.DataFrame, key: str, shown: list[str], among: Sequence[str], save_as: str | None) -> pd.DataFrame:
    with st.container(horizontal=True, vertical_alignment="center"):  # at the left: at the right a table's own tools would lie on it
        if among:
            frame = matching(frame, search(f"{key}_search"), among)
        if save_as:
            excel(frame, save_as, shown)
    return frame


def spoken(frame: pd.DataFrame) -> pd.DataFrame:
    """Kinds of movement in the shop's words, moments on its clock."""
    said = {name: _said(frame, name) for name in frame.columns if name == "kind" or KINDS.get(name) == "moment"}
    return frame.assign(**said) if said else frame


def _said(frame: pd.DataFrame, name: str) -> pd.Series:
    """One column as `spoken` has it."""
    column: pd.Series = frame[name]
    if name == "kind":
        return pd.Series([labels.MOVEMENT_KINDS.get(kind, kind) for kind in column], frame.index, dtype=object)
    return on_the_clock(column) if KINDS.get(name) == "moment" and len(frame) else column


def _workbook(frame: pd.DataFrame, title: str, order: Sequence[str] | None) -> bytes:
    from ims_core import workbooks  # heavy, and needed only here

    return workbooks.sheet({title: spoken(frame[list(order)] if order else frame)})


def on_phone() -> bool:
    """True where the browser says that it runs on a phone."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def room_for_tools() -> None:
    """On a phone a table's own tools are always seen: they would lie on what stands above it."""
    if on_phone():
        st.space(28)


def _rounded(frame: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Shares to a tenth of a percent, as the tiles have them: the browser shows up to two decimals of each."""
    shares = [
        name for name, look in config.items() if isinstance(look, dict) and (look.get("type_config") or {}).get("format") == "percent"
    ]
    return frame.round(dict.fromkeys(shares, 3)) if shares else frame


def _sent(frame: pd.DataFrame, shown: Sequence[str]) -> pa.Table:
    """The columns `shown` as they go to the browser: a status as a badge, which is a list of one.

    Column by column, as Table.from_pandas takes three times as long over a table for the screen.
    """
    found = pa.table({name: pa.array(_said(frame, name), from_pandas=True) for name in shown})
    if "status" not in shown:
        return found
    each = pa.ListArray.from_arrays(pa.array(np.arange(len(frame) + 1, dtype=np.int32)), found["status"].combine_chunks())
    return found.set_column(found.column_names.index("status"), "status", each)


def money(label: str, **look: Any) -> Any:
    """A column of money in the shop's currency, to the cent."""
    return st.column_config.NumberColumn(f"{label} ({shop().currency})", format="%,.2f", **look)


def _column(name: str) -> Any:
    label = labels.FIELDS[name].label if name in labels.FIELDS else NAMES.get(name, name.replace("_", " ").capitalize())
    kind = KINDS.get(name)
    make = st.column_config
    if kind == "name":
        return make.TextColumn(label, pinned=True, width=150 if on_phone() else 240)
    if kind == "number":
        return make.NumberColumn(label, format="localized")
    if kind == "money":
        return money(label)
    if kind == "days":
        return make.NumberColumn(label, format="localized")
    if kind == "day":
        return make.DateColumn(label, format="D MMM YYYY")
    if kind == "moment":
        return make.DatetimeColumn(label, format="D MMM YYYY, HH:mm")
    if kind == "yes":
        return make.CheckboxColumn(label)
    if kind == "status":
        return make.MultiselectColumn(label, options=list(STATUS), color=list(STATUS.values()), width=STATUS_WIDTH)
    if kind == "text":
        return make.TextColumn(label)
    return None
