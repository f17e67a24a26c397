"""Traces by OpenTelemetry: a span for each request, and for what it does in the lanes.

Imported only where it is asked for; the one module that knows OpenTelemetry. What its ASGI
instrumentation sees of a request is chosen here, since it would tell paths, queries and headers.
"""

import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from threading import Thread
from time import perf_counter
from typing import Any, TypeVar
from urllib.parse import urlsplit

from falcon.asgi import Request, Response
from opentelemetry import trace
from opentelemetry.context import get_current
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from entrypoints.http.lanes import Lane
from entrypoints.http.requests import METHODS, request_id, who

T = TypeVar("T")
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

EXPORT_SECONDS = 2.0
"""How long the collector may take to take some spans, with all tries, before they are dropped."""

CLOSING_SECONDS = 5.0
"""How long the end of a process may wait until its last spans are taken."""

PATH = "/v1/traces"
"""Where collectors take traces, unless an address says another path (OTLP/HTTP)."""

_log = logging.getLogger("varvel")


class Tracing:
    """Begins a span for each request, says in it what the log says, and sends it off.

    Nothing is traced before `process_startup`, which is after the fork, since sending has a thread
    of its own. Spans that the collector does not take in time are dropped.
    """

    def __init__(self, endpoint: str, lanes: Iterable[Lane]) -> None:
        self._endpoint = endpoint if urlsplit(endpoint).path else endpoint + PATH
        self._lanes = tuple(lanes)
        self._serve: Any = None

    async def process_startup(self, _scope: object, _event: object) -> None:
        """Starts the thread that sends; says it where OpenTelemetry's own variables forbid that."""
        try:
            exporter = _Exporter(self._endpoint)
            processor = BatchSpanProcessor(exporter)
        except ValueError as error:
            _log.error("requests are not traced, mend OpenTelemetry's variables: %s", error)
            return
        resource = Resource.create({"service.name": "varvel"})
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(processor)
        self._exporter, self._provider = exporter, provider
        self._trace(provider.get_tracer("varvel"))
        # They would say at every try that a collector is away, which is said once.
        for library in ("opentelemetry", "urllib3"):
            logging.getLogger(library).setLevel(logging.CRITICAL)

    def _trace(self, tracer: trace.Tracer) -> None:
        # The names of attributes that are stable by now.
        os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
        self._serve = OpenTelemetryMiddleware(
            _pass_on,
            default_span_details=lambda scope: (scope["method"], {}),
            tracer=tracer,
            meter_provider=NoOpMeterProvider(),
            exclude_spans=["receive", "send"],
        )
        # Its variables could ask for headers.
        self._serve.http_capture_headers_server_request = None
        self._serve.http_capture_headers_server_response = None
        for lane in self._lanes:
            lane.watch = partial(_watched, tracer, lane.name)

    async def process_shutdown(self, _scope: object, _event: object) -> None:
        """Sends what is left, as far as the collector takes it."""
        if self._serve is None:
            return
        self._exporter.is_closing = True
        closing = Thread(target=self._provider.shutdown, name="tracing", daemon=True)
        closing.start()
        closing.join(CLOSING_SECONDS)

    async def serve(
        self, application: Application, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serves a request in a span, which goes on where `traceparent` tells one (W3C)."""
        if self._serve is None:
            await application(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if pair[0] == b"traceparent"]
        seen: Scope = {
            "type": "http",
            "method": scope["method"] if scope["method"] in METHODS else "_OTHER",
            "headers": headers,
            "server": scope.get("server"),
            "application": partial(application, scope),
        }
        await self._serve(seen, receive, send)
        if "fault" in seen:
            raise seen["fault"]

    async def process_request(self, req: Request, _resp: Response) -> None:
        """Tells the log in which trace the request is."""
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            req.context.trace_id = trace.format_trace_id(span.trace_id)

    async def process_response(
        self, req: Request, _resp: Response, _resource: object, _succeeded: bool
    ) -> None:
        """Names the span by the route, never the path, and says in it what the log says."""
        span = trace.get_current_span()
        if not span.is_recording():
            return
        user_id, session_id = who(req.context)
        known = {
            "http.route": req.uri_template,
            "varvel.request_id": request_id(req),
            "user.id": None if user_id is None else str(user_id),
            "session.id": session_id,
            "error.type": getattr(req.context, "error_code", None),
        }
        method = req.method if req.method in METHODS else "HTTP"
        span.update_name(f"{method} {req.uri_template or '-'}")
        span.set_attributes({name: value for name, value in known.items() if value is not None})


class _Exporter(SpanExporter):
    """Sends spans; says once that the collector does not take them, and that it does again."""

    def __init__(self, endpoint: str) -> None:
        self._exporter = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS)
        self._is_failing = False
        self.is_closing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """What came of it."""
        if self.is_closing and self._is_failing:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        is_failing = result is not SpanExportResult.SUCCESS
        if is_failing and not self._is_failing:
            _log.warning("traces are lost: the collector does not take them")
        elif self._is_failing and not is_failing:
            _log.info("traces are taken again")
        self._is_failing = is_failing
        return result

    def shutdown(self) -> None:
        """Gives up what is under way."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


async def _pass_on(seen: Scope, receive: Receive, send: Send) -> None:
    try:
        await seen["application"](receive, send)
    except Exception as fault:  # its words are not for the span
        seen["fault"] = fault


def _watched(tracer: trace.Tracer, name: str, call: Callable[[], T]) -> Callable[[], T]:
    """The call in a span of its own, if a request makes it; the wait for the lane goes before."""
    if not trace.get_current_span().get_span_context().is_valid:
        return call
    within, asked = get_current(), perf_counter()

    def run() -> T:
        with tracer.start_as_current_span(
            name, within, record_exception=False, set_status_on_exception=False
        ) as span:
            span.set_attribute("varvel.waited_ms", round((perf_counter() - asked) * 1000, 2))
            return call()

    return run
