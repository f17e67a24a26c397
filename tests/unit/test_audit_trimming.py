"""How the audit trail is kept short: late, in batches, under a seal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain import audit_chain
from domain.audit import AuditEntry, Chain, ChainEnd, Event
from domain.audit_chain import CHECKPOINT, TRIM_BATCH
from domain.unit_of_work import StorageUnavailable
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import FakeClock
from tests.origins import ORIGIN
from tests.unit.log_ins import after
from tests.unit.trails import RETENTION, Trail

DAY = timedelta(days=1)


@pytest.fixture
def trail(clock: FakeClock) -> Trail:
    return Trail(clock)


def days(trail: Trail, number: int) -> Trail:
    """This trail with a sealed entry each day; the last of them is made today."""
    for each in range(number):
        if each:
            trail.clock.advance(days=1)
        trail.audit.record(Event.LOGGED_IN, origin=ORIGIN)
        trail.seal()
    return trail


def test_nothing_is_trimmed_before_something_is_a_day_older_than_has_to_be_kept(
    trail: Trail, clock: FakeClock
) -> None:
    days(trail, 3)
    first = trail.rows[0].at
    clock.advance(seconds=(first + RETENTION + DAY - clock.now()).total_seconds())
    before = trail.rows

    assert trail.trim() == 0
    assert trail.rows == before

    clock.advance(microseconds=1)
    assert trail.trim() == 2


def test_what_is_older_than_has_to_be_kept_goes_and_what_is_not_stays(
    trail: Trail, clock: FakeClock
) -> None:
    days(trail, 5)
    kept = trail.rows[2:]
    clock.advance(seconds=(kept[0].at + RETENTION - clock.now()).total_seconds())

    assert trail.trim() == 2

    assert trail.rows[:3] == kept
    assert len(trail.rows) == 4
    assert trail.chain.checkpoint.sequence == 2


def test_a_trim_is_told_by_nobody_but_the_program_and_says_how_much_went(
    trail: Trail, clock: FakeClock
) -> None:
    days(trail, 5)
    clock.advance(days=29)

    trail.trim()

    told = trail.rows[-1]
    assert (told.event, told.outcome, told.subject, told.actor, told.detail) == (
        *("audit_trimmed", "success", None),
        *("varvel", "entries=3 until=3"),
    )
    assert (told.at, told.address, told.request_id) == (clock.now(), None, None)


def test_a_trimmed_trail_begins_at_a_checkpoint_under_a_seal_and_is_whole(
    trail: Trail, clock: FakeClock
) -> None:
    days(trail, 5)
    third, fourth = trail.rows[2:4]
    clock.advance(days=29)
    trail.trim()

    assert trail.chain.checkpoint == ChainEnd(3, str(third.link))
    assert trail.seals.fits(trail.chain.checkpoint.content(CHECKPOINT), trail.chain.checkpoint_seal)
    assert trail.faults(third.link) == trail.faults(fourth.link) == []
    trail.seal()
    report = trail.report(trail.head.link)
    assert (report.faults, report.checked, report.head) == ([], 3, trail.head)


def test_a_trail_of_which_everything_was_trimmed_is_whole_and_goes_on(
    trail: Trail, clock: FakeClock
) -> None:
    head = days(trail, 3).head
    clock.advance(days=100)

    assert trail.trim() == 3

    assert trail.head == trail.chain.checkpoint == head
    assert trail.faults(head.link) == []
    trail.sealed(2)
    assert trail.places == [4, 5, 6]
    assert trail.faults(trail.head.link) == []


def test_a_link_from_before_the_checkpoint_is_not_known_any_more(
    trail: Trail, clock: FakeClock
) -> None:
    days(trail, 3)
    first = str(trail.rows[0].link)
    clock.advance(days=100)
    trail.trim()

    (fault,) = trail.faults(first)
    assert "older than what is kept" in fault


def test_after_a_trim_the_next_waits_for_another_day_of_entries(
    trail: Trail, clock: FakeClock
) -> None:
    days(trail, 5)
    clock.advance(days=29)

    assert [trail.trim() for _ in range(3)] == [3, 0, 0]


def test_a_trim_is_bounded_and_the_next_one_goes_on(
    trail: Trail, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_chain, "TRIM_BATCH", 4)
    trail.sealed(10)
    clock.advance(days=100)

    assert [trail.trim() for _ in range(4)] == [4, 4, 2, 0]

    assert [each.detail for each in trail.rows] == [
        "entries=4 until=4",
        "entries=4 until=8",
        "entries=2 until=10",
    ]
    trail.seal()
    assert trail.faults(trail.head.link) == []


def test_ten_thousand_go_at_once(trail: Trail, clock: FakeClock) -> None:
    asked = []

    class Asked(FakeAuditRepository):
        def last_before(self, moment: datetime, *, limit: int) -> ChainEnd | None:
            asked.append((moment, limit))
            return super().last_before(moment, limit=limit)

    trail.sealed(1)
    clock.advance(days=100)
    replace(trail.trim, entries=Asked(trail.storage))()

    limit = clock.now() - RETENTION
    assert asked == [(limit - DAY, TRIM_BATCH), (limit, TRIM_BATCH)]
    assert TRIM_BATCH == 10_000


def test_what_has_no_place_yet_stays_however_old_it_is(trail: Trail, clock: FakeClock) -> None:
    trail.sealed(2)
    trail.record(1)
    clock.advance(days=100)

    assert trail.trim() == 2
    assert trail.places == [None, None]


def test_an_old_entry_behind_a_young_one_stays_until_that_one_goes(
    trail: Trail, clock: FakeClock
) -> None:
    first = days(trail, 1).rows[0]
    clock.advance(days=40)
    trail.record(1)
    late = replace(trail.rows[-1], id="late", at=first.at)
    trail.seal()
    trail.put(replace(late, seal=trail.seals.seal(late.content())))
    trail.seal()

    assert trail.trim() == 1
    assert [each.id for each in trail.rows[1:]] == ["late", trail.rows[-1].id]

    clock.advance(days=40)
    assert trail.trim() == 2
    trail.seal()
    assert trail.faults(trail.head.link) == []


def test_while_another_process_is_at_the_chain_nothing_is_trimmed(
    trail: Trail, clock: FakeClock
) -> None:
    class Claimed(FakeAuditRepository):
        def claim_chain(self) -> Chain | None:
            return None

    trail.sealed(3)
    clock.advance(days=100)

    assert replace(trail.trim, entries=Claimed(trail.storage))() == 0
    assert trail.places == [1, 2, 3]


def test_who_is_overtaken_by_another_trims_nothing_twice(trail: Trail, clock: FakeClock) -> None:
    trail.sealed(3)
    clock.advance(days=100)
    work = after(trail.trim, trail.storage.transaction)

    assert replace(trail.trim, unit_of_work=work)() == 0

    assert [each.detail for each in trail.rows] == ["entries=3 until=3"]


def test_without_its_entry_a_trim_is_not_done(trail: Trail, clock: FakeClock) -> None:
    class Unwritable(FakeAuditRepository):
        def add(self, entry: AuditEntry) -> None:
            raise StorageUnavailable

    trail.sealed(3)
    clock.advance(days=100)
    before, chain = trail.rows, trail.chain
    trail.use(Unwritable(trail.storage))

    with pytest.raises(StorageUnavailable):
        trail.trim()

    assert (trail.rows, trail.chain) == (before, chain)


def test_a_trail_that_is_trimmed_while_it_is_verified_has_no_fault(
    trail: Trail, clock: FakeClock
) -> None:
    trims = [trail.trim]

    class Trimmed(FakeAuditRepository):
        def sealed(self, *, after: int | None, limit: int) -> Sequence[AuditEntry]:
            if trims:
                trims.pop()()
            return super().sealed(after=after, limit=limit)

    trail.sealed(3)
    clock.advance(days=100)
    known = trail.head.link

    report = replace(trail.verify, entries=Trimmed(trail.storage))(expected_link=known)

    assert (report.faults, report.checked) == ([], 0)
    assert report.head == trail.chain.checkpoint == ChainEnd(3, known)
