"""The Authorization header, in every form that somebody may send it."""

from collections.abc import Iterable

import pytest
from falcon.testing import Result, TestClient
from hypothesis import given
from hypothesis import strategies as st

from domain.credentials import CredentialsRequired, InvalidCredentials
from entrypoints.http.authentication import basic_credentials
from tests.integration.authorization_forms import (
    GOOD,
    NOTHING_SENT,
    TWO_IN_ONE,
    UNREADABLE,
    WRONG,
    WRONG_TOKENS,
    b64,
)
from tests.integration.calls import (
    PROTECTED,
    ask_token,
    basic,
    bearer,
    exactly,
    field_codes,
    problem,
    raw,
    register,
    resource,
    token,
)
from tests.integration.conftest import Execute
from tests.integration.stores import LOSE_USERS, SQLITE


def test_there_are_at_least_eighty_forms_and_none_twice() -> None:
    forms = NOTHING_SENT + UNREADABLE + WRONG + WRONG_TOKENS + TWO_IN_ONE

    assert len(forms) == len(set(forms)) >= 80


def headers(form: str | None) -> list[tuple[str, str]]:
    sent = [("Authorization", form)] if form is not None else []
    return [("Host", "localhost"), *sent]


def outcome(form: str | None, answer: Result) -> tuple[int, str]:
    if answer.status_code >= 400:
        sent = answer.status_code == 401 and form in WRONG_TOKENS
        problem(answer, answer.status_code, answer.json["code"], token_sent=sent)
    return answer.status_code, answer.json.get("code")


def authorized(api: TestClient, path: str, form: str) -> tuple[int, str]:
    return outcome(form, raw(api, "GET", path, headers(form)))


def all_authorized(
    api: TestClient, path: str, forms: Iterable[str | None]
) -> dict[str | None, tuple[int, str]]:
    return {
        form: outcome(form, api.simulate_get(path, extras=exactly(headers(form)))) for form in forms
    }


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize(
    ("forms", "refusal"),
    [
        (NOTHING_SENT, (401, "credentials_required")),
        (UNREADABLE, (401, "invalid_credentials")),
        (WRONG, (401, "invalid_credentials")),
        (WRONG_TOKENS, (401, "invalid_credentials")),
        (TWO_IN_ONE, (400, "repeated_authorization")),
    ],
    ids=["nothing", "unreadable", "wrong", "wrong tokens", "two"],
)
def test_no_malformed_authorization_is_let_in_or_breaks_anything(
    standing_api: TestClient, path: str, forms: list[str], refusal: tuple[int, str]
) -> None:
    answers = all_authorized(standing_api, path, forms)

    assert {form: answer for form, answer in answers.items() if answer != refusal} == {}


@pytest.mark.parametrize(
    "form", [f"Basic {GOOD}", f"basic {GOOD}", f"BASIC   {GOOD}", f"  Basic {GOOD}  "]
)
def test_the_scheme_is_read_in_any_case_and_with_any_spaces(
    standing_api: TestClient, form: str
) -> None:
    assert authorized(standing_api, "/api/resource", form)[0] == 200


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize(
    "form", ["Bearer {}", "bearer {}", "BEARER {}", "bEaReR   {}", "  Bearer {}  ", "\tBearer {}\t"]
)
def test_a_token_is_taken_as_bearer_in_any_case_and_with_any_spaces(
    standing_api: TestClient, path: str, form: str
) -> None:
    assert authorized(standing_api, path, form.format(token(standing_api)))[0] == 200


@pytest.mark.parametrize("space", ["\xa0", "\x85", "\x1c", "\x0b", "\x0c"])
def test_only_space_and_tab_are_white_space_around_credentials(
    standing_api: TestClient, space: str
) -> None:
    live = token(standing_api)

    assert authorized(standing_api, "/api/resource", f"Basic {GOOD}{space}")[0] == 401
    answer = raw(standing_api, "GET", "/api/resource", headers(f"Bearer {live}{space}"))
    problem(answer, 401, "invalid_credentials", token_sent=True)


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("path", ["/", "/help", "/openapi.json", "/api/users/1"])
@pytest.mark.parametrize("form", ["Basic x", "Bearer x", f"Basic {GOOD}", "\xff"])
def test_an_open_address_does_not_look_at_credentials(
    standing_api: TestClient, path: str, form: str
) -> None:
    assert authorized(standing_api, path, form)[0] == 200


@pytest.mark.parametrize("path", PROTECTED)
def test_who_names_nobody_is_refused_before_any_look_up(path: str, blind_api: TestClient) -> None:
    forms = [None, *NOTHING_SENT, *UNREADABLE, *WRONG_TOKENS]
    answers = all_authorized(blind_api, path, forms)

    assert {form: answer for form, answer in answers.items() if answer[0] != 401} == {}


def test_a_token_is_judged_without_any_look_up(miguel: TestClient, execute: Execute) -> None:
    live = token(miguel)
    execute(LOSE_USERS)

    assert resource(miguel).status_code == 503
    assert resource(miguel, live, "x").status_code == 200
    assert miguel.simulate_get("/api/resource", headers=bearer(live)).status_code == 200
    assert resource(miguel, live[:-1], "x").status_code == 401
    problem(ask_token(miguel, live, "x"), 503, "storage_unavailable")


@pytest.mark.parametrize(
    "name", ["eyJ.a.b", "EYJ..", "eyj.a.", "\uff45\uff59\uff2a.a.b", "eyJ.\uff0eb"]
)
def test_a_token_shaped_name_is_never_looked_up(blind_api: TestClient, name: str) -> None:
    for path in PROTECTED:
        answer = blind_api.simulate_get(path, headers=basic(name, "python"))
        problem(answer, 401, "invalid_credentials", token_sent=True)


@pytest.mark.parametrize("name", ["eyJ.a.b", "EYJ..", "eyj.a.", "\uff45\uff59\uff2a.a.b"])
def test_a_token_shaped_name_cannot_be_registered(api: TestClient, name: str) -> None:
    answer = register(api, username=name)

    problem(answer, 400, "invalid_fields")
    assert field_codes(answer) == [("username", "token_shaped")]


@pytest.mark.parametrize("name", ["eyJ", "eyJ.a", "eyJ.a.b.c", "xeyJ.a.b", "ey.J.b", "a.b.c"])
def test_a_name_that_only_resembles_a_token_is_a_name(api: TestClient, name: str) -> None:
    assert register(api, username=name).status_code == 201
    assert resource(api, name).status_code == 200


def test_a_token_shaped_name_that_is_stored_all_the_same_opens_nothing(
    miguel: TestClient, execute: Execute
) -> None:
    execute("UPDATE users SET name = 'eyj.a.b', canonical_name = 'eyj.a.b'")

    assert resource(miguel, "eyj.a.b", "python").status_code == 401


HEADER_TEXT = st.text(st.characters(max_codepoint=0xFF), max_size=80)


@pytest.mark.databases(SQLITE)
@given(form=HEADER_TEXT | HEADER_TEXT.map("Basic {}".format))
def test_any_header_text_is_refused_or_understood(standing_api: TestClient, form: str) -> None:
    assert authorized(standing_api, "/api/resource", form)[0] in (400, 401)


@pytest.mark.databases(SQLITE)
@given(text=HEADER_TEXT)
def test_any_text_as_bearer_is_refused(standing_api: TestClient, text: str) -> None:
    answer = raw(standing_api, "GET", "/api/resource", headers(f"Bearer {text}"))

    assert answer.status_code in (400, 401)
    assert answer.json["code"] in (
        *("repeated_authorization", "credentials_required", "invalid_credentials"),
    )


@pytest.mark.databases(SQLITE)
@given(name=st.text(max_size=80), password=st.text(max_size=80))
def test_any_name_and_password_are_refused(
    standing_api: TestClient, name: str, password: str
) -> None:
    pair = f"{name}:{password}".encode("utf-8", "surrogatepass")

    assert authorized(standing_api, "/api/resource", "Basic " + b64(pair))[0] == 401


@pytest.mark.databases(SQLITE)
@given(pair=st.binary(max_size=80))
def test_any_bytes_in_base64_are_refused(standing_api: TestClient, pair: bytes) -> None:
    assert authorized(standing_api, "/api/resource", "Basic " + b64(pair))[0] == 401


@given(
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters=":"), min_size=1),
    password=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_what_a_client_encodes_is_what_is_read(name: str, password: str) -> None:
    scheme, _, encoded = basic(name, password)["Authorization"].partition(" ")

    assert (scheme, *basic_credentials(encoded)) == ("Basic", name, password)


@given(encoded=st.text() | st.binary().map(b64))
def test_reading_credentials_ends_in_a_pair_or_a_refusal(encoded: str) -> None:
    try:
        name, _ = basic_credentials(encoded)
    except (CredentialsRequired, InvalidCredentials):
        return
    assert name
