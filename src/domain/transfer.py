"""Moving in and out: users with the hashes of their passwords, from files and into them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum
from itertools import islice

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.errors import FieldError
from domain.origins import Origin
from domain.passwords import MAXIMUM_HASH_LENGTH, PasswordHasher
from domain.unit_of_work import UnitOfWork
from domain.users import ADMIN, NewUser, UsernameRules, UserRepository, subject_of

BATCH = 500
"""Users that are stored in one unit of work, or read at once."""


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A user as files hold them, field by field; None is what a file does not say."""

    name: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    disabled_at: datetime | None = None
    role: str | None = None


FIELDS = tuple(each.name for each in fields(UserRecord))
"""What is written of each user, and read again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file. `place` says which, like "line 7"; `fault` why it makes no record."""

    place: str
    user: UserRecord = UserRecord()
    fault: str | None = None


class UnreadableFile(Exception):
    """A file does not hold users; the message says why, and what to do."""


class OnDuplicate(Enum):
    """Which of several rows of a file that have one name are taken."""

    FIRST = "first"
    REFUSE = "refuse"


class Fate(Enum):
    """What became of a row."""

    TAKEN = "taken"
    PRESENT = "already there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row, and why if it was refused."""

    place: str
    name: str | None
    fate: Fate
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ImportUsers:
    """Takes users over, with the hashes of their passwords.

    Whoever has a name already keeps everything, since they may have logged in or changed their
    password meanwhile. So a run that broke off goes on when the same file is imported again.
    """

    usernames: UsernameRules
    hasher: PasswordHasher
    users: UserRepository
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(
        self,
        *,
        rows: Iterable[Row],
        on_duplicate: OnDuplicate = OnDuplicate.FIRST,
        is_trial: bool = False,
        origin: Origin,
    ) -> Iterator[Outcome]:
        """What becomes of each row, told when it is stored; a trial stores nothing.

        Goes through the rows twice when duplicates are refused. Raises UnreadableFile.
        """
        doubled = self._doubled(rows) if on_duplicate is OnDuplicate.REFUSE else frozenset()
        judge = _Judge(self.usernames, self.hasher, doubled, self.clock.now())
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH)):
            judged = [(row, judge(row)) for row in batch]
            new = [user for _, user in judged if isinstance(user, NewUser)]
            taken = self._missing(new) if is_trial else self._stored(new, origin)
            yield from (_outcome(row, user, taken) for row, user in judged)

    def _doubled(self, rows: Iterable[Row]) -> frozenset[str]:
        once: set[str] = set()
        again: set[str] = set()
        for row in rows:
            name = self.usernames.canonical(row.user.name or "")
            if isinstance(name, str):
                (again if name in once else once).add(name)
        return frozenset(again)

    def _missing(self, new: Sequence[NewUser]) -> set[str]:
        names = (user.canonical_name for user in new)
        return {name for name in names if self.users.find_by_name(name) is None}

    def _stored(self, new: Sequence[NewUser], origin: Origin) -> set[str]:
        if not new:
            return set()
        with self.unit_of_work():
            stored = self.users.add_all(new)
            if stored:
                self._record(stored, origin)
        return set(stored)

    def _record(self, stored: Mapping[str, int], origin: Origin) -> None:
        # One entry a batch, for it is one deed; the ids tell for good whom it brought.
        first, last = subject_of(min(stored.values())), subject_of(max(stored.values()))
        detail = f"users={len(stored)} first={first} last={last}"
        self.audit.record(Event.USERS_IMPORTED, origin=origin, detail=detail)


@dataclass(frozen=True, slots=True)
class ExportUsers:
    """Gives everybody away, with the hashes of their passwords."""

    users: UserRepository
    audit: AuditTrail
    unit_of_work: UnitOfWork

    def __call__(self, *, origin: Origin) -> Iterator[UserRecord]:
        """Every user, by their ids; who is changed or comes meanwhile is told as found."""
        with self.unit_of_work():
            # Before the first is told, so that nobody can leave early and have seen them untold.
            self.audit.record(Event.USERS_EXPORTED, origin=origin)
        after = 0
        while page := self.users.page(after=after, limit=BATCH):
            for user in page:
                yield UserRecord(**{name: getattr(user, name) for name in FIELDS})
            after = page[-1].id


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges one row after the other: a user to be stored, or why it is refused."""

    usernames: UsernameRules
    hasher: PasswordHasher
    doubled: frozenset[str]
    now: datetime
    places: dict[str, str] = field(default_factory=dict)
    """Where the names were that are taken."""

    def __call__(self, row: Row) -> NewUser | str:
        user = row.user
        name, password_hash = user.name or "", user.password_hash or ""
        canonical_name = self.usernames.canonical(name)
        if row.fault is not None:
            return row.fault
        if isinstance(canonical_name, FieldError):
            return canonical_name.detail if name else "It has no name."
        if user.role not in (None, "", ADMIN):
            return f"Its role is not known; leave it out, or write {ADMIN}."
        reason = self._against(canonical_name, password_hash)
        if reason is not None:
            return reason
        self.places[canonical_name] = row.place
        created_at, role = user.created_at or self.now, user.role or None
        return NewUser(name, canonical_name, password_hash, created_at, user.disabled_at, role)

    def _against(self, canonical_name: str, password_hash: str) -> str | None:
        if canonical_name in self.doubled:
            return "Several rows have this name, in this or another spelling."
        if canonical_name in self.places:
            place = self.places[canonical_name]
            return f"It has the name of {place}, in this or another spelling."
        if len(password_hash) > MAXIMUM_HASH_LENGTH or not self.hasher.knows(password_hash):
            return "No password can be verified by its hash, or only at too high a cost."
        return None


def _outcome(row: Row, judged: NewUser | str, taken: set[str]) -> Outcome:
    name = row.user.name
    if isinstance(judged, str):
        return Outcome(row.place, name, Fate.REFUSED, judged)
    fate = Fate.TAKEN if judged.canonical_name in taken else Fate.PRESENT
    return Outcome(row.place, name, fate)
