"""Sessions: what a log-in starts, what is renewed in it, and what ends it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.credentials import InvalidCredentials
from domain.errors import DomainError, ErrorKind
from domain.identifiers import is_identifier
from domain.origins import Origin
from domain.revocations import Revocation, RevokedSessions
from domain.tokens import OWN_CLIENTS, TokenPrincipal
from domain.unit_of_work import UnitOfWork
from domain.users import UserRepository, subject_of

CURRENT = "current"
"""What a session is called by whoever acts in it; no identifier is as short."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a log-in came from, as far as the request told; nobody vouches for it."""

    user_agent: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in, or one grant to a client, and all that came of it.

    `user_id` is None where a client acts for itself. `parent_id` is the session in which the user
    granted it, `authenticated_at` when they proved who they are, if that was before it began.
    `counter` is the number of refresh tokens given out; 0 means that it has none and lives as long
    as its last access token. `rotated_at` is when the last of them was, `used_at` when it was
    renewed in any way, to the minute. `tokens_end` is when the last of its access tokens expires,
    `idle_end` when it is over unless it is renewed, `absolute_end` when it is over anyway.
    """

    id: str
    user_id: int | None
    client_id: str
    parent_id: str | None
    scope: str
    audience: str
    counter: int
    created_at: datetime
    rotated_at: datetime
    used_at: datetime
    device: Device
    tokens_end: datetime
    idle_end: datetime
    absolute_end: datetime
    ended_at: datetime | None = None
    authenticated_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether anything can still be renewed in it."""
        return self.ended_at is None and now < self.idle_end


class SessionNotFound(DomainError):
    """The user has no live session with this id."""

    code = "session_not_found"
    kind = ErrorKind.NOT_FOUND
    detail = "You have no live session with this id; GET /api/sessions lists those you have."


class SessionRepository(Protocol):
    """Keeps sessions. Outside a unit of work each call is a transaction of its own."""

    def add(self, session: Session) -> None:
        """Stores a new session."""

    def find(self, session_id: str) -> Session | None:
        """The session with this id, ended or not."""

    def list_live(self, user_id: int, *, now: datetime) -> Sequence[Session]:
        """The user's live sessions, the youngest first."""

    def renew(self, session: Session, *, counter: int) -> bool:
        """Writes the counter and the times of this session; says whether it did.

        It does not when the session has ended, or its stored counter is not `counter`.
        """

    def find_standing(self, client_id: str, *, now: datetime) -> Session | None:
        """The youngest live session in which this client acts for itself."""

    def end(
        self,
        user_id: int | None,
        *,
        at: datetime,
        only: str | None = None,
        but: str | None = None,
        beyond: int | None = None,
        among: Collection[str] | None = None,
        client_id: str | None = None,
        nobodys: bool = False,
        limit: int | None = None,
    ) -> Sequence[Revocation]:
        """Ends sessions of this user, and writes their revocations into the feed with it.

        All that are not over by any clock; or `only` that one, all `but` that one, those of this
        client, or the oldest `beyond` that many live ones of these, or of these `among` such
        clients. Without a user, whoever's they are, but then `only` or `client_id` says which, or
        ValueError is raised; of the client's `nobodys` alone, in which it acts for itself, or
        `limit` many at most. Needs an open unit of work that has the user or the client locked, or
        names one session, or some of a client that is gone, and ends soon: every other revocation
        waits for it.
        """

    def remove(self, user_id: int, *, at: datetime) -> Sequence[Revocation]:
        """Removes all sessions of this user; otherwise as `end` without a choice."""


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long sessions live, and how many a user has at once.

    `idle` is the time a session with a refresh token lives without being renewed, `grace` that in
    which a refresh token can be presented again, because the answer got lost. `maximum_live` are
    those that a user begins, `maximum_granted` those that each application has of a user: no
    application logs anybody out by what it asks for.
    """

    idle: timedelta = timedelta(days=14)
    lifetime: timedelta = timedelta(days=30)
    grace: timedelta = timedelta(seconds=10)
    maximum_live: int = 100
    maximum_granted: int = 10

    def room(self, client_id: str) -> tuple[int, Collection[str]]:
        """How many sessions a user has at once, and with which clients, of which this is one."""
        if client_id in OWN_CLIENTS:
            return self.maximum_live, OWN_CLIENTS
        return self.maximum_granted, (client_id,)

    def renewed(self, session: Session, *, now: datetime, tokens_end: datetime) -> Session:
        """The session when a token that expires then is issued in it now."""
        idle = self.idle if session.counter else timedelta(0)
        return replace(
            session,
            used_at=max(now.replace(second=0, microsecond=0), session.created_at),
            tokens_end=max(session.tokens_end, tokens_end),
            idle_end=min(max(now + idle, session.idle_end, tokens_end), session.absolute_end),
        )


@dataclass(frozen=True, slots=True)
class ListSessions:
    """Shows users where they are logged in."""

    sessions: SessionRepository
    clock: Clock

    def __call__(self, *, principal: TokenPrincipal) -> Sequence[Session]:
        """The live sessions, the youngest first."""
        return self.sessions.list_live(principal.user_id, now=self.clock.now())


@dataclass(frozen=True, slots=True)
class ShowSession:
    """Shows one session of a user's own."""

    sessions: SessionRepository
    clock: Clock

    def __call__(self, *, principal: TokenPrincipal, session_id: str) -> Session:
        """The live session with this id, or the CURRENT one. Raises SessionNotFound."""
        return _own(self.sessions, principal, session_id, self.clock.now())


@dataclass(frozen=True, slots=True)
class EndSession:
    """Logs out: here, or somewhere else."""

    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, principal: TokenPrincipal, session_id: str, origin: Origin) -> None:
        """Ends the session with this id, or the CURRENT one.

        Raises SessionNotFound, and InvalidCredentials when the present one is over.
        """
        now = self.clock.now()
        with self.unit_of_work():
            require_live(self.sessions, principal, now)
            session = _own(self.sessions, principal, session_id, now)
            ended = self.sessions.end(principal.user_id, at=now, only=session.id)
            # Another log-out may have been quicker.
            if ended:
                self.audit.record(
                    Event.SESSION_ENDED,
                    origin=origin,
                    subject=subject_of(principal.user_id),
                    session_id=session.id,
                )
        self.revoked.add(ended)


@dataclass(frozen=True, slots=True)
class EndOtherSessions:
    """Logs out everywhere else."""

    users: UserRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, principal: TokenPrincipal, origin: Origin) -> None:
        """Ends all sessions of the user but the present one. Raises InvalidCredentials."""
        now = self.clock.now()
        with self.unit_of_work():
            self.users.lock(principal.user_id)
            require_live(self.sessions, principal, now)
            ended = self.sessions.end(principal.user_id, at=now, but=principal.session_id)
            self.audit.record(
                Event.OTHER_SESSIONS_ENDED,
                origin=origin,
                subject=subject_of(principal.user_id),
                session_id=principal.session_id,
                detail=f"sessions={len(ended)}",
            )
        self.revoked.add(ended)


def require_live(sessions: SessionRepository, principal: TokenPrincipal, now: datetime) -> Session:
    """The principal's session, looked at again where its end may not be known in this process yet.

    Raises InvalidCredentials when it is over.
    """
    session = sessions.find(principal.session_id)
    if session is None or not session.is_live(now):
        raise InvalidCredentials
    return session


def _own(
    sessions: SessionRepository, principal: TokenPrincipal, session_id: str, now: datetime
) -> Session:
    own_id = principal.session_id if session_id == CURRENT else session_id
    session = sessions.find(own_id) if is_identifier(own_id) else None
    if session is None or session.user_id != principal.user_id or not session.is_live(now):
        raise SessionNotFound
    return session
