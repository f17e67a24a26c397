"""Codes redeemed twice: two hold one, and nobody knows who is the thief."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.credentials import InvalidCredentials, TokenCredentials
from domain.tokens import AuthenticateRequest, TokenPrincipal
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import FakeClock
from tests.fakes.sessions import FakeSessionRepository
from tests.origins import ORIGIN
from tests.unit.applications import SHOP, Applications, nothing_comes_of
from tests.unit.log_ins import POLICY


def test_a_second_use_gives_nothing_and_ends_the_session_of_the_first_everywhere(
    apps: Applications, here: TokenPrincipal, is_over: Callable[[str], bool]
) -> None:
    code = apps.code(here)
    first = apps.redeemed(code).session.id
    others = [here.session_id, apps.granted(here).session.id, apps.granted(here, SHOP).session.id]

    nothing_comes_of(apps, lambda: apps.redeemed(code))

    assert is_over(first)
    assert not any(map(is_over, others))


@pytest.mark.parametrize("days", [0, 1, 13])
def test_a_second_use_ends_the_session_however_late_it_is(
    apps: Applications,
    here: TokenPrincipal,
    clock: FakeClock,
    is_over: Callable[[str], bool],
    days: int,
) -> None:
    code = apps.code(here)
    first = apps.redeemed(code).session.id
    clock.advance(days=days, minutes=1)

    nothing_comes_of(apps, lambda: apps.redeemed(code))

    assert is_over(first)


def test_a_third_use_finds_the_session_over_and_tells_the_feed_nothing_more(
    apps: Applications,
    here: TokenPrincipal,
    entries: FakeAuditRepository,
    sessions: FakeSessionRepository,
) -> None:
    code = apps.code(here)
    first = apps.redeemed(code).session.id
    nothing_comes_of(apps, lambda: apps.redeemed(code))
    ended, told = sessions.find(first), dict(apps.storage.rows("revocations"))

    nothing_comes_of(apps, lambda: apps.redeemed(code))

    assert sessions.find(first) == ended
    assert apps.storage.rows("revocations") == told
    assert [each.event for each in entries._entries()].count("code_reused") == 2


def test_the_tokens_of_a_first_use_are_refused_after_the_second(
    apps: Applications, here: TokenPrincipal, authenticate: AuthenticateRequest
) -> None:
    code = apps.code(here, scope="profile")
    code = replace(code, audience=POLICY.issuer)
    issued = apps.redeemed(code)
    credentials = TokenCredentials(issued.token)
    assert authenticate(credentials=credentials, origin=ORIGIN)

    nothing_comes_of(apps, lambda: apps.redeemed(code))

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=credentials, origin=ORIGIN)
