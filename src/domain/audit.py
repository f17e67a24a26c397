"""The audit trail: what happened to accounts and keys, so that nobody can take it back unseen."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Protocol

from domain.clock import Clock
from domain.identifiers import Identifiers
from domain.origins import Origin


class Event(Enum):
    """What happened."""

    USER_REGISTERED = "user_registered"
    LOGGED_IN = "logged_in"
    PASSWORD_REFUSED = "password_refused"  # noqa: S105 - says what happened
    PASSWORD_ACCEPTED = "password_accepted"  # noqa: S105 - says what happened
    PASSWORD_LOCKED = "password_locked"  # noqa: S105 - says what happened
    PASSWORD_UNLOCKED = "password_unlocked"  # noqa: S105 - says what happened
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - says what happened
    SESSION_ENDED = "session_ended"
    OTHER_SESSIONS_ENDED = "other_sessions_ended"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 - says what happened
    USER_REMOVED = "user_removed"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    ROLE_GRANTED = "role_granted"
    ROLE_WITHDRAWN = "role_withdrawn"
    USERS_IMPORTED = "users_imported"
    USERS_EXPORTED = "users_exported"
    CLIENT_CREATED = "client_created"
    CLIENT_SECRET_ROTATED = "client_secret_rotated"  # noqa: S105 - says what happened
    CLIENT_DELETED = "client_deleted"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CODE_REDEEMED = "code_redeemed"
    CODE_REUSED = "code_reused"
    KEY_ROTATED = "key_rotated"
    KEY_RETIRED = "key_retired"
    KEYS_REWRAPPED = "keys_rewrapped"
    AUDIT_TRIMMED = "audit_trimmed"
    BACKUP_RESTORED = "backup_restored"


FAILURES = frozenset(
    {Event.PASSWORD_REFUSED, Event.PASSWORD_LOCKED, Event.REFRESH_TOKEN_REUSED, Event.CODE_REUSED}
)
"""Events in which somebody was kept from what they tried."""

UNKNOWN = "unknown"
"""Who acts, where nobody has proved it."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One event. `subject` is the user, the pseudonym of a name that nobody has, or the key.

    `seal` is its own MAC. Once it has its place in the chain, that is `sequence`, and `link` is the
    MAC of this entry and all before it.
    """

    id: str
    at: datetime
    event: str
    outcome: str
    subject: str | None
    actor: str
    session_id: str | None
    address: str | None
    request_id: str | None
    detail: str | None
    seal: str = ""
    sequence: int | None = None
    link: str | None = None

    def content(self) -> str:
        """All that the entry says, in the one form that is sealed."""
        said = (self.id, self.at.isoformat(), self.event, self.outcome, self.subject, self.actor)
        circumstances = (self.session_id, self.address, self.request_id, self.detail)
        return json.dumps(["entry", *said, *circumstances])


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """A place in the chain, and the link there; the link of an empty chain is the empty text."""

    sequence: int = 0
    link: str = ""

    def __str__(self) -> str:
        return f"{self.sequence} {self.link}".rstrip()

    def following(self, entry: AuditEntry) -> str:
        """What the next link is made of, if this entry comes next."""
        return json.dumps(["link", self.link, self.sequence + 1, entry.seal])

    def content(self, purpose: str) -> str:
        """What the seal is made of under which this is the head, or the checkpoint."""
        return json.dumps([purpose, self.sequence, self.link])


@dataclass(frozen=True, slots=True)
class Chain:
    """Where the chain ends, and the checkpoint: what it was when the entries up to there went.

    Each is under a seal, unless it is the empty chain.
    """

    head: ChainEnd
    head_seal: str
    checkpoint: ChainEnd
    checkpoint_seal: str


EMPTY_CHAIN = Chain(ChainEnd(), "", ChainEnd(), "")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to list; None is all."""

    subject: str | None = None
    event: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


Place = tuple[datetime, str]
"""Where in a list by moment and id an entry is."""


class Seals(Protocol):
    """Message authentication codes that nobody makes without our secret."""

    def seal(self, content: str) -> str:
        """The MAC of this content."""

    def fits(self, content: str, seal: str) -> bool:
        """Whether the MAC was made of this content, with the present secret or an older one."""


class AuditRepository(Protocol):
    """Keeps audit entries. Outside a unit of work each call is a transaction of its own."""

    def add(self, entry: AuditEntry) -> None:
        """Stores an entry, which has no place in the chain yet."""

    def list(
        self, wanted: AuditFilter, *, limit: int, before: Place | None = None
    ) -> Sequence[AuditEntry]:
        """The youngest of the wanted entries, or of those before this place; the youngest first."""

    def unsealed(self, *, limit: int) -> Sequence[AuditEntry]:
        """The oldest of the entries that have no place in the chain, the oldest first."""

    def sealed(self, *, after: int | None, limit: int) -> Sequence[AuditEntry]:
        """The next entries of the chain after this place, in its order; None is before all."""

    def last_before(self, moment: datetime, *, limit: int) -> ChainEnd | None:
        """The last place of the chain before any entry that is not older than this moment.

        It is at most the `limit`th after the checkpoint; None if there is no entry in between.
        """

    def chain(self) -> Chain:
        """Where the chain begins and ends; the empty chain if nothing is known of that."""

    def claim_chain(self) -> Chain | None:
        """The same, which nobody else claims before this unit of work ends.

        While another unit of work has it: either None at once, or what that one has left, when it
        has ended. None also if nothing is known of the chain. Needs an open unit of work.
        """

    def extend(self, entries: Sequence[AuditEntry], *, head: ChainEnd, seal: str) -> None:
        """Writes the places and links of these entries, and where the chain ends now."""

    def trim(self, checkpoint: ChainEnd, *, seal: str) -> int:
        """Removes the entries up to the checkpoint, which it keeps; says how many those were."""


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Writes down what happens, as a part of the unit of work in which it does."""

    entries: AuditRepository
    seals: Seals
    clock: Clock
    identifiers: Identifiers

    def record(
        self,
        event: Event,
        *,
        origin: Origin,
        subject: str | None = None,
        session_id: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Adds an entry. Needs an open unit of work."""
        has_failed = event in FAILURES
        entry = AuditEntry(
            id=self.identifiers.new(),
            at=self.clock.now(),
            event=event.value,
            outcome="failure" if has_failed else "success",
            subject=subject,
            # Who fails is not known to be the user.
            actor=origin.actor or (UNKNOWN if has_failed or subject is None else subject),
            session_id=session_id,
            address=origin.address,
            request_id=origin.request_id,
            detail=detail,
        )
        self.entries.add(replace(entry, seal=self.seals.seal(entry.content())))
