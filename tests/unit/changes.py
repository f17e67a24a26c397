"""What operators do with accounts, on the storage of a test."""

from typing import TypeVar

from domain.accounts import AccountChange
from domain.issuance import IssueToken
from domain.throttling import ThrottleRepository
from domain.users import UsernameRules

Change = TypeVar("Change", bound=AccountChange)


def made(
    kind: type[Change], usernames: UsernameRules, issue: IssueToken, throttles: ThrottleRepository
) -> Change:
    """A use case of this kind."""
    return kind(
        *(usernames, issue.users, issue.sessions, throttles, issue.revoked),
        *(issue.audit, issue.clock, issue.unit_of_work),
    )
