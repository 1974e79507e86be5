"""Answers that are kept as long as nothing changes: what was asked once is not worked out again, by whoever asks."""

import copy
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field, is_dataclass
from typing import Any

import pandas as pd

COPIED = (pd.DataFrame, pd.Series, dict, list, set)
"""What an asker may want to change."""


@dataclass
class Kept:
    """An answer, or its promise while somebody works it out."""

    answer: Future[Any] = field(default_factory=Future)
    size: int = 0


class Answers:
    """The answers at one state of the shop; the next state forgets them all.

    Each asker gets a copy, which may be changed; not of what holds several parts, such as a dataclass or a figure: that is only read.
    Where more than `most` bytes are kept, what was asked for longest ago goes.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, state: Hashable, question: Hashable) -> bool:
        """True where the answer is there."""
        kept = self._kept.get(question) if state == self._state else None
        return kept is not None and kept.answer.done()

    def get(self, state: Hashable, question: Hashable, work_out: Callable[[], Any]) -> Any:
        """The answer; who asks for what somebody works out already waits for that."""
        mine = Kept()
        with self._lock:
            if state != self._state:
                self._state, self._kept = state, OrderedDict()
            here = self._kept
            kept = here.setdefault(question, mine)
            here.move_to_end(question)
        if kept is mine:
            self._work_out(here, question, mine, work_out)
        answer = kept.answer.result()
        return copy.copy(answer) if isinstance(answer, COPIED) else answer

    def _work_out(self, here: OrderedDict[Hashable, Kept], question: Hashable, mine: Kept, work_out: Callable[[], Any]) -> None:
        try:
            answer = work_out()
        except BaseException as failure:
            with self._lock:
                here.pop(question, None)
            mine.answer.set_exception(failure)
            return
        mine.size = _size(answer)
        mine.answer.set_result(answer)
        with self._lock:
            while sum(kept.size for kept in here.values()) > self.most and len(here) > 1:
                here.popitem(last=False)


def _size(answer: Any) -> int:
    """Bytes, of a dataclass with its parts; roughly, for nothing hangs on it but when the oldest goes."""
    return sys.getsizeof(answer) + (sum(map(sys.getsizeof, vars(answer).values())) if is_dataclass(answer) else 0)
