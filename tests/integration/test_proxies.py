"""Forwarding headers: believed from trusted proxies, and from nobody else."""

import logging
import re
from ipaddress import ip_address, ip_network

import pytest
from falcon.asgi import Request
from falcon.testing import TestClient, create_asgi_req
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.bootstrap import create_app
from entrypoints.http.proxies import Proxies
from tests.integration.calls import MIGUEL
from tests.integration.conftest import MakeSettings
from tests.integration.logged import request_entry
from tests.integration.stores import SQLITE

pytestmark = pytest.mark.databases(SQLITE)
"""Nothing here depends on the database."""

NETWORKS = ("10.0.0.0/8", "fd00::/8")
TRUSTED = Proxies([ip_network(network) for network in NETWORKS])
NOBODY = Proxies(())
PROXY = "10.0.0.1"
STRANGER = "203.0.113.9"
PORT = 50_000


def asked(
    peer: str, headers: dict[str, str] | None = None, *, scheme: str | None = None
) -> Request:
    """A request from this peer; headers are in latin-1, whether they make sense or not."""
    req = create_asgi_req(scheme=scheme)
    req.scope["client"] = (peer, PORT)
    for name, text in (headers or {}).items():
        req._asgi_headers[name.lower().encode()] = text.encode("latin-1")
    return req


def client(proxies: Proxies, peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return proxies.client(asked(peer, headers))


@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "::1", PROXY])
@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP"])
def test_nobody_is_believed_by_default(peer: str, name: str) -> None:
    told = {name: "for=198.51.100.1" if name == "Forwarded" else "198.51.100.1"}

    assert NOBODY.client(asked(peer, told)) == peer


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        (None, PROXY),
        ("", PROXY),
        ("198.51.100.1", "198.51.100.1"),
        # Each proxy adds whom it heard: what stands before a stranger, the stranger wrote.
        ("1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.9.9.9, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("1.1.1.1, 198.51.100.1, 10.0.0.3,10.0.0.2", "198.51.100.1"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("2001:db8::1, fd00::2", "2001:db8::1"),
        # What cannot be read ends the search at the last address that could.
        ("198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("198.51.100.1, , 10.0.0.2", "10.0.0.2"),
        ("198.51.100.1,", PROXY),
        ("garbage", PROXY),
        (",,,", PROXY),
    ],
)
def test_a_chain_is_read_from_its_end_as_far_as_it_is_trusted(
    forwarded: str | None, found: str
) -> None:
    assert client(TRUSTED, PROXY, forwarded) == found


@pytest.mark.parametrize("peer", [STRANGER, "127.0.0.1", "2001:db8::9", "11.0.0.1", "fe00::1"])
def test_a_peer_that_is_not_trusted_tells_nothing(peer: str) -> None:
    assert client(TRUSTED, peer, "198.51.100.1") == peer


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("198.51.100.1:4711", "198.51.100.1"),
        ("  198.51.100.1\t", "198.51.100.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("[::ffff:198.51.100.1]:1", "198.51.100.1"),
    ],
)
def test_an_address_is_read_in_each_of_its_forms(written: str, found: str) -> None:
    assert client(TRUSTED, PROXY, written) == found


@pytest.mark.parametrize(
    "written",
    [
        *("1.2.3", "256.1.1.1", "01.2.3.4", "1.2.3.4.5", "localhost", "-", "null", "1.2.3.4/32"),
        *("[", "]", "[]", "[::1", "::1]", ":", "::::", ":80", "1.2.3.4:80:80", "\u0661.2.3.4"),
        *("1.2.3.4 5.6.7.8", '"1.2.3.4"', "for=1.2.3.4", "0x7f000001", "<script>", "_hidden"),
        *("fe80::1%planted name", "[fe80::1%a name]", "fe80::1%eth0 request id=1"),
    ],
)
def test_what_is_no_address_is_not_repeated(written: str) -> None:
    found = client(TRUSTED, PROXY, written.encode().decode("latin-1"))

    assert " " not in found
    assert "%" not in found
    assert str(ip_address(found)) == found


def test_a_proxy_that_reaches_us_by_a_mapped_address_is_the_same_proxy() -> None:
    assert client(TRUSTED, "::ffff:10.0.0.1", "198.51.100.1") == "198.51.100.1"
    assert client(TRUSTED, "::ffff:203.0.113.9", "198.51.100.1") == STRANGER


def test_a_peer_without_an_address_is_shown_as_a_dash() -> None:
    assert client(TRUSTED, "/run/socket", "198.51.100.1") == "-"
    for proxies in (TRUSTED, NOBODY):
        assert proxies.client(create_asgi_req(headers={"X-Forwarded-For": "198.51.100.1"})) == "-"


@pytest.mark.asvs("V1.2.2")
@pytest.mark.parametrize(
    ("told", "scheme"),
    [
        *(("https", "https"), ("http", "http"), (" https ", "https"), ("http, https", "https")),
        *(("https, http", "http"), ("HTTPS", "http"), ("wss", "http"), ("", "http")),
        *(("javascript", "http"), ("https://evil.example/", "http"), ("https,", "http")),
    ],
)
def test_the_scheme_is_http_or_https_and_told_by_the_nearest_proxy(told: str, scheme: str) -> None:
    headers = {"X-Forwarded-Proto": told}

    assert TRUSTED.scheme(asked(PROXY, headers)) == scheme
    for proxies, peer in ((TRUSTED, STRANGER), (NOBODY, PROXY)):
        assert proxies.scheme(asked(peer, headers)) == "http"


def test_the_scheme_of_the_connection_holds_where_nobody_tells_another() -> None:
    assert TRUSTED.scheme(asked(PROXY, scheme="https")) == "https"


@pytest.mark.parametrize("told", ["a", "0b2c", "A-b_c.9", "f" * 64, " padded ", "first, last"])
def test_a_plain_request_id_is_taken_from_a_trusted_proxy(told: str) -> None:
    headers = {"X-Request-ID": told}

    taken = TRUSTED.request_id(asked(PROXY, headers))

    assert taken == told.rpartition(",")[2].strip()
    for proxies, peer in ((TRUSTED, STRANGER), (NOBODY, PROXY)):
        assert proxies.request_id(asked(peer, headers)) is None


@pytest.mark.parametrize(
    "told",
    [
        *(
            "",
            " ",
            "f" * 65,
            "a b",
            "a\tb",
            "a/b",
            "a=b",
            "a:b",
            "a;b",
            '"a"',
            "<a>",
            "a\\b",
            "---",
        ),
        *("\xe9", "\xb2", "\xaa", "a,", "eyJ+", "a\x00b", "a%0Ab", "{a}", "a@b", "..", "a'b"),
    ],
)
def test_an_odd_request_id_is_not_taken_from_anybody(told: str) -> None:
    assert TRUSTED.request_id(asked(PROXY, {"X-Request-ID": told})) is None


HEADER_TEXT = st.text(st.characters(max_codepoint=0xFF), max_size=60)
ADDRESS = st.ip_addresses().map(str)
HOPS = st.lists(ADDRESS | HEADER_TEXT | ADDRESS.map("[{}]:80".format), max_size=5).map(",".join)


@given(forwarded=HOPS | HEADER_TEXT, proto=HEADER_TEXT, request_id=HEADER_TEXT)
def test_any_header_text_is_read_or_ignored(forwarded: str, proto: str, request_id: str) -> None:
    told = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": proto, "X-Request-ID": request_id}
    req = asked(PROXY, told)

    found = TRUSTED.client(req)
    assert str(ip_address(found)) == found
    assert TRUSTED.scheme(req) in ("http", "https")
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", TRUSTED.request_id(req) or "-", re.ASCII)


@pytest.mark.asvs("V4.1.3", "V15.3.4")
@given(hops=st.lists(ADDRESS, max_size=5), stranger=st.ip_addresses(network="203.0.113.0/24"))
def test_nothing_written_before_a_stranger_matters(hops: list[str], stranger: object) -> None:
    assert client(TRUSTED, PROXY, ",".join([*hops, str(stranger), "10.0.0.2"])) == str(stranger)


@given(peer=st.ip_addresses(), forwarded=HOPS | HEADER_TEXT)
def test_where_nobody_is_trusted_the_peer_is_the_client(peer: object, forwarded: str) -> None:
    found = ip_address(client(NOBODY, str(peer), forwarded))
    assert found in (peer, getattr(peer, "ipv4_mapped", None))


@pytest.fixture
def proxied(make_settings: MakeSettings) -> TestClient:
    return TestClient(create_app(make_settings(TRUSTED_PROXIES=",".join(NETWORKS))))


@pytest.mark.parametrize(("peer", "scheme"), [(PROXY, "https"), (STRANGER, "http")])
def test_the_location_has_the_scheme_that_a_trusted_proxy_tells(
    proxied: TestClient, peer: str, scheme: str
) -> None:
    answer = proxied.simulate_post(
        "/api/users",
        json=MIGUEL,
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"},
        extras={"client": (peer, PORT)},
    )

    assert answer.headers["Location"] == f"{scheme}://falconframework.org/api/users/1"


def test_a_trusted_proxys_request_id_is_answered_logged_and_in_the_problem(
    proxied: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"X-Request-ID": "of-the-proxy", "X-Forwarded-For": "198.51.100.1"}
    with caplog.at_level(logging.INFO, "varvel.requests"):
        answer = proxied.simulate_get("/nowhere", headers=headers, extras={"client": (PROXY, PORT)})

    assert answer.headers["X-Request-ID"] == answer.json["request_id"] == "of-the-proxy"
    entry = request_entry(caplog)
    assert (entry["request_id"], entry["client"]) == ("of-the-proxy", "198.51.100.1")


@pytest.mark.asvs("V4.1.3")
def test_a_strangers_headers_are_neither_answered_nor_logged(
    proxied: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"X-Request-ID": "of-a-stranger", "X-Forwarded-For": "198.51.100.1"}
    with caplog.at_level(logging.INFO, "varvel.requests"):
        answer = proxied.simulate_get(
            "/nowhere", headers=headers, extras={"client": (STRANGER, PORT)}
        )

    assert answer.headers["X-Request-ID"] == answer.json["request_id"] != "of-a-stranger"
    entry = request_entry(caplog)
    assert (entry["request_id"], entry["client"]) == (answer.json["request_id"], STRANGER)


@pytest.mark.parametrize(
    "header",
    [
        ("Forwarded", 'for="[::1]:x"'),
        ("Forwarded", 'for=127.0.0.1, for="[::1]:x"'),
        *(("Forwarded", text) for text in ("for=a:b", 'for="[', 'for="', "=", "for=127.0.0.1")),
        *(("X-Forwarded-For", text) for text in ("\xff", "[", "%", "a:b", "")),
        *(("X-Real-IP", text) for text in ("", "\xff", "[::1]:x", "a:b:c")),
    ],
    ids=": ".join,
)
@pytest.mark.parametrize("peer", [PROXY, STRANGER])
@pytest.mark.parametrize("behind", ["nobody", "proxies"])
def test_no_header_of_a_chain_breaks_a_request(
    make_settings: MakeSettings,
    behind: str,
    peer: str,
    header: tuple[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    networks = ",".join(NETWORKS) if behind == "proxies" else ""
    api = TestClient(create_app(make_settings(TRUSTED_PROXIES=networks)))
    with caplog.at_level(logging.INFO, "varvel.requests"):
        answer = api.simulate_get("/", headers=[header], extras={"client": (peer, PORT)})

    assert answer.status_code == 200
    assert request_entry(caplog)["client"] == peer
