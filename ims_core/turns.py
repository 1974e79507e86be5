"""Who writes next: first come, first served, because a plain lock lets one busy thread starve the others."""

import threading
from collections import deque


class Turns:
    """A lock whose holder may also pass his turn, and what he was doing, straight on to the next in line."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def acquire(self, patience: float) -> bool:
        """Wait for my turn; False where it did not come within `patience` seconds."""
        with self._guard:
            if not self._held:
                self._held = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=patience):
            return True
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        return True  # our turn came in the very moment we gave up

    def pass_on(self) -> bool:
        """Give the turn to whoever waits longest; False, and the turn kept, where nobody waits."""
        with self._guard:
            if not self._waiting:
                return False
            self._waiting.popleft().release()
            return True

    def release(self) -> None:
        """Give the turn to whoever waits longest, or to nobody."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False
