"""Sessions in memory; ending them writes the feed's table beside them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.clock import CLOCK_FAULT
from domain.revocations import Revocation
from domain.sessions import Session
from tests.fakes.revocations import append
from tests.fakes.unit_of_work import Rows, Storage, in_utc

TABLE = "sessions"
TIMES = ("created_at", "rotated_at", "used_at", "tokens_end", "idle_end", "absolute_end")


class FakeSessionRepository:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, session: Session) -> None:
        times: dict[str, Any] = {name: in_utc(getattr(session, name)) for name in TIMES}
        for name in ("ended_at", "authenticated_at"):
            moment: datetime | None = getattr(session, name)
            times[name] = moment and in_utc(moment)
        with self._storage.changing(TABLE) as sessions:
            sessions[session.id] = replace(session, **times)

    def find(self, session_id: str) -> Session | None:
        found: Session | None = self._storage.rows(TABLE).get(session_id)
        return found

    def list_live(self, user_id: int, *, now: datetime) -> Sequence[Session]:
        return [each for each in self._of(user_id) if each.is_live(now)]

    def renew(self, session: Session, *, counter: int) -> bool:
        with self._storage.changing(TABLE) as sessions:
            stored: Session | None = sessions.get(session.id)
            if stored is None or stored.ended_at is not None or stored.counter != counter:
                return False
            sessions[session.id] = replace(
                stored,
                counter=session.counter,
                rotated_at=in_utc(session.rotated_at),
                used_at=in_utc(session.used_at),
                tokens_end=in_utc(session.tokens_end),
                idle_end=in_utc(session.idle_end),
            )
            return True

    def find_standing(self, client_id: str, *, now: datetime) -> Session | None:
        own = (each for each in self._of(None) if each.client_id == client_id)
        return next((each for each in own if each.is_live(now)), None)

    def end(
        self,
        user_id: int | None,
        *,
        at: datetime,
        only: str | None = None,
        but: str | None = None,
        beyond: int | None = None,
        among: Collection[str] | None = None,
        client_id: str | None = None,
        nobodys: bool = False,
        limit: int | None = None,
    ) -> Sequence[Revocation]:
        own = self._whose(user_id, only or client_id)
        ending = [each for each in own if not _is_over(each, at)]
        if client_id is not None:
            ending = [each for each in ending if each.client_id == client_id][:limit]
        if nobodys:
            ending = [each for each in ending if each.user_id is None]
        if only is not None:
            ending = [each for each in ending if each.id == only]
        if but is not None:
            ending = [each for each in ending if each.id != but]
        if beyond is not None:
            counted = [each for each in ending if among is None or each.client_id in among]
            ending = [each for each in counted if each.is_live(at)][beyond:]
        if not ending:
            return []
        with self._storage.changing(TABLE) as sessions:
            for each in ending:
                sessions[each.id] = replace(each, ended_at=in_utc(at), idle_end=in_utc(at))
        ended = [Revocation(each.id, each.tokens_end) for each in ending]
        append(self._storage, ended)
        return ended

    def remove(self, user_id: int, *, at: datetime) -> Sequence[Revocation]:
        own = self._of(user_id)
        with self._storage.changing(TABLE) as sessions:
            for each in own:
                del sessions[each.id]
        ended = [Revocation(each.id, each.tokens_end) for each in own if not _is_over(each, at)]
        append(self._storage, ended)
        return ended

    def _whose(self, user_id: int | None, named: str | None) -> list[Session]:
        if user_id is not None:
            return self._of(user_id)
        if named is None:
            raise ValueError("Say whose sessions end.")
        return list(self._storage.rows(TABLE).values())

    def _of(self, user_id: int | None) -> list[Session]:
        sessions: list[Session] = list(self._storage.rows(TABLE).values())
        own = [each for each in sessions if each.user_id == user_id]
        return sorted(own, key=lambda each: (each.created_at, each.id), reverse=True)


def _is_over(session: Session, now: datetime) -> bool:
    return session.ended_at is not None or session.idle_end <= now - CLOCK_FAULT


def forget(sessions: Rows, session_ids: Collection[str]) -> None:
    """Removes these rows; sessions that came of one of them go on without a parent."""
    for session_id in session_ids:
        del sessions[session_id]
    for each in list(sessions.values()):
        if each.parent_id in session_ids:
            sessions[each.id] = replace(each, parent_id=None)
