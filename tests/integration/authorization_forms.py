"""Authorization headers that let nobody in, written down by hand."""

import base64


def b64(text: bytes | str) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


GOOD = b64("miguel:python")

NOTHING_SENT = [
    *(
        "",
        " ",
        "Basic",
        "basic",
        "Basic ",
        "Basic  ",
        "Basic\t",
        "BASIC   ",
        "Basic Og==",
        "Basic Ong=",
    ),
    *(
        "Bearer",
        "Bearer ",
        "bearer",
        "BEARER   ",
        "Bearer\t",
    ),
    *("Bearer\teyJ.a.b", "Bearer\xa0eyJ.a.b", "Bearer:eyJ.a.b", "Bearer=eyJ.a.b", "BearereyJ.a.b"),
    *("Bearers eyJ.a.b", "Beare eyJ.a.b", "XBearer eyJ.a.b", "eyJ.a.b", "eyJ.a.b Bearer"),
    *("Digest username=miguel", "Negotiate " + GOOD, "NTLM " + GOOD, "Token x", "DPoP eyJ.a.b"),
    *("AWS4-HMAC-SHA256 Credential=x", "Basicx " + GOOD, "Basi " + GOOD, "XBasic " + GOOD),
    *(GOOD, "miguel:python", ":", "=", "Basic:" + GOOD, "Basic=" + GOOD, "Basic\t" + GOOD),
    *(
        "Basic" + GOOD,
        "Basic\xa0" + GOOD,
        "\xa0Basic\xa0" + GOOD,
        "Basic\x00 " + GOOD,
        "\xff",
        "\x00",
    ),
    *("B\xe4sic " + GOOD, "Basic\r\n" + GOOD, "Basic\x0b" + GOOD, "null", "undefined", "None"),
    *("Basic Onc=", "Basic Ojo6", "Basic OgA=", "Basic " + b64(b":\xc3\xa9")),
    *("Mutual " + GOOD, "HOBA x", "PrivateToken token=x"),
]
"""Another scheme, or no user name: nobody has said who they are."""

UNREADABLE = [
    # Not base64, or base64 that is read in more than one way.
    *(
        "Basic x",
        "Basic =",
        "Basic ==",
        "Basic ====",
        "Basic !!!!",
        "Basic miguel:python",
        "Basic *",
    ),
    *("Basic " + GOOD[:-1], "Basic " + GOOD[1:], "Basic " + GOOD.rstrip("=") + "-_"),
    *("Basic " + GOOD[:8] + " " + GOOD[8:], "Basic " + GOOD[:8] + "\t" + GOOD[8:]),
    *("Basic " + GOOD[:8] + "=" + GOOD[8:], "Basic ='" + GOOD + "'", 'Basic "' + GOOD + '"'),
    *(
        "Basic " + GOOD + "=",
        "Basic " + GOOD + "====",
        "Basic " + GOOD + " x",
        "Basic " + GOOD + ";",
    ),
    *(
        "Basic " + GOOD + "%3D",
        "Basic \xff",
        "Basic \xe9\xe8",
        "Basic " + GOOD + "\x00",
        "Basic \x00",
    ),
    *(
        "Basic Basic " + GOOD,
        "Basic realm=x",
        "Basic user=miguel",
        "Basic YQ",
        "Basic YQ=",
        "Basic Y===",
    ),
    "Basic " + "A" * 100_001,
    # Base64 of what is not UTF-8.
    *(
        "Basic " + b64(raw_bytes)
        for raw_bytes in (b"\xff:x", b"miguel:\xff", b"\xc0\xaf:x", b"\xed\xa0\x80:x")
    ),
    *("Basic " + b64(raw_bytes) for raw_bytes in (b"jos\xe9:x", "miguel:python".encode("utf-16"))),
    # No colon.
    *("Basic " + b64(text) for text in ("miguel", "eyJ.a.b", " ", "\x00", "a" * 10_000, "\uff1a")),
]
"""Something was sent that holds no name and password."""

WRONG = [
    *(
        "Basic " + b64(pair)
        for pair in ("miguel:", "miguel::", "miguel:ruby", "miguel: python", "1:python")
    ),
    *(
        "Basic " + b64(pair)
        for pair in ("miguel:Python", "miguel:python ", "miguel:python\n", "nobody:x")
    ),
    *(
        "Basic " + b64(pair)
        for pair in (" miguel:python", "miguel :python", "mi guel:python", "\t:x")
    ),
    *(
        "Basic " + b64(pair)
        for pair in ("miguel\x00:python", "miguel:python\x00", "\x00:\x00", "a\x07b:x")
    ),
    *(
        "Basic " + b64(pair)
        for pair in ("' OR 1=1 --:x", "miguel'--:python", "*:*", "%:%", "m_guel:python")
    ),
    *(
        "Basic " + b64(pair)
        for pair in ("\ufeffmiguel:python", "mi\u200bguel:python", "\u202emiguel:x")
    ),
    *("Basic " + b64(pair) for pair in ("\u043ciguel:python", "None:None", "null:null", "[]:{}")),
    *(
        "Basic " + b64(pair)
        for pair in ("a" * 65 + ":x", "a" * 70_000 + ":x", "miguel:" + "x" * 70_000)
    ),
    *(
        "Basic " + b64(pair)
        for pair in ("\U0010ffff:x", "miguel:\U0010ffff", "\ud7ff:x", "\ufdd0:\ufdd0")
    ),
]
"""A name and a password that are nobody's."""

WRONG_TOKENS = [
    *("Basic " + b64(pair) for pair in ("eyJ.a.b:python", "EYJ..:", "eyJhbGciOiJub25lIn0.e30.:x")),
    *(
        "Basic " + b64(pair)
        for pair in ("\uff45\uff59\uff2a.a.b:x", "eyJ" + "a" * 70_000 + ".a.b:x")
    ),
    *("Bearer x", "Bearer eyJ.a.b", "bearer eyJ.a.b", "BEARER  eyJ.a.b", "  Bearer eyJ.a.b  "),
    *("bearer " + GOOD, "Bearer " + b64("eyJ.a.b:"), "Bearer " + "x" * 100_000, "Bearer ..."),
    *("Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer eyJ.a.b.c", "Bearer eyJ.a.b=", "Bearer -._~+/=="),
    # What no token is written in (RFC 6750 section 2.1).
    *("Bearer =", "Bearer ==", "Bearer eyJ.a=.b", "Bearer eyJ.a.b eyJ.a.b", "Bearer eyJ.a.b\t"),
    *("Bearer eyJ.a\tb", "Bearer \teyJ.a.b", "Bearer \xa0", "Bearer \xff", "Bearer eyJ.a.b\x00"),
    *(
        'Bearer "eyJ.a.b"',
        "Bearer token=eyJ.a.b",
        "Bearer <eyJ.a.b>",
        "Bearer eyJ.a.b;",
        "Bearer *",
    ),
    *(
        "Bearer Bearer eyJ.a.b",
        "Bearer Basic " + GOOD,
        "Bearer miguel:python",
        "Bearer %",
        "Bearer \r",
    ),
    *(
        "Bearer \xc3\xa9",
        "Bearer eyJ.a.b\x85",
        "Bearer \x1ceyJ.a.b",
        "Bearer \x0b",
        "Bearer eyJ.\xb2.b",
    ),
]
"""A token that is none: the answer says that it was the token."""

TWO_IN_ONE = [
    f"Basic {GOOD}, Basic {GOOD}",
    f"Basic {GOOD},",
    ",",
    f"Bearer x, Basic {GOOD}",
    "Bearer x, Bearer y",
    "Bearer x,",
]
