"""What each use case tells the audit trail, and that it does so if and only if it is done."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit import AuditEntry, AuditTrail, Event
from domain.errors import DomainError
from domain.origins import Origin
from domain.unit_of_work import StorageUnavailable, UnitOfWork
from tests.fakes.audit import TABLE, FakeAuditRepository
from tests.fakes.authorization import TABLE as CODES
from tests.fakes.clients import TABLE as CLIENTS
from tests.fakes.clock import START
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.sessions import TABLE as SESSIONS
from tests.fakes.signing_keys import TABLE as KEYS
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import TABLE as USERS
from tests.unit.applications import CALLBACK
from tests.unit.audit_deeds import DEEDS, NEW
from tests.unit.audit_refusals import COUNTED_BEFORE, REFUSED, UNTOLD
from tests.unit.audited import USER_AGENT, Deed, Told, World, wrong
from tests.unit.log_ins import PASSWORD

FAILURES = {"password_refused", "password_locked", "refresh_token_reused", "code_reused"}

WHOLE = {name: (before, deed) for name, (before, deed, _) in DEEDS.items()}
"""Deeds that are done in one unit of work."""
PARTLY = {name: WHOLE.pop(name) for name in COUNTED_BEFORE}


@pytest.fixture
def world() -> World:
    return World().peopled()


def generations(world: World) -> dict[str, str]:
    """What keys are called here, since their ids are not known beforehand."""
    return {f"key:{key.kid}": f"key:{key.generation}" for key in world.keys.list()}


@pytest.mark.parametrize(("before", "deed", "expected"), DEEDS.values(), ids=DEEDS)
def test_a_deed_is_told_once_with_all_that_is_known_of_it(
    world: World, before: Deed, deed: Deed, expected: list[Told]
) -> None:
    before(world)
    known, names = len(world.told()), generations(world)

    deed(world)

    told, names = world.told()[known:], names | generations(world)
    assert [
        (
            each.event,
            names.get(str(each.subject), each.subject),
            *(each.actor, each.session_id, each.detail),
        )
        for each in told
    ] == expected
    for each in told:
        assert each.outcome == ("failure" if each.event in FAILURES else "success")
        assert each.at == world.clock.now()
        by_hand = each.actor == "operator"
        assert each.address == (None if by_hand else "192.0.2.7")
        assert each.request_id == (None if by_hand else "a-request")
        assert world.seals.fits(each.content(), each.seal)
        assert (each.sequence, each.link) == (None, None)
    assert len({each.id for each in world.told()}) == known + len(expected)


def test_every_event_is_told_of_some_deed() -> None:
    told = {event for _, _, expected in DEEDS.values() for event, *_ in expected}

    # Trimming and restoring have tests of their own.
    assert told | {"audit_trimmed", "backup_restored"} == {event.value for event in Event}


@pytest.mark.parametrize(("before", "deed"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_and_changes_nothing_is_not_told(
    world: World, before: Deed, deed: Deed
) -> None:
    before(world)
    known, stored = world.told(), world.storage.tables()

    with pytest.raises(DomainError):
        deed(world)

    assert world.told() == known
    assert world.storage.tables() == stored


@pytest.mark.parametrize(("before", "deed"), UNTOLD.values(), ids=UNTOLD)
def test_what_is_usual_is_not_told(world: World, before: Deed, deed: Deed) -> None:
    before(world)
    known = world.told()

    deed(world)

    assert world.told() == known


class Unwritable(FakeAuditRepository):
    def add(self, entry: AuditEntry) -> None:
        raise StorageUnavailable


def failing(storage: Storage) -> UnitOfWork:
    """Units of work that fail when all is done."""

    @contextmanager
    def opened() -> Iterator[None]:
        with storage.transaction():
            yield
            raise StorageUnavailable

    return opened


@pytest.fixture(params=["unit of work", "entry"])
def broken(request: pytest.FixtureRequest, world: World) -> World:
    """The same storage, where units of work fail in the end, or no entry can be written."""
    if request.param == "entry":
        return world.again(entries=Unwritable(world.storage))
    return world.again(unit_of_work=failing(world.storage))


@pytest.mark.parametrize(("before", "deed"), WHOLE.values(), ids=WHOLE)
def test_there_is_no_deed_without_its_entry_and_no_entry_without_its_deed(
    world: World, broken: World, before: Deed, deed: Deed
) -> None:
    before(world)
    stored = world.storage.tables()

    with pytest.raises(StorageUnavailable):
        deed(broken)

    assert world.storage.tables() == stored
    # Nor does the process take a session for ended that is not.
    for session_id in stored[SESSIONS]:
        assert not broken.revoked.holds(session_id, now=world.clock.now())


@pytest.mark.parametrize(("before", "deed"), PARTLY.values(), ids=PARTLY)
def test_a_try_that_was_counted_in_advance_stays_counted(
    world: World, broken: World, before: Deed, deed: Deed
) -> None:
    before(world)
    known, failures = world.told(), world.storage.rows("throttles")["user:1"].failures

    with pytest.raises(StorageUnavailable):
        deed(broken)

    assert world.told() == known
    # It may have been a guess.
    assert world.storage.rows("throttles")["user:1"].failures == failures + 1


def secrets_of(world: World) -> set[str]:
    """What no entry may hold."""
    storage, codec = world.storage, FakeRefreshTokens()
    found = {PASSWORD, NEW, "susan's", "iguel", "susan", "zoe", "nobody", "wrong", USER_AGENT}
    found |= {user.password_hash for user in storage.rows(USERS).values()}
    found |= {key.sealed_key for key in storage.rows(KEYS).values()}
    for session_id in storage.rows(SESSIONS):
        found |= {codec.encode(session_id, counter) for counter in range(1, 4)}
    found |= {str(client.secret_digest) for client in storage.rows(CLIENTS).values()} | set(
        storage.rows(CODES)
    )
    found |= {"secret-1", "secret-2", CALLBACK, "a challenge"}
    return found | {world.issued.token, "planted-as-a-name"}


ALL = WHOLE | PARTLY | REFUSED | UNTOLD


@pytest.mark.parametrize(("before", "deed"), ALL.values(), ids=ALL)
def test_no_entry_holds_a_secret_a_name_or_a_user_agent(
    world: World, before: Deed, deed: Deed
) -> None:
    secrets = secrets_of(world)
    wrong("planted-as-a-name", "planted-as-a-name")(world)

    before(world)
    with suppress(DomainError):
        deed(world)

    said = "\n".join(str(asdict(each)) for each in world.told())
    assert said
    assert not {secret for secret in secrets | secrets_of(world) if secret in said}


@pytest.mark.parametrize(
    ("event", "subject", "actor", "expected"),
    [
        (Event.LOGGED_IN, "user:7", None, "user:7"),
        (Event.LOGGED_IN, "user:7", "operator", "operator"),
        (Event.LOGGED_IN, None, None, "unknown"),
        (Event.PASSWORD_REFUSED, "user:7", None, "unknown"),
        (Event.PASSWORD_REFUSED, "user:7", "operator", "operator"),
    ],
)
def test_who_acts_is_who_calls_or_the_user_who_has_proved_it(
    audit: AuditTrail,
    entries: FakeAuditRepository,
    storage: Storage,
    *,
    event: Event,
    subject: str | None,
    actor: str | None,
    expected: str,
) -> None:
    audit.record(event, origin=Origin(actor=actor), subject=subject)

    (entry,) = storage.rows(TABLE).values()
    assert (entry.actor, entry.address, entry.request_id) == (expected, None, None)


ENTRY = AuditEntry(
    *("id", START, "logged_in", "success", "user:7", "user:7"),
    *("session", "192.0.2.7", "request", "detail"),
)
SAID = [each.name for each in fields(AuditEntry) if each.name not in ("seal", "sequence", "link")]


@given(
    *[st.fixed_dictionaries({}, optional={name: st.text() for name in SAID if name != "at"})] * 2
)
def test_entries_that_say_different_things_have_different_contents(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    contents = replace(ENTRY, **one).content(), replace(ENTRY, **other).content()

    assert (contents[0] == contents[1]) == (replace(ENTRY, **one) == replace(ENTRY, **other))


@pytest.mark.parametrize("name", SAID)
def test_whatever_an_entry_says_is_a_part_of_its_content(name: str) -> None:
    changed: dict[str, Any] = {name: START.replace(microsecond=1) if name == "at" else None}

    assert replace(ENTRY, **changed).content() != ENTRY.content()


def test_what_storage_adds_to_an_entry_is_no_part_of_its_content() -> None:
    assert replace(ENTRY, seal="x", sequence=7, link="y").content() == ENTRY.content()
