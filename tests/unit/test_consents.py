"""Consents: whom a user is asked about, what is remembered of it, and how it is taken back."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.consents import Consent, ConsentNotFound
from domain.credentials import InvalidCredentials
from domain.issuance import IssueToken
from domain.tokens import TokenPrincipal
from domain.users import User
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import START, FakeClock
from tests.fakes.consents import FakeConsentRepository
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.unit_of_work import Storage
from tests.origins import ORIGIN
from tests.unit.applications import CALLBACK, OWN, SHOP, WIKI, Applications
from tests.unit.log_ins import acting_in, log_in


def scopes(apps: Applications, principal: TokenPrincipal) -> list[str]:
    """What the user has consented to, the youngest consent first."""
    return [each.scope for each in apps.list_consents(principal=principal)]


@pytest.mark.parametrize(
    ("scope", "is_covered"),
    [
        *(("read", True), ("write read", True), ("read read", True), ("", True)),
        *(("read write profile", False), ("profile", False), ("Read", False), ("rea", False)),
    ],
)
def test_a_consent_covers_what_is_named_in_it_in_any_order(scope: str, *, is_covered: bool) -> None:
    assert Consent(1, "wiki", "The wiki", "read write", START).covers(scope) == is_covered


def test_a_user_is_asked_until_they_have_consented_to_all_of_it(
    apps: Applications, issue: IssueToken, here: TokenPrincipal, susan: User
) -> None:
    hers = acting_in(log_in(issue, susan).session, susan)
    assert apps.asks(here)

    apps.code(here, scope="read profile")

    assert [apps.asks(here, scope=scope) for scope in ("read", "profile read", "read write")] == [
        *(False, False, True)
    ]
    assert apps.asks(here, SHOP)
    assert apps.asks(hers)


@pytest.mark.parametrize(
    ("redirect_uri", "is_public", "is_asked"),
    [
        (CALLBACK, True, False),
        ("http://127.0.0.1:5001/", True, True),
        ("org.example.wiki:/callback", True, True),
        ("http://127.0.0.1:5001/", False, False),
        ("org.example.wiki:/callback", False, False),
    ],
)
def test_a_user_is_asked_each_time_where_another_program_could_pass_for_the_client(
    apps: Applications,
    here: TokenPrincipal,
    redirect_uri: str,
    *,
    is_public: bool,
    is_asked: bool,
) -> None:
    digest = None if is_public else WIKI.secret_digest
    client = replace(WIKI, secret_digest=digest, redirect_uris=(redirect_uri,))
    apps.code(here)

    # Without an address, the registered one is meant.
    for named in (redirect_uri, ""):
        assert apps.asks(here, client, redirect_uri=named) == is_asked


def test_a_client_with_another_address_is_known_at_its_own_site_all_the_same(
    apps: Applications, here: TokenPrincipal
) -> None:
    local = "http://127.0.0.1:5001/"
    client = replace(WIKI, secret_digest=None, redirect_uris=(CALLBACK, local))
    apps.code(here)

    assert not apps.asks(here, client, redirect_uri=CALLBACK)
    assert apps.asks(here, client, redirect_uri=local)


def test_nobody_is_asked_about_the_owners_own_applications(
    apps: Applications, here: TokenPrincipal
) -> None:
    public = replace(OWN, secret_digest=None)

    for is_asked in (False, True):
        apps.code(here, OWN, is_asked=is_asked)
        apps.code(here, public, redirect_uri="http://127.0.0.1:5001/", is_asked=is_asked)

    assert scopes(apps, here) == []


def test_what_is_consented_to_later_is_added_to_what_was_before(
    apps: Applications, here: TokenPrincipal, clock: FakeClock
) -> None:
    apps.code(here, scope="write read")
    clock.advance(days=1)

    apps.code(here, scope="profile read")

    assert apps.consents.find(here.user_id, "wiki") == Consent(
        here.user_id, "wiki", "The wiki", "write read profile", clock.now()
    )


def test_what_was_consented_to_before_changes_nothing_and_is_not_told(
    apps: Applications, here: TokenPrincipal, entries: FakeAuditRepository, clock: FakeClock
) -> None:
    apps.code(here, scope="read write")
    consent, told = apps.consents.find(here.user_id, "wiki"), len(entries._entries())
    clock.advance(days=1)

    apps.code(here, scope="write")

    assert apps.consents.find(here.user_id, "wiki") == consent
    assert len(entries._entries()) == told


def test_users_see_their_own_consents_the_youngest_first(
    *,
    apps: Applications,
    issue: IssueToken,
    here: TokenPrincipal,
    susan: User,
    clock: FakeClock,
) -> None:
    apps.code(here, scope="read")
    clock.advance(seconds=1)
    apps.code(here, SHOP, scope="write")
    apps.code(acting_in(log_in(issue, susan).session, susan), scope="profile")

    listed = apps.list_consents(principal=here)

    assert [(each.client_name, each.scope) for each in listed] == [
        *(("The shop", "write"), ("The wiki", "read"))
    ]


def test_a_consent_is_withdrawn_with_all_that_came_of_it_and_nothing_else(
    apps: Applications, here: TokenPrincipal, is_over: Callable[[str], bool]
) -> None:
    granted = [apps.granted(here).session.id for _ in range(2)]
    code = apps.code(here)
    others = [apps.granted(here, SHOP).session.id, apps.alone().session.id, here.session_id]

    apps.withdraw(principal=here, client_id="wiki", origin=ORIGIN)

    assert list(map(is_over, granted)) == [True, True]
    assert list(map(is_over, others)) == [False] * 3
    assert apps.codes.find(code.digest) is None
    assert [each.client_id for each in apps.list_consents(principal=here)] == ["shop"]
    assert apps.asks(here)


def test_a_consent_of_somebody_else_stays(
    *,
    apps: Applications,
    issue: IssueToken,
    here: TokenPrincipal,
    susan: User,
    is_over: Callable[[str], bool],
) -> None:
    hers = acting_in(log_in(issue, susan).session, susan)
    granted = apps.granted(hers).session.id
    apps.code(here)

    apps.withdraw(principal=here, client_id="wiki", origin=ORIGIN)

    assert scopes(apps, hers) == ["read"]
    assert not is_over(granted)


def test_a_consent_can_be_given_again_and_is_not_wider_than_then(
    apps: Applications, here: TokenPrincipal
) -> None:
    apps.code(here, scope="read write")
    apps.withdraw(principal=here, client_id="wiki", origin=ORIGIN)

    apps.code(here, scope="read")

    assert scopes(apps, here) == ["read"]


@pytest.mark.parametrize("client_id", ["wiki", "shop", "own", "nobody"])
def test_what_was_not_consented_to_cannot_be_withdrawn(
    apps: Applications, here: TokenPrincipal, is_over: Callable[[str], bool], client_id: str
) -> None:
    granted = apps.granted(here, OWN).session.id
    before = apps.storage.tables()

    with pytest.raises(ConsentNotFound):
        apps.withdraw(principal=here, client_id=client_id, origin=ORIGIN)

    assert apps.storage.tables() == before
    assert not is_over(granted)


@pytest.mark.parametrize("client_id", ["", "id 1", "wiki\n", "\0", "\ud800", "x" * 65])
def test_what_can_be_no_id_of_a_client_is_not_looked_for(
    apps: Applications, storage: Storage, here: TokenPrincipal, client_id: str
) -> None:
    class Unasked(FakeConsentRepository):
        def remove(self, user_id: int, client_id: str) -> bool:
            raise AssertionError("A text that can be no id was looked for.")

    withdraw = replace(apps.withdraw, consents=Unasked(storage))
    with pytest.raises(ConsentNotFound):
        withdraw(principal=here, client_id=client_id, origin=ORIGIN)


def test_nothing_is_withdrawn_in_a_session_that_was_ended_elsewhere(
    apps: Applications, here: TokenPrincipal, sessions: FakeSessionRepository, clock: FakeClock
) -> None:
    apps.code(here)
    sessions.end(here.user_id, at=clock.now(), only=here.session_id)

    with pytest.raises(InvalidCredentials):
        apps.withdraw(principal=here, client_id="wiki", origin=ORIGIN)

    assert scopes(apps, here) == ["read"]
