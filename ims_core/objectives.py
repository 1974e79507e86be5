"""What the shop wants its KPIs to be: a target, from where on it is off, and who answers for it. Kept as versions.

in_force(db) -> kpi scope target threshold owner since who; scope: shop, or category:Tea, place:Cellar, item:17 ...
save(db, who, kpi, target, threshold, owner, scope="shop"); give_up(db, who, kpi, scope="shop"): manager
status(value, target, threshold) -> "on target", "near", "off" or ""
"""

from math import isfinite

import pandas as pd

from ims_core import people, policy
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.measures import BOOK
from ims_core.sums import BY

SHOP = "shop"


def scope(by: str, group: str | None) -> str:
    """The name of what is looked at: `shop`, or `category:Tea`."""
    return SHOP if by == SHOP or group is None else f"{by}:{group}"


def status(value: float | None, target: float | None, threshold: float | None) -> str:
    """How a value stands; which way is better is told by the threshold, which lies on the other side of the target.

    >>> [status(value, 0.95, 0.9) for value in (0.96, 0.93, 0.9)], status(12, 10, 14)
    (['on target', 'near', 'off'], 'near')
    """
    if value is None or target is None or threshold is None or not all(isfinite(number) for number in (value, target, threshold)):
        return ""
    sign = -1 if threshold > target else 1
    return "on target" if sign * value >= sign * target else "near" if sign * value > sign * threshold else "off"


# -- questions


def in_force(db: Database) -> pd.DataFrame:
    """Every objective: kpi scope target threshold owner since (the day it was set) who."""
    return db.frame(
        """
        select t.kpi, t.scope, t.target, t.threshold, t.owner, shop_day(c.done_at, $zone) as since, c.who
        from targets t join changes c using (change_id) order by t.scope, t.kpi
        """,
        {"zone": policy.shop(db).timezone},
    )


# -- commands


@people.needs("manager")
def save(db: Database, who: people.Person, kpi: str, target: float, threshold: float, owner: str, scope: str = SHOP) -> int:
    """Set an objective. Refused: an unknown KPI or scope, no owner, a threshold on the better side of the target."""
    _refuse_bad(kpi, target, threshold, owner, scope)
    with db.change(who=who.name, what=f"Target: {BOOK[kpi].label} {target:g}") as change_id:
        row = {"kpi": kpi, "scope": scope, "target": target, "threshold": threshold, "owner": owner.strip(), "active": True}
        db.append("target_versions", [row])
    return change_id


@people.needs("manager")
def give_up(db: Database, who: people.Person, kpi: str, scope: str = SHOP) -> int:
    """Have no objective for a KPI any more."""
    found = db.row("select kpi, scope, target, threshold, owner from targets where kpi = ? and scope = ?", [kpi, scope])
    if not found:
        raise Refused(f"There is no target for {kpi} of {scope} to give up.")
    with db.change(who=who.name, what=f"No target any more: {BOOK[kpi].label}") as change_id:
        db.append("target_versions", [{**found, "active": False}])
    return change_id


def _refuse_bad(kpi: str, target: float, threshold: float, owner: str, scope: str) -> None:
    if kpi not in BOOK:
        raise Refused(f"There is no KPI called {kpi}. Choose one of: {', '.join(BOOK)}.")
    if scope != SHOP and (":" not in scope or scope.split(":")[0] not in BY):
        raise Refused(f"{scope} is nothing a target can be for. It is shop, or such as category:Tea.")
    if not isfinite(target) or not isfinite(threshold):
        raise Refused("The target and the threshold are numbers.")
    if not owner.strip():
        raise Refused(f"Who answers for {BOOK[kpi].label}? A target without an owner is nobody's.")
    better = BOOK[kpi].better
    if target == threshold or (better == "up" and threshold > target) or (better == "down" and threshold < target):
        side = "below" if better == "up" else "above" if better == "down" else "away from"
        raise Refused(f"{BOOK[kpi].label} is off from {threshold:g} on, which must lie {side} the target {target:g}.")
