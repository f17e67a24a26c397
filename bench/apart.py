"""What can be told without a server: what signatures take, and what is loaded; as JSON."""

import json
import os
import tempfile
from collections.abc import Callable
from importlib import import_module
from timeit import repeat

from bench import machine

TIMES = 500
LOADED = (
    "sqlalchemy",
    "falcon.asgi",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "joserfc.jwt",
    "marshmallow",
    "jinja2",
    "authlib.oauth2",
    "structlog",
)
"""In this order: each with all that it loads and nothing before it did."""

REST = "entrypoints.server"


def micros(call: Callable[[], object]) -> float:
    """What a call takes at best."""
    return min(repeat(call, number=TIMES, repeat=5)) / TIMES * 1e6


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
        print(json.dumps({"loaded": loaded(), **signatures()}))


if __name__ == "__main__":
    main()
