"""Whether a test notices when the domain is changed; the same as `make mutants`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.counting import Done

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.torture


def test_9_of_10_mutants_of_the_domain_are_killed_and_the_rest_has_reasons(
    record_property: Done,
) -> None:
    command = [sys.executable, str(ROOT / "scripts/mutants.py")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    record_property("done", (done.stdout.splitlines() or ["nothing"])[-1])
    assert not done.returncode, f"{done.stdout}\n{done.stderr}"
