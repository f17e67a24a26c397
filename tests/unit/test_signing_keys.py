from datetime import datetime

import pytest

from domain.signing_keys import LoadSigningKeys, SigningKey, SigningKeyUnreadable
from tests.fakes.clock import START, FakeClock
from tests.fakes.signing_keys import FakeKeyFactory, FakeKeyRing, FakeSigningKeyRepository
from tests.fakes.unit_of_work import Storage


@pytest.fixture
def repository(storage: Storage) -> FakeSigningKeyRepository:
    return FakeSigningKeyRepository(storage)


def loaded(
    repository: FakeSigningKeyRepository,
    storage: Storage,
    factory: FakeKeyFactory | None = None,
) -> list[str]:
    """The kids that a process holds after its start."""
    ring = FakeKeyRing()
    load = LoadSigningKeys(
        repository, factory or FakeKeyFactory(), ring, FakeClock(), storage.transaction
    )
    load()
    return [key["kid"] for key in ring.published()]


def test_the_first_start_makes_a_key_and_keeps_it(
    repository: FakeSigningKeyRepository, storage: Storage
) -> None:
    kids = loaded(repository, storage)

    (key,) = repository.list()
    assert kids == [key.kid]
    assert (key.generation, key.use_from, key.retire_at) == (1, START, None)


def test_later_starts_load_the_same_key_and_make_none(
    repository: FakeSigningKeyRepository, storage: Storage
) -> None:
    first = loaded(repository, storage)

    class Unused(FakeKeyFactory):
        def new(self, *, generation: int, use_from: datetime) -> SigningKey:
            raise AssertionError("A second first key was made.")

    assert loaded(repository, storage, Unused()) == first
    assert len(repository.list()) == 1


def test_all_stored_keys_are_loaded(repository: FakeSigningKeyRepository, storage: Storage) -> None:
    keys = [FakeKeyFactory().new(generation=number, use_from=START) for number in (1, 2, 3)]
    for key in keys:
        repository.add(key)

    assert loaded(repository, storage) == [key.kid for key in keys]


def test_who_loses_the_race_for_the_first_key_loads_the_winners(
    repository: FakeSigningKeyRepository, storage: Storage
) -> None:
    winner = FakeKeyFactory().new(generation=1, use_from=START)

    class Overtaken(FakeKeyFactory):
        def new(self, *, generation: int, use_from: datetime) -> SigningKey:
            repository.add(winner)
            return super().new(generation=generation, use_from=use_from)

    assert loaded(repository, storage, Overtaken()) == [winner.kid]
    assert repository.list() == [winner]


def test_a_key_is_made_outside_the_unit_of_work(
    repository: FakeSigningKeyRepository, storage: Storage
) -> None:
    class Watching(FakeKeyFactory):
        was_inside = True

        def new(self, *, generation: int, use_from: datetime) -> SigningKey:
            self.was_inside = storage.is_open
            return super().new(generation=generation, use_from=use_from)

    factory = Watching()

    loaded(repository, storage, factory)

    assert not factory.was_inside


def test_a_key_of_a_lost_secret_is_reported_and_not_replaced(
    repository: FakeSigningKeyRepository, storage: Storage
) -> None:
    key = FakeKeyFactory("lost secret").new(generation=1, use_from=START)
    repository.add(key)

    with pytest.raises(SigningKeyUnreadable):
        loaded(repository, storage)

    assert repository.list() == [key]
