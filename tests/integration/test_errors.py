"""Errors: each has a status, none says more than it may, and all are in the log by request id."""

import importlib
import logging
import pkgutil

import pytest
from falcon.asgi import Request, Response
from falcon.testing import TestClient

import domain
from domain.errors import DomainError, ErrorKind
from domain.roles import RecentLogInRequired
from domain.tokens import InsufficientScope
from entrypoints.bootstrap import create_app
from entrypoints.http.errors import STATUS
from entrypoints.http.operations import Access, Resource, operation
from tests.integration.calls import basic, problem, register, resource, token
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.logged import entries, lines, request_entry
from tests.integration.stores import LOSE_USERS, SQLITE, Store


def domain_errors() -> list[type[DomainError]]:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    found: list[type[DomainError]] = []
    waiting: list[type[DomainError]] = DomainError.__subclasses__()
    while waiting:
        error = waiting.pop()
        if error.__module__.startswith("domain."):
            found.append(error)
        waiting += error.__subclasses__()
    return sorted(found, key=lambda error: error.__name__)


ERRORS = domain_errors()


class Failing(Resource):
    """Raises what it is given."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    @operation(Access.ANYONE, "Fail")
    async def on_get(self, _req: Request, _resp: Response) -> None:
        raise self._error


def failing(make_settings: MakeSettings, error: BaseException) -> TestClient:
    app = create_app(make_settings())
    app.add_route("/failing", Failing(error))
    return TestClient(app)


def test_every_kind_has_a_status() -> None:
    assert STATUS.keys() == set(ErrorKind)
    assert len(set(STATUS.values())) == len(ErrorKind)


ANOTHER_TOKEN = (InsufficientScope, RecentLogInRequired)
"""What asks for a token of another kind, in a challenge of its own."""


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("error", ERRORS)
def test_every_domain_error_is_answered_under_its_code(
    make_settings: MakeSettings, error: type[DomainError]
) -> None:
    raised = error()
    answer = failing(make_settings, raised).simulate_get("/failing")

    if issubclass(error, ANOTHER_TOKEN):
        assert answer.status_code == STATUS[error.kind]
        assert f'error="{error.code}"' in answer.headers["WWW-Authenticate"]
        return
    body = problem(answer, STATUS[error.kind], error.code)
    assert body["detail"] == error.detail
    assert (raised.retry_after is not None) == ("Retry-After" in answer.headers)


def test_there_are_domain_errors_and_no_two_share_a_code_unless_one_is_of_the_others_kind() -> None:
    codes = [error.code for error in ERRORS if DomainError in error.__bases__]

    assert len(codes) == len(set(codes)) >= 8


@pytest.mark.asvs("V13.4.2", "V16.3.4", "V16.5.1", "V16.5.4")
@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(
    "error",
    [
        *(ValueError("hunter2"), RuntimeError("hunter2"), KeyError("hunter2"), RecursionError()),
        *(MemoryError(), UnicodeDecodeError("utf-8", b"hunter2", 0, 1, "hunter2"), OSError(5, "x")),
        *(AssertionError("hunter2"), TimeoutError("hunter2"), NotImplementedError("hunter2")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unexpected_error_is_500_told_to_nobody_and_logged_whole(
    make_settings: MakeSettings, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    answer = failing(make_settings, error).simulate_get("/failing")

    body = problem(answer, 500, "internal_error")
    assert "hunter2" not in answer.text
    assert type(error).__name__ not in answer.text
    (entry,) = entries(caplog, "request failed")
    assert (entry["level"], entry["request_id"]) == ("error", body["request_id"])
    assert entry["exception"].startswith("Traceback")
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info
    assert record.exc_info[1] is error


@pytest.mark.databases(SQLITE)
def test_a_failing_request_still_leaves_its_line_in_the_log(
    make_settings: MakeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "varvel.requests"):
        failing(make_settings, ValueError()).simulate_get("/failing")

    entry = request_entry(caplog)
    assert (entry["route"], entry["status"]) == ("/failing", 500)
    assert entry["code"] == "internal_error"


@pytest.mark.asvs("V16.5.2")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_its_table_every_use_of_storage_is_503(
    miguel: TestClient, execute: Execute, method: str
) -> None:
    execute(LOSE_USERS)

    answers = {
        "GET": [resource(miguel), miguel.simulate_get("/api/users/1")],
        "POST": [register(miguel, username="susan")],
    }
    for answer in answers[method]:
        problem(answer, 503, "storage_unavailable")
        assert answer.headers["Retry-After"] == "2"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.asvs("V16.3.4")
def test_a_storage_failure_is_logged_by_request_id_and_names_nobody(
    miguel: TestClient, execute: Execute, caplog: pytest.LogCaptureFixture
) -> None:
    execute(LOSE_USERS)

    answer = miguel.simulate_get("/api/token", headers=basic("plantedname", "plantedpassword"))

    (entry,) = entries(caplog, "request cannot be served")
    assert (entry["level"], entry["code"]) == ("warning", "storage_unavailable")
    assert entry["request_id"] == answer.headers["X-Request-ID"]
    assert "planted" not in "".join(lines(caplog))


@pytest.mark.asvs("V16.5.3")
def test_storage_that_is_damaged_lets_nobody_in(miguel: TestClient, store: Store) -> None:
    if not store.is_embedded:
        store.execute("ALTER TABLE users ALTER COLUMN created_at TYPE text")
    store.execute("UPDATE users SET created_at = 'no date'")

    for answer in (resource(miguel), resource(miguel, password="ruby")):
        assert answer.status_code >= 400
        assert "Hello" not in answer.text


def test_a_live_token_outlasts_storage_that_fails(miguel: TestClient, execute: Execute) -> None:
    live = token(miguel)
    execute(LOSE_USERS)

    assert resource(miguel, live, "x").status_code == 200
    assert resource(miguel).status_code == 503
