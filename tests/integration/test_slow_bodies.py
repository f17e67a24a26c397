"""A body that does not come ends the wait for it, and the connection."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from falcon.testing import create_scope

from entrypoints.bootstrap import create_app
from entrypoints.http import bodies
from entrypoints.http.app import HttpApp
from tests.integration.calls import MIGUEL, PROBLEM_FIELDS
from tests.integration.conftest import MakeSettings
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
PATIENCE = 60
"""Seconds after which a test gives up, instead of waiting for ever."""

GOOD = json.dumps(MIGUEL).encode()


def chunk(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def sending(*messages: Message) -> Receive:
    """A client that sends these, and then nothing for ever."""
    waiting = list(messages)

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def post(app: HttpApp, receive: Receive, **headers: str) -> tuple[int, dict[bytes, bytes], Any]:
    sent: list[Message] = []

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(dict(message))

    scope = create_scope(
        "/api/users", method="POST", headers={"Content-Type": "application/json", **headers}
    )
    asyncio.run(asyncio.wait_for(app(scope, receive, send), PATIENCE))
    start, *rest = sent
    body = b"".join(message.get("body", b"") for message in rest)
    return start["status"], dict(start["headers"]), json.loads(body)


@pytest.fixture
def app(make_settings: MakeSettings) -> HttpApp:
    return create_app(make_settings())


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [chunk(b"")],
        [chunk(GOOD)],
        [chunk(GOOD[:1]), chunk(GOOD[1:2]), chunk(b""), chunk(GOOD[2:])],
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1000"}])
def test_a_body_that_does_not_end_is_408_and_the_connection_is_closed(
    app: HttpApp,
    monkeypatch: pytest.MonkeyPatch,
    messages: list[Message],
    headers: dict[str, str],
) -> None:
    monkeypatch.setattr(bodies, "MAXIMUM_BODY_SECONDS", 0.01)

    status, answered, problem = post(app, sending(*messages), **headers)

    assert status == 408
    assert problem.keys() == PROBLEM_FIELDS
    assert (problem["code"], problem["title"]) == ("body_too_slow", "Request Timeout")
    assert problem["request_id"] == answered[b"x-request-id"].decode()
    assert answered[b"connection"] == b"close"
    assert answered[b"cache-control"] == b"no-store"


def test_a_body_in_pieces_is_read(app: HttpApp) -> None:
    pieces = [chunk(bytes([byte])) for byte in GOOD]

    status, answered, body = post(app, sending(*pieces, chunk(b"", more=False)))

    assert (status, body) == (201, {"username": "miguel"})
    assert b"connection" not in answered


def test_a_body_that_is_refused_unread_is_not_waited_for(app: HttpApp) -> None:
    status, _, problem = post(app, sending(), **{"Content-Length": str(10**9)})

    assert (status, problem["code"]) == (413, "content_too_large")


def test_who_sends_no_body_yet_is_told_what_is_wrong_with_the_rest(app: HttpApp) -> None:
    status, _, problem = post(app, sending(), **{"Content-Type": "text/plain"})

    assert (status, problem["code"]) == (415, "unsupported_media_type")


def test_ten_seconds_is_what_the_documentation_promises() -> None:
    assert bodies.MAXIMUM_BODY_SECONDS == 10
