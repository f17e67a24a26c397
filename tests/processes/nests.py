"""A server full of canaries, and all that it leaves behind."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from entrypoints.bootstrap.parts import make_parts
from entrypoints.settings import Settings
from entrypoints.settings.reader import _decoded
from tests.postgresql import PostgresServer
from tests.processes.canaries import Canaries, files, process_list, rows
from tests.processes.commands import CHECK, MIGRATE, SERVE, run
from tests.processes.databases import Database
from tests.processes.oauth_plants import CALLBACK, plant_in_oauth
from tests.processes.planted_faults import plant_in_faults
from tests.processes.plants import Planter, plant_everything
from tests.processes.servers import VARVEL, Server, clean_environment, random_secret

UNTHROTTLED = {"THROTTLE_FREE": "1000000", "THROTTLE_NETWORK_FAILURES": "1000000"}
NOWHERE = "127.0.0.1:1"
WRONG_SETTINGS = {
    "SECRET": "short%s",
    "DATABASE_URL": "mysql://varvel:%s@localhost/varvel",
    "PUBLIC_URL": "https://varvel:%s@localhost",
    "BIND": "%s",
    "TRUSTED_PROXIES": "%s",
    "CORS_ORIGINS": "%s",
    "PROFILE": "%s",
    "HASH_MEMORY": "%s",
}


@dataclass
class Nest:
    """A directory, a database, and the canaries in them."""

    directory: Path
    database: Database
    postgres: PostgresServer | None = None
    canaries: Canaries = field(default_factory=Canaries)
    haystacks: dict[str, bytes] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        return self.database.variables | UNTHROTTLED

    def serve_everything(self) -> None:
        """A server's life from its start to its end."""
        server = Server(self.directory, workers=2, settings=self.settings)
        with _running(server):
            planter = Planter(server, self.canaries)
            password = plant_everything(planter)
            plant_in_oauth(planter, password, *self._registered())
            plant_in_faults(planter, self.database, password)
            self.haystacks |= planter.answers | process_list(server)
        # Where the program itself made a mistake it has said so, which a server does not forgive.
        assert "Traceback" in server.output
        self.haystacks["the log"] = server.output.encode()

    def _registered(self) -> tuple[str, str]:
        """The id and the secret of an application; who registers it is shown both."""
        words = ("clients", "create", "Shop", "--redirect-uri", CALLBACK, "--scope", "profile")
        told = run(self.directory, (VARVEL, *words, "--json"), **self.settings)
        client = json.loads(told.stdout)
        return client["id"], client["secret"]

    def look_around(self) -> None:
        """What is left when the server has gone."""
        self.haystacks |= files(self.directory)
        self.haystacks["the database"] = rows(self.database)
        if self.postgres is not None:
            self.haystacks["PostgreSQL's log"] = (self.postgres._directory / "log").read_bytes()

    def set_secrets(self) -> None:
        """Secrets of the settings. The database's password is asked of nobody who is trusted."""
        add, add_bytes = self.canaries.add, self.canaries.add_bytes
        secrets = [add(f"{age} VARVEL_SECRET", random_secret()) for age in ("new", "old")]
        url = self.database.url
        if self.postgres is not None:
            url = url.replace("@", f":{self.canaries.new('password of the database')}@", 1)
        self.database = replace(self.database, url=url, secret=",".join(secrets))
        for age, secret in zip(("new", "old"), secrets, strict=True):
            add_bytes(f"{age} secret, decoded", _decoded(secret))

    def know_keys(self) -> None:
        """The keys that the secrets give, and the private half of the one that signs."""
        variables = clean_environment(self.directory, **self.settings)
        parts = make_parts(Settings.read(variables))
        for purpose in ("signing-keys", "refresh-tokens", "pseudonyms", "audit"):
            for number, derived in enumerate(parts.secrets.keys_for(purpose)):
                self.canaries.add_bytes(f"{number}. key for {purpose}", derived)
        parts.follow_revocations()()
        _, key = parts.key_ring.signing()
        private = str(key.as_dict(private=True)["d"])
        self.canaries.add("private key", private)
        self.canaries.add_bytes("private key, decoded", _decoded(private))
        parts.database.dispose()

    def run_commands(self) -> None:
        """The command line with good settings, with wrong ones, and with those of elsewhere."""
        new, settings = self.canaries.new, self.settings
        away = f"postgresql://varvel:{new('password away')}@{NOWHERE}/varvel"
        away += f"?sslpassword={new('option away')}"
        wrong = {
            name: value % new(f"wrong VARVEL_{name}") for name, value in WRONG_SETTINGS.items()
        }
        other = {"SECRET": self.canaries.add("another VARVEL_SECRET", random_secret())}
        settings = settings | {"PUBLIC_URL": "https://id.example.com"}
        self._run("check", CHECK, settings)
        self._run("rewrap", (VARVEL, "keys", "rewrap"), settings)
        self._run("rotate, another secret", (VARVEL, "keys", "rotate"), settings | other)
        self._run("disable", (VARVEL, "users", "disable", "miguel"), settings)
        self._run("wrong settings", SERVE, wrong)
        for name, command in {"serve": SERVE, "check": CHECK, "migrate": MIGRATE}.items():
            self._run(f"{name}, away", command, settings | {"DATABASE_URL": away})

    def _run(self, name: str, command: Sequence[str], settings: dict[str, str]) -> None:
        completed = run(self.directory, command, **settings)
        assert "Traceback" not in completed.stderr
        self.haystacks[f"command {name}"] = (completed.stdout + completed.stderr).encode()


@contextmanager
def _running(server: Server) -> Iterator[None]:
    server.start()
    try:
        server.wait_until_ready()
        yield
    except BaseException:
        server.kill()
        raise
    server.stop()


AT_LEAST = 30
"""Secrets. There are many more; a nest with fewer was not filled."""


def search(directory: Path, database: Database, postgres: PostgresServer | None = None) -> Nest:
    """Fills a nest with everything there is, and fails unless nothing gets out of it."""
    nest = Nest(directory, database, postgres)
    nest.set_secrets()
    nest.serve_everything()
    nest.know_keys()
    nest.run_commands()
    nest.look_around()
    canaries = nest.canaries
    assert len(set(canaries.planted.values())) == len(canaries.planted) >= AT_LEAST
    leaks = canaries.found_in(nest.haystacks)
    assert not leaks, leaks
    # Those who were to have their tokens have them, so that the search is no empty one.
    owned = [(where, name) for name, owned in canaries.owners.items() for where in owned]
    canaries.owners.clear()
    found = {(where, name) for where, _, name in canaries.found_in(nest.haystacks)}
    assert found == set(owned), found.symmetric_difference(owned)
    return nest
