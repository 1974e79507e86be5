"""Two years in the life of a made-up shop: what customers wanted, what was on the shelf, what was ordered and when it came."""

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from random import Random

from ims_core.demo_goods import BOUGHT, SUPPLIERS, Item, items

BEFORE = date(2024, 5, 6)
"""The shop runs half a year before its books begin, so that they begin with shelves and orders as they are."""
FIRST = date(2024, 11, 1)
LAST = date(2026, 10, 31)
NEW_PRICES = date(2026, 1, 12)
"""From here on the prices of the items file; before, they were a little lower."""

WEEKDAYS = (0.8, 0.85, 0.95, 1.05, 1.45, 1.9, 0.0)
CLOSED = {(1, 1), (1, 6), (5, 1), (12, 25), (12, 26)}

PROMOTIONS = (  # first day, last day, category, price off
    (date(2024, 11, 25), date(2024, 11, 30), "Coffee makers", 0.20),
    (date(2025, 2, 10), date(2025, 2, 15), "Tea", 0.15),
    (date(2025, 4, 7), date(2025, 4, 19), "Baking", 0.20),
    (date(2025, 5, 26), date(2025, 6, 7), "Coffee tools", 0.15),
    (date(2025, 7, 14), date(2025, 7, 26), "Tea ware", 0.20),
    (date(2025, 9, 15), date(2025, 9, 20), "Coffee", 0.10),
    (date(2025, 11, 24), date(2025, 11, 29), "Coffee makers", 0.20),
    (date(2026, 1, 7), date(2026, 1, 17), "Table", 0.25),
    (date(2026, 3, 16), date(2026, 3, 28), "Kitchen", 0.20),
    (date(2026, 5, 11), date(2026, 5, 16), "Coffee", 0.10),
    (date(2026, 6, 29), date(2026, 7, 11), "Home", 0.20),
    (date(2026, 9, 14), date(2026, 9, 26), "Tea", 0.15),
)


@dataclass(frozen=True)
class Sale:
    """One line of a receipt; a return has a negative quantity."""

    ticket: int
    at: datetime
    item: Item
    qty: int
    price: float


@dataclass(eq=False)
class Order:
    """One line of a purchase order, or the part of one that came on its own; `received` is None while it is open."""

    number: str
    item: Item
    ordered: date
    expected: date
    due: date
    qty: int
    coming: int
    cost: float
    received: date | None = None


@dataclass
class Trade:
    """The shop as it runs, and what it leaves behind."""

    items: tuple[Item, ...]
    random: Random
    stock: dict[str, int] = field(default_factory=dict)
    opening: dict[str, int] = field(default_factory=dict)
    """Stock in the evening before FIRST."""
    sales: list[Sale] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    waiting: list[Order] = field(default_factory=list)
    """Those of `orders` that have not come yet."""
    lost: dict[str, int] = field(default_factory=dict)
    """Pieces asked for since FIRST that were not there."""
    empty_days: dict[str, int] = field(default_factory=dict)
    """Open days since FIRST that ended with an empty shelf while the item was on sale."""
    returns: dict[date, list[tuple[Item, int, float]]] = field(default_factory=dict)
    ticket: int = 0


def trade(seed: int = 20261031) -> Trade:
    """Run the shop from BEFORE to LAST."""
    random = Random(seed)  # noqa: S311 a made-up shop, not a secret
    shop = Trade(items(random), random)
    shop.stock = {item.code: item.high if item.sold_on(BEFORE) and item.season != "advent" else 0 for item in shop.items}
    for day in (BEFORE + timedelta(days=n) for n in range((LAST - BEFORE).days + 1)):
        if day == FIRST:
            shop.opening = dict(shop.stock)
            shop.lost, shop.empty_days = dict.fromkeys(shop.stock, 0), dict.fromkeys(shop.stock, 0)
        if is_open(day):
            _take_in(shop, day)
            _sell(shop, day)
        _order(shop, day)
    shop.sales = [sale for sale in shop.sales if sale.at.date() >= FIRST]
    shop.orders = [order for order in shop.orders if order.received is None or order.received >= FIRST]
    _join_waiting(shop)
    return shop


def is_open(day: date) -> bool:
    """Closed on Sundays, but for those of Advent, and on five holidays."""
    advent = day.month == 12 and day.day <= 24
    return (day.weekday() != 6 or advent) and (day.month, day.day) not in CLOSED


def price_on(item: Item, day: date) -> float:
    """What it cost the customer that day."""
    price = item.price if day >= NEW_PRICES else math.ceil(item.price * 9.5) / 10
    off = next((off for first, last, category, off in PROMOTIONS if category == item.category and first <= day <= last), 0.0)
    return round(price * (1 - off), 2)


# -- a day at the till


def _rate(item: Item, day: date) -> float:
    """How many customers want it that day, on average."""
    if not item.sold_on(day):
        return 0.0
    growth = math.pow(1 + item.growth, (day - FIRST).days / 365)
    wanted = item.weekly / 7 * (WEEKDAYS[day.weekday()] or 0.9) * _season(item.season, day) * growth
    if item.first and day < item.first + timedelta(days=42):
        wanted *= 0.4 + 0.6 * (day - item.first).days / 42
    return wanted * item.price / price_on(item, day) * (1 + 5 * max(0.0, 1 - price_on(item, day) / item.price - 0.06))


@cache
def _season(season: str, day: date) -> float:
    turn = 2 * math.pi * day.timetuple().tm_yday / 365
    christmas = math.exp(-(((date(day.year, 12, 17) - day).days / 13) ** 2))
    advent = math.exp(-(((date(day.year, 12, 5) - day).days / 20) ** 2))
    return {
        "even": 1 + 0.25 * christmas,
        "winter": 1 + 0.5 * math.cos(turn - 0.2) + 0.5 * christmas,
        "summer": 1 + 0.55 * math.cos(turn - 3.35),
        "hot": 0.05 + 2.2 * math.pow(max(0.0, math.cos(turn - 3.3)), 1.6),
        "gift": 0.85 + 2.4 * christmas,
        "advent": 0.01 + 1.4 * advent * (day.month > 8),
    }[season]


def _sell(shop: Trade, day: date) -> None:
    wishes = [item for item in shop.items for _ in range(_poisson(shop.random, _rate(item, day)))]
    shop.random.shuffle(wishes)
    minutes = sorted(shop.random.randrange(0, 390 if day.weekday() > 4 else 540) for _ in wishes)
    basket: set[str] = set()
    room = 0
    for item, minute in zip(wishes, minutes, strict=True):
        if room == 0 or item.code in basket:
            shop.ticket, basket, room = shop.ticket + 1, set(), shop.random.choice((1, 1, 1, 2, 2, 3, 4))
            at = datetime(day.year, day.month, day.day, 9, 30) + timedelta(minutes=minute)
        basket.add(item.code)
        room -= 1
        _sell_one(shop, item, at)
    for item, qty, price in shop.returns.pop(day, []):
        shop.ticket += 1
        shop.stock[item.code] += qty
        shop.sales.append(Sale(shop.ticket, datetime(day.year, day.month, day.day, 18, 40), item, -qty, price))
    for item in shop.items:
        if shop.opening and shop.stock[item.code] == 0 and item.sold_on(day) and (item.season != "advent" or day.month > 10):
            shop.empty_days[item.code] += 1


def _sell_one(shop: Trade, item: Item, at: datetime) -> None:
    wanted = shop.random.choice(BOUGHT[item.bought])
    sold = min(wanted, shop.stock[item.code])
    if shop.opening:
        shop.lost[item.code] += wanted - sold
    if sold == 0:
        return
    price = price_on(item, at.date())
    shop.stock[item.code] -= sold
    shop.sales.append(Sale(shop.ticket, at, item, sold, price))
    if shop.random.random() < 0.012:
        back = _next_open(at.date() + timedelta(days=shop.random.randint(1, 18)))
        shop.returns.setdefault(back, []).append((item, shop.random.randint(1, sold), price))


def _poisson(random: Random, mean: float) -> int:
    left, count = math.exp(-mean), 0
    chance = random.random()
    while chance > left:
        chance *= random.random()
        count += 1
    return count


def _next_open(day: date) -> date:
    while not is_open(day):
        day += timedelta(days=1)
    return day


# -- ordering and receiving


def _order(shop: Trade, day: date) -> None:
    """The owner's rule: below the lower limit, fill up to the upper one; nobody has looked at the limits since."""
    for supplier in SUPPLIERS:
        if day.weekday() != supplier.weekday or (day - BEFORE).days // 7 % supplier.every:
            continue
        asked = [(item, qty) for item in shop.items if item.supplier == supplier and (qty := _asked(shop, item, day))]
        if sum(item.cost * qty for item, qty in asked) < supplier.minimum:
            continue
        number = f"PO-{len({order.number for order in shop.orders}) + 1:04d}"
        days = shop.random.gammavariate(supplier.spread**-2, supplier.mean * supplier.spread**2)
        stuck = shop.random.random() < supplier.late
        due = _next_open(day + timedelta(days=max(1, round(days * (shop.random.uniform(1.3, 1.9) if stuck else 1)))))
        for item, qty in asked:
            lines = _lines(shop.random, number, item, qty, day, due)
            shop.orders += lines
            shop.waiting += lines


def _asked(shop: Trade, item: Item, day: date) -> int:
    if not item.ordered_on(day):
        return 0
    position = shop.stock[item.code] + sum(line.coming for line in shop.waiting if line.item is item)
    return math.ceil((item.high - position) / item.pack) * item.pack if position <= item.low else 0


def _lines(random: Random, number: str, item: Item, qty: int, day: date, due: date) -> list[Order]:
    """One line as it will come: whole, in two parts, or short for good."""
    cost = round(item.cost if day >= date(2025, 12, 1) else item.cost * 0.96, 2)
    line = Order(number, item, day, day + timedelta(days=item.supplier.promised), due, qty, qty, cost)
    fate, part = random.random(), round(qty * random.uniform(0.35, 0.75))
    if not 0 < part < qty or fate > 0.08:
        return [line]
    if fate < 0.025:
        line.coming = part
        return [line]
    later = _next_open(due + timedelta(days=random.randint(4, 16)))
    line.qty = line.coming = part
    return [line, Order(number, item, day, line.expected, later, qty - part, qty - part, cost)]


def _take_in(shop: Trade, day: date) -> None:
    for order in [order for order in shop.waiting if order.due <= day]:
        order.received = day
        shop.stock[order.item.code] += order.coming
        shop.waiting.remove(order)


def _join_waiting(shop: Trade) -> None:
    """Nobody knows yet that a line will come in two parts while neither has."""
    for first, second in zip(list(shop.waiting), list(shop.waiting)[1:], strict=False):
        if (first.number, first.item) == (second.number, second.item):
            first.qty += second.qty
            first.coming += second.coming
            shop.waiting.remove(second)
            shop.orders.remove(second)
