import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import domain
from domain.errors import DomainError, ErrorKind, FieldError, InvalidFields
from domain.unit_of_work import StorageUnavailable


def subclasses(error: type[DomainError]) -> Iterator[type[DomainError]]:
    for subclass in error.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def domain_errors() -> list[type[DomainError]]:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    # Other tests of the same run may have loaded errors of other layers, or have made their own.
    found = {error for error in subclasses(DomainError) if error.__module__.startswith("domain.")}
    return sorted(found, key=lambda error: error.__qualname__)


ERRORS = domain_errors()
every_error = pytest.mark.parametrize("error", ERRORS)


def test_all_errors_of_the_domain_are_walked() -> None:
    assert InvalidFields in ERRORS
    assert len(ERRORS) >= 9


@every_error
def test_every_error_has_a_stable_code_in_snake_case(error: type[DomainError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)


def test_no_two_errors_share_a_code_unless_one_is_a_kind_of_the_other() -> None:
    codes = [error.code for error in ERRORS if DomainError in error.__bases__]

    assert len(codes) == len(set(codes))


@every_error
def test_every_error_has_a_kind(error: type[DomainError]) -> None:
    assert isinstance(error.kind, ErrorKind)


@every_error
def test_every_error_says_in_sentences_what_to_do(error: type[DomainError]) -> None:
    assert re.fullmatch(r"[A-Z][^\n]+\.", error.detail)


@every_error
def test_every_field_that_an_error_names_by_itself_comes_with_a_sentence(
    error: type[DomainError],
) -> None:
    assert all(re.fullmatch(r"[A-Z][^\n]+\.", field.detail) for field in error().fields)


@every_error
def test_every_error_that_another_try_may_cure_says_when_or_is_for_the_operator(
    error: type[DomainError],
) -> None:
    waits = error.retry_after is not None

    assert not waits or error.kind is ErrorKind.UNAVAILABLE


@every_error
def test_every_error_can_be_raised_with_nothing_more_and_reads_as_its_detail(
    error: type[DomainError],
) -> None:
    assert str(error()) == error.detail


def test_an_error_carries_the_fields_at_fault_in_their_order() -> None:
    first, second = FieldError("a", "bad", "A is bad."), FieldError("b", "bad", "B is bad.")

    assert InvalidFields(first, second).fields == (first, second)
    assert InvalidFields().fields == ()


def test_a_fault_of_the_storage_keeps_its_name_for_the_log() -> None:
    assert StorageUnavailable("disk full").reason == "disk full"
