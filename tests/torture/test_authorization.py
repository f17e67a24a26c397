"""Authorization headers by the ten thousand."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.processes.authorization import ask_with_every_form, ask_with_every_mutation
from tests.processes.servers import Server
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

RANDOM = settings.get_profile("torture")
FORMS = 20_000
MUTATIONS = 10_000
A_DAY = "86400"


def test_20_000_forms_of_authorization_are_refused_without_a_fault(
    tmp_path: Path, record_property: Done
) -> None:
    with Server(tmp_path) as server:
        sent = ask_with_every_form(server.port, settings(RANDOM, max_examples=FORMS))

    record_property("done", f"{sent:,} forms")
    assert sent >= FORMS


def test_10_000_changed_tokens_are_refused(tmp_path: Path, record_property: Done) -> None:
    with Server(tmp_path, TOKEN_LIFETIME=A_DAY) as server:
        server.register("miguel")
        token = server.token("miguel")
        sent = ask_with_every_mutation(server.port, token, settings(RANDOM, max_examples=MUTATIONS))

    record_property("done", f"{sent:,} changed tokens")
    assert sent >= MUTATIONS
