"""Sessions in the database."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from functools import cache

from sqlalchemy import Executable, RowMapping, bindparam, delete, insert, select, update

from adapters.sql import revocations
from adapters.sql.database import Database
from adapters.sql.schema import sessions
from domain.clock import CLOCK_FAULT
from domain.revocations import Revocation
from domain.sessions import Device, Session

_IS_USERS = sessions.c.user_id == bindparam("owner")
_NOT_ENDED = sessions.c.ended_at.is_(None)
_LIVE = (_IS_USERS, _NOT_ENDED, sessions.c.idle_end > bindparam("now"))
_YOUNGEST_FIRST = (sessions.c.created_at.desc(), sessions.c.id.desc())

_ADD = insert(sessions)
_BY_ID = select(sessions).where(sessions.c.id == bindparam("session_id"))
_LIST_LIVE = select(sessions).where(*_LIVE).order_by(*_YOUNGEST_FIRST)
_STANDING = (
    select(sessions)
    .where(sessions.c.client_id == bindparam("client"), sessions.c.user_id.is_(None))
    .where(_NOT_ENDED, sessions.c.idle_end > bindparam("now"))
    .order_by(*_YOUNGEST_FIRST)
    .limit(1)
)
_RENEW = (
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"), _NOT_ENDED)
    .where(sessions.c.counter == bindparam("old_counter"))
    .values(
        {name: bindparam(f"new_{name}") for name in ("counter", "rotated_at", "used_at")}
        | {name: bindparam(f"new_{name}") for name in ("tokens_end", "idle_end")}
    )
)
_NOT_OVER = (_NOT_ENDED, sessions.c.idle_end > bindparam("not_before"))
_END = (
    update(sessions)
    # What is over is kept no longer than what has expired.
    .values(ended_at=bindparam("now"), idle_end=bindparam("now"))
    .returning(sessions.c.id, sessions.c.tokens_end)
)
# Whoever takes many takes them in one order, or two of them would wait for each other.
_IN_ORDER = select(sessions.c.id).order_by(sessions.c.id).with_for_update()
_ENDING = _IN_ORDER.where(*_NOT_OVER)
_NARROWED = {
    "owner": _IS_USERS,
    "client": sessions.c.client_id == bindparam("client"),
    "nobodys": sessions.c.user_id.is_(None),
    "only": sessions.c.id == bindparam("only"),
    "but": sessions.c.id != bindparam("but"),
}
_AMONG = {
    "among": sessions.c.client_id.in_(bindparam("among", expanding=True)),
    "but": sessions.c.id != bindparam("but"),
}
_REMOVE = (
    delete(sessions)
    .where(sessions.c.id.in_(select(_IN_ORDER.where(_IS_USERS).cte("taken").c.id)))
    .returning(sessions)
)


@cache
def _ending(given: frozenset[str]) -> Executable:
    """What ends the sessions of which these are given. Made once, since each log-in needs one."""
    taken = _ENDING.where(*(_NARROWED[name] for name in _NARROWED if name in given))
    if "beyond" in given:
        young = _LIST_LIVE.with_only_columns(sessions.c.id).offset(bindparam("beyond"))
        young = young.where(*(_AMONG[name] for name in _AMONG if name in given))
        taken = taken.where(sessions.c.id.in_(young))
    if "limit" in given:
        taken = taken.limit(bindparam("limit"))
    return _END.where(sessions.c.id.in_(select(taken.cte("taken").c.id)))


class SqlSessionRepository:
    """The table of sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: Session) -> None:
        with self._database.connection() as connection:
            connection.execute(_ADD, _values(session))

    def find(self, session_id: str) -> Session | None:
        with self._database.connection() as connection:
            row = connection.execute(_BY_ID, {"session_id": session_id}).mappings().first()
        return _session(row) if row else None

    def list_live(self, user_id: int, *, now: datetime) -> Sequence[Session]:
        with self._database.connection() as connection:
            rows = connection.execute(_LIST_LIVE, {"owner": user_id, "now": now}).mappings()
            return [_session(row) for row in rows]

    def renew(self, session: Session, *, counter: int) -> bool:
        values = {
            "session_id": session.id,
            "old_counter": counter,
            "new_counter": session.counter,
            "new_rotated_at": session.rotated_at,
            "new_used_at": session.used_at,
            "new_tokens_end": session.tokens_end,
            "new_idle_end": session.idle_end,
        }
        with self._database.connection() as connection:
            return connection.execute(_RENEW, values).rowcount == 1

    def find_standing(self, client_id: str, *, now: datetime) -> Session | None:
        with self._database.connection() as connection:
            rows = connection.execute(_STANDING, {"client": client_id, "now": now})
            row = rows.mappings().first()
        return _session(row) if row else None

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
        if user_id is None and only is None and client_id is None:
            raise ValueError("Say whose sessions end.")
        wanted = {
            "owner": user_id,
            "only": only,
            "but": but,
            "beyond": beyond,
            "among": among,
            "client": client_id,
            "nobodys": nobodys or None,
            "limit": limit,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        statement = _ending(frozenset(given))
        with self._database.connection() as connection:
            values = given | {"now": at, "not_before": at - CLOCK_FAULT}
            rows = connection.execute(statement, values)
            ended = [Revocation(row.id, row.tokens_end) for row in rows]
            revocations.append(connection, ended)
        return ended

    def remove(self, user_id: int, *, at: datetime) -> Sequence[Revocation]:
        with self._database.connection() as connection:
            rows = connection.execute(_REMOVE, {"owner": user_id})
            ended = [
                Revocation(row.id, row.tokens_end)
                for row in rows
                # What is over by this clock may go on by another one.
                if row.ended_at is None and row.idle_end > at - CLOCK_FAULT
            ]
            revocations.append(connection, ended)
        return ended


def _values(session: Session) -> dict[str, object]:
    # The table has a column for each field, and for each of the device's.
    values = {each.name: getattr(session, each.name) for each in fields(Session)}
    return values | asdict(values.pop("device"))


def _session(row: RowMapping) -> Session:
    values = dict(row)
    device = Device(values.pop("user_agent"), values.pop("address"))
    return Session(**values, device=device)
