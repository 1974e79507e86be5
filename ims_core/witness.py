"""The number of the newest change that was acknowledged, kept beside the shop's file.

A log that is damaged where it says how long its entries are just seems to end there. Only somebody who remembers
how far the shop had come can tell that changes are missing.
"""

from contextlib import suppress
from pathlib import Path


class Witness:
    """Remembers a number through crashes; without a file (a shop in memory) it knows nothing."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.touch()
        self._file = None if path is None else path.open("r+b", buffering=0)

    def says(self) -> int:
        """The number, 0 where none was ever written."""
        if self._file is None:
            return 0
        self._file.seek(0)
        text = self._file.read()
        return int(text) if text.strip().isdigit() else 0

    def write(self, number: int) -> None:
        """Remember a number. Always of the same length, so that it finds room on a full disk too; no flush: it may lag, never lead."""
        if self._file is not None:
            with suppress(OSError):
                self._file.seek(0)
                self._file.write(b"%020d\n" % number)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
