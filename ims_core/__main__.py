"""The shop on the command line: every command is a question or command of the core, said in sentences."""

import argparse
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ims_core import settings
from ims_core.db import Database, connect
from ims_core.errors import ImsError, Refused
from ims_core.labels import FILE_ENDINGS, FILE_KINDS, many
from ims_core.programs import FORMS

if TYPE_CHECKING:
    from ims_core.plans import Plan

Progress = Callable[[float, str], None]


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say; 0 where it was done, 1 with a sentence on stderr where it was refused."""
    options = _parser().parse_args(words)
    try:
        options.run(options)
    except ImsError as refusal:
        return _told(str(refusal))
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as failure:
        return _told(f"{failure.filename or 'A file'} cannot be used: {failure.strerror or failure}.")
    except KeyboardInterrupt:
        return _told("Stopped. What was not finished was not written.")
    except Exception as failure:
        return _told(f"This failed in a way that nobody foresaw ({failure!r}); what was not finished was not written. See {_trace()}.")
    return 0


def _told(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _trace() -> str:
    """Where the failure's way through the program was written down, for whoever looks into it."""
    with tempfile.NamedTemporaryFile("w", prefix="ims-failure-", suffix=".log", delete=False, encoding="utf-8") as handle:
        traceback.print_exc(file=handle)
    return handle.name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ims_core", description="The shop on the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], says: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")
        made.set_defaults(run=run)
        return made

    files = command("import", import_files, "read files and write what they hold as one change, all or nothing")
    files.add_argument("files", nargs="+", type=Path, metavar="FILE", help="csv, tsv, xlsx or xls; a folder stands for the tables in it")
    files.add_argument("--leave-out", action="store_true", help="go on without files that lack a column they need")
    files.add_argument("--counted-on", type=_day, metavar="DAY", help="the day of stock lists that name none, such as 2026-05-04")
    on_day = "as of this day, such as 2026-05-04; today where it is left out"
    command("stock", stock, "what is there").add_argument("--day", type=_day, help=on_day)
    command("forecast", forecast, "forecast every item and keep what was said").add_argument("--day", type=_day, help=on_day)
    orders = command("reorder", reorder, "what to buy, as a table or as an Excel sheet")
    orders.add_argument("--out", type=Path, metavar="FILE.xlsx", help="write the reorder sheet here")
    orders.add_argument("--day", type=_day, help=on_day)
    books = command("journal", write_journal, "the journal of a period for bookkeeping, as your program takes it")
    books.add_argument("--from", dest="first", type=_day, required=True, metavar="DAY", help="the first day, such as 2026-05-01")
    books.add_argument("--to", dest="last", type=_day, required=True, metavar="DAY", help="the last day")
    books.add_argument("--out", type=Path, required=True, metavar="FILE", help="write it here")
    books.add_argument("--form", metavar="FORM", help=f"{', '.join(FORMS)}; what the ending says where it is left out")
    books.add_argument("--by", choices=("day", "month"), help="an entry a day or a month; as the program likes it where it is left out")
    books.add_argument("--opening", action=argparse.BooleanOptionalAction,
                       help="begin with the stock brought forward, or not; as the program likes it where it is left out")  # fmt: skip
    command("quality", doubts, "what is doubtful in the data, and what rests on it").add_argument("--day", type=_day, help=on_day)
    command("watch", watch, "look for what needs attention and tell what is due, once; the app does it by itself while it is open")
    command("check", check, "prove the ledger")
    command("backup", backup, "copy the shop into a folder").add_argument("folder", type=Path, metavar="DIR")
    export = command("export", export_all, "everything as one zip of csv files, which an empty shop takes in again")
    export.add_argument("folder", type=Path, metavar="DIR")
    command("restore", restore, "put the newest backup of a folder in the shop's place").add_argument("folder", type=Path, metavar="DIR")
    account = command("account", make_account, "make an account, or give one a new password")
    account.add_argument("name", metavar="NAME")
    account.add_argument("--role", default="owner", help="viewer, staff, manager or owner (the first must be owner)")
    command("serve", serve, "start the app").add_argument("--port", default="8501")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day; write it like 2026-05-04") from None


@contextmanager
def _shop(*also: Path) -> Iterator[Database]:
    """The shop, open as long as the command takes."""
    db = connect(settings.load().database, also=also)
    try:
        for note in db.notes:
            print(note, file=sys.stderr)
        yield db
    finally:
        db.close()


def _today(db: Database) -> date:
    from ims_core import policy

    return datetime.now(ZoneInfo(policy.shop(db).timezone)).date()


def _progress() -> Progress:
    """One line that is written over, where somebody watches."""
    if not sys.stderr.isatty():
        return lambda fraction, sentence: None
    return lambda fraction, sentence: print(f"\r\033[K{fraction:4.0%} {sentence}", end="\r", file=sys.stderr, flush=True)


# -- commands


def import_files(options: argparse.Namespace) -> None:
    """Look, say what was understood, write."""
    from ims_core import importing, people, positions

    files = [file for path in options.files for file in (_tables_in(path) if path.is_dir() else [path])]
    limit = settings.load().max_file_mb * 1_000_000
    contents = [(file.name, _content(file, limit)) for file in files]
    with _shop() as db:
        plan = importing.preview(db, contents, _progress(), _today(db))
        if options.counted_on:
            plan = replace(plan, day=options.counted_on, days=())
        for _, sentence in plan.unreadable:
            print(sentence)
        for name, change_id in plan.known:
            print(f"{name} is in the shop already, by change {change_id}.")
        print(plan.says())
        if refused := plan.counts["refused"]:
            print(f"{refused:,} lines are refused; {len(plan.problems):,} problems are kept with the import, see the Upload page.")
        for group in plan.groups:
            for question in group.questions:
                if question.taken:
                    print(f"{group.name}: {question.text} Taken: {question.taken}.")
        if waits := _waits(plan, options.leave_out):
            raise Refused("\n".join([*waits, "Nothing was written. Drop the files on the Upload page and say it there."]))
        if plan.groups or plan.whole:
            change_id = importing.commit(db, people.LOCAL, plan, _progress())
            print(f"Written as change {change_id}: {plan.counts['used']:,} lines. It can be undone on the Upload page.")
            positions.catch_up(db)  # else the first question after a large import waits for it


def _tables_in(folder: Path) -> list[Path]:
    """What the drop area would take of a folder; a program or a picture that lies beside the tables is not asked about."""
    lying = sorted(file for file in folder.iterdir() if file.is_file())
    found = [file for file in lying if file.suffix.lower().removeprefix(".") in FILE_ENDINGS]
    if not found:
        raise Refused(f"{folder} holds no file that may be a table. Name the files, or a folder with .csv, .xlsx, .xls or .ods files.")
    if others := [file.name for file in lying if file not in found]:
        print(
            f"{folder}: {many(len(others), 'file')} left alone, by the ending no table: {', '.join(others[:3])}{' …' * (len(others) > 3)}"
        )
    return found


def _waits(plan: "Plan", leave_out: bool) -> list[str]:
    """Why the Upload page would not let this plan be committed, a sentence each."""
    lacking = [
        f"{group.name} needs a column for {' and for '.join(group.lacking).lower()} to be used as "
        f"{FILE_KINDS[group.mapping.kind].lower()}; --leave-out goes on without it."
        for group in plan.lacking
    ]
    day = ["--counted-on DAY says it, for stock lists that name no day."] if plan.counted and plan.days else []
    return ([] if leave_out else lacking) + plan.unanswered + day


def _content(file: Path, limit: int) -> bytes:
    with file.open("rb") as handle:
        return handle.read(limit + 1)  # one more than is allowed is enough to refuse it


def stock(options: argparse.Namespace) -> None:
    """Each item and place, and what it is worth."""
    from ims_core import labels, ledger, policy

    with _shop() as db:
        day = options.day or _today(db)
        found, currency = ledger.by_place(db, day), policy.shop(db).currency
    if found.empty:
        print(f"Nothing is known of {day}. Import your files first: python -m ims_core import FILE...")
        return
    gone = (found["estimated"] > 0) & (found["on_hand"] <= 0)  # the least that can be there is nothing: how much there is, is not known
    found["value"] = found["value"].mask(gone)
    held = found["on_hand"].map(labels.pieces) + found["estimated"].map(lambda pieces: " estimated" if pieces else "")
    held = held.mask(gone, "not known")
    worth = found["value"].map(lambda value: labels.money(value, currency), na_action="ignore").fillna("")
    columns = [found["sku"], found["name"], found["place"], held, worth]
    _table(["Item", "Name", "Place", "On hand", "Value"], list(zip(*columns, strict=True)))
    total = (
        f"worth {labels.money(found['value'].sum(), currency)} at today's cost"
        if found["value"].notna().any()
        else "what they are worth is not known"
    )
    print(f"{len(found):,} lines at the end of {day}, {total}.")
    if guess := found[found["estimated"] > 0].item_id.nunique():
        print(f"{labels.many(guess, 'item')} of them never counted: what is estimated is the least that can be there.")


def forecast(options: argparse.Namespace) -> None:
    """Run for all items, and keep the run."""
    from ims_core import forecasting, people

    with _shop() as db:
        forecasting.run(db, people.LOCAL, options.day or _today(db), progress=_progress(), via="command line")
        run = forecasting.latest(db)
    print(
        f"{run['items']:,} items forecast for {run['horizon']} weeks from {run['day']} on, in {run['seconds']:.0f} s. "
        f"Kept as run {run['run_id']}; see it on the Forecast page."
    )


def reorder(options: argparse.Namespace) -> None:
    """Write the sheet, or print what it would hold."""
    from ims_core import headlines, labels, policy, workbooks
    from ims_core import reorder as reordering

    if options.out and options.out.suffix.lower() != ".xlsx":
        raise Refused(f"{options.out} is no name for an Excel sheet. Let it end in .xlsx.")
    if options.out and not options.out.absolute().parent.is_dir():
        raise Refused(f"There is no folder {options.out.absolute().parent}. Make it first, or name another file.")
    with _shop() as db:
        day, shop = options.day or _today(db), policy.shop(db)
        proposals, known = reordering.suggest(db, day), headlines.sales_known(db, day)
    asked = proposals[proposals.quantity > 0]
    if options.out:
        options.out.write_bytes(workbooks.reorder_sheet(proposals, shop.name, day, shop.currency, known))
        print(f"{options.out} holds {len(asked):,} lines to order, worth {labels.money(asked['value'].sum(), shop.currency)}.")
        return
    columns = [asked["sku"], asked["name"], asked["supplier"].fillna(""), asked["quantity"].map(labels.pieces), asked["reason"]]
    _table(["Item", "Name", "Supplier", "Order", "Why"], list(zip(*columns, strict=True)))
    print(f"{len(asked):,} of {len(proposals):,} items are to be ordered. --out FILE.xlsx writes the sheet to send.")


def write_journal(options: argparse.Namespace) -> None:
    """Write the double entries, and say of those written whether they agree with the stock."""
    from ims_core import journal, people, policy

    form = options.form or options.out.suffix.lower().removeprefix(".")
    with _shop() as db:
        content = journal.file(db, people.LOCAL, options.first, options.last, form, options.by, options.opening)
        by, opening = options.by or FORMS[form].by, FORMS[form].opening if options.opening is None else options.opening
        proof, currency = journal.proof(db, options.first, options.last, by, opening), policy.shop(db).currency
    options.out.write_bytes(content)
    print(f"{options.out} holds the journal. {proof.says(currency)}")
    if form not in ("csv", "beancount"):
        print(f"{FORMS[form].called}: {FORMS[form].says}")


def doubts(options: argparse.Namespace) -> None:
    """What to fix next, the most money first."""
    from ims_core import labels, policy, quality

    with _shop() as db:
        seen, currency = quality.of_shop(db, options.day or _today(db)), policy.shop(db).currency
    money = [labels.money(amount, currency) if amount == amount else "" for amount in seen.fix["money"]]
    if len(seen.fix):
        _table(["In doubt", "of", "Fix next"], list(zip(money, seen.fix["of"], seen.fix["what"], strict=True)))
    print(f"{seen.says(currency)} {many(len(seen.fix), 'kind')} of flaw." if len(seen.fix) else "Nothing is doubtful.")


def watch(_: argparse.Namespace) -> None:
    """For cron, where the app is not always open."""
    from ims_core import automation, inbox, messages

    with _shop() as db:
        day, now = _today(db), datetime.now(UTC).replace(tzinfo=None)
        inbox.look(db, automation.AUTOMATION, day)
        messages.write(db, automation.AUTOMATION, now)
        failed = messages.deliver(db, automation.AUTOMATION, now)
        found = inbox.listed(db, day)
    for rule, rows in found.groupby("rule", sort=False):
        print(f"{inbox.title(str(rule))}: {many(len(rows), 'alert')}.")
    print(f"{many(len(found), 'alert')} open." if len(found) else "Nothing needs attention.")
    if failed:
        raise Refused("Not told yet, and tried again the next time: " + " ".join(failed))


def check(_: argparse.Namespace) -> None:
    """Every rule of the ledger, with what breaks it."""
    from ims_core import audit

    with _shop() as db:
        proof = audit.check(db)
    for row in proof.itertuples(index=False):
        print(f"{row.rule}: {'yes' if row.ok else f'no, broken {row.found:,} times'}.")
    if not proof.ok.all():
        raise Refused(f"{(~proof.ok).sum()} of {len(proof)} rules are broken. Restore the last backup that proves itself, or ask for help.")
    print(f"The ledger proves itself: all {len(proof)} rules hold.")


def backup(options: argparse.Namespace) -> None:
    """A copy in a folder, opened and counted before it counts."""
    from ims_core import copies, people

    with _shop(options.folder) as db:
        made = copies.backup(db, people.LOCAL, options.folder.resolve())
        print(f"{made} holds all {db.version:,} changes.")


def export_all(options: argparse.Namespace) -> None:
    """One file in the folder; it is there whole or not at all."""
    from ims_core import exporting, labels

    with _shop() as db:
        day = _today(db)
        content, changes = exporting.everything(db, day), db.version
    options.folder.mkdir(parents=True, exist_ok=True)
    made = options.folder / f"whole-shop-{day}.zip"
    part = made.with_suffix(".part")
    part.write_bytes(content)
    part.replace(made)
    print(f"{made} holds the shop as it stands after {labels.many(changes, 'change')}. Drop it into an empty shop to have it there.")


def restore(options: argparse.Namespace) -> None:
    """The newest backup becomes the shop; the file before is kept."""
    from ims_core import backups

    path = settings.load().database
    made, aside = backups.restored(path, options.folder.resolve())
    kept = f" The file before was set aside in {aside}." if aside else ""
    print(f"{path} is now as it was in {made.name}.{kept}")


def make_account(options: argparse.Namespace) -> None:
    """Whoever has the file on this machine owns the shop: this is also the way back in for an owner who forgot the password."""
    import getpass

    from ims_core import accounts, people

    asked = f"Password of {options.name}: "
    password = getpass.getpass(asked) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with _shop() as db:
        if accounts.known(db, options.name):
            accounts.reset_password(db, people.LOCAL, options.name, password, via="command line")
            print(f"{options.name} has a new password and is signed out everywhere.")
        else:
            accounts.add(db, people.LOCAL, options.name, options.role, password, via="command line")
            print(f"{options.name} can sign in as {options.role}.")


def serve(options: argparse.Namespace) -> None:
    """Start the app, in the place of this program where the system can do that."""
    words = [sys.executable, "-m", "streamlit", "run", str(settings.ROOT / "app.py"), "--server.port", options.port]
    if address := settings.load().address:
        words += ["--server.address", address]
    if address and settings.CERTIFICATE.is_file():  # this machine alone needs none: browsers trust it as it is
        words += ["--server.sslCertFile", str(settings.CERTIFICATE), "--server.sslKeyFile", str(settings.CERTIFICATE.with_name("key.pem"))]
    os.chdir(settings.ROOT)  # where Streamlit looks for its settings
    if os.name == "posix":
        os.execv(sys.executable, words)  # noqa: S606  our own words, no shell
    subprocess.run(words, check=False)  # noqa: S603


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as what stands in them; the last as it is."""
    if not rows:
        return
    widths = [max(len(str(row[at])) for row in [header, *rows]) for at in range(len(header) - 1)]
    for row in [header, *rows]:
        print("  ".join([*(str(cell).ljust(width) for cell, width in zip(row, widths, strict=False)), str(row[-1])]).rstrip())


if __name__ == "__main__":
    sys.exit(main())
