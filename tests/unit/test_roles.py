"""Admins: who is one, from when to when, and how long a log-in counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import UnknownUser, UnknownUsername
from domain.credentials import InvalidCredentials, TokenCredentials
from domain.issuance import IssueToken
from domain.roles import (
    MAXIMUM_AUTHENTICATION_AGE,
    AdminRequired,
    GrantAdmin,
    RecentLogInRequired,
    RequireAdmin,
    WithdrawAdmin,
)
from domain.tokens import AuthenticateRequest, TokenPrincipal
from domain.users import User, UsernameRules
from tests.fakes.clock import FakeClock
from tests.fakes.throttling import FakeThrottleRepository
from tests.origins import ORIGIN
from tests.unit.changes import made
from tests.unit.log_ins import log_in


@pytest.fixture
def grant(
    usernames: UsernameRules, issue: IssueToken, throttles: FakeThrottleRepository
) -> GrantAdmin:
    return made(GrantAdmin, usernames, issue, throttles)


@pytest.fixture
def withdraw(
    usernames: UsernameRules, issue: IssueToken, throttles: FakeThrottleRepository
) -> WithdrawAdmin:
    return made(WithdrawAdmin, usernames, issue, throttles)


def by(authenticate: AuthenticateRequest, token: str) -> TokenPrincipal:
    found = authenticate(credentials=TokenCredentials(token), origin=ORIGIN)
    assert isinstance(found, TokenPrincipal)
    return found


@pytest.fixture
def require(clock: FakeClock) -> RequireAdmin:
    return RequireAdmin(clock)


def test_a_user_is_an_admin_from_the_next_log_in_on(
    *,
    issue: IssueToken,
    authenticate: AuthenticateRequest,
    grant: GrantAdmin,
    require: RequireAdmin,
    miguel: User,
    susan: User,
) -> None:
    before = log_in(issue, miguel).token

    assert grant(who="MIGUEL", origin=ORIGIN) == 0

    require(by(authenticate, log_in(issue, miguel).token))
    for token in (before, log_in(issue, susan).token):
        with pytest.raises(AdminRequired):
            require(by(authenticate, token))


def test_granting_twice_is_granting_once(grant: GrantAdmin, miguel: User) -> None:
    assert grant(who=miguel.id, origin=ORIGIN) == 0
    assert grant(who=miguel.id, origin=ORIGIN) is None


def test_a_role_that_is_taken_ends_every_session(
    *,
    issue: IssueToken,
    authenticate: AuthenticateRequest,
    grant: GrantAdmin,
    withdraw: WithdrawAdmin,
    require: RequireAdmin,
    miguel: User,
    susan: User,
) -> None:
    grant(who=miguel.id, origin=ORIGIN)
    tokens = [log_in(issue, miguel).token for _ in range(2)]
    others = log_in(issue, susan).token

    assert withdraw(who="miguel", origin=ORIGIN) == 2

    for token in tokens:
        with pytest.raises(InvalidCredentials):
            by(authenticate, token)
    assert by(authenticate, others).user_id == susan.id
    with pytest.raises(AdminRequired):
        require(by(authenticate, log_in(issue, miguel).token))


def test_a_role_that_nobody_has_cannot_be_taken(
    issue: IssueToken, authenticate: AuthenticateRequest, withdraw: WithdrawAdmin, miguel: User
) -> None:
    token = log_in(issue, miguel).token

    assert withdraw(who="miguel", origin=ORIGIN) is None

    assert by(authenticate, token).user_id == miguel.id


def test_nobody_is_made_an_admin_who_is_not_there(
    grant: GrantAdmin, withdraw: WithdrawAdmin
) -> None:
    for use_case in (grant, withdraw):
        with pytest.raises(UnknownUsername):
            use_case(who="nobody", origin=ORIGIN)
        with pytest.raises(UnknownUser):
            use_case(who=77, origin=ORIGIN)


def test_a_log_in_counts_for_fifteen_minutes_however_young_the_token_is(
    clock: FakeClock, require: RequireAdmin, miguel: User
) -> None:
    acting = TokenPrincipal(miguel.id, miguel.name, "id", clock.now(), "account admin")

    clock.advance(minutes=15)
    require(acting)
    clock.advance(microseconds=1)

    assert timedelta(minutes=15) == MAXIMUM_AUTHENTICATION_AGE
    with pytest.raises(RecentLogInRequired):
        require(acting)
    with pytest.raises(AdminRequired):
        require(replace(acting, scope="account"))
