"""The bookkeeping programs that take the journal: how each wants its file, and its own accounts where nobody said which.

Each writer is f(book) -> bytes. The lines come as journal.entries gives them, two an entry and the stock first, on the program's accounts.

Sources: DATEV: see datev · Xero, "Add or post multiple manual journals" (help.xero.com/int/ManualJournalsImport) · QuickBooks Online,
"Import journal entries" (quickbooks.intuit.com/learn-support) and the sample file offered there · Sage 50 Accounts,
audit trail transactions (gb-kb.sage.com).
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pandas as pd

from ims_core.datev import batch
from ims_core.errors import Refused

STOCK = "Assets:Stock"
OPENED, RECEIVED, SOLD = "Equity:Opening-Balances", "Liabilities:Goods-Received", "Expenses:Cost-Of-Goods-Sold"
SCRAP, COUNTS, ADJUSTED = "Expenses:Losses:Scrap", "Expenses:Losses:Counts", "Expenses:Losses:Adjustments"
DIFFERENCES = "Expenses:Cost-Differences"

CALLED = {
    STOCK: "Stock",
    OPENED: "Opening balances",
    RECEIVED: "Goods received and sent back",
    SOLD: "Cost of goods sold",
    SCRAP: "Scrapped",
    COUNTS: "Count differences",
    ADJUSTED: "Adjustments",
    DIFFERENCES: "Cost differences",
}
"""The accounts of the journal, as people call them."""

CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR"}


@dataclass(frozen=True)
class Book:
    """What a writer needs: the lines on the program's accounts, and what else it asks for."""

    lines: pd.DataFrame
    first: date
    last: date
    currency: str
    """Three letters."""
    said: Mapping[str, str]
    """The program's accounts by CALLED, and its other answers by Form.asks."""
    stock: str
    """The program's stock account."""
    at: datetime
    """When it is written."""
    opening: bool
    """Whether the lines begin with the stock before; else the program has it from the files of the days before."""
    ends: float
    """What the stock account stands at after the last line, with what the program has from before."""


@dataclass(frozen=True)
class Ask:
    """Something a program wants to know besides the accounts."""

    label: str
    standard: str
    pattern: str


@dataclass(frozen=True)
class Form:
    """A program and how its file is made."""

    called: str
    write: Callable[[Book], bytes]
    accounts: Mapping[str, str]
    """Its usual account for each of CALLED."""
    pattern: str
    """What an account of it looks like, and in words:"""
    wants: str
    says: str
    """What whoever takes the file in should know."""
    asks: Mapping[str, Ask] = field(default_factory=dict)
    by: str = "month"
    opening: bool = False
    """Whether a file begins with the stock brought forward: a program that takes in month after month has it already."""
    stem: str = "journal"
    ending: str = "csv"

    def name(self, first: date, last: date) -> str:
        """What the file of a period is called."""
        return f"{self.stem}-{first}-to-{last}.{self.ending}"


def code(currency: str) -> str:
    """The three letters of a currency's sign; XXX where they are not known."""
    return CURRENCIES.get(currency, currency if currency.isascii() and currency.isupper() and len(currency) == 3 else "XXX")


# -- writers


def _table(rows: Iterable[Iterable[object]], end: str = "\r\n") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def plain(book: Book) -> bytes:
    """Comma-separated, a line each, as spreadsheets and most programs take it."""
    shown = book.lines[["entry", "day", "account", "debit", "credit", "text"]]
    return shown.to_csv(index=False, float_format="%.2f", lineterminator="\n").encode()


def beancount(book: Book) -> bytes:
    """Plain text for beancount, with its own proof: the balance of the stock account on the day after the last.

    A file that begins with the stock opens every account, as months put behind it may use any and none can be opened twice.
    """
    text = []
    if book.opening:
        text += [f'option "operating_currency" "{book.currency}"', ""]
        text += [f"{book.first} open {account}" for account in sorted({book.said[name] for name in CALLED})]
    for _, each in book.lines.groupby("entry", sort=True):
        head = each.iloc[0]
        text += ["", f'{head["day"]} * "{head["text"]}"']
        text += [f"  {line['account']}  {line['debit'] - line['credit']:.2f} {book.currency}" for _, line in each.iterrows()]
    text += ["", f"{book.last + timedelta(days=1)} balance {book.stock}  {book.ends:.2f} {book.currency}", ""]
    return "\n".join(text).encode()


def datev(book: Book) -> bytes:
    """datev.batch."""
    return batch(book.lines, book.first, book.last, book.currency, book.said, book.stock, book.at)


XERO_LINES = 300


def xero(book: Book) -> bytes:
    """Manual journals: lines of one day and narration are one journal; debits positive, credits negative."""
    if len(book.lines) > XERO_LINES:
        raise Refused(
            f"Xero takes {XERO_LINES} lines a file, and these are {len(book.lines):,}. Choose an entry a month, or a shorter period."
        )
    head = ["*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount", "TrackingName1", "TrackingOption1",
            "TrackingName2", "TrackingOption2"]  # fmt: skip
    rows = [
        [f"Stock journal {line['day']}", f"{line['day']:%d/%m/%Y}", line["text"], line["account"], book.said["tax"],
         f"{line['debit'] - line['credit']:.2f}", "", "", "", ""]
        for line in book.lines.to_dict("records")
    ]  # fmt: skip
    return _table([head, *rows])


def quickbooks(book: Book) -> bytes:
    """Journal entries by number; accounts by their full names, the empty side left empty."""
    head = ["*JournalNo", "*JournalDate", "*AccountName", "*Debits", "*Credits", "Description", "Name", "Currency", "Location", "Class"]
    days = {"MM/DD/YYYY": "%m/%d/%Y", "DD/MM/YYYY": "%d/%m/%Y", "YYYY-MM-DD": "%Y-%m-%d"}[book.said["days"]]
    rows = [
        [f"STOCK-{book.last:%y%m%d}-{line['entry']}", line["day"].strftime(days), line["account"], _side(line["debit"]),
         _side(line["credit"]), line["text"], "", "", "", ""]
        for line in book.lines.to_dict("records")
    ]  # fmt: skip
    return _table([head, *rows])


def sage(book: Book) -> bytes:
    """Audit trail transactions: JD and JC lines in pairs, outside VAT (T9)."""
    head = ["Type", "Account Reference", "Nominal A/C Ref", "Department Code", "Date", "Reference", "Details", "Net Amount", "Tax Code",
            "Tax Amount"]  # fmt: skip
    rows = [
        ["JD" if line["debit"] else "JC", "", line["account"], "0", f"{line['day']:%d/%m/%Y}", f"STOCK{line['entry']}", line["text"],
         f"{line['debit'] or line['credit']:.2f}", "T9", "0.00"]
        for line in book.lines.to_dict("records")
    ]  # fmt: skip
    return _table([head, *rows])


def _side(amount: float) -> str:
    return f"{amount:.2f}" if amount else ""


# -- the forms


def _all(stock: str, opened: str, change: str) -> dict[str, str]:
    """One account for whatever changes the stock: purchases are an expense there, and the change of stock corrects it."""
    return dict.fromkeys(CALLED, change) | {STOCK: stock, OPENED: opened}


NAME = r"(?![=+@-]).{1,100}"
"""Nothing that a spreadsheet would take for a formula."""

ITSELF = {account: account for account in CALLED}
TREE = r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z][A-Za-z0-9-]*)+"


def _datev(chart: str, accounts: Mapping[str, str]) -> Form:
    return Form(
        f"DATEV (SKR{chart})", datev, accounts, r"\d{4,8}", "a number of 4 to 8 digits, all of one length",
        "For the tax adviser: taken in by Bestand, Importieren, ASCII-Daten. The name of the file must begin with EXTF_.",
        {
            "consultant": Ask("Number of the adviser (Berater)", "1001", r"[1-9]\d{3,6}"),
            "client": Ask("Number of the client (Mandant)", "1", r"[1-9]\d{0,4}"),
            "begins": Ask("Month in which the business year begins", "1", r"[1-9]|1[0-2]"),
            "chart": Ask("Chart of accounts (SKR)", chart, r"\d{2}"),
        },
        stem="EXTF_Buchungsstapel",
    )  # fmt: skip


FORMS = {
    "csv": Form("CSV", plain, ITSELF, NAME, "a name of 1 to 100 letters", "For spreadsheets and programs that map columns.", by="day",
                opening=True),
    "datev-skr03": _datev("03", _all("3980", "9000", "3960")),
    "datev-skr04": _datev("04", _all("1140", "9000", "5880")),
    "xero": Form(
        "Xero", xero,
        {STOCK: "630", OPENED: "970", RECEIVED: "300", SOLD: "310", SCRAP: "310", COUNTS: "310", ADJUSTED: "310", DIFFERENCES: "310"},
        r"[A-Za-z0-9]{1,10}", "an account code of up to 10 letters and digits",
        "Accounting, Manual journals, Import. The stock account must be a current asset: no journal touches Xero's own tracked inventory.",
        {"tax": Ask("Tax rate, as Xero calls it", "No VAT", NAME)}, stem="xero-journal",
    ),
    "quickbooks": Form(
        "QuickBooks Online", quickbooks,
        {STOCK: "Inventory Asset", OPENED: "Opening Balance Equity", RECEIVED: "Purchases", SOLD: "Cost of Goods Sold",
         SCRAP: "Inventory Shrinkage", COUNTS: "Inventory Shrinkage", ADJUSTED: "Inventory Shrinkage", DIFFERENCES: "Cost of Goods Sold"},
        NAME, "an account's full name, a sub-account as Parent:Sub",
        "Settings, Import data, Journal entries, with account numbers switched off; the names must be those of your chart of accounts.",
        {"days": Ask("How days are written: MM/DD/YYYY, DD/MM/YYYY or YYYY-MM-DD", "MM/DD/YYYY", "MM/DD/YYYY|DD/MM/YYYY|YYYY-MM-DD")},
        stem="quickbooks-journal",
    ),
    "sage": Form("Sage 50", sage, _all("1001", "9998", "5201"), r"\d{1,8}", "a nominal code of up to 8 digits",
                 "File, Import, Audit trail transactions; the first row holds the headings.", stem="sage-journal"),
    "beancount": Form("Plain text (beancount)", beancount, ITSELF, TREE, "one such as Assets:Stock",
                      "With its own proof in it. The first file begins with the stock before and opens the accounts; later ones, without, "
                      "go behind it.", by="day", opening=True, ending="beancount"),
}  # fmt: skip
"""By the word that names it on the command line."""
