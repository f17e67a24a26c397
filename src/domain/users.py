"""Users: their names, their storage, and how one registers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.errors import DomainError, ErrorKind, FieldError, InvalidFields
from domain.origins import Origin
from domain.passwords import PasswordHasher, PasswordPolicy
from domain.unit_of_work import UnitOfWork

MAXIMUM_NAME_LENGTH = 64
"""Code points, of the name as entered and of its canonical form."""

ADMIN = "admin"
"""The one role there is; most users have none."""

_USER_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account. `name` is as entered, `canonical_name` what is compared."""

    id: int
    name: str
    canonical_name: str
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody who is to be stored, and has no id yet."""

    name: str
    canonical_name: str
    password_hash: str = field(repr=False)
    created_at: datetime
    disabled_at: datetime | None = None
    role: str | None = None


class UserNotFound(DomainError):
    """No user has this id. A 400 over HTTP, as the seed's contract has it."""

    code = "user_not_found"
    kind = ErrorKind.INVALID
    detail = "No user has this id; take the address from the Location of a registration."


class UsernameTaken(DomainError):
    """Another user has this name, in this or another spelling."""

    code = "username_taken"
    kind = ErrorKind.INVALID
    detail = "This user name is taken; choose another one."

    def __init__(self) -> None:
        super().__init__(FieldError("username", "taken", self.detail))


class RegistrationClosed(DomainError):
    """Nobody can register on this server."""

    code = "registration_closed"
    kind = ErrorKind.FORBIDDEN
    detail = "Registration is closed here; ask the operator of this service for an account."


class UsersNotPublic(DomainError):
    """Nobody can look up others on this server."""

    code = "users_not_public"
    kind = ErrorKind.FORBIDDEN
    detail = "Users are not shown to others here; GET /api/users/me shows your own account."


class UsernameProfile(Protocol):
    """The UsernameCaseMapped profile of RFC 8265 section 3.3."""

    def enforce(self, name: str) -> str | None:
        """The one spelling under which the name is compared, or None if it cannot be a name."""


class UserRepository(Protocol):
    """Keeps users. Outside a unit of work each call is a transaction of its own."""

    def add(
        self, *, name: str, canonical_name: str, password_hash: str, created_at: datetime
    ) -> User:
        """Stores a new user under an id that nobody had before.

        Raises UsernameTaken when a user with this canonical name exists.
        """

    def add_all(self, new: Sequence[NewUser]) -> Mapping[str, int]:
        """Stores those whose canonical name nobody has; their ids, by that name.

        Ids grow in the order in which the users are given. Each has a name of their own.
        """

    def get(self, user_id: int) -> User:
        """The user with this id. Raises UserNotFound."""

    def find(self, user_id: int) -> User | None:
        """The user with this id, if there is one."""

    def find_by_name(self, canonical_name: str) -> User | None:
        """The user with this canonical name, if there is one."""

    def page(
        self, *, after: int = 0, limit: int, prefix: str = "", disabled: bool | None = None
    ) -> Sequence[User]:
        """The first `limit` users with ids beyond `after`, by their ids.

        Only those whose canonical name begins with exactly this, and who are disabled or are not.
        """

    def lock(self, user_id: int) -> User | None:
        """The user with this id, whom nobody else can lock or change before this unit of work ends.

        What a use case knew of the user before, it has to look at again.
        """

    def replace_password_hash(self, user_id: int, *, old: str, new: str) -> bool:
        """Writes the new hash if the stored one is still the old one; says whether it was."""

    def set_role(self, user_id: int, role: str | None) -> None:
        """Writes the role of the user with this id, if there is one; None is no role."""

    def set_disabled(self, user_id: int, at: datetime | None) -> None:
        """Notes since when the user is disabled; None enables them."""

    def remove(self, user_id: int) -> None:
        """Removes the user; the name becomes free, the id never returns."""


def subject_of(user_id: int) -> str:
    """What this user is called in the audit trail and by throttles."""
    return f"user:{user_id}"


def sound(name: str | FieldError, secret: str | FieldError) -> tuple[str, str]:
    """Both, if neither is refused. Raises InvalidFields with what is wrong with either."""
    if isinstance(name, FieldError) or isinstance(secret, FieldError):
        raise InvalidFields(*(each for each in (name, secret) if isinstance(each, FieldError)))
    return name, secret


def is_token_shaped(text: str) -> bool:
    """Whether the text can be meant as a token: `eyJ` in any case, and exactly two dots."""
    return text[:3].lower() == "eyj" and text.count(".") == 2


def user_id_from(text: str) -> int:
    """The id that the text spells, without sign, leading zero or foreign digits.

    Raises UserNotFound for any other text, since no user can have it as an id.
    """
    if not _USER_ID.fullmatch(text):
        raise UserNotFound
    return int(text)


@dataclass(frozen=True, slots=True)
class UsernameRules:
    """Which names can be registered, and under which spelling they are compared."""

    profile: UsernameProfile

    def canonical(self, name: str) -> str | FieldError:
        """The spelling under which this name is unique, or why it cannot be registered.

        Source: RFC 8265 section 3.3 for the form, RFC 7617 section 2 for the colon.
        """
        if len(name) > MAXIMUM_NAME_LENGTH:
            return _refused(
                "too_long", f"A user name has at most {MAXIMUM_NAME_LENGTH} characters."
            )
        canonical = self.profile.enforce(name)
        if not canonical:
            return _refused(
                "not_a_name", "A user name has letters, digits and common signs, and no spaces."
            )
        if len(canonical) > MAXIMUM_NAME_LENGTH:
            return _refused("too_long", "This user name is too long in lower case; shorten it.")
        if ":" in name or ":" in canonical:
            return _refused("colon", "A user name has no colon, since HTTP Basic ends it there.")
        if is_token_shaped(name) or is_token_shaped(canonical):
            return _refused("token_shaped", "This name looks like a token; choose another one.")
        return canonical

    def means_token(self, name: str) -> bool:
        """Whether this name, as sent or in its canonical spelling, is only ever a token."""
        if is_token_shaped(name):
            return True
        if len(name) > MAXIMUM_NAME_LENGTH:
            return False
        return is_token_shaped(self.profile.enforce(name) or "")


@dataclass(frozen=True, slots=True)
class RegisterUser:
    """Creates an account from a name and a password."""

    usernames: UsernameRules
    passwords: PasswordPolicy
    hasher: PasswordHasher
    users: UserRepository
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork
    is_open: bool = True

    def __call__(self, *, username: str, password: str, origin: Origin) -> User:
        """The new user.

        Raises RegistrationClosed, InvalidFields when the name or the password is refused, and
        UsernameTaken.
        """
        if not self.is_open:
            raise RegistrationClosed
        name = self.usernames.canonical(username)
        known = name if isinstance(name, str) else ""
        canonical_name, prepared = sound(name, self.passwords.admit(password, canonical_name=known))
        password_hash = self.hasher.hash(prepared)
        with self.unit_of_work():
            user = self.users.add(
                name=username,
                canonical_name=canonical_name,
                password_hash=password_hash,
                created_at=self.clock.now(),
            )
            self.audit.record(Event.USER_REGISTERED, origin=origin, subject=subject_of(user.id))
        return user


@dataclass(frozen=True, slots=True)
class ShowUser:
    """Looks up what everybody may know of a user."""

    users: UserRepository
    is_public: bool = True

    def __call__(self, *, user_id: str) -> User:
        """The user whose id the text spells. Raises UsersNotPublic and UserNotFound."""
        if not self.is_public:
            raise UsersNotPublic
        return self.users.get(user_id_from(user_id))


def _refused(code: str, detail: str) -> FieldError:
    return FieldError("username", code, detail)
