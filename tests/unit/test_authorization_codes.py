"""Authorization codes: whom they are given, and what they stand for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.authorization import AuthorizationCode
from domain.clients import Client, ClientNotFound
from domain.credentials import InvalidCredentials
from domain.secrets import digest_of
from domain.tokens import TokenPrincipal
from domain.users import User
from tests.fakes.authorization import TABLE
from tests.fakes.clock import START, FakeClock
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.applications import CALLBACK, OWN, WIKI, WIKI_API, Applications


def ask(
    apps: Applications,
    principal: TokenPrincipal,
    redirect_uri: str = CALLBACK,
) -> str:
    """The code that the wiki is given."""
    return apps.authorize(
        principal=principal,
        client=WIKI,
        redirect_uri=redirect_uri,
        scope="read write",
        audience=WIKI_API,
        code_challenge="a challenge",
        origin=ORIGIN,
    )


@pytest.mark.parametrize("redirect_uri", ["", CALLBACK])
def test_a_code_stands_for_all_that_was_asked_and_granted_for_a_minute(
    apps: Applications, here: TokenPrincipal, redirect_uri: str
) -> None:
    code = ask(apps, here, redirect_uri)

    assert apps.find_code(code=code, client_id="wiki") == AuthorizationCode(
        digest=digest_of(code),
        client_id="wiki",
        user_id=here.user_id,
        parent_id=here.session_id,
        redirect_uri=redirect_uri,
        scope="read write",
        audience=WIKI_API,
        code_challenge="a challenge",
        expires_at=START + timedelta(minutes=1),
    )


def test_a_code_is_kept_as_a_digest_alone(apps: Applications, here: TokenPrincipal) -> None:
    code = ask(apps, here)

    assert code not in str(apps.storage.tables())


def test_no_code_is_given_twice(apps: Applications, here: TokenPrincipal) -> None:
    codes = {ask(apps, here) for _ in range(3)}

    assert len(codes) == len(apps.storage.rows(TABLE)) == 3


@pytest.mark.parametrize("client_id", ["shop", "own", "", "WIKI"])
def test_a_code_is_found_by_its_own_client_alone(
    apps: Applications, here: TokenPrincipal, client_id: str
) -> None:
    assert apps.find_code(code=ask(apps, here), client_id=client_id) is None


def test_what_is_no_code_finds_none(apps: Applications, here: TokenPrincipal) -> None:
    code = ask(apps, here)

    for text in (code.upper(), f"{code} ", code[:-1], digest_of(code), "", "\0", "\ud800"):
        assert apps.find_code(code=text, client_id="wiki") is None


@pytest.mark.parametrize("client", [WIKI, OWN], ids=lambda client: client.id)
@pytest.mark.parametrize("how", ["ended", "expired", "removed"])
def test_nobody_gives_a_code_in_a_session_that_is_over(
    *,
    apps: Applications,
    users: FakeUserRepository,
    sessions: FakeSessionRepository,
    here: TokenPrincipal,
    clock: FakeClock,
    client: Client,
    how: str,
) -> None:
    if how == "ended":
        sessions.end(here.user_id, at=clock.now(), only=here.session_id)
    elif how == "removed":
        users.remove(here.user_id)
    else:
        clock.advance(days=14)
    before = apps.storage.tables()

    with pytest.raises(InvalidCredentials):
        apps.code(here, client)

    assert apps.storage.tables() == before


def test_the_session_is_looked_at_when_nobody_else_has_the_user_any_more(
    apps: Applications, storage: Storage, here: TokenPrincipal, clock: FakeClock
) -> None:
    class Awaited(FakeUserRepository):
        def lock(self, user_id: int) -> User | None:
            FakeSessionRepository(storage).end(user_id, at=clock.now())
            return super().lock(user_id)

    apps.authorize = replace(apps.authorize, users=Awaited(storage))

    with pytest.raises(InvalidCredentials):
        ask(apps, here)
    assert not storage.rows(TABLE)


@pytest.mark.parametrize("client", [WIKI, OWN], ids=lambda client: client.id)
def test_a_client_that_was_removed_meanwhile_gets_no_code_and_no_consent(
    apps: Applications, here: TokenPrincipal, client: Client
) -> None:
    apps.delete(client_id=client.id, origin=ORIGIN)
    before = apps.storage.tables()

    with pytest.raises(ClientNotFound):
        apps.code(here, client)

    assert apps.storage.tables() == before
