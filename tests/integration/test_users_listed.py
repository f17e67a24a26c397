"""`varvel users list | show`: what operators see of users."""

import json
from datetime import UTC, datetime

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from tests.integration.calls import basic, register
from tests.integration.commands import run, said
from tests.integration.stores import SQLITE, Store

SINCE = "2026-03-01 12:00:00"
ADD = (
    "INSERT INTO users (name, canonical_name, password_hash, created_at) "
    "VALUES (:name, :canonical, :hash, :at)"
)

MANY = """
INSERT INTO users (name, canonical_name, password_hash, created_at)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1001)
SELECT 'user-' || n, 'user-' || n, 'hash', '2026-03-01 12:00:00' FROM numbers
"""


@pytest.fixture
def peopled(store: Store) -> Store:
    """A store with four users, of whom -zoe is disabled and eve's password is locked."""
    for name in ("Miguel", "José", "-zoe", "eve"):
        store.execute(
            ADD,
            name=name,
            canonical=name.lower(),
            hash="$2b$12$planted",
            at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        )
    said(store.environment(), "users", "disable", "-zoe")
    api = TestClient(create_app(store.settings(THROTTLE_MAXIMUM="1")))
    assert api.simulate_get("/api/token", headers=basic("eve", "wrong")).status_code == 401
    return store


def listed(store: Store, *options: str) -> list[str]:
    environment = store.environment(THROTTLE_MAXIMUM="1")
    return said(environment, "users", "list", *options).splitlines()


def names(store: Store, *options: str) -> list[str]:
    return [json.loads(line)["name"] for line in listed(store, "--json", *options)]


def test_users_are_listed_aligned_with_their_state(peopled: Store) -> None:
    *others, zoe, eve = listed(peopled)

    assert others == [
        f"       1  {SINCE}  active    -      Miguel",
        f"       2  {SINCE}  active    -      José",
    ]
    assert zoe == f"       3  {SINCE}  disabled  -      -zoe"
    assert eve == f"       4  {SINCE}  locked    -      eve"


def test_users_are_listed_for_programs_one_object_a_line(peopled: Store) -> None:
    first, *_, zoe, eve = [json.loads(line) for line in listed(peopled, "--json")]

    assert first == {
        "id": 1,
        "name": "Miguel",
        "canonical_name": "miguel",
        "state": "active",
        "role": None,
        "created_at": "2026-03-01T12:00:00+00:00",
        "disabled_at": None,
    }
    assert (zoe["name"], zoe["state"], eve["state"]) == ("-zoe", "disabled", "locked")
    assert datetime.fromisoformat(zoe["disabled_at"]).utcoffset() is not None


def test_users_are_found_by_how_their_names_begin_and_by_being_disabled(peopled: Store) -> None:
    assert names(peopled, "--prefix", "MI") == ["Miguel"]
    assert names(peopled, "--prefix", "jose\u0301") == ["José"]
    assert names(peopled, "--prefix", "-z") == ["-zoe"]
    assert names(peopled, "--prefix", "%") == []
    assert names(peopled, "--disabled") == ["-zoe"]
    assert names(peopled, "--disabled", "--prefix", "mi") == []


@pytest.mark.databases(SQLITE)
def test_everybody_is_listed_once_and_in_order_however_many_there_are(store: Store) -> None:
    store.execute(MANY)

    assert names(store) == [f"user-{number}" for number in range(1, 1002)]


@pytest.mark.databases(SQLITE)
def test_nobody_is_listed_as_nothing(store: Store) -> None:
    assert listed(store) == listed(store, "--json") == []


def test_a_user_is_shown_with_the_scheme_of_the_hash_and_never_the_hash(peopled: Store) -> None:
    shown = said(peopled.environment(THROTTLE_MAXIMUM="1"), "users", "show", "EVE")

    assert shown.splitlines() == [
        "id               4",
        "name             eve",
        "canonical name   eve",
        "state            locked",
        "role             -",
        f"created at       {SINCE} UTC",
        "disabled at      -",
        "hash scheme      2b",
        "sessions         0",
        "wrong passwords  1",
        "next try at      -",
    ]
    assert "planted" not in shown


def test_a_user_is_shown_for_programs(store: Store) -> None:
    api = TestClient(create_app(store.settings()))
    register(api)
    for password in ("python", "python", "wrong"):
        api.simulate_get("/api/token", headers=basic("miguel", password))

    shown = json.loads(said(store.environment(), "users", "show", "--json", "miguel"))

    del shown["created_at"]
    assert shown == {
        "id": 1,
        "name": "miguel",
        "canonical_name": "miguel",
        "state": "active",
        "role": None,
        "disabled_at": None,
        "hash_scheme": "argon2id",
        "sessions": 2,
        "wrong_passwords": 1,
        "next_try_at": None,
    }


@pytest.mark.databases(SQLITE)
def test_a_prefix_of_bytes_that_are_no_text_finds_nobody(peopled: Store) -> None:
    result = run(peopled.environment(), "users", "list", "--prefix", "m\udcff")

    assert (result.exit_code, result.output) == (0, "")
