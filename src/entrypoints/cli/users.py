"""`varvel users`: what operators do with accounts."""

import json
import sys
from datetime import datetime
from functools import partial

import click

from domain.administration import UserReport, UserState
from domain.users import ADMIN, User
from entrypoints.cli.command import HYPHENS, OPERATOR, administered, example
from entrypoints.cli.passwords import chosen_password, password_options
from entrypoints.cli.users_transfer import export_users, import_users

PAGE = 500
"""Users that are held in memory at once."""

COLOURS = {UserState.ACTIVE: "green", UserState.DISABLED: "red", UserState.LOCKED: "yellow"}
"""Shown on a terminal only."""


@click.group(epilog=example("varvel users list", "varvel users disable susan"))
def users() -> None:
    """List, show, create, change and delete users."""


@users.command(
    "list", epilog=example("varvel users list --prefix su", "varvel users list --disabled --json")
)
@click.option("--prefix", default="", help="Only those whose name begins so, in any spelling.")
@click.option("--disabled", is_flag=True, help="Only those who are disabled.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_users(*, prefix: str, disabled: bool, as_json: bool) -> None:
    """List users, in the order in which they came."""
    with administered() as services:
        if not as_json and sys.stdout.isatty():
            click.secho(_row("ID", "CREATED (UTC)", "STATE", "ROLE", "NAME"), bold=True)
        page_after = partial(
            services.list_users, prefix=prefix, disabled=disabled or None, limit=PAGE
        )
        after = 0
        while page := page_after(after=after):
            click.echo("\n".join(_json(*each) if as_json else _line(*each) for each in page))
            after = page[-1][0].id


@users.command(
    context_settings=HYPHENS,
    epilog=example("varvel users show susan", "varvel users show --json susan"),
)
@click.argument("name", type=click.UNPROCESSED)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(name: str, *, as_json: bool) -> None:
    """Show what is known of a user."""
    with administered() as services:
        report = services.report_user(who=name)
    fields = _report(report)
    if as_json:
        click.echo(json.dumps(fields, default=_iso))
        return
    width = max(len(label) for label in fields)
    for label, value in fields.items():
        text = (
            f"{_text(value)} UTC"
            if isinstance(value, datetime)
            else "-"
            if value is None
            else value
        )
        click.echo(f"{label.replace('_', ' '):{width}}  {text}")


@users.command(
    context_settings=HYPHENS,
    epilog=example(
        "varvel users create susan",
        "varvel users create --generate --admin susan",
        "varvel users create --password-stdin susan < FILE",
    ),
)
@click.argument("name", type=click.UNPROCESSED)
@password_options
@click.option("--admin", is_flag=True, help="Make the user an admin.")
def create(name: str, *, from_stdin: bool, generate: bool, admin: bool) -> None:
    """Create a user, also where registration is closed."""
    with administered() as services:
        generated = partial(services.generate_password, username=name) if generate else None
        password = chosen_password(generated, from_stdin=from_stdin)
        user = services.create_user(
            username=name, password=password, is_admin=admin, origin=OPERATOR
        )
    click.echo(f"Created{', as an admin' if admin else ''}, with id {user.id}.")
    if generate:
        _show_once(password)


@users.command(
    "set-password",
    context_settings=HYPHENS,
    epilog=example(
        "varvel users set-password susan",
        "varvel users set-password --generate susan",
        "varvel users set-password --password-stdin susan < FILE",
    ),
)
@click.argument("name", type=click.UNPROCESSED)
@password_options
def set_password(name: str, *, from_stdin: bool, generate: bool) -> None:
    """Set a user's password, and end all sessions."""
    with administered() as services:
        generated = partial(services.generate_password, username=name) if generate else None
        password = chosen_password(generated, from_stdin=from_stdin)
        ended = services.set_password(username=name, password=password, origin=OPERATOR)
    click.echo(f"Set; {_sessions(ended)} ended.")
    if generate:
        _show_once(password)


@users.command(context_settings=HYPHENS, epilog=example("varvel users disable susan"))
@click.argument("name", type=click.UNPROCESSED)
def disable(name: str) -> None:
    """Keep a user out, and end all their sessions."""
    with administered() as services:
        ended = services.disable_user(who=name, origin=OPERATOR)
    click.echo(f"Disabled; {_sessions(ended)} ended.")


@users.command(context_settings=HYPHENS, epilog=example("varvel users enable susan"))
@click.argument("name", type=click.UNPROCESSED)
def enable(name: str) -> None:
    """Let a disabled user log in again."""
    with administered() as services:
        services.enable_user(who=name, origin=OPERATOR)
    click.echo("Enabled.")


@users.command(context_settings=HYPHENS, epilog=example("varvel users grant susan admin"))
@click.argument("name", type=click.UNPROCESSED)
@click.argument("role", type=click.Choice([ADMIN]))
def grant(name: str, role: str) -> None:
    """Give a user a role, from their next log-in on."""
    with administered() as services:
        done = services.grant_admin(who=name, origin=OPERATOR)
    click.echo(f"This user has the role already: {role}." if done is None else f"Granted: {role}.")


@users.command(context_settings=HYPHENS, epilog=example("varvel users withdraw susan admin"))
@click.argument("name", type=click.UNPROCESSED)
@click.argument("role", type=click.Choice([ADMIN]))
def withdraw(name: str, role: str) -> None:
    """Take a role from a user, and end all their sessions."""
    with administered() as services:
        ended = services.withdraw_admin(who=name, origin=OPERATOR)
    if ended is None:
        click.echo(f"This user does not have the role: {role}.")
    else:
        click.echo(f"Withdrawn: {role}; {_sessions(ended)} ended.")


@users.command(context_settings=HYPHENS, epilog=example("varvel users unlock susan"))
@click.argument("name", type=click.UNPROCESSED)
def unlock(name: str) -> None:
    """Let a password be tried again that was wrong too often."""
    with administered() as services:
        done = services.unlock_password(who=name, origin=OPERATOR)
    click.echo("No password was wrong since the last log-in." if done is None else "Unlocked.")


@users.command(
    context_settings=HYPHENS,
    epilog=example("varvel users delete susan", "varvel users delete --yes susan"),
)
@click.argument("name", type=click.UNPROCESSED)
@click.confirmation_option(prompt="Remove this user and everything kept of them?")
def delete(name: str) -> None:
    """Remove a user and all sessions; the name becomes free."""
    with administered() as services:
        ended = services.delete_user(who=name, origin=OPERATOR)
    click.echo(f"Deleted; {_sessions(ended)} ended.")


users.add_command(import_users, "import")
users.add_command(export_users, "export")


def _sessions(number: int | None) -> str:
    return "1 session" if number == 1 else f"{number} sessions"


def _show_once(password: str) -> None:
    click.echo(f"Password, shown this once: {password}")


def _line(user: User, state: UserState) -> str:
    coloured = click.style(f"{state.value:8}", fg=COLOURS[state])
    return _row(str(user.id), _text(user.created_at), coloured, user.role or "-", user.name)


def _row(user_id: str, created: str, state: str, role: str, name: str) -> str:
    # The name comes last: nobody knows how wide a terminal shows it.
    return f"{user_id:>8}  {created:19}  {state:8}  {role:5}  {name}"


def _json(user: User, state: UserState) -> str:
    return json.dumps(_fields(user, state), default=_iso)


def _report(report: UserReport) -> dict[str, object]:
    return _fields(report.user, report.state) | {
        "hash_scheme": report.hash_scheme,
        "sessions": report.sessions,
        "wrong_passwords": report.failures,
        "next_try_at": report.next_try_at,
    }


def _fields(user: User, state: UserState) -> dict[str, object]:
    return {
        "id": user.id,
        "name": user.name,
        "canonical_name": user.canonical_name,
        "state": state.value,
        "role": user.role,
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _iso(moment: datetime) -> str:
    return moment.isoformat()
