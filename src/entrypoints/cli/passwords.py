"""How the command line takes a password: never as an argument, which others can read."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

MAXIMUM_INPUT = 8192
"""Bytes, of which no password that is taken has as many."""

Command = TypeVar("Command", bound=Callable[..., Any])


def password_options(command: Command) -> Command:
    """Adds the options that `chosen_password` takes."""
    from_stdin = click.option(
        "--password-stdin",
        "from_stdin",
        is_flag=True,
        help="Read the password from standard input.",
    )
    generated = click.option(
        "--generate", is_flag=True, help="Make a password, and show it this once."
    )
    return from_stdin(generated(command))


def chosen_password(generate: Callable[[], str] | None, *, from_stdin: bool) -> str:
    """The password: generated, from standard input, or typed twice without being shown.

    Raises click.UsageError when there is no way to it.
    """
    if generate is not None:
        if from_stdin:
            raise click.UsageError("Give either --password-stdin or --generate.")
        return generate()
    if from_stdin:
        return _read()
    if not sys.stdin.isatty():
        raise click.UsageError(
            "There is no terminal to ask for the password: give --password-stdin or --generate."
        )
    return click.prompt("Password", type=str, hide_input=True, confirmation_prompt=True)


def _read() -> str:
    read = sys.stdin.buffer.read(MAXIMUM_INPUT)
    try:
        # The line's end belongs to whatever wrote it; any other is the policy's to refuse.
        return read.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise click.UsageError("The password on standard input is not UTF-8.") from error
