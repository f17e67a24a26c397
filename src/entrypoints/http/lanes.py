"""Lanes: bounded places for work that would block the event loop."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from threading import Lock
from typing import Any, TypeVar

from entrypoints.http.problems import Problem

T = TypeVar("T")

MAXIMUM_SECONDS = 5.0
"""How long a client waits for a lane before it is told to try again."""


class Lane:
    """`threads` calls run at once and `queue` more wait; whoever comes then is turned away.

    Turning away at once is what keeps answers quick under a flood: a queue without an end only
    moves the wait to everybody. Of the queue, one holder has half at most.
    """

    def __init__(self, name: str, *, threads: int, queue: int) -> None:
        self.name = name
        self._threads = threads
        self._capacity = threads + queue
        self._share = threads + queue // 2
        self._taken = 0
        self._held: Counter[str] = Counter()
        self.on_refusal: Callable[[str], object] | None = None
        """Called with the code of each refusal."""
        self.watch: Callable[[Callable[[], Any]], Callable[[], Any]] | None = None
        """Given each call as it is asked for; what it makes of it is run instead."""

    @property
    def busy(self) -> int:
        """How many calls run."""
        return min(self._taken, self._threads)

    @property
    def queued(self) -> int:
        """How many calls wait."""
        return max(0, self._taken - self._threads)

    async def run(
        self, call: Callable[..., T], *, holder: str | None = None, **arguments: object
    ) -> T:
        """What the call returns or raises, run on a thread of this lane.

        Raises Problem 503 with Retry-After when every place is taken, or every one that this holder
        may have, or when there is no result within MAXIMUM_SECONDS; a call that has not begun by
        then never does.
        """
        if not self._take(holder):
            raise self._unavailable("overloaded", "Too many requests of this kind are waiting")
        try:
            work = partial(call, **arguments)
            future = self._executor.submit(work if self.watch is None else self.watch(work))
        except RuntimeError:
            self._give_back(holder)
            raise
        # Given back when the thread is done with it, even if the client has long gone.
        future.add_done_callback(lambda _: self._give_back(holder))
        try:
            async with asyncio.timeout(MAXIMUM_SECONDS):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise self._unavailable("timed_out", "This takes too long at the moment") from None

    def close(self) -> None:
        """Waits for the calls under way; the next call opens the lane again."""
        if "_executor" in self.__dict__:
            self._executor.shutdown(wait=True)
            del self._executor

    def _take(self, holder: str | None) -> bool:
        with self._lock:
            if self._taken >= self._capacity:
                return False
            if holder is not None:
                if self._held[holder] >= self._share:
                    return False
                self._held[holder] += 1
            self._taken += 1
            return True

    def _give_back(self, holder: str | None) -> None:
        with self._lock:
            self._taken -= 1
            if holder is not None:
                self._held[holder] -= 1
                if not self._held[holder]:
                    del self._held[holder]

    def _unavailable(self, code: str, reason: str) -> Problem:
        if self.on_refusal is not None:
            self.on_refusal(code)
        detail = f"{reason}; try again in a moment."
        return Problem(503, code, detail, headers={"Retry-After": "1"})

    # Both are made at their first use, so that no thread or lock exists before the server forks.

    @cached_property
    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, self.name)

    @cached_property
    def _lock(self) -> Lock:
        return Lock()
