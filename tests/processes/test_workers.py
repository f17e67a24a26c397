"""Four workers on one database: what one of them is told, all of them soon know."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.databases import BACKENDS, POSTGRESQL, SQLITE, new_postgres, new_sqlite
from tests.processes.grant_ends import GRANT_WAYS
from tests.processes.revocations import WAYS, Crowd, Way, crowd, revoke
from tests.processes.rotations import rotate_under_load

SESSIONS = 3
SOON = {"REVOCATION_POLL": "0.1"}
"""The setting with which tests wait less."""


@pytest.fixture(scope="module", params=BACKENDS)
def standing_crowd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowd]:
    directory: Path = tmp_path_factory.mktemp("crowd")
    if request.param == SQLITE:
        database = new_sqlite(directory)
    else:
        database = new_postgres(request.getfixturevalue("postgres"), directory)
    with crowd(directory, database, **SOON) as opened:
        yield opened


@pytest.mark.asvs("V7.4.1")
@pytest.mark.parametrize("way", [*WAYS, *GRANT_WAYS], ids=lambda way: way.__name__)
def test_a_session_that_is_ended_is_refused_by_every_worker(
    standing_crowd: Crowd, way: Way
) -> None:
    revoke(standing_crowd, way, SESSIONS)


@pytest.mark.parametrize("standing_crowd", [POSTGRESQL], indirect=True)
def test_who_keeps_the_published_keys_as_told_refuses_no_token_while_keys_are_rotated(
    standing_crowd: Crowd,
) -> None:
    traffic = rotate_under_load(standing_crowd, times=1)

    assert traffic.refused == 0
    assert traffic.verified > 0
