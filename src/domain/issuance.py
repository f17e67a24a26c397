"""How tokens are had: by a log-in, by a token that still lives, by a refresh token."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.credentials import InvalidCredentials
from domain.errors import DomainError, ErrorKind
from domain.identifiers import Identifiers
from domain.origins import Origin
from domain.revocations import Revocation, RevokedSessions
from domain.sessions import Device, Session, SessionPolicy, SessionRepository, require_live
from domain.tokens import (
    ADMIN_SCOPE,
    CLIENT_ID,
    SCOPE,
    AccessToken,
    PasswordPrincipal,
    Principal,
    TokenCodec,
    TokenPolicy,
    TokenPrincipal,
)
from domain.unit_of_work import UnitOfWork
from domain.users import ADMIN, User, UserRepository, subject_of


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """Tokens as handed out. Durations are in seconds, from now on."""

    session: Session
    token: str
    duration: int
    refresh_token: str | None
    refresh_duration: int


class InvalidRefreshToken(DomainError):
    """The refresh token is none of ours, or its session is over."""

    code = "invalid_refresh_token"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "This refresh token is not valid any more; log in again."


class RefreshTokenReused(DomainError):
    """The refresh token was replaced long ago: two hold it, and nobody knows who is the thief."""

    code = "refresh_token_reused"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "This refresh token was used before, so its session was ended; log in again."


class RefreshTokenCodec(Protocol):
    """Derives refresh tokens from a session and its counter, so that none has to be stored."""

    def encode(self, session_id: str, counter: int) -> str:
        """The refresh token; always the same one."""

    def decode(self, text: str) -> tuple[str, int] | None:
        """The session and the counter of a token that was made here; None for any other text."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes the tokens of a session."""

    policy: TokenPolicy
    tokens: TokenCodec
    refresh_tokens: RefreshTokenCodec

    def expiry(self, session: Session, *, at: datetime) -> datetime:
        """When an access token ends that is issued in the session at this moment."""
        return min(at.replace(microsecond=0) + self.policy.lifetime, session.absolute_end)

    def token(self, session: Session, user: User, *, at: datetime, token_id: str) -> AccessToken:
        """An access token issued in the session at this moment, which knows of it already."""
        return AccessToken(
            issuer=self.policy.issuer,
            audience=session.audience,
            user_id=user.id,
            username=user.name,
            client_id=session.client_id,
            scope=session.scope,
            token_id=token_id,
            session_id=session.id,
            issued_at=at.replace(microsecond=0),
            # No token outlives what its session's revocation would say.
            expires_at=min(self.expiry(session, at=at), session.tokens_end),
            authenticated_at=session.created_at.replace(microsecond=0),
        )

    def rotation(self, session: Session, user: User) -> AccessToken:
        """The access token that belongs to the session's present refresh token: always the same."""
        token_id = f"{session.id}.{session.counter}"
        return self.token(session, user, at=session.rotated_at, token_id=token_id)

    def issued(self, session: Session, token: AccessToken, *, now: datetime) -> IssuedTokens:
        """The tokens in the form in which they are handed out."""
        second = now.replace(microsecond=0)
        refresh_token = None
        if session.counter:
            refresh_token = self.refresh_tokens.encode(session.id, session.counter)
        return IssuedTokens(
            session=session,
            token=self.tokens.encode(token),
            duration=max(0, int((token.expires_at - second).total_seconds())),
            refresh_token=refresh_token,
            refresh_duration=int((session.idle_end - second).total_seconds()),
        )


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Hands tokens to somebody who has proved who they are, by password or by a live token."""

    issuer: Issuer
    users: UserRepository
    sessions: SessionRepository
    policy: SessionPolicy
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    identifiers: Identifiers
    unit_of_work: UnitOfWork

    def __call__(
        self, *, principal: Principal, origin: Origin, refreshable: bool = False
    ) -> IssuedTokens:
        """Tokens of a new session; or of the principal's own, if they came by a token.

        A new one has a refresh token if it is `refreshable`. Raises InvalidCredentials when the
        user is not there or disabled, the password not the present one, or the session over.
        """
        if isinstance(principal, TokenPrincipal):
            return self._go_on(principal)
        return self._start(principal, origin, refreshable)

    def _start(
        self, principal: PasswordPrincipal, origin: Origin, refreshable: bool
    ) -> IssuedTokens:
        with self.unit_of_work():
            user = _locked(self.users, principal.user_id)
            # Later than all that had the user before, so that the oldest is never this one.
            now = self.clock.now()
            if user.password_hash != principal.password_hash:
                raise InvalidCredentials
            session = self._new(user, origin, now, refreshable)
            self.sessions.add(session)
            issued = self._issued(session, user, now)
            surplus = self.sessions.end(
                user.id, at=now, but=session.id, beyond=self.policy.maximum_live - 1
            )
            self.audit.record(
                Event.LOGGED_IN,
                origin=origin,
                subject=subject_of(user.id),
                session_id=session.id,
                detail=f"surplus={len(surplus)}" if surplus else None,
            )
        self.revoked.add(surplus)
        return issued

    def _new(self, user: User, origin: Origin, now: datetime, refreshable: bool) -> Session:
        session = Session(
            id=self.identifiers.new(),
            user_id=user.id,
            client_id=CLIENT_ID,
            parent_id=None,
            scope=ADMIN_SCOPE if user.role == ADMIN else SCOPE,
            audience=self.issuer.policy.issuer,
            counter=1 if refreshable else 0,
            created_at=now,
            rotated_at=now,
            used_at=now,
            device=Device(origin.user_agent, origin.address),
            tokens_end=now,
            idle_end=now,
            absolute_end=now.replace(microsecond=0) + self.policy.lifetime,
        )
        return self._renewed(session, now)

    def _go_on(self, principal: TokenPrincipal) -> IssuedTokens:
        with self.unit_of_work():
            user = _locked(self.users, principal.user_id)
            now = self.clock.now()
            session = self._renewed(require_live(self.sessions, principal, now), now)
            if not self.sessions.renew(session, counter=session.counter):
                raise InvalidCredentials
            return self._issued(session, user, now)

    def _renewed(self, session: Session, now: datetime) -> Session:
        expiry = self.issuer.expiry(session, at=now)
        return self.policy.renewed(session, now=now, tokens_end=expiry)

    def _issued(self, session: Session, user: User, now: datetime) -> IssuedTokens:
        # Inside the unit of work: a session whose tokens cannot be signed yet must not stay.
        token = self.issuer.token(session, user, at=now, token_id=self.identifiers.new())
        return self.issuer.issued(session, token, now=now)


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Replaces a refresh token, whoever's it is (RFC 9700 section 4.14.2)."""

    issuer: Issuer
    users: UserRepository
    sessions: SessionRepository
    policy: SessionPolicy
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(
        self, *, refresh_token: str, origin: Origin, client_id: str = CLIENT_ID
    ) -> IssuedTokens:
        """A new pair of tokens; the same pair again for a token replaced within the grace.

        Raises InvalidRefreshToken, and RefreshTokenReused after ending the session.
        """
        presented = self.issuer.refresh_tokens.decode(refresh_token)
        if presented is None:
            raise InvalidRefreshToken
        session_id, counter = presented
        issued: IssuedTokens | None = None
        ended: Sequence[Revocation] = ()
        with self.unit_of_work():
            user, session = self._locked(session_id, client_id)
            now = self.clock.now()
            if not session.is_live(now):
                raise InvalidRefreshToken
            if session.counter == counter:
                session = self._rotated(session, now)
                issued = self._issued(session, user, now)
            elif session.counter == counter + 1 and not self._is_over(session, now):
                issued = self._issued(session, user, now)
            else:
                ended = self.sessions.end(user.id, at=now, only=session.id)
                self.audit.record(
                    Event.REFRESH_TOKEN_REUSED,
                    origin=origin,
                    subject=subject_of(user.id),
                    session_id=session.id,
                )
        self.revoked.add(ended)
        if issued is None:
            raise RefreshTokenReused
        return issued

    def _issued(self, session: Session, user: User, now: datetime) -> IssuedTokens:
        return self.issuer.issued(session, self.issuer.rotation(session, user), now=now)

    def _locked(self, session_id: str, client_id: str) -> tuple[User, Session]:
        session = self.sessions.find(session_id)
        if session is None or session.user_id is None or session.client_id != client_id:
            raise InvalidRefreshToken
        user = self.users.lock(session.user_id)
        # Looked at again, since whoever had the user until now may have changed it.
        session = self.sessions.find(session_id)
        if user is None or user.disabled_at is not None or session is None:
            raise InvalidRefreshToken
        return user, session

    def _rotated(self, session: Session, now: datetime) -> Session:
        rotated = replace(session, counter=session.counter + 1, rotated_at=now)
        expiry = self.issuer.expiry(rotated, at=now)
        rotated = self.policy.renewed(rotated, now=now, tokens_end=expiry)
        if not self.sessions.renew(rotated, counter=session.counter):
            raise InvalidRefreshToken
        return rotated

    def _is_over(self, session: Session, now: datetime) -> bool:
        # By a clock that is set back, a rotation lies ahead.
        return abs(now - session.rotated_at) > self.policy.grace


def _locked(users: UserRepository, user_id: int) -> User:
    user = users.lock(user_id)
    if user is None or user.disabled_at is not None:
        raise InvalidCredentials
    return user
