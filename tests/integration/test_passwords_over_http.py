"""Passwords over HTTP: what each profile takes, and hashes that are old or broken."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator

import pytest
from falcon.testing import TestClient
from passlib.context import CryptContext

from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import field_codes, problem, register, resource, token
from tests.integration.clients import standing
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.stores import SQLITE, Store

PRODUCTION = {
    "PROFILE": "production",
    "PUBLIC_URL": "https://id.example.com",
}


def stored_hash(store: Store) -> str:
    ((found,),) = store.execute("SELECT password_hash FROM users")
    return str(found)


@pytest.fixture
def production(store: Store) -> Iterator[TestClient]:
    with standing(store.settings(SECRET=store.secret(), **PRODUCTION), FakeClock()) as api:
        yield api


@pytest.mark.parametrize("password", ["python", "cat", "p", "123456", "miguel", "varvel", " "])
def test_development_takes_what_the_seed_takes(api: TestClient, password: str) -> None:
    assert register(api, password=password).status_code == 201
    assert resource(api, password=password).status_code == 200


@pytest.mark.asvs("V6.2.1", "V6.2.11")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("python", "too_short"),
        ("a" * 14, "too_short"),
        ("\U0001f511" * 14, "too_short"),
        ("password", "too_short"),
        ("passwordstandard", "too_common"),
        ("1234567890QWERTY", "too_common"),
        ("correct miguel battery", "too_obvious"),
        ("correct MIGUEL battery", "too_obvious"),
        ("my Varvel password", "too_obvious"),
        ("", "not_a_password"),
        ("a" * 257, "too_long"),
    ],
)
def test_production_refuses_what_nist_refuses(
    production: TestClient, password: str, code: str
) -> None:
    answer = register(production, password=password)

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == [("password", code)]
    assert resource(production, password=password).status_code == 401


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "a" * 15, "\U0001f511" * 15, "contraseña larga", "x" * 256],
)
def test_production_takes_any_long_password_of_any_characters(
    production: TestClient, password: str
) -> None:
    assert register(production, password=password).status_code == 201
    assert resource(production, password=password).status_code == 200


def test_production_lets_in_who_registered_under_a_weaker_policy(
    api: TestClient, production: TestClient
) -> None:
    register(api)

    assert resource(production).status_code == 200


@pytest.mark.asvs("V11.4.2")
def test_a_password_is_stored_as_an_argon2id_hash_with_the_parameters_that_are_set(
    make_settings: MakeSettings, store: Store
) -> None:
    register(TestClient(create_app(make_settings(HASH_MEMORY="64", HASH_TIME="3"))))

    assert stored_hash(store).startswith("$argon2id$v=19$m=64,t=3,p=1$")


def test_equal_passwords_have_different_hashes(api: TestClient, store: Store) -> None:
    for name in ("miguel", "susan"):
        register(api, username=name)

    assert len(set(store.execute("SELECT password_hash FROM users"))) == 2


@pytest.mark.parametrize("variables", [{"HASH_MEMORY": "16"}, {"HASH_TIME": "2"}])
def test_a_hash_with_other_parameters_is_replaced_at_log_in(
    make_settings: MakeSettings, store: Store, variables: dict[str, str]
) -> None:
    register(TestClient(create_app(make_settings())))
    old = stored_hash(store)
    api = TestClient(create_app(make_settings(**variables)))

    assert resource(api, password="ruby").status_code == 401
    assert stored_hash(store) == old
    assert resource(api).status_code == 200
    new = stored_hash(store)
    assert new != old
    assert resource(api).status_code == 200
    assert stored_hash(store) == new


def test_a_hash_with_the_present_parameters_is_left_alone(miguel: TestClient, store: Store) -> None:
    before = stored_hash(store)

    token(miguel)

    assert stored_hash(store) == before


def test_a_token_does_not_touch_the_hash(make_settings: MakeSettings, store: Store) -> None:
    first = TestClient(create_app(make_settings()))
    register(first)
    live, before = token(first), stored_hash(store)

    resource(TestClient(create_app(make_settings(HASH_TIME="2"))), live, "x")

    assert stored_hash(store) == before


@pytest.mark.parametrize("kind", ["ID", "I", "D"])
def test_argon2_of_another_type_verifies_and_becomes_argon2id(
    miguel: TestClient, store: Store, execute: Execute, kind: str
) -> None:
    context = CryptContext(
        ["argon2"],
        argon2__type=kind,
        argon2__memory_cost=32,
        argon2__time_cost=2,
        argon2__parallelism=2,
    )
    execute("UPDATE users SET password_hash = :hash", hash=context.hash("python"))

    assert resource(miguel).status_code == 200
    assert stored_hash(store).startswith("$argon2id$v=19$m=8,t=1,p=1$")


@pytest.mark.asvs("V11.2.5")
@pytest.mark.parametrize(
    "broken",
    [
        *("", "x", "python", "!", "*", "$", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$"),
        *("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$", "$argon2id$v=19$m=8,t=1,p=1$!!!!$!!!!"),
        *("$argon2id$v=19$m=0,t=0,p=0$c2FsdHNhbHQ$aGFzaGhhc2g", "$argon2id$v=99$m=8,t=1,p=1$a$b"),
        *("$argon2id$v=19$m=x,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g", "$argon2x$v=19$m=8,t=1,p=1$a$b"),
        *("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", "$2b$12$" + "a" * 53, "\u00e9" * 20),
        *("$5$rounds=5000$salt$hash", "scrypt:32768:8:1$salt$hash", "{SSHA}x", "a" * 255),
    ],
)
def test_a_broken_hash_is_a_plain_401(miguel: TestClient, execute: Execute, broken: str) -> None:
    execute("UPDATE users SET password_hash = :hash", hash=broken)

    for password in ("python", "", broken):
        problem(resource(miguel, password=password), 401, "invalid_credentials")


def test_a_hash_of_an_older_scheme_opens_the_account_and_becomes_argon2id(
    miguel: TestClient, execute: Execute, store: Store
) -> None:
    older = CryptContext(schemes=["sha512_crypt"], sha512_crypt__rounds=1000).hash("python")
    execute("UPDATE users SET password_hash = :hash", hash=older)

    problem(resource(miguel, password="ruby"), 401, "invalid_credentials")
    assert stored_hash(store) == older
    assert resource(miguel).status_code == 200
    assert stored_hash(store).startswith("$argon2id$")
    assert resource(miguel).status_code == 200


@pytest.mark.databases(SQLITE)
def test_a_broken_hash_that_only_sqlite_can_hold_is_a_plain_401(
    miguel: TestClient, execute: Execute
) -> None:
    execute("UPDATE users SET password_hash = :hash", hash="\x00")

    problem(resource(miguel), 401, "invalid_credentials")


def test_a_secret_made_here_is_one_that_production_takes(store: Store) -> None:
    secret = store.secret()

    assert urlsafe_b64encode(store.settings(SECRET=secret).secrets[0]).decode() == secret
