"""Refreshes for less than the session has, and for more."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.issuance import IssuedTokens
from domain.renewal import BeyondGrant, RefreshSession
from tests.fakes.clock import FakeClock
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.tokens import FakeTokenCodec
from tests.origins import ORIGIN

WIDE = "read write profile"
Narrow = Callable[..., IssuedTokens]


@pytest.fixture
def narrow(
    refresh: RefreshSession, sessions: FakeSessionRepository, issued: IssuedTokens
) -> Narrow:
    """Refreshes the session of an application, which has WIDE, for this scope."""
    sessions.add(replace(issued.session, id="wiki's", client_id="wiki", scope=WIDE))

    def ask(scope: str | None, *, counter: int = 1) -> IssuedTokens:
        text = FakeRefreshTokens().encode("wiki's", counter)
        return refresh(refresh_token=text, client_id="wiki", scope=scope, origin=ORIGIN)

    return ask


def test_a_refresh_may_be_for_less_and_the_next_one_has_all_again(
    narrow: Narrow, sessions: FakeSessionRepository, codec: FakeTokenCodec
) -> None:
    # The second is within the grace.
    given = [narrow("write"), narrow("read"), narrow(None, counter=2)]

    assert [each.session.scope for each in given] == ["write", "read", WIDE]
    assert [codec.decode(each.token).scope for each in given] == ["write", "read", WIDE]
    stored = sessions.find("wiki's")
    assert stored is not None
    assert stored.scope == WIDE


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("write read", "read write"),
        ("write write  write", "write"),
        (" " * 60_000 + "read", "read"),
        ("", WIDE),
        ("  ", WIDE),
    ],
)
def test_what_is_signed_are_the_sessions_own_words_once_each(
    narrow: Narrow, codec: FakeTokenCodec, asked: str, given: str
) -> None:
    tokens = narrow(asked)

    assert tokens.scope == codec.decode(tokens.token).scope == given


def test_within_the_grace_equal_requests_give_equal_tokens_and_others_give_others(
    narrow: Narrow, codec: FakeTokenCodec, clock: FakeClock
) -> None:
    given = []
    for scope in (None, "read", "write", "write", "read", "profile write read"):
        clock.advance(seconds=1)
        given.append(codec.decode(narrow(scope).token))
    whole, read, write, *again = given

    assert len({whole.token_id, read.token_id, write.token_id}) == 3
    assert again == [write, read, whole]


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"scope": "account admin"}, "scope"),
        ({"scope": "profile"}, "scope"),
        ({"scope": "account\taccount"}, "scope"),
        ({"scope": "account\n"}, "scope"),
        ({"scope": "account\u00a0account"}, "scope"),
        ({"scope": "\t"}, "scope"),
        ({"audience": "https://elsewhere.example"}, "audience"),
    ],
)
def test_whoever_asks_for_more_than_the_session_has_gets_nothing_and_keeps_what_they_hold(
    refresh: RefreshSession, issued: IssuedTokens, more: dict[str, str], what: str
) -> None:
    text = issued.refresh_token or ""

    with pytest.raises(BeyondGrant) as refused:
        refresh(refresh_token=text, origin=ORIGIN, **more)

    assert refused.value.what == what
    assert refresh(refresh_token=text, origin=ORIGIN).session.counter == 2
