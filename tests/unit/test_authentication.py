from dataclasses import replace

import pytest

from domain.passwords import PasswordPolicy
from domain.tokens import (
    AuthenticateRequest,
    InvalidCredentials,
    IssueToken,
    PasswordCredentials,
    Principal,
    TokenCredentials,
    TokenPolicy,
)
from domain.users import User, UsernameRules
from tests.fakes.clock import START, FakeClock
from tests.fakes.identifiers import FakeIdentifiers
from tests.fakes.passwords import FakePasswordHasher, FakePasswordProfile
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing
from tests.fakes.tokens import FakeTokenCodec
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.unit.spellings import wide

LOGGED_IN_AT = START.replace(microsecond=0)
POLICY = TokenPolicy(issuer="https://auth.example")


class UntouchedUsers(FakeUserRepository):
    """Users that nobody may look up."""

    def find_by_name(self, canonical_name: str) -> User | None:
        raise AssertionError("Users were looked up.")

    def get(self, user_id: int) -> User:
        raise AssertionError("Users were looked up.")


@pytest.fixture
def codec(clock: FakeClock) -> FakeTokenCodec:
    ring = FakeKeyRing()
    ring.load([FakeKeyFactory().new(generation=1, use_from=START)])
    return FakeTokenCodec(ring, clock)


@pytest.fixture
def authenticate(
    *,
    usernames: UsernameRules,
    passwords: PasswordPolicy,
    hasher: FakePasswordHasher,
    users: FakeUserRepository,
    storage: Storage,
    codec: FakeTokenCodec,
    clock: FakeClock,
) -> AuthenticateRequest:
    return AuthenticateRequest(
        usernames, passwords, hasher, users, storage.transaction, POLICY, codec, clock
    )


@pytest.fixture
def issue(codec: FakeTokenCodec, clock: FakeClock) -> IssueToken:
    return IssueToken(POLICY, codec, clock, FakeIdentifiers())


@pytest.fixture
def miguel(users: FakeUserRepository) -> User:
    return add(users, "Miguel", "p\u00e4ssword", FakePasswordHasher())


def add(users: FakeUserRepository, name: str, password: str, hasher: FakePasswordHasher) -> User:
    return users.add(
        name=name,
        canonical_name=name.lower(),
        password_hash=hasher.hash(password),
        created_at=START,
    )


@pytest.mark.parametrize("username", ["Miguel", "miguel", "MIGUEL", wide("miguel")])
@pytest.mark.parametrize("password", ["p\u00e4ssword", "pa\u0308ssword"])
def test_a_name_and_its_password_prove_a_user_in_every_spelling(
    authenticate: AuthenticateRequest, miguel: User, username: str, password: str
) -> None:
    principal = authenticate(credentials=PasswordCredentials(username, password))

    assert principal == Principal(miguel.id, "Miguel", None, LOGGED_IN_AT)


REFUSED = {
    "a wrong password": ("miguel", "wrong"),
    "a password in other case": ("miguel", "P\u00c4SSWORD"),
    "an empty password": ("miguel", ""),
    "a password that is none": ("miguel", "\0"),
    "an over-long password": ("miguel", "x" * 257),
    "another user's password": ("miguel", "susan's"),
    "an unknown name": ("nobody", "p\u00e4ssword"),
    "an unknown name without a password": ("nobody", ""),
    "an unknown name with an over-long password": ("nobody", "x" * 257),
    "no name": ("", "p\u00e4ssword"),
    "what is not a name": ("mi guel", "p\u00e4ssword"),
    "an over-long name": ("x" * 65, "p\u00e4ssword"),
    "a name with a colon": ("miguel:", "p\u00e4ssword"),
    "neither a name nor a password": ("\0", "\0"),
    "a lone surrogate": ("\ud800", "\ud800"),
}


@pytest.mark.parametrize(("username", "password"), REFUSED.values(), ids=REFUSED.keys())
def test_every_refused_log_in_gives_one_answer_and_costs_one_hash(
    *,
    authenticate: AuthenticateRequest,
    users: FakeUserRepository,
    hasher: FakePasswordHasher,
    miguel: User,
    username: str,
    password: str,
) -> None:
    add(users, "susan", "susan's", FakePasswordHasher())

    with pytest.raises(InvalidCredentials) as caught:
        authenticate(credentials=PasswordCredentials(username, password))

    assert caught.value.fields == ()
    assert (hasher.verifications, hasher.hashes) == (1, 0)


def test_a_granted_log_in_costs_one_hash_too(
    authenticate: AuthenticateRequest, hasher: FakePasswordHasher, miguel: User
) -> None:
    authenticate(credentials=PasswordCredentials("miguel", "p\u00e4ssword"))

    assert (hasher.verifications, hasher.hashes) == (1, 0)


def test_a_user_whose_stored_hash_is_broken_is_refused(
    authenticate: AuthenticateRequest, users: FakeUserRepository, miguel: User
) -> None:
    users.replace_password_hash(miguel.id, old=miguel.password_hash, new="broken")

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=PasswordCredentials("miguel", "p\u00e4ssword"))


def test_an_unusable_password_never_matches_a_hash_of_nothing(
    authenticate: AuthenticateRequest, users: FakeUserRepository
) -> None:
    add(users, "hollow", "", FakePasswordHasher())

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=PasswordCredentials("hollow", "x" * 257))


def test_a_password_that_would_not_be_taken_any_more_still_logs_in(
    authenticate: AuthenticateRequest, miguel: User
) -> None:
    strict = PasswordPolicy(FakePasswordProfile(), minimum_length=15)

    principal = replace(authenticate, passwords=strict)(
        credentials=PasswordCredentials("miguel", "p\u00e4ssword")
    )

    assert principal.user_id == miguel.id


def test_an_outdated_hash_is_replaced_at_the_log_in(
    authenticate: AuthenticateRequest, users: FakeUserRepository, hasher: FakePasswordHasher
) -> None:
    susan = add(users, "susan", "cat", FakePasswordHasher("former"))

    principal = authenticate(credentials=PasswordCredentials("susan", "cat"))

    replaced = users.get(susan.id).password_hash
    assert principal.user_id == susan.id
    assert not hasher.is_outdated(replaced)
    assert hasher.verify("cat", replaced)


def test_an_outdated_hash_stays_when_the_log_in_is_refused(
    authenticate: AuthenticateRequest, users: FakeUserRepository, hasher: FakePasswordHasher
) -> None:
    susan = add(users, "susan", "cat", FakePasswordHasher("former"))

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=PasswordCredentials("susan", "dog"))

    assert users.get(susan.id) == susan
    assert hasher.hashes == 0


def test_a_hash_that_changed_since_it_was_read_is_not_replaced(
    authenticate: AuthenticateRequest, users: FakeUserRepository
) -> None:
    susan = add(users, "susan", "cat", FakePasswordHasher("former"))

    class Interrupted(FakePasswordHasher):
        def hash(self, password: str) -> str:
            users.replace_password_hash(susan.id, old=susan.password_hash, new="changed meanwhile")
            return super().hash(password)

    principal = replace(authenticate, hasher=Interrupted())(
        credentials=PasswordCredentials("susan", "cat")
    )

    assert principal.user_id == susan.id
    assert users.get(susan.id).password_hash == "changed meanwhile"


def test_no_hash_is_made_or_verified_inside_a_unit_of_work(
    authenticate: AuthenticateRequest, users: FakeUserRepository, storage: Storage
) -> None:
    add(users, "susan", "cat", FakePasswordHasher("former"))
    inside: list[bool] = []

    class Watching(FakePasswordHasher):
        def hash(self, password: str) -> str:
            inside.append(storage.is_open)
            return super().hash(password)

        def verify(self, password: str, password_hash: str) -> bool:
            inside.append(storage.is_open)
            return super().verify(password, password_hash)

    replace(authenticate, hasher=Watching())(credentials=PasswordCredentials("susan", "cat"))

    assert inside == [False, False]


def test_a_live_token_proves_its_user_without_any_look_up_or_hash(
    authenticate: AuthenticateRequest, issue: IssueToken, storage: Storage, clock: FakeClock
) -> None:
    token = issue(principal=Principal(7, "Miguel", None, LOGGED_IN_AT)).token
    hasher = FakePasswordHasher()
    without_storage = replace(authenticate, users=UntouchedUsers(storage), hasher=hasher)
    clock.advance(minutes=5)

    principal = without_storage(credentials=TokenCredentials(token))

    assert principal == Principal(7, "Miguel", "id-2", LOGGED_IN_AT)
    assert (hasher.hashes, hasher.verifications) == (0, 0)


def test_a_refused_token_costs_no_look_up_and_no_hash(
    authenticate: AuthenticateRequest, storage: Storage
) -> None:
    hasher = FakePasswordHasher()
    without_storage = replace(authenticate, users=UntouchedUsers(storage), hasher=hasher)

    with pytest.raises(InvalidCredentials):
        without_storage(credentials=TokenCredentials("eyJ.a.b"))

    assert (hasher.hashes, hasher.verifications) == (0, 0)


def test_a_token_is_refused_from_its_end_on(
    authenticate: AuthenticateRequest, issue: IssueToken, clock: FakeClock
) -> None:
    token = issue(principal=Principal(7, "Miguel", None, LOGGED_IN_AT)).token
    clock.advance(minutes=10)

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(token))


def test_a_well_signed_token_that_the_policy_does_not_accept_is_refused(
    authenticate: AuthenticateRequest, issue: IssueToken
) -> None:
    elsewhere = replace(issue, policy=TokenPolicy(issuer="https://other.example"))
    token = elsewhere(principal=Principal(7, "Miguel", None, LOGGED_IN_AT)).token

    with pytest.raises(InvalidCredentials):
        authenticate(credentials=TokenCredentials(token))


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
