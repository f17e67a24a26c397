"""argon2id by passlib (the libpass distribution)."""

import base64
import secrets

from passlib.context import CryptContext
from passlib.hash import argon2

SHORTEST_DIGEST = 4
"""Bytes (RFC 9106 section 3.1)."""

MOST_MEMORY = 128 * 1024
"""KiB that verifying a hash may take."""

MOST_WORK = 8 * 2**20
"""KiB times passes: some seconds."""

MOST_PARALLEL = 16
"""Threads."""


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
            # Costs as much as any other, so that time does not tell what is stored.
            self._context.verify(password, self._decoy)
            return False

    def is_outdated(self, password_hash: str) -> bool:
        return bool(self._context.needs_update(password_hash))

    def knows(self, password_hash: str) -> bool:
        try:
            parsed = argon2.from_string(password_hash)
        except (TypeError, ValueError):
            return False
        memory, time = parsed.memory_cost, parsed.rounds
        return (
            len(parsed.checksum or "") >= SHORTEST_DIGEST
            and 8 * parsed.parallelism <= memory <= MOST_MEMORY
            and memory * time <= MOST_WORK
            and parsed.parallelism <= MOST_PARALLEL
        )

    def decoy(self) -> str:
        return self._decoy


def _random_base64(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
