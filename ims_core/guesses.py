"""What an unknown code may be: a slip in a known one, or another packing of it. Guesses, never joined by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

MOST = 4


@dataclass(frozen=True)
class Guess:
    """An item that an unknown code may belong to, and why."""

    item_id: int
    name: str
    why: str


def close(code: str, known: Mapping[str, tuple[int, float]], names: Mapping[int, tuple[str, str, str]]) -> tuple[Guess, ...]:
    """Items whose barcode is the same goods in another packing, or differs by one digit or two that changed places; at most four."""
    found: dict[int, str] = {}
    for other, (item_id, _) in known.items():
        why = _why(code, other)
        if why and item_id in names:
            found.setdefault(item_id, f"{why} {other}")
    packed_first = sorted(found.items(), key=lambda each: not each[1].startswith("a packing"))
    return tuple(Guess(item_id, names[item_id][1], why) for item_id, why in packed_first[:MOST])


def _why(code: str, other: str) -> str | None:
    """What speaks for it.

    >>> _why("14006381333938", "4006381333931"), _why("4006381333913", "4006381333931"), _why("96385074", "4006381333931")
    ('a packing of', 'nearly', None)
    """
    if len(code) < 6 or not (code.isdigit() and other.isdigit()):
        return None
    if max(len(code), len(other)) == 14 and code.zfill(14)[1:13] == other.zfill(14)[1:13]:
        return "a packing of"
    return "nearly" if len(code) == len(other) and _slip(code, other) else None


def _slip(code: str, other: str) -> bool:
    differ = [at for at in range(len(code)) if code[at] != other[at]]
    if len(differ) == 2 and differ[1] - differ[0] == 1:
        return code[differ[0]] == other[differ[1]] and code[differ[1]] == other[differ[0]]
    return len(differ) == 1
