"""What a drop would do: its tables grouped by their columns, how each was understood, and what becomes of every line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from ims_core import documents, kinds, labels, lookups, recognising, unused, widening
from ims_core.archives import Archive
from ims_core.cleaning import OUTCOMES, Cleaned
from ims_core.reading import Table, safe_name
from ims_core.recognising import Mapping, Question

PROBLEM_COLUMNS = ["file", "sheet", "row", "column", "value", "problem", "suggestion", "refused"]


@dataclass(frozen=True)
class Group:
    """Tables of the drop with the same columns: understood once, cleaned as one."""

    tables: tuple[Table, ...]
    hashes: tuple[str, ...]
    mapping: Mapping
    cleaned: Cleaned | None
    """None where the table is not for us or cannot be used as it is mapped."""
    off: frozenset[str] = frozenset()
    as_on: date | None = None
    """The day on which files of this form were understood by hand, where that was taken over."""
    places: tuple[str | None, ...] = ()
    """Of each table, the place that its sheet names."""

    @property
    def name(self) -> str:
        """The file's name, or how many there are."""
        names = list(dict.fromkeys(table.name for table in self.tables))
        sheets = [table.sheet for table in self.tables if table.sheet]
        if len(names) > 1:
            return f"{labels.many(len(names), 'file')}, {names[0]} …"
        return f"{names[0]}, {', '.join(sheets)}" if sheets else names[0]

    @property
    def lines(self) -> int:
        """Lines read, header and titles not counted; of a wide table those it was turned into."""
        return sum(table.rows.num_rows for table in self.tables)

    @property
    def said(self) -> str:
        """Where the file comes from and how it was laid out, where that is known or was done: `Shopify product export`."""
        table = self.tables[0]
        return " · ".join(
            filter(None, (self.mapping.source, table.says if isinstance(table, widening.Turned | documents.Joined | lookups.Named) else ""))
        )

    @cached_property
    def counted(self) -> int:
        """Counts of stock that name no day of their own: they count as made on the plan's day."""
        rows = self.cleaned.rows if self.cleaned else None
        if rows is None or "on_hand" not in rows.column_names:
            return 0
        if self.mapping.kind == "items":
            return int(rows.num_rows - rows.column("on_hand").null_count)
        return int(rows.column("day").null_count)

    @cached_property
    def left(self) -> pa.Table:
        """The lines that are not used: source row outcome reason content; of what is not for us, all of them."""
        if self.cleaned:
            return self.cleaned.left
        if isinstance(self.tables[0], documents.Heads) and not self.lacking:
            return unused.whole(self.tables, documents.HEADS)
        return unused.whole(self.tables, "needed columns are missing" if self.lacking else "the file is not for us")

    @property
    def emptied(self) -> pa.Table | None:
        """The lines that are used though a cell cannot be read: as `left`; None where there are none."""
        return self.cleaned.emptied if self.cleaned and self.cleaned.emptied is not None and self.cleaned.emptied.num_rows else None

    @property
    def to_mend(self) -> pa.Table:
        """The lines that are not used, then those that are used without one of their cells."""
        return self.left if self.emptied is None else pa.concat_tables([self.left, self.emptied], promote_options="permissive")

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """Why lines are not used: outcome reason codes lines example; the most frequent first within an outcome."""
        return unused.by_reason(self.left, self.tables, self.mapping.columns.get("sku"))

    @cached_property
    def corrections(self) -> pd.DataFrame:
        """What a corrected file changes of documents in the shop, line by line: what (changed, gone, new) ref sku day before now."""
        shown = ["what", "ref", "sku", "day", "before", "now"]
        if self.cleaned is None or self.cleaned.difference.empty or self.off & {"corrected", "again"}:
            return pd.DataFrame(columns=shown)
        known = self.cleaned.difference
        used = self.cleaned.rows.select(["source", "row", "ref", "sku", "day", "qty", "price", "takes_back"]).to_pandas()
        new = used[used["takes_back"].isna()].merge(known[["source", "row"]], how="left", indicator=True)
        new = new[new["_merge"] == "left_only"].assign(what="new", qty=lambda line: -line["qty"])
        lines = pd.concat([known.astype(object), new[known.columns.intersection(new.columns)].astype(object)], ignore_index=True)
        before = [_told(qty, price) for qty, price in zip(lines["qty_before"], lines["price_before"], strict=True)]
        now = [_told(qty, price) for qty, price in zip(lines["qty"], lines["price"], strict=True)]
        told: pd.DataFrame = lines.assign(before=before, now=now)[shown]
        return told

    @property
    def lacking(self) -> list[str]:
        """What this kind of file needs and this one does not have."""
        return recognising.lacking(self.mapping)

    @property
    def questions(self) -> list[Question]:
        """What is still open and not answered."""
        asked = (*self.mapping.questions, *(self.cleaned.questions if self.cleaned else ()))
        return [question for question in asked if question.about not in self.mapping.answers]


def _told(qty: Any, price: Any) -> str:
    """A line in short: `3 at 4.50`; nothing where there is none."""
    if pd.isna(qty):
        return ""
    return labels.pieces(qty) + ("" if pd.isna(price) else f" at {price:,.2f}")


def _moved(moves: dict[str, dict[str, Decimal]]) -> str:
    """`; pieces: 6 sold, 14 counted`; with its unit where a file names another, and none where a part of a piece can be none."""
    moved = {word: by_unit for word, by_unit in moves.items() if any(by_unit.values())}
    if not moved:
        return ""
    if any(set(by_unit) != {"piece"} for by_unit in moved.values()):
        return f"; {'; '.join(f'{labels.amounts(by_unit)} {word}' for word, by_unit in moved.items())}"
    whole = all(by_unit["piece"] == round(by_unit["piece"]) for by_unit in moved.values())
    told = ", ".join(f"{labels.pieces(by_unit['piece'])} {word}" for word, by_unit in moved.items())
    return f"; {'pieces' if whole else 'in each item’s own unit'}: {told}"


def alike(tables: list[Table]) -> list[list[int]]:
    """Which tables go together: those with the same columns, unless the names of their files speak of different things."""
    by_header: dict[tuple[str, ...], dict[frozenset[str], list[int]]] = {}
    for index, table in enumerate(tables):
        by_header.setdefault(table.header, {}).setdefault(kinds.hinted(table), []).append(index)
    groups: list[list[int]] = []
    for hints in by_header.values():
        apart = sum(bool(hint) for hint in hints) > 1
        groups += hints.values() if apart else [sorted(index for indexes in hints.values() for index in indexes)]
    return groups


def twins(files: Sequence[tuple[str, bytes]]) -> tuple[str, ...]:
    """The names of files that hold to the letter what one before them holds."""
    first = {content: at for at, (_, content) in reversed([*enumerate(files)])}
    return tuple(safe_name(name) for at, (name, content) in enumerate(files) if first[content] != at)


@dataclass(frozen=True)
class Plan:
    """What a drop would do; nothing is written yet."""

    groups: tuple[Group, ...]
    known: tuple[tuple[str, int], ...]
    """Files whose very content is in the shop already, and the change that brought it."""
    unreadable: tuple[tuple[str, str], ...]
    """Files that cannot be read, and the sentence why."""
    day: date
    """The day of a count that names none: in its file's name, else the last day the files or the shop know."""
    days: tuple[date, ...] = ()
    """The days between which the person must choose where counts name none: the end of the sales, if that is long ago, and today."""
    today: date | None = None
    """The shop's day when it was looked at, where somebody can be asked."""
    seen: int = 0
    """How many changes the shop had when it was looked at."""
    whole: Archive | None = None
    """A whole shop, taken out of another; then it is all there is in the drop."""
    claims: pd.DataFrame | None = None
    """Barcodes that items of different files claim, as problems."""
    twins: tuple[str, ...] = ()
    """Files that hold to the letter what another file of the drop holds; they count once."""

    @property
    def counts(self) -> dict[str, int]:
        """Lines by outcome: used, joined, set aside, refused. Tables that are not for us are set aside whole."""
        total = dict.fromkeys(OUTCOMES, 0) | {"used": self.whole.lines if self.whole else 0}
        for group in self.groups:
            for outcome, count in (group.cleaned.counts if group.cleaned else {"set aside": group.lines}).items():
                total[outcome] += count
        return total

    @property
    def writes(self) -> bool:
        """Whether anything would be booked: lines that are used, or what a corrected document takes back."""
        return self.whole is not None or any(group.cleaned is not None and group.cleaned.rows.num_rows for group in self.groups)

    @property
    def lines(self) -> int:
        """Lines read."""
        return sum(group.lines for group in self.groups) + (self.whole.lines if self.whole else 0)

    @property
    def units(self) -> dict[str, Decimal]:
        """Units sold by outcome, returns counted against them."""
        total = dict.fromkeys(OUTCOMES, Decimal(0))
        for group in self.groups:
            if group.cleaned and group.mapping.kind == "sales":
                for outcome, units in group.cleaned.units.items():
                    total[outcome] += units
        return total

    @property
    def problems(self) -> pd.DataFrame:
        """All problems: file sheet row column value problem suggestion refused."""
        found = [group.cleaned.problems.drop(columns="source") for group in self.groups if group.cleaned and len(group.cleaned.problems)]
        found += [self.claims] if self.claims is not None and len(self.claims) else []
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=PROBLEM_COLUMNS)

    @property
    def questions(self) -> list[Question]:
        """Everything that is still open."""
        return [question for group in self.groups for question in group.questions] + self._day_open

    @property
    def _day_open(self) -> list[Question]:
        if not self.counted or not self.days:
            return []
        text = (
            f"The files tell what there is, but not of which day, and nothing is known after {labels.day_text(self.days[0])}. "
            "Is that the day of these counts, or were they made now?"
        )
        return [Question("counted on", text, tuple(str(day) for day in self.days), taken="")]

    @property
    def unanswered(self) -> list[str]:
        """Each question that has no safe answer, after the name of its file."""
        asked = [f"{group.name}: {question.text}" for group in self.groups for question in group.questions if not question.taken]
        return asked + [question.text for question in self._day_open]

    @property
    def difference(self) -> dict[str, int]:
        """Booked lines that documents of this drop have otherwise (changed) or no more (gone)."""
        total: dict[str, int] = {}
        for group in self.groups:
            if group.cleaned and not group.off & {"corrected", "again"}:
                for what, count in group.cleaned.difference.what.value_counts().items():
                    total[str(what)] = total.get(str(what), 0) + int(count)
        return dict(sorted(total.items()))

    @property
    def moves(self) -> dict[str, dict[str, Decimal]]:
        """What the used lines speak of, by kind of file and unit: sold (returns counted against them), bought, counted.

        The unit is "piece" where the file names none.
        """
        words = {
            "sales": "sold",
            "purchases": "bought",
            "customer_orders": "ordered by customers",
            "stock": "counted",
            "counts": "counted",
            "items": "counted",
        }
        total: dict[str, dict[str, Decimal]] = {}
        for group in self.groups:
            if group.cleaned is None or group.mapping.kind not in words or (group.mapping.kind == "items" and not group.counted):
                continue
            word, name = words[group.mapping.kind], "on_hand" if words[group.mapping.kind] == "counted" else "qty"
            summed = group.cleaned.rows.select(["unit", name]).group_by("unit").aggregate([(name, "sum")])
            for unit, qty in zip(*(column.to_pylist() for column in summed.columns), strict=True):
                of, base = total.setdefault(word, {}), unit or "piece"
                of[base] = of.get(base, Decimal(0)) + (-(qty or 0) if word == "sold" else qty or 0)
        return total

    @property
    def counted(self) -> int:
        """Counts of stock that name no day: `day` is theirs."""
        return sum(group.counted for group in self.groups)

    @property
    def lacking(self) -> list[Group]:
        """What cannot be used as long as nobody says which column holds what it needs."""
        return [group for group in self.groups if group.lacking]

    def says(self) -> str:
        """The one sentence under the preview."""
        counts = self.counts
        if self.whole:
            return f"{self.whole.says()} It goes into an empty shop, and can be undone whole."
        if not self.groups:
            return "Nothing of this drop is new." if self.known else "Nothing of this drop can be used."
        said = f"{counts['used']:,} of {labels.many(self.lines, 'line')} will be used"
        said = ", ".join([said, *(f"{counts[outcome]:,} {outcome}" for outcome in OUTCOMES[1:] if counts[outcome])])
        if self.difference:
            changes = " and ".join(f"{count:,} {what}" for what, count in self.difference.items())
            said += f"; in documents that are in the shop: {changes}"
        return f"{said}{_moved(self.moves)}."
