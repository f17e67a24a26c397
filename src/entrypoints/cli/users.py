"""`varvel users`: what operators do with accounts."""

import click

from entrypoints.cli.command import HYPHENS, OPERATOR, administered, example


@click.group(epilog=example("varvel users disable susan", "varvel users delete susan"))
def users() -> None:
    """Disable, enable, unlock and delete users."""


@users.command(context_settings=HYPHENS, epilog=example("varvel users disable susan"))
@click.argument("name", type=click.UNPROCESSED)
def disable(name: str) -> None:
    """Keep a user out, and end all their sessions."""
    with administered() as services:
        ended = services.disable_user(username=name, origin=OPERATOR)
    click.echo(f"Disabled; {_sessions(ended)} ended.")


@users.command(context_settings=HYPHENS, epilog=example("varvel users enable susan"))
@click.argument("name", type=click.UNPROCESSED)
def enable(name: str) -> None:
    """Let a disabled user log in again."""
    with administered() as services:
        services.enable_user(username=name, origin=OPERATOR)
    click.echo("Enabled.")


@users.command(context_settings=HYPHENS, epilog=example("varvel users unlock susan"))
@click.argument("name", type=click.UNPROCESSED)
def unlock(name: str) -> None:
    """Let a user's password be tried again, however often it was wrong."""
    with administered() as services:
        was_throttled = services.unlock_password(username=name, origin=OPERATOR)
    click.echo("Unlocked." if was_throttled else "No password was wrong since the last log-in.")


@users.command(
    context_settings=HYPHENS,
    epilog=example("varvel users delete susan", "varvel users delete --yes susan"),
)
@click.argument("name", type=click.UNPROCESSED)
@click.confirmation_option(prompt="Remove this user and everything kept of them?")
def delete(name: str) -> None:
    """Remove a user, and end all their sessions; the name becomes free."""
    with administered() as services:
        ended = services.delete_user(username=name, origin=OPERATOR)
    click.echo(f"Deleted; {_sessions(ended)} ended.")


def _sessions(number: int) -> str:
    return "1 session" if number == 1 else f"{number} sessions"
