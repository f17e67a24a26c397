"""What users let applications do: they see it, and take it back."""

from typing import Any

import pytest
from falcon.testing import TestClient

from tests.fakes.clock import FakeClock
from tests.integration.audits import listed
from tests.integration.calls import by_token, log_in, problem, register, sessions, token
from tests.integration.granted import Applications
from tests.integration.stores import Store


def consents(api: TestClient, token: str) -> list[dict[str, Any]]:
    answer = by_token(api, "GET", "/api/consents", token)
    assert answer.status_code == 200, answer.text
    return list(answer.json["consents"])


@pytest.mark.asvs("V10.7.3")
def test_a_list_shows_each_consent_the_youngest_first(
    miguel: TestClient, applications: Applications, clock: FakeClock
) -> None:
    register(miguel, username="susan")
    his, hers = token(miguel), token(miguel, "susan")
    shop, reports = applications.create("Shop"), applications.create("Reports")
    assert consents(miguel, his) == []
    applications.granted(shop, his)
    clock.advance(minutes=1)
    applications.granted(reports, his, "profile read")
    clock.advance(minutes=1)
    applications.granted(shop, his, "profile")

    assert consents(miguel, his) == [
        {
            "client_id": reports.id,
            "client_name": "Reports",
            "scope": "profile read",
            "given_at": "2026-03-01T12:01:00+00:00",
        },
        {
            "client_id": shop.id,
            "client_name": "Shop",
            "scope": "profile",
            "given_at": "2026-03-01T12:00:00+00:00",
        },
    ]
    assert consents(miguel, hers) == []


@pytest.mark.asvs("V10.7.3")
def test_withdrawing_ends_what_the_application_holds_of_this_user_and_nothing_else(
    miguel: TestClient, applications: Applications, store: Store
) -> None:
    register(miguel, username="susan")
    his, hers = token(miguel), token(miguel, "susan")
    shop, reports = applications.create("Shop"), applications.create("Reports")
    taken = [applications.granted(shop, his).token for _ in range(2)]
    kept = [applications.granted(reports, his).token, applications.granted(shop, hers).token]

    answer = by_token(miguel, "DELETE", f"/api/consents/{shop.id}", his)

    assert (answer.status_code, answer.content) == (204, b"")
    for each in taken:
        refused = by_token(miguel, "GET", "/api/users/me", each)
        problem(refused, 401, "invalid_credentials", token_sent=True)
    for each in (*kept, his):
        assert by_token(miguel, "GET", "/api/users/me", each).status_code == 200
    assert [each["client_id"] for each in consents(miguel, his)] == [reports.id]
    assert [each["client_id"] for each in consents(miguel, hers)] == [shop.id]
    (entry,) = listed(store, "--event", "consent_withdrawn")
    assert (entry["subject"], entry["detail"]) == ("user:1", f"client={shop.id} sessions=2")


def test_what_was_never_consented_to_is_404(miguel: TestClient, applications: Applications) -> None:
    register(miguel, username="susan")
    his, hers = token(miguel), token(miguel, "susan")
    shop = applications.create()
    applications.granted(shop, hers)

    for client_id in (shop.id, "x" * 22, "x" * 65, "%00", "%F0%9D%9F%8F", "a%20b"):
        answer = by_token(miguel, "DELETE", f"/api/consents/{client_id}", his)
        problem(answer, 404, "consent_not_found")
    assert len(consents(miguel, hers)) == 1


def test_a_second_withdrawal_is_404(miguel: TestClient, applications: Applications) -> None:
    live, shop = token(miguel), applications.create()
    applications.granted(shop, live)

    statuses = [
        by_token(miguel, "DELETE", f"/api/consents/{shop.id}", live).status_code for _ in range(2)
    ]

    assert statuses == [204, 404]


def test_a_session_tells_which_application_holds_it(
    miguel: TestClient, applications: Applications, store: Store
) -> None:
    store.execute("UPDATE users SET role = 'admin'")
    own = log_in(miguel).json
    shop = applications.create()
    granted = applications.granted(shop, own["access_token"]).session.id

    assert own["session"]["client_id"] == "varvel"
    held = {own["session"]["id"]: "varvel", granted: shop.id}
    for path in ("/api/sessions", "/api/admin/users/1/sessions"):
        shown = by_token(miguel, "GET", path, own["access_token"]).json["sessions"]
        assert {each["id"]: each["client_id"] for each in shown} == held
    one = by_token(miguel, "GET", f"/api/sessions/{granted}", own["access_token"])
    assert one.json["client_id"] == shop.id


def test_users_log_an_application_out_like_any_other_session(
    miguel: TestClient, applications: Applications
) -> None:
    live = token(miguel)
    granted = applications.granted(applications.create(), live)

    ended = by_token(miguel, "DELETE", f"/api/sessions/{granted.session.id}", live)

    assert ended.status_code == 204
    assert by_token(miguel, "GET", "/api/users/me", granted.token).status_code == 401
    assert [each["client_id"] for each in sessions(miguel, live)] == ["varvel"]
