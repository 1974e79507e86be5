"""Tables as every page shows them: our column names with label, unit and format; search, download, a click to the item."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import pandas as pd
import streamlit as st

from ims_core import labels
from ims_core.web.doing import go, plain, shop

Config: TypeAlias = dict[str, Any]

KINDS = {
    "sku": "text", "name": "name", "category": "text", "unit": "text", "barcodes": "text", "suppliers": "text", "supplier": "text",
    "code": "text", "place": "text", "ref": "text", "note": "text", "who": "text", "what": "text", "via": "text", "file": "text",
    "sheet": "text", "email": "text", "phone": "text", "status": "status", "kind": "text",
    "on_hand": "number", "on_order": "number", "qty": "number", "net": "number", "pack": "number", "moq": "number", "items": "number",
    "pieces": "number", "movements": "number", "source_row": "number", "lines": "number", "used": "number", "joined": "number",
    "set_aside": "number", "refused": "number", "files": "number", "found": "number",
    "value": "money", "cost": "money", "price": "money", "unit_cost": "money", "unit_price": "money", "min_order": "money",
    "revenue": "money", "day": "day", "last_day": "day", "last_sale": "day", "ordered": "day", "expected": "day",
    "happened_at": "moment", "done_at": "moment", "days_since": "days", "lead_days": "days",
    "active": "yes", "counted": "yes", "preferred": "yes", "ok": "yes", "undone": "yes",
}  # fmt: skip
"""How each of our columns is shown; what is not listed here is hidden, such as item_id."""

NAMES = {
    "on_order": "On order", "value": "Value", "last_day": "Last movement", "days_since": "Days since", "last_sale": "Last sale",
    "active": "In use", "counted": "Counted", "barcodes": "Barcodes", "suppliers": "Suppliers", "code": "Code", "note": "Note",
    "who": "Who", "what": "What", "via": "Through", "file": "File", "sheet": "Sheet", "source_row": "Row", "kind": "Kind",
    "happened_at": "When", "done_at": "When", "unit_cost": "Unit cost", "unit_price": "Unit price", "items": "Items",
    "pieces": "Pieces", "movements": "Movements", "lead_days": "Lead time", "pack": "Pack", "preferred": "Preferred",
    "ok": "Holds", "found": "Facts against it", "undone": "Undone", "net": "Change", "status": "Status", "revenue": "Sales",
}  # fmt: skip

STATUS = {
    "In stock": "green", "Sold out": "red", "Below zero": "orange", "Never counted": "gray", "Not moving": "yellow", "Not in use": "gray",
}  # fmt: skip
"""What a stock figure means, in words; the colour says the same again."""


def columns(names: Iterable[str], extra: Mapping[str, Any] | None = None) -> Config:
    """Column configuration for our column names; `extra` adds or replaces, None hides."""
    sign = shop().currency
    return {name: _column(name, sign) for name in names} | dict(extra or {})


def table(
    frame: pd.DataFrame,
    key: str,
    *,
    alt: str,
    order: Sequence[str] | None = None,
    extra: Mapping[str, Any] | None = None,
    search: Sequence[str] = (),
    opens: bool = True,
    save_as: str | None = None,
    height: int | str = "auto",
) -> pd.DataFrame:
    """Show a frame; a click on a row with an `item_id` opens the item. Returns what is shown.

    `order`: the columns to show; `search`: columns that a search box looks through; `save_as`: file name of the Excel download.
    """
    shown = list(order or [name for name in frame.columns if name in KINDS or name in (extra or {})])
    frame = _tools(frame, key, shown, search, save_as)
    opens = opens and "item_id" in frame
    look: Config = {"hide_index": True, "placeholder": "", "height": height, "width": "stretch", "alt": alt}
    look |= {"key": key, "column_order": shown, "column_config": columns(shown, extra)}
    if not opens:
        st.dataframe(_badges(frame), **look)
        return frame
    event = st.dataframe(_badges(frame), on_select="rerun", selection_mode="single-row", **look)
    if rows := event.selection.rows:
        go("item", item=int(frame.iloc[rows[0]]["item_id"]))
    return frame


def download(label: str, maker: Callable[[], bytes], name: str, key: str | None = None) -> None:
    """A button that makes the file when it is clicked. The maker runs outside the session: it must bring its data along."""
    kind = media_type(name)
    st.download_button(plain(label), maker, file_name=name, mime=kind, key=key, on_click="ignore", icon=":material/download:")


def media_type(name: str) -> str:
    """The media type a file name stands for."""
    return {
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "csv": "text/csv",
    }.get(name.rpartition(".")[2], "application/octet-stream")


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


def _tools(frame: pd.DataFrame, key: str, shown: list[str], search: Sequence[str], save_as: str | None) -> pd.DataFrame:
    if not search and not save_as:
        return frame
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        if search:
            words = st.text_input(
                "Search", key=f"{key}_search", type="search", placeholder="Search", label_visibility="collapsed", width=320
            )
            frame = matching(frame, words, search)
        if save_as:
            download("Excel", partial(_workbook, frame[shown], save_as), f"{save_as}.xlsx", key=f"{key}_excel")
    return frame


def _workbook(frame: pd.DataFrame, title: str) -> bytes:
    from ims_core import workbooks  # heavy, and needed only here

    return workbooks.sheet({title: frame})


def _badges(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(status=frame["status"].map(lambda word: [word])) if "status" in frame else frame


def _column(name: str, sign: str) -> Any:
    label = labels.FIELDS[name].label if name in labels.FIELDS else NAMES.get(name, name.replace("_", " ").capitalize())
    kind = KINDS.get(name)
    make = st.column_config
    if kind == "name":
        return make.TextColumn(label, pinned=True, width=240)
    if kind == "number":
        return make.NumberColumn(label, format="localized")
    if kind == "money":
        return make.NumberColumn(f"{label} ({sign})", format="%,.2f")
    if kind == "days":
        return make.NumberColumn(f"{label} (days)", format="%d")
    if kind == "day":
        return make.DateColumn(label, format="D MMM YYYY")
    if kind == "moment":
        return make.DatetimeColumn(label, format="D MMM YYYY, HH:mm")
    if kind == "yes":
        return make.CheckboxColumn(label)
    if kind == "status":
        return make.MultiselectColumn(label, options=list(STATUS), color=list(STATUS.values()))
    if kind == "text":
        return make.TextColumn(label)
    return None
