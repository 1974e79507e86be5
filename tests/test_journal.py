"""The journal as bookkeeping programs take it: each file read as that program reads it, balanced, and worth what the stock is worth."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime

import pytest

from ims_core import journal, people, policy, programs
from ims_core.errors import NotAllowed, Refused
from tests.builders import Shop, empty_shop
from tests.test_valuation import FIRST, LAST, traded

__all__ = ["traded"]

BEGINS, MARCH, ENDS = date(2026, 1, 1), date(2026, 3, 15), date(2026, 5, 20)

Line = tuple[date, str, float]
"""Day, account, amount: debits positive."""


@pytest.fixture(scope="module")
def trading() -> Shop:
    """Half a year in which everything happens that changes the value of the stock, at costs that do not come out even."""
    shop = Shop(empty_shop())
    kettle, mug = shop.item("KETTLE", cost=4.37), shop.item("MUG", cost=1.19)
    shop.move("count", kettle, 7, date(2025, 12, 20))
    for month in range(1, 6):
        shop.move("receipt", mug, 11, date(2026, month, 3), unit_cost=1.07 + month / 30)
        shop.move("receipt", kettle, 3, date(2026, month, 4), unit_cost=4 + month / 7)
        shop.move("sale", mug, 7, date(2026, month, 9))
        shop.move("sale", kettle, 2, date(2026, month, 20))
    shop.move("scrap", mug, 1, date(2026, 2, 11))
    shop.move("return_out", kettle, 1, date(2026, 3, 12))
    shop.move("adjustment", mug, -2, date(2026, 4, 13))
    shop.move("count", kettle, 8, date(2026, 5, 14))
    return shop


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_csv(content: bytes) -> list[Line]:
    return [(date.fromisoformat(r["day"]), r["account"], float(r["debit"]) - float(r["credit"])) for r in records(content.decode())]


def as_datev(content: bytes) -> list[Line]:
    """As the format's description says: Windows-1252, semicolons, CR LF, texts in quotes, two accounts a line, the year in the header."""
    lines = content.decode("cp1252").split("\r\n")
    assert lines.pop() == ""
    head = r'"EXTF";700;21;"Buchungsstapel";13;20\d{15};;"IM";"";"";1001;1;20260101;4;20260315;20260520;"Waren [^"]{1,24}";"";1;0;0;"EUR"'
    assert re.match(head, lines[0])
    rows = [next(csv.reader([line], delimiter=";")) for line in lines]
    assert [len(row) for row in rows] == [31] + [125] * (len(rows) - 1)
    found: list[Line] = []
    for raw, row in zip(lines[2:], (dict(zip(rows[1], row, strict=True)) for row in rows[2:]), strict=True):
        assert re.match(r'\d{1,10},\d\d;"[SH]";"EUR";;;"";\d{4};\d{4};"";\d{4};"[\w$%\-/]{1,36}";"";;"[^"]{1,60}";', raw)
        assert row["Festschreibung"] == "0"
        day = datetime.strptime(f"{row['Belegdatum']}2026", "%d%m%Y").date()
        amount = float(row["Umsatz (ohne Soll/Haben-Kz)"].replace(",", ".")) * (1 if row["Soll/Haben-Kennzeichen"] == "S" else -1)
        found += [(day, row["Konto"], amount), (day, row["Gegenkonto (ohne BU-Schlüssel)"], -amount)]
    return found


def as_xero(content: bytes) -> list[Line]:
    rows = records(content.decode())
    assert {(row["*Narration"][-10:], row["*TaxRate"]) for row in rows} == {(str(day_of(row["*Date"])), "No VAT") for row in rows}
    return [(day_of(row["*Date"]), row["*AccountCode"], float(row["*Amount"])) for row in rows]


def as_quickbooks(content: bytes) -> list[Line]:
    rows = records(content.decode())
    assert all((row["*Debits"] == "") != (row["*Credits"] == "") for row in rows)
    entries = {row["*JournalNo"]: 0 for row in rows}
    for row in rows:
        entries[row["*JournalNo"]] += round(100 * (float(row["*Debits"] or 0) - float(row["*Credits"] or 0)))
    assert set(entries.values()) == {0}
    return [
        (datetime.strptime(row["*JournalDate"], "%m/%d/%Y").date(), row["*AccountName"],
         float(row["*Debits"] or 0) - float(row["*Credits"] or 0))
        for row in rows
    ]  # fmt: skip


def as_sage(content: bytes) -> list[Line]:
    rows = records(content.decode())
    assert {(row["Type"], row["Tax Code"], row["Tax Amount"]) for row in rows} == {("JD", "T9", "0.00"), ("JC", "T9", "0.00")}
    return [(day_of(row["Date"]), row["Nominal A/C Ref"], float(row["Net Amount"]) * (1 if row["Type"] == "JD" else -1)) for row in rows]


def as_beancount(content: bytes) -> list[Line]:
    """Plain text: entries with their postings, accounts opened before and once, and a balance that holds behind what came before."""
    found: list[Line] = []
    opened: set[str] = set()
    day = date.min
    for line in content.decode().splitlines():
        if posting := re.fullmatch(r"  (\S+)  (-?\d+\.\d\d) EUR", line):
            found.append((day, posting[1], float(posting[2])))
        elif entry := re.fullmatch(r'(\S{10}) \* "[^"]+"', line):
            day = date.fromisoformat(entry[1])
        elif account := re.fullmatch(r"(\S{10}) open (\S+)", line):
            assert account[2] not in opened
            assert not found
            opened.add(account[2])
        elif proof := re.fullmatch(r"(\S{10}) balance (\S+)  (-?\d+\.\d\d) EUR", line):
            if opened:
                assert {name for _, name, _ in found} <= opened
                assert float(proof[3]) == round(sum(amount for _, name, amount in found if name == proof[2]), 2)
        else:
            assert line in ("", 'option "operating_currency" "EUR"')
    return found


def day_of(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()


READERS: dict[str, tuple[str, Callable[[bytes], list[Line]]]] = {
    "csv": ("Assets:Stock", as_csv), "datev-skr03": ("3980", as_datev), "datev-skr04": ("1140", as_datev), "xero": ("630", as_xero),
    "quickbooks": ("Inventory Asset", as_quickbooks), "sage": ("1001", as_sage), "beancount": ("Assets:Stock", as_beancount),
}  # fmt: skip


@pytest.mark.parametrize("form", READERS)
def test_each_program_reads_what_balances_and_is_worth_the_stock(trading: Shop, form: str) -> None:
    stock, read = READERS[form]
    worth, before = (round(journal.proof(trading.db, BEGINS, day).worth, 2) for day in (ENDS, date(2026, 3, 14)))
    assert worth != before
    whole = read(journal.file(trading.db, people.LOCAL, MARCH, ENDS, form, opening=True))
    later = read(journal.file(trading.db, people.LOCAL, MARCH, ENDS, form, by="day", opening=False))
    for lines, ends in ((whole, worth), (later, worth - before)):
        assert sum(round(100 * amount) for _, _, amount in lines) == 0
        assert round(sum(amount for _, account, amount in lines if account == stock), 2) == round(ends, 2)
        assert all(MARCH <= day <= ENDS for day, _, _ in lines)
    assert len({account for _, account, _ in later}) > 1


def test_plain_text_of_later_months_goes_behind_that_of_the_first(trading: Shop) -> None:
    cuts = [(BEGINS, date(2026, 1, 31)), (date(2026, 2, 1), date(2026, 3, 31)), (date(2026, 4, 1), ENDS)]
    files = [
        journal.file(trading.db, people.LOCAL, first, last, "beancount", opening=opening)
        for (first, last), opening in zip(cuts, (True, False, False), strict=True)
    ]
    lines = as_beancount(b"".join(files))[: len(as_beancount(files[0])) + len(as_beancount(files[1]))]
    stood = round(sum(amount for _, account, amount in lines if account == programs.STOCK), 2)
    assert f"2026-04-01 balance Assets:Stock  {stood:.2f} EUR" in files[1].decode()
    scrap = f"open {programs.SCRAP}"
    assert (scrap in files[0].decode(), f"  {programs.SCRAP}  " in files[0].decode()) == (True, False)  # of February only
    loader = pytest.importorskip("beancount.loader")
    found, errors, _ = loader.load_string(b"".join(files).decode())
    assert (errors, len(found) > 20) == ([], True)
    assert loader.load_string(b"".join([files[0], files[2]]).decode())[1]  # a month was left out


def test_an_entry_a_month_says_the_same_as_an_entry_a_day(trading: Shop) -> None:
    days, months = (journal.entries(trading.db, BEGINS, ENDS, by) for by in journal.BY)
    assert len(months) < len(days)
    assert journal.totals(months).equals(journal.totals(days))
    with pytest.raises(Refused, match="made for a day or a month; not for week"):
        journal.file(trading.db, people.LOCAL, BEGINS, ENDS, "csv", by="week")
    assert sorted(set(months["day"])) == [BEGINS, *(date(2026, month, day) for month, day in ((1, 31), (2, 28), (3, 31), (4, 30), (5, 20)))]


def test_the_shop_says_which_accounts_its_program_has(traded: Shop) -> None:
    db, mine = traded.db, {programs.STOCK: "3981", "consultant": "29098", "client": "55003", "begins": "5"}
    journal.set_accounts(db, people.LOCAL, "datev-skr03", mine)
    text = journal.file(db, people.LOCAL, FIRST, LAST, "datev-skr03").decode("cp1252")
    assert ";29098;55003;20260501;4;20260508;20260520;" in text
    assert '\r\n60,00;"S";"EUR";;;"";3981;3960;"";2005;"1";"";;"Received";' in text
    assert journal.accounts(db, "datev-skr04")[programs.STOCK] == "1140"


@pytest.mark.parametrize(
    ("form", "values", "sentence"),
    [
        ("datev-skr03", {programs.SOLD: "39 60"}, "Cost of goods sold: an account of DATEV .* is a number of 4 to 8 digits.*, not 39 60"),
        ("datev-skr03", {programs.SOLD: "39600"}, "all accounts of one length"),
        ("datev-skr03", {"client": "0"}, "Number of the client .*: 0 cannot be that; usual is 1"),
        ("xero", {programs.STOCK: "310"}, "310 is the account of the stock; nothing else"),
        ("xero", {"consultant": "1001"}, "Xero has nothing called consultant"),
        ("csv", {programs.SOLD: "=HYPERLINK(1)"}, "an account of CSV is a name"),
        ("quickbooks", {programs.STOCK: " "}, "Stock: an account of QuickBooks Online .* not empty"),
        ("lexware", {}, "The journal is written as csv, datev-skr03, .*; not as lexware"),
    ],
)
def test_what_is_no_account_is_refused(shop: Shop, form: str, values: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        journal.set_accounts(shop.db, people.LOCAL, form, values)


def test_what_a_program_would_refuse_is_refused_before(trading: Shop) -> None:
    with pytest.raises(Refused, match=r"one business year a file, .* January. Choose days between 1 Jan 2025 and 31 Dec 2025"):
        journal.file(trading.db, people.LOCAL, date(2025, 12, 1), ENDS, "datev-skr03")
    many = journal.entries(trading.db, BEGINS, ENDS).loc[[0] * (programs.XERO_LINES + 1)]
    with pytest.raises(Refused, match="Xero takes 300 lines a file, and these are 301"):
        programs.xero(programs.Book(many, BEGINS, ENDS, "EUR", {"tax": "No VAT"}, "630", datetime(2026, 5, 20), True, 0))


def test_a_currency_that_datev_does_not_know_is_refused(traded: Shop) -> None:
    policy.set_shop(traded.db, people.LOCAL, currency="kr")
    with pytest.raises(Refused, match="three letters of a currency"):
        journal.file(traded.db, people.LOCAL, FIRST, LAST, "datev-skr03")


def test_the_proof_says_both_numbers_also_where_they_differ(traded: Shop) -> None:
    found = journal.proof(traded.db, FIRST, LAST)
    assert "ends with €\u202f35.00 of stock, and the stock of that day is worth €\u202f35.00: they agree" in found.says("€")
    later = journal.proof(traded.db, FIRST, LAST, "month", opening=False)
    assert "stands at €\u202f40.00 it ends with €\u202f35.00, and the stock of that day is worth €\u202f35.00: they" in later.says("€")
    assert later.debits == later.credits < found.debits
    other = journal.Proof(35.0, 36.0, 100.0, 100.0)
    assert (found.holds, other.holds) == (True, False)
    assert "but the stock of that day is worth €\u202f36.00" in other.says("€")


def test_the_proof_of_a_stock_without_a_known_cost_says_no_number(shop: Shop) -> None:
    shop.move("receipt", shop.item("KETTLE"), 3, FIRST)
    found = journal.proof(shop.db, FIRST, LAST)
    assert found.holds
    assert found.says("€").startswith("No cost is known of what lay there at the end (1 item)")
    shop.move("receipt", shop.item("MUG", cost=4), 3, FIRST)
    assert "worth €\u202f12.00: they agree" in journal.proof(shop.db, FIRST, LAST).says("€")


def test_the_journal_is_written_for_a_manager_in_the_forms_there_are(traded: Shop) -> None:
    with pytest.raises(NotAllowed, match="one must be manager"):
        journal.file(traded.db, people.Person("Stefan", "staff"), FIRST, LAST, "csv")
    with pytest.raises(Refused, match="xero, quickbooks, sage, beancount; not as pdf"):
        journal.file(traded.db, people.LOCAL, FIRST, LAST, "pdf")
    with pytest.raises(Refused, match="lies after"):
        journal.file(traded.db, people.LOCAL, LAST, FIRST, "csv")


def test_the_files_for_bookkeeping_balance(traded: Shop) -> None:
    assert journal.file(traded.db, people.LOCAL, FIRST, LAST, "csv").decode().splitlines()[:3] == [
        "entry,day,account,debit,credit,text",
        "1,2026-05-08,Assets:Stock,40.00,0.00,Stock brought forward",
        "1,2026-05-08,Equity:Opening-Balances,0.00,40.00,Stock brought forward",
    ]
    text = journal.file(traded.db, people.LOCAL, FIRST, LAST, "beancount").decode()
    assert "2026-05-21 balance Assets:Stock  35.00 EUR" in text
    loader = pytest.importorskip("beancount.loader")
    found, errors, _ = loader.load_string(text)
    assert errors == []
    assert len(found) > 6
    assert loader.load_string(text.replace("35.00 EUR", "35.05 EUR"))[1]
