"""Where a session was started from: as the request told, in a form that can be shown."""

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from tests.integration.calls import basic, by_token, logged_in
from tests.integration.stores import Store

PROXY = ("10.0.0.1", 50_000)
STRANGER = ("203.0.113.9", 50_000)
CLIENT = "198.51.100.1"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)"),
        ("x" * 255, "x" * 255),
        ("x" * 256, "x" * 255),
        ("x" * 9_000, "x" * 255),
        ("a\tb\x00c\x1bd\x7fe\x85f\xa0g\xadh", "abcdefgh"),
        # What is cut is what can be shown.
        ("\x00" * 300 + "x" * 300, "x" * 255),
        ("\xe9\xdf", "\xe9\xdf"),
        ("\x00\x01\t", None),
        ("", None),
        ("<script>alert(1)</script>'--\"", "<script>alert(1)</script>'--\""),
    ],
)
def test_a_user_agent_is_kept_as_far_as_it_can_be_shown(
    standing_api: TestClient, sent: str, stored: str | None
) -> None:
    body = logged_in(
        standing_api,
        extras={
            "headers": [
                (b"host", b"localhost"),
                (b"content-type", b"application/json"),
                (b"user-agent", sent.encode("latin-1")),
            ]
        },
    )

    assert body["session"]["user_agent"] == stored
    shown = by_token(standing_api, "GET", "/api/sessions/current", body["access_token"])
    assert shown.json["user_agent"] == stored


def test_the_session_of_a_token_had_by_basic_knows_its_device_as_well(
    standing_api: TestClient,
) -> None:
    answer = standing_api.simulate_get(
        "/api/token",
        headers=basic("miguel", "python") | {"User-Agent": "curl"},
        extras={"client": STRANGER},
    )

    shown = by_token(standing_api, "GET", "/api/sessions/current", answer.json["token"])
    assert (shown.json["user_agent"], shown.json["address"]) == ("curl", STRANGER[0])


def test_a_session_keeps_the_device_that_started_it(standing_api: TestClient) -> None:
    first = logged_in(
        standing_api, headers={"User-Agent": "one"}, extras={"client": ("192.0.2.1", 1)}
    )

    second = standing_api.simulate_post(
        "/api/token",
        json={"refresh_token": first["refresh_token"]},
        headers={"User-Agent": "two"},
        extras={"client": STRANGER},
    ).json

    assert second["session"]["user_agent"] == "one"
    assert second["session"]["address"] == "192.0.2.1"


@pytest.fixture
def behind_a_proxy(standing_store: Store, standing_api: TestClient) -> TestClient:
    assert standing_api, "the user is registered"
    return TestClient(create_app(standing_store.settings(TRUSTED_PROXIES="10.0.0.0/8")))


@pytest.mark.asvs("V15.3.4")
@pytest.mark.parametrize(
    ("peer", "forwarded", "stored"),
    [
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"192.0.2.99, {CLIENT}", CLIENT),
        (PROXY, "2001:DB8::1", "2001:db8::1"),
        (PROXY, "planted <script>", PROXY[0]),
        (STRANGER, CLIENT, STRANGER[0]),
    ],
)
def test_an_address_is_as_far_back_as_trusted_proxies_tell(
    behind_a_proxy: TestClient, peer: tuple[str, int], forwarded: str, stored: str
) -> None:
    body = logged_in(
        behind_a_proxy, headers={"X-Forwarded-For": forwarded}, extras={"client": peer}
    )

    assert body["session"]["address"] == stored


def test_no_proxy_is_believed_by_default(standing_api: TestClient) -> None:
    headers = {"X-Forwarded-For": CLIENT, "X-Real-IP": CLIENT, "Forwarded": f"for={CLIENT}"}

    body = logged_in(standing_api, headers=headers, extras={"client": PROXY})

    assert body["session"]["address"] == PROXY[0]
