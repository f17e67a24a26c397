"""Readiness: what every request depends on."""

import pytest

from domain.health import CheckReadiness, NotReady
from tests.fakes.clock import START
from tests.fakes.health import FakeHealthStorage
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing


@pytest.fixture
def ring() -> FakeKeyRing:
    ring = FakeKeyRing()
    ring.load([FakeKeyFactory().new(generation=1, use_from=START)])
    return ring


def test_a_process_with_its_keys_and_its_storage_is_ready(ring: FakeKeyRing) -> None:
    CheckReadiness(FakeHealthStorage(), ring)()


def test_a_process_whose_storage_cannot_be_used_is_not_ready(ring: FakeKeyRing) -> None:
    with pytest.raises(NotReady):
        CheckReadiness(FakeHealthStorage(usable=False), ring)()


def test_a_process_without_keys_is_not_ready() -> None:
    with pytest.raises(NotReady):
        CheckReadiness(FakeHealthStorage(), FakeKeyRing())()
