"""Bytes to letters: the encoding found, and letters that another program has spoilt mended where that is beyond doubt."""

import re
from collections import Counter

import charset_normalizer
import numpy as np
import pyarrow as pa

from ims_core.errors import Unreadable

CONTROLS = bytes(byte for byte in (*range(32), 127) if byte not in b"\t\n\r")
ENCODINGS = ("cp1252", "mac-roman", "cp850")
"""What exports were written in before utf-8, the likeliest first."""
USUAL = frozenset("éèêëàâäáãåçñöóôõòøüúùûíîïìßæœÉÈÊÀÂÄÁÃÅÇÑÖÓÔÕØÜÚÍ€£°²³½©®™§ºª–—‘’“”„…«»·×±\u00a0")
"""The signs beyond ASCII with which the names of goods and people are written."""

BYTES = {bytes([byte]).decode("cp1252", errors="ignore") or chr(byte): byte for byte in range(128, 256)}
"""The byte that an older program took for each sign."""
_behind = "".join(re.escape(sign) for sign, byte in BYTES.items() if byte < 0xC0)
_unquoting = "".join(re.escape(sign) for sign, byte in BYTES.items() if byte < 0xC0 and sign not in "“”‘’«»„")
SPOILT = re.compile(rf"(?:[ÃÂ][{_behind}]|â€[{_behind}]|â‚¬|â„¢|[ÄÅ][{_unquoting}])+")
"""utf-8 that somebody read as Windows' code page: `CafÃ©`."""
MARKS = tuple(mark.encode() for mark in ("Ã", "Â", "â€", "â‚¬", "â„¢", "Å", "Ä"))
MARK = "\ufeff".encode()
"""What programs write before a text in utf-8; in the middle of files that were put one behind another, too."""
LOST = "\ufffd".encode()
"""What stands where a program could not read a letter."""


def decode(name: str, content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, by byte-order mark, else utf-8, else the older code page whose signs make the most sense; and a remark on that."""
    head = content[:4000]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", errors="replace").encode()
    elif wide := [code for code, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])) if zeros.count(0) > len(head) // 3]:
        content = content.decode(wide[0], errors="replace").encode()
    elif len(head) - len(head.translate(None, CONTROLS)) > len(head) // 20 + 8:
        raise Unreadable(f"{name} is no text and no workbook. Drop .csv, .tsv, .xlsx, .xls or .ods files.")
    content = content.translate(None, CONTROLS).replace(MARK, b"")
    try:
        return content.decode(), ()
    except UnicodeDecodeError:
        code = _code_page(content)
    remark = () if code == ENCODINGS[0] else (f"Its letters are most likely written as {code} and were read so.",)
    return content.decode(code, errors="replace"), remark


def _code_page(content: bytes) -> str:
    """The code page in which most bytes beyond ASCII are usual signs; another than Windows' must make clearly more sense."""
    beyond = Counter(content.translate(None, bytes(range(128))))

    def sense(code: str) -> int:
        return sum(often for byte, often in beyond.items() if bytes([byte]).decode(code, errors="replace") in USUAL)

    best = max(ENCODINGS, key=sense)
    neighbours = sum(len(run) - 1 for run in re.findall(rb"[\x80-\xff]+", content[:1_000_000]))
    if neighbours > 0.4 * len(re.findall(rb"[\x80-\xff]", content[:1_000_000])):  # another script, of several bytes a letter perhaps
        guess = charset_normalizer.from_bytes(
            b"\n".join(line for line in content.splitlines()[:2_000] if not line.isascii())[:20_000]
        ).best()
        return guess.encoding if guess else ENCODINGS[0]
    return best if sense(best) > 1.2 * sense(ENCODINGS[0]) else ENCODINGS[0]


def mend(grid: pa.Table) -> tuple[pa.Table, tuple[str, ...]]:
    """The grid with its spoilt letters mended, and remarks: how many cells, one of them, and where letters are lost for good."""
    mended, lost, example = 0, 0, ""
    for index, column in enumerate(grid.columns):
        parts = [part.buffers()[2] or b"" for part in column.chunks]
        if all(np.frombuffer(part, np.uint8).max(initial=0) < 128 for part in parts):
            continue
        held = b"".join(map(bytes, parts))
        lost += held.count(LOST)
        if not any(mark in held for mark in MARKS):
            continue
        words = column.combine_chunks().dictionary_encode()
        spoilt = words.dictionary.to_pylist()
        whole = [SPOILT.sub(_whole, word) for word in spoilt]
        changed = [at for at, (before, after) in enumerate(zip(spoilt, whole, strict=True)) if before != after]
        if changed:
            mended += pa.compute.sum(pa.compute.is_in(words.indices, value_set=pa.array(changed, pa.int32()))).as_py()
            example = example or f"“{spoilt[changed[0]].strip()[:60]}” was read as “{whole[changed[0]].strip()[:60]}”"
            grid = grid.set_column(index, grid.field(index), pa.array(whole, pa.string()).take(words.indices))
    remarks = [f"{mended:,} cells have letters that another program spoilt; they were mended: {example}."] if mended else []
    remarks += [f"{lost:,} letters are lost (�). Export it again as UTF-8 to have them."] if lost else []
    return grid, tuple(remarks)


def _whole(spoilt: re.Match[str]) -> str:
    try:
        return bytes(BYTES[sign] for sign in spoilt[0]).decode()
    except UnicodeDecodeError:
        return spoilt[0]
