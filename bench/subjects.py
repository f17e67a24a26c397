"""What is measured: Varvel, its peers, and the ceilings. Each is started as its users start it."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep

from bench import environments, machine
from tests.ports import free_port

WORKERS = 2
THREADS = 4
HASH_MEMORY, HASH_TIME = 19_456, 2
"""argon2id: KiB, passes; one lane. Everybody hashes with these."""

LIFETIME = 3600
"""Seconds a token lives, so that none expires in a run."""

SECRET = "bench-" * 8
DEADLINE = 60
"""Seconds."""

BIN = environments.python(environments.VARVEL).parent


@dataclass(frozen=True)
class Database:
    """A database of one peer, and the directory for whatever else it writes."""

    directory: Path
    url: str

    @property
    def file(self) -> Path:
        """Where it is, if it is SQLite's."""
        return Path(self.url.removeprefix("sqlite:///"))


@dataclass(frozen=True)
class Subject:
    """One way to serve. `peer` is whose program it is; a command's {port} is filled in."""

    name: str
    title: str
    peer: str
    command: tuple[str, ...]
    prepare: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def is_ceiling(self) -> bool:
        """Whether it answers everything alike, whoever asks."""
        return self.peer == "ceilings"

    def environment(self, database: Database, port: int) -> dict[str, str]:
        """All that its processes find in their environment."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(database.directory),
            "BENCH_DATABASE": database.url,
            "BENCH_SECRET": SECRET,
            "BENCH_TOKEN_LIFETIME": str(LIFETIME),
            "BENCH_HASH_MEMORY": str(HASH_MEMORY),
            "BENCH_HASH_TIME": str(HASH_TIME),
            "VARVEL_DATABASE_URL": database.url,
            "VARVEL_DATA_DIR": str(database.directory),
            "VARVEL_BIND": f"127.0.0.1:{port}",
            "VARVEL_WORKERS": str(WORKERS),
            "VARVEL_TOKEN_LIFETIME": str(LIFETIME),
            **self.settings,
        }

    @property
    def working_directory(self) -> Path:
        """Where its program is."""
        return environments.directory(self.peer) if self.peer else environments.BENCH.parent


@dataclass(frozen=True)
class Running:
    """A subject that answers on `port`; `seconds` is how long that took."""

    subject: Subject
    port: int
    pid: int
    database: Database
    seconds: float = 0.0

    def pids(self) -> list[int]:
        """All its processes."""
        return machine.family(self.pid)


def _gunicorn(peer: str, *options: str, app: str = "app:app") -> tuple[str, ...]:
    python = BIN / "python" if peer == "ceilings" else environments.python(peer)
    common = ("--workers", str(WORKERS), "--bind", "127.0.0.1:{port}", "--no-control-socket")
    return (str(python), "-m", "gunicorn", *common, *options, app)


def _varvel(name: str, title: str, **settings: str) -> Subject:
    varvel = str(BIN / "varvel")
    variables = {f"VARVEL_{key}": value for key, value in settings.items()}
    return Subject(name, title, "", (varvel, "serve"), (varvel, "migrate"), variables)


def _ceiling(name: str, title: str) -> Subject:
    # As entrypoints/gunicorn_conf.py has it.
    asgi = ("--worker-class", "asgi", "--asgi-loop", "uvloop", "--http-parser", "fast", "--preload")
    app = f"app:{name}_app"
    return Subject(name, title, "ceilings", _gunicorn("ceilings", *asgi, app=app))


def _peer(name: str, title: str, peer: str, command: tuple[str, ...]) -> Subject:
    return Subject(name, title, peer, command, (str(environments.python(peer)), "app.py"))


THREADED = ("--worker-class", "gthread", "--threads", str(THREADS))
UVICORN = ("-m", "uvicorn", "--workers", str(WORKERS), "--port", "{port}", "--log-level", "warning")

SUBJECTS = {
    each.name: each
    for each in (
        _ceiling("asgi", "bare ASGI callable"),
        _ceiling("falcon", "bare Falcon ASGI"),
        _varvel("varvel", "Varvel", LOG_LEVEL="warning"),
        _varvel("varvel-logged", "Varvel with its log, as shipped"),
        _peer("flask-sync", "Flask, sync workers", "flask", _gunicorn("flask")),
        _peer("flask-threads", "Flask, threads", "flask", _gunicorn("flask", *THREADED)),
        _peer(
            "fastapi-users",
            "fastapi-users",
            "fastapi_users",
            (str(environments.python("fastapi_users")), *UVICORN, "--no-access-log", "app:app"),
        ),
        _peer("drf", "Django REST framework", "drf", _gunicorn("drf", *THREADED)),
    )
}


def answers(port: int) -> bool:
    """Whether something answers there now."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def prepare(subject: Subject, database: Database, *arguments: str) -> str:
    """Makes a subject's database, or lets its program say what it was asked for."""
    if not subject.prepare:
        return ""
    done = subprocess.run(
        [*subject.prepare, *arguments],
        cwd=subject.working_directory,
        env=subject.environment(database, 0),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@contextmanager
def running(subject: Subject, database: Database) -> Iterator[Running]:
    """A subject on its prepared database, from its first answer to the end of the block."""
    port = free_port()
    begun = perf_counter()
    log = database.directory / f"{subject.name}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [part.format(port=port) for part in subject.command],
            cwd=subject.working_directory,
            env=subject.environment(database, port),
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        while not answers(port):
            if process.poll() is not None or perf_counter() > begun + DEADLINE:
                raise SystemExit(f"{subject.title} did not start:\n{log.read_text()}")
            sleep(0.005)
        yield Running(subject, port, process.pid, database, perf_counter() - begun)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait(DEADLINE)


@contextmanager
def all_running(
    names: Iterable[str], databases: Mapping[str, Database]
) -> Iterator[dict[str, Running]]:
    """Several at once; each is idle while it is not its turn."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(running(SUBJECTS[name], databases[SUBJECTS[name].peer]))
            for name in names
        }
