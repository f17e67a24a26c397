"""Authorization headers of every form, and tokens that differ from a true one."""

from base64 import b64encode

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.processes.connections import Wire

_LONGEST = 400
_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _on_one_line(value: bytes) -> bytes:
    return value.replace(b"\r", b"").replace(b"\n", b"")


def _encoded(pair: bytes) -> bytes:
    return b64encode(pair)


_texts = st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
_token_shaped = st.tuples(
    st.sampled_from([b"eyJ", b"EYJ", b"eYj", "\uff45\uff59\uff2a".encode()]),
    st.lists(st.binary(max_size=60), min_size=1, max_size=4),
).map(lambda parts: parts[0] + b".".join(parts[1]))
_pairs = st.one_of(
    st.binary(max_size=200),
    _texts,
    st.tuples(st.one_of(_texts, _token_shaped), _texts).map(b":".join),
)
_schemes = st.sampled_from(
    [b"Basic", b"basic", b"BASIC", b"Basic ", b"Bearer", b"Digest", b"Negotiate", b"", b"Basic\t"]
)
_credentials = st.one_of(
    _pairs.map(_encoded),
    _pairs.map(_encoded).map(lambda encoded: encoded.rstrip(b"=")),
    st.lists(_pairs.map(_encoded), min_size=2, max_size=3).map(b", ".join),
    _token_shaped,
    st.binary(max_size=200),
)

forms = st.one_of(
    st.binary(max_size=_LONGEST),
    st.tuples(_schemes, _credentials).map(b" ".join),
    st.tuples(_schemes, _credentials).map(b"".join),
).map(_on_one_line)
"""Values of an Authorization header, none of which anybody's credentials are."""


def request(authorization: bytes) -> bytes:
    return (
        b"GET /api/resource HTTP/1.1\r\nHost: localhost\r\nAuthorization: %b\r\n\r\n"
        % authorization
    )


def ask_with_every_form(port: int, profile: settings) -> int:
    """Fails unless each form is refused with 400 or 401; returns how many were sent."""
    sent = 0
    with Wire(port) as wire:

        @profile
        @given(form=forms)
        def is_refused(form: bytes) -> None:
            nonlocal sent
            sent += 1
            assert wire.ask(request(form)).status in (400, 401)

        is_refused()
    return sent


@st.composite
def mutations(draw: st.DrawFn, token: str) -> str:
    """The token after one to three changes, never the token itself."""
    mutated = token
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(mutated) - 1)))
        before, at, after = mutated[:place], mutated[place : place + 1], mutated[place + 1 :]
        letter = draw(st.sampled_from(_BASE64URL + "=.+/ \u00e9"))
        mutated = draw(
            st.sampled_from(
                [
                    before + letter + after,
                    before + letter + at + after,
                    before + after,
                    before,
                    before + at.swapcase() + after,
                    before + at + at + after,
                    ".".join(reversed(mutated.split("."))),
                    mutated + letter,
                    mutated + "." + mutated,
                ]
            )
        )
    assume(mutated != token)
    return mutated


def ask_with_every_mutation(port: int, token: str, profile: settings) -> int:
    """Fails unless each changed token is refused with 401; returns how many were sent."""
    sent = 0
    with Wire(port) as wire:

        def status(text: str) -> int:
            return wire.ask(request(b"Basic " + b64encode(f"{text}:x".encode()))).status

        @profile
        @given(mutated=mutations(token))
        def is_refused(mutated: str) -> None:
            nonlocal sent
            sent += 1
            assert status(mutated) == 401

        assert status(token) == 200
        is_refused()
        assert status(token) == 200
    return sent
