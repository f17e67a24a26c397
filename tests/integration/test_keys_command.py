"""`varvel keys`: how operators change what signs, and what becomes of tokens meanwhile."""

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app, prepare
from entrypoints.settings import StartupError
from tests.integration.calls import MIGUEL, register, resource, token
from tests.integration.commands import KEYS, refusal, run, said
from tests.integration.stores import SQLITE, Store

OLD = urlsafe_b64encode(b"o" * 32).decode()
NEW = urlsafe_b64encode(b"n" * 32).decode()
WRONG = urlsafe_b64encode(b"w" * 32).decode()

MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
LINE = re.compile(
    rf"(?P<kid>\S+)  (?P<state>\w+) +signs from (?P<from>{MOMENT})"
    rf"(?:  published until (?P<until>{MOMENT}))?"
)
UNKNOWN = "No signing key has this id: take one from varvel keys list."

MAX_AGE, LIFETIME = 70, 40
"""Seconds, both settings."""

MARGIN, LEEWAY = timedelta(seconds=5), timedelta(seconds=60)


def environment(store: Store, **changes: str) -> dict[str, str]:
    chosen = {"JWKS_MAX_AGE": str(MAX_AGE), "TOKEN_LIFETIME": str(LIFETIME)}
    return store.environment(**(chosen | changes))


def listed(store: Store, **changes: str) -> list[re.Match[str]]:
    lines = said(environment(store, **changes), "keys", "list").splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert None not in found, lines
    return [match for match in found if match]


def states(store: Store) -> list[tuple[str, str]]:
    return [(match["kid"], match["state"]) for match in listed(store)]


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)


def kids(api: TestClient) -> list[str]:
    return [key["kid"] for key in api.simulate_get("/.well-known/jwks.json").json["keys"]]


def begin(store: Store, kid: str) -> None:
    """Makes a key begin to sign, as if its time had come."""
    long_ago = "2020-01-01 00:00:00.000000"
    store.execute(
        "UPDATE signing_keys SET use_from = :then WHERE kid = :kid",
        then=long_ago if store.is_embedded else datetime.fromisoformat(long_ago + "+00:00"),
        kid=kid,
    )


@pytest.fixture
def running(store: Store) -> TestClient:
    """The API by the real clock, with miguel registered."""
    api = TestClient(create_app(store.settings()))
    register(api)
    return api


def test_the_first_key_signs_and_nothing_follows_it(store: Store) -> None:
    (key,) = listed(store)

    assert key["state"] == "signing"
    assert moment(key["from"]) <= datetime.now(UTC)
    assert key["until"] is None


def test_a_database_without_keys_has_none_to_list(store: Store) -> None:
    store.execute("DELETE FROM signing_keys")

    assert listed(store) == []


def test_rotating_publishes_a_key_and_tells_when_every_cache_knows_it(
    store: Store, running: TestClient
) -> None:
    (first,) = kids(running)
    waiting = timedelta(seconds=MAX_AGE) + MARGIN
    before = datetime.now(UTC).replace(microsecond=0) + waiting

    told = said(environment(store), "keys", "rotate")

    after = datetime.now(UTC) + waiting
    match = re.fullmatch(rf"Key (\S+) is published, and signs from ({MOMENT}) on\.\n", told)
    assert match
    kid, use_from = match[1], moment(match[2])
    assert before <= use_from <= after
    assert states(store) == [(first, "signing"), (kid, "pending")]
    old, new = listed(store)
    assert moment(new["from"]) == use_from
    assert new["until"] is None
    assert moment(old["until"]) == use_from + timedelta(seconds=LIFETIME) + LEEWAY
    assert kids(running) == [first, kid]


def test_a_key_that_is_replaced_retires_and_its_tokens_live_on(
    store: Store, running: TestClient
) -> None:
    before = token(running)
    said(environment(store), "keys", "rotate")
    (first, _), (second, _) = states(store)

    begin(store, second)

    assert states(store) == [(first, "retiring"), (second, "signing")]
    assert resource(running, before, "x").status_code == 200
    assert resource(running, token(running), "x").status_code == 200


def test_rotating_while_a_key_is_pending_is_refused(store: Store) -> None:
    said(environment(store), "keys", "rotate")
    before = states(store)

    told = refusal(environment(store), "keys", "rotate")

    assert told == "A new key is pending already: wait until it signs, or retire it."
    assert states(store) == before


def test_retiring_a_pending_key_takes_the_rotation_back(store: Store, running: TestClient) -> None:
    before = listed(store)[0][0]
    said(environment(store), "keys", "rotate")
    (first, _), (pending, _) = states(store)

    told = said(environment(store), "keys", "retire", pending)

    assert told == "Withdrawn; it has signed nothing.\n"

    assert [match[0] for match in listed(store)] == [before]
    assert kids(running) == [first]
    said(environment(store), "keys", "rotate")


@pytest.mark.databases(SQLITE)
def test_the_only_key_is_not_retired_unless_it_is_compromised(store: Store) -> None:
    ((kid, _),) = states(store)

    told = refusal(environment(store), "keys", "retire", kid)

    assert told == "This key signs, and nothing follows it: run varvel keys rotate first."
    assert states(store) == [(kid, "signing")]


@pytest.mark.databases(SQLITE)
def test_a_key_that_is_not_there_is_refused(store: Store) -> None:
    before = states(store)

    for words in (["nobody"], [""], ["x" * 300], ["nobody", "--compromised"]):
        assert refusal(environment(store), "keys", "retire", *words) == UNKNOWN
    assert states(store) == before


@pytest.mark.databases(SQLITE)
def test_a_key_whose_id_begins_with_a_hyphen_is_named_like_any_other(store: Store) -> None:
    # As one thumbprint in 64 does.
    for words in (["-nobody"], ["-nobody", "--compromised"], ["--compromised", "-nobody"]):
        assert refusal(environment(store), "keys", "retire", *words) == UNKNOWN


@pytest.mark.parametrize("rotated", [False, True], ids=["alone", "with-a-pending-one"])
def test_a_compromised_key_is_gone_at_once_and_with_it_its_tokens(
    store: Store, running: TestClient, rotated: bool
) -> None:
    before = token(running)
    refresh_token = running.simulate_post("/api/sessions", json=MIGUEL).json["refresh_token"]
    ((kid, _),) = states(store)
    if rotated:
        said(environment(store), "keys", "rotate")

    told = said(environment(store), "keys", "retire", kid, "--compromised")

    ((new, state),) = states(store)
    assert (new != kid, state) == (True, "signing")
    assert told == "Dropped. Its tokens are refused; clients renew them, or log in again.\n"
    assert kids(running) == [new]
    assert resource(running, before, "x").status_code == 401
    renewed = running.simulate_post("/api/token", json={"refresh_token": refresh_token})
    assert resource(running, renewed.json["access_token"], "x").status_code == 200
    assert resource(running, token(running), "x").status_code == 200


def test_after_rewrapping_the_newest_secret_is_enough(store: Store, running: TestClient) -> None:
    old = store.secret()
    live, before = token(running), kids(running)
    said(environment(store), "keys", "rotate")
    both = environment(store, SECRET=f"{NEW},{old}")

    for _ in range(2):
        assert said(both, "keys", "rewrap") == "Sealed with the newest secret: 2.\n"

    with pytest.raises(StartupError, match="VARVEL_SECRET"):
        prepare(store.settings(SECRET=old))
    prepare(store.settings(SECRET=NEW))
    api = TestClient(create_app(store.settings(SECRET=NEW)))
    assert kids(api)[:1] == before
    assert resource(api, live, "x").status_code == 200
    assert resource(api, token(api), "x").status_code == 200


@pytest.mark.databases(SQLITE)
def test_rewrapping_without_the_secret_of_a_key_is_refused_and_changes_nothing(
    store: Store,
) -> None:
    before = store.execute("SELECT * FROM signing_keys")

    told = refusal(environment(store, SECRET=f"{NEW},{WRONG}"), "keys", "rewrap")

    assert "VARVEL_SECRET" in told
    assert store.execute("SELECT * FROM signing_keys") == before


def test_no_command_says_a_secret(store: Store) -> None:
    secret = store.secret()
    said_by_all = ""
    for secrets in (f"{NEW},{secret}", WRONG):
        for words in (*KEYS, ["keys", "retire", states(store)[0][0]]):
            said_by_all += run(environment(store, SECRET=secrets), *words).output
    sealed = [row[0] for row in store.execute("SELECT sealed_key FROM signing_keys")]

    assert len(sealed) == 2
    assert "Sealed with the newest secret: 2." in said_by_all
    for planted in (*sealed, secret, NEW, WRONG, '"d"'):
        assert planted not in said_by_all
