"""Applications that act for themselves, in one session of their own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.clients import ClientNotFound
from domain.credentials import InvalidCredentials, TokenCredentials
from domain.sessions import Session, SessionPolicy
from domain.signing_keys import SigningKeysNotLoaded
from domain.tokens import AccessToken, AuthenticateRequest, TokenPrincipal
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import START, FakeClock
from tests.fakes.sessions import TABLE as SESSIONS
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.signing_keys import FakeKeyRing
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN
from tests.unit.applications import SHOP, WIKI, WIKI_API, Applications
from tests.unit.log_ins import DEVICE, POLICY

NOW = START.replace(microsecond=0)


def test_a_client_gets_a_token_that_has_no_user_and_no_refresh_token(
    apps: Applications, codec: FakeTokenCodec
) -> None:
    issued = apps.alone(scope="read write")

    token = codec.decode(issued.token)
    assert token == AccessToken(
        issuer=POLICY.issuer,
        audience=WIKI_API,
        user_id=None,
        username=None,
        client_id="wiki",
        scope="read write",
        token_id=token.token_id,
        session_id=issued.session.id,
        issued_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
        authenticated_at=NOW,
    )
    assert (issued.refresh_token, issued.duration) == (None, 600)


def test_its_first_token_begins_a_session_that_is_nobodys(
    apps: Applications, sessions: FakeSessionRepository
) -> None:
    issued = apps.alone()

    assert sessions.find(issued.session.id) == Session(
        id=issued.session.id,
        user_id=None,
        client_id="wiki",
        parent_id=None,
        scope="read",
        audience=WIKI_API,
        counter=0,
        created_at=START,
        rotated_at=START,
        used_at=START,
        device=DEVICE,
        tokens_end=NOW + timedelta(minutes=10),
        idle_end=NOW + timedelta(minutes=10),
        absolute_end=NOW + timedelta(days=30),
    )


def test_all_further_tokens_are_of_that_session_and_each_is_another(
    apps: Applications, codec: FakeTokenCodec, clock: FakeClock
) -> None:
    first = apps.alone()
    clock.advance(minutes=9)
    second, third = apps.alone(), apps.alone()

    tokens = [codec.decode(each.token) for each in (first, second, third)]

    assert {token.session_id for token in tokens} == {first.session.id}
    assert len({token.token_id for token in tokens}) == 3
    assert second.session.tokens_end == NOW + timedelta(minutes=19)
    assert len(apps.storage.rows(SESSIONS)) == 1


def test_scope_and_audience_are_those_of_each_token_and_the_session_keeps_its_own(
    apps: Applications, codec: FakeTokenCodec, sessions: FakeSessionRepository
) -> None:
    first = apps.alone(scope="read", audience=WIKI_API)

    second = codec.decode(apps.alone(scope="write", audience="https://other.example").token)

    assert (second.scope, second.audience) == ("write", "https://other.example")
    kept = sessions.find(first.session.id)
    assert kept is not None
    assert (kept.scope, kept.audience) == ("read", WIKI_API)
    third = codec.decode(apps.alone().token)
    assert (third.scope, third.audience) == ("read", WIKI_API)


def test_every_client_has_a_session_of_its_own_beside_what_users_have_let_it(
    apps: Applications, here: TokenPrincipal
) -> None:
    granted = apps.granted(here).session.id

    own = {apps.alone(client).session.id for client in (WIKI, SHOP, WIKI, SHOP)}

    assert len(own) == 2
    assert granted not in own


def test_a_session_that_was_ended_is_followed_by_another(
    apps: Applications, is_over: Callable[[str], bool]
) -> None:
    first = apps.alone()
    apps.end_grant(token=first.token, client_id="wiki", origin=ORIGIN)

    second = apps.alone()

    assert [is_over(each.session.id) for each in (first, second)] == [True, False]


@pytest.mark.parametrize(("minutes", "is_same"), [(9.99, True), (10, False), (600, False)])
def test_a_session_whose_last_token_is_over_is_followed_by_another(
    apps: Applications, clock: FakeClock, minutes: float, *, is_same: bool
) -> None:
    first = apps.alone()
    clock.advance(minutes=minutes, microseconds=-START.microsecond)

    assert (apps.alone().session.id == first.session.id) == is_same


def test_a_session_that_is_ended_just_before_its_renewal_is_followed_by_another(
    apps: Applications, storage: Storage, clock: FakeClock, sessions: FakeSessionRepository
) -> None:
    class EndedJustBefore(FakeSessionRepository):
        def renew(self, session: Session, *, counter: int) -> bool:
            self.end(None, at=clock.now(), only=session.id)
            return super().renew(session, counter=counter)

    first = apps.alone()
    apps.act_alone = replace(apps.act_alone, sessions=EndedJustBefore(storage))

    second = apps.alone()

    assert second.session.id != first.session.id
    live = sessions.find_standing("wiki", now=clock.now())
    assert live is not None
    assert live.id == second.session.id


def test_a_session_is_followed_by_another_before_its_end_would_make_tokens_short(
    apps: Applications, clock: FakeClock, sessions: FakeSessionRepository
) -> None:
    apps.act_alone = replace(apps.act_alone, policy=SessionPolicy(lifetime=timedelta(minutes=29)))
    clock.advance(microseconds=-START.microsecond)
    first = apps.alone()
    clock.advance(minutes=9.9)
    apps.alone()
    clock.advance(minutes=9.1)
    last = apps.alone()
    clock.advance(seconds=1)

    following = [apps.alone() for _ in range(2)]

    assert (last.session.id, last.duration) == (first.session.id, 600)
    assert {each.session.id for each in following} == {following[0].session.id}
    assert [each.duration for each in following] == [600, 600]
    former = sessions.find(first.session.id)
    assert former is not None
    assert former.idle_end == former.absolute_end
    assert [former.is_live(clock.now() + timedelta(seconds=wait)) for wait in (598, 599)] == [
        *(True, False)
    ]
    assert following[0].session.id != first.session.id


@pytest.mark.parametrize("seconds", [60, 300, 600, 610])
def test_where_sessions_are_hardly_longer_than_tokens_two_live_at_most(
    apps: Applications, clock: FakeClock, sessions: FakeSessionRepository, seconds: int
) -> None:
    policy = SessionPolicy(lifetime=timedelta(seconds=seconds))
    apps.act_alone = replace(apps.act_alone, policy=policy)

    for _ in range(30):
        issued = apps.alone()
        assert issued.duration >= (seconds - 1) // 2
        rows: dict[str, Session] = apps.storage.rows(SESSIONS)
        assert sum(each.is_live(clock.now()) for each in rows.values()) <= 2
        clock.advance(seconds=seconds / 13)


def test_only_the_beginning_of_the_session_is_told(
    apps: Applications, entries: FakeAuditRepository
) -> None:
    first = apps.alone()
    apps.alone()

    assert [(each.event, each.subject, each.session_id) for each in entries._entries()] == [
        ("logged_in", "client:wiki", first.session.id)
    ]


def test_a_client_that_was_removed_meanwhile_gets_none(apps: Applications) -> None:
    apps.alone()
    apps.delete(client_id="wiki", origin=ORIGIN)
    before = apps.storage.tables()

    with pytest.raises(ClientNotFound):
        apps.alone()
    assert apps.storage.tables() == before


def test_nothing_begins_while_no_token_can_be_signed(
    apps: Applications, storage: Storage, clock: FakeClock
) -> None:
    issuer = replace(apps.act_alone.issuer, tokens=FakeTokenCodec(FakeKeyRing(clock), clock))
    apps.act_alone = replace(apps.act_alone, issuer=issuer)

    with pytest.raises(SigningKeysNotLoaded):
        apps.alone()
    assert not storage.rows(SESSIONS)


def test_a_token_without_a_user_opens_nothing_here_whatever_it_is_for(
    apps: Applications, authenticate: AuthenticateRequest
) -> None:
    issued = apps.alone(scope="profile", audience=POLICY.issuer)

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(issued.token), origin=ORIGIN)
