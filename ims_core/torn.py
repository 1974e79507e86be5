"""A block of the file that was half written when the program was killed in a checkpoint.

DuckDB 2.0 keeps its table of contents in blocks of 64 pages, and a checkpoint writes the new contents into the free pages of a block
in use. What the file still needs stands in the pages that stay as they are; only the sum over the whole block no longer fits, and
the file is refused. With the sum reckoned anew it opens as it was before the checkpoint, and the log brings what came after.
"""

import os
import re
import struct
from functools import reduce
from operator import xor
from pathlib import Path

BLOCK = 262_144
"""Bytes of a block, the sum over the others in its first eight."""

_MARK = b"\x64\x00\x63"
"""Begins the log's last entry when a checkpoint has begun; once the checkpoint is done there is no log."""
_PLACE = re.compile(r"Corrupt database file: computed checksum .* in block at location (\d+)")


def place(failure: Exception, log: bytes) -> int | None:
    """Where in the file the block begins that does not fit its sum, if a checkpoint was under way; other damage is none of ours."""
    found = _PLACE.search(str(failure))
    return int(found.group(1)) if found and _MARK in log[-64:] else None


def mend(file: Path, at: int) -> None:
    """Reckon the sum of the block at byte `at` anew."""
    with file.open("r+b") as handle:
        handle.seek(at + 8)
        total = struct.pack("<Q", checksum(handle.read(BLOCK - 8)))
        handle.seek(at)
        handle.write(total)
        handle.flush()
        os.fsync(handle.fileno())


def checksum(body: bytes) -> int:
    """DuckDB's sum over a block without its first eight bytes."""
    words = struct.unpack(f"<{len(body) // 8}Q", body)
    return reduce(xor, (word * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF for word in words), 5381)


def number(at: int) -> int:
    """The number of the block that begins at byte `at`; three headers of 4,096 bytes come before the first."""
    return (at - 3 * 4096) // BLOCK
