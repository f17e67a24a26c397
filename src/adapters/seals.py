"""Seals by HMAC."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256


class HmacSeals:
    """HMAC-SHA256 of a content, as 43 characters of base64url.

    The first of the keys makes them; the others only know again what they made before.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = keys

    def seal(self, content: str) -> str:
        return _tag(self._keys[0], content)

    def fits(self, content: str, seal: str) -> bool:
        return any(
            hmac.compare_digest(_tag(key, content).encode(), seal.encode()) for key in self._keys
        )


def _tag(key: bytes, content: str) -> str:
    digest = hmac.digest(key, content.encode(), sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
