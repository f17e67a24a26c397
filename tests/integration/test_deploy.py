"""The files in deploy/: what they promise of Varvel, as far as it can be read."""

import re
from pathlib import Path

import pytest

from entrypoints import gunicorn_conf
from entrypoints.http import json
from tests.processes.nginx import Nginx

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(DEPLOY.iterdir())


def directives(name: str, directive: str) -> list[str]:
    """The values of this directive of nginx, comments left out."""
    text = re.sub("#.*", "", (DEPLOY / name).read_text("utf-8"))
    return [" ".join(value.split()) for value in re.findall(rf"\b{directive}\s+([^;]+);", text)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_that_is_named_is_one(file: Path) -> None:
    known = re.findall(r"VARVEL_[A-Z_]+", (ROOT / ".env.example").read_text("utf-8"))

    assert set(re.findall(r"VARVEL_[A-Z_]+", file.read_text("utf-8"))) <= set(known)


def test_nginx_finds_nothing_wrong_with_its_file(tmp_path: Path) -> None:
    # Where nginx is not installed the run's summary names this test as skipped.
    assert "test is successful" in Nginx(tmp_path).check()


def test_nginx_writes_no_user_name_and_no_query() -> None:
    (form,) = directives("nginx.conf", "log_format")

    assert not re.search(r"remote_user|http_authorization|args|request_uri|\$request\b", form)
    assert all(
        each == "off" or each.endswith(" varvel") for each in directives("nginx.conf", "access_log")
    )
    # Lines of lesser severities repeat the request.
    assert all(each.endswith(" crit") for each in directives("nginx.conf", "error_log"))


def test_nginx_tells_the_clients_address_in_place_of_what_clients_say() -> None:
    told = dict(each.split(" ", 1) for each in directives("nginx.conf", "proxy_set_header"))

    assert told["X-Forwarded-For"] == "$remote_addr"
    assert told["X-Forwarded-Proto"] == "$scheme"
    assert told["X-Request-ID"] == "$request_id"
    assert told["Forwarded"] == '""'


def test_nginx_sends_nothing_twice_that_must_happen_once() -> None:
    assert directives("nginx.conf", "proxy_next_upstream") == ["error timeout"]


def test_nginx_keeps_no_connection_longer_than_the_server_does_and_takes_what_it_takes() -> None:
    upstream, _ = directives("nginx.conf", "keepalive_timeout")
    (largest,) = directives("nginx.conf", "client_max_body_size")
    (buffered,) = directives("nginx.conf", "client_body_buffer_size")

    assert int(upstream.removesuffix("s")) < gunicorn_conf.keepalive
    assert int(largest.removesuffix("k")) * 1024 == json.MAXIMUM_BODY
    assert buffered == largest
    assert directives("nginx.conf", "client_header_timeout") == ["10s"]


def test_the_unit_waits_as_long_as_requests_are_answered() -> None:
    unit = (DEPLOY / "varvel.service").read_text("utf-8")

    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(seconds) > gunicorn_conf.graceful_timeout
    assert "\nKillMode=mixed\n" in unit


def test_the_container_installs_by_hash_and_runs_as_nobody_in_particular() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")

    assert "--require-hashes -r requirements.txt" in text
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.MULTILINE)
