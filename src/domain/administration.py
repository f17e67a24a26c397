"""Administration: looking through users, creating them, and giving them passwords."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from domain.accounts import known_user, locked_user
from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.errors import FieldError, InvalidFields
from domain.identifiers import Identifiers
from domain.origins import Origin
from domain.passwords import MAXIMUM_HASH_LENGTH, PasswordHasher, PasswordPolicy, scheme_of
from domain.revocations import RevokedSessions
from domain.sessions import SessionRepository
from domain.throttling import Throttle, ThrottlePolicy, ThrottleRepository, Throttling
from domain.unit_of_work import UnitOfWork
from domain.users import ADMIN, User, UsernameRules, UserRepository, sound, subject_of


class UserState(Enum):
    """Whether a user can log in; `LOCKED` is one whose password was wrong too often."""

    ACTIVE = "active"
    DISABLED = "disabled"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class ListUsers:
    """Goes through all users, page by page."""

    usernames: UsernameRules
    users: UserRepository
    throttling: Throttling

    def __call__(
        self, *, prefix: str = "", disabled: bool | None = None, after: int = 0, limit: int
    ) -> Sequence[tuple[User, UserState]]:
        """The first `limit` users with ids beyond `after`, by their ids.

        Only those whose name begins so, in any spelling, and who are disabled or are not.
        """
        spelled = self.usernames.profile.enforce(prefix)
        if spelled is None:
            # Not every beginning of a name is one itself; but what nobody can print begins none.
            if not prefix.isprintable():
                return ()
            spelled = prefix
        page = self.users.page(after=after, limit=limit, prefix=spelled, disabled=disabled)
        found = self.throttling.throttles.find([subject_of(user.id) for user in page])
        policy = self.throttling.policy
        return [(user, _state(user, found.get(subject_of(user.id)), policy)) for user in page]


@dataclass(frozen=True, slots=True)
class UserReport:
    """What operators see of a user.

    `sessions` counts those that are live, `failures` the wrong passwords since the last log-in. No
    password is tried before `next_try_at`, and none at all while the state is LOCKED.
    """

    user: User
    state: UserState
    hash_scheme: str
    sessions: int
    failures: int
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReportUser:
    """Shows what is known of a user."""

    usernames: UsernameRules
    users: UserRepository
    sessions: SessionRepository
    throttling: Throttling
    clock: Clock

    def __call__(self, *, who: int | str) -> UserReport:
        """What is known. Raises as `known_user`."""
        user = known_user(self.usernames, self.users, who)
        now, subject = self.clock.now(), subject_of(user.id)
        throttle = self.throttling.throttles.find([subject]).get(subject)
        return UserReport(
            user,
            _state(user, throttle, self.throttling.policy),
            scheme_of(user.password_hash),
            len(self.sessions.list_live(user.id, now=now)),
            throttle.failures if throttle else 0,
            throttle.next_at if throttle and throttle.next_at > now else None,
        )


@dataclass(frozen=True, slots=True)
class GeneratePassword:
    """Makes passwords that nobody can guess."""

    usernames: UsernameRules
    passwords: PasswordPolicy
    identifiers: Identifiers

    def __call__(self, *, username: str) -> str:
        """A password that the policy admits for this name, different every time."""
        canonical = self.usernames.canonical(username)
        name = "" if isinstance(canonical, FieldError) else canonical
        while True:
            password = self.identifiers.new()
            # A short name can occur in anything.
            if self.passwords.judge(password, canonical_name=name) is None:
                return password


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Creates an account for somebody, also where registration is closed."""

    usernames: UsernameRules
    passwords: PasswordPolicy
    hasher: PasswordHasher
    users: UserRepository
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(
        self,
        *,
        username: str,
        password: str | None = None,
        password_hash: str | None = None,
        is_admin: bool = False,
        origin: Origin,
    ) -> User:
        """The new user, with this password, or the one of which another program made this hash.

        Raises InvalidFields when the name, the password or the hash is refused, or not exactly one
        of the latter two is given, and UsernameTaken.
        """
        name = self.usernames.canonical(username)
        known = name if isinstance(name, str) else ""
        admitted = self._admitted(password, password_hash, canonical_name=known)
        canonical_name, secret = sound(name, admitted)
        stored = secret if password is None else self.hasher.hash(secret)
        now = self.clock.now()
        with self.unit_of_work():
            user = self.users.add(
                name=username, canonical_name=canonical_name, password_hash=stored, created_at=now
            )
            subject = subject_of(user.id)
            self.audit.record(Event.USER_REGISTERED, origin=origin, subject=subject)
            if is_admin:
                self.users.set_role(user.id, ADMIN)
                self.audit.record(Event.ROLE_GRANTED, origin=origin, subject=subject, detail=ADMIN)
        return replace(user, role=ADMIN if is_admin else None)

    def _admitted(
        self, password: str | None, password_hash: str | None, *, canonical_name: str
    ) -> str | FieldError:
        """The prepared password or the hash, or why it is refused."""
        if password is not None and password_hash is not None:
            return FieldError("password_hash", "ambiguous", "Give a password or a hash, not both.")
        if password is not None:
            return self.passwords.admit(password, canonical_name=canonical_name)
        if password_hash is None:
            return FieldError("password", "missing", "Give a password, or the hash of one.")
        if len(password_hash) <= MAXIMUM_HASH_LENGTH and self.hasher.knows(password_hash):
            return password_hash
        detail = "No password can be verified by this hash, or only at too high a cost."
        return FieldError("password_hash", "unknown_hash", detail)


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Gives a user another password, and ends whatever was begun with the former one."""

    usernames: UsernameRules
    passwords: PasswordPolicy
    hasher: PasswordHasher
    users: UserRepository
    sessions: SessionRepository
    throttles: ThrottleRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, username: str, password: str, origin: Origin) -> int:
        """Sets it, and forgets the failures; says how many sessions that ended.

        Raises UnknownUsername, and InvalidFields when the password is refused.
        """
        known = known_user(self.usernames, self.users, username)
        prepared = self.passwords.admit(password, canonical_name=known.canonical_name)
        if isinstance(prepared, FieldError):
            raise InvalidFields(prepared)
        new_hash = self.hasher.hash(prepared)
        now = self.clock.now()
        with self.unit_of_work():
            user = locked_user(self.usernames, self.users, username)
            self.users.replace_password_hash(user.id, old=user.password_hash, new=new_hash)
            ended = self.sessions.end(user.id, at=now)
            self.throttles.remove(subject_of(user.id))
            self.audit.record(
                Event.PASSWORD_CHANGED,
                origin=origin,
                subject=subject_of(user.id),
                detail=f"sessions={len(ended)}",
            )
        self.revoked.add(ended)
        return len(ended)


def _state(user: User, throttle: Throttle | None, policy: ThrottlePolicy) -> UserState:
    if user.disabled_at is not None:
        return UserState.DISABLED
    is_locked = throttle is not None and throttle.failures >= policy.maximum
    return UserState.LOCKED if is_locked else UserState.ACTIVE
