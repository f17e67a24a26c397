"""Settings: read from the environment once, all faults reported together."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from domain.throttling import ThrottlePolicy
from domain.tokens import MAXIMUM_TOKEN_LIFETIME
from entrypoints.settings.reader import Reader, StartupError

DEVELOPMENT_ISSUER = "http://localhost:5000"

DAY = 86_400
"""Seconds."""

LONGEST_TOKEN = int(MAXIMUM_TOKEN_LIFETIME.total_seconds())
LONGEST_SESSION = 3650 * DAY
LONGEST_RETENTION = 36_500 * DAY

MOST_FAILURES = 1_000_000

__all__ = [
    "LogLevel",
    "Profile",
    "Registration",
    "Settings",
    "StartupError",
    "authority",
    "cores",
]


class Profile(Enum):
    """What the server is run for."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class LogLevel(Enum):
    """From which severity on something is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


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
    metrics_bind: tuple[str, int] | None
    traces_endpoint: str | None
    workers: int
    log_level: LogLevel
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
    public_users: bool
    brand_name: str
    brand_logo: str | None
    brand_colour: str
    throttle: ThrottlePolicy
    audit_retention: timedelta
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
        return authority(self.host, self.port)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in this environment. Raises StartupError that lists every fault."""
        read = Reader(environment)
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
            metrics_bind=read.optional_bind("VARVEL_METRICS_BIND"),
            traces_endpoint=read.url("VARVEL_TRACES_ENDPOINT"),
            workers=workers,
            log_level=read.choice("VARVEL_LOG_LEVEL", LogLevel.INFO),
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
            public_users=read.flag("VARVEL_PUBLIC_USERS", default=True),
            brand_name=read.line("VARVEL_BRAND_NAME", "Varvel", at_most=60),
            brand_logo=read.image("VARVEL_BRAND_LOGO"),
            brand_colour=read.colour("VARVEL_BRAND_COLOUR", "#1f5f78"),
            throttle=_throttle(read),
            audit_retention=read.seconds(
                "VARVEL_AUDIT_RETENTION", 365 * DAY, at_least=DAY, at_most=LONGEST_RETENTION
            ),
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
        if settings.metrics_bind is not None and settings.metrics_bind[1] == port >= 0:
            read.fault("VARVEL_METRICS_BIND", "has another port than VARVEL_BIND")
        read.finish()
        return settings


def _throttle(read: Reader) -> ThrottlePolicy:
    return ThrottlePolicy(
        free=read.whole("VARVEL_THROTTLE_FREE", 5, at_most=MOST_FAILURES),
        first_delay=read.seconds("VARVEL_THROTTLE_FIRST_DELAY", 1, at_most=DAY),
        longest_delay=read.seconds("VARVEL_THROTTLE_LONGEST_DELAY", 3600, at_most=DAY),
        maximum=read.whole("VARVEL_THROTTLE_MAXIMUM", 100, at_most=MOST_FAILURES),
        network_failures=read.whole("VARVEL_THROTTLE_NETWORK_FAILURES", 100, at_most=MOST_FAILURES),
        network_window=read.seconds("VARVEL_THROTTLE_NETWORK_WINDOW", 600, at_most=DAY),
    )


def authority(host: str, port: int) -> str:
    """Host and port as in a URL (RFC 3986 section 3.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
