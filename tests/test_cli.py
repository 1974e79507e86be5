"""The command line: the whole line from files to a reorder sheet, and every refusal as one sentence."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from ims_core import audit
from ims_core import db as database
from ims_core.__main__ import main
from tests.builders import Shop

ROOT = Path(__file__).resolve().parent.parent
FIRST = date(2026, 1, 5)
LAST = FIRST + timedelta(days=90)

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands find their shop."""
    path = tmp_path / "data" / "shop.duckdb"
    monkeypatch.setenv("IMS_DATABASE", str(path))
    return path


@pytest.fixture
def say(file: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Say a command; its exit code, and what it said on stdout and stderr."""

    def said(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return said


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a till's export and an item list."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "items.csv").write_text("Item code,Name,Unit cost,Supplier\nKETTLE,Kettle 1.7 l,12.50,Acme\nMUG,Mug blue,3.20,Acme\n")
    days = [FIRST + timedelta(days=turn) for turn in range(91)]
    lines = [f"{day},R{turn:04},{sku},{qty}" for turn, day in enumerate(days) for sku, qty in (("KETTLE", 1 + turn % 2), ("MUG", 3))]
    (folder / "sales.csv").write_text("\n".join(["Date,Receipt,Item code,Quantity", *lines]) + "\n")
    (folder / f"stock count {LAST}.csv").write_text("Item code,On hand\nKETTLE,4\nMUG,400\n")
    return folder


def test_from_files_to_a_reorder_sheet(say: Say, files: Path, tmp_path: Path) -> None:
    code, out, _ = say("import", files)
    assert code == 0
    assert "186 of 186 lines will be used" in out
    assert "Written as change 1: 186 lines." in out

    code, out, _ = say("stock", "--day", LAST)
    assert code == 0
    assert [line.split() for line in out.splitlines()[1:3]] == [
        ["KETTLE", "Kettle", "1.7", "l", "Shop", "4", "€", "50.00"],
        ["MUG", "Mug", "blue", "Shop", "400", "€", "1,280"],
    ]
    assert f"2 lines at the end of {LAST}" in out

    code, out, _ = say("forecast", "--day", LAST)
    assert code == 0
    assert "2 items forecast for 12 weeks" in out

    sheet = tmp_path / "order.xlsx"
    code, out, _ = say("reorder", "--day", LAST, "--out", sheet)
    assert (code, out.split(" holds ")[1].split(",")[0]) == (0, "1 lines to order")
    cells = [str(cell) for page in openpyxl.load_workbook(sheet) for row in page.iter_rows(values_only=True) for cell in row]
    assert "KETTLE" in cells

    code, out, _ = say("reorder", "--day", LAST)
    assert "KETTLE" in out
    assert "1 of 2 items are to be ordered." in out

    code, out, _ = say("check")
    assert code == 0
    assert "The ledger proves itself" in out


def test_what_is_doubtful_is_told_with_the_money_that_rests_on_it(say: Say, file: Path) -> None:
    shop = Shop(database.connect(file))
    shop.move("receipt", shop.item("KETTLE", price=9), 10, FIRST, unit_cost=4)
    shop.move("count", shop.item("PLATE", price=20), 3, FIRST)
    shop.db.close()
    code, out, _ = say("quality", "--day", FIRST)
    assert code == 0
    assert "60.00" in next(line for line in out.splitlines() if "1 item in stock has no cost" in line)
    assert "of stock at today's cost rests on doubtful data. " in out


def test_the_journal_is_written_and_agrees_with_the_stock(say: Say, file: Path, tmp_path: Path) -> None:
    shop = Shop(database.connect(file))
    shop.move("receipt", shop.item("KETTLE"), 10, FIRST, unit_cost=4)
    shop.db.close()
    made = tmp_path / "may.beancount"
    code, out, _ = say("journal", "--from", FIRST, "--to", LAST, "--out", made)
    assert code == 0
    assert "€\u202f40.00: they agree" in out
    assert f"{LAST + timedelta(days=1)} balance Assets:Stock  40.00 EUR" in made.read_text()
    taken = tmp_path / "EXTF_may.csv"
    code, out, _ = say("journal", "--from", FIRST, "--to", LAST, "--out", taken, "--form", "datev-skr03", "--by", "day", "--opening")
    assert "DATEV (SKR03): For the tax adviser" in out
    assert b'40,00;"S";"EUR";;;"";3980;3960;' in taken.read_bytes()
    out = say("journal", "--from", LAST, "--to", LAST, "--out", made, "--no-opening")[1]
    assert "It leaves out what lay there before: on a stock account that stands at €\u202f40.00 it ends with €\u202f40.00" in out
    assert f"{LAST + timedelta(days=1)} balance Assets:Stock  40.00 EUR" in made.read_text()
    assert "not as xlsx" in say("journal", "--from", FIRST, "--to", LAST, "--out", tmp_path / "may.xlsx")[2]


def test_the_same_files_again_change_nothing(say: Say, files: Path, file: Path) -> None:
    say("import", files)
    code, out, _ = say("import", *files.iterdir())
    assert code == 0
    assert "items.csv is in the shop already, by change 1." in out
    assert "Nothing of this drop is new." in out
    shop = database.connect(file)
    assert shop.version == 1
    shop.close()


def test_a_file_that_lacks_a_column_is_refused_by_name_unless_it_is_left_out(say: Say, files: Path) -> None:
    (files / "till.csv").write_text("Receipt,Item code,Quantity,Price\nR1,KETTLE,1,19\nR2,MUG,2,6\n")
    code, out, err = say("import", files)
    assert code == 1
    assert "till.csv needs a column for date to be used as sales; --leave-out goes on without it.\nNothing was written." in err
    assert "Written" not in out
    assert "Nothing is known of" in say("stock")[1]
    code, out, _ = say("import", "--leave-out", files)
    assert code == 0
    assert "Written as change 1: 186 lines." in out


def test_a_question_without_a_safe_answer_is_refused_with_its_file(say: Say, files: Path) -> None:
    (files / "till.csv").write_text("Date,Receipt,Item code,Quantity\n01/02/2026,T1,KETTLE,1\n03/04/2026,T2,MUG,2\n")
    code, _, err = say("import", files / "till.csv")
    assert code == 1
    assert err.startswith("till.csv: In “Date” every date reads both ways. Which number comes first?\nNothing was written.")


def test_what_only_left_is_not_known_rather_than_none(say: Say, files: Path) -> None:
    say("import", files / "sales.csv", files / "items.csv")
    out = say("stock", "--day", LAST)[1]
    assert "what they are worth is not known" in out
    lines = [line.split() for line in out.splitlines()[1:3]]
    assert lines == [["KETTLE", "Kettle", "1.7", "l", "Shop", "not", "known"], ["MUG", "Mug", "blue", "Shop", "not", "known"]]


def test_an_empty_shop_says_what_to_do(say: Say) -> None:
    assert say("stock")[1].endswith("Import your files first: python -m ims_core import FILE...\n")
    code, out, err = say("forecast")
    assert (code, out) == (1, "")
    assert err == "Nothing was sold yet, so there is nothing to go by. Upload your sales first.\n"


def test_a_backup_is_put_back(say: Say, files: Path, tmp_path: Path, file: Path) -> None:
    say("import", files / "items.csv")
    assert "holds all 1 changes." in say("backup", tmp_path / "backups")[1]
    say("import", files / "sales.csv")
    code, out, _ = say("restore", tmp_path / "backups")
    assert code == 0
    assert "The file before was set aside in" in out
    shop = database.connect(file)
    assert (shop.version, shop.notes) == (1, [])
    shop.close()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["import", "nowhere.csv"], "nowhere.csv cannot be used: No such file or directory."),
        (["restore", "{folder}"], "There is no backup in {folder} that opens."),
        (["reorder", "--out", "{folder}/nowhere/sheet.xlsx"], "There is no folder {folder}/nowhere."),
        (["reorder", "--out", "{folder}/sheet.txt"], "{folder}/sheet.txt is no name for an Excel sheet."),
    ],
)
def test_a_refusal_is_one_line(say: Say, tmp_path: Path, words: list[str], sentence: str) -> None:
    code, out, err = say(*(word.format(folder=tmp_path) for word in words))
    assert (code, out) == (1, "")
    assert err.startswith(sentence.format(folder=tmp_path))
    assert err.count("\n") == 1


def test_of_a_folder_only_what_may_be_a_table_is_taken(say: Say, files: Path, tmp_path: Path) -> None:
    (files / "report.py").write_text("name,price\nA,1\nB,2\n")
    code, out, _ = say("import", files)
    assert code == 0
    assert f"{files}: 1 file left alone, by the ending no table: report.py" in out
    assert "186 of 186 lines will be used" in out
    (tmp_path / "none").mkdir()
    code, out, err = say("import", tmp_path / "none")
    assert (code, out) == (1, "")
    assert "holds no file that may be a table" in err


def test_a_file_that_is_no_table_is_named(say: Say, tmp_path: Path, file: Path) -> None:
    (tmp_path / "photo.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    _, out, _ = say("import", tmp_path / "photo.xlsx")
    assert "photo.xlsx" in out
    assert "Nothing of this drop can be used." in out
    shop = database.connect(file)
    assert shop.version == 0
    shop.close()


def test_what_needs_attention_is_looked_for_and_said(say: Say, file: Path) -> None:
    shop = Shop(database.connect(file))
    shop.move("count", shop.item("KETTLE"), 1, day=date(2026, 1, 1))
    shop.move("sale", 1, 3, day=date(2026, 1, 2))
    shop.db.close()
    for _ in range(2):
        code, out, _ = say("watch")
        assert code == 0
        assert "Below zero: 1 alert." in out


def test_a_broken_ledger_is_said_and_fails(say: Say, file: Path) -> None:
    shop = database.connect(file)
    Shop(shop).item("KETTLE")
    with shop.change(who="Mallory", what="Half a transfer"):
        shop.append(
            "movements",
            [{"line": 1, "happened_at": "2026-05-04", "day": FIRST, "kind": "transfer", "item_id": 1, "place": "Shop", "qty": 1}],
        )
    shop.close()
    code, out, err = say("check")
    assert code == 1
    assert "Transfers net to nothing: no, broken 1 times." in out
    assert "1 of " in err


def test_what_nobody_foresaw_is_a_sentence_too(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(audit, "check", broken)
    code, _, err = say("check")
    assert code == 1
    assert "Traceback" not in err
    log = Path(err.rsplit("See ", 1)[1].strip().rstrip("."))
    assert "ZeroDivisionError" in log.read_text()
    log.unlink()


@pytest.mark.parametrize("words", [["stock"], ["check"], ["backup", "copies"], ["restore", "copies"]])
def test_while_the_app_holds_the_shop_one_line_says_so(file: Path, tmp_path: Path, words: list[str]) -> None:
    shop = database.connect(file)
    (tmp_path / "copies").mkdir()
    shop.connection.execute("select 1")
    database.connect(tmp_path / "copies" / "shop-20260101-000000.duckdb").close()
    done = elsewhere(tmp_path, *words)
    assert done.returncode == 1
    assert done.stderr.startswith(f"The shop at {file} is open in another program (process {os.getpid()})")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    shop.close()


def test_it_says_what_it_can_do(tmp_path: Path) -> None:
    done = elsewhere(tmp_path, "--help")
    assert done.returncode == 0
    for word in ("import", "stock", "forecast", "reorder", "check", "backup", "restore", "serve"):
        assert f"    {word} " in done.stdout


def elsewhere(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "ims_core", *words], cwd=folder, env=environment, capture_output=True, text=True)
