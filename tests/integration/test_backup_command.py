"""`varvel backup` and `varvel restore`: who can log in afterwards, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from falcon.testing import TestClient

from adapters.clock import SystemClock
from tests.integration.backups import OVER, back_up, elsewhere, file, programs, restore, running
from tests.integration.calls import (
    ask_token,
    log_in,
    logged_in,
    not_refreshed,
    refresh,
    register,
    resource,
    token,
)
from tests.integration.clients import standing
from tests.integration.commands import refusal, run, said
from tests.integration.stores import SQLITE, Store
from tests.integration.variables import SECRET

__all__ = ["elsewhere", "file", "programs", "running"]
"""Fixtures."""

BEFORE = 3
"""Users who were told that they are registered before a backup begins."""


def test_a_backup_while_others_write_restored_elsewhere_lets_everybody_log_in_again(
    running: TestClient, store: Store, file: Path, elsewhere: Store
) -> None:
    for number in range(BEFORE):
        assert register(running, username=f"before{number}").status_code == 201
    issued = logged_in(running)
    enough, is_done = Event(), Event()

    def write() -> None:
        with standing(store.settings(), SystemClock()) as api:
            number = 0
            while not is_done.is_set():
                assert register(api, username=f"beside{number}").status_code == 201
                number += 1
                if number == BEFORE:
                    enough.set()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        try:
            assert enough.wait(60)
            written = back_up(store, file)
        finally:
            is_done.set()
        writer.result()

    assert written.startswith(f"Written to {file}.\nThe secret ")
    told = restore(elsewhere, file)
    assert told.startswith("Restored: ")
    assert told.endswith(OVER)
    assert elsewhere.execute("SELECT count(*) FROM sessions") == [(0,)]
    with standing(elsewhere.settings(), SystemClock()) as api:
        for name in (
            "miguel",
            *(f"{when}{n}" for n in range(BEFORE) for when in ("before", "beside")),
        ):
            assert log_in(api, name).status_code == 201
        assert resource(api, issued["access_token"], "x").status_code == 401
        not_refreshed(refresh(api, issued["refresh_token"]))
    assert said(elsewhere.environment(), "audit", "verify")
    shown = said(elsewhere.environment(), "audit", "list", "--event", "backup_restored")
    assert "by operator" in shown


def test_a_process_that_goes_on_takes_no_token_from_before_a_restore(
    running: TestClient, store: Store, file: Path
) -> None:
    issued = logged_in(running)
    back_up(store, file)
    later = logged_in(running)
    register(running, username="susan")

    told = restore(store, file, "--force")

    assert told == "Restored: 1 user.\n" + OVER
    for each in (issued, later):
        assert resource(running, each["access_token"], "x").status_code == 401
        not_refreshed(refresh(running, each["refresh_token"]))
    assert resource(running, token(running), "x").status_code == 200
    assert ask_token(running, "susan").status_code == 401


def test_what_was_revoked_after_the_backup_stays_so_in_a_process_that_knew_the_same_feed(
    running: TestClient, store: Store, file: Path
) -> None:
    issued = logged_in(running)
    back_up(store, file)
    said(store.environment(), "users", "disable", "miguel")
    said(store.environment(), "users", "enable", "miguel")
    assert resource(running, issued["access_token"], "x").status_code == 401

    restore(store, file, "--force")
    restore(store, file, "--force")

    assert resource(running, issued["access_token"], "x").status_code == 401
    not_refreshed(refresh(running, issued["refresh_token"]))


@pytest.mark.databases(SQLITE)
def test_a_database_that_holds_users_is_left_as_it_is(
    running: TestClient, store: Store, file: Path
) -> None:
    issued = logged_in(running)
    back_up(store, file)

    told = refusal(store.environment(), "restore", str(file))

    assert told.startswith("This database holds users, and was left as it is")
    assert resource(running, issued["access_token"], "x").status_code == 200


@pytest.mark.databases(SQLITE)
def test_a_file_that_is_there_is_not_overwritten_without_force(store: Store, file: Path) -> None:
    file.write_text("somebody's")

    told = refusal(store.environment(), "backup", str(file))

    assert told.startswith("This file exists already and was left as it is")
    assert file.read_text() == "somebody's"
    back_up(store, file, "--force")
    assert file.read_text("latin-1") != "somebody's"


@pytest.mark.databases(SQLITE)
def test_without_the_secret_nothing_is_restored(store: Store, file: Path, tmp_path: Path) -> None:
    back_up(store, file)
    environment = store.environment(DATA_DIR=str(tmp_path / "new"))

    for command in ("backup", "restore"):
        assert refusal(environment, command, str(file)).startswith("There is no secret in ")

    assert run(environment | {"VARVEL_SECRET": SECRET}, "restore", str(file)).exit_code == 0
