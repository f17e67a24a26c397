"""`varvel audit`: what happened, and whether the trail of it is whole."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from domain.audit import AuditEntry, AuditFilter, Event
from entrypoints.cli.command import administered, example

MOST = 10_000


class Moment(click.ParamType[datetime]):
    """A moment as ISO 8601 has it; without a zone it is meant in UTC."""

    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment, in UTC."""
        try:
            moment = datetime.fromisoformat(str(value))
            return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("Write it like 2026-11-24 or 2026-11-24T12:00:00Z.", param, ctx)


@click.group(epilog=example("varvel audit list --user susan", "varvel audit verify"))
def audit() -> None:
    """List security events, and verify that all are there."""


@audit.command(
    "list",
    epilog=example(
        "varvel audit list --user susan --outcome failure",
        "varvel audit list --event logged_in --since 2026-11-01 --json",
    ),
)
@click.option("--user", help="Only what concerns the user of this name, or tries at it.")
@click.option("--subject", help="Only what concerns this subject, like user:7; for removed users.")
@click.option("--event", type=click.Choice([each.value for each in Event]), help="Only these.")
@click.option("--outcome", type=click.Choice(["success", "failure"]), help="Only these.")
@click.option("--since", type=Moment(), help="Only from this moment on (UTC).")
@click.option("--until", type=Moment(), help="Only before this moment (UTC).")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=100,
    show_default=True,
    help="How many of the youngest.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all fields.")
def list_entries(
    *,
    user: str | None,
    subject: str | None,
    event: str | None,
    outcome: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List events, the youngest first."""
    if user is not None and subject is not None:
        raise click.UsageError("Give either --user or --subject.")
    wanted = AuditFilter(subject, event, outcome, since, until)
    with administered() as services:
        entries = services.list_audit_entries(wanted=wanted, username=user, limit=limit)
    for entry in entries:
        click.echo(json.dumps(asdict(entry), default=str) if as_json else _line(entry))


@audit.command(
    epilog=example("varvel audit verify", "varvel audit verify --head LINK_FROM_THE_LOG")
)
@click.option("--head", help="The last link that you know of, from a server's log.")
def verify(head: str | None) -> None:
    """Look for entries that were changed, moved, removed or cut off.

    Says each in a line, and exits with 1 if there is any. Only with --head is it sure that the
    newest entries are all there.
    """
    if head == "":
        raise click.UsageError("Give --head the link after the number of an audit head in the log.")
    with administered() as services:
        report = services.verify_audit_trail(expected_link=head)
    for fault in report.faults:
        click.echo(f"fault: {fault}")
    for entry_id in report.unsealed:
        click.echo(f"not sealed yet: {entry_id}")
    click.echo(f"Checked: {report.checked}. Head: {report.head}")
    if report.faults:
        click.echo("If VARVEL_SECRET was changed, put the older ones back after the newest.")
        raise SystemExit(1)


def _line(entry: AuditEntry) -> str:
    place = f"{entry.sequence or '-':>6}"
    moment = entry.at.strftime("%Y-%m-%d %H:%M:%S")
    who = f"{entry.subject or '-'}  by {entry.actor}  from {entry.address or '-'}"
    what = f"{entry.event:20}  {entry.outcome:7}"
    return f"{place}  {moment}  {what}  {who}  {entry.detail or ''}".rstrip()
