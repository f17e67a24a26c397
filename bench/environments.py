"""The virtual environments of what is measured, Varvel's own among them, and the peers' locks."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from scripts.lock import RESOLVE, ROOT

BENCH = Path(__file__).parent
VARVEL = "varvel"
"""What it needs to run and nothing else, or its memory would be that of its tests as well."""

PROFILER = "profiler"
PEERS = ("flask", "fastapi_users", "drf")
LOCK, WANTED = "requirements.txt", "requirements.in"


def directory(peer: str) -> Path:
    """Where the program of a peer is."""
    return BENCH / "peers" / peer


def python(peer: str) -> Path:
    """The interpreter of a peer's environment."""
    return BENCH / ".venvs" / peer / "bin" / "python"


def resolve() -> None:
    """Resolves the peers' dependencies anew. Needs a package index."""
    for peer in (*PEERS, PROFILER):
        command = [sys.executable, "-m", *RESOLVE, WANTED]
        done = subprocess.run(
            command, cwd=directory(peer), check=True, capture_output=True, text=True
        )
        text = f"# Made by `python -m bench --lock`.\n{done.stdout}"
        (directory(peer) / LOCK).write_text(text, "utf-8")


def make(peer: str) -> None:
    """Makes a peer's environment from its lock, unless it is there and of this lock."""
    lock = (ROOT if peer == VARVEL else directory(peer)) / LOCK
    text = lock.read_bytes()
    stamp = BENCH / ".venvs" / peer / ".made"
    digest = hashlib.sha256(text).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Making the environment of {peer} ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", stamp.parent], check=True)
    pip = [str(python(peer)), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    if peer == VARVEL:
        own = ("--no-deps", "--no-build-isolation", "-e", str(ROOT))
        subprocess.run([*pip, *own], check=True)
    stamp.write_text(digest)


def versions(peer: str) -> dict[str, str]:
    """What is installed for a peer, and of which version."""
    program = (
        "import importlib.metadata as m, json; "
        "print(json.dumps({d.name: d.version for d in m.distributions()}))"
    )
    done = subprocess.run([python(peer), "-c", program], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return {name: found[name] for name in sorted(found, key=str.lower)}
