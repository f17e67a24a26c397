"""The chain of the audit trail: how entries are sealed into it, and how gaps in it are found."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.audit import (
    AuditEntry,
    AuditFilter,
    AuditRepository,
    AuditTrail,
    Chain,
    ChainEnd,
    Event,
    Place,
    Seals,
)
from domain.clock import Clock
from domain.credentials import PasswordCheck
from domain.errors import DomainError, ErrorKind
from domain.origins import Origin
from domain.unit_of_work import UnitOfWork

PAGE = 500
"""Entries that are read or sealed at once."""

HEAD, CHECKPOINT = "head", "checkpoint"
"""What seals of places in the chain are for."""

MANY = 100_000
"""Entries without a place that a verification looks at; more never wait."""

SEALING_INTERVAL = timedelta(seconds=1)
"""How long an entry is without a place in the chain, which is as long as it can go unseen."""

TRIM_EVERY = timedelta(days=1)
"""How much is trimmed at once, so that the trail does not fill with the traces of that."""

TRIM_BATCH = 10_000
"""Entries that one unit of work removes."""

VARVEL = Origin(actor="varvel")
"""Who acts when nobody asks for it."""


class AuditTrailBroken(DomainError):
    """The audit trail is not as it was sealed, and must neither be trimmed nor go on."""

    code = "audit_trail_broken"
    kind = ErrorKind.CONFLICT
    detail = "The audit trail is not as it was sealed: varvel audit verify says where."


@dataclass(frozen=True, slots=True)
class ListAuditEntries:
    """Shows what happened."""

    passwords: PasswordCheck
    entries: AuditRepository

    def __call__(
        self,
        *,
        wanted: AuditFilter,
        username: str | None = None,
        before: Place | None = None,
        limit: int,
    ) -> Sequence[AuditEntry]:
        """The youngest of the wanted entries before this place, the youngest first.

        With a name, those of its user; or what was tried at it, if nobody has it.
        """
        if username is not None:
            wanted = replace(wanted, subject=self.passwords.look_up(username)[1])
        return self.entries.list(wanted, before=before, limit=limit)


class HeadWatch:
    """The furthest head that this process has seen; the chain never ends before that again."""

    def __init__(self) -> None:
        self._furthest = ChainEnd()

    def look(self, read: Callable[[], Chain | None], seals: Seals) -> Chain | None:
        """The chain as it is read now. Raises AuditTrailBroken if its head cannot be one."""
        # Known before it is read: other threads of this process look as well.
        furthest = self._furthest
        chain = read()
        if chain is None:
            return None
        if chain.head.sequence < furthest.sequence or any(_head_faults(seals, chain)):
            raise AuditTrailBroken
        self._furthest = chain.head
        return chain


@dataclass(frozen=True, slots=True)
class SealAuditTrail:
    """Gives new entries their places in the chain; one process at a time does."""

    entries: AuditRepository
    seals: Seals
    unit_of_work: UnitOfWork
    watch: HeadWatch = field(default_factory=HeadWatch)

    def __call__(self) -> ChainEnd | None:
        """Where the chain ends now; None if nothing was new, or another process is at it.

        Raises AuditTrailBroken when the chain has been cut, since sealing on would hide that.
        """
        self.watch.look(self.entries.chain, self.seals)
        if not self.entries.unsealed(limit=1):
            return None
        with self.unit_of_work():
            chain = self.watch.look(self.entries.claim_chain, self.seals)
            entries = self.entries.unsealed(limit=PAGE) if chain else ()
            if chain is None or not entries:
                return None
            head = chain.head
            sealed = []
            for entry in entries:
                head = ChainEnd(head.sequence + 1, self.seals.seal(head.following(entry)))
                sealed.append(replace(entry, sequence=head.sequence, link=head.link))
            self.entries.extend(sealed, head=head, seal=self.seals.seal(head.content(HEAD)))
        return head


@dataclass(frozen=True, slots=True)
class TrimAuditTrail:
    """Removes what is older than it has to be kept, and leaves a checkpoint under a seal."""

    entries: AuditRepository
    trail: AuditTrail
    retention: timedelta
    clock: Clock
    unit_of_work: UnitOfWork

    def __call__(self) -> int:
        """How many entries were removed: none before there is a day of them too many.

        Raises AuditTrailBroken, since a new checkpoint would hide what was done to those before it.
        """
        limit = self.clock.now() - self.retention
        if not self.entries.last_before(limit - TRIM_EVERY, limit=TRIM_BATCH):
            return 0
        with self.unit_of_work():
            chain = self.entries.claim_chain()
            checkpoint = self.entries.last_before(limit, limit=TRIM_BATCH) if chain else None
            if chain is None or checkpoint is None:
                return 0
            self._require_whole(chain, checkpoint)
            seal = self.trail.seals.seal(checkpoint.content(CHECKPOINT))
            removed = self.entries.trim(checkpoint, seal=seal)
            detail = f"entries={removed} until={checkpoint.sequence}"
            self.trail.record(Event.AUDIT_TRIMMED, origin=VARVEL, detail=detail)
        return removed

    def _require_whole(self, chain: Chain, checkpoint: ChainEnd) -> None:
        # Whoever makes entries look old must not have them removed under a seal.
        seals = self.trail.seals
        walk = _walk(self.entries, seals, chain, end=checkpoint.sequence)
        if any(_checkpoint_faults(seals, chain)) or any(faults for _, faults in walk):
            raise AuditTrailBroken


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a verification found.

    `faults` are sentences, `unsealed` the ids of entries that have no place in the chain yet.
    """

    head: ChainEnd
    checked: int
    faults: Sequence[str]
    unsealed: Sequence[str]


@dataclass(frozen=True, slots=True)
class VerifyAuditTrail:
    """Looks for entries that were changed, moved or removed."""

    entries: AuditRepository
    seals: Seals

    def __call__(self, *, expected_link: str | None = None) -> AuditReport:
        """What it found in all entries.

        Only with a link that was noted elsewhere, as from a server's log, is it sure that the end
        was not cut off together with what the database says of it.
        """
        while True:
            chain = self.entries.chain()
            report = self._examined(chain, expected_link)
            # A trim while this was reading looks like a gap.
            if not report.faults or self.entries.chain().checkpoint == chain.checkpoint:
                return report

    def _examined(self, chain: Chain, expected_link: str | None) -> AuditReport:
        faults = [*_checkpoint_faults(self.seals, chain), *_head_faults(self.seals, chain)]
        last, checked = chain.checkpoint, 0
        is_found = expected_link in (None, last.link)
        for last, found in _walk(self.entries, self.seals, chain, end=chain.head.sequence):
            faults += found
            checked += 1
            is_found = is_found or last.link == expected_link
        if last != chain.head:
            faults.append(f"The chain ends at {last}, and should at {chain.head}.")
        faults += self._beyond(chain)
        if not is_found:
            faults.append(
                "The head that was given is not in the chain: its end was cut or replaced, or that "
                "entry is older than what is kept."
            )
        unsealed = list(self.entries.unsealed(limit=MANY))
        faults += [_changed(each) for each in unsealed if not _is_intact(self.seals, each)]
        return AuditReport(last, checked, faults, [each.id for each in unsealed])

    def _beyond(self, chain: Chain) -> Iterator[str]:
        beyond = self.entries.sealed(after=chain.head.sequence, limit=1)
        # What was sealed since the head was read has moved it.
        if beyond and self.entries.chain().head == chain.head:
            yield f"Entry {beyond[0].sequence} ({beyond[0].id}) lies beyond the end of the chain."


def _walk(
    entries: AuditRepository, seals: Seals, chain: Chain, *, end: int
) -> Iterator[tuple[ChainEnd, Sequence[str]]]:
    """Where the chain has come to with each entry up to this place, and what is wrong with it."""
    last = chain.checkpoint
    for entry in _in_order(entries):
        place = ChainEnd(entry.sequence or 0, entry.link or "")
        if place.sequence > end:
            return
        faults = [] if _is_intact(seals, entry) else [_changed(entry)]
        if place.sequence <= chain.checkpoint.sequence:
            faults.append(f"Entry {place.sequence} ({entry.id}) lies before the chain begins.")
        else:
            faults += _place_faults(seals, entry, place, last)
            last = place
        yield last, faults


def _in_order(entries: AuditRepository) -> Iterator[AuditEntry]:
    # From the very first, wherever the chain should begin: nothing may hide before that.
    after = None
    while page := entries.sealed(after=after, limit=PAGE):
        yield from page
        after = page[-1].sequence


def _place_faults(
    seals: Seals, entry: AuditEntry, place: ChainEnd, last: ChainEnd
) -> Iterator[str]:
    if place.sequence != last.sequence + 1:
        yield f"Entries {last.sequence + 1} to {place.sequence - 1} were removed."
    elif not seals.fits(last.following(entry), place.link):
        yield f"Entry {place.sequence} ({entry.id}) is not the one that was sealed here."


def _head_faults(seals: Seals, chain: Chain) -> Iterator[str]:
    if chain.head != ChainEnd() and not seals.fits(chain.head.content(HEAD), chain.head_seal):
        yield f"The end of the chain at {chain.head.sequence} does not fit its seal."


def _checkpoint_faults(seals: Seals, chain: Chain) -> Iterator[str]:
    checkpoint = chain.checkpoint
    if checkpoint != ChainEnd() and not seals.fits(
        checkpoint.content(CHECKPOINT), chain.checkpoint_seal
    ):
        yield f"The checkpoint at {checkpoint.sequence} does not fit its seal."


def _is_intact(seals: Seals, entry: AuditEntry) -> bool:
    return seals.fits(entry.content(), entry.seal)


def _changed(entry: AuditEntry) -> str:
    place = "unsealed" if entry.sequence is None else entry.sequence
    return f"Entry {place} ({entry.id}) was changed."
