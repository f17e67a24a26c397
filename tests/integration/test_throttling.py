"""Guessing over HTTP: what is refused, how long, and that it tells nobody which names exist."""

import pytest
from falcon.testing import Result, TestClient

from entrypoints.bootstrap import create_app
from tests.fakes.clock import FakeClock
from tests.integration.calls import (
    ask_token,
    by_token,
    logged_in,
    problem,
    refresh,
    register,
    resource,
    token,
)
from tests.integration.commands import refusal, said
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.guesses import (
    BY_NAME,
    FREE,
    GUESSES,
    WRONG,
    Guess,
    fail,
    from_peer,
    is_admitted,
    throttled,
    wrong,
)
from tests.integration.stores import SQLITE, Store
from tests.integration.variables import faults

SPELLINGS = ["miguel", "Miguel", "MIGUEL", "\uff4diguel", "\uff2d\uff29\uff27\uff35\uff25\uff2c"]
STEPS = [
    *[(0, 401)] * 5,
    *((0, 429), (0.5, 429), (0.5, 401), (1.75, 429), (0.25, 401)),
    *((4, 401), (8, 401), (3600, 401), (0, 429), (3600, 401)),
    *((86_400, 401), *[(0, 401)] * 4, (0, 429)),
]
"""Seconds before one try after the other, and what comes of it: delays are met, missed, anew."""


UNSET = {"THROTTLE_FREE": "", "THROTTLE_MAXIMUM": "", "THROTTLE_NETWORK_FAILURES": ""}


@pytest.fixture
def make_settings(store: Store) -> MakeSettings:
    """Settings that throttle as they do by default."""
    return lambda **variables: store.settings(**(UNSET | variables))


@pytest.fixture
def few(store: Store, clock: FakeClock) -> TestClient:
    """Where the second failure locks the password."""
    api = TestClient(create_app(store.settings(THROTTLE_MAXIMUM="2"), clock=clock))
    register(api)
    return api


def told(answer: Result) -> tuple[object, ...]:
    """All of an answer but its request id."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    request_id = headers.pop("x-request-id")
    return answer.status, headers, answer.content.replace(request_id.encode(), b"")


@pytest.mark.parametrize("guess", BY_NAME.values(), ids=BY_NAME)
def test_known_and_unknown_names_are_answered_alike_to_the_byte_through_all_delays(
    miguel: TestClient, clock: FakeClock, guess: Guess
) -> None:
    for pause, status in STEPS:
        clock.advance(seconds=pause)
        known, unknown = (
            guess(miguel, username=username, live="") for username in ("miguel", "nobody")
        )
        assert known.status_code == status
        assert told(known) == told(unknown)


@pytest.mark.asvs("V6.3.1")
@pytest.mark.parametrize("first", range(len(GUESSES)), ids=GUESSES)
def test_every_place_where_a_password_is_proved_counts_into_the_same(
    miguel: TestClient, first: int
) -> None:
    live = token(miguel)
    guesses = [*GUESSES.values()] * 2
    for number in range(FREE):
        wrong(guesses[first + number](miguel, live=live))

    for guess in GUESSES.values():
        assert throttled(guess(miguel, live=live)) == 1
        assert throttled(guess(miguel, "python", live=live)) == 1


@pytest.mark.parametrize("guess", GUESSES.values(), ids=GUESSES)
def test_every_place_alone_admits_five_failures(miguel: TestClient, guess: Guess) -> None:
    live = token(miguel)
    for _ in range(FREE):
        wrong(guess(miguel, live=live))

    assert throttled(guess(miguel, live=live)) == 1


def test_every_spelling_of_a_name_counts_into_the_same(miguel: TestClient) -> None:
    for spelling in SPELLINGS:
        fail(miguel, 1, spelling)

    for spelling in SPELLINGS:
        assert not is_admitted(miguel, spelling)


def test_the_owner_gets_in_after_the_delay_and_has_five_failures_again(
    miguel: TestClient, clock: FakeClock
) -> None:
    fail(miguel)
    clock.advance(seconds=0.999)
    assert not is_admitted(miguel)
    clock.advance(seconds=0.001)

    assert is_admitted(miguel)

    fail(miguel)
    assert not is_admitted(miguel)


def test_each_failure_after_the_fifth_doubles_the_delay_up_to_an_hour(
    miguel: TestClient, clock: FakeClock
) -> None:
    fail(miguel)
    delays = []
    for _ in range(15):
        delays.append(throttled(resource(miguel, password=WRONG)))
        clock.advance(seconds=delays[-1])
        fail(miguel, 1)

    assert delays == [*(1 << doublings for doublings in range(12)), 3600, 3600, 3600]


def test_throttled_tries_write_nothing(miguel: TestClient, execute: Execute) -> None:
    fail(miguel)
    counts = "SELECT count(*) FROM audit_entries"
    throttles = "SELECT * FROM throttles ORDER BY subject"
    before = execute(counts), execute(throttles)

    for guess in BY_NAME.values():
        for password in (WRONG, "python"):
            throttled(guess(miguel, password, live=""))

    assert (execute(counts), execute(throttles)) == before


def test_a_try_that_succeeds_at_once_writes_nothing(miguel: TestClient, execute: Execute) -> None:
    before = execute("SELECT count(*) FROM audit_entries")

    assert resource(miguel).status_code == 200

    assert execute("SELECT count(*) FROM throttles") == [(0,)]
    assert execute("SELECT count(*) FROM audit_entries") == before


def test_each_failure_is_counted_once(miguel: TestClient, execute: Execute) -> None:
    for number in range(1, FREE + 1):
        fail(miguel, 1, **from_peer("192.0.2.7"))
        counted = execute("SELECT subject, failures, recent FROM throttles ORDER BY subject")
        assert counted == [("network:192.0.2.7", number, number), ("user:1", number, number)]
    refused = "SELECT count(*) FROM audit_entries WHERE event = 'password_refused'"
    assert execute(refused) == [(FREE,)]


def test_nothing_that_was_typed_as_a_name_is_stored(miguel: TestClient, execute: Execute) -> None:
    for text in ("my secret passphrase", "hunter2", "miguel@example.com"):
        fail(miguel, 1, text)

    rows = execute("SELECT subject FROM throttles"), execute("SELECT * FROM audit_entries")
    for text in ("secret", "passphrase", "hunter2", "example.com"):
        assert text not in repr(rows)


def test_tokens_and_refresh_tokens_go_on_while_the_password_is_refused(
    miguel: TestClient,
) -> None:
    held, by_name = logged_in(miguel), token(miguel)
    fail(miguel)

    for live in (held["access_token"], by_name):
        for path in ("/api/resource", "/api/token", "/api/users/me"):
            assert by_token(miguel, "GET", path, live).status_code == 200
        assert resource(miguel, live, "x").status_code == 200
    assert refresh(miguel, held["refresh_token"]).status_code == 200
    assert not is_admitted(miguel)


@pytest.mark.asvs("V16.5.3")
@pytest.mark.parametrize("guess", BY_NAME.values(), ids=BY_NAME)
def test_no_password_is_looked_at_while_wrong_ones_cannot_be_counted(
    miguel: TestClient, execute: Execute, guess: Guess
) -> None:
    execute("ALTER TABLE audit_entries RENAME TO lost_entries")
    problem(guess(miguel, live=""), 503, "storage_unavailable")
    problem(resource(miguel), 503, "storage_unavailable")
    execute("ALTER TABLE lost_entries RENAME TO audit_entries")

    assert resource(miguel).status_code == 200
    assert execute("SELECT event FROM audit_entries WHERE event = 'password_refused'")


@pytest.mark.asvs("V6.3.1")
def test_at_the_cap_the_right_password_is_refused_until_it_is_unlocked(
    few: TestClient, store: Store, clock: FakeClock
) -> None:
    held = logged_in(few)
    fail(few, 2)

    for days in (0, 1, 30):
        assert throttled(resource(few)) == throttled(resource(few, password=WRONG)) == 3600
        clock.advance(days=days)
    clock.advance(days=-31)
    assert by_token(few, "GET", "/api/resource", held["access_token"]).status_code == 200

    assert said(store.environment(), "users", "unlock", "MIGUEL") == "Unlocked.\n"
    assert is_admitted(few)
    fail(few, 2)
    assert not is_admitted(few)


def test_unlocking_says_when_there_was_nothing_to_unlock(few: TestClient, store: Store) -> None:
    nothing = "No password was wrong since the last log-in.\n"
    assert said(store.environment(), "users", "unlock", "miguel") == nothing
    fail(few, 1)
    assert said(store.environment(), "users", "unlock", "miguel") == "Unlocked.\n"
    assert said(store.environment(), "users", "unlock", "miguel") == nothing


def test_a_name_that_nobody_has_cannot_be_unlocked(few: TestClient, store: Store) -> None:
    fail(few, 2, "nobody")

    told = refusal(store.environment(), "users", "unlock", "nobody")

    assert told == "No user has this name, in this or another spelling."
    assert throttled(ask_token(few, "nobody")) == 3600


def test_whoever_takes_a_deleted_users_name_begins_without_failures(
    few: TestClient, store: Store
) -> None:
    fail(few, 2)
    said(store.environment(), "users", "delete", "--yes", "miguel")

    register(few)

    assert is_admitted(few)


@pytest.mark.databases(SQLITE)
def test_the_settings_say_how_many_are_free_and_how_long_the_delays_are(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    settings = make_settings(
        THROTTLE_FREE="2", THROTTLE_FIRST_DELAY="3", THROTTLE_LONGEST_DELAY="7"
    )
    api = TestClient(create_app(settings, clock=clock))
    register(api)
    fail(api, 2)
    for delay in (3, 6, 7, 7):
        assert throttled(resource(api, password=WRONG)) == delay
        clock.advance(seconds=delay)
        fail(api, 1)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("THROTTLE_FREE", 1, 1_000_000),
        ("THROTTLE_FIRST_DELAY", 1, 86_400),
        ("THROTTLE_LONGEST_DELAY", 1, 86_400),
        ("THROTTLE_MAXIMUM", 1, 1_000_000),
        ("THROTTLE_NETWORK_FAILURES", 1, 1_000_000),
        ("THROTTLE_NETWORK_WINDOW", 1, 86_400),
    ],
)
def test_a_number_outside_its_bounds_is_a_fault(name: str, least: int, most: int) -> None:
    for text in ("0", "-1", str(most + 1), "1.5", "many", " 1"):
        expected = f"VARVEL_{name} is a whole number from {least} to {most}."
        assert faults(**{name: text}) == [expected]


@pytest.mark.databases(SQLITE)
def test_users_who_are_not_public_are_shown_to_themselves_alone(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    api = TestClient(create_app(make_settings(PUBLIC_USERS="no"), clock=clock))
    assert register(api).status_code == 201
    live = token(api)

    for prefix in ("/api/users/", "/api/user"):
        refusals = [api.simulate_get(f"{prefix}{user_id}") for user_id in ("1", "2", "0", "x")]
        refusals.append(by_token(api, "GET", f"{prefix}1", live))
        for answer in refusals:
            problem(answer, 403, "users_not_public")
            assert told(answer) == told(refusals[0])
    assert by_token(api, "GET", "/api/users/me", live).json["username"] == "miguel"
    problem(register(api), 400, "username_taken")


def test_whether_users_are_public_is_yes_or_no() -> None:
    for text in ("true", "No", "1", "maybe"):
        assert faults(PUBLIC_USERS=text) == ["VARVEL_PUBLIC_USERS is yes or no."]
