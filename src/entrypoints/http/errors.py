"""Every error as problem details (RFC 9457), in one place."""

import logging
from collections.abc import Sequence

import falcon
from falcon.asgi import Request, Response, WebSocket

from domain.errors import DomainError, ErrorKind, FieldError
from domain.roles import MAXIMUM_AUTHENTICATION_AGE, RecentLogInRequired
from domain.tokens import InsufficientScope
from entrypoints.http.json import MAXIMUM_BODY
from entrypoints.http.operations import Resource
from entrypoints.http.problems import Problem
from entrypoints.http.requests import request_id

STATUS = {
    ErrorKind.INVALID: 400,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.THROTTLED: 429,
    ErrorKind.UNAVAILABLE: 503,
}

BEARER = 'Bearer realm="Authentication Required"'
CHALLENGE = f'Basic realm="Authentication Required", charset="UTF-8", {BEARER}'

BAD_TOKEN = ', error="invalid_token"'  # noqa: S105 - a challenge's parameter
"""Follows the challenge where a token was sent, and only there (RFC 6750 section 3.1)."""

_AGE = int(MAXIMUM_AUTHENTICATION_AGE.total_seconds())

_PROTOCOL_ERRORS = {
    404: ("not_found", "Nothing is at this address; GET /help lists every address."),
    405: ("method_not_allowed", "Use one of the methods in the Allow header."),
    413: ("content_too_large", f"The body is larger than {MAXIMUM_BODY} bytes; send less."),
}
_OTHERWISE = ("bad_request", "The request cannot be read; check its method and its headers.")

_ANY = Resource()
"""For what is refused before it is known what it is about."""

_log = logging.getLogger("varvel")


async def answer_domain_error(
    req: Request, resp: Response, error: DomainError, _params: object
) -> None:
    """A use case's refusal, under the status of its kind."""
    if error.retry_after is not None:
        resp.set_header("Retry-After", str(error.retry_after))
    if error.kind is ErrorKind.UNAVAILABLE:
        reason = getattr(error, "reason", "-")
        said = {"request_id": request_id(req), "code": error.code, "reason": reason}
        _log.warning("request cannot be served", extra=said)
    _answer(req, resp, STATUS[error.kind], error.code, error.detail, fields=error.fields)
    if (asked := _better_token(error)) is not None:
        resp.set_header("WWW-Authenticate", f'{BEARER}, error="{error.code}", {asked}')


def _better_token(error: DomainError) -> str | None:
    """Which token is asked for instead (RFC 6750 section 3.1, RFC 9470 section 3)."""
    match error:
        case InsufficientScope():
            return f'scope="{error.scope}"'
        case RecentLogInRequired():
            return f"max_age={_AGE}"
        case _:
            return None


async def answer_problem(req: Request, resp: Response, error: Problem, _params: object) -> None:
    """A refusal of ours that concerns HTTP alone."""
    resp.set_headers(dict(error.headers))
    _answer(req, resp, error.status, error.code, error.detail)


async def answer_http_error(
    req: Request,
    resp: Response,
    error: falcon.HTTPError,
    _params: object,
    ws: WebSocket | None = None,
) -> None:
    """A refusal of Falcon's; its own words may repeat the request, so ours are used."""
    if ws is not None:
        # Falcon's own codes for a handshake that is refused: 3000 and the status.
        await ws.close(3000 + error.status_code)
        return
    resp.set_headers(error.headers or {})
    if error.status_code == 413:
        # What was not read would be taken for the next request, so the server closes.
        resp.set_header("Connection", "close")
    code, detail = _PROTOCOL_ERRORS.get(error.status_code, _OTHERWISE)
    _answer(req, resp, error.status_code, code, detail)


async def answer_unexpected(
    req: Request, resp: Response, error: Exception, _params: object
) -> None:
    """A fault of this program: logged whole, told to nobody."""
    _log.error("request failed", extra={"request_id": request_id(req)}, exc_info=error)
    detail = "This server made a mistake; give its operator the request_id below."
    _answer(req, resp, 500, "internal_error", detail)


def _answer(
    req: Request,
    resp: Response,
    status: int,
    code: str,
    detail: str,
    *,
    fields: Sequence[FieldError] = (),
) -> None:
    req.context.error_code = code
    resp.status = status
    if status == 401:
        is_token = getattr(req.context, "sent_token", False)
        resp.set_header("WWW-Authenticate", CHALLENGE + (BAD_TOKEN if is_token else ""))
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": falcon.code_to_http_status(status).partition(" ")[2],
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id(req),
    }
    if fields:
        problem["errors"] = [
            {"field": fault.field, "code": fault.code, "detail": fault.detail} for fault in fields
        ]
    resource = getattr(req.context, "resource", _ANY)
    resource.show_problem(resp, problem)
