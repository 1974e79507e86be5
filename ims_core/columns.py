"""What stands in each column: how its numbers and dates are written, the values they are, and what they leave open."""

from collections.abc import Sequence
from dataclasses import replace

from ims_core import dates, scratch, units, values, vocabulary
from ims_core.labels import FIELDS, KIND_FIELDS
from ims_core.recognising import Mapping, Question
from ims_core.rules import DATED

TYPES = {"number": "decimal(18, 4)", "money": "decimal(18, 4)", "days": "decimal(18, 4)", "date": "timestamp"}
MEASURED = {"packed": "struct(told varchar, counted varchar, way varchar)", "continued": "boolean"} | dict.fromkeys(
    ("own_unit", "unfit", "unfit_value", "unfit_field", "own_total", "listed"), "varchar"
)
CODES = ("sku", "barcode")
"""What a spreadsheet may have spoilt, and what an item is found by."""
CAME_BACK = (
    "^(refund(ed)?|return(s|ed)?|credit ?(note|memo)|devolucion|devolucao|retour|remboursement|avoir|reso|rimborso|nota d[ie] credito"
    "|ruckgabe|retoure|gutschrift|erstattung)$"
)
"""What the type of a receipt or line is called where goods came back, without accents."""
OF_OTHERS = frozenset({"financial", "item", "customer", "category", "price", "tax", "stock", "supplier", "sku", "unit"})
"""What else has types: a way to pay, a kind of goods."""
IN_SEQUENCE = ("ordered", "expected", "received", "day", "expires")
"""Dates in the order in which they mostly follow each other."""


def styles(pad: scratch.Pad, mapping: Mapping, typed: bool) -> dict[str, values.Style]:
    """How each column of numbers and dates is written: told by the person, or by the column, or by the file's other columns."""
    numbers = {name: column for name, column in mapping.columns.items() if FIELDS[name].type in ("number", "money", "days")}
    dated = sorted(name for name in mapping.columns if FIELDS[name].type == "date")
    days = {name: mapping.columns[name] for name in (*IN_SEQUENCE, *dated) if name in mapping.columns}
    rest = [column for column in _header(pad) if column not in mapping.columns.values()]
    read = {name: values.number_style(pad, "cells", column, typed, FIELDS[name].type == "number") for name, column in numbers.items()}
    seen = {name: dates.style(pad, "cells", column) for name, column in days.items()}
    read, seen = _answered(mapping, read, ("point", "comma")), _answered(mapping, seen, ("dmy", "mdy", "serial1904"))
    read = dict(
        zip(numbers, values.settle(pad, "cells", {numbers[name]: read[name] for name in numbers}, rest, typed).values(), strict=True)
    )
    seen = dict(zip(days, dates.settle(pad, "cells", {days[name]: seen[name] for name in days}, rest).values(), strict=True))
    return read | seen


def _answered(mapping: Mapping, found: dict[str, values.Style], choices: Sequence[str]) -> dict[str, values.Style]:
    """The styles as the person told; what is said of one column counts for all that are open."""
    said = {name: answer for name, answer in mapping.answers.items() if name in found and answer in choices}
    told = next(iter(said.values()), "")
    return {
        name: replace(style, name=said.get(name, told), sure=True) if name in said or (told and not style.sure) else style
        for name, style in found.items()
    }


def paid_in(pad: scratch.Pad, mapping: Mapping, found: dict[str, values.Style], currency: str | None) -> dict[str, values.Style]:
    """The styles, with the currencies that a column of money takes where its cells, its name or the column beside it tell others."""
    taken, beside = dict(found), mapping.columns.get("currency", "")
    for name in (name for name in found if FIELDS[name].type == "money"):
        header = values.currency_of(mapping.columns[name])
        if header or beside:
            taken[name] = values.in_money(pad, "cells", mapping.columns[name], replace(found[name], header=header, beside=beside))
    ours = currency or values.usual_money(taken.values())
    for name, style in taken.items():
        foreign = _foreign(style, ours)
        if foreign and mapping.answers.get(f"currency {name}") != "as written":
            taken[name] = replace(style, only=tuple(code for code, _ in style.money if code not in dict(foreign)) or ("none",))
    return taken


def _foreign(style: values.Style, ours: str) -> tuple[tuple[str, int], ...]:
    """The currencies of a column that are not the shop's, or where that is unknown, not the most frequent; and how many cells name them."""
    return tuple((code, count) for code, count in style.money if not values.same_currency(code, ours))


def type_cells(
    pad: scratch.Pad, mapping: Mapping, found: dict[str, values.Style], read: set[str], timezone: str | None, off: frozenset[str]
) -> None:
    """Table `typed`: the value of each field, and the text it came from where it must be a number or a date; `nothing`: see rules.

    Of the codes in `read` also what is wrong with them, and as `spoilt` and `mended` what a spreadsheet did to them; of quantities
    the unit behind them. What `measuring` and `continuing` fill in is empty.
    """
    cells: dict[str, str] = {}
    empties = []
    fields = {name: TYPES.get(FIELDS[name].type, "varchar") for name in KIND_FIELDS[mapping.kind]}
    told = {name: (mapping.columns[name], FIELDS[name].type not in ("text", "id")) for name in fields if name in mapping.columns}
    nothing = values.with_nothing(pad, list(told.values()))
    for name, (column, wide) in told.items():
        style, empty = found.get(name), (column, wide) in nothing
        blanks = empty and "nothing" not in off
        if name in read:
            cells[name], cells[f"{name}_problem"] = f"read_{name}.value", f"read_{name}.problem"
            cells[f"{name}_text"] = f"case when read_{name}.problem is not null then read_{name}.cell end"
            continue
        value = _value(name, column, style, timezone, blanks)
        if name == "qty" and (back := _came_back(pad, mapping)):
            cells["refund"] = back
            value = f"case when {back} is not null then -abs({value}) else {value} end" if "refunds" not in off else value
        if name == "pack":
            value = f"coalesce({value}, {_pack_sizes(pad, column)})"
        elif style and style.units:
            cells[f"{name}_unit"] = values.unit(column, style)
        cells[name] = f"({value})::{fields[name]}"
        if empty:
            empties.append(values.nothing(column, wide))
        if wide:
            cells[f"{name}_text"] = values.cell(column, blanks)
    if read:
        cells["spoilt"] = f"coalesce({', '.join(f'read_{name}.was' for name in read)})"
        cells["mended"] = f"case {' '.join(f'when read_{name}.was is not null then read_{name}.value' for name in read)} end"
    if empties:
        cells["nothing"] = f"coalesce({', '.join(empties)})"
    met = "".join(f" left join read_{name} on read_{name}.cell = {values.cell(mapping.columns[name], wide=False)}" for name in read)
    every = "".join(f", {sql} as {name}" for name, sql in cells.items())
    blank = MEASURED | fields | dict.fromkeys(("spoilt", "mended", "nothing", "refund"), "varchar")
    pad.lay("typed", f'select "source  table" as source, "source  row" as row{every} from cells{met}',
            empty={name: type for name, type in blank.items() if name not in cells})  # fmt: skip


def _header(pad: scratch.Pad) -> list[str]:
    """The columns of the file, without those that say where each line stands."""
    return list(pad.columns("cells"))[:-2]


def _came_back(pad: scratch.Pad, mapping: Mapping) -> str:
    """SQL: what the type of a line of sales says where goods came back; empty where no column tells such types."""
    names = _header(pad) if mapping.kind == "sales" else []
    types = [name for name in names if "type" in (words := vocabulary.heading(name).words) and not words & OF_OTHERS]
    told = {name: f"regexp_matches(strip_accents(lower({values.cell(name)})), '{CAME_BACK}')" for name in types}
    said = [
        f"case when {way} then {values.cell(name)} end" for name, way in told.items() if pad.rows(f"select bool_or({way}) from cells")[0][0]
    ]
    return f"coalesce({', '.join(said)})" if said else ""


def _pack_sizes(pad: scratch.Pad, column: str) -> str:
    """SQL: how many pieces a pack holds where the cell says it in words: `case of 12`, `12er Karton`, `24 ct`."""
    cell = values.cell(column)
    told = [text for (text,) in pad.rows(f"select distinct {cell} from cells limit 20000") if text and not text.isdigit()]
    listed = ", ".join(f"'{values.escaped(text)}': {size}::decimal(18, 4)" for text in told if (size := units.pieces(text)))
    return f"map {{{listed}}}[{cell}]" if listed else "null::decimal(18, 4)"


def _value(name: str, column: str, style: values.Style | None, timezone: str | None, blanks: bool) -> str:
    """SQL: the cell of a field as the value it is."""
    if style is None:
        return values.cell(column, blanks, wide=False)
    if FIELDS[name].type == "days":
        return values.days(column, style, blanks)
    if FIELDS[name].type != "date":
        return values.number(column, style, blanks)
    moment = dates.last_moment(column, style, timezone, blanks) if name == "expires" else dates.moment(column, style, timezone, blanks)
    return moment if name in DATED else values.let("moment", moment, "case when year(moment) between 1970 and 2199 then moment end")


def questions(mapping: Mapping, found: dict[str, values.Style], currency: str | None) -> list[Question]:
    """What no column of the file settles, once for all dates and once for all numbers; and money in another currency."""
    asked, ours = [], currency or values.usual_money(found.values())
    for name, style in found.items():
        column, foreign = mapping.columns[name], _foreign(style, ours)
        if not style.sure and FIELDS[name].type == "date":
            text = f"In “{column}” every date reads both ways. Which number comes first?"
            asked.append(Question(name, text, ("dmy", "mdy"), taken=""))  # no safe answer: it must be given
        elif not style.sure:
            text = f"In “{column}”, is 1,234 one thousand two hundred (point) or a little over one (comma)?"
            asked.append(Question(name, text, ("point", "comma"), taken=""))
        if foreign:
            told = ", ".join(f"{count:,} in {code}" for code, count in foreign)
            rest = f"the shop's currency is {currency}" if currency else f"the others are in {ours}"
            text = f"“{column}” has {told}; {rest}. What of them?"
            asked.append(Question(f"currency {name}", text, ("left out", "as written"), taken="left out"))
    once = {question.choices if question.taken == "" else question.about: question for question in reversed(asked)}
    return list(reversed(once.values()))
