"""The audit trail in the database."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from adapters.sql.database import Database
from adapters.sql.schema import audit_chain, audit_entries
from domain.audit import EMPTY_CHAIN, AuditEntry, AuditFilter, Chain, ChainEnd, Place

_ADD = insert(audit_entries)
_YOUNGEST_FIRST = (audit_entries.c.at.desc(), audit_entries.c.id.desc())
_UNSEALED = (
    select(audit_entries)
    .where(audit_entries.c.sequence.is_(None))
    .order_by(audit_entries.c.at, audit_entries.c.id)
    .limit(bindparam("most"))
)
_SEALED = (
    select(audit_entries)
    .where(audit_entries.c.sequence.is_not(None))
    .order_by(audit_entries.c.sequence)
)
_FIRST_KEPT = select(func.min(audit_entries.c.sequence)).where(
    audit_entries.c.sequence.is_not(None), audit_entries.c.at >= bindparam("moment")
)
_LAST = (
    select(audit_entries.c.sequence, audit_entries.c.link)
    .where(audit_entries.c.sequence.between(bindparam("first"), bindparam("last")))
    .order_by(audit_entries.c.sequence.desc())
    .limit(1)
)
_CHAIN = select(audit_chain)
_CLAIM = _CHAIN.with_for_update(skip_locked=True)
_SEAL = (
    update(audit_entries)
    .where(audit_entries.c.id == bindparam("entry"))
    .values(sequence=bindparam("new_sequence"), link=bindparam("new_link"))
)
_MOVE_ENDS = update(audit_chain)
_TRIM = delete(audit_entries).where(audit_entries.c.sequence <= bindparam("until"))


class SqlAuditRepository:
    """The tables of the audit trail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entry: AuditEntry) -> None:
        with self._database.connection() as connection:
            connection.execute(_ADD, asdict(entry))

    def list(
        self, wanted: AuditFilter, *, limit: int, before: Place | None = None
    ) -> Sequence[AuditEntry]:
        statement = select(audit_entries).where(*_conditions(wanted))
        if before is not None:
            at, entry_id = before
            same = and_(audit_entries.c.at == at, audit_entries.c.id < entry_id)
            statement = statement.where(or_(audit_entries.c.at < at, same))
        with self._database.connection() as connection:
            rows = connection.execute(statement.order_by(*_YOUNGEST_FIRST).limit(limit))
            return [AuditEntry(**row) for row in rows.mappings()]

    def unsealed(self, *, limit: int) -> Sequence[AuditEntry]:
        with self._database.connection() as connection:
            rows = connection.execute(_UNSEALED, {"most": limit}).mappings()
            return [AuditEntry(**row) for row in rows]

    def sealed(self, *, after: int | None, limit: int) -> Sequence[AuditEntry]:
        statement = _SEALED if after is None else _SEALED.where(audit_entries.c.sequence > after)
        with self._database.connection() as connection:
            rows = connection.execute(statement.limit(limit)).mappings()
            return [AuditEntry(**row) for row in rows]

    def last_before(self, moment: datetime, *, limit: int) -> ChainEnd | None:
        with self._database.connection() as connection:
            chain = _chain(connection.execute(_CHAIN).first())
            first_kept = connection.scalar(_FIRST_KEPT, {"moment": moment})
            last = chain.head.sequence if first_kept is None else first_kept - 1
            trimmed = chain.checkpoint.sequence
            places = {"first": trimmed + 1, "last": min(last, trimmed + limit)}
            row = connection.execute(_LAST, places).first()
        return ChainEnd(row.sequence, row.link) if row else None

    def chain(self) -> Chain:
        with self._database.connection() as connection:
            return _chain(connection.execute(_CHAIN).first())

    def claim_chain(self) -> Chain | None:
        with self._database.connection() as connection:
            row = connection.execute(_CLAIM).first()
            return _chain(row) if row else None

    def extend(self, entries: Sequence[AuditEntry], *, head: ChainEnd, seal: str) -> None:
        places = [
            {"entry": each.id, "new_sequence": each.sequence, "new_link": each.link}
            for each in entries
        ]
        with self._database.connection() as connection:
            connection.execute(_SEAL, places)
            moved = {"sequence": head.sequence, "link": head.link, "seal": seal}
            connection.execute(_MOVE_ENDS, moved)

    def trim(self, checkpoint: ChainEnd, *, seal: str) -> int:
        values = {
            "checkpoint_sequence": checkpoint.sequence,
            "checkpoint_link": checkpoint.link,
            "checkpoint_seal": seal,
        }
        with self._database.connection() as connection:
            connection.execute(_MOVE_ENDS, values)
            return connection.execute(_TRIM, {"until": checkpoint.sequence}).rowcount


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.subject is not None:
        yield audit_entries.c.subject == wanted.subject
    if wanted.event is not None:
        yield audit_entries.c.event == wanted.event
    if wanted.outcome is not None:
        yield audit_entries.c.outcome == wanted.outcome
    if wanted.since is not None:
        yield audit_entries.c.at >= wanted.since
    if wanted.until is not None:
        yield audit_entries.c.at < wanted.until


def _chain(row: Row[tuple[object, ...]] | None) -> Chain:
    if row is None:
        return EMPTY_CHAIN
    return Chain(
        ChainEnd(row.sequence, row.link),
        row.seal,
        ChainEnd(row.checkpoint_sequence, row.checkpoint_link),
        row.checkpoint_seal,
    )
