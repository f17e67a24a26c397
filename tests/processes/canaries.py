"""Secrets that are planted everywhere, and the search for them wherever they must not be."""

import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import MetaData, NullPool, create_engine, text

from tests.processes.databases import Database
from tests.processes.servers import Server


@dataclass
class Canaries:
    """What was planted, by where; and who may have it all the same."""

    planted: dict[str, bytes] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)

    def new(self, where: str) -> str:
        """A secret that goes into a request or a setting here."""
        return self.add(where, secrets.token_hex(10))

    def add(self, where: str, secret: str) -> str:
        self.add_bytes(where, secret.encode())
        return secret

    def add_bytes(self, where: str, secret: bytes) -> None:
        assert where not in self.planted
        # Shorter ones would be found by chance.
        assert len(secret) >= 16, where
        self.planted[where] = secret

    def may_have(self, haystack: str, where: str) -> None:
        """An answer is there to hand out this one."""
        self.owners.setdefault(haystack, set()).add(where)

    def found_in(self, haystacks: dict[str, bytes]) -> list[tuple[str, str, str]]:
        """Each find: which secret, in which form, in which of the haystacks."""
        needles = [
            (where, form, needle)
            for where, secret in self.planted.items()
            for form, needle in forms(secret)
        ]
        return [
            (where, form, name)
            for name, haystack in haystacks.items()
            for where, form, needle in needles
            if needle in haystack and where not in self.owners.get(name, ())
        ]


def forms(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Everything that a secret can look like."""
    yield "plain", secret
    yield "percent-encoded", quote(secret, safe="").encode()
    yield "every byte percent-encoded", b"".join(b"%%%02X" % byte for byte in secret)
    yield "hex", secret.hex().encode()
    yield "hex in capitals", secret.hex().upper().encode()
    yield "escaped", repr(secret)[2:-1].encode()
    yield "reversed", secret[::-1]
    yield "a number", str(int.from_bytes(secret)).encode()
    for before in range(3):
        # What stands before it decides where its six bits begin; only whole characters are its own.
        first, last = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        data = b"\0" * before + secret
        yield f"base64 after {before}", b64encode(data)[first:last]
        yield f"base64url after {before}", urlsafe_b64encode(data)[first:last]


def rows(database: Database) -> bytes:
    """Every table, every row and every column, as text."""
    engine = create_engine(database.url, poolclass=NullPool)
    metadata = MetaData()
    metadata.reflect(engine)
    assert len(metadata.tables) > 5
    lines = []
    with engine.connect() as connection:
        for table in metadata.tables:
            found = connection.execute(text(f'SELECT * FROM "{table}"'))
            lines += [f"{table}: {tuple(row)}" for row in found]
    return "\n".join(lines).encode()


def files(directory: Path) -> dict[str, bytes]:
    """Whatever was written below this directory, but for the file that holds the secret."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path != directory / "var" / "secret"
    }


def process_list(server: Server) -> dict[str, bytes]:
    """What everybody on this machine may see of its processes; the server's are among them."""
    shown = {}
    for process in Path("/proc").glob("[0-9]*"):
        # Others end meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            names = [path.read_bytes() for path in process.glob("task/*/comm")]
            shown[f"process {process.name}"] = b" ".join(
                [(process / "cmdline").read_bytes(), *names]
            )
    for pid in (server.pid, *server.worker_pids()):
        assert b"varvel" in shown[f"process {pid}"] or b"gunicorn" in shown[f"process {pid}"]
    return shown
