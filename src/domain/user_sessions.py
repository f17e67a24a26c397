"""The sessions of any user, for admins."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.accounts import UnknownUser
from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.origins import Origin
from domain.revocations import RevokedSessions
from domain.sessions import Session, SessionRepository
from domain.unit_of_work import UnitOfWork
from domain.users import User, UserRepository, subject_of


class UnknownSession(DomainError):
    """The user has no live session with this id."""

    code = "unknown_session"
    kind = ErrorKind.NOT_FOUND
    detail = "This user has no live session with this id; list the sessions to see those there are."


@dataclass(frozen=True, slots=True)
class ListUserSessions:
    """Shows where a user is logged in."""

    users: UserRepository
    sessions: SessionRepository
    clock: Clock

    def __call__(self, *, user_id: int) -> Sequence[Session]:
        """The live sessions, the youngest first. Raises UnknownUser."""
        user = _known(self.users.find(user_id))
        return self.sessions.list_live(user.id, now=self.clock.now())


@dataclass(frozen=True, slots=True)
class EndUserSessions:
    """Logs a user out, without keeping them out."""

    users: UserRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, user_id: int, origin: Origin, session_id: str | None = None) -> int:
        """Ends one session, or all; says how many. Raises UnknownUser and UnknownSession."""
        with self.unit_of_work():
            user = _known(self.users.lock(user_id))
            now = self.clock.now()
            live = {each.id for each in self.sessions.list_live(user.id, now=now)}
            if session_id is not None and session_id not in live:
                raise UnknownSession
            ended = self.sessions.end(user.id, at=now, only=session_id)
            if ended:
                self.audit.record(
                    Event.SESSION_ENDED,
                    origin=origin,
                    subject=subject_of(user.id),
                    session_id=session_id,
                    detail=f"sessions={len(ended)}",
                )
        self.revoked.add(ended)
        return len(ended)


def _known(user: User | None) -> User:
    if user is None:
        raise UnknownUser
    return user
