"""Prints the figures of this checkout: lines per layer, install size, start-up time, memory."""

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import distribution, distributions
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent
PORT = 5098
STARTS = 3
REQUESTS = 1000


def lines(folder: Path) -> tuple[int, int, int]:
    """How many Python files the folder has, how many lines, and how many that are not blank."""
    files = list(folder.rglob("*.py"))
    rows = [row for file in files for row in file.read_text("utf-8").splitlines()]
    return len(files), len(rows), sum(bool(row.strip()) for row in rows)


def locked(lock: str) -> set[str]:
    """The names of the distributions in a lock."""
    rows = (ROOT / lock).read_text("utf-8").splitlines()
    return {row.split("==")[0].lower().replace("_", "-") for row in rows if "==" in row}


def installed_size(names: set[str]) -> tuple[int, float]:
    """How many of these distributions are installed, and their size in MiB."""
    found = [
        each for each in distributions() if each.metadata["Name"].lower().replace("_", "-") in names
    ]
    size = sum(
        path.stat().st_size
        for each in found
        for file in each.files or ()
        if (path := Path(str(file.locate()))).is_file()
    )
    return len(found), size / 2**20


def answered() -> bool:
    """Whether the server answers now."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def start(directory: str) -> tuple[subprocess.Popen[bytes], float]:
    """A server, and the seconds until its first answer."""
    environment = os.environ | {
        "VARVEL_DATA_DIR": directory,
        "VARVEL_BIND": f"127.0.0.1:{PORT}",
    }
    started = perf_counter()
    server = subprocess.Popen(
        [Path(sys.executable).parent / "varvel", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not answered():
        if server.poll() is not None:
            raise SystemExit("The server did not start.")
    return server, perf_counter() - started


def proportional_sizes(pid: int) -> list[float]:
    """The proportional set sizes (PSS) of a process and its children, in MiB; Linux only."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return []
    pids = [pid, *map(int, children.read_text().split())]
    rollups = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in pids]
    return [int(rollup.split("Pss:")[1].split()[0]) / 1024 for rollup in rollups]


def ask(count: int) -> None:
    """Sends so many requests over one connection at a time, so that every worker gets some."""
    for _ in range(count // 20):
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        for _ in range(20):
            connection.request("GET", "/health/ready")
            connection.getresponse().read()
        connection.close()


def measured() -> tuple[list[float], list[float]]:
    """The start-up times in seconds, first start first, and the memory after REQUESTS requests."""
    times: list[float] = []
    sizes: list[float] = []
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(1 + STARTS):
            server, seconds = start(directory)
            times.append(seconds)
            try:
                ask(REQUESTS)
                sizes = proportional_sizes(server.pid)
            finally:
                server.terminate()
                server.wait()
    return times, sizes


def main() -> None:
    """Prints everything."""
    print(f"{'':18}{'files':>6}{'lines':>7}{'not blank':>11}")
    for folder in ("src/domain", "src/adapters", "src/entrypoints", "src", "tests"):
        files, count, written = lines(ROOT / folder)
        print(f"{folder:18}{files:6}{count:7}{written:11}")

    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"][
        "build"
    ]
    count, size = installed_size(locked("requirements.txt"))
    print(
        f"installed to run  {size:6.1f} MiB in {count} distributions ({', '.join(build)} included)"
    )
    print(f"version           {distribution('varvel').version}")

    times, sizes = measured()
    print(
        f"first start       {times[0]:6.2f} s to the first answer, database and key made on the way"
    )
    print(f"later starts      {statistics.median(times[1:]):6.2f} s (median of {STARTS})")
    if sizes:
        master, *workers = (f"{size:.1f}" for size in sizes)
        print(
            f"memory (PSS)      {sum(sizes):6.1f} MiB: master {master}, workers {' '.join(workers)}"
        )


if __name__ == "__main__":
    main()
