"""What the stock did, as bookkeeping has it: balanced double entries by day that reconcile with the stock value to the cent.

entries(db, first, last) -> entry day account debit credit text; csv(entries) and beancount(entries, currency) are the files
"""

from datetime import date, timedelta

import pandas as pd

from ims_core import labels, valuation
from ims_core.db import Database

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
    return pd.DataFrame(lines, columns=["entry", "day", "account", "debit", "credit", "text"])


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


def reconciled(db: Database, first: date, last: date) -> str:
    """One sentence: what the journal ends with and what the stock is worth."""
    lines = entries(db, first, last)
    mine = lines[lines["account"] == STOCK]
    booked, worth = mine["debit"].sum() - mine["credit"].sum(), float(valuation.by_item(db, last)["value"].sum())
    return (
        f"The journal ends with {labels.money(round(booked, 2))} of stock; the stock of that day is worth {labels.money(round(worth, 2))}."
    )
