"""Applications that log people in, in Chromium, which checks more than other clients do."""

import pytest

from entrypoints.pages import texts
from tests.browser.shops import ASKS, SCOPE, Shop
from tests.browser.visitors import Visitor
from tests.processes.realms import Realm

pytestmark = pytest.mark.browser


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def end_all_sessions(realm: Realm) -> None:
    """Logs miguel out everywhere, from another device."""
    token = realm.server.token("miguel")
    answer = realm.server.call("DELETE", "/api/sessions", headers=bearer(token))
    assert answer.status == 204, answer


def test_whoever_logs_in_and_allows_it_comes_back_with_a_code(
    visitor: Visitor, shop: Shop, standing_realm: Realm
) -> None:
    shop.ask()
    visitor.sees("Log in")
    visitor.fill_in("miguel", "python")
    visitor.sees(f"Shop {ASKS}")
    assert "photos.read" in visitor.text
    visitor.press("button[value=allow]")

    answer = shop.answer()

    assert answer.keys() == {"code"}
    tokens = shop.redeem(answer["code"])
    assert tokens["scope"] == SCOPE
    me = standing_realm.server.call("GET", "/api/users/me", headers=bearer(tokens["access_token"]))
    assert me.json["username"] == "miguel"


def test_whoever_denies_it_comes_back_without_one_and_is_asked_again(
    visitor: Visitor, shop: Shop
) -> None:
    shop.ask()
    visitor.fill_in("miguel", "python")
    visitor.sees(ASKS)
    visitor.press("button[value=deny]")

    assert shop.answer()["error"] == "access_denied"
    shop.ask()
    visitor.sees(ASKS)


def test_a_consent_is_remembered_over_a_log_out_until_it_is_withdrawn(
    visitor: Visitor, shop: Shop, standing_realm: Realm
) -> None:
    shop.ask()
    visitor.fill_in("miguel", "python")
    visitor.sees(ASKS)
    visitor.press("button[value=allow]")
    assert shop.answer().keys() == {"code"}

    shop.ask()
    assert shop.answer().keys() == {"code"}

    visitor.open("/logout")
    visitor.press("button")
    visitor.sees("You are logged out")
    shop.ask()
    visitor.sees("Log in")
    visitor.fill_in("miguel", "python")
    assert shop.answer().keys() == {"code"}

    headers = bearer(standing_realm.server.token("miguel"))
    path = f"/api/consents/{shop.client.id}"
    assert standing_realm.server.call("DELETE", path, headers=headers).status == 204
    shop.ask()
    visitor.sees(ASKS)


def test_nobody_is_asked_whether_the_owners_own_application_may(
    visitor: Visitor, standing_realm: Realm, elsewhere: str
) -> None:
    own = Shop.registered(visitor, standing_realm, f"{elsewhere}/callback", is_trusted=True)
    own.ask()
    visitor.sees("Log in")
    visitor.fill_in("miguel", "python")

    assert own.answer().keys() == {"code"}


def test_an_address_that_is_not_registered_is_not_gone_to(
    visitor: Visitor, shop: Shop, elsewhere: str
) -> None:
    for said in ({"redirect_uri": f"{elsewhere}/thief"}, {"client_id": "nobody"}):
        shop.ask(**said)

        visitor.sees(texts.ASKED_WRONGLY_TITLE)
        assert visitor.driver.current_url.startswith(shop.realm.base)
        assert visitor.links() == []


def test_somebody_else_can_log_in_before_consenting(visitor: Visitor, shop: Shop) -> None:
    shop.ask()
    visitor.fill_in("miguel", "python")
    visitor.sees(ASKS)
    visitor.press("a")
    visitor.press("button")
    visitor.sees("You are logged out")
    visitor.press("a")
    visitor.fill_in("miguel", "python")

    visitor.sees(ASKS)


def test_who_was_logged_out_elsewhere_logs_in_and_goes_on(
    visitor: Visitor, shop: Shop, standing_realm: Realm
) -> None:
    shop.ask()
    visitor.fill_in("miguel", "python")
    visitor.sees(ASKS)

    end_all_sessions(standing_realm)
    visitor.press("button[value=allow]")
    visitor.sees("Log in")
    visitor.fill_in("miguel", "python")
    visitor.sees(ASKS)

    end_all_sessions(standing_realm)
    shop.ask()
    visitor.sees("Log in")
    visitor.fill_in("miguel", "python")
    visitor.sees(ASKS)
    visitor.press("button[value=allow]")
    assert shop.answer().keys() == {"code"}
