"""What every request gets: an id, a look at its headers, and one line in the log."""

import logging
import os
import re
import secrets
from time import perf_counter

from falcon.asgi import Request, Response

from entrypoints.http.problems import Problem
from entrypoints.http.proxies import Proxies

_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""What is told of a method; any other can hold anything."""

ID_BYTES = 16
_AT_ONCE = 256
"""How many ids are drawn from the system at once."""

_log = logging.getLogger("varvel.requests")


def request_id(req: Request) -> str:
    """The id under which the log knows this request: 128 random bits, or a trusted proxy's."""
    known: str | None = getattr(req.context, "request_id", None)
    if known is None:
        known = req.context.request_id = _new_id()
    return known


_ready: list[str] = []
os.register_at_fork(after_in_child=_ready.clear)


def _new_id() -> str:
    # Many at a time, since asking the system each time was a twentieth of a token check.
    if not _ready:
        drawn = secrets.token_bytes(_AT_ONCE * ID_BYTES)
        _ready.extend(drawn[n : n + ID_BYTES].hex() for n in range(0, len(drawn), ID_BYTES))
    return _ready.pop()


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
        if _log.isEnabledFor(logging.INFO):
            _log.info("request", extra=self._fields(req, resp))

    def _fields(self, req: Request, resp: Response) -> dict[str, object]:
        context = req.context
        started = getattr(context, "started", None)
        # The route, never the path: a path, like a method nobody knows, can hold anything.
        fields: dict[str, object] = {
            "request_id": request_id(req),
            "client": self._proxies.client(req),
            "method": req.method if req.method in METHODS else "-",
            "route": req.uri_template or "-",
            "status": resp.status_code,
            "ms": round((perf_counter() - started) * 1000, 2) if started else 0,
        }
        user_id, session_id = who(context)
        code = getattr(context, "error_code", None)
        trace_id = getattr(context, "trace_id", None)
        known = {"user_id": user_id, "session_id": session_id, "code": code, "trace_id": trace_id}
        return fields | {name: value for name, value in known.items() if value is not None}


def who(context: object) -> tuple[int | None, str | None]:
    """The ids of the user whose the request was, and of the session, once that was proved."""
    # Whoever logged in or renewed a session is known by that one.
    if (session := getattr(context, "session", None)) is not None:
        return session.user_id, session.id
    principal = getattr(context, "principal", None)
    return getattr(principal, "user_id", None), getattr(principal, "session_id", None)
