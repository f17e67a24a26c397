"""How clients prove themselves, and how requests that can be read in two ways are refused."""

import logging

import pytest
from falcon.testing import TestClient

from tests.integration import calls
from tests.integration.applications import CALLBACK, VERIFIER, Application, Door, post
from tests.integration.conftest import Execute
from tests.integration.logged import entries, lines
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""How a request is read has nothing to do with the database."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def asked(api: TestClient, form: dict[str, str], headers: dict[str, str]) -> tuple[int, str | None]:
    answer = post(api, "token", form, headers)
    return answer.status_code, answer.json.get("error")


def test_a_secret_comes_by_the_header_or_by_the_form_and_never_by_both(
    api: TestClient, gate: Door, shop: Application
) -> None:
    by_form = {"client_id": shop.id, "client_secret": str(shop.secret)}

    def form() -> dict[str, str]:
        said = {"grant_type": "authorization_code", "code_verifier": VERIFIER}
        return said | {"code": gate.code(shop), "redirect_uri": "https://shop.example/callback"}

    assert asked(api, form(), shop.header) == (200, None)
    assert asked(api, form() | by_form, {}) == (200, None)
    assert asked(api, form() | by_form, shop.header) == (400, "invalid_request")


def test_the_header_and_the_form_name_the_same_application(
    api: TestClient, gate: Door, shop: Application
) -> None:
    other = gate.application(is_public=True)
    form = {"grant_type": "refresh_token", "refresh_token": gate.tokens(api, shop)["refresh_token"]}

    assert asked(api, form | {"client_id": other.id}, shop.header) == (401, "invalid_client")
    assert asked(api, form | {"client_id": shop.id}, shop.header) == (200, None)


@pytest.mark.parametrize("is_public", [False, True])
def test_the_header_may_be_percent_encoded(api: TestClient, gate: Door, is_public: bool) -> None:
    app = gate.application(is_public=is_public)
    encoded = ("".join(f"%{ord(each):02X}" for each in text) for text in (app.id, app.secret or ""))
    header = calls.basic(*encoded)
    form = {"grant_type": "refresh_token", "refresh_token": "x"}

    assert asked(api, form | {"client_id": app.id}, header) == (400, "invalid_grant")
    assert asked(api, form, header) == (400, "invalid_grant")
    for other in ("%00", "%FF", "%2", "other"):
        header = calls.basic(other, app.secret or "")
        assert asked(api, form, header) == (401, "invalid_client")


def test_the_header_of_an_application_without_a_secret_has_an_empty_one(
    api: TestClient, gate: Door, shop: Application
) -> None:
    public = gate.application(is_public=True)
    code = gate.code(public)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    form["redirect_uri"] = CALLBACK

    for header in (calls.basic(shop.id, ""), calls.basic(public.id, "guessed")):
        assert asked(api, form, header) == (401, "invalid_client")
    assert asked(api, form | {"client_id": shop.id}, calls.basic(public.id, ""))[0] == 401
    assert asked(api, form | {"client_secret": ""}, calls.basic(public.id, ""))[0] == 400
    assert asked(api, form, calls.basic(public.id, "")) == (200, None)


def test_an_application_with_a_secret_needs_it_in_every_place(
    api: TestClient, gate: Door, shop: Application
) -> None:
    robot = gate.application(acts_alone=True)
    for endpoint in ("token", "revoke", "introspect"):
        form = {"grant_type": "client_credentials", "token": "x"}
        for app in (robot, shop):
            answer = post(api, endpoint, form, calls.basic(app.id, ""))
            assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_who_sends_no_form_is_told_to_send_one(api: TestClient) -> None:
    answer = api.simulate_post("/oauth2/token", json={})

    assert answer.status_code == 415
    assert FORM["Content-Type"] in answer.json["error_description"]


def test_who_sends_too_many_fields_is_told_how_many_may_be(
    api: TestClient, shop: Application
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}

    for number, told in ((30, "not valid"), (31, "at most 32 fields")):
        more = {f"field{each}": "" for each in range(number)}
        answer = post(api, "token", form | more, shop.header)
        assert answer.status_code == 400
        assert told in answer.json["error_description"]


def test_who_fails_to_prove_itself_is_told_how_to(api: TestClient, shop: Application) -> None:
    answer = post(
        api, "token", {"grant_type": "refresh_token"}, headers=calls.basic(shop.id, "guessed")
    )

    assert answer.status_code == 401
    assert answer.json["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="')


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !",
        "Basic /////w==",
        "Basic bm9jb2xvbg==",
        "Basic bm9ib2R5OnNlY3JldA==",
        "Bearer eyJ.e.e",
        "Negotiate abc",
    ],
)
def test_a_header_that_proves_nobody_is_refused(
    api: TestClient, gate: Door, authorization: str
) -> None:
    public = gate.application(is_public=True)

    refused = asked(api, public.form(grant_type="refresh_token"), {"Authorization": authorization})

    assert refused == (401, "invalid_client")


@pytest.mark.asvs("V10.4.10")
def test_a_confidential_client_needs_its_secret(
    api: TestClient, gate: Door, shop: Application
) -> None:
    for said in ({}, {"client_secret": ""}, {"client_secret": "guessed"}):
        form = {"grant_type": "authorization_code", "code": gate.code(shop), "client_id": shop.id}

        assert asked(api, form | said, {}) == (401, "invalid_client")


def test_a_public_client_has_no_secret_that_it_could_send(api: TestClient, gate: Door) -> None:
    public = gate.application(is_public=True)

    refused = asked(api, public.form(grant_type="refresh_token", client_secret="any"), {})

    assert refused == (401, "invalid_client")


@pytest.mark.asvs("V16.3.1")
def test_a_wrong_secret_is_in_the_log_and_never_in_the_audit_trail(
    api: TestClient, shop: Application, execute: Execute, caplog: pytest.LogCaptureFixture
) -> None:
    before = execute("SELECT count(*) FROM audit_entries")
    guessed = "planted-secret"

    with caplog.at_level(logging.INFO):
        for headers, form in (
            (calls.basic(shop.id, guessed), {}),
            ({}, {"client_id": shop.id, "client_secret": guessed}),
        ):
            for endpoint in ("token", "revoke", "introspect"):
                said = {"grant_type": "refresh_token", "token": "x", **form}
                assert post(api, endpoint, said, headers).status_code == 401

    told = entries(caplog, "request")
    assert [(each["route"], each["status"], each["code"]) for each in told] == [
        (f"/oauth2/{endpoint}", 401, "invalid_client")
        for endpoint in ("token", "revoke", "introspect") * 2
    ]
    assert not any(guessed in line for line in lines(caplog))
    assert execute("SELECT count(*) FROM audit_entries") == before


@pytest.mark.asvs("V10.4.4")
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": 'a"b'}, "invalid_request"),
        ({"grant_type": "a\\b"}, "invalid_request"),
        ({"grant_type": "ä"}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "\N{SNOWMAN}"}, "invalid_grant"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_every_fault_has_its_error(
    api: TestClient, shop: Application, form: dict[str, str], error: str
) -> None:
    assert asked(api, form, shop.header) == (400, error)


@pytest.mark.parametrize("endpoint", ["token", "revoke", "introspect"])
@pytest.mark.parametrize(
    ("query", "body", "content_type", "status"),
    [
        ("grant_type=refresh_token", b"", FORM["Content-Type"], 400),
        ("token=x", b"token=x", FORM["Content-Type"], 400),
        ("", b"token=x&token=y", FORM["Content-Type"], 400),
        ("", b"grant_type=a&grant_type=a", FORM["Content-Type"], 400),
        ("", b"token=%FF", FORM["Content-Type"], 400),
        ("", b"token=%00", FORM["Content-Type"], 400),
        ("", b"&".join(b"a%d=1" % number for number in range(40)), FORM["Content-Type"], 400),
        ("", b'{"token": "x"}', "application/json", 415),
        ("", b"x" * 70_000, FORM["Content-Type"], 413),
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(
    *,
    api: TestClient,
    shop: Application,
    endpoint: str,
    query: str,
    body: bytes,
    content_type: str,
    status: int,
) -> None:
    answer = api.simulate_post(
        f"/oauth2/{endpoint}",
        query_string=query,
        body=body,
        headers={"Content-Type": content_type} | shop.header,
    )

    assert answer.status_code == status
    assert answer.json["error"] == "invalid_request"
    assert answer.json["error_description"]


@pytest.mark.parametrize("endpoint", ["token", "revoke", "introspect"])
def test_the_endpoints_take_posts_alone(api: TestClient, endpoint: str) -> None:
    answer = api.simulate_get(f"/oauth2/{endpoint}")

    assert answer.status_code == 405
    assert answer.json["error"] == "invalid_request"


@pytest.mark.asvs("V10.4.4")
def test_an_application_that_sends_no_users_redeems_nothing(api: TestClient, gate: Door) -> None:
    robot = gate.application(redirect_uris=[], acts_alone=True)

    for grant in ("authorization_code", "refresh_token"):
        assert asked(api, {"grant_type": grant, "code": "x"}, robot.header) == (
            400,
            "unauthorized_client",
        )
