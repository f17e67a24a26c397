"""Where the microseconds of a hot token check go: `python -m bench.profile`, by py-spy."""

import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench import environments, users
from bench.scenarios import MANY, resource
from bench.subjects import SUBJECTS, Database, Running, running
from bench.wrk import Load, require, turn, write
from scripts.floods import registered_token
from scripts.lock import ROOT

SECONDS = 8
PARTS = {
    "entrypoints/http/requests.py": "the request's id, its Host, its line in the log",
    "entrypoints/http/proxies.py": "the request's id, its Host, its line in the log",
    "entrypoints/http/headers.py": "headers for browsers",
    "entrypoints/http/authentication.py": "reading the Authorization header",
    "domain/users.py": "reading the Authorization header",
    "domain/credentials.py": "reading the Authorization header",
    "domain/tokens.py": "judging the token",
    "domain/revocations.py": "judging the token",
    "adapters/": "judging the token",
    "entrypoints/http/protected.py": "the answer's JSON",
    "entrypoints/http/json.py": "the answer's JSON",
    "entrypoints/http/app.py": "Varvel's wrappers around Falcon",
    "announcing (entrypoints": "Varvel's wrappers around Falcon",
    "falcon/": "Falcon",
    "gunicorn/asgi": "Gunicorn",
    "_h1c": "Gunicorn",
}
"""By what is in a frame; the innermost frame that has any of it decides."""

CALLS = ("write (libc", "read (libc")
IDLE = "epoll_"


def shares(recorded: str) -> Counter[str]:
    """How many samples each part has, of stacks in py-spy's raw form."""
    found: Counter[str] = Counter()
    for line in recorded.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if "ASGIWorker" in stack and IDLE not in frames[-1]:
            found[_part(frames)] += int(count)
    return found


def _part(frames: list[str]) -> str:
    if frames[-1].startswith(CALLS):
        return "reading from and writing to sockets"
    for frame in reversed(frames):
        for text, part in PARTS.items():
            if text in frame:
                return part
    return "the loop"


def record(server: Running, load: Load, file: Path) -> Counter[str]:
    """Samples of the workers while they are asked."""
    py_spy = environments.python(environments.PROFILER).parent / "py-spy"
    options = ("--native", "--rate", "400", "--duration", str(SECONDS - 1), "--format", "raw")
    recorders = {}
    for pid in server.pids()[1:]:
        out = file.with_suffix(f".{pid}")
        command = [str(py_spy), "record", *options, "--output", str(out), "--pid", str(pid)]
        recorders[out] = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    turn(server, load, SECONDS, file)
    found: Counter[str] = Counter()
    for out, recorder in recorders.items():
        recorder.wait()
        found += shares(out.read_text("utf-8"))
    return found


def measure() -> dict[str, Any]:
    """Microseconds of each part of a hot token check, and of what a new token costs beside it."""
    subject = SUBJECTS["varvel"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(folder, f"sqlite:///{folder / 'bench.sqlite'}")
        users.fill(subject, database, 1)
        with running(subject, database) as server:
            load = Load([resource(registered_token(server.port), "x")], MANY)
            write(load, folder / "hot")
            cost = [turn(server, load, 2, folder / "hot").cost for _ in range(2)][-1]
            found = record(server, load, folder / "hot")
    parts = {part: count / found.total() * cost for part, count in found.most_common()}
    return {"cost": cost, "parts": parts, **apart()}


def apart() -> dict[str, Any]:
    """What a process of its own tells: `bench.apart`, in Varvel's environment."""
    command = [str(environments.python(environments.VARVEL)), "-m", "bench.apart"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(found: dict[str, Any]) -> str:
    """The parts as a table, and what stands apart."""
    cost = found["cost"]
    rows = [
        (part, f"{micros / cost:.0%}", f"{micros:.0f}") for part, micros in found["parts"].items()
    ]
    alone = found["without_server"]
    loaded = ", ".join(f"{name} {size:.1f}" for name, size in found["loaded"].items())
    return (
        f"{cells(('', 'share', f'µs of {cost:.0f}'), rows)}\n\n"
        f"Called in a loop, without a server, Varvel answers in {alone['varvel']:.1f} µs and bare "
        f"Falcon in {alone['falcon']:.1f}; a log-in takes {alone['log-in']:,.0f} beside its hash. "
        f"A token that was not seen before is verified in {found['verified']:.0f} µs more; its "
        f"signature alone takes {found['signature']:.0f}.\n\n"
        f"Memory that a process has of its own once the application is loaded, in MiB: {loaded}."
    )


def cells(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(each) + " |" for each in lines)


def main() -> None:
    """Records, and prints a table."""
    require()
    for name in (environments.VARVEL, environments.PROFILER):
        environments.make(name)
    print(table(measure()))


if __name__ == "__main__":
    main()
