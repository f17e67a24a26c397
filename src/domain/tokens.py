"""Who is calling: access tokens, and the principal that credentials prove."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from domain.clock import CLOCK_LEEWAY, Clock
from domain.credentials import (
    Credentials,
    InvalidCredentials,
    PasswordCheck,
    PasswordCredentials,
    TokenCredentials,
)
from domain.errors import DomainError, ErrorKind
from domain.origins import Origin
from domain.revocations import RevokedSessions

CLIENT_ID = "varvel"
BROWSER = "varvel-browser"
"""The client of browsers' sessions, which opens no API: their refresh token is a cookie."""

OWN_CLIENTS = frozenset({CLIENT_ID, BROWSER})
"""Varvel's own, which nobody registers and nobody removes."""

SCOPE = "account"
ADMIN_SCOPE = "account admin"
"""What a token allows (RFC 6749 section 3.3), and an admin's."""

OWN_SCOPES = frozenset({SCOPE, ADMIN_SCOPE})
RESERVED_SCOPES = frozenset(ADMIN_SCOPE.split())
"""What only a log-in gives, and no application is granted."""

PROFILE_SCOPE = "profile"
"""What a user can let another application see here: their own account."""

MAXIMUM_TOKEN_LIFETIME = timedelta(days=1)
"""No token that lives longer is accepted, so no setting may ask for one."""


class InsufficientScope(DomainError):
    """The token is good, and does not allow this; one of `scope` would (RFC 6750 section 3.1)."""

    code = "insufficient_scope"
    kind = ErrorKind.FORBIDDEN
    detail = "This token was given to another application, which may not do this; log in here."
    scope: ClassVar[str] = SCOPE


class ProfileScopeRequired(InsufficientScope):
    """The application may not see whom it acts for."""

    detail = "This application was not given the scope profile; it may ask the user for it."
    scope = PROFILE_SCOPE


def scope_words(scope: str) -> tuple[str, ...]:
    """What a scope is made of, each once (RFC 6749 section 3.3: spaces, and no others, divide)."""
    return tuple(dict.fromkeys(word for word in scope.split(" ") if word))


@dataclass(frozen=True, slots=True)
class PasswordPrincipal:
    """A user who has just proved the password. `password_hash` is what it was verified against."""

    user_id: int
    username: str
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenPrincipal:
    """A user who acts in a session, when they proved who they are, and what it allows."""

    user_id: int
    username: str
    session_id: str
    authenticated_at: datetime
    scope: str = SCOPE


Principal = PasswordPrincipal | TokenPrincipal


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What an access token says (RFC 9068 section 2.2). Times are whole seconds in UTC.

    A token in which a client acts for itself has no user.
    """

    issuer: str
    audience: str
    user_id: int | None
    username: str | None
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
            self.holds(token, now=now)
            and token.audience == self.issuer
            and (
                token.scope in OWN_SCOPES
                if token.client_id == CLIENT_ID
                else RESERVED_SCOPES.isdisjoint(token.scope.split())
            )
        )

    def holds(self, token: AccessToken, *, now: datetime) -> bool:
        """Whether a correctly signed token is one of this server's and good at this moment."""
        return (
            token.issuer == self.issuer
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
        if not self.policy.accepts(token, now=now) or token.user_id is None:
            raise InvalidCredentials
        if self.revoked.holds(token.session_id, now=now):
            raise InvalidCredentials
        return TokenPrincipal(
            token.user_id,
            token.username or "",
            token.session_id,
            token.authenticated_at,
            token.scope,
        )
