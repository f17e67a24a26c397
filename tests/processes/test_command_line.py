"""The command line: what it says, and that it fails in one sentence."""

import os
import pty
import socket
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from entrypoints.bootstrap import prepare
from entrypoints.settings import Settings
from tests.patience import PATIENCE
from tests.processes.commands import MIGRATE, PLAIN_GUNICORN, SERVE, assert_refused, run
from tests.processes.connections import HOST
from tests.processes.databases import Database
from tests.processes.faults import eventually
from tests.processes.servers import VARVEL, Server, clean_environment, random_secret

EVERY_COMMAND = pytest.mark.parametrize(
    "command", [SERVE, MIGRATE, PLAIN_GUNICORN], ids=["serve", "migrate", "gunicorn"]
)
BOTH_SERVERS = pytest.mark.parametrize(
    "command", [SERVE, PLAIN_GUNICORN], ids=["serve", "gunicorn"]
)


def test_help_lists_the_commands_and_shows_examples(tmp_path: Path) -> None:
    completed = run(tmp_path, (VARVEL, "--help"))

    assert completed.returncode == 0
    for words in (
        "Usage: varvel",
        "serve",
        "migrate",
        "users",
        "keys",
        "--version",
        "Examples:\n    varvel serve\n",
    ):
        assert words in completed.stdout


@pytest.mark.parametrize(
    ("command", "example"),
    [
        (SERVE, "Examples:\n    varvel serve\n    VARVEL_BIND=127.0.0.1:8000 varvel serve\n"),
        (MIGRATE, "Examples:\n    VARVEL_DATABASE_URL=postgresql://"),
    ],
    ids=["serve", "migrate"],
)
def test_the_help_of_a_command_shows_an_example(
    tmp_path: Path, command: tuple[str, ...], example: str
) -> None:
    completed = run(tmp_path, (*command, "--help"))

    assert completed.returncode == 0
    assert example in completed.stdout
    assert not (tmp_path / "var").exists()


def test_version_says_the_version(tmp_path: Path) -> None:
    completed = run(tmp_path, (VARVEL, "--version"))

    assert completed.returncode == 0
    assert completed.stdout == f"varvel, version {version('varvel')}\n"


def test_an_unknown_command_is_refused_with_a_hint(tmp_path: Path) -> None:
    completed = run(tmp_path, (VARVEL, "surf"))

    assert completed.returncode == 2
    assert "No such command" in completed.stderr
    assert "Traceback" not in completed.stderr


def test_migrating_twice_is_fine(tmp_path: Path) -> None:
    for _ in range(2):
        completed = run(tmp_path, MIGRATE)

        assert completed.returncode == 0, completed.stderr
        assert completed.stdout == "The database has the newest schema.\n"
    with Server(tmp_path) as server:
        assert server.register("miguel").status == 201


def restore_at_a_terminal(directory: Path, file: Path, answer: bytes) -> int:
    """Types this answer; gives the exit code."""
    terminal, theirs = pty.openpty()
    try:
        started = subprocess.Popen(
            (VARVEL, "restore", str(file)),
            env=clean_environment(directory),
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.write(terminal, answer)
        return started.wait(PATIENCE)
    finally:
        os.close(terminal)
        os.close(theirs)


def test_who_restores_over_users_at_a_terminal_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "backup"
    run(tmp_path, MIGRATE)
    assert run(tmp_path, (VARVEL, "backup", str(file))).returncode == 0
    database = Database(f"sqlite:///{tmp_path / 'var' / 'varvel.sqlite'}")
    database.execute(
        "INSERT INTO users VALUES (1, 'susan', 'susan', 'hash', '2026-01-01', NULL, NULL)"
    )

    assert restore_at_a_terminal(tmp_path, file, b"n\n") == 1
    assert database.users() == [(1, "susan")]
    assert restore_at_a_terminal(tmp_path, file, b"y\n") == 0
    assert database.users() == []


def test_operators_administer_a_server_that_runs(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.register("miguel")
        token = server.token("miguel")

        rotated = run(tmp_path, (VARVEL, "keys", "rotate"))
        disabled = run(tmp_path, (VARVEL, "users", "disable", "miguel"))

        assert (rotated.returncode, rotated.stderr) == (0, "")
        assert (disabled.returncode, disabled.stdout) == (0, "Disabled; 1 session ended.\n")
        eventually(
            lambda: server.call("GET", "/api/resource", auth=(token, "x")), {200: False, 401: True}
        )
        assert server.call("GET", "/api/token", auth=("miguel", "python")).status == 401
        # Who knows that the session is over has read what was written before as well.
        published = server.call("GET", "/.well-known/jwks.json").json["keys"]
        assert rotated.stdout.split()[1] in {key["kid"] for key in published}


def test_a_busy_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        address = f"{HOST}:{listener.getsockname()[1]}"
        completed = run(tmp_path, SERVE, BIND=address)

    assert_refused(completed, f"Cannot listen on {address}", "VARVEL_BIND")


@pytest.mark.parametrize("address", ["192.0.2.1:5000", "no-such-host.invalid:5000", "[::2]:5000"])
def test_an_address_of_another_machine_is_told_in_one_sentence(
    tmp_path: Path, address: str
) -> None:
    assert_refused(run(tmp_path, SERVE, BIND=address), f"Cannot listen on {address}")


@EVERY_COMMAND
def test_a_directory_that_cannot_be_made_is_told_in_one_sentence(
    tmp_path: Path, command: Sequence[str]
) -> None:
    # Below a file nobody can make a directory, not even root.
    file = tmp_path / "file"
    file.touch()

    completed = run(tmp_path, command, DATA_DIR=str(file / "var"))

    assert_refused(completed, str(file / "var"), "VARVEL_DATA_DIR")


@EVERY_COMMAND
def test_all_bad_settings_are_told_together(tmp_path: Path, command: Sequence[str]) -> None:
    completed = run(
        tmp_path,
        command,
        BIND="nowhere",
        WORKERS="none",
        PROFILE="holiday",
        SECRET="planted-short-secret",
        TOKEN_LIFETIME="-1",
    )

    names = ("BIND", "WORKERS", "PROFILE", "SECRET", "TOKEN_LIFETIME")
    assert_refused(completed, *(f"VARVEL_{name} " for name in names), sentences=len(names))
    assert "planted" not in completed.stderr


@BOTH_SERVERS
def test_a_key_made_under_another_secret_is_told_in_one_line(
    tmp_path: Path, command: Sequence[str]
) -> None:
    prepare(Settings.read(clean_environment(tmp_path, SECRET=random_secret())))

    assert_refused(run(tmp_path, command, SECRET=random_secret()), "VARVEL_SECRET")


def test_a_damaged_secret_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret").write_text("c2hvcnQ=\n")

    assert_refused(run(tmp_path, SERVE), str(tmp_path / "var" / "secret"))


@pytest.mark.parametrize("url", ["nonsense", "planted://user:planted@host/name", "sqlite:////"])
def test_a_database_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, url: str) -> None:
    completed = run(tmp_path, SERVE, DATABASE_URL=url)

    assert_refused(completed, "VARVEL_DATABASE_URL")
    assert "planted" not in completed.stderr


@BOTH_SERVERS
def test_a_file_that_is_no_database_is_told_in_one_line(
    tmp_path: Path, command: Sequence[str]
) -> None:
    file = tmp_path / "text.sqlite"
    file.write_text("This is no database. " * 1000)

    completed = run(tmp_path, command, DATABASE_URL=f"sqlite:///{file}")

    assert_refused(completed, str(file), "VARVEL_DATABASE_URL")
