"""What the made-up shop's two tills export: every receipt, and every usual mistake, counted."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random

from ims_core.demo_trade import FIRST, LAST, Trade

OLD_TILL = "sales-2024-11_2025-10.csv"
NEW_TILL = "sales-2025-11_2026-10.csv"
CHANGE = date(2025, 11, 1)
"""First day of the new till."""

Counts = dict[str, int]

SERVICES = {
    "POST": ("Postage and packing", (4.90, 5.90, 5.90, 9.90)),
    "VOUCHER": ("Gift voucher", (20.0, 25.0, 50.0, 50.0, 100.0)),
    "SERVICE": ("Service charge", (6.0, 8.0, 12.0)),
}
UNLISTED = ("HO-799", "Postcard, local artist", 1.80)
"""Sold on commission: in no list, in no count."""


@dataclass(frozen=True)
class Line:
    """One line as the till writes it."""

    ticket: str
    at: datetime
    code: str
    name: str
    qty: str
    price: float
    day: str = ""
    """Written instead of the date, where the till wrote nonsense."""


def files(shop: Trade) -> tuple[dict[str, bytes], dict[str, Counts], Counts]:
    """The two exports by name, how many of each mistake are in them, and the pieces of each code at price 0."""
    random = Random(77)  # noqa: S311 a made-up shop, not a secret
    old, old_counts = _year(shop, random, FIRST, date(2025, 10, 31), 240001, date(2025, 3, 14))
    new, new_counts = _year(shop, random, CHANGE, LAST, 300001, date(2026, 5, 30))
    given: Counts = {}
    for line in (line for line in [*old, *new] if line.price == 0):
        given[line.code] = given.get(line.code, 0) + int(line.qty)
    return {OLD_TILL: _old_format(old), NEW_TILL: _new_format(new)}, {OLD_TILL: old_counts, NEW_TILL: new_counts}, given


def _year(shop: Trade, random: Random, first: date, last: date, number: int, twice: date) -> tuple[list[Line], Counts]:
    """A year of receipts with the year's mistakes; the afternoon of `twice` was exported twice."""
    counts: Counts = {}
    tickets = _tickets(shop, first, last)
    _add_postcards(tickets, random)
    calm = [ticket for ticket in tickets if ticket[0].at.date() != twice and int(ticket[0].qty) > 0]
    counts["cancelled"] = _mistype(tickets, random.sample(calm, 40))
    for code, often in zip(SERVICES, random.sample(range(25, 200), 3), strict=True):
        counts[code.lower()] = often
        for ticket in random.sample(calm, often):
            name, prices = SERVICES[code]
            ticket.append(Line("", ticket[0].at, code, name, "1", random.choice(prices)))
    lines = _numbered(tickets, number)
    counts["returns"] = sum(line.qty.startswith("-") and not line.ticket.startswith("C") for line in lines)
    counts |= _blemish(lines, random, twice)
    counts["duplicates"] = _export_twice(lines, twice)
    counts |= _garble(lines, random, twice)
    counts["lines"] = len(lines)
    return lines, counts


def _tickets(shop: Trade, first: date, last: date) -> list[list[Line]]:
    tickets: dict[int, list[Line]] = {}
    for sale in shop.sales:
        if first <= sale.at.date() <= last:
            line = Line("", sale.at, sale.item.code, sale.item.name, str(sale.qty), sale.price)
            tickets.setdefault(sale.ticket, []).append(line)
    return list(tickets.values())


def _add_postcards(tickets: list[list[Line]], random: Random) -> None:
    code, name, price = UNLISTED
    for ticket in random.sample(tickets, 90):
        ticket.append(Line("", ticket[0].at, code, name, random.choice("11123"), price))


def _mistype(tickets: list[list[Line]], chosen: list[list[Line]]) -> int:
    """Rung up, cancelled, and rung up again: the goods left once. The number of cancelling lines."""
    cancelled = 0
    for right in chosen:
        place = tickets.index(right)
        wrong = [line for line in right if line.code != UNLISTED[0]] or right
        tickets[place:place] = [list(wrong), [replace(line, ticket="C", qty=f"-{line.qty}") for line in wrong]]
        cancelled += len(wrong)
    return cancelled


def _numbered(tickets: list[list[Line]], number: int) -> list[Line]:
    """Receipts count up; a cancelling receipt is named C and the receipt it cancels."""
    lines: list[Line] = []
    for ticket in tickets:
        cancels = ticket[0].ticket == "C"
        name = f"C{number - 1}" if cancels else str(number)
        number += not cancels
        lines += [replace(line, ticket=name) for line in ticket]
    return lines


def _blemish(lines: list[Line], random: Random, twice: date) -> Counts:
    """Typed by hand: codes in small letters or with a blank behind them, no name, given away for nothing. No line has two of these."""
    odd = {*SERVICES, UNLISTED[0]}
    mistyped = {line.ticket[1:] for line in lines if line.ticket.startswith("C")}
    sound = [
        place
        for place, line in enumerate(lines)
        if line.at.date() != twice and line.code not in odd and line.ticket not in mistyped and int(line.qty) > 0
    ]
    flaws = {
        "small_letters": lambda line: replace(line, code=line.code.lower()),
        "trailing_blank": lambda line: replace(line, code=line.code + " "),
        "nameless": lambda line: replace(line, name=""),
        "free": lambda line: replace(line, price=0.0),
    }
    counts = {flaw: random.randrange(12, 60) for flaw in flaws}
    chosen = iter(random.sample(sound, sum(counts.values())))
    for flaw, often in counts.items():
        for place in (next(chosen) for _ in range(often)):
            lines[place] = flaws[flaw](lines[place])
    return counts


def _export_twice(lines: list[Line], twice: date) -> int:
    """The afternoon stands in the file a second time, right after the first."""
    afternoon = [place for place, line in enumerate(lines) if line.at.date() == twice and line.at.hour >= 13 and line.ticket.isdigit()]
    lines[afternoon[-1] + 1 : afternoon[-1] + 1] = [lines[place] for place in afternoon]
    return len(afternoon)


def _garble(lines: list[Line], random: Random, twice: date) -> Counts:
    """Lines of the day the till hung, which nobody can use: a word for a quantity, a date that does not exist."""
    calm = [
        line
        for line in lines
        if line.at.date() != twice and line.ticket.isdigit() and line.code not in SERVICES and line.name and line.price
    ]
    words, days = (
        ("two", "??", "1 or 2", "n/a", "a few"),
        ("2025-02-31", "2025-13-04", "2025-02-30", "31.02.2026", "00.06.2026", "32.01.2026"),
    )
    bad_days = [day for day in days if (day[4] == "-") == (calm[0].at.date() < CHANGE)]
    chosen = random.sample(calm, len(words) + len(bad_days))
    flaws: list[dict[str, str]] = [*({"qty": word} for word in words), *({"day": day} for day in bad_days)]
    for line, flaw in zip(chosen, flaws, strict=True):
        lines.insert(lines.index(line), replace(line, ticket=f"{line.ticket}0", **flaw))  # type: ignore[arg-type]
    return {"bad_quantity": len(words), "bad_date": len(bad_days)}


def _old_format(lines: list[Line]) -> bytes:
    rows = [
        [line.ticket, line.day or f"{line.at:%Y-%m-%d}", f"{line.at:%H:%M}", line.code, line.name, line.qty, f"{line.price:.2f}"]
        for line in lines
    ]
    return rows_as_text([["Receipt", "Date", "Time", "Item code", "Description", "Quantity", "Price"], *rows], ",").encode("utf-8-sig")


def _new_format(lines: list[Line]) -> bytes:
    rows = []
    for line in lines:
        pieces = int(line.qty) if line.qty.lstrip("-").isdigit() else 1
        day = line.day or f"{line.at:%d.%m.%Y}"
        rows.append([line.ticket, day, f"{line.at:%H:%M}", line.code, line.name, line.qty, _comma(line.price), _comma(line.price * pieces)])
    header = ["Bon no.", "Date", "Time", "Article no.", "Article text", "Qty", "Unit price", "Amount"]
    return rows_as_text([header, *rows], ";").encode("cp1252")


def _comma(amount: float) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def rows_as_text(rows: Iterable[Sequence[str]], separator: str) -> str:
    """Comma-separated text, whatever the comma is."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()
