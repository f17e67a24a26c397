"""What operators do with anybody's account: by its name, in any spelling, at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import (
    DeleteUser,
    DisableUser,
    EnableUser,
    UnknownUsername,
    UnlockPassword,
)
from domain.credentials import (
    InvalidCredentials,
    PasswordCheck,
    PasswordCredentials,
    TokenCredentials,
)
from domain.issuance import IssueToken
from domain.renewal import InvalidRefreshToken, RefreshSession
from domain.tokens import AuthenticateRequest
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import TABLE as SESSIONS
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import TABLE as USERS
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD, add_user, log_in, told_by
from tests.unit.spellings import wide

SPELLINGS = ["Miguel", "miguel", "MIGUEL", wide("miguel")]
UNKNOWN = ["nobody", "", "mi guel", "miguel:", "x" * 65, "eyJ.a.b"]


Service = DisableUser | EnableUser | DeleteUser | UnlockPassword


@pytest.fixture(params=["disable", "enable", "delete", "unlock"])
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_user_is_disabled_by_any_spelling_of_the_name_and_all_their_sessions_end(
    *,
    disable: DisableUser,
    issue: IssueToken,
    users: FakeUserRepository,
    is_over: Callable[[str], bool],
    miguel: User,
    susan: User,
    spelling: str,
) -> None:
    own = [log_in(issue, miguel, refreshable=each).session.id for each in (True, False)]
    susans = log_in(issue, susan).session.id

    assert disable(who=spelling, origin=ORIGIN) == 2

    assert users.get(miguel.id) == replace(miguel, disabled_at=START)
    assert users.get(susan.id) == susan
    assert [is_over(each) for each in (*own, susans)] == [True, True, False]


def test_a_disabled_user_is_kept_out_whatever_they_hold(
    disable: DisableUser,
    issue: IssueToken,
    refresh: RefreshSession,
    authenticate: AuthenticateRequest,
    miguel: User,
) -> None:
    issued = log_in(issue, miguel)

    disable(who="miguel", origin=ORIGIN)

    for credentials in (PasswordCredentials("miguel", PASSWORD), TokenCredentials(issued.token)):
        with pytest.raises(InvalidCredentials):
            authenticate(credentials=credentials, origin=ORIGIN)
    with pytest.raises(InvalidRefreshToken):
        refresh(refresh_token=str(issued.refresh_token), origin=ORIGIN)
    with pytest.raises(InvalidCredentials):
        log_in(issue, miguel)


def test_who_is_disabled_twice_is_disabled_since_the_first_time(
    disable: DisableUser, users: FakeUserRepository, miguel: User, clock: FakeClock
) -> None:
    disable(who="miguel", origin=ORIGIN)
    clock.advance(hours=1)

    assert disable(who="miguel", origin=ORIGIN) == 0
    assert users.get(miguel.id).disabled_at == START


def test_disabling_again_ends_what_may_have_been_left_over(
    disable: DisableUser, issue: IssueToken, users: FakeUserRepository, miguel: User
) -> None:
    log_in(issue, miguel)
    users.set_disabled(miguel.id, START - timedelta(days=1))

    assert disable(who="miguel", origin=ORIGIN) == 1


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_enabled_user_logs_in_again_and_their_former_sessions_stay_over(
    *,
    disable: DisableUser,
    enable: EnableUser,
    check: PasswordCheck,
    issue: IssueToken,
    is_over: Callable[[str], bool],
    miguel: User,
    spelling: str,
) -> None:
    former = log_in(issue, miguel).session
    disable(who="miguel", origin=ORIGIN)

    enable(who=spelling, origin=ORIGIN)

    assert check.user_with(username="miguel", password=PASSWORD, origin=ORIGIN) == miguel
    assert log_in(issue, miguel).token
    assert is_over(former.id)


def test_enabling_whoever_is_not_disabled_changes_nothing(
    enable: EnableUser, issue: IssueToken, storage: Storage, miguel: User
) -> None:
    session = log_in(issue, miguel).session

    enable(who="miguel", origin=ORIGIN)

    assert storage.rows(USERS) == {miguel.id: miguel}
    assert storage.rows(SESSIONS) == {session.id: session}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("is_disabled", [False, True])
def test_a_user_is_deleted_by_any_spelling_of_the_name_and_all_their_sessions_end(
    *,
    delete: DeleteUser,
    issue: IssueToken,
    storage: Storage,
    feed: FakeRevocationFeed,
    miguel: User,
    susan: User,
    spelling: str,
    is_disabled: bool,
) -> None:
    own = {log_in(issue, miguel).session.id for _ in range(2)}
    susans = log_in(issue, susan).session
    if is_disabled:
        issue.users.set_disabled(miguel.id, START)

    assert delete(who=spelling, origin=ORIGIN) == 2

    assert storage.rows(USERS) == {susan.id: susan}
    assert storage.rows(SESSIONS) == {susans.id: susans}
    assert told_by(feed) == own
    assert all(issue.revoked.holds(each, now=START) for each in own)


def test_a_deleted_users_name_is_free_and_its_next_owner_is_somebody_else(
    delete: DeleteUser, users: FakeUserRepository, miguel: User
) -> None:
    assert delete(who="miguel", origin=ORIGIN) == 0

    assert add_user(users, "Miguel", PASSWORD).id != miguel.id


@pytest.mark.parametrize("username", UNKNOWN)
def test_a_name_that_nobody_has_is_unknown_and_changes_nothing(
    service: Service, issue: IssueToken, storage: Storage, miguel: User, username: str
) -> None:
    session = log_in(issue, miguel).session

    with pytest.raises(UnknownUsername):
        service(who=username, origin=ORIGIN)

    assert storage.rows(USERS) == {miguel.id: miguel}
    assert storage.rows(SESSIONS) == {session.id: session}


def test_a_user_who_is_removed_before_the_lock_is_had_is_unknown(
    service: Service, storage: Storage, miguel: User
) -> None:
    class Overtaken(FakeUserRepository):
        def lock(self, user_id: int) -> User | None:
            self.remove(user_id)
            return super().lock(user_id)

    with pytest.raises(UnknownUsername):
        replace(service, users=Overtaken(storage))(who="miguel", origin=ORIGIN)

    # The unit of work was given up, and the removal with it.
    assert storage.rows(USERS) == {miguel.id: miguel}
