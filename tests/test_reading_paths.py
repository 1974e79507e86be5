"""The quick road through a regular file and the patient one through any file must read the same."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from ims_core.texts import Dialect, patient_rows, regular_rows, sample

cells = st.text(alphabet='ab1,;"\n\r é\t.', max_size=6)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5), st.sampled_from(",;\t"), st.booleans())
def test_both_roads_read_what_a_program_wrote_alike(rows: list[list[str]], separator: str, always_quoted: bool) -> None:
    written = io.StringIO(newline="")
    program = csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL) if always_quoted else csv.writer(written, delimiter=separator)
    program.writerows([["x", "y", "z"], *rows])
    _same(written.getvalue(), Dialect(separator))


@given(st.lists(st.lists(cells, max_size=5), min_size=1, max_size=8))
def test_both_roads_read_lines_of_any_width_alike(rows: list[list[str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=";", lineterminator="\n").writerows([["x", "y", "z"], ["a", "b", "c"], *rows])
    _same(written.getvalue(), Dialect(";"))


@given(st.lists(st.text(alphabet='a1"; \n', max_size=12), min_size=1, max_size=5))
def test_both_roads_read_what_nobody_should_have_written_alike(lines: list[str]) -> None:
    _same("x;y\n" + "\n".join(lines), Dialect(";"))


def _same(text: str, dialect: Dialect) -> None:
    patient = patient_rows("t", text, dialect)
    quick = regular_rows(text, dialect, dialect.widths(sample(text)))
    if quick is not None:
        width = max(quick.num_columns, *map(len, patient))
        assert _ended([list(row.values()) for row in quick.to_pylist()]) == _ended([[*row, *[""] * (width - len(row))] for row in patient])


def _ended(rows: list[list[str]]) -> list[list[str]]:
    """Where a text ends within quotes, its last line breaks may be in the last cell or not."""
    return [*rows[:-1], *([cell.rstrip("\n") for cell in row] for row in rows[-1:])]
