"""Secrets that come in while the database fails in the middle of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import NullPool, create_engine, text

from tests.processes.connections import basic
from tests.processes.databases import Database
from tests.processes.plants import ME, Planter, bearer


def plant_in_faults(planter: Planter, database: Database, password: str) -> None:
    """What is refused for want of a table, and what makes this program stumble."""
    new = planter.canaries.new
    body = {"username": "miguel", "password": password}
    last = planter.ask("log-in before", "POST", "/api/sessions", status=201, body=body)
    live, refresh_token = planter.given("log-in before", last, "access_token", "refresh_token")
    with _renamed(database, "users"):
        body = {"username": "jane", "password": new("fault, registration")}
        planter.ask("fault, register", "POST", "/api/users", status=503, body=body)
        planter.ask("fault, log-in", "POST", "/api/sessions", status=503, body=body)
        headers = {"Authorization": basic("miguel", new("fault, Basic"))}
        planter.ask("fault, Basic", "GET", "/api/token", status=503, headers=headers)
        body = {"current_password": new("fault, change"), "new_password": new("fault, changed")}
        planter.ask(
            "fault, change", "PUT", f"{ME}/password", status=503, body=body, headers=bearer(live)
        )
    with _renamed(database, "sessions"):
        body = {"refresh_token": refresh_token}
        planter.ask("fault, refresh", "POST", "/api/token", status=503, body=body)
        planter.ask("fault, renewal", "GET", "/api/token", status=503, headers=bearer(live))
    _execute(database, _SPOIL[database.url.partition(":")[0]])
    planter.ask("mistake, refresh", "POST", "/api/token", status=500, body=body)
    planter.ask("mistake, list", "GET", "/api/sessions", status=500, headers=bearer(live))


_SPOIL = {
    "sqlite": "UPDATE sessions SET created_at = 'spoilt'",
    "postgresql": "ALTER TABLE sessions ALTER COLUMN created_at TYPE text",
}
"""What makes this program itself stumble, which logs a traceback."""


@contextmanager
def _renamed(database: Database, table: str) -> Iterator[None]:
    _execute(database, f"ALTER TABLE {table} RENAME TO lost")
    yield
    _execute(database, f"ALTER TABLE lost RENAME TO {table}")


def _execute(database: Database, statement: str) -> None:
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement))
