"""What a check of a token that was seen before may cost: nothing that waits, and few calls.

Counted, not timed, so that it comes out the same on every machine and beside every load.
"""

import logging
import sys
from collections import Counter
from collections.abc import Mapping
from types import FrameType
from typing import Any

import pytest
from falcon import App
from falcon.asgi import App as AsgiApp
from falcon.asgi import Request, Response
from falcon.testing import TestClient, create_scope

from tests.integration.calls import basic, token
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""No database is asked: that is what is shown."""

MOST = 5.4
"""Times the calls that bare Falcon makes for the same request; there is room for a dozen more."""

WAITING = frozenset(
    {"_asyncio", "_io", "_queue", "_socket", "_sqlite3", "_thread", "asyncio", "concurrent", "io"}
    | {"os", "pathlib", "posix", "psycopg", "psycopg_binary", "queue", "select", "selectors"}
    | {"socket", "sqlalchemy", "sqlite3", "ssl", "subprocess", "threading"}
)
"""Modules that do I/O, begin or lock threads, or wait for either."""

RANDOM = "posix.urandom"
"""The system is asked for the request's id; that is no I/O, and does not block."""


class _Hello:
    async def on_get(self, _req: Request, resp: Response) -> None:
        resp.data = b'{"data": "Hello, miguel!"}\n'


def bare_falcon() -> App[Any, Any]:
    """What there is to compare with: Falcon, which answers the same without a look."""
    app = AsgiApp()
    app.add_route("/api/resource", _Hello())
    return app


class Asked:
    """A request for the protected resource, answered before anybody else had a turn."""

    def __init__(self, app: Any, headers: Mapping[str, str]) -> None:
        self.calls: Counter[str] = Counter()
        self.sent: list[Mapping[str, Any]] = []
        # By hand and without an event loop, on which whatever waits would give up its turn.
        coroutine = app(create_scope(path="/api/resource", headers=headers), _receive, self._send)
        sys.setprofile(self._note)
        try:
            coroutine.send(None)
        except StopIteration:
            self.waited = False
        else:
            self.waited = True
        finally:
            sys.setprofile(None)
            coroutine.close()

    async def _send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    def _note(self, frame: FrameType, event: str, function: Any) -> None:
        if event == "call":
            self.calls[f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"] += 1
        elif event == "c_call":
            owner = getattr(function, "__self__", None)
            module = function.__module__ or type(owner).__module__
            self.calls[f"{module}.{function.__name__}"] += 1

    @property
    def number(self) -> int:
        return sum(self.calls.values())


async def _receive() -> Mapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


@pytest.fixture
def asked(living: TestClient, caplog: pytest.LogCaptureFixture) -> Asked:
    """A token check, after one that has put the token into the cache."""
    # The line in the log is written where somebody wants it, and is no part of the check.
    caplog.set_level(logging.WARNING, "varvel.requests")
    headers = {"Host": "localhost", **basic(token(living), "x")}
    Asked(living.app, headers)
    return Asked(living.app, headers)


def test_a_token_check_waits_for_nothing(asked: Asked) -> None:
    assert not asked.waited, "Whatever waits may wait for long: look into memory only."
    assert asked.sent[0]["status"] == 200


def test_a_token_check_does_no_io_and_asks_no_thread(asked: Asked) -> None:
    waiting = {name for name in asked.calls if name.partition(".")[0] in WAITING}

    assert waiting <= {RANDOM}, (
        "Token checks run on the event loop, for everybody: look into memory only."
    )
    assert not [name for name in asked.calls if name.endswith(".sleep")]


def test_a_token_check_makes_few_more_calls_than_bare_falcon(asked: Asked) -> None:
    falcon = bare_falcon()
    headers = {"Host": "localhost", **basic("x" * 640, "x")}
    # Its router is made at the first request.
    _, bare = Asked(falcon, headers), Asked(falcon, headers)
    assert bare.sent[1:] == asked.sent[1:]

    times = asked.number / bare.number
    most = "\n".join(f"{count:4} {name}" for name, count in asked.calls.most_common())
    assert times <= MOST, f"{asked.number} calls, {times:.2f} times as many:\n{most}"
