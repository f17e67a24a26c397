"""Refresh tokens that give nothing, and what that leaves as it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.issuance import IssuedTokens, IssueToken
from domain.renewal import InvalidRefreshToken, RefreshSession, RefreshTokenReused
from domain.sessions import Session
from domain.signing_keys import SigningKeysNotLoaded
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.refresh_tokens import FakeRefreshTokens
from tests.fakes.sessions import TABLE as SESSIONS
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.signing_keys import FakeKeyRing
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import acting_in, again, log_in

NOW = START.replace(microsecond=0)
GRACE = timedelta(seconds=10)


def test_a_reused_token_of_a_session_that_is_over_is_only_invalid(
    refresh: RefreshSession, issued: IssuedTokens, clock: FakeClock
) -> None:
    again(refresh, again(refresh, issued))

    for error in (RefreshTokenReused, InvalidRefreshToken):
        with pytest.raises(error):
            again(refresh, issued)


UNKNOWN = ["", "refresh", "refresh|id-0|1", "refresh|id-1|0", "refresh|id-1|x", "eyJ.a.b"]


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_or_forged_token_changes_nothing(
    *,
    refresh: RefreshSession,
    sessions: FakeSessionRepository,
    is_over: Callable[[str], bool],
    issued: IssuedTokens,
    text: str,
) -> None:
    with pytest.raises(InvalidRefreshToken):
        refresh(refresh_token=text, origin=ORIGIN)

    assert not is_over(issued.session.id)
    assert sessions.find(issued.session.id) == issued.session


def test_a_token_presented_by_another_client_is_invalid_and_changes_nothing(
    refresh: RefreshSession,
    sessions: FakeSessionRepository,
    is_over: Callable[[str], bool],
    issued: IssuedTokens,
) -> None:
    with pytest.raises(InvalidRefreshToken):
        refresh(refresh_token=str(issued.refresh_token), client_id="wiki", origin=ORIGIN)

    assert not is_over(issued.session.id)
    assert sessions.find(issued.session.id) == issued.session


def test_a_session_of_another_client_is_refreshed_by_that_client_alone(
    *,
    refresh: RefreshSession,
    sessions: FakeSessionRepository,
    codec: FakeTokenCodec,
    issued: IssuedTokens,
) -> None:
    sessions.add(replace(issued.session, id="wiki's", client_id="wiki", scope="openid"))

    text = FakeRefreshTokens().encode("wiki's", 1)

    with pytest.raises(InvalidRefreshToken):
        refresh(refresh_token=text, origin=ORIGIN)
    token = codec.decode(refresh(refresh_token=text, client_id="wiki", origin=ORIGIN).token)
    assert (token.client_id, token.scope) == ("wiki", "openid")


def test_a_session_of_nobody_has_no_refresh_token(
    refresh: RefreshSession, sessions: FakeSessionRepository, issued: IssuedTokens
) -> None:
    sessions.add(replace(issued.session, id="nobody's", user_id=None))

    with pytest.raises(InvalidRefreshToken):
        refresh(refresh_token=FakeRefreshTokens().encode("nobody's", 1), origin=ORIGIN)


def test_the_token_of_an_ended_session_is_invalid(
    refresh: RefreshSession,
    sessions: FakeSessionRepository,
    issued: IssuedTokens,
    miguel: User,
    clock: FakeClock,
) -> None:
    sessions.end(miguel.id, at=clock.now(), only=issued.session.id)
    ended = sessions.find(issued.session.id)

    with pytest.raises(InvalidRefreshToken):
        again(refresh, issued)
    assert sessions.find(issued.session.id) == ended


@pytest.mark.parametrize("is_used", [False, True])
def test_the_token_of_an_expired_session_is_invalid_from_its_idle_end_on(
    *,
    refresh: RefreshSession,
    is_over: Callable[[str], bool],
    issued: IssuedTokens,
    clock: FakeClock,
    is_used: bool,
) -> None:
    if is_used:
        again(refresh, issued)
    clock.advance(days=14)

    with pytest.raises(InvalidRefreshToken):
        again(refresh, issued)
    assert not is_over(issued.session.id)


@pytest.mark.parametrize("is_used", [False, True])
def test_the_token_of_a_disabled_user_is_invalid_and_is_not_lost_by_it(
    *,
    refresh: RefreshSession,
    users: FakeUserRepository,
    sessions: FakeSessionRepository,
    issued: IssuedTokens,
    miguel: User,
    is_used: bool,
) -> None:
    present = again(refresh, issued) if is_used else issued
    users.set_disabled(miguel.id, START)

    with pytest.raises(InvalidRefreshToken):
        again(refresh, issued)
    assert sessions.find(issued.session.id) == present.session


def test_the_token_of_a_removed_user_is_invalid(
    refresh: RefreshSession, users: FakeUserRepository, issued: IssuedTokens, miguel: User
) -> None:
    users.remove(miguel.id)

    with pytest.raises(InvalidRefreshToken):
        again(refresh, issued)


@pytest.mark.parametrize("how", ["removed", "disabled"])
def test_the_token_of_a_user_who_goes_before_the_lock_is_had_is_invalid(
    refresh: RefreshSession, storage: Storage, issued: IssuedTokens, clock: FakeClock, how: str
) -> None:
    class Leaving(FakeUserRepository):
        def lock(self, user_id: int) -> User | None:
            if how == "removed":
                self.remove(user_id)
            else:
                self.set_disabled(user_id, clock.now())
            return super().lock(user_id)

    with pytest.raises(InvalidRefreshToken):
        again(replace(refresh, users=Leaving(storage)), issued)


@pytest.mark.parametrize("how", ["ended", "gone"])
def test_the_token_of_a_session_that_is_over_before_the_lock_is_had_is_invalid(
    refresh: RefreshSession, storage: Storage, issued: IssuedTokens, clock: FakeClock, how: str
) -> None:
    class Awaited(FakeUserRepository):
        def lock(self, user_id: int) -> User | None:
            if how == "gone":
                with storage.changing(SESSIONS) as rows:
                    rows.clear()
            FakeSessionRepository(storage).end(user_id, at=clock.now())
            return super().lock(user_id)

    with pytest.raises(InvalidRefreshToken):
        again(replace(refresh, users=Awaited(storage)), issued)


def test_a_refused_token_does_not_say_whose_it_was(
    refresh: RefreshSession, users: FakeUserRepository, issued: IssuedTokens, miguel: User
) -> None:
    users.set_disabled(miguel.id, START)

    with pytest.raises(InvalidRefreshToken) as of_a_user:
        again(refresh, issued)
    with pytest.raises(InvalidRefreshToken) as of_nobody:
        refresh(refresh_token="refresh|id-0|1", origin=ORIGIN)

    assert (str(of_a_user.value), of_a_user.value.fields) == (str(of_nobody.value), ())


def test_a_session_that_is_ended_in_the_middle_of_its_rotation_is_over(
    refresh: RefreshSession, storage: Storage, issued: IssuedTokens, miguel: User
) -> None:
    class Overtaken(FakeSessionRepository):
        def renew(self, session: Session, *, counter: int) -> bool:
            self.end(miguel.id, at=session.rotated_at, only=session.id)
            return super().renew(session, counter=counter)

    assert issued.refresh_token
    with pytest.raises(InvalidRefreshToken):
        replace(refresh, sessions=Overtaken(storage))(
            refresh_token=issued.refresh_token, origin=ORIGIN
        )


def test_nothing_is_started_renewed_or_rotated_while_no_token_can_be_signed(
    *,
    issue: IssueToken,
    refresh: RefreshSession,
    storage: Storage,
    clock: FakeClock,
    issued: IssuedTokens,
    miguel: User,
) -> None:
    issuer = replace(issue.issuer, tokens=FakeTokenCodec(FakeKeyRing(clock), clock))
    keyless, before = replace(issue, issuer=issuer), dict(storage.rows(SESSIONS))
    clock.advance(minutes=5)

    with pytest.raises(SigningKeysNotLoaded):
        log_in(keyless, miguel)
    with pytest.raises(SigningKeysNotLoaded):
        keyless(principal=acting_in(issued.session, miguel), origin=ORIGIN)
    with pytest.raises(SigningKeysNotLoaded):
        again(replace(refresh, issuer=issuer), issued)

    assert storage.rows(SESSIONS) == before
