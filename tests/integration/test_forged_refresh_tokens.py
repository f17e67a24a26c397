"""Refresh tokens that somebody made up, or changed, or that were made under another secret."""

from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    by_token,
    logged_in,
    not_refreshed,
    problem,
    refresh,
    refreshed,
    token,
)
from tests.integration.conftest import Execute
from tests.integration.forge import decoded
from tests.integration.forged_tokens import ALPHABET
from tests.integration.stores import Store

OTHER_SECRET = urlsafe_b64encode(b"w" * 32).decode()


def changed(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


FORGERIES: dict[str, Callable[[str], str]] = {
    "cut": lambda text: text[:-1],
    "longer": lambda text: text + "A",
    "another tag": lambda text: changed(text, -2),
    "another session": lambda text: changed(text, 12),
    "the next counter": lambda text: text.replace(".1.", ".2."),
    "the counter before": lambda text: text.replace(".1.", ".0."),
    "a padded counter": lambda text: text.replace(".1.", ".01."),
    "a foreign digit": lambda text: text.replace(".1.", ".\u0661."),
    "a huge counter": lambda text: text.replace(".1.", f".{'9' * 400}."),
    "no prefix": lambda text: text.removeprefix("varvel_rt_"),
    "another prefix": lambda text: text.replace("_rt_", "_at_"),
    "upper case": str.upper,
    "a space before": lambda text: f" {text}",
    "a line feed after": lambda text: f"{text}\n",
    "padding": lambda text: f"{text}=",
    "twice": lambda text: text + text,
    "no tag": lambda text: text.rpartition(".")[0] + ".",
    "full-width": lambda text: text.replace("v", "\uff56", 1),
    "nothing": lambda _: "",
    "a word": lambda _: "x",
    "long": lambda text: text + "x" * 60_000,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_text_that_is_no_refresh_token_of_ours_gets_nothing_and_ends_nothing(
    standing_api: TestClient, forge: Callable[[str], str]
) -> None:
    body = logged_in(standing_api)
    forged = forge(body["refresh_token"])
    assert forged != body["refresh_token"]

    not_refreshed(refresh(standing_api, forged))

    assert refresh(standing_api, body["refresh_token"]).status_code == 200


def test_every_character_of_a_refresh_token_counts(standing_api: TestClient) -> None:
    genuine = logged_in(standing_api)["refresh_token"]

    for at in range(len(genuine)):
        not_refreshed(refresh(standing_api, changed(genuine, at)))
    assert refresh(standing_api, genuine).status_code == 200


def test_the_unused_bits_of_a_tag_are_no_other_spelling_of_it(standing_api: TestClient) -> None:
    genuine = logged_in(standing_api)["refresh_token"]
    twin = genuine[:-1] + ALPHABET[ALPHABET.index(genuine[-1]) ^ 1]
    assert decoded(twin.rpartition(".")[2]) == decoded(genuine.rpartition(".")[2])

    not_refreshed(refresh(standing_api, twin))


@pytest.mark.asvs("V9.2.2")
def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(miguel: TestClient) -> None:
    body = logged_in(miguel)

    for text in (body["access_token"], token(miguel)):
        not_refreshed(refresh(miguel, text))
    answer = by_token(miguel, "GET", "/api/resource", body["refresh_token"])
    problem(answer, 401, "invalid_credentials", token_sent=True)


def test_a_refresh_token_made_under_another_secret_gets_nothing(
    store: Store, miguel: TestClient, clock: FakeClock
) -> None:
    body = logged_in(miguel)
    own = store.secret()
    store.execute("DELETE FROM signing_keys")
    rotated = create_app(store.settings(SECRET=f"{OTHER_SECRET},{own}"), clock=clock)
    foreign = create_app(store.settings(SECRET=OTHER_SECRET), clock=clock)

    # The older of two secrets knows its tokens again; the newer makes the next ones.
    next_one = refreshed(TestClient(rotated), body["refresh_token"])
    not_refreshed(refresh(TestClient(foreign), body["refresh_token"]))
    not_refreshed(refresh(miguel, next_one["refresh_token"]))


@pytest.mark.asvs("V14.2.4")
def test_no_refresh_token_is_stored(miguel: TestClient, execute: Execute) -> None:
    body = logged_in(miguel)
    second = refreshed(miguel, body["refresh_token"])

    stored = str(execute("SELECT * FROM sessions"))

    assert body["session"]["id"] in stored
    for text in (body["refresh_token"], second["refresh_token"]):
        assert text.rpartition(".")[2] not in stored
