"""How long somebody who typed wrong passwords must wait. Kept in memory: a restart forgets, and takes longer than the wait."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

FREE = {"both": 5, "address": 20, "name": 20}
"""Failures that cost nothing: of this name from this address, of any name from it, of this name from anywhere."""
LONGEST = {"both": 900.0, "address": 900.0, "name": 60.0}
"""Seconds. Shorter for the name alone: else anybody could keep its owner out by typing nonsense."""
FORGET = 3600.0
MOST = 10_000

Key = tuple[str, str]


@dataclass
class Failures:
    """Counts failures and says until when the next try waits; each one over the free ones doubles the wait."""

    _found: dict[Key, tuple[int, float]] = field(default_factory=dict)
    """Key -> failures so far, and when the last one was."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def knock(self, name: str, address: str, now: float) -> float:
        """Seconds to wait before this name may be tried from this address; where 0, the try counts as failed until `succeeded`.

        Counted before the password is looked at: a hundred tries sent at once are a hundred tries.
        """
        with self._lock:
            wait = max(self._left(key, now) for key in _keys(name, address))
            if not wait:
                for key in _keys(name, address):
                    times, last = self._found.pop(key, (0, now))
                    self._found[key] = (times + 1 if now - last < FORGET else 1, now)
            while len(self._found) > MOST:  # the oldest goes first
                self._found.pop(next(iter(self._found)))
            return wait

    def succeeded(self, name: str, address: str) -> None:
        """It was right: this name from this address starts anew; else only this try is taken off, or an own account would hide guessing."""
        with self._lock:
            self._found.pop(_keys(name, address)[0], None)
            for key in _keys(name, address)[1:]:
                times, last = self._found.get(key, (0, 0.0))
                if times:
                    self._found[key] = (times - 1, last)

    def _left(self, key: Key, now: float) -> float:
        times, last = self._found.get(key, (0, now))
        over = times - FREE[key[0]]
        return max(0.0, last + min(2.0 ** min(over, 20), LONGEST[key[0]]) - now) if over >= 0 else 0.0


def _keys(name: str, address: str) -> Sequence[Key]:
    name = " ".join(name.casefold().split())[:80]
    return ("both", f"{name}\n{address}"), ("address", address), ("name", name)
