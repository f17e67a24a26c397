"""Who is calling: access tokens, and the principal that credentials prove."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from domain.clock import CLOCK_LEEWAY, Clock
from domain.credentials import (
    Credentials,
    InvalidCredentials,
    PasswordCheck,
    PasswordCredentials,
    TokenCredentials,
)
from domain.origins import Origin
from domain.revocations import RevokedSessions

CLIENT_ID = "varvel"
SCOPE = "account"
ADMIN_SCOPE = "account admin"
"""What a token allows (RFC 6749 section 3.3), and an admin's."""

MAXIMUM_TOKEN_LIFETIME = timedelta(days=1)
"""No token that lives longer is accepted, so no setting may ask for one."""


@dataclass(frozen=True, slots=True)
class PasswordPrincipal:
    """A user who has just proved the password. `password_hash` is what it was verified against."""

    user_id: int
    username: str
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenPrincipal:
    """A user who acts in a session, since when that has lasted, and what it allows."""

    user_id: int
    username: str
    session_id: str
    authenticated_at: datetime
    scope: str = SCOPE


Principal = PasswordPrincipal | TokenPrincipal


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What an access token says (RFC 9068 section 2.2). Times are whole seconds in UTC."""

    issuer: str
    audience: str
    user_id: int
    username: str
    client_id: str
    scope: str
    token_id: str
    session_id: str
    issued_at: datetime
    expires_at: datetime
    authenticated_at: datetime


class TokenCodec(Protocol):
    """Signs tokens, and reads tokens that carry a valid signature."""

    def encode(self, token: AccessToken) -> str:
        """The token in compact form, signed with the present key. Raises SigningKeysNotLoaded."""

    def decode(self, text: str) -> AccessToken:
        """What the token says.

        Raises InvalidCredentials unless it is well formed, of the access token's type, signed with
        the expected algorithm by a key of ours, and not past its end, and SigningKeysNotLoaded
        when that cannot be judged yet. Does no I/O.
        """


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """What tokens say when they are made, and must say to be accepted."""

    issuer: str
    lifetime: timedelta = timedelta(minutes=10)

    def accepts(self, token: AccessToken, *, now: datetime) -> bool:
        """Whether a correctly signed token opens this API at this moment (RFC 9068 section 4)."""
        return (
            token.issuer == self.issuer
            and token.audience == self.issuer
            and token.client_id == CLIENT_ID
            and token.scope in (SCOPE, ADMIN_SCOPE)
            and now < token.expires_at
            and token.issued_at < token.expires_at
            and token.issued_at <= now + CLOCK_LEEWAY
            and token.authenticated_at <= token.issued_at + CLOCK_LEEWAY
            and token.expires_at - token.issued_at <= MAXIMUM_TOKEN_LIFETIME
        )


@dataclass(frozen=True, slots=True)
class AuthenticateRequest:
    """Finds out whom credentials prove. A token costs no I/O; a password costs a hash."""

    passwords: PasswordCheck
    policy: TokenPolicy
    tokens: TokenCodec
    revoked: RevokedSessions
    clock: Clock

    def __call__(self, *, credentials: Credentials, origin: Origin) -> Principal:
        """The principal.

        Raises InvalidCredentials whatever the reason, TooManyFailures where a password is not even
        looked at, and RevocationsUnknown where a token cannot be judged.
        """
        if isinstance(credentials, TokenCredentials):
            return self._by_token(credentials.token)
        user = self.passwords.user_with(
            username=credentials.username, password=credentials.password, origin=origin
        )
        return PasswordPrincipal(user.id, user.name, user.password_hash)

    def classify(self, username: str, password: str) -> Credentials:
        """What a pair from HTTP Basic means: whatever looks like a token is never a name."""
        if self.passwords.usernames.means_token(username):
            return TokenCredentials(username)
        return PasswordCredentials(username, password)

    def _by_token(self, text: str) -> TokenPrincipal:
        token = self.tokens.decode(text)
        now = self.clock.now()
        if not self.policy.accepts(token, now=now):
            raise InvalidCredentials
        if self.revoked.holds(token.session_id, now=now):
            raise InvalidCredentials
        return TokenPrincipal(
            token.user_id, token.username, token.session_id, token.authenticated_at, token.scope
        )
