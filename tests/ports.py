"""Ports for the servers of tests."""

import os
import secrets
import socket

_FIRST, _LAST = 20_000, 32_000
"""Below the ports that Linux gives to outgoing connections, which a test makes by the thousand."""

_SHARES = 8
"""Tests that run beside each other each choose from a share of their own."""


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    size = (_LAST - _FIRST) // _SHARES
    runner = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = _FIRST + runner % _SHARES * size
    while True:
        port = first + secrets.randbelow(size)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
