"""The seed's contract, through the real application."""

import pytest
from falcon.testing import TestClient

from entrypoints.bootstrap import create_app
from tests.integration.calls import (
    MIGUEL,
    PROTECTED,
    basic,
    field_codes,
    problem,
    register,
    resource,
)
from tests.integration.conftest import MakeSettings

REGISTRATIONS = ("/api/users", "/api/usr", "/api/user")


@pytest.mark.parametrize("path", REGISTRATIONS)
def test_a_registration_answers_201_with_the_name_and_an_absolute_location(
    api: TestClient, path: str
) -> None:
    answer = api.simulate_post(path, json=MIGUEL)

    assert answer.status_code == 201
    assert answer.text == '{"username": "miguel"}\n'
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Location"] == "http://falconframework.org/api/users/1"


def test_the_location_names_the_host_and_port_that_the_client_used(api: TestClient) -> None:
    answer = api.simulate_post("/api/users", json=MIGUEL, host="127.0.0.1", port=5000)

    assert answer.headers["Location"] == "http://127.0.0.1:5000/api/users/1"


def test_the_location_leads_to_the_user(api: TestClient) -> None:
    location = register(api).headers["Location"]

    answer = api.simulate_get(location.removeprefix("http://falconframework.org"))

    assert answer.json == {"username": "miguel"}


@pytest.mark.parametrize("url", ["https://id.example.com", "https://example.com/auth/"])
def test_the_location_is_under_the_public_url_whatever_the_host_header_says(
    make_settings: MakeSettings, url: str
) -> None:
    api = TestClient(create_app(make_settings(PUBLIC_URL=url)))

    answer = api.simulate_post(
        "/api/users", json=MIGUEL, headers={"X-Forwarded-Host": "evil.example"}, host="evil.example"
    )

    assert answer.headers["Location"] == f"{url.rstrip('/')}/api/users/1"


def test_forwarded_headers_do_not_change_the_location(api: TestClient) -> None:
    forwarded = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=https"}

    answer = api.simulate_post("/api/users", json=MIGUEL, headers=forwarded)

    assert answer.headers["Location"] == "http://falconframework.org/api/users/1"


@pytest.mark.asvs("V8.2.3", "V14.2.6", "V15.3.1")
@pytest.mark.parametrize("path", ["/api/users/1", "/api/user1"])
def test_anybody_may_see_a_users_name(miguel: TestClient, path: str) -> None:
    answer = miguel.simulate_get(path)

    assert answer.status_code == 200
    assert answer.text == '{"username": "miguel"}\n'


@pytest.mark.parametrize("path", ["/api/users/", "/api/user"])
@pytest.mark.parametrize(
    "user_id",
    [
        *("2", "0", "01", "-1", "+1", "1.0", "1e0", "0x1", "1_0", "9" * 18, "9" * 19, "1" * 400),
        *("100000000000000000000", "%D9%A1", "%EF%BC%91", "%00", "1%00", "1%0A", "%201", "1%20"),
        *("miguel", "%FF", "null", "1;", "1'--", "%F0%9D%9F%8F", "*", "..", "%2E%2E"),
    ],
)
def test_an_id_that_is_not_there_is_400(standing_api: TestClient, path: str, user_id: str) -> None:
    problem(standing_api.simulate_get(path + user_id), 400, "user_not_found")


def test_an_empty_id_is_400(standing_api: TestClient) -> None:
    problem(standing_api.simulate_get("/api/users/"), 400, "user_not_found")


def test_a_name_is_shown_as_it_was_entered_and_matched_in_any_spelling(api: TestClient) -> None:
    assert register(api, username="José", password="contraseña").json == {"username": "José"}

    assert api.simulate_get("/api/users/1").json == {"username": "José"}
    for spelling in ("José", "JOSÉ", "jose\u0301", "\uff2a\uff2f\uff33\u00c9"):
        assert resource(api, spelling, "contraseña").json == {"data": "Hello, José!"}


def test_a_password_in_another_normal_form_is_the_same_password(api: TestClient) -> None:
    register(api, password="pässwörd")

    assert resource(api, password="pa\u0308sswo\u0308rd").status_code == 200


@pytest.mark.parametrize("username", ["miguel", "MIGUEL", "Miguel", "\uff4diguel"])
def test_a_name_taken_in_any_spelling_is_400(miguel: TestClient, username: str) -> None:
    answer = register(miguel, username=username, password="another")

    problem(answer, 400, "username_taken")
    assert field_codes(answer) == [("username", "taken")]
    assert resource(miguel).status_code == 200


@pytest.mark.asvs("V2.2.1", "V2.2.2")
@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"username": ""}, [("username", "not_a_name")]),
        ({"username": "two words"}, [("username", "not_a_name")]),
        ({"username": "a:b"}, [("username", "colon")]),
        ({"username": "a" * 65}, [("username", "too_long")]),
        ({"username": "eyJ.a.b"}, [("username", "token_shaped")]),
        ({"password": ""}, [("password", "not_a_password")]),
        ({"password": "a\tb"}, [("password", "not_a_password")]),
        ({"password": "a" * 257}, [("password", "too_long")]),
        (
            {"username": "", "password": ""},
            [("username", "not_a_name"), ("password", "not_a_password")],
        ),
    ],
)
def test_a_refused_name_or_password_is_400_and_named(
    api: TestClient, fields: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    answer = register(api, **fields)

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == faults


@pytest.mark.asvs("V6.2.9")
def test_the_longest_names_and_passwords_are_taken(api: TestClient) -> None:
    name, password = "\U00020000" * 64, "\U00020000" * 256

    assert register(api, username=name, password=password).status_code == 201
    assert resource(api, name, password).status_code == 200


def test_a_password_with_colons_and_spaces_logs_in(api: TestClient) -> None:
    register(api, password=":correct: horse:")

    assert resource(api, password=":correct: horse:").status_code == 200


def test_a_closed_registration_is_403_and_still_lets_users_in(make_settings: MakeSettings) -> None:
    register(TestClient(create_app(make_settings())))
    api = TestClient(create_app(make_settings(REGISTRATION="closed")))

    for path in REGISTRATIONS:
        answer = api.simulate_post(path, json={"username": "susan", "password": "cat"})
        assert "errors" not in problem(answer, 403, "registration_closed")
    assert resource(api).status_code == 200


def test_name_and_password_open_the_protected_resource(miguel: TestClient) -> None:
    answer = resource(miguel)

    assert answer.status_code == 200
    assert answer.text == '{"data": "Hello, miguel!"}\n'


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize(
    ("username", "password"), [("miguel", "ruby"), ("nobody", "python"), ("miguel", "")]
)
def test_wrong_credentials_are_401_in_the_same_words_for_every_reason(
    standing_api: TestClient, path: str, username: str, password: str
) -> None:
    answer = standing_api.simulate_get(path, headers=basic(username, password))

    body = problem(answer, 401, "invalid_credentials")
    assert "errors" not in body
    assert body["detail"] == (
        "The user name and password do not match, or the token is not valid any more."
    )
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Authentication Required"')


@pytest.mark.parametrize("path", PROTECTED)
def test_no_credentials_are_401_with_a_challenge(standing_api: TestClient, path: str) -> None:
    answer = standing_api.simulate_get(path)

    problem(answer, 401, "credentials_required")
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Authentication Required"')


def test_the_front_door_says_what_this_is_and_where_to_look(api: TestClient) -> None:
    answer = api.simulate_get("/")

    assert answer.json["name"] == "Varvel"
    for link in ("help", "openapi", "keys"):
        assert api.simulate_get(answer.json[link]).status_code == 200


@pytest.mark.asvs("V13.4.5")
def test_help_lists_every_address_with_its_methods(api: TestClient) -> None:
    listed = {
        entry["path"]: set(entry["methods"])
        for entry in api.simulate_get("/help").json["addresses"]
    }

    assert listed == {
        "/": {"GET"},
        "/help": {"GET"},
        "/openapi.json": {"GET"},
        "/.well-known/jwks.json": {"GET"},
        "/health/live": {"GET"},
        "/health/ready": {"GET"},
        "/api/users": {"POST"},
        "/api/users/{user_id}": {"GET"},
        "/api/users/me": {"GET"},
        "/api/users/me/password": {"PUT"},
        "/api/users/me/removal": {"POST"},
        "/api/token": {"GET", "POST"},
        "/api/sessions": {"GET", "POST", "DELETE"},
        "/api/sessions/{session_id}": {"GET", "DELETE"},
        "/api/consents": {"GET"},
        "/api/consents/{client_id}": {"DELETE"},
        "/api/resource": {"GET"},
        "/api/admin/users": {"GET", "POST"},
        "/api/admin/users/{user_id}": {"GET", "DELETE"},
        "/api/admin/users/{user_id}/disable": {"POST"},
        "/api/admin/users/{user_id}/enable": {"POST"},
        "/api/admin/users/{user_id}/unlock": {"POST"},
        "/api/admin/users/{user_id}/sessions": {"GET", "DELETE"},
        "/api/admin/users/{user_id}/sessions/{session_id}": {"DELETE"},
        "/api/admin/audit": {"GET"},
        "/login": {"GET", "POST"},
        "/register": {"GET", "POST"},
        "/logout": {"GET", "POST"},
        "/pages/style.css": {"GET"},
        "/oauth2/authorize": {"GET", "POST"},
        "/oauth2/token": {"POST"},
        "/oauth2/revoke": {"POST"},
        "/oauth2/introspect": {"POST"},
        "/.well-known/oauth-authorization-server": {"GET"},
        "/api/usr": {"POST"},
        "/api/user": {"POST"},
        "/api/user{user_id}": {"GET"},
    }


@pytest.mark.asvs("V11.2.3", "V11.6.1")
def test_the_public_key_is_published_without_its_private_half(api: TestClient) -> None:
    answer = api.simulate_get("/.well-known/jwks.json")

    (key,) = answer.json["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert answer.headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("path", ["/", "/help", "/openapi.json", "/.well-known/jwks.json"])
def test_every_json_body_ends_in_one_newline(api: TestClient, path: str) -> None:
    answer = api.simulate_get(path)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text.endswith("}\n")
    assert not answer.text.endswith("\n\n")
