"""The corpus of tokens that open nothing, by what is wrong with them."""

import json
import string

from tests.integration.forge import Forge, decoded, encoded, written

DAY = 86_400
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
NO_TEXT: tuple[object, ...] = (None, 1, True, [], {}, "", 1.5)
NO_TIME: tuple[object, ...] = (None, True, "1772367000", 1772367000.0, [1772367000], {}, -1, "x")


def algorithms(forge: Forge) -> dict[str, str]:
    """Forged by way of the algorithm or the key."""
    nothing: tuple[object, ...] = ("none", "None", "NONE", "nOnE", "", None, [], "None ", "null")
    renamed: tuple[object, ...] = (
        "HS256",
        "RS256",
        "PS256",
        "ES384",
        "EdDSA",
        "es256",
        "ES256 ",
        ["ES256"],
        1,
        "dir",
    )
    return {
        **{f"alg {name!r}": forge.without_algorithm(name) for name in nothing},
        **{f"alg {name!r}, with a signature": forge.unsigned(alg=name) for name in nothing},
        **{f"our signature as {name!r}": forge.with_header(alg=name) for name in renamed},
        "no alg": forge.without_header("alg"),
        **{
            f"HS256 with {name}": forge.hmac_signed(secret)
            for name, secret in forge.public_key_as_secrets().items()
        },
        "HS256 without kid": forge.hmac_signed(b"", kid=""),
        **{f"a stranger's {name}": text for name, text in forge.by_strangers().items()},
        **{f"brings {name}": text for name, text in forge.with_a_key_of_its_own().items()},
    }


def headers(forge: Forge) -> dict[str, str]:
    """Signed by the real key, under a header that we never write."""
    kids: tuple[object, ...] = (
        *("", "foreign", "../../dev/null", "/etc/passwd", "' OR '1'='1", forge.kid.lower()),
        *(forge.kid + " ", forge.kid + "\x00", [forge.kid], {"kid": forge.kid}, 0, None, True),
    )
    types = (
        "JWT",
        "jwt",
        "AT+JWT",
        "application/at+jwt",
        "at+jwt ",
        "id+jwt",
        "",
        None,
        ["at+jwt"],
    )
    more: dict[str, tuple[object, ...]] = {
        "crit": (["exp"], ["b64"], ["x"], [], "exp", None, ["typ"]),
        "b64": (False, True, None),
        **dict.fromkeys(("jku", "x5u"), ("https://evil.example", None)),
        **{name: ([], {}, "x") for name in ("jwk", "x5c", "zip", "cty", "enc", "nonce", "")},
    }
    wholes = ("[]", "null", "1", '"x"', "{}", "", "{", '{"alg":"ES256"}', "\ufeff{}", "[" * 2_000)
    return {
        **{f"kid {kid!r}": forge.with_header(kid=kid) for kid in kids},
        "no kid": forge.without_header("kid"),
        **{f"typ {typ!r}": forge.with_header(typ=typ) for typ in types},
        "no typ": forge.without_header("typ"),
        **{
            f"{name} {value!r}": forge.with_header(**{name: value})
            for name, values in more.items()
            for value in values
        },
        "b64 false and critical": forge.with_header(b64=False, crit=["b64"]),
        "b64 true and critical": forge.with_header(b64=True, crit=["b64"]),
        **{f"header {whole[:20]!r}": forge.signed(whole, forge.claims) for whole in wholes},
    }


def claims(forge: Forge) -> dict[str, str]:
    """Signed by the real key, with claims that we never make."""
    said = forge.claims
    issued, issuer = said["iat"], said["iss"]
    texts = ("iss", "aud", "client_id", "scope", "sub", "jti", "sid", "preferred_username")
    wrong: dict[str, tuple[object, ...]] = {
        **dict.fromkeys(("iss", "aud", "client_id", "scope", "sub"), NO_TEXT),
        **dict.fromkeys(("jti", "sid", "preferred_username"), NO_TEXT[:5]),
        **dict.fromkeys(("exp", "iat", "auth_time"), NO_TIME),
    }
    more: dict[str, tuple[object, ...]] = {
        "iss": (f"{issuer}/", issuer.upper(), [issuer], "https://evil.example", f" {issuer}"),
        "aud": (f"{issuer}/", [issuer], [issuer, "x"], "https://evil.example", {issuer: 1}),
        "client_id": (["varvel"], "Varvel", "other"),
        "scope": (["account"], "account  admin", "admin", "Account", "account "),
        "sub": (
            "0",
            "-1",
            "01",
            "1.0",
            " 1",
            "1 ",
            "1\n",
            "\u0661",
            "9" * 19,
            "x",
            ["1"],
            1,
            "1e0",
        ),
        "exp": (issued, issued - 1, 0, 10**400, 10**12, 253_402_300_800, 1e400, issued + DAY + 1),
        "iat": (issued + 600, issued + 300, 10**400, issued - DAY, 0, said["exp"] + 1),
        "auth_time": (issued + 300, 10**400, said["exp"]),
    }
    wholes = (
        "[]",
        "null",
        "1",
        '"x"',
        "{}",
        "",
        "{",
        "not json",
        "[" * 2_000,
        '{"exp":' + "9" * 5000,
    )
    return {
        **{f"no {name}": forge.without_claim(name) for name in (*texts, "exp", "iat", "auth_time")},
        **{
            f"{name} {str(value)[:30]!r} {type(value)}": forge.with_claims(**{name: value})
            for table in (wrong, more)
            for name, values in table.items()
            for value in values
        },
        **{f"claims {whole[:20]!r}": forge.signed(forge.header, whole) for whole in wholes},
        "a nested token": forge.signed(forge.header | {"cty": "JWT"}, forge.genuine),
        "too large": forge.with_claims(more="x" * 4_096),
    }


def spellings(forge: Forge) -> dict[str, str]:
    """A genuine token, written in another way."""
    header, payload, signature = forge.genuine.split(".")
    text, last = forge.genuine, ALPHABET.index(signature[-1])
    flattened = {"protected": header, "payload": payload, "signature": signature}
    general = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
    jwe = written({"alg": "dir", "enc": "A256GCM", "kid": forge.kid})
    return {
        **{f"padded by {pad!r}": text + pad for pad in ("=", "==", "===", "====", "=x", "A", "AA")},
        **{f"unused bits {bits}": text[:-1] + ALPHABET[last ^ bits] for bits in range(1, 16)},
        **{
            f"white space {space!r} at {at}": text[:at] + space + text[at:]
            for space in (" ", "\n", "\t", "\r\n", "\x00", "\u200b", "\xa0")
            for at in (0, 10, len(header), len(header) + 1, len(text) - 5, len(text))
        },
        "parts padded": ".".join(p + "=" * (-len(p) % 4) for p in text.split(".")),
        "header padded": f"{header}=.{payload}.{signature}",
        "standard alphabet": f"{header}.{payload}.{signature.replace('-', '+').replace('_', '/')}=",
        "no signature": f"{header}.{payload}.",
        "no signature and no dot": f"{header}.{payload}",
        "no payload": f"{header}..{signature}",
        "no header": f".{payload}.{signature}",
        "dots": "..",
        "only a header": f"{header}..",
        "a part twice": f"{header}.{payload}.{payload}.{signature}",
        "signature twice": f"{text}.{signature}",
        "signature doubled": text + signature,
        "token twice": f"{text}{text}",
        "two tokens": f"{text} {text}",
        "parts exchanged": f"{payload}.{header}.{signature}",
        "upper case": text.upper(),
        "lower case": text.lower(),
        "quoted": f'"{text}"',
        "percent-encoded": text.replace(".", "%2E"),
        "full-width": "".join(chr(ord(char) + 0xFEE0) for char in text),
        "full-width dots": text.replace(".", "\uff0e"),
        "one full-width letter": text.replace("J", "\uff2a", 1),
        "cyrillic e": "\u0435" + text[1:],
        "ideographic dots": text.replace(".", "\u3002"),
        "zero signature": f"{header}.{payload}.{encoded(bytes(64))}",
        "signature of ones": f"{header}.{payload}.{encoded(bytes([255] * 64))}",
        "signature in DER": f"{header}.{payload}.{encoded(b'0E' + decoded(signature))}",
        "empty signature in DER": f"{header}.{payload}.{encoded(b'0')}",
        "flattened JSON": json.dumps(flattened),
        "general JSON": json.dumps(general),
        "flattened JSON in base64": written(flattened),
        "JWE": f"{jwe}..{encoded(bytes(12))}.{payload}.{encoded(bytes(16))}",
        "half a surrogate pair": text + "\ud800",
    }
