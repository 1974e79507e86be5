"""What programs may ask over HTTP. Starlette only: no screen, no session."""

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ims_core import VERSION
from ims_core.db import Database

LOG = logging.getLogger(__name__)


def routes(shop: Callable[[], Database]) -> list[Route]:
    """Every address under /api; `shop` gives the open database."""

    def health(_: Request) -> JSONResponse:
        """`state` is ok only where the database answers; `changes` counts up with every change."""
        try:
            changes = int(shop().scalar("select count(*) from changes"))
        except Exception:  # whatever it is, this is the place that reports it instead of failing
            LOG.exception("The database does not answer.")
            return JSONResponse({"state": "failed", "version": VERSION}, status_code=503)
        return JSONResponse({"state": "ok", "version": VERSION, "changes": changes})

    return [Route("/api/health", health, methods=["GET"])]
