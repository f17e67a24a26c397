"""What answers say to browsers, and to scripts of other origins."""

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from entrypoints.settings import Settings, StartupError
from tests.integration.calls import basic, exactly
from tests.integration.conftest import MakeSettings
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)

CLOSED = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
APP = "https://app.example.com"
ANSWERS = {
    "success": ("GET", "/health/live", 200),
    "public keys": ("GET", "/.well-known/jwks.json", 200),
    "no credentials": ("GET", "/api/resource", 401),
    "unknown path": ("GET", "/nowhere", 404),
    "unknown method": ("DELETE", "/help", 405),
    "no content": ("OPTIONS", "/api/users", 204),
    "no media type": ("POST", "/api/users", 415),
}


def api_at(make_settings: MakeSettings, **variables: str) -> TestClient:
    return TestClient(create_app(make_settings(**variables)))


@pytest.mark.asvs("V3.2.1", "V3.4.5")
@pytest.mark.parametrize(("method", "path", "status"), ANSWERS.values(), ids=ANSWERS)
def test_every_answer_closes_itself_to_browsers(
    standing_api: TestClient, method: str, path: str, status: int
) -> None:
    answer = standing_api.simulate_request(method, path)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in CLOSED} == CLOSED


def test_what_is_refused_before_it_is_routed_is_closed_as_well(standing_api: TestClient) -> None:
    answer = standing_api.simulate_get("/help", extras=exactly([]))

    assert answer.status_code == 400
    assert {name: answer.headers.get(name) for name in CLOSED} == CLOSED


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://id.example.com", "max-age=31536000"), ("http://id.example.com", None), ("", None)],
)
def test_browsers_are_bound_to_https_only_where_the_service_is_there(
    make_settings: MakeSettings, url: str, expected: str | None
) -> None:
    api = api_at(make_settings, PUBLIC_URL=url)

    assert api.simulate_get("/").headers.get("Strict-Transport-Security") == expected


@pytest.mark.asvs("V3.4.2")
def test_no_origin_is_let_in_by_default(standing_api: TestClient) -> None:
    asked = {"Origin": APP, "Access-Control-Request-Method": "GET"}

    for method in ("GET", "OPTIONS"):
        answer = standing_api.simulate_request(method, "/api/resource", headers=asked)
        assert not any(name.startswith("access-control-") for name in answer.headers)


def test_a_named_origin_may_read_answers_and_what_it_needs_of_their_headers(
    make_settings: MakeSettings,
) -> None:
    api = api_at(make_settings, CORS_ORIGINS=f"http://localhost:3000, {APP}")
    wrong = basic("nobody", "x") | {"Origin": APP}

    answer = api.simulate_get("/api/resource", headers=wrong)

    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert "Access-Control-Allow-Credentials" not in answer.headers
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert exposed == ["Location", "Retry-After", "WWW-Authenticate", "X-Request-ID"]


def test_a_named_origin_may_send_a_token_with_any_method_of_an_address(
    make_settings: MakeSettings,
) -> None:
    api = api_at(make_settings, CORS_ORIGINS=APP)
    asked = {
        "Origin": APP,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization",
    }

    answer = api.simulate_options("/api/sessions/current", headers=asked)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization"


@pytest.mark.asvs("V3.4.2")
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{APP}.evil.example", APP.upper(), f"{APP}:443", ""]
)
def test_another_origin_gets_no_leave_and_no_cache_mixes_them_up(
    make_settings: MakeSettings, origin: str
) -> None:
    api = api_at(make_settings, CORS_ORIGINS=APP)

    answer = api.simulate_get("/.well-known/jwks.json", headers={"Origin": origin})

    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "origins",
    [
        "*",
        "null",
        "app.example.com",
        f"{APP}/",
        f"{APP}/path",
        "ftp://a.example",
        f"{APP};http://a",
    ],
)
def test_what_is_no_origin_keeps_the_server_from_starting(origins: str) -> None:
    with pytest.raises(StartupError) as caught:
        Settings.read({"VARVEL_CORS_ORIGINS": origins})

    assert str(caught.value) == (
        "VARVEL_CORS_ORIGINS is a list of origins like https://app.example.com, without a path."
    )
