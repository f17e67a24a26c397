"""Codes redeemed: once, within their minute, and while the user still lets the application."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import ChangePassword
from domain.clients import Client
from domain.issuance import IssueToken
from domain.renewal import RefreshSession
from domain.sessions import Device, Session, SessionPolicy
from domain.signing_keys import SigningKeysNotLoaded
from domain.tokens import AccessToken, TokenPrincipal
from domain.users import User
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import START, FakeClock
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.signing_keys import FakeKeyRing
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.applications import OWN, SHOP, WIKI, WIKI_API, Applications, nothing_comes_of
from tests.unit.log_ins import PASSWORD, POLICY, acting_in, after, log_in

NOW = START.replace(microsecond=0)
MINUTE = timedelta(minutes=1)


def test_a_code_gives_a_session_of_the_client_that_came_of_the_users_own(
    apps: Applications, here: TokenPrincipal, clock: FakeClock
) -> None:
    code = apps.code(here, scope="read profile")
    clock.advance(seconds=30)

    issued = apps.redeemed(code)

    assert apps.issue.sessions.find(issued.session.id) == issued.session
    assert issued.session == Session(
        id=issued.session.id,
        user_id=here.user_id,
        client_id="wiki",
        parent_id=here.session_id,
        scope="read profile",
        audience=WIKI_API,
        counter=1,
        created_at=clock.now(),
        rotated_at=clock.now(),
        used_at=clock.now(),
        device=Device("Firefox", "192.0.2.7"),
        tokens_end=NOW + timedelta(minutes=10, seconds=30),
        idle_end=clock.now() + timedelta(days=14),
        absolute_end=NOW + timedelta(days=30, seconds=30),
        authenticated_at=here.authenticated_at,
    )


def test_its_tokens_say_who_let_whom_do_what_where_and_when_they_had_logged_in(
    apps: Applications, codec: FakeTokenCodec, here: TokenPrincipal, clock: FakeClock
) -> None:
    clock.advance(hours=3)

    issued = apps.granted(here, scope="write read")

    assert codec.decode(issued.token) == AccessToken(
        issuer=POLICY.issuer,
        audience=WIKI_API,
        user_id=here.user_id,
        username="Miguel",
        client_id="wiki",
        scope="write read",
        token_id=f"{issued.session.id}.1",
        session_id=issued.session.id,
        issued_at=NOW + timedelta(hours=3),
        expires_at=NOW + timedelta(hours=3, minutes=10),
        authenticated_at=NOW,
    )
    assert issued.refresh_token == FakeRefreshTokens().encode(issued.session.id, 1)
    assert (issued.duration, issued.refresh_duration) == (600, 14 * 86_400)


def test_a_client_that_asks_for_no_refresh_token_gets_none(
    apps: Applications, here: TokenPrincipal
) -> None:
    issued = apps.redeemed(apps.code(here), refreshable=False)

    assert issued.refresh_token is None
    assert issued.session.idle_end == issued.session.tokens_end


def test_a_client_goes_on_by_its_refresh_token_as_when_the_user_had_logged_in(
    *,
    apps: Applications,
    refresh: RefreshSession,
    codec: FakeTokenCodec,
    here: TokenPrincipal,
    clock: FakeClock,
) -> None:
    issued = apps.granted(here)
    clock.advance(days=3)

    again = refresh(refresh_token=str(issued.refresh_token), client_id="wiki", origin=ORIGIN)

    token = codec.decode(again.token)
    assert (token.scope, token.audience, token.authenticated_at) == ("read", WIKI_API, NOW)


def test_a_code_is_good_until_just_before_its_minute_is_over(
    apps: Applications, here: TokenPrincipal, clock: FakeClock
) -> None:
    code = apps.code(here)

    clock.advance(minutes=1, microseconds=-1)

    assert apps.redeemed(code)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=1)])
def test_a_code_is_over_exactly_after_a_minute(
    apps: Applications, here: TokenPrincipal, clock: FakeClock, late: timedelta
) -> None:
    code = apps.code(here)
    clock.advance(seconds=(MINUTE + late).total_seconds())

    nothing_comes_of(apps, lambda: apps.redeemed(code))


Meanwhile = Callable[[Applications, TokenPrincipal], object]

MEANWHILE: dict[str, Meanwhile] = {
    "log-out": lambda apps, here: apps.issue.sessions.end(
        here.user_id, at=START, only=here.session_id
    ),
    "disabled": lambda apps, here: apps.issue.users.set_disabled(here.user_id, START),
    "removed": lambda apps, here: apps.issue.users.remove(here.user_id),
    "consent withdrawn": lambda apps, here: apps.withdraw(
        principal=here, client_id="wiki", origin=ORIGIN
    ),
    "client deleted": lambda apps, here: apps.delete(client_id="wiki", origin=ORIGIN),
    "consent narrowed": lambda apps, here: put_consent(apps, here, "profile"),
    "consent gone": lambda apps, here: apps.storage.tables()["consents"].clear(),
}


def put_consent(apps: Applications, here: TokenPrincipal, scope: str) -> None:
    with apps.storage.transaction():
        apps.consents.put(here.user_id, "wiki", scope=scope, given_at=START)


@pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE)
def test_whatever_is_taken_back_within_the_minute_is_not_had_by_a_code(
    apps: Applications, here: TokenPrincipal, meanwhile: Meanwhile
) -> None:
    code = apps.code(here)

    meanwhile(apps, here)

    nothing_comes_of(apps, lambda: apps.redeemed(code))


@pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE)
def test_and_not_by_one_that_was_taken_back_while_the_user_was_waited_for(
    apps: Applications, storage: Storage, here: TokenPrincipal, meanwhile: Meanwhile
) -> None:
    code = apps.code(here)

    work = after(lambda: meanwhile(apps, here), storage.transaction)
    redeem = replace(apps.redeem, unit_of_work=work)

    nothing_comes_of(apps, lambda: redeem(code=code, client=WIKI, refreshable=True, origin=ORIGIN))


def test_a_password_changed_elsewhere_within_the_minute_makes_the_code_worthless(
    apps: Applications,
    issue: IssueToken,
    here: TokenPrincipal,
    miguel: User,
    change: ChangePassword,
) -> None:
    elsewhere = acting_in(log_in(apps.issue, miguel).session, miguel)
    code = apps.code(here)

    change(principal=elsewhere, current_password=PASSWORD, new_password="another", origin=ORIGIN)

    nothing_comes_of(apps, lambda: apps.redeemed(code))


def test_a_session_that_expired_within_the_minute_gives_nothing(
    apps: Applications, here: TokenPrincipal, clock: FakeClock
) -> None:
    clock.advance(days=14, seconds=-30)
    code = apps.code(here)
    clock.advance(seconds=30)

    nothing_comes_of(apps, lambda: apps.redeemed(code))


def test_a_code_that_gave_nothing_gives_nothing_when_things_are_well_again(
    apps: Applications, users: FakeUserRepository, here: TokenPrincipal
) -> None:
    code = apps.code(here)
    users.set_disabled(here.user_id, START)
    nothing_comes_of(apps, lambda: apps.redeemed(code))

    users.set_disabled(here.user_id, None)

    nothing_comes_of(apps, lambda: apps.redeemed(code))


def test_the_owners_own_application_needs_no_consent(
    apps: Applications, here: TokenPrincipal
) -> None:
    assert apps.granted(here, OWN).session.client_id == "own"


def test_a_code_whose_row_expired_and_went_gives_nothing(
    apps: Applications, here: TokenPrincipal
) -> None:
    code = apps.code(here)
    apps.storage.rows("authorization_codes").clear()

    nothing_comes_of(apps, lambda: apps.redeemed(code))


def test_a_grant_that_is_one_too_many_ends_the_applications_own_oldest_one_and_no_other(
    apps: Applications, here: TokenPrincipal, clock: FakeClock, is_over: Callable[[str], bool]
) -> None:
    apps.redeem = replace(apps.redeem, policy=SessionPolicy(maximum_live=1, maximum_granted=2))
    grants = []
    for client in (SHOP, WIKI, WIKI):
        clock.advance(seconds=1)
        grants.append(apps.granted(here, client).session.id)
    assert not any(map(is_over, [here.session_id, *grants]))
    clock.advance(seconds=1)

    grants.append(apps.granted(here).session.id)

    assert list(map(is_over, grants)) == [False, True, False, False]
    assert not is_over(here.session_id)


def test_an_application_has_ten_sessions_of_a_user_and_each_user_has_their_own(
    *,
    apps: Applications,
    issue: IssueToken,
    here: TokenPrincipal,
    susan: User,
    clock: FakeClock,
    entries: FakeAuditRepository,
    is_over: Callable[[str], bool],
) -> None:
    susans = apps.granted(acting_in(log_in(issue, susan).session, susan)).session.id
    grants = []
    for _ in range(11):
        clock.advance(seconds=1)
        grants.append(apps.granted(here).session.id)

    assert list(map(is_over, grants)) == [True] + [False] * 10
    assert not is_over(susans)
    told = [each.detail for each in entries._entries() if each.session_id in grants]
    assert told == ["client=wiki"] * 10 + ["client=wiki surplus=1"]


@pytest.mark.parametrize("client", [WIKI, OWN], ids=lambda client: client.id)
def test_a_code_is_not_used_up_while_no_token_can_be_signed(
    apps: Applications, here: TokenPrincipal, clock: FakeClock, client: Client
) -> None:
    code = apps.code(here, client)
    issuer = replace(apps.redeem.issuer, tokens=FakeTokenCodec(FakeKeyRing(clock), clock))
    before = apps.storage.tables()

    with pytest.raises(SigningKeysNotLoaded):
        replace(apps.redeem, issuer=issuer)(
            code=code, client=client, refreshable=True, origin=ORIGIN
        )

    assert apps.storage.tables() == before
    assert apps.redeemed(code, client)
