"""What the stock did, as bookkeeping has it: balanced double entries by day that reconcile with the stock value to the cent.

entries(db, first, last) -> entry day account debit credit text
changes(entries) -> the same without the stock brought forward; stock(entries) -> what its account ends with
totals(entries) -> account debit credit: what is left on each account
accounts(db, form) -> what a bookkeeping program calls them; set_accounts; manager
file(db, who, first, last, form) -> bytes, as one of programs.FORMS takes it; manager
proof(db, first, last) -> what the journal, or a file of it, ends with beside what the stock is worth
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pandas as pd

from ims_core import labels, people, policy, programs, valuation
from ims_core.db import Database
from ims_core.errors import Refused
from ims_core.programs import STOCK

ACCOUNTS = {
    "opened": programs.OPENED,
    "purchases": programs.RECEIVED,
    "cogs": programs.SOLD,
    "sent_back": programs.RECEIVED,
    "scrap": programs.SCRAP,
    "count": programs.COUNTS,
    "adjustment": programs.ADJUSTED,
    "corrected": programs.DIFFERENCES,
}
"""What stands against the stock, by valuation.REASONS."""

BY = ("day", "month")
"""What an entry is made for."""


FORWARD = "Stock brought forward"


def entries(db: Database, first: date, last: date, by: str = "day") -> pd.DataFrame:
    """Two lines an entry, the stock's first: entry day account debit credit text; amounts in cents exact, at moving average cost.

    `by`: of BY, a month's entries stand on its last day. What lay there before `first` opens the stock account.
    """
    if by not in BY:
        raise Refused(f"An entry of the journal is made for a {' or a '.join(BY)}; not for {by or 'nothing'}.")
    brought, rows = _amounts(db, first, last)
    if by == "month":
        rows = _monthly(rows, last)
    if brought:
        rows = [(first, "opened", brought, FORWARD), *rows]
    lines = []
    for number, (day, name, amount, text) in enumerate(rows, start=1):
        for account, into in ((STOCK, amount), (ACCOUNTS[name], -amount)):
            lines.append({"entry": number, "day": day, "account": account, "debit": max(into, 0) / 100, "credit": max(-into, 0) / 100,
                          "text": text})  # fmt: skip
    found = pd.DataFrame(lines, columns=["entry", "day", "account", "debit", "credit", "text"])
    return found.astype({"debit": float, "credit": float})


def _amounts(db: Database, first: date, last: date) -> tuple[int, list[tuple[date, str, int, str]]]:
    """What lay there before, and what each reason changed on each day, in cents.

    Each reason's running total is rounded, not each day, so that no cents are lost; cost differences take what rounding leaves.
    """
    found = valuation.daily(db, last)
    days = found["day"]
    cents = {name: (found[name].cumsum() * 100).round() for name in ACCOUNTS if name != "corrected"}
    stock = (found["change"].cumsum() * 100).round()
    cents["corrected"] = stock - sum(cents.values())
    before = days < pd.Timestamp(first)
    rows = []
    for name, total in cents.items():
        amounts = total.diff().fillna(total)[~before]
        rows += [
            (day.date(), name, int(amount), valuation.REASONS[name]) for day, amount in zip(days[~before], amounts, strict=True) if amount
        ]
    rows.sort(key=lambda row: (row[0], list(ACCOUNTS).index(row[1])))
    return int(stock[before].iloc[-1]) if before.any() else 0, rows


def _monthly(rows: list[tuple[date, str, int, str]], last: date) -> list[tuple[date, str, int, str]]:
    """The days of each month added up by reason."""
    sums: dict[tuple[date, str, str], int] = {}
    for day, name, amount, text in rows:
        ends = min(last, (pd.Timestamp(day) + pd.offsets.MonthEnd(0)).date())
        sums[ends, name, text] = sums.get((ends, name, text), 0) + amount
    kept = [(day, name, amount, text) for (day, name, text), amount in sums.items() if amount]
    return sorted(kept, key=lambda row: (row[0], list(ACCOUNTS).index(row[1])))


def changes(entries: pd.DataFrame) -> pd.DataFrame:
    """Without the stock brought forward, numbered from 1: whoever takes in month after month has it there already."""
    kept = entries[entries["text"] != FORWARD]
    return kept.assign(entry=kept["entry"] - int(len(kept) < len(entries))).reset_index(drop=True)


def stock(entries: pd.DataFrame) -> float:
    """What the lines leave on the stock account, in cents exact."""
    mine = entries[entries["account"] == STOCK]
    return round(float(mine["debit"].sum() - mine["credit"].sum()), 2)


def totals(entries: pd.DataFrame) -> pd.DataFrame:
    """What is left on each account of the lines: account debit credit, one of the two 0; the two columns add up to the same."""
    net = (entries["debit"] - entries["credit"]).groupby(entries["account"]).sum().round(2)
    return pd.DataFrame({"account": net.index, "debit": net.clip(lower=0).to_numpy(), "credit": (-net).clip(lower=0).to_numpy()})


@dataclass(frozen=True)
class Proof:
    """Two ways to one number: the journal's lines added up, and what lies in stock times its cost."""

    booked: float
    worth: float
    debits: float
    credits: float
    before: float | None = None
    """What the stock account must hold before a file that does not begin with it; `booked` counts it in."""
    uncosted: int = 0
    """Items that lay there at the end without a cost: they are in neither number."""

    @property
    def known(self) -> bool:
        """False where goods lay there and no cost is known of any: 0 would say that they are worth nothing."""
        return not self.uncosted or bool(self.booked or self.worth)

    @property
    def holds(self) -> bool:
        """To the cent; half a cent is rounding."""
        return abs(self.booked - self.worth) < 0.0051 and self.debits == self.credits

    def says(self, currency: str) -> str:
        """Both numbers in one sentence, to the cent."""
        if not self.known:
            return (
                f"No cost is known of what lay there at the end ({labels.many(self.uncosted, 'item')}): the journal ends without a value "
                "of stock. Fill the costs in, or drop files with costs."
            )
        booked, worth = to_the_cent(self.booked, currency), to_the_cent(self.worth, currency)
        ends = f"The journal ends with {booked} of stock"
        if self.before is not None:
            before = to_the_cent(self.before, currency)
            ends = f"It leaves out what lay there before: on a stock account that stands at {before} it ends with {booked}"
        if self.holds:
            return f"{ends}, and the stock of that day is worth {worth}: they agree, debits and credits too."
        return f"{ends}, but the stock of that day is worth {worth}. Settings, Proof says more."


def to_the_cent(amount: float, currency: str) -> str:
    """An amount as books have it."""
    return f"{currency}\u202f{round(amount, 2) + 0.0:,.2f}"


def proof(db: Database, first: date, last: date, by: str = "day", opening: bool = True) -> Proof:
    """The lines of a period against valuation.by_item of its last day, which is asked from the stock and not from the lines.

    `by` and `opening` as of a file: its own lines are added up then.
    """
    every = entries(db, first, last, by)
    lines, worth = every if opening else changes(every), float(valuation.by_item(db, last)["value"].sum())
    before = None if opening else round(stock(every) - stock(lines), 2) + 0.0
    booked = round((before or 0) + stock(lines), 2)
    debits, credits = (round(float(lines[side].sum()), 2) for side in ("debit", "credit"))
    return Proof(booked, round(worth, 2), debits, credits, before, len(valuation.uncosted(db, last)))


# -- the file of a program


def accounts(db: Database, form: str) -> dict[str, str]:
    """What a program calls the accounts of the journal, and what else it asks for: by programs.CALLED and Form.asks."""
    asked = _form(form)
    usual = {**asked.accounts, **{name: ask.standard for name, ask in asked.asks.items()}}
    stored = db.rows("select name, value from policies where scope = ?", [_scope(form)])
    return usual | {name: value for name, value in stored if name in usual}


@people.needs("manager")
def set_accounts(db: Database, who: people.Person, form: str, values: Mapping[str, str]) -> int:
    """Say which accounts a program has. Refused: what is no account there, and the stock's account for anything else."""
    asked, wanted = _form(form), {name: value.strip() for name, value in values.items()}
    for name, value in wanted.items():
        _refuse_unlike(asked, name, value)
    after = accounts(db, form) | wanted
    others = {after[account] for account in programs.CALLED if account != STOCK}
    if after[STOCK] in others:
        raise Refused(f"{after[STOCK]} is the account of the stock; nothing else can be booked on it.")
    if asked.write is programs.datev and len({len(after[account]) for account in programs.CALLED}) > 1:
        raise Refused("DATEV wants all accounts of one length: add zeros at the end of the shorter ones, as your adviser does.")
    with db.change(who=who.name, what=f"Accounts of {asked.called}") as change_id:
        db.append("policy_versions", [{"scope": _scope(form), "name": name, "value": value} for name, value in wanted.items()])
    return change_id


def _refuse_unlike(asked: programs.Form, name: str, value: str) -> None:
    if name in asked.accounts and not re.fullmatch(asked.pattern, value):
        raise Refused(f"{programs.CALLED[name]}: an account of {asked.called} is {asked.wants}, not {value or 'empty'}.")
    if name in asked.asks and not re.fullmatch(asked.asks[name].pattern, value):
        raise Refused(f"{asked.asks[name].label}: {value or 'nothing'} cannot be that; usual is {asked.asks[name].standard}.")
    if name not in {*asked.accounts, *asked.asks}:
        raise Refused(f"{asked.called} has nothing called {name}.")


@people.needs("manager")
def file(db: Database, who: people.Person, first: date, last: date, form: str, by: str | None = None, opening: bool | None = None) -> bytes:
    """A period's journal as a file.

    form: of programs.FORMS. `by`: as for entries; `opening`: whether it begins with the stock before; both as the form is where not said.
    """
    asked = _form(form)
    if first > last:
        raise Refused(f"A journal goes from its first day to its last; {labels.day_text(first)} lies after {labels.day_text(last)}.")
    said = accounts(db, form)
    every = entries(db, first, last, asked.by if by is None else by)
    begins = asked.opening if opening is None else opening
    lines = every if begins else changes(every)
    lines = lines.assign(account=lines["account"].map(said))
    currency, now = programs.code(policy.shop(db).currency), datetime.now(UTC).replace(tzinfo=None)
    return asked.write(programs.Book(lines, first, last, currency, said, said[STOCK], now, begins, stock(every)))


def _form(form: str) -> programs.Form:
    if form not in programs.FORMS:
        raise Refused(f"The journal is written as {', '.join(programs.FORMS)}; not as {form or 'nothing'}.")
    return programs.FORMS[form]


def _scope(form: str) -> str:
    return f"books {form}"
