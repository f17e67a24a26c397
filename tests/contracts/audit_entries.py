"""Entries of the audit trail that the suites put into storage."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.audit import AuditEntry, AuditFilter, ChainEnd
from tests.contracts.conftest import Stores
from tests.fakes.clock import START

EVERYTHING = AuditFilter()
MANY = 1_000

ENTRY = AuditEntry(
    *("id", START, "logged_in", "success", "user:7", "user:7"),
    *("session", "192.0.2.7", "request", "detail"),
    seal="seal",
)


def entry(entry_id: str, *, at: datetime = START) -> AuditEntry:
    """An entry that has no place yet."""
    return replace(ENTRY, id=entry_id, at=at, seal=f"seal of {entry_id}")


def add(stores: Stores, *entry_ids: str) -> list[AuditEntry]:
    """Entries without a place, an hour apart, the oldest first."""
    added = [
        entry(entry_id, at=START + timedelta(hours=number))
        for number, entry_id in enumerate(entry_ids)
    ]
    for each in added:
        stores.audit.add(each)
    return added


def placed(entries: Sequence[AuditEntry], *, first: int = 1) -> list[AuditEntry]:
    """These entries with a place each."""
    return [
        replace(each, sequence=number, link=f"link {number}")
        for number, each in enumerate(entries, first)
    ]


def seal(stores: Stores, entries: Sequence[AuditEntry], *, first: int = 1) -> list[AuditEntry]:
    """Gives these entries places as the use case does."""
    sealed = placed(entries, first=first)
    with stores.unit_of_work():
        assert stores.audit.claim_chain()
        head = ChainEnd(sealed[-1].sequence or 0, sealed[-1].link or "")
        stores.audit.extend(sealed, head=head, seal="its seal")
    return sealed


def listed(
    stores: Stores, wanted: AuditFilter = EVERYTHING, *, limit: int = MANY
) -> list[AuditEntry]:
    return list(stores.audit.list(wanted, limit=limit))


def ids(entries: Sequence[AuditEntry]) -> str:
    """The ids in one word."""
    return "".join(each.id for each in entries)
