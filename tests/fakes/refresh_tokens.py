"""Refresh tokens that say what they are, with a keyed digest behind it."""

from collections.abc import Sequence
from hashlib import sha256


class FakeRefreshTokens:
    """The first of the keys makes them; all of them read."""

    def __init__(self, keys: Sequence[str] = ("present secret",)) -> None:
        self._keys = keys

    def encode(self, session_id: str, counter: int) -> str:
        return _made(self._keys[0], session_id, counter)

    def decode(self, text: str) -> tuple[str, int] | None:
        match text.split("|"):
            case ["refresh", session_id, counter, _] if counter.isascii() and counter.isdecimal():
                presented = session_id, int(counter)
                # Compared as a whole, so that no other spelling of the same passes.
                if any(text == _made(key, *presented) for key in self._keys):
                    return presented
        return None


def _made(key: str, session_id: str, counter: int) -> str:
    said = f"refresh|{session_id}|{counter}"
    digest = sha256(f"{key}|{said}".encode("utf-8", "surrogatepass"))
    return f"{said}|{digest.hexdigest()}"
