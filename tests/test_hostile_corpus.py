"""Some 400 files that others collected because they break programs: each is read or refused with a sentence, none takes long."""

import time
from pathlib import Path

import pytest

from ims_core import reading
from ims_core.errors import Unreadable
from ims_core.settings import ROOT

DATA = ROOT.parent / "shared" / "data"
PATIENCE = 60
"""Seconds after which a file counts as hanging; on a quiet machine the slowest takes half of one."""

READ = {
    "F5_messytables_horror": 30, "F6_openrefine": 28, "F7_csvkit": 73, "F8_frictionless": 124,
    "F9_readxl": 66, "F10_calamine": 45, "F11_janitor": 1, "F12_sheetjs_selected": 38,
}  # fmt: skip
"""How many files of each collection hold a table that is read; the others have no header, a password, or nothing in them."""


@pytest.mark.parametrize("folder", READ)
def test_every_file_of_a_collection_is_read_or_refused(folder: str) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip("the collections are not beside the project")
    files = [file for file in sorted((DATA / folder).rglob("*")) if file.is_file() and file.suffix != ".md"]
    assert sum(is_read(file) for file in files) >= READ[folder]


def is_read(file: Path) -> bool:
    """Whether a file is read, into tables that hang together, or refused with a sentence that names it."""
    start, sentence = time.monotonic(), ""
    try:
        tables = reading.read(file.name, file.read_bytes())
    except Unreadable as refusal:
        sentence = str(refusal)
    assert time.monotonic() - start < PATIENCE, file.name
    if sentence:
        assert reading.safe_name(file.name).removesuffix(".gz") in sentence
        return False
    assert tables
    for table in tables:
        assert table.header == tuple(table.rows.column_names)
        assert len(set(map(str.lower, table.header))) == len(table.header)
        assert len(table.row_numbers()) == table.rows.num_rows > 0
    return True
