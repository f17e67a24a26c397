"""The command line: `varvel`."""

import errno
import os
import socket

import click

from entrypoints.cli.audit import audit
from entrypoints.cli.backup import backup, restore
from entrypoints.cli.clients import clients
from entrypoints.cli.command import example
from entrypoints.cli.signing_keys import keys
from entrypoints.cli.users import users
from entrypoints.settings import Settings, StartupError, authority


class _Group(click.Group):
    """Turns what keeps the program from its work into one sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        if os.environ.get("NO_COLOR"):  # https://no-color.org
            ctx.color = False
        try:
            return super().invoke(ctx)
        except StartupError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever reads has enough, which click knows
                raise
            raise click.ClickException(
                f"{error.filename or 'Standard output'} cannot be used: {error.strerror}. "
                "Look who may use it, and whether there is room."
            ) from error


@click.group(
    cls=_Group,
    epilog=example("varvel serve", "VARVEL_WORKERS=4 varvel serve", "varvel migrate"),
    context_settings={"max_content_width": 100},
)
@click.version_option(package_name="varvel", prog_name="varvel")
def main() -> None:
    """Varvel: an authentication API. Its settings are environment variables: see .env.example."""


@main.command(epilog=example("varvel serve", "VARVEL_BIND=127.0.0.1:8000 varvel serve"))
def serve() -> None:
    """Serve the API until the process is told to stop."""
    from entrypoints.gunicorn_app import GunicornApplication

    settings = Settings.read(os.environ)
    _check_bind(settings.host, settings.port, "set VARVEL_BIND to another address.")
    if settings.metrics_bind is not None:
        _check_bind(*settings.metrics_bind, "set VARVEL_METRICS_BIND to another address.")
    GunicornApplication().run()


@main.command(
    epilog=example("VARVEL_DATABASE_URL=postgresql://varvel@localhost/varvel varvel migrate")
)
def migrate() -> None:
    """Bring the database to the newest schema."""
    from entrypoints import bootstrap

    if bootstrap.migrate(Settings.read(os.environ)):
        click.echo("The database has the newest schema.")
    else:
        click.echo("The database's schema is newer than this program; it was left as it is.")


@main.command(
    short_help="Look for what is unsafe in production.",
    epilog=example("varvel check && varvel serve"),
)
def check() -> None:
    """Look for what is unsafe in production: settings, database, schema, key and clock.

    Says each in a line, and exits with 1 if there is any.
    """
    from entrypoints.check import faults

    found = faults(os.environ)
    for fault in found:
        click.echo(f"unsafe: {fault}")
    if found:
        raise SystemExit(1)
    click.echo("Nothing unsafe was found.")


main.add_command(audit)
main.add_command(backup)
main.add_command(restore)
main.add_command(users)
main.add_command(clients)
main.add_command(keys)


def _check_bind(host: str, port: int, advice: str) -> None:
    # A server that replaces itself, or is started on a socket of systemd's, listens already.
    if os.environ.keys() & {"GUNICORN_FD", "LISTEN_FDS"}:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartupError(
                f"Cannot listen on {authority(host, port)}: {error.strerror}. "
                f"Stop what listens there, or {advice}"
            ) from error
