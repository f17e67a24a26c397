"""`varvel check`: each unsafe thing is found, and nothing is where all is well."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from entrypoints.bootstrap import migrate
from entrypoints.check import faults
from entrypoints.cli import main
from tests.integration.stores import POSTGRESQL, SQLITE, Store
from tests.postgresql import PostgresServer

OTHER_SECRET = urlsafe_b64encode(b"w" * 32).decode()
UNCHECKED = "without a checked certificate"
UNREACHABLE = "cannot be used"


def safe(store: Store, **changes: str) -> dict[str, str]:
    """An environment in which all is well, but for these changes."""
    chosen = {
        "SECRET": store.secret(),
        "PUBLIC_URL": "https://id.example.com",
        "HASH_MEMORY": "19456",
        "HASH_TIME": "2",
        "THROTTLE_MAXIMUM": "100",
    }
    return store.environment(**(chosen | changes))


def the_fault(store: Store, **changes: str) -> str:
    (found,) = faults(safe(store, **changes))
    return found


def test_nothing_is_found_where_all_is_well(store: Store) -> None:
    assert faults(safe(store)) == []


def test_everything_is_judged_as_production_would(store: Store) -> None:
    assert faults(safe(store, PROFILE="development")) == []


def test_nothing_set_is_one_fault_for_each_setting_that_production_needs() -> None:
    found = faults({})

    assert [fault.split(" must be set")[0] for fault in found] == [
        *("VARVEL_SECRET", "VARVEL_PUBLIC_URL", "VARVEL_DATABASE_URL"),
    ]


def test_settings_that_cannot_be_read_are_each_a_fault(store: Store) -> None:
    found = faults(safe(store, WORKERS="many", REGISTRATION="perhaps"))

    assert [fault.split(" ")[0] for fault in found] == ["VARVEL_WORKERS", "VARVEL_REGISTRATION"]


def test_a_public_address_without_tls_is_a_fault(store: Store) -> None:
    found = the_fault(store, PUBLIC_URL="http://id.example.com")

    assert found.startswith("VARVEL_PUBLIC_URL is not https")


@pytest.mark.parametrize("networks", ["0.0.0.0/0", "::/0", "10.0.0.0/8,0.0.0.0/0"])
def test_believing_everybody_is_a_fault(store: Store, networks: str) -> None:
    assert the_fault(store, TRUSTED_PROXIES=networks).startswith("VARVEL_TRUSTED_PROXIES believes")


@pytest.mark.parametrize("networks", ["127.0.0.1/32,::1", "10.0.0.0/8"])
def test_believing_the_proxies_is_none(store: Store, networks: str) -> None:
    assert faults(safe(store, TRUSTED_PROXIES=networks)) == []


@pytest.mark.parametrize(("memory", "time"), [("8", "1"), ("7168", "4"), ("7167", "100")])
def test_a_hash_that_is_cheap_to_guess_is_a_fault(store: Store, memory: str, time: str) -> None:
    found = the_fault(store, HASH_MEMORY=memory, HASH_TIME=time)

    assert found.startswith("VARVEL_HASH_MEMORY and VARVEL_HASH_TIME make hashes")


@pytest.mark.parametrize(("memory", "time"), [("19456", "2"), ("7168", "5"), ("65536", "1")])
def test_a_hash_as_owasp_recommends_is_none(store: Store, memory: str, time: str) -> None:
    assert faults(safe(store, HASH_MEMORY=memory, HASH_TIME=time)) == []


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(
    "url",
    [
        # Nothing listens there; it stands for every address that is not this machine's own.
        "postgresql://varvel@127.0.0.2:1/varvel",
        "postgresql+psycopg://varvel@127.0.0.2:1/varvel",
        "postgresql://varvel@127.0.0.2:1/varvel?sslmode=require",
        "postgresql://varvel@127.0.0.2:1/varvel?sslmode=prefer",
        "postgresql://varvel@127.0.0.2:1/varvel?sslmode=disable",
        "postgresql://varvel@/varvel?host=127.0.0.2&port=1",
    ],
)
def test_a_connection_over_the_network_that_checks_no_certificate_is_a_fault(
    store: Store, url: str
) -> None:
    found = faults(safe(store, DATABASE_URL=url))

    assert len(found) == 2
    assert UNCHECKED in found[0]
    assert UNREACHABLE in found[1]


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://varvel@127.0.0.1:1/varvel",
        "postgresql://varvel@[::1]:1/varvel",
        "postgresql://varvel@/varvel?host=/nowhere",
        "postgresql://varvel@127.0.0.1:1/varvel?sslmode=disable",
        "postgresql://varvel:hunter2@127.0.0.1:1/varvel?connect_timeout=1",
    ],
)
def test_a_connection_within_the_machine_needs_no_certificate(store: Store, url: str) -> None:
    found = the_fault(store, DATABASE_URL=url)

    assert UNREACHABLE in found
    assert "VARVEL_DATABASE_URL" in found
    assert "hunter2" not in found


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize("name", ["accounts.sqlite", "accounts.sqlite-wal"])
def test_a_file_that_everybody_may_read_is_a_fault(store: Store, name: str) -> None:
    store.directory.chmod(0o755)
    for child in store.directory.iterdir():
        child.chmod(0o600)
    path = store.directory / name
    path.touch()
    path.chmod(0o644)

    assert the_fault(store) == f"Every user of this machine may read {path}: chmod 600 it."


@pytest.mark.databases(SQLITE)
@pytest.mark.parametrize(("directory", "file"), [(0o700, 0o644), (0o755, 0o600), (0o750, 0o640)])
def test_a_file_that_only_its_owner_reaches_is_none(
    store: Store, directory: int, file: int
) -> None:
    for child in store.directory.iterdir():
        child.chmod(file)
    store.directory.chmod(directory)

    assert faults(safe(store)) == []


def test_a_database_that_is_away_is_a_fault(store: Store) -> None:
    store.take_away()

    assert re.search(
        rf"(?s)^The database .* {UNREACHABLE}: .*VARVEL_DATABASE_URL", the_fault(store)
    )


def test_an_older_schema_is_a_fault_with_the_command_to_run(store: Store) -> None:
    store.execute("UPDATE alembic_version SET version_num = '0000'")
    store.schema_changed = True

    assert the_fault(store).endswith("run varvel migrate.")


@pytest.mark.databases(SQLITE)
def test_no_database_yet_is_a_fault_and_none_is_made(store: Store) -> None:
    path = store.directory / "new" / "accounts.sqlite"

    assert the_fault(store, DATABASE_URL=f"sqlite:///{path}").endswith("run varvel migrate.")
    assert not path.parent.exists()


def test_another_programs_schema_is_a_fault(store: Store) -> None:
    store.execute("UPDATE alembic_version SET version_num = 'theirs'")
    store.schema_changed = True

    assert the_fault(store).startswith("The database holds another program's schema")


def test_a_secret_that_does_not_open_the_key_is_a_fault_that_does_not_tell_it(store: Store) -> None:
    found = the_fault(store, SECRET=OTHER_SECRET)

    assert "cannot be opened with VARVEL_SECRET" in found
    assert OTHER_SECRET not in found


def test_looking_makes_no_key(store: Store) -> None:
    store.execute("DELETE FROM signing_keys")

    assert faults(safe(store, SECRET=OTHER_SECRET)) == []
    assert store.execute("SELECT count(*) FROM signing_keys") == [(0,)]


@pytest.mark.databases(POSTGRESQL)
@pytest.mark.parametrize(("minutes", "shown"), [(60, "-3600 s"), (-60, "3600 s"), (0.5, "-30 s")])
def test_a_clock_that_differs_from_the_databases_is_a_fault(
    store: Store, minutes: float, shown: str
) -> None:
    # Found before the built-in one, by a search path that names the built-in ones last.
    store.execute(
        "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
        f"'SELECT pg_catalog.clock_timestamp() + interval ''{minutes} minutes'''"
    )
    name = store.url.rpartition("/")[2]
    store.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")

    found = the_fault(store)

    assert re.search(r"differ by (-?[0-9]+ s): tokens would end too early or too late", found)
    assert abs(float(found.split("differ by ")[1].split(" s")[0]) - float(shown[:-2])) < 5


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
def other_encoding(
    request: pytest.FixtureRequest, postgres: PostgresServer, store: Store
) -> Iterator[Store]:
    url = postgres.create_database(template="template0", options=f"ENCODING '{request.param}'")
    yield Store(store.directory, url)
    postgres.drop_database(url)


@pytest.mark.databases(POSTGRESQL)
def test_a_database_that_cannot_hold_every_text_is_a_fault(other_encoding: Store) -> None:
    migrate(other_encoding.settings())

    assert the_fault(other_encoding).startswith("The database does not store UTF-8")


def test_the_command_says_that_all_is_well_and_succeeds(store: Store) -> None:
    outcome = CliRunner().invoke(main, ["check"], env=safe(store))

    assert (outcome.exit_code, outcome.output) == (0, "Nothing unsafe was found.\n")


def test_the_command_names_each_fault_in_a_line_and_fails(store: Store) -> None:
    unsafe = safe(store, PUBLIC_URL="http://id.example.com", HASH_MEMORY="8")

    outcome = CliRunner().invoke(main, ["check"], env=unsafe)

    assert outcome.exit_code == 1
    assert [line.split(" ")[:2] for line in outcome.output.splitlines()] == [
        ["unsafe:", "VARVEL_PUBLIC_URL"],
        ["unsafe:", "VARVEL_HASH_MEMORY"],
    ]
