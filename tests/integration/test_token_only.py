"""Where only a token is taken: no password, no forgery, no other client's or audience's token."""

import asyncio
from threading import Event

import pytest
from falcon.testing import ASGIConductor, Result, TestClient

from entrypoints.bootstrap import build
from entrypoints.http.app import create_http_app
from tests.fakes.clock import FakeClock
from tests.integration.authorization_forms import NOTHING_SENT, TWO_IN_ONE, UNREADABLE, WRONG_TOKENS
from tests.integration.calls import (
    TOKEN_ONLY,
    basic,
    bearer,
    problem,
    raw,
    resource,
    token,
)
from tests.integration.conftest import MakeSettings
from tests.integration.forge import Forge
from tests.integration.stores import SQLITE

ADDRESSES = [
    (method, path.format(session_id="current", client_id="x")) for method, path in TOKEN_ONLY
]

# What says 401 says it before it reads a body.
everywhere = pytest.mark.parametrize(
    ("method", "path"), ADDRESSES, ids=[f"{method} {path}" for method, path in ADDRESSES]
)


def asked(api: TestClient, method: str, path: str, forms: list[str]) -> dict[str, Result]:
    """Every form's answer."""
    return {
        form: raw(api, method, path, [("Host", "localhost"), ("Authorization", form)])
        for form in forms
    }


@everywhere
@pytest.mark.parametrize("password", ["python", "wrong", ""])
def test_a_password_is_401_even_the_right_one(
    standing_api: TestClient, method: str, path: str, password: str
) -> None:
    answer = standing_api.simulate_request(method, path, headers=basic("miguel", password))

    body = problem(answer, 401, "token_required")
    assert "POST /api/sessions" in body["detail"]


def test_a_password_where_a_token_is_asked_for_costs_no_hash(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    settings = make_settings(
        HASH_THREADS="1", HASH_QUEUE="0", REVOCATION_POLL="60", REVOCATION_BOUND="120"
    )
    services, database = build(settings, clock=clock)
    app = create_http_app(services, settings, on_close=database.dispose)
    gate = Event()

    async def ask() -> None:
        async with ASGIConductor(app) as conductor:
            # With its only place taken, whatever asks for a hash is turned away.
            holding = asyncio.create_task(services.hashing.run(gate.wait))
            await asyncio.sleep(0)
            headers = basic("miguel", "python")
            refusal = await conductor.simulate_get("/api/resource", headers=headers)
            problem(refusal, 503, "overloaded")
            for method, path in ADDRESSES:
                answer = await conductor.simulate_request(method, path, headers=headers)
                problem(answer, 401, "token_required")
            gate.set()
            await holding

    asyncio.run(ask())


@everywhere
@pytest.mark.databases(SQLITE)
def test_no_malformed_authorization_is_let_in_or_breaks_anything(
    blind_api: TestClient, method: str, path: str
) -> None:
    for forms, status, code in (
        (NOTHING_SENT, 401, "credentials_required"),
        (UNREADABLE, 401, "invalid_credentials"),
        (TWO_IN_ONE, 400, "repeated_authorization"),
    ):
        for answer in asked(blind_api, method, path, forms).values():
            problem(answer, status, code)
    for answer in asked(blind_api, method, path, WRONG_TOKENS).values():
        problem(answer, 401, "invalid_credentials", token_sent=True)


@everywhere
def test_nothing_sent_is_401_with_both_challenges(
    standing_api: TestClient, method: str, path: str
) -> None:
    answer = standing_api.simulate_request(method, path)

    problem(answer, 401, "credentials_required")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Basic realm="Authentication Required"')
    assert ', Bearer realm="Authentication Required"' in challenge
    assert "invalid_token" not in challenge


def foreign(forge: Forge) -> dict[str, str]:
    """Correctly signed, and for somebody else."""
    issuer = forge.claims["iss"]
    return {
        "another client": forge.with_claims(client_id="billing"),
        "no client": forge.without_claim("client_id"),
        "another scope": forge.with_claims(scope="openid"),
        "a wider scope": forge.with_claims(scope="account openid"),
        "no scope": forge.without_claim("scope"),
        "an empty scope": forge.with_claims(scope=""),
        "another audience": forge.with_claims(aud="https://api.example.com"),
        "several audiences": forge.with_claims(aud=[issuer, "https://api.example.com"]),
        "no audience": forge.without_claim("aud"),
        "another issuer": forge.with_claims(iss="https://evil.example", aud="https://evil.example"),
        "no session": forge.without_claim("sid"),
    }


@pytest.mark.asvs("V9.2.3", "V10.3.1", "V10.3.2")
@everywhere
def test_a_token_for_somebody_else_opens_nothing(
    standing_api: TestClient, forge: Forge, method: str, path: str
) -> None:
    made = foreign(forge)
    forms = [f"Bearer {text}" for text in made.values()]
    forms += [basic(text, "x")["Authorization"] for text in made.values()]

    for answer in asked(standing_api, method, path, forms).values():
        problem(answer, 401, "invalid_credentials", token_sent=True)


def test_the_same_claims_unchanged_open_the_list(standing_api: TestClient, forge: Forge) -> None:
    again = forge.signed(forge.header, forge.claims)

    answer = standing_api.simulate_get("/api/sessions", headers=bearer(again))

    assert answer.status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
def test_the_scheme_is_read_in_any_case(standing_api: TestClient, scheme: str) -> None:
    headers = [("Host", "localhost"), ("Authorization", f"{scheme} {token(standing_api)}")]

    assert raw(standing_api, "GET", "/api/users/me", headers).status_code == 200


@pytest.mark.asvs("V14.2.1")
@pytest.mark.databases(SQLITE)
def test_a_token_in_a_query_or_a_form_is_not_looked_at(standing_api: TestClient) -> None:
    live = token(standing_api)
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    answers = [
        standing_api.simulate_get("/api/users/me", query_string=f"access_token={live}"),
        standing_api.simulate_put(
            "/api/users/me/password", body=f"access_token={live}", headers=form
        ),
    ]

    for answer in answers:
        problem(answer, 401, "credentials_required")
    assert resource(standing_api, live, "x").status_code == 200
