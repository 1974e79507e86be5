"""What the stock did, as bookkeeping has it: balanced double entries by day that reconcile with the stock value to the cent.

entries(db, first, last) -> entry day account debit credit text; csv(entries) and beancount(entries, currency) are the files
totals(entries) -> account debit credit: what is left on each account
file(db, who, first, last, form) -> text: one of FORMS; manager
proof(db, first, last) -> what the journal ends with beside what the stock is worth
"""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from ims_core import labels, people, policy, valuation
from ims_core.db import Database
from ims_core.errors import Refused

STOCK = "Assets:Stock"
ACCOUNTS = {
    "opened": "Equity:Opening-Balances",
    "purchases": "Liabilities:Goods-Received",
    "cogs": "Expenses:Cost-Of-Goods-Sold",
    "sent_back": "Liabilities:Goods-Received",
    "scrap": "Expenses:Losses:Scrap",
    "count": "Expenses:Losses:Counts",
    "adjustment": "Expenses:Losses:Adjustments",
    "corrected": "Expenses:Cost-Differences",
}
"""What stands against the stock, by valuation.REASONS."""

CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR"}


def entries(db: Database, first: date, last: date) -> pd.DataFrame:
    """Two lines an entry: entry day account debit credit text; amounts in cents exact, at moving average cost.

    Each reason's running total is rounded, not each day, so that no cents are lost; cost differences take what rounding leaves. What lay
    there before `first` opens the stock account.
    """
    found = valuation.daily(db, last)
    days = found["day"]
    cents = {name: (found[name].cumsum() * 100).round() for name in ACCOUNTS if name != "corrected"}
    stock = (found["change"].cumsum() * 100).round()
    cents["corrected"] = stock - sum(cents.values())
    before = days < pd.Timestamp(first)
    rows = [(first, "opened", int(stock[before].iloc[-1]), "Stock brought forward")] if before.any() and stock[before].iloc[-1] else []
    for name, total in cents.items():
        amounts = total.diff().fillna(total)[~before]
        rows += [
            (day.date(), name, int(amount), valuation.REASONS[name]) for day, amount in zip(days[~before], amounts, strict=True) if amount
        ]
    rows.sort(key=lambda row: (row[0], row[3] != "Stock brought forward", list(ACCOUNTS).index(row[1])))
    lines = []
    for number, (day, name, amount, text) in enumerate(rows, start=1):
        for account, into in ((STOCK, amount), (ACCOUNTS[name], -amount)):
            lines.append({"entry": number, "day": day, "account": account, "debit": max(into, 0) / 100, "credit": max(-into, 0) / 100,
                          "text": text})  # fmt: skip
    found = pd.DataFrame(lines, columns=["entry", "day", "account", "debit", "credit", "text"])
    return found.astype({"debit": float, "credit": float})


def csv(entries: pd.DataFrame) -> str:
    """Comma-separated, a line each, as bookkeeping programs take it."""
    return entries.to_csv(index=False, float_format="%.2f", lineterminator="\n")


def beancount(entries: pd.DataFrame, currency: str, last: date) -> str:
    """Plain text for beancount, with its own proof: the balance of the stock account on the day after `last`."""
    code = CURRENCIES.get(currency, currency if currency.isascii() and currency.isupper() and len(currency) == 3 else "XXX")
    first = entries["day"].min() if len(entries) else last
    text = [f'option "operating_currency" "{code}"', ""]
    text += [f"{first} open {account}" for account in sorted({STOCK, *entries["account"]})]
    for _, lines in entries.groupby("entry", sort=True):
        head = lines.iloc[0]
        text += ["", f'{head["day"]} * "{head["text"]}"']
        text += [f"  {line['account']}  {line['debit'] - line['credit']:.2f} {code}" for _, line in lines.iterrows()]
    mine = entries[entries["account"] == STOCK]
    text += ["", f"{last + timedelta(days=1)} balance {STOCK}  {mine['debit'].sum() - mine['credit'].sum():.2f} {code}", ""]
    return "\n".join(text)


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

    @property
    def holds(self) -> bool:
        """To the cent; half a cent is rounding."""
        return abs(self.booked - self.worth) < 0.0051 and self.debits == self.credits

    def says(self, currency: str) -> str:
        """Both numbers in one sentence, to the cent."""
        booked, worth = _cents(self.booked, currency), _cents(self.worth, currency)
        if self.holds:
            return (
                f"The journal ends with {booked} of stock, and the stock of that day is worth {worth}: they agree, debits and credits too."
            )
        return (
            f"The journal ends with {booked} of stock, but the stock of that day is worth {worth}. Settings, Proof of the ledger says more."
        )


def _cents(amount: float, currency: str) -> str:
    return f"{currency}\u202f{round(amount, 2) + 0.0:,.2f}"


def proof(db: Database, first: date, last: date) -> Proof:
    """The lines of a period against valuation.by_item of its last day, which is asked from the stock and not from the lines."""
    lines = entries(db, first, last)
    mine = lines[lines["account"] == STOCK]
    worth = float(valuation.by_item(db, last)["value"].sum())
    return Proof(
        round(float(mine["debit"].sum() - mine["credit"].sum()), 2), round(worth, 2), round(float(lines["debit"].sum()), 2),
        round(float(lines["credit"].sum()), 2),
    )  # fmt: skip


FORMS = {"csv": "CSV", "beancount": "Plain text (beancount)"}
"""The ending of a file -> what it is called."""


@people.needs("manager")
def file(db: Database, who: people.Person, first: date, last: date, form: str) -> str:
    """The journal of a period as a file for bookkeeping; `form` is one of FORMS."""
    if form not in FORMS:
        raise Refused(f"The journal is written as {' or '.join(FORMS)}, not as {form}.")
    if first > last:
        raise Refused(f"A journal goes from its first day to its last; {labels.day_text(first)} lies after {labels.day_text(last)}.")
    lines = entries(db, first, last)
    return csv(lines) if form == "csv" else beancount(lines, policy.shop(db).currency, last)
