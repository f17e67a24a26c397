"""Hashing at low priority."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TypeVar

from domain.passwords import PasswordHasher

T = TypeVar("T")


class BackgroundPasswordHasher:
    """Runs another hasher's slow calls on threads of low priority, so that the rest stays quick.

    Linux gives every thread a nice value of its own and does not let it be raised again, which is
    why these threads do nothing else. Elsewhere they run at normal priority.
    """

    def __init__(self, hasher: PasswordHasher, *, threads: int, niceness: int) -> None:
        self._hasher = hasher
        self._threads = threads
        self._niceness = niceness

    def hash(self, password: str) -> str:
        return self._run(partial(self._hasher.hash, password))

    def verify(self, password: str, password_hash: str) -> bool:
        return self._run(partial(self._hasher.verify, password, password_hash))

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.is_outdated(password_hash)

    def knows(self, password_hash: str) -> bool:
        return self._hasher.knows(password_hash)

    def decoy(self) -> str:
        return self._hasher.decoy()

    def _run(self, call: Callable[[], T]) -> T:
        return self._executor.submit(call).result()

    @cached_property
    def _executor(self) -> ThreadPoolExecutor:
        # Made at the first call, so that no thread or lock exists before the server forks. Of two
        # that are made by calls at the same moment, the one that is not kept ends with its call.
        return ThreadPoolExecutor(self._threads, "hash", initializer=self._lower_priority)

    def _lower_priority(self) -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
