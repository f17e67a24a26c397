"""100,000 users in and out, on both databases: how long that takes, how much memory, and alike."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.flask import sha512_hash
from tests.processes.databases import Database
from tests.processes.servers import VARVEL, clean_environment
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

USERS = 100_000
MOST_MEMORY = 200
"""MiB, however many there are: names that were taken are all that is held of them."""


def run(directory: Path, database: Database, *words: str) -> tuple[float, int]:
    """How many seconds the command takes, and how many MiB at most. Fails unless all went well."""
    environment = clean_environment(directory, **database.variables)
    began = time.monotonic()
    with (directory / "told").open("wb") as told:
        process = subprocess.Popen([VARVEL, *words], env=environment, stdout=told, cwd=directory)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.monotonic() - began, usage.ru_maxrss // 1024


def test_100_000_users_come_in_and_go_out_as_they_were(
    tmp_path: Path, database: Database, record_property: Done
) -> None:
    run(tmp_path, database, "migrate")
    password_hash = sha512_hash("python")
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    with first.open("w", encoding="utf-8") as file:
        for number in range(USERS):
            moments = {"created_at": "2026-03-01T12:00:00.250000+00:00", "disabled_at": None}
            user = {"name": f"Zoë-{number}", "password_hash": password_hash, **moments}
            file.write(json.dumps(user, ensure_ascii=False) + "\n")

    came = run(tmp_path, database, "users", "import", str(first))
    again = run(tmp_path, database, "users", "import", str(first))
    told = (tmp_path / "told").read_text("utf-8")
    went = run(tmp_path, database, "users", "export", str(second))

    parts = zip(("in", "in again", "out"), (came, again, went), strict=True)
    record_property(
        "done", "; ".join(f"{what} in {took:.1f} s with {mib} MiB" for what, (took, mib) in parts)
    )
    assert told.endswith(f"Taken: 0, already there: {USERS:,}, refused: 0.\n")
    assert second.read_bytes() == first.read_bytes()
    assert max(mib for _, mib in (came, again, went)) < MOST_MEMORY
