"""What applications hold, ended by themselves (RFC 7009)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.client_tokens import OthersToken
from domain.issuance import IssuedTokens
from domain.renewal import RefreshSession
from domain.sessions import SessionPolicy
from domain.tokens import TokenPrincipal
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import FakeClock
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.sessions import TABLE as SESSIONS
from tests.origins import ORIGIN
from tests.unit.applications import SHOP, WIKI, Applications


def refresh_token(issued: IssuedTokens) -> str:
    return str(issued.refresh_token)


def access_token(issued: IssuedTokens) -> str:
    return issued.token


EITHER = pytest.mark.parametrize("token_of", [refresh_token, access_token])
TokenOf = Callable[[IssuedTokens], str]


@EITHER
def test_either_token_ends_its_session_everywhere_and_no_other(
    apps: Applications, here: TokenPrincipal, is_over: Callable[[str], bool], token_of: TokenOf
) -> None:
    granted = apps.granted(here)
    others = [apps.granted(here).session.id, apps.alone().session.id, here.session_id]

    apps.end_grant(token=token_of(granted), client_id="wiki", origin=ORIGIN)

    assert is_over(granted.session.id)
    assert not any(map(is_over, others))


def test_a_refresh_token_that_was_replaced_ends_it_too(
    apps: Applications,
    refresh: RefreshSession,
    here: TokenPrincipal,
    is_over: Callable[[str], bool],
) -> None:
    granted = apps.granted(here)
    refresh(refresh_token=refresh_token(granted), client_id="wiki", origin=ORIGIN)

    apps.end_grant(token=refresh_token(granted), client_id="wiki", origin=ORIGIN)

    assert is_over(granted.session.id)


def test_a_client_ends_the_session_in_which_it_acts_for_itself(
    apps: Applications, is_over: Callable[[str], bool], entries: FakeAuditRepository
) -> None:
    issued = apps.alone()

    apps.end_grant(token=issued.token, client_id="wiki", origin=ORIGIN)

    assert is_over(issued.session.id)
    assert [(each.event, each.subject) for each in entries._entries()] == [
        ("logged_in", "client:wiki"),
        ("session_ended", "client:wiki"),
    ]


@pytest.mark.parametrize("which", [0, 1])
def test_any_token_of_a_clients_own_ends_all_of_them_and_nobody_elses(
    *,
    apps: Applications,
    here: TokenPrincipal,
    clock: FakeClock,
    is_over: Callable[[str], bool],
    which: int,
) -> None:
    apps.act_alone = replace(apps.act_alone, policy=SessionPolicy(lifetime=timedelta(minutes=25)))
    others = [apps.granted(here).session.id, apps.alone(SHOP).session.id, here.session_id]
    for _ in range(2):
        issued = [apps.alone()]
        clock.advance(minutes=8)
    issued.append(apps.alone())
    own = [each.session.id for each in issued]
    assert len(set(own)) == 2
    assert not any(map(is_over, own))

    apps.end_grant(token=issued[which].token, client_id="wiki", origin=ORIGIN)

    assert all(map(is_over, own))
    assert not any(map(is_over, (others[0], others[2])))
    assert all(apps.inspect(token=each.token, client=WIKI) is None for each in issued)
    assert apps.alone().session.id not in own


def test_a_clients_own_sessions_are_left_to_whoever_has_just_removed_it(
    apps: Applications, is_over: Callable[[str], bool]
) -> None:
    issued = apps.alone()
    apps.clients.remove("wiki")

    apps.end_grant(token=issued.token, client_id="wiki", origin=ORIGIN)

    assert not is_over(issued.session.id)


def test_a_token_of_a_clients_own_that_was_ended_before_ends_none_that_came_after(
    apps: Applications, is_over: Callable[[str], bool]
) -> None:
    first = apps.alone()
    apps.end_grant(token=first.token, client_id="wiki", origin=ORIGIN)
    second = apps.alone()

    apps.end_grant(token=first.token, client_id="wiki", origin=ORIGIN)

    assert not is_over(second.session.id)


@EITHER
@pytest.mark.parametrize("client_id", ["shop", "varvel", "", "WIKI"])
def test_nobody_ends_what_is_anothers(
    *,
    apps: Applications,
    here: TokenPrincipal,
    is_over: Callable[[str], bool],
    token_of: TokenOf,
    client_id: str,
) -> None:
    granted = apps.granted(here)
    before = apps.storage.tables()

    with pytest.raises(OthersToken):
        apps.end_grant(token=token_of(granted), client_id=client_id, origin=ORIGIN)

    assert apps.storage.tables() == before
    assert not is_over(granted.session.id)


@EITHER
def test_no_application_logs_a_user_out_here(
    apps: Applications, issued: IssuedTokens, is_over: Callable[[str], bool], token_of: TokenOf
) -> None:
    with pytest.raises(OthersToken):
        apps.end_grant(token=token_of(issued), client_id="wiki", origin=ORIGIN)

    assert not is_over(issued.session.id)


@pytest.mark.parametrize(
    "text",
    ["", "token", "\0", "\ud800", "a.b.c", FakeRefreshTokens(["another key"]).encode("id-2", 1)],
)
def test_what_is_no_token_ends_nothing(apps: Applications, here: TokenPrincipal, text: str) -> None:
    apps.granted(here)
    before = apps.storage.tables()

    apps.end_grant(token=text, client_id="wiki", origin=ORIGIN)

    assert apps.storage.tables() == before


@EITHER
def test_a_session_that_is_over_does_not_end_again_and_is_not_told_again(
    apps: Applications, here: TokenPrincipal, token_of: TokenOf
) -> None:
    granted = apps.granted(here)
    apps.end_grant(token=token_of(granted), client_id="wiki", origin=ORIGIN)
    before = apps.storage.tables()

    apps.end_grant(token=token_of(granted), client_id="wiki", origin=ORIGIN)

    assert apps.storage.tables() == before


@EITHER
def test_a_token_of_a_session_that_is_gone_ends_nothing(
    apps: Applications, here: TokenPrincipal, token_of: TokenOf
) -> None:
    granted = apps.granted(here)
    with apps.storage.changing(SESSIONS) as rows:
        del rows[granted.session.id]
    before = apps.storage.tables()

    apps.end_grant(token=token_of(granted), client_id="wiki", origin=ORIGIN)

    assert apps.storage.tables() == before


def test_an_access_token_that_is_over_ends_nothing(
    apps: Applications, here: TokenPrincipal, clock: FakeClock
) -> None:
    granted = apps.granted(here, SHOP)
    clock.advance(minutes=10)
    before = apps.storage.tables()

    apps.end_grant(token=granted.token, client_id="shop", origin=ORIGIN)

    assert apps.storage.tables() == before
