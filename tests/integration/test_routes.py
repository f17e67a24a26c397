"""The route table: who may call what, and that the API description tells the truth about it."""

import json
import re
from pathlib import Path
from tempfile import gettempdir

import pytest
from falcon.asgi import Request, Response
from falcon.testing import TestClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from scripts.openapi import TARGET, describe, served_routes

from entrypoints.bootstrap import build, create_app
from entrypoints.http.app import routes
from entrypoints.http.operations import Access, Operation, Resource, Route, operation, operations_of
from entrypoints.http.proxies import Proxies
from entrypoints.settings import Settings
from tests.integration.calls import (
    ADMIN_ONLY,
    MIGUEL,
    PROFILE,
    PROTECTED,
    TOKEN_ONLY,
    basic,
    register,
)
from tests.integration.conftest import MakeSettings
from tests.integration.described import Json, check_against_description
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""What is served is declared in code, whatever the database is."""

SECRET = "A" * 43
LOGIN = basic("miguel", "python")


def table() -> tuple[Route, ...]:
    # Nothing opens this database, so that collecting tests leaves no file behind.
    url = f"sqlite:///{Path(gettempdir()) / 'never-opened.sqlite'}"
    services, _ = build(Settings.read({"VARVEL_SECRET": SECRET, "VARVEL_DATABASE_URL": url}))
    return routes(services, proxies=Proxies(()), jwks_max_age=300)


TABLE = table()
OPERATIONS = [
    pytest.param(route, method, declared, id=f"{method} {route.path}")
    for route in TABLE
    for method, declared in route.resource.operations.items()
]
API = [route for route in TABLE if route.is_api]
DESCRIBED = [operation for operation in OPERATIONS if operation.values[0] in API]
"""What the API description tells of; pages are for people."""


@pytest.fixture(scope="module")
def served(standing_api: TestClient) -> Json:
    document: Json = standing_api.simulate_get("/openapi.json").json
    return document


@pytest.mark.parametrize(("route", "method", "declared"), OPERATIONS)
def test_every_operation_says_who_may_call_it(
    route: Route, method: str, declared: Operation
) -> None:
    assert isinstance(declared.access, Access)
    assert declared.summary


@pytest.mark.parametrize("route", TABLE, ids=lambda route: route.path)
def test_every_responder_of_every_resource_is_declared(route: Route) -> None:
    responders = {
        name.removeprefix("on_").upper() for name in dir(route.resource) if name.startswith("on_")
    }

    assert responders == set(operations_of(route.resource)) | {"OPTIONS"}


@pytest.mark.asvs("V8.2.1", "V8.3.1")
@pytest.mark.parametrize(("route", "method", "declared"), OPERATIONS)
def test_only_a_user_gets_where_a_user_is_asked_for(
    standing_api: TestClient, route: Route, method: str, declared: Operation
) -> None:
    path = route.path.format(user_id="1", session_id="current", client_id="x")

    answer = standing_api.simulate_request(method, path)

    assert (answer.status_code == 401) == (declared.access is not Access.ANYONE)


def test_the_protected_addresses_of_these_tests_are_all_there_are() -> None:
    asking: dict[Access, set[tuple[str, str]]] = {access: set() for access in Access}
    for route in TABLE:
        for method, declared in route.resource.operations.items():
            if method != "HEAD":
                asking[declared.access].add((method, route.path))

    assert asking[Access.USER] == {("GET", path) for path in PROTECTED}
    assert asking[Access.PROFILE] == set(PROFILE)
    assert asking[Access.TOKEN] == set(TOKEN_ONLY) - set(PROFILE)
    assert asking[Access.ADMIN] == set(ADMIN_ONLY)


def test_a_responder_that_does_not_say_who_may_call_it_cannot_be_written() -> None:
    with pytest.raises(TypeError, match=r"Careless\.on_post must declare who may call it"):

        class Careless(Resource):
            @operation(Access.ANYONE, "Fine")
            async def on_get(self, _req: Request, _resp: Response) -> None: ...

            async def on_post(self, _req: Request, _resp: Response) -> None: ...


def test_a_responder_with_a_suffix_must_say_it_as_well() -> None:
    with pytest.raises(TypeError, match=r"Careless\.on_get_all must declare"):

        class Careless(Resource):
            async def on_get_all(self, _req: Request, _resp: Response) -> None: ...


def test_a_resource_that_inherits_a_responder_inherits_who_may_call_it() -> None:
    class Guarded(Resource):
        @operation(Access.USER, "Guarded")
        async def on_get(self, _req: Request, _resp: Response) -> None: ...

    class Heir(Guarded):
        pass

    assert {method: said.access for method, said in Heir.operations.items()} == {
        "GET": Access.USER,
        "HEAD": Access.USER,
    }


def test_what_is_no_resource_is_not_served(make_settings: MakeSettings) -> None:
    class Stranger:
        async def on_get(self, _req: Request, resp: Response) -> None:
            resp.text = "let in"

    app = create_app(make_settings())
    app.add_route("/stranger", Stranger())

    answer = TestClient(app).simulate_get("/stranger")

    assert answer.status_code == 500
    assert "let in" not in answer.text


def test_every_route_is_described_and_every_description_is_served(served: Json) -> None:
    described = {
        (path, method.upper())
        for path, item in served["paths"].items()
        for method in item.keys() & {"get", "put", "post", "delete", "patch", "head", "options"}
    }

    assert described == {
        (route.path, method)
        for route in API
        for method in route.resource.operations
        if method != "HEAD"
    }


def test_exactly_the_aliases_are_described_as_deprecated(served: Json) -> None:
    deprecated = {
        path
        for path, item in served["paths"].items()
        for method, described in item.items()
        if method != "parameters" and described.get("deprecated")
    }

    assert deprecated == {"/api/usr", "/api/user", "/api/user{user_id}"}
    assert deprecated == {route.path for route in TABLE if route.deprecated}


def test_the_description_is_valid_openapi_3_1(served: Json) -> None:
    assert served["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(served).iter_errors()) == []


def test_what_is_served_is_what_the_routes_describe_now(
    served: Json, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    described = describe(served_routes())

    assert served == described, "Run: make openapi"
    assert TARGET.read_text("utf-8") == json.dumps(described, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(("route", "method", "declared"), DESCRIBED)
def test_every_answer_and_problem_of_an_operation_is_described(
    served: Json, route: Route, method: str, declared: Operation
) -> None:
    verb = "get" if method == "HEAD" else method.lower()

    responses = served["paths"][route.path][verb]["responses"]

    assert set(responses) == {str(declared.status), *map(str, declared.problems)}
    for status in map(str, declared.problems):
        assert list(responses[status]["content"]) == ["application/problem+json"]
    success = responses[str(declared.status)]
    if declared.status == 204:
        assert "content" not in success
    else:
        assert list(success["content"]) == ["application/json"]


@pytest.mark.parametrize(("route", "method", "declared"), DESCRIBED)
def test_a_body_is_described_exactly_where_one_is_read(
    served: Json, route: Route, method: str, declared: Operation
) -> None:
    verb = "get" if method == "HEAD" else method.lower()

    described = served["paths"][route.path][verb].get("requestBody")

    assert (described is None) == (declared.body is None) == (415 not in declared.problems)


def test_exactly_the_guarded_operations_ask_for_credentials(served: Json) -> None:
    guarded = {("GET", path) for path in PROTECTED} | {*TOKEN_ONLY, *ADMIN_ONLY}
    for path, item in served["paths"].items():
        for method in item.keys() - {"parameters"}:
            is_guarded = (method.upper(), path) in guarded
            asked = [["bearer"], ["basic"]] if is_guarded else []
            assert [list(each) for each in item[method]["security"]] == asked
    schemes = served["components"]["securitySchemes"]
    assert {name: schemes[name]["scheme"] for name in schemes} == {
        "basic": "basic",
        "bearer": "bearer",
    }


@pytest.mark.asvs("V15.3.1")
@pytest.mark.parametrize(
    ("method", "template"),
    [
        *(("GET", path) for path in ("/", "/help", "/openapi.json", "/.well-known/jwks.json")),
        *(("GET", path) for path in ("/health/live", "/health/ready")),
        *(("GET", path) for path in ("/api/users/{user_id}", "/api/user{user_id}", *PROTECTED)),
        *(("POST", path) for path in ("/api/users", "/api/usr", "/api/user")),
    ],
)
def test_a_success_is_as_described(
    api: TestClient, served: Json, method: str, template: str
) -> None:
    if method == "GET":
        api.simulate_post("/api/users", json=MIGUEL)
    sent = {"json": MIGUEL} if method == "POST" else {}

    path = template.format(user_id="1")
    answer = api.simulate_request(method, path, headers=LOGIN, **sent)

    assert answer.status_code == (201 if method == "POST" else 200)
    check_against_description(served, template, method, answer)


def test_a_refusal_is_as_described(api: TestClient, served: Json) -> None:
    too_large = b"x" * 70_000
    json_type = {"Content-Type": "application/json"}
    for answer in (
        api.simulate_post("/api/users", json={}),
        api.simulate_post("/api/users", json={"username": "a:b", "password": ""}),
        api.simulate_post("/api/users", body="{", headers=json_type),
        api.simulate_post("/api/users", body=b"{}"),
        api.simulate_post("/api/users", body=too_large, headers=json_type),
    ):
        check_against_description(served, "/api/users", "POST", answer)
    for path in PROTECTED:
        for headers in ({}, basic("a", "b"), {"Authorization": "a, b"}):
            answer = api.simulate_get(path, headers=headers)
            check_against_description(served, path, "GET", answer)
    answer = api.simulate_get("/api/users/0")
    check_against_description(served, "/api/users/{user_id}", "GET", answer)


def test_the_described_ids_are_the_ids_that_are_taken(served: Json) -> None:
    for path in ("/api/users/{user_id}", "/api/user{user_id}"):
        (parameter,) = served["paths"][path]["parameters"]
        pattern = parameter["schema"]["pattern"]
        assert re.search(pattern, "1" * 18)
        assert not re.search(pattern, "1" * 19)
        assert not re.search(pattern, "0")
    (parameter,) = served["paths"]["/api/sessions/{session_id}"]["parameters"]
    pattern = parameter["schema"]["pattern"]
    assert all(re.search(pattern, text) for text in ("current", "bNVZ5XJp1mGQx0aXmHh1Yw", "-" * 64))
    assert not any(re.search(pattern, text) for text in ("", "a b", "-" * 65))


@pytest.mark.parametrize("field", ["username", "password"])
def test_what_is_described_as_refused_of_a_registration_is_refused_and_other_ascii_taken(
    api: TestClient, served: Json, field: str
) -> None:
    described = served["components"]["schemas"]["Registration"]["properties"][field]

    for code in range(0x100):
        text = f"{code}{chr(code)}x"
        status = register(api, **{"username": f"user-{code}", field: text}).status_code
        is_taken = re.search(described["pattern"], text) is not None
        assert status == (201 if is_taken else 400) or (is_taken and code > 0x7F), repr(text)
    for length in (described["minLength"] - 1, described["maxLength"] + 1):
        assert register(api, **{field: "x" * length}).status_code == 400
