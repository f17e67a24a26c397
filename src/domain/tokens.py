"""Who is calling: credentials, access tokens, and the principal that they prove."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.clock import Clock
from domain.errors import DomainError, ErrorKind, FieldError
from domain.identifiers import Identifiers
from domain.passwords import PasswordHasher, PasswordPolicy
from domain.unit_of_work import UnitOfWork
from domain.users import User, UsernameRules, UserRepository

CLIENT_ID = "varvel"
SCOPE = "account"

MAXIMUM_TOKEN_LIFETIME = timedelta(days=1)
"""No token that lives longer is accepted, so no setting may ask for one."""

CLOCK_LEEWAY = timedelta(seconds=60)
"""How far the clock of the machine that issued a token may run ahead of this one's."""


@dataclass(frozen=True, slots=True)
class PasswordCredentials:
    """A user name and a password, as sent."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class TokenCredentials:
    """A token, as sent."""

    token: str


Credentials = PasswordCredentials | TokenCredentials


@dataclass(frozen=True, slots=True)
class Principal:
    """The user a request acts for, and since when they are known to be it.

    `session_id` is None as long as no token was issued for this log-in.
    """

    user_id: int
    username: str
    session_id: str | None
    authenticated_at: datetime


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


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as handed out. `duration` is in seconds, from its issue on."""

    token: str
    duration: int


class CredentialsRequired(DomainError):
    """The request carries no credentials, and needs some."""

    code = "credentials_required"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "Send HTTP Basic credentials: a user name and password, or a token as the user name."


class InvalidCredentials(DomainError):
    """The credentials prove nobody. One answer for every reason, so that it tells nobody which."""

    code = "invalid_credentials"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "The user name and password do not match, or the token is not valid any more."


class TokenCodec(Protocol):
    """Signs tokens, and reads tokens that carry a valid signature."""

    def encode(self, token: AccessToken) -> str:
        """The token in compact form, signed with the present key. Raises SigningKeysNotLoaded."""
        ...

    def decode(self, text: str) -> AccessToken:
        """What the token says.

        Raises InvalidCredentials unless it is well formed, of the access token's type, signed with
        the expected algorithm by a key of ours, and not past its end, and SigningKeysNotLoaded
        when that cannot be judged yet. Does no I/O.
        """
        ...


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """What tokens say when they are made, and must say to be accepted.

    `lifetime` is that of one token; renewal ends `session_lifetime` after the log-in.
    """

    issuer: str
    lifetime: timedelta = timedelta(minutes=10)
    session_lifetime: timedelta = timedelta(days=30)

    def new(self, principal: Principal, *, now: datetime, identifiers: Identifiers) -> AccessToken:
        """A token for this principal. Raises InvalidCredentials when its session is over."""
        issued_at = now.replace(microsecond=0)
        session_end = principal.authenticated_at + self.session_lifetime
        if issued_at >= session_end:
            raise InvalidCredentials
        return AccessToken(
            issuer=self.issuer,
            audience=self.issuer,
            user_id=principal.user_id,
            username=principal.username,
            client_id=CLIENT_ID,
            scope=SCOPE,
            token_id=identifiers.new(),
            session_id=principal.session_id or identifiers.new(),
            issued_at=issued_at,
            expires_at=min(issued_at + self.lifetime, session_end),
            authenticated_at=principal.authenticated_at,
        )

    def accepts(self, token: AccessToken, *, now: datetime) -> bool:
        """Whether a correctly signed token opens this API at this moment (RFC 9068 section 4)."""
        return (
            token.issuer == self.issuer
            and token.audience == self.issuer
            and token.client_id == CLIENT_ID
            and token.scope == SCOPE
            and now < token.expires_at
            and token.issued_at < token.expires_at
            and token.issued_at <= now + CLOCK_LEEWAY
            and token.authenticated_at <= token.issued_at + CLOCK_LEEWAY
            and token.expires_at - token.issued_at <= MAXIMUM_TOKEN_LIFETIME
        )


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Hands a token to somebody who has proved who they are, by password or by a live token."""

    policy: TokenPolicy
    tokens: TokenCodec
    clock: Clock
    identifiers: Identifiers

    def __call__(self, *, principal: Principal) -> IssuedToken:
        """A new token; one that renews another keeps its session and its time of log-in.

        Raises InvalidCredentials when the session has reached its end. Does no I/O.
        """
        token = self.policy.new(principal, now=self.clock.now(), identifiers=self.identifiers)
        duration = token.expires_at - token.issued_at
        return IssuedToken(self.tokens.encode(token), int(duration.total_seconds()))


@dataclass(frozen=True, slots=True)
class AuthenticateRequest:
    """Finds out whom credentials prove. A token costs no I/O; a password costs a hash."""

    usernames: UsernameRules
    passwords: PasswordPolicy
    hasher: PasswordHasher
    users: UserRepository
    unit_of_work: UnitOfWork
    policy: TokenPolicy
    tokens: TokenCodec
    clock: Clock

    def __call__(self, *, credentials: Credentials) -> Principal:
        """The principal. Raises InvalidCredentials whatever the reason."""
        if isinstance(credentials, TokenCredentials):
            return self._by_token(credentials.token)
        return self._by_password(credentials.username, credentials.password)

    def classify(self, username: str, password: str) -> Credentials:
        """What a pair from HTTP Basic means: whatever looks like a token is never a name."""
        if self.usernames.means_token(username):
            return TokenCredentials(username)
        return PasswordCredentials(username, password)

    def _by_token(self, text: str) -> Principal:
        token = self.tokens.decode(text)
        if not self.policy.accepts(token, now=self.clock.now()):
            raise InvalidCredentials
        return Principal(token.user_id, token.username, token.session_id, token.authenticated_at)

    def _by_password(self, username: str, password: str) -> Principal:
        canonical_name = self.usernames.canonical(username)
        prepared = self.passwords.prepare(password)
        user = None
        if not isinstance(canonical_name, FieldError):
            user = self.users.find_by_name(canonical_name)
        # The hash is spent on every path, so that time does not tell which names exist.
        matches = self.hasher.verify(
            "" if isinstance(prepared, FieldError) else prepared,
            user.password_hash if user else self.hasher.decoy(),
        )
        if not matches or user is None or isinstance(prepared, FieldError):
            raise InvalidCredentials
        self._bring_up_to_date(user, prepared)
        return Principal(user.id, user.name, None, self.clock.now().replace(microsecond=0))

    def _bring_up_to_date(self, user: User, prepared: str) -> None:
        if not self.hasher.is_outdated(user.password_hash):
            return
        new_hash = self.hasher.hash(prepared)
        with self.unit_of_work():
            self.users.replace_password_hash(user.id, old=user.password_hash, new=new_hash)
