"""How entries get their places in the chain: all, once, in order, by one process at a time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from domain.audit import AuditEntry, AuditFilter, Chain, ChainEnd
from domain.audit_chain import PAGE, ListAuditEntries
from domain.unit_of_work import StorageUnavailable
from domain.users import User
from tests.fakes.audit import TABLE, FakeAuditRepository
from tests.fakes.clock import FakeClock
from tests.patience import PATIENCE
from tests.unit.audited import OPERATOR, World, wrong
from tests.unit.log_ins import after
from tests.unit.spellings import wide
from tests.unit.trails import Trail

THREADS = 20
ROUNDS = 10


@pytest.fixture
def trail(clock: FakeClock) -> Trail:
    return Trail(clock)


def test_an_entry_has_no_place_before_it_is_sealed(trail: Trail) -> None:
    trail.record(2)

    assert trail.places == [None, None]
    assert trail.head == ChainEnd()


def test_entries_are_sealed_in_the_order_in_which_they_happened(trail: Trail) -> None:
    trail.record(3)
    recorded = trail.rows

    head = trail.seal()

    assert trail.places == [1, 2, 3]
    assert [replace(each, sequence=None, link=None) for each in trail.rows] == recorded
    assert head == trail.head == ChainEnd(3, str(trail.rows[-1].link))


def test_each_link_is_made_of_the_one_before_its_own_place_and_the_seal_of_its_entry(
    trail: Trail,
) -> None:
    trail.sealed(3)

    last = ChainEnd()
    for entry in trail.rows:
        last = ChainEnd(last.sequence + 1, trail.seals.seal(last.following(entry)))
        assert entry.link == last.link
    assert len({each.link for each in trail.rows}) == 3


def test_what_comes_later_is_sealed_behind_what_has_a_place(trail: Trail) -> None:
    first = trail.sealed(2).rows
    trail.record(2)

    head = trail.seal()

    assert trail.rows[:2] == first
    assert trail.places == [1, 2, 3, 4]
    assert head == trail.head


def test_an_entry_that_is_late_has_its_place_behind_those_that_were_quicker(trail: Trail) -> None:
    trail.record(2)
    late, quick = trail.rows
    with trail.storage.changing(TABLE) as rows:
        del rows[late.id]
    trail.seal()

    trail.put(late)
    trail.seal()

    assert [each.id for each in trail.rows] == [quick.id, late.id]
    assert trail.faults() == []


class Watched(FakeAuditRepository):
    """Counts what is written."""

    extended = 0

    def extend(self, entries: Sequence[AuditEntry], *, head: ChainEnd, seal: str) -> None:
        self.extended += 1
        super().extend(entries, head=head, seal=seal)


def test_without_anything_new_nothing_is_written_and_no_unit_of_work_opened(trail: Trail) -> None:
    trail.sealed(2)
    watched = Watched(trail.storage)

    # A unit of work cannot be opened inside another.
    with trail.storage.transaction():
        assert replace(trail.seal, entries=watched)() is None
    assert watched.extended == 0
    assert trail.places == [1, 2]


def test_no_more_than_a_page_is_sealed_at_once(trail: Trail) -> None:
    trail.record(PAGE + 1)

    assert trail.seal() == trail.head
    assert trail.head.sequence == PAGE
    assert trail.places.count(None) == 1

    assert trail.seal() == trail.head
    assert trail.head.sequence == PAGE + 1
    assert trail.seal() is None
    assert trail.faults() == []


class Claimed(FakeAuditRepository):
    """A chain that another process has claimed."""

    def claim_chain(self) -> Chain | None:
        return None


def test_while_another_process_is_at_it_nothing_is_sealed(trail: Trail) -> None:
    trail.record(2)

    seal = replace(trail.seal, entries=Claimed(trail.storage))

    assert seal() is None
    assert trail.places == [None, None]


def test_who_finds_everything_sealed_by_another_meanwhile_seals_nothing_twice(
    trail: Trail,
) -> None:
    trail.record(2)
    heads = []
    work = after(lambda: heads.append(trail.seal()), trail.storage.transaction)

    assert replace(trail.seal, unit_of_work=work)() is None

    assert trail.places == [1, 2]
    assert heads == [trail.head]
    assert trail.faults() == []


def test_who_is_overtaken_by_another_goes_on_where_that_one_ended(trail: Trail) -> None:
    def overtake() -> None:
        trail.seal()
        trail.record()

    trail.record(2)

    head = replace(trail.seal, unit_of_work=after(overtake, trail.storage.transaction))()

    assert (trail.places, head) == ([1, 2, 3], trail.head)
    assert trail.faults() == []


def test_what_could_not_be_sealed_whole_is_not_sealed_in_part(trail: Trail) -> None:
    class Failing(FakeAuditRepository):
        def extend(self, entries: Sequence[AuditEntry], *, head: ChainEnd, seal: str) -> None:
            super().extend(entries, head=head, seal=seal)
            raise StorageUnavailable

    trail.record(3)
    before = trail.rows

    with pytest.raises(StorageUnavailable):
        replace(trail.seal, entries=Failing(trail.storage))()

    assert (trail.rows, trail.head) == (before, ChainEnd())


def test_20_who_seal_at_once_beside_those_who_write_make_one_chain(trail: Trail) -> None:
    barrier = Barrier(THREADS, timeout=PATIENCE)

    def work(number: int) -> None:
        barrier.wait()
        for _ in range(ROUNDS):
            if number % 2:
                with trail.storage.transaction():
                    trail.record()
            trail.seal()

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, range(THREADS)))
    trail.sealed(0)

    assert trail.places == list(range(1, THREADS // 2 * ROUNDS + 1))
    assert trail.faults(trail.head.link) == []


@pytest.fixture
def world() -> World:
    return World().peopled()


@pytest.mark.parametrize("spelling", ["miguel", "MIGUEL", wide("miguel")])
def test_what_happened_to_a_user_is_listed_by_any_spelling_of_the_name(
    world: World, spelling: str
) -> None:
    wrong("miguel")(world)
    wrong("susan")(world)
    world.disable(who="miguel", origin=OPERATOR)

    listed = ListAuditEntries(world.check, world.audit.entries)(
        wanted=AuditFilter(), username=spelling, limit=10
    )

    assert {each.subject for each in listed} == {f"user:{world.miguel.id}"}
    assert sorted(each.event for each in listed) == ["password_refused", "user_disabled"]


@pytest.mark.parametrize("name", ["nobody", "two words", "x" * 65, ""])
def test_what_was_tried_at_a_name_that_nobody_has_is_listed_by_the_name(
    world: World, name: str
) -> None:
    for username in (name, "another", "miguel"):
        wrong(username)(world)

    listed = ListAuditEntries(world.check, world.audit.entries)(
        wanted=AuditFilter(), username=name, limit=10
    )

    assert [each.id for each in listed] == [world.told()[0].id]


def test_a_name_narrows_what_else_is_wanted_and_without_one_all_are_listed(world: World) -> None:
    wrong("miguel")(world)
    world.disable(who="miguel", origin=OPERATOR)
    list_entries = ListAuditEntries(world.check, world.audit.entries)
    failed = AuditFilter(outcome="failure")

    assert [
        [each.event for each in list_entries(wanted=wanted, username=name, limit=limit)]
        for wanted, name, limit in (
            (failed, "miguel", 10),
            (failed, "susan", 10),
            (failed, None, 10),
            (AuditFilter(), None, 1),
        )
    ] == [["password_refused"], [], ["password_refused"], [world.told()[-1].event]]


def test_entries_are_listed_before_a_place_as_well(world: World) -> None:
    for username in ("miguel", "susan", "miguel"):
        wrong(username)(world)
    list_entries = ListAuditEntries(world.check, world.audit.entries)
    all_entries = list_entries(wanted=AuditFilter(), limit=10)

    first, *rest = all_entries
    before = (first.at, first.id)

    assert list_entries(wanted=AuditFilter(), before=before, limit=10) == rest


def test_the_entries_of_a_removed_user_are_no_entries_of_who_has_the_name_next(
    world: World,
) -> None:
    wrong("miguel")(world)
    world.delete(who="miguel", origin=OPERATOR)
    newcomer: User = world.register(username="Miguel", password="python", origin=OPERATOR)

    listed = ListAuditEntries(world.check, world.audit.entries)(
        wanted=AuditFilter(), username="miguel", limit=10
    )

    assert [(each.subject, each.event) for each in listed] == [
        (f"user:{newcomer.id}", "user_registered")
    ]
