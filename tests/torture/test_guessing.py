"""Guessing without a pause, at many names, on both databases."""

from pathlib import Path

import pytest

from tests.processes.databases import Database
from tests.processes.guessing import (
    AT_ONCE,
    MAXIMUM,
    WAYS,
    WORKERS,
    Besiege,
    Tally,
    allowed,
    besiege_to_the_cap,
    siege,
)
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

NAMES = 8
LONGEST = 8
"""Seconds to which delays double, so that some of each length expire before the cap."""


def said(tallies: list[Tally], longest: int) -> str:
    guesses = sum(tally.statuses.total() for tally in tallies)
    hashes = sum(tally.hashes for tally in tallies)
    most = sum(allowed(tally.seconds, longest) for tally in tallies)
    return (
        f"{len(tallies)} names, {AT_ONCE} at once at {WORKERS} workers, {guesses:,} guesses, "
        f"{hashes} hashes spent of {most} allowed, {sum(t.unknown for t in tallies)} times 503"
    )


@pytest.mark.parametrize("besiege", WAYS, ids=lambda way: way.__name__)
def test_no_more_hashes_are_spent_on_8_names_than_are_allowed(
    tmp_path: Path, database: Database, besiege: Besiege, record_property: Done
) -> None:
    with siege(tmp_path, database) as opened:
        tallies = [besiege(opened) for _ in range(NAMES)]

    record_property("done", said(tallies, 1))


def test_delays_that_double_are_kept_to_the_cap(
    tmp_path: Path, database: Database, record_property: Done
) -> None:
    with siege(tmp_path, database, longest=LONGEST) as opened:
        tally = besiege_to_the_cap(opened)

    record_property("done", f"{said([tally], LONGEST)} in {tally.seconds:.0f} s")
    assert tally.hashes <= MAXIMUM
