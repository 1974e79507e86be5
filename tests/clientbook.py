"""Customer orders kept with a pencil: what was ordered, and the KPIs that one works out of it order by order."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd

from ims_core.db import Database


def told(db: Database, *lines: dict[str, Any], known_to: date) -> int:
    """What a file tells of customer orders."""
    usual: dict[str, Any] = {"place": "Shop", "promised": None, "shipped": None, "shipped_qty": 0, "closed": False, "known_to": known_to}
    with db.change(who="Owner", what="Orders") as change_id:
        db.append("customer_order_lines", [usual | {"line": at} | line for at, line in enumerate(lines, 1)])
    return change_id


def drawn(
    random: Random, items: Sequence[int], begins: date, days: int, many: int, places: Sequence[str] = ("Shop",)
) -> list[dict[str, Any]]:
    """So many orders of up to three items, each of which may be shipped whole, in part, late, or not yet."""
    rows = []
    for at in range(many):
        ordered = begins + timedelta(days=random.randint(0, days))
        promised = ordered + timedelta(days=random.randint(1, 9)) if random.random() < 0.8 else None
        closed, place = random.random() < 0.1, random.choice(places)
        for item in random.sample(items, random.randint(1, min(3, len(items)))):
            qty, kind = random.randint(1, 9), random.random()
            shipped = ordered + timedelta(days=random.randint(0, 14)) if kind < 0.8 else None
            got = 0 if shipped is None else qty if kind < 0.6 else random.randint(1, qty)
            rows.append({"number": f"N{at}", "item_id": item, "qty": qty, "ordered": ordered, "promised": promised, "shipped": shipped,
                         "shipped_qty": got, "closed": closed, "place": place})  # fmt: skip
    return rows


def by_hand(lines: pd.DataFrame, first: date, last: date) -> dict[str, float | None]:
    """The KPIs of customer orders. lines: one a number and item, None where nothing is known."""
    lines_judged = lines_filled = judged = filled = due = kept = 0
    waited: list[tuple[int, bool]] = []
    for _, order in lines[lines["ordered"] <= last].groupby("number"):
        here = order.to_dict("records")
        went = [line["shipped"] is not None and line["shipped"] <= last for line in here]
        whole = [out and line["shipped_qty"] >= line["qty"] for out, line in zip(went, here, strict=True)]
        if all(line["closed"] for line in here) and not any(went):
            continue
        ordered, promised = here[0]["ordered"], here[0]["promised"]
        left = [line["shipped"] for line, out in zip(here, went, strict=True) if out]
        over = all(out or line["closed"] for out, line in zip(whole, here, strict=True))
        if ordered >= first:
            waited.append((((max(left) if over else last) - ordered).days, over))
            if any(went) or (promised or ordered + timedelta(days=1)) <= last:
                lines_judged, judged, lines_filled = lines_judged + len(here), judged + 1, lines_filled + sum(whole)
                filled += all(whole) and len(set(left)) == 1
        if promised is not None and first <= promised <= last:
            due, kept = due + 1, kept + (all(whole) and max(left) <= promised)
    shares = {"line_fill": (lines_filled, lines_judged), "order_fill": (filled, judged), "otif": (kept, due)}
    found: dict[str, float | None] = {name: part / of if of else None for name, (part, of) in shares.items()}
    return found | {"fulfilment_time": kaplan_meier(waited, 0.5), "fulfilment_most": kaplan_meier(waited, 0.9)}


def kaplan_meier(rows: list[tuple[int, bool]], share: float) -> int | None:
    """The day by which this share is over, where open ones count with their age; None where it is not known yet."""
    still = 1.0
    for day in sorted({day for day, over in rows if over}):
        still *= 1 - sum(over for at, over in rows if at == day) / sum(at >= day for at, _ in rows)
        if still <= 1 - share + 1e-9:
            return day
    return None
