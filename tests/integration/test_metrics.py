"""What is counted of requests and lanes, by which labels, and that nothing is where nobody asks."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
from falcon.testing import TestClient
from prometheus_client import REGISTRY

from entrypoints.bootstrap import build
from entrypoints.http import lanes, metrics
from entrypoints.http.lanes import Lane
from entrypoints.http.metrics import Metrics
from entrypoints.http.problems import Problem
from entrypoints.metrics_server import _Server
from tests.fakes.clock import FakeClock
from tests.integration.browsers import Browser
from tests.integration.calls import ask_token, basic, bearer, log_in, register, resource, token
from tests.integration.clients import standing
from tests.integration.stores import SQLITE, Store
from tests.integration.test_lanes import Gate
from tests.patience import PATIENCE

pytestmark = pytest.mark.databases(SQLITE)

ROOT = Path(__file__).parents[2]
Counted = Callable[..., float]

STARTS = """
import sys
import entrypoints.gunicorn_conf
import entrypoints.server
print(any(name.startswith("prometheus") for name in sys.modules), end="")
"""


@pytest.fixture
def measured(store: Store, clock: FakeClock) -> Iterator[TestClient]:
    settings = store.settings(METRICS_BIND="127.0.0.1:9100", THROTTLE_FREE="1")
    with standing(settings, clock) as api:
        register(api)
        yield api


@pytest.fixture
def counted() -> Counted:
    """How much a sample has grown since the test began; the process has one registry."""

    def value(name: str, labels: dict[str, str]) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0

    before = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
    }
    return lambda name, **labels: (
        value(name, labels) - before.get((name, *sorted(labels.items())), 0)
    )


def test_a_request_is_counted_by_its_route_method_and_status_and_timed(
    measured: TestClient, counted: Counted
) -> None:
    route, count = "/api/users/{user_id}", "varvel_request_duration_seconds_count"
    for user in ("1", "1", "2"):
        measured.simulate_get(f"/api/users/{user}")
    measured.simulate_request("PATCH", "/api/users/1")

    requests = "varvel_requests_total"
    assert counted(requests, route=route, method="GET", status="200") == 2
    assert counted(requests, route=route, method="GET", status="400") == 1
    assert counted(requests, route=route, method="PATCH", status="405") == 1
    assert counted(count, route=route) == 4


def test_nothing_that_a_client_chooses_becomes_a_label(
    measured: TestClient, counted: Counted
) -> None:
    measured.simulate_get("/hunter2")
    measured.simulate_get("/api/users/hunter2?hunter2=1", headers=basic("hunter2", "hunter2"))
    measured.simulate_request("HUNTER2", "/hunter2")

    assert counted("varvel_requests_total", route="-", method="GET", status="404") == 1
    labels = [s.labels for family in REGISTRY.collect() for s in family.samples]
    assert "hunter2" not in str(labels).lower()


def test_what_came_of_each_password_is_counted_and_what_is_no_password_is_not(
    measured: TestClient, counted: Counted
) -> None:
    def outcomes() -> list[float]:
        names = ("success", "refused", "throttled")
        return [counted("varvel_log_ins_total", outcome=name) for name in names]

    log_in(measured)
    by_basic = token(measured)
    resource(measured)
    assert outcomes() == [3, 0, 0]

    log_in(measured, password="wrong")
    assert outcomes() == [3, 1, 0]
    ask_token(measured, password="wrong")
    log_in(measured)
    assert outcomes() == [3, 1, 2]
    assert counted("varvel_throttled_total", route="/api/token") == 1
    assert counted("varvel_throttled_total", route="/api/sessions") == 1

    measured.simulate_get("/api/resource", headers=bearer(by_basic))
    measured.simulate_get("/api/resource", headers=bearer("eyJ.eyJ.x"))
    measured.simulate_get("/api/resource")
    measured.simulate_get("/api/sessions", headers=basic("miguel", "python"))
    measured.simulate_post("/api/sessions", json={})
    assert outcomes() == [3, 1, 2]


def test_what_came_of_a_password_at_the_page_is_counted_as_well(
    measured: TestClient, counted: Counted
) -> None:
    def outcomes() -> list[float]:
        names = ("success", "refused", "throttled")
        return [counted("varvel_log_ins_total", outcome=name) for name in names]

    for password in ("python", "wrong", "python"):
        Browser(measured).log_in(password=password)
    assert outcomes() == [1, 1, 1]

    browser = Browser(measured)

    browser.get("/login")
    browser.post("/login", {"username": "miguel", "password": "python"})
    assert outcomes() == [1, 1, 1]


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_lanes_the_feed_and_the_pool_are_measured_on_each_sample(
    store: Store, clock: FakeClock, counted: Counted
) -> None:
    services, database = build(store.settings(), clock=clock)
    services.follow_revocations()
    lane, gate = Lane("measured", threads=1, queue=1), Gate()
    measures = Metrics([lane], services.follow_revocations, database.connections_in_use)

    async def crowd() -> None:
        calls = [asyncio.create_task(lane.run(gate)) for _ in range(2)]
        await asyncio.to_thread(gate.entered.wait)
        with pytest.raises(Problem):
            await lane.run(gate)
        clock.advance(seconds=3)
        with database.transaction():
            measures.sample()
        gate.opened.set()
        await asyncio.gather(*calls)
        lane.close()

    asyncio.run(crowd())
    assert gauge("varvel_lane_busy", lane="measured") == 1
    assert gauge("varvel_lane_queued", lane="measured") == 1
    assert gauge("varvel_revocation_feed_age_seconds") == 3
    assert gauge("varvel_database_connections_in_use") == 1
    assert counted("varvel_lane_refused_total", lane="measured", reason="overloaded") == 1

    measures.sample()
    assert gauge("varvel_lane_busy", lane="measured") == 0
    assert gauge("varvel_lane_queued", lane="measured") == 0
    assert gauge("varvel_database_connections_in_use") == 0
    database.dispose()


def test_who_has_waited_too_long_for_a_lane_is_counted_as_that(
    store: Store, clock: FakeClock, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, database = build(store.settings(), clock=clock)
    lane, gate = Lane("measured", threads=1, queue=0), Gate()
    Metrics([lane], services.follow_revocations, database.connections_in_use)
    monkeypatch.setattr(lanes, "MAXIMUM_SECONDS", 0.01)

    with pytest.raises(Problem):
        asyncio.run(lane.run(gate))
    gate.opened.set()
    lane.close()

    assert counted("varvel_lane_refused_total", lane="measured", reason="timed_out") == 1
    database.dispose()


def test_metrics_are_served_on_an_address_of_ipv6() -> None:
    def application(_environ: object, start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [])
        return [b"varvel_requests_total 1"]

    server = _Server("::1", 0, application)
    server.listen()
    with server, ThreadPoolExecutor(1) as pool:
        serving = pool.submit(server.handle_request)
        connection = HTTPConnection("::1", server.server_port, timeout=PATIENCE)
        connection.request("GET", "/metrics")
        assert connection.getresponse().read() == b"varvel_requests_total 1"
        connection.close()
        serving.result(PATIENCE)


def test_without_metrics_nothing_of_their_library_is_imported(store: Store) -> None:
    environment = {"PATH": os.environ["PATH"], **store.environment()}
    done = subprocess.run(
        [sys.executable, "-c", STARTS], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False"


def exposed() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Every metric by the name under which it is read: its type and its labels."""
    found = [each for each in vars(metrics).values() if hasattr(each, "_labelnames")]
    suffix = {"counter": "_total"}
    return {
        each._name + suffix.get(each._type, ""): (each._type, tuple(each._labelnames))
        for each in found
    }


def test_the_documented_metrics_are_those_of_the_code() -> None:
    text = (ROOT / "docs/operating.md").read_text("utf-8")
    section = text.split("\n## Metrics\n")[1].split("\n## ")[0]
    documented = {
        name: (kind, tuple(re.findall("`([^`]+)`", labels)))
        for name, kind, labels in re.findall(
            r"^\| `(varvel_\w+)` \| (\w+) \|([^|]*)\|", section, re.MULTILINE
        )
    }

    assert documented == exposed()


def test_the_dashboard_shows_every_metric_and_asks_for_no_other() -> None:
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text("utf-8"))
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])

    names = {name.removesuffix("_bucket") for name in re.findall(r"varvel_\w+", asked)}
    assert names == set(exposed())
