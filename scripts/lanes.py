"""Measures what a flood of log-ins does to token checks.

Starts the server as it ships, asks for the protected resource with a token over one connection,
and takes the times: alone, beside 32 clients that ask for the cheapest answer without pause, and
beside 32 clients that log in without pause. The three take turns; medians of all rounds are shown.
"""

import argparse
import asyncio
import base64
import http.client
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

PORT = 5099
CLIENTS = 32
NAME, PASSWORD = "miguel", "python"


def basic(username: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def flood(path: str, authorization: str | None, seconds: float, told: Connection) -> None:
    """Sends requests over CLIENTS connections without pause; tells the count of each status."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{PORT}"]
    lines += [f"Authorization: {authorization}"] if authorization else []
    request = "\r\n".join([*lines, "", ""]).encode()
    counts: Counter[int] = Counter()
    end = perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while perf_counter() < end:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            counts[int(head.split()[1])] += 1
        writer.close()

    async def clients() -> None:
        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    asyncio.run(clients())
    told.send(counts)


def check_times(token: str, seconds: float) -> list[float]:
    """The times of token checks one after another, in milliseconds."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    times = []
    end = perf_counter() + seconds
    while perf_counter() < end:
        started = perf_counter()
        connection.request("GET", "/api/resource", headers={"Authorization": basic(token, "x")})
        answer = connection.getresponse()
        answer.read()
        times.append((perf_counter() - started) * 1000)
        if answer.status != 200:
            raise SystemExit(f"A token check answered {answer.status}.")
    connection.close()
    return times


def beside(
    path: str | None, authorization: str | None, token: str, seconds: float
) -> tuple[list[float], Counter[int]]:
    """The times of token checks beside a flood, and what the flood was answered."""
    if path is None:
        return check_times(token, seconds), Counter()
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(
        target=flood, args=(path, authorization, seconds + 0.6, there)
    )
    process.start()
    check_times(token, 0.3)
    times = check_times(token, seconds)
    counts = here.recv()
    process.join()
    return times, counts


def start(directory: str) -> subprocess.Popen[bytes]:
    """A server with an empty database, once it answers."""
    environment = os.environ | {
        "VARVEL_DATA_DIR": directory,
        "VARVEL_BIND": f"127.0.0.1:{PORT}",
    }
    server = subprocess.Popen(
        [Path(sys.executable).parent / "varvel", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    for line in server.stderr or ():
        if b"ASGI server listening" in line:
            return server
    raise SystemExit("The server did not start.")


def registered_token() -> str:
    """A token of a freshly registered user."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    body = json.dumps({"username": NAME, "password": PASSWORD})
    connection.request("POST", "/api/users", body, {"Content-Type": "application/json"})
    connection.getresponse().read()
    connection.request("GET", "/api/token", headers={"Authorization": basic(NAME, PASSWORD)})
    return str(json.loads(connection.getresponse().read())["token"])


def percentile(times: list[float], share: float) -> float:
    """The time that this share of the times stays below."""
    return sorted(times)[int(share * (len(times) - 1))]


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all three (default 5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each (default 3)")
    chosen = parser.parse_args()
    cases = {
        "alone": (None, None),
        f"beside {CLIENTS} of the cheapest request": ("/", None),
        f"beside {CLIENTS} log-ins": ("/api/resource", basic(NAME, PASSWORD)),
    }
    p50: dict[str, list[float]] = {case: [] for case in cases}
    p99: dict[str, list[float]] = {case: [] for case in cases}
    answered: dict[str, Counter[int]] = {case: Counter() for case in cases}
    with tempfile.TemporaryDirectory() as directory:
        server = start(directory)
        try:
            token = registered_token()
            for _ in range(chosen.rounds):
                for case, (path, authorization) in cases.items():
                    times, counts = beside(path, authorization, token, chosen.seconds)
                    p50[case].append(percentile(times, 0.50))
                    p99[case].append(percentile(times, 0.99))
                    answered[case] += counts
        finally:
            server.terminate()
            server.wait()
    print(f"Token checks, {chosen.rounds} rounds of {chosen.seconds:g} s, in milliseconds:")
    print(f"{'':40}{'p50':>8}{'p99':>8}   flood answered per second")
    seconds = chosen.rounds * (chosen.seconds + 0.6)
    for case in cases:
        rates = ", ".join(f"{s}: {n / seconds:.1f}" for s, n in sorted(answered[case].items()))
        middle, high = statistics.median(p50[case]), statistics.median(p99[case])
        print(f"{case:40}{middle:8.2f}{high:8.2f}   {rates}")


if __name__ == "__main__":
    main()
