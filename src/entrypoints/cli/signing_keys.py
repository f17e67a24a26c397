"""`varvel keys`: what operators do with the keys that sign tokens."""

from datetime import datetime

import click

from domain.signing_keys import KeyState
from entrypoints.cli.command import HYPHENS, OPERATOR, administered, example


@click.group(epilog=example("varvel keys list", "varvel keys rotate"))
def keys() -> None:
    """List, rotate and retire the keys that sign tokens."""


@keys.command("list", epilog=example("varvel keys list"))
def list_keys() -> None:
    """List every key: its id, its state, since when it signs, until when it is published."""
    with administered() as services:
        found = services.list_signing_keys()
    for key, state in found:
        retires = f"published until {_text(key.retire_at)}" if key.retire_at else ""
        click.echo(
            f"{key.kid}  {state.value:8}  signs from {_text(key.use_from)}  {retires}".rstrip()
        )


@keys.command(epilog=example("varvel keys rotate"))
def rotate() -> None:
    """Publish a new key, which signs as soon as everybody who checks tokens can know it."""
    with administered() as services:
        new = services.rotate_signing_keys(origin=OPERATOR)
    click.echo(f"Key {new.kid} is published, and signs from {_text(new.use_from)} on.")


@keys.command(
    context_settings=HYPHENS,
    epilog=example("varvel keys retire KID", "varvel keys retire KID --compromised"),
)
@click.argument("kid", type=click.UNPROCESSED)
@click.option("--compromised", is_flag=True, help="Refuse its tokens at once, everywhere.")
def retire(kid: str, compromised: bool) -> None:
    """Withdraw a pending key, or drop a compromised one."""
    with administered() as services:
        state = services.retire_signing_key(kid=kid, compromised=compromised, origin=OPERATOR)
    if state is KeyState.PENDING:
        click.echo("Withdrawn; it has signed nothing.")
    elif compromised:
        click.echo("Dropped. Its tokens are refused; clients renew them, or log in again.")
    else:
        click.echo("It retires by itself; varvel keys list says when.")


@keys.command(epilog=example("VARVEL_SECRET=new,old varvel keys rewrap"))
def rewrap() -> None:
    """Seal every key with the newest secret, so that older ones can be given up."""
    with administered() as services:
        number = services.rewrap_signing_keys(origin=OPERATOR)
    click.echo(f"Sealed with the newest secret: {number}.")


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
