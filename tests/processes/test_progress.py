"""What an import shows on a terminal."""

import os
import pty
import subprocess
from pathlib import Path

from tests.flask import database, sha512_hash
from tests.patience import PATIENCE
from tests.processes.commands import MIGRATE, run
from tests.processes.servers import VARVEL, clean_environment


def shown(directory: Path, file: Path) -> str:
    """All that comes to the terminal until the program has ended."""
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [VARVEL, "users", "import", str(file)],
        env=clean_environment(directory, TERM="xterm"),
        stdout=terminal,
        stderr=terminal,
        cwd=directory,
    )
    os.close(terminal)
    found = b""
    try:
        while part := os.read(main, 4096):
            found += part
    except OSError:
        pass  # how Linux says that nobody has the terminal open any more
    os.close(main)
    assert process.wait(PATIENCE) == 2
    return found.decode("utf-8")


def test_a_bar_goes_along_below_the_rows(tmp_path: Path) -> None:
    assert run(tmp_path, MIGRATE).returncode == 0
    accounts = [(f"user-{number}", sha512_hash("python")) for number in (1, 2)]
    file = database(tmp_path / "app.db", [*accounts, (None, "x")])

    told = shown(tmp_path, file)

    assert "\r\x1b[Krow 1        'user-1'  taken\r\n" in told
    assert "Importing  [####################################]  100%" in told
    assert told.endswith("Taken: 2, already there: 0, refused: 1.\r\n")
