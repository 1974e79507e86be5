"""What pages make of answers: questions like any other, so that it is worked out once a change and choice, and not at every click.

What they give is shared by all who look: it is read, never altered.
"""

from datetime import date
from typing import Any

import pandas as pd

from ims_core import alerts, charts, ledger, reorder
from ims_core.db import Database
from ims_core.web.doing import ask

Typed = frozenset[tuple[int, float]]
"""Quantities changed by hand: item_id and pieces."""

GRID = ["name", "quantity", "on_hand", "on_order", "expected_demand", "reorder_point", "pack", "unit_cost", "value", "supplier"]
"""The columns of the reorder lines."""


def proposals(_: Database, day: date, service: float) -> pd.DataFrame:
    """reorder.proposed: another service asks the ledger nothing anew."""
    return reorder.proposed(ask(reorder.position, day), service)


def orders(_: Database, day: date, service: float, typed: Typed) -> reorder.Orders:
    """What is ordered at a service, with what was changed by hand."""
    return reorder.added_up(reorder.ordered(ask(proposals, day, service), dict(typed)))


def lines(_: Database, day: date, service: float, typed: Typed, everything: bool, supplier: str | None) -> pd.DataFrame:
    """The lines in view: item_id and GRID."""
    found = ask(orders, day, service, typed).lines
    wanted = found["item_id"].notna() if everything else (found["quantity"] > 0) | (found["proposed"] > 0)
    if supplier:
        wanted &= found["supplier"] == supplier
    return found.loc[wanted, ["item_id", *GRID]].reset_index(drop=True)


def sheet(ordered: reorder.Orders, shop: str, day: date, currency: str, known: str) -> bytes:
    """The reorder sheet as a workbook; its reasons speak of what was proposed."""
    from ims_core import workbooks  # heavy, and needed only here

    lines = ordered.lines
    told = reorder.explained(lines.assign(quantity=lines["proposed"])).assign(quantity=lines["quantity"], value=lines["value"])
    return workbooks.reorder_sheet(told, shop, day, currency, known)


def explained(_: Database, day: date, service: float, item_id: int) -> dict[Any, Any]:
    """One proposal with what is said about it."""
    found = ask(proposals, day, service)
    said: dict[Any, Any] = reorder.explained(found[found["item_id"] == item_id]).iloc[0].to_dict()
    return said


def why_picture(_: Database, day: date, service: float, item_id: int) -> charts.Picture:
    """How a proposal adds up."""
    parts = reorder.why(ask(explained, day, service, item_id))
    return charts.Picture(charts.waterfall(parts, "Order"), charts.waterfall_alt(parts, "Order"))


def standing(_: Database, item_id: int, day: date) -> dict[Any, Any]:
    """The item's line of alerts.stock."""
    found = ask(alerts.stock, day)
    line: dict[Any, Any] = found[found["item_id"] == item_id].iloc[0].to_dict()
    return line


def stock_picture(_: Database, item_id: int, name: str, until: date, unit: str) -> charts.Picture:
    """What stood on the shelf."""
    history = ask(ledger.history, item_id)
    return charts.Picture(charts.stock_history(history, until, unit), charts.stock_history_alt(name, history, until))
