"""A page of the documentation, followed word for word: its commands and its programs."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE, tries
from tests.ports import free_port
from tests.processes.servers import CHEAP_HASH, PATIENT, VARVEL

DOCS = Path(__file__).parents[2] / "docs"
PORTS = ("5000", "5001", "5002")
"""The ports that pages name; for each, a test takes a free one."""


class Guide:
    """A page, in a directory of its own in which somebody follows it.

    Settings that the page does not name are without VARVEL_.
    """

    def __init__(
        self, page: str, directory: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory
        self.ports = _free_ports()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._text = self._moved((DOCS / page).read_text())
        self._environment = {
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
            **CHEAP_HASH,
            **PATIENT,
            "PATH": f"{Path(VARVEL).parent}:{os.environ['PATH']}",
            "HOME": str(directory),
            "VARVEL_BIND": f"127.0.0.1:{self.ports[0]}",
            "VARVEL_PUBLIC_URL": f"http://localhost:{self.ports[0]}",
            **{f"VARVEL_{name}": value for name, value in (settings or {}).items()},
        }

    def _moved(self, text: str) -> str:
        for port, free in zip(PORTS, self.ports, strict=True):
            text = text.replace(f":{port}", f":{free}").replace(f"--port {port}", f"--port {free}")
        return text

    def commands(self, beginning: str) -> list[str]:
        """The commands that begin so, in the page's order, without what they answer."""
        blocks = "".join(re.findall(r"```console\n(.*?)```", self._text, re.DOTALL))
        found = re.findall(r"^\$ (.*)$", blocks, re.MULTILINE)
        return [command for command in found if command.startswith(beginning)]

    def write_programs(self) -> None:
        """Writes each program into the file that the words before it name."""
        program = re.compile(r"^`(\w+\.py)`,.*?```python\n(.*?)```", re.DOTALL | re.MULTILINE)
        for name, code in program.findall(self._text):
            (self.directory / name).write_text(code)

    def answer(self, command: str) -> str:
        """What a command writes. Fails the test if it does."""
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.directory,
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done
        return done.stdout

    @contextmanager
    def served(self, *commands: str, port: int) -> Iterator[None]:
        """Runs the commands in one shell, of which the last one serves at this port."""
        *before, last = commands
        log = self.directory / f"{port}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                ["sh", "-c", "; ".join([*before, f"exec {last}"])],
                cwd=self.directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            self._processes[port] = process
            try:
                yield
            finally:
                process.terminate()
                process.wait(PATIENCE)
        assert "Traceback" not in log.read_text(), log.read_text()

    def wait_for(self, port: int) -> None:
        """Waits until what serves at this port listens. Fails the test if it has ended."""
        for _ in tries():
            log = (self.directory / f"{port}.log").read_text()
            assert self._processes[port].poll() is None, log
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
        pytest.fail(f"Nothing listens on {port}:\n{log}")


def _free_ports() -> list[int]:
    found: set[int] = set()
    while len(found) < len(PORTS):
        found.add(free_port())
    return list(found)
