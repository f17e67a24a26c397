"""A client whose application goes on between requests."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from falcon.testing import ASGIConductor, Result, TestClient

from domain.clock import Clock
from domain.errors import DomainError
from entrypoints.bootstrap import build
from entrypoints.http.app import HttpApp, create_http_app
from entrypoints.settings import Settings


class StandingClient(TestClient):
    """Starts its application at the first request, and keeps it until it is stopped.

    Falcon's own client starts and stops the application at each request, and with it the threads
    and the connections to the database: that takes many times as long as an answer. `catch_up` is
    called before each request, so that none depends on when the application last did so itself.
    """

    def __init__(
        self,
        app: HttpApp,
        catch_up: Callable[[], None],
        runner: asyncio.Runner,
        thread: ThreadPoolExecutor,
    ) -> None:
        super().__init__(app)
        self._catch_up = catch_up
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
        with suppress(DomainError):
            self._catch_up()
        return await self._running.simulate_request(*args, **kwargs)

    async def _stop(self) -> None:
        if self._running is not None:
            await self._running.__aexit__(None, None, None)
            self._running = None


@contextmanager
def standing(settings: Settings, clock: Clock) -> Iterator[StandingClient]:
    """A client of the application with these settings, which ends with the block at the latest."""
    services, database = build(settings, clock=clock)
    app = create_http_app(services, settings, on_close=database.dispose)
    with ThreadPoolExecutor(1, "standing client") as thread:
        runner = asyncio.Runner()
        client = StandingClient(app, services.follow_revocations, runner, thread)
        try:
            yield client
        finally:
            client.stop()
            thread.submit(runner.close).result()
