"""Settings: read from the environment once, all faults reported together."""

import base64
import binascii
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from domain.tokens import MAXIMUM_TOKEN_LIFETIME

DEVELOPMENT_ISSUER = "http://localhost:5000"
MINIMUM_SECRET_BYTES = 32

DAY = 86_400
"""Seconds."""

LONGEST_TOKEN = int(MAXIMUM_TOKEN_LIFETIME.total_seconds())
LONGEST_SESSION = 3650 * DAY
SHORTEST_FRACTION = 0.01
"""Seconds."""

Choice = TypeVar("Choice", bound=Enum)

_BIND = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})", re.ASCII)
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII)


class StartupError(Exception):
    """The program cannot start; the message is for the person who starts it."""


class Profile(Enum):
    """What the server is run for."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Registration(Enum):
    """Whether strangers may register."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Lifetimes are durations, `hash_memory` is in KiB, `hash_time` in passes.

    `secrets` are newest first; without any, the data directory keeps one.
    """

    profile: Profile
    data_dir: Path
    database_url: str = field(repr=False)
    host: str
    port: int
    workers: int
    secrets: tuple[bytes, ...] = field(repr=False)
    public_url: str | None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    cors_origins: tuple[str, ...]
    token_lifetime: timedelta
    session_idle: timedelta
    session_lifetime: timedelta
    refresh_grace: timedelta
    revocation_poll: timedelta
    revocation_bound: timedelta
    jwks_max_age: timedelta
    registration: Registration
    hash_memory: int
    hash_time: int
    hash_threads: int
    hash_queue: int
    storage_threads: int

    @property
    def issuer(self) -> str:
        """The `iss` and `aud` of tokens (RFC 9068)."""
        return self.public_url or DEVELOPMENT_ISSUER

    @property
    def database_file(self) -> Path | None:
        """The file of an embedded database; None for a server's."""
        scheme, _, path = self.database_url.partition(":///")
        return Path(path) if scheme == "sqlite" else None

    @property
    def secret_file(self) -> Path:
        """The file that keeps the secret where none is set."""
        return self.data_dir / "secret"

    @property
    def bind(self) -> str:
        """Host and port, as a URL's authority."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in this environment. Raises StartupError that lists every fault."""
        read = _Reader(environment)
        profile = read.choice("VARVEL_PROFILE", Profile.DEVELOPMENT)
        data_dir = read.directory("VARVEL_DATA_DIR", "./var")
        default_database = f"sqlite:///{data_dir / 'varvel.sqlite'}"
        host, port = read.bind("VARVEL_BIND", "127.0.0.1:5000")
        workers = read.whole("VARVEL_WORKERS", cores(), at_most=256)
        settings = cls(
            profile=profile,
            data_dir=data_dir,
            database_url=read.database_url("VARVEL_DATABASE_URL", default_database),
            host=host,
            port=port,
            workers=workers,
            secrets=read.secrets("VARVEL_SECRET"),
            public_url=read.url("VARVEL_PUBLIC_URL"),
            trusted_proxies=read.networks("VARVEL_TRUSTED_PROXIES"),
            cors_origins=read.origins("VARVEL_CORS_ORIGINS"),
            token_lifetime=read.seconds("VARVEL_TOKEN_LIFETIME", 600, at_most=LONGEST_TOKEN),
            session_idle=read.seconds("VARVEL_SESSION_IDLE", 14 * DAY, at_most=LONGEST_SESSION),
            session_lifetime=read.seconds(
                "VARVEL_SESSION_LIFETIME", 30 * DAY, at_most=LONGEST_SESSION
            ),
            refresh_grace=read.seconds("VARVEL_REFRESH_GRACE", 10, at_least=0, at_most=300),
            revocation_poll=read.fraction("VARVEL_REVOCATION_POLL", 0.4, at_most=60),
            revocation_bound=read.fraction("VARVEL_REVOCATION_BOUND", 5.0, at_most=600),
            jwks_max_age=read.seconds("VARVEL_JWKS_MAX_AGE", 300, at_most=DAY),
            registration=read.choice("VARVEL_REGISTRATION", Registration.OPEN),
            hash_memory=read.whole("VARVEL_HASH_MEMORY", 19_456, at_least=8, at_most=4_194_304),
            hash_time=read.whole("VARVEL_HASH_TIME", 2, at_most=100),
            hash_threads=read.whole(
                "VARVEL_HASH_THREADS", max(1, cores() // max(1, workers)), at_most=256
            ),
            hash_queue=read.whole("VARVEL_HASH_QUEUE", 16, at_least=0, at_most=10_000),
            storage_threads=read.whole("VARVEL_STORAGE_THREADS", 4, at_most=256),
        )
        if profile is Profile.PRODUCTION:
            read.require("VARVEL_SECRET", "a key that only this service knows (see .env.example)")
            read.require("VARVEL_PUBLIC_URL", "the address under which clients reach this service")
            read.require(
                "VARVEL_DATABASE_URL",
                "the database, which is another one than the default",
                unless=default_database,
            )
        if settings.revocation_bound < 2 * settings.revocation_poll:
            read.fault("VARVEL_REVOCATION_BOUND", "is at least twice VARVEL_REVOCATION_POLL")
        read.finish()
        return settings


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Reader:
    """Reads variables; a fault is noted, a default taken, and all are reported at the end."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environment.get(name) or default

    def directory(self, name: str, default: str) -> Path:
        text = self.text(name, default)
        if re.search("[%?#]", text):
            self.fault(name, "is a directory without %, ? and # in its name")
        return Path(text)

    def choice(self, name: str, default: Choice) -> Choice:
        text = self.text(name, default.value)
        members: Sequence[Choice] = list(type(default))
        for member in members:
            if member.value == text:
                return member
        self.fault(name, "is one of: " + ", ".join(member.value for member in members))
        return default

    def whole(self, name: str, default: int, *, at_least: int = 1, at_most: int) -> int:
        text = self.text(name, str(default))
        if re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) and at_least <= int(text) <= at_most:
            return int(text)
        self.fault(name, f"is a whole number from {at_least} to {at_most}")
        return default

    def seconds(self, name: str, default: int, *, at_least: int = 1, at_most: int) -> timedelta:
        return timedelta(seconds=self.whole(name, default, at_least=at_least, at_most=at_most))

    def fraction(self, name: str, default: float, *, at_most: int) -> timedelta:
        text = self.text(name, str(default))
        is_number = re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text, re.ASCII)
        if is_number and SHORTEST_FRACTION <= float(text) <= at_most:
            return timedelta(seconds=float(text))
        self.fault(name, f"is a number of seconds from {SHORTEST_FRACTION} to {at_most}")
        return timedelta(seconds=default)

    def bind(self, name: str, default: str) -> tuple[str, int]:
        match = _BIND.fullmatch(self.text(name, default))
        if match and int(match["port"]) <= 65_535:
            return match["host"].strip("[]"), int(match["port"])
        self.fault(name, "is an address and a port, like 127.0.0.1:5000 or [::1]:5000")
        return "127.0.0.1", 5000

    def url(self, name: str) -> str | None:
        text = self._environment.get(name)
        if not text:
            return None
        try:
            parts = urlsplit(text)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable or not re.fullmatch(r"[!-~]+", text) or re.search(r"[?#@\\\"<>]", text):
            self.fault(name, "is an address like https://id.example.com, without query or user")
        return text.rstrip("/")

    def database_url(self, name: str, default: str) -> str:
        text = self.text(name, default)
        if text == default:
            return text
        try:
            parts = urlsplit(text)
            usable = parts.port != 0 and len(parts.path) > 1
        except ValueError:
            usable = False
        # A file's path is taken as it stands, without escapes and options.
        if not usable or not re.match(r"sqlite:///[^%?#]+$|postgresql(\+psycopg)?://", text):
            self.fault(
                name, "is like postgresql://user:password@host/name or sqlite:////path/to/file"
            )
        return text

    def networks(self, name: str) -> tuple[IPv4Network | IPv6Network, ...]:
        parts = self._environment.get(name, "").split(",")
        try:
            return tuple(ip_network(part.strip()) for part in parts if part.strip())
        except ValueError:
            self.fault(name, "is a list of networks like 10.0.0.0/8, fd00::/8")
            return ()

    def origins(self, name: str) -> tuple[str, ...]:
        parts = [part.strip() for part in self._environment.get(name, "").split(",")]
        origins = tuple(part for part in parts if part)
        if not all(map(_ORIGIN.fullmatch, origins)):
            self.fault(name, "is a list of origins like https://app.example.com, without a path")
        return origins

    def secrets(self, name: str) -> tuple[bytes, ...]:
        text = self._environment.get(name)
        if not text:
            return ()
        secrets = tuple(_decoded(part.strip()) for part in text.split(","))
        if any(len(secret) < MINIMUM_SECRET_BYTES for secret in secrets):
            self.fault(
                name,
                "is base64url of at least 32 random bytes; several are separated by commas, the "
                "newest first",
            )
        return secrets

    def require(self, name: str, meaning: str, *, unless: str = "") -> None:
        if self._environment.get(name, "") in ("", unless):
            self.fault(name, f"must be set in the production profile: {meaning}")

    def finish(self) -> None:
        if self._faults:
            raise StartupError("\n".join(self._faults))

    def fault(self, name: str, rule: str) -> None:
        # The value is left out: it may be a secret, or hold one.
        self._faults.append(f"{name} {rule}.")


def _decoded(text: str) -> bytes:
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
