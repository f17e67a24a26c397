"""Whether anything that is locked is known to be vulnerable; the same as `make advisories`."""

import subprocess
import sys
from pathlib import Path

import pytest
from scripts.advisories import NOT_ASKED

from tests.torture.counting import Done

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.torture


def test_nothing_that_is_locked_is_known_to_be_vulnerable(record_property: Done) -> None:
    command = [sys.executable, str(ROOT / "scripts/advisories.py")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    if done.returncode == NOT_ASKED:
        # Counted as not run, with this reason.
        pytest.skip(done.stderr.strip())
    record_property("done", (done.stdout.splitlines() or ["nothing"])[-1])
    assert not done.returncode, f"{done.stdout}\n{done.stderr}"
