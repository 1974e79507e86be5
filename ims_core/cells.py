"""The text of a cell without what nobody sees: blanks around it, lines broken within it. Most files have neither."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NO_BREAK = "\u00a0"
BLANK = 0x20
HIDDEN = 0xA0
"""A byte of every no-break blank in utf-8."""


def tidy(table: pa.Table) -> pa.Table:
    """The same columns, each cell on one line without blanks around it, null where nothing is left; columns without text stay."""
    columns = [_tidied(column) if pa.types.is_string(column.type) else column for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _tidied(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([chunk if _is_tidy(chunk) else _without_blanks(chunk) for chunk in column.chunks], column.type)


def _is_tidy(cells: pa.StringArray) -> bool:
    """Whether no cell is empty, begins or ends with a blank, or holds a sign that cannot be seen; told by the bytes of all at once."""
    if cells.null_count == len(cells):
        return True
    bounds, signs = _bytes(cells)
    if np.count_nonzero(np.diff(bounds)) + cells.null_count != len(cells):
        return False
    every = signs[bounds[0] : bounds[-1]]
    if (lowest := every.min()) < BLANK or (every == HIDDEN).any():
        return False
    if lowest > BLANK:
        return True
    filled = np.flatnonzero(np.diff(bounds))
    return bool((signs[bounds[filled]] != BLANK).all() and (signs[bounds[filled + 1] - 1] != BLANK).all())


def _bytes(cells: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """Where each cell begins, and where the last one ends, among the bytes of all."""
    bounds = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset : cells.offset + len(cells) + 1]
    return bounds, np.frombuffer(cells.buffers()[2] or b"", np.uint8)


def initials(column: pa.ChunkedArray) -> np.ndarray:
    """The first byte of each cell, 0 where nothing stands: by it most cells need no second look."""
    firsts = [np.zeros(0, np.uint8)]
    for chunk in column.chunks:
        bounds, signs = _bytes(chunk)
        begins = np.minimum(bounds[:-1], max(len(signs) - 1, 0))  # the last cells may be empty
        firsts.append(np.where(np.diff(bounds) > 0, signs[begins], 0) if len(signs) else np.zeros(len(chunk), np.uint8))
    return np.concatenate(firsts)


def _without_blanks(cells: pa.StringArray) -> pa.StringArray:
    on_one_line = pc.replace_substring(pc.replace_substring(cells, "\n", " "), NO_BREAK, " ")
    bare = pc.ascii_trim(on_one_line, " \t\r")
    return pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), bare)
