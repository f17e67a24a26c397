"""`varvel users create | set-password`: what operators give, and what users get in with."""

import pytest
from falcon.testing import Result, TestClient

from entrypoints.bootstrap import create_app
from tests.integration.calls import basic, bearer, register, resource, token
from tests.integration.commands import refusal, run, said
from tests.integration.stores import SQLITE, Store

GENERATED = "Password, shown this once: "
SUSANS = "correct horse battery"


@pytest.fixture
def closed(store: Store) -> TestClient:
    """An API where nobody can register."""
    return TestClient(create_app(store.settings(REGISTRATION="closed")))


def log_in(api: TestClient, password: str, username: str = "susan") -> Result:
    return api.simulate_get("/api/token", headers=basic(username, password))


def create(store: Store, name: str = "susan", *, typed: str = f"{SUSANS}\n") -> str:
    words = ("users", "create", "--password-stdin", name)
    return said(store.environment(REGISTRATION="closed"), *words, typed=typed)


def told(store: Store, event: str) -> list[tuple[str, str | None]]:
    """Whom the audit trail names for this event, and what it adds."""
    rows = store.execute(
        "SELECT actor, detail FROM audit_entries WHERE event = :event", event=event
    )
    return [(actor, detail) for actor, detail in rows]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=["bare", "LF", "CRLF"])
def test_a_user_is_created_with_a_password_from_standard_input_where_registration_is_closed(
    closed: TestClient, store: Store, end: str
) -> None:
    assert create(store, "Susan", typed=f"{SUSANS}{end}") == "Created, with id 1.\n"

    assert log_in(closed, SUSANS).status_code == 200
    assert told(store, "user_registered") == [("operator", None)]


@pytest.mark.databases(SQLITE)
def test_a_generated_password_is_shown_once_is_random_and_opens_the_account(
    closed: TestClient, store: Store
) -> None:
    made = [
        said(store.environment(), "users", "create", "--generate", name)
        for name in ("susan", "-zoe")
    ]

    passwords = [text.splitlines()[1].removeprefix(GENERATED) for text in made]
    assert [len(each) for each in passwords] == [22, 22]
    assert passwords[0] != passwords[1]
    for name, password in zip(("susan", "-zoe"), passwords, strict=True):
        assert log_in(closed, password, name).status_code == 200
    shown = said(store.environment(), "users", "show", "--json", "susan")
    shown += said(store.environment(), "audit", "list", "--json")
    assert passwords[0] not in shown


def test_an_admin_is_created_as_one(closed: TestClient, store: Store) -> None:
    words = ("users", "create", "--admin", "--password-stdin", "susan")

    made = said(store.environment(), *words, typed=f"{SUSANS}\n")

    assert made == "Created, as an admin, with id 1.\n"
    begun = closed.simulate_post(
        "/api/sessions", json={"username": "susan", "password": SUSANS}
    ).json["access_token"]
    assert closed.simulate_get("/api/admin/users", headers=bearer(begun)).status_code == 200
    assert told(store, "user_registered") == [("operator", None)]
    assert told(store, "role_granted") == [("operator", "admin")]


def test_a_name_is_created_once_in_any_spelling(store: Store) -> None:
    create(store)

    refused = refusal(store.environment(), "users", "create", "--generate", "SUSAN")

    assert refused == "This user name is taken; choose another one."


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("command", ["create", "set-password"])
@pytest.mark.parametrize(
    ("typed", "refused"),
    [
        ("", "A password is not empty and has no control or unassigned characters."),
        ("\n", "A password is not empty and has no control or unassigned characters."),
        ("two\nlines\n", "A password is not empty and has no control or unassigned characters."),
        ("x" * 9000, "A password has at most 256 characters."),
        ("short", "Choose a password of at least 15 characters; a few unrelated words do well."),
        ("susan is not here", "Choose a password without your user name or this service's name."),
    ],
    ids=["nothing", "empty", "two lines", "long", "short", "obvious"],
)
def test_a_password_that_the_profile_refuses_is_refused_with_its_reason(
    store: Store, command: str, typed: str, refused: str
) -> None:
    if command == "set-password":
        create(store)
    production = store.environment(
        PROFILE="production", PUBLIC_URL="https://id.example.com", SECRET=store.secret()
    )

    result = run(production, "users", command, "--password-stdin", "susan", typed=typed)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {refused}\n"


@pytest.mark.databases(SQLITE)
def test_a_bad_name_and_a_bad_password_are_told_at_once(store: Store) -> None:
    result = run(store.environment(), "users", "create", "--password-stdin", "a b", typed="\x07")

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: A user name has letters, digits and common signs, and no spaces. "
        "A password is not empty and has no control or unassigned characters.\n"
    )


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("command", ["create", "set-password"])
@pytest.mark.parametrize(
    ("options", "typed", "refused"),
    [
        ([], "", "There is no terminal to ask for the password: give --password-stdin or"),
        (["--generate", "--password-stdin"], "", "Give either --password-stdin or --generate."),
        (["--password-stdin"], b"\xff\xfe", "The password on standard input is not UTF-8."),
        (["--password", "planted"], "", "Got unexpected extra argument"),
    ],
    ids=["no terminal", "both", "not UTF-8", "argument"],
)
def test_there_are_three_ways_to_give_a_password_and_an_argument_is_none(
    store: Store, command: str, options: list[str], typed: str | bytes, refused: str
) -> None:
    result = run(store.environment(), "users", command, *options, "susan", typed=typed)

    assert (result.exit_code, result.stdout) == (2, "")
    assert refused in result.stderr
    assert said(store.environment(), "users", "list") == ""


@pytest.mark.asvs("V7.4.3")
def test_a_password_that_is_set_opens_the_account_and_ends_what_was_begun_before(
    store: Store,
) -> None:
    # By the clock of the command line.
    api = TestClient(create_app(store.settings()))
    for name in ("miguel", "susan"):
        register(api, username=name)
    before, others = [token(api, "susan"), token(api, "susan")], token(api)
    words = ("users", "set-password", "--password-stdin", "SUSAN")

    assert said(store.environment(), *words, typed=f"{SUSANS}\n") == "Set; 2 sessions ended.\n"

    assert [resource(api, each, "x").status_code for each in before] == [401, 401]
    assert resource(api, others, "x").status_code == 200
    assert log_in(api, "python").status_code == 401
    assert log_in(api, SUSANS).status_code == 200
    assert log_in(api, "python", "miguel").status_code == 200
    assert told(store, "password_changed") == [("operator", "sessions=2")]


def test_a_password_that_is_set_can_be_used_at_once_however_many_were_wrong(store: Store) -> None:
    api = TestClient(create_app(store.settings(THROTTLE_FREE="1", THROTTLE_MAXIMUM="1")))
    register(api, username="susan")
    assert log_in(api, "wrong").status_code == 401
    assert log_in(api, "python").status_code == 429

    generated = said(store.environment(), "users", "set-password", "--generate", "susan")

    set_, shown = generated.splitlines()
    assert set_ == "Set; 0 sessions ended."
    assert log_in(api, shown.removeprefix(GENERATED)).status_code == 200
