"""Hashes and databases as Flask applications leave them."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from hashlib import pbkdf2_hmac, scrypt
from pathlib import Path

from passlib.context import CryptContext

Account = tuple[str | None, str | None]
"""A name and a hash."""


def scrypt_hash(password: str, *, salt: str = "zByMnQ8IYAdYEbHp", n: int = 2**15) -> str:
    """As `werkzeug.security.generate_password_hash` makes them since Werkzeug 2.3."""
    options = {"n": n, "r": 8, "p": 1, "maxmem": 2**26}
    digest = scrypt(password.encode(), salt=salt.encode(), **options)
    return f"scrypt:{n}:8:1${salt}${digest.hex()}"


def pbkdf2_hash(
    password: str, digest: str = "sha256", *, salt: str = "YTuWXQaw", rounds: int = 150_000
) -> str:
    """As it made them before."""
    derived = pbkdf2_hmac(digest, password.encode(), salt.encode(), rounds)
    return f"pbkdf2:{digest}:{rounds}${salt}${derived.hex()}"


def sha512_hash(password: str) -> str:
    """As skeletons with passlib make them, but cheaper."""
    return str(CryptContext(["sha512_crypt"], sha512_crypt__rounds=1000).hash(password))


def database(file: Path, accounts: Iterable[Account]) -> Path:
    """A database with these accounts, of which some may have a name twice, or none."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "CREATE TABLE users (id INTEGER NOT NULL, username VARCHAR(32), "
            "password_hash VARCHAR(128), PRIMARY KEY (id))"
        )
        connection.execute("CREATE INDEX ix_users_username ON users (username)")
        connection.executemany(
            "INSERT INTO users (username, password_hash) VALUES (?, ?)", accounts
        )
    return file
