"""What every request gets: an id, a look at its headers, and one line in the log."""

import logging
import re
import secrets
from time import perf_counter

from falcon.asgi import Request, Response

from entrypoints.http.problems import Problem
from entrypoints.http.proxies import Proxies

_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

_log = logging.getLogger("varvel.requests")


def request_id(req: Request) -> str:
    """The id under which the log knows this request: 128 random bits, or a trusted proxy's."""
    known: str | None = getattr(req.context, "request_id", None)
    if known is None:
        known = req.context.request_id = secrets.token_hex(16)
    return known


class Requests:
    """Checks the headers that concern every route, and logs every request."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies

    async def process_request(self, req: Request, _resp: Response) -> None:
        """Starts the clock. Raises Problem 400 for headers that can be read in two ways."""
        req.context.started = perf_counter()
        if (told := self._proxies.request_id(req)) is not None:
            req.context.request_id = told
        if not _HOST.fullmatch(req.get_header("Host") or ""):
            raise Problem(400, "invalid_host", "Send one Host header that names this server.")
        # Repeated headers arrive here joined by commas, and no credentials of ours hold one.
        if "," in (req.auth or ""):
            raise Problem(
                400, "repeated_authorization", "Send one Authorization header: Basic or Bearer."
            )

    async def process_response(
        self, req: Request, resp: Response, _resource: object, _succeeded: bool
    ) -> None:
        """Names the request in the answer, forbids storing it, and writes the line."""
        resp.set_header("X-Request-ID", request_id(req))
        if resp.get_header("Cache-Control") is None:
            resp.set_header("Cache-Control", "no-store")
        started = getattr(req.context, "started", None)
        # The route, never the path: a path, like a method nobody knows, can hold anything.
        _log.info(
            "request id=%s client=%s method=%s route=%s status=%s ms=%.2f",
            request_id(req),
            self._proxies.client(req),
            req.method if req.method in _METHODS else "-",
            req.uri_template or "-",
            resp.status_code,
            (perf_counter() - started) * 1000 if started else 0,
        )
