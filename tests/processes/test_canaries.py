"""Secrets that come in are in nothing that goes out."""

from pathlib import Path

import pytest

from tests.processes.canaries import Canaries, forms
from tests.processes.commands import PLAIN_GUNICORN
from tests.processes.connections import basic
from tests.processes.databases import new_sqlite
from tests.processes.nests import search
from tests.processes.plants import Planter, authorize
from tests.processes.servers import Server

SECRET = b"0123456789abcdef\xff+/"


@pytest.mark.parametrize("around", [b"", b"a", b"ab", b"abc"], ids=len)
def test_a_planted_secret_is_found_in_every_form(around: bytes) -> None:
    canaries = Canaries()
    canaries.add_bytes("here", SECRET)

    for form, shape in forms(SECRET):
        found = canaries.found_in({"log": b"line\n" + around + shape + around})
        assert ("here", form, "log") in found
    assert canaries.found_in({"log": SECRET[:-1] + b"." + SECRET[1:]}) == []


@pytest.mark.parametrize("before", ["", "a:", "ab:", "abc:"])
def test_a_password_is_found_in_the_header_that_brought_it(before: str) -> None:
    canaries = Canaries()
    password = canaries.new("here")

    found = canaries.found_in({"log": basic(before, f"{password}\xff").encode()})

    assert [(where, name) for where, _, name in found] != []


def test_an_access_log_with_tokens_in_it_would_be_found(tmp_path: Path) -> None:
    *command, application = PLAIN_GUNICORN
    canaries = Canaries()
    command += ["--access-logfile", "-", application]
    with Server(tmp_path, command=command) as server:
        password = canaries.new("the password")
        server.register("miguel", password)
        authorize(Planter(server, canaries), password)

    found = canaries.found_in({"log": server.output.encode()})

    assert {where for where, _, _ in found} >= {"Basic: token", "Basic, password as name"}


def test_no_secret_is_in_any_log_answer_file_table_or_process_list(tmp_path: Path) -> None:
    search(tmp_path, new_sqlite(tmp_path))
