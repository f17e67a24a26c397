"""Request bodies: declared as JSON, within the limit, and JSON that everybody reads alike."""

import json

import pytest
from falcon.testing import TestClient

from entrypoints.http.json import MAXIMUM_BODY, MAXIMUM_DEPTH, MAXIMUM_ITEMS, MAXIMUM_NAMES
from tests.integration.calls import MIGUEL, field_codes, post_raw, problem, raw, resource
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""A body is judged before any database is asked."""

GOOD = json.dumps(MIGUEL).encode()
HOST = ("Host", "localhost:5000")
JSON = ("Content-Type", "application/json")


def padded(size: int) -> bytes:
    """A good body of this many bytes."""
    return GOOD + b" " * (size - len(GOOD))


def with_username(spelled: str) -> bytes:
    return f'{{"username": {spelled}, "password": "python"}}'.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; charset=utf8",
        "application/json ; foo=bar",
    ],
)
def test_a_body_declared_as_json_in_utf_8_is_read(api: TestClient, content_type: str) -> None:
    assert post_raw(api, GOOD, content_type).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/plain", "text/json", "json", "application/jsonx", "application/*", "*/*"),
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("application/problem+json", "application/json, application/json", "application/xml"),
        *("application/json; charset=latin-1", "application/json; charset=utf-16"),
        *("application/json; charset=", "application/octet-stream", ";", "application/json\xe9"),
    ],
)
def test_a_body_declared_as_anything_else_is_415(api: TestClient, content_type: str) -> None:
    answer = raw(api, "POST", "/api/users", (HOST, ("Content-Type", content_type)), GOOD)

    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("path", ["/api/users", "/api/usr", "/api/user"])
def test_a_body_without_a_content_type_is_415(api: TestClient, path: str) -> None:
    problem(raw(api, "POST", path, (HOST,), GOOD), 415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip", "x"])
def test_an_encoded_body_is_415(api: TestClient, encoding: str) -> None:
    headers = (HOST, JSON, ("Content-Encoding", encoding))

    problem(raw(api, "POST", "/api/users", headers, GOOD), 415, "unsupported_media_type")


def test_a_body_that_says_it_is_not_encoded_is_read(api: TestClient) -> None:
    headers = (HOST, JSON, ("Content-Encoding", "Identity"))

    assert raw(api, "POST", "/api/users", headers, GOOD).status_code == 201


def test_a_body_at_the_limit_is_read(api: TestClient) -> None:
    assert post_raw(api, padded(MAXIMUM_BODY)).status_code == 201


@pytest.mark.asvs("V2.3.2")
def test_a_body_above_the_limit_is_413(api: TestClient) -> None:
    problem(post_raw(api, padded(MAXIMUM_BODY + 1)), 413, "content_too_large")

    assert resource(api).status_code == 401, "nothing was registered"


def test_a_body_that_only_says_it_is_above_the_limit_is_413(api: TestClient) -> None:
    headers = (HOST, JSON, ("Content-Length", str(10**12)))

    problem(raw(api, "POST", "/api/users", headers, GOOD), 413, "content_too_large")


def test_a_body_without_a_length_is_read_up_to_the_limit(api: TestClient) -> None:
    chunked = (HOST, JSON, ("Transfer-Encoding", "chunked"))

    too_large = raw(api, "POST", "/api/users", chunked, padded(MAXIMUM_BODY + 1))
    problem(too_large, 413, "content_too_large")
    problem(raw(api, "POST", "/api/users", chunked, b"x" * 1_000_000), 413, "content_too_large")
    assert raw(api, "POST", "/api/users", chunked, padded(MAXIMUM_BODY)).status_code == 201


def test_a_body_shorter_than_its_length_is_400(api: TestClient) -> None:
    headers = (HOST, JSON, ("Content-Length", str(len(GOOD) + 1)))

    problem(raw(api, "POST", "/api/users", headers, GOOD), 400, "incomplete_body")


@pytest.mark.parametrize("length", ["-1", "abc", "31, 31", "9" * 5000, "0x10"])
def test_a_length_that_is_no_number_is_400(api: TestClient, length: str) -> None:
    headers = (HOST, JSON, ("Content-Length", length))

    assert raw(api, "POST", "/api/users", headers, GOOD).status_code in (400, 413)


@pytest.mark.asvs("V1.5.3", "V15.3.7")
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"{", b"}", b'{"username"', b"{'username': 'x'}", GOOD + b"x", GOOD + GOOD),
        *(b'{"username": "miguel", "password": "python",}', b"/**/" + GOOD, b"nul", b"True"),
        *(b'"', b"[1,]", b"username=miguel&password=python", b"01", b".5", b"+1", b"\x00"),
        b'{"username": "mi\nguel", "password": "python"}',
        # Numbers that are not JSON, or that no float and no parser's limit holds.
        *(with_username(number) for number in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")),
        *(with_username(number) for number in ("1" * 5000, "1" * 60_000)),
        # Names twice, at any depth, in any spelling.
        b'{"username": "miguel", "username": "susan", "password": "python"}',
        b'{"username": "miguel", "user\\u006eame": "miguel", "password": "python"}',
        b'{"username": "miguel", "password": "python", "more": [{"a": 1, "a": 1}]}',
        # What is not text.
        with_username('"mi\\u0000guel"'),
        with_username('"\\ud800"'),
        with_username('"\\udc00x"'),
        with_username('"\ud800"'),
        b'{"\\u0000": 1}',
        b'{"\\ud800": 1}',
        b'[["\\udfff"]]',
        # Other encodings, and a byte order mark.
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        GOOD.decode().encode("utf-32-be"),
        with_username('"José"').decode().encode("latin-1"),
        b'{"username": "\xff", "password": "\xc0\xaf"}',
        # Nested until a recursive parser gives up.
        *(b"[" * depth + b"]" * depth for depth in (MAXIMUM_DEPTH + 1, 900, 30_000)),
        b"[" * 60_000,
        b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
        b'[{"a":' * 400 + b"1" + b"}]" * 400,
    ],
)
def test_what_is_not_json_for_everybody_is_400(api: TestClient, body: bytes) -> None:
    answer = post_raw(api, body)

    assert "errors" not in problem(answer, 400, "invalid_json")


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"1," * (MAXIMUM_ITEMS + 1) + b"1]",
        b"[" + b"{}," * (MAXIMUM_ITEMS // 2 + 1) + b"1]",
        with_username('"' + "," * (MAXIMUM_ITEMS + 1) + '"'),
        json.dumps({str(number): 1 for number in range(MAXIMUM_NAMES + 1)}).encode(),
    ],
)
def test_more_than_anybody_needs_is_400(api: TestClient, body: bytes) -> None:
    problem(post_raw(api, body), 400, "invalid_json")


def test_as_many_names_as_are_allowed_are_each_answered(api: TestClient) -> None:
    body = json.dumps({f"name {number}": 1 for number in range(MAXIMUM_NAMES)}).encode()

    assert len(field_codes(post_raw(api, body))) == MAXIMUM_NAMES + 2


@pytest.mark.parametrize(
    "body",
    [
        *(b"null", b"true", b"1", b'"text"', b"[]", b'[["username", "miguel"]]', b"1.5"),
        b"[" * MAXIMUM_DEPTH + b"]" * MAXIMUM_DEPTH,
        b"[" + GOOD + b"]",
    ],
)
def test_json_that_is_no_object_is_400(api: TestClient, body: bytes) -> None:
    answer = post_raw(api, body)

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == [("body", "not_an_object")]


@pytest.mark.asvs("V2.2.1", "V15.3.5")
@pytest.mark.parametrize("value", ["null", "true", "1", "1.5", "[]", '["miguel"]', "{}", "1e300"])
@pytest.mark.parametrize("field", ["username", "password"])
def test_a_field_of_the_wrong_type_is_400_and_named(
    api: TestClient, field: str, value: str
) -> None:
    other = "password" if field == "username" else "username"

    answer = post_raw(api, f'{{"{field}": {value}, "{other}": "python"}}'.encode())

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == [(field, "not_text")]


def test_every_field_at_fault_is_named(api: TestClient) -> None:
    missing = api.simulate_post("/api/users", json={})
    mixed = api.simulate_post("/api/users", json={"username": 1, "is_admin": True})

    problem(missing, 400, "invalid_fields")
    assert field_codes(missing) == [("username", "missing"), ("password", "missing")]
    problem(mixed, 400, "invalid_fields")
    assert sorted(field_codes(mixed)) == [
        ("is_admin", "unknown"),
        ("password", "missing"),
        ("username", "not_text"),
    ]


@pytest.mark.asvs("V8.2.3", "V15.3.3")
@pytest.mark.parametrize("name", ["id", "Username", "password_hash", "", "__class__", "é"])
def test_a_field_that_is_not_known_is_400_and_registers_nobody(api: TestClient, name: str) -> None:
    answer = api.simulate_post("/api/users", json=MIGUEL | {name: "x"})

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == [(name, "unknown")]
    assert resource(api).status_code == 401


def test_a_refusal_never_repeats_a_value(api: TestClient) -> None:
    secrets = {"username": "a:mustnotappear", "password": "mustnotappear\x07"}

    answer = api.simulate_post("/api/users", json=secrets)

    assert answer.status_code == 400
    assert "mustnotappear" not in answer.text
