"""Metrics for Prometheus: what each process counts. Where they are read is `metrics_server`.

Imported only where they are asked for. Labels are routes, never paths, and nothing else that a
client could choose.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from time import perf_counter

import falcon
from falcon.asgi import Request, Response
from prometheus_client import Counter, Gauge, Histogram

from domain.credentials import InvalidCredentials
from domain.revocations import FollowRevocations
from entrypoints.http.lanes import Lane
from entrypoints.http.operations import Access, operations_of

SAMPLING_INTERVAL = timedelta(seconds=1)
"""How old a gauge may be."""

LOG_INS_FROM = ("/api/sessions", "/login")
"""Where a password is taken from a body to start a session."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OUTCOMES = {401: "refused", 429: "throttled"}

REQUESTS = Counter("varvel_requests", "Requests that were answered.", ("route", "method", "status"))
DURATIONS = Histogram(
    "varvel_request_duration_seconds",
    "From the request's headers to its answer.",
    ("route",),
    buckets=_BUCKETS,
)
LOG_INS = Counter("varvel_log_ins", "Passwords that were tried.", ("outcome",))
THROTTLED = Counter(
    "varvel_throttled", "Requests that have to wait: too many failures.", ("route",)
)
REFUSALS = Counter("varvel_lane_refused", "Calls that a lane refused.", ("lane", "reason"))
# Gauges of processes that are gone do not count: the sum, or the largest, of those that live.
BUSY = Gauge("varvel_lane_busy", "Calls that run.", ("lane",), multiprocess_mode="livesum")
QUEUED = Gauge("varvel_lane_queued", "Calls that wait.", ("lane",), multiprocess_mode="livesum")
FEED_AGE = Gauge(
    "varvel_revocation_feed_age_seconds",
    "Since the revocation feed was read, where that is longest ago.",
    multiprocess_mode="livemax",
)
CONNECTIONS = Gauge(
    "varvel_database_connections_in_use",
    "Connections to the database that are taken from the pools.",
    multiprocess_mode="livesum",
)


class Metrics:
    """Counts every request, and on `sample` measures what this process has in hand."""

    def __init__(
        self,
        lanes: Iterable[Lane],
        follow_revocations: FollowRevocations,
        connections_in_use: Callable[[], int],
    ) -> None:
        self._lanes = tuple(lanes)
        self._revoked = follow_revocations.revoked
        self._clock = follow_revocations.clock
        self._connections_in_use = connections_in_use
        for lane in self._lanes:
            lane.on_refusal = partial(_refused, lane.name)

    async def process_request(self, req: Request, _resp: Response) -> None:
        """Starts the clock."""
        req.context.measured_from = perf_counter()

    async def process_response(
        self, req: Request, resp: Response, resource: object, _succeeded: bool
    ) -> None:
        """Counts the request."""
        route = req.uri_template or "-"
        method = req.method if req.method in falcon.HTTP_METHODS else "-"
        REQUESTS.labels(route, method, str(resp.status_code)).inc()
        DURATIONS.labels(route).observe(perf_counter() - req.context.measured_from)
        if resp.status_code == 429:
            THROTTLED.labels(route).inc()
        if (outcome := _log_in_outcome(req, resp, resource)) is not None:
            LOG_INS.labels(outcome).inc()

    def sample(self) -> None:
        """Sets the gauges."""
        for lane in self._lanes:
            BUSY.labels(lane.name).set(lane.busy)
            QUEUED.labels(lane.name).set(lane.queued)
        FEED_AGE.set((self._clock.now() - self._revoked.read_at).total_seconds())
        CONNECTIONS.set(self._connections_in_use())


def _refused(lane: str, reason: str) -> None:
    REFUSALS.labels(lane, reason).inc()


def _log_in_outcome(req: Request, resp: Response, resource: object) -> str | None:
    """What came of a password in this request; None if none was tried, or nobody can tell."""
    if req.method == "POST" and req.uri_template in LOG_INS_FROM:
        if hasattr(req.context, "session"):
            return "success"
        # The page's status is another one, which other refusals have as well.
        is_refused = getattr(req.context, "error_code", None) == InvalidCredentials.code
        return "refused" if is_refused else _OUTCOMES.get(resp.status_code)
    # By HTTP Basic it is tried only where an operation takes one.
    if getattr(req.context, "sent_token", None) is not False:
        return None
    declared = operations_of(resource).get(req.method)
    if declared is None or declared.access is not Access.USER:
        return None
    has_proved = hasattr(req.context, "principal")
    return "success" if has_proved else _OUTCOMES.get(resp.status_code)
