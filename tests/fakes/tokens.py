"""Tokens in the shape of the real ones, signed with a keyed digest."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256

from domain.clock import Clock
from domain.credentials import InvalidCredentials
from domain.tokens import AccessToken
from tests.fakes.signing_keys import FakeKeyRing

TIMES = ("issued_at", "expires_at", "authenticated_at")


class FakeTokenCodec:
    """`decoded` counts the tokens it was asked to read."""

    def __init__(self, ring: FakeKeyRing, clock: Clock) -> None:
        self._ring = ring
        self._clock = clock
        self.decoded = 0

    def encode(self, token: AccessToken) -> str:
        kid, key = self._ring.signing()
        claims = asdict(token)
        for name in TIMES:
            claims[name] = int(claims[name].timestamp())
        signed = f"{_pack({'kid': kid})}.{_pack(claims)}"
        return f"{signed}.{_signature(signed, key)}"

    def decode(self, text: str) -> AccessToken:
        self.decoded += 1
        header, _, rest = text.partition(".")
        payload, _, signature = rest.partition(".")
        try:
            key = self._ring.find(_unpack(header)["kid"])
            if key is None or signature != _signature(f"{header}.{payload}", key):
                raise InvalidCredentials
            token = _token_from(_unpack(payload))
        except (LookupError, TypeError, ValueError, RecursionError):
            raise InvalidCredentials from None
        if self._clock.now() >= token.expires_at:
            raise InvalidCredentials
        return token


def _token_from(claims: dict[str, object]) -> AccessToken:
    times = {name: datetime.fromtimestamp(int(str(claims[name])), UTC) for name in TIMES}
    return AccessToken(**(claims | times))  # type: ignore[arg-type]


def _pack(values: dict[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _unpack(text: str) -> dict[str, object]:
    # The digest is over the text itself, so that a lenient decoder lets no other spelling through.
    values: dict[str, object] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return values


def _signature(signed: str, key: bytes) -> str:
    return urlsafe_b64encode(sha256(key + signed.encode()).digest()).decode().rstrip("=")
