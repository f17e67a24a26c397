"""What serves: the worker, its loop and its parser, and how it starts and stops."""

import json
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.processes.commands import PLAIN_GUNICORN
from tests.processes.connections import HOST, TIMEOUT
from tests.processes.first_starts import FILES
from tests.processes.servers import GUNICORN, VARVEL, Server

APPLICATION = "entrypoints.server:app"

PROBE = """
import sys
import threading
from entrypoints.gunicorn_conf import *

def say(**facts):
    for name, fact in facts.items():
        print(f"probe {name}={fact}", flush=True)

def pre_fork(server, worker):
    imported = "entrypoints.server" in sys.modules
    say(preloaded=imported, threads=threading.active_count())

def post_worker_init(worker):
    from gunicorn.asgi.protocol import ASGIProtocol
    set_up = ASGIProtocol._setup_callback_parser

    def set_up_and_say(protocol):
        set_up(protocol)
        say(parser=type(protocol._callback_parser))

    ASGIProtocol._setup_callback_parser = set_up_and_say
    from gunicorn.workers.gasgi import ASGIWorker
    say(worker=type(worker).__name__, asgi=isinstance(worker, ASGIWorker), loop=type(worker.loop))
"""
"""The settings that are served with, and hooks that say from inside what came of them."""


def test_the_workers_run_uvloop_and_the_c_parser_and_are_forked_from_the_loaded_application(
    tmp_path: Path,
) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text(PROBE)

    with Server(tmp_path, command=(*GUNICORN, "-c", f"file:{probe}", APPLICATION)) as server:
        assert server.call("GET", "/").status == 200

    said = {line for line in server.output.splitlines() if line.startswith("probe ")}
    assert said == {
        "probe preloaded=True",
        "probe threads=1",
        "probe worker=DrainingWorker",
        "probe asgi=True",
        "probe loop=<class 'uvloop.Loop'>",
        "probe parser=<class 'gunicorn_h1c._protocol.H1CProtocol'>",
    }


@pytest.mark.parametrize(
    "command", [(VARVEL, "serve"), PLAIN_GUNICORN], ids=["varvel serve", "gunicorn"]
)
def test_either_command_serves_leaves_nothing_at_home_and_ends_whole(
    tmp_path: Path, command: Sequence[str]
) -> None:
    with Server(tmp_path, command=command, workers=2) as server:
        assert server.register("miguel").status == 201
        token = server.token("miguel")
        answer = server.call("GET", "/api/resource", auth=(token, "x"))
        assert answer.json == {"data": "Hello, miguel!"}

        pids = [server.pid, *server.worker_pids()]
        mapped = [Path(f"/proc/{pid}/maps").read_text() for pid in pids[1:]]
        assert len(mapped) == 2
        assert all("uvloop" in libraries for libraries in mapped)
        assert any("gunicorn_h1c" in libraries for libraries in mapped)
        assert list((tmp_path / "home").iterdir()) == []
        assert {path.name for path in server.data_directory.iterdir()} == FILES

    assert "Using worker: entrypoints.gunicorn_worker.DrainingWorker" in server.output
    # Nothing but objects, one to a line, whoever wrote it.
    entries = server.entries()
    assert len(entries) == len(server.output.splitlines())
    assert {entry["logger"] for entry in entries} >= {"gunicorn.error", "varvel.requests"}
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def _named(link: Path) -> str | None:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed meanwhile
        return None


@pytest.mark.asvs("V16.2.3")
def test_a_server_writes_to_its_output_and_its_database_alone(tmp_path: Path) -> None:
    with Server(tmp_path, workers=2) as server:
        assert server.register("miguel").status == 201
        opened = {
            name
            for pid in (server.pid, *server.worker_pids())
            for link in Path(f"/proc/{pid}/fd").iterdir()
            if (name := _named(link))
        }

        # Gunicorn looks at the age of files without names to see which workers live.
        files = {name for name in opened if name[0] == "/" and not name.endswith(" (deleted)")}
        names = {Path(name).name for name in files - {os.devnull}}
        assert "varvel.sqlite" in names
        assert names <= FILES - {"secret"}
        assert sum(name.startswith("pipe:") for name in opened) > 0


def test_a_request_in_flight_is_answered_before_the_server_ends(tmp_path: Path) -> None:
    body = json.dumps({"username": "miguel", "password": "python"}).encode()
    head = (
        b"POST /api/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    with Server(tmp_path) as server:
        with socket.create_connection((HOST, server.port), TIMEOUT) as connection:
            connection.sendall(head)
            # The application is asking for the body now, so the request is in flight.
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
            server.ask_to_stop()
            server.wait_for(lambda: server.times_logged("Worker shutting down") == 1)
            connection.sendall(body)
            answer = connection.recv(10_000)
        code = server.wait_until_gone()

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert code == 0


def test_a_user_outlives_the_server(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        location = server.register("miguel").headers["Location"]
        token = server.token("miguel")

    with Server(tmp_path) as server:
        path = "/" + location.split("/", 3)[3]
        assert server.call("GET", path).json == {"username": "miguel"}
        assert server.call("GET", "/api/resource", auth=(token, "x")).status == 200
