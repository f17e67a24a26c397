"""Databases that servers under test share, ready to be served from."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from entrypoints.bootstrap import migrate
from entrypoints.settings import Settings
from tests.postgresql import PostgresServer
from tests.processes.servers import clean_environment, random_secret

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BACKENDS = (SQLITE, POSTGRESQL)

# In one statement, so that all of it is of one moment.
_DEEDS_AND_ENTRIES = """
SELECT 'deed', 'user:' || id FROM users
UNION ALL SELECT 'deed', id FROM sessions
UNION ALL SELECT 'entry', subject FROM audit_entries WHERE event = 'user_registered'
UNION ALL SELECT 'entry', session_id FROM audit_entries WHERE event = 'logged_in'
"""


@dataclass(frozen=True)
class Database:
    """A database, and the secret of all servers on it."""

    url: str
    secret: str = field(default_factory=random_secret)

    @property
    def variables(self) -> dict[str, str]:
        """The settings, without VARVEL_, of a server on this database."""
        return {"DATABASE_URL": self.url, "SECRET": self.secret}

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def users(self) -> list[tuple[int, str]]:
        """Every user's id and canonical name, read behind the servers' backs."""
        rows = self.execute("SELECT id, canonical_name FROM users")
        return [(user_id, name) for user_id, name in rows]

    def check_users(self, acknowledged: dict[int, str]) -> None:
        """Fails unless everybody who was told to be registered is, and nobody is twice.

        And unless the audit trail tells of every registration and log-in, and of no others.
        """
        found = self.users()
        lost = acknowledged.items() - dict(found).items()
        assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged users are lost."
        names = Counter(name for _, name in found)
        assert max(names.values(), default=1) == 1, names.most_common(3)
        self._check_told()

    def _check_told(self) -> None:
        rows = self.execute(_DEEDS_AND_ENTRIES)
        deeds = Counter(what for kind, what in rows if kind == "deed")
        entries = Counter(what for kind, what in rows if kind == "entry")
        assert deeds == entries, (deeds - entries, entries - deeds)

    def execute(self, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Runs one statement behind the servers' backs; gives the rows, if any."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            result = connection.execute(text(statement), parameters)
            return [tuple(row) for row in result] if result.returns_rows else []


def new_sqlite(directory: Path) -> Database:
    """A file that is not there yet: the first server makes it."""
    return Database(f"sqlite:///{directory / 'var' / 'accounts.sqlite'}")


def new_postgres(server: PostgresServer, directory: Path, *, owner: str = "varvel") -> Database:
    """An empty database with the newest schema, used as `owner`."""
    url = server.create_database(options=f"OWNER {owner}").replace("//varvel@", f"//{owner}@")
    migrate(Settings.read(clean_environment(directory, DATABASE_URL=url)))
    return Database(url)
