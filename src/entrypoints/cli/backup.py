"""`varvel backup` and `varvel restore`: the whole database in a file, and back."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from domain.backups import BackupFailed, RestoreBackup
from domain.errors import DomainError
from entrypoints.cli.command import OPERATOR, example
from entrypoints.settings import Settings

_NOT_IN_IT = "The secret (VARVEL_SECRET, or the file secret of the data directory) is not in it: "


@click.command(epilog=example("varvel backup /backups/varvel-2026-11-24"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def backup(file: Path, force: bool) -> None:
    """Write the database to FILE, while the servers run.

    It holds hashes and personal data. PostgreSQL needs its own pg_dump in PATH.
    """
    from entrypoints import bootstrap

    with _told_failures(), bootstrap.backups(Settings.read(os.environ)) as backups:
        backups.write(file, replace=force)
    click.echo(f"Written to {click.format_filename(file)}.")
    click.echo(_NOT_IN_IT + "keep it as well, somewhere else.")


@click.command(
    short_help="Replace the database by FILE, and end all sessions.",
    epilog=example("varvel restore /backups/varvel-2026-11-24"),
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True))
@click.option("--force", is_flag=True, help="Replace the users who are there, without a question.")
def restore(file: Path, force: bool) -> None:
    """Replace the database by what FILE holds, in the newest schema, and end all sessions.

    PostgreSQL needs its own pg_restore and psql in PATH. Stop the servers before.
    """
    from entrypoints import bootstrap

    with _told_failures(), bootstrap.restoration(Settings.read(os.environ)) as restore_backup:
        replace = force or _is_confirmed(restore_backup)
        number = restore_backup(file=file, replace=replace, origin=OPERATOR)
    click.echo(f"Restored: {number} user{'' if number == 1 else 's'}.")
    click.echo(
        "All sessions are over and all signing keys are gone: tokens and refresh tokens from before"
        " are refused, and everybody logs in again. Restart all servers."
    )
    click.echo(_NOT_IN_IT + "without that of then, the audit trail of the backup does not verify.")


def _is_confirmed(restore_backup: RestoreBackup) -> bool:
    number = restore_backup.backups.count_users()
    if not number or not sys.stdin.isatty():
        return False
    return click.confirm(f"Give up the {number} users of this database?", abort=True)


@contextmanager
def _told_failures() -> Iterator[None]:
    try:
        yield
    except BackupFailed as error:
        raise click.ClickException(f"{error.detail} It was: {error.reason}.") from error
    except DomainError as error:
        raise click.ClickException(error.detail) from error
