"""Who has claimed the chain has it alone: others are told so, or wait and see what was done."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from adapters.seals import HmacSeals
from adapters.sql.database import Database
from adapters.sql.schema import audit_chain, audit_entries
from domain.audit import EMPTY_CHAIN, AuditTrail, Chain, ChainEnd, Event
from domain.audit_chain import SealAuditTrail, TrimAuditTrail, VerifyAuditTrail
from tests.contracts.audit_entries import MANY, add, entry, placed
from tests.contracts.conftest import THREADS, Stores, sql_stores
from tests.contracts.databases import PostgresDatabases
from tests.contracts.entries import failing_unit
from tests.contracts.test_users import at_once
from tests.contracts.waiting import until_somebody_waits
from tests.fakes.clock import FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.origins import ORIGIN

ROUNDS = 10
SEALS = HmacSeals([b"k" * 32])
RETENTION = timedelta(days=1)


def claim(stores: Stores) -> Chain | None:
    """What somebody gets who claims the chain and does nothing with it."""
    with stores.unit_of_work():
        return stores.audit.claim_chain()


def test_who_claims_the_chain_gets_what_it_is(stores: Stores) -> None:
    assert claim(stores) == EMPTY_CHAIN
    with stores.unit_of_work():
        stores.audit.extend(placed(add(stores, "a")), head=ChainEnd(1, "link 1"), seal="its seal")

    assert (
        claim(stores)
        == stores.audit.chain()
        == replace(EMPTY_CHAIN, head=ChainEnd(1, "link 1"), head_seal="its seal")
    )


def test_a_claim_ends_with_its_unit_of_work_whatever_comes_of_that(stores: Stores) -> None:
    with failing_unit(stores):
        assert stores.audit.claim_chain()

    assert [claim(stores) for _ in range(2)] == [EMPTY_CHAIN] * 2


def test_who_claims_what_another_has_gets_nothing_or_waits_and_sees_what_that_one_did(
    stores: Stores,
) -> None:
    head = ChainEnd(1, "link 1")
    waits = stores.database is None or stores.database.is_embedded

    with ThreadPoolExecutor(1) as elsewhere:
        with stores.unit_of_work():
            assert stores.audit.claim_chain()
            other = elsewhere.submit(claim, stores)
            if waits:
                until_somebody_waits(stores)
                assert not other.done()
            else:
                assert other.result() is None
            stores.audit.add(entry("a"))
            stores.audit.extend(placed([entry("a")]), head=head, seal="its seal")
        found = other.result()

    assert (found and found.head) == (head if waits else None)
    assert claim(stores) == replace(EMPTY_CHAIN, head=head, head_seal="its seal")


def test_the_chain_can_be_looked_at_while_somebody_has_it(stores: Stores) -> None:
    add(stores, "a")
    with ThreadPoolExecutor(1) as elsewhere, stores.unit_of_work():
        assert stores.audit.claim_chain()
        stores.audit.extend(placed([entry("a")]), head=ChainEnd(1, "link 1"), seal="its seal")

        assert elsewhere.submit(stores.audit.chain).result() == EMPTY_CHAIN
        assert len(elsewhere.submit(lambda: stores.audit.unsealed(limit=MANY)).result()) == 1


def test_on_a_server_entries_are_written_beside_who_has_the_chain(
    postgres_databases: PostgresDatabases,
) -> None:
    with postgres_databases.lent() as database, ThreadPoolExecutor(1) as elsewhere:
        stores = sql_stores(database)
        with stores.unit_of_work():
            assert stores.audit.claim_chain()
            elsewhere.submit(add, stores, "a", "b").result()
        assert len(stores.audit.unsealed(limit=MANY)) == 2


def test_a_database_that_has_lost_its_chain_says_nothing_of_it_and_gives_it_to_nobody(
    database: Database,
) -> None:
    stores = sql_stores(database)
    with database.transaction(), database.connection() as connection:
        connection.execute(delete(audit_chain))

    assert stores.audit.chain() == EMPTY_CHAIN
    assert claim(stores) is None
    assert stores.audit.last_before(FakeClock().now(), limit=MANY) is None
    with database.transaction(), database.connection() as connection:
        lost = {"seal": "", "checkpoint_sequence": 0, "checkpoint_link": "", "checkpoint_seal": ""}
        connection.execute(insert(audit_chain).values(id=1, sequence=0, link="", **lost))


def trail(stores: Stores, clock: FakeClock) -> AuditTrail:
    return AuditTrail(stores.audit, SEALS, clock, FakeIdentifiers())


def faults(stores: Stores, head: str | None = None) -> Sequence[str]:
    return VerifyAuditTrail(stores.audit, SEALS)(expected_link=head).faults


def test_what_is_recorded_is_sealed_verified_and_trimmed_as_in_memory(
    stores: Stores, clock: FakeClock
) -> None:
    audit = trail(stores, clock)
    seal = SealAuditTrail(stores.audit, SEALS, stores.unit_of_work)
    trim = TrimAuditTrail(stores.audit, audit, RETENTION, clock, stores.unit_of_work)
    for each in range(1_200):
        audit.record(Event.LOGGED_IN, origin=ORIGIN, subject=f"user:{each}", detail="\u00e4\u20ac")
        clock.advance(seconds=1, microseconds=1)

    heads = [seal() for _ in range(4)]

    assert [head and head.sequence for head in heads] == [500, 1_000, 1_200, None]
    head = stores.audit.chain().head
    assert faults(stores, head.link) == []
    clock.advance(days=3)
    assert [trim(), trim()] == [1_200, 0]
    assert seal() == stores.audit.chain().head
    assert faults(stores, head.link) == []


def test_of_many_who_seal_and_write_at_once_none_seals_anything_twice(
    stores: Stores, clock: FakeClock
) -> None:
    audit = trail(stores, clock)
    seal = SealAuditTrail(stores.audit, SEALS, stores.unit_of_work)

    def work(number: int) -> list[ChainEnd | None]:
        heads = []
        for each in range(ROUNDS):
            with stores.unit_of_work():
                audit.record(Event.LOGGED_IN, origin=ORIGIN, detail=f"{number} {each}")
            heads.append(seal())
        return heads

    outcomes = at_once(work)
    last = seal()

    heads = [head for heads in outcomes for head in heads if head]  # type: ignore[attr-defined]
    assert len({head.sequence for head in heads}) == len(heads)
    sealed = stores.audit.sealed(after=None, limit=MANY)
    assert [each.sequence for each in sealed] == list(range(1, THREADS * ROUNDS + 1))
    assert len({each.detail for each in sealed}) == THREADS * ROUNDS
    assert stores.audit.chain().head in (last, *heads)
    for head in heads:
        assert faults(stores, head.link) == []


def test_in_a_database_a_place_is_had_once(database: Database, clock: FakeClock) -> None:
    """What was done to the chain behind its back does not let two entries have one place."""
    stores = sql_stores(database)
    audit = trail(stores, clock)
    seal = SealAuditTrail(stores.audit, SEALS, stores.unit_of_work)
    for _ in range(2):
        audit.record(Event.LOGGED_IN, origin=ORIGIN)
    assert seal()
    with database.transaction(), database.connection() as connection:
        connection.execute(update(audit_chain).values(sequence=0, link=""))
        connection.execute(
            update(audit_entries).where(audit_entries.c.sequence == 2).values(detail="changed")
        )
    audit.record(Event.LOGGED_IN, origin=ORIGIN)

    before = list(stores.audit.sealed(after=None, limit=MANY))
    with pytest.raises(IntegrityError):
        seal()

    assert list(stores.audit.sealed(after=None, limit=MANY)) == before
    assert any("lies beyond the end" in fault for fault in faults(stores))
