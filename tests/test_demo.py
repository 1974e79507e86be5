"""The sample shop: its files hold what its README says, and go in through the same door as any drop."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ims_core import audit, demo, demo_books, demo_goods, demo_till, importing, ledger, people
from ims_core.db import Database
from ims_core.demo_trade import FIRST, LAST
from ims_core.errors import Refused
from tests.builders import Shop, empty_shop

TRUTH = demo.truth()
FILES = dict(demo.files())
TILLS = (demo_till.OLD_TILL, demo_till.NEW_TILL)

Row = dict[str, str]


def till(name: str) -> list[Row]:
    """A till's lines, each row as its file writes it, under the old till's column names."""
    old = name == demo_till.OLD_TILL
    text = FILES[name].decode("utf-8-sig" if old else "cp1252")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="," if old else ";"))
    if old:
        return rows
    names = {"Bon no.": "Receipt", "Article no.": "Item code", "Article text": "Description", "Qty": "Quantity", "Unit price": "Price"}
    return [{names.get(column, column): cell for column, cell in row.items()} for row in rows]


def book(name: str) -> dict[str, list[tuple[Any, ...]]]:
    """A workbook's rows, sheet by sheet."""
    opened = openpyxl.load_workbook(io.BytesIO(FILES[name]))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in opened}


def usable(name: str) -> list[Row]:
    """A till's lines once each, with a quantity and a day that exist, of products."""
    once = {tuple(row.values()): row for row in till(name)}.values()
    return [row for row in once if quantity(row) and day(row) and code(row) not in demo_till.SERVICES]


def code(row: Row) -> str:
    """The item's code, however it was typed."""
    return row["Item code"].strip().upper()


def quantity(row: Row) -> int | None:
    """Pieces, or None for a word."""
    return int(row["Quantity"]) if re.fullmatch(r"-?\d+", row["Quantity"]) else None


def day(row: Row) -> date | None:
    """The day, or None where there is no such day."""
    try:
        return datetime.strptime(row["Date"], "%Y-%m-%d" if "-" in row["Date"] else "%d.%m.%Y").date()
    except ValueError:
        return None


def items() -> dict[str, tuple[Any, ...]]:
    """The price list's rows by code."""
    return {
        row[0]: row for row in book("items.xlsx")["Items"] if row[0] and row[0][:2].isupper() and row[1] and row[0] != "Total" and row[3]
    }


# -- the files and the truth


def test_the_files_are_made_the_same_each_time(tmp_path: Path) -> None:
    demo.write(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in demo.FOLDER.iterdir()}
    for file in tmp_path.iterdir():
        made, kept = file.read_bytes(), (demo.FOLDER / file.name).read_bytes()
        if file.suffix == ".xlsx":  # what is packed, not how: another zlib packs otherwise
            made, kept = (repr([(part, book.read(part)) for part in book.namelist()]).encode() for book in map(zipped, (made, kept)))
        assert made == kept, file.name


def zipped(content: bytes) -> zipfile.ZipFile:
    """The parts of a workbook."""
    return zipfile.ZipFile(io.BytesIO(content))


def test_the_sample_is_small() -> None:
    assert sum(map(len, FILES.values())) < 2_500_000
    assert 25_000 < sum(len(till(name)) for name in TILLS) < 40_000


def test_what_the_shop_had_and_got_and_sold_is_what_it_counted() -> None:
    for sku, n in TRUTH["items"].items():
        assert n["opening"] + n["received"] - n["sold"] - n["given_away"] + n["returned"] + n["difference"] == n["counted"], sku
    assert {sku: n["difference"] for sku, n in TRUTH["items"].items() if n["difference"]} == demo_books.COUNTED_WRONG


@pytest.mark.parametrize("name", TILLS)
def test_each_mistake_is_in_the_till_as_often_as_said(name: str) -> None:
    rows = till(name)
    once = list({tuple(row.values()): row for row in rows}.values())
    found = {
        "lines": len(rows),
        "duplicates": len(rows) - len(once),
        "cancelled": sum(row["Receipt"].startswith("C") for row in once),
        "returns": sum((quantity(row) or 0) < 0 and not row["Receipt"].startswith("C") for row in once),
        **{service.lower(): sum(row["Item code"] == service for row in once) for service in demo_till.SERVICES},
        "small_letters": sum(row["Item code"] != row["Item code"].upper() for row in once),
        "trailing_blank": sum(row["Item code"] != row["Item code"].strip() for row in once),
        "nameless": sum(not row["Description"] for row in once),
        "free": sum(row["Price"] in ("0.00", "0,00") for row in once),
        "bad_quantity": sum(quantity(row) is None for row in once),
        "bad_date": sum(day(row) is None for row in once),
    }
    assert found == TRUTH["files"][name]
    assert set(found) == set(demo.MISTAKES)


@pytest.mark.parametrize("name", TILLS)
def test_a_cancelled_receipt_takes_back_a_receipt_of_the_file(name: str) -> None:
    sold = Counter((row["Receipt"], code(row), quantity(row)) for row in till(name))
    for row in till(name):
        if row["Receipt"].startswith("C"):
            assert sold[row["Receipt"][1:], code(row), -(quantity(row) or 0)] == 1, row


def test_the_tills_tell_what_left_the_shelves() -> None:
    sold: Counter[str] = Counter()
    for row in (row for name in TILLS for row in usable(name)):
        sold[code(row)] += quantity(row) or 0
    assert sold.pop(demo_till.UNLISTED[0]) > 0
    assert sold == {sku: n["sold"] + n["given_away"] - n["returned"] for sku, n in TRUTH["items"].items()}


def test_each_till_covers_its_year() -> None:
    first, second = ([found for row in usable(name) if (found := day(row))] for name in TILLS)
    assert (min(first), max(first)) == (FIRST, date(2025, 10, 31))
    assert (min(second), max(second)) == (date(2025, 11, 1), LAST)


def test_sales_have_a_week_and_a_year() -> None:
    weekdays: Counter[int] = Counter()
    months: Counter[tuple[int, bool]] = Counter()
    for row in (row for name in TILLS for row in usable(name)):
        if sold_on := day(row):
            weekdays[sold_on.weekday()] += 1
            months[sold_on.month, row["Description"].startswith("Iced tea")] += 1
    assert weekdays[5] > 2 * weekdays[0] > 10 * weekdays[6]
    assert months[12, False] > 1.3 * months[4, False]
    assert months[7, True] > 10 * months[12, True]


def test_things_are_sold_out_and_others_lie_about() -> None:
    empty = [n["empty_days"] for n in TRUTH["items"].values()]
    assert sum(days > 30 for days in empty) > 30
    idle = [sku for sku, n in TRUTH["items"].items() if n["counted"] * 730 > 180 * (n["sold"] + n["given_away"]) > 0]
    assert len(idle) > 5


def test_the_count_sheets_add_up_to_what_was_counted() -> None:
    found: Counter[str] = Counter()
    for rows in book(demo_books.COUNT).values():
        *lines, total = rows[4:]
        assert total[0] == "Total"
        assert total[2] == sum(line[2] for line in lines)
        found.update({line[0]: line[2] for line in lines})
    assert found == {sku: n["counted"] for sku, n in TRUTH["items"].items()}


def test_the_price_list_is_for_peoples_eyes() -> None:
    rows, said = items(), TRUTH["files"]["items.xlsx"]
    assert len(rows) == said["items"] == len(TRUTH["items"])
    assert len({row[1] for row in rows.values()}) == len(rows), "every item has a name of its own"
    assert [sum(row[column] is None for row in rows.values()) for column in (2, 6, 9)] == [
        said[f"without_{what}"] for what in ("barcode", "cost", "lead_time")
    ]
    assert all(re.fullmatch(r"€ [\d,]+\.\d\d", row[7]) for row in rows.values())
    assert all(row[6] < float(row[7][2:].replace(",", "")) / 1.2 for row in rows.values() if row[6]), "sold above cost and tax"


def test_every_barcode_checks() -> None:
    barcodes = [row[2] for row in items().values() if row[2]]
    assert len(set(barcodes)) == len(barcodes)
    for barcode in barcodes:
        digits = [int(digit) for digit in barcode]
        assert len(digits) == 13
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0, barcode


def test_purchases_tell_what_came_and_what_is_to_come() -> None:
    lines = [dict(zip(("number", "supplier", "sku"), row[:3], strict=True)) | {"row": row} for row in book("purchases.xlsx")["Orders"][3:]]
    came: Counter[str] = Counter()
    waits: Counter[str] = Counter()
    for line in lines:
        ordered, expected, received, qty, received_qty = line["row"][5:10]
        assert ordered < expected
        assert received is None or ordered < received <= datetime(LAST.year, LAST.month, LAST.day)
        assert (received is None) == (received_qty is None)
        (came if received else waits)[line["sku"]] += received_qty or qty
    assert came == {sku: n["received"] for sku, n in TRUTH["items"].items() if n["received"]}
    assert waits == {sku: n["on_order"] for sku, n in TRUTH["items"].items() if n["on_order"]}
    assert len(lines) == len({line["row"] for line in lines}) == TRUTH["files"]["purchases.xlsx"]["lines"]


def test_suppliers_keep_their_promises_more_or_less() -> None:
    late: dict[str, list[timedelta]] = {}
    for row in book("purchases.xlsx")["Orders"][3:]:
        if row[7]:
            late.setdefault(row[1].strip().lower(), []).append(row[7] - row[6])
    assert set(late) == {supplier.name.lower() for supplier in demo_goods.SUPPLIERS}
    for days in late.values():
        assert min(days) < timedelta(0) < max(days)


# -- the sample in the shop


@pytest.fixture(scope="module")
def sample() -> Iterator[Database]:
    """A shop into which the sample was dropped; nobody writes to it."""
    shop = empty_shop()
    demo.open_sample(shop, people.LOCAL)
    yield shop
    shop.close()


def test_every_line_is_accounted_for(sample: Database) -> None:
    found = {
        name: {"lines": lines, "used": used, "joined": joined, "set aside": aside, "refused": refused}
        for name, lines, used, joined, aside, refused in sample.rows(
            "select name, sum(lines), sum(used), sum(joined), sum(set_aside), sum(refused) from import_files group by name"
        )
    }
    for name in TILLS:
        said = TRUTH["files"][name]
        refused = said["bad_quantity"] + said["bad_date"]
        aside = sum(said[service.lower()] for service in demo_till.SERVICES)
        used = said["lines"] - said["duplicates"] - aside - refused
        assert found[name] == {"lines": said["lines"], "used": used, "joined": said["duplicates"], "set aside": aside, "refused": refused}
    used = {name: (row["used"], row["joined"], row["refused"]) for name, row in found.items()}
    count, purchases, items = (TRUTH["files"][name] for name in (demo_books.COUNT, "purchases.xlsx", "items.xlsx"))
    assert used[demo_books.COUNT] == (count["shop_lines"] + count["cellar_lines"], 0, 0)
    assert used["purchases.xlsx"] == (purchases["lines"], 0, 0)
    assert used["items.xlsx"] == (items["items"], 0, 0)
    assert used["suppliers.csv"] == (len(demo_goods.SUPPLIERS), 0, 0)


def test_stock_is_what_was_counted_in_each_place(sample: Database) -> None:
    stock = ledger.on_hand(sample, LAST)
    said = {place: {row[0]: row[2] for row in rows[4:-1] if row[2]} for place, rows in book(demo_books.COUNT).items()}
    for place, pieces in said.items():
        here = stock[(stock.place == place) & (stock.on_hand != 0) & (stock.sku != demo_till.UNLISTED[0])]
        assert dict(zip(here.sku, here.on_hand, strict=True)) == pieces, place


def test_stock_reckoned_back_is_what_was_there_two_years_ago(sample: Database) -> None:
    found = sample.rows("""
        select sku, coalesce(sum(qty) filter (kind = 'opening'), 0),
               max(day) filter (kind = 'opening') >= min(day) filter (kind <> 'opening') as too_late
        from movements join items using (item_id) where sku <> ? group by sku
    """, [demo_till.UNLISTED[0]])  # fmt: skip
    began = {sku: n["opening"] + n["difference"] for sku, n in TRUTH["items"].items()}  # what a count misses was never there
    assert {sku: qty for sku, qty, _ in found} == began
    assert not any(too_late for _, _, too_late in found)


def test_stock_over_both_places_was_hardly_ever_below_nothing(sample: Database) -> None:
    below = sample.scalar("""
        select count(*) filter (on_hand < 0) / count(*) from (
            select item_id, day, sum(sum(qty)) over (partition by item_id order by day) as on_hand
            from movements join items using (item_id) where sku <> ? group by item_id, day)
    """, [demo_till.UNLISTED[0]])  # fmt: skip
    assert below < 0.01, "but for what the counts missed"


def test_what_is_to_come_is_on_order(sample: Database) -> None:
    waits = dict(sample.rows("select sku, sum(open) from on_order join items using (item_id) group by sku"))
    assert waits == {sku: n["on_order"] for sku, n in TRUTH["items"].items() if n["on_order"]}


def test_demand_is_what_customers_took_home(sample: Database) -> None:
    demand = dict(sample.rows("select sku, sum(qty) from demand join items using (item_id) group by sku"))
    assert demand.pop(demo_till.UNLISTED[0]) > 0
    assert demand == {sku: n["sold"] for sku, n in TRUTH["items"].items() if n["sold"]}


def test_the_problems_are_the_deliberate_ones_and_no_others(db: Database) -> None:
    problems = importing.preview(db, demo.files()).problems
    bad = [(name, row["Quantity"]) for name in TILLS for row in till(name) if quantity(row) is None]
    bad += [(name, row["Date"]) for name in TILLS for row in till(name) if day(row) is None]
    said = [(name, "" if value == "n/a" else value) for name, value in bad]  # what says that there is nothing is an empty cell
    assert sorted(zip(problems.file, problems.value.fillna(""), strict=True)) == sorted(said)
    assert problems.refused.all()


def test_every_item_has_its_name_and_terms(sample: Database) -> None:
    listed = items()
    known = dict(sample.rows("select sku, name from items"))
    assert known.pop(demo_till.UNLISTED[0]) == demo_till.UNLISTED[1]
    assert known == {sku: row[1] for sku, row in listed.items()}
    terms = sample.rows(
        "select sku, s.name, pack, p.lead_days from supplies p join items using (item_id) join suppliers s using (supplier_id)"
    )
    assert {row[0]: row[1:] for row in terms} == {sku: (row[4], row[8], row[9]) for sku, row in listed.items()}
    assert len(terms) == len(listed), "a supplier in capitals is the same supplier"


def test_the_ledger_proves_itself_on_the_sample(sample: Database) -> None:
    proof = audit.check(sample)
    assert proof.ok.all(), proof[~proof.ok].to_string()


def test_undo_takes_all_of_the_sample_back_and_it_can_be_opened_again(db: Database) -> None:
    opened = demo.open_sample(db, people.LOCAL)
    kinds = "select kind, count(*), sum(qty), min(day) from visible_movements group by kind order by kind"
    stock, moved = ledger.on_hand(db), db.rows(kinds)
    ledger.undo(db, people.LOCAL, opened)
    for nothing in ("items", "suppliers", "places", "barcodes", "supplies", "on_order", "demand", "visible_movements"):
        assert db.scalar(f"select count(*) from {nothing}") == 0, nothing
    assert len(ledger.on_hand(db)) == 0
    demo.open_sample(db, people.LOCAL)
    assert ledger.on_hand(db)[["sku", "place", "on_hand"]].equals(stock[["sku", "place", "on_hand"]])
    assert db.rows(kinds) == moved


def test_the_sample_is_not_mixed_into_a_shop_that_has_items(shop: Shop) -> None:
    shop.item("KETTLE")
    with pytest.raises(Refused, match="has items already"):
        demo.open_sample(shop.db, people.LOCAL)


def test_progress_is_told_as_the_sample_goes_in(db: Database) -> None:
    told: list[tuple[float, str]] = []
    demo.open_sample(db, people.LOCAL, lambda fraction, sentence: told.append((fraction, sentence)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert any("sales" in sentence for _, sentence in told)


def test_without_its_files_the_sample_says_how_to_make_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "FOLDER", tmp_path)
    with pytest.raises(Refused, match=r"python -m ims_core\.demo"):
        demo.files()
