"""`varvel clients`: what operators do with the applications that users let act for them."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from domain.errors import InvalidFields
from entrypoints.cli.command import HYPHENS, OPERATOR, administered, example

if TYPE_CHECKING:
    from domain.clients import Client

OPTIONS = {
    "name": "NAME",
    "redirect_uris": "--redirect-uri",
    "scopes": "--scope",
    "audiences": "--audience",
    "resource": "--resource",
    "acts_alone": "--acts-alone",
    "is_trusted": "--trusted",
}
"""How the fields of a client are given here."""


@click.group(epilog=example("varvel clients list", "varvel clients show ID"))
def clients() -> None:
    """Create, list, show and delete applications, and replace their secrets."""


@clients.command(
    epilog=example(
        "varvel clients create Shop --redirect-uri https://shop.example/callback --scope profile",
        "varvel clients create Phone --public --redirect-uri com.example.app:/done --scope profile",
        "varvel clients create Reports --acts-alone --scope read --audience https://api.example",
    )
)
@click.argument("name")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where answers may be sent.")
@click.option("--scope", "scopes", multiple=True, help="What it may ask for.")
@click.option("--audience", "audiences", multiple=True, help="An API it may ask tokens for.")
@click.option("--resource", help="The API that it is itself.")
@click.option("--public", "is_public", is_flag=True, help="Without a secret: it could keep none.")
@click.option("--acts-alone", is_flag=True, help="It may act for itself (client credentials).")
@click.option("--trusted", "is_trusted", is_flag=True, help="Your own: users are not asked.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with the secret in it.")
def create(
    *,
    name: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    audiences: Sequence[str],
    resource: str | None,
    is_public: bool,
    acts_alone: bool,
    is_trusted: bool,
    as_json: bool,
) -> None:
    """Create an application.

    --redirect-uri, --scope and --audience can be given several times.
    """
    with administered() as services, _told_by_option():
        client, secret = services.create_client(
            name=name,
            redirect_uris=redirect_uris,
            scopes=scopes,
            audiences=audiences,
            resource=resource,
            is_public=is_public,
            acts_alone=acts_alone,
            is_trusted=is_trusted,
            origin=OPERATOR,
        )
    if as_json:
        click.echo(_json(_fields(client) | {"secret": secret}))
        return
    click.echo(f"Created, with id {client.id}")
    if secret is not None:
        _show_once(secret)


@clients.command("list", epilog=example("varvel clients list", "varvel clients list --json"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_clients(*, as_json: bool) -> None:
    """List applications, in the order in which they came."""
    with administered() as services:
        found = services.list_clients()
    if not as_json and sys.stdout.isatty():
        click.secho(_row("ID", "CREATED (UTC)", "KIND", "NAME"), bold=True)
    for client in found:
        click.echo(_json(_fields(client)) if as_json else _line(client))


@clients.command(
    context_settings=HYPHENS,
    epilog=example("varvel clients show ID", "varvel clients show --json ID"),
)
@click.argument("client_id", metavar="ID", type=click.UNPROCESSED)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(client_id: str, *, as_json: bool) -> None:
    """Show what is known of an application."""
    with administered() as services:
        client = services.show_client(client_id=client_id)
    fields = _fields(client)
    if as_json:
        click.echo(_json(fields))
        return
    width = max(len(label) for label in fields)
    for label, value in fields.items():
        texts = value if isinstance(value, tuple) else (value,)
        for text in texts or ("-",):
            click.echo(f"{label.replace('_', ' '):{width}}  {_text(text)}")


@clients.command(
    "rotate-secret", context_settings=HYPHENS, epilog=example("varvel clients rotate-secret ID")
)
@click.argument("client_id", metavar="ID", type=click.UNPROCESSED)
def rotate_secret(client_id: str) -> None:
    """Replace an application's secret; the present one is refused at once."""
    with administered() as services:
        secret = services.rotate_client_secret(client_id=client_id, origin=OPERATOR)
    click.echo("Replaced; what it was granted goes on.")
    _show_once(secret)


@clients.command(
    context_settings=HYPHENS,
    epilog=example("varvel clients delete ID", "varvel clients delete --yes ID"),
)
@click.argument("client_id", metavar="ID", type=click.UNPROCESSED)
@click.confirmation_option(prompt="Remove this application and all that users let it do?")
def delete(client_id: str) -> None:
    """Remove an application, and end all sessions that it holds."""
    with administered() as services:
        ended = services.delete_client(client_id=client_id, origin=OPERATOR)
    click.echo(f"Deleted; {'1 session' if ended == 1 else f'{ended} sessions'} ended.")


@contextmanager
def _told_by_option() -> Iterator[None]:
    """Says of each field that is refused how it was given."""
    try:
        yield
    except InvalidFields as error:
        told = dict.fromkeys(f"{OPTIONS[each.field]}: {each.detail}" for each in error.fields)
        raise click.ClickException("\n       ".join(told)) from error


def _show_once(secret: str) -> None:
    click.echo(f"Secret, shown this once: {secret}")


def _line(client: "Client") -> str:
    return _row(client.id, _moment(client.created_at), _kind(client), client.name)


def _row(client_id: str, created: str, kind: str, name: str) -> str:
    return f"{client_id:22}  {created:19}  {kind:12}  {name}"


def _kind(client: "Client") -> str:
    return "public" if client.secret_digest is None else "confidential"


def _fields(client: "Client") -> dict[str, object]:
    return {
        "id": client.id,
        "name": client.name,
        "kind": _kind(client),
        "redirect_uris": client.redirect_uris,
        "scopes": client.scopes,
        "audiences": client.audiences,
        "resource": client.resource,
        "acts_alone": client.acts_alone,
        "trusted": client.is_trusted,
        "created_at": client.created_at,
    }


def _json(fields: dict[str, object]) -> str:
    return json.dumps(fields, default=datetime.isoformat)


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _text(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{_moment(value)} UTC"
    return "-" if value is None else value
