"""The rules of what needs attention: what each looks for, from when on, and how loudly it is told. Kept as versions, with defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ims_core import people
from ims_core.db import Database
from ims_core.errors import Refused

SCOPE = "alerts"
"""Under which the policies of the shop hold them."""

TELLS = {"off": "Off", "inbox": "Inbox only", "digest": "In the digest", "at once": "At once"}
"""How loudly a rule is told; `off` is not even looked for."""

EVERY = {1: "Every hour", 4: "Every 4 hours", 12: "Twice a day", 24: "Once a day", 168: "Once a week"}
"""Hours between two digests."""


@dataclass(frozen=True)
class Limit:
    """One number that a manager may set."""

    name: str
    says: str
    standard: float
    least: float
    most: float


@dataclass(frozen=True)
class Rule:
    """What is looked for. `says` is a sentence for the settings, `standard` how loudly it is told where nobody set that."""

    title: str
    icon: str
    says: str
    limits: tuple[Limit, ...] = ()
    standard: str = "digest"


RULES = {
    "stockout": Rule(
        "Running out", "production_quantity_limits", "Sold out, or sold out before more can be here.",
        (Limit("days", "Days ahead that are looked at", 14, 1, 120),),
    ),
    "reorder": Rule(
        "Below reorder point", "shopping_cart", "On hand and on order together are below the reorder point: the Reorders page proposes it.",
    ),
    "negative": Rule("Below zero", "exposure_neg_1", "More left a place than ever came in."),
    "expires": Rule(
        "Expiring", "event_busy", "A lot that is still in stock expires soon, or has.",
        (Limit("days", "Days before the day", 30, 1, 365),),
    ),
    "late": Rule(
        "Order late", "local_shipping", "A purchase order should have come.",
        (Limit("days", "Days late", 1, 1, 90),),
    ),
    "unusual": Rule(
        "Unusual movement", "warning", "One movement is many times what is usual for this item.",
        (Limit("times", "Times what 19 of 20 stay below", 5, 2, 100), Limit("days", "Days that are looked back", 14, 1, 90)),
    ),
    "silent": Rule(
        "Gone silent", "volume_off", "Stock is there, but what used to sell does not sell any more.",
        (Limit("missed", "Sales that should have come since", 7, 2, 50), Limit("days", "Days without a sale at least", 10, 3, 180)),
    ),
    "overstock": Rule(
        "Too much", "inventory", "More is there than sells in a long time, or what is there does not move.",
        (Limit("days", "Days it may last", 180, 30, 1095), Limit("money", "Value of what is too much, at least", 50, 0, 1_000_000)),
        "inbox",
    ),
    "target": Rule(
        "Target missed", "flag", "A KPI is off its target.",
        (Limit("days", "Over how many days", 28, 7, 365),),
    ),
    "forecast": Rule(
        "Forecast off", "query_stats", "What was asked for lies to one side of the forecast, week after week, by more than chance.",
        (Limit("signal", "Tracking signal beyond", 4, 1, 12), Limit("weeks", "Weeks that are looked at, at least", 6, 4, 26)),
        "inbox",
    ),
}  # fmt: skip
"""In the order in which they are shown. Each has a finder of its name in `conditions`."""


@dataclass(frozen=True)
class Setting:
    """A rule as it is set: how loudly, and its numbers."""

    tell: str
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Digest:
    """When what is not urgent is told."""

    hours: int = 24
    at: int = 7
    """The hour of the shop's day from which intervals are counted."""


# -- questions


def now(db: Database) -> Mapping[str, Setting]:
    """Every rule as it is set."""
    return db.kept(_settings, "policy_versions")


def _settings(db: Database) -> dict[str, Setting]:
    stored = _stored(db)
    return {
        name: Setting(
            stored.get(f"{name} tell", rule.standard),
            {limit.name: float(stored.get(f"{name} {limit.name}", limit.standard)) for limit in rule.limits},
        )
        for name, rule in RULES.items()
    }


def digest(db: Database) -> Digest:
    """When digests are sent."""
    stored = db.kept(_stored, "policy_versions")
    return Digest(int(stored.get("digest hours", Digest.hours)), int(stored.get("digest at", Digest.at)))


def _stored(db: Database) -> dict[str, str]:
    return dict(db.rows("select name, value from policies where scope = ?", [SCOPE]))


# -- commands


@people.needs("manager")
def save(db: Database, who: people.Person, rule: str, tell: str, numbers: Mapping[str, float]) -> int:
    """Set a rule. Refused: numbers out of range, and a way of telling that there is not."""
    if rule not in RULES:
        raise Refused(f"There is no rule called {rule}. There are: {', '.join(RULES)}.")
    if tell not in TELLS:
        raise Refused(f"A rule is told in one of these ways: {', '.join(TELLS)}; not {tell}.")
    known = {limit.name: limit for limit in RULES[rule].limits}
    for name, value in numbers.items():
        _refuse_out_of_range(RULES[rule], known.get(name), name, value)
    values = {"tell": tell, **{name: f"{value:g}" for name, value in numbers.items()}}
    with db.change(who=who.name, what=f"Alerts: {RULES[rule].title}") as change_id:
        db.append("policy_versions", [_row(f"{rule} {name}", value) for name, value in values.items()])
    return change_id


@people.needs("manager")
def set_digest(db: Database, who: people.Person, hours: int, at: int) -> int:
    """Set how often digests are sent, and from which hour of the day on intervals are counted."""
    if hours not in EVERY or not 0 <= at <= 23:
        raise Refused(f"A digest comes every {', '.join(map(str, EVERY))} hours, counted from an hour between 0 and 23.")
    with db.change(who=who.name, what=f"Alerts: {EVERY[hours].lower()} from {at}:00 on") as change_id:
        db.append("policy_versions", [_row("digest hours", str(hours)), _row("digest at", str(at))])
    return change_id


def _row(name: str, value: str) -> dict[str, Any]:
    return {"scope": SCOPE, "name": name, "value": value}


def _refuse_out_of_range(rule: Rule, limit: Limit | None, name: str, value: float) -> None:
    if limit is None:
        raise Refused(f"{rule.title} has no number called {name}.")
    if not limit.least <= value <= limit.most:
        raise Refused(f"{rule.title}, {limit.says.lower()}: between {limit.least:,g} and {limit.most:,g}, not {value:,g}.")
