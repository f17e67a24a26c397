"""Access tokens as signed JWTs (RFC 7515, 7519 and 9068), with a cache of verified ones."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol

from adapters.jose.signing_keys import ALGORITHM, JoseKeyRing
from domain.clock import Clock
from domain.credentials import InvalidCredentials
from domain.tokens import AccessToken
from domain.users import UserNotFound, user_id_from

TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type (RFC 9068 section 2.1)
HEADER_NAMES = {"typ", "alg", "kid"}
MAXIMUM_TOKEN_SIZE = 4096
"""Characters. One of our tokens has about 700; nothing longer is even parsed."""

LATEST_TIME = 253_402_300_799
"""Seconds: the last second of the year 9999, after which no datetime exists."""


class JoseTokenCodec:
    """Signs and reads access tokens; `cache_size` verified ones are kept until their end."""

    def __init__(self, ring: JoseKeyRing, clock: Clock, *, cache_size: int = 10_000) -> None:
        self._ring = ring
        self._clock = clock
        self._cache_size = cache_size
        self._verified: dict[bytes, tuple[str, AccessToken]] = {}

    def encode(self, token: AccessToken) -> str:
        kid, key = self._ring.signing()
        header = {"typ": TOKEN_TYPE, "alg": ALGORITHM, "kid": kid}
        return jwt.encode(header, _claims_of(token), key, [ALGORITHM])

    def decode(self, text: str) -> AccessToken:
        digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        if known is not None and self._ring.find(known[0]) is None:
            known = None
        found = known or self._verify(text)
        if self._clock.now() >= found[1].expires_at:
            self._verified.pop(digest, None)
            raise InvalidCredentials
        if known is None:
            self._remember(digest, found)
        return found[1]

    def _remember(self, digest: bytes, found: tuple[str, AccessToken]) -> None:
        while len(self._verified) >= self._cache_size:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = found

    def _verify(self, text: str) -> tuple[str, AccessToken]:
        if len(text) > MAXIMUM_TOKEN_SIZE:
            raise InvalidCredentials
        try:
            signed = jwt.decode(text, self._key_for, [ALGORITHM])
            return signed.header["kid"], _token_from(signed.claims)
        except (JoseError, UserNotFound, LookupError, TypeError, ValueError, RecursionError):
            raise InvalidCredentials from None

    def _key_for(self, signed: GuestProtocol) -> ECKey:
        header = signed.headers()
        key = self._ring.find(header.get("kid"))
        if key is None or header.keys() != HEADER_NAMES or header["typ"] != TOKEN_TYPE:
            raise InvalidCredentials
        return key


def _claims_of(token: AccessToken) -> dict[str, str | int]:
    claims: dict[str, str | int] = {
        "iss": token.issuer,
        # A client that acts for itself is its own subject (RFC 9068 section 2.2).
        "sub": token.client_id if token.user_id is None else str(token.user_id),
        "aud": token.audience,
        "exp": int(token.expires_at.timestamp()),
        "iat": int(token.issued_at.timestamp()),
        "jti": token.token_id,
        "sid": token.session_id,
        "client_id": token.client_id,
        "scope": token.scope,
        "auth_time": int(token.authenticated_at.timestamp()),
    }
    if token.username is not None:
        claims["preferred_username"] = token.username
    return claims


def _token_from(claims: Mapping[str, object]) -> AccessToken:
    is_clients = "preferred_username" not in claims
    if is_clients and claims["sub"] != claims["client_id"]:
        raise InvalidCredentials
    return AccessToken(
        issuer=_text(claims["iss"]),
        audience=_text(claims["aud"]),
        user_id=None if is_clients else user_id_from(_text(claims["sub"])),
        username=None if is_clients else _text(claims["preferred_username"]),
        client_id=_text(claims["client_id"]),
        scope=_text(claims["scope"]),
        token_id=_text(claims["jti"]),
        session_id=_text(claims["sid"]),
        issued_at=_time(claims["iat"]),
        expires_at=_time(claims["exp"]),
        authenticated_at=_time(claims["auth_time"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidCredentials
    return value


def _time(value: object) -> datetime:
    if type(value) is not int or not 0 <= value <= LATEST_TIME:
        raise InvalidCredentials
    return datetime.fromtimestamp(value, UTC)
