"""A server with metrics, and a client that counts as well."""

from collections import Counter
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.ports import free_port
from tests.processes.connections import HOST, call
from tests.processes.servers import Server, clean_environment

Key = tuple[str, str, str]
"""Route, method and status."""

AT_ONCE = 10


class Measured(Server):
    """A server with metrics, whose temporary files are in `temporary`; counts what it is asked."""

    def __init__(self, directory: Path) -> None:
        self.metrics_port = free_port()
        self.temporary = directory / "temporary"
        self.temporary.mkdir()
        port = free_port()
        environment = clean_environment(
            directory,
            BIND=f"{HOST}:{port}",
            WORKERS="2",
            METRICS_BIND=f"{HOST}:{self.metrics_port}",
        )
        super().__init__(
            directory,
            port=port,
            workers=2,
            environment={**environment, "TMPDIR": str(self.temporary)},
        )
        self.answered: Counter[Key] = Counter()

    def ask(self, method: str, path: str, route: str, **arguments: object) -> None:
        status = self.call(method, path, **arguments).status
        self.answered[route, method, str(status)] += 1

    def ask_some(self) -> None:
        for number in range(AT_ONCE):
            self.ask("GET", "/health/live", "/health/live")
            self.ask("GET", f"/api/users/{number}", "/api/users/{user_id}")
            self.ask("GET", f"/nothing/{number}", "-")
        self.ask("GET", "/api/token", "/api/token", auth=("miguel", "python"))
        self.ask("GET", "/api/token", "/api/token", auth=("miguel", "wrong"))

    def counted(self) -> tuple[Counter[Key], Counter[str]]:
        """The requests and the log-ins that the metrics tell of."""
        answer = call(self.metrics_port, "GET", "/metrics")
        assert answer.status == 200
        samples = [
            sample
            for family in text_string_to_metric_families(answer.body.decode())
            for sample in family.samples
        ]
        requests = {
            (s.labels["route"], s.labels["method"], s.labels["status"]): int(s.value)
            for s in samples
            if s.name == "varvel_requests_total"
        }
        log_ins = {s.labels["outcome"]: int(s.value) for s in samples if "log_ins" in s.name}
        return Counter(requests), Counter(log_ins)

    def gauges_of(self, pid: int) -> list[Path]:
        return list(self.temporary.glob(f"*/gauge_*_{pid}.db"))
