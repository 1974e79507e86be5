"""A workbook of 500,000 lines to tables of text, beside fastexcel alone loading the same sheet.

    python benchmarks/read_workbook.py [--lines 500000] [--runs 3]

Both run in a process of their own, in turn; medians and their ratio are printed. The workbook is made on the spot.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def make(file: Path, lines: int) -> None:
    """A sheet as tills export it: texts shared, numbers as numbers, dates as formatted numbers."""
    from tests.hostile import CONTENT_TYPES

    spread = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    names = ["Receipt", "Date", "Code", "Name", "Qty", "Price", "Customer", "Store"]
    texts = [*names, *(f"SKU-{n:04d}" for n in range(2_000)), *(f"Kettle of colour {n}" for n in range(2_000)), "Main street", "Cellar"]
    code, name, store = len(names), len(names) + 2_000, len(texts) - 2
    rows = ["<row r='1'>" + "".join(f"<c t='s'><v>{n}</v></c>" for n in range(len(names))) + "</row>"]
    for n in range(lines):
        texts_of = [f"<c t='s'><v>{at}</v></c>" for at in (code + n * 7 % 2000, name + n * 7 % 2000, store + n % 2)]
        values = [f"<c><v>{value}</v></c>" for value in (500000 + n // 3, n % 12 + 1, n % 90 + 0.5, 10000 + n % 4000)]
        day = f"<c s='1'><v>{45000 + n % 700}</v></c>"
        rows.append(f"<row r='{n + 2}'>" + "".join([values[0], day, *texts_of[:2], *values[1:], texts_of[2]]) + "</row>")
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        book.writestr("[Content_Types].xml", CONTENT_TYPES)
        book.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{spread}" xmlns:r="{relation}"><sheets><sheet name="Till" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{relation}/sharedStrings" Target="sharedStrings.xml"/>'
            f'<Relationship Id="r3" Type="{relation}/styles" Target="styles.xml"/></Relationships>',
        )
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{spread}">' + "".join(f"<si><t>{text}</t></si>" for text in texts) + "</sst>")
        book.writestr(
            "xl/styles.xml", f'<styleSheet xmlns="{spread}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
        )
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{spread}"><sheetData>' + "".join(rows) + "</sheetData></worksheet>")


def ours(file: Path) -> tuple[float, int]:
    """Seconds and lines of our reading; pandas, which the app has loaded for long, is loaded before."""
    import pandas  # noqa: F401

    from ims_core import reading

    start = time.perf_counter()
    lines = sum(table.rows.num_rows for table in reading.read(file.name, file.read_bytes()))
    return time.perf_counter() - start, lines


def peer(file: Path) -> tuple[float, int]:
    """Seconds and lines of fastexcel alone, as text."""
    import fastexcel
    import pandas  # noqa: F401

    start = time.perf_counter()
    book = fastexcel.read_excel(file.read_bytes())
    lines = sum(book.load_sheet(name, dtypes="string").to_arrow().num_rows for name in book.sheet_names)
    return time.perf_counter() - start, lines


def alone(what: str, file: Path) -> dict[str, float]:
    """One measurement in a process of its own: its seconds, lines and peak memory in MB, that of its children counted in."""
    command = [sys.executable, __file__, "--one", what, "--file", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure in turn and print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one")
    parser.add_argument("--file", type=Path)
    chosen = parser.parse_args()
    if chosen.one:
        seconds, lines = {"ours": ours, "peer": peer}[chosen.one](chosen.file)
        print(json.dumps({"seconds": seconds, "lines": lines, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}))
        return
    with tempfile.TemporaryDirectory() as place:
        make(file := Path(place) / "till.xlsx", chosen.lines)
        pairs = [(alone("ours", file), alone("peer", file)) for _ in range(chosen.runs)]
        size = file.stat().st_size / 1e6
    print(f"{pairs[0][0]['lines']:,.0f} lines, {size:.0f} MB, {chosen.runs} runs in turn, medians")
    for who, index in (("ours", 0), ("fastexcel alone", 1)):
        seconds, memory = (median(pair[index][key] for pair in pairs) for key in ("seconds", "memory"))
        print(f"{who:16s} {seconds:5.2f} s  {memory:5.0f} MB")
    print(f"ratio            {median(mine['seconds'] / theirs['seconds'] for mine, theirs in pairs):5.2f}  (aim: below 1.5, and below 5 s)")


if __name__ == "__main__":
    main()
