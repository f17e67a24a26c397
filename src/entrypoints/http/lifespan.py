"""What a process does from its start to its end, beside its requests."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.errors import DomainError
from entrypoints.follower import Follower
from entrypoints.http.lanes import Lane
from entrypoints.http.problems import Problem

_log = logging.getLogger("varvel")


@dataclass(frozen=True, slots=True)
class Chore:
    """A use case that is called again and again.

    `fault` says what follows when it fails; `news`, if it is set, goes before what it returns.
    """

    call: Callable[[], object]
    interval: timedelta
    fault: str
    news: str | None = None


class Lifespan:
    """What happens in each process after the server has forked it, and before it ends.

    The chores are done in `lane`; that and all `others` are closed in the end.
    """

    def __init__(
        self,
        follower: Follower,
        chores: Sequence[Chore],
        lane: Lane,
        others: Sequence[Lane],
        on_close: Callable[[], None],
    ) -> None:
        self._follower = follower
        self._chores = chores
        self._lane = lane
        self._lanes = (lane, *others)
        self._on_close = on_close
        self._tasks: list[asyncio.Task[None]] = []

    async def process_startup(self, _scope: object, _event: object) -> None:
        """Reads keys and revocations; while the database does not answer, goes on trying.

        A process that gave up instead would end the whole server, and the token checks of the
        processes that know theirs with it.
        """
        await asyncio.wrap_future(self._follower.start())
        self._tasks = [asyncio.create_task(self._repeat(chore)) for chore in self._chores]

    async def process_shutdown(self, _scope: object, _event: object) -> None:
        """Lets the work under way end, then closes what is open."""
        for task in self._tasks:
            task.cancel()
        for lane in self._lanes:
            lane.close()
        self._follower.stop()
        self._on_close()

    async def _repeat(self, chore: Chore) -> None:
        fault: type[Exception] | None = None
        while True:
            await asyncio.sleep(chore.interval.total_seconds())
            try:
                outcome = await self._lane.run(chore.call)
                if outcome is not None and chore.news is not None:
                    _log.info("%s: %s", chore.news, outcome)
                fault = None
            except Exception as error:  # another process, or the next turn, does it
                if type(error) is not fault:
                    is_known = isinstance(error, (DomainError, Problem))
                    _log.error("%s: %s", chore.fault, error, exc_info=not is_known)
                fault = type(error)
