"""Files that are broken, hostile or no tables at all: each is read or refused with a sentence, nothing is written, the shop goes on."""

import io
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.cell.cell import Cell

from ims_core import audit, importing, ledger, people, reading, sheets, workbooks
from ims_core.db import Database
from ims_core.errors import Refused, Unreadable
from ims_core.plans import Plan
from ims_core.settings import load
from tests import hostile

HEADER = "Receipt,Date,Code,Name,Qty,Price\n"
LINES = "".join(f"{1000 + n},2026-05-{n % 28 + 1:02d},A{n % 5},Kettle {n % 5},2,3.50\n" for n in range(40))
GOOD = (HEADER + LINES).encode()


def drop(db: Database, name: str, content: bytes) -> Plan:
    """What a drop of one file would do; looking writes nothing."""
    before = db.version
    plan = importing.preview(db, [(name, content)])
    assert db.version == before
    return plan


def refusal(db: Database, name: str, content: bytes) -> str:
    """The sentence with which a file is refused; afterwards nothing is written and a good file still goes in."""
    plan = drop(db, name, content)
    assert plan.groups == ()
    assert [file for file, _ in plan.unreadable] == [reading.safe_name(name)]
    with pytest.raises(Refused, match="Nothing in these files can be used"):
        importing.commit(db, people.LOCAL, plan)
    assert db.version == 0
    importing.commit(db, people.LOCAL, drop(db, "good.csv", GOOD))
    assert ledger.on_hand(db).on_hand.sum() == -80
    sentence = plan.unreadable[0][1]
    assert reading.safe_name(name) in sentence, "it says which file"
    return sentence


def taken(db: Database, name: str, content: bytes) -> Plan:
    """A file that goes in although it is odd; the ledger proves itself afterwards."""
    plan = drop(db, name, content)
    assert plan.unreadable == ()
    importing.commit(db, people.LOCAL, plan)
    proof = audit.check(db)
    assert proof.ok.all(), proof[~proof.ok].to_string()
    return plan


# -- refused with a sentence


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a zip bomb": ("sales.xlsx", hostile.bomb, "would unpack to 3,000 MB"),
    "a value in the last corner of a sheet": (
        "a.xlsx",
        lambda: hostile.packed(hostile.SALE + hostile.row(1_048_576, XFD="x")),
        "delete the empty rows and columns",
    ),
    "a count of texts that nobody has": (
        "a.xlsx",
        lambda: hostile.packed(
            hostile.SALE, '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="4000000000"/>'
        ),
        "more memory or time",
    ),
    "a password": ("stock.xlsx", hostile.protected, "protected by a password. Open it, save it without"),
    "a picture named .xlsx": ("stock.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "is a picture, whatever its name says"),
    "a photo named .csv": ("stock.csv", lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 40, "is a picture"),
    "a PDF": ("invoice.pdf", lambda: b"%PDF-1.7\n1 0 obj\n", "is a PDF"),
    "a web page named .xls": ("export.xls", lambda: b"\n<html><body><table><tr><td>Code</td></tr></table>", "is a web page"),
    "an archive in an archive": (
        "all.zip",
        lambda: hostile.archive("may.zip", hostile.archive("sales.csv", GOOD)),
        "without a table. may.zip is an archive in an archive. Unpack it",
    ),
    "an archive of pictures": ("all.zip", lambda: hostile.archive("pan.png", b"\x89PNG\r\n\x1a\n" + bytes(99)), "pan.png is a picture"),
    "an empty file": ("sales.csv", bytes, "is empty"),
    "an empty workbook": ("sales.xlsx", hostile.workbook, "holds no table"),
    "blank lines only": ("sales.csv", lambda: b" \r\n" * 9_000, "is empty"),
    "a byte-order mark only": ("sales.csv", lambda: b"\xef\xbb\xbf", "holds no table"),
    "a header only": ("sales.csv", HEADER.encode, "with lines below it"),
    "two thousand columns": (
        "wide.csv",
        lambda: b",".join(b"c%d" % n for n in range(2_000)) + b"\n" + b"1," * 1_999 + b"1\n",
        "2,000 columns",
    ),
    "two thousand columns of Excel": (
        "wide.xlsx",
        lambda: hostile.workbook([f"c{n}" for n in range(2_000)], [*range(2_000)]),
        "at most 1,000 are read. Is it turned on its side?",
    ),
    "a cell that holds a book": (
        "book.csv",
        lambda: b"Item code,Name,Stock\nA1," + b"x" * 5_000_001 + b",3\n",
        "a cell of 5,000,001 letters",
    ),
    "one endless line": ("long.csv", lambda: b"a," * 3_000_000, "columns; at most"),
    "nothing but zero bytes": ("nuls.csv", lambda: bytes(100_000), "nuls.csv"),
    "a program": ("run.csv", lambda: b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 100, "is no text and no workbook"),
    "a cell of twelve million letters": ("a.csv", lambda: GOOD + b'1,2026-05-01,"A' + b"x" * 12_000_000 + b'",K,1,1\n', "quotation mark"),
    "a workbook that breaks off": (
        "sales.xlsx",
        lambda: hostile.workbook(["Date", "Code", "Qty"], ["2026-05-04", "KETTLE", 3])[:-400],
        "is damaged",
    ),
    "a workbook with its middle gone": ("sales.xlsx", lambda: hostile.packed(hostile.SALE, hole=True), "cannot be read as a workbook"),
    "a workbook copied as text": (
        "old.xls",
        lambda: (reading.OLE + b"\x00\xff" * 300).decode(errors="replace").encode(),
        "was damaged on its way: a workbook was copied as if it were text",
    ),
    "entities that multiply": ("a.xlsx", lambda: hostile.packed(hostile.row(1, A="Date"), hostile.LAUGHS), "a.xlsx"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_is_refused_with_a_sentence(db: Database, case: str) -> None:
    name, made, sentence = REFUSED[case]
    assert sentence in refusal(db, name, made())


def test_a_file_that_is_too_large_is_refused_before_it_is_read(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().max_file_mb < 300
    monkeypatch.setenv("IMS_MAX_FILE_MB", "3")
    sentence = refusal(db, "year.csv", GOOD * 4_000)
    assert "at most 3 MB are read at once. Export it in parts" in sentence


def test_a_workbook_that_breaks_off_anywhere_is_refused(db: Database) -> None:
    whole = hostile.workbook(["Date", "Code", "Qty"], ["2026-05-04", "KETTLE", 3])
    for length in range(1, len(whole), len(whole) // 12):
        with pytest.raises(Unreadable, match=r"sales\.xlsx"):
            reading.read("sales.xlsx", whole[:length])


def test_one_bad_file_does_not_hold_up_the_good_ones(db: Database) -> None:
    plan = importing.preview(
        db,
        [
            ("bad.xlsx", hostile.packed(hostile.SALE + hostile.row(1_048_576, XFD="x"))),
            ("good.csv", GOOD),
            ("fine.xlsx", hostile.packed(hostile.SALE)),
        ],
    )
    assert [file for file, _ in plan.unreadable] == ["bad.xlsx"]
    importing.commit(db, people.LOCAL, plan)
    stock = ledger.on_hand(db)
    assert stock.on_hand.sum() == -83


def test_a_reader_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_SECONDS", 0.0)
    with pytest.raises(Unreadable, match="more memory or time"):
        reading.read("sales.xlsx", hostile.packed(hostile.SALE + " " * 100_000_000))
    monkeypatch.undo()
    assert reading.read("sales.xlsx", hostile.packed(hostile.SALE))[0].rows.num_rows == 1


def test_a_reader_that_died_with_half_a_file_is_put_away_and_the_next_begins() -> None:
    reader = sheets._reader()
    reader.kill()
    reader.wait()
    assert reader.stdin is not None
    reader.stdin.write(b"half of a length")
    sheets._stop()
    assert reading.read("sales.xlsx", hostile.packed(hostile.SALE))[0].rows.num_rows == 1


# -- read, however odd


def test_one_column_is_read_but_is_nothing_to_use(db: Database) -> None:
    plan = drop(db, "codes.csv", b"Code\nA1\nA2\nA3\n")
    assert plan.lines == 3
    with pytest.raises(Refused, match="choose the kind and columns by hand"):
        importing.commit(db, people.LOCAL, plan)
    assert db.version == 0


def test_formulas_with_errors_are_problems_of_their_lines(db: Database) -> None:
    errors = ["#REF!", "#DIV/0!", "#N/A", "#NAME?", "#VALUE!", "#NUM!", "#NULL!"]
    lines = [["2026-05-04", f"A{n}", 2] for n in range(20)] + [["2026-05-05", f"B{n}", error] for n, error in enumerate(errors)]
    book = openpyxl.load_workbook(io.BytesIO(hostile.workbook(["Date", "Code", "Qty"], *lines)))
    assert isinstance(wrong := book.worksheets[0].cell(22, 3), Cell)
    assert wrong.data_type == "e", "Excel keeps it as an error, not as text"
    plan = taken(db, "sales.xlsx", hostile.workbook(["Date", "Code", "Qty"], *lines))
    assert (plan.counts["used"], plan.counts["refused"]) == (20, 7)
    assert plan.problems.row.tolist() == list(range(22, 29))


def test_rows_are_numbered_as_the_sheet_numbers_them(db: Database) -> None:
    sold = "".join(hostile.row(n, D="2026-05-04", E="KETTLE", F="3") for n in range(6, 16))
    plan = drop(
        db,
        "sales.xlsx",
        hostile.packed(hostile.row(5, D="Date", E="Code", F="Qty") + sold + hostile.row(19, D="2026-05-04", E="POT", F="many")),
    )
    assert plan.problems.row.tolist() == [19]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "Robert'); drop table changes; --", "☕ 𝔘 \u202e"]
)
def test_names_stay_the_text_they_are(db: Database, name: str) -> None:
    names = [name, "Kettle", "Frying pan", "Pot with lid"]
    lines = [f'{n},2026-05-{n % 28 + 1:02d},A{n % 4},"{names[n % 4]}",2,3.50\n' for n in range(40)]
    taken(db, "sales.csv", (HEADER + "".join(lines)).encode())
    assert {known for (known,) in db.rows("select name from items")} == set(names)
    out = openpyxl.load_workbook(io.BytesIO(workbooks.sheet({"Items": db.frame("select name from items")})))
    assert all(page.data_type == "s" for cells in out.worksheets[0].iter_rows(min_row=2) for page in cells)


def test_control_characters_are_left_out(db: Database) -> None:
    taken(db, "sales.csv", GOOD.replace(b"Kettle 1,", b"Ket\x07tle\x1b 1\x00,"))
    assert "Kettle 1" in {name for (name,) in db.rows("select name from items")}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp1252"])
def test_other_ways_to_write_letters_are_read(db: Database, encoding: str) -> None:
    taken(db, "sales.csv", GOOD.decode().replace("Kettle", "Käse").encode(encoding))
    assert "Käse 1" in {name for (name,) in db.rows("select name from items")}


def test_the_mark_of_a_file_that_was_put_behind_another_is_no_letter() -> None:
    one = "\ufeffSKU;Name;Stock\n".encode() + b"".join(b"A%d;Mug %d;3\n" % (n, n) for n in range(9))
    tables = reading.read("both.csv", one + one)
    assert {table.header for table in tables} == {("SKU", "Name", "Stock")}


@pytest.mark.parametrize(
    "bad", ['2000,2026-05-01,A1,"Kettle,1,3.50\n', '2000,2026-05-01,A1,Pan 5",1,3.50\n', '"\n', '2000,2026-05-01,A1,"Say ""so,1,1\n']
)
@pytest.mark.parametrize("place", [0, 20, 40])
def test_an_open_quotation_mark_swallows_no_lines(db: Database, bad: str, place: int) -> None:
    lines = LINES.splitlines(keepends=True)
    plan = drop(db, "sales.csv", (HEADER + "".join([*lines[:place], bad, *lines[place:]])).encode())
    if plan.unreadable:
        assert "quotation mark" in plan.unreadable[0][1]
    else:
        assert plan.lines >= 40
        assert plan.counts["used"] >= 40


@pytest.mark.parametrize(
    "header",
    [
        'Receipt,Date,Code,"Na""me; drop table changes; --",Qty,Price\n',
        "Receipt,Date,Code,Na'me || (select 1) || ',Qty,Price\n",
        "source row,Date,Code,source table,Qty,Price\n",
        "item_id,Date,Code,line,Qty,key\n",
        "Date,date,Code,code,Qty,QTY\n",
        "row,Date,Code,source,Qty,sheet\n",
    ],
)
def test_columns_may_be_called_anything(db: Database, header: str) -> None:
    plan = drop(db, "sales.csv", (header + LINES).encode())
    assert plan.unreadable == ()
    assert plan.lines == 40


def test_numbers_and_days_out_of_this_world_are_problems(db: Database) -> None:
    odd = [
        ("1e400", "2026-05-01"),
        ("NaN", "2026-05-01"),
        ("Infinity", "2026-05-01"),
        ("9" * 60, "2026-05-01"),
        ("1", "9999-12-31"),
        ("1", "0001-01-01"),
    ]
    plan = taken(db, "sales.csv", GOOD + "".join(f"{n},{day},A1,K,{qty},1\n" for n, (qty, day) in enumerate(odd)).encode())
    assert (plan.counts["used"], plan.counts["refused"]) == (40, len(odd))
    assert plan.problems.row.tolist() == list(range(42, 42 + len(odd)))


@pytest.mark.parametrize("name", ["../../etc/passwd.csv", "C:\\Users\\mara\\sales.csv", "a\x00b\n.csv", "x" * 5_000 + ".csv", ""])
def test_a_file_may_be_called_anything(db: Database, name: str) -> None:
    taken(db, name, GOOD)
    (kept,) = {kept for (kept,) in db.rows("select name from import_files")}
    assert kept == reading.safe_name(name)
    assert not set(kept) & set("/\\\0\n")
    assert 0 < len(kept) <= 200
