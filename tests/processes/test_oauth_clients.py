"""Clients that others wrote, against a real server on each database."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.integrations.requests_client import OAuthError
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session as OAuthlibSession

from entrypoints.pages import texts
from entrypoints.pages.returning import MAXIMUM_QUERY
from tests.integration.applications import CALLBACK, VERIFIER, challenge
from tests.processes.browsing import Browser
from tests.processes.connections import TIMEOUT
from tests.processes.databases import BACKENDS, SQLITE, new_postgres, new_sqlite
from tests.processes.realms import Realm, realm

SCOPE = "profile notes:read"
TOO_LONG = texts.PROBLEMS["request_too_long"][0]


@pytest.fixture(scope="module", params=BACKENDS)
def standing_realm(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Realm]:
    directory: Path = tmp_path_factory.mktemp("realm")
    if request.param == SQLITE:
        database = new_sqlite(directory)
    else:
        database = new_postgres(request.getfixturevalue("postgres"), directory)
    with realm(directory, database.variables) as opened:
        yield opened


def endpoints(realm: Realm) -> dict[str, str]:
    """What clients find in the server's metadata."""
    found: dict[str, str] = json.loads(curl(f"{realm.base}/.well-known/oauth-authorization-server"))
    assert found["issuer"] == realm.base
    return found


def registered(realm: Realm, *, is_public: bool = False) -> tuple[str, str]:
    """The id of a new client, and its secret."""
    client, secret = realm.client(CALLBACK, scopes=SCOPE.split(), is_public=is_public)
    return client.id, secret or ""


def approved(realm: Realm, address: str) -> str:
    """The address at which the client is called back, once miguel has allowed what it wants."""
    with Browser(stops_at=CALLBACK) as browser:
        assert browser.open(address) == "Log in"
        assert browser.log_in() == "Shop wants to use your account"
        browser.submit(decision="allow")
        assert browser.query["iss"] == realm.base
        return browser.address


def curl(address: str, *options: str, form: Mapping[str, str] | None = None) -> str:
    """What curl prints. Fails the test for an answer that tells of no success."""
    fields = [
        each for field in (form or {}).items() for each in ("--data-urlencode", "=".join(field))
    ]
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail-with-body", *options, *fields, address],
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done
    return done.stdout


def test_authlibs_client_gets_renews_inspects_and_ends_what_it_was_granted(
    standing_realm: Realm,
) -> None:
    at = endpoints(standing_realm)
    client_id, secret = registered(standing_realm)
    with AuthlibSession(
        client_id,
        secret,
        scope=SCOPE,
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint=at["token_endpoint"],
        revocation_endpoint_auth_method="client_secret_basic",
    ) as session:
        verifier = generate_token(48)
        address, state = session.create_authorization_url(
            at["authorization_endpoint"], code_verifier=verifier
        )
        answer = approved(standing_realm, address)
        token = session.fetch_token(
            authorization_response=answer, state=state, code_verifier=verifier
        )
        assert token["scope"] == SCOPE
        assert session.get(f"{standing_realm.base}/api/users/me").json()["username"] == "miguel"

        renewed = session.refresh_token(at["token_endpoint"])
        assert renewed["refresh_token"] != token["refresh_token"]
        endpoint = at["introspection_endpoint"]
        told = session.introspect_token(endpoint, token=renewed["access_token"]).json()
        assert (told["active"], told["username"], told["client_id"]) == (True, "miguel", client_id)

        answer = session.revoke_token(at["revocation_endpoint"], token=renewed["refresh_token"])
        assert answer.status_code == 200
        told = session.introspect_token(endpoint, token=renewed["access_token"]).json()
        assert told == {"active": False}
        with pytest.raises(OAuthError, match="invalid_grant"):
            session.refresh_token(at["token_endpoint"], renewed["refresh_token"])


@pytest.mark.parametrize("options", [{}, {"include_client_id": True}], ids=["header", "form"])
def test_requests_oauthlib_gets_renews_and_ends_its_grant_without_a_secret(
    standing_realm: Realm, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    at = endpoints(standing_realm)
    client_id, _ = registered(standing_realm, is_public=True)
    with OAuthlibSession(
        client_id, redirect_uri=CALLBACK, scope=SCOPE.split(), pkce="S256"
    ) as session:
        address, _ = session.authorization_url(at["authorization_endpoint"])
        token = session.fetch_token(
            at["token_endpoint"],
            authorization_response=approved(standing_realm, address),
            **options,
        )
        assert token["scope"] == SCOPE.split()
        assert session.get(f"{standing_realm.base}/api/users/me").json()["username"] == "miguel"

        renewed = session.refresh_token(at["token_endpoint"], client_id=client_id)
        assert renewed["refresh_token"] != token["refresh_token"]

        form = {"client_id": client_id, "token": renewed["refresh_token"]}
        answer = session.post(at["revocation_endpoint"], form, withhold_token=True)
        assert answer.status_code == 200
        with pytest.raises(InvalidGrantError):
            session.refresh_token(at["token_endpoint"], client_id=client_id)


def test_curl_gets_renews_inspects_and_ends_its_grant(standing_realm: Realm) -> None:
    at = endpoints(standing_realm)
    client_id, secret = registered(standing_realm)
    proof = {"client_id": client_id, "client_secret": secret}
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": "a state",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    }
    answer = approved(standing_realm, f"{at['authorization_endpoint']}?{urlencode(asked)}")
    query = parse_qs(urlsplit(answer).query)
    assert query["state"] == ["a state"]

    def ask(endpoint: str, **form: str) -> dict[str, Any]:
        told = curl(at[f"{endpoint}_endpoint"], form=proof | form)
        return dict(json.loads(told or "{}"))

    (code,) = query["code"]
    token = ask(
        "token",
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
        code_verifier=VERIFIER,
    )
    me = curl(f"{standing_realm.base}/api/users/me", "--oauth2-bearer", token["access_token"])
    assert json.loads(me)["username"] == "miguel"
    renewed = ask("token", grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert renewed["refresh_token"] != token["refresh_token"]
    assert ask("introspection", token=renewed["access_token"])["active"] is True
    assert ask("revocation", token=renewed["access_token"]) == {}
    assert ask("introspection", token=renewed["access_token"]) == {"active": False}


def test_a_request_is_taken_up_to_its_bound_through_every_page_and_longer_ones_get_a_page(
    standing_realm: Realm,
) -> None:
    client_id, _ = registered(standing_realm)
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
        "state": "",
    }
    # Each of these is sent as three characters.
    state = "%" * ((MAXIMUM_QUERY - len(urlencode(asked))) // 3)
    address = f"{standing_realm.base}/oauth2/authorize?{urlencode(asked | {'state': state})}"
    with Browser(stops_at=CALLBACK) as browser:
        browser.open(address)
        browser.follow("/register")
        browser.submit(username=f"long{client_id[:8]}", password="python")
        assert browser.text.count("wants to use your account")
        browser.follow("/logout")
        browser.submit()
        browser.follow("/login")
        assert browser.log_in() == "Shop wants to use your account"
        browser.submit(decision="allow")
        assert browser.query["state"] == state
        for more in (3, MAXIMUM_QUERY // 2):
            assert browser.open(address + "%25" * (more // 3)) == TOO_LONG
            assert browser.status == 414
