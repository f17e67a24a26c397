"""Passwords that are tried too often: what is refused, what that costs, what is written down."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.credentials import PasswordCheck
from domain.origins import Origin
from domain.throttling import ThrottlePolicy
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.passwords import FakePasswordHasher
from tests.fakes.throttling import TABLE, FakePseudonyms
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.unit.log_ins import PASSWORD, add_user
from tests.unit.spellings import wide
from tests.unit.tries import LATER, NETWORK, REFUSED, WRONG, guess, outcome, outcomes, refusal

SPELLINGS = ["Miguel", "miguel", "MIGUEL", wide("miguel"), wide("MIGUEL")]
NOBODYS = ["Nobody", "nobody", "NOBODY", wide("nobody"), wide("NOBODY")]


@pytest.mark.parametrize("names", [SPELLINGS, NOBODYS], ids=["miguel", "nobody"])
def test_the_sixth_try_has_to_wait_in_whatever_spelling_the_name_was_tried(
    check: PasswordCheck, storage: Storage, miguel: User, names: Sequence[str]
) -> None:
    assert outcomes(check, [*names, *names]) == [REFUSED] * 5 + [LATER] * 5

    assert len(storage.rows(TABLE)) == 2
    assert NETWORK in storage.rows(TABLE)


@pytest.mark.parametrize("name", ["", "mi guel", "x" * 65, "miguel:", "eyJ.a.b", "\0", "\ud800"])
def test_what_is_no_name_is_counted_as_it_was_typed(
    check: PasswordCheck, storage: Storage, name: str
) -> None:
    assert outcomes(check, [name] * 6) == [REFUSED] * 5 + [LATER]

    assert refusal(check, f"{name}!:") == REFUSED
    assert storage.rows(TABLE)[f"name:{FakePseudonyms().of(name)}"].failures == 5


def test_known_and_unknown_names_are_answered_alike_and_cost_alike_through_all_delays(
    check: PasswordCheck, hasher: FakePasswordHasher, clock: FakeClock, miguel: User
) -> None:
    for seconds in (0, 0, 0, 0, 0, 0, 0.5, 0.5, 1, 1, 3, 3, 7, 60, 3600, 3600, 86_400, 0, 0, 0, 0):
        clock.advance(seconds=seconds)
        known = refusal(check, "miguel"), hasher.verifications
        hasher.verifications = 0
        assert (refusal(check, "nobody"), hasher.verifications) == known
        hasher.verifications = 0


@pytest.mark.parametrize("password", [WRONG, PASSWORD, "", "x" * 257, "\0"])
def test_a_throttled_try_spends_no_hash_and_writes_nothing_whatever_the_password(
    check: PasswordCheck,
    hasher: FakePasswordHasher,
    storage: Storage,
    miguel: User,
    password: str,
) -> None:
    outcomes(check, ["miguel"] * 5)
    spent, before = hasher.verifications, storage.tables()

    for name in SPELLINGS:
        assert refusal(check, name, password) == LATER

    assert (hasher.verifications, hasher.hashes) == (spent, 0) == (5, 0)
    assert storage.tables() == before


def test_a_throttled_name_is_not_told_from_one_that_a_disabled_user_has(
    check: PasswordCheck, users: FakeUserRepository, miguel: User
) -> None:
    users.set_disabled(miguel.id, START)

    right = [refusal(check, password=PASSWORD) for _ in range(6)]

    assert right == [REFUSED] * 5 + [LATER]


def test_the_owner_gets_in_after_the_delay_and_starts_without_failures(
    check: PasswordCheck, storage: Storage, clock: FakeClock, miguel: User
) -> None:
    outcomes(check, ["miguel"] * 5)
    clock.advance(seconds=1)

    assert guess(check, "MIGUEL", PASSWORD) == miguel

    assert storage.rows(TABLE).keys() == {NETWORK}
    assert outcomes(check, ["miguel"] * 6) == [REFUSED] * 5 + [LATER]


def test_a_first_try_that_succeeds_writes_nothing(
    check: PasswordCheck, storage: Storage, miguel: User
) -> None:
    before = storage.tables()

    assert guess(check, password=PASSWORD) == miguel

    assert storage.tables() == before


def test_a_success_clears_no_more_than_its_own_account(
    check: PasswordCheck, storage: Storage, miguel: User, susan: User
) -> None:
    outcomes(check, ["miguel", "susan", "nobody"])

    guess(check, password=PASSWORD)

    assert len(storage.rows(TABLE)) == 3
    assert f"user:{miguel.id}" not in storage.rows(TABLE)


def test_whoever_registers_a_name_that_was_tried_begins_without_failures(
    check: PasswordCheck, users: FakeUserRepository
) -> None:
    outcomes(check, ["zoe"] * 5)
    assert refusal(check, "zoe") == LATER

    zoe = add_user(users, "zoe", PASSWORD)

    assert guess(check, "zoe", PASSWORD) == zoe


def test_a_network_is_refused_over_all_names_and_others_are_not(
    check: PasswordCheck, hasher: FakePasswordHasher, clock: FakeClock, miguel: User
) -> None:
    policy = ThrottlePolicy(network_failures=4, network_window=timedelta(seconds=90))
    own = replace(check, throttling=replace(check.throttling, policy=policy))
    assert outcomes(own, ["a", "b", "miguel"]) == [REFUSED] * 3
    assert guess(own, password=PASSWORD) == miguel
    assert outcomes(own, ["c", "d"]) == [REFUSED, ("too_many_failures", 90)]

    spent = hasher.verifications
    assert refusal(own, password=PASSWORD) == ("too_many_failures", 90)
    assert hasher.verifications == spent
    for origin in (Origin("198.51.100.1", "198.51.100.1"), Origin()):
        assert guess(own, password=PASSWORD, origin=origin) == miguel

    clock.advance(seconds=90)
    assert guess(own, password=PASSWORD) == miguel


def test_tries_from_nowhere_are_counted_for_the_account_alone(
    check: PasswordCheck, storage: Storage, miguel: User
) -> None:
    nowhere = [outcome(lambda: guess(check, origin=Origin())) for _ in range(6)]

    assert nowhere == [REFUSED] * 5 + [LATER]
    assert storage.rows(TABLE).keys() == {f"user:{miguel.id}"}
