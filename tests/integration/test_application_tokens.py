"""A token of another application opens here what its user granted, and nothing else."""

import pytest
from falcon.testing import Result, TestClient

from tests.integration.calls import (
    ADMIN_ONLY,
    PROFILE,
    PROTECTED,
    TOKEN_ONLY,
    basic,
    bearer,
    by_token,
    not_refreshed,
    problem,
    refresh,
    token,
)
from tests.integration.described import check_against_description
from tests.integration.granted import Applications
from tests.integration.stores import SQLITE, Store

pytestmark = pytest.mark.databases(SQLITE)
"""What a token opens is decided before any database is asked."""

GUARDED = [*(("GET", path) for path in PROTECTED), *TOKEN_ONLY, *ADMIN_ONLY]
CHALLENGE = 'Bearer realm="Authentication Required", error="insufficient_scope", scope="{}"'


def asked(api: TestClient, method: str, template: str, headers: dict[str, str]) -> Result:
    path = template.format(user_id="1", session_id="current", client_id="x")
    return api.simulate_request(method, path, headers=headers)


@pytest.mark.asvs("V8.2.1", "V10.3.2")
@pytest.mark.parametrize("scope", ["profile", "read", "profile read", "read profile-x"])
def test_a_token_opens_the_profile_if_its_user_granted_that_and_nothing_else(
    miguel: TestClient, applications: Applications, store: Store, scope: str
) -> None:
    # An admin's application is none itself.
    store.execute("UPDATE users SET role = 'admin'")
    shop = applications.create(scopes=["profile", "read", "profile-x"])
    granted = applications.granted(shop, token(miguel), scope).token
    document = miguel.simulate_get("/openapi.json").json

    for method, template in GUARDED:
        for headers in (bearer(granted), basic(granted, "")):
            answer = asked(miguel, method, template, headers)
            is_profile = (method, template) in PROFILE
            check_against_description(document, template, method, answer)
            if is_profile and "profile" in scope.split():
                assert answer.json["username"] == "miguel"
                continue
            assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")
            wanted = "profile" if is_profile else "account"
            assert answer.headers["WWW-Authenticate"] == CHALLENGE.format(wanted)
    live = token(miguel)
    assert by_token(miguel, "GET", "/api/admin/users", live).status_code == 200


def test_a_token_in_which_an_application_acts_for_itself_opens_nothing(
    miguel: TestClient, applications: Applications
) -> None:
    own = applications.acting_alone(applications.create(acts_alone=True))

    for method, template in GUARDED:
        answer = asked(miguel, method, template, bearer(own))
        problem(answer, 401, "invalid_credentials", token_sent=True)


def test_the_api_renews_no_session_of_an_application_and_leaves_it_as_it_was(
    miguel: TestClient, applications: Applications
) -> None:
    granted = applications.granted(applications.create(), token(miguel))
    assert granted.refresh_token is not None

    for _ in range(2):
        not_refreshed(refresh(miguel, granted.refresh_token))

    assert by_token(miguel, "GET", "/api/users/me", granted.token).status_code == 200
