"""Roles: who may do what concerns everybody, and for how long after a log-in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.accounts import AccountChange
from domain.audit import Event
from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.revocations import Revocation
from domain.tokens import ADMIN_SCOPE, InsufficientScope, TokenPrincipal
from domain.users import ADMIN, User

MAXIMUM_AUTHENTICATION_AGE = timedelta(minutes=15)
"""How long after the password was proved an admin may act as one (RFC 9470)."""


class AdminRequired(InsufficientScope):
    """The token is good, and not an admin's."""

    scope = ADMIN_SCOPE
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
class GrantAdmin(AccountChange):
    """Makes a user an admin, from the next log-in on."""

    event = Event.ROLE_GRANTED
    detail = ADMIN

    def _change(self, user: User, _now: datetime) -> Sequence[Revocation] | None:
        if user.role == ADMIN:
            return None
        self.users.set_role(user.id, ADMIN)
        return ()


@dataclass(frozen=True, slots=True)
class WithdrawAdmin(AccountChange):
    """Makes an admin an ordinary user, at once: all their sessions end."""

    event = Event.ROLE_WITHDRAWN
    detail = f"{ADMIN} sessions={{}}"

    def _change(self, user: User, now: datetime) -> Sequence[Revocation] | None:
        if user.role is None:
            return None
        self.users.set_role(user.id, None)
        return self.sessions.end(user.id, at=now)
