"""Ending sessions where something came in between, and what is never looked up."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from domain.credentials import InvalidCredentials
from domain.issuance import IssueToken
from domain.revocations import Revocation
from domain.sessions import EndOtherSessions, EndSession, Session, SessionNotFound, ShowSession
from domain.users import User
from tests.fakes.audit import FakeAuditRepository
from tests.fakes.clock import FakeClock
from tests.fakes.revocations import FakeRevocationFeed
from tests.fakes.sessions import FakeSessionRepository
from tests.fakes.unit_of_work import Storage
from tests.fakes.users import FakeUserRepository
from tests.origins import ORIGIN
from tests.unit.log_ins import acting_in, log_in, told_by


@pytest.mark.parametrize("name", ["current", "id-1"])
def test_a_session_that_was_ended_elsewhere_ends_none_by_its_name(
    *,
    issue: IssueToken,
    sessions: FakeSessionRepository,
    feed: FakeRevocationFeed,
    miguel: User,
    clock: FakeClock,
    name: str,
) -> None:
    end = EndSession(issue.sessions, issue.revoked, issue.audit, issue.clock, issue.unit_of_work)
    other, here = (log_in(issue, miguel).session for _ in range(2))
    sessions.end(miguel.id, at=clock.now(), only=here.id)

    with pytest.raises(InvalidCredentials):
        end(principal=acting_in(here, miguel), session_id=name, origin=ORIGIN)

    assert sessions.find(other.id) == other
    assert told_by(feed) == {here.id}


def test_a_session_that_was_begun_before_the_user_could_be_locked_is_ended_with_the_others(
    issue: IssueToken, storage: Storage, sessions: FakeSessionRepository, miguel: User
) -> None:
    here = log_in(issue, miguel).session
    begun = replace(here, id="begun meanwhile")

    class Awaited(FakeUserRepository):
        def lock(self, user_id: int) -> User | None:
            user = super().lock(user_id)
            if user == miguel:
                sessions.add(begun)
            return user

    end_others = EndOtherSessions(
        Awaited(storage), sessions, issue.revoked, issue.audit, issue.clock, issue.unit_of_work
    )
    end_others(principal=acting_in(here, miguel), origin=ORIGIN)

    over = [session.id for session in (here, begun) if is_ended(sessions, session)]
    assert over == [begun.id]


def is_ended(sessions: FakeSessionRepository, session: Session) -> bool:
    found = sessions.find(session.id)
    return found is not None and found.ended_at is not None


@pytest.mark.parametrize("text", ["", "id 1", "id-1\n", "\0", "\ud800", "\u00e9", "x" * 65])
def test_what_can_be_no_id_is_not_looked_up(
    issue: IssueToken, storage: Storage, miguel: User, clock: FakeClock, text: str
) -> None:
    class Unasked(FakeSessionRepository):
        def find(self, session_id: str) -> Session | None:
            raise AssertionError("A text that can be no id was looked up.")

    show = ShowSession(Unasked(storage), clock)

    with pytest.raises(SessionNotFound):
        show(principal=acting_in(log_in(issue, miguel).session, miguel), session_id=text)


def test_a_log_out_that_another_was_quicker_with_leaves_no_entry(
    issue: IssueToken, storage: Storage, entries: FakeAuditRepository, miguel: User
) -> None:
    class Quicker(FakeSessionRepository):
        def end(self, user_id: int | None, **options: Any) -> Sequence[Revocation]:
            super().end(user_id, **options)
            return super().end(user_id, **options)

    here = log_in(issue, miguel).session
    end = EndSession(Quicker(storage), issue.revoked, issue.audit, issue.clock, issue.unit_of_work)
    end(principal=acting_in(here, miguel), session_id="current", origin=ORIGIN)

    assert [entry.event for entry in entries._entries()] == ["logged_in"]
