"""A server in a process of its own, as an operator starts it."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import IO, Any, Self

from tests.patience import PATIENCE
from tests.ports import free_port
from tests.processes.connections import Answer, call

ROOT = Path(__file__).parents[2]
VARVEL = str(Path(sys.executable).parent / "varvel")
GUNICORN = (sys.executable, "-m", "gunicorn")
CHEAP_HASH = {"VARVEL_HASH_MEMORY": "8", "VARVEL_HASH_TIME": "1"}

PATIENT = {
    "VARVEL_THROTTLE_FREE": "1000000",
    "VARVEL_THROTTLE_MAXIMUM": "1000000",
    "VARVEL_THROTTLE_NETWORK_FAILURES": "1000000",
}
"""For tests in which a wrong password is not a guess."""

LISTENING = "ASGI server listening on"
"""What a worker logs when it takes requests."""

LEAVING = "Worker exiting"
"""What a worker logs when its last request is answered."""

ORPHANED = "Parent changed, shutting down"
"""What a worker logs when its master has gone."""


def random_secret() -> str:
    """What VARVEL_SECRET asks for."""
    return secrets.token_urlsafe(32)


def clean_environment(directory: Path, **variables: str) -> dict[str, str]:
    """Settings as given, without VARVEL_, and nothing else of this process but its PATH."""
    home = directory / "home"
    home.mkdir(parents=True, exist_ok=True)
    # Coverage measures the processes that a test starts by what it leaves in the environment.
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {
        **kept,
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        **CHEAP_HASH,
        **PATIENT,
        "VARVEL_DATA_DIR": str(directory / "var"),
        **{f"VARVEL_{name}": value for name, value in variables.items()},
    }


class Server:
    """Starts a server on entering and stops it on leaving.

    Fails the test when the server does not start, leaves with another exit code, or writes a
    traceback. `directory` is where its data directory `var` and its home are; `settings` and all
    other keywords are settings without VARVEL_. A server that has ended can be started again.
    """

    exit_code = 0
    """What the command leaves with when it is asked to stop."""

    def __init__(
        self,
        directory: Path,
        *,
        command: Sequence[str] = (VARVEL, "serve"),
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        workers: int = 1,
        working_directory: Path = ROOT,
        settings: Mapping[str, str] | None = None,
        **variables: str,
    ) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.workers = workers
        self._working_directory = working_directory
        self._command = command
        chosen = {"BIND": f"127.0.0.1:{self.port}", "WORKERS": str(workers), **variables}
        self._environment = environment or clean_environment(
            directory, **(settings or {}), **chosen
        )
        self._lines: list[str] = []
        self._changed = Condition()

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        code = self.stop()
        if error is not None:
            last = "".join(self._lines[-20:])
            error.add_note(f"The server left with {code}. Its last lines:\n{last}")
        else:
            assert code == self.exit_code, f"The server left with {code}:\n{self.output}"
            assert "Traceback" not in self.output, self.output

    def start(self) -> None:
        self._ended = self._asked_to_stop = False
        self._listened_before = self.times_logged(LISTENING)
        self._process = subprocess.Popen(
            self._command,
            cwd=self._working_directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
        assert self._process.stdout is not None
        self._reader = Thread(target=self._read, args=(self._process.stdout,))
        self._reader.start()

    def wait_until_ready(self) -> None:
        self.wait_for_listeners(self._listened_before + self.workers)

    def wait_for_listeners(self, number: int) -> None:
        """Waits until workers have begun to listen this often, since the first start."""
        self.wait_for(lambda: self.times_logged(LISTENING) >= number)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Waits until a line of output makes the condition true. Fails if the output ends first."""
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._ended, PATIENCE)
            assert condition(), f"The server did not get there:\n{self.output}"

    def stop(self) -> int:
        """Asks the server to stop; returns its exit code once all its processes are gone."""
        self.ask_to_stop()
        return self.wait_until_gone()

    def ask_to_stop(self) -> None:
        """Sends SIGTERM, once."""
        if not self._asked_to_stop:
            self._asked_to_stop = True
            self._process.send_signal(signal.SIGTERM)

    def reload(self) -> None:
        """Sends SIGHUP; returns when new workers have taken over and the old ones have left."""
        listened, left = self.times_logged(LISTENING), self.times_logged(LEAVING)
        self._process.send_signal(signal.SIGHUP)
        self.wait_for_listeners(listened + self.workers)
        self.wait_for(lambda: self.times_logged(LEAVING) >= left + self.workers)

    def kill_worker(self, number: int = 0) -> None:
        """Kills one worker; returns when another one listens in its place."""
        listened = self.times_logged(LISTENING)
        workers = self.worker_pids()
        os.kill(workers[number % len(workers)], signal.SIGKILL)
        self.wait_for_listeners(listened + 1)

    def kill_master(self) -> None:
        """Kills the master alone; once its workers have noticed, clears up and starts it again.

        Workers without a master stay while somebody keeps a connection busy; a supervisor ends
        what is left of a service before it starts it anew, and so does this.
        """
        orphaned = self.times_logged(ORPHANED)
        self._process.kill()
        self.wait_for(lambda: self.times_logged(ORPHANED) >= orphaned + self.workers)
        self.kill()
        self.start()
        self.wait_until_ready()

    def wait_until_gone(self) -> int:
        try:
            code = self._process.wait(PATIENCE)
            # The pipe ends with the last process that holds it, which is not always the first one.
            self._reader.join(PATIENCE)
            assert not self._reader.is_alive(), "Processes of the server are left."
        except BaseException:
            self.kill()
            raise
        return code

    def kill(self) -> None:
        """Ends every process of the server at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> str:
        """All that the server has written to standard output and standard error."""
        return "".join(self._lines)

    def entries(self) -> list[dict[str, Any]]:
        """The fields of each line of the log."""
        return [json.loads(line) for line in tuple(self._lines) if line.startswith("{")]

    @property
    def data_directory(self) -> Path:
        return self.directory / "var"

    def times_logged(self, text: str) -> int:
        return sum(text in line for line in tuple(self._lines))

    def worker_pids(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def call(self, method: str, path: str, **arguments: object) -> Answer:
        return call(self.port, method, path, **arguments)  # type: ignore[arg-type]

    def register(self, username: str, password: str = "python") -> Answer:
        return self.call("POST", "/api/users", json={"username": username, "password": password})

    def token(self, username: str, password: str = "python") -> str:
        answer = self.call("GET", "/api/token", auth=(username, password))
        assert answer.status == 200, answer
        return str(answer.json["token"])

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
