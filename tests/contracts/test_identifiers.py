"""What every source of identifiers promises, and every one of secrets."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.identifiers import RandomIdentifiers, RandomSecrets
from domain.identifiers import Identifiers
from domain.secrets import SecretFactory
from tests.fakes.identifiers import FakeIdentifiers, FakeSecrets


@pytest.fixture(params=[FakeIdentifiers, RandomIdentifiers])
def identifiers(request: pytest.FixtureRequest) -> Identifiers:
    made: Identifiers = request.param()
    return made


def test_no_identifier_is_given_twice(identifiers: Identifiers) -> None:
    made = [identifiers.new() for _ in range(1_000)]

    assert len(set(made)) == 1_000


def test_no_identifier_is_given_to_two_threads(identifiers: Identifiers) -> None:
    with ThreadPoolExecutor(8) as executor:
        made = list(executor.map(lambda _: identifiers.new(), range(1_000)))

    assert len(set(made)) == 1_000


def test_an_identifier_can_stand_in_an_address_as_it_is(identifiers: Identifiers) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]+", identifiers.new())


@pytest.fixture(params=[FakeSecrets, RandomSecrets])
def secrets(request: pytest.FixtureRequest) -> SecretFactory:
    made: SecretFactory = request.param()
    return made


def test_no_secret_is_given_twice_nor_to_two_threads(secrets: SecretFactory) -> None:
    with ThreadPoolExecutor(8) as executor:
        made = list(executor.map(lambda _: secrets.new(), range(1_000)))

    assert len(set(made)) == 1_000


def test_a_secret_can_stand_in_addresses_forms_and_headers_as_it_is(
    secrets: SecretFactory,
) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]+", secrets.new())


def test_a_random_secret_has_256_bits() -> None:
    made = [RandomSecrets().new() for _ in range(100)]

    assert {len(secret) for secret in made} == {43}


@pytest.mark.asvs("V7.2.3", "V11.5.1")
def test_a_random_identifier_has_128_bits() -> None:
    made = [RandomIdentifiers().new() for _ in range(100)]

    assert {len(identifier) for identifier in made} == {22}
