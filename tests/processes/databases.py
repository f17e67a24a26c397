"""Databases that servers under test share, ready to be served from."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from entrypoints.bootstrap import migrate
from entrypoints.settings import Settings
from tests.postgresql import PostgresServer
from tests.processes.servers import clean_environment, random_secret

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BACKENDS = (SQLITE, POSTGRESQL)


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
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT id, canonical_name FROM users"))
            return [(row.id, row.canonical_name) for row in rows]

    def check_users(self, acknowledged: dict[int, str]) -> None:
        """Fails unless everybody who was told to be registered is, and nobody is twice."""
        found = self.users()
        lost = acknowledged.items() - dict(found).items()
        assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged users are lost."
        names = Counter(name for _, name in found)
        assert max(names.values(), default=1) == 1, names.most_common(3)


def new_sqlite(directory: Path) -> Database:
    """A file that is not there yet: the first server makes it."""
    return Database(f"sqlite:///{directory / 'var' / 'accounts.sqlite'}")


def new_postgres(server: PostgresServer, directory: Path, *, owner: str = "varvel") -> Database:
    """An empty database with the newest schema, used as `owner`."""
    url = server.create_database(options=f"OWNER {owner}").replace("//varvel@", f"//{owner}@")
    migrate(Settings.read(clean_environment(directory, DATABASE_URL=url)))
    return Database(url)
