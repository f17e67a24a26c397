"""Credentials: what a caller sends to prove who they are, and how a password is checked."""

from collections import deque
from dataclasses import dataclass, field

from domain.audit import AuditTrail, Event
from domain.errors import DomainError, ErrorKind, FieldError
from domain.origins import Origin
from domain.passwords import PasswordHasher, PasswordPolicy
from domain.throttling import Attempt, Throttling
from domain.unit_of_work import UnitOfWork
from domain.users import User, UsernameRules, UserRepository, subject_of


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
class Failure:
    """A try that has failed, and where it came from."""

    attempt: Attempt
    origin: Origin
    session_id: str | None


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Finds out whether a password is a user's; costs a hash on every path but a throttled one."""

    usernames: UsernameRules
    policy: PasswordPolicy
    hasher: PasswordHasher
    users: UserRepository
    throttling: Throttling
    audit: AuditTrail
    unit_of_work: UnitOfWork
    uncounted: deque[Failure] = field(default_factory=deque)
    """What this process could not store. As long as it cannot, no hash is spent."""

    def user_with(self, *, username: str, password: str, origin: Origin) -> User:
        """The enabled user whose name and password these are.

        Raises InvalidCredentials, and TooManyFailures.
        """
        user, subject = self.look_up(username)
        proven = self._proven(user, subject, password, origin)
        if proven is None:
            raise InvalidCredentials
        return proven

    def look_up(self, username: str) -> tuple[User | None, str]:
        """The user of this name, if there is one, and what tries at the name are counted for."""
        canonical_name = self.usernames.canonical(username)
        if isinstance(canonical_name, FieldError):
            return None, self.throttling.subject(None, username)
        user = self.users.find_by_name(canonical_name)
        return user, self.throttling.subject(user, canonical_name)

    def matching(
        self, user: User, password: str, *, origin: Origin, session_id: str | None = None
    ) -> User | None:
        """The user as stored, if this is their password. Raises TooManyFailures."""
        return self._proven(user, subject_of(user.id), password, origin, session_id)

    def _proven(
        self,
        user: User | None,
        subject: str,
        password: str,
        origin: Origin,
        session_id: str | None = None,
    ) -> User | None:
        self._count_uncounted()
        attempt = self.throttling.admit(subject, origin)
        matching = self._matching(user, password)
        if matching is None or matching.disabled_at is not None:
            self.uncounted.append(Failure(attempt, origin, session_id))
            self._count_uncounted()
            return None
        if attempt.counted is not None:
            self._note_success(attempt, origin, session_id)
        return matching

    def _count_uncounted(self) -> None:
        while self.uncounted:
            try:
                failure = self.uncounted.popleft()
            except IndexError:  # another thread has taken the last one
                return
            try:
                self._note_failure(failure)
            except BaseException:
                # Kept, or whoever guesses while nothing can be written would not be counted.
                self.uncounted.appendleft(failure)
                raise

    def _note_failure(self, failure: Failure) -> None:
        subject = failure.attempt.subject
        with self.unit_of_work():
            locked = self.throttling.note_failure(failure.attempt)
            events = (Event.PASSWORD_REFUSED, Event.PASSWORD_LOCKED)
            for event in events if locked else events[:1]:
                self.audit.record(
                    event, origin=failure.origin, subject=subject, session_id=failure.session_id
                )

    def _note_success(self, attempt: Attempt, origin: Origin, session_id: str | None) -> None:
        with self.unit_of_work():
            self.throttling.note_success(attempt)
            self.audit.record(
                Event.PASSWORD_ACCEPTED,
                origin=origin,
                subject=attempt.subject,
                session_id=session_id,
                detail="after failures",
            )

    def _matching(self, user: User | None, password: str) -> User | None:
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
        # Only now the password is known.
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
