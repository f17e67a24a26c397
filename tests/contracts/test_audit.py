"""What every repository of audit entries promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.audit import AuditFilter, ChainEnd
from tests.contracts.audit_entries import ENTRY, MANY, add, entry, ids, listed, placed, seal
from tests.contracts.conftest import Stores
from tests.contracts.entries import failing_unit
from tests.contracts.test_users import MOMENTS
from tests.fakes.clock import START

HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


def test_a_new_trail_is_empty(stores: Stores) -> None:
    assert listed(stores) == []
    assert list(stores.audit.unsealed(limit=MANY)) == []
    assert list(stores.audit.sealed(after=None, limit=MANY)) == []
    chain = stores.audit.chain()
    assert (chain.head, chain.checkpoint, chain.checkpoint_seal) == (ChainEnd(), ChainEnd(), "")


def test_an_entry_is_found_as_it_was_added(stores: Stores) -> None:
    stores.audit.add(ENTRY)

    assert listed(stores) == list(stores.audit.unsealed(limit=MANY)) == [ENTRY]


def test_what_is_not_known_of_an_entry_stays_unknown(stores: Stores) -> None:
    bare = replace(ENTRY, subject=None, session_id=None, address=None, request_id=None, detail=None)

    stores.audit.add(bare)

    assert listed(stores) == [bare]


def test_an_entry_may_be_as_long_as_anything_that_is_told(stores: Stores) -> None:
    long = replace(
        ENTRY,
        id="i" * 64,
        event="e" * 64,
        outcome="o" * 16,
        subject="key:" + "k" * 64,
        actor="a" * 80,
        session_id="s" * 64,
        address="ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
        request_id="r" * 64,
        detail="d" * 255,
        seal="m" * 64,
    )

    stores.audit.add(long)

    assert listed(stores) == [long]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_comes_back_to_the_microsecond_and_in_utc(
    stores: Stores, moment: datetime
) -> None:
    added = replace(ENTRY, at=moment)
    stores.audit.add(added)

    (found,) = listed(stores)

    assert found == added
    assert found.at.tzinfo is UTC
    # Its seal is made of this text.
    assert found.content() == replace(added, at=moment.astimezone(UTC)).content()


def test_a_moment_without_a_zone_is_refused(stores: Stores) -> None:
    naive = replace(ENTRY, at=START.replace(tzinfo=None))

    with pytest.raises(Exception, match="needs a time zone"):
        stores.audit.add(naive)

    assert listed(stores) == []


def test_entries_are_listed_from_the_youngest_on_whatever_their_place(stores: Stores) -> None:
    for number in (2, 0, 3, 1):
        stores.audit.add(entry("abcd"[number], at=START + number * MOMENT))
    seal(stores, [each for each in listed(stores) if each.id in "ad"])

    assert ids(listed(stores)) == "dcba"
    assert [ids(listed(stores, limit=limit)) for limit in (1, 3, 9)] == ["d", "dcb", "dcba"]


def test_entries_of_one_moment_have_one_order(stores: Stores) -> None:
    for each in "bdac":
        stores.audit.add(entry(each))

    assert ids(listed(stores)) == "dcba"
    assert ids(stores.audit.unsealed(limit=MANY)) == "abcd"


def test_a_list_goes_on_before_any_place_even_within_a_moment(stores: Stores) -> None:
    for each in "badc":
        stores.audit.add(entry(each, at=START if each in "abc" else START + MOMENT))

    for listed_before in ("", "d", "dc", "dcb", "dcba"):
        rest = "dcba".removeprefix(listed_before)
        place = (START + MOMENT * (listed_before == "d"), listed_before[-1:] or "e")
        before = place if listed_before else (START + 2 * MOMENT, "a")
        found = stores.audit.list(AuditFilter(), before=before, limit=MANY)
        assert ids(found) == rest
    assert ids(stores.audit.list(AuditFilter(), before=(START, "c"), limit=1)) == "b"


WANTED = {
    "all": (AuditFilter(), "dcba"),
    "a subject": (AuditFilter(subject="user:7"), "ca"),
    "another subject": (AuditFilter(subject="user:77"), "d"),
    "no such subject": (AuditFilter(subject="user"), ""),
    "an event": (AuditFilter(event="logged_in"), "dba"),
    "an outcome": (AuditFilter(outcome="failure"), "db"),
    "since": (AuditFilter(since=START + HOUR), "dcb"),
    "since later": (AuditFilter(since=START + HOUR + MOMENT), "dc"),
    "until": (AuditFilter(until=START + HOUR), "a"),
    "until later": (AuditFilter(until=START + HOUR + MOMENT), "ba"),
    "between": (AuditFilter(since=START + HOUR, until=START + 3 * HOUR), "cb"),
    "a zone": (AuditFilter(since=(START + 2 * HOUR).astimezone(timezone(-9 * HOUR))), "dc"),
    "all at once": (
        AuditFilter("user:77", "logged_in", "failure", START, START + 9 * HOUR),
        "d",
    ),
    "nothing": (AuditFilter("user:77", "logged_in", "success"), ""),
}


@pytest.mark.parametrize(("wanted", "expected"), WANTED.values(), ids=WANTED)
def test_only_what_is_wanted_is_listed(stores: Stores, wanted: AuditFilter, expected: str) -> None:
    for number, (each, said) in enumerate(
        {
            "a": {"subject": "user:7"},
            "b": {"subject": None, "outcome": "failure"},
            "c": {"subject": "user:7", "event": "session_ended"},
            "d": {"subject": "user:77", "outcome": "failure"},
        }.items()
    ):
        stores.audit.add(replace(entry(each, at=START + number * HOUR), **said))  # type: ignore[arg-type]

    assert ids(listed(stores, wanted)) == expected
    assert ids(listed(stores, wanted, limit=1)) == expected[:1]


def test_the_oldest_without_a_place_come_first(stores: Stores) -> None:
    added = add(stores, *"dbca")
    seal(stores, added[1:2])

    assert ids(stores.audit.unsealed(limit=MANY)) == "dca"
    assert [ids(stores.audit.unsealed(limit=limit)) for limit in (1, 2)] == ["d", "dc"]


def test_sealed_entries_are_read_in_the_order_of_their_places(stores: Stores) -> None:
    added = add(stores, *"abcde")
    # Not the order in which they happened.
    sealed = seal(stores, [added[2], added[0], added[3]])

    def read(after: int | None, limit: int = MANY) -> str:
        return ids(stores.audit.sealed(after=after, limit=limit))

    assert list(stores.audit.sealed(after=None, limit=MANY)) == sealed
    assert [read(after) for after in (None, -7, 0, 1, 2, 3, 2**63 - 1)] == [
        *("cad", "cad", "cad", "ad", "d", "", ""),
    ]
    assert [read(None, 2), read(0, 1), read(1, 1)] == ["ca", "c", "a"]


def test_a_place_and_a_link_change_nothing_else_of_an_entry(stores: Stores) -> None:
    added = add(stores, *"abc")

    seal(stores, added[:2])

    assert listed(stores) == [added[2], *reversed(placed(added[:2]))]
    assert stores.audit.chain().head == ChainEnd(2, "link 2")


def test_the_chain_goes_on_where_it_ended(stores: Stores) -> None:
    first = seal(stores, add(stores, *"ab"))
    later = [entry(each, at=START + 9 * HOUR) for each in "cd"]
    for each in later:
        stores.audit.add(each)

    second = seal(stores, later, first=3)

    assert list(stores.audit.sealed(after=None, limit=MANY)) == first + second
    assert stores.audit.chain().head == ChainEnd(4, "link 4")


def test_what_a_failed_unit_of_work_did_to_the_trail_it_did_not_do(stores: Stores) -> None:
    added = add(stores, *"abcd")
    sealed = seal(stores, added[:2])
    chain = stores.audit.chain()

    with failing_unit(stores):
        stores.audit.claim_chain()
        stores.audit.add(entry("new"))
        stores.audit.extend(placed(added[2:], first=3), head=ChainEnd(4, "link 4"), seal="its seal")
        assert stores.audit.trim(ChainEnd(1, "link 1"), seal="seal") == 1
        assert ids(listed(stores)) == "dcbnew"

    assert stores.audit.chain() == chain
    assert list(stores.audit.sealed(after=None, limit=MANY)) == sealed
    assert listed(stores) == [added[3], added[2], *reversed(sealed)]


def test_a_trim_removes_what_is_up_to_the_checkpoint_and_keeps_that(stores: Stores) -> None:
    added = add(stores, *"abcde")
    sealed = seal(stores, added[:4])

    with stores.unit_of_work():
        assert stores.audit.claim_chain()
        assert stores.audit.trim(ChainEnd(3, "link 3"), seal="seal of the checkpoint") == 3

    assert listed(stores) == [added[4], sealed[3]]
    chain = stores.audit.chain()
    assert chain.head == ChainEnd(4, "link 4")
    assert (chain.checkpoint, chain.checkpoint_seal) == (
        ChainEnd(3, "link 3"),
        "seal of the checkpoint",
    )


def last_before(stores: Stores, moment: datetime, limit: int = MANY) -> int | None:
    found = stores.audit.last_before(moment, limit=limit)
    assert found is None or found.link == f"link {found.sequence}"
    return found.sequence if found else None


def test_the_last_place_before_a_moment_is_that_of_the_last_entry_that_is_older(
    stores: Stores,
) -> None:
    seal(stores, add(stores, *"abcd"))
    moments = [START, START + MOMENT, START + HOUR, START + HOUR + MOMENT, START + 9 * HOUR]

    assert [last_before(stores, moment) for moment in moments] == [None, 1, 1, 2, 4]
    assert last_before(stores, (START + HOUR).astimezone(timezone(5 * HOUR))) == 1


def test_there_is_no_place_before_a_moment_where_nothing_has_a_place(stores: Stores) -> None:
    assert last_before(stores, START + 9 * HOUR) is None

    add(stores, *"abc")

    assert last_before(stores, START + 9 * HOUR) is None


def test_an_old_entry_behind_one_that_is_not_is_not_before_it(stores: Stores) -> None:
    a, b, c, d = add(stores, *"abcd")
    seal(stores, [a, c, b, d])

    assert last_before(stores, START + 2 * HOUR) == 1
    assert last_before(stores, START + 2 * HOUR + MOMENT) == 3


def test_the_last_place_is_at_most_so_many_after_the_checkpoint(stores: Stores) -> None:
    seal(stores, add(stores, *"abcdef"))
    late = START + 9 * HOUR
    assert [last_before(stores, late, limit) for limit in (1, 4, 6, 7)] == [1, 4, 6, 6]

    with stores.unit_of_work():
        stores.audit.trim(ChainEnd(2, "link 2"), seal="seal")

    assert [last_before(stores, late, limit) for limit in (1, 4, 6, 7)] == [3, 6, 6, 6]
    assert last_before(stores, START + 3 * HOUR) == 3
    assert last_before(stores, START + 2 * HOUR) is None


def test_once_everything_is_trimmed_there_is_no_place_before_any_moment(stores: Stores) -> None:
    seal(stores, add(stores, *"ab"))

    with stores.unit_of_work():
        stores.audit.trim(ChainEnd(2, "link 2"), seal="seal")

    assert last_before(stores, START + 9 * HOUR) is None
    assert stores.audit.chain().head == stores.audit.chain().checkpoint == ChainEnd(2, "link 2")
