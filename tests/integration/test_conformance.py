"""What the description promises, put to the test by Schemathesis."""

import pytest

from tests.integration.conformance import check, conform
from tests.integration.stores import SQLITE, Store

CASES = 300
EXAMPLES = 10
ROUNDS = 4


@pytest.mark.databases(SQLITE)
def test_300_cases_made_of_the_description_are_answered_as_it_says(store: Store) -> None:
    found = conform(store, examples=EXAMPLES, rounds=ROUNDS, seed=1)

    check(found)
    assert found.cases >= CASES
