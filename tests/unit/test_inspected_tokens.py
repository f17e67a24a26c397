"""What an API is told of a token, and who is told nothing (RFC 7662)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.issuance import IssuedTokens
from domain.revocations import RevocationsUnknown, RevokedSessions
from domain.tokens import AccessToken, TokenPolicy, TokenPrincipal
from tests.fakes.clock import FakeClock
from tests.fakes.tokens import FakeTokenCodec
from tests.origins import ORIGIN
from tests.unit.applications import SHOP, WIKI, WIKI_API, Applications

API = replace(SHOP, id="api", resource=WIKI_API)


def test_the_client_that_holds_a_token_and_the_api_it_is_for_are_told_all_that_it_says(
    apps: Applications, codec: FakeTokenCodec, here: TokenPrincipal
) -> None:
    for issued in (apps.granted(here), apps.alone()):
        said = codec.decode(issued.token)

        assert [apps.inspect(token=issued.token, client=each) for each in (WIKI, API)] == [said] * 2


def test_whom_a_token_does_not_concern_is_told_nothing(
    apps: Applications, here: TokenPrincipal, issued: IssuedTokens
) -> None:
    granted = apps.granted(here)

    for client in (SHOP, replace(SHOP, resource=None), replace(SHOP, resource=f"{WIKI_API}/")):
        assert apps.inspect(token=granted.token, client=client) is None
    for client in (WIKI, SHOP, API):
        assert apps.inspect(token=issued.token, client=client) is None


def test_what_is_no_access_token_says_nothing(apps: Applications, here: TokenPrincipal) -> None:
    granted = apps.granted(here)

    for text in ("", "token", "\0", "\ud800", f"{granted.token} ", str(granted.refresh_token)):
        assert apps.inspect(token=text, client=WIKI) is None


def test_a_token_says_nothing_once_its_session_has_ended(
    apps: Applications, here: TokenPrincipal
) -> None:
    granted = apps.granted(here)
    apps.end_grant(token=granted.token, client_id="wiki", origin=ORIGIN)

    assert apps.inspect(token=granted.token, client=WIKI) is None


def test_a_token_says_nothing_once_it_is_over(
    apps: Applications, here: TokenPrincipal, clock: FakeClock
) -> None:
    granted = apps.granted(here)
    clock.advance(minutes=10, microseconds=-clock.now().microsecond - 1)
    assert apps.inspect(token=granted.token, client=WIKI)

    clock.advance(microseconds=1)

    assert apps.inspect(token=granted.token, client=WIKI) is None


Change = Callable[[AccessToken], AccessToken]


@pytest.mark.parametrize(
    "change",
    [
        lambda token: replace(token, issuer="https://other.example"),
        lambda token: replace(token, expires_at=token.issued_at + timedelta(days=1, seconds=1)),
        lambda token: replace(token, issued_at=token.issued_at + timedelta(seconds=62)),
    ],
    ids=["another issuer", "too long", "not yet"],
)
def test_a_token_that_is_not_good_says_nothing_whoever_signed_it(
    apps: Applications, codec: FakeTokenCodec, here: TokenPrincipal, change: Change
) -> None:
    said = codec.decode(apps.granted(here).token)

    assert apps.inspect(token=codec.encode(change(said)), client=WIKI) is None


def test_nothing_is_said_while_nobody_knows_which_sessions_have_ended(
    apps: Applications, here: TokenPrincipal
) -> None:
    inspect = replace(apps.inspect, revoked=RevokedSessions(timedelta(minutes=2)))

    with pytest.raises(RevocationsUnknown):
        inspect(token=apps.granted(here).token, client=WIKI)


def test_the_issuer_is_the_one_of_the_policy(apps: Applications, here: TokenPrincipal) -> None:
    elsewhere = replace(apps.inspect, policy=TokenPolicy("https://other.example"))

    assert elsewhere(token=apps.granted(here).token, client=WIKI) is None
