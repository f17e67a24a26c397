"""A real nginx on deploy/nginx.conf, of which only places and ports are others."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from ssl import create_default_context
from types import TracebackType
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.patience import PATIENCE, tries
from tests.ports import free_port, is_free
from tests.processes.connections import HOST, TIMEOUT
from tests.processes.servers import ROOT

NAME = "id.example.com"
NODES = ("127.0.0.1:5000 max_fails=0", "127.0.0.1:5001 max_fails=0")
"""The nodes as they are delivered."""

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def program(name: str) -> str:
    """The path of an installed program. The test is not run, and says so, where there is none."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def judged(name: str, *arguments: object) -> str:
    """What the program says, if it finds nothing wrong."""
    done = subprocess.run(
        [program(name), *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


class Nginx:
    """nginx before nodes on these ports; serves https on `port` from entering to leaving.

    `changes` are other texts of the delivered file, each with what stands in its place.
    """

    def __init__(
        self, directory: Path, nodes: Sequence[int] = (), changes: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory
        self.port, self.plain_port = free_port(), free_port()
        self.certificate = directory / f"{NAME}.pem"
        self.access_log = directory / "varvel.log"
        self.error_log = directory / "varvel-error.log"
        self.configuration = directory / "nginx.conf"
        self._nodes = nodes
        self._changes = changes or {}
        directory.mkdir(exist_ok=True)
        _make_certificate(self.certificate, directory / f"{NAME}.key")
        self.configuration.write_text(self._main())
        self.configure()

    def configure(self, *, down: int | None = None) -> None:
        """Writes the delivered file anew, in which the node on the port `down` is marked so."""
        text = (ROOT / "deploy/nginx.conf").read_text("utf-8")
        for node, port in zip(NODES, self._nodes, strict=False):
            text = _changed(text, node, f"{HOST}:{port} max_fails=0{' down' * (port == down)}")
        changes = {
            "/etc/nginx/id": f"{self.directory}/id",
            "/var/log/nginx/": f"{self.directory}/",
            "listen 80;": f"listen {HOST}:{self.plain_port};",
            "listen 443 ssl;": f"listen {HOST}:{self.port} ssl;",
            **self._changes,
        }
        for old, new in changes.items():
            text = _changed(text, old, new)
        (self.directory / "varvel.conf").write_text(text)

    def _main(self) -> str:
        paths = "".join(f"{each}_temp_path {self.directory}/{each};\n" for each in _TEMPORARY)
        # As root it would give its workers to somebody who may not reach the directory.
        user = "user root;\n" if os.geteuid() == 0 else ""
        return (
            f"{user}daemon off;\nworker_processes 2;\npid {self.directory}/pid;\n"
            f"error_log {self.directory}/main.log notice;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{paths}include {self.directory}/varvel.conf;\n}}\n"
        )

    def check(self) -> str:
        """What `nginx -t` says. Fails if it finds anything wrong."""
        said = judged("nginx", "-t", "-p", self.directory, "-c", self.configuration)
        assert "[warn]" not in said, said
        return said

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [program("nginx"), "-p", self.directory, "-c", self.configuration],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in tries():
            if not is_free(self.port) or self._process.poll() is not None:
                break
        assert self._process.poll() is None, self.check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()

    def reload(self) -> None:
        """Sends SIGHUP, like `nginx -s reload`; returns when the workers of before are gone."""
        before = self._workers()
        self._process.send_signal(signal.SIGHUP)
        for _ in tries():
            now = self._workers()
            if now and not now & before:
                return
        raise AssertionError("Old workers of nginx are left.")

    def _workers(self) -> set[str]:
        pid = self._process.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def connect(self, source: str = HOST) -> HTTPSConnection:
        """A client that comes from this address, and believes this nginx's certificate alone."""
        context = create_default_context(cafile=str(self.certificate))
        return HTTPSConnection(
            HOST, self.port, timeout=TIMEOUT, source_address=(source, 0), context=context
        )

    def logged(self) -> str:
        """All that nginx has written of requests, in either log."""
        texts = []
        for log in (self.access_log, self.error_log):
            with suppress(FileNotFoundError):
                texts.append(log.read_text("utf-8"))
        return "".join(texts)


def _changed(text: str, old: str, new: str) -> str:
    assert old in text, f"deploy/nginx.conf has no {old!r} any more."
    return text.replace(old, new)


def _make_certificate(file: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    names = [x509.DNSName(NAME), x509.IPAddress(ip_address(HOST))]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    file.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
