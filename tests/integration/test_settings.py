"""Settings: defaults, bounds, and faults reported together without their values."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from domain.throttling import ThrottlePolicy
from entrypoints.settings import LogLevel, Profile, Registration, Settings, cores
from tests.integration.variables import SECRET, faults, read

OTHER = urlsafe_b64encode(bytes(range(64, 0, -1))).decode().rstrip("=")


@pytest.mark.asvs("V11.4.2")
def test_everything_has_a_default() -> None:
    settings = Settings.read({})

    assert settings == Settings(
        profile=Profile.DEVELOPMENT,
        data_dir=Path("var"),
        database_url="sqlite:///var/varvel.sqlite",
        host="127.0.0.1",
        port=5000,
        metrics_bind=None,
        traces_endpoint=None,
        workers=cores(),
        log_level=LogLevel.INFO,
        secrets=(),
        public_url=None,
        trusted_proxies=(),
        cors_origins=(),
        token_lifetime=timedelta(minutes=10),
        session_idle=timedelta(days=14),
        session_lifetime=timedelta(days=30),
        refresh_grace=timedelta(seconds=10),
        revocation_poll=timedelta(seconds=0.4),
        revocation_bound=timedelta(seconds=5),
        jwks_max_age=timedelta(minutes=5),
        registration=Registration.OPEN,
        public_users=True,
        brand_name="Varvel",
        brand_logo=None,
        brand_colour="#1f5f78",
        throttle=ThrottlePolicy(
            free=5,
            first_delay=timedelta(seconds=1),
            longest_delay=timedelta(hours=1),
            maximum=100,
            network_failures=100,
            network_window=timedelta(minutes=10),
        ),
        audit_retention=timedelta(days=365),
        hash_memory=19_456,
        hash_time=2,
        hash_threads=1,
        hash_queue=16,
        storage_threads=4,
    )
    assert settings.issuer == "http://localhost:5000"
    assert settings.bind == "127.0.0.1:5000"


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    names = (
        "PROFILE",
        "DATA_DIR",
        "DATABASE_URL",
        "BIND",
        "METRICS_BIND",
        "TRACES_ENDPOINT",
        "WORKERS",
        "SECRET",
        "PUBLIC_URL",
    )

    assert read(**dict.fromkeys(names, "")) == Settings.read({})


def test_other_variables_are_not_looked_at() -> None:
    assert Settings.read({"PATH": "/bin", "VARVEL_UNKNOWN": "x"}) == Settings.read({})


def test_settings_are_taken_from_their_variables() -> None:
    settings = read(
        DATA_DIR="/srv/varvel",
        BIND="[::1]:8000",
        METRICS_BIND="[::1]:9100",
        TRACES_ENDPOINT="http://127.0.0.1:4318/v1/traces",
        WORKERS="1",
        PUBLIC_URL="https://id.example.com/",
        TRUSTED_PROXIES=" 10.0.0.0/8, ,::1 ",
        TOKEN_LIFETIME="60",
        SESSION_IDLE="3600",
        SESSION_LIFETIME="7200",
        REFRESH_GRACE="0",
        REVOCATION_POLL="0.125",
        REVOCATION_BOUND="2",
        JWKS_MAX_AGE="30",
        REGISTRATION="closed",
        PUBLIC_USERS="no",
        THROTTLE_FREE="3",
        THROTTLE_FIRST_DELAY="2",
        THROTTLE_LONGEST_DELAY="60",
        THROTTLE_MAXIMUM="50",
        THROTTLE_NETWORK_FAILURES="20",
        THROTTLE_NETWORK_WINDOW="30",
        AUDIT_RETENTION="86400",
        HASH_MEMORY="8",
        HASH_TIME="1",
        HASH_THREADS="3",
        HASH_QUEUE="0",
        STORAGE_THREADS="2",
    )

    assert settings.database_url == "sqlite:////srv/varvel/varvel.sqlite"
    assert (settings.host, settings.port, settings.bind) == ("::1", 8000, "[::1]:8000")
    assert settings.metrics_bind == ("::1", 9100)
    assert settings.traces_endpoint == "http://127.0.0.1:4318/v1/traces"
    assert settings.public_url == settings.issuer == "https://id.example.com"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert settings.token_lifetime == timedelta(seconds=60)
    assert settings.session_idle == timedelta(hours=1)
    assert settings.session_lifetime == timedelta(hours=2)
    assert settings.refresh_grace == timedelta(0)
    assert settings.revocation_poll == timedelta(milliseconds=125)
    assert settings.revocation_bound == timedelta(seconds=2)
    assert settings.jwks_max_age == timedelta(seconds=30)
    assert settings.registration is Registration.CLOSED
    assert not settings.public_users
    assert settings.throttle == ThrottlePolicy(
        3, timedelta(seconds=2), timedelta(minutes=1), 50, 20, timedelta(seconds=30)
    )
    assert settings.audit_retention == timedelta(days=1)
    assert (settings.hash_memory, settings.hash_time) == (8, 1)
    assert (settings.hash_threads, settings.hash_queue, settings.storage_threads) == (3, 0, 2)


def test_hashing_gets_the_cores_that_the_workers_leave() -> None:
    assert read(WORKERS="1").hash_threads == cores()
    assert read(WORKERS="256").hash_threads == 1


def test_all_faults_are_reported_together() -> None:
    lines = faults(
        PROFILE="staging",
        DATABASE_URL="varvel",
        BIND="nowhere",
        METRICS_BIND="nowhere:x",
        TRACES_ENDPOINT="localhost:4318",
        WORKERS="0",
        LOG_LEVEL="loud",
        SECRET="short",
        PUBLIC_URL="example.com",
        TRUSTED_PROXIES="everybody",
        TOKEN_LIFETIME="86401",
        SESSION_IDLE="0",
        SESSION_LIFETIME="forever",
        REFRESH_GRACE="301",
        REVOCATION_POLL="0",
        REVOCATION_BOUND="601",
        JWKS_MAX_AGE="86401",
        REGISTRATION="maybe",
        HASH_MEMORY="7",
        HASH_TIME="zero",
        HASH_THREADS="-1",
        HASH_QUEUE="1.5",
        STORAGE_THREADS=" 4",
    )

    assert [line.split(" ")[0] for line in lines] == [
        *("VARVEL_PROFILE", "VARVEL_BIND", "VARVEL_WORKERS", "VARVEL_DATABASE_URL"),
        *("VARVEL_METRICS_BIND", "VARVEL_TRACES_ENDPOINT", "VARVEL_LOG_LEVEL"),
        *("VARVEL_SECRET", "VARVEL_PUBLIC_URL", "VARVEL_TRUSTED_PROXIES"),
        *("VARVEL_TOKEN_LIFETIME", "VARVEL_SESSION_IDLE", "VARVEL_SESSION_LIFETIME"),
        *("VARVEL_REFRESH_GRACE", "VARVEL_REVOCATION_POLL", "VARVEL_REVOCATION_BOUND"),
        *("VARVEL_JWKS_MAX_AGE", "VARVEL_REGISTRATION", "VARVEL_HASH_MEMORY"),
        *("VARVEL_HASH_TIME", "VARVEL_HASH_THREADS", "VARVEL_HASH_QUEUE"),
        "VARVEL_STORAGE_THREADS",
    ]
    assert all(line.endswith(".") for line in lines)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PROFILE",
            "BIND",
            "WORKERS",
            "LOG_LEVEL",
            "SECRET",
            "PUBLIC_URL",
            "TOKEN_LIFETIME",
            "REGISTRATION",
        ),
        *("DATABASE_URL", "TRUSTED_PROXIES", "SESSION_IDLE", "SESSION_LIFETIME", "REFRESH_GRACE"),
        *("REVOCATION_POLL", "REVOCATION_BOUND", "JWKS_MAX_AGE", "METRICS_BIND"),
        "TRACES_ENDPOINT",
        *("HASH_MEMORY", "HASH_TIME", "HASH_THREADS", "HASH_QUEUE", "STORAGE_THREADS"),
    ],
)
def test_a_fault_never_repeats_the_value(name: str) -> None:
    (line,) = faults(**{name: "hunter2 hunter2"})

    assert "hunter2" not in line


def test_no_secret_is_seen_in_the_settings_as_text() -> None:
    settings = read(SECRET=SECRET, DATABASE_URL="postgresql://varvel:hunter2@db/varvel")

    for text in (repr(settings), str(settings)):
        assert "hunter2" not in text
        assert SECRET not in text
        assert repr(settings.secrets[0]) not in text
