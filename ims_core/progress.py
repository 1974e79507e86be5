"""Long work that says, every second, that it goes on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
Progress = Callable[[float, str], None]
"""Told the fraction done, 0..1, and a sentence on what is done now."""
Note = Callable[[str], None]
"""Told, from within the work, which step it is at."""


def quiet(fraction: float, sentence: str) -> None:
    """For work that nobody watches."""


def meanwhile(tell: Progress, part: tuple[float, float], says: str, work: Callable[[Note], T]) -> T:
    """Do the work in a thread beside, and tell each second how it is going, within its part of the bar.

    How long it takes is not known before: the bar comes nearer to the end of its part, and the words count the seconds.
    """
    steps, begun = [""], monotonic()
    with ThreadPoolExecutor(1) as beside:
        doing = beside.submit(work, steps.append)
        while True:
            seconds = monotonic() - begun
            step = f": {steps[-1]}" if steps[-1] else ""
            lasts = f" ({seconds:.0f} s)" if seconds >= 2 else ""
            tell(part[0] + (part[1] - part[0]) * seconds / (seconds + 8), f"{says}{step}{lasts}")
            if wait([doing], timeout=1).done:
                return doing.result()
