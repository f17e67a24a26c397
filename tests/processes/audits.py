"""The audit trail of a server, as its log and the command line tell of it."""

import re
from pathlib import Path
from subprocess import CompletedProcess

from tests.processes.commands import run
from tests.processes.databases import Database
from tests.processes.servers import VARVEL, Server

_HEAD = re.compile(r"audit head: (\d+) ([A-Za-z0-9_-]{43})")


def heads(server: Server) -> list[tuple[int, str]]:
    """Where the chain has ended, each time that the log said so."""
    found = [_HEAD.fullmatch(entry["event"]) for entry in server.entries()]
    return [(int(each[1]), each[2]) for each in found if each]


def head_at(server: Server, number: int) -> str:
    """The link of the chain's end, once the log says that at least so many entries are sealed."""
    server.wait_for(lambda: any(sequence >= number for sequence, _ in heads(server)))
    return heads(server)[-1][1]


def verify(directory: Path, database: Database, *words: str) -> CompletedProcess[str]:
    """What `varvel audit verify` says."""
    return run(directory, (VARVEL, "audit", "verify", *words), **database.variables)


def cut(database: Database, left: int) -> None:
    """Removes the end of the chain, with what the database says of it."""
    ((link,),) = database.execute("SELECT link FROM audit_entries WHERE sequence = :n", n=left)
    database.execute("DELETE FROM audit_entries WHERE sequence > :n OR sequence IS NULL", n=left)
    database.execute("UPDATE audit_chain SET sequence = :n, link = :link", n=left, link=link)
