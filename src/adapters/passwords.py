"""Password hashes by passlib (the libpass distribution): argon2id."""

import base64
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TypeVar

from passlib.context import CryptContext

from domain.passwords import PasswordHasher

T = TypeVar("T")


class Argon2PasswordHasher:
    """argon2id hashes in PHC string form. `memory` is in KiB, `time` in passes (RFC 9106)."""

    def __init__(self, *, memory: int, time: int) -> None:
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=memory,
            argon2__time_cost=time,
            argon2__parallelism=1,
        )
        salt, digest = _random_base64(16), _random_base64(32)
        self._decoy = f"$argon2id$v=19$m={memory},t={time},p=1${salt}${digest}"

    def hash(self, password: str) -> str:
        hashed: str = self._context.hash(password)
        return hashed

    def verify(self, password: str, password_hash: str) -> bool:
        try:
            return bool(self._context.verify(password, password_hash))
        except (TypeError, ValueError):
            return False

    def is_outdated(self, password_hash: str) -> bool:
        return bool(self._context.needs_update(password_hash))

    def decoy(self) -> str:
        return self._decoy


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


def _random_base64(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
