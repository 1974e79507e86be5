"""From bytes to a committed ledger: 219 daily sales files beside DuckDB alone, and one file of 1.47 million lines beside pandas and polars.

    python benchmarks/import_files.py [--runs 3] [--only daily|large]

Ours reads, recognises, cleans and books every line. *Daily*: the peer reads the same files with `read_csv(all_varchar=true)` and writes
one table on disk. *Large*: the peers do the same cleaning rules in the plain way (`plain_ways.py`) and must give every line the same
outcome, or the script stops. Each runs in a process of its own, in turn, on a new database each time; medians are printed.
Needs the real files in ../shared/data (the sample shop is measured where the daily ones are absent).
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
from functools import partial
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT.parent / "shared" / "data" / "A1_uci_online_retail"
GROCERY = ROOT.parent / "shared" / "data" / "A2_complete_journey_grocery" / "transactions.parquet"
OUTCOMES = ("used", "joined", "set aside", "refused")
sys.path.insert(0, str(ROOT))


def files(folder: Path) -> Path:
    """The files to drop, unpacked into `folder`."""
    packed = next(REAL.glob("*.zip"), None)
    if packed is None:
        print("The real files are absent: the sample shop's sales are measured instead.")
        for file in (ROOT / "data" / "sample").glob("sales-2024*.csv"):
            (folder / file.name).write_bytes(file.read_bytes())
    else:
        with zipfile.ZipFile(packed) as archive:
            for name in archive.namelist():
                if name.endswith(".csv"):
                    (folder / Path(name).name).write_bytes(archive.read(name))
    return folder


def large(folder: Path) -> Path | None:
    """A year of a grocer's till as one csv file, written into `folder`."""
    import duckdb

    if not GROCERY.exists():
        return None
    duckdb.execute(f"copy (from '{GROCERY}') to '{folder / 'transactions.csv'}'")
    return folder


def ours(folder: Path, database: Path) -> dict[str, float]:
    """Bytes to ledger through the importer."""
    from ims_core import db, importing, people

    dropped = [(file.name, file.read_bytes()) for file in sorted(folder.glob("*.csv"))]
    shop = db.connect(database)
    start = time.perf_counter()
    plan = importing.preview(shop, dropped)
    seen = time.perf_counter()
    importing.commit(shop, people.LOCAL, plan)
    done = time.perf_counter()
    lines = plan.lines
    shop.close()
    return {"preview": seen - start, "total": done - start, "lines": lines} | {name: n for name, n in plan.counts.items() if n}


def peer(folder: Path, database: Path) -> dict[str, float]:
    """DuckDB alone: the same files as text into one table."""
    import duckdb

    start = time.perf_counter()
    connection = duckdb.connect(str(database))
    connection.execute(f"create table lines as select * from read_csv('{folder}/*.csv', all_varchar = true, filename = true)")
    connection.execute("checkpoint")
    done = time.perf_counter()
    connection.close()
    return {"total": done - start}


def plainly(way: str, folder: Path, database: Path) -> dict[str, float]:
    """The same rules as a plain script."""
    import plain_ways

    start = time.perf_counter()
    outcomes = getattr(plain_ways, way)(folder / "transactions.csv", database)
    return {"total": time.perf_counter() - start} | outcomes


def alone(what: str, folder: Path) -> dict[str, float]:
    """One measurement in a process of its own: its seconds, and its peak memory in MB."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, __file__, "--one", what, "--folder", str(folder), "--database", str(Path(place) / "shop.duckdb")]
        told = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def daily(runs: int, folder: Path) -> None:
    """Measure the drop of daily files in turn with DuckDB alone, and print medians and ratios."""
    alone("peer", files(folder))  # warms the disk cache
    pairs = [(alone("ours", folder), alone("peer", folder)) for _ in range(runs)]
    for mine, theirs in pairs:
        print(f"ours: preview {mine['preview']:.2f} s, total {mine['total']:.2f} s, {mine['memory']:.0f} MB", end="   ")
        print(f"DuckDB alone: {theirs['total']:.2f} s, {theirs['memory']:.0f} MB")
    lines = pairs[0][0]["lines"]
    print(f"\n{lines:,.0f} lines, {runs} runs in turn, medians")
    for name, aim in (("total", 4), ("preview", 2)):
        ratio = median(mine[name] / theirs["total"] for mine, theirs in pairs)
        print(f"{name:8s} {median(mine[name] for mine, _ in pairs):6.2f} s   {ratio:5.2f} times DuckDB alone (aim: {aim})")
    print(f"memory   {median(mine['memory'] for mine, _ in pairs):6.0f} MB  (aim: below 1,000)")
    print(f"speed    {median(lines / mine['total'] for mine, _ in pairs):6,.0f} lines a second")


def one_large(runs: int, folder: Path) -> None:
    """Measure the large file in turn with pandas and polars, which must come to the same outcome of every line."""
    if large(folder) is None:
        print("The large file is absent: nothing to measure.")
        return
    found = [{way: alone(way, folder) for way in ("ours", "by_pandas", "by_polars")} for _ in range(runs)]
    outcomes = [{way: {name: seen.get(name, 0) for name in OUTCOMES} for way, seen in run.items()} for run in found]
    assert all(told == run["ours"] for run in outcomes for told in run.values()), outcomes
    lines = found[0]["ours"]["lines"]
    print(f"\n{lines:,.0f} lines of one file, {runs} runs in turn, medians; all say {outcomes[0]['ours']}")
    for way in found[0]:
        ratio = median(run[way]["total"] / run["ours"]["total"] for run in found)
        seconds, memory = (median(run[way][figure] for run in found) for figure in ("total", "memory"))
        print(f"{way:10s} {seconds:6.2f} s  {lines / seconds:9,.0f} lines a second  {memory:6.0f} MB   {ratio:5.2f} times ours")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("daily", "large"))
    parser.add_argument("--one")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--database", type=Path)
    chosen = parser.parse_args()
    if chosen.one:
        way = {"ours": ours, "peer": peer}.get(chosen.one) or partial(plainly, chosen.one)
        found = way(chosen.folder, chosen.database)
        print(json.dumps(found | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}))
        return
    for name, measure in (("daily", daily), ("large", one_large)):
        if chosen.only in (None, name):
            with tempfile.TemporaryDirectory() as place:
                measure(chosen.runs, Path(place))


if __name__ == "__main__":
    main()
