"""A client whose application goes on between requests."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from falcon.testing import ASGIConductor, Result, TestClient

from entrypoints.http.app import HttpApp


class StandingClient(TestClient):
    """Starts its application at the first request, and keeps it until it is stopped.

    Falcon's own client starts and stops the application at each request, and with it the threads
    and the connections to the database: that takes many times as long as an answer.
    """

    def __init__(self, app: HttpApp, runner: asyncio.Runner, thread: ThreadPoolExecutor) -> None:
        super().__init__(app)
        self._runner = runner
        self._thread = thread
        self._running: ASGIConductor | None = None

    def simulate_request(self, *args: Any, **kwargs: Any) -> Result:
        """One request."""
        answer = self._run(self._ask(*args, **kwargs))
        assert isinstance(answer, Result)
        return answer

    def stop(self) -> None:
        """Ends the application and its connections; the next request starts it again."""
        self._run(self._stop())

    # The loop has a thread to itself, so that a test can ask while it runs a loop of its own.
    def _run(self, asked: Any) -> object:
        return self._thread.submit(self._runner.run, asked).result()

    async def _ask(self, *args: Any, **kwargs: Any) -> object:
        if self._running is None:
            self._running = await ASGIConductor(self.app).__aenter__()
        return await self._running.simulate_request(*args, **kwargs)

    async def _stop(self) -> None:
        if self._running is not None:
            await self._running.__aexit__(None, None, None)
            self._running = None


@contextmanager
def standing(app: HttpApp) -> Iterator[StandingClient]:
    """A client of this application, which ends with the block at the latest."""
    with ThreadPoolExecutor(1, "standing client") as thread:
        runner = asyncio.Runner()
        client = StandingClient(app, runner, thread)
        try:
            yield client
        finally:
            client.stop()
            thread.submit(runner.close).result()
