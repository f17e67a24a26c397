"""After any history exactly those are logged in who may be: in memory and in both databases."""

from hypothesis import settings

from tests.contracts.conftest import Stores
from tests.contracts.session_histories import run_histories

STEPS = 30
SHARE = {True: 3, False: 12}
"""Of the examples that a property has in this run, by whether storage is in memory."""


def test_whatever_happens_exactly_those_are_logged_in_who_may_be(stores: Stores) -> None:
    examples = settings().max_examples // SHARE[stores.database is None]

    assert run_histories(stores, settings(max_examples=examples, stateful_step_count=STEPS))
