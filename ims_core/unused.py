"""The lines of a drop or an import that are not used: by reason, line for line, and as sheets to mend and drop back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa

from ims_core import captions, problems, scratch, values, widening
from ims_core.labels import FIELDS, MARKS
from ims_core.reading import Table

SHOWN = 1000
"""Lines that a screen shows; a workbook holds all."""

EMPTIED = "used, a cell left empty"
"""What became of a line that is used though one of its cells cannot be read."""

REASONS = ["outcome", "reason", "codes", "lines", "example"]

PROBLEM_LIST = {"file": "From file", "sheet": "Sheet", "row": "From row", "column": "Column", "value": "Value", "problem": "Problem",
                "suggestion": "What to do"}  # fmt: skip
"""How a list of problems is headed in a workbook; dropped back, it is passed over."""


def by_reason(left: pa.Table | None = None, tables: Sequence[Table] = (), sku: str | None = None) -> pd.DataFrame:
    """Lines that are not used, counted: outcome reason codes (of the items they name) lines example.

    `left`: source row outcome reason content, as cleaning gives it; `sku`: their column of codes.
    """
    if left is None or not left.num_rows:
        return pd.DataFrame(columns=REASONS)
    path = '$."' + sku.replace('"', '\\"') + '"' if sku else "$.none"
    with scratch.pad(unused=left, files=pa.table({"name": [table.name for table in tables]})) as pad:
        found = pad.table(f"""
            with coded as (select *, upper(trim(json_extract_string(content, '{values.escaped(path)}'))) as code from unused),
                 files as (select name, row_number() over () - 1 as source from files)
            select outcome, reason, count(distinct code) as many, list_sort(list(distinct code))[:4] as few, count(*) as lines,
                   arg_min(content, (source, row)) as content, min({{'source': source, 'row': row}}) as first, any_value(f.name) as name
            from coded left join files f using (source)
            group by outcome, reason order by outcome = 'refused' desc, outcome = 'set aside' desc, lines desc, reason
        """).to_pylist()  # fmt: skip
    return pd.DataFrame(
        [
            (line["outcome"], line["reason"], _codes(line["few"], line["many"]), line["lines"], _example(line, tables))
            for line in found
        ],
        columns=REASONS,
    )  # fmt: skip


def _codes(few: list[str | None], many: int) -> str:
    named = [code for code in few if code]
    return ", ".join(named) if many <= 3 else f"{', '.join(named[:2])} and {many - 2:,} more"


def _example(line: Mapping[str, Any], tables: Sequence[Table]) -> str:
    cells = [cell.strip() for cell in json.loads(line["content"]).values() if cell and cell.strip()]
    where = f"{tables[line['first']['source']].name}, " if len(tables) > 1 else ""
    return f"{where}row {line['first']['row']}: {' · '.join(cells[:5])}"


def whole(tables: Sequence[Table], reason: str) -> pa.Table:
    """Every line of these tables, set aside for one reason: source row outcome reason content."""
    struct = ", ".join(f"'{values.escaped(name)}': {values.quoted(name)}" for name in tables[0].header)
    parts = []
    for source, table in enumerate(tables):
        with scratch.pad(raw=table.rows.append_column("source  row", table.row_numbers())) as pad:
            parts.append(pad.table(
                f"""
                select {source}::integer as source, "source  row" as row, 'set aside' as outcome, $1::varchar as reason,
                       to_json({{{struct}}})::varchar as content from raw
                """,
                [reason],
            ))  # fmt: skip
    return widening.in_sheet(pa.concat_tables(parts), tables)


def lines(left: pa.Table, tables: Sequence[Table], outcome: str | None = None, reason: str | None = None) -> pd.DataFrame:
    """The lines themselves, file sheet row outcome reason content, of one outcome and reason or all."""
    with scratch.pad(unused=left) as pad:
        found = pad.table(
            """
            select source, row, outcome, reason, content from unused
            where (? is null or outcome = ?) and (? is null or reason = ?) order by source, row
            """,
            [outcome, outcome, reason, reason],
        ).to_pandas()
    told = {"file": [tables[source].name for source in found.source], "sheet": [tables[source].sheet for source in found.source]}
    return pd.DataFrame(told | {name: found[name] for name in ("row", "outcome", "reason", "content")})


def as_written(found: pd.DataFrame) -> pd.DataFrame:
    """Lines of file sheet row outcome reason content with the columns they had, and ours (MARKS) after them."""
    cells = pd.DataFrame([json.loads(content) for content in found["content"]], index=found.index)
    advice = [problems.advice(outcome, reason) for outcome, reason in zip(found["outcome"], found["reason"], strict=True)]
    told = (found["file"], found["row"], found["outcome"].replace("used", EMPTIED), found["reason"], pd.Series(advice, found.index, object))
    ours = pd.DataFrame(dict(zip(MARKS, told, strict=True)))
    return pd.concat([cells, ours], axis=1)


def sheets(found: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The lines as sheets to mend and drop back: one for each way the columns stand, named by file or sheet.

    `found`: file sheet row outcome reason content, and perhaps kind and mapping (JSON) of the file. What a stock list told by its
    name or its sheet's name, the day and the place, becomes a column, because a line alone does not tell it.
    """
    made: dict[str, pd.DataFrame] = {}
    if "kind" in found and (ours := found["kind"] != "ignore").any():
        found = found[ours]  # what is none of our business needs no mending
    headers = found["content"].map(lambda content: tuple(json.loads(content)))
    for _, part in found.groupby([headers, found["sheet"].fillna("")], sort=False):
        first = part.iloc[0]
        name = first["file"] if part["file"].nunique() == 1 else f"{part['file'].nunique()} files"
        name = f"{first['sheet']} of {name}" if first["sheet"] else name
        number = sum(taken == name or taken.startswith(f"{name} (") for taken in made)
        made[f"{name} ({number + 1})" if number else name] = _told(as_written(part), part)
    return made


def _told(frame: pd.DataFrame, part: pd.DataFrame) -> pd.DataFrame:
    if "kind" not in part or part.iloc[0]["kind"] not in ("stock", "counts"):
        return frame
    mapped, at = json.loads(part.iloc[0]["mapping"]), len(frame.columns) - len(MARKS)
    days = [captions.day_in(sheet or "") or captions.day_in(file) for sheet, file in zip(part["sheet"], part["file"], strict=True)]
    for name, told in (("place", part["sheet"].tolist()), ("day", days)):
        if name not in mapped and any(told) and FIELDS[name].label not in frame:
            frame.insert(at, FIELDS[name].label, told)
    return frame


def dropped_back(tables: Sequence[Table]) -> list[Table]:
    """Tables without the columns that our own workbooks add, so that a mended line is read as it was written first."""
    found = []
    for table in tables:
        if set(table.header) == set(PROBLEM_LIST.values()):
            continue
        if not {MARKS[3], MARKS[1]} <= set(table.header):
            found.append(table)
            continue
        header = tuple(name for name in table.header if name not in MARKS)
        if header:
            found.append(replace(table, header=header, rows=table.rows.select(list(header)), typed=False, part=True, back=_first_in(table)))
    return found


def _first_in(table: Table) -> tuple[tuple[str, int], ...]:
    """The file and the row each line was first in, where the workbook still tells them."""
    if not {MARKS[0], MARKS[1]} <= set(table.header):
        return ()
    with scratch.pad(raw=table.rows) as pad:
        found = pad.table(f"""
            select distinct trim({values.quoted(MARKS[0])}) as name, try_cast({values.quoted(MARKS[1])} as double)::bigint as row
            from raw where name <> '' and row is not null order by all
        """)
    return tuple(zip(found["name"].to_pylist(), found["row"].to_pylist(), strict=True))
