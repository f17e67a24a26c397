"""The files in deploy/, judged by the programs that they are for, where those are installed."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.patience import PATIENCE
from tests.processes.servers import ROOT, VARVEL
from tests.torture.counting import Done

pytestmark = pytest.mark.torture

DEPLOY = ROOT / "deploy"


def judged(program: str, *arguments: object) -> str:
    """What the program says, if it finds nothing wrong."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run(
        [path, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def make_certificate(file: Path, key_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    file.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path, record_property: Done) -> None:
    text = (DEPLOY / "varvel.service").read_text("utf-8")
    # The one path that is another one here.
    unit = tmp_path / "varvel.service"
    unit.write_text(text.replace("/opt/varvel/.venv/bin/varvel", VARVEL))

    said = judged("systemd-analyze", "verify", unit)

    assert said == ""
    exposure = judged("systemd-analyze", "security", "--offline=yes", "--threshold=20", unit)
    record_property("done", exposure.strip().splitlines()[-1].encode("ascii", "ignore").decode())


def test_nginx_finds_nothing_wrong_with_its_file(tmp_path: Path, record_property: Done) -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    text = text.replace("/etc/nginx/", f"{tmp_path}/").replace("/var/log/nginx/", f"{tmp_path}/")
    (tmp_path / "varvel.conf").write_text(text)
    make_certificate(tmp_path / "id.example.com.pem", tmp_path / "id.example.com.key")
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{ include {tmp_path}/varvel.conf; }}\n"
    )

    judged("nginx", "-t", "-p", tmp_path, "-c", whole)

    record_property("done", "nginx -t")
