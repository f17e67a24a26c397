"""The command line, run as an operator does."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.patience import PATIENCE
from tests.ports import free_port
from tests.processes.connections import HOST
from tests.processes.servers import GUNICORN, ROOT, VARVEL, clean_environment

SERVE = (VARVEL, "serve")
MIGRATE = (VARVEL, "migrate")
CHECK = (VARVEL, "check")
PLAIN_GUNICORN = (
    *GUNICORN,
    "-c",
    "python:entrypoints.gunicorn_conf",
    "entrypoints.server:app",
)


def run(
    directory: Path, command: Sequence[str], **variables: str
) -> subprocess.CompletedProcess[str]:
    chosen = {"BIND": f"{HOST}:{free_port()}", "WORKERS": "1", **variables}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=clean_environment(directory, **chosen),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def assert_refused(
    completed: subprocess.CompletedProcess[str], *words: str, sentences: int = 1
) -> None:
    """Fails unless the program ended at once, with these words and nothing but sentences."""
    assert completed.returncode == 1, completed
    assert "Traceback" not in completed.stdout + completed.stderr
    for word in words:
        assert word in completed.stderr
    lines = [line for line in completed.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == sentences, completed.stderr
    assert all(line.endswith(".") for line in lines)
