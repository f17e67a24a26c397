"""Credentials: what a caller sends to prove who they are, and how a password is checked."""

from dataclasses import dataclass, field

from domain.errors import DomainError, ErrorKind, FieldError
from domain.passwords import PasswordHasher, PasswordPolicy
from domain.unit_of_work import UnitOfWork
from domain.users import User, UsernameRules, UserRepository


@dataclass(frozen=True, slots=True)
class PasswordCredentials:
    """A user name and a password, as sent."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenCredentials:
    """A token, as sent."""

    token: str = field(repr=False)


Credentials = PasswordCredentials | TokenCredentials


class CredentialsRequired(DomainError):
    """The request carries no credentials, and needs some."""

    code = "credentials_required"
    kind = ErrorKind.UNAUTHENTICATED
    detail = (
        "Send a token, as Bearer or as the user name of HTTP Basic, or a user name and password."
    )


class TokenRequired(DomainError):
    """The request carries a password, and this address takes a token only."""

    code = "token_required"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "Send a token here instead of a password: POST /api/sessions gives one."


class InvalidCredentials(DomainError):
    """The credentials prove nobody. One answer for every reason, so that it tells nobody which."""

    code = "invalid_credentials"
    kind = ErrorKind.UNAUTHENTICATED
    detail = "The user name and password do not match, or the token is not valid any more."


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Finds out whether a password is a user's; costs a hash on every path."""

    usernames: UsernameRules
    policy: PasswordPolicy
    hasher: PasswordHasher
    users: UserRepository
    unit_of_work: UnitOfWork

    def user_with(self, *, username: str, password: str) -> User:
        """The enabled user whose name and password these are. Raises InvalidCredentials."""
        canonical_name = self.usernames.canonical(username)
        user = None
        if not isinstance(canonical_name, FieldError):
            user = self.users.find_by_name(canonical_name)
        matching = self.matching(user, password)
        if matching is None or matching.disabled_at is not None:
            raise InvalidCredentials
        return matching

    def matching(self, user: User | None, password: str) -> User | None:
        """The user as stored, if this is their password.

        A hash with older parameters is replaced, since only now the password is known.
        """
        prepared = self.policy.prepare(password)
        # The hash is spent on every path, so that time does not tell which names exist.
        matches = self.hasher.verify(
            "" if isinstance(prepared, FieldError) else prepared,
            user.password_hash if user else self.hasher.decoy(),
        )
        if not matches or user is None or isinstance(prepared, FieldError):
            return None
        if not self.hasher.is_outdated(user.password_hash):
            return user
        return self._brought_up_to_date(user, prepared)

    def _brought_up_to_date(self, user: User, prepared: str) -> User | None:
        new_hash = self.hasher.hash(prepared)
        with self.unit_of_work():
            self.users.replace_password_hash(user.id, old=user.password_hash, new=new_hash)
        # Another log-in may have been quicker, and stored a hash of its own.
        stored = self.users.find_by_name(user.canonical_name)
        if stored is None or stored.id != user.id:
            return None
        is_same = stored.password_hash == new_hash
        return stored if is_same or self.hasher.verify(prepared, stored.password_hash) else None
