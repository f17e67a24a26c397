"""Consents: what users let applications do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.audit import AuditTrail, Event
from domain.clock import Clock
from domain.errors import DomainError, ErrorKind
from domain.identifiers import is_identifier
from domain.origins import Origin
from domain.revocations import RevokedSessions
from domain.sessions import SessionRepository, require_live
from domain.tokens import TokenPrincipal
from domain.unit_of_work import UnitOfWork
from domain.users import UserRepository, subject_of


@dataclass(frozen=True, slots=True)
class Consent:
    """What a user has let an application do, and since when that is so."""

    user_id: int
    client_id: str
    client_name: str
    scope: str
    given_at: datetime

    def covers(self, scope: str) -> bool:
        """Whether all of this scope was consented to."""
        return set(scope.split()) <= set(self.scope.split())


class ConsentNotFound(DomainError):
    """The user has let no such application do anything."""

    code = "consent_not_found"
    kind = ErrorKind.NOT_FOUND
    detail = "You have given no such consent; GET /api/consents lists those you have given."


class ConsentRepository(Protocol):
    """Keeps consents. Outside a unit of work each call is a transaction of its own."""

    def find(self, user_id: int, client_id: str) -> Consent | None:
        """What this user has let this client do."""

    def list(self, user_id: int) -> Sequence[Consent]:
        """All that this user has consented to, the youngest first."""

    def put(self, user_id: int, client_id: str, *, scope: str, given_at: datetime) -> None:
        """Stores it in place of what was there. Needs an open unit of work with the user locked."""

    def remove(self, user_id: int, client_id: str) -> bool:
        """Removes it, and the client's authorization codes from this user; says if it was there."""


@dataclass(frozen=True, slots=True)
class ListConsents:
    """Shows users what they have let applications do."""

    consents: ConsentRepository

    def __call__(self, *, principal: TokenPrincipal) -> Sequence[Consent]:
        """The consents, the youngest first."""
        return self.consents.list(principal.user_id)


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """Takes a consent back, and ends all that came of it."""

    users: UserRepository
    consents: ConsentRepository
    sessions: SessionRepository
    revoked: RevokedSessions
    audit: AuditTrail
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self, *, principal: TokenPrincipal, client_id: str, origin: Origin) -> None:
        """Withdraws it.

        Raises ConsentNotFound, and InvalidCredentials when the present session is over.
        """
        now = self.clock.now()
        with self.unit_of_work():
            self.users.lock(principal.user_id)
            require_live(self.sessions, principal, now)
            if not is_identifier(client_id) or not self.consents.remove(
                principal.user_id, client_id
            ):
                raise ConsentNotFound
            ended = self.sessions.end(principal.user_id, at=now, client_id=client_id)
            self.audit.record(
                Event.CONSENT_WITHDRAWN,
                origin=origin,
                subject=subject_of(principal.user_id),
                session_id=principal.session_id,
                detail=f"client={client_id} sessions={len(ended)}",
            )
        self.revoked.add(ended)
