"""Whom credentials prove, and what that costs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.credentials import InvalidCredentials, PasswordCredentials, TokenCredentials
from domain.issuance import IssueToken
from domain.revocations import Revocation, RevocationsUnknown, RevokedSessions
from domain.signing_keys import SigningKeysNotLoaded
from domain.tokens import (
    AuthenticateRequest,
    PasswordPrincipal,
    TokenPolicy,
    TokenPrincipal,
)
from domain.users import User
from tests.fakes.clock import START, FakeClock
from tests.fakes.passwords import FakePasswordHasher
from tests.fakes.signing_keys import FakeKeyRing
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import PASSWORD, log_in
from tests.unit.spellings import wide

LOGGED_IN_AT = START.replace(microsecond=0)
BOUND = timedelta(seconds=5)


class UntouchedUsers(FakeUserRepository):
    """Users that nobody may look up."""

    def find_by_name(self, canonical_name: str) -> User | None:
        raise AssertionError("Users were looked up.")

    def find(self, user_id: int) -> User | None:
        raise AssertionError("Users were looked up.")


@pytest.fixture
def without_storage(
    authenticate: AuthenticateRequest, hasher: FakePasswordHasher, storage: Storage
) -> AuthenticateRequest:
    passwords = replace(authenticate.passwords, users=UntouchedUsers(storage))
    return replace(authenticate, passwords=passwords)


def test_a_password_proves_its_user_and_the_hash_that_it_was_verified_against(
    authenticate: AuthenticateRequest, miguel: User
) -> None:
    principal = authenticate(credentials=PasswordCredentials("MIGUEL", PASSWORD), origin=ORIGIN)

    assert principal == PasswordPrincipal(miguel.id, "Miguel", miguel.password_hash)


def test_a_principal_does_not_show_the_hash_to_whoever_logs_it(
    authenticate: AuthenticateRequest, miguel: User
) -> None:
    principal = authenticate(credentials=PasswordCredentials("miguel", PASSWORD), origin=ORIGIN)

    assert miguel.password_hash not in repr(principal)


@pytest.mark.parametrize(("username", "password"), [("miguel", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_password_proves_nobody(
    authenticate: AuthenticateRequest, miguel: User, username: str, password: str
) -> None:
    with pytest.raises(InvalidCredentials):
        authenticate(credentials=PasswordCredentials(username, password), origin=ORIGIN)


def test_a_live_token_proves_its_user_and_session_without_any_look_up_or_hash(
    *,
    without_storage: AuthenticateRequest,
    issue: IssueToken,
    hasher: FakePasswordHasher,
    miguel: User,
    clock: FakeClock,
) -> None:
    issued = log_in(issue, miguel)
    clock.advance(minutes=5)

    principal = without_storage(credentials=TokenCredentials(issued.token), origin=ORIGIN)

    assert principal == TokenPrincipal(miguel.id, "Miguel", issued.session.id, LOGGED_IN_AT)
    assert (hasher.hashes, hasher.verifications) == (0, 0)


def test_a_refused_token_costs_no_look_up_and_no_hash(
    without_storage: AuthenticateRequest, hasher: FakePasswordHasher
) -> None:
    with pytest.raises(InvalidCredentials):
        without_storage(credentials=TokenCredentials("eyJ.a.b"), origin=ORIGIN)

    assert (hasher.hashes, hasher.verifications) == (0, 0)


def test_a_token_is_refused_from_its_end_on(
    authenticate: AuthenticateRequest, issue: IssueToken, miguel: User, clock: FakeClock
) -> None:
    token = log_in(issue, miguel).token
    clock.advance(minutes=10)

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(token), origin=ORIGIN)


@pytest.mark.parametrize("change", [{"client_id": "other"}, {"scope": "openid"}, {"audience": "x"}])
def test_a_well_signed_token_that_was_made_for_anything_else_is_refused(
    *,
    authenticate: AuthenticateRequest,
    issue: IssueToken,
    codec: FakeTokenCodec,
    miguel: User,
    change: dict[str, str],
) -> None:
    token = codec.decode(log_in(issue, miguel).token)
    other = codec.encode(replace(token, **change))  # type: ignore[arg-type]

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(other), origin=ORIGIN)


def test_a_well_signed_token_of_another_issuer_is_refused(
    authenticate: AuthenticateRequest, issue: IssueToken, miguel: User
) -> None:
    token = log_in(issue, miguel).token
    elsewhere = replace(authenticate, policy=TokenPolicy(issuer="https://other.example"))

    with pytest.raises(InvalidCredentials):
        elsewhere(credentials=TokenCredentials(token), origin=ORIGIN)


def test_a_token_of_a_revoked_session_is_refused_and_those_of_others_are_not(
    *,
    authenticate: AuthenticateRequest,
    issue: IssueToken,
    revoked: RevokedSessions,
    miguel: User,
    clock: FakeClock,
) -> None:
    ended, other = (log_in(issue, miguel) for _ in range(2))

    revoked.add([Revocation(ended.session.id, clock.now())])

    assert authenticate(credentials=TokenCredentials(other.token), origin=ORIGIN)
    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(ended.token), origin=ORIGIN)


def test_no_token_is_accepted_or_called_invalid_while_revocations_are_unknown(
    authenticate: AuthenticateRequest, issue: IssueToken, miguel: User
) -> None:
    token = log_in(issue, miguel).token
    stale = replace(authenticate, revoked=RevokedSessions(BOUND))

    with pytest.raises(RevocationsUnknown):
        stale(credentials=TokenCredentials(token), origin=ORIGIN)


def test_a_password_is_checked_while_revocations_are_unknown(
    authenticate: AuthenticateRequest, miguel: User
) -> None:
    stale = replace(authenticate, revoked=RevokedSessions(BOUND))

    assert stale(credentials=PasswordCredentials("miguel", PASSWORD), origin=ORIGIN)


def test_no_token_is_judged_before_the_keys_are_loaded(
    authenticate: AuthenticateRequest, issue: IssueToken, miguel: User, clock: FakeClock
) -> None:
    token = log_in(issue, miguel).token
    keyless = replace(authenticate, tokens=FakeTokenCodec(FakeKeyRing(clock), clock))

    with pytest.raises(SigningKeysNotLoaded):
        keyless(credentials=TokenCredentials(token), origin=ORIGIN)


@pytest.mark.parametrize("name", ["eyJ.a.b", "EYJ.A.B", wide("eyJ.a.b"), "eyJ" + "a" * 900 + ".."])
def test_what_looks_like_a_token_is_judged_as_one_as_it_was_sent(
    authenticate: AuthenticateRequest, name: str
) -> None:
    assert authenticate.classify(name, "x") == TokenCredentials(name)


@pytest.mark.parametrize("name", ["miguel", "Miguel", "", "eyJ", "eyJ.a", "eyJ.a.b.c", "x" * 65])
def test_any_other_name_is_judged_with_its_password_as_both_were_sent(
    authenticate: AuthenticateRequest, name: str
) -> None:
    assert authenticate.classify(name, " x ") == PasswordCredentials(name, " x ")
