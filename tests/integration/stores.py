"""Databases of both kinds for tests: with the schema, a signing key and nobody in them."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import NullPool, create_engine, make_url, text

from entrypoints.bootstrap import migrate, prepare
from entrypoints.settings import Settings
from tests.postgresql import PostgresServer

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
BACKENDS = (SQLITE, POSTGRESQL)

CHEAP_HASH = {"VARVEL_HASH_MEMORY": "8", "VARVEL_HASH_TIME": "1"}
"""For tests in which the hash is not what is tested."""

PATIENT = {
    "VARVEL_THROTTLE_FREE": "1000000",
    "VARVEL_THROTTLE_MAXIMUM": "1000000",
    "VARVEL_THROTTLE_NETWORK_FAILURES": "1000000",
}
"""For tests in which a wrong password is not a guess."""

LOSE_USERS = "ALTER TABLE users RENAME TO lost_users"
"""What makes everything fail that looks a user up; other tables refer to this one."""

_HARMLESS = ("SELECT", "INSERT", "UPDATE", "DELETE")

_RESET = """
SET lock_timeout = '60s';
TRUNCATE users, sessions, revocations, clients, consents, authorization_codes RESTART IDENTITY;
TRUNCATE signing_keys, throttles, audit_entries;
INSERT INTO signing_keys TABLE kept.signing_keys;
UPDATE feed SET position = 0, keys_version = 0;
UPDATE housekeeping SET next_at = '2000-01-01Z';
UPDATE audit_chain SET sequence = 0, link = '', seal = '',
    checkpoint_sequence = 0, checkpoint_link = '', checkpoint_seal = '';
"""


@dataclass
class Store:
    """One database, and the data directory with the secret that its key was sealed under."""

    directory: Path
    url: str
    schema_changed: bool = False
    let_go: list[Callable[[], None]] = field(default_factory=list)
    """What ends the connections of those who keep some from one request to the next."""

    @property
    def is_embedded(self) -> bool:
        return self.url.startswith("sqlite")

    def settings(self, **variables: str) -> Settings:
        """Settings for this database; keywords are variables without VARVEL_."""
        return Settings.read(self.environment(**variables))

    def environment(self, **variables: str) -> dict[str, str]:
        """The variables that those settings are read from."""
        chosen = {f"VARVEL_{name}": value for name, value in variables.items()}
        own = {"VARVEL_DATA_DIR": str(self.directory), "VARVEL_DATABASE_URL": self.url}
        return own | CHEAP_HASH | PATIENT | chosen

    def secret(self) -> str:
        return (self.directory / "secret").read_text("ascii").strip()

    def execute(self, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Runs one statement behind the application's back; gives the rows, if any."""
        is_of_schema = "alembic_version" in statement
        self.schema_changed |= is_of_schema or not statement.startswith(_HARMLESS)
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            result = connection.execute(text(statement), parameters)
            return [tuple(row) for row in result] if result.returns_rows else []

    def take_away(self) -> None:
        """Makes the database unreachable, until it is brought back, for who has no connection."""
        for end_connections in self.let_go:
            end_connections()
        if self.is_embedded:
            # What is committed may still lie in the file beside it, which stays.
            self.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._file.rename(self._away)
            self._file.write_bytes(b"away" * 256)
            return
        self.schema_changed = True
        self._admit(False)
        self._administer(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = :name"
        )

    def bring_back(self) -> None:
        if self.is_embedded:
            # In one step: who came between two would find no file there, and make one.
            self._away.replace(self._file)
            return
        self._admit(True)

    @property
    def _file(self) -> Path:
        found = self.settings().database_file
        assert found is not None
        return found

    @property
    def _away(self) -> Path:
        return self._file.with_suffix(".away")

    def _admit(self, admitted: bool) -> None:
        name = make_url(self.url).database
        self._administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {admitted}")

    def _administer(self, statement: str) -> None:
        url = make_url(self.url)
        engine = create_engine(url.set(database="postgres"), poolclass=NullPool)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement), {"name": url.database})


class Stores(Protocol):
    """Lends stores whose data directory is a copy of the prepared one."""

    def lent(self, directory: Path) -> AbstractContextManager[Store]: ...


class SqliteStores:
    """Copies of one prepared file."""

    def __init__(self, prepared: Path) -> None:
        self._prepared = prepared
        prepare(_sqlite(prepared).settings())

    @contextmanager
    def lent(self, directory: Path) -> Iterator[Store]:
        shutil.copytree(self._prepared, directory)
        yield _sqlite(directory)


class PostgresStores:
    """Copies of one prepared database, used again as long as no test changed their schema."""

    def __init__(self, server: PostgresServer, prepared: Path) -> None:
        self._server = server
        self._prepared = prepared
        self._idle: list[str] = []
        self._template = server.create_database()
        store = Store(prepared, self._template)
        migrate(store.settings())
        prepare(store.settings())
        store.execute("CREATE SCHEMA kept")
        store.execute("CREATE TABLE kept.signing_keys AS TABLE signing_keys")

    @contextmanager
    def lent(self, directory: Path) -> Iterator[Store]:
        shutil.copytree(self._prepared, directory)
        store = Store(directory, self._idle.pop() if self._idle else self._new())
        yield store
        if store.schema_changed:
            self._server.drop_database(store.url)
        else:
            self._server.execute(_RESET, self._server.name(store.url))
            self._idle.append(store.url)

    def _new(self) -> str:
        return self._server.create_database(template=self._server.name(self._template))


def _sqlite(directory: Path) -> Store:
    # Not the file that is the default, since production takes none but a chosen one.
    return Store(directory, f"sqlite:///{directory / 'accounts.sqlite'}")
