"""Why a count differs from the book: what in the ledger would make just this difference, how likely, with its evidence. Posts nothing."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ims_core import labels, scratch, tallies, traces
from ims_core.db import Database

PRIOR = {
    "pack": 0.10, "count pack": 0.05, "twice": 0.10, "receipt": 0.10, "mix-up": 0.10, "place": 0.10, "digits": 0.06, "count digits": 0.06,
    "sign": 0.04, "meanwhile": 0.03,
}  # fmt: skip
"""How often a difference comes about that way; the rest, NONE, leaves no trace (theft, damage, slips nobody wrote down)."""
NONE = 0.25

LIKELY, PERHAPS = 0.6, 0.15
"""From which probability on an explanation is called likely, and from which it is shown at all."""

REASON = {
    "pack": "unit", "count pack": "slip", "twice": "twice", "receipt": "receipt", "mix-up": "mix-up", "place": "place", "digits": "slip",
    "count digits": "slip", "sign": "slip", "meanwhile": "slip",
}  # fmt: skip
"""The reason (counting.REASONS) that goes with each kind of explanation."""

Real = NDArray[np.float64]
Whole = NDArray[np.int64]

COLUMNS = ["item_id", "place", "kind", "likely", "says", "to_do", "reason", "change_id", "line"]


def explain(db: Database, sheet_id: int) -> pd.DataFrame:
    """For each difference of a sheet what explains it, the likeliest first: item_id place kind likely says to_do reason change_id line.

    `likely`: 0..1; `says`: the evidence; `to_do`: what may be done about it; `change_id`, `line`: the movement it speaks of, if any.
    """
    found = tallies.lines(db, sheet_id)
    counted = found[found["counted"].notna() & found["known"]].reset_index(drop=True)
    counted["begun_at"] = counted["begun_at"].fillna(counted["counted_at"])
    if not (counted["difference"] != 0).any():
        return pd.DataFrame(columns=COLUMNS)
    columns = ["item_id", "place", "name", "sku", "category", "counted", "book", "difference", "counted_at", "begun_at"]
    lines = pa.Table.from_pandas(counted[columns].assign(n=counted.index.astype("int32")), preserve_index=False)
    with scratch.pad(counted=lines, **traces.laid_out(db, sheet_id, sorted({int(item) for item in counted["item_id"]}))) as pad:
        traces.lay(pad)
        for kind in traces.EVERY:
            kind(pad)
        rows = pad.table("from traces order by n, kind, moment").to_pandas()
    return _told(counted, rows)


def _told(counted: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    line = counted.loc[rows["n"]].reset_index(drop=True)
    rows["each"] = likelihood(rows, line["difference"], line["book"])
    rows[["item_id", "place"]] = line[["item_id", "place"]]
    kinds = rows.sort_values(["n", "each", "moment"], ascending=[True, False, False]).groupby(["n", "kind"], sort=False)
    best = kinds.head(1).set_index(["n", "kind"])
    best["likely"] = kinds["each"].sum()  # several movements of one kind: the kind is as likely as all of them
    best["many"], best["others"] = kinds.size(), kinds["other"].agg(list)
    best = best[best["likely"] >= PERHAPS].reset_index()
    said = [_words({str(name): value for name, value in row.items()}, counted.loc[row["n"]].to_dict()) for row in best.to_dict("records")]
    best["says"], best["to_do"] = [says for says, _ in said], [to_do for _, to_do in said]
    best["reason"] = best["kind"].map(REASON)
    return best[COLUMNS]


def likelihood(rows: pd.DataFrame, difference: pd.Series, book: pd.Series) -> pd.Series:
    """How likely each trace made its difference, against all other traces of it and against none.

    rows: n kind share rate m paired. A trace counts the more, the rarer its circumstances are and the rarer the difference is by itself;
    one that takes two differences (n and m) to make good counts the less, the better the other is explained by something else.
    """
    alone = by_chance(difference, book)
    weight = rows["kind"].map(PRIOR).astype(float) * rows["share"] / rows["rate"] / alone
    weight = weight.where(~rows["paired"].eq(True), weight / alone)
    two = rows["m"].notna()
    if two.any():
        free = (NONE + weight.where(~two, 0.0).groupby(rows["n"]).transform("sum"))[two]
        weight[two] = _matched(rows["n"][two].to_numpy(), rows["m"][two].to_numpy(int), weight[two].to_numpy(), free.to_numpy())
    return weight / (NONE + weight.groupby(rows["n"]).transform("sum"))


def _matched(one: Whole, other: Whole, weight: Real, free: Real) -> Real:
    """What each pair weighs for its first line, where a line has one partner at most: who may have another is the less free for this one.

    `free`: what speaks for the first line having no partner at all. Each pair stands there twice, from either side. (Belief propagation
    for matchings: each tells its candidates how free the others leave it; exact where the candidates close no ring.)
    """
    at = pd.Series(np.arange(len(one)), index=pd.MultiIndex.from_arrays([one, other]))
    back = at.loc[list(zip(other, one, strict=True))].to_numpy()
    both, is_free = np.sqrt(weight * weight[back]), 1 / free
    for _ in range(50):
        offered = both * is_free[back]
        taken = np.bincount(one, offered)[one] - offered
        is_free = (is_free + 1 / (free + taken)) / 2
    weighs: Real = both * is_free[back]
    return weighs


def by_chance(difference: pd.Series, book: pd.Series) -> pd.Series:
    """How often a difference of just this size comes without a cause: 1 piece often, 40 rarely, and parts of a piece rarer still.

    >>> by_chance(pd.Series([1.0, -3.0, 0.25]), pd.Series([10.0, 10.0, 10.0])).round(4).tolist()
    [0.25, 0.0417, 0.0025]
    """
    size, scale = np.ceil(difference.abs()), np.maximum(1.0, 0.02 * book.abs())
    return pd.Series(0.5 * scale / ((scale + size - 1) * (scale + size)) * np.where(difference % 1 == 0, 1.0, 0.01), index=difference.index)


# -- in words


def _words(row: dict[str, Any], line: dict[Any, Any]) -> tuple[str, str]:
    """The evidence of a trace, and what may be done about it."""
    many = row["many"]
    qty, pack = labels.pieces(abs(row["qty"])), labels.pieces(row["pack"])
    moved, more = _moved(row), f" ({many - 1} more like it)" if many > 1 else ""
    off = f"{'+' if line['difference'] > 0 else '−'}{labels.pieces(abs(line['difference']))}"
    match row["kind"]:
        case "pack" if abs(row["qty"]) > abs(row["qty"] + line["difference"]):
            was = labels.pieces(abs(row["qty"] + line["difference"]))
            return (
                f"{moved} of {qty}: were they {was}, each taken for a pack of {pack}?{more}",
                "Look at the paper; if so, undo it and book it right",
            )
        case "pack":
            return f"{moved} of {qty}: as packs of {pack} that is {labels.pieces(abs(row['qty']) * row['pack'])} pieces, {off}{more}", (
                "Look at the paper; if so, undo it and book it in packs")  # fmt: skip
        case "count pack":
            return (
                f"{labels.pieces(line['counted'])} counted, {labels.pieces(line['book'])} in the book: packs of {pack}?",
                "Count pieces again",
            )
        case "twice":
            return f"{moved} of {qty} stands in the ledger twice{more}", "If it was one, undo the second"
        case "receipt":
            waits = f"Order {row['ref']}{_of(row['other'])} still waits for {qty}, expected {_day(row['moment'])}"
            return waits, "If it has come, receive it"
        case "mix-up":
            says = f"{row['other']} is off by {_signed(row['qty'])}: taken for each other?"
            also = " or ".join(row["others"][1:3])
            return (f"{says} Or is it {also}, off by as much?", "Look at the shelves") if also else (says, "Look at both shelves")
        case "place":
            return f"In {row['other']} it is off by {_signed(row['qty'])}: carried over without a word?", "If so, book the move"
        case "count digits":
            return (
                f"{labels.pieces(line['counted'])} counted, {labels.pieces(line['book'])} in the book: two digits swapped?",
                "Count again",
            )
        case "digits":
            return (
                f"{moved} of {qty}: was it {row['other']}? Two digits swapped{more}",
                "Look at the paper; if so, undo it and book it right",
            )
        case "sign":
            return f"{moved} of {qty} went the wrong way?{more}", "Look at the paper; if so, undo it and book it the other way"
        case _:
            return f"{qty} {'left' if row['qty'] < 0 else 'came'} between the first piece that was counted and the last", "Count again"


def _moved(row: dict[str, Any]) -> str:
    """`Receipt P118 on 4 May, 14:05`."""
    ref = f" {row['ref']}" if isinstance(row["ref"], str) else ""
    return f"{labels.MOVEMENT_KINDS.get(row['moved'], 'Movement')}{ref} on {_day(row['moment'])}"


def _of(name: str | None) -> str:
    return f" of {name}" if isinstance(name, str) else ""


def _signed(qty: float) -> str:
    return f"{'+' if qty > 0 else '−'}{labels.pieces(abs(qty))}"


def _day(at: datetime | date) -> str:
    return labels.day_text(pd.Timestamp(at).date())
