"""The map of the house. A file imports only what stands before it; each outside library has one home."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "ims_core"

LAYERS = """
    errors labels settings progress
    units scratch
    cells letters sheets texts markup headers blocks
    gs1 epc
    values dates captions codes spoilt reading vocabulary evidence presets widening kinds discounts proofs recognising rules measuring
    columns judging repeats totals lookups documents products variants continuing cancelling problems cleaning
    alike
    decoding stickers
    formulas demand series simulation costing intervals chance datev programs
    charts overviews workbooks slides archives
    turns fitting witness disk torn rescue storage backups batch db versions
    people accounts devices items places suppliers
    reckoning undoing policy closing laying positions approvals ledger audit classes tallies accuracy doubts lots copies exporting
    unused plans matching own_units known
    claims deliveries order_lines purchasing client_orders booking outlook mappings revisiting importing imports sources sales
    entries counting traces explaining guesses meanings scanning slips orders
    valuation journal measures waits fulfilment sums objectives kpis reasons movers prices lead_times
    forecasting cycles reorder risks replay
    alerts bottlenecks scorecards limits drift conditions inbox channels messages headlines flaws quality scores notes
    demo_goods demo_trade demo_till demo_books demo reports automation
    slowing sessions gate api __main__
    web.answers web.sign_in web.doing web.shown web.tables web.fields web.grids web.left web.panels web.questions web.drop web.past
    web.choosing web.filling web.differences
    web.watching web.scanner web.desk web.pictures web.cards web.alert_cards web.telling web.ui web.tiles web.analysed web.books
    web.delays web.priced web.team web.closed web.menu
"""
"""A new noun gets a new file and a word here. A listed file need not exist yet."""

ORDER = LAYERS.split()

HOMES = {
    "duckdb": ("disk", "rescue", "storage", "backups", "batch", "db", "scratch"),
    "streamlit_webrtc": ("web.pictures",),
    "streamlit": (
        "web.doing",
        "web.tables",
        "web.fields",
        "web.grids",
        "web.left",
        "web.panels",
        "web.questions",
        "web.drop",
        "web.past",
        "web.choosing",
        "web.filling",
        "web.differences",
        "web.watching",
        "web.scanner",
        "web.desk",
        "web.pictures",
        "web.cards",
        "web.ui",
        "web.tiles",
        "web.analysed",
        "web.books",
        "web.delays",
        "web.priced",
        "web.team",
        "web.closed",
        "web.alert_cards",
        "web.telling",
        "web.sign_in",
        "web.menu",
        "app",
        "pages",
    ),
    "plotly": ("charts",),
    "statsforecast": ("forecasting",),
    "openpyxl": ("workbooks", "demo_books"),
    "fastexcel": ("sheets",),
    "pint": ("units",),
    "rapidfuzz": ("alike",),
    "sqlalchemy": ("sources",),
    "zxingcpp": ("decoding", "stickers"),
    "pyzbar": ("decoding",),
    "PIL": ("decoding", "workbooks"),
    "biip": ("gs1",),
    "epcpy": ("epc",),
    "fpdf": ("stickers",),
    "pypdfium2": ("stickers",),
    "fontTools": ("stickers",),
    "pptx": ("slides",),
    "argon2": ("accounts",),
    "apprise": ("channels",),
    "itsdangerous": ("sessions",),
    "starlette": ("gate", "api", "app"),
}

HEAVY = (
    "streamlit",
    "statsforecast",
    "plotly",
    "scipy",
    "sqlalchemy",
    "pint",
    "biip",
    "epcpy",
    "zxingcpp",
    "pyzbar",
    "fpdf",
    "pypdfium2",
    "apprise",
)
"""Loaded when first needed: they would cost the first page its five seconds."""


def modules() -> dict[str, Path]:
    """Every file of the core by its name in LAYERS."""
    files = [file for file in CORE.rglob("*.py") if file.name != "__init__.py"]
    return {".".join(file.relative_to(CORE).with_suffix("").parts): file for file in files}


def sources() -> dict[str, Path]:
    """The core, the server and the pages."""
    return modules() | {file.stem: file for file in ROOT.glob("app.py")} | {f"pages/{f.name}": f for f in ROOT.glob("pages/*.py")}


def imports(file: Path) -> set[str]:
    """Every module a file names, also inside functions and for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def ours(file: Path) -> set[str]:
    """The files of the core that a file imports."""
    names = {name.removeprefix("ims_core.") for name in imports(file) if name.startswith("ims_core.")}
    return {name for name in names if name in ORDER or name in modules()}


def texts(file: Path) -> Iterator[str]:
    """Every text of a file, a value inside an f-string shown as {}."""
    if file.suffix == ".sql":
        yield re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
        return
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def fact_tables() -> frozenset[str]:
    """The tables that hang on `changes`, read from the schema."""
    schema = "".join(file.read_text(encoding="utf-8") for file in CORE.glob("schema*.sql"))
    return frozenset(re.findall(r"create table (\w+) \(\s*(?:--.*\s+)?change_id", schema))


def overwrites(text: str) -> str | None:
    """The statement in a text that would change or remove facts."""
    table = "|".join([*sorted(fact_tables()), r"\{\}"])
    found = re.search(rf"\b(delete\s+from|update|truncate(\s+table)?|drop\s+table)\s+({table})(\s|;|$)", text, re.IGNORECASE)
    return found.group(0) if found else None


def test_every_file_has_its_place_in_the_list() -> None:
    assert set(modules()) - set(ORDER) == set(), "put the new noun on its line in LAYERS"
    assert len(ORDER) == len(set(ORDER))


@pytest.mark.parametrize("name", sorted(modules()))
def test_a_file_imports_only_what_stands_before_it(name: str) -> None:
    before = set(ORDER[: ORDER.index(name)]) if name in ORDER else set()
    assert ours(modules()[name]) - before == set(), f"{name} reaches up"


def test_nothing_imports_a_page_or_the_server() -> None:
    for name, file in sources().items():
        reached = {imported for imported in imports(file) if imported.split(".")[0] in ("pages", "app", "tests", "benchmarks")}
        assert reached == set(), name


def test_each_outside_library_has_its_home() -> None:
    for name, file in sources().items():
        for library in {imported.split(".")[0] for imported in imports(file)} & set(HOMES):
            assert name.split("/")[0] in HOMES[library], f"{name} imports {library}, which lives in {HOMES[library]}"


def test_facts_are_never_changed_or_removed_by_our_sql() -> None:
    for file in [*sources().values(), *CORE.glob("*.sql")]:
        for text in texts(file):
            assert overwrites(text) is None, f"{file.name}: {overwrites(text)}"


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("update movements set qty = 1", True),
        ("DELETE\n  FROM item_versions where x", True),
        ("delete from {} where x", True),
        ("drop table changes", True),
        ("update fresh_rows set qty = 1", False),
        ("Last update of movements", False),
    ],
)
def test_the_eye_for_such_sql_is_sharp(text: str, caught: bool) -> None:
    assert (overwrites(text) is not None) == caught


def test_the_schema_was_understood() -> None:
    assert {"changes", "movements", "item_versions", "orders", "forecast_points"} <= fact_tables()


def test_heavy_libraries_are_loaded_when_first_needed() -> None:
    names = [f"ims_core.{name}" for name in ORDER if name in modules() and not name.startswith("web.")]
    watch = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
    for heavy in {HEAVY!r}:
        if heavy in sys.modules:
            sys.exit(f"{{name}} loads {{heavy}} as it is imported: import it inside the function that needs it")
"""
    done = subprocess.run([sys.executable, "-c", watch], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
