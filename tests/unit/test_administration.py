"""How operators look through users, and give them passwords."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import UnknownUsername
from domain.administration import (
    GeneratePassword,
    ListUsers,
    ReportUser,
    SetPassword,
    UserReport,
    UserState,
)
from domain.credentials import InvalidCredentials, PasswordCheck
from domain.errors import InvalidFields
from domain.issuance import IssueToken
from domain.passwords import PasswordPolicy, scheme_of
from domain.throttling import Throttle, ThrottlePolicy, Throttling
from domain.users import User, UsernameRules
from tests.fakes.clock import START, FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.passwords import FakePasswordProfile
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.throttling import FakeThrottleRepository
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import TABLE as USERS
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD, add_user, after, log_in, told_by
from tests.unit.spellings import wide

NEW = "another password"


@pytest.fixture
def listing(
    usernames: UsernameRules, users: FakeUserRepository, throttling: Throttling
) -> ListUsers:
    """With two wrong passwords before a lock."""
    return ListUsers(usernames, users, replace(throttling, policy=ThrottlePolicy(maximum=2)))


@pytest.fixture
def report(listing: ListUsers, issue: IssueToken, clock: FakeClock) -> ReportUser:
    return ReportUser(listing.usernames, listing.users, issue.sessions, listing.throttling, clock)


@pytest.fixture
def set_password(
    check: PasswordCheck, issue: IssueToken, throttles: FakeThrottleRepository
) -> SetPassword:
    return SetPassword(
        *(check.usernames, check.policy, check.hasher, check.users, issue.sessions, throttles),
        *(issue.revoked, issue.audit, issue.clock, issue.unit_of_work),
    )


def throttle(user: User, failures: int, *, until: timedelta = timedelta(0)) -> Throttle:
    return Throttle(f"user:{user.id}", failures, failures, START + until, START + until)


def test_every_user_is_listed_with_their_state(
    listing: ListUsers, throttles: FakeThrottleRepository, miguel: User, susan: User
) -> None:
    zoe, eve = (add_user(listing.users, name, PASSWORD) for name in ("zoe", "eve"))
    listing.users.set_disabled(zoe.id, START)
    for user, failures in ((miguel, 1), (susan, 2), (zoe, 2)):
        throttles.add(throttle(user, failures))

    assert listing(limit=9) == [
        (miguel, UserState.ACTIVE),
        (susan, UserState.LOCKED),
        (replace(zoe, disabled_at=START), UserState.DISABLED),
        (eve, UserState.ACTIVE),
    ]


def test_users_are_listed_page_by_page_and_as_they_are_wanted(
    listing: ListUsers, miguel: User, susan: User
) -> None:
    listing.users.set_disabled(susan.id, START)

    def ids(*, limit: int = 9, after: int = 0, disabled: bool | None = None) -> list[int]:
        return [user.id for user, _ in listing(limit=limit, after=after, disabled=disabled)]

    assert ids(limit=1) == [miguel.id]
    assert ids(after=miguel.id) == [susan.id]
    assert ids(disabled=True) == [susan.id]
    assert ids(disabled=False) == [miguel.id]


@pytest.mark.parametrize("prefix", ["mi", "MI", "Miguel", wide("mig")])
def test_a_prefix_is_known_in_every_spelling(
    listing: ListUsers, miguel: User, susan: User, prefix: str
) -> None:
    assert [user for user, _ in listing(prefix=prefix, limit=9)] == [miguel]


def test_a_prefix_that_is_no_name_itself_finds_the_names_that_begin_so(
    listing: ListUsers, miguel: User
) -> None:
    dotted = add_user(listing.users, "eyj.a.b.c", PASSWORD)

    assert [user for user, _ in listing(prefix="eyJ.a.b", limit=9)] == [dotted]


@pytest.mark.parametrize("prefix", ["x", "m i", "mi:", "m" * 65, "\0", "\ud800"])
def test_a_prefix_that_no_name_has_finds_nobody(
    listing: ListUsers, miguel: User, prefix: str
) -> None:
    assert list(listing(prefix=prefix, limit=9)) == []


@pytest.mark.parametrize("who", [1, "miguel", wide("MIGUEL")])
def test_a_report_of_a_user_of_whom_nothing_is_known(
    report: ReportUser, miguel: User, who: int | str
) -> None:
    expected = UserReport(miguel, UserState.ACTIVE, "fake", 0, 0, None)

    assert report(who=who) == expected


def test_a_report_counts_live_sessions_and_wrong_passwords(
    *,
    report: ReportUser,
    issue: IssueToken,
    throttles: FakeThrottleRepository,
    clock: FakeClock,
    miguel: User,
    susan: User,
) -> None:
    log_in(issue, miguel, refreshable=False)
    clock.advance(hours=2)
    for user in (miguel, miguel, susan):
        log_in(issue, user)
    throttles.add(throttle(miguel, 2, until=timedelta(hours=3)))

    shown = report(who="miguel")

    assert (shown.state, shown.sessions, shown.failures) == (UserState.LOCKED, 2, 2)
    assert shown.next_try_at == START + timedelta(hours=3)


@pytest.mark.parametrize("until", [timedelta(0), -timedelta(seconds=1)])
def test_a_report_tells_no_next_try_that_can_be_made_already(
    report: ReportUser, throttles: FakeThrottleRepository, miguel: User, until: timedelta
) -> None:
    throttles.add(throttle(miguel, 1, until=until))

    shown = report(who="miguel")

    assert (shown.state, shown.failures, shown.next_try_at) == (UserState.ACTIVE, 1, None)


@pytest.mark.parametrize(
    ("password_hash", "scheme"),
    [
        ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "argon2id"),
        ("$pbkdf2-sha256$1000$salt$hash", "pbkdf2-sha256"),
        ("$6$salt$hash", "6"),
        ("scrypt:32768:8:1$salt$hash", "scrypt"),
        ("pbkdf2_sha256$1000$salt$hash", "pbkdf2_sha256"),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "unknown"),
        ("$5f4dcc3b5aa765d61d8327deb882cf99f$", "unknown"),
        ("{SSHA}c2FsdA==", "unknown"),
        ("$$", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_hash_names_its_scheme_and_shows_nothing_else(password_hash: str, scheme: str) -> None:
    assert scheme_of(password_hash) == scheme


@pytest.mark.parametrize("username", ["nobody", "", "mi guel", "miguel:", "x" * 65])
def test_a_name_that_nobody_has_is_unknown(
    report: ReportUser, set_password: SetPassword, storage: Storage, miguel: User, username: str
) -> None:
    with pytest.raises(UnknownUsername):
        report(who=username)
    with pytest.raises(UnknownUsername):
        set_password(username=username, password=NEW, origin=ORIGIN)

    assert storage.rows(USERS) == {miguel.id: miguel}


@pytest.mark.parametrize("spelling", ["Miguel", "MIGUEL", wide("miguel")])
def test_a_password_that_is_set_is_the_only_one_and_all_sessions_end(
    *,
    set_password: SetPassword,
    check: PasswordCheck,
    issue: IssueToken,
    feed: FakeRevocationFeed,
    throttles: FakeThrottleRepository,
    miguel: User,
    susan: User,
    spelling: str,
) -> None:
    own = {log_in(issue, miguel).session.id for _ in range(2)}
    log_in(issue, susan)
    for user in (miguel, susan):
        throttles.add(throttle(user, 100))

    assert set_password(username=spelling, password=NEW, origin=ORIGIN) == 2

    assert told_by(feed) == own
    assert all(issue.revoked.holds(each, now=START) for each in own)
    assert list(throttles.find(["user:1", "user:2"])) == ["user:2"]
    assert check.user_with(username="miguel", password=NEW, origin=ORIGIN).id == miguel.id
    with pytest.raises(InvalidCredentials):
        check.user_with(username="miguel", password=PASSWORD, origin=ORIGIN)


def test_a_disabled_user_with_a_new_password_stays_out(
    set_password: SetPassword, check: PasswordCheck, miguel: User
) -> None:
    check.users.set_disabled(miguel.id, START)

    set_password(username="miguel", password=NEW, origin=ORIGIN)

    with pytest.raises(InvalidCredentials):
        check.user_with(username="miguel", password=NEW, origin=ORIGIN)


def test_a_password_that_the_policy_refuses_is_not_set(
    set_password: SetPassword, storage: Storage, miguel: User
) -> None:
    policy = PasswordPolicy(FakePasswordProfile(), minimum_length=6, refuses_username=True)
    strict = replace(set_password, passwords=policy)

    for password, code in (("short", "too_short"), ("my miguel", "too_obvious")):
        with pytest.raises(InvalidFields) as refused:
            strict(username="MIGUEL", password=password, origin=ORIGIN)
        assert [(each.field, each.code) for each in refused.value.fields] == [("password", code)]

    assert storage.rows(USERS) == {miguel.id: miguel}


def test_a_password_is_set_whatever_it_became_meanwhile(
    set_password: SetPassword, check: PasswordCheck, storage: Storage, miguel: User
) -> None:
    def meanwhile() -> None:
        check.users.replace_password_hash(miguel.id, old=miguel.password_hash, new="newer")

    overtaken = replace(set_password, unit_of_work=after(meanwhile, storage.transaction))
    overtaken(username="miguel", password=NEW, origin=ORIGIN)

    assert check.user_with(username="miguel", password=NEW, origin=ORIGIN).id == miguel.id


def test_a_generated_password_is_one_that_the_policy_admits(usernames: UsernameRules) -> None:
    policy = PasswordPolicy(FakePasswordProfile(), common={"id-2"}, refuses_username=True)
    generate = GeneratePassword(usernames, policy, FakeIdentifiers())

    assert generate(username="D-1") == "id-3"
    assert generate(username="no name") == "id-4"
