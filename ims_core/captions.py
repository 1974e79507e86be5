"""The day that is told beside a table: above it, or in the name of its sheet or file."""

import re
from datetime import date

DAYS = (r"(?<!\d)(?P<y>20\d\d)([-_.]?)(?P<m>\d\d)\2(?P<d>\d\d)(?!\d)", r"(?<!\d)(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>20\d\d)(?!\d)")
"""Days as people write them into names and captions."""


def day_in(name: str) -> date | None:
    """The day that the name of a file or sheet tells: `stock 2026-05-31.xlsx`."""
    return next(iter(_days_in(name)), None)


COUNTED = re.compile(
    r"\b(stock|count(ed)?|inventory|inventur|bestand|lager\w*|inventaire|inventario|giacenz\w+|magazzino|estoque|existencias"
    r"|as (of|at|on)|per|stand)\b",
    re.I,
)
OTHERWISE = re.compile(
    r"\b(last|letzte\w*|derni\w+|[uú]ltim\w+|previous|print\w*|gedruckt|imprim\w*|stampat\w*|exported|created|erstellt|valid|gültig"
    r"|from|since|prices?|preis\w*|prix|precios?|prezzi)\b|\d/\d{1,2}/\d",
    re.I,
)
"""What a caption says where its day is that of a count, and where it is another one's."""


def day_told(title: str, sheet: str | None, name: str) -> date | None:
    """The day of a count above its table, else in the name of the sheet or file; two days above it are a span and tell none."""
    above = set(_days_in(title)) if COUNTED.search(title) and not OTHERWISE.search(title) else set()
    return above.pop() if len(above) == 1 else day_in(sheet or "") or day_in(name)


def _days_in(text: str) -> list[date]:
    """The days in a text, as the first way of writing them that is met."""
    for way in DAYS:
        if found := list(re.finditer(way, text)):
            try:
                return [date(int(day["y"]), int(day["m"]), int(day["d"])) for day in found]
            except ValueError:
                return []
    return []
