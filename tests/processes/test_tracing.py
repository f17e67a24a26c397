"""Traces of a real server: what a collector is told and what not, and what comes of none."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.ports import free_port
from tests.processes.canaries import Canaries
from tests.processes.collectors import Collector, collecting, tags
from tests.processes.connections import HOST
from tests.processes.servers import Server, clean_environment

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLED = f"00-{TRACE}-{CALLER}-01"
LOST = "traces are lost: the collector does not take them"
FOUND = "traces are taken again"

STARTS = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[1:]))
import entrypoints.gunicorn_conf
import entrypoints.server
print(sorted({name.split(".")[0] for name in sys.modules} & {"opentelemetry", "requests"}))
"""


@dataclass(frozen=True)
class Run:
    """What a server wrote of its requests, and what its collector was told meanwhile."""

    port: int
    lines: list[dict[str, Any]]
    collector: Collector
    canaries: Canaries

    def requests(self) -> list[Span]:
        return [each for each in self.collector.spans() if "varvel.request_id" in tags(each)]


def ask_all(server: Server, canaries: Canaries) -> None:
    """Plants secrets wherever a request has room for one."""
    name, password, other = (canaries.new(each) for each in ("name", "password", "wrong password"))
    server.call(
        "POST",
        "/api/users",
        json={"username": name, "password": password},
        headers={"traceparent": CALLED},
    )
    token = canaries.add("token", server.token(name, password))
    query, path, method = (canaries.new(each) for each in ("query", "path", "method"))
    headers = {
        "User-Agent": canaries.new("agent"),
        "X-Request-ID": canaries.new("request id"),
        "baggage": f"key={canaries.new('baggage')}",
        "tracestate": f"key={canaries.new('trace state')}",
        "traceparent": CALLED,
        "Authorization": f"Bearer {token}",
    }
    server.call("GET", f"/api/resource?x={query}", headers=headers)
    server.call("GET", f"/api/users/{path}", headers=headers)
    server.call("GET", f"/{path}", headers={"Host": f"{canaries.new('host')}.example"})
    server.call(method.upper(), "/api/resource", headers={"traceparent": canaries.new("parent")})
    server.call("GET", "/api/token", auth=(name, other))
    answer = server.call("POST", "/api/sessions", json={"username": name, "password": password})
    canaries.add("refresh token", answer.json["refresh_token"])


@contextmanager
def traced(directory: Path, endpoint: str, **others: str) -> Iterator[Server]:
    port = free_port()
    settings = clean_environment(
        directory, BIND=f"{HOST}:{port}", WORKERS="1", TRACES_ENDPOINT=endpoint
    )
    # Milliseconds after which spans are sent.
    environment = {**settings, "OTEL_BSP_SCHEDULE_DELAY": "100", **others}
    with Server(directory, port=port, environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    # What these ask for is not told all the same.
    greedy = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_"
    canaries, directory = Canaries(), tmp_path_factory.mktemp("traced")
    with collecting() as collector:
        options = {f"{greedy}REQUEST": ".*", f"{greedy}RESPONSE": ".*"}
        options["OTEL_BSP_SCHEDULE_DELAY"] = "600000"
        with traced(directory, collector.endpoint, **options) as server:
            ask_all(server, canaries)
            server.reload()
            server.call("GET", "/health/ready", headers={"traceparent": f"{CALLED[:-1]}0"})
            server.call("GET", "/health/ready")
        # All came by the ends of the two workers.
        lines = [each for each in server.entries() if each["event"] == "request"]
        return Run(server.port, lines, collector, canaries)


def expected(line: dict[str, Any], port: int) -> dict[str, object]:
    """What a span tells of the request that left this line."""
    names = {"user.id": "user_id", "session.id": "session_id", "error.type": "code"}
    if line["route"] != "-":
        names["http.route"] = "route"
    return {
        "varvel.request_id": line["request_id"],
        "http.request.method": "_OTHER" if line["method"] == "-" else line["method"],
        "http.response.status_code": line["status"],
        "server.address": f"{HOST}:{port}",
        "server.port": port,
    } | {name: str(line[key]) for name, key in names.items() if key in line}


def test_each_request_is_a_span_named_by_its_route_that_says_what_the_log_says(ran: Run) -> None:
    spans = {tags(each)["varvel.request_id"]: each for each in ran.requests()}

    # The caller of one did not want it traced; its line tells the trace all the same.
    *lines, unwanted, last = ran.lines
    assert len(lines) == 8
    assert unwanted["trace_id"] == TRACE
    assert spans.keys() == {each["request_id"] for each in (*lines, last)}
    for line in (*lines, last):
        span = spans[line["request_id"]]
        method = line["method"].replace("-", "HTTP")
        assert span.name == f"{method} {line['route']}"
        assert span.trace_id.hex() == line["trace_id"]
        assert tags(span) == expected(line, ran.port)


@pytest.mark.asvs("V16.2.5")
def test_nothing_that_a_client_sent_is_told(ran: Run) -> None:
    assert not any(each.events or each.trace_state for each in ran.collector.spans())
    assert ran.canaries.found_in({"traces": b"".join(ran.collector.bodies)}) == []


def test_a_trace_goes_on_where_a_caller_began_it_and_tells_the_work_in_lanes(ran: Run) -> None:
    first, last = ran.requests()[0], ran.requests()[-1]

    assert (first.trace_id.hex(), first.parent_span_id.hex()) == (TRACE, CALLER)
    assert last.trace_id.hex() != TRACE
    for request, lane in ((first, "hashing"), (last, "storage")):
        children = [
            each for each in ran.collector.spans() if each.parent_span_id == request.span_id
        ]
        assert [each.name for each in children] == [lane]
        assert children[0].trace_id == request.trace_id
        assert list(tags(children[0])) == ["varvel.waited_ms"]


def test_a_collector_that_does_not_answer_fails_no_request_and_is_told_of_once(
    tmp_path: Path,
) -> None:
    def ask(number: int = 40) -> None:
        assert {server.call("GET", "/").status for _ in range(number)} == {200}

    few = {"OTEL_BSP_MAX_QUEUE_SIZE": "8", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "4"}
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        with traced(tmp_path, f"http://{HOST}:{port}", **few) as server:
            ask()
            server.wait_for(lambda: server.times_logged(LOST) == 1)
            silent.close()
            ask()
            with collecting(port) as collector:
                ask(1)
                server.wait_for(lambda: server.times_logged(FOUND) == 1)
            # Away at the end as well.
            ask(1)

    assert collector.spans()
    assert server.times_logged(LOST) <= 2
    others = [each for each in server.entries() if not each["logger"].startswith("gunicorn")]
    assert {each["event"] for each in others} == {"request", LOST, FOUND}


def started(directory: Path, *missing: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What came of loading the application in a fresh process, where these packages are not."""
    return subprocess.run(
        [sys.executable, "-c", STARTS, *missing],
        env=clean_environment(directory, **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_traces_nothing_of_their_libraries_is_imported(tmp_path: Path) -> None:
    assert started(tmp_path).stdout == "[]\n"


def test_where_the_extra_is_missing_it_is_said_what_to_install(tmp_path: Path) -> None:
    completed = started(tmp_path, "opentelemetry", TRACES_ENDPOINT="http://127.0.0.1:4318")

    assert completed.returncode == 1
    (line,) = completed.stderr.splitlines()
    assert line.startswith("VARVEL_TRACES_ENDPOINT needs OpenTelemetry")
    assert "varvel[tracing]" in line
