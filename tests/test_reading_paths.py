"""The quick road through a regular file and the patient one through any file must read the same."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from ims_core.reading import _grid, regular_rows

cells = st.text(alphabet='ab1,;"\n\r é\t.', max_size=6)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5), st.sampled_from(",;\t"), st.booleans())
def test_both_roads_read_what_a_program_wrote_alike(rows: list[list[str]], separator: str, always_quoted: bool) -> None:
    written = io.StringIO(newline="")
    program = csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL) if always_quoted else csv.writer(written, delimiter=separator)
    program.writerows([["x", "y", "z"], *rows])
    _same(written.getvalue(), separator)


@given(st.lists(st.text(alphabet='a1"; \n', max_size=12), min_size=1, max_size=5))
def test_both_roads_read_what_nobody_should_have_written_alike(lines: list[str]) -> None:
    _same("x;y\n" + "\n".join(lines), ";")


def _same(text: str, separator: str) -> None:
    patient = _grid("t", text, separator)
    quick = regular_rows(text, separator, tuple(patient[0]))
    if quick is not None:
        assert [list(row.values()) for row in quick.to_pylist()] == patient[1:]
