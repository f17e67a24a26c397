"""Malformed HTTP: each of these can be read in two ways, or in none.

What follows a framing on its connection is a request that must never be carried out.
"""

_GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
_POST = b"POST /api/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_CHUNKED = _POST + b"Transfer-Encoding: chunked\r\n\r\n"


def _get(line: bytes) -> bytes:
    return _GET + line + b"\r\n\r\n"


def _post(*lines: bytes, body: bytes = b"0\r\n\r\n") -> bytes:
    return _POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def _request_line(line: bytes) -> bytes:
    return line + b"\r\nHost: localhost\r\n\r\n"


_CL = b"Content-Length: "
_TE = b"Transfer-Encoding: "

_LENGTHS = {
    "length and coding": _post(_CL + b"5", _TE + b"chunked"),
    "coding and length": _post(_TE + b"chunked", _CL + b"5"),
    "length and unknown coding": _post(_CL + b"5", _TE + b"xchunked"),
    "length and coding in capitals": _post(_CL + b"5", _TE + b"CHUNKED"),
    "length and identity": _post(_CL + b"5", _TE + b"identity"),
    "two lengths": _post(_CL + b"5", _CL + b"0"),
    "one length twice": _post(_CL + b"5", _CL + b"5"),
    "list of lengths": _post(_CL + b"5, 5"),
    "length with a plus": _post(_CL + b"+5"),
    "negative length": _post(_CL + b"-5"),
    "length in hexadecimal": _post(_CL + b"0x5"),
    "length with an underscore": _post(_CL + b"0_5"),
    "length with a space inside": _post(_CL + b"0 5"),
    "length with a fraction": _post(_CL + b"5.0"),
    "length in foreign digits": _post(_CL + "\u0665".encode()),
    "length that overflows": _post(_CL + b"18446744073709551621"),
    "empty length": _post(_CL),
    "space before the length's colon": _post(b"Content-Length : 5"),
}

_CODINGS = {
    "unknown coding": _post(_TE + b"xchunked"),
    "chunked twice in a list": _post(_TE + b"chunked, chunked"),
    "chunked in two headers": _post(_TE + b"chunked", _TE + b"chunked"),
    "chunked is not last": _post(_TE + b"chunked, identity"),
    "chunked and an unknown one": _post(_TE + b"chunked", _TE + b"cow"),
    "coding in quotes": _post(_TE + b'"chunked"'),
    "coding behind a vertical tab": _post(_TE + b"\x0bchunked"),
    "coding with a NUL": _post(_TE + b"chunked\x00"),
    "empty coding": _post(_TE),
    "space before the coding's colon": _post(b"Transfer-Encoding : chunked"),
    "tab before the coding's colon": _post(b"Transfer-Encoding\t: chunked"),
    "coding in HTTP/1.0": b"POST /api/users HTTP/1.0\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}

# Trailers are not among them: the parser skips them unread to the empty line that ends them.
_CHUNKS = {
    "chunk size without digits": _CHUNKED + b"zz\r\n0\r\n\r\n",
    "empty chunk size": _CHUNKED + b"\r\n0\r\n\r\n",
    "negative chunk size": _CHUNKED + b"-1\r\nx\r\n0\r\n\r\n",
    "chunk size with a plus": _CHUNKED + b"+1\r\nx\r\n0\r\n\r\n",
    "chunk size with a prefix": _CHUNKED + b"0x1\r\nx\r\n0\r\n\r\n",
    "chunk size with an underscore": _CHUNKED + b"0_1\r\nx\r\n0\r\n\r\n",
    "chunk size behind a space": _CHUNKED + b" 1\r\nx\r\n0\r\n\r\n",
    "chunk size that overflows": _CHUNKED + b"10000000000000001\r\nx\r\n0\r\n\r\n",
    "chunk size line ends in LF": _CHUNKED + b"1\nx\r\n0\r\n\r\n",
    "chunk ends in LF": _CHUNKED + b"1\r\nx\n0\r\n\r\n",
    "chunk longer than its size": _CHUNKED + b"1\r\nxyz\r\n0\r\n\r\n",
    "LF in a chunk extension": _CHUNKED + b"1;a\nb\r\nx\r\n0\r\n\r\n",
    "CR in a chunk extension": _CHUNKED + b"1;a\rb\r\nx\r\n0\r\n\r\n",
    "last chunk ends in LF": _CHUNKED + b"1\r\nx\r\n0\n\n",
}

_LINES = {
    "folded header": _get(b"A: b\r\n c"),
    "folded length": _post(b"Content-Length:\r\n 5"),
    "space before the first header": b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "every line ends in LF": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "one header ends in LF": _get(b"A: b\nTransfer-Encoding: chunked"),
    "headers end in LF": _GET + b"\n",
    "CR in a value": _get(b"A: b\rTransfer-Encoding: chunked"),
    "NUL in a value": _get(b"A: \x00"),
    "NUL in a name": _get(b"A\x00: b"),
    "space in a name": _get(b"A b: c"),
    "parenthesis in a name": _get(b"A(: b"),
    "name outside ASCII": _get("Ä: b".encode()),
    "empty name": _get(b": b"),
    "header without a colon": _get(b"A"),
    "two hosts": _get(b"Host: localhost"),
    "header of 100 KB": _get(b"A: " + b"b" * 100_000),
    "1,000 headers": _get(b"\r\n".join([b"A: b"] * 1_000)),
}

_REQUEST_LINES = {
    "HTTP/9.9": _request_line(b"GET / HTTP/9.9"),
    "HTTP/1.2": _request_line(b"GET / HTTP/1.2"),
    "HTTP/1.10": _request_line(b"GET / HTTP/1.10"),
    "HTTP/2.0": _request_line(b"PRI * HTTP/2.0"),
    "http in lower case": _request_line(b"GET / http/1.1"),
    "no version": _request_line(b"GET /"),
    "no target": _request_line(b"GET HTTP/1.1"),
    "two targets": _request_line(b"GET / /help HTTP/1.1"),
    "tab for a space": _request_line(b"GET\t/\tHTTP/1.1"),
    "space before the method": _request_line(b" GET / HTTP/1.1"),
    "parenthesis in the method": _request_line(b"G(T / HTTP/1.1"),
    "NUL in the method": _request_line(b"G\x00T / HTTP/1.1"),
    "NUL in the target": _request_line(b"GET /\x00 HTTP/1.1"),
    "CR in the target": _request_line(b"GET /\rA HTTP/1.1"),
    "target of 100 KB": _request_line(b"GET /" + b"a" * 100_000 + b" HTTP/1.1"),
    "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",
}

FRAMINGS = {**_LENGTHS, **_CODINGS, **_CHUNKS, **_LINES, **_REQUEST_LINES}
