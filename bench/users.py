"""Users and tokens by the thousand, made without a log-in for each."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from argon2 import PasswordHasher
from bench.subjects import HASH_MEMORY, HASH_TIME, SUBJECTS, Database, Subject, prepare
from scripts.floods import PASSWORD
from tests.postgresql import PostgresServer

from domain.tokens import AccessToken

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {})"
STATEMENTS = {
    "": "INSERT INTO users (name, canonical_name, password_hash, created_at) "
    "SELECT 'u' || n, 'u' || n, '{}', '2026-01-01 00:00:00.000000' FROM numbers",
    "flask": "INSERT INTO users (username, password_hash) SELECT 'u' || n, '{}' FROM numbers",
    "fastapi_users": "INSERT INTO users "
    "(email, hashed_password, is_active, is_superuser, is_verified) "
    "SELECT 'u' || n || '@example.com', '{}', TRUE, FALSE, FALSE FROM numbers",
    "drf": "INSERT INTO auth_user (username, password, is_superuser, is_staff, is_active, "
    "first_name, last_name, email, date_joined) "
    "SELECT 'u' || n, 'argon2{}', FALSE, FALSE, TRUE, '', '', '', '2026-01-01' FROM numbers",
}


def password_hash(peer: str) -> str:
    """The hash of everybody's password, of the form that this peer would not renew."""
    length = 22 if peer == "drf" else 16
    hasher = PasswordHasher(HASH_TIME, HASH_MEMORY, 1, salt_len=length)
    if peer != "drf":
        return hasher.hash(PASSWORD)
    # Django makes salts of letters.
    return hasher.hash(PASSWORD, salt=b"abcdefghijklmnopqrstuv")


def fill(
    subject: Subject, database: Database, count: int, server: PostgresServer | None = None
) -> None:
    """Makes the tables, with users u1, u2 and so on. `server` is whose database it is, if any's."""
    prepare(subject, database)
    peer = subject.peer
    statement = f"{NUMBERS.format(count)} {STATEMENTS[peer].format(password_hash(peer))}"
    if server is None:
        with closing(sqlite3.connect(database.file)) as connection, connection:
            connection.execute(statement)
            connection.execute("ANALYZE")
        return
    server.execute(statement, server.name(database.url))
    server.execute("VACUUM ANALYZE", server.name(database.url))


def tokens(peer: str, database: Database, first: str, count: int) -> list[str]:
    """A token of each of the first users; `first` is one that the subject itself has given."""
    if peer:
        subject = next(each for each in SUBJECTS.values() if each.peer == peer)
        return prepare(subject, database, str(count)).split()
    return _varvel_tokens(SUBJECTS["varvel"].environment(database, 0), first, count)


def _varvel_tokens(environment: Mapping[str, str], first: str, count: int) -> list[str]:
    from adapters.identifiers import RandomIdentifiers
    from entrypoints.bootstrap import build
    from entrypoints.settings import Settings

    services, storage = build(Settings.read(environment))
    services.follow_revocations()
    storage.dispose()
    codec, new = services.authenticate_request.tokens, RandomIdentifiers().new
    given: AccessToken = codec.decode(first)
    return [
        codec.encode(replace(given, user_id=n, username=f"u{n}", token_id=new(), session_id=new()))
        for n in range(1, count + 1)
    ]
