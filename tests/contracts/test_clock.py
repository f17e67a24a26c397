"""What every clock promises."""

from datetime import UTC, timedelta

import pytest

from adapters.clock import SystemClock
from domain.clock import Clock
from tests.fakes.clock import FakeClock


@pytest.fixture(params=[FakeClock, SystemClock])
def any_clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_the_present_moment_is_aware_and_in_utc(any_clock: Clock) -> None:
    now = any_clock.now()

    assert now.tzinfo is UTC
    assert now.utcoffset() == timedelta(0)


def test_the_present_moment_is_in_this_age(any_clock: Clock) -> None:
    assert any_clock.now().year >= 2026
