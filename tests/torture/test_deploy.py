"""The files in deploy/, judged by the programs that they are for, where those are installed."""

from pathlib import Path

import pytest

from tests.processes.nginx import judged
from tests.processes.servers import ROOT, VARVEL
from tests.torture.counting import Done

pytestmark = pytest.mark.torture


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path, record_property: Done) -> None:
    text = (ROOT / "deploy/varvel.service").read_text("utf-8")
    # The one path that is another one here.
    unit = tmp_path / "varvel.service"
    unit.write_text(text.replace("/opt/varvel/.venv/bin/varvel", VARVEL))

    said = judged("systemd-analyze", "verify", unit)

    assert said == ""
    exposure = judged("systemd-analyze", "security", "--offline=yes", "--threshold=20", unit)
    record_property("done", exposure.strip().splitlines()[-1].encode("ascii", "ignore").decode())
