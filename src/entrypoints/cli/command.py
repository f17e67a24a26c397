"""What the commands share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from domain.errors import DomainError
from domain.origins import Origin
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from entrypoints.administration import Administration


def example(*commands: str) -> str:
    """Examples for the end of a command's help."""
    # The first character keeps the lines from being joined to a paragraph.
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


HYPHENS = {"ignore_unknown_options": True}
"""For commands whose argument may begin with a hyphen, as ids of keys and names of users do."""


OPERATOR = Origin(actor="operator")
"""Who acts here: whoever may use the database and the secret."""


@contextmanager
def administered() -> "Iterator[Administration]":
    """The use cases of operators; what they refuse becomes one sentence and exit code 1."""
    from entrypoints.bootstrap import administration

    try:
        with administration(Settings.read(os.environ)) as services:
            yield services
    except DomainError as error:
        told = " ".join(field.detail for field in error.fields)
        raise click.ClickException(told or error.detail) from error
