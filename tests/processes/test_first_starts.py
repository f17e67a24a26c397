"""The first start, by several processes at the same moment."""

from pathlib import Path

from tests.processes.first_starts import Watch, check, started_at_once


def test_six_first_starts_agree_on_one_secret_and_one_key(tmp_path: Path) -> None:
    with Watch(tmp_path / "var") as watch, started_at_once(tmp_path, 6) as servers:
        check(servers)

    watch.check()
