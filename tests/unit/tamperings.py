"""What can be done to an audit trail behind its back, and what has to be said of it."""

from collections.abc import Sequence
from dataclasses import fields, replace

from domain.audit import AuditEntry, ChainEnd
from tests.fakes.audit import CHAIN, TABLE, FakeSeals
from tests.unit.trails import Tampering, Trail

LENGTH = 6
"""Entries of the trail that is tampered with."""

SAID = [each.name for each in fields(AuditEntry) if each.name not in ("sequence", "link")]
"""What an entry says."""

LOWEST, HIGHEST = -(2**63), 2**63 - 1
"""The numbers that a database can hold."""


def swap(trail: Trail) -> None:
    """Lets two entries change places, with their links."""
    second, third = trail.rows[1:3]
    trail.put(
        replace(second, sequence=third.sequence, link=third.link),
        replace(third, sequence=second.sequence, link=second.link),
    )


def swap_without_links(trail: Trail) -> None:
    second, third = trail.rows[1:3]
    trail.put(replace(second, sequence=3), replace(third, sequence=2))


def close_gap(trail: Trail) -> None:
    """Removes an entry, and lets those behind it move up."""
    moved = [replace(each, sequence=(each.sequence or 0) - 1) for each in trail.rows[3:]]
    trail.cut(3)
    trail.put(*moved)
    trail.move(head=ChainEnd(LENGTH - 1, trail.head.link))


def replay(trail: Trail) -> None:
    """Puts another entry's content and seal in an entry's place."""
    fourth = trail.rows[3]
    trail.change(2, **{name: getattr(fourth, name) for name in SAID if name != "id"})


def append(entry: AuditEntry, trail: Trail) -> None:
    """Puts an entry behind the last one, and moves the head there."""
    trail.put(replace(entry, id="new", sequence=LENGTH + 1, link="link"))
    trail.move(head=ChainEnd(LENGTH + 1, "link"))


def copy(trail: Trail) -> None:
    append(trail.rows[1], trail)


def reseal(trail: Trail) -> None:
    """Changes an entry, and seals it and all behind it with another secret."""
    last, mine = ChainEnd(1, str(trail.rows[0].link)), FakeSeals("another secret")
    for place in range(2, LENGTH + 1):
        entry = replace(trail.rows[place - 1], detail="changed")
        entry = replace(entry, seal=mine.seal(entry.content()))
        last = ChainEnd(place, mine.seal(last.following(entry)))
        trail.put(replace(entry, link=last.link))
    trail.move(head=last)


def seal_alone(trail: Trail) -> None:
    """Changes an entry and its own seal, with another secret."""
    entry = replace(trail.rows[1], detail="changed")
    trail.put(replace(entry, seal=FakeSeals("another secret").seal(entry.content())))


def forge_place(place: int | None) -> Tampering:
    return lambda trail: trail.put(
        replace(trail.rows[1], id="forged", actor="operator", sequence=place, link=None)
    )


def trim_alone(trail: Trail) -> None:
    """Removes the first entries, and makes a checkpoint without the secret."""
    link = str(trail.rows[1].link)
    trail.cut(1, 2)
    trail.move(checkpoint=ChainEnd(2, link), checkpoint_seal=link)


def forget_chain(trail: Trail) -> None:
    """Removes what the storage knows of the chain, and leaves the entries."""
    with trail.storage.changing(CHAIN) as chains:
        chains.clear()


def empty(trail: Trail) -> None:
    with trail.storage.changing(TABLE) as rows:
        rows.clear()


HEAD_MOVED = "The end of the chain at"
"""What is said of a head that is not under its seal."""

FOUND: dict[str, tuple[Tampering, Sequence[str]]] = {
    "the first is removed": (lambda trail: trail.cut(1), ["Entries 1 to 1 were removed."]),
    "the first two": (lambda trail: trail.cut(1, 2), ["Entries 1 to 2 were removed."]),
    "some between": (lambda trail: trail.cut(3, 4), ["Entries 3 to 4 were removed."]),
    "here and there": (
        lambda trail: trail.cut(2, 4),
        ["Entries 2 to 2 were removed.", "Entries 4 to 4 were removed."],
    ),
    "the last": (lambda trail: trail.cut(6), ["The chain ends at 5 ", "and should at 6 "]),
    "all": (empty, ["The chain ends at 0, ", "and should at 6 "]),
    "one has lost its place": (
        lambda trail: trail.change(3, sequence=None, link=None),
        ["Entries 3 to 3 were removed."],
    ),
    "two change places": (swap, ["Entry 2 (", "Entry 3 (", "not the one that was sealed here"]),
    "two change places without links": (
        swap_without_links,
        ["Entry 2 (", "Entry 3 (", "Entry 4 (", "not the one that was sealed here"],
    ),
    "those behind move up": (
        close_gap,
        ["Entry 3 (", "not the one that was sealed here", HEAD_MOVED],
    ),
    "a link is changed": (
        lambda trail: trail.change(3, link="another"),
        ["Entry 3 (", "Entry 4 (", "not the one that was sealed here"],
    ),
    "a link is lost": (
        lambda trail: trail.change(6, link=None),
        ["Entry 6 (", "The chain ends at 6,"],
    ),
    "another's content": (replay, ["Entry 2 (", "was changed"]),
    "a copy behind all": (
        copy,
        ["Entry 7 (new) was changed", "Entry 7 (new) is not the one", HEAD_MOVED],
    ),
    "another secret": (
        reseal,
        [HEAD_MOVED, *(f"Entry {place} (" for place in range(2, LENGTH + 1))],
    ),
    "another secret for one": (seal_alone, ["Entry 2 (", "was changed"]),
    "an entry before the first": (
        forge_place(0),
        ["Entry 0 (forged) lies before the chain begins.", "Entry 0 (forged) was changed."],
    ),
    "an entry far before": (
        forge_place(LOWEST),
        [f"Entry {LOWEST} (forged) lies before", f"Entry {LOWEST} (forged) was changed."],
    ),
    "an entry behind the last": (forge_place(7), ["Entry 7 (forged) lies beyond the end"]),
    "an entry far behind": (forge_place(HIGHEST), [f"Entry {HIGHEST} (forged) lies beyond"]),
    "an entry without a place": (forge_place(None), ["Entry unsealed (forged) was changed."]),
    "a head further on": (
        lambda trail: trail.move(head=ChainEnd(9, "link")),
        ["The chain ends at 6 ", "and should at 9 link.", HEAD_MOVED],
    ),
    "a head that was": (
        lambda trail: trail.move(head=ChainEnd(4, str(trail.rows[3].link))),
        ["Entry 5 (", "lies beyond the end", HEAD_MOVED],
    ),
    "another head": (
        lambda trail: trail.move(head=ChainEnd(6, "link")),
        ["The chain ends at 6 ", "and should at 6 link.", HEAD_MOVED],
    ),
    "no head": (forget_chain, ["Entry 1 (", "lies beyond the end"]),
    "a checkpoint": (
        lambda trail: trail.move(checkpoint=ChainEnd(2, str(trail.rows[1].link))),
        ["The checkpoint at 2 does not fit its seal.", "Entry 1 (", "Entry 2 ("],
    ),
    "a checkpoint in place of what was before it": (
        trim_alone,
        ["The checkpoint at 2 does not fit its seal."],
    ),
    "a checkpoint at the very beginning": (
        lambda trail: trail.move(checkpoint=ChainEnd(0, "link")),
        ["The checkpoint at 0 does not fit its seal.", "Entry 1 ("],
    ),
}
