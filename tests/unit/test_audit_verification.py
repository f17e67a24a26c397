"""What is found by verifying the audit trail: whatever was done to it, and nothing else."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.audit import AuditEntry, ChainEnd
from domain.audit_chain import HEAD, PAGE, AuditTrailBroken
from tests.fakes.audit import TABLE, FakeAuditRepository
from tests.fakes.clock import START, FakeClock
from tests.unit.tamperings import FOUND, LENGTH, SAID, empty
from tests.unit.trails import Tampering, Trail

CUT = "The head that was given is not in the chain"


@pytest.fixture
def trail(clock: FakeClock) -> Trail:
    """Six entries with a place."""
    return Trail(clock).sealed(LENGTH)


@pytest.mark.parametrize("number", [0, 1, PAGE, PAGE + 1, 1_200])
def test_an_untouched_trail_has_no_fault(clock: FakeClock, number: int) -> None:
    trail = Trail(clock).sealed(number)

    report = trail.report(trail.head.link)

    assert (report.faults, report.unsealed) == ([], [])
    assert (report.checked, report.head) == (number, trail.head)
    assert trail.faults() == []


def test_what_has_no_place_yet_is_named_and_is_no_fault(trail: Trail) -> None:
    trail.record(2)

    report = trail.report()

    assert report.faults == []
    assert report.checked == LENGTH
    assert report.unsealed == [each.id for each in trail.rows[LENGTH:]]


def test_every_link_that_was_ever_the_head_is_found(trail: Trail) -> None:
    for entry in trail.rows:
        assert trail.faults(entry.link) == []
    assert trail.faults("") == []


def test_a_link_that_never_was_the_head_is_not_found(trail: Trail) -> None:
    (fault,) = trail.faults("another")

    assert fault.startswith(CUT)


@pytest.mark.parametrize("place", [1, 3, LENGTH])
@pytest.mark.parametrize("name", SAID)
def test_an_entry_that_was_changed_in_anything_is_named(
    trail: Trail, name: str, place: int
) -> None:
    entry = trail.rows[place - 1]
    changed = {"at": START - timedelta(days=1), "id": "another"}.get(name, "changed")
    trail.cut(place)
    trail.put(replace(entry, **{name: changed}))  # type: ignore[arg-type]

    faults = trail.faults()

    assert f"Entry {place} ({trail.rows[place - 1].id}) was changed." in faults
    # A place is made of the entry's own seal, and of nothing else that it says.
    assert len(faults) == (2 if name == "seal" else 1)


def test_a_moment_that_was_changed_by_a_microsecond_is_found(trail: Trail) -> None:
    trail.change(2, at=trail.rows[1].at + timedelta(microseconds=1))

    assert trail.faults() == [f"Entry 2 ({trail.rows[1].id}) was changed."]


@pytest.mark.parametrize(("tamper", "expected"), FOUND.values(), ids=FOUND)
def test_whatever_is_done_behind_the_trails_back_is_found(
    trail: Trail, tamper: Tampering, expected: Sequence[str]
) -> None:
    tamper(trail)

    faults = trail.faults()

    assert all(any(words in fault for fault in faults) for words in expected), faults
    assert all(any(words in fault for words in expected) for fault in faults), faults


@pytest.mark.parametrize("tamper", [tamper for tamper, _ in FOUND.values()], ids=list(FOUND))
def test_sealing_what_comes_later_hides_nothing_of_it(trail: Trail, tamper: Tampering) -> None:
    tamper(trail)
    trail.record(3)
    with suppress(AuditTrailBroken):
        trail.seal()

    assert trail.faults()


def cut_with_head(trail: Trail, left: int) -> str:
    """Puts back what the storage was when it had so many; gives the link of the last one since."""
    known = trail.head.link
    head = ChainEnd(left, str(trail.rows[left - 1].link)) if left else ChainEnd()
    trail.cut(*range(left + 1, LENGTH + 1))
    trail.move(head=head, head_seal=trail.seals.seal(head.content(HEAD)))
    return known


@pytest.mark.parametrize("left", [0, 1, LENGTH - 1])
def test_an_end_cut_off_together_with_the_head_is_found_by_a_link_that_is_known(
    trail: Trail, left: int
) -> None:
    known = cut_with_head(trail, left)

    assert trail.faults() == []
    (fault,) = trail.faults(known)
    assert fault.startswith(CUT)


def test_an_end_that_was_cut_off_and_grew_again_is_found_by_a_link_that_is_known(
    trail: Trail,
) -> None:
    known = cut_with_head(trail, LENGTH - 2)
    trail.with_secrets("secret").sealed(5)

    assert trail.faults() == []
    (fault,) = trail.faults(known)
    assert fault.startswith(CUT)


@pytest.mark.parametrize("place", [0, 2, LENGTH])
def test_a_link_that_is_known_is_not_found_where_nobody_sealed_it(trail: Trail, place: int) -> None:
    known = trail.head.link
    empty(trail)
    trail.move(head=ChainEnd(place, known), checkpoint=ChainEnd(place, known))

    assert trail.faults(known) == [
        f"The checkpoint at {place} does not fit its seal.",
        *([] if place == LENGTH else [f"The end of the chain at {place} does not fit its seal."]),
    ]


def test_a_head_is_not_moved_back_without_the_seal_that_it_had_there(trail: Trail) -> None:
    trail.cut(LENGTH)
    trail.move(head=ChainEnd(LENGTH - 1, str(trail.rows[-1].link)))

    assert trail.faults() == [f"The end of the chain at {LENGTH - 1} does not fit its seal."]


def test_nothing_is_sealed_onto_a_chain_that_was_cut_since_the_process_looked(trail: Trail) -> None:
    cut_with_head(trail, 0)

    with pytest.raises(AuditTrailBroken):
        trail.seal()
    trail.record(1)
    with pytest.raises(AuditTrailBroken):
        trail.seal()


def test_a_removed_entry_is_not_hidden_by_having_the_rest_sealed_again(trail: Trail) -> None:
    second = trail.rows[1]
    trail.cut(3)
    for entry in trail.rows[2:]:
        trail.put(replace(entry, sequence=None, link=None))
    trail.move(head=ChainEnd(2, str(second.link)))

    for process in (trail, trail.with_secrets("secret")):
        with pytest.raises(AuditTrailBroken):
            process.seal()
    assert trail.faults() == ["The end of the chain at 2 does not fit its seal."]


@pytest.mark.parametrize("name", SAID)
def test_an_entry_that_was_changed_before_it_had_a_place_is_named(trail: Trail, name: str) -> None:
    trail.record(2)
    entry = trail.rows[-1]
    changed = {"at": START, "id": "another"}.get(name, "changed")
    with trail.storage.changing(TABLE) as rows:
        del rows[entry.id]
    trail.put(replace(entry, **{name: changed}))  # type: ignore[arg-type]

    (fault,) = trail.faults()
    assert fault == f"Entry unsealed ({'another' if name == 'id' else entry.id}) was changed."

    trail.seal()
    assert len(trail.faults()) == 1


def test_more_than_a_page_of_entries_without_a_place_are_looked_at(trail: Trail) -> None:
    trail.record(PAGE + 1)
    last = trail.rows[-1]
    trail.put(replace(last, outcome="changed"))

    assert trail.faults() == [f"Entry unsealed ({last.id}) was changed."]
    assert len(trail.report().unsealed) == PAGE + 1


def test_entries_under_a_secret_that_came_before_are_as_whole_as_those_under_the_present_one(
    trail: Trail,
) -> None:
    renewed = trail.with_secrets("newer", "secret").sealed(3)
    renewed.record(2)

    assert renewed.faults(renewed.head.link) == []
    assert trail.with_secrets("newest", "newer", "secret").faults() == []


@pytest.mark.parametrize("secrets", [("newer",), ("secret",), ("newest", "newer")])
def test_without_the_secret_that_they_were_sealed_with_entries_are_taken_for_changed(
    trail: Trail, secrets: Sequence[str]
) -> None:
    trail.with_secrets("newer", "secret").sealed(3)

    assert trail.with_secrets(*secrets).faults()


def test_what_is_sealed_while_the_trail_is_verified_is_no_fault(trail: Trail) -> None:
    class Growing(FakeAuditRepository):
        def sealed(self, *, after: int | None, limit: int) -> Sequence[AuditEntry]:
            trail.sealed(1)
            return super().sealed(after=after, limit=limit)

    report = replace(trail.verify, entries=Growing(trail.storage))()

    assert report.faults == []
    assert report.checked == LENGTH
    assert trail.head.sequence > LENGTH
