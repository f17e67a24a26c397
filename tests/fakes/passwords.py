"""Quick hashes that count what is spent on them, and a small stand-in for PRECIS."""

import unicodedata
from collections.abc import Collection
from hashlib import sha256
from itertools import count
from threading import Lock

COMMON_PASSWORDS: Collection[str] = frozenset(
    {"password", "123456789qwerty", "123456789987654321", "1qaz2wsx3edc4rfv"}
)


class FakePasswordProfile:
    """Composed characters, and one kind of space; refuses controls and what is unassigned."""

    def enforce(self, password: str) -> str | None:
        spaced = "".join(" " if _is_space(character) else character for character in password)
        prepared = unicodedata.normalize("NFC", spaced)
        if not prepared or any(unicodedata.category(each)[0] == "C" for each in prepared):
            return None
        return prepared


class FakePasswordHasher:
    """`hashes` and `verifications` count the calls that would cost a real hash.

    What is of no known form costs none.
    """

    def __init__(self, parameters: str = "now") -> None:
        self._parameters = parameters
        self._salts = count(1)
        self._lock = Lock()
        self.hashes = 0
        self.verifications = 0

    def hash(self, password: str) -> str:
        with self._lock:
            self.hashes += 1
            salt = next(self._salts)
        return self._hash(password, self._parameters, str(salt))

    def verify(self, password: str, password_hash: str) -> bool:
        match password_hash.split("$"):
            case ["", "fake", parameters, salt, _]:
                with self._lock:
                    self.verifications += 1
                return password_hash == self._hash(password, parameters, salt)
        return False

    def is_outdated(self, password_hash: str) -> bool:
        return password_hash.split("$")[2] != self._parameters

    def knows(self, password_hash: str) -> bool:
        match password_hash.split("$"):
            case ["", "fake", _, _, digest]:
                return len(digest) == 64
        return False

    def decoy(self) -> str:
        return f"$fake${self._parameters}$0$no digest"

    def _hash(self, password: str, parameters: str, salt: str) -> str:
        # Joined, since a real hasher takes nothing but text either.
        salted = "$".join((parameters, salt, password))
        digest = sha256(salted.encode("utf-8", "surrogatepass"))
        return f"$fake${parameters}${salt}${digest.hexdigest()}"


def _is_space(character: str) -> bool:
    return unicodedata.category(character) == "Zs"
