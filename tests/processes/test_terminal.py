"""The command line at a terminal: passwords are asked for and not shown, lists have a head."""

import os
import pty
import select
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.processes.commands import MIGRATE, run
from tests.processes.servers import VARVEL, clean_environment

PASSWORD = "correct horse battery"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """With a database."""
    assert run(tmp_path, MIGRATE).returncode == 0
    return tmp_path


def at_terminal(directory: Path, *words: str, typed: tuple[str, ...] = ()) -> tuple[int, str]:
    """The exit code and all that the screen shows; each line is typed at a question of its own."""
    screen, keyboard = pty.openpty()
    process = subprocess.Popen(
        (VARVEL, *words),
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        env=clean_environment(directory),
        # Or it would ask at the terminal of whoever runs the tests.
        start_new_session=True,
    )
    os.close(keyboard)
    shown = b""
    try:
        for line in typed:
            while not shown.endswith(b": "):
                shown += _next(screen)
            os.write(screen, line.encode() + b"\n")
            shown += _next(screen)
        while more := _next(screen):
            shown += more
        return process.wait(PATIENCE), shown.decode()
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def _next(screen: int) -> bytes:
    assert select.select([screen], [], [], PATIENCE)[0], "Nothing came of it."
    try:
        return os.read(screen, 4096)
    except OSError:  # as Linux tells that nobody writes there any more
        return b""


def test_a_password_is_asked_for_twice_and_never_shown(directory: Path) -> None:
    code, shown = at_terminal(
        directory, "users", "create", "susan", typed=(PASSWORD, "another", PASSWORD, PASSWORD)
    )

    assert code == 0
    assert shown.splitlines() == [
        "Password: ",
        "Repeat for confirmation: ",
        "Error: The two entered values do not match.",
        "Password: ",
        "Repeat for confirmation: ",
        "Created, with id 1.",
    ]


def test_a_list_has_a_head_and_colours(directory: Path) -> None:
    at_terminal(directory, "users", "create", "--generate", "susan")

    code, shown = at_terminal(directory, "users", "list")

    head, line = shown.splitlines()
    assert code == 0
    assert head == "\x1b[1m      ID  CREATED (UTC)        STATE     ROLE   NAME\x1b[0m"
    assert line.endswith("\x1b[32mactive  \x1b[0m  -      susan")


def test_a_list_of_applications_has_a_head(directory: Path) -> None:
    code, shown = at_terminal(directory, "clients", "list")

    head = f"{'ID':22}  CREATED (UTC)        KIND          NAME"
    assert (code, shown) == (0, f"\x1b[1m{head}\x1b[0m\r\n")
