"""`varvel users import` and `export`: moving in and out, with the hashes of passwords."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from domain.transfer import BATCH, Fate, OnDuplicate, Outcome, UnreadableFile
from entrypoints.cli.command import OPERATOR, administered, example

if TYPE_CHECKING:
    from entrypoints.bootstrap.files import UserFile

ENDINGS = {
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), "sqlite"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    ".csv": "csv",
}
FILE = click.Path(path_type=Path)
REFUSED = 2
"""The exit code when there were rows that were not taken."""


@click.command(
    short_help="Take users over, with the hashes of their passwords.",
    epilog=example(
        "varvel users import app.sqlite --dry-run",
        "varvel users import users.csv --on-duplicate refuse",
    ),
)
@click.argument("file", type=FILE)
@click.option(
    "--format",
    "form",
    type=click.Choice(["sqlite", "csv", "jsonl"]),
    help="What FILE is, if its name does not end in .sqlite, .db, .csv or .jsonl.",
)
@click.option(
    "--on-duplicate",
    type=click.Choice([each.value for each in OnDuplicate]),
    default=OnDuplicate.FIRST.value,
    show_default=True,
    help="Of rows that have one name, take the first, or none.",
)
@click.option("--dry-run", is_flag=True, help="Say the same, and change nothing.")
def import_users(*, file: Path, form: str | None, on_duplicate: str, dry_run: bool) -> None:
    """Take users over, with the hashes of their passwords.

    FILE is a SQLite database with a table of users, CSV with a first line of names, or JSON Lines.
    It holds name (or username), password_hash, and created_at and disabled_at if known.
    Says of each row what became of it, and exits with 2 if any was refused. Whoever has a name
    already keeps everything: run it again to go on where it broke off.
    """
    from entrypoints.bootstrap.files import UserFile

    rows = UserFile(file, form=form or _form(file))
    counted: Counter[Fate] = Counter()
    with administered() as services, _readable():
        outcomes = services.import_users(
            rows=rows, on_duplicate=OnDuplicate(on_duplicate), is_trial=dry_run, origin=OPERATOR
        )
        for outcome in _shown(outcomes, rows):
            counted[outcome.fate] += 1
    click.echo(", ".join(f"{each.value}: {counted[each]:,}" for each in Fate).capitalize() + ".")
    if dry_run:
        click.echo("Nothing was changed.")
    if counted[Fate.REFUSED]:
        raise SystemExit(REFUSED)


@click.command(
    short_help="Write all users, with the hashes of their passwords.",
    epilog=example("varvel users export users.jsonl", "varvel users export | gpg -e > users.gpg"),
)
@click.argument("file", type=FILE, required=False)
def export_users(file: Path | None) -> None:
    """Write all users, with the hashes of their passwords, as import reads them.

    FILE ends in .jsonl or .csv, and is made for its owner's eyes only; standard output gets JSON
    Lines.
    """
    from entrypoints.bootstrap.files import write

    form = "jsonl" if file is None else _form(file)
    if form == "sqlite":
        raise click.UsageError("Name the file so that it ends in .jsonl or .csv.")
    with administered() as services, _opened(file) as stream:
        number = write(services.export_users(origin=OPERATOR), stream, form=form)
    click.echo(f"Exported: {number:,}.", err=True)


def _form(file: Path) -> str:
    try:
        return ENDINGS[file.suffix.lower()]
    except KeyError:
        raise click.UsageError(
            "The file's name does not end in .sqlite, .db, .csv or .jsonl; rename it, or give "
            "--format to import."
        ) from None


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except UnreadableFile as error:
        raise click.ClickException(str(error)) from error


def _shown(outcomes: Iterable[Outcome], rows: "UserFile") -> Iterator[Outcome]:
    """Prints each; on a terminal below them how far it is, anew with each batch."""
    if not sys.stderr.isatty():
        for outcome in outcomes:
            click.echo(_line(outcome))
            yield outcome
        return
    with click.progressbar(length=rows.size(), label="Importing", file=sys.stderr) as bar:
        for number, outcome in enumerate(outcomes, 1):
            # In place of the bar, which comes again below.
            click.echo(f"\r\033[K{_line(outcome)}" if sys.stdout.isatty() else _line(outcome))
            if number % BATCH == 0:
                bar.update(BATCH)
            yield outcome
        bar.update(max(0, bar.length - bar.pos) if bar.length else 0)


def _line(outcome: Outcome) -> str:
    # A name can hold what a terminal would obey; its representation shows that.
    name = "-" if outcome.name is None else repr(outcome.name[:70])
    what = outcome.fate.value if outcome.reason is None else f"refused: {outcome.reason}"
    return f"{outcome.place:<11}  {name}  {what}"


@contextmanager
def _opened(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        stream = TextIOWrapper(sys.stdout.buffer, "utf-8", newline="")
        try:
            yield stream
        finally:
            stream.detach()
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise click.ClickException(
            f"{file} cannot be written: {error.strerror}. Name a file that is not there yet."
        ) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
    except BaseException:
        file.unlink()
        raise
