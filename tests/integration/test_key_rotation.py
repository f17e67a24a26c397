"""Signing keys change while the API serves: published first, used later, dropped at once."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from falcon.testing import Result, TestClient

from domain.key_rotation import RotationPending, SigningKeyInUse, SigningKeyNotFound
from domain.signing_keys import KeyState, SigningKey
from entrypoints.bootstrap import administration, create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    by_token,
    logged_in,
    problem,
    refresh,
    register,
    resource,
    sessions,
    token,
)
from tests.integration.forge import decoded
from tests.integration.long_lived import first_answer, long_lived
from tests.integration.stores import Store
from tests.origins import ORIGIN

NEW_SECRET = urlsafe_b64encode(b"n" * 32).decode()
KEYS = "/.well-known/jwks.json"
MAX_AGE = 300
UNTIL_USED = MAX_AGE + 5
"""Seconds."""


@pytest.fixture
def clock() -> FakeClock:
    """A clock beside that of the operator's commands, which go by the machine's."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture
def kid(store: Store) -> str:
    """The key that a database begins with."""
    ((found,),) = store.execute("SELECT kid FROM signing_keys")
    return str(found)


def rotate(store: Store) -> SigningKey:
    with administration(store.settings()) as services:
        return services.rotate_signing_keys(origin=ORIGIN)


def retire(store: Store, kid: str, *, compromised: bool = False) -> KeyState:
    with administration(store.settings()) as services:
        return services.retire_signing_key(kid=kid, compromised=compromised, origin=ORIGIN)


def published(api: TestClient) -> list[str]:
    answer = api.simulate_get(KEYS)
    assert answer.status_code == 200
    assert all(
        key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"} for key in answer.json["keys"]
    )
    return [key["kid"] for key in answer.json["keys"]]


def signer(token: str) -> str:
    """The kid of the key that signed this token."""
    return str(json.loads(decoded(token.split(".", maxsplit=1)[0]))["kid"])


def test_the_key_set_may_be_kept_for_as_long_as_it_is_set(store: Store) -> None:
    for seconds in ("300", "1", "86400"):
        api = TestClient(create_app(store.settings(JWKS_MAX_AGE=seconds)))

        answer = api.simulate_get(KEYS)

        assert answer.headers["Cache-Control"] == f"public, max-age={seconds}"


def test_a_new_key_is_published_at_once_and_signs_when_every_cache_has_it(
    store: Store, miguel: TestClient, clock: FakeClock, kid: str
) -> None:
    old = token(miguel)

    new = rotate(store)

    assert published(miguel) == [kid, new.kid]
    assert signer(token(miguel)) == kid
    clock.advance(seconds=UNTIL_USED - 1)
    assert signer(token(miguel)) == kid
    # The command began a little after the clock of this test.
    clock.advance(seconds=60)
    last = token(miguel)
    assert signer(last) == new.kid
    for live in (old, last):
        assert by_token(miguel, "GET", "/api/resource", live).status_code == 200
    assert published(miguel) == [kid, new.kid]


def test_a_key_that_was_followed_is_published_until_its_last_token_is_over(
    store: Store, miguel: TestClient, clock: FakeClock, kid: str
) -> None:
    new = rotate(store)
    clock.advance(seconds=UNTIL_USED - 1)
    last = logged_in(miguel)
    assert signer(last["access_token"]) == kid

    clock.advance(seconds=599)
    assert published(miguel) == [kid, new.kid]
    assert by_token(miguel, "GET", "/api/resource", last["access_token"]).status_code == 200
    clock.advance(seconds=122)
    assert published(miguel) == [new.kid]
    assert signer(refresh(miguel, last["refresh_token"]).json["access_token"]) == new.kid


def test_no_second_key_is_made_while_one_is_pending(
    store: Store, miguel: TestClient, kid: str
) -> None:
    pending = rotate(store)

    with pytest.raises(RotationPending):
        rotate(store)

    assert published(miguel) == [kid, pending.kid]


def test_a_pending_key_that_is_withdrawn_never_signs(
    store: Store, miguel: TestClient, clock: FakeClock, kid: str
) -> None:
    pending = rotate(store)
    assert len(published(miguel)) == 2

    assert retire(store, pending.kid) is KeyState.PENDING

    assert published(miguel) == [kid]
    clock.advance(seconds=5_000)
    assert signer(token(miguel)) == kid
    assert published(miguel) == [kid]


def dropped(answer: Result) -> None:
    problem(answer, 401, "invalid_credentials", token_sent=True)


@pytest.mark.parametrize("pending", [False, True], ids=["alone", "beside a pending one"])
def test_a_compromised_key_is_dropped_at_once_with_every_token_it_signed(
    store: Store, miguel: TestClient, clock: FakeClock, kid: str, pending: bool
) -> None:
    next_kid = rotate(store).kid if pending else None
    body, by_name = logged_in(miguel), token(miguel)
    for live in (body["access_token"], by_name):
        assert by_token(miguel, "GET", "/api/resource", live).status_code == 200

    assert retire(store, kid, compromised=True) is KeyState.SIGNING

    for live in (body["access_token"], by_name):
        dropped(by_token(miguel, "GET", "/api/resource", live))
        dropped(resource(miguel, live, "x"))
    (left,) = published(miguel)
    assert left == (next_kid or left) != kid
    renewed = refresh(miguel, body["refresh_token"]).json["access_token"]
    clock.advance(seconds=2)
    for live in (renewed, token(miguel)):
        assert signer(live) == left
        assert by_token(miguel, "GET", "/api/resource", live).status_code == 200
    assert body["session"]["id"] in [each["id"] for each in sessions(miguel, renewed)]


def test_another_process_drops_a_compromised_key_and_its_cached_tokens_with_its_poll(
    store: Store, miguel: TestClient, clock: FakeClock, kid: str
) -> None:
    live = token(miguel)
    settings = store.settings(REVOCATION_POLL="0.01")
    with long_lived(create_app(settings, clock=clock)) as watching:

        def ask() -> Result:
            return by_token(watching, "GET", "/api/resource", live)

        assert ask().status_code == 200
        retire(store, kid, compromised=True)

        dropped(first_answer(ask, status=401, until_then=(200,)))
        assert kid not in published(watching)


@pytest.mark.parametrize("compromised", [True, False])
def test_a_key_that_is_not_there_cannot_be_retired(store: Store, compromised: bool) -> None:
    before = store.execute("SELECT * FROM signing_keys")

    with pytest.raises(SigningKeyNotFound):
        retire(store, "nobody", compromised=compromised)

    assert store.execute("SELECT * FROM signing_keys") == before


def test_a_key_that_nothing_follows_is_not_retired_in_good_order(
    store: Store, miguel: TestClient, kid: str
) -> None:
    live = token(miguel)

    with pytest.raises(SigningKeyInUse):
        retire(store, kid)

    assert by_token(miguel, "GET", "/api/resource", live).status_code == 200
    assert published(miguel) == [kid]


@pytest.fixture
def rewrapped(store: Store, miguel: TestClient) -> str:
    """A token from before all keys were sealed with a new secret."""
    live = token(miguel)
    rotate(store)
    with administration(store.settings(SECRET=f"{NEW_SECRET},{store.secret()}")) as services:
        assert services.rewrap_signing_keys(origin=ORIGIN) == 2
    return live


def test_keys_sealed_anew_are_the_same_keys_and_need_the_old_secret_no_more(
    store: Store, clock: FakeClock, kid: str, rewrapped: str
) -> None:
    api = TestClient(create_app(store.settings(SECRET=NEW_SECRET), clock=clock))

    assert published(api)[0] == kid
    assert by_token(api, "GET", "/api/resource", rewrapped).status_code == 200
    assert signer(token(api)) == kid


def test_a_process_with_the_old_secret_alone_goes_on_with_the_keys_it_has_read(
    store: Store, clock: FakeClock, kid: str
) -> None:
    settings = store.settings(REVOCATION_POLL="60", REVOCATION_BOUND="120")
    with long_lived(create_app(settings, clock=clock)) as api:
        register(api)
        with administration(store.settings(SECRET=f"{NEW_SECRET},{store.secret()}")) as services:
            services.rewrap_signing_keys(origin=ORIGIN)

        assert by_token(api, "GET", "/api/resource", token(api)).status_code == 200
        assert published(api) == [kid]
