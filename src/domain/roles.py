"""Roles: who may do what concerns everybody, and for how long after a log-in."""

from dataclasses import dataclass
from datetime import timedelta

from domain.accounts import locked_user
from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.origins import Origin
from domain.revocations import RevokedSessions
from domain.sessions import SessionRepository
from domain.tokens import ADMIN_SCOPE, TokenPrincipal
from domain.unit_of_work import UnitOfWork
from domain.users import ADMIN, UsernameRules, UserRepository, subject_of

MAXIMUM_AUTHENTICATION_AGE = timedelta(minutes=15)
"""How long after the password was proved an admin may act as one (RFC 9470)."""


class AdminRequired(DomainError):
    """The token is good, and not an admin's."""

    code = "insufficient_scope"
    kind = ErrorKind.FORBIDDEN
    detail = (
        "Only admins may do this. Log in anew if you were made one since; "
        "varvel users grant NAME admin makes one."
    )


class RecentLogInRequired(DomainError):
    """The password was proved too long ago for what an admin may do (RFC 9470 section 3)."""

    code = "insufficient_user_authentication"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "You logged in too long ago to act as an admin: log in again, and use the new token."


@dataclass(frozen=True, slots=True)
class RequireAdmin:
    """Lets admins pass who have proved their password lately. Does no I/O."""

    clock: Clock

    def __call__(self, principal: TokenPrincipal) -> None:
        """Raises AdminRequired, and RecentLogInRequired."""
        if principal.scope != ADMIN_SCOPE:
            raise AdminRequired
        if self.clock.now() - principal.authenticated_at > MAXIMUM_AUTHENTICATION_AGE:
            raise RecentLogInRequired


@dataclass(frozen=True, slots=True)
class GrantAdmin:
    """Makes a user an admin, from the next log-in on."""

    usernames: UsernameRules
    users: UserRepository
    audit: AuditTrail
    unit_of_work: UnitOfWork

    def __call__(self, *, who: int | str, origin: Origin) -> bool:
        """Says whether the user was none before. Raises as `locked_user`."""
        with self.unit_of_work():
            user = locked_user(self.usernames, self.users, who)
            if user.role == ADMIN:
                return False
            self.users.set_role(user.id, ADMIN)
            subject = subject_of(user.id)
            self.audit.record(Event.ROLE_GRANTED, origin=origin, subject=subject, detail=ADMIN)
        return True


@dataclass(frozen=True, slots=True)
class WithdrawAdmin:
    """Makes an admin an ordinary user, at once: all their sessions end."""

    usernames: UsernameRules
    users: UserRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, who: int | str, origin: Origin) -> int | None:
        """Says how many sessions that ended; None if the user was no admin.

        Raises as `locked_user`.
        """
        now = self.clock.now()
        with self.unit_of_work():
            user = locked_user(self.usernames, self.users, who)
            if user.role is None:
                return None
            self.users.set_role(user.id, None)
            ended = self.sessions.end(user.id, at=now)
            self.audit.record(
                Event.ROLE_WITHDRAWN,
                origin=origin,
                subject=subject_of(user.id),
                detail=f"{user.role} sessions={len(ended)}",
            )
        self.revoked.add(ended)
        return len(ended)
