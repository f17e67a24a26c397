"""`varvel users`: what operators do with accounts, and what users see of it."""

import pytest
from click.testing import CliRunner
from falcon.testing import Result, TestClient

from entrypoints.bootstrap import create_app
from entrypoints.cli import main
from tests.integration.calls import basic, register, resource, token
from tests.integration.commands import ADMINISTRATION, DELETION, LISTING, USERS, refusal, run, said
from tests.integration.stores import CHEAP_HASH, SQLITE, Store

UNKNOWN = "No user has this name, in this or another spelling."
QUESTION = "Remove this user and everything kept of them? [y/N]: "


@pytest.fixture
def susan(store: Store) -> TestClient:
    """The API, by the clock of the command line, with somebody to administer beside miguel."""
    api = TestClient(create_app(store.settings()))
    register(api)
    register(api, username="susan")
    return api


def log_in(api: TestClient, username: str = "susan") -> Result:
    return api.simulate_get("/api/token", headers=basic(username, "python"))


@pytest.mark.asvs("V7.4.2", "V6.5.6")
def test_whoever_is_disabled_is_out_everywhere_and_nobody_else_is(
    susan: TestClient, store: Store
) -> None:
    first, second, other = token(susan, "susan"), token(susan, "susan"), token(susan)

    assert said(store.environment(), "users", "disable", "susan") == (
        "Disabled; 2 sessions ended.\n"
    )

    assert log_in(susan).status_code == 401
    assert [resource(susan, each, "x").status_code for each in (first, second)] == [401, 401]
    assert resource(susan, other, "x").status_code == 200
    assert log_in(susan, "miguel").status_code == 200


@pytest.mark.databases(SQLITE)
def test_disabling_twice_is_fine(susan: TestClient, store: Store) -> None:
    token(susan, "susan")

    for ended in ("1 session", "0 sessions"):
        expected = f"Disabled; {ended} ended.\n"
        assert said(store.environment(), "users", "disable", "susan") == expected


def test_whoever_is_enabled_can_log_in_again_and_has_to(susan: TestClient, store: Store) -> None:
    before = token(susan, "susan")
    said(store.environment(), "users", "disable", "susan")

    for _ in range(2):
        assert said(store.environment(), "users", "enable", "susan") == "Enabled.\n"

    assert resource(susan, before, "x").status_code == 401
    assert resource(susan, token(susan, "susan"), "x").status_code == 200


def test_a_name_is_known_in_every_spelling(susan: TestClient, store: Store) -> None:
    assert said(store.environment(), "users", "disable", "SuSAN") == "Disabled; 0 sessions ended.\n"

    assert log_in(susan).status_code == 401


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_deleting_asks_and_leaves_everything_unless_told_yes(
    susan: TestClient, store: Store, answer: str
) -> None:
    result = run(store.environment(), "users", "delete", "susan", typed=answer)

    assert result.exit_code == 1
    assert result.stdout.startswith(QUESTION)
    assert result.stderr == "Aborted!\n"
    assert log_in(susan).status_code == 200


@pytest.mark.asvs("V7.4.2")
@pytest.mark.parametrize(
    ("words", "typed"), [(["users", "delete", "susan"], "y\n"), (DELETION, "")], ids=["y", "--yes"]
)
def test_whoever_is_deleted_is_gone_and_the_name_is_free(
    susan: TestClient, store: Store, words: list[str], typed: str
) -> None:
    before = token(susan, "susan")

    told = said(store.environment(), *words, typed=typed)

    assert told.removeprefix(f"{QUESTION}{typed}") == "Deleted; 1 session ended.\n"
    assert resource(susan, before, "x").status_code == 401
    assert log_in(susan).status_code == 401
    again = register(susan, username="susan")
    # The ids of both who registered before are never given again.
    assert again.headers["Location"].endswith("/api/users/3")
    assert resource(susan, before, "x").status_code == 401


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("words", [*USERS, DELETION], ids=lambda words: words[1])
def test_a_name_that_nobody_has_is_refused(store: Store, words: list[str]) -> None:
    for name in ("nobody", "", "a:b", "two words", "eyJ.a.b", "x" * 300):
        assert refusal(store.environment(), *words[:-1], name) == UNKNOWN


@pytest.mark.parametrize("words", [*USERS, DELETION], ids=lambda words: words[1])
def test_no_name_at_all_is_a_mistake_in_writing(words: list[str]) -> None:
    result = run({}, *words[:-1])

    assert result.exit_code == 2
    assert "Missing argument 'NAME'" in result.stderr


@pytest.mark.parametrize("words", ADMINISTRATION, ids=lambda words: "-".join(words[:2]))
def test_every_command_shows_how_it_is_written_and_does_nothing_then(words: list[str]) -> None:
    # Without settings, which help needs none of.
    shown = said({}, *words[:2], "--help")

    assert f"Examples:\n    varvel {' '.join(words[:2])}" in shown.replace(
        "VARVEL_SECRET=new,old ", ""
    )


@pytest.mark.parametrize("group", ["users", "clients", "keys", "audit"])
def test_a_group_shows_its_commands(group: str) -> None:
    shown = said({}, group, "--help")

    for name in (words[1] for words in ADMINISTRATION if words[0] == group):
        assert f"\n  {name} " in shown
    assert run({}, group).exit_code == 2
    assert "No such command 'surf'" in run({}, group, "surf").stderr


def test_a_database_without_the_schema_is_refused_by_every_command(
    empty_url: str, store: Store
) -> None:
    for words in ADMINISTRATION:
        told = refusal(store.environment(DATABASE_URL=empty_url), *words)

        assert told.endswith("run varvel migrate.")


def test_a_database_that_is_away_is_refused_without_its_password() -> None:
    url = "postgresql://varvel:planted@127.0.0.1:1/varvel"
    settings = CHEAP_HASH | {"VARVEL_SECRET": "c" * 43, "VARVEL_DATABASE_URL": url}

    told = refusal(settings, *DELETION)

    assert "cannot be used: connection failed" in told
    assert "planted" not in told


@pytest.mark.databases(SQLITE)
def test_bad_settings_are_refused(store: Store) -> None:
    assert refusal(store.environment(WORKERS="none"), *DELETION).startswith("VARVEL_WORKERS ")


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(("no_color", "is_plain"), [("", False), ("1", True)])
def test_colours_are_left_out_where_they_are_not_wanted(
    store: Store, no_color: str, is_plain: bool
) -> None:
    said(store.environment(), "users", "create", "--generate", "susan")

    environment = store.environment() | {"NO_COLOR": no_color}
    told = CliRunner().invoke(main, LISTING, env=environment, color=True).stdout

    assert ("\x1b" not in told) is is_plain


@pytest.mark.databases(SQLITE)
def test_a_path_that_cannot_be_is_told_in_a_sentence(store: Store) -> None:
    told = refusal(store.environment(DATA_DIR="x" * 300), "users", "list")

    assert "cannot be used: File name too long. Look who may use it" in told
