"""Wide tables turned long: a column per day, week or month, or per shop and warehouse, becomes a line each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ims_core import vocabulary
from ims_core.reading import Table

PERIOD, QUANTITY, AMOUNT, PLACE, ON_HAND = "Period", "Quantity", "Amount", "Place", "On hand"
LEAST_PERIODS = 3
SURE = 0.75
YEARS_BACK = 4

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janvier janv januar ene enero gen gennaio janeiro",
            "feb february fev fevrier fevr februar febrero febbraio fevereiro",
            "mar march mars marz maerz mrz marzo marco", "apr april avr avril abr abril aprile", "may mai mayo mag maggio maio",
            "jun june juin juni junio giu giugno junho", "jul july juil juillet juli julio lug luglio julho",
            "aug august aout ago agosto",
            "sep sept september septembre septiembre set settembre setembro",
            "oct october octobre okt oktober octubre ott ottobre out outubro",
            "nov november novembre noviembre novembro", "dec december decembre dez dezember dic diciembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
WEEK = r"(?:w|wk|week|kw|woche|sem|semaine|semana|settimana|s)"
ISO_DAY = re.compile(r"(?P<y>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[ T]0?0:00.*)?")
DAY = re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>20\d\d|\d\d)")
YEAR_MONTH = re.compile(r"(?P<y>20\d\d)[-/. ]?(?P<m>0[1-9]|1[0-2])|(?P<m2>0?[1-9]|1[0-2])[-/.](?P<y2>20\d\d)")
YEAR_WEEK = re.compile(rf"(?P<y>20\d\d)[-/ ]?{WEEK}[-. ]?(?P<w>\d\d?)|{WEEK}[-. ]?(?P<w2>\d\d?)[-/. ]+(?P<y2>20\d\d)", re.I)
BARE_WEEK = re.compile(rf"{WEEK}[-. _]?(?P<w>\d\d?)", re.I)
NAMED_MONTH = re.compile(r"(?P<m>[a-z]{3,10})\.?(?:[-/. ']*(?P<y>20\d\d|\d\d))?|(?P<y2>20\d\d)[-/. ]+(?P<m2>[a-z]{3,10})\.?")

AGGREGATES = frozenset({"total", "average", "minimum", "maximum", "normalized", "sub"})


@dataclass(frozen=True)
class Turned(Table):
    """A wide table laid out long. Its lines count; `numbers` tells them apart, `origin` is each one's row in the sheet."""

    origin: pa.Array | None = None
    says: str = ""
    """What was done, as a sentence for the preview."""
    years: tuple[str, ...] = ()
    """Where the columns name weeks or months without a year: the years it may be, the likeliest first; the first is assumed."""
    beside: tuple[str, ...] = ()
    """The sheet's columns that tell of the items themselves, laid out as a table of their own."""


@dataclass(frozen=True, order=True)
class Period:
    """A column's time. `size`: day, week or month; `year`: None where the header does not tell."""

    size: str
    year: int | None
    part: int
    day: int = 1

    def first_day(self, year: int) -> date | None:
        """The day its sales are booked on, in this year where it names none."""
        try:
            if self.size == "week":
                return date.fromisocalendar(self.year or year, self.part, 1)
            return date(self.year or year, self.part, self.day)
        except ValueError:
            return None


def widen(table: Table, today: date) -> list[Table]:
    """The table itself, or the long ones it becomes; `today` tells which years are likely where weeks or months name none."""
    if (series := _periods(table)) is not None:
        return _by_period(table, series, today)
    places = _places(table)
    return [_by_place(table, places)] if places else [table]


def in_year(table: Table, year: str | None) -> Table:
    """A long table whose weeks or months are those of the year that the person told."""
    if not isinstance(table, Turned) or not table.years or year is None or year == table.years[0]:
        return table
    assumed = int(table.years[0])
    moved = {
        day: _moved(date.fromisoformat(day), assumed, int(year), table.says).isoformat()
        for day in table.rows.column(PERIOD).unique().to_pylist()
    }
    column = pa.array([moved[day] for day in table.rows.column(PERIOD).to_pylist()], pa.string())
    rows = table.rows.set_column(table.rows.column_names.index(PERIOD), PERIOD, column)
    return replace(table, rows=rows, years=(year, *(other for other in table.years if other != year)))


def in_sheet(lines: pa.Table, tables: Sequence[Table]) -> pa.Table:
    """Lines (source: index of the table, row: as in its `numbers`) with the rows of the sheets that they come from."""
    if not any(isinstance(table, Turned) for table in tables):
        return lines
    source, rows = (lines.column(name).to_numpy().copy() for name in ("source", "row"))
    for index, table in enumerate(tables):
        if isinstance(table, Turned) and table.origin is not None:
            mine = source == index
            rows[mine] = table.origin.to_numpy()[rows[mine] - 1]
    return lines.set_column(lines.column_names.index("row"), "row", pa.array(rows, pa.int64()))


def _moved(day: date, assumed: int, year: int, says: str) -> date:
    if "week" in says:
        week = day.isocalendar().week
        return date.fromisocalendar(year, min(week, date(year, 12, 28).isocalendar().week), 1)
    return day.replace(year=year + day.year - assumed)


# -- a column per period


def period(header: str) -> Period | None:
    """The time a column's name tells: `2026-05`, `Jan 26`, `janv. 2026`, `KW 12`, `W12`, `04.05.2026`."""
    text = vocabulary.folded(header.strip())
    if found := ISO_DAY.fullmatch(text):
        return Period("day", int(found["y"]), int(found["m"]), int(found["d"]))
    if found := DAY.fullmatch(text):
        return Period("day", _year(found["y"]), int(found["m"]), int(found["d"]))
    if found := YEAR_MONTH.fullmatch(text):
        return Period("month", int(found["y"] or found["y2"]), int(found["m"] or found["m2"]))
    if found := YEAR_WEEK.fullmatch(text):
        return Period("week", int(found["y"] or found["y2"]), int(found["w"] or found["w2"]))
    if found := BARE_WEEK.fullmatch(text):
        return Period("week", None, int(found["w"]))
    if (found := NAMED_MONTH.fullmatch(text)) and (month := MONTHS.get(found["m"] or found["m2"])):
        return Period("month", _year(found["y"] or found["y2"]), month)
    return None


def _year(text: str | None) -> int | None:
    return None if text is None else int(text) if len(text) == 4 else 2000 + int(text)


def _periods(table: Table) -> dict[str, dict[str, Period]] | None:
    """What is told per period ("" or the words before it) -> column -> its period; None where the table is not wide."""
    series: dict[str, dict[str, Period]] = {}
    for column in table.header:
        for stem, rest in _cuts(column):
            if (found := period(rest)) is not None:
                series.setdefault(stem, {})[column] = found
                break
    good = {stem: _even(columns) for stem, columns in series.items()}
    return {stem: columns for stem, columns in good.items() if len(columns) >= LEAST_PERIODS and _numbers(table, columns)} or None


def _cuts(column: str) -> list[tuple[str, str]]:
    """The whole name, then each way to split words before from the period: (words, period)."""
    places = [found.start() for found in re.finditer(r"(?<=[\s_])\S", column)]
    return [("", column), *((" ".join(vocabulary.plain_words(column[:place])), column[place:]) for place in places)]


def _even(columns: dict[str, Period]) -> dict[str, Period]:
    """The columns of the size most of them have; days as 5/4/2026 month first where some cannot be day first."""
    sizes = [found.size for found in columns.values()]
    size = max(set(sizes), key=sizes.count)
    kept = {column: found for column, found in columns.items() if found.size == size}
    if size == "day" and any(found.part > 12 for found in kept.values()):
        kept = {column: replace(found, part=found.day, day=found.part) for column, found in kept.items()}
    if size == "week" and min(found.part for found in kept.values()) == 0:  # counted from 0
        kept = {column: replace(found, part=found.part + 1) for column, found in kept.items()}
    return kept


def _numbers(table: Table, columns: dict[str, Period]) -> bool:
    cells = [
        cell.strip()
        for column in list(columns)[:12]
        for cell in table.rows.column(column).slice(0, 40).to_pylist()
        if cell and cell.strip()
    ]
    return not cells or sum(bool(re.fullmatch(r"[-+(]?[\d.,'\s]*\)?", cell)) for cell in cells) >= 0.8 * len(cells)


def _by_period(table: Table, series: dict[str, dict[str, Period]], today: date) -> list[Table]:
    across = {column for columns in series.values() for column in columns}
    rest = [column for column in table.header if column not in across and not vocabulary.heading(column).words & AGGREGATES]
    facts = [
        column for column in rest if any(vocabulary.likeness(name, column, "items") >= SURE for name in ("on_hand", "cost", "lead_days"))
    ]
    items = [replace(table, header=tuple(rest), rows=table.rows.select(rest))] if facts else []
    kept = [column for column in rest if column not in facts]
    return [*items, *(replace(_long(table, kept, stem, columns, today), beside=tuple(facts)) for stem, columns in series.items())]


def _long(table: Table, kept: list[str], stem: str, columns: dict[str, Period], today: date) -> Turned:
    told = re.search(r"(?<!\d)20\d\d(?!\d)", f"{table.name} {table.sheet or ''}")
    named = any(found.year for found in columns.values())
    years = () if named or told else tuple(str(today.year - back) for back in (1, 0, *range(2, YEARS_BACK)))
    year = int(told.group()) if told else today.year - 1
    days = {column: first for column, found in columns.items() if (first := found.first_day(year)) is not None}
    size = next(iter(columns.values())).size
    cells = [cell for column in columns for cell in table.rows.column(column).slice(0, 40).to_pylist() if cell]
    money = sum(bool(re.fullmatch(r"\D*\d+[.,]\d\d\D*", cell)) for cell in cells) > 0.8 * len(cells)
    measure = ON_HAND if vocabulary.likeness("on_hand", stem) >= SURE else AMOUNT if money else QUANTITY
    says = (
        f"{len(days)} {size}s turned into lines, each on the first day of its {size}; those of 0 are left out"
        if size != "day"
        else (f"{len(days)} days turned into lines; those of 0 are left out")
    )
    return _laid_out(table, kept, {column: day.isoformat() for column, day in days.items()}, (PERIOD, measure), says, years)


# -- a column per place


def _places(table: Table) -> dict[str, str]:
    """Column -> its place, where several columns tell the stock of one place each, or one does with the place in brackets."""
    found: dict[str, dict[str, str]] = {}
    for column in table.header:
        if (cut := _at_place(column)) is not None:
            found.setdefault(cut[0], {})[column] = cut[1]
    best = max(found.values(), key=len, default={})
    alone = "".join(best.values()).lower()
    told = "[" in "".join(best) or sum(column.lower().rstrip(" ])").endswith(alone) for column in table.header) >= LEAST_PERIODS
    return best if len(best) > 1 or (best and told) else {}


def _at_place(column: str) -> tuple[str, str] | None:
    """`In stock [Harbour]`, `inventory_Main Store`, `Stock Berlin` -> what is told, the place."""
    words = list(re.finditer(r"[^\W_]+", column))
    for count in range(len(words) - 1, 0, -1):
        told, place = column[: words[count].start()], column[words[count].start() :]
        if vocabulary.likeness("on_hand", told, "stock") >= 0.9 and ("[" in told or _is_name(place)):
            return " ".join(vocabulary.plain_words(told)), place.strip(" ])_-")
    return None


def _is_name(text: str) -> bool:
    """True for words that are a name rather than something about the stock."""
    read = vocabulary.heading(text)
    further = read.words - vocabulary.light()
    return (bool(read.strange or further) and further <= {"place", "address", "city", "usual"}) or bool(read.misspelt and not read.strange)


def _by_place(table: Table, places: dict[str, str]) -> Table:
    ends = tuple(place.lower() for place in places.values())
    kept = [column for column in table.header if column not in places and not column.lower().rstrip(" ])").endswith(ends)]
    says = f"{len(places)} places turned into lines" if len(places) > 1 else "the stock of one place"
    return _laid_out(table, kept, places, (PLACE, ON_HAND), says, (), empty=True)


# -- laying out


def _laid_out(
    table: Table, kept: list[str], across: dict[str, str], names: tuple[str, str], says: str, years: tuple[str, ...], empty: bool = False
) -> Turned:
    """A line for each cell that says something; with `empty`, one also for a row in which none does."""
    rows, order, cells = [], [], []
    for place, column in enumerate(across):
        cell = pc.fill_null(table.rows.column(column), "")
        nothing = pc.match_substring_regex(cell, r"^\s*$" if empty else r"^[\s0.,–-]*$")
        index = np.flatnonzero(~nothing.to_numpy())
        rows.append(index)
        order.append(np.full(len(index), place))
        cells += [cell.take(pa.array(index)).combine_chunks()] if len(index) else []
    row, nth = np.concatenate(rows), np.concatenate(order)
    if empty:
        bare = np.setdiff1d(np.arange(table.rows.num_rows), row)
        row, nth = np.concatenate([row, bare]), np.concatenate([nth, np.full(len(bare), -1)])
        cells.append(pa.array([""] * len(bare), pa.string()))
    sorted_ = np.lexsort((nth, row))
    said = pa.array([*across.values(), ""], pa.string()).take(pa.array(nth[sorted_] % (len(across) + 1)))
    value = pa.concat_arrays([pa.array([], pa.string()), *cells]).take(pa.array(sorted_))
    first, second = (_free(name, kept) for name in names)
    body = table.rows.select(kept).take(pa.array(row[sorted_]))
    body = body.append_column(first, said).append_column(second, value)
    plain = {part.name: getattr(table, part.name) for part in fields(Table)}
    plain |= {"header": (*kept, first, second), "rows": body, "numbers": pa.array(np.arange(1, len(row) + 1), pa.int64())}
    return Turned(**plain, origin=table.row_numbers().take(pa.array(row[sorted_])), says=says, years=years)


def _free(name: str, kept: list[str]) -> str:
    """The name of a new column; theirs keep their own."""
    taken = {column.lower() for column in kept}
    return name if name.lower() not in taken else f"{name} (turned)"
