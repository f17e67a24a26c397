"""Twenty at once: nothing lives on that was ended, whoever came first."""

import pytest

from tests.processes.grant_races import GRANT_RACES, WITHDRAWAL_RACES
from tests.processes.session_races import RACES, Arena, Race

ROUNDS = 2


@pytest.mark.asvs("V15.4.2")
@pytest.mark.parametrize("race", [*RACES, *GRANT_RACES], ids=lambda race: race.__name__)
def test_nothing_that_was_ended_lives_on_whoever_of_20_came_first(
    standing_arena: Arena, race: Race
) -> None:
    for _ in range(ROUNDS):
        race(standing_arena)


@pytest.mark.parametrize("race", WITHDRAWAL_RACES, ids=lambda race: race.__name__)
def test_no_application_keeps_what_was_taken_back_beside_it(
    standing_arena: Arena, race: Race
) -> None:
    race(standing_arena)
