"""Accounts: what users do with their own, and operators with anybody's."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.credentials import InvalidCredentials, PasswordCheck
from domain.errors import DomainError, ErrorKind, FieldError, InvalidFields
from domain.origins import Origin
from domain.revocations import Revocation, RevokedSessions
from domain.sessions import SessionRepository, require_live
from domain.throttling import ThrottleRepository
from domain.tokens import TokenPrincipal
from domain.unit_of_work import UnitOfWork
from domain.users import User, UsernameRules, UserRepository, subject_of


class WrongPassword(DomainError):
    """The password given beside a token is not the user's."""

    code = "wrong_password"
    kind = ErrorKind.INVALID
    detail = "This is not your present password; nothing was changed."


class UnknownUsername(DomainError):
    """No user has this name."""

    code = "unknown_username"
    kind = ErrorKind.NOT_FOUND
    detail = "No user has this name, in this or another spelling."


class UnknownUser(DomainError):
    """No user has this id, for whoever may know of all that there are."""

    code = "unknown_user"
    kind = ErrorKind.NOT_FOUND
    detail = "No user has this id; GET /api/admin/users lists those there are."


@dataclass(frozen=True, slots=True)
class ShowAccount:
    """Shows users what is known of them."""

    users: UserRepository

    def __call__(self, *, principal: TokenPrincipal) -> User:
        """The user. Raises InvalidCredentials when they are removed or disabled."""
        return _owner(self.users, principal)


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Replaces a user's password, and ends every other session: one may be a thief's."""

    passwords: PasswordCheck
    users: UserRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(
        self, *, principal: TokenPrincipal, current_password: str, new_password: str, origin: Origin
    ) -> None:
        """Changes it.

        Raises WrongPassword, TooManyFailures, InvalidFields when the new one is refused, and
        InvalidCredentials when the session or the user came to an end meanwhile.
        """
        user = _owner(self.users, principal)
        prepared = self._prepared(user, new_password)
        user = _proven(self.passwords, user, current_password, origin, principal)
        new_hash = self.passwords.hasher.hash(prepared)
        now = self.clock.now()
        with self.unit_of_work():
            _require_unchanged(self.users, user)
            require_live(self.sessions, principal, now)
            self.users.replace_password_hash(user.id, old=user.password_hash, new=new_hash)
            ended = self.sessions.end(user.id, at=now, but=principal.session_id)
            self.audit.record(
                Event.PASSWORD_CHANGED,
                origin=origin,
                subject=subject_of(user.id),
                session_id=principal.session_id,
                detail=f"sessions={len(ended)}",
            )
        self.revoked.add(ended)

    def _prepared(self, user: User, new_password: str) -> str:
        prepared = self.passwords.policy.admit(new_password, canonical_name=user.canonical_name)
        if isinstance(prepared, FieldError):
            raise InvalidFields(replace(prepared, field="new_password"))
        return prepared


@dataclass(frozen=True, slots=True)
class RemoveAccount:
    """Lets users go, with everything that is kept of them."""

    passwords: PasswordCheck
    users: UserRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, principal: TokenPrincipal, password: str, origin: Origin) -> None:
        """Ends all sessions and removes the user.

        Raises WrongPassword, TooManyFailures, and InvalidCredentials when the session or the user
        came to an end meanwhile.
        """
        user = _owner(self.users, principal)
        user = _proven(self.passwords, user, password, origin, principal)
        now = self.clock.now()
        with self.unit_of_work():
            _require_unchanged(self.users, user)
            require_live(self.sessions, principal, now)
            ended = self.sessions.remove(user.id, at=now)
            self.users.remove(user.id)
            self.audit.record(Event.USER_REMOVED, origin=origin, subject=subject_of(user.id))
        self.revoked.add(ended)


@dataclass(frozen=True, slots=True)
class AccountChange(ABC):
    """What operators and admins do with anybody's account."""

    usernames: UsernameRules
    users: UserRepository
    sessions: SessionRepository
    throttles: ThrottleRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    event: ClassVar[Event]
    detail: ClassVar[str | None] = None
    """What the audit trail tells besides; `{}` is the number of sessions that ended."""

    def __call__(self, *, who: int | str, origin: Origin) -> int | None:
        """Says how many sessions that ended; None if there was nothing to do.

        Raises as `locked_user`.
        """
        now = self.clock.now()
        with self.unit_of_work():
            user = locked_user(self.usernames, self.users, who)
            ended = self._change(user, now)
            if ended is None:
                return None
            detail = self.detail and self.detail.format(len(ended))
            self.audit.record(self.event, origin=origin, subject=subject_of(user.id), detail=detail)
        self.revoked.add(ended)
        return len(ended)

    @abstractmethod
    def _change(self, user: User, now: datetime) -> Sequence[Revocation] | None:
        """Does it to the user, who is locked; None if there is nothing to do."""


@dataclass(frozen=True, slots=True)
class DisableUser(AccountChange):
    """Keeps a user out, at once, until they are enabled."""

    event = Event.USER_DISABLED
    detail = "sessions={}"

    def _change(self, user: User, now: datetime) -> Sequence[Revocation]:
        self.users.set_disabled(user.id, user.disabled_at or now)
        return self.sessions.end(user.id, at=now)


@dataclass(frozen=True, slots=True)
class EnableUser(AccountChange):
    """Lets a disabled user in again."""

    event = Event.USER_ENABLED

    def _change(self, user: User, _now: datetime) -> Sequence[Revocation] | None:
        if user.disabled_at is None:
            return None
        self.users.set_disabled(user.id, None)
        return ()


@dataclass(frozen=True, slots=True)
class UnlockPassword(AccountChange):
    """Lets a user's password be tried again, as if none had been wrong."""

    event = Event.PASSWORD_UNLOCKED

    def _change(self, user: User, _now: datetime) -> Sequence[Revocation] | None:
        return () if self.throttles.remove(subject_of(user.id)) else None


@dataclass(frozen=True, slots=True)
class DeleteUser(AccountChange):
    """Removes a user, with everything that is kept of them."""

    event = Event.USER_REMOVED
    detail = "sessions={}"

    def _change(self, user: User, now: datetime) -> Sequence[Revocation]:
        ended = self.sessions.remove(user.id, at=now)
        self.users.remove(user.id)
        self.throttles.remove(subject_of(user.id))
        return ended


def _owner(users: UserRepository, principal: TokenPrincipal) -> User:
    user = users.find(principal.user_id)
    if user is None or user.disabled_at is not None:
        raise InvalidCredentials
    return user


def _proven(
    passwords: PasswordCheck, user: User, password: str, origin: Origin, principal: TokenPrincipal
) -> User:
    proven = passwords.matching(user, password, origin=origin, session_id=principal.session_id)
    if proven is None:
        raise WrongPassword
    return proven


def _require_unchanged(users: UserRepository, known: User) -> None:
    user = users.lock(known.id)
    if user is None or user.disabled_at or user.password_hash != known.password_hash:
        raise InvalidCredentials


def known_user(usernames: UsernameRules, users: UserRepository, who: int | str) -> User:
    """The user with this id, or of this name in any spelling.

    Raises UnknownUser, and UnknownUsername.
    """
    if isinstance(who, int):
        return _known(users.find(who), who)
    name = usernames.canonical(who)
    return _known(None if isinstance(name, FieldError) else users.find_by_name(name), who)


def locked_user(usernames: UsernameRules, users: UserRepository, who: int | str) -> User:
    """The same, locked. Raises UnknownUser, and UnknownUsername."""
    # Of the name's user, since names change hands and ids do not.
    user_id = who if isinstance(who, int) else known_user(usernames, users, who).id
    return _known(users.lock(user_id), who)


def _known(user: User | None, who: int | str) -> User:
    if user is None:
        raise UnknownUser if isinstance(who, int) else UnknownUsername
    return user
