"""Whose tries are counted together, where they stop, and what is written down of them."""

from dataclasses import replace

import pytest

from domain.accounts import ChangePassword, RemoveAccount, WrongPassword
from domain.audit import AuditEntry
from domain.credentials import PasswordCheck, TokenCredentials
from domain.issuance import IssuedTokens, IssueToken
from domain.renewal import RefreshSession
from domain.throttling import Throttle, ThrottlePolicy
from domain.tokens import AuthenticateRequest
from domain.users import User
from tests.fakes.audit import TABLE as ENTRIES
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import FakeClock
from tests.fakes.passwords import FakePasswordHasher
from tests.fakes.throttling import TABLE, FakePseudonyms, FakeThrottleRepository
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD, acting_in, again
from tests.unit.tries import LATER, NETWORK, REFUSED, WRONG, guess, outcome, outcomes, refusal


@pytest.fixture
def few(check: PasswordCheck) -> PasswordCheck:
    """With two free failures, and three in all."""
    policy = ThrottlePolicy(free=2, maximum=3)
    return replace(check, throttling=replace(check.throttling, policy=policy))


def test_a_password_change_and_a_removal_count_with_all_other_places(
    *,
    check: PasswordCheck,
    change: ChangePassword,
    remove: RemoveAccount,
    hasher: FakePasswordHasher,
    issued: IssuedTokens,
    storage: Storage,
    clock: FakeClock,
    miguel: User,
) -> None:
    own = acting_in(issued.session, miguel)

    def changing() -> None:
        change(principal=own, current_password=WRONG, new_password="new", origin=ORIGIN)

    def removing() -> None:
        remove(principal=own, password=WRONG, origin=ORIGIN)

    wrong = (WrongPassword.code, None)
    assert [outcome(each) for each in (changing, removing)] == [wrong] * 2
    assert outcomes(check, ["miguel"] * 2) == [REFUSED] * 2
    assert outcome(changing) == wrong
    everywhere = [outcome(each) for each in (changing, removing, lambda: guess(check))]
    assert everywhere == [LATER] * 3
    assert hasher.verifications == 5

    clock.advance(seconds=1)
    change(principal=own, current_password=PASSWORD, new_password=PASSWORD, origin=ORIGIN)
    assert storage.rows(TABLE).keys() == {NETWORK}


def test_whoever_removes_the_account_at_last_leaves_no_failures_behind(
    check: PasswordCheck,
    remove: RemoveAccount,
    issued: IssuedTokens,
    storage: Storage,
    miguel: User,
) -> None:
    outcomes(check, ["miguel"] * 4)

    remove(principal=acting_in(issued.session, miguel), password=PASSWORD, origin=ORIGIN)

    assert storage.rows(TABLE).keys() == {NETWORK}


def test_an_invalid_new_password_is_no_try(
    change: ChangePassword, issued: IssuedTokens, storage: Storage, miguel: User
) -> None:
    own = acting_in(issued.session, miguel)

    told = outcome(
        lambda: change(principal=own, current_password=WRONG, new_password="", origin=ORIGIN)
    )

    assert told == ("invalid_fields", None)
    assert not storage.rows(TABLE)


def test_at_the_cap_the_right_password_is_refused_without_a_hash_for_good(
    few: PasswordCheck, hasher: FakePasswordHasher, clock: FakeClock, miguel: User
) -> None:
    assert outcomes(few, ["miguel"] * 2) == [REFUSED] * 2
    clock.advance(seconds=1)
    assert outcomes(few, ["miguel"] * 2) == [REFUSED, ("too_many_failures", 3600)]

    for _ in range(3):
        clock.advance(days=365)
        locked = refusal(few, password=PASSWORD)
        assert locked == ("too_many_failures", 3600)
    assert hasher.verifications == 3


def test_the_owners_live_sessions_go_on_while_the_password_is_locked(
    *,
    few: PasswordCheck,
    authenticate: AuthenticateRequest,
    issue: IssueToken,
    refresh: RefreshSession,
    issued: IssuedTokens,
    clock: FakeClock,
    miguel: User,
) -> None:
    throttled = replace(authenticate, passwords=few)
    outcomes(few, ["miguel"] * 2)
    clock.advance(seconds=1)
    outcomes(few, ["miguel"])
    assert refusal(few, password=PASSWORD) == ("too_many_failures", 3600)

    principal = throttled(credentials=TokenCredentials(issued.token), origin=ORIGIN)
    assert issue(principal=principal, origin=ORIGIN).token
    assert again(refresh, issued).token


def recorded(entries: FakeAuditRepository) -> list[tuple[str, str, str | None, str]]:
    found = sorted(entries._entries(), key=lambda entry: int(entry.id.removeprefix("id-")))
    return [(each.event, each.outcome, each.subject, each.actor) for each in found]


def test_each_failure_is_written_down_with_where_it_came_from_and_the_last_as_a_lock(
    few: PasswordCheck, entries: FakeAuditRepository, clock: FakeClock, miguel: User
) -> None:
    outcomes(few, ["miguel", "MIGUEL"])
    clock.advance(seconds=1)
    outcomes(few, ["miguel"] * 3)

    refused = ("password_refused", "failure", f"user:{miguel.id}", "unknown")
    locked = ("password_locked", "failure", f"user:{miguel.id}", "unknown")
    assert recorded(entries) == [refused] * 3 + [locked]
    assert {(each.address, each.request_id) for each in entries._entries()} == {
        (ORIGIN.address, ORIGIN.request_id)
    }


def test_a_failure_at_a_name_that_nobody_has_is_written_down_without_the_name(
    check: PasswordCheck, entries: FakeAuditRepository
) -> None:
    guess_at = "a password typed as a name"
    outcomes(check, [guess_at])

    (entry,) = entries._entries()
    assert entry.subject == f"name:{FakePseudonyms().of(guess_at)}"
    assert guess_at not in repr(entry)


def test_successes_are_not_written_down_by_the_check(
    check: PasswordCheck, storage: Storage, miguel: User
) -> None:
    guess(check, password=PASSWORD)

    assert not storage.rows(ENTRIES)


class Lost(Exception):
    """What keeps something from being stored."""


def test_no_failure_is_counted_that_could_not_be_written_down(
    check: PasswordCheck, storage: Storage, miguel: User
) -> None:
    class Full(FakeAuditRepository):
        def add(self, entry: AuditEntry) -> None:
            raise Lost

    broken = replace(check, audit=replace(check.audit, entries=Full(storage)))

    with pytest.raises(Lost):
        guess(broken)

    assert not storage.rows(TABLE)


def test_nothing_is_written_down_of_a_failure_that_could_not_be_counted(
    few: PasswordCheck, storage: Storage, miguel: User
) -> None:
    class Watching(FakeAuditRepository):
        def add(self, entry: AuditEntry) -> None:
            assert storage.is_open
            super().add(entry)

    class Full(FakeThrottleRepository):
        def add(self, throttle: Throttle) -> bool:
            if throttle.subject == NETWORK:
                raise Lost
            return super().add(throttle)

    broken = replace(
        few,
        throttling=replace(few.throttling, throttles=Full(storage)),
        audit=replace(few.audit, entries=Watching(storage)),
    )
    with pytest.raises(Lost):
        guess(broken)

    assert not storage.rows(TABLE)
    assert not storage.rows(ENTRIES)


def test_a_failure_that_could_not_be_judged_stays_counted(
    check: PasswordCheck, storage: Storage, miguel: User
) -> None:
    class Broken(FakePasswordHasher):
        def verify(self, password: str, password_hash: str) -> bool:
            raise Lost

    outcomes(check, ["miguel"])
    with pytest.raises(Lost):
        guess(replace(check, hasher=Broken()))

    assert storage.rows(TABLE)[f"user:{miguel.id}"].failures == 2
    assert outcomes(check, ["miguel"] * 4) == [REFUSED] * 3 + [LATER]
