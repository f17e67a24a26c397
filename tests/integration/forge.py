"""Makes tokens that must open nothing: forged, or signed by the real key and wrong all the same."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.jose.signing_keys import JoseKeyRing
from entrypoints.bootstrap import build
from entrypoints.settings import Settings

Json = dict[str, Any]


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def written(part: object) -> str:
    """A header or a payload as it stands in a token; text is taken as it is."""
    text = part if isinstance(part, str) else json.dumps(part)
    return encoded(text.encode("utf-8", "surrogatepass"))


def es(key: ec.EllipticCurvePrivateKey, data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    size = (key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(algorithm)))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def signing_key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    """The key that signs on the database of these settings."""
    services, database = build(settings)
    services.follow_revocations()
    database.dispose()
    assert isinstance(services.key_ring, JoseKeyRing)
    _, key = services.key_ring.signing()
    assert key.private_key is not None
    return key.private_key


@dataclass(frozen=True)
class Forge:
    """The real signing key and a genuine token, and what can be made of them."""

    key: ec.EllipticCurvePrivateKey
    genuine: str

    @property
    def header(self) -> Json:
        read: Json = json.loads(decoded(self.genuine.split(".")[0]))
        return read

    @property
    def claims(self) -> Json:
        read: Json = json.loads(decoded(self.genuine.split(".")[1]))
        return read

    @property
    def kid(self) -> str:
        return str(self.header["kid"])

    def signed(self, header: object, claims: object) -> str:
        """Signed by the real key, whatever the header says."""
        text = f"{written(header)}.{written(claims)}"
        return f"{text}.{encoded(es(self.key, text.encode(), hashes.SHA256()))}"

    def with_header(self, **changes: object) -> str:
        return self.signed(self.header | changes, self.claims)

    def without_header(self, name: str) -> str:
        kept = {key: value for key, value in self.header.items() if key != name}
        return self.signed(kept, self.claims)

    def with_claims(self, **changes: object) -> str:
        return self.signed(self.header, self.claims | changes)

    def without_claim(self, name: str) -> str:
        kept = {key: value for key, value in self.claims.items() if key != name}
        return self.signed(self.header, kept)

    def unsigned(self, **changes: object) -> str:
        """With this header and the genuine signature."""
        return ".".join([written(self.header | changes), *self.genuine.split(".")[1:]])

    def without_algorithm(self, name: object) -> str:
        """With no signature, and a header that says that none is needed."""
        return f"{written(self.header | {'alg': name})}.{written(self.claims)}."

    def hmac_signed(self, secret: bytes, **changes: object) -> str:
        """Signed by a secret that everybody knows."""
        header = self.header | {"alg": "HS256"} | changes
        text = f"{written(header)}.{written(self.claims)}"
        return f"{text}.{encoded(hmac.digest(secret, text.encode(), sha256))}"

    def public_key_as_secrets(self) -> dict[str, bytes]:
        public = self.key.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        x, y = encoded(point[1:33]), encoded(point[33:])
        jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        return {
            "pem": pem,
            "pem without its last newline": pem.rstrip(),
            "pem with other newlines": pem.replace(b"\n", b"\r\n"),
            "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            "point": point,
            "compressed point": public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
            "jwk": json.dumps(jwk).encode(),
            "jwk without spaces": json.dumps(jwk, separators=(",", ":")).encode(),
            "x": x.encode(),
            "x as bytes": point[1:33],
            "kid": self.kid.encode(),
            "nothing": b"",
            "a common secret": b"secret",
        }

    def by_strangers(self) -> dict[str, str]:
        """Correctly signed under our kid by keys that are not ours, of many kinds."""
        rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        signers: dict[str, Callable[[bytes], bytes]] = {
            "ES256": lambda data: es(
                ec.generate_private_key(ec.SECP256R1()), data, hashes.SHA256()
            ),
            "ES256K": lambda data: es(
                ec.generate_private_key(ec.SECP256K1()), data, hashes.SHA256()
            ),
            "ES384": lambda data: es(
                ec.generate_private_key(ec.SECP384R1()), data, hashes.SHA384()
            ),
            "ES512": lambda data: es(
                ec.generate_private_key(ec.SECP521R1()), data, hashes.SHA512()
            ),
            "EdDSA": lambda data: ed25519.Ed25519PrivateKey.generate().sign(data),
            "Ed25519": lambda data: ed25519.Ed25519PrivateKey.generate().sign(data),
            "RS256": lambda data: rsa_key.sign(data, padding.PKCS1v15(), hashes.SHA256()),
            "PS256": lambda data: rsa_key.sign(data, pss, hashes.SHA256()),
        }
        made = {}
        for algorithm, sign in signers.items():
            text = f"{written(self.header | {'alg': algorithm})}.{written(self.claims)}"
            made[algorithm] = f"{text}.{encoded(sign(text.encode()))}"
        return made

    def with_a_key_of_its_own(self) -> dict[str, str]:
        """Signed by a stranger's key, which the header brings along or points at."""
        stranger = ec.generate_private_key(ec.SECP256R1())
        point = stranger.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        x, y = encoded(point[1:33]), encoded(point[33:])
        jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.kid}
        brought: dict[str, Json] = {
            "jwk": {"jwk": jwk},
            "jwk under another kid": {"jwk": jwk | {"kid": "mine"}, "kid": "mine"},
            "jku": {"jku": "https://evil.example/jwks.json"},
            "jku to a file": {"jku": "file:///etc/passwd", "kid": "mine"},
            "x5u": {"x5u": "https://evil.example/cert.pem"},
            "x5c": {"x5c": ["MIIB"]},
            "x5t": {"x5t": "AAAA", "x5t#S256": "AAAA"},
        }
        other = Forge(stranger, self.genuine)
        return {name: other.with_header(**changes) for name, changes in brought.items()}
