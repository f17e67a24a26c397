"""What can be told without a server: what signatures take, and what is loaded; as JSON."""

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from importlib import import_module
from time import perf_counter, process_time
from timeit import repeat
from typing import Any

from bench import machine
from scripts.floods import NAME, PASSWORD, basic

TIMES = 500
CHEAP_HASH = {"VARVEL_HASH_MEMORY": "8", "VARVEL_HASH_TIME": "1"}
LOADED = (
    "sqlalchemy",
    "falcon.asgi",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "joserfc.jwt",
    "marshmallow",
    "jinja2",
    "authlib.oauth2",
)
"""In this order: each with all that it loads and nothing before it did."""

REST = "entrypoints.server"


def micros(call: Callable[[], object], timer: Callable[[], float] = perf_counter) -> float:
    """What a call takes at best."""
    return min(repeat(call, timer=timer, number=TIMES, repeat=5)) / TIMES * 1e6


def signatures() -> dict[str, float]:
    """Microseconds of a token's verification, and of its signature's alone."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from joserfc import jwt
    from joserfc.jwk import ECKey

    key = ECKey.generate_key("P-256")
    claims = dict.fromkeys(("iss", "sub", "aud", "jti", "sid", "client_id", "scope"), "x" * 32)
    token = jwt.encode({"alg": "ES256"}, claims, key)
    private, content, algorithm = generate_private_key(SECP256R1()), b"x" * 500, ECDSA(SHA256())
    signature, public = private.sign(content, algorithm), private.public_key()
    return {
        "verified": micros(lambda: jwt.decode(token, key)),
        "signature": micros(lambda: public.verify(signature, content, algorithm)),
    }


def without_server() -> dict[str, float]:
    """Microseconds of a hot token check, of bare Falcon's answer, and of a log-in beside its hash.

    Called in a loop, on an embedded database.
    """
    from domain.credentials import PasswordCredentials
    from domain.origins import Origin
    from entrypoints.bootstrap import build, prepare
    from entrypoints.http.app import create_http_app
    from entrypoints.settings import Settings

    settings, origin = Settings.read({**os.environ, **CHEAP_HASH}), Origin()
    prepare(settings)
    services, database = build(settings)
    app = create_http_app(services, settings, on_close=database.dispose)
    services.follow_revocations()
    services.register_user(username=NAME, password=PASSWORD, origin=origin)
    credentials = PasswordCredentials(NAME, PASSWORD)

    def log_in() -> str:
        principal = services.authenticate_request(credentials=credentials, origin=origin)
        return services.issue_token(principal=principal, origin=origin).token

    token = log_in()
    falcon = import_module("bench.peers.ceilings.app").falcon_app
    return {
        "varvel": micros(answering(app, token)),
        "falcon": micros(answering(falcon, token)),
        "log-in": micros(log_in, process_time),
    }


def answering(app: Any, token: str) -> Callable[[], None]:
    """Makes the application answer a token check, which it must do without waiting."""
    from falcon.testing import create_scope

    headers = {"Host": "localhost:5000", "Authorization": basic(token, "x")}
    scope = create_scope(path="/api/resource", headers=headers)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    def answer() -> None:
        sent.clear()
        with suppress(StopIteration):
            app({**scope, "headers": [*scope["headers"]]}, receive, send).send(None)

    answer()
    if sent[0]["status"] != HTTPStatus.OK:
        raise SystemExit(f"Not answered as asked: {sent}")
    return answer


def loaded() -> dict[str, float]:
    """MiB that each package adds, the application last."""
    found: dict[str, float] = {}
    for name in (*LOADED, REST):
        before = machine.own(os.getpid())
        import_module(name)
        shown = "all else" if name == REST else name.partition(".")[0]
        found[shown] = machine.own(os.getpid()) - before
    return found


def main() -> None:
    """Prints."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["VARVEL_DATA_DIR"] = directory
        os.environ["VARVEL_LOG_LEVEL"] = "warning"
        print(json.dumps({"loaded": loaded(), **signatures(), "without_server": without_server()}))


if __name__ == "__main__":
    main()
