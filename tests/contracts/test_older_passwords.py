"""Hashes of older schemes: known again, found outdated, and never verified in this process."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib.context import CryptContext

from adapters.passwords import Argon2PasswordHasher, OlderSchemes, schemes
from adapters.passwords.schemes import MOST_OTHER_ROUNDS, SCHEMES, WRAPPED
from domain.passwords import MAXIMUM_HASH_LENGTH, HashingUnavailable
from tests.flask import pbkdf2_hash, scrypt_hash

SHA512 = CryptContext(schemes=["sha512_crypt"], sha512_crypt__rounds=1000).hash("another")
PASSWORD = "correct horse p\u00e4ssword"


@pytest.fixture(scope="module")
def hasher() -> OlderSchemes:
    return OlderSchemes(Argon2PasswordHasher(memory=8, time=1))


CHEAPEST = {
    "bcrypt": 4,
    "bcrypt_sha256": 4,
    "django_bcrypt": 4,
    "django_bcrypt_sha256": 4,
    "ldap_bcrypt": 4,
    "phpass": 7,
}
FIXED = ("md5_crypt", "salted", "atlassian")
OWN = [*dict.fromkeys(SCHEMES.values()), "ldap_bcrypt", "django_bcrypt", "ldap_pbkdf2_sha256"]


def hash_of(scheme: str, password: str = PASSWORD) -> str:
    """A hash as passlib makes them, as cheap as can be."""
    options = {} if any(each in scheme for each in FIXED) else {f"{scheme}__rounds": 1000}
    if scheme == "scrypt":
        options = {"scrypt__rounds": 4}
    if scheme in CHEAPEST:
        options = {f"{scheme}__rounds": CHEAPEST[scheme]}
    return str(CryptContext(schemes=[scheme], **options).hash(password))


FLASK = {
    "scrypt": scrypt_hash(PASSWORD, n=16),
    **{each: pbkdf2_hash(PASSWORD, each, rounds=10) for each in ("sha1", "sha256", "sha512")},
}


@pytest.mark.parametrize("scheme", OWN)
def test_a_hash_of_an_older_scheme_is_known_and_outdated(hasher: OlderSchemes, scheme: str) -> None:
    password_hash = hash_of(scheme)

    assert password_hash.startswith((*SCHEMES, *WRAPPED))
    assert len(password_hash) <= MAXIMUM_HASH_LENGTH
    assert hasher.is_outdated(password_hash)
    assert hasher.knows(password_hash)
    assert schemes.verify(PASSWORD, password_hash)
    assert not schemes.verify("wrong", password_hash)


@pytest.mark.parametrize("password_hash", FLASK.values(), ids=FLASK)
def test_a_hash_as_flask_keeps_it_is_known_and_outdated(
    hasher: OlderSchemes, password_hash: str
) -> None:
    assert hasher.is_outdated(password_hash)
    assert hasher.knows(password_hash)
    assert schemes.verify(PASSWORD, password_hash)
    assert not schemes.verify("wrong", password_hash)


@pytest.mark.parametrize("password_hash", [hash_of("sha512_crypt"), FLASK["scrypt"]])
def test_it_is_verified_by_a_process_of_its_own(hasher: OlderSchemes, password_hash: str) -> None:
    assert hasher.verify(PASSWORD, password_hash)
    assert not hasher.verify("wrong", password_hash)


@pytest.mark.parametrize("scheme", ["bcrypt", "django_bcrypt"])
def test_a_password_too_long_for_bcrypt_is_plainly_wrong(hasher: OlderSchemes, scheme: str) -> None:
    password_hash = hash_of(scheme, "a" * 72)

    assert hasher.verify("a" * 72, password_hash)
    assert not hasher.verify("a" * 73, password_hash)


COSTLY = {
    "sha512_crypt": f"$6$rounds={MOST_OTHER_ROUNDS + 1}${hash_of('sha512_crypt').split('$', 3)[3]}",
    "bcrypt": hash_of("bcrypt").replace("$04$", "$17$"),
    "wrapped bcrypt": hash_of("ldap_bcrypt").replace("$04$", "$31$"),
    "phpass": hash_of("phpass").replace("$P$5", "$P$S"),
    "scrypt": hash_of("scrypt").replace("ln=4", "ln=30"),
    "scrypt's work": hash_of("scrypt").replace("p=1", "p=999999"),
    "Flask's scrypt": scrypt_hash(PASSWORD, n=16).replace(":16:", f":{2**29}:"),
    "Flask's scrypt's memory": scrypt_hash(PASSWORD, n=16).replace(":16:", f":{2**18}:"),
    "Flask's pbkdf2": pbkdf2_hash(PASSWORD, rounds=10).replace(":10$", ":999999999$"),
    "argon2's memory": "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
    "argon2's time": "$argon2id$v=19$m=65536,t=4294967,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
    "argon2's threads": "$argon2id$v=19$m=65536,t=1,p=4096$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
}


@pytest.mark.parametrize("password_hash", COSTLY.values(), ids=COSTLY)
def test_a_hash_that_would_take_the_machine_is_not_known(
    hasher: OlderSchemes, password_hash: str
) -> None:
    assert not hasher.knows(password_hash)


def test_the_costliest_that_owasp_recommends_is_known(hasher: OlderSchemes) -> None:
    """OWASP's Password Storage Cheat Sheet: N = 2^17, r = 8, p = 1."""
    assert hasher.knows(scrypt_hash(PASSWORD, n=16).replace(":16:", f":{2**17}:"))
    assert hasher.knows(hash_of("scrypt").replace("ln=4", "ln=17"))


def test_nothing_is_spent_on_a_hash_that_would_take_the_machine(
    hasher: OlderSchemes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    for each in (name for name in COSTLY if "argon2" not in name):
        assert not hasher.verify(PASSWORD, COSTLY[each])


BROKEN = [
    *("not-a-hash", "", "$6$", "$2b$12$" + "a" * 22, "{SSHA}x", "$scrypt$$$", "$P$", "plain\0"),
    *("scrypt:32768:8:1$salt$00", "scrypt:32767:8:1$salt$" + "0" * 128, "pbkdf2:md5:9$salt$00"),
    *("pbkdf2:sha256:0$salt$" + "0" * 64, "pbkdf2:sha256:9$$" + "0" * 64, "scrypt:1:8:1$s$00"),
    *("5f4dcc3b5aa765d61d8327deb882cf99", "sha1$salt$" + "0" * 40, "$6$salt\ud800$x", "$5$é$x"),
    "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGE",
    hash_of("sha512_crypt")[:-1],
    FLASK["sha256"] + "\n",
]


@pytest.mark.parametrize("password_hash", BROKEN)
def test_what_is_no_whole_hash_is_not_known_and_matches_nothing(
    hasher: OlderSchemes, password_hash: str
) -> None:
    assert not hasher.knows(password_hash)
    assert not hasher.verify(PASSWORD, password_hash)


@pytest.mark.parametrize("password_hash", ["$6$", "$6$rounds=5000$saltsalt$hash", "$scrypt$$$"])
def test_a_broken_hash_of_an_older_scheme_matches_nothing(
    hasher: OlderSchemes, password_hash: str
) -> None:
    assert not hasher.verify(PASSWORD, password_hash)


@given(
    st.sampled_from([*SCHEMES, *WRAPPED, "scrypt:", "pbkdf2:"]), st.text("$0aé.,=:/", max_size=60)
)
def test_no_text_is_too_strange_to_be_judged(beginning: str, rest: str) -> None:
    assert schemes.knows(beginning + rest) in (True, False)


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
        hasher.verify(PASSWORD, SHA512)


def test_the_process_is_told_nothing_by_its_arguments_or_environment(
    hasher: OlderSchemes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\n{{ echo "$@"; /usr/bin/env; }} > {told}\nexit 3\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("VARVEL_SECRET", "a secret of the environment")

    assert not hasher.verify(PASSWORD, SHA512)
    text = told.read_text("utf-8")
    assert "-I" in text
    assert not any(each in text for each in (PASSWORD, SHA512, "a secret of the environment"))
