"""What `varvel clients delete` ends."""

import pytest
from falcon.testing import TestClient

from adapters.clock import SystemClock
from entrypoints.bootstrap import create_app
from tests.integration.calls import by_token, register, token
from tests.integration.commands import refusal, said
from tests.integration.granted import applications_beside
from tests.integration.stores import Store

UNKNOWN = "No client has this id; varvel clients list shows those there are."
QUESTION = "Remove this application and all that users let it do? [y/N]: "


@pytest.mark.parametrize("typed", ["y\n", ""], ids=["y", "--yes"])
def test_whatever_a_deleted_client_holds_ends(store: Store, typed: str) -> None:
    # By the clock of the command line.
    miguel = TestClient(create_app(store.settings()))
    register(miguel)
    live = token(miguel)
    with applications_beside(store.settings(), SystemClock()) as applications:
        shop, other = applications.create(), applications.create()
        gone, kept = (applications.granted(each, live).token for each in (shop, other))

    words = ("clients", "delete", shop.id, *(() if typed else ("--yes",)))
    told = said(store.environment(), *words, typed=typed)

    assert told.removeprefix(f"{QUESTION}{typed}") == "Deleted; 1 session ended.\n"
    assert by_token(miguel, "GET", "/api/users/me", gone).status_code == 401
    assert by_token(miguel, "GET", "/api/users/me", kept).status_code == 200
    consents = by_token(miguel, "GET", "/api/consents", live).json["consents"]
    assert [each["client_id"] for each in consents] == [other.id]
    assert refusal(store.environment(), "clients", "show", shop.id) == UNKNOWN


def test_what_a_deletion_left_behind_ends_with_the_next(store: Store) -> None:
    miguel = TestClient(create_app(store.settings()))
    register(miguel)
    with applications_beside(store.settings(), SystemClock()) as applications:
        shop = applications.create()
        left = applications.granted(shop, token(miguel)).token
    store.execute("DELETE FROM clients WHERE id = :id", id=shop.id)

    words = ("clients", "delete", "--yes", shop.id)
    assert said(store.environment(), *words) == "Deleted; 1 session ended.\n"
    assert by_token(miguel, "GET", "/api/users/me", left).status_code == 401
    assert refusal(store.environment(), *words) == UNKNOWN
