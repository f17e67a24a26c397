"""Every way in which a session comes to an end before its time."""

from collections.abc import Callable, Mapping

from falcon.testing import TestClient

from entrypoints.bootstrap import administration
from tests.fakes.clock import FakeClock
from tests.integration.calls import by_token, logged_in, refresh
from tests.integration.stores import Store
from tests.origins import ORIGIN

Tokens = dict[str, str]
End = Callable[[TestClient, Store, Tokens], None]
"""Ends the session of these tokens, by this API or behind its back."""


def _log_out(api: TestClient, _store: Store, tokens: Tokens) -> None:
    _done(api, "DELETE", "/api/sessions/current", tokens["access_token"])


def _elsewhere(api: TestClient, _store: Store, tokens: Tokens) -> None:
    other = logged_in(api)["access_token"]
    _done(api, "DELETE", f"/api/sessions/{tokens['session_id']}", other)


def _all_others(api: TestClient, _store: Store, _tokens: Tokens) -> None:
    _done(api, "DELETE", "/api/sessions", logged_in(api)["access_token"])


def _password_change(api: TestClient, _store: Store, _tokens: Tokens) -> None:
    body = {"current_password": "python", "new_password": "monty"}
    _done(api, "PUT", "/api/users/me/password", logged_in(api)["access_token"], body)


def _removal(api: TestClient, _store: Store, tokens: Tokens) -> None:
    body = {"password": "python"}
    _done(api, "POST", "/api/users/me/removal", tokens["access_token"], body)


def _reuse(api: TestClient, _store: Store, tokens: Tokens) -> None:
    first = tokens["refresh_token"]
    second = refresh(api, first).json["refresh_token"]
    assert refresh(api, second).status_code == 200
    assert refresh(api, first).json["code"] == "refresh_token_reused"


def _disabling(_api: TestClient, store: Store, _tokens: Tokens) -> None:
    with administration(store.settings(), clock=FakeClock()) as services:
        assert services.disable_user(who="miguel", origin=ORIGIN)


def _deletion(_api: TestClient, store: Store, _tokens: Tokens) -> None:
    with administration(store.settings(), clock=FakeClock()) as services:
        assert services.delete_user(who="miguel", origin=ORIGIN)


def _done(
    api: TestClient, method: str, path: str, token: str, body: Mapping[str, object] | None = None
) -> None:
    answer = by_token(api, method, path, token, body)
    assert answer.status_code == 204, answer.text


BY_API: dict[str, End] = {
    "log-out": _log_out,
    "another session": _elsewhere,
    "all others": _all_others,
    "password change": _password_change,
    "removal": _removal,
    "reuse": _reuse,
}
BY_OPERATOR: dict[str, End] = {"disabling": _disabling, "deletion": _deletion}
