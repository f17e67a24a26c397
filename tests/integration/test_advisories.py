"""What is made of services that know of vulnerabilities, do not know, or do not answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from scripts import advisories

from tests.ports import free_port

FALCON, OLD_JINJA = "falcon", "jinja2==2.4.1"
"""The first is locked; the other is what a service is asked for to see whether it knows any."""


@contextmanager
def a_service(*vulnerable: str) -> Iterator[advisories.Options]:
    """One in the form of OSV's, that knows faults of these distributions and of no other."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]
            known = {name["name"], f"{name['name']}=={asked['version']}"}
            fault = {"id": "PYSEC-2026-1", "affected": [{"package": name, "ranges": []}]}
            answer = {"vulns": [fault]} if known & set(vulnerable) else {}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", free_port()), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield at(server.server_port)
        finally:
            server.shutdown()
            thread.join()


def at(port: int) -> advisories.Options:
    return ("--vulnerability-service", "osv", "--osv-url", f"http://127.0.0.1:{port}/")


def test_distributions_without_known_faults_pass(capsys: pytest.CaptureFixture[str]) -> None:
    with a_service(OLD_JINJA) as service:
        assert advisories.main({"a service": service}) == 0

    assert "vulnerable 0" in capsys.readouterr().out


def test_a_distribution_with_a_known_fault_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with a_service(OLD_JINJA, FALCON) as service:
        assert advisories.main({"a service": service}) == 1

    assert "PYSEC-2026-1, mended in no release yet" in capsys.readouterr().out


def test_nobody_who_can_be_asked_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    with a_service() as ignorant:
        assert advisories.main({"deaf": at(free_port()), "ignorant": ignorant}) == 3

    said = capsys.readouterr().err
    assert "not run" in said
    assert "ignorant: it does not know that" in said
