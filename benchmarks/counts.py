"""Faults of each kind put into a believable ledger, then everything counted: how many are explained, and what is explained wrongly.

    python benchmarks/counts.py            # the seeds it is judged by
    python benchmarks/counts.py 1 2 3      # seeds of your own, such as those it was tuned on

A made-up shop trades for three months at a till and a goods-in desk (`demo_trade`, other seeds than the sample). What really stood there
is known; the ledger is what somebody wrote down, with faults.
Recall: the first explanation of the fault is of its kind and names the movement, order, item or place. False: an explanation called
likely that is not the truth, as a share of all that are called likely; and of differences without any cause, how many got one.
"""

import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ims_core import counting, demo_trade, explaining, items, ledger, people, places, tallies
from ims_core import db as database
from ims_core.counting import Entry
from ims_core.tallies import Wanted

SEEDS = (201, 202, 203, 204, 205, 206)
FROM, TO = datetime(2026, 7, 31, 20), datetime(2026, 10, 31, 20)
EACH = 3
"""Faults of each kind in one shop."""
NOISE = 20
"""Differences without a cause."""


@dataclass(frozen=True)
class Move:
    """One line as it is in the ledger."""

    at: datetime
    kind: str
    item: int
    place: str
    qty: int
    ref: str | None = None
    hand: bool = True


@dataclass
class World:
    """What was written down, and what really stands there."""

    random: Random
    moves: list[Move] = field(default_factory=list)
    shelf: Counter[tuple[int, str]] = field(default_factory=Counter)
    packs: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    open_orders: list[tuple[str, int, int, datetime]] = field(default_factory=list)
    typed: dict[tuple[int, str], int] = field(default_factory=dict)
    truth: dict[tuple[int, str], tuple[str, Any]] = field(default_factory=dict)
    before: Counter[tuple[int, str]] = field(default_factory=Counter)
    """What stood there on the first day; counted then, so that is right."""


def world(seed: int) -> World:
    """Three months of trade without a fault: sales at the till or by hand, receipts, moves to the cellar, returns, corrections."""
    random, shop = Random(seed), demo_trade.trade(seed)
    made, by_hand = World(random), seed % 2 == 0
    for number, item in enumerate(shop.items, 1):
        made.names[number], made.kinds[number] = item.name, item.category
        if random.random() < 0.5:
            made.packs[number] = random.choice((4, 5, 6, 8, 10, 12, 20, 24))
    numbers = {item.code: number for number, item in enumerate(shop.items, 1)}
    for sale in shop.sales:
        if FROM < sale.at < TO:
            kind = "sale" if sale.qty > 0 else "return_in"
            at = sale.at + timedelta(seconds=random.randrange(60) if by_hand else 0)
            made.moves.append(Move(at, kind, numbers[sale.item.code], "Shop", -sale.qty, None if by_hand else f"T{sale.ticket}", by_hand))
    for order in shop.orders:
        number = numbers[order.item.code]
        if order.received and FROM.date() < order.received <= TO.date():
            at = datetime.combine(order.received, datetime.min.time()) + timedelta(hours=10, seconds=random.randrange(7200))
            made.moves.append(Move(at, "receipt", number, "Cellar", order.coming, order.number))
        elif order.received is None:
            made.open_orders.append((order.number, number, order.qty, datetime.combine(order.expected, datetime.min.time())))
    for number in made.names:
        for _ in range(random.randrange(4)):  # carried up from the cellar, by the box or by the armful
            at, qty = _moment(random), random.choice((made.packs.get(number, 6), random.randrange(2, 30)))
            made.moves += [Move(at, "transfer", number, "Cellar", -qty), Move(at, "transfer", number, "Shop", qty)]
        if random.random() < 0.2:
            made.moves.append(Move(_moment(random), "adjustment", number, "Shop", random.choice((-3, -2, -1, 1, 2, 5))))
        if random.random() < 0.1:
            made.moves.append(Move(_moment(random), "scrap", number, "Cellar", -random.randrange(1, 4)))
    made.moves.sort(key=lambda move: move.at)
    _stock(made)
    return made


def _moment(random: Random) -> datetime:
    return FROM + timedelta(days=random.randrange(1, 90), seconds=random.randrange(36000))


def _stock(made: World) -> None:
    """So much to begin with that nothing ever falls below zero."""
    lowest, now = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for move in made.moves:
        now[move.item, move.place] += move.qty
        lowest[move.item, move.place] = min(lowest[move.item, move.place], now[move.item, move.place])
    for item in made.names:
        for place in ("Shop", "Cellar"):
            made.before[item, place] = made.random.randrange(5, 40) - lowest[item, place]
            made.shelf[item, place] = now[item, place] + made.before[item, place]


# -- faults: what somebody did, not how it is found


def faulted(made: World) -> World:
    """Each fault on a spot of its own; `shelf` is what really stands there, `moves` what was written down."""
    spots = list(made.shelf)
    made.random.shuffle(spots)
    for fault in (pack, twice, receipt, mix_up, place, digits, count_digits, sign):
        done = 0
        for spot in list(spots):
            if done == EACH:
                break
            if spot not in made.truth and (told := fault(made, spot)):
                made.truth[spot] = told
                done += 1
    for spot in [spot for spot in spots if spot not in made.truth][:NOISE]:
        lost = max(1, round(made.random.expovariate(1 / 2.5)))
        change = lost if made.random.random() < 0.25 else -min(lost, made.shelf[spot])
        if change:
            made.shelf[spot] += change
            made.truth[spot] = ("noise", None)
    return made


def _here(made: World, spot: tuple[int, str], *kinds: str) -> list[int]:
    return [at for at, move in enumerate(made.moves) if (move.item, move.place) == spot and (not kinds or move.kind in kinds)]


def _really(made: World, spot: tuple[int, str], change: int) -> bool:
    """The shelf differs from what the ledger will say, where a shelf can."""
    if change == 0 or made.shelf[spot] + change < 0:
        return False
    made.shelf[spot] += change
    return True


def _legs(made: World, at: int) -> list[int]:
    """The line, and of a move the other line, too: both are written in one go."""
    move = made.moves[at]
    if move.kind != "transfer":
        return [at]
    return [leg for leg, other in enumerate(made.moves) if other.kind == "transfer" and (other.item, other.at) == (move.item, move.at)]


def _written(made: World, at: int, qty: int, kind: str) -> Any:
    """Written down as `qty`; None where the other end of a move has a fault already."""
    legs = _legs(made, at)
    if any((made.moves[leg].item, made.moves[leg].place) in made.truth for leg in legs):
        return None
    for leg in legs:
        move = made.moves[leg]
        made.moves[leg] = replace(move, qty=qty if leg == at else -qty)
        made.truth[move.item, move.place] = (kind, None)
    return (kind, None)


def pack(made: World, spot: tuple[int, str]) -> Any:
    """Boxes were written down as pieces, or pieces as boxes; mostly when goods come in or are carried."""
    size, found = made.packs.get(spot[0]), _here(made, spot, "receipt", "transfer", "sale")
    if not size or not found:
        return None
    often = [at for at in found if made.moves[at].kind != "sale"]
    at = made.random.choice(often if often and made.random.random() < 0.8 else found)
    qty = made.moves[at].qty
    return _written(made, at, qty // size if qty % size == 0 else qty * size, "pack")


def twice(made: World, spot: tuple[int, str]) -> Any:
    """One beep too many, seconds later."""
    found = [at for at in _here(made, spot) if made.moves[at].hand]
    if not found:
        return None
    at = made.random.choice(found)
    later, legs = timedelta(seconds=made.random.randrange(1, 15)), _legs(made, at)
    if any((made.moves[leg].item, made.moves[leg].place) in made.truth for leg in legs):
        return None
    for leg in legs:
        made.moves.append(replace(made.moves[leg], at=made.moves[leg].at + later))
        made.truth[made.moves[leg].item, made.moves[leg].place] = ("twice", None)
    return ("twice", None)


def receipt(made: World, spot: tuple[int, str]) -> Any:
    """The goods stand in the cellar, the delivery note lies on a desk."""
    found = [order for order in made.open_orders if order[1] == spot[0]]
    if spot[1] != "Cellar":
        return None
    if not found:
        qty = made.random.choice((5, 6, 10, 12, 18, 20, 24, 30))
        found = [(f"N{spot[0]}", spot[0], qty, TO - timedelta(days=made.random.randrange(0, 12)))]
        made.open_orders += found
    order = made.random.choice(found)
    return ("receipt", order[0]) if _really(made, spot, order[2]) else None


def mix_up(made: World, spot: tuple[int, str]) -> Any:
    """One was rung up for another of its kind, once or a few times."""
    alike = [item for item, kind in made.kinds.items() if kind == made.kinds[spot[0]] and item != spot[0]]
    alike = [item for item in alike if (item, spot[1]) not in made.truth]
    qty = made.random.choice((1, 2, 2, 3, 4, 6))
    if not alike:
        return None
    other = _nearest(made, spot[0], alike) if made.random.random() < 0.75 else made.random.choice(alike)
    if made.shelf[other, spot[1]] < qty or not _really(made, spot, qty):
        return None
    made.shelf[other, spot[1]] -= qty
    made.truth[other, spot[1]] = ("mix-up", spot[0])
    return ("mix-up", other)


def _nearest(made: World, item: int, alike: list[int]) -> int:
    """The one that shares the most words: taken for each other because they look it."""
    words = set(made.names[item].lower().split())
    return max(alike, key=lambda other: (len(words & set(made.names[other].lower().split())), made.random.random()))


def place(made: World, spot: tuple[int, str]) -> Any:
    """Carried over without a word."""
    other = (spot[0], "Cellar" if spot[1] == "Shop" else "Shop")
    qty = made.random.randrange(1, 13)
    if other in made.truth or made.shelf[spot] < qty:
        return None
    made.shelf[spot] -= qty
    made.shelf[other] += qty
    made.truth[other] = ("place", spot[1])
    return ("place", other[1])


def _swapped(random: Random, number: int) -> int | None:
    text = str(number)
    pairs = [at for at in range(len(text) - 1) if text[at] != text[at + 1] and not (at == 0 and text[1] == "0")]
    if not pairs:
        return None
    at = random.choice(pairs)
    return int(text[:at] + text[at + 1] + text[at] + text[at + 2 :])


def digits(made: World, spot: tuple[int, str]) -> Any:
    """63 typed for 36 on a movement."""
    found = [at for at in _here(made, spot) if made.moves[at].hand and abs(made.moves[at].qty) >= 10]
    if not found:
        return None
    at = made.random.choice(found)
    move = made.moves[at]
    wrong = _swapped(made.random, abs(move.qty))
    if wrong is None:
        return None
    return _written(made, at, wrong if move.qty > 0 else -wrong, "digits")


def count_digits(made: World, spot: tuple[int, str]) -> Any:
    """63 typed for 36 on the count sheet."""
    wrong = _swapped(made.random, made.shelf[spot]) if made.shelf[spot] >= 10 else None
    if wrong is None:
        return None
    made.typed[spot] = wrong
    return ("count digits", None)


def sign(made: World, spot: tuple[int, str]) -> Any:
    """A return booked as a sale, goods scrapped that were found, a move the wrong way round."""
    found = _here(made, spot, "return_in", "adjustment", "transfer")
    if not found:
        return None
    at = made.random.choice(found)
    return _written(made, at, -made.moves[at].qty, "sign")


# -- the shop as it is opened


def opened(made: World) -> tuple[database.Database, int, dict[tuple[int, int], int]]:
    """The ledger with everything in it, all of it counted; the sheet, and which movement each line is."""
    shop = database.connect(":memory:")
    items.save(shop, people.LOCAL, [{"sku": f"I{number:03}", "name": name, "category": made.kinds[number], "cost": 5.0, "price": 9.0}
                                    for number, name in made.names.items()])  # fmt: skip
    places.save(shop, people.LOCAL, [{"place": "Shop"}, {"place": "Cellar"}])
    for number, size in made.packs.items():
        items.link_barcode(shop, people.LOCAL, number, f"BOX-{number}", size)
    book = made.before
    with shop.change(who="Owner", what="Opening") as _:
        shop.append("counts", [{"item_id": item, "place": place, "counted_at": FROM, "day": FROM.date(), "on_hand": qty}
                               for (item, place), qty in book.items()])  # fmt: skip
        ledger.post(shop, [{"line": at, "happened_at": FROM, "day": FROM.date(), "kind": "opening", "item_id": item, "place": place,
                            "qty": qty} for at, ((item, place), qty) in enumerate(book.items(), 1) if qty])  # fmt: skip
    lines = {}
    with shop.change(who="Till", what="Trade") as change_id:
        for at, _ in enumerate(made.moves):
            lines[change_id, at + 1] = at
        ledger.post(shop, [{"line": at, "happened_at": move.at, "day": move.at.date(), "kind": move.kind, "item_id": move.item,
                            "place": move.place, "qty": move.qty, "ref": move.ref, "file_id": None if move.hand else 1}
                           for at, move in enumerate(made.moves, 1)])  # fmt: skip
    with shop.change(who="Owner", what="Orders"):
        shop.append("orders", [{"order_id": at, "number": number, "ordered": due.date() - timedelta(days=21), "expected": due.date()}
                               for at, (number, _, _, due) in enumerate(made.open_orders, 1)])  # fmt: skip
        shop.append("order_lines", [{"order_id": at, "line": 1, "item_id": item, "qty": qty}
                                    for at, (_, item, qty, _) in enumerate(made.open_orders, 1)])  # fmt: skip
    counting.open_sheet(shop, people.LOCAL, "Everything", [Wanted(item, place) for item, place in made.shelf])
    counting.enter(shop, people.LOCAL, 1, [Entry(item, place, made.typed.get((item, place), qty), at=TO)
                                           for (item, place), qty in made.shelf.items()])  # fmt: skip
    counting.finish(shop, people.LOCAL, 1)
    return shop, 1, lines


def judged(seed: int) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """By kind: faults, found, among (shown at all); and in all: likely, wrong, noise, noise_explained, peer_found."""
    made = world(seed)
    faulted(made)
    shop, sheet, lines = opened(made)
    found, told = tallies.lines(shop, sheet), explaining.explain(shop, sheet)
    by_spot = {spot: rows.sort_values("likely", ascending=False).to_dict("records") for spot, rows in told.groupby(["item_id", "place"])}
    off = {(row.item_id, row.place): row.difference for row in found.itertuples() if row.difference}
    kinds, sums = defaultdict(Counter), Counter()
    for spot in off:
        kind, what = made.truth.get(spot, ("noise", None))
        shown = by_spot.get(spot, [])
        right = [row for row in shown if row["kind"] == kind and _names(row, what, lines, kind)]
        likely = [row for row in shown[:1] if row["likely"] >= explaining.LIKELY]
        sums["likely"] += len(likely)
        sums["wrong"] += bool(likely and likely[0] not in right)
        sums["shown"] += bool(shown)
        sums["wrong_first"] += bool(shown and shown[0] not in right)
        if "-v" in sys.argv and not (likely and likely[0] in right) and (kind != "noise" or likely):
            print(seed, kind, what, off[spot], [(row["kind"], round(row["likely"], 2), row["says"][:60]) for row in shown])
        if kind == "noise":
            sums["noise"] += 1
            sums["noise_likely"] += bool(likely)
            continue
        kinds[kind]["faults"] += 1
        kinds[kind]["first"] += bool(shown and shown[0] in right)
        kinds[kind]["likely"] += bool(likely and likely[0] in right)
        kinds[kind]["among"] += bool(right)
    shop.close()
    return kinds, sums


def _names(row: dict[str, Any], what: Any, lines: dict[tuple[int, int], int], kind: str) -> bool:
    """Whether the explanation speaks of the very movement, order, item or place; of equal movements any will do."""
    if kind in ("pack", "digits", "sign", "twice"):
        return True  # which of several equal movements it was, nobody can tell: the kind with its quantity is the truth
    if kind == "receipt":
        return f"Order {what} " in row["says"]
    if kind == "mix-up":
        return row["says"].split(" is off by")[0].endswith(f"(I{what:03})")  # the one that is named first, whoever else it may have been
    return kind != "place" or f"In {what} " in row["says"]


if __name__ == "__main__":
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    sums: Counter[str] = Counter()
    for seed in [int(word) for word in sys.argv[1:] if word.isdigit()] or SEEDS:
        more, total = judged(seed)
        sums += total
        for kind, counter in more.items():
            kinds[kind] += counter
    for kind, counter in sorted(kinds.items()):
        first, likely, among = (counter[word] / counter["faults"] for word in ("first", "likely", "among"))
        print(f"{kind:13} {counter['faults']:4} faults: named first {first:4.0%}, called likely {likely:4.0%}, named at all {among:4.0%}")
    print(f"called likely and wrong: {sums['wrong']} of {sums['likely']} ({sums['wrong'] / max(sums['likely'], 1):.1%})")
    print(f"named first and wrong: {sums['wrong_first']} of {sums['shown']} ({sums['wrong_first'] / max(sums['shown'], 1):.1%})")
    print(
        f"without a cause: {sums['noise_likely']} of {sums['noise']} got a likely one ({sums['noise_likely'] / max(sums['noise'], 1):.1%})"
    )
