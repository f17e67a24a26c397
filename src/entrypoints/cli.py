"""The command line: `varvel`."""

import os
import socket

import click

from entrypoints.settings import Settings, StartupError

_EXAMPLES = """
\b
Examples:
  varvel serve
  VARVEL_BIND=0.0.0.0:8000 VARVEL_WORKERS=4 varvel serve
  varvel migrate
  varvel check
"""


class _Group(click.Group):
    """Turns what keeps the program from starting into one sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except StartupError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, epilog=_EXAMPLES, context_settings={"max_content_width": 100})
@click.version_option(package_name="varvel", prog_name="varvel")
def main() -> None:
    """Varvel: an authentication API. Settings are environment variables (see .env.example)."""


@main.command()
def serve() -> None:
    r"""Serve the API until the process is told to stop.

    \b
    Examples:
      varvel serve
      VARVEL_BIND=127.0.0.1:8000 varvel serve
    """
    from entrypoints.gunicorn_app import GunicornApplication

    _check_bind(Settings.read(os.environ))
    GunicornApplication().run()


@main.command()
def migrate() -> None:
    r"""Bring the database to the newest schema.

    \b
    Example:
      VARVEL_DATABASE_URL=postgresql://varvel@localhost/varvel varvel migrate
    """
    from entrypoints import bootstrap

    bootstrap.migrate(Settings.read(os.environ))
    click.echo("The database has the newest schema.")


@main.command()
def check() -> None:
    r"""Look for what is unsafe in production: settings, database, schema, keys, clock.

    Exit code 1 when anything is.

    \b
    Example:
      varvel check
    """
    from entrypoints.check import faults

    found = faults(os.environ)
    for fault in found:
        click.echo(f"unsafe: {fault}")
    if found:
        raise SystemExit(1)
    click.echo("Nothing unsafe was found.")


def _check_bind(settings: Settings) -> None:
    # A server that replaces itself, or is started on a socket of systemd's, listens already.
    if os.environ.keys() & {"GUNICORN_FD", "LISTEN_FDS"}:
        return
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise StartupError(
                f"Cannot listen on {settings.bind}: {error.strerror}. Stop what listens there, or "
                "set VARVEL_BIND to another address."
            ) from error
