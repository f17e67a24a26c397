"""Pseudonyms by HMAC."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256


class HmacPseudonyms:
    """HMAC-SHA256 of a name, as 43 characters of base64url."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, name: str) -> str:
        digest = hmac.digest(self._key, name.encode("utf-8", "surrogatepass"), sha256)
        return urlsafe_b64encode(digest).decode().rstrip("=")
