"""What all tests share."""

import os

import pytest
from hypothesis import settings

from tests.fakes.clock import FakeClock

# Deadlines are wall-clock assertions, and random examples make a red run unrepeatable.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=200)
settings.register_profile("torture", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
