"""Hashes of older schemes, verified in a process of their own.

Some of these schemes are pure Python, and in a thread would hold up everything else in the process.
"""

import json
import subprocess
import sys

from adapters.passwords import schemes
from domain.passwords import HashingUnavailable, PasswordHasher

TIME_LIMIT = 30
"""Seconds."""

MATCHES, DIFFERS = 0, 3
"""Exit codes of the process."""


class OlderSchemes:
    """Another hasher, which also knows hashes of older schemes again, and finds them outdated."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, password: str, password_hash: str) -> bool:
        if not schemes.knows(password_hash):
            # Nothing in this process or another one is spent on what is too costly.
            return self._hasher.verify(password, password_hash)
        # On standard input, since others may read the arguments of a process.
        question = json.dumps([password, password_hash]).encode()
        try:
            answer = subprocess.run(  # noqa: S603 - this program itself
                [sys.executable, "-I", "-c", f"from {__name__} import answer; answer()"],
                input=question,
                capture_output=True,
                timeout=TIME_LIMIT,
                check=False,
                env={},
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HashingUnavailable from error
        if answer not in (MATCHES, DIFFERS):
            raise HashingUnavailable
        return answer == MATCHES

    def is_outdated(self, password_hash: str) -> bool:
        return schemes.knows(password_hash) or self._hasher.is_outdated(password_hash)

    def knows(self, password_hash: str) -> bool:
        return schemes.knows(password_hash) or self._hasher.knows(password_hash)

    def decoy(self) -> str:
        return self._hasher.decoy()


def answer() -> None:
    """What the process of its own does: it takes the question and ends with the answer."""
    sys.exit(MATCHES if schemes.verify(*json.load(sys.stdin)) else DIFFERS)
