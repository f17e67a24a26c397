"""Browsers that come back: whom their cookie proves, and for how long."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.credentials import InvalidCredentials, TokenCredentials
from domain.issuance import IssuedTokens, IssueToken
from domain.renewal import InvalidRefreshToken, RefreshSession
from domain.sessions import Session
from domain.tokens import BROWSER, AuthenticateRequest, TokenPrincipal
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.applications import Applications
from tests.unit.log_ins import proven

MINUTE = timedelta(minutes=1)


@pytest.fixture
def browser(issue: IssueToken, miguel: User) -> IssuedTokens:
    """What Miguel got for the password in a browser."""
    return issue(principal=proven(miguel), origin=ORIGIN, refreshable=True, client_id=BROWSER)


@pytest.fixture
def cookie(browser: IssuedTokens) -> str:
    return str(browser.refresh_token)


def test_a_cookie_proves_its_user_in_their_session_since_they_logged_in(
    apps: Applications, browser: IssuedTokens, cookie: str, miguel: User, clock: FakeClock
) -> None:
    clock.advance(days=3)

    assert apps.resume(cookie=cookie) == TokenPrincipal(
        miguel.id, "Miguel", browser.session.id, START, "account"
    )


def test_a_cookie_is_good_again_and_again(apps: Applications, cookie: str) -> None:
    assert apps.resume(cookie=cookie) == apps.resume(cookie=cookie) is not None


def test_an_admin_is_one_in_the_browser_too(
    apps: Applications, issue: IssueToken, users: FakeUserRepository, miguel: User
) -> None:
    users.set_role(miguel.id, "admin")
    issued = issue(principal=proven(miguel), origin=ORIGIN, refreshable=True, client_id=BROWSER)

    principal = apps.resume(cookie=str(issued.refresh_token))

    assert principal is not None
    assert principal.scope == "account admin"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cookie",
        "\0",
        "\ud800",
        "refresh|id-1|1",
        FakeRefreshTokens(["other"]).encode("id-1", 1),
    ],
)
def test_what_was_not_made_here_proves_nobody(
    apps: Applications, browser: IssuedTokens, text: str
) -> None:
    assert browser.session.id == "id-1"
    assert apps.resume(cookie=text) is None


def test_an_access_token_is_no_cookie(apps: Applications, browser: IssuedTokens) -> None:
    assert apps.resume(cookie=browser.token) is None


def test_the_refresh_tokens_of_others_are_no_cookies(
    apps: Applications, issued: IssuedTokens, here: TokenPrincipal
) -> None:
    for other in (issued, apps.granted(here)):
        assert apps.resume(cookie=str(other.refresh_token)) is None


def test_a_cookie_of_nobody_or_of_a_session_that_is_gone_proves_nobody(
    apps: Applications, browser: IssuedTokens, sessions: FakeSessionRepository
) -> None:
    sessions.add(replace(browser.session, id="nobodys", user_id=None))

    for session_id in ("nobodys", "gone"):
        assert apps.resume(cookie=FakeRefreshTokens().encode(session_id, 1)) is None


@pytest.mark.parametrize("how", ["ended", "disabled", "removed", "gone"])
def test_a_cookie_proves_nobody_once_its_session_or_user_is_over(
    *,
    apps: Applications,
    users: FakeUserRepository,
    sessions: FakeSessionRepository,
    cookie: str,
    miguel: User,
    clock: FakeClock,
    how: str,
) -> None:
    if how == "ended":
        sessions.end(miguel.id, at=clock.now())
    elif how == "disabled":
        users.set_disabled(miguel.id, START)
    elif how == "removed":
        users.remove(miguel.id)
    else:
        with apps.storage.changing("users") as rows:
            rows.clear()

    assert apps.resume(cookie=cookie) is None


@pytest.mark.parametrize(("late", "is_proven"), [(-1, True), (0, False), (1, False)])
def test_a_cookie_is_good_until_its_session_was_idle_too_long(
    apps: Applications, cookie: str, clock: FakeClock, late: int, *, is_proven: bool
) -> None:
    clock.advance(days=14, microseconds=late)

    assert (apps.resume(cookie=cookie) is not None) == is_proven


def test_a_browser_that_comes_back_keeps_its_session_until_sessions_end(
    apps: Applications, cookie: str, clock: FakeClock
) -> None:
    for _ in range(3):
        clock.advance(days=9)
        assert apps.resume(cookie=cookie)

    clock.advance(days=3)

    assert apps.resume(cookie=cookie) is None


def times(sessions: FakeSessionRepository) -> tuple[datetime, datetime]:
    """When it was used, and when it will have been idle too long."""
    session = sessions.find("id-1")
    assert session is not None
    assert session.counter == 1
    return session.used_at, session.idle_end


def test_a_session_is_renewed_once_in_a_minute(
    apps: Applications, cookie: str, sessions: FakeSessionRepository, clock: FakeClock
) -> None:
    clock.advance(minutes=1, seconds=10)
    apps.resume(cookie=cookie)
    once = times(sessions)
    assert once == (clock.now().replace(second=0, microsecond=0), clock.now() + timedelta(days=14))

    clock.advance(seconds=49)
    apps.resume(cookie=cookie)
    assert times(sessions) == once

    clock.advance(seconds=1)
    apps.resume(cookie=cookie)
    assert times(sessions) == (once[0] + MINUTE, clock.now() + timedelta(days=14))


def test_a_session_that_is_ended_just_before_its_renewal_proves_nobody(
    apps: Applications, storage: Storage, cookie: str, miguel: User, clock: FakeClock
) -> None:
    class EndedJustBefore(FakeSessionRepository):
        def renew(self, session: Session, *, counter: int) -> bool:
            self.end(miguel.id, at=clock.now(), only=session.id)
            return super().renew(session, counter=counter)

    clock.advance(minutes=5)

    assert replace(apps.resume, sessions=EndedJustBefore(storage))(cookie=cookie) is None


def test_a_browsers_session_opens_no_api_and_is_not_refreshed(
    apps: Applications,
    authenticate: AuthenticateRequest,
    refresh: RefreshSession,
    browser: IssuedTokens,
) -> None:
    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(browser.token), origin=ORIGIN)
    with pytest.raises(InvalidRefreshToken):
        refresh(refresh_token=str(browser.refresh_token), origin=ORIGIN)
