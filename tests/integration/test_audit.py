"""The audit trail of a life, as it comes from HTTP and from operators, and what is not in it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from falcon.testing import Result, TestClient

from adapters.clock import SystemClock
from tests.integration.audits import Entry, events, listed, seal
from tests.integration.calls import (
    ask_token,
    basic,
    by_token,
    log_in,
    logged_in,
    refresh,
    refreshed,
    register,
    resource,
)
from tests.integration.clients import standing
from tests.integration.commands import said
from tests.integration.stores import Store

PROXY, PEER = {"client": ("10.0.0.1", 50_000)}, {"client": ("203.0.113.9", 50_000)}


@pytest.fixture
def api(store: Store) -> Iterator[TestClient]:
    """An API by the clock of the command line, where no refresh token works twice."""
    with standing(store.settings(REFRESH_GRACE="0"), SystemClock()) as api:
        yield api


def change(api: TestClient, token: str, password: str = "python") -> Result:
    body = {"current_password": password, "new_password": "plantednew"}
    return by_token(api, "PUT", "/api/users/me/password", token, body)


def remove(api: TestClient, token: str, password: str = "plantednew") -> Result:
    return by_token(api, "POST", "/api/users/me/removal", token, {"password": password})


def end(api: TestClient, token: str, path: str = "/current") -> Result:
    return by_token(api, "DELETE", f"/api/sessions{path}", token)


def told_by(*answers: Result) -> list[str]:
    """The ids of the requests that were answered so."""
    return [answer.headers["X-Request-ID"] for answer in answers]


def test_a_life_is_told_from_registration_to_removal(api: TestClient, store: Store) -> None:
    before = datetime.now(UTC)
    registered, first, second = register(api), log_in(api, "MIGUEL"), log_in(api)
    token, other = first.json["access_token"], second.json["session"]["id"]
    answers = [
        *(registered, first, second, ask_token(api)),
        log_in(api, "miguel", "plantedwrong"),
        resource(api, "Miguel", "plantedwrong"),
        *(end(api, token, f"/{other}"), end(api, token, "")),
        *(change(api, token, "plantedwrong"), change(api, token)),
    ]
    last = log_in(api, password="plantednew")
    live = last.json["access_token"]
    answers += [last, end(api, token), remove(api, live, "plantedwrong"), remove(api, live)]

    entries = listed(store, "--subject", "user:1")
    assert [(each["event"], each["actor"], each["detail"]) for each in entries] == [
        ("user_registered", "user:1", None),
        *[("logged_in", "user:1", None)] * 3,
        *[("password_refused", "unknown", None)] * 2,
        ("session_ended", "user:1", None),
        ("other_sessions_ended", "user:1", "sessions=1"),
        ("password_refused", "unknown", None),
        ("password_accepted", "user:1", "after failures"),
        ("password_changed", "user:1", "sessions=0"),
        ("logged_in", "user:1", None),
        ("session_ended", "user:1", None),
        ("password_refused", "unknown", None),
        ("password_accepted", "user:1", "after failures"),
        ("user_removed", "user:1", None),
    ]
    deeds = [each for each in entries if each["event"] != "password_accepted"]
    assert [each["request_id"] for each in deeds] == told_by(*answers)
    assert deeds[6]["session_id"] == other
    assert deeds[11]["session_id"] == first.json["session"]["id"]
    for each in entries:
        assert before <= datetime.fromisoformat(each["at"]) <= datetime.now(UTC)
        assert each["outcome"] == ("failure" if each["event"] == "password_refused" else "success")
    verified = said(store.environment(), "audit", "verify", "--head", seal(store).link)
    assert verified.startswith("Checked: 16. Head: 16 ")


def test_what_operators_do_is_told_as_theirs(api: TestClient, store: Store) -> None:
    register(api)
    logged_in(api)
    log_in(api, "miguel", "plantedwrong")

    def operate(*words: str) -> str:
        return said(store.environment(), *words)

    for action in ("disable", "enable", "unlock"):
        operate("users", action, "MIGUEL")
    operate("users", "delete", "--yes", "miguel")
    operate("keys", "rotate")
    pending = operate("keys", "list").splitlines()[1].split()[0]
    operate("keys", "retire", pending)
    present = operate("keys", "list").split()[0]
    operate("keys", "retire", present, "--compromised")
    operate("keys", "rewrap")

    entries = [each for each in listed(store) if each["actor"] == "operator"]
    assert [(each["event"], each["subject"], each["detail"]) for each in entries] == [
        ("user_disabled", "user:1", "sessions=1"),
        ("user_enabled", "user:1", None),
        ("password_unlocked", "user:1", None),
        ("user_removed", "user:1", "sessions=0"),
        ("key_rotated", f"key:{pending}", None),
        ("key_retired", f"key:{pending}", "pending"),
        ("key_retired", f"key:{present}", "signing"),
        ("keys_rewrapped", None, "keys=1"),
    ]
    assert {(each["address"], each["request_id"], each["outcome"]) for each in entries} == {
        (None, None, "success")
    }


def test_a_refresh_token_that_is_used_again_is_told(api: TestClient, store: Store) -> None:
    register(api)
    first = logged_in(api)
    refreshed(api, first["refresh_token"])

    reused = refresh(api, first["refresh_token"])

    assert reused.status_code == 401
    last = listed(store)[-1]
    assert [last["event"], last["outcome"], last["subject"], last["actor"]] == [
        *("refresh_token_reused", "failure", "user:1", "unknown"),
    ]
    assert last["session_id"] == first["session"]["id"]
    assert [last["request_id"]] == told_by(reused)


def test_what_is_refused_before_anything_happens_is_not_told(api: TestClient, store: Store) -> None:
    register(api)
    token = logged_in(api)["access_token"]
    before = events(store)

    refusals = [
        register(api, username="MIGUEL"),
        register(api, username="two words"),
        api.simulate_get("/api/token"),
        api.simulate_get("/api/token", headers=basic("eyJ.a.b", "")),
        refresh(api, "none"),
        end(api, token, "/none"),
        end(api, token[:-1]),
        by_token(api, "PUT", "/api/users/me/password", token, {"current_password": "python"}),
    ]

    assert {answer.status_code for answer in refusals} == {400, 401, 404}
    assert events(store) == before == ["user_registered", "logged_in"]


FORWARDED = {"X-Forwarded-For": "198.51.100.9, 2001:db8::7", "X-Request-ID": "r" * 64}


def test_the_request_and_the_address_are_those_that_a_trusted_proxy_tells(store: Store) -> None:
    with standing(store.settings(TRUSTED_PROXIES="10.0.0.0/8"), SystemClock()) as api:
        register(api)
        for password in ("python", "plantedwrong"):
            log_in(api, password=password, headers=FORWARDED, extras=PROXY)
        log_in(api, headers=FORWARDED, extras=PEER)

    *told, _, last = listed(store)[1:]
    assert [(each["event"], each["address"], each["request_id"]) for each in told] == [
        ("logged_in", "2001:db8::7", "r" * 64),
        ("password_refused", "2001:db8::7", "r" * 64),
    ]
    assert last["address"] == "203.0.113.9"
    assert last["request_id"] != "r" * 64


def test_nobody_is_believed_by_default(api: TestClient, store: Store) -> None:
    register(api)

    answer = log_in(api, headers=FORWARDED, extras=PROXY)

    entry = listed(store)[-1]
    assert (entry["address"], [entry["request_id"]]) == ("10.0.0.1", told_by(answer))


def test_no_password_no_token_and_no_name_is_in_any_table_of_the_trail(
    api: TestClient, store: Store
) -> None:
    agent = {"User-Agent": "plantedagent"}
    register(api, username="plantedname", password="plantedold")
    first = logged_in(api, username="plantedname", password="plantedold", headers=agent)
    second = refreshed(api, first["refresh_token"])
    refresh(api, first["refresh_token"])
    log_in(api, "plantedpassword", "plantedname", headers=agent)
    log_in(api, "plantedname", "plantedwrong", headers=agent)
    log_in(api, second["access_token"], "plantedwrong")
    third = logged_in(api, username="plantedname", password="plantedold")
    change(api, third["access_token"], "plantedold")
    seal(store)

    rows = [*entries_of(store), *store.execute("SELECT * FROM audit_chain")]
    text = "\n".join(map(str, rows))
    assert len(rows) > 7
    assert "planted" not in text
    for tokens in (first, second, third):
        assert tokens["access_token"].rpartition(".")[2] not in text
        assert tokens["refresh_token"][:-1] not in text
    hashes = store.execute("SELECT password_hash FROM users")
    assert not [each for (each,) in hashes if each in text]


def entries_of(store: Store) -> list[tuple[object, ...]]:
    return store.execute("SELECT * FROM audit_entries")


LOST = "ALTER TABLE audit_entries RENAME TO lost_entries"
FOUND = "ALTER TABLE lost_entries RENAME TO audit_entries"


def deeds(api: TestClient, tokens: dict[str, str]) -> list[Result]:
    """What would be told."""
    token = tokens["access_token"]
    return [
        register(api, username="susan"),
        ask_token(api),
        log_in(api),
        log_in(api, "miguel", "plantedwrong"),
        log_in(api, "nobody", "plantedwrong"),
        end(api, token),
        end(api, token, ""),
        change(api, token),
        remove(api, token, "python"),
    ]


def state(store: Store) -> list[list[str]]:
    tables = ("users", "sessions", "revocations", "throttles", "feed", "audit_entries")
    return [sorted(str(row) for row in store.execute(f"SELECT * FROM {each}")) for each in tables]


def test_where_no_entry_can_be_written_nothing_is_done(api: TestClient, store: Store) -> None:
    register(api)
    tokens = logged_in(api)
    before = state(store)

    store.execute(LOST)
    answers = deeds(api, tokens)
    store.execute(FOUND)

    assert [answer.status_code for answer in answers] == [503] * len(answers)
    assert state(store) == before
    assert by_token(api, "GET", "/api/users/me", tokens["access_token"]).status_code == 200


@pytest.mark.parametrize("lost", ["users", "sessions", "throttles"])
def test_where_nothing_can_be_done_no_entry_is_written(
    api: TestClient, store: Store, lost: str
) -> None:
    register(api)
    tokens = logged_in(api)
    before: list[Entry] = listed(store)

    store.execute(f"ALTER TABLE {lost} RENAME TO lost_rows")
    answers = deeds(api, tokens)
    store.execute(f"ALTER TABLE lost_rows RENAME TO {lost}")

    told = [
        each["request_id"]
        for each in listed(store)[len(before) :]
        # A log-in's password was accepted, whatever then became of the session.
        if each["event"] != "password_accepted"
    ]
    assert 503 in {answer.status_code for answer in answers}
    for answer in answers:
        by_it = told.count(answer.headers["X-Request-ID"])
        # A session that is over is refused by its token, which is not told.
        assert by_it in {503: {0}, 401: {0, 1}, 400: {1}}.get(answer.status_code, {1}), answer.text
