"""Audit trails to seal, to tamper with and to trim."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from domain.audit import AuditEntry, AuditRepository, AuditTrail, Chain, ChainEnd, Event
from domain.audit_chain import AuditReport, SealAuditTrail, TrimAuditTrail, VerifyAuditTrail
from tests.fakes.audit import CHAIN, TABLE, FakeAuditRepository, FakeSeals
from tests.fakes.clock import FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN

RETENTION = timedelta(days=30)


@dataclass
class Trail:
    """An audit trail in memory, and all that is done with it."""

    clock: FakeClock
    storage: Storage = field(default_factory=Storage)
    seals: FakeSeals = field(default_factory=FakeSeals)
    identifiers: FakeIdentifiers = field(default_factory=FakeIdentifiers)

    def __post_init__(self) -> None:
        self.use(FakeAuditRepository(self.storage))

    def use(self, entries: AuditRepository) -> None:
        """From now on everything goes through this repository."""
        self.entries = entries
        work = self.storage.transaction
        self.audit = AuditTrail(entries, self.seals, self.clock, self.identifiers)
        self.seal = SealAuditTrail(entries, self.seals, work)
        self.trim = TrimAuditTrail(entries, self.audit, RETENTION, self.clock, work)
        self.verify = VerifyAuditTrail(entries, self.seals)

    def with_secrets(self, *secrets: str) -> "Trail":
        """The same trail, in a process that has these secrets."""
        return Trail(self.clock, self.storage, FakeSeals(*secrets), self.identifiers)

    def record(self, number: int = 1, event: Event = Event.LOGGED_IN) -> None:
        """So many entries, a second apart."""
        for each in range(number):
            self.audit.record(event, origin=ORIGIN, subject=f"user:{each}", session_id="session")
            self.clock.advance(seconds=1)

    def sealed(self, number: int) -> "Trail":
        """This trail, with so many more entries, all sealed."""
        self.record(number)
        while self.seal():
            pass
        return self

    def faults(self, head: str | None = None) -> Sequence[str]:
        return self.report(head).faults

    def report(self, head: str | None = None) -> AuditReport:
        return self.verify(expected_link=head)

    @property
    def rows(self) -> list[AuditEntry]:
        """All that is stored, the sealed ones first."""
        rows: list[AuditEntry] = list(self.storage.rows(TABLE).values())
        return sorted(rows, key=lambda each: (each.sequence is None, each.sequence or 0, each.at))

    @property
    def places(self) -> list[int | None]:
        return [each.sequence for each in self.rows]

    @property
    def chain(self) -> Chain:
        return self.entries.chain()

    @property
    def head(self) -> ChainEnd:
        return self.chain.head

    def put(self, *entries: AuditEntry) -> None:
        """Writes these rows behind the trail's back."""
        with self.storage.changing(TABLE) as rows:
            rows.update({each.id: each for each in entries})

    def change(self, place: int, **values: Any) -> None:
        """Changes the row at this place behind the trail's back."""
        self.put(replace(self.rows[place - 1], **values))

    def cut(self, *places: int) -> None:
        """Removes the rows at these places behind the trail's back."""
        with self.storage.changing(TABLE) as rows:
            for entry in [each for each in rows.values() if each.sequence in places]:
                del rows[entry.id]

    def move(self, **values: Any) -> None:
        """Changes where the chain begins and ends behind the trail's back."""
        with self.storage.changing(CHAIN) as chains:
            chains["chain"] = replace(self.chain, **values)


Tampering = Callable[[Trail], object]
