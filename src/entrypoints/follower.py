"""The thread on which a process follows what the others do."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Thread

from domain.errors import DomainError

LAST_CALL = 5.0
"""Seconds."""

_log = logging.getLogger("varvel")


class Follower:
    """Calls `follow` every `interval` seconds, on a thread of its own, until it is stopped.

    A lane would not do: a call that has to wait there for others' work comes too late.
    """

    def __init__(self, follow: Callable[[], None], *, interval: float) -> None:
        self._follow = follow
        self._interval = interval
        self._thread: Thread | None = None
        self._stopping: Event | None = None
        self._fault: type[Exception] | None = None

    def start(self) -> Future[None]:
        """Starts the thread; the future is done after the first call, whatever came of it.

        Raises RuntimeError while the thread of an earlier start is told to go on: nobody could
        stop that one any more.
        """
        if self._stopping is not None and not self._stopping.is_set():
            raise RuntimeError("This follower is started already; stop it first.")
        tried: Future[None] = Future()
        self._stopping = Event()
        # A daemon, so that a database that never answers cannot keep the process from its end.
        self._thread = Thread(
            target=self._run, args=(self._stopping, tried), name="follower", daemon=True
        )
        self._thread.start()
        return tried

    def stop(self) -> None:
        """Lets the call under way end, unless that takes longer than LAST_CALL."""
        if self._stopping is not None and self._thread is not None:
            self._stopping.set()
            self._thread.join(LAST_CALL)

    def _run(self, stopping: Event, tried: Future[None]) -> None:
        self._try()
        tried.set_result(None)
        while not stopping.wait(self._interval):
            self._try()

    def _try(self) -> None:
        try:
            self._follow()
        except Exception as error:  # whatever it is, the next try may succeed
            if type(error) is not self._fault:
                self._fault = type(error)
                is_known = isinstance(error, DomainError)
                _log.error(
                    "signing keys and revocations cannot be read: %s", error, exc_info=not is_known
                )
            return
        if self._fault is not None:
            self._fault = None
            _log.info("signing keys and revocations are read again")
