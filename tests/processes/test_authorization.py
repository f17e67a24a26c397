"""Authorization headers through the whole server."""

from hypothesis import settings

from tests.processes.authorization import ask_with_every_form, ask_with_every_mutation
from tests.processes.servers import Server


def test_every_form_of_authorization_is_refused_and_none_breaks_anything(server: Server) -> None:
    assert ask_with_every_form(server.port, settings()) >= settings().max_examples


def test_no_changed_token_is_taken(server: Server) -> None:
    server.register("miguel")

    assert (
        ask_with_every_mutation(server.port, server.token("miguel"), settings())
        >= settings().max_examples
    )
