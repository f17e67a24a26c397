"""Refresh tokens that are derived, not stored."""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "varvel_rt_"
"""Lets whoever scans repositories and logs for secrets know one."""

_FORM = re.compile(
    rf"{PREFIX}(?P<session_id>[A-Za-z0-9_-]{{1,64}})\.(?P<counter>[1-9][0-9]{{0,8}})"
    r"\.(?P<tag>[A-Za-z0-9_-]{43})",
    re.ASCII,
)


class HmacRefreshTokens:
    """Session, counter and an HMAC-SHA256 of both.

    The first of the keys makes them; the others only know again what they made before.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = keys

    def encode(self, session_id: str, counter: int) -> str:
        named = f"{PREFIX}{session_id}.{counter}"
        return f"{named}.{_tag(self._keys[0], named)}"

    def decode(self, text: str) -> tuple[str, int] | None:
        match = _FORM.fullmatch(text)
        if match is None:
            return None
        named = text.rpartition(".")[0]
        if not any(hmac.compare_digest(_tag(key, named), match["tag"]) for key in self._keys):
            return None
        return match["session_id"], int(match["counter"])


def _tag(key: bytes, named: str) -> str:
    return urlsafe_b64encode(hmac.digest(key, named.encode(), sha256)).decode().rstrip("=")
