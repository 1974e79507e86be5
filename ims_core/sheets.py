"""Workbooks to tables of text, in a process beside ours: a file that breaks the reader ends that process, never the app."""

import atexit
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

import pyarrow as pa

from ims_core.errors import Unreadable
from ims_core.settings import ROOT

MOST_MEMORY = 3_000_000_000
"""Bytes the reader may take; a sheet of a million lines takes an eighth of it."""
MOST_SECONDS = 60.0
LARGE = 50_000_000
"""After this many bytes the reader starts afresh, to give its memory back."""


@dataclass(frozen=True)
class Sheet:
    """All cells of a sheet from its first row and column on, as text; a text file is one sheet without a name.

    `typed`: numbers and dates were kept as such, not written as somebody liked.
    """

    name: str | None
    cells: pa.Table
    typed: bool = False
    shown: bool = True


_turn = threading.Lock()
_readers: list[subprocess.Popen[bytes]] = []
"""The one reader, once a workbook has come; it waits for the next, and ends with us."""


def read(name: str, content: bytes) -> list[Sheet]:
    """Each sheet with cells. Raises Unreadable with a sentence."""
    with _turn:
        answer = _answer(content)
    if not answer:
        raise Unreadable(
            f"{name} takes more memory or time than a workbook may. Most likely something stands far below or beside its table: "
            f"delete the empty rows and columns around the table, save it, and drop it again."
        )
    if answer.startswith(b"-"):
        raise Unreadable(_why(name, answer[1:].decode(errors="replace")))
    return list(_sheets(answer[1:]))


def _why(name: str, failure: str) -> str:
    """The reader's complaint in words that help; its own are for whoever wrote it."""
    if "detect file format" in failure:
        return f"{name} is damaged, or no workbook whatever its name says. Export it again where it comes from, and drop it anew."
    return (
        f"{name} cannot be read as a workbook: it is damaged or protected by a password. Open it, save it again as .xlsx, and drop it anew."
    )


def _answer(content: bytes) -> bytes:
    """What the reader says; nothing where it died of the file or took too long."""
    reader = _reader()
    patience = threading.Timer(MOST_SECONDS, reader.kill)
    patience.start()
    try:
        _put(reader.stdin, content)
        answer = _take(reader.stdout)
    except OSError:
        answer = b""
    finally:
        patience.cancel()
    if not answer or len(content) + len(answer) > LARGE:
        _stop()
    return answer


def _reader() -> subprocess.Popen[bytes]:
    if not _readers or _readers[0].poll() is not None:
        _stop()
        command = [sys.executable, "-m", "ims_core.sheets"]
        _readers.append(
            subprocess.Popen(  # noqa: S603 our own module, files come by pipe
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
            )
        )
    return _readers[0]


@atexit.register
def _stop() -> None:
    while _readers:
        reader = _readers.pop()
        reader.kill()
        with suppress(BrokenPipeError), reader:  # what it had not taken of the file yet has nowhere to go
            pass


def _sheets(streams: bytes) -> Iterator[Sheet]:
    source = pa.BufferReader(streams)
    while source.tell() < source.size():
        sheet = pa.ipc.open_stream(source)
        told = sheet.schema.metadata
        yield Sheet(
            told[b"sheet"].decode(), pa.Table.from_batches([sheet.read_next_batch()]), typed=True, shown=told[b"shown"] == b"visible"
        )
        sheet.read_all()  # to the end mark, behind which the next sheet begins


def _put(pipe: IO[bytes] | None, message: bytes) -> None:
    if pipe is None:
        raise OSError("The reader has no way in.")
    pipe.write(len(message).to_bytes(8, "big"))
    pipe.write(message)
    pipe.flush()


def _take(pipe: IO[bytes] | None) -> bytes:
    """The next message; empty where the other side is gone."""
    length = int.from_bytes(pipe.read(8), "big") if pipe else 0
    message = pipe.read(length) if pipe else b""
    return message if len(message) == length else b""


# -- in the reader


def _serve() -> None:
    """Answer workbook after workbook until nobody asks any more."""
    _limit_memory()
    while content := _take(sys.stdin.buffer):
        try:
            answer = b"+" + _streams(content)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as failure:  # a panic of the Rust reader is no Exception
            answer = b"-" + (str(failure) or type(failure).__name__).encode()
        _put(sys.stdout.buffer, answer)


def _streams(content: bytes) -> bytes:
    """An Arrow stream for each sheet, one after the other."""
    import fastexcel

    book, sink = fastexcel.read_excel(content), pa.BufferOutputStream()
    for name in book.sheet_names:
        loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        if loaded.width and loaded.height:
            rows = loaded.to_arrow().replace_schema_metadata({"sheet": name, "shown": loaded.visible})
            with pa.ipc.new_stream(sink, rows.schema) as stream:
                stream.write_batch(rows)
    streams: bytes = sink.getvalue().to_pybytes()
    return streams


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    _serve()
