"""Days on which something moved as intervals of constant stock, with what follows from all days before and totals that run through them.

Rows come as columns of numbers, those of an item (and place) side by side and oldest first. Days are counted from 1970 on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]

FOREVER = 2_932_896
"""31.12.9999: until further notice."""
NEVER = -(2**30)
MISSED = 90
"""Days for which a place misses an item after it last lay or was sold there; then it is kept elsewhere. The house does while in use."""

WHOLE = ("used", "out", "sales", "ran_out", "cycles", "short_cycles")
MOVED = ("sold", "returned", "received", "opened", "unpriced", "revenue", "paid")
TOTALS = (*WHOLE, "value_days", *MOVED, "cogs", "priced_cogs", "lost_value", "found_value")
"""What runs through the days of an item: WHOLE numbers, then pieces and money; see positions."""


@dataclass(frozen=True)
class Days:
    """A row an item (and place) and day on which it moved; `starts` marks where another item or place begins.

    of: day net (ten-thousandths of a piece) cost (NaN where nobody said) ended (since when it is out of use), and what moved, by why.
    """

    starts: Column
    of: Mapping[str, Column]

    @property
    def head(self) -> Column:
        """Of each row the first one of its item."""
        return np.maximum.accumulate(np.where(self.starts, np.arange(len(self.starts)), 0))

    def newest(self, here: Column) -> Column:
        """Of each row the newest up to it that is marked; -1 without any."""
        found = np.maximum.accumulate(np.where(here, np.arange(len(here)), -1))
        return np.where(found >= self.head, found, -1)

    def before(self, value: Column) -> Column:
        """Sums of whole numbers over all rows before, of the same item."""
        run = np.cumsum(value) - value
        return np.asarray(run - run[self.head])


def intervals(days: Days, by_place: bool) -> dict[str, Column]:
    """Columns until on_hand idle ran_out held_until (NEVER: empty) cycle (-1: empty), and a column total_<name> of each of TOTALS."""
    day, net = days.of["day"], days.of["net"]
    on_hand = days.before(net) + net
    until = np.where(np.r_[days.starts[1:], True], FOREVER, np.r_[day[1:], 0])
    held, sells, receives = on_hand > 0, days.of["sold"] > 0, days.of["received"] > 0
    ran_out = ~held & ~days.starts & np.r_[False, held[:-1]]
    stocked, outs = days.before(np.where(held, until - day, 0)), days.before((~held).astype(np.int64))
    sold, seen = days.newest(sells), days.newest(held | sells)
    came = np.where(days.starts, -1, np.r_[-1, days.newest(receives)[:-1]])
    found = {
        "until": until, "on_hand": on_hand, "ran_out": ran_out, "idle": stocked - np.where(sold >= 0, stocked[sold], 0),
        "held_until": np.where(seen >= 0, np.where(held, until, day + 1)[seen], NEVER),
        "cycle": np.where(receives & (came >= 0), outs > outs[came], -1),
    }  # fmt: skip
    totals = _whole(days, found, by_place) | _sums(days, found)
    return found | {f"total_{name}": totals[name] for name in TOTALS}


def _whole(days: Days, found: Mapping[str, Column], by_place: bool) -> dict[str, Column]:
    """Days up to the one before, and counts up to and with the day."""
    day, here = days.of["day"], np.minimum(found["until"], days.of["ended"])
    here = np.minimum(here, np.maximum(day, found["held_until"] + MISSED)) if by_place else here
    used = np.maximum(here - day, 0)
    counted = {"sales": days.of["sold"] != 0, "ran_out": found["ran_out"], "cycles": found["cycle"] >= 0,
               "short_cycles": found["cycle"] > 0}  # fmt: skip
    return {"used": days.before(used), "out": days.before(np.where(found["on_hand"] > 0, 0, used))} | {
        name: days.before(value.astype(np.int64)) + value for name, value in counted.items()
    }


def _sums(days: Days, found: Mapping[str, Column]) -> dict[str, Column]:
    """Pieces and money: of the stock at cost up to the day before, of all else up to and with it.

    Added up item by item, so that what an item's sums are never depends on which others are reckoned with it.
    """
    cost = np.nan_to_num(days.of["cost"])
    of = days.of
    worth = np.where(days.starts[1:], 0, (found["on_hand"] * cost / 1e4 * (found["until"] - of["day"]))[:-1])
    net = of["sold"] - of["returned"]
    parts = {
        "value_days": np.r_[0, worth], **{name: of[name] for name in MOVED}, "cogs": net * cost,
        "priced_cogs": (net - of["unpriced"]) * cost, "lost_value": of["lost"] * cost, "found_value": of["found"] * cost,
    }  # fmt: skip
    run = np.column_stack(list(parts.values()))
    begins = np.flatnonzero(days.starts)
    for first, end in zip(begins.tolist(), [*begins[1:].tolist(), len(run)], strict=True):
        np.cumsum(run[first:end], axis=0, out=run[first:end])
    return dict(zip(parts, np.round(run, 6).T, strict=True))
