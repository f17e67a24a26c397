"""Accounts: what users do with their own, and operators with anybody's."""

from dataclasses import dataclass, replace

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.credentials import InvalidCredentials, PasswordCheck
from domain.errors import DomainError, ErrorKind, FieldError, InvalidFields
from domain.origins import Origin
from domain.revocations import RevokedSessions
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
        self,
        *,
        principal: TokenPrincipal,
        current_password: str,
        new_password: str,
        origin: Origin,
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
class DisableUser:
    """Keeps a user out, at once, until they are enabled."""

    usernames: UsernameRules
    users: UserRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, who: int | str, origin: Origin) -> int:
        """Disables the user; says how many sessions that ended. Raises as `locked_user`."""
        now = self.clock.now()
        with self.unit_of_work():
            user = locked_user(self.usernames, self.users, who)
            self.users.set_disabled(user.id, user.disabled_at or now)
            ended = self.sessions.end(user.id, at=now)
            self.audit.record(
                Event.USER_DISABLED,
                origin=origin,
                subject=subject_of(user.id),
                detail=f"sessions={len(ended)}",
            )
        self.revoked.add(ended)
        return len(ended)


@dataclass(frozen=True, slots=True)
class EnableUser:
    """Lets a disabled user in again."""

    usernames: UsernameRules
    users: UserRepository
    audit: AuditTrail
    unit_of_work: UnitOfWork

    def __call__(self, *, who: int | str, origin: Origin) -> None:
        """Enables the user. Raises as `locked_user`."""
        with self.unit_of_work():
            user = locked_user(self.usernames, self.users, who)
            self.users.set_disabled(user.id, None)
            if user.disabled_at is not None:
                self.audit.record(Event.USER_ENABLED, origin=origin, subject=subject_of(user.id))


@dataclass(frozen=True, slots=True)
class UnlockPassword:
    """Lets a user's password be tried again, as if none had been wrong."""

    usernames: UsernameRules
    users: UserRepository
    throttles: ThrottleRepository
    audit: AuditTrail
    unit_of_work: UnitOfWork

    def __call__(self, *, who: int | str, origin: Origin) -> bool:
        """Forgets the failures; says whether there were any. Raises as `locked_user`."""
        with self.unit_of_work():
            user = locked_user(self.usernames, self.users, who)
            subject = subject_of(user.id)
            was_throttled = self.throttles.remove(subject)
            if was_throttled:
                self.audit.record(Event.PASSWORD_UNLOCKED, origin=origin, subject=subject)
        return was_throttled


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Removes a user, with everything that is kept of them."""

    usernames: UsernameRules
    users: UserRepository
    sessions: SessionRepository
    throttles: ThrottleRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, who: int | str, origin: Origin) -> int:
        """Removes the user; says how many sessions that ended. Raises as `locked_user`."""
        now = self.clock.now()
        with self.unit_of_work():
            user = locked_user(self.usernames, self.users, who)
            ended = self.sessions.remove(user.id, at=now)
            self.users.remove(user.id)
            self.throttles.remove(subject_of(user.id))
            self.audit.record(
                Event.USER_REMOVED,
                origin=origin,
                subject=subject_of(user.id),
                detail=f"sessions={len(ended)}",
            )
        self.revoked.add(ended)
        return len(ended)


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


def user_of_name(usernames: UsernameRules, users: UserRepository, username: str) -> User:
    """The user of this name, in any spelling. Raises UnknownUsername."""
    canonical_name = usernames.canonical(username)
    user = None if isinstance(canonical_name, FieldError) else users.find_by_name(canonical_name)
    if user is None:
        raise UnknownUsername
    return user


def locked_user(usernames: UsernameRules, users: UserRepository, who: int | str) -> User:
    """The user with this id, or of this name in any spelling, locked.

    Raises UnknownUser, and UnknownUsername.
    """
    if isinstance(who, int):
        user = users.lock(who)
        if user is None:
            raise UnknownUser
        return user
    # Of the name's user, since names change hands and ids do not.
    user = users.lock(user_of_name(usernames, users, who).id)
    if user is None:
        raise UnknownUsername
    return user
