"""Role by route by owner: made of the route table, so that no new operation goes without."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from falcon.testing import TestClient

from entrypoints.http.operations import Access
from tests.fakes.clock import FakeClock
from tests.integration.calls import basic, bearer, logged_in, register
from tests.integration.clients import standing
from tests.integration.forge import Forge, signing_key
from tests.integration.stores import SQLITE, Stores
from tests.integration.test_routes import TABLE

pytestmark = pytest.mark.databases(SQLITE)
"""Who is let in is decided before any database is asked."""

SCOPES = {"application with profile": "read profile", "application with another scope": "read"}
"""Other applications, to which a user has granted this."""

USERS = {"user", "admin", "admin of yesterday"}
ALLOWED = {
    Access.ANYONE: {"nobody", "password", *USERS, *SCOPES},
    Access.USER: {"password", *USERS},
    Access.TOKEN: USERS,
    Access.PROFILE: {*USERS, "application with profile"},
    Access.ADMIN: {"admin"},
}
REFUSED = {
    "nobody": 401,
    "password": 401,
    "user": 403,
    "admin of yesterday": 401,
    **dict.fromkeys(SCOPES, 403),
}
ROLES = [*REFUSED, "admin"]
OWNERS = ["own", "another's"]
LETS_IN = {*range(200, 300), 400, 404, 415}
"""What is answered behind the door: nothing here sends what an operation would want."""

CELLS = [
    pytest.param(route.path, method, declared.access, role, owner)
    for route in TABLE
    for method, declared in route.resource.operations.items()
    for role in ROLES
    for owner in (OWNERS if "{" in route.path else OWNERS[:1])
]


class Callers:
    """Susan and miguel with a session each, miguel an admin, in every role that they can have."""

    def __init__(self, api: TestClient, clock: FakeClock, key: EllipticCurvePrivateKey) -> None:
        self.api = api
        self._clock = clock
        self._key = key

    def headers(self, role: str) -> dict[str, str]:
        """What somebody in this role sends; the clock goes on where a log-in has to be old."""
        if role == "nobody":
            return {}
        if role == "password":
            return basic("susan", "python")
        name = "susan" if role == "user" else "miguel"
        token = logged_in(self.api, username=name)["access_token"]
        if role == "admin of yesterday":
            self._clock.advance(minutes=16)
        if role in SCOPES:
            forge = Forge(self._key, token)
            return bearer(forge.with_claims(client_id="x" * 22, scope=SCOPES[role]))
        return bearer(token)

    def path(self, template: str, owner: str) -> str:
        """The address, of a session and a user that are the caller's or somebody else's."""
        session = "current" if owner == "own" else "x" * 22
        user = "2" if owner == "own" else "99"
        return template.format(user_id=user, session_id=session, client_id="x" * 22)


@pytest.fixture(scope="module")
def callers(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    clock = FakeClock()
    with stores.lent(tmp_path_factory.mktemp("matrix") / "var") as store:
        settings = store.settings(TOKEN_LIFETIME="3600")
        with standing(settings, clock) as api:
            register(api)
            register(api, username="susan")
            store.execute("UPDATE users SET role = 'admin' WHERE id = 1")
            yield Callers(api, clock, signing_key(settings))


@pytest.mark.asvs("V8.2.1", "V8.2.2", "V8.3.1")
@pytest.mark.parametrize(("path", "method", "access", "role", "owner"), CELLS)
def test_every_operation_lets_in_those_roles_that_it_declares(
    *, callers: Callers, path: str, method: str, access: Access, role: str, owner: str
) -> None:
    if owner == "own":  # as nothing of somebody's who is gone is there any more
        register(callers.api, username="susan")

    answer = callers.api.simulate_request(
        method, callers.path(path, owner), headers=callers.headers(role)
    )

    if role in ALLOWED[access]:
        assert answer.status_code in LETS_IN, answer.text
    elif path == "/api/sessions" and method == "POST":
        assert answer.status_code == 415
    else:
        assert answer.status_code == REFUSED[role], answer.text
    if owner != "own" and role in ALLOWED[access] and access is not Access.ANYONE:
        assert answer.status_code == 404
