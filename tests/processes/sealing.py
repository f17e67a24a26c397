"""The audit trail, sealed by several processes at once while others write into it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from domain.audit import AuditEntry, ChainEnd
from domain.issuance import IssuedTokens
from entrypoints.http.app import Services
from tests.processes.session_races import AT_ONCE, Arena, Call, Racer, outcome, start

WRITERS = AT_ONCE // 2
LOG_INS = 5
"""Of each writer in a round."""


def seal(services: Services) -> ChainEnd | None:
    """Gives new entries their places, as every process does each second."""
    head = outcome(lambda services: services.seal_audit_trail(), services)
    assert head is None or isinstance(head, ChainEnd), head
    return head


@dataclass(frozen=True)
class Sealed:
    """What came of a round: where the chain ended each time, and how many entries were written."""

    heads: Sequence[ChainEnd]
    written: int


def seal_under_load(arena: Arena, racer: Racer) -> Sealed:
    """Half of all write, and half seal, at once; seals what is left in the end."""
    log_in = start(racer.proven())

    def write(services: Services) -> int:
        issued = [outcome(log_in, services) for _ in range(LOG_INS)]
        assert all(isinstance(each, IssuedTokens) for each in issued), issued
        return len(issued)

    def go_on(services: Services) -> list[ChainEnd]:
        return [head for _ in range(LOG_INS) if (head := seal(services))]

    calls: list[Call] = [*[write] * WRITERS, *[go_on] * (AT_ONCE - WRITERS)]
    outcomes = arena.at_once(calls)
    written = sum(each for each in outcomes if isinstance(each, int))
    heads = [head for each in outcomes if isinstance(each, list) for head in each]
    while head := seal(arena.processes[0]):
        heads.append(head)
    return Sealed(heads, written)


def check(arena: Arena, heads: Sequence[ChainEnd]) -> int:
    """Fails unless all is sealed once, in one chain in which all of these are; says how many."""
    entries = arena.operators.list_audit_entries.entries
    stored: Sequence[AuditEntry] = entries.sealed(after=None, limit=1_000_000)
    assert not entries.unsealed(limit=1)
    assert [each.sequence for each in stored] == list(range(1, len(stored) + 1))
    assert max(Counter(each.id for each in stored).values()) == 1
    # Of two that had sealed the same, both would say that the chain ends there.
    assert len({head.sequence for head in heads}) == len(heads)
    links = {each.sequence: each.link for each in stored}
    assert all(links[head.sequence] == head.link for head in heads)
    for head in (*heads[:1], *heads[-1:]):
        report = arena.operators.verify_audit_trail(expected_link=head.link)
        assert (report.faults, report.unsealed) == ([], [])
        assert report.checked == len(stored)
    return len(stored)
