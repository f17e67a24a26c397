"""The audit trail in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from domain.audit import EMPTY_CHAIN, AuditEntry, AuditFilter, Chain, ChainEnd, Place
from tests.fakes.unit_of_work import Storage, in_utc

TABLE = "audit_entries"
CHAIN = "audit_chain"


class FakeAuditRepository:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, entry: AuditEntry) -> None:
        with self._storage.changing(TABLE) as entries:
            entries[entry.id] = replace(entry, at=in_utc(entry.at))

    def list(
        self, wanted: AuditFilter, *, limit: int, before: Place | None = None
    ) -> Sequence[AuditEntry]:
        found = [each for each in self._entries() if _is_wanted(each, wanted)]
        if before is not None:
            found = [each for each in found if (each.at, each.id) < before]
        return sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)[:limit]

    def unsealed(self, *, limit: int) -> Sequence[AuditEntry]:
        found = [each for each in self._entries() if each.sequence is None]
        return sorted(found, key=lambda entry: (entry.at, entry.id))[:limit]

    def sealed(self, *, after: int | None, limit: int) -> Sequence[AuditEntry]:
        placed = [(each.sequence, each) for each in self._entries() if each.sequence is not None]
        found = [(place, each) for place, each in placed if after is None or place > after]
        return [each for _, each in sorted(found, key=lambda pair: pair[0])[:limit]]

    def last_before(self, moment: datetime, *, limit: int) -> ChainEnd | None:
        chain, sealed = self.chain(), self.sealed(after=None, limit=len(self._entries()))
        kept = [each.sequence or 0 for each in sealed if each.at >= moment]
        last = kept[0] - 1 if kept else chain.head.sequence
        trimmed = chain.checkpoint.sequence
        places = [ChainEnd(each.sequence or 0, each.link or "") for each in sealed]
        found = [each for each in places if trimmed < each.sequence <= min(last, trimmed + limit)]
        return found[-1] if found else None

    def chain(self) -> Chain:
        chain: Chain = self._storage.rows(CHAIN).get("chain", EMPTY_CHAIN)
        return chain

    def claim_chain(self) -> Chain | None:
        # A unit of work has the whole storage to itself.
        return self.chain()

    def extend(self, entries: Sequence[AuditEntry], *, head: ChainEnd, seal: str) -> None:
        with self._storage.changing(TABLE) as rows, self._storage.changing(CHAIN) as chains:
            for each in entries:
                rows[each.id] = replace(rows[each.id], sequence=each.sequence, link=each.link)
            chains["chain"] = replace(self.chain(), head=head, head_seal=seal)

    def trim(self, checkpoint: ChainEnd, *, seal: str) -> int:
        placed = self.sealed(after=None, limit=len(self._entries()))
        gone = [each.id for each in placed if (each.sequence or 0) <= checkpoint.sequence]
        with self._storage.changing(TABLE) as rows, self._storage.changing(CHAIN) as chains:
            for entry_id in gone:
                del rows[entry_id]
            chains["chain"] = replace(self.chain(), checkpoint=checkpoint, checkpoint_seal=seal)
        return len(gone)

    def _entries(self) -> Sequence[AuditEntry]:
        return tuple(self._storage.rows(TABLE).values())


class FakeSeals:
    """Seals of several secrets; the first one is the present."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets or ("secret",)

    def seal(self, content: str) -> str:
        return _digest(self._secrets[0], content)

    def fits(self, content: str, seal: str) -> bool:
        return any(_digest(secret, content) == seal for secret in self._secrets)


def _digest(secret: str, content: str) -> str:
    return sha256(f"{secret}:{content}".encode()).hexdigest()[:43]


def _is_wanted(entry: AuditEntry, wanted: AuditFilter) -> bool:
    return (
        wanted.subject in (None, entry.subject)
        and wanted.event in (None, entry.event)
        and wanted.outcome in (None, entry.outcome)
        and (wanted.since is None or entry.at >= wanted.since)
        and (wanted.until is None or entry.at < wanted.until)
    )
