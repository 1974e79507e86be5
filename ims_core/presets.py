"""The exports of known systems, known by their headers."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Preset:
    """One export of one system. `columns`: our field -> its columns, the first that is there and not empty is taken."""

    name: str
    kind: str
    knows: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]


@cache
def known() -> tuple[Preset, ...]:
    """All of presets.toml, those that look at more headers first."""
    text = (Path(__file__).parent / "presets.toml").read_text(encoding="utf-8")
    found = [
        Preset(
            system["name"], system["kind"], frozenset(map(_plain, system["knows"])),
            {field: tuple(columns) for field, columns in system["columns"].items()},
        )
        for system in tomllib.loads(text)["system"]
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda preset: -len(preset.knows)))


def find(header: Sequence[str]) -> Preset | None:
    """The system whose headers these are."""
    names = frozenset(map(_plain, header))
    return next((preset for preset in known() if preset.knows <= names), None)


def columns(preset: Preset, samples: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Our field -> the column of this table; one without a value only where no other has one."""
    plain = {_plain(name): name for name in samples}
    found = {}
    for field, wanted in preset.columns.items():
        there = [plain[_plain(name)] for name in wanted if _plain(name) in plain]
        if there:
            found[field] = next((name for name in there if samples[name]), there[0])
    return found


def _plain(name: str) -> str:
    return " ".join(name.lower().split())
