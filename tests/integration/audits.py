"""The audit trail of a database, as the command line shows it and as the server seals it."""

import json
from dataclasses import replace
from typing import Any

from domain.audit import ChainEnd
from domain.clock import Clock
from entrypoints.bootstrap import build
from tests.integration.commands import said
from tests.integration.stores import Store

Entry = dict[str, Any]


INSERT = "INSERT INTO audit_entries (id, sequence, at, event, outcome, actor, seal)"
COPY = "at, event, outcome, actor, seal FROM audit_entries WHERE sequence = 2"

TAMPERINGS = {
    "changed": (
        "UPDATE audit_entries SET address = '198.51.100.1' WHERE sequence = 2",
        "was changed.",
    ),
    "moved in time": (
        "UPDATE audit_entries SET at = '2026-01-01 00:00:00.000000' WHERE sequence = 2",
        "was changed.",
    ),
    "removed": ("DELETE FROM audit_entries WHERE sequence = 2", "Entries 2 to 2 were removed."),
    "the first": ("DELETE FROM audit_entries WHERE sequence = 1", "Entries 1 to 1 were removed."),
    "the end": ("DELETE FROM audit_entries WHERE sequence > 3", "The chain ends at 3 "),
    "all": ("DELETE FROM audit_entries", "The chain ends at 0, "),
    "another head": ("UPDATE audit_chain SET link = 'another'", "and should at 5 another."),
    "an earlier head": ("UPDATE audit_chain SET sequence = 3", "lies beyond the end"),
    "an earlier end": (
        (
            "UPDATE audit_chain SET sequence = 3, "
            "link = (SELECT link FROM audit_entries WHERE sequence = 3)"
        ),
        "The end of the chain at 3 does not fit its seal.",
    ),
    "no head": ("DELETE FROM audit_chain", "lies beyond the end"),
    "a checkpoint": (
        "UPDATE audit_chain SET checkpoint_sequence = 1, checkpoint_link = 'another'",
        "The checkpoint at 1 does not fit its seal.",
    ),
    "unsealed": (
        "UPDATE audit_entries SET sequence = NULL, link = NULL WHERE sequence = 4",
        "Entries 4 to 4 were removed.",
    ),
    "added before": (
        f"{INSERT} SELECT 'new', -1, {COPY}",
        "Entry -1 (new) lies before the chain begins.",
    ),
}
"""What can be done to five sealed entries behind their back, and what has to be said of it."""


def listed(store: Store, *words: str) -> list[Entry]:
    """The entries that `varvel audit list` shows, the oldest first."""
    lines = said(store.environment(), "audit", "list", "--json", *words).splitlines()
    return [json.loads(line) for line in reversed(lines)]


def events(store: Store, *words: str) -> list[str]:
    """What happened, the first first."""
    return [entry["event"] for entry in listed(store, *words)]


def seal(store: Store, clock: Clock | None = None) -> ChainEnd:
    """Gives all entries a place, as servers do every second; says where the chain ends."""
    services, database = build(store.settings(), clock=clock)
    while services.seal_audit_trail():
        pass
    head = services.seal_audit_trail.entries.chain().head
    database.dispose()
    return head


def trim(store: Store, clock: Clock) -> int:
    """Removes what is too old by this clock, as servers do every minute by the database's."""
    services, database = build(store.settings(), clock=clock)
    removed = replace(services.trim_audit_trail, clock=clock)()
    database.dispose()
    return removed
