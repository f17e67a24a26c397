"""The signing key: one to a database, and of no use without its secret."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from falcon.testing import TestClient

from domain.signing_keys import SigningKeyUnreadable
from entrypoints.bootstrap import build, create_app, prepare
from entrypoints.settings import Settings, StartupError
from tests.fakes.clock import FakeClock
from tests.integration.calls import register, resource, token
from tests.integration.conftest import Execute, MakeSettings
from tests.integration.stores import SQLITE, Store, Stores

OLD = urlsafe_b64encode(b"o" * 32).decode()
NEW = urlsafe_b64encode(b"n" * 32).decode()
WRONG = urlsafe_b64encode(b"w" * 32).decode()
AT_ONCE = 4


@pytest.fixture
def keyless(store: Store) -> Store:
    """A database in which nobody has made a key yet."""
    store.execute("DELETE FROM signing_keys")
    return store


@pytest.fixture
def another(stores: Stores, tmp_path: Path) -> Iterator[Store]:
    """A second one."""
    with stores.lent(tmp_path / "another") as store:
        store.execute("DELETE FROM signing_keys")
        yield store


def published(chosen: Settings) -> list[dict[str, str]]:
    services, database = build(chosen)
    try:
        services.follow_revocations()
    finally:
        database.dispose()
    return [dict(key) for key in services.key_ring.published()]


def rows(store: Store) -> list[tuple[Any, ...]]:
    return store.execute("SELECT * FROM signing_keys")


def sealed_key(store: Store) -> str:
    ((sealed,),) = store.execute("SELECT sealed_key FROM signing_keys")
    return str(sealed)


def test_all_who_start_on_one_database_sign_with_one_key(
    make_settings: MakeSettings, clock: FakeClock
) -> None:
    one, other = (TestClient(create_app(make_settings(), clock=clock)) for _ in range(2))
    register(one)

    assert published(make_settings()) == published(make_settings())
    assert resource(other, token(one), "x").status_code == 200


def test_two_databases_have_two_keys(keyless: Store, another: Store) -> None:
    for store in (keyless, another):
        prepare(store.settings(SECRET=OLD))

    assert published(keyless.settings(SECRET=OLD)) != published(another.settings(SECRET=OLD))


def test_first_starts_at_once_agree_on_one_key(keyless: Store) -> None:
    barrier = Barrier(AT_ONCE)

    def start(_: int) -> list[dict[str, str]]:
        chosen = keyless.settings()
        barrier.wait()
        return published(chosen)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        first, *others = pool.map(start, range(AT_ONCE))

    assert len(first) == 1
    assert others == [first] * (AT_ONCE - 1)
    assert len(rows(keyless)) == 1


def test_preparing_again_keeps_the_key(store: Store) -> None:
    before = rows(store)

    prepare(store.settings())

    assert rows(store) == before


def test_the_private_half_is_not_in_the_database_for_all_to_read(keyless: Store) -> None:
    prepare(keyless.settings(SECRET=OLD))

    (row,) = rows(keyless)
    assert not any(name in str(row) for name in ('"d"', "kty"))


@pytest.mark.asvs("V14.2.4")
@pytest.mark.databases(SQLITE)
def test_the_private_half_is_nowhere_in_the_file(store: Store) -> None:
    content = b"".join(path.read_bytes() for path in store.directory.glob("accounts.sqlite*"))

    assert b"ES256" in content
    assert b'"d"' not in content
    assert b"kty" not in content


def test_a_wrong_secret_is_one_clear_sentence(keyless: Store) -> None:
    prepare(keyless.settings(SECRET=OLD))

    with pytest.raises(StartupError, match="VARVEL_SECRET") as caught:
        prepare(keyless.settings(SECRET=WRONG))

    assert WRONG not in str(caught.value)


def test_a_new_secret_works_with_the_old_one_after_it(keyless: Store) -> None:
    prepare(keyless.settings(SECRET=OLD))
    before = published(keyless.settings(SECRET=OLD))

    prepare(keyless.settings(SECRET=f"{NEW},{OLD}"))

    assert published(keyless.settings(SECRET=f"{NEW},{OLD}")) == before


def test_of_several_secrets_the_first_seals_a_new_key(keyless: Store) -> None:
    prepare(keyless.settings(SECRET=f"{NEW},{OLD}"))

    assert len(published(keyless.settings(SECRET=NEW))) == 1
    with pytest.raises(StartupError):
        prepare(keyless.settings(SECRET=OLD))


@pytest.mark.parametrize(
    "sealed",
    ["", "x", "....", "a.b.c.d.e", "eyJhbGciOiJub25lIn0....", '{"kty": "EC"}', "\x01", "\u00e9"],
)
def test_a_sealed_key_that_is_none_is_refused(
    make_settings: MakeSettings, execute: Execute, sealed: str
) -> None:
    execute("UPDATE signing_keys SET sealed_key = :sealed", sealed=sealed)

    with pytest.raises(StartupError, match="VARVEL_SECRET"):
        prepare(make_settings())


@pytest.mark.databases(SQLITE)
def test_a_sealed_key_that_only_sqlite_can_hold_is_refused(store: Store) -> None:
    store.execute("UPDATE signing_keys SET sealed_key = :sealed", sealed="\x00")

    with pytest.raises(StartupError, match="VARVEL_SECRET"):
        prepare(store.settings())


@pytest.mark.asvs("V11.3.3")
def test_a_sealed_key_changed_anywhere_is_refused(store: Store) -> None:
    sealed = sealed_key(store)
    for at in range(0, len(sealed) - 1, 7):
        other = "A" if sealed[at] != "A" else "B"
        changed = sealed[:at] + other + sealed[at + 1 :]
        store.execute("UPDATE signing_keys SET sealed_key = :sealed", sealed=changed)

        with pytest.raises(SigningKeyUnreadable):
            published(store.settings())


def test_a_sealed_key_in_the_row_of_another_is_refused(keyless: Store, another: Store) -> None:
    for store in (keyless, another):
        prepare(store.settings(SECRET=OLD))
    foreign = sealed_key(another)
    keyless.execute("UPDATE signing_keys SET sealed_key = :sealed", sealed=foreign)

    with pytest.raises(StartupError, match="VARVEL_SECRET"):
        prepare(keyless.settings(SECRET=OLD))


def test_a_key_whose_kid_was_changed_is_refused(
    make_settings: MakeSettings, execute: Execute
) -> None:
    execute("UPDATE signing_keys SET kid = 'mine'")

    with pytest.raises(StartupError, match="VARVEL_SECRET"):
        prepare(make_settings())


def test_a_tokens_key_that_is_gone_from_the_database_opens_nothing(
    make_settings: MakeSettings, execute: Execute, clock: FakeClock
) -> None:
    before = TestClient(create_app(make_settings(), clock=clock))
    register(before)
    live = token(before)
    execute("DELETE FROM signing_keys")
    execute("UPDATE feed SET keys_version = keys_version + 1")

    # The client starts the application anew for each request, and so reads the feed again.
    assert resource(before, live, "x").status_code == 401
    assert resource(before, token(before), "x").status_code == 200
