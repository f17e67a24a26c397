"""The fakes that most tests of the domain share."""

import pytest

from domain.passwords import PasswordPolicy
from domain.users import UsernameRules
from tests.fakes.passwords import FakePasswordHasher, FakePasswordProfile
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUsernameProfile, FakeUserRepository


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def users(storage: Storage) -> FakeUserRepository:
    return FakeUserRepository(storage)


@pytest.fixture
def hasher() -> FakePasswordHasher:
    return FakePasswordHasher()


@pytest.fixture
def usernames() -> UsernameRules:
    return UsernameRules(FakeUsernameProfile())


@pytest.fixture
def passwords() -> PasswordPolicy:
    """What the development profile takes."""
    return PasswordPolicy(FakePasswordProfile())
