"""The first start, by several processes at the same moment."""

from pathlib import Path

from tests.processes.databases import Database
from tests.processes.first_starts import Watch, check, started_at_once


def test_six_first_starts_agree_on_one_secret_and_one_key(tmp_path: Path) -> None:
    with Watch(tmp_path / "var") as watch, started_at_once(tmp_path, 6) as servers:
        check(servers)

    watch.check()


def test_three_first_starts_on_one_postgresql_agree_on_one_key_from_wherever_they_run(
    tmp_path: Path, postgres_database: Database
) -> None:
    with started_at_once(tmp_path, 3, postgres_database) as servers:
        check(servers)

        assert len({server.data_directory for server in servers}) == 3
        working = {Path(f"/proc/{server.pid}/cwd").resolve() for server in servers}
        assert working == {server.directory for server in servers}
        # Nothing is kept outside the database.
        assert not any(server.data_directory.exists() for server in servers)
