"""What is on disk stays: damage, crashes, full disks, many writers at once."""

import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest

from ims_core import backups, rescue, storage, torn
from ims_core import db as database
from ims_core.db import Database
from ims_core.errors import Busy, ImsError, Refused, StorageFailed
from tests.builders import DAY
from tests.storms import post, standing

ROOT = Path(__file__).resolve().parent.parent
POSTED = 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.duckdb"


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    """A shop whose program died: twenty changes stand in the log, none in the file."""
    running = database.connect(tmp_path / "running" / "shop.duckdb")
    running.checkpoint()
    for turn in range(POSTED):
        post(running, f"{turn:02}")
    (tmp_path / "crashed").mkdir()
    for name in ("shop.duckdb", "shop.duckdb.wal", "shop.duckdb.newest"):
        shutil.copy(tmp_path / "running" / name, tmp_path / "crashed" / name)
    running.close()
    return tmp_path / "crashed" / "shop.duckdb"


def log(file: Path) -> Path:
    return Path(f"{file}.wal")


def at_once(count: int, act: Callable[[int], None]) -> None:
    """The same act from many threads at once."""
    start = threading.Barrier(count)

    def person(number: int) -> None:
        start.wait()
        act(number)

    people = [threading.Thread(target=person, args=[number]) for number in range(count)]
    for one in people:
        one.start()
    for one in people:
        one.join(60)


def elsewhere(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)


# -- a damaged log


def test_a_shop_whose_program_died_has_everything(crashed: Path) -> None:
    shop = database.connect(crashed)
    assert len(standing(shop)) == POSTED
    assert shop.notes == []
    shop.close()


@pytest.mark.parametrize("where", [0.02, 0.3, 0.6, 0.97, *(0.5 + step / 1000 for step in range(0, 40, 3))])
def test_a_damaged_log_is_set_aside_and_what_came_before_is_kept(crashed: Path, where: float) -> None:
    content = bytearray(log(crashed).read_bytes())
    for offset in range(3):
        content[int(len(content) * where) + offset] ^= 0xFF
    log(crashed).write_bytes(content)
    shop = database.connect(crashed)
    kept = standing(shop)
    assert sorted(kept) == [f"{turn:02}" for turn in range(len(kept))], "the first ones, without a gap"
    assert len(kept) >= int(POSTED * where) - 2
    (note,) = shop.notes
    assert "damaged log" in note
    assert "record again what is not there" in note
    aside = next((crashed.parent / "set-aside").rglob("shop.duckdb.wal"))
    assert aside.read_bytes() == bytes(content)
    assert post(shop, "next") == len(kept) + 1
    shop.close()


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_a_torn_log_loses_only_its_torn_end(crashed: Path, where: float) -> None:
    content = log(crashed).read_bytes()
    log(crashed).write_bytes(content[: int(len(content) * where)])
    shop = database.connect(crashed)
    kept = standing(shop)
    assert sorted(kept) == [f"{turn:02}" for turn in range(len(kept))]
    assert int(POSTED * where) - 2 <= len(kept) < POSTED
    shop.close()


@pytest.mark.parametrize("end", [bytes(5000), random.Random(7).randbytes(5000)])
def test_rubbish_after_the_log_harms_nothing(crashed: Path, end: bytes) -> None:
    with log(crashed).open("ab") as handle:
        handle.write(end)
    shop = database.connect(crashed)
    assert len(standing(shop)) == POSTED
    shop.close()


def test_a_log_of_another_shop_is_set_aside(crashed: Path, tmp_path: Path) -> None:
    other = database.connect(tmp_path / "other.duckdb")
    post(other, "not ours")
    shutil.copy(tmp_path / "other.duckdb.wal", log(crashed))
    other.close()
    shop = database.connect(crashed)
    assert standing(shop) == []
    assert "the last saved state was kept" in shop.notes[0]
    shop.close()


def test_an_older_copy_put_in_place_by_hand_is_noticed_once(crashed: Path) -> None:
    log(crashed).unlink()
    shop = database.connect(crashed)
    assert shop.notes[0].startswith("The shop's file is older than it was at the last start: 20 changes made since are not in it.")
    shop.close()
    shop = database.connect(crashed)
    assert shop.notes == []
    shop.close()


def test_a_new_shop_where_one_was_taken_away_misses_nothing(crashed: Path) -> None:
    crashed.unlink()
    log(crashed).unlink()
    shop = database.connect(crashed)
    assert (shop.notes, shop.version) == ([], 0)
    shop.close()


def test_a_damaged_file_says_how_to_go_on(file: Path) -> None:
    database.connect(file).close()
    content = bytearray(file.read_bytes())
    content[:100] = bytes(100)
    file.write_bytes(content)
    with pytest.raises(StorageFailed, match=r"Put the newest backup in its place: python -m ims_core restore"):
        database.connect(file)


# -- a file that a checkpoint was writing


@pytest.fixture
def torn_in(crashed: Path, tmp_path: Path) -> Callable[[float], int]:
    """Leaves the shop as a kill does: a checkpoint had marked the log and written a part of one block. Gives where that block begins."""
    done, stopped = tmp_path / "done" / "shop.duckdb", tmp_path / "stopped" / "shop.duckdb"
    for copy in (done, stopped):
        shutil.copytree(crashed.parent, copy.parent)
    with duckdb.connect(done) as shop:
        contents = [number for (number,) in shop.execute("select block_id from pragma_metadata_info()").fetchall()]
        shop.execute("checkpoint")
    with duckdb.connect(stopped) as shop:
        shop.execute("set debug_checkpoint_abort = 'before_header'")
        with pytest.raises(duckdb.Error, match="aborted before header write"):
            shop.execute("checkpoint")
        marked = log(stopped).read_bytes()
    was, becomes = crashed.read_bytes(), done.read_bytes()
    blocks = [12_288 + number * torn.BLOCK for number in contents]
    begins = [at for at in blocks if was[at : at + torn.BLOCK] != becomes[at : at + torn.BLOCK]]

    def tear(part: float) -> int:
        at: int = begins[0]
        split = at + int(torn.BLOCK * part) // 4096 * 4096
        crashed.write_bytes(was[:at] + becomes[at:split] + was[split:])
        log(crashed).write_bytes(marked)
        return at

    return tear


def test_the_sum_of_a_block_is_reckoned_as_the_database_does(crashed: Path) -> None:
    content = crashed.read_bytes()
    blocks = [content[at : at + torn.BLOCK] for at in range(12_288, len(content), torn.BLOCK)]
    assert blocks
    assert all(torn.checksum(block[8:]) == int.from_bytes(block[:8], "little") for block in blocks)


@pytest.mark.parametrize("part", [0.02, 0.25, 0.5])
def test_a_block_torn_by_a_kill_is_mended_and_nothing_is_lost(crashed: Path, torn_in: Callable[[float], int], part: float) -> None:
    at = torn_in(part)
    before = crashed.read_bytes()
    with pytest.raises(duckdb.Error, match=f"Corrupt database file.*location {at}"):
        duckdb.connect(crashed)
    shop = database.connect(crashed)
    assert len(standing(shop)) == POSTED
    (note,) = shop.notes
    assert "nothing is lost" in note
    assert next((crashed.parent / "set-aside").rglob("shop.duckdb")).read_bytes() == before
    assert post(shop, "next") == POSTED + 1
    shop.close()
    shop = database.connect(crashed)
    assert (len(standing(shop)), shop.notes) == (POSTED + 1, [])
    shop.close()


def test_a_damaged_block_without_a_checkpoint_is_refused(crashed: Path, torn_in: Callable[[float], int]) -> None:
    marked = log(crashed).read_bytes()
    torn_in(0.5)
    log(crashed).write_bytes(marked)
    before = crashed.read_bytes()
    with pytest.raises(StorageFailed, match="Put the newest backup in its place"):
        database.connect(crashed)
    assert crashed.read_bytes() == before


def test_only_blocks_of_contents_are_mended(crashed: Path, torn_in: Callable[[float], int]) -> None:
    torn_in(0)
    content = bytearray(crashed.read_bytes())
    with duckdb.connect(crashed, read_only=True) as shop:
        contents = [number for (number,) in shop.execute("select block_id from pragma_metadata_info()").fetchall()]
    at = next(at for at in range(12_288, len(content), torn.BLOCK) if torn.number(at) not in contents)
    content[at] ^= 0xFF
    crashed.write_bytes(content)
    refusals = [duckdb.Error(f"Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location {at}")]

    def connect() -> duckdb.DuckDBPyConnection:
        if refusals:
            raise refusals.pop()
        return duckdb.connect(crashed)

    with pytest.raises(StorageFailed, match=f"its block at byte {at} is damaged. Put the newest backup in its place"):
        rescue.opened(crashed, connect)
    assert crashed.read_bytes() == content


def test_damaged_rows_say_how_to_go_on(crashed: Path) -> None:
    content = bytearray(crashed.read_bytes())
    with duckdb.connect(crashed, read_only=True) as shop:
        contents = [number for (number,) in shop.execute("select block_id from pragma_metadata_info()").fetchall()]
    for at in range(12_288, len(content), torn.BLOCK):
        content[at] ^= 0xFF if torn.number(at) not in contents else 0
    crashed.write_bytes(content)
    with pytest.raises(StorageFailed, match="Put the newest backup in its place"):
        database.connect(crashed)


# -- the form of the tables


def test_the_tables_are_brought_to_their_newest_form_once(file: Path) -> None:
    for _ in range(3):
        shop = database.connect(file)
        assert shop.rows("select number, name from schema_steps") == list(enumerate(storage.MIGRATIONS, 1))
        shop.close()


def test_a_later_step_is_taken_once_and_keeps_the_facts(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = database.connect(file)
    post(shop, "before")
    shop.close()
    (tmp_path / "0002.sql").write_text("alter table orders add column remark varchar;")
    monkeypatch.setattr(storage, "MIGRATIONS", (*storage.MIGRATIONS, str(tmp_path / "0002.sql")))
    for _ in range(2):
        shop = database.connect(file)
        assert shop.scalar("select count(*) from schema_steps") == len(storage.MIGRATIONS)
        assert shop.rows("select remark from orders") == []
        assert standing(shop) == ["before"]
        shop.close()


def test_another_version_of_the_program_lays_its_views_anew(file: Path) -> None:
    with duckdb.connect(str(database_closed(file))) as older:
        older.execute("create or replace view hidden_changes as select 1 as change_id")
        older.execute("update laid_views set text = 'what an older version laid'")
    shop = database.connect(file)
    assert shop.rows("from hidden_changes") == []
    shop.close()


def database_closed(file: Path) -> Path:
    database.connect(file).close()
    return file


def test_a_shop_of_a_newer_program_is_refused(file: Path) -> None:
    shop = database.connect(file)
    shop.connection.execute("insert into schema_steps values (99, 'later.sql', now()::timestamp)")
    shop.close()
    with pytest.raises(ImsError, match=r"newer version of the program \(its tables are at step 99"):
        database.connect(file)


def test_a_file_with_other_tables_is_refused_in_words(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        other.execute("create table items (number integer)")
    with pytest.raises(ImsError, match=r"are not those of a shop: another program made them.*IMS_DATABASE"):
        database.connect(tmp_path / "other.duckdb")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        assert other.execute("select table_name from duckdb_tables()").fetchall() == [("items",)]


# -- locked down


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from glob('/etc/*')",
        "attach '/tmp/elsewhere.duckdb' as elsewhere",
        "copy changes to '/tmp/elsewhere.csv'",
        "select * from read_text('{folder}/../outside.txt')",
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "install httpfs",
    ],
)
def test_no_question_reaches_outside_the_shops_folder(file: Path, statement: str) -> None:
    shop = database.connect(file)
    (file.parent.parent / "outside.txt").write_text("secret")
    with pytest.raises(duckdb.Error, match=r"disabled|not allowed|cannot|Cannot|locked"):
        shop.rows(statement.format(folder=file.parent))
    shop.close()


def test_a_second_program_is_told_who_has_the_shop(file: Path) -> None:
    shop = database.connect(file)
    done = elsewhere(f"from ims_core import db; db.connect({str(file)!r})")
    assert "is open in another program (process" in done.stderr
    assert "Use its screens, or stop it first." in done.stderr
    with pytest.raises(Busy, match="stop it first"):
        open_in_another_process(file)
    shop.close()


def open_in_another_process(file: Path) -> None:
    """Try to open a file that a process of its own holds."""
    code = f"import duckdb; c = duckdb.connect({str(file.with_name('held.duckdb'))!r}); print('open', flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        database.connect(file.with_name("held.duckdb"))
    finally:
        holder.communicate("\n")


# -- backups


def test_a_backup_taken_while_people_write_is_whole(file: Path, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    shop = database.connect(file, also=[backups])
    taken: list[tuple[int, Path]] = []

    def act(number: int) -> None:
        if number == 0:
            while not shop.version:  # they have begun
                time.sleep(0.01)
            taken.append((shop.version, shop.backup(backups)))
        else:
            post_many(shop, number)

    at_once(5, act)
    ((before, made),) = taken
    copy = database.connect(made)
    assert len(standing(copy)) >= before > 0
    with pytest.raises(duckdb.Error, match="never overwritten"):
        copy.connection.execute("delete from changes")
    assert len(standing(shop)) == 100
    assert [found.name for found in backups.iterdir() if found.suffix == ".part"] == []
    copy.close()
    shop.close()


def test_a_backup_that_cannot_be_written_is_said(file: Path, tmp_path: Path) -> None:
    shop = database.connect(file)
    with pytest.raises(StorageFailed, match="The backup could not be written to"):
        shop.backup(tmp_path.parent / "not allowed")
    post(shop, "life goes on")
    shop.close()


def test_restore_brings_the_newest_backup_and_sets_the_present_aside(file: Path, tmp_path: Path) -> None:
    shop = database.connect(file, also=[tmp_path / "backups"])
    post(shop, "before")
    made = shop.backup(tmp_path / "backups")
    post(shop, "after")
    shop.close()
    (tmp_path / "backups" / "shop-29990101-000000.duckdb").write_bytes(b"half a backup")
    assert backups.restored(file, tmp_path / "backups")[0] == made
    shop = database.connect(file)
    assert standing(shop) == ["before"]
    shop.close()
    shop = database.connect(next((tmp_path / "set-aside").rglob("shop.duckdb")))
    assert sorted(standing(shop)) == ["after", "before"]
    shop.close()


def test_restore_without_a_backup_leaves_everything(file: Path, tmp_path: Path) -> None:
    database.connect(file).close()
    with pytest.raises(Refused, match="There is no backup in"):
        backups.restored(file, tmp_path)
    assert file.exists()


# -- many writers


def test_the_same_key_from_many_at_once_is_one_change(file: Path) -> None:
    shop = database.connect(file)
    numbers: list[int] = []

    def act(_: int) -> None:
        with shop.change(who="Scanner", what="Scan", key="scan-17") as change_id:
            shop.append("movements", [movement("scan-17")])
        numbers.append(change_id)

    at_once(16, act)
    assert numbers == [1] * 16
    assert shop.scalar("select count(*) from movements") == 1
    assert shop.version == 1
    shop.close()


def test_check_then_write_never_oversells(file: Path) -> None:
    shop = database.connect(file)
    with shop.change(who="Owner", what="Receipt"):
        shop.append("movements", [movement("receipt", qty=100)])
    refused: list[str] = []

    def act(_: int) -> None:
        for _ in range(10):
            try:
                with shop.change(who="Till", what="Sale"):
                    if shop.scalar("select sum(qty) from movements") < 1:
                        raise Refused("Sold out.")
                    shop.append("movements", [movement("sale", qty=-1)])
            except Refused as refusal:
                refused.append(str(refusal))

    at_once(16, act)
    assert shop.scalar("select sum(qty) from movements") == 0
    assert refused == ["Sold out."] * 60
    assert shop.version == shop.scalar("select max(change_id) from changes") == 101
    shop.close()


def test_whoever_waits_longest_writes_next(db: Database) -> None:
    assert queue_behind(db, [partial(post, db, f"{turn}") for turn in range(6)]) == [None] * 6
    assert [what for (what,) in db.rows("select what from changes order by change_id")] == ["Holding", *"012345"]


def test_a_bad_change_fails_alone_among_those_that_wait_with_it(file: Path) -> None:
    shop = database.connect(file)

    def refused() -> None:
        with shop.change(who="Till", what="refused"):
            raise Refused("Sold out.")

    def refused_late() -> None:
        with shop.change(who="Till", what="refused late", key="late"):
            shop.append("movements", [movement("refused late")])
            assert shop.scalar("select count(*) from movements where ref = 'refused late'") == 1
            raise Refused("Sold out after all.")

    def bad_value() -> None:
        with shop.change(who="Till", what="bad value"):
            shop.append("movements", [{**movement("bad value"), "qty": "many"}])

    def nothing_where_something_must_be() -> None:
        with shop.change(who="Till", what="no place"):
            shop.append("movements", [movement("no place", place=None)])

    def bad_question() -> None:
        with shop.change(who="Till", what="bad question"):
            shop.append("movements", [movement("bad question")])
            shop.rows("select nothing from nowhere")

    def hidden_failure() -> None:
        with shop.change(who="Till", what="hidden"):
            shop.append("movements", [movement("hidden")])
            with suppress(duckdb.Error):
                shop.rows("select 'x'::integer")

    def unnamed() -> None:
        with shop.change(who=None, what="unnamed"):  # type: ignore[arg-type]
            shop.append("movements", [movement("unnamed")])

    bad = [refused, refused_late, bad_value, nothing_where_something_must_be, bad_question, hidden_failure, unnamed]
    good: list[Callable[[], object]] = [partial(post, shop, f"good {turn}") for turn in range(len(bad) + 1)]
    outcome = queue_behind(shop, [act for pair in zip(good, [*bad, refused], strict=True) for act in pair])
    assert outcome[::2] == [None] * len(good)
    assert [type(failure).__name__ for failure in outcome[1::2]] == [
        "Refused", "Refused", "ConversionException", "ConstraintException", "CatalogException", "RuntimeError", "StorageFailed", "Refused",
    ]  # fmt: skip
    expected = [f"good {turn}" for turn in range(len(good))]
    shop.close()
    shop = database.connect(file)
    assert sorted(standing(shop)) == expected
    assert shop.rows("select change_id, what from changes order by 1") == [(1, "Holding"), *enumerate(expected, start=2)]
    shop.close()


def test_a_change_sees_those_before_it_that_go_to_disk_with_it(db: Database) -> None:
    seen: list[tuple[int, int, int]] = []

    def act() -> None:
        with db.change(who="Till", what="Sale") as change_id:
            seen.append((change_id, db.version, db.scalar("select count(*) from changes where change_id < ?", [change_id])))
            db.append("movements", [movement("sale")])

    assert queue_behind(db, [act, act, act]) == [None] * 3
    assert seen == [(2, 1, 1), (3, 2, 2), (4, 3, 3)]


def test_what_others_read_is_never_half_a_change(file: Path) -> None:
    shop = database.connect(file)
    odd: list[int] = []
    stop = threading.Event()

    def reader() -> None:
        while not stop.is_set():
            odd.extend(number for (number,) in shop.rows("select change_id from movements group by change_id having sum(qty) <> 0"))

    watching = threading.Thread(target=reader)
    watching.start()
    at_once(4, lambda number: post_many(shop, number))
    stop.set()
    watching.join()
    assert odd == []
    shop.close()


def test_a_change_inside_a_change_is_refused(db: Database) -> None:
    def nested() -> None:
        with db.change(who="Owner", what="Outer"):
            db.append("movements", [movement("outer")])
            post(db, "inner")

    with pytest.raises(RuntimeError, match="one command makes exactly one"):
        nested()
    assert db.rows("select what from changes") == []
    assert db.scalar("select count(*) from movements") == 0


def test_a_failure_in_a_change_leaves_nothing_and_gives_its_number_back(db: Database) -> None:
    def half() -> None:
        with db.change(who="Owner", what="Half"):
            db.append("movements", [movement("half")])
            raise Refused("No.")

    with pytest.raises(Refused):
        half()
    assert db.version == db.scalar("select count(*) from movements") == 0
    assert post(db, "next") == 1


def test_a_known_key_writes_nothing_and_gives_the_first_number(db: Database) -> None:
    with db.change(who="Owner", what="First", key="k") as first:
        db.append("movements", [movement("first")])
    with db.change(who="Owner", what="Again", key="k") as again:
        db.append("movements", [movement("again")])
    assert (first, again, db.version) == (1, 1, 1)
    assert db.rows("select ref from movements") == [("first",)]


def test_a_key_is_free_again_when_its_change_failed(db: Database) -> None:
    with pytest.raises(Refused), db.change(who="Owner", what="First", key="k"):
        raise Refused("No.")
    with db.change(who="Owner", what="Second", key="k"):
        db.append("movements", [movement("second")])
    assert db.rows("select what, key from changes") == [("Second", "k")]


def test_rows_are_written_whatever_form_they_have(db: Database) -> None:
    many = [movement(f"{turn}", qty=turn + 0.5) for turn in range(50)]
    with db.change(who="Owner", what="Rows of all kinds"):
        db.append("movements", many)
        db.append("movements", [{**movement("text"), "day": "2026-05-04"}, movement("other columns", unit_cost=1)])
        db.append("movements", db.frame("select * exclude (change_id) from movements where ref = '7'"))
        db.append("movements", db.arrow("select * exclude (change_id) from movements where ref = '8'"))
        db.append("movements", [])
    assert db.scalar("select sum(qty) from movements") == sum(turn + 0.5 for turn in range(50)) + 1 + 1 + 7.5 + 8.5
    assert db.scalar("select count(*) from movements where day = ?", [DAY]) == 54


def test_half_a_character_from_a_broken_client_is_stored_as_a_question_mark(db: Database) -> None:
    with db.change(who="Owner", what="Note \ud83d"):
        db.append("movements", [movement("ref \udc00")])
    assert db.rows("select what, ref from changes join movements using (change_id)") == [("Note ?", "ref ?")]


def test_whoever_waits_too_long_is_told(db: Database) -> None:
    db.patience = 0.05
    told: list[str] = []

    def act(_: int) -> None:
        with pytest.raises(Busy) as busy:
            post(db, "late")
        told.append(str(busy.value))

    with db.change(who="Owner", what="Long"):
        at_once(1, act)
    assert told == ["Somebody else is writing for a long time. Nothing was changed; try again in a minute."]
    assert post(db, "next") == 2


def test_an_answer_is_kept_until_its_table_is_written(db: Database) -> None:
    asked: list[int] = []

    def pieces(db: Database) -> int:
        asked.append(1)
        return int(db.scalar("select count(*) from movements"))

    assert [db.kept(pieces, "movements") for _ in range(3)] == [0, 0, 0]
    with db.change(who="Owner", what="Place"):
        db.append("place_versions", [{"place": "Van", "name": "Van"}])
    db.kept(pieces, "movements")
    assert len(asked) == 1
    post(db, "one")
    assert db.kept(pieces, "movements") == 2


def test_inside_a_change_an_answer_is_kept_until_that_change_writes_to_its_table(db: Database) -> None:
    def places(db: Database) -> int:
        return int(db.scalar("select count(*) from place_versions"))

    known, asked = db.kept(places, "place_versions"), db.version
    with suppress(Refused), db.change(who="Owner", what="Place"):
        assert db.kept(places, "place_versions") == known
        db.append("place_versions", [{"place": "Van", "name": "Van"}])
        assert db.kept(places, "place_versions") == known + 1
        raise Refused("No.")
    assert (db.kept(places, "place_versions"), db.version) == (known, asked)


# -- crashes and full disks


def test_25_kills_at_random_moments_lose_no_acknowledged_change(file: Path) -> None:
    done = elsewhere(f"from tests.storms import kills; kills({str(file)!r}, 25)")
    assert done.returncode == 0, done.stderr
    acknowledged = json.loads(done.stdout)
    shop = database.connect(file)
    found = standing(shop)
    assert len(acknowledged) == len(set(acknowledged)) > 25
    assert set(acknowledged) - set(found) == set(), "acknowledged, then lost"
    assert shop.scalar("select max(change_id) from changes") == shop.version == len(found)
    shop.close()


@pytest.mark.parametrize("most", [6, 15])
def test_a_file_that_may_not_grow_is_a_sentence_and_nothing_is_lost(tmp_path: Path, most: int) -> None:
    done = elsewhere(f"from tests.storms import small_files; small_files({str(tmp_path)!r}, {most})")
    survived(done)


@pytest.mark.parametrize("ballast", [34, 20, 12])
def test_a_full_disk_is_a_sentence_and_nothing_is_lost(tmp_path: Path, ballast: int) -> None:
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    code = f"from tests.storms import small_disk; small_disk({str(tmp_path)!r}, {ballast})"
    mounted = f"mount -t tmpfs -o size=40m tmpfs {tmp_path} && exec {sys.executable} -c {code!r}"
    survived(subprocess.run(["unshare", "-rm", "sh", "-c", mounted], cwd=ROOT, capture_output=True, text=True, timeout=120))


def survived(done: subprocess.CompletedProcess[str]) -> None:
    """One sentence, reads answered, the next change went through, and exactly what was acknowledged is there."""
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["sentence"] == "The disk is full: nothing of this was written. Free some space and do it again."
    assert told["read while full"] == len(told["acknowledged"]) - 1 > 0
    assert sorted(told["found"]) == sorted(told["kept"]) == sorted(told["acknowledged"])


# -- words


def movement(ref: str, **values: object) -> dict[str, object]:
    """A movement of one piece, written past the ledger."""
    row = {
        "line": 1,
        "happened_at": datetime(2026, 5, 4),
        "day": DAY,
        "kind": "adjustment",
        "item_id": 1,
        "place": "Shop",
        "qty": 1,
        "ref": ref,
    }
    return {**row, **values}


def post_many(db: Database, number: int) -> None:
    """25 changes, one after the other."""
    for turn in range(25):
        post(db, f"{number}-{turn}")


def queue_behind(db: Database, acts: Sequence[Callable[[], object]]) -> list[BaseException | None]:
    """Let acts line up, one behind the other, while a change is open; then what each of them raised."""
    raised: list[BaseException | None] = [None] * len(acts)

    def person(number: int) -> None:
        try:
            acts[number]()
        except BaseException as failure:
            raised[number] = failure

    people = [threading.Thread(target=person, args=[number]) for number in range(len(acts))]
    with db.change(who="Owner", what="Holding"):
        for number, one in enumerate(people):
            one.start()
            while len(db._turns._waiting) <= number:
                time.sleep(0.001)
    for one in people:
        one.join(60)
    return raised


def test_a_checkpoint_in_line_behind_a_writer_leaves_nobody_waiting(tmp_path: Path) -> None:
    shop = database.connect(tmp_path / "shop.duckdb")
    inside, go_on = threading.Event(), threading.Event()

    def write(name: str, waits: bool) -> None:
        with shop.change(who="Ana", what=name):
            shop.append("place_versions", [{"place": name, "name": name}])
            if waits:
                inside.set()
                go_on.wait(20)

    people_here = [threading.Thread(target=write, args=(name, name == "Cellar"), daemon=True) for name in ("Cellar", "Van")]
    people_here[0].start()
    inside.wait(20)
    people_here[1].start()
    folder = threading.Thread(target=shop.checkpoint, daemon=True)
    folder.start()
    time.sleep(0.2)  # both stand in line now
    go_on.set()
    for person in (*people_here, folder):
        person.join(20)
        assert not person.is_alive()
    assert shop.scalar("select count(*) from places") == 2
    shop.close()
