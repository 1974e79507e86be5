"""The environment, read in one place. Everything a shop sets on a screen is a fact and lives in `policy`."""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CERTIFICATE = ROOT / "data" / "cert" / "cert.pem"
"""What `make cert` makes; the network is then served over https."""
SCANNER = ROOT / "static" / "zxing"
"""What `make camera` installs: zxing for browsers, which read a camera's pictures with it."""
CORES = os.cpu_count() or 2


@dataclass(frozen=True)
class Settings:
    """Where things are and how much of the machine we may take."""

    database: Path
    backups: Path
    memory: str
    threads: int
    max_file_mb: int
    address: str | None
    """Where to listen; None: only on this machine."""


def load() -> Settings:
    """Read IMS_DATABASE, IMS_BACKUPS, IMS_MEMORY, IMS_THREADS, IMS_MAX_FILE_MB and IMS_ADDRESS, or their defaults."""
    database = _path(os.environ.get("IMS_DATABASE", str(ROOT / "data" / "shop.duckdb")))
    return Settings(
        database=database,
        backups=_path(os.environ.get("IMS_BACKUPS", str(database.parent / "backups"))),
        memory=os.environ.get("IMS_MEMORY", "2GB"),
        threads=int(os.environ.get("IMS_THREADS", "0")) or CORES,
        max_file_mb=int(os.environ.get("IMS_MAX_FILE_MB", "200")),
        address=os.environ.get("IMS_ADDRESS") or None,
    )


def ice_servers() -> list[dict[str, Any]]:
    """IMS_ICE_SERVERS: a JSON list of STUN and TURN servers for a camera's stream; empty, because in one house none is needed."""
    found: list[dict[str, Any]] = json.loads(os.environ.get("IMS_ICE_SERVERS") or "[]")
    return found


@cache
def _path(text: str) -> Path:
    """Kept, because screens ask many times a run and each look at the disk costs."""
    return Path(text).expanduser().resolve()
