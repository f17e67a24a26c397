"""An application that is started once, and not, as by Falcon's client, for each request."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from falcon import App
from falcon.testing import ASGIConductor, Result, TestClient

DEADLINE = 60
"""Seconds. Nothing here takes a fraction of it, unless something is wrong."""


class _LongLivedClient(TestClient):
    def __init__(self, app: App[Any, Any], runner: asyncio.Runner) -> None:
        super().__init__(app)
        self._runner = runner
        self._lifetime = ASGIConductor(app)

    def simulate_request(self, *arguments: Any, **options: Any) -> Result:
        answer: Result = self._runner.run(self._lifetime.simulate_request(*arguments, **options))
        return answer

    def start(self) -> None:
        self._runner.run(self._lifetime.__aenter__())

    def stop(self) -> None:
        self._runner.run(self._lifetime.__aexit__(None, None, None))


@contextmanager
def long_lived(app: App[Any, Any]) -> Iterator[TestClient]:
    """A client of this application, which follows the feed on its thread until the end."""
    with asyncio.Runner() as runner:
        client = _LongLivedClient(app, runner)
        client.start()
        try:
            yield client
        finally:
            client.stop()


def first_answer(ask: Callable[[], Result], *, status: int, until_then: tuple[int, ...]) -> Result:
    """The first answer with this status; before it, no others come than `until_then`."""
    deadline = monotonic() + DEADLINE
    while (answer := ask()).status_code != status:
        assert answer.status_code in until_then, answer.text
        assert monotonic() < deadline, answer.text
    return answer
