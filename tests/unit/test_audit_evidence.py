"""A trim signs what it removes: so it must not remove what somebody has tampered with."""

from datetime import timedelta

import pytest

from domain.audit_chain import AuditTrailBroken
from tests.fakes.clock import START, FakeClock
from tests.unit.tamperings import FOUND, LENGTH
from tests.unit.trails import Tampering, Trail


@pytest.fixture
def trail(clock: FakeClock) -> Trail:
    return Trail(clock).sealed(LENGTH)


BEHIND = {
    *("the last", "all", "a copy behind all", "an entry behind the last", "an entry far behind"),
    *("an entry without a place", "a head further on", "a head that was", "another head"),
    "no head",
}
"""What lies behind all that goes, and so is none of a trim's business."""

SEEN = {name: tamper for name, (tamper, _) in FOUND.items() if name not in BEHIND}


@pytest.mark.parametrize("tamper", SEEN.values(), ids=SEEN)
def test_what_was_tampered_with_is_not_trimmed_away(
    trail: Trail, clock: FakeClock, tamper: Tampering
) -> None:
    tamper(trail)
    clock.advance(days=100)
    before, chain = trail.rows, trail.chain

    with pytest.raises(AuditTrailBroken):
        trail.trim()

    assert (trail.rows, trail.chain) == (before, chain)
    assert trail.faults()


@pytest.mark.parametrize("tamper", [tamper for tamper, _ in FOUND.values()], ids=list(FOUND))
def test_no_trim_makes_a_trail_whole_that_was_tampered_with(
    trail: Trail, clock: FakeClock, tamper: Tampering
) -> None:
    tamper(trail)
    clock.advance(days=100)

    for _ in range(3):
        try:
            trail.trim()
        except AuditTrailBroken:
            break
        clock.advance(days=100)

    assert trail.faults()


def test_entries_that_were_made_to_look_old_are_not_trimmed(trail: Trail) -> None:
    known = trail.head.link
    for place in range(1, LENGTH + 1):
        trail.change(place, at=START - timedelta(days=365))

    with pytest.raises(AuditTrailBroken):
        trail.trim()

    assert len(trail.faults(known)) == LENGTH
