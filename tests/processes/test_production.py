"""The production profile, and `varvel check`, as an operator meets them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.postgresql import PostgresServer
from tests.processes.commands import CHECK, MIGRATE, PLAIN_GUNICORN, SERVE, assert_refused, run
from tests.processes.databases import Database
from tests.processes.servers import Server, random_secret

PRODUCTION = {"PROFILE": "production", "PUBLIC_URL": "https://id.example.com"}
SAFE = {"HASH_MEMORY": "19456", "HASH_TIME": "2", "THROTTLE_MAXIMUM": "100"}
PASSWORD = "a sentence of some length"


@pytest.mark.parametrize("command", [SERVE, PLAIN_GUNICORN], ids=["serve", "gunicorn"])
def test_production_refuses_to_start_without_its_settings_and_names_all_of_them(
    tmp_path: Path, command: Sequence[str]
) -> None:
    completed = run(tmp_path, command, PROFILE="production")

    names = ("VARVEL_SECRET ", "VARVEL_PUBLIC_URL ", "VARVEL_DATABASE_URL ")
    assert_refused(completed, *names, sentences=len(names))
    assert not (tmp_path / "var").exists()


def test_production_refuses_the_default_database_by_its_address_as_well(tmp_path: Path) -> None:
    default = f"sqlite:///{tmp_path / 'var' / 'varvel.sqlite'}"

    completed = run(tmp_path, SERVE, **PRODUCTION, SECRET=random_secret(), DATABASE_URL=default)

    assert_refused(completed, "VARVEL_DATABASE_URL ")


def test_a_postgresql_without_the_schema_is_refused_until_it_is_migrated_and_checked(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    database = Database(postgres.create_database())
    settings = PRODUCTION | SAFE | database.variables

    refused = run(tmp_path, SERVE, **settings)
    unsafe = run(tmp_path, CHECK, **settings)

    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].endswith("older than this program: run varvel migrate.")
    assert "Traceback" not in refused.stderr
    assert unsafe.returncode == 1
    assert unsafe.stdout.startswith("unsafe: The database's schema is older")
    assert unsafe.stderr == ""

    assert run(tmp_path, MIGRATE, **settings).returncode == 0
    safe = run(tmp_path, CHECK, **settings)

    assert (safe.returncode, safe.stdout) == (0, "Nothing unsafe was found.\n")

    with Server(tmp_path, settings=settings) as server:
        registered = server.register("miguel", PASSWORD)
        assert registered.status == 201
        assert registered.headers["Location"].startswith("https://id.example.com/api/users/")
        assert server.register("susan", "python").json["errors"][0]["field"] == "password"
        token = server.token("miguel", PASSWORD)
        assert server.call("GET", "/api/resource", auth=(token, "x")).status == 200


def test_a_database_that_is_away_is_told_in_one_sentence(
    tmp_path: Path,
) -> None:
    url = "postgresql://varvel:planted@127.0.0.1:1/varvel"
    settings = PRODUCTION | SAFE | {"SECRET": random_secret(), "DATABASE_URL": url}

    for command in (SERVE, CHECK):
        completed = run(tmp_path, command, **settings)

        lines = (completed.stdout + completed.stderr).splitlines()
        said = [line for line in lines if not line.startswith("{")]
        assert completed.returncode == 1
        assert len(said) == 1
        assert "cannot be used: connection failed" in said[0]
        assert said[0].endswith("Check VARVEL_DATABASE_URL and VARVEL_DATA_DIR.")
        assert "planted" not in said[0]


def test_a_check_judges_as_production_would_and_leaves_with_1(tmp_path: Path) -> None:
    completed = run(tmp_path, CHECK, SECRET=random_secret(), PUBLIC_URL="http://id.example.com")

    assert completed.returncode == 1
    assert completed.stdout == (
        "unsafe: VARVEL_DATABASE_URL must be set in the production profile: the database, which "
        "is another one than the default.\n"
    )
    assert "Traceback" not in completed.stderr
