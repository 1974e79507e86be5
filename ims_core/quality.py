"""What is doubtful in the books, priced by what rests on it: proposed orders, stock value, sales. What to fix next, and where.

of_shop(db, day) -> Quality: every finding, what to fix next, and how much of orders and stock rests on doubtful data
fix_next(db, day) -> rule what found unit money of page query, the worst first
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from ims_core import classes, flaws, forecasting, labels, policy, positions, reorder
from ims_core.db import Database

OF = {
    "orders": "of proposed orders",
    "stock": "of stock at today's cost",
    "sales": "of sales in 90 days",
    "shelf": "of stock at sales prices",
    "told": "if they are like the file's other lines",
    "missing": "of sales that may be missing",
    "goods": "of goods moved",
    "waits": "of goods on order",
}
"""What the money in doubt is."""

CALLED = {
    "orders": "To be ordered",
    "stock": "Stock at today's cost",
    "sales": "Sales in 90 days",
    "shelf": "At sales prices",
    "goods": "Moved, at cost",
}
"""The same over a column of items."""

STALE = 90
"""Days after which the count of an A item says little: each is to be counted every 30."""

FIX = ["rule", "what", "found", "unit", "money", "of", "page", "query"]


@dataclass(frozen=True)
class Rule:
    """A flaw as people read of it: what is said of one and of many, what follows, what it puts in doubt, and where it is fixed."""

    one: str
    many: str
    then: str
    doubts: tuple[str, ...]
    """Of OF; the first of which any is in doubt is told: where no cost is known, the sales speak."""
    page: str
    query: Mapping[str, str] = field(default_factory=dict)
    unit: str = "item"


HERE, TERMS, CODES = "quality", {"part": "Suppliers and terms"}, {"part": "Barcodes"}
"""Fixed item by item: the Quality page lists them, and of a single one leads to that part of its own page."""

RULES = {
    "no_sales": Rule("No sales are known", "", "what sells, what runs out and what lies dead is not known",
                     ("stock",), "upload", unit="file"),
    "no_stock": Rule("No stock list and no purchases are known", "", "how much there is of anything is not known",
                     ("sales",), "upload", unit="file"),
    "uncounted": Rule("item sells and was never counted", "items sell and were never counted", "orders take it that nothing is there",
                      ("orders", "sales"), "stock", {"status": "Never counted"}),
    "estimated": Rule("item sold more than came in and was never counted", "items sold more than came in and were never counted",
                      "the stock is an estimate", ("stock", "orders", "sales"), "stock", {"status": "Estimated"}),
    "negative": Rule("item is below zero", "items are below zero", "more left than came in, and only a count says what is there",
                     ("orders", "stock", "sales"), "stock", {"status": "Below zero"}),
    "stale": Rule(f"A item was not counted in {STALE} days", f"A items were not counted in {STALE} days", "the best sellers drift first",
                  ("stock",), "count"),
    "cost": Rule("item in stock has no cost", "items in stock have no cost", "stock value and margin leave them out",
                 ("shelf",), "items"),
    "price": Rule("item sells without a known price", "items sell without a known price", "what they bring is not known",
                  ("sales",), "items"),
    "below_list": Rule("item has a price below its cost", "items have a price below their cost", "one is wrong, or it loses money",
                       ("sales", "stock"), "analysis", {"part": "Prices"}),
    "below_sold": Rule("item was sold below cost", "items were sold below cost", "in the last 90 days: a slip, a sell-off, or a wrong cost",
                       ("sales",), "analysis", {"part": "Prices"}),
    "for_nothing": Rule("item was sold at price 0", "items were sold at price 0", "counted here at their price",
                        ("sales",), "movements", {"kind": "sale"}),
    "homeless": Rule("item to be ordered has no supplier", "items to be ordered have no supplier", "nobody can send the order",
                     ("orders", "sales"), HERE, TERMS),
    "lead": Rule("item to be ordered has no lead time", "items to be ordered have no lead time", "the shop's usual one is taken",
                 ("orders", "sales"), "suppliers"),
    "pack": Rule("item to be ordered has no pack size", "items to be ordered have no pack size",
                 "others of the supplier come in packs", ("orders", "sales"), HERE, TERMS),
    "in_parts": Rule("item counted in pieces moved in parts of one", "items counted in pieces moved in parts of one",
                     "the unit is probably kg, m or l", ("stock",), "items"),
    "costs_apart": Rule("item has two costs a piece far apart", "items have two costs a piece far apart", "one is probably that of a pack",
                        ("stock", "orders"), HERE, TERMS),
    "alike": Rule("item may be another one twice", "items may be others twice", "sales and stock are split between two names",
                  ("sales",), "items"),
    "barcodes": Rule("item has a barcode that cannot be right", "items have a barcode that cannot be right",
                     "a digit is wrong or lost, so scanning finds nothing", ("sales",), HERE, CODES),
    "claimed": Rule("item has a barcode that another one has too", "items have a barcode that others have too",
                    "scanning finds only one of them", ("sales",), HERE, CODES),
    "too_large": Rule("item moved far more at once than ever", "items moved far more at once than ever", "a slip of the keyboard?",
                      ("goods", "sales"), HERE),
    "gaps": Rule("day without any sale", "days without any sale", "the shop usually sells then. Is a file of the till missing?",
                 ("missing",), "upload", unit="day"),
    "late_sales": Rule("file of sales is late", "files of sales are late", "drop the newest", ("missing",), "upload", unit="file"),
    "late_purchases": Rule("file of purchases is late", "files of purchases are late", "what was ordered may be here already",
                           ("waits",), "upload", unit="file"),
    "refused": Rule("line of a file was refused", "lines of files were refused", "download them, mend them, drop them back",
                    ("told",), "upload", unit="line"),
    "emptied": Rule("line lacks a cell that could not be read", "lines lack a cell that could not be read",
                    "download them, mend them, drop them back", (), "upload", unit="line"),
}  # fmt: skip
"""Every flaw that is looked for; each is found by one mask of MASKS or one question of `flaws`."""


MISSING = ("no_sales", "no_stock")
"""What is missing heads the list: no other flaw can be seen in what nobody told."""

MASKS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "uncounted": lambda every: ~every["counted"] & (every["sold"] > 0),
    "estimated": lambda every: every["counted"] & (every["estimated"] > 0),
    "negative": lambda every: every["counted"] & (every["estimated"] == 0) & (every["on_hand"] < 0),
    "stale": lambda every: (every["abc"] == "A") & every["counted"] & (every["on_hand"] > 0) & ~(every["since_count"] <= STALE),
    "cost": lambda every: every["counted"] & (every["on_hand"] > 0) & every["cost"].isna(),
    "price": lambda every: every["price"].isna() & (every["unpriced"] > 0),
    "below_list": lambda every: (every["price"] > 0) & (every["price"] < every["cost"]),
    "homeless": lambda every: (every["quantity"] > 0) & every["supplier_id"].isna(),
    "lead": lambda every: (every["quantity"] > 0) & every["supplier_id"].notna() & (every["lead_source"] == "shop"),
    "pack": lambda every: (every["quantity"] > 0) & every["loose"] & every["in_packs"],
}
"""What can be seen in `_every` alone."""


@dataclass(frozen=True)
class Quality:
    """The doubts of a day."""

    found: pd.DataFrame
    """Every finding: rule item_id (empty where it is about no item) sku name lines, and money, the columns of OF."""
    fix: pd.DataFrame
    """`fix_next`."""
    doubted: Mapping[str, float]
    """Money of `orders` and `stock` that rests on at least one flaw, each item once."""
    whole: Mapping[str, float]
    """All of `orders` and `stock`; what nobody knows a cost of is in neither."""

    def says(self, currency: str) -> str:
        """How much of the orders and the stock rests on doubtful data, in a sentence."""
        lacks = [kind for rule, kind in (("no_sales", "sales"), ("no_stock", "stock figures")) if rule in set(self.fix["rule"])]
        unseen = f"No {' and no '.join(lacks)} are known yet, so most of what could be wrong cannot be seen. " if lacks else ""
        told = " and ".join(part for part in (self._rests("orders", currency), self._rests("stock", currency)) if part)
        if not told:
            return f"{unseen}No cost is known of what is in stock or to be ordered, so neither has a value yet."
        late = ", but all of it lacks the sales that should have come by now" if "late_sales" in set(self.fix["rule"]) else ""
        return f"{unseen}{told[0].upper()}{told[1:]} rests on doubtful data{late}."

    def _rests(self, of: str, currency: str) -> str:
        """How much of one kind of money is in doubt; empty where there is none of it at all."""
        part, whole = self.doubted[of], self.whole[of]
        of_all = f"of {labels.money(whole, currency)} {OF[of]}"
        return "" if whole <= 0 else f"{labels.money(part, currency)} {of_all} ({part / whole:.0%})" if part else f"nothing {of_all}"


# -- questions


def fix_next(db: Database, day: date) -> pd.DataFrame:
    """One row a flaw, the most money in doubt first: rule what (a sentence) found unit money of (what it is) page query (its filters)."""
    return of_shop(db, day).fix


def of_shop(db: Database, day: date) -> Quality:
    """Every flaw that holds on `day`, what it puts in doubt, and how much of the orders and the stock stands on one."""
    until = forecasting.known_until(db, day) or day
    every = _every(db, day, until)
    parts = [_missing(db, day, every), _seen(every), _asked(db, day, until)]
    told = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True).reindex(columns=["rule", *flaws.COLUMNS])
    found = _priced(told, every)
    amounts = every.set_index("item_id")[["orders", "stock"]]
    doubted = {of: float(amounts[of].reindex(_doubtful(found, of)).sum()) for of in ("orders", "stock")}
    return Quality(found, added_up(found, day), doubted, {of: float(amounts[of].sum()) for of in doubted})


def added_up(found: pd.DataFrame, day: date) -> pd.DataFrame:
    """`fix_next` from what was found."""
    rows = [_line(str(rule), rows, day) for rule, rows in found.groupby("rule", sort=False)]
    fix = pd.DataFrame(rows, columns=FIX).astype({"money": float})
    fix = fix.sort_values(["money", "found"], ascending=False, na_position="last", kind="stable")
    return fix.sort_values("rule", key=lambda rule: ~rule.isin(MISSING), ignore_index=True, kind="stable")


def _line(name: str, rows: pd.DataFrame, day: date) -> dict[str, object]:
    rule = RULES[name]
    found = int(rows["lines"].sum()) if rule.unit == "line" else len(rows)
    of, money = next(((of, float(rows[of].sum())) for of in rule.doubts if rows[of].sum() > 0), ("", 0.0))
    page, query = rule.page, dict(rule.query)
    if page == HERE and found == 1:
        page, query = "item", {"item": str(int(rows["item_id"].iloc[0]))} | query
    elif page == HERE:
        query = {}
    then = rule.then if rule.then.endswith("?") else f"{rule.then}."
    flaw = rule.one if name in MISSING else labels.many(found, rule.one, rule.many)
    says = f"{flaw}: {then} {_named(rows['name'])}".strip()
    return {"rule": name, "what": says, "found": found, "unit": rule.unit, "money": money if money > 0 else np.nan,
            "of": OF[of] if money > 0 else "", "page": page, "query": query}  # fmt: skip


def _named(names: pd.Series, most: int = 2) -> str:
    """A few of them, and how many more."""
    known = names.dropna().drop_duplicates().tolist()
    more = len(known) - most
    return f"{', '.join(known[:most])}{f' and {more:,} more' if more > 0 else ''}." if known else ""


def _doubtful(found: pd.DataFrame, of: str) -> list[int]:
    """The items of which this money is in doubt, each once."""
    rules = [name for name, rule in RULES.items() if of in rule.doubts]
    return [int(item) for item in found["item_id"][found["rule"].isin(rules)].dropna().unique()]


# -- finding


def _missing(db: Database, day: date, every: pd.DataFrame) -> pd.DataFrame:
    """Kinds of file that nobody ever dropped, where there are items: money is all that it would tell of."""
    told = flaws.newest(db, day).set_index("kind")["newest"].notna()
    lacks = {"no_sales": not told["sales"], "no_stock": not (told["stock"] or told["purchases"])} if len(every) else {}
    worth = {"no_sales": every["stock"].sum(), "no_stock": every["sales"].sum()}
    rows = [{"rule": rule, "lines": 1, "money": worth[rule]} for rule, lacking in lacks.items() if lacking]
    return pd.DataFrame(rows, columns=["rule", *flaws.COLUMNS])


def _seen(every: pd.DataFrame) -> pd.DataFrame:
    parts = [every.loc[mask(every), ["item_id"]].assign(rule=rule, lines=1) for rule, mask in MASKS.items()]
    return pd.concat(parts, ignore_index=True)


def _asked(db: Database, day: date, until: date) -> pd.DataFrame:
    """What `flaws` says: rule and its columns."""
    late = flaws.late(db, day)
    late = late.assign(lines=1, name=[f"Known up to {labels.day_text(newest.date(), day)}" for newest in late["newest"]])
    parts = {
        "below_sold": flaws.sold_below(db, until), "for_nothing": flaws.sold_for_nothing(db, until),
        "in_parts": flaws.in_parts(db, until), "costs_apart": flaws.costs_apart(db, until), "alike": flaws.alike(db),
        "barcodes": flaws.barcodes(db), "claimed": flaws.claimed(db), "too_large": flaws.far_too_large(db, until),
        "gaps": flaws.gaps(db, until), "refused": flaws.refused(db), "emptied": flaws.emptied(db),
        "late_sales": late[late["kind"] == "sales"], "late_purchases": late[late["kind"] == "purchases"],
    }  # fmt: skip
    return pd.concat([rows.reindex(columns=flaws.COLUMNS).assign(rule=rule) for rule, rows in parts.items()], ignore_index=True)


def _priced(found: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    """Each finding with the money that rests on it; what a flaw itself says of money is that of its first doubt."""
    amounts = every[["item_id", "sku", "name", "orders", "stock", "sales", "shelf"]].rename(columns={"name": "called"})
    found = found.astype({"item_id": "Int64"}).merge(amounts.astype({"item_id": "Int64"}), on="item_id", how="left")
    told = found["money"].astype(float)
    first = found["rule"].map({name: rule.doubts[0] if rule.doubts else "" for name, rule in RULES.items()})
    money = {of: told.where((first == of) & told.notna(), found[of].astype(float) if of in found else np.nan).fillna(0.0) for of in OF}
    found = found.assign(name=found["name"].where(found["name"].notna(), found["called"]), lines=found["lines"].astype(int), **money)
    found = found.assign(worst=found[list(OF)].max(axis=1)).sort_values("worst", ascending=False, kind="stable", ignore_index=True)
    return found[["rule", "item_id", "sku", "name", "lines", *OF]]


def _every(db: Database, day: date, until: date) -> pd.DataFrame:
    """Every item in use with its proposal, its stock, what it sold in 90 days, and the money of it: orders stock sales shelf."""
    positions.catch_up(db)
    proposals = reorder.proposed(reorder.position(db, day), policy.shop(db).service)  # as suggest, without its reasons in words
    more = db.frame(
        """
        with packs as (select item_id, max(pack) as pack from supplied where active group by all),
             lately as (select item_id, sum(qty)::double as sold, sum(unpriced)::double as unpriced, sum(revenue)::double as revenue
                        from demand where day > $until::date - $window and day <= $until::date group by all)
        select i.item_id, i.price::double as price, c.cost::double as cost, $day::date - k.day as since_count,
               coalesce(l.sold, 0) as sold, coalesce(l.unpriced, 0) as unpriced,
               coalesce(l.revenue, 0) + coalesce(l.unpriced * coalesce(i.price, c.cost), 0)::double as sales, p.pack is null as loose
        from items i left join costs c using (item_id) left join last_counted($day::date) k using (item_id)
        left join lately l using (item_id)
        left join packs p using (item_id)
        where i.same_as is null and i.active
        """,
        {"day": day, "until": until, "window": flaws.WINDOW},
    )
    in_packs = db.frame("select supplier_id, bool_or(pack > 1) as in_packs from supplied where active group by all")
    every = proposals.merge(more, on="item_id").merge(in_packs, on="supplier_id", how="left").merge(classes.abc(db, until), how="left")
    held = every["on_hand"].where(every["counted"].astype(bool), 0.0)
    return every.assign(
        counted=every["counted"].astype(bool),
        in_packs=every["in_packs"].eq(True),
        orders=(every["quantity"] * every["unit_cost"]).fillna(0.0),
        stock=(held.abs() * every["cost"]).fillna(0.0),
        shelf=(held.clip(lower=0) * every["price"]).fillna(0.0),
    )
