"""What a manager may set, by scope: for the whole shop, later for a class or an item."""

from dataclasses import dataclass, fields
from typing import Any

from ims_core import people, versions
from ims_core.db import Database
from ims_core.errors import Refused


@dataclass(frozen=True)
class Shop:
    """The shop's own settings; each has a default, so an empty shop works."""

    name: str = "My shop"
    currency: str = "€"
    timezone: str = "UTC"
    service: float = 0.95
    """Share of demand to be served from the shelf."""
    review_days: int = 7
    """How often orders are placed."""
    lead_days: int = 14
    """Lead time where neither item nor supplier has one."""
    carrying_rate: float = 0.25
    """What holding stock costs a year, as a share of its value: capital, space and risk. Textbooks say 0.20 to 0.25."""
    sales_tax: float = 0.0
    """Sales tax that prices of sale hold, as a share of the price without it: one rate for the shop, 0 where prices are without."""
    count_line: float = 50.0
    """Money: a count that differs by more in one line is booked by a manager."""
    count_sheet: float = 200.0
    """Money: so is a sheet whose differences, each without its sign, add up to more."""
    count_blind: bool = True
    """Staff count without seeing what the book says."""
    count_a_day: int = 20
    """Lines of a day's plan for counting."""


LIMITS = {
    "service": (0.5, 0.999),
    "review_days": (1, 90),
    "lead_days": (0, 365),
    "carrying_rate": (0.0, 1.0),
    "sales_tax": (0.0, 0.5),
    "count_line": (0, 1e9),
    "count_sheet": (0, 1e9),
    "count_a_day": (1, 500),
}


LONGEST = {"currency": 8, "name": 60}
"""Letters that have room beside every amount, and in the menu."""


def shop(db: Database) -> Shop:
    """The settings in force."""
    stored = db.kept(_stored, "policy_versions")
    standard = vars(Shop())
    return Shop(**{name: _read(type(standard[name]), value) for name, value in stored.items() if name in standard})


def zones() -> list[str]:
    """The names of time zones to choose from; `localtime`, which some machines list, is that of a machine, and the database knows none."""
    from zoneinfo import available_timezones

    return sorted(available_timezones() - {"localtime"})


def _read(kind: type, value: str) -> Any:
    return value == "True" if kind is bool else kind(value)


def _stored(db: Database) -> dict[str, str]:
    return dict(db.rows("select name, value from policies where scope = 'shop'"))


@people.needs("manager")
def set_shop(db: Database, who: people.Person, /, **values: Any) -> int:
    """Change settings of the shop by name, e.g. `service=0.97`. Refused: unknown names and values out of range."""
    for name, value in values.items():
        _refuse_bad(name, value)
    what = "Settings: " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
    with db.change(who=who.name, what=what) as change_id:
        rows = [{"scope": "shop", "name": name, "value": str(type(vars(Shop())[name])(value))} for name, value in values.items()]
        db.append("policy_versions", rows)
    return change_id


def _refuse_bad(name: str, value: Any) -> None:
    if name not in {field.name for field in fields(Shop)}:
        raise Refused(f"There is no setting called {name}.")
    if name in LIMITS and not LIMITS[name][0] <= value <= LIMITS[name][1]:
        low, high = LIMITS[name]
        raise Refused(f"{name.replace('_', ' ').capitalize()} must lie between {low:g} and {high:g}, not at {value:g}.")
    if isinstance(vars(Shop())[name], int) and value != int(value):
        raise Refused(f"{name.replace('_', ' ').capitalize()} is a whole number, not {value:g}.")
    if name == "timezone" and value not in zones():
        raise Refused(f"{value} is no time zone. Use a name such as Europe/Athens.")
    if not versions.seen(str(value)):
        raise Refused(f"The {name} is empty.")
    if name in LONGEST and len(value) > LONGEST[name]:
        raise Refused(f"The {name} has {len(value)} letters; {LONGEST[name]} are the most.")
