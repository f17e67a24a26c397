"""Hashes of older schemes: known again, found outdated, and never verified in this process."""

import sys
from pathlib import Path

import pytest
from passlib.context import CryptContext

from adapters.passwords import Argon2PasswordHasher, OlderSchemes
from adapters.passwords.older import SCHEMES
from domain.passwords import HashingUnavailable

PASSWORD = "correct horse p\u00e4ssword"


@pytest.fixture(scope="module")
def hasher() -> OlderSchemes:
    return OlderSchemes(Argon2PasswordHasher(memory=8, time=1))


@pytest.mark.parametrize("scheme", SCHEMES.values())
def test_a_hash_of_an_older_scheme_is_verified_and_outdated(
    hasher: OlderSchemes, scheme: str
) -> None:
    cheapest = {} if scheme == "scrypt" else {f"{scheme}__rounds": 1000}
    password_hash = CryptContext(schemes=[scheme], **cheapest).hash(PASSWORD)

    assert hasher.is_outdated(password_hash)
    assert hasher.verify(PASSWORD, password_hash)
    assert not hasher.verify("wrong", password_hash)


@pytest.mark.parametrize("password_hash", ["$6$", "$6$rounds=5000$saltsalt$hash", "$scrypt$$$"])
def test_a_broken_hash_of_an_older_scheme_matches_nothing(
    hasher: OlderSchemes, password_hash: str
) -> None:
    assert not hasher.verify(PASSWORD, password_hash)


def test_new_hashes_are_of_the_present_scheme(hasher: OlderSchemes) -> None:
    password_hash = hasher.hash(PASSWORD)

    assert password_hash.startswith("$argon2id$")
    assert hasher.verify(PASSWORD, password_hash)
    assert not hasher.is_outdated(password_hash)
    assert not hasher.verify(PASSWORD, hasher.decoy())


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/python"])
def test_a_process_that_does_not_answer_is_no_wrong_password(
    hasher: OlderSchemes, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)

    with pytest.raises(HashingUnavailable):
        hasher.verify(PASSWORD, "$6$rounds=1000$saltsalt$hash")


def test_the_process_is_told_nothing_by_its_arguments_or_environment(
    hasher: OlderSchemes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\n{{ echo "$@"; /usr/bin/env; }} > {told}\nexit 3\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("VARVEL_SECRET", "a secret of the environment")

    assert not hasher.verify(PASSWORD, "$6$rounds=1000$saltsalt$hash")
    text = told.read_text("utf-8")
    assert "-I" in text
    assert not any(each in text for each in (PASSWORD, "saltsalt", "a secret of the environment"))
