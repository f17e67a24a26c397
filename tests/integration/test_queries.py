"""Parameters in the address: what is refused, and what is said of it."""

import pytest
from falcon.testing import TestClient

from domain.audit import Event
from tests.integration.calls import bearer, problem
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""They are refused before any database is asked."""

USERS = "/api/admin/users"
AUDIT = "/api/admin/audit"

NUMBER = "Write one whole number, 1 to 200."
LONG = "A user name has at most 64 characters."
CONTROLS = "Leave control characters out."
MOMENT = "Write one moment, like 2026-11-24T12:00:00Z."
EVENTS = ", ".join(each.value for each in Event)
ONCE = "Give this parameter once."
LINK = "Take it from the Link of the page before."


@pytest.mark.parametrize(
    ("path", "query", "detail"),
    [
        (USERS, "limit=0", NUMBER),
        (USERS, "limit=201", NUMBER),
        (USERS, "limit=x", NUMBER),
        (USERS, f"limit={'9' * 5000}", NUMBER),
        (USERS, "limit=1&limit=2", NUMBER),
        (USERS, "prefix=%00", CONTROLS),
        (USERS, f"prefix={'x' * 65}", LONG),
        (USERS, "prefix=a&prefix=b", ONCE),
        (USERS, "role=admin", "This parameter is not known here; leave it out."),
        (USERS, f"cursor={'x' * 501}", LINK),
        (USERS, "cursor=", LINK),
        (AUDIT, "cursor=x&cursor=y", ONCE),
        (AUDIT, "outcome=x", "Take one of these: success, failure."),
        (AUDIT, "outcome=success&outcome=failure", ONCE),
        (
            AUDIT,
            f"event={'logged_in' * 2}",
            f"Take one of these: {', '.join(e.value for e in Event)}.",
        ),
        (AUDIT, "subject=%00", CONTROLS),
        (AUDIT, "subject=", "Write it like user:7."),
        (AUDIT, "subject=a&subject=b", ONCE),
        (AUDIT, "since=yesterday", MOMENT),
        (AUDIT, "since=2026-01-01&since=2026-01-02", MOMENT),
        (AUDIT, "since=0001-01-01T00:00:00%2B14:00", MOMENT),
        (AUDIT, "until=9999-12-31T23:59:59-14:00", MOMENT),
    ],
)
def test_parameters_that_mean_nothing_are_refused_and_it_is_said_what_would(
    api: TestClient, admin: str, path: str, query: str, detail: str
) -> None:
    answer = api.simulate_get(path, query_string=query, headers=bearer(admin))

    problem(answer, 400, "invalid_fields")
    field = query.partition("=")[0]
    assert answer.json["errors"] == [{"field": field, "code": "invalid", "detail": detail}]
