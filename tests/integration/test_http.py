"""What HTTP clients expect of every address: methods, Allow, Host, request ids and the log."""

import logging
import os
import re

import pytest
from falcon.testing import Result, TestClient

from tests.integration.calls import (
    MIGUEL,
    basic,
    bearer,
    problem,
    raw,
    register,
    token,
)
from tests.integration.logged import lines, request_entry
from tests.integration.stores import BACKENDS, SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""Methods and headers are judged before any database is asked."""

READABLE = (
    *("/", "/help", "/openapi.json", "/.well-known/jwks.json", "/health/live", "/health/ready"),
    *("/api/users/1", "/api/user1"),
)
GUARDED = ("/api/token", "/api/resource")
WRITABLE = ("/api/users", "/api/usr", "/api/user")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT")
LOGIN = basic("miguel", "python")

ALLOWED = {path: {"GET", "HEAD", "OPTIONS"} for path in READABLE + GUARDED} | {
    path: {"POST", "OPTIONS"} for path in WRITABLE
}
ALLOWED |= {
    "/api/token": {"GET", "HEAD", "POST", "OPTIONS"},
    "/api/sessions": {"GET", "HEAD", "POST", "DELETE", "OPTIONS"},
    "/api/sessions/current": {"GET", "HEAD", "DELETE", "OPTIONS"},
    "/api/users/me": {"GET", "HEAD", "OPTIONS"},
    "/api/users/me/password": {"PUT", "OPTIONS"},
    "/api/users/me/removal": {"POST", "OPTIONS"},
}


def allow(answer: Result) -> set[str]:
    names = answer.headers["Allow"].split(", ")
    assert len(names) == len(set(names))
    return set(names)


@pytest.mark.parametrize("path", READABLE + GUARDED)
def test_head_has_the_headers_of_get_and_no_body(standing_api: TestClient, path: str) -> None:
    get = standing_api.simulate_get(path, headers=LOGIN)
    head = standing_api.simulate_head(path, headers=LOGIN)

    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}
    assert int(head.headers["Content-Length"]) == len(get.content)


@pytest.mark.parametrize("path", ["/api/sessions", "/api/sessions/current", "/api/users/me"])
def test_head_by_a_token_has_the_headers_of_get_and_no_body(
    standing_api: TestClient, path: str
) -> None:
    by_token = bearer(token(standing_api))
    get = standing_api.simulate_get(path, headers=by_token)
    head = standing_api.simulate_head(path, headers=by_token)

    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}


@pytest.mark.parametrize("path", GUARDED)
def test_head_asks_for_credentials_where_get_does(standing_api: TestClient, path: str) -> None:
    answer = standing_api.simulate_head(path)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Authentication Required"')
    assert answer.content == b""


@pytest.mark.parametrize("path", ALLOWED)
def test_options_says_which_methods_an_address_takes(standing_api: TestClient, path: str) -> None:
    answer = standing_api.simulate_options(path)

    assert answer.status_code == 204
    assert answer.content == b""
    assert allow(answer) == ALLOWED[path]


@pytest.mark.asvs("V4.1.4", "V13.4.4")
@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_an_address_does_not_take_is_405(
    standing_api: TestClient, path: str, method: str
) -> None:
    answer = standing_api.simulate_request(method, path)

    if method in ALLOWED[path]:
        assert answer.status_code != 405
        return
    assert answer.status_code == 405
    assert allow(answer) == ALLOWED[path]
    if method != "HEAD":
        problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("method", ["FOO", "GET2", "PROPFIND", "QUERY", "\xe9"])
def test_a_method_nobody_knows_is_refused(standing_api: TestClient, method: str) -> None:
    assert standing_api.simulate_request(method, "/").status_code in (400, 405)


@pytest.mark.parametrize(
    "path",
    [
        *("/nowhere", "/api", "/api/", "/API/users", "/api/users/1/", "/api/users/1/2"),
        *(
            "/api/token/",
            "/api/resource/",
            "/help/",
            "/api//users",
            "/api/usr1",
            "/.well-known/",
        ),
        *(
            "/api/sessions/current/",
            "/api/users/me/",
            "/api/users/me/email",
            "/api/session",
            "/api/users/1/password",
        ),
        *("/favicon.ico", "/robots.txt", "/%00", "/%FF", "/api/%2e%2e/help", "/" + "a" * 5000),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_address_where_nothing_is_is_404(
    standing_api: TestClient, method: str, path: str
) -> None:
    problem(standing_api.simulate_request(method, path, headers=LOGIN), 404, "not_found")


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:5000", "127.0.0.1:1", "[::1]", "[::1]:5000", "Id.Example.COM", "a_b"],
)
def test_a_host_header_that_names_a_server_is_taken(standing_api: TestClient, host: str) -> None:
    assert raw(standing_api, "GET", "/", [("Host", host)]).status_code == 200


@pytest.mark.asvs("V1.2.2")
@pytest.mark.parametrize(
    "host",
    [
        *("", " ", "a b", "a, b", "a/b", "evil.example/path", "user@host", "a?b", "a#b", "a\\b"),
        *("a:b", "a:", ":80", "a:123456", "a:80:80", "::1", "[::1", "[]", "[g::]", "<script>"),
        *("\xe9", "a\x00b", 'a"b', "a%00", "http://a", "a\tb", "a\x7f"),
    ],
)
def test_an_odd_host_header_is_400(standing_api: TestClient, host: str) -> None:
    problem(raw(standing_api, "GET", "/", [("Host", host)]), 400, "invalid_host")


@pytest.mark.parametrize("path", [*ALLOWED, "/nowhere"])
def test_a_missing_host_header_is_400(standing_api: TestClient, path: str) -> None:
    problem(raw(standing_api, "GET", path, []), 400, "invalid_host")


@pytest.mark.asvs("V15.3.7")
@pytest.mark.parametrize("second", [LOGIN["Authorization"], "Basic Og==", "Bearer x", ""])
@pytest.mark.parametrize("path", [*ALLOWED, "/nowhere"])
def test_two_authorization_headers_are_400(
    standing_api: TestClient, path: str, second: str
) -> None:
    host, first = ("Host", "localhost"), ("Authorization", LOGIN["Authorization"])

    answer = raw(standing_api, "GET", path, [host, first, ("Authorization", second)])

    problem(answer, 400, "repeated_authorization")


def every_kind_of_answer(api: TestClient) -> list[Result]:
    return [
        register(api),
        api.simulate_get("/"),
        api.simulate_head("/"),
        api.simulate_options("/"),
        api.simulate_get("/api/resource", headers=LOGIN),
        api.simulate_post("/api/users", json={}),
        api.simulate_get("/api/resource"),
        api.simulate_get("/nowhere"),
        api.simulate_delete("/"),
        api.simulate_post("/api/users", body=b"x" * 70_000, headers={"Content-Type": "text/plain"}),
        api.simulate_post(
            "/api/users", body=b"x" * 70_000, headers={"Content-Type": "application/json"}
        ),
        api.simulate_request("FOO", "/"),
        raw(api, "GET", "/", []),
    ]


def test_every_answer_has_a_request_id_of_its_own(api: TestClient) -> None:
    answers = every_kind_of_answer(api)

    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in ids)


def test_every_problem_repeats_the_request_id(api: TestClient) -> None:
    problems = [a for a in every_kind_of_answer(api) if a.status_code >= 400]

    assert len(problems) > 6
    for answer in problems:
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_a_request_id_of_the_clients_own_is_not_believed(api: TestClient) -> None:
    claimed = "f" * 32

    answer = api.simulate_get("/nowhere", headers={"X-Request-ID": claimed})

    assert claimed not in answer.text
    assert answer.headers["X-Request-ID"] != claimed


@pytest.mark.asvs("V14.3.2")
def test_nothing_that_names_a_user_is_stored_on_the_way(api: TestClient) -> None:
    for answer in every_kind_of_answer(api):
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_request_leaves_one_line_with_its_route_and_status(
    standing_api: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "varvel.requests"):
        answer = standing_api.simulate_get("/api/users/1", extras={"client": ("192.0.2.1", 50_000)})

    entry = request_entry(caplog)
    assert entry.pop("timestamp")
    assert entry.pop("process") == os.getpid()
    assert 0 < entry.pop("ms") < 60_000
    assert entry == {
        "level": "info",
        "logger": "varvel.requests",
        "event": "request",
        "request_id": answer.headers["X-Request-ID"],
        "client": "192.0.2.1",
        "method": "GET",
        "route": "/api/users/{user_id}",
        "status": 200,
    }


@pytest.mark.databases(*BACKENDS)
def test_the_log_holds_no_name_no_password_no_token_no_path_and_no_query(
    miguel: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    live = token(miguel)
    planted = {"username": "plantedname", "password": "plantedpassword"}
    with caplog.at_level(logging.DEBUG):
        miguel.simulate_post("/api/users", json=planted)
        miguel.simulate_post("/api/users", json=MIGUEL | {"planted": "plantedvalue"})
        miguel.simulate_get("/api/token", headers=basic("plantedname", "plantedpassword"))
        miguel.simulate_get("/api/resource", headers=basic("plantedname", "plantedwrong"))
        miguel.simulate_get("/api/resource", headers=basic(live, "plantedx"))
        miguel.simulate_get("/api/resource", headers={"Authorization": f"Bearer {live}"})
        miguel.simulate_get("/api/users/planted", query_string=f"token={live}")
        miguel.simulate_get("/planted%0Aline", query_string="planted=1")
        miguel.simulate_request("PLANTED", "/")
        miguel.simulate_get("/", headers={"X-Request-ID": "planted", "User-Agent": "planted"})
        miguel.simulate_get("/", headers={"X-Forwarded-For": "planted", "Forwarded": "planted"})
        raw(miguel, "GET", "/", [("Host", "planted host")])

    ours = lines(caplog)
    assert len(ours) >= 11
    for line in ours:
        assert not re.search("planted|miguel|eyJ|\n", line, re.IGNORECASE), line
        assert live not in line


def test_a_method_nobody_knows_is_not_written_into_the_log(
    standing_api: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "varvel.requests"):
        standing_api.simulate_request("FOO", "/nowhere")

    entry = request_entry(caplog)
    assert (entry["method"], entry["route"], entry["status"]) == ("-", "-", 404)
