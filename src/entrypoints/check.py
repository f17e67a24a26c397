"""What is unsafe about this machine's settings, database, keys and clock, in plain words."""

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from entrypoints.bootstrap import inspect
from entrypoints.settings import Settings, StartupError

SMALLEST_HASH_MEMORY = 7_168
"""KiB; the smallest of OWASP's recommendations for argon2id with one lane."""

SMALLEST_HASH_COST = SMALLEST_HASH_MEMORY * 5
"""KiB times passes, of the same recommendation."""

MOST_FAILURES = 100
"""NIST SP 800-63B-4 section 3.2.2."""

CLOCK_TOLERANCE = 5.0
"""Seconds."""

_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_CHECKED = ("verify-ca", "verify-full")


def faults(environment: Mapping[str, str]) -> list[str]:
    """Everything unsafe, judged as the production profile would; an empty list is good news."""
    try:
        settings = Settings.read({**environment, "VARVEL_PROFILE": "production"})
    except StartupError as error:
        return str(error).splitlines()
    looks = (_settings_faults, _connection_faults, _file_faults, _stored_faults)
    return [fault for look in looks for fault in look(settings)]


def _settings_faults(settings: Settings) -> Iterator[str]:
    if settings.public_url and not settings.public_url.startswith("https://"):
        yield (
            "VARVEL_PUBLIC_URL is not https: passwords and tokens cross the network readable. "
            "Put a proxy with TLS in front."
        )
    cost = settings.hash_memory * settings.hash_time
    if settings.hash_memory < SMALLEST_HASH_MEMORY or cost < SMALLEST_HASH_COST:
        yield (
            "VARVEL_HASH_MEMORY and VARVEL_HASH_TIME make hashes that are cheap to guess: leave "
            "both at their defaults."
        )
    if any(network.prefixlen == 0 for network in settings.trusted_proxies):
        yield (
            "VARVEL_TRUSTED_PROXIES believes everybody: anyone can pretend to be another client. "
            "Name the proxies' own networks."
        )
    if settings.throttle.maximum > MOST_FAILURES:
        yield (
            f"VARVEL_THROTTLE_MAXIMUM lets more than {MOST_FAILURES} wrong passwords in a row be "
            "tried at an account: lower it."
        )


def _connection_faults(settings: Settings) -> Iterator[str]:
    url = urlsplit(settings.database_url)
    options = parse_qs(url.query)
    hosts = {url.hostname or "", *options.get("host", [])}
    is_checked = options.get("sslmode", [""])[-1] in _CHECKED
    if settings.database_file is None and any(map(_is_remote, hosts)) and not is_checked:
        yield (
            "The connection to the database crosses the network without a checked certificate: "
            "add sslmode=verify-full to VARVEL_DATABASE_URL."
        )


def _is_remote(host: str) -> bool:
    return host not in _LOCAL and not host.startswith("/")


def _file_faults(settings: Settings) -> Iterator[str]:
    path = settings.database_file
    if path is None or not _others_may(stat.S_IXOTH, path.parent):
        return
    for file in (path, path.with_name(f"{path.name}-wal")):
        if _others_may(stat.S_IROTH, file):
            yield f"Every user of this machine may read {file}: chmod 600 it."


def _others_may(mode: int, path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & mode)


def _stored_faults(settings: Settings) -> Iterator[str]:
    try:
        found = inspect(settings)
    except StartupError as error:
        yield str(error)
        return
    if abs(found.clock_difference) > CLOCK_TOLERANCE:
        yield (
            f"This machine's clock and the database's differ by {found.clock_difference:.0f} s: "
            "tokens would end too early or too late. Set both by NTP."
        )
    if not found.encodes_unicode:
        yield "The database does not store UTF-8: make it anew with ENCODING 'UTF8'."
