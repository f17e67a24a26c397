"""How tokens are had: by a log-in, and by a token that still lives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.credentials import InvalidCredentials
from domain.identifiers import Identifiers
from domain.origins import Origin
from domain.revocations import Revocation, RevokedSessions
from domain.secrets import digest_of
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
    """Tokens as handed out. Durations are in seconds, from now on.

    `scope` is the access token's, which can be less than the session's.
    """

    session: Session
    token: str
    scope: str
    duration: int
    refresh_token: str | None
    refresh_duration: int


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

    def token(
        self, session: Session, user: User | None, *, at: datetime, token_id: str
    ) -> AccessToken:
        """An access token issued in the session at this moment, which knows of it already."""
        authenticated_at = session.authenticated_at or session.created_at
        return AccessToken(
            issuer=self.policy.issuer,
            audience=session.audience,
            user_id=user.id if user else None,
            username=user.name if user else None,
            client_id=session.client_id,
            scope=session.scope,
            token_id=token_id,
            session_id=session.id,
            issued_at=at.replace(microsecond=0),
            # No token outlives what its session's revocation would say.
            expires_at=min(self.expiry(session, at=at), session.tokens_end),
            authenticated_at=authenticated_at.replace(microsecond=0),
        )

    def rotation(self, session: Session, user: User, *, scope: str | None = None) -> AccessToken:
        """The access token that belongs to the session's present refresh token: always the same.

        One with less than the session's scope has an id of its own, by which it is told apart.
        """
        token_id = f"{session.id}.{session.counter}"
        if scope is not None and scope != session.scope:
            token_id = f"{token_id}.{digest_of(scope)[:16]}"
            session = replace(session, scope=scope)
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
            scope=token.scope,
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
        self,
        *,
        principal: Principal,
        origin: Origin,
        refreshable: bool = False,
        client_id: str = CLIENT_ID,
    ) -> IssuedTokens:
        """Tokens of a new session; or of the principal's own, if they came by a token.

        A new one has a refresh token if it is `refreshable`. Raises InvalidCredentials when the
        user is not there or disabled, the password not the present one, or the session over.
        """
        if isinstance(principal, TokenPrincipal):
            return self._go_on(principal)
        return self._start(principal, origin, refreshable, client_id)

    def _start(
        self, principal: PasswordPrincipal, origin: Origin, refreshable: bool, client_id: str
    ) -> IssuedTokens:
        with self.unit_of_work():
            user = _locked(self.users, principal.user_id)
            # Later than all that had the user before, so that the oldest is never this one.
            now = self.clock.now()
            if user.password_hash != principal.password_hash:
                raise InvalidCredentials
            session = self._begin(user, origin, now, refreshable, client_id)
            issued = self._issued(session, user, now)
            surplus = end_surplus(self.sessions, self.policy, session)
            self.audit.record(
                Event.LOGGED_IN,
                origin=origin,
                subject=subject_of(user.id),
                session_id=session.id,
                detail=f"surplus={len(surplus)}" if surplus else None,
            )
        self.revoked.add(surplus)
        return issued

    def _begin(
        self, user: User, origin: Origin, now: datetime, refreshable: bool, client_id: str
    ) -> Session:
        session = new_session(
            self.issuer,
            self.policy,
            id=self.identifiers.new(),
            user_id=user.id,
            client_id=client_id,
            scope=ADMIN_SCOPE if user.role == ADMIN else SCOPE,
            audience=self.issuer.policy.issuer,
            origin=origin,
            now=now,
            refreshable=refreshable,
        )
        self.sessions.add(session)
        return session

    def _go_on(self, principal: TokenPrincipal) -> IssuedTokens:
        with self.unit_of_work():
            user = _locked(self.users, principal.user_id)
            now = self.clock.now()
            session = renewed(
                self.issuer, self.policy, require_live(self.sessions, principal, now), now
            )
            if not self.sessions.renew(session, counter=session.counter):
                raise InvalidCredentials
            return self._issued(session, user, now)

    def _issued(self, session: Session, user: User, now: datetime) -> IssuedTokens:
        # Inside the unit of work: a session whose tokens cannot be signed yet must not stay.
        token = self.issuer.token(session, user, at=now, token_id=self.identifiers.new())
        return self.issuer.issued(session, token, now=now)


def new_session(
    issuer: Issuer,
    policy: SessionPolicy,
    *,
    id: str,  # noqa: A002 - the field's name
    user_id: int | None,
    client_id: str,
    scope: str,
    audience: str,
    origin: Origin,
    now: datetime,
    refreshable: bool,
    parent: Session | None = None,
) -> Session:
    """A session that begins now, in which a token can be issued; `parent` is where it comes of."""
    session = Session(
        id=id,
        user_id=user_id,
        client_id=client_id,
        parent_id=parent.id if parent else None,
        scope=scope,
        audience=audience,
        counter=1 if refreshable else 0,
        created_at=now,
        rotated_at=now,
        used_at=now,
        device=Device(origin.user_agent, origin.address),
        tokens_end=now,
        idle_end=now,
        absolute_end=now.replace(microsecond=0) + policy.lifetime,
        authenticated_at=parent.created_at if parent else None,
    )
    return renewed(issuer, policy, session, now)


def renewed(issuer: Issuer, policy: SessionPolicy, session: Session, now: datetime) -> Session:
    """The session when a token is issued in it now."""
    return policy.renewed(session, now=now, tokens_end=issuer.expiry(session, at=now))


def end_surplus(
    sessions: SessionRepository, policy: SessionPolicy, session: Session
) -> Sequence[Revocation]:
    """Ends the oldest sessions of a user who has too many of the kind since this one began."""
    most, clients = policy.room(session.client_id)
    return sessions.end(
        session.user_id, at=session.created_at, but=session.id, beyond=most - 1, among=clients
    )


def _locked(users: UserRepository, user_id: int) -> User:
    user = users.lock(user_id)
    if user is None or user.disabled_at is not None:
        raise InvalidCredentials
    return user
